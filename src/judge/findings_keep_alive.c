/* Keep-Alive promises: RFC 2068 §19.7.1.1, draft-thomson-hybi-http-timeout §2. */
#include "judge/findings_rules.h"

static bool closed_before_timeout(const Case *c, FindingBuilder *builder)
{
    if (!case_breaks_promise(c, CAUSE_CLOSED_BEFORE_TIMEOUT) || !c->ending)
        return false;
    builder_response(builder, &c->exchange->response);
    builder_frame(builder, c->exchange->response.last.frame);
    builder_closing(builder, &c->ending->stamp);
    builder_say(builder, "the server had stated a timeout of %" G_GINT64_FORMAT " s and closed ",
                c->judgement->stated_timeout);
    builder_say_seconds(builder, MAX(0, c->ending->stamp.time - c->exchange->response.last.time));
    builder_say(builder, " after its last response");
    return true;
}

/* How many exchanges the statement in force leaves: where every response stated the same, in
 * all. */
static int64_t exchanges_left(const Findings *before)
{
    int64_t used = before->max_everywhere ? before->answered : before->answered - before->max_at;
    return before->max - used;
}

static bool max_exceeded(const Case *c, FindingBuilder *builder)
{
    const Findings *before = c->before;
    if (before->max < 0 || !is_answered(c->exchange) || exchanges_left(before) > 0 ||
        c->context->facts->responses_lost)
        return false;
    builder_request(builder, &c->exchange->request);
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "response %u came although max=%" G_GINT64_FORMAT " had been stated",
                c->exchange->number, before->max);
    return true;
}

static bool max_not_reached(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request, *response = &c->exchange->response;
    const Findings *before = c->before;
    if (before->max < 0 || !is_answered(c->exchange) || !(response->options & OPTION_CLOSE) ||
        (request->options & OPTION_CLOSE) || request->version != HTTP_1_1 ||
        exchanges_left(before) - 1 <= (int64_t)before->answered + 1)
        return false;
    builder_response(builder, response);
    builder_say(builder,
                "response %u says close although max=%" G_GINT64_FORMAT " left %" G_GINT64_FORMAT
                " more exchanges",
                c->exchange->number, before->max, exchanges_left(before) - 1);
    return true;
}

static bool keep_alive_not_listed(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->header_flags & FLAG_KEEP_ALIVE_UNLISTED))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent a Keep-Alive field, and Connection: ", party_name(c->sender));
    builder_say_text(builder, case_connection_value(c), "(none)");
    return true;
}

static bool keep_alive_malformed(const Case *c, FindingBuilder *builder)
{
    if (!c->message->keep_alive.malformed)
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent Keep-Alive: ", party_name(c->sender));
    builder_say_text(builder,
                     exchange_text(c->exchange, c->sender == PARTY_CLIENT
                                                    ? TEXT_REQUEST_KEEP_ALIVE
                                                    : TEXT_RESPONSE_KEEP_ALIVE),
                     "(empty)");
    return true;
}

/* The last proof that the server had not closed: its own FIN, if it was seen first, or a segment
 * before one. */
static Stamp open_witness(const Case *c)
{
    const Half *server = &c->context->connection->half[1 - c->context->facts->client];
    if (server->fin.proof == FIN_SEEN)
        return server->fin.stamp;
    return (Stamp){ .frame = server->open_frame,
                    .time = server->open_time,
                    .clock = server->open_clock };
}

/* §9.3: an HTTP/1.0 connection persists by the option of both. Appendix C.2.2. */
static bool keep_alive_not_granted(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request, *response = &c->exchange->response;
    const unsigned said = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    if (!asks_for_keep_alive_in_1_0(c->exchange) || !c->ending || !is_answered(c->exchange) ||
        !request_is_certain(c->exchange) || stamp_is_set(&c->exchange->next_request) ||
        !head_is_whole(response) || (response->options & said) || !response->complete ||
        response->framing.kind == BODY_UNTIL_CLOSE || exchange_switched(c->exchange))
        return false;
    Stamp witness = open_witness(c);
    Duration open = duration_between(&response->last, &witness);
    if (!stamp_is_set(&witness) || !stamp_precedes(&response->last, &witness) || !open.known ||
        open.least <= c->context->thresholds->close_grace)
        return false;
    builder_request(builder, request);
    builder_response(builder, response);
    builder_frame(builder, witness.frame);
    builder_say(builder,
                "the HTTP/1.0 request asked for keep-alive, the response (status %d) does "
                "not grant it, and the server had not closed ",
                c->exchange->status);
    builder_say_seconds(builder, open.least);
    builder_say(builder, " later");
    return true;
}

static const RuleTest tests[] = {
    { RULE_KEEP_ALIVE_NOT_GRANTED, SCOPE_EXCHANGE, PREFILTER_NOT_GRANTED, keep_alive_not_granted },
    { RULE_CLOSED_BEFORE_TIMEOUT, SCOPE_EXCHANGE, PREFILTER_CAUSE, closed_before_timeout },
    { RULE_MAX_EXCEEDED, SCOPE_EXCHANGE, PREFILTER_MAX, max_exceeded },
    { RULE_MAX_NOT_REACHED, SCOPE_EXCHANGE, PREFILTER_MAX, max_not_reached },
    { RULE_KEEP_ALIVE_NOT_LISTED, SCOPE_MESSAGE, PREFILTER_SIGNS, keep_alive_not_listed },
    { RULE_KEEP_ALIVE_MALFORMED, SCOPE_MESSAGE, PREFILTER_OPTIONS, keep_alive_malformed },
};

const RuleGroup FINDINGS_KEEP_ALIVE = { tests, G_N_ELEMENTS(tests) };
