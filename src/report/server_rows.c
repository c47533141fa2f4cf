#include "report/server_rows.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/columns.h"
#include "report/time.h"

/* Servers -------------------------------------------------------------------------------------- */

FIELD(write_server_ip)
{
    table_address(table, &row->server->key.address);
}

FIELD(write_server_port)
{
    table_uint(table, row->server->key.port);
}

FIELD(write_hosts)
{
    const Server *server = row->server;
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
    table_list(table, text->str);
}

/* A plain count: `which` is the offset of a uint64_t member. */
FIELDS(write_server_count)
{
    table_uint(table, *(const uint64_t *)(const void *)((const char *)row->server + which));
}

#define COUNT_OF(member) write_server_count, offsetof(Server, member)

/* In hundredths, rounded; absent if there is nothing to divide by. */
static void write_ratio(Table *table, uint64_t number, uint64_t factor, uint64_t of)
{
    if (of == 0)
        table_empty(table);
    else
        table_hundredths(table, (number * factor * 100 + of / 2) / of);
}

FIELD(write_exchanges_per_connection)
{
    write_ratio(table, row->server->exchanges, 1, row->server->connections);
}

FIELD(write_races_per_reuses)
{
    write_ratio(table, row->server->races, 10000, row->server->reuses);
}

/* `which` is a Verdict. */
FIELDS(write_verdict_count)
{
    table_uint(table, row->server->verdicts[which]);
}

FIELD(write_stated)
{
    const Server *server = row->server;
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < server->stated_count; i++)
        g_string_append_printf(text, "%s%" PRId64, i ? " " : "", server->stated[i]);
    if (server->more_stated)
        g_string_append(text, " " TEXT_CUT);
    table_list(table, text->str);
}

FIELD(write_idle_closes)
{
    table_uint(table, row->server->estimate.closes);
}

enum { LEAST, MOST };

/* The least or the greatest idle time that ended in a close by the server. */
FIELDS(write_idle_close)
{
    unsigned count;
    const IdleBin *bins = idle_bins(&row->server->idle, &count);
    Nanoseconds found = -1;
    for (unsigned i = 0; i < count; i++) {
        if (bins[i].count[IDLE_CLOSED] == 0)
            continue;
        found = which == MOST ? bins[i].most : bins[i].least;
        if (which == LEAST)
            break;
    }
    write_optional_duration(table, found);
}

FIELD(write_idle_close_median)
{
    write_optional_duration(table, idle_median_closed(&row->server->idle));
}

FIELD(write_inferred_timeout)
{
    const TimeoutEstimate *estimate = &row->server->estimate;
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < estimate->count; i++) {
        g_string_append(text, i ? " " : "");
        timeout_append(text, estimate->spikes[i].timeout);
    }
    table_list(table, text->str);
}

FIELD(write_inferred_max)
{
    write_optional(table, row->server->inferred_max);
}

FIELD(write_server_longest_reused)
{
    write_optional_duration(table, row->server->longest_reused);
}

FIELD(write_mismatch)
{
    static const char *const names[] = {
        [MISMATCH_NONE] = "", [MISMATCH_NEAR] = "near", [MISMATCH_YES] = "confirmed"
    };
    table_word(table, names[row->server->mismatch]);
}

const Column SERVER_COLUMNS[] = {
    { "server_ip", COLUMN_ADDRESS, write_server_ip, 0 },
    { "server_port", COLUMN_NUMBER, write_server_port, 0 },
    { "hosts", COLUMN_WORDS, write_hosts, 0 },
    { "connections", COLUMN_NUMBER, COUNT_OF(connections) },
    { "exchanges", COLUMN_NUMBER, COUNT_OF(exchanges) },
    { "exchanges_per_connection", COLUMN_DECIMAL, write_exchanges_per_connection, 0 },
    { "declared_close", COLUMN_NUMBER, COUNT_OF(declared_close) },
    { "declared_keep_alive", COLUMN_NUMBER, COUNT_OF(declared_keep_alive) },
    { "as_declared", COLUMN_NUMBER, write_verdict_count, VERDICT_AS_DECLARED },
    { "contradicted", COLUMN_NUMBER, write_verdict_count, VERDICT_CONTRADICTED },
    { "undetermined", COLUMN_NUMBER, write_verdict_count, VERDICT_UNDETERMINED },
    { "stated_timeouts_s", COLUMN_NUMBERS, write_stated, 0 },
    { "idle_close_n", COLUMN_NUMBER, write_idle_closes, 0 },
    { "idle_close_min_s", COLUMN_SECONDS, write_idle_close, LEAST },
    { "idle_close_median_s", COLUMN_SECONDS, write_idle_close_median, 0 },
    { "idle_close_max_s", COLUMN_SECONDS, write_idle_close, MOST },
    { "inferred_timeout_s", COLUMN_NUMBERS, write_inferred_timeout, 0 },
    { "inferred_max", COLUMN_NUMBER, write_inferred_max, 0 },
    { "longest_idle_reused_s", COLUMN_SECONDS, write_server_longest_reused, 0 },
    { "undeclared_closes", COLUMN_NUMBER, COUNT_OF(undeclared_closes) },
    { "keepalive_races", COLUMN_NUMBER, COUNT_OF(races) },
    { "races_per_10000_reuses", COLUMN_DECIMAL, write_races_per_reuses, 0 },
    { "aborted", COLUMN_NUMBER, COUNT_OF(aborted) },
    { "resets", COLUMN_NUMBER, COUNT_OF(resets) },
    { "timeout_mismatch", COLUMN_WORD, write_mismatch, 0 },
    { "lost_after_close", COLUMN_NUMBER, COUNT_OF(lost_after_close) },
    { "encrypted_idle_n", COLUMN_NUMBER, COUNT_OF(encrypted_idles) },
    { "goaways", COLUMN_NUMBER, COUNT_OF(goaways) },
    { "refused", COLUMN_NUMBER, COUNT_OF(refused) },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_server_rows(Table *table, const Servers *servers)
{
    for (unsigned i = 0; i < servers_count(servers); i++) {
        RowSource source = { .server = servers_at(servers, i) };
        table_row(table, &source);
    }
}

/* Pairs ---------------------------------------------------------------------------------------- */

FIELD(write_pair_client_ip)
{
    table_address(table, &row->pair->key.client);
}

FIELD(write_pair_server_ip)
{
    table_address(table, &row->pair->key.server.address);
}

FIELD(write_pair_server_port)
{
    table_uint(table, row->pair->key.server.port);
}

FIELD(write_pair_connections)
{
    table_uint(table, row->pair->connections);
}

FIELD(write_pair_reuses)
{
    table_uint(table, row->pair->reuses);
}

FIELD(write_pair_longest_reused)
{
    write_optional_duration(table, row->pair->longest_reused);
}

FIELD(write_pair_longest_tried)
{
    write_optional_duration(table, row->pair->longest_tried);
}

FIELD(write_pair_lost)
{
    table_uint(table, row->pair->lost);
}

FIELD(write_pair_lost_after_close)
{
    table_uint(table, row->pair->lost_after_close);
}

const Column PAIR_COLUMNS[] = {
    { "client_ip", COLUMN_ADDRESS, write_pair_client_ip, 0 },
    { "server_ip", COLUMN_ADDRESS, write_pair_server_ip, 0 },
    { "server_port", COLUMN_NUMBER, write_pair_server_port, 0 },
    { "connections", COLUMN_NUMBER, write_pair_connections, 0 },
    { "reuses", COLUMN_NUMBER, write_pair_reuses, 0 },
    { "longest_idle_reused_s", COLUMN_SECONDS, write_pair_longest_reused, 0 },
    { "longest_idle_tried_s", COLUMN_SECONDS, write_pair_longest_tried, 0 },
    { "lost_requests", COLUMN_NUMBER, write_pair_lost, 0 },
    { "lost_after_close", COLUMN_NUMBER, write_pair_lost_after_close, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_pair_rows(Table *table, const Servers *servers)
{
    for (unsigned i = 0; i < servers_pair_count(servers); i++) {
        RowSource source = { .pair = servers_pair_at(servers, i) };
        table_row(table, &source);
    }
}

/* Idle times ----------------------------------------------------------------------------------- */

#define CHART_WIDTH 40

FIELD(write_idle_server_ip)
{
    table_address(table, &row->idle->server->key.address);
}

FIELD(write_idle_server_port)
{
    table_uint(table, row->idle->server->key.port);
}

FIELD(write_bin)
{
    table_uint(table, row->idle->first);
}

FIELD(write_bin_from)
{
    table_duration(table, idle_bin_start(row->idle->first), TIME_DIGITS_NANO);
}

/* The last bin takes longer periods, too. */
FIELD(write_bin_to)
{
    unsigned past = row->idle->past;
    write_optional_duration(table, past < IDLE_BINS ? idle_bin_start(past) : -1);
}

/* `which` is an IdleEnd. */
FIELDS(write_idle_count)
{
    table_uint(table, row->idle->count[which]);
}

const Column IDLE_COLUMNS[] = {
    { "server_ip", COLUMN_ADDRESS, write_idle_server_ip, 0 },
    { "server_port", COLUMN_NUMBER, write_idle_server_port, 0 },
    { "bin", COLUMN_NUMBER, write_bin, 0 },
    { "idle_from_s", COLUMN_SECONDS, write_bin_from, 0 },
    { "idle_to_s", COLUMN_SECONDS, write_bin_to, 0 },
    { "reused", COLUMN_NUMBER, write_idle_count, IDLE_REUSED },
    { "closed", COLUMN_NUMBER, write_idle_count, IDLE_CLOSED },
    { "lost", COLUMN_NUMBER, write_idle_count, IDLE_LOST },
    { "censored", COLUMN_NUMBER, write_idle_count, IDLE_ENDED },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

/* "1.88 to 2.01" */
FIELD(write_idle_words)
{
    g_autoptr(GString) words = g_string_new(NULL);
    timeout_append(words, idle_bin_start(row->idle->first));
    if (row->idle->past < IDLE_BINS) {
        g_string_append(words, " to ");
        timeout_append(words, idle_bin_start(row->idle->past));
    } else {
        g_string_append(words, " or more");
    }
    table_word(table, words->str);
}

/* What the chart of a row shows. */
static uint64_t charted(const IdleRow *row)
{
    return row->count[IDLE_REUSED] + row->count[IDLE_CLOSED] + row->count[IDLE_LOST];
}

/* A count that is not 0 has a place of its own. */
FIELD(write_chart)
{
    static const struct {
        IdleEnd end;
        char mark;
    } marks[] = { { IDLE_REUSED, '-' }, { IDLE_CLOSED, '#' }, { IDLE_LOST, 'X' } };
    g_autoptr(GString) chart = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(marks); i++) {
        uint64_t count = row->idle->count[marks[i].end];
        double share = (double)count / (double)MAX(row->idle->most, 1);
        for (int places = count ? MAX(1, (int)(share * CHART_WIDTH)) : 0; places > 0; places--)
            g_string_append_c(chart, marks[i].mark);
    }
    table_word(table, chart->str);
}

const Column IDLE_SCREEN_COLUMNS[] = {
    { "idle_s", COLUMN_LABEL, write_idle_words, 0 },
    { "chart", COLUMN_LABEL, write_chart, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

/* The rows of one server, ascending. */
static GArray *idle_rows(const Server *server, unsigned width)
{
    GArray *rows = g_array_new(FALSE, TRUE, sizeof(IdleRow));
    unsigned count;
    const IdleBin *bins = idle_bins(&server->idle, &count);
    IdleRow *row = NULL;
    uint64_t most = 0;
    for (unsigned i = 0; i < count; i++) {
        unsigned first = bins[i].bin / width * width;
        if (!row || row->first != first) {
            g_array_set_size(rows, rows->len + 1);
            row = &g_array_index(rows, IdleRow, rows->len - 1);
            *row = (IdleRow){ .server = server, .first = first, .past = first + width };
        }
        for (IdleEnd end = 0; end < IDLE_END_COUNT; end++)
            row->count[end] += bins[i].count[end];
        most = MAX(most, charted(row));
    }
    for (guint i = 0; i < rows->len; i++)
        g_array_index(rows, IdleRow, i).most = most;
    return rows;
}

void write_idle_rows(Table *table, const Servers *servers, bool coarse)
{
    for (unsigned i = 0; i < servers_count(servers); i++) {
        g_autoptr(GArray) rows = idle_rows(servers_at(servers, i), coarse ? IDLE_COARSE : 1);
        for (guint k = 0; k < rows->len; k++) {
            RowSource source = { .idle = &g_array_index(rows, IdleRow, k) };
            if (!coarse || charted(source.idle) > 0) /* else it would show zeros alone */
                table_row(table, &source);
        }
    }
}

/* How bad a row is --------------------------------------------------------------------------- */

RowRank rank_server(const RowSource *row)
{
    RowRank rank = { .lost = row->server->lost };
    for (Verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
        if (row->server->verdicts[verdict] > 0)
            rank.kinds |= PICK_VERDICT(verdict);
    return rank;
}

RowRank rank_pair(const RowSource *row)
{
    return (RowRank){ .lost = row->pair->lost };
}
