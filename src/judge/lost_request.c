#include "judge/lost_request.h"

/* Sent in knowledge of the server's FIN (judgement.md §1.1): it acknowledged the FIN, and it cannot have waited
 * in its socket, neither for an acknowledgement nor for room in the window. (a) An earlier bare segment
 * acknowledged the FIN when nothing of the client was outstanding. (b) The server had acknowledged all that came
 * before the request in a segment before the FIN's. */
static bool knew_fin(const Exchange *request, const Closing *server)
{
    int64_t past_fin = server->stamp.offset + 1;
    if (server->how != END_HOW_FIN || request->request_resent ||
        request->request.first.acked < past_fin)
        return false;
    if (request->request_quiet_acked >= past_fin)
        return request->request_free_since <= server->stamp.time;
    return !server->latest_only && server->stamp.acked_before != NO_OFFSET &&
           server->stamp.acked_before >= request->request.first.offset &&
           request->request_free_since < server->stamp.time;
}

Cause lost_request_cause(const Exchange *request, const Ending *ending)
{
    const Closing *server = &ending->server;
    const MessageFacts *message = &request->request;
    if (server->how == END_HOW_RST && server->bare &&
        server->stamp.offset == message->first.acked &&
        stamp_precedes(&message->first, &server->stamp))
        return CAUSE_CONNECTION_FORGOTTEN;
    if (knew_fin(request, server))
        return CAUSE_REQUEST_AFTER_FIN;
    int64_t begin = message->first.offset;
    int64_t end = message->complete ? message->last.offset + 1 : INT64_MAX;
    if (server->acked_least != NO_OFFSET && server->acked_least >= end)
        return CAUSE_CLOSED_UNANSWERED;
    if (server->acked_least != NO_OFFSET && server->acked_least > begin && server->acked_most < end)
        return CAUSE_CLOSED_DURING_REQUEST;
    return CAUSE_KEEPALIVE_RACE;
}
