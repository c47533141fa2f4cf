/* What is known of the connection whose exchanges are judged. */
#ifndef JUDGE_CONTEXT_H
#define JUDGE_CONTEXT_H

#include "http/facts.h"
#include "judge/verdict.h"
#include "stream/connection.h"

typedef struct JudgeContext {
    const Thresholds *thresholds;
    const Connection *connection;
    const ConversationFacts *facts;
    Nanoseconds clock_end; /* until when the file's clock ran after the connection's last packet */
} JudgeContext;

#endif
