/* Hashes of contents and heads, and what PROXY headers name: cut in pieces, and by hand. */
#include <check.h>
#include <stdlib.h>

#include "base/content_hash.h"
#include "http/digest.h"
#include "http1/head.h"
#include "session/proxy_header.h"

START_TEST(hash_of_pieces)
{
    const char *text = "The same bytes give the same value, however they are cut, and also if "
                       "there are more of them than the hash takes in a round.";
    Span all = span_of_text(text);
    for (size_t cut = 0; cut <= all.length; cut++) {
        ContentHash hash = { 0 };
        content_hash_add(&hash, span_first(all, cut));
        content_hash_add(&hash, span_after(all, cut));
        ck_assert_uint_eq(content_hash_value(&hash), content_hash_of(all));
        ContentHash bytewise = { 0 };
        for (size_t at = 0; at < cut; at++)
            content_hash_add(&bytewise, span_make(all.bytes + at, 1));
        ck_assert_uint_eq(content_hash_value(&bytewise), content_hash_of(span_first(all, cut)));
        ck_assert(cut == all.length ||
                  content_hash_of(span_first(all, cut)) != content_hash_of(all));
    }
    /* each byte counts, wherever it stands */
    for (size_t at = 0; at < all.length; at++) {
        g_autofree char *other = g_strdup(text);
        other[at] ^= 0x40;
        ck_assert(content_hash_of(span_of_text(other)) != content_hash_of(all));
    }
    /* a byte of 0 is one more byte */
    ck_assert(content_hash_of(span_make("a\0", 2)) != content_hash_of(span_make("a", 1)));
}
END_TEST

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

int main(void)
{
    Suite *suite = suite_create("digest");
    TCase *tcase = tcase_create("digest");
    tcase_add_test(tcase, hash_of_pieces);
    tcase_add_test(tcase, proxy_source);
    tcase_add_test(tcase, request_head);
    tcase_add_test(tcase, known_names);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
