/* A run: the inputs that the options name, through the analysis, to the reports. */
#ifndef RUN_H
#define RUN_H

#include "base/sandbox.h"
#include "capture/inputs.h"
#include "options.h"
#include "packets/evidence_list.h"
#include "redact_key.h"
#include "session/tls_keys.h"

/* The report that goes to standard output. Its rows are flushed before reading waits for more. */
typedef struct RowsOut {
    Table *table; /* NULL: there is none, or rows are kept */
} RowsOut;

/* What a run found, besides its reports. */
typedef struct RunResult {
    bool matched;     /* what --fail-on lists */
    bool interrupted; /* somebody stopped it: the reports cover what was read */
    GPtrArray *notes; /* owned: texts for a person about where the outputs lie; never NULL */
} RunResult;

/* What it was, for the manifest. */
typedef struct RunContext {
    const Options *options;
    Filter *filter;               /* NULL: none */
    TlsKeys *keys;                /* takes what inputs hold, too */
    const Sandbox *sandbox;       /* NULL: not asked for */
    const GPtrArray *keylog_sums; /* of the files of key logs, in their order */
    const RedactKey *redact_key;  /* NULL: nothing is hidden */
    const char *const *command;   /* as main() got it */
    RowsOut *out;                 /* the one that run_open_inputs() got */
    const char *version;
} RunContext;

#define RUN_ERROR (run_error_quark())
GQuark run_error_quark(void);
typedef enum RunError {
    RUN_ERROR_NO_CONNECTION, /* that which is to be shown is not in the inputs, or is not one */
    RUN_ERROR_WRITE,
} RunError;

/* NULL and `error` if one cannot be read. `sums` gets the SHA-256 of each. */
TlsKeys *run_read_keylogs(const Options *options, GPtrArray *sums, GPtrArray *notes,
                          GError **error);

/* `keys` takes the secrets that inputs hold: those of their first blocks now, the others when they
 * are read. */
CaptureInputs *run_open_inputs(const Options *options, Filter *filter, TlsKeys *keys, RowsOut *out);
/* The same where the inputs have moved to `places`. */
CaptureInputs *run_open_moved(const Options *options, const char *const *places, Filter *filter,
                              TlsKeys *keys);

/* What --evidence would write of these files, whatever else is asked for. NULL: they cannot be
 * read. */
EvidenceList *run_list_evidence(const Options *options, const char *const *paths, TlsKeys *keys);

/* Reads all that can be read of the inputs: twice, if secrets stand behind the packets that need
 * them, and if that is possible. False and `error` if the reports (or the page of one
 * connection) could not be written; what was wrong with an input is kept with it. That nobody reads
 * standard output any longer is no error, and ends the run in silence. */
bool run(const RunContext *context, CaptureInputs *inputs, RunResult *ret_result, GError **error);

#endif
