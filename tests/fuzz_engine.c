/* The whole path. The input is a script for two TCPs, so that the fuzzer produces conversations
 * instead of broken headers. Each step is two bytes: what happens and how much of it (see step()).
 *
 * These must hold: the rows do not depend on how the frames are cut into batches; they are
 * printable ASCII; each connection has one row, and each exchange has one, numbered from 1 without
 * a hole; the connection's verdict is the worst of its exchanges; a contradicted or undetermined
 * verdict has a cause. */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/engine.h"
#include "decode/link.h"
#include "report/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 400
#define PORTS 3
#define HEADERS_SIZE 40

/* Parts of HTTP, for the steps that send a text. */
static const char *const TEXTS[] = {
    "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    "HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2, max=1\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/1.0 200 OK\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "HTTP/1.1 304 Not Modified\r\n\r\n",
    "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "hello",
};

typedef struct Wire {
    GArray *frames; /* of Frame; their bytes are in `storage` until all are made */
    GByteArray *storage;
    Nanoseconds time;
    struct {
        uint32_t
            next[2]; /* sequence numbers; those of a side start at 0xfffffff0: they wrap soon */
        uint32_t acked[2];
    } flows[PORTS];
} Wire;

static void put(GByteArray *bytes, uint32_t value, unsigned count)
{
    while (count-- > 0) {
        uint8_t byte = (uint8_t)(value >> (8 * count));
        g_byte_array_append(bytes, &byte, 1);
    }
}

/* Raw IPv4 and TCP without options; the snap length left `captured` bytes of the payload. */
static void frame_append(Wire *wire, unsigned port, int side, uint8_t flags, uint32_t sequence,
                         Span payload, size_t captured)
{
    Frame frame = {
        .id = frame_id(1, wire->frames->len + 1),
        .time = wire->time,
        .wire_length = (uint32_t)(HEADERS_SIZE + payload.length),
        .link_type = LINK_RAW,
        .bytes = { .length = HEADERS_SIZE + captured },
    };
    g_array_append_val(wire->frames, frame);
    GByteArray *bytes = wire->storage;
    put(bytes, 0x45000000u | frame.wire_length, 4);
    put(bytes, 0x00004000, 4);
    put(bytes, 0x40060000, 4);
    put(bytes, 0xc0000201u + (uint32_t)side, 4);
    put(bytes, 0xc0000202u - (uint32_t)side, 4);
    put(bytes, side == 0 ? 40000 + port : 80, 2);
    put(bytes, side == 0 ? 80 : 40000 + port, 2);
    put(bytes, sequence, 4);
    put(bytes, wire->flows[port].acked[side], 4);
    put(bytes, 0x50000000u | (uint32_t)flags << 16 | 0x4000, 4);
    put(bytes, 0, 4);
    g_byte_array_append(bytes, payload.bytes, (guint)captured);
}

enum { SEND, SEND_LOST, SEND_CUT, SEND_EARLIER, ACKNOWLEDGE, CLOSE, RESET, OPEN };

/* `what`: bits 0 to 2 are the kind, 3 the side, 4 and 5 the port, 6 and 7 the time since the last
 * step. `much`: a text of TEXTS, or (from 0x80 on) a number of raw bytes. Returns the number of raw
 * bytes used. */
static size_t step(Wire *wire, uint8_t what, uint8_t much, Span rest)
{
    static const Nanoseconds pauses[] = { 1000, NS_PER_MS, 900 * NS_PER_MS, 6 * NS_PER_SECOND };
    unsigned kind = what & 7, port = (what >> 4 & 3) % PORTS;
    int side = what >> 3 & 1;
    bool raw = much >= 0x80;
    Span payload =
        raw ? span_first(rest, much - 0x80u) : span_of_text(TEXTS[much % G_N_ELEMENTS(TEXTS)]);
    wire->time += pauses[what >> 6];
    uint32_t *next = &wire->flows[port].next[side];
    if (kind > SEND_EARLIER)
        payload.length = 0;
    switch (kind) {
    case SEND:
    case SEND_CUT:
        frame_append(wire, port, side, TCP_ACK | TCP_PSH, *next, payload,
                     kind == SEND ? payload.length : payload.length / 2);
        break;
    case SEND_LOST:
        break;
    case SEND_EARLIER:
        frame_append(wire, port, side, TCP_ACK, *next - much % 64, payload, payload.length);
        return raw ? payload.length : 0;
    case ACKNOWLEDGE:
        wire->flows[port].acked[side] = wire->flows[port].next[!side] - much % 8;
        frame_append(wire, port, side, TCP_ACK, *next, payload, 0);
        break;
    case CLOSE:
        frame_append(wire, port, side, TCP_ACK | TCP_FIN, *next, payload, 0);
        *next += 1;
        break;
    case RESET:
        frame_append(wire, port, side, much & 1 ? TCP_RST : TCP_RST | TCP_ACK, *next, payload, 0);
        break;
    case OPEN:
        frame_append(wire, port, side, side == 0 ? TCP_SYN : TCP_SYN | TCP_ACK, *next, payload, 0);
        *next += 1;
        break;
    default:
        break;
    }
    *next += (uint32_t)payload.length;
    return raw && kind <= SEND_EARLIER ? payload.length : 0;
}

static void wire_play(Wire *wire, Span script)
{
    for (size_t port = 0; port < PORTS; port++)
        for (int side = 0; side < 2; side++)
            wire->flows[port].next[side] = wire->flows[port].acked[side] = 0xfffffff0;
    for (unsigned i = 0; i < STEPS_MAX && script.length >= 2; i++) {
        Span rest = span_after(script, 2);
        script = span_after(rest, step(wire, script.bytes[0], script.bytes[1], rest));
    }
    size_t at = 0;
    for (guint i = 0; i < wire->frames->len; i++) {
        Frame *frame = &g_array_index(wire->frames, Frame, i);
        frame->bytes.bytes = wire->storage->data + at;
        at += frame->bytes.length;
    }
}

/* The content of one connection's rows, in whatever order they came. */
typedef struct Seen {
    uint32_t exchanges;
    Verdict worst;
    unsigned own_rows;
    uint32_t own_exchanges;
    bool decided;
    Verdict own_verdict;
} Seen;

static Seen *seen_of(GHashTable *connections, FrameId first)
{
    Seen *seen = g_hash_table_lookup(connections, &first);
    if (!seen) {
        FrameId *key = g_new(FrameId, 1);
        *key = first;
        seen = g_new0(Seen, 1);
        g_hash_table_insert(connections, key, seen);
    }
    return seen;
}

static void take_exchange(Seen *seen, const ExchangeRow *row)
{
    g_assert_cmpuint(row->exchange.number, ==, ++seen->exchanges);
    seen->worst = MAX(seen->worst, row->judgement.verdict);
    if (row->judgement.verdict != VERDICT_AS_DECLARED)
        g_assert_cmpint(row->judgement.cause, !=, CAUSE_NONE);
    g_assert_cmpint(row->judgement.after, >=, -1);
}

static void take_connection(Seen *seen, const ConnectionRow *row)
{
    seen->own_rows++;
    seen->own_exchanges = row->facts.exchanges;
    seen->decided = row->decision.set;
    seen->own_verdict = row->decision.judgement.verdict;
    g_assert_cmpint(row->idle, >=, -1);
}

static void check_seen(gpointer key, gpointer value, gpointer data)
{
    const Seen *seen = value;
    g_assert_cmpuint(seen->own_rows, ==, 1);
    g_assert_cmpuint(seen->own_exchanges, ==, seen->exchanges);
    g_assert_true(seen->decided == (seen->exchanges > 0));
    if (seen->decided)
        g_assert_cmpint(seen->own_verdict, ==, seen->worst);
    (void)key, (void)data;
}

typedef struct Reports {
    char *text[2]; /* by RowKind */
    uint64_t rows[2];
} Reports;

static void take_rows(Engine *engine, Table *csv[2], GHashTable *connections, Reports *reports)
{
    static const RowFile file = { .path = "-", .time_digits = 9 };
    AuditRow row;
    while (engine_next(engine, &row)) {
        reports->rows[row.kind]++;
        if (row.kind == ROW_EXCHANGE) {
            take_exchange(seen_of(connections, row.exchange.connection.first_frame), &row.exchange);
            write_exchange_row(csv[ROW_EXCHANGE], &row.exchange, &file);
        } else {
            take_connection(seen_of(connections, row.connection.connection.first_frame),
                            &row.connection);
            write_connection_row(csv[ROW_CONNECTION], &row.connection, &file);
        }
        audit_row_clear(&row);
    }
}

static void feed(Engine *engine, const GArray *frames, size_t batch_size, Table *csv[2],
                 GHashTable *connections, Reports *reports)
{
    FrameBatch batch = { 0 };
    for (guint i = 0; i < frames->len; i++) {
        batch.frames[batch.count++] = g_array_index(frames, Frame, i);
        if (batch.count < batch_size && i + 1 < frames->len)
            continue;
        engine_feed(engine, &batch);
        batch.count = 0;
        take_rows(engine, csv, connections, reports);
    }
    engine_finish(engine);
    take_rows(engine, csv, connections, reports);
}

static Reports analyze(const GArray *frames, size_t batch_size)
{
    EngineOptions options = engine_options_default();
    options.audit.texts.wish = TEXT_WISH_ALL;
    options.audit.exchange_rows = options.audit.connection_rows = options.audit.all_connections =
        true;
    g_autoptr(Engine) engine = engine_new(&options);
    g_autoptr(GHashTable) connections =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    Reports reports = { 0 };
    size_t sizes[2];
    FILE *files[2];
    Table *csv[2];
    for (int kind = 0; kind < 2; kind++) {
        files[kind] = open_memstream(&reports.text[kind], &sizes[kind]);
        csv[kind] = table_new(files[kind], TABLE_CSV,
                              kind == ROW_EXCHANGE ? EXCHANGE_COLUMNS : CONNECTION_COLUMNS);
    }
    feed(engine, frames, batch_size, csv, connections, &reports);
    g_hash_table_foreach(connections, check_seen, NULL);
    for (int kind = 0; kind < 2; kind++) {
        g_assert_true(table_flush(csv[kind], NULL));
        table_free(csv[kind]);
        fclose(files[kind]);
    }
    g_assert_cmpuint(reports.rows[ROW_EXCHANGE], ==, engine_counters(engine)->exchanges);
    g_assert_cmpuint(reports.rows[ROW_CONNECTION], ==, engine_stream_counters(engine)->connections);
    return reports;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Wire wire = { .frames = g_array_new(FALSE, FALSE, sizeof(Frame)),
                  .storage = g_byte_array_new(),
                  .time = INT64_C(1000000000) * NS_PER_SECOND };
    wire_play(&wire, span_make(data, size));
    Reports one = analyze(wire.frames, 1), many = analyze(wire.frames, FRAME_BATCH_MAX);
    for (int kind = 0; kind < 2; kind++) {
        g_assert_cmpstr(one.text[kind], ==, many.text[kind]);
        for (const char *c = one.text[kind]; *c; c++)
            g_assert_true(*c == '\n' || (*c >= 0x20 && *c <= 0x7e));
        free(one.text[kind]);
        free(many.text[kind]);
    }
    g_array_free(wire.frames, TRUE);
    g_byte_array_free(wire.storage, TRUE);
    return 0;
}
