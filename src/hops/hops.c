#include "hops/hops.h"

#include <stdlib.h>

#include "http/match.h"

/* What the rows are made of: a front or an unclaimed back, and the frame that it is sorted by. */
typedef struct RowPlace {
    Instant first, second;
    uint32_t front, back;
} RowPlace;

struct Hops {
    GArray *legs;  /* Leg */
    GArray *holes; /* Hole */
    HopMemory memory;
    Block block;
    bool decided, pedantic;
    GArray *findings; /* HopFinding */
    GArray *places;   /* RowPlace */
    guint next;
};

Hops *hops_new(bool pedantic)
{
    Hops *hops = g_new0(Hops, 1);
    hops->pedantic = pedantic;
    hops->findings = g_array_new(FALSE, FALSE, sizeof(HopFinding));
    hops->legs = g_array_new(FALSE, FALSE, sizeof(Leg));
    hops->holes = g_array_new(FALSE, FALSE, sizeof(Hole));
    hops->places = g_array_new(FALSE, FALSE, sizeof(RowPlace));
    hop_memory_init(&hops->memory);
    return hops;
}

void hops_free(Hops *hops)
{
    if (!hops)
        return;
    if (hops->decided)
        block_clear(&hops->block);
    for (guint i = 0; i < hops->legs->len; i++)
        leg_clear(&g_array_index(hops->legs, Leg, i));
    for (guint i = 0; i < hops->findings->len; i++)
        hop_finding_clear(&g_array_index(hops->findings, HopFinding, i));
    g_array_unref(hops->findings);
    g_array_unref(hops->legs);
    g_array_unref(hops->holes);
    g_array_unref(hops->places);
    hop_memory_clear(&hops->memory);
    g_free(hops);
}

/* Taking legs ---------------------------------------------------------------------------------- */

static bool is_loopback(const IpAddress *address)
{
    static const uint8_t one[16] = { [15] = 1 };
    return address->version == 6 ? memcmp(address->bytes, one, sizeof one) == 0
                                 : address->bytes[0] == 127;
}

static LegPath path_of(const Connection *connection, int client)
{
    LegPath path = { .connection = connection->first_frame,
                     .client = { connection->address[client], connection->port[client] },
                     .server = { connection->address[!client], connection->port[!client] },
                     .headings = connection->half[client].headings,
                     .stream_number_known = connection->stream_number_known,
                     .stream_number = connection->stream_number };
    path.loopback = address_equal(&path.client.address, &path.server.address) ||
                    is_loopback(&path.server.address);
    return path;
}

/* The first FIN or reset of anybody. */
static Instant end_of(const Connection *connection)
{
    Instant end = { 0 };
    for (int side = 0; side < 2; side++) {
        const Half *half = &connection->half[side];
        const Stamp *stamps[2] = { half->fin.proof != FIN_NONE ? &half->fin.stamp : NULL,
                                   stamp_is_set(&half->rst.stamp) ? &half->rst.stamp : NULL };
        for (unsigned i = 0; i < 2; i++)
            if (stamps[i] && (!instant_is_set(end) || instant_precedes(instant_of(stamps[i]), end)))
                end = instant_of(stamps[i]);
    }
    return end;
}

void hops_hidden(Hops *hops, const Connection *connection, int client, Instant from, Instant to)
{
    Hole hole = { path_of(connection, client), from, to };
    g_array_append_val(hops->holes, hole);
}

/* Whether it is sure what was asked and what was answered. */
static bool is_sure(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    return exchange->digest && request->has_head && !request->tentative && !request->sought &&
           !(request->notes & HEAD_INCOMPLETE) && !exchange->pairing_open &&
           !exchange->response_hidden && !exchange->response.tentative;
}

/* Hidden is what it stands for, from its first byte on. */
static void hide_exchange(Hops *hops, const Connection *connection, int client,
                          const Exchange *exchange)
{
    Instant from =
        instant_of(exchange->request.begun ? &exchange->request.first : &exchange->response.first);
    Instant to = { connection->last_time, connection->last_frame };
    if (!exchange->request.begun)
        from = (Instant){ connection->start, connection->first_frame };
    hops_hidden(hops, connection, client, from, to);
}

static void set_messages(Leg *leg, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    leg->request = instant_of(&request->first);
    leg->head = (Instant){ leg->digest->request.head_time, leg->digest->request.head_frame };
    leg->request_end = instant_of(&request->last);
    leg->request_complete = request->complete;
    leg->request_version = request->version;
    leg->request_minor = request->minor;
    leg->request_options = request->options;
    leg->interims = MIN(exchange->interim.count, INTERIM_MAX);
    memcpy(leg->interim, exchange->interim.status, sizeof leg->interim);
    if (!response->begun)
        return;
    leg->response = instant_of(&response->first);
    leg->response_end = instant_of(&response->last);
    leg->response_complete = response->complete;
    leg->response_version = response->version;
    leg->response_minor = response->minor;
    leg->response_options = response->options;
    leg->status = exchange->status;
    leg->switched = exchange_switched(exchange);
}

void hops_exchange(Hops *hops, const Connection *connection, int client, ProxySource source,
                   bool ended, Exchange *exchange, const Judgement *judgement)
{
    if (exchange->unsolicited)
        return;
    if (!is_sure(exchange)) {
        hide_exchange(hops, connection, client, exchange);
        return;
    }
    if (exchange->method == METHOD_CONNECT)
        return;
    Leg leg = { .path = path_of(connection, client),
                .number = exchange->number,
                .source = source,
                .matches = exchange->match & MATCH_FOUND,
                .judgement = *judgement,
                .method = g_strdup(exchange_text(exchange, TEXT_METHOD)),
                .target = g_strdup(exchange_text(exchange, TEXT_TARGET)),
                .digest = g_steal_pointer(&exchange->digest) };
    set_messages(&leg, exchange);
    if (!exchange->response.begun && ended)
        leg.end = end_of(connection);
    g_array_append_val(hops->legs, leg);
}

/* Rows ----------------------------------------------------------------------------------------- */

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

static void add_front_rows(Hops *hops, uint32_t index)
{
    const Block *block = &hops->block;
    const Front *front = &block->fronts[index];
    RowPlace place = { .first = block->legs[index].request, .front = index, .back = NO_LEG };
    if (!hash_set_has(&hops->memory.known_servers, endpoint_hash(&block->legs[index].path.server)))
        return;
    if (front->back == NO_LEG)
        g_array_append_val(hops->places, place);
    for (uint32_t back = front->back; back != NO_LEG; back = block->backs[back].next) {
        place.back = back;
        place.second = block->legs[back].request;
        g_array_append_val(hops->places, place);
    }
}

static void add_back_row(Hops *hops, uint32_t index)
{
    const Block *block = &hops->block;
    if (block->backs[index].front != NO_LEG ||
        !hash_set_has(&hops->memory.known_backs, hop_back_key(&block->legs[index])))
        return;
    RowPlace place = { .first = block->legs[index].request, .front = NO_LEG, .back = index };
    g_array_append_val(hops->places, place);
}

void hops_finish(Hops *hops)
{
    block_init(&hops->block, hops->legs, hops->holes, &hops->memory);
    hops->decided = true;
    block_decide(&hops->block);
    block_find(&hops->block, hops->findings, hops->pedantic);
    for (uint32_t i = 0; i < hops->block.count; i++) {
        add_front_rows(hops, i);
        add_back_row(hops, i);
    }
    if (hops->places->len > 0)
        qsort(hops->places->data, hops->places->len, sizeof(RowPlace), compare_places);
}

bool hops_next(Hops *hops, HopRow *ret_row)
{
    const Block *block = &hops->block;
    if (hops->next == hops->places->len)
        return false;
    const RowPlace *place = &g_array_index(hops->places, RowPlace, hops->next++);
    *ret_row = (HopRow){ 0 };
    if (place->front != NO_LEG) {
        const Front *front = &block->fronts[place->front];
        ret_row->front = &block->legs[place->front];
        ret_row->basis = front->basis;
        ret_row->doubt = front->doubt;
        ret_row->candidates = front->asked;
        ret_row->answered_by = block_answered_by(block, place->front, place->back);
        ret_row->findings = front->findings;
    }
    if (place->back != NO_LEG) {
        const Back *back = &block->backs[place->back];
        ret_row->back = &block->legs[place->back];
        ret_row->basis = back->basis;
        ret_row->doubt = back->doubt;
        ret_row->attempt = back->front == NO_LEG ? 0 : back->attempt;
        ret_row->candidates = back->count;
        ret_row->findings = back->findings;
    }
    return true;
}

const HopFinding *hops_findings(const Hops *hops, unsigned *ret_count)
{
    *ret_count = hops->findings->len;
    return (const HopFinding *)(const void *)hops->findings->data;
}
