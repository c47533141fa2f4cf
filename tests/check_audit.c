/* One connection from its stream's events to rows: an exchange becomes a row when a later answer
 * has settled it, the rest when the connection ends; listeners are called in that order; and
 * packing the audit in between changes nothing. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/audit.h"

#define CLIENT 0
#define SERVER 1
#define GET(target) "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

typedef struct Scene {
    Auditor auditor;
    Connection connection;
    uint64_t frame;
} Scene;

/* Two listeners, who sign with their letter. */
typedef struct Ear {
    char letter;
    GString *heard;
} Ear;

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    const Ear *ear = data;
    g_string_append_printf(ear->heard, "%c%u ", ear->letter, judged->exchange->number);
}

static void hear_end(void *data, const EndedConnection *ended)
{
    const Ear *ear = data;
    g_string_append_printf(ear->heard, "%cend(%u,%d) ", ear->letter,
                           (unsigned)ended->position.order, (int)ended->position.step);
}

static AuditListener listener_of(Ear *ear)
{
    return (AuditListener){ .data = ear, .exchange = hear_exchange, .ended = hear_end };
}

static void scene_open(Scene *scene, const AuditOptions *options)
{
    *scene = (Scene){ .connection = { .first_frame = frame_id(1, 1), .opener_known = true } };
    for (int side = 0; side < 2; side++) {
        scene->connection.half[side].seen = true;
        scene->connection.half[side].acked = NO_OFFSET;
    }
    auditor_init(&scene->auditor, options);
}

static void scene_close(Scene *scene)
{
    ck_assert_ptr_null(scene->connection.owner);
    for (guint i = 0; i < scene->auditor.rows->len; i++)
        audit_row_clear(&g_array_index(scene->auditor.rows, AuditRow, i));
    auditor_clear(&scene->auditor);
}

static void next_frame(Scene *scene)
{
    scene->frame++;
    scene->auditor.order = scene->frame;
    scene->connection.last_frame = frame_id(1, scene->frame);
    scene->connection.last_order = scene->frame;
    scene->connection.last_time = (Nanoseconds)scene->frame * NS_PER_MS;
    capture_clock_see(&scene->auditor.clock, scene->frame, scene->connection.last_time);
}

/* In order, and with all of the other side's bytes received. */
static void say(Scene *scene, int side, const char *text)
{
    Half *half = &scene->connection.half[side];
    next_frame(scene);
    StreamEvent event = { .kind = STREAM_DATA,
                          .side = side,
                          .connection = &scene->connection,
                          .stamp = { .frame = scene->connection.last_frame,
                                     .time = scene->connection.last_time,
                                     .offset = half->next,
                                     .acked = scene->connection.half[!side].next },
                          .data = span_of_text(text),
                          .segment_start = true,
                          .quiet_acked = NO_OFFSET };
    scene->connection.half[!side].acked = event.stamp.acked;
    half->next = half->high = half->next + (int64_t)strlen(text);
    half->payload += strlen(text);
    auditor_take(&scene->auditor, &event);
}

static void pack(Scene *scene)
{
    StreamEvent event = { .kind = STREAM_PACK, .connection = &scene->connection };
    size_t before = scene->connection.owner_size;
    auditor_take(&scene->auditor, &event);
    ck_assert(scene->connection.owner_rests);
    ck_assert_uint_lt(scene->connection.owner_size, before);
}

static void end(Scene *scene, ConnectionEnd how)
{
    scene->connection.end = how;
    StreamEvent event = { .kind = STREAM_END, .connection = &scene->connection };
    auditor_take(&scene->auditor, &event);
}

/* "E1 C F" of the rows so far. */
static char *rows_of(const Scene *scene)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < scene->auditor.rows->len; i++) {
        const AuditRow *row = &g_array_index(scene->auditor.rows, AuditRow, i);
        g_string_append(text, i ? " " : "");
        g_string_append_c(text, "ECF"[row->kind]);
        if (row->kind == ROW_EXCHANGE)
            g_string_append_printf(text, "%u", row->exchange.exchange.number);
    }
    return g_string_free(text, FALSE);
}

static void expect_rows(const Scene *scene, const char *expected)
{
    g_autofree char *rows = rows_of(scene);
    ck_assert_str_eq(rows, expected);
}

/* _i: whether the audit is packed wherever it can be. */
START_TEST(test_rows)
{
    Scene scene;
    g_autoptr(GString) heard = g_string_new(NULL);
    Ear ears[] = { { 'a', heard }, { 'b', heard } };
    AuditOptions options = audit_options_default();
    options.exchange_rows = true;
    for (size_t i = 0; i < G_N_ELEMENTS(ears); i++)
        audit_listen(&options, listener_of(&ears[i]));
    scene_open(&scene, &options);

    const char *const words[] = { GET("/1"), OK, GET("/2"), OK };
    static const char *const rows[] = { "", "", "", "E1" };
    for (int i = 0; i < 4; i++) {
        say(&scene, i % 2, words[i]);
        expect_rows(&scene, rows[i]);
        if (_i)
            pack(&scene);
    }
    ck_assert_str_eq(heard->str, "a1 b1 ");
    end(&scene, CONNECTION_UNENDED);
    expect_rows(&scene, "E1 E2 C");
    ck_assert_str_eq(heard->str, "a1 b1 a2 b2 aend(4,3) bend(4,3) ");

    const AuditRow *first = &g_array_index(scene.auditor.rows, AuditRow, 0);
    const AuditRow *last = &g_array_index(scene.auditor.rows, AuditRow, 2);
    ck_assert(first->step == STEP_FRAME && last->step == STEP_OPEN_AT_END);
    ck_assert_int_eq(first->exchange.judgement.verdict, VERDICT_AS_DECLARED);
    ck_assert_uint_eq(last->connection.facts.exchanges, 2);
    ck_assert_str_eq(last->connection.decision.host, "h");
    ck_assert_uint_eq(scene.auditor.counters.exchanges, 2);
    ck_assert_uint_eq(scene.auditor.counters.http_connections, 1);
    scene_close(&scene);
}
END_TEST

/* A connection without HTTP has a row only if all are wanted. */
START_TEST(test_no_http)
{
    Scene scene;
    AuditOptions options = audit_options_default();
    options.all_connections = _i;
    scene_open(&scene, &options);
    say(&scene, CLIENT, "\x16\x03\x01 no HTTP");
    end(&scene, CONNECTION_FINAL);
    expect_rows(&scene, _i ? "C" : "");
    ck_assert_uint_eq(scene.auditor.counters.http_connections, 0);
    scene_close(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("audit");
    TCase *tcase = tcase_create("audit");
    tcase_add_loop_test(tcase, test_rows, 0, 2);
    tcase_add_loop_test(tcase, test_no_http, 0, 2);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
