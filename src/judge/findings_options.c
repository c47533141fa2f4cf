/* Connection options: RFC 9110 §7.6.1. */
#include "judge/findings_rules.h"

static bool say_options(const Case *c, FindingBuilder *builder)
{
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent Connection: ", party_name(c->sender));
    builder_say_text(builder, case_connection_value(c), "(empty)");
    return true;
}

static bool conflicting_options(const Case *c, FindingBuilder *builder)
{
    const unsigned both = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    return (c->message->options & both) == both && say_options(c, builder);
}

static bool malformed_connection(const Case *c, FindingBuilder *builder)
{
    return (c->message->options & OPTION_MALFORMED) && say_options(c, builder);
}

static bool empty_connection_line(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->options & OPTION_EMPTY_LINE))
        return false;
    builder_case_message(builder, c);
    builder_say(builder,
                "the %s sent several Connection lines, one of them empty: ", party_name(c->sender));
    builder_say_text(builder, case_connection_value(c), "(all)");
    return true;
}

/* RFC 2616 §13.5.1, §14.10; RFC 9110 §7.6.1 no longer asks for it. */
static bool hop_by_hop_unlisted(const Case *c, FindingBuilder *builder)
{
    if (!c->options->pedantic || !(c->message->header_flags & FLAG_HOP_BY_HOP_UNLISTED))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "Connection does not list ");
    builder_say_text(builder,
                     exchange_text(c->exchange, c->sender == PARTY_CLIENT ? TEXT_REQUEST_UNLISTED
                                                                          : TEXT_RESPONSE_UNLISTED),
                     "it");
    return true;
}

static bool end_to_end_nominated(const Case *c, FindingBuilder *builder)
{
    return (c->message->header_flags & FLAG_END_TO_END_NOMINATED) && say_options(c, builder);
}

static bool sensitive_nominated(const Case *c, FindingBuilder *builder)
{
    return (c->message->header_flags & FLAG_SENSITIVE_NOMINATED) && say_options(c, builder);
}

/* RFC 9110 §6.5.1: fields for framing and routing are no trailers. */
static bool connection_in_trailer(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->body_notes & BODY_CONNECTION_IN_TRAILER))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent Connection, Host or a framing field as a trailer",
                party_name(c->sender));
    return true;
}

/* RFC 9110 §15.2 */
static bool connection_in_interim(const Case *c, FindingBuilder *builder)
{
    if (!(c->exchange->interim.flags & FLAG_HOP_BY_HOP))
        return false;
    builder->party = PARTY_SERVER;
    builder_frame(builder, c->exchange->interim.frame);
    builder_say(builder, "an interim response has fields that concern the connection");
    return true;
}

/* RFC 9112 §C.2.2 */
static bool proxy_connection(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->header_flags & FLAG_PROXY_CONNECTION))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the client sent a Proxy-Connection field%s",
                c->message->header_flags & FLAG_ORIGIN_FORM
                    ? ", and asked for a path: no proxy has consumed it"
                    : "");
    return true;
}

/* RFC 9110 §10.1.4 */
static bool te_not_listed(const Case *c, FindingBuilder *builder)
{
    if (c->sender != PARTY_CLIENT || !(c->message->header_flags & FLAG_TE_UNLISTED))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the client sent a TE field, and Connection: ");
    builder_say_text(builder, case_connection_value(c), "(none)");
    return true;
}

/* RFC 9112 §7.4 */
static bool te_chunked(const Case *c, FindingBuilder *builder)
{
    if (c->sender != PARTY_CLIENT || !(c->message->header_flags & FLAG_TE_CHUNKED))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the client listed chunked in TE");
    return true;
}

static const RuleTest tests[] = {
    { RULE_CONFLICTING_OPTIONS, SCOPE_MESSAGE, PREFILTER_OPTIONS, conflicting_options },
    { RULE_MALFORMED_CONNECTION, SCOPE_MESSAGE, PREFILTER_OPTIONS, malformed_connection },
    { RULE_EMPTY_CONNECTION_LINE, SCOPE_MESSAGE, PREFILTER_OPTIONS, empty_connection_line },
    { RULE_HOP_BY_HOP_UNLISTED, SCOPE_MESSAGE, PREFILTER_SIGNS, hop_by_hop_unlisted },
    { RULE_END_TO_END_NOMINATED, SCOPE_MESSAGE, PREFILTER_SIGNS, end_to_end_nominated },
    { RULE_SENSITIVE_NOMINATED, SCOPE_MESSAGE, PREFILTER_SIGNS, sensitive_nominated },
    { RULE_CONNECTION_IN_TRAILER, SCOPE_MESSAGE, PREFILTER_BODY, connection_in_trailer },
    { RULE_CONNECTION_IN_INTERIM, SCOPE_EXCHANGE, PREFILTER_INTERIM, connection_in_interim },
    { RULE_PROXY_CONNECTION, SCOPE_MESSAGE, PREFILTER_SIGNS, proxy_connection },
    { RULE_TE_NOT_LISTED, SCOPE_MESSAGE, PREFILTER_SIGNS, te_not_listed },
    { RULE_TE_CHUNKED, SCOPE_MESSAGE, PREFILTER_SIGNS, te_chunked },
};

const RuleGroup FINDINGS_OPTIONS = { tests, G_N_ELEMENTS(tests) };
