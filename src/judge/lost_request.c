#include "judge/lost_request.h"

#include "judge/who_knew.h"

static bool knew_fin(const Exchange *request, const Closing *server)
{
    Announcement fin = { .time = server->stamp.time,
                         .acked_before = server->stamp.acked_before,
                         .past = stamp_past(&server->stamp),
                         .again = server->latest_only };
    return server->how == END_HOW_FIN && request_sent_knowing(request, &fin);
}

/* A capture may show the answer before what it answers. */
#define ANSWER_REORDER (20 * NS_PER_MS)

/* RFC 9293 §3.10.7.1: who knows no such connection answers with the number that was
 * acknowledged. */
static bool answered_by_stranger(const Stamp *request, const Closing *server)
{
    if (server->how != END_HOW_RST || !server->bare || server->stamp.offset != request->acked)
        return false;
    return stamp_precedes(request, &server->stamp) ||
           request->time - server->stamp.time <= ANSWER_REORDER;
}

/* Without the server's SYN, the number before its first may be that of a FIN. */
static bool may_have_closed_before(const Half *server, const Closing *closing)
{
    return !server->syn_seen && closing->stamp.offset <= 0;
}

/* `end`: one past the request's last byte. */
static LostCause cause_of(const Half *half, const Exchange *request, const Ending *ending,
                          int64_t end)
{
    const Closing *server = &ending->server;
    const MessageFacts *message = &request->request;
    int64_t begin = message->first.offset;
    int64_t least = server->how == END_HOW_NONE ? NO_OFFSET : server->acked_least;
    int64_t most = server->how == END_HOW_NONE ? INT64_MAX : server->acked_most;
    if (answered_by_stranger(&message->first, server) && may_have_closed_before(half, server))
        return (LostCause){ CAUSE_KEEPALIVE_RACE, false };
    if (answered_by_stranger(&message->first, server))
        return (LostCause){ CAUSE_CONNECTION_FORGOTTEN, true };
    if (knew_fin(request, server)) /* a segment that is missing may be its first transmission */
        return ending->segment_missing || half->ignored_answers_missing
                   ? (LostCause){ CAUSE_KEEPALIVE_RACE, false }
                   : (LostCause){ CAUSE_REQUEST_AFTER_FIN, true };
    if (least >= end) /* NO_OFFSET is less than any */
        return (LostCause){ CAUSE_CLOSED_UNANSWERED, true };
    if (least > begin && most < end)
        return (LostCause){ CAUSE_CLOSED_DURING_REQUEST, true };
    return (LostCause){ CAUSE_KEEPALIVE_RACE, most <= begin };
}

LostCause lost_request_cause(const Half *server, const Exchange *request, const Ending *ending)
{
    const MessageFacts *message = &request->request;
    return cause_of(server, request, ending,
                    message->complete ? stamp_past(&message->last) : INT64_MAX);
}

/* Of a request that was never finished the server had all, if it had what was sent of it. */
LostCause first_request_cause(const Connection *connection, const Half *half,
                              const Thresholds *thresholds, const Exchange *request,
                              const Ending *ending)
{
    const Closing *server = &ending->server;
    if (!connection->opener_known || server->how == END_HOW_NONE)
        return (LostCause){ CAUSE_ABORTED, true };
    Stamp start = { .frame = connection->first_frame,
                    .time = connection->start,
                    .clock = connection->start_clock };
    Duration open = duration_between(&start, &server->stamp);
    if (!open.known || open.least <= thresholds->prompt_close)
        return (LostCause){ CAUSE_ABORTED, open.known && open.most <= thresholds->prompt_close };
    LostCause lost = cause_of(half, request, ending, stamp_past(&request->request.last));
    if (lost.cause == CAUSE_CLOSED_UNANSWERED)
        lost.cause = CAUSE_ABORTED;
    return lost;
}
