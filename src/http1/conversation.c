/* Feeding, and what only the end tells. Which response answers which request: http1/pairing.h. */
#include "http1/conversation.h"

#include "base/pack.h"
#include "http1/conversation_state.h"

/* A server that was free to send and stayed silent for longer has ended a burst (judgement.md §3).
 * */
#define BURST_PAUSE (1 * NS_PER_SECOND)

Conversation *conversation_new(const TextOptions *texts, const Matcher *matcher)
{
    Conversation *conversation = g_new0(Conversation, 1);
    conversation->texts = *texts;
    conversation->matcher = matcher;
    conversation->requesting = conversation->answering = -1;
    conversation->pairing = PAIRING_BEGIN;
    conversation->facts.client = -1;
    conversation->facts.server_gap_past = NO_OFFSET;
    conversation->facts.upgraded_at[0] = conversation->facts.upgraded_at[1] = NO_OFFSET;
    return conversation;
}

void conversation_free(Conversation *conversation)
{
    if (!conversation)
        return;
    pending_clear(&conversation->pending);
    message_reader_clear(&conversation->reader[0]);
    message_reader_clear(&conversation->reader[1]);
    g_free(conversation);
}

void conversation_pack(const Conversation *conversation, GByteArray *to)
{
    Conversation rest = *conversation;
    g_assert(!conversation->unit);
    rest.reader[0] = rest.reader[1] = (MessageReader){ 0 };
    rest.pending.exchanges = NULL;
    pack_words(to, &rest, sizeof rest);
    for (int side = 0; side < 2; side++)
        if (conversation->reads[side])
            message_reader_pack(&conversation->reader[side], to);
    pending_pack(&conversation->pending, to);
}

Conversation *conversation_unpack(Span *from)
{
    Conversation *conversation = g_new(Conversation, 1);
    unpack_words(from, conversation, sizeof *conversation);
    for (int side = 0; side < 2; side++)
        if (conversation->reads[side])
            message_reader_unpack(&conversation->reader[side], from);
    pending_unpack(&conversation->pending, from);
    return conversation;
}

size_t conversation_size(const Conversation *conversation)
{
    return sizeof *conversation + pending_size(&conversation->pending) +
           message_reader_size(&conversation->reader[0]) +
           message_reader_size(&conversation->reader[1]);
}

const ConversationFacts *conversation_facts(const Conversation *conversation)
{
    return &conversation->facts;
}

bool conversation_next(Conversation *conversation, Exchange *ret_exchange)
{
    if (!pending_take(&conversation->pending, ret_exchange))
        return false;
    if (conversation->requesting >= 0)
        conversation->requesting--;
    if (conversation->answering >= 0)
        conversation->answering--;
    return true;
}

Exchange *conversation_pending(Conversation *conversation, size_t *ret_count)
{
    *ret_count = (size_t)conversation->pending.count;
    return conversation->pending.exchanges;
}

/* For both sides ------------------------------------------------------------------------------ */

int conversation_append(Conversation *conversation)
{
    int index = pending_append(&conversation->pending, conversation->facts.exchanges + 1);
    if (index >= 0)
        conversation->facts.exchanges++;
    return index;
}

void conversation_hide(Conversation *conversation, ReasonSet *hidden, ReasonSet reasons)
{
    *hidden |= reasons;
    conversation->facts.reasons |= reasons;
    if (hidden == &conversation->facts.server_hidden)
        conversation->facts.responses_lost |= reasons & HOLE_REASONS;
}

/* A single byte behind a message may also be the FIN: then nothing is hidden, which only the end
 * can tell. */
void conversation_lost_between(Conversation *conversation, ReasonSet *hidden,
                               const MessageEvent *message)
{
    conversation->end[conversation->unit->side].one_left = !message->begun && message->missing == 1;
    conversation->pairing.uncertain = true;
    conversation_hide(conversation, hidden, message->reason);
}

void conversation_look_for_match(const Conversation *conversation, Exchange *exchange,
                                 const Head *head)
{
    if (conversation->matcher && !(exchange->match & MATCH_FOUND))
        exchange->match |= matcher_ask_head(conversation->matcher, head);
}

void message_facts_begin(MessageFacts *facts, const MessageEvent *message)
{
    facts->begun = true;
    facts->first = facts->last = message->first;
    facts->last_place = message->first_place;
}

void message_facts_head(MessageFacts *facts, const MessageEvent *message)
{
    facts->last = message->last;
    facts->head_end = message->last.offset;
    facts->head_place = facts->last_place = message->last_place;
}

static void take_body_notes(MessageFacts *facts, const MessageReader *reader)
{
    if (facts->framing.kind == BODY_CHUNKED)
        facts->body_notes = message_reader_chunk_notes(reader);
}

void message_facts_end(MessageFacts *facts, const MessageEvent *message,
                       const MessageReader *reader)
{
    facts->complete = true;
    facts->last = message->last;
    facts->last_place = message->last_place;
    facts->end_missing = message->end_missing;
    take_body_notes(facts, reader);
}

void message_facts_break(MessageFacts *facts, const MessageEvent *message,
                         const MessageReader *reader)
{
    facts->broken = true;
    facts->reasons |= message->reason;
    if (message->in_body && message->reason == REASON_MALFORMED)
        take_body_notes(facts, reader);
}

/* Feeding ----------------------------------------------------------------------------------- */

static MessageReader *reader_of(Conversation *conversation, const SessionUnit *unit)
{
    const Connection *connection = unit->connection;
    MessageReader *reader = &conversation->reader[unit->side];
    if (conversation->reads[unit->side])
        return reader;
    if (connection->opener_known && conversation->facts.client < 0)
        conversation->facts.client = 0;
    HeadKind kind = HEAD_EITHER;
    if (conversation->facts.client >= 0)
        kind = unit->side == conversation->facts.client ? HEAD_REQUEST : HEAD_RESPONSE;
    message_reader_init(reader, kind, connection->opener_known ? 0 : REASON_MIDSTREAM);
    if (conversation->texts.digests)
        message_reader_hash_content(reader);
    conversation->reads[unit->side] = true;
    return reader;
}

/* In mid-stream the first start line tells who is the client. */
static void learn_sides(Conversation *conversation, int side, HeadKind kind)
{
    conversation->facts.client = kind == HEAD_REQUEST ? side : 1 - side;
    if (pairing_learn_client(&conversation->pairing, conversation->facts.client))
        conversation->facts.client_hidden |= REASON_MIDSTREAM;
    MessageReader *other = &conversation->reader[1 - side];
    if (!conversation->reads[1 - side] || message_reader_kind(other) != HEAD_EITHER)
        return;
    message_reader_clear(other);
    message_reader_init(other, kind == HEAD_REQUEST ? HEAD_RESPONSE : HEAD_REQUEST,
                        REASON_MIDSTREAM);
    if (conversation->texts.digests)
        message_reader_hash_content(other);
}

static void handle_messages(Conversation *conversation, int side)
{
    MessageReader *reader = &conversation->reader[side];
    MessageEvent message;
    while (message_reader_next(reader, &message)) {
        HeadKind kind = message_reader_kind(reader);
        if (conversation->facts.client < 0) {
            if (kind == HEAD_EITHER)
                continue; /* no message yet that could tell */
            learn_sides(conversation, side, kind);
        }
        if (side == conversation->facts.client)
            conversation_request_event(conversation, &message);
        else
            conversation_response_event(conversation, reader, &message);
    }
}

/* A message in progress goes as far as this data does. */
static void extend_message(Conversation *conversation, const SessionUnit *unit)
{
    if (conversation->facts.client < 0 || unit->length == 0)
        return;
    bool of_client = unit->side == conversation->facts.client;
    int index = of_client ? conversation->requesting : conversation->answering;
    if (index < 0 || message_reader_holds(&conversation->reader[unit->side]))
        return;
    Exchange *exchange = conversation_at(conversation, index);
    MessageFacts *facts = of_client ? &exchange->request : &exchange->response;
    facts->last = unit->last;
    facts->last_place = unit->place + unit->length - 1;
}

/* What follows a request whose body has no known length is taken for its body. */
static bool last_request_is_unreadable(const Conversation *conversation)
{
    for (int i = pending_count(&conversation->pending) - 1; i >= 0; i--) {
        const Exchange *exchange = conversation_at(conversation, i);
        if (exchange->request.begun)
            return exchange->request.framing.kind == BODY_UNREADABLE;
    }
    return false;
}

/* What is passed over while seeking may be messages, of which nobody will know. */
static void note_seeking(Conversation *conversation, const MessageReader *reader, int side)
{
    ConversationFacts *facts = &conversation->facts;
    if (facts->client < 0 || !message_reader_seeking(reader))
        return;
    if (side == facts->client && !facts->client_hidden && !last_request_is_unreadable(conversation))
        facts->client_hidden |= message_reader_sought(reader);
    if (side != facts->client)
        facts->server_gap_past = MAX(facts->server_gap_past, stamp_past(&conversation->unit->last));
    if (side != facts->client && !facts->server_hidden &&
        pending_first_waiting(&conversation->pending) >= 0)
        facts->server_hidden |= message_reader_sought(reader);
}

/* What the client sends through a tunnel, or on after a 101, comes as no message event. */
static void note_passed_over(Conversation *conversation, const SessionUnit *unit)
{
    int count = pending_count(&conversation->pending);
    if (unit->side != conversation->facts.client || count == 0)
        return;
    const Exchange *last = conversation_at(conversation, count - 1);
    int64_t behind = MAX(unit->place, last->request.last_place + 1);
    bool waits = last->method == METHOD_CONNECT && !last->response.has_head;
    if (!last->request.complete || !(waits || exchange_switched(last)) ||
        behind >= unit->place + unit->length)
        return;
    Stamp stamp = session_sent(unit, behind);
    conversation_note_early(conversation, &stamp);
}

static void note_server_bytes(Conversation *conversation, const SessionUnit *unit,
                              const MessageReader *reader)
{
    pairing_note_answer(&conversation->pairing, unit);
    if (message_reader_passes_over(reader))
        pairing_note_rest(&conversation->pairing, &conversation->pending, unit);
}

static void feed_data(Conversation *conversation, const SessionUnit *unit)
{
    MessageReader *reader = reader_of(conversation, unit);
    if (conversation->answering >= 0 && unit->side != conversation->facts.client &&
        unit->free_to_send > BURST_PAUSE && !unit->resent) {
        Exchange *exchange = conversation_at(conversation, conversation->answering);
        exchange->burst_start = unit->first.time;
        exchange->burst_clock = unit->first.clock;
    }
    message_reader_feed(reader, unit);
    handle_messages(conversation, unit->side);
    note_seeking(conversation, reader, unit->side);
    if (conversation->facts.client < 0 && message_reader_passes_over(reader))
        pairing_note_early_gap(&conversation->pairing, unit);
    else if (unit->side != conversation->facts.client)
        note_server_bytes(conversation, unit, reader);
    else if (message_reader_passes_over(reader))
        pairing_note_gap(&conversation->pairing, true, unit); /* nobody has read it */
    note_passed_over(conversation, unit);
    extend_message(conversation, unit);
}

/* Of a response that the capture lacks nobody knows whether it refused the body that its request
 * announced. */
static void doubt_withheld_body(Conversation *conversation)
{
    MessageReader *reader = conversation_client(conversation);
    int index = conversation->requesting;
    if (reader && index >= 0 && conversation_at(conversation, index)->expects_continue)
        message_reader_body_refused(reader);
}

static void feed_gap(Conversation *conversation, const SessionUnit *unit)
{
    MessageReader *reader = reader_of(conversation, unit);
    bool was_seeking = message_reader_seeking(reader);
    bool of_client = unit->side == conversation->facts.client;
    conversation->end[unit->side].one_left = false;
    pairing_note_gap(&conversation->pairing, of_client, unit);
    conversation->facts.server_gap_past = conversation->pairing.server_gap_past;
    SessionUnit gap = *unit;
    if (!unit->connection->half[unit->side].seen)
        gap.reason = REASON_ONE_DIRECTION;
    message_reader_feed(reader, &gap);
    handle_messages(conversation, unit->side);
    if (conversation->facts.client < 0) {
        pairing_note_early_gap(&conversation->pairing, unit);
        conversation->facts.reasons |= gap.reason;
    }
    if (!of_client && conversation->facts.client >= 0)
        doubt_withheld_body(conversation);
    if (!was_seeking || conversation->facts.client < 0)
        return;
    conversation->pairing.uncertain = true;
    conversation_hide(conversation,
                      unit->side == conversation->facts.client ? &conversation->facts.client_hidden
                                                               : &conversation->facts.server_hidden,
                      gap.reason);
}

void conversation_feed(Conversation *conversation, const SessionUnit *unit)
{
    conversation->unit = unit;
    if (unit->kind == SESSION_DATA)
        feed_data(conversation, unit);
    else
        feed_gap(conversation, unit);
    conversation->unit = NULL;
}

/* The end ------------------------------------------------------------------------------------- */

/* The messages of this side lack no byte: an offset beyond them is a FIN (judgement.md §3). */
static bool messages_are_whole(const Conversation *conversation, const Connection *connection,
                               int side)
{
    const MessageReader *reader = &conversation->reader[side];
    if (!conversation->reads[side])
        return connection->opener_known;
    return !(message_reader_lacks_bytes(reader) || message_reader_seeking(reader));
}

static void resolve_fin(Conversation *conversation, const Half *half, const SessionEnd *session,
                        int side)
{
    ConversationFacts *facts = &conversation->facts;
    MessagesEnd *end = &conversation->end[side];
    bool of_client = side == facts->client;
    ReasonSet *hidden = of_client ? &facts->client_hidden : &facts->server_hidden;
    Reason reason = half->seen ? REASON_LOSS : REASON_ONE_DIRECTION;
    facts->fin[side] = fin_evidence(half, session, end);
    facts->close[side] = session->close;
    facts->alert[side] = session->alert;
    if (facts->fin[side].belief == FIN_SURE && end->one_left && stamp_is_set(&session->gap.last))
        *hidden &= (ReasonSet)~REASON_LOSS; /* the lost byte was the FIN */
    if (facts->fin[side].belief != FIN_PERHAPS || facts->client < 0)
        return;
    int index = of_client ? conversation->requesting : conversation->answering;
    if (index >= 0) {
        Exchange *exchange = conversation_at(conversation, index);
        MessageFacts *message = of_client ? &exchange->request : &exchange->response;
        message->broken = true;
        message->reasons |= reason;
    }
    conversation_hide(conversation, hidden, reason);
}

/* A body that ends with a session which would have said that it ends, and did not, is complete or
 * cut (RFC 9112 §9.8). So it is where nobody can know whether it did. */
static bool end_is_open(Conversation *conversation, int side, const SessionEnd *session)
{
    int index = conversation->answering;
    Reason reason = session->close == SESSION_NOT_CLOSED   ? REASON_NO_CLOSE_NOTIFY
                    : session->close == SESSION_UNREADABLE ? REASON_ENCRYPTED
                                                           : REASON_LOSS;
    bool closed = session->close == SESSION_CLOSED_BY_CARRIER || session->close == SESSION_CLOSED;
    if (closed || side == conversation->facts.client || index < 0)
        return false;
    MessageFacts *response = &conversation_at(conversation, index)->response;
    if (!response->has_head || response->framing.kind != BODY_UNTIL_CLOSE)
        return false;
    response->broken = true;
    response->reasons |= reason;
    return true;
}

/* The direction ended: a body that ends with the connection is complete. */
static void finish_reader(Conversation *conversation, int side, const SessionEnd *session,
                          bool closed)
{
    MessageReader *reader = &conversation->reader[side];
    if (!conversation->reads[side])
        return;
    if (closed && !end_is_open(conversation, side, session)) {
        message_reader_finish(reader);
        handle_messages(conversation, side);
    }
    conversation->facts.under_way[side] = message_reader_in_message(reader);
}

/* What came last may be the body of the response before it, or begin the next one. */
static void doubt_what_is_held(Conversation *conversation, bool opener_known)
{
    int server = 1 - conversation->facts.client;
    if (conversation->facts.client < 0 || conversation->answering < 0 ||
        !conversation->reads[server] || !message_reader_holds(&conversation->reader[server]))
        return;
    ReasonSet reasons = hole_reasons(&conversation->facts, opener_known);
    conversation_at(conversation, conversation->answering)->response.broken = true;
    conversation_hide(conversation, &conversation->facts.server_hidden, reasons);
}

void conversation_end(Conversation *conversation, const Connection *connection,
                      const SessionEnd ends[2], bool closed)
{
    ConversationFacts *facts = &conversation->facts;
    for (int side = 0; side < 2; side++)
        conversation->end[side].whole = messages_are_whole(conversation, connection, side);
    doubt_what_is_held(conversation, connection->opener_known);
    finish_reader(conversation, 0, &ends[0], closed);
    finish_reader(conversation, 1, &ends[1], closed);
    if (!connection->opener_known)
        conversation_responses_end(conversation);
    if (facts->client < 0 && connection->opener_known)
        facts->client = 0;
    for (int side = 0; side < 2; side++)
        resolve_fin(conversation, &connection->half[side], &ends[side], side);
    if (facts->client < 0)
        return;
    if (!connection->half[facts->client].seen)
        conversation_hide(conversation, &facts->client_hidden, REASON_ONE_DIRECTION);
    if (!connection->half[1 - facts->client].seen)
        conversation_hide(conversation, &facts->server_hidden, REASON_ONE_DIRECTION);
}
