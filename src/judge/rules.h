/* The catalogue of findings, as data: --list-rules, --explain, the reports and docs/rules.md all
 * read this one table. */
#ifndef JUDGE_RULES_H
#define JUDGE_RULES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* In the order of the table. */
typedef enum Rule {
    /* Persistence and tear-down */
    RULE_REQUEST_AFTER_CLIENT_CLOSE,
    RULE_REQUEST_AFTER_SERVER_CLOSE,
    RULE_RESPONSE_AFTER_CLOSE,
    RULE_LEFT_OPEN,
    RULE_CLOSED_LATE,
    RULE_CLOSE_NOT_ECHOED,
    RULE_UNDECLARED_CLOSE,
    RULE_HTTP10_REUSED,
    RULE_KEEPALIVE_RACE,
    RULE_CONNECTION_FORGOTTEN,
    RULE_REQUEST_AFTER_FIN,
    RULE_CLOSED_UNANSWERED,
    RULE_CLOSED_DURING_REQUEST,
    RULE_RESPONSE_AT_RISK,
    RULE_ABORTED,
    RULE_CLIENT_ABORTED,
    RULE_IDLE_RESET,
    RULE_HALF_OPEN,
    RULE_UNSOLICITED_RESPONSE,
    RULE_IDLE_408,
    /* Keep-Alive promises */
    RULE_CLOSED_BEFORE_TIMEOUT,
    RULE_MAX_EXCEEDED,
    RULE_MAX_NOT_REACHED,
    RULE_KEEP_ALIVE_NOT_LISTED,
    RULE_KEEP_ALIVE_MALFORMED,
    RULE_TIMEOUT_MISMATCH, /* of a server and a client, not of one connection: servers/ */
    /* Connection options */
    RULE_CONFLICTING_OPTIONS,
    RULE_MALFORMED_CONNECTION,
    RULE_EMPTY_CONNECTION_LINE,
    RULE_HOP_BY_HOP_UNLISTED,
    RULE_END_TO_END_NOMINATED,
    RULE_SENSITIVE_NOMINATED,
    RULE_CONNECTION_IN_TRAILER,
    RULE_CONNECTION_IN_INTERIM,
    RULE_PROXY_CONNECTION,
    RULE_TE_NOT_LISTED,
    RULE_TE_CHUNKED,
    /* Upgrade and CONNECT */
    RULE_UPGRADE_NOT_LISTED,
    RULE_UPGRADE_ON_HTTP10,
    RULE_UPGRADE_NOT_OFFERED,
    RULE_UPGRADE_TOO_EARLY,
    RULE_WEBSOCKET_HANDSHAKE,
    RULE_H2C_UPGRADE,
    RULE_CONNECT_REJECT_KEPT_OPEN,
    RULE_CONNECT_PAYLOAD_EARLY,
    /* Framing that decides or forbids persistence */
    RULE_LENGTH_AND_CHUNKED,
    RULE_MUST_CLOSE_NOT_CLOSED,
    RULE_INVALID_LENGTH,
    RULE_BAD_CHUNK,
    RULE_HTTP10_KEEPALIVE_WITHOUT_LENGTH,
    RULE_CLOSE_DELIMITED,
    RULE_BARE_LF,
    RULE_BAD_START_LINE,
    RULE_SPACE_BEFORE_COLON,
    RULE_OBS_FOLD,
    RULE_BODY_WITH_BODYLESS,
    RULE_EARLY_RESPONSE_BODY_UNREAD,
    /* The transport, as evidence */
    RULE_OVERLAP_CONFLICT,
    RULE_RESET_IGNORED,
    RULE_COUNT,
} Rule;

/* One bit for each rule. */
typedef uint64_t RuleSet;
G_STATIC_ASSERT(RULE_COUNT <= 64);

static inline RuleSet rule_bit(Rule rule)
{
    return UINT64_C(1) << rule;
}

/* Ordered: the graver the greater. A finding may be graver or less grave than its rule's
 * default. */
typedef enum Severity {
    SEVERITY_NOTE,    /* worth knowing */
    SEVERITY_WARNING, /* a SHOULD is broken, or an exchange was lost */
    SEVERITY_ERROR,   /* a MUST is broken, proven */
} Severity;

#define SEVERITY_COUNT (SEVERITY_ERROR + 1)

typedef struct RuleInfo {
    const char *name;
    Severity severity; /* by default */
    const char *party; /* client, server, both, sender (of the message), either, or "" */
    const char *reference;
    const char *summary; /* one line: when */
    const char *explanation;
    const char *example; /* the bytes, or segments, that break it; lines end in \n */
    const char *advice;
} RuleInfo;

/* The table itself; rule_info() is the way to an entry. */
extern const RuleInfo RULES[RULE_COUNT];

const RuleInfo *rule_info(Rule rule);
const char *severity_name(Severity severity);

/* False: there is none of that name. */
bool rule_find(const char *name, Rule *ret_rule);
/* The name that is most like it: for whom mistyped. */
const char *rule_nearest(const char *name);

/* The names of a set, blank-separated, in the order of the table; owned by the caller. */
char *rule_names(RuleSet rules);

/* One line a rule: name, severity, party (- if nobody is at fault), reference and summary,
 * separated by tabs. */
char *rules_list(void);
/* A rule for a person. */
char *rule_explain(Rule rule);

#endif
