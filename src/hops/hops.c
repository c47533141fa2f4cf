#include "hops/hops.h"

#include <stdlib.h>

/* What the rows are made of: a front or an unclaimed back, and the frame that it is sorted by. */
typedef struct RowPlace {
    Instant first, second;
    uint32_t front, back;
} RowPlace;

/* A connection that goes on: exchanges of it may have begun that have not come yet. */
typedef struct OpenConnection {
    LegPath path;
    Instant from; /* since when; not set: none has */
    Instant last; /* its last byte */
    bool waits;   /* that byte was the client's */
    uint32_t begun, came;
} OpenConnection;

struct Hops {
    HopsOptions options;
    GArray *legs;     /* Leg */
    GArray *holes;    /* Hole */
    size_t size;      /* of the legs */
    GHashTable *open; /* FrameId of a connection to OpenConnection */
    HopMemory memory;
    HopFindings findings;
    Nanoseconds blind;     /* legs that began before had to be dropped */
    HopsCounters counters; /* but for the findings */
};

const HopsLimits HOPS_LIMITS_DEFAULT = { .legs = 65536, .bytes = (size_t)64 << 20 };

Hops *hops_new(const HopsOptions *options)
{
    Hops *hops = g_new0(Hops, 1);
    hops->options = *options;
    hops->blind = INT64_MIN;
    hops->legs = g_array_new(FALSE, FALSE, sizeof(Leg));
    hops->holes = g_array_new(FALSE, FALSE, sizeof(Hole));
    hops->open = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    hop_memory_init(&hops->memory);
    hop_findings_init(&hops->findings);
    return hops;
}

const HopsOptions *hops_options(const Hops *hops)
{
    return &hops->options;
}

void hops_free(Hops *hops)
{
    if (!hops)
        return;
    for (guint i = 0; i < hops->legs->len; i++)
        leg_clear(&g_array_index(hops->legs, Leg, i));
    g_array_unref(hops->legs);
    g_array_unref(hops->holes);
    g_hash_table_unref(hops->open);
    hop_findings_clear(&hops->findings);
    hop_memory_clear(&hops->memory);
    g_free(hops);
}

/* Taking legs ---------------------------------------------------------------------------------- */

static void take_hole(Hops *hops, const HopNews *news)
{
    Hole hole = { news->path, news->from, news->to, false };
    if (hops->holes->len >= hops->options.limits.legs) { /* all of that time may be wrong */
        hops->counters.holes++;
        hops->blind = MAX(hops->blind, news->to.time);
        return;
    }
    g_array_append_val(hops->holes, hole);
}

static void take_heard(Hops *hops, const HopNews *news)
{
    OpenConnection *open = g_hash_table_lookup(hops->open, &news->path.connection);
    if (!open) {
        open = g_new0(OpenConnection, 1);
        open->path.connection = news->path.connection;
        g_hash_table_insert(hops->open, &open->path.connection, open);
    }
    open->path = news->path;
    open->begun = news->begun;
    open->last = news->at;
    open->waits = news->by_client;
    if (news->begun > open->came && !instant_is_set(open->from))
        open->from = news->at;
}

/* One of its exchanges has come. */
static void note_came(Hops *hops, const HopNews *news)
{
    OpenConnection *open = g_hash_table_lookup(hops->open, &news->path.connection);
    if (!open)
        return;
    open->came++;
    if (instant_is_set(news->at))
        open->from = news->at;
    if (open->came >= open->begun)
        open->from = (Instant){ 0 };
}

/* Blocks --------------------------------------------------------------------------------------- */

static int compare_places(const void *left, const void *right)
{
    const RowPlace *a = left, *b = right;
    if (instant_precedes(a->first, b->first))
        return -1;
    if (instant_precedes(b->first, a->first))
        return 1;
    if (instant_precedes(a->second, b->second))
        return -1;
    if (instant_precedes(b->second, a->second))
        return 1;
    if (a->front != b->front)
        return a->front < b->front ? -1 : 1;
    return (a->back > b->back) - (a->back < b->back);
}

/* Its rows as a front, and those of its backs, are written now. */
static void add_front_rows(const Hops *hops, Block *block, uint32_t index, GArray *places)
{
    const Front *front = &block->fronts[index];
    Leg *leg = &block->legs[index];
    RowPlace place = { .first = leg->request, .front = index, .back = NO_LEG };
    bool known = hash_set_has(&hops->memory.known_servers, endpoint_hash(&leg->path.server));
    leg->front_done = true;
    if (known && front->back == NO_LEG)
        g_array_append_val(places, place);
    for (uint32_t back = front->back; back != NO_LEG; back = block->backs[back].next) {
        place.back = back;
        place.second = block->legs[back].request;
        block->legs[back].back_done = true;
        block->legs[back].claimed_connection = leg->path.connection;
        block->legs[back].claimed_number = leg->number;
        g_array_append_val(places, place);
    }
}

static void add_back_row(const Hops *hops, Block *block, uint32_t index, GArray *places)
{
    RowPlace place = { .first = block->legs[index].request, .front = NO_LEG, .back = index };
    block->legs[index].back_done = true;
    if (hash_set_has(&hops->memory.known_backs, hop_back_key(&block->legs[index])))
        g_array_append_val(places, place);
}

static HopRow row_at(const Block *block, const RowPlace *place)
{
    HopRow row = { 0 };
    if (place->front != NO_LEG) {
        const Front *front = &block->fronts[place->front];
        row.front = &block->legs[place->front];
        row.basis = front->basis;
        row.doubt = front->doubt;
        row.candidates = front->asked;
        row.answered_by = block_answered_by(block, place->front, place->back);
        row.findings = front->findings;
    }
    if (place->back != NO_LEG) {
        const Back *back = &block->backs[place->back];
        row.back = &block->legs[place->back];
        row.basis = back->basis;
        row.doubt = back->doubt;
        row.attempt = back->front == NO_LEG ? 0 : back->attempt;
        row.candidates = back->count;
        row.findings = back->findings;
    }
    return row;
}

static void hand_out(Hops *hops, const HopRow *row)
{
    hops->counters.rows++;
    if (hops->options.row)
        hops->options.row(hops->options.data, row);
}

/* The rows of what began before `until`. */
static void write_rows(Hops *hops, Block *block, Instant until)
{
    g_autoptr(GArray) places = g_array_new(FALSE, FALSE, sizeof(RowPlace));
    for (uint32_t i = 0; i < block->count; i++) {
        Leg *leg = &block->legs[i];
        if (!instant_precedes(leg->request, until))
            break;
        if (!leg->front_done)
            add_front_rows(hops, block, i, places);
        if (!leg->back_done && block->backs[i].front == NO_LEG)
            add_back_row(hops, block, i, places);
    }
    if (places->len > 0)
        qsort(places->data, places->len, sizeof(RowPlace), compare_places);
    for (guint i = 0; i < places->len; i++) {
        HopRow row = row_at(block, &g_array_index(places, RowPlace, i));
        hand_out(hops, &row);
    }
}

/* What has begun and has not come hides something until then. */
static void add_pending(Hops *hops)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, hops->open);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const OpenConnection *open = value;
        Hole hole = { .path = open->path, .from = open->from, .to = open->last, .pending = true };
        if (open->waits)
            hole.to.time = NANOSECONDS_MAX;
        if (instant_is_set(hole.from))
            g_array_append_val(hops->holes, hole);
    }
}

/* The last instant at which the leg can matter to others. */
static Instant last_of(const Leg *leg)
{
    Instant last = instant_is_set(leg->response_end) ? leg->response_end : leg->request_end;
    return instant_precedes(last, leg->end) ? leg->end : last;
}

/* Keeps what has no row yet, and what overlaps it; holes likewise. */
static void keep_rest(Hops *hops, Instant until)
{
    guint kept = 0, holes = 0;
    hops->size = 0;
    for (guint i = 0; i < hops->legs->len; i++) {
        Leg *leg = &g_array_index(hops->legs, Leg, i);
        if (leg->front_done && leg->back_done && instant_precedes(last_of(leg), until)) {
            leg_clear(leg);
            continue;
        }
        hops->size += leg_size(leg);
        g_array_index(hops->legs, Leg, kept++) = *leg;
    }
    g_array_set_size(hops->legs, kept);
    for (guint i = 0; i < hops->holes->len; i++) {
        const Hole *hole = &g_array_index(hops->holes, Hole, i);
        if (!hole->pending && hole->to.time >= until.time)
            g_array_index(hops->holes, Hole, holes++) = *hole;
    }
    g_array_set_size(hops->holes, holes);
}

/* The rows that it has not had yet, as those of what is not known. */
static void write_dropped(Hops *hops, const Leg *leg)
{
    HopRow front = { .front = leg, .doubt = HOP_LIMIT }, back = { .back = leg, .doubt = HOP_LIMIT };
    if (!leg->front_done &&
        hash_set_has(&hops->memory.known_servers, endpoint_hash(&leg->path.server)))
        hand_out(hops, &front);
    if (!leg->back_done && hash_set_has(&hops->memory.known_backs, hop_back_key(leg)))
        hand_out(hops, &back);
}

/* All of them go: whatever overlaps them is not known. */
static void drop_all(Hops *hops)
{
    for (guint i = 0; i < hops->legs->len; i++) {
        Leg *leg = &g_array_index(hops->legs, Leg, i);
        write_dropped(hops, leg);
        hops->blind = MAX(hops->blind, last_of(leg).time);
        leg_clear(leg);
    }
    hops->counters.legs += hops->legs->len;
    hops->size = 0;
    g_array_set_size(hops->legs, 0);
}

/* Decides what has come. The newest quarter waits for what has begun in its time and has not come
 * yet, unless this is the end. */
static void end_block(Hops *hops, bool last)
{
    Instant until = { NANOSECONDS_MAX, UINT64_MAX };
    Block block;
    if (!last)
        add_pending(hops);
    block_init(&block, hops->legs, hops->holes, &hops->memory);
    if (!last && block.count > 0)
        until = block.legs[block.count - block.count / 4 - 1].request;
    block_decide(&block, hops->blind);
    block_find(&block, &hops->findings, until, hops->options.pedantic);
    write_rows(hops, &block, until);
    block_clear(&block);
    keep_rest(hops, until);
    if (!last) /* what comes late has no partners any more */
        hops->blind = MAX(hops->blind, until.time);
    if (!last && (hops->legs->len > hops->options.limits.legs / 8 * 7 ||
                  hops->size > hops->options.limits.bytes / 8 * 7))
        drop_all(hops);
}

static void take_exchange(Hops *hops, HopNews *news)
{
    note_came(hops, news);
    if (instant_is_set(news->from))
        take_hole(hops, news);
    if (!news->leg)
        return;
    g_autofree Leg *leg = g_steal_pointer(&news->leg);
    hops->size += leg_size(leg);
    g_array_append_vals(hops->legs, leg, 1);
    if (hops->legs->len >= hops->options.limits.legs || hops->size >= hops->options.limits.bytes)
        end_block(hops, false);
}

void hops_take(Hops *hops, HopNews *news)
{
    switch (news->kind) {
    case HOP_NEWS_HEARD:
        take_heard(hops, news);
        break;
    case HOP_NEWS_EXCHANGE:
        take_exchange(hops, news);
        break;
    case HOP_NEWS_HIDDEN:
        take_hole(hops, news);
        break;
    case HOP_NEWS_ENDED:
        g_hash_table_remove(hops->open, &news->path.connection);
        break;
    }
}

void hops_finish(Hops *hops)
{
    end_block(hops, true);
    hop_findings_sort(&hops->findings);
}

const HopFinding *hops_findings(const Hops *hops, unsigned *ret_count)
{
    *ret_count = hops->findings.list->len;
    return (const HopFinding *)(const void *)hops->findings.list->data;
}

HopsCounters hops_counters(const Hops *hops)
{
    HopsCounters counters = hops->counters;
    counters.findings = hops->findings.left_out;
    return counters;
}

const HopError *hops_errors(const Hops *hops, unsigned *ret_count)
{
    *ret_count = hops->findings.errors->len;
    return (const HopError *)(const void *)hops->findings.errors->data;
}
