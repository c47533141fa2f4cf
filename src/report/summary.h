/* The result of a run for a person: some lines of at most SUMMARY_WIDTH columns. */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include <stdio.h>

#include "audit/totals.h"
#include "capture/inputs.h"
#include "hops/hops.h"
#include "servers/servers.h"

#define SUMMARY_WIDTH 80

/* What the summary tells; all borrowed. */
typedef struct SummaryFacts {
    const CaptureInfo *capture;
    const CaptureInputs *inputs; /* whose clocks are looked at; NULL: nobody's */
    const AuditTotals *totals;
    const Servers *servers;      /* finished; NULL: nobody asked */
    const Hops *hops;            /* likewise */
    const TlsKeysCounters *keys; /* what key logs held; NULL: there was none, in no input either */
    bool matching;               /* something was looked for */
    const char *fail_on;         /* what matched, with its number; NULL: nothing */
    const char *directory;       /* of all reports; NULL: there is none */
    const char *page;            /* a file for a browser; NULL: none */
    const char *database;        /* a file; NULL: none */
    const char *manifest_sum;    /* 64 digits; NULL: there is no manifest */
    bool evidence;               /* captures of single connections were written: */
    const char *evidence_directory; /* NULL: not to be named */
    uint64_t captures;              /* how many */
    uint64_t without_secrets;       /* of them: those that were opened with secrets they lack */
    uint64_t left_out;              /* those that deserve one beyond the bound */
    bool stopped;                   /* before any could be written: that is why they are left out */
    uint64_t fragments_given_up;    /* that one of them may lack */
} SummaryFacts;

void summary_write(FILE *out, const SummaryFacts *facts, bool colour);

#endif
