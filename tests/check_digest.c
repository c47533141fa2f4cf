/* Hashes of heads, and what PROXY headers name. */
#include <check.h>
#include <stdlib.h>

#include "base/content_hash.h"
#include "http/digest.h"
#include "http1/head.h"
#include "session/proxy_header.h"

static ProxySource source_of(const char *bytes, size_t length)
{
    return proxy_header_source(span_make(bytes, length));
}

START_TEST(proxy_source)
{
    static const char v1[] = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 80\r\n";
    static const char v2[] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x07\xc6\x33\x64\x01\x12\x67\0\x50";
    static const char local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    static const char v6[] = "PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n";
    ProxySource one = source_of(v1, sizeof v1 - 1), two = source_of(v2, sizeof v2 - 1);
    ck_assert(one.known && two.known);
    ck_assert_mem_eq(one.address.bytes, "\xc0\x00\x02\x07", 4);
    ck_assert_mem_eq(two.address.bytes, one.address.bytes, sizeof one.address.bytes);
    ck_assert_int_eq(one.address.version, 4);
    ck_assert_int_eq(one.port, 4711);
    ck_assert_int_eq(two.port, 4711);
    ck_assert(!source_of(local, sizeof local - 1).known);
    ck_assert(!source_of("PROXY UNKNOWN\r\n", 15).known);
    ProxySource six = source_of(v6, sizeof v6 - 1);
    ck_assert(six.known && six.address.version == 6 && six.address.bytes[15] == 7);
    for (size_t cut = 0; cut < sizeof v2 - 1;
         cut++) /* a header whose rest is missing names nobody */
        ck_assert(!source_of(v2, cut).known || cut >= 26);
}
END_TEST

static ExchangeDigest *request(const char *text)
{
    Head head;
    ck_assert_int_gt(head_parse(span_of_text(text), HEAD_REQUEST, &head, NULL), 0);
    ExchangeDigest *digest = exchange_digest_new();
    digest_request_head(digest, &head, NULL);
    return digest;
}

START_TEST(request_head)
{
    ExchangeDigest *digest =
        request("GET http://example.test/a/b/c?q=1 HTTP/1.1\r\n"
                "Host: example.test\r\n"
                "Connection: X-Hop, close\r\n"
                "X-Hop: one\r\n"
                "x-hop: two\r\n"
                "X-Forwarded-For: 10.0.0.1, [2001:db8::7]:99\r\n"
                "Forwarded: for=10.0.0.2, proto=http;for=\"192.0.2.3:80\"\r\n\r\n");
    ExchangeDigest *other = request("GET /a/b/c?q=1 HTTP/1.1\r\nX-HOP: one, two\r\n\r\n");
    const HeadDigest *head = digest->request.head;
    ck_assert(head->whole && digest->target.absolute && !other->target.absolute);
    ck_assert_uint_eq(digest->target.whole, other->target.whole);
    const DigestField *hop = NULL, *close = head_digest_find(head, DIGEST_CLOSE);
    for (unsigned i = 0; i < head->count; i++)
        if (strcmp(head_digest_name(head, &head->fields[i]), "x-hop") == 0)
            hop = &head->fields[i];
    ck_assert(hop && hop->present && hop->listed);
    ck_assert(close && close->listed && !close->present);
    /* two lines are one list */
    ck_assert_uint_eq(hop->value, other->request.head->fields[0].value);
    ck_assert_int_eq(digest->forwarded[FORWARDED_X_FOR].version, 6);
    ck_assert_mem_eq(digest->forwarded[FORWARDED_STANDARD].bytes, "\xc0\x00\x02\x03", 4);
    exchange_digest_free(digest);
    exchange_digest_free(other);
}
END_TEST

/* The list of names is searched, so its order counts. */
START_TEST(known_names)
{
    static const char *const NAMES[] = {
#define DIGEST(id, name, traits) [DIGEST_##id] = name,
#include "http/digest_names.def"
#undef DIGEST
    };
    for (DigestName known = 1; known < DIGEST_NAME_COUNT; known++) {
        g_autofree char *text = g_strdup_printf("GET / HTTP/1.1\r\n%s: 1\r\n\r\n", NAMES[known]);
        ExchangeDigest *digest = request(text);
        const DigestField *field = head_digest_find(digest->request.head, known);
        ck_assert_msg(field && field->present, "%s", NAMES[known]);
        exchange_digest_free(digest);
    }
}
END_TEST

/* A head with this many fields besides one whose name has so many bytes. */
static ExchangeDigest *large_request(unsigned fields, size_t name)
{
    g_autoptr(GString) text = g_string_new("GET / HTTP/1.1\r\n");
    for (unsigned i = 0; i < fields; i++)
        g_string_append_printf(text, "x-%u: %u\r\n", i, i);
    for (size_t i = 0; i < name; i++)
        g_string_append_c(text, 'N');
    g_string_append(text, ": 1\r\n\r\n");
    return request(text->str);
}

/* Beyond its bounds a head is not whole; what is there is right all the same. */
START_TEST(bounds)
{
    static const struct {
        unsigned fields;
        size_t name;
        unsigned count;
        bool whole;
    } rows[] = {
        { DIGEST_FIELDS_MAX - 1, 5, DIGEST_FIELDS_MAX, true },
        { DIGEST_FIELDS_MAX, 5, DIGEST_FIELDS_MAX, false },
        { 200, 5, DIGEST_FIELDS_MAX, false },
        { 3, DIGEST_NAME_MAX, 4, true },
        { 3, DIGEST_NAME_MAX + 1, 3, false },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ExchangeDigest *digest = large_request(rows[i].fields, rows[i].name);
        const HeadDigest *head = digest->request.head;
        ck_assert_uint_eq(head->count, rows[i].count);
        ck_assert(head->whole == rows[i].whole);
        for (unsigned f = 1; f < head->count; f++)
            ck_assert_int_lt(strcmp(head_digest_name(head, &head->fields[f - 1]),
                                    head_digest_name(head, &head->fields[f])),
                             0);
        exchange_digest_free(digest);
    }
}
END_TEST

/* `lines`: the fields of a response. */
static ExchangeDigest *response(const char *lines, const Redactor *redactor)
{
    Head head;
    g_autofree char *text = g_strdup_printf("HTTP/1.1 502 Bad Gateway\r\n%s\r\n", lines);
    ck_assert_int_gt(head_parse(span_of_text(text), HEAD_RESPONSE, &head, NULL), 0);
    ExchangeDigest *digest = exchange_digest_new();
    digest_response_head(digest, &head, redactor);
    return digest;
}

#define A_LINE "cache.example; error=connection_timeout"

START_TEST(proxy_status)
{
    static const struct {
        const char *lines, *text;
    } rows[] = {
        { "Server: a\r\n", "" },
        { "Proxy-Status:\r\n", "" },
        { "Proxy-Status: " A_LINE "\r\n", A_LINE },
        { "Server: a\r\nproxy-status: a\r\nX: 1\r\nPROXY-STATUS: b\r\n", "a, b" },
        { "Proxy-Status:\r\nProxy-Status: b\r\n", "b" },
        { "Proxy-Status: \xff\r\n", "\\xff" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        ExchangeDigest *digest = response(rows[i].lines, NULL);
        ck_assert_str_eq(head_digest_proxy_status(digest->response.head), rows[i].text);
        exchange_digest_free(digest);
    }
    ck_assert_str_eq(head_digest_proxy_status(NULL), "");
    ExchangeDigest *digest = request("GET / HTTP/1.1\r\nProxy-Status: a\r\n\r\n");
    ck_assert_str_eq(head_digest_proxy_status(digest->request.head), ""); /* it answers nothing */
    exchange_digest_free(digest);
}
END_TEST

START_TEST(proxy_status_is_cut)
{
    g_autoptr(GString) lines = g_string_new(NULL);
    for (int i = 0; i < 10; i++)
        g_string_append(lines, "Proxy-Status: " A_LINE "\r\n");
    ExchangeDigest *digest = response(lines->str, NULL);
    const char *text = head_digest_proxy_status(digest->response.head);
    ck_assert_uint_le(strlen(text), DIGEST_TEXT_MAX);
    ck_assert(g_str_has_prefix(text, A_LINE ", " A_LINE ", "));
    ck_assert(g_str_has_suffix(text, "\\..."));
    exchange_digest_free(digest);
}
END_TEST

/* Names that are not in the list, and the text, are not shown; hashes are the same. */
START_TEST(redacted)
{
    static const char lines[] = "Proxy-Status: inside.example\r\nX-Inside: 1\r\nServer: a\r\n";
    g_autoptr(Redactor) redactor = redactor_new(span_of_text("key"));
    ExchangeDigest *plain = response(lines, NULL), *hidden = response(lines, redactor);
    const HeadDigest *head = hidden->response.head;
    const char *status = head_digest_proxy_status(head);
    ck_assert_str_ne(status, "");
    ck_assert_ptr_null(strstr(status, "inside"));
    ck_assert_uint_eq(head->count, 3);
    for (unsigned i = 0; i < head->count; i++)
        ck_assert_ptr_null(strstr(head_digest_name(head, &head->fields[i]), "inside"));
    ck_assert_uint_eq(head_digest_find(head, DIGEST_SERVER)->value,
                      head_digest_find(plain->response.head, DIGEST_SERVER)->value);
    exchange_digest_free(plain);
    exchange_digest_free(hidden);
}
END_TEST

static void assert_same_head(const HeadDigest *a, const HeadDigest *b)
{
    ck_assert((a == NULL) == (b == NULL));
    if (!a)
        return;
    ck_assert_ptr_ne(a, b);
    ck_assert_uint_eq(a->size, b->size);
    ck_assert_mem_eq(a, b, a->size);
}

static void assert_same(const ExchangeDigest *a, const ExchangeDigest *b)
{
    assert_same_head(a->request.head, b->request.head);
    assert_same_head(a->response.head, b->response.head);
    ck_assert_mem_eq(&a->target, &b->target, sizeof a->target);
    ck_assert_uint_eq(a->method, b->method);
    ck_assert_uint_eq(a->host, b->host);
}

/* Packed and unpacked, or copied, it is the same, and its own. */
START_TEST(packed_and_copied)
{
    ExchangeDigest *digests[] = {
        NULL,
        exchange_digest_new(),
        request("GET /a HTTP/1.1\r\nHost: b\r\nX: 1\r\n\r\n"),
        response("Proxy-Status: a\r\n", NULL),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
        g_autoptr(GByteArray) packed = g_byte_array_new();
        exchange_digest_pack(digests[i], packed);
        Span from = span_make(packed->data, packed->len);
        ExchangeDigest *unpacked = exchange_digest_unpack(&from);
        ExchangeDigest *copy = exchange_digest_copy(digests[i]);
        ck_assert_uint_eq(from.length, 0);
        ck_assert_uint_eq(exchange_digest_size(unpacked), exchange_digest_size(digests[i]));
        if (digests[i]) {
            assert_same(unpacked, digests[i]);
            assert_same(copy, digests[i]);
        } else {
            ck_assert_ptr_null(unpacked);
            ck_assert_ptr_null(copy);
        }
        exchange_digest_free(unpacked);
        exchange_digest_free(copy);
        exchange_digest_free(digests[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    tcase_add_test(tcase, proxy_source);
    tcase_add_test(tcase, request_head);
    tcase_add_test(tcase, known_names);
    tcase_add_test(tcase, bounds);
    tcase_add_test(tcase, proxy_status);
    tcase_add_test(tcase, proxy_status_is_cut);
    tcase_add_test(tcase, redacted);
    tcase_add_test(tcase, packed_and_copied);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
