/* Reads any bytes as a capture file.
 *
 * These must hold: frame numbers increase; frames lie inside their batch and, if nothing is
 * compressed, are together not longer than the file; a file that does not open, or breaks, reports
 * it on one line; a prefix of a file gives the first frames of the whole file. */
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A longer input only takes longer. */
#define SIZE_MAX_TRIED 100000

/* A checksum of each frame that depends on all its bytes and facts. */
static void note_frame(GArray *frames, const Frame *frame)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)frame->time ^ frame->wire_length;
    for (size_t i = 0; i < frame->bytes.length; i++)
        hash = (hash ^ frame->bytes.bytes[i]) * UINT64_C(0x100000001b3);
    g_array_append_val(frames, hash);
}

static void assert_message(const GError *error)
{
    g_assert_nonnull(error);
    g_assert_true(error->domain == CAPTURE_ERROR);
    g_assert_null(strchr(error->message, '\n'));
}

static void read_batches(CaptureReader *reader, size_t size, GArray *frames)
{
    FrameBatch batch = { 0 };
    size_t bytes = 0;
    FrameId last = frame_id(1, 0);
    g_autoptr(GError) error = NULL;
    while (capture_reader_next(reader, &batch, &error)) {
        g_assert_cmpuint(batch.count, >=, 1);
        g_assert_cmpuint(batch.count, <=, FRAME_BATCH_MAX);
        for (size_t i = 0; i < batch.count; i++) {
            const Frame *frame = &batch.frames[i];
            g_assert_true(frame->bytes.bytes >= batch.storage);
            g_assert_true(frame->bytes.bytes + frame->bytes.length <=
                          batch.storage + batch.storage_size);
            bytes += frame->bytes.length;
            note_frame(frames, frame);
            g_assert_cmpuint(frame->id, >, last);
            last = frame->id;
        }
    }
    if (error)
        assert_message(error);
    const CaptureInfo *info = capture_reader_info(reader);
    g_assert_cmpuint(info->packets, ==, frames->len);
    g_assert_cmpuint(info->frames, ==, frames->len + info->other_frames);
    g_assert_cmpuint(frame_number(last), <=, info->frames);
    if (!info->compression)
        g_assert_cmpuint(bytes, <=, size);
    frame_batch_clear(&batch);
}

static GArray *read_file(const uint8_t *data, size_t size)
{
    GArray *frames = g_array_new(FALSE, FALSE, sizeof(uint64_t));
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        g_error("no memory file");
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    g_autoptr(GError) error = NULL;
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, NULL, &error);
    if (reader)
        read_batches(reader, size, frames);
    else
        assert_message(error);
    close(file);
    return frames;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = MIN(size, SIZE_MAX_TRIED);
    g_autoptr(GArray) all = read_file(data, size);
    g_autoptr(GArray) some = read_file(data, size - size / 3);
    g_assert_cmpuint(some->len, <=, all->len);
    if (some->len > 0)
        g_assert_cmpmem(some->data, some->len * sizeof(uint64_t), all->data,
                        some->len * sizeof(uint64_t));
    return 0;
}
