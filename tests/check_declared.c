/* What an exchange declares about its connection, from its heads as they were sent. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/framing.h"
#include "http1/head.h"
#include "judge/declared.h"

typedef struct Row {
    const char *name;
    const char *request, *response; /* the lines of their heads, or NULL */
    ReasonSet request_hidden, response_hidden;
    Declared declared;
    Party by;
    Basis basis;
    ReasonSet reasons;
} Row;

#define GET "GET / HTTP/1.1\nHost: h\n"
#define GET_1_0 "GET / HTTP/1.0\n"
#define OK "HTTP/1.1 200 OK\nContent-Length: 0\n"
#define OK_1_0 "HTTP/1.0 200 OK\nContent-Length: 0\n"
#define CLOSE "Connection: close\n"
#define KEEP_ALIVE "Connection: keep-alive\n"

/* clang-format off */
static const Row ROWS[] = {
    /* HTTP/1.1 */
    { "1.1 says nothing", GET, OK, 0, 0, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "the request says close", GET CLOSE, OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "the response says close", GET, OK CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "both say close", GET CLOSE, OK CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "keep-alive of one and close of the other", GET KEEP_ALIVE, OK CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "close of the request and keep-alive of the response", GET CLOSE, OK KEEP_ALIVE, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "keep-alive listed by the client", GET KEEP_ALIVE, OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "keep-alive listed by the server", GET, OK KEEP_ALIVE, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "keep-alive listed by both", GET KEEP_ALIVE, OK KEEP_ALIVE, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "a Keep-Alive field lists nothing", GET "Keep-Alive: 115\n", OK "Keep-Alive: timeout=5\n",
      0, 0, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "Proxy-Connection is not obeyed", GET "Proxy-Connection: close\n",
      OK "Proxy-Connection: close\n", 0, 0, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "a 304 ends with its head", GET, "HTTP/1.1 304 Not Modified\n", 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "a response to HEAD without length", "HEAD / HTTP/1.1\nHost: h\n", "HTTP/1.1 200 OK\n",
      0, 0, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "a chunked response", GET, "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n", 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },

    /* the list */
    { "any case", GET "Connection: cLoSe\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "the field's name in any case", GET "CONNECTION: close\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "close behind keep-alive", GET "Connection: keep-alive, close\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "close before keep-alive", GET "Connection: close, keep-alive\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "several lines are one list", GET KEEP_ALIVE "Connection: TE\n" CLOSE, OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "empty members", GET "Connection: , ,\tclose ,,\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "an empty list", GET "Connection:\n", OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "other options", GET "Connection: TE, X-Close\n", OK "Connection: closed\n", 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "no token: two words", GET "Connection: close now\n", OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "no token: quoted", GET "Connection: \"close\"\n", OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "no token beside close", GET "Connection: a b, close\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "folded between members", GET "Connection: keep-alive,\n close\n", OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "folded inside a word: joined by a space, no token", GET "Connection: clo\n se\n", OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "upgrade that was not followed", GET "Connection: Upgrade\nUpgrade: websocket\n", OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },

    /* versions */
    { "1.2 is read as 1.1", "GET / HTTP/1.2\nHost: h\n", "HTTP/1.2 200 OK\nContent-Length: 0\n",
      0, 0, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "1.0 says nothing", GET_1_0, OK_1_0, 0, 0,
      DECLARED_CLOSE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "1.0 asks, 1.1 answers", GET_1_0, OK, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_VERSION, 0 },
    { "1.1 asks, 1.0 answers", GET, OK_1_0, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_VERSION, 0 },
    { "1.0 lists keep-alive, and so does the answer", GET_1_0 KEEP_ALIVE, OK_1_0 KEEP_ALIVE, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "1.0 lists keep-alive, 1.0 answers without", GET_1_0 KEEP_ALIVE, OK_1_0, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_VERSION, 0 },
    { "1.0 lists keep-alive, 1.1 answers without", GET_1_0 KEEP_ALIVE, OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "1.0 lists keep-alive in capitals", GET_1_0 "Connection: Keep-Alive\n", OK KEEP_ALIVE, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "1.0 lists both", GET_1_0 "Connection: keep-alive, close\n", OK_1_0 KEEP_ALIVE, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "0.9: the end of the connection frames the answer", "GET /\n", "", 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_FRAMING, 0 },
    { "0.9 without an answer", "GET /\n", NULL, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_VERSION, 0 },

    /* framing and the strength of a basis */
    { "a body until close", GET, "HTTP/1.1 200 OK\n", 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_FRAMING, 0 },
    { "a body until close whose head lists keep-alive", GET KEEP_ALIVE,
      "HTTP/1.1 200 OK\n" KEEP_ALIVE, 0, 0, DECLARED_CLOSE, PARTY_SERVER, BASIS_FRAMING, 0 },
    { "a body whose last coding is not chunked", GET,
      "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n", 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_FRAMING, 0 },
    { "framing before version", GET_1_0, "HTTP/1.0 200 OK\n", 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_FRAMING, 0 },
    { "option before framing", GET CLOSE, "HTTP/1.1 200 OK\n", 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "option before framing in one message", GET, "HTTP/1.1 200 OK\n" CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "option before version", GET_1_0, OK CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "option before version, the other way round", GET CLOSE, OK_1_0, 0, 0,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "the listed keep-alive before the default", GET KEEP_ALIVE, OK "Connection: TE\n", 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_CLIENT, BASIS_OPTION, 0 },

    /* HTTP/1 ends */
    { "101", GET "Connection: Upgrade\nUpgrade: websocket\n",
      "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n", 0, 0,
      DECLARED_UPGRADE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "101 beside close", GET "Connection: Upgrade, close\nUpgrade: websocket\n",
      "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n", 0, 0,
      DECLARED_UPGRADE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "200 to CONNECT", "CONNECT h:443 HTTP/1.1\nHost: h:443\n", "HTTP/1.1 200 OK\n", 0, 0,
      DECLARED_TUNNEL, PARTY_BOTH, BASIS_FRAMING, 0 },
    { "any 2xx to CONNECT", "CONNECT h:443 HTTP/1.1\nHost: h:443\n",
      "HTTP/1.1 299 Fine\nConnection: close\n", 0, 0,
      DECLARED_TUNNEL, PARTY_BOTH, BASIS_FRAMING, 0 },
    { "200 to CONNECT of 1.0", "CONNECT h:443 HTTP/1.0\n", "HTTP/1.0 200 Established\n", 0, 0,
      DECLARED_TUNNEL, PARTY_BOTH, BASIS_FRAMING, 0 },
    { "a refused CONNECT", "CONNECT h:443 HTTP/1.1\nHost: h:443\n",
      "HTTP/1.1 403 Forbidden\nContent-Length: 0\n", 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },
    { "a refused CONNECT that says close", "CONNECT h:443 HTTP/1.1\nHost: h:443\n",
      "HTTP/1.1 407 No\nContent-Length: 0\nConnection: close\n", 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },

    /* one message alone */
    { "a request that nobody answered", GET, NULL, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_CLIENT, BASIS_VERSION, 0 },
    { "the same, keep-alive listed", GET KEEP_ALIVE, NULL, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "the same, close", GET CLOSE, NULL, 0, 0, DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "a 408 that nobody asked for", NULL, "HTTP/1.1 408 Timeout\nContent-Length: 0\n" CLOSE,
      0, 0, DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "an unsolicited response without close", NULL, OK, 0, 0,
      DECLARED_KEEP_ALIVE, PARTY_SERVER, BASIS_VERSION, 0 },

    /* a message that the capture lacks */
    { "the request is lost, the response's close stands", NULL, OK CLOSE, REASON_LOSS, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
    { "the request is lost, the response is 1.0", NULL, OK_1_0, REASON_MIDSTREAM, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_VERSION, 0 },
    { "the request is lost, the response says nothing", NULL, OK, REASON_LOSS, 0,
      DECLARED_UNKNOWN, PARTY_NONE, BASIS_NONE, REASON_LOSS },
    { "the request is lost, the response lists keep-alive", NULL, OK KEEP_ALIVE,
      REASON_ONE_DIRECTION, 0, DECLARED_UNKNOWN, PARTY_NONE, BASIS_NONE, REASON_ONE_DIRECTION },
    { "the request is lost, the response is a 101", NULL,
      "HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\n", REASON_LOSS, 0,
      DECLARED_UPGRADE, PARTY_BOTH, BASIS_OPTION, 0 },
    { "the response is lost, the request's close stands", GET CLOSE, NULL, 0, REASON_LOSS,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_OPTION, 0 },
    { "the response is lost, the request is 1.0", GET_1_0, NULL, 0, REASON_SNAPLEN,
      DECLARED_CLOSE, PARTY_CLIENT, BASIS_VERSION, 0 },
    { "the response is lost, the request says nothing", GET, NULL, 0, REASON_ONE_DIRECTION,
      DECLARED_UNKNOWN, PARTY_NONE, BASIS_NONE, REASON_ONE_DIRECTION },
    { "the response is lost, the request lists keep-alive", GET KEEP_ALIVE, NULL, 0,
      REASON_SNAPLEN, DECLARED_UNKNOWN, PARTY_NONE, BASIS_NONE, REASON_SNAPLEN },
    { "what is hidden does not matter where the message is there", GET, OK, REASON_LOSS,
      REASON_SNAPLEN, DECLARED_KEEP_ALIVE, PARTY_BOTH, BASIS_VERSION, 0 },

    /* a request line without a version */
    { "of a known method, with a field: unknown", "GET /\nHost: h\n", OK, 0, 0,
      DECLARED_UNKNOWN, PARTY_NONE, BASIS_NONE, REASON_MALFORMED },
    { "the response's close stands", "GET /\nHost: h\n", OK CLOSE, 0, 0,
      DECLARED_CLOSE, PARTY_SERVER, BASIS_OPTION, 0 },
};
/* clang-format on */

/* A head and the text that its spans point into. */
typedef struct Sent {
    GString *text;
    Head head;
} Sent;

static void read_head(Sent *sent, const char *lines, HeadKind kind)
{
    g_string_assign(sent->text, lines);
    g_string_replace(sent->text, "\n", "\r\n", 0);
    bool is_0_9 = g_str_equal(lines, "GET /\n"); /* its only line is all that is sent */
    if (!is_0_9)
        g_string_append(sent->text, "\r\n");
    Span bytes = span_make(sent->text->str, sent->text->len);
    ck_assert_int_eq(head_parse(bytes, kind, &sent->head, NULL), sent->text->len);
}

static void take_request(Exchange *exchange, const Row *row, Sent *sent)
{
    if (!row->request)
        return;
    read_head(sent, row->request, HEAD_REQUEST);
    BodyFraming framing = framing_of_request(&sent->head);
    exchange->request.begun = exchange->request.complete = true;
    exchange_take_request(exchange, NULL, &sent->head, &framing,
                          &(TextOptions){ .wish = TEXT_WISH_NONE });
}

static void take_response(Exchange *exchange, const Row *row, Sent *sent)
{
    if (!row->response)
        return;
    exchange->answered = exchange->response.begun = exchange->response.complete = true;
    if (*row->response == '\0') { /* of HTTP/0.9 */
        exchange->response.version = HTTP_0_9;
        exchange->response.framing.kind = BODY_UNTIL_CLOSE;
        return;
    }
    static const char *const methods[] = { "", "GET", "HEAD", "CONNECT" };
    Span method = span_of_text(methods[exchange->method]);
    read_head(sent, row->response, HEAD_RESPONSE);
    BodyFraming framing = framing_of_response(&sent->head, method);
    exchange_take_response(exchange, &sent->head, &framing,
                           &(TextOptions){ .wish = TEXT_WISH_NONE });
}

START_TEST(test_declaration)
{
    const Row *row = &ROWS[_i];
    Sent sent = { .text = g_string_new(NULL) };
    Exchange exchange = { .number = 1, .unsolicited = !row->request && !row->request_hidden };
    take_request(&exchange, row, &sent);
    take_response(&exchange, row, &sent);
    Declaration declaration = declaration_of(&exchange, row->request_hidden, row->response_hidden);
    ck_assert_msg(declaration.declared == row->declared, "%s: %s", row->name,
                  declared_name(declaration.declared));
    ck_assert_msg(declaration.by == row->by, "%s: by %s", row->name, party_name(declaration.by));
    ck_assert_msg(declaration.basis == row->basis, "%s: basis %s", row->name,
                  basis_name(declaration.basis));
    ck_assert_msg(declaration.reasons == row->reasons, "%s: reasons %x", row->name,
                  declaration.reasons);
    g_string_free(sent.text, TRUE);
}
END_TEST

START_TEST(test_words)
{
    ck_assert_str_eq(party_name(PARTY_NONE), "");
    ck_assert_str_eq(party_name(PARTY_CLIENT), "client");
    ck_assert_str_eq(party_name(PARTY_SERVER), "server");
    ck_assert_str_eq(party_name(PARTY_BOTH), "both");
    ck_assert_str_eq(basis_name(BASIS_NONE), "");
    ck_assert_str_eq(basis_name(BASIS_VERSION), "version");
    ck_assert_str_eq(basis_name(BASIS_FRAMING), "framing");
    ck_assert_str_eq(basis_name(BASIS_OPTION), "option");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("declared");
    TCase *tcase = tcase_create("declared");
    tcase_add_loop_test(tcase, test_declaration, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, test_words);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
