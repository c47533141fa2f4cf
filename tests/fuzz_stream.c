/* Twelve bytes make a segment of one of four pairs of endpoints; some also make a tick.
 *
 * These must hold: on each side, data and gaps follow each other without holes and without going
 * back; data carries the stamp of its place; facts are never withdrawn; held data stays within its
 * limit; every connection ends exactly once, and nothing follows its end. */
#include <glib.h>
#include <string.h>

#include "base/span.h"
#include "stream_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SEGMENT_BYTES 12
#define TICK 0xff

typedef struct Owner {
    int64_t next[2];
    int64_t acked[2];
    bool begun[2];
} Owner;

static const StreamLimits LIMITS = { .connections = 128,
                                     .held_bytes = 64 * 3000,
                                     .held_bytes_connection = 2000 };

static void check_event(const StreamEvent *event, uint64_t *ended)
{
    Connection *connection = event->connection;
    if (!connection->owner)
        connection->owner = g_new0(Owner, 1);
    Owner *owner = connection->owner;
    if (event->kind == STREAM_END) {
        g_assert_cmpint(connection->end, !=, CONNECTION_OPEN);
        for (int side = 0; side < 2; side++) {
            const RstFact *reset = connection_reset(connection, side);
            g_assert_true(!reset || stamp_is_set(&reset->stamp));
        }
        g_clear_pointer(&connection->owner, g_free);
        (*ended)++;
        return;
    }
    g_assert_cmpint(connection->end, ==, CONNECTION_OPEN);
    g_assert_true(stamp_is_set(&event->stamp));
    int64_t length = event->kind == STREAM_GAP ? event->gap : (int64_t)event->data.length;
    if (event->kind == STREAM_DATA || event->kind == STREAM_GAP) {
        g_assert_cmpint(length, >, 0);
        g_assert_cmpint(event->stamp.offset, ==, owner->next[event->side]);
        owner->next[event->side] += length;
    }
    for (int side = 0; side < 2; side++) {
        const Half *half = &connection->half[side];
        g_assert_cmpint(half->next, >=, owner->next[side]);
        g_assert_cmpint(half->high, <=, half->next);
        if (half->fin.proof != FIN_NONE)
            g_assert_cmpint(half->fin.stamp.offset, ==, half->next);
    }
}

static void drain(StreamTable *table, uint64_t *ended)
{
    StreamEvent event;
    while (stream_table_next(table, &event))
        check_event(&event, ended);
    g_assert_cmpuint(stream_table_held(table), <=, LIMITS.held_bytes);
}

/* Small differences from a base near the wrap-around of sequence numbers, so that segments meet. */
static uint32_t number_from(uint8_t high, uint8_t low)
{
    uint32_t step = (uint32_t)(high & 0x0f) << 8 | low;
    return UINT32_C(0xfffffc00) + step + ((uint32_t)(high >> 4) << 27);
}

static Segment segment_from(const uint8_t *bytes, uint64_t frame, Nanoseconds time)
{
    static const uint8_t PAYLOAD[256 + 8] = "payload";
    bool from = bytes[0] & 1;
    uint8_t host = bytes[0] >> 1 & 3;
    uint8_t flags = bytes[1] & (TCP_FIN | TCP_SYN | TCP_RST | TCP_ACK);
    Segment segment = {
        .frame = frame_id(1, frame),
        .time = time,
        .source = { .bytes = { 10, 0, 0, host }, .version = 4 },
        .destination = { .bytes = { 10, 0, 1, host }, .version = 4 },
        .source_port = 1000,
        .destination_port = 80,
        .sequence = number_from(bytes[2], bytes[3]),
        .acknowledgement = number_from(bytes[4], bytes[5]),
        .window = (uint16_t)(bytes[6] << 8 | bytes[7]),
        .flags = flags,
        .window_shift = (int8_t)(bytes[8] % 16 - 1),
        .length = bytes[9],
        .payload = span_make(PAYLOAD + bytes[10] % 8, MIN(bytes[9], bytes[10])),
    };
    if (from) {
        IpAddress address = segment.source;
        segment.source = segment.destination;
        segment.destination = address;
        segment.source_port = 80;
        segment.destination_port = 1000;
    }
    return segment;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(StreamTable) table = stream_table_new(&LIMITS);
    Nanoseconds time = 0;
    uint64_t ended = 0;
    for (uint64_t frame = 1; size >= SEGMENT_BYTES; frame++) {
        /* Mostly milliseconds, sometimes minutes; the clock may also go back. */
        uint8_t pace = data[11];
        time += pace & 0x80 ? (pace & 0x7f) * NS_PER_SECOND : ((int64_t)pace - 16) * NS_PER_MS;
        Segment segment = segment_from(data, frame, time);
        stream_table_feed(table, &segment);
        drain(table, &ended);
        if (data[1] == TICK) {
            stream_table_fire_timers(table);
            drain(table, &ended);
        }
        data += SEGMENT_BYTES;
        size -= SEGMENT_BYTES;
    }
    stream_table_finish(table);
    drain(table, &ended);
    g_assert_cmpuint(ended, ==, stream_table_counters(table)->connections);
    g_assert_cmpuint(stream_table_held(table), ==, 0);
    return 0;
}
