#include "servers/reuse.h"

#include "http/match.h"
#include "judge/stream_facts.h"

/* The moment at which the server finished a response is known only as an interval, which ends with
 * the response's last byte. A wider interval than this would blur a timer. */
#define LOOSE_LEAST (NS_PER_SECOND / 10)

/* Servers that check their timers once a second close up to a second late, and a little more. */
#define COARSE_MOST (NS_PER_SECOND / 2 * 3)

static void add_period(Reuse *use, IdleEnd end, Nanoseconds length, Nanoseconds time)
{
    if (length < 0)
        return;
    use->periods[use->period_count++] = (IdlePeriod){ end, length, time };
}

/* The idle time before the server's close is an interval (judgement.md, section 3). A wide interval
 * proves only that the connection was idle for its lower bound. */
static void add_interval(Reuse *use, Duration idle, const Stamp *last, const Stamp *close)
{
    bool loose = idle.most - idle.least > MAX(LOOSE_LEAST, idle.least / 20);
    if (idle.known && close->time >= last->time)
        add_period(use, loose ? IDLE_ENDED : IDLE_CLOSED, idle.least, close->time);
}

static void add_close(Reuse *use, const Exchange *exchange, const Stamp *close)
{
    add_interval(use, exchange_idle_until(exchange, close), &exchange->response.last, close);
}

static bool is_idle_close(const Judgement *judgement)
{
    return judgement->cause == CAUSE_IDLE_TIMEOUT || judgement->cause == CAUSE_UNDECLARED_CLOSE ||
           judgement->cause == CAUSE_CLOSED_BEFORE_TIMEOUT ||
           judgement->cause == CAUSE_SEND_BACKLOG;
}

/* The server closed because no request came: it knew nothing of the request that was lost. */
static bool closed_as_idle(const Judgement *judgement)
{
    return judgement->cause == CAUSE_KEEPALIVE_RACE || judgement->cause == CAUSE_REQUEST_AFTER_FIN;
}

/* The request was lost with its connection. If the server had received it, nobody can see whether
 * it closed because of the request, or because its timer fired before it looked. But if it closed
 * later than a coarse timer would, the timer was not the reason. */
static bool is_raced(const Exchange *exchange, const Judgement *judgement, const Ending *ending)
{
    bool unanswered = (judgement->cause == CAUSE_CLOSED_UNANSWERED ||
                       judgement->cause == CAUSE_CLOSED_DURING_REQUEST) &&
                      ending->server.stamp.time - exchange->next_request.time <= COARSE_MOST;
    return (closed_as_idle(judgement) || unanswered) && judgement->after >= 0 &&
           judgement->verdict == VERDICT_CONTRADICTED && ending->possible == ENDER_SERVER;
}

static void take_raced(Reuse *use, const JudgeContext *context, const Ending *ending,
                       const Exchange *exchange, const Judgement *judgement)
{
    const Stamp *close = &ending->server.stamp;
    use->raced = true;
    use->raced_request =
        (RacedRequest){ .connection = context->connection->first_frame,
                        .stream_number_known = context->connection->stream_number_known,
                        .stream_number = context->connection->stream_number,
                        .client_port = context->connection->port[MAX(context->facts->client, 0)],
                        .matched = (exchange->match & MATCH_FOUND) != 0,
                        .exchange = exchange->next_number,
                        .request = exchange->next_request.frame,
                        .close = close->frame,
                        .time = exchange->next_request.time,
                        .idle = judgement->after,
                        .closed_idle = MAX(0, close->time - exchange->response.last.time),
                        .close_offset = close->offset,
                        .close_acked = close->acked };
    if (closed_as_idle(judgement) && !ending->server.latest_only)
        add_close(use, exchange, close);
    add_period(use, IDLE_LOST, judgement->after, use->raced_request.time);
}

/* Evaluates what followed the last answered exchange of a connection that was to persist. */
static void weigh_end(Reuse *use, const JudgeContext *context, const Ending *ending,
                      const Exchange *exchange, const Judgement *judgement)
{
    Nanoseconds end = exchange->response.last.time;
    switch (judgement->actual) {
    case ACTUAL_REQUEST_LOST:
        use->tried = judgement->after;
        if (is_raced(exchange, judgement, ending))
            take_raced(use, context, ending, exchange, judgement);
        break;
    case ACTUAL_CLOSED:
        if (ending->possible == ENDER_SERVER && !ending->latest_only && is_idle_close(judgement))
            add_close(use, exchange, &ending->stamp);
        else if (ending->possible == ENDER_CLIENT)
            add_period(use, IDLE_ENDED, ending->stamp.time - end, ending->stamp.time);
        break;
    case ACTUAL_OPEN:
        if (context->connection->end == CONNECTION_UNENDED)
            add_period(use, IDLE_ENDED, context->clock_end - end, context->clock_end);
        break;
    default:
        break;
    }
}

static bool is_lost(const Exchange *exchange, const Judgement *judgement)
{
    bool relied = judgement->actual == ACTUAL_UNANSWERED && exchange->number > 1;
    switch (judgement->cause) {
    case CAUSE_KEEPALIVE_RACE:
    case CAUSE_REQUEST_AFTER_FIN:
    case CAUSE_CONNECTION_FORGOTTEN:
    case CAUSE_CLOSED_DURING_REQUEST:
    case CAUSE_CLOSED_UNANSWERED:
        return relied && judgement->verdict == VERDICT_CONTRADICTED;
    default:
        return false;
    }
}

bool closed_undeclared(const Judgement *judgement)
{
    if (judgement->actual == ACTUAL_REQUEST_LOST)
        return judgement->broken_promise == CAUSE_UNDECLARED_CLOSE;
    return judgement->actual == ACTUAL_CLOSED && judgement->cause == CAUSE_UNDECLARED_CLOSE;
}

/* How long the server waited after the response before it ended the connection; -1: it did not. */
static Nanoseconds closed_after(const Ending *ending, const Exchange *exchange,
                                const Judgement *judgement)
{
    if (judgement->ended_by != ENDER_SERVER || !ending)
        return -1;
    return judgement->actual == ACTUAL_REQUEST_LOST
               ? ending->server.stamp.time - exchange->response.last.time
               : judgement->after;
}

/* Servers close after an error at any point of a connection, so an error says nothing about a
 * limit. */
static bool is_last_served(const Ending *ending, const Exchange *exchange,
                           const Judgement *judgement)
{
    const Declaration *declaration = &judgement->declaration;
    if (exchange->status >= 400)
        return false;
    if (declaration->declared == DECLARED_CLOSE)
        return declaration->by == PARTY_SERVER && declaration->basis == BASIS_OPTION;
    Nanoseconds after = closed_after(ending, exchange, judgement);
    bool reached = judgement->actual == ACTUAL_CLOSED && judgement->cause == CAUSE_MAX_REACHED;
    return after >= 0 && after < IDLE_LEAST && (reached || closed_undeclared(judgement));
}

/* Of HTTP/2 only the close of a connection on which no stream was open counts: between two streams
 * others may have been. Its moment is the GOAWAY, if no new stream followed that. */
static void weigh_idle_streams(Reuse *use, const JudgeContext *context, const Ending *ending,
                               const Judgement *judgement)
{
    const H2Facts *h2 = context->facts->h2;
    const Stamp *close = stamp_is_set(&h2->idle_end) ? &h2->idle_end : &ending->stamp;
    if (ending->possible == ENDER_SERVER && !ending->latest_only && !h2->cut && !h2->idle_open &&
        (is_idle_close(judgement) || judgement->cause == CAUSE_CLOSED) &&
        judgement->actual == ACTUAL_CLOSED)
        add_interval(use, idle_of_streams(h2, close), &h2->idle_from, close);
}

static bool is_http2(const Exchange *exchange)
{
    return exchange->kind == EXCHANGE_HTTP2;
}

Reuse reuse_of(const JudgeContext *context, const Ending *ending, const Exchange *exchange,
               const Judgement *judgement)
{
    Reuse use = { .tried = -1 };
    use.lost = is_lost(exchange, judgement);
    use.race = use.lost && judgement->cause == CAUSE_KEEPALIVE_RACE;
    use.after_close = judgement_lost_after_close(judgement, exchange);
    use.last_served = exchange->answered && is_last_served(ending, exchange, judgement);
    if (is_http2(exchange)) {
        use.reused = judgement->actual == ACTUAL_REUSED;
        if (ending && exchange->response.complete)
            weigh_idle_streams(&use, context, ending, judgement);
        return use;
    }
    if (judgement->actual == ACTUAL_REUSED) {
        use.reused = true;
        use.tried = judgement->after;
        add_period(&use, IDLE_REUSED, judgement->after,
                   exchange->response.last.time + judgement->after);
    }
    bool persists = judgement->declaration.declared == DECLARED_KEEP_ALIVE;
    if (ending && persists && exchange->response.complete && !exchange->response.end_missing)
        weigh_end(&use, context, ending, exchange, judgement);
    return use;
}
