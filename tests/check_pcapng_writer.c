/* The reader reads what the writer writes. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#include "capture/clock_note.h"
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
        PcapngInterface interface = { .link_type = PACKETS[i].link_type,
                                      .early = PACKETS[i].time < 0,
                                      .name = "name",
                                      .description = "description" };
        Frame frame = { .time = PACKETS[i].time,
                        .wire_length = PACKETS[i].wire_length,
                        .bytes = span_make(BYTES, PACKETS[i].length) };
        pcapng_append_interface(file, &interface);
        pcapng_append_packet(file, (uint32_t)i, &interface, &frame,
                             i % 2 ? (const char *const[]){ "one packet", NULL } : NULL);
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

/* Clocks that tick slower than once a microsecond, and a time that each of them can have. */
static const struct {
    const char *name;
    Nanoseconds time;
    uint32_t tick;
    bool early;
    unsigned digits; /* of the file */
} TICKS[] = {
    { "a second", 1700000001 * NS_PER_SECOND, 1000000, false, 6 },
    { "a second, long before 1970", -4000000000 * NS_PER_SECOND, 1000000, true, 6 },
    { "a tenth of a second", 1700000001 * NS_PER_SECOND + 300 * NS_PER_MS, 100000, false, 6 },
    { "ten microseconds", 1700000001 * NS_PER_SECOND + 70000, 10, false, 6 },
    { "half a second", 1700000001 * NS_PER_SECOND + 500 * NS_PER_MS, 500000, false, 6 },
    { "a 1024th of a second, rounded up", 1700000001 * NS_PER_SECOND + 976562, 977, false, 6 },
    { "2^-19 s, rounded up", 1700000001 * NS_PER_SECOND + 5722, 2, false, 6 },
    { "a microsecond", 1700000001 * NS_PER_SECOND + 1000, 0, false, 9 },
};

START_TEST(test_tick)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autofree char *path = NULL;
    pcapng_append_section(file, "check", NULL);
    PcapngInterface interface = { .link_type = 1,
                                  .early = TICKS[_i].early,
                                  .tick = TICKS[_i].tick };
    Frame frame = { .time = TICKS[_i].time, .bytes = span_make(BYTES, 4) };
    pcapng_append_interface(file, &interface);
    pcapng_append_packet(file, 0, &interface, &frame, NULL);
    g_autoptr(CaptureReader) reader = write_and_open(file, &path);
    FrameBatch batch = { 0 };
    ck_assert(capture_reader_next(reader, &batch, NULL));
    ck_assert_uint_eq(batch.count, 1);
    ck_assert_msg(batch.frames[0].time == TICKS[_i].time, "%s: time", TICKS[_i].name);
    ck_assert_msg(batch.frames[0].clock.tick == TICKS[_i].tick, "%s: tick", TICKS[_i].name);
    ck_assert_uint_eq(capture_reader_info(reader)->time_digits, TICKS[_i].digits);
    frame_batch_clear(&batch);
    g_unlink(path);
}
END_TEST

/* What the comments say of the clock counts in place of the steps that the times show, if this
 * program wrote them. */
static const struct {
    const char *application;
    bool counts;
} WRITERS[] = { { "connaudit 1.0", true }, { "connaudit", false }, { "mergecap", false } };

START_TEST(test_notes_of_the_clock)
{
    static const struct {
        uint32_t second;
        ClockMark clock, without;
    } packets[] = {
        { 100, { 0 }, { 0 } },
        { 160, { 12000, 0 }, { 0 } },
        { 160, { 0, CLOCK_NO_TIME }, { 0 } },
        { 159, { 12001, 0 }, { 1000, 0 } },
        { 170, { UINT32_MAX, 0 }, { 1000, 0 } },
    };
    g_autoptr(GByteArray) file = g_byte_array_new();
    g_autofree char *path = NULL;
    pcapng_append_section(file, WRITERS[_i].application, NULL);
    PcapngInterface interface = { .link_type = 1 };
    pcapng_append_interface(file, &interface);
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        Frame frame = { .time = packets[i].second * NS_PER_SECOND, .bytes = span_make(BYTES, 4) };
        g_autofree char *note = clock_note_new(frame_id(7, 42), packets[i].clock);
        pcapng_append_packet(file, 0, &interface, &frame,
                             (const char *const[]){ note, "its role" });
    }
    g_autoptr(CaptureReader) reader = write_and_open(file, &path);
    FrameBatch batch = { 0 };
    ck_assert(capture_reader_next(reader, &batch, NULL));
    ck_assert_uint_eq(batch.count, G_N_ELEMENTS(packets));
    for (size_t i = 0; i < batch.count; i++) {
        ClockMark wanted = WRITERS[_i].counts ? packets[i].clock : packets[i].without;
        ClockMark clock = batch.frames[i].clock;
        ck_assert_msg(clock.tick == wanted.tick, "packet %zu: tick %u", i, clock.tick);
        ck_assert_msg(clock.tick == CLOCK_NO_TIME || clock.set_back == wanted.set_back,
                      "packet %zu: %u", i, clock.set_back);
    }
    ck_assert_uint_eq(capture_reader_info(reader)->untimed, WRITERS[_i].counts ? 1 : 0);
    frame_batch_clear(&batch);
    g_unlink(path);
}
END_TEST

static const struct {
    const char *comment;
    bool reads;
    ClockMark clock;
} NOTES[] = {
    { "frame 42 of input 1", true, { 0 } },
    { "frame 281474976710655 of input 65535", true, { 0 } },
    { "frame 42 of input 1, its clock set back by 12000 ms before", true, { 12000, 0 } },
    { "frame 42 of input 1, its clock set back by 4294967295 ms before", true, { UINT32_MAX, 0 } },
    { "frame 42 of input 1, without a time", true, { 0, CLOCK_NO_TIME } },
    { "frame 42 of input 1, its clock set back by 4294967296 ms before", false, { 0 } },
    { "frame 42 of input 1, its clock set back by  ms before", false, { 0 } },
    { "frame 42 of input 1, its clock set back by 5 ms", false, { 0 } },
    { "frame 42 of input 1, without a time, truly", false, { 0 } },
    { "frame 42 of input 65536", false, { 0 } },
    { "frame 99999999999999999999 of input 1", false, { 0 } },
    { "frame  of input 1", false, { 0 } },
    { "frame 42", false, { 0 } },
    { "", false, { 0 } },
};

START_TEST(test_note)
{
    ClockMark clock;
    ck_assert_msg(clock_note_read(span_of_text(NOTES[_i].comment), &clock) == NOTES[_i].reads, "%s",
                  NOTES[_i].comment);
    if (!NOTES[_i].reads)
        return;
    ck_assert_uint_eq(clock.set_back, NOTES[_i].clock.set_back);
    ck_assert_uint_eq(clock.tick, NOTES[_i].clock.tick);
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
    PcapngInterface interface = { .link_type = 1, .name = text, .description = "" };
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
    tcase_add_loop_test(tcase, test_tick, 0, G_N_ELEMENTS(TICKS));
    tcase_add_loop_test(tcase, test_notes_of_the_clock, 0, G_N_ELEMENTS(WRITERS));
    tcase_add_loop_test(tcase, test_note, 0, G_N_ELEMENTS(NOTES));
    tcase_add_test(tcase, test_long_text);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
