/* --evidence: the first pass shows which connections get a capture. The second pass reads the
 * inputs again for what is to be told of them, and the third writes their packets: both through the
 * same engine, so that each packet finds the connections in the same state.
 *
 * Grammar: open · (the first pass) · write · sums? · close. Each step needs the success of the one
 * before it, but close comes in any case. The captures appear with outputs_commit() before that.
 * Without --evidence no step does anything. */
#ifndef EVIDENCE_PASS_H
#define EVIDENCE_PASS_H

#include "options.h"
#include "packets/evidence_list.h"
#include "pass.h"
#include "report/manifest.h"
#include "report/output.h"

#define EVIDENCE_PASS_ERROR (evidence_pass_error_quark())
GQuark evidence_pass_error_quark(void);
typedef enum EvidencePassError {
    EVIDENCE_PASS_ERROR_ONLY_ONCE, /* an input can be read only once */
    EVIDENCE_PASS_ERROR_CHANGED,   /* an input is not what it was in the first pass */
} EvidencePassError;

/* A zeroed one is closed. */
typedef struct EvidencePass {
    EvidenceList *list; /* NULL: no evidence is wanted */
    Output *output;     /* likewise */
    GArray *captures;   /* ManifestCapture, in the order of the list; NULL: none is written yet */
    GArray *pages;      /* ManifestReport: what is written behind them; NULL: nothing yet */
    uint64_t fragments_given_up; /* that one of them may lack */
    bool beside_reports;         /* in their directory, whose SHA256SUMS has the captures */
} EvidencePass;

/* Makes the list a listener of `first`. */
bool evidence_pass_open(EvidencePass *evidence, const Options *options, Pass *first,
                        GError **error);

/* A run whose first pass is over; borrowed. */
typedef struct EvidenceRun {
    const Pass *first;
    const Hops *hops;    /* NULL: nobody asked */
    const TlsKeys *keys; /* whose lines the captures get in front; NULL: none */
    const char *version;
    const char *const *command; /* as main() got it */
    Progress *progress;
} EvidenceRun;

/* The captures and their pages, none of which has its name yet. */
bool evidence_pass_write(EvidencePass *evidence, const EvidenceRun *run, GError **error);

/* Instead of it: no captures, for somebody stopped the run, and a second pass would not get far. */
void evidence_pass_skip(EvidencePass *evidence);

/* 64 digits of each capture and page as it was written. */
bool evidence_pass_sums(EvidencePass *evidence, GError **error);

/* The list and the sums remain. */
void evidence_pass_close(EvidencePass *evidence);

void evidence_pass_clear(EvidencePass *evidence);

#endif
