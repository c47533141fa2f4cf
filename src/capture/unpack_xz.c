#include "capture/unpack_format.h"

#ifdef UNPACK_XZ

#include <glib.h>
#include <lzma.h>

typedef struct Xz {
    lzma_stream stream;
    UnpackMemory *memory;
    bool ended; /* nothing follows the last stream */
} Xz;

/* Reads through streams and the padding between them. The library begins with no memory for a
 * dictionary, and says what it needs when it knows. */
static void *xz_start(UnpackMemory *memory)
{
    Xz *xz = g_new0(Xz, 1);
    xz->stream = (lzma_stream)LZMA_STREAM_INIT;
    if (lzma_stream_decoder(&xz->stream, 1, LZMA_CONCATENATED) != LZMA_OK)
        g_error("liblzma cannot begin");
    xz->memory = memory;
    return xz;
}

static const char *failure_text(lzma_ret result)
{
    switch (result) {
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
    lzma_action action = portion->last ? LZMA_FINISH : LZMA_RUN;
    lzma_ret result = lzma_code(stream, action);
    if (result == LZMA_MEMLIMIT_ERROR) {
        uint64_t need = lzma_memusage(stream);
        if (!unpack_memory_need(xz->memory, need)) {
            *ret_failure = xz->memory->refusal;
            return UNPACK_FAILED;
        }
        if (lzma_memlimit_set(stream, need) == LZMA_OK)
            result = lzma_code(stream, action);
    }
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
