/* What frames are to their streams. A stream of the client is a request from its first HEADERS to
 * its END_STREAM; its response goes from the first HEADERS with a final status to its END_STREAM
 * (RFC 9113 §8.1). */
#include "http2/conversation_state.h"

/* As in http1/: a server that was free to send and stayed silent for longer has ended a burst. */
#define BURST_PAUSE (1 * NS_PER_SECOND)

void h2_exchange_free(Exchange *exchange)
{
    exchange_clear(exchange);
    g_free(exchange);
}

/* The open ones ------------------------------------------------------------------------------- */

/* Where the stream is, or would be put in. */
static guint place_of(const GPtrArray *streams, uint32_t id)
{
    guint from = 0, to = streams->len;
    while (from < to) {
        guint middle = from + (to - from) / 2;
        const Exchange *exchange = streams->pdata[middle];
        if (exchange->stream.id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static Exchange *find(const H2Conversation *conversation, uint32_t id)
{
    guint place = place_of(conversation->streams, id);
    if (place == conversation->streams->len)
        return NULL;
    Exchange *exchange = conversation->streams->pdata[place];
    return exchange->stream.id == id ? exchange : NULL;
}

static Exchange *open_stream(H2Conversation *conversation, uint32_t id)
{
    GPtrArray *streams = conversation->streams;
    if (streams->len == H2_STREAMS_MAX) {
        conversation->facts.client_hidden |= REASON_LIMIT;
        conversation->facts.reasons |= REASON_LIMIT;
        return NULL;
    }
    Exchange *exchange = g_new0(Exchange, 1);
    exchange->kind = EXCHANGE_HTTP2;
    exchange->number = ++conversation->facts.exchanges;
    exchange->stream.id = id;
    exchange->sending.quiet_acked = NO_OFFSET;
    g_ptr_array_insert(streams, (gint)place_of(streams, id), exchange);
    return exchange;
}

bool h2_stream_is_closed(const Exchange *exchange)
{
    return stream_is_reset(&exchange->stream) ||
           (exchange->request.complete && exchange->response.complete);
}

/* Whoever received a forbidden field may still react to it. */
static bool is_watched(const Exchange *exchange)
{
    unsigned flags =
        exchange->request.header_flags | exchange->response.header_flags | exchange->interim.flags;
    return (flags & (FLAGS_H2_FIELDS | FLAG_H2_TE)) && !stream_is_reset(&exchange->stream);
}

/* No later frame can change what became of it. */
static bool is_settled(const H2Conversation *conversation, const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    if (!h2_stream_is_closed(exchange) || stream->request_open || stream->response_open ||
        stream->id == conversation->h2.highest)
        return false; /* the last one stands for the connection at its end */
    return !exchange->response.complete || stream->id < conversation->h2.started;
}

/* Hands it out if it is settled. */
static void settle(H2Conversation *conversation, Exchange *exchange)
{
    if (!is_settled(conversation, exchange))
        return;
    if (is_watched(exchange) && !exchange->stream.watched &&
        conversation->watched < H2_WATCHED_MAX) {
        exchange->stream.watched = true;
        conversation->watched++;
    }
    if (exchange->stream.watched && is_watched(exchange))
        return;
    if (exchange->stream.goaway_open && conversation->streams->len < H2_IN_DOUBT_MAX)
        return; /* a later GOAWAY may show that none before it excluded the stream */
    exchange->later_answered = exchange->response.complete;
    g_ptr_array_steal_index(conversation->streams,
                            place_of(conversation->streams, exchange->stream.id));
    g_ptr_array_add(conversation->settled, exchange);
}

/* Messages ------------------------------------------------------------------------------------ */

static void begin_message(MessageFacts *message, const H2Event *event)
{
    message->begun = true;
    message->first = event->first;
    message->last = event->last;
    message->last_place = event->last_place;
}

static void extend_message(MessageFacts *message, const H2Event *event)
{
    message->last = event->last;
    message->last_place = event->last_place;
}

static void set_head_end(MessageFacts *message, const H2Event *event)
{
    message->head_end = event->last.offset;
    message->head_place = event->last_place;
}

static void look_for_match(const H2Conversation *conversation, Exchange *exchange, const Head *head)
{
    if (conversation->matcher && !(exchange->match & MATCH_FOUND))
        exchange->match |= matcher_ask_head(conversation->matcher, head);
}

static unsigned flags_of(const Head *head)
{
    Listed listed = { 0 };
    return header_flags(head, &listed);
}

static void take_trailers(MessageFacts *message, const Head *head)
{
    unsigned flags = flags_of(head);
    message->header_flags |= flags | (flags ? FLAG_H2_IN_TRAILERS : 0);
}

/* Frames of a side on a stream: what a gap left open of it has not come. */
static void bear_out(Exchange *exchange, bool of_client)
{
    MessageFacts *message = of_client ? &exchange->request : &exchange->response;
    message->broken = false;
    if (of_client)
        exchange->stream.request_open = 0;
    else
        exchange->stream.response_open = 0;
}

/* Requests ------------------------------------------------------------------------------------ */

static void take_request_head(H2Conversation *conversation, Exchange *exchange, const Head *head,
                              ReasonSet reasons)
{
    static const BodyFraming none = { .kind = BODY_NONE };
    exchange_take_request(exchange, NULL, head, &none, &conversation->texts);
    if (!head->method.bytes)
        exchange->method = METHOD_UNKNOWN;
    exchange->request.reasons |= reasons;
    look_for_match(conversation, exchange, head);
}

static void request_complete(H2Conversation *conversation, Exchange *exchange)
{
    exchange->request.complete = true;
    settle(conversation, exchange);
}

/* Ids that were passed over behind a gap: their streams may have been opened in it. */
static void note_missing(H2Conversation *conversation, uint32_t from, uint32_t to)
{
    if (!conversation->h2.lost[conversation->facts.client])
        return;
    for (uint32_t id = from | 1; id < to && conversation->missing_count < H2_MISSING_MAX; id += 2)
        conversation->missing[conversation->missing_count++] = id;
    conversation->h2.missing = conversation->missing_count;
}

/* Whether it is one of them; from now on it is not. */
static bool take_missing(H2Conversation *conversation, uint32_t id)
{
    for (uint32_t i = 0; i < conversation->missing_count; i++) {
        if (conversation->missing[i] != id)
            continue;
        conversation->missing[i] = conversation->missing[--conversation->missing_count];
        conversation->h2.missing = conversation->missing_count;
        return true;
    }
    return false;
}

/* The one before it gets to know it. */
static void note_next(H2Conversation *conversation, const Exchange *exchange)
{
    Exchange *before = find(conversation, conversation->highest[conversation->facts.client]);
    if (!before || stamp_is_set(&before->next_request))
        return;
    before->next_request = exchange->request.first;
    before->next_number = exchange->number;
}

static void new_request(H2Conversation *conversation, const H2Event *event, const Head *head,
                        ReasonSet reasons)
{
    uint32_t *highest = &conversation->highest[conversation->facts.client];
    uint32_t id = event->frame.stream;
    bool in_step = id <= *highest + 2;
    Exchange *exchange = open_stream(conversation, id);
    conversation->h2.opened++;
    conversation->h2.idle_end = (Stamp){ 0 };
    if (exchange) {
        begin_message(&exchange->request, event);
        set_head_end(&exchange->request, event);
        exchange->sending = event->sending;
        take_request_head(conversation, exchange, head, reasons);
        if (exchange->digest)
            digest_head_at(&exchange->digest->request, &event->last);
        note_next(conversation, exchange);
        if (!in_step)
            exchange->requests_hidden = conversation->facts.client_hidden;
    }
    if (in_step)
        conversation->facts.client_hidden &= REASON_LIMIT;
    Exchange *before = find(conversation, *highest);
    note_missing(conversation, *highest + 1, id);
    *highest = conversation->h2.highest = id;
    if (before)
        settle(conversation, before);
    if (exchange && (event->frame.flags & H2_FLAG_END_STREAM))
        request_complete(conversation, exchange);
}

void h2_request_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                      ReasonSet reasons)
{
    uint32_t id = event->frame.stream;
    Exchange *exchange = find(conversation, id);
    if (!exchange) {
        if (id % 2 == 1 && id > conversation->highest[conversation->facts.client])
            new_request(conversation, event, head, reasons);
        return;
    }
    if (exchange->request.complete || exchange->stream.pushed)
        return;
    bear_out(exchange, true);
    extend_message(&exchange->request, event);
    if (!exchange->request.begun) { /* its HEADERS are lost, and these are trailers */
        exchange->request.begun = true;
        exchange->request.first = event->first;
    }
    take_trailers(&exchange->request, head);
    exchange->request.reasons |= reasons;
    if (event->frame.flags & H2_FLAG_END_STREAM)
        request_complete(conversation, exchange);
}

/* Responses ----------------------------------------------------------------------------------- */

static void end_of_stream(H2Conversation *conversation, const Exchange *exchange, const Stamp *last)
{
    bool begun = exchange->response.begun;
    conversation->h2.idle_from = *last;
    conversation->h2.idle_open = 0;
    conversation->h2.idle_burst = begun ? exchange->burst_start : last->time;
    conversation->h2.idle_burst_clock = begun ? exchange->burst_clock : last->clock;
}

static void response_complete(H2Conversation *conversation, Exchange *exchange)
{
    exchange->response.complete = true;
    exchange->response.broken = false;
    conversation->facts.last_response = exchange->response.last;
    conversation->facts.last_until_close = false;
    end_of_stream(conversation, exchange, &exchange->response.last);
    settle(conversation, exchange);
}

/* Of the server's GOAWAYs, one that came in records before this one did not cover the stream. */
static bool is_above_goaway(const H2Conversation *conversation, const Exchange *exchange,
                            const Stamp *first)
{
    const H2Goaways *goaways = &conversation->h2.goaways[1 - conversation->facts.client];
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++)
        if (!exchange->stream.pushed && goaways->kept[i].last_id < exchange->stream.id &&
            goaways->kept[i].last.offset < first->offset)
            return true;
    return false;
}

/* A higher stream than all before got the start of a response: those below it waited for that. */
static void note_started(H2Conversation *conversation, const Exchange *exchange)
{
    uint32_t before = conversation->h2.started;
    if (exchange->stream.pushed || exchange->stream.id <= before)
        return;
    conversation->h2.started = exchange->stream.id;
    GPtrArray *streams = conversation->streams;
    for (guint i = place_of(streams, before); i < streams->len;) {
        Exchange *waited = streams->pdata[i];
        if (waited->stream.id >= conversation->h2.started)
            break;
        settle(conversation, waited);
        i += i < streams->len && streams->pdata[i] == waited;
    }
}

static void begin_response(H2Conversation *conversation, Exchange *exchange, const H2Event *event)
{
    int server = 1 - conversation->facts.client;
    begin_message(&exchange->response, event);
    set_head_end(&exchange->response, event);
    exchange->response.version = HTTP_2;
    exchange->answered = true;
    exchange->response_resent = event->sending.resent;
    exchange->burst_start = event->first.time;
    exchange->burst_clock = event->first.clock;
    exchange->stream.answered_above = is_above_goaway(conversation, exchange, &event->first);
    exchange->stream.goaway_open = conversation->h2.lost[server];
}

static void take_interim(Exchange *exchange, const H2Event *event, const Head *head)
{
    InterimResponses *interim = &exchange->interim;
    unsigned flags = flags_of(head);
    if (interim->count < INTERIM_MAX)
        interim->status[interim->count] = (uint16_t)head->status;
    if (interim->count++ == 0)
        interim->first = event->first;
    interim->last = event->last;
    interim->flags |= flags;
    if (flags && interim->frame == 0)
        interim->frame = event->last.frame;
}

/* A response on a stream whose HEADERS of the client are not there. */
static Exchange *stream_of_lost_request(H2Conversation *conversation, uint32_t id)
{
    int client = conversation->facts.client;
    bool is_new = id % 2 == 1 && id > conversation->highest[client];
    bool may_be = conversation->h2.lost[client] && (is_new || take_missing(conversation, id));
    Exchange *exchange = may_be ? open_stream(conversation, id) : NULL;
    if (!exchange)
        return NULL;
    if (is_new) {
        note_missing(conversation, conversation->highest[client] + 1, id);
        conversation->highest[client] = conversation->h2.highest = id;
    }
    conversation->h2.opened++;
    exchange->request_hidden = true;
    exchange->request.reasons = conversation->h2.lost[client];
    exchange->stream.request_open = conversation->h2.lost[client];
    return exchange;
}

static void note_head_open(H2Conversation *conversation, const Exchange *exchange)
{
    uint32_t *may_have = &conversation->h2.may_have_started;
    if (exchange->stream.head_open && !exchange->stream.pushed)
        *may_have = MAX(*may_have, exchange->stream.id);
}

static void take_final(H2Conversation *conversation, Exchange *exchange, const H2Event *event,
                       const Head *head, ReasonSet reasons)
{
    static const BodyFraming none = { .kind = BODY_NONE };
    bool ends = event->frame.flags & H2_FLAG_END_STREAM;
    begin_response(conversation, exchange, event);
    exchange->response.reasons |= reasons;
    exchange->stream.head_open = 0;
    if (head->status) {
        exchange_take_response(exchange, head, &none, &conversation->texts);
        if (exchange->digest)
            digest_head_at(&exchange->digest->response, &event->last);
        look_for_match(conversation, exchange, head);
    } else {
        exchange->response.header_flags = flags_of(head);
        exchange->response.notes = HEAD_INCOMPLETE;
        exchange->stream.head_open = ends ? 0 : reasons ? reasons : REASON_MALFORMED;
    }
    note_head_open(conversation, exchange);
    if (!exchange->stream.head_open)
        note_started(conversation, exchange);
    if (ends)
        response_complete(conversation, exchange);
}

/* DATA or trailers show that the head before them was that of the final response. */
static void bear_out_head(H2Conversation *conversation, Exchange *exchange)
{
    if (!exchange->stream.head_open)
        return;
    exchange->stream.head_open = 0;
    note_started(conversation, exchange);
}

void h2_response_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                       ReasonSet reasons)
{
    bool ends = event->frame.flags & H2_FLAG_END_STREAM;
    Exchange *exchange = find(conversation, event->frame.stream);
    if (!exchange)
        exchange = stream_of_lost_request(conversation, event->frame.stream);
    if (!exchange || exchange->response.complete)
        return;
    bool again = exchange->response.begun && exchange->stream.head_open && !ends;
    bear_out(exchange, false);
    if (exchange->response.begun && !again) {
        bear_out_head(conversation, exchange);
        extend_message(&exchange->response, event);
        take_trailers(&exchange->response, head);
        if (ends)
            response_complete(conversation, exchange);
    } else if (head->status >= 100 && head->status < 200 && !ends) {
        take_interim(exchange, event, head);
    } else {
        take_final(conversation, exchange, event, head, reasons);
    }
}

/* Its HEADERS are in a gap. */
static void begin_without_head(H2Conversation *conversation, Exchange *exchange,
                               const H2Event *event, ReasonSet reasons)
{
    begin_response(conversation, exchange, event);
    exchange->response.reasons |= reasons ? reasons : REASON_MALFORMED;
    note_started(conversation, exchange);
}

void h2_response_cut(H2Conversation *conversation, const H2Event *event, ReasonSet reasons)
{
    Exchange *exchange = find(conversation, event->frame.stream);
    if (!exchange || exchange->response.complete || event->frame.type == H2_PUSH_PROMISE)
        return;
    if (exchange->response.begun) {
        extend_message(&exchange->response, event);
        return;
    }
    begin_response(conversation, exchange, event);
    exchange->response.reasons |= reasons;
    exchange->stream.head_open = reasons ? reasons : REASON_CAPTURE_ENDED;
    note_head_open(conversation, exchange);
}

/* Pushed ones --------------------------------------------------------------------------------- */

void h2_promise_block(H2Conversation *conversation, const H2Event *event, const Head *head,
                      ReasonSet reasons)
{
    uint32_t *highest = &conversation->highest[1 - conversation->facts.client];
    uint32_t id = event->frame.stream;
    if (id % 2 == 1 || id <= *highest)
        return;
    *highest = id;
    Exchange *exchange = open_stream(conversation, id);
    if (!exchange)
        return;
    exchange->stream.pushed = true;
    conversation->h2.pushed++;
    begin_message(&exchange->request, event);
    set_head_end(&exchange->request, event);
    take_request_head(conversation, exchange, head, reasons);
    exchange->request.complete = true;
}

/* DATA, RST_STREAM ----------------------------------------------------------------------------- */

static void response_data(H2Conversation *conversation, Exchange *exchange, const H2Event *event)
{
    const SessionUnit *unit = conversation->unit;
    if (!exchange->response.begun)
        begin_without_head(conversation, exchange, event,
                           conversation->h2.lost[1 - conversation->facts.client]);
    bear_out_head(conversation, exchange);
    if (unit->kind == SESSION_DATA && unit->free_to_send > BURST_PAUSE && !unit->resent) {
        exchange->burst_start = unit->first.time;
        exchange->burst_clock = unit->first.clock;
    }
}

void h2_data(H2Conversation *conversation, int side, const H2Event *event)
{
    bool of_client = side == conversation->facts.client;
    bool ends = event->kind == H2_FRAME_ENDS && (event->frame.flags & H2_FLAG_END_STREAM);
    Exchange *exchange = find(conversation, event->frame.stream);
    if (!exchange && !of_client)
        exchange = stream_of_lost_request(conversation, event->frame.stream);
    if (!exchange)
        return;
    MessageFacts *message = of_client ? &exchange->request : &exchange->response;
    if (message->complete)
        return;
    if (!of_client)
        response_data(conversation, exchange, event);
    bear_out(exchange, of_client);
    extend_message(message, event);
    if (ends && of_client)
        request_complete(conversation, exchange);
    else if (ends)
        response_complete(conversation, exchange);
}

void h2_reset(H2Conversation *conversation, int side, const H2Event *event)
{
    StreamEnd end = side == conversation->facts.client ? STREAM_OF_CLIENT : STREAM_OF_SERVER;
    Exchange *exchange = find(conversation, event->frame.stream);
    uint32_t code;
    if (!exchange && end == STREAM_OF_SERVER)
        exchange = stream_of_lost_request(conversation, event->frame.stream);
    if (!exchange || exchange->stream.reset[end].frame || !span_be32(event->payload, 0, &code))
        return;
    StreamFacts *stream = &exchange->stream;
    if (!stream_is_reset(stream))
        stream->first_reset = end;
    stream->reset[end] = (StreamReset){ event->first.frame, code };
    if (end == STREAM_OF_SERVER)
        stream->response_open = 0;
    if (!exchange->response.complete)
        end_of_stream(conversation, exchange, &event->last);
    settle(conversation, exchange);
}

/* Gaps ---------------------------------------------------------------------------------------- */

void h2_streams_lose(H2Conversation *conversation, int side, ReasonSet reasons)
{
    bool of_client = side == conversation->facts.client;
    for (guint i = 0; i < conversation->streams->len; i++) {
        Exchange *exchange = conversation->streams->pdata[i];
        MessageFacts *message = of_client ? &exchange->request : &exchange->response;
        if (of_client && !exchange->response.complete)
            exchange->stream.request_open |= reasons;
        if (!of_client && !message->complete)
            exchange->stream.response_open |= reasons;
        if (message->complete || (of_client && exchange->stream.pushed))
            continue;
        message->broken = true;
        message->reasons |= reasons;
    }
}
