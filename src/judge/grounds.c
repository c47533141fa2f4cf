/* Each ground is the part of its rules' conditions that is cheapest to see absent. A ground too
 * many costs some time; one too few would lose findings, so tests/check_grounds.c puts exchanges of
 * every kind to every rule. */
#include "judge/grounds.h"

#include "judge/findings_rules.h"

#define CAUSE_BIT(cause) (UINT64_C(1) << (cause))
G_STATIC_ASSERT(CAUSE_COUNT <= 64);

/* Those that a rule restates. */
static const uint64_t RESTATED =
    CAUSE_BIT(CAUSE_ABORTED) | CAUSE_BIT(CAUSE_CLIENT_ABORTED) |
    CAUSE_BIT(CAUSE_CONNECTION_FORGOTTEN) | CAUSE_BIT(CAUSE_REQUEST_AFTER_FIN) |
    CAUSE_BIT(CAUSE_KEEPALIVE_RACE) | CAUSE_BIT(CAUSE_CLOSED_DURING_REQUEST) |
    CAUSE_BIT(CAUSE_CLOSED_UNANSWERED) | CAUSE_BIT(CAUSE_CLOSED_BEFORE_TIMEOUT) |
    CAUSE_BIT(CAUSE_UNDECLARED_CLOSE) | CAUSE_BIT(CAUSE_CLOSED_LATE) | CAUSE_BIT(CAUSE_LEFT_OPEN);

static unsigned when(bool condition, Ground ground)
{
    return condition ? ground : 0;
}

static unsigned grounds_before(const Findings *before)
{
    bool said = before->client_close.exchange || before->server_close.said.exchange ||
                before->http10.said.exchange || before->faulty.said.exchange ||
                before->closing_option.exchange || before->closing_default.exchange;
    return when(said, GROUND_SAID) | when(before->max >= 0, GROUND_MAX);
}

static bool concerns_upgrade(const Exchange *exchange)
{
    const unsigned signs = SIGN_UPGRADE | SIGN_UPGRADE_MISSING | SIGN_WEBSOCKET |
                           SIGN_WEBSOCKET_METHOD | SIGN_WEBSOCKET_KEY | SIGN_WEBSOCKET_VERSION |
                           SIGN_H2C;
    return ((exchange->request.signs | exchange->response.signs) & signs) ||
           exchange->status == 101 || exchange->upgrade_foreign ||
           exchange->method == METHOD_CONNECT;
}

unsigned grounds_of_exchange(const Case *c)
{
    const Exchange *exchange = c->exchange;
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    bool close = request->options & ~response->options & OPTION_CLOSE;
    bool unasked = exchange->unsolicited || exchange->stray != 0;
    bool no_length = response->framing.kind == BODY_UNTIL_CLOSE ||
                     (response->framing.kind == BODY_CHUNKED && response->version == HTTP_1_0);
    return grounds_before(c->before) | when(RESTATED >> c->judgement->cause & 1, GROUND_CAUSE) |
           when(close, GROUND_CLOSE) |
           when(c->ending && request->framing.kind != BODY_NONE, GROUND_UNREAD) |
           when(unasked, GROUND_UNASKED) | when(exchange->interim_signs, GROUND_INTERIM) |
           when(concerns_upgrade(exchange), GROUND_UPGRADE) |
           when(request->framing.notes, GROUND_REQUEST_BODY) | when(no_length, GROUND_NO_LENGTH);
}

unsigned grounds_of_message(const Case *c)
{
    const unsigned both = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    const unsigned signs = SIGN_END_TO_END_NOMINATED | SIGN_SENSITIVE_NOMINATED |
                           SIGN_HOP_BY_HOP_UNLISTED | SIGN_KEEP_ALIVE_UNLISTED |
                           SIGN_PROXY_CONNECTION | SIGN_TE_UNLISTED | SIGN_TE_CHUNKED |
                           SIGN_UPGRADE_UNLISTED;
    const unsigned notes = HEAD_BARE_LF | HEAD_BAD_START | HEAD_SPACE_BEFORE_COLON | HEAD_OBS_FOLD;
    const MessageFacts *message = c->message;
    bool odd = (message->options & (OPTION_MALFORMED | OPTION_EMPTY_LINE)) ||
               (message->options & both) == both || message->keep_alive.malformed;
    return when(odd, GROUND_OPTIONS) | when(message->signs & signs, GROUND_SIGNS) |
           when(message->notes & notes, GROUND_HEAD) |
           when(message->framing.notes, GROUND_FRAMING) | when(message->body_notes, GROUND_BODY);
}
