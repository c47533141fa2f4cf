/* Which response answers which request.
 *
 * A script lists what the two sides sent, segment by segment. A sender has received everything
 * above its line, unless the step says otherwise. The result is one line of text: each exchange as
 * target and status ("-": none, "*": begun, its head not read), with other known facts in braces.
 * Every script runs twice, with whole segments and byte by byte. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/conversation.h"
#include "http1/pending.h"
#include "session/clear.h"

#define CLIENT 0
#define SERVER 1
#define STEPS_MAX 10

typedef struct Step {
    int side;
    const char *text; /* NULL: a gap of `gap` bytes */
    /* how many of the other side's bytes it had received; 0: all that were sent before */
    int64_t acked;
    int64_t gap;
    Reason reason;
    bool not_at_start; /* other bytes come before the text in its segment */
    bool quiet;        /* a bare segment before it acknowledged what the other side had sent */
} Step;

typedef enum Form { WITH_SYN, MIDSTREAM, MIDSTREAM_SWAPPED } Form;

typedef struct Row {
    const char *name;
    Form form;
    bool open; /* nobody had closed when it ended */
    Step steps[STEPS_MAX];
    const char *exchanges;
} Row;

#define C(...)                                                                                     \
    {                                                                                              \
        .side = CLIENT, .text = __VA_ARGS__                                                        \
    }
#define S(...)                                                                                     \
    {                                                                                              \
        .side = SERVER, .text = __VA_ARGS__                                                        \
    }
#define GAP(who, bytes)                                                                            \
    {                                                                                              \
        .side = (who), .gap = (bytes), .reason = REASON_LOSS                                       \
    }
#define GET(target) "GET " target " HTTP/1.1\r\n\r\n" /* with a target of two bytes … */
#define GET_LENGTH 19                                 /* … as long as this */
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define NO_CONTENT "HTTP/1.1 204 No Content\r\n\r\n"
#define TIMEOUT "HTTP/1.1 408 Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
#define UPLOAD(target, fields) "POST " target " HTTP/1.1\r\nContent-Length: 5\r\n" fields "\r\n"
#define EXPECT "Expect: 100-continue\r\n"

/* clang-format off */
static const Row ROWS[] = {
    { "nothing", WITH_SYN, false, { { 0 } }, "" },
    { "one", WITH_SYN, false, { C(GET("/a")), S(OK) }, "/a 200" },
    { "two", WITH_SYN, false, { C(GET("/a")), S(OK), C(GET("/b")), S(NO_CONTENT) },
      "/a 200 {later}; /b 204" },
    { "a request alone", WITH_SYN, false, { C(GET("/a")) }, "/a -" },
    { "pipelined in one segment", WITH_SYN, false, { C(GET("/a") GET("/b")), S(OK NO_CONTENT) },
      "/a 200 {later}; /b 204" },
    { "pipelined, answered one by one", WITH_SYN, false,
      { C(GET("/a")), C(GET("/b")), C(GET("/c")), S(OK), S(NO_CONTENT) },
      "/a 200 {later}; /b 204; /c -" },
    { "a head in pieces", WITH_SYN, false,
      { C("GET /a HT"), C("TP/1.1\r\n\r"), C("\n"), S("HTTP/1.1 2"), S("04 No Content\r\n\r\n") },
      "/a 204" },
    { "a head that never ends", WITH_SYN, false, { C("GET /a HTTP/1.1\r\nHost: h") },
      " - {request cut}" },
    { "a response's head that never ends", WITH_SYN, false, { C(GET("/a")), S("HTTP/1.1 20") },
      "/a * {cut}" },
    { "a body that never ends", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") }, "/a 200 {cut}" },
    { "chunks", WITH_SYN, false,
      { C(GET("/a")),
        S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        C(GET("/b")), S(OK) },
      "/a 200 {later}; /b 200" },
    { "chunks without their end", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n") },
      "/a 200 {cut}" },
    { "the zero chunk ends it, trailers or not", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n") },
      "/a 200" },
    { "a body until close", WITH_SYN, false, { C(GET("/a")), S("HTTP/1.1 200 OK\r\n\r\nok") },
      "/a 200" },
    { "a body until close that did not come", WITH_SYN, true,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\n\r\nok") }, "/a 200 {cut}" },
    { "a request within a body is none", WITH_SYN, false,
      { C("POST /a HTTP/1.1\r\nContent-Length: 19\r\n\r\n"), C(GET("/b")), S(OK) }, "/a 200" },
    { "a response within a body is none", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n"), S(NO_CONTENT "1"),
        C(GET("/b")), S(OK) },
      "/a 200 {later}; /b 200" },

    /* framing needs the request */
    { "HEAD", WITH_SYN, false,
      { C("HEAD /a HTTP/1.1\r\n\r\n" GET("/b")),
        S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" OK) },
      "/a 200 {later}; /b 200" },
    { "304", WITH_SYN, false,
      { C(GET("/a") GET("/b")), S("HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n" OK) },
      "/a 304 {later}; /b 200" },

    /* 1xx */
    { "100, then the response", WITH_SYN, false,
      { C(UPLOAD("/a", EXPECT)), S(CONTINUE), C("12345"), S(OK) }, "/a 100 200" },
    { "several, in one segment with the response", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 102 P\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n" OK) },
      "/a 102 103 200" },
    { "only a 1xx", WITH_SYN, false, { C(UPLOAD("/a", EXPECT)), S(CONTINUE) },
      "/a 100 - {answered} {request cut}" },
    { "a 1xx settles what was before it", WITH_SYN, false,
      { C(GET("/a") GET("/b")), S(OK CONTINUE) }, "/a 200 {later}; /b 100 - {answered}" },
    { "a 1xx says close: it decides nothing", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 103 E\r\nConnection: close\r\n\r\n" OK) }, "/a 103 200" },

    /* HTTP/1 ends */
    { "101", WITH_SYN, false,
      { C("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
        S("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), C(GET("/b")),
        S(OK) },
      "/a 101 {switched}" },
    { "CONNECT", WITH_SYN, false,
      { C("CONNECT h:1 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 200 OK\r\n\r\n"), C(GET("/b")), S(OK) },
      "h:1 200 {switched}" },
    { "CONNECT, data behind it, then 200", WITH_SYN, false,
      { C("CONNECT h:1 HTTP/1.1\r\n\r\n"), C(GET("/b")), S("HTTP/1.1 200 OK\r\n\r\n"), S(OK) },
      "h:1 200 {switched}" },
    { "CONNECT refused", WITH_SYN, false,
      { C("CONNECT h:1 HTTP/1.1\r\n\r\n"), S("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
        C(GET("/b")), S(OK) },
      "h:1 403 {later}; /b 200" },
    { "200 to GET ends nothing", WITH_SYN, false, { C(GET("/a")), S(OK), C(GET("/b")), S(OK) },
      "/a 200 {later}; /b 200" },

    /* Expect */
    { "refused, and no more", WITH_SYN, false,
      { C(UPLOAD("/a", EXPECT)), S("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n") },
      "/a 417 {request cut}" },
    { "refused, the body was sent all the same", WITH_SYN, false,
      { C(UPLOAD("/a", EXPECT)), S("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"),
        C("12345" GET("/b")),
        S(OK) },
      "/a 417 {later}; /b 200" },
    { "not announced: what follows is the body", WITH_SYN, false,
      { C(UPLOAD("/a", "")), S("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), C("GET /") },
      "/a 417" },

    /* unsolicited */
    { "a 408 at an idle close", WITH_SYN, false, { C(GET("/a")), S(OK), S(TIMEOUT) },
      "/a 200; - 408 {unsolicited}" },
    { "a 408 before any request", WITH_SYN, false, { S(TIMEOUT) }, "- 408 {unsolicited}" },
    { "before the request in the capture", WITH_SYN, false, { S(TIMEOUT), C(GET("/a")) },
      "- 408 {unsolicited}; /a -" },
    { "acknowledges nothing of the request", WITH_SYN, false,
      { C(GET("/a")), S(OK), C(GET("/b")), S(TIMEOUT, .acked = GET_LENGTH) },
      "/a 200; /b -; - 408 {unsolicited}" },
    { "acknowledges the request's first byte", WITH_SYN, false,
      { C(GET("/a")), S(OK), C(GET("/b")), S(TIMEOUT, .acked = GET_LENGTH + 1) },
      "/a 200 {later}; /b 408" },
    { "an answer behind an unsolicited response", WITH_SYN, false,
      { S(TIMEOUT), C(GET("/a")), S(OK) }, "- 408 {unsolicited} {later}; /a 200" },
    { "extra bytes with no request outstanding", WITH_SYN, false,
      { C(GET("/a")), S(NO_CONTENT "extra"), C(GET("/b")), S(OK) }, "/a 204 {later}; /b 200" },

    /* HTTP/0.9 */
    { "0.9", WITH_SYN, false, { C("GET /a\r\n"), S("hello"), S(" there") }, "/a 0.9" },
    { "0.9 answered with a head", WITH_SYN, false, { C("GET /a\r\n"), S(OK) }, "/a 200" },
    { "0.9 without an answer", WITH_SYN, false, { C("GET /a\r\n") }, "/a -" },

    /* not HTTP */
    { "another protocol", WITH_SYN, false, { C("\x16\x03\x01\x02"), S("\x16\x03\x03") }, "" },
    { "bytes that are none, then a request", WITH_SYN, false,
      { C(GET("/a")), S(OK), C("\x01\x02"), C(GET("/b")), S(OK) }, "/a 200 {later}; /b 200" },
    { "a request behind such bytes in their segment is none", WITH_SYN, false,
      { C(GET("/a")), S(OK), C("\x01\x02"), C(GET("/b"), .not_at_start = true) }, "/a 200" },

    { "the letters of a method, then something else", WITH_SYN, false,
      { C(GET("/a")), S(OK), C("GET"), C("\x01\x02"), C(GET("/b")), S(OK) },
      "/a 200 {later}; /b 200" },
    { "chunks that are none", WITH_SYN, false,
      { C("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), S(OK) },
      "/a 200 {request cut}" },
    { "chunks that are none in the answer", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") },
      "/a 200 {broken}" },

    /* gaps */
    { "inside a counted body", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), GAP(SERVER, 5), S("ok"),
        C(GET("/b")), S(OK) },
      "/a 200 {later}; /b 200" },
    { "the end of a counted body", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), GAP(SERVER, 7),
        C(GET("/b")),
        S(OK) },
      "/a 200 {end missing} {later}; /b 200" },
    { "inside a head", WITH_SYN, false, { C(GET("/a")), S("HTTP/1.1 200 OK\r\n"), GAP(SERVER, 20) },
      "/a 200 {broken}" },
    { "inside a status line", WITH_SYN, false, { C(GET("/a")), S("HTTP/1.1 2"), GAP(SERVER, 20) },
      "/a * {broken}" },
    { "inside chunks", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n"),
        GAP(SERVER, 20) },
      "/a 200 {broken}" },
    { "inside a body until close", WITH_SYN, false,
      { C(GET("/a")), S("HTTP/1.1 200 OK\r\n\r\nok"), GAP(SERVER, 20), S("ok") }, "/a 200" },
    { "a whole response", WITH_SYN, false,
      { C(GET("/a")), GAP(SERVER, 40), C(GET("/b")), S(OK) },
      "/a - {response hidden} {later}; /b 200" },
    { "a whole request", WITH_SYN, false,
      { C(GET("/a")), S(OK), GAP(CLIENT, GET_LENGTH), S(OK) },
      "/a 200 {later}; - 200 {request hidden}" },
    { "a whole exchange", WITH_SYN, false,
      { C(GET("/a")), S(OK), GAP(CLIENT, GET_LENGTH), GAP(SERVER, 40),
        C(GET("/c"), .quiet = true), S(OK) },
      "/a 200 {later}; /c 200" },
    { "a whole exchange, and nothing stands between what is missing and the next request", WITH_SYN,
      false, { C(GET("/a")), S(OK), GAP(CLIENT, GET_LENGTH), GAP(SERVER, 40), C(GET("/c")), S(OK) },
      "/a 200 {later}; /c - {response hidden}; - 200 {request hidden}" },
    { "behind it what looks like a response, within a segment", WITH_SYN, false,
      { C(GET("/a")), GAP(SERVER, 40), S(OK, .not_at_start = true) }, "/a -" },

    { "a server that speaks first", WITH_SYN, false, { S("220 mail\r\n"), C("EHLO x\r\n") }, "" },
    { "behind a gap two were pipelined: the response is neither's, nor a later one's", WITH_SYN,
      false, { C(GET("/a")), C(GET("/b")), GAP(SERVER, 40), S(OK) },
      "/a - {response hidden}; /b - {response hidden}; - 200 {request hidden}" },
    { "behind a gap what looks like a response, but acknowledges only a part of the request",
      WITH_SYN, false, { C(GET("/a")), GAP(SERVER, 40), S(OK, .acked = 4) }, "/a -" },

    /* mid-stream */
    { "requests tell who is the client", MIDSTREAM, false, { C(GET("/a")), S(OK) }, "/a 200" },
    { "the server was seen first", MIDSTREAM_SWAPPED, false,
      { S("rest of a body"), C(GET("/a")), S(OK) },
      "/a 200" },
    { "responses tell it too", MIDSTREAM_SWAPPED, false, { S(OK), C(GET("/b")), S(OK) },
      "- 200 {request hidden} {later}; /b 200" },
    { "a gap first", MIDSTREAM, false, { GAP(CLIENT, 5), C(GET("/a")), S(OK) },
      "/a - {response hidden}; - 200 {request hidden}" }, /* which may have been asked for in it */
    { "a rest of a request, then one", MIDSTREAM, false,
      { C("Cookie: x\r\n\r\n"), S(OK), C(GET("/b")), S(OK) },
      "- 200 {request hidden} {later}; /b 200" },
};
/* clang-format on */

/* Playing a script ---------------------------------------------------------------------------- */

typedef struct Play {
    const Row *row;
    Connection connection;
    void *session;
    Conversation *conversation;
    int64_t sent[2]; /* by CLIENT and SERVER: bytes so far */
    uint64_t frame;
    GString *exchanges;
    bool rests; /* it is packed and unpacked behind each piece */
} Play;

static int side_index(const Play *play, int side)
{
    return play->row->form == MIDSTREAM_SWAPPED ? 1 - side : side;
}

static void note(GString *text, bool holds, const char *what)
{
    if (holds)
        g_string_append_printf(text, " {%s}", what);
}

static void append_exchange(GString *text, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    bool old = response->version == HTTP_0_9;
    g_string_append(text, text->len ? "; " : "");
    g_string_append(text, request->begun ? exchange_text(exchange, TEXT_TARGET) : "-");
    for (unsigned i = 0; i < exchange->interim.count; i++)
        g_string_append_printf(text, " %u", exchange->interim.status[i]);
    if (exchange->status)
        g_string_append_printf(text, " %d", exchange->status);
    else
        g_string_append(text, old ? " 0.9" : response->begun ? " *" : " -");
    ck_assert_msg(exchange->answered || !response->begun, "begun, but not answered");
    note(text, exchange->answered && !response->begun, "answered");
    note(text, exchange->unsolicited, "unsolicited");
    note(text, exchange->request_hidden, "request hidden");
    note(text, exchange->response_hidden, "response hidden");
    note(text, exchange_switched(exchange), "switched");
    note(text, request->begun && !request->complete, "request cut");
    note(text, response->broken, "broken");
    note(text, response->begun && !response->complete && !response->broken, "cut");
    note(text, response->complete && response->end_missing, "end missing");
    note(text, exchange->later_answered, "later");
}

static void collect_settled(Play *play)
{
    Exchange exchange;
    while (conversation_next(play->conversation, &exchange)) {
        append_exchange(play->exchanges, &exchange);
        exchange_clear(&exchange);
    }
}

static void feed_event(Play *play, const StreamEvent *event)
{
    SessionUnit unit;
    SESSION_CLEAR.feed(play->session, event);
    while (SESSION_CLEAR.next(play->session, &unit))
        conversation_feed(play->conversation, &unit);
}

static void feed(Play *play, const Step *step, Span data, bool segment_start)
{
    int64_t peer = play->sent[1 - step->side];
    StreamEvent event = { .kind = step->text ? STREAM_DATA : STREAM_GAP,
                          .side = side_index(play, step->side),
                          .connection = &play->connection,
                          .stamp = { .frame = frame_id(1, play->frame),
                                     .time = (Nanoseconds)play->frame * NS_PER_MS,
                                     .offset = play->sent[step->side],
                                     .acked = step->acked ? step->acked : peer,
                                     .acked_before = NO_OFFSET },
                          .data = data,
                          .gap = step->gap,
                          .reason = step->reason,
                          .segment_start = segment_start,
                          .quiet_acked = step->quiet ? peer : NO_OFFSET,
                          .bare_acked = step->quiet ? peer : 0 };
    feed_event(play, &event);
    collect_settled(play);
    play->sent[step->side] += step->text ? (int64_t)data.length : step->gap;
}

static void rest_now(Play *play)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    conversation_pack(play->conversation, packed);
    conversation_free(play->conversation);
    Span from = span_make(packed->data, packed->len);
    play->conversation = conversation_unpack(&from);
    ck_assert_uint_eq(from.length, 0);
}

static void play_step(Play *play, const Step *step, size_t piece)
{
    play->frame++;
    if (!step->text) {
        feed(play, step, (Span){ 0 }, false);
        return;
    }
    bool start = !step->not_at_start;
    for (Span rest = span_of_text(step->text); rest.length > 0; rest = span_after(rest, piece)) {
        feed(play, step, span_first(rest, piece), start);
        start = false;
        if (play->rests)
            rest_now(play);
    }
}

static void play_open(Play *play, const Row *row)
{
    *play = (Play){ .row = row, .exchanges = g_string_new(NULL) };
    play->connection.opener_known = row->form == WITH_SYN;
    play->connection.half[0].seen = play->connection.half[1].seen = true;
    play->session = SESSION_CLEAR.create(NULL);
    play->conversation = conversation_new(&(TextOptions){ .wish = TEXT_WISH_ALL }, NULL);
}

static void play_end(Play *play)
{
    SessionEnd ends[2] = { SESSION_CLEAR.end(play->session, 0),
                           SESSION_CLEAR.end(play->session, 1) };
    conversation_end(play->conversation, &play->connection, ends, !play->row->open);
    collect_settled(play);
    size_t count;
    const Exchange *pending = conversation_pending(play->conversation, &count);
    for (size_t i = 0; i < count; i++)
        append_exchange(play->exchanges, &pending[i]);
}

static void play_close(Play *play)
{
    SESSION_CLEAR.free(play->session);
    conversation_free(play->conversation);
    g_string_free(play->exchanges, TRUE);
}

static void play_steps(Play *play, size_t piece)
{
    const Step *steps = play->row->steps;
    for (unsigned i = 0; i < STEPS_MAX && (steps[i].text || steps[i].gap); i++)
        play_step(play, &steps[i], piece);
    play_end(play);
}

static void play_script(Play *play, const Row *row, size_t piece)
{
    play_open(play, row);
    play_steps(play, piece);
}

static const size_t PIECES[] = { 65536, 1, 7 };

START_TEST(test_pairing)
{
    const Row *row = &ROWS[_i];
    for (size_t i = 0; i < G_N_ELEMENTS(PIECES); i++) {
        Play play;
        play_script(&play, row, PIECES[i]);
        ck_assert_msg(strcmp(play.exchanges->str, row->exchanges) == 0, "%s, by %u: %s", row->name,
                      (unsigned)PIECES[i], play.exchanges->str);
        const ConversationFacts *facts = conversation_facts(play.conversation);
        if (*row->exchanges)
            ck_assert_msg(facts->client == side_index(&play, CLIENT), "%s: client", row->name);
        play_close(&play);
    }
}
END_TEST

/* The same if it rests behind each piece, and with all that is wanted of heads and bodies. */
START_TEST(test_rests)
{
    const Row *row = &ROWS[_i];
    for (size_t i = 0; i < G_N_ELEMENTS(PIECES); i++) {
        Play play;
        play_open(&play, row);
        play.rests = true;
        conversation_free(play.conversation);
        play.conversation =
            conversation_new(&(TextOptions){ .wish = TEXT_WISH_ALL, .digests = true }, NULL);
        play_steps(&play, PIECES[i]);
        ck_assert_msg(strcmp(play.exchanges->str, row->exchanges) == 0, "%s, by %u: %s", row->name,
                      (unsigned)PIECES[i], play.exchanges->str);
        play_close(&play);
    }
}
END_TEST

/* A segment that could be the beginning of a start line is no reason to miss the next one. */
START_TEST(test_seeking_past_a_word)
{
    static const Row row = { "a body first, then a response",
                             MIDSTREAM,
                             false,
                             { S("body"), S(OK), C(GET("/b")), S(OK) },
                             "- 200 {request hidden} {later}; /b 200" };
    Play play;
    play_script(&play, &row, 65536);
    ck_assert_str_eq(play.exchanges->str, row.exchanges);
    play_close(&play);
}
END_TEST

/* Refused, and the body was not sent: the next request, in a segment of its own, is no body. */
START_TEST(test_refused_body)
{
    static const Row row = { "refused",
                             WITH_SYN,
                             false,
                             { C(UPLOAD("/a", EXPECT)),
                               S("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), C(GET("/b")),
                               S(OK) },
                             "/a 417 {later}; /b 200" };
    Play play;
    play_script(&play, &row, 65536);
    ck_assert_str_eq(play.exchanges->str, row.exchanges);
    play_close(&play);
}
END_TEST

/* Other facts beside the pairs ----------------------------------------------------------------- */

static const Row TWO = { "two",
                         WITH_SYN,
                         false,
                         { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), S("o"),
                           S("k"), C(GET("/b")), S("HTTP/1.0 204 No Content\r\n\r\n") },
                         "/a 200 {later}; /b 204" };

/* The stamps of a message's first and last byte, and what the sender had received by then. */
START_TEST(test_stamps)
{
    Play play;
    play_open(&play, &TWO);
    for (unsigned i = 0; i < 4; i++)
        play_step(&play, &TWO.steps[i], 65536);
    size_t count;
    const Exchange *exchange = conversation_pending(play.conversation, &count);
    ck_assert_uint_eq(count, 1);
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    ck_assert(request->complete && response->complete);
    ck_assert_uint_eq(request->first.frame, frame_id(1, 1));
    ck_assert_int_eq(request->first.offset, 0);
    ck_assert_int_eq(request->first.acked, 0);
    ck_assert_uint_eq(request->last.frame, frame_id(1, 1));
    ck_assert_int_eq(request->last.offset, GET_LENGTH - 1);
    ck_assert_uint_eq(response->first.frame, frame_id(1, 2));
    ck_assert_int_eq(response->first.acked, GET_LENGTH);
    ck_assert_uint_eq(response->last.frame, frame_id(1, 4));
    ck_assert_int_eq(response->last.offset, play.sent[SERVER] - 1);
    ck_assert_int_eq(response->last.time, 4 * NS_PER_MS);
    play_end(&play);
    play_close(&play);
}
END_TEST

/* An exchange leaves when a later one got the first byte of its response, not before. */
START_TEST(test_settled)
{
    Play play;
    play_open(&play, &TWO);
    for (unsigned i = 0; i < 5; i++)
        play_step(&play, &TWO.steps[i], 65536);
    ck_assert_str_eq(play.exchanges->str, "");
    size_t count;
    const Exchange *pending = conversation_pending(play.conversation, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_uint_eq(pending[0].next_request.frame, frame_id(1, 5));
    ck_assert_uint_eq(pending[1].next_request.frame, 0);
    ck_assert_uint_eq(pending[1].number, 2);
    play_step(&play, &TWO.steps[5], 65536);
    ck_assert_str_eq(play.exchanges->str, "/a 200 {later}");
    play_end(&play);
    ck_assert_str_eq(play.exchanges->str, TWO.exchanges);
    play_close(&play);
}
END_TEST

START_TEST(test_facts)
{
    Play play;
    play_script(&play, &TWO, 65536);
    const ConversationFacts *facts = conversation_facts(play.conversation);
    ck_assert_uint_eq(facts->exchanges, 2);
    ck_assert_int_eq(facts->version, HTTP_1_0);
    ck_assert_uint_eq(facts->last_response.frame, frame_id(1, 6));
    ck_assert_int_eq(facts->last_response.offset, play.sent[SERVER] - 1);
    ck_assert(!facts->last_until_close);
    ck_assert(!facts->under_way[0] && !facts->under_way[1]);
    ck_assert_uint_eq(facts->client_hidden | facts->server_hidden | facts->reasons, 0);
    play_close(&play);
}
END_TEST

/* Without any response the version is that of the last request. */
static const struct {
    const char *name;
    Row row;
    HttpVersion version;
    bool under_way[2]; /* of client and server */
    bool until_close;
    ReasonSet client_hidden, server_hidden;
} ENDS[] = {
    { "a request alone",
      { "", WITH_SYN, false, { C(GET("/a")) }, NULL },
      HTTP_1_1,
      { false, false },
      false,
      0,
      0 },
    { "the last of several requests",
      { "", WITH_SYN, false, { C(GET("/a") "GET /b HTTP/1.0\r\n\r\n") }, NULL },
      HTTP_1_0,
      { false, false },
      false,
      0,
      0 },
    { "a head that never ends",
      { "", WITH_SYN, true, { C("GET /a HT") }, NULL },
      HTTP_UNKNOWN,
      { true, false },
      false,
      0,
      0 },
    { "a body that never ends",
      { "",
        WITH_SYN,
        true,
        { C(GET("/a")), S("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok") },
        NULL },
      HTTP_1_1,
      { false, true },
      false,
      0,
      0 },
    { "until close",
      { "", WITH_SYN, false, { C(GET("/a")), S("HTTP/1.0 200 OK\r\n\r\nok") }, NULL },
      HTTP_1_0,
      { false, false },
      true,
      0,
      0 },
    { "a gap behind a request",
      { "", WITH_SYN, false, { C(GET("/a")), S(OK), GAP(CLIENT, 30) }, NULL },
      HTTP_1_1,
      { false, false },
      false,
      REASON_LOSS,
      0 },
    { "a gap where the response must be",
      { "", WITH_SYN, false, { C(GET("/a")), GAP(SERVER, 30) }, NULL },
      HTTP_1_1,
      { false, false },
      false,
      0,
      REASON_LOSS },
    { "bytes that are no request",
      { "", WITH_SYN, false, { C(GET("/a")), S(OK), C("\x01\x02\x03") }, NULL },
      HTTP_1_1,
      { false, false },
      false,
      REASON_MALFORMED,
      0 },
};

START_TEST(test_ends)
{
    Play play;
    play_script(&play, &ENDS[_i].row, 65536);
    const ConversationFacts *facts = conversation_facts(play.conversation);
    const char *name = ENDS[_i].name;
    ck_assert_msg(facts->version == ENDS[_i].version, "%s: version", name);
    for (int side = 0; side < 2; side++)
        ck_assert_msg(facts->under_way[side] == ENDS[_i].under_way[side], "%s: under way", name);
    ck_assert_msg(facts->last_until_close == ENDS[_i].until_close, "%s: until close", name);
    ck_assert_msg(facts->client_hidden == ENDS[_i].client_hidden, "%s: client %x", name,
                  facts->client_hidden);
    ck_assert_msg(facts->server_hidden == ENDS[_i].server_hidden, "%s: server %x", name,
                  facts->server_hidden);
    play_close(&play);
}
END_TEST

/* Only one side's segments: what the other side sent is unknown for that reason. */
START_TEST(test_one_direction)
{
    static const Row rows[] = { { "", WITH_SYN, false, { C(GET("/a")) }, NULL },
                                { "", MIDSTREAM, false, { S(OK), S(OK) }, NULL } };
    Play play;
    play_open(&play, &rows[_i]);
    play.connection.half[1 - _i].seen = false;
    for (unsigned i = 0; rows[_i].steps[i].text; i++)
        play_step(&play, &rows[_i].steps[i], 65536);
    play_end(&play);
    const ConversationFacts *facts = conversation_facts(play.conversation);
    ck_assert_int_eq(facts->client, 0);
    ck_assert(_i != 0 || facts->server_hidden & REASON_ONE_DIRECTION);
    ck_assert(_i != 1 || facts->client_hidden & REASON_ONE_DIRECTION);
    play_close(&play);
}
END_TEST

/* The exchange keeps what the stream knows about a request's first byte. */
START_TEST(test_first_byte_of_a_request)
{
    Play play;
    play_open(&play, &TWO);
    StreamEvent event = { .kind = STREAM_DATA,
                          .connection = &play.connection,
                          .stamp = { .frame = frame_id(1, 1), .acked_before = NO_OFFSET },
                          .data = span_of_text("GET /"),
                          .segment_start = true,
                          .resent = true,
                          .quiet_acked = 77 };
    feed_event(&play, &event);
    event.stamp.offset = 5;
    event.data = span_of_text("a HTTP/1.1\r\n\r\n");
    event.resent = false;
    event.quiet_acked = NO_OFFSET;
    feed_event(&play, &event);
    size_t count;
    const Exchange *exchange = conversation_pending(play.conversation, &count);
    ck_assert_uint_eq(count, 1);
    ck_assert(exchange->sending.resent);
    ck_assert_int_eq(exchange->sending.quiet_acked, 77);
    play_close(&play);
}
END_TEST

/* A new burst begins if the server was free to send for more than a second and was silent. */
static const struct {
    Nanoseconds free_to_send;
    uint64_t burst_frame;
} BURSTS[] = {
    { 0, 2 },
    { NS_PER_SECOND, 2 },
    { NS_PER_SECOND + 1, 3 },
};

START_TEST(test_burst)
{
    Play play;
    play_open(&play, &TWO);
    for (unsigned i = 0; i < 2; i++)
        play_step(&play, &TWO.steps[i], 65536);
    StreamEvent event = { .kind = STREAM_DATA,
                          .side = SERVER,
                          .connection = &play.connection,
                          .stamp = { .frame = frame_id(1, 3),
                                     .time = 3 * NS_PER_MS,
                                     .offset = play.sent[SERVER],
                                     .acked = GET_LENGTH },
                          .data = span_of_text("ok"),
                          .segment_start = true,
                          .quiet_acked = NO_OFFSET,
                          .free_to_send = BURSTS[_i].free_to_send };
    feed_event(&play, &event);
    size_t count;
    const Exchange *exchange = conversation_pending(play.conversation, &count);
    ck_assert_int_eq(exchange->burst_start, (Nanoseconds)BURSTS[_i].burst_frame * NS_PER_MS);
    ck_assert(exchange->response.complete);
    play_close(&play);
}
END_TEST

/* Requests beyond the maximum of waiting ones are not read, and this is reported; the others keep
 * their answers. */
START_TEST(test_bound)
{
    static const Row row = { "bound", WITH_SYN, true, { { 0 } }, "" };
    static const Step request = C(GET("/a")), response = S(NO_CONTENT);
    Play play;
    play_open(&play, &row);
    for (unsigned i = 0; i < PIPELINE_MAX; i++)
        play_step(&play, &request, 65536);
    const ConversationFacts *facts = conversation_facts(play.conversation);
    ck_assert_uint_eq(facts->exchanges, PIPELINE_MAX);
    ck_assert_uint_eq(facts->client_hidden, 0);
    play_step(&play, &request, 65536);
    play_step(&play, &request, 7);
    ck_assert_uint_eq(facts->exchanges, PIPELINE_MAX);
    ck_assert_uint_eq(facts->client_hidden, REASON_LIMIT);
    ck_assert_uint_eq(facts->reasons, REASON_LIMIT);
    size_t count;
    conversation_pending(play.conversation, &count);
    ck_assert_uint_eq(count, PIPELINE_MAX);
    play_end(&play);
    play_close(&play);

    play_open(&play, &row);
    for (unsigned i = 0; i < 3 * PIPELINE_MAX; i++) { /* as many, but never at once */
        play_step(&play, &request, 65536);
        play_step(&play, &response, 65536);
    }
    facts = conversation_facts(play.conversation);
    ck_assert_uint_eq(facts->exchanges, 3 * PIPELINE_MAX);
    ck_assert_uint_eq(facts->reasons, 0);
    play_end(&play);
    play_close(&play);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("conversation");
    TCase *tcase = tcase_create("conversation");
    tcase_add_loop_test(tcase, test_pairing, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(tcase, test_rests, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_seeking_past_a_word);
    tcase_add_test(tcase, test_refused_body);
    tcase_add_test(tcase, test_stamps);
    tcase_add_test(tcase, test_settled);
    tcase_add_test(tcase, test_facts);
    tcase_add_loop_test(tcase, test_ends, 0, G_N_ELEMENTS(ENDS));
    tcase_add_loop_test(tcase, test_one_direction, 0, 2);
    tcase_add_test(tcase, test_first_byte_of_a_request);
    tcase_add_loop_test(tcase, test_burst, 0, G_N_ELEMENTS(BURSTS));
    tcase_add_test(tcase, test_bound);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
