# CONNAUDIT_UNPACK(FORMAT, LIBRARY, PKG-CONFIG MODULE)
# --with-LIBRARY: unpack captures of FORMAT with LIBRARY. Where nothing is said, if it is there; asked for
# and missing, it is an error; without it, such captures are told from others but refused.
AC_DEFUN([CONNAUDIT_UNPACK], [
    AC_ARG_WITH([$2],
        [AS_HELP_STRING([--without-$2], [do not unpack captures compressed with $1])],
        [], [with_$2=check])
    AS_IF([test "$with_$2" != no], [
        PKG_CHECK_MODULES(m4_toupper([$2]), [$3], [
            UNPACK_CPPFLAGS="$UNPACK_CPPFLAGS -DUNPACK_[]m4_toupper([$1])"
            UNPACK_CFLAGS="$UNPACK_CFLAGS $m4_toupper([$2])_CFLAGS"
            UNPACK_LIBS="$UNPACK_LIBS $m4_toupper([$2])_LIBS"
            connaudit_unpacks="$connaudit_unpacks $1"
        ], [
            AS_IF([test "$with_$2" = yes], [AC_MSG_ERROR([--with-$2: $3 is not there])])
        ])
    ])
    AC_SUBST([UNPACK_CPPFLAGS])
    AC_SUBST([UNPACK_CFLAGS])
    AC_SUBST([UNPACK_LIBS])
])
