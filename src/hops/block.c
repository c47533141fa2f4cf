#include "hops/block.h"

#include <stdlib.h>

const char *hop_basis_name(HopBasis basis)
{
    static const char *const names[HOP_BASIS_COUNT] = {
        [HOP_BASIS_UNKNOWN] = "",
        [HOP_BASIS_ID] = "id",
        [HOP_BASIS_PROXY_PROTOCOL] = "proxy_protocol",
        [HOP_BASIS_FORWARDED] = "forwarded",
        [HOP_BASIS_TARGET] = "target",
        [HOP_BASIS_REQUEST] = "request",
        [HOP_BASIS_RESPONSE] = "response",
        [HOP_BASIS_ONLY] = "only",
        [HOP_BASIS_NONE] = "none",
    };
    return names[basis];
}

const char *hop_doubt_name(HopDoubt doubt)
{
    static const char *const names[HOP_DOUBT_COUNT] = {
        [HOP_CERTAIN] = "",
        [HOP_AMBIGUOUS] = "ambiguous",
        [HOP_SEVERAL] = "several",
        [HOP_CONTESTED] = "contested",
        [HOP_GAP] = "gap",
        [HOP_UNANSWERED] = "unanswered",
        [HOP_REWRITTEN] = "rewritten",
        [HOP_CARRIED] = "carried",
        [HOP_LAYER] = "layer",
        [HOP_ORPHAN] = "orphan",
        [HOP_KEPT] = "kept",
        [HOP_RARE] = "rare",
        [HOP_CAPTURE_ENDED] = "capture_ended",
        [HOP_LIMIT] = "limit",
        [HOP_UNRELATED] = "unrelated",
    };
    return names[doubt];
}

static int compare_instants(Instant a, Instant b)
{
    return instant_precedes(a, b) ? -1 : instant_precedes(b, a) ? 1 : 0;
}

static int compare_legs(const void *left, const void *right)
{
    const Leg *a = left, *b = right;
    int order = compare_instants(a->request, b->request);
    if (order == 0)
        order =
            (a->path.connection > b->path.connection) - (a->path.connection < b->path.connection);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static int compare_holes(const void *left, const void *right)
{
    const Hole *a = left, *b = right;
    int order = compare_instants(a->from, b->from);
    if (order == 0)
        order = compare_instants(a->to, b->to);
    return order ? order
                 : (a->path.connection > b->path.connection) -
                       (a->path.connection < b->path.connection);
}

void block_unclaim(Block *block)
{
    g_array_set_size(block->candidates, 0);
    for (uint32_t i = 0; i < block->count; i++) {
        block->fronts[i] = (Front){ .back = NO_LEG, .given_up = NO_LEG };
        block->backs[i] = (Back){ .front = NO_LEG, .given_up = NO_LEG, .next = NO_LEG };
    }
}

void block_init(Block *block, GArray *legs, GArray *holes, HopMemory *memory)
{
    *block = (Block){ .legs = (Leg *)(void *)legs->data,
                      .count = legs->len,
                      .holes = (Hole *)(void *)holes->data,
                      .hole_count = holes->len,
                      .hole_ends = g_new(Nanoseconds, MAX(holes->len, 1)),
                      .memory = memory,
                      .backs = g_new(Back, MAX(legs->len, 1)),
                      .fronts = g_new(Front, MAX(legs->len, 1)),
                      .candidates = g_array_new(FALSE, FALSE, sizeof(uint32_t)) };
    block_unclaim(block);
    if (block->count > 0) /* an empty array has no place */
        qsort(block->legs, block->count, sizeof(Leg), compare_legs);
    if (block->hole_count > 0)
        qsort(block->holes, block->hole_count, sizeof(Hole), compare_holes);
    Nanoseconds latest = -NANOSECONDS_MAX;
    for (uint32_t i = 0; i < block->hole_count; i++)
        block->hole_ends[i] = latest = MAX(latest, block->holes[i].to.time);
}

void block_clear(Block *block)
{
    g_free(block->hole_ends);
    g_free(block->backs);
    g_free(block->fronts);
    g_array_unref(block->candidates);
}

/* Chains the claimed backs of each front, in their order, and remembers their hops. */
static void chain_claims(Block *block)
{
    for (uint32_t i = block->count; i-- > 0;) {
        Back *back = &block->backs[i];
        if (back->front == NO_LEG)
            continue;
        const Leg *front = &block->legs[back->front];
        back->next = block->fronts[back->front].back;
        block->fronts[back->front].back = i;
        block->fronts[back->front].basis = back->basis;
        hash_set_add(&block->memory->known_servers, endpoint_hash(&front->path.server));
        hash_set_add(&block->memory->known_backs, hop_back_key(&block->legs[i]));
    }
}

/* Backs whose claims were given up may be the front's all the same. */
static void note_given_up(const Block *block)
{
    for (uint32_t i = block->count; i-- > 0;) {
        if (block->backs[i].given_up == NO_LEG)
            continue;
        Front *front = &block->fronts[block->backs[i].given_up];
        const Leg *leg = &block->legs[block->backs[i].given_up];
        front->given_up = i;
        if (leg_is_answered(&block->legs[i]) &&
            instant_precedes(block->legs[i].response, leg->response))
            front->answered_by_given_up = true;
    }
}

static void count_attempts(const Block *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const Front *front = &block->fronts[i];
        uint32_t attempt = 0;
        for (uint32_t at = front->back; at != NO_LEG; at = block->backs[at].next) {
            attempt++;
            block->backs[at].attempt = at < front->given_up ? attempt : 0;
        }
    }
}

/* Fronts without a claim ----------------------------------------------------------------------- */

/* More steps than a front's time usually takes. */
#define MEANWHILE_MAX 65536

/* The first leg after an instant. */
static uint32_t first_after(const Block *block, Instant instant)
{
    uint32_t low = 0, high = block->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (instant_precedes(instant, block->legs[middle].request))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Whether a back that nobody claims was sent by the host of the front's server meanwhile. */
static bool something_was_sent(const Block *block, const Leg *front)
{
    Instant end = hop_front_end(front);
    uint32_t from = first_after(block, front->head);
    for (uint32_t i = from; i < block->count; i++) {
        const Leg *back = &block->legs[i];
        if (!instant_precedes(back->request, end))
            return false;
        if (i - from > MEANWHILE_MAX)
            return true;
        if (block->backs[i].front == NO_LEG && !back->claimed_connection &&
            hop_is_linked(block->memory, &front->path, &back->path))
            return true;
    }
    return false;
}

static void decide_front(const Block *block, uint32_t index, Nanoseconds blind)
{
    Front *front = &block->fronts[index];
    const Leg *leg = &block->legs[index];
    /* without a claim of this server the front has no row */
    if (front->back != NO_LEG ||
        !hash_set_has(&block->memory->known_servers, endpoint_hash(&leg->path.server)))
        return;
    if (front->crowded || front->asked > 0)
        front->doubt = HOP_AMBIGUOUS;
    else if (leg_is_open(leg))
        front->doubt = HOP_CAPTURE_ENDED;
    else if (block_has_gap(block, leg, NULL))
        front->doubt = HOP_GAP;
    else if (leg->request.time < blind)
        front->doubt = HOP_LIMIT;
    else if (leg->switched || something_was_sent(block, leg))
        front->doubt = HOP_UNRELATED;
    else if (!leg_is_answered(leg))
        front->doubt = HOP_UNANSWERED;
    else
        front->basis = HOP_BASIS_NONE;
}

/* What a claim was given up for is said of its front, too. */
static void pass_doubts_on(const Block *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const Back *back = &block->backs[i];
        if (back->given_up != NO_LEG && block->fronts[back->given_up].back == NO_LEG)
            block->fronts[back->given_up].doubt = back->doubt;
    }
}

/* Whether the answer to the front began before those to all its backs. */
static bool answered_first(const Block *block, const Front *front, const Leg *leg)
{
    for (uint32_t at = front->back; at != NO_LEG; at = block->backs[at].next) {
        const Leg *back = &block->legs[at];
        if (leg_is_answered(back) && instant_precedes(back->response, leg->response))
            return false;
    }
    return true;
}

AnsweredBy block_answered_by(const Block *block, uint32_t front, uint32_t back)
{
    const Leg *leg = &block->legs[front];
    bool decided =
        block->fronts[front].back != NO_LEG || block->fronts[front].basis == HOP_BASIS_NONE;
    if (!decided || !leg_is_answered(leg) || block->fronts[front].answered_by_given_up)
        return ANSWERED_BY_UNKNOWN;
    if (answered_first(block, &block->fronts[front], leg))
        return ANSWERED_BY_PROXY;
    if (back == NO_LEG || !leg_is_answered(&block->legs[back]))
        return ANSWERED_BY_UNKNOWN;
    for (uint32_t at = block->backs[back].next; at != NO_LEG; at = block->backs[at].next)
        if (leg_is_answered(&block->legs[at]))
            return ANSWERED_BY_UNKNOWN;
    bool passed_on = block->legs[back].status == leg->status && leg->status > 0 &&
                     instant_precedes(block->legs[back].response, leg->response);
    return passed_on ? ANSWERED_BY_SERVER : ANSWERED_BY_UNKNOWN;
}

void block_decide(Block *block, Nanoseconds blind)
{
    /* before the first claim nothing has a row, and nothing is remembered but counts */
    if (hash_set_is_empty(&block->memory->back_clients) && !block_may_have_hops(block)) {
        block_count_exchanges(block);
        return;
    }
    block_learn(block);
    block_claim(block);
    block_doubt(block, blind);
    chain_claims(block);
    note_given_up(block);
    count_attempts(block);
    for (uint32_t i = 0; i < block->count; i++)
        decide_front(block, i, blind);
    pass_doubts_on(block);
}
