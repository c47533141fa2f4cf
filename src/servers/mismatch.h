/* The finding that concerns a client and its server, and no single connection: timeout-mismatch. */
#ifndef SERVERS_MISMATCH_H
#define SERVERS_MISMATCH_H

#include "judge/findings.h"
#include "servers/servers.h"

/* A finding that is shown at one connection. */
typedef struct PairFinding {
    FrameId connection; /* its first frame */
    bool stream_number_known;
    uint32_t stream_number;
    uint16_t client_port;
    Finding finding; /* owns its texts */
} PairFinding;

/* The servers of all pairs have been finished. */
bool pair_has_mismatch(const Pair *pair);

/* Its finding, at the first kept one of its raced requests; false: it has none, or something is
 * looked for (`matching`) and none of these requests has it. The caller clears the finding:
 * finding_clear(). */
bool pair_mismatch(const Pair *pair, bool matching, PairFinding *ret_finding);

#endif
