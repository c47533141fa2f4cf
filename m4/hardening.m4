# CONNAUDIT_ADD_LINK_FLAG(VARIABLE, FLAG)
# Appends FLAG to VARIABLE if a program can be linked with it.
AC_DEFUN([CONNAUDIT_ADD_LINK_FLAG], [
    AC_MSG_CHECKING([whether $CC links with $2])
    connaudit_saved_ldflags=$LDFLAGS
    LDFLAGS="$LDFLAGS -Werror $2"
    AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [
        AC_MSG_RESULT([yes])
        $1="$$1 $2"
    ], [AC_MSG_RESULT([no])])
    LDFLAGS=$connaudit_saved_ldflags
    AC_SUBST([$1])
])

# CONNAUDIT_HARDENING
# What makes errors in memory hard to use, each if the compiler has it: canaries on the stack, checked
# functions of libc, targets of indirect branches marked (CET, BTI), the whole program at random places, and
# its tables of functions read-only from the start. --disable-hardening leaves it out. Sanitizers bring checks
# of their own, and _FORTIFY_SOURCE is in their way.
AC_DEFUN([CONNAUDIT_HARDENING], [
    AC_ARG_ENABLE([hardening],
        [AS_HELP_STRING([--disable-hardening], [build without stack protector, FORTIFY, CET, RELRO and PIE])],
        [connaudit_hardening=$enableval], [connaudit_hardening=yes])
    AS_IF([test "$connaudit_sanitizers$connaudit_fuzz" != nono], [connaudit_hardening=no])
    AS_IF([test "$connaudit_hardening" != no], [
        CONNAUDIT_ADD_FLAG([HARDENING_CFLAGS], [-fstack-protector-strong])
        CONNAUDIT_ADD_FLAG([HARDENING_CFLAGS], [-fstack-clash-protection])
        CONNAUDIT_ADD_FLAG([HARDENING_CFLAGS], [-fcf-protection=full])
        CONNAUDIT_ADD_FLAG([HARDENING_CFLAGS], [-mbranch-protection=standard])
        CONNAUDIT_ADD_FLAG([HARDENING_CFLAGS], [-fPIE])
        CONNAUDIT_ADD_LINK_FLAG([HARDENING_LDFLAGS], [-pie])
        CONNAUDIT_ADD_LINK_FLAG([HARDENING_LDFLAGS], [-Wl,-z,relro])
        CONNAUDIT_ADD_LINK_FLAG([HARDENING_LDFLAGS], [-Wl,-z,now])
        CONNAUDIT_ADD_LINK_FLAG([HARDENING_LDFLAGS], [-Wl,-z,noexecstack])
        CONNAUDIT_ADD_LINK_FLAG([HARDENING_LDFLAGS], [-Wl,-z,separate-code])
        CONNAUDIT_FORTIFY
    ])
])

# CONNAUDIT_FORTIFY
# Level 3 where compiler and libc have it, else 2; only with optimization, and not if whoever builds has said
# something else.
AC_DEFUN([CONNAUDIT_FORTIFY], [
    AS_CASE(["$CPPFLAGS $CFLAGS"], [*_FORTIFY_SOURCE*], [], [
        AC_MSG_CHECKING([for _FORTIFY_SOURCE])
        connaudit_fortify=no
        for connaudit_level in 3 2; do
            connaudit_saved_cppflags=$CPPFLAGS
            connaudit_saved_cflags=$CFLAGS
            CPPFLAGS="$CPPFLAGS -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$connaudit_level"
            CFLAGS="$CFLAGS -Werror"
            AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>
                #if !defined __USE_FORTIFY_LEVEL || __USE_FORTIFY_LEVEL < $connaudit_level
                #error it is not there
                #endif]], [])], [connaudit_fortify=$connaudit_level])
            CPPFLAGS=$connaudit_saved_cppflags
            CFLAGS=$connaudit_saved_cflags
            test "$connaudit_fortify" = no || break
        done
        AC_MSG_RESULT([$connaudit_fortify])
        AS_IF([test "$connaudit_fortify" != no],
            [HARDENING_CPPFLAGS="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$connaudit_fortify"])
    ])
    AC_SUBST([HARDENING_CPPFLAGS])
])
