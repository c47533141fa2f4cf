/* Merges files by time, and never looks further ahead than one batch of each file.
 *
 * The frames of a file keep the file's order. Times go back within files (several queues of a card,
 * a clock that is set). If the merge used each frame's own time, the result would depend on how far
 * it looks ahead. Therefore a frame's key is the latest time that its file has shown so far. The
 * file with the smallest (key, number) gives the next frame, so the result depends on the files
 * alone. A frame without a time has the key of the frame before it.
 *
 * An input is opened when the keys reach the time of its first packet, and closed at its end. So
 * only one or two rotated files are open at a time, however many there are. The alternative was to
 * open all files and raise the limit of descriptors; it fails if that limit is a hard one.
 *
 * A batch ends when a file's own batch is used up, because the frames' bytes must stay valid until
 * the caller comes again. With one open file, a batch costs a copy of 64 small structs and nothing
 * else. */
#include "capture/merge.h"

#include "base/interrupt.h"
#include "capture/bytes.h"

typedef struct Key {
    Nanoseconds time;
    unsigned number;
} Key;

typedef struct Source {
    InputFile *file;
    CaptureReader *reader;
    FrameBatch batch;
    size_t given; /* of the batch */
    Nanoseconds latest;
    uint32_t set_back_before; /* ClockMark.set_back where it was opened */
} Source;

struct CaptureMerge {
    CaptureInputs *inputs;
    CaptureOptions options;
    unsigned unopened, end; /* the next number to open; one past the last */
    Source *sources[INPUTS_OPEN_MAX];
    unsigned open;
    uint32_t set_back;     /* the greatest ClockMark.set_back so far */
    uint64_t closed_bytes; /* bytes read of the inputs that are closed again */
};

static const Key NEVER = { INT64_MAX, INPUTS_MAX + 1 };

static bool precedes(Key a, Key b)
{
    return a.time != b.time ? a.time < b.time : a.number < b.number;
}

CaptureMerge *capture_merge_new(CaptureInputs *inputs, unsigned first, unsigned count,
                                const CaptureOptions *options)
{
    g_assert(first >= 1 && first - 1 + count <= inputs->numbered->len);
    CaptureMerge *merge = g_new0(CaptureMerge, 1);
    merge->inputs = inputs;
    if (options)
        merge->options = *options;
    merge->options.room = &inputs->room;
    merge->options.hashes = &inputs->hashes;
    merge->unopened = first;
    merge->end = first + count;
    return merge;
}

static void source_free(Source *source)
{
    frame_batch_clear(&source->batch);
    capture_reader_free(source->reader);
    g_free(source);
}

/* What the reader learned about the file stays with the file. */
static void close_source(CaptureMerge *merge, unsigned at)
{
    Source *source = merge->sources[at];
    CaptureInfo *info = g_memdup2(capture_reader_info(source->reader), sizeof *info);
    info->path = source->file->path;
    info->sha256 = source->file->sha256 = g_strdup(info->sha256);
    source->file->info = info;
    source->file->interrupted = info->end == CAPTURE_END_INTERRUPTED;
    merge->closed_bytes += info->bytes_read;
    source_free(source);
    merge->sources[at] = merge->sources[--merge->open];
}

/* Returns false if the source has ended; it is then closed. */
static bool refill(CaptureMerge *merge, unsigned at)
{
    Source *source = merge->sources[at];
    GError *error = NULL;
    source->given = 0;
    if (capture_reader_next(source->reader, &source->batch, &error))
        return true;
    if (error && capture_reader_info(source->reader)->end == CAPTURE_END_CUT)
        input_file_cut(source->file, error);
    else if (error)
        input_file_fail(source->file, error);
    close_source(merge, at);
    return false;
}

static void refill_used_up(CaptureMerge *merge)
{
    for (unsigned at = 0; at < merge->open;)
        if (merge->sources[at]->given < merge->sources[at]->batch.count || refill(merge, at))
            at++;
}

static Key key_of_next(const Source *source)
{
    Nanoseconds time = source->batch.frames[source->given].time;
    return (Key){ MAX(source->latest, time), source->file->number };
}

static InputFile *next_file(const CaptureMerge *merge)
{
    return g_ptr_array_index(merge->inputs->numbered, merge->unopened - 1);
}

static Key key_of_unopened(const CaptureMerge *merge)
{
    if (merge->unopened == merge->end)
        return NEVER;
    const InputFile *file = next_file(merge);
    return (Key){ file->timed ? file->first_time : INT64_MAX, file->number };
}

/* The source with the next frame, and the key at which another source takes its turn. NULL if there
 * is none. */
static Source *choose(const CaptureMerge *merge, Key *ret_until)
{
    Source *chosen = NULL;
    Key least = NEVER, second = key_of_unopened(merge);
    for (unsigned at = 0; at < merge->open; at++) {
        Key key = key_of_next(merge->sources[at]);
        if (precedes(key, least)) {
            second = chosen && precedes(least, second) ? least : second;
            least = key;
            chosen = merge->sources[at];
        } else if (precedes(key, second)) {
            second = key;
        }
    }
    *ret_until = second;
    return chosen;
}

static void refuse(InputFile *file)
{
    g_autofree char *name = capture_display_name(file->path);
    input_file_fail(file, g_error_new(CAPTURE_ERROR, CAPTURE_ERROR_OPEN,
                                      "%s: not read, for %d inputs overlap it in time and no more "
                                      "can be open at once",
                                      name, INPUTS_OPEN_MAX));
}

static void open_next(CaptureMerge *merge)
{
    InputFile *file = next_file(merge);
    merge->unopened++;
    if (merge->open == INPUTS_OPEN_MAX) {
        refuse(file);
        return;
    }
    if (!file->reader && interrupt_requested()) {
        file->interrupted = true;
        return;
    }
    GError *error = NULL;
    Source *source = g_new0(Source, 1);
    source->file = file;
    source->latest = file->timed ? file->first_time : INT64_MIN;
    source->set_back_before = merge->set_back;
    source->reader = g_steal_pointer(&file->reader);
    if (source->reader) {
        capture_reader_tell(source->reader, &merge->options);
        source->batch = file->begun;
        file->begun = (FrameBatch){ 0 };
    } else {
        source->reader =
            capture_reader_open(input_file_place(file), file->number, &merge->options, &error);
    }
    if (!source->reader) {
        input_file_fail(file, error);
        source_free(source);
        return;
    }
    merge->sources[merge->open++] = source;
    if (source->batch.count == 0)
        refill(merge, merge->open - 1);
}

/* Opens the inputs that are due: no open input has a frame before their first one. */
static void open_due(CaptureMerge *merge)
{
    while (merge->unopened < merge->end) {
        Key until;
        const Source *next = choose(merge, &until);
        if (next && precedes(key_of_next(next), key_of_unopened(merge)))
            return;
        open_next(merge);
    }
}

/* Counts on from where the inputs before it had come to: rotated files have one clock. */
static void mark_clock(CaptureMerge *merge, const Source *source, Frame *frame)
{
    uint32_t own = frame->clock.set_back;
    bool fits = own <= UINT32_MAX - source->set_back_before;
    frame->clock.set_back = fits ? source->set_back_before + own : UINT32_MAX;
    merge->set_back = MAX(merge->set_back, frame->clock.set_back);
}

static void give(CaptureMerge *merge, Source *source, Key until, FrameBatch *batch)
{
    while (batch->count < FRAME_BATCH_MAX && source->given < source->batch.count) {
        Key key = key_of_next(source);
        if (!precedes(key, until))
            return;
        source->latest = key.time;
        Frame *frame = &batch->frames[batch->count++];
        *frame = source->batch.frames[source->given++];
        /* An input that was opened before it had a number counts frames only. */
        frame->id = frame_id(source->file->number, frame_number(frame->id));
        mark_clock(merge, source, frame);
    }
}

bool capture_merge_next(CaptureMerge *merge, FrameBatch *batch)
{
    batch->count = 0;
    refill_used_up(merge);
    for (;;) {
        Key until;
        open_due(merge);
        Source *source = choose(merge, &until);
        if (!source)
            return batch->count > 0;
        give(merge, source, until, batch);
        if (batch->count == FRAME_BATCH_MAX || source->given == source->batch.count)
            return true;
    }
}

uint64_t capture_merge_bytes_read(const CaptureMerge *merge)
{
    uint64_t sum = merge->closed_bytes;
    for (unsigned at = 0; at < merge->open; at++)
        sum += capture_reader_info(merge->sources[at]->reader)->bytes_read;
    return sum;
}

void capture_merge_free(CaptureMerge *merge)
{
    if (!merge)
        return;
    while (merge->open > 0)
        source_free(merge->sources[--merge->open]);
    g_free(merge);
}
