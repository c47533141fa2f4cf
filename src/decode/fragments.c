/* IP fragments, held until their datagram is whole.
 *
 * A datagram is known by addresses, identification, protocol (IPv4 only: RFC 791 §3.2 makes it
 * part, RFC 8200 §4.5 does not) and the network around it. Its pieces are kept as they came, sorted
 * and disjoint: of a fragment only the bytes that are not there yet are taken. The last fragment
 * tells where the datagram ends; it is whole when the pieces add up to that. Only then are they put
 * into one block.
 *
 * Two lengths, as everywhere: pieces cover what was on the wire, and may have fewer bytes than that
 * if a snap length cut the frame. A datagram whose fragments were all seen is whole, but its
 * captured bytes end at the first one missing; what lies behind it stays unknown although the
 * capture has it.
 *
 * Overlaps. Equal bytes are copies, and harmless. For IPv4 the first bytes win where a fragment
 * brings others: receivers disagree about it (that is the attack), so it is counted. For IPv6, RFC
 * 5722 §4 wants the whole datagram thrown away, and so do we, until it would have timed out; an
 * exact copy is not meant by that (RFC 8200 §4.5).
 *
 * Identifications return, in IPv4 after 65,536 packets. A fragment that covers just the range of a
 * held one with other bytes is taken for that: the old fragments can never become whole and would
 * spoil the new ones. And a datagram stays for a while after it became whole, because mirror ports
 * show frames twice: a late copy of its fragment must not open a datagram that waits for the next
 * user of the number.
 *
 * Time is the capture's. What waits longer than receivers do goes (RFC 8200: 60 s; Linux: 30 s),
 * and what comes from the future is of another clock. Memory is bounded by number of datagrams,
 * number of pieces, bytes, and all that with what it costs to keep them; the oldest goes first.
 * Which addresses it was between is remembered, so that what is missing in a connection can be put
 * down to the bound. */
#include "decode/fragments.h"

#include "base/fold.h"
#include "decode/tunnel.h"

#define DATAGRAM_MAX 65535
#define UNIT 8

/* What the allocator gives to a datagram with its place in the table, and to a piece, besides the
 * bytes. */
#define DATAGRAM_COST 384
#define PIECE_COST 64

/* A bit for each hash of two addresses. */
#define GIVEN_UP_BITS 65536

const FragmentLimits FRAGMENT_LIMITS_DEFAULT = {
    .datagrams = 65536,
    .bytes = 8 * 1024 * 1024,
    .memory = 8 * 1024 * 1024,
    .pieces = 256,
};

typedef struct Key {
    IpAddress source, destination;
    uint64_t network;
    uint32_t identification;
    uint32_t protocol;
} Key;

/* From `begin` to `end` of the datagram; owns the bytes that were captured of it. */
typedef struct Piece {
    uint32_t begin, end;
    uint32_t captured;
    uint8_t *bytes;
} Piece;

typedef struct Datagram Datagram;
struct Datagram {
    Key key;
    uint64_t number; /* from 1 */
    Datagram *older, *newer;
    Nanoseconds time;
    GArray *pieces;
    uint32_t covered, total; /* total 0: not known yet */
    uint32_t held;           /* bytes */
    uint8_t protocol;        /* of the first fragment */
    bool whole, poisoned;
    bool handed_out; /* since the last release */
    uint64_t frames; /* counted as alone */
    uint8_t *block;  /* whole: its bytes */
    uint32_t block_size;
};

struct Fragments {
    FragmentLimits limits;
    GHashTable *table;
    Datagram *oldest, *newest;
    size_t held;
    size_t pieces;      /* of all datagrams */
    uint64_t *given_up; /* GIVEN_UP_BITS; NULL: none */
    FragmentCounters counters;
    uint64_t datagrams;    /* numbers given */
    uint64_t last;         /* number of the datagram that the last fragment went to; 0: none */
    GPtrArray *handed_out; /* Datagram */
};

static guint key_hash(gconstpointer pointer)
{
    const Key *key = pointer;
    uint64_t words[4], hash = key->network ^ ((uint64_t)key->protocol << 32 | key->identification);
    memcpy(words, key->source.bytes, 16);
    memcpy(words + 2, key->destination.bytes, 16);
    for (int i = 0; i < 4; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9fb21c651e98df25);
        hash ^= hash >> 32;
    }
    return (guint)hash;
}

static bool address_is(const IpAddress *a, const IpAddress *b)
{
    return a->version == b->version && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static gboolean key_equal(gconstpointer left, gconstpointer right)
{
    const Key *a = left, *b = right;
    return a->network == b->network && a->identification == b->identification &&
           a->protocol == b->protocol && address_is(&a->source, &b->source) &&
           address_is(&a->destination, &b->destination);
}

Fragments *fragments_new(const FragmentLimits *limits)
{
    Fragments *fragments = g_new0(Fragments, 1);
    fragments->limits = *limits;
    fragments->table = g_hash_table_new(key_hash, key_equal);
    fragments->handed_out = g_ptr_array_new();
    return fragments;
}

/* Drops its bytes. */
static void datagram_clear(Fragments *fragments, Datagram *datagram)
{
    for (guint i = 0; i < datagram->pieces->len; i++)
        g_free(g_array_index(datagram->pieces, Piece, i).bytes);
    fragments->pieces -= datagram->pieces->len;
    g_array_set_size(datagram->pieces, 0);
    g_clear_pointer(&datagram->block, g_free);
    fragments->held -= datagram->held;
    datagram->held = datagram->covered = datagram->total = datagram->block_size = 0;
    datagram->whole = datagram->poisoned = false;
    datagram->frames = 0;
}

static void datagram_remove(Fragments *fragments, Datagram *datagram)
{
    g_hash_table_remove(fragments->table, &datagram->key);
    *(datagram->older ? &datagram->older->newer : &fragments->oldest) = datagram->newer;
    *(datagram->newer ? &datagram->newer->older : &fragments->newest) = datagram->older;
    datagram_clear(fragments, datagram);
    g_array_free(datagram->pieces, TRUE);
    g_free(datagram);
}

static Datagram *datagram_add(Fragments *fragments, const Key *key, Nanoseconds time)
{
    Datagram *datagram = g_new0(Datagram, 1);
    datagram->key = *key;
    datagram->number = ++fragments->datagrams;
    datagram->time = time;
    datagram->pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    datagram->older = fragments->newest;
    *(fragments->newest ? &fragments->newest->newer : &fragments->oldest) = datagram;
    fragments->newest = datagram;
    g_hash_table_insert(fragments->table, &datagram->key, datagram);
    return datagram;
}

static uint32_t bit_of(const IpAddress *a, const IpAddress *b)
{
    uint64_t words[4], hashes[2];
    memcpy(words, a->bytes, 16);
    memcpy(words + 2, b->bytes, 16);
    for (int i = 0; i < 2; i++)
        hashes[i] = fold(fold(words[2 * i] ^ UINT64_C(0x9fb21c651e98df25),
                              words[2 * i + 1] ^ UINT64_C(0xd6e8feb86659fd93)),
                         UINT64_C(0xa0761d6478bd642f));
    return (uint32_t)(fold(hashes[0] + hashes[1], UINT64_C(0x9e3779b97f4a7c15)) % GIVEN_UP_BITS);
}

/* Whether a segment may have been in it, or in a tunnel that it was of. */
static bool may_hold_segments(const Datagram *datagram)
{
    const Piece *first = &g_array_index(datagram->pieces, Piece, 0);
    bool begun = datagram->pieces->len && first->begin == 0;
    uint8_t version = datagram->key.source.version;
    if (!begun && version == 6)
        return true; /* only its first fragment says what it carries */
    uint8_t protocol = begun ? datagram->protocol : (uint8_t)datagram->key.protocol;
    Layer layer = { .wire_length = DATAGRAM_MAX };
    if (begun)
        layer.bytes = span_make(first->bytes, first->captured);
    DecodeResult result = ip_decode_rest(&layer, version, protocol);
    if (result == DECODE_SEGMENT && layer.kind == LAYER_UDP)
        result = udp_decode(&layer);
    return result == DECODE_SEGMENT || result == DECODE_CUT;
}

static void note_given_up(Fragments *fragments, const Datagram *datagram)
{
    if (datagram->whole || !may_hold_segments(datagram))
        return;
    if (!fragments->given_up)
        fragments->given_up = g_new0(uint64_t, GIVEN_UP_BITS / 64);
    uint32_t bit = bit_of(&datagram->key.source, &datagram->key.destination);
    fragments->given_up[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void give_up(Fragments *fragments, Datagram *datagram)
{
    note_given_up(fragments, datagram);
    fragments->counters.alone -= datagram->frames;
    fragments->counters.given_up += datagram->frames;
    datagram_remove(fragments, datagram);
}

size_t fragments_memory(const Fragments *fragments)
{
    size_t datagrams = g_hash_table_size(fragments->table);
    return fragments->held + fragments->pieces * PIECE_COST + datagrams * DATAGRAM_COST;
}

static bool is_beyond(const Fragments *fragments, size_t bytes)
{
    const FragmentLimits *limits = &fragments->limits;
    size_t memory = fragments_memory(fragments) + bytes + PIECE_COST;
    return fragments->held + bytes > limits->bytes ||
           g_hash_table_size(fragments->table) > limits->datagrams ||
           (limits->memory && memory > limits->memory);
}

/* Makes room, but for what is handed out or in use. False: there is none. */
static bool make_room(Fragments *fragments, const Datagram *in_use, size_t bytes)
{
    Datagram *datagram = fragments->oldest;
    while (datagram && is_beyond(fragments, bytes)) {
        Datagram *newer = datagram->newer;
        if (datagram != in_use && !datagram->handed_out)
            give_up(fragments, datagram);
        datagram = newer;
    }
    return fragments->held + bytes <= fragments->limits.bytes;
}

static bool is_stale(const Datagram *datagram, Nanoseconds now)
{
    return now - datagram->time > FRAGMENTS_LIFE || datagram->time - now > FRAGMENTS_LIFE;
}

static void expire(Fragments *fragments, Nanoseconds now)
{
    while (fragments->oldest && is_stale(fragments->oldest, now) && !fragments->oldest->handed_out)
        datagram_remove(fragments, fragments->oldest);
}

/* Whether the fragment's bytes from `begin` to `end` are those at `bytes`, of which `captured` are
 * there; what was not captured is not held against it. */
static bool bytes_agree(const Layer *layer, uint32_t offset, uint32_t begin, uint32_t end,
                        const uint8_t *bytes, uint32_t captured)
{
    size_t mine = layer->bytes.length > begin - offset ? layer->bytes.length - (begin - offset) : 0;
    size_t common = MIN(MIN(mine, captured), end - begin);
    return common == 0 || memcmp(layer->bytes.bytes + (begin - offset), bytes, common) == 0;
}

typedef struct Comparison {
    bool overlaps, conflicts;
    bool same_range; /* as that of a piece */
} Comparison;

static Comparison compare(const Datagram *datagram, const Layer *layer, uint32_t offset)
{
    Comparison result = { 0 };
    uint32_t end = offset + layer->wire_length;
    for (guint i = 0; i < datagram->pieces->len; i++) {
        const Piece *piece = &g_array_index(datagram->pieces, Piece, i);
        uint32_t from = MAX(piece->begin, offset), to = MIN(piece->end, end);
        if (from >= to)
            continue;
        uint32_t skipped = from - piece->begin;
        uint32_t captured = piece->captured > skipped ? piece->captured - skipped : 0;
        result.overlaps = true;
        result.same_range |= piece->begin == offset && piece->end == end;
        const uint8_t *bytes = captured ? piece->bytes + skipped : NULL;
        result.conflicts |= !bytes_agree(layer, offset, from, to, bytes, captured);
    }
    return result;
}

static void insert_piece(Fragments *fragments, Datagram *datagram, guint at, const Layer *layer,
                         uint32_t offset, uint32_t begin, uint32_t end)
{
    Span bytes = span_first(span_after(layer->bytes, begin - offset), end - begin);
    Piece piece = { .begin = begin, .end = end, .captured = (uint32_t)bytes.length };
    if (bytes.length)
        piece.bytes = g_memdup2(bytes.bytes, bytes.length);
    g_array_insert_val(datagram->pieces, at, piece);
    fragments->pieces++;
    datagram->covered += end - begin;
    datagram->held += piece.captured;
    fragments->held += piece.captured;
}

/* Takes of the fragment what is not there yet. */
static void fill(Fragments *fragments, Datagram *datagram, const Layer *layer, uint32_t offset)
{
    uint32_t begin = offset, end = offset + layer->wire_length;
    for (guint i = 0; begin < end; i++) {
        uint32_t hole_end = end, next = end;
        if (i < datagram->pieces->len) {
            const Piece *piece = &g_array_index(datagram->pieces, Piece, i);
            hole_end = MIN(end, piece->begin);
            next = piece->end;
        }
        if (begin < hole_end) {
            insert_piece(fragments, datagram, i, layer, offset, begin, hole_end);
            next = hole_end;
        }
        begin = MAX(begin, next);
    }
}

/* Puts the pieces into one block, up to the first byte that was not captured. */
static void assemble(Fragments *fragments, Datagram *datagram)
{
    uint8_t *block = g_malloc(MAX(datagram->held, 1));
    uint32_t size = 0, total = datagram->total;
    for (guint i = 0; i < datagram->pieces->len; i++) {
        const Piece *piece = &g_array_index(datagram->pieces, Piece, i);
        if (piece->begin != size)
            break;
        if (piece->captured)
            memcpy(block + size, piece->bytes, piece->captured);
        size += piece->captured;
    }
    fragments->counters.alone -= datagram->frames;
    fragments->counters.datagrams++;
    datagram_clear(fragments, datagram);
    datagram->block = block;
    datagram->block_size = datagram->held = size;
    datagram->total = total;
    datagram->whole = datagram->handed_out = true;
    fragments->held += size;
    g_ptr_array_add(fragments->handed_out, datagram);
}

/* Whether the fragment is a copy of a part of a datagram that is whole. */
static bool is_copy(const Datagram *datagram, const Layer *layer, uint32_t offset)
{
    uint32_t end = offset + layer->wire_length;
    uint32_t captured = datagram->block_size > offset ? datagram->block_size - offset : 0;
    return end <= datagram->total &&
           bytes_agree(layer, offset, offset, end,
                       datagram->block + MIN(offset, datagram->block_size), captured);
}

/* Whether a fragment makes sense: each but the last in units of eight bytes, none empty, none
 * beyond what a length field can say. */
static bool is_sound(const IpFragment *fragment, uint32_t length)
{
    return length > 0 && fragment->offset + length <= DATAGRAM_MAX &&
           (!fragment->more || length % UNIT == 0);
}

/* Whether the fragment agrees with the others about where the datagram ends. */
static bool fits_end(const Datagram *datagram, const IpFragment *fragment, uint32_t end)
{
    guint count = datagram->pieces->len;
    uint32_t reached = count ? g_array_index(datagram->pieces, Piece, count - 1).end : 0;
    if (!fragment->more)
        return reached <= end && (datagram->total == 0 || datagram->total == end);
    return datagram->total == 0 || end < datagram->total;
}

static Datagram *find_or_add(Fragments *fragments, const Key *key, Nanoseconds time)
{
    Datagram *datagram = g_hash_table_lookup(fragments->table, key);
    if (datagram && is_stale(datagram, time) && !datagram->handed_out) {
        datagram_remove(fragments, datagram);
        datagram = NULL;
    }
    return datagram ? datagram : datagram_add(fragments, key, time);
}

static Datagram *begin_anew(Fragments *fragments, Datagram *datagram, Nanoseconds time)
{
    Key key = datagram->key;
    datagram_remove(fragments, datagram);
    return datagram_add(fragments, &key, time);
}

/* Takes a sound fragment into a datagram that is not whole. */
static DecodeResult take(Fragments *fragments, Datagram *datagram, const IpFragment *fragment,
                         const Layer *layer)
{
    uint32_t end = fragment->offset + layer->wire_length;
    if (!fits_end(datagram, fragment, end))
        return DECODE_MALFORMED;
    if (datagram->pieces->len >= fragments->limits.pieces ||
        !make_room(fragments, datagram, layer->bytes.length)) {
        give_up(fragments, datagram);
        fragments->counters.given_up++;
        return DECODE_LIMIT;
    }
    if (fragment->offset == 0)
        datagram->protocol = fragment->protocol;
    if (!fragment->more)
        datagram->total = end;
    fill(fragments, datagram, layer, fragment->offset);
    datagram->frames++;
    fragments->counters.alone++;
    if (datagram->covered != datagram->total)
        return DECODE_FRAGMENT;
    assemble(fragments, datagram);
    return DECODE_SEGMENT;
}

/* What the bytes that are there already make of it. */
static DecodeResult take_beside(Fragments *fragments, Datagram *datagram,
                                const IpFragment *fragment, Nanoseconds time, const Layer *layer)
{
    Comparison with = compare(datagram, layer, fragment->offset);
    bool copy = with.same_range && !with.conflicts;
    if (!with.overlaps)
        return take(fragments, datagram, fragment, layer);
    fragments->counters.overlaps += !copy;
    fragments->counters.conflicts += with.conflicts;
    if (fragment->version == 6 && !copy) {
        datagram_clear(fragments, datagram);
        datagram->poisoned = true;
        return DECODE_MALFORMED;
    }
    if (with.same_range && with.conflicts)
        datagram = begin_anew(fragments, datagram, time);
    return take(fragments, datagram, fragment, layer);
}

static DecodeResult add(Fragments *fragments, Datagram *datagram, const IpFragment *fragment,
                        Nanoseconds time, const Layer *layer)
{
    if (datagram->whole && is_copy(datagram, layer, fragment->offset))
        return DECODE_FRAGMENT;
    if (datagram->handed_out || datagram->poisoned) /* handed out: it holds a fragment of itself */
        return DECODE_MALFORMED;
    if (datagram->whole)
        datagram = begin_anew(fragments, datagram, time);
    return take_beside(fragments, datagram, fragment, time, layer);
}

DecodeResult fragments_add(Fragments *fragments, const IpFragment *fragment,
                           const IpAddress *source, const IpAddress *destination, Nanoseconds time,
                           Layer *layer, uint8_t *ret_protocol)
{
    fragments->last = 0;
    if (!is_sound(fragment, layer->wire_length))
        return DECODE_MALFORMED;
    expire(fragments, time);
    Key key = { .source = *source,
                .destination = *destination,
                .network = layer->network,
                .identification = fragment->identification,
                .protocol = fragment->version == 4 ? fragment->protocol : 0 };
    Datagram *datagram = find_or_add(fragments, &key, time);
    DecodeResult result = add(fragments, datagram, fragment, time, layer);
    if (result != DECODE_SEGMENT && result != DECODE_FRAGMENT)
        return result;
    datagram = g_hash_table_lookup(fragments->table, &key);
    fragments->last = datagram->number;
    if (result != DECODE_SEGMENT)
        return result;
    layer->bytes = span_make(datagram->block, datagram->block_size);
    layer->wire_length = datagram->total;
    *ret_protocol = datagram->protocol;
    return DECODE_SEGMENT;
}

uint64_t fragments_datagram(const Fragments *fragments)
{
    return fragments->last;
}

void fragments_release(Fragments *fragments)
{
    for (guint i = 0; i < fragments->handed_out->len; i++)
        ((Datagram *)g_ptr_array_index(fragments->handed_out, i))->handed_out = false;
    g_ptr_array_set_size(fragments->handed_out, 0);
}

const FragmentCounters *fragments_counters(const Fragments *fragments)
{
    return &fragments->counters;
}

bool fragments_were_given_up(const Fragments *fragments, const IpAddress *a, const IpAddress *b)
{
    if (!fragments->given_up)
        return false;
    uint32_t bit = bit_of(a, b);
    return fragments->given_up[bit / 64] >> bit % 64 & 1;
}

size_t fragments_held(const Fragments *fragments)
{
    return fragments->held;
}

void fragments_free(Fragments *fragments)
{
    if (!fragments)
        return;
    while (fragments->oldest)
        datagram_remove(fragments, fragments->oldest);
    g_hash_table_destroy(fragments->table);
    g_free(fragments->given_up);
    g_ptr_array_free(fragments->handed_out, TRUE);
    g_free(fragments);
}
