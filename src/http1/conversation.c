/* Pairing.
 *
 * While nothing is lost, responses answer requests in order: a response that begins belongs to the first
 * request without one, provided it acknowledges at least the first byte of it; else nobody asked for it
 * (a 408 at an idle close) and it stands alone.
 *
 * A gap that hid where messages begin or end makes order worthless: requests or responses may lie in it. From
 * then on (`uncertain`) a response belongs to the last request that it acknowledges, unless two requests
 * since the gap were pipelined (the later one left without any new byte of the server; the earlier one may itself
 * lie in the gap), when it belongs to none that can be named. Certainty returns with the first response that answers a request from behind the
 * gap. A reader that lost its place finds it again only at the first byte of a segment, and what it finds
 * is believed only if the other direction bears it out: a response must acknowledge the end of a request that
 * waits, or client bytes that nobody saw; a request is `tentative` until a response acknowledges its end, and
 * forgotten if what follows it is no message. (Pairing by time was discarded: a capture on a delayed
 * link orders the two directions differently at each end.)
 *
 * An exchange is settled when a later request has got the start of a response. Pending ones stand in the
 * order of their numbers; the settled ones are a prefix of them. */
#include "http1/conversation.h"

#include "base/pack.h"
#include "http1/message.h"

/* A server that was free to send and stayed silent for longer has ended a burst (judgement.md §3). */
#define BURST_PAUSE (1 * NS_PER_SECOND)

#define GAP_REASONS                                                                                \
    ((ReasonSet)(REASON_LOSS | REASON_SNAPLEN | REASON_LIMIT | REASON_MIDSTREAM |                  \
                 REASON_ONE_DIRECTION))

#define HOLE_REASONS ((ReasonSet)(REASON_LOSS | REASON_SNAPLEN | REASON_LIMIT))

struct Conversation {
    TextOptions texts;
    const Matcher *matcher;   /* NULL: nothing is looked for */
    MessageReader *reader[2]; /* by side; made with the first data or gap of that side */
    GArray *pending;          /* Exchange, by number */
    guint settled;
    int requesting, answering; /* index of the exchange whose message is being read; -1 */
    bool uncertain;
    int64_t client_gap_end;   /* one past the last byte of the client that a gap hid */
    int64_t client_gap_acked; /* what the client had received before that gap */
    int64_t server_gap_end;   /* one past the last byte of the server that a gap hid */
    bool behind_gap;          /* the response being read may stand behind that of its request */
    int64_t
        answered_up_to; /* one past the last byte of the client that some response is known to follow */
    struct {
        Stamp stamp;          /* frame 0: the last that is known of this side is no gap */
        int64_t length;       /* of the gap */
        bool one_left;        /* all but its last byte belong to messages that they complete */
    } tail_gap[2];            /* by side */
    const StreamEvent *event; /* being fed */
    ConversationFacts facts;
};

Conversation *conversation_new(const TextOptions *texts, const Matcher *matcher)
{
    Conversation *conversation = g_new0(Conversation, 1);
    conversation->texts = *texts;
    conversation->matcher = matcher;
    conversation->pending = g_array_new(FALSE, TRUE, sizeof(Exchange));
    conversation->requesting = conversation->answering = -1;
    conversation->client_gap_end = conversation->server_gap_end = NO_OFFSET;
    conversation->answered_up_to = NO_OFFSET;
    conversation->facts.client = -1;
    return conversation;
}

void conversation_free(Conversation *conversation)
{
    if (!conversation)
        return;
    for (guint i = 0; i < conversation->pending->len; i++)
        exchange_clear(&g_array_index(conversation->pending, Exchange, i));
    g_array_free(conversation->pending, TRUE);
    g_clear_pointer(&conversation->reader[0], message_reader_free);
    g_clear_pointer(&conversation->reader[1], message_reader_free);
    g_free(conversation);
}

G_STATIC_ASSERT(sizeof(Conversation) % sizeof(uint64_t) == 0);

void conversation_pack(const Conversation *conversation, GByteArray *to)
{
    Conversation rest = *conversation;
    uint64_t parts[3] = { rest.reader[0] != NULL, rest.reader[1] != NULL, rest.pending->len };
    rest.reader[0] = rest.reader[1] = NULL;
    rest.pending = NULL;
    rest.event = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_words(to, parts, sizeof parts);
    for (int side = 0; side < 2; side++)
        if (conversation->reader[side])
            message_reader_pack(conversation->reader[side], to);
    for (guint i = 0; i < conversation->pending->len; i++)
        exchange_pack(&g_array_index(conversation->pending, Exchange, i), to);
}

Conversation *conversation_unpack(Span *from)
{
    Conversation *conversation = g_new(Conversation, 1);
    uint64_t parts[3];
    unpack_words(from, conversation, sizeof *conversation);
    unpack_words(from, parts, sizeof parts);
    for (int side = 0; side < 2; side++)
        conversation->reader[side] = parts[side] ? message_reader_unpack(from) : NULL;
    conversation->pending = g_array_new(FALSE, TRUE, sizeof(Exchange));
    g_array_set_size(conversation->pending, (guint)parts[2]);
    for (guint i = 0; i < parts[2]; i++)
        exchange_unpack(&g_array_index(conversation->pending, Exchange, i), from);
    return conversation;
}

size_t conversation_size(const Conversation *conversation)
{
    /* An array has room for the next power of two. */
    size_t size =
        sizeof *conversation + sizeof(GArray) + 2 * conversation->pending->len * sizeof(Exchange);
    for (int side = 0; side < 2; side++)
        if (conversation->reader[side])
            size += message_reader_size(conversation->reader[side]);
    for (guint i = 0; i < conversation->pending->len; i++)
        size += exchange_text_size(&g_array_index(conversation->pending, Exchange, i));
    return size;
}

const ConversationFacts *conversation_facts(const Conversation *conversation)
{
    return &conversation->facts;
}

static Exchange *exchange_at(const Conversation *conversation, int index)
{
    g_assert(index >= 0 && (guint)index < conversation->pending->len);
    return &g_array_index(conversation->pending, Exchange, index);
}

static int pending_count(const Conversation *conversation)
{
    return (int)conversation->pending->len;
}

static MessageReader *client_reader(const Conversation *conversation)
{
    return conversation->facts.client < 0 ? NULL : conversation->reader[conversation->facts.client];
}

/* Pending exchanges ------------------------------------------------------------------------- */

/* The new exchange's index, or -1 at the bound. */
static int append_exchange(Conversation *conversation)
{
    if (conversation->pending->len - conversation->settled >= PIPELINE_MAX)
        return -1;
    g_array_set_size(conversation->pending, conversation->pending->len + 1);
    Exchange *exchange = exchange_at(conversation, pending_count(conversation) - 1);
    exchange->number = ++conversation->facts.exchanges;
    exchange->request_quiet_acked = NO_OFFSET;
    return pending_count(conversation) - 1;
}

/* Takes back the last exchange: what began there was no message. */
static void drop_last(Conversation *conversation)
{
    int last = pending_count(conversation) - 1;
    Exchange *exchange = exchange_at(conversation, last);
    for (int i = 0; i < last; i++) {
        Exchange *earlier = exchange_at(conversation, i);
        if (earlier->next_request.frame == exchange->request.first.frame &&
            earlier->next_request.offset == exchange->request.first.offset)
            earlier->next_request = (Stamp){ 0 };
    }
    exchange_clear(exchange);
    g_array_set_size(conversation->pending, (guint)last);
    conversation->facts.exchanges--;
    if (conversation->requesting == last)
        conversation->requesting = -1;
    if (conversation->answering == last)
        conversation->answering = -1;
}

static bool waits_for_response(const Exchange *exchange)
{
    return exchange->request.begun && !exchange->response.begun && !exchange->response_hidden;
}

static int first_waiting(const Conversation *conversation)
{
    for (int i = (int)conversation->settled; i < pending_count(conversation); i++)
        if (waits_for_response(exchange_at(conversation, i)))
            return i;
    return -1;
}

/* A later request than all those before `index` got the start of a response. */
static void settle_before(Conversation *conversation, int index)
{
    for (int i = (int)conversation->settled; i < index; i++) {
        Exchange *exchange = exchange_at(conversation, i);
        exchange->later_answered = true;
        if (waits_for_response(exchange))
            exchange->response_hidden = true;
    }
    if (index > (int)conversation->settled)
        conversation->settled = (guint)index;
}

bool conversation_next(Conversation *conversation, Exchange *ret_exchange)
{
    if (conversation->settled == 0)
        return false;
    *ret_exchange = *exchange_at(conversation, 0);
    g_array_remove_index(conversation->pending, 0);
    conversation->settled--;
    if (conversation->requesting >= 0)
        conversation->requesting--;
    if (conversation->answering >= 0)
        conversation->answering--;
    return true;
}

Exchange *conversation_pending(Conversation *conversation, size_t *ret_count)
{
    *ret_count = conversation->pending->len;
    return (Exchange *)(void *)conversation->pending->data;
}

/* Requests ---------------------------------------------------------------------------------- */

static void hide(ReasonSet *hidden, Conversation *conversation, ReasonSet reasons)
{
    *hidden |= reasons;
    conversation->facts.reasons |= reasons;
    if (hidden == &conversation->facts.server_hidden)
        conversation->facts.responses_lost |= reasons & HOLE_REASONS;
}

static void request_begins(Conversation *conversation, const MessageEvent *message)
{
    int index = append_exchange(conversation);
    if (index < 0) {
        message_reader_reject(client_reader(conversation));
        hide(&conversation->facts.client_hidden, conversation, REASON_LIMIT);
        conversation->uncertain = true;
        return;
    }
    Exchange *exchange = exchange_at(conversation, index);
    exchange->request.begun = true;
    exchange->request.first = exchange->request.last = message->first;
    exchange->request.tentative = message->sought & GAP_REASONS;
    exchange->request.sought = message->sought != 0;
    exchange->request.reasons = message->sought & GAP_REASONS;
    exchange->request_quiet_acked = conversation->event->quiet_acked;
    exchange->request_resent = conversation->event->resent;
    exchange->pipelined_behind_gap = message->first.offset == conversation->client_gap_end &&
                                     message->first.acked <= conversation->client_gap_acked;
    exchange->request_free_since = message->first.time - conversation->event->free_to_send;
    conversation->requesting = index;
    if (!exchange->request.tentative)
        conversation->facts.client_hidden = 0;
    for (int i = index - 1; i >= 0; i--) {
        Exchange *earlier = exchange_at(conversation, i);
        if (stamp_is_set(&earlier->next_request))
            break;
        earlier->next_request = message->first;
    }
}

/* Whether this is the CONNECT before it once more, with what the 407 asked for. */
static void note_credentials(Conversation *conversation, const Exchange *exchange)
{
    if (exchange->method != METHOD_CONNECT || conversation->requesting == 0 ||
        !(exchange->request.header_flags & FLAG_CREDENTIALS))
        return;
    Exchange *before = exchange_at(conversation, conversation->requesting - 1);
    before->retried_with_credentials = before->method == METHOD_CONNECT && before->status == 407 &&
                                       before->target_hash == exchange->target_hash;
}

static void look_for_match(const Conversation *conversation, Exchange *exchange, const Head *head)
{
    if (conversation->matcher && !(exchange->match & MATCH_FOUND))
        exchange->match |= matcher_ask_head(conversation->matcher, head);
}

static void request_head(Conversation *conversation, const MessageEvent *message)
{
    if (conversation->requesting < 0)
        return;
    Exchange *exchange = exchange_at(conversation, conversation->requesting);
    BodyFraming framing = framing_of_request(&message->head);
    if (message->head.notes & HEAD_INCOMPLETE)
        framing = (BodyFraming){ .kind = BODY_NONE };
    const Exchange *before = conversation->requesting > 0
                                 ? exchange_at(conversation, conversation->requesting - 1)
                                 : NULL;
    exchange_take_request(exchange, before, &message->head, &framing, &conversation->texts);
    look_for_match(conversation, exchange, &message->head);
    exchange->request.last = message->last;
    exchange->request.head_end = message->last.offset;
    note_credentials(conversation, exchange);
    if (exchange->method == METHOD_CONNECT)
        framing = (BodyFraming){ .kind = BODY_OPAQUE, .notes = framing.notes };
    message_reader_body(client_reader(conversation), &framing);
    if (conversation->facts.version == HTTP_UNKNOWN ||
        !stamp_is_set(&conversation->facts.last_response)) {
        conversation->facts.version = exchange->request.version;
        conversation->facts.minor = exchange->request.minor;
    }
}

static void message_ends(MessageFacts *facts, const MessageEvent *message)
{
    facts->complete = true;
    facts->last = message->last;
    facts->end_missing = message->end_missing;
}

static void message_breaks(MessageFacts *facts, ReasonSet reasons)
{
    facts->broken = true;
    facts->reasons |= reasons;
}

static void take_body_notes(MessageFacts *message, const MessageReader *reader)
{
    if (message->framing.kind == BODY_CHUNKED)
        message->body_notes = message_reader_chunk_notes(reader);
}

static void break_request(const Conversation *conversation, MessageFacts *request,
                          const MessageEvent *message)
{
    message_breaks(request, message->reason);
    if (message->in_body && message->reason == REASON_MALFORMED)
        take_body_notes(request, client_reader(conversation));
}

/* Bytes of the client behind its last request that are of no message: of a tunnel, of a new protocol. */
static void note_early(Conversation *conversation, const Stamp *stamp)
{
    if (pending_count(conversation) == 0 || conversation->requesting >= 0)
        return;
    Exchange *exchange = exchange_at(conversation, pending_count(conversation) - 1);
    if (exchange->request.complete && !stamp_is_set(&exchange->early))
        exchange->early = *stamp;
}

static void request_junk(Conversation *conversation, const MessageEvent *message)
{
    if (message->begun && conversation->requesting >= 0) {
        Exchange *exchange = exchange_at(conversation, conversation->requesting);
        if (!exchange->request.has_head &&
            conversation->requesting == pending_count(conversation) - 1)
            drop_last(conversation);
        else
            break_request(conversation, &exchange->request, message);
    } else if (pending_count(conversation) > (int)conversation->settled) {
        /* Bytes that are no message right behind one that was found by seeking: it was none. */
        Exchange *last = exchange_at(conversation, pending_count(conversation) - 1);
        if (last->request.begun && last->request.tentative && !last->answered)
            drop_last(conversation);
    }
    conversation->requesting = -1;
    if (!message->begun)
        note_early(conversation, &message->first);
    hide(&conversation->facts.client_hidden, conversation, message->reason);
}

/* A gap hid where messages begin and end. A single byte behind a message may also be the FIN: then nothing is
 * hidden, which only the end can tell. */
static void lost_between(Conversation *conversation, ReasonSet *hidden, const MessageEvent *message)
{
    conversation->tail_gap[conversation->event->side].one_left =
        !message->begun && message->missing == 1;
    conversation->uncertain = true;
    hide(hidden, conversation, message->reason);
}

static void request_lost(Conversation *conversation, const MessageEvent *message)
{
    if (message->begun && conversation->requesting >= 0)
        message_breaks(&exchange_at(conversation, conversation->requesting)->request,
                       message->reason);
    conversation->requesting = -1;
    lost_between(conversation, &conversation->facts.client_hidden, message);
}

static void request_ends(Conversation *conversation, const MessageEvent *message)
{
    MessageFacts *request = &exchange_at(conversation, conversation->requesting)->request;
    message_ends(request, message);
    take_body_notes(request, client_reader(conversation));
}

static void request_event(Conversation *conversation, const MessageEvent *message)
{
    switch (message->kind) {
    case MESSAGE_BEGIN:
        request_begins(conversation, message);
        break;
    case MESSAGE_HEAD:
        request_head(conversation, message);
        break;
    case MESSAGE_END:
        if (conversation->requesting >= 0)
            request_ends(conversation, message);
        conversation->requesting = -1;
        break;
    case MESSAGE_JUNK:
        request_junk(conversation, message);
        break;
    case MESSAGE_LOST:
        request_lost(conversation, message);
        break;
    }
}

/* Which request a response answers ------------------------------------------------------------- */

/* Whether a segment that acknowledges `acked` shows that its sender had received this request whole;
 * of one that waits for a 100 before its body, its head. */
static bool acknowledges_end(const Exchange *exchange, int64_t acked)
{
    const MessageFacts *request = &exchange->request;
    if (exchange->expects_continue && !request->complete)
        return request->has_head && request->head_end < acked;
    return request->complete && request->last.offset < acked;
}

/* The last waiting request that `acked` covers, whole if `whole`; -1: none, or two since the gap were pipelined. */
static int last_acknowledged(const Conversation *conversation, int64_t acked, bool whole)
{
    int found = -1;
    const Exchange *before = NULL;
    for (int i = (int)conversation->settled; i < pending_count(conversation); i++) {
        const Exchange *exchange = exchange_at(conversation, i);
        if (!waits_for_response(exchange))
            continue;
        if (whole ? !acknowledges_end(exchange, acked) : exchange->request.first.offset >= acked)
            break;
        if (exchange->pipelined_behind_gap ||
            (before && exchange->request.first.acked <= before->request.first.acked))
            return -1;
        before = exchange;
        found = i;
    }
    return found;
}

/* Whether a request may lie in a gap behind this one and be answered by what acknowledges it: responses are
 * missing too. A single byte is no request. */
static bool skips_hidden_request(const Conversation *conversation, int index, int64_t acked)
{
    const MessageFacts *request = &exchange_at(conversation, index)->request;
    return (conversation->facts.server_hidden & GAP_REASONS) && request->complete &&
           conversation->client_gap_end > request->last.offset + 2 &&
           conversation->client_gap_end <= acked;
}

static int target_of_response(const Conversation *conversation, const MessageEvent *message)
{
    int64_t acked = message->first.acked;
    bool found_by_seeking = message->sought & GAP_REASONS;
    if (conversation->uncertain || found_by_seeking) {
        int last = last_acknowledged(conversation, acked, found_by_seeking);
        return last >= 0 && skips_hidden_request(conversation, last, acked) ? -1 : last;
    }
    int first = first_waiting(conversation);
    if (first >= 0 && exchange_at(conversation, first)->request.first.offset < acked)
        return first;
    return -1;
}

/* Whether the response answers one of several waiting requests, and which cannot be told. One that was
 * found by seeking may be none at all, and has to acknowledge them whole. */
static bool is_ambiguous(const Conversation *conversation, const MessageEvent *message)
{
    int64_t acked = message->first.acked;
    int waiting = first_waiting(conversation);
    if (waiting < 0)
        return false;
    const Exchange *first = exchange_at(conversation, waiting);
    if (!(message->sought & GAP_REASONS))
        return first->request.first.offset < acked;
    return acknowledges_end(first, acked) && last_acknowledged(conversation, acked, true) < 0;
}

typedef enum Asked { ASKED_NOT, ASKED_PERHAPS, ASKED } Asked;

/* Whether a response that no known request asked for answers one that the capture lacks. It does if it
 * acknowledges more than what was answered; perhaps if not, where several requests may be missing
 * that were sent in one go. */
static Asked answers_hidden_request(const Conversation *conversation, const MessageEvent *message)
{
    const ConversationFacts *facts = &conversation->facts;
    const Connection *connection = conversation->event->connection;
    int64_t acked = message->first.acked;
    bool hole = conversation->uncertain || !connection->half[facts->client].seen;
    if (acked == NO_OFFSET || !(hole || facts->client_hidden || !connection->opener_known))
        return ASKED_NOT;
    if (acked <= conversation->answered_up_to)
        return hole && !(message->sought & GAP_REASONS) ? ASKED_PERHAPS : ASKED_NOT;
    int waiting = first_waiting(conversation);
    if (waiting < 0 || is_ambiguous(conversation, message))
        return ASKED;
    return acked <= exchange_at(conversation, waiting)->request.first.offset ? ASKED : ASKED_NOT;
}

static void confirm_request(Conversation *conversation, Exchange *exchange, int64_t acked)
{
    if (!exchange->request.tentative || !acknowledges_end(exchange, acked))
        return;
    exchange->request.tentative = false;
    exchange->request.reasons &= (ReasonSet)~GAP_REASONS;
    if (exchange_at(conversation, pending_count(conversation) - 1) == exchange)
        conversation->facts.client_hidden = 0;
}

static void note_answered(Conversation *conversation, const Exchange *exchange, const Stamp *stamp)
{
    const MessageFacts *request = &exchange->request;
    int64_t end = stamp->acked;
    if (request->begun && (request->complete || request->last.offset >= end))
        end = request->last.offset + 1;
    if (end > conversation->answered_up_to)
        conversation->answered_up_to = end;
}

static int stand_alone(Conversation *conversation, const MessageEvent *message)
{
    Asked asked = answers_hidden_request(conversation, message);
    if (asked == ASKED_NOT && (message->sought & GAP_REASONS))
        return -1; /* a look-alike inside what a gap tore open */
    int index = append_exchange(conversation);
    if (index < 0)
        return -1;
    Exchange *exchange = exchange_at(conversation, index);
    exchange->request_hidden = asked != ASKED_NOT;
    exchange->unsolicited = asked == ASKED_NOT;
    if (asked != ASKED_NOT) {
        exchange->request.reasons |= conversation->facts.client_hidden;
        /* Others may wait, and which of them it answers cannot be told: settled is what came before them. */
        int waiting = first_waiting(conversation);
        if (asked == ASKED)
            settle_before(conversation, waiting >= 0 ? waiting : index);
        for (int i = (int)conversation->settled; i < index; i++)
            if (waits_for_response(exchange_at(conversation, i)) &&
                exchange_at(conversation, i)->request.first.offset < message->first.acked)
                exchange_at(conversation, i)->response_hidden = true;
    }
    return index;
}

/* Bytes that had been sent before came first at a time that the capture does not know: at worst with the request. */
static Nanoseconds burst_of_response(const Conversation *conversation, const Exchange *exchange)
{
    if (!conversation->event->resent)
        return exchange->response.first.time;
    return exchange->request.begun ? exchange->request.first.time
                                   : conversation->event->connection->start;
}

static void response_begins(Conversation *conversation, MessageReader *reader,
                            const MessageEvent *message)
{
    int index = target_of_response(conversation, message);
    if (index >= 0) {
        Exchange *target = exchange_at(conversation, index);
        confirm_request(conversation, target, message->first.acked);
        settle_before(conversation, index);
        if (target->request.first.offset >= conversation->client_gap_end &&
            !conversation->facts.client_hidden)
            conversation->uncertain = false;
    } else {
        index = stand_alone(conversation, message);
    }
    if (index < 0) {
        message_reader_reject(reader);
        return;
    }
    Exchange *exchange = exchange_at(conversation, index);
    exchange->answered = true;
    exchange->response.begun = true;
    exchange->response.first = exchange->response.last = message->first;
    exchange->response_resent = conversation->event->resent;
    exchange->burst_start = burst_of_response(conversation, exchange);
    conversation->answering = index;
    conversation->behind_gap = (conversation->facts.server_hidden & HOLE_REASONS) &&
                               exchange->request.begun && !exchange->interim_count &&
                               conversation->server_gap_end > exchange->request.first.acked;
    conversation->facts.server_hidden = 0;
    note_answered(conversation, exchange, &message->first);
}

/* Responses --------------------------------------------------------------------------------- */

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
    MessageReader *reader = client_reader(conversation);
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
    exchange->interim_flags |= flags;
    if (flags && exchange->interim_frame == 0)
        exchange->interim_frame = message->last.frame;
}

/* Servers send these unasked as well, at an idle close. */
static bool may_be_unasked(int status)
{
    return status == 400 || status == 408;
}

/* The response being read is none to the request that it was taken for: whose it is, cannot be named. */
static void part_from_request(Conversation *conversation)
{
    int index = append_exchange(conversation);
    if (index < 0)
        return;
    Exchange *asked = exchange_at(conversation, conversation->answering);
    Exchange *alone = exchange_at(conversation, index);
    alone->request_hidden = alone->answered = true;
    alone->request.reasons = REASON_LOSS;
    alone->response = asked->response;
    alone->response_resent = asked->response_resent;
    alone->burst_start = asked->burst_start;
    asked->response = (MessageFacts){ 0 };
    asked->response_resent = asked->answered = false;
    asked->response_hidden = true;
    conversation->answering = index;
}

/* In mid-stream, a response more than there are requests answers one from before the capture; and if so, those before it
 * may do, too. */
static void answer_what_came_before(Conversation *conversation)
{
    Exchange *extra = exchange_at(conversation, conversation->answering);
    extra->unsolicited = false;
    extra->request_hidden = true;
    extra->request.reasons |= REASON_MIDSTREAM;
    for (int i = (int)conversation->settled; i < conversation->answering; i++)
        exchange_at(conversation, i)->shifted |= exchange_at(conversation, i)->answered;
}

static void weigh_status(Conversation *conversation, int status)
{
    const Exchange *exchange = exchange_at(conversation, conversation->answering);
    if (may_be_unasked(status) && conversation->behind_gap)
        part_from_request(conversation);
    else if (!may_be_unasked(status) && exchange->unsolicited &&
             !conversation->event->connection->opener_known)
        answer_what_came_before(conversation);
}

static void response_head(Conversation *conversation, MessageReader *reader,
                          const MessageEvent *message)
{
    if (conversation->answering < 0)
        return;
    weigh_status(conversation, message->head.status);
    Exchange *exchange = exchange_at(conversation, conversation->answering);
    exchange->response.last = message->last;
    BodyFraming framing = framing_of_response(&message->head, method_text(exchange->method));
    message_reader_body(reader, &framing);
    if (exchange->request_hidden) /* of a HEAD, perhaps */
        message_reader_body_refused(reader);
    int status = message->head.status;
    if (status < 200 && status != 101) {
        if (exchange->interim_count < INTERIM_MAX)
            exchange->interim[exchange->interim_count] = (uint16_t)status;
        exchange->interim_count++;
        take_interim_flags(exchange, message);
        return;
    }
    if (message->head.notes & HEAD_INCOMPLETE)
        framing = (BodyFraming){ .kind = BODY_NONE };
    exchange_take_response(exchange, &message->head, &framing, &conversation->texts);
    look_for_match(conversation, exchange, &message->head);
    exchange->response.head_end = message->last.offset;
    conversation->facts.version = exchange->response.version;
    conversation->facts.minor = exchange->response.minor;
    response_steers_client(conversation, exchange);
}

static void response_ends(Conversation *conversation, const MessageReader *reader,
                          const MessageEvent *message)
{
    if (conversation->answering < 0)
        return;
    Exchange *exchange = exchange_at(conversation, conversation->answering);
    conversation->answering = -1;
    if (!message->end_missing) /* else the stamp is that of what follows the gap */
        note_answered(conversation, exchange, &message->last);
    if (!exchange->response.has_head && exchange->response.version != HTTP_0_9) {
        if (!stamp_is_set(&exchange->interim_first))
            exchange->interim_first = exchange->response.first;
        exchange->interim_last = message->last;
        exchange->response = (MessageFacts){ 0 }; /* a 1xx: the final response is still to come */
        return;
    }
    message_ends(&exchange->response, message);
    take_body_notes(&exchange->response, reader);
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
    exchange->response.begun = true;
    exchange->response.version = HTTP_0_9;
    exchange->response.framing.kind = BODY_UNTIL_CLOSE;
    exchange->response.first = exchange->response.last = message->first;
    exchange->burst_start = burst_of_response(conversation, exchange);
    conversation->answering = index;
    conversation->facts.version = HTTP_0_9;
    message_reader_body(reader, &exchange->response.framing);
}

/* Bytes right behind the last response that are of no message. */
static void note_trailing_bytes(Conversation *conversation, const MessageEvent *message)
{
    for (int i = pending_count(conversation) - 1; i >= 0; i--) {
        Exchange *exchange = exchange_at(conversation, i);
        if (!exchange->response.begun)
            continue;
        if (exchange->response.complete &&
            exchange->response.last.offset + 1 == message->first.offset)
            exchange->trailing_bytes = message->first.frame;
        return;
    }
}

static void response_junk(Conversation *conversation, MessageReader *reader,
                          const MessageEvent *message)
{
    if (message->begun && conversation->answering >= 0) {
        MessageFacts *response = &exchange_at(conversation, conversation->answering)->response;
        message_breaks(response, message->reason);
        if (message->in_body && message->reason == REASON_MALFORMED)
            take_body_notes(response, reader);
        conversation->answering = -1;
        hide(&conversation->facts.server_hidden, conversation, message->reason);
        return;
    }
    note_trailing_bytes(conversation, message);
    int index = first_waiting(conversation);
    if (index < 0)
        return; /* extra bytes with no request outstanding are passed over */
    Exchange *exchange = exchange_at(conversation, index);
    if (exchange->request.version == HTTP_0_9 &&
        exchange->request.first.offset < message->first.acked)
        response_without_head(conversation, reader, exchange, index, message);
    else
        hide(&conversation->facts.server_hidden, conversation, message->reason);
}

static void response_lost(Conversation *conversation, const MessageEvent *message)
{
    if (message->begun && conversation->answering >= 0)
        message_breaks(&exchange_at(conversation, conversation->answering)->response,
                       message->reason);
    conversation->answering = -1;
    lost_between(conversation, &conversation->facts.server_hidden, message);
}

static void response_event(Conversation *conversation, MessageReader *reader,
                           const MessageEvent *message)
{
    switch (message->kind) {
    case MESSAGE_BEGIN:
        response_begins(conversation, reader, message);
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
        response_lost(conversation, message);
        break;
    }
}

/* Feeding ----------------------------------------------------------------------------------- */

static MessageReader *reader_of(Conversation *conversation, const StreamEvent *event)
{
    const Connection *connection = event->connection;
    if (conversation->reader[event->side])
        return conversation->reader[event->side];
    if (connection->opener_known && conversation->facts.client < 0)
        conversation->facts.client = 0;
    HeadKind kind = HEAD_EITHER;
    if (conversation->facts.client >= 0)
        kind = event->side == conversation->facts.client ? HEAD_REQUEST : HEAD_RESPONSE;
    ReasonSet sought = connection->opener_known ? 0 : REASON_MIDSTREAM;
    if (sought && kind == HEAD_REQUEST)
        hide(&conversation->facts.client_hidden, conversation, 0);
    bool proxy_header =
        connection->opener_known && kind == HEAD_REQUEST && event->stamp.offset == 0;
    conversation->reader[event->side] = message_reader_new(kind, sought, proxy_header);
    return conversation->reader[event->side];
}

/* In mid-stream the first start line tells who is the client. */
static void learn_sides(Conversation *conversation, int side, HeadKind kind)
{
    conversation->facts.client = kind == HEAD_REQUEST ? side : 1 - side;
    MessageReader *other = conversation->reader[1 - side];
    if (!other || message_reader_kind(other) != HEAD_EITHER)
        return;
    message_reader_free(other);
    HeadKind other_kind = kind == HEAD_REQUEST ? HEAD_RESPONSE : HEAD_REQUEST;
    conversation->reader[1 - side] = message_reader_new(other_kind, REASON_MIDSTREAM, false);
}

static void handle_messages(Conversation *conversation, int side)
{
    MessageReader *reader = conversation->reader[side];
    MessageEvent message;
    while (message_reader_next(reader, &message)) {
        HeadKind kind = message_reader_kind(reader);
        if (conversation->facts.client < 0) {
            if (kind == HEAD_EITHER)
                continue; /* no message yet that could tell */
            learn_sides(conversation, side, kind);
        }
        if (side == conversation->facts.client)
            request_event(conversation, &message);
        else
            response_event(conversation, reader, &message);
    }
}

/* A message in progress goes as far as this data does. */
static void extend_message(Conversation *conversation, int side, const Stamp *stamp, size_t length)
{
    if (conversation->facts.client < 0 || length == 0)
        return;
    bool of_client = side == conversation->facts.client;
    int index = of_client ? conversation->requesting : conversation->answering;
    if (index < 0)
        return;
    Exchange *exchange = exchange_at(conversation, index);
    MessageFacts *facts = of_client ? &exchange->request : &exchange->response;
    facts->last = *stamp;
    facts->last.offset += (int64_t)length - 1;
}

/* What follows a request whose body has no known length is taken for its body. */
static bool last_request_is_unreadable(const Conversation *conversation)
{
    for (int i = pending_count(conversation) - 1; i >= 0; i--) {
        const Exchange *exchange = exchange_at(conversation, i);
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
    if (side != facts->client && !facts->server_hidden && first_waiting(conversation) >= 0)
        facts->server_hidden |= message_reader_sought(reader);
}

/* What the client sends through a tunnel, or on after a 101, comes as no message event. */
static void note_passed_over(Conversation *conversation, const StreamEvent *event)
{
    if (event->side != conversation->facts.client || pending_count(conversation) == 0)
        return;
    const Exchange *last = exchange_at(conversation, pending_count(conversation) - 1);
    int64_t behind = MAX(event->stamp.offset, last->request.last.offset + 1);
    bool waits = last->method == METHOD_CONNECT && !last->response.has_head;
    if (!last->request.complete || !(waits || exchange_switched(last)) ||
        behind >= event->stamp.offset + (int64_t)event->data.length)
        return;
    Stamp stamp = event->stamp;
    stamp.offset = behind;
    note_early(conversation, &stamp);
}

static void feed_data(Conversation *conversation, const StreamEvent *event)
{
    MessageReader *reader = reader_of(conversation, event);
    conversation->tail_gap[event->side].stamp.frame = 0;
    if (conversation->answering >= 0 && event->side != conversation->facts.client &&
        event->free_to_send > BURST_PAUSE && !event->resent)
        exchange_at(conversation, conversation->answering)->burst_start = event->stamp.time;
    message_reader_data(reader, event->data, &event->stamp, event->segment_start);
    handle_messages(conversation, event->side);
    note_seeking(conversation, conversation->reader[event->side], event->side);
    note_passed_over(conversation, event);
    extend_message(conversation, event->side, &event->stamp, event->data.length);
}

static void note_client_gap(Conversation *conversation, const StreamEvent *event)
{
    conversation->client_gap_end = event->stamp.offset + event->gap;
    conversation->client_gap_acked = MAX(event->stamp.acked_before, 0);
}

static void feed_gap(Conversation *conversation, const StreamEvent *event)
{
    MessageReader *reader = reader_of(conversation, event);
    bool was_seeking = message_reader_seeking(reader);
    conversation->tail_gap[event->side].stamp = event->stamp;
    conversation->tail_gap[event->side].length = event->reason == REASON_LOSS ? event->gap : 0;
    conversation->tail_gap[event->side].one_left = false;
    if (event->side == conversation->facts.client)
        note_client_gap(conversation, event);
    else
        conversation->server_gap_end = event->stamp.offset + event->gap;
    Reason reason =
        event->connection->half[event->side].seen ? event->reason : REASON_ONE_DIRECTION;
    message_reader_gap(reader, event->gap, reason, &event->stamp);
    handle_messages(conversation, event->side);
    if (!was_seeking || conversation->facts.client < 0)
        return;
    conversation->uncertain = true;
    hide(event->side == conversation->facts.client ? &conversation->facts.client_hidden
                                                   : &conversation->facts.server_hidden,
         conversation, reason);
}

void conversation_feed(Conversation *conversation, const StreamEvent *event)
{
    conversation->event = event;
    if (event->kind == STREAM_DATA)
        feed_data(conversation, event);
    else if (event->kind == STREAM_GAP)
        feed_gap(conversation, event);
    conversation->event = NULL;
}

/* The end ------------------------------------------------------------------------------------- */

/* The messages of this side lack no byte: an offset beyond them is a FIN (judgement.md §3). */
static bool messages_are_whole(const Conversation *conversation, int side)
{
    const MessageReader *reader = conversation->reader[side];
    return !reader || !(message_reader_lacks_bytes(reader) || message_reader_seeking(reader));
}

static FinEvidence weigh_fin(const Conversation *conversation, const Connection *connection,
                             int side)
{
    const FinFact *fact = &connection->half[side].fin;
    const Stamp *gap = &conversation->tail_gap[side].stamp;
    if (fact->proof == FIN_SEEN || fact->proof == FIN_RETRANSMITTED)
        return (FinEvidence){ .belief = FIN_SURE, .fact = *fact };
    if (fact->proof == FIN_IMPLIED)
        return (FinEvidence){ .belief =
                                  messages_are_whole(conversation, side) ? FIN_SURE : FIN_PERHAPS,
                              .fact = *fact };
    if (!stamp_is_set(gap) || conversation->tail_gap[side].length == 0 ||
        !connection->half[side].seen)
        return (FinEvidence){ .belief = FIN_NOT };
    FinEvidence evidence = { .belief =
                                 conversation->tail_gap[side].one_left ? FIN_SURE : FIN_PERHAPS,
                             .fact = { .proof = FIN_IMPLIED, .stamp = *gap } };
    evidence.fact.stamp.offset += conversation->tail_gap[side].length - 1;
    evidence.fact.stamp.acked = NO_OFFSET;
    return evidence;
}

static void resolve_fin(Conversation *conversation, const Connection *connection, int side)
{
    ConversationFacts *facts = &conversation->facts;
    bool of_client = side == facts->client;
    ReasonSet *hidden = of_client ? &facts->client_hidden : &facts->server_hidden;
    Reason reason = connection->half[side].seen ? REASON_LOSS : REASON_ONE_DIRECTION;
    facts->fin[side] = weigh_fin(conversation, connection, side);
    if (facts->fin[side].belief == FIN_SURE && conversation->tail_gap[side].one_left &&
        stamp_is_set(&conversation->tail_gap[side].stamp))
        *hidden &= (ReasonSet)~REASON_LOSS; /* the lost byte was the FIN */
    if (facts->fin[side].belief != FIN_PERHAPS || facts->client < 0)
        return;
    int index = of_client ? conversation->requesting : conversation->answering;
    if (index >= 0) {
        Exchange *exchange = exchange_at(conversation, index);
        message_breaks(of_client ? &exchange->request : &exchange->response, reason);
    }
    hide(hidden, conversation, reason);
}

void conversation_end(Conversation *conversation, const Connection *connection, bool closed)
{
    StreamEvent event = { .kind = STREAM_END, .connection = (Connection *)(uintptr_t)connection };
    ConversationFacts *facts = &conversation->facts;
    conversation->event = &event;
    for (int side = 0; side < 2; side++) {
        if (!conversation->reader[side])
            continue;
        if (closed) {
            message_reader_finish(conversation->reader[side]);
            handle_messages(conversation, side);
        }
        facts->under_way[side] = message_reader_in_message(conversation->reader[side]);
    }
    conversation->event = NULL;
    if (facts->client < 0 && connection->opener_known)
        facts->client = 0;
    resolve_fin(conversation, connection, 0);
    resolve_fin(conversation, connection, 1);
    if (facts->client < 0)
        return;
    if (!connection->half[facts->client].seen)
        hide(&facts->client_hidden, conversation, REASON_ONE_DIRECTION);
    if (!connection->half[1 - facts->client].seen)
        hide(&facts->server_hidden, conversation, REASON_ONE_DIRECTION);
}
