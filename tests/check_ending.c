/* Who ended a connection: segments go through the real stream table, and the resulting facts are
 * evaluated.
 *
 * Every connection begins alike, in frames 1 to 6: the handshake, a request of 100 bytes, a
 * response of 200, and the client's bare acknowledgement of it. The rows continue with frame 7.
 * Numbers are offsets: 0 is the first byte after the SYN. Each row runs twice, the second time with
 * the two sides exchanged; the result must follow. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "judge/ending.h"
#include "judge/open_facts.h"
#include "stream_table.h"

#define NO_ACK (-1)
#define CLIENT 0
#define SERVER 1
#define CLIENT_ISN 0xffffffc0u /* the streams pass 0 */
#define SERVER_ISN 0x7fffff80u

typedef struct Step {
    int side;
    uint8_t flags; /* beside ACK, which is set if `acked` is not NO_ACK */
    int64_t offset, acked;
    uint32_t length;
    int after_ms; /* the segment before it */
} Step;

#define STEPS_MAX 8

typedef struct Row {
    const char *name;
    Step steps[STEPS_MAX]; /* as far as after_ms is not 0 */
    int only;              /* for the whole capture: 1 + the side that it has; 0: it has both */
    bool doubt;            /* the messages lack bytes: an unseen FIN may be among them */
    unsigned possible;     /* Ender */
    EndHow how;
    uint64_t frame; /* of the end; 0: none */
    bool latest_only, segment_missing;
    ReasonSet reasons;
} Row;

#define ANYBODY (ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH)

/* clang-format off */
static const Row ROWS[] = {
    { "nothing", { { 0 } }, 0, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },

    /* two FINs */
    { "the client's FIN acknowledges the server's",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, TCP_FIN, 100, 201, 0, 10 },
        { SERVER, 0, 201, 101, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "the server's FIN acknowledges the client's",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, TCP_FIN, 200, 101, 0, 10 },
        { CLIENT, 0, 101, 201, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },
    { "the same, captured the other way round",
      { { SERVER, TCP_FIN, 200, 101, 0, 10 }, { CLIENT, TCP_FIN, 100, 200, 0, 1 },
        { CLIENT, 0, 101, 201, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 8, false, false, 0 },
    { "neither acknowledges the other, the server's first",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, TCP_FIN, 100, 200, 0, 1 },
        { SERVER, 0, 201, 101, 0, 10 }, { CLIENT, 0, 101, 201, 0, 1 } },
      0, false, ENDER_BOTH, END_HOW_FIN, 7, false, false, 0 },
    { "neither acknowledges the other, the client's first",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 1 },
        { SERVER, 0, 201, 101, 0, 10 }, { CLIENT, 0, 101, 201, 0, 1 } },
      0, false, ENDER_BOTH, END_HOW_FIN, 7, false, false, 0 },
    { "the last data acknowledged is not the FIN acknowledged",
      { { SERVER, TCP_FIN, 200, 100, 50, 10 }, { CLIENT, TCP_FIN, 100, 250, 0, 10 },
        { SERVER, 0, 251, 101, 0, 10 } },
      0, false, ENDER_BOTH, END_HOW_FIN, 7, false, false, 0 },
    { "a half-close, then the rest of the response and the server's FIN",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, 0, 200, 101, 300, 10 },
        { SERVER, TCP_FIN, 500, 101, 0, 10 }, { CLIENT, 0, 101, 501, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },

    /* one FIN */
    { "the server's FIN alone",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, 0, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "the client's FIN alone",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, 0, 200, 101, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },
    { "a FIN that nobody acknowledges",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "a FIN that was sent twice",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 300 },
        { CLIENT, 0, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },

    /* RST alone */
    { "the server's RST", { { SERVER, TCP_RST, 200, 100, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_RST, 7, false, false, 0 },
    { "the client's RST", { { CLIENT, TCP_RST, 100, 200, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_RST, 7, false, false, 0 },
    { "a RST below what its receiver acknowledged", { { SERVER, TCP_RST, 199, 100, 0, 10 } },
      0, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },
    { "a RST far beyond the window", { { SERVER, TCP_RST, 200000, 100, 0, 10 } },
      0, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },
    { "a RST whose receiver goes on",
      { { SERVER, TCP_RST, 210, 100, 0, 10 }, { CLIENT, 0, 100, 200, 40, 5000 },
        { SERVER, 0, 200, 140, 60, 10 }, { CLIENT, 0, 140, 260, 0, 10 } },
      0, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },

    /* FIN and RST */
    { "a RST that acknowledges the FIN",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, TCP_RST, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "a RST of the server that acknowledges the client's FIN",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, TCP_RST, 200, 101, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },
    { "a RST that does not acknowledge the FIN",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, TCP_RST, 100, 200, 0, 1 } },
      0, false, ENDER_BOTH, END_HOW_RST, 7, false, false, 0 },
    { "the same, the RST first",
      { { CLIENT, TCP_RST, 100, 200, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 1 } },
      0, false, ENDER_BOTH, END_HOW_RST, 7, false, false, 0 },
    { "a bare RST behind the FIN",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, TCP_RST, 100, NO_ACK, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "a bare RST long before the FIN",
      { { CLIENT, TCP_RST, 100, NO_ACK, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 21 } },
      0, false, ENDER_BOTH, END_HOW_RST, 7, false, false, 0 },
    { "a bare RST just before the FIN, which it may answer",
      { { CLIENT, TCP_RST, 100, NO_ACK, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 20 } },
      0, false, ENDER_SERVER | ENDER_BOTH, END_HOW_NONE, 7, false, false, 0 },
    { "a bare RST just before a FIN that it cannot answer",
      { { CLIENT, 0, 100, 200, 50, 10 }, { CLIENT, TCP_RST, 150, NO_ACK, 0, 10 },
        { SERVER, TCP_FIN, 200, 100, 0, 1 } },
      0, false, ENDER_BOTH, END_HOW_RST, 8, false, true, REASON_LOSS },
    { "a bare RST just before the FIN, the only one that it can answer",
      { { SERVER, 0, 200, 100, 10, 10 }, { CLIENT, 0, 100, 210, 50, 10 },
        { CLIENT, TCP_RST, 150, NO_ACK, 0, 10 }, { SERVER, TCP_FIN, 210, 150, 0, 1 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 10, false, false, 0 },

    /* the RST of a side that has sent a FIN */
    { "FIN, a request that crosses it, and the RST that answers it",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, 0, 100, 200, 40, 1 },
        { SERVER, TCP_RST, 200, NO_ACK, 0, 1 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "the same with an acknowledging RST",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, 0, 100, 201, 40, 1 },
        { SERVER, TCP_RST, 201, 140, 0, 1 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "both FINs, then a RST of the side that closed second",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, TCP_FIN, 200, 101, 0, 10 },
        { SERVER, TCP_RST, 201, 101, 0, 10 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },
    { "both FINs, then a RST of the side that closed first",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, TCP_FIN, 200, 101, 20, 10 },
        { CLIENT, TCP_RST, 101, NO_ACK, 0, 1 } },
      0, false, ENDER_CLIENT, END_HOW_FIN, 7, false, false, 0 },

    /* a FIN that the capture lost */
    { "the peer acknowledges one past the data",
      { { CLIENT, 0, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, true, false, REASON_LOSS },
    { "the same, but the messages lack bytes",
      { { CLIENT, 0, 100, 201, 0, 10 } },
      0, true, ENDER_NOBODY | ENDER_SERVER, END_HOW_NONE, 7, true, false, REASON_LOSS },
    { "the same, and the peer closes behind it",
      { { CLIENT, TCP_FIN, 100, 201, 0, 10 }, { SERVER, 0, 201, 101, 0, 10 } },
      0, true, ENDER_SERVER | ENDER_CLIENT, END_HOW_FIN, 7, true, false, REASON_LOSS },
    { "a FIN that was seen needs no belief",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 }, { CLIENT, 0, 100, 201, 0, 10 } },
      0, true, ENDER_SERVER, END_HOW_FIN, 7, false, false, 0 },
    { "the peer's FIN acknowledges it: that one came second",
      { { CLIENT, TCP_FIN, 100, 201, 0, 10 }, { SERVER, 0, 201, 101, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, true, false, REASON_LOSS },
    { "the peer's RST acknowledges it",
      { { CLIENT, TCP_RST, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, true, false, REASON_LOSS },
    { "its sender goes on at c + 1",
      { { SERVER, 0, 201, 100, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 7, true, false, REASON_LOSS },
    { "the peer acknowledges two past the data: no FIN alone",
      { { CLIENT, 0, 100, 202, 0, 10 } },
      0, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },
    { "its sender goes on at c + 1, and its FIN comes again",
      { { SERVER, 0, 201, 100, 0, 10 }, { SERVER, TCP_FIN, 200, 100, 0, 300 },
        { CLIENT, 0, 100, 201, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_FIN, 8, true, false, REASON_LOSS },
    { "the FIN that comes again may have been sent before what it acknowledges came",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 }, { SERVER, 0, 201, 101, 0, 10 },
        { SERVER, TCP_FIN, 200, 101, 0, 300 }, { CLIENT, 0, 101, 201, 0, 10 } },
      0, false, ENDER_CLIENT | ENDER_BOTH, END_HOW_FIN, 7, false, false, REASON_LOSS },

    /* a bare RST answers something */
    { "it can answer the acknowledgement of a moment before",
      { { SERVER, TCP_RST, 200, NO_ACK, 0, 900 } },
      0, false, ENDER_SERVER, END_HOW_RST, 7, false, false, 0 },
    { "nothing that was captured: a segment is missing",
      { { SERVER, TCP_RST, 200, NO_ACK, 0, 5000 } },
      0, false, ENDER_SERVER, END_HOW_RST, 7, false, true, REASON_LOSS },
    { "a request with that acknowledgement",
      { { CLIENT, 0, 100, 200, 40, 5000 }, { SERVER, TCP_RST, 200, NO_ACK, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_RST, 8, false, false, 0 },
    { "a keep-alive probe with that acknowledgement",
      { { CLIENT, 0, 99, 200, 0, 5000 }, { SERVER, TCP_RST, 200, NO_ACK, 0, 10 } },
      0, false, ENDER_SERVER, END_HOW_RST, 8, false, false, 0 },
    { "a RST with ACK flag answers for itself",
      { { SERVER, TCP_RST, 200, 100, 0, 5000 } },
      0, false, ENDER_SERVER, END_HOW_RST, 7, false, false, 0 },

    /* one direction */
    { "the server's side alone, its FIN",
      { { SERVER, TCP_FIN, 200, 100, 0, 10 } },
      1 + SERVER, false, ANYBODY, END_HOW_FIN, 7, false, false, REASON_ONE_DIRECTION },
    { "the client's side alone, its FIN",
      { { CLIENT, TCP_FIN, 100, 200, 0, 10 } },
      1 + CLIENT, false, ANYBODY, END_HOW_FIN, 7, false, false, REASON_ONE_DIRECTION },
    { "the server's side alone, its RST",
      { { SERVER, TCP_RST, 200, 100, 0, 10 } },
      1 + SERVER, false, ANYBODY, END_HOW_RST, 7, false, false, REASON_ONE_DIRECTION },
    { "the server's side alone, no end",
      { { SERVER, 0, 200, 100, 50, 10 } },
      1 + SERVER, false, ENDER_NOBODY, END_HOW_NONE, 0, false, false, 0 },
};
/* clang-format on */

static const Step BEGINNING[] = {
    { CLIENT, TCP_SYN, -1, NO_ACK, 0, 10 },
    { SERVER, TCP_SYN, -1, 0, 0, 10 },
    { CLIENT, 0, 0, 0, 0, 10 },
    { CLIENT, 0, 0, 0, 100, 10 },
    { SERVER, 0, 0, 100, 200, 10 },
    { CLIENT, 0, 100, 200, 0, 10 },
};

static uint8_t payload[1024];

static Segment segment_of(const Step *step, uint64_t frame, Nanoseconds time)
{
    static const IpAddress addresses[] = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } };
    static const uint16_t ports[] = { 40000, 80 };
    static const uint32_t first[] = { CLIENT_ISN + 1, SERVER_ISN + 1 };
    Segment segment = { .frame = frame_id(1, frame),
                        .time = time,
                        .source = addresses[step->side],
                        .destination = addresses[1 - step->side],
                        .source_port = ports[step->side],
                        .destination_port = ports[1 - step->side],
                        .sequence = first[step->side] + (uint32_t)step->offset,
                        .window = 65535,
                        .flags = step->flags,
                        .window_shift = -1,
                        .length = step->length,
                        .payload = span_make(payload, step->length) };
    if (step->acked != NO_ACK) {
        segment.flags |= TCP_ACK;
        segment.acknowledgement = first[1 - step->side] + (uint32_t)step->acked;
    }
    return segment;
}

/* Passes over the events up to the end. The connection is plain facts: the copy outlives it. */
static bool next_end(StreamTable *table, Connection *ret_connection)
{
    StreamEvent event;
    bool ended = false;
    while (stream_table_next(table, &event))
        if (event.kind == STREAM_END) {
            *ret_connection = *event.connection;
            ended = true;
        }
    return ended;
}

/* Returns whether the connection ended with this segment. */
static bool feed(StreamTable *table, const Row *row, const Step *step, uint64_t frame,
                 Nanoseconds time, Connection *ret_connection)
{
    Segment segment = segment_of(step, frame, time);
    if (row->only && row->only != 1 + step->side)
        return false;
    stream_table_feed(table, &segment);
    return next_end(table, ret_connection);
}

static void play(StreamTable *table, const Row *row, Connection *ret_connection)
{
    bool ended = false;
    Nanoseconds time = 1700000000 * NS_PER_SECOND;
    uint64_t frame = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(BEGINNING); i++)
        ended |= feed(table, row, &BEGINNING[i], ++frame, time += BEGINNING[i].after_ms * NS_PER_MS,
                      ret_connection);
    ck_assert_msg(!ended, "%s: ended early", row->name);
    for (size_t i = 0; i < STEPS_MAX && row->steps[i].after_ms; i++)
        ended |= feed(table, row, &row->steps[i], ++frame,
                      time += row->steps[i].after_ms * NS_PER_MS, ret_connection);
    stream_table_finish(table);
    ck_assert(next_end(table, ret_connection) != ended);
}

static unsigned mirrored(unsigned enders)
{
    unsigned others = enders & (ENDER_NOBODY | ENDER_BOTH);
    return others | (enders & ENDER_CLIENT ? ENDER_SERVER : 0) |
           (enders & ENDER_SERVER ? ENDER_CLIENT : 0);
}

static void expect(const Row *row, const Ending *ending, unsigned possible)
{
    ck_assert_msg(ending->possible == possible, "%s: possible %x", row->name, ending->possible);
    ck_assert_msg(ending->how == row->how, "%s: by %s", row->name, end_how_name(ending->how));
    ck_assert_msg(frame_number(ending->stamp.frame) == row->frame, "%s: frame %u", row->name,
                  (unsigned)frame_number(ending->stamp.frame));
    ck_assert_msg(ending->latest_only == row->latest_only, "%s: latest only", row->name);
    ck_assert_msg(ending->segment_missing == row->segment_missing, "%s: missing", row->name);
    ck_assert_msg(ending->reasons == row->reasons, "%s: reasons %x", row->name, ending->reasons);
}

/* As the stage that knows the messages would weigh it. */
static FinEvidence evidence_of(const Connection *connection, int side, bool doubt)
{
    const FinFact *fact = &connection->half[side].fin;
    FinEvidence evidence = { .belief = FIN_NOT };
    if (fact->proof != FIN_NONE)
        evidence.fact = *fact;
    if (fact->proof == FIN_SEEN || fact->proof == FIN_RETRANSMITTED)
        evidence.belief = FIN_SURE;
    else if (fact->proof == FIN_IMPLIED)
        evidence.belief = doubt ? FIN_PERHAPS : FIN_SURE;
    return evidence;
}

START_TEST(test_ending)
{
    const Row *row = &ROWS[_i];
    g_autoptr(StreamTable) table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    Connection ended;
    play(table, row, &ended);
    const Connection *connection = &ended;
    int client = connection->port[0] == 80 ? 1 : 0;
    FinEvidence fin[2] = { evidence_of(connection, 0, row->doubt),
                           evidence_of(connection, 1, row->doubt) };
    Ending ending = ending_of(connection, client, fin);
    expect(row, &ending, row->possible);
    ending = ending_of(connection, 1 - client, fin);
    expect(row, &ending, mirrored(row->possible));
}
END_TEST

/* A connection is plain facts: no table is needed to have one. */
START_TEST(test_facts_by_hand)
{
    Connection connection = {
        .opener_known = true,
        .end = CONNECTION_FINAL,
        .half = { { .seen = true, .next = 100, .acked = 100, .base = UINT32_MAX },
                  { .seen = true,
                    .next = 200,
                    .acked = 200,
                    .rst = { .stamp = { .frame = frame_id(1, 9), .offset = 200, .acked = 100 },
                             .answers = true } } },
    };
    FinEvidence fin[2] = { { .belief = FIN_NOT }, { .belief = FIN_NOT } };
    Ending ending = ending_of(&connection, 0, fin);
    ck_assert_uint_eq(ending.possible, ENDER_SERVER);
    ck_assert_int_eq(ending.how, END_HOW_RST);
    ck_assert_uint_eq(frame_number(ending.stamp.frame), 9);
    ck_assert_uint_eq(connection_sequence(&connection, 0, 3), 2);
    Connection copy = connection;
    copy.half[1].rst = (RstFact){ 0 };
    ck_assert_ptr_null(connection_reset(&copy, 1));
    ending = ending_of(&copy, 0, fin);
    ck_assert_uint_eq(ending.possible, ENDER_NOBODY);
}
END_TEST

/* The server's FIN acknowledges bytes of the client that are missing, and in which its session may
 * have ended: then the client ended it. Else the server did. */
START_TEST(test_close_that_may_be_missing)
{
    Connection connection = { .opener_known = true,
                              .half = { { .seen = true }, { .seen = true } } };
    FinFact client = { FIN_SEEN, { .frame = 9, .time = 90, .offset = 124, .acked = 201 } };
    FinFact server = { FIN_SEEN, { .frame = 8, .time = 80, .offset = 200, .acked = 124 } };
    FinEvidence fin[2] = { { .belief = FIN_SURE, .fact = client },
                           { .belief = FIN_SURE, .fact = server } };
    Ending ending = ending_of(&connection, 0, fin);
    ck_assert_uint_eq(ending.possible, ENDER_SERVER);
    fin[0].earlier =
        (FinFact){ FIN_IMPLIED, { .frame = 8, .time = 80, .offset = 123, .acked = NO_OFFSET } };
    ending = ending_of(&connection, 0, fin);
    ck_assert_uint_eq(ending.possible, ENDER_SERVER | ENDER_CLIENT);
    /* of the side that ended it anyway: it may have done so earlier */
    fin[1].earlier =
        (FinFact){ FIN_IMPLIED, { .frame = 8, .time = 80, .offset = 199, .acked = NO_OFFSET } };
    fin[0].earlier = (FinFact){ .proof = FIN_NONE };
    Ending own = ending_of(&connection, 0, fin);
    ck_assert_uint_eq(own.possible, ENDER_SERVER);
    ck_assert(own.latest_only);
    ck_assert_uint_eq(ending.reasons, REASON_LOSS);
}
END_TEST

/* A response that lay before others which could be read: in bytes that nobody can read, if that is
 * all that the connection lacks. */
START_TEST(test_why_a_response_is_hidden)
{
    static const struct {
        ReasonSet reasons, lost;
        bool from_the_start;
        ReasonSet why;
    } rows[] = {
        { 0, 0, true, REASON_LOSS },
        { 0, 0, false, REASON_MIDSTREAM }, /* it may lie before the capture */
        { REASON_LOSS, REASON_LOSS, true, REASON_LOSS },
        { REASON_LOSS, REASON_LOSS, false, REASON_LOSS },
        { REASON_SNAPLEN, 0, true, REASON_SNAPLEN },
        { REASON_MALFORMED, 0, true, REASON_MALFORMED },
        { REASON_MALFORMED | REASON_LOSS, REASON_LOSS, true, REASON_LOSS },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Connection connection = { .opener_known = rows[i].from_the_start,
                                  .half = { { .seen = true }, { .seen = true } } };
        ConversationFacts facts = { .reasons = rows[i].reasons, .responses_lost = rows[i].lost };
        JudgeContext context = { .connection = &connection, .facts = &facts };
        Exchange exchange = { .request.begun = true, .response_hidden = true };
        ck_assert_uint_eq(hidden_response_reasons(&context, &exchange), rows[i].why);
    }
}
END_TEST

START_TEST(test_words)
{
    ck_assert_str_eq(end_how_name(END_HOW_NONE), "");
    ck_assert_str_eq(end_how_name(END_HOW_FIN), "fin");
    ck_assert_str_eq(end_how_name(END_HOW_RST), "rst");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ending");
    TCase *tcase = tcase_create("ending");
    tcase_add_loop_test(tcase, test_ending, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_facts_by_hand);
    tcase_add_test(tcase, test_close_that_may_be_missing);
    tcase_add_test(tcase, test_why_a_response_is_hidden);
    tcase_add_test(tcase, test_words);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
