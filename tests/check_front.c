/* What is said of a segment before its shard sees it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream/front.h"

static Segment segment_of(uint16_t port, bool answer, uint8_t flags, uint32_t sequence, int seconds)
{
    IpAddress ends[2] = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } };
    return (Segment){ .frame = frame_id(1, 1),
                      .time = seconds * NS_PER_SECOND,
                      .source = ends[answer],
                      .destination = ends[!answer],
                      .source_port = answer ? 80 : port,
                      .destination_port = answer ? port : 80,
                      .sequence = sequence,
                      .flags = flags };
}

/* Both directions go to one shard, the same in every run, and know which way they go. */
START_TEST(test_shard)
{
    g_autoptr(Front) front = front_new(1000, 0), other = front_new(1000, 0);
    uint64_t used = 0;
    for (uint16_t port = 1; port < 1000; port++) {
        Segment there = segment_of(port, false, TCP_ACK, 1, 1);
        Segment back = segment_of(port, true, TCP_ACK, 1, 1);
        Arrival a, b, c;
        front_feed(front, &there, &a);
        front_feed(front, &back, &b);
        front_feed(other, &there, &c);
        ck_assert_ptr_eq(a.segment, &there);
        ck_assert_uint_eq(a.shard, b.shard);
        ck_assert_uint_eq(a.shard, c.shard);
        ck_assert_uint_lt(a.shard, SHARDS);
        ck_assert(a.endpoints.from_high != b.endpoints.from_high);
        ck_assert_uint_eq(a.endpoints.identity, c.endpoints.identity);
        used |= UINT64_C(1) << a.shard;
    }
    ck_assert_uint_eq(used, UINT64_MAX);
}
END_TEST

/* Connections that share a shard under one seed do not under another. */
START_TEST(test_seed)
{
    g_autoptr(Front) front = front_new(1000, 1), other = front_new(1000, 2);
    uint64_t used = 0;
    unsigned together = 0;
    for (uint16_t port = 1; port < 60000; port++) {
        Segment segment = segment_of(port, false, TCP_ACK, 1, 1);
        Arrival a, b;
        front_feed(front, &segment, &a);
        front_feed(other, &segment, &b);
        if (a.shard != 0)
            continue;
        together++;
        used |= UINT64_C(1) << b.shard;
    }
    ck_assert_uint_gt(together, 600);
    ck_assert_uint_eq(used, UINT64_MAX);
}
END_TEST

/* The clock never goes back; a segment that is left out does not move it. */
START_TEST(test_clock)
{
    static const struct {
        int seconds, now;
        bool passed;
    } steps[] = { { 5, 5, false }, { 3, 5, false }, { 9, 5, true }, { 7, 7, false } };
    g_autoptr(Front) front = front_new(10, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        Segment segment = segment_of(1000, false, TCP_ACK, 1, steps[i].seconds);
        Arrival arrival = { .now = -1 };
        if (steps[i].passed)
            front_pass(front, &segment);
        else
            front_feed(front, &segment, &arrival);
        ck_assert_int_eq(front_now(front), steps[i].now * NS_PER_SECOND);
        if (!steps[i].passed)
            ck_assert_int_eq(arrival.now, front_now(front));
    }
}
END_TEST

/* A segment that is left out takes its number all the same; past the bound there are none. */
START_TEST(test_number)
{
    g_autoptr(Front) front = front_new(2, 0);
    Segment first = segment_of(1, false, TCP_SYN, 100, 1);
    Segment left_out = segment_of(2, false, TCP_SYN, 100, 1);
    Segment again = segment_of(1, false, TCP_SYN, 900, 1);
    Segment answer = segment_of(1, true, TCP_SYN | TCP_ACK, 300, 1);
    Segment third = segment_of(3, false, TCP_SYN, 100, 1);
    Arrival arrival;
    front_feed(front, &first, &arrival);
    ck_assert(arrival.number_known && arrival.number == 0);
    front_pass(front, &left_out);
    front_feed(front, &again, &arrival);
    ck_assert(arrival.number_known && arrival.number == 2);
    front_feed(front, &answer, &arrival);
    ck_assert(arrival.number_known && arrival.number == 2);
    front_feed(front, &third, &arrival);
    ck_assert(!arrival.number_known);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("front");
    TCase *tcase = tcase_create("front");
    tcase_add_test(tcase, test_shard);
    tcase_add_test(tcase, test_seed);
    tcase_add_test(tcase, test_clock);
    tcase_add_test(tcase, test_number);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
