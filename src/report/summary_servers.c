#include "report/summary_servers.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"
#include "report/server_rows.h"

static void append_address(GString *words, const IpAddress *address, bool bracketed)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool v6 = address->version == 6;
    inet_ntop(v6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
    g_string_append_printf(words, v6 && bracketed ? "[%s]" : "%s", text);
}

static void append_server(GString *words, const ServerKey *key)
{
    append_address(words, &key->address, true);
    g_string_append_printf(words, ":%u", key->port);
}

/* "7 of 41,320" */
static void append_share(GString *words, uint64_t some, uint64_t all)
{
    page_append_count(words, some);
    g_string_append(words, " of ");
    page_append_count(words, all);
}

static void add_others(GPtrArray *lines, unsigned count, const char *what, const char *report)
{
    GString *words = g_string_new("and ");
    if (count <= SUMMARY_SERVERS_MAX) {
        g_string_free(words, TRUE);
        return;
    }
    page_append_count(words, count - SUMMARY_SERVERS_MAX);
    g_string_append_printf(words, " more %s%s: -r %s", what,
                           count - SUMMARY_SERVERS_MAX == 1 ? "" : "s", report);
    g_ptr_array_add(lines, g_string_free(words, FALSE));
}

/* Servers -------------------------------------------------------------------------------------- */

static gint compare_badness(gconstpointer left, gconstpointer right)
{
    const Server *a = *(const Server *const *)left, *b = *(const Server *const *)right;
    uint64_t a_bad = a->verdicts[VERDICT_CONTRADICTED], b_bad = b->verdicts[VERDICT_CONTRADICTED];
    if (a_bad != b_bad)
        return a_bad > b_bad ? -1 : 1;
    return (a->lost < b->lost) - (a->lost > b->lost); /* equals stay in their order */
}

static char *words_of_server(const Server *server)
{
    GString *words = g_string_new(NULL);
    append_server(words, &server->key);
    g_string_append(words, ": ");
    append_share(words, server->verdicts[VERDICT_CONTRADICTED], server->connections);
    g_string_append_printf(words, " connection%s contradicted",
                           server->connections == 1 ? "" : "s");
    if (server->lost) {
        g_string_append(words, ", ");
        append_share(words, server->lost, server->reuses);
        g_string_append_printf(words, " reuse%s lost in all", server->reuses == 1 ? "" : "s");
    }
    return g_string_free(words, FALSE);
}

GPtrArray *summary_worst_servers(const Servers *servers)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) bad = g_ptr_array_new();
    for (unsigned i = 0; i < servers_count(servers); i++)
        if (servers_at(servers, i)->verdicts[VERDICT_CONTRADICTED])
            g_ptr_array_add(bad, (gpointer)(uintptr_t)servers_at(servers, i));
    g_ptr_array_sort(bad, compare_badness);
    for (unsigned i = 0; i < MIN(bad->len, SUMMARY_SERVERS_MAX); i++)
        g_ptr_array_add(lines, words_of_server(g_ptr_array_index(bad, i)));
    add_others(lines, bad->len, "server", "servers");
    return lines;
}

/* Pairs ---------------------------------------------------------------------------------------- */

static gint compare_losses(gconstpointer left, gconstpointer right)
{
    const Pair *a = *(const Pair *const *)left, *b = *(const Pair *const *)right;
    return (a->lost_risky < b->lost_risky) - (a->lost_risky > b->lost_risky);
}

/* "58.9 s" */
static void append_seconds(GString *words, Nanoseconds duration)
{
    g_string_append_printf(words, "%.1f" PAGE_NO_BREAK "s", (double)duration / 1e9);
}

/* The next round number of seconds above both times. */
static int64_t round_above(Nanoseconds a, Nanoseconds b)
{
    int64_t seconds = MAX(a, b) / NS_PER_SECOND + 1;
    int64_t step = seconds < 10 ? 1 : seconds < 60 ? 5 : 10;
    return (seconds + step - 1) / step * step;
}

static void append_timeouts(GString *words, const TimeoutEstimate *estimate)
{
    uint64_t closes = 0;
    for (unsigned i = 0; i < estimate->count; i++) {
        g_string_append(words, i == 0 ? "" : i + 1 == estimate->count ? " and " : ", ");
        append_seconds(words, estimate->spikes[i].timeout);
        closes += estimate->spikes[i].closes;
    }
    g_string_append(words, " (n" PAGE_NO_BREAK "=" PAGE_NO_BREAK);
    page_append_count(words, closes);
    g_string_append_c(words, ')');
}

/* The client's own limit is not known: it is at least what was tried. */
static char *words_of_pair(const Pair *pair)
{
    const TimeoutEstimate *estimate = &pair->server->estimate;
    GString *words = g_string_new(NULL);
    append_server(words, &pair->key.server);
    g_string_append(words, " closes idle connections after ");
    append_timeouts(words, estimate);
    g_string_append(words, "; ");
    append_address(words, &pair->key.client, false);
    g_string_append(words, " reuses them after up to ");
    append_seconds(words, pair->longest_tried);
    g_string_append(words, ": ");
    append_share(words, pair->lost_risky, pair->reuses);
    g_string_append_printf(words,
                           " reuse%s %s lost near that timeout. Let the server wait longer "
                           "than its clients' pools: above %" G_GINT64_FORMAT PAGE_NO_BREAK
                           "s at least.",
                           pair->reuses == 1 ? "" : "s", pair->lost_risky == 1 ? "was" : "were",
                           round_above(pair->longest_tried, estimate->spikes[0].timeout));
    return g_string_free(words, FALSE);
}

GPtrArray *summary_mismatches(const Servers *servers)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) bad = g_ptr_array_new();
    for (unsigned i = 0; i < servers_pair_count(servers); i++)
        if (servers_pair_at(servers, i)->lost_risky)
            g_ptr_array_add(bad, (gpointer)(uintptr_t)servers_pair_at(servers, i));
    g_ptr_array_sort(bad, compare_losses);
    for (unsigned i = 0; i < MIN(bad->len, SUMMARY_SERVERS_MAX); i++)
        g_ptr_array_add(lines, words_of_pair(g_ptr_array_index(bad, i)));
    add_others(lines, bad->len, "pair", "pairs");
    return lines;
}

/* Too few ------------------------------------------------------------------------------------ */

static gint compare_closes(gconstpointer left, gconstpointer right)
{
    const Server *a = *(const Server *const *)left, *b = *(const Server *const *)right;
    return (a->estimate.closes < b->estimate.closes) - (a->estimate.closes > b->estimate.closes);
}

/* "192.0.2.80:80: 6 idle closes after 2.0 to 2.1 s: too few to infer a timeout" */
static char *words_of_few(const Server *server)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    Nanoseconds least = -1, most = -1;
    for (unsigned i = 0; i < count; i++)
        if (bins[i].count[IDLE_CLOSED] > 0) {
            least = least < 0 ? bins[i].least : least;
            most = bins[i].most;
        }
    GString *words = g_string_new(NULL);
    append_server(words, &server->key);
    g_string_append(words, ": ");
    page_append_count(words, server->estimate.closes);
    g_string_append_printf(words, PAGE_NO_BREAK "idle close%s after ",
                           server->estimate.closes == 1 ? "" : "s");
    g_autofree char *from = g_strdup_printf("%.1f", (double)least / 1e9);
    g_autofree char *to = g_strdup_printf("%.1f", (double)most / 1e9);
    if (server->estimate.closes > 1 && strcmp(from, to) != 0)
        g_string_append_printf(words, "%s to ", from);
    append_seconds(words, most);
    g_string_append(words, server->estimate.doubt == TIMEOUT_UNREAD
                               ? ", all in TLS without secrets: no timeout is inferred from these"
                               : ": too few to infer a timeout");
    return g_string_free(words, FALSE);
}

GPtrArray *summary_too_few(const Servers *servers)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) few = g_ptr_array_new();
    for (unsigned i = 0; i < servers_count(servers); i++) {
        const Server *server = servers_at(servers, i);
        bool doubted =
            server->estimate.doubt == TIMEOUT_THIN || server->estimate.doubt == TIMEOUT_UNREAD;
        if (doubted && server->estimate.closes > 0)
            g_ptr_array_add(few, (gpointer)(uintptr_t)server);
    }
    g_ptr_array_sort(few, compare_closes);
    for (unsigned i = 0; i < MIN(few->len, SUMMARY_SERVERS_MAX); i++)
        g_ptr_array_add(lines, words_of_few(g_ptr_array_index(few, i)));
    add_others(lines, few->len, "server", "servers");
    return lines;
}

/* One server ----------------------------------------------------------------------------------- */

GPtrArray *summary_servers_by_badness(const Servers *servers)
{
    GPtrArray *all = g_ptr_array_new();
    for (unsigned i = 0; i < servers_count(servers); i++)
        g_ptr_array_add(all, (gpointer)(uintptr_t)servers_at(servers, i));
    g_ptr_array_sort(all, compare_badness);
    return all;
}

char *summary_server_name(const Server *server)
{
    GString *name = g_string_new(NULL);
    append_server(name, &server->key);
    return g_string_free(name, FALSE);
}

GPtrArray *summary_server_lines(const Servers *servers, const Server *server)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(lines, words_of_server(server));
    for (unsigned i = 0; i < servers_pair_count(servers); i++) {
        const Pair *pair = servers_pair_at(servers, i);
        if (pair->server == server && pair->lost_risky && lines->len <= SUMMARY_SERVERS_MAX)
            g_ptr_array_add(lines, words_of_pair(pair));
    }
    if (server->estimate.doubt == TIMEOUT_THIN && server->estimate.closes > 0)
        g_ptr_array_add(lines, words_of_few(server));
    for (guint i = 0; i < lines->len; i++)
        g_strdelimit(g_ptr_array_index(lines, i), PAGE_NO_BREAK, ' ');
    return lines;
}
