#include "capture/unpack_format.h"

#ifdef UNPACK_LZ4

#include <glib.h>
#include <lz4.h>
#include <lz4frame.h>

/* Enough bytes of a frame for the library to say how many it wants next: all up to the end of a
 * block, and the header of the block after it. */
#define FRAME_START 7
#define BLOCK_HEADER_SIZE 4

typedef struct Lz4 {
    LZ4F_dctx *context;
    size_t wanted;
} Lz4;

static void *lz4_start(void)
{
    Lz4 *lz4 = g_new0(Lz4, 1);
    LZ4F_errorCode_t failure = LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION);
    if (LZ4F_isError(failure))
        g_error("lz4 cannot begin: %s", LZ4F_getErrorName(failure));
    lz4->wanted = FRAME_START;
    return lz4;
}

/* The library reads one frame after another, and skips the frames that are to be skipped. A block
 * has at most 4 MiB, whatever a frame claims. The library gets one block at a time, without the
 * next block's header: if a call fails, everything unpacked by that call is lost. */
static UnpackState lz4_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Lz4 *lz4 = state;
    size_t wanted = lz4->wanted;
    if (wanted > BLOCK_HEADER_SIZE)
        wanted -= BLOCK_HEADER_SIZE;
    size_t in = MIN(portion->in_left, wanted), out = portion->out_left;
    size_t result = LZ4F_decompress(lz4->context, portion->out, &out, portion->in, &in, NULL);
    if (LZ4F_isError(result)) {
        *ret_failure = LZ4F_getErrorName(result);
        return UNPACK_FAILED;
    }
    portion->in += in;
    portion->in_left -= in;
    portion->out += out;
    portion->out_left -= out;
    lz4->wanted = result == 0 ? FRAME_START : result;
    return result == 0 ? UNPACK_AT_END : UNPACK_WITHIN;
}

static void lz4_free(void *state)
{
    Lz4 *lz4 = state;
    LZ4F_freeDecompressionContext(lz4->context);
    g_free(lz4);
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
    .library_version = LZ4_versionString,
#endif
};
