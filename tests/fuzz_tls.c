/* A script of steps makes a TLS connection: hellos, records that are sealed first (nothing else
 * would open), records that are not, bytes of any kind, holes. These must hold: places go on
 * without a gap of their own; what was sent precedes what is known; no more comes out than went
 * in; a unit of data is what was sealed; memory stays within its bound; a state that rested goes
 * on as one that did not. */
#include <glib.h>

#include "session/tls.h"
#include "session/tls_record.h"
#include "tls_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATE_MAX ((size_t)160 * 1024)
#define SUITE 0x1301

typedef struct Listener {
    void *state;
    Connection connection;
    int64_t offset[2], place[2], known[2], plain[2];
    uint64_t frame;
    guint hash; /* of all that came */
} Listener;

typedef struct Script {
    Span rest;
    TlsSeal handshake[2], data[2];
    uint8_t secret[2][TLS_SECRET_MAX];
    Listener awake, resting; /* the second rests after each event */
} Script;

static void note(Listener *listener, const SessionUnit *unit)
{
    int side = unit->side;
    g_assert_cmpint(unit->place, ==, listener->place[side]);
    g_assert_cmpint(unit->length, >, 0);
    listener->place[side] += unit->length;
    listener->hash = listener->hash * 31 + (guint)unit->kind * 2 + (guint)side;
    if (unit->kind == SESSION_GAP)
        return;
    g_assert_cmpuint((uint64_t)unit->length, ==, unit->data.length);
    for (size_t i = 0; i < unit->data.length; i++)
        listener->hash = listener->hash * 31 + unit->data.bytes[i];
    if (unit->by_byte)
        return;
    g_assert_cmpint(unit->first.offset, <=, unit->last.offset);
    g_assert_cmpint(unit->last.offset, >, listener->known[side]);
    g_assert_cmpint(unit->length, <, unit->last.offset - unit->first.offset);
    for (size_t i = 0; i < unit->data.length; i++)
        g_assert_cmpuint(unit->data.bytes[i], ==, 'd');
    listener->known[side] = unit->last.offset;
}

static void give(Listener *listener, bool rests, const StreamEvent *of)
{
    StreamEvent event = *of;
    SessionUnit unit;
    event.connection = &listener->connection;
    event.stamp =
        (Stamp){ .frame = frame_id(1, ++listener->frame), .offset = listener->offset[event.side] };
    listener->offset[event.side] += event.gap ? event.gap : (int64_t)event.data.length;
    SESSION_TLS.feed(listener->state, &event);
    while (SESSION_TLS.next(listener->state, &unit))
        note(listener, &unit);
    g_assert_cmpuint(SESSION_TLS.size(listener->state), <, STATE_MAX);
    if (!rests)
        return;
    g_autoptr(GByteArray) packed = g_byte_array_new();
    SESSION_TLS.pack(listener->state, packed);
    SESSION_TLS.free(listener->state);
    Span rest = span_make(packed->data, packed->len);
    listener->state = SESSION_TLS.unpack(&rest);
    g_assert_cmpuint(rest.length, ==, 0);
}

static void send(Script *script, int side, Span bytes, size_t step)
{
    for (; bytes.length; bytes = span_after(bytes, step)) {
        StreamEvent event = { .kind = STREAM_DATA,
                              .side = side,
                              .data = span_first(bytes, step),
                              .segment_start = true };
        give(&script->awake, false, &event);
        give(&script->resting, true, &event);
    }
}

static void lose(Script *script, int side, int64_t length)
{
    StreamEvent event = { .kind = STREAM_GAP, .side = side, .gap = length, .reason = REASON_LOSS };
    give(&script->awake, false, &event);
    give(&script->resting, true, &event);
}

static void send_hello(Script *script, int side, size_t step)
{
    uint8_t record[5 + 4 + 64] = { TLS_HANDSHAKE, 3, 3, 0, 0, side ? 2 : 1 };
    uint8_t *body = record + 9, *at = body + 2 + TLS_RANDOM_SIZE; /* the random is zeros */
    static const uint8_t CLIENT[] = { 0, 0, 2, 0x13, 1, 1, 0, 0, 4, 0, 42, 0, 0 };
    static const uint8_t SERVER[] = { 0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4 };
    size_t more = side ? sizeof SERVER : sizeof CLIENT;
    body[0] = body[1] = 3;
    memcpy(at, side ? SERVER : CLIENT, more);
    size_t length = 2 + TLS_RANDOM_SIZE + more;
    record[8] = (uint8_t)length;
    record[4] = (uint8_t)(length + 4);
    send(script, side, span_make(record, 9 + length), step);
}

static void send_sealed(Script *script, TlsSeal *seal, int side, uint8_t type, Span content,
                        size_t step)
{
    g_autoptr(GByteArray) record = g_byte_array_new();
    tls_seal_record(seal, type, content, record);
    send(script, side, span_make(record->data, record->len), step);
}

/* A step: what, and how much. */
static void take_step(Script *script)
{
    static const uint8_t EXTENSIONS[] = { 8, 0, 0, 6, 0, 4, 0, 42, 0, 0 };
    static const uint8_t UPDATE[] = { 24, 0, 0, 1, 0 };
    uint8_t filler[255];
    uint8_t what = script->rest.bytes[0], much = script->rest.bytes[1];
    int side = what & 1;
    size_t step = what & 0x10 ? 3 : 70000;
    script->rest = span_after(script->rest, 2);
    memset(filler, 'd', sizeof filler);
    switch (what >> 1 & 7) {
    case 0:
        send_hello(script, side, step);
        break;
    case 1:
        send_sealed(script, &script->data[side], side, TLS_DATA, span_make(filler, much), step);
        break;
    case 2:
        lose(script, side, much + 1);
        break;
    case 3:
        send(script, side, span_first(script->rest, much), step);
        script->rest = span_after(script->rest, much);
        break;
    case 4:
        send_sealed(script, &script->handshake[side], side, TLS_HANDSHAKE,
                    span_make(EXTENSIONS, sizeof EXTENSIONS), step);
        break;
    case 5:
        send_sealed(script, &script->data[side], side, TLS_HANDSHAKE,
                    span_make(UPDATE, sizeof UPDATE), step);
        script->data[side] = tls_seal_next(&script->data[side], script->secret[side]);
        break;
    case 6:
        script->data[side].number += much; /* so many records are lost, and their bytes */
        lose(script, side, 22 * (int64_t)much + 1);
        break;
    case 7: /* a record of any type; what stands in one of data is known. A type of zero is padding
             * (RFC 8446 section 5.4): the type is the content's last byte, which is chosen here. */
        send_sealed(script, &script->data[side], side, much,
                    !much || much == TLS_DATA ? span_make(filler, 2) : span_first(script->rest, 2),
                    step);
        break;
    }
}

static TlsKeys *make_keys(Script *script)
{
    static const char *const LABELS[2][2] = {
        { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0" },
        { "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0" },
    };
    const TlsSuite *suite = tls_suite_find(SUITE);
    TlsKeys *keys = tls_keys_new((size_t)1 << 20);
    for (int side = 0; side < 2; side++)
        for (int phase = 0; phase < 2; phase++) {
            uint8_t secret[32];
            memset(secret, 0x11 * (1 + side + 2 * phase), sizeof secret);
            g_autoptr(GString) line = g_string_new(LABELS[side][phase]);
            g_string_append_printf(line, " %064x ", 0);
            for (size_t i = 0; i < sizeof secret; i++)
                g_string_append_printf(line, "%02x", secret[i]);
            g_string_append_c(line, '\n');
            tls_keys_feed(keys, span_make(line->str, line->len));
            TlsSeal seal = tls_seal_13(suite, span_make(secret, sizeof secret));
            if (phase)
                memcpy(script->secret[side], secret, sizeof secret);
            *(phase ? &script->data[side] : &script->handshake[side]) = seal;
        }
    return keys;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Script script = { .rest = span_make(data, MIN(size, 600)) };
    g_autoptr(TlsKeys) keys = make_keys(&script);
    Listener fresh = { .connection = { .opener_known = true }, .known = { -1, -1 } };
    script.awake = script.resting = fresh;
    script.awake.state = SESSION_TLS.create(keys);
    script.resting.state = SESSION_TLS.create(keys);
    while (script.rest.length >= 2)
        take_step(&script);
    g_assert_cmpuint(script.awake.hash, ==, script.resting.hash);
    SESSION_TLS.free(script.awake.state);
    SESSION_TLS.free(script.resting.state);
    return 0;
}
