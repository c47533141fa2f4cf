/* One exchange after the other: what responses stated about keep-alive is carried along, the facts
 * of each are gathered (open_facts.c) and weighed (readings.c), and a request without an answer
 * shares the judgement of the exchange that it relied on. */
#include "judge/judge.h"

#include "base/pack.h"
#include "judge/open_facts.h"
#include "judge/stream_facts.h"
#include "judge/verdict_http2.h"

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

/* What responses stated ------------------------------------------------------------------------ */

/* `max=M`: M exchanges after the one that stated it; or, where every response says the same, M in
 * all. */
static bool max_is_used(const Judge *judge)
{
    if (judge->max < 0)
        return false;
    if (judge->max_everywhere && judge->answered >= judge->max)
        return true;
    return judge->answered - judge->max_stated_at >= judge->max;
}

/* The one response that was seen states it. A second that states the same shows that it does not
 * count down. */
static bool max_counts_all(const Judge *judge)
{
    return judge->answered == 1 && judge->answered - judge->max_stated_at < judge->max;
}

static void take_max(Judge *judge, int64_t max)
{
    judge->counts_down = max > 0 && max < judge->max;
    if (max < 0 || (judge->max >= 0 && max != judge->max))
        judge->max_everywhere = false;
    if (max >= 0) {
        judge->max = max;
        judge->max_stated_at = judge->answered;
    }
}

/* A response that the capture lacks, or of which it lacks lines, may have stated anything. */
static void miss_statement(Judge *judge, ReasonSet reasons)
{
    judge->timeout_lost |= reasons;
    judge->max_lost |= reasons;
    judge->counts_down = false;
}

/* The keep-alive statements that are in force from this response on (RFC 2068 §19.7.1.1). */
static void take_statement(Judge *judge, const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    ReasonSet hidden = hidden_response_reasons(context, exchange);
    if (hidden || (exchange->responses_hidden & HOLE_REASONS))
        miss_statement(judge, hidden | (exchange->responses_hidden & HOLE_REASONS));
    if (!response->has_head || exchange->unsolicited)
        return;
    judge->answered++;
    const KeepAlive *stated = &response->keep_alive;
    bool counts = (response->options & OPTION_KEEP_ALIVE) && stated->present;
    if (counts && stated->timeout >= 0) {
        judge->timeout = stated->timeout;
        judge->timeout_lost = 0;
    }
    if (counts || !hidden) /* else the lines that are missing may state one */
        take_max(judge, counts ? stated->max : -1);
}

static Stated stated_by(const Judge *judge, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    bool states = response->has_head && (response->options & OPTION_KEEP_ALIVE) &&
                  response->keep_alive.timeout >= 0;
    return (Stated){ .timeout = judge->timeout,
                     .max = judge->max,
                     .used = max_is_used(judge),
                     .max_everywhere = judge->max_everywhere,
                     .used_if_first = max_counts_all(judge),
                     .counts_down = judge->counts_down,
                     .timeout_open = states ? 0 : judge->timeout_lost,
                     .max_open = judge->max_lost };
}

/* The row -------------------------------------------------------------------------------------- */

static Declaration declare(const JudgeContext *context, const Exchange *exchange)
{
    return declaration_of(exchange, hidden_request_reasons(context, exchange),
                          hidden_response_reasons(context, exchange));
}

static G_GNUC_NO_INLINE Declaration declare_request(const JudgeContext *context,
                                                    const Exchange *exchange)
{
    Exchange alone = *exchange;
    alone.status = 0;
    alone.response = (MessageFacts){ .begun = false };
    return declare(context, &alone);
}

/* A response behind an accepted reset declares nothing. */
static Declaration declare_what_came(const JudgeContext *context, const Exchange *exchange)
{
    const Connection *connection = context->connection;
    bool reset = connection_reset(connection, 0) || connection_reset(connection, 1);
    return reset && exchange->answered && !got_response(context, exchange)
               ? declare_request(context, exchange)
               : declare(context, exchange);
}

/* What an undetermined verdict of the table rests on. */
static ReasonSet reason_of_cause(Cause cause)
{
    bool is_reason = cause >= CAUSE_LOSS && cause < CAUSE_LOSS + REASON_COUNT;
    return is_reason ? 1u << (cause - CAUSE_LOSS) : REASON_CAPTURE_ENDED;
}

static void make_undetermined(Judgement *judgement, ReasonSet reasons)
{
    judgement->verdict = VERDICT_UNDETERMINED;
    judgement->cause = cause_of_reasons(reasons);
    judgement->cause_certain = false;
    judgement->broken_promise = CAUSE_NONE;
    judgement->completeness |= reasons;
}

/* The server's close, of which nothing of the lost request had reached it, is what it would be if
 * nobody had sent one. A FIN of the client that nobody sees stands behind the request: a client
 * that waits for an answer has not finished. */
static Cause promise_broken(const Readings *readings, const Particulars *particulars,
                            const Weighed *weighed, const Ending *ending)
{
    Cause lost = weighed->plainest.cause;
    if (!weighed->cause_certain || ending->stamp.frame != ending->server.stamp.frame ||
        (lost != CAUSE_KEEPALIVE_RACE && lost != CAUSE_REQUEST_AFTER_FIN))
        return CAUSE_NONE;
    Readings alone = *readings;
    readings_set(&alone, FACT_END, ENDED_SERVER);
    readings_set(&alone, FACT_LATER, LATER_NONE);
    Weighed close = readings_weigh(&alone, particulars);
    Cause cause = close.plainest.cause;
    bool broken = cause == CAUSE_CLOSED_BEFORE_TIMEOUT || cause == CAUSE_UNDECLARED_CLOSE;
    return broken && close.verdict_certain && close.cause_certain ? cause : CAUSE_NONE;
}

static Judgement judgement_of(const Judge *judge, const Readings *readings, const Weighed *weighed,
                              const Declaration *declaration)
{
    Judgement judgement;
    memset(&judgement, 0,
           sizeof judgement); /* the padding too: it is packed, and its size counts */
    judgement.declaration.declared = declaration->declared;
    judgement.declaration.by = declaration->by;
    judgement.declaration.basis = declaration->basis;
    judgement.declaration.reasons = declaration->reasons;
    judgement.declaration.possible = declaration->possible;
    judgement.actual = weighed->plainest.actual;
    judgement.verdict = weighed->plainest.verdict;
    judgement.cause = weighed->plainest.cause;
    judgement.cause_certain = weighed->cause_certain;
    judgement.actual_certain = weighed->actual_certain;
    judgement.pairing_open = readings_may_be(readings, FACT_REAL, REAL_NO);
    judgement.after = -1;
    judgement.stated_timeout = judge->timeout;
    judgement.stated_max = judge->max;
    judgement.completeness = declaration->reasons;
    if (!weighed->actual_certain)
        judgement.actual = ACTUAL_UNKNOWN;
    if (!weighed->verdict_certain)
        make_undetermined(&judgement, weighed->decisive);
    else if (judgement.verdict == VERDICT_UNDETERMINED)
        judgement.completeness |= reason_of_cause(judgement.cause);
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

/* Streams end in any order, so the first of the worst may come later. That the server broke off
 * other streams says more than that it ended a connection without an announcement. */
static bool is_worse(const Decision *worst, const Exchange *exchange, const Judgement *judgement)
{
    const Judgement *before = &worst->judgement;
    if (!worst->set || judgement->verdict != before->verdict)
        return !worst->set || judgement->verdict > before->verdict;
    if (exchange->kind == EXCHANGE_HTTP1)
        return false;
    bool milder = judgement->cause == CAUSE_UNDECLARED_CLOSE;
    bool was_milder = before->cause == CAUSE_UNDECLARED_CLOSE;
    return milder != was_milder ? was_milder : exchange->number < worst->exchange;
}

static void decide(Judge *judge, const Exchange *exchange, bool answered,
                   const Judgement *judgement)
{
    if (!judge->first.set || exchange->number < judge->first.exchange)
        keep_decision(&judge->first, exchange, judgement);
    if (answered && !exchange->unsolicited && !exchange->stream.pushed &&
        (!judge->last.set || exchange->number > judge->last.exchange))
        keep_decision(&judge->last, exchange, judgement);
    if (judgement->verdict != VERDICT_AS_DECLARED && is_worse(&judge->worst, exchange, judgement))
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

/* The response to a request that the capture lacks, and that may have been a CONNECT (RFC 9112
 * §6.3): then what the client sent behind it is no request of this connection. */
static bool may_be_tunnel(const Exchange *exchange)
{
    return exchange->request_hidden && exchange->response.has_head && exchange->status / 100 == 2 &&
           exchange->response.framing.kind == BODY_UNTIL_CLOSE;
}

/* Streams ------------------------------------------------------------------------------------- */

/* The frame that made the outcome: of the next stream, of a reset, or the end's. */
static void set_stream_outcome(Judgement *judgement, const Exchange *exchange, const Ending *ending)
{
    const StreamFacts *stream = &exchange->stream;
    const StreamReset *first = &stream->reset[stream->first_reset];
    bool whole = exchange->response.complete;
    bool reused = judgement->actual == ACTUAL_REUSED;
    if (reused) {
        set_outcome(judgement, exchange, &exchange->next_request);
    } else if (!whole && stream_is_reset(stream)) {
        judgement->outcome_frame = first->frame;
    } else if (ending) {
        set_end(judgement, ending);
        set_outcome(judgement, exchange, &ending->stamp);
    }
}

/* As in HTTP/1, what may have been lost behind the last one that is known makes its outcome
 * unsure: nobody else can stand for it. */
static void weigh_hidden_streams(Judgement *judgement, const JudgeContext *context,
                                 const Ending *ending, const Exchange *exchange)
{
    ReasonSet hidden = lost_stream_hidden(context, ending);
    if (hidden && exchange->stream.id == context->facts->h2->highest &&
        judgement->verdict == VERDICT_AS_DECLARED)
        make_undetermined(judgement, hidden);
}

/* `ending`: NULL while the connection goes on. */
static Judgement judge_stream(Judge *judge, const JudgeContext *context, const Ending *ending,
                              const Exchange *exchange)
{
    static const Declaration nothing = { .declared = DECLARED_UNKNOWN };
    Readings readings;
    facts_of_stream(&readings, context, ending, exchange);
    Particulars particulars = particulars_of_stream(context, ending, exchange);
    Weighed weighed = readings_weigh(&readings, &particulars);
    Judgement judgement = judgement_of(judge, &readings, &weighed, &nothing);
    judgement.completeness |=
        exchange->request.reasons | exchange->response.reasons | exchange->stream.response_open;
    set_stream_outcome(&judgement, exchange, ending);
    if (ending)
        weigh_hidden_streams(&judgement, context, ending, exchange);
    decide(judge, exchange, exchange->response.begun, &judgement);
    return judgement;
}

/* HTTP/1 -------------------------------------------------------------------------------------- */

/* What later requests may have relied on, and whether they may be bytes of a tunnel. */
static void remember_answered(Judge *judge, const JudgeContext *context, const Exchange *exchange,
                              const Judgement *judgement)
{
    const unsigned switched = 1u << DECLARED_UPGRADE | 1u << DECLARED_TUNNEL;
    if (judgement->declaration.possible & switched)
        judge->tunnel |= judgement->declaration.reasons;
    if (may_be_tunnel(exchange))
        judge->tunnel |= hidden_request_reasons(context, exchange);
    if (exchange->unsolicited)
        return;
    judge->have_answered = true;
    judge->last_answered = *judgement;
}

Judgement judge_settled(Judge *judge, const JudgeContext *context, const Exchange *exchange)
{
    static const Particulars particulars = { .answered = true };
    Readings readings;
    if (exchange->kind == EXCHANGE_HTTP2)
        return judge_stream(judge, context, NULL, exchange);
    take_statement(judge, context, exchange);
    Declaration declaration = declare(context, exchange);
    facts_of_settled(&readings, context, judge->tunnel, exchange, &declaration);
    Weighed weighed = readings_weigh(&readings, &particulars);
    Judgement judgement = judgement_of(judge, &readings, &weighed, &declaration);
    message_reasons(&judgement, context, exchange);
    set_outcome(&judgement, exchange, &exchange->next_request);
    decide(judge, exchange, exchange->answered, &judgement);
    if (exchange->answered)
        remember_answered(judge, context, exchange, &judgement);
    return judgement;
}

/* An exchange whose outcome is the connection's end, or may be. */
static Judgement judge_tail(Judge *judge, const Sequel *sequel, const Before *before,
                            const Exchange *exchange)
{
    const JudgeContext *context = sequel->context;
    Readings readings;
    Declaration declaration = declare_what_came(context, exchange);
    Stated stated = stated_by(judge, exchange);
    facts_of_pending(&readings, sequel, before, exchange, &declaration, &stated);
    Particulars particulars = particulars_of(sequel, exchange, &declaration, &stated);
    Weighed weighed = readings_weigh(&readings, &particulars);
    Judgement judgement = judgement_of(judge, &readings, &weighed, &declaration);
    if (judgement.actual == ACTUAL_REQUEST_LOST && judgement.verdict == VERDICT_CONTRADICTED)
        judgement.broken_promise =
            promise_broken(&readings, &particulars, &weighed, sequel->ending);
    message_reasons(&judgement, context, exchange);
    if (!(sequel->answered || exchange->later_answered))
        set_end(&judgement, sequel->ending);
    bool by_request = judgement.actual == ACTUAL_REQUEST_LOST || judgement.actual == ACTUAL_REUSED;
    set_outcome(&judgement, exchange,
                by_request ? &exchange->next_request : &sequel->ending->stamp);
    return judgement;
}

/* Whatever exchange it relied on, it was for the client to go on. */
static bool went_on_either_way(const Judgement *judgement, const Ending *ending)
{
    return judgement->verdict == VERDICT_AS_DECLARED && ending->possible == ENDER_CLIENT;
}

/* A request without an answer shares the judgement of the exchange whose declaration it relied
 * on. */
static Judgement judge_unanswered(const Judge *judge, const Sequel *sequel, const Before *before,
                                  const Exchange *exchange, const Judgement *relied_on)
{
    const Ending *ending = sequel->ending;
    Judgement judgement = *relied_on;
    judgement.actual = ACTUAL_UNANSWERED;
    judgement.stated_timeout = judge->timeout;
    judgement.stated_max = judge->max;
    message_reasons(&judgement, sequel->context, exchange);
    judgement.ended = false;
    judgement.outcome_frame = 0;
    judgement.after = -1;
    set_end(&judgement, ending);
    if (judgement.ended)
        judgement.outcome_frame = ending->stamp.frame;
    if (before->tunnel) {
        make_undetermined(&judgement, before->tunnel);
        judgement.pairing_open = true;
    } else if (!went_on_either_way(&judgement, ending)) {
        ReasonSet hidden = sequel->context->facts->server_hidden ? before->exchanges : 0;
        if (hidden | before->perhaps)
            make_undetermined(&judgement, hidden | before->perhaps);
    }
    return judgement;
}

/* A request whose answer may be missing: if there was none, it shares the other's judgement. */
static void share_if_unanswered(Judgement *judgement, const JudgeContext *context,
                                const Exchange *exchange, const Judgement *relied_on)
{
    judgement->actual = ACTUAL_UNKNOWN;
    judgement->actual_certain = judgement->cause_certain = false;
    if (judgement->verdict != relied_on->verdict)
        make_undetermined(judgement, hidden_response_reasons(context, exchange));
}

/* One that was pending when the connection ended. `relied_on`: the judgement of the last answered
 * one; NULL: there is none. */
static Judgement judge_pending(Judge *judge, const Sequel *sequel, const Before *before,
                               const Exchange *exchange, const Judgement *relied_on)
{
    const JudgeContext *context = sequel->context;
    ReasonSet hidden = hidden_response_reasons(context, exchange);
    bool answered = got_response(context, exchange);
    if (answered || hidden)
        take_statement(judge, context, exchange);
    else if (relied_on)
        return judge_unanswered(judge, sequel, before, exchange, relied_on);
    Judgement judgement = judge_tail(judge, sequel, before, exchange);
    if (!answered && relied_on)
        share_if_unanswered(&judgement, context, exchange, relied_on);
    else if (!answered && !hidden)
        judgement.actual = ACTUAL_UNANSWERED;
    return judgement;
}

void judge_ended(Judge *judge, const JudgeContext *context, const Ending *ending,
                 const Exchange *exchanges, size_t count, Judgement *ret_judgements)
{
    if (count && exchanges[0].kind == EXCHANGE_HTTP2) {
        for (size_t i = 0; i < count; i++)
            ret_judgements[i] = judge_stream(judge, context, ending, &exchanges[i]);
        return;
    }
    const Judgement *relied_on = judge->have_answered ? &judge->last_answered : NULL;
    Before before = { .tunnel = judge->tunnel };
    if (!relied_on && !context->connection->opener_known)
        before.exchanges = REASON_MIDSTREAM;
    g_autofree Sequel *sequels = g_new(Sequel, count + 1);
    sequels[count] = sequel_at_end(context, ending);
    for (size_t i = count; i-- > 0;) {
        sequels[i] = sequels[i + 1];
        sequel_step_before(&sequels[i], &exchanges[i]);
    }
    bool waiting = false;
    int64_t answered_at = NO_OFFSET;
    for (size_t i = 0; i < count; i++) {
        const Exchange *exchange = &exchanges[i];
        before.exchanges |= exchange->requests_hidden;
        sequels[i + 1].waiting_before = waiting;
        sequels[i + 1].answered_at = answered_at;
        Before known = before;
        known.perhaps |= sequels[i + 1].alone;
        ret_judgements[i] = judge_pending(judge, &sequels[i + 1], &known, exchange, relied_on);
        bool answered = got_response(context, exchange);
        waiting |= !answered;
        if (answered && exchange->request.begun)
            answered_at = MAX(answered_at, exchange->request.first.offset);
        if (answered && exchange->perhaps_unasked) {
            before.perhaps |= hidden_request_reasons(context, exchange);
        } else if (answered) {
            remember_answered(judge, context, exchange, &ret_judgements[i]);
            if (!exchange->unsolicited)
                before.exchanges = before.perhaps = 0;
            before.tunnel = judge->tunnel;
            relied_on = judge->have_answered ? &judge->last_answered : NULL;
        } else {
            before.perhaps |= hidden_response_reasons(context, exchange);
        }
        decide(judge, exchange, answered, &ret_judgements[i]);
    }
}
