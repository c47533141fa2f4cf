/* Why a request that was sent on a persistent connection got no answer (judgement.md §3, A lost
 * request). */
#ifndef JUDGE_LOST_REQUEST_H
#define JUDGE_LOST_REQUEST_H

#include "http/exchange.h"
#include "judge/ending.h"

/* `request` is R's exchange, unanswered, on a connection that the server (or both at once) ended.
 * Where the evidence leaves several rows of the table open, all of them contradict, and the one is
 * given that accuses nobody. */
Cause lost_request_cause(const Exchange *request, const Ending *ending);

#endif
