/* The order of frames over several files. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/merge.h"
#include "capture_builder.h"

#define FILES_MAX 4
#define FRAMES_MAX 8
#define END_OF_TIMES 0

static const CaptureShape SHAPE = { .name = "pcap", .link_type = 1 };

static char *folder;

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-merge-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void leave_folder(void)
{
    g_autoptr(GDir) directory = g_dir_open(".", 0, NULL);
    for (const char *name; (name = g_dir_read_name(directory));)
        g_unlink(name);
    ck_assert_int_eq(chdir("/"), 0);
    g_rmdir(folder);
    g_free(folder);
}

/* A file with a frame at each of these seconds. */
static void write_file(const char *path, const uint32_t *seconds)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &SHAPE);
    for (; *seconds != END_OF_TIMES; seconds++) {
        CaptureRecord record = { *seconds, 0, 20, 20 };
        capture_build_packet(file, &SHAPE, &record, (uint8_t)*seconds);
    }
    ck_assert(g_file_set_contents(path, (const char *)file->data, (gssize)file->len, NULL));
}

/* "K:N" of each frame. Its bytes tell whether it is the one that was written. */
static char *read_all(CaptureInputs *inputs, unsigned first, unsigned count)
{
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, first, count, NULL);
    GString *read = g_string_new(NULL);
    FrameBatch batch = { 0 };
    while (capture_merge_next(merge, &batch)) {
        ck_assert(batch.count >= 1 && batch.count <= FRAME_BATCH_MAX);
        for (size_t i = 0; i < batch.count; i++) {
            const Frame *frame = &batch.frames[i];
            ck_assert_uint_eq(frame->bytes.bytes[0], (uint8_t)(frame->time / NS_PER_SECOND));
            ck_assert_uint_eq(frame->bytes.length, 20);
            g_string_append_printf(read, "%s%u:%u", read->len ? " " : "", frame_input(frame->id),
                                   (unsigned)frame_number(frame->id));
        }
    }
    ck_assert(!capture_merge_next(merge, &batch));
    return g_string_free(read, FALSE);
}

/* Files a, b, c … with frames at these seconds; they are numbered by the first ones. */
static const struct {
    const char *name;
    uint32_t seconds[FILES_MAX][FRAMES_MAX];
    const char *order;
} ROWS[] = {
    { "one file", { { 5, 6, 7 } }, "1:1 1:2 1:3" },
    { "one after the other", { { 1, 2 }, { 3, 4 } }, "1:1 1:2 2:1 2:2" },
    { "named the other way round", { { 3, 4 }, { 1, 2 } }, "1:1 1:2 2:1 2:2" },
    { "in turn", { { 1, 3, 5 }, { 2, 4, 6 } }, "1:1 2:1 1:2 2:2 1:3 2:3" },
    { "one within the other", { { 1, 9 }, { 4, 5 } }, "1:1 2:1 2:2 1:2" },
    { "equal times: by the number of the file",
      { { 1, 2, 2 }, { 1, 2, 3 } },
      "1:1 2:1 1:2 1:3 2:2 2:3" },
    { "three at once", { { 1, 6 }, { 2, 5 }, { 3, 4 } }, "1:1 2:1 3:1 3:2 2:2 1:2" },
    { "a step back keeps the file's order", { { 5, 3, 6 } }, "1:1 1:2 1:3" },
    { "after a step back the frames are due at once",
      { { 5, 2, 6 }, { 5, 7 } },
      "1:1 1:2 2:1 1:3 2:2" },
    { "a frame that is behind its time waits for nobody",
      { { 1, 8, 2, 9 }, { 7, 8, 10 } },
      "1:1 2:1 1:2 1:3 2:2 1:4 2:3" },
    { "a file without a frame", { { 1 }, { END_OF_TIMES }, { 2 } }, "1:1 2:1" },
};

START_TEST(test_row)
{
    static const char *names[FILES_MAX + 1] = { "a", "b", "c", "d", NULL };
    const char *arguments[FILES_MAX + 1] = { NULL };
    unsigned last = 0;
    for (unsigned i = 0; i < FILES_MAX; i++)
        if (ROWS[_i].seconds[i][0] != END_OF_TIMES)
            last = i;
    for (unsigned i = 0; i <= last; i++) {
        arguments[i] = names[i];
        write_file(names[i], ROWS[_i].seconds[i]);
    }
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autofree char *order = read_all(inputs, 1, inputs->numbered->len);
    ck_assert_msg(strcmp(order, ROWS[_i].order) == 0, "%s: %s", ROWS[_i].name, order);
    for (unsigned i = 1; i <= inputs->numbered->len; i++) {
        const InputFile *file = capture_inputs_file(inputs, i);
        ck_assert_int_eq(file->state, INPUT_GOOD);
        ck_assert_ptr_nonnull(file->info);
        ck_assert_int_eq(file->info->end, CAPTURE_END_WHOLE);
    }
}
END_TEST

/* More frames than a batch holds, from both files in turn: none is lost, none comes twice. */
START_TEST(test_many_frames)
{
    enum { FRAMES = 3 * FRAME_BATCH_MAX + 5 };
    uint32_t seconds[2][FRAMES + 1] = { { 0 } };
    for (unsigned i = 0; i < FRAMES; i++) {
        seconds[0][i] = 2 * i + 1;
        seconds[1][i] = 2 * i + 2;
    }
    write_file("a", seconds[0]);
    write_file("b", seconds[1]);
    const char *arguments[] = { "b", "a", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autofree char *order = read_all(inputs, 1, 2);
    g_autoptr(GString) expected = g_string_new(NULL);
    for (unsigned i = 1; i <= FRAMES; i++)
        g_string_append_printf(expected, "%s1:%u 2:%u", i > 1 ? " " : "", i, i);
    ck_assert_str_eq(order, expected->str);
}
END_TEST

/* Each input counts on from what the ones before it had come to; of two at once each counts its
 * own. */
START_TEST(test_clocks_set_back)
{
    static const struct {
        unsigned input;
        uint32_t second, set_back;
    } wanted[] = {
        { 1, 10, 0 },    { 1, 12, 0 },    { 2, 13, 0 },    { 1, 14, 0 },
        { 1, 11, 3000 }, { 1, 15, 3000 }, { 2, 16, 0 },    { 2, 15, 1000 },
        { 3, 20, 3000 }, { 3, 18, 5000 }, { 3, 21, 5000 },
    };
    write_file("a", (uint32_t[]){ 10, 12, 14, 11, 15, 0 });
    write_file("b", (uint32_t[]){ 13, 16, 15, 0 });
    write_file("c", (uint32_t[]){ 20, 18, 21, 0 });
    const char *arguments[] = { "a", "b", "c", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, 1, 3, NULL);
    FrameBatch batch = { 0 };
    size_t at = 0;
    while (capture_merge_next(merge, &batch))
        for (size_t i = 0; i < batch.count; i++, at++) {
            ck_assert_uint_lt(at, G_N_ELEMENTS(wanted));
            ck_assert_uint_eq(frame_input(batch.frames[i].id), wanted[at].input);
            ck_assert_int_eq(batch.frames[i].time, wanted[at].second * NS_PER_SECOND);
            ck_assert_msg(batch.frames[i].clock.set_back == wanted[at].set_back, "frame %zu: %u",
                          at, batch.frames[i].clock.set_back);
        }
    ck_assert_uint_eq(at, G_N_ELEMENTS(wanted));
}
END_TEST

/* One at a time, as --separate has it. */
START_TEST(test_a_part_of_them)
{
    write_file("a", (uint32_t[]){ 1, 4, 0 });
    write_file("b", (uint32_t[]){ 2, 5, 0 });
    write_file("c", (uint32_t[]){ 3, 6, 0 });
    const char *arguments[] = { "a", "b", "c", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autofree char *second = read_all(inputs, 2, 1);
    ck_assert_str_eq(second, "2:1 2:2");
    ck_assert_ptr_null(capture_inputs_file(inputs, 1)->info);
    g_autofree char *rest = read_all(inputs, 3, 1);
    ck_assert_str_eq(rest, "3:1 3:2");
}
END_TEST

/* A file that breaks or is gone does not affect the others. */
START_TEST(test_failures)
{
    write_file("a", (uint32_t[]){ 1, 4, 7, 0 });
    write_file("b", (uint32_t[]){ 2, 5, 8, 0 });
    write_file("c", (uint32_t[]){ 3, 6, 9, 0 });
    const char *arguments[] = { "a", "b", "c", NULL };
    ck_assert_int_eq(truncate("b", 24 + 36 + 36 + 20), 0); /* in its third packet */
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    ck_assert_uint_eq(inputs->numbered->len, 3);
    g_unlink("c");
    g_autofree char *order = read_all(inputs, 1, 3);
    ck_assert_str_eq(order, "1:1 2:1 1:2 2:2 1:3");
    const InputFile *cut = capture_inputs_file(inputs, 2), *gone = capture_inputs_file(inputs, 3);
    ck_assert_int_eq(capture_inputs_file(inputs, 1)->state, INPUT_GOOD);
    ck_assert_int_eq(cut->state, INPUT_CUT);
    ck_assert_int_eq(cut->info->end, CAPTURE_END_CUT);
    ck_assert_ptr_nonnull(strstr(cut->problem, "b: cut short in packet 3"));
    ck_assert_int_eq(gone->state, INPUT_FAILED);
    ck_assert_ptr_null(gone->info);
    ck_assert_ptr_nonnull(strstr(gone->problem, "c: "));
}
END_TEST

/* As many overlapping files as may be open, and one more. */
START_TEST(test_too_many_at_once)
{
    char *names[INPUTS_OPEN_MAX + 1];
    const char *arguments[INPUTS_OPEN_MAX + 2] = { NULL };
    for (unsigned i = 0; i <= INPUTS_OPEN_MAX; i++) {
        names[i] = g_strdup_printf("%02u", i);
        arguments[i] = names[i];
        write_file(names[i], (uint32_t[]){ 1 + i, 200, 0 });
    }
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autofree char *order = read_all(inputs, 1, INPUTS_OPEN_MAX + 1);
    g_autoptr(GString) expected = g_string_new(NULL);
    for (unsigned frame = 1; frame <= 2; frame++)
        for (unsigned i = 1; i <= INPUTS_OPEN_MAX; i++)
            g_string_append_printf(expected, "%s%u:%u", expected->len ? " " : "", i, frame);
    ck_assert_str_eq(order, expected->str);
    const InputFile *refused = capture_inputs_file(inputs, INPUTS_OPEN_MAX + 1);
    ck_assert_int_eq(refused->state, INPUT_FAILED);
    ck_assert_ptr_nonnull(strstr(refused->problem, "overlap"));
    for (unsigned i = 0; i <= INPUTS_OPEN_MAX; i++)
        g_free(names[i]);
}
END_TEST

/* There is room for two open files: of three, the last one is refused if they overlap, and not if
 * they follow one another. */
START_TEST(test_room)
{
    const char *arguments[] = { "a", "b", "c", NULL };
    static const CaptureOptions options = { .memory = CAPTURE_READER_MEMORY * 5 / 2 };
    write_file("a", (uint32_t[]){ 1, 10, 0 });
    write_file("b", (uint32_t[]){ 2, _i ? 3 : 11, 0 });
    write_file("c", (uint32_t[]){ 4, 12, 0 });
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, &options, NULL);
    ck_assert_uint_eq(inputs->numbered->len, 3);
    ck_assert_uint_eq(inputs->room.taken, 0);
    g_autofree char *order = read_all(inputs, 1, 3);
    const InputFile *last = capture_inputs_file(inputs, 3);
    ck_assert_str_eq(order, _i ? "1:1 2:1 2:2 3:1 1:2 3:2" : "1:1 2:1 1:2 2:2");
    ck_assert_int_eq(last->state, _i ? INPUT_GOOD : INPUT_FAILED);
    if (!_i)
        ck_assert_ptr_nonnull(strstr(last->problem, "takes 896 KiB"));
    ck_assert_uint_eq(inputs->room.taken, 0);
}
END_TEST

/* In the end all bytes of each file count; of a broken file, those that were there. If one file's
 * size is unknown, the total is unknown. */
START_TEST(test_bytes)
{
    enum { SIZE_A = 24 + 2 * 36, SIZE_B = 24 + 36 + 20 };
    write_file("a", (uint32_t[]){ 1, 4, 0 });
    write_file("b", (uint32_t[]){ 2, 5, 0 });
    ck_assert_int_eq(truncate("b", SIZE_B), 0); /* in its second packet */
    const char *arguments[] = { "a", "b", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    ck_assert_uint_eq(capture_inputs_size(inputs, 1, 2), SIZE_A + SIZE_B);
    ck_assert_uint_eq(capture_inputs_size(inputs, 2, 1), SIZE_B);
    g_autoptr(CaptureMerge) merge = capture_merge_new(inputs, 1, 2, NULL);
    ck_assert_uint_eq(capture_merge_bytes_read(merge), 0);
    FrameBatch batch = { 0 };
    ck_assert(capture_merge_next(merge, &batch));
    ck_assert_uint_ge(capture_merge_bytes_read(merge), 24 + 36);
    while (capture_merge_next(merge, &batch))
        ;
    ck_assert_uint_eq(capture_merge_bytes_read(merge), SIZE_A + SIZE_B);
}
END_TEST

/* Of standard input's kind: it was opened before its number was known. */
START_TEST(test_pipe)
{
    write_file("a", (uint32_t[]){ 1, 3, 0 });
    write_file("b", (uint32_t[]){ 2, 4, 0 });
    g_autofree char *bytes = NULL;
    gsize size;
    int ends[2];
    ck_assert(g_file_get_contents("b", &bytes, &size, NULL));
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], bytes, size), (ssize_t)size);
    close(ends[1]);
    g_autofree char *path = g_strdup_printf("/dev/fd/%d", ends[0]);
    const char *arguments[] = { path, "a", NULL };
    g_autoptr(CaptureInputs) inputs = capture_inputs_open(arguments, NULL, NULL);
    g_autofree char *order = read_all(inputs, 1, 2);
    ck_assert_str_eq(order, "1:1 2:1 1:2 2:2");
    ck_assert_uint_eq(capture_inputs_file(inputs, 2)->info->packets, 2);
    ck_assert_uint_eq(capture_inputs_file(inputs, 2)->info->bytes_read, size);
    ck_assert_uint_eq(capture_inputs_size(inputs, 1, 2), 0);
    ck_assert_uint_eq(capture_inputs_size(inputs, 1, 1), 24 + 2 * 36);
    close(ends[0]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("merge");
    TCase *tcase = tcase_create("merge");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_many_frames);
    tcase_add_test(tcase, test_a_part_of_them);
    tcase_add_test(tcase, test_clocks_set_back);
    tcase_add_test(tcase, test_failures);
    tcase_add_test(tcase, test_too_many_at_once);
    tcase_add_loop_test(tcase, test_room, 0, 2);
    tcase_add_test(tcase, test_bytes);
    tcase_add_test(tcase, test_pipe);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
