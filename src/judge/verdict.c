#include "judge/verdict.h"

#include <glib.h>

const Thresholds THRESHOLDS_DEFAULT = {
    .prompt_close = 1 * NS_PER_SECOND,
    .close_grace = 5 * NS_PER_SECOND,
    .timeout_tolerance = 1 * NS_PER_SECOND,
    .half_close = 30 * NS_PER_SECOND,
};

static Outcome outcome(Actual actual, Verdict verdict, Cause cause)
{
    return (Outcome){ .actual = actual, .verdict = verdict, .cause = cause };
}

/* The server closed a connection that was declared persistent, with no request outstanding. */
static Outcome closed_by_server(const Situation *s, const Thresholds *thresholds)
{
    if (s->obliged)
        return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_OBLIGED);
    if (s->max_used)
        return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED);
    if (s->stated_timeout >= 0) {
        Nanoseconds bound =
            s->stated_timeout - MIN(thresholds->timeout_tolerance, s->stated_timeout / 2);
        if (s->idle_least >= bound)
            return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT);
        if (s->idle_most < bound)
            return outcome(ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT);
    } else {
        if (s->idle_least > thresholds->prompt_close)
            return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT);
        if (s->idle_most <= thresholds->prompt_close)
            return outcome(ACTUAL_CLOSED, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE);
    }
    return outcome(ACTUAL_CLOSED, VERDICT_UNDETERMINED, s->idle_between);
}

static Outcome kept_alive(const Situation *s, const Thresholds *thresholds)
{
    if (s->later_answered)
        return outcome(ACTUAL_REUSED, VERDICT_AS_DECLARED, CAUSE_REUSED);
    if (s->later_request && s->ender == ENDER_CLIENT)
        return outcome(ACTUAL_REQUEST_LOST, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP);
    if (s->later_request)
        return outcome(ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, s->lost_cause);
    if (s->ender != ENDER_SERVER)
        return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLIENT_FINISHED);
    return closed_by_server(s, thresholds);
}

static Outcome closed_as_said(const Situation *s, const Thresholds *thresholds)
{
    if (s->later_answered)
        return outcome(ACTUAL_REUSED, VERDICT_CONTRADICTED, CAUSE_REUSED_AFTER_CLOSE);
    return outcome(ACTUAL_CLOSED, VERDICT_AS_DECLARED,
                   s->idle_least <= thresholds->close_grace ? CAUSE_CLOSED : CAUSE_CLOSED_LATE);
}

static Outcome still_open(const Situation *s, const Thresholds *thresholds)
{
    bool close = s->declared == DECLARED_CLOSE;
    Actual actual = s->answered || s->complete ? ACTUAL_OPEN : ACTUAL_UNANSWERED;
    if (!s->complete || (s->later_request && !close))
        return outcome(actual, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED);
    Nanoseconds bound = thresholds->prompt_close;
    if (close)
        bound = thresholds->close_grace;
    else if (s->stated_timeout >= 0)
        bound = s->stated_timeout;
    Cause cause = close ? CAUSE_LEFT_OPEN : CAUSE_HELD_OPEN;
    if (s->witnessed > bound)
        return outcome(actual, close ? VERDICT_CONTRADICTED : VERDICT_AS_DECLARED, cause);
    if (s->clock <= bound)
        cause = s->timeless ? CAUSE_CLOCK : CAUSE_CAPTURE_ENDED;
    return outcome(actual, VERDICT_UNDETERMINED, cause);
}

Outcome verdict_of(const Situation *s, const Thresholds *thresholds)
{
    bool close = s->declared == DECLARED_CLOSE;
    if (s->declared == DECLARED_UPGRADE || s->declared == DECLARED_TUNNEL)
        return outcome(ACTUAL_SWITCHED, VERDICT_AS_DECLARED, CAUSE_SWITCHED);
    if (!s->complete && !s->later_answered && s->ender != ENDER_NOBODY) {
        Actual actual = s->answered ? ACTUAL_CLOSED : ACTUAL_UNANSWERED;
        if (s->ender == ENDER_CLIENT)
            return outcome(actual, VERDICT_AS_DECLARED, CAUSE_CLIENT_ABORTED);
        return outcome(actual, VERDICT_CONTRADICTED, CAUSE_ABORTED);
    }
    if (s->ender == ENDER_NOBODY && !s->later_answered)
        return still_open(s, thresholds);
    return close ? closed_as_said(s, thresholds) : kept_alive(s, thresholds);
}

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
