/* What findings need to know about a head. Heads are given as sent; the expectations come from the
 * sections that the rows name. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "http/header_flags.h"
#include "http1/head.h"

typedef struct Row {
    const char *name;
    const char *head; /* lines; each is ended by CRLF, and the empty line is added */
    unsigned header_flags;
} Row;

#define GET "GET / HTTP/1.1\nHost: h\n"
#define OK "HTTP/1.1 200 OK\n"
#define SWITCHING "HTTP/1.1 101 Switching Protocols\n"
#define UPGRADE "Connection: Upgrade\nUpgrade: "
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"
#define VERSION "Sec-WebSocket-Version: 13\n"

/* The flags that every request for a path has, and every message with an upgrade. */
#define PATH FLAG_ORIGIN_FORM
#define LISTED (FLAG_HOP_BY_HOP | FLAG_UPGRADE)

/* clang-format off */
static const Row ROWS[] = {
    { "nothing", "GET http://h/ HTTP/1.1\nHost: h\n", 0 },
    { "a path", GET, PATH },
    { "an asterisk", "OPTIONS * HTTP/1.1\nHost: h\n", 0 },
    { "a response", OK, 0 },

    /* RFC 9110 §7.6.1: nominated fields */
    { "options alone", GET "Connection: close, keep-alive, X-Own\n", PATH | FLAG_HOP_BY_HOP },
    { "Cache-Control", OK "Connection: Cache-Control\n",
      FLAG_HOP_BY_HOP | FLAG_END_TO_END_NOMINATED },
    { "in another case, on the second line", GET "Connection: close\nConnection: hOST\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_END_TO_END_NOMINATED },
    { "names that only begin alike", GET "Connection: Hosts, Host-, Cookie2, Content\n",
      PATH | FLAG_HOP_BY_HOP },
    { "X-Forwarded-For", GET "Connection: X-Forwarded-For\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_SENSITIVE_NOMINATED },
    { "any X-Forwarded field", GET "Connection: x-forwarded-whatever\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_SENSITIVE_NOMINATED },
    { "the bare prefix", GET "Connection: X-Forwarded-, X-Forwarded\n", PATH | FLAG_HOP_BY_HOP },
    { "both kinds", GET "Connection: Via, Cookie\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_SENSITIVE_NOMINATED | FLAG_END_TO_END_NOMINATED },
    { "no field tells who asks in a response", OK "Connection: X-Real-IP\n", FLAG_HOP_BY_HOP },
    { "Via in a response", OK "Connection: Via\n", FLAG_HOP_BY_HOP | FLAG_END_TO_END_NOMINATED },
    { "what is quoted is one member, and no token", GET "Connection: \"a, Host, b\"\n",
      PATH | FLAG_HOP_BY_HOP },

    /* RFC 2068 §19.7.1.1, RFC 9110 §10.1.4, RFC 9112 §7.4, §C.2.2 */
    { "Keep-Alive, not listed", OK "Keep-Alive: timeout=5\n",
      FLAG_HOP_BY_HOP | FLAG_KEEP_ALIVE_UNLISTED },
    { "Keep-Alive, listed", OK "Connection: Keep-Alive\nKeep-Alive: timeout=5\n", FLAG_HOP_BY_HOP },
    { "Transfer-Encoding is not listed by anybody", OK "Transfer-Encoding: chunked\n",
      FLAG_HOP_BY_HOP | FLAG_HOP_BY_HOP_UNLISTED },
    { "TE, not listed", GET "TE: trailers\n", PATH | FLAG_HOP_BY_HOP | FLAG_TE_UNLISTED },
    { "TE, listed", GET "TE: trailers\nConnection: te\n", PATH | FLAG_HOP_BY_HOP },
    { "chunked in TE", GET "TE: a, chunked ;q=1\nConnection: TE\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_TE_CHUNKED },
    { "chunked as a parameter", GET "TE: a;b=chunked, chunkedd\nConnection: TE\n",
      PATH | FLAG_HOP_BY_HOP },
    { "Proxy-Connection", "GET http://h/ HTTP/1.1\nProxy-Connection: keep-alive\n",
      FLAG_HOP_BY_HOP | FLAG_HOP_BY_HOP_UNLISTED | FLAG_PROXY_CONNECTION },
    { "Proxy-Connection of a server", OK "Proxy-Connection: keep-alive\n",
      FLAG_HOP_BY_HOP | FLAG_HOP_BY_HOP_UNLISTED },
    { "credentials", "CONNECT h:1 HTTP/1.1\nProxy-Authorization: Basic eDp5\n",
      FLAG_HOP_BY_HOP | FLAG_HOP_BY_HOP_UNLISTED | FLAG_CREDENTIALS },

    /* RFC 9110 §7.8, §15.5.22 */
    { "Upgrade, listed", GET UPGRADE "foo\n", PATH | LISTED },
    { "Upgrade, not listed", GET "Upgrade: foo\n", PATH | LISTED | FLAG_UPGRADE_UNLISTED },
    { "the option without the field", GET "Connection: Upgrade\n", PATH | FLAG_HOP_BY_HOP },
    { "a 101 without it", SWITCHING, FLAG_UPGRADE_MISSING },
    { "a 426 without it", "HTTP/1.1 426 Upgrade Required\n", FLAG_UPGRADE_MISSING },
    { "a 400 without it", "HTTP/1.1 400 Bad Request\n", 0 },

    /* RFC 6455 §4.1 */
    { "a handshake", GET UPGRADE "websocket\n" KEY VERSION, PATH | LISTED | FLAG_WEBSOCKET },
    { "among others", GET UPGRADE "foo, WebSocket/x\n" KEY VERSION,
      PATH | LISTED | FLAG_WEBSOCKET },
    { "no key", GET UPGRADE "websocket\n" VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_KEY },
    { "two keys", GET UPGRADE "websocket\n" KEY KEY VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_KEY },
    { "a key of 15 bytes",
      GET UPGRADE "websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\n" VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_KEY },
    { "a key that is no base64",
      GET UPGRADE "websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub2_jZQ==\n" VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_KEY },
    { "another version", GET UPGRADE "websocket\n" KEY "Sec-WebSocket-Version: 8\n",
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_VERSION },
    { "HTTP/1.0", "GET / HTTP/1.0\n" UPGRADE "websocket\n" KEY VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_METHOD },
    { "a POST", "POST / HTTP/1.1\n" UPGRADE "websocket\n" KEY VERSION,
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_METHOD },
    { "the earliest draft", GET UPGRADE "WebSocket\nSec-WebSocket-Key1: 1 2\n",
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_DRAFT },
    { "offers", GET UPGRADE "websocket\n" KEY VERSION
      "Sec-WebSocket-Protocol: a\nSec-WebSocket-Extensions: b\n",
      PATH | LISTED | FLAG_WEBSOCKET | FLAG_WEBSOCKET_PROTOCOL | FLAG_WEBSOCKET_EXTENSION },

    /* RFC 7540 §3.2.1 */
    { "h2c", GET "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: AAMAAABk\n",
      PATH | LISTED | FLAG_H2C },
    { "h2c without settings", GET UPGRADE "h2c\n", PATH | LISTED | FLAG_H2C | FLAG_H2C_SETTINGS },
    { "h2c with settings that are not listed", GET UPGRADE "h2c\nHTTP2-Settings: AAMAAABk\n",
      PATH | LISTED | FLAG_H2C | FLAG_H2C_UNLISTED },
    { "h2c with settings twice",
      GET "Connection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: a\n"
      "HTTP2-Settings: a\n", PATH | LISTED | FLAG_H2C | FLAG_H2C_SETTINGS },
    { "h2c of a server", OK UPGRADE "h2c\n", LISTED | FLAG_H2C },

    /* A line that was not understood may be the one that is missed. */
    { "a bad line hides what may be listed", GET "TE: trailers\nKeep-Alive: 5\nConnection TE\n",
      PATH | FLAG_HOP_BY_HOP },
    { "a bad line excuses no nomination", GET "Connection: Host\nno colon\n",
      PATH | FLAG_HOP_BY_HOP | FLAG_END_TO_END_NOMINATED },
};
/* clang-format on */

/* The text that the head's spans point into; owned by the caller. */
static char *parse(const char *lines, Head *head)
{
    GString *bytes = g_string_new(NULL);
    for (const char *c = lines; *c; c++)
        g_string_append(bytes, *c == '\n' ? "\r\n" : (const char[]){ *c, '\0' });
    g_string_append(bytes, "\r\n");
    Span span = span_make((const uint8_t *)bytes->str, bytes->len);
    HeadKind kind = g_str_has_prefix(lines, "HTTP/") ? HEAD_RESPONSE : HEAD_REQUEST;
    int length = head_parse(span, kind, head, NULL);
    ck_assert_msg(length == (int)bytes->len, "no head: %s", lines);
    return g_string_free(bytes, FALSE);
}

static unsigned signs_of(const Head *head)
{
    Listed listed = connection_options(head);
    return header_flags(head, &listed);
}

START_TEST(flags_of_a_head)
{
    const Row *row = &ROWS[_i];
    static Head head;
    g_autofree char *bytes = parse(row->head, &head);
    ck_assert_ptr_nonnull(bytes);
    unsigned got = signs_of(&head);
    ck_assert_msg(got == row->header_flags, "%s: 0x%x, not 0x%x: too much 0x%x, missing 0x%x",
                  row->name, got, row->header_flags, got & ~row->header_flags,
                  row->header_flags & ~got);
}
END_TEST

/* If a gap cuts a head, nothing is reported as missing from it. */
START_TEST(cut)
{
    static Head head;
    g_autofree char *bytes = parse(GET "TE: trailers\nUpgrade: websocket\nKeep-Alive: a\n", &head);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_ne(signs_of(&head) & FLAG_TE_UNLISTED, 0);
    head.notes |= HEAD_INCOMPLETE;
    ck_assert_uint_eq(signs_of(&head), PATH | LISTED | FLAG_WEBSOCKET);
}
END_TEST

typedef struct AcceptRow {
    const char *name, *key, *accept;
    bool answers;
} AcceptRow;

/* RFC 6455 §1.3 has the first pair. */
static const AcceptRow ACCEPTS[] = {
    { "the RFC's", "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", true },
    { "another key's", "dGhlIHNhbXBsZSBub25jZR==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false },
    { "another case", "dGhlIHNhbXBsZSBub25jZQ==", "S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", false },
    { "cut", "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo", false },
    { "empty", "dGhlIHNhbXBsZSBub25jZQ==", "", false },
};

START_TEST(websocket_accept)
{
    const AcceptRow *row = &ACCEPTS[_i];
    static Head request, response;
    g_autofree char *asks = g_strdup_printf(GET "Sec-WebSocket-Key: %s\n", row->key);
    g_autofree char *says = g_strdup_printf(SWITCHING "Sec-WebSocket-Accept: %s\n", row->accept);
    g_autofree char *request_bytes = parse(asks, &request);
    ck_assert_ptr_nonnull(request_bytes);
    g_autofree char *response_bytes = parse(says, &response);
    ck_assert_ptr_nonnull(response_bytes);
    uint64_t wanted = websocket_accept_wanted(&request);
    ck_assert_uint_ne(wanted, 0);
    ck_assert_msg((wanted == websocket_accept_given(&response)) == row->answers, "%s", row->name);
}
END_TEST

START_TEST(no_key)
{
    static Head head;
    g_autofree char *none = parse(GET, &head);
    ck_assert_ptr_nonnull(none);
    ck_assert_uint_eq(websocket_accept_wanted(&head), 0);
    g_autofree char *two = parse(GET KEY KEY, &head);
    ck_assert_ptr_nonnull(two);
    ck_assert_uint_eq(websocket_accept_wanted(&head), 0);
    g_autofree char *answer = parse(SWITCHING, &head);
    ck_assert_ptr_nonnull(answer);
    ck_assert_uint_eq(websocket_accept_given(&head), 0);
}
END_TEST

typedef struct OfferRow {
    const char *name, *offered, *chosen;
    bool is_offered;
} OfferRow;

/* RFC 9110 §7.8: protocols are compared without case; their versions decide nothing here. */
static const OfferRow OFFERS[] = {
    { "the one", "foo", "foo", true },
    { "in another case", "Foo", "fOO", true },
    { "another version", "foo/1", "foo/2", true },
    { "the last of several", "a, b, c", "c", true },
    { "several, all offered", "a, b, c", "c, a", true },
    { "another", "foo", "bar", false },
    { "a longer name", "foo", "foox", false },
    { "one that was offered and one that was not", "a, b", "b, c", false },
    { "more were offered than are kept: in doubt it was", "a, b, c, d, e", "z", true },
    { "nothing is chosen", "a", "", true },
};

START_TEST(offers)
{
    const OfferRow *row = &OFFERS[_i];
    static Head request, response;
    g_autofree char *asks = g_strdup_printf(GET "Upgrade: %s\n", row->offered);
    g_autofree char *says = g_strdup_printf(SWITCHING "Upgrade: %s\n", row->chosen);
    g_autofree char *request_bytes = parse(asks, &request);
    ck_assert_ptr_nonnull(request_bytes);
    g_autofree char *response_bytes = parse(says, &response);
    ck_assert_ptr_nonnull(response_bytes);
    UpgradeOffer offered = head_upgrade_offer(&request), chosen = head_upgrade_offer(&response);
    ck_assert_msg(upgrade_is_offered(&offered, &chosen) == row->is_offered, "%s", row->name);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("header_flags");
    tcase_add_loop_test(tcase, flags_of_a_head, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, cut);
    tcase_add_loop_test(tcase, websocket_accept, 0, G_N_ELEMENTS(ACCEPTS));
    tcase_add_test(tcase, no_key);
    tcase_add_loop_test(tcase, offers, 0, G_N_ELEMENTS(OFFERS));
    Suite *suite = suite_create("header_flags");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
