/* The unpacked bytes of a capture, with a look ahead. A walk over blocks reads from it, or
 * libpcap. */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <stdio.h>

#include "capture/unpack.h"

typedef struct CaptureInput CaptureInput;

/* Reads `unpacker`. The caller keeps it and must not free it earlier. */
CaptureInput *capture_input_new(Unpacker *unpacker);

/* The bytes ahead: at least `wanted` bytes, fewer only if the input ends or fails. (The unpacker
 * then has the reason.) They stay valid until the next call. The caller must limit `wanted`: the
 * buffer grows to that size, but only as bytes arrive. */
Span capture_input_peek(CaptureInput *input, size_t wanted);

/* Skips `size` of the bytes that the last peek returned. */
void capture_input_skip(CaptureInput *input, size_t size);

/* Puts `size` other bytes in the place of those at `at` that the last peek returned. */
void capture_input_put(CaptureInput *input, size_t at, const void *bytes, size_t size);

/* Passes `size` bytes without holding them. Returns how many there were: fewer if the input ends or
 * fails. */
size_t capture_input_pass(CaptureInput *input, size_t size);

/* Cuts `size` bytes out of what follows the next `at` bytes, without holding them. Returns how many
 * there were, as above. */
size_t capture_input_cut(CaptureInput *input, size_t at, size_t size);

/* Returns everything ahead as a stream. Call this once, and no other function after it. The caller
 * closes the stream before freeing the input. */
FILE *capture_input_stream(CaptureInput *input);

void capture_input_free(CaptureInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureInput, capture_input_free)

#endif
