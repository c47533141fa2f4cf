/* Fragments in, datagrams out.
 *
 * A fragment is `BEGIN+LENGTH`, followed by a sign for each exception: `.` it is the last, `/N`
 * only N bytes of it were captured, `!` it has other bytes, `@S` it comes S seconds after the
 * first, `#N` the datagram has that identification, `p` another protocol, `n` another network, `r`
 * the other direction. The result of each: `-` nothing yet, `x` makes no sense, `L` beyond a bound,
 * `N` a complete datagram of N bytes, `N/M` with M bytes captured. */
#include <check.h>
#include <stdlib.h>

#include "decode/fragments.h"

static const struct {
    const char *name;
    const char *fragments;
    const char *results;
    uint64_t alone, overlaps, conflicts;
    const char *results6; /* of IPv6 if they differ */
} ROWS[] = {
    { "two", "0+8 8+5.", "- 13", 0, 0, 0, NULL },
    { "two, the last first", "8+5. 0+8", "- 13", 0, 0, 0, NULL },
    { "three in each order: 123", "0+8 8+16 24+1.", "- - 25", 0, 0, 0, NULL },
    { "132", "0+8 24+1. 8+16", "- - 25", 0, 0, 0, NULL },
    { "213", "8+16 0+8 24+1.", "- - 25", 0, 0, 0, NULL },
    { "231", "8+16 24+1. 0+8", "- - 25", 0, 0, 0, NULL },
    { "312", "24+1. 0+8 8+16", "- - 25", 0, 0, 0, NULL },
    { "321", "24+1. 8+16 0+8", "- - 25", 0, 0, 0, NULL },
    { "the largest", "0+65528 65528+7.", "- 65535", 0, 0, 0, NULL },
    { "one byte more", "0+65528 65528+8.", "- x", 1, 0, 0, NULL },
    { "only first ones", "0+8 8+8 16+8", "- - -", 3, 0, 0, NULL },
    { "the first is missing", "8+8 16+8.", "- -", 2, 0, 0, NULL },
    { "two datagrams, interleaved", "0+8 0+16#2 8+8. 16+8.#2", "- - 16 24", 0, 0, 0, NULL },
    { "two networks", "0+8 0+16n 8+8. 16+8.n", "- - 16 24", 0, 0, 0, NULL },
    { "two directions", "0+8 0+16r 8+8. 16+8.r", "- - 16 24", 0, 0, 0, NULL },
    { "protocols are part of it in IPv4", "0+8 8+8.p", "- -", 2, 0, 0, "- 16" },

    { "no multiple of eight", "0+9 8+8.", "x -", 1, 0, 0, NULL },
    { "empty", "0+0 0+8", "x -", 1, 0, 0, NULL },
    { "two ends, the nearer later", "16+8. 8+8. 0+8 8+8", "- x - 24", 0, 0, 0, NULL },
    { "two ends, the nearer first", "8+8. 16+8. 0+8", "- x 16", 0, 0, 0, NULL },
    { "beyond the end", "8+8. 16+8 0+8", "- x 16", 0, 0, 0, NULL },
    { "more to come at the end", "8+8. 8+8 0+8", "- x 16", 0, 0, 0, NULL },
    { "an end before what is there", "16+8 8+8. 0+8", "- x -", 2, 0, 0, NULL },

    { "a copy of the first", "0+8 0+8 8+8.", "- - 16", 0, 0, 0, NULL },
    { "copies afterwards", "0+8 8+8. 0+8 8+8. 8+8.", "- 16 - - -", 0, 0, 0, NULL },
    { "doubled", "0+8 0+8 8+8. 8+8.", "- - 16 -", 0, 0, 0, NULL },
    { "the identification again", "0+8 8+8. 0+8! 8+8!.", "- 16 - 16!", 0, 0, 0, NULL },
    { "the identification again after a loss", "0+8 0+8! 8+8!.", "- - 16!", 1, 1, 1, "- x x" },

    { "equal bytes overlap", "0+16 8+16 24+8.", "- - 32", 0, 1, 0, "- x x" },
    { "inside another", "0+24 8+8 24+8.", "- - 32", 0, 1, 0, "- x x" },
    { "around another", "8+8 0+24 24+8.", "- - 32", 0, 1, 0, "- x x" },
    { "fills two holes", "8+8 24+8 0+40 40+1.", "- - - 41", 0, 1, 0, "- - x x" },
    { "other bytes overlap: the first ones win", "0+16 8+16! 24+8.", "- - 32?", 0, 1, 1, "- x x" },
    { "teardrop", "0+32 8+8. 32+8.", "- x 40", 0, 1, 0, "- x x" },

    { "both cut", "0+16/16 16+16./8", "- 32/24", 0, 0, 0, NULL },
    { "the first cut", "0+16/10 16+16.", "- 32/10", 0, 0, 0, NULL },
    { "nothing captured of the first", "0+16/0 16+16.", "- 32/0", 0, 0, 0, NULL },
    { "nothing captured of the last", "0+16 16+16./0", "- 32/16", 0, 0, 0, NULL },
    { "a copy that is cut", "0+16 0+16/8 16+16.", "- - 32", 0, 0, 0, NULL },

    { "30 seconds", "0+8 8+8.@30", "- 16", 0, 0, 0, NULL },
    { "more than 30 seconds", "0+8 8+8.@31", "- -", 2, 0, 0, NULL },
    { "a clock set back", "0+8 8+8.@-31", "- -", 2, 0, 0, NULL },
    { "a clock set back, then 30 seconds behind one that waits", "0+8#2@25 0+8 8+8.@35", "- - -", 3,
      0, 0, NULL },
    { "the identification again after a minute", "0+8 0+8@60 8+8.@60", "- - 16", 1, 0, 0, NULL },
};

#define DATAGRAM_BYTES 65536

static const FragmentLimits SMALL = { .datagrams = 4, .bytes = 256, .pieces = 4 };

typedef struct Given {
    IpFragment fragment;
    Layer layer;
    uint8_t bytes[DATAGRAM_BYTES];
    bool reverse;
    Nanoseconds time;
} Given;

/* The byte at an offset of the datagram, in both of the versions. */
static uint8_t byte_at(size_t offset, bool other)
{
    return (uint8_t)(offset * 7 + offset / 251 + (other ? 101 : 0));
}

static void parse_fragment(const char *text, uint8_t version, Given *ret_given)
{
    char *at;
    uint32_t begin = (uint32_t)strtoul(text, &at, 10), length = (uint32_t)strtoul(at + 1, &at, 10);
    uint32_t captured = length;
    bool other = false;
    ret_given->fragment = (IpFragment){
        .identification = 1, .version = version, .protocol = 6, .offset = begin, .more = true
    };
    ret_given->layer = (Layer){ .wire_length = length };
    ret_given->reverse = false;
    ret_given->time = 1000 * NS_PER_SECOND;
    while (*at) {
        char sign = *at++;
        other |= sign == '!';
        ret_given->reverse |= sign == 'r';
        if (sign == '.')
            ret_given->fragment.more = false;
        else if (sign == '/')
            captured = (uint32_t)strtoul(at, &at, 10);
        else if (sign == '@')
            ret_given->time += strtol(at, &at, 10) * NS_PER_SECOND;
        else if (sign == '#')
            ret_given->fragment.identification = (uint32_t)strtoul(at, &at, 10);
        else if (sign == 'p')
            ret_given->fragment.protocol = 17;
        else if (sign == 'n')
            ret_given->layer.network = 1;
    }
    for (uint32_t i = 0; i < captured; i++)
        ret_given->bytes[i] = byte_at(begin + i, other);
    ret_given->layer.bytes = span_make(ret_given->bytes, captured);
}

static DecodeResult add(Fragments *fragments, const char *text, uint8_t version, Layer *ret_layer)
{
    static Given given; /* the bytes are not needed afterwards */
    IpAddress a = { .bytes = { 10, 0, 0, 1 }, .version = version };
    IpAddress b = { .bytes = { 10, 0, 0, 2 }, .version = version };
    uint8_t protocol = 0;
    parse_fragment(text, version, &given);
    *ret_layer = given.layer;
    DecodeResult result = fragments_add(fragments, &given.fragment, given.reverse ? &b : &a,
                                        given.reverse ? &a : &b, given.time, ret_layer, &protocol);
    memset(given.bytes, 0xee, sizeof given.bytes);
    if (result == DECODE_SEGMENT)
        ck_assert_uint_eq(protocol, 6);
    return result;
}

static void assert_result(const char *name, const char *fragment, const char *expected,
                          DecodeResult result, const Layer *layer)
{
    if (!g_ascii_isdigit(*expected)) {
        DecodeResult known = *expected == '-'   ? DECODE_FRAGMENT
                             : *expected == 'x' ? DECODE_MALFORMED
                                                : DECODE_LIMIT;
        ck_assert_msg(result == known, "%s, %s: %s", name, fragment, decode_result_text(result));
        return;
    }
    ck_assert_msg(result == DECODE_SEGMENT, "%s, %s: %s", name, fragment,
                  decode_result_text(result));
    char *at;
    uint32_t length = (uint32_t)strtoul(expected, &at, 10);
    uint32_t captured = *at == '/' ? (uint32_t)strtoul(at + 1, &at, 10) : length;
    ck_assert_msg(layer->wire_length == length && layer->bytes.length == captured,
                  "%s, %s: %u, of which %zu captured", name, fragment, layer->wire_length,
                  layer->bytes.length);
    for (size_t i = 0; i < captured; i++) {
        bool second = *at == '?' && i >= 16 && i < 24; /* only these bytes are of the other one */
        ck_assert_msg(layer->bytes.bytes[i] == byte_at(i, *at == '!' || second), "%s: byte %zu",
                      name, i);
    }
}

static void run(int row, uint8_t version)
{
    const char *expected =
        version == 6 && ROWS[row].results6 ? ROWS[row].results6 : ROWS[row].results;
    g_auto(GStrv) fragments = g_strsplit(ROWS[row].fragments, " ", -1);
    g_auto(GStrv) results = g_strsplit(expected, " ", -1);
    g_autoptr(Fragments) table = fragments_new(&FRAGMENT_LIMITS_DEFAULT);
    ck_assert_uint_eq(g_strv_length(fragments), g_strv_length(results));
    for (int i = 0; fragments[i]; i++) {
        Layer layer;
        fragments_release(table);
        DecodeResult result = add(table, fragments[i], version, &layer);
        assert_result(ROWS[row].name, fragments[i], results[i], result, &layer);
    }
    if (expected != ROWS[row].results)
        return;
    const FragmentCounters *counters = fragments_counters(table);
    ck_assert_msg(counters->alone == ROWS[row].alone, "%s: %" G_GUINT64_FORMAT " alone",
                  ROWS[row].name, counters->alone);
    ck_assert_msg(counters->overlaps == ROWS[row].overlaps, "%s: %" G_GUINT64_FORMAT " overlaps",
                  ROWS[row].name, counters->overlaps);
    ck_assert_msg(counters->conflicts == ROWS[row].conflicts, "%s: %" G_GUINT64_FORMAT " conflicts",
                  ROWS[row].name, counters->conflicts);
    ck_assert_uint_eq(counters->given_up, 0);
}

START_TEST(test_fragments)
{
    run(_i, 4);
    run(_i, 6);
}
END_TEST

/* With room for four datagrams of four pieces and 256 bytes in all. */
static const struct {
    const char *name;
    const char *fragments;
    const char *results;
    uint64_t alone, given_up;
} BOUNDS[] = {
    { "five datagrams: the oldest goes", "0+8#1 0+8#2 0+8#3 0+8#4 0+8#5 8+8.#1 8+8.#3",
      "- - - - - - 16", 3, 2 },
    { "five pieces", "0+8 16+8 32+8 48+8 64+8 8+8", "- - - - L -", 1, 5 },
    { "bytes", "0+120#1 0+120#2 0+120#3 120+8.#2 120+8.#1 120+8.#3", "- - - 128 - 128", 1, 1 },
    { "more bytes than there is room", "0+256 256+8", "- L", 0, 2 },
};

START_TEST(test_bounds)
{
    g_auto(GStrv) fragments = g_strsplit(BOUNDS[_i].fragments, " ", -1);
    g_auto(GStrv) results = g_strsplit(BOUNDS[_i].results, " ", -1);
    g_autoptr(Fragments) table = fragments_new(&SMALL);
    ck_assert_uint_eq(g_strv_length(fragments), g_strv_length(results));
    for (int i = 0; fragments[i]; i++) {
        Layer layer;
        fragments_release(table);
        DecodeResult result = add(table, fragments[i], 4, &layer);
        assert_result(BOUNDS[_i].name, fragments[i], results[i], result, &layer);
        ck_assert_uint_le(fragments_held(table), SMALL.bytes);
    }
    const FragmentCounters *counters = fragments_counters(table);
    ck_assert_msg(counters->alone == BOUNDS[_i].alone && counters->given_up == BOUNDS[_i].given_up,
                  "%s: %" G_GUINT64_FORMAT " alone, %" G_GUINT64_FORMAT " given up",
                  BOUNDS[_i].name, counters->alone, counters->given_up);
}
END_TEST

/* A returned datagram stays in place until its release, however little room there is. */
START_TEST(test_handed_out_stays)
{
    g_autoptr(Fragments) table = fragments_new(&SMALL);
    Layer whole, other;
    ck_assert_int_eq(add(table, "0+120#9", 4, &whole), DECODE_FRAGMENT);
    ck_assert_int_eq(add(table, "120+8.#9", 4, &whole), DECODE_SEGMENT);
    for (int i = 0; i < 10; i++) {
        g_autofree char *text = g_strdup_printf("0+64#%d", i + 10);
        add(table, text, 4, &other);
    }
    ck_assert_int_eq(add(table, "0+120!#9", 4, &other), DECODE_MALFORMED);
    for (size_t i = 0; i < 128; i++)
        ck_assert_uint_eq(whole.bytes.bytes[i], byte_at(i, false));
}
END_TEST

static DecodeResult add_between(Fragments *table, uint32_t host, uint8_t protocol, bool last,
                                Layer *ret_layer)
{
    static const uint8_t bytes[24] = { 0x12, 0x34, 0x56, 0x78, 0, 100 };
    IpAddress from = { .bytes = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
                       .version = 4 };
    IpAddress to = { .bytes = { 192, 0, 2, 1 }, .version = 4 };
    IpFragment fragment = { .identification = 7,
                            .version = 4,
                            .protocol = protocol,
                            .offset = last ? sizeof bytes : 0,
                            .more = !last };
    uint8_t found;
    *ret_layer = (Layer){ .bytes = span_make(bytes, sizeof bytes), .wire_length = sizeof bytes };
    return fragments_add(table, &fragment, &from, &to, NS_PER_SECOND, ret_layer, &found);
}

static bool gave_up(const Fragments *table, uint32_t host)
{
    IpAddress from = { .bytes = { 10, (uint8_t)(host >> 16), (uint8_t)(host >> 8), (uint8_t)host },
                       .version = 4 };
    IpAddress to = { .bytes = { 192, 0, 2, 1 }, .version = 4 };
    ck_assert_int_eq(fragments_were_given_up(table, &from, &to),
                     fragments_were_given_up(table, &to, &from));
    return fragments_were_given_up(table, &from, &to);
}

/* A datagram outlives a thousand that others have begun: memory is the bound. Once it is given up,
 * that is known of its two addresses, if a segment may have been in it. */
START_TEST(test_flood)
{
    enum { TCP = 6, UDP = 17 };
    g_autoptr(Fragments) table = fragments_new(&FRAGMENT_LIMITS_DEFAULT);
    Layer layer;
    uint32_t host = 3;
    ck_assert_int_eq(add_between(table, 1, TCP, false, &layer), DECODE_FRAGMENT);
    for (; host < 1100; host++)
        ck_assert_int_eq(add_between(table, host, UDP, false, &layer), DECODE_FRAGMENT);
    ck_assert_int_eq(add_between(table, 1, TCP, true, &layer), DECODE_SEGMENT);
    ck_assert_uint_eq(layer.wire_length, 48);
    fragments_release(table);
    ck_assert_int_eq(add_between(table, 2, TCP, false, &layer), DECODE_FRAGMENT);
    ck_assert(!gave_up(table, 2));
    for (; host < 40000; host++) {
        ck_assert_int_eq(add_between(table, host, UDP, false, &layer), DECODE_FRAGMENT);
        ck_assert_uint_le(fragments_memory(table), FRAGMENT_LIMITS_DEFAULT.memory);
    }
    ck_assert_uint_gt(fragments_counters(table)->given_up, 10000);
    ck_assert(gave_up(table, 2));
    ck_assert(!gave_up(table, 3));
    ck_assert(!gave_up(table, 1));
}
END_TEST

/* Small pieces cost more to keep than they have bytes. */
START_TEST(test_small_pieces)
{
    g_autoptr(Fragments) table = fragments_new(&FRAGMENT_LIMITS_DEFAULT);
    Layer layer;
    for (unsigned datagram = 0; datagram < 1000; datagram++)
        for (unsigned piece = 1; piece < 200; piece++) {
            g_autofree char *text = g_strdup_printf("%u+8#%u", piece * 16, datagram);
            ck_assert_int_eq(add(table, text, 4, &layer), DECODE_FRAGMENT);
            ck_assert_uint_le(fragments_memory(table), FRAGMENT_LIMITS_DEFAULT.memory);
        }
    ck_assert_uint_gt(fragments_counters(table)->given_up, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fragments");
    TCase *tcase = tcase_create("fragments");
    tcase_add_loop_test(tcase, test_fragments, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(tcase, test_bounds, 0, G_N_ELEMENTS(BOUNDS));
    tcase_add_test(tcase, test_handed_out_stays);
    tcase_add_test(tcase, test_flood);
    tcase_add_test(tcase, test_small_pieces);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
