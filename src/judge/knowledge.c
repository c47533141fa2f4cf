#include "judge/knowledge.h"

bool request_sent_knowing(const Exchange *request, const Tidings *tidings)
{
    const Stamp *first = &request->request.first;
    if (request->request_resent || first->acked == NO_OFFSET || first->acked < tidings->past)
        return false;
    if (request->request_quiet_acked >= tidings->past)
        return request->request_free_since <= tidings->time;
    return !tidings->again && tidings->acked_before != NO_OFFSET &&
           tidings->acked_before >= first->offset && request->request_free_since < tidings->time;
}
