#include "decode/address_pairs.h"

#include <string.h>

#define ADDRESS_SIZE (1 + sizeof((IpAddress){ 0 }.bytes))
#define KEY_SIZE (2 * ADDRESS_SIZE)

struct AddressPairs {
    GHashTable *keys; /* GBytes */
};

AddressPairs *address_pairs_new(void)
{
    AddressPairs *pairs = g_new0(AddressPairs, 1);
    pairs->keys =
        g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    return pairs;
}

static void put(uint8_t *to, const IpAddress *address)
{
    to[0] = address->version;
    memcpy(to + 1, address->bytes, sizeof address->bytes);
}

static GBytes *key_of(const IpAddress *a, const IpAddress *b)
{
    uint8_t key[KEY_SIZE];
    put(key, a);
    put(key + ADDRESS_SIZE, b);
    if (memcmp(key, key + ADDRESS_SIZE, ADDRESS_SIZE) > 0) {
        put(key, b);
        put(key + ADDRESS_SIZE, a);
    }
    return g_bytes_new(key, sizeof key);
}

bool address_pairs_add(AddressPairs *pairs, const IpAddress *a, const IpAddress *b, bool *ret_full)
{
    GBytes *wanted = key_of(a, b);
    bool known = g_hash_table_contains(pairs->keys, wanted);
    *ret_full = !known && g_hash_table_size(pairs->keys) >= ADDRESS_PAIRS_MAX;
    if (known || *ret_full) {
        g_bytes_unref(wanted);
        return false;
    }
    g_hash_table_add(pairs->keys, wanted);
    return true;
}

void address_pairs_free(AddressPairs *pairs)
{
    if (!pairs)
        return;
    g_hash_table_unref(pairs->keys);
    g_free(pairs);
}
