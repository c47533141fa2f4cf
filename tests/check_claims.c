/* What shows which front caused a back, each with a near miss in which nothing does. */
#include <check.h>
#include <stdlib.h>

#include "legs.h"

#define HEAD_OF(path) "GET " path " HTTP/1.1\r\nUser-Agent: u\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define BAD "HTTP/1.1 502 Bad Gateway\r\n"

/* A front of the proxy 10.0.0.1, by its client; a back of it. All wait from 100 to 200. */
#define FRONT(connection_, client_, asked_, answer_)                                               \
    {                                                                                              \
        .connection = connection_, .client = client_, .server = "10.0.0.1:80", .asked = asked_,    \
        .answer = answer_, .request = 100 + connection_, .response = 200 + connection_             \
    }
#define BACK(connection_, asked_, answer_)                                                         \
    {                                                                                              \
        .connection = connection_, .client = "10.0.0.1:5000", .server = "10.0.0.9:8080",           \
        .asked = asked_, .answer = answer_, .request = 100 + connection_,                          \
        .response = 150 + connection_                                                              \
    }
#define ONE "192.0.2.10:4000"
#define TWO "192.0.2.11:4000"

enum { LEGS_MAX = 6 };

/* Connection 9 is the back that is asked about; `front` 0: of none. */
static const struct {
    const char *name;
    unsigned front;
    HopBasis basis;
    HopDoubt doubt;
    LegWords legs[LEGS_MAX];
} CASES[] = {
    { "one front",
      1,
      HOP_BASIS_ONLY,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), BACK(9, HEAD_OF("/a"), OK) } },
    { "no front", 0, HOP_BASIS_UNKNOWN, HOP_ORPHAN, { BACK(9, HEAD_OF("/a"), OK) } },
    { "nothing that the front sent is handed on",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_ORPHAN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), BACK(9, "GET /a HTTP/1.1\r\nX: 1\r\n", OK) } },
    { "the front sent nothing to be handed on",
      1,
      HOP_BASIS_ONLY,
      HOP_CERTAIN,
      { FRONT(1, ONE, "GET /a HTTP/1.1\r\nHost: x\r\n", OK),
        BACK(9, "GET /a HTTP/1.1\r\nX: 1\r\n", OK) } },
    { "two equal fronts",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a"), OK) } },
    { "an id in both requests",
      2,
      HOP_BASIS_ID,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a") "X-Request-ID: 1\r\n", OK),
        FRONT(2, TWO, HEAD_OF("/a") "X-Request-ID: 2\r\n", OK),
        BACK(9, HEAD_OF("/a") "X-Request-ID: 2\r\n", OK) } },
    { "an id in the front's response",
      1,
      HOP_BASIS_ID,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK "X-Request-ID: 7\r\n"),
        FRONT(2, TWO, HEAD_OF("/a"), OK "X-Request-ID: 8\r\n"),
        BACK(9, HEAD_OF("/a") "X-Request-ID: 7\r\n", OK) } },
    { "an id of one front alone is an id too",
      1,
      HOP_BASIS_ID,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a") "X-Request-ID: 1\r\n", OK),
        BACK(9, HEAD_OF("/a") "X-Request-ID: 1\r\n", OK) } },
    { "an id that no front has",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a") "X-Request-ID: 3\r\n", OK) } },
    { "the trace of traceparent, whatever the span",
      2,
      HOP_BASIS_ID,
      HOP_CERTAIN,
      { FRONT(1, ONE,
              HEAD_OF(
                  "/a") "traceparent: 00-11111111111111111111111111111111-1111111111111111-01\r\n",
              OK),
        FRONT(2, TWO,
              HEAD_OF(
                  "/a") "traceparent: 00-22222222222222222222222222222222-1111111111111111-01\r\n",
              OK),
        BACK(9,
             HEAD_OF(
                 "/a") "traceparent: 00-22222222222222222222222222222222-3333333333333333-01\r\n",
             OK) } },
    { "X-Forwarded-For",
      2,
      HOP_BASIS_FORWARDED,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a") "X-Forwarded-For: 192.0.2.10, 192.0.2.11\r\n", OK) } },
    { "Forwarded",
      1,
      HOP_BASIS_FORWARDED,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a") "Forwarded: for=192.0.2.11, for=192.0.2.10\r\n", OK) } },
    { "X-Forwarded-For names somebody else",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a") "X-Forwarded-For: 192.0.2.99\r\n", OK) } },
    { "X-Forwarded-For that both clients sent",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a") "X-Forwarded-For: 192.0.2.11\r\n", OK),
        FRONT(2, TWO, HEAD_OF("/a") "X-Forwarded-For: 192.0.2.11\r\n", OK),
        BACK(9, HEAD_OF("/a") "X-Forwarded-For: 192.0.2.11\r\n", OK) } },
    { "the whole path",
      2,
      HOP_BASIS_TARGET,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a/x"), OK), FRONT(2, TWO, HEAD_OF("/b/x"), OK),
        BACK(9, HEAD_OF("/b/x"), OK) } },
    { "a path that both were moved from",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a/x"), OK), FRONT(2, TWO, HEAD_OF("/b/x"), OK),
        BACK(9, HEAD_OF("/c/x"), OK) } },
    { "a cookie",
      1,
      HOP_BASIS_REQUEST,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a") "Cookie: 1\r\n", OK),
        FRONT(2, TWO, HEAD_OF("/a") "Cookie: 2\r\n", OK),
        BACK(9, HEAD_OF("/a") "Cookie: 1\r\n", OK) } },
    { "a cookie that the back lacks: proxies strip",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_AMBIGUOUS,
      { FRONT(1, ONE, HEAD_OF("/a") "Cookie: 1\r\n", OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
        BACK(9, HEAD_OF("/a"), OK) } },
    { "the response's ETag",
      2,
      HOP_BASIS_RESPONSE,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), OK "ETag: \"1\"\r\n"),
        FRONT(2, TWO, HEAD_OF("/a"), OK "ETag: \"2\"\r\n"),
        BACK(9, HEAD_OF("/a"), OK "ETag: \"2\"\r\n") } },
    { "the response's status",
      1,
      HOP_BASIS_RESPONSE,
      HOP_CERTAIN,
      { FRONT(1, ONE, HEAD_OF("/a"), "HTTP/1.1 404 Not Found\r\n"),
        FRONT(2, TWO, HEAD_OF("/a"), OK), BACK(9, HEAD_OF("/a"), "HTTP/1.1 404 Not Found\r\n") } },
    { "an open front: its answer may show that it is another's",
      0,
      HOP_BASIS_UNKNOWN,
      HOP_CAPTURE_ENDED,
      { FRONT(1, ONE, HEAD_OF("/a"), NULL), BACK(9, HEAD_OF("/a"), OK) } },
};

/* A pair before all others: nothing is decided where no proxy is known. */
static unsigned add_known(LegWords *words)
{
    words[0] = (LegWords)FRONT(50, ONE, HEAD_OF("/known"), OK "Via: 1.1 x\r\n");
    words[1] = (LegWords)BACK(51, HEAD_OF("/known"), OK);
    words[0].request = 1;
    words[0].response = 4;
    words[1].request = 2;
    words[1].response = 3;
    return 2;
}

START_TEST(test_claim)
{
    Legs legs;
    LegWords words[LEGS_MAX + 2];
    unsigned count = add_known(words);
    for (unsigned i = 0; i < LEGS_MAX && CASES[_i].legs[i].connection; i++)
        words[count++] = CASES[_i].legs[i];
    legs_decide(&legs, words, count, NULL, 0, INT64_MIN);
    const char *name = CASES[_i].name;
    ck_assert_msg(legs_front_of(&legs, 9) == CASES[_i].front, "%s: %u", name,
                  legs_front_of(&legs, 9));
    ck_assert_msg(legs_basis(&legs, 9) == CASES[_i].basis, "%s: %s", name,
                  hop_basis_name(legs_basis(&legs, 9)));
    ck_assert_msg(legs_doubt(&legs, 9) == CASES[_i].doubt, "%s: %s", name,
                  hop_doubt_name(legs_doubt(&legs, 9)));
    legs_clear(&legs);
}
END_TEST

/* A PROXY header decides, also where the front is open; it must name address and port. */
START_TEST(test_proxy_header)
{
    static const struct {
        const char *source;
        unsigned front;
    } cases[] = { { "192.0.2.11:4000", 2 },
                  { "192.0.2.10:4000", 1 },
                  { "192.0.2.10:4001", 0 },
                  { "192.0.2.99:4000", 0 } };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LegWords words[] = { FRONT(1, ONE, HEAD_OF("/a"), NULL), FRONT(2, TWO, HEAD_OF("/a"), NULL),
                             BACK(9, HEAD_OF("/a"), OK) };
        words[2].source = cases[i].source;
        Legs legs;
        legs_decide(&legs, words, G_N_ELEMENTS(words), NULL, 0, INT64_MIN);
        ck_assert_uint_eq(legs_front_of(&legs, 9), cases[i].front);
        ck_assert_int_eq(legs_basis(&legs, 9),
                         cases[i].front ? HOP_BASIS_PROXY_PROTOCOL : HOP_BASIS_UNKNOWN);
        legs_clear(&legs);
    }
}
END_TEST

/* Of a chain on one host the innermost front counts: the second proxy's back is not the first
 * proxy's. */
START_TEST(test_innermost)
{
    LegWords words[] = { FRONT(1, ONE, HEAD_OF("/a"), OK), BACK(2, HEAD_OF("/a"), OK),
                         BACK(9, HEAD_OF("/a"), OK) };
    words[1].server = "10.0.0.1:81"; /* the second proxy, on the same host */
    words[1].response = 190;
    Legs legs;
    legs_decide(&legs, words, 3, NULL, 0, INT64_MIN);
    ck_assert_uint_eq(legs_front_of(&legs, 2), 1);
    ck_assert_uint_eq(legs_front_of(&legs, 9), 2);
    legs_clear(&legs);
}
END_TEST

/* A hop whose fields name another client, as other evidence shows, is not asked for them. */
START_TEST(test_misleading)
{
    LegWords words[] = { FRONT(1, ONE, HEAD_OF("/a"), OK), FRONT(2, TWO, HEAD_OF("/a"), OK),
                         BACK(9, HEAD_OF("/a") "X-Real-IP: 192.0.2.10\r\n", OK),
                         FRONT(11, TWO, HEAD_OF("/sure"), OK),
                         BACK(12, HEAD_OF("/sure") "X-Real-IP: 192.0.2.10\r\n", OK) };
    Legs legs;
    legs_decide(&legs, words, 3, NULL, 0, INT64_MIN);
    ck_assert_uint_eq(legs_front_of(&legs, 9), 1);
    legs_clear(&legs);
    legs_decide(&legs, words, 5, NULL, 0, INT64_MIN);
    ck_assert_uint_eq(legs_front_of(&legs, 12), 11);
    ck_assert_uint_eq(legs_front_of(&legs, 9), 0);
    ck_assert_int_eq(legs_doubt(&legs, 9), HOP_AMBIGUOUS);
    legs_clear(&legs);
}
END_TEST

/* Pairs of which nothing but the times links the two hosts: `alone` of them, of `paths` paths. */
static bool is_learned(unsigned alone, unsigned paths, unsigned strangers)
{
    static const char *const targets[] = { HEAD_OF("/a"), HEAD_OF("/b"), HEAD_OF("/c") };
    LegWords words[40];
    unsigned count = 0;
    for (unsigned i = 0; i < alone; i++) {
        LegWords front = FRONT(1, ONE, targets[i % paths], OK);
        LegWords back = BACK(2, targets[i % paths], OK);
        front.connection = 100 + i;
        back.connection = 200 + i;
        front.request = 1000 * (i + 1);
        front.response = front.request + 100;
        back.request = front.request + 20;
        back.response = front.request + 60;
        back.client = "10.0.0.2:5000";
        words[count++] = front;
        words[count++] = back;
    }
    for (unsigned i = 0; i < strangers; i++) {
        LegWords back = BACK(3, HEAD_OF("/strange"), OK);
        back.connection = 300 + i;
        back.request = 50 + i;
        back.response = 60 + i;
        back.client = "10.0.0.2:5001";
        words[count++] = back;
    }
    Legs legs;
    legs_decide(&legs, words, count, NULL, 0, INT64_MIN);
    bool claimed = legs_front_of(&legs, 200) == 100;
    legs_clear(&legs);
    return claimed;
}

START_TEST(test_learned)
{
    ck_assert(is_learned(5, 3, 0));
    ck_assert(!is_learned(4, 3, 0));
    ck_assert(!is_learned(5, 2, 0));
    ck_assert(is_learned(9, 3, 1)); /* nine of ten */
    ck_assert(!is_learned(8, 3, 1));
}
END_TEST

/* Of more fronts than these nothing tells which it is, and none of them has been left alone. */
START_TEST(test_crowd)
{
    LegWords words[CANDIDATES_MAX + 4];
    for (unsigned more = 0; more < 2; more++) {
        unsigned fronts = CANDIDATES_MAX + more;
        for (unsigned i = 0; i < fronts; i++) {
            words[i] = (LegWords)FRONT(1, ONE, HEAD_OF("/a"), OK);
            words[i].connection = 1000 + i;
            words[i].request = 10 + i;
        }
        words[fronts] = (LegWords)BACK(9, HEAD_OF("/a"), OK);
        Legs legs;
        unsigned known = add_known(&words[fronts + 1]);
        legs_decide(&legs, words, fronts + 1 + known, NULL, 0, INT64_MIN);
        const Back *back = &legs.block.backs[legs_find(&legs, 9, 1)];
        ck_assert_int_eq(back->doubt, HOP_AMBIGUOUS);
        ck_assert_uint_eq(back->count, CANDIDATES_MAX);
        ck_assert_int_eq(back->crowded, more);
        ck_assert_int_eq(legs.block.fronts[legs_find(&legs, 1000 + fronts - 1, 1)].doubt,
                         HOP_AMBIGUOUS);
        legs_clear(&legs);
    }
}
END_TEST

/* Of the front: nothing was sent on, or why that is not known. Connection 1 and 9 make the proxy
 * known; connection 5 is the front that is asked about. */
START_TEST(test_nothing_sent_on)
{
    enum { PLAIN, STRANGE_BACK, UNANSWERED, OTHER_SERVER, COUNT };
    static const HopDoubt doubts[COUNT] = { HOP_CERTAIN, HOP_UNRELATED, HOP_UNANSWERED,
                                            HOP_CERTAIN };
    for (unsigned what = 0; what < COUNT; what++) {
        LegWords words[] = { FRONT(1, ONE, HEAD_OF("/a"), OK), BACK(9, HEAD_OF("/a"), OK),
                             FRONT(5, TWO, HEAD_OF("/cached"), OK), BACK(8, HEAD_OF("/own"), OK) };
        words[2].request = 300;
        words[2].response = 310;
        words[3].request = what == STRANGE_BACK ? 305 : 311;
        words[3].response = 320;
        if (what == UNANSWERED) {
            words[2].answer = NULL;
            words[2].end = 310;
        }
        if (what == OTHER_SERVER)
            words[2].server = "10.0.0.1:99";
        Legs legs;
        legs_decide(&legs, words, G_N_ELEMENTS(words), NULL, 0, INT64_MIN);
        const Front *front = &legs.block.fronts[legs_find(&legs, 5, 1)];
        ck_assert_int_eq(front->basis, what == PLAIN ? HOP_BASIS_NONE : HOP_BASIS_UNKNOWN);
        ck_assert_msg(front->doubt == doubts[what], "%u: %s", what, hop_doubt_name(front->doubt));
        legs_clear(&legs);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("claims");
    TCase *tcase = tcase_create("claims");
    tcase_add_loop_test(tcase, test_claim, 0, (int)G_N_ELEMENTS(CASES));
    tcase_add_test(tcase, test_proxy_header);
    tcase_add_test(tcase, test_innermost);
    tcase_add_test(tcase, test_misleading);
    tcase_add_test(tcase, test_learned);
    tcase_add_test(tcase, test_crowd);
    tcase_add_test(tcase, test_nothing_sent_on);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
