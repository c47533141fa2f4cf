/* The table of the options: what the command line, the checks, --help and the completions share. */
#ifndef OPTION_TABLE_H
#define OPTION_TABLE_H

#include "options.h"

/* In the order of --help. */
typedef enum OptionId {
    OPTION_REPORT,
    OPTION_OUTPUT,
    OPTION_HTML,
    OPTION_NO_HTML,
    OPTION_SQLITE,
    OPTION_FORMAT,
    OPTION_COLUMNS,
    OPTION_ONLY,
    OPTION_TOP,
    OPTION_FORCE,
    OPTION_EVIDENCE,
    OPTION_EVIDENCE_MAX,
    OPTION_EVIDENCE_SECRETS,
    OPTION_FILTER,
    OPTION_KEYLOG,
    OPTION_SEPARATE,
    OPTION_MATCH,
    OPTION_ALL,
    OPTION_SHOW,
    OPTION_PEDANTIC,
    OPTION_REDACT,
    OPTION_REDACT_KEY,
    OPTION_PROMPT_CLOSE,
    OPTION_CLOSE_GRACE,
    OPTION_TIMEOUT_TOLERANCE,
    OPTION_HALF_CLOSE,
    OPTION_MAX_MEMORY,
    OPTION_MAX_UNPACKED,
    OPTION_NO_HASH,
    OPTION_FAIL_ON,
    OPTION_STRICT,
    OPTION_JOBS,
    OPTION_NO_SANDBOX,
    OPTION_COLOR,
    OPTION_PROGRESS,
    OPTION_QUIET,
    OPTION_VERIFY,
    OPTION_INPUTS,
    OPTION_LIST_RULES,
    OPTION_EXPLAIN,
    OPTION_COMPLETION,
    OPTION_VERSION,
    OPTION_HELP,
    OPTION_COUNT
} OptionId;

/* The arguments as GOption fills them in. */
typedef struct RawOptions {
    char *text[OPTION_COUNT];
    gboolean on[OPTION_COUNT];
    char **keylogs;
    char **inputs;
} RawOptions;

typedef struct OptionInfo OptionInfo;

/* One option: what --help says of it, and how its argument is taken. */
struct OptionInfo {
    const char *name;
    char letter; /* 0: none */
    GOptionArg kind;
    const char *argument, *help;
    size_t at; /* where in Options it goes */
    /* NULL for a flag, which is a bool there, and for a list, which is taken over */
    bool (*take)(const OptionInfo *info, const char *text, Options *options, GError **error);
};

/* Where in Options its argument goes. */
void *option_place(const OptionInfo *info, Options *options);

extern const OptionInfo OPTIONS[OPTION_COUNT];

/* The part of --help that begins with this option; NULL: none does. */
const char *option_group_title(OptionId id);

#endif
