/* Doubt.
 *
 * The verdict table knows no "maybe". What the capture leaves open is therefore read in every way that the
 * missing bytes could have read: a `Doubts` holds, for each fact that the table asks for, the set of values that
 * it may have, the plainest first. The table is asked for every combination (a handful; one, as a rule). If
 * all give one verdict, that verdict stands, with the cause of the plainest reading; else the verdict
 * is undetermined, and its cause is what is missing: the reasons of those facts that change the verdict when they
 * alone are read differently. (A table of special cases, one a kind of loss, was discarded: it grows with
 * the product of what can be missing, and each row would have to be right.) */
#include "judge/judge.h"

#include "base/pack.h"
#include "judge/lost_request.h"

void judge_init(Judge *judge)
{
    *judge = (Judge){ .timeout = -1, .max = -1, .max_everywhere = true };
}

void judge_clear(Judge *judge)
{
    g_clear_pointer(&judge->worst.host, g_free);
    g_clear_pointer(&judge->last.host, g_free);
    g_clear_pointer(&judge->first.host, g_free);
}

G_STATIC_ASSERT(sizeof(Judge) % sizeof(uint64_t) == 0);

void judge_pack(const Judge *judge, GByteArray *to)
{
    Judge rest = *judge;
    rest.worst.host = rest.last.host = rest.first.host = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_text(to, judge->worst.host);
    pack_text(to, judge->last.host);
    pack_text(to, judge->first.host);
}

void judge_unpack(Judge *judge, Span *from)
{
    unpack_words(from, judge, sizeof *judge);
    judge->worst.host = unpack_text(from);
    judge->last.host = unpack_text(from);
    judge->first.host = unpack_text(from);
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

size_t judge_text_size(const Judge *judge)
{
    return text_size(judge->worst.host) + text_size(judge->last.host) +
           text_size(judge->first.host);
}

/* Doubts -------------------------------------------------------------------------------------- */

typedef enum Fact {
    FACT_DECLARED,
    FACT_COMPLETE,
    FACT_LATER_ANSWERED,
    FACT_LATER_REQUEST,
    FACT_ENDER,
    FACT_STATEMENT,
    FACT_COUNT,
} Fact;

/* What a response that the capture lacks may have stated about keep-alive. */
typedef enum Statement {
    STATEMENT_AS_SEEN,
    STATEMENT_MAX_USED,
    STATEMENT_LONGER_TIMEOUT,
} Statement;

typedef struct Doubts {
    Situation plain; /* all that is known, and the plainest reading of the rest */
    struct {
        unsigned values[4]; /* the plainest first */
        unsigned count;
        ReasonSet reasons; /* why there are several */
    } fact[FACT_COUNT];
} Doubts;

static void doubts_add(Doubts *doubts, Fact fact, unsigned value, ReasonSet reasons)
{
    for (unsigned i = 0; i < doubts->fact[fact].count; i++)
        if (doubts->fact[fact].values[i] == value)
            return;
    g_assert(doubts->fact[fact].count < G_N_ELEMENTS(doubts->fact[fact].values));
    doubts->fact[fact].values[doubts->fact[fact].count++] = value;
    if (doubts->fact[fact].count > 1)
        doubts->fact[fact].reasons |= reasons;
}

static void set_fact(Situation *situation, Fact fact, unsigned value)
{
    switch (fact) {
    case FACT_DECLARED:
        situation->declared = (Declared)value;
        break;
    case FACT_COMPLETE:
        situation->complete = value;
        break;
    case FACT_LATER_ANSWERED:
        situation->later_answered = value;
        break;
    case FACT_LATER_REQUEST:
        situation->later_request = value;
        break;
    case FACT_ENDER:
        situation->ender = (Ender)value;
        break;
    case FACT_STATEMENT:
        if (value == STATEMENT_MAX_USED)
            situation->max_used = true;
        else if (value == STATEMENT_LONGER_TIMEOUT)
            situation->stated_timeout = INT64_MAX / 4;
        break;
    case FACT_COUNT:
        break;
    }
}

typedef struct Readings {
    Outcome plain;
    bool verdicts_agree, actuals_agree, causes_agree;
    ReasonSet decisive; /* of the facts that matter */
} Readings;

/* Whether another reading of this fact alone changes the verdict. */
static bool fact_matters(const Doubts *doubts, Fact fact, const Thresholds *thresholds,
                         Verdict plain)
{
    for (unsigned i = 1; i < doubts->fact[fact].count; i++) {
        Situation situation = doubts->plain;
        set_fact(&situation, fact, doubts->fact[fact].values[i]);
        if (verdict_of(&situation, thresholds).verdict != plain)
            return true;
    }
    return false;
}

static Readings read_plain(const Situation *plain, const Thresholds *thresholds)
{
    return (Readings){ .plain = verdict_of(plain, thresholds),
                       .verdicts_agree = true,
                       .actuals_agree = true,
                       .causes_agree = true };
}

static Readings read_all(Doubts *doubts, const Thresholds *thresholds)
{
    unsigned combinations = 1;
    ReasonSet all = 0;
    for (Fact fact = 0; fact < FACT_COUNT; fact++) {
        set_fact(&doubts->plain, fact, doubts->fact[fact].values[0]);
        combinations *= doubts->fact[fact].count;
        all |= doubts->fact[fact].reasons;
    }
    Readings readings = read_plain(&doubts->plain, thresholds);
    for (unsigned n = 1; n < combinations; n++) {
        Situation situation = doubts->plain;
        unsigned rest = n;
        for (Fact fact = 0; fact < FACT_COUNT; fact++) {
            set_fact(&situation, fact, doubts->fact[fact].values[rest % doubts->fact[fact].count]);
            rest /= doubts->fact[fact].count;
        }
        Outcome outcome = verdict_of(&situation, thresholds);
        readings.verdicts_agree &= outcome.verdict == readings.plain.verdict;
        readings.actuals_agree &= outcome.actual == readings.plain.actual;
        readings.causes_agree &= outcome.cause == readings.plain.cause;
    }
    for (Fact fact = 0; fact < FACT_COUNT && !readings.verdicts_agree; fact++)
        if (fact_matters(doubts, fact, thresholds, readings.plain.verdict))
            readings.decisive |= doubts->fact[fact].reasons;
    if (!readings.verdicts_agree && readings.decisive == 0)
        readings.decisive = all ? all : REASON_CAPTURE_ENDED;
    return readings;
}

/* What is known of one exchange ------------------------------------------------------------------- */

/* `max=M`: M exchanges after the one that stated it; or, where every response says the same, M in all. */
static bool max_is_used(const Judge *judge)
{
    if (judge->max < 0)
        return false;
    if (judge->max_everywhere && judge->answered >= judge->max)
        return true;
    return judge->answered - judge->max_stated_at >= judge->max;
}

/* A server that did not read a request whole, could not frame it, or refused a CONNECT has to close. */
static bool server_was_obliged(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    if (!request->has_head)
        return false;
    if (framing_obliges_close(&request->framing)) /* RFC 9112 §6.1, §6.3 */
        return true;
    if (exchange->method == METHOD_CONNECT) /* RFC 9931: the client may have sent payload already */
        return !exchange_switched(exchange);
    if (!response->begun)
        return false;
    return !request->complete || response->first.acked <= request->last.offset; /* RFC 9112 §9.3 */
}

static Nanoseconds seconds_to_ns(int64_t seconds)
{
    if (seconds < 0)
        return -1;
    return seconds > INT64_MAX / 4 / NS_PER_SECOND ? INT64_MAX / 4 : seconds * NS_PER_SECOND;
}

/* How long the connection was idle before it ended, as an interval (judgement.md §3). */
static void measure_idle(Situation *situation, const Exchange *exchange, const Ending *ending)
{
    if (exchange->response.framing.kind == BODY_UNTIL_CLOSE || !exchange->response.begun)
        return; /* the end of the connection is the end of the response */
    const Stamp *last = &exchange->response.last;
    Duration idle = exchange_idle_until(exchange, &ending->stamp);
    situation->idle_least = ending->latest_only ? 0 : idle.least;
    situation->idle_most = idle.most;
    if (!idle.known || idle.most == DURATION_UNBOUNDED ||
        duration_is_open(duration_between(last, &ending->stamp)))
        situation->idle_between = CAUSE_CLOCK;
    else
        situation->idle_between = ending->latest_only ? CAUSE_LOSS : CAUSE_SEND_BACKLOG;
}

static void measure_open(Situation *situation, const JudgeContext *context,
                         const Exchange *exchange)
{
    const Half *server = &context->connection->half[1 - context->facts->client];
    const Stamp *last = &exchange->response.last;
    Stamp witness = { .frame = server->open_frame,
                      .time = server->open_time,
                      .clock = server->open_clock };
    bool later = stamp_precedes(last, &witness);
    Duration open = duration_between(last, &witness);
    situation->witnessed = later && open.known ? open.least : -1;
    situation->timeless = last->clock.tick == CLOCK_NO_TIME || (later && !open.known);
    situation->clock = situation->timeless ? -1 : context->clock_end - last->time;
}

static ReasonSet hidden_request_reasons(const JudgeContext *context, const Exchange *exchange)
{
    if (exchange->request.begun)
        return exchange->request.reasons;
    if (exchange->unsolicited)
        return 0;
    ReasonSet reasons = exchange->request.reasons | context->facts->client_hidden;
    if (!context->connection->opener_known)
        reasons |= REASON_MIDSTREAM;
    if (!context->connection->half[context->facts->client].seen)
        reasons = REASON_ONE_DIRECTION;
    return reasons ? reasons : REASON_LOSS;
}

/* Why the response of an exchange that shows none, or only a part of its head, may exist; 0: it does not. */
static ReasonSet hidden_response_reasons(const JudgeContext *context, const Exchange *exchange)
{
    bool incomplete = exchange->response.notes & HEAD_INCOMPLETE;
    if (incomplete || (exchange->response.broken && !exchange->response.has_head))
        return exchange->response.reasons;
    if (exchange->response.has_head || exchange->response.version == HTTP_0_9)
        return 0;
    if (!context->connection->half[1 - context->facts->client].seen)
        return REASON_ONE_DIRECTION;
    if (exchange->response_hidden || !exchange->answered)
        return context->facts->server_hidden ? context->facts->server_hidden
               : exchange->response_hidden   ? REASON_LOSS
                                             : 0;
    return 0;
}

/* The keep-alive statements that are in force from this response on (RFC 2068 §19.7.1.1). */
static void take_statement(Judge *judge, const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (exchange->response_hidden || (response->begun && !response->has_head)) {
        ReasonSet reasons = hidden_response_reasons(context, exchange);
        judge->statement_lost |= reasons ? reasons : REASON_LOSS;
    }
    if (!exchange->answered || exchange->unsolicited)
        return;
    judge->answered++;
    const KeepAlive *stated = &response->keep_alive;
    bool counts = response->has_head && (response->options & OPTION_KEEP_ALIVE) && stated->present;
    int64_t max = counts ? stated->max : -1;
    if (counts && stated->timeout >= 0) {
        judge->timeout = stated->timeout;
        judge->statement_lost = 0;
    }
    if (max < 0 || (judge->max >= 0 && max != judge->max))
        judge->max_everywhere = false;
    if (max >= 0) {
        judge->max = max;
        judge->max_stated_at = judge->answered;
    }
}

static Declaration declare(const JudgeContext *context, const Exchange *exchange)
{
    return declaration_of(exchange, hidden_request_reasons(context, exchange),
                          hidden_response_reasons(context, exchange));
}

static void weigh_declaration(const Declaration *declaration, Doubts *doubts)
{
    if (declaration->declared == DECLARED_UNKNOWN) {
        doubts_add(doubts, FACT_DECLARED, DECLARED_KEEP_ALIVE, 0);
        doubts_add(doubts, FACT_DECLARED, DECLARED_CLOSE, declaration->reasons);
    } else {
        doubts_add(doubts, FACT_DECLARED, declaration->declared, 0);
    }
}

/* The client has closed its half only, and the capture ends before the server has closed the other. */
static bool may_yet_complete(const JudgeContext *context, const Ending *ending)
{
    bool unended = context->connection->end == CONNECTION_UNENDED ||
                   context->connection->end == CONNECTION_EVICTED;
    return unended && ending->possible == ENDER_CLIENT && ending->how == END_HOW_FIN &&
           ending->server.how == END_HOW_NONE;
}

/* The request is not in the capture, and no byte of the announced body either: it may have been a
 * HEAD. */
static bool may_lack_body(const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    return exchange->request_hidden && response->has_head && message_body_bytes(response) <= 0;
}

static void weigh_completeness(const JudgeContext *context, const Ending *ending,
                               const Exchange *exchange, Doubts *doubts)
{
    const MessageFacts *response = &exchange->response;
    ReasonSet hidden = hidden_response_reasons(context, exchange);
    if (response->complete) {
        doubts_add(doubts, FACT_COMPLETE, true, 0);
    } else if (may_lack_body(exchange)) {
        doubts_add(doubts, FACT_COMPLETE, true, 0);
        doubts_add(doubts, FACT_COMPLETE, false, hidden_request_reasons(context, exchange));
    } else if (may_yet_complete(context, ending)) {
        doubts_add(doubts, FACT_COMPLETE, true, 0);
        doubts_add(doubts, FACT_COMPLETE, false, REASON_CAPTURE_ENDED);
    } else if (response->broken || hidden) {
        doubts_add(doubts, FACT_COMPLETE, true, 0);
        doubts_add(doubts, FACT_COMPLETE, false, response->reasons | hidden);
    } else {
        doubts_add(doubts, FACT_COMPLETE, false, 0);
    }
}

/* The row ----------------------------------------------------------------------------------------- */

/* What an undetermined verdict of the table rests on. */
static ReasonSet reason_of_cause(Cause cause)
{
    if (cause == CAUSE_SEND_BACKLOG)
        return REASON_SEND_BACKLOG;
    if (cause == CAUSE_CLOCK)
        return REASON_CLOCK;
    return cause == CAUSE_LOSS ? REASON_LOSS : REASON_CAPTURE_ENDED;
}

static Judgement judgement_of(const Judge *judge, const Readings *readings,
                              const Declaration *declaration)
{
    Judgement judgement;
    memset(&judgement, 0,
           sizeof judgement); /* the padding too: it is packed, and the size counts */
    judgement.declaration.declared = declaration->declared;
    judgement.declaration.by = declaration->by;
    judgement.declaration.basis = declaration->basis;
    judgement.declaration.reasons = declaration->reasons;
    judgement.actual = readings->plain.actual;
    judgement.verdict = readings->plain.verdict;
    judgement.cause = readings->plain.cause;
    judgement.cause_certain = readings->causes_agree;
    judgement.after = -1;
    judgement.stated_timeout = judge->timeout;
    judgement.stated_max = judge->max;
    judgement.completeness = declaration->reasons | readings->decisive;
    if (!readings->actuals_agree)
        judgement.actual = ACTUAL_UNKNOWN;
    if (!readings->verdicts_agree) {
        judgement.verdict = VERDICT_UNDETERMINED;
        judgement.cause = cause_of_reasons(readings->decisive);
    } else if (judgement.verdict == VERDICT_UNDETERMINED) {
        judgement.completeness |= reason_of_cause(judgement.cause);
    }
    return judgement;
}

static void set_outcome(Judgement *judgement, const Exchange *exchange, const Stamp *outcome)
{
    judgement->outcome_frame = outcome->frame;
    if (!stamp_is_set(outcome) || !exchange->response.complete)
        return;
    const Stamp *last = &exchange->response.last;
    Duration after = duration_between(last, outcome);
    bool before = outcome->time < last->time && after.most != DURATION_UNBOUNDED;
    judgement->after = before || !after.known ? -1 : after.least;
    if (exchange->response.framing.kind == BODY_UNTIL_CLOSE && judgement->ended)
        judgement->after = 0;
}

static void set_end(Judgement *judgement, const Ending *ending)
{
    if (ending->possible == ENDER_NOBODY)
        return;
    judgement->ended = true;
    judgement->ended_by = ending->possible;
    judgement->ended_how = ending->how;
    judgement->completeness |= ending->reasons;
}

static void message_reasons(Judgement *judgement, const JudgeContext *context,
                            const Exchange *exchange)
{
    judgement->completeness |= exchange->request.reasons | exchange->response.reasons;
    if (!exchange->request.begun)
        judgement->completeness |= hidden_request_reasons(context, exchange);
    judgement->completeness |= hidden_response_reasons(context, exchange);
}

/* Keeps what the connection's row will need. */
static void keep_decision(Decision *decision, const Exchange *exchange, const Judgement *judgement)
{
    const char *host = exchange_text(exchange, TEXT_HOST);
    if (g_strcmp0(decision->host ? decision->host : "", host) != 0) {
        g_free(decision->host);
        decision->host = *host ? g_strdup(host) : NULL;
    }
    decision->set = true;
    decision->exchange = exchange->number;
    decision->judgement = *judgement;
}

static void decide(Judge *judge, const Exchange *exchange, const Judgement *judgement)
{
    if (!judge->first.set)
        keep_decision(&judge->first, exchange, judgement);
    if (exchange->answered && !exchange->unsolicited)
        keep_decision(&judge->last, exchange, judgement);
    if (judgement->verdict != VERDICT_AS_DECLARED &&
        (!judge->worst.set || judgement->verdict > judge->worst.judgement.verdict))
        keep_decision(&judge->worst, exchange, judgement);
}

const Decision *judge_decision(const Judge *judge)
{
    if (judge->worst.set)
        return &judge->worst;
    if (judge->last.set)
        return &judge->last;
    return judge->first.set ? &judge->first : NULL;
}

/* In mid-stream a response may be that of a request from before the capture: for all that is known, if none of those
 * seen has to be; surely one of them is, if there are more responses than requests. */
static void doubt_pairing(Judgement *judgement, const JudgeContext *context,
                          const Exchange *exchange)
{
    const Declaration *declaration = &judgement->declaration;
    bool rests_on_request =
        declaration->declared == DECLARED_CLOSE && declaration->by == PARTY_CLIENT;
    if (context->connection->opener_known || !exchange->request.begun)
        return;
    if (!exchange->shifted && !(judgement->verdict == VERDICT_CONTRADICTED && rests_on_request))
        return;
    judgement->verdict = VERDICT_UNDETERMINED;
    judgement->cause = CAUSE_MIDSTREAM;
    judgement->completeness |= REASON_MIDSTREAM;
}

/* What followed is known; what was declared is not. */
static Readings read_undeclared(const Situation *plain, const Declaration *declaration,
                                const Thresholds *thresholds)
{
    Doubts doubts = { .plain = *plain };
    weigh_declaration(declaration, &doubts);
    doubts_add(&doubts, FACT_COMPLETE, plain->complete, 0);
    doubts_add(&doubts, FACT_LATER_ANSWERED, plain->later_answered, 0);
    doubts_add(&doubts, FACT_LATER_REQUEST, plain->later_request, 0);
    doubts_add(&doubts, FACT_ENDER, plain->ender, 0);
    doubts_add(&doubts, FACT_STATEMENT, STATEMENT_AS_SEEN, 0);
    return read_all(&doubts, thresholds);
}

/* What may be the rest of a connection that was given up may lie in a body, or in a tunnel. */
static void doubt_rest(Judgement *judgement, const Connection *connection)
{
    if (!connection->after_eviction)
        return;
    judgement->verdict = VERDICT_UNDETERMINED;
    judgement->cause = CAUSE_LIMIT;
    judgement->completeness |= REASON_LIMIT;
}

Judgement judge_settled(Judge *judge, const JudgeContext *context, const Exchange *exchange)
{
    take_statement(judge, context, exchange);
    Declaration declaration = declare(context, exchange);
    Situation plain = { .declared = declaration.declared,
                        .answered = exchange->answered,
                        .complete = true,
                        .later_answered = true,
                        .ender = ENDER_NOBODY };
    Readings readings = declaration.declared == DECLARED_UNKNOWN
                            ? read_undeclared(&plain, &declaration, context->thresholds)
                            : read_plain(&plain, context->thresholds);
    Judgement judgement = judgement_of(judge, &readings, &declaration);
    message_reasons(&judgement, context, exchange);
    set_outcome(&judgement, exchange, &exchange->next_request);
    doubt_pairing(&judgement, context, exchange);
    doubt_rest(&judgement, context->connection);
    decide(judge, exchange, &judgement);
    if (exchange->answered && !exchange->unsolicited) {
        judge->have_answered = true;
        judge->last_answered = judgement;
    }
    return judgement;
}

/* Why what followed was not looked at as a part of this connection; 0: all of it was. */
static ReasonSet left_early(const Connection *connection)
{
    switch (connection->end) {
    case CONNECTION_EVICTED:
        return REASON_LIMIT;
    case CONNECTION_TORN:
        return REASON_LOSS;
    default:
        return 0;
    }
}

/* What came after the exchange: a request that got no answer, as far as is known, the first response
 * whose request is not. NULL: none. */
typedef struct Sequel {
    const Exchange *lost, *alone;
} Sequel;

static Sequel sequel_of(const Exchange *exchanges, size_t count, size_t after)
{
    Sequel sequel = { NULL, NULL };
    for (size_t i = after + 1; i < count; i++) {
        if (!sequel.lost && exchanges[i].request.begun && !exchanges[i].answered)
            sequel.lost = &exchanges[i];
        if (!sequel.alone && exchanges[i].request_hidden && exchanges[i].answered)
            sequel.alone = &exchanges[i];
    }
    return sequel;
}

/* A later request, an answer to it, the end. */
static void weigh_sequel(const JudgeContext *context, const Ending *ending,
                         const Exchange *exchange, const Sequel *sequel, Doubts *doubts)
{
    const ConversationFacts *facts = context->facts;
    const Exchange *lost = sequel->lost;
    bool known = lost != NULL;
    ReasonSet unseen = left_early(context->connection);
    ReasonSet request_reasons = facts->client_hidden | unseen;
    ReasonSet alone_reasons = sequel->alone ? hidden_request_reasons(context, sequel->alone) : 0;
    request_reasons |= alone_reasons;
    if (ending->segment_missing)
        request_reasons |= REASON_LOSS;
    doubts_add(doubts, FACT_LATER_REQUEST, known, 0);
    if (!known && request_reasons)
        doubts_add(doubts, FACT_LATER_REQUEST, true, request_reasons);
    doubts_add(doubts, FACT_LATER_ANSWERED, false, 0);
    ReasonSet answer_reasons = exchange->answered ? facts->server_hidden | unseen : 0;
    answer_reasons |= alone_reasons;
    if (exchange->response_hidden)
        answer_reasons |= hidden_response_reasons(context, exchange);
    if (known && lost->response_hidden)
        answer_reasons |= hidden_response_reasons(context, lost);
    if (answer_reasons && (known || request_reasons))
        doubts_add(doubts, FACT_LATER_ANSWERED, true, answer_reasons);
    doubts->plain.lost_cause = known ? lost_request_cause(lost, ending) : CAUSE_KEEPALIVE_RACE;
}

/* What responses that the capture lacks may have stated. Those of a hole: anything that the last
 * response known does not state anew. Those from before a start in mid-stream: only a `max` counts
 * (what is said of such a connection is said of the part that was seen, but no accusation may rest
 * on what came before it), and it may be used up by exchanges that nobody saw. A `max` that is
 * counted down tells itself what is left. */
static void weigh_statements(const Judge *judge, const JudgeContext *context,
                             const Exchange *exchange, Doubts *doubts)
{
    const MessageFacts *response = &exchange->response;
    bool states = response->has_head && (response->options & OPTION_KEEP_ALIVE);
    bool states_timeout = states && response->keep_alive.timeout >= 0;
    bool counts_down = states && response->keep_alive.max > 0 && !judge->max_everywhere;
    ReasonSet lost = judge->statement_lost | context->facts->responses_lost;
    bool midstream = !context->connection->opener_known;
    doubts_add(doubts, FACT_STATEMENT, STATEMENT_AS_SEEN, 0);
    if (lost && !states_timeout)
        doubts_add(doubts, FACT_STATEMENT, STATEMENT_LONGER_TIMEOUT, lost);
    if (lost && !counts_down)
        doubts_add(doubts, FACT_STATEMENT, STATEMENT_MAX_USED, lost);
    else if (midstream && (judge->max < 0 || (judge->max_everywhere && !counts_down)))
        doubts_add(doubts, FACT_STATEMENT, STATEMENT_MAX_USED, REASON_MIDSTREAM);
}

static void weigh_ender(const JudgeContext *context, const Ending *ending, Doubts *doubts)
{
    static const Ender plainest_first[] = { ENDER_NOBODY, ENDER_SERVER, ENDER_CLIENT, ENDER_BOTH };
    ReasonSet reasons = ending->reasons;
    unsigned possible = ending->possible;
    if (context->connection->end == CONNECTION_EVICTED && possible == ENDER_NOBODY) {
        reasons |= REASON_LIMIT;
        possible = ENDER_NOBODY | ENDER_SERVER | ENDER_CLIENT | ENDER_BOTH;
    } else if (context->connection->end == CONNECTION_TORN && possible == ENDER_NOBODY) {
        reasons |= REASON_LOSS;
        possible = ENDER_NOBODY | ENDER_SERVER | ENDER_CLIENT | ENDER_BOTH;
    } else if (context->connection->end == CONNECTION_REPLACED && possible == ENDER_NOBODY) {
        reasons |= REASON_LOSS;
        possible = ENDER_SERVER | ENDER_CLIENT | ENDER_BOTH;
    } else if (ending->segment_missing && ending->how == END_HOW_RST) {
        possible |= ENDER_CLIENT | ENDER_SERVER;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(plainest_first); i++)
        if (possible & plainest_first[i])
            doubts_add(doubts, FACT_ENDER, plainest_first[i], reasons);
}

/* An exchange with nothing answered behind it: its outcome is the connection's end. */
static Judgement judge_tail(Judge *judge, const JudgeContext *context, const Ending *ending,
                            const Exchange *exchange, const Sequel *sequel)
{
    Doubts doubts = { .plain = { .answered = exchange->answered,
                                 .obliged = server_was_obliged(exchange),
                                 .max_used = max_is_used(judge),
                                 .stated_timeout = seconds_to_ns(judge->timeout) } };
    Declaration declaration = declare(context, exchange);
    weigh_declaration(&declaration, &doubts);
    weigh_completeness(context, ending, exchange, &doubts);
    weigh_sequel(context, ending, exchange, sequel, &doubts);
    weigh_ender(context, ending, &doubts);
    weigh_statements(judge, context, exchange, &doubts);
    measure_idle(&doubts.plain, exchange, ending);
    measure_open(&doubts.plain, context, exchange);
    Readings readings = read_all(&doubts, context->thresholds);
    Judgement judgement = judgement_of(judge, &readings, &declaration);
    if (!exchange->answered && !hidden_response_reasons(context, exchange))
        judgement.actual = ACTUAL_UNANSWERED;
    message_reasons(&judgement, context, exchange);
    set_end(&judgement, ending);
    bool lost_is_outcome = judgement.actual == ACTUAL_REQUEST_LOST;
    set_outcome(&judgement, exchange, lost_is_outcome ? &exchange->next_request : &ending->stamp);
    return judgement;
}

/* A request without an answer shares the judgement of the exchange whose declaration it relied on. */
static Judgement judge_unanswered(const Judge *judge, const JudgeContext *context,
                                  const Ending *ending, const Exchange *exchange,
                                  const Judgement *relied_on)
{
    Judgement judgement = *relied_on;
    bool may_be_answered = hidden_response_reasons(context, exchange) != 0;
    judgement.actual = may_be_answered ? ACTUAL_UNKNOWN : ACTUAL_UNANSWERED;
    judgement.stated_timeout = judge->timeout;
    judgement.stated_max = judge->max;
    message_reasons(&judgement, context, exchange);
    judgement.ended = false;
    judgement.outcome_frame = 0;
    judgement.after = -1;
    set_end(&judgement, ending);
    if (judgement.ended)
        judgement.outcome_frame = ending->stamp.frame;
    return judgement;
}

/* The response to a request that the capture lacks, and that may have been a CONNECT (RFC 9112 §6.3): then what the
 * client sent behind it is no request of this connection. */
static bool may_be_tunnel(const Exchange *exchange)
{
    return exchange->request_hidden && exchange->response.has_head && exchange->status / 100 == 2 &&
           exchange->response.framing.kind == BODY_UNTIL_CLOSE;
}

static void doubt_request(Judgement *judgement, const JudgeContext *context, const Exchange *tunnel)
{
    ReasonSet reasons = hidden_request_reasons(context, tunnel);
    judgement->verdict = VERDICT_UNDETERMINED;
    judgement->cause = cause_of_reasons(reasons);
    judgement->completeness |= reasons;
}

/* The first request seen of a connection that begins in mid-stream relied on what an exchange before
 * it declared, and that may have been `close`. */
static void doubt_what_it_relied_on(Judgement *judgement, const JudgeContext *context,
                                    const Exchange *exchange)
{
    bool relied = judgement->verdict == VERDICT_CONTRADICTED && exchange->request.begun;
    if (context->connection->opener_known || !relied)
        return;
    judgement->verdict = VERDICT_UNDETERMINED;
    judgement->cause = CAUSE_MIDSTREAM;
    judgement->completeness |= REASON_MIDSTREAM;
}

void judge_ended(Judge *judge, const JudgeContext *context, const Ending *ending,
                 const Exchange *exchanges, size_t count, Judgement *ret_judgements)
{
    const Judgement *relied_on = judge->have_answered ? &judge->last_answered : NULL;
    const Exchange *tunnel = NULL;
    for (size_t i = 0; i < count; i++) {
        const Exchange *exchange = &exchanges[i];
        Judgement *judgement = &ret_judgements[i];
        Sequel sequel = sequel_of(exchanges, count, i);
        if (exchange->answered) {
            take_statement(judge, context, exchange);
            *judgement = judge_tail(judge, context, ending, exchange, &sequel);
            doubt_pairing(judgement, context, exchange);
            tunnel = may_be_tunnel(exchange) ? exchange : NULL;
            if (!exchange->unsolicited) {
                judge->have_answered = true;
                judge->last_answered = *judgement;
                relied_on = &judge->last_answered;
            }
        } else if (relied_on && !exchange->response_hidden) {
            *judgement = judge_unanswered(judge, context, ending, exchange, relied_on);
            if (tunnel)
                doubt_request(judgement, context, tunnel);
        } else {
            /* Where its response is hidden, so may be those of later ones. */
            if (!exchange->response_hidden)
                sequel = (Sequel){ NULL, NULL };
            *judgement = judge_tail(judge, context, ending, exchange, &sequel);
            doubt_what_it_relied_on(judgement, context, exchange);
            if (tunnel)
                doubt_request(judgement, context, tunnel);
            relied_on = judgement;
        }
        doubt_rest(judgement, context->connection);
        decide(judge, exchange, judgement);
    }
}
