/* The changed inputs of fuzz targets: the same for a seed on every machine, and never too long. */
#include <check.h>
#include <glib.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_mutant.h"

static GPtrArray *inputs_new(size_t longest)
{
    GPtrArray *inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(inputs, g_bytes_new_static("", 0));
    g_ptr_array_add(inputs, g_bytes_new_static("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 27));
    g_ptr_array_add(inputs, g_bytes_new_take(g_malloc0(longest), longest));
    return inputs;
}

/* SHA-256 of what a seed gives, with the length before each. */
static char *sum_of(guint32 seed, unsigned count)
{
    g_autoptr(GPtrArray) inputs = inputs_new(300);
    g_autoptr(GRand) dice = g_rand_new_with_seed(seed);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (unsigned i = 0; i < count; i++) {
        g_autoptr(GByteArray) mutant = mutant_new(dice, inputs);
        guint8 length[2] = { (guint8)(mutant->len >> 8), (guint8)mutant->len };
        g_checksum_update(sum, length, sizeof length);
        g_checksum_update(sum, mutant->data, mutant->len);
    }
    return g_strdup(g_checksum_get_string(sum));
}

/* The sum was seen on 64 and 32 bits, of both orders of bytes. */
START_TEST(the_same_on_every_machine)
{
    g_autofree char *first = sum_of(1, 1000);
    g_autofree char *again = sum_of(1, 1000);
    g_autofree char *other = sum_of(2, 1000);
    ck_assert_str_eq(first, "2865cb220324915516718da508f1564420ee7ba151904189cdbc626ab1cefc89");
    ck_assert_str_eq(first, again);
    ck_assert_str_ne(first, other);
}
END_TEST

START_TEST(never_too_long)
{
    g_autoptr(GPtrArray) inputs = inputs_new(MUTANT_MAX + 1000);
    g_autoptr(GRand) dice = g_rand_new_with_seed(3);
    bool reached = false;
    for (unsigned i = 0; i < 2000; i++) {
        g_autoptr(GByteArray) mutant = mutant_new(dice, inputs);
        ck_assert_uint_le(mutant->len, MUTANT_MAX);
        reached |= mutant->len == MUTANT_MAX;
    }
    ck_assert(reached);
}
END_TEST

/* Each kind of change happens: shorter, longer, as long, and bytes of another input. */
START_TEST(all_kinds)
{
    g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(inputs, g_bytes_new_static("aaaaaaaaaaaa", 12));
    g_ptr_array_add(inputs,
                    g_bytes_new_static("\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b\x1b", 12));
    g_autoptr(GRand) dice = g_rand_new_with_seed(4);
    unsigned shorter = 0, longer = 0, same = 0, mixed = 0;
    for (unsigned i = 0; i < 1000; i++) {
        g_autoptr(GByteArray) mutant = mutant_new(dice, inputs);
        shorter += mutant->len < 12;
        longer += mutant->len > 12;
        same += mutant->len == 12;
        mixed += memchr(mutant->data, 'a', mutant->len) && mutant->len > 1 &&
                 g_strstr_len((const char *)mutant->data, mutant->len, "\x1b\x1b");
    }
    ck_assert_uint_gt(shorter, 100);
    ck_assert_uint_gt(longer, 100);
    ck_assert_uint_gt(same, 100);
    ck_assert_uint_gt(mixed, 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mutant");
    TCase *tcase = tcase_create("mutant");
    tcase_add_test(tcase, the_same_on_every_machine);
    tcase_add_test(tcase, never_too_long);
    tcase_add_test(tcase, all_kinds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
