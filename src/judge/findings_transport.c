/* The transport, as evidence: RFC 9293, RFC 5961. */
#include "judge/findings_rules.h"

/* RFC 9293 §3.10.7.4: which version the receiver took depends on its TCP. */
static bool overlap_conflict(const Case *c, Proof *proof)
{
    if (!c->context->connection->overlap_conflict)
        return false;
    proof->exchange = 0;
    proof_frame(proof, c->context->connection->overlap_frames[0]);
    proof_frame(proof, c->context->connection->overlap_frames[1]);
    proof_say(proof, "segments overlap and differ: what was judged may not be what was received");
    return true;
}

/* RFC 5961 §3 */
static bool reset_ignored(const Case *c, Proof *proof)
{
    if (c->context->connection->ignored_reset == 0)
        return false;
    proof->exchange = 0;
    proof_frame(proof, c->context->connection->ignored_reset);
    proof_say(proof, "the receiver of a reset went on for more than a second");
    return true;
}

static const RuleTest tests[] = {
    { RULE_OVERLAP_CONFLICT, SCOPE_CONNECTION, GROUND_END, overlap_conflict },
    { RULE_RESET_IGNORED, SCOPE_CONNECTION, GROUND_END, reset_ignored },
};

const RuleGroup FINDINGS_TRANSPORT = { tests, G_N_ELEMENTS(tests) };
