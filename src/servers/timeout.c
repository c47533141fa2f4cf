/* Spikes.
 *
 * A server's timer closes idle connections after the same time again and again. So in the
 * distribution of idle times that ended in a close by the server, the timer is a spike with a sharp
 * left edge. The width of the spike is network jitter, or the coarseness of the timer: a server
 * that checks its connections once a second closes up to a second late. Therefore the timer's value
 * is the left edge, not the mean.
 *
 * Windows are wide enough for a coarse timer. In the window with most closes, the shortest interval
 * with half of them is the core of a spike. The core grows as long as closes follow each other as
 * they do in the core. This leaves out strays, and another timer in the same window. The closes of
 * the spike are removed, and the search for a window repeats.
 *
 * Then a spike must pass tests. Per time at risk, closes must be ten times as frequent inside as
 * outside. Periods that survived, or that the client ended, are part of the time at risk: they are
 * censored, and without them rare closes would look like a rule. The spikes together must explain
 * half of all idle closes.
 *
 * One event, such as a restart, closes many connections that became idle together, after similar
 * idle times. A timer's closes are scattered in time, like the ends of the responses, and alike in
 * idle time. For an event it is the reverse. Closes that lie closer together in time than in idle
 * time do not count as a timer's.
 *
 * Rejected: the mean and the median (between two backends they belong to no timer), the
 * Kaplan-Meier median (with one short-lived client pool it shows when the clients close), the
 * maximum (one slow FIN), the shortest idle close (one restart). */
#include "servers/timeout.h"

#include <inttypes.h>

/* a timer that is checked once a second, and a little late */
#define COARSE (NS_PER_SECOND / 2 * 3)
#define COARSE_LEAST (NS_PER_SECOND / 10 * 9)
/* between two timers; such gaps are rare within a coarse one */
#define GAP (NS_PER_SECOND / 100 * 35)
#define APART_LEAST (NS_PER_SECOND / 20)
#define SPIKE_CLOSES_LEAST 5
#define CONTRAST 10

typedef struct Finder {
    const IdleBin *bins;
    unsigned count;
    uint64_t *left;    /* closes by bin that no spike explains yet */
    uint64_t all;      /* closes */
    uint64_t *reached; /* periods that reached the start of a bin of IDLE_BINS, or closed in it */
} Finder;

/* A range of `Finder.bins`, both ends included. */
typedef struct Interval {
    unsigned from, to;
    uint64_t closes;
} Interval;

static Nanoseconds span(const Finder *finder, unsigned from, unsigned to)
{
    return finder->bins[to].most - finder->bins[from].least;
}

/* How far apart the closes of one timer can lie. Nobody sets a timer below one second and then
 * checks it once a second. */
static Nanoseconds window_at(Nanoseconds idle)
{
    return idle < COARSE_LEAST ? idle / 5 : MAX(COARSE, idle / 20);
}

/* The window with most closes; among equals the shortest, then the first. */
static Interval densest_window(const Finder *finder)
{
    Interval best = { 0 };
    for (unsigned from = 0; from < finder->count; from++) {
        if (finder->left[from] == 0)
            continue;
        Nanoseconds start = finder->bins[from].least;
        Interval window = { from, from, 0 };
        for (unsigned i = from; i < finder->count; i++) {
            if (finder->left[i] == 0)
                continue;
            if (finder->bins[i].least - start > window_at(start))
                break;
            window.closes += finder->left[i];
            window.to = i;
        }
        if (window.closes > best.closes ||
            (window.closes == best.closes &&
             span(finder, window.from, window.to) < span(finder, best.from, best.to)))
            best = window;
    }
    return best;
}

/* The shortest interval of the window with half of its closes. */
static Interval core_of(const Finder *finder, Interval window)
{
    uint64_t wanted = (window.closes + 1) / 2;
    Interval best = window;
    for (unsigned from = window.from; from <= window.to; from++) {
        Interval interval = { from, from, 0 };
        if (finder->left[from] == 0)
            continue;
        for (unsigned i = from; i <= window.to && interval.closes < wanted; i++) {
            interval.closes += finder->left[i];
            interval.to = i;
        }
        if (interval.closes >= wanted &&
            span(finder, from, interval.to) < span(finder, best.from, best.to))
            best = interval;
    }
    return best;
}

/* Grows the core within the window as long as closes lie about as close together as in the core. A
 * stray close, or another timer, lies farther away. */
static Interval grown(const Finder *finder, Interval core, Interval window)
{
    g_assert(core.closes > 0);
    Interval spike = core;
    Nanoseconds spacing = span(finder, core.from, core.to) / (Nanoseconds)core.closes;
    Nanoseconds apart = MIN(GAP, MAX(8 * spacing, APART_LEAST));
    for (unsigned i = core.to + 1; i <= window.to; i++) {
        if (finder->left[i] == 0)
            continue;
        if (finder->bins[i].least - finder->bins[spike.to].most > apart)
            break;
        spike.to = i;
        spike.closes += finder->left[i];
    }
    for (unsigned i = core.from; i-- > window.from;) {
        if (finder->left[i] == 0)
            continue;
        if (finder->bins[spike.from].least - finder->bins[i].most > apart)
            break;
        spike.from = i;
        spike.closes += finder->left[i];
    }
    return spike;
}

static Nanoseconds gap_at(Nanoseconds idle)
{
    return MIN(GAP, idle / 10);
}

/* Removes all closes that belong to a spike, and returns their number. */
static uint64_t explain(Finder *finder, Interval spike)
{
    uint64_t closes = 0;
    Nanoseconds least = finder->bins[spike.from].least, most = finder->bins[spike.to].most;
    Nanoseconds beside = gap_at(least) / 2;
    for (unsigned i = 0; i < finder->count; i++) {
        if (finder->bins[i].least < least - beside || finder->bins[i].most > most + beside)
            continue;
        closes += finder->left[i];
        finder->left[i] = 0;
    }
    return closes;
}

/* Closes that follow a spike without a gap are no timer of their own: they are the rest of a coarse
 * timer. If both together are too wide for one timer, their nature is unknown. */
static bool continues_one(TimeoutEstimate *found, const Spike *spike)
{
    for (unsigned i = 0; i < found->count; i++) {
        Spike *other = &found->spikes[i];
        Nanoseconds least = MIN(spike->timeout, other->timeout);
        Nanoseconds most = MAX(spike->most, other->most);
        if (spike->timeout - other->most > gap_at(least) ||
            other->timeout - spike->most > gap_at(least))
            continue;
        if (most - least <= window_at(least)) {
            other->closes += spike->closes;
            other->timeout = least;
            other->most = most;
        }
        return true;
    }
    return false;
}

static uint64_t width_of(unsigned bin)
{
    return (uint64_t)(idle_bin_start(bin + 1) - idle_bin_start(bin)) >> 20;
}

static bool is_within(const Spike *spike, unsigned bin)
{
    return bin >= idle_bin_of(spike->timeout) && bin <= idle_bin_of(spike->most);
}

/* Compares the closes per time at risk within this spike and outside all: ten times as frequent? */
static bool stands_out(const Finder *finder, const TimeoutEstimate *found, const Spike *spike,
                       uint64_t unexplained)
{
    uint64_t within = 0, outside = 0;
    unsigned end = 0;
    for (unsigned i = 0; i < found->count; i++)
        end = MAX(end, idle_bin_of(found->spikes[i].most));
    for (unsigned bin = idle_bin_of(IDLE_LEAST); bin <= end; bin++) {
        uint64_t at_risk = finder->reached[bin] * width_of(bin);
        bool in_any = false;
        for (unsigned i = 0; i < found->count; i++)
            in_any = in_any || is_within(&found->spikes[i], bin);
        within += is_within(spike, bin) ? at_risk : 0;
        outside += in_any ? 0 : at_risk;
    }
    /* Assume one close more outside than was seen: seeing none does not prove that there are
     * none. */
    return (double)spike->closes * (double)outside >=
           CONTRAST * ((double)unexplained + 1) * (double)within;
}

/* True if the spike's closes lie farther apart in time than in idle time. */
static bool is_strewn(const Finder *finder, Interval spike)
{
    Nanoseconds first = finder->bins[spike.from].first, last = finder->bins[spike.from].last;
    for (unsigned i = spike.from; i <= spike.to; i++) {
        if (finder->bins[i].count[IDLE_CLOSED] == 0)
            continue;
        first = MIN(first, finder->bins[i].first);
        last = MAX(last, finder->bins[i].last);
    }
    return last - first >= span(finder, spike.from, spike.to);
}

static void find_spikes(Finder *finder, TimeoutEstimate *found)
{
    uint64_t least = MAX(SPIKE_CLOSES_LEAST, finder->all / 20);
    while (found->count < TIMEOUT_SPIKES_MAX) {
        Interval window = densest_window(finder);
        if (window.closes < least)
            return;
        Interval interval = grown(finder, core_of(finder, window), window);
        Spike spike = { .timeout = finder->bins[interval.from].least,
                        .most = finder->bins[interval.to].most,
                        .reached = finder->reached[finder->bins[interval.from].bin] };
        bool strewn = is_strewn(finder, interval);
        spike.closes = explain(finder, interval);
        if (!strewn)
            found->doubt = TIMEOUT_AT_ONCE;
        else if (!continues_one(found, &spike) && spike.closes >= least &&
                 spike.closes * 10 >= spike.reached)
            found->spikes[found->count++] = spike;
    }
}

static int compare_spikes(const void *left, const void *right)
{
    const Spike *a = left, *b = right;
    return (a->timeout > b->timeout) - (a->timeout < b->timeout);
}

static void keep_what_stands_out(const Finder *finder, TimeoutEstimate *found)
{
    TimeoutEstimate kept = { .doubt = found->doubt, .closes = found->closes };
    uint64_t explained = 0, kept_closes = 0;
    for (unsigned i = 0; i < found->count; i++)
        explained += found->spikes[i].closes;
    for (unsigned i = 0; i < found->count; i++) {
        if (!stands_out(finder, found, &found->spikes[i], finder->all - explained))
            continue;
        kept.spikes[kept.count++] = found->spikes[i];
        kept_closes += found->spikes[i].closes;
    }
    if (kept_closes * 2 < finder->all)
        kept.count = 0;
    if (kept.count)
        kept.doubt = TIMEOUT_STATED;
    qsort(kept.spikes, kept.count, sizeof kept.spikes[0], compare_spikes);
    *found = kept;
}

/* How many periods reached each bin. */
static void count_reached(Finder *finder)
{
    uint64_t sum = 0;
    unsigned i = finder->count;
    for (unsigned bin = IDLE_BINS; bin-- > 0;) {
        if (i > 0 && finder->bins[i - 1].bin == bin) {
            i--;
            for (IdleEnd end = 0; end < IDLE_END_COUNT; end++)
                /* The close that a lost request crossed already counts as a close. */
                sum += end == IDLE_LOST ? 0 : finder->bins[i].count[end];
        }
        finder->reached[bin] = sum;
    }
}

TimeoutEstimate timeout_estimate(const IdleHistogram *histogram)
{
    TimeoutEstimate found = { .closes = idle_count(histogram, IDLE_CLOSED, 0),
                              .doubt = TIMEOUT_SCATTERED };
    if (found.closes < TIMEOUT_CLOSES_LEAST) {
        found.doubt = TIMEOUT_THIN;
        return found;
    }
    Finder finder = { .all = found.closes };
    finder.bins = idle_bins(histogram, &finder.count);
    g_autofree uint64_t *left = g_new(uint64_t, finder.count);
    g_autofree uint64_t *reached = g_new(uint64_t, IDLE_BINS);
    finder.left = left;
    finder.reached = reached;
    for (unsigned i = 0; i < finder.count; i++)
        left[i] = finder.bins[i].count[IDLE_CLOSED];
    count_reached(&finder);
    find_spikes(&finder, &found);
    keep_what_stands_out(&finder, &found);
    return found;
}

unsigned timeout_risk_bin(Nanoseconds timeout)
{
    return idle_bin_of(timeout - MIN(MAX(timeout / 20, NS_PER_SECOND), timeout / 2));
}

void timeout_append(GString *text, Nanoseconds timeout)
{
    Nanoseconds unit = NS_PER_MS;
    unsigned decimals = 3;
    while (decimals > 0 && timeout >= 1000 * unit) {
        unit *= 10;
        decimals--;
    }
    int64_t units = (timeout + unit / 2) / unit;
    int64_t per_second = NS_PER_SECOND / unit;
    g_string_append_printf(text, "%" PRId64, units / per_second);
    if (decimals > 0)
        g_string_append_printf(text, ".%0*" PRId64, (int)decimals, units % per_second);
}
