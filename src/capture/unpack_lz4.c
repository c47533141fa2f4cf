#include "capture/unpack_format.h"

#ifdef UNPACK_LZ4

#include <glib.h>
#include <lz4.h>
#include <lz4frame.h>

/* Enough bytes of a frame for the library to say how many it wants next: all up to the end of a
 * block, and the header of the block after it. */
#define FRAME_START 7
#define BLOCK_HEADER_SIZE 4
#define BLOCK_CHECKSUM_SIZE 4

/* The place of the block size in the header of a frame. */
#define BLOCK_SIZE_AT 5
/* Beside a block that is unpacked and one that is not: the blocks before it, that it refers to. */
#define BESIDE_BLOCKS (256 * 1024)

#define MAGIC UINT32_C(0x184d2204)

typedef struct Lz4 {
    LZ4F_dctx *context;
    size_t wanted;
    UnpackMemory *memory;
    UnpackHead head;
    bool frame_known;   /* its descriptor was read */
    bool blocks_summed; /* each block has a checksum */
} Lz4;

static void *lz4_start(UnpackMemory *memory)
{
    Lz4 *lz4 = g_new0(Lz4, 1);
    LZ4F_errorCode_t failure = LZ4F_createDecompressionContext(&lz4->context, LZ4F_VERSION);
    if (LZ4F_isError(failure))
        g_error("lz4 cannot begin: %s", LZ4F_getErrorName(failure));
    lz4->wanted = FRAME_START;
    lz4->memory = memory;
    return lz4;
}

/* Whether there is room for the frame that begins here: a block has 64 KiB, or four times that, or
 * sixteen or 64 times. */
static bool fits(Lz4 *lz4, const UnpackPortion *portion)
{
    uint8_t bytes[18], size;
    uint32_t magic;
    Span head = unpack_head_ahead(&lz4->head, portion, bytes);
    if (lz4->head.known || !span_le32(head, 0, &magic) || !span_u8(head, BLOCK_SIZE_AT, &size))
        return true;
    lz4->head.known = true;
    unsigned times = MAX(size >> 4 & 7, 4) - 4;
    uint64_t block = UINT64_C(65536) << 2 * times;
    return magic != MAGIC || unpack_memory_need(lz4->memory, 2 * block + BESIDE_BLOCKS);
}

/* Looks at the descriptor of a frame that has begun, as soon as it was read. */
static void learn_frame(Lz4 *lz4)
{
    LZ4F_frameInfo_t info;
    size_t none = 0;
    if (LZ4F_isError(LZ4F_getFrameInfo(lz4->context, &info, NULL, &none)))
        return;
    lz4->frame_known = true;
    lz4->blocks_summed = info.blockChecksumFlag == LZ4F_blockChecksumEnabled;
}

/* How much the library gets at once: a block, without its checksum and the next block's header. If
 * a call fails, everything unpacked by that call is lost, and a block that is stored as it is comes
 * out before its checksum is looked at. */
static size_t portion_of(const Lz4 *lz4)
{
    size_t header = lz4->wanted > BLOCK_HEADER_SIZE ? BLOCK_HEADER_SIZE : 0;
    size_t rest = lz4->wanted - header;
    return lz4->blocks_summed && rest > BLOCK_CHECKSUM_SIZE ? rest - BLOCK_CHECKSUM_SIZE : rest;
}

/* The library reads one frame after another, and skips the frames that are to be skipped. A block
 * has at most 4 MiB, whatever a frame claims. */
static UnpackState lz4_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Lz4 *lz4 = state;
    if (!fits(lz4, portion)) {
        *ret_failure = lz4->memory->refusal;
        return UNPACK_FAILED;
    }
    size_t in = MIN(portion->in_left, portion_of(lz4)), out = portion->out_left;
    size_t result = LZ4F_decompress(lz4->context, portion->out, &out, portion->in, &in, NULL);
    if (LZ4F_isError(result)) {
        *ret_failure = LZ4F_getErrorName(result);
        return UNPACK_FAILED;
    }
    unpack_head_read(&lz4->head, portion->in, in);
    if (result == 0)
        lz4->head = (UnpackHead){ .known = false };
    portion->in += in;
    portion->in_left -= in;
    portion->out += out;
    portion->out_left -= out;
    lz4->wanted = result == 0 ? FRAME_START : result;
    if (result == 0)
        lz4->frame_known = lz4->blocks_summed = false;
    else if (!lz4->frame_known)
        learn_frame(lz4);
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
