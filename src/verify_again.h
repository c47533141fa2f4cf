/* The run of a manifest, once more. */
#ifndef VERIFY_AGAIN_H
#define VERIFY_AGAIN_H

#include "options.h"
#include "verify_manifest.h"

typedef struct VerifyAgain {
    const Options *options; /* of --verify: its key logs and its key to redact */
    const char *version;
    const VerifyManifest *manifest;
    Options *then;             /* what the manifest's command asked for; its inputs are replaced */
    const char *directory;     /* where it may write */
    const char *const *places; /* of its inputs, in their order */
} VerifyAgain;

/* Why there is no point in running again, freed by the caller; NULL: there is one. */
char *verify_why_not(const VerifyAgain *again);

/* Runs again, and compares. False: the run failed or was stopped; `ret_text` says why. Otherwise it
 * names what differs; NULL: nothing. Freed by the caller. */
bool verify_run(const VerifyAgain *again, char **ret_text);

/* Why a file or directory cannot be read as an input, without its name; freed by the caller. NULL:
 * it can be. */
char *verify_input_failure(const char *place);

/* `problem` without the name of the file in front of it. */
const char *verify_problem_text(const char *problem, const char *path);

/* Why a capture may be judged otherwise though it is the same; NULL: it may not. Static. */
const char *verify_why_not_judge(const VerifyAgain *again);

/* Whether the capture of a connection gives the judgement for which it was written. */
bool verify_capture_judged(const VerifyAgain *again, const char *path, const VerifyFile *capture);

#endif
