#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "stream/community_id.h"

#define V4(a, b, c, d)                                                                             \
    {                                                                                              \
        .bytes = { a, b, c, d }, .version = 4                                                      \
    }

static const struct {
    const char *name;
    IpAddress address[2];
    uint16_t port[2];
    const char *id;
} ROWS[] = {
    { "the specification's TCP example",
      { V4(128, 232, 110, 120), V4(66, 35, 250, 204) },
      { 34855, 80 },
      "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
    { "the specification's TCP example over IPv6",
      { { .bytes = { 0x20, 0x01, 0x04, 0x70, 0xe5, 0xbf, 0xde, 0xad, 0x49, 0x57, 0x21, 0x74, 0xe8,
                     0x2c, 0x48, 0x87 },
          .version = 6 },
        { .bytes = { 0x26, 0x07, 0xf8, 0xb0, 0x40, 0x0c, 0x0c, 0x03, 0, 0, 0, 0, 0, 0, 0, 0x1a },
          .version = 6 } },
      { 63943, 25 },
      "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
    { "Zeek's test",
      { V4(1, 2, 3, 4), V4(5, 6, 7, 8) },
      { 1122, 3344 },
      "1:wCb3OG7yAFWelaUydu0D+125CLM=" },
    /* By Python's hashlib, over the smaller port first. */
    { "one address, two ports",
      { V4(10, 0, 0, 1), V4(10, 0, 0, 1) },
      { 4000, 80 },
      "1:FzT1N+G2cHbKtGZDsN9r1bz5nv8=" },
};

static const char *find(CommunityIds *ids, int row, int from)
{
    Connection connection = { 0 };
    for (int side = 0; side < 2; side++) {
        connection.address[side] = ROWS[row].address[side ^ from];
        connection.port[side] = ROWS[row].port[side ^ from];
    }
    return community_ids_find(ids, connection.address, connection.port);
}

START_TEST(test_vector)
{
    g_autoptr(CommunityIds) ids = community_ids_new();
    for (int from = 0; from < 2; from++)
        ck_assert_str_eq(find(ids, _i, from), ROWS[_i].id);
}
END_TEST

/* What is remembered of one connection is never said of another. */
START_TEST(test_one_after_another)
{
    g_autoptr(CommunityIds) ids = community_ids_new();
    IpAddress near[2] = { ROWS[0].address[0], ROWS[0].address[1] };
    near[0].bytes[3] ^= 1;
    for (int again = 0; again < 3; again++) {
        for (int row = 0; row < (int)G_N_ELEMENTS(ROWS); row++)
            ck_assert_str_eq(find(ids, row, again & 1), ROWS[row].id);
        ck_assert_str_ne(community_ids_find(ids, near, ROWS[0].port), ROWS[0].id);
        ck_assert_str_eq(find(ids, 0, 0), ROWS[0].id);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("community_id");
    TCase *vectors = tcase_create("vectors");
    tcase_add_loop_test(vectors, test_vector, 0, (int)G_N_ELEMENTS(ROWS));
    tcase_add_test(vectors, test_one_after_another);
    suite_add_tcase(suite, vectors);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
