/* Hashing costs about as much as reading, so both run at the same time. A fixed number of portions
 * circulates. The feeder takes one from `spare` and fills it; it goes through `filled` to the
 * thread, which hashes it and gives it back. If all portions are in use, the feeder waits for a
 * spare one, so memory is bounded. Only the last portion may be partly filled; so small reads do
 * not make the two threads wake each other for every few bytes. An empty portion marks the end. */
#include "capture/hash.h"

#include <openssl/crypto.h>

#include "base/interrupt.h"
#include "base/sha256.h"

#define PORTION_SIZE (256 * 1024)
#define PORTIONS (HASH_AHEAD_MAX / PORTION_SIZE)

typedef struct Portion {
    size_t size;
    uint8_t bytes[PORTION_SIZE];
} Portion;

struct Hasher {
    GAsyncQueue *spare, *filled; /* of Portion */
    Portion *filling;            /* the portion being filled; NULL: none */
    GThread *thread;
};

static gpointer hash_portions(gpointer data)
{
    Hasher *hasher = data;
    Sha256 *sum = sha256_new();
    for (;;) {
        Portion *portion = g_async_queue_pop(hasher->filled);
        size_t size = portion->size;
        if (size > 0)
            sha256_add(sum, portion->bytes, size);
        portion->size = 0;
        g_async_queue_push(hasher->spare, portion);
        if (size == 0)
            break;
    }
    return sha256_finish(sum);
}

Hasher *hasher_new(void)
{
    Hasher *hasher = g_new0(Hasher, 1);
    hasher->spare = g_async_queue_new_full(g_free);
    hasher->filled = g_async_queue_new_full(g_free);
    for (int i = 0; i < PORTIONS; i++) {
        Portion *portion = g_new(Portion, 1);
        portion->size = 0;
        g_async_queue_push(hasher->spare, portion);
    }
    interrupt_hold(); /* signals are for the first thread, which holds them at times */
    hasher->thread = g_thread_new("sha256", hash_portions, hasher);
    interrupt_release();
    return hasher;
}

void hasher_feed(Hasher *hasher, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        if (!hasher->filling)
            hasher->filling = g_async_queue_pop(hasher->spare);
        Portion *portion = hasher->filling;
        size_t taken = MIN(size, PORTION_SIZE - portion->size);
        memcpy(portion->bytes + portion->size, from, taken);
        portion->size += taken;
        from += taken;
        size -= taken;
        if (portion->size == PORTION_SIZE)
            g_async_queue_push(hasher->filled, g_steal_pointer(&hasher->filling));
    }
}

char *hasher_finish(Hasher *hasher)
{
    if (hasher->filling)
        g_async_queue_push(hasher->filled, g_steal_pointer(&hasher->filling));
    g_async_queue_push(hasher->filled, g_async_queue_pop(hasher->spare)); /* empty: the end */
    char *text = g_thread_join(hasher->thread);
    g_async_queue_unref(hasher->spare);
    g_async_queue_unref(hasher->filled);
    g_free(hasher);
    return text;
}

const char *hash_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
