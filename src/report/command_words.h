/* The command line as reports and pages show it: without what --redact hides, and so that it can be
 * read back: escaped, or for a shell. */
#ifndef REPORT_COMMAND_WORDS_H
#define REPORT_COMMAND_WORDS_H

#include "http/redaction.h"

/* `command` is as main() got it; its first word becomes the name of the program. NULL-terminated;
 * owned by the caller. `redactor` NULL: nothing is hidden. */
char **command_words(const char *const *command, const Redactor *redactor);

/* A longer word is quoted, whatever it is: it may have to be broken into lines, and nothing of it
 * may then stand on a line as a command. */
#define COMMAND_PLAIN_MAX 65

/* The same, each as a word of a shell (bash, zsh, ksh) that gives the same bytes: quoted unless it
 * is plain. No text in it ends its quotes, so it can be broken anywhere without becoming a command.
 * Controls, and what changes how others are shown, stand as \xNN. */
char **command_shell_words(const char *const *command, const Redactor *redactor);

#endif
