/* Gives up what a run does not need: base/sandbox.h with the places that its options name. */
#ifndef CONFINE_H
#define CONFINE_H

#include "base/sandbox.h"
#include "options.h"

/* Before any input is opened and any thread is started. Directories of outputs that are not there
 * are made. False and `error`: one cannot be used (OUTPUT_ERROR). With --no-sandbox nothing is
 * given up. */
bool confine_run(const Options *options, Sandbox *ret_sandbox, GError **error);

/* The same for --verify: it may read anything, and writes to `directory` alone. */
void confine_verify(const Options *options, const char *directory);

#endif
