/* The command line: parsed, checked, nothing done yet. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <glib.h>

#include "http/match.h"
#include "judge/rules.h"
#include "judge/verdict.h"
#include "packets/connection_trace.h"
#include "report/connection_page.h"
#include "report/reports.h"
#include "stream/stream.h"

/* What ends the program with its own status. */
typedef enum FailOn {
    FAIL_ON_CONTRADICTED,
    FAIL_ON_UNDETERMINED,
    FAIL_ON_ERROR,
    FAIL_ON_WARNING, /* or an error */
    FAIL_ON_NOTHING, /* no HTTP connection was judged */
} FailOn;
#define FAIL_ON_COUNT (FAIL_ON_NOTHING + 1)

/* As --fail-on takes it. */
const char *fail_on_name(FailOn what);

/* Whether pages and tables have colours; auto: on a terminal, unless NO_COLOR says otherwise. */
typedef enum ColourWhen { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } ColourWhen;

/* Whether progress is told. */
typedef enum ProgressWhen { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER } ProgressWhen;

typedef struct Options {
    char **inputs;  /* owned, NULL-terminated; "-" is standard input */
    char **keylogs; /* owned, NULL-terminated; NULL: none */
    char *output;   /* owned; NULL: the report goes to standard output */
    char *page;     /* owned; a file for the page for a browser; NULL: none besides `output` */
    bool no_page;
    char *database; /* owned; a file for all reports besides; NULL: none */
    char *filter;   /* owned; NULL: none */
    char *verify;   /* owned: the directory of a run to be checked; NULL: none */
    char *moved;    /* owned: where its inputs lie now; NULL: at their paths */
    char *evidence; /* owned; where captures of single connections go; NULL: nowhere */
    unsigned evidence_max;
    Matcher *matcher; /* owned; NULL: none */
    unsigned fail_on; /* a bit for each FailOn */
    ReportName report;
    TableFormat format;
    bool format_chosen; /* else a terminal gets TABLE_SCREEN */
    PageFormat page_format;
    bool page_format_chosen;
    char **columns; /* owned, NULL-terminated; NULL: the usual ones */
    unsigned only;  /* kinds of rows (report/picker.h); 0: all */
    unsigned top;   /* the worst rows; 0: as many as there are */
    ColourWhen colour;
    ConnectionName *show; /* owned: this connection as a page; NULL: a report */
    char *show_text;      /* owned: as it was given */
    bool all;
    bool separate;
    bool force;
    bool no_hash;
    bool evidence_secrets;
    bool quiet;
    bool no_sandbox;
    bool strict; /* an input that ends in the middle of a packet is an error */
    ProgressWhen progress;
    bool pedantic;
    bool redact;
    char *redact_key; /* owned; NULL: a random one */
    bool list_rules;  /* print them and stop */
    bool explain;     /* print `rule` and stop */
    Rule rule;
    bool version; /* print it and stop; nothing else is checked then */
    bool help;
    bool completion; /* unused: what it prints is in `printed` */
    bool prints;     /* something, and stops: `printed`, or what the members above say */
    char *printed;   /* owned: help or completion; NULL: neither */
    Thresholds thresholds;
    unsigned jobs;       /* threads at work at the same time */
    size_t max_memory;   /* bytes */
    size_t max_unpacked; /* bytes of an input; 0: any number */
} Options;

#define OPTIONS_ERROR (options_error_quark())
GQuark options_error_quark(void);

/* Wrong usage: false, and one line in `error` for a person. `argv` is not changed. */
bool options_parse(Options *ret_options, int argc, char **argv, GError **error);

void options_clear(Options *options);

#endif
