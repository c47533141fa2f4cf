/* Hashing costs about as much as reading, so both run at the same time. A ring of portions lies
 * between them: the feeder fills one after the other, the thread hashes one after the other. If all
 * are full, the feeder waits, so memory is bounded. Only the last portion may be partly filled; so
 * small reads do not make the two threads wake each other for every few bytes. An empty portion
 * marks the end.
 *
 * The locks are those of POSIX, which ThreadSanitizer knows. */
#include "capture/hash.h"

#include <openssl/crypto.h>
#include <pthread.h>

#include "base/interrupt.h"
#include "base/sha256.h"

#define PORTION_SIZE (64 * 1024)
#define PORTIONS_LEAST (HASH_AHEAD_LEAST / PORTION_SIZE)
#define PORTIONS_MAX (HASH_AHEAD_MAX / PORTION_SIZE)

typedef struct Portion {
    size_t size;
    uint8_t bytes[PORTION_SIZE];
} Portion;

struct Hasher {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t filled, hashed; /* portions so far */
    Portion *portions;       /* portion N is at N % count; the one at `filled` is the feeder's */
    unsigned count;
    CaptureRoom *room;
    GThread *thread;
};

static Portion *portion_at(const Hasher *hasher, uint64_t number)
{
    return &hasher->portions[number % hasher->count];
}

static const Portion *wait_for_portion(Hasher *hasher)
{
    pthread_mutex_lock(&hasher->lock);
    while (hasher->hashed == hasher->filled)
        pthread_cond_wait(&hasher->changed, &hasher->lock);
    pthread_mutex_unlock(&hasher->lock);
    return portion_at(hasher, hasher->hashed);
}

static void count_portion(Hasher *hasher, uint64_t *counter)
{
    pthread_mutex_lock(&hasher->lock);
    ++*counter;
    pthread_cond_signal(&hasher->changed);
    pthread_mutex_unlock(&hasher->lock);
}

static gpointer hash_portions(gpointer data)
{
    Hasher *hasher = data;
    Sha256 *sum = sha256_new();
    const Portion *portion;
    while ((portion = wait_for_portion(hasher))->size > 0) {
        sha256_add(sum, portion->bytes, portion->size);
        count_portion(hasher, &hasher->hashed);
    }
    return sha256_finish(sum);
}

Hasher *hasher_new(CaptureRoom *room)
{
    Hasher *hasher = g_new0(Hasher, 1);
    hasher->room = room;
    hasher->count = PORTIONS_LEAST;
    while (hasher->count < PORTIONS_MAX && capture_room_take(room, sizeof(Portion)))
        hasher->count++;
    hasher->portions = g_new(Portion, hasher->count);
    hasher->portions[0].size = 0;
    pthread_mutex_init(&hasher->lock, NULL);
    pthread_cond_init(&hasher->changed, NULL);
    hasher->thread = interrupt_thread_new("sha256", hash_portions, hasher);
    return hasher;
}

/* The portion that is being filled goes to the thread; the next one is empty. */
static void hand_over(Hasher *hasher)
{
    count_portion(hasher, &hasher->filled);
    pthread_mutex_lock(&hasher->lock);
    while (hasher->filled - hasher->hashed == hasher->count)
        pthread_cond_wait(&hasher->changed, &hasher->lock);
    pthread_mutex_unlock(&hasher->lock);
    portion_at(hasher, hasher->filled)->size = 0;
}

void hasher_feed(Hasher *hasher, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        Portion *portion = portion_at(hasher, hasher->filled);
        size_t taken = MIN(size, PORTION_SIZE - portion->size);
        memcpy(portion->bytes + portion->size, from, taken);
        portion->size += taken;
        from += taken;
        size -= taken;
        if (portion->size == PORTION_SIZE)
            hand_over(hasher);
    }
}

char *hasher_finish(Hasher *hasher)
{
    if (portion_at(hasher, hasher->filled)->size > 0)
        hand_over(hasher);
    count_portion(hasher, &hasher->filled); /* empty: the end */
    char *text = g_thread_join(hasher->thread);
    pthread_cond_destroy(&hasher->changed);
    pthread_mutex_destroy(&hasher->lock);
    capture_room_give_back(hasher->room, (hasher->count - PORTIONS_LEAST) * sizeof(Portion));
    g_free(hasher->portions);
    g_free(hasher);
    return text;
}

const char *hash_library_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
