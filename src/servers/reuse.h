/* What one exchange shows about how its server and its client reuse connections. Pure. */
#ifndef SERVERS_REUSE_H
#define SERVERS_REUSE_H

#include "judge/judge.h"
#include "servers/idle.h"

/* An idle time of a connection after a response, and what ended it. */
typedef struct IdlePeriod {
    IdleEnd end;
    Nanoseconds length, time; /* when it ended */
} IdlePeriod;

/* A request on an idle connection that was lost: the server was closing the connection, had closed
 * it, or closed it without an answer. */
typedef struct RacedRequest {
    FrameId connection; /* its first frame */
    bool stream_number_known, matched;
    uint16_t client_port;
    uint32_t stream_number;
    uint32_t exchange;                 /* the request's */
    FrameId request, close;            /* frames */
    Nanoseconds time;                  /* of the request */
    Nanoseconds idle;                  /* before it */
    Nanoseconds closed_idle;           /* before the close */
    int64_t close_offset, close_acked; /* of the closing segment, as in Stamp */
} RacedRequest;

typedef struct Reuse {
    IdlePeriod periods[2]; /* of a lost request: when the server closed, and when it was sent */
    unsigned period_count;
    bool reused;      /* a later request was answered */
    bool lost;        /* it is a request on a reused connection and was lost with the connection */
    bool race;        /* … by crossing the close */
    bool after_close; /* it is a request that was lost behind a declared close */
    bool raced;       /* the request after it was lost: `raced_request` is set */
    RacedRequest raced_request;
    Nanoseconds tried; /* idle time before the later request, answered or lost; -1: none */
    /* the server announced the end of the connection in this response, or ended it right after the
     * response */
    bool last_served;
} Reuse;

/* The server ended the connection within prompt-close of this response, which promised persistence,
 * whether a later request was lost by it or not. */
bool closed_undeclared(const Judgement *judgement);

/* `ending` is the end of the connection; NULL while the connection is open. */
Reuse reuse_of(const JudgeContext *context, const Ending *ending, const Exchange *exchange,
               const Judgement *judgement);

#endif
