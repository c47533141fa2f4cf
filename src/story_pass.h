/* Reads the inputs once more for what --show tells of a connection, of several at once: through the
 * same engine, so that each packet finds the connections in the same state. */
#ifndef STORY_PASS_H
#define STORY_PASS_H

#include "packets/connection_traces.h"
#include "packets/last_packets.h"
#include "pass.h"

#define STORY_PASS_ERROR (story_pass_error_quark())
GQuark story_pass_error_quark(void);

/* Who listens to it. */
typedef struct StoryListeners {
    ConnectionTraces *traces;
    const AuditListener *also; /* before the traces; NULL: nobody */
    const Hops *hops;          /* those of the first reading; NULL: the traces get no hops */
    const PacketReach *reach;  /* of the traces together: nobody needs more; NULL: not known */
} StoryListeners;

/* `first` is over, and none of its inputs can be read only once. *ret_stopped: somebody stopped the
 * reading, and the traces are not whole. False: an input has changed since then, and the traces are
 * of no use. */
bool story_pass_run(const Pass *first, const StoryListeners *listeners, Progress *progress,
                    bool *ret_stopped, GError **error);

#endif
