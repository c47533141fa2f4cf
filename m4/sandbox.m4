# CONNAUDIT_SANDBOX
# The sandbox of a run (Landlock and seccomp). Sanitizers, libFuzzer and coverage make system calls of their
# own, so builds with them leave it out.
AC_DEFUN([CONNAUDIT_SANDBOX], [
    AC_ARG_ENABLE([sandbox],
        [AS_HELP_STRING([--disable-sandbox], [leave out Landlock and seccomp])],
        [connaudit_sandbox=$enableval], [connaudit_sandbox=default])
    AS_CASE(["$CFLAGS $LDFLAGS"], [*--coverage*|*-fprofile*|*-fsanitize*], [connaudit_instrumented=yes],
        [connaudit_instrumented=$connaudit_sanitizers$connaudit_fuzz])
    AS_CASE(["$connaudit_sandbox/$connaudit_instrumented"], [default/*yes*], [connaudit_sandbox=no])
    AS_IF([test "$connaudit_sandbox" != no], [
        PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5], [
            connaudit_sandbox=yes
            SANDBOX_CPPFLAGS=-DCONNAUDIT_SANDBOX
        ], [AC_MSG_ERROR([libseccomp >= 2.5 is not there (--disable-sandbox builds without it)])])
    ])
    AC_SUBST([SANDBOX_CPPFLAGS])
])
