/* What has to see every frame of a run in order, whichever engine its connection belongs to: the
 * filter, the decoder, the numbers of streams, the counts of frames. What it makes of a frame is
 * for any number of engines.
 *
 * Grammar: new · take* · finish · free. */
#ifndef AUDIT_INTAKE_H
#define AUDIT_INTAKE_H

#include "audit/totals.h"
#include "capture/filter.h"
#include "stream/stream.h"

/* A frame, and what became of it. It points to itself: it is not to be copied. */
typedef struct TakenFrame {
    const Frame *frame; /* lives as long as this */
    uint64_t order;     /* frames taken so far, this one included */
    DecodeResult result;
    bool has_segment;         /* for the shards: these two are filled */
    Arrival arrival;          /* its segment is this: */
    Segment segment;          /* its payload may lie in the intake, until the next frame is taken */
    const DecodeTrail *trail; /* in the intake, until the next frame is taken */
} TakenFrame;

typedef struct Intake Intake;

/* `filter` is borrowed; NULL: every frame is looked at. `counters`: those of frames are counted in
 * it; NULL: somewhere else. */
Intake *intake_new(const StreamLimits *limits, Filter *filter, AuditCounters *counters);

void intake_take(Intake *intake, const Frame *frame, TakenFrame *ret_taken);

/* No more frames come: corrects what was counted of fragments. */
void intake_finish(const Intake *intake);

void intake_free(Intake *intake);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Intake, intake_free)

#endif
