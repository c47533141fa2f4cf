/* The inputs of a run: the files that the arguments name, numbered by their first packets' times.
 *
 * An argument is a file, a directory (the captures that lie in it, one level deep, by content), or
 * "-". Every file is looked into once and closed again, so that a thousand of them need no thousand
 * descriptors; only what cannot be opened twice, standard input or a pipe, stays open. */
#ifndef CAPTURE_INPUTS_H
#define CAPTURE_INPUTS_H

#include "capture/filter.h"
#include "capture/reader.h"

/* What FrameId has room for. */
#define INPUTS_MAX 65535

/* Bytes of a SHA-256. */
#define CAPTURE_SUM_SIZE 32

typedef enum InputState {
    INPUT_GOOD, /* numbered, and nothing is wrong with it so far */
    /* left out for good reason: a directory's file that is no capture, a file named twice */
    INPUT_SKIPPED,
    INPUT_FAILED, /* not read, or not to its end */
} InputState;

typedef struct InputFile {
    char *path; /* as given; of a directory's file the directory as given, and its name */
    InputState state;
    char *problem;   /* one line for a person that names the path; NULL: good */
    unsigned number; /* from 1; 0: it is not read at all */
    bool timed;      /* first_time is known: of its first packet */
    Nanoseconds first_time;
    unsigned time_digits;
    uint64_t size;                      /* as it lies on the disk; 0: only its end will tell */
    uint8_t head_sum[CAPTURE_SUM_SIZE]; /* over its first bytes (capture_reader_head()) */
    /* only of what cannot be opened twice; its first frames are in `begun` */
    CaptureReader *reader;
    FrameBatch begun;
    CaptureInfo *info; /* NULL until it was read; its texts are the two here */
    char *sha256;
} InputFile;

typedef struct CaptureInputs {
    GPtrArray *files;    /* InputFile, all of them, in the order of the arguments and names */
    GPtrArray *numbered; /* those that can be read: number N at N - 1 */
    GError *unfit;       /* NULL, or why the filter cannot be used on one of them */
} CaptureInputs;

/* `arguments` is NULL-terminated; `filter` may be NULL. What goes wrong with a file is kept with
 * it. */
CaptureInputs *capture_inputs_open(const char *const *arguments, const CaptureOptions *options,
                                   Filter *filter);

/* Bytes on the disk of `count` of those that can be read, from number `first` on; 0: of one of them
 * only its end will tell. */
uint64_t capture_inputs_size(const CaptureInputs *inputs, unsigned first, unsigned count);

/* A sum over the first bytes of all that can be read, in their order: the same for the same
 * inputs, and not to be guessed by who does not have them. */
void capture_inputs_sum(const CaptureInputs *inputs, uint8_t ret_sum[CAPTURE_SUM_SIZE]);

/* The same inputs, with the same numbers, to be read once more: what was learned by reading them is
 * not there. */
CaptureInputs *capture_inputs_again(const CaptureInputs *inputs);

/* The first of `again` that is not what it was when `inputs` were read; NULL: none. Both were read to
 * their ends. With hashes of both it is certain. */
const InputFile *capture_inputs_changed(const CaptureInputs *inputs, const CaptureInputs *again);

/* NULL if all of them can be read twice; else the first that cannot. To be asked before they are
 * read. */
const InputFile *capture_inputs_only_once(const CaptureInputs *inputs);

/* `number` from 1. */
const InputFile *capture_inputs_file(const CaptureInputs *inputs, unsigned number);

/* Marks it, with the first thing that went wrong. Takes the error. */
void input_file_fail(InputFile *file, GError *error);

void capture_inputs_free(CaptureInputs *inputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureInputs, capture_inputs_free)

#endif
