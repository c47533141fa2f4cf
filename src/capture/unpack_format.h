/* What a compression format has to offer to unpack.c: one small file a format, each around its
 * library. Without the library, configure leaves UNPACK_<FORMAT> undefined, and the format can be
 * told but not unpacked. */
#ifndef CAPTURE_UNPACK_FORMAT_H
#define CAPTURE_UNPACK_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a step may read and write; it moves these on by what it did. */
typedef struct UnpackPortion {
    const uint8_t *in;
    size_t in_left;
    bool last; /* no input follows these bytes */
    uint8_t *out;
    size_t out_left;
} UnpackPortion;

typedef enum UnpackState {
    UNPACK_WITHIN, /* the input must not end here */
    UNPACK_AT_END, /* it may: something whole lies before, and more of the same may follow */
    UNPACK_FAILED,
} UnpackState;

typedef struct UnpackFormat {
    const char *name;
    const char *magic; /* its first bytes */
    size_t magic_size;
    void *(*start)(void); /* NULL: not in this build, and so are the others */
    /* Unpacks what it can; a step that can neither read nor write leaves the portion as it is. On
     * UNPACK_FAILED, `ret_failure` is a text that lives as long as the state. */
    UnpackState (*step)(void *state, UnpackPortion *portion, const char **ret_failure);
    void (*free)(void *state);
    const char *(*library_version)(void);
} UnpackFormat;

extern const UnpackFormat unpack_gzip, unpack_zstd, unpack_lz4, unpack_xz;

#endif
