/* Reads several inputs as one capture: their frames in the order of time.
 *
 * Grammar: new · next* · free. */
#ifndef CAPTURE_MERGE_H
#define CAPTURE_MERGE_H

#include "capture/inputs.h"

typedef struct CaptureMerge CaptureMerge;

/* Reads the `count` inputs from number `first` on. */
CaptureMerge *capture_merge_new(CaptureInputs *inputs, unsigned first, unsigned count,
                                const CaptureOptions *options);

/* Fills the batch with the next frames. Their bytes belong to the merge and are valid until its
 * next call. Returns false when there are no more. An input that fails keeps the reason
 * (INPUT_FAILED); the others are still read. */
bool capture_merge_next(CaptureMerge *merge, FrameBatch *batch);

/* Bytes read so far from all inputs, counted as stored on disk. */
uint64_t capture_merge_bytes_read(const CaptureMerge *merge);

void capture_merge_free(CaptureMerge *merge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureMerge, capture_merge_free)

#endif
