#include "capture/unpack_format.h"

#ifdef UNPACK_LZ4

#include <glib.h>
#include <lz4frame.h>

static void *lz4_start(void)
{
    LZ4F_dctx *context = NULL;
    LZ4F_errorCode_t failure = LZ4F_createDecompressionContext(&context, LZ4F_VERSION);
    if (LZ4F_isError(failure))
        g_error("lz4 cannot begin: %s", LZ4F_getErrorName(failure));
    return context;
}

/* The library reads one frame after the other, and over those that are to be skipped. A block has at
 * most 4 MiB, whatever a frame claims. */
static UnpackState lz4_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    size_t in = portion->in_left, out = portion->out_left;
    size_t result = LZ4F_decompress(state, portion->out, &out, portion->in, &in, NULL);
    if (LZ4F_isError(result)) {
        *ret_failure = LZ4F_getErrorName(result);
        return UNPACK_FAILED;
    }
    portion->in += in;
    portion->in_left -= in;
    portion->out += out;
    portion->out_left -= out;
    return result == 0 ? UNPACK_AT_END : UNPACK_WITHIN;
}

static void lz4_free(void *state)
{
    LZ4F_freeDecompressionContext(state);
}

#endif

const UnpackFormat unpack_lz4 = {
    .name = "lz4",
    .magic = "\x04\x22\x4d\x18",
    .magic_size = 4,
#ifdef UNPACK_LZ4
    .start = lz4_start,
    .step = lz4_step,
    .free = lz4_free,
#endif
};
