/* Each function weighs one fact, in the order of the table. What is known of it is set, and each
 * other value that the missing bytes allow is added with its reason. No function looks at the
 * verdict: a fact is open whether or not it matters. */
#include "judge/open_facts.h"

#include <glib.h>

#include "judge/lost_request.h"

static const Half *half_of_server(const JudgeContext *context)
{
    return &context->connection->half[1 - context->facts->client];
}

/* Messages that are not there ------------------------------------------------------------------ */

ReasonSet hidden_request_reasons(const JudgeContext *context, const Exchange *exchange)
{
    if (exchange->request.begun)
        return exchange->request.reasons;
    if (exchange->unsolicited)
        return 0;
    ReasonSet reasons = exchange->request.reasons | context->facts->client_hidden;
    if (!context->connection->opener_known)
        reasons |= REASON_MIDSTREAM;
    if (!context->connection->half[context->facts->client].seen)
        reasons = REASON_ONE_DIRECTION;
    return reasons ? reasons : hole_reasons(context->facts, context->connection->opener_known);
}

/* Whether what is missing of the server goes beyond what the request itself acknowledged. */
static bool reaches_behind(const JudgeContext *context, const Exchange *exchange)
{
    const Stamp *request = &exchange->request.first;
    return exchange->sending.resent || !exchange->request.begun || request->acked == NO_OFFSET ||
           context->facts->server_gap_past == NO_OFFSET ||
           context->facts->server_gap_past > request->acked;
}

/* A response lay where later ones could be read again: what the connection lacks at all is why. */
static ReasonSet past_reasons(const JudgeContext *context)
{
    const ConversationFacts *facts = context->facts;
    ReasonSet unread = facts->reasons & (REASON_ENCRYPTED | REASON_MALFORMED);
    return unread && !facts->responses_lost
               ? unread
               : hole_reasons(facts, context->connection->opener_known);
}

ReasonSet hidden_response_reasons(const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    ReasonSet hidden = context->facts->server_hidden;
    if ((response->notes & HEAD_INCOMPLETE) || (response->broken && !response->has_head))
        return response->reasons;
    if (response->has_head || response->version == HTTP_0_9)
        return 0;
    if (!context->connection->half[1 - context->facts->client].seen)
        return REASON_ONE_DIRECTION;
    if (exchange->response_hidden)
        return hidden ? hidden : past_reasons(context);
    return hidden && reaches_behind(context, exchange) ? hidden : 0;
}

bool arrived_after_reset(const JudgeContext *context, const Stamp *byte)
{
    int client = context->facts->client;
    const RstFact *of_client = connection_reset(context->connection, client);
    const RstFact *of_server = connection_reset(context->connection, 1 - client);
    return (of_client && reset_came_before(of_client, false, byte)) ||
           (of_server && reset_came_before(of_server, true, byte));
}

static const Stamp *start_of_response(const Exchange *exchange)
{
    bool interim = stamp_is_set(&exchange->interim.first);
    return interim ? &exchange->interim.first : &exchange->response.first;
}

bool got_response(const JudgeContext *context, const Exchange *exchange)
{
    const Stamp *first = start_of_response(exchange);
    if (!stamp_is_set(first))
        return exchange->answered;
    return exchange->answered && !arrived_after_reset(context, first);
}

/* Packets of both sides are captured in the wrong order by no more. */
#define SWAPPED (4 * NS_PER_MS)

/* These bytes of the server were captured behind a reset of the client; just behind: they may have
 * gone ahead of it. */
typedef enum BehindReset { NOT_BEHIND, JUST_BEHIND, FAR_BEHIND } BehindReset;

static BehindReset behind_reset_of_client(const JudgeContext *context, const Stamp *bytes)
{
    const RstFact *reset = connection_reset(context->connection, context->facts->client);
    if (!reset || !stamp_is_set(bytes) || !reset_came_before(reset, false, bytes))
        return NOT_BEHIND;
    return bytes->time - reset->stamp.time <= SWAPPED ? JUST_BEHIND : FAR_BEHIND;
}

/* What came behind an exchange ----------------------------------------------------------------- */

/* Why what followed was not looked at as a part of this connection; 0: all of it was. */
static ReasonSet left_early(const Connection *connection)
{
    switch (connection->end) {
    case CONNECTION_EVICTED:
        return REASON_LIMIT;
    case CONNECTION_TORN:
        return REASON_LOSS;
    default:
        return 0;
    }
}

/* A request that crosses a FIN has arrived by then. */
#define UNDER_WAY (1 * NS_PER_SECOND)

/* Nobody is known to have received the server's FIN: a request may have been on its way. A later
 * segment of the server that acknowledges no more shows that there was none. */
static bool fin_is_unanswered(const JudgeContext *context, const Ending *ending)
{
    const Half *server = half_of_server(context);
    const Stamp *fin = &ending->server.stamp;
    bool shown = server->last_time - fin->time > UNDER_WAY && server->last_acked != NO_OFFSET &&
                 server->last_acked <= fin->acked;
    return ending->possible == ENDER_SERVER && ending->how == END_HOW_FIN &&
           ending->client.how == END_HOW_NONE && !shown &&
           (server->acked == NO_OFFSET || server->acked <= fin->offset);
}

Sequel sequel_at_end(const JudgeContext *context, const Ending *ending)
{
    ReasonSet early = left_early(context->connection);
    Sequel sequel = { .context = context,
                      .ending = ending,
                      .hidden_before = NO_OFFSET,
                      .answered_at = NO_OFFSET,
                      .requests = context->facts->client_hidden | early,
                      .responses = context->facts->server_hidden | early };
    if (ending->segment_missing)
        sequel.requests |= REASON_LOSS;
    sequel.crossing = crossing_at_end(context, ending);
    return sequel;
}

void sequel_step_before(Sequel *sequel, const Exchange *exchange)
{
    const JudgeContext *context = sequel->context;
    bool answered = got_response(context, exchange);
    sequel->answers |= answered && !exchange->unsolicited;
    if (exchange->request.begun && answered) {
        sequel->answered = true;
        sequel->lost = NULL;
        sequel->may_answer = 0;
    } else if (exchange->request.begun) {
        sequel->lost = exchange;
        sequel->may_answer |= hidden_response_reasons(context, exchange);
        if (behind_reset_of_client(context, start_of_response(exchange)) == JUST_BEHIND)
            sequel->may_answer |= REASON_LOSS;
    } else if (exchange->request_hidden) {
        ReasonSet reasons = hidden_request_reasons(context, exchange);
        sequel->responses |= reasons;
        sequel->alone |= reasons;
        sequel->hidden_before = MAX(sequel->hidden_before, exchange->hidden_before);
    }
    sequel->requests |= exchange->requests_hidden;
    sequel->responses |= exchange->responses_hidden;
}

/* Why requests may be missing behind this one. What the response to one that nobody sees answers is
 * none of them if no byte of the client is missing behind it. */
static ReasonSet requests_behind(const Sequel *sequel, const Exchange *exchange)
{
    bool none =
        exchange->request.begun && sequel->hidden_before <= stamp_past(&exchange->request.last);
    return sequel->requests | (none ? 0 : sequel->alone);
}

/* Servers send these at an idle close, too, when nobody has asked. */
static bool sent_unasked(const Exchange *exchange)
{
    bool sent = exchange->status == 400 || exchange->status == 408 || exchange->status == 503;
    return exchange->perhaps_unasked && sent;
}

/* A response stands behind those to the requests that were seen, whose own request was sent before
 * one of them: it does not acknowledge that one. */
static bool precedes_an_answered_one(const Sequel *sequel, const Exchange *exchange)
{
    return exchange->request_hidden && exchange->response.begun &&
           exchange->response.first.acked != NO_OFFSET &&
           exchange->response.first.acked <= sequel->answered_at;
}

static void weigh_later(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    if (sequel->answered || exchange->later_answered ||
        precedes_an_answered_one(sequel, exchange)) {
        readings_set(readings, FACT_LATER, LATER_ANSWERED);
        return;
    }
    ReasonSet responses = sequel->responses | sequel->may_answer;
    ReasonSet requests = requests_behind(sequel, exchange);
    if (!got_response(sequel->context, exchange))
        responses = sequel->may_answer | hidden_response_reasons(sequel->context, exchange);
    readings_set(readings, FACT_LATER, sequel->lost ? LATER_LOST : LATER_NONE);
    if (responses && (sequel->lost || requests))
        readings_add(readings, FACT_LATER, LATER_ANSWERED, responses);
    if (requests)
        readings_add(readings, FACT_LATER, LATER_LOST, requests);
    bool unasked = sent_unasked(exchange);
    if (exchange->request_hidden && (sequel->waiting_before || unasked)) {
        /* A request that waits may have come behind it, or be one that it does not answer. */
        ReasonSet reasons = hidden_request_reasons(sequel->context, exchange);
        bool may_answer = sequel->responses || sequel->answers || unasked;
        readings_add(readings, FACT_LATER, LATER_LOST, reasons);
        if (may_answer)
            readings_add(readings, FACT_LATER, LATER_ANSWERED, reasons);
    }
    if (sequel->crossing)
        readings_add(readings, FACT_LATER, LATER_LOST, sequel->crossing);
}

/* In mid-stream the server is seen to have acknowledged what it has not answered yet, and to answer
 * one request: there may have been several. */
static void weigh_owed(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    const Connection *connection = sequel->context->connection;
    bool owed = sequel->context->facts->client == 1 && exchange->response.begun &&
                exchange->response.first.offset == 0 &&
                exchange->response.first.frame != connection->first_frame;
    if (!connection->opener_known && exchange->request_hidden && owed && !sequel->answered)
        readings_add(readings, FACT_LATER, LATER_LOST, REASON_MIDSTREAM);
}

/* The server closed because `max` was used up, whatever else it had been sent: where requests are
 * missing, one more of them may have come with the one that it answered. */
static void weigh_used_before(Readings *readings, const Sequel *sequel, const Exchange *exchange,
                              const Stated *stated)
{
    bool first_seen = !sequel->context->connection->opener_known && exchange->number == 1;
    if (!stated->used || sequel->answered || exchange->later_answered)
        return;
    if (exchange->request_hidden)
        readings_add(readings, FACT_LATER, LATER_LOST,
                     hidden_request_reasons(sequel->context, exchange));
    else if (first_seen) /* the response may be that to one from before the capture */
        readings_add(readings, FACT_LATER, LATER_LOST, REASON_MIDSTREAM);
}

/* The messages themselves ---------------------------------------------------------------------- */

static void weigh_declared(Readings *readings, const Declaration *declaration)
{
    static const SaysWhat says[] = { [DECLARED_KEEP_ALIVE] = SAYS_KEEP_ALIVE,
                                     [DECLARED_CLOSE] = SAYS_CLOSE,
                                     [DECLARED_UPGRADE] = SAYS_UPGRADE,
                                     [DECLARED_TUNNEL] = SAYS_TUNNEL };
    static const Declared plainest_first[] = { DECLARED_KEEP_ALIVE, DECLARED_CLOSE,
                                               DECLARED_UPGRADE, DECLARED_TUNNEL };
    if (declaration->possible == 0) {
        if (declaration->declared != DECLARED_UNKNOWN)
            readings_set(readings, FACT_DECLARED, says[declaration->declared]);
        return;
    }
    bool known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(plainest_first); i++) {
        if (!(declaration->possible & 1u << plainest_first[i]))
            continue;
        if (known)
            readings_add(readings, FACT_DECLARED, says[plainest_first[i]], declaration->reasons);
        else
            readings_set(readings, FACT_DECLARED, says[plainest_first[i]]);
        known = true;
    }
}

/* A chunk whose size is beyond our numbers: clients read such a body to the end of the connection,
 * which then is what declares the close. */
static void weigh_endless_body(Readings *readings, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (response->framing.kind == BODY_CHUNKED && response->broken &&
        (response->reasons & REASON_LIMIT))
        readings_add(readings, FACT_DECLARED, SAYS_CLOSE, REASON_LIMIT);
}

/* The request is not in the capture, and no byte of the announced body either: it may have been a
 * HEAD. */
static bool may_lack_body(const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    return exchange_method_is_open(exchange) && response->has_head &&
           message_body_bytes(response) <= 0;
}

/* In mid-stream the first response may be that to a HEAD from before the capture. */
static bool may_answer_head_before(const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    return !context->connection->opener_known && exchange->number == 1 && response->has_head &&
           message_body_bytes(response) <= 0;
}

/* The client has closed its half only, and the capture ends before the server has closed the
 * other. */
static bool may_yet_complete(const Sequel *sequel)
{
    const Connection *connection = sequel->context->connection;
    const Ending *ending = sequel->ending;
    bool unended = connection->end == CONNECTION_UNENDED || connection->end == CONNECTION_EVICTED;
    return unended && ending->possible == ENDER_CLIENT && ending->how == END_HOW_FIN &&
           ending->server.how == END_HOW_NONE;
}

static void weigh_no_response(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    ReasonSet hidden = hidden_response_reasons(sequel->context, exchange);
    if (got_response(sequel->context, exchange)) { /* 1xx, and of the final one nothing was seen */
        readings_set(readings, FACT_GOT, hidden ? GOT_WHOLE : GOT_PART);
        if (hidden)
            readings_add(readings, FACT_GOT, GOT_PART, hidden);
        return;
    }
    readings_set(readings, FACT_GOT, hidden ? GOT_WHOLE : GOT_NONE);
    if (behind_reset_of_client(sequel->context, start_of_response(exchange)) == JUST_BEHIND)
        readings_add(readings, FACT_GOT, exchange->response.complete ? GOT_WHOLE : GOT_PART,
                     REASON_LOSS);
    if (!hidden)
        return;
    readings_add(readings, FACT_GOT, GOT_PART, hidden);
    readings_add(readings, FACT_GOT, GOT_NONE, hidden);
}

/* A reset of the server whose number lies below bytes that were captured just before it: somebody
 * else sent it, or it went ahead of them, and they answer nothing. One without ACK flag takes its
 * number from the segment that it answers (RFC 9293 §3.10.7.1), which crossed those bytes. */
static void weigh_overtaking_reset(Readings *readings, const JudgeContext *context,
                                   const MessageFacts *response)
{
    const RstFact *reset = connection_reset(context->connection, 1 - context->facts->client);
    if (!reset || reset->stamp.offset > response->last.offset ||
        (reset->stamp.acked == NO_OFFSET && reset->answers) ||
        !stamp_precedes(&response->last, &reset->stamp) ||
        reset->stamp.time - response->last.time > SWAPPED)
        return;
    readings_add(readings, FACT_GOT, GOT_PART, REASON_LOSS);
    if (reset->stamp.offset <= response->first.offset)
        readings_add(readings, FACT_GOT, GOT_NONE, REASON_LOSS);
}

static void weigh_got(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (!got_response(sequel->context, exchange) || !response->begun) {
        weigh_no_response(readings, sequel, exchange);
        return;
    }
    bool cut_by_reset = response->framing.kind != BODY_UNTIL_CLOSE &&
                        arrived_after_reset(sequel->context, &response->last);
    ReasonSet hidden = hidden_response_reasons(sequel->context, exchange);
    readings_set(readings, FACT_GOT, cut_by_reset ? GOT_PART : GOT_WHOLE);
    if (cut_by_reset && response->complete &&
        behind_reset_of_client(sequel->context, &response->last) == JUST_BEHIND)
        readings_add(readings, FACT_GOT, GOT_WHOLE, REASON_LOSS);
    if (response->complete && !cut_by_reset)
        weigh_overtaking_reset(readings, sequel->context, response);
    if (response->complete || cut_by_reset)
        return;
    if (may_lack_body(exchange))
        readings_add(readings, FACT_GOT, GOT_PART,
                     hidden_request_reasons(sequel->context, exchange));
    else if (may_answer_head_before(sequel->context, exchange))
        readings_add(readings, FACT_GOT, GOT_PART, REASON_MIDSTREAM);
    else if (may_yet_complete(sequel))
        readings_add(readings, FACT_GOT, GOT_PART, REASON_CAPTURE_ENDED);
    else if (response->broken || hidden)
        readings_add(readings, FACT_GOT, GOT_PART, response->reasons | hidden);
    else
        readings_set(readings, FACT_GOT, GOT_PART);
}

static bool has_body(const BodyFraming *framing)
{
    return framing->kind == BODY_CHUNKED || framing->kind == BODY_UNREADABLE ||
           (framing->kind == BODY_LENGTH && framing->length > 0);
}

/* §9.3: the end of the body had not been acknowledged when the response began. */
static void weigh_unread_body(Readings *readings, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    if (!has_body(&request->framing) || !response->begun)
        return;
    bool withheld = exchange->expects_continue && message_body_bytes(request) == 0;
    bool unread = withheld || !request->complete || response->first.acked <= request->last.offset;
    readings_set(readings, FACT_DUTY, unread);
    if (!unread && exchange->response_resent)
        readings_add(readings, FACT_DUTY, true, REASON_LOSS);
}

/* A server that did not read a request whole, could not frame it, or refused a CONNECT has to
 * close. */
static void weigh_duty(Readings *readings, const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    if (exchange->unsolicited || !request->begun)
        return;
    if (!request->has_head || (request->notes & HEAD_INCOMPLETE)) {
        ReasonSet reasons = hidden_request_reasons(context, exchange);
        readings_add(readings, FACT_DUTY, true, reasons ? reasons : REASON_LOSS);
        return;
    }
    if (framing_obliges_close(&request->framing)) /* RFC 9112 §6.1, §6.3 */
        readings_set(readings, FACT_DUTY, true);
    else if (exchange->method == METHOD_CONNECT) /* RFC 9931: payload may have been sent already */
        readings_set(readings, FACT_DUTY, !exchange_switched(exchange));
    else if (!exchange->response.begun && has_body(&request->framing) &&
             hidden_response_reasons(context, exchange))
        readings_add(readings, FACT_DUTY, true, hidden_response_reasons(context, exchange));
    else
        weigh_unread_body(readings, exchange);
}

/* The end -------------------------------------------------------------------------------------- */

/* In mid-stream a FIN may have come before the first segment that was seen: the client's, if it
 * sends no byte and no FIN, and the server's, if it sends nothing more, not even its FIN: a bare
 * reset is what a server answers that has closed. That of the server may have, too, if its SYN is
 * missing. */
static unsigned enders_before_capture(const Sequel *sequel, const Exchange *exchange)
{
    const Half *server = half_of_server(sequel->context);
    const Half *client = &sequel->context->connection->half[sequel->context->facts->client];
    const Ending *ending = sequel->ending;
    if (!server->seen || !client->seen)
        return 0;
    unsigned enders = 0;
    if (!sequel->context->connection->opener_known && client->payload == 0 &&
        ending->client.how != END_HOW_FIN && ending->possible != ENDER_NOBODY)
        enders |= ENDER_CLIENT;
    bool knows_no_more = ending->server.how == END_HOW_RST && ending->server.bare;
    if (server->payload == 0 && (ending->server.how == END_HOW_NONE || knows_no_more) &&
        ending->possible == ENDER_CLIENT && !got_response(sequel->context, exchange))
        enders |= ENDER_SERVER;
    return enders;
}

/* A side may have said that it closes its session where nothing of it can be read: then it, and not
 * who is seen to close, may have ended the connection. */
static unsigned enders_unread(const ConversationFacts *facts, unsigned possible, ReasonSet *reasons)
{
    unsigned enders = 0;
    for (int side = 0; facts->client >= 0 && side < 2; side++) {
        Ender ender = side == facts->client ? ENDER_CLIENT : ENDER_SERVER;
        bool lost = facts->close[side] == SESSION_END_LOST;
        if ((!lost && facts->close[side] != SESSION_UNREADABLE) || possible == ENDER_NOBODY ||
            (possible & ender))
            continue;
        enders |= ender | ENDER_BOTH;
        *reasons |= lost ? REASON_LOSS : REASON_ENCRYPTED;
    }
    return enders;
}

unsigned enders_at_end(const JudgeContext *context, const Ending *ending, ReasonSet *reasons)
{
    const Connection *connection = context->connection;
    unsigned anybody = ENDER_SERVER | ENDER_CLIENT | ENDER_BOTH;
    if (ending->possible == ENDER_NOBODY && connection->end == CONNECTION_EVICTED) {
        *reasons |= REASON_LIMIT;
        return ENDER_NOBODY | anybody;
    }
    if (ending->possible == ENDER_NOBODY && connection->end == CONNECTION_TORN) {
        *reasons |= REASON_LOSS;
        return ENDER_NOBODY | anybody;
    }
    if (ending->possible == ENDER_NOBODY && connection->end == CONNECTION_REPLACED) {
        *reasons |= REASON_LOSS;
        return anybody;
    }
    if (ending->segment_missing && ending->how == END_HOW_RST)
        return ending->possible | anybody;
    return ending->possible | enders_unread(context->facts, ending->possible, reasons);
}

ReasonSet crossing_at_end(const JudgeContext *context, const Ending *ending)
{
    return fin_is_unanswered(context, ending) ? REASON_CAPTURE_ENDED : 0;
}

/* Who may have ended it, beyond what the numbers of its closing segments allow. */
static unsigned possible_enders(const Sequel *sequel, const Exchange *exchange, ReasonSet *reasons)
{
    const Ending *ending = sequel->ending;
    unsigned possible = enders_at_end(sequel->context, ending, reasons);
    if (possible != ending->possible)
        return possible;
    bool opened = sequel->context->connection->opener_known;
    bool whole = opened && half_of_server(sequel->context)->syn_seen;
    unsigned before = whole ? 0 : enders_before_capture(sequel, exchange);
    if (before) {
        *reasons |= opened ? REASON_LOSS : REASON_MIDSTREAM;
        return possible | before;
    }
    if (sequel->crossing) {
        *reasons |= sequel->crossing;
        return possible | ENDER_BOTH;
    }
    return possible;
}

/* A bare reset of the server with the number that this request acknowledged may answer the request,
 * or the client's FIN before it. Who has acknowledged the request knew the connection. */
static bool reset_may_answer(const Sequel *sequel, const Exchange *exchange)
{
    const JudgeContext *context = sequel->context;
    const RstFact *reset = connection_reset(context->connection, 1 - context->facts->client);
    int64_t acked = context->connection->half[context->facts->client].acked;
    return reset && sequel->ending->client.how == END_HOW_FIN &&
           sequel->ending->possible == ENDER_CLIENT && exchange->request.begun &&
           acked <= exchange->request.first.offset && reset->stamp.acked == NO_OFFSET &&
           reset->stamp.offset == exchange->request.first.acked;
}

/* The same of a request that nobody sees: nothing of what is missing before the client's FIN was
 * acknowledged. */
static bool reset_may_answer_unseen(const Sequel *sequel, const Exchange *exchange)
{
    const JudgeContext *context = sequel->context;
    const RstFact *reset = connection_reset(context->connection, 1 - context->facts->client);
    const Ending *ending = sequel->ending;
    int64_t acked = context->connection->half[context->facts->client].acked;
    return reset && reset->stamp.acked == NO_OFFSET && ending->client.how == END_HOW_FIN &&
           ending->possible == ENDER_CLIENT && sequel->requests & HOLE_REASONS &&
           exchange->request.begun && acked <= stamp_past(&exchange->request.last) &&
           ending->client.stamp.offset > stamp_past(&exchange->request.last);
}

/* Who resets without ACK flag knows the connection no more: it has closed it, or got a reset of the
 * other side. Where packets are missing, either may be. */
static bool client_may_have_been_reset(const Sequel *sequel)
{
    const Ending *ending = sequel->ending;
    const JudgeContext *context = sequel->context;
    bool lacks = (context->facts->reasons & HOLE_REASONS) || !context->connection->opener_known;
    return lacks && ending->possible == ENDER_CLIENT && ending->client.how == END_HOW_RST &&
           ending->client.bare && ending->server.how == END_HOW_NONE;
}

/* The end of a response came behind the client's reset, and the server's FIN behind that: neither
 * undoes the reset. */
static bool fin_came_behind_reset(const Sequel *sequel, const Exchange *exchange)
{
    const Closing *server = &sequel->ending->server;
    return sequel->ending->possible == ENDER_BOTH && server->how == END_HOW_FIN &&
           exchange->response.begun &&
           behind_reset_of_client(sequel->context, &exchange->response.last) != NOT_BEHIND &&
           behind_reset_of_client(sequel->context, &server->stamp) != NOT_BEHIND;
}

static void weigh_end(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    static const struct {
        Ender ender;
        Ended ended;
    } plainest_first[] = { { ENDER_NOBODY, ENDED_OPEN },
                           { ENDER_SERVER, ENDED_SERVER },
                           { ENDER_CLIENT, ENDED_CLIENT },
                           { ENDER_BOTH, ENDED_BOTH } };
    ReasonSet reasons = sequel->ending->reasons;
    unsigned possible = possible_enders(sequel, exchange, &reasons);
    const Exchange *unanswered = got_response(sequel->context, exchange) ? sequel->lost : exchange;
    if (fin_came_behind_reset(sequel, unanswered ? unanswered : exchange))
        possible = ENDER_CLIENT;
    bool known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(plainest_first); i++) {
        if (!(possible & plainest_first[i].ender))
            continue;
        if (!known)
            readings_set(readings, FACT_END, plainest_first[i].ended);
        else
            readings_add(readings, FACT_END, plainest_first[i].ended,
                         reasons ? reasons : REASON_LOSS);
        known = true;
    }
    bool may_answer = unanswered ? reset_may_answer(sequel, unanswered)
                                 : reset_may_answer_unseen(sequel, exchange);
    if (may_answer || client_may_have_been_reset(sequel))
        readings_add(readings, FACT_END, ENDED_SERVER,
                     sequel->context->connection->opener_known ? REASON_LOSS : REASON_MIDSTREAM);
}

/* Whether the client's own close leaves what it had not received unread: a RST whose
 * acknowledgement says what it had, or a FIN, and a RST that refuses bytes behind it. */
static bool client_refuses(const Closing *client, const RstFact *reset)
{
    if (client->how == END_HOW_RST)
        return !client->bare;
    return client->how == END_HOW_FIN && stamp_precedes(&client->stamp, &reset->stamp);
}

/* The client had closed its socket, not its half of the connection, when the response arrived: it
 * refused bytes of it (§3). */
static void weigh_refused(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    const JudgeContext *context = sequel->context;
    const RstFact *reset = connection_reset(context->connection, context->facts->client);
    const MessageFacts *response = &exchange->response;
    int64_t acked = half_of_server(context)->acked;
    if (reset && response->begun && !exchange->unsolicited && !exchange_switched(exchange) &&
        acked != NO_OFFSET && acked <= response->last.offset &&
        client_refuses(&sequel->ending->client, reset))
        readings_set(readings, FACT_REFUSED, true);
}

/* No TCP sends again sooner; a copy of the same packet comes so soon. */
#define RETRANSMISSION_LEAST (150 * NS_PER_MS)
/* Two of its times, as captured, differ by no larger part than this from what they were. */
#define TIMER_ERROR 8

/* Retransmissions that went on until the server's reset: its TCP gave up. A transmission that is
 * due and does not come shows that the response was acknowledged; before that, an acknowledgement
 * may be missing. */
static void weigh_undelivered(Readings *readings, const Sequel *sequel, const Exchange *exchange)
{
    const Half *server = half_of_server(sequel->context);
    const Transmissions *resent = &server->resent;
    const MessageFacts *response = &exchange->response;
    const Ending *ending = sequel->ending;
    bool interim = stamp_is_set(&exchange->interim.first);
    const Stamp *start = interim ? &exchange->interim.first : &response->first;
    if (ending->server.how != END_HOW_RST || !response->begun || resent->count < 2 ||
        resent->interval < RETRANSMISSION_LEAST || resent->offset < server->acked ||
        resent->offset < start->offset || resent->offset > response->last.offset)
        return;
    Nanoseconds silence = ending->server.stamp.time - resent->last;
    if (silence < 0) /* it went on behind the reset */
        return;
    Nanoseconds due = 2 * resent->interval + resent->interval / TIMER_ERROR;
    if (silence <= due && resent->count > 2)
        readings_set(readings, FACT_UNDELIVERED, true);
    else if (silence <= UNDER_WAY)
        readings_add(readings, FACT_UNDELIVERED, true, REASON_LOSS);
}

static void weigh_used(Readings *readings, const JudgeContext *context, const Stated *stated)
{
    ReasonSet open = stated->max_open;
    readings_set(readings, FACT_USED, stated->used);
    if (stated->counts_down)
        return;
    /* Statements from before the capture count no longer than until the next one, but `max` does:
     * exchanges that nobody saw may have used it up. */
    bool perhaps_not = stated->used && stated->used_if_first;
    bool perhaps = !stated->used && (stated->max < 0 || stated->max_everywhere);
    if (!context->connection->opener_known && (perhaps || perhaps_not))
        readings_add(readings, FACT_USED, !stated->used, REASON_MIDSTREAM);
    if (open)
        readings_add(readings, FACT_USED, !stated->used, open);
}

/* Time ----------------------------------------------------------------------------------------- */

static Nanoseconds seconds_to_ns(int64_t seconds)
{
    return seconds > INT64_MAX / 4 / NS_PER_SECOND ? INT64_MAX / 4 : seconds * NS_PER_SECOND;
}

Nanoseconds idle_limit(const Thresholds *thresholds, int64_t timeout)
{
    if (timeout < 0)
        return thresholds->prompt_close;
    Nanoseconds stated = seconds_to_ns(timeout);
    return stated - MIN(thresholds->timeout_tolerance, stated / 2);
}

/* How long the connection was idle before it ended, as an interval. */
typedef struct IdleTime {
    Nanoseconds least, most;
    ReasonSet reasons; /* why it is no point */
} IdleTime;

/* Of a response that nobody sees; it came behind its request. */
static IdleTime idle_since_request(const Exchange *exchange, const Stamp *end, ReasonSet hidden)
{
    Duration idle = duration_between(&exchange->request.first, end);
    return (IdleTime){ 0, exchange->request.begun ? idle.most : DURATION_UNBOUNDED, hidden };
}

static IdleTime idle_time(const Sequel *sequel, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    const Ending *ending = sequel->ending;
    ReasonSet hidden = hidden_response_reasons(sequel->context, exchange);
    if (!response->begun && hidden)
        return idle_since_request(exchange, &ending->stamp, hidden);
    if (!response->begun || response->framing.kind == BODY_UNTIL_CLOSE)
        return (IdleTime){ 0, 0, REASON_SEND_BACKLOG }; /* the end of both is one */
    Duration idle = exchange_idle_until(exchange, &ending->stamp);
    IdleTime time = { idle.least, idle.most, REASON_SEND_BACKLOG };
    if (!idle.known || idle.most == DURATION_UNBOUNDED ||
        duration_is_open(duration_between(&response->last, &ending->stamp)))
        time.reasons = REASON_CLOCK;
    if (ending->latest_only || response->broken) {
        time.least = 0;
        time.reasons &= REASON_CLOCK;
        time.reasons |= ending->latest_only ? REASON_LOSS : response->reasons | hidden;
    }
    return time;
}

static bool is_long(const Thresholds *thresholds, const Stated *stated, Nanoseconds idle)
{
    Nanoseconds limit = idle_limit(thresholds, stated->timeout);
    return stated->timeout < 0 ? idle > limit : idle >= limit;
}

static void weigh_idle(Readings *readings, const Sequel *sequel, const Exchange *exchange,
                       const Stated *stated)
{
    const Thresholds *thresholds = sequel->context->thresholds;
    IdleTime idle = idle_time(sequel, exchange);
    bool long_enough = is_long(thresholds, stated, idle.least);
    ReasonSet reasons = stated->timeout_open;
    if (!long_enough && is_long(thresholds, stated, idle.most))
        reasons |= idle.reasons;
    readings_set(readings, FACT_IDLE, long_enough || reasons ? IDLE_LONG : IDLE_EARLY);
    if (reasons)
        readings_add(readings, FACT_IDLE, IDLE_EARLY, reasons);
}

static Nanoseconds open_limit(const Thresholds *thresholds, const Declaration *declaration,
                              const Stated *stated)
{
    if (declaration->declared == DECLARED_CLOSE)
        return thresholds->close_grace;
    return stated->timeout < 0 ? thresholds->prompt_close : seconds_to_ns(stated->timeout);
}

/* How long after the response the server was seen open; known: false if no time tells. */
static Duration witnessed_for(const JudgeContext *context, const Exchange *exchange)
{
    const Half *server = half_of_server(context);
    const Stamp *end = &exchange->response.last;
    Stamp witness = { .frame = server->open_frame,
                      .time = server->open_time,
                      .clock = server->open_clock };
    if (!stamp_precedes(end, &witness))
        return (Duration){ .known = true, .least = -1, .most = -1 };
    return duration_between(end, &witness);
}

static void weigh_witness(Readings *readings, const Sequel *sequel, const Exchange *exchange,
                          const Declaration *declaration, const Stated *stated)
{
    const JudgeContext *context = sequel->context;
    bool under_way = exchange->request.begun && !exchange->request.complete;
    Nanoseconds limit = open_limit(context->thresholds, declaration, stated);
    Nanoseconds limit_if_close = MAX(limit, context->thresholds->close_grace);
    Duration open = witnessed_for(context, exchange);
    if (under_way || (open.known && open.most <= limit))
        return;
    ReasonSet reasons = declaration->declared == DECLARED_CLOSE ? 0 : stated->timeout_open;
    if (!open.known || open.least <= limit)
        reasons |= REASON_CLOCK;
    if (declaration->declared == DECLARED_UNKNOWN && open.least <= limit_if_close)
        reasons |= declaration->reasons;
    readings_set(readings, FACT_WITNESS, true);
    if (reasons)
        readings_add(readings, FACT_WITNESS, false, reasons);
}

/* All of them ---------------------------------------------------------------------------------- */

/* The client had not received all that the server sent before this response when it sent the
 * request: another response stands between. */
static bool is_out_of_step(const Exchange *exchange)
{
    const Stamp *request = &exchange->request.first, *start = &exchange->response.first;
    if (stamp_is_set(&exchange->interim.first))
        start = &exchange->interim.first;
    return exchange->request.begun && exchange->response.begun && start->offset > request->acked;
}

/* A server that gives up with a fatal alert because of a record that nobody can read did not close
 * a connection that it had called persistent: what that record was is unknown. */
static ReasonSet gave_up_on_a_record(const JudgeContext *context)
{
    const ConversationFacts *facts = context->facts;
    bool gave_up = facts->client >= 0 && facts->close[1 - facts->client] == SESSION_FAILED;
    return gave_up ? facts->client_hidden & REASON_MALFORMED : 0;
}

/* The request behind the first one that was seen was sent before the end of this response: the two
 * were pipelined, and others before the capture may have been. */
static bool may_be_pipelined(const Exchange *exchange)
{
    const Stamp *next = &exchange->next_request;
    return exchange->number == 1 && exchange->response.begun && stamp_is_set(next) &&
           next->acked != NO_OFFSET && next->acked < stamp_past(&exchange->response.last);
}

/* In mid-stream the first response has neither length nor body, and only that makes it say close:
 * it may answer a HEAD from before the capture. If the client ended the connection, that changes
 * nothing. */
static bool may_be_of_head_before(const Sequel *sequel, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (sequel->context->connection->opener_known || sequel->ending->possible == ENDER_CLIENT)
        return false;
    bool persists = response->version == HTTP_1_1 || (response->options & OPTION_KEEP_ALIVE);
    return exchange->number == 1 && response->has_head && persists &&
           !(response->options & OPTION_CLOSE) && response->framing.kind == BODY_UNTIL_CLOSE &&
           message_body_bytes(response) <= 0;
}

/* Behind the first request that was seen, the server acknowledged less: the one before was still
 * under way, and the two were pipelined. */
static bool is_acknowledged_late(const JudgeContext *context, const Exchange *exchange)
{
    const Half *client = &context->connection->half[context->facts->client];
    return exchange->sent_unseen && exchange->response.begun && client->first_acked != NO_OFFSET &&
           client->first_acked <= exchange->request.first.offset;
}

/* In mid-stream a response may be that of a request from before the capture. What may be the rest
 * of a connection that was given up may lie in a body, or in a tunnel. */
static void weigh_real(Readings *readings, const JudgeContext *context, ReasonSet tunnel,
                       const Exchange *exchange)
{
    if (tunnel)
        readings_add(readings, FACT_REAL, REAL_NO, tunnel);
    if (context->connection->after_eviction)
        readings_add(readings, FACT_REAL, REAL_NO, REASON_LIMIT);
    if (exchange->pairing_open)
        readings_add(readings, FACT_REAL, REAL_NO, exchange->pairing_open);
    else if (!context->connection->opener_known &&
             (is_out_of_step(exchange) || may_be_pipelined(exchange) ||
              is_acknowledged_late(context, exchange)))
        readings_add(readings, FACT_REAL, REAL_NO, REASON_MIDSTREAM);
}

/* In mid-stream a response to the first request that was seen may be that to one from before the
 * capture, if the two were pipelined. Where the request alone says close, nobody is accused of
 * having ignored it. */
static ReasonSet close_may_be_anothers(const JudgeContext *context, const Declaration *declaration)
{
    bool by_request = declaration->declared == DECLARED_CLOSE && declaration->by == PARTY_CLIENT;
    return by_request && !context->connection->opener_known ? REASON_MIDSTREAM : 0;
}

void facts_of_settled(Readings *readings, const JudgeContext *context, ReasonSet tunnel,
                      const Exchange *exchange, const Declaration *declaration)
{
    readings_init(readings, &VERDICT_HTTP1);
    weigh_real(readings, context, tunnel, exchange);
    weigh_declared(readings, declaration);
    readings_set(readings, FACT_LATER, LATER_ANSWERED);
    if (close_may_be_anothers(context, declaration))
        readings_add(readings, FACT_REAL, REAL_NO, REASON_MIDSTREAM);
}

/* Whether bytes of the server are missing, so that a request which nobody sees may have got an
 * answer. */
static bool may_have_answered(const JudgeContext *context)
{
    const Half *server = half_of_server(context);
    return !context->connection->opener_known || !server->seen || server->begin_unknown ||
           context->facts->responses_lost || context->facts->server_hidden;
}

void facts_of_pending(Readings *readings, const Sequel *sequel, const Before *before,
                      const Exchange *exchange, const Declaration *declaration,
                      const Stated *stated)
{
    const JudgeContext *context = sequel->context;
    readings_init(readings, &VERDICT_HTTP1);
    weigh_real(readings, context, before->tunnel, exchange);
    if (gave_up_on_a_record(context))
        readings_add(readings, FACT_REAL, REAL_NO, gave_up_on_a_record(context));
    if (may_be_of_head_before(sequel, exchange))
        readings_add(readings, FACT_REAL, REAL_NO, REASON_MIDSTREAM);
    weigh_declared(readings, declaration);
    weigh_endless_body(readings, exchange);
    weigh_got(readings, sequel, exchange);
    weigh_later(readings, sequel, exchange);
    weigh_owed(readings, sequel, exchange);
    weigh_used_before(readings, sequel, exchange, stated);
    ReasonSet not_first = before->perhaps | (may_have_answered(context) ? before->exchanges : 0);
    if (readings_may_be(readings, FACT_GOT, GOT_NONE) && not_first)
        readings_add(readings, FACT_FIRST, FIRST_NO, not_first);
    weigh_end(readings, sequel, exchange);
    weigh_refused(readings, sequel, exchange);
    weigh_duty(readings, context, exchange);
    weigh_undelivered(readings, sequel, exchange);
    weigh_used(readings, context, stated);
    weigh_idle(readings, sequel, exchange, stated);
    weigh_witness(readings, sequel, exchange, declaration, stated);
    ReasonSet anothers = close_may_be_anothers(context, declaration);
    if (anothers && (sequel->answered || before->exchanges))
        readings_add(readings, FACT_REAL, REAL_NO, anothers);
    if (anothers)
        readings_add(readings, FACT_WITNESS, false, anothers);
}

/* Whether the first of the two closings is in the capture, if it has one. */
static bool closing_is_known(const Sequel *sequel, const Exchange *exchange)
{
    bool one = sequel->ending->reasons & REASON_ONE_DIRECTION;
    bool midstream = !sequel->context->connection->opener_known;
    return !one && !(midstream && enders_before_capture(sequel, exchange));
}

Particulars particulars_of(const Sequel *sequel, const Exchange *exchange,
                           const Declaration *declaration, const Stated *stated)
{
    const JudgeContext *context = sequel->context;
    const Thresholds *thresholds = context->thresholds;
    IdleTime idle = idle_time(sequel, exchange);
    bool timed = exchange->response.last.clock.tick != CLOCK_NO_TIME;
    Nanoseconds ran = timed ? context->clock_end - exchange->response.last.time : -1;
    bool under_way = exchange->request.begun && !exchange->request.complete;
    Particulars particulars = {
        .answered = got_response(context, exchange),
        .stated = stated->timeout >= 0,
        .late = idle.least > thresholds->close_grace && closing_is_known(sequel, exchange),
        .clock_ran_on = !under_way && ran > open_limit(thresholds, declaration, stated),
    };
    LostCause lost = { CAUSE_KEEPALIVE_RACE, false };
    if (exchange->request.begun && !particulars.answered)
        lost = first_request_cause(context->connection, half_of_server(context), thresholds,
                                   exchange, sequel->ending);
    else if (sequel->lost)
        lost = lost_request_cause(half_of_server(context), sequel->lost, sequel->ending);
    particulars.lost = particulars.lost_first = lost.cause;
    particulars.lost_certain = lost.certain && !requests_behind(sequel, exchange);
    return particulars;
}
