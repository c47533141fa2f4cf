#include "base/evidence.h"

#include <glib.h>

/* Others loop over the bits and index tables with them: the last reason has the last bit. */
G_STATIC_ASSERT(REASON_ENCRYPTED == 1 << (REASON_COUNT - 1));
G_STATIC_ASSERT(REASON_COUNT <= 8 * sizeof(ReasonSet));

const char *reason_name(Reason reason)
{
    switch (reason) {
    case REASON_LOSS:
        return "loss";
    case REASON_SNAPLEN:
        return "snaplen";
    case REASON_MIDSTREAM:
        return "midstream";
    case REASON_ONE_DIRECTION:
        return "one_direction";
    case REASON_LIMIT:
        return "limit";
    case REASON_SEND_BACKLOG:
        return "send_backlog";
    case REASON_MALFORMED:
        return "malformed";
    case REASON_CAPTURE_ENDED:
        return "capture_ended";
    case REASON_ENCRYPTED:
        return "encrypted";
    }
    return "";
}
