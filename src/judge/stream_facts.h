/* The facts of a stream of HTTP/2, and which of them the capture leaves open: what open_facts.h is
 * for HTTP/1. No verdict here. */
#ifndef JUDGE_STREAM_FACTS_H
#define JUDGE_STREAM_FACTS_H

#include "http/exchange.h"
#include "judge/context.h"
#include "judge/ending.h"
#include "judge/readings.h"

/* `ending`: NULL while the connection goes on: the stream is settled. */
void facts_of_stream(Readings *readings, const JudgeContext *context, const Ending *ending,
                     const Exchange *exchange);

/* The rest that the words for its verdict need. */
Particulars particulars_of_stream(const JudgeContext *context, const Ending *ending,
                                  const Exchange *exchange);

/* The request is malformed for HTTP/2, beyond doubt (RFC 9113 §8.1.1, §8.2.2). */
bool request_is_malformed(const Exchange *exchange);

/* Why a stream that nobody sees may have been lost with the connection; 0: none can have been. */
ReasonSet lost_stream_hidden(const JudgeContext *context, const Ending *ending);

/* How long the connection was idle: since the last stream that ended, to the end. */
Duration idle_of_streams(const H2Facts *facts, const Stamp *end);

#endif
