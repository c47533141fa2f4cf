/* Packing and unpacking words: the same words come back, and small, equal and near words need few
 * bytes. */
#include <check.h>
#include <stdlib.h>

#include "base/evidence.h"
#include "base/pack.h"

typedef struct Row {
    const char *name;
    uint64_t words[12];
    size_t count;
    size_t packed; /* bytes: one of codes for two words, and theirs */
} Row;

#define STAMP_TIME UINT64_C(1700000000123456789)

static const Row ROWS[] = {
    { "nothing", { 0 }, 0, 0 },
    { "a zero", { 0 }, 1, 1 },
    { "zeros", { 0 }, 12, 6 },
    { "one byte", { 0xff }, 1, 2 },
    { "two bytes", { 0x100 }, 1, 3 },
    { "eight bytes", { UINT64_C(0x0100000000000000) }, 1, 9 },
    { "no offset", { (uint64_t)NO_OFFSET, (uint64_t)NO_OFFSET }, 2, 1 },
    { "minus one", { UINT64_MAX }, 1, 1 },
    { "minus two: not far from the zero before", { UINT64_MAX - 1 }, 1, 2 },
    { "largest", { INT64_MAX }, 1, 9 },
    { "the same again: a byte of length is saved only where there is one",
      { 7, 0, 0, 0, 0, 0, 7 },
      7,
      4 + 2 },
    { "two stamps near each other",
      { UINT64_C(1) << 48 | 5, STAMP_TIME, 0, 0, (uint64_t)NO_OFFSET, 0, UINT64_C(1) << 48 | 7,
        STAMP_TIME + 50000, 60, 0, 0, 0 },
      12,
      6 + 7 + 8 + 1 + 3 + 1 },
    { "a stamp before its predecessor",
      { 0, STAMP_TIME, 0, 0, 0, 0, 0, STAMP_TIME - 60, 0, 0, 0, 0 },
      12,
      6 + 8 + 1 },
    { "too far apart for a difference", { UINT64_C(1) << 63 | 1, 0, 0, 0, 0, 0, 1 }, 7, 4 + 8 + 1 },
};

START_TEST(words)
{
    const Row *row = &ROWS[_i];
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    pack_words(bytes, row->words, row->count * sizeof(uint64_t));
    ck_assert_uint_eq(bytes->len, row->packed);
    uint64_t read[12] = { 0 };
    Span rest = span_make(bytes->data, bytes->len);
    unpack_words(&rest, read, row->count * sizeof(uint64_t));
    ck_assert_uint_eq(rest.length, 0);
    ck_assert_mem_eq(read, row->words, row->count * sizeof(uint64_t));
}
END_TEST

START_TEST(one_behind_the_other)
{
    uint64_t written[3] = { 1, 2, 3 }, read[3];
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    pack_words(bytes, written, sizeof written);
    pack_span(bytes, span_of_text("text"));
    pack_span(bytes, (Span){ 0 });
    pack_words(bytes, written, sizeof written);
    Span rest = span_make(bytes->data, bytes->len);
    unpack_words(&rest, read, sizeof read);
    ck_assert(span_equal(unpack_span(&rest), span_of_text("text")));
    ck_assert_uint_eq(unpack_span(&rest).length, 0);
    unpack_words(&rest, read, sizeof read);
    ck_assert_mem_eq(read, written, sizeof written);
    ck_assert_uint_eq(rest.length, 0);
}
END_TEST

START_TEST(less_than_a_word_at_the_end)
{
    for (size_t size = 0; size <= 20; size++) {
        uint8_t written[24], read[24];
        for (size_t i = 0; i < sizeof written; i++)
            written[i] = (uint8_t)(0x80 + i);
        memset(read, 0x11, sizeof read);
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        pack_words(bytes, written, size);
        Span rest = span_make(bytes->data, bytes->len);
        unpack_words(&rest, read, size);
        ck_assert_uint_eq(rest.length, 0);
        ck_assert_mem_eq(read, written, size);
        for (size_t i = size; i < sizeof read; i++)
            ck_assert_uint_eq(read[i], 0x11);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("pack");
    tcase_add_loop_test(tcase, words, 0, (int)G_N_ELEMENTS(ROWS));
    tcase_add_test(tcase, one_behind_the_other);
    tcase_add_test(tcase, less_than_a_word_at_the_end);
    Suite *suite = suite_create("pack");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
