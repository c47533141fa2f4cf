/* The transport, as evidence: RFC 9293, RFC 5961. */
#include "judge/findings_rules.h"

/* RFC 9293 §3.10.7.4: which version the receiver took depends on its TCP. */
static bool overlap_conflict(const Case *c, FindingBuilder *builder)
{
    if (!c->context->connection->overlap_conflict)
        return false;
    builder->exchange = 0;
    builder_frame(builder, c->context->connection->overlap_frames[0]);
    builder_frame(builder, c->context->connection->overlap_frames[1]);
    builder_say(builder,
                "segments overlap and differ: what was judged may not be what was received");
    return true;
}

/* RFC 5961 §3 */
static bool reset_ignored(const Case *c, FindingBuilder *builder)
{
    if (c->context->connection->ignored_reset == 0)
        return false;
    builder->exchange = 0;
    builder_frame(builder, c->context->connection->ignored_reset);
    builder_say(builder, "the receiver of a reset went on for more than a second");
    return true;
}

static const RuleTest tests[] = {
    { RULE_OVERLAP_CONFLICT, SCOPE_CONNECTION, PREFILTER_END, overlap_conflict },
    { RULE_RESET_IGNORED, SCOPE_CONNECTION, PREFILTER_END, reset_ignored },
};

const RuleGroup FINDINGS_TRANSPORT = { tests, G_N_ELEMENTS(tests) };
