/* Field blocks: the examples of RFC 7541, what is known behind a missing block, bounds. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "h2_frames.h"
#include "hex.h"
#include "http2/fields.h"

/* "GET / host=h a=b" */
static char *read_text(H2Fields *fields, Span block, HeadKind kind)
{
    Head head;
    ReasonSet reasons;
    GString *text = g_string_new(NULL);
    h2_fields_read(fields, block, kind, &head, &reasons);
    if (head.status)
        g_string_append_printf(text, "%d ", head.status);
    g_string_append_printf(text, "%.*s %.*s", (int)head.method.length,
                           (const char *)head.method.bytes, (int)head.target.length,
                           (const char *)head.target.bytes);
    for (size_t i = 0; i < head.field_count; i++)
        g_string_append_printf(text, " %.*s=%.*s", (int)head.fields[i].name.length,
                               (const char *)head.fields[i].name.bytes,
                               (int)head.fields[i].value.length,
                               (const char *)head.fields[i].value.bytes);
    if (reasons)
        g_string_append(text, " ...");
    ck_assert_int_eq((head.notes & HEAD_INCOMPLETE) != 0, reasons != 0);
    ck_assert_int_eq(head.version, HTTP_2);
    return g_string_free(text, FALSE);
}

static void expect_hex(H2Fields *fields, const char *hex, HeadKind kind, const char *expected)
{
    g_autoptr(GByteArray) block = hex_bytes(hex);
    g_autoptr(Guarded) guarded = guarded_new(block->len + 1);
    g_autofree char *text = read_text(fields, guarded_fill(guarded, block->data, block->len), kind);
    ck_assert_str_eq(text, expected);
}

static void expect_fields(H2Fields *fields, const char *lines, HeadKind kind, const char *expected)
{
    g_autoptr(GByteArray) block = g_byte_array_new();
    h2_block_append(block, lines);
    g_autofree char *text = read_text(fields, span_make(block->data, block->len), kind);
    ck_assert_str_eq(text, expected);
}

static void rest(H2Fields *fields)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    h2_fields_pack(fields, packed);
    h2_fields_clear(fields);
    Span from = span_make(packed->data, packed->len);
    h2_fields_unpack(fields, &from);
    ck_assert_uint_eq(from.length, 0);
}

/* RFC 7541, C.3 and C.4; resting in between changes nothing. */
START_TEST(test_rfc)
{
    static const char *const blocks[2][3] = {
        { "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
          "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65" },
        { "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
          "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf" },
    };
    static const char *const texts[3] = {
        "GET / host=www.example.com", "GET / cache-control=no-cache host=www.example.com",
        "GET /index.html custom-key=custom-value host=www.example.com"
    };
    for (int huffman = 0; huffman < 2; huffman++)
        for (int rests = 0; rests < 2; rests++) {
            H2Fields fields = { 0 };
            for (size_t i = 0; i < 3; i++) {
                expect_hex(&fields, blocks[huffman][i], HEAD_REQUEST, texts[i]);
                if (rests)
                    rest(&fields);
            }
            h2_fields_clear(&fields);
        }
}
END_TEST

/* RFC 7541, C.5: a table of 256 bytes, from which entries are evicted. */
START_TEST(test_eviction)
{
    H2Fields fields = { 0 };
    expect_hex(&fields,
               "3f e101 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 "
               "3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 "
               "6d70 6c65 2e63 6f6d",
               HEAD_RESPONSE,
               "302   cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT "
               "location=https://www.example.com");
    rest(&fields);
    expect_hex(&fields, "4803 3330 37c1 c0bf", HEAD_RESPONSE,
               "307   cache-control=private date=Mon, 21 Oct 2013 20:13:21 GMT "
               "location=https://www.example.com");
    rest(&fields);
    expect_hex(&fields, "bf", HEAD_RESPONSE, "  location=https://www.example.com");
    expect_hex(&fields, "be", HEAD_RESPONSE, "307  ");
    /* the 302 is gone */
    expect_hex(&fields, "c1 c2", HEAD_RESPONSE, "  cache-control=private ...");
    h2_fields_clear(&fields);
}
END_TEST

/* Behind a missing block: what refers to nothing from before is known, what does ends the block,
 * and what was added since can be referred to again. */
START_TEST(test_loss)
{
    H2Fields fields = { 0 };
    expect_fields(&fields, "add a: b", HEAD_REQUEST, "  a=b");
    h2_fields_lose(&fields, REASON_LOSS);
    expect_fields(&fields, "@8 | add c: d | @62", HEAD_RESPONSE, "200   c=d c=d");
    expect_fields(&fields, "@8 | @62 | @63 | e: f", HEAD_RESPONSE, "200   c=d ...");
    expect_fields(&fields, "@8 | @62", HEAD_RESPONSE, "200   ...");
    expect_fields(&fields, "@8 | add g: h", HEAD_RESPONSE, "200   g=h");
    rest(&fields);
    expect_fields(&fields, "@62 | @8", HEAD_RESPONSE, "200   g=h");
    ck_assert_uint_eq(fields.lost, REASON_LOSS);
    h2_fields_clear(&fields);
}
END_TEST

START_TEST(test_malformed)
{
    H2Fields fields = { 0 };
    expect_fields(&fields, "a: b | @99", HEAD_REQUEST, "  a=b ...");
    ck_assert_uint_eq(fields.lost, REASON_MALFORMED);
    expect_hex(&fields, "ff ff ff ff ff ff", HEAD_RESPONSE, "  ...");
    expect_hex(&fields, "00 05 61", HEAD_RESPONSE, "  ...");
    expect_hex(&fields, "", HEAD_RESPONSE, " ");
    h2_fields_clear(&fields);
}
END_TEST

START_TEST(test_heads)
{
    H2Fields fields = { 0 };
    expect_fields(&fields, ":method: CONNECT | :authority: h:443", HEAD_REQUEST,
                  "CONNECT h:443 host=h:443");
    expect_fields(&fields, ":method: GET | :path: /a | :authority: x | host: y", HEAD_REQUEST,
                  "GET /a host=y");
    expect_fields(&fields, ":status: 99", HEAD_RESPONSE, " ");
    expect_fields(&fields, ":status: 2000", HEAD_RESPONSE, " ");
    expect_fields(&fields, ":status: 2x0", HEAD_RESPONSE, " ");
    expect_fields(&fields, "Connection: close | connection: x", HEAD_RESPONSE,
                  "  Connection=close connection=x");
    h2_fields_clear(&fields);
}
END_TEST

/* A field of 4,000 bytes, referred to by as many bytes as a block may have: nobody keeps what it
 * stands for. A table as large as it may be. */
START_TEST(test_bomb)
{
    H2Fields fields = { 0 };
    g_autoptr(GByteArray) block = g_byte_array_new();
    g_autofree char *value = g_strnfill(3900, 'x');
    g_autofree char *line = g_strdup_printf("add bomb: %s", value);
    h2_block_append(block, line);
    guint at = block->len;
    g_byte_array_set_size(block, 256 * 1024);
    memset(block->data + at, 0xbe, block->len - at);
    Head head;
    ReasonSet reasons;
    h2_fields_read(&fields, span_make(block->data, block->len), HEAD_REQUEST, &head, &reasons);
    ck_assert_uint_eq(reasons, REASON_LIMIT);
    ck_assert_uint_le(head.field_count, HEAD_FIELDS_MAX);
    ck_assert_uint_eq(fields.lost, 0);
    ck_assert_uint_le(h2_fields_size(&fields), 64 * 1024);
    expect_fields(&fields, "a: b", HEAD_REQUEST, "  a=b");
    expect_hex(&fields, "3f e1ff03", HEAD_REQUEST, " "); /* a table of 65,536 bytes */
    for (unsigned i = 0; i < 3000; i++) {
        g_autofree char *small = g_strdup_printf("add n%u: ", i);
        g_byte_array_set_size(block, 0);
        h2_block_append(block, small);
        h2_fields_read(&fields, span_make(block->data, block->len), HEAD_REQUEST, &head, &reasons);
        ck_assert_uint_eq(reasons, 0);
    }
    ck_assert_uint_le(h2_fields_size(&fields), H2_INFLATER_MAX / 2);
    rest(&fields);
    expect_fields(&fields, "@62 | @63", HEAD_REQUEST, "  n2999= n2998=");
    h2_fields_clear(&fields);
}
END_TEST

/* One byte more than --match looks at, of a longer value. */
START_TEST(test_long)
{
    H2Fields fields = { 0 };
    g_autoptr(GByteArray) block = g_byte_array_new();
    g_autofree char *value = g_strnfill(20000, 'x');
    g_autofree char *line = g_strdup_printf("a: %s | b: c", value);
    Head head;
    ReasonSet reasons;
    h2_block_append(block, line);
    h2_fields_read(&fields, span_make(block->data, block->len), HEAD_REQUEST, &head, &reasons);
    ck_assert_uint_eq(head.fields[0].value.length, 8193);
    ck_assert_uint_eq(head.fields[1].value.length, 1);
    ck_assert_uint_eq(reasons, 0);
    h2_fields_clear(&fields);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("h2_fields");
    TCase *tests = tcase_create("fields");
    if (!h2_fields_supported())
        return 77; /* skipped */
    tcase_add_test(tests, test_rfc);
    tcase_add_test(tests, test_eviction);
    tcase_add_test(tests, test_loss);
    tcase_add_test(tests, test_malformed);
    tcase_add_test(tests, test_heads);
    tcase_add_test(tests, test_bomb);
    tcase_add_test(tests, test_long);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
