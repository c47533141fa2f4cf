/* The verdict table of HTTP/2: one reading of a stream, to its outcome. */
#ifndef JUDGE_VERDICT_HTTP2_H
#define JUDGE_VERDICT_HTTP2_H

#include "judge/verdict_table.h"

/* "Answered": the response reached END_STREAM. */
typedef enum H2Fact {
    H2_FACT_REAL,     /* it is a stream of HTTP/2 */
    H2_FACT_TUNNEL,   /* a CONNECT that got a 2xx */
    H2_FACT_RESPONSE, /* how much of it came */
    H2_FACT_ABOVE,    /* its response began behind a GOAWAY of the server that did not cover it */
    H2_FACT_UNPROCESSED, /* a GOAWAY of the server before the client's end did not cover it */
    H2_FACT_RESET,       /* who reset it first */
    H2_FACT_REJECTED,    /* the server did not take it, and had a proven reason */
    H2_FACT_LATER,       /* a stream with a higher id got the start of a final response */
    H2_FACT_END,         /* who ended the connection */
    H2_FACT_GOAWAY,      /* the server sent one */
    H2_FACT_IDLE,        /* how long the connection was idle before its end */
    H2_FACT_WITNESS,     /* the server was seen open for longer than the limit */
} H2Fact;

typedef enum H2Real { H2_REAL_YES, H2_REAL_NO } H2Real;
typedef enum H2Response { H2_RESPONSE_WHOLE, H2_RESPONSE_PART, H2_RESPONSE_NONE } H2Response;
/* REFUSED: by the server with REFUSED_STREAM, first or not. */
typedef enum H2Reset {
    H2_RESET_NONE,
    H2_RESET_CLIENT,
    H2_RESET_SERVER,
    H2_RESET_REFUSED,
} H2Reset;
typedef enum H2Ended {
    H2_ENDED_OPEN,
    H2_ENDED_CLIENT,
    H2_ENDED_SERVER,
    H2_ENDED_BOTH,
} H2Ended;
typedef enum H2Idle { H2_IDLE_LONG, H2_IDLE_EARLY } H2Idle;

extern const VerdictTable VERDICT_HTTP2;

bool verdict_http2_possible(FactValues reading);
Outcome verdict_http2(FactValues reading, const Particulars *particulars);

#endif
