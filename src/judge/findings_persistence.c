/* Persistence and tear-down: RFC 9112 §9. */
#include "judge/findings_rules.h"

/* Sentences ------------------------------------------------------------------------------------ */

/* §9.6: a client that has sent close sends no more requests, whatever it knows. */
static bool request_after_client_close(const Case *c, FindingBuilder *builder)
{
    const Statement *close = &c->before->client_close;
    if (close->exchange == 0 || !request_is_certain(c->exchange))
        return false;
    builder_frame(builder, close->frame);
    builder_request(builder, &c->exchange->request);
    builder_say_request(builder, c->exchange);
    builder_say(builder, " is request %u of the connection, and request %u had said close",
                c->exchange->number, close->exchange);
    return true;
}

static bool sent_knowing(const Case *c, const Announced *announced)
{
    return announced->statement.exchange != 0 && request_is_certain(c->exchange) &&
           request_sent_knowing(c->exchange, &announced->announcement);
}

/* §9.6: a client that has received close sends no more. */
static bool request_after_server_close(const Case *c, FindingBuilder *builder)
{
    const Announced *close = &c->before->server_close;
    if (!sent_knowing(c, close))
        return false;
    builder_frame(builder, close->statement.frame);
    builder_request(builder, &c->exchange->request);
    builder_offset(builder, "h", close->announcement.past);
    builder_say_request(builder, c->exchange);
    builder_say(builder, " was sent after the client had received response %u, which says close",
                close->statement.exchange);
    return true;
}

/* §9.3: an HTTP/1.0 response without keep-alive leaves nothing to reuse. */
static bool http10_reused(const Case *c, FindingBuilder *builder)
{
    const Announced *old = &c->before->http10;
    if (!sent_knowing(c, old))
        return false;
    builder_frame(builder, old->statement.frame);
    builder_request(builder, &c->exchange->request);
    builder_offset(builder, "h", old->announcement.past);
    builder_say_request(builder, c->exchange);
    builder_say(
        builder,
        " was sent after the client had received response %u, of HTTP/1.0 without keep-alive",
        old->statement.exchange);
    return true;
}

/* §9.6: a server that has sent or received close processes no further requests. */
static bool response_after_close(const Case *c, FindingBuilder *builder)
{
    const Statement *close = &c->before->closing_option;
    if (close->exchange == 0)
        close = &c->before->closing_default;
    if (close->exchange == 0 || !is_answered(c->exchange) ||
        close->frame > c->exchange->response.first.frame ||
        c->before->closing_answer > c->exchange->response.first.offset)
        return false;
    if (close == &c->before->closing_default)
        builder->severity = SEVERITY_WARNING;
    builder_frame(builder, close->frame);
    builder_request(builder, &c->exchange->request);
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "response %u (status %d) came after exchange %u had declared close%s",
                c->exchange->number, c->exchange->status, close->exchange,
                builder->severity == SEVERITY_WARNING ? " by its HTTP version" : "");
    return true;
}

/* What the verdict says ------------------------------------------------------------------------ */

static const Half *server_half(const Case *c)
{
    return &c->context->connection->half[1 - c->context->facts->client];
}

static void say_whose_close(FindingBuilder *builder, const Case *c)
{
    const Declaration *declaration = &c->judgement->declaration;
    builder_say(builder, "close was declared by %s (%s)",
                declaration->by == PARTY_BOTH ? "both sides" : party_name(declaration->by),
                basis_name(declaration->basis));
}

static bool left_open(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_LEFT_OPEN))
        return false;
    if (c->judgement->declaration.basis != BASIS_OPTION)
        builder->severity = SEVERITY_WARNING;
    const Stamp *end = &c->exchange->response.last;
    builder_response(builder, &c->exchange->response);
    builder_frame(builder, server_half(c)->open_frame);
    say_whose_close(builder, c);
    builder_say(builder, ", and the server had sent no FIN ");
    builder_say_seconds(builder, MAX(0, server_half(c)->open_time - end->time));
    builder_say(builder, " after the response");
    return true;
}

/* The client closes too after reading such a response: where it was the one that closed late, both
 * were. */
static bool closed_late(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_CLOSED_LATE) || !c->ending)
        return false;
    bool by_client = c->ending->possible == ENDER_CLIENT;
    if (by_client && (c->exchange->response.options & OPTION_CLOSE))
        builder->party = PARTY_BOTH;
    builder_response(builder, &c->exchange->response);
    builder_closing(builder, &c->ending->stamp);
    say_whose_close(builder, c);
    builder_say(builder, ", and the connection was closed by the %s ",
                by_client ? "client" : "server");
    builder_say_seconds(builder, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    builder_say(builder, " after the response");
    return true;
}

/* §9.6: the final response to a request that said close should say it too. A 1.0 response says it
 * by its version. In mid-stream the response may be another's. */
static bool close_not_echoed(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request, *response = &c->exchange->response;
    if (!is_answered(c->exchange) || !(request->options & OPTION_CLOSE) ||
        !request_is_certain(c->exchange) || exchange_switched(c->exchange) ||
        !head_is_whole(response) || (response->options & OPTION_CLOSE) ||
        response->version != HTTP_1_1 || c->judgement->pairing_open ||
        !c->context->connection->opener_known)
        return false;
    builder_request(builder, request);
    builder_response(builder, response);
    builder_say(builder, "the request said close, and the response (status %d) has ",
                c->exchange->status);
    builder_say_text(builder, exchange_text(c->exchange, TEXT_RESPONSE_CONNECTION),
                     "no such option");
    return true;
}

static void prove_close(const Case *c, FindingBuilder *builder)
{
    builder_response(builder, &c->exchange->response);
    builder_frame(builder, c->exchange->response.last.frame);
    builder_closing(builder, &c->ending->stamp);
}

static bool undeclared_close(const Case *c, FindingBuilder *builder)
{
    if (!case_breaks_promise(c, CAUSE_UNDECLARED_CLOSE) || !c->ending)
        return false;
    prove_close(c, builder);
    builder_say(builder, "the server closed ");
    builder_say_seconds(builder, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    builder_say(builder, " after response %u, which promised a persistent connection",
                c->exchange->number);
    return true;
}

/* A lost request: the request itself, and the segment by which the server closed. */
static bool lost(const Case *c, FindingBuilder *builder, Cause cause, const char *how)
{
    if (!case_has_cause(c, cause) || !c->ending)
        return false;
    const Exchange *exchange = c->exchange;
    builder_request(builder, &exchange->request);
    builder_closing(builder, &c->ending->server.stamp);
    builder_say_request(builder, exchange);
    builder_say(builder, " %s", how);
    return true;
}

static bool keepalive_race(const Case *c, FindingBuilder *builder)
{
    return lost(c, builder, CAUSE_KEEPALIVE_RACE,
                c->judgement->broken_promise
                    ? "crossed the closing of the server, which had none of it"
                    : "crossed the closing of the server, which had none of it: nobody's fault");
}

static bool connection_forgotten(const Case *c, FindingBuilder *builder)
{
    return lost(c, builder, CAUSE_CONNECTION_FORGOTTEN,
                "was answered by a reset from one who no longer knew the connection");
}

static bool request_after_fin(const Case *c, FindingBuilder *builder)
{
    return lost(c, builder, CAUSE_REQUEST_AFTER_FIN,
                "was sent although the client had received the server's FIN");
}

static bool closed_unanswered(const Case *c, FindingBuilder *builder)
{
    return lost(c, builder, CAUSE_CLOSED_UNANSWERED,
                "had reached the server whole, which closed without an answer");
}

static bool closed_during_request(const Case *c, FindingBuilder *builder)
{
    return lost(c, builder, CAUSE_CLOSED_DURING_REQUEST,
                "had reached the server in part, which closed without an answer");
}

/* §8. Bytes of the body where it has a length; the words otherwise. */
static void say_what_is_missing(FindingBuilder *builder, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (!response->begun)
        builder_say(builder, exchange->interim.count ? "after an interim response alone"
                                                     : "before any byte of a response");
    else if (!response->has_head)
        builder_say(builder, "before the end of the response's head");
    else if (response->framing.kind == BODY_LENGTH)
        builder_say(builder,
                    "after %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                    " bytes of the response's body",
                    message_body_bytes(response), response->framing.length);
    else
        builder_say(builder, "before the last chunk of the response");
}

static bool aborted(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_ABORTED) || !c->ending || c->exchange->kind == EXCHANGE_HTTP2)
        return false;
    if (!c->exchange->answered)
        builder->severity = SEVERITY_WARNING; /* no message was begun that had to be completed */
    builder_request(builder, &c->exchange->request);
    builder_response(builder, &c->exchange->response);
    builder_closing(builder, &c->ending->server.stamp);
    builder_say(builder, "the server closed ");
    say_what_is_missing(builder, c->exchange);
    return true;
}

static bool client_aborted(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_CLIENT_ABORTED) || !c->ending ||
        c->exchange->kind == EXCHANGE_HTTP2)
        return false;
    builder_request(builder, &c->exchange->request);
    builder_response(builder, &c->exchange->response);
    builder_closing(builder, &c->ending->client.stamp);
    builder_say(builder, "the client closed ");
    say_what_is_missing(builder, c->exchange);
    return true;
}

/* The connection's end ------------------------------------------------------------------------- */

/* Everything of it is in the capture, as far as a capture can show that. */
static bool nothing_is_missing(const Case *c)
{
    const Connection *connection = c->context->connection;
    return connection->half[0].seen && connection->half[1].seen && !connection->limited &&
           c->context->facts->reasons == 0 && c->ending->reasons == 0;
}

/* The server's TCP sent bytes of the last response again and again, in vain: a reset then is its
 * giving up. */
static bool was_sent_in_vain(const Case *c)
{
    const Half *server = server_half(c);
    const Transmissions *resent = &server->resent;
    return resent->count > 2 && resent->offset >= server->acked &&
           resent->offset >= c->exchange->response.first.offset;
}

/* TCPs in use acknowledge within that time, and send again no sooner (RFC 9293 §3.8.6.3: at most
 * 500 ms). */
#define ACKNOWLEDGEMENT_IS_DUE (200 * NS_PER_MS)

/* The response may have been received, though the capture does not have the acknowledgement: one
 * was due before the reset, and a lost bare segment leaves no trace. Of a response whose end the
 * capture lacks nobody knows how long before the reset it was sent. */
static bool silence_allows_receipt(const Case *c, const RstFact *reset)
{
    if (c->exchange->response.end_missing)
        return true;
    const Stamp *last = &c->exchange->response.last;
    Duration silence = duration_between(last, &reset->stamp);
    Nanoseconds again = MAX(server_half(c)->resent.last - last->time, 0);
    return !silence.known || silence.most - again > ACKNOWLEDGEMENT_IS_DUE;
}

/* A response without a length, to a request that nobody sees, may be that to a CONNECT. */
static bool may_have_switched(const Exchange *exchange)
{
    return exchange_switched(exchange) ||
           (exchange->request_hidden && exchange->response.framing.kind == BODY_UNTIL_CLOSE);
}

/* Who has sent so much numbers its own reset behind it; one without ACK flag has the number that it
 * was told. */
static bool is_foreign(const RstFact *reset, int64_t sent)
{
    return reset->stamp.acked != NO_OFFSET && reset->stamp.offset < sent;
}

/* §9.6: a reset makes the client's TCP discard what it has not delivered. Of an incomplete
 * response: `aborted`. */
static bool response_at_risk(const Case *c, FindingBuilder *builder)
{
    const Connection *connection = c->context->connection;
    int server = 1 - c->context->facts->client;
    const RstFact *reset = connection_reset(connection, server);
    if (!reset || !is_answered(c->exchange) || !c->exchange->response.complete ||
        reset_came_before(reset, true, &c->exchange->response.last) ||
        may_have_switched(c->exchange) || !nothing_is_missing(c))
        return false;
    int64_t past = stamp_past(&c->exchange->response.last), acked = connection->half[server].acked;
    if (acked == NO_OFFSET || acked >= past || was_sent_in_vain(c) ||
        silence_allows_receipt(c, reset) || is_foreign(reset, past))
        return false;
    builder_response(builder, &c->exchange->response);
    builder_frame(builder, c->exchange->response.last.frame);
    builder_closing(builder, &reset->stamp);
    builder_say(builder,
                "the server reset the connection while %" G_GINT64_FORMAT
                " bytes of its response were unacknowledged",
                past - MAX(acked, c->exchange->response.first.offset));
    return true;
}

static bool is_idle(const Case *c)
{
    return is_answered(c->exchange) && c->exchange->response.complete &&
           c->exchange->request.complete && !exchange_switched(c->exchange) &&
           !c->context->facts->under_way[0] && !c->context->facts->under_way[1];
}

/* Its connection was idle for the side that reset it: a client had the whole response by then. */
static bool reset_while_idle(const Case *c)
{
    const Stamp *end = &c->exchange->response.last;
    if (!stamp_precedes(end, &c->ending->stamp))
        return false;
    return c->ending->possible == ENDER_CLIENT ? server_half(c)->acked >= stamp_past(end)
                                               : !was_sent_in_vain(c);
}

static bool idle_reset(const Case *c, FindingBuilder *builder)
{
    unsigned by = c->ending->possible;
    if (c->ending->how != END_HOW_RST || !is_idle(c) || !nothing_is_missing(c) ||
        c->exchange->response.framing.kind == BODY_UNTIL_CLOSE ||
        (by != ENDER_CLIENT && by != ENDER_SERVER) || !reset_while_idle(c))
        return false;
    builder->party = by == ENDER_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
    builder_frame(builder, c->exchange->response.last.frame);
    builder_closing(builder, &c->ending->stamp);
    builder_say(builder, "the %s reset the idle connection, ", party_name(builder->party));
    builder_say_seconds(builder, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    builder_say(builder, " after the last response, without a FIN");
    return true;
}

/* §9.5: watch for the other's close and answer it, when nothing is left to be sent. `closer` sent a
 * FIN that the other has acknowledged. */
static bool stayed_open(const Case *c, FindingBuilder *builder, int closer)
{
    const Connection *connection = c->context->connection;
    const FinFact *fin = &connection->half[closer].fin;
    const Half *other = &connection->half[1 - closer];
    const Stamp *since = &c->exchange->response.last;
    Stamp witness = { .frame = other->open_frame,
                      .time = other->open_time,
                      .clock = other->open_clock };
    if (stamp_precedes(since, &fin->stamp))
        since = &fin->stamp;
    Duration open = duration_between(since, &witness);
    if (fin->proof != FIN_SEEN || connection->half[closer].acked == NO_OFFSET ||
        connection->half[closer].acked <= fin->stamp.offset || other->open_frame == 0 ||
        !stamp_precedes(since, &witness) || !open.known ||
        open.least <= c->context->thresholds->half_close)
        return false;
    builder->party = closer == c->context->facts->client ? PARTY_SERVER : PARTY_CLIENT;
    builder_closing(builder, &fin->stamp);
    builder_frame(builder, other->open_frame);
    builder_say(builder, "the %s was still open ", party_name(builder->party));
    builder_say_seconds(builder, open.least);
    builder_say(builder, " after the other side's FIN and the last response");
    return true;
}

static bool half_open(const Case *c, FindingBuilder *builder)
{
    if (!is_idle(c))
        return false;
    return stayed_open(c, builder, 0) || stayed_open(c, builder, 1);
}

/* Whatever the client sent so far was read as requests, and the server's acknowledgement makes
 * sense. */
static bool requests_are_known(const Case *c)
{
    const Connection *connection = c->context->connection;
    return connection->opener_known && !connection->syn_uncounted &&
           connection->half[c->context->facts->client].seen && !connection->limited &&
           c->context->facts->reasons == 0 && c->exchange->response.first.acked >= 0;
}

/* RFC 9110 §15.5.9. A server that gives up waiting says so and closes. */
static bool is_idle_408(const Exchange *exchange)
{
    return exchange->unsolicited && (exchange->status == 408 || exchange->status == 400);
}

static bool idle_408(const Case *c, FindingBuilder *builder)
{
    if (!is_idle_408(c->exchange) || !requests_are_known(c) || body_was_left_unread(c, builder))
        return false;
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "a %d came while no request was outstanding", c->exchange->status);
    return true;
}

/* §9.2. A response of its own, or bytes behind a complete one. */
static bool unsolicited_response(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    if (!requests_are_known(c))
        return false;
    if (exchange->unsolicited && exchange->response.has_head && !is_idle_408(exchange)) {
        builder_response(builder, &exchange->response);
        builder_say(builder, "a response (status %d) came while no request was outstanding",
                    exchange->status);
        return true;
    }
    const MessageFacts *response = &exchange->response;
    if (exchange->trailing_bytes == 0 || response->framing.kind == BODY_NONE ||
        !head_is_whole(response))
        return false;
    builder_response(builder, response);
    builder_frame(builder, exchange->trailing_bytes);
    builder_say(builder, "bytes that begin no response follow response %u, which was complete",
                exchange->number);
    return true;
}

static const RuleTest tests[] = {
    { RULE_REQUEST_AFTER_CLIENT_CLOSE, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED,
      request_after_client_close },
    { RULE_REQUEST_AFTER_SERVER_CLOSE, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED,
      request_after_server_close },
    { RULE_RESPONSE_AFTER_CLOSE, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED, response_after_close },
    { RULE_LEFT_OPEN, SCOPE_EXCHANGE, PREFILTER_CAUSE, left_open },
    { RULE_CLOSED_LATE, SCOPE_EXCHANGE, PREFILTER_CAUSE, closed_late },
    { RULE_CLOSE_NOT_ECHOED, SCOPE_EXCHANGE, PREFILTER_CLOSE, close_not_echoed },
    { RULE_UNDECLARED_CLOSE, SCOPE_EXCHANGE, PREFILTER_CAUSE, undeclared_close },
    { RULE_HTTP10_REUSED, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED, http10_reused },
    { RULE_KEEPALIVE_RACE, SCOPE_EXCHANGE, PREFILTER_CAUSE, keepalive_race },
    { RULE_CONNECTION_FORGOTTEN, SCOPE_EXCHANGE, PREFILTER_CAUSE, connection_forgotten },
    { RULE_REQUEST_AFTER_FIN, SCOPE_EXCHANGE, PREFILTER_CAUSE, request_after_fin },
    { RULE_CLOSED_UNANSWERED, SCOPE_EXCHANGE, PREFILTER_CAUSE, closed_unanswered },
    { RULE_CLOSED_DURING_REQUEST, SCOPE_EXCHANGE, PREFILTER_CAUSE, closed_during_request },
    { RULE_RESPONSE_AT_RISK, SCOPE_CONNECTION, PREFILTER_END, response_at_risk },
    { RULE_ABORTED, SCOPE_EXCHANGE, PREFILTER_CAUSE, aborted },
    { RULE_CLIENT_ABORTED, SCOPE_EXCHANGE, PREFILTER_CAUSE, client_aborted },
    { RULE_IDLE_RESET, SCOPE_CONNECTION, PREFILTER_END, idle_reset },
    { RULE_HALF_OPEN, SCOPE_CONNECTION, PREFILTER_END, half_open },
    { RULE_UNSOLICITED_RESPONSE, SCOPE_EXCHANGE, PREFILTER_UNASKED, unsolicited_response },
    { RULE_IDLE_408, SCOPE_EXCHANGE, PREFILTER_UNASKED, idle_408 },
};

const RuleGroup FINDINGS_PERSISTENCE = { tests, G_N_ELEMENTS(tests) };
