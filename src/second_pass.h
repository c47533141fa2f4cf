/* --evidence: reads the inputs once more, and writes the packets of the chosen connections into a
 * capture each. The engine runs again as it ran before, so that every packet is asked of the same
 * table in the same state. */
#ifndef SECOND_PASS_H
#define SECOND_PASS_H

#include "audit/engine.h"
#include "packets/evidence_list.h"
#include "report/manifest.h"
#include "report/output.h"
#include "report/progress.h"

typedef struct SecondPass {
    const CaptureInputs *inputs;       /* as the first pass read them */
    const EngineOptions *engine;       /* of the first pass; its listeners are told nothing */
    const EvidenceList *evidence_list; /* what it chose */
    const char *version;
    bool separate;
    Progress *progress; /* NULL: nobody wants to know */
} SecondPass;

#define SECOND_PASS_ERROR (second_pass_error_quark())
GQuark second_pass_error_quark(void);
typedef enum SecondPassError {
    SECOND_PASS_ERROR_CHANGED, /* an input is not what it was in the first pass */
} SecondPassError;

/* Writes the captures to `output`, which is still to be committed. *ret_captures: ManifestCapture, in
 * the order of the evidence_list, to be freed by manifest_captures_free(); *ret_given_up: fragments that
 * one of them may lack. False and `error` if they must not appear. */
bool second_pass(const SecondPass *pass, Output *output, GArray **ret_captures,
                 uint64_t *ret_given_up, GError **error);

/* 64 digits of each capture as it was written, into the list. */
bool second_pass_sums(Output *output, GArray *captures, GError **error);

#endif
