#include "capture/unpack_format.h"

#ifdef UNPACK_ZSTD

#include <glib.h>
#include <zstd.h>

/* 128 MiB, what zstd itself takes without being told otherwise. */
#define WINDOW_LOG_MAX 27

static void *zstd_start(void)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    if (!stream)
        g_error("zstd cannot begin");
    ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return stream;
}

/* The library reads one frame after the other, and over those that are to be skipped. */
static UnpackState zstd_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    ZSTD_inBuffer in = { .src = portion->in, .size = portion->in_left };
    ZSTD_outBuffer out = { .dst = portion->out, .size = portion->out_left };
    size_t result = ZSTD_decompressStream(state, &out, &in);
    portion->in += in.pos;
    portion->in_left -= in.pos;
    portion->out += out.pos;
    portion->out_left -= out.pos;
    if (ZSTD_isError(result)) {
        *ret_failure = ZSTD_getErrorName(result);
        return UNPACK_FAILED;
    }
    return result == 0 ? UNPACK_AT_END : UNPACK_WITHIN;
}

static void zstd_free(void *state)
{
    ZSTD_freeDStream(state);
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
#endif
};
