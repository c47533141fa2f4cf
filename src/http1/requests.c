/* The client's messages. */
#include "http1/conversation_state.h"

/* In mid-stream, the first one that is seen: the server has acknowledged something before, and sent
 * nothing, so it owes a response already. */
static bool may_be_behind_another(const Conversation *conversation, const Exchange *exchange)
{
    const Connection *connection = conversation->unit->connection;
    int server = 1 - conversation->facts.client;
    return !connection->opener_known && exchange->number == 1 && server == 0 &&
           connection->half[0].payload == 0;
}

/* Behind the responses to all requests before this one; INT64_MAX: one of them may end anywhere. */
static int64_t answers_end(const Conversation *conversation, int index)
{
    for (int i = conversation->pending.settled; i < index; i++) {
        const Exchange *earlier = conversation_at(conversation, i);
        if (earlier->request.begun && !earlier->response.complete)
            return INT64_MAX;
    }
    const Stamp *last = &conversation->facts.last_response;
    return stamp_is_set(last) ? stamp_past(last) : 0;
}

/* A client that does not wait for the response to a request that was seen may not have waited for
 * those in a gap before that either, whatever came in between. */
static void note_pipelining(Conversation *conversation, int index)
{
    const Exchange *exchange = conversation_at(conversation, index);
    if (index <= conversation->pending.settled)
        return;
    Exchange *before = conversation_at(conversation, index - 1);
    if (before->behind_gap && pending_waits(before) &&
        exchange->request.first.acked <= before->request.first.acked)
        before->pipelined_behind_gap = true;
}

static bool request_begins(Conversation *conversation, const MessageEvent *message)
{
    const SessionUnit *unit = conversation->unit;
    const Pairing *pairing = &conversation->pairing;
    int index = conversation_append(conversation);
    if (index < 0) {
        message_reader_reject(conversation_client(conversation));
        conversation_hide(conversation, &conversation->facts.client_hidden, REASON_LIMIT);
        conversation->pairing.uncertain = true;
        return false;
    }
    Exchange *exchange = conversation_at(conversation, index);
    message_facts_begin(&exchange->request, message);
    exchange->request.tentative = message->sought & GAP_REASONS;
    exchange->request.sought = message->sought != 0;
    exchange->request.reasons = message->sought & GAP_REASONS;
    exchange->sending.quiet_acked = unit->quiet_acked;
    exchange->sending.bare_acked = unit->bare_acked;
    exchange->sending.resent = unit->resent;
    exchange->sending.free_since = message->first.time - unit->free_to_send;
    exchange->behind_gap = message->first_place == pairing->client_gap_end;
    exchange->pipelined_behind_gap =
        pairing_begins_behind_gap(pairing, message->first_place, message->first.acked,
                                  &exchange->sending, answers_end(conversation, index));
    exchange->sent_early = pairing_in_rest(pairing, message->first.acked);
    exchange->sent_unseen = !unit->connection->opener_known && exchange->number == 1 &&
                            unit->connection->half[conversation->facts.client].acked == NO_OFFSET;
    note_pipelining(conversation, index);
    exchange->requests_hidden = conversation->facts.client_hidden;
    if (may_be_behind_another(conversation, exchange))
        exchange->pairing_open = REASON_MIDSTREAM;
    conversation->requesting = index;
    if (!exchange->request.tentative)
        conversation->facts.client_hidden = 0;
    for (int i = index - 1; i >= 0; i--) {
        Exchange *earlier = conversation_at(conversation, i);
        if (stamp_is_set(&earlier->next_request))
            break;
        earlier->next_request = message->first;
        earlier->next_number = exchange->number;
    }
    return true;
}

/* Whether this is the CONNECT before it once more, with what the 407 asked for. */
static void note_credentials(Exchange *before, const Exchange *exchange)
{
    if (exchange->method != METHOD_CONNECT || !before ||
        !(exchange->request.header_flags & FLAG_CREDENTIALS))
        return;
    before->connect.retried = before->method == METHOD_CONNECT && before->status == 407 &&
                              before->connect.target_hash == exchange->connect.target_hash;
}

static void request_head(Conversation *conversation, const MessageEvent *message)
{
    int index = conversation->requesting;
    if (index < 0)
        return;
    Exchange *exchange = conversation_at(conversation, index);
    BodyFraming framing = framing_of_request(&message->head);
    if (message->head.notes & HEAD_INCOMPLETE)
        framing = (BodyFraming){ .kind = BODY_NONE };
    Exchange *before = index > 0 ? conversation_at(conversation, index - 1) : NULL;
    exchange_take_request(exchange, before, &message->head, &framing, &conversation->texts);
    conversation_look_for_match(conversation, exchange, &message->head);
    message_facts_head(&exchange->request, message);
    if (exchange->digest)
        digest_head_at(&exchange->digest->request, &message->last);
    note_credentials(before, exchange);
    if (exchange->method == METHOD_CONNECT)
        framing = (BodyFraming){ .kind = BODY_OPAQUE, .notes = framing.notes };
    message_reader_body(conversation_client(conversation), &framing);
    if (conversation->facts.version == HTTP_UNKNOWN ||
        !stamp_is_set(&conversation->facts.last_response)) {
        conversation->facts.version = exchange->request.version;
        conversation->facts.minor = exchange->request.minor;
    }
}

void conversation_note_early(Conversation *conversation, const Stamp *stamp)
{
    int last = pending_count(&conversation->pending) - 1;
    if (last < 0 || conversation->requesting >= 0)
        return;
    Exchange *exchange = conversation_at(conversation, last);
    if (exchange->request.complete && !stamp_is_set(&exchange->early))
        exchange->early = *stamp;
}

/* What began there was no message. */
static void drop_last(Conversation *conversation)
{
    int last = pending_count(&conversation->pending) - 1;
    pending_drop_last(&conversation->pending);
    conversation->facts.exchanges--;
    if (conversation->requesting == last)
        conversation->requesting = -1;
    if (conversation->answering == last)
        conversation->answering = -1;
}

static void request_junk(Conversation *conversation, const MessageEvent *message)
{
    int last = pending_count(&conversation->pending) - 1;
    if (message->begun && conversation->requesting >= 0) {
        Exchange *exchange = conversation_at(conversation, conversation->requesting);
        if (!exchange->request.has_head && conversation->requesting == last)
            drop_last(conversation);
        else
            message_facts_break(&exchange->request, message, conversation_client(conversation));
    } else if (last >= conversation->pending.settled) {
        /* Bytes that are no message right behind one that was found by seeking: it was none. */
        Exchange *exchange = conversation_at(conversation, last);
        if (exchange->request.begun && exchange->request.tentative && !exchange->answered)
            drop_last(conversation);
    }
    conversation->requesting = -1;
    if (!message->begun)
        conversation_note_early(conversation, &message->first);
    conversation_hide(conversation, &conversation->facts.client_hidden, message->reason);
}

static void request_lost(Conversation *conversation, const MessageEvent *message)
{
    if (message->begun && conversation->requesting >= 0)
        message_facts_break(&conversation_at(conversation, conversation->requesting)->request,
                            message, conversation_client(conversation));
    conversation->requesting = -1;
    conversation_lost_between(conversation, &conversation->facts.client_hidden, message);
}

static void request_ends(Conversation *conversation, const MessageEvent *message)
{
    MessageReader *reader = conversation_client(conversation);
    if (conversation->requesting >= 0) {
        Exchange *exchange = conversation_at(conversation, conversation->requesting);
        message_facts_end(&exchange->request, message, reader);
        if (exchange->digest)
            digest_content(&exchange->digest->request, message_reader_content(reader));
    }
    conversation->requesting = -1;
}

void conversation_request_event(Conversation *conversation, const MessageEvent *message)
{
    switch (message->kind) {
    case MESSAGE_BEGIN:
        if (request_begins(conversation, message) && message->with_head)
            request_head(conversation, message);
        break;
    case MESSAGE_HEAD:
        request_head(conversation, message);
        break;
    case MESSAGE_END:
        request_ends(conversation, message);
        break;
    case MESSAGE_JUNK:
        request_junk(conversation, message);
        break;
    case MESSAGE_LOST:
        request_lost(conversation, message);
        break;
    }
}
