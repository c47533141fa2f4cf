# CONNAUDIT_TRY_LINK(FLAGS, MESSAGE)
# Stops with MESSAGE if a program cannot be linked with FLAGS.
AC_DEFUN([CONNAUDIT_TRY_LINK], [
    AC_MSG_CHECKING([whether $CC links with $1])
    connaudit_saved_cflags=$CFLAGS
    CFLAGS="$CFLAGS $1"
    AC_LINK_IFELSE([$3], [AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])
        AC_MSG_ERROR([$2])])
    CFLAGS=$connaudit_saved_cflags
])

# CONNAUDIT_SANITIZERS
# --enable-sanitizers: AddressSanitizer and UndefinedBehaviorSanitizer; the first report ends the program.
AC_DEFUN([CONNAUDIT_SANITIZERS], [
    AC_ARG_ENABLE([sanitizers],
        [AS_HELP_STRING([--enable-sanitizers], [build with -fsanitize=address,undefined])],
        [connaudit_sanitizers=$enableval], [connaudit_sanitizers=no])
    AS_IF([test "$connaudit_sanitizers" = yes], [
        SANITIZE_FLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
        CONNAUDIT_TRY_LINK([$SANITIZE_FLAGS], [the compiler has no address and undefined sanitizers],
            [AC_LANG_PROGRAM([], [])])
    ])
    AC_SUBST([SANITIZE_FLAGS])
])

# CONNAUDIT_FUZZ
# --enable-fuzz: the fuzz targets become libFuzzer programs instead of replaying their corpora.
AC_DEFUN([CONNAUDIT_FUZZ], [
    AC_ARG_ENABLE([fuzz],
        [AS_HELP_STRING([--enable-fuzz], [build the fuzz targets with libFuzzer (needs clang)])],
        [connaudit_fuzz=$enableval], [connaudit_fuzz=no])
    AS_IF([test "$connaudit_fuzz" = yes], [
        FUZZ_CFLAGS=-fsanitize=fuzzer-no-link
        FUZZ_LDFLAGS=-fsanitize=fuzzer
        CONNAUDIT_TRY_LINK([$FUZZ_LDFLAGS], [--enable-fuzz needs clang and its libFuzzer (CC=clang)],
            [AC_LANG_SOURCE([[#include <stddef.h>
                #include <stdint.h>
                int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
                int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
                { (void)data; (void)size; return 0; }]])])
    ])
    AC_SUBST([FUZZ_CFLAGS])
    AC_SUBST([FUZZ_LDFLAGS])
    AM_CONDITIONAL([ENABLE_FUZZ], [test "$connaudit_fuzz" = yes])
])
