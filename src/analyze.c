#include "analyze.h"

#include "base/pack.h"
#include "capture/clock.h"

#define TICK_FRAMES 4096

AnalysisOptions analysis_options_default(void)
{
    return (AnalysisOptions){ .thresholds = THRESHOLDS_DEFAULT,
                              .texts = { .wish = TEXT_WISH_HOST },
                              .connection_rows = true,
                              .limits = STREAM_LIMITS_DEFAULT };
}

/* What hangs below a connection: its messages, and what was judged of them. */
typedef struct Audit {
    Conversation *conversation;
    Judge judge;
    Findings findings;
    size_t judged_size;    /* bytes that hang on the judge and the findings */
    bool matched;          /* an exchange was found that is looked for */
    RuleSet matched_rules; /* what such exchanges break */
} Audit;

struct Analysis {
    AnalysisOptions options;
    Decoder *decoder;
    Front *front;
    Shards *streams;
    ConnectionTrace *trace; /* NULL: no connection is traced */
    CaptureClock clock;
    GArray *rows;   /* AuditRow: of this tick, then sorted and handed out */
    guint next_row; /* of those that are ready */
    guint ready;    /* how many are sorted */
    bool finishing; /* connections that are still open have yet to be ended */
    AnalysisCounters counters;
};

Analysis *analysis_new(const AnalysisOptions *options)
{
    Analysis *analysis = g_new0(Analysis, 1);
    analysis->options = *options;
    analysis->decoder = decoder_new();
    analysis->front = front_new(options->limits.pairs);
    analysis->streams = shards_new(&options->limits, SHARDS_ALL);
    if (options->show) {
        analysis->trace = connection_trace_new(options->show, &TRACE_LIMITS_DEFAULT);
        analysis->options.texts.wish = TEXT_WISH_ALL;
    }
    analysis->rows = g_array_new(FALSE, FALSE, sizeof(AuditRow));
    return analysis;
}

/* One connection ---------------------------------------------------------------------------------- */

static void audit_free(Audit *audit)
{
    conversation_free(audit->conversation);
    judge_clear(&audit->judge);
    findings_clear(&audit->findings);
    g_free(audit);
}

static size_t judged_size(const Audit *audit)
{
    return judge_text_size(&audit->judge) + findings_list_size(&audit->findings);
}

/* An audit at rest: one block, from which it is made again when something comes. */
static void audit_rest(Connection *connection)
{
    Audit *audit = connection->owner;
    if (connection->owner_rests)
        return;
    GByteArray *packed = g_byte_array_new();
    uint64_t matched[2] = { audit->matched, audit->matched_rules };
    pack_words(packed, matched, sizeof matched);
    conversation_pack(audit->conversation, packed);
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
    uint64_t matched[2];
    unpack_words(&packed, matched, sizeof matched);
    audit->matched = matched[0];
    audit->matched_rules = matched[1];
    audit->conversation = conversation_unpack(&packed);
    judge_unpack(&audit->judge, &packed);
    findings_unpack(&audit->findings, &packed);
    audit->judged_size = judged_size(audit);
    connection->owner = audit;
    connection->owner_rests = false;
}

static Audit *audit_of(Analysis *analysis, Connection *connection)
{
    if (!connection->owner) {
        Audit *audit = g_new0(Audit, 1);
        audit->conversation = conversation_new(&analysis->options.texts, analysis->options.matcher);
        judge_init(&audit->judge);
        findings_init(&audit->findings);
        connection->owner = audit;
    } else if (connection->owner_rests) {
        audit_wake(connection);
    }
    return connection->owner;
}

static JudgeContext context_of(const Analysis *analysis, const Connection *connection,
                               const Audit *audit)
{
    return (JudgeContext){ .thresholds = &analysis->options.thresholds,
                           .connection = connection,
                           .facts = conversation_facts(audit->conversation),
                           .clock_end =
                               capture_clock_end(&analysis->clock, connection->last_order) };
}

/* Whether the exchange has a row in the reports that list what matches. */
static bool note_match(Analysis *analysis, Audit *audit, const Exchange *exchange, RuleSet findings)
{
    if (!analysis->options.matcher)
        return true;
    if (!(exchange->match & MATCH_FOUND)) {
        analysis->counters.match_given_up += (exchange->match & MATCH_GIVEN_UP) != 0;
        return false;
    }
    analysis->counters.matched++;
    audit->matched = true;
    audit->matched_rules |= findings;
    return true;
}

/* Takes over the exchange's text, if there is use for it. */
static void add_exchange_row(Analysis *analysis, const Connection *connection, Audit *audit,
                             Exchange *exchange, const Judgement *judgement, RuleSet findings)
{
    analysis->counters.exchanges++;
    analysis->counters.exchange_verdicts[judgement->verdict]++;
    if (analysis->trace)
        connection_trace_exchange(analysis->trace, connection, exchange, judgement);
    if (!note_match(analysis, audit, exchange, findings) || !analysis->options.exchange_rows)
        return;
    AuditRow row = { .kind = ROW_EXCHANGE, .open_at_end = connection->end == CONNECTION_UNENDED };
    row.exchange = (ExchangeRow){ .connection = connection->first_frame,
                                  .stream_number_known = connection->stream_number_known,
                                  .stream_number = connection->stream_number,
                                  .exchange = *exchange,
                                  .judgement = *judgement,
                                  .findings = findings };
    exchange->text = NULL;
    g_array_append_val(analysis->rows, row);
}

static FindingsOptions findings_options(const Analysis *analysis)
{
    return (FindingsOptions){ .texts = analysis->options.finding_rows || analysis->trace,
                              .pedantic = analysis->options.pedantic };
}

static void tell_servers(Analysis *analysis, const JudgeContext *context, const Ending *ending,
                         const Exchange *exchange, const Judgement *judgement)
{
    int client = MAX(context->facts->client, 0);
    if (analysis->options.servers)
        servers_exchange(analysis->options.servers, context, ending, client, exchange, judgement);
}

static void judge_settled_exchanges(Analysis *analysis, const Connection *connection, Audit *audit)
{
    FindingsOptions options = findings_options(analysis);
    Exchange exchange;
    bool judged = false;
    while (conversation_next(audit->conversation, &exchange)) {
        judged = true;
        JudgeContext context = context_of(analysis, connection, audit);
        Judgement judgement = judge_settled(&audit->judge, &context, &exchange);
        RuleSet findings =
            findings_exchange(&audit->findings, &context, NULL, &exchange, &judgement, &options);
        tell_servers(analysis, &context, NULL, &exchange, &judgement);
        add_exchange_row(analysis, connection, audit, &exchange, &judgement, findings);
        exchange_clear(&exchange);
    }
    if (judged)
        audit->judged_size = judged_size(audit);
}

static ReasonSet connection_reasons(const Connection *connection, const ConversationFacts *facts)
{
    ReasonSet reasons = facts->reasons;
    if (!connection->opener_known)
        reasons |= REASON_MIDSTREAM;
    if (facts->client < 0 || !connection->half[0].seen || !connection->half[1].seen)
        reasons |= REASON_ONE_DIRECTION;
    if (connection->limited || connection->end == CONNECTION_EVICTED)
        reasons |= REASON_LIMIT;
    return reasons;
}

static Nanoseconds idle_before_end(const ConversationFacts *facts, const Ending *ending)
{
    if (ending->how == END_HOW_NONE || !stamp_is_set(&facts->last_response))
        return -1;
    if (facts->last_until_close)
        return 0;
    return MAX(0, ending->stamp.time - facts->last_response.time);
}

/* Its host is borrowed. */
static ConnectionRow connection_row(const Connection *connection, const Audit *audit,
                                    const Ending *ending, int client)
{
    const ConversationFacts *facts = conversation_facts(audit->conversation);
    const Decision *decision = judge_decision(&audit->judge);
    ConnectionRow row = { .connection = *connection,
                          .client = client,
                          .facts = *facts,
                          .ending = *ending,
                          .completeness = connection_reasons(connection, facts) | ending->reasons,
                          .idle = idle_before_end(facts, ending) };
    row.connection.owner = NULL;
    if (decision) {
        row.decision = *decision;
        row.completeness |= decision->judgement.completeness;
    }
    return row;
}

static void add_connection_row(Analysis *analysis, const Connection *connection, const Audit *audit,
                               const Ending *ending, int client, RuleSet findings)
{
    const Decision *decision = judge_decision(&audit->judge);
    if (decision) {
        analysis->counters.http_connections++;
        analysis->counters.verdicts[decision->judgement.verdict]++;
        analysis->counters.causes[decision->judgement.verdict][decision->judgement.cause]++;
        if (analysis->options.servers)
            servers_connection(analysis->options.servers, connection, client, ending,
                               decision->judgement.verdict);
    }
    AuditRow row = { .kind = ROW_CONNECTION, .open_at_end = connection->end == CONNECTION_UNENDED };
    row.connection = connection_row(connection, audit, ending, client);
    row.connection.findings = findings;
    if (analysis->trace && connection_trace_wants(analysis->trace, connection))
        connection_trace_ended(analysis->trace, connection, &row.connection);
    bool listed =
        analysis->options.matcher ? audit->matched : decision || analysis->options.all_connections;
    if (!analysis->options.connection_rows || !listed)
        return;
    row.connection.decision.host = g_strdup(row.connection.decision.host);
    g_array_append_val(analysis->rows, row);
}

static bool is_closed(const Connection *connection)
{
    for (int side = 0; side < 2; side++)
        if (connection->half[side].fin.proof != FIN_NONE || connection_reset(connection, side))
            return true;
    return false;
}

/* What the pending exchanges and the connection as a whole break; their rows. */
static RuleSet judge_findings(Analysis *analysis, const Connection *connection, Audit *audit,
                              const Ending *ending, const Judgement *judgements)
{
    FindingsOptions options = findings_options(analysis);
    JudgeContext context = context_of(analysis, connection, audit);
    size_t count;
    Exchange *exchanges = conversation_pending(audit->conversation, &count);
    for (size_t i = 0; i < count; i++) {
        RuleSet rules = findings_exchange(&audit->findings, &context, ending, &exchanges[i],
                                          &judgements[i], &options);
        tell_servers(analysis, &context, ending, &exchanges[i], &judgements[i]);
        add_exchange_row(analysis, connection, audit, &exchanges[i], &judgements[i], rules);
    }
    const Exchange *last = count ? &exchanges[count - 1] : NULL;
    return findings_connection(&audit->findings, &context, ending, last, &options);
}

/* With something looked for: what a matching exchange breaks, and what concerns its connection. */
static bool finding_is_listed(const Analysis *analysis, const Audit *audit, const Finding *finding)
{
    if (!analysis->options.matcher)
        return true;
    return audit->matched &&
           (finding->exchange == 0 || (audit->matched_rules & rule_bit(finding->rule)));
}

static void add_finding_rows(Analysis *analysis, const Connection *connection, Audit *audit)
{
    size_t count;
    const Finding *findings = findings_list(&audit->findings, &count);
    if (analysis->trace && connection_trace_wants(analysis->trace, connection))
        connection_trace_findings(analysis->trace, findings, count);
    for (size_t i = 0; i < count; i++) {
        analysis->counters.findings[findings[i].severity]++;
        analysis->counters.rules[findings[i].severity][findings[i].rule]++;
        if (!analysis->options.finding_rows || !finding_is_listed(analysis, audit, &findings[i]))
            continue;
        AuditRow row = { .kind = ROW_FINDING,
                         .open_at_end = connection->end == CONNECTION_UNENDED };
        row.finding = (FindingRow){ .connection = connection->first_frame,
                                    .stream_number_known = connection->stream_number_known,
                                    .stream_number = connection->stream_number,
                                    .finding = finding_copy(&findings[i]) };
        g_array_append_val(analysis->rows, row);
    }
}

/* With something looked for, only of the connections that are listed. */
static void note_exhibit(Analysis *analysis, const Connection *connection, const Audit *audit)
{
    const AnalysisOptions *options = &analysis->options;
    if (!options->evidence_list || (options->matcher && !audit->matched))
        return;
    size_t count;
    const Finding *findings = findings_list(&audit->findings, &count);
    evidence_list_consider(options->evidence_list, connection->first_frame,
                           judge_decision(&audit->judge), findings, count);
}

static void end_connection(Analysis *analysis, Connection *connection)
{
    Audit *audit = audit_of(analysis, connection);
    conversation_end(audit->conversation, connection, is_closed(connection));
    judge_settled_exchanges(analysis, connection, audit);

    const ConversationFacts *facts = conversation_facts(audit->conversation);
    int client = facts->client >= 0 ? facts->client : 0;
    Ending ending = ending_of(connection, client, facts->fin);
    size_t count;
    Exchange *exchanges = conversation_pending(audit->conversation, &count);
    g_autofree Judgement *judgements = g_new0(Judgement, count);
    JudgeContext context = context_of(analysis, connection, audit);
    judge_ended(&audit->judge, &context, &ending, exchanges, count, judgements);
    RuleSet broken = judge_findings(analysis, connection, audit, &ending, judgements);
    add_connection_row(analysis, connection, audit, &ending, client, broken);
    add_finding_rows(analysis, connection, audit);
    note_exhibit(analysis, connection, audit);

    audit_free(audit);
    connection->owner = NULL;
}

/* The path ------------------------------------------------------------------------------------------ */

static void take_event(Analysis *analysis, const StreamEvent *event)
{
    Connection *connection = event->connection;
    if (event->kind == STREAM_END) {
        end_connection(analysis, connection);
    } else if (event->kind == STREAM_DATA || event->kind == STREAM_GAP) {
        Audit *audit = audit_of(analysis, connection);
        conversation_feed(audit->conversation, event);
        judge_settled_exchanges(analysis, connection, audit);
        connection->owner_size =
            sizeof *audit + conversation_size(audit->conversation) + audit->judged_size;
    } else if (event->kind == STREAM_PACK) {
        audit_rest(connection);
    }
}

static void drain_streams(Analysis *analysis)
{
    StreamEvent event;
    while (shards_next(analysis->streams, &event))
        take_event(analysis, &event);
}

/* Up to the end of the first connection that is still open; the others are then told one by one, when somebody asks
 * for rows: there may be many. False: there are no more. */
static bool end_one_open(Analysis *analysis)
{
    StreamEvent event;
    while (shards_next(analysis->streams, &event)) {
        bool open = event.kind == STREAM_END && event.connection->end == CONNECTION_UNENDED;
        take_event(analysis, &event);
        if (open)
            return true;
    }
    return false;
}

static gint compare_rows(gconstpointer left, gconstpointer right)
{
    const AuditRow *a = left, *b = right;
    if (a->open_at_end != b->open_at_end)
        return a->open_at_end ? 1 : -1;
    FrameId frame_a = audit_row_connection(a), frame_b = audit_row_connection(b);
    if (frame_a != frame_b)
        return frame_a < frame_b ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    uint32_t exchange_a = audit_row_exchange(a), exchange_b = audit_row_exchange(b);
    return (exchange_a > exchange_b) - (exchange_a < exchange_b);
}

/* The rows that became final since the last tick can leave. */
static void end_tick(Analysis *analysis)
{
    GArray *rows = analysis->rows;
    if (rows->len > analysis->ready)
        qsort(&g_array_index(rows, AuditRow, analysis->ready), rows->len - analysis->ready,
              sizeof(AuditRow), compare_rows);
    analysis->ready = rows->len;
}

/* `belongs`: SegmentOwner.belongs; 0 without a segment. */
static void gather(Analysis *analysis, const Frame *frame, DecodeResult result, FrameId belongs)
{
    if (!analysis->options.evidence_writer)
        return;
    FrameResult frame_result = { .result = result,
                                 .trail = decoder_trail(analysis->decoder),
                                 .connection = belongs };
    evidence_writer_frame(analysis->options.evidence_writer, frame, &frame_result);
}

static void feed_segment(Analysis *analysis, const Frame *frame, const Segment *segment)
{
    Arrival arrival;
    front_feed(analysis->front, segment, &arrival);
    SegmentOwner owner = shards_feed(analysis->streams, &arrival);
    gather(analysis, frame, DECODE_SEGMENT, owner.belongs);
    if (analysis->trace)
        connection_trace_segment(analysis->trace, &owner, segment);
    drain_streams(analysis);
}

/* What a filter leaves out is decoded all the same: the numbers of streams are those of the whole file, in which
 * Wireshark counts also what is hardly a segment. */
static void feed_frame(Analysis *analysis, const Frame *frame, uint64_t order)
{
    Filter *filter = analysis->options.filter;
    bool wanted = !filter || filter_matches(filter, frame);
    Segment segment;
    DecodeResult result = decode_frame(analysis->decoder, frame, &segment);
    if (wanted)
        analysis->counters.decoded[result]++;
    else
        analysis->counters.filtered++;
    if (result != DECODE_SEGMENT) {
        if (decoder_found_stub(analysis->decoder))
            front_pass(analysis->front, &segment);
        gather(analysis, frame, result, 0);
        return;
    }
    segment.order = order;
    if (wanted) {
        feed_segment(analysis, frame, &segment);
    } else {
        front_pass(analysis->front, &segment);
        gather(analysis, frame, result, 0);
    }
}

void analysis_feed(Analysis *analysis, const FrameBatch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        const Frame *frame = &batch->frames[i];
        uint64_t order = ++analysis->counters.frames;
        capture_clock_see(&analysis->clock, order, frame->time);
        feed_frame(analysis, frame, order);
        if (order % TICK_FRAMES == 0) {
            shards_tick(analysis->streams, front_now(analysis->front));
            drain_streams(analysis);
            end_tick(analysis);
        }
    }
}

void analysis_finish(Analysis *analysis)
{
    decoder_settle(analysis->decoder, analysis->counters.decoded);
    shards_finish(analysis->streams);
    analysis->finishing = end_one_open(analysis);
    end_tick(analysis);
}

bool analysis_next(Analysis *analysis, AuditRow *ret_row)
{
    while (analysis->next_row == analysis->ready) {
        g_array_remove_range(analysis->rows, 0, analysis->ready);
        analysis->next_row = analysis->ready = 0;
        if (!analysis->finishing)
            return false;
        analysis->finishing = end_one_open(analysis);
        end_tick(analysis);
    }
    *ret_row = g_array_index(analysis->rows, AuditRow, analysis->next_row);
    analysis->next_row++;
    return true;
}

const AnalysisCounters *analysis_counters(const Analysis *analysis)
{
    return &analysis->counters;
}

const StreamCounters *analysis_stream_counters(const Analysis *analysis)
{
    return shards_counters(analysis->streams);
}

/* Counters are structs of nothing but uint64_t. */
static void add_counts(void *sum, const void *counters, size_t size)
{
    uint64_t *to = sum;
    const uint64_t *from = counters;
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        to[i] += from[i];
}

void analysis_add_totals(const Analysis *analysis, AnalysisTotals *totals)
{
    add_counts(&totals->analysis, &analysis->counters, sizeof totals->analysis);
    add_counts(&totals->streams, analysis_stream_counters(analysis), sizeof totals->streams);
}

const TracedConnection *analysis_traced_connection(Analysis *analysis)
{
    if (!analysis->trace)
        return NULL;
    return connection_trace_result(analysis->trace, &analysis->options.thresholds);
}

void analysis_free(Analysis *analysis)
{
    if (!analysis)
        return;
    AuditRow row;
    end_tick(analysis);
    while (analysis_next(analysis, &row))
        audit_row_clear(&row);
    g_array_free(analysis->rows, TRUE);
    connection_trace_free(analysis->trace);
    shards_free(analysis->streams);
    front_free(analysis->front);
    decoder_free(analysis->decoder);
    g_free(analysis);
}
