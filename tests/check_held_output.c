/* What has gone out stays, what is held can be taken back, and nothing is lost without a word. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "held_output.h"

static bool holds_if(const void *data)
{
    return *(const bool *)data;
}

static void assert_content(FILE *file, const char *expected)
{
    char content[64] = { 0 };
    rewind(file);
    ck_assert_uint_eq(fread(content, 1, sizeof content, file), strlen(expected));
    ck_assert_str_eq(content, expected);
}

static void say(HeldOutput *held, const char *text)
{
    ck_assert_int_ge(fputs(text, held_output_stream(held)), 0);
    ck_assert_int_eq(fflush(held_output_stream(held)), 0);
}

typedef struct Held {
    FILE *to;
    bool holds;
    HeldOutput *output;
} Held;

static void begin(Held *held)
{
    held->to = tmpfile();
    ck_assert_ptr_nonnull(held->to);
    held->holds = false;
    held->output = held_output_new(held->to, holds_if, &held->holds);
    ck_assert_ptr_nonnull(held->output);
}

static void finish(Held *held)
{
    held_output_free(held->output);
    fclose(held->to);
}

START_TEST(nothing_is_held)
{
    Held held;
    begin(&held);
    say(held.output, "one ");
    assert_content(held.to, "one ");
    say(held.output, "two");
    ck_assert(held_output_end(held.output));
    assert_content(held.to, "one two");
    finish(&held);
}
END_TEST

/* From the moment at which it is held, all of it waits, in order. */
START_TEST(held_until_the_end)
{
    Held held;
    held_output_prepare();
    begin(&held);
    say(held.output, "one ");
    held.holds = true;
    say(held.output, "two ");
    held.holds = false;
    say(held.output, "three");
    assert_content(held.to, "one ");
    ck_assert(held_output_end(held.output));
    assert_content(held.to, "one two three");
    finish(&held);
}
END_TEST

/* Begun anew: the same up to where it was held, whatever the portions, and others behind it. */
START_TEST(begun_anew)
{
    Held held;
    begin(&held);
    say(held.output, "one two ");
    held.holds = true;
    say(held.output, "three");
    held_output_again(held.output);
    say(held.output, "one ");
    assert_content(held.to, "one two ");
    say(held.output, "two four "); /* a part of it has gone out */
    assert_content(held.to, "one two four ");
    say(held.output, "five"); /* nothing is held any longer */
    assert_content(held.to, "one two four five");
    ck_assert(held_output_end(held.output));
    assert_content(held.to, "one two four five");
    finish(&held);
}
END_TEST

START_TEST(dropped_without_an_end)
{
    Held held;
    begin(&held);
    held.holds = true;
    say(held.output, "one");
    held_output_free(held.output);
    assert_content(held.to, "");
    fclose(held.to);
    held_output_free(NULL);
}
END_TEST

/* Files may not grow beyond this: as if the disk were full. */
static void fill_disk(rlim_t size)
{
    struct rlimit limit = { size, size };
    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* What there is no room to hold is an error at the latest at the end, however much of it stdio has
 * kept: with 4,096 bytes of room for each of these. */
START_TEST(no_room_to_hold)
{
    static const size_t sizes[] = { 4097, 4100, 8191, 8192, 20000 };
    g_autofree char *text = g_malloc(sizes[_i]);
    Held held;
    begin(&held);
    held.holds = true;
    memset(text, 'x', sizes[_i]);
    fill_disk(4096);
    errno = 0;
    bool whole = fwrite(text, 1, sizes[_i], held_output_stream(held.output)) == sizes[_i] &&
                 held_output_end(held.output);
    ck_assert_msg(!whole, "%zu bytes", sizes[_i]);
    ck_assert_int_eq(errno, EFBIG);
    finish(&held);
}
END_TEST

START_TEST(no_room_to_write)
{
    Held held;
    int null = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (null < 0)
        return;
    held.to = fdopen(null, "w");
    held.holds = false;
    held.output = held_output_new(held.to, holds_if, &held.holds);
    fputs("one", held_output_stream(held.output));
    ck_assert(!held_output_end(held.output));
    ck_assert_int_eq(errno, ENOSPC);
    finish(&held);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("held_output");
    TCase *tcase = tcase_create("held_output");
    tcase_add_test(tcase, nothing_is_held);
    tcase_add_test(tcase, held_until_the_end);
    tcase_add_test(tcase, begun_anew);
    tcase_add_test(tcase, dropped_without_an_end);
    tcase_add_loop_test(tcase, no_room_to_hold, 0, 5);
    tcase_add_test(tcase, no_room_to_write);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
