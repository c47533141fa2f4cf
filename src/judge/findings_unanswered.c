/* Requests that got no byte of a response, though the server broke no promise by it. */
#include "judge/findings_rules.h"

/* How often the request was sent, as far as that is known: only the last byte that was sent again
 * is kept. */
static void say_transmissions(FindingBuilder *builder, const Exchange *exchange, const Half *client)
{
    const MessageFacts *request = &exchange->request;
    const Transmissions *resent = &client->resent;
    if (resent->count > 1 && resent->offset >= request->first.offset &&
        resent->offset < stamp_past(&request->last))
        builder_say(builder, " was sent %u times", resent->count);
    else if (resent->count == 0 && !exchange->sending.resent)
        builder_say(builder, " was sent once");
    else
        builder_say(builder, " was sent");
}

static void say_acknowledged(FindingBuilder *builder, const MessageFacts *request,
                             const Half *client)
{
    if (client->acked == NO_OFFSET || client->acked <= request->first.offset)
        builder_say(builder, " without an acknowledgement in the capture");
    else if (client->acked < stamp_past(&request->last))
        builder_say(builder, " and acknowledged in part");
    else
        builder_say(builder, " and acknowledged");
}

static void say_wait(FindingBuilder *builder, const Stamp *sent, const Closing *closing)
{
    Duration waited = duration_between(sent, &closing->stamp);
    if (!waited.known || duration_is_open(waited))
        return;
    builder_say(builder, closing->latest_only ? ", at most " : ", ");
    builder_say_seconds(builder, waited.least);
    builder_say(builder, " after its last byte");
}

/* It closed its own direction as soon as the request was sent, and the server has not closed since:
 * it may still wait for the response when the capture ends. */
static bool may_be_waiting(const Case *c)
{
    const Closing *client = &c->ending->client;
    Duration waited = duration_between(&c->exchange->request.last, &client->stamp);
    return client->how == END_HOW_FIN && c->ending->server.how == END_HOW_NONE &&
           (!waited.known || waited.least <= c->context->thresholds->prompt_close);
}

static bool client_gave_up(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request;
    if (!case_has_cause(c, CAUSE_CLIENT_GAVE_UP) || !c->ending || !request->begun ||
        stream_is_reset(&c->exchange->stream) || may_be_waiting(c))
        return false;
    const Half *client = &c->context->connection->half[c->context->facts->client];
    /* what it refused may have been a response */
    if (client->answers_missing || c->ending->segment_missing)
        return false;
    builder_request(builder, request);
    builder_closing(builder, &c->ending->client.stamp);
    builder_say_request(builder, c->exchange);
    say_transmissions(builder, c->exchange, client);
    say_acknowledged(builder, request, client);
    builder_say(builder, ", and no byte of a response came until the client %s the connection",
                c->ending->client.how == END_HOW_RST ? "reset" : "closed");
    say_wait(builder, &request->last, &c->ending->client);
    return true;
}

/* §9.6: what is sent behind a declared close is not answered. Of which exchange, and by whom,
 * stands in the verdict; here the request is named. */
static bool lost_after_close(const Case *c, FindingBuilder *builder)
{
    const Statement *close = &c->before->closing_option;
    if (close->exchange == 0)
        close = &c->before->closing_default;
    if (close->exchange == 0 || !judgement_lost_after_close(c->judgement, c->exchange) ||
        !request_is_certain(c->exchange))
        return false;
    builder_frame(builder, close->frame);
    builder_request(builder, &c->exchange->request);
    builder_say_request(builder, c->exchange);
    builder_say(builder, " got no byte of a response: exchange %u had declared close",
                close->exchange);
    return true;
}

/* Whether the server's close came in knowledge of the client's FIN, after nothing of its own. */
static bool closed_knowing(const Closing *server, const Closing *client)
{
    return server->how != END_HOW_NONE && server->acked_least != NO_OFFSET &&
           server->acked_least > client->stamp.offset;
}

static bool half_close_unanswered(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request;
    if (!case_has_cause(c, CAUSE_CLIENT_GAVE_UP) || !c->ending || c->exchange->answered ||
        c->exchange->kind == EXCHANGE_HTTP2 || !request->complete ||
        !request_is_certain(c->exchange))
        return false;
    const Closing *client = &c->ending->client, *server = &c->ending->server;
    Duration waited = duration_between(&request->last, &client->stamp);
    if (client->how != END_HOW_FIN || client->latest_only || !closed_knowing(server, client) ||
        !waited.known || waited.most > c->context->thresholds->prompt_close)
        return false;
    builder_request(builder, request);
    builder_closing(builder, &client->stamp);
    builder_closing(builder, &server->stamp);
    builder_say(builder, "the client sent its FIN ");
    builder_say_seconds(builder, waited.least);
    builder_say(builder, " after ");
    builder_say_request(builder, c->exchange);
    builder_say(builder, ", and the server closed without any response");
    return true;
}

static const RuleTest tests[] = {
    { RULE_LOST_AFTER_CLOSE, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED, lost_after_close },
    { RULE_HALF_CLOSE_UNANSWERED, SCOPE_EXCHANGE, PREFILTER_CAUSE, half_close_unanswered },

    { RULE_CLIENT_GAVE_UP, SCOPE_EXCHANGE, PREFILTER_CAUSE, client_gave_up },
};

const RuleGroup FINDINGS_UNANSWERED = { tests, G_N_ELEMENTS(tests) };
