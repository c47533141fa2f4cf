/* Frames over units and units over frames: fed whole, byte by byte, cut everywhere; and what gaps
 * make of them. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "h2_frames.h"
#include "hex.h"
#include "http2/frame.h"

typedef struct Feed {
    H2FrameReader reader;
    Connection connection;
    int64_t at;
    uint64_t frame;
    GString *text; /* what came of it */
} Feed;

static void note(Feed *feed, const H2Event *event)
{
    const char *name = h2_frame_name(event->frame.type);
    if (event->kind == H2_FRAME_GOES_ON)
        return;
    if (event->kind == H2_FRAMES_LOST) {
        g_string_append_printf(feed->text, "lost%s%s ", event->under_way ? " in " : "",
                               event->under_way ? name : "");
        return;
    }
    ck_assert_int_le(event->first.offset, event->last.offset);
    ck_assert_int_eq(event->last_place - event->first_place, 8 + (int64_t)event->frame.length);
    g_string_append_printf(feed->text, "%s%s %u/%x:%u", event->whole ? "" : "cut ",
                           name ? name : "other", event->frame.stream, event->frame.flags,
                           event->frame.length);
    if (event->payload.length && event->frame.type != H2_DATA)
        g_string_append_printf(feed->text, "(%02x%02x)", event->payload.bytes[0],
                               event->payload.bytes[event->payload.length - 1]);
    g_string_append_c(feed->text, ' ');
}

static void give(Feed *feed, Span data, int64_t gap, bool unsure)
{
    SessionUnit unit = { .kind = gap ? SESSION_GAP : SESSION_DATA,
                         .connection = &feed->connection,
                         .place = feed->at,
                         .length = gap ? gap : (int64_t)data.length,
                         .data = data,
                         .by_byte = true,
                         .reason = gap ? REASON_LOSS : 0,
                         .length_unsure = unsure,
                         .segment_start = true };
    H2Event event;
    unit.first = (Stamp){ .frame = frame_id(1, ++feed->frame), .offset = feed->at };
    unit.last = unit.first;
    unit.last.offset += unit.length - 1;
    feed->at += unit.length;
    h2_frames_feed(&feed->reader, &unit, 0);
    while (h2_frames_next(&feed->reader, &event))
        note(feed, &event);
}

static void begin(Feed *feed, bool from_client, bool preface)
{
    *feed = (Feed){ .text = g_string_new(NULL) };
    h2_frames_init(&feed->reader, from_client, preface, false);
}

static void end(Feed *feed)
{
    h2_frames_clear(&feed->reader);
    g_string_free(feed->text, TRUE);
}

static GByteArray *wire_of(const char *const *frames)
{
    GByteArray *wire = g_byte_array_new();
    for (; *frames; frames++)
        ck_assert_msg(h2_frame_append(wire, *frames), "%s", *frames);
    return wire;
}

static const char *const ALL[] = { "PREFACE",
                                   "SETTINGS",
                                   "HEADERS 1 pad 3 priority | :method: GET",
                                   "CONTINUATION 1 | a: b",
                                   "DATA 1 end pad 2 20",
                                   "DATA 3 0",
                                   "RST_STREAM 5 7",
                                   "PING",
                                   "GOAWAY 7 2",
                                   "FRAME 77 255 9 0102",
                                   "WINDOW_UPDATE 0",
                                   NULL };
#define ALL_TEXT                                                                                   \
    "SETTINGS 0/0:0 HEADERS 1/2c:22(0300) CONTINUATION 1/4:5(0062) DATA 1/9:23 DATA 3/0:0 "        \
    "RST_STREAM 5/0:4(0007) PING 0/0:8(0000) GOAWAY 0/0:8(0002) other 9/ff:2 "                     \
    "WINDOW_UPDATE 0/0:4(00e8) "

/* However they are cut, the same frames come; also from memory that ends where they do, and if the
 * reader rests in between. */
START_TEST(test_cuts)
{
    g_autoptr(GByteArray) wire = wire_of(ALL);
    g_autoptr(Guarded) guarded = guarded_new(wire->len);
    for (guint step = 1; step <= wire->len; step++) {
        Feed feed;
        begin(&feed, true, true);
        for (guint at = 0; at < wire->len; at += step) {
            size_t length = MIN(step, wire->len - at);
            give(&feed, guarded_fill(guarded, wire->data + at, length), 0, false);
            g_autoptr(GByteArray) packed = g_byte_array_new();
            h2_frames_pack(&feed.reader, packed);
            h2_frames_clear(&feed.reader);
            Span from = span_make(packed->data, packed->len);
            h2_frames_unpack(&feed.reader, &from);
            ck_assert_uint_le(h2_frames_size(&feed.reader), 64);
        }
        ck_assert_str_eq(feed.text->str, ALL_TEXT);
        ck_assert_ptr_null(h2_frames_under_way(&feed.reader));
        end(&feed);
    }
}
END_TEST

/* Bytes of a server: SETTINGS at 0, HEADERS at 9 (payload of 18), DATA at 36 (payload of 100),
 * RST_STREAM at 145, PING at 158, 175 in all. One unit before the gap, one behind it. */
static const char *const SERVERS[] = { "SETTINGS",       "HEADERS 1 | :status: 200",
                                       "DATA 1 end 100", "RST_STREAM 3 8",
                                       "PING",           NULL };
static const struct {
    const char *name;
    unsigned from, to; /* missing */
    bool unsure;
    const char *text;
} GAPS[] = {
    { "inside DATA", 50, 100, false,
      "SETTINGS 0/0:0 HEADERS 1/4:13(0030) cut? DATA 1/1:100 RST_STREAM 3/0:4(0008) PING "
      "0/0:8(0000) " },
    { "to the end of DATA", 50, 140, false,
      "SETTINGS 0/0:0 HEADERS 1/4:13(0030) DATA 1/1:100 RST_STREAM 3/0:4(0008) PING 0/0:8(0000) " },
    { "inside DATA, of a length that is not known", 50, 140, true,
      "SETTINGS 0/0:0 HEADERS 1/4:13(0030) lost in DATA RST_STREAM 3/0:4(0008) PING 0/0:8(0000) " },
    { "inside HEADERS", 20, 25, false,
      "SETTINGS 0/0:0 cut HEADERS 1/4:13(0030) DATA 1/1:100 RST_STREAM 3/0:4(0008) PING "
      "0/0:8(0000) " },
    { "inside a header", 12, 15, false, "SETTINGS 0/0:0 lost " },
    { "up to a frame", 9, 31, false,
      "SETTINGS 0/0:0 lost DATA 1/1:100 RST_STREAM 3/0:4(0008) PING 0/0:8(0000) " },
    { "up to the last frame", 9, 153, false, "SETTINGS 0/0:0 lost PING 0/0:8(0000) " },
    { "up to the middle of a payload", 9, 60, false, "SETTINGS 0/0:0 lost " },
    { "the first byte", 0, 1, false, "lost " },
};

START_TEST(test_gaps)
{
    g_autoptr(GByteArray) wire = wire_of(SERVERS);
    unsigned from = GAPS[_i].from, to = GAPS[_i].to;
    g_autofree char *expected = g_strdup(GAPS[_i].text);
    char *mark = strstr(expected, "cut? "); /* of DATA nothing is handed out: it is whole */
    if (mark)
        memmove(mark, mark + 5, strlen(mark + 5) + 1);
    Feed feed;
    begin(&feed, false, false);
    if (from)
        give(&feed, span_make(wire->data, from), 0, false);
    give(&feed, (Span){ 0 }, (int64_t)to - from, GAPS[_i].unsure);
    give(&feed, span_make(wire->data + to, wire->len - to), 0, false);
    ck_assert_msg(strcmp(feed.text->str, expected) == 0, "%s: %s", GAPS[_i].name, feed.text->str);
    end(&feed);
}
END_TEST

/* What is no preface, and what may be one. */
START_TEST(test_preface)
{
    Feed feed;
    begin(&feed, true, true);
    give(&feed, span_of_text("PRI * HTTP/2.0\r\n\r\nSN\r\n\r\n"), 0, false);
    ck_assert_str_eq(feed.text->str, "lost ");
    end(&feed);
}
END_TEST

static const struct {
    const char *hex;
    bool by_client, by_server;
} HEADERS_OF_FRAMES[] = {
    { "000000 04 00 00000000", true, true },   { "000006 04 01 00000000", false, false },
    { "000007 04 00 00000000", false, false }, { "000006 04 00 00000001", false, false },
    { "000008 06 01 00000000", true, true },   { "000009 06 01 00000000", false, false },
    { "000001 01 05 00000001", true, true },   { "000001 01 05 00000002", false, true },
    { "000001 01 05 00000000", false, false }, { "000001 01 02 00000001", false, false },
    { "000005 05 04 00000001", false, true },  { "000004 03 00 00000001", true, true },
    { "000004 03 00 00000000", false, false }, { "000008 07 00 00000000", true, true },
    { "000007 07 00 00000000", false, false }, { "000004 08 00 00000000", true, true },
    { "474554 20 2f 20485454", false, false }, { "200000 00 00 00000001", false, false },
    { "000000 0a 00 00000001", false, false },
};

START_TEST(test_plausible)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADERS_OF_FRAMES[_i].hex);
    H2Frame frame;
    ck_assert(h2_frame_read(span_make(bytes->data, bytes->len), &frame));
    ck_assert_int_eq(h2_frame_is_plausible(&frame, true), HEADERS_OF_FRAMES[_i].by_client);
    ck_assert_int_eq(h2_frame_is_plausible(&frame, false), HEADERS_OF_FRAMES[_i].by_server);
    ck_assert(!h2_frame_read(span_make(bytes->data, 8), &frame));
}
END_TEST

START_TEST(test_server)
{
    static const struct {
        const char *hex;
        bool is;
    } rows[] = {
        { "", false },
        { "00", true },
        { "0000", true },
        { "000006 04", true },
        { "000006 05", false },
        { "000006 04 00 00000000", true },
        { "000000 04 01 00000000", false },
        { "48545450", false },
        { "160303", false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) bytes = hex_bytes(rows[i].hex);
        ck_assert_msg(h2_begins_as_server(span_make(bytes->data, bytes->len)) == rows[i].is, "%s",
                      rows[i].hex);
    }
}
END_TEST

/* A payload that nobody reads is not kept, however long it is; a field block up to its bound. */
START_TEST(test_bounds)
{
    static const uint8_t filler[4096] = { 0 };
    static const uint8_t header[2][9] = { { 0xff, 0xff, 0xff, 7, 0, 0, 0, 0, 0 },
                                          { 0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 1 } };
    for (int i = 0; i < 2; i++) {
        Feed feed;
        begin(&feed, true, false);
        give(&feed, span_make(header[i], 9), 0, false);
        for (unsigned n = 0; n < 4096; n++) {
            give(&feed, span_make(filler, n < 4095 ? sizeof filler : sizeof filler - 1), 0, false);
            ck_assert_uint_le(h2_frames_size(&feed.reader), i ? H2_BLOCK_MAX + 300 : 64);
        }
        ck_assert_str_eq(feed.text->str,
                         i ? "cut HEADERS 1/4:16777215(0000) " : "GOAWAY 0/0:16777215(0000) ");
        end(&feed);
    }
}
END_TEST

START_TEST(test_names)
{
    ck_assert_str_eq(h2_frame_name(H2_CONTINUATION), "CONTINUATION");
    ck_assert_ptr_null(h2_frame_name(10));
    ck_assert_str_eq(h2_error_name(0), "NO_ERROR");
    ck_assert_str_eq(h2_error_name(13), "HTTP_1_1_REQUIRED");
    ck_assert_ptr_null(h2_error_name(14));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h2_frame");
    TCase *tests = tcase_create("frames");
    tcase_add_test(tests, test_cuts);
    tcase_add_loop_test(tests, test_gaps, 0, G_N_ELEMENTS(GAPS));
    tcase_add_test(tests, test_preface);
    tcase_add_loop_test(tests, test_plausible, 0, G_N_ELEMENTS(HEADERS_OF_FRAMES));
    tcase_add_test(tests, test_server);
    tcase_add_test(tests, test_bounds);
    tcase_add_test(tests, test_names);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
