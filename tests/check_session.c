/* Clear text and what may stand before it: the bytes that a session hands on, with their places and
 * stamps. Every row is fed as it stands and cut in two at every place. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/clear.h"

#define PIECES_MAX 4
#define V2 "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"
#define ADDRESSES "aaaabbbbccdd"

typedef struct Piece {
    const char *bytes; /* NULL: a gap */
    size_t length;
} Piece;

#define DATA(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
#define GAP(bytes)                                                                                 \
    {                                                                                              \
        NULL, bytes                                                                                \
    }

typedef struct Row {
    const char *name;
    bool midstream;
    int64_t begin; /* the first offset */
    Piece pieces[PIECES_MAX];
    const char *bytes; /* of the session; a gap as its length in brackets */
    int64_t place;     /* of the first of them */
} Row;

static const Row ROWS[] = {
    { "no header", false, 0, { DATA("GET /"), DATA(" HTTP") }, "GET / HTTP", 0 },
    { "version 1", false, 0, { DATA("PROXY TCP4 1.2.3.4 5.6.7.8 11 80\r\nGET") }, "GET", 34 },
    { "version 1 alone, then the rest",
      false,
      0,
      { DATA("PROXY TCP4 1.2.3.4 5.6.7.8 11 80\r\n"), DATA("GET") },
      "GET",
      34 },
    { "version 2", false, 0, { DATA(V2 ADDRESSES "GET") }, "GET", 28 },
    { "version 2, its addresses lost",
      false,
      0,
      { DATA(V2 "aa"), GAP(10), DATA("GET") },
      "[0]GET",
      28 },
    { "and more than they", false, 0, { DATA(V2 "aa"), GAP(13), DATA("/") }, "[3]/", 28 },
    { "a gap in the first line", false, 0, { DATA("PROXY TC"), GAP(9), DATA("GET") }, "[9]GET", 8 },
    { "a method named PROXY",
      false,
      0,
      { DATA("PROXY TC HTTP/1.1\r\n") },
      "PROXY TC HTTP/1.1\r\n",
      0 },
    { "empty lines before a request", false, 0, { DATA("\r\n\r\nGET") }, "\r\n\r\nGET", 0 },
    { "what begins behind a gap",
      false,
      5,
      { DATA("PROXY UNKNOWN\r\nGET") },
      "PROXY UNKNOWN\r\nGET",
      5 },
    { "what begins in mid-stream",
      true,
      0,
      { DATA("PROXY UNKNOWN\r\nGET") },
      "PROXY UNKNOWN\r\nGET",
      0 },
    { "a header and no more", false, 0, { DATA("PROXY UNKNOWN\r\n") }, "", -1 },
    { "the beginning of one", false, 0, { DATA("PROXY UNKN") }, "", -1 },
};

typedef struct Play {
    Connection connection;
    void *session;
    GString *bytes;
    int64_t first, next; /* places; -1: none */
} Play;

static void take_unit(Play *play, const SessionUnit *unit)
{
    if (play->first < 0)
        play->first = unit->place;
    else
        ck_assert_int_eq(unit->place, play->next);
    play->next = unit->place + unit->length;
    ck_assert(unit->by_byte);
    ck_assert_int_eq(unit->first.offset, unit->place);
    ck_assert_int_eq(unit->last.offset, unit->place + unit->length - 1);
    ck_assert_int_eq(unit->first.time, (Nanoseconds)unit->first.frame * NS_PER_MS);
    if (unit->kind == SESSION_GAP) {
        g_string_append_printf(play->bytes, "[%d]", (int)unit->length);
        return;
    }
    ck_assert_uint_eq(unit->data.length, (size_t)unit->length);
    g_string_append_len(play->bytes, (const char *)unit->data.bytes, (gssize)unit->length);
    for (int64_t place = unit->place; place < play->next; place++) {
        ck_assert_int_eq(session_sent(unit, place).offset, place);
        ck_assert_int_eq(session_known(unit, place).offset, place);
    }
}

/* From memory that ends with the bytes, and with the state packed between any two feeds. */
static void feed(Play *play, const Piece *piece, size_t from, size_t length, Stamp stamp)
{
    if (length == 0)
        return;
    g_autofree uint8_t *copy = piece->bytes ? g_memdup2(piece->bytes + from, length) : NULL;
    StreamEvent event = { .kind = piece->bytes ? STREAM_DATA : STREAM_GAP,
                          .connection = &play->connection,
                          .stamp = stamp,
                          .data = span_make(copy, copy ? length : 0),
                          .gap = piece->bytes ? 0 : (int64_t)length,
                          .reason = piece->bytes ? 0 : REASON_LOSS,
                          .segment_start = from == 0 };
    event.stamp.offset += (int64_t)from;
    SessionUnit unit;
    SESSION_CLEAR.feed(play->session, &event);
    while (SESSION_CLEAR.next(play->session, &unit))
        take_unit(play, &unit);
    TailGap tail = SESSION_CLEAR.end(play->session, 0).gap;
    ck_assert_int_eq(stamp_is_set(&tail.last), !piece->bytes);
    ck_assert(piece->bytes || stamp_past(&tail.last) == event.stamp.offset + event.gap);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    SESSION_CLEAR.pack(play->session, packed);
    SESSION_CLEAR.free(play->session);
    Span rest = span_make(packed->data, packed->len);
    play->session = SESSION_CLEAR.unpack(&rest);
    ck_assert_uint_eq(rest.length, 0);
}

static void play_row(const Row *row, size_t cut)
{
    Play play = { .connection = { .opener_known = !row->midstream },
                  .session = SESSION_CLEAR.create(NULL),
                  .bytes = g_string_new(NULL),
                  .first = -1 };
    size_t passed = 0;
    for (unsigned i = 0; i < PIECES_MAX && row->pieces[i].length; i++) {
        const Piece *piece = &row->pieces[i];
        Stamp stamp = { .frame = i + 1,
                        .time = (i + 1) * NS_PER_MS,
                        .offset = row->begin + (int64_t)passed };
        size_t at = piece->bytes && cut > passed ? MIN(cut - passed, piece->length) : 0;
        feed(&play, piece, 0, at, stamp);
        feed(&play, piece, at, piece->length - at, stamp);
        passed += piece->length;
    }
    ck_assert_msg(g_str_equal(play.bytes->str, row->bytes), "%s, cut %zu: %s", row->name, cut,
                  play.bytes->str);
    ck_assert_msg(play.first == row->place, "%s, cut %zu: %d", row->name, cut, (int)play.first);
    SESSION_CLEAR.free(play.session);
    g_string_free(play.bytes, TRUE);
}

START_TEST(test_clear)
{
    for (size_t cut = 0; cut <= 40; cut++)
        play_row(&ROWS[_i], cut);
}
END_TEST

/* What the stream knows of a first byte goes with it, also with bytes that were held. */
START_TEST(test_first_byte)
{
    Connection connection = { .opener_known = true };
    void *session = SESSION_CLEAR.create(NULL);
    SessionUnit unit;
    StreamEvent event = { .kind = STREAM_DATA,
                          .connection = &connection,
                          .stamp = { .frame = 1 },
                          .data = span_of_text("PROXY "),
                          .segment_start = true,
                          .quiet_acked = NO_OFFSET };
    SESSION_CLEAR.feed(session, &event);
    ck_assert(!SESSION_CLEAR.next(session, &unit));
    event.stamp = (Stamp){ .frame = 2, .offset = 6, .acked = 7 };
    event.data = span_of_text("/");
    event.resent = true;
    event.quiet_acked = 3;
    event.free_to_send = 4;
    SESSION_CLEAR.feed(session, &event);
    for (int i = 0; i < 2; i++) {
        ck_assert(SESSION_CLEAR.next(session, &unit));
        ck_assert_uint_eq(unit.first.frame, (FrameId)i + 1);
        ck_assert_int_eq(unit.length, i ? 1 : 6);
        ck_assert(unit.resent && unit.quiet_acked == 3 && unit.free_to_send == 4);
        ck_assert(unit.segment_start);
    }
    ck_assert(!SESSION_CLEAR.next(session, &unit));
    SESSION_CLEAR.free(session);
}
END_TEST

int main(void)
{
    TCase *clear = tcase_create("clear");
    tcase_add_loop_test(clear, test_clear, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(clear, test_first_byte);
    Suite *suite = suite_create("session");
    suite_add_tcase(suite, clear);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
