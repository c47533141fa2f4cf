/* What the blocks of a capture leave to those after them: all of it only grows, within bounds. */
#ifndef HOPS_MEMORY_H
#define HOPS_MEMORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HOP_LINKS_MAX 4096
#define HOP_SIGNATURES_MAX 16384
#define HOP_SERVERS_MAX 65536

/* A set of 64-bit hashes. */
typedef struct HashSet {
    GHashTable *table;
    guint max;
    bool full; /* one more was to be added: whatever is asked for may be in it */
} HashSet;

void hash_set_init(HashSet *set, guint max);
void hash_set_clear(HashSet *set);
void hash_set_add(HashSet *set, uint64_t hash);
bool hash_set_is_empty(const HashSet *set);
bool hash_set_has(const HashSet *set, uint64_t hash);
/* The same, but a full set has everything. */
bool hash_set_may_have(const HashSet *set, uint64_t hash);

/* Counts by 64-bit hashes. */
typedef struct HashCounts {
    GHashTable *table;
    guint max; /* of hashes; further ones are not counted */
} HashCounts;

void hash_counts_init(HashCounts *counts, guint max);
void hash_counts_clear(HashCounts *counts);
/* Returns the new count. */
uint64_t hash_counts_add(HashCounts *counts, uint64_t hash, uint64_t number);
/* What is not counted because of the maximum has UINT64_MAX. */
uint64_t hash_counts_get(const HashCounts *counts, uint64_t hash);

typedef struct HopMemory {
    HashSet learned;        /* links of a server's address and a client's */
    HashSet misleading;     /* hops whose forwarding fields name somebody else */
    HashSet back_clients;   /* addresses that something was claimed of as a back's client */
    HashSet front_servers;  /* … as a front's server */
    HashSet orphans;        /* signatures of backs that no visible front has caused */
    HashSet orphan_clients; /* addresses that sent such */
    HashSet kept;           /* targets that were answered though nothing was sent on */
    HashSet known_servers;  /* of fronts with a claim, by endpoint */
    HashSet known_backs;    /* hop_back_key() of claims */
    HashCounts exchanges;   /* by server endpoint */
    HashCounts claims;      /* by hop_key() */
    HashSet marked;         /* hops of which a response has Via or Age, or a claim an id */
} HopMemory;

void hop_memory_init(HopMemory *memory);
void hop_memory_clear(HopMemory *memory);

#endif
