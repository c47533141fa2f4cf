/* The whole path over generated frames: the order of rows, and what is counted. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/engine.h"
#include "decode/link.h"

#define HEADERS 40 /* of IPv4 and TCP, without options */
#define BEGIN (1700000000 * NS_PER_SECOND)
#define CLIENT 0
#define SERVER 1

/* A capture under construction, with a frame each millisecond. */
typedef struct Capture {
    GPtrArray *bytes;    /* of GBytes, by frame */
    uint32_t next[4][2]; /* by connection and side: raw sequence numbers */
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

static void capture_open(Capture *capture)
{
    *capture = (Capture){ 0 };
    capture->bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (uint32_t i = 0; i < G_N_ELEMENTS(capture->next); i++) {
        capture->next[i][CLIENT] = 1000 * i;
        capture->next[i][SERVER] = 0xfffffff0u + i;
    }
}

static void capture_close(Capture *capture)
{
    g_ptr_array_unref(capture->bytes);
}

/* A segment of one of the connections. They differ in the client's port. */
static void segment(Capture *capture, unsigned connection, int side, uint8_t flags,
                    const char *text)
{
    size_t length = strlen(text);
    g_autofree uint8_t *frame = g_malloc0(HEADERS + length);
    frame[0] = 0x45;
    put16(frame + 2, (unsigned)(HEADERS + length));
    frame[8] = 64;
    frame[9] = 6;
    put32(frame + 12, side == CLIENT ? 0x0a000001 : 0x0a000002);
    put32(frame + 16, side == CLIENT ? 0x0a000002 : 0x0a000001);
    put16(frame + 20, side == CLIENT ? 40000 + connection : 80);
    put16(frame + 22, side == CLIENT ? 80 : 40000 + connection);
    put32(frame + 24, capture->next[connection][side]);
    put32(frame + 28, flags & TCP_ACK ? capture->next[connection][1 - side] : 0);
    frame[32] = 0x50;
    frame[33] = flags;
    put16(frame + 34, 65535);
    memcpy(frame + HEADERS, text, length);
    capture->next[connection][side] += (uint32_t)length;
    if (flags & (TCP_SYN | TCP_FIN))
        capture->next[connection][side]++;
    g_ptr_array_add(capture->bytes, g_bytes_new(frame, HEADERS + length));
}

/* The SYN of a connection. `kept` bytes of its TCP header are captured; the data offset can be
 * chosen. */
static void stub(Capture *capture, unsigned connection, unsigned kept, uint8_t offset)
{
    segment(capture, connection, CLIENT, TCP_SYN, "");
    guint at = capture->bytes->len - 1;
    gsize size;
    uint8_t *frame = g_bytes_unref_to_data(g_ptr_array_index(capture->bytes, at), &size);
    capture->bytes->pdata[at] = NULL;
    put16(frame + 2, 20 + kept);
    frame[32] = (uint8_t)(offset << 4);
    capture->bytes->pdata[at] = g_bytes_new_take(frame, 20 + kept);
}

/* A frame that is no IP packet. */
static void noise(Capture *capture)
{
    static const uint8_t bytes[] = { 0x10, 0x20, 0x30 };
    g_ptr_array_add(capture->bytes, g_bytes_new_static(bytes, sizeof bytes));
}

/* Until `frame` is the next one. */
static void noise_before(Capture *capture, unsigned frame)
{
    while (capture->bytes->len + 1 < frame)
        noise(capture);
}

static void connect_to(Capture *capture, unsigned connection) /* 3 frames */
{
    segment(capture, connection, CLIENT, TCP_SYN, "");
    segment(capture, connection, SERVER, TCP_SYN | TCP_ACK, "");
    segment(capture, connection, CLIENT, TCP_ACK, "");
}

static void ask(Capture *capture, unsigned connection) /* 3 frames */
{
    segment(capture, connection, CLIENT, TCP_ACK, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    segment(capture, connection, SERVER, TCP_ACK, "HTTP/1.1 204 No Content\r\n\r\n");
    segment(capture, connection, CLIENT, TCP_ACK, "");
}

static void finish(Capture *capture, unsigned connection) /* 3 frames */
{
    segment(capture, connection, CLIENT, TCP_ACK | TCP_FIN, "");
    segment(capture, connection, SERVER, TCP_ACK | TCP_FIN, "");
    segment(capture, connection, CLIENT, TCP_ACK, "");
}

/* Running ------------------------------------------------------------------------------------- */

static void append_row(GString *text, AuditRow *row)
{
    g_string_append(text, text->len ? " " : "");
    g_string_append_printf(text, "%u", (unsigned)frame_number(audit_row_connection(row)));
    if (row->kind == ROW_EXCHANGE)
        g_string_append_printf(text, ".%u", audit_row_exchange(row));
    audit_row_clear(row);
}

static void append_rows(GString *text, Engine *engine)
{
    AuditRow row;
    while (engine_next(engine, &row))
        append_row(text, &row);
}

static void feed(Engine *engine, const Capture *capture, unsigned from, unsigned count)
{
    FrameBatch batch = { .count = count };
    for (unsigned i = 0; i < count; i++) {
        gsize size;
        const void *bytes = g_bytes_get_data(g_ptr_array_index(capture->bytes, from + i), &size);
        batch.frames[i] = (Frame){ .id = frame_id(1, from + i + 1),
                                   .time = BEGIN + (from + i) * NS_PER_MS,
                                   .wire_length = (uint32_t)size,
                                   .link_type = LINK_RAW,
                                   .bytes = span_make(bytes, size) };
    }
    engine_feed(engine, &batch);
}

/* The first frames of the connections (and ".exchange") in the order of their rows, which are taken
 * after each `batch` frames. */
static char *rows_of(const Capture *capture, const EngineOptions *options, unsigned batch)
{
    g_autoptr(Engine) engine = engine_new(options);
    GString *text = g_string_new(NULL);
    unsigned count = 0;
    for (unsigned from = 0; from < capture->bytes->len; from += count) {
        count = MIN(MIN(batch, FRAME_BATCH_MAX), capture->bytes->len - from);
        feed(engine, capture, from, count);
        if ((from + count) % batch == 0)
            append_rows(text, engine);
    }
    engine_finish(engine);
    append_rows(text, engine);
    return g_string_free(text, FALSE);
}

static const unsigned BATCHES[] = { 1, 7, 64, 4096 };

static void expect_rows(const Capture *capture, const EngineOptions *options, const char *expected)
{
    for (size_t i = 0; i < G_N_ELEMENTS(BATCHES); i++) {
        g_autofree char *rows = rows_of(capture, options, BATCHES[i]);
        ck_assert_msg(strcmp(rows, expected) == 0, "by %u: %s", BATCHES[i], rows);
    }
}

static EngineOptions exchanges_alone(void)
{
    EngineOptions options = engine_options_default();
    options.audit.exchange_rows = true;
    options.audit.connection_rows = false;
    return options;
}

/* Order --------------------------------------------------------------------------------------- */

START_TEST(test_nothing)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    expect_rows(&capture, &options, "");
    capture_close(&capture);
}
END_TEST

/* Connections leave in the order in which they end, then those still open by first frame. */
START_TEST(test_end)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    for (unsigned i = 0; i < 4; i++) { /* first frames 1, 7, 13, 19 */
        connect_to(&capture, i);
        ask(&capture, i);
    }
    finish(&capture, 3);
    finish(&capture, 1);
    expect_rows(&capture, &options, "19 7 1 13");
    options = exchanges_alone();
    expect_rows(&capture, &options, "19.1 7.1 1.1 13.1");
    capture_close(&capture);
}
END_TEST

/* Far from each other, and close together. */
static const struct {
    unsigned last_of_first, last_of_second; /* frames */
    const char *rows;
} ENDS[] = {
    { 4095, 4098, "1 7" }, { 4096, 4099, "1 7" }, { 4099, 4096, "7 1" },
    { 18, 15, "7 1" },     { 100, 9000, "1 7" },
};

START_TEST(test_order_of_ends)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    connect_to(&capture, 0);
    ask(&capture, 0);
    connect_to(&capture, 1);
    ask(&capture, 1);
    bool second_first = ENDS[_i].last_of_second < ENDS[_i].last_of_first;
    noise_before(&capture, MIN(ENDS[_i].last_of_first, ENDS[_i].last_of_second) - 2);
    finish(&capture, second_first ? 1 : 0);
    noise_before(&capture, MAX(ENDS[_i].last_of_first, ENDS[_i].last_of_second) - 2);
    finish(&capture, second_first ? 0 : 1);
    expect_rows(&capture, &options, ENDS[_i].rows);
    capture_close(&capture);
}
END_TEST

/* A row comes with the batch of the frame that made it final. */
START_TEST(test_rows_come_at_once)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    g_autoptr(Engine) engine = engine_new(&options);
    AuditRow row;
    capture_open(&capture);
    connect_to(&capture, 0);
    ask(&capture, 0);
    finish(&capture, 0);
    feed(engine, &capture, 0, 8);
    ck_assert(!engine_next(engine, &row));
    feed(engine, &capture, 8, 1);
    ck_assert(engine_next(engine, &row));
    audit_row_clear(&row);
    ck_assert(!engine_next(engine, &row));
    engine_finish(engine);
    ck_assert(!engine_next(engine, &row));
    capture_close(&capture);
}
END_TEST

/* A reset can still prove to be none for 120 s. A frame a millisecond: the first one that is later
 * than that lets the connection go, before what that frame itself ends. */
START_TEST(test_timer)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    connect_to(&capture, 0); /* 1 */
    ask(&capture, 0);
    connect_to(&capture, 1); /* 7 */
    ask(&capture, 1);
    connect_to(&capture, 2); /* 13 */
    ask(&capture, 2);
    segment(&capture, 2, SERVER, TCP_RST, ""); /* 19 */
    segment(&capture, 0, CLIENT, TCP_ACK | TCP_FIN, "");
    segment(&capture, 0, SERVER, TCP_ACK | TCP_FIN, "");
    finish(&capture, 1);
    noise_before(&capture, 19 + 120 * 1000 + _i);
    segment(&capture, 0, CLIENT, TCP_ACK, "");
    expect_rows(&capture, &options, _i > 0 ? "7 13 1" : "7 1 13");
    capture_close(&capture);
}
END_TEST

/* A SYN that comes again from a second sensor opens no connection, whatever lies between. */
START_TEST(test_syn_comes_again)
{
    static const unsigned between[] = { 0, 40, 4096 };
    Capture capture;
    EngineOptions options = engine_options_default();
    options.audit.all_connections = true;
    capture_open(&capture);
    connect_to(&capture, 0);
    ask(&capture, 0);
    finish(&capture, 0);
    noise_before(&capture, 10 + between[_i]);
    g_ptr_array_add(capture.bytes, g_bytes_ref(g_ptr_array_index(capture.bytes, 0)));
    expect_rows(&capture, &options, "1");
    capture_close(&capture);
}
END_TEST

/* An exchange leaves when a later one gets its answer; the last one leaves with its connection. */
START_TEST(test_exchanges)
{
    Capture capture;
    EngineOptions options = exchanges_alone();
    capture_open(&capture);
    connect_to(&capture, 0); /* 1 */
    connect_to(&capture, 1); /* 4 */
    for (unsigned i = 0; i < 3; i++) {
        ask(&capture, 1);
        ask(&capture, 0);
    }
    ask(&capture, 0);
    finish(&capture, 1);
    expect_rows(&capture, &options, "4.1 1.1 4.2 1.2 1.3 4.3 1.4");
    capture_close(&capture);
}
END_TEST

/* Both kinds of rows at once: none is lost or doubled. */
START_TEST(test_both_kinds)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    options.audit.exchange_rows = true;
    capture_open(&capture);
    connect_to(&capture, 0);
    ask(&capture, 0);
    ask(&capture, 0);
    finish(&capture, 0);
    g_autofree char *rows = rows_of(&capture, &options, 1);
    g_auto(GStrv) words = g_strsplit(rows, " ", -1);
    ck_assert_uint_eq(g_strv_length(words), 3);
    ck_assert(g_strv_contains((const char *const *)words, "1"));
    ck_assert(g_strv_contains((const char *const *)words, "1.1"));
    ck_assert(g_strv_contains((const char *const *)words, "1.2"));
    capture_close(&capture);
}
END_TEST

/* tshark 4.0.17 numbers every segment with ports, numbers, flags and window, and nothing
 * shorter. */
static const struct {
    unsigned kept;
    uint8_t offset;
    uint32_t number; /* of the connection behind it */
} STUBS[] = {
    { 20, 5, 1 }, { 20, 4, 1 }, { 20, 0, 1 }, { 20, 8, 1 },
    { 19, 5, 1 }, { 16, 5, 1 }, { 15, 5, 0 }, { 4, 5, 0 },
};

START_TEST(test_stubs_are_numbered)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    stub(&capture, 0, STUBS[_i].kept, STUBS[_i].offset);
    connect_to(&capture, 1);
    ask(&capture, 1);
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    AuditRow row, none;
    ck_assert(engine_next(engine, &row));
    ck_assert(row.connection.connection.stream_number_known);
    ck_assert_uint_eq(row.connection.connection.stream_number, STUBS[_i].number);
    ck_assert(!engine_next(engine, &none));
    audit_row_clear(&row);
    capture_close(&capture);
}
END_TEST

/* Counts -------------------------------------------------------------------------------------- */

/* Three connections: with two exchanges, with one, and with none. */
static void make_mixed(Capture *capture)
{
    capture_open(capture);
    connect_to(capture, 0);
    ask(capture, 0);
    ask(capture, 0);
    finish(capture, 0);
    connect_to(capture, 1); /* 13 */
    segment(capture, 1, CLIENT, TCP_ACK, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    segment(capture, 1, SERVER, TCP_ACK | TCP_FIN, "HTTP/1.1 204 No Content\r\n\r\n");
    segment(capture, 1, CLIENT, TCP_ACK | TCP_FIN, "");
    segment(capture, 1, SERVER, TCP_ACK, "");
    connect_to(capture, 2); /* 20 */
    finish(capture, 2);
    noise(capture);
}

START_TEST(test_counters)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    make_mixed(&capture);
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    const AuditCounters *counters = engine_counters(engine);
    ck_assert_uint_eq(counters->frames, 26);
    ck_assert_uint_eq(counters->decoded[DECODE_SEGMENT], 25);
    ck_assert_uint_eq(counters->decoded[DECODE_NOT_IP], 1);
    ck_assert_uint_eq(counters->http_connections, 2);
    ck_assert_uint_eq(counters->exchanges, 3);
    ck_assert_uint_eq(counters->verdicts[VERDICT_AS_DECLARED], 1);
    ck_assert_uint_eq(counters->causes[VERDICT_AS_DECLARED][CAUSE_CLIENT_FINISHED], 1);
    ck_assert_uint_eq(counters->verdicts[VERDICT_CONTRADICTED], 1);
    ck_assert_uint_eq(counters->causes[VERDICT_CONTRADICTED][CAUSE_UNDECLARED_CLOSE], 1);
    ck_assert_uint_eq(counters->verdicts[VERDICT_UNDETERMINED], 0);
    ck_assert_uint_eq(counters->rules[SEVERITY_WARNING][RULE_UNDECLARED_CLOSE], 1);
    for (Severity severity = 0; severity < SEVERITY_COUNT; severity++) {
        uint64_t sum = 0;
        for (Rule rule = 0; rule < RULE_COUNT; rule++)
            sum += counters->rules[severity][rule];
        ck_assert_uint_eq(sum, counters->findings[severity]);
    }
    ck_assert_uint_eq(engine_stream_counters(engine)->connections, 3);
    ck_assert_uint_eq(engine_stream_counters(engine)->segments, 25);
    capture_close(&capture);
}
END_TEST

/* Connections without HTTP have rows only on request, and change no verdict count. */
START_TEST(test_connections_without_http)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    make_mixed(&capture);
    expect_rows(&capture, &options, "1 13");
    options.audit.all_connections = true;
    expect_rows(&capture, &options, "1 13 20");
    options = exchanges_alone();
    options.audit.all_connections = true;
    expect_rows(&capture, &options, "1.1 1.2 13.1");
    capture_close(&capture);
}
END_TEST

/* Two FINs, no handshake, no HTTP: nobody can say which side is the client. */
START_TEST(test_unknown_direction)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    options.audit.all_connections = true;
    capture_open(&capture);
    segment(&capture, 0, SERVER, TCP_ACK | TCP_FIN, "");
    segment(&capture, 0, CLIENT, TCP_ACK | TCP_FIN, "");
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    AuditRow row;
    ck_assert(engine_next(engine, &row));
    ck_assert_uint_eq(row.connection.completeness, REASON_MIDSTREAM | REASON_ONE_DIRECTION);
    audit_row_clear(&row);
    capture_close(&capture);
}
END_TEST

/* A row as it leaves: the facts of every stage in one place. */
START_TEST(test_row)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    make_mixed(&capture);
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    AuditRow row;
    ck_assert(engine_next(engine, &row));
    ck_assert_int_eq(row.kind, ROW_CONNECTION);
    const ConnectionRow *connection = &row.connection;
    ck_assert_uint_eq(connection->connection.first_frame, frame_id(1, 1));
    ck_assert_uint_eq(connection->connection.last_frame, frame_id(1, 12));
    ck_assert_int_eq(connection->connection.start, BEGIN);
    ck_assert_int_eq(connection->connection.last_time, BEGIN + 11 * NS_PER_MS);
    ck_assert_ptr_null(connection->connection.owner);
    ck_assert_int_eq(connection->client, CLIENT);
    ck_assert_uint_eq(connection->facts.exchanges, 2);
    ck_assert_uint_eq(connection->ending.possible, ENDER_CLIENT);
    ck_assert_uint_eq(connection->ending.stamp.frame, frame_id(1, 10));
    ck_assert_int_eq(connection->idle, 2 * NS_PER_MS); /* from frame 8 to frame 10 */
    ck_assert(connection->decision.set);
    ck_assert_uint_eq(connection->decision.exchange, 2);
    ck_assert_str_eq(connection->decision.host, "h");
    ck_assert_uint_eq(connection->completeness, 0);
    audit_row_clear(&row);
    capture_close(&capture);
}
END_TEST

/* Rows that nobody asked for are freed with the rest. */
START_TEST(test_unread_rows)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    options.audit.exchange_rows = true;
    options.audit.texts.wish = TEXT_WISH_ALL;
    make_mixed(&capture);
    Engine *engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    AuditRow row;
    ck_assert(engine_next(engine, &row));
    audit_row_clear(&row);
    engine_free(engine);
    capture_close(&capture);
}
END_TEST

/* Two pipelined requests, the second with close; the start of the answer is lost. The response
 * after the gap answers one of the two, or one of them and nothing more. So nobody has shown that
 * anything was answered after the declared close. */
START_TEST(test_response_behind_a_gap)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    connect_to(&capture, 0);
    segment(&capture, 0, CLIENT, TCP_ACK, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    segment(&capture, 0, CLIENT, TCP_ACK,
            "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    capture.next[0][SERVER] += 50;
    segment(&capture, 0, SERVER, TCP_ACK,
            "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    segment(&capture, 0, CLIENT, TCP_ACK, "");
    finish(&capture, 0);
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    AuditRow row;
    ck_assert(engine_next(engine, &row));
    const Judgement *judgement = &row.connection.decision.judgement;
    ck_assert_msg(judgement->verdict != VERDICT_CONTRADICTED, "exchange %u of %u: %s",
                  row.connection.decision.exchange, row.connection.facts.exchanges,
                  cause_name(judgement->cause));
    audit_row_clear(&row);
    capture_close(&capture);
}
END_TEST

/* Fragments --------------------------------------------------------------------------------------
 */

/* The last segment as two fragments, of which the second one is taken away and returned. */
static GBytes *cut_last(Capture *capture, unsigned identification)
{
    enum { CUT = 32, IP_HEADER = 20, MORE = 0x2000 };
    gsize size;
    guint at = capture->bytes->len - 1;
    g_autofree uint8_t *packet =
        g_bytes_unref_to_data(g_bytes_ref(g_ptr_array_index(capture->bytes, at)), &size);
    g_ptr_array_set_size(capture->bytes, (gint)at);
    g_autofree uint8_t *rest = g_malloc0(size - CUT);
    memcpy(rest, packet, IP_HEADER);
    memcpy(rest + IP_HEADER, packet + IP_HEADER + CUT, size - IP_HEADER - CUT);
    put16(packet + 2, IP_HEADER + CUT);
    put16(rest + 2, (unsigned)size - CUT);
    put16(packet + 4, identification);
    put16(rest + 4, identification);
    put16(packet + 6, MORE);
    put16(rest + 6, CUT / 8);
    g_ptr_array_add(capture->bytes, g_bytes_new(packet, IP_HEADER + CUT));
    return g_bytes_new(rest, size - CUT);
}

/* First fragments of UDP datagrams, each from another address. */
static void flood(Capture *capture, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uint8_t packet[44] = { 0x45, 0, 0, 44, 0, 0, 0x20, 0, 64, 17 };
        put16(packet + 4, i);
        put32(packet + 12, 0x0b000000 + i);
        put32(packet + 16, 0xc0000250);
        g_ptr_array_add(capture->bytes, g_bytes_new(packet, sizeof packet));
    }
}

/* A response in two fragments. Between them: nothing, more others than can wait, or as many and
 * the second fragment never comes; or it never comes, and nothing was given up. */
static const struct {
    const char *name;
    unsigned between;
    bool comes;
    ReasonSet reasons;
    bool given_up;
} FRAGMENTS[] = {
    { "whole", 0, true, 0, false },
    { "as many as can wait", 17000, true, 0, false },
    { "a flood: the capture has both", 20000, true, REASON_LIMIT, true },
    { "a flood, and the second one is lost", 20000, false, REASON_LIMIT, true },
    { "the second one is lost", 0, false, REASON_LOSS, false },
};

START_TEST(test_fragments_given_up)
{
    Capture capture;
    EngineOptions options = engine_options_default();
    capture_open(&capture);
    connect_to(&capture, 0);
    segment(&capture, 0, CLIENT, TCP_ACK, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    segment(&capture, 0, SERVER, TCP_ACK, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    GBytes *rest = cut_last(&capture, 777);
    flood(&capture, FRAGMENTS[_i].between);
    if (FRAGMENTS[_i].comes)
        g_ptr_array_add(capture.bytes, rest);
    else
        g_bytes_unref(rest);
    finish(&capture, 0);
    g_autoptr(Engine) engine = engine_new(&options);
    for (unsigned from = 0; from < capture.bytes->len; from += FRAME_BATCH_MAX)
        feed(engine, &capture, from, MIN(FRAME_BATCH_MAX, capture.bytes->len - from));
    engine_finish(engine);
    AuditRow row;
    ck_assert(engine_next(engine, &row));
    ck_assert_msg(row.connection.completeness == FRAGMENTS[_i].reasons, "%s: completeness %x",
                  FRAGMENTS[_i].name, (unsigned)row.connection.completeness);
    ck_assert_msg((engine_counters(engine)->decoded[DECODE_LIMIT] > 0) == FRAGMENTS[_i].given_up,
                  "%s: given up", FRAGMENTS[_i].name);
    audit_row_clear(&row);
    capture_close(&capture);
}
END_TEST

/* A value designed to keep an expression busy forever is given up, and counted. */
START_TEST(test_hostile_value)
{
    Capture capture;
    capture_open(&capture);
    connect_to(&capture, 1);
    g_autofree char *many = g_strnfill(1000, 'a');
    g_autofree char *request =
        g_strconcat("GET / HTTP/1.1\r\nHost: h\r\nX: ", many, "!\r\n\r\n", NULL);
    segment(&capture, 1, CLIENT, TCP_ACK, request);
    segment(&capture, 1, SERVER, TCP_ACK, "HTTP/1.1 204 No Content\r\nX: aac\r\n\r\n");
    segment(&capture, 1, CLIENT, TCP_ACK, request);
    segment(&capture, 1, SERVER, TCP_ACK, "HTTP/1.1 204 No Content\r\nX: aad\r\n\r\n");
    finish(&capture, 1);
    EngineOptions options = exchanges_alone();
    g_autoptr(Matcher) matcher = matcher_new("/^(a+)+[bc]$/", NULL);
    options.audit.matcher = matcher;
    g_autoptr(Engine) engine = engine_new(&options);
    feed(engine, &capture, 0, capture.bytes->len);
    engine_finish(engine);
    g_autoptr(GString) rows = g_string_new(NULL);
    append_rows(rows, engine);
    ck_assert_str_eq(rows->str, "1.1");
    ck_assert_uint_eq(engine_counters(engine)->exchanges, 2);
    ck_assert_uint_eq(engine_counters(engine)->matched, 1);
    ck_assert_uint_eq(engine_counters(engine)->match_given_up, 1);
    capture_close(&capture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("analyze");
    TCase *tcase = tcase_create("analyze");
    tcase_add_loop_test(tcase, test_stubs_are_numbered, 0, G_N_ELEMENTS(STUBS));
    tcase_add_loop_test(tcase, test_fragments_given_up, 0, G_N_ELEMENTS(FRAGMENTS));
    tcase_add_test(tcase, test_nothing);
    tcase_add_test(tcase, test_end);
    tcase_add_loop_test(tcase, test_order_of_ends, 0, G_N_ELEMENTS(ENDS));
    tcase_add_test(tcase, test_rows_come_at_once);
    tcase_add_loop_test(tcase, test_timer, -1, 2);
    tcase_add_loop_test(tcase, test_syn_comes_again, 0, 3);
    tcase_add_test(tcase, test_exchanges);
    tcase_add_test(tcase, test_both_kinds);
    tcase_add_test(tcase, test_counters);
    tcase_add_test(tcase, test_connections_without_http);
    tcase_add_test(tcase, test_unknown_direction);
    tcase_add_test(tcase, test_row);
    tcase_add_test(tcase, test_hostile_value);
    tcase_add_test(tcase, test_unread_rows);
    tcase_add_test(tcase, test_response_behind_a_gap);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
