/* Which segments belong to the connection is the stream stage's word for each of them. A SYN that
 * was kept aside belongs to a connection that there may never be: what is asked for by its stream
 * number is sought on until a connection with that number has begun.
 *
 * Numbers become relative only when all is over: the number of offset 0 may be corrected until the
 * connection ends, and stragglers come after that. They are unwrapped from one segment of a side to
 * the next, so what is compared later knows no 32 bits. */
#include "packets/connection_trace.h"

#include <string.h>

#include "base/text.h"
#include "stream/seq.h"

typedef struct Record {
    TracedSegment packet; /* numbers, side and fate are filled in at the end */
    SegmentOwner owner;
    uint32_t sequence, acknowledgement;
    IpAddress source;
    uint16_t source_port;
} Record;

struct ConnectionTrace {
    ConnectionName name;
    TraceLimits limits;
    FrameId first_frame; /* of the connection, or of what may become one; 0: it has not been met */
    bool ended;
    GArray *records;   /* Record */
    GArray *exchanges; /* ExchangeRow */
    GArray *packets;   /* TracedSegment */
    GArray *findings;  /* Finding */
    GArray *notes;     /* TlsNote */
    GArray *h2_frames; /* H2FrameNote */
    GArray *hops;      /* TracedHop, of connections that may be it */
    FrameId namesakes[TRACE_NAMESAKES_MAX];
    unsigned namesake_count;
    size_t omitted_at;
    TracedConnection traced;
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
    const char *dash = *text == 'c' ? strchr(text, '-') : NULL;
    if (*text == 'c' &&
        (!dash || !parse_number(text + 1, (size_t)(dash - text) - 1, INPUT_MAX, &input)))
        return false;
    const char *frame = dash ? dash + 1 : text;
    if (!parse_number(frame, strlen(frame), NUMBER_MAX, &number) || number == 0 || input == 0)
        return false;
    ret_name->frame = frame_id((unsigned)input, number);
    ret_name->without_input = !dash;
    return true;
}

ConnectionTrace *connection_trace_new(const ConnectionName *name, const TraceLimits *limits)
{
    ConnectionTrace *trace = g_new0(ConnectionTrace, 1);
    trace->name = *name;
    trace->limits = *limits;
    trace->records = g_array_new(FALSE, FALSE, sizeof(Record));
    trace->exchanges = g_array_new(FALSE, FALSE, sizeof(ExchangeRow));
    trace->packets = g_array_new(FALSE, FALSE, sizeof(TracedSegment));
    trace->findings = g_array_new(FALSE, FALSE, sizeof(Finding));
    trace->notes = g_array_new(FALSE, FALSE, sizeof(TlsNote));
    trace->h2_frames = g_array_new(FALSE, FALSE, sizeof(H2FrameNote));
    trace->hops = g_array_new(FALSE, FALSE, sizeof(TracedHop));
    return trace;
}

static void clear_exchanges(GArray *exchanges, guint from, guint count)
{
    for (guint i = from; i < from + count; i++)
        exchange_clear(&g_array_index(exchanges, ExchangeRow, i).exchange);
}

static void clear_hops(GArray *hops, guint from, guint count)
{
    for (guint i = from; i < from + count; i++)
        for (unsigned k = 0; k < 2; k++) {
            Leg *leg = g_array_index(hops, TracedHop, i).owned[k];
            if (leg)
                leg_clear(leg);
            g_free(leg);
        }
}

void connection_trace_free(ConnectionTrace *trace)
{
    if (!trace)
        return;
    clear_exchanges(trace->exchanges, 0, trace->exchanges->len);
    g_free(trace->traced.connection.decision.host);
    g_free(trace->traced.connection.h2);
    g_array_free(trace->records, TRUE);
    g_array_free(trace->exchanges, TRUE);
    g_array_free(trace->packets, TRUE);
    for (guint i = 0; i < trace->findings->len; i++)
        finding_clear(&g_array_index(trace->findings, Finding, i));
    g_array_free(trace->findings, TRUE);
    g_array_free(trace->notes, TRUE);
    g_array_free(trace->h2_frames, TRUE);
    clear_hops(trace->hops, 0, trace->hops->len);
    g_array_free(trace->hops, TRUE);
    g_free(trace);
}

/* How much of an array that has more than `max` and a quarter goes from its middle: a quarter at a
 * time, so that nothing is moved often. */
static guint surplus(const GArray *array, unsigned max)
{
    return array->len > max + max / 4 ? array->len - max : 0;
}

TraceLimits connection_trace_kept(const ConnectionTrace *trace)
{
    return (TraceLimits){ .segments =
                              trace->records->len + trace->notes->len + trace->h2_frames->len,
                          .exchanges = trace->exchanges->len };
}

void connection_trace_forget(ConnectionTrace *trace)
{
    trace->limits = (TraceLimits){ 0 };
    trace->omitted_at = 0;
    trace->traced.segments_omitted += trace->records->len;
    trace->traced.exchanges_omitted += trace->exchanges->len;
    g_array_set_size(trace->records, 0);
    g_array_set_size(trace->notes, 0);
    g_array_set_size(trace->h2_frames, 0);
    clear_exchanges(trace->exchanges, 0, trace->exchanges->len);
    g_array_set_size(trace->exchanges, 0);
}

/* The connection that is asked for may be this segment's. By number there may be several: a SYN
 * that began none, what began anew at a later frame. The first that ends is the one; until then
 * what belongs to any of them is taken down. */
static bool owns(ConnectionTrace *trace, const SegmentOwner *owner)
{
    const ConnectionName *name = &trace->name;
    bool named = name->by_stream ? owner->number_known && owner->number == name->stream
                                 : owner->belongs == name->frame;
    if (named && owner->belongs && !trace->ended)
        trace->first_frame = owner->belongs;
    return trace->first_frame != 0 &&
           (owner->belongs == trace->first_frame || owner->beside == trace->first_frame);
}

/* A SYN that was kept aside is read when its connection begins. */
static SegmentFate fate_of(const ConnectionTrace *trace, const Record *record)
{
    const SegmentOwner *owner = &record->owner;
    if (owner->belongs != trace->first_frame)
        return FATE_STRAY;
    if (owner->copy)
        return FATE_COPY;
    if (owner->after_end)
        return FATE_AFTER_END;
    return owner->first_frame || record->packet.flags & TCP_SYN ? FATE_READ : FATE_STRAY;
}

void connection_trace_segment(ConnectionTrace *trace, const SegmentOwner *owner,
                              const Segment *segment)
{
    if (!owns(trace, owner))
        return;
    Record record = {
        .packet = { .frame = segment->frame,
                    .time = segment->time,
                    .length = segment->length,
                    .captured = (uint32_t)MIN(segment->payload.length, segment->length),
                    .window = segment->window,
                    .flags = segment->flags },
        .owner = *owner,
        .sequence = segment->sequence,
        .acknowledgement = segment->acknowledgement,
        .source = segment->source,
        .source_port = segment->source_port,
    };
    g_array_append_val(trace->records, record);
    guint removed = surplus(trace->records, trace->limits.segments);
    if (removed) {
        trace->omitted_at = trace->limits.segments / 2;
        g_array_remove_range(trace->records, trace->limits.segments / 2, removed);
        trace->traced.segments_omitted += removed;
    }
}

static bool is_traced(const ConnectionTrace *trace, const Connection *connection)
{
    if (trace->name.by_stream && !trace->ended)
        return connection->stream_number_known && connection->stream_number == trace->name.stream;
    return trace->first_frame != 0 && connection->first_frame == trace->first_frame;
}

void connection_trace_exchange(ConnectionTrace *trace, const Connection *connection,
                               Exchange *exchange, const Judgement *judgement)
{
    if (!is_traced(trace, connection))
        return;
    ExchangeRow row = { .connection = { .first_frame = connection->first_frame },
                        .exchange = *exchange,
                        .judgement = *judgement };
    exchange->text = NULL;
    row.exchange.digest = NULL; /* remains where it is */
    g_array_append_val(trace->exchanges, row);
    guint removed = surplus(trace->exchanges, trace->limits.exchanges);
    if (removed) {
        guint from = trace->limits.exchanges / 2;
        clear_exchanges(trace->exchanges, from, removed);
        g_array_remove_range(trace->exchanges, from, removed);
        trace->traced.exchanges_omitted += removed;
    }
}

void connection_trace_record(ConnectionTrace *trace, const Connection *connection,
                             const TlsNote *note)
{
    if (is_traced(trace, connection) && trace->notes->len < trace->limits.segments)
        g_array_append_val(trace->notes, *note);
}

/* More are not on the page. */
#define H2_FRAMES_MAX 10000

void connection_trace_h2_frame(ConnectionTrace *trace, const Connection *connection,
                               const H2FrameNote *note)
{
    unsigned max = MIN(H2_FRAMES_MAX, trace->limits.segments);
    if (is_traced(trace, connection) && trace->h2_frames->len < max)
        g_array_append_val(trace->h2_frames, *note);
}

static bool is_sent_by(const Record *record, const Connection *connection, int side)
{
    return record->source_port == connection->port[side] &&
           memcmp(&record->source.bytes, &connection->address[side].bytes,
                  sizeof record->source.bytes) == 0;
}

static void take_findings(ConnectionTrace *trace, const Finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Finding finding = finding_copy(&findings[i]);
        g_array_append_val(trace->findings, finding);
    }
}

/* One of each input: there the first is the one. */
static void take_namesake(ConnectionTrace *trace, const Connection *connection)
{
    const ConnectionName *name = &trace->name;
    FrameId frame = connection->first_frame;
    bool named = name->by_stream
                     ? connection->stream_number_known && connection->stream_number == name->stream
                     : name->without_input && frame_number(frame) == frame_number(name->frame);
    for (unsigned i = 0; i < trace->namesake_count && named; i++)
        named = frame_input(trace->namesakes[i]) != frame_input(frame);
    if (named && trace->namesake_count < TRACE_NAMESAKES_MAX)
        trace->namesakes[trace->namesake_count++] = frame;
}

const FrameId *connection_trace_namesakes(const ConnectionTrace *trace, unsigned *ret_count)
{
    *ret_count = trace->namesake_count;
    return trace->namesakes;
}

void connection_trace_ended(ConnectionTrace *trace, const EndedConnection *ended)
{
    TracedConnection *traced = &trace->traced;
    const ConnectionRow *row = ended->row;
    take_namesake(trace, ended->connection);
    if (!is_traced(trace, ended->connection))
        return;
    trace->ended = true;
    trace->first_frame = ended->connection->first_frame;
    traced->connection = *row;
    traced->connection.decision.host = g_strdup(row->decision.host);
    traced->connection.tls = NULL; /* the page has no use for it */
    if (row->h2)
        traced->connection.facts.h2 = traced->connection.h2 = g_memdup2(row->h2, sizeof *row->h2);
    int sides[2] = { row->client, 1 - row->client };
    for (int i = 0; i < 2; i++) {
        const RstFact *reset = connection_reset(ended->connection, sides[i]);
        traced->resets[i] = reset ? reset->stamp : (Stamp){ 0 };
    }
    take_findings(trace, ended->findings, ended->finding_count);
}

bool connection_trace_has_ended(const ConnectionTrace *trace)
{
    return trace->ended;
}

static Leg *copy_of(const Leg *leg)
{
    if (!leg)
        return NULL;
    Leg copy = leg_copy(leg);
    return g_memdup2(&copy, sizeof copy);
}

/* Rows may come while it is not known yet which connection has the stream number. */
static bool is_named(const ConnectionTrace *trace, const Leg *leg)
{
    const ConnectionName *name = &trace->name;
    if (!leg)
        return false;
    if (name->by_stream && !trace->ended)
        return leg->path.stream_number_known && leg->path.stream_number == name->stream;
    return trace->first_frame != 0 && leg->path.connection == trace->first_frame;
}

static void add_hop(ConnectionTrace *trace, const HopRow *row, bool in_front)
{
    TracedHop hop = { .row = *row,
                      .in_front = in_front,
                      .number = in_front ? row->front->number : row->back->number,
                      .owned = { copy_of(row->front), copy_of(row->back) } };
    hop.row.front = hop.owned[0];
    hop.row.back = hop.owned[1];
    g_array_append_val(trace->hops, hop);
    guint removed = surplus(trace->hops, trace->limits.exchanges);
    if (removed) {
        guint from = trace->limits.exchanges / 2;
        clear_hops(trace->hops, from, removed);
        g_array_remove_range(trace->hops, from, removed);
    }
}

/* Of a stream number several connections may be named, even on both sides of a row. */
void connection_trace_hop(ConnectionTrace *trace, const HopRow *row)
{
    if (is_named(trace, row->front))
        add_hop(trace, row, true);
    if (is_named(trace, row->back))
        add_hop(trace, row, false);
}

void connection_trace_hop_finding(ConnectionTrace *trace, const HopFinding *found)
{
    if (!trace->ended || found->path.connection != trace->first_frame)
        return;
    take_findings(trace, &found->finding, 1);
}

static void hear_frame(void *data, const Frame *frame G_GNUC_UNUSED, const FrameResult *result)
{
    if (result->segment)
        connection_trace_segment(data, &result->owner, result->segment);
}

static void hear_h2_frame(void *data, const Connection *connection, const H2FrameNote *note)
{
    connection_trace_h2_frame(data, connection, note);
}

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    connection_trace_exchange(data, judged->context->connection, judged->exchange,
                              judged->judgement);
}

static void hear_record(void *data, const Connection *connection, const TlsNote *note)
{
    connection_trace_record(data, connection, note);
}

static void hear_end(void *data, const EndedConnection *ended)
{
    connection_trace_ended(data, ended);
}

AuditListener connection_trace_listener(ConnectionTrace *trace)
{
    return (AuditListener){ .data = trace,
                            .frame = hear_frame,
                            .record = hear_record,
                            .h2_frame = hear_h2_frame,
                            .exchange = hear_exchange,
                            .ended = hear_end };
}

/* What came after the end, too: it is marked. */
static void make_packets(ConnectionTrace *trace)
{
    const Connection *connection = &trace->traced.connection.connection;
    int client = trace->traced.connection.client;
    uint32_t base[2] = { connection_sequence(connection, client, 0),
                         connection_sequence(connection, 1 - client, 0) };
    int64_t near[2] = { 0, 0 };
    g_array_set_size(trace->packets, 0);
    for (guint i = 0; i < trace->records->len; i++) {
        const Record *record = &g_array_index(trace->records, Record, i);
        TracedSegment packet = record->packet;
        if (record->owner.belongs != trace->first_frame &&
            record->owner.beside != trace->first_frame)
            continue;
        packet.fate = (uint8_t)fate_of(trace, record);
        int side = is_sent_by(record, connection, client) ? TRACED_CLIENT : TRACED_SERVER;
        packet.side = (uint8_t)side;
        int64_t offset = seq_offset(base[side], near[side], record->sequence);
        if (packet_is_of_order(&packet) && !(packet.flags & (TCP_SYN | TCP_RST)))
            near[side] = offset;
        packet.sequence = offset + 1;
        packet.acknowledged =
            packet.flags & TCP_ACK
                ? seq_offset(base[!side], near[!side], record->acknowledgement) + 1
                : NO_OFFSET;
        g_array_append_val(trace->packets, packet);
    }
}

/* An exchange of a proxy before a proxy is a back, and a front. */
static gint compare_hops(gconstpointer left, gconstpointer right)
{
    const TracedHop *a = left, *b = right;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    if (a->in_front != b->in_front)
        return a->in_front ? 1 : -1;
    return (a->row.attempt > b->row.attempt) - (a->row.attempt < b->row.attempt);
}

/* Those of the connection that it turned out to be. */
static void sort_hops(ConnectionTrace *trace)
{
    guint kept = 0;
    for (guint i = 0; i < trace->hops->len; i++) {
        TracedHop *hop = &g_array_index(trace->hops, TracedHop, i);
        if (is_named(trace, hop->owned[hop->in_front ? 0 : 1]))
            g_array_index(trace->hops, TracedHop, kept++) = *hop;
        else
            clear_hops(trace->hops, i, 1);
    }
    g_array_set_size(trace->hops, kept);
    g_array_sort(trace->hops, compare_hops);
}

const TracedConnection *connection_trace_result(ConnectionTrace *trace,
                                                const Thresholds *thresholds)
{
    TracedConnection *traced = &trace->traced;
    if (!trace->ended)
        return NULL;
    make_packets(trace);
    traced->thresholds = *thresholds;
    traced->segments = (const TracedSegment *)(const void *)trace->packets->data;
    traced->segment_count = trace->packets->len;
    traced->omitted_at = trace->omitted_at;
    traced->exchanges = (const ExchangeRow *)(const void *)trace->exchanges->data;
    traced->exchange_count = trace->exchanges->len;
    traced->records = (const TlsNote *)(const void *)trace->notes->data;
    traced->record_count = trace->notes->len;
    traced->findings = (const Finding *)(const void *)trace->findings->data;
    traced->finding_count = trace->findings->len;
    traced->h2_frames = (const H2FrameNote *)(const void *)trace->h2_frames->data;
    traced->h2_frame_count = trace->h2_frames->len;
    sort_hops(trace);
    traced->hops = (const TracedHop *)(const void *)trace->hops->data;
    traced->hop_count = trace->hops->len;
    return traced;
}
