/* What a capture was found to be, for a person: some lines of at most SUMMARY_WIDTH columns. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "capture/reader.h"
#include "judge/rules.h"
#include "judge/verdict.h"
#include "servers/servers.h"
#include "stream/stream.h"

#define SUMMARY_WIDTH 80

/* What the summary tells; all borrowed. */
typedef struct SummaryFacts {
    const CaptureInfo *capture;
    uint64_t frames;
    const uint64_t *decoded; /* by DecodeResult */
    uint64_t http_connections, exchanges;
    const uint64_t *verdicts;              /* by Verdict */
    const uint64_t (*causes)[CAUSE_COUNT]; /* by Verdict and Cause */
    const uint64_t (*rules)[RULE_COUNT];   /* findings by Severity and Rule */
    const StreamCounters *streams;
    const Servers *servers;      /* finished; NULL: nobody asked */
    uint64_t filtered;           /* left out by the filter, among them: */
    uint64_t unfilterable;       /* those of a link type that it cannot be used on */
    bool matching;               /* something was looked for: */
    uint64_t matched;            /* exchanges in which it was found */
    bool evidence;               /* captures of single connections were written: */
    uint64_t captures;           /* how many */
    uint64_t left_out;           /* those that deserve one beyond the bound */
    uint64_t fragments_given_up; /* that one of them may lack */
    uint64_t match_given_up;     /* those in which a bound kept it from being found */
} SummaryFacts;

void summary_write(FILE *out, const SummaryFacts *facts, bool colour);

#endif
