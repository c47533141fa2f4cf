/* Why a request that was sent on a persistent connection got no answer (judgement.md §3, A lost
 * request). */
#ifndef JUDGE_LOST_REQUEST_H
#define JUDGE_LOST_REQUEST_H

#include "http/exchange.h"
#include "judge/ending.h"

typedef struct LostCause {
    Cause cause;
    bool certain; /* no other row of the table can be the right one */
} LostCause;

/* `request` is R's exchange, unanswered, on a connection that the server (or both at once) ended;
 * `server` is the server's side. Where the evidence leaves several rows of the table open, all of
 * them contradict, and the one is given that accuses nobody. */
LostCause lost_request_cause(const Half *server, const Exchange *request, const Ending *ending);

/* The same of the first request of its connection. The table holds for it if the connection had
 * been idle before: its opening was captured, and the close came later than prompt-close behind it.
 */
LostCause first_request_cause(const Connection *connection, const Half *server,
                              const Thresholds *thresholds, const Exchange *request,
                              const Ending *ending);

#endif
