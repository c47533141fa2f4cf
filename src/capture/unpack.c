#include "capture/unpack.h"

#include <errno.h>

#include "capture/unpack_format.h"

#define INPUT_SIZE (128 * 1024)

/* Frames that readers of zstd and of lz4 must skip: sixteen magic numbers, each followed by the
 * length. */
#define SKIPPABLE_MAGIC UINT32_C(0x184d2a50)
#define SKIPPABLE_MASK UINT32_C(0xfffffff0)
#define SKIPPABLE_HEADER_SIZE 8

struct Unpacker {
    CaptureBytes *bytes;        /* borrowed */
    const UnpackFormat *format; /* NULL: bytes pass as they are */
    void *state;                /* state of the format */
    uint8_t *input;             /* INPUT_SIZE bytes of compressed data */
    UnpackMemory memory;
    UnpackPortion portion;
    bool may_end;         /* the state after the last step */
    bool filled;          /* the last step filled the output */
    uint64_t total, most; /* bytes given, and how many may be; 0: all */
    char *failure;
    bool cut;
};

static const UnpackFormat *const FORMATS[] = { &unpack_gzip, &unpack_zstd, &unpack_lz4,
                                               &unpack_xz };

/* Both zstd and lz4 have frames to skip. The first other frame decides. If `head` does not reach
 * it, the format is zstd, whose tools write such frames. */
static const UnpackFormat *find_format(Span head)
{
    uint32_t magic, length;
    bool skipped = false;
    while (span_le32(head, 0, &magic) && (magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC &&
           span_le32(head, 4, &length)) {
        head = span_after(head, SKIPPABLE_HEADER_SIZE + (size_t)length);
        skipped = true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(FORMATS); i++)
        if (span_equal(span_first(head, FORMATS[i]->magic_size),
                       span_make(FORMATS[i]->magic, FORMATS[i]->magic_size)))
            return FORMATS[i];
    return skipped ? &unpack_zstd : NULL;
}

#define IN_MIB(bytes) ((unsigned)(((bytes) + (1 << 20) - 1) >> 20))

bool unpack_memory_need(UnpackMemory *memory, uint64_t size)
{
    if (size <= memory->taken)
        return true;
    if (size <= UNPACK_MEMORY_MAX &&
        capture_room_take(memory->room, (size_t)size - memory->taken)) {
        memory->taken = (size_t)size;
        return true;
    }
    size_t left = capture_room_left(memory->room);
    if (size > UNPACK_MEMORY_MAX)
        g_snprintf(memory->refusal, sizeof memory->refusal,
                   "unpacking it takes %u MiB of memory, more than %u", IN_MIB(size),
                   IN_MIB(UNPACK_MEMORY_MAX));
    else
        g_snprintf(memory->refusal, sizeof memory->refusal,
                   "unpacking it takes %u MiB of memory, and --max-memory leaves %u", IN_MIB(size),
                   (unsigned)((left + memory->taken) >> 20));
    return false;
}

Span unpack_head_ahead(const UnpackHead *head, const UnpackPortion *portion, uint8_t ret_bytes[18])
{
    size_t ahead = MIN(portion->in_left, sizeof head->bytes - head->length);
    memcpy(ret_bytes, head->bytes, head->length);
    if (ahead > 0)
        memcpy(ret_bytes + head->length, portion->in, ahead);
    return span_make(ret_bytes, head->length + ahead);
}

void unpack_head_read(UnpackHead *head, const uint8_t *bytes, size_t size)
{
    size_t kept = MIN(size, sizeof head->bytes - head->length);
    if (kept > 0)
        memcpy(head->bytes + head->length, bytes, kept);
    head->length += kept;
}

const char *unpack_recognize(Span head)
{
    const UnpackFormat *format = find_format(head);
    return format ? format->name : NULL;
}

const char *unpack_library_version(const char *format)
{
    for (size_t i = 0; i < G_N_ELEMENTS(FORMATS); i++)
        if (strcmp(FORMATS[i]->name, format) == 0 && FORMATS[i]->library_version)
            return FORMATS[i]->library_version();
    return NULL;
}

Unpacker *unpacker_new(CaptureBytes *bytes, CaptureRoom *room)
{
    Unpacker *unpacker = g_new0(Unpacker, 1);
    unpacker->bytes = bytes;
    unpacker->memory.room = room;
    unpacker->format = find_format(capture_bytes_head(bytes));
    if (!unpacker->format)
        return unpacker;
    if (unpacker->format->start) {
        unpacker->state = unpacker->format->start(&unpacker->memory);
        unpacker->input = g_new(uint8_t, INPUT_SIZE);
    } else {
        unpacker->failure =
            g_strdup_printf("%s: this build of connaudit cannot unpack it", unpacker->format->name);
    }
    return unpacker;
}

size_t unpacker_memory(const Unpacker *unpacker)
{
    return unpacker->memory.taken;
}

const char *unpacker_format(const Unpacker *unpacker)
{
    return unpacker->format ? unpacker->format->name : NULL;
}

const char *unpacker_failure(const Unpacker *unpacker)
{
    return unpacker->failure;
}

bool unpacker_is_cut(const Unpacker *unpacker)
{
    return unpacker->cut;
}

static ssize_t read_bytes(Unpacker *unpacker, void *buffer, size_t size)
{
    ssize_t got = capture_bytes_read(unpacker->bytes, buffer, size);
    if (got < 0)
        unpacker->failure = g_strdup(g_strerror(errno));
    return got;
}

static bool refill(Unpacker *unpacker)
{
    ssize_t got = read_bytes(unpacker, unpacker->input, INPUT_SIZE);
    if (got < 0)
        return false;
    unpacker->portion.in = unpacker->input;
    unpacker->portion.in_left = (size_t)got;
    unpacker->portion.last = got == 0;
    return true;
}

/* Decides what the end of the input means after the last step. */
static void end_input(Unpacker *unpacker)
{
    if (unpacker->may_end)
        return;
    unpacker->failure = g_strdup_printf("the %s data ends too early", unpacker->format->name);
    unpacker->cut = true;
}

/* Runs one step of the format. Returns false if no further step will follow, because of the end or
 * of a failure.
 *
 * If a step filled the output, the library may hold more of it. A step without input fetches the
 * rest. With input, zstd and lz4 would continue with the next block; if that block is corrupt, they
 * would lose the rest of the one before. */
static bool unpack_step(Unpacker *unpacker)
{
    UnpackPortion *portion = &unpacker->portion;
    if (portion->in_left == 0 && !portion->last && !unpacker->filled && !refill(unpacker))
        return false;
    size_t held_back = unpacker->filled ? portion->in_left : 0;
    portion->in_left -= held_back;
    size_t in_left = portion->in_left, out_left = portion->out_left;
    const char *failure = NULL;
    UnpackState state = unpacker->format->step(unpacker->state, portion, &failure);
    bool moved = portion->in_left < in_left || portion->out_left < out_left;
    bool only_fetched = unpacker->filled;
    portion->in_left += held_back;
    unpacker->filled = portion->out_left == 0;
    if (state == UNPACK_FAILED) {
        unpacker->failure = g_strdup_printf("%s: %s", unpacker->format->name, failure);
        return false;
    }
    if (moved || state == UNPACK_AT_END)
        unpacker->may_end = state == UNPACK_AT_END;
    if (moved || only_fetched || (portion->in_left == 0 && !portion->last))
        return true;
    if (portion->in_left > 0)
        unpacker->failure = g_strdup_printf("%s: corrupt", unpacker->format->name);
    else
        end_input(unpacker);
    return false;
}

void unpacker_limit(Unpacker *unpacker, uint64_t most)
{
    unpacker->most = most;
}

uint64_t unpacker_total(const Unpacker *unpacker)
{
    return unpacker->total;
}

/* All that may be given has been: it fits only if nothing follows. */
static bool is_beyond(Unpacker *unpacker)
{
    uint8_t next;
    unpacker->portion.out = &next;
    unpacker->portion.out_left = 1;
    while (unpacker->portion.out_left == 1 && unpack_step(unpacker))
        ;
    if (unpacker->portion.out_left == 0 && !unpacker->failure)
        unpacker->failure = g_strdup_printf(
            "unpacks to more than %" G_GUINT64_FORMAT " bytes (--max-unpacked)", unpacker->most);
    return unpacker->failure;
}

ssize_t unpacker_read(Unpacker *unpacker, void *buffer, size_t size)
{
    if (unpacker->failure)
        return -1;
    if (!unpacker->format)
        return read_bytes(unpacker, buffer, size);
    if (unpacker->most && unpacker->total == unpacker->most)
        return is_beyond(unpacker) ? -1 : 0;
    if (unpacker->most)
        size = (size_t)MIN(size, unpacker->most - unpacker->total);
    unpacker->portion.out = buffer;
    unpacker->portion.out_left = size;
    while (unpacker->portion.out_left == size && unpack_step(unpacker))
        ;
    size_t given = size - unpacker->portion.out_left;
    unpacker->total += given;
    if (given > 0)
        return (ssize_t)given;
    return unpacker->failure ? -1 : 0;
}

void unpacker_free(Unpacker *unpacker)
{
    if (!unpacker)
        return;
    if (unpacker->state)
        unpacker->format->free(unpacker->state);
    capture_room_give_back(unpacker->memory.room, unpacker->memory.taken);
    g_free(unpacker->input);
    g_free(unpacker->failure);
    g_free(unpacker);
}
