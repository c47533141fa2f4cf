# CONNAUDIT_NGHTTP2
# --with-nghttp2: read HTTP/2, whose field blocks libnghttp2 inflates. Where nothing is said, if it is
# there; asked for and missing, it is an error; without it, HTTP/2 is not read.
AC_DEFUN([CONNAUDIT_NGHTTP2], [
    AC_ARG_WITH([nghttp2],
        [AS_HELP_STRING([--without-nghttp2], [do not read HTTP/2])],
        [], [with_nghttp2=check])
    AS_IF([test "$with_nghttp2" != no], [
        PKG_CHECK_MODULES([NGHTTP2], [libnghttp2 >= 1.50], [
            NGHTTP2_CPPFLAGS=-DHAVE_NGHTTP2
            with_nghttp2=yes
        ], [
            AS_IF([test "$with_nghttp2" = yes], [AC_MSG_ERROR([--with-nghttp2: libnghttp2 is not there])])
            with_nghttp2=no
        ])
    ])
    AC_SUBST([NGHTTP2_CPPFLAGS])
])
