/* A run: the inputs that the options name, through the analysis, to the reports. */
#ifndef RUN_H
#define RUN_H

#include "capture/inputs.h"
#include "options.h"

/* What it was, for the manifest. */
typedef struct RunContext {
    const Options *options;
    Filter *filter;             /* NULL: none */
    const char *const *command; /* as main() got it */
    const char *version;
} RunContext;

#define RUN_ERROR (run_error_quark())
GQuark run_error_quark(void);
typedef enum RunError {
    RUN_ERROR_NO_CONNECTION, /* that which is to be shown is not in the inputs */
    RUN_ERROR_WRITE,
} RunError;

CaptureInputs *run_open_inputs(const Options *options, Filter *filter);

/* Reads all that can be read of the inputs. False and `error` if the reports (or the page of one
 * connection) could not be written; what was wrong with an input is kept with it. *ret_fails: what
 * --fail-on names was found. */
bool run(const RunContext *context, CaptureInputs *inputs, bool *ret_fails, GError **error);

#endif
