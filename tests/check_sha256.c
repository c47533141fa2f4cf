/* The vectors of FIPS 180-4's examples, whole and in parts. */
#include "base/sha256.h"

#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    const char *sum;
} ROWS[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

START_TEST(vectors)
{
    size_t length = strlen(ROWS[_i].text);
    for (size_t cut = 0; cut <= length; cut++) {
        Sha256 *sum = sha256_new();
        sha256_add(sum, ROWS[_i].text, cut);
        sha256_add(sum, ROWS[_i].text + cut, length - cut);
        g_autofree char *text = sha256_finish(sum);
        ck_assert_str_eq(text, ROWS[_i].sum);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sha256");
    TCase *whole = tcase_create("vectors");
    tcase_add_loop_test(whole, vectors, 0, (int)G_N_ELEMENTS(ROWS));
    suite_add_tcase(suite, whole);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
