/* Five lines for a person, on standard error. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "capture/reader.h"
#include "judge/verdict.h"
#include "stream/stream.h"

#define SUMMARY_LINES 5

/* What the summary tells; all borrowed. */
typedef struct SummaryFacts {
    const CaptureInfo *capture;
    uint64_t frames;
    const uint64_t *decoded; /* by DecodeResult */
    uint64_t http_connections, exchanges;
    const uint64_t *verdicts;              /* by Verdict */
    const uint64_t (*causes)[CAUSE_COUNT]; /* by Verdict and Cause */
    const StreamCounters *streams;
    uint64_t filtered;     /* left out by the filter, among them: */
    uint64_t unfilterable; /* those of a link type that it cannot be used on */
} SummaryFacts;

void summary_write(FILE *out, const SummaryFacts *facts);

#endif
