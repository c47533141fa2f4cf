/* A session that is not clear text goes through http1/, judge/ and the page of a connection as one
 * that is: a toy whose bytes are HTTP/1 in rot13, in records of ten bytes.
 *
 * A record is a byte that counts, and nine bytes of which so many count. Nothing of it can be read
 * before its last byte. The same conversation is captured twice, in clear text and as a toy, with
 * the same segments at the same times; each message is cut into two segments inside a record. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/engine.h"
#include "decode/link.h"
#include "packets/connection_trace.h"
#include "report/connection_page.h"

#define CLIENT 0
#define SERVER 1
#define RECORD 10
#define HEADERS 40 /* of IPv4 and TCP, without options */
#define BEGIN (1700000000 * NS_PER_SECOND)
#define STEPS_MAX 8

/* The toy -------------------------------------------------------------------------------------- */

typedef struct ToySide {
    uint8_t record[RECORD];
    uint64_t length;  /* of it, so far */
    SessionUnit unit; /* of its first byte: what a unit is made of */
    int64_t place;
} ToySide;

typedef struct Toy {
    ToySide side[2];
    uint8_t plain[RECORD];
    StreamEvent event;
    uint64_t taken; /* bytes of it */
} Toy;

static void *toy_create(const void *context)
{
    (void)context;
    return g_new0(Toy, 1);
}

static void toy_feed(void *state, const StreamEvent *event)
{
    Toy *toy = state;
    ck_assert_int_eq(event->kind, STREAM_DATA); /* nothing is lost here */
    toy->event = *event;
    toy->taken = 0;
}

static uint8_t rot13(uint8_t c)
{
    if (!g_ascii_isalpha(c))
        return c;
    return (uint8_t)((c & 0x20) | ((((c & 0x1f) - 1 + 13) % 26 + 1) | 0x40));
}

static void begin_record(ToySide *side, const StreamEvent *event, const Stamp *stamp)
{
    side->unit = (SessionUnit){ .kind = SESSION_DATA,
                                .side = event->side,
                                .connection = event->connection,
                                .first = *stamp,
                                .segment_start = true,
                                .resent = event->resent,
                                .quiet_acked = event->quiet_acked,
                                .free_to_send = event->free_to_send };
}

static void end_record(Toy *toy, ToySide *side, const Stamp *stamp)
{
    SessionUnit *unit = &side->unit;
    for (unsigned i = 0; i < RECORD - 1; i++)
        toy->plain[i] = rot13(side->record[1 + i]);
    unit->place = side->place;
    unit->length = side->record[0];
    unit->data = span_make(toy->plain, side->record[0]);
    unit->last = *stamp;
    unit->last.acked = unit->first.acked;
    side->place += unit->length;
    side->length = 0;
}

static bool toy_next(void *state, SessionUnit *ret_unit)
{
    Toy *toy = state;
    ToySide *side = &toy->side[toy->event.side];
    while (toy->taken < toy->event.data.length) {
        Stamp stamp = toy->event.stamp;
        stamp.offset += (int64_t)toy->taken;
        if (side->length == 0)
            begin_record(side, &toy->event, &stamp);
        side->record[side->length++] = toy->event.data.bytes[toy->taken++];
        if (side->length < RECORD)
            continue;
        end_record(toy, side, &stamp);
        *ret_unit = side->unit;
        return true;
    }
    return false;
}

static SessionEnd toy_end(const void *state, int side)
{
    (void)state;
    (void)side;
    return (SessionEnd){ .close = SESSION_CLOSED_BY_CARRIER };
}

static size_t toy_size(const void *state)
{
    (void)state;
    return sizeof(Toy);
}

static const SessionStage TOY = { .name = "toy",
                                  .create = toy_create,
                                  .feed = toy_feed,
                                  .next = toy_next,
                                  .end = toy_end,
                                  .size = toy_size,
                                  .free = g_free };

/* A capture of it -------------------------------------------------------------------------------
 * */

typedef struct Step {
    int side;
    const char *text;
    bool blind; /* sent before the other side's last step had arrived */
    bool fin;   /* in a segment of its own */
} Step;

#define GET(target, fields) "GET " target " HTTP/1.1\r\nHost: example.test\r\n" fields "\r\n"

static const struct {
    const char *name;
    Step steps[STEPS_MAX];
    const char *verdicts;
} SCRIPTS[] = {
    { "closed as declared",
      { { CLIENT, GET("/a", ""), false, false },
        { SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, false },
        { CLIENT, GET("/b", "Connection: close\r\n"), false, false },
        { SERVER, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", false, true },
        { CLIENT, "", false, true } },
      "as_declared reused, as_declared closed" },
    { "cut in the body",
      { { CLIENT, GET("/a", ""), false, false },
        { SERVER, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nnot all of it", false, true },
        { CLIENT, "", false, true } },
      "contradicted aborted" },
    { "a request and the server's close cross",
      { { CLIENT, GET("/a", ""), false, false },
        { SERVER, "HTTP/1.1 204 No Content\r\n\r\n", false, false },
        { SERVER, "", false, true },
        { CLIENT, GET("/b", ""), true, false },
        { CLIENT, "", false, true } },
      "contradicted keepalive_race, contradicted keepalive_race" },
    { "chunks, and the client closes first",
      { { CLIENT, GET("/a", "Connection: close\r\n"), false, false },
        { SERVER, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
          false, false },
        { CLIENT, "", false, true },
        { SERVER, "", false, true } },
      "as_declared closed" },
};

/* Where the bytes of a side were put: by place, the record's first and last. */
typedef struct Carried {
    uint64_t first_frame, last_frame;
    int64_t first, last; /* offsets */
} Carried;

typedef struct Capture {
    bool toy;
    GPtrArray *bytes;           /* of GBytes, by frame */
    int64_t sent[2], before[2]; /* offsets; before the last step */
    bool finished[2];
    GArray *carried[2]; /* Carried */
} Capture;

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* `number` and `acknowledged` are relative, that of the SYN is 0. */
static void add_segment(Capture *capture, int side, uint8_t flags, int64_t number,
                        int64_t acknowledged, Span payload)
{
    g_autofree uint8_t *frame = g_malloc0(HEADERS + payload.length);
    frame[0] = 0x45;
    put16(frame + 2, (unsigned)(HEADERS + payload.length));
    frame[8] = 64;
    frame[9] = 6;
    put32(frame + 12, side == CLIENT ? 0x0a000001 : 0x0a000002);
    put32(frame + 16, side == CLIENT ? 0x0a000002 : 0x0a000001);
    put16(frame + 20, side == CLIENT ? 40000 : 80);
    put16(frame + 22, side == CLIENT ? 80 : 40000);
    put32(frame + 24, 1000 + (uint32_t)number);
    put32(frame + 28, flags & TCP_ACK ? 1000 + (uint32_t)acknowledged : 0);
    frame[32] = 0x50;
    frame[33] = flags;
    put16(frame + 34, 65535);
    if (payload.length)
        memcpy(frame + HEADERS, payload.bytes, payload.length);
    g_ptr_array_add(capture->bytes, g_bytes_new(frame, HEADERS + payload.length));
}

static GByteArray *encipher(Span text)
{
    GByteArray *wire = g_byte_array_new();
    for (; text.length > 0; text = span_after(text, RECORD - 1)) {
        uint8_t record[RECORD] = { (uint8_t)MIN(text.length, RECORD - 1) };
        for (unsigned i = 0; i < record[0]; i++)
            record[1 + i] = rot13(text.bytes[i]);
        g_byte_array_append(wire, record, RECORD);
    }
    return wire;
}

/* Which segment of a step carries this byte of the wire. */
static uint64_t frame_of(const Capture *capture, size_t at, size_t cut)
{
    return capture->bytes->len + 1 + (at >= cut);
}

static void note_carried(Capture *capture, int side, size_t plain, size_t cut)
{
    for (size_t i = 0; i < plain; i++) {
        size_t begin = i / (RECORD - 1) * RECORD, end = begin + RECORD - 1;
        Carried carried = { frame_of(capture, begin, cut), frame_of(capture, end, cut),
                            capture->sent[side] + (int64_t)begin,
                            capture->sent[side] + (int64_t)end };
        g_array_append_val(capture->carried[side], carried);
    }
}

/* Two segments with payload, and one with the FIN. */
static void add_step(Capture *capture, const Step *step)
{
    int side = step->side, peer = 1 - side;
    int64_t acknowledged =
        1 + (step->blind ? capture->before[peer] : capture->sent[peer] + capture->finished[peer]);
    size_t plain = strlen(step->text);
    g_autoptr(GByteArray) wire = capture->toy ? encipher(span_of_text(step->text)) : NULL;
    Span bytes = wire ? span_make(wire->data, wire->len) : span_of_text(step->text);
    size_t cut = wire ? RECORD + 3 : RECORD; /* the second record lies in both segments */
    if (plain) {
        note_carried(capture, side, plain, cut);
        capture->before[side] = capture->sent[side];
        add_segment(capture, side, TCP_ACK, 1 + capture->sent[side], acknowledged,
                    span_first(bytes, cut));
        add_segment(capture, side, TCP_ACK, 1 + capture->sent[side] + (int64_t)cut, acknowledged,
                    span_after(bytes, cut));
        capture->sent[side] += (int64_t)bytes.length;
    }
    if (step->fin) {
        capture->before[side] = capture->sent[side];
        add_segment(capture, side, TCP_ACK | TCP_FIN, 1 + capture->sent[side], acknowledged,
                    (Span){ 0 });
        capture->finished[side] = true;
    }
}

static void capture_open(Capture *capture, bool toy, const Step *steps)
{
    *capture = (Capture){ .toy = toy };
    capture->bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (int side = 0; side < 2; side++)
        capture->carried[side] = g_array_new(FALSE, FALSE, sizeof(Carried));
    add_segment(capture, CLIENT, TCP_SYN, 0, 0, (Span){ 0 });
    add_segment(capture, SERVER, TCP_SYN | TCP_ACK, 0, 1, (Span){ 0 });
    add_segment(capture, CLIENT, TCP_ACK, 1, 1, (Span){ 0 });
    for (unsigned i = 0; i < STEPS_MAX && steps[i].text; i++)
        add_step(capture, &steps[i]);
}

static void capture_close(Capture *capture)
{
    g_ptr_array_unref(capture->bytes);
    g_array_unref(capture->carried[CLIENT]);
    g_array_unref(capture->carried[SERVER]);
}

/* Both, compared ------------------------------------------------------------------------------- */

/* What a trace of the only connection holds. */
static void analyze(const Capture *capture, ConnectionTrace *trace)
{
    EngineOptions options = engine_options_default();
    if (capture->toy)
        options.audit.session = &TOY;
    options.audit.texts.wish = TEXT_WISH_ALL;
    options.audit.finding_texts = true;
    audit_listen(&options.audit, connection_trace_listener(trace));
    g_autoptr(Engine) engine = engine_new(&options);
    FrameBatch batch = { .count = capture->bytes->len };
    for (guint i = 0; i < capture->bytes->len; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(g_ptr_array_index(capture->bytes, i), &size);
        batch.frames[i] = (Frame){ .id = frame_id(1, i + 1),
                                   .time = BEGIN + i * NS_PER_MS,
                                   .wire_length = (uint32_t)size,
                                   .link_type = LINK_RAW,
                                   .bytes = span_make(bytes, size) };
    }
    engine_feed(engine, &batch);
    engine_finish(engine);
    AuditRow row;
    while (engine_next(engine, &row))
        audit_row_clear(&row);
}

static char *verdicts_of(const TracedConnection *traced)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < traced->exchange_count; i++)
        g_string_append_printf(text, "%s%s %s", i ? ", " : "",
                               verdict_name(traced->exchanges[i].judgement.verdict),
                               cause_name(traced->exchanges[i].judgement.cause));
    return g_string_free(text, FALSE);
}

static char *replaced(char *text, const char *pattern, const char *by)
{
    g_autofree char *old = text;
    g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
    return g_regex_replace(regex, old, -1, 0, by, 0, NULL);
}

/* Without what counts bytes on the wire, and the line breaks that such numbers move. */
static char *page_of(const TracedConnection *traced)
{
    static const RowFile file = { .path = "x.pcap", .time_digits = 6 };
    GString *page = g_string_new(NULL);
    connection_page_append(page, traced, &file, false);
    char *text = g_string_free(page, FALSE);
    text = replaced(text, "(-->|<--) +\\d+ +\\d+ +\\d+ ", "\\1 ");
    text = replaced(text, "\\d+ bytes of the client, \\d+ of the server", "bytes");
    text = replaced(text, "\\b[a-z]=\\d+(\\.\\.\\d+)?", "N");
    return replaced(text, "\\s+", " ");
}

static void expect_carried(const MessageFacts *message, const GArray *carried, int64_t begin)
{
    const Carried *first = &g_array_index(carried, Carried, begin);
    const Carried *last = &g_array_index(carried, Carried, message->last_place);
    const Carried *head = &g_array_index(carried, Carried, message->head_place);
    ck_assert_uint_eq(frame_number(message->first.frame), first->first_frame);
    ck_assert_int_eq(message->first.offset, first->first);
    ck_assert_uint_eq(frame_number(message->last.frame), last->last_frame);
    ck_assert_int_eq(message->last.offset, last->last);
    ck_assert_int_eq(message->head_end, head->last);
    ck_assert_int_ne(message->last.offset, message->last_place);
}

/* Every message begins where the one before it ended. */
static void expect_stamps(const TracedConnection *traced, const Capture *capture)
{
    int64_t request = 0, response = 0;
    for (size_t i = 0; i < traced->exchange_count; i++) {
        const Exchange *exchange = &traced->exchanges[i].exchange;
        expect_carried(&exchange->request, capture->carried[CLIENT], request);
        request = exchange->request.last_place + 1;
        if (!exchange->response.begun)
            continue;
        expect_carried(&exchange->response, capture->carried[SERVER], response);
        response = exchange->response.last_place + 1;
    }
    ck_assert_int_eq(request, capture->carried[CLIENT]->len);
    ck_assert_int_eq(response, capture->carried[SERVER]->len);
}

START_TEST(test_toy)
{
    Capture clear, toy;
    capture_open(&clear, false, SCRIPTS[_i].steps);
    capture_open(&toy, true, SCRIPTS[_i].steps);
    ck_assert_uint_eq(clear.bytes->len, toy.bytes->len);
    static const ConnectionName first = { .frame = (FrameId)1 << 48 | 1 };
    g_autoptr(ConnectionTrace) of_clear = connection_trace_new(&first, &TRACE_LIMITS_DEFAULT);
    g_autoptr(ConnectionTrace) of_toy = connection_trace_new(&first, &TRACE_LIMITS_DEFAULT);
    analyze(&clear, of_clear);
    analyze(&toy, of_toy);
    const TracedConnection *plain = connection_trace_result(of_clear, &THRESHOLDS_DEFAULT);
    const TracedConnection *traced = connection_trace_result(of_toy, &THRESHOLDS_DEFAULT);
    ck_assert(plain && traced);
    g_autofree char *verdicts = verdicts_of(plain), *toy_verdicts = verdicts_of(traced);
    ck_assert_str_eq(verdicts, SCRIPTS[_i].verdicts);
    ck_assert_str_eq(toy_verdicts, SCRIPTS[_i].verdicts);
    g_autofree char *page = page_of(plain), *toy_page = page_of(traced);
    ck_assert_msg(g_str_equal(toy_page, page), "%s:\n%.3000s", SCRIPTS[_i].name, toy_page);
    expect_stamps(traced, &toy);
    capture_close(&clear);
    capture_close(&toy);
}
END_TEST

int main(void)
{
    TCase *toy = tcase_create("toy");
    tcase_add_loop_test(toy, test_toy, 0, G_N_ELEMENTS(SCRIPTS));
    Suite *suite = suite_create("toy_session");
    suite_add_tcase(suite, toy);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
