/* A look ahead over unpacked bytes: what is seen, what is skipped, and the stream of the rest. */
#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/input.h"

/* Above the larger of its buffers (256 KiB), so that it has to grow and to move what is ahead. */
enum { SIZE = 900 * 1000 };

static uint8_t byte_at(size_t place)
{
    return (uint8_t)(place * 31 + place / 253);
}

typedef struct Opened {
    CaptureBytes *bytes;
    Unpacker *unpacker;
    CaptureInput *input;
} Opened;

static Opened open_bytes(size_t size)
{
    int file = memfd_create("input", MFD_CLOEXEC);
    ck_assert_int_ge(file, 0);
    g_autofree uint8_t *content = g_malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        content[i] = byte_at(i);
    for (size_t at = 0; at < size;) {
        ssize_t written = write(file, content + at, size - at);
        ck_assert_int_gt(written, 0);
        at += (size_t)written;
    }
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    Opened opened;
    opened.bytes = capture_bytes_open(path, &(CaptureOptions){ .hash = false }, NULL);
    ck_assert_ptr_nonnull(opened.bytes);
    close(file);
    opened.unpacker = unpacker_new(opened.bytes, NULL);
    opened.input = capture_input_new(opened.unpacker);
    return opened;
}

static void close_bytes(Opened *opened)
{
    capture_input_free(opened->input);
    unpacker_free(opened->unpacker);
    capture_bytes_free(opened->bytes);
}

static void assert_bytes(Span span, size_t place)
{
    for (size_t i = 0; i < span.length; i++)
        ck_assert_msg(span.bytes[i] == byte_at(place + i), "byte %zu", place + i);
}

/* What is wanted at each step, and what is skipped of it. */
static const struct {
    const char *name;
    size_t wanted, skipped;
} STEPS[] = {
    { "small steps", 24, 24 },
    { "nothing is skipped of some", 100, 33 },
    { "larger than the first buffer", 600, 600 },
    { "larger than both", 300 * 1000, 1 },
    { "the second half stays", 400 * 1000, 200 * 1000 },
    { "all of it", SIZE, SIZE },
};

START_TEST(peek_and_skip)
{
    Opened opened = open_bytes(SIZE);
    size_t at = 0;
    for (int turns = 0; turns < 2000 && at < SIZE; turns++) {
        Span ahead = capture_input_peek(opened.input, STEPS[_i].wanted);
        ck_assert_uint_ge(ahead.length, MIN(STEPS[_i].wanted, SIZE - at));
        ck_assert_uint_le(ahead.length, SIZE - at);
        assert_bytes(span_first(ahead, 64), at);
        assert_bytes(span_after(ahead, ahead.length - MIN(ahead.length, 64)),
                     at + ahead.length - MIN(ahead.length, 64));
        size_t skipped = MIN(STEPS[_i].skipped, ahead.length);
        capture_input_skip(opened.input, skipped);
        at += skipped;
    }
    close_bytes(&opened);
}
END_TEST

/* Fewer bytes than wanted only at the end, and then again and again. */
START_TEST(the_end)
{
    static const size_t sizes[] = { 0, 1, 511, 512, 513, 5000 };
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Opened opened = open_bytes(sizes[i]);
        Span all = capture_input_peek(opened.input, 6000);
        ck_assert_uint_eq(all.length, sizes[i]);
        assert_bytes(all, 0);
        ck_assert_uint_eq(capture_input_peek(opened.input, SIZE).length, sizes[i]);
        capture_input_skip(opened.input, sizes[i]);
        ck_assert_uint_eq(capture_input_peek(opened.input, 1).length, 0);
        ck_assert_ptr_null(unpacker_failure(opened.unpacker));
        close_bytes(&opened);
    }
}
END_TEST

/* The stream begins with what is ahead, also if nothing was looked at, and ends with the input. */
START_TEST(stream_of_the_rest)
{
    static const size_t begins[] = { 0, 24, 300 * 1000, SIZE };
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++) {
        Opened opened = open_bytes(SIZE);
        size_t at = begins[i];
        if (at) {
            capture_input_peek(opened.input, at);
            capture_input_skip(opened.input, at);
        }
        FILE *stream = capture_input_stream(opened.input);
        uint8_t portion[7000];
        for (size_t got; (got = fread(portion, 1, sizeof portion, stream)) > 0; at += got)
            assert_bytes(span_make(portion, got), at);
        ck_assert_uint_eq(at, SIZE);
        ck_assert(feof(stream) && !ferror(stream));
        fclose(stream);
        close_bytes(&opened);
    }
}
END_TEST

START_TEST(skips_no_more_than_was_seen)
{
    Opened opened = open_bytes(100);
    capture_input_peek(opened.input, 10);
    capture_input_skip(opened.input, 101);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("input");
    TCase *tcase = tcase_create("input");
    tcase_add_loop_test(tcase, peek_and_skip, 0, G_N_ELEMENTS(STEPS));
    tcase_add_test(tcase, the_end);
    tcase_add_test(tcase, stream_of_the_rest);
    tcase_add_test_raise_signal(tcase, skips_no_more_than_was_seen, SIGABRT);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
