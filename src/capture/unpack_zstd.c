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

/* Beside the window: a block that is unpacked, one that is not, and the library's tables. */
#define BESIDE_WINDOW (512 * 1024)

#define MAGIC UINT32_C(0xfd2fb528)

typedef struct Zstd {
    ZSTD_DStream *stream;
    size_t wanted;
    UnpackMemory *memory;
    UnpackHead head;
} Zstd;

static void *zstd_start(UnpackMemory *memory)
{
    Zstd *zstd = g_new0(Zstd, 1);
    zstd->stream = ZSTD_createDStream();
    if (!zstd->stream)
        g_error("zstd cannot begin");
    ZSTD_DCtx_setParameter(zstd->stream, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    zstd->wanted = FRAME_START;
    zstd->memory = memory;
    return zstd;
}

/* The window of a frame that begins like this (RFC 8878 §3.1.1.1). False: more of its header is
 * needed. */
static bool find_window(Span head, uint64_t *ret_window)
{
    static const uint8_t dictionary_sizes[] = { 0, 1, 2, 4 };
    uint32_t magic;
    uint8_t descriptor, window;
    *ret_window = 0;
    if (!span_le32(head, 0, &magic))
        return false;
    if (magic != MAGIC)
        return true; /* a frame to be skipped */
    if (!span_u8(head, 4, &descriptor))
        return false;
    if (!(descriptor >> 5 & 1)) {
        if (!span_u8(head, 5, &window))
            return false;
        uint64_t base = UINT64_C(1) << (10 + (window >> 3));
        *ret_window = base + base / 8 * (window & 7);
        return true;
    }
    /* A single segment: the window is the content, whose size follows. */
    unsigned size = 1u << (descriptor >> 6);
    Span content = span_after(head, 5 + dictionary_sizes[descriptor & 3]);
    if (content.length < size)
        return false;
    for (unsigned i = 0; i < size; i++)
        *ret_window |= (uint64_t)content.bytes[i] << 8 * i;
    *ret_window += size == 2 ? 256 : 0;
    return true;
}

/* Whether there is room for the frame that begins here. */
static bool fits(Zstd *zstd, const UnpackPortion *portion)
{
    uint8_t bytes[18];
    uint64_t window;
    if (zstd->head.known || !find_window(unpack_head_ahead(&zstd->head, portion, bytes), &window))
        return true;
    zstd->head.known = true;
    return unpack_memory_need(zstd->memory, MIN(window, UINT64_MAX / 2) + BESIDE_WINDOW);
}

/* The library reads one frame after another, and skips the frames that are to be skipped. It gets
 * one block at a time, without the next block's header: if a call fails, everything unpacked by
 * that call is lost. */
static UnpackState zstd_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Zstd *zstd = state;
    if (!fits(zstd, portion)) {
        *ret_failure = zstd->memory->refusal;
        return UNPACK_FAILED;
    }
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
    unpack_head_read(&zstd->head, portion->in, in.pos);
    if (result == 0)
        zstd->head = (UnpackHead){ .known = false };
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
