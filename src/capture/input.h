/* The bytes of a capture, unpacked, with a view ahead: what a walk over blocks reads, or
 * libpcap. */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stdio.h>

#include "capture/unpack.h"

typedef struct CaptureInput CaptureInput;

/* Reads `unpacker`, which stays the caller's and must live longer. */
CaptureInput *capture_input_new(Unpacker *unpacker);

/* The bytes ahead: `wanted` of them or more, fewer only where the input ends (or fails, which the
 * unpacker then says). They stay until the next call. `wanted` is the caller's to bound: the buffer
 * grows to it, though not before the bytes are there. */
Span capture_input_peek(CaptureInput *input, size_t wanted);

/* Goes on by `size` of the bytes that the last peek showed. */
void capture_input_skip(CaptureInput *input, size_t size);

/* All that is ahead, as a stream. To be asked for once, then nothing else; the caller closes it,
 * before the input is freed. */
FILE *capture_input_stream(CaptureInput *input);

void capture_input_free(CaptureInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureInput, capture_input_free)

#endif
