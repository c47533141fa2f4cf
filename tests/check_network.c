/* Equal endpoints in several networks: which segments make one connection. */
#include <check.h>
#include <stdlib.h>

#include "stream_table.h"

#define SEGMENTS_MAX 12
#define CONNECTIONS_MAX 4

/* From the client (10.0.0.1:1000, first number 0) or the server (10.0.0.2:80, first number 0 or
 * 2^28 * `base`). Numbers are relative to the first. `ack` -1: no ACK flag. */
typedef struct Step {
    int side;
    uint64_t network;
    unsigned base;
    uint8_t flags;
    uint32_t sequence;
    int64_t ack;
    uint32_t length;
} Step;

enum { A = TCP_ACK, S = TCP_SYN, F = TCP_FIN };

/* payload[] of the connections, in the order in which they were first seen. */
static const struct {
    const char *name;
    Step steps[SEGMENTS_MAX];
    struct {
        uint64_t payload[2];
        bool seen[2];
    } connections[CONNECTIONS_MAX];
} ROWS[] = {
    { "one network",
      { { 0, 7, 0, S, 0, -1, 0 },
        { 1, 7, 0, S | A, 0, 1, 0 },
        { 0, 7, 0, A, 1, 1, 10 },
        { 1, 7, 0, A, 1, 11, 20 } },
      { { { 10, 20 }, { true, true } } } },
    { "two networks, interleaved, near numbers",
      { { 0, 7, 0, S, 0, -1, 0 },
        { 0, 8, 0, S, 0, -1, 0 },
        { 1, 8, 0, S | A, 0, 1, 0 },
        { 1, 7, 0, S | A, 0, 1, 0 },
        { 0, 7, 0, A, 1, 1, 10 },
        { 0, 8, 0, A, 1, 1, 11 },
        { 1, 8, 0, A, 1, 12, 21 },
        { 1, 7, 0, A, 1, 11, 20 } },
      { { { 10, 20 }, { true, true } }, { { 11, 21 }, { true, true } } } },
    { "a tag in one direction only",
      { { 0, 0, 0, S, 0, -1, 0 },
        { 1, 7, 0, S | A, 0, 1, 0 },
        { 0, 0, 0, A, 1, 1, 10 },
        { 1, 7, 0, A, 1, 11, 20 } },
      { { { 10, 20 }, { true, true } } } },
    { "each direction has its own tag, the handshake the other way round",
      { { 1, 8, 0, S | A, 0, 1, 0 },
        { 0, 7, 0, S, 0, -1, 0 },
        { 0, 7, 0, A, 1, 1, 10 },
        { 1, 8, 0, A, 1, 11, 20 } },
      { { { 10, 20 }, { true, true } } } },
    { "each direction has its own tag, begun in mid-connection",
      { { 0, 7, 0, A, 1000, 500, 10 },
        { 1, 8, 0, A, 500, 1010, 20 },
        { 0, 7, 0, A, 1010, 520, 5 } },
      { { { 15, 20 }, { true, true } } } },
    { "the other direction of another connection",
      { { 0, 7, 0, S, 0, -1, 0 }, { 0, 7, 0, A, 1, 1, 10 }, { 1, 8, 3, A, 1, 0x40000000, 20 } },
      { { { 10, 0 }, { true, false } }, { { 20, 0 }, { true, false } } } },
    { "a SYN from another network answers nothing",
      { { 0, 7, 0, S, 0, -1, 0 }, { 1, 8, 3, S, 0, -1, 0 } },
      { { { 0, 0 }, { true, false } }, { { 0, 0 }, { true, false } } } },
    { "a SYN of the same side in another network begins another connection",
      { { 0, 7, 0, S, 0, -1, 0 }, { 1, 7, 0, S | A, 0, 1, 0 }, { 0, 8, 0, S, 0, -1, 0 } },
      { { { 0, 0 }, { true, true } }, { { 0, 0 }, { true, false } } } },
    { "the network of the peer comes before the numbers",
      { { 0, 7, 0, S, 0, -1, 0 },
        { 0, 8, 0, S, 0, -1, 0 },
        { 1, 8, 0, S | A, 0, 1, 0 },
        { 1, 8, 0, A, 1, 1, 20 } },
      { { { 0, 0 }, { true, false } }, { { 0, 20 }, { true, true } } } },
};

static Segment make_segment(const Step *step, size_t index)
{
    static const uint8_t bytes[64];
    IpAddress client = { .bytes = { 10, 0, 0, 1 }, .version = 4 };
    IpAddress server = { .bytes = { 10, 0, 0, 2 }, .version = 4 };
    uint32_t base = step->base << 28;
    return (Segment){ .frame = frame_id(1, index + 1),
                      .time = (Nanoseconds)index * NS_PER_MS,
                      .source = step->side ? server : client,
                      .destination = step->side ? client : server,
                      .source_port = step->side ? 80 : 1000,
                      .destination_port = step->side ? 1000 : 80,
                      .network = step->network,
                      .sequence = base + step->sequence,
                      .acknowledgement = step->ack < 0 ? 0 : (uint32_t)step->ack,
                      .window = 65535,
                      .flags = step->flags,
                      .window_shift = -1,
                      .length = step->length,
                      .payload = span_make(bytes, step->length) };
}

/* Puts the connections that end by first frame; there must be room. */
static size_t drain(StreamTable *table, Connection *ret_connections, size_t count)
{
    StreamEvent event;
    while (stream_table_next(table, &event)) {
        if (event.kind != STREAM_END)
            continue;
        ck_assert_uint_lt(count, CONNECTIONS_MAX);
        size_t at = count++;
        for (; at > 0 && ret_connections[at - 1].first_frame > event.connection->first_frame; at--)
            ret_connections[at] = ret_connections[at - 1];
        ret_connections[at] = *event.connection;
    }
    return count;
}

START_TEST(test_networks)
{
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    Connection connections[CONNECTIONS_MAX];
    size_t count = 0, expected = 0;
    for (size_t i = 0; i < SEGMENTS_MAX && ROWS[_i].steps[i].flags; i++) {
        Segment segment = make_segment(&ROWS[_i].steps[i], i);
        stream_table_feed(table, &segment);
        count = drain(table, connections, count);
    }
    stream_table_finish(table);
    count = drain(table, connections, count);
    while (expected < CONNECTIONS_MAX && ROWS[_i].connections[expected].seen[0])
        expected++;
    ck_assert_msg(count == expected, "%s: %zu connections", ROWS[_i].name, count);
    for (size_t i = 0; i < count; i++)
        for (int side = 0; side < 2; side++) {
            const Half *half = &connections[i].half[side];
            ck_assert_msg(half->payload == ROWS[_i].connections[i].payload[side],
                          "%s, connection %zu, side %d: %" G_GUINT64_FORMAT " bytes", ROWS[_i].name,
                          i, side, half->payload);
            ck_assert_msg(half->seen == ROWS[_i].connections[i].seen[side],
                          "%s, connection %zu, side %d: seen", ROWS[_i].name, i, side);
        }
}
END_TEST

/* A sender that uses the same addresses in ever new networks fills one bucket. The bucket is kept
 * short; connections given up are counted and marked. */
START_TEST(test_networks_are_bounded)
{
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    StreamEvent event;
    unsigned given_up = 0;
    for (uint64_t network = 1; network <= 100; network++) {
        Step step = { 0, network, 0, S, 0, -1, 0 };
        Segment segment = make_segment(&step, network);
        stream_table_feed(table, &segment);
        while (stream_table_next(table, &event)) {
            if (event.kind != STREAM_END)
                continue;
            given_up++;
            ck_assert_int_eq(event.connection->end, CONNECTION_EVICTED);
            ck_assert(event.connection->limited);
            ck_assert_uint_eq(event.connection->first_frame, frame_id(1, given_up + 1));
        }
    }
    ck_assert_uint_eq(given_up, 100 - 64);
    ck_assert_uint_eq(stream_table_counters(table)->evicted, 100 - 64);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tcase = tcase_create("network");
    tcase_add_loop_test(tcase, test_networks, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_networks_are_bounded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
