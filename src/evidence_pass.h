/* --evidence: the first pass shows which connections get a capture. The second pass reads the
 * inputs again, through the same engine, so that each packet finds the connections in the same
 * state, and writes the packets of the chosen ones.
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
    EVIDENCE_PASS_ERROR_ONLY_ONCE, /* an input cannot be read twice */
    EVIDENCE_PASS_ERROR_CHANGED,   /* an input is not what it was in the first pass */
} EvidencePassError;

/* A zeroed one is closed. */
typedef struct EvidencePass {
    EvidenceList *list; /* NULL: no evidence is wanted */
    Output *output;     /* likewise */
    GArray *captures;   /* ManifestCapture, in the order of the list; NULL: none is written yet */
    uint64_t fragments_given_up; /* that one of them may lack */
} EvidencePass;

/* Makes the list a listener of `first`. */
bool evidence_pass_open(EvidencePass *evidence, const Options *options, Pass *first,
                        GError **error);

/* The captures, none of which has its name yet. `first` is over. `keys`: whose lines they get in
 * front; NULL: none. */
bool evidence_pass_write(EvidencePass *evidence, const Pass *first, const TlsKeys *keys,
                         const char *version, Progress *progress, GError **error);

/* Instead of it: no captures, for somebody stopped the run, and a second pass would not get far. */
void evidence_pass_skip(EvidencePass *evidence);

/* 64 digits of each capture as it was written. */
bool evidence_pass_sums(EvidencePass *evidence, GError **error);

/* The list and the sums remain. */
void evidence_pass_close(EvidencePass *evidence);

void evidence_pass_clear(EvidencePass *evidence);

#endif
