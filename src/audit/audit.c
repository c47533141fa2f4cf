/* An exchange is judged when a later answer has settled it. The exchanges that only the end of the
 * connection can settle are judged together at that end. Both go through audit_take().
 *
 * When memory is short, the stream stage asks for idle connections to be packed. An audit is then
 * one block of bytes, from which it is made again when something comes. */
#include "audit/audit.h"

#include "audit/protocol.h"
#include "base/pack.h"
#include "base/text.h"
#include "session/clear.h"
#include "session/tls.h"

/* What hangs below a connection. */
typedef struct Audit {
    const SessionStage *stage;
    void *session;
    size_t judged_size; /* bytes that hang on the judge and the findings */
    Protocol protocol;
    Judge judge;
    Findings findings;
    Instant known[2];      /* by side: where its last bytes stand; not set: none have come */
    bool matched;          /* an exchange was found that is looked for */
    RuleSet matched_rules; /* what such exchanges break */
} Audit;

/* A connection with what it takes to judge its exchanges. */
typedef struct Hearing {
    Auditor *auditor;
    Audit *audit;
    int client;           /* side index; unknown: of who sent first */
    const Ending *ending; /* NULL: the connection goes on */
    JudgeContext context;
    FindingsOptions options;
} Hearing;

AuditOptions audit_options_default(void)
{
    return (AuditOptions){ .thresholds = THRESHOLDS_DEFAULT,
                           .texts = { .wish = TEXT_WISH_HOST },
                           .connection_rows = true,
                           .session = &SESSION_CLEAR };
}

void audit_listen(AuditOptions *options, AuditListener listener)
{
    g_assert(options->listener_count < AUDIT_LISTENERS_MAX);
    options->listeners[options->listener_count++] = listener;
}

void auditor_init(Auditor *auditor, const AuditOptions *options)
{
    *auditor = (Auditor){ .options = *options, .step = STEP_FRAME };
    auditor->rows = g_array_new(FALSE, FALSE, sizeof(AuditRow));
    for (unsigned i = 0; i < options->listener_count; i++) {
        auditor->hears_records = auditor->hears_records || options->listeners[i].record;
        auditor->hears_frames = auditor->hears_frames || options->listeners[i].h2_frame;
        auditor->hears_units =
            auditor->hears_units || options->listeners[i].heard || options->listeners[i].hidden;
    }
}

void auditor_clear(Auditor *auditor)
{
    g_array_free(auditor->rows, TRUE);
}

/* Its life ------------------------------------------------------------------------------------- */

static void audit_free(Audit *audit)
{
    audit->stage->free(audit->session);
    protocol_clear(&audit->protocol);
    judge_clear(&audit->judge);
    findings_clear(&audit->findings);
    g_free(audit);
}

static size_t judged_size(const Audit *audit)
{
    return judge_text_size(&audit->judge) + findings_list_size(&audit->findings);
}

static void audit_rest(Connection *connection)
{
    Audit *audit = connection->owner;
    if (connection->owner_rests)
        return;
    GByteArray *packed = g_byte_array_new();
    uint64_t state[2] = { audit->matched, (uintptr_t)audit->stage };
    pack_words(packed, state, sizeof state);
    pack_words(packed, &audit->matched_rules, sizeof audit->matched_rules);
    pack_words(packed, audit->known, sizeof audit->known);
    audit->stage->pack(audit->session, packed);
    protocol_pack(&audit->protocol, packed);
    judge_pack(&audit->judge, packed);
    findings_pack(&audit->findings, packed);
    audit_free(audit);
    connection->owner_size = sizeof(uint32_t) + packed->len;
    uint8_t *block = g_malloc(connection->owner_size);
    uint32_t length = packed->len;
    memcpy(block, &length, sizeof length);
    memcpy(block + sizeof length, packed->data, packed->len);
    g_byte_array_unref(packed);
    connection->owner = block;
    connection->owner_rests = true;
}

static void audit_wake(Connection *connection)
{
    g_autofree uint8_t *block = connection->owner;
    uint32_t length;
    memcpy(&length, block, sizeof length);
    Span packed = span_make(block + sizeof length, length);
    Audit *audit = g_new0(Audit, 1);
    uint64_t state[2];
    unpack_words(&packed, state, sizeof state);
    unpack_words(&packed, &audit->matched_rules, sizeof audit->matched_rules);
    unpack_words(&packed, audit->known, sizeof audit->known);
    audit->matched = state[0];
    audit->stage = (const SessionStage *)(uintptr_t)state[1];
    audit->session = audit->stage->unpack(&packed);
    protocol_unpack(&audit->protocol, &packed);
    judge_unpack(&audit->judge, &packed);
    findings_unpack(&audit->findings, &packed);
    audit->judged_size = judged_size(audit);
    connection->owner = audit;
    connection->owner_rests = false;
}

/* `event`: that creates it, if it is new; NULL: there was none. */
static Audit *audit_of(const Auditor *auditor, Connection *connection, const StreamEvent *event)
{
    if (!connection->owner) {
        Audit *audit = g_new0(Audit, 1);
        const SessionStage *stage = auditor->options.session;
        audit->stage = stage->choose ? stage->choose(event) : stage;
        audit->session = audit->stage->create(auditor->options.session_context);
        if (audit->stage == &SESSION_TLS && auditor->hears_records)
            tls_want_notes(audit->session);
        protocol_init(&audit->protocol, &auditor->options.texts, auditor->options.matcher);
        if (auditor->hears_frames)
            protocol_want_notes(&audit->protocol);
        judge_init(&audit->judge);
        findings_init(&audit->findings);
        connection->owner = audit;
    } else if (connection->owner_rests) {
        audit_wake(connection);
    }
    return connection->owner;
}

/* Exchanges ------------------------------------------------------------------------------------ */

/* NULL: it is no TLS. */
static const TlsFacts *tls_facts_of(const Audit *audit)
{
    const TlsFacts *facts = audit->stage == &SESSION_TLS ? tls_facts(audit->session) : NULL;
    return facts && facts->is_tls ? facts : NULL;
}

/* Which side is the client, as messages, the SYN or hellos tell; unknown counts as the one that
 * sent first. */
static int client_in(const Audit *audit)
{
    int told = protocol_facts(&audit->protocol)->client;
    const TlsFacts *tls = tls_facts_of(audit);
    return MAX(told < 0 && tls ? tls->client : told, 0);
}

static Hearing hearing_of(Auditor *auditor, const Connection *connection, Audit *audit,
                          const Ending *ending)
{
    const AuditOptions *options = &auditor->options;
    return (Hearing){
        .auditor = auditor,
        .audit = audit,
        .client = client_in(audit),
        .ending = ending,
        .context = { .thresholds = &options->thresholds,
                     .connection = connection,
                     .facts = protocol_facts(&audit->protocol),
                     .clock_end = capture_clock_end(&auditor->clock, connection->last_order) },
        .options = { .texts = options->finding_rows || options->finding_texts,
                     .pedantic = options->pedantic },
    };
}

static AuditStep step_of(const Auditor *auditor, const Connection *connection)
{
    bool open = connection->open_at_end || connection->end == CONNECTION_UNENDED;
    return open ? STEP_OPEN_AT_END : auditor->step;
}

AuditPosition auditor_position(const Auditor *auditor, const Connection *connection)
{
    return (AuditPosition){ .order = auditor->order,
                            .step = step_of(auditor, connection),
                            .connection = connection->first_frame };
}

/* The kind and the rest are still to be filled in. */
static AuditRow *new_row(const Hearing *hearing, RowKind kind)
{
    GArray *rows = hearing->auditor->rows;
    g_array_set_size(rows, rows->len + 1);
    AuditRow *row = &g_array_index(rows, AuditRow, rows->len - 1);
    row->kind = kind;
    row->order = hearing->auditor->order;
    row->step = step_of(hearing->auditor, hearing->context.connection);
    return row;
}

/* Whether the exchange has a row in the reports that list what matches. */
static bool note_match(const Hearing *hearing, const Exchange *exchange, RuleSet findings)
{
    AuditCounters *counters = &hearing->auditor->counters;
    if (!hearing->auditor->options.matcher)
        return true;
    if (!(exchange->match & MATCH_FOUND)) {
        counters->match_given_up += (exchange->match & MATCH_GIVEN_UP) != 0;
        return false;
    }
    counters->matched++;
    hearing->audit->matched = true;
    rule_set_add_all(&hearing->audit->matched_rules, findings);
    return true;
}

static ProxySource source_of(const Audit *audit)
{
    return audit->stage->source ? audit->stage->source(audit->session) : (ProxySource){ 0 };
}

static void tell_exchange(const Hearing *hearing, Exchange *exchange, const Judgement *judgement)
{
    const AuditOptions *options = &hearing->auditor->options;
    JudgedExchange judged = { .position =
                                  auditor_position(hearing->auditor, hearing->context.connection),
                              .context = &hearing->context,
                              .ending = hearing->ending,
                              .client = hearing->client,
                              .source = source_of(hearing->audit),
                              .exchange = exchange,
                              .judgement = judgement };
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].exchange)
            options->listeners[i].exchange(options->listeners[i].data, &judged);
}

typedef struct CarrierEnd {
    EndHow how;
    FrameId frame;
} CarrierEnd;

/* By a FIN of this side, or a reset. */
static bool find_carrier_end(const Connection *connection, int side, CarrierEnd *ret_end)
{
    const FinFact *fin = &connection->half[side].fin;
    const RstFact *rst = connection_reset(connection, side);
    if (fin->proof == FIN_NONE && !rst)
        return false;
    bool by_fin = fin->proof != FIN_NONE;
    ret_end->how = by_fin ? END_HOW_FIN : END_HOW_RST;
    ret_end->frame = by_fin ? fin->stamp.frame : rst->stamp.frame;
    return true;
}

/* Who closed a session closes its carrier sooner or later, or leaves that to the other side. */
static CarrierEnd carrier_end(const Connection *connection, const Ending *ending, int client)
{
    CarrierEnd end = { END_HOW_NONE, 0 };
    int side = ending->possible == ENDER_SERVER ? 1 - client : client;
    if (ending->by_session && !find_carrier_end(connection, side, &end))
        find_carrier_end(connection, 1 - side, &end);
    return end;
}

static bool came_early(const Hearing *hearing, const MessageFacts *request)
{
    const TlsFacts *tls = tls_facts_of(hearing->audit);
    return tls && tls->early == TLS_EARLY_ACCEPTED && request->begun &&
           request->head_place <= tls->early_end;
}

/* Takes over the exchange's text. */
static void add_exchange_row(const Hearing *hearing, Exchange *exchange, const Judgement *judgement,
                             RuleSet findings)
{
    const Connection *connection = hearing->context.connection;
    AuditRow *row = new_row(hearing, ROW_EXCHANGE);
    row->exchange = (ExchangeRow){ .connection = row_connection_of(connection, hearing->client),
                                   .exchange = *exchange,
                                   .judgement = *judgement,
                                   .findings = findings,
                                   .early_data = came_early(hearing, &exchange->request) };
    exchange->text = NULL;
    if (judgement->ended && hearing->ending && hearing->ending->by_session)
        row->exchange.judgement.ended_how =
            carrier_end(connection, hearing->ending, hearing->client).how;
    row->exchange.exchange.digest = NULL; /* no row shows it */
}

/* The one place where an exchange is judged, checked against the rules, counted, reported to the
 * listeners and made a row.
 * `ended`: the judgement that the end of the connection gave; NULL: a later answer settled it. */
static void audit_take(const Hearing *hearing, Exchange *exchange, const Judgement *ended)
{
    Audit *audit = hearing->audit;
    AuditCounters *counters = &hearing->auditor->counters;
    Judgement judgement =
        ended ? *ended : judge_settled(&audit->judge, &hearing->context, exchange);
    RuleSet findings = findings_exchange(&audit->findings, &hearing->context, hearing->ending,
                                         exchange, &judgement, &hearing->options);
    counters->exchanges++;
    counters->exchange_verdicts[judgement.verdict]++;
    tell_exchange(hearing, exchange, &judgement);
    if (note_match(hearing, exchange, findings) && hearing->auditor->options.exchange_rows)
        add_exchange_row(hearing, exchange, &judgement, findings);
}

static void take_settled(Auditor *auditor, const Connection *connection, Audit *audit)
{
    Exchange exchange;
    if (!protocol_next(&audit->protocol, &exchange))
        return;
    Hearing hearing = hearing_of(auditor, connection, audit, NULL);
    do {
        audit_take(&hearing, &exchange, NULL);
        exchange_clear(&exchange);
    } while (protocol_next(&audit->protocol, &exchange));
    audit->judged_size = judged_size(audit);
}

/* Returns the last of them; NULL: there is none. */
static const Exchange *take_pending_of(const Hearing *hearing, bool http2)
{
    Audit *audit = hearing->audit;
    size_t count;
    Exchange *exchanges = protocol_pending(&audit->protocol, http2, &count);
    if (count == 0)
        return NULL;
    g_autofree Judgement *judgements = g_new0(Judgement, count);
    judge_ended(&audit->judge, &hearing->context, hearing->ending, exchanges, count, judgements);
    for (size_t i = 0; i < count; i++)
        audit_take(hearing, &exchanges[i], &judgements[i]);
    return &exchanges[count - 1];
}

/* Those that were pending when the connection ended. Returns what the connection breaks. */
static RuleSet take_pending(const Hearing *hearing)
{
    Audit *audit = hearing->audit;
    bool is_http2 = audit->protocol.http2 != NULL;
    const Exchange *last = NULL;
    if (is_http2 && audit->protocol.http1) { /* upgraded */
        Hearing before = *hearing;
        before.context.facts = protocol_facts_of(&audit->protocol, false);
        last = take_pending_of(&before, false);
    }
    const Exchange *last_now = take_pending_of(hearing, is_http2);
    return findings_connection(&audit->findings, &hearing->context, hearing->ending,
                               last_now ? last_now : last, &hearing->options);
}

/* The end of a connection ---------------------------------------------------------------------- */

static bool is_closed(const Connection *connection, const SessionEnd ends[2])
{
    for (int side = 0; side < 2; side++)
        if (stamp_is_set(&ends[side].stamp) || connection->half[side].fin.proof != FIN_NONE ||
            connection_reset(connection, side))
            return true;
    return false;
}

/* `tls`: NULL if it is none. */
static ReasonSet connection_reasons(const Connection *connection, const ConversationFacts *facts,
                                    const TlsFacts *tls)
{
    ReasonSet reasons = facts->reasons;
    if (!connection->opener_known)
        reasons |= REASON_MIDSTREAM;
    bool silent = !connection->half[0].seen || !connection->half[1].seen;
    if (silent || (facts->client < 0 && !tls))
        reasons |= REASON_ONE_DIRECTION;
    if (tls && tls_is_encrypted(tls))
        reasons |= REASON_ENCRYPTED;
    if (tls && tls_is_shut(tls))
        reasons |= tls->missing;
    if (connection->limited || connection->end == CONNECTION_EVICTED)
        reasons |= REASON_LIMIT;
    return reasons;
}

/* Since the last stream ended, until the server said that it would close, or the end. */
static Nanoseconds idle_before_goaway(const H2Facts *h2, const Ending *ending)
{
    const Stamp *end = stamp_is_set(&h2->idle_end) ? &h2->idle_end : &ending->stamp;
    if (!stamp_is_set(&h2->idle_from) || h2->cut_seen)
        return -1;
    Duration idle = duration_between(&h2->idle_from, end);
    return idle.known ? idle.least : -1;
}

/* `tls`: NULL if it is none. What nobody can read of it gives a lower bound. */
static Nanoseconds idle_before_end(const ConversationFacts *facts, const TlsFacts *tls,
                                   const Ending *ending)
{
    if (ending->how == END_HOW_NONE)
        return -1;
    if (facts->h2)
        return idle_before_goaway(facts->h2, ending);
    if (tls && tls_is_shut(tls) && !(tls->missing & REASON_LOSS)) {
        Duration idle = tls_turns_idle(&tls->turns, &ending->stamp);
        return idle.known ? idle.least : -1;
    }
    if (!stamp_is_set(&facts->last_response))
        return -1;
    if (facts->last_until_close)
        return 0;
    Duration idle = duration_between(&facts->last_response, &ending->stamp);
    return idle.known ? idle.least : -1;
}

static char *escaped(Span bytes)
{
    GString *text = g_string_new(NULL);
    text_append_escaped(text, bytes);
    return g_string_free(text, FALSE);
}

static void set_tls(const Hearing *hearing, ConnectionRow *row)
{
    const Audit *audit = hearing->audit;
    const Redactor *redactor = hearing->auditor->options.texts.redactor;
    const TlsFacts *facts = tls_facts_of(audit);
    if (!facts)
        return;
    ConnectionTls *tls = row->tls = g_new0(ConnectionTls, 1);
    tls->facts = *facts;
    tls->missed = tls_missed(audit->session);
    tls->random_count = tls_randoms(audit->session, tls->randoms);
    tls->facts.late = tls_missed_came(&tls->missed, hearing->auditor->options.session_context);
    tls->alpn = escaped(tls_alpn(audit->session));
    if (redactor) {
        GString *name = g_string_new(NULL);
        redactor_append(redactor, name, tls_sni(audit->session));
        tls->sni = g_string_free(name, FALSE);
    } else {
        tls->sni = escaped(tls_sni(audit->session));
    }
}

/* Its host is borrowed, its texts of TLS are not. */
static ConnectionRow connection_row(const Hearing *hearing, RuleSet findings)
{
    const Connection *connection = hearing->context.connection;
    const ConversationFacts *facts = hearing->context.facts;
    const Ending *ending = hearing->ending;
    const Decision *decision = judge_decision(&hearing->audit->judge);
    const TlsFacts *tls = tls_facts_of(hearing->audit);
    ConnectionRow row = { .connection = *connection,
                          .client = hearing->client,
                          .facts = *facts,
                          .ending = *ending,
                          .completeness =
                              connection_reasons(connection, facts, tls) | ending->reasons,
                          .idle = idle_before_end(facts, tls, ending),
                          .findings = findings };
    row.connection.owner = NULL;
    if (decision) {
        row.decision = *decision;
        row.completeness |= decision->judgement.completeness;
    }
    if (facts->h2)
        row.facts.h2 = row.h2 = g_memdup2(facts->h2, sizeof *facts->h2);
    CarrierEnd carrier = carrier_end(connection, ending, row.client);
    row.carrier_how = carrier.how;
    row.carrier_frame = carrier.frame;
    set_tls(hearing, &row);
    return row;
}

static void count_connection(AuditCounters *counters, const Judgement *judgement)
{
    counters->http_connections++;
    counters->verdicts[judgement->verdict]++;
    counters->causes[judgement->verdict][judgement->cause]++;
}

static void count_tls(AuditCounters *counters, const TlsFacts *facts)
{
    counters->tls_connections++;
    counters->tls_by_secrets[tls_secrets_of(facts)]++;
    counters->tls_by_refusal[facts->refusal]++;
}

static void tell_end(const Hearing *hearing, const ConnectionRow *row)
{
    const AuditOptions *options = &hearing->auditor->options;
    const Connection *connection = hearing->context.connection;
    EndedConnection ended = { .position = auditor_position(hearing->auditor, connection),
                              .connection = connection,
                              .row = row,
                              .matches = !options->matcher || hearing->audit->matched };
    ended.findings = findings_list(&hearing->audit->findings, &ended.finding_count);
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].ended)
            options->listeners[i].ended(options->listeners[i].data, &ended);
}

static void add_connection_row(const Hearing *hearing, ConnectionRow *row)
{
    const AuditOptions *options = &hearing->auditor->options;
    bool listed =
        options->matcher ? hearing->audit->matched : row->decision.set || options->all_connections;
    if (!options->connection_rows || !listed)
        return;
    AuditRow *added = new_row(hearing, ROW_CONNECTION);
    added->connection = *row;
    added->connection.decision.host = g_strdup(row->decision.host);
    row->tls = NULL; /* the added one has them now */
    row->h2 = NULL;
}

/* With something looked for: what a matching exchange breaks, and what concerns its connection. */
static bool finding_is_listed(const Hearing *hearing, const Finding *finding)
{
    if (!hearing->auditor->options.matcher)
        return true;
    return hearing->audit->matched &&
           (finding->exchange == 0 || rule_set_has(hearing->audit->matched_rules, finding->rule));
}

static void add_finding_rows(const Hearing *hearing)
{
    Auditor *auditor = hearing->auditor;
    const Connection *connection = hearing->context.connection;
    size_t count;
    const Finding *findings = findings_list(&hearing->audit->findings, &count);
    for (size_t i = 0; i < count; i++) {
        audit_count_finding(&auditor->counters, findings[i].severity, findings[i].rule);
        if (!auditor->options.finding_rows || !finding_is_listed(hearing, &findings[i]))
            continue;
        AuditRow *row = new_row(hearing, ROW_FINDING);
        row->finding = (FindingRow){ .connection = row_connection_of(connection, hearing->client),
                                     .finding = finding_copy(&findings[i]) };
    }
}

static void end_connection(Auditor *auditor, Connection *connection)
{
    Audit *audit = audit_of(auditor, connection, NULL);
    SessionEnd ends[2] = { audit->stage->end(audit->session, 0),
                           audit->stage->end(audit->session, 1) };
    protocol_end(&audit->protocol, connection, ends, is_closed(connection, ends));
    take_settled(auditor, connection, audit);

    const ConversationFacts *facts = protocol_facts(&audit->protocol);
    Ending ending = ending_of(connection, client_in(audit), facts->fin);
    Hearing hearing = hearing_of(auditor, connection, audit, &ending);
    RuleSet broken = take_pending(&hearing);
    ConnectionRow row = connection_row(&hearing, broken);
    if (row.decision.set)
        count_connection(&auditor->counters, &row.decision.judgement);
    if (row.tls)
        count_tls(&auditor->counters, &row.tls->facts);
    tell_end(&hearing, &row);
    add_connection_row(&hearing, &row);
    add_finding_rows(&hearing);
    connection_tls_free(row.tls);
    g_free(row.h2);

    audit_free(audit);
    connection->owner = NULL;
}

static void tell_records(Auditor *auditor, Audit *audit, const Connection *connection)
{
    const AuditOptions *options = &auditor->options;
    TlsNote note;
    while (tls_next_note(audit->session, &note))
        for (unsigned i = 0; i < options->listener_count; i++)
            if (options->listeners[i].record)
                options->listeners[i].record(options->listeners[i].data, connection, &note);
}

static void tell_heard(const Auditor *auditor, const Audit *audit, const SessionUnit *unit)
{
    const AuditOptions *options = &auditor->options;
    const ConversationFacts *facts = protocol_facts(&audit->protocol);
    HeardUnit heard = { .position = auditor_position(auditor, unit->connection),
                        .connection = unit->connection,
                        .client = MAX(facts->client, 0),
                        .by_client = unit->side == MAX(facts->client, 0),
                        .at = instant_of(&unit->last),
                        .begun = facts->exchanges };
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].heard)
            options->listeners[i].heard(options->listeners[i].data, &heard);
}

/* What is encrypted is not missing: that it hides HTTP, nobody knows. */
static void tell_hidden(const Auditor *auditor, const Audit *audit, const SessionUnit *unit)
{
    const AuditOptions *options = &auditor->options;
    const Connection *connection = unit->connection;
    HiddenBytes hidden = { .position = auditor_position(auditor, connection),
                           .connection = connection,
                           .client = MAX(protocol_facts(&audit->protocol)->client, 0),
                           .from = audit->known[unit->side],
                           .to = instant_of(&unit->first) };
    if (unit->reason == REASON_ENCRYPTED)
        return;
    if (!instant_is_set(hidden.from))
        hidden.from = (Instant){ connection->start, connection->first_frame };
    for (unsigned i = 0; i < options->listener_count; i++)
        if (options->listeners[i].hidden)
            options->listeners[i].hidden(options->listeners[i].data, &hidden);
}

static void tell_h2_frames(Auditor *auditor, Audit *audit, const Connection *connection)
{
    const AuditOptions *options = &auditor->options;
    H2FrameNote note;
    while (protocol_next_note(&audit->protocol, &note))
        for (unsigned i = 0; i < options->listener_count; i++)
            if (options->listeners[i].h2_frame)
                options->listeners[i].h2_frame(options->listeners[i].data, connection, &note);
}

static void tell_unit(const Auditor *auditor, Audit *audit, const SessionUnit *unit)
{
    if (unit->kind == SESSION_DATA)
        audit->known[unit->side] = instant_of(&unit->last);
    tell_heard(auditor, audit, unit);
    if (unit->kind == SESSION_GAP)
        tell_hidden(auditor, audit, unit);
}

static void feed_session(Auditor *auditor, Audit *audit, const StreamEvent *event)
{
    SessionUnit unit;
    audit->stage->feed(audit->session, event);
    while (audit->stage->next(audit->session, &unit)) {
        protocol_feed(&audit->protocol, &unit, &auditor->options.texts, auditor->options.matcher);
        if (auditor->hears_units)
            tell_unit(auditor, audit, &unit);
        take_settled(auditor, event->connection, audit);
    }
    if (auditor->hears_records && audit->stage == &SESSION_TLS)
        tell_records(auditor, audit, event->connection);
    if (auditor->hears_frames)
        tell_h2_frames(auditor, audit, event->connection);
    event->connection->owner_size = sizeof *audit + audit->stage->size(audit->session) +
                                    protocol_size(&audit->protocol) + audit->judged_size;
}

void auditor_take(Auditor *auditor, const StreamEvent *event)
{
    Connection *connection = event->connection;
    if (event->kind == STREAM_END) {
        end_connection(auditor, connection);
    } else if (event->kind == STREAM_DATA || event->kind == STREAM_GAP) {
        feed_session(auditor, audit_of(auditor, connection, event), event);
    } else if (event->kind == STREAM_PACK) {
        audit_rest(connection);
    }
}
