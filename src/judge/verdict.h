/* The words of a judgement: what was declared, what happened, the verdict and its cause. */
#ifndef JUDGE_VERDICT_H
#define JUDGE_VERDICT_H

#include <stdbool.h>

#include "base/evidence.h"

/* Durations, 0 or more. */
typedef struct Thresholds {
    /* a server that closes this soon after a response had decided it before */
    Nanoseconds prompt_close;
    Nanoseconds close_grace;       /* what `close` leaves for the closing itself */
    Nanoseconds timeout_tolerance; /* for stated timeouts; at most half of what is stated */
    Nanoseconds half_close;        /* for findings only */
} Thresholds;

extern const Thresholds THRESHOLDS_DEFAULT;

typedef enum Declared {
    DECLARED_UNKNOWN,
    DECLARED_CLOSE,
    DECLARED_KEEP_ALIVE,
    DECLARED_UPGRADE,
    DECLARED_TUNNEL,
} Declared;

#define DECLARED_COUNT (DECLARED_TUNNEL + 1)

typedef enum Actual {
    ACTUAL_UNKNOWN,
    ACTUAL_REUSED,
    ACTUAL_REQUEST_LOST,
    ACTUAL_CLOSED,
    ACTUAL_OPEN,
    ACTUAL_SWITCHED,
    ACTUAL_UNANSWERED,
} Actual;

#define ACTUAL_COUNT (ACTUAL_UNANSWERED + 1)

/* Ordered: a connection's is its exchanges' greatest. */
typedef enum Verdict {
    VERDICT_AS_DECLARED,
    VERDICT_UNDETERMINED,
    VERDICT_CONTRADICTED,
} Verdict;

#define VERDICT_COUNT (VERDICT_CONTRADICTED + 1)

typedef enum Cause {
    CAUSE_NONE,
    CAUSE_LOSS,
    CAUSE_SNAPLEN,
    CAUSE_MIDSTREAM,
    CAUSE_ONE_DIRECTION,
    CAUSE_LIMIT,
    CAUSE_SEND_BACKLOG,
    CAUSE_MALFORMED,
    CAUSE_CLOCK,
    CAUSE_NO_CLOSE_NOTIFY,
    CAUSE_CAPTURE_ENDED,
    CAUSE_ENCRYPTED,
    CAUSE_SWITCHED,
    CAUSE_ABORTED,
    CAUSE_CLIENT_ABORTED,
    CAUSE_CLIENT_GAVE_UP,
    CAUSE_REFUSED,
    CAUSE_REJECTED,
    CAUSE_UNDELIVERED,
    CAUSE_CONNECTION_FORGOTTEN,
    CAUSE_REQUEST_AFTER_FIN,
    CAUSE_KEEPALIVE_RACE,
    CAUSE_CLOSED_DURING_REQUEST,
    CAUSE_CLOSED_UNANSWERED,
    CAUSE_REUSED,
    CAUSE_CLIENT_FINISHED,
    CAUSE_OBLIGED,
    CAUSE_MAX_REACHED,
    CAUSE_IDLE_TIMEOUT,
    CAUSE_CLOSED_BEFORE_TIMEOUT,
    CAUSE_UNDECLARED_CLOSE,
    CAUSE_HELD_OPEN,
    CAUSE_REUSED_AFTER_CLOSE,
    CAUSE_REUSED_AFTER_GOAWAY,
    CAUSE_CLOSED,
    CAUSE_CLOSED_LATE,
    CAUSE_LEFT_OPEN,
} Cause;

#define CAUSE_COUNT (CAUSE_LEFT_OPEN + 1)

/* Who ended a connection. A set where it is not known: bits. */
typedef enum Ender {
    ENDER_NOBODY = 1 << 0, /* open */
    ENDER_CLIENT = 1 << 1,
    ENDER_SERVER = 1 << 2,
    ENDER_BOTH = 1 << 3, /* at once: neither had the other's */
} Ender;

typedef struct Outcome {
    Actual actual;
    Verdict verdict;
    Cause cause;
} Outcome;

/* Words of the reports, static; "" for what is unknown. */
const char *declared_name(Declared declared);
const char *actual_name(Actual actual);
const char *verdict_name(Verdict verdict);
const char *cause_name(Cause cause);
const char *ender_name(unsigned enders);

/* The cause that a missing piece of evidence is: of several, the first of their list. None:
 * CAUSE_NONE. */
Cause cause_of_reasons(ReasonSet reasons);

#endif
