#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/tls_keys.h"

#define RANDOM_A "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define RANDOM_B "00000000000000000000000000000000000000000000000000000000000000ff"
#define SECRET_32 "101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f"
#define SECRET_48 SECRET_32 "303132333435363738393a3b3c3d3e3f"
#define OTHER_48 SECRET_32 "00000000000000000000000000000000"

static TlsKeys *read_text(const char *text, size_t step)
{
    TlsKeys *keys = tls_keys_new((size_t)1 << 20);
    Span rest = span_of_text(text);
    for (; rest.length; rest = span_after(rest, step))
        tls_keys_feed(keys, span_first(rest, step));
    tls_keys_end_text(keys);
    return keys;
}

/* a0 a1 ... bf */
static const uint8_t *random_a(void)
{
    static uint8_t random[TLS_RANDOM_SIZE];
    for (unsigned i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(0xa0 + i);
    return random;
}

static const struct {
    const char *name;
    const char *text;
    /* what is found for random A: how many master secrets, and client's traffic secrets */
    unsigned masters, traffic;
    TlsKeysCounters counters;
} TEXTS[] = {
    { "nothing", "", 0, 0, { 0 } },
    { "comments and empty lines", "# CLIENT_RANDOM\n\n  \n\r\n", 0, 0, { 0 } },
    { "a master secret",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n",
      1,
      0,
      { .lines = 1, .taken = 1 } },
    { "no end of the last line",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48,
      1,
      0,
      { .lines = 1, .taken = 1 } },
    { "CRLF, and blanks at the end",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "  \r\n",
      1,
      0,
      { .lines = 1, .taken = 1 } },
    { "secrets of both hashes",
      "CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_32 "\n"
      "CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_48 "\n",
      0,
      2,
      { .lines = 2, .taken = 2 } },
    { "a master secret has 48 bytes",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_32 "\n",
      0,
      0,
      { .lines = 1, .malformed = 1 } },
    { "another random",
      "CLIENT_RANDOM " RANDOM_B " " SECRET_48 "\n",
      0,
      0,
      { .lines = 1, .taken = 1 } },
    { "twice the same",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\nCLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n",
      1,
      0,
      { .lines = 2, .taken = 1, .repeated = 1 } },
    { "two different ones",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\nCLIENT_RANDOM " RANDOM_A " " OTHER_48 "\n",
      2,
      0,
      { .lines = 2, .taken = 2 } },
    { "labels that open nothing",
      "EXPORTER_SECRET " RANDOM_A " " SECRET_32 "\nCLIENT_TRAFFIC_SECRET_N x\n",
      0,
      0,
      { .lines = 2, .ignored = 2 } },
    { "labels that would take more",
      "RSA 0011223344556677 " SECRET_48 "\nPMS_CLIENT_RANDOM " RANDOM_A " " SECRET_48 "\n",
      0,
      0,
      { .lines = 2, .unsupported = 2 } },
    { "unknown labels", "FUTURE x\nCLIENT_RANDOM1 y\n", 0, 0, { .lines = 2, .unknown = 2 } },
    { "a cut random", "CLIENT_RANDOM a0a1 " SECRET_48 "\n", 0, 0, { .lines = 1, .malformed = 1 } },
    { "a cut line", "CLIENT_RANDOM " RANDOM_A "\n", 0, 0, { .lines = 1, .malformed = 1 } },
    { "no hex",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_32 "3031323334353637g8393a3b3c3d3e3f\n",
      0,
      0,
      { .lines = 1, .malformed = 1 } },
    { "an odd digit",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 "0\n",
      0,
      0,
      { .lines = 1, .malformed = 1 } },
    { "more behind it",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 " x\n",
      0,
      0,
      { .lines = 1, .malformed = 1 } },
    { "an overlong line, and a good one",
      "CLIENT_RANDOM " RANDOM_A " " SECRET_48 SECRET_48 SECRET_48 "\nCLIENT_RANDOM " RANDOM_A
      " " SECRET_48 "\n",
      1,
      0,
      { .lines = 2, .malformed = 1, .taken = 1 } },
};

START_TEST(test_text)
{
    static const size_t STEPS[] = { 1, 2, 7, 100, 10000 };
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        g_autoptr(TlsKeys) keys = read_text(TEXTS[_i].text, STEPS[i]);
        Span found[TLS_SECRETS_MAX];
        ck_assert_msg(
            memcmp(tls_keys_counters(keys), &TEXTS[_i].counters, sizeof(TlsKeysCounters)) == 0,
            "%s: counters", TEXTS[_i].name);
        ck_assert_msg(tls_keys_find(keys, random_a(), TLS_MASTER_SECRET, found) ==
                          TEXTS[_i].masters,
                      "%s: master secrets", TEXTS[_i].name);
        ck_assert_msg(tls_keys_find(keys, random_a(), TLS_CLIENT_TRAFFIC_SECRET, found) ==
                          TEXTS[_i].traffic,
                      "%s: traffic secrets", TEXTS[_i].name);
    }
}
END_TEST

START_TEST(test_bytes)
{
    g_autoptr(TlsKeys) keys = read_text("CLIENT_RANDOM A0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5"
                                        "B6B7B8B9BABBBCBDBEBF " SECRET_48 "\n",
                                        1000);
    Span found[TLS_SECRETS_MAX];
    ck_assert_uint_eq(tls_keys_find(keys, random_a(), TLS_MASTER_SECRET, found), 1);
    ck_assert_uint_eq(found[0].length, 48);
    for (size_t i = 0; i < 48; i++)
        ck_assert_uint_eq(found[0].bytes[i], 0x10 + i);
}
END_TEST

/* The oldest come first, four at most. */
START_TEST(test_contradictions)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (int i = 0; i < 6; i++)
        g_string_append_printf(text, "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " %064x\n", i);
    g_autoptr(TlsKeys) keys = read_text(text->str, 1000);
    Span found[TLS_SECRETS_MAX];
    ck_assert_uint_eq(tls_keys_find(keys, random_a(), TLS_SERVER_TRAFFIC_SECRET, found), 4);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(found[i].bytes[31], i);
    ck_assert_uint_eq(tls_keys_counters(keys)->beyond_limit, 2);
}
END_TEST

/* A connection that went by without secrets, and whose lines then come, counts once. */
START_TEST(test_late)
{
    static const char LINES[] = "CLIENT_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_48 "\n"
                                "SERVER_TRAFFIC_SECRET_0 " RANDOM_A " " SECRET_48 "\n";
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)1 << 20);
    uint8_t other[TLS_RANDOM_SIZE] = { 0 };
    for (unsigned i = 0; i < 5000; i++) { /* the table grows */
        other[0] = (uint8_t)i;
        other[1] = (uint8_t)(i >> 8);
        tls_keys_miss(keys, other);
    }
    ck_assert(tls_keys_were_missed(keys));
    tls_keys_miss(keys, random_a());
    tls_keys_miss(keys, random_a());
    tls_keys_feed(keys, span_of_text(LINES));
    ck_assert_uint_eq(tls_keys_counters(keys)->late, 1);
    tls_keys_again(keys);
    ck_assert(!tls_keys_were_missed(keys));
    ck_assert_uint_eq(tls_keys_counters(keys)->late, 0);
}
END_TEST

static void feed_numbered(TlsKeys *keys, unsigned count)
{
    char line[256];
    for (unsigned i = 0; i < count; i++) {
        int length = g_snprintf(line, sizeof line, "CLIENT_RANDOM %064x %096x\n", i, i);
        tls_keys_feed(keys, span_make(line, (size_t)length));
    }
}

START_TEST(test_many_lines)
{
    g_autoptr(TlsKeys) keys = tls_keys_new((size_t)64 << 20);
    feed_numbered(keys, 100000);
    ck_assert_uint_eq(tls_keys_counters(keys)->taken, 100000);
    for (unsigned i = 0; i < 100000; i += 77) {
        uint8_t random[TLS_RANDOM_SIZE] = { 0 };
        Span found[TLS_SECRETS_MAX];
        for (int byte = 0; byte < 4; byte++)
            random[TLS_RANDOM_SIZE - 1 - byte] = (uint8_t)(i >> 8 * byte);
        ck_assert_uint_eq(tls_keys_find(keys, random, TLS_MASTER_SECRET, found), 1);
        ck_assert_uint_eq(found[0].bytes[47], i & 0xff);
        ck_assert_uint_eq(tls_keys_find(keys, random, TLS_CLIENT_EARLY_SECRET, found), 0);
    }
}
END_TEST

START_TEST(test_memory_is_bounded)
{
    static const size_t BOUNDS[] = { 0, (size_t)1 << 20, (size_t)3 << 20, (size_t)16 << 20 };
    for (size_t i = 0; i < G_N_ELEMENTS(BOUNDS); i++) {
        g_autoptr(TlsKeys) keys = tls_keys_new(BOUNDS[i]);
        feed_numbered(keys, 200000);
        const TlsKeysCounters *counters = tls_keys_counters(keys);
        ck_assert_uint_le(tls_keys_size(keys), BOUNDS[i] + ((size_t)512 << 10));
        ck_assert_uint_eq(counters->taken + counters->beyond_limit, 200000);
        ck_assert(BOUNDS[i] == 0 || counters->taken > BOUNDS[i] / 128);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_keys");
    TCase *tcase = tcase_create("tls_keys");
    tcase_add_loop_test(tcase, test_text, 0, (int)G_N_ELEMENTS(TEXTS));
    tcase_add_test(tcase, test_bytes);
    tcase_add_test(tcase, test_contradictions);
    tcase_add_test(tcase, test_late);
    tcase_add_test(tcase, test_many_lines);
    tcase_add_test(tcase, test_memory_is_bounded);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
