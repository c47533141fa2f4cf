#include "servers/mismatch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool pair_has_mismatch(const Pair *pair)
{
    return pair->lost_risky > 0;
}

/* The kept requests that were sent near the timeout, in the order of the capture. */
static unsigned risky_ones(const Pair *pair, const RacedRequest **ret_raced)
{
    unsigned from = timeout_risk_bin(pair->server->estimate.spikes[0].timeout);
    unsigned count = 0;
    for (unsigned i = 0; i < pair->raced_count; i++) {
        const RacedRequest *raced = &pair->raced[i];
        if (idle_bin_of(raced->idle) < from)
            continue;
        unsigned at = count++;
        for (; at > 0 && !frame_precedes(ret_raced[at - 1]->request, ret_raced[at - 1]->time,
                                         raced->request, raced->time);
             at--)
            ret_raced[at] = ret_raced[at - 1];
        ret_raced[at] = raced;
    }
    return count;
}

static int compare_frames(const void *left, const void *right)
{
    FrameId a = *(const FrameId *)left, b = *(const FrameId *)right;
    return (a > b) - (a < b);
}

static void say_mismatch(const Pair *pair, const RacedRequest *longest, FindingBuilder *builder)
{
    const Spike *spike = &pair->server->estimate.spikes[0];
    g_autoptr(GString) timeout = g_string_new(NULL);
    timeout_append(timeout, spike->timeout);
    builder_say(builder,
                "the server closes idle connections after %s s (n = %" PRIu64
                "), the client sends requests after up to ",
                timeout->str, spike->closes);
    builder_say_seconds(builder, pair->longest_tried);
    builder_say(builder, ": %" PRIu64 " of %" PRIu64 " reuses were lost then, the longest idle ",
                pair->lost_risky, pair->reuses);
    builder_say_seconds(builder, longest->idle);
}

bool pair_mismatch(const Pair *pair, bool matching, PairFinding *ret_finding)
{
    const RacedRequest *raced[PAIR_RACED_MAX];
    if (!pair_has_mismatch(pair))
        return false;
    unsigned count = risky_ones(pair, raced);
    g_assert(count > 0); /* pair_has_mismatch() */
    bool matched = !matching;
    g_autoptr(GString) message = g_string_new(NULL), evidence = g_string_new(NULL);
    FindingBuilder builder = { .message = message, .evidence = evidence };
    for (unsigned i = 0; i < count; i++) {
        builder_frame(&builder, raced[i]->request);
        builder_frame(&builder, raced[i]->close);
        matched = matched || raced[i]->matched;
    }
    if (!matched)
        return false;
    builder_offset(&builder, "c", raced[0]->close_offset);
    builder_offset(&builder, "a", raced[0]->close_acked);
    say_mismatch(pair, &pair->raced[0], &builder);
    qsort(builder.frames, builder.frame_count, sizeof builder.frames[0], compare_frames);
    const RuleInfo *info = rule_info(RULE_TIMEOUT_MISMATCH);
    *ret_finding = (PairFinding){ .connection = raced[0]->connection,
                                  .stream_number_known = raced[0]->stream_number_known,
                                  .stream_number = raced[0]->stream_number,
                                  .client_port = raced[0]->client_port,
                                  .finding = { .rule = RULE_TIMEOUT_MISMATCH,
                                               .severity = info->severity,
                                               .party = PARTY_BOTH,
                                               .exchange = raced[0]->exchange,
                                               .time = raced[0]->time,
                                               .count = (uint32_t)MIN(pair->lost_risky, UINT32_MAX),
                                               .frame_count = builder.frame_count } };
    memcpy(ret_finding->finding.frames, builder.frames, sizeof builder.frames);
    ret_finding->finding.message = g_string_free(g_steal_pointer(&message), FALSE);
    ret_finding->finding.evidence = g_string_free(g_steal_pointer(&evidence), FALSE);
    return true;
}
