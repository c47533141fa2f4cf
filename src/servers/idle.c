#include "servers/idle.h"

/* The first octave begins at 2^26 ns, 67 ms: the last power of two before IDLE_LEAST. */
#define FIRST_OCTAVE 26
#define BINS_SHIFT 6

G_STATIC_ASSERT(1 << BINS_SHIFT == IDLE_BINS_PER_OCTAVE);
G_STATIC_ASSERT((INT64_C(1) << FIRST_OCTAVE) <= IDLE_LEAST);

unsigned idle_bin_of(Nanoseconds idle)
{
    if (idle < INT64_C(1) << FIRST_OCTAVE)
        return 0;
    unsigned octave = 63 - (unsigned)__builtin_clzll((uint64_t)idle);
    unsigned within = (unsigned)(idle >> (octave - BINS_SHIFT)) & (IDLE_BINS_PER_OCTAVE - 1);
    return MIN((octave - FIRST_OCTAVE) * IDLE_BINS_PER_OCTAVE + within, IDLE_BINS - 1);
}

Nanoseconds idle_bin_start(unsigned bin)
{
    unsigned octave = FIRST_OCTAVE + bin / IDLE_BINS_PER_OCTAVE;
    return (Nanoseconds)(IDLE_BINS_PER_OCTAVE + bin % IDLE_BINS_PER_OCTAVE)
           << (octave - BINS_SHIFT);
}

const IdleBin *idle_bins(const IdleHistogram *histogram, unsigned *ret_count)
{
    *ret_count = histogram->bins ? histogram->bins->len : 0;
    return *ret_count ? &g_array_index(histogram->bins, IdleBin, 0) : NULL;
}

/* The position of the first bin that is not below `bin`. */
static unsigned find_bin(const IdleHistogram *histogram, unsigned bin)
{
    unsigned low = 0, high;
    const IdleBin *bins = idle_bins(histogram, &high);
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (bins[middle].bin < bin)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_count(uint32_t *to, uint32_t count)
{
    *to += MIN(count, UINT32_MAX - *to);
}

static void merge_bin(IdleHistogram *histogram, const IdleBin *from)
{
    if (!histogram->bins)
        histogram->bins = g_array_new(FALSE, FALSE, sizeof(IdleBin));
    unsigned at = find_bin(histogram, from->bin);
    IdleBin *to = at < histogram->bins->len ? &g_array_index(histogram->bins, IdleBin, at) : NULL;
    if (!to || to->bin != from->bin) {
        g_array_insert_vals(histogram->bins, at, from, 1);
        return;
    }
    if (from->count[IDLE_CLOSED]) {
        bool closed = to->count[IDLE_CLOSED] > 0;
        to->least = closed ? MIN(to->least, from->least) : from->least;
        to->most = closed ? MAX(to->most, from->most) : from->most;
        to->first = closed ? MIN(to->first, from->first) : from->first;
        to->last = closed ? MAX(to->last, from->last) : from->last;
    }
    for (IdleEnd end = 0; end < IDLE_END_COUNT; end++)
        add_count(&to->count[end], from->count[end]);
}

void idle_add(IdleHistogram *histogram, IdleEnd end, Nanoseconds idle, Nanoseconds time)
{
    if (idle < IDLE_LEAST)
        return;
    IdleBin bin = { .bin = (uint16_t)idle_bin_of(idle) };
    bin.count[end] = 1;
    if (end == IDLE_CLOSED) {
        bin.least = bin.most = idle;
        bin.first = bin.last = time;
    }
    merge_bin(histogram, &bin);
}

void idle_merge(IdleHistogram *to, const IdleHistogram *from)
{
    unsigned count;
    const IdleBin *bins = idle_bins(from, &count);
    for (unsigned i = 0; i < count; i++)
        merge_bin(to, &bins[i]);
}

uint64_t idle_count(const IdleHistogram *histogram, IdleEnd end, unsigned from)
{
    uint64_t sum = 0;
    unsigned count;
    const IdleBin *bins = idle_bins(histogram, &count);
    for (unsigned i = find_bin(histogram, from); i < count; i++)
        sum += bins[i].count[end];
    return sum;
}

Nanoseconds idle_median_closed(const IdleHistogram *histogram)
{
    uint64_t before = 0, all = idle_count(histogram, IDLE_CLOSED, 0);
    unsigned count;
    const IdleBin *bins = idle_bins(histogram, &count);
    for (unsigned i = 0; i < count; i++) {
        before += bins[i].count[IDLE_CLOSED];
        if (all && before * 2 >= all)
            return bins[i].least + (bins[i].most - bins[i].least) / 2;
    }
    return -1;
}

void idle_clear(IdleHistogram *histogram)
{
    g_clear_pointer(&histogram->bins, g_array_unref);
}
