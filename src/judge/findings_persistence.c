/* Persistence and tear-down: RFC 9112 §9. */
#include "judge/findings_rules.h"

/* Sentences ------------------------------------------------------------------------------------ */

static void say_request(Proof *proof, const Exchange *exchange)
{
    proof_say_text(proof, exchange_text(exchange, TEXT_METHOD), "a request");
    const char *target = exchange_text(exchange, TEXT_TARGET);
    if (*target) {
        proof_say(proof, " ");
        proof_say_text(proof, target, "");
    }
}

/* §9.6: a client that has sent close sends no more requests, whatever it knows. */
static bool request_after_client_close(const Case *c, Proof *proof)
{
    const Said *close = &c->before->client_close;
    if (close->exchange == 0 || !request_is_certain(c->exchange))
        return false;
    proof_frame(proof, close->frame);
    proof_request(proof, &c->exchange->request);
    say_request(proof, c->exchange);
    proof_say(proof, " is request %u of the connection, and request %u had said close",
              c->exchange->number, close->exchange);
    return true;
}

static bool sent_knowing(const Case *c, const Told *told)
{
    return told->said.exchange != 0 && request_is_certain(c->exchange) &&
           request_sent_knowing(c->exchange, &told->tidings);
}

/* §9.6: a client that has received close sends no more. */
static bool request_after_server_close(const Case *c, Proof *proof)
{
    const Told *close = &c->before->server_close;
    if (!sent_knowing(c, close))
        return false;
    proof_frame(proof, close->said.frame);
    proof_request(proof, &c->exchange->request);
    proof_offset(proof, "h", close->tidings.past);
    say_request(proof, c->exchange);
    proof_say(proof, " was sent after the client had received response %u, which says close",
              close->said.exchange);
    return true;
}

/* §9.3: an HTTP/1.0 response without keep-alive leaves nothing to reuse. */
static bool http10_reused(const Case *c, Proof *proof)
{
    const Told *old = &c->before->http10;
    if (!sent_knowing(c, old))
        return false;
    proof_frame(proof, old->said.frame);
    proof_request(proof, &c->exchange->request);
    proof_offset(proof, "h", old->tidings.past);
    say_request(proof, c->exchange);
    proof_say(proof,
              " was sent after the client had received response %u, of HTTP/1.0 without keep-alive",
              old->said.exchange);
    return true;
}

/* §9.6: a server that has sent or received close processes no further requests. */
static bool response_after_close(const Case *c, Proof *proof)
{
    const Said *close = &c->before->closing_option;
    if (close->exchange == 0)
        close = &c->before->closing_default;
    if (close->exchange == 0 || !is_answered(c->exchange))
        return false;
    if (close == &c->before->closing_default)
        proof->severity = SEVERITY_WARNING;
    proof_frame(proof, close->frame);
    proof_request(proof, &c->exchange->request);
    proof_response(proof, &c->exchange->response);
    proof_say(proof, "response %u (status %d) came after exchange %u had declared close%s",
              c->exchange->number, c->exchange->status, close->exchange,
              proof->severity == SEVERITY_WARNING ? " by its HTTP version" : "");
    return true;
}

/* What the verdict says --------------------------------------------------------------------------- */

static const Half *server_half(const Case *c)
{
    return &c->context->connection->half[1 - c->context->facts->client];
}

static void say_whose_close(Proof *proof, const Case *c)
{
    const Declaration *declaration = &c->judgement->declaration;
    proof_say(proof, "close was declared by %s (%s)",
              declaration->by == PARTY_BOTH ? "both sides" : party_name(declaration->by),
              basis_name(declaration->basis));
}

static bool left_open(const Case *c, Proof *proof)
{
    if (!case_has_cause(c, CAUSE_LEFT_OPEN))
        return false;
    if (c->judgement->declaration.basis != BASIS_OPTION)
        proof->severity = SEVERITY_WARNING;
    const Stamp *end = &c->exchange->response.last;
    proof_response(proof, &c->exchange->response);
    proof_frame(proof, server_half(c)->open_frame);
    say_whose_close(proof, c);
    proof_say(proof, ", and the server had sent no FIN ");
    proof_say_seconds(proof, MAX(0, server_half(c)->open_time - end->time));
    proof_say(proof, " after the response");
    return true;
}

/* The client closes too after reading such a response: where it was the one that closed late, both were. */
static bool closed_late(const Case *c, Proof *proof)
{
    if (!case_has_cause(c, CAUSE_CLOSED_LATE) || !c->ending)
        return false;
    bool by_client = c->ending->possible == ENDER_CLIENT;
    if (by_client && (c->exchange->response.options & OPTION_CLOSE))
        proof->party = PARTY_BOTH;
    proof_response(proof, &c->exchange->response);
    proof_closing(proof, &c->ending->stamp);
    say_whose_close(proof, c);
    proof_say(proof, ", and the connection was closed by the %s ", by_client ? "client" : "server");
    proof_say_seconds(proof, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    proof_say(proof, " after the response");
    return true;
}

/* §9.6: the final response to a request that said close should say it too. A 1.0 response says it by its version. */
static bool close_not_echoed(const Case *c, Proof *proof)
{
    const MessageFacts *request = &c->exchange->request, *response = &c->exchange->response;
    if (!is_answered(c->exchange) || !(request->options & OPTION_CLOSE) ||
        !request_is_certain(c->exchange) || exchange_switched(c->exchange) ||
        !head_is_whole(response) || (response->options & OPTION_CLOSE) ||
        response->version != HTTP_1_1)
        return false;
    proof_request(proof, request);
    proof_response(proof, response);
    proof_say(proof, "the request said close, and the response (status %d) has ",
              c->exchange->status);
    proof_say_text(proof, exchange_text(c->exchange, TEXT_RESPONSE_CONNECTION), "no such option");
    return true;
}

static void prove_close(const Case *c, Proof *proof)
{
    proof_response(proof, &c->exchange->response);
    proof_frame(proof, c->exchange->response.last.frame);
    proof_closing(proof, &c->ending->stamp);
}

static bool undeclared_close(const Case *c, Proof *proof)
{
    if (!case_has_cause(c, CAUSE_UNDECLARED_CLOSE) || !c->ending)
        return false;
    prove_close(c, proof);
    proof_say(proof, "the server closed ");
    proof_say_seconds(proof, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    proof_say(proof, " after response %u, which promised a persistent connection",
              c->exchange->number);
    return true;
}

/* A lost request: the request itself, and the segment by which the server closed. */
static bool lost(const Case *c, Proof *proof, Cause cause, const char *how)
{
    if (!case_has_cause(c, cause) || !c->ending)
        return false;
    const Exchange *exchange = c->exchange;
    proof_request(proof, &exchange->request);
    proof_closing(proof, &c->ending->server.stamp);
    say_request(proof, exchange);
    proof_say(proof, " %s", how);
    return true;
}

static bool keepalive_race(const Case *c, Proof *proof)
{
    return lost(c, proof, CAUSE_KEEPALIVE_RACE,
                "crossed the closing of the server, which had none of it: nobody's fault");
}

static bool connection_forgotten(const Case *c, Proof *proof)
{
    return lost(c, proof, CAUSE_CONNECTION_FORGOTTEN,
                "was answered by a reset from one who no longer knew the connection");
}

static bool request_after_fin(const Case *c, Proof *proof)
{
    return lost(c, proof, CAUSE_REQUEST_AFTER_FIN,
                "was sent although the client had received the server's FIN");
}

static bool closed_unanswered(const Case *c, Proof *proof)
{
    return lost(c, proof, CAUSE_CLOSED_UNANSWERED,
                "had reached the server whole, which closed without an answer");
}

static bool closed_during_request(const Case *c, Proof *proof)
{
    return lost(c, proof, CAUSE_CLOSED_DURING_REQUEST,
                "had reached the server in part, which closed without an answer");
}

/* §8. Bytes of the body where it has a length; the words otherwise. */
static void say_what_is_missing(Proof *proof, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (!response->begun)
        proof_say(proof, exchange->interim_count ? "after an interim response alone"
                                                 : "before any byte of a response");
    else if (!response->has_head)
        proof_say(proof, "before the end of the response's head");
    else if (response->framing.kind == BODY_LENGTH)
        proof_say(proof,
                  "after %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes of the response's body",
                  response->last.offset - response->head_end, response->framing.length);
    else
        proof_say(proof, "before the last chunk of the response");
}

static bool aborted(const Case *c, Proof *proof)
{
    if (!case_has_cause(c, CAUSE_ABORTED) || !c->ending)
        return false;
    if (!c->exchange->answered)
        proof->severity = SEVERITY_WARNING; /* no message was begun that had to be completed */
    proof_request(proof, &c->exchange->request);
    proof_response(proof, &c->exchange->response);
    proof_closing(proof, &c->ending->server.stamp);
    proof_say(proof, "the server closed ");
    say_what_is_missing(proof, c->exchange);
    return true;
}

static bool client_aborted(const Case *c, Proof *proof)
{
    if (!case_has_cause(c, CAUSE_CLIENT_ABORTED) || !c->ending)
        return false;
    proof_request(proof, &c->exchange->request);
    proof_response(proof, &c->exchange->response);
    proof_closing(proof, &c->ending->client.stamp);
    proof_say(proof, "the client closed ");
    say_what_is_missing(proof, c->exchange);
    return true;
}

/* The connection's end ------------------------------------------------------------------------------ */

/* Everything of it is in the capture, as far as a capture can show that. */
static bool nothing_is_missing(const Case *c)
{
    const Connection *connection = c->context->connection;
    return connection->half[0].seen && connection->half[1].seen && !connection->limited &&
           c->context->facts->reasons == 0 && c->ending->reasons == 0;
}

/* §9.6: a reset makes the client's TCP discard what it has not delivered. Of an incomplete response: `aborted`. */
static bool response_at_risk(const Case *c, Proof *proof)
{
    const Connection *connection = c->context->connection;
    int server = 1 - c->context->facts->client;
    const RstFact *reset = connection_reset(connection, server);
    if (!reset || !is_answered(c->exchange) || !c->exchange->response.complete ||
        exchange_switched(c->exchange) || !nothing_is_missing(c))
        return false;
    int64_t past = c->exchange->response.last.offset + 1, acked = connection->half[server].acked;
    if (acked == NO_OFFSET || acked >= past)
        return false;
    proof_response(proof, &c->exchange->response);
    proof_frame(proof, c->exchange->response.last.frame);
    proof_closing(proof, &reset->stamp);
    proof_say(proof,
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

static bool idle_reset(const Case *c, Proof *proof)
{
    unsigned by = c->ending->possible;
    if (c->ending->how != END_HOW_RST || !is_idle(c) || !nothing_is_missing(c) ||
        c->exchange->response.framing.kind == BODY_UNTIL_CLOSE ||
        (by != ENDER_CLIENT && by != ENDER_SERVER))
        return false;
    proof->party = by == ENDER_CLIENT ? PARTY_CLIENT : PARTY_SERVER;
    proof_frame(proof, c->exchange->response.last.frame);
    proof_closing(proof, &c->ending->stamp);
    proof_say(proof, "the %s reset the idle connection, ", party_name(proof->party));
    proof_say_seconds(proof, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    proof_say(proof, " after the last response, without a FIN");
    return true;
}

/* §9.5: watch for the other's close and answer it, when nothing is left to be sent. `closer` sent a FIN that the other
 * has acknowledged. */
static bool stayed_open(const Case *c, Proof *proof, int closer)
{
    const Connection *connection = c->context->connection;
    const FinFact *fin = &connection->half[closer].fin;
    const Half *other = &connection->half[1 - closer];
    Nanoseconds since = MAX(fin->stamp.time, c->exchange->response.last.time);
    if (fin->proof != FIN_SEEN || connection->half[closer].acked == NO_OFFSET ||
        connection->half[closer].acked <= fin->stamp.offset || other->open_frame == 0 ||
        other->open_time - since <= c->context->thresholds->half_close)
        return false;
    proof->party = closer == c->context->facts->client ? PARTY_SERVER : PARTY_CLIENT;
    proof_closing(proof, &fin->stamp);
    proof_frame(proof, other->open_frame);
    proof_say(proof, "the %s was still open ", party_name(proof->party));
    proof_say_seconds(proof, other->open_time - since);
    proof_say(proof, " after the other side's FIN and the last response");
    return true;
}

static bool half_open(const Case *c, Proof *proof)
{
    if (!is_idle(c))
        return false;
    return stayed_open(c, proof, 0) || stayed_open(c, proof, 1);
}

/* Whatever the client sent so far was read as requests, and the server's acknowledgement makes sense. */
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

static bool idle_408(const Case *c, Proof *proof)
{
    if (!is_idle_408(c->exchange) || !requests_are_known(c))
        return false;
    proof_response(proof, &c->exchange->response);
    proof_say(proof, "a %d came while no request was outstanding", c->exchange->status);
    return true;
}

/* §9.2. A response of its own, or bytes behind a complete one. */
static bool unsolicited_response(const Case *c, Proof *proof)
{
    const Exchange *exchange = c->exchange;
    if (!requests_are_known(c))
        return false;
    if (exchange->unsolicited && exchange->response.has_head && !is_idle_408(exchange)) {
        proof_response(proof, &exchange->response);
        proof_say(proof, "a response (status %d) came while no request was outstanding",
                  exchange->status);
        return true;
    }
    const MessageFacts *response = &exchange->response;
    if (exchange->stray == 0 || response->framing.kind == BODY_NONE || !head_is_whole(response))
        return false;
    proof_response(proof, response);
    proof_frame(proof, exchange->stray);
    proof_say(proof, "bytes that begin no response follow response %u, which was complete",
              exchange->number);
    return true;
}

static const RuleTest tests[] = {
    { RULE_REQUEST_AFTER_CLIENT_CLOSE, SCOPE_EXCHANGE, GROUND_SAID, request_after_client_close },
    { RULE_REQUEST_AFTER_SERVER_CLOSE, SCOPE_EXCHANGE, GROUND_SAID, request_after_server_close },
    { RULE_RESPONSE_AFTER_CLOSE, SCOPE_EXCHANGE, GROUND_SAID, response_after_close },
    { RULE_LEFT_OPEN, SCOPE_EXCHANGE, GROUND_CAUSE, left_open },
    { RULE_CLOSED_LATE, SCOPE_EXCHANGE, GROUND_CAUSE, closed_late },
    { RULE_CLOSE_NOT_ECHOED, SCOPE_EXCHANGE, GROUND_CLOSE, close_not_echoed },
    { RULE_UNDECLARED_CLOSE, SCOPE_EXCHANGE, GROUND_CAUSE, undeclared_close },
    { RULE_HTTP10_REUSED, SCOPE_EXCHANGE, GROUND_SAID, http10_reused },
    { RULE_KEEPALIVE_RACE, SCOPE_EXCHANGE, GROUND_CAUSE, keepalive_race },
    { RULE_CONNECTION_FORGOTTEN, SCOPE_EXCHANGE, GROUND_CAUSE, connection_forgotten },
    { RULE_REQUEST_AFTER_FIN, SCOPE_EXCHANGE, GROUND_CAUSE, request_after_fin },
    { RULE_CLOSED_UNANSWERED, SCOPE_EXCHANGE, GROUND_CAUSE, closed_unanswered },
    { RULE_CLOSED_DURING_REQUEST, SCOPE_EXCHANGE, GROUND_CAUSE, closed_during_request },
    { RULE_RESPONSE_AT_RISK, SCOPE_CONNECTION, GROUND_END, response_at_risk },
    { RULE_ABORTED, SCOPE_EXCHANGE, GROUND_CAUSE, aborted },
    { RULE_CLIENT_ABORTED, SCOPE_EXCHANGE, GROUND_CAUSE, client_aborted },
    { RULE_IDLE_RESET, SCOPE_CONNECTION, GROUND_END, idle_reset },
    { RULE_HALF_OPEN, SCOPE_CONNECTION, GROUND_END, half_open },
    { RULE_UNSOLICITED_RESPONSE, SCOPE_EXCHANGE, GROUND_UNASKED, unsolicited_response },
    { RULE_IDLE_408, SCOPE_EXCHANGE, GROUND_UNASKED, idle_408 },
};

const RuleGroup FINDINGS_PERSISTENCE = { tests, G_N_ELEMENTS(tests) };
