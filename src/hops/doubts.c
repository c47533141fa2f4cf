/* Claims that are given up, each for a way in which a wrong one came about: fronts that the capture
 * does not show, backs that it lost, caches that answer two from one. Claims by an id or by the
 * PROXY protocol stand.
 *
 * The steps look at the claims that `several` left, and set their doubts aside until all have
 * looked; only `orphan`, `kept` and `rare` take account of what the others gave up. */
#include "hops/block.h"

#include <stdlib.h>

typedef struct Doubts {
    Block *block;
    uint32_t *claims; /* backs with a claim, by front, then by time */
    uint32_t count;
} Doubts;

static bool stands(const Back *back)
{
    return back->fixed || back->basis == HOP_BASIS_ID || back->basis == HOP_BASIS_PROXY_PROTOCOL;
}

static const Leg *back_leg(const Doubts *doubts, uint32_t claim)
{
    return &doubts->block->legs[doubts->claims[claim]];
}

static const Leg *front_leg(const Doubts *doubts, uint32_t claim)
{
    return block_front_of(doubts->block, doubts->claims[claim]);
}

static Back *back_of(const Doubts *doubts, uint32_t claim)
{
    return &doubts->block->backs[doubts->claims[claim]];
}

/* The first doubt counts; the claim is still there until it is dropped. */
static void raise_doubt(Back *back, HopDoubt doubt)
{
    if (!stands(back) && back->doubt == HOP_CERTAIN)
        back->doubt = doubt;
}

static void drop_doubted(Doubts *doubts)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < doubts->count; i++) {
        Back *back = back_of(doubts, i);
        if (back->doubt == HOP_CERTAIN) {
            doubts->claims[kept++] = doubts->claims[i];
            continue;
        }
        back->given_up = back->front;
        back->front = NO_LEG;
        back->basis = HOP_BASIS_UNKNOWN;
    }
    doubts->count = kept;
}

static int compare_claims(const void *left, const void *right, gpointer data)
{
    const Block *block = data;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    uint32_t fa = block->backs[a].front, fb = block->backs[b].front;
    if (fa != fb)
        return fa < fb ? -1 : 1;
    return (a > b) - (a < b);
}

static void collect_claims(Doubts *doubts, Block *block)
{
    *doubts = (Doubts){ .block = block, .claims = g_new(uint32_t, MAX(block->count, 1)) };
    for (uint32_t i = 0; i < block->count; i++)
        if (block->backs[i].front != NO_LEG)
            doubts->claims[doubts->count++] = i;
    g_qsort_with_data(doubts->claims, (gint)doubts->count, sizeof(uint32_t), compare_claims, block);
}

/* several -------------------------------------------------------------------------------------- */

/* Answers that make a proxy try again. */
static bool is_retried(int status)
{
    static const int statuses[] = { 401, 407, 408, 421, 425, 429, 500, 502, 503, 504 };
    for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (statuses[i] == status)
            return true;
    return false;
}

static bool is_over_before(const Leg *leg, const Leg *next)
{
    if (leg_is_answered(leg))
        return is_retried(leg->status) && instant_precedes(leg->response, next->request);
    return instant_is_set(leg->end) && instant_precedes(leg->end, next->request);
}

static bool are_attempts(const Doubts *doubts, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i + 1 < to; i++)
        if (!is_over_before(back_leg(doubts, i), back_leg(doubts, i + 1)))
            return false;
    return true;
}

static bool are_slices(const Doubts *doubts, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        const DigestField *range = leg_request_field(back_leg(doubts, i), DIGEST_RANGE);
        if (!range)
            return false;
        for (uint32_t j = from; j < i; j++)
            if (leg_request_field(back_leg(doubts, j), DIGEST_RANGE)->value == range->value)
                return false;
    }
    return true;
}

static void doubt_several(Doubts *doubts)
{
    uint32_t to;
    for (uint32_t from = 0; from < doubts->count; from = to) {
        uint32_t front = back_of(doubts, from)->front;
        for (to = from + 1; to < doubts->count && back_of(doubts, to)->front == front;)
            to++;
        if (to - from == 1 || are_attempts(doubts, from, to) || are_slices(doubts, from, to))
            continue;
        for (uint32_t i = from; i < to; i++)
            raise_doubt(back_of(doubts, i), HOP_SEVERAL);
    }
    drop_doubted(doubts);
}

/* contested ------------------------------------------------------------------------------------ */

static void doubt_contested(Doubts *doubts)
{
    const Block *block = doubts->block;
    g_autofree bool *wanted = g_new0(bool, MAX(block->count, 1));
    for (uint32_t i = 0; i < block->count; i++) {
        const Back *back = &block->backs[i];
        if (back->front != NO_LEG)
            continue;
        for (uint32_t j = 0; j < back->count; j++)
            wanted[g_array_index(block->candidates, uint32_t, back->first + j)] = true;
    }
    for (uint32_t i = 0; i < doubts->count; i++) {
        Back *back = back_of(doubts, i);
        if (wanted[back->front] || block->fronts[back->front].crowded)
            raise_doubt(back, HOP_CONTESTED);
    }
}

/* gap ------------------------------------------------------------------------------------------ */

/* `back` NULL: by any connection. */
static bool is_hidden(const Block *block, const Leg *front, const Leg *back, bool pending_only)
{
    Instant end = hop_front_end(front);
    uint32_t low = 0, high = block->hole_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (instant_precedes(block->holes[middle].from, end))
            low = middle + 1;
        else
            high = middle;
    }
    while (low > 0 && block->hole_ends[low - 1] >= front->head.time) {
        const Hole *hole = &block->holes[--low];
        if (hole->to.time < front->head.time || (pending_only && !hole->pending))
            continue;
        if (!back || address_equal(&hole->path.client.address, &back->path.client.address) ||
            hop_is_linked(block->memory, &front->path, &hole->path))
            return true;
    }
    return false;
}

bool block_awaits(const Block *block, const Leg *leg)
{
    for (uint32_t i = 0; i < block->hole_count; i++) {
        const Hole *hole = &block->holes[i];
        if (hole->pending && !instant_precedes(leg->request, hole->from) &&
            leg->request.time <= hole->to.time)
            return true;
    }
    return false;
}

bool block_has_gap(const Block *block, const Leg *front, const Leg *back)
{
    return is_hidden(block, front, back, false);
}

/* Partners of what began so early may have been dropped. */
static void doubt_blind(Doubts *doubts, Nanoseconds blind)
{
    for (uint32_t i = 0; i < doubts->count; i++)
        if (front_leg(doubts, i)->request.time < blind)
            raise_doubt(back_of(doubts, i), HOP_LIMIT);
}

static void doubt_gaps(Doubts *doubts)
{
    for (uint32_t i = 0; i < doubts->count; i++) {
        const Leg *front = front_leg(doubts, i);
        Back *back = back_of(doubts, i);
        if (block_has_gap(doubts->block, front, back_leg(doubts, i)))
            raise_doubt(back, HOP_GAP);
        if (!back->fixed && is_hidden(doubts->block, front, NULL, true))
            back->doubt = HOP_GAP; /* a proxy may stand between that has not come yet */
    }
}

/* unanswered ----------------------------------------------------------------------------------- */

static uint64_t asked_key(const Leg *leg)
{
    return hash_both(endpoint_hash(&leg->path.server),
                     hash_both(leg->digest->method, leg->digest->target.whole));
}

static void doubt_unanswered(Doubts *doubts)
{
    HashCounts asked;
    hash_counts_init(&asked, UINT32_MAX);
    for (uint32_t i = 0; i < doubts->block->count; i++)
        hash_counts_add(&asked, asked_key(&doubts->block->legs[i]), 1);
    for (uint32_t i = 0; i < doubts->count; i++)
        if (!leg_is_answered(back_leg(doubts, i)) &&
            hash_counts_get(&asked, asked_key(front_leg(doubts, i))) > 1)
            raise_doubt(back_of(doubts, i), HOP_UNANSWERED);
    hash_counts_clear(&asked);
}

/* rewritten ------------------------------------------------------------------------------------ */

/* How the path was moved: what is left of both when equal segments at the end are off. */
static uint64_t move_of(const Leg *front, const Leg *back)
{
    const TargetDigest *f = &front->digest->target, *b = &back->digest->target;
    unsigned same = 0;
    while (same < TARGET_TAILS_MAX && f->tail[same] && f->tail[same] == b->tail[same])
        same++;
    uint64_t left = same ? (uint64_t)f->before[same - 1] << 32 | b->before[same - 1] : 0;
    return hash_both(hop_key(front, back), left);
}

static bool is_rewritten(const Leg *front, const Leg *back)
{
    return front->digest->target.whole != back->digest->target.whole;
}

static void doubt_rewritten(Doubts *doubts)
{
    enum { TARGETS_LEAST = 3 };
    HashSet seen;
    HashCounts targets;
    hash_set_init(&seen, HOP_SIGNATURES_MAX);
    hash_counts_init(&targets, UINT32_MAX);
    for (uint32_t i = 0; i < doubts->count; i++) {
        const Leg *front = front_leg(doubts, i), *back = back_leg(doubts, i);
        uint64_t move = move_of(front, back);
        uint64_t target = hash_both(move, front->digest->target.whole);
        if (!is_rewritten(front, back) || hash_set_has(&seen, target))
            continue;
        hash_set_add(&seen, target);
        hash_counts_add(&targets, move, 1);
    }
    for (uint32_t i = 0; i < doubts->count; i++) {
        const Leg *front = front_leg(doubts, i), *back = back_leg(doubts, i);
        if (is_rewritten(front, back) &&
            hash_counts_get(&targets, move_of(front, back)) < TARGETS_LEAST)
            raise_doubt(back_of(doubts, i), HOP_REWRITTEN);
    }
    hash_counts_clear(&targets);
    hash_set_clear(&seen);
}

/* carried -------------------------------------------------------------------------------------- */

/* What of a pair can be carried unchanged, or not. */
typedef struct Carried {
    uint64_t what;
    bool same;
} Carried;

#define CARRIED_MAX (2 * DIGEST_FIELDS_MAX + 2)

typedef struct CarriedList {
    Carried items[CARRIED_MAX];
    unsigned count;
} CarriedList;

static void add_carried(CarriedList *list, uint64_t what, bool same)
{
    list->items[list->count++] = (Carried){ what, same };
}

static uint64_t name_hash(const HeadDigest *head, const DigestField *field, bool response)
{
    return hash_both(content_hash_of(span_of_text(head_digest_name(head, field))), response);
}

static void list_fields(CarriedList *list, const HeadDigest *front, const HeadDigest *back,
                        bool response)
{
    FieldPairs pairs = { .front = front, .back = back };
    const DigestField *a, *b;
    while (field_pairs_next(&pairs, &a, &b)) {
        if (!a || !b || !a->present || !b->present)
            continue;
        bool counts = response ? digest_traits(a->known) & FIELD_ANSWER : !field_is_rewritten(a);
        if (counts)
            add_carried(list, name_hash(front, a, response), a->value == b->value);
    }
}

static void list_carried(CarriedList *list, const Leg *front, const Leg *back)
{
    const ExchangeDigest *f = front->digest, *b = back->digest;
    list->count = 0;
    list_fields(list, f->request.head, b->request.head, false);
    if (f->request.content.known && b->request.content.known)
        add_carried(list, 1, !content_differs(&f->request.content, &b->request.content));
    if (!leg_is_answered(front) || !leg_is_answered(back))
        return;
    list_fields(list, f->response.head, b->response.head, true);
    if (hop_contents_compare(front, back) && f->response.content.known && b->response.content.known)
        add_carried(list, 2, !content_differs(&f->response.content, &b->response.content));
}

/* A field that the hop hands on unchanged at least as often as not, and here it is another. */
static void doubt_carried(Doubts *doubts)
{
    HashCounts same, other;
    CarriedList list;
    hash_counts_init(&same, UINT32_MAX);
    hash_counts_init(&other, UINT32_MAX);
    for (uint32_t i = 0; i < doubts->count; i++) {
        uint64_t hop = hop_key(front_leg(doubts, i), back_leg(doubts, i));
        list_carried(&list, front_leg(doubts, i), back_leg(doubts, i));
        for (unsigned j = 0; j < list.count; j++)
            hash_counts_add(list.items[j].same ? &same : &other, hash_both(hop, list.items[j].what),
                            1);
    }
    for (uint32_t i = 0; i < doubts->count; i++) {
        uint64_t hop = hop_key(front_leg(doubts, i), back_leg(doubts, i));
        list_carried(&list, front_leg(doubts, i), back_leg(doubts, i));
        for (unsigned j = 0; j < list.count; j++) {
            uint64_t what = hash_both(hop, list.items[j].what);
            if (!list.items[j].same &&
                hash_counts_get(&same, what) >= hash_counts_get(&other, what))
                raise_doubt(back_of(doubts, i), HOP_CARRIED);
        }
    }
    hash_counts_clear(&same);
    hash_counts_clear(&other);
}

/* layer ---------------------------------------------------------------------------------------- */

/* The server endpoints of fronts, by what their backs have in common. */
typedef struct Layers {
    GHashTable *fronts; /* uint64_t: hop_back_key(), to GArray of uint64_t: server endpoints */
    HashSet behind;     /* an endpoint that stands behind another one */
} Layers;

static void add_layer(Layers *layers, const Leg *front, const Leg *back)
{
    uint64_t key = hop_back_key(back), server = endpoint_hash(&front->path.server);
    hash_set_add(&layers->behind, hash_both(server, endpoint_hash(&back->path.server)));
    GArray *servers = g_hash_table_lookup(layers->fronts, &key);
    if (!servers) {
        servers = g_array_new(FALSE, FALSE, sizeof(uint64_t));
        g_hash_table_insert(layers->fronts, g_memdup2(&key, sizeof key), servers);
    }
    for (guint i = 0; i < servers->len; i++)
        if (g_array_index(servers, uint64_t, i) == server)
            return;
    g_array_append_val(servers, server);
}

static bool has_layer_between(const Layers *layers, const Leg *front, const Leg *back)
{
    uint64_t key = hop_back_key(back), server = endpoint_hash(&front->path.server);
    const GArray *servers = g_hash_table_lookup(layers->fronts, &key);
    for (guint i = 0; i < servers->len; i++)
        if (hash_set_has(&layers->behind, hash_both(server, g_array_index(servers, uint64_t, i))))
            return true;
    return false;
}

static void free_servers(gpointer servers)
{
    g_array_unref(servers);
}

static void doubt_layers(Doubts *doubts)
{
    Layers layers = { .fronts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                                      free_servers) };
    hash_set_init(&layers.behind, HOP_SIGNATURES_MAX);
    for (uint32_t i = 0; i < doubts->count; i++)
        add_layer(&layers, front_leg(doubts, i), back_leg(doubts, i));
    for (uint32_t i = 0; i < doubts->count; i++)
        if (has_layer_between(&layers, front_leg(doubts, i), back_leg(doubts, i)))
            raise_doubt(back_of(doubts, i), HOP_LAYER);
    hash_set_clear(&layers.behind);
    g_hash_table_unref(layers.fronts);
}

/* orphan, kept --------------------------------------------------------------------------------- */

/* What a back asked for, and for whom. */
static uint64_t signature_of(const Leg *back)
{
    uint64_t hash = hash_both(address_hash(&back->path.client.address),
                              hash_both(back->digest->method, back->digest->target.whole));
    const HeadDigest *head = back->digest->request.head;
    for (unsigned i = 0; head && i < head->count; i++)
        if (head->fields[i].present && (digest_traits(head->fields[i].known) & FIELD_STRONG))
            hash = hash_both(hash, (uint64_t)head->fields[i].known << 32 | head->fields[i].value);
    return hash;
}

static bool is_orphan(const Back *back)
{
    if (back->front != NO_LEG || back->fixed)
        return false;
    return (back->count == 0 && !back->crowded) || back->doubt == HOP_REWRITTEN ||
           back->doubt == HOP_CARRIED || back->doubt == HOP_LAYER;
}

static void remember_orphans(const Block *block, Nanoseconds blind)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const Leg *leg = &block->legs[i];
        if (is_orphan(&block->backs[i]) &&
            hash_set_may_have(&block->memory->back_clients,
                              address_hash(&leg->path.client.address)) &&
            leg->request.time >= blind && !block_awaits(block, leg)) {
            hash_set_add(&block->memory->orphans, signature_of(leg));
            hash_set_add(&block->memory->orphan_clients, address_hash(&leg->path.client.address));
        }
    }
}

static void doubt_orphans(Doubts *doubts, Nanoseconds blind)
{
    remember_orphans(doubts->block, blind);
    for (uint32_t i = 0; i < doubts->count; i++)
        if (hash_set_may_have(&doubts->block->memory->orphans, signature_of(back_leg(doubts, i))))
            raise_doubt(back_of(doubts, i), HOP_ORPHAN);
    drop_doubted(doubts);
}

static uint64_t kept_key(const Leg *front)
{
    return hash_both(address_hash(&front->path.server.address), front->digest->target.whole);
}

static void remember_kept(const Block *block, Nanoseconds blind)
{
    for (uint32_t i = 0; i < block->count; i++) {
        const Front *front = &block->fronts[i];
        const Leg *leg = &block->legs[i];
        if (front->asked == 0 && !front->crowded && !leg->front_done &&
            hash_set_may_have(&block->memory->front_servers,
                              address_hash(&leg->path.server.address)) &&
            leg->request.time >= blind && leg_is_answered(leg) && leg->status < 400)
            hash_set_add(&block->memory->kept, kept_key(leg));
    }
}

static void doubt_kept(Doubts *doubts, Nanoseconds blind)
{
    const HopMemory *memory = doubts->block->memory;
    remember_kept(doubts->block, blind);
    for (uint32_t i = 0; i < doubts->count; i++) {
        uint64_t client = address_hash(&back_leg(doubts, i)->path.client.address);
        if (hash_set_may_have(&memory->orphan_clients, client) &&
            hash_set_may_have(&memory->kept, kept_key(front_leg(doubts, i))))
            raise_doubt(back_of(doubts, i), HOP_KEPT);
    }
    drop_doubted(doubts);
}

/* rare ----------------------------------------------------------------------------------------- */

static bool is_marked(const Leg *leg)
{
    return leg_response_field(leg, DIGEST_VIA) || leg_response_field(leg, DIGEST_AGE);
}

void block_count_exchanges(const Block *block)
{
    for (uint32_t i = 0; i < block->count; i++) {
        Leg *leg = &block->legs[i];
        if (!leg->counted)
            hash_counts_add(&block->memory->exchanges, endpoint_hash(&leg->path.server), 1);
        leg->counted = true;
    }
}

static void count_hops(Doubts *doubts)
{
    HopMemory *memory = doubts->block->memory;
    for (uint32_t i = 0; i < doubts->count; i++) {
        const Leg *front = front_leg(doubts, i), *back = back_leg(doubts, i);
        hash_counts_add(&memory->claims, hop_key(front, back), 1);
        if (stands(back_of(doubts, i)) || is_marked(front) || is_marked(back))
            hash_set_add(&memory->marked, hop_key(front, back));
    }
}

/* An ordinary server that was busy has many exchanges, and few of them fit by chance. */
static void doubt_rare(Doubts *doubts)
{
    HopMemory *memory = doubts->block->memory;
    block_count_exchanges(doubts->block);
    count_hops(doubts);
    for (uint32_t i = 0; i < doubts->count; i++) {
        const Leg *front = front_leg(doubts, i);
        uint64_t hop = hop_key(front, back_leg(doubts, i));
        uint64_t claims = hash_counts_get(&memory->claims, hop);
        uint64_t exchanges =
            hash_counts_get(&memory->exchanges, endpoint_hash(&front->path.server));
        if (claims < exchanges / 10 + (exchanges % 10 > 0) && !hash_set_has(&memory->marked, hop))
            raise_doubt(back_of(doubts, i), HOP_RARE);
    }
    drop_doubted(doubts);
}

/* Orphans and kept answers of other hosts concern nobody. */
static void note_hosts(Doubts *doubts)
{
    HopMemory *memory = doubts->block->memory;
    for (uint32_t i = 0; i < doubts->count; i++) {
        hash_set_add(&memory->back_clients,
                     address_hash(&back_leg(doubts, i)->path.client.address));
        hash_set_add(&memory->front_servers,
                     address_hash(&front_leg(doubts, i)->path.server.address));
    }
}

void block_doubt(Block *block, Nanoseconds blind)
{
    Doubts doubts;
    collect_claims(&doubts, block);
    note_hosts(&doubts);
    doubt_blind(&doubts, blind);
    doubt_several(&doubts);
    doubt_contested(&doubts);
    doubt_gaps(&doubts);
    doubt_unanswered(&doubts);
    doubt_rewritten(&doubts);
    doubt_carried(&doubts);
    doubt_layers(&doubts);
    drop_doubted(&doubts);
    doubt_orphans(&doubts, blind);
    doubt_kept(&doubts, blind);
    doubt_rare(&doubts);
    g_free(doubts.claims);
}
