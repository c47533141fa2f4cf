/* Framing that decides or forbids persistence: RFC 9112 §2 to §7. */
#include "judge/findings_rules.h"

/* §6.2 */
static bool length_and_chunked(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->framing.notes & FRAMING_LENGTH_AND_CODING))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent Content-Length together with Transfer-Encoding",
                party_name(c->sender));
    return true;
}

static const char *framing_fault(unsigned notes)
{
    if (notes & FRAMING_CODING_IN_1_0)
        return "Transfer-Encoding in HTTP/1.0";
    if (notes & FRAMING_LENGTH_AND_CODING)
        return "Content-Length together with Transfer-Encoding";
    return notes & FRAMING_INVALID_LENGTH ? "an invalid Content-Length"
                                          : "a Transfer-Encoding that does not end in chunked";
}

/* §6.1, §6.3: after a request that is framed so, the server closes. */
static bool must_close_not_closed(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    if (!request_is_certain(exchange) || !is_answered(exchange) || exchange_switched(exchange) ||
        !exchange->later_answered || !framing_obliges_close(&exchange->request.framing) ||
        (exchange->request.framing.notes & FRAMING_LENGTH_TOO_LARGE))
        return false;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    builder_frame(builder, exchange->next_request.frame);
    builder_say(builder,
                "a request with %s was answered (status %d), and the server answered a further one",
                framing_fault(exchange->request.framing.notes), exchange->status);
    return true;
}

/* §6.1, §6.3: after a response that is framed so, the client closes. */
static bool client_must_close(const Case *c, FindingBuilder *builder)
{
    const Announced *faulty = &c->before->faulty;
    if (faulty->statement.exchange == 0 || !request_is_certain(c->exchange) ||
        !request_sent_knowing(c->exchange, &faulty->announcement))
        return false;
    builder->party = PARTY_CLIENT;
    builder_frame(builder, faulty->statement.frame);
    builder_request(builder, &c->exchange->request);
    builder_offset(builder, "h", faulty->announcement.past);
    builder_say(builder,
                "the client sent a further request after response %u, whose framing is faulty "
                "(Transfer-Encoding in HTTP/1.0, or an invalid Content-Length)",
                faulty->statement.exchange);
    return true;
}

static const char *length_fault(unsigned notes)
{
    if (notes & FRAMING_INVALID_LENGTH)
        return "no number, or has different values";
    return notes & FRAMING_REPEATED_LENGTH ? "there several times, with the same value"
                                           : "a list with an empty member";
}

static bool invalid_length(const Case *c, FindingBuilder *builder)
{
    unsigned notes = c->message->framing.notes;
    if (!(notes & (FRAMING_INVALID_LENGTH | FRAMING_REPEATED_LENGTH | FRAMING_EMPTY_LENGTH)) ||
        (notes & FRAMING_LENGTH_TOO_LARGE))
        return false;
    if (!(notes & FRAMING_INVALID_LENGTH))
        builder->severity = SEVERITY_NOTE;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent a Content-Length that is %s", party_name(c->sender),
                length_fault(notes));
    return true;
}

/* Bytes that the capture lacks may be what is missed in a message. */
static bool lacks_bytes(const Case *c)
{
    return c->context->facts->reasons &
           (REASON_LOSS | REASON_SNAPLEN | REASON_MIDSTREAM | REASON_LIMIT | REASON_ONE_DIRECTION);
}

/* What was read as the body is perhaps the next request: the body may have been refused by a
 * response that cannot be named. */
static bool may_be_withheld(const Case *c)
{
    return c->sender == PARTY_CLIENT && c->exchange->expects_continue &&
           (!c->exchange->response.has_head || c->judgement->pairing_open);
}

static bool bad_chunk(const Case *c, FindingBuilder *builder)
{
    if (!(c->message->body_notes & BODY_BAD_CHUNK) || lacks_bytes(c) || may_be_withheld(c))
        return false;
    builder_case_message(builder, c);
    builder_frame(builder, c->message->last.frame);
    builder_say(builder, "the %s sent a chunk size or delimiter off the grammar",
                party_name(c->sender));
    return true;
}

/* Whether it is known what the response answers, and that it could have had a length. */
static bool could_have_length(const Case *c)
{
    return is_answered(c->exchange) && c->exchange->request.has_head &&
           head_is_whole(&c->exchange->response) && !exchange_switched(c->exchange);
}

/* RFC 2068 §19.7.1 */
static bool http10_keepalive_without_length(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *response = &c->exchange->response;
    bool no_length = response->framing.kind == BODY_UNTIL_CLOSE ||
                     (response->framing.kind == BODY_CHUNKED &&
                      !(response->framing.notes & FRAMING_LENGTH_AND_CODING));
    if (!could_have_length(c) || !no_length || response->version != HTTP_1_0 ||
        !(response->options & OPTION_KEEP_ALIVE) || (response->options & OPTION_CLOSE) ||
        (response->framing.notes & (FRAMING_INVALID_LENGTH | FRAMING_REPEATED_LENGTH)))
        return false;
    builder_response(builder, response);
    builder_say(builder,
                "an HTTP/1.0 response (status %d) says keep-alive and has no Content-Length",
                c->exchange->status);
    return true;
}

/* §6.3. To a client of HTTP/1.0 the server can send no chunks. */
static bool close_delimited(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *response = &c->exchange->response;
    if (!could_have_length(c) || response->framing.kind != BODY_UNTIL_CLOSE ||
        response->framing.notes != 0 || response->version != HTTP_1_1 ||
        c->exchange->request.version != HTTP_1_1)
        return false;
    builder_response(builder, response);
    builder_say(builder, "response %u (status %d) has neither Content-Length nor chunks",
                c->exchange->number, c->exchange->status);
    return true;
}

static bool noted(const Case *c, FindingBuilder *builder, HeadNote note, const char *what)
{
    if (!(c->message->notes & note))
        return false;
    builder_case_message(builder, c);
    builder_say(builder, "the %s sent %s", party_name(c->sender), what);
    return true;
}

static bool bare_lf(const Case *c, FindingBuilder *builder)
{
    return noted(c, builder, HEAD_BARE_LF, "a head with a line that ends in LF without CR");
}

static bool bad_start_line(const Case *c, FindingBuilder *builder)
{
    return !c->message->sought && /* else it may be a part of one */
           noted(c, builder, HEAD_BAD_START, "a start line off the grammar");
}

static bool space_before_colon(const Case *c, FindingBuilder *builder)
{
    return noted(c, builder, HEAD_SPACE_BEFORE_COLON, "a blank between field name and colon");
}

static bool obs_fold(const Case *c, FindingBuilder *builder)
{
    return noted(c, builder, HEAD_OBS_FOLD, "a field value that goes on in the next line");
}

/* §6.3, rule 1 */
static bool body_with_bodyless(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    if (exchange->trailing_bytes == 0 || lacks_bytes(c) || !exchange->request.has_head ||
        c->judgement->pairing_open || !c->context->connection->opener_known ||
        exchange->response.framing.kind != BODY_NONE ||
        (exchange->method != METHOD_HEAD && exchange->status != 204 && exchange->status != 304))
        return false;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    builder_frame(builder, exchange->trailing_bytes);
    builder_say(builder, "bytes follow the response (status %d)%s, which has no body",
                exchange->status, exchange->method == METHOD_HEAD ? " to HEAD" : "");
    return true;
}

/* §9.3 */
static bool early_response_body_unread(const Case *c, FindingBuilder *builder)
{
    const MessageFacts *request = &c->exchange->request, *response = &c->exchange->response;
    bool has_body = request->framing.kind == BODY_CHUNKED ||
                    (request->framing.kind == BODY_LENGTH && request->framing.length > 0);
    if (!c->ending || c->ending->possible != ENDER_SERVER || !has_body || request->broken ||
        !is_answered(c->exchange) || !request_is_certain(c->exchange) ||
        stamp_is_set(&c->exchange->next_request) || response->first.acked == NO_OFFSET ||
        (request->complete && response->first.acked > request->last.offset))
        return false;
    builder_request(builder, request);
    builder_response(builder, response);
    builder_closing(builder, &c->ending->stamp);
    builder_say(builder,
                "the response (status %d) came before the request's body ended, and then the "
                "server closed",
                c->exchange->status);
    return true;
}

/* The server waits for the body that its framing announced (RFC 9110 §10.1.1: it said nothing of
 * closing), and takes the next request for it. */
static bool body_was_withheld(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    const Statement *withheld = &c->before->withheld;
    if (withheld->exchange == 0 || withheld->exchange + 1 != exchange->number ||
        exchange->status != 400 || !is_answered(exchange) || !request_is_certain(exchange))
        return false;
    builder->party = PARTY_CLIENT;
    builder_frame(builder, withheld->frame);
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    builder_say(builder,
                "the client withheld the body of request %u after its response, and the "
                "server answered 400 to ",
                withheld->exchange);
    builder_say_request(builder, exchange);
    builder_say(builder, ", which stands in its place");
    return true;
}

bool body_was_left_unread(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    const Statement *unread = &c->before->unread;
    if (unread->exchange == 0 || unread->exchange + 1 != exchange->number ||
        !exchange->unsolicited || exchange->status != 400 || lacks_bytes(c))
        return false;
    Duration after = duration_between(&c->before->unread_end, &exchange->response.first);
    if (!after.known || after.most > c->context->thresholds->prompt_close)
        return false;
    builder->party = PARTY_SERVER;
    builder_frame(builder, unread->frame);
    builder_response(builder, &exchange->response);
    builder_say(builder,
                "the server answered request %u before its body had arrived, and then the "
                "body with a 400, as if it were a request",
                unread->exchange);
    return true;
}

static const RuleTest tests[] = {
    { RULE_BODY_DESYNC, SCOPE_EXCHANGE, PREFILTER_DESYNC, body_was_withheld },
    { RULE_BODY_DESYNC, SCOPE_EXCHANGE, PREFILTER_DESYNC, body_was_left_unread },
    { RULE_LENGTH_AND_CHUNKED, SCOPE_MESSAGE, PREFILTER_FRAMING, length_and_chunked },
    { RULE_MUST_CLOSE_NOT_CLOSED, SCOPE_EXCHANGE, PREFILTER_REQUEST_BODY, must_close_not_closed },
    { RULE_MUST_CLOSE_NOT_CLOSED, SCOPE_EXCHANGE, PREFILTER_ANNOUNCED, client_must_close },
    { RULE_INVALID_LENGTH, SCOPE_MESSAGE, PREFILTER_FRAMING, invalid_length },
    { RULE_BAD_CHUNK, SCOPE_MESSAGE, PREFILTER_BODY, bad_chunk },
    { RULE_HTTP10_KEEPALIVE_WITHOUT_LENGTH, SCOPE_EXCHANGE, PREFILTER_NO_LENGTH,
      http10_keepalive_without_length },
    { RULE_CLOSE_DELIMITED, SCOPE_EXCHANGE, PREFILTER_NO_LENGTH, close_delimited },
    { RULE_BARE_LF, SCOPE_MESSAGE, PREFILTER_HEAD, bare_lf },
    { RULE_BAD_START_LINE, SCOPE_MESSAGE, PREFILTER_HEAD, bad_start_line },
    { RULE_SPACE_BEFORE_COLON, SCOPE_MESSAGE, PREFILTER_HEAD, space_before_colon },
    { RULE_OBS_FOLD, SCOPE_MESSAGE, PREFILTER_HEAD, obs_fold },
    { RULE_BODY_WITH_BODYLESS, SCOPE_EXCHANGE, PREFILTER_UNASKED, body_with_bodyless },
    { RULE_EARLY_RESPONSE_BODY_UNREAD, SCOPE_EXCHANGE, PREFILTER_UNREAD,
      early_response_body_unread },
};

const RuleGroup FINDINGS_FRAMING = { tests, G_N_ELEMENTS(tests) };
