/* Each prefilter bit is a cheap condition without which its rules cannot hold. A bit too many costs
 * some time. A bit too few would lose findings, so tests/check_rule_prefilter.c puts exchanges of
 * every kind to every rule. */
#include "judge/rule_prefilter.h"

#include "judge/findings_rules.h"

#define CAUSE_BIT(cause) (UINT64_C(1) << (cause))
G_STATIC_ASSERT(CAUSE_COUNT <= 64);

/* Those that a rule restates. */
static const uint64_t RESTATED =
    CAUSE_BIT(CAUSE_ABORTED) | CAUSE_BIT(CAUSE_CLIENT_ABORTED) | CAUSE_BIT(CAUSE_CLIENT_GAVE_UP) |
    CAUSE_BIT(CAUSE_CONNECTION_FORGOTTEN) | CAUSE_BIT(CAUSE_REQUEST_AFTER_FIN) |
    CAUSE_BIT(CAUSE_KEEPALIVE_RACE) | CAUSE_BIT(CAUSE_CLOSED_DURING_REQUEST) |
    CAUSE_BIT(CAUSE_CLOSED_UNANSWERED) | CAUSE_BIT(CAUSE_CLOSED_BEFORE_TIMEOUT) |
    CAUSE_BIT(CAUSE_UNDECLARED_CLOSE) | CAUSE_BIT(CAUSE_CLOSED_LATE) | CAUSE_BIT(CAUSE_LEFT_OPEN);

static unsigned when(bool condition, Prefilter prefilter)
{
    return condition ? prefilter : 0;
}

static unsigned prefilter_before(const Findings *before)
{
    bool announced = before->client_close.exchange || before->server_close.statement.exchange ||
                     before->http10.statement.exchange || before->faulty.statement.exchange ||
                     before->closing_option.exchange || before->closing_default.exchange;
    return when(announced, PREFILTER_ANNOUNCED) | when(before->max >= 0, PREFILTER_MAX);
}

static bool concerns_upgrade(const Exchange *exchange)
{
    const unsigned header_flags = FLAG_UPGRADE | FLAG_UPGRADE_MISSING | FLAG_WEBSOCKET |
                                  FLAG_WEBSOCKET_METHOD | FLAG_WEBSOCKET_KEY |
                                  FLAG_WEBSOCKET_VERSION | FLAG_H2C;
    return ((exchange->request.header_flags | exchange->response.header_flags) & header_flags) ||
           exchange->status == 101 || exchange->upgrade.foreign ||
           exchange->method == METHOD_CONNECT;
}

unsigned prefilter_of_exchange(const Case *c)
{
    const Exchange *exchange = c->exchange;
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    bool close = request->options & ~response->options & OPTION_CLOSE;
    bool unasked = exchange->unsolicited || exchange->trailing_bytes != 0;
    bool no_length = response->framing.kind == BODY_UNTIL_CLOSE ||
                     (response->framing.kind == BODY_CHUNKED && response->version == HTTP_1_0);
    if (exchange->kind == EXCHANGE_HTTP2)
        return PREFILTER_STREAM | when(RESTATED >> c->judgement->cause & 1, PREFILTER_CAUSE);
    return prefilter_before(c->before) |
           when(RESTATED >> c->judgement->cause & 1, PREFILTER_CAUSE) |
           when(close, PREFILTER_CLOSE) |
           when(c->ending && request->framing.kind != BODY_NONE, PREFILTER_UNREAD) |
           when(unasked, PREFILTER_UNASKED) | when(exchange->interim.flags, PREFILTER_INTERIM) |
           when(concerns_upgrade(exchange), PREFILTER_UPGRADE) |
           when(exchange->status == 400 &&
                    (c->before->withheld.exchange || c->before->unread.exchange),
                PREFILTER_DESYNC) |
           when(asks_for_keep_alive_in_1_0(exchange), PREFILTER_NOT_GRANTED) |
           when(request->framing.notes, PREFILTER_REQUEST_BODY) |
           when(no_length, PREFILTER_NO_LENGTH);
}

unsigned prefilter_of_message(const Case *c)
{
    const unsigned both = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    const unsigned header_flags = FLAG_END_TO_END_NOMINATED | FLAG_SENSITIVE_NOMINATED |
                                  FLAG_HOP_BY_HOP_UNLISTED | FLAG_KEEP_ALIVE_UNLISTED |
                                  FLAG_PROXY_CONNECTION | FLAG_TE_UNLISTED | FLAG_TE_CHUNKED |
                                  FLAG_UPGRADE_UNLISTED;
    const unsigned notes = HEAD_BARE_LF | HEAD_BAD_START | HEAD_SPACE_BEFORE_COLON | HEAD_OBS_FOLD;
    const MessageFacts *message = c->message;
    if (c->exchange->kind == EXCHANGE_HTTP2)
        return when((message->header_flags | c->exchange->interim.flags) &
                        (FLAGS_H2_FIELDS | FLAG_H2_TE),
                    PREFILTER_STREAM);
    bool odd = (message->options & (OPTION_MALFORMED | OPTION_EMPTY_LINE)) ||
               (message->options & both) == both || message->keep_alive.malformed;
    return when(odd, PREFILTER_OPTIONS) |
           when(message->header_flags & header_flags, PREFILTER_SIGNS) |
           when(message->notes & notes, PREFILTER_HEAD) |
           when(message->framing.notes, PREFILTER_FRAMING) |
           when(message->body_notes, PREFILTER_BODY);
}
