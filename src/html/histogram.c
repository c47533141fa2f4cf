/* The idle time goes to the right, an octave as wide as any other. Reuses, closes and losses
 * have a strip each, with a scale of its own: few losses stand out beside many reuses. All bars of
 * a strip are one path. Places to the right are per cent of the width, so the picture is as wide as
 * its page, and its words keep their size. */
#include "html/histogram.h"

#include <arpa/inet.h>
#include <math.h>

#include "report/page.h"
#include "report/server_rows.h"
#include "report/summary_servers.h"

#define PICTURES_MAX 50
#define BINS_MAX 60 /* in the table below a picture */
#define MARKS_MAX 12
#define OCTAVES_LEAST 3 /* a bar is no picture */

#define STRIP 46      /* the highest bar */
#define STRIP_HEAD 24 /* above it, for its name */
#define TOP 34        /* for the numbers of the lines: the stated, the inferred ones */
#define BOTTOM (TOP + 3 * (STRIP_HEAD + STRIP))
#define HEIGHT (BOTTOM + 32)
#define ACROSS 1000  /* units that a strip has */
#define BAR_LEAST 3  /* units */
#define LABEL_ROOM 5 /* per cent */

typedef struct Scale {
    double first, last; /* octaves */
} Scale;

static const struct {
    IdleEnd end;
    const char *label, *class;
} STRIPS[] = { { IDLE_REUSED, "reused", "ca-good" },
               { IDLE_CLOSED, "closed", "ca-doubt" },
               { IDLE_LOST, "lost", "ca-bad" } };

static double octave_of(Nanoseconds time)
{
    return log2((double)MAX(time, 1));
}

/* 0 to 1 */
static double across(const Scale *scale, Nanoseconds time)
{
    double share = (octave_of(time) - scale->first) / (scale->last - scale->first);
    return CLAMP(share, 0, 1);
}

static double per_cent(const Scale *scale, Nanoseconds time)
{
    return across(scale, time) * 100;
}

static bool is_stated(const Server *server, unsigned index)
{
    return server->stated[index] > 0 && server->stated[index] < 86400;
}

/* What the picture has to show: whatever is counted in it, and the lines of timeouts. */
static Scale scale_of(const Server *server)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    Nanoseconds first = 0, last = 0;
    for (unsigned i = 0; i < count; i++) {
        if (bins[i].count[IDLE_REUSED] + bins[i].count[IDLE_CLOSED] + bins[i].count[IDLE_LOST] == 0)
            continue;
        first = first ? first : idle_bin_start(bins[i].bin);
        last = idle_bin_start(bins[i].bin + 1);
    }
    for (unsigned i = 0; i < server->estimate.count; i++)
        last = MAX(last, server->estimate.spikes[i].timeout);
    for (unsigned i = 0; i < server->stated_count; i++)
        if (is_stated(server, i))
            last = MAX(last, server->stated[i] * NS_PER_SECOND);
    double middle = (octave_of(first) + octave_of(last)) / 2;
    double half = MAX(octave_of(last) - octave_of(first), OCTAVES_LEAST) / 2 * 1.04;
    return (Scale){ middle - half, middle + half };
}

static uint64_t most_of(const Server *server, IdleEnd end)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    uint64_t most = 0;
    for (unsigned i = 0; i < count; i++)
        most = MAX(most, bins[i].count[end]);
    return most;
}

/* A picture of reuses alone answers nothing. */
static bool has_picture(const Server *server)
{
    return most_of(server, IDLE_CLOSED) + most_of(server, IDLE_LOST) > 0;
}

/* Nobody needs to look at it: no loss and no idle close is seen, and nothing is undetermined. */
static bool is_quiet(const Server *server)
{
    return server->verdicts[VERDICT_CONTRADICTED] == 0 &&
           server->verdicts[VERDICT_UNDETERMINED] == 0 && server->lost == 0 && !has_picture(server);
}

static void add_bars(Markup *markup, const Server *server, const Scale *scale, unsigned index,
                     uint64_t most)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    for (unsigned i = 0; i < count; i++) {
        uint64_t own = bins[i].count[STRIPS[index].end];
        double from = across(scale, idle_bin_start(bins[i].bin)) * ACROSS;
        double to = across(scale, idle_bin_start(bins[i].bin + 1)) * ACROSS;
        double wider = MAX(BAR_LEAST - (to - from), 0) / 2;
        if (own)
            markup_add(markup, "M%.1f %dv-%.1fH%.1fV%dz", from - wider, STRIP,
                       MAX((double)own / (double)most * STRIP, 1.5), to + wider, STRIP);
    }
}

static void add_strip(Markup *markup, const Server *server, const Scale *scale, unsigned index)
{
    unsigned top = TOP + index * (STRIP_HEAD + STRIP);
    uint64_t most = most_of(server, STRIPS[index].end);
    markup_add(markup,
               "<text class=\"ca-label\" x=\"0\" y=\"%u\">%s</text><text class=\"ca-axis\" "
               "x=\"52\" y=\"%u\">at most ",
               top + 16, STRIPS[index].label, top + 16);
    markup_count(markup, most);
    markup_add(markup, "</text><line class=\"ca-base\" x1=\"0\" x2=\"100%%\" y1=\"%u\" y2=\"%u\"/>",
               top + STRIP_HEAD + STRIP, top + STRIP_HEAD + STRIP);
    if (most == 0)
        return;
    markup_add(markup,
               "<svg y=\"%u\" width=\"100%%\" height=\"%d\" viewBox=\"0 0 %d %d\" "
               "preserveAspectRatio=\"none\"><path class=\"%s\" d=\"",
               top + STRIP_HEAD, STRIP, ACROSS, STRIP, STRIPS[index].class);
    add_bars(markup, server, scale, index, most);
    markup_add(markup, "\"/></svg>");
}

/* Words at the edges stay within the picture. */
static const char *anchor_at(double per_cent)
{
    return per_cent < 4 ? "start" : per_cent > 96 ? "end" : "middle";
}

static void add_line(Markup *markup, double at, const char *class, unsigned top)
{
    markup_add(markup, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"%u\" y2=\"%d\"/>",
               class, at, at, top, BOTTOM);
}

/* 0.1 s, 0.2 s, 0.5 s, 1 s and so on, as far as there is room. */
static void add_axis(Markup *markup, const Scale *scale)
{
    static const int steps[] = { 1, 2, 5 };
    bool narrow = scale->last - scale->first > 8;
    for (int power = -1; power <= 4; power++)
        for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
            double seconds = steps[i] * pow(10, power);
            double octave = octave_of((Nanoseconds)(seconds * NS_PER_SECOND));
            if (octave < scale->first || octave > scale->last || (narrow && i > 0))
                continue;
            double at = per_cent(scale, (Nanoseconds)(seconds * NS_PER_SECOND));
            add_line(markup, at, "ca-grid", TOP);
            markup_add(markup,
                       "<text class=\"ca-axis\" text-anchor=\"%s\" x=\"%.2f%%\" y=\"%d\">%g "
                       "s</text>",
                       anchor_at(at), at, HEIGHT - 4, seconds);
        }
}

/* A line of a timeout with its number, unless that of the one before stands there. */
static void add_timeout(Markup *markup, const Scale *scale, Nanoseconds time, const char *class,
                        unsigned y, const char *number, double *last)
{
    double at = per_cent(scale, time);
    add_line(markup, at, class, y + 3);
    if (at - *last < LABEL_ROOM)
        return;
    markup_add(markup,
               "<text class=\"ca-axis %s-text\" text-anchor=\"%s\" x=\"%.2f%%\" y=\"%u\">%s "
               "s</text>",
               class, anchor_at(at), at, y, number);
    *last = at;
}

static void add_timeouts(Markup *markup, const Server *server, const Scale *scale)
{
    double last = -LABEL_ROOM;
    for (unsigned i = 0; i < server->stated_count; i++) {
        g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, server->stated[i]);
        if (is_stated(server, i))
            add_timeout(markup, scale, server->stated[i] * NS_PER_SECOND, "ca-stated", 11, number,
                        &last);
    }
    last = -LABEL_ROOM;
    for (unsigned i = 0; i < server->estimate.count; i++) {
        g_autoptr(GString) number = g_string_new(NULL);
        timeout_append(number, server->estimate.spikes[i].timeout);
        add_timeout(markup, scale, server->estimate.spikes[i].timeout, "ca-inferred", 25,
                    number->str, &last);
    }
}

static gint by_longest_tried(gconstpointer a, gconstpointer b)
{
    const Pair *left = *(const Pair *const *)a, *right = *(const Pair *const *)b;
    return (left->longest_tried < right->longest_tried) -
           (left->longest_tried > right->longest_tried);
}

/* The clients of a server that have a mark, the longest idle times first; borrowed. */
static GPtrArray *clients_of(const Servers *servers, const Server *server)
{
    GPtrArray *clients = g_ptr_array_new();
    for (unsigned i = 0; i < servers_pair_count(servers); i++) {
        const Pair *pair = servers_pair_at(servers, i);
        if (pair->server == server && pair->longest_tried >= IDLE_LEAST)
            g_ptr_array_add(clients, (gpointer)(uintptr_t)pair);
    }
    g_ptr_array_sort(clients, by_longest_tried);
    return clients;
}

/* The longest idle time after which each client sent a request. */
static void add_clients(Markup *markup, const GPtrArray *clients, const Scale *scale)
{
    for (guint i = 0; i < MIN(clients->len, MARKS_MAX); i++) {
        const Pair *pair = g_ptr_array_index(clients, i);
        char client[INET6_ADDRSTRLEN] = "";
        inet_ntop(pair->key.client.version == 6 ? AF_INET6 : AF_INET, pair->key.client.bytes,
                  client, sizeof client);
        markup_add(markup,
                   "<svg class=\"ca-client\" x=\"%.2f%%\" y=\"%d\"><path d=\"M0 0l-6 "
                   "11h12z\"><title>%s: longest idle time before a request ",
                   per_cent(scale, pair->longest_tried), BOTTOM + 2, client);
        page_append_duration(markup->text, pair->longest_tried, 6);
        markup_add(markup, "</title></path></svg>");
    }
}

static void add_picture(Markup *markup, const Servers *servers, const Server *server,
                        const char *name)
{
    Scale scale = scale_of(server);
    g_autoptr(GPtrArray) clients = clients_of(servers, server);
    markup_add(markup,
               "<svg class=\"ca-histogram\" role=\"img\" width=\"100%%\" height=\"%d\" "
               "aria-label=\"Idle times of the connections of %s\">",
               HEIGHT, name);
    add_axis(markup, &scale);
    add_timeouts(markup, server, &scale);
    for (unsigned i = 0; i < G_N_ELEMENTS(STRIPS); i++)
        add_strip(markup, server, &scale, i);
    add_clients(markup, clients, &scale);
    markup_add(markup, "</svg>");
    if (clients->len > MARKS_MAX)
        markup_add(markup,
                   "<p class=\"ca-note\">Triangles: the %d clients with the longest idle times, of "
                   "%u. All: the report pairs.</p>",
                   MARKS_MAX, clients->len);
}

/* The bins in which the server closed or a request was lost: the numbers of the picture. */
static void add_numbers(Markup *markup, const Server *server)
{
    unsigned count, shown = 0;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    markup_add(markup,
               "<details><summary>The bins in which it closed, or a request was lost</summary>"
               "<table class=\"ca-numbers\"><thead><tr><th scope=\"col\">idle time from, "
               "s</th><th scope=\"col\">reused</th><th scope=\"col\">closed</th><th "
               "scope=\"col\">lost</th></tr></thead><tbody>");
    for (unsigned i = 0; i < count; i++) {
        if (bins[i].count[IDLE_CLOSED] + bins[i].count[IDLE_LOST] == 0 || shown++ >= BINS_MAX)
            continue;
        markup_add(markup, "<tr><td>");
        page_append_seconds(markup->text, idle_bin_start(bins[i].bin), 9);
        for (size_t k = 0; k < G_N_ELEMENTS(STRIPS); k++)
            markup_add(markup, "</td><td>%u", bins[i].count[STRIPS[k].end]);
        markup_add(markup, "</td></tr>");
    }
    markup_add(markup, "</tbody></table>");
    if (shown > BINS_MAX)
        markup_add(markup, "<p class=\"ca-note\">The report idle has the others.</p>");
    markup_add(markup, "</details>");
}

static void add_times(Markup *markup, const Server *server)
{
    for (unsigned i = 0; i < server->estimate.count; i++) {
        g_autoptr(GString) timeout = g_string_new(NULL);
        timeout_append(timeout, server->estimate.spikes[i].timeout);
        markup_add(markup, i ? ", " : "<p>inferred timeout ");
        markup_add(markup, "<b class=\"ca-key-inferred\">%s s</b>", timeout->str);
    }
    if (server->estimate.count)
        markup_add(markup, "</p>");
    for (unsigned i = 0; i < server->stated_count; i++) {
        markup_add(markup, i ? ", " : "<p>stated timeout ");
        markup_add(markup, "<b class=\"ca-key-stated\">%" G_GINT64_FORMAT " s</b>",
                   server->stated[i]);
    }
    if (server->stated_count)
        markup_add(markup, "</p>");
}

static void add_server(Markup *markup, const Servers *servers, const Server *server)
{
    g_autofree char *name = summary_server_name(server);
    g_autoptr(GPtrArray) lines = summary_server_lines(servers, server);
    markup_add(markup, "<section class=\"ca-server\"><h3>%s</h3>", name);
    for (guint i = 0; i < lines->len; i++)
        markup_add(markup, "<p>%s</p>", (const char *)g_ptr_array_index(lines, i));
    add_times(markup, server);
    if (has_picture(server)) {
        add_picture(markup, servers, server, name);
        add_numbers(markup, server);
    } else {
        markup_add(markup, "<p class=\"ca-note\">No close of a connection that had been idle for "
                           "0.1 s or longer is proven.</p>");
    }
    markup_add(markup, "</section>");
}

/* One line each. */
static void add_quiet(Markup *markup, const Servers *servers, const GPtrArray *list)
{
    unsigned count = 0;
    for (guint i = 0; i < list->len; i++) {
        const Server *server = g_ptr_array_index(list, i);
        if (!is_quiet(server))
            continue;
        g_autoptr(GPtrArray) lines = summary_server_lines(servers, server);
        if (count++ == 0)
            markup_add(markup,
                       "<details class=\"ca-quiet\"><summary>Servers without a lost request or "
                       "an idle close</summary>");
        for (guint k = 0; k < lines->len; k++)
            markup_add(markup, "<p>%s</p>", (const char *)g_ptr_array_index(lines, k));
    }
    if (count)
        markup_add(markup, "</details>");
}

void histogram_section(Markup *markup, const Servers *servers)
{
    g_autoptr(GPtrArray) worst = summary_servers_by_badness(servers);
    markup_add(markup, "<section id=\"servers\"><h2>Servers, the worst first</h2>");
    markup_add(
        markup,
        "<p class=\"ca-legend\">Each picture: how long connections were idle before they were "
        "<b class=\"ca-key-good\">reused</b>, <b class=\"ca-key-doubt\">closed by the server</b>, "
        "or a "
        "request was <b class=\"ca-key-bad\">lost</b>. Lines: the <b "
        "class=\"ca-key-inferred\">inferred</b> and "
        "the <b class=\"ca-key-stated\">stated</b> timeout. Triangles: the longest idle time after "
        "which a client sent a request. A request after an idle time near the inferred line or "
        "right of it risks to be lost.</p>");
    g_autoptr(GPtrArray) shown = g_ptr_array_new();
    for (guint i = 0; i < MIN(worst->len, PICTURES_MAX); i++) {
        g_ptr_array_add(shown, g_ptr_array_index(worst, i));
        if (!is_quiet(g_ptr_array_index(worst, i)))
            add_server(markup, servers, g_ptr_array_index(worst, i));
    }
    add_quiet(markup, servers, shown);
    if (worst->len == 0)
        markup_add(markup, "<p class=\"ca-note\">No server.</p>");
    if (worst->len > PICTURES_MAX)
        markup_add(markup, "<p class=\"ca-note\">%u of %u servers. All: the report servers.</p>",
                   PICTURES_MAX, worst->len);
    markup_add(markup, "</section>");
}
