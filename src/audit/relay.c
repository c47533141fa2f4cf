/* A portion is large enough that waiting for one, and waking who waits, costs little beside the
 * work on it (some hundred microseconds), and small enough to stay in the cache of a core. A pipe
 * that has nothing to give ends its portion early, so nothing that has come waits for what has not.
 *
 * The bytes of frames are copied once more than by a run of one thread: the merge keeps its batch,
 * and hands out the frames of several inputs in turns. */
#include "audit/relay.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/interrupt.h"

#define PORTION_FRAMES 1024

/* More than the largest frame takes. */
#define PORTION_BYTES (512 * 1024)

/* A portion of the ring. */
typedef struct Place {
    Portion portion;
    Frame *frames;
    uint8_t *storage;
    size_t used;
    GPtrArray *apart; /* owned blocks: what lay in the intake */
    unsigned users;   /* that are not done with it */
} Place;

struct Relay {
    RelayOptions options;
    CaptureOptions capture; /* with the functions of the relay */
    Place ring[RELAY_RING];
    AuditCounters counters;
    uint64_t bytes_read;
    GThread *thread; /* NULL: it has ended */
    /* of the thread alone */
    CaptureMerge *merge;
    Intake *intake;
    Place *filling; /* NULL: no place is free yet, or none was needed */
    /* under the lock */
    pthread_mutex_t lock;
    pthread_cond_t came; /* a portion, or the end */
    pthread_cond_t left; /* a user is done with one, or no more are wanted */
    uint64_t count;      /* portions that have come */
    bool ended;
    atomic_bool stopped; /* also read without it */
};

static Place *place_of(Relay *relay, uint64_t number)
{
    return &relay->ring[number % RELAY_RING];
}

/* Filling -------------------------------------------------------------------------------------- */

/* NULL: no more are wanted. */
static Place *open_place(Relay *relay)
{
    Place *place = place_of(relay, relay->count);
    pthread_mutex_lock(&relay->lock);
    while (place->users > 0 && !relay->stopped)
        pthread_cond_wait(&relay->left, &relay->lock);
    pthread_mutex_unlock(&relay->lock);
    if (relay->stopped)
        return NULL;
    g_ptr_array_set_size(place->apart, 0);
    place->portion.count = 0;
    place->used = 0;
    return place;
}

static void hand_over(Relay *relay)
{
    Place *place = g_steal_pointer(&relay->filling);
    if (!place || place->portion.count == 0)
        return;
    place->portion.bytes_read = capture_merge_bytes_read(relay->merge);
    pthread_mutex_lock(&relay->lock);
    place->users = relay->options.users;
    relay->count++;
    pthread_cond_broadcast(&relay->came);
    pthread_mutex_unlock(&relay->lock);
}

static const void *keep_apart(Place *place, const void *bytes, size_t size)
{
    void *kept = g_memdup2(bytes, size);
    g_ptr_array_add(place->apart, kept);
    return kept;
}

/* What a frame of fragments has given lies in the intake: it is copied. */
static void keep(Place *place, TakenFrame *taken)
{
    static const DecodeTrail no_trail = { .count = 0 };
    Span *payload = &taken->segment.payload;
    const Span *frame = &taken->frame->bytes;
    taken->trail =
        taken->trail->count > 0 ? keep_apart(place, taken->trail, sizeof *taken->trail) : &no_trail;
    if (!taken->has_segment || payload->length == 0)
        return;
    bool within = payload->bytes >= frame->bytes && payload->bytes < frame->bytes + frame->length;
    if (!within)
        *payload = span_make(keep_apart(place, payload->bytes, payload->length), payload->length);
}

static bool has_room(const Relay *relay, const Place *place, const Frame *frame)
{
    unsigned most = relay->options.portion;
    return place->portion.count < most && frame->bytes.length <= PORTION_BYTES - place->used;
}

static void add_frame(Relay *relay, const Frame *frame)
{
    if (relay->filling && !has_room(relay, relay->filling, frame))
        hand_over(relay);
    if (!relay->filling)
        relay->filling = open_place(relay);
    Place *place = relay->filling;
    if (!place)
        return;
    unsigned at = place->portion.count++;
    uint8_t *bytes = place->storage + place->used;
    if (frame->bytes.length > 0)
        memcpy(bytes, frame->bytes.bytes, frame->bytes.length);
    place->used += frame->bytes.length;
    place->frames[at] = *frame;
    place->frames[at].bytes = span_make(bytes, frame->bytes.length);
    intake_take(relay->intake, &place->frames[at], &place->portion.taken[at]);
    keep(place, &place->portion.taken[at]);
}

/* All that was read is handed over, and all users are done with it; they wait. False: no more are
 * wanted, and some may still be at work. */
static bool quieten(Relay *relay)
{
    hand_over(relay);
    pthread_mutex_lock(&relay->lock);
    for (unsigned i = 0; i < RELAY_RING; i++)
        while (relay->ring[i].users > 0 && !relay->stopped)
            pthread_cond_wait(&relay->left, &relay->lock);
    pthread_mutex_unlock(&relay->lock);
    return !relay->stopped;
}

static void tell_waits(void *data)
{
    Relay *relay = data;
    const CaptureOptions *wanted = relay->options.capture;
    if (quieten(relay) && wanted->waits)
        wanted->waits(wanted->data);
}

static bool is_unwanted(void *data)
{
    const Relay *relay = data;
    return relay->stopped;
}

static void tell_secrets(void *data, Span keylog)
{
    Relay *relay = data;
    const CaptureSecrets *wanted = &relay->options.capture->secrets;
    if (quieten(relay))
        wanted->take(wanted->data, keylog);
}

static gpointer read_all(gpointer data)
{
    Relay *relay = data;
    const RelayOptions *options = &relay->options;
    FrameBatch batch = { 0 };
    relay->merge =
        capture_merge_new(options->inputs, options->first, options->count, &relay->capture);
    while (!relay->stopped && capture_merge_next(relay->merge, &batch))
        for (size_t i = 0; i < batch.count; i++)
            add_frame(relay, &batch.frames[i]);
    hand_over(relay);
    intake_finish(relay->intake);
    relay->bytes_read = capture_merge_bytes_read(relay->merge);
    g_clear_pointer(&relay->merge, capture_merge_free);
    pthread_mutex_lock(&relay->lock);
    relay->ended = true;
    pthread_cond_broadcast(&relay->came);
    pthread_mutex_unlock(&relay->lock);
    return NULL;
}

Relay *relay_new(const RelayOptions *options)
{
    Relay *relay = g_new0(Relay, 1);
    relay->options = *options;
    if (relay->options.portion == 0 || relay->options.portion > PORTION_FRAMES)
        relay->options.portion = PORTION_FRAMES;
    relay->capture = *options->capture;
    relay->capture.waits = tell_waits;
    relay->capture.unwanted = is_unwanted;
    relay->capture.data = relay;
    if (relay->capture.secrets.take)
        relay->capture.secrets = (CaptureSecrets){ .take = tell_secrets, .data = relay };
    for (unsigned i = 0; i < RELAY_RING; i++) {
        Place *place = &relay->ring[i];
        place->portion.taken = g_new(TakenFrame, relay->options.portion);
        place->frames = g_new(Frame, relay->options.portion);
        place->storage = g_malloc(PORTION_BYTES);
        place->apart = g_ptr_array_new_with_free_func(g_free);
    }
    relay->intake = intake_new(options->limits, options->filter, &relay->counters);
    pthread_mutex_init(&relay->lock, NULL);
    pthread_cond_init(&relay->came, NULL);
    pthread_cond_init(&relay->left, NULL);
    relay->thread = interrupt_thread_new("reader", read_all, relay);
    return relay;
}

/* Users ---------------------------------------------------------------------------------------- */

const Portion *relay_get(Relay *relay, uint64_t number)
{
    pthread_mutex_lock(&relay->lock);
    while (number >= relay->count && !relay->ended && !relay->stopped)
        pthread_cond_wait(&relay->came, &relay->lock);
    bool there = number < relay->count && !relay->stopped;
    pthread_mutex_unlock(&relay->lock);
    return there ? &place_of(relay, number)->portion : NULL;
}

void relay_done(Relay *relay, uint64_t number)
{
    pthread_mutex_lock(&relay->lock);
    place_of(relay, number)->users--;
    pthread_cond_broadcast(&relay->left);
    pthread_mutex_unlock(&relay->lock);
}

void relay_wait_for_others(Relay *relay, uint64_t number)
{
    const Place *place = place_of(relay, number);
    pthread_mutex_lock(&relay->lock);
    while (place->users > 1)
        pthread_cond_wait(&relay->left, &relay->lock);
    pthread_mutex_unlock(&relay->lock);
}

void relay_stop(Relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    relay->stopped = true;
    pthread_cond_broadcast(&relay->came);
    pthread_cond_broadcast(&relay->left);
    pthread_mutex_unlock(&relay->lock);
}

const AuditCounters *relay_end(Relay *relay, uint64_t *ret_bytes_read)
{
    if (relay->thread)
        g_thread_join(g_steal_pointer(&relay->thread));
    *ret_bytes_read = relay->bytes_read;
    return &relay->counters;
}

void relay_free(Relay *relay)
{
    if (!relay)
        return;
    g_assert(!relay->thread);
    for (unsigned i = 0; i < RELAY_RING; i++) {
        g_free(relay->ring[i].portion.taken);
        g_free(relay->ring[i].frames);
        g_free(relay->ring[i].storage);
        g_ptr_array_unref(relay->ring[i].apart);
    }
    intake_free(relay->intake);
    pthread_cond_destroy(&relay->came);
    pthread_cond_destroy(&relay->left);
    pthread_mutex_destroy(&relay->lock);
    g_free(relay);
}
