/* Upgrade (RFC 9110 §7.8), WebSocket (RFC 6455 §4), h2c (RFC 7540 §3.2.1) and CONNECT (RFC
 * 9931). */
#include "judge/findings_rules.h"

static bool upgrade_not_listed(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->header_flags & FLAG_UPGRADE_UNLISTED))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent an Upgrade field, and Connection: ", party_name(c->sender));
    builder_say_text(builder, case_connection_value(c), "(none)");
    return true;
}

static bool upgrade_not_listed_in_interim(const Case *c, FindingBuilder *builder)
{
    if (!(c->exchange->interim.flags & FLAG_UPGRADE_UNLISTED))
        return false;
    builder->party = PARTY_SERVER;
    builder_frame(builder, c->exchange->interim.frame);
    builder_say(builder, "an interim response has an Upgrade field that Connection does not list");
    return true;
}

/* `h2c-upgrade` says what became of it. */
static bool offers_h2c_alone(const Exchange *exchange)
{
    return (exchange->request.header_flags & FLAG_H2C) && exchange->upgrade.offer.count == 1;
}

/* RFC 9110 §7.8: in an HTTP/1.0 request the field must be ignored. */
static bool upgrade_refused(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request;
    if (!(request->header_flags & FLAG_UPGRADE) ||
        (request->header_flags & FLAG_UPGRADE_UNLISTED) || !is_answered(c->exchange) ||
        c->exchange->status == 101 || !request_is_certain(c->exchange) ||
        request->version != HTTP_1_1 || offers_h2c_alone(c->exchange))
        return false;
    builder_request(builder, request);
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "the request offered an upgrade, and the server answered %d",
                c->exchange->status);
    return true;
}

static bool upgrade_on_http10(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request;
    if (c->exchange->status != 101 || !is_answered(c->exchange) ||
        !request_is_certain(c->exchange) || request->version != HTTP_1_0)
        return false;
    builder_request(builder, request);
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "the server answered an HTTP/1.0 request with 101");
    return true;
}

static bool upgrade_not_offered(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    bool missing = exchange->response.header_flags & FLAG_UPGRADE_MISSING;
    bool foreign = exchange->upgrade.foreign && request_is_certain(exchange);
    if (!is_answered(exchange) || !(missing || foreign))
        return false;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    if (missing)
        builder_say(builder, "the server sent a %d without an Upgrade field", exchange->status);
    else
        builder_say(builder, "the server switched to a protocol that the request %s",
                    exchange->request.header_flags & FLAG_UPGRADE ? "did not offer"
                                                                  : "did not ask for");
    return true;
}

/* An acknowledgement that does not cover the answer shows that it had not arrived (judgement.md
 * §1.1). */
static bool early_bytes(const Exchange *exchange)
{
    if (!stamp_is_set(&exchange->early) || exchange->early.acked == NO_OFFSET ||
        !request_is_certain(exchange))
        return false;
    if (exchange->response.has_head)
        return exchange->early.acked <= exchange->response.head_end;
    /* The answer may lie in a gap: then the server has sent something since the request. */
    return !exchange->answered && exchange->early.acked <= exchange->request.first.acked;
}

static void prove_early(FindingBuilder *builder, const Exchange *exchange)
{
    builder_request(builder, &exchange->request);
    builder_frame(builder, exchange->early.frame);
    builder_offset(builder, "b", exchange->early.offset);
    builder_offset(builder, "d", exchange->early.acked);
    builder_response(builder, &exchange->response);
}

/* RFC 6455 §4.1 forbids it. In the earliest drafts eight bytes follow the request's head. */
static bool upgrade_too_early(const Case *c, FindingBuilder *builder)
{
    if (c->exchange->status != 101 || !early_bytes(c->exchange) ||
        (c->exchange->request.header_flags & FLAG_WEBSOCKET_DRAFT))
        return false;
    if (c->exchange->response.header_flags & FLAG_WEBSOCKET)
        builder->severity = SEVERITY_ERROR;
    prove_early(builder, c->exchange);
    builder_say(builder,
                "the client sent bytes of the new protocol before it had received the 101");
    return true;
}

static void say_client_handshake(FindingBuilder *builder, unsigned header_flags)
{
    builder_say(builder, "the client's WebSocket handshake has");
    if (header_flags & FLAG_WEBSOCKET_METHOD)
        builder_say(builder, " a wrong method or HTTP version;");
    if (header_flags & FLAG_WEBSOCKET_KEY)
        builder_say(builder, " no single Sec-WebSocket-Key of 16 bytes in base64;");
    if (header_flags & FLAG_WEBSOCKET_VERSION)
        builder_say(builder, " no Sec-WebSocket-Version: 13;");
    if (builder->message)
        g_string_truncate(builder->message, builder->message->len - 1);
}

/* RFC 6455 §4.1 */
static bool websocket_client(const Case *c, FindingBuilder *builder)
{
    const unsigned faults = FLAG_WEBSOCKET_METHOD | FLAG_WEBSOCKET_KEY | FLAG_WEBSOCKET_VERSION;
    unsigned header_flags = c->exchange->request.header_flags;
    if (!(header_flags & faults) || (header_flags & FLAG_WEBSOCKET_DRAFT) ||
        !request_is_certain(c->exchange))
        return false;
    builder->party = PARTY_CLIENT;
    builder_request(builder, &c->exchange->request);
    say_client_handshake(builder, header_flags);
    return true;
}

/* RFC 6455 §4.2.2 */
static bool websocket_server(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    const unsigned choices = FLAG_WEBSOCKET_PROTOCOL | FLAG_WEBSOCKET_EXTENSION;
    if (exchange->status != 101 || !is_answered(exchange) || !request_is_certain(exchange) ||
        !(exchange->response.header_flags & FLAG_WEBSOCKET) || !head_is_whole(&exchange->request) ||
        (exchange->request.header_flags & FLAG_WEBSOCKET_DRAFT))
        return false;
    bool not_offered = exchange->response.header_flags & ~exchange->request.header_flags & choices;
    if (!exchange->upgrade.accept_wrong && !not_offered)
        return false;
    builder->party = PARTY_SERVER;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    if (exchange->upgrade.accept_wrong)
        builder_say(builder,
                    "Sec-WebSocket-Accept is not the value that answers the request's key");
    else
        builder_say(builder, "the 101 chooses a subprotocol or extension, and none was offered");
    return true;
}

static bool h2c_upgrade(const Case *c, FindingBuilder *builder)
{
    unsigned header_flags = c->exchange->request.header_flags;
    if (!(header_flags & FLAG_H2C) || !request_is_certain(c->exchange))
        return false;
    if (header_flags & (FLAG_H2C_SETTINGS | FLAG_H2C_UNLISTED))
        builder->severity = SEVERITY_ERROR;
    builder_request(builder, &c->exchange->request);
    builder_response(builder, &c->exchange->response);
    builder_say(builder, "the client asked to upgrade to h2c%s%s",
                header_flags & FLAG_H2C_SETTINGS ? " without exactly one HTTP2-Settings field" : "",
                header_flags & FLAG_H2C_UNLISTED
                    ? " with HTTP2-Settings that Connection does not list"
                    : "");
    /* The server must not switch then either. Of several protocols it may have chosen another. */
    if ((header_flags & FLAG_H2C_SETTINGS) && c->exchange->status == 101 &&
        is_answered(c->exchange) && c->exchange->upgrade.offer.count == 1)
        builder->party = PARTY_BOTH;
    if (c->exchange->status == 101)
        builder_say(builder, "; the server switched");
    else if (c->exchange->status)
        builder_say(builder, "; the server answered %d and went on in HTTP/1", c->exchange->status);
    return true;
}

static bool connect_reject_kept_open(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    bool early = early_bytes(exchange);
    if (exchange->method != METHOD_CONNECT || !is_answered(exchange) ||
        exchange_switched(exchange) || !exchange->later_answered ||
        (exchange->connect.retried && !early))
        return false;
    if (early)
        builder->severity = SEVERITY_WARNING;
    prove_early(builder, exchange);
    builder_frame(builder, exchange->next_request.frame);
    builder_say(builder, "the server refused CONNECT ");
    builder_say_text(builder, exchange_text(exchange, TEXT_TARGET), "");
    builder_say(builder, " with %d and answered a further request%s", exchange->status,
                early ? "; the client had sent payload before the answer" : "");
    return true;
}

static bool connect_payload_early(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    if (exchange->method != METHOD_CONNECT || (exchange->request.options & OPTION_CLOSE) ||
        !early_bytes(exchange))
        return false;
    prove_early(builder, exchange);
    builder_say(builder, "the client sent payload behind CONNECT ");
    builder_say_text(builder, exchange_text(exchange, TEXT_TARGET), "");
    builder_say(builder, " before it had received the answer, without the close option");
    return true;
}

static const RuleTest tests[] = {
    { RULE_UPGRADE_NOT_LISTED, SCOPE_MESSAGE, PREFILTER_SIGNS, upgrade_not_listed },
    { RULE_UPGRADE_NOT_LISTED, SCOPE_EXCHANGE, PREFILTER_INTERIM, upgrade_not_listed_in_interim },
    { RULE_UPGRADE_REFUSED, SCOPE_EXCHANGE, PREFILTER_UPGRADE, upgrade_refused },
    { RULE_UPGRADE_ON_HTTP10, SCOPE_EXCHANGE, PREFILTER_UPGRADE, upgrade_on_http10 },
    { RULE_UPGRADE_NOT_OFFERED, SCOPE_EXCHANGE, PREFILTER_UPGRADE, upgrade_not_offered },
    { RULE_UPGRADE_TOO_EARLY, SCOPE_EXCHANGE, PREFILTER_UPGRADE, upgrade_too_early },
    { RULE_WEBSOCKET_HANDSHAKE, SCOPE_EXCHANGE, PREFILTER_UPGRADE, websocket_client },
    { RULE_WEBSOCKET_HANDSHAKE, SCOPE_EXCHANGE, PREFILTER_UPGRADE, websocket_server },
    { RULE_H2C_UPGRADE, SCOPE_EXCHANGE, PREFILTER_UPGRADE, h2c_upgrade },
    { RULE_CONNECT_REJECT_KEPT_OPEN, SCOPE_EXCHANGE, PREFILTER_UPGRADE, connect_reject_kept_open },
    { RULE_CONNECT_PAYLOAD_EARLY, SCOPE_EXCHANGE, PREFILTER_UPGRADE, connect_payload_early },
};

const RuleGroup FINDINGS_UPGRADE = { tests, G_N_ELEMENTS(tests) };
