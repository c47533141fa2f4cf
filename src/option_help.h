/* What --help prints. */
#ifndef OPTION_HELP_H
#define OPTION_HELP_H

/* Owned by the caller. */
char *option_help(void);

#endif
