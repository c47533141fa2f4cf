#include "capture/unpack_format.h"

#ifdef UNPACK_ZSTD

#include <glib.h>
#include <zstd.h>

/* 128 MiB, zstd's own default. */
#define WINDOW_LOG_MAX 27

/* Enough bytes of a frame for the library to say how many it wants next: all up to the end of a
 * block, and the header of the block after it. */
#define FRAME_START 5
#define BLOCK_HEADER_SIZE 3

typedef struct Zstd {
    ZSTD_DStream *stream;
    size_t wanted;
} Zstd;

static void *zstd_start(void)
{
    Zstd *zstd = g_new0(Zstd, 1);
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream)
        g_error("zstd cannot begin");
    ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    zstd->wanted = FRAME_START;
    return zstd;
}

/* The library reads one frame after another, and skips the frames that are to be skipped. It gets
 * one block at a time, without the next block's header: if a call fails, everything unpacked by
 * that call is lost. */
static UnpackState zstd_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Zstd *zstd = state;
    size_t wanted = zstd->wanted;
    if (wanted > BLOCK_HEADER_SIZE)
        wanted -= BLOCK_HEADER_SIZE;
    ZSTD_inBuffer in = { .src = portion->in, .size = MIN(portion->in_left, wanted) };
    ZSTD_outBuffer out = { .dst = portion->out, .size = portion->out_left };
    size_t result = ZSTD_decompressStream(zstd->stream, &out, &in);
    if (ZSTD_isError(result)) {
        *ret_failure = ZSTD_getErrorName(result);
        return UNPACK_FAILED;
    }
    portion->in += in.pos;
    portion->in_left -= in.pos;
    portion->out += out.pos;
    portion->out_left -= out.pos;
    zstd->wanted = result == 0 ? FRAME_START : result;
    return result == 0 ? UNPACK_AT_END : UNPACK_WITHIN;
}

static void zstd_free(void *state)
{
    Zstd *zstd = state;
    ZSTD_freeDStream(zstd->stream);
    g_free(zstd);
}

#endif

const UnpackFormat unpack_zstd = {
    .name = "zstd",
    .magic = "\x28\xb5\x2f\xfd",
    .magic_size = 4,
#ifdef UNPACK_ZSTD
    .start = zstd_start,
    .step = zstd_step,
    .free = zstd_free,
    .library_version = ZSTD_versionString,
#endif
};
