/* Upgrade (RFC 9110 §7.8), WebSocket (RFC 6455 §4), h2c (RFC 7540 §3.2.1) and CONNECT (RFC 9931). */
#include "judge/findings_rules.h"

static bool upgrade_not_listed(const Case *c, Proof *proof)
{
    if (!(c->message->signs & SIGN_UPGRADE_UNLISTED))
        return false;
    proof_case_message(proof, c);
    proof_say(proof, "the %s sent an Upgrade field, and Connection: ", party_name(c->sender));
    proof_say_text(proof, case_connection_value(c), "(none)");
    return true;
}

static bool upgrade_not_listed_in_interim(const Case *c, Proof *proof)
{
    if (!(c->exchange->interim_signs & SIGN_UPGRADE_UNLISTED))
        return false;
    proof->party = PARTY_SERVER;
    proof_frame(proof, c->exchange->interim_frame);
    proof_say(proof, "an interim response has an Upgrade field that Connection does not list");
    return true;
}

static bool upgrade_on_http10(const Case *c, Proof *proof)
{
    const MessageFacts *request = &c->exchange->request;
    if (c->exchange->status != 101 || !is_answered(c->exchange) ||
        !request_is_certain(c->exchange) || request->version != HTTP_1_0)
        return false;
    proof_request(proof, request);
    proof_response(proof, &c->exchange->response);
    proof_say(proof, "the server answered an HTTP/1.0 request with 101");
    return true;
}

static bool upgrade_not_offered(const Case *c, Proof *proof)
{
    const Exchange *exchange = c->exchange;
    bool missing = exchange->response.signs & SIGN_UPGRADE_MISSING;
    bool foreign = exchange->upgrade_foreign && request_is_certain(exchange);
    if (!is_answered(exchange) || !(missing || foreign))
        return false;
    proof_request(proof, &exchange->request);
    proof_response(proof, &exchange->response);
    if (missing)
        proof_say(proof, "the server sent a %d without an Upgrade field", exchange->status);
    else
        proof_say(proof, "the server switched to a protocol that the request %s",
                  exchange->request.signs & SIGN_UPGRADE ? "did not offer" : "did not ask for");
    return true;
}

/* An acknowledgement that does not cover the answer shows that it had not arrived (judgement.md §1.1). */
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

static void prove_early(Proof *proof, const Exchange *exchange)
{
    proof_request(proof, &exchange->request);
    proof_frame(proof, exchange->early.frame);
    proof_offset(proof, "b", exchange->early.offset);
    proof_offset(proof, "d", exchange->early.acked);
    proof_response(proof, &exchange->response);
}

/* RFC 6455 §4.1 forbids it. In the earliest drafts eight bytes follow the request's head. */
static bool upgrade_too_early(const Case *c, Proof *proof)
{
    if (c->exchange->status != 101 || !early_bytes(c->exchange) ||
        (c->exchange->request.signs & SIGN_WEBSOCKET_DRAFT))
        return false;
    if (c->exchange->response.signs & SIGN_WEBSOCKET)
        proof->severity = SEVERITY_ERROR;
    prove_early(proof, c->exchange);
    proof_say(proof, "the client sent bytes of the new protocol before it had received the 101");
    return true;
}

static void say_client_handshake(Proof *proof, unsigned signs)
{
    proof_say(proof, "the client's WebSocket handshake has");
    if (signs & SIGN_WEBSOCKET_METHOD)
        proof_say(proof, " a wrong method or HTTP version;");
    if (signs & SIGN_WEBSOCKET_KEY)
        proof_say(proof, " no single Sec-WebSocket-Key of 16 bytes in base64;");
    if (signs & SIGN_WEBSOCKET_VERSION)
        proof_say(proof, " no Sec-WebSocket-Version: 13;");
    if (proof->message)
        g_string_truncate(proof->message, proof->message->len - 1);
}

/* RFC 6455 §4.1 */
static bool websocket_client(const Case *c, Proof *proof)
{
    const unsigned faults = SIGN_WEBSOCKET_METHOD | SIGN_WEBSOCKET_KEY | SIGN_WEBSOCKET_VERSION;
    unsigned signs = c->exchange->request.signs;
    if (!(signs & faults) || (signs & SIGN_WEBSOCKET_DRAFT) || !request_is_certain(c->exchange))
        return false;
    proof->party = PARTY_CLIENT;
    proof_request(proof, &c->exchange->request);
    say_client_handshake(proof, signs);
    return true;
}

/* RFC 6455 §4.2.2 */
static bool websocket_server(const Case *c, Proof *proof)
{
    const Exchange *exchange = c->exchange;
    const unsigned choices = SIGN_WEBSOCKET_PROTOCOL | SIGN_WEBSOCKET_EXTENSION;
    if (exchange->status != 101 || !is_answered(exchange) || !request_is_certain(exchange) ||
        !(exchange->response.signs & SIGN_WEBSOCKET) || !head_is_whole(&exchange->request) ||
        (exchange->request.signs & SIGN_WEBSOCKET_DRAFT))
        return false;
    bool not_offered = exchange->response.signs & ~exchange->request.signs & choices;
    if (!exchange->accept_wrong && !not_offered)
        return false;
    proof->party = PARTY_SERVER;
    proof_request(proof, &exchange->request);
    proof_response(proof, &exchange->response);
    if (exchange->accept_wrong)
        proof_say(proof, "Sec-WebSocket-Accept is not the value that answers the request's key");
    else
        proof_say(proof, "the 101 chooses a subprotocol or extension, and none was offered");
    return true;
}

static bool h2c_upgrade(const Case *c, Proof *proof)
{
    unsigned signs = c->exchange->request.signs;
    if (!(signs & SIGN_H2C) || !request_is_certain(c->exchange))
        return false;
    if (signs & (SIGN_H2C_SETTINGS | SIGN_H2C_UNLISTED))
        proof->severity = SEVERITY_ERROR;
    proof_request(proof, &c->exchange->request);
    proof_response(proof, &c->exchange->response);
    proof_say(proof, "the client asked to upgrade to h2c%s%s",
              signs & SIGN_H2C_SETTINGS ? " without exactly one HTTP2-Settings field" : "",
              signs & SIGN_H2C_UNLISTED ? " with HTTP2-Settings that Connection does not list"
                                        : "");
    /* The server must not switch then either. Of several protocols it may have chosen another. */
    if ((signs & SIGN_H2C_SETTINGS) && c->exchange->status == 101 && is_answered(c->exchange) &&
        c->exchange->upgrade_offer.count == 1)
        proof->party = PARTY_BOTH;
    if (c->exchange->status == 101)
        proof_say(proof, "; the server switched");
    else if (c->exchange->status)
        proof_say(proof, "; the server answered %d and went on in HTTP/1", c->exchange->status);
    return true;
}

static bool connect_reject_kept_open(const Case *c, Proof *proof)
{
    const Exchange *exchange = c->exchange;
    bool early = early_bytes(exchange);
    if (exchange->method != METHOD_CONNECT || !is_answered(exchange) ||
        exchange_switched(exchange) || !exchange->later_answered ||
        (exchange->retried_with_credentials && !early))
        return false;
    if (early)
        proof->severity = SEVERITY_WARNING;
    prove_early(proof, exchange);
    proof_frame(proof, exchange->next_request.frame);
    proof_say(proof, "the server refused CONNECT ");
    proof_say_text(proof, exchange_text(exchange, TEXT_TARGET), "");
    proof_say(proof, " with %d and answered a further request%s", exchange->status,
              early ? "; the client had sent payload before the answer" : "");
    return true;
}

static bool connect_payload_early(const Case *c, Proof *proof)
{
    const Exchange *exchange = c->exchange;
    if (exchange->method != METHOD_CONNECT || (exchange->request.options & OPTION_CLOSE) ||
        !early_bytes(exchange))
        return false;
    prove_early(proof, exchange);
    proof_say(proof, "the client sent payload behind CONNECT ");
    proof_say_text(proof, exchange_text(exchange, TEXT_TARGET), "");
    proof_say(proof, " before it had received the answer, without the close option");
    return true;
}

static const RuleTest tests[] = {
    { RULE_UPGRADE_NOT_LISTED, SCOPE_MESSAGE, GROUND_SIGNS, upgrade_not_listed },
    { RULE_UPGRADE_NOT_LISTED, SCOPE_EXCHANGE, GROUND_INTERIM, upgrade_not_listed_in_interim },
    { RULE_UPGRADE_ON_HTTP10, SCOPE_EXCHANGE, GROUND_UPGRADE, upgrade_on_http10 },
    { RULE_UPGRADE_NOT_OFFERED, SCOPE_EXCHANGE, GROUND_UPGRADE, upgrade_not_offered },
    { RULE_UPGRADE_TOO_EARLY, SCOPE_EXCHANGE, GROUND_UPGRADE, upgrade_too_early },
    { RULE_WEBSOCKET_HANDSHAKE, SCOPE_EXCHANGE, GROUND_UPGRADE, websocket_client },
    { RULE_WEBSOCKET_HANDSHAKE, SCOPE_EXCHANGE, GROUND_UPGRADE, websocket_server },
    { RULE_H2C_UPGRADE, SCOPE_EXCHANGE, GROUND_UPGRADE, h2c_upgrade },
    { RULE_CONNECT_REJECT_KEPT_OPEN, SCOPE_EXCHANGE, GROUND_UPGRADE, connect_reject_kept_open },
    { RULE_CONNECT_PAYLOAD_EARLY, SCOPE_EXCHANGE, GROUND_UPGRADE, connect_payload_early },
};

const RuleGroup FINDINGS_UPGRADE = { tests, G_N_ELEMENTS(tests) };
