/* The interface of a compression format for unpack.c: one small file per format, each around its
 * library. Without the library, configure leaves UNPACK_<FORMAT> undefined; the format is then
 * recognized but not unpacked. */
#ifndef CAPTURE_UNPACK_FORMAT_H
#define CAPTURE_UNPACK_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

typedef struct UnpackFormat {
    const char *name;
    const char *magic; /* its first bytes */
    size_t magic_size;
    void *(*start)(void); /* NULL, like the others: not in this build */
    /* Unpacks what it can. A step that can neither read nor write leaves the portion unchanged. On
     * UNPACK_FAILED, `ret_failure` is a text that lives as long as the state. */
    UnpackState (*step)(void *state, UnpackPortion *portion, const char **ret_failure);
    void (*free)(void *state);
    const char *(*library_version)(void);
} UnpackFormat;

extern const UnpackFormat unpack_gzip, unpack_zstd, unpack_lz4, unpack_xz;

#endif
