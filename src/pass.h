/* One pass over the inputs: reads them, merged or each alone, and feeds an engine. */
#ifndef PASS_H
#define PASS_H

#include "audit/crew.h"
#include "capture/inputs.h"
#include "report/progress.h"

typedef struct Pass {
    CaptureInputs *inputs;
    CaptureOptions capture;
    EngineOptions engine;
    bool separate; /* each input is a capture of its own */
    /* Threads at work at the same time; 0 and 1: the caller's alone. Else one reads ahead, and if
     * there is a `fork`, there are so many engines. Nothing that is written depends on it. */
    unsigned jobs;
    unsigned portion;   /* frames that are read ahead together, for a test; 0: the usual number */
    Progress *progress; /* NULL: none is shown */
    void *data;         /* for the two functions: */
    /* takes a row; false: the pass clears it. NULL: rows are of no use */
    bool (*row)(void *data, const AuditRow *row);
    /* whether more frames are of no use */
    bool (*is_over)(void *data);
    /* Listeners of one more engine, which are called in its thread: what they hear is added up
     * later. Returns its ear for hops; NULL: it has none. NULL: the listeners hear of everything in
     * its order. */
    HopLog *(*fork)(void *data, AuditOptions *audit);
    HopLog *hop_log; /* borrowed: that of the first engine; NULL: it has none */
} Pass;

/* Reads all that can be read. The counts are added to `totals`; NULL: they are not needed. */
void pass_run(const Pass *pass, AuditTotals *totals);

#endif
