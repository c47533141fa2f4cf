/* The server's messages. */
#include "http1/conversation_state.h"

/* Those before may have been answered by what is missing of the server. */
static void hide_responses_before(Conversation *conversation, int index)
{
    Pending *pending = &conversation->pending;
    for (int i = pending->settled; i < index; i++)
        if (pending_waits(pending_at(pending, i)))
            pending_at(pending, i)->response_hidden = true;
}

/* What comes behind an accepted reset answers nothing, but whether it was accepted only the end
 * tells. */
static inline void settle_before(Conversation *conversation, int index)
{
    const Connection *connection = conversation->unit->connection;
    if (!connection_reset(connection, 0) && !connection_reset(connection, 1))
        pending_settle_before(&conversation->pending, index);
    else if (conversation->facts.server_hidden)
        hide_responses_before(conversation, index);
}

static void confirm_request(Conversation *conversation, Exchange *exchange, int64_t acked)
{
    if (!exchange->request.tentative || !pairing_acknowledges_end(exchange, acked))
        return;
    exchange->request.tentative = false;
    exchange->request.reasons &= (ReasonSet)~GAP_REASONS;
    bool last =
        conversation_at(conversation, pending_count(&conversation->pending) - 1) == exchange;
    if (last && conversation->pairing.client_gap_end <= exchange->request.last_place + 1)
        conversation->facts.client_hidden = 0;
}

/* Whichever it answers, it bears out all that wait for one. */
static void confirm_requests(Conversation *conversation, int64_t acked)
{
    Pending *pending = &conversation->pending;
    for (int i = pending->settled; i < pending_count(pending); i++)
        if (pending_waits(pending_at(pending, i)))
            confirm_request(conversation, pending_at(pending, i), acked);
}

static void note_answered(Conversation *conversation, const Exchange *exchange, const Stamp *stamp)
{
    int64_t answered = pairing_answered(exchange, stamp);
    conversation->pairing.answered_up_to = MAX(conversation->pairing.answered_up_to, answered);
}

/* What it answers is not in the capture. Others may wait, or may have been answered by it or by
 * another such response. */
static void answer_hidden_request(Conversation *conversation, int index, int64_t acked)
{
    Pending *pending = &conversation->pending;
    pending_at(pending, index)->request.reasons |= conversation->facts.client_hidden;
    for (int i = pending->settled; i < index; i++)
        if (pairing_reaches(pending_at(pending, i), acked))
            pending_at(pending, i)->response_hidden = true;
}

/* It answers a request that nobody sees: settled is what came before those that wait. */
static void settle_before_hidden(Conversation *conversation, int index)
{
    const Pending *pending = &conversation->pending;
    int settled = pending->settled;
    while (settled < index &&
           (pending_at(pending, settled)->answered || !pending_at(pending, settled)->request.begun))
        settled++;
    settle_before(conversation, settled);
}

/* How much of a request had arrived cannot be told where bytes of it are missing: what looks like a
 * response may be its own, or that of one behind it. */
static void may_answer_broken(Conversation *conversation, int64_t acked)
{
    Pending *pending = &conversation->pending;
    bool broken = false;
    for (int i = pending->settled; i < pending_count(pending); i++) {
        Exchange *exchange = pending_at(pending, i);
        broken = broken || exchange->request.broken;
        if (broken && pairing_reaches(exchange, acked))
            exchange->response_hidden = true;
    }
}

/* A request that the capture lacks lies before the end of the last gap. Where the client is not
 * seen at all, it may lie anywhere. */
static int64_t hidden_before(const Conversation *conversation)
{
    bool seen = conversation->unit->connection->half[conversation->facts.client].seen;
    return seen ? conversation->pairing.client_gap_past : INT64_MAX;
}

static int stand_alone(Conversation *conversation, const ResponseStart *response)
{
    Asked asked = pairing_asked(&conversation->pairing, &conversation->pending, response);
    if (asked == ASKED_NOT && response->by_seeking) { /* a look-alike inside what a gap tore open */
        may_answer_broken(conversation, response->acked);
        return -1;
    }
    if (asked != ASKED_NOT)
        confirm_requests(conversation, response->acked);
    int index = conversation_append(conversation);
    if (index < 0)
        return -1;
    Exchange *alone = conversation_at(conversation, index);
    alone->request_hidden = asked != ASKED_NOT;
    alone->hidden_before = hidden_before(conversation);
    alone->unsolicited = asked == ASKED_NOT;
    alone->perhaps_unasked = asked == ASKED_PERHAPS;
    if (asked != ASKED_NOT)
        answer_hidden_request(conversation, index, response->acked);
    if (asked == ASKED_PERHAPS && response->may_come_from_before)
        conversation->facts.client_hidden |= REASON_MIDSTREAM; /* several came in one go */
    return index;
}

/* Bytes that had been sent before came first at a time that the capture does not know: at worst
 * with the request. */
static void set_burst(const Conversation *conversation, Exchange *exchange)
{
    const Connection *connection = conversation->unit->connection;
    bool resent = conversation->unit->resent;
    const Stamp *start = resent ? &exchange->request.first : &exchange->response.first;
    bool known = !resent || exchange->request.begun;
    exchange->burst_start = known ? start->time : connection->start;
    exchange->burst_clock = known ? start->clock : connection->start_clock;
}

/* An exchange of which only 1xx have come, while no byte of the server is missing since; -1: there
 * is none. The next response is its final one, whatever it acknowledges. */
static int in_part(const Conversation *conversation)
{
    const Pending *pending = &conversation->pending;
    int last = pending_count(pending) - 1;
    if (conversation->facts.server_hidden)
        return -1;
    for (int i = last; i >= pending->settled; i--) {
        const Exchange *exchange = pending_at(pending, i);
        /* Elsewhere it is the first that waits. */
        bool astray = conversation->pairing.uncertain || exchange->request_hidden ||
                      (i == last && !exchange->request.begun);
        if (astray && exchange->interim.count && !exchange->response.begun &&
            !exchange->response_hidden)
            return i;
    }
    return -1;
}

static ReasonSet holes_of(const Conversation *conversation)
{
    return hole_reasons(&conversation->facts, conversation->unit->connection->opener_known);
}

/* The request had been sent before the server's bytes before this response came, and so had one
 * before it of which no response is known. */
static bool may_be_anothers(const Conversation *conversation, int index,
                            const ResponseStart *response)
{
    if (conversation_at(conversation, index)->request.first.acked >= response->offset)
        return false;
    for (int i = 0; i < index; i++) {
        const Exchange *earlier = conversation_at(conversation, i);
        if (earlier->request.begun && !earlier->response.begun)
            return true;
    }
    return false;
}

/* The index of the exchange that the response is of; -1: of none. */
static int find_exchange(Conversation *conversation, const MessageEvent *message)
{
    const Connection *connection = conversation->unit->connection;
    ConversationFacts *facts = &conversation->facts;
    const FinFact *fin = &connection->half[facts->client].fin;
    ResponseStart response = { .offset = message->first.offset,
                               .acked = message->first.acked,
                               .by_seeking = message->sought & GAP_REASONS,
                               .client_hidden = facts->client_hidden,
                               .server_hidden = facts->server_hidden,
                               .may_come_from_before = !connection->opener_known,
                               .client_seen = connection->half[facts->client].seen };
    if (fin->proof != FIN_NONE) /* that it has received the FIN shows no request */
        response.acked = MIN(response.acked, fin->stamp.offset);
    int index = in_part(conversation);
    if (index >= 0)
        return index;
    index = pairing_target(&conversation->pairing, &conversation->pending, &response);
    if (index < 0)
        return stand_alone(conversation, &response);
    Exchange *target = conversation_at(conversation, index);
    if (conversation->pairing.uncertain && may_be_anothers(conversation, index, &response))
        target->pairing_open |= holes_of(conversation);
    confirm_request(conversation, target, response.acked);
    settle_before(conversation, index);
    if (pairing_is_certain_again(&conversation->pairing, target, facts->client_hidden))
        conversation->pairing.uncertain = false;
    return index;
}

/* Those of which only 1xx have come, and then bytes of the server are missing. */
static void hide_final_responses(Conversation *conversation, int except)
{
    const Pending *pending = &conversation->pending;
    for (int i = pending->settled; i < pending_count(pending); i++) {
        Exchange *exchange = pending_at(pending, i);
        if (i != except && exchange->interim.count && !exchange->response.begun)
            exchange->response_hidden = true;
    }
}

static bool response_begins(Conversation *conversation, MessageReader *reader,
                            const MessageEvent *message)
{
    int index = find_exchange(conversation, message);
    if (index < 0) {
        message_reader_reject(reader);
        return false;
    }
    Exchange *exchange = conversation_at(conversation, index);
    exchange->answered = true;
    message_facts_begin(&exchange->response, message);
    exchange->response_resent = conversation->unit->resent;
    set_burst(conversation, exchange);
    conversation->answering = index;
    conversation->pairing.behind_gap = pairing_may_be_behind_gap(&conversation->pairing, exchange,
                                                                 conversation->facts.server_hidden);
    exchange->responses_hidden |= conversation->facts.server_hidden;
    if (conversation->facts.server_hidden)
        hide_final_responses(conversation, index);
    conversation->facts.server_hidden = 0;
    note_answered(conversation, exchange, &message->first);
    return true;
}

static Span method_text(MethodClass method)
{
    switch (method) {
    case METHOD_HEAD:
        return span_of_text("HEAD");
    case METHOD_CONNECT:
        return span_of_text("CONNECT");
    case METHOD_OTHER:
        return span_of_text("GET");
    case METHOD_UNKNOWN:
        break;
    }
    return (Span){ 0 };
}

/* What a final response to a request means for what the client may send next. */
static void response_steers_client(Conversation *conversation, const Exchange *exchange)
{
    MessageReader *reader = conversation_client(conversation);
    if (!reader)
        return;
    if (exchange_switched(exchange))
        message_reader_opaque(reader);
    else if (exchange->method == METHOD_CONNECT)
        message_reader_resume(reader);
    else if (exchange->expects_continue && !exchange->request.complete)
        message_reader_body_refused(reader);
}

static void take_interim_flags(Exchange *exchange, const MessageEvent *message)
{
    Listed listed = connection_options(&message->head);
    unsigned flags = header_flags(&message->head, &listed);
    exchange->interim.flags |= flags;
    if (flags && exchange->interim.frame == 0)
        exchange->interim.frame = message->last.frame;
}

/* Servers send these unasked as well, at an idle close. */
static bool may_be_unasked(int status)
{
    return status == 400 || status == 408 || status == 503;
}

/* The response being read is none to the request that it was taken for: whose it is, cannot be
 * named. */
static void part_from_request(Conversation *conversation)
{
    int index = conversation_append(conversation);
    if (index < 0)
        return;
    Exchange *asked = conversation_at(conversation, conversation->answering);
    Exchange *alone = conversation_at(conversation, index);
    alone->request_hidden = alone->answered = alone->perhaps_unasked = true;
    alone->hidden_before = hidden_before(conversation);
    alone->request.reasons = holes_of(conversation);
    alone->response = asked->response;
    alone->response_resent = asked->response_resent;
    alone->burst_start = asked->burst_start;
    alone->burst_clock = asked->burst_clock;
    asked->response = (MessageFacts){ 0 };
    asked->response_resent = false;
    asked->answered = asked->interim.count > 0;
    asked->response_hidden = true;
    conversation->answering = index;
}

/* A response more than there are requests, in mid-stream or behind a gap: it answers one of them,
 * or one that the capture lacks, and those before it may answer others than theirs. `since`: the
 * server's offset behind its last gap. */
static void shift_pairs_before(Conversation *conversation, int extra, int64_t since,
                               ReasonSet reasons)
{
    int64_t client_gap = conversation->pairing.client_gap_past;
    for (int i = 0; i < extra; i++) {
        Exchange *exchange = conversation_at(conversation, i);
        bool behind = exchange->response.first.offset >= since ||
                      (client_gap != NO_OFFSET && exchange->request.first.offset >= client_gap);
        if (exchange->answered && exchange->request.begun && exchange->response.begun && behind)
            exchange->pairing_open |= reasons;
    }
}

static void answer_what_came_before(Conversation *conversation, int index, int64_t since,
                                    ReasonSet reasons)
{
    Exchange *extra = conversation_at(conversation, index);
    extra->unsolicited = false;
    extra->request_hidden = true;
    extra->request.reasons |= reasons;
    conversation->facts.client_hidden |= reasons & REASON_MIDSTREAM; /* several came in one go */
    shift_pairs_before(conversation, index, since, reasons);
}

/* In mid-stream, a 100 to a request that did not ask for one: it is another's. */
static bool is_misplaced(const Conversation *conversation, const Exchange *exchange, int status)
{
    return status == 100 && !conversation->unit->connection->opener_known &&
           exchange->request.has_head && !exchange->expects_continue;
}

static void weigh_status(Conversation *conversation, int status)
{
    int index = conversation->answering;
    Exchange *exchange = conversation_at(conversation, index);
    bool unasked = may_be_unasked(status);
    int64_t gap = conversation->pairing.server_gap_past;
    if (unasked && conversation->pairing.behind_gap) {
        part_from_request(conversation);
    } else if (exchange->unsolicited && !unasked) {
        if (!conversation->unit->connection->opener_known)
            answer_what_came_before(conversation, index, NO_OFFSET, REASON_MIDSTREAM);
        else if (gap != NO_OFFSET || conversation->pairing.client_gap_past != NO_OFFSET)
            answer_what_came_before(conversation, index, gap != NO_OFFSET ? gap : INT64_MAX,
                                    holes_of(conversation));
    } else if (exchange->request_hidden) {
        exchange->perhaps_unasked |= unasked;
        if (!unasked && exchange->perhaps_unasked)
            shift_pairs_before(conversation, index, gap != NO_OFFSET ? gap : INT64_MAX,
                               holes_of(conversation));
        if (!exchange->perhaps_unasked)
            settle_before_hidden(conversation, index);
    } else if (is_misplaced(conversation, exchange, status)) {
        shift_pairs_before(conversation, index + 1, NO_OFFSET, REASON_MIDSTREAM);
    }
}

/* In mid-stream, the first response. */
static bool may_be_of_before(const Conversation *conversation)
{
    return !conversation->unit->connection->opener_known &&
           !stamp_is_set(&conversation->facts.last_response);
}

/* RFC 7540 §3.2: HTTP/2 begins behind the two heads. */
static void note_upgrade(Conversation *conversation, const Exchange *exchange)
{
    ConversationFacts *facts = &conversation->facts;
    if (facts->client < 0 || !exchange->request.complete)
        return;
    facts->upgraded_at[facts->client] = exchange->request.last_place + 1;
    facts->upgraded_at[1 - facts->client] = exchange->response.head_place + 1;
}

static void response_head(Conversation *conversation, MessageReader *reader,
                          const MessageEvent *message)
{
    if (conversation->answering < 0)
        return;
    weigh_status(conversation, message->head.status);
    Exchange *exchange = conversation_at(conversation, conversation->answering);
    exchange->response.last = message->last;
    exchange->response.last_place = message->last_place;
    BodyFraming framing = framing_of_response(&message->head, method_text(exchange->method));
    message_reader_body(reader, &framing);
    if (exchange_method_is_open(exchange) ||
        may_be_of_before(conversation)) /* of a HEAD, perhaps */
        message_reader_body_refused(reader);
    int status = message->head.status;
    if (status < 200 && status != 101) {
        if (exchange->interim.count < INTERIM_MAX)
            exchange->interim.status[exchange->interim.count] = (uint16_t)status;
        exchange->interim.count++;
        take_interim_flags(exchange, message);
        return;
    }
    if (message->head.notes & HEAD_INCOMPLETE)
        framing = (BodyFraming){ .kind = BODY_NONE };
    exchange_take_response(exchange, &message->head, &framing, &conversation->texts);
    conversation_look_for_match(conversation, exchange, &message->head);
    message_facts_head(&exchange->response, message);
    if (exchange->digest)
        digest_head_at(&exchange->digest->response, &message->last);
    conversation->facts.version = exchange->response.version;
    conversation->facts.minor = exchange->response.minor;
    response_steers_client(conversation, exchange);
    if (exchange->status == 101 && (exchange->response.header_flags & FLAG_H2C))
        note_upgrade(conversation, exchange);
}

static void response_ends(Conversation *conversation, const MessageReader *reader,
                          const MessageEvent *message)
{
    if (conversation->answering < 0)
        return;
    Exchange *exchange = conversation_at(conversation, conversation->answering);
    conversation->answering = -1;
    if (!message->end_missing) /* else the stamp is that of what follows the gap */
        note_answered(conversation, exchange, &message->last);
    if (!exchange->response.has_head && exchange->response.version != HTTP_0_9) {
        if (!stamp_is_set(&exchange->interim.first))
            exchange->interim.first = exchange->response.first;
        exchange->interim.last = message->last;
        exchange->response = (MessageFacts){ 0 }; /* a 1xx: the final response is still to come */
        return;
    }
    message_facts_end(&exchange->response, message, reader);
    if (exchange->digest)
        digest_content(&exchange->digest->response, message_reader_content(reader));
    if (exchange->unsolicited && stamp_is_set(&conversation->facts.last_response))
        return;
    conversation->facts.last_response = message->last;
    conversation->facts.last_until_close = exchange->response.framing.kind == BODY_UNTIL_CLOSE;
}

static void response_without_head(Conversation *conversation, MessageReader *reader,
                                  Exchange *exchange, int index, const MessageEvent *message)
{
    settle_before(conversation, index);
    exchange->answered = true;
    message_facts_begin(&exchange->response, message);
    exchange->response.version = HTTP_0_9;
    exchange->response.framing.kind = BODY_UNTIL_CLOSE;
    set_burst(conversation, exchange);
    conversation->answering = index;
    conversation->facts.version = HTTP_0_9;
    message_reader_body(reader, &exchange->response.framing);
}

/* They are no message, so they may be the body of a response that was taken for that to a HEAD: it
 * is another's, and so are those before it. */
static void weigh_trailing_bytes(Conversation *conversation, int index)
{
    bool midstream = !conversation->unit->connection->opener_known;
    int64_t gap = conversation->pairing.server_gap_past;
    if (conversation_at(conversation, index)->method != METHOD_HEAD)
        return;
    if (midstream)
        shift_pairs_before(conversation, index + 1, NO_OFFSET, REASON_MIDSTREAM);
    else if (gap != NO_OFFSET || conversation->pairing.client_gap_past != NO_OFFSET)
        shift_pairs_before(conversation, index + 1, gap != NO_OFFSET ? gap : INT64_MAX,
                           holes_of(conversation));
}

/* Bytes right behind the last response that are of no message. */
static void note_trailing_bytes(Conversation *conversation, const MessageEvent *message)
{
    for (int i = pending_count(&conversation->pending) - 1; i >= 0; i--) {
        Exchange *exchange = conversation_at(conversation, i);
        if (!exchange->response.begun)
            continue;
        if (exchange->response.complete &&
            exchange->response.last_place + 1 == message->first_place) {
            exchange->trailing_bytes = message->first.frame;
            weigh_trailing_bytes(conversation, i);
        }
        return;
    }
}

static void response_junk(Conversation *conversation, MessageReader *reader,
                          const MessageEvent *message)
{
    if (message->begun && conversation->answering >= 0) {
        message_facts_break(&conversation_at(conversation, conversation->answering)->response,
                            message, reader);
        conversation->answering = -1;
        conversation_hide(conversation, &conversation->facts.server_hidden, message->reason);
        return;
    }
    note_trailing_bytes(conversation, message);
    int index = pending_first_waiting(&conversation->pending);
    if (index < 0)
        return; /* extra bytes with no request outstanding are passed over */
    Exchange *exchange = conversation_at(conversation, index);
    if (exchange->request.version == HTTP_0_9 && pairing_reaches(exchange, message->first.acked))
        response_without_head(conversation, reader, exchange, index, message);
    else
        conversation_hide(conversation, &conversation->facts.server_hidden, message->reason);
}

static void response_lost(Conversation *conversation, const MessageReader *reader,
                          const MessageEvent *message)
{
    if (message->begun && conversation->answering >= 0)
        message_facts_break(&conversation_at(conversation, conversation->answering)->response,
                            message, reader);
    conversation->answering = -1;
    conversation_lost_between(conversation, &conversation->facts.server_hidden, message);
}

void conversation_responses_end(Conversation *conversation)
{
    for (int i = conversation->pending.settled; i < pending_count(&conversation->pending); i++) {
        const Exchange *exchange = conversation_at(conversation, i);
        if (exchange->unsolicited && exchange->response.begun && !exchange->response.has_head)
            answer_what_came_before(conversation, i, NO_OFFSET, REASON_MIDSTREAM);
    }
}

void conversation_response_event(Conversation *conversation, MessageReader *reader,
                                 const MessageEvent *message)
{
    switch (message->kind) {
    case MESSAGE_BEGIN:
        if (response_begins(conversation, reader, message) && message->with_head)
            response_head(conversation, reader, message);
        break;
    case MESSAGE_HEAD:
        response_head(conversation, reader, message);
        break;
    case MESSAGE_END:
        response_ends(conversation, reader, message);
        break;
    case MESSAGE_JUNK:
        response_junk(conversation, reader, message);
        break;
    case MESSAGE_LOST:
        response_lost(conversation, reader, message);
        break;
    }
}
