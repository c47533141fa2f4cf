/* What the stages of a set of shards share: events on their way out, counters, connections that
 * leave, and what must live until the next call. Private to stream/. */
#ifndef STREAM_SINK_H
#define STREAM_SINK_H

#include "stream/backlog.h"
#include "stream/stream.h"

#define SINK_EVENTS 4

typedef struct Sink {
    StreamEvent events[SINK_EVENTS];
    unsigned count, read;
    StreamCounters counters;
    Item *spent;        /* the bytes of an event are its */
    GPtrArray *leaving; /* FlowHead: out of their shards; each is drained and ended in this order */
} Sink;

#endif
