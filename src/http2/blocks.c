/* Field blocks: a HEADERS or PUSH_PROMISE and the CONTINUATIONs behind it, which nothing may
 * interrupt (RFC 9113 §4.3). Each block is read, whatever became of its stream: later ones refer to
 * it. */
#include "http2/conversation_state.h"

void h2_drop_block(H2Block *block)
{
    if (block->bytes)
        g_byte_array_unref(block->bytes);
    memset(block, 0, sizeof *block);
}

/* The fragment of a payload that begins a block; false: the frame is too short for what its flags
 * promise. */
static bool fragment_of(const H2Event *event, Span *ret_fragment, uint32_t *ret_promised)
{
    Span payload = event->payload;
    uint8_t padding = 0;
    *ret_promised = 0;
    if (event->frame.flags & H2_FLAG_PADDED) {
        if (!span_u8(payload, 0, &padding))
            return false;
        payload = span_after(payload, 1);
    }
    if (event->frame.type == H2_PUSH_PROMISE) {
        if (!span_be32(payload, 0, ret_promised))
            return false;
        *ret_promised &= 0x7fffffff;
        payload = span_after(payload, 4);
    } else if (event->frame.flags & H2_FLAG_PRIORITY) {
        if (payload.length < 5)
            return false;
        payload = span_after(payload, 5);
    }
    if (padding > payload.length)
        return false;
    *ret_fragment = span_first(payload, payload.length - padding);
    return true;
}

/* What the block says, with the stamps of all its frames. */
static void finish(H2Conversation *conversation, int side, const H2Event *event, Span bytes,
                   ReasonSet broken)
{
    H2Fields *fields = &conversation->fields[side];
    bool of_client = side == conversation->facts.client;
    bool promise = event->frame.type == H2_PUSH_PROMISE;
    Head head;
    ReasonSet reasons = broken;
    if (broken) {
        h2_fields_lose(fields, broken);
        memset(&head, 0, offsetof(Head, fields));
        head.kind = of_client || promise ? HEAD_REQUEST : HEAD_RESPONSE;
        head.version = HTTP_2;
        head.notes = HEAD_INCOMPLETE;
    } else {
        h2_fields_read(fields, bytes, of_client || promise ? HEAD_REQUEST : HEAD_RESPONSE, &head,
                       &reasons);
    }
    conversation->facts.reasons |= reasons;
    if (promise)
        h2_promise_block(conversation, event, &head, reasons);
    else if (of_client)
        h2_request_block(conversation, event, &head, reasons);
    else
        h2_response_block(conversation, event, &head, reasons);
}

static void finish_collected(H2Conversation *conversation, int side)
{
    H2Block block = conversation->block[side];
    Span bytes = block.bytes ? span_make(block.bytes->data, block.bytes->len) : (Span){ 0 };
    conversation->block[side].bytes = NULL;
    h2_drop_block(&conversation->block[side]);
    finish(conversation, side, &block.begin, bytes, block.broken);
    if (block.bytes)
        g_byte_array_unref(block.bytes);
}

void h2_break_block(H2Conversation *conversation, int side, ReasonSet reasons)
{
    if (!conversation->block[side].active)
        return;
    conversation->block[side].broken |= reasons;
    finish_collected(conversation, side);
}

static void collect(H2Block *block, const H2Event *event, Span fragment)
{
    if (!block->bytes)
        block->bytes = g_byte_array_new();
    block->empty += event->frame.type == H2_CONTINUATION && fragment.length == 0;
    if (!event->whole)
        block->broken |= event->reason;
    if (block->bytes->len + fragment.length > H2_BLOCK_MAX ||
        block->empty > H2_EMPTY_CONTINUATIONS_MAX)
        block->broken |= REASON_LIMIT;
    if (!block->broken)
        g_byte_array_append(block->bytes, fragment.bytes, (guint)fragment.length);
    block->begin.last = event->last;
    block->begin.last_place = event->last_place;
}

static bool begins_block(const H2Event *event)
{
    return event->frame.type == H2_HEADERS || event->frame.type == H2_PUSH_PROMISE;
}

static void begin_block(H2Conversation *conversation, int side, const H2Event *event)
{
    Span fragment = { 0 };
    uint32_t promised;
    ReasonSet broken = event->whole ? 0 : event->reason;
    if (!fragment_of(event, &fragment, &promised))
        broken |= REASON_MALFORMED;
    H2Event begin = *event;
    begin.payload = (Span){ 0 };
    if (event->frame.type == H2_PUSH_PROMISE)
        begin.frame.stream = promised;
    if (event->frame.flags & H2_FLAG_END_HEADERS) {
        finish(conversation, side, &begin, fragment, broken);
        return;
    }
    H2Block *block = &conversation->block[side];
    memset(block, 0, sizeof *block);
    block->begin = begin;
    block->on_stream = event->frame.stream;
    block->active = true;
    block->broken = broken;
    collect(block, event, fragment);
}

void h2_take_block_frame(H2Conversation *conversation, int side, const H2Event *event)
{
    H2Block *block = &conversation->block[side];
    bool continues = event->frame.type == H2_CONTINUATION && block->active &&
                     event->frame.stream == block->on_stream;
    if (!continues)
        h2_break_block(conversation, side, REASON_MALFORMED);
    if (begins_block(event)) {
        begin_block(conversation, side, event);
    } else if (continues) {
        collect(block, event, event->payload);
        if (event->frame.flags & H2_FLAG_END_HEADERS)
            finish_collected(conversation, side);
    }
}
