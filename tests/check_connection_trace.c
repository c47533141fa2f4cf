/* Which connection is wanted, and what is recorded of it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "legs.h"
#include "packets/connection_traces.h"
#include "packets/last_packets.h"
#include "stream_table.h"

static const struct {
    const char *text;
    ConnectionName name;
    bool valid;
} NAMES[] = {
    { "c1-42", { .frame = (UINT64_C(1) << 48) + 42 }, true },
    { "42", { .without_input = true, .frame = (UINT64_C(1) << 48) + 42 }, true },
    { "c65535-281474976710655", { .frame = UINT64_MAX }, true },
    { "stream:0", { .by_stream = true }, true },
    { "stream:4294967295", { .by_stream = true, .stream = UINT32_MAX }, true },
    { "", { 0 }, false },
    { "0", { 0 }, false },
    { "c1-0", { 0 }, false },
    { "c0-1", { 0 }, false },
    { "c65536-1", { 0 }, false },
    { "c1-281474976710656", { 0 }, false },
    { "stream:4294967296", { 0 }, false },
    { "stream:", { 0 }, false },
    { "stream:1:2", { 0 }, false },
    { "1:2:3", { 0 }, false },
    { ":1", { 0 }, false },
    { "c1-", { 0 }, false },
    { "-1", { 0 }, false },
    { "+1", { 0 }, false },
    { " 1", { 0 }, false },
    { "1 ", { 0 }, false },
    { "0x1", { 0 }, false },
};

START_TEST(test_name)
{
    ConnectionName name;
    bool valid = connection_name_parse(NAMES[_i].text, &name);
    ck_assert_msg(valid == NAMES[_i].valid, "'%s'", NAMES[_i].text);
    if (!valid)
        return;
    ck_assert_uint_eq(name.frame, NAMES[_i].name.frame);
    ck_assert_uint_eq(name.stream, NAMES[_i].name.stream);
    ck_assert_int_eq(name.by_stream, NAMES[_i].name.by_stream);
    ck_assert_int_eq(name.without_input, NAMES[_i].name.without_input);
}
END_TEST

/* A table and a trace beside it. */
typedef struct Setting {
    StreamTable *table;
    ConnectionTrace *trace;
    ConnectionTraces *traces; /* NULL: none beside it */
    SegmentOwner owner;       /* of the segment that was fed last */
    uint64_t frame;
} Setting;

static void setting_open(Setting *setting, ConnectionName name, TraceLimits limits)
{
    setting->table = stream_table_new(&STREAM_LIMITS_DEFAULT);
    setting->trace = connection_trace_new(&name, &limits);
    setting->traces = NULL;
    setting->frame = 0;
}

static void setting_close(Setting *setting)
{
    connection_trace_free(setting->trace);
    connection_traces_free(setting->traces);
    stream_table_free(setting->table);
}

static IpAddress address(uint8_t last)
{
    return (IpAddress){ .bytes = { 10, 0, 0, last }, .version = 4 };
}

static void end_one(Setting *setting, const Connection *connection)
{
    ConnectionRow row = { .connection = *connection, .client = 0 };
    EndedConnection ended = { .connection = connection, .row = &row };
    connection_trace_ended(setting->trace, &ended);
    if (setting->traces) {
        AuditListener listener = connection_traces_listener(setting->traces);
        listener.ended(listener.data, &ended);
    }
}

/* A segment of the connection of that client port, from it or to it; all payload is one block. */
static void feed(Setting *setting, uint16_t port, bool to_client, uint8_t flags, uint32_t sequence,
                 uint32_t acknowledgement, uint32_t length)
{
    static const uint8_t payload[64];
    Segment segment = { .frame = frame_id(1, ++setting->frame),
                        .order = setting->frame,
                        .time = (Nanoseconds)setting->frame * NS_PER_MS,
                        .source = address(to_client ? 2 : 1),
                        .destination = address(to_client ? 1 : 2),
                        .source_port = to_client ? 80 : port,
                        .destination_port = to_client ? port : 80,
                        .sequence = sequence,
                        .acknowledgement = acknowledgement,
                        .window = 1000,
                        .flags = flags,
                        .window_shift = -1,
                        .length = length,
                        .payload = span_make(payload, length) };
    setting->owner = stream_table_feed(setting->table, &segment);
    connection_trace_segment(setting->trace, &setting->owner, &segment);
    if (setting->traces) {
        AuditListener listener = connection_traces_listener(setting->traces);
        FrameResult result = { .segment = &segment, .owner = setting->owner };
        listener.frame(listener.data, NULL, &result);
    }
    StreamEvent event;
    while (stream_table_next(setting->table, &event))
        if (event.kind == STREAM_END)
            end_one(setting, event.connection);
}

static const TracedConnection *end(Setting *setting)
{
    StreamEvent event;
    stream_table_finish(setting->table);
    while (stream_table_next(setting->table, &event))
        if (event.kind == STREAM_END)
            end_one(setting, event.connection);
    return connection_trace_result(setting->trace, &THRESHOLDS_DEFAULT);
}

static void handshake(Setting *setting, uint16_t port, uint32_t isn)
{
    feed(setting, port, false, TCP_SYN, isn, 0, 0);
    feed(setting, port, true, TCP_SYN | TCP_ACK, isn + 100, isn + 1, 0);
    feed(setting, port, false, TCP_ACK, isn + 1, isn + 101, 0);
}

/* Numbers are relative to the handshake's, also around 2^32; other connections are left out. */
START_TEST(test_numbers)
{
    Setting setting;
    ConnectionName names[] = { { .frame = frame_id(1, 4) }, { .by_stream = true, .stream = 1 } };
    setting_open(&setting, names[_i], TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 1000);
    handshake(&setting, 4001, UINT32_MAX - 1);
    feed(&setting, 4000, false, TCP_ACK, 1001, 1101, 5);
    feed(&setting, 4001, false, TCP_ACK, UINT32_MAX, 99, 10);
    feed(&setting, 4001, true, TCP_ACK, 99, 9, 20);
    feed(&setting, 4001, true, TCP_RST, 119, 0, 0);
    const TracedConnection *traced = end(&setting);
    ck_assert_ptr_nonnull(traced);
    ck_assert_uint_eq(traced->segment_count, 6);
    static const struct {
        uint64_t frame;
        int side;
        int64_t sequence, acknowledged;
        uint32_t length;
    } expected[] = {
        { 4, TRACED_CLIENT, 0, NO_OFFSET, 0 }, { 5, TRACED_SERVER, 0, 1, 0 },
        { 6, TRACED_CLIENT, 1, 1, 0 },         { 8, TRACED_CLIENT, 1, 1, 10 },
        { 9, TRACED_SERVER, 1, 11, 20 },       { 10, TRACED_SERVER, 21, NO_OFFSET, 0 },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(expected); i++) {
        const TracedSegment *segment = &traced->segments[i];
        ck_assert_uint_eq(frame_number(segment->frame), expected[i].frame);
        ck_assert_int_eq(segment->side, expected[i].side);
        ck_assert_int_eq(segment->sequence, expected[i].sequence);
        ck_assert_int_eq(segment->acknowledged, expected[i].acknowledged);
        ck_assert_uint_eq(segment->length, expected[i].length);
        ck_assert_int_eq(segment->fate, FATE_READ);
    }
    ck_assert_uint_eq(frame_number(traced->resets[1].frame), 10);
    ck_assert_uint_eq(traced->resets[0].frame, 0);
    setting_close(&setting);
}
END_TEST

/* A segment that comes after the end of its connection belongs to it and is marked, though
 * the connection's state has gone. */
START_TEST(test_after_end)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    feed(&setting, 4000, false, TCP_FIN | TCP_ACK, 1, 101, 0);
    feed(&setting, 4000, true, TCP_FIN | TCP_ACK, 101, 2, 0);
    feed(&setting, 4000, false, TCP_ACK, 2, 102, 0);
    feed(&setting, 4000, true, TCP_FIN | TCP_ACK, 101, 2, 0);
    const TracedConnection *traced = connection_trace_result(setting.trace, &THRESHOLDS_DEFAULT);
    ck_assert_ptr_nonnull(traced);
    ck_assert_uint_eq(traced->segment_count, 7);
    ck_assert_int_eq(traced->segments[5].fate, FATE_READ);
    ck_assert_int_eq(traced->segments[6].fate, FATE_AFTER_END);
    feed(&setting, 4000, true, TCP_RST, 102, 0, 0);
    ck_assert_uint_eq(setting.owner.first_frame, frame_id(1, 1));
    ck_assert(setting.owner.after_end);
    setting_close(&setting);
}
END_TEST

/* A connection follows another one that was not seen to end. Its SYN is recorded before it has an
 * owner. */
START_TEST(test_kept_syn)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 4) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    handshake(&setting, 4000, 70000);
    const TracedConnection *traced = end(&setting);
    ck_assert_ptr_nonnull(traced);
    ck_assert_uint_eq(traced->segment_count, 3);
    ck_assert_uint_eq(frame_number(traced->segments[0].frame), 4);
    ck_assert_int_eq(traced->segments[0].sequence, 0);
    ck_assert_uint_eq(frame_number(traced->segments[2].frame), 6);
    setting_close(&setting);
}
END_TEST

/* The same by its number, which the connection gets with that SYN; the SYN comes a second time, and
 * a challenge of the old connection between is not its. */
START_TEST(test_kept_syn_again)
{
    static const ConnectionName names[] = { { .frame = (UINT64_C(1) << 48) + 4 },
                                            { .by_stream = true, .stream = 1 } };
    Setting setting;
    setting_open(&setting, names[_i], TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    feed(&setting, 4000, false, TCP_SYN, 70000, 0, 0);
    feed(&setting, 4000, true, TCP_ACK, 101, 1, 0);
    feed(&setting, 4000, false, TCP_SYN, 70000, 0, 0);
    feed(&setting, 4000, true, TCP_SYN | TCP_ACK, 70100, 70001, 0);
    feed(&setting, 4000, false, TCP_ACK, 70001, 70101, 0);
    const TracedConnection *traced = end(&setting);
    ck_assert_ptr_nonnull(traced);
    static const uint64_t frames[] = { 4, 6, 7, 8 };
    ck_assert_uint_eq(traced->segment_count, G_N_ELEMENTS(frames));
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        ck_assert_uint_eq(frame_number(traced->segments[i].frame), frames[i]);
        ck_assert_int_eq(traced->segments[i].fate, FATE_READ);
    }
    setting_close(&setting);
}
END_TEST

/* A SYN that was of another, with the same stream number: the connection begins anew with what
 * follows, and its number is its name from there on. */
START_TEST(test_begun_anew)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .by_stream = true }, TRACE_LIMITS_DEFAULT);
    feed(&setting, 4000, false, TCP_SYN, 0, 0, 0);
    feed(&setting, 4000, true, TCP_ACK, 700000, 1296000000, 0);
    feed(&setting, 4000, false, TCP_ACK, 1296000000, 700000, 10);
    feed(&setting, 4000, true, TCP_ACK, 700000, 1296000010, 20);
    const TracedConnection *traced = end(&setting);
    ck_assert_ptr_nonnull(traced);
    ck_assert_uint_eq(traced->segment_count, 2);
    ck_assert_uint_eq(frame_number(traced->segments[0].frame), 3);
    ck_assert_uint_eq(frame_number(traced->segments[1].frame), 4);
    setting_close(&setting);
}
END_TEST

/* A SYN that met the connection and is none of it is on its page too, as a stray: it may be all
 * that explains what the connection's sides sent next. */
START_TEST(test_stray_syn)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    feed(&setting, 4000, false, TCP_SYN, 70000, 0, 0);
    feed(&setting, 4000, true, TCP_ACK, 101, 1, 0);
    feed(&setting, 4000, false, TCP_RST, 1, 0, 0);
    const TracedConnection *traced = end(&setting);
    ck_assert_uint_eq(traced->segment_count, 6);
    static const SegmentFate fates[] = { FATE_READ,  FATE_READ, FATE_READ,
                                         FATE_STRAY, FATE_READ, FATE_READ };
    for (size_t i = 0; i < G_N_ELEMENTS(fates); i++)
        ck_assert_int_eq(traced->segments[i].fate, fates[i]);
    ck_assert_int_eq(traced->segments[4].sequence, 1);
    ck_assert_int_eq(traced->segments[5].sequence, 1);
    setting_close(&setting);
}
END_TEST

/* A straggler that comes when the connection has left, however late its page is made. */
START_TEST(test_straggler)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    feed(&setting, 4000, false, TCP_FIN | TCP_ACK, 1, 101, 0);
    feed(&setting, 4000, true, TCP_FIN | TCP_ACK, 101, 2, 0);
    feed(&setting, 4000, false, TCP_ACK, 2, 102, 0);
    StreamEvent event;
    stream_table_finish(setting.table);
    while (stream_table_next(setting.table, &event))
        if (event.kind == STREAM_END)
            end_one(&setting, event.connection);
    Segment straggler = { .frame = frame_id(1, 9),
                          .source = address(2),
                          .destination = address(1),
                          .source_port = 80,
                          .destination_port = 4000,
                          .sequence = 101,
                          .acknowledgement = 2,
                          .flags = TCP_FIN | TCP_ACK };
    SegmentOwner owner = { .first_frame = frame_id(1, 1),
                           .belongs = frame_id(1, 1),
                           .after_end = true };
    connection_trace_segment(setting.trace, &owner, &straggler);
    const TracedConnection *traced = connection_trace_result(setting.trace, &THRESHOLDS_DEFAULT);
    ck_assert_uint_eq(traced->segment_count, 7);
    ck_assert_int_eq(traced->segments[6].fate, FATE_AFTER_END);
    ck_assert_int_eq(traced->segments[6].sequence, 1);
    ck_assert_int_eq(traced->segments[6].side, TRACED_SERVER);
    setting_close(&setting);
}
END_TEST

/* A packet that the capture has twice is there twice, and marked. */
START_TEST(test_copy)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    static const uint8_t payload[10];
    Segment segment = { .frame = frame_id(1, 4),
                        .order = 4,
                        .time = 4 * NS_PER_MS,
                        .source = address(1),
                        .destination = address(2),
                        .source_port = 4000,
                        .destination_port = 80,
                        .sequence = 1,
                        .acknowledgement = 101,
                        .window = 1000,
                        .flags = TCP_ACK,
                        .window_shift = -1,
                        .packet_id = 77,
                        .length = sizeof payload,
                        .payload = span_make(payload, sizeof payload) };
    for (unsigned i = 0; i < 2; i++) {
        setting.owner = stream_table_feed(setting.table, &segment);
        connection_trace_segment(setting.trace, &setting.owner, &segment);
        StreamEvent event;
        while (stream_table_next(setting.table, &event))
            ;
        segment.frame++;
        segment.order++;
        segment.time += 1000;
    }
    const TracedConnection *traced = end(&setting);
    ck_assert_uint_eq(traced->segment_count, 5);
    ck_assert_int_eq(traced->segments[3].fate, FATE_READ);
    ck_assert_int_eq(traced->segments[4].fate, FATE_COPY);
    ck_assert_int_eq(traced->segments[4].sequence, 1);
    setting_close(&setting);
}
END_TEST

/* Of more segments than the bound the first and the last stay. */
START_TEST(test_bound)
{
    enum { MAX_SEGMENTS = 8, SEGMENTS = 1000 };
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) },
                 (TraceLimits){ .segments = MAX_SEGMENTS, .exchanges = 1 });
    handshake(&setting, 4000, 0);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        feed(&setting, 4000, false, TCP_ACK, 1 + i, 101, 1);
    const TracedConnection *traced = end(&setting);
    ck_assert_uint_le(traced->segment_count, MAX_SEGMENTS + MAX_SEGMENTS / 4);
    ck_assert_uint_ge(traced->segment_count, MAX_SEGMENTS);
    ck_assert_uint_eq(traced->segment_count + traced->segments_omitted, SEGMENTS + 3);
    ck_assert_uint_eq(frame_number(traced->segments[MAX_SEGMENTS / 2 - 1].frame), MAX_SEGMENTS / 2);
    ck_assert_uint_eq(frame_number(traced->segments[traced->segment_count - 1].frame),
                      SEGMENTS + 3);
    ck_assert_uint_eq(traced->omitted_at, MAX_SEGMENTS / 2);
    setting_close(&setting);
}
END_TEST

/* Rows of the connection stay, in the order of its exchanges, whether its own is the front or the
 * back; they outlive what they were made from. Asked for by number, also before it is known which
 * connection has it. */
START_TEST(test_hops)
{
    static const ConnectionName names[] = { { .frame = (UINT64_C(1) << 48) + 1 },
                                            { .by_stream = true } };
    LegWords words = { .connection = 1,
                       .number = 2,
                       .client = "10.0.0.1:4000",
                       .server = "10.0.0.2:80",
                       .asked = "GET /own HTTP/1.1\r\n",
                       .request = 4 };
    LegWords other = words;
    other.connection = 7;
    other.asked = "GET /other HTTP/1.1\r\n";
    Leg own = leg_of_words(&words), foreign = leg_of_words(&other);
    own.path.stream_number_known = true;
    words.number = 1;
    Leg first = leg_of_words(&words);
    first.path.stream_number_known = true;
    Setting setting;
    setting_open(&setting, names[_i], TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    connection_trace_hop(setting.trace, &(HopRow){ .front = &foreign, .back = &own, .attempt = 1 });
    connection_trace_hop(setting.trace, &(HopRow){ .front = &foreign });
    connection_trace_hop(setting.trace, &(HopRow){ .front = &first, .back = &foreign });
    leg_clear(&own);
    leg_clear(&foreign);
    leg_clear(&first);
    const TracedConnection *traced = end(&setting);
    ck_assert_uint_eq(traced->hop_count, 2);
    ck_assert(traced->hops[0].in_front && !traced->hops[1].in_front);
    ck_assert_uint_eq(traced->hops[0].number, 1);
    ck_assert_uint_eq(traced->hops[1].number, 2);
    ck_assert_str_eq(traced->hops[0].row.back->target, "/other");
    ck_assert_str_eq(traced->hops[1].row.front->target, "/other");
    ck_assert_str_eq(traced->hops[1].row.back->target, "/own");
    setting_close(&setting);
}
END_TEST

/* Of more rows than exchanges are kept, the first and the last stay. */
START_TEST(test_hop_bound)
{
    enum { MAX_EXCHANGES = 8, ROWS = 100 };
    LegWords words = { .connection = 1,
                       .client = "10.0.0.1:4000",
                       .server = "10.0.0.2:80",
                       .asked = "GET / HTTP/1.1\r\n",
                       .request = 4 };
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) },
                 (TraceLimits){ .segments = 100, .exchanges = MAX_EXCHANGES });
    handshake(&setting, 4000, 0);
    for (words.number = 1; words.number <= ROWS; words.number++) {
        Leg leg = leg_of_words(&words);
        connection_trace_hop(setting.trace, &(HopRow){ .front = &leg });
        leg_clear(&leg);
    }
    const TracedConnection *traced = end(&setting);
    ck_assert_uint_le(traced->hop_count, MAX_EXCHANGES + MAX_EXCHANGES / 4);
    ck_assert_uint_ge(traced->hop_count, MAX_EXCHANGES);
    ck_assert_uint_eq(traced->hops[0].number, 1);
    ck_assert_uint_eq(traced->hops[traced->hop_count - 1].number, ROWS);
    setting_close(&setting);
}
END_TEST

/* A finding about a proxy belongs to the one connection that it names. */
START_TEST(test_hop_findings)
{
    HopFinding found = { .path = { .connection = frame_id(1, 1) },
                         .finding = { .rule = RULE_GATEWAY_ERROR, .count = 1 } };
    HopFinding other = { .path = { .connection = frame_id(1, 2) },
                         .finding = { .rule = RULE_RETRIED, .count = 1 } };
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    end(&setting);
    connection_trace_hop_finding(setting.trace, &found);
    connection_trace_hop_finding(setting.trace, &other);
    const TracedConnection *traced = connection_trace_result(setting.trace, &THRESHOLDS_DEFAULT);
    ck_assert_uint_eq(traced->finding_count, 1);
    ck_assert_int_eq(traced->findings[0].rule, RULE_GATEWAY_ERROR);
    setting_close(&setting);
}
END_TEST

START_TEST(test_no_such)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 2) }, TRACE_LIMITS_DEFAULT);
    handshake(&setting, 4000, 0);
    ck_assert_ptr_null(end(&setting));
    setting_close(&setting);
}
END_TEST

/* Several at once: each has what it would have alone, others are left out, and one that was never
 * met is none. */
START_TEST(test_several)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    setting.traces = connection_traces_new(&TRACES_LIMITS_DEFAULT);
    connection_traces_add(setting.traces, frame_id(1, 1));
    connection_traces_add(setting.traces, frame_id(1, 7));
    connection_traces_add(setting.traces, frame_id(1, 7));
    connection_traces_add(setting.traces, frame_id(1, 99));
    ck_assert_uint_eq(connection_traces_count(setting.traces), 3);
    handshake(&setting, 4000, 0);
    handshake(&setting, 4001, 1000);
    handshake(&setting, 4002, 2000);
    feed(&setting, 4000, false, TCP_ACK, 1, 101, 5);
    feed(&setting, 4001, false, TCP_ACK, 1001, 1101, 5);
    const TracedConnection *alone = end(&setting);
    const Thresholds *thresholds = &THRESHOLDS_DEFAULT;
    const TracedConnection *first =
        connection_traces_result(setting.traces, frame_id(1, 1), thresholds);
    const TracedConnection *second =
        connection_traces_result(setting.traces, frame_id(1, 7), thresholds);
    ck_assert_ptr_nonnull(first);
    ck_assert_uint_eq(first->segment_count, alone->segment_count);
    ck_assert_uint_eq(first->segments[3].frame, frame_id(1, 10));
    ck_assert_uint_eq(second->segment_count, 3);
    ck_assert_ptr_null(connection_traces_result(setting.traces, frame_id(1, 4), thresholds));
    ck_assert_ptr_null(connection_traces_result(setting.traces, frame_id(1, 99), thresholds));
    setting_close(&setting);
}
END_TEST

/* All of them together keep five segments: the one that goes beyond it keeps none, and says how
 * many it had; the other one is whole. */
START_TEST(test_bound_of_all)
{
    Setting setting;
    setting_open(&setting, (ConnectionName){ .frame = frame_id(1, 1) }, TRACE_LIMITS_DEFAULT);
    setting.traces = connection_traces_new(&(TraceLimits){ .segments = 5, .exchanges = 5 });
    connection_traces_add(setting.traces, frame_id(1, 1));
    connection_traces_add(setting.traces, frame_id(1, 4));
    handshake(&setting, 4000, 0);
    handshake(&setting, 4001, 1000);
    feed(&setting, 4001, false, TCP_ACK, 1001, 1101, 5);
    feed(&setting, 4000, false, TCP_ACK, 1, 101, 5);
    end(&setting);
    const TracedConnection *first =
        connection_traces_result(setting.traces, frame_id(1, 1), &THRESHOLDS_DEFAULT);
    ck_assert_uint_eq(first->segment_count, 4);
    ck_assert_uint_eq(first->segments_omitted, 0);
    const TracedConnection *second =
        connection_traces_result(setting.traces, frame_id(1, 4), &THRESHOLDS_DEFAULT);
    ck_assert_uint_eq(second->segment_count, 0);
    ck_assert_uint_eq(second->segments_omitted, 4);
    setting_close(&setting);
}
END_TEST

/* The end of a connection that is first seen in this frame. */
static void tell_end(LastPackets *packets, FrameId first, AuditPosition position, Verdict verdict,
                     Severity severity)
{
    AuditListener listener = last_packets_listener(packets);
    Connection connection = { .first_frame = first,
                              .address = { address(1), address(2) },
                              .port = { (uint16_t)first, 80 } };
    ConnectionRow row = { .connection = connection,
                          .decision = { .set = true, .judgement = { .verdict = verdict } } };
    Finding finding = { .severity = severity };
    EndedConnection ended = { .position = position,
                              .connection = &connection,
                              .row = &row,
                              .findings = &finding,
                              .finding_count = 1 };
    listener.ended(listener.data, &ended);
}

static void tell_stray(LastPackets *packets, uint64_t order, FrameId belongs, FrameId beside)
{
    AuditListener listener = last_packets_listener(packets);
    Segment segment = { .order = order };
    FrameResult result = { .segment = &segment, .owner = { .belongs = belongs, .beside = beside } };
    listener.stray(listener.data, &result);
}

/* The packets of a connection reach to its end, and to what comes for it later. */
START_TEST(test_reach)
{
    g_autoptr(LastPackets) packets = last_packets_new();
    AuditPosition frame = { .order = 10, .step = STEP_FRAME };
    AuditPosition finish = { .order = 50, .step = STEP_FINISH };
    tell_end(packets, 1, frame, VERDICT_CONTRADICTED, SEVERITY_NOTE);
    tell_end(packets, 2, frame, VERDICT_AS_DECLARED, SEVERITY_ERROR);
    tell_end(packets, 3, frame, VERDICT_AS_DECLARED, SEVERITY_WARNING);
    tell_end(packets, 4, finish, VERDICT_CONTRADICTED, SEVERITY_NOTE);
    PacketReach reach, other;
    ck_assert(last_packets_find(packets, 1, 5, &reach));
    ck_assert_uint_eq(reach.last, 10);
    ck_assert(last_packets_find(packets, 2, 5, &other));
    ck_assert(!last_packets_find(packets, 3, 5, &other));
    ck_assert(last_packets_find(packets, 4, 5, &other));
    ck_assert_uint_eq(other.last, UINT64_MAX);
    ck_assert(reach.shard != 0 && (reach.shard & (reach.shard - 1)) == 0);
    tell_stray(packets, 20, 1, 0);
    tell_stray(packets, 30, 99, 2);
    tell_stray(packets, 40, 0, 0);
    ck_assert(last_packets_find(packets, 1, 5, &reach));
    ck_assert_uint_eq(reach.last, 20);
    ck_assert(last_packets_find(packets, 2, 5, &other));
    ck_assert_uint_eq(other.last, 30);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace");
    TCase *names = tcase_create("names"), *segments = tcase_create("segments");
    tcase_add_loop_test(names, test_name, 0, (int)G_N_ELEMENTS(NAMES));
    suite_add_tcase(suite, names);
    tcase_add_loop_test(segments, test_numbers, 0, 2);
    tcase_add_test(segments, test_after_end);
    tcase_add_test(segments, test_kept_syn);
    tcase_add_loop_test(segments, test_kept_syn_again, 0, 2);
    tcase_add_test(segments, test_begun_anew);
    tcase_add_test(segments, test_stray_syn);
    tcase_add_test(segments, test_straggler);
    tcase_add_test(segments, test_copy);
    tcase_add_test(segments, test_bound);
    tcase_add_loop_test(segments, test_hops, 0, 2);
    tcase_add_test(segments, test_hop_bound);
    tcase_add_test(segments, test_hop_findings);
    tcase_add_test(segments, test_no_such);
    tcase_add_test(segments, test_several);
    tcase_add_test(segments, test_bound_of_all);
    tcase_add_test(segments, test_reach);
    suite_add_tcase(suite, segments);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
