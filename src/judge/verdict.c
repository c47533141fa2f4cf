#include "judge/verdict.h"

#include <glib.h>

const Thresholds THRESHOLDS_DEFAULT = {
    .prompt_close = 1 * NS_PER_SECOND,
    .close_grace = 5 * NS_PER_SECOND,
    .timeout_tolerance = 1 * NS_PER_SECOND,
    .half_close = 30 * NS_PER_SECOND,
};

const char *declared_name(Declared declared)
{
    static const char *const names[] = { "", "close", "keep-alive", "upgrade", "tunnel" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == DECLARED_COUNT);
    return names[declared];
}

const char *actual_name(Actual actual)
{
    static const char *const names[] = { "unknown", "reused",   "request_lost", "closed",
                                         "open",    "switched", "unanswered" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == ACTUAL_COUNT);
    return names[actual];
}

const char *verdict_name(Verdict verdict)
{
    static const char *const names[] = { "as_declared", "undetermined", "contradicted" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == VERDICT_COUNT);
    return names[verdict];
}

const char *cause_name(Cause cause)
{
    static const char *const names[] = {
        [CAUSE_NONE] = "",
        [CAUSE_LOSS] = "loss",
        [CAUSE_SNAPLEN] = "snaplen",
        [CAUSE_MIDSTREAM] = "midstream",
        [CAUSE_ONE_DIRECTION] = "one_direction",
        [CAUSE_LIMIT] = "limit",
        [CAUSE_SEND_BACKLOG] = "send_backlog",
        [CAUSE_MALFORMED] = "malformed",
        [CAUSE_CLOCK] = "clock",
        [CAUSE_NO_CLOSE_NOTIFY] = "no_close_notify",
        [CAUSE_CAPTURE_ENDED] = "capture_ended",
        [CAUSE_ENCRYPTED] = "encrypted",
        [CAUSE_SWITCHED] = "switched",
        [CAUSE_ABORTED] = "aborted",
        [CAUSE_CLIENT_ABORTED] = "client_aborted",
        [CAUSE_CLIENT_GAVE_UP] = "client_gave_up",
        [CAUSE_REFUSED] = "refused",
        [CAUSE_REJECTED] = "rejected",
        [CAUSE_UNDELIVERED] = "undelivered",
        [CAUSE_CONNECTION_FORGOTTEN] = "connection_forgotten",
        [CAUSE_REQUEST_AFTER_FIN] = "request_after_fin",
        [CAUSE_KEEPALIVE_RACE] = "keepalive_race",
        [CAUSE_CLOSED_DURING_REQUEST] = "closed_during_request",
        [CAUSE_CLOSED_UNANSWERED] = "closed_unanswered",
        [CAUSE_REUSED] = "reused",
        [CAUSE_CLIENT_FINISHED] = "client_finished",
        [CAUSE_OBLIGED] = "obliged",
        [CAUSE_MAX_REACHED] = "max_reached",
        [CAUSE_IDLE_TIMEOUT] = "idle_timeout",
        [CAUSE_CLOSED_BEFORE_TIMEOUT] = "closed_before_timeout",
        [CAUSE_UNDECLARED_CLOSE] = "undeclared_close",
        [CAUSE_HELD_OPEN] = "held_open",
        [CAUSE_REUSED_AFTER_CLOSE] = "reused_after_close",
        [CAUSE_REUSED_AFTER_GOAWAY] = "reused_after_goaway",
        [CAUSE_CLOSED] = "closed",
        [CAUSE_CLOSED_LATE] = "closed_late",
        [CAUSE_LEFT_OPEN] = "left_open",
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == CAUSE_COUNT);
    return names[cause];
}

const char *ender_name(unsigned enders)
{
    switch (enders) {
    case ENDER_CLIENT:
        return "client";
    case ENDER_SERVER:
        return "server";
    case ENDER_BOTH:
        return "both";
    default:
        return "";
    }
}

Cause cause_of_reasons(ReasonSet reasons)
{
    for (unsigned bit = 0; bit < REASON_COUNT; bit++)
        if (reasons & (1u << bit))
            return (Cause)(CAUSE_LOSS + bit);
    return CAUSE_NONE;
}
