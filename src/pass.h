/* One pass over the inputs: reads them, merged or each alone, and feeds an engine. */
#ifndef PASS_H
#define PASS_H

#include "audit/engine.h"
#include "capture/inputs.h"
#include "report/progress.h"

typedef struct Pass {
    CaptureInputs *inputs;
    CaptureOptions capture;
    EngineOptions engine;
    bool separate;      /* each input is a capture of its own */
    Progress *progress; /* NULL: none is shown */
    void *data;         /* for the two functions: */
    /* takes a row; false: the pass clears it. NULL: rows are of no use */
    bool (*row)(void *data, const AuditRow *row);
    /* whether more frames are of no use */
    bool (*is_over)(void *data);
} Pass;

/* Reads all that can be read. The counts are added to `totals`; NULL: they are not needed. */
void pass_run(const Pass *pass, AuditTotals *totals);

#endif
