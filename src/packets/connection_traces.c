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

/* A trace that is about to grow, and what it keeps before that. */
typedef struct Growing {
    ConnectionTraces *traces;
    ConnectionTrace *trace; /* NULL: the connection is none of them */
    TraceLimits before;
} Growing;

static Growing begin(ConnectionTraces *traces, FrameId connection)
{
    ConnectionTrace *trace = find(traces, connection);
    return (Growing){ traces, trace, trace ? connection_trace_kept(trace) : (TraceLimits){ 0 } };
}

/* It has grown. Beyond the limits of all it is forgotten. */
static void settle(const Growing *growing)
{
    ConnectionTraces *traces = growing->traces;
    TraceLimits now = connection_trace_kept(growing->trace);
    traces->kept.segments += now.segments - growing->before.segments;
    traces->kept.exchanges += now.exchanges - growing->before.exchanges;
    if (traces->kept.segments <= traces->limits.segments &&
        traces->kept.exchanges <= traces->limits.exchanges)
        return;
    connection_trace_forget(growing->trace);
    traces->kept.segments -= now.segments;
    traces->kept.exchanges -= now.exchanges;
}

static void take_segment(ConnectionTraces *traces, FrameId connection, const FrameResult *result)
{
    Growing growing = begin(traces, connection);
    if (!growing.trace)
        return;
    connection_trace_segment(growing.trace, &result->owner, result->segment);
    settle(&growing);
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
    Growing growing = begin(data, connection->first_frame);
    if (!growing.trace)
        return;
    connection_trace_record(growing.trace, connection, note);
    settle(&growing);
}

static void hear_h2_frame(void *data, const Connection *connection, const H2FrameNote *note)
{
    Growing growing = begin(data, connection->first_frame);
    if (!growing.trace)
        return;
    connection_trace_h2_frame(growing.trace, connection, note);
    settle(&growing);
}

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    const Connection *connection = judged->context->connection;
    Growing growing = begin(data, connection->first_frame);
    if (!growing.trace)
        return;
    connection_trace_exchange(growing.trace, connection, judged->exchange, judged->judgement);
    settle(&growing);
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
