/* manifest.json: what a case file has to say of a run beside the reports. docs/manifest.md
 * describes every key. Nothing in it depends on anything but the inputs, the options and the
 * versions. */
#ifndef REPORT_MANIFEST_H
#define REPORT_MANIFEST_H

#include <stdio.h>

#include "capture/inputs.h"
#include "http/redaction.h"
#include "judge/rules.h"
#include "report/summary.h"

typedef struct ManifestReport {
    const char *name;
    uint64_t size; /* bytes */
    char *sha256;  /* 64 hexadecimal digits */
} ManifestReport;

/* All borrowed. */
typedef struct ManifestFacts {
    const char *version;
    /* NULL-terminated; the first is the program, whose path is left out */
    const char *const *command;
    /* NULL: the command line is told as it was given; otherwise what --match looks for by its name
     * in it */
    const Redactor *redactor;
    const Thresholds *thresholds;
    const StreamLimits *limits;
    bool separate;
    const char *filter; /* NULL: none */
    const CaptureInputs *inputs;
    const SummaryFacts *totals;        /* but its capture */
    const uint64_t *exchange_verdicts; /* by Verdict */
    const uint64_t *findings;          /* by Severity */
    const ManifestReport *reports;
    unsigned report_count;
} ManifestFacts;

/* Whether it was written shows in the stream. */
void manifest_write(FILE *out, const ManifestFacts *facts);

/* The version of the library that writes it; static. */
const char *manifest_library_version(void);

#endif
