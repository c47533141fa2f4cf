/* Whether a front can have caused a back, each condition with what just holds and what just does
 * not. */
#include <check.h>
#include <stdlib.h>

#include "legs.h"

/* The pair that all cases are made from: it holds. */
static const LegWords FRONT = { .connection = 1,
                                .client = "192.0.2.10:4000",
                                .server = "10.0.0.1:80",
                                .asked = "GET /shop/a?q=1 HTTP/1.1\r\nCookie: c\r\n",
                                .answer = "HTTP/1.1 200 OK\r\n",
                                .request = 100,
                                .head = 110,
                                .response = 200,
                                .response_end = 220 };
static const LegWords BACK = { .connection = 2,
                               .client = "10.0.0.1:5000",
                               .server = "10.0.0.9:8080",
                               .asked = "GET /shop/a?q=1 HTTP/1.1\r\nCookie: c\r\n",
                               .answer = "HTTP/1.1 200 OK\r\n",
                               .request = 120,
                               .response = 150 };

/* What a case changes; 0 and NULL: nothing. */
typedef struct Change {
    const char *name;
    bool holds;
    const char *client, *server, *asked, *answer; /* of the front */
    unsigned head, response;
    const char *back_client, *back_server, *back_asked, *back_answer;
    unsigned back_request, back_response;
    uint8_t headings, back_headings;
    bool same_connection, unanswered, back_unanswered;
    unsigned end;
} Change;

static void apply(const Change *change, LegWords *front, LegWords *back)
{
    *front = FRONT;
    *back = BACK;
#define TAKE(leg, member, from) (leg)->member = change->from ? change->from : (leg)->member
    TAKE(front, client, client);
    TAKE(front, server, server);
    TAKE(front, asked, asked);
    TAKE(front, answer, answer);
    TAKE(front, head, head);
    TAKE(front, response, response);
    TAKE(front, headings, headings);
    TAKE(front, end, end);
    TAKE(back, client, back_client);
    TAKE(back, server, back_server);
    TAKE(back, asked, back_asked);
    TAKE(back, answer, back_answer);
    TAKE(back, request, back_request);
    TAKE(back, response, back_response);
    TAKE(back, headings, back_headings);
#undef TAKE
    if (change->same_connection)
        back->connection = front->connection;
    if (change->unanswered)
        front->answer = NULL;
    if (change->back_unanswered)
        back->answer = NULL;
}

static const Change LINKS[] = {
    { .name = "the same address", .holds = true },
    { .name = "another address", .back_client = "10.0.0.2:5000" },
    { .name = "the same connection", .same_connection = true },
    { .name = "the same server", .back_server = "10.0.0.1:80" },
    { .name = "another port of the same server", .holds = true, .back_server = "10.0.0.1:81" },
    { .name = "the same client on both", .client = "10.0.0.1:4000", .server = "10.0.0.2:80" },
    { .name = "all on one host",
      .holds = true,
      .client = "10.0.0.1:4000",
      .back_server = "10.0.0.1:8080" },
    { .name = "in and out",
      .holds = true,
      .back_client = "10.0.0.2:5000",
      .headings = HEADING_IN,
      .back_headings = HEADING_OUT },
    { .name = "in and in",
      .back_client = "10.0.0.2:5000",
      .headings = HEADING_IN,
      .back_headings = HEADING_IN },
    { .name = "in and in, the same address", .headings = HEADING_IN, .back_headings = HEADING_IN },
    { .name = "in and both ways, the same address",
      .holds = true,
      .headings = HEADING_IN,
      .back_headings = HEADING_IN | HEADING_OUT },
    { .name = "both ways and out",
      .back_client = "10.0.0.2:5000",
      .headings = HEADING_IN | HEADING_OUT,
      .back_headings = HEADING_OUT },
    { .name = "in and over loopback",
      .holds = true,
      .back_client = "127.0.0.1:5000",
      .back_server = "127.0.0.1:8080",
      .headings = HEADING_IN },
    { .name = "unknown and over loopback",
      .back_client = "127.0.0.1:5000",
      .back_server = "127.0.0.1:8080" },
    { .name = "IPv6",
      .holds = true,
      .server = "[2001:db8::1]:80",
      .client = "[2001:db8::10]:4000",
      .back_client = "[2001:db8::1]:5000" },
    { .name = "IPv6, another address",
      .server = "[2001:db8::1]:80",
      .client = "[2001:db8::10]:4000",
      .back_client = "[2001:db8::2]:5000" },
};

static void make(const Change *change, Leg legs[2])
{
    LegWords front, back;
    apply(change, &front, &back);
    legs[0] = leg_of_words(&front);
    legs[1] = leg_of_words(&back);
}

START_TEST(test_link)
{
    Leg legs[2];
    HopMemory memory;
    hop_memory_init(&memory);
    make(&LINKS[_i], legs);
    ck_assert_msg(hop_is_linked(&memory, &legs[0].path, &legs[1].path) == LINKS[_i].holds, "%s",
                  LINKS[_i].name);
    leg_clear(&legs[0]);
    leg_clear(&legs[1]);
    hop_memory_clear(&memory);
}
END_TEST

/* Directions are of one input; two taps have none in common. */
START_TEST(test_link_over_inputs)
{
    Leg legs[2];
    HopMemory memory;
    hop_memory_init(&memory);
    make(&(Change){ .back_client = "10.0.0.2:5000",
                    .headings = HEADING_IN,
                    .back_headings = HEADING_OUT },
         legs);
    ck_assert(hop_is_linked(&memory, &legs[0].path, &legs[1].path));
    legs[1].path.connection = frame_id(2, 2);
    ck_assert(!hop_is_linked(&memory, &legs[0].path, &legs[1].path));
    leg_clear(&legs[0]);
    leg_clear(&legs[1]);
    hop_memory_clear(&memory);
}
END_TEST

#define FAR_OFF (110 + 120 * 1000)

static const Change NESTS[] = {
    { .name = "as it is", .holds = true },
    { .name = "another method", .back_asked = "PUT /shop/a?q=1 HTTP/1.1\r\n" },
    { .name = "HEAD becomes GET", .holds = true, .asked = "HEAD /shop/a?q=1 HTTP/1.1\r\n" },
    { .name = "GET becomes HEAD", .back_asked = "HEAD /shop/a?q=1 HTTP/1.1\r\n" },
    { .name = "another host, absolute form",
      .holds = true,
      .asked = "GET http://x/shop/a?q=1 HTTP/1.1\r\n" },
    { .name = "a path that was moved", .holds = true, .back_asked = "GET /a?q=1 HTTP/1.1\r\n" },
    { .name = "another last segment", .back_asked = "GET /shop/b?q=1 HTTP/1.1\r\n" },
    { .name = "another query", .back_asked = "GET /shop/a?q=2 HTTP/1.1\r\n" },
    { .name = "no query", .back_asked = "GET /shop/a HTTP/1.1\r\n" },
    { .name = "with the last byte of the head", .back_request = 110 },
    { .name = "just after the head", .holds = true, .back_request = 111 },
    { .name = "before the head is complete", .back_request = 105 },
    { .name = "after as long as it may wait",
      .holds = true,
      .response = FAR_OFF + 500,
      .back_request = FAR_OFF,
      .back_response = FAR_OFF + 10 },
    { .name = "after longer than it may wait",
      .response = FAR_OFF + 500,
      .back_request = FAR_OFF + 1,
      .back_response = FAR_OFF + 10 },
    { .name = "after the response had begun", .back_request = 201, .back_response = 210 },
    { .name = "the response overtakes that of the back", .back_response = 201 },
    { .name = "an error of the proxy's own overtakes it",
      .holds = true,
      .answer = "HTTP/1.1 400 Bad Request\r\n",
      .back_response = 201 },
    { .name = "399 does not", .answer = "HTTP/1.1 399 X\r\n", .back_response = 201 },
    { .name = "the back is not answered", .holds = true, .back_unanswered = true },
    { .name = "a slice while the response is sent",
      .holds = true,
      .back_asked = "GET /shop/a?q=1 HTTP/1.1\r\nRange: bytes=0-9\r\n",
      .back_request = 219,
      .back_response = 230 },
    { .name = "a slice after the response",
      .back_asked = "GET /shop/a?q=1 HTTP/1.1\r\nRange: bytes=0-9\r\n",
      .back_request = 221,
      .back_response = 230 },
    { .name = "the front is open", .holds = true, .unanswered = true },
    { .name = "before the front's connection ends", .holds = true, .unanswered = true, .end = 121 },
    { .name = "after the front's connection has ended", .unanswered = true, .end = 119 },
};

START_TEST(test_nest)
{
    Leg legs[2];
    make(&NESTS[_i], legs);
    ck_assert_msg(hop_nests(&legs[0], &legs[1]) == NESTS[_i].holds, "%s", NESTS[_i].name);
    leg_clear(&legs[0]);
    leg_clear(&legs[1]);
}
END_TEST

/* `holds`: they agree. */
static const Change REQUESTS[] = {
    { .name = "equal", .holds = true },
    { .name = "another value", .back_asked = "GET / HTTP/1.1\r\nCookie: d\r\n" },
    { .name = "a field that the back lacks", .holds = true, .back_asked = "GET / HTTP/1.1\r\n" },
    { .name = "a strong field that the front lacks",
      .back_asked = "GET / HTTP/1.1\r\nCookie: c\r\nAuthorization: x\r\n" },
    { .name = "another field that the front lacks",
      .holds = true,
      .back_asked = "GET / HTTP/1.1\r\nCookie: c\r\nX-Own: x\r\n" },
    { .name = "a field that proxies write",
      .holds = true,
      .asked = "GET / HTTP/1.1\r\nVia: 1.1 a\r\nHost: a\r\n",
      .back_asked = "GET / HTTP/1.1\r\nVia: 1.1 b\r\nHost: b\r\n" },
    { .name = "a hop-by-hop field",
      .holds = true,
      .asked = "GET / HTTP/1.1\r\nKeep-Alive: 1\r\n",
      .back_asked = "GET / HTTP/1.1\r\nKeep-Alive: 2\r\n" },
};

START_TEST(test_request_agrees)
{
    Leg legs[2];
    make(&REQUESTS[_i], legs);
    ck_assert_msg(hop_request_disagrees(&legs[0], &legs[1]) != REQUESTS[_i].holds, "%s",
                  REQUESTS[_i].name);
    leg_clear(&legs[0]);
    leg_clear(&legs[1]);
}
END_TEST

static const Change RESPONSES[] = {
    { .name = "equal", .holds = true },
    { .name = "another status", .back_answer = "HTTP/1.1 201 Created\r\n" },
    { .name = "another ETag",
      .answer = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n",
      .back_answer = "HTTP/1.1 200 OK\r\nETag: \"b\"\r\n" },
    { .name = "an ETag that one lacks",
      .holds = true,
      .answer = "HTTP/1.1 200 OK\r\nETag: \"a\"\r\n" },
    { .name = "another Server",
      .holds = true,
      .answer = "HTTP/1.1 200 OK\r\nServer: a\r\n",
      .back_answer = "HTTP/1.1 200 OK\r\nServer: b\r\n" },
    { .name = "the back's begins later", .back_response = 201 },
    { .name = "no response of the back", .holds = true, .back_unanswered = true },
};

START_TEST(test_response_agrees)
{
    Leg legs[2];
    make(&RESPONSES[_i], legs);
    ck_assert_msg(hop_response_disagrees(&legs[0], &legs[1]) != RESPONSES[_i].holds, "%s",
                  RESPONSES[_i].name);
    leg_clear(&legs[0]);
    leg_clear(&legs[1]);
}
END_TEST

/* Contents count only where both are whole, and the coding is the same. */
START_TEST(test_contents)
{
    static const struct {
        const char *front, *back;
        bool gzip, differ;
    } cases[] = {
        { "one", "one", false, false }, { "one", "two", false, true },
        { "one", "ones", false, true }, { "one", NULL, false, false },
        { NULL, "two", false, false },  { "one", "two", true, false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        LegWords words[2] = { FRONT, BACK };
        words[0].answer_content = cases[i].front;
        words[1].answer_content = cases[i].back;
        if (cases[i].gzip)
            words[0].answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n";
        Leg front = leg_of_words(&words[0]), back = leg_of_words(&words[1]);
        ck_assert_msg(hop_response_disagrees(&front, &back) == cases[i].differ, "case %zu", i);
        leg_clear(&front);
        leg_clear(&back);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("nesting");
    TCase *tcase = tcase_create("pairs");
    tcase_add_loop_test(tcase, test_link, 0, (int)G_N_ELEMENTS(LINKS));
    tcase_add_test(tcase, test_link_over_inputs);
    tcase_add_loop_test(tcase, test_nest, 0, (int)G_N_ELEMENTS(NESTS));
    tcase_add_loop_test(tcase, test_request_agrees, 0, (int)G_N_ELEMENTS(REQUESTS));
    tcase_add_loop_test(tcase, test_response_agrees, 0, (int)G_N_ELEMENTS(RESPONSES));
    tcase_add_test(tcase, test_contents);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
