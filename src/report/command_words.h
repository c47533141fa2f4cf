/* The command line as reports show it: escaped, and without what --redact hides. */
#ifndef REPORT_COMMAND_WORDS_H
#define REPORT_COMMAND_WORDS_H

#include "http/redaction.h"

/* `command` is as main() got it; its first word becomes the name of the program. NULL-terminated;
 * owned by the caller. `redactor` NULL: nothing is hidden. */
char **command_words(const char *const *command, const Redactor *redactor);

#endif
