/* A directory of reports, or of other files, that appear whole or not at all.
 *
 * Each file is written in the directory itself without its name, is flushed to disk, and then gets
 * its name. If an error ends the program before that, or a signal whose handler calls
 * output_abandon(), nothing remains, and what was to be replaced is still there.
 *
 * A directory to which anybody may write is refused, whatever `force` says. Files are created for
 * their owner alone (0600), directories as well (0700).
 *
 * Grammar: open · (write to the streams | add · append*)* · commit · free. OUTPUTS_MAX at a time,
 * freed in the opposite order. */
#ifndef REPORT_OUTPUT_H
#define REPORT_OUTPUT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUTS_MAX 4

typedef struct Output Output;

#define OUTPUT_ERROR (output_error_quark())
GQuark output_error_quark(void);
typedef enum OutputError {
    OUTPUT_ERROR_REFUSED, /* what was asked for would harm something: nothing was done */
    OUTPUT_ERROR_FAILED,  /* the file system would not */
} OutputError;

/* `names` are the files, NULL-terminated; the last one appears last. `inputs` as on the command
 * line: the directory must not be one of them, lie in one of them, or hold one. A missing directory
 * is created, and removed again if the run fails. `force` allows files of these names to be
 * replaced. */
Output *output_open(const char *path, const char *const *names, const char *const *inputs,
                    bool force, GError **error);

/* A single file by its name, in a directory that is treated in the same way. It may lie beside an
 * input, for somebody named it. It is no input and lies in no directory that is one. */
Output *output_open_file(const char *path, const char *const *inputs, bool force, GError **error);

/* Makes the directory now if it is not there, for output_open() later, when the process may have no
 * right to make one any more. */
bool output_prepare(const char *path, const char *const *inputs, GError **error);
/* The same for output_open_file(). */
bool output_prepare_file(const char *path, const char *const *inputs, GError **error);

/* Removes the directories of output_prepare() in which nothing has appeared. */
void output_unprepare(void);

/* The open directory; borrowed. */
int output_directory(const Output *output);

/* Who else could change what is written there; NULL: nobody. Static. */
const char *output_note(const Output *output);

/* One more file, for output_append(). There may be thousands of them. */
bool output_add(Output *output, const char *name, unsigned *ret_index, GError **error);
bool output_append(Output *output, unsigned index, const void *bytes, size_t size, GError **error);

/* By its index in `names`. Not to be closed. */
FILE *output_stream(Output *output, unsigned index);

/* The sum of what was written so far, 64 hexadecimal digits owned by the caller, and its size. */
char *output_sha256(Output *output, unsigned index, uint64_t *ret_size, GError **error);

/* All files of all these directories appear, in this order. False: none has appeared, and those
 * that they were to replace are still there. */
bool outputs_commit(Output *const *outputs, unsigned count, GError **error);

void output_free(Output *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Output, output_free)

/* Removes the files that have no name yet. For a signal handler (base/interrupt.h) after which the
 * program ends. */
void output_abandon(void);

/* A new file at `path` would lie next to an input: false. */
bool output_check_file(const char *path, const char *const *inputs, GError **error);

/* False: anybody could put another file in the place of the one at `path`. */
bool output_check_strangers(const char *path, GError **error);

/* False: standard output is one of the inputs. */
bool output_check_stdout(const char *const *inputs, GError **error);

#endif
