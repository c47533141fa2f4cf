/* What the files output*.c share: the files of a directory before they have their names. */
#ifndef REPORT_OUTPUT_FILES_H
#define REPORT_OUTPUT_FILES_H

#include <sys/stat.h>
#include <sys/types.h>

#include "report/output.h"

#define TEMPORARY_NAME_MAX 192

typedef struct OutputFile {
    char *name;
    /* "": it has none. Once `replaces`: of what had the name before */
    char temporary[TEMPORARY_NAME_MAX];
    int descriptor; /* -1: opened for each piece */
    FILE *stream;   /* of the descriptor; NULL: none */
    /* Which file it is, whatever its names lead to by now. A number may be used again for a file of
     * somebody else: then its owner or its size is another one. */
    dev_t device;
    ino_t inode;
    uid_t owner;
    off_t size;    /* of what was appended */
    bool placed;   /* it has its name */
    bool replaces; /* and what had it before is kept */
} OutputFile;

struct Output {
    char *path;
    int directory;
    bool created;
    bool committed; /* the directory stays */
    bool force;
    const char *alone; /* the one file that was asked for; NULL: a directory was */
    const char *note;  /* NULL: none */
    OutputFile *files; /* `room` of them, grown only while signals wait */
    unsigned count, room, open;
};

/* Refusals (output_checks.c) */

/* Whether the directory may be written to: `exists`, or it is to be created. Sets `note`. */
bool output_check_place(Output *output, bool exists, const char *const *inputs, GError **error);
/* A file that somebody named: it is no input. */
bool output_check_named(const char *path, const char *const *inputs, GError **error);
bool output_check_name(const Output *output, const char *name, GError **error);

/* Each step is relative to the open directory. */

void output_set_error(GError **error, const Output *output, const char *name, int failure);

/* A name that is free now, for the file `name`; its `attempt` makes it another one. */
void output_temporary_name(char ret_name[TEMPORARY_NAME_MAX], const char *name, unsigned attempt);
#define OUTPUT_ATTEMPTS 100

bool output_is_file(const OutputFile *file, const struct stat *status);

/* The file itself, open; *ret_own: to be closed. -1 and errno; ESTALE: its name leads to another
 * file. */
int output_reopen(const Output *output, const OutputFile *file, int how, bool *ret_own);

/* Placing (output_place.c) */

/* Gives the file its name. False and errno: it has not got it, and what had it still has. */
bool output_place(Output *output, OutputFile *file);
/* The file loses its name again, and what had it before gets it back. */
void output_take_back(Output *output, OutputFile *file);
/* What had the name before is removed. */
void output_forget_replaced(Output *output, OutputFile *file);

#endif
