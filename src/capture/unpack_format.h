/* The interface of a compression format for unpack.c: one small file per format, each around its
 * library. Without the library, configure leaves UNPACK_<FORMAT> undefined; the format is then
 * recognized but not unpacked. */
#ifndef CAPTURE_UNPACK_FORMAT_H
#define CAPTURE_UNPACK_FORMAT_H

#include "base/span.h"
#include "capture/room.h"

/* The input and output of a step. The step advances them by what it read and wrote. */
typedef struct UnpackPortion {
    const uint8_t *in;
    size_t in_left;
    bool last; /* no input follows these bytes */
    uint8_t *out;
    size_t out_left;
} UnpackPortion;

typedef enum UnpackState {
    UNPACK_WITHIN, /* the input must not end here */
    /* the input may end here: all before is complete, and more of the same may follow */
    UNPACK_AT_END,
    UNPACK_FAILED,
} UnpackState;

/* The memory that unpacking one input takes. */
typedef struct UnpackMemory {
    CaptureRoom *room; /* NULL: there is room for everything */
    size_t taken;
    char refusal[128];
} UnpackMemory;

/* Unpacking takes so much from now on, if it took less so far. False: it may not; `refusal` says
 * why. */
bool unpack_memory_need(UnpackMemory *memory, uint64_t size);

/* The first bytes of a frame, of which the header is read before the library gets them all. */
typedef struct UnpackHead {
    uint8_t bytes[18];
    size_t length; /* of those that the library has */
    bool known;    /* what the frame needs */
} UnpackHead;

/* What is at hand of the header: what the library has, and what lies ahead. */
Span unpack_head_ahead(const UnpackHead *head, const UnpackPortion *portion, uint8_t ret_bytes[18]);

/* The library has read `size` bytes at `bytes`. */
void unpack_head_read(UnpackHead *head, const uint8_t *bytes, size_t size);

typedef struct UnpackFormat {
    const char *name;
    const char *magic; /* its first bytes */
    size_t magic_size;
    /* `memory` lives longer than the state. NULL, like the others: not in this build */
    void *(*start)(UnpackMemory *memory);
    /* Unpacks what it can. A step that can neither read nor write leaves the portion unchanged. On
     * UNPACK_FAILED, `ret_failure` is a text that lives as long as the state. */
    UnpackState (*step)(void *state, UnpackPortion *portion, const char **ret_failure);
    void (*free)(void *state);
    const char *(*library_version)(void);
} UnpackFormat;

extern const UnpackFormat unpack_gzip, unpack_zstd, unpack_lz4, unpack_xz;

#endif
