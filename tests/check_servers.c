/* Servers and pairs: what each kind of exchange adds, the limits, and that any split of the
 * exchanges among several tables gives the same bytes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/server_rows.h"
#include "servers/mismatch.h"
#include "told.h"

/* Both reports, and the findings' sentences. */
static char *written(Servers *servers)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    servers_finish(servers);
    Table *table = table_new(out, TABLE_CSV, SERVER_COLUMNS);
    write_server_rows(table, servers);
    ck_assert(table_flush(table, NULL));
    table_free(table);
    table = table_new(out, TABLE_CSV, PAIR_COLUMNS);
    write_pair_rows(table, servers);
    ck_assert(table_flush(table, NULL));
    table_free(table);
    for (unsigned i = 0; i < servers_pair_count(servers); i++) {
        PairFinding row;
        if (!pair_mismatch(servers_pair_at(servers, i), false, &row))
            continue;
        fprintf(out, "%u:", (unsigned)frame_number(row.connection));
        for (unsigned n = 0; n < row.finding.frame_count; n++)
            fprintf(out, " %u", (unsigned)frame_number(row.finding.frames[n]));
        fprintf(out, " x%u %s\n", row.finding.count, row.finding.message);
        finding_clear(&row.finding);
    }
    fprintf(out, "%u %u\n", (unsigned)servers_left_out(servers),
            (unsigned)servers_pairs_left_out(servers));
    fclose(out);
    char *own = g_strdup(text);
    free(text);
    return own;
}

/* What each adds ------------------------------------------------------------------------------- */

START_TEST(mismatch)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, true);
    servers_finish(servers);
    const Server *server = servers_at(servers, 0);
    ck_assert_uint_eq(servers_count(servers), 1);
    ck_assert_uint_eq(servers_pair_count(servers), 2);
    ck_assert_int_eq(server->mismatch, MISMATCH_YES);
    ck_assert_uint_eq(server->estimate.closes, 22);
    ck_assert_int_eq(server->estimate.spikes[0].timeout, told_seconds(5));
    ck_assert_uint_eq(server->reuses, 5);
    ck_assert_uint_eq(server->races, 2);
    ck_assert_uint_eq(server->lost_risky, 2);
    ck_assert_uint_eq(server->risky, 5);
    ck_assert_int_eq(server->longest_reused, told_seconds(4.5));
    const Pair *innocent = servers_pair_at(servers, 0), *pair = servers_pair_at(servers, 1);
    ck_assert_uint_eq(innocent->lost, 0);
    ck_assert_uint_eq(pair->lost, 2);
    ck_assert_uint_eq(pair->reuses, 5);
    ck_assert_int_eq(pair->longest_tried, told_seconds(4.99) + 1);
    ck_assert_int_eq(pair->longest_reused, told_seconds(4.5));
    PairFinding row;
    ck_assert(!pair_mismatch(innocent, false, &row));
    ck_assert(!pair_mismatch(pair, true, &row)); /* none of its requests matches */
    ck_assert(pair_mismatch(pair, false, &row));
    ck_assert_uint_eq(row.connection, frame_id(1, 2000));
    ck_assert_uint_eq(row.finding.exchange, 2);
    ck_assert_uint_eq(row.finding.count, 2);
    ck_assert_uint_eq(row.finding.frame_count, 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(row.finding.frames[i], frame_id(1, 2004 + i / 2 * 10 + i % 2));
    ck_assert_str_eq(row.finding.evidence, "c=101 a=51");
    ck_assert_ptr_nonnull(strstr(row.finding.message, "after 5.00 s (n = 22)"));
    finding_clear(&row.finding);
}
END_TEST

/* The same without a loss: worth knowing, no finding. */
START_TEST(near_mismatch)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    told_mismatch(servers, false);
    servers_finish(servers);
    ck_assert_int_eq(servers_at(servers, 0)->mismatch, MISMATCH_NEAR);
    PairFinding row;
    ck_assert(!pair_mismatch(servers_pair_at(servers, 1), false, &row));
}
END_TEST

static void tell_encrypted(Servers *servers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        ToldExchange told;
        told_make(&told, 1, 7, i + 1);
        Nanoseconds idle = told_seconds(5) + i * NS_PER_MS;
        servers_encrypted_idle(servers, &told.connection, 0, idle,
                               TOLD_START + idle + i * NS_PER_SECOND);
    }
}

/* Connections that nobody can read support a timeout that others show, and show none alone. */
START_TEST(encrypted)
{
    g_autoptr(Servers) alone = servers_new(&SERVERS_LIMITS_DEFAULT);
    g_autoptr(Servers) beside = servers_new(&SERVERS_LIMITS_DEFAULT);
    ToldExchange told;
    tell_encrypted(alone, 20);
    servers_finish(alone);
    const Server *server = servers_at(alone, 0);
    ck_assert_uint_eq(server->encrypted_idles, 20);
    ck_assert_uint_eq(server->connections, 0);
    ck_assert_uint_eq(server->estimate.closes, 20);
    ck_assert_uint_eq(server->estimate.count, 0);
    ck_assert_int_eq(server->estimate.doubt, TIMEOUT_UNREAD);
    tell_encrypted(beside, 20);
    told_make(&told, 1, 7, 100);
    told_closed(&told, ENDER_SERVER, told_seconds(5.01));
    told_tell(beside, &told);
    servers_finish(beside);
    server = servers_at(beside, 0);
    ck_assert_uint_eq(server->estimate.closes, 21);
    ck_assert_uint_eq(server->estimate.count, 1);
    ck_assert_int_eq(server->estimate.spikes[0].timeout, told_seconds(5));
}
END_TEST

/* A lost request after a short idle is no mismatch: a restart, or chance. */
START_TEST(lost_early)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    ToldExchange told;
    for (unsigned i = 0; i < 20; i++) {
        told_make(&told, 1, 7, i + 1);
        told_closed(&told, ENDER_SERVER, told_seconds(5) + i * NS_PER_MS);
        told.ending.stamp.time += i * NS_PER_SECOND;
        told.exchange.response.last.time += i * NS_PER_SECOND;
        told.exchange.burst_start += i * NS_PER_SECOND;
        told_tell(servers, &told);
    }
    told_make(&told, 1, 7, 100);
    told_raced(&told, told_seconds(2), told_seconds(2) - 1);
    told_tell(servers, &told);
    told_lost(&told);
    told_tell(servers, &told);
    servers_finish(servers);
    ck_assert_uint_eq(servers_at(servers, 0)->races, 1);
    ck_assert_int_eq(servers_at(servers, 0)->mismatch, MISMATCH_NONE);
    PairFinding row;
    ck_assert(!pair_mismatch(servers_pair_at(servers, 0), false, &row));
}
END_TEST

/* Ends `count` connections of server 7 with exchange `number`; announced or not. */
static void tell_limit(Servers *servers, unsigned count, uint32_t number, bool announced)
{
    for (unsigned i = 0; i < count; i++) {
        ToldExchange told;
        told_make(&told, 1, 7, i + 1);
        told.exchange.number = number;
        told_closed(&told, ENDER_SERVER, NS_PER_MS);
        if (announced)
            told.judgement.declaration = (Declaration){ .declared = DECLARED_CLOSE,
                                                        .by = PARTY_SERVER,
                                                        .basis = BASIS_OPTION };
        told_tell(servers, &told);
    }
}

static int64_t inferred_max(unsigned count, uint32_t number, bool announced, uint32_t further)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    tell_limit(servers, count, number, announced);
    ToldExchange told;
    told_make(&told, 1, 7, 1000);
    told_reused(&told, NS_PER_MS);
    told.exchange.number = further;
    told_tell(servers, &told);
    servers_finish(servers);
    return servers_at(servers, 0)->inferred_max;
}

START_TEST(limit_of_requests)
{
    ck_assert_int_eq(inferred_max(SERVER_MAX_LEAST, 100, true, 3), 100);
    ck_assert_int_eq(inferred_max(SERVER_MAX_LEAST, 100, false, 3), 100);
    ck_assert_int_eq(inferred_max(SERVER_MAX_LEAST - 1, 100, true, 3), -1); /* thin */
    ck_assert_int_eq(inferred_max(SERVER_MAX_LEAST, 100, true, 101), -1);   /* one went on */
    ck_assert_int_eq(inferred_max(SERVER_MAX_LEAST, 100, true, 100), -1);   /* one was reused */
    ck_assert_int_eq(inferred_max(20, 1, true, 1), -1); /* it keeps no connection at all */
}
END_TEST

START_TEST(kinds_of_closes)
{
    g_autoptr(Servers) servers = servers_new(&SERVERS_LIMITS_DEFAULT);
    ToldExchange told;
    told_make(&told, 1, 7, 1);
    told_closed(&told, ENDER_CLIENT, told_seconds(9));
    told_tell(servers, &told);
    told_make(&told, 1, 7, 2);
    told_closed(&told, ENDER_SERVER, told_seconds(0.2)); /* undeclared, and yet idle */
    told_tell(servers, &told);
    told_make(&told, 1, 7, 3);
    told_closed(&told, ENDER_SERVER, NS_PER_MS); /* undeclared, and at once */
    told_tell(servers, &told);
    told_make(&told, 1, 7, 4);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.exchange.burst_start -= told_seconds(3); /* a slow reader: idle for 5 s, or for 8 */
    told_tell(servers, &told);
    told_make(&told, 1, 7, 5);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.judgement.cause = CAUSE_MAX_REACHED;
    told_tell(servers, &told);
    told_make(&told, 1, 7, 6);
    told_closed(&told, ENDER_SERVER, told_seconds(5));
    told.ending.latest_only = true; /* the FIN was lost: it is not known when */
    told_tell(servers, &told);
    servers_finish(servers);
    const Server *server = servers_at(servers, 0);
    ck_assert_uint_eq(server->estimate.closes, 1);
    ck_assert_uint_eq(idle_count(&server->idle, IDLE_ENDED, 0), 2);
    ck_assert_uint_eq(server->undeclared_closes, 2);
    ck_assert_uint_eq(server->connections, 6);
    ck_assert_uint_eq(server->exchanges, 6);
    ck_assert_uint_eq(server->declared_keep_alive, 6);
    ck_assert_uint_eq(server->verdicts[VERDICT_CONTRADICTED], 2);
}
END_TEST

/* Order, shards, bounds ------------------------------------------------------------------------ */

#define TOLD 3000

static ToldExchange any_exchange(uint64_t *dice, unsigned number)
{
    ToldExchange told;
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    uint64_t d = *dice >> 8;
    told_make(&told, d % 5, d / 5 % 7, number);
    Nanoseconds idle = told_seconds(5) + (Nanoseconds)(d / 64 % 1000) * NS_PER_MS / 5;
    told.exchange.number = 1 + d / 1024 % 4;
    if (d / 4096 % 3 == 0)
        told.judgement.stated_timeout = (int64_t)(d / 8192 % 12);
    switch (d / 35 % 5) {
    case 0:
        told_reused(&told, idle - (Nanoseconds)(d % 5000) * NS_PER_MS);
        break;
    case 1:
        told_closed(&told, ENDER_CLIENT, idle / 2);
        break;
    case 2:
        told_raced(&told, idle, idle - (Nanoseconds)(d % 3000) * NS_PER_MS);
        break;
    default:
        told_closed(&told, ENDER_SERVER, idle);
        break;
    }
    Nanoseconds later = number * NS_PER_SECOND / 10;
    told.exchange.request.first.time += later;
    told.exchange.response.last.time += later;
    told.exchange.burst_start += later;
    told.exchange.next_request.time += later;
    told.ending.stamp.time += later;
    told.ending.server.stamp.time += later;
    return told;
}

static void any_split(const ServersLimits *limits, unsigned shards, uint64_t seed)
{
    uint64_t dice = seed;
    g_autofree ToldExchange *told = g_new(ToldExchange, TOLD);
    for (unsigned i = 0; i < TOLD; i++)
        told[i] = any_exchange(&dice, i + 1);
    g_autoptr(Servers) whole = servers_new(limits);
    for (unsigned i = 0; i < TOLD; i++)
        told_tell(whole, &told[i]);
    Servers *parts[8];
    for (unsigned s = 0; s < shards; s++)
        parts[s] = servers_new(limits);
    for (unsigned i = TOLD; i-- > 0;) /* and in another order */
        told_tell(parts[(i * 2654435761u >> 7) % shards], &told[i]);
    for (unsigned s = shards - 1; s > 0; s--) {
        servers_merge(parts[0], parts[s]);
        servers_free(parts[s]);
    }
    g_autofree char *expected = written(whole), *got = written(parts[0]);
    ck_assert_str_eq(got, expected);
    servers_free(parts[0]);
}

START_TEST(any_split_gives_the_same)
{
    for (unsigned shards = 1; shards <= 8; shards++) {
        any_split(&SERVERS_LIMITS_DEFAULT, shards, 0x9e3779b97f4a7c15 + (uint64_t)_i * 2);
        any_split(&(ServersLimits){ .servers = 3, .pairs = 4 }, shards, 77 + (uint64_t)_i * 2);
    }
}
END_TEST

START_TEST(bounds)
{
    g_autoptr(Servers) servers = servers_new(&(ServersLimits){ .servers = 2, .pairs = 3 });
    for (unsigned i = 10; i-- > 0;) {
        ToldExchange told;
        told_make(&told, 1, 10 + i, i + 1);
        told_closed(&told, ENDER_CLIENT, told_seconds(1));
        told_tell(servers, &told);
    }
    servers_finish(servers);
    ck_assert_uint_eq(servers_count(servers), 2);
    ck_assert_uint_eq(servers_pair_count(servers), 3);
    ck_assert_uint_eq(servers_at(servers, 0)->key.address.bytes[3], 10);
    ck_assert_uint_eq(servers_at(servers, 1)->key.address.bytes[3], 11);
    ck_assert_uint_eq(servers_left_out(servers), 8);
    ck_assert_uint_eq(servers_pairs_left_out(servers), 7);
    ck_assert_ptr_null(servers_pair_at(servers, 2)->server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("servers");
    TCase *tcase = tcase_create("what is told");
    tcase_add_test(tcase, mismatch);
    tcase_add_test(tcase, near_mismatch);
    tcase_add_test(tcase, lost_early);
    tcase_add_test(tcase, encrypted);
    tcase_add_test(tcase, limit_of_requests);
    tcase_add_test(tcase, kinds_of_closes);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("sums");
    tcase_add_loop_test(tcase, any_split_gives_the_same, 0, 5);
    tcase_add_test(tcase, bounds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
