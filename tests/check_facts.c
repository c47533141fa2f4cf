/* Facts of a connection that tell how often something was sent, and from how far. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "stream_table.h"

#define STEPS_MAX 12
#define NO_ACK (-1)

enum { CLIENT, SERVER };
enum { S = TCP_SYN, F = TCP_FIN, R = TCP_RST };

/* Offsets are those of the streams. A SYN stands at -1. `hops` 0: 64. */
typedef struct Step {
    int side;
    uint8_t flags; /* ACK beside them unless `acked` is NO_ACK */
    int64_t offset, acked;
    uint32_t length;
    int ms; /* since the start */
    uint8_t hops;
} Step;

static Segment segment_of(const Step *step, uint64_t frame)
{
    static const uint32_t first[2] = { UINT32_MAX - 20, 7000 };
    static const uint8_t bytes[1000] = "bytes";
    static const IpAddress ends[2] = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } };
    static const uint16_t ports[2] = { 40000, 80 };
    bool acks = step->acked != NO_ACK;
    return (Segment){ .frame = frame_id(1, frame),
                      .time = step->ms * NS_PER_MS,
                      .source = ends[step->side],
                      .destination = ends[!step->side],
                      .source_port = ports[step->side],
                      .destination_port = ports[!step->side],
                      .hops = step->hops ? step->hops : 64,
                      .sequence = first[step->side] + (uint32_t)step->offset,
                      .acknowledgement = acks ? first[!step->side] + (uint32_t)step->acked : 0,
                      .window = 60000,
                      .flags = (uint8_t)(step->flags | (acks ? TCP_ACK : 0)),
                      .window_shift = -1,
                      .length = step->length,
                      .payload = span_make(bytes, step->length) };
}

/* Plays the steps, and shows the facts at the end. */
static Connection play(const Step steps[STEPS_MAX])
{
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    StreamEvent event = { .connection = NULL };
    for (uint64_t i = 0; i < STEPS_MAX && steps[i].ms; i++) {
        Segment segment = segment_of(&steps[i], i + 1);
        stream_table_feed(table, &segment);
        while (stream_table_next(table, &event))
            ck_assert_int_ne(event.kind, STREAM_END);
    }
    stream_table_finish(table);
    while (stream_table_next(table, &event) && event.kind != STREAM_END)
        ;
    ck_assert_int_eq(event.kind, STREAM_END);
    return *event.connection;
}

/* The same after a handshake of frames 1 to 3. */
static Connection play_open(const Step steps[STEPS_MAX])
{
    Step all[STEPS_MAX] = { { CLIENT, S, -1, NO_ACK, 0, 1, 0 },
                            { SERVER, S, -1, 0, 0, 2, 0 },
                            { CLIENT, 0, 0, 0, 0, 3, 0 } };
    for (int i = 3; i < STEPS_MAX; i++)
        all[i] = steps[i - 3];
    return play(all);
}

/* Of the client. */
static const struct {
    const char *name;
    Step steps[STEPS_MAX];
    int64_t offset;
    uint32_t count;
    unsigned last_frame;
    int first, last, interval; /* ms */
    bool acknowledged;
} ROWS[] = {
    { "nothing sent", { { SERVER, 0, 0, 0, 9, 10, 0 } }, 0, 0, 0, 0, 0, 0, false },
    { "sent once, acknowledged",
      { { CLIENT, 0, 0, 0, 100, 10, 0 }, { SERVER, 0, 0, 100, 0, 20, 0 } },
      0,
      0,
      0,
      0,
      0,
      0,
      false },
    { "sent again and again",
      { { CLIENT, 0, 0, 0, 100, 10, 0 },
        { SERVER, 0, 0, 100, 0, 20, 0 },
        { CLIENT, 0, 100, 0, 40, 1000, 0 },
        { CLIENT, 0, 100, 0, 40, 1200, 0 },
        { CLIENT, 0, 100, 0, 40, 1700, 0 } },
      100,
      3,
      8,
      1000,
      1700,
      500,
      false },
    { "and then acknowledged",
      { { CLIENT, 0, 0, 0, 40, 1000, 0 },
        { CLIENT, 0, 0, 0, 40, 1200, 0 },
        { SERVER, 0, 0, 40, 0, 1250, 0 },
        { CLIENT, 0, 0, 0, 40, 1260, 0 } },
      0,
      2,
      5,
      1000,
      1200,
      200,
      true },
    { "in other pieces",
      { { CLIENT, 0, 0, 0, 40, 1000, 0 },
        { CLIENT, 0, 40, 0, 40, 1001, 0 },
        { CLIENT, 0, 0, 0, 80, 1300, 0 } },
      0,
      2,
      6,
      1300,
      1300,
      0,
      false },
    { "only the second of two was lost",
      { { CLIENT, 0, 0, 0, 40, 1000, 0 },
        { CLIENT, 0, 40, 0, 40, 1001, 0 },
        { SERVER, 0, 0, 40, 0, 1050, 0 },
        { CLIENT, 0, 40, 0, 40, 1300, 0 } },
      40,
      2,
      7,
      1001,
      1300,
      299,
      false },
    { "a keep-alive probe is none",
      { { CLIENT, 0, 0, 0, 40, 1000, 0 },
        { SERVER, 0, 0, 40, 0, 1050, 0 },
        { CLIENT, 0, 39, 0, 1, 9000, 0 } },
      0,
      0,
      0,
      0,
      0,
      0,
      false },
    { "nor is a FIN",
      { { CLIENT, 0, 0, 0, 40, 1000, 0 },
        { SERVER, 0, 0, 40, 0, 1050, 0 },
        { CLIENT, F, 40, 0, 0, 2000, 0 },
        { CLIENT, F, 40, 0, 0, 3000, 0 } },
      0,
      0,
      0,
      0,
      0,
      0,
      false },
};

START_TEST(test_transmissions)
{
    Connection connection = play_open(ROWS[_i].steps);
    const Transmissions *sent = &connection.half[0].resent;
    ck_assert_msg(sent->offset == ROWS[_i].offset, "%s: %d", ROWS[_i].name, (int)sent->offset);
    ck_assert_msg(sent->count == ROWS[_i].count, "%s: %u times", ROWS[_i].name, sent->count);
    ck_assert_msg(frame_number(sent->last_frame) == ROWS[_i].last_frame, "%s", ROWS[_i].name);
    ck_assert_int_eq(sent->first, ROWS[_i].first * NS_PER_MS);
    ck_assert_int_eq(sent->last, ROWS[_i].last * NS_PER_MS);
    ck_assert_int_eq(sent->interval, ROWS[_i].interval * NS_PER_MS);
    ck_assert((sent->count && sent->offset < connection.half[0].acked) == ROWS[_i].acknowledged);
}
END_TEST

/* From how far the packets of each side came, and its RST. */
START_TEST(test_hops)
{
    static const Step steps[STEPS_MAX] = { { CLIENT, 0, 0, 0, 10, 10, 0 },
                                           { SERVER, 0, 0, 10, 10, 20, 61 },
                                           { SERVER, R, 10, 10, 0, 30, 55 } };
    Connection connection = play_open(steps);
    const Half *client = &connection.half[0], *server = &connection.half[1];
    ck_assert(client->hops.several);
    ck_assert_uint_eq(client->hops.hops, 64);
    ck_assert(!client->hops.mixed);
    ck_assert(server->hops.several && server->hops.mixed);
    ck_assert_uint_eq(frame_number(server->rst.stamp.frame), 6);
    ck_assert_uint_eq(server->rst.hops, 55);
}
END_TEST

/* The server resets; what comes from the client two seconds later shows that it went on, or
 * comes from a second vantage point, as late as all its packets. */
static const struct {
    const char *name;
    Step later;
    unsigned reset, ignored; /* frames */
} LATER[] = {
    { "nothing", { 0 }, 7, 0 },
    { "an acknowledgement", { CLIENT, 0, 10, 20, 0, 2100, 0 }, 0, 7 },
    { "the same from elsewhere", { CLIENT, 0, 10, 20, 0, 2100, 60 }, 7, 0 },
    { "data again from elsewhere", { CLIENT, 0, 0, 0, 10, 2100, 60 }, 7, 0 },
    { "new data from elsewhere", { CLIENT, 0, 10, 20, 5, 2100, 60 }, 0, 7 },
    { "a FIN from elsewhere", { CLIENT, F, 10, 20, 0, 2100, 60 }, 0, 7 },
    { "the SYN again", { CLIENT, S, -1, NO_ACK, 0, 2100, 0 }, 7, 0 },
};

START_TEST(test_late_from_elsewhere)
{
    Step steps[STEPS_MAX] = { { CLIENT, 0, 0, 0, 10, 10, 0 },
                              { SERVER, 0, 0, 10, 20, 20, 0 },
                              { CLIENT, 0, 10, 20, 0, 25, 0 },
                              { SERVER, R, 20, 10, 0, 30, 0 } };
    steps[4] = LATER[_i].later;
    Connection connection = play_open(steps);
    ck_assert_msg(frame_number(connection.half[1].rst.stamp.frame) == LATER[_i].reset, "%s",
                  LATER[_i].name);
    ck_assert_msg(frame_number(connection.ignored_reset) == LATER[_i].ignored, "%s",
                  LATER[_i].name);
}
END_TEST

/* Whether it is known how many bytes of a side are missing before its offset 0. */
static const struct {
    const char *name;
    Step steps[STEPS_MAX];
    bool unknown[2];
} BEGINNINGS[] = {
    { "a handshake",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 }, { SERVER, S, -1, 0, 0, 2, 0 } },
      { false, false } },
    { "a SYN-ACK alone", { { SERVER, S, -1, 0, 0, 2, 0 } }, { false, false } },
    { "the SYN-ACK is lost, the first acknowledgement is there",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 }, { CLIENT, 0, 0, 0, 0, 3, 0 } },
      { false, false } },
    { "this too is lost, the request acknowledges the beginning",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 },
        { CLIENT, 0, 0, 0, 50, 3, 0 },
        { SERVER, 0, 0, 50, 9, 4, 0 } },
      { false, false } },
    { "the request is captured behind its answer",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 },
        { SERVER, 0, 7, 50, 9, 3, 0 },
        { CLIENT, 0, 0, 0, 50, 4, 0 } },
      { false, false } },
    { "the request is lost, what acknowledges its answer is there",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 }, { CLIENT, 0, 50, 9, 0, 5, 0 } },
      { false, true } },
    { "and the answer",
      { { CLIENT, S, -1, NO_ACK, 0, 1, 0 }, { SERVER, 0, 7, 50, 9, 4, 0 } },
      { false, true } },
    { "in mid-stream",
      { { CLIENT, 0, 0, 0, 50, 3, 0 }, { SERVER, 0, 0, 50, 9, 4, 0 } },
      { true, true } },
};

START_TEST(test_beginning)
{
    Connection connection = play(BEGINNINGS[_i].steps);
    for (int side = 0; side < 2; side++)
        ck_assert_msg(connection.half[side].begin_unknown == BEGINNINGS[_i].unknown[side],
                      "%s: side %d", BEGINNINGS[_i].name, side);
}
END_TEST

/* The server's end, where bytes of it are proved that the capture lacks. `next` includes them;
 * `fin`: the offset at which its FIN may lie among them, -1: nowhere; `frame` proves it. */
static const struct {
    const char *name;
    Step steps[STEPS_MAX];
    int64_t next, fin;
    unsigned frame;
    FinProof proof;
} ENDS[] = {
    { "acknowledged ahead",
      { { CLIENT, 0, 0, 0, 10, 10, 0 }, { CLIENT, 0, 10, 30, 0, 20, 0 } },
      30,
      29,
      5,
      FIN_NONE },
    { "a single offset is a FIN already",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { SERVER, 0, 0, 10, 29, 15, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 } },
      29,
      -1,
      0,
      FIN_IMPLIED },
    { "a bare segment behind it proves it too",
      { { CLIENT, 0, 0, 0, 10, 10, 0 }, { SERVER, 0, 30, 10, 0, 20, 0 } },
      30,
      29,
      5,
      FIN_NONE },
    { "a reset behind it does",
      { { CLIENT, 0, 0, 0, 10, 10, 0 }, { SERVER, R, 30, 10, 0, 20, 0 } },
      30,
      29,
      5,
      FIN_NONE },
    { "more data beyond",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 },
        { SERVER, 0, 30, 10, 5, 30, 0 } },
      35,
      -1,
      0,
      FIN_NONE },
    { "a later segment of it stands lower",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 },
        { SERVER, 0, 20, 10, 0, 41, 0 } },
      30,
      -1,
      0,
      FIN_NONE },
    { "one so soon behind it may be the earlier one",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 },
        { SERVER, 0, 20, 10, 0, 40, 0 } },
      30,
      29,
      5,
      FIN_NONE },
    { "an earlier one does",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { SERVER, 0, 0, 10, 0, 15, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 } },
      30,
      29,
      6,
      FIN_NONE },
    { "the FIN is there",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 },
        { SERVER, F, 30, 10, 0, 30, 0 } },
      30,
      -1,
      0,
      FIN_SEEN },
    { "two gaps, the last one counts",
      { { CLIENT, 0, 0, 0, 10, 10, 0 },
        { CLIENT, 0, 10, 30, 0, 20, 0 },
        { SERVER, 0, 30, 10, 5, 30, 0 },
        { CLIENT, 0, 10, 90, 0, 40, 0 } },
      90,
      89,
      7,
      FIN_NONE },
};

START_TEST(test_end)
{
    Connection connection = play_open(ENDS[_i].steps);
    const Half *server = &connection.half[1];
    ck_assert_msg(server->next == ENDS[_i].next, "%s: next %d", ENDS[_i].name, (int)server->next);
    ck_assert_msg(server->fin.proof == ENDS[_i].proof, "%s: FIN", ENDS[_i].name);
    ck_assert_msg(frame_number(server->fin_in_gap.frame) == ENDS[_i].frame, "%s: frame %d",
                  ENDS[_i].name, (int)frame_number(server->fin_in_gap.frame));
    if (ENDS[_i].fin >= 0)
        ck_assert_int_eq(server->fin_in_gap.offset, ENDS[_i].fin);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("facts");
    TCase *tcase = tcase_create("facts");
    tcase_add_loop_test(tcase, test_transmissions, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_hops);
    tcase_add_loop_test(tcase, test_beginning, 0, G_N_ELEMENTS(BEGINNINGS));
    tcase_add_loop_test(tcase, test_end, 0, G_N_ELEMENTS(ENDS));
    tcase_add_loop_test(tcase, test_late_from_elsewhere, 0, G_N_ELEMENTS(LATER));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
