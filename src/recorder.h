/* Takes down all that the page of one connection needs, while the analysis goes by. Only there when
 * a page is asked for.
 *
 * Grammar: new · (segment | exchange)* · ended · findings · ladder · free. */
#ifndef RECORDER_H
#define RECORDER_H

#include "report/ladder.h"
#include "stream/stream.h"

/* The connection that is asked for. */
typedef struct ConnectionName {
    bool by_stream; /* the first that has this stream number; else the one first seen in `frame` */
    uint32_t stream;
    FrameId frame;
} ConnectionName;

/* "K:N", "N" or "stream:N"; false if it is none of them. */
bool connection_name_parse(const char *text, ConnectionName *ret_name);

/* Of more, the middle is left out, and said to be. */
typedef struct RecorderLimits {
    unsigned segments, exchanges;
} RecorderLimits;

#define RECORDER_LIMITS_DEFAULT ((RecorderLimits){ .segments = 100000, .exchanges = 10000 })

typedef struct Recorder Recorder;

Recorder *recorder_new(const ConnectionName *name, const RecorderLimits *limits);

/* Each segment that was just fed to the table. */
void recorder_segment(Recorder *recorder, const StreamTable *table, const Segment *segment);

/* Each exchange that was judged. What it takes over leaves `exchange->text` NULL. */
void recorder_exchange(Recorder *recorder, const Connection *connection, Exchange *exchange,
                       const Judgement *judgement);

/* Whether this is the connection whose row it wants, which it then gets by recorder_ended(). */
bool recorder_wants(const Recorder *recorder, const Connection *connection);

/* It has ended; `connection` still is the table's. `row` is copied. */
void recorder_ended(Recorder *recorder, const Connection *connection, const ConnectionRow *row);

/* What it broke, with texts: copied. */
void recorder_findings(Recorder *recorder, const Finding *findings, size_t count);

/* NULL if there was no such connection; as long as the recorder. */
const Ladder *recorder_ladder(Recorder *recorder, const Thresholds *thresholds);

void recorder_free(Recorder *recorder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorder, recorder_free)

#endif
