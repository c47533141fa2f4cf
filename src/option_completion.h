/* What --completion prints: the completion of the command line for a shell. */
#ifndef OPTION_COMPLETION_H
#define OPTION_COMPLETION_H

/* Owned by the caller; NULL: for no such shell. */
char *option_completion(const char *shell);

#endif
