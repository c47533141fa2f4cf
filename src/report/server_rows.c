#include "report/server_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/page.h"

const char *const SERVER_COLUMNS[] = {
    "server_ip",
    "server_port",
    "hosts",
    "connections",
    "exchanges",
    "exchanges_per_connection",
    "declared_close",
    "declared_keep_alive",
    "as_declared",
    "contradicted",
    "undetermined",
    "stated_timeout_s",
    "idle_close_n",
    "idle_close_min_s",
    "idle_close_median_s",
    "idle_close_max_s",
    "inferred_timeout_s",
    "inferred_max",
    "longest_idle_reused_s",
    "undeclared_closes",
    "keepalive_races",
    "races_per_10000_reuses",
    "aborted",
    "resets",
    "timeout_mismatch",
    NULL,
};

const char *const PAIR_COLUMNS[] = {
    "client_ip",
    "server_ip",
    "server_port",
    "connections",
    "reuses",
    "longest_idle_reused_s",
    "longest_idle_tried_s",
    "lost_requests",
    NULL,
};

/* Fields ------------------------------------------------------------------------------------------ */

static void write_key(Table *table, const ServerKey *key)
{
    write_address(table, &key->address);
    table_uint(table, key->port);
}

static void write_hosts(Table *table, const Server *server)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < server->host_count; i++) {
        g_string_append(text, i ? " " : "");
        for (const char *c = server->hosts[i].name; *c; c++)
            if (*c == ' ') /* it would look like two */
                g_string_append(text, "\\x20");
            else
                g_string_append_c(text, *c);
    }
    if (server->more_hosts)
        g_string_append(text, " " TEXT_CUT);
    table_words(table, text->str);
}

static void write_stated(Table *table, const Server *server)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < server->stated_count; i++)
        g_string_append_printf(text, "%s%" PRId64, i ? " " : "", server->stated[i]);
    if (server->more_stated)
        g_string_append(text, " " TEXT_CUT);
    table_numbers(table, text->str);
}

static void write_idle_closes(Table *table, const Server *server, unsigned digits)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    Nanoseconds least = -1, most = -1;
    for (unsigned i = 0; i < count; i++) {
        if (bins[i].count[IDLE_CLOSED] == 0)
            continue;
        least = least < 0 ? bins[i].least : least;
        most = bins[i].most;
    }
    table_uint(table, server->estimate.closes);
    write_optional_duration(table, least, digits);
    write_optional_duration(table, idle_median_closed(&server->idle), digits);
    write_optional_duration(table, most, digits);
}

/* Rounded to three figures, but to a millisecond at most. */
void append_timeout(GString *text, Nanoseconds timeout)
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

static void write_timeouts(Table *table, const TimeoutEstimate *estimate)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < estimate->count; i++) {
        g_string_append(text, i ? " " : "");
        append_timeout(text, estimate->spikes[i].timeout);
    }
    table_numbers(table, text->str);
}

/* In hundredths, rounded; nothing of nothing. */
static void write_ratio(Table *table, uint64_t number, uint64_t factor, uint64_t of)
{
    if (of == 0)
        table_empty(table);
    else
        table_hundredths(table, (number * factor * 100 + of / 2) / of);
}

/* Rows ------------------------------------------------------------------------------------------- */

static void write_server_row(Table *table, const Server *server, unsigned digits)
{
    static const char *const mismatches[] = { "", "near", "yes" };
    write_key(table, &server->key);
    write_hosts(table, server);
    table_uint(table, server->connections);
    table_uint(table, server->exchanges);
    write_ratio(table, server->exchanges, 1, server->connections);
    table_uint(table, server->declared_close);
    table_uint(table, server->declared_keep_alive);
    table_uint(table, server->verdicts[VERDICT_AS_DECLARED]);
    table_uint(table, server->verdicts[VERDICT_CONTRADICTED]);
    table_uint(table, server->verdicts[VERDICT_UNDETERMINED]);
    write_stated(table, server);
    write_idle_closes(table, server, digits);
    write_timeouts(table, &server->estimate);
    write_optional(table, server->inferred_max);
    write_optional_duration(table, server->longest_reused, digits);
    table_uint(table, server->undeclared_closes);
    table_uint(table, server->races);
    write_ratio(table, server->races, 10000, server->reuses);
    table_uint(table, server->aborted);
    table_uint(table, server->resets);
    table_word(table, mismatches[server->mismatch]);
    table_end_row(table);
}

void write_server_rows(Table *table, const Servers *servers, unsigned digits)
{
    for (unsigned i = 0; i < servers_count(servers); i++)
        write_server_row(table, servers_at(servers, i), digits);
}

void write_pair_rows(Table *table, const Servers *servers, unsigned digits)
{
    for (unsigned i = 0; i < servers_pair_count(servers); i++) {
        const Pair *pair = servers_pair_at(servers, i);
        write_address(table, &pair->key.client);
        write_key(table, &pair->key.server);
        table_uint(table, pair->connections);
        table_uint(table, pair->reuses);
        write_optional_duration(table, pair->longest_reused, digits);
        write_optional_duration(table, pair->longest_tried, digits);
        table_uint(table, pair->lost);
        table_end_row(table);
    }
}

/* The finding ------------------------------------------------------------------------------------ */

/* The kept ones that were sent when the timeout was near, in the order of the capture. */
static unsigned risky_ones(const Pair *pair, const RacedRequest **ret_raced)
{
    unsigned from = timeout_risk_bin(pair->server->estimate.spikes[0].timeout);
    unsigned count = 0;
    for (unsigned i = 0; i < pair->raced_count; i++) {
        const RacedRequest *raced = &pair->raced[i];
        if (idle_bin_of(raced->idle) < from)
            continue;
        unsigned at = count++;
        for (; at > 0 && !frame_precedes(ret_raced[at - 1]->request, ret_raced[at - 1]->time,
                                         raced->request, raced->time);
             at--)
            ret_raced[at] = ret_raced[at - 1];
        ret_raced[at] = raced;
    }
    return count;
}

static int compare_frames(const void *left, const void *right)
{
    FrameId a = *(const FrameId *)left, b = *(const FrameId *)right;
    return (a > b) - (a < b);
}

static void say_mismatch(const Pair *pair, const RacedRequest *longest, FindingBuilder *builder)
{
    const Spike *spike = &pair->server->estimate.spikes[0];
    g_autoptr(GString) timeout = g_string_new(NULL);
    append_timeout(timeout, spike->timeout);
    builder_say(builder,
                "the server closes idle connections after %s s (n = %" PRIu64
                "), the client sends requests after up to ",
                timeout->str, spike->closes);
    builder_say_seconds(builder, pair->longest_tried);
    builder_say(builder, ": %" PRIu64 " of %" PRIu64 " reuses were lost then, the longest idle ",
                pair->lost_risky, pair->reuses);
    builder_say_seconds(builder, longest->idle);
}

bool pair_mismatch(const Pair *pair, bool matching, FindingRow *ret_row)
{
    const RacedRequest *raced[PAIR_RACED_MAX];
    if (pair->lost_risky == 0)
        return false;
    unsigned count = risky_ones(pair, raced);
    bool matched = !matching;
    g_autoptr(GString) message = g_string_new(NULL), evidence = g_string_new(NULL);
    FindingBuilder builder = { .message = message, .evidence = evidence };
    for (unsigned i = 0; i < count; i++) {
        builder_frame(&builder, raced[i]->request);
        builder_frame(&builder, raced[i]->close);
        matched = matched || raced[i]->matched;
    }
    if (!matched)
        return false;
    builder_offset(&builder, "c", raced[0]->close_offset);
    builder_offset(&builder, "a", raced[0]->close_acked);
    say_mismatch(pair, &pair->raced[0], &builder);
    qsort(builder.frames, builder.frame_count, sizeof builder.frames[0], compare_frames);
    const RuleInfo *info = rule_info(RULE_TIMEOUT_MISMATCH);
    *ret_row = (FindingRow){ .connection = raced[0]->connection,
                             .stream_number_known = raced[0]->stream_number_known,
                             .stream_number = raced[0]->stream_number,
                             .finding = { .rule = RULE_TIMEOUT_MISMATCH,
                                          .severity = info->severity,
                                          .party = PARTY_BOTH,
                                          .exchange = raced[0]->exchange,
                                          .count = (uint32_t)MIN(pair->lost_risky, UINT32_MAX),
                                          .frame_count = builder.frame_count } };
    memcpy(ret_row->finding.frames, builder.frames, sizeof builder.frames);
    ret_row->finding.message = g_string_free(g_steal_pointer(&message), FALSE);
    ret_row->finding.evidence = g_string_free(g_steal_pointer(&evidence), FALSE);
    return true;
}
