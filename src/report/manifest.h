/* manifest.json: how the reports were made, for a case file. docs/manifest.md describes every key.
 * It depends on the inputs, the options and the versions, and on nothing else. */
#ifndef REPORT_MANIFEST_H
#define REPORT_MANIFEST_H

#include <stdio.h>

#include "audit/totals.h"
#include "base/sandbox.h"
#include "capture/inputs.h"
#include "hops/hops.h"
#include "http/redaction.h"
#include "servers/servers.h"

#define MANIFEST_NAME "manifest.json"

/* A file that was written. */
typedef struct ManifestReport {
    char *name;    /* owned, like the sum */
    uint64_t size; /* bytes */
    char *sha256;  /* 64 hexadecimal digits */
} ManifestReport;

/* The packets of one connection, as --evidence writes them. */
typedef struct ManifestCapture {
    char *name; /* owned, like the sum */
    FrameId connection;
    bool contradicted;
    const char *reason; /* a cause if contradicted, else a rule */
    uint64_t packets, size;
    char *sha256;
} ManifestCapture;

typedef struct ManifestEvidence {
    const char *directory;
    unsigned max;
    const ManifestCapture *captures;
    unsigned count;
    const ManifestReport *pages; /* and whatever else lies beside the captures */
    unsigned page_count;
    uint64_t left_out, given_up;
} ManifestEvidence;

/* Free arrays of ManifestCapture and of ManifestReport; NULL: nothing. */
void manifest_captures_free(GArray *captures);
void manifest_reports_free(GArray *reports);

/* All borrowed. */
typedef struct ManifestFacts {
    const char *version;
    /* NULL-terminated; the first is the program, whose path is left out */
    const char *const *command;
    /* NULL: the command line is told as it was given; otherwise what --match looks for by its name
     * in it */
    const Redactor *redactor;
    const GPtrArray *keylog_sums; /* of texts; NULL: none */
    const char *redact_key;       /* its fingerprint; "": a random key; NULL: none */
    const Thresholds *thresholds;
    const StreamLimits *limits;
    const Sandbox *sandbox; /* NULL: not asked for */
    bool separate;
    bool interrupted;   /* somebody stopped the run before all inputs were read */
    const char *filter; /* NULL: none */
    const CaptureInputs *inputs;
    const AuditTotals *totals;
    const Servers *servers; /* finished; NULL: nobody asked */
    const Hops *hops;       /* likewise */
    HopsLimits hops_limits;
    const TlsKeysCounters *keys; /* NULL: there were no key logs */
    const ManifestReport *reports;
    unsigned report_count;
    const ManifestEvidence *evidence; /* NULL: not asked for */
} ManifestFacts;

/* The caller checks the stream for errors. */
void manifest_write(FILE *out, const ManifestFacts *facts);

/* The version of the library that writes it; static. */
const char *manifest_library_version(void);

#endif
