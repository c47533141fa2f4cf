#include "capture/unpack_format.h"

#ifdef UNPACK_XZ

#include <glib.h>
#include <lzma.h>

#include "capture/unpack.h"

typedef struct Xz {
    lzma_stream stream;
    bool ended; /* nothing follows the last stream */
} Xz;

/* Reads through streams and the padding between them. */
static void *xz_start(void)
{
    Xz *xz = g_new0(Xz, 1);
    xz->stream = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&xz->stream, UNPACK_MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
        g_error("liblzma cannot begin");
    return xz;
}

static const char *failure_text(lzma_ret result)
{
    switch (result) {
    case LZMA_MEMLIMIT_ERROR:
        return "unpacking it takes more than 128 MiB of memory";
    case LZMA_OPTIONS_ERROR:
        return "an option that this liblzma does not know";
    case LZMA_FORMAT_ERROR:
        return "other bytes follow the compressed ones";
    default:
        return "corrupt";
    }
}

static UnpackState xz_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Xz *xz = state;
    if (xz->ended)
        return UNPACK_AT_END;
    lzma_stream *stream = &xz->stream;
    stream->next_in = portion->in;
    stream->avail_in = portion->in_left;
    stream->next_out = portion->out;
    stream->avail_out = portion->out_left;
    lzma_ret result = lzma_code(stream, portion->last ? LZMA_FINISH : LZMA_RUN);
    portion->in = stream->next_in;
    portion->in_left = stream->avail_in;
    portion->out = stream->next_out;
    portion->out_left = stream->avail_out;
    if (result == LZMA_OK || result == LZMA_BUF_ERROR) /* LZMA_BUF_ERROR: no progress */
        return UNPACK_WITHIN;
    if (result == LZMA_MEM_ERROR)
        g_error("liblzma: no memory");
    xz->ended = result == LZMA_STREAM_END;
    if (xz->ended)
        return UNPACK_AT_END;
    *ret_failure = failure_text(result);
    return UNPACK_FAILED;
}

static void xz_free(void *state)
{
    Xz *xz = state;
    lzma_end(&xz->stream);
    g_free(xz);
}

#endif

const UnpackFormat unpack_xz = {
    .name = "xz",
    .magic = "\xfd"
             "7zXZ\0",
    .magic_size = 6,
#ifdef UNPACK_XZ
    .start = xz_start,
    .step = xz_step,
    .free = xz_free,
    .library_version = lzma_version_string,
#endif
};
