#include "servers/servers.h"

#include <string.h>

#include "base/text.h"

const ServersLimits SERVERS_LIMITS_DEFAULT = { .servers = SERVERS_MAX, .pairs = PAIRS_MAX };

/* A power of two. */
#define RECENT 1024

struct Servers {
    ServersLimits limits;
    GTree *servers, *pairs; /* ServerKey * to Server *, PairKey * to Pair * */
    /* of those trees, by hash of the key: a tree of thousands takes a dozen comparisons */
    Server *recent_servers[RECENT];
    Pair *recent_pairs[RECENT];
    uint64_t connections;               /* all connections reported to it */
    GPtrArray *server_list, *pair_list; /* when finished: borrowed from the trees */
};

/* Keys ----------------------------------------------------------------------------------------- */

static int compare_addresses(const IpAddress *a, const IpAddress *b)
{
    if (a->version != b->version)
        return a->version < b->version ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static int compare_servers(const ServerKey *a, const ServerKey *b)
{
    int order = compare_addresses(&a->address, &b->address);
    return order ? order : (a->port > b->port) - (a->port < b->port);
}

static gint compare_server_keys(gconstpointer a, gconstpointer b, gpointer unused)
{
    (void)unused;
    return compare_servers(a, b);
}

static gint compare_pair_keys(gconstpointer left, gconstpointer right, gpointer unused)
{
    const PairKey *a = left, *b = right;
    (void)unused;
    int order = compare_addresses(&a->client, &b->client);
    return order ? order : compare_servers(&a->server, &b->server);
}

static void server_free(gpointer data)
{
    Server *server = data;
    for (unsigned i = 0; i < server->host_count; i++)
        g_free(server->hosts[i].name);
    idle_clear(&server->idle);
    idle_clear(&server->encrypted_idle);
    g_free(server);
}

static void pair_free(gpointer data)
{
    Pair *pair = data;
    g_free(pair->raced_bins);
    g_free(pair);
}

Servers *servers_new(const ServersLimits *limits)
{
    Servers *servers = g_new0(Servers, 1);
    servers->limits = *limits;
    servers->servers = g_tree_new_full(compare_server_keys, NULL, NULL, server_free);
    servers->pairs = g_tree_new_full(compare_pair_keys, NULL, NULL, pair_free);
    return servers;
}

/* Whoever chooses addresses can make places collide: then the tree is asked. */
static uint64_t mix_address(const IpAddress *address)
{
    uint64_t halves[2];
    memcpy(halves, address->bytes, sizeof halves);
    return halves[0] + halves[1] * UINT64_C(0xd6e8feb86659fd93);
}

static size_t place_of(uint64_t mixed)
{
    return (size_t)(mixed * UINT64_C(0x9e3779b97f4a7c15) >> 32) % RECENT;
}

static size_t server_place(const ServerKey *key)
{
    return place_of(mix_address(&key->address) + key->port);
}

static size_t pair_place(const PairKey *key)
{
    return place_of(mix_address(&key->client) ^
                    (mix_address(&key->server.address) + key->server.port) << 7);
}

/* Returns whether there is room for the key. At the limit, an earlier key replaces the last one. So
 * the keys that sort first are complete, in whatever order keys come. */
static bool make_room(Servers *servers, GTree *tree, unsigned limit, gconstpointer key,
                      GCompareDataFunc compare)
{
    if ((unsigned)g_tree_nnodes(tree) < limit)
        return true;
    GTreeNode *last = g_tree_node_last(tree);
    if (!last || compare(g_tree_node_key(last), key, NULL) < 0)
        return false;
    if (tree == servers->servers)
        servers->recent_servers[server_place(g_tree_node_key(last))] = NULL;
    else
        servers->recent_pairs[pair_place(g_tree_node_key(last))] = NULL;
    g_tree_remove(tree, g_tree_node_key(last));
    return true;
}

static Server *find_server(Servers *servers, const ServerKey *key)
{
    Server *server = g_tree_lookup(servers->servers, key);
    if (server ||
        !make_room(servers, servers->servers, servers->limits.servers, key, compare_server_keys))
        return server;
    server = g_new0(Server, 1);
    server->key = *key;
    server->longest_reused = -1;
    g_tree_insert(servers->servers, &server->key, server);
    return server;
}

static Server *server_of(Servers *servers, const ServerKey *key)
{
    Server **recent = &servers->recent_servers[server_place(key)];
    if (!*recent || compare_servers(&(*recent)->key, key) != 0)
        *recent = find_server(servers, key);
    return *recent;
}

static Pair *find_pair(Servers *servers, const PairKey *key)
{
    Pair *pair = g_tree_lookup(servers->pairs, key);
    if (pair || !make_room(servers, servers->pairs, servers->limits.pairs, key, compare_pair_keys))
        return pair;
    pair = g_new0(Pair, 1);
    pair->key = *key;
    pair->longest_reused = pair->longest_tried = -1;
    g_tree_insert(servers->pairs, &pair->key, pair);
    return pair;
}

static Pair *pair_of(Servers *servers, const PairKey *key)
{
    Pair **recent = &servers->recent_pairs[pair_place(key)];
    if (!*recent || compare_pair_keys(&(*recent)->key, key, NULL) != 0)
        *recent = find_pair(servers, key);
    return *recent;
}

static PairKey key_of(const Connection *connection, int client)
{
    return (PairKey){ .client = connection->address[client],
                      .server = { .address = connection->address[1 - client],
                                  .port = connection->port[1 - client] } };
}

/* The first few -------------------------------------------------------------------------------- */

static bool host_precedes(const ServerHost *a, const ServerHost *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    return a->frame != b->frame ? a->frame < b->frame : strcmp(a->name, b->name) < 0;
}

/* `name` is copied if it is kept. */
static void add_host(Server *server, Nanoseconds time, FrameId frame, const char *name)
{
    unsigned at = 0;
    while (at < server->host_count && strcmp(server->hosts[at].name, name) != 0)
        at++;
    g_autofree char *own = g_strdup(name);
    ServerHost host = { .time = time, .frame = frame, .name = own };
    if (at == SERVER_HOSTS_MAX) {
        server->more_hosts = true;
        at--; /* the last host is replaced, or there is none */
    }
    if (at < server->host_count && !host_precedes(&host, &server->hosts[at]))
        return;
    if (at < server->host_count)
        g_free(server->hosts[at].name);
    else
        server->host_count++;
    for (; at > 0 && host_precedes(&host, &server->hosts[at - 1]); at--)
        server->hosts[at] = server->hosts[at - 1];
    host.name = g_steal_pointer(&own);
    server->hosts[at] = host;
}

static void take_host(Server *server, const Exchange *exchange)
{
    const char *name = exchange_text(exchange, TEXT_HOST);
    if (!*name || !exchange->request.begun)
        return;
    const Stamp *first = &exchange->request.first;
    /* Usually the server has one host, and it is already known. */
    for (unsigned i = 0; i < server->host_count; i++)
        if (strcmp(server->hosts[i].name, name) == 0 && server->hosts[i].time < first->time)
            return;
    if (strlen(name) < SERVER_HOST_SIZE) {
        add_host(server, first->time, first->frame, name);
        return;
    }
    g_autoptr(GString) cut = g_string_new(NULL);
    size_t length = 0, unit;
    while (length + (unit = text_unit_length(name + length)) <= SERVER_HOST_SIZE - sizeof TEXT_CUT)
        length += unit; /* never cut an escape */
    g_string_append_len(cut, name, (gssize)length);
    g_string_append(cut, TEXT_CUT);
    add_host(server, first->time, first->frame, cut->str);
}

static void add_stated(Server *server, int64_t seconds)
{
    unsigned at = 0;
    while (at < server->stated_count && server->stated[at] < seconds)
        at++;
    if (at < server->stated_count && server->stated[at] == seconds)
        return;
    server->more_stated |= server->stated_count == SERVER_STATED_MAX;
    if (at == SERVER_STATED_MAX)
        return;
    server->stated_count = MIN(server->stated_count + 1, SERVER_STATED_MAX);
    memmove(&server->stated[at + 1], &server->stated[at],
            (server->stated_count - at - 1) * sizeof server->stated[0]);
    server->stated[at] = seconds;
}

static bool raced_precedes(const RacedRequest *a, const RacedRequest *b)
{
    if (a->idle != b->idle)
        return a->idle > b->idle;
    return a->time != b->time ? a->time < b->time : a->request < b->request;
}

static void add_raced(Pair *pair, const RacedRequest *raced)
{
    unsigned at = 0;
    while (at < pair->raced_count && raced_precedes(&pair->raced[at], raced))
        at++;
    if (at == PAIR_RACED_MAX)
        return;
    pair->raced_count = MIN(pair->raced_count + 1, PAIR_RACED_MAX);
    memmove(&pair->raced[at + 1], &pair->raced[at],
            (pair->raced_count - at - 1) * sizeof pair->raced[0]);
    pair->raced[at] = *raced;
}

/* Tracks the number of exchanges after which no connection goes on. */
static void count_served(Server *server, uint32_t number, uint64_t reached, uint64_t ended)
{
    if (number > server->most_served) {
        server->most_served = number;
        server->at_most = server->ended_at_most = 0;
    }
    if (number == server->most_served) {
        server->at_most += reached;
        server->ended_at_most += ended;
    }
}

/* Telling -------------------------------------------------------------------------------------- */

static void take_use(Server *server, const JudgeContext *context, const Exchange *exchange,
                     const Judgement *judgement, const Reuse *use)
{
    server->exchanges++;
    server->declared_close += judgement->declaration.declared == DECLARED_CLOSE;
    server->declared_keep_alive += judgement->declaration.declared == DECLARED_KEEP_ALIVE;
    server->reuses += use->reused + use->lost;
    server->lost += use->lost;
    server->races += use->race;
    server->lost_after_close += use->after_close;
    bool contradicted = judgement->verdict == VERDICT_CONTRADICTED;
    server->aborted += contradicted && judgement->cause == CAUSE_ABORTED;
    server->refused += judgement->cause == CAUSE_REFUSED;
    server->undeclared_closes += contradicted && closed_undeclared(judgement);
    if (use->reused)
        server->longest_reused = MAX(server->longest_reused, use->tried);
    for (unsigned i = 0; i < use->period_count; i++)
        idle_add(&server->idle, use->periods[i].end, use->periods[i].length, use->periods[i].time);
    if (judgement->stated_timeout >= 0)
        add_stated(server, judgement->stated_timeout);
    /* A connection that began before the capture has had more exchanges than were seen. */
    if (exchange->answered)
        count_served(server, exchange->number, 1,
                     context->connection->opener_known && use->last_served);
    take_host(server, exchange);
}

static void take_pair_use(Pair *pair, const Reuse *use)
{
    pair->reuses += use->reused + use->lost;
    pair->lost += use->lost;
    pair->lost_after_close += use->after_close;
    if (use->reused)
        pair->longest_reused = MAX(pair->longest_reused, use->tried);
    pair->longest_tried = MAX(pair->longest_tried, use->tried);
    if (!use->raced)
        return;
    if (!pair->raced_bins)
        pair->raced_bins = g_new0(uint32_t, IDLE_BINS);
    pair->raced_bins[idle_bin_of(use->raced_request.idle)]++;
    add_raced(pair, &use->raced_request);
}

void servers_exchange(Servers *servers, const JudgeContext *context, const Ending *ending,
                      int client, const Exchange *exchange, const Judgement *judgement)
{
    PairKey key = key_of(context->connection, client);
    Reuse use = reuse_of(context, ending, exchange, judgement);
    Server *server = server_of(servers, &key.server);
    if (server)
        take_use(server, context, exchange, judgement, &use);
    Pair *pair = pair_of(servers, &key);
    if (pair)
        take_pair_use(pair, &use);
}

void servers_connection(Servers *servers, const Connection *connection, int client,
                        const Ending *ending, Verdict verdict, bool goaway)
{
    PairKey key = key_of(connection, client);
    servers->connections++;
    Server *server = server_of(servers, &key.server);
    if (server) {
        server->connections++;
        server->verdicts[verdict]++;
        server->resets += ending->possible == ENDER_SERVER && ending->how == END_HOW_RST;
        server->goaways += goaway;
    }
    Pair *pair = pair_of(servers, &key);
    if (pair)
        pair->connections++;
}

void servers_encrypted_idle(Servers *servers, const Connection *connection, int client,
                            Nanoseconds idle, Nanoseconds time)
{
    PairKey key = key_of(connection, client);
    Server *server = server_of(servers, &key.server);
    if (!server || idle < IDLE_LEAST)
        return;
    server->encrypted_idles++;
    idle_add(&server->idle, IDLE_CLOSED, idle, time);
    idle_add(&server->encrypted_idle, IDLE_CLOSED, idle, time);
}

/* Merging -------------------------------------------------------------------------------------- */

static gboolean merge_server(gpointer unused, gpointer value, gpointer to_table)
{
    const Server *from = value;
    Server *to = server_of(to_table, &from->key);
    (void)unused;
    if (!to)
        return FALSE;
    for (unsigned i = 0; i < from->host_count; i++)
        add_host(to, from->hosts[i].time, from->hosts[i].frame, from->hosts[i].name);
    to->more_hosts |= from->more_hosts;
    for (unsigned i = 0; i < from->stated_count; i++)
        add_stated(to, from->stated[i]);
    to->more_stated |= from->more_stated;
    to->connections += from->connections;
    to->exchanges += from->exchanges;
    to->declared_close += from->declared_close;
    to->declared_keep_alive += from->declared_keep_alive;
    for (Verdict verdict = 0; verdict <= VERDICT_CONTRADICTED; verdict++)
        to->verdicts[verdict] += from->verdicts[verdict];
    idle_merge(&to->idle, &from->idle);
    idle_merge(&to->encrypted_idle, &from->encrypted_idle);
    to->encrypted_idles += from->encrypted_idles;
    to->longest_reused = MAX(to->longest_reused, from->longest_reused);
    to->reuses += from->reuses;
    to->lost += from->lost;
    to->races += from->races;
    to->lost_after_close += from->lost_after_close;
    to->undeclared_closes += from->undeclared_closes;
    to->aborted += from->aborted;
    to->resets += from->resets;
    to->goaways += from->goaways;
    to->refused += from->refused;
    count_served(to, from->most_served, from->at_most, from->ended_at_most);
    return FALSE;
}

static gboolean merge_pair(gpointer unused, gpointer value, gpointer to_table)
{
    const Pair *from = value;
    Pair *to = pair_of(to_table, &from->key);
    (void)unused;
    if (!to)
        return FALSE;
    to->connections += from->connections;
    to->reuses += from->reuses;
    to->lost += from->lost;
    to->lost_after_close += from->lost_after_close;
    to->longest_reused = MAX(to->longest_reused, from->longest_reused);
    to->longest_tried = MAX(to->longest_tried, from->longest_tried);
    for (unsigned i = 0; i < from->raced_count; i++)
        add_raced(to, &from->raced[i]);
    if (from->raced_bins && !to->raced_bins)
        to->raced_bins = g_new0(uint32_t, IDLE_BINS);
    for (unsigned bin = 0; from->raced_bins && bin < IDLE_BINS; bin++)
        to->raced_bins[bin] += from->raced_bins[bin];
    return FALSE;
}

void servers_merge(Servers *servers, const Servers *from)
{
    servers->connections += from->connections;
    g_tree_foreach(from->servers, merge_server, servers);
    g_tree_foreach(from->pairs, merge_pair, servers);
}

/* What follows from all ------------------------------------------------------------------------ */

/* A limit is inferred if no connection went beyond it and the server ended nearly all connections
 * that got that far. Some may have ended for other reasons. */
static int64_t infer_max(const Server *server)
{
    bool often = server->ended_at_most >= SERVER_MAX_LEAST &&
                 server->ended_at_most * 10 >= server->at_most * 9;
    return often && server->most_served > 1 ? (int64_t)server->most_served : -1;
}

/* The closes of a spike that are known of HTTP itself. */
static uint64_t readable_closes(const Server *server, const Spike *spike)
{
    unsigned from = idle_bin_of(spike->timeout), past = idle_bin_of(spike->most) + 1;
    const IdleHistogram *all = &server->idle, *encrypted = &server->encrypted_idle;
    uint64_t closes = idle_count(all, IDLE_CLOSED, from) - idle_count(all, IDLE_CLOSED, past);
    return closes -
           (idle_count(encrypted, IDLE_CLOSED, from) - idle_count(encrypted, IDLE_CLOSED, past));
}

/* A timer that nothing but encrypted connections shows is not known to be one of HTTP. */
static void drop_encrypted_spikes(const Server *server, TimeoutEstimate *estimate)
{
    unsigned kept = 0, found = estimate->count;
    for (unsigned i = 0; i < found; i++)
        if (readable_closes(server, &estimate->spikes[i]))
            estimate->spikes[kept++] = estimate->spikes[i];
    estimate->count = kept;
    if (found && kept == 0)
        estimate->doubt = TIMEOUT_UNREAD;
}

static gboolean finish_server(gpointer unused, gpointer value, gpointer list)
{
    Server *server = value;
    (void)unused;
    server->estimate = timeout_estimate(&server->idle);
    drop_encrypted_spikes(server, &server->estimate);
    server->inferred_max = infer_max(server);
    g_ptr_array_add(list, server);
    if (server->estimate.count == 0)
        return FALSE;
    unsigned from = timeout_risk_bin(server->estimate.spikes[0].timeout);
    server->lost_risky = idle_count(&server->idle, IDLE_LOST, from);
    server->risky = idle_count(&server->idle, IDLE_REUSED, from) + server->lost_risky;
    server->mismatch = server->lost_risky ? MISMATCH_YES
                       : server->risky    ? MISMATCH_NEAR
                                          : MISMATCH_NONE;
    return FALSE;
}

static gboolean finish_pair(gpointer unused, gpointer value, gpointer finished)
{
    Servers *servers = finished;
    Pair *pair = value;
    (void)unused;
    const Server *server = g_tree_lookup(servers->servers, &pair->key.server);
    pair->server = server;
    g_ptr_array_add(servers->pair_list, pair);
    if (!server || server->estimate.count == 0 || !pair->raced_bins)
        return FALSE;
    unsigned from = timeout_risk_bin(server->estimate.spikes[0].timeout);
    for (unsigned bin = from; bin < IDLE_BINS; bin++)
        pair->lost_risky += pair->raced_bins[bin];
    return FALSE;
}

void servers_finish(Servers *servers)
{
    g_assert(!servers->server_list);
    servers->server_list = g_ptr_array_new();
    servers->pair_list = g_ptr_array_new();
    g_tree_foreach(servers->servers, finish_server, servers->server_list);
    g_tree_foreach(servers->pairs, finish_pair, servers);
}

unsigned servers_count(const Servers *servers)
{
    return servers->server_list->len;
}

const Server *servers_at(const Servers *servers, unsigned index)
{
    return g_ptr_array_index(servers->server_list, index);
}

unsigned servers_pair_count(const Servers *servers)
{
    return servers->pair_list->len;
}

const Pair *servers_pair_at(const Servers *servers, unsigned index)
{
    return g_ptr_array_index(servers->pair_list, index);
}

uint64_t servers_left_out(const Servers *servers)
{
    uint64_t kept = 0;
    for (unsigned i = 0; i < servers_count(servers); i++)
        kept += servers_at(servers, i)->connections;
    return servers->connections - kept;
}

uint64_t servers_pairs_left_out(const Servers *servers)
{
    uint64_t kept = 0;
    for (unsigned i = 0; i < servers_pair_count(servers); i++)
        kept += servers_pair_at(servers, i)->connections;
    return servers->connections - kept;
}

void servers_free(Servers *servers)
{
    if (!servers)
        return;
    g_clear_pointer(&servers->server_list, g_ptr_array_unref);
    g_clear_pointer(&servers->pair_list, g_ptr_array_unref);
    g_tree_destroy(servers->servers);
    g_tree_destroy(servers->pairs);
    g_free(servers);
}
