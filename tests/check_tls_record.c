/* Records over segments and segments over records, and what holes make of them. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "hex.h"
#include "session/tls_record.h"

/* One step of a direction: bytes, or a gap. */
typedef struct Feed {
    TlsRecordReader reader;
    Connection connection;
    int64_t at;
    uint64_t frame;
    GString *text; /* what came of it */
} Feed;

static void note(Feed *feed, const TlsRecord *record)
{
    static const char *const KINDS[] = { "", "cut", "hole", "junk" };
    const SessionUnit *unit = &record->unit;
    if (record->kind == TLS_RECORD_HOLE || record->kind == TLS_RECORD_JUNK) {
        g_string_append_printf(feed->text, "%s", KINDS[record->kind]);
        if (record->kind == TLS_RECORD_HOLE)
            g_string_append_printf(feed->text, ":%d", (int)record->hole);
    } else {
        g_string_append_printf(feed->text, "%s%s%d:%zu", record->found ? "found" : "",
                               KINDS[record->kind], record->header.bytes[0], record->length);
        ck_assert_uint_le(record->body.length, record->length);
        ck_assert(record->kind == TLS_RECORD_CUT || record->body.length == record->length);
        for (size_t i = 0; i < record->body.length; i++)
            ck_assert_uint_eq(record->body.bytes[i], (i + 1) & 0xff);
        ck_assert_int_eq(unit->last.offset - unit->first.offset, 4 + (int64_t)record->length);
    }
    ck_assert_ptr_eq(unit->connection, &feed->connection);
    g_string_append_printf(feed->text, "@%d-%d ", (int)frame_number(unit->first.frame),
                           (int)frame_number(unit->last.frame));
}

static void give(Feed *feed, bool gap, Span data, int64_t length)
{
    SessionUnit unit = { .kind = gap ? SESSION_GAP : SESSION_DATA,
                         .connection = &feed->connection,
                         .place = feed->at,
                         .length = length,
                         .data = data,
                         .by_byte = true,
                         .reason = gap ? REASON_LOSS : 0,
                         .segment_start = true };
    TlsRecord record;
    unit.first = (Stamp){ .frame = frame_id(1, ++feed->frame), .offset = feed->at };
    unit.last = unit.first;
    unit.last.offset += length - 1;
    feed->at += length;
    tls_records_feed(&feed->reader, &unit);
    while (tls_records_next(&feed->reader, &record)) {
        note(feed, &record);
        if (record.found && record.header.bytes[2] == 4) /* the tests' mark of one that is none */
            tls_records_reject(&feed->reader);
    }
}

/* A record with the body 01 02 03 ...; `version` 3, or 4 for one that does not open. */
static void add_record(GByteArray *to, uint8_t type, uint8_t version, unsigned length)
{
    uint8_t header[] = { type, 3, version, (uint8_t)(length >> 8), (uint8_t)length };
    g_byte_array_append(to, header, sizeof header);
    for (unsigned i = 1; i <= length; i++) {
        uint8_t byte = (uint8_t)i;
        g_byte_array_append(to, &byte, 1);
    }
}

static void feed_clear(Feed *feed)
{
    tls_records_clear(&feed->reader);
    g_string_free(feed->text, TRUE);
}

/* However they are cut, the same records come, at the frames of their first and last byte. */
START_TEST(test_segments)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    add_record(wire, 22, 1, 7);
    add_record(wire, 20, 3, 1);
    add_record(wire, 23, 3, 0);
    add_record(wire, 23, 3, 300);
    static const unsigned LENGTHS[] = { 7, 1, 0, 300 };
    static const int TYPES[] = { 22, 20, 23, 23 };
    for (size_t step = 1; step <= wire->len; step++) {
        Feed feed = { .text = g_string_new(NULL) };
        g_autoptr(GString) expected = g_string_new(NULL);
        size_t at = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(LENGTHS); i++) {
            size_t end = at + 4 + LENGTHS[i];
            g_string_append_printf(expected, "%d:%u@%zu-%zu ", TYPES[i], LENGTHS[i], at / step + 1,
                                   end / step + 1);
            at = end + 1;
        }
        for (size_t from = 0; from < wire->len; from += step) {
            Span part = span_make(wire->data + from, MIN(step, wire->len - from));
            give(&feed, false, part, (int64_t)part.length);
            ck_assert_uint_le(tls_records_size(&feed.reader), 300);
        }
        ck_assert_str_eq(feed.text->str, expected->str);
        feed_clear(&feed);
    }
}
END_TEST

/* Numbers are bytes of a wire of three records of 10, 20 and 30 bytes of body: one frame each. */
static const struct {
    const char *name;
    int from, to; /* missing */
    const char *text;
} HOLES[] = {
    { "inside a body", 8, 10, "cut23:10@1-3 23:20@3-3 23:30@3-3 " },
    { "the end of a body", 8, 15, "cut23:10@1-2 23:20@3-3 23:30@3-3 " },
    { "a body", 5, 15, "cut23:10@1-2 23:20@3-3 23:30@3-3 " },
    { "a header", 15, 20, "23:10@1-1 hole:5@2-2 hole:55@3-3 " },
    { "the end of a header", 18, 20, "23:10@1-1 hole:5@1-2 hole:55@3-3 " },
    { "a record", 15, 40, "23:10@1-1 hole:25@2-2 found23:30@3-3 " },
    { "the end of one, and another", 8, 40, "cut23:10@1-2 hole:25@2-2 found23:30@3-3 " },
    { "the beginning of the last", 15, 44, "23:10@1-1 hole:29@2-2 hole:31@3-3 " },
    { "the first byte", 0, 1, "hole:1@1-1 hole:74@2-2 " },
};

START_TEST(test_holes)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    add_record(wire, 23, 3, 10);
    add_record(wire, 23, 3, 20);
    add_record(wire, 23, 3, 30);
    Feed feed = { .text = g_string_new(NULL) };
    int from = HOLES[_i].from, to = HOLES[_i].to;
    if (from > 0)
        give(&feed, false, span_make(wire->data, (size_t)from), from);
    give(&feed, true, (Span){ 0 }, to - from);
    give(&feed, false, span_make(wire->data + to, wire->len - (guint)to), (int)wire->len - to);
    ck_assert_msg(strcmp(feed.text->str, HOLES[_i].text) == 0, "%s: %s", HOLES[_i].name,
                  feed.text->str);
    feed_clear(&feed);
}
END_TEST

/* What looks like a record behind a hole and is none: the next segment that begins with one is. */
START_TEST(test_rejected)
{
    g_autoptr(GByteArray) none = g_byte_array_new(), next = g_byte_array_new();
    add_record(none, 23, 4, 10);
    add_record(none, 23, 3, 10); /* in the same segment: not looked at */
    add_record(next, 23, 3, 5);
    Feed feed = { .text = g_string_new(NULL) };
    give(&feed, true, (Span){ 0 }, 100);
    give(&feed, false, span_make("no header", 9), 9);
    give(&feed, false, span_make(none->data, none->len), none->len);
    give(&feed, true, (Span){ 0 }, 3);
    give(&feed, false, span_make(next->data, next->len), next->len);
    give(&feed, false, span_make(next->data, next->len), next->len);
    ck_assert_str_eq(feed.text->str, "hole:100@1-1 hole:9@2-2 found23:10@3-3 hole:15@3-3 "
                                     "hole:3@4-4 found23:5@5-5 23:5@6-6 ");
    feed_clear(&feed);
}
END_TEST

START_TEST(test_size_of_a_hole_behind_a_rejection)
{
    g_autoptr(GByteArray) none = g_byte_array_new(), next = g_byte_array_new();
    add_record(none, 23, 4, 10);
    add_record(next, 23, 3, 5);
    Feed feed = { .text = g_string_new(NULL) };
    give(&feed, true, (Span){ 0 }, 100);
    give(&feed, false, span_make(none->data, none->len), none->len);
    SessionUnit unit = { .kind = SESSION_DATA,
                         .connection = &feed.connection,
                         .place = feed.at,
                         .length = next->len,
                         .data = span_make(next->data, next->len),
                         .by_byte = true,
                         .segment_start = true };
    TlsRecord record;
    tls_records_feed(&feed.reader, &unit);
    ck_assert(tls_records_next(&feed.reader, &record));
    ck_assert(record.found);
    ck_assert_int_eq(record.hole, 115);
    feed_clear(&feed);
}
END_TEST

static const struct {
    const char *name, *hex;
    bool plausible;
} HEADERS[] = {
    { "data", "1703030010", true },
    { "a hello of SSL 3.0 to TLS 1.0", "1603010200", true },
    { "one byte of it", "16", true },
    { "nothing", "", true },
    { "another type", "1303030010", false },
    { "a text", "4745542020", false },
    { "another version", "1702030010", false },
    { "a later version", "1703050010", false },
    { "the longest", "1703034800", true },
    { "too long", "1703034801", false },
};

START_TEST(test_headers)
{
    g_autoptr(GByteArray) bytes = hex_bytes(HEADERS[_i].hex);
    ck_assert_msg(tls_record_is_plausible(span_make(bytes->data, bytes->len)) ==
                      HEADERS[_i].plausible,
                  "%s", HEADERS[_i].name);
}
END_TEST

START_TEST(test_junk)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    add_record(wire, 22, 3, 4);
    g_byte_array_append(wire, (const guint8 *)"HTTP/1.1 400 Bad Request\r\n", 26);
    for (size_t step = 1; step <= wire->len; step++) {
        Feed feed = { .text = g_string_new(NULL) };
        for (size_t from = 0; from < wire->len; from += step) {
            Span part = span_make(wire->data + from, MIN(step, wire->len - from));
            give(&feed, false, part, (int64_t)part.length);
        }
        ck_assert_msg(strstr(feed.text->str, "22:4@") && strstr(feed.text->str, "junk"), "%s",
                      feed.text->str);
        ck_assert_ptr_eq(strstr(feed.text->str, "junk"), strrchr(feed.text->str, 'j'));
        feed_clear(&feed);
    }
}
END_TEST

/* Bodies of data are not gathered while nobody looks at them, and from the next record on if
 * anybody does. */
START_TEST(test_skip)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    add_record(wire, 23, 3, 100);
    TlsRecordReader reader = { .skip = true };
    Connection connection = { .end = CONNECTION_OPEN };
    TlsRecord record;
    for (int i = 0; i < 4; i++) { /* two segments of each */
        size_t from = i % 2 ? 50 : 0, to = i % 2 ? wire->len : 50;
        SessionUnit unit = { .kind = SESSION_DATA,
                             .connection = &connection,
                             .place = (int64_t)from,
                             .length = (int64_t)(to - from),
                             .data = span_make(wire->data + from, to - from),
                             .by_byte = true };
        tls_records_feed(&reader, &unit);
        bool came = tls_records_next(&reader, &record);
        ck_assert_int_eq(came, i % 2);
        ck_assert_uint_eq(tls_records_size(&reader), i < 2 ? 0 : 100);
        if (came) {
            ck_assert_uint_eq(record.length, 100);
            ck_assert_uint_eq(record.body.length, i == 1 ? 0 : 100);
            ck_assert(!tls_records_next(&reader, &record));
        }
        if (i == 0)
            reader.skip = false;
        if (i == 3)
            tls_records_clear(&reader);
    }
}
END_TEST

START_TEST(test_pack)
{
    g_autoptr(GByteArray) wire = g_byte_array_new();
    add_record(wire, 22, 3, 40);
    for (size_t cut = 1; cut < wire->len; cut++) {
        Feed feed = { .text = g_string_new(NULL) };
        give(&feed, false, span_make(wire->data, cut), (int64_t)cut);
        g_autoptr(GByteArray) packed = g_byte_array_new();
        tls_records_pack(&feed.reader, packed);
        tls_records_clear(&feed.reader);
        Span rest = span_make(packed->data, packed->len);
        tls_records_unpack(&feed.reader, &rest);
        ck_assert_uint_eq(rest.length, 0);
        give(&feed, false, span_make(wire->data + cut, wire->len - cut),
             (int64_t)(wire->len - cut));
        ck_assert_str_eq(feed.text->str, "22:40@1-2 ");
        feed_clear(&feed);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_record");
    TCase *tcase = tcase_create("tls_record");
    tcase_add_test(tcase, test_segments);
    tcase_add_loop_test(tcase, test_holes, 0, (int)G_N_ELEMENTS(HOLES));
    tcase_add_test(tcase, test_rejected);
    tcase_add_test(tcase, test_size_of_a_hole_behind_a_rejection);
    tcase_add_loop_test(tcase, test_headers, 0, (int)G_N_ELEMENTS(HEADERS));
    tcase_add_test(tcase, test_junk);
    tcase_add_test(tcase, test_skip);
    tcase_add_test(tcase, test_pack);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
