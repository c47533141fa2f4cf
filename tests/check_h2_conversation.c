/* Units to streams: what bounds hold, what gaps leave open, and which connection is HTTP/2. What
 * becomes of ordinary conversations is in tests/conversations/. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/protocol.h"
#include "h2_frames.h"
#include "http2/fields.h"
#include "http2/frame.h"

static const TextOptions TEXTS = { .wish = TEXT_WISH_ALL };

typedef struct Talk {
    Protocol protocol;
    Connection connection;
    int64_t place[2];
    uint64_t frame;
    GString *text; /* of the exchanges that were settled */
} Talk;

static void begin(Talk *talk, bool opener_known)
{
    *talk = (Talk){ .connection.opener_known = opener_known, .text = g_string_new(NULL) };
    talk->connection.half[0].seen = talk->connection.half[1].seen = true;
    protocol_init(&talk->protocol, &TEXTS, NULL);
}

static void note(Talk *talk, const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    g_string_append_printf(talk->text, "%u", stream->id);
    if (exchange->request.begun)
        g_string_append_printf(talk->text, " %s %s", exchange_text(exchange, TEXT_METHOD),
                               exchange_text(exchange, TEXT_TARGET));
    if (exchange->interim.count)
        g_string_append_printf(talk->text, " %u interim", exchange->interim.count);
    if (exchange->response.begun)
        g_string_append_printf(talk->text, " %d", exchange->status);
    if (exchange->response.begun && !exchange->response.complete)
        g_string_append(talk->text, " cut");
    for (int end = 0; end < 2; end++)
        if (stream->reset[end].frame)
            g_string_append_printf(talk->text, " %s%u", end ? "s" : "c", stream->reset[end].code);
    if (stream->request_open || stream->response_open || stream->head_open)
        g_string_append(talk->text, " open");
    g_string_append(talk->text, "; ");
}

static void feed(Talk *talk, SessionUnit *unit)
{
    Exchange exchange;
    unit->connection = &talk->connection;
    unit->place = talk->place[unit->side];
    unit->by_byte = unit->segment_start = true;
    unit->quiet_acked = NO_OFFSET;
    unit->first = (Stamp){ .frame = frame_id(1, ++talk->frame),
                           .offset = unit->place,
                           .acked = talk->place[!unit->side] };
    unit->last = unit->first;
    unit->last.offset += unit->length - 1;
    talk->place[unit->side] += unit->length;
    protocol_feed(&talk->protocol, unit, &TEXTS, NULL);
    while (protocol_next(&talk->protocol, &exchange)) {
        note(talk, &exchange);
        exchange_clear(&exchange);
    }
}

static void say_bytes(Talk *talk, int side, Span bytes)
{
    SessionUnit unit = {
        .kind = SESSION_DATA, .side = side, .length = (int64_t)bytes.length, .data = bytes
    };
    feed(talk, &unit);
}

/* Frames as tests/h2_frames.h has them, or any other text as it is. */
static void say(Talk *talk, int side, const char *text)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    if (!h2_frame_append(bytes, text))
        g_byte_array_append(bytes, (const uint8_t *)text, (guint)strlen(text));
    say_bytes(talk, side, span_make(bytes->data, bytes->len));
}

static void miss(Talk *talk, int side, int64_t length, Reason reason)
{
    SessionUnit unit = {
        .kind = SESSION_GAP, .side = side, .length = length, .reason = reason, .length_unsure = true
    };
    feed(talk, &unit);
}

/* Adds those that are pending, behind a stroke. */
static void end(Talk *talk)
{
    SessionEnd ends[2] = { 0 };
    protocol_end(&talk->protocol, &talk->connection, ends, false);
    g_string_append(talk->text, "| ");
    for (int http2 = 0; http2 < 2; http2++) {
        size_t count;
        const Exchange *exchanges = protocol_pending(&talk->protocol, http2, &count);
        for (size_t i = 0; i < count; i++)
            note(talk, &exchanges[i]);
    }
}

static void finish(Talk *talk, const char *expected)
{
    end(talk);
    ck_assert_str_eq(talk->text->str, expected);
    protocol_clear(&talk->protocol);
    g_string_free(talk->text, TRUE);
}

#define REQUEST(id, path) "HEADERS " #id " end | :method: GET | :path: " path
#define RESPONSE(id) "HEADERS " #id " end | :status: 200"

/* Settled: what no later frame can change. The last one never is. */
START_TEST(test_settled)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    say(&talk, 0, REQUEST(1, "/a"));
    say(&talk, 0, REQUEST(3, "/b"));
    say(&talk, 1, "HEADERS 3 | :status: 103");
    say(&talk, 1, RESPONSE(1));
    ck_assert_str_eq(talk.text->str, "");
    say(&talk, 1, "HEADERS 3 | :status: 200");
    ck_assert_str_eq(talk.text->str, "1 GET /a 200; ");
    say(&talk, 0, REQUEST(5, "/c"));
    say(&talk, 1, "RST_STREAM 5 7");
    say(&talk, 0, REQUEST(7, "/d"));
    say(&talk, 0, "RST_STREAM 3 8");
    say(&talk, 1, "DATA 3 end 5"); /* too late */
    finish(&talk, "1 GET /a 200; 5 GET /c s7; 3 GET /b 1 interim 200 cut c8; | 7 GET /d; ");
}
END_TEST

/* Packs and unpacks it. */
static void rest(Talk *talk)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    protocol_pack(&talk->protocol, packed);
    protocol_clear(&talk->protocol);
    Span from = span_make(packed->data, packed->len);
    protocol_unpack(&talk->protocol, &from);
    ck_assert_uint_eq(from.length, 0);
}

/* A connection that rests between any two units goes on as if it had not. */
START_TEST(test_rests)
{
    static const char *const lines[] = { "0PREFACE",
                                         "0HEADERS 1 more | :method: POST",
                                         "0CONTINUATION 1 | :path: /a | add x: y",
                                         "1SETTINGS",
                                         "0DATA 1 5",
                                         "1HEADERS 1 | :status: 200",
                                         "0" REQUEST(3, "/b") " | @62",
                                         "0DATA 1 end 1",
                                         "1DATA 1 end 3",
                                         "1" RESPONSE(3),
                                         "1GOAWAY 3 0" };
    Talk talk;
    begin(&talk, true);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        say(&talk, lines[i][0] - '0', lines[i] + 1);
        rest(&talk);
    }
    ck_assert_uint_eq(protocol_facts(&talk.protocol)->h2->goaways[1].least, 3);
    ck_assert_uint_lt(protocol_size(&talk.protocol), 40000);
    finish(&talk, "1 POST /a 200; | 3 GET /b 200; ");
}
END_TEST

/* For a page: each frame, with what it says of a stream or the connection. */
START_TEST(test_notes)
{
    static const struct {
        int side;
        uint8_t type;
        uint32_t stream, length, last_id, code;
    } expected[] = { { 1, H2_SETTINGS, 0, 0, 0, 0 },
                     { 0, H2_HEADERS, 1, 23, 0, 0 },
                     { 1, H2_RST_STREAM, 1, 4, 0, 7 },
                     { 1, H2_GOAWAY, 0, 8, 1, 2 } };
    Talk talk;
    H2FrameNote note;
    begin(&talk, true);
    protocol_want_notes(&talk.protocol);
    say(&talk, 1, "SETTINGS");
    ck_assert(!protocol_next_note(&talk.protocol, &note)); /* it may still be HTTP/1.1 */
    say(&talk, 0, "PREFACE");
    say(&talk, 0, REQUEST(1, "/a"));
    say(&talk, 1, "RST_STREAM 1 7");
    say(&talk, 1, "GOAWAY 1 2");
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        ck_assert(protocol_next_note(&talk.protocol, &note));
        ck_assert_int_eq(note.side, expected[i].side);
        ck_assert_uint_eq(note.type, expected[i].type);
        ck_assert_uint_eq(note.stream, expected[i].stream);
        ck_assert_uint_eq(note.length, expected[i].length);
        ck_assert_uint_eq(note.last_id, expected[i].last_id);
        ck_assert_uint_eq(note.code, expected[i].code);
        ck_assert_uint_gt(note.first, 0);
    }
    ck_assert(!protocol_next_note(&talk.protocol, &note));
    rest(&talk); /* and goes on */
    say(&talk, 1, "PING");
    ck_assert(protocol_next_note(&talk.protocol, &note));
    ck_assert_uint_eq(note.type, H2_PING);
    protocol_clear(&talk.protocol);
    g_string_free(talk.text, TRUE);
}
END_TEST

/* The bound of open streams: what comes on top is not read, and that is said. */
START_TEST(test_streams)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    for (unsigned i = 0; i < 5000; i++) {
        g_autofree char *line = g_strdup_printf("HEADERS %u end | :method: GET", 2 * i + 1);
        say(&talk, 0, line);
    }
    const ConversationFacts *facts = protocol_facts(&talk.protocol);
    ck_assert_uint_eq(facts->exchanges, H2_STREAMS_MAX);
    ck_assert_uint_eq(facts->h2->opened, 5000);
    ck_assert_uint_eq(facts->reasons, REASON_LIMIT);
    ck_assert_uint_lt(protocol_size(&talk.protocol), 8 * 1024 * 1024);
    protocol_clear(&talk.protocol);
    g_string_free(talk.text, TRUE);
}
END_TEST

/* CONTINUATIONs without end: with bytes up to the bound of a block, and without any. */
START_TEST(test_continuations)
{
    static const char *const floods[] = { "CONTINUATION 1 more", "FRAME 9 0 1 00016100" };
    for (size_t i = 0; i < G_N_ELEMENTS(floods); i++) {
        Talk talk;
        begin(&talk, true);
        say(&talk, 0, "PREFACE");
        say(&talk, 0, "HEADERS 1 end more | :method: GET");
        for (unsigned n = 0; n < 100000; n++)
            say(&talk, 0, floods[i]);
        ck_assert_uint_lt(protocol_size(&talk.protocol), 300 * 1024);
        say(&talk, 0, "CONTINUATION 1 | :path: /a");
        say(&talk, 0, "HEADERS 3 end | :method: GET | :path: /b");
        ck_assert_uint_eq(protocol_facts(&talk.protocol)->reasons, REASON_LIMIT);
        finish(&talk, "| 1  ; 3 GET /b; ");
    }
}
END_TEST

/* What a gap leaves open, and what bears out that it hid nothing of a stream. */
START_TEST(test_gaps)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    say(&talk, 0, REQUEST(1, "/a"));
    say(&talk, 0, REQUEST(3, "/b"));
    say(&talk, 1, "HEADERS 1 | :status: 200");
    miss(&talk, 1, 100, REASON_LOSS);
    say(&talk, 1, "DATA 1 5");     /* so it had not ended */
    say(&talk, 1, "DATA 1 end 5"); /* and of 3 nothing is known */
    miss(&talk, 0, 100, REASON_LOSS);
    say(&talk, 0, REQUEST(9, "/d"));
    say(&talk, 1, "HEADERS 5 end | @8"); /* its HEADERS were in the gap */
    say(&talk, 1, "HEADERS 5 end | @8"); /* late */
    const ConversationFacts *facts = protocol_facts(&talk.protocol);
    ck_assert_uint_eq(facts->h2->missing, 1);
    ck_assert_uint_eq(facts->h2->lost[0] | facts->h2->lost[1], REASON_LOSS);
    finish(&talk, "1 GET /a 200; | 3 GET /b open; 9 GET /d; 5 200 open; ");
}
END_TEST

/* Streams whose frames are not what they should be, or whose first ones are missing. */
static const struct {
    const char *name;
    const char *lines[9]; /* the side, and what it says; "1!" a gap; behind the preface */
    const char *text;
    ReasonSet reasons; /* of the connection */
} STREAMS[] = {
    { "trailers",
      { "0HEADERS 1 | :method: POST | :path: /a", "0DATA 1 5", "0HEADERS 1 end | x: y",
        "1HEADERS 1 | :status: 200", "1DATA 1 3", "1HEADERS 1 end | grpc-status: 0",
        "0" REQUEST(3, "/b"), "1" RESPONSE(3) },
      "1 POST /a 200; | 3 GET /b 200; ",
      0 },
    { "a response of trailers alone",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 | :status: 200", "1HEADERS 1 | x: y", "1DATA 1 end 0" },
      "| 1 GET /a 200; ",
      0 },
    { "a head without a status that ends the stream",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 end | x: y" },
      "| 1 GET /a 0; ",
      0 },
    { "a head without a status, which may have been interim",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 | x: y" },
      "| 1 GET /a 0 cut open; ",
      0 },
    { "the same, and DATA shows that it was not",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 | x: y", "1DATA 1 2" },
      "| 1 GET /a 0 cut; ",
      0 },
    { "the same, and its status comes",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 | x: y", "1" RESPONSE(1) },
      "| 1 GET /a 0; ",
      0 },
    { "DATA without a head",
      { "0" REQUEST(1, "/a"), "1DATA 1 end 5", "0" REQUEST(3, "/b") },
      "| 1 GET /a 0; 3 GET /b; ",
      0 },
    { "numbers that go back, and those of a server",
      { "0" REQUEST(5, "/a"), "0" REQUEST(3, "/b"), "0" REQUEST(2, "/c") },
      "| 5 GET /a; ",
      0 },
    { "trailers of a request whose head is lost",
      { "0!", "1HEADERS 1 | :status: 200", "0HEADERS 1 end | x: y" },
      "| 1   200 cut; ",
      REASON_LOSS },
    { "a padded frame without a length of the padding",
      { "0FRAME 1 12 1" },
      "| 1  ; ",
      REASON_MALFORMED },
    { "padding longer than the frame", { "0FRAME 1 12 1 0500" }, "| 1  ; ", REASON_MALFORMED },
    { "padding that leaves no fragment", { "0FRAME 1 13 1 0100" }, "| 1  ; ", 0 },
    { "priority cut off", { "0FRAME 1 36 1 00000000" }, "| 1  ; ", REASON_MALFORMED },
    { "a promise cut off",
      { "0" REQUEST(1, "/a"), "1FRAME 5 4 1 0000" },
      "| 1 GET /a; ",
      REASON_MALFORMED },
    { "a response's block that the capture's end cuts off",
      { "0" REQUEST(1, "/a"), "1HEADERS 1 more | :status: 200" },
      "| 1 GET /a 0 cut open; ",
      0 },
    { "the same of a stream that nobody opened",
      { "0" REQUEST(1, "/a"), "1HEADERS 2 more | :status: 200" },
      "| 1 GET /a; ",
      0 },
    { "a GOAWAY may be missing, so nothing is settled",
      { "0" REQUEST(1, "/a"), "1!", "1" RESPONSE(1), "0" REQUEST(3, "/b"), "1" RESPONSE(3) },
      "| 1 GET /a 200; 3 GET /b 200; ",
      REASON_LOSS },
};

START_TEST(test_odd_streams)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    for (size_t i = 0; i < G_N_ELEMENTS(STREAMS[_i].lines) && STREAMS[_i].lines[i]; i++) {
        const char *line = STREAMS[_i].lines[i];
        if (line[1] == '!')
            miss(&talk, line[0] - '0', 100, REASON_LOSS);
        else
            say(&talk, line[0] - '0', line + 1);
    }
    ReasonSet reasons = protocol_facts(&talk.protocol)->reasons;
    end(&talk);
    ck_assert_msg(strcmp(talk.text->str, STREAMS[_i].text) == 0, "%s: %s", STREAMS[_i].name,
                  talk.text->str);
    ck_assert_msg(reasons == STREAMS[_i].reasons, "%s: reasons %x", STREAMS[_i].name,
                  (unsigned)reasons);
    protocol_clear(&talk.protocol);
    g_string_free(talk.text, TRUE);
}
END_TEST

/* A frame of which the last `missing` bytes are not in the capture. */
static void say_cut(Talk *talk, int side, const char *text, guint missing)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    ck_assert(h2_frame_append(bytes, text));
    say_bytes(talk, side, span_make(bytes->data, bytes->len - missing));
    SessionUnit gap = {
        .kind = SESSION_GAP, .side = side, .length = missing, .reason = REASON_SNAPLEN
    };
    feed(talk, &gap);
}

/* What a cut frame may have said of the streams. */
static const struct {
    const char *frame;
    guint missing;
    bool loses; /* something of the server's other streams may be lost as well */
    const char *text;
} CUTS[] = {
    { "RST_STREAM 1 7", 2, true, "| 1 GET /a open; 3 GET /b open; " },
    { "GOAWAY 1 0", 6, true, "| 1 GET /a open; 3 GET /b open; " },
    { "HEADERS 1 more | :status: 200", 3, true, "| 1 GET /a 0 cut open; 3 GET /b; " },
    { "WINDOW_UPDATE 1", 2, false, "| 1 GET /a; 3 GET /b; " },
};

START_TEST(test_cut_frames)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    say(&talk, 0, REQUEST(1, "/a"));
    say(&talk, 0, REQUEST(3, "/b"));
    say_cut(&talk, 1, CUTS[_i].frame, CUTS[_i].missing);
    say(&talk, 1, "CONTINUATION 1");
    ck_assert_msg(protocol_facts(&talk.protocol)->reasons == (CUTS[_i].loses ? REASON_SNAPLEN : 0),
                  "%s: reasons %x", CUTS[_i].frame,
                  (unsigned)protocol_facts(&talk.protocol)->reasons);
    finish(&talk, CUTS[_i].text);
}
END_TEST

/* Behind a gap of unknown length what looks like a frame is one only if what follows it in the same
 * unit looks like the next. */
START_TEST(test_no_frame_behind_a_gap)
{
    for (int real = 0; real < 2; real++) {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        Talk talk;
        begin(&talk, true);
        say(&talk, 0, "PREFACE");
        say(&talk, 0, REQUEST(1, "/a"));
        miss(&talk, 1, 100, REASON_LOSS);
        h2_frame_append(bytes, "RST_STREAM 1 7");
        if (real)
            h2_frame_append(bytes, "PING");
        else
            g_byte_array_append(bytes, (const uint8_t *)"no frame at all", 15);
        say_bytes(&talk, 1, span_make(bytes->data, bytes->len));
        say(&talk, 1, "DATA 1 3");
        finish(&talk, real ? "| 1 GET /a 0 cut s7; " : "| 1 GET /a 0 cut; ");
    }
}
END_TEST

/* Streams that a missing GOAWAY makes unsure wait for it, as many as there is room for. */
START_TEST(test_streams_in_doubt)
{
    Talk talk;
    begin(&talk, true);
    say(&talk, 0, "PREFACE");
    miss(&talk, 1, 100, REASON_LOSS);
    for (unsigned id = 1; id <= 2 * H2_STREAMS_MAX; id += 2) {
        g_autofree char *request = g_strdup_printf("HEADERS %u end | :method: GET", id);
        g_autofree char *response = g_strdup_printf("HEADERS %u end | :status: 200", id);
        say(&talk, 0, request);
        say(&talk, 1, response);
    }
    unsigned settled = 0;
    for (const char *at = talk.text->str; (at = strstr(at, "; ")); at++)
        settled++;
    ck_assert_uint_ge(settled, H2_STREAMS_MAX - 520);
    ck_assert_uint_le(settled, H2_STREAMS_MAX - 500);
    ck_assert_uint_eq(protocol_facts(&talk.protocol)->exchanges, H2_STREAMS_MAX);
    protocol_clear(&talk.protocol);
    g_string_free(talk.text, TRUE);
}
END_TEST

/* A gap of one offset at the end may be the FIN; if more follows, it was not. */
START_TEST(test_one_offset)
{
    for (int more = 0; more < 2; more++) {
        Talk talk;
        begin(&talk, true);
        say(&talk, 0, "PREFACE");
        say(&talk, 0, REQUEST(1, "/a"));
        SessionUnit gap = { .kind = SESSION_GAP, .side = 1, .length = 1, .reason = REASON_LOSS };
        feed(&talk, &gap);
        ck_assert_uint_eq(protocol_facts(&talk.protocol)->reasons, 0);
        if (more)
            say(&talk, 1, "PING");
        ck_assert_uint_eq(protocol_facts(&talk.protocol)->reasons, more ? REASON_LOSS : 0);
        protocol_clear(&talk.protocol);
        g_string_free(talk.text, TRUE);
    }
}
END_TEST

/* Which version a connection speaks, by what it begins with. */
static const struct {
    const char *name;
    bool midstream;
    const char *lines[6]; /* the side, and what it says; "0!" a gap */
    const char *text;
} BEGINS[] = {
    { "the preface", false, { "0PREFACE", "0" REQUEST(1, "/a") }, "| 1 GET /a; " },
    { "the preface in pieces",
      false,
      { "0PRI", "0 * HTTP/2.0\r\n\r", "0\nSM\r\n\r\n", "0" REQUEST(1, "/a") },
      "| 1 GET /a; " },
    { "the server first",
      false,
      { "1SETTINGS", "0PREFACE", "0" REQUEST(1, "/a") },
      "| 1 GET /a; " },
    { "the server first, and the client's preface lost",
      false,
      { "0!", "1SETTINGS", "1" RESPONSE(1) },
      "| 1 200 open; " },
    { "the same, the server first of all",
      false,
      { "1SETTINGS", "0!", "0" REQUEST(1, "/a"), "1" RESPONSE(1) },
      "| 1 GET /a 200; " },
    { "HTTP/1.1", false, { "0GET /x HTTP/1.1\r\n\r\n" }, "| 0 GET /x; " },
    { "a method that begins as the preface does",
      false,
      { "0PR", "0OPFIND /x HTTP/1.1\r\n\r\n" },
      "| 0 PROPFIND /x; " },
    { "HTTP/1.1 though the server began as one of HTTP/2",
      false,
      { "1SETTINGS", "0GET /x HTTP/1.1\r\n\r\n" },
      "| 0 GET /x; " },
    { "in mid-stream, by a request", true, { "0" REQUEST(3, "/a") " | @2" }, "| " },
    { "in mid-stream, by its first field",
      true,
      { "1PING", "0HEADERS 3 end | @2 | @4", "1HEADERS 3 end | @8" },
      "| 3 GET / 200; " },
    { "in mid-stream, by a response", true, { "1HEADERS 3 end | @8" }, "| 3 200 open; " },
    { "in mid-stream, HTTP/1.1", true, { "0GET /x HTTP/1.1\r\n\r\n" }, "| 0 GET /x; " },
    { "an upgrade",
      false,
      { "0GET /x HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABk\r\n\r\n",
        "1HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "1" RESPONSE(1), "0PREFACE", "0" REQUEST(3, "/b"), "1" RESPONSE(3) },
      "1 GET /x 200; | 0 GET /x 101; 3 GET /b 200; " },
};

START_TEST(test_begins)
{
    Talk talk;
    begin(&talk, !BEGINS[_i].midstream);
    for (size_t i = 0; i < G_N_ELEMENTS(BEGINS[_i].lines) && BEGINS[_i].lines[i]; i++) {
        const char *line = BEGINS[_i].lines[i];
        if (line[1] == '!')
            miss(&talk, line[0] - '0', 100, REASON_LOSS);
        else
            say(&talk, line[0] - '0', line + 1);
    }
    end(&talk);
    ck_assert_msg(strcmp(talk.text->str, BEGINS[_i].text) == 0, "%s: %s", BEGINS[_i].name,
                  talk.text->str);
    protocol_clear(&talk.protocol);
    g_string_free(talk.text, TRUE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h2_conversation");
    TCase *tests = tcase_create("conversations");
    if (!h2_fields_supported())
        return 77; /* skipped */
    tcase_add_test(tests, test_settled);
    tcase_add_test(tests, test_rests);
    tcase_add_test(tests, test_notes);
    tcase_add_test(tests, test_streams);
    tcase_add_test(tests, test_continuations);
    tcase_add_test(tests, test_gaps);
    tcase_add_test(tests, test_one_offset);
    tcase_add_loop_test(tests, test_odd_streams, 0, G_N_ELEMENTS(STREAMS));
    tcase_add_loop_test(tests, test_cut_frames, 0, G_N_ELEMENTS(CUTS));
    tcase_add_test(tests, test_no_frame_behind_a_gap);
    tcase_add_test(tests, test_streams_in_doubt);
    tcase_add_loop_test(tests, test_begins, 0, G_N_ELEMENTS(BEGINS));
    tcase_set_timeout(tests, 60);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
