/* A product of 128 bits, its halves folded: by hand, and the same on machines of 32 bits. */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/fold.h"

typedef struct Example {
    uint64_t a, b, folded; /* folded: the high half of a * b, exclusive or the low one */
} Example;

static const Example EXAMPLES[] = {
    { 0, UINT64_MAX, 0 },
    { 1, UINT64_MAX, UINT64_MAX },
    { 3, 5, 15 },
    /* 2^32 * 2^32 is 2^64: high 1, low 0 */
    { UINT64_C(1) << 32, UINT64_C(1) << 32, 1 },
    /* (2^64 - 1)^2 is 2^128 - 2 * 2^64 + 1: high all ones but the last, low 1 */
    { UINT64_MAX, UINT64_MAX, UINT64_MAX },
    /* (2^32 - 1)^2 is 2^64 - 2 * 2^32 + 1, which has no high half */
    { UINT32_MAX, UINT32_MAX, UINT64_C(0xfffffffe00000001) },
    /* (2^32 - 1) * (2^64 - 1) is 2^96 - 2^64 - 2^32 + 1: the parts in the middle carry */
    { UINT32_MAX, UINT64_MAX, UINT64_C(0xfffffffe) ^ UINT64_C(0xffffffff00000001) },
    /* 2^63 * 6 is 3 * 2^64 */
    { UINT64_C(1) << 63, 6, 3 },
};

START_TEST(test_examples)
{
    const Example *example = &EXAMPLES[_i];
    ck_assert_uint_eq(fold(example->a, example->b), example->folded);
    ck_assert_uint_eq(fold(example->b, example->a), example->folded);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fold");
    TCase *tcase = tcase_create("fold");
    tcase_add_loop_test(tcase, test_examples, 0, sizeof EXAMPLES / sizeof *EXAMPLES);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
