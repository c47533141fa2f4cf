/* What is known of a connection that left: which segments are stragglers of it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream/tombstones.h"

#define LEFT (1000 * NS_PER_SECOND) /* the last segment of the connection */
#define SEED 5
#define NEAR (INT64_C(1) << 24)

/* 10.0.0.9:40000 opened it, with 100 as its first number, and sent 50 bytes; 10.0.0.2:80 sent none
 * after 0xffffffff. Their order is not that of the addresses. */
static Connection connection_of(FrameId first)
{
    return (Connection){ .first_frame = first,
                         .last_time = LEFT,
                         .address = { { { 10, 0, 0, 9 }, 4 }, { { 10, 0, 0, 2 }, 4 } },
                         .port = { 40000, 80 },
                         .half = { { .base = 100, .next = 50 }, { .base = UINT32_MAX } } };
}

/* It acknowledges all that the connection had of the other side. */
static Segment segment_of(const Connection *connection, int side, uint8_t flags, uint32_t sequence)
{
    const Half *peer = &connection->half[!side];
    return (Segment){ .time = LEFT + NS_PER_SECOND,
                      .source = connection->address[side],
                      .destination = connection->address[!side],
                      .source_port = connection->port[side],
                      .destination_port = connection->port[!side],
                      .sequence = sequence,
                      .acknowledgement = peer->base + (flags & TCP_SYN ? 0 : (uint32_t)peer->next),
                      .flags = flags };
}

static const Tombstone *find(const Tombstones *stones, const Segment *segment)
{
    Endpoints endpoints = endpoints_of(segment, SEED, 7);
    return tombstones_find(stones, segment, &endpoints);
}

static const struct {
    const char *name;
    int side;
    uint8_t flags;
    uint32_t sequence;
    Nanoseconds later;
    bool found;
} ROWS[] = {
    { "the client at its end", 0, TCP_ACK, 150, 0, true },
    { "the client, sent again", 0, TCP_ACK, 100, 0, true },
    { "the server at its end", 1, TCP_ACK, UINT32_MAX, 0, true },
    { "the server across the turn", 1, TCP_RST, 5, 0, true },
    { "just near enough", 0, TCP_ACK, 150 + NEAR - 1, 0, true },
    { "too far ahead", 0, TCP_ACK, 150 + NEAR, 0, false },
    { "too far behind", 0, TCP_ACK, 150 - (uint32_t)NEAR, 0, false },
    { "its SYN again", 0, TCP_SYN, 99, 0, true },
    { "a SYN further on", 0, TCP_SYN, 150, 0, false },
    { "its SYN-ACK again", 1, TCP_SYN | TCP_ACK, UINT32_MAX - 1, 0, true },
    { "a SYN-ACK further on", 1, TCP_SYN | TCP_ACK, 5, 0, false },
    { "after 120 s", 0, TCP_ACK, 150, 119 * NS_PER_SECOND, true },
    { "after more than that", 0, TCP_ACK, 150, 119 * NS_PER_SECOND + 1, false },
};

START_TEST(test_row)
{
    Tombstones stones = { .seed = SEED };
    Connection connection = connection_of(frame_id(1, 7));
    Segment segment = segment_of(&connection, ROWS[_i].side, ROWS[_i].flags, ROWS[_i].sequence);
    segment.time += ROWS[_i].later;
    ck_assert_msg(!find(&stones, &segment), "%s: before there is any", ROWS[_i].name);
    bool lost;
    ck_assert_uint_gt(tombstones_leave(&stones, &connection, &lost), 0);
    ck_assert(!lost);
    const Tombstone *stone = find(&stones, &segment);
    ck_assert_msg((stone != NULL) == ROWS[_i].found, "%s", ROWS[_i].name);
    if (stone)
        ck_assert_uint_eq(stone->first_frame, frame_id(1, 7));
    tombstones_clear(&stones);
}
END_TEST

/* The latest of equal endpoints counts; other endpoints have no part in it. */
START_TEST(test_replaced)
{
    Tombstones stones = { .seed = SEED };
    Connection first = connection_of(frame_id(1, 7)), second = connection_of(frame_id(1, 20));
    second.half[0].base = UINT32_C(0x80000000);
    bool lost;
    tombstones_leave(&stones, &first, &lost);
    ck_assert_uint_eq(tombstones_leave(&stones, &second, &lost), 0);
    ck_assert(lost);
    Segment segment = segment_of(&first, 0, TCP_ACK, 150);
    ck_assert_ptr_null(find(&stones, &segment));
    segment.sequence = UINT32_C(0x80000000);
    ck_assert_uint_eq(find(&stones, &segment)->first_frame, frame_id(1, 20));
    segment.source_port++;
    ck_assert_ptr_null(find(&stones, &segment));
    second.last_time += TOMBSTONE_LIFE + 1; /* nothing of the first one can come any more */
    tombstones_leave(&stones, &second, &lost);
    ck_assert(!lost);
    tombstones_clear(&stones);
}
END_TEST

/* Beyond all that both had sent, their FINs too, there is only another connection. */
START_TEST(test_beyond_both)
{
    static const struct {
        uint32_t beyond, acked_beyond;
        uint8_t flags;
        bool found;
    } rows[] = {
        { 1, 1, TCP_ACK, true },  { 2, 1, TCP_ACK, true },    { 1, 2, TCP_ACK, true },
        { 2, 2, TCP_ACK, false }, { 900, 9, TCP_ACK, false }, { 2, 2, TCP_ACK | TCP_RST, true },
    };
    Tombstones stones = { .seed = SEED };
    Connection connection = connection_of(frame_id(1, 7));
    bool lost;
    tombstones_leave(&stones, &connection, &lost);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Segment segment = segment_of(&connection, 0, rows[i].flags, 150 + rows[i].beyond);
        segment.acknowledgement += rows[i].acked_beyond;
        ck_assert_msg((find(&stones, &segment) != NULL) == rows[i].found, "row %zu", i);
    }
    tombstones_clear(&stones);
}
END_TEST

/* A SYN-ACK of its number that acknowledges another SYN is another connection's. */
START_TEST(test_other_answer)
{
    Tombstones stones = { .seed = SEED };
    Connection connection = connection_of(frame_id(1, 7));
    bool lost;
    tombstones_leave(&stones, &connection, &lost);
    Segment segment = segment_of(&connection, 1, TCP_SYN | TCP_ACK, UINT32_MAX - 1);
    segment.acknowledgement = 101;
    ck_assert_ptr_null(find(&stones, &segment));
    tombstones_clear(&stones);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tombstones");
    TCase *tcase = tcase_create("tombstones");
    tcase_add_loop_test(tcase, test_row, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_replaced);
    tcase_add_test(tcase, test_beyond_both);
    tcase_add_test(tcase, test_other_answer);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
