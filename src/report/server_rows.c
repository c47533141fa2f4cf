#include "report/server_rows.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "report/columns.h"

/* Servers -------------------------------------------------------------------------------------- */

FIELD(write_server_ip)
{
    write_address(table, &row->server->key.address);
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
    write_address(table, &row->pair->key.client);
}

FIELD(write_pair_server_ip)
{
    write_address(table, &row->pair->key.server.address);
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
