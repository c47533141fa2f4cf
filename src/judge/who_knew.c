#include "judge/who_knew.h"

bool request_sent_knowing(const Exchange *request, const Announcement *announcement)
{
    const Stamp *first = &request->request.first;
    if (request->sending.resent || first->acked == NO_OFFSET || first->acked < announcement->past ||
        first->time < announcement->time)
        return false;
    if (request->sending.quiet_acked >= announcement->past)
        return request->sending.free_since <= announcement->time;
    return !announcement->again && announcement->acked_before != NO_OFFSET &&
           announcement->acked_before >= first->offset &&
           request->sending.free_since < announcement->time;
}
