/* --verify: whether the files of a run are still what its manifest says, and whether a run again
 * gives the same bytes. */
#ifndef VERIFY_H
#define VERIFY_H

#include <stdio.h>

#include "options.h"

typedef enum VerifyResult {
    VERIFY_SAME,
    VERIFY_DIFFERS,       /* or something could not be read */
    VERIFY_NOT_RUN_AGAIN, /* what could be compared is the same */
} VerifyResult;

/* Writes what it finds to `out`, a line each; with options->quiet only what is not the same. Error:
 * the manifest cannot be read, and the result is VERIFY_DIFFERS. */
VerifyResult verify(const Options *options, const char *version, FILE *out, GError **error);

#endif
