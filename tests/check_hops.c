/* Blocks: which rows come, whatever the order of the exchanges and the size of the blocks; and what
 * is given up when too many overlap. */
#include <check.h>
#include <stdlib.h>

#include "legs.h"

#define HEAD_OF(path) "GET " path " HTTP/1.1\r\nUser-Agent: u\r\n"
#define OK "HTTP/1.1 200 OK\r\n"

#define FRONT(connection_, path, request_, response_)                                              \
    (LegWords)                                                                                     \
    {                                                                                              \
        .connection = connection_, .client = "192.0.2.10:4000", .server = "10.0.0.1:80",           \
        .asked = HEAD_OF(path), .answer = OK, .request = request_, .response = response_           \
    }
#define BACK(connection_, path, request_, response_)                                               \
    (LegWords)                                                                                     \
    {                                                                                              \
        .connection = connection_, .client = "10.0.0.1:5000", .server = "10.0.0.9:8080",           \
        .asked = HEAD_OF(path), .answer = OK, .request = request_, .response = response_           \
    }

/* Hops, and their rows as "front-back basis doubt", a line each. */
typedef struct Setting {
    Hops *hops;
    GString *rows;
} Setting;

static void take_row(void *data, const HopRow *row)
{
    Setting *setting = data;
    uint64_t front = row->front ? frame_number(row->front->path.connection) : 0;
    uint64_t back = row->back ? frame_number(row->back->path.connection) : 0;
    g_string_append_printf(setting->rows, "%u-%u %s%s\n", (unsigned)front, (unsigned)back,
                           hop_basis_name(row->basis), hop_doubt_name(row->doubt));
}

static void open_setting(Setting *setting, HopsLimits limits)
{
    setting->rows = g_string_new(NULL);
    HopsOptions options = { .limits = limits, .row = take_row, .data = setting };
    setting->hops = hops_new(&options);
}

static void close_setting(Setting *setting)
{
    hops_free(setting->hops);
    g_string_free(setting->rows, TRUE);
}

static Connection connection_of(const Leg *leg)
{
    return (Connection){ .first_frame = leg->path.connection,
                         .address = { leg->path.client.address, leg->path.server.address },
                         .port = { leg->path.client.port, leg->path.server.port } };
}

static Stamp stamp_of(Instant instant)
{
    return (Stamp){ .time = instant.time, .frame = instant.frame };
}

/* As it comes from the judge. */
static void feed(Setting *setting, LegWords words)
{
    Leg leg = leg_of_words(&words);
    Connection connection = connection_of(&leg);
    Judgement judgement = { 0 };
    leg.digest->request.head_time = leg.head.time;
    leg.digest->request.head_frame = leg.head.frame;
    Exchange exchange = { .number = leg.number,
                          .status = leg.status,
                          .digest = leg.digest,
                          .request = { .begun = true,
                                       .has_head = true,
                                       .complete = true,
                                       .version = HTTP_1_1,
                                       .first = stamp_of(leg.request),
                                       .last = stamp_of(leg.head) } };
    if (leg_is_answered(&leg))
        exchange.response = (MessageFacts){ .begun = true,
                                            .complete = true,
                                            .version = HTTP_1_1,
                                            .first = stamp_of(leg.response),
                                            .last = stamp_of(leg.response_end) };
    HopNews news =
        hop_news_exchange(&connection, 0, (ProxySource){ 0 }, true, &exchange, &judgement);
    hops_take(setting->hops, &news);
    exchange_digest_free(exchange.digest);
    leg.digest = NULL;
    leg_clear(&leg);
}

/* Bytes of the connection of these words have been read: its first exchange has begun. */
static void hear(Setting *setting, LegWords words)
{
    Leg leg = leg_of_words(&words);
    Connection connection = connection_of(&leg);
    HopNews news = hop_news_heard(&connection, 0, true, leg.request, 1);
    hops_take(setting->hops, &news);
    leg_clear(&leg);
}

static const HopsLimits LARGE = { .legs = 1000, .bytes = (size_t)1 << 30 };

/* Exchanges become final in any order. */
START_TEST(test_order)
{
    const LegWords words[] = { FRONT(1, "/a", 10, 90), BACK(2, "/a", 20, 80),
                               FRONT(3, "/b", 30, 95), BACK(4, "/b", 40, 70) };
    static const unsigned orders[][4] = {
        { 0, 1, 2, 3 }, { 3, 2, 1, 0 }, { 1, 0, 3, 2 }, { 2, 0, 3, 1 }
    };
    for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
        Setting setting;
        open_setting(&setting, LARGE);
        for (unsigned k = 0; k < 4; k++)
            feed(&setting, words[orders[i][k]]);
        ck_assert_str_eq(setting.rows->str, "");
        hops_finish(setting.hops);
        ck_assert_str_eq(setting.rows->str, "1-2 only\n3-4 only\n");
        close_setting(&setting);
    }
}
END_TEST

/* Pairs one after the other: the rows are the same, however few legs a block has, and each comes
 * once. */
START_TEST(test_blocks)
{
    enum { PAIRS = 40 };
    static const unsigned sizes[] = { 8, 9, 16, 31, 64, 1000 };
    g_autofree char *first = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        Setting setting;
        open_setting(&setting, (HopsLimits){ .legs = sizes[i], .bytes = LARGE.bytes });
        for (unsigned k = 0; k < PAIRS; k++) {
            LegWords front = FRONT(2 * k + 1, "/a", 100 * k + 10, 100 * k + 90);
            hear(&setting, front);
            feed(&setting, BACK(2 * k + 2, "/a", 100 * k + 20, 100 * k + 80));
            feed(&setting, front);
        }
        hops_finish(setting.hops);
        if (!first)
            first = g_strdup(setting.rows->str);
        ck_assert_str_eq(setting.rows->str, first);
        ck_assert_uint_eq(hops_counters(setting.hops).legs, 0);
        close_setting(&setting);
    }
    g_auto(GStrv) rows = g_strsplit(first, "\n", -1);
    ck_assert_uint_eq(g_strv_length(rows), PAIRS + 1);
    ck_assert_str_eq(rows[0], "1-2 only");
    ck_assert_str_eq(rows[PAIRS - 1], "79-80 only");
}
END_TEST

/* Legs that overlap all others do not leave with their block. If they are too many, all go, and are
 * counted; what overlaps them is `limit`, and what comes later is claimed again. */
START_TEST(test_too_many)
{
    enum { LEGS = 8, FAR = 100000 };
    Setting setting;
    open_setting(&setting, (HopsLimits){ .legs = LEGS, .bytes = LARGE.bytes });
    feed(&setting, FRONT(1, "/a", 10, 90));
    feed(&setting, BACK(2, "/a", 20, 80));
    for (unsigned i = 0; i < LEGS; i++)
        feed(&setting, FRONT(11 + i, "/long", 100 + i, FAR));
    /* of the first eight legs, two left with the pair; of the eight that wait then, six are old */
    ck_assert_uint_eq(hops_counters(setting.hops).legs, 8);
    feed(&setting, FRONT(31, "/b", FAR - 5000, FAR - 1000));
    feed(&setting, BACK(32, "/b", FAR - 4000, FAR - 2000));
    feed(&setting, FRONT(33, "/c", FAR + 1000, FAR + 5000));
    feed(&setting, BACK(34, "/c", FAR + 2000, FAR + 4000));
    hops_finish(setting.hops);
    ck_assert_uint_eq(hops_counters(setting.hops).legs, 8);
    const char *rows = setting.rows->str;
    ck_assert_msg(g_str_has_prefix(rows, "1-2 only\n"), "%s", rows);
    ck_assert_msg(strstr(rows, "\n18-0 limit\n") != NULL, "%s", rows);
    ck_assert_msg(strstr(rows, "\n31-0 limit\n0-32 limit\n33-34 only\n") != NULL, "%s", rows);
    close_setting(&setting);
}
END_TEST

/* The bound of bytes is one, too. */
START_TEST(test_bytes)
{
    Setting setting;
    open_setting(&setting, (HopsLimits){ .legs = 1000, .bytes = 1 });
    feed(&setting, FRONT(1, "/a", 10, 90));
    ck_assert_uint_eq(hops_counters(setting.hops).legs, 1);
    close_setting(&setting);
}
END_TEST

/* When a block ends, an exchange that has begun and not come may be the partner: nothing of its
 * time is claimed. */
START_TEST(test_pending)
{
    for (unsigned pending = 0; pending < 2; pending++) {
        Setting setting;
        open_setting(&setting, (HopsLimits){ .legs = 8, .bytes = LARGE.bytes });
        if (pending)
            hear(&setting, BACK(50, "/a", 15, 99));
        feed(&setting, FRONT(1, "/a", 10, 90));
        feed(&setting, BACK(2, "/a", 20, 80));
        for (unsigned i = 0; i < 6; i++)
            feed(&setting, FRONT(11 + i, "/later", 1000 + i, 1100));
        const char *rows = setting.rows->str;
        ck_assert_msg(g_str_has_prefix(rows, pending ? "" : "1-2 only\n"), "%s", rows);
        ck_assert_msg(!pending || !strstr(rows, "1-2"), "%s", rows);
        close_setting(&setting);
    }
}
END_TEST

/* What becomes final after the block of its time has left finds no partner any more. */
START_TEST(test_late)
{
    Setting setting;
    open_setting(&setting, (HopsLimits){ .legs = 8, .bytes = LARGE.bytes });
    for (unsigned i = 0; i < 8; i++)
        feed(&setting, i % 2 ? BACK(10 + i, "/a", 100 * i, 100 * i + 30)
                             : FRONT(10 + i, "/a", 100 * i + 80, 100 * i + 150));
    feed(&setting, FRONT(1, "/z", 10, 90));
    feed(&setting, BACK(2, "/z", 20, 80));
    hops_finish(setting.hops);
    const char *rows = setting.rows->str;
    ck_assert_msg(strstr(rows, "10-11 only\n") != NULL, "%s", rows);
    ck_assert_msg(strstr(rows, "1-0 limit\n") != NULL && !strstr(rows, "1-2 "), "%s", rows);
    close_setting(&setting);
}
END_TEST

/* Gaps are counted that cannot be kept, and nothing of their time is claimed. */
START_TEST(test_holes)
{
    enum { LEGS = 8 };
    Setting setting;
    open_setting(&setting, (HopsLimits){ .legs = LEGS, .bytes = LARGE.bytes });
    LegWords words = BACK(99, "/a", 1, 2);
    Leg leg = leg_of_words(&words);
    Connection connection = connection_of(&leg);
    for (unsigned i = 0; i < LEGS + 3; i++) {
        Instant to = { (i < LEGS ? 2 : 50) * NS_PER_MS, 2 };
        HopNews news = hop_news_hidden(&connection, 0, (Instant){ 1, 1 }, to);
        hops_take(setting.hops, &news);
    }
    ck_assert_uint_eq(hops_counters(setting.hops).holes, 3);
    feed(&setting, FRONT(1, "/a", 10, 90));
    feed(&setting, BACK(2, "/a", 20, 80));
    feed(&setting, FRONT(3, "/b", 110, 190));
    feed(&setting, BACK(4, "/b", 120, 180));
    hops_finish(setting.hops);
    ck_assert_str_eq(setting.rows->str, "1-0 limit\n0-2 limit\n3-4 only\n");
    leg_clear(&leg);
    close_setting(&setting);
}
END_TEST

/* Findings beyond the bound of the list are counted. */
START_TEST(test_findings_bound)
{
    enum { MORE = 5 };
    Setting setting;
    open_setting(&setting, (HopsLimits){ .legs = 1000000, .bytes = LARGE.bytes });
    for (unsigned i = 0; i < HOP_FINDINGS_MAX + MORE; i++) {
        LegWords front = FRONT(1 + 2 * i, "/a", 100 * i + 10, 100 * i + 90);
        LegWords back = BACK(2 + 2 * i, "/a", 100 * i + 20, 100 * i + 80);
        front.answer = "HTTP/1.1 504 Gateway Timeout\r\n";
        back.answer = NULL;
        g_autofree char *asked = g_strdup_printf(HEAD_OF("/%u"), i);
        front.asked = back.asked = asked;
        feed(&setting, front);
        feed(&setting, back);
    }
    hops_finish(setting.hops);
    unsigned count;
    hops_findings(setting.hops, &count);
    ck_assert_uint_eq(count, HOP_FINDINGS_MAX);
    ck_assert_uint_eq(hops_counters(setting.hops).findings, MORE);
    close_setting(&setting);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hops");
    TCase *tcase = tcase_create("blocks");
    tcase_add_test(tcase, test_order);
    tcase_add_test(tcase, test_blocks);
    tcase_add_test(tcase, test_too_many);
    tcase_add_test(tcase, test_bytes);
    tcase_add_test(tcase, test_pending);
    tcase_add_test(tcase, test_late);
    tcase_add_test(tcase, test_holes);
    tcase_add_test(tcase, test_findings_bound);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
