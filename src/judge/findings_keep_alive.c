/* Keep-Alive promises: RFC 2068 §19.7.1.1, draft-thomson-hybi-http-timeout §2. */
#include "judge/findings_rules.h"

static bool closed_before_timeout(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_CLOSED_BEFORE_TIMEOUT) || !c->ending)
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

static const RuleTest tests[] = {
    { RULE_CLOSED_BEFORE_TIMEOUT, SCOPE_EXCHANGE, PREFILTER_CAUSE, closed_before_timeout },
    { RULE_MAX_EXCEEDED, SCOPE_EXCHANGE, PREFILTER_MAX, max_exceeded },
    { RULE_MAX_NOT_REACHED, SCOPE_EXCHANGE, PREFILTER_MAX, max_not_reached },
    { RULE_KEEP_ALIVE_NOT_LISTED, SCOPE_MESSAGE, PREFILTER_SIGNS, keep_alive_not_listed },
    { RULE_KEEP_ALIVE_MALFORMED, SCOPE_MESSAGE, PREFILTER_OPTIONS, keep_alive_malformed },
};

const RuleGroup FINDINGS_KEEP_ALIVE = { tests, G_N_ELEMENTS(tests) };
