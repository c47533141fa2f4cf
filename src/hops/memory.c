#include "hops/memory.h"

void hash_set_init(HashSet *set, guint max)
{
    *set = (HashSet){ .table = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
                      .max = max };
}

void hash_set_clear(HashSet *set)
{
    g_clear_pointer(&set->table, g_hash_table_unref);
}

void hash_set_add(HashSet *set, uint64_t hash)
{
    if (g_hash_table_contains(set->table, &hash))
        return;
    set->full = set->full || g_hash_table_size(set->table) >= set->max;
    if (g_hash_table_size(set->table) < set->max)
        g_hash_table_add(set->table, g_memdup2(&hash, sizeof hash));
}

bool hash_set_is_empty(const HashSet *set)
{
    return g_hash_table_size(set->table) == 0;
}

bool hash_set_has(const HashSet *set, uint64_t hash)
{
    return g_hash_table_contains(set->table, &hash);
}

bool hash_set_may_have(const HashSet *set, uint64_t hash)
{
    return set->full || hash_set_has(set, hash);
}

void hash_counts_init(HashCounts *counts, guint max)
{
    *counts =
        (HashCounts){ .table = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
                      .max = max };
}

void hash_counts_clear(HashCounts *counts)
{
    g_clear_pointer(&counts->table, g_hash_table_unref);
}

uint64_t hash_counts_add(HashCounts *counts, uint64_t hash, uint64_t number)
{
    uint64_t *count = g_hash_table_lookup(counts->table, &hash);
    if (!count) {
        if (g_hash_table_size(counts->table) >= counts->max)
            return UINT64_MAX;
        count = g_new0(uint64_t, 1);
        g_hash_table_insert(counts->table, g_memdup2(&hash, sizeof hash), count);
    }
    return *count += number;
}

uint64_t hash_counts_get(const HashCounts *counts, uint64_t hash)
{
    const uint64_t *count = g_hash_table_lookup(counts->table, &hash);
    if (count)
        return *count;
    return g_hash_table_size(counts->table) >= counts->max ? UINT64_MAX : 0;
}

void hop_memory_init(HopMemory *memory)
{
    hash_set_init(&memory->learned, HOP_LINKS_MAX);
    hash_set_init(&memory->misleading, HOP_LINKS_MAX);
    hash_set_init(&memory->back_clients, HOP_LINKS_MAX);
    hash_set_init(&memory->front_servers, HOP_LINKS_MAX);
    hash_set_init(&memory->orphans, HOP_SIGNATURES_MAX);
    hash_set_init(&memory->orphan_clients, HOP_LINKS_MAX);
    hash_set_init(&memory->kept, HOP_SIGNATURES_MAX);
    hash_set_init(&memory->known_servers, HOP_LINKS_MAX);
    hash_set_init(&memory->known_backs, HOP_LINKS_MAX);
    hash_set_init(&memory->marked, HOP_LINKS_MAX);
    hash_counts_init(&memory->exchanges, HOP_SERVERS_MAX);
    hash_counts_init(&memory->claims, HOP_SERVERS_MAX);
}

void hop_memory_clear(HopMemory *memory)
{
    hash_set_clear(&memory->learned);
    hash_set_clear(&memory->misleading);
    hash_set_clear(&memory->back_clients);
    hash_set_clear(&memory->front_servers);
    hash_set_clear(&memory->orphans);
    hash_set_clear(&memory->orphan_clients);
    hash_set_clear(&memory->kept);
    hash_set_clear(&memory->known_servers);
    hash_set_clear(&memory->known_backs);
    hash_set_clear(&memory->marked);
    hash_counts_clear(&memory->exchanges);
    hash_counts_clear(&memory->claims);
}
