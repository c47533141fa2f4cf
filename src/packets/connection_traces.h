/* Takes down several connections at once, as connection_trace.h does one. What all of them keep is
 * bounded together: a connection that goes beyond it keeps its judgement, and none of its packets.
 *
 * Grammar: new · add* · (its listener) · result* · free. */
#ifndef PACKETS_CONNECTION_TRACES_H
#define PACKETS_CONNECTION_TRACES_H

#include "packets/connection_trace.h"

/* A segment takes about 150 bytes, an exchange about 1 KiB. */
#define TRACES_LIMITS_DEFAULT ((TraceLimits){ .segments = 400000, .exchanges = 50000 })

typedef struct ConnectionTraces ConnectionTraces;

/* `limits` are those of all connections together. */
ConnectionTraces *connection_traces_new(const TraceLimits *limits);

/* The connection that is first seen in this frame; once or several times. */
void connection_traces_add(ConnectionTraces *traces, FrameId connection);
unsigned connection_traces_count(const ConnectionTraces *traces);

/* `traces` is borrowed. */
AuditListener connection_traces_listener(ConnectionTraces *traces);

/* Each row of hops, and each finding about a proxy, once all has ended. */
void connection_traces_hop(ConnectionTraces *traces, const HopRow *row);
void connection_traces_hop_finding(ConnectionTraces *traces, const HopFinding *found);

/* Whether each of the connections has been met, and is over. */
bool connection_traces_have_ended(const ConnectionTraces *traces);

/* NULL if it was not met; as long as the traces. */
const TracedConnection *connection_traces_result(ConnectionTraces *traces, FrameId connection,
                                                 const Thresholds *thresholds);

void connection_traces_free(ConnectionTraces *traces);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ConnectionTraces, connection_traces_free)

#endif
