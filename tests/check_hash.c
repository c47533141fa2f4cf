#include <check.h>
#include <stdlib.h>

#include "capture/hash.h"

/* The examples of FIPS 180-2, appendix B, and the hash of nothing. */
static const struct {
    const char *name;
    const char *text;
    size_t times;
    const char *hash;
} EXAMPLES[] = {
    { "nothing", "", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "one block", "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "two blocks", "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "a million letters", "a", 1000000,
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
};

START_TEST(test_examples)
{
    Hasher *hasher = hasher_new(NULL);
    for (size_t i = 0; i < EXAMPLES[_i].times; i++)
        hasher_feed(hasher, EXAMPLES[_i].text, strlen(EXAMPLES[_i].text));
    g_autofree char *hash = hasher_finish(hasher);
    ck_assert_msg(strcmp(hash, EXAMPLES[_i].hash) == 0, "%s: %s", EXAMPLES[_i].name, hash);
}
END_TEST

/* More than may wait, in portions that fit into nothing: GLib's own implementation agrees. */
static const size_t PORTIONS[] = { 1000, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3000000 };

START_TEST(test_portions)
{
    size_t size = 2 * HASH_AHEAD_MAX + 12345;
    g_autofree uint8_t *bytes = g_malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 1000);
    Hasher *hasher = hasher_new(NULL);
    for (size_t at = 0; at < size; at += PORTIONS[_i])
        hasher_feed(hasher, bytes + at, MIN(PORTIONS[_i], size - at));
    g_autofree char *hash = hasher_finish(hasher);
    g_autofree char *expected = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes, size);
    ck_assert_str_eq(hash, expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_examples, 0, G_N_ELEMENTS(EXAMPLES));
    tcase_add_loop_test(tcase, test_portions, 0, G_N_ELEMENTS(PORTIONS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
