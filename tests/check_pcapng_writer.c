/* The reader reads what the writer writes. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#include "capture/pcapng_writer.h"

static const uint8_t BYTES[] = "0123456789abcdef";

static const struct {
    const char *name;
    int link_type;
    Nanoseconds time;
    uint32_t length, wire_length;
} PACKETS[] = {
    { "a nanosecond", 1, 1700000000 * NS_PER_SECOND + 1, 16, 16 },
    { "cut", 1, 1700000000 * NS_PER_SECOND + 999999999, 5, 1500 },
    { "of another link type", 113, 5, 3, 3 },
    { "raw IP, which systems number otherwise than files", 12, 6, 4, 4 },
    { "without bytes", 1, 7, 0, 60 },
    { "claims less than it has", 1, 8, 10, 2 },
    { "before 1970", 1, -1, 8, 8 },
    { "long before", 1, -NANOSECONDS_MAX, 8, 8 },
    { "in the far future", 1, NANOSECONDS_MAX, 8, 8 },
};

static CaptureReader *write_and_open(const GByteArray *file, char **ret_path)
{
    g_autoptr(GError) error = NULL;
    int fd = g_file_open_tmp("check-writer-XXXXXX", ret_path, NULL);
    ck_assert_int_ge(fd, 0);
    g_close(fd, NULL);
    ck_assert(g_file_set_contents(*ret_path, (const char *)file->data, (gssize)file->len, NULL));
    CaptureReader *reader = capture_reader_open(*ret_path, 1, NULL, &error);
    ck_assert_msg(reader, "%s", error ? error->message : "");
    return reader;
}

START_TEST(test_packets)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autofree char *path = NULL;
    pcapng_append_section(file, "check", "a comment");
    for (size_t i = 0; i < G_N_ELEMENTS(PACKETS); i++) {
        bool early = PACKETS[i].time < 0;
        PcapngInterface interface = { PACKETS[i].link_type, early, "name", "description" };
        Frame frame = { .time = PACKETS[i].time,
                        .wire_length = PACKETS[i].wire_length,
                        .bytes = span_make(BYTES, PACKETS[i].length) };
        pcapng_append_interface(file, &interface);
        pcapng_append_packet(file, (uint32_t)i, early, &frame, i % 2 ? "one packet" : NULL);
        ck_assert_uint_eq(file->len % 4, 0);
    }
    g_autoptr(CaptureReader) reader = write_and_open(file, &path);
    FrameBatch batch = { 0 };
    ck_assert(capture_reader_next(reader, &batch, NULL));
    ck_assert_uint_eq(batch.count, G_N_ELEMENTS(PACKETS));
    for (size_t i = 0; i < batch.count; i++) {
        const Frame *frame = &batch.frames[i];
        const char *name = PACKETS[i].name;
        ck_assert_msg(frame->time == PACKETS[i].time, "%s: time", name);
        ck_assert_msg(frame->wire_length == PACKETS[i].wire_length, "%s: wire length", name);
        ck_assert_msg(frame->link_type == PACKETS[i].link_type, "%s: link type", name);
        ck_assert_msg(span_equal(frame->bytes, span_make(BYTES, PACKETS[i].length)), "%s", name);
    }
    ck_assert(!capture_reader_next(reader, &batch, NULL));
    const CaptureInfo *info = capture_reader_info(reader);
    ck_assert_uint_eq(info->end, CAPTURE_END_WHOLE);
    ck_assert_uint_eq(info->time_digits, 9);
    ck_assert_uint_eq(info->unknown_blocks, 0);
    frame_batch_clear(&batch);
    g_unlink(path);
}
END_TEST

/* Longer than the length of an option can say. */
START_TEST(test_long_text)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autofree char *path = NULL;
    g_autofree char *text = g_strnfill(100000, 'x');
    pcapng_append_section(file, text, text);
    ck_assert_uint_le(file->len, 3 * PCAPNG_TEXT_MAX);
    PcapngInterface interface = { 1, false, text, "" };
    pcapng_append_interface(file, &interface);
    g_autoptr(CaptureReader) reader = write_and_open(file, &path);
    FrameBatch batch = { 0 };
    ck_assert(!capture_reader_next(reader, &batch, NULL));
    ck_assert_uint_eq(capture_reader_info(reader)->end, CAPTURE_END_WHOLE);
    g_unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pcapng writer");
    TCase *tcase = tcase_create("pcapng writer");
    tcase_add_test(tcase, test_packets);
    tcase_add_test(tcase, test_long_text);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
