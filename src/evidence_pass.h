/* --evidence: which connections deserve a capture is known when the inputs have been read. They are then
 * read once more, as before, so that every packet is asked of the stream stage in the same state, and the
 * packets of these connections are written.
 *
 * Grammar: open · (the first pass) · write · sums? · commit · close, each after the one before it
 * succeeded; close in any case. Without --evidence all of them do nothing. */
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

/* The list listens to the engine of `first` from now on. */
bool evidence_pass_open(EvidencePass *evidence, const Options *options, Pass *first,
                        GError **error);

/* The captures, none of which has its name yet. `first` is over. */
bool evidence_pass_write(EvidencePass *evidence, const Pass *first, const char *version,
                         Progress *progress, GError **error);

/* 64 digits of each capture as it was written. */
bool evidence_pass_sums(EvidencePass *evidence, GError **error);

bool evidence_pass_commit(EvidencePass *evidence, GError **error);

/* Not `kept`: nothing is to stay of it. What was found out remains. */
void evidence_pass_close(EvidencePass *evidence, bool kept);

void evidence_pass_clear(EvidencePass *evidence);

#endif
