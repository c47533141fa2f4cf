/* Feeding, what gaps leave open, and what only the end tells. */
#include "http2/conversation.h"

#include "base/pack.h"
#include "http2/conversation_state.h"

static void free_exchange(gpointer exchange)
{
    h2_exchange_free(exchange);
}

H2Conversation *h2_conversation_new(H2Begin begin, int client, const TextOptions *texts,
                                    const Matcher *matcher)
{
    H2Conversation *conversation = g_new0(H2Conversation, 1);
    conversation->texts = *texts;
    conversation->matcher = matcher;
    conversation->facts.client = client;
    conversation->facts.server_gap_past = NO_OFFSET;
    conversation->facts.upgraded_at[0] = conversation->facts.upgraded_at[1] = NO_OFFSET;
    conversation->facts.version = HTTP_2;
    conversation->facts.h2 = &conversation->h2;
    conversation->h2.goaways[0].least = conversation->h2.goaways[1].least = UINT32_MAX;
    conversation->h2.preface_missing = begin == H2_BEGAN_UNSEEN;
    bool unseen = begin == H2_BEGAN_UNSEEN;
    for (int side = 0; side < 2; side++)
        h2_frames_init(&conversation->frames[side], side == client, side == client && !unseen,
                       unseen);
    conversation->streams = g_ptr_array_new_with_free_func(free_exchange);
    conversation->settled = g_ptr_array_new_with_free_func(free_exchange);
    return conversation;
}

static void free_rest(H2Conversation *conversation)
{
    for (guint i = 0; conversation->rest && i < conversation->streams->len; i++)
        exchange_clear(&conversation->rest[i]);
    g_clear_pointer(&conversation->rest, g_free);
}

void h2_conversation_free(H2Conversation *conversation)
{
    if (!conversation)
        return;
    free_rest(conversation);
    for (int side = 0; side < 2; side++) {
        h2_frames_clear(&conversation->frames[side]);
        h2_fields_clear(&conversation->fields[side]);
        h2_drop_block(&conversation->block[side]);
    }
    g_ptr_array_unref(conversation->streams);
    g_ptr_array_unref(conversation->settled);
    if (conversation->notes)
        g_array_unref(conversation->notes);
    g_free(conversation);
}

const ConversationFacts *h2_conversation_facts(const H2Conversation *conversation)
{
    return &conversation->facts;
}

/* At rest -------------------------------------------------------------------------------------- */

#define PACKED_SIZE G_STRUCT_OFFSET(H2Conversation, texts)

static void pack_block(const H2Block *block, GByteArray *to)
{
    pack_span(to, block->bytes ? span_make(block->bytes->data, block->bytes->len) : (Span){ 0 });
}

static void unpack_block(H2Block *block, Span *from)
{
    Span bytes = unpack_span(from);
    if (!block->active)
        return;
    block->bytes = g_byte_array_new();
    g_byte_array_append(block->bytes, bytes.bytes, (guint)bytes.length);
}

void h2_conversation_pack(const H2Conversation *conversation, GByteArray *to)
{
    g_autofree H2Conversation *rest = g_memdup2(conversation, sizeof *conversation);
    uint64_t words[3] = { conversation->streams->len, (uintptr_t)conversation->matcher,
                          conversation->notes != NULL };
    g_assert(conversation->settled->len == 0);
    rest->facts.h2 = NULL;
    rest->block[0].bytes = rest->block[1].bytes = NULL;
    pack_words(to, rest, PACKED_SIZE);
    pack_words(to, &conversation->texts, sizeof conversation->texts);
    pack_words(to, words, sizeof words);
    for (int side = 0; side < 2; side++) {
        pack_block(&conversation->block[side], to);
        h2_frames_pack(&conversation->frames[side], to);
        h2_fields_pack(&conversation->fields[side], to);
    }
    for (guint i = 0; i < conversation->streams->len; i++)
        exchange_pack(conversation->streams->pdata[i], to);
}

H2Conversation *h2_conversation_unpack(Span *from)
{
    H2Conversation *conversation = g_new0(H2Conversation, 1);
    uint64_t words[3];
    unpack_words(from, conversation, PACKED_SIZE);
    unpack_words(from, &conversation->texts, sizeof conversation->texts);
    unpack_words(from, words, sizeof words);
    conversation->matcher = (const Matcher *)(uintptr_t)words[1];
    if (words[2])
        h2_conversation_want_notes(conversation);
    conversation->facts.h2 = &conversation->h2;
    for (int side = 0; side < 2; side++) {
        unpack_block(&conversation->block[side], from);
        h2_frames_unpack(&conversation->frames[side], from);
        h2_fields_unpack(&conversation->fields[side], from);
    }
    conversation->streams = g_ptr_array_new_with_free_func(free_exchange);
    conversation->settled = g_ptr_array_new_with_free_func(free_exchange);
    for (uint64_t i = 0; i < words[0]; i++) {
        Exchange *exchange = g_new0(Exchange, 1);
        exchange_unpack(exchange, from);
        g_ptr_array_add(conversation->streams, exchange);
    }
    return conversation;
}

size_t h2_conversation_size(const H2Conversation *conversation)
{
    size_t size = sizeof *conversation;
    for (int side = 0; side < 2; side++) {
        const GByteArray *bytes = conversation->block[side].bytes;
        size += h2_frames_size(&conversation->frames[side]) +
                h2_fields_size(&conversation->fields[side]) + (bytes ? bytes->len : 0);
    }
    size += conversation->streams->len * (sizeof(Exchange) + sizeof(gpointer));
    for (guint i = 0; i < conversation->streams->len; i++)
        size += exchange_text_size(conversation->streams->pdata[i]);
    return size;
}

/* The first bytes ------------------------------------------------------------------------------ */

H2Prefix h2_prefix_of_client(Span bytes)
{
    size_t length = MIN(bytes.length, H2_PREFACE_SIZE);
    if (!h2_fields_supported() || (length && memcmp(bytes.bytes, H2_PREFACE, length) != 0))
        return H2_PREFIX_NONE;
    return length == H2_PREFACE_SIZE ? H2_PREFIX_WHOLE : H2_PREFIX_SHORT;
}

/* The first field of a block: of a request it is one of :authority, :method, :path and :scheme, of
 * a response :status, all of which the static table has (RFC 7541, appendix A). */
static bool block_tells(uint8_t first, bool *ret_of_request)
{
    unsigned index = first & 0x80 ? first & 0x7f : first & 0x40 ? first & 0x3f : first & 0x0f;
    *ret_of_request = index < 8;
    return index > 0 && index < 15 && (first & 0xe0) != 0x20;
}

/* Goes on to the frame that stands behind this one. */
static bool next_header(Span *bytes, H2Frame *frame)
{
    *bytes = span_after(*bytes, H2_FRAME_HEADER + (size_t)frame->length);
    return h2_frame_read(*bytes, frame);
}

bool h2_unit_tells_sides(const SessionUnit *unit, int *ret_client)
{
    Span bytes = unit->data;
    H2Frame frame;
    bool told = false, of_request = false;
    if (!h2_fields_supported() || unit->kind != SESSION_DATA || !unit->segment_start ||
        !h2_frame_read(bytes, &frame))
        return false;
    do {
        if (!h2_frame_is_plausible(&frame, true) && !h2_frame_is_plausible(&frame, false))
            return false;
        size_t skip = H2_FRAME_HEADER + (frame.flags & H2_FLAG_PADDED ? 1 : 0) +
                      (frame.flags & H2_FLAG_PRIORITY ? 5 : 0);
        uint8_t first;
        if (!told && frame.type == H2_HEADERS && span_u8(bytes, skip, &first))
            told = block_tells(first, &of_request);
    } while (next_header(&bytes, &frame));
    if (!told || bytes.length > 0) /* it ends with a frame, or inside one */
        return false;
    *ret_client = of_request ? unit->side : 1 - unit->side;
    return true;
}

/* Gaps ----------------------------------------------------------------------------------------- */

void h2_lose(H2Conversation *conversation, int side, ReasonSet reasons)
{
    ConversationFacts *facts = &conversation->facts;
    facts->reasons |= reasons;
    conversation->h2.lost[side] |= reasons;
    conversation->h2.idle_open |= reasons;
    h2_fields_lose(&conversation->fields[side], reasons);
    if (side == facts->client) {
        facts->client_hidden |= reasons;
    } else {
        facts->server_hidden |= reasons;
        facts->responses_lost |= reasons & (ReasonSet)~REASON_MIDSTREAM;
    }
    h2_streams_lose(conversation, side, reasons);
}

void h2_conversation_miss_begin(H2Conversation *conversation, ReasonSet reasons)
{
    h2_lose(conversation, 0, reasons);
    h2_lose(conversation, 1, reasons);
}

static void take_loss(H2Conversation *conversation, int side, const H2Event *event)
{
    ReasonSet reasons = event->reason;
    if (!conversation->unit->connection->half[side].seen)
        reasons = REASON_ONE_DIRECTION;
    if (event->under_way && side != conversation->facts.client &&
        (event->frame.type == H2_HEADERS || event->frame.type == H2_DATA))
        h2_response_cut(conversation, event, reasons);
    h2_drop_block(&conversation->block[side]);
    h2_lose(conversation, side, reasons);
}

/* A gap of one offset where a frame has ended may be the side's FIN, which only the end tells. */
static bool may_be_fin(const H2Conversation *conversation, const SessionUnit *gap)
{
    const H2FrameReader *frames = &conversation->frames[gap->side];
    return gap->kind == SESSION_GAP && gap->length == 1 && !gap->length_unsure &&
           !frames->in_frame && frames->header_have == 0 && !frames->seeking &&
           !conversation->block[gap->side].active;
}

/* Frames --------------------------------------------------------------------------------------- */

static void note_raised(H2Goaways *goaways, const H2Goaway *goaway)
{
    const H2Goaway *least = NULL;
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++)
        if (!least || goaways->kept[i].last_id < least->last_id)
            least = &goaways->kept[i];
    if (!least || goaways->raised || goaway->last_id <= least->last_id)
        return;
    goaways->raised_from = least->first.frame;
    goaways->raised_from_id = least->last_id;
    goaways->raised = goaway->first.frame;
    goaways->raised_id = goaway->last_id;
}

static void take_goaway(H2Conversation *conversation, int side, const H2Event *event)
{
    H2Goaways *goaways = &conversation->h2.goaways[side];
    H2Goaway goaway = { .first = event->first, .last = event->last };
    if (!span_be32(event->payload, 0, &goaway.last_id) ||
        !span_be32(event->payload, 4, &goaway.code))
        return;
    goaway.last_id &= 0x7fffffff;
    note_raised(goaways, &goaway);
    if (goaways->count < H2_GOAWAYS_KEPT)
        goaways->kept[goaways->count] = goaway;
    goaways->count++;
    goaways->least = MIN(goaways->least, goaway.last_id);
    if (goaway.code && !stamp_is_set(&goaways->error.first))
        goaways->error = goaway;
    if (side != conversation->facts.client && !stamp_is_set(&conversation->h2.idle_end))
        conversation->h2.idle_end = event->first;
}

void h2_conversation_want_notes(H2Conversation *conversation)
{
    if (!conversation->notes)
        conversation->notes = g_array_new(FALSE, TRUE, sizeof(H2FrameNote));
}

bool h2_conversation_next_note(H2Conversation *conversation, H2FrameNote *ret_note)
{
    if (!conversation->notes || conversation->notes->len == 0)
        return false;
    *ret_note = g_array_index(conversation->notes, H2FrameNote, 0);
    g_array_remove_index(conversation->notes, 0);
    return true;
}

static void note_frame(H2Conversation *conversation, int side, const H2Event *event)
{
    const H2Frame *frame = &event->frame;
    H2FrameNote note = { .first = event->first.frame,
                         .last = event->last.frame,
                         .side = side,
                         .type = frame->type,
                         .flags = frame->flags,
                         .stream = frame->stream,
                         .length = frame->length };
    if (!conversation->notes || event->kind != H2_FRAME_ENDS)
        return;
    if (frame->type == H2_GOAWAY && span_be32(event->payload, 0, &note.last_id))
        span_be32(event->payload, 4, &note.code);
    else if (frame->type == H2_RST_STREAM)
        span_be32(event->payload, 0, &note.code);
    note.last_id &= 0x7fffffff;
    g_array_append_val(conversation->notes, note);
}

static void take_frame(H2Conversation *conversation, int side, const H2Event *event)
{
    uint8_t type = event->frame.type;
    note_frame(conversation, side, event);
    if (type == H2_HEADERS || type == H2_CONTINUATION ||
        (type == H2_PUSH_PROMISE && side != conversation->facts.client)) {
        h2_take_block_frame(conversation, side, event);
        return;
    }
    h2_break_block(conversation, side, REASON_MALFORMED);
    if (type == H2_DATA)
        h2_data(conversation, side, event);
    else if (type == H2_RST_STREAM)
        h2_reset(conversation, side, event);
    else if (type == H2_GOAWAY)
        take_goaway(conversation, side, event);
    if (!event->whole && (type == H2_RST_STREAM || type == H2_GOAWAY))
        h2_lose(conversation, side, event->reason);
}

static void feed_frames(H2Conversation *conversation, const SessionUnit *unit, size_t from)
{
    H2FrameReader *frames = &conversation->frames[unit->side];
    H2Event event;
    h2_frames_feed(frames, unit, from);
    while (h2_frames_next(frames, &event)) {
        if (event.kind == H2_FRAMES_LOST)
            take_loss(conversation, unit->side, &event);
        else
            take_frame(conversation, unit->side, &event);
    }
}

void h2_conversation_feed(H2Conversation *conversation, const SessionUnit *unit, size_t from)
{
    ReasonSet *fin_or_loss = &conversation->fin_or_loss[unit->side];
    conversation->unit = unit;
    if (*fin_or_loss) { /* more comes: it was no FIN */
        ReasonSet reasons = *fin_or_loss;
        *fin_or_loss = 0;
        conversation->frames[unit->side].seeking = true;
        h2_lose(conversation, unit->side, reasons);
    }
    if (may_be_fin(conversation, unit))
        *fin_or_loss = unit->reason;
    else
        feed_frames(conversation, unit, from);
    conversation->unit = NULL;
}

bool h2_conversation_next(H2Conversation *conversation, Exchange *ret_exchange)
{
    if (conversation->settled->len == 0)
        return false;
    Exchange *exchange = conversation->settled->pdata[0];
    *ret_exchange = *exchange;
    exchange->text = NULL;
    exchange->digest = NULL;
    g_ptr_array_remove_index(conversation->settled, 0);
    return true;
}

/* Stream 1 ------------------------------------------------------------------------------------- */

void h2_conversation_take_upgraded(H2Conversation *conversation, const Exchange *request,
                                   uint32_t exchanges)
{
    Exchange *exchange = g_new0(Exchange, 1);
    Exchange copy = exchange_copy(request);
    exchange->kind = EXCHANGE_HTTP2;
    exchange->number = exchanges + 1;
    exchange->stream.id = 1;
    exchange->request = copy.request;
    exchange->request.header_flags = exchange->request.options = 0;
    exchange->sending = copy.sending;
    exchange->method = copy.method;
    exchange->match = copy.match;
    exchange->text = copy.text;
    exchange->digest = copy.digest;
    conversation->facts.exchanges = exchanges + 1;
    conversation->highest[conversation->facts.client] = 1;
    conversation->h2.opened = conversation->h2.highest = 1;
    g_ptr_array_add(conversation->streams, exchange);
}

/* The end -------------------------------------------------------------------------------------- */

/* What of a frame came that never ended. */
static void take_rest_of_frames(H2Conversation *conversation, int side)
{
    const H2Event *event = h2_frames_under_way(&conversation->frames[side]);
    const H2Block *block = &conversation->block[side];
    if (side == conversation->facts.client)
        return;
    if (block->active)
        h2_response_cut(conversation, &block->begin, 0);
    else if (event && event->frame.type == H2_HEADERS)
        h2_response_cut(conversation, event, 0);
}

static bool frames_are_whole(const H2Conversation *conversation, int side)
{
    const H2FrameReader *frames = &conversation->frames[side];
    return !frames->in_frame && frames->header_have == 0 && !frames->seeking &&
           !conversation->block[side].active;
}

static void resolve_fin(H2Conversation *conversation, const Half *half, const SessionEnd *session,
                        int side)
{
    ConversationFacts *facts = &conversation->facts;
    ReasonSet fin_or_loss = conversation->fin_or_loss[side];
    MessagesEnd end = { .whole = frames_are_whole(conversation, side), .one_left = fin_or_loss };
    facts->fin[side] = fin_evidence(half, session, &end);
    facts->close[side] = session->close;
    facts->alert[side] = session->alert;
    bool is_fin = facts->fin[side].belief == FIN_SURE && stamp_is_set(&session->gap.last);
    if (fin_or_loss && !is_fin)
        h2_lose(conversation, side, fin_or_loss);
    if (facts->fin[side].belief == FIN_PERHAPS)
        h2_lose(conversation, side, half->seen ? REASON_LOSS : REASON_ONE_DIRECTION);
}

/* Whether the server had received a part of the request when it closed. */
static bool server_had(const FinEvidence *server, const Half *half, const Exchange *exchange)
{
    int64_t acked = server->belief != FIN_NOT        ? server->fact.stamp.acked
                    : stamp_is_set(&half->rst.stamp) ? half->rst.stamp.acked
                                                     : NO_OFFSET;
    return acked > exchange->request.first.offset; /* NO_OFFSET is less than any */
}

static void count_cut(H2Conversation *conversation, const Connection *connection)
{
    H2Facts *h2 = &conversation->h2;
    int client = conversation->facts.client, server = 1 - client;
    for (guint i = 0; i < conversation->streams->len; i++) {
        const Exchange *exchange = conversation->streams->pdata[i];
        bool refused = exchange->stream.id > h2->goaways[server].least &&
                       !exchange->stream.pushed && !exchange->response.begun;
        bool is_open = !h2_stream_is_closed(exchange) && !exchange->response.complete && !refused;
        conversation->facts.under_way[client] |= !exchange->request.complete && is_open;
        conversation->facts.under_way[server] |= exchange->response.begun && is_open;
        if (!is_open || exchange_switched(exchange))
            continue;
        h2->cut++;
        h2->cut_seen +=
            server_had(&conversation->facts.fin[server], &connection->half[server], exchange);
    }
}

static gint compare_numbers(gconstpointer a, gconstpointer b)
{
    const Exchange *left = a, *right = b;
    return (left->number > right->number) - (left->number < right->number);
}

static void collect_rest(H2Conversation *conversation)
{
    guint count = conversation->streams->len;
    conversation->rest = g_new0(Exchange, count);
    for (guint i = 0; i < count; i++) {
        Exchange *exchange = conversation->streams->pdata[i];
        conversation->rest[i] = *exchange;
        exchange->text = NULL;
        exchange->digest = NULL;
    }
    if (count > 0)
        qsort(conversation->rest, count, sizeof(Exchange), compare_numbers);
}

void h2_conversation_end(H2Conversation *conversation, const Connection *connection,
                         const SessionEnd ends[2])
{
    for (int side = 0; side < 2; side++) {
        take_rest_of_frames(conversation, side);
        resolve_fin(conversation, &connection->half[side], &ends[side], side);
        if (!connection->half[side].seen)
            h2_lose(conversation, side, REASON_ONE_DIRECTION);
    }
    count_cut(conversation, connection);
    collect_rest(conversation);
}

Exchange *h2_conversation_pending(H2Conversation *conversation, size_t *ret_count)
{
    *ret_count = conversation->streams->len;
    return conversation->rest;
}
