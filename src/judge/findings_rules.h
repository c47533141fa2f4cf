/* What the groups of rules share: each rule is a predicate over one case, and fills in its
 * finding's builder if it holds. */
#ifndef JUDGE_FINDINGS_RULES_H
#define JUDGE_FINDINGS_RULES_H

#include "judge/findings.h"
#include "judge/rule_prefilter.h"

typedef struct Case {
    const Exchange *exchange;   /* of a connection's rule: the last one */
    const Judgement *judgement; /* NULL for a connection's rule */
    const Ending *ending;       /* NULL while the connection goes on */
    const Findings *before;     /* what earlier exchanges said */
    const JudgeContext *context;
    const FindingsOptions *options;
    const MessageFacts *message; /* for a message's rule: this one … */
    Party sender;                /* … of that side */
} Case;

typedef enum RuleScope {
    SCOPE_MESSAGE, /* asked for the request, and for the response */
    SCOPE_EXCHANGE,
    SCOPE_CONNECTION, /* asked once, at its end */
} RuleScope;

typedef struct RuleTest {
    Rule rule;
    RuleScope scope;
    Prefilter prefilter; /* without one of these it cannot hold, and is not asked */
    bool (*holds)(const Case *c, FindingBuilder *builder);
} RuleTest;

typedef struct RuleGroup {
    const RuleTest *tests;
    size_t count;
} RuleGroup;

extern const RuleGroup FINDINGS_PERSISTENCE, FINDINGS_UNANSWERED, FINDINGS_KEEP_ALIVE,
    FINDINGS_OPTIONS, FINDINGS_UPGRADE, FINDINGS_FRAMING, FINDINGS_HTTP2, FINDINGS_TRANSPORT;

/* The verdict is this cause's, and nothing that is missing could have made it another's. */
bool case_has_cause(const Case *c, Cause cause);

/* So is it, or the close by which a later request was lost broke this promise too. */
bool case_breaks_promise(const Case *c, Cause cause);

/* The request is one beyond doubt: what stands before it is a message, or it was answered. */
bool request_is_certain(const Exchange *exchange);

/* An HTTP/1.0 request that says keep-alive, and not close. */
static inline bool asks_for_keep_alive_in_1_0(const Exchange *exchange)
{
    const unsigned both = OPTION_CLOSE | OPTION_KEEP_ALIVE;
    return exchange->request.version == HTTP_1_0 &&
           (exchange->request.options & both) == OPTION_KEEP_ALIVE;
}

/* A final response that somebody had asked for. */
bool is_answered(const Exchange *exchange);

/* The head was read to its end: what it does not say it did not say. */
bool head_is_whole(const MessageFacts *message);

/* Adds the message's frames and numbers. */
void builder_case_message(FindingBuilder *builder, const Case *c);

/* `body-desync` by the server. */
bool body_was_left_unread(const Case *c, FindingBuilder *builder);

/* "GET /a", for the sentence. */
void builder_say_request(FindingBuilder *builder, const Exchange *exchange);

/* The value of the message's Connection field, for the sentence. */
const char *case_connection_value(const Case *c);

#endif
