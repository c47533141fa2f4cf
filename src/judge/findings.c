/* The collection, and the walk over the rules.
 *
 * Every exchange is put to every rule whose prefilter holds (rule_prefilter.h), in the order of the
 * table; a message's rule is asked twice. In everyday traffic there is none. Only a yes makes
 * texts, and only the first of the gravest ones is kept.
 *
 * Rules that restate a verdict's cause mark each exchange that has the cause, but count what
 * happened once: of a lost request, the request; else the exchange whose outcome it was, and not
 * the requests that relied on it. */
#include "base/pack.h"
#include "judge/findings_rules.h"
#include "judge/stream_facts.h"

Finding finding_copy(const Finding *finding)
{
    Finding copy = *finding;
    copy.evidence = g_strdup(finding->evidence);
    copy.message = g_strdup(finding->message);
    copy.host = g_strdup(finding->host);
    copy.target = g_strdup(finding->target);
    return copy;
}

void finding_clear(Finding *finding)
{
    g_clear_pointer(&finding->evidence, g_free);
    g_clear_pointer(&finding->message, g_free);
    g_clear_pointer(&finding->host, g_free);
    g_clear_pointer(&finding->target, g_free);
}

void findings_init(Findings *findings)
{
    *findings = (Findings){ .max = -1, .max_everywhere = true };
}

void findings_clear(Findings *findings)
{
    for (guint i = 0; findings->list && i < findings->list->len; i++)
        finding_clear(&g_array_index(findings->list, Finding, i));
    if (findings->list)
        g_array_unref(g_steal_pointer(&findings->list));
}

void findings_pack(const Findings *findings, GByteArray *to)
{
    Findings rest = *findings;
    uint64_t count = findings->list ? findings->list->len : 0;
    rest.list = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_words(to, &count, sizeof count);
    for (guint i = 0; i < count; i++) {
        const Finding *from = &g_array_index(findings->list, Finding, i);
        Finding finding = *from;
        finding.evidence = finding.message = finding.host = finding.target = NULL;
        pack_words(to, &finding, sizeof finding);
        pack_text(to, from->evidence);
        pack_text(to, from->message);
        pack_text(to, from->host);
        pack_text(to, from->target);
    }
}

void findings_unpack(Findings *findings, Span *from)
{
    uint64_t count;
    unpack_words(from, findings, sizeof *findings);
    unpack_words(from, &count, sizeof count);
    if (count == 0)
        return;
    findings->list = g_array_new(FALSE, TRUE, sizeof(Finding));
    g_array_set_size(findings->list, (guint)count);
    for (guint i = 0; i < count; i++) {
        Finding *finding = &g_array_index(findings->list, Finding, i);
        unpack_words(from, finding, sizeof *finding);
        finding->evidence = unpack_text(from);
        finding->message = unpack_text(from);
        finding->host = unpack_text(from);
        finding->target = unpack_text(from);
    }
}

size_t findings_list_size(const Findings *findings)
{
    size_t size = 0;
    for (guint i = 0; findings->list && i < findings->list->len; i++) {
        const Finding *finding = &g_array_index(findings->list, Finding, i);
        const char *texts[] = { finding->evidence, finding->message, finding->host,
                                finding->target };
        size += 2 * sizeof *finding;
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++)
            size += texts[k] ? strlen(texts[k]) : 0;
    }
    return size;
}

const Finding *findings_list(const Findings *findings, size_t *ret_count)
{
    *ret_count = findings->list ? findings->list->len : 0;
    return findings->list ? (const Finding *)(const void *)findings->list->data : NULL;
}

/* What the groups share ----------------------------------------------------------------------- */

bool case_has_cause(const Case *c, Cause cause)
{
    return c->judgement->cause == cause && c->judgement->verdict != VERDICT_UNDETERMINED &&
           c->judgement->cause_certain;
}

bool case_breaks_promise(const Case *c, Cause cause)
{
    return case_has_cause(c, cause) || c->judgement->broken_promise == cause;
}

bool request_is_certain(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    return request->has_head && !request->tentative &&
           (!request->sought || exchange->response.has_head);
}

bool is_answered(const Exchange *exchange)
{
    return exchange->response.has_head && !exchange->unsolicited && !exchange->perhaps_unasked;
}

bool head_is_whole(const MessageFacts *message)
{
    return message->has_head && !(message->notes & HEAD_INCOMPLETE);
}

void builder_case_message(FindingBuilder *builder, const Case *c)
{
    if (c->sender == PARTY_CLIENT)
        builder_request(builder, c->message);
    else
        builder_response(builder, c->message);
    if (c->message->head_end > c->message->first.offset && c->message->complete)
        builder_frame(builder, c->message->last.frame);
}

void builder_say_request(FindingBuilder *builder, const Exchange *exchange)
{
    builder_say_text(builder, exchange_text(exchange, TEXT_METHOD), "a request");
    const char *target = exchange_text(exchange, TEXT_TARGET);
    if (*target) {
        builder_say(builder, " ");
        builder_say_text(builder, target, "");
    }
}

const char *case_connection_value(const Case *c)
{
    return exchange_text(c->exchange, c->sender == PARTY_CLIENT ? TEXT_REQUEST_CONNECTION
                                                                : TEXT_RESPONSE_CONNECTION);
}

/* The collection ------------------------------------------------------------------------------- */

static gint compare_frames(gconstpointer a, gconstpointer b)
{
    FrameId left = *(const FrameId *)a, right = *(const FrameId *)b;
    return left < right ? -1 : left > right;
}

static void fill_finding(Finding *finding, FindingBuilder *builder)
{
    finding_clear(finding);
    finding->severity = builder->severity;
    finding->party = builder->party;
    finding->exchange = builder->exchange;
    memcpy(finding->frames, builder->frames, builder->frame_count * sizeof(FrameId));
    finding->frame_count = builder->frame_count;
    qsort(finding->frames, finding->frame_count, sizeof(FrameId), compare_frames);
    if (builder->evidence)
        finding->evidence = g_strdup(builder->evidence->str);
    if (builder->message)
        finding->message = g_strdup(builder->message->str);
    finding->time = builder->time;
    if (builder->exchange) {
        finding->host = g_strdup(builder->host);
        finding->target = g_strdup(builder->target);
    }
}

static Finding *find_finding(Findings *findings, Rule rule)
{
    guint at = 0;
    if (!findings->list)
        findings->list = g_array_new(FALSE, TRUE, sizeof(Finding));
    while (at < findings->list->len && g_array_index(findings->list, Finding, at).rule < rule)
        at++;
    if (at == findings->list->len || g_array_index(findings->list, Finding, at).rule != rule) {
        Finding finding = { .rule = rule };
        g_array_insert_val(findings->list, at, finding);
    }
    return &g_array_index(findings->list, Finding, at);
}

static void add_finding(Findings *findings, Rule rule, FindingBuilder *builder)
{
    Finding *finding = find_finding(findings, rule);
    if (finding->count++ == 0 || builder->severity > finding->severity)
        fill_finding(finding, builder);
    else if (builder->severity == finding->severity)
        finding->party |= builder->party;
}

/* The walk ------------------------------------------------------------------------------------- */

static Party default_party(const RuleInfo *info, Party sender)
{
    if (strcmp(info->party, "client") == 0)
        return PARTY_CLIENT;
    if (strcmp(info->party, "server") == 0)
        return PARTY_SERVER;
    return strcmp(info->party, "sender") == 0 ? sender : PARTY_NONE;
}

/* Whether an exchange only shares what happened to another: it is marked, and not counted. */
static bool only_shares(const Case *c, Rule rule)
{
    if (c->exchange && c->exchange->kind == EXCHANGE_HTTP2)
        return false; /* each stream has an outcome of its own */
    switch (rule) {
    case RULE_KEEPALIVE_RACE:
    case RULE_CONNECTION_FORGOTTEN:
    case RULE_REQUEST_AFTER_FIN:
    case RULE_CLOSED_UNANSWERED:
    case RULE_CLOSED_DURING_REQUEST:
    case RULE_CLIENT_GAVE_UP:
        return c->judgement->actual != ACTUAL_UNANSWERED;
    case RULE_LEFT_OPEN:
    case RULE_CLOSED_LATE:
    case RULE_UNDECLARED_CLOSE:
    case RULE_ABORTED:
    case RULE_CLIENT_ABORTED:
    case RULE_CLOSED_BEFORE_TIMEOUT:
        return c->judgement->actual == ACTUAL_UNANSWERED && c->before->answered_any;
    default:
        return false;
    }
}

static Nanoseconds time_of(const Case *c, const FindingBuilder *builder)
{
    const Connection *connection = c->context->connection;
    Nanoseconds time = connection->start;
    ClockMark clock = connection->start_clock;
    if (builder->exchange && c->exchange) {
        const Exchange *exchange = c->exchange;
        const Stamp *first = exchange->request.begun    ? &exchange->request.first
                             : exchange->response.begun ? &exchange->response.first
                                                        : &exchange->interim.first;
        time = first->time;
        clock = first->clock;
    }
    return clock.tick == CLOCK_NO_TIME ? FINDING_NO_TIME : time;
}

static bool ask(Findings *findings, const RuleTest *test, const Case *c)
{
    const RuleInfo *info = rule_info(test->rule);
    FindingBuilder
        builder; /* its frames count as far as frame_count goes: most rules have none to show */
    builder.severity = info->severity;
    builder.party = PARTY_NONE;
    builder.exchange = c->exchange ? c->exchange->number : 0;
    builder.frame_count = 0;
    builder.evidence = builder.message = NULL;
    builder.host = builder.target = NULL;
    builder.time = 0;
    g_autoptr(GString) evidence = NULL;
    g_autoptr(GString) message = NULL;
    if (!test->holds(c, &builder))
        return false;
    if (builder.party == PARTY_NONE)
        builder.party = default_party(info, c->sender);
    if (test->scope != SCOPE_CONNECTION && only_shares(c, test->rule))
        return true;
    if (c->options->texts) {
        builder.evidence = evidence = g_string_new(NULL);
        builder.message = message = g_string_new(NULL);
        builder.frame_count = 0;
        test->holds(c, &builder);
        if (c->exchange) {
            builder.host = exchange_text(c->exchange, TEXT_HOST);
            builder.target = exchange_text(c->exchange, TEXT_TARGET);
        }
    }
    builder.time = time_of(c, &builder);
    add_finding(findings, test->rule, &builder);
    return true;
}

static const RuleGroup *const groups[] = { &FINDINGS_PERSISTENCE, &FINDINGS_UNANSWERED,
                                           &FINDINGS_KEEP_ALIVE,  &FINDINGS_OPTIONS,
                                           &FINDINGS_UPGRADE,     &FINDINGS_FRAMING,
                                           &FINDINGS_HTTP2,       &FINDINGS_TRANSPORT };

static unsigned prefilter_of(RuleScope scope, const Case *c)
{
    switch (scope) {
    case SCOPE_MESSAGE:
        return prefilter_of_message(c);
    case SCOPE_EXCHANGE:
        return prefilter_of_exchange(c);
    case SCOPE_CONNECTION:
        break;
    }
    return PREFILTER_END;
}

static RuleSet ask_all(Findings *findings, RuleScope scope, const Case *c)
{
    RuleSet rules = { 0 };
    unsigned prefilter = prefilter_of(scope, c);
    if (prefilter == 0)
        return rules;
    bool is_stream = c->exchange && c->exchange->kind == EXCHANGE_HTTP2;
    for (size_t g = 0; g < G_N_ELEMENTS(groups); g++) {
        if (groups[g] == &FINDINGS_HTTP2 && !is_stream)
            continue;
        for (size_t i = 0; i < groups[g]->count; i++) {
            const RuleTest *test = &groups[g]->tests[i];
            if (test->scope == scope && (test->prefilter & prefilter) && ask(findings, test, c))
                rule_set_add(&rules, test->rule);
        }
    }
    return rules;
}

static void say(Statement *statement, const Exchange *exchange, const MessageFacts *message)
{
    if (statement->exchange != 0)
        return;
    statement->exchange = exchange->number;
    statement->frame = message->first.frame;
}

static void tell(Announced *announced, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (announced->statement.exchange != 0)
        return;
    say(&announced->statement, exchange, response);
    announced->announcement = (Announcement){ .time = response->first.time,
                                              .acked_before = response->first.acked_before,
                                              .past = response->head_end + 1,
                                              .again = exchange->response_resent };
}

static void remember_max(Findings *findings, const MessageFacts *response)
{
    bool counts = (response->options & OPTION_KEEP_ALIVE) && response->keep_alive.max >= 0;
    int64_t max = counts ? response->keep_alive.max : -1;
    if (max < 0 || (findings->max >= 0 && max != findings->max))
        findings->max_everywhere = false;
    findings->answered++;
    if (max >= 0) {
        findings->max = max;
        findings->max_at = findings->answered;
    }
}

static bool was_told_to_continue(const Exchange *exchange)
{
    for (unsigned i = 0; i < MIN(exchange->interim.count, INTERIM_MAX); i++)
        if (exchange->interim.status[i] == 100)
            return true;
    return exchange->interim.count > INTERIM_MAX;
}

/* Whose bytes may be read in the place of others, where the connection goes on. */
static void remember_body(Findings *findings, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    bool has_body = request->framing.kind == BODY_CHUNKED ||
                    (request->framing.kind == BODY_LENGTH && request->framing.length > 0);
    if (!has_body || !request_is_certain(exchange) || !head_is_whole(request) ||
        (response->options & OPTION_CLOSE) || response->first.acked == NO_OFFSET)
        return;
    bool none = message_body_bytes(request) == 0;
    Statement statement = { exchange->number, response->first.frame };
    if (exchange->expects_continue && none && !was_told_to_continue(exchange)) {
        findings->withheld = statement;
    } else if (request->complete && response->complete &&
               response->first.acked <= request->last.offset) {
        findings->unread = statement;
        findings->unread_end =
            stamp_precedes(&request->last, &response->last) ? response->last : request->last;
    }
}

/* §6.1: Transfer-Encoding in HTTP/1.0; §6.3 rule 5: an invalid length, where one counts. */
static bool obliges_client_to_close(const BodyFraming *framing)
{
    bool invalid = (framing->notes & FRAMING_INVALID_LENGTH) &&
                   !(framing->notes & (FRAMING_LENGTH_TOO_LARGE | FRAMING_LENGTH_AND_CODING)) &&
                   framing->kind == BODY_UNTIL_CLOSE;
    return invalid || (framing->notes & FRAMING_CODING_IN_1_0);
}

/* What this exchange said that binds later ones. */
static void remember(Findings *findings, const Exchange *exchange, const Judgement *judgement)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    if (exchange->kind == EXCHANGE_HTTP2) {
        findings->client_breach |= request_is_malformed(exchange) && !exchange->stream.pushed;
        return;
    }
    /* RFC 9931 §8: what follows a CONNECT may be payload, sent early as close allows it. */
    if (request_is_certain(exchange) && (request->options & OPTION_CLOSE) &&
        exchange->method != METHOD_CONNECT)
        say(&findings->client_close, exchange, request);
    findings->answered_any |= exchange->answered;
    if (!is_answered(exchange) || exchange_switched(exchange) || judgement->pairing_open)
        return;
    remember_max(findings, response);
    remember_body(findings, exchange);
    if (response->options & OPTION_CLOSE)
        tell(&findings->server_close, exchange);
    else if (response->version == HTTP_1_0 && head_is_whole(response) &&
             !(response->options & OPTION_KEEP_ALIVE))
        tell(&findings->http10, exchange);
    if (obliges_client_to_close(&response->framing))
        tell(&findings->faulty, exchange);
    const Declaration *declaration = &judgement->declaration;
    if (declaration->declared != DECLARED_CLOSE || declaration->possible)
        return;
    bool by_client = judgement->declaration.by == PARTY_CLIENT;
    const MessageFacts *declarer = by_client ? request : response;
    bool option = judgement->declaration.basis == BASIS_OPTION;
    if (findings->closing_option.exchange == 0 &&
        (option || findings->closing_default.exchange == 0))
        findings->closing_answer = response->first.offset;
    say(option ? &findings->closing_option : &findings->closing_default, exchange, declarer);
}

RuleSet findings_exchange(Findings *findings, const JudgeContext *context, const Ending *ending,
                          const Exchange *exchange, const Judgement *judgement,
                          const FindingsOptions *options)
{
    Case c = { .exchange = exchange,
               .judgement = judgement,
               .ending = ending,
               .before = findings,
               .context = context,
               .options = options };
    if (context->connection->after_eviction)
        return (RuleSet){ 0 }; /* what looks like a message may be none */
    RuleSet rules = { 0 };
    if (!judgement->pairing_open) /* else these two messages may be no exchange */
        rules = ask_all(findings, SCOPE_EXCHANGE, &c);
    if (request_is_certain(exchange)) {
        c.message = &exchange->request;
        c.sender = PARTY_CLIENT;
        rule_set_add_all(&rules, ask_all(findings, SCOPE_MESSAGE, &c));
    }
    if (exchange->response.has_head) {
        c.message = &exchange->response;
        c.sender = PARTY_SERVER;
        rule_set_add_all(&rules, ask_all(findings, SCOPE_MESSAGE, &c));
    }
    remember(findings, exchange, judgement);
    rule_set_add_all(&findings->rules, rules);
    return rules;
}

RuleSet findings_connection(Findings *findings, const JudgeContext *context, const Ending *ending,
                            const Exchange *last, const FindingsOptions *options)
{
    Case c = { .exchange = last,
               .ending = ending,
               .before = findings,
               .context = context,
               .options = options };
    if (last && !context->connection->after_eviction)
        rule_set_add_all(&findings->rules, ask_all(findings, SCOPE_CONNECTION, &c));
    return findings->rules;
}
