/* Copies come of two mirror ports that both see a packet, of a port that is mirrored in and out, of
 * a capture on all devices of a machine that bridges or routes. Taken for retransmissions they
 * would be counted as such, and a copy in another VLAN would make a second connection of the same
 * endpoints.
 *
 * A copy agrees in all that a hop leaves as it is: addresses, ports, numbers, flags, window,
 * length, the options of TCP (time stamps among them), the first bytes of payload, and the
 * identification of IPv4. TTL, checksums (offload) and link layer may differ. A retransmission is a
 * new packet and has a new identification with nearly every sender (RFC 6864 demands it of what may
 * be fragmented), and it comes later. IPv6 has no identification, and senders may write 0 for
 * packets that are not to be fragmented: there, two equal packets are copies only if they carry TCP
 * options, or are resets, which nobody retransmits, and were seen in different places: other input,
 * other VLAN or overlay, other number of hops. What that leaves undecided counts as a
 * retransmission, which it looks like.
 *
 * Of a copy that holds more captured bytes than the first one, nothing is dropped: the snap lengths
 * of the two places differ, and the bytes are news.
 *
 * The memory is a table of the last packets in each shard, with one place for each value of a
 * hash that is the same in every run. A packet takes the place of the one before it. A list for
 * each connection would cost as much for all those in which nothing is doubled; a ring would
 * have to be searched. A copy that is missed because its place was taken is a retransmission
 * like before. */
#include "stream/duplicates.h"

#include <stdalign.h>

#define SIGHTINGS 128 /* a shard: at a million packets a second, 8 ms */
#define SAMPLE 8
#define CACHE_LINE 64

/* A cache line: nearly every packet finds another one in its place, and writes over it. */
typedef struct Sighting {
    /* their seeded hash, and in its last bits (which of two endpoints sent it, how many bytes):
     * equal if all of these are; 0: empty */
    uint64_t packet;
    Nanoseconds time;
    FrameId connection; /* duplicates_own() */
    uint64_t network;
    uint8_t sample[SAMPLE];
    uint32_t sequence, acknowledgement, options, captured;
    uint16_t window, packet_id;
    uint16_t input;
    uint8_t flags, hops;
} Sighting;

G_STATIC_ASSERT(sizeof(Sighting) == CACHE_LINE);

struct Duplicates {
    alignas(CACHE_LINE) Sighting sightings[SIGHTINGS];
    Sighting *remembered; /* the last segment; NULL: it is a copy of: */
    const Sighting *original;
};

Duplicates *duplicates_new(void)
{
    return memset(g_aligned_alloc(1, sizeof(Duplicates), CACHE_LINE), 0, sizeof(Duplicates));
}

void duplicates_free(Duplicates *duplicates)
{
    g_aligned_free(duplicates);
}

static Sighting sighting_of(const Segment *segment, const Endpoints *endpoints)
{
    uint64_t sent = (uint64_t)segment->length << 1 | endpoints->from_high;
    Sighting sighting = { .packet = endpoints->seeded ^ sent,
                          .time = segment->time,
                          .network = segment->network,
                          .sequence = segment->sequence,
                          .acknowledgement = segment->acknowledgement,
                          .options = segment->options,
                          .captured = (uint32_t)segment->payload.length,
                          .window = segment->window,
                          .packet_id = segment->packet_id,
                          .input = (uint16_t)frame_input(segment->frame),
                          .flags = segment->flags,
                          .hops = segment->hops };
    if (segment->payload.length >=
        SAMPLE) /* nearly always, and of a constant length it costs nothing */
        memcpy(sighting.sample, segment->payload.bytes, SAMPLE);
    else if (segment->payload.length > 0)
        memcpy(sighting.sample, segment->payload.bytes, segment->payload.length);
    return sighting;
}

/* Its place; the shard was chosen by the rest of the same hash. */
static unsigned place_of(const Sighting *sighting, const Endpoints *endpoints, uint32_t length)
{
    uint64_t hash = endpoints->identity / SHARDS;
    hash = (hash ^ sighting->sequence) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 32 ^ sighting->acknowledgement) * UINT64_C(0xd6e8feb86659fd93);
    hash = (hash ^ hash >> 32 ^ length << 8 ^ sighting->flags) * UINT64_C(0xa0761d6478bd642f);
    return (unsigned)(hash >> 32) % SIGHTINGS;
}

static bool is_near(const Sighting *first, const Sighting *second, Nanoseconds age)
{
    Nanoseconds distance = second->time - first->time;
    return distance <= age && distance >= -age;
}

static bool elsewhere(const Sighting *first, const Sighting *second)
{
    return first->input != second->input || first->network != second->network ||
           first->hops != second->hops;
}

static bool tells_itself(const Sighting *sighting)
{
    return sighting->options != 0 || (sighting->flags & TCP_RST);
}

static bool is_same_packet(const Sighting *first, const Sighting *second)
{
    if (first->packet != second->packet || first->sequence != second->sequence ||
        first->acknowledgement != second->acknowledgement || first->flags != second->flags)
        return false;
    return first->window == second->window && first->packet_id == second->packet_id &&
           first->options == second->options && first->captured >= second->captured &&
           memcmp(first->sample, second->sample, MIN(second->captured, SAMPLE)) == 0;
}

static Sight sight_of(const Sighting *first, const Sighting *second)
{
    if (!is_same_packet(first, second))
        return SIGHT_NEW;
    bool marked = first->packet_id != 0 || tells_itself(first);
    if (is_near(first, second, DUPLICATE_AGE))
        return marked && (first->packet_id != 0 || elsewhere(first, second)) ? SIGHT_COPY
                                                                             : SIGHT_NEW;
    return marked && elsewhere(first, second) && is_near(first, second, DISTANT_COPY_AGE)
               ? SIGHT_DISTANT_COPY
               : SIGHT_NEW;
}

void duplicates_own(Duplicates *duplicates, FrameId connection)
{
    if (duplicates->remembered)
        duplicates->remembered->connection = connection;
}

FrameId duplicates_owner(const Duplicates *duplicates)
{
    return duplicates->original ? duplicates->original->connection : 0;
}

Sight duplicates_feed(Duplicates *duplicates, const Segment *segment, const Endpoints *endpoints,
                      uint64_t *ret_network)
{
    Sighting sighting = sighting_of(segment, endpoints);
    Sighting *first = &duplicates->sightings[place_of(&sighting, endpoints, segment->length)];
    duplicates->remembered = NULL;
    duplicates->original = first;
    Sight sight = sight_of(first, &sighting);
    if (sight == SIGHT_COPY) {
        *ret_network = first->network;
        return sight;
    }
    *first = sighting;
    duplicates->remembered = first;
    duplicates->original = NULL;
    return sight;
}
