/* Each function weighs one fact, in the order of the table. A frame that may be missing makes those
 * facts open that it could have changed; what came behind the gap may have shown that it did not
 * (http2/streams.c). */
#include "judge/stream_facts.h"

#include <glib.h>

#include "judge/lost_request.h"
#include "judge/open_facts.h"
#include "judge/verdict_http2.h"

#define H2_REFUSED_STREAM 7
#define H2_HTTP_1_1_REQUIRED 13

static const H2Goaways *goaways_of_server(const JudgeContext *context)
{
    return &context->facts->h2->goaways[1 - context->facts->client];
}

static ReasonSet lost_of_server(const JudgeContext *context)
{
    return context->facts->h2->lost[1 - context->facts->client];
}

/* Without a preface, what looks like frames may be the rest of something else. */
static void weigh_real(Readings *readings, const JudgeContext *context)
{
    if (context->connection->after_eviction)
        readings_add(readings, H2_FACT_REAL, H2_REAL_NO, REASON_LIMIT);
    if (context->facts->h2->preface_missing && !context->connection->opener_known)
        readings_add(readings, H2_FACT_REAL, H2_REAL_NO, REASON_MIDSTREAM);
}

/* The response ----------------------------------------------------------------------------------*/

static ReasonSet reasons_or_loss(ReasonSet reasons)
{
    return reasons ? reasons : REASON_LOSS;
}

/* Bytes of it came, and not behind a reset. */
static bool has_begun(const JudgeContext *context, const Exchange *exchange)
{
    return exchange->response.begun && !arrived_after_reset(context, &exchange->response.first);
}

static void weigh_tunnel(Readings *readings, const JudgeContext *context, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    bool may_connect = exchange->method == METHOD_CONNECT || exchange->method == METHOD_UNKNOWN;
    bool may_succeed = exchange->status / 100 == 2 || !response->has_head;
    if (exchange->method == METHOD_CONNECT && exchange->status / 100 == 2) {
        readings_set(readings, H2_FACT_TUNNEL, true);
        return;
    }
    bool may_come = has_begun(context, exchange) || exchange->stream.response_open;
    if (may_connect && may_succeed && may_come)
        readings_add(
            readings, H2_FACT_TUNNEL, true,
            reasons_or_loss(request->reasons | response->reasons | exchange->stream.response_open));
}

static void weigh_response(Readings *readings, const JudgeContext *context,
                           const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    const MessageFacts *response = &exchange->response;
    bool begun = has_begun(context, exchange);
    bool cut = begun && arrived_after_reset(context, &response->last);
    if (begun && response->complete && !cut) {
        readings_set(readings, H2_FACT_RESPONSE, H2_RESPONSE_WHOLE);
        return;
    }
    ReasonSet open = stream->response_open;
    readings_set(readings, H2_FACT_RESPONSE,
                 open    ? H2_RESPONSE_WHOLE
                 : begun ? H2_RESPONSE_PART
                         : H2_RESPONSE_NONE);
    if (open)
        readings_add(readings, H2_FACT_RESPONSE, H2_RESPONSE_PART, open);
    if (open && !begun)
        readings_add(readings, H2_FACT_RESPONSE, H2_RESPONSE_NONE, open);
    if (stream->head_open && begun)
        readings_add(readings, H2_FACT_RESPONSE, H2_RESPONSE_NONE, stream->head_open);
}

/* GOAWAY -------------------------------------------------------------------------------------- */

/* A GOAWAY names no greater id than one before it: one that covers the stream shows that none
 * before it, seen or not, excluded it. */
static bool is_covered_later(const JudgeContext *context, const Exchange *exchange,
                             const Stamp *since)
{
    const H2Goaways *goaways = goaways_of_server(context);
    if (goaways->count == 0 || goaways->count > H2_GOAWAYS_KEPT || goaways->raised)
        return false;
    const H2Goaway *last = &goaways->kept[goaways->count - 1];
    return last->last_id >= exchange->stream.id && (!since || last->first.offset > since->offset);
}

static void weigh_above(Readings *readings, const JudgeContext *context, const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    readings_set(readings, H2_FACT_ABOVE, stream->answered_above);
    if (stream->answered_above || stream->pushed)
        return;
    ReasonSet open = 0;
    if (exchange->response.begun && !is_covered_later(context, exchange, &exchange->response.first))
        open |= stream->goaway_open;
    if (stream->id > goaways_of_server(context)->least ||
        !is_covered_later(context, exchange, NULL))
        open |= exchange->response.begun ? 0 : stream->response_open;
    if (open)
        readings_add(readings, H2_FACT_ABOVE, true, open);
}

static bool is_unprocessed(const JudgeContext *context, const Ending *ending,
                           const Exchange *exchange)
{
    const H2Goaways *goaways = goaways_of_server(context);
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++) {
        const H2Goaway *goaway = &goaways->kept[i];
        bool in_time = !ending || ending->client.how == END_HOW_NONE ||
                       stamp_precedes(&goaway->first, &ending->client.stamp);
        if (goaway->last_id < exchange->stream.id && in_time)
            return true;
    }
    return false;
}

static void weigh_unprocessed(Readings *readings, const JudgeContext *context, const Ending *ending,
                              const Exchange *exchange)
{
    if (exchange->stream.pushed)
        return;
    bool unprocessed = is_unprocessed(context, ending, exchange);
    readings_set(readings, H2_FACT_UNPROCESSED, unprocessed);
    if (!unprocessed && lost_of_server(context) && !is_covered_later(context, exchange, NULL))
        readings_add(readings, H2_FACT_UNPROCESSED, true, lost_of_server(context));
}

static void weigh_goaway(Readings *readings, const JudgeContext *context)
{
    readings_set(readings, H2_FACT_GOAWAY, goaways_of_server(context)->count > 0);
    if (lost_of_server(context))
        readings_add(readings, H2_FACT_GOAWAY, true, lost_of_server(context));
}

/* RST_STREAM ---------------------------------------------------------------------------------- */

static H2Reset reset_of(const StreamFacts *stream)
{
    const StreamReset *server = &stream->reset[STREAM_OF_SERVER];
    if (server->frame && server->code == H2_REFUSED_STREAM)
        return H2_RESET_REFUSED;
    if (!stream_is_reset(stream))
        return H2_RESET_NONE;
    return stream->first_reset == STREAM_OF_CLIENT ? H2_RESET_CLIENT : H2_RESET_SERVER;
}

static void weigh_reset(Readings *readings, const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    H2Reset reset = reset_of(stream);
    readings_set(readings, H2_FACT_RESET, reset);
    if (reset == H2_RESET_REFUSED)
        return;
    if (stream->request_open)
        readings_add(readings, H2_FACT_RESET, H2_RESET_CLIENT, stream->request_open);
    if (stream->response_open && !stream->reset[STREAM_OF_SERVER].frame) {
        readings_add(readings, H2_FACT_RESET, H2_RESET_SERVER, stream->response_open);
        readings_add(readings, H2_FACT_RESET, H2_RESET_REFUSED, stream->response_open);
    }
}

bool request_is_malformed(const Exchange *exchange)
{
    return exchange->request.header_flags & (FLAGS_H2_FIELDS | FLAG_H2_TE);
}

static void weigh_rejected(Readings *readings, const JudgeContext *context,
                           const Exchange *exchange)
{
    const StreamFacts *stream = &exchange->stream;
    const StreamReset *server = &stream->reset[STREAM_OF_SERVER];
    bool malformed = request_is_malformed(exchange);
    bool refuses = server->frame || stamp_is_set(&goaways_of_server(context)->error.first);
    bool rejected =
        (refuses && malformed) || (server->frame && server->code == H2_HTTP_1_1_REQUIRED);
    readings_set(readings, H2_FACT_REJECTED, rejected);
    if (rejected || exchange->stream.pushed)
        return;
    ReasonSet unread = malformed                                   ? 0
                       : exchange->request.notes & HEAD_INCOMPLETE ? exchange->request.reasons
                       : exchange->request.has_head                ? 0
                                                    : reasons_or_loss(exchange->request.reasons);
    if (refuses && unread)
        readings_add(readings, H2_FACT_REJECTED, true, unread);
    if (stream->response_open || (lost_of_server(context) && (malformed || unread)))
        readings_add(readings, H2_FACT_REJECTED, true,
                     stream->response_open | lost_of_server(context));
}

/* The end -------------------------------------------------------------------------------------- */

static void weigh_later(Readings *readings, const JudgeContext *context, const Exchange *exchange)
{
    const H2Facts *h2 = context->facts->h2;
    uint32_t id = exchange->stream.id;
    ReasonSet hidden = context->facts->client_hidden, lost = lost_of_server(context);
    readings_set(readings, H2_FACT_LATER, id < h2->started);
    if (id < h2->started)
        return;
    if (lost && (id < h2->highest || hidden))
        readings_add(readings, H2_FACT_LATER, true, lost);
    if (id < h2->may_have_started)
        readings_add(readings, H2_FACT_LATER, true, reasons_or_loss(lost));
}

static void weigh_end(Readings *readings, const JudgeContext *context, const Ending *ending)
{
    static const struct {
        Ender ender;
        H2Ended ended;
    } plainest_first[] = { { ENDER_NOBODY, H2_ENDED_OPEN },
                           { ENDER_SERVER, H2_ENDED_SERVER },
                           { ENDER_CLIENT, H2_ENDED_CLIENT },
                           { ENDER_BOTH, H2_ENDED_BOTH } };
    ReasonSet reasons = ending->reasons;
    unsigned possible = enders_at_end(context, ending, &reasons);
    ReasonSet crossing = crossing_at_end(context, ending);
    if (crossing)
        possible |= ENDER_BOTH;
    reasons = reasons_or_loss(reasons | crossing);
    bool known = false;
    for (size_t i = 0; i < G_N_ELEMENTS(plainest_first); i++) {
        if (!(possible & plainest_first[i].ender))
            continue;
        if (!known)
            readings_set(readings, H2_FACT_END, plainest_first[i].ended);
        else
            readings_add(readings, H2_FACT_END, plainest_first[i].ended, reasons);
        known = true;
    }
}

ReasonSet lost_stream_hidden(const JudgeContext *context, const Ending *ending)
{
    const H2Facts *h2 = context->facts->h2;
    ReasonSet reasons = 0;
    unsigned enders = enders_at_end(context, ending, &reasons);
    bool refused = goaways_of_server(context)->least <= h2->highest; /* what is hidden behind it */
    if (!(enders & (ENDER_SERVER | ENDER_BOTH)) || (refused && h2->missing == 0))
        return 0;
    return context->facts->client_hidden | (ending->segment_missing ? REASON_LOSS : 0) |
           (h2->missing ? h2->lost[context->facts->client] : 0);
}

Duration idle_of_streams(const H2Facts *facts, const Stamp *end)
{
    Stamp burst = { .time = facts->idle_burst, .clock = facts->idle_burst_clock };
    Duration from_last = duration_between(&facts->idle_from, end);
    Duration from_burst = duration_between(&burst, end);
    return (Duration){ .known = from_last.known && from_burst.known,
                       .least = from_last.least,
                       .most = from_burst.most };
}

/* Streams that the server knew to be open leave no idle time. */
static void weigh_idle(Readings *readings, const JudgeContext *context, const Ending *ending)
{
    const H2Facts *h2 = context->facts->h2;
    Nanoseconds limit = context->thresholds->prompt_close;
    readings_set(readings, H2_FACT_IDLE, H2_IDLE_EARLY);
    if (h2->cut_seen || !stamp_is_set(&h2->idle_from))
        return;
    Duration idle = idle_of_streams(h2, &ending->stamp);
    if (idle.known && idle.most <= limit)
        return;
    ReasonSet reasons = h2->idle_open | context->facts->client_hidden;
    if (!idle.known || idle.least <= limit) {
        bool clock = !idle.known || idle.most == DURATION_UNBOUNDED ||
                     duration_is_open(duration_between(&h2->idle_from, &ending->stamp));
        reasons |= clock ? REASON_CLOCK : REASON_SEND_BACKLOG;
    }
    if (ending->latest_only)
        reasons |= REASON_LOSS;
    readings_set(readings, H2_FACT_IDLE, H2_IDLE_LONG);
    if (reasons)
        readings_add(readings, H2_FACT_IDLE, H2_IDLE_EARLY, reasons);
}

static void weigh_witness(Readings *readings, const JudgeContext *context)
{
    const H2Facts *h2 = context->facts->h2;
    const Half *server = &context->connection->half[1 - context->facts->client];
    Stamp witness = { .frame = server->open_frame,
                      .time = server->open_time,
                      .clock = server->open_clock };
    if (!stamp_is_set(&h2->idle_from) || !stamp_precedes(&h2->idle_from, &witness))
        return;
    Duration open = duration_between(&h2->idle_from, &witness);
    Nanoseconds limit = context->thresholds->prompt_close;
    if (open.known && open.most <= limit)
        return;
    ReasonSet reasons = h2->idle_open | context->facts->client_hidden;
    if (!open.known || open.least <= limit)
        reasons |= REASON_CLOCK;
    readings_set(readings, H2_FACT_WITNESS, true);
    if (reasons)
        readings_add(readings, H2_FACT_WITNESS, false, reasons);
}

/* All of them ---------------------------------------------------------------------------------- */

void facts_of_stream(Readings *readings, const JudgeContext *context, const Ending *ending,
                     const Exchange *exchange)
{
    readings_init(readings, &VERDICT_HTTP2);
    weigh_real(readings, context);
    weigh_tunnel(readings, context, exchange);
    weigh_response(readings, context, exchange);
    weigh_above(readings, context, exchange);
    weigh_unprocessed(readings, context, ending, exchange);
    weigh_reset(readings, exchange);
    weigh_rejected(readings, context, exchange);
    weigh_later(readings, context, exchange);
    if (!ending)
        return;
    weigh_end(readings, context, ending);
    weigh_goaway(readings, context);
    weigh_idle(readings, context, ending);
    weigh_witness(readings, context);
}

Particulars particulars_of_stream(const JudgeContext *context, const Ending *ending,
                                  const Exchange *exchange)
{
    const H2Facts *h2 = context->facts->h2;
    bool timed = stamp_is_set(&h2->idle_from) && h2->idle_from.clock.tick != CLOCK_NO_TIME;
    Nanoseconds ran = timed ? context->clock_end - h2->idle_from.time : -1;
    Particulars particulars = { .answered = has_begun(context, exchange),
                                .lost = CAUSE_KEEPALIVE_RACE,
                                .clock_ran_on = ran > context->thresholds->prompt_close };
    if (!ending || !exchange->request.begun || particulars.answered)
        return particulars;
    LostCause lost = lost_request_cause(&context->connection->half[1 - context->facts->client],
                                        exchange, ending);
    particulars.lost = lost.cause;
    particulars.lost_certain = lost.certain && !exchange->request.broken;
    return particulars;
}
