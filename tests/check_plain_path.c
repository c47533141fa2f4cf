/* The plain path of stream/ is the other one, but shorter: every event, and all facts of every
 * connection after every segment, are what they are without it. Over all samples and conversations,
 * as they are and with frames lost, doubled, moved and cut. */
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "stream_table.h"
#include "transcript.h"

/* Of recordings of no more frames, each beginning is tried: its end shows the facts of then. */
#define SHORT 60

static GPtrArray *recordings;

/* With the plain path, and without. */
typedef struct Two {
    StreamTable *plain, *general;
} Two;

static void two_open(Two *two, size_t memory)
{
    StreamLimits limits = STREAM_LIMITS_DEFAULT;
    limits.memory = memory;
    limits.pairs = 1000;
    two->plain = stream_table_new(&limits);
    limits.never_plain = true;
    two->general = stream_table_new(&limits);
}

static void two_close(Two *two)
{
    ck_assert(memcmp(stream_table_counters(two->plain), stream_table_counters(two->general),
                     sizeof(StreamCounters)) == 0);
    stream_table_free(two->plain);
    stream_table_free(two->general);
}

/* Holes between members hold anything: what is compared is whole members, one by one or in rows
 * that have no hole. */
#define SAME(member) (memcmp(&one->member, &other->member, sizeof one->member) == 0)
#define SAME_ROW(type, first, behind)                                                              \
    (memcmp(&one->first, &other->first, offsetof(type, behind) - offsetof(type, first)) == 0)

static bool same_reset(const RstFact *one, const RstFact *other)
{
    return SAME(stamp) && SAME(answers) && SAME(answers_bare) && SAME(answers_next) &&
           SAME(peer_sent) && SAME(hops);
}

static bool same_transmissions(const Transmissions *one, const Transmissions *other)
{
    return SAME(offset) && SAME(count) && SAME(last_frame) && SAME(first) && SAME(last) &&
           SAME(interval);
}

static bool same_half(const Half *one, const Half *other)
{
    return SAME_ROW(Half, seen, base) && SAME(base) && SAME_ROW(Half, next, fin) &&
           SAME(fin.proof) && SAME(fin.stamp) && SAME(fin_in_gap) &&
           same_reset(&one->rst, &other->rst) && same_transmissions(&one->resent, &other->resent) &&
           SAME(answers_missing) && SAME(ignored_answers_missing);
}

static bool same_facts(const Connection *one, const Connection *other)
{
    return SAME(owner) && SAME(owner_size) && SAME(owner_rests) &&
           SAME_ROW(Connection, first_frame, stream_number) && SAME(stream_number) &&
           same_half(&one->half[0], &other->half[0]) && same_half(&one->half[1], &other->half[1]) &&
           SAME_ROW(Connection, syn_uncounted, end) && SAME(end) && SAME(open_at_end) &&
           SAME(overlap_frames) && SAME(ignored_reset);
}

/* But for what they point to. */
static bool same_event(const StreamEvent *one, const StreamEvent *other)
{
    return SAME(kind) && SAME(side) && SAME(stamp) && SAME(gap) && SAME(reason) &&
           SAME(segment_start) && SAME(resent) && SAME(quiet_acked) && SAME(bare_acked) &&
           SAME(free_to_send);
}

static void expect_same_events(const Two *two, const char *name, size_t at)
{
    StreamEvent one, other;
    for (;;) {
        bool more = stream_table_next(two->plain, &one);
        ck_assert_msg(more == stream_table_next(two->general, &other), "%s, frame %zu", name, at);
        if (!more)
            return;
        ck_assert_msg(same_facts(one.connection, other.connection), "%s, frame %zu: other facts",
                      name, at);
        ck_assert_msg(span_equal(one.data, other.data), "%s, frame %zu: other data", name, at);
        ck_assert_msg(same_event(&one, &other), "%s, frame %zu: another event", name, at);
    }
}

/* Returns how many segments there were; *ret_evicted: how many connections were given up. */
static size_t compare_in(size_t memory, const Frame *frames, size_t count, const char *name,
                         uint64_t *ret_evicted)
{
    Two two;
    size_t segments = 0;
    g_autoptr(Decoder) decoder = decoder_new();
    two_open(&two, memory);
    for (size_t i = 0; i < count; i++) {
        Segment segment;
        if (decode_frame(decoder, &frames[i], &segment) != DECODE_SEGMENT)
            continue;
        segments++;
        segment.order = i + 1;
        SegmentOwner one = stream_table_feed(two.plain, &segment);
        SegmentOwner other = stream_table_feed(two.general, &segment);
        ck_assert(one.first_frame == other.first_frame && one.belongs == other.belongs);
        expect_same_events(&two, name, i);
    }
    stream_table_finish(two.plain);
    stream_table_finish(two.general);
    expect_same_events(&two, name, count);
    *ret_evicted = stream_table_counters(two.plain)->evicted;
    two_close(&two);
    return segments;
}

static size_t compare(const Frame *frames, size_t count, const char *name)
{
    uint64_t evicted;
    return compare_in(STREAM_LIMITS_DEFAULT.memory, frames, count, name, &evicted);
}

static GArray *frames_of(const Recording *recording)
{
    GArray *frames = g_array_new(FALSE, FALSE, sizeof(Frame));
    for (guint i = 0; i < recording->takes->len; i++) {
        Frame frame = recording_take(recording, i)->frame;
        frame.id = frame_id(1, i + 1);
        g_array_append_val(frames, frame);
    }
    return frames;
}

static void compare_all(const GArray *frames, const char *name)
{
    ck_assert_uint_gt(compare((const Frame *)(const void *)frames->data, frames->len, name), 0);
}

START_TEST(test_as_they_are)
{
    for (guint i = 0; i < recordings->len; i++) {
        const Recording *recording = g_ptr_array_index(recordings, i);
        g_autoptr(GArray) frames = frames_of(recording);
        compare_all(frames, recording->name);
        for (guint count = 1; frames->len <= SHORT && count < frames->len; count++)
            compare((const Frame *)(const void *)frames->data, count, recording->name);
    }
}
END_TEST

typedef enum Mutation { LOST, DOUBLED, MOVED, MOVED_FAR, LATE, CUT, MUTATIONS } Mutation;

static void mutate(GArray *frames, Mutation mutation, guint at)
{
    Frame *frame = &g_array_index(frames, Frame, at), copy = *frame;
    switch (mutation) {
    case LOST:
        g_array_remove_index(frames, at);
        break;
    case DOUBLED: /* too late for a copy of the packet */
        copy.time += 40 * NS_PER_MS;
        g_array_insert_val(frames, MIN(at + 2, frames->len), copy);
        break;
    case MOVED:
    case MOVED_FAR:
        g_array_remove_index(frames, at);
        g_array_insert_val(frames, MIN(at + (mutation == MOVED ? 1 : 2), frames->len), copy);
        break;
    case LATE: /* the clock is set back behind it */
        frame->time += 10 * NS_PER_SECOND;
        break;
    case CUT:
        frame->bytes = span_first(frame->bytes, frame->bytes.length - MIN(frame->bytes.length, 9));
        break;
    case MUTATIONS:
        break;
    }
    for (guint i = 0; i < frames->len; i++)
        g_array_index(frames, Frame, i).id = frame_id(1, i + 1);
}

START_TEST(test_mutations)
{
    for (guint i = 0; i < recordings->len; i++) {
        const Recording *recording = g_ptr_array_index(recordings, i);
        for (guint at = 0; at < MIN(recording->takes->len, SHORT); at++) {
            g_autoptr(GArray) frames = frames_of(recording);
            mutate(frames, _i, at);
            compare((const Frame *)(const void *)frames->data, frames->len, recording->name);
        }
    }
}
END_TEST

/* A segment finds its connection packed, and when it has been unpacked, another one has to go. */
START_TEST(test_little_memory)
{
    uint64_t evicted;
    g_autoptr(GPtrArray) copies = g_ptr_array_new();
    for (unsigned copy = 0; copy < 8; copy++)
        for (guint i = 0; i < recordings->len; i++)
            g_ptr_array_add(copies, g_ptr_array_index(recordings, i));
    g_autoptr(Recording) crowd = recordings_merge(copies, NS_PER_MS);
    g_autoptr(GArray) frames = frames_of(crowd);
    compare_in((size_t)400 << 10, (const Frame *)(const void *)frames->data, frames->len, "crowd",
               &evicted);
    ck_assert_uint_gt(evicted, 0);
}
END_TEST

static void add_conversations(GPtrArray *to)
{
    const char *top = g_getenv("srcdir");
    g_autofree char *folder = g_build_filename(top ? top : ".", "tests", "conversations", NULL);
    g_autoptr(GPtrArray) transcripts = transcripts_load(folder, NULL);
    g_assert(transcripts);
    for (guint i = 0; i < transcripts->len; i++) {
        const Transcript *transcript = g_ptr_array_index(transcripts, i);
        Recording *recording = recording_new(transcript->title);
        for (size_t j = 0; j < transcript->frame_count; j++) {
            Frame frame = transcript->frames[j];
            uint8_t *bytes = recording_bytes(recording, frame.bytes.length);
            memcpy(bytes, frame.bytes.bytes, frame.bytes.length);
            frame.bytes = span_make(bytes, frame.bytes.length);
            recording_append(recording, &frame, j);
        }
        g_ptr_array_add(to, recording);
    }
}

int main(void)
{
    recordings = recordings_of_samples();
    add_conversations(recordings);
    Suite *suite = suite_create("plain path");
    TCase *tcase = tcase_create("plain path");
    tcase_set_timeout(tcase, 600);
    tcase_add_test(tcase, test_as_they_are);
    tcase_add_test(tcase, test_little_memory);
    tcase_add_loop_test(tcase, test_mutations, LOST, MUTATIONS);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    g_ptr_array_unref(recordings);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
