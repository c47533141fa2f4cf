/* Which segments belong to the connection is the table's word for each of them. The first segment
 * of a connection may be a SYN that was kept aside and had no owner when it came: it is known by
 * its frame.
 *
 * Numbers become relative only when the connection has ended: the number of offset 0 may be
 * corrected until then. They are unwrapped from one segment of a side to the next, so what is
 * compared later knows no 32 bits. */
#include "recorder.h"

#include <string.h>

#include "base/text.h"
#include "stream/seq.h"

typedef struct Record {
    RungSegment rung; /* numbers and side are filled in at the end */
    uint32_t sequence, acknowledgement;
    IpAddress source;
    uint16_t source_port;
} Record;

struct Recorder {
    ConnectionName name;
    RecorderLimits limits;
    FrameId first_frame; /* of the connection; 0: it has not been met */
    bool ended;
    GArray *records;   /* Record */
    GArray *exchanges; /* ExchangeRow */
    GArray *rungs;     /* RungSegment */
    GArray *findings;  /* Finding */
    size_t omitted_at;
    Ladder ladder;
};

static bool parse_number(const char *text, size_t length, uint64_t max, uint64_t *ret_number)
{
    int64_t number;
    if (!text_number(span_make(text, length), &number) || (uint64_t)number > max)
        return false;
    *ret_number = (uint64_t)number;
    return true;
}

#define INPUT_MAX UINT64_C(0xffff)
#define NUMBER_MAX UINT64_C(0xffffffffffff)

bool connection_name_parse(const char *text, ConnectionName *ret_name)
{
    uint64_t input = 1, number;
    *ret_name = (ConnectionName){ 0 };
    if (g_str_has_prefix(text, "stream:")) {
        text += strlen("stream:");
        if (!parse_number(text, strlen(text), UINT32_MAX, &number))
            return false;
        ret_name->by_stream = true;
        ret_name->stream = (uint32_t)number;
        return true;
    }
    const char *colon = strchr(text, ':');
    if (colon && !parse_number(text, (size_t)(colon - text), INPUT_MAX, &input))
        return false;
    const char *frame = colon ? colon + 1 : text;
    if (!parse_number(frame, strlen(frame), NUMBER_MAX, &number) || number == 0 || input == 0)
        return false;
    ret_name->frame = frame_id((unsigned)input, number);
    return true;
}

Recorder *recorder_new(const ConnectionName *name, const RecorderLimits *limits)
{
    Recorder *recorder = g_new0(Recorder, 1);
    recorder->name = *name;
    recorder->limits = *limits;
    recorder->records = g_array_new(FALSE, FALSE, sizeof(Record));
    recorder->exchanges = g_array_new(FALSE, FALSE, sizeof(ExchangeRow));
    recorder->rungs = g_array_new(FALSE, FALSE, sizeof(RungSegment));
    recorder->findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    return recorder;
}

static void clear_exchanges(GArray *exchanges, guint from, guint count)
{
    for (guint i = from; i < from + count; i++)
        exchange_clear(&g_array_index(exchanges, ExchangeRow, i).exchange);
}

void recorder_free(Recorder *recorder)
{
    if (!recorder)
        return;
    clear_exchanges(recorder->exchanges, 0, recorder->exchanges->len);
    g_free(recorder->ladder.connection.decision.host);
    g_array_free(recorder->records, TRUE);
    g_array_free(recorder->exchanges, TRUE);
    g_array_free(recorder->rungs, TRUE);
    for (guint i = 0; i < recorder->findings->len; i++)
        finding_clear(&g_array_index(recorder->findings, Finding, i));
    g_array_free(recorder->findings, TRUE);
    g_free(recorder);
}

/* How much of an array that has more than `max` and a quarter goes from its middle: a quarter at a
 * time, so that nothing is moved often. */
static guint surplus(const GArray *array, unsigned max)
{
    return array->len > max + max / 4 ? array->len - max : 0;
}

static bool owns(Recorder *recorder, const StreamTable *table, const Segment *segment,
                 SegmentOwner *ret_owner)
{
    const ConnectionName *name = &recorder->name;
    *ret_owner = stream_table_owner(table);
    if (recorder->first_frame == 0 && ret_owner->first_frame != 0) {
        bool found = name->by_stream ? ret_owner->number_known && ret_owner->number == name->stream
                                     : ret_owner->first_frame == name->frame;
        if (found)
            recorder->first_frame = ret_owner->first_frame;
    }
    if (recorder->first_frame != 0 && ret_owner->first_frame == recorder->first_frame)
        return true;
    return !name->by_stream && segment->frame == name->frame && ret_owner->first_frame == 0;
}

void recorder_segment(Recorder *recorder, const StreamTable *table, const Segment *segment)
{
    SegmentOwner owner;
    if (!owns(recorder, table, segment, &owner))
        return;
    Record record = {
        .rung = { .frame = segment->frame,
                  .time = segment->time,
                  .length = segment->length,
                  .captured = (uint32_t)MIN(segment->payload.length, segment->length),
                  .window = segment->window,
                  .flags = segment->flags,
                  .after_end = owner.after_end },
        .sequence = segment->sequence,
        .acknowledgement = segment->acknowledgement,
        .source = segment->source,
        .source_port = segment->source_port,
    };
    g_array_append_val(recorder->records, record);
    guint removed = surplus(recorder->records, recorder->limits.segments);
    if (removed) {
        recorder->omitted_at = recorder->limits.segments / 2;
        g_array_remove_range(recorder->records, recorder->limits.segments / 2, removed);
        recorder->ladder.segments_omitted += removed;
    }
}

bool recorder_wants(const Recorder *recorder, const Connection *connection)
{
    return recorder->first_frame != 0 && connection->first_frame == recorder->first_frame;
}

void recorder_exchange(Recorder *recorder, const Connection *connection, Exchange *exchange,
                       const Judgement *judgement)
{
    if (!recorder_wants(recorder, connection))
        return;
    ExchangeRow row = { .connection = connection->first_frame,
                        .exchange = *exchange,
                        .judgement = *judgement };
    exchange->text = NULL;
    g_array_append_val(recorder->exchanges, row);
    guint removed = surplus(recorder->exchanges, recorder->limits.exchanges);
    if (removed) {
        guint from = recorder->limits.exchanges / 2;
        clear_exchanges(recorder->exchanges, from, removed);
        g_array_remove_range(recorder->exchanges, from, removed);
        recorder->ladder.exchanges_omitted += removed;
    }
}

static bool is_sent_by(const Record *record, const Connection *connection, int side)
{
    return record->source_port == connection->port[side] &&
           memcmp(&record->source.bytes, &connection->address[side].bytes,
                  sizeof record->source.bytes) == 0;
}

static void make_rungs(Recorder *recorder, const Connection *connection, int client)
{
    uint32_t base[2] = { connection_sequence(connection, client, 0),
                         connection_sequence(connection, 1 - client, 0) };
    int64_t near[2] = { 0, 0 };
    g_array_set_size(recorder->rungs, 0);
    for (guint i = 0; i < recorder->records->len; i++) {
        const Record *record = &g_array_index(recorder->records, Record, i);
        RungSegment rung = record->rung;
        int side = is_sent_by(record, connection, client) ? RUNG_CLIENT : RUNG_SERVER;
        rung.side = (uint8_t)side;
        int64_t offset = seq_offset(base[side], near[side], record->sequence);
        if (!(rung.flags & (TCP_SYN | TCP_RST)))
            near[side] = offset;
        rung.sequence = offset + 1;
        rung.acknowledged = rung.flags & TCP_ACK
                                ? seq_offset(base[!side], near[!side], record->acknowledgement) + 1
                                : NO_OFFSET;
        g_array_append_val(recorder->rungs, rung);
    }
}

void recorder_ended(Recorder *recorder, const Connection *connection, const ConnectionRow *row)
{
    Ladder *ladder = &recorder->ladder;
    recorder->ended = true;
    ladder->connection = *row;
    ladder->connection.decision.host = g_strdup(row->decision.host);
    int sides[2] = { row->client, 1 - row->client };
    for (int i = 0; i < 2; i++) {
        const RstFact *reset = connection_reset(connection, sides[i]);
        ladder->resets[i] = reset ? reset->stamp : (Stamp){ 0 };
    }
    make_rungs(recorder, connection, row->client);
}

void recorder_findings(Recorder *recorder, const Finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Finding finding = finding_copy(&findings[i]);
        g_array_append_val(recorder->findings, finding);
    }
}

const Ladder *recorder_ladder(Recorder *recorder, const Thresholds *thresholds)
{
    Ladder *ladder = &recorder->ladder;
    if (!recorder->ended)
        return NULL;
    ladder->thresholds = *thresholds;
    ladder->segments = (const RungSegment *)(const void *)recorder->rungs->data;
    ladder->segment_count = recorder->rungs->len;
    ladder->omitted_at = recorder->omitted_at;
    ladder->exchanges = (const ExchangeRow *)(const void *)recorder->exchanges->data;
    ladder->exchange_count = recorder->exchanges->len;
    ladder->findings = (const Finding *)(const void *)recorder->findings->data;
    ladder->finding_count = recorder->findings->len;
    return ladder;
}
