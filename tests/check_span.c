#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "base/span.h"

static const uint8_t FIVE[] = { 0x81, 0x02, 0xf3, 0x04, 0x95 };

/* Every read at every place. The block has exactly the span's size, so a sanitizer sees a read
 * outside. The expected values are computed byte by byte. */
START_TEST(test_reads_are_checked)
{
    size_t length = (size_t)_i;
    g_autofree uint8_t *block = g_malloc(length + 1);
    uint8_t *exact = block + 1;
    memcpy(exact, FIVE, length);
    Span span = span_make(exact, length);
    for (size_t at = 0; at < length + 3; at++) {
        uint8_t u8 = 0xaa;
        uint16_t be16 = 0xaaaa;
        uint32_t be32 = 0xaaaaaaaa, le32 = 0xaaaaaaaa;
        ck_assert(span_u8(span, at, &u8) == (at + 1 <= length));
        ck_assert_uint_eq(u8, at + 1 <= length ? FIVE[at] : 0xaa);
        ck_assert(span_be16(span, at, &be16) == (at + 2 <= length));
        ck_assert_uint_eq(be16, at + 2 <= length ? FIVE[at] * 256u + FIVE[at + 1] : 0xaaaa);
        ck_assert(span_be32(span, at, &be32) == (at + 4 <= length));
        ck_assert(span_le32(span, at, &le32) == (at + 4 <= length));
        if (at + 4 > length) {
            ck_assert_uint_eq(be32, 0xaaaaaaaa);
            ck_assert_uint_eq(le32, 0xaaaaaaaa);
        }
    }
}
END_TEST

START_TEST(test_byte_orders)
{
    Span span = span_make(FIVE, sizeof FIVE);
    uint16_t be16;
    uint32_t be32, le32;
    ck_assert(span_be16(span, 2, &be16));
    ck_assert_uint_eq(be16, 0xf304);
    ck_assert(span_be32(span, 0, &be32));
    ck_assert_uint_eq(be32, 0x8102f304);
    ck_assert(span_le32(span, 1, &le32));
    ck_assert_uint_eq(le32, 0x9504f302);
}
END_TEST

START_TEST(test_huge_offsets_do_not_wrap)
{
    Span span = span_make(FIVE, sizeof FIVE);
    static const size_t offsets[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 3 };
    uint8_t u8;
    uint16_t be16;
    uint32_t be32;
    for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
        ck_assert(!span_u8(span, offsets[i], &u8));
        ck_assert(!span_be16(span, offsets[i], &be16));
        ck_assert(!span_be32(span, offsets[i], &be32));
        ck_assert(!span_le32(span, offsets[i], &be32));
        ck_assert_uint_eq(span_after(span, offsets[i]).length, 0);
        ck_assert_uint_eq(span_first(span, offsets[i]).length, sizeof FIVE);
    }
}
END_TEST

START_TEST(test_parts)
{
    Span span = span_of_text("GET /");
    ck_assert(span_equal(span_after(span, 4), span_of_text("/")));
    ck_assert(span_equal(span_first(span, 3), span_of_text("GET")));
    ck_assert(span_equal(span_first(span, 0), span_of_text("")));
    ck_assert_uint_eq(span_after(span, 5).length, 0);
    ck_assert_ptr_eq(span_after(span, 9).bytes, span.bytes + 5);
    ck_assert_ptr_null(span_after(span_make(NULL, 0), 1).bytes);
    ck_assert(span_equal(span_make(NULL, 0), span_of_text("")));
    ck_assert(!span_equal(span_of_text("ab"), span_of_text("ac")));
    ck_assert(!span_equal(span_of_text("ab"), span_of_text("abc")));
}
END_TEST

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct {
    const char *name;
    Span bytes;
    const char *text;
    bool nocase, starts;
} COMPARISONS[] = {
    { "the same", BYTES("close"), "close", true, true },
    { "another case", BYTES("CLoSe"), "close", true, false },
    { "another case in the text", BYTES("close"), "CLOSE", true, false },
    { "shorter", BYTES("clos"), "close", false, false },
    { "longer", BYTES("closed"), "close", false, true },
    { "empty bytes", BYTES(""), "close", false, false },
    { "empty text", BYTES("close"), "", false, true },
    { "both empty", BYTES(""), "", true, true },
    { "only letters have a case", BYTES("[close"), "{close", false, false },
    { "at-sign and grave accent differ by 32 too", BYTES("@"), "`", false, false },
    { "beyond ASCII there is no case", BYTES("\xc4"), "\xe4", false, false },
    { "eight at once", BYTES("KEEP-aLI"), "keep-Ali", true, false },
    { "eight and a rest", BYTES("keep-ALIVE"), "KEEP-aliVE", true, false },
    { "eight are equal, the rest is not", BYTES("keep-alive"), "keep-alivo", false, false },
    { "of eight the last differs", BYTES("keep-ali"), "keep-alo", false, false },
    { "only letters, eight at once", BYTES("ABCDEFG["), "abcdefg{", false, false },
    { "header_flags before A, eight at once", BYTES("@BCDEFGH"), "`bcdefgh", false, false },
    { "A and Z themselves", BYTES("AZAZAZAZ"), "azazazaz", true, false },
    { "a hyphen is no carriage return", BYTES("keep-alive"), "keep\ralive", false, false },
    { "beyond ASCII, eight at once", BYTES("\xc1\xdazzzzzz"), "\xe1\xfazzzzzz", false, false },
    { "a zero byte ends no span", BYTES("close\0"), "close", false, true },
    { "a zero byte alone", BYTES("\0"), "", false, true },
};

START_TEST(test_comparisons)
{
    Span bytes = COMPARISONS[_i].bytes;
    ck_assert_msg(span_is_nocase(bytes, COMPARISONS[_i].text) == COMPARISONS[_i].nocase,
                  "span_is_nocase: %s", COMPARISONS[_i].name);
    ck_assert_msg(span_starts_with(bytes, COMPARISONS[_i].text) == COMPARISONS[_i].starts,
                  "span_starts_with: %s", COMPARISONS[_i].name);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("span");
    TCase *tcase = tcase_create("span");
    tcase_add_loop_test(tcase, test_reads_are_checked, 0, sizeof FIVE + 1);
    tcase_add_test(tcase, test_byte_orders);
    tcase_add_test(tcase, test_huge_offsets_do_not_wrap);
    tcase_add_test(tcase, test_parts);
    tcase_add_loop_test(tcase, test_comparisons, 0, G_N_ELEMENTS(COMPARISONS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
