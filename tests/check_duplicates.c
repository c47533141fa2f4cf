/* Copies of packets, packets that almost are copies, and their effect on connections. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream/duplicates.h"
#include "stream_table.h"

#define MS NS_PER_MS
#define START (1700000000 * NS_PER_SECOND)

/* A packet with a request, as its sender made it. */
static Segment packet(void)
{
    return (Segment){ .frame = frame_id(1, 10),
                      .time = START,
                      .source = { .bytes = { 10, 0, 0, 1 }, .version = 4 },
                      .destination = { .bytes = { 10, 0, 0, 2 }, .version = 4 },
                      .source_port = 40000,
                      .destination_port = 80,
                      .sequence = 1000,
                      .acknowledgement = 2000,
                      .flags = TCP_ACK | TCP_PSH,
                      .window = 500,
                      .window_shift = -1,
                      .options = 0x1234,
                      .packet_id = 77,
                      .hops = 64,
                      .length = 16,
                      .payload = span_of_text("GET / HTTP/1.1\r\n") };
}

/* The difference of the second packet from the first. */
typedef struct Change {
    Nanoseconds later;
    uint64_t network;
    int32_t sequence, acknowledgement, window, options, id, length, hops;
    uint8_t flags; /* those that are turned over */
    uint16_t port, input;
    bool answer;      /* the other direction */
    const char *text; /* NULL: the same */
    bool id_unknown, no_options;
} Change;

static void apply(Segment *segment, const Change *change)
{
    segment->time += change->later;
    segment->network += change->network;
    segment->sequence += (uint32_t)change->sequence;
    segment->acknowledgement += (uint32_t)change->acknowledgement;
    segment->window = (uint16_t)(segment->window + change->window);
    segment->options += (uint32_t)change->options;
    segment->packet_id = (uint16_t)(segment->packet_id + change->id);
    segment->length += (uint32_t)change->length;
    segment->hops = (uint8_t)(segment->hops + change->hops);
    segment->flags ^= change->flags;
    segment->source_port = (uint16_t)(segment->source_port + change->port);
    segment->frame = frame_id(1u + change->input, 11);
    if (change->text)
        segment->payload = span_of_text(change->text);
    if (change->answer) {
        IpAddress address = segment->source;
        segment->source = segment->destination;
        segment->destination = address;
        uint16_t port = segment->source_port;
        segment->source_port = segment->destination_port;
        segment->destination_port = port;
    }
}

static const struct {
    const char *name;
    Change change; /* id_unknown and no_options hold for both */
    bool copy;
} ROWS[] = {
    { "the same at once", { 0 }, true },
    { "at the other end of the time", { .later = 10 * MS }, true },
    { "a little too late", { .later = 10 * MS + 1 }, false },
    { "captured before, in another input", { .later = -10 * MS, .input = 1 }, true },
    { "too early", { .later = -10 * MS - 1, .input = 1 }, false },
    { "one hop further", { .later = MS, .hops = -1 }, true },
    { "in another VLAN", { .later = MS, .network = 5 }, true },
    { "in another input", { .later = MS, .input = 1 }, true },
    { "cut shorter", { .text = "GET / HTTP/1" }, true },
    { "cut in the first bytes", { .text = "GET" }, true },
    { "cut away", { .text = "" }, true },
    { "more of it captured", { .text = "GET / HTTP/1.1\r\nHost: a" }, false },
    { "other bytes", { .text = "PUT / HTTP/1.1\r\n" }, false },
    { "a retransmission at once", { .id = 1 }, false },
    { "a retransmission with a new time stamp", { .options = 1 }, false },
    { "a retransmission after a timer", { .later = 200 * MS, .id = 1 }, false },
    { "the same identification once more, after a timer", { .later = 200 * MS }, false },
    { "an acknowledgement further on", { .acknowledgement = 1 }, false },
    { "a byte further on", { .sequence = 1 }, false },
    { "a byte back, as a keep-alive probe is", { .sequence = -1 }, false },
    { "a new window", { .window = 1 }, false },
    { "longer on the wire", { .length = 1 }, false },
    { "with FIN", { .flags = TCP_FIN }, false },
    { "another port", { .port = 1 }, false },
    { "the other direction", { .answer = true }, false },
    { "without identification, twice in one place", { .id_unknown = true }, false },
    { "without identification, in another input", { .id_unknown = true, .input = 1 }, true },
    { "without identification, in another VLAN", { .id_unknown = true, .network = 5 }, true },
    { "without identification, one hop further", { .id_unknown = true, .hops = -1 }, true },
    { "without identification, with a new time stamp",
      { .id_unknown = true, .input = 1, .options = 1 },
      false },
    { "with nothing to tell it by",
      { .id_unknown = true, .no_options = true, .input = 1, .network = 5 },
      false },
};

static bool feed(Duplicates *duplicates, const Segment *segment, uint64_t *ret_network)
{
    Endpoints endpoints = endpoints_of(segment, 0, 12345);
    return duplicates_feed(duplicates, segment, &endpoints, ret_network) == SIGHT_COPY;
}

START_TEST(test_row)
{
    const Change *change = &ROWS[_i].change;
    Duplicates *duplicates = duplicates_new();
    Segment first = packet();
    first.network = 9;
    if (change->id_unknown)
        first.packet_id = 0;
    if (change->no_options)
        first.options = 0;
    Segment second = first;
    apply(&second, change);
    uint64_t network = 0;
    ck_assert_msg(!feed(duplicates, &first, &network), "%s: the first one", ROWS[_i].name);
    bool copy = feed(duplicates, &second, &network);
    ck_assert_msg(copy == ROWS[_i].copy, "%s", ROWS[_i].name);
    if (copy)
        ck_assert_uint_eq(network, 9);
    duplicates_free(duplicates);
}
END_TEST

/* Later than a copy, no copy: but in another place, and by its own marks the same packet. */
START_TEST(test_distant)
{
    static const struct {
        Change change;
        Sight sight;
    } rows[] = {
        { { .later = 10 * MS, .hops = -3 }, SIGHT_COPY },
        { { .later = 10 * MS + 1, .hops = -3 }, SIGHT_DISTANT_COPY },
        { { .later = 1000 * MS, .input = 1 }, SIGHT_DISTANT_COPY },
        { { .later = -40 * MS, .network = 5 }, SIGHT_DISTANT_COPY },
        { { .later = 1000 * MS + 1, .hops = -3 }, SIGHT_NEW },
        { { .later = 40 * MS }, SIGHT_NEW },
        { { .later = 40 * MS, .hops = -3, .id = 1 }, SIGHT_NEW },
        { { .later = 40 * MS, .hops = -3, .id_unknown = true, .no_options = true }, SIGHT_NEW },
        { { .later = 40 * MS, .hops = -3, .id_unknown = true }, SIGHT_DISTANT_COPY },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Duplicates *duplicates = duplicates_new();
        Segment first = packet();
        if (rows[i].change.id_unknown)
            first.packet_id = 0;
        if (rows[i].change.no_options)
            first.options = 0;
        Segment second = first;
        apply(&second, &rows[i].change);
        Endpoints endpoints = endpoints_of(&first, 0, 12345);
        uint64_t network;
        ck_assert_int_eq(duplicates_feed(duplicates, &first, &endpoints, &network), SIGHT_NEW);
        Sight sight = duplicates_feed(duplicates, &second, &endpoints, &network);
        ck_assert_msg(sight == rows[i].sight, "row %zu: %d", i, sight);
        duplicates_free(duplicates);
    }
}
END_TEST

/* Every copy after the first is one; a reset that comes twice in one place is two. */
START_TEST(test_several)
{
    Duplicates *duplicates = duplicates_new();
    Segment segment = packet();
    uint64_t network;
    ck_assert(!feed(duplicates, &segment, &network));
    ck_assert(feed(duplicates, &segment, &network));
    ck_assert(feed(duplicates, &segment, &network));
    segment.flags = TCP_RST;
    segment.packet_id = 0;
    segment.options = 0;
    segment.length = 0;
    segment.payload = span_make(NULL, 0);
    ck_assert(!feed(duplicates, &segment, &network));
    ck_assert(!feed(duplicates, &segment, &network));
    segment.frame = frame_id(2, 1);
    ck_assert(feed(duplicates, &segment, &network));
    duplicates_free(duplicates);
}
END_TEST

/* Whatever comes between, a copy is found or missed; it is never invented. */
START_TEST(test_many)
{
    Duplicates *duplicates = duplicates_new();
    unsigned found = 0;
    uint64_t network;
    for (uint32_t i = 0; i < 20000; i++) {
        Segment segment = packet();
        segment.sequence += i * 16;
        segment.packet_id = (uint16_t)(1 + i % 60000);
        segment.source_port = (uint16_t)(40000 + i % 100);
        ck_assert(!feed(duplicates, &segment, &network));
        found += feed(duplicates, &segment, &network);
    }
    ck_assert_uint_eq(found, 20000);
    duplicates_free(duplicates);
}
END_TEST

/* A conversation. Each packet is seen in the VLANs that the row names, in this order. */
typedef struct Seen {
    const char *networks[6];
    unsigned connections;
    uint64_t duplicates;
    uint64_t payload[2]; /* of the first connection */
} Seen;

static const struct {
    const char *name;
    Seen seen;
} SEEN[] = {
    { "once", { { "1", "1", "1", "1", "1", "1" }, 1, 0, { 20, 30 } } },
    { "twice in one VLAN", { { "11", "11", "11", "11", "11", "11" }, 1, 6, { 20, 30 } } },
    { "in two VLANs", { { "12", "12", "12", "12", "12", "12" }, 1, 6, { 20, 30 } } },
    { "each direction another way", { { "12", "21", "12", "12", "21", "12" }, 1, 6, { 20, 30 } } },
    { "now this first, now that", { { "12", "12", "21", "12", "21", "21" }, 1, 6, { 20, 30 } } },
    { "now the one, now the other, now both",
      { { "12", "12", "2", "1", "21", "2" }, 1, 3, { 20, 30 } } },
    { "in three VLANs", { { "123", "123", "123", "123", "123", "123" }, 1, 12, { 20, 30 } } },
};

static void drain(StreamTable *table, unsigned *connections, uint64_t payload[2])
{
    StreamEvent event;
    while (stream_table_next(table, &event)) {
        if (event.kind != STREAM_END)
            continue;
        if (++*connections == 1)
            for (int side = 0; side < 2; side++)
                payload[side] = event.connection->half[side].payload;
    }
}

START_TEST(test_connection)
{
    static const struct {
        int side;
        uint8_t flags;
        uint32_t sequence, acknowledgement, length;
    } steps[] = {
        { 0, TCP_SYN, 999, 0, 0 },      { 1, TCP_SYN | TCP_ACK, 1999, 1000, 0 },
        { 0, TCP_ACK, 1000, 2000, 10 }, { 1, TCP_ACK, 2000, 1010, 30 },
        { 0, TCP_ACK, 1010, 2030, 10 }, { 1, TCP_ACK, 2030, 1020, 0 },
    };
    static const uint8_t bytes[30] = "bytes of both sides";
    StreamTable *table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    unsigned connections = 0, frame = 0;
    uint64_t payload[2] = { 0 };
    for (unsigned i = 0; i < G_N_ELEMENTS(steps); i++) {
        for (const char *network = SEEN[_i].seen.networks[i]; *network; network++) {
            Segment segment = packet();
            segment.frame = frame_id(1, ++frame);
            segment.time = START + frame * MS;
            segment.network = (uint64_t)(*network - '0');
            segment.packet_id = (uint16_t)(i + 1);
            segment.flags = steps[i].flags;
            segment.sequence = steps[i].sequence;
            segment.acknowledgement = steps[i].acknowledgement;
            segment.length = steps[i].length;
            segment.payload = span_make(bytes, steps[i].length);
            Change change = { .answer = steps[i].side == 1 };
            apply(&segment, &change);
            stream_table_feed(table, &segment);
            drain(table, &connections, payload);
        }
    }
    stream_table_finish(table);
    drain(table, &connections, payload);
    const Seen *seen = &SEEN[_i].seen;
    ck_assert_msg(connections == seen->connections, "%s: %u connections", SEEN[_i].name,
                  connections);
    ck_assert_msg(payload[0] == seen->payload[0] && payload[1] == seen->payload[1], "%s",
                  SEEN[_i].name);
    ck_assert_uint_eq(stream_table_counters(table)->duplicates, seen->duplicates);
    ck_assert_uint_eq(stream_table_counters(table)->retransmitted_bytes, 0);
    stream_table_free(table);
}
END_TEST

/* A copy names the packet that it copies, and later packets do not change that. */
START_TEST(test_owner)
{
    uint64_t network;
    Duplicates *duplicates = duplicates_new();
    Segment segment = packet(), other = packet();
    other.sequence += 5000;
    ck_assert(!feed(duplicates, &segment, &network));
    duplicates_own(duplicates, frame_id(1, 7));
    ck_assert_uint_eq(duplicates_owner(duplicates), 0);
    for (int i = 0; i < 2; i++) {
        ck_assert(feed(duplicates, &segment, &network));
        duplicates_own(duplicates, frame_id(1, 9));
        ck_assert_uint_eq(duplicates_owner(duplicates), frame_id(1, 7));
    }
    ck_assert(!feed(duplicates, &other, &network));
    ck_assert_uint_eq(duplicates_owner(duplicates), 0);
    duplicates_free(duplicates);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("duplicates");
    TCase *tcase = tcase_create("duplicates");
    tcase_add_test(tcase, test_owner);
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_distant);
    tcase_add_test(tcase, test_several);
    tcase_add_test(tcase, test_many);
    tcase_add_loop_test(tcase, test_connection, 0, G_N_ELEMENTS(SEEN));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
