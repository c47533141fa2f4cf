/* The transport, as evidence: RFC 9293, RFC 5961; and TLS above it. */
#include "judge/findings_rules.h"
#include "session/tls.h"

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

static const char *side_name(const Case *c, int side)
{
    return side == c->context->facts->client ? "client" : "server";
}

static bool reset_is_foreign(const Case *c, FindingBuilder *builder, int side)
{
    const RstFact *reset = connection_reset(c->context->connection, side);
    const HopsSeen *hops = &c->context->connection->half[side].hops;
    if (!reset || !hops->several || hops->mixed || reset->hops == hops->hops)
        return false;
    builder->exchange = 0;
    builder_closing(builder, &reset->stamp);
    builder_say(builder,
                "the RST in the name of the %s has a TTL or hop limit of %u, all its other packets "
                "have %u",
                side_name(c, side), reset->hops, hops->hops);
    return true;
}

/* RFC 9293 §3.10.7: a reset has no author but its addresses and numbers. */
static bool foreign_reset(const Case *c, FindingBuilder *builder)
{
    return reset_is_foreign(c, builder, 0) || reset_is_foreign(c, builder, 1);
}

/* RFC 9293 §3.8. A clock that was set back makes the time longer than it seems, a coarse one or
 * none leaves it open. The peer's direction must have been captured: else its acknowledgements are
 * what the capture lacks. */
static bool is_never_acknowledged(const Case *c, FindingBuilder *builder, int side)
{
    const Connection *connection = c->context->connection;
    const Half *half = &connection->half[side], *peer = &connection->half[1 - side];
    const Transmissions *resent = &half->resent;
    if (resent->count < 2 || !peer->seen || half->acked == NO_OFFSET ||
        resent->offset < half->acked ||
        resent->last - resent->first <= c->context->thresholds->prompt_close)
        return false;
    builder->exchange = 0;
    builder_frame(builder, resent->last_frame);
    builder_offset(builder, "n", resent->offset);
    builder_say(builder, "the %s sent the same bytes %u times in ", side_name(c, side),
                resent->count);
    builder_say_seconds(builder, resent->last - resent->first);
    builder_say(builder, ", and no acknowledgement of them is in the capture");
    return true;
}

static bool never_acknowledged(const Case *c, FindingBuilder *builder)
{
    const Connection *connection = c->context->connection;
    if (connection->syn_uncounted || connection->start_clock.tick != 0)
        return false;
    return is_never_acknowledged(c, builder, 0) || is_never_acknowledged(c, builder, 1);
}

/* The side that ended it, if there is one. */
static int ending_side(const Case *c)
{
    int client = MAX(c->context->facts->client, 0);
    return c->ending->possible == ENDER_CLIENT   ? client
           : c->ending->possible == ENDER_SERVER ? 1 - client
                                                 : -1;
}

static Party party_of_side(const Case *c, int side)
{
    return side == MAX(c->context->facts->client, 0) ? PARTY_CLIENT : PARTY_SERVER;
}

/* This side gave up before it knew how the other one ended: that one owed it nothing any more. */
static bool failed_before(const Case *c, int side)
{
    const ConversationFacts *facts = c->context->facts;
    const Stamp *alert = &facts->fin[side].fact.stamp;
    return facts->close[side] == SESSION_FAILED && alert->acked < stamp_past(&c->ending->stamp);
}

/* RFC 8446 §6.1, RFC 5246 §7.2.1 */
static bool tls_no_close_notify(const Case *c, FindingBuilder *builder)
{
    const ConversationFacts *facts = c->context->facts;
    int side = ending_side(c);
    if (side < 0 || c->ending->how == END_HOW_NONE || facts->close[side] != SESSION_NOT_CLOSED ||
        failed_before(c, 1 - side))
        return false;
    builder->exchange = 0;
    builder->party = party_of_side(c, side);
    builder_closing(builder, &c->ending->stamp);
    builder_frame(builder, c->ending->stamp.frame);
    builder_say(builder, "the %s ended TLS with a %s and sent no close_notify",
                party_name(builder->party), c->ending->how == END_HOW_RST ? "RST" : "FIN");
    if (builder->party == PARTY_SERVER && c->exchange && c->exchange->response.has_head &&
        c->exchange->response.framing.kind == BODY_UNTIL_CLOSE) {
        builder->severity = SEVERITY_WARNING; /* RFC 9112 §9.8 */
        builder_say(builder, "; the body ended only with the connection");
    }
    return true;
}

/* RFC 8446 §6.2, RFC 5246 §7.2.2 */
static bool tls_fatal_alert(const Case *c, FindingBuilder *builder)
{
    const ConversationFacts *facts = c->context->facts;
    bool failed[2] = { facts->close[0] == SESSION_FAILED, facts->close[1] == SESSION_FAILED };
    if (!failed[0] && !failed[1])
        return false;
    int side = failed[0] ? 0 : 1;
    if (failed[0] && failed[1] &&
        stamp_precedes(&facts->fin[1].fact.stamp, &facts->fin[0].fact.stamp))
        side = 1;
    const char *name = tls_alert_name(facts->alert[side]);
    builder->exchange = 0;
    builder->party = party_of_side(c, side);
    builder_frame(builder, facts->fin[side].fact.stamp.frame);
    builder_say(builder, "the %s gave up with the alert %s (%u)", party_name(builder->party),
                name ? name : "unknown", facts->alert[side]);
    return true;
}

static const RuleTest tests[] = {
    { RULE_OVERLAP_CONFLICT, SCOPE_CONNECTION, PREFILTER_END, overlap_conflict },
    { RULE_RESET_IGNORED, SCOPE_CONNECTION, PREFILTER_END, reset_ignored },
    { RULE_FOREIGN_RESET, SCOPE_CONNECTION, PREFILTER_END, foreign_reset },
    { RULE_NEVER_ACKNOWLEDGED, SCOPE_CONNECTION, PREFILTER_END, never_acknowledged },
    { RULE_TLS_NO_CLOSE_NOTIFY, SCOPE_CONNECTION, PREFILTER_END, tls_no_close_notify },
    { RULE_TLS_FATAL_ALERT, SCOPE_CONNECTION, PREFILTER_END, tls_fatal_alert },
};

const RuleGroup FINDINGS_TRANSPORT = { tests, G_N_ELEMENTS(tests) };
