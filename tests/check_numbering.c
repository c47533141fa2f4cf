/* tshark 4.0.17 gave the numbers of every row (-T fields -e tcp.stream). */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream/numbering.h"

#define S TCP_SYN
#define A TCP_ACK
#define QUOTED 0x80 /* by an ICMP error; no flag of TCP that matters here */

typedef struct Step {
    int sender;
    uint8_t flags;
    uint32_t sequence, acknowledgement;
    uint32_t number;
} Step;

static const struct {
    const char *name;
    Step steps[8];
    unsigned count;
} ROWS[] = {
    { "a SYN again, another SYN, SYN-ACKs of all kinds",
      { { 0, S, 100, 0, 0 },
        { 0, S, 100, 0, 0 },
        { 0, S, 200, 0, 1 },
        { 1, S | A, 500, 201, 1 },
        { 1, S | A, 600, 101, 1 },
        { 1, S | A, 700, 901, 1 } },
      6 },
    { "a SYN one before what was seen in mid-stream",
      { { 0, A, 1000, 5000, 0 }, { 0, S, 999, 0, 0 }, { 0, S, 1000, 0, 1 } },
      3 },
    { "what the peer acknowledged is this side's base",
      { { 0, A, 1000, 5000, 0 }, { 1, S, 4999, 0, 0 }, { 1, S, 5000, 0, 1 } },
      3 },
    { "a quoted segment counts, and sets no base",
      { { 0, S | QUOTED, 5, 0, 0 },
        { 0, S | QUOTED, 6, 0, 0 },
        { 0, S, 7, 0, 0 },
        { 0, S, 8, 0, 1 } },
      4 },
    { "a quoted SYN of another number is new",
      { { 0, S, 1000, 0, 0 }, { 0, S | QUOTED, 999, 0, 1 }, { 0, S, 1000, 0, 1 } },
      3 },
    { "simultaneous open", { { 0, S, 100, 0, 0 }, { 1, S, 300, 0, 0 }, { 1, S, 301, 0, 1 } }, 3 },
    { "SYN after its SYN-ACK",
      { { 1, S | A, 300, 101, 0 }, { 0, S, 100, 0, 0 }, { 0, S, 101, 0, 1 } },
      3 },
    { "SYNs with other flags",
      { { 0, S, 100, 0, 0 },
        { 0, S | TCP_FIN, 101, 0, 1 },
        { 0, S | TCP_RST, 102, 0, 2 },
        { 0, S | TCP_PSH, 103, 0, 3 },
        { 0, S, 103, 0, 3 } },
      5 },
    { "a RST is a segment like others",
      { { 0, TCP_RST, 100, 0, 0 }, { 0, S, 100, 0, 1 }, { 0, S, 99, 0, 2 } },
      3 },
    { "an old number again is new again",
      { { 0, S, 100, 0, 0 }, { 0, S, 200, 0, 1 }, { 0, S, 100, 0, 2 } },
      3 },
    { "initial number 0", { { 0, S, 0, 0, 0 }, { 0, S, 0, 0, 0 }, { 0, S, 1, 0, 1 } }, 3 },
    { "no ACK flag: the field says nothing",
      { { 0, TCP_RST, 100, 50, 0 }, { 1, S, 8, 0, 0 }, { 1, S, 49, 0, 1 } },
      3 },
    { "a refused connection's RST sets a base",
      { { 0, S, 100, 0, 0 }, { 1, TCP_RST | A, 0, 101, 0 }, { 1, S, 0, 0, 1 }, { 1, S, 9, 0, 2 } },
      4 },
};

static bool feed(Numbering *numbering, const Step *step, uint16_t port, unsigned input,
                 uint32_t *ret_number)
{
    Segment segment = {
        .frame = frame_id(input, 1),
        .source = { .bytes = { 10, 0, 0, (uint8_t)(1 + step->sender) }, .version = 4 },
        .destination = { .bytes = { 10, 0, 0, (uint8_t)(2 - step->sender) }, .version = 4 },
        .source_port = step->sender ? 80 : port,
        .destination_port = step->sender ? port : 80,
        .sequence = step->sequence,
        .acknowledgement = step->acknowledgement,
        .flags = step->flags & (uint8_t)~QUOTED,
        .quoted = step->flags & QUOTED,
    };
    Endpoints endpoints = endpoints_of(&segment, 0, 12345);
    return numbering_feed(numbering, &segment, &endpoints, ret_number);
}

START_TEST(test_row)
{
    Numbering *numbering = numbering_new(100000);
    for (unsigned i = 0; i < ROWS[_i].count; i++) {
        uint32_t number = UINT32_MAX;
        ck_assert(feed(numbering, &ROWS[_i].steps[i], 1000, 1, &number));
        ck_assert_msg(number == ROWS[_i].steps[i].number, "%s, step %u: %u", ROWS[_i].name, i,
                      number);
    }
    numbering_free(numbering);
}
END_TEST

START_TEST(test_each_input_counts_for_itself)
{
    Numbering *numbering = numbering_new(100000);
    static const Step SYN = { 0, S, 100, 0, 0 };
    uint32_t number;
    for (unsigned input = 1; input <= 3; input++) {
        for (uint16_t port = 1; port <= 1000; port++) {
            ck_assert(feed(numbering, &SYN, port, input, &number));
            ck_assert_uint_eq(number, port - 1u);
        }
    }
    ck_assert(feed(numbering, &SYN, 17, 2, &number));
    ck_assert_uint_eq(number, 16);
    numbering_free(numbering);
}
END_TEST

START_TEST(test_bound)
{
    Numbering *numbering = numbering_new(2);
    static const Step SYN = { 0, S, 100, 0, 0 }, ANOTHER = { 0, S, 200, 0, 0 };
    uint32_t number;
    ck_assert(feed(numbering, &SYN, 1, 1, &number));
    ck_assert(feed(numbering, &SYN, 2, 1, &number));
    ck_assert(feed(numbering, &ANOTHER, 2, 1, &number));
    ck_assert_uint_eq(number, 2);
    ck_assert(!feed(numbering, &SYN, 3, 1, &number));
    /* A connection with a number keeps it; no connection gets a number that might be wrong. */
    ck_assert(feed(numbering, &SYN, 1, 1, &number));
    ck_assert_uint_eq(number, 0);
    ck_assert(!feed(numbering, &ANOTHER, 1, 1, &number));
    ck_assert(!feed(numbering, &SYN, 3, 1, &number));
    numbering_free(numbering);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("numbering");
    TCase *rows = tcase_create("numbering");
    tcase_add_loop_test(rows, test_row, 0, (int)G_N_ELEMENTS(ROWS));
    tcase_add_test(rows, test_each_input_counts_for_itself);
    tcase_add_test(rows, test_bound);
    suite_add_tcase(suite, rows);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
