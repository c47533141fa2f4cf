#include "base/evidence.h"

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
