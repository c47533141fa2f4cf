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

#define SIGHTINGS 128 /* a shard: at a million packets a second, 8 ms */
#define SAMPLE 8

/* Written and compared where it lies: it is less than a line of the cache. */
typedef struct Sighting {
    uint64_t print; /* seeded hash of all in which copies agree, the payload apart; 0: empty */
    Nanoseconds time;
    FrameId connection; /* duplicates_own() */
    uint64_t network;
    uint8_t sample[SAMPLE];
    uint32_t captured;
    uint16_t input;
    uint8_t hops;
    bool has_id : 1; /* it has an identification of IPv4 */
    bool marked : 1; /* … or TCP options, or is a reset */
} Sighting;

struct Duplicates {
    Sighting sightings[SIGHTINGS];
    Sighting *remembered; /* the last segment; NULL: it is a copy of: */
    const Sighting *original;
};

Duplicates *duplicates_new(void)
{
    return g_new0(Duplicates, 1);
}

void duplicates_free(Duplicates *duplicates)
{
    g_free(duplicates);
}

static uint64_t mix(uint64_t hash, uint64_t word, uint64_t factor)
{
    return (hash ^ hash >> 32 ^ word) * factor;
}

/* Of what tells two packets of a connection apart. The same in every run. */
static uint64_t numbers_of(const Segment *segment, const Endpoints *endpoints)
{
    uint64_t hash = endpoints->identity / SHARDS; /* the rest has chosen the shard */
    hash = (hash ^ segment->sequence) * UINT64_C(0x9e3779b97f4a7c15);
    hash = mix(hash, segment->acknowledgement, UINT64_C(0xd6e8feb86659fd93));
    return mix(hash, (uint64_t)segment->length << 8 ^ segment->flags, UINT64_C(0xa0761d6478bd642f));
}

static uint64_t print_of(uint64_t numbers, const Segment *segment, const Endpoints *endpoints)
{
    uint64_t rest =
        (uint64_t)segment->options << 32 | (uint64_t)segment->window << 16 | segment->packet_id;
    uint64_t hash = mix(endpoints->seeded, numbers, UINT64_C(0x9e3779b97f4a7c15));
    hash = mix(hash, rest, UINT64_C(0xd6e8feb86659fd93));
    return (hash ^ hash >> 32) << 1 | endpoints->from_high;
}

static void remember(Sighting *sighting, uint64_t print, const Segment *segment)
{
    *sighting = (Sighting){ .print = print,
                            .time = segment->time,
                            .network = segment->network,
                            .captured = (uint32_t)segment->payload.length,
                            .input = (uint16_t)frame_input(segment->frame),
                            .hops = segment->hops,
                            .has_id = segment->packet_id != 0,
                            .marked = segment->packet_id != 0 || segment->options != 0 ||
                                      (segment->flags & TCP_RST) };
    if (segment->payload.length >=
        SAMPLE) /* nearly always, and of a constant length it costs nothing */
        memcpy(sighting->sample, segment->payload.bytes, SAMPLE);
    else if (segment->payload.length > 0)
        memcpy(sighting->sample, segment->payload.bytes, segment->payload.length);
}

static bool is_near(const Sighting *first, const Segment *second, Nanoseconds age)
{
    Nanoseconds distance = second->time - first->time;
    return distance <= age && distance >= -age;
}

static bool elsewhere(const Sighting *first, const Segment *second)
{
    return first->input != frame_input(second->frame) || first->network != second->network ||
           first->hops != second->hops;
}

static bool is_same_packet(const Sighting *first, uint64_t print, const Segment *second)
{
    size_t captured = second->payload.length;
    if (first->print != print || first->captured < captured)
        return false;
    return captured == 0 ||
           memcmp(first->sample, second->payload.bytes, MIN(captured, SAMPLE)) == 0;
}

static Sight sight_of(const Sighting *first, uint64_t print, const Segment *second)
{
    if (!is_same_packet(first, print, second))
        return SIGHT_NEW;
    if (is_near(first, second, DUPLICATE_AGE))
        return first->marked && (first->has_id || elsewhere(first, second)) ? SIGHT_COPY
                                                                            : SIGHT_NEW;
    return first->marked && elsewhere(first, second) && is_near(first, second, DISTANT_COPY_AGE)
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
    uint64_t numbers = numbers_of(segment, endpoints);
    uint64_t print = print_of(numbers, segment, endpoints);
    Sighting *first = &duplicates->sightings[(unsigned)(numbers >> 32) % SIGHTINGS];
    duplicates->remembered = NULL;
    duplicates->original = first;
    Sight sight = sight_of(first, print, segment);
    if (sight == SIGHT_COPY) {
        *ret_network = first->network;
        return sight;
    }
    remember(first, print, segment);
    duplicates->remembered = first;
    duplicates->original = NULL;
    return sight;
}
