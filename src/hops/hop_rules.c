/* First everything is counted that a rule compares a pair with: how often a field stands on neither
 * side (then the proxy does not write it of its own accord), and what the hop does as a rule. Then
 * each pair is asked. */
#include "hops/hop_rules.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>

/* A message that a proxy received, and what it forwarded. */
typedef struct Passage {
    const HeadDigest *received, *forwarded;
    bool response;
} Passage;

/* A pair. */
typedef struct Case {
    Block *block;
    uint32_t front_index, back_index;
    const Leg *front, *back;
    uint64_t hop;
    bool answered; /* by the back */
    bool forward;  /* the proxy is a forward proxy */
} Case;

/* What a hop did, of all its pairs. */
typedef struct HopCount {
    uint64_t pairs, persistent, followed;
    uint64_t close, open, close_differs; /* of fronts of HTTP/1.1 */
    uint64_t old, new, version_differs;
} HopCount;

typedef struct HopAudit {
    Block *block;
    GArray *errors;
    GArray *list;
    uint64_t left_out;
    GHashTable *places; /* rule and connection, to the place in the list and one */
    GHashTable *hops;   /* HopCount */
    HashCounts seen;    /* of messages, fields and options, by hop and direction */
    bool pedantic;
} HopAudit;

/* Cases ---------------------------------------------------------------------------------------- */

static Case case_of(Block *block, uint32_t back)
{
    uint32_t front = block->backs[back].front;
    return (Case){ .block = block,
                   .front_index = front,
                   .back_index = back,
                   .front = &block->legs[front],
                   .back = &block->legs[back],
                   .hop = hop_full_key(&block->legs[front], &block->legs[back]),
                   .answered = block_answered_by(block, front, back) == ANSWERED_BY_SERVER,
                   .forward = block->legs[front].digest->target.absolute };
}

/* False: one of the two heads is not whole, or the response is not the back's. */
static bool passage_of(const Case *c, bool response, Passage *ret_passage)
{
    const ExchangeDigest *front = c->front->digest, *back = c->back->digest;
    *ret_passage = response ? (Passage){ back->response.head, front->response.head, true }
                            : (Passage){ front->request.head, back->request.head, false };
    return (!response || c->answered) && ret_passage->received && ret_passage->forwarded &&
           ret_passage->received->whole && ret_passage->forwarded->whole;
}

static bool front_persists(const Case *c)
{
    unsigned options = c->front->response_options;
    if (options & OPTION_CLOSE)
        return false;
    return c->front->response_version >= HTTP_1_1 || (options & OPTION_KEEP_ALIVE);
}

/* Counting ------------------------------------------------------------------------------------- */

typedef enum SeenKind {
    SEEN_MESSAGE,
    SEEN_PERSISTENT, /* a response after which the front persists */
    SEEN_FIELD,      /* on one side at least */
    SEEN_FIELD_KEPT, /* … of such a response */
    SEEN_OPTION,     /* in the forwarded Connection */
    SEEN_OWN,   /* a field that proxies write: the back has it, and the front does not name it */
    SEEN_ADDED, /* … and the front lacks it */
    SEEN_NAMED, /* the front names the field */
} SeenKind;

static uint64_t seen_key(const Case *c, SeenKind kind, bool response, const char *name)
{
    uint64_t what = hash_both(content_hash_of(span_of_text(name)), (uint64_t)kind << 1 | response);
    return hash_both(c->hop, what);
}

static void see(HopAudit *audit, const Case *c, SeenKind kind, bool response, const char *name)
{
    hash_counts_add(&audit->seen, seen_key(c, kind, response, name), 1);
}

static uint64_t seen(const HopAudit *audit, const Case *c, SeenKind kind, bool response,
                     const char *name)
{
    return hash_counts_get(&audit->seen, seen_key(c, kind, response, name));
}

static const char *name_of(const Passage *passage, const DigestField *received,
                           const DigestField *forwarded)
{
    return received ? head_digest_name(passage->received, received)
                    : head_digest_name(passage->forwarded, forwarded);
}

static void count_own(HopAudit *audit, const Case *c, const char *name, const DigestField *received,
                      const DigestField *forwarded)
{
    bool named = received && received->listed, has = forwarded && forwarded->present;
    if (named)
        see(audit, c, SEEN_NAMED, false, name);
    else if (has)
        see(audit, c, SEEN_OWN, false, name);
    if (!named && has && !(received && received->present))
        see(audit, c, SEEN_ADDED, false, name);
}

static void count_passage(HopAudit *audit, const Case *c, bool response)
{
    Passage passage;
    if (!passage_of(c, response, &passage))
        return;
    bool persists = response && front_persists(c);
    FieldPairs pairs = { .front = passage.received, .back = passage.forwarded };
    const DigestField *a, *b;
    see(audit, c, SEEN_MESSAGE, response, "");
    if (persists)
        see(audit, c, SEEN_PERSISTENT, response, "");
    while (field_pairs_next(&pairs, &a, &b)) {
        const char *name = name_of(&passage, a, b);
        bool stands = (a && a->present) || (b && b->present);
        if (stands)
            see(audit, c, SEEN_FIELD, response, name);
        if (stands && persists)
            see(audit, c, SEEN_FIELD_KEPT, response, name);
        if (b && b->listed)
            see(audit, c, SEEN_OPTION, response, name);
        if (!response && (digest_traits((a ? a : b)->known) & FIELD_OWN))
            count_own(audit, c, name, a, b);
    }
}

static HopCount *hop_count(const HopAudit *audit, const Case *c)
{
    HopCount *count = g_hash_table_lookup(audit->hops, &c->hop);
    if (count)
        return count;
    count = g_new0(HopCount, 1);
    g_hash_table_insert(audit->hops, g_memdup2(&c->hop, sizeof c->hop), count);
    return count;
}

/* Whether a request says that its connection ends. */
static bool says_close(const Leg *leg)
{
    if (leg->request_options & OPTION_CLOSE)
        return true;
    return leg->request_version < HTTP_1_1 && !(leg->request_options & OPTION_KEEP_ALIVE);
}

static void count_case(HopAudit *audit, const Case *c)
{
    HopCount *count = hop_count(audit, c);
    HttpVersion front = c->front->request_version, back = c->back->request_version;
    count->pairs++;
    count->persistent += !says_close(c->back);
    count->followed += c->back->number > 1;
    count->old += front == HTTP_1_0 && back == HTTP_1_0;
    count->new += front == HTTP_1_1 &&back == HTTP_1_1;
    count->version_differs += front != back;
    if (front == HTTP_1_1) {
        bool close = c->front->request_options & OPTION_CLOSE;
        count->close += close;
        count->open += !close;
        count->close_differs += close != !!(c->back->request_options & OPTION_CLOSE);
    }
    count_passage(audit, c, false);
    count_passage(audit, c, true);
}

/* Another pair of the hop in which neither side has the field. */
static bool has_witness(const HopAudit *audit, const Case *c, bool response, const char *name,
                        DigestName known)
{
    bool kept = response && known == DIGEST_KEEP_ALIVE;
    uint64_t messages = seen(audit, c, kept ? SEEN_PERSISTENT : SEEN_MESSAGE, response, "");
    return messages > seen(audit, c, kept ? SEEN_FIELD_KEPT : SEEN_FIELD, response, name);
}

/* Reporting ------------------------------------------------------------------------------------ */

typedef struct Report {
    Rule rule;
    Severity severity;
    Party party;
    const Leg *at;
    FrameId frames[4];
    unsigned frame_count;
    bool matches;
    char *message; /* owned */
} Report;

static Report report_of(const Case *c, Rule rule, bool response)
{
    Report report = { .rule = rule,
                      .severity = rule_info(rule)->severity,
                      .party = PARTY_PROXY,
                      .at = response ? c->back : c->front,
                      .matches = c->front->matches || c->back->matches };
    report.frames[0] = response ? c->back->response.frame : c->front->request.frame;
    report.frames[1] = response ? c->front->response.frame : c->back->request.frame;
    report.frame_count = 2;
    return report;
}

static int compare_frames(const void *left, const void *right)
{
    FrameId a = *(const FrameId *)left, b = *(const FrameId *)right;
    return (a > b) - (a < b);
}

static void fill_finding(Finding *finding, const Report *report)
{
    g_free(finding->message);
    g_free(finding->target);
    finding->severity = report->severity;
    finding->party = report->party;
    finding->exchange = report->at->number;
    finding->time = report->at->request.time;
    finding->message = g_strdup(report->message);
    finding->target = g_strdup(report->at->target);
    finding->frame_count = 0;
    for (unsigned i = 0; i < report->frame_count; i++)
        if (report->frames[i])
            finding->frames[finding->frame_count++] = report->frames[i];
    qsort(finding->frames, finding->frame_count, sizeof(FrameId), compare_frames);
}

/* The first of the gravest is shown, and all are counted. Takes the message over. */
static void add_report(HopAudit *audit, RuleSet *rules, Report *report)
{
    uint64_t key = hash_both(report->rule, report->at->path.connection);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(audit->places, &key));
    rule_set_add(rules, report->rule);
    if (place == 0 && audit->list->len >= HOP_FINDINGS_MAX) {
        g_free(report->message);
        audit->left_out++;
        return;
    }
    if (place == 0) {
        HopFinding added = { .path = report->at->path, .finding = { .rule = report->rule } };
        g_array_append_val(audit->list, added);
        place = audit->list->len;
        g_hash_table_insert(audit->places, g_memdup2(&key, sizeof key), GUINT_TO_POINTER(place));
    }
    HopFinding *found = &g_array_index(audit->list, HopFinding, place - 1);
    found->matches = found->matches || report->matches;
    if (found->finding.count++ == 0 || report->severity > found->finding.severity)
        fill_finding(&found->finding, report);
    g_free(report->message);
}

static char *server_text(const Leg *leg)
{
    const Endpoint *server = &leg->path.server;
    char address[INET6_ADDRSTRLEN] = "";
    bool is_v6 = server->address.version == 6;
    inet_ntop(is_v6 ? AF_INET6 : AF_INET, server->address.bytes, address, sizeof address);
    return g_strdup_printf(is_v6 ? "[%s]:%u" : "%s:%u", address, server->port);
}

static const char *where_to(bool response)
{
    return response ? "to the client" : "to the server";
}

/* Fields --------------------------------------------------------------------------------------- */

static bool is_trailers(const DigestField *field)
{
    return field->known == DIGEST_TE && field->value == digest_value(span_of_text("trailers"));
}

static bool is_switched(const Case *c, const DigestField *field)
{
    return field->known == DIGEST_UPGRADE && (c->front->status == 101 || c->back->status == 101);
}

static bool may_be_of_the_proxy(const DigestField *field)
{
    return field->known == DIGEST_TE || field->known == DIGEST_UPGRADE ||
           field->known == DIGEST_HTTP2_SETTINGS;
}

static bool passed_on(const DigestField *received, const DigestField *forwarded)
{
    return received && forwarded && received->present && forwarded->present &&
           received->value == forwarded->value;
}

/* By Connection, which names the field for the proxy alone. */
static bool had_to_go(const Case *c, const DigestField *received, const DigestField *forwarded)
{
    if (!passed_on(received, forwarded) || !received->listed ||
        (digest_traits(received->known) & FIELD_OWN))
        return false;
    if (received->known == DIGEST_CLOSE || received->known == DIGEST_KEEP_ALIVE ||
        is_trailers(received) || is_switched(c, received))
        return false;
    return !(may_be_of_the_proxy(received) && forwarded->listed);
}

static bool should_go(const Case *c, const DigestField *received, const DigestField *forwarded)
{
    if (!passed_on(received, forwarded) || forwarded->listed || is_switched(c, received))
        return false;
    switch ((DigestName)received->known) {
    case DIGEST_KEEP_ALIVE: /* its name is also an option, which names nothing */
        return true;
    case DIGEST_TE:
        return !received->listed && !is_trailers(received);
    case DIGEST_PROXY_CONNECTION:
    case DIGEST_UPGRADE:
    case DIGEST_HTTP2_SETTINGS:
        return !received->listed;
    default:
        return false;
    }
}

static bool is_foreign_option(const HopAudit *audit, const Case *c, const Passage *passage,
                              const DigestField *received, const DigestField *forwarded,
                              const char *name)
{
    if (!received || !forwarded || !received->listed || !forwarded->listed)
        return false;
    if (received->known == DIGEST_CLOSE || received->known == DIGEST_KEEP_ALIVE ||
        received->known == DIGEST_TE || received->known == DIGEST_UPGRADE)
        return false;
    return seen(audit, c, SEEN_MESSAGE, passage->response, "") >
           seen(audit, c, SEEN_OPTION, passage->response, name);
}

static void report_field(HopAudit *audit, const Case *c, Rule rule, bool response, const char *what,
                         const char *name)
{
    Report report = report_of(c, rule, response);
    report.message = g_strdup_printf("%s %s was forwarded %s", what, name, where_to(response));
    add_report(audit, &c->block->backs[c->back_index].findings, &report);
}

static void ask_about_field(HopAudit *audit, const Case *c, const Passage *passage,
                            const DigestField *received, const DigestField *forwarded)
{
    const char *name = name_of(passage, received, forwarded);
    bool response = passage->response;
    if (is_foreign_option(audit, c, passage, received, forwarded, name))
        report_field(audit, c, RULE_OPTION_FORWARDED, response, "the option", name);
    bool named = had_to_go(c, received, forwarded), known = should_go(c, received, forwarded);
    if ((!named && !known) || !has_witness(audit, c, response, name, received->known))
        return;
    Rule rule = !named                    ? RULE_HOP_BY_HOP_FORWARDED
                : received->meant_for_all ? RULE_END_TO_END_KEPT
                                          : RULE_NOMINATED_FORWARDED;
    report_field(audit, c, rule, response, named ? "the named field" : "the field", name);
}

/* The client named what the proxy adds to all others. */
static void ask_about_struck(HopAudit *audit, const Case *c, const Passage *passage,
                             const DigestField *received, const DigestField *forwarded)
{
    if (passage->response || !received || !received->listed ||
        !(digest_traits(received->known) & FIELD_OWN) || (forwarded && forwarded->present))
        return;
    const char *name = head_digest_name(passage->received, received);
    uint64_t have = seen(audit, c, SEEN_OWN, false, name);
    uint64_t others =
        seen(audit, c, SEEN_MESSAGE, false, "") - seen(audit, c, SEEN_NAMED, false, name);
    if (have < 3 || have != others || seen(audit, c, SEEN_ADDED, false, name) == 0)
        return;
    Report report = report_of(c, RULE_NOMINATION_STRUCK_PROXY, false);
    report.message = g_strdup_printf("Connection names %s, and the proxy left out its own: %" PRIu64
                                     " other requests have it",
                                     name, have);
    add_report(audit, &c->block->backs[c->back_index].findings, &report);
}

static void ask_about_passage(HopAudit *audit, const Case *c, bool response)
{
    Passage passage;
    if (!passage_of(c, response, &passage))
        return;
    FieldPairs pairs = { .front = passage.received, .back = passage.forwarded };
    const DigestField *a, *b;
    while (field_pairs_next(&pairs, &a, &b)) {
        ask_about_field(audit, c, &passage, a, b);
        ask_about_struck(audit, c, &passage, a, b);
    }
}

/* What the hop does as a rule ------------------------------------------------------------------ */

static void ask_about_hop(HopAudit *audit, const Case *c)
{
    enum { CLOSE_LEAST = 2, OPEN_LEAST = 5, NEVER_LEAST = 10 };
    const HopCount *count = hop_count(audit, c);
    RuleSet *rules = &c->block->backs[c->back_index].findings;
    if (c->front->request_version == HTTP_1_1 && (c->front->request_options & OPTION_CLOSE) &&
        count->close >= CLOSE_LEAST && count->open >= OPEN_LEAST && count->close_differs == 0) {
        Report report = report_of(c, RULE_CLOSE_FOLLOWS_CLIENT, false);
        report.message = g_strdup_printf("of %" PRIu64 " requests %" PRIu64
                                         " said close, and behind the proxy exactly these",
                                         count->close + count->open, count->close);
        add_report(audit, rules, &report);
    }
    if (count->pairs >= NEVER_LEAST && count->persistent == 0 && count->followed == 0) {
        Report report = report_of(c, RULE_BACK_NEVER_REUSED, false);
        report.message = g_strdup_printf("each of %" PRIu64
                                         " requests went to the server on a connection of its own",
                                         count->pairs);
        add_report(audit, rules, &report);
    }
    if (c->front->request_version == HTTP_1_0 && count->old > 0 && count->new > 0 &&
        count->version_differs == 0) {
        Report report = report_of(c, RULE_VERSION_MIRRORED, false);
        report.message = g_strdup("HTTP/1.0 in front of the proxy is HTTP/1.0 behind it, and "
                                  "HTTP/1.1 is HTTP/1.1");
        add_report(audit, rules, &report);
    }
}

/* Responses ------------------------------------------------------------------------------------ */

static bool has_interim(const Leg *leg, uint16_t status)
{
    for (unsigned i = 0; i < leg->interims; i++)
        if (leg->interim[i] == status)
            return true;
    return leg->interims == INTERIM_MAX; /* there may be more */
}

static void ask_about_interim(HopAudit *audit, const Case *c)
{
    if (c->front->request_version < HTTP_1_1 || c->front->status == 0 || c->back->status == 0)
        return;
    for (unsigned i = 0; i < c->back->interims; i++) {
        uint16_t status = c->back->interim[i];
        if (status == 100 || status == 101 || has_interim(c->front, status))
            continue;
        Report report = report_of(c, RULE_INTERIM_NOT_FORWARDED, true);
        if (c->forward)
            report.severity = SEVERITY_WARNING;
        report.message = g_strdup_printf("the client did not get the server's %u", status);
        add_report(audit, &c->block->backs[c->back_index].findings, &report);
        return;
    }
}

static bool encoding_differs(const Leg *front, const Leg *back)
{
    const DigestField *a = leg_response_field(front, DIGEST_CONTENT_ENCODING);
    const DigestField *b = leg_response_field(back, DIGEST_CONTENT_ENCODING);
    return a && b ? a->value != b->value : a || b;
}

static void ask_about_transformation(HopAudit *audit, const Case *c)
{
    const MessageDigest *received = &c->back->digest->response;
    if (!c->answered || !received->head || !received->head->no_transform ||
        c->front->digest->method != c->back->digest->method ||
        leg_request_field(c->back, DIGEST_RANGE) || !c->front->digest->response.head)
        return;
    bool coding = encoding_differs(c->front, c->back);
    if (!coding && !content_differs(&received->content, &c->front->digest->response.content))
        return;
    Report report = report_of(c, RULE_TRANSFORMED, true);
    if (c->forward)
        report.severity = SEVERITY_ERROR;
    report.message = g_strdup_printf("the response says no-transform, and its %s was changed",
                                     coding ? "Content-Encoding" : "content");
    add_report(audit, &c->block->backs[c->back_index].findings, &report);
}

static void ask_about_via(HopAudit *audit, const Case *c)
{
    const HeadDigest *head = c->back->digest->request.head;
    if (!audit->pedantic || !head || !head->whole || leg_request_field(c->back, DIGEST_VIA))
        return;
    Report report = report_of(c, RULE_VIA_MISSING, false);
    report.message = g_strdup("the request was forwarded without Via");
    add_report(audit, &c->block->backs[c->back_index].findings, &report);
}

/* Attempts ------------------------------------------------------------------------------------- */

static bool is_idempotent(const Leg *leg)
{
    static const char *const methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" };
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(leg->method, methods[i]) == 0)
            return true;
    return false;
}

/* The back before this one, of the same front. */
static const Leg *attempt_before(const Case *c)
{
    const Block *block = c->block;
    uint32_t at = block->fronts[c->front_index].back;
    while (block->backs[at].next != c->back_index)
        at = block->backs[at].next;
    return &block->legs[at];
}

static char *attempt_text(const Case *c, const Leg *before)
{
    g_autofree char *server = server_text(before);
    if (leg_is_answered(before))
        return g_strdup_printf("attempt %u, after %d from %s",
                               c->block->backs[c->back_index].attempt, before->status, server);
    return g_strdup_printf("attempt %u, after one without an answer from %s (%s)",
                           c->block->backs[c->back_index].attempt, server,
                           cause_name(before->judgement.cause));
}

static bool crossed_a_close(const Leg *leg)
{
    return leg->judgement.cause == CAUSE_KEEPALIVE_RACE ||
           leg->judgement.cause == CAUSE_CONNECTION_FORGOTTEN;
}

static void ask_about_attempt(HopAudit *audit, const Case *c)
{
    if (c->block->backs[c->back_index].attempt < 2)
        return;
    const Leg *before = attempt_before(c);
    if (leg_request_field(c->back, DIGEST_RANGE) && leg_request_field(before, DIGEST_RANGE))
        return; /* slices */
    bool safe = is_idempotent(c->back);
    Report report = report_of(c, safe ? RULE_RETRIED : RULE_RETRIED_UNSAFELY, false);
    if (!safe && c->forward && !crossed_a_close(before))
        report.severity = SEVERITY_ERROR;
    report.frames[2] = before->request.frame;
    report.frame_count = 3;
    report.message = attempt_text(c, before);
    add_report(audit, &c->block->backs[c->back_index].findings, &report);
}

/* The proxy's own errors ----------------------------------------------------------------------- */

static bool is_gateway_error(const Leg *leg)
{
    return leg->status == 500 || leg->status == 502 || leg->status == 503 || leg->status == 504;
}

HopFault hop_fault_of(const Leg *front, const Leg *back)
{
    if (!back)
        return HOP_FAULT_PROXY;
    bool over = instant_is_set(back->end) && instant_precedes(back->end, front->response);
    switch (back->judgement.cause) {
    case CAUSE_KEEPALIVE_RACE:
        return HOP_FAULT_RACE;
    case CAUSE_CONNECTION_FORGOTTEN:
        return HOP_FAULT_FORGOTTEN;
    case CAUSE_REQUEST_AFTER_FIN:
        return HOP_FAULT_AFTER_FIN;
    case CAUSE_CLOSED_UNANSWERED:
    case CAUSE_CLOSED_DURING_REQUEST:
    case CAUSE_ABORTED:
        return over ? HOP_FAULT_SERVER : HOP_FAULT_TIMEOUT;
    default:
        return HOP_FAULT_TIMEOUT;
    }
}

static Party party_of(HopFault fault)
{
    switch (fault) {
    case HOP_FAULT_RACE:
    case HOP_FAULT_FORGOTTEN:
        return PARTY_NONE;
    case HOP_FAULT_SERVER:
        return PARTY_SERVER;
    case HOP_FAULT_AFTER_FIN:
    case HOP_FAULT_TIMEOUT:
    case HOP_FAULT_PROXY:
        break;
    }
    return PARTY_PROXY;
}

static char *error_text(const Leg *front, const Leg *back, HopFault fault)
{
    g_autofree char *server = back ? server_text(back) : NULL;
    Instant since = back ? back->request : front->head;
    double seconds = (double)MAX(front->response.time - since.time, 0) / NS_PER_SECOND;
    switch (fault) {
    case HOP_FAULT_RACE:
        return g_strdup_printf("%d: the request crossed the idle close of %s", front->status,
                               server);
    case HOP_FAULT_FORGOTTEN:
        return g_strdup_printf("%d: %s no longer knew the connection", front->status, server);
    case HOP_FAULT_AFTER_FIN:
        return g_strdup_printf("%d: sent to %s after that had closed", front->status, server);
    case HOP_FAULT_SERVER:
        return g_strdup_printf("%d: %s closed without an answer, %.3f s after the request",
                               front->status, server, seconds);
    case HOP_FAULT_TIMEOUT:
        return g_strdup_printf("%d: given up %.3f s after the request to %s", front->status,
                               seconds, server);
    case HOP_FAULT_PROXY:
        break;
    }
    return g_strdup_printf("%d after %.3f s, and nothing was sent on", front->status, seconds);
}

static void count_error(GArray *errors, const Leg *front, const Leg *back, HopFault fault)
{
    HopError error = { .server = front->path.server, .status = front->status, .fault = fault };
    Instant since = back ? back->request : front->head;
    guint at = 0;
    if (back)
        error.back_server = back->path.server;
    for (; at < errors->len; at++) {
        const HopError *other = &g_array_index(errors, HopError, at);
        if (other->status == error.status && other->fault == fault &&
            endpoint_equal(&other->server, &error.server) &&
            endpoint_equal(&other->back_server, &error.back_server))
            break;
    }
    if (at == HOP_ERRORS_MAX)
        return;
    if (at == errors->len)
        g_array_append_val(errors, error);
    HopError *counted = &g_array_index(errors, HopError, at);
    counted->count++;
    counted->longest = MAX(counted->longest, front->response.time - since.time);
}

/* `back`: the last of the front's; NULL: nothing was sent on. */
static void report_error(HopAudit *audit, RuleSet *rules, const Leg *front, const Leg *back)
{
    HopFault fault = hop_fault_of(front, back);
    Report report = { .rule = RULE_GATEWAY_ERROR,
                      .severity = rule_info(RULE_GATEWAY_ERROR)->severity,
                      .party = party_of(fault),
                      .at = front,
                      .frames = { front->request.frame, back ? back->request.frame : 0,
                                  back ? back->end.frame : 0, front->response.frame },
                      .frame_count = 4,
                      .matches = front->matches || (back && back->matches),
                      .message = error_text(front, back, fault) };
    count_error(audit->errors, front, back, fault);
    add_report(audit, rules, &report);
}

static void ask_about_error(HopAudit *audit, uint32_t index)
{
    Block *block = audit->block;
    Front *front = &block->fronts[index];
    uint32_t last = front->back;
    if (!is_gateway_error(&block->legs[index]))
        return;
    while (last != NO_LEG && block->backs[last].next != NO_LEG)
        last = block->backs[last].next;
    if (block_answered_by(block, index, last) != ANSWERED_BY_PROXY)
        return;
    RuleSet *rules = last == NO_LEG ? &front->findings : &block->backs[last].findings;
    report_error(audit, rules, &block->legs[index], last == NO_LEG ? NULL : &block->legs[last]);
}

/* All ------------------------------------------------------------------------------------------ */

static void ask(HopAudit *audit, const Case *c)
{
    ask_about_passage(audit, c, false);
    ask_about_passage(audit, c, true);
    ask_about_hop(audit, c);
    ask_about_interim(audit, c);
    ask_about_transformation(audit, c);
    ask_about_via(audit, c);
    ask_about_attempt(audit, c);
}

static int compare_findings(const void *left, const void *right)
{
    const HopFinding *a = left, *b = right;
    if (a->path.connection != b->path.connection)
        return a->path.connection < b->path.connection ? -1 : 1;
    return (a->finding.rule > b->finding.rule) - (a->finding.rule < b->finding.rule);
}

void block_find(Block *block, HopFindings *found, Instant until, bool pedantic)
{
    g_autoptr(GHashTable) hops = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    HopAudit audit = { .block = block,
                       .errors = found->errors,
                       .list = found->list,
                       .places = found->places,
                       .hops = hops,
                       .pedantic = pedantic };
    hash_counts_init(&audit.seen, UINT32_MAX);
    for (uint32_t i = 0; i < block->count; i++)
        if (block->backs[i].front != NO_LEG) {
            Case c = case_of(block, i);
            count_case(&audit, &c);
        }
    for (uint32_t i = 0; i < block->count; i++) {
        if (!block->legs[i].front_done && instant_precedes(block->legs[i].request, until))
            ask_about_error(&audit, i);
        if (block->backs[i].front == NO_LEG || block->backs[i].fixed)
            continue;
        Case c = case_of(block, i);
        if (instant_precedes(c.front->request, until))
            ask(&audit, &c);
    }
    hash_counts_clear(&audit.seen);
    found->left_out += audit.left_out;
}

static int compare_endpoints(const Endpoint *a, const Endpoint *b)
{
    int order = memcmp(a->address.bytes, b->address.bytes, sizeof a->address.bytes);
    return order ? order : (a->port > b->port) - (a->port < b->port);
}

static int compare_errors(const void *left, const void *right)
{
    const HopError *a = left, *b = right;
    int order = compare_endpoints(&a->server, &b->server);
    if (order == 0)
        order = a->status - b->status;
    if (order == 0)
        order = (int)a->fault - (int)b->fault;
    return order ? order : compare_endpoints(&a->back_server, &b->back_server);
}

void hop_findings_init(HopFindings *found)
{
    found->errors = g_array_new(FALSE, FALSE, sizeof(HopError));
    found->list = g_array_new(FALSE, FALSE, sizeof(HopFinding));
    found->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

void hop_findings_sort(HopFindings *found)
{
    g_array_sort(found->list, compare_findings);
    g_array_sort(found->errors, compare_errors);
}

void hop_findings_clear(HopFindings *found)
{
    for (guint i = 0; i < found->list->len; i++)
        finding_clear(&g_array_index(found->list, HopFinding, i).finding);
    g_array_unref(found->errors);
    g_array_unref(found->list);
    g_hash_table_unref(found->places);
}
