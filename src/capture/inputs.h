/* The inputs of a run: the files that the arguments name, numbered by the time of their first
 * packet.
 *
 * An argument is a file, a directory, or "-". A directory stands for the captures in it, one level
 * deep, recognized by content. Every file is opened, examined and closed again, so a thousand files
 * do not need a thousand descriptors. Only standard input and pipes stay open, because they cannot
 * be opened twice. */
#ifndef CAPTURE_INPUTS_H
#define CAPTURE_INPUTS_H

#include "capture/filter.h"
#include "capture/reader.h"

/* The largest input number that FrameId can hold. */
#define INPUTS_MAX 65535

/* Maximum number of inputs read at once. Of rotated files, two overlap at a time. */
#define INPUTS_OPEN_MAX 64

typedef enum InputState {
    INPUT_GOOD, /* has a number, and no error so far */
    /* left out on purpose: a file in a directory that is no capture, or a file named twice */
    INPUT_SKIPPED,
    INPUT_CUT,    /* read to its end, which lies in the middle of a packet: a note */
    INPUT_FAILED, /* not read, or not read to its end */
} InputState;

typedef struct InputFile {
    /* as given; for a file in a directory, the directory as given and the file's name */
    char *path;
    char *place; /* where it lies now; NULL: at its path */
    InputState state;
    char *problem;   /* one line for a person, with the path; NULL: no problem */
    unsigned number; /* from 1; 0: the file is not read at all */
    bool timed;      /* first_time, the time of the first packet, is known */
    Nanoseconds first_time;
    unsigned time_digits;
    uint64_t seed; /* see capture_inputs_seed() */
    size_t memory; /* that reading it takes, as far as its first frames show */
    uint64_t size; /* size on disk; 0: known only at the end */
    /* only for inputs that cannot be opened twice; their first frames are in `begun` */
    CaptureReader *reader;
    FrameBatch begun;
    bool interrupted;  /* somebody stopped the run before it was read to its end */
    CaptureInfo *info; /* NULL until the file has been read; its texts are the two here */
    char *sha256;
} InputFile;

/* What reading may take at least, of all inputs at once, beside what --max-memory is for: some
 * twenty inputs that are open at once, or a few windows of what compresses well. */
#define INPUTS_MEMORY_LEAST ((size_t)20 << 20)

/* Likewise, of all hashes beyond the least that each takes. */
#define INPUTS_HASHES_MEMORY ((size_t)4 << 20)

typedef struct CaptureInputs {
    CaptureRoom room; /* those that are open take of it */
    /* what their hashes take beyond the least: apart, for no input is refused for want of that */
    CaptureRoom hashes;
    GPtrArray *files;    /* InputFile, all of them, in the order of the arguments and names */
    GPtrArray *numbered; /* the files that can be read: number N is at N - 1 */
    GError *unfit;       /* NULL, or the reason why the filter cannot be used on one of them */
} CaptureInputs;

/* `arguments` is NULL-terminated; `filter` may be NULL. An error of a file is stored with the
 * file. */
CaptureInputs *capture_inputs_open(const char *const *arguments, const CaptureOptions *options,
                                   Filter *filter);

/* The same files, which have moved: the file of `paths`, whose name the reports tell, lies at the
 * same index of `places`. */
CaptureInputs *capture_inputs_open_moved(const char *const *paths, const char *const *places,
                                         const CaptureOptions *options, Filter *filter);

/* How much reading these inputs takes beyond INPUTS_MEMORY_LEAST, if all were open that may be, as
 * far as CaptureOptions.memory allows: so much is theirs from now on, and no more. */
size_t capture_inputs_share(CaptureInputs *inputs);

/* What is opened to read it. */
const char *input_file_place(const InputFile *file);

/* Bytes on disk of `count` readable inputs, from number `first` on; 0 if one of them shows its size
 * only at its end. */
uint64_t capture_inputs_size(const CaptureInputs *inputs, unsigned first, unsigned count);

/* What whoever sends traffic into the capture cannot know beforehand, the same whenever the capture
 * is read: a hash of the bytes and times of the first frames, up to a batch of each of `count`
 * readable inputs from number `first` on. Of a pipe that is one frame: the next one may be long in
 * coming. */
uint64_t capture_inputs_seed(const CaptureInputs *inputs, unsigned first, unsigned count);

/* The same inputs with the same numbers, for a second reading. Nothing learned by the first reading
 * is kept. */
CaptureInputs *capture_inputs_again(const CaptureInputs *inputs);

/* As if nothing had been read yet, of inputs that can be read twice. */
void capture_inputs_forget(CaptureInputs *inputs);

/* The first input of `again` that has changed since `inputs` were read; NULL if none has. Both must
 * have been read to their ends. The answer is certain if both have hashes. */
const InputFile *capture_inputs_changed(const CaptureInputs *inputs, const CaptureInputs *again);

/* NULL if all inputs can be read twice; otherwise the first that cannot. Call this before reading
 * them. */
const InputFile *capture_inputs_only_once(const CaptureInputs *inputs);

/* Whether somebody stopped the run before all of them were read. */
bool capture_inputs_interrupted(const CaptureInputs *inputs);

/* `number` from 1. */
const InputFile *capture_inputs_file(const CaptureInputs *inputs, unsigned number);

/* Marks the file as failed, or as cut. The first error is kept. Takes ownership of the error. */
void input_file_fail(InputFile *file, GError *error);
void input_file_cut(InputFile *file, GError *error);

void capture_inputs_free(CaptureInputs *inputs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureInputs, capture_inputs_free)

#endif
