/* A script of steps makes a conversation in HTTP/2: frames with and without field blocks of their
 * own making, bytes of any kind, gaps, on either side. These must hold: whatever is fed byte by
 * byte gives the same streams; a conversation that rests after each unit goes on as one that did
 * not; numbers of exchanges are used once; what was sent precedes what is known; memory stays
 * within its bound. */
#include <glib.h>

#include "http2/conversation.h"
#include "http2/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 200
/* What a direction with a full table takes, twice, and the frames under way. */
#define CONVERSATION_MAX ((size_t)4 * 1024 * 1024)

typedef struct Listener {
    H2Conversation *conversation;
    Connection connection;
    int64_t place[2];
    uint64_t frame;
    uint64_t hash, count; /* of all exchanges, in any order */
} Listener;

typedef enum Manner { WHOLE, RESTING, BY_BYTE, MANNERS } Manner;

typedef struct Script {
    Span rest;
    Listener listener[MANNERS];
    bool lost; /* where frames begin depends on where units do */
} Script;

static uint8_t take(Script *script)
{
    uint8_t byte = script->rest.length ? script->rest.bytes[0] : 0;
    script->rest = span_after(script->rest, 1);
    return byte;
}

static void note(Listener *listener, const Exchange *exchange)
{
    g_assert_cmpuint(exchange->number, >, 0);
    g_assert_cmpint(exchange->kind, ==, EXCHANGE_HTTP2);
    g_assert_cmpuint(exchange->stream.id, >, 0);
    if (exchange->request.begun)
        g_assert_cmpint(exchange->request.first.offset, <=, exchange->request.last.offset);
    if (exchange->response.begun)
        g_assert_cmpint(exchange->response.first.offset, <=, exchange->response.last.offset);
    listener->count++;
    listener->hash += (uint64_t)exchange->number * 1000003 + exchange->stream.id * 31u +
                      (uint64_t)exchange->status * 7 + exchange->response.complete +
                      exchange->request.complete * 2u + exchange->stream.response_open * 64u +
                      exchange->stream.reset[0].code + exchange->stream.reset[1].code * 3u +
                      exchange->request.header_flags + exchange->interim.count +
                      g_str_hash(exchange_text(exchange, TEXT_TARGET));
}

static void hand_out(Listener *listener)
{
    Exchange exchange;
    while (h2_conversation_next(listener->conversation, &exchange)) {
        note(listener, &exchange);
        exchange_clear(&exchange);
    }
    g_assert_cmpuint(h2_conversation_size(listener->conversation), <=, CONVERSATION_MAX);
}

static void give(Listener *listener, int side, Span data, int64_t gap, bool unsure)
{
    SessionUnit unit = { .kind = data.bytes ? SESSION_DATA : SESSION_GAP,
                         .side = side,
                         .connection = &listener->connection,
                         .place = listener->place[side],
                         .length = data.bytes ? (int64_t)data.length : gap,
                         .data = data,
                         .by_byte = true,
                         .reason = data.bytes ? 0 : REASON_LOSS,
                         .length_unsure = unsure,
                         .segment_start = true,
                         .quiet_acked = NO_OFFSET };
    unit.first = (Stamp){ .frame = frame_id(1, ++listener->frame),
                          .time = (Nanoseconds)listener->frame * NS_PER_MS,
                          .offset = unit.place,
                          .acked = listener->place[1 - side],
                          .acked_before = NO_OFFSET };
    unit.last = unit.first;
    unit.last.offset += unit.length - 1;
    listener->place[side] += unit.length;
    h2_conversation_feed(listener->conversation, &unit, 0);
    hand_out(listener);
}

static void rest(Listener *listener)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    h2_conversation_pack(listener->conversation, packed);
    h2_conversation_free(listener->conversation);
    Span from = span_make(packed->data, packed->len);
    listener->conversation = h2_conversation_unpack(&from);
    g_assert_cmpuint(from.length, ==, 0);
}

static void give_all(Script *script, int side, Span data)
{
    for (Manner manner = 0; manner < MANNERS; manner++) {
        Listener *listener = &script->listener[manner];
        size_t step = manner == BY_BYTE ? 1 : data.length;
        for (size_t at = 0; at < data.length; at += step)
            give(listener, side, span_first(span_after(data, at), step), 0, false);
        if (manner == RESTING)
            rest(listener);
    }
}

static void lose_all(Script *script, int side, int64_t gap, bool unsure)
{
    script->lost = true;
    for (Manner manner = 0; manner < MANNERS; manner++)
        give(&script->listener[manner], side, (Span){ 0 }, gap, unsure);
}

/* A frame whose payload is so many of the next bytes, behind what makes them a field block. */
static void give_frame(Script *script, int side)
{
    static const uint8_t request[] = { 0x82, 0x86, 0x84, 0x41, 0x01, 'h' };
    static const uint8_t response[] = { 0x88 };
    g_autoptr(GByteArray) frame = g_byte_array_new();
    uint8_t type = take(script) % 12, flags = take(script), stream = take(script);
    Span payload = span_first(script->rest, take(script));
    script->rest = span_after(script->rest, payload.length);
    bool headers = type == 1 && !(flags & 0x28);
    Span before = !headers ? (Span){ 0 }
                  : side   ? span_make(response, sizeof response)
                           : span_make(request, sizeof request);
    size_t length = before.length + payload.length;
    uint8_t header[9] = {
        0, (uint8_t)(length >> 8), (uint8_t)length, type, flags, 0, 0, 0, stream
    };
    g_byte_array_append(frame, header, sizeof header);
    if (before.length)
        g_byte_array_append(frame, before.bytes, (guint)before.length);
    if (payload.length)
        g_byte_array_append(frame, payload.bytes, (guint)payload.length);
    give_all(script, side, span_make(frame->data, frame->len));
}

static void step(Script *script)
{
    uint8_t what = take(script);
    int side = what & 1;
    if (what < 200) {
        give_frame(script, side);
    } else if (what < 230) {
        Span bytes = span_first(script->rest, take(script) % 32u);
        script->rest = span_after(script->rest, bytes.length);
        if (bytes.length)
            give_all(script, side, bytes);
    } else {
        lose_all(script, side, 1 + take(script), what & 2);
    }
}

static void finish(Listener *listener)
{
    SessionEnd ends[2] = { 0 };
    size_t count;
    h2_conversation_end(listener->conversation, &listener->connection, ends);
    hand_out(listener);
    const Exchange *exchanges = h2_conversation_pending(listener->conversation, &count);
    for (size_t i = 0; i < count; i++) {
        g_assert_true(i == 0 || exchanges[i].number > exchanges[i - 1].number);
        note(listener, &exchanges[i]);
    }
    g_assert_cmpuint(listener->count, ==, h2_conversation_facts(listener->conversation)->exchanges);
    h2_conversation_free(listener->conversation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const TextOptions texts = { .wish = TEXT_WISH_ALL };
    static const uint8_t preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    Script script = { .rest = span_make(data, size) };
    bool seen = take(&script) & 1;
    for (Manner manner = 0; manner < MANNERS; manner++) {
        Listener *listener = &script.listener[manner];
        listener->connection.half[0].seen = listener->connection.half[1].seen = true;
        listener->connection.opener_known = seen;
        listener->conversation =
            h2_conversation_new(seen ? H2_BEGINS_WITH_PREFACE : H2_BEGAN_UNSEEN, 0, &texts, NULL);
        if (!seen)
            h2_conversation_miss_begin(listener->conversation, REASON_MIDSTREAM);
    }
    if (seen)
        give_all(&script, 0, span_make(preface, sizeof preface - 1));
    for (unsigned i = 0; i < STEPS_MAX && script.rest.length; i++)
        step(&script);
    for (Manner manner = 0; manner < MANNERS; manner++)
        finish(&script.listener[manner]);
    g_assert_cmpuint(script.listener[WHOLE].count, ==, script.listener[RESTING].count);
    g_assert_cmpuint(script.listener[WHOLE].hash, ==, script.listener[RESTING].hash);
    if (seen && !script.lost)
        g_assert_cmpuint(script.listener[WHOLE].hash, ==, script.listener[BY_BYTE].hash);
    return 0;
}
