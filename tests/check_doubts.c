/* Claims that are given up: each doubt with a block in which it is raised, and one that is nearly
 * the same, in which the claim stands. */
#include <check.h>
#include <stdlib.h>

#include "legs.h"

#define HEAD_OF(path) "GET " path " HTTP/1.1\r\nUser-Agent: u\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define BUSY "HTTP/1.1 503 Service Unavailable\r\n"

/* Each in its own time: 1000 ms and more after `at`. */
#define FRONT(connection_, at, path)                                                               \
    {                                                                                              \
        .connection = connection_, .client = "192.0.2.10:4000", .server = "10.0.0.1:80",           \
        .asked = HEAD_OF(path), .answer = OK, .request = (at) + 10, .response = (at) + 900         \
    }
#define BACK(connection_, at, path)                                                                \
    {                                                                                              \
        .connection = connection_, .client = "10.0.0.1:5000", .server = "10.0.0.9:8080",           \
        .asked = HEAD_OF(path), .answer = OK, .request = (at) + 100, .response = (at) + 500        \
    }

enum { LEGS_MAX = 48 };

/* A block to be, that a test changes. */
typedef struct Plan {
    LegWords legs[LEGS_MAX];
    unsigned count;
    Hole holes[2];
    unsigned hole_count;
    Nanoseconds blind;
} Plan;

static LegWords *add(Plan *plan, LegWords words)
{
    plan->legs[plan->count] = words;
    return &plan->legs[plan->count++];
}

/* A pair of its own time and path: connections `number` and `number` + 100. */
static void add_pair(Plan *plan, unsigned number, unsigned at, const char *asked)
{
    LegWords *front = add(plan, (LegWords)FRONT(number, at, "/"));
    LegWords *back = add(plan, (LegWords)BACK(number + 100, at, "/"));
    front->asked = back->asked = asked;
}

/* The claim of connection 101 is the one that is asked about; `doubt` HOP_CERTAIN: it stands. */
static void expect(const Plan *plan, HopDoubt doubt, const char *name)
{
    Legs legs;
    legs_decide(&legs, plan->legs, plan->count, plan->holes, plan->hole_count,
                plan->blind ? plan->blind : INT64_MIN);
    ck_assert_msg(legs_doubt(&legs, 101) == doubt, "%s: %s", name,
                  hop_doubt_name(legs_doubt(&legs, 101)));
    ck_assert_msg(legs_front_of(&legs, 101) == (doubt == HOP_CERTAIN ? 1 : 0), "%s: front %u", name,
                  legs_front_of(&legs, 101));
    /* of a front that has no other claim the row says the same */
    if (doubt != HOP_CERTAIN)
        ck_assert_int_eq(legs.block.fronts[legs_find(&legs, 1, 1)].doubt, doubt);
    legs_clear(&legs);
}

/* Two backs of one front: attempts one after the other, and slices, are; others are not. */
START_TEST(test_several)
{
    Plan plan = { .count = 0 };
    add(&plan, (LegWords)FRONT(1, 0, "/a"));
    LegWords *first = add(&plan, (LegWords)BACK(101, 0, "/a"));
    LegWords *second = add(&plan, (LegWords)BACK(102, 0, "/a"));
    second->request = 600;
    second->response = 700;
    expect(&plan, HOP_SEVERAL, "a second request after an answer");
    first->answer = BUSY;
    expect(&plan, HOP_CERTAIN, "an attempt after a 503");
    second->request = 499;
    expect(&plan, HOP_SEVERAL, "a second request before the 503");
    first->answer = NULL;
    first->end = 498;
    expect(&plan, HOP_CERTAIN, "an attempt after the connection ended");
    first->end = 520;
    expect(&plan, HOP_SEVERAL, "a second request before the connection ended");
    *first = (LegWords)BACK(101, 0, "/a");
    first->asked = HEAD_OF("/a") "Range: bytes=0-9\r\n";
    second->asked = HEAD_OF("/a") "Range: bytes=10-19\r\n";
    expect(&plan, HOP_CERTAIN, "slices");
    second->asked = first->asked;
    expect(&plan, HOP_SEVERAL, "the same slice twice");
}
END_TEST

/* Attempts are counted in their order. */
START_TEST(test_attempts)
{
    Plan plan = { .count = 0 };
    add(&plan, (LegWords)FRONT(1, 0, "/a"));
    LegWords *second = add(&plan, (LegWords)BACK(102, 0, "/a"));
    add(&plan, (LegWords)BACK(101, 0, "/a"))->answer = BUSY;
    second->request = 600;
    second->response = 700;
    Legs legs;
    legs_decide(&legs, plan.legs, plan.count, NULL, 0, INT64_MIN);
    ck_assert_uint_eq(legs.block.backs[legs_find(&legs, 101, 1)].attempt, 1);
    ck_assert_uint_eq(legs.block.backs[legs_find(&legs, 102, 1)].attempt, 2);
    uint32_t front = legs_find(&legs, 1, 1);
    /* the answer is that of the last attempt */
    ck_assert_int_eq(block_answered_by(&legs.block, front, legs_find(&legs, 101, 1)),
                     ANSWERED_BY_UNKNOWN);
    ck_assert_int_eq(block_answered_by(&legs.block, front, legs_find(&legs, 102, 1)),
                     ANSWERED_BY_SERVER);
    legs_clear(&legs);
}
END_TEST

/* A back that was given up may be the front's all the same: which attempt a later one is, and whose
 * the answer is, is not known then. */
START_TEST(test_attempt_behind_one_given_up)
{
    for (unsigned lacking = 0; lacking < 2; lacking++) {
        Plan plan = { .count = 0 };
        add(&plan, (LegWords)FRONT(1, 0, "/a"));
        LegWords *first = add(&plan, (LegWords)BACK(102, 0, "/a"));
        LegWords *second = add(&plan, (LegWords)BACK(101, 0, "/a"));
        first->answer = NULL;
        first->end = 300;
        second->request = 400;
        if (lacking) /* then the first one is given up: unanswered */
            add(&plan, (LegWords)FRONT(2, 5000, "/a"));
        Legs legs;
        legs_decide(&legs, plan.legs, plan.count, NULL, 0, INT64_MIN);
        ck_assert_uint_eq(legs_front_of(&legs, 101), 1);
        ck_assert_uint_eq(legs_front_of(&legs, 102), lacking ? 0 : 1);
        ck_assert_uint_eq(legs.block.backs[legs_find(&legs, 101, 1)].attempt, lacking ? 0 : 2);
        legs_clear(&legs);
    }
}
END_TEST

START_TEST(test_answer_of_one_given_up)
{
    for (unsigned answered = 0; answered < 2; answered++) {
        Plan plan = { .count = 0 };
        add_pair(&plan, 1, 0, HEAD_OF("/a"));
        LegWords *busy = add(&plan, (LegWords)BACK(102, 0, "/a"));
        busy->asked = "GET /a HTTP/1.1\r\nUser-Agent: v\r\nX: 1\r\n"; /* given up: carried */
        plan.legs[0].asked = HEAD_OF("/a") "X: 1\r\n";
        plan.legs[1].asked = HEAD_OF("/a") "X: 1\r\n";
        plan.legs[1].answer = BUSY;
        plan.legs[1].response = 200;
        busy->request = 300;
        busy->answer = answered ? BUSY : NULL;
        busy->response = 400;
        busy->end = 500;
        plan.legs[0].answer = BUSY;
        Legs legs;
        legs_decide(&legs, plan.legs, plan.count, NULL, 0, INT64_MIN);
        ck_assert_uint_eq(legs_front_of(&legs, 101), 1);
        ck_assert_int_eq(legs_doubt(&legs, 102), HOP_CARRIED);
        ck_assert_int_eq(
            block_answered_by(&legs.block, legs_find(&legs, 1, 1), legs_find(&legs, 101, 1)),
            answered ? ANSWERED_BY_UNKNOWN : ANSWERED_BY_SERVER);
        legs_clear(&legs);
    }
}
END_TEST

/* Another back may be of the same front, and nothing shows whose it is. */
START_TEST(test_contested)
{
    Plan plan = { .count = 0 };
    add(&plan, (LegWords)FRONT(1, 0, "/a"))->asked = HEAD_OF("/a") "Cookie: 1\r\n";
    add(&plan, (LegWords)FRONT(2, 1, "/a"))->asked = HEAD_OF("/a") "Cookie: 2\r\n";
    add(&plan, (LegWords)BACK(101, 0, "/a"))->asked = HEAD_OF("/a") "Cookie: 1\r\n";
    LegWords *other = add(&plan, (LegWords)BACK(102, 1, "/a"));
    expect(&plan, HOP_CONTESTED, "the other back has no cookie");
    other->asked = HEAD_OF("/a") "Cookie: 2\r\n";
    expect(&plan, HOP_CERTAIN, "it has the other front's");
}
END_TEST

static Hole hole(const char *client, const char *server, unsigned from, unsigned to, bool pending)
{
    return (Hole){ .path = { .connection = frame_id(1, 999),
                             .client = endpoint_of_words(client),
                             .server = endpoint_of_words(server) },
                   .from = { from * NS_PER_MS, frame_id(1, from) },
                   .to = { to * NS_PER_MS, frame_id(1, to) },
                   .pending = pending };
}

START_TEST(test_gap)
{
    static const struct {
        const char *name, *client, *server;
        unsigned from, to;
        bool pending, doubted;
    } cases[] = {
        { "of the proxy", "10.0.0.1:5002", "10.0.0.9:8080", 200, 300, false, true },
        { "around all", "10.0.0.1:5002", "10.0.0.9:8080", 1, 2000, false, true },
        { "in the head's moment", "10.0.0.1:5002", "10.0.0.7:1", 5, 10, false, true },
        { "before the head", "10.0.0.1:5002", "10.0.0.9:8080", 5, 9, false, false },
        { "after the answer", "10.0.0.1:5002", "10.0.0.9:8080", 901, 950, false, false },
        { "of somebody else", "10.0.0.66:5002", "10.0.0.9:8080", 200, 300, false, false },
        { "of somebody else, yet to come", "10.0.0.66:5002", "10.0.0.9:8080", 200, 300, true,
          true },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Plan plan = { .hole_count = 1 };
        add_pair(&plan, 1, 0, HEAD_OF("/a"));
        plan.holes[0] =
            hole(cases[i].client, cases[i].server, cases[i].from, cases[i].to, cases[i].pending);
        expect(&plan, cases[i].doubted ? HOP_GAP : HOP_CERTAIN, cases[i].name);
    }
}
END_TEST

/* A back without a response is half of the evidence: not where another front asks the same. */
START_TEST(test_unanswered)
{
    Plan plan = { .count = 0 };
    add_pair(&plan, 1, 0, HEAD_OF("/a"));
    plan.legs[1].answer = NULL;
    plan.legs[1].end = 500;
    plan.legs[0].answer = "HTTP/1.1 502 Bad Gateway\r\n";
    add_pair(&plan, 2, 5000, HEAD_OF("/b"));
    expect(&plan, HOP_CERTAIN, "nobody else asks for it");
    plan.legs[2].asked = plan.legs[3].asked = HEAD_OF("/a");
    expect(&plan, HOP_UNANSWERED, "another front does");
    plan.legs[2].server = "10.0.0.1:81";
    expect(&plan, HOP_CERTAIN, "a front of another server does");
}
END_TEST

/* A last segment alone is chance, unless three targets are moved in the same way. */
START_TEST(test_rewritten)
{
    static const char *const fronts[] = { HEAD_OF("/x/1"), HEAD_OF("/x/2"), HEAD_OF("/x/3") };
    static const char *const backs[] = { HEAD_OF("/y/1"), HEAD_OF("/y/2"), HEAD_OF("/y/3") };
    for (unsigned pairs = 1; pairs <= 3; pairs++) {
        Plan plan = { .count = 0 };
        for (unsigned i = 0; i < pairs; i++) {
            add_pair(&plan, i + 1, 2000 * i, fronts[i]);
            plan.legs[2 * i + 1].asked = backs[i];
        }
        expect(&plan, pairs < 3 ? HOP_REWRITTEN : HOP_CERTAIN, "targets that were moved");
        if (pairs < 3)
            continue;
        plan.legs[5].asked = HEAD_OF("/z/3");
        expect(&plan, HOP_REWRITTEN, "one of them in another way");
        plan.legs[5].asked = backs[2];
        plan.legs[4].asked = fronts[0];
        plan.legs[5].asked = backs[0];
        expect(&plan, HOP_REWRITTEN, "the same target twice");
    }
}
END_TEST

/* What the hop hands on unchanged at least as often as not is another here. */
START_TEST(test_carried)
{
    for (unsigned same = 0; same <= 2; same++) {
        Plan plan = { .count = 0 };
        add_pair(&plan, 1, 0, HEAD_OF("/a") "X: 1\r\n");
        plan.legs[1].asked = HEAD_OF("/a") "X: 2\r\n";
        add_pair(&plan, 2, 2000, HEAD_OF("/b") "X: 1\r\n");
        if (same < 1)
            plan.legs[3].asked = HEAD_OF("/b") "X: 3\r\n";
        add_pair(&plan, 3, 4000, HEAD_OF("/c"));
        expect(&plan, same ? HOP_CARRIED : HOP_CERTAIN, "X");
    }
    /* contents count as well */
    Plan plan = { .count = 0 };
    add_pair(&plan, 1, 0, HEAD_OF("/a"));
    add_pair(&plan, 2, 2000, HEAD_OF("/b"));
    plan.legs[0].answer_content = "here";
    plan.legs[1].answer_content = "there";
    plan.legs[2].answer_content = plan.legs[3].answer_content = "same";
    expect(&plan, HOP_CARRIED, "the content");
    plan.legs[1].answer_content = NULL;
    expect(&plan, HOP_CERTAIN, "a content that is not whole");
}
END_TEST

/* Another pair shows that a proxy stands between the two. */
START_TEST(test_layer)
{
    for (unsigned with_chain = 0; with_chain < 2; with_chain++) {
        Plan plan = { .count = 0 };
        LegWords *front = add(&plan, (LegWords)FRONT(1, 0, "/a"));
        LegWords *back = add(&plan, (LegWords)BACK(101, 0, "/a"));
        front->headings = HEADING_IN;
        back->headings = HEADING_OUT;
        back->client = "10.0.0.2:5000";
        if (with_chain) {
            add(&plan, (LegWords)FRONT(2, 5000, "/b"))->headings = HEADING_IN;
            LegWords *middle = add(&plan, (LegWords)BACK(102, 5000, "/b"));
            middle->server = "10.0.0.2:81";
            middle->headings = HEADING_IN | HEADING_OUT;
            middle->response = 5800;
            LegWords *last = add(&plan, (LegWords)BACK(103, 5050, "/b"));
            last->client = "10.0.0.2:5001";
            last->headings = HEADING_OUT;
        }
        expect(&plan, with_chain ? HOP_LAYER : HOP_CERTAIN, "a proxy between");
    }
}
END_TEST

/* A back that no visible front has caused asks just this: there are fronts that one cannot see. */
START_TEST(test_orphan)
{
    static const struct {
        const char *name, *asked, *client;
        bool doubted;
    } cases[] = {
        { "the same", HEAD_OF("/a"), "10.0.0.1:5003", true },
        { "another path", HEAD_OF("/b"), "10.0.0.1:5003", false },
        { "another agent", "GET /a HTTP/1.1\r\nUser-Agent: v\r\n", "10.0.0.1:5003", false },
        { "a field that proxies write", HEAD_OF("/a") "Via: 1.1 x\r\n", "10.0.0.1:5003", true },
        { "another host", HEAD_OF("/a"), "10.0.0.66:5003", false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Plan plan = { .count = 0 };
        add_pair(&plan, 1, 0, HEAD_OF("/a"));
        LegWords *orphan = add(&plan, (LegWords)BACK(150, 5000, "/a"));
        orphan->asked = cases[i].asked;
        orphan->client = cases[i].client;
        expect(&plan, cases[i].doubted ? HOP_ORPHAN : HOP_CERTAIN, cases[i].name);
    }
}
END_TEST

/* A cache that answers two from one may have answered the visible front from a hidden one's back:
 * where it has answered from what it keeps, and where there are hidden fronts. */
START_TEST(test_kept)
{
    Plan plan = { .count = 0 };
    add_pair(&plan, 1, 0, HEAD_OF("/a"));
    LegWords *orphan = add(&plan, (LegWords)BACK(150, 5000, "/z"));
    LegWords *cached = add(&plan, (LegWords)FRONT(2, 7000, "/a"));
    expect(&plan, HOP_KEPT, "hidden fronts, and an answer from what was kept");
    cached->answer = "HTTP/1.1 404 Not Found\r\n";
    expect(&plan, HOP_CERTAIN, "an error is not kept");
    cached->answer = OK;
    cached->asked = HEAD_OF("/b");
    expect(&plan, HOP_CERTAIN, "another target was kept");
    cached->asked = HEAD_OF("/a");
    orphan->client = "10.0.0.66:5000";
    expect(&plan, HOP_CERTAIN, "no hidden front of this proxy");
}
END_TEST

/* An ordinary server that was busy, of whose many exchanges a few fit by chance. */
START_TEST(test_rare)
{
    static const struct {
        unsigned others;
        const char *answer;
        bool doubted;
    } cases[] = { { 9, OK, false },
                  { 10, OK, true },
                  { 10, OK "Age: 3\r\n", false },
                  { 10, OK "Via: 1.1 x\r\n", false } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Plan plan = { .count = 0 };
        add_pair(&plan, 1, 0, HEAD_OF("/a"));
        plan.legs[0].answer = cases[i].answer;
        for (unsigned k = 0; k < cases[i].others; k++)
            add(&plan, (LegWords)FRONT(10 + k, 5000 + 2000 * k, "/other"));
        expect(&plan, cases[i].doubted ? HOP_RARE : HOP_CERTAIN, cases[i].answer);
    }
}
END_TEST

/* Partners of what began early may have been dropped. */
START_TEST(test_blind)
{
    Plan plan = { .blind = 11 * NS_PER_MS };
    add_pair(&plan, 1, 0, HEAD_OF("/a"));
    expect(&plan, HOP_LIMIT, "began before");
    plan.blind = 10 * NS_PER_MS;
    expect(&plan, HOP_CERTAIN, "began just then");
}
END_TEST

/* What an id shows stands, whatever else is the case. */
START_TEST(test_ids_stand)
{
    Plan plan = { .hole_count = 1 };
    add_pair(&plan, 1, 0, HEAD_OF("/a") "X-Request-ID: 1\r\n");
    add(&plan, (LegWords)BACK(150, 5000, "/a"));
    plan.holes[0] = hole("10.0.0.1:5002", "10.0.0.9:8080", 200, 300, false);
    expect(&plan, HOP_CERTAIN, "an id");
    plan.legs[1].asked = HEAD_OF("/a");
    expect(&plan, HOP_GAP, "without it");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doubts");
    TCase *tcase = tcase_create("doubts");
    tcase_add_test(tcase, test_several);
    tcase_add_test(tcase, test_attempts);
    tcase_add_test(tcase, test_attempt_behind_one_given_up);
    tcase_add_test(tcase, test_answer_of_one_given_up);
    tcase_add_test(tcase, test_contested);
    tcase_add_test(tcase, test_gap);
    tcase_add_test(tcase, test_unanswered);
    tcase_add_test(tcase, test_rewritten);
    tcase_add_test(tcase, test_carried);
    tcase_add_test(tcase, test_layer);
    tcase_add_test(tcase, test_orphan);
    tcase_add_test(tcase, test_kept);
    tcase_add_test(tcase, test_rare);
    tcase_add_test(tcase, test_blind);
    tcase_add_test(tcase, test_ids_stand);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
