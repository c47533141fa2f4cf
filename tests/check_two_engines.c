/* Two engines, each with a part of the shards, are fed the same frames one after the other:
 * merged, what they hand out, count and tell is what one engine with all of them has, also where
 * memory is so short that connections are given up. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "packets/connection_trace.h"
#include "packets/evidence_list.h"
#include "recording.h"
#include "report/connection_page.h"
#include "report/rows.h"
#include "report/server_rows.h"

#define COPIES 8
#define ENGINES_MAX 2

static Recording *crowd;

static const RowFile FILE_ = { .path = "x.pcap", .time_digits = 9 };

/* A listener of its own that writes down every frame it is told of. */
typedef struct FrameLog {
    GString *text;
} FrameLog;

static void log_frame(void *data, const Frame *frame, const FrameResult *result)
{
    FrameLog *log = data;
    g_string_append_printf(log->text, "%" G_GUINT64_FORMAT " %d %" G_GUINT64_FORMAT "\n",
                           frame_number(frame->id), (int)result->result,
                           result->segment ? frame_number(result->owner.belongs) : 0);
}

/* What comes out of the frames, in text. */
typedef struct Results {
    char *rows[3]; /* by RowKind */
    char *servers, *pairs, *page;
    GString *frames;
    AuditTotals totals;
    EvidenceList *evidence;
} Results;

typedef struct Group {
    unsigned count;
    Engine *engines[ENGINES_MAX];
    Servers *servers[ENGINES_MAX];
    EvidenceList *evidence[ENGINES_MAX];
    ConnectionTrace *trace; /* of all of them */
    FrameLog log;           /* likewise */
    GArray *rows;           /* AuditRow: of all of them */
} Group;

static void group_open(Group *group, const ShardSet *sets, unsigned count, size_t memory,
                       FrameId shown)
{
    ConnectionName name = { .frame = shown };
    *group = (Group){ .count = count, .rows = g_array_new(FALSE, FALSE, sizeof(AuditRow)) };
    group->trace = connection_trace_new(&name, &TRACE_LIMITS_DEFAULT);
    group->log.text = g_string_new(NULL);
    for (unsigned i = 0; i < count; i++) {
        EngineOptions options = engine_options_default();
        group->servers[i] = servers_new(&SERVERS_LIMITS_DEFAULT);
        group->evidence[i] = evidence_list_new(20);
        options.shards = sets[i];
        options.limits.memory = memory;
        options.audit.texts.wish = TEXT_WISH_ALL;
        options.audit.exchange_rows = options.audit.finding_rows = true;
        options.audit.all_connections = true;
        audit_listen(&options.audit, audit_listener_of_servers(group->servers[i]));
        audit_listen(&options.audit, evidence_list_listener(group->evidence[i]));
        if (shown)
            audit_listen(&options.audit, connection_trace_listener(group->trace));
        audit_listen(&options.audit, (AuditListener){ .data = &group->log, .frame = log_frame });
        group->engines[i] = engine_new(&options);
    }
}

/* The rows that each engine has ready stand in the order by which they are merged. */
static void take_rows(Group *group)
{
    for (unsigned i = 0; i < group->count; i++) {
        AuditRow row, before;
        bool first = true;
        while (engine_next(group->engines[i], &row)) {
            ck_assert(first || audit_row_compare(&before, &row) < 0);
            before = row;
            first = false;
            g_array_append_val(group->rows, row);
        }
    }
}

static void group_feed(Group *group)
{
    FrameBatch batch = { .count = 1 };
    for (guint at = 0; at < crowd->takes->len; at++) {
        batch.frames[0] = recording_take(crowd, at)->frame;
        batch.frames[0].id = frame_id(1, at + 1);
        for (unsigned i = 0; i < group->count; i++)
            engine_feed(group->engines[i], &batch);
        if (at % 1000 == 0)
            take_rows(group);
    }
    for (unsigned i = 0; i < group->count; i++)
        engine_finish(group->engines[i]);
    take_rows(group);
}

static char *close_table(Table *table, FILE *out, char **text)
{
    ck_assert(table_flush(table, NULL));
    table_free(table);
    fclose(out);
    return *text;
}

static void write_rows(Group *group, Results *results)
{
    size_t size;
    FILE *out[3];
    Table *tables[3];
    for (int kind = 0; kind < 3; kind++)
        out[kind] = open_memstream(&results->rows[kind], &size);
    tables[ROW_EXCHANGE] = table_new(out[ROW_EXCHANGE], TABLE_CSV, EXCHANGE_COLUMNS);
    tables[ROW_CONNECTION] = table_new(out[ROW_CONNECTION], TABLE_CSV, CONNECTION_COLUMNS);
    tables[ROW_FINDING] = table_new(out[ROW_FINDING], TABLE_CSV, FINDING_COLUMNS);
    g_array_sort(group->rows, audit_row_compare);
    for (guint i = 0; i < group->rows->len; i++) {
        AuditRow *row = &g_array_index(group->rows, AuditRow, i);
        if (row->kind == ROW_EXCHANGE)
            write_exchange_row(tables[row->kind], &row->exchange, &FILE_);
        else if (row->kind == ROW_CONNECTION)
            write_connection_row(tables[row->kind], &row->connection, &FILE_);
        else
            write_finding_row(tables[row->kind], &row->finding, &FILE_);
        audit_row_clear(row);
    }
    for (int kind = 0; kind < 3; kind++)
        close_table(tables[kind], out[kind], &results->rows[kind]);
}

static void write_servers(Group *group, Results *results)
{
    size_t size;
    for (unsigned i = 1; i < group->count; i++)
        servers_merge(group->servers[0], group->servers[i]);
    servers_finish(group->servers[0]);
    FILE *out = open_memstream(&results->servers, &size);
    Table *table = table_new(out, TABLE_CSV, SERVER_COLUMNS);
    write_server_rows(table, group->servers[0]);
    close_table(table, out, &results->servers);
    out = open_memstream(&results->pairs, &size);
    table = table_new(out, TABLE_CSV, PAIR_COLUMNS);
    write_pair_rows(table, group->servers[0]);
    close_table(table, out, &results->pairs);
}

static void group_close(Group *group, Results *results)
{
    *results = (Results){ .frames = group->log.text };
    write_rows(group, results);
    write_servers(group, results);
    GString *page = g_string_new(NULL);
    const TracedConnection *traced = connection_trace_result(group->trace, &THRESHOLDS_DEFAULT);
    if (traced)
        connection_page_append(page, traced, &FILE_, false);
    results->page = g_string_free(page, FALSE);
    for (unsigned i = 0; i < group->count; i++) {
        audit_totals_add(&results->totals, engine_counters(group->engines[i]),
                         engine_stream_counters(group->engines[i]));
        if (i)
            evidence_list_merge(group->evidence[0], group->evidence[i]);
    }
    results->evidence = g_steal_pointer(&group->evidence[0]);
    connection_trace_free(group->trace);
    g_array_unref(group->rows);
    for (unsigned i = 0; i < group->count; i++) {
        engine_free(group->engines[i]);
        servers_free(group->servers[i]);
        evidence_list_free(group->evidence[i]);
    }
}

static void results_clear(Results *results)
{
    for (int kind = 0; kind < 3; kind++)
        free(results->rows[kind]);
    free(results->servers);
    free(results->pairs);
    g_free(results->page);
    g_string_free(results->frames, TRUE);
    evidence_list_free(results->evidence);
}

static void run_engines(const ShardSet *sets, unsigned count, size_t memory, FrameId shown,
                        Results *ret_results)
{
    Group group;
    group_open(&group, sets, count, memory, shown);
    group_feed(&group);
    group_close(&group, ret_results);
}

static void expect_same(const Results *one, const Results *two)
{
    for (int kind = 0; kind < 3; kind++)
        ck_assert_msg(strcmp(one->rows[kind], two->rows[kind]) == 0, "rows of kind %d", kind);
    ck_assert_msg(strcmp(one->servers, two->servers) == 0, "servers");
    ck_assert_msg(strcmp(one->pairs, two->pairs) == 0, "pairs");
    ck_assert_str_eq(one->page, two->page);
    ck_assert_msg(g_string_equal(one->frames, two->frames), "what is told of frames");
    ck_assert_msg(memcmp(&one->totals, &two->totals, sizeof one->totals) == 0, "totals");
    ck_assert_msg(evidence_list_equal(one->evidence, two->evidence), "evidence");
}

static const ShardSet HALVES[] = { 0x00000000ffffffff, 0x5555555555555555, 0x123456789abcdef1, 1 };

static const struct {
    size_t memory;
    bool evicts;
} ROOMS[] = { { (size_t)400 << 20, false }, { (size_t)400 << 10, true } };

START_TEST(test_rows)
{
    Results one, two;
    const ShardSet all = SHARDS_ALL;
    run_engines(&all, 1, ROOMS[_i].memory, 0, &one);
    ck_assert_uint_gt(one.totals.audit.frames, 2 * 4096); /* some ticks */
    ck_assert_uint_gt(one.evidence->left_out, 0);
    ck_assert_int_eq(one.totals.streams.evicted > 0, ROOMS[_i].evicts);
    for (size_t i = 0; i < G_N_ELEMENTS(HALVES); i++) {
        const ShardSet sets[] = { HALVES[i], ~HALVES[i] };
        run_engines(sets, 2, ROOMS[_i].memory, 0, &two);
        expect_same(&one, &two);
        results_clear(&two);
    }
    results_clear(&one);
}
END_TEST

/* The page of a connection, whoever has it. */
START_TEST(test_page)
{
    Results one, two;
    const ShardSet all = SHARDS_ALL, sets[] = { HALVES[0], ~HALVES[0] };
    run_engines(&all, 1, ROOMS[0].memory, frame_id(1, 1), &one);
    run_engines(sets, 2, ROOMS[0].memory, frame_id(1, 1), &two);
    ck_assert_uint_gt(strlen(one.page), 0);
    expect_same(&one, &two);
    results_clear(&one);
    results_clear(&two);
}
END_TEST

int main(void)
{
    g_autoptr(GPtrArray) samples = recordings_of_samples();
    g_autoptr(GPtrArray) copies = g_ptr_array_new();
    for (unsigned copy = 0; copy < COPIES; copy++)
        for (guint i = 0; i < samples->len; i++)
            g_ptr_array_add(copies, g_ptr_array_index(samples, i));
    crowd = recordings_merge(copies, 10 * NS_PER_MS);
    Suite *suite = suite_create("two engines");
    TCase *tcase = tcase_create("two engines");
    tcase_add_loop_test(tcase, test_rows, 0, G_N_ELEMENTS(ROOMS));
    tcase_add_test(tcase, test_page);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    recording_free(crowd);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
