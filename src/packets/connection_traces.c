#include "packets/connection_traces.h"

struct ConnectionTraces {
    GHashTable *by_connection; /* FrameId to ConnectionTrace; owns both */
    TraceLimits limits;
    TraceLimits kept; /* by all of them */
};

ConnectionTraces *connection_traces_new(const TraceLimits *limits)
{
    ConnectionTraces *traces = g_new0(ConnectionTraces, 1);
    traces->limits = *limits;
    traces->by_connection = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                  (GDestroyNotify)connection_trace_free);
    return traces;
}

void connection_traces_add(ConnectionTraces *traces, FrameId connection)
{
    if (g_hash_table_contains(traces->by_connection, &connection))
        return;
    ConnectionName name = { .frame = connection };
    g_hash_table_insert(traces->by_connection, g_memdup2(&connection, sizeof connection),
                        connection_trace_new(&name, &TRACE_LIMITS_DEFAULT));
}

unsigned connection_traces_count(const ConnectionTraces *traces)
{
    return g_hash_table_size(traces->by_connection);
}

/* NULL: it is none of them. */
static ConnectionTrace *find(const ConnectionTraces *traces, FrameId connection)
{
    return connection ? g_hash_table_lookup(traces->by_connection, &connection) : NULL;
}

/* A trace has grown from what it kept before. */
static void settle(ConnectionTraces *traces, ConnectionTrace *trace, TraceLimits before)
{
    TraceLimits now = connection_trace_kept(trace);
    traces->kept.segments += now.segments - before.segments;
    traces->kept.exchanges += now.exchanges - before.exchanges;
    if (traces->kept.segments <= traces->limits.segments &&
        traces->kept.exchanges <= traces->limits.exchanges)
        return;
    connection_trace_forget(trace);
    traces->kept.segments -= now.segments;
    traces->kept.exchanges -= now.exchanges;
}

static void take_segment(ConnectionTraces *traces, FrameId connection, const FrameResult *result)
{
    ConnectionTrace *trace = find(traces, connection);
    if (!trace)
        return;
    TraceLimits before = connection_trace_kept(trace);
    connection_trace_segment(trace, &result->owner, result->segment);
    settle(traces, trace, before);
}

static void hear_frame(void *data, const Frame *frame G_GNUC_UNUSED, const FrameResult *result)
{
    if (!result->segment)
        return;
    take_segment(data, result->owner.belongs, result);
    if (result->owner.beside != result->owner.belongs)
        take_segment(data, result->owner.beside, result);
}

/* Counted like a segment. */
static void hear_record(void *data, const Connection *connection, const TlsNote *note)
{
    ConnectionTrace *trace = find(data, connection->first_frame);
    if (!trace)
        return;
    TraceLimits before = connection_trace_kept(trace);
    connection_trace_record(trace, connection, note);
    settle(data, trace, before);
}

static void hear_h2_frame(void *data, const Connection *connection, const H2FrameNote *note)
{
    ConnectionTrace *trace = find(data, connection->first_frame);
    if (!trace)
        return;
    TraceLimits before = connection_trace_kept(trace);
    connection_trace_h2_frame(trace, connection, note);
    settle(data, trace, before);
}

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    const Connection *connection = judged->context->connection;
    ConnectionTrace *trace = find(data, connection->first_frame);
    if (!trace)
        return;
    TraceLimits before = connection_trace_kept(trace);
    connection_trace_exchange(trace, connection, judged->exchange, judged->judgement);
    settle(data, trace, before);
}

static void hear_end(void *data, const EndedConnection *ended)
{
    ConnectionTrace *trace = find(data, ended->connection->first_frame);
    if (trace)
        connection_trace_ended(trace, ended);
}

AuditListener connection_traces_listener(ConnectionTraces *traces)
{
    return (AuditListener){ .data = traces,
                            .frame = hear_frame,
                            .record = hear_record,
                            .h2_frame = hear_h2_frame,
                            .exchange = hear_exchange,
                            .ended = hear_end };
}

/* The legs of a row are of two connections. */
void connection_traces_hop(ConnectionTraces *traces, const HopRow *row)
{
    ConnectionTrace *front = row->front ? find(traces, row->front->path.connection) : NULL;
    ConnectionTrace *back = row->back ? find(traces, row->back->path.connection) : NULL;
    if (front)
        connection_trace_hop(front, row);
    if (back && back != front)
        connection_trace_hop(back, row);
}

void connection_traces_hop_finding(ConnectionTraces *traces, const HopFinding *found)
{
    ConnectionTrace *trace = find(traces, found->path.connection);
    if (trace)
        connection_trace_hop_finding(trace, found);
}

bool connection_traces_have_ended(const ConnectionTraces *traces)
{
    GHashTableIter iter;
    gpointer trace;
    g_hash_table_iter_init(&iter, traces->by_connection);
    while (g_hash_table_iter_next(&iter, NULL, &trace))
        if (!connection_trace_has_ended(trace))
            return false;
    return true;
}

const TracedConnection *connection_traces_result(ConnectionTraces *traces, FrameId connection,
                                                 const Thresholds *thresholds)
{
    ConnectionTrace *trace = find(traces, connection);
    return trace ? connection_trace_result(trace, thresholds) : NULL;
}

void connection_traces_free(ConnectionTraces *traces)
{
    if (!traces)
        return;
    g_hash_table_unref(traces->by_connection);
    g_free(traces);
}
