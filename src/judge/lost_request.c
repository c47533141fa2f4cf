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

/* RFC 9293 §3.10.7.1: who knows no such connection answers with the number that was acknowledged. */
static bool answered_by_stranger(const Stamp *request, const Closing *server)
{
    if (server->how != END_HOW_RST || !server->bare || server->stamp.offset != request->acked)
        return false;
    return stamp_precedes(request, &server->stamp) ||
           request->time - server->stamp.time <= ANSWER_REORDER;
}

Cause lost_request_cause(const Exchange *request, const Ending *ending)
{
    const Closing *server = &ending->server;
    const MessageFacts *message = &request->request;
    if (answered_by_stranger(&message->first, server))
        return CAUSE_CONNECTION_FORGOTTEN;
    if (knew_fin(request, server))
        return CAUSE_REQUEST_AFTER_FIN;
    int64_t begin = message->first.offset;
    int64_t end = message->complete ? stamp_past(&message->last) : INT64_MAX;
    if (server->acked_least != NO_OFFSET && server->acked_least >= end)
        return CAUSE_CLOSED_UNANSWERED;
    if (server->acked_least != NO_OFFSET && server->acked_least > begin && server->acked_most < end)
        return CAUSE_CLOSED_DURING_REQUEST;
    return CAUSE_KEEPALIVE_RACE;
}
