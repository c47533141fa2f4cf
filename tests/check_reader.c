#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/reader.h"
#include "capture_builder.h"
#include "pack.h"

#define START_SECOND 1700000000u

static char *folder; /* for the files of one test */

static void make_folder(void)
{
    folder = g_dir_make_tmp("check-reader-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
}

static char *file_name(void)
{
    return g_build_filename(folder, "capture", NULL);
}

static void remove_folder(void)
{
    g_autofree char *name = file_name();
    g_unlink(name);
    g_rmdir(folder);
    g_free(folder);
}

/* Everything that one input gave. */
typedef struct Reading {
    GArray *frames; /* of Frame, with bytes in `copies` */
    GPtrArray *copies;
    CaptureInfo info;
    char *sha256;
    GError *error;
    bool opened;
} Reading;

static bool hash_inputs; /* false in each new test: they run in processes of their own */

static void read_into(Reading *reading, const char *path)
{
    *reading = (Reading){ .frames = g_array_new(FALSE, FALSE, sizeof(Frame)),
                          .copies = g_ptr_array_new_with_free_func(g_free) };
    CaptureOptions options = { .hash = hash_inputs };
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 3, &options, &reading->error);
    ck_assert((reader == NULL) == (reading->error != NULL));
    if (!reader)
        return;
    reading->opened = true;
    FrameBatch batch = { 0 };
    while (capture_reader_next(reader, &batch, &reading->error)) {
        ck_assert_ptr_null(reading->error);
        ck_assert(batch.count >= 1 && batch.count <= FRAME_BATCH_MAX);
        for (size_t i = 0; i < batch.count; i++) {
            Frame copy = batch.frames[i];
            ck_assert(copy.bytes.bytes >= batch.storage &&
                      copy.bytes.bytes + copy.bytes.length <= batch.storage + batch.storage_size);
            uint8_t *bytes = g_memdup2(copy.bytes.bytes, copy.bytes.length);
            g_ptr_array_add(reading->copies, bytes);
            copy.bytes.bytes = bytes;
            g_array_append_val(reading->frames, copy);
        }
    }
    ck_assert_uint_eq(batch.count, 0);
    frame_batch_clear(&batch);
    ck_assert_ptr_null(batch.storage);
    reading->info = *capture_reader_info(reader);
    ck_assert_uint_eq(reading->info.frames, reading->frames->len);
    ck_assert_int_ne(reading->info.end, CAPTURE_END_NOT_REACHED);
    reading->sha256 = g_strdup(reading->info.sha256);
    reading->info.path = reading->info.sha256 = NULL; /* they end with the reader */
    ck_assert_uint_eq(reading->info.packets, reading->frames->len);
}

static void read_bytes_into(Reading *reading, const void *bytes, size_t size)
{
    g_autofree char *name = file_name();
    g_unlink(name); /* overwriting keeps the length */
    ck_assert(
        g_file_set_contents_full(name, bytes, (gssize)size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    read_into(reading, name);
}

static void reading_clear(Reading *reading)
{
    g_array_unref(reading->frames);
    g_ptr_array_unref(reading->copies);
    g_clear_error(&reading->error);
    g_free(reading->sha256);
}

/* `ticks` is the number of the file's units per second; `digits` is the resolution of its times. */
static const struct {
    CaptureShape shape;
    uint32_t ticks;
    unsigned digits;
} FORMS[] = {
    { { .name = "pcap, little end first", .link_type = 1 }, 1000000, 6 },
    { { .name = "pcap, big end first", .big_endian = true, .link_type = 113 }, 1000000, 6 },
    { { .name = "pcap, nanoseconds", .nano = true, .link_type = 1 }, 1000000000, 9 },
    { { .name = "pcap, big end first, nanoseconds",
        .nano = true,
        .big_endian = true,
        .link_type = 228 },
      1000000000,
      9 },
    { { .name = "pcapng", .pcapng = true, .link_type = 1 }, 1000000, 6 },
    { { .name = "pcapng, big end first", .pcapng = true, .big_endian = true, .link_type = 276 },
      1000000,
      6 },
    { { .name = "pcapng, microseconds stated",
        .pcapng = true,
        .states_resolution = true,
        .resolution = 6,
        .link_type = 1 },
      1000000,
      6 },
    { { .name = "pcapng, nanoseconds",
        .pcapng = true,
        .states_resolution = true,
        .resolution = 9,
        .link_type = 0 },
      1000000000,
      9 },
    { { .name = "pcapng, big end first, nanoseconds",
        .pcapng = true,
        .big_endian = true,
        .states_resolution = true,
        .resolution = 9,
        .link_type = 1 },
      1000000000,
      9 },
    { { .name = "pcapng, milliseconds",
        .pcapng = true,
        .states_resolution = true,
        .resolution = 3,
        .link_type = 1 },
      1000,
      6 },
    { { .name = "pcapng, 2^-20 s",
        .pcapng = true,
        .states_resolution = true,
        .resolution = 0x80 | 20,
        .link_type = 1 },
      1 << 20,
      9 },
};

/* Packets of all forms: captured, on the wire, quarters of a second after START_SECOND. */
static const struct {
    uint32_t captured, claimed, quarters;
} PACKETS[] = { { 60, 60, 0 }, { 5, 1514, 1 }, { 0, 64, 3 }, { 63, 63, 6 } };

static CaptureRecord make_record(int form, uint32_t captured, uint32_t claimed, uint32_t quarters)
{
    uint64_t ticks = (uint64_t)FORMS[form].ticks / 4 * (START_SECOND * UINT64_C(4) + quarters);
    bool pcapng = FORMS[form].shape.pcapng;
    return (CaptureRecord){
        .high = (uint32_t)(pcapng ? ticks >> 32 : ticks / FORMS[form].ticks),
        .low = (uint32_t)(pcapng ? ticks : ticks % FORMS[form].ticks),
        .captured = captured,
        .claimed = claimed,
    };
}

/* Offset at which the format can be recognized; for pcapng the end of the section header. */
static size_t opens_at(int form, const size_t ends[])
{
    return FORMS[form].shape.pcapng ? 28 : ends[0];
}

/* The file of a form, and where each of its packets ends. */
static GByteArray *make_file(int form, size_t ret_ends[1 + G_N_ELEMENTS(PACKETS)])
{
    GByteArray *file = g_byte_array_new();
    capture_build_headers(file, &FORMS[form].shape);
    ret_ends[0] = file->len;
    for (size_t i = 0; i < G_N_ELEMENTS(PACKETS); i++) {
        CaptureRecord record =
            make_record(form, PACKETS[i].captured, PACKETS[i].claimed, PACKETS[i].quarters);
        capture_build_packet(file, &FORMS[form].shape, &record, (uint8_t)(i * 50));
        ret_ends[i + 1] = file->len;
    }
    return file;
}

static void assert_packet(const Reading *reading, int form, size_t i)
{
    const Frame *frame = &g_array_index(reading->frames, Frame, i);
    const char *name = FORMS[form].shape.name;
    ck_assert_msg(frame->id == frame_id(3, i + 1), "%s, packet %zu", name, i);
    ck_assert_msg(frame->time ==
                      START_SECOND * NS_PER_SECOND + PACKETS[i].quarters * INT64_C(250000000),
                  "%s, packet %zu: time %" G_GINT64_FORMAT, name, i, frame->time);
    ck_assert_uint_eq(frame->wire_length, PACKETS[i].claimed);
    ck_assert_int_eq(frame->link_type, FORMS[form].shape.link_type);
    ck_assert_uint_eq(frame->bytes.length, PACKETS[i].captured);
    for (size_t at = 0; at < frame->bytes.length; at++)
        ck_assert_uint_eq(frame->bytes.bytes[at], (uint8_t)(i * 50 + at));
}

START_TEST(test_forms)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(_i, ends);
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_msg(!reading.error, "%s", reading.error ? reading.error->message : "");
    ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(PACKETS));
    for (size_t i = 0; i < G_N_ELEMENTS(PACKETS); i++)
        assert_packet(&reading, _i, i);
    ck_assert_uint_eq(reading.info.time_digits, FORMS[_i].digits);
    ck_assert_int_eq(reading.info.link_type, FORMS[_i].shape.link_type);
    ck_assert_uint_eq(reading.info.link_count, 1);
    ck_assert_int_eq(reading.info.links[0].link_type, FORMS[_i].shape.link_type);
    ck_assert_uint_eq(reading.info.links[0].snap_length, FORMS[_i].shape.pcapng ? 0 : 262144);
    ck_assert_uint_eq(reading.info.links[0].packets, G_N_ELEMENTS(PACKETS));
    ck_assert_uint_eq(reading.info.size, file->len);
    ck_assert_ptr_null(reading.info.compression);
    ck_assert_ptr_null(reading.sha256);
    ck_assert_int_eq(reading.info.first_time, START_SECOND * NS_PER_SECOND);
    ck_assert_int_eq(reading.info.last_time, START_SECOND * NS_PER_SECOND + INT64_C(1500000000));
    reading_clear(&reading);
}
END_TEST

static void assert_error(const Reading *reading, int code, const char *context, size_t cut)
{
    ck_assert_msg(reading->error != NULL, "%s, cut at %zu: no error", context, cut);
    ck_assert_msg(g_error_matches(reading->error, CAPTURE_ERROR, code), "%s, cut at %zu: %s",
                  context, cut, reading->error->message);
    ck_assert_ptr_nonnull(strstr(reading->error->message, folder));
    ck_assert_ptr_null(strchr(reading->error->message, '\n'));
}

/* Cut anywhere: all packets before the cut are there. Only a cut between two packets leaves a file
 * that looks complete. */
START_TEST(test_cut_anywhere)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(_i, ends);
    const char *name = FORMS[_i].shape.name;
    for (size_t cut = 0; cut < file->len; cut++) {
        size_t whole = 0;
        while (whole < G_N_ELEMENTS(PACKETS) && ends[whole + 1] <= cut)
            whole++;
        Reading reading;
        read_bytes_into(&reading, file->data, cut);
        size_t opens = opens_at(_i, ends);
        ck_assert_msg(reading.opened == (cut >= opens), "%s, cut at %zu", name, cut);
        ck_assert_msg(reading.frames->len == whole, "%s, cut at %zu: %u", name, cut,
                      reading.frames->len);
        for (size_t i = 0; i < whole; i++)
            assert_packet(&reading, _i, i);
        if (!reading.opened) {
            int code = cut < 4 ? CAPTURE_ERROR_FORMAT : CAPTURE_ERROR_OPEN;
            assert_error(&reading, code, name, cut);
        } else if (cut == ends[whole] || cut == opens) {
            ck_assert_ptr_null(reading.error);
            ck_assert_int_eq(reading.info.end, CAPTURE_END_WHOLE);
        } else {
            ck_assert_int_eq(reading.info.end, CAPTURE_END_CUT);
            assert_error(&reading, CAPTURE_ERROR_READ, name, cut);
            g_autofree char *said = g_strdup_printf("cut short in packet %zu, %zu packet%s read",
                                                    whole + 1, whole, whole == 1 ? "" : "s");
            ck_assert_ptr_nonnull(strstr(reading.error->message, said));
        }
        reading_clear(&reading);
    }
}
END_TEST

typedef struct Writer {
    const GByteArray *file;
    int fd;
    size_t piece;
} Writer;

static gpointer write_pieces(gpointer data)
{
    const Writer *writer = data;
    for (size_t at = 0; at < writer->file->len; at += writer->piece)
        if (write(writer->fd, writer->file->data + at, MIN(writer->piece, writer->file->len - at)) <
            0)
            break;
    close(writer->fd);
    return NULL;
}

/* Reads a file through a pipe on standard input, in pieces of that size. */
static void read_piped_into(Reading *reading, const GByteArray *file, size_t piece)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    int before = dup(STDIN_FILENO);
    ck_assert_int_ge(dup2(ends[0], STDIN_FILENO), 0);
    close(ends[0]);
    Writer writer = { .file = file, .fd = ends[1], .piece = piece };
    GThread *thread = g_thread_new("writer", write_pieces, &writer);
    read_into(reading, "-");
    g_thread_join(thread);
    ck_assert_int_ge(dup2(before, STDIN_FILENO), 0);
    close(before);
}

START_TEST(test_standard_input)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(_i, ends);
    for (size_t piece = 1; piece <= file->len; piece *= 2) {
        Reading reading;
        read_piped_into(&reading, file, piece);
        ck_assert_ptr_null(reading.error);
        ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(PACKETS));
        for (size_t i = 0; i < G_N_ELEMENTS(PACKETS); i++)
            assert_packet(&reading, _i, i);
        ck_assert_uint_eq(reading.info.time_digits, FORMS[_i].digits);
        reading_clear(&reading);
    }
}
END_TEST

START_TEST(test_standard_input_is_cut)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    g_byte_array_set_size(file, (guint)ends[2] + 7);
    Reading reading;
    read_piped_into(&reading, file, 10);
    ck_assert_uint_eq(reading.frames->len, 2);
    ck_assert(g_error_matches(reading.error, CAPTURE_ERROR, CAPTURE_ERROR_READ));
    ck_assert(g_str_has_prefix(reading.error->message, "standard input: cut short in packet 3, "));
    reading_clear(&reading);
}
END_TEST

/* More than the head, the stream's buffer and a pipe can hold, in pieces that fit none of them. */
START_TEST(test_large_standard_input)
{
    enum { COUNT = 1500, SIZE = 1000 };
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &FORMS[_i].shape);
    CaptureRecord record = make_record(_i, SIZE, SIZE, 0);
    for (size_t i = 0; i < COUNT; i++)
        capture_build_packet(file, &FORMS[_i].shape, &record, (uint8_t)i);
    Reading reading;
    read_piped_into(&reading, file, 7777);
    ck_assert_ptr_null(reading.error);
    ck_assert_uint_eq(reading.frames->len, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        const Frame *frame = &g_array_index(reading.frames, Frame, i);
        ck_assert_uint_eq(frame->id, frame_id(3, i + 1));
        ck_assert_uint_eq(frame->bytes.length, SIZE);
        ck_assert_uint_eq(frame->bytes.bytes[0], (uint8_t)i);
        ck_assert_uint_eq(frame->bytes.bytes[SIZE - 1], (uint8_t)(i + SIZE - 1));
    }
    reading_clear(&reading);
}
END_TEST

/* Batches: how many packets of one size fit into a batch (at most 64), in storage of that size. */
static const struct {
    const char *name;
    uint32_t size, total;
    size_t first_count, storage;
} BATCHES[] = {
    { "small ones fill all places", 60, 130, 64, 128 * 1024 },
    { "full Ethernet frames as well", 1514, 130, 64, 128 * 1024 },
    { "2048 bytes just fit", 2048, 65, 64, 128 * 1024 },
    { "2049 bytes do not", 2049, 65, 63, 128 * 1024 },
    { "offloaded ones", 65535, 5, 2, 128 * 1024 },
    { "one that fills the storage", 128 * 1024, 3, 1, 128 * 1024 },
    { "the largest there are", 262144, 3, 1, 262144 },
    { "empty ones", 0, 65, 64, 128 * 1024 },
};

START_TEST(test_batches)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &FORMS[0].shape);
    CaptureRecord record = make_record(0, BATCHES[_i].size, BATCHES[_i].size, 0);
    for (uint32_t i = 0; i < BATCHES[_i].total; i++)
        capture_build_packet(file, &FORMS[0].shape, &record, (uint8_t)i);
    g_autofree char *name = file_name();
    ck_assert(g_file_set_contents(name, (const char *)file->data, (gssize)file->len, NULL));

    g_autoptr(CaptureReader) reader = capture_reader_open(name, 1, NULL, NULL);
    ck_assert_ptr_nonnull(reader);
    FrameBatch batch = { 0 };
    uint32_t seen = 0;
    const uint8_t *storage = NULL;
    while (capture_reader_next(reader, &batch, NULL)) {
        ck_assert_msg(batch.count == MIN(BATCHES[_i].first_count, BATCHES[_i].total - seen),
                      "%s: %zu after %u", BATCHES[_i].name, batch.count, seen);
        ck_assert_uint_eq(batch.storage_size, BATCHES[_i].storage);
        ck_assert(storage == NULL || storage == batch.storage); /* used again */
        storage = batch.storage;
        for (size_t i = 0; i < batch.count; i++, seen++) {
            ck_assert_uint_eq(batch.frames[i].bytes.length, BATCHES[_i].size);
            for (size_t at = 0; at < BATCHES[_i].size; at += 211)
                ck_assert_uint_eq(batch.frames[i].bytes.bytes[at], (uint8_t)(seen + at));
        }
    }
    ck_assert_uint_eq(seen, BATCHES[_i].total);
    frame_batch_clear(&batch);
}
END_TEST

/* A large packet among small ones ends their batch and comes first in the next. */
START_TEST(test_large_packet_waits)
{
    static const uint32_t SIZES[] = { 100, 100, 200000, 100, 131000, 100 };
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &FORMS[0].shape);
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        CaptureRecord record = make_record(0, SIZES[i], SIZES[i], (uint32_t)i);
        capture_build_packet(file, &FORMS[0].shape, &record, (uint8_t)i);
    }
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_ptr_null(reading.error);
    ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(SIZES));
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        const Frame *frame = &g_array_index(reading.frames, Frame, i);
        ck_assert_uint_eq(frame->id, frame_id(3, i + 1));
        ck_assert_uint_eq(frame->bytes.length, SIZES[i]);
        ck_assert_int_eq(frame->time, START_SECOND * NS_PER_SECOND + (int64_t)i * 250000000);
        for (size_t at = 0; at < SIZES[i]; at += 97)
            ck_assert_uint_eq(frame->bytes.bytes[at], (uint8_t)(i + at));
    }
    reading_clear(&reading);
}
END_TEST

/* The error comes again when one asks again, and a batch is empty then. */
START_TEST(test_the_end_stays)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    g_autofree char *name = file_name();
    ck_assert(g_file_set_contents(name, (const char *)file->data, (gssize)file->len - _i, NULL));
    g_autoptr(CaptureReader) reader = capture_reader_open(name, 1, NULL, NULL);
    FrameBatch batch = { 0 };
    ck_assert(capture_reader_next(reader, &batch, NULL));
    for (int again = 0; again < 3; again++) {
        g_autoptr(GError) error = NULL;
        ck_assert(!capture_reader_next(reader, &batch, &error));
        ck_assert_uint_eq(batch.count, 0);
        ck_assert((error != NULL) == (_i > 0));
    }
    frame_batch_clear(&batch);
}
END_TEST

/* Times that 32 bits with a sign, or 64 bits of nanoseconds, cannot hold. */
static const struct {
    const char *name;
    int form;
    uint32_t high, low;
    Nanoseconds time;
} TIMES[] = {
    { "2038 and later, little end first", 0, 0x80000000, 1, INT64_C(2147483648000001000) },
    { "2038 and later, big end first", 1, 0x80000000, 1, INT64_C(2147483648000001000) },
    { "the last second of pcap", 0, 0xffffffff, 999999, INT64_C(4294967295999999000) },
    { "the last nanosecond of pcap", 3, 0xffffffff, 999999999, INT64_C(4294967295999999999) },
    { "one nanosecond", 2, 1, 1, INT64_C(1000000001) },
    { "no microseconds, little end first", 0, 1, 0xffffffff, INT64_C(4295967295000) },
    { "no microseconds, big end first", 1, 1, 0xffffffff, INT64_C(4295967295000) },
    { "no nanoseconds, little end first", 2, 1, 0xffffffff, INT64_C(5294967295) },
    { "no nanoseconds, big end first", 3, 1, 0xffffffff, INT64_C(5294967295) },
    { "beyond all nanoseconds", 9, 0xffffffff, 0xffffffff, NANOSECONDS_MAX },
};

START_TEST(test_times)
{
    const CaptureShape *shape = &FORMS[TIMES[_i].form].shape;
    CaptureRecord record = { .high = TIMES[_i].high, .low = TIMES[_i].low };
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, shape);
    capture_build_packet(file, shape, &record, 0);
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_uint_eq(reading.frames->len, 1);
    Nanoseconds time = g_array_index(reading.frames, Frame, 0).time;
    ck_assert_msg(time == TIMES[_i].time, "%s: %" G_GINT64_FORMAT, TIMES[_i].name, time);
    reading_clear(&reading);
}
END_TEST

/* Seconds 5, 9, 7, 7, 3: two steps go back, by 2 and by 4 seconds. */
START_TEST(test_steps_back)
{
    static const uint32_t seconds[] = { 5, 9, 7, 7, 3 };
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &FORMS[0].shape);
    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++)
        capture_build_packet(file, &FORMS[0].shape, &(CaptureRecord){ .high = seconds[i] }, 0);
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_uint_eq(reading.info.steps_back, 2);
    ck_assert_int_eq(reading.info.largest_step_back, 4 * NS_PER_SECOND);
    ck_assert_int_eq(reading.info.last_time, 3 * NS_PER_SECOND);
    reading_clear(&reading);
}
END_TEST

/* Each frame bears the steps back before it: those of a millisecond and more, each counted as an
 * hour at most. */
START_TEST(test_marks_of_the_clock)
{
    static const struct {
        uint32_t second, microsecond, set_back;
    } packets[] = {
        { 9000, 0, 0 },          { 9000, 500, 0 },    { 8999, 999600, 0 }, /* 0.9 ms */
        { 8999, 998600, 1 },     { 8999, 997599, 3 }, { 9001, 0, 3 },      { 9000, 999000, 4 },
        { 8989, 999000, 11004 }, { 9002, 0, 11004 },  { 12, 0, 3611004 },  { 13, 0, 3611004 },
    };
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, &FORMS[0].shape);
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        CaptureRecord record = { .high = packets[i].second, .low = packets[i].microsecond };
        capture_build_packet(file, &FORMS[0].shape, &record, 0);
    }
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    for (size_t i = 0; i < G_N_ELEMENTS(packets); i++) {
        ClockMark clock = g_array_index(reading.frames, Frame, i).clock;
        ck_assert_msg(clock.set_back == packets[i].set_back, "packet %zu: %u", i, clock.set_back);
        ck_assert_uint_eq(clock.tick, 0);
    }
    ck_assert_uint_eq(reading.info.steps_back, 6);
    reading_clear(&reading);
}
END_TEST

/* Each format in each compression: the same packets, and the facts about the input. */
START_TEST(test_compressed)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(_i, ends);
    for (int format = 0; format < PACK_FORMATS; format++) {
        if (!pack_is_built((PackFormat)format))
            continue;
        g_autoptr(GByteArray) packed = g_byte_array_new();
        pack_append(packed, (PackFormat)format, file->data, ends[1] + 3);
        pack_append(packed, (PackFormat)format, file->data + ends[1] + 3, file->len - ends[1] - 3);
        for (size_t piece = 1; piece <= packed->len; piece *= 3) {
            Reading reading;
            if (piece == 1)
                read_bytes_into(&reading, packed->data, packed->len);
            else
                read_piped_into(&reading, packed, piece);
            ck_assert_ptr_null(reading.error);
            ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(PACKETS));
            for (size_t i = 0; i < G_N_ELEMENTS(PACKETS); i++)
                assert_packet(&reading, _i, i);
            ck_assert_str_eq(reading.info.compression, pack_name((PackFormat)format));
            ck_assert_str_eq(reading.info.format, FORMS[_i].shape.pcapng ? "pcapng" : "pcap");
            ck_assert_uint_eq(reading.info.time_digits, FORMS[_i].digits);
            ck_assert_uint_eq(reading.info.size, packed->len);
            ck_assert_int_eq(reading.info.end, CAPTURE_END_WHOLE);
            reading_clear(&reading);
        }
    }
}
END_TEST

/* A compressed file is cut anywhere, or followed by foreign bytes. It gives the packets that it
 * held, then reports the problem. */
START_TEST(test_compressed_is_cut)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(4, ends);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, file->data, ends[2]);
    size_t first = packed->len;
    pack_append(packed, format, file->data + ends[2], file->len - ends[2]);
    for (size_t cut = first; cut < packed->len; cut++) {
        Reading reading;
        read_bytes_into(&reading, packed->data, cut);
        ck_assert_uint_ge(reading.frames->len, 2);
        for (size_t i = 0; i < reading.frames->len; i++)
            assert_packet(&reading, 4, i);
        if (cut == first) {
            ck_assert_ptr_null(reading.error);
        } else {
            assert_error(&reading, CAPTURE_ERROR_READ, pack_name(format), cut);
            ck_assert_ptr_nonnull(strstr(reading.error->message, "data ends too early"));
            ck_assert_int_eq(reading.info.end, CAPTURE_END_CUT);
        }
        reading_clear(&reading);
    }
    g_byte_array_append(packed, (const guint8 *)"nothing of that kind", 20);
    Reading reading;
    read_bytes_into(&reading, packed->data, packed->len);
    ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(PACKETS));
    assert_error(&reading, CAPTURE_ERROR_READ, pack_name(format), packed->len);
    ck_assert_int_eq(reading.info.end, CAPTURE_END_BROKEN);
    reading_clear(&reading);
}
END_TEST

/* Compressed, but not readable: the error contains `message`. */
START_TEST(test_compressed_foreign)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    g_autoptr(GByteArray) once = g_byte_array_new(), twice = g_byte_array_new();
    g_autoptr(GByteArray) text = g_byte_array_new();
    pack_append(once, format, file->data, file->len);
    pack_append(twice, format, once->data, once->len);
    pack_append(text, format, "GET / HTTP/1.1", 14);
    const struct {
        const GByteArray *bytes;
        size_t size;
        CaptureError code;
        const char *message;
    } rows[] = {
        { twice, twice->len, CAPTURE_ERROR_FORMAT, "only one layer is unpacked" },
        { text, text->len, CAPTURE_ERROR_FORMAT, "not a capture file" },
        { once, 10, CAPTURE_ERROR_OPEN, "cut short before the first packet" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Reading reading;
        read_bytes_into(&reading, rows[i].bytes->data, rows[i].size);
        ck_assert(!reading.opened);
        assert_error(&reading, (int)rows[i].code, pack_name(format), rows[i].size);
        ck_assert_msg(strstr(reading.error->message, rows[i].message) != NULL, "%s",
                      reading.error->message);
        reading_clear(&reading);
    }
}
END_TEST

/* The hash covers all bytes of the input, including those after the packets. */
static const struct {
    const char *name;
    size_t more; /* bytes after the file */
    bool breaks, packs, pipes;
} HASHES[] = {
    { "a file", 0, false, false, false },
    { "standard input", 0, false, false, true },
    { "a broken file", 3000000, true, false, false },
    { "broken standard input", 3000000, true, false, true },
    { "compressed", 0, false, true, false },
    { "compressed and broken", 3000000, true, true, false },
};

START_TEST(test_hash)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    if (HASHES[_i].packs) {
        if (!pack_is_built(PACK_GZIP))
            return;
        g_autoptr(GByteArray) packed = g_byte_array_new();
        pack_append(packed, PACK_GZIP, file->data, file->len);
        g_byte_array_set_size(file, 0);
        g_byte_array_append(file, packed->data, packed->len);
    }
    guint size = file->len;
    g_byte_array_set_size(file, size + (guint)HASHES[_i].more);
    memset(file->data + size, 0xff, HASHES[_i].more);
    g_autofree char *expected =
        g_compute_checksum_for_data(G_CHECKSUM_SHA256, file->data, file->len);
    hash_inputs = true;
    Reading reading;
    if (HASHES[_i].pipes)
        read_piped_into(&reading, file, 50000);
    else
        read_bytes_into(&reading, file->data, file->len);
    ck_assert_msg(g_strcmp0(reading.sha256, expected) == 0, "%s: %s", HASHES[_i].name,
                  reading.sha256 ? reading.sha256 : "none");
    ck_assert_uint_eq(reading.info.size, file->len);
    ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(PACKETS));
    ck_assert((reading.error != NULL) == HASHES[_i].breaks);
    reading_clear(&reading);
}
END_TEST

/* A packet that exceeds the maximum of a frame: its first bytes are passed on, and it is
 * counted. */
START_TEST(test_clipped)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    const CaptureShape *shape = &FORMS[4].shape;
    capture_build_headers(file, shape);
    for (uint32_t size = 262143; size <= 262145; size++) {
        CaptureRecord record = make_record(4, size, size, 0);
        capture_build_packet(file, shape, &record, 0);
    }
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_ptr_null(reading.error);
    ck_assert_uint_eq(reading.frames->len, 3);
    ck_assert_uint_eq(reading.info.clipped, 1);
    const Frame *last = &g_array_index(reading.frames, Frame, 2);
    ck_assert_uint_eq(last->bytes.length, 262144);
    ck_assert_uint_eq(last->wire_length, 262145);
    reading_clear(&reading);
}
END_TEST

/* Packets that are far larger than a frame: D-Bus allows 128 MiB, and a header without a snap
 * length. Behind them the file goes on. */
static const CaptureShape LARGE[] = {
    { .name = "pcap", .link_type = 231 },
    { .name = "pcap, big end first", .big_endian = true, .link_type = 231 },
    { .name = "pcapng", .pcapng = true, .link_type = 231 },
    { .name = "pcapng, big end first", .pcapng = true, .big_endian = true, .link_type = 231 },
};

START_TEST(test_far_too_large)
{
    enum { SIZE = 3000000, LAST = 5 };
    static const uint32_t sizes[] = { 4, SIZE, SIZE - 1, LAST };
    const CaptureShape *shape = &LARGE[_i];
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, shape);
    if (!shape->pcapng)
        memset(file->data + 16, 0, 4); /* its snap length */
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        CaptureRecord record = { 1, (uint32_t)i, sizes[i], sizes[i] + 1 };
        capture_build_packet(file, shape, &record, (uint8_t)i);
    }
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_msg(!reading.error, "%s: %s", shape->name,
                  reading.error ? reading.error->message : "");
    ck_assert_uint_eq(reading.frames->len, G_N_ELEMENTS(sizes));
    ck_assert_uint_eq(reading.info.clipped, 2);
    for (guint i = 0; i < reading.frames->len; i++) {
        const Frame *frame = &g_array_index(reading.frames, Frame, i);
        ck_assert_uint_eq(frame->wire_length, sizes[i] + 1);
        ck_assert_uint_eq(frame->bytes.length, MIN(sizes[i], 262144));
        for (size_t at = 0; at < frame->bytes.length; at++)
            ck_assert_uint_eq(frame->bytes.bytes[at], (uint8_t)(i + at));
    }
    reading_clear(&reading);
}
END_TEST

/* The end of the file within the part that is not held. */
START_TEST(test_far_too_large_is_cut)
{
    const CaptureShape *shape = &LARGE[_i];
    g_autoptr(GByteArray) file = g_byte_array_new();
    capture_build_headers(file, shape);
    for (unsigned i = 0; i < 2; i++) {
        CaptureRecord record = { 1, i, i ? 3000000 : 4, 3000000 };
        capture_build_packet(file, shape, &record, 0);
    }
    if (!shape->pcapng)
        memset(file->data + 16, 0, 4);
    Reading reading;
    read_bytes_into(&reading, file->data, file->len - 1000000);
    ck_assert_ptr_nonnull(reading.error);
    ck_assert_int_eq(reading.info.end, CAPTURE_END_CUT);
    ck_assert_uint_eq(reading.frames->len, 1);
    reading_clear(&reading);
}
END_TEST

/* Files that are no capture: `message` follows the path. */
static const struct {
    const char *name;
    const char *bytes;
    size_t size;
    int code;
    const char *message;
} FOREIGN[] = {
    { "nothing", "", 0, CAPTURE_ERROR_FORMAT, "empty" },
    { "text", "GET / HTTP/1.1\r\n", 16, CAPTURE_ERROR_FORMAT, "not a capture file" },
    { "two bytes of a capture", "\xd4\xc3", 2, CAPTURE_ERROR_FORMAT, "not a capture file" },
    { "zeros", "\0\0\0\0\0\0\0\0", 8, CAPTURE_ERROR_FORMAT, "not a capture file" },
    { "a version of the future", "\xd4\xc3\xb2\xa1\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0", 24,
      CAPTURE_ERROR_OPEN, "cannot be read as a capture" },
    { "half a header", "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0", 12, CAPTURE_ERROR_OPEN,
      "cut short before the first packet" },
};

START_TEST(test_foreign_files)
{
    Reading reading;
    read_bytes_into(&reading, FOREIGN[_i].bytes, FOREIGN[_i].size);
    ck_assert(!reading.opened);
    assert_error(&reading, FOREIGN[_i].code, FOREIGN[_i].name, 0);
    g_autofree char *start = g_strdup_printf("%s/capture: %s", folder, FOREIGN[_i].message);
    ck_assert_msg(g_str_has_prefix(reading.error->message, start), "%s: %s", FOREIGN[_i].name,
                  reading.error->message);
    reading_clear(&reading);
}
END_TEST

START_TEST(test_broken_packet)
{
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    memset(file->data + ends[2] + 8, 0xff, 4); /* it says that 4 GiB were captured */
    Reading reading;
    read_bytes_into(&reading, file->data, file->len);
    ck_assert_uint_eq(reading.frames->len, 2);
    assert_error(&reading, CAPTURE_ERROR_READ, "length", 0);
    ck_assert_ptr_nonnull(strstr(reading.error->message, "broken at packet 3, 2 packets read"));
    reading_clear(&reading);
}
END_TEST

START_TEST(test_missing_file)
{
    Reading reading;
    g_autofree char *name = g_build_filename(folder, "not\nthere", NULL);
    read_into(&reading, name);
    assert_error(&reading, CAPTURE_ERROR_OPEN, "missing", 0);
    ck_assert_ptr_nonnull(strstr(reading.error->message, "not\\x0athere: No such file"));
    reading_clear(&reading);
}
END_TEST

START_TEST(test_directory)
{
    Reading reading;
    read_into(&reading, folder);
    assert_error(&reading, CAPTURE_ERROR_OPEN, "directory", 0);
    ck_assert_ptr_nonnull(strstr(reading.error->message, "Is a directory"));
    reading_clear(&reading);
}
END_TEST

START_TEST(test_forbidden_file)
{
    if (geteuid() == 0)
        return; /* nothing is forbidden */
    size_t ends[1 + G_N_ELEMENTS(PACKETS)];
    g_autoptr(GByteArray) file = make_file(0, ends);
    g_autofree char *name = file_name();
    ck_assert(g_file_set_contents(name, (const char *)file->data, (gssize)file->len, NULL));
    ck_assert_int_eq(g_chmod(name, 0), 0);
    Reading reading;
    read_into(&reading, name);
    assert_error(&reading, CAPTURE_ERROR_OPEN, "forbidden", 0);
    ck_assert_ptr_nonnull(strstr(reading.error->message, "Permission denied"));
    reading_clear(&reading);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reader");
    TCase *tcase = tcase_create("reader");
    tcase_add_checked_fixture(tcase, make_folder, remove_folder);
    tcase_set_timeout(tcase, 60); /* under valgrind */
    tcase_add_loop_test(tcase, test_forms, 0, G_N_ELEMENTS(FORMS));
    tcase_add_loop_test(tcase, test_cut_anywhere, 0, G_N_ELEMENTS(FORMS));
    tcase_add_loop_test(tcase, test_standard_input, 0, G_N_ELEMENTS(FORMS));
    tcase_add_test(tcase, test_standard_input_is_cut);
    tcase_add_loop_test(tcase, test_large_standard_input, 3, 5); /* a pcap, a pcapng */
    tcase_add_loop_test(tcase, test_batches, 0, G_N_ELEMENTS(BATCHES));
    tcase_add_test(tcase, test_large_packet_waits);
    tcase_add_loop_test(tcase, test_the_end_stays, 0, 2);
    tcase_add_loop_test(tcase, test_times, 0, G_N_ELEMENTS(TIMES));
    tcase_add_test(tcase, test_steps_back);
    tcase_add_test(tcase, test_marks_of_the_clock);
    tcase_add_loop_test(tcase, test_compressed, 0, G_N_ELEMENTS(FORMS));
    tcase_add_loop_test(tcase, test_compressed_is_cut, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_compressed_foreign, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_hash, 0, G_N_ELEMENTS(HASHES));
    tcase_add_test(tcase, test_clipped);
    tcase_add_loop_test(tcase, test_far_too_large, 0, G_N_ELEMENTS(LARGE));
    tcase_add_loop_test(tcase, test_far_too_large_is_cut, 0, G_N_ELEMENTS(LARGE));
    tcase_add_loop_test(tcase, test_foreign_files, 0, G_N_ELEMENTS(FOREIGN));
    tcase_add_test(tcase, test_broken_packet);
    tcase_add_test(tcase, test_missing_file);
    tcase_add_test(tcase, test_directory);
    tcase_add_test(tcase, test_forbidden_file);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
