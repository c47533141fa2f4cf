/* The same bytes give the same value, however they are cut; other bytes give another. */
#include <check.h>
#include <stdlib.h>

#include "base/content_hash.h"

/* Several rounds of four words, and a rest. */
enum { SIZE = 150 };

static void fill(uint8_t bytes[SIZE])
{
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (uint8_t)(i * 37 + i / 7);
}

static uint64_t of_two_pieces(const uint8_t *bytes, size_t length, size_t cut)
{
    ContentHash hash = { 0 };
    content_hash_add(&hash, span_make(bytes, cut));
    content_hash_add(&hash, span_make(NULL, 0));
    content_hash_add(&hash, span_make(bytes + cut, length - cut));
    ck_assert_uint_eq(hash.length, length);
    return content_hash_value(&hash);
}

START_TEST(cut_anywhere)
{
    uint8_t bytes[SIZE];
    fill(bytes);
    for (size_t length = 0; length <= SIZE; length++) {
        uint64_t whole = content_hash_of(span_make(bytes, length));
        for (size_t cut = 0; cut <= length; cut++)
            ck_assert_msg(of_two_pieces(bytes, length, cut) == whole, "%zu of %zu bytes", cut,
                          length);
    }
}
END_TEST

START_TEST(byte_by_byte)
{
    uint8_t bytes[SIZE];
    ContentHash hash = { 0 };
    fill(bytes);
    for (size_t i = 0; i < SIZE; i++) {
        ck_assert_uint_eq(content_hash_value(&hash), content_hash_of(span_make(bytes, i)));
        content_hash_add(&hash, span_make(bytes + i, 1));
    }
    ck_assert_uint_eq(content_hash_value(&hash), content_hash_of(span_make(bytes, SIZE)));
}
END_TEST

START_TEST(each_bit_counts)
{
    uint8_t bytes[SIZE];
    fill(bytes);
    for (size_t length = 1; length <= SIZE; length++) {
        uint64_t before = content_hash_of(span_make(bytes, length));
        for (size_t bit = 0; bit < 8 * length; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            ck_assert_msg(content_hash_of(span_make(bytes, length)) != before, "bit %zu of %zu",
                          bit, 8 * length);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}
END_TEST

START_TEST(zeroes_at_the_end_count)
{
    static const uint8_t zeroes[SIZE];
    for (size_t a = 0; a < SIZE; a++)
        for (size_t b = a + 1; b <= SIZE; b++)
            ck_assert_msg(content_hash_of(span_make(zeroes, a)) !=
                              content_hash_of(span_make(zeroes, b)),
                          "%zu and %zu zeroes", a, b);
}
END_TEST

/* Equal words in other lanes, rounds in another order. */
START_TEST(order_counts)
{
    uint8_t bytes[SIZE], swapped[SIZE];
    fill(bytes);
    for (size_t a = 0; a + 8 <= 128; a += 8)
        for (size_t b = a + 8; b + 8 <= 128; b += 8) {
            memcpy(swapped, bytes, SIZE);
            memcpy(swapped + a, bytes + b, 8);
            memcpy(swapped + b, bytes + a, 8);
            ck_assert_msg(content_hash_of(span_make(swapped, 128)) !=
                              content_hash_of(span_make(bytes, 128)),
                          "words at %zu and %zu", a, b);
        }
    ck_assert_uint_ne(content_hash_mix(content_hash_mix(0, 1), 2),
                      content_hash_mix(content_hash_mix(0, 2), 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("content_hash");
    TCase *tcase = tcase_create("content_hash");
    tcase_add_test(tcase, cut_anywhere);
    tcase_add_test(tcase, byte_by_byte);
    tcase_add_test(tcase, each_bit_counts);
    tcase_add_test(tcase, zeroes_at_the_end_count);
    tcase_add_test(tcase, order_counts);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
