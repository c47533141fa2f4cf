/* Candidates and claims.
 *
 * A sweep over the legs in their order: each is first looked at as a back exchange, then it is put
 * among the fronts of its key (method, query, last segment of the path) that wait for an answer. A
 * front leaves when no later leg can be of it, so a back looks at what is open at its time, and not
 * at everything that has the same target. */
#include "hops/block.h"

#include <stdlib.h>

/* Fronts of one key that wait. More than these are crowded, all of them. */
#define WAITING_MAX 1024

typedef struct WaitingFront {
    Instant last; /* nothing behind it can be of the front */
    uint32_t leg;
} WaitingFront;

typedef struct Waiting {
    WaitingFront *fronts; /* none, once they are crowded */
    uint32_t count, room;
    bool crowded;
    Instant crowded_until; /* the last of those that were */
} Waiting;

typedef struct Sweep {
    Block *block;
    GHashTable *by_key;  /* uint64_t to Waiting */
    GHashTable *by_name; /* connection and number to index, where an earlier block has claimed */
    uint64_t get, head;  /* methods */
    uint32_t found[CANDIDATES_MAX];
    uint32_t count;
    bool crowded;
} Sweep;

static void free_waiting(gpointer data)
{
    Waiting *waiting = data;
    g_free(waiting->fronts);
    g_free(waiting);
}

static uint64_t key_of(const Leg *leg, uint64_t method)
{
    return hash_both(method, hash_both(leg->digest->target.query, leg->digest->target.last));
}

static Waiting *waiting_of(const Sweep *sweep, uint64_t key)
{
    return g_hash_table_lookup(sweep->by_key, &key);
}

static Instant earlier(Instant a, Instant b)
{
    return instant_precedes(b, a) ? b : a;
}

static Instant last_of_front(const Leg *front)
{
    Nanoseconds head = MIN(front->head.time, NANOSECONDS_MAX - HOP_WAIT_MAX);
    Instant last = { head + HOP_WAIT_MAX, UINT64_MAX };
    if (leg_is_answered(front))
        return front->response_complete ? earlier(last, front->response_end) : last;
    return instant_is_set(front->end) ? earlier(last, front->end) : last;
}

static void wait(Sweep *sweep, uint32_t index)
{
    const Leg *leg = &sweep->block->legs[index];
    uint64_t key = key_of(leg, leg->digest->method);
    Waiting *waiting = waiting_of(sweep, key);
    if (!waiting) {
        waiting = g_new0(Waiting, 1);
        g_hash_table_insert(sweep->by_key, g_memdup2(&key, sizeof key), waiting);
    }
    if (waiting->count == waiting->room) {
        waiting->room = MAX(8, 2 * waiting->room);
        waiting->fronts = g_renew(WaitingFront, waiting->fronts, waiting->room);
    }
    waiting->fronts[waiting->count++] = (WaitingFront){ last_of_front(leg), index };
}

static void drop_what_is_over(Waiting *waiting, Instant now)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < waiting->count; i++)
        if (!instant_precedes(waiting->fronts[i].last, now))
            waiting->fronts[kept++] = waiting->fronts[i];
    waiting->count = kept;
}

/* Marks them all. Nobody has to look at them again. */
static void crowd(const Block *block, Waiting *waiting)
{
    waiting->crowded = true;
    for (uint32_t i = 0; i < waiting->count; i++) {
        const WaitingFront *front = &waiting->fronts[i];
        block->fronts[front->leg].crowded = true;
        if (instant_precedes(waiting->crowded_until, front->last))
            waiting->crowded_until = front->last;
    }
    waiting->count = 0;
}

typedef bool Admits(const Block *block, uint32_t front, uint32_t back);

static void take(Sweep *sweep, uint32_t front)
{
    if (sweep->count == CANDIDATES_MAX) {
        sweep->block->fronts[front].crowded = true;
        sweep->crowded = true;
    } else {
        sweep->found[sweep->count++] = front;
    }
}

static void look(Sweep *sweep, Waiting *waiting, uint32_t back, Admits *admits)
{
    if (!waiting || (!admits && !waiting->crowded && waiting->count <= WAITING_MAX))
        return;
    Instant now = sweep->block->legs[back].request;
    drop_what_is_over(waiting, now);
    if (waiting->crowded || waiting->count > WAITING_MAX) {
        crowd(sweep->block, waiting);
        sweep->crowded = sweep->crowded || !instant_precedes(waiting->crowded_until, now);
        return;
    }
    for (uint32_t i = 0; i < waiting->count && admits; i++)
        if (admits(sweep->block, waiting->fronts[i].leg, back))
            take(sweep, waiting->fronts[i].leg);
}

static void begin_sweep(Sweep *sweep, Block *block)
{
    *sweep =
        (Sweep){ .block = block,
                 .by_key = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_waiting),
                 .get = content_hash_of(span_of_text("GET")),
                 .head = content_hash_of(span_of_text("HEAD")) };
}

/* The candidates of one back, in `found`. `admits` NULL: it has none, unless they are crowded. */
static void find_candidates(Sweep *sweep, uint32_t back, Admits *admits)
{
    const Leg *leg = &sweep->block->legs[back];
    sweep->count = 0;
    sweep->crowded = false;
    look(sweep, waiting_of(sweep, key_of(leg, leg->digest->method)), back, admits);
    if (leg->digest->method == sweep->get)
        look(sweep, waiting_of(sweep, key_of(leg, sweep->head)), back, admits);
}

static void end_sweep(Sweep *sweep)
{
    g_hash_table_unref(sweep->by_key);
}

/* What the front sent stands in the back, beyond what proxies write. */
static bool is_carried(const Leg *front, const Leg *back)
{
    FieldPairs pairs = { .front = front->digest->request.head, .back = back->digest->request.head };
    const DigestField *sent, *passed;
    bool any = false;
    while (field_pairs_next(&pairs, &sent, &passed)) {
        if (!sent || !sent->present || field_is_rewritten(sent))
            continue;
        any = true;
        if (passed && passed->present && passed->value == sent->value)
            return true;
    }
    return !any ||
           content_is_carried(&front->digest->request.content, &back->digest->request.content);
}

/* Links ---------------------------------------------------------------------------------------- */

/* What a link must have that only the times prove: backs that fit one front alone, and this many
 * different targets among its backs. */
#define LINK_ALONE_MIN 5
#define LINK_PATHS_MIN 3

/* Different targets, as far as they matter. */
typedef struct Paths {
    uint64_t paths[LINK_PATHS_MIN];
    unsigned count;
} Paths;

static void paths_add(Paths *paths, uint64_t path)
{
    for (unsigned i = 0; i < paths->count; i++)
        if (paths->paths[i] == path)
            return;
    if (paths->count < LINK_PATHS_MIN)
        paths->paths[paths->count++] = path;
}

/* Of a front server's address and a back client's. */
typedef struct LinkCount {
    uint64_t client; /* hash of the back client's address */
    uint64_t nested, alone;
    Paths paths;
} LinkCount;

/* What a client got answers to. */
typedef struct ClientCount {
    uint64_t answered;
    Paths paths;
} ClientCount;

/* The value of this key, made zeroed if there is none. */
static gpointer count_of(GHashTable *counts, uint64_t key, size_t size)
{
    gpointer count = g_hash_table_lookup(counts, &key);
    if (!count) {
        count = g_malloc0(size);
        g_hash_table_insert(counts, g_memdup2(&key, sizeof key), count);
    }
    return count;
}

static bool may_nest(const Block *block, uint32_t front, uint32_t back)
{
    const Leg *f = &block->legs[front], *b = &block->legs[back];
    return hop_may_be_linked(&f->path, &b->path) && hop_nests(f, b) &&
           !hop_response_disagrees(f, b) && !hop_request_disagrees(f, b);
}

static void count_link(GHashTable *links, uint64_t server, const Leg *back, uint32_t fronts)
{
    uint64_t client = address_hash(&back->path.client.address);
    LinkCount *link = count_of(links, hash_both(server, client), sizeof *link);
    link->client = client;
    link->nested++;
    link->alone += fronts == 1;
    paths_add(&link->paths, back->digest->target.whole);
}

/* Counts a back once for each server whose fronts it nests in. */
static void count_links(const Sweep *sweep, GHashTable *links, const Leg *back)
{
    uint64_t servers[CANDIDATES_MAX];
    for (uint32_t i = 0; i < sweep->count; i++)
        servers[i] = address_hash(&sweep->block->legs[sweep->found[i]].path.server.address);
    for (uint32_t i = 0; i < sweep->count; i++) {
        uint32_t fronts = 0;
        bool first = true;
        for (uint32_t j = 0; j < sweep->count; j++) {
            fronts += servers[j] == servers[i];
            first = first && (j >= i || servers[j] != servers[i]);
        }
        if (first)
            count_link(links, servers[i], back, fronts);
    }
}

static GHashTable *new_counts(void)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
}

static GHashTable *count_clients(const Block *block)
{
    GHashTable *clients = new_counts();
    for (uint32_t i = 0; i < block->count; i++) {
        const Leg *leg = &block->legs[i];
        if (!leg_is_answered(leg))
            continue;
        ClientCount *client =
            count_of(clients, address_hash(&leg->path.client.address), sizeof *client);
        client->answered++;
        paths_add(&client->paths, leg->digest->target.whole);
    }
    return clients;
}

/* Whether a link with this client could have all that it must: most clients did too little. */
static bool may_be_learned(const ClientCount *client)
{
    return client->answered >= LINK_ALONE_MIN && client->paths.count == LINK_PATHS_MIN;
}

static bool is_learned(const LinkCount *link, const ClientCount *client)
{
    return link->nested * 10 >= client->answered * 9 && link->alone >= LINK_ALONE_MIN &&
           link->paths.count == LINK_PATHS_MIN;
}

void block_learn(Block *block)
{
    Sweep sweep;
    g_autoptr(GHashTable) links = new_counts();
    g_autoptr(GHashTable) clients = count_clients(block);
    begin_sweep(&sweep, block);
    for (uint32_t i = 0; i < block->count; i++) {
        const Leg *leg = &block->legs[i];
        if (leg_is_answered(leg)) {
            uint64_t client = address_hash(&leg->path.client.address);
            bool busy = may_be_learned(g_hash_table_lookup(clients, &client));
            find_candidates(&sweep, i, busy ? may_nest : NULL);
            count_links(&sweep, links, leg);
        }
        wait(&sweep, i);
    }
    end_sweep(&sweep);
    for (uint32_t i = 0; i < block->count; i++)
        block->fronts[i].crowded = false;
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, links);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        const LinkCount *link = value;
        if (is_learned(link, g_hash_table_lookup(clients, &link->client)))
            hash_set_add(&block->memory->learned, *(const uint64_t *)key);
    }
}

/* Addresses of servers, and what else may link a back to any front. */
typedef struct Reach {
    HashSet servers;
    bool anywhere;
} Reach;

static void reach_init(Reach *reach, const Block *block)
{
    hash_set_init(&reach->servers, UINT32_MAX);
    reach->anywhere = !hash_set_is_empty(&block->memory->learned);
    for (uint32_t i = 0; i < block->count; i++) {
        const LegPath *path = &block->legs[i].path;
        hash_set_add(&reach->servers, address_hash(&path->server.address));
        reach->anywhere = reach->anywhere || path->headings == HEADING_IN;
    }
}

/* False: no front of the block is linked to it. */
static bool is_in_reach(const Reach *reach, const Leg *back)
{
    return reach->anywhere ||
           hash_set_has(&reach->servers, address_hash(&back->path.client.address));
}

static bool are_in_reach(const Block *block)
{
    Reach reach;
    bool found;
    reach_init(&reach, block);
    found = reach.anywhere;
    for (uint32_t i = 0; i < block->count && !found; i++)
        found = is_in_reach(&reach, &block->legs[i]);
    hash_set_clear(&reach.servers);
    return found;
}

static bool have_one_server(const Block *block)
{
    for (uint32_t i = 1; i < block->count; i++)
        if (!endpoint_equal(&block->legs[i].path.server, &block->legs[0].path.server))
            return false;
    return true;
}

static bool may_learn(const Block *block)
{
    g_autoptr(GHashTable) clients = count_clients(block);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, clients);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (may_be_learned(value))
            return true;
    return false;
}

bool block_may_have_hops(const Block *block)
{
    return !have_one_server(block) && (are_in_reach(block) || may_learn(block));
}

/* Narrowing ------------------------------------------------------------------------------------ */

typedef enum Evidence { EVIDENCE_NEUTRAL, EVIDENCE_AGAINST, EVIDENCE_FOR } Evidence;

static bool same_value(const DigestField *a, const DigestField *b)
{
    return a && a->present && a->value == b->value;
}

static bool ids_agree(const Leg *front, const Leg *back)
{
    const HeadDigest *head = back->digest->request.head;
    for (unsigned i = 0; head && i < head->count; i++) {
        const DigestField *field = &head->fields[i];
        if (!field->present || !(digest_traits(field->known) & FIELD_TRACE))
            continue;
        if (field->known == DIGEST_TRACEPARENT && back->digest->trace_parent &&
            front->digest->trace_parent == back->digest->trace_parent)
            return true;
        if (same_value(leg_request_field(front, field->known), field) ||
            same_value(leg_response_field(front, field->known), field))
            return true;
    }
    return false;
}

static const DigestName FORWARDED_NAMES[FORWARDED_BY_COUNT] = {
    [FORWARDED_X_FOR] = DIGEST_X_FORWARDED_FOR,
    [FORWARDED_STANDARD] = DIGEST_FORWARDED,
    [FORWARDED_X_REAL_IP] = DIGEST_X_REAL_IP,
    [FORWARDED_CLIENT_IP] = DIGEST_CLIENT_IP,
};

/* Whom the back names as the client. */
static Evidence forwarding_says(const Leg *front, const Leg *back)
{
    for (unsigned i = 0; i < FORWARDED_BY_COUNT; i++) {
        const DigestField *field = leg_request_field(back, FORWARDED_NAMES[i]);
        if (!field || same_value(leg_request_field(front, FORWARDED_NAMES[i]), field))
            continue;
        const IpAddress *named = &back->digest->forwarded[i];
        if (named->version == 0)
            return EVIDENCE_NEUTRAL;
        return address_equal(named, &front->path.client.address) ? EVIDENCE_FOR : EVIDENCE_AGAINST;
    }
    return EVIDENCE_NEUTRAL;
}

static bool forwarding_disagrees(const Block *block, const Leg *front, const Leg *back)
{
    return forwarding_says(front, back) == EVIDENCE_AGAINST &&
           !hash_set_may_have(&block->memory->misleading, hop_full_key(front, back));
}

static bool target_disagrees(const Block *block, const Leg *front, const Leg *back)
{
    (void)block;
    return front->digest->target.whole != back->digest->target.whole;
}

static bool request_disagrees(const Block *block, const Leg *front, const Leg *back)
{
    (void)block;
    return hop_request_disagrees(front, back);
}

static bool response_disagrees(const Block *block, const Leg *front, const Leg *back)
{
    (void)block;
    return hop_response_disagrees(front, back);
}

static bool id_disagrees(const Block *block, const Leg *front, const Leg *back)
{
    (void)block;
    return !ids_agree(front, back);
}

/* In this order. */
static const struct {
    HopBasis basis;
    bool (*disagrees)(const Block *block, const Leg *front, const Leg *back);
} STEPS[] = {
    { HOP_BASIS_ID, id_disagrees },
    { HOP_BASIS_FORWARDED, forwarding_disagrees },
    { HOP_BASIS_TARGET, target_disagrees },
    { HOP_BASIS_REQUEST, request_disagrees },
    { HOP_BASIS_RESPONSE, response_disagrees },
};

/* Drops the candidates that disagree, if any remains. */
static void narrow(Sweep *sweep, uint32_t back,
                   bool (*disagrees)(const Block *block, const Leg *front, const Leg *back))
{
    const Block *block = sweep->block;
    uint32_t kept[CANDIDATES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (!disagrees(block, &block->legs[sweep->found[i]], &block->legs[back]))
            kept[count++] = sweep->found[i];
    if (count == 0)
        return;
    memcpy(sweep->found, kept, count * sizeof *kept);
    sweep->count = count;
}

/* Of a front and what it caused, nearer to the server, only the latter. */
static void keep_innermost(Sweep *sweep)
{
    const Block *block = sweep->block;
    uint32_t kept[CANDIDATES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < sweep->count; i++) {
        bool outer = false;
        for (uint32_t j = 0; j < sweep->count; j++)
            outer = outer || block->backs[sweep->found[j]].front == sweep->found[i];
        if (!outer)
            kept[count++] = sweep->found[i];
    }
    memcpy(sweep->found, kept, count * sizeof *kept);
    sweep->count = count;
}

/* What shows that the one candidate is it, as far as anything does. */
static HopBasis narrow_all(Sweep *sweep, uint32_t back)
{
    const Leg *leg = &sweep->block->legs[back];
    HopBasis basis = leg->source.known   ? HOP_BASIS_PROXY_PROTOCOL
                     : sweep->count == 1 ? HOP_BASIS_ONLY
                                         : HOP_BASIS_UNKNOWN;
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        bool was_open = sweep->count > 1;
        narrow(sweep, back, STEPS[i].disagrees);
        bool by_id = STEPS[i].basis == HOP_BASIS_ID && sweep->count == 1 &&
                     ids_agree(&sweep->block->legs[sweep->found[0]], leg);
        if (basis != HOP_BASIS_PROXY_PROTOCOL && sweep->count == 1 && (was_open || by_id))
            basis = STEPS[i].basis;
        if (by_id)
            break;
    }
    return basis;
}

/* Claims --------------------------------------------------------------------------------------- */

static bool is_candidate(const Block *block, uint32_t front, uint32_t back)
{
    const Leg *f = &block->legs[front], *b = &block->legs[back];
    if (b->source.known && (b->source.port != f->path.client.port ||
                            !address_equal(&b->source.address, &f->path.client.address)))
        return false;
    return hop_nests(f, b) && hop_is_linked(block->memory, &f->path, &b->path) && is_carried(f, b);
}

static void name_leg(Sweep *sweep, uint32_t index)
{
    const Leg *leg = &sweep->block->legs[index];
    uint64_t key = hash_both(leg->path.connection, leg->number);
    g_hash_table_insert(sweep->by_name, g_memdup2(&key, sizeof key),
                        g_memdup2(&index, sizeof index));
}

/* Its claim, if it has one, and if the front is still there. */
static void keep_decision(Sweep *sweep, uint32_t index)
{
    const Leg *leg = &sweep->block->legs[index];
    Back *back = &sweep->block->backs[index];
    *back = (Back){ .fixed = true, .front = NO_LEG, .given_up = NO_LEG, .next = NO_LEG };
    uint64_t key = hash_both(leg->claimed_connection, leg->claimed_number);
    const uint32_t *front =
        leg->claimed_connection ? g_hash_table_lookup(sweep->by_name, &key) : NULL;
    if (!front)
        return;
    back->front = *front;
    back->basis = HOP_BASIS_ONLY;
}

static void claim(Sweep *sweep, uint32_t index, const Reach *reach)
{
    Block *block = sweep->block;
    Back *back = &block->backs[index];
    if (block->legs[index].back_done) {
        keep_decision(sweep, index);
        return;
    }
    HopBasis basis = HOP_BASIS_UNKNOWN;
    find_candidates(sweep, index, is_in_reach(reach, &block->legs[index]) ? is_candidate : NULL);
    keep_innermost(sweep);
    if (!sweep->crowded && sweep->count > 0)
        basis = narrow_all(sweep, index);
    *back = (Back){ .first = block->candidates->len,
                    .count = sweep->count,
                    .crowded = sweep->crowded,
                    .front = NO_LEG,
                    .given_up = NO_LEG,
                    .next = NO_LEG };
    g_array_append_vals(block->candidates, sweep->found, sweep->count);
    for (uint32_t i = 0; i < sweep->count; i++)
        block->fronts[sweep->found[i]].asked++;
    if (sweep->crowded || sweep->count != 1) {
        back->doubt = sweep->count > 0 || sweep->crowded ? HOP_AMBIGUOUS : HOP_ORPHAN;
    } else if (block->legs[sweep->found[0]].front_done) {
        back->doubt = HOP_LIMIT; /* that has gone out without it */
    } else if (leg_is_open(&block->legs[sweep->found[0]]) && basis != HOP_BASIS_PROXY_PROTOCOL) {
        back->doubt = HOP_CAPTURE_ENDED;
    } else {
        back->front = sweep->found[0];
        back->basis = basis;
    }
}

static void sweep_for_claims(Block *block)
{
    Sweep sweep;
    block_unclaim(block);
    Reach reach;
    reach_init(&reach, block);
    begin_sweep(&sweep, block);
    sweep.by_name = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (uint32_t i = 0; i < block->count; i++) {
        if (block->legs[i].front_done)
            name_leg(&sweep, i);
        claim(&sweep, i, &reach);
        wait(&sweep, i);
    }
    g_hash_table_unref(sweep.by_name);
    end_sweep(&sweep);
    hash_set_clear(&reach.servers);
}

/* Hops whose forwarding fields named another client where something else showed who it was. */
static bool find_misleading(Block *block)
{
    bool found = false;
    for (uint32_t i = 0; i < block->count; i++) {
        const Back *back = &block->backs[i];
        if (back->front == NO_LEG || back->fixed || back->basis == HOP_BASIS_FORWARDED)
            continue;
        const Leg *front = &block->legs[back->front], *leg = &block->legs[i];
        if (!forwarding_disagrees(block, front, leg))
            continue;
        hash_set_add(&block->memory->misleading, hop_full_key(front, leg));
        found = true;
    }
    return found;
}

void block_claim(Block *block)
{
    sweep_for_claims(block);
    if (find_misleading(block))
        sweep_for_claims(block);
}
