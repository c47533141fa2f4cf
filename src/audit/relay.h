/* Reads and takes in frames ahead of whoever works on them, in a thread of its own.
 *
 * What it hands over are portions, numbered from 0. They lie in a ring, so memory is bounded. Any
 * number of threads, its users, go through all of them, each at its own pace; a portion is filled
 * again when all users are done with it.
 *
 * Whatever reading calls (CaptureOptions.waits, secrets) is called from that thread, but only when
 * all users are done with all that was read before, and while they wait for more: as if reading and
 * working took turns.
 *
 * Grammar of a user: (get · done)* until there is none. Of its owner: new · stop? · end · free. */
#ifndef AUDIT_RELAY_H
#define AUDIT_RELAY_H

#include "audit/intake.h"
#include "capture/merge.h"

typedef struct Portion {
    TakenFrame *taken; /* and all that it points to: until all users are done with it */
    unsigned count;
    uint64_t bytes_read; /* of all inputs of the relay so far */
} Portion;

/* Portions of the ring, for whoever keeps something for each. */
#define RELAY_RING 4

typedef struct RelayOptions {
    CaptureInputs *inputs; /* all these are borrowed */
    unsigned first, count; /* the inputs that are read */
    const CaptureOptions *capture;
    const StreamLimits *limits;
    Filter *filter;   /* NULL: none */
    unsigned users;   /* one or more */
    unsigned portion; /* frames at most; 0: the usual number */
} RelayOptions;

typedef struct Relay Relay;

Relay *relay_new(const RelayOptions *options);

/* Waits for the portion; NULL: there is none, or no more are wanted. */
const Portion *relay_get(Relay *relay, uint64_t number);
void relay_done(Relay *relay, uint64_t number);

/* Waits until all other users are done with a portion that the caller has got and is not done
 * with. */
void relay_wait_for_others(Relay *relay, uint64_t number);

/* No more portions are wanted, by any user. */
void relay_stop(Relay *relay);

/* Waits until nothing is read any longer. The counts of frames, and the bytes read from the inputs,
 * are known then. */
const AuditCounters *relay_end(Relay *relay, uint64_t *ret_bytes_read);

/* After relay_end(). */
void relay_free(Relay *relay);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Relay, relay_free)

#endif
