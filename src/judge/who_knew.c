#include "judge/who_knew.h"

bool request_sent_knowing(const Exchange *request, const Announcement *announcement)
{
    const Stamp *first = &request->request.first;
    const RequestSending *sending = &request->sending;
    if (first->acked == NO_OFFSET || first->acked < announcement->past ||
        first->time < announcement->time)
        return false;
    if (sending->quiet_acked >= announcement->past)
        return sending->free_since <= announcement->time;
    return !sending->resent && !announcement->again && announcement->acked_before != NO_OFFSET &&
           announcement->acked_before >= first->offset && sending->free_since < announcement->time;
}
