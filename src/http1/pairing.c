#include "http1/pairing.h"

void pairing_note_gap(Pairing *pairing, bool of_client, const SessionUnit *gap)
{
    if (!of_client) {
        pairing->server_gap_past = stamp_past(&gap->last);
        return;
    }
    pairing->client_gap_begin = gap->place;
    pairing->client_gap_end = gap->place + gap->length;
    pairing->client_gap_past = stamp_past(&gap->last);
    pairing->client_gap_acked = MAX(gap->first.acked_before, 0);
    pairing->client_gap_known = NO_OFFSET;
}

void pairing_note_early_gap(Pairing *pairing, const SessionUnit *gap)
{
    pairing_note_gap(pairing, true, gap);
    pairing->gap_side = (int8_t)(gap->side + 1);
}

bool pairing_learn_client(Pairing *pairing, int client)
{
    bool of_client = pairing->gap_side == client + 1;
    if (!of_client) {
        pairing->client_gap_begin = pairing->client_gap_end = pairing->client_gap_past = NO_OFFSET;
        pairing->client_gap_acked = 0;
    }
    return of_client;
}

void pairing_note_answer(Pairing *pairing, const SessionUnit *data)
{
    if (pairing->client_gap_past != NO_OFFSET && pairing->client_gap_known == NO_OFFSET &&
        !data->resent && data->first.acked >= pairing->client_gap_past)
        pairing->client_gap_known = data->first.offset;
}

bool pairing_acknowledges_end(const Exchange *exchange, int64_t acked)
{
    const MessageFacts *request = &exchange->request;
    if (exchange->expects_continue && !request->complete)
        return request->has_head && request->head_end < acked;
    return request->complete && request->last.offset < acked;
}

bool pairing_reaches(const Exchange *exchange, int64_t acked)
{
    return pending_waits(exchange) && exchange->request.first.offset < acked;
}

bool pairing_begins_behind_gap(const Pairing *pairing, int64_t place, int64_t acked,
                               const RequestSending *sending, int64_t answers_end)
{
    bool between = sending->bare_acked > MAX(pairing->client_gap_acked, answers_end);
    bool answers = pairing->client_gap_known != NO_OFFSET && !sending->resent &&
                   acked > pairing->client_gap_known;
    return place == pairing->client_gap_end && !between && !answers;
}

void pairing_note_rest(Pairing *pairing, Pending *pending, const SessionUnit *data)
{
    int64_t begin = data->first.offset, end = stamp_past(&data->last);
    if (pairing->rest_end != begin)
        pairing->rest_begin = begin;
    pairing->rest_end = end;
    for (int i = pending->settled; i < pending_count(pending); i++) {
        Exchange *exchange = pending_at(pending, i);
        if (pending_waits(exchange) && exchange->request.first.acked >= begin &&
            exchange->request.first.acked < end)
            exchange->sent_early = true;
    }
}

bool pairing_in_rest(const Pairing *pairing, int64_t acked)
{
    return acked >= pairing->rest_begin && acked < pairing->rest_end;
}

/* Sent while the response to the one before it was still on its way, of which the rest is missing:
 * its client does not wait for one before it sends the next. */
static bool is_early(const Exchange *before, const Exchange *exchange)
{
    const MessageFacts *response = &before->response;
    return exchange->sent_early || (response->begun && !response->complete &&
                                    exchange->request.first.acked <= stamp_past(&response->last));
}

/* The last waiting request that `acked` covers, whole if `whole`; -1: none, or two since the gap
 * were pipelined. */
static int last_acknowledged(const Pending *pending, int64_t acked, bool whole)
{
    int found = -1;
    bool early = false;
    const Exchange *before = NULL;
    for (int i = pending->settled; i < pending_count(pending); i++) {
        const Exchange *exchange = pending_at(pending, i);
        if (exchange->response_hidden && exchange->request.begun && !exchange->response.begun)
            before = exchange;
        if (!pending_waits(exchange))
            continue;
        if (exchange->request.first.offset >= acked)
            break;
        if (exchange->pipelined_behind_gap ||
            (before && exchange->request.first.acked <= before->request.last.acked) ||
            (early && found >= 0))
            return -1;
        if (whole && !pairing_acknowledges_end(exchange, acked))
            break;
        early = early || (i > 0 && is_early(pending_at(pending, i - 1), exchange));
        before = exchange;
        found = i;
    }
    return found;
}

/* Behind a gap of the server, the first waiting request that was sent when the client had received
 * just what came before this response; -1: none. A part of it acknowledged is as good as the
 * whole. A request before it that was still being sent by then had got no more than a 1xx. */
static int anchor_of(const Pending *pending, const ResponseStart *response)
{
    bool early = false;
    for (int i = pending->settled; i < pending_count(pending); i++) {
        const Exchange *exchange = pending_at(pending, i);
        if (exchange->response_hidden && exchange->request.begun &&
            exchange->request.last.acked >= response->offset)
            return -1;
        if (!pairing_reaches(exchange, response->acked))
            continue;
        if (!exchange->sending.resent && !exchange->pipelined_behind_gap &&
            exchange->request.first.acked == response->offset)
            return early ? -1 : i;
        early = early || (i > 0 && is_early(pending_at(pending, i - 1), exchange));
        if (exchange->request.last.acked >= response->offset)
            return -1;
    }
    return -1;
}

/* Nothing was captured of the body of a request that waits for a 100: a missing response may have
 * refused it. */
static bool may_withhold_body(const Pairing *pairing, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    return exchange->expects_continue && request->has_head && exchange->interim.count == 0 &&
           pairing->client_gap_begin == request->head_place + 1;
}

/* Whether a request may lie in a gap behind this one and be answered by what acknowledges it:
 * responses are missing too. A single byte is no request. */
static bool skips_hidden_request(const Pairing *pairing, const Exchange *exchange,
                                 const ResponseStart *response)
{
    const MessageFacts *request = &exchange->request;
    bool behind = request->complete ? pairing->client_gap_end > request->last_place + 2
                                    : request->broken || may_withhold_body(pairing, exchange);
    return (response->server_hidden & GAP_REASONS) && behind &&
           session_acked_behind(&request->last, response->acked) > 1;
}

int pairing_target(const Pairing *pairing, const Pending *pending, const ResponseStart *response)
{
    if (pairing->uncertain || response->by_seeking) {
        int anchor = (response->server_hidden & HOLE_REASONS) ? anchor_of(pending, response) : -1;
        int last = anchor >= 0 ? anchor
                               : last_acknowledged(pending, response->acked, response->by_seeking);
        bool skips =
            last >= 0 && skips_hidden_request(pairing, pending_at(pending, last), response);
        return skips ? -1 : last;
    }
    int first = pending_first_waiting(pending);
    return first >= 0 && pairing_reaches(pending_at(pending, first), response->acked) ? first : -1;
}

/* Whether the response answers one of several waiting requests, and which cannot be told. One that
 * was found by seeking may be none at all, and has to acknowledge them whole. */
static bool is_ambiguous(const Pending *pending, const ResponseStart *response)
{
    int waiting = pending_first_waiting(pending);
    if (waiting < 0)
        return false;
    const Exchange *first = pending_at(pending, waiting);
    if (!response->by_seeking)
        return pairing_reaches(first, response->acked);
    return pairing_acknowledges_end(first, response->acked) &&
           last_acknowledged(pending, response->acked, true) < 0;
}

Asked pairing_asked(const Pairing *pairing, const Pending *pending, const ResponseStart *response)
{
    int64_t acked = response->acked;
    bool hole = pairing->uncertain || !response->client_seen;
    if (acked == NO_OFFSET || !(hole || response->client_hidden || response->may_come_from_before))
        return ASKED_NOT;
    if (acked <= pairing->answered_up_to)
        return hole && !response->by_seeking ? ASKED_PERHAPS : ASKED_NOT;
    int waiting = pending_first_waiting(pending);
    if (waiting < 0 || is_ambiguous(pending, response))
        return ASKED;
    return acked <= pending_at(pending, waiting)->request.first.offset ? ASKED : ASKED_NOT;
}

bool pairing_is_certain_again(const Pairing *pairing, const Exchange *target,
                              ReasonSet client_hidden)
{
    return target->request.first.offset >= pairing->client_gap_past && !client_hidden;
}

bool pairing_may_be_behind_gap(const Pairing *pairing, const Exchange *exchange,
                               ReasonSet server_hidden)
{
    int64_t known = exchange->interim.count ? stamp_past(&exchange->interim.last)
                                            : exchange->request.first.acked;
    return (server_hidden & HOLE_REASONS) && exchange->request.begun &&
           pairing->server_gap_past > known;
}

int64_t pairing_answered(const Exchange *exchange, const Stamp *stamp)
{
    const MessageFacts *request = &exchange->request;
    if (request->begun && (request->complete || request->last.offset >= stamp->acked))
        return stamp_past(&request->last);
    return stamp->acked;
}
