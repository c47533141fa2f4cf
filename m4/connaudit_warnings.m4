# CONNAUDIT_ADD_FLAG(VARIABLE, FLAG)
# Appends FLAG to VARIABLE if the compiler takes it without a word. -Werror makes clang refuse what it would
# otherwise only warn about.
AC_DEFUN([CONNAUDIT_ADD_FLAG], [
    AS_VAR_PUSHDEF([connaudit_cache], [connaudit_cv_flag_$2])
    AC_CACHE_CHECK([whether $CC takes $2], [connaudit_cache], [
        connaudit_saved_cflags=$CFLAGS
        CFLAGS="$CFLAGS -Werror $2"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
            [AS_VAR_SET([connaudit_cache], [yes])],
            [AS_VAR_SET([connaudit_cache], [no])])
        CFLAGS=$connaudit_saved_cflags
    ])
    AS_VAR_IF([connaudit_cache], [yes], [$1="$$1 $2"])
    AS_VAR_POPDEF([connaudit_cache])
    AC_SUBST([$1])
])

# CONNAUDIT_WARNINGS
# The warnings stand in their own variable, never in CFLAGS: that one belongs to whoever builds.
AC_DEFUN([CONNAUDIT_WARNINGS], [
    AC_ARG_ENABLE([werror],
        [AS_HELP_STRING([--enable-werror], [make every warning an error])],
        [], [enable_werror=no])
    m4_foreach_w([connaudit_flag],
        [-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wcast-qual
         -Wwrite-strings -Wformat=2 -Wundef -Wvla],
        [CONNAUDIT_ADD_FLAG([CONNAUDIT_WARN_CFLAGS], connaudit_flag)])
    AS_IF([test "$enable_werror" = yes],
        [CONNAUDIT_ADD_FLAG([CONNAUDIT_WARN_CFLAGS], [-Werror])])
])
