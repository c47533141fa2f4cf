/* Several inputs as one capture: their frames in the order of time.
 *
 * Grammar: new · next* · free. */
#ifndef CAPTURE_MERGE_H
#define CAPTURE_MERGE_H

#include "capture/inputs.h"

/* Inputs being read at once: each has its descriptor and some 1.5 MiB. Rotated files overlap by
 * twos. */
#define MERGE_OPEN_MAX 64

typedef struct CaptureMerge CaptureMerge;

/* Reads the `count` inputs from number `first` on. */
CaptureMerge *capture_merge_new(CaptureInputs *inputs, unsigned first, unsigned count,
                                const CaptureOptions *options);

/* Fills the batch with the next frames; their bytes are the merge's, until its next call. False
 * when there are no more. An input that fails keeps the reason (INPUT_FAILED), and the others are
 * read on. */
bool capture_merge_next(CaptureMerge *merge, FrameBatch *batch);

/* Read so far, of all that it reads, as the bytes lie on the disk. */
uint64_t capture_merge_bytes_read(const CaptureMerge *merge);

void capture_merge_free(CaptureMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureMerge, capture_merge_free)

#endif
