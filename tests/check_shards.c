/* Shards run alone: two sets, each with half of them, give together what one set with all of them
 * gives. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "stream/shards.h"

#define CONNECTIONS 3000
#define SEGMENTS 60000
#define FRAMES_ALIKE 3 /* how often at most one packet is seen */

/* Little memory, so that connections are packed, and given up. */
static const StreamLimits LIMITS = { .connections = 64 * 40,
                                     .held_bytes = 64 * 20000,
                                     .held_bytes_connection = 4000,
                                     .memory = 64 * 70000,
                                     .pairs = 10000 };

/* What came of a run: lines by connection, and the order in which connections ended, by step. */
typedef struct Story {
    GHashTable *lines; /* first frame to GString */
    GString *ends;     /* of all steps: timers, segments, the end */
    GArray *step;      /* FrameId: ended in this step */
    uint64_t packs, gone;
} Story;

static void free_line(gpointer line)
{
    g_string_free(line, TRUE);
}

static void story_open(Story *story)
{
    story->lines = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_line);
    story->ends = g_string_new(NULL);
    story->step = g_array_new(FALSE, FALSE, sizeof(FrameId));
    story->packs = story->gone = 0;
}

static void story_close(Story *story)
{
    g_hash_table_unref(story->lines);
    g_string_free(story->ends, TRUE);
    g_array_free(story->step, TRUE);
}

static GString *line_of(Story *story, FrameId first)
{
    GString *line = g_hash_table_lookup(story->lines, &first);
    if (!line) {
        line = g_string_new(NULL);
        g_hash_table_insert(story->lines, g_memdup2(&first, sizeof first), line);
    }
    return line;
}

static void take_event(Story *story, const StreamEvent *event)
{
    Connection *connection = event->connection;
    GString *line = line_of(story, connection->first_frame);
    if (!connection->owner) {
        connection->owner = g_malloc(200);
        connection->owner_size = 200;
    }
    g_string_append_printf(
        line, "%d.%d %" G_GINT64_FORMAT "+%zu,%" G_GINT64_FORMAT " #%" G_GUINT64_FORMAT "; ",
        event->kind, event->side, event->stamp.offset, event->data.length, event->gap,
        event->stamp.frame);
    story->packs += event->kind == STREAM_PACK;
    if (event->kind != STREAM_END)
        return;
    g_string_append_printf(line, "%d %u %d %d", connection->end, connection->stream_number,
                           connection->limited, connection->after_eviction);
    g_array_append_val(story->step, connection->first_frame);
    story->gone += connection->end == CONNECTION_EVICTED;
    g_free(connection->owner);
}

static void drain(Story *story, Shards *shards)
{
    StreamEvent event;
    while (shards_next(shards, &event))
        take_event(story, &event);
}

static gint compare_frames(gconstpointer a, gconstpointer b)
{
    FrameId left = *(const FrameId *)a, right = *(const FrameId *)b;
    return (left > right) - (left < right);
}

/* The ends since the last time, in the order that sets keep in a step, over all of them. */
static void end_step(Story *story, bool sort)
{
    if (sort)
        g_array_sort(story->step, compare_frames);
    for (guint i = 0; i < story->step->len; i++)
        g_string_append_printf(story->ends, "%" G_GUINT64_FORMAT " ",
                               g_array_index(story->step, FrameId, i));
    g_string_append_c(story->ends, '\n');
    g_array_set_size(story->step, 0);
}

/* One segment of one of the connections: mostly in order, sometimes with a hole, a FIN, a RST, a
 * SYN. */
typedef struct Talk {
    uint32_t next[2];
    bool begun, answered;
} Talk;

static uint8_t choose_flags(GRand *rand, Talk *talk, int side)
{
    if (!talk->begun || !talk->answered) {
        bool first = !talk->begun;
        *(first ? &talk->begun : &talk->answered) = true;
        return TCP_SYN | (side && !first ? TCP_ACK : 0);
    }
    switch (g_rand_int_range(rand, 0, 40)) {
    case 0:
        return TCP_RST;
    case 1:
    case 2:
    case 3:
        return TCP_FIN | TCP_ACK;
    case 4:
        talk->begun = talk->answered = false;
        return TCP_ACK;
    default:
        return TCP_ACK;
    }
}

static Segment make_segment(GRand *rand, Talk *talks, uint64_t frame)
{
    static const uint8_t bytes[300] = "bytes";
    int number = g_rand_int_range(rand, 0, CONNECTIONS);
    Talk *talk = &talks[number];
    int side = talk->begun && !talk->answered ? 1 : g_rand_int_range(rand, 0, 2);
    uint8_t flags = choose_flags(rand, talk, side);
    if (flags & TCP_SYN)
        talk->next[side] = g_rand_int(rand);
    uint32_t length = flags & (TCP_SYN | TCP_RST) ? 0 : (uint32_t)g_rand_int_range(rand, 0, 300);
    if (g_rand_int_range(rand, 0, 20) == 0)
        talk->next[side] += 100;
    IpAddress ends[2] = { { { 10, 0, (uint8_t)(number >> 8), (uint8_t)number }, 4 },
                          { { 192, 0, 2, 1 }, 4 } };
    Segment segment = { .frame = frame_id(1, frame),
                        .time = (Nanoseconds)frame * 20 * NS_PER_MS,
                        .source = ends[side],
                        .destination = ends[!side],
                        .source_port = side ? 80 : 4000,
                        .destination_port = side ? 4000 : 80,
                        .packet_id = (uint16_t)(1 + frame % 60000),
                        .sequence = talk->next[side],
                        .acknowledgement = flags & TCP_ACK ? talk->next[!side] : 0,
                        .window = 60000,
                        .flags = flags,
                        .window_shift = -1,
                        .length = length,
                        .payload = span_make(bytes, length) };
    talk->next[side] += length + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
    return segment;
}

/* A set whose timers are not due has none that would fire. */
static void fire_timers(Story *story, Shards *const sets[2], Nanoseconds now)
{
    for (int i = 0; i < 2 && sets[i]; i++) {
        if (!shards_are_due(sets[i], now))
            continue;
        shards_fire_timers(sets[i], now);
        drain(story, sets[i]);
    }
    end_step(story, true);
}

/* The same segments, whoever is fed. `owners`: SegmentOwner.belongs of all, in their order. */
static void run(Story *story, Shards *const sets[2], const ShardSet masks[2], GArray *owners)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4711);
    g_autoptr(Front) front = front_new(LIMITS.pairs, LIMITS.seed);
    g_autofree Talk *talks = g_new0(Talk, CONNECTIONS);
    for (uint64_t frame = 1; frame <= SEGMENTS; frame++) {
        Segment segment = make_segment(rand, talks, frame);
        int copies = g_rand_int_range(rand, 0, 50) ? 1 : FRAMES_ALIKE;
        for (; copies > 0; copies--, segment.time += NS_PER_MS) {
            Arrival arrival;
            front_feed(front, &segment, &arrival);
            fire_timers(story, sets, arrival.now);
            Shards *set = sets[masks[0] >> arrival.shard & 1 ? 0 : 1];
            SegmentOwner owner = shards_feed(set, &arrival);
            g_array_append_val(owners, owner.belongs);
            drain(story, set);
            end_step(story, false);
        }
    }
    for (int i = 0; i < 2 && sets[i]; i++) {
        shards_finish(sets[i]);
        drain(story, sets[i]);
    }
    end_step(story, true);
}

/* Counters are a struct of nothing but uint64_t. */
static void check_sums(const Shards *whole, Shards *const halves[2])
{
    const uint64_t *sum = (const uint64_t *)shards_counters(whole);
    const uint64_t *left = (const uint64_t *)shards_counters(halves[0]);
    const uint64_t *right = (const uint64_t *)shards_counters(halves[1]);
    for (size_t i = 0; i < sizeof(StreamCounters) / sizeof(uint64_t); i++)
        ck_assert_msg(sum[i] == left[i] + right[i], "counter %zu", i);
    ck_assert_uint_gt(shards_counters(halves[0])->segments, SEGMENTS / 3);
    ck_assert_uint_gt(shards_counters(halves[1])->segments, SEGMENTS / 3);
}

START_TEST(test_halves)
{
    static const ShardSet halves[][2] = {
        { UINT64_C(0x5555555555555555), UINT64_C(0xaaaaaaaaaaaaaaaa) },
        { UINT64_C(0x00000000ffffffff), UINT64_C(0xffffffff00000000) },
    };
    static const ShardSet all[2] = { SHARDS_ALL, 0 };
    g_autoptr(Shards) whole = shards_new(&LIMITS, SHARDS_ALL);
    g_autoptr(Shards) left = shards_new(&LIMITS, halves[_i][0]);
    g_autoptr(Shards) right = shards_new(&LIMITS, halves[_i][1]);
    g_autoptr(GArray) owners = g_array_new(FALSE, FALSE, sizeof(FrameId));
    g_autoptr(GArray) owners_of_halves = g_array_new(FALSE, FALSE, sizeof(FrameId));
    Story one, two;
    story_open(&one);
    story_open(&two);
    run(&one, (Shards *const[2]){ whole, NULL }, all, owners);
    run(&two, (Shards *const[2]){ left, right }, halves[_i], owners_of_halves);
    ck_assert_uint_gt(one.packs, 0);
    ck_assert_uint_gt(one.gone, 0);
    ck_assert_uint_gt(shards_counters(whole)->duplicates, 0);
    ck_assert_uint_gt(shards_counters(whole)->segments_after_end, 0);
    ck_assert_uint_gt(shards_counters(whole)->resets_ignored, 0);
    ck_assert_str_eq(one.ends->str, two.ends->str);
    ck_assert_uint_eq(g_hash_table_size(one.lines), g_hash_table_size(two.lines));
    GHashTableIter iter;
    gpointer first, line;
    g_hash_table_iter_init(&iter, one.lines);
    while (g_hash_table_iter_next(&iter, &first, &line)) {
        const GString *other = g_hash_table_lookup(two.lines, first);
        ck_assert_ptr_nonnull(other);
        ck_assert_str_eq(((const GString *)line)->str, other->str);
    }
    ck_assert_uint_eq(owners->len, owners_of_halves->len);
    ck_assert_mem_eq(owners->data, owners_of_halves->data, owners->len * sizeof(FrameId));
    check_sums(whole, (Shards *const[2]){ left, right });
    story_close(&one);
    story_close(&two);
}
END_TEST

/* A set that was not drained frees what it has. */
START_TEST(test_freed_in_the_middle)
{
    g_autoptr(Front) front = front_new(10, 0);
    g_autoptr(Shards) shards = shards_new(&STREAM_LIMITS_DEFAULT, SHARDS_ALL);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);
    g_autofree Talk *talks = g_new0(Talk, CONNECTIONS);
    StreamEvent event;
    for (uint64_t frame = 1; frame <= 20; frame++) {
        Segment segment = make_segment(rand, talks, frame);
        Arrival arrival;
        front_feed(front, &segment, &arrival);
        shards_feed(shards, &arrival);
        ck_assert(!shards_next(shards, &event));
    }
    shards_finish(shards);
    ck_assert(shards_next(shards, &event));
    ck_assert_int_eq(event.kind, STREAM_END);
}
END_TEST

/* What leaves together: each of three connections holds data behind a hole, and one of them a FIN
 * that ends it, since its peer's has come. */
static Segment held_segment(uint64_t frame, unsigned number, int side, uint8_t flags,
                            uint32_t sequence, uint32_t length)
{
    static const uint8_t bytes[100] = "bytes";
    IpAddress ends[2] = { { { 10, 0, 0, (uint8_t)number }, 4 }, { { 192, 0, 2, 1 }, 4 } };
    return (Segment){ .frame = frame_id(1, frame),
                      .time = (Nanoseconds)frame,
                      .source = ends[side],
                      .destination = ends[!side],
                      .source_port = side ? 80 : 4000,
                      .destination_port = side ? 4000 : 80,
                      .packet_id = (uint16_t)frame,
                      .sequence = sequence,
                      .acknowledgement = flags & TCP_ACK ? 1001 : 0,
                      .window = 60000,
                      .flags = flags,
                      .window_shift = -1,
                      .length = length,
                      .payload = span_make(bytes, length) };
}

static void feed_held(Front *front, Shards *shards, unsigned number, bool ends)
{
    uint64_t frame = number * 10;
    Segment segments[] = {
        held_segment(frame + 1, number, 0, TCP_SYN, 1000, 0),
        held_segment(frame + 2, number, 1, TCP_SYN | TCP_ACK, 1000, 0),
        held_segment(frame + 3, number, 0, TCP_ACK, 1101, 100),
        held_segment(frame + 4, number, 0, ends ? TCP_FIN | TCP_ACK : TCP_ACK, 1201, 100),
        held_segment(frame + 5, number, 1, ends ? TCP_FIN | TCP_ACK : TCP_ACK, 1001, 0),
        held_segment(frame + 6, number, 0, TCP_ACK, 1302, 0),
        held_segment(frame + 7, number, 1, TCP_ACK, 1002, 0),
    };
    segments[5].acknowledgement = ends ? 1002 : 1001;
    segments[6].acknowledgement = ends ? 1302 : 1001;
    for (size_t i = 0; i < G_N_ELEMENTS(segments); i++) {
        Arrival arrival;
        StreamEvent event;
        front_feed(front, &segments[i], &arrival);
        shards_feed(shards, &arrival);
        while (shards_next(shards, &event))
            ck_assert_int_ne(event.kind, STREAM_DATA);
    }
}

START_TEST(test_each_is_drained_when_it_ends)
{
    enum { COUNT = 3, ENDING = 2 };
    g_autoptr(Front) front = front_new(10, 0);
    g_autoptr(Shards) shards = shards_new(&STREAM_LIMITS_DEFAULT, SHARDS_ALL);
    StreamEvent event;
    for (unsigned number = 0; number < COUNT; number++)
        feed_held(front, shards, number, number == ENDING);
    shards_finish(shards);
    /* The one that has ended comes first, then the others as they began. */
    static const unsigned order[COUNT] = { ENDING, 0, 1 };
    for (unsigned i = 0; i < COUNT; i++) {
        unsigned data = 0;
        ck_assert(shards_next(shards, &event));
        for (; event.kind != STREAM_END; ck_assert(shards_next(shards, &event))) {
            ck_assert_uint_eq(event.connection->address[0].bytes[3], order[i]);
            ck_assert_int_eq(event.connection->open_at_end, order[i] != ENDING);
            data += event.kind == STREAM_DATA;
        }
        ck_assert_uint_eq(data, 2);
        ck_assert_uint_eq(event.connection->address[0].bytes[3], order[i]);
        ck_assert_int_eq(event.connection->end,
                         order[i] == ENDING ? CONNECTION_FINAL : CONNECTION_UNENDED);
    }
    ck_assert(!shards_next(shards, &event));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shards");
    TCase *tcase = tcase_create("shards");
    tcase_add_loop_test(tcase, test_halves, 0, 2);
    tcase_add_test(tcase, test_freed_in_the_middle);
    tcase_add_test(tcase, test_each_is_drained_when_it_ends);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
