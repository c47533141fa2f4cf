#include <check.h>
#include <stdlib.h>

#include "capture/filter.h"
#include "hex.h"

enum { ETHERNET = 1, RAW = 12, COOKED = 113, UNKNOWN = 999 };

/* IPv4 and TCP without options, from 10.0.0.1:1000 to 10.0.0.2:80, and the link-layer headers
 * before them. */
#define TCP                                                                                        \
    "45000028 00000000 40060000 0a000001 0a000002 03e80050 00000000 00000000 50100000 00000000"
#define ON_ETHERNET "000000000001 000000000002 0800" TCP
#define ON_VLAN "000000000001 000000000002 8100 0005 0800" TCP
#define ON_COOKED "0000 0001 0006 000000000002 0000 0800" TCP

static const struct {
    const char *name;
    const char *expression;
    int link_type;
    const char *bytes;
    bool matches;
} FRAMES[] = {
    { "everything", "", ETHERNET, ON_ETHERNET, true },
    { "a port", "tcp port 80", ETHERNET, ON_ETHERNET, true },
    { "another port", "tcp port 81", ETHERNET, ON_ETHERNET, false },
    { "a port, in a cooked capture", "tcp port 80", COOKED, ON_COOKED, true },
    { "a port, without a link layer", "tcp port 80", RAW, TCP, true },
    { "a port, as if there were no link layer", "tcp port 80", RAW, ON_ETHERNET, false },
    { "a VLAN hides it", "tcp port 80", ETHERNET, ON_VLAN, false },
    { "a VLAN and a port", "vlan 5 and tcp port 80", ETHERNET, ON_VLAN, true },
    { "an address", "src host 10.0.0.1", ETHERNET, ON_ETHERNET, true },
    { "cut before the port", "tcp port 80", RAW, "45000028 00000000 40060000", false },
    { "by length on the wire", "greater 1500", RAW, TCP, true },
    { "an empty frame", "tcp", ETHERNET, "", false },
};

static Frame make_frame(int link_type, const GByteArray *bytes)
{
    return (Frame){ .id = frame_id(1, 7),
                    .wire_length = 1500,
                    .link_type = link_type,
                    .bytes = span_make(bytes->data, bytes->len) };
}

START_TEST(test_frames)
{
    g_autoptr(GByteArray) bytes = hex_bytes(FRAMES[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    Frame frame = make_frame(FRAMES[_i].link_type, bytes);
    frame.bytes = guarded_fill(guarded, bytes->data, bytes->len);
    g_autoptr(Filter) filter = filter_new(FRAMES[_i].expression, NULL);
    ck_assert_ptr_nonnull(filter);
    for (int again = 0; again < 2; again++)
        ck_assert_msg(filter_matches(filter, &frame) == FRAMES[_i].matches, "%s", FRAMES[_i].name);
    ck_assert_uint_eq(filter_skipped(filter), 0);
}
END_TEST

/* For which link types an expression is valid, before there is any frame. */
static const struct {
    const char *name;
    const char *expression;
    int link_types[3];   /* 0: no more */
    const char *message; /* NULL: it fits them all */
} CHECKS[] = {
    { "fits", "tcp port 80", { ETHERNET, COOKED, RAW }, NULL },
    { "nothing to fit", "tcp tcp port", { 0 }, NULL },
    { "no expression", "tcp port", { ETHERNET }, "EN10MB" },
    { "no link layer to look at", "ether host 00:00:00:00:00:01", { ETHERNET, RAW }, "RAW" },
    { "a link type without a name", "tcp", { ETHERNET, UNKNOWN }, "999" },
};

START_TEST(test_checks)
{
    CaptureInfo info = { 0 };
    for (; info.link_count < 3 && CHECKS[_i].link_types[info.link_count]; info.link_count++)
        info.links[info.link_count].link_type = CHECKS[_i].link_types[info.link_count];
    g_autoptr(Filter) filter = filter_new(CHECKS[_i].expression, NULL);
    g_autoptr(GError) error = NULL;
    ck_assert_msg(filter_check(filter, &info, &error) == !CHECKS[_i].message, "%s",
                  CHECKS[_i].name);
    ck_assert((error != NULL) == (CHECKS[_i].message != NULL));
    if (!error)
        return;
    ck_assert(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER));
    ck_assert_msg(strstr(error->message, CHECKS[_i].message) != NULL, "%s", error->message);
    ck_assert_ptr_null(strchr(error->message, '\n'));
}
END_TEST

/* Link types that turn up later and do not compile, and more than there are places, skip their
 * frames. */
START_TEST(test_skipped)
{
    g_autoptr(GByteArray) bytes = hex_bytes(ON_ETHERNET);
    g_autoptr(Filter) filter = filter_new("tcp port 80", NULL);
    Frame frame = make_frame(ETHERNET, bytes), unknown = make_frame(UNKNOWN, bytes);
    ck_assert(filter_matches(filter, &frame));
    ck_assert(!filter_matches(filter, &unknown));
    ck_assert(!filter_matches(filter, &unknown));
    ck_assert(filter_matches(filter, &frame));
    ck_assert_uint_eq(filter_skipped(filter), 2);
    for (int i = 0; i < 2 * CAPTURE_LINKS_MAX; i++) {
        unknown.link_type = UNKNOWN + 1 + i;
        ck_assert(!filter_matches(filter, &unknown));
    }
    ck_assert_uint_eq(filter_skipped(filter), 2 + 2 * CAPTURE_LINKS_MAX);
    ck_assert(filter_matches(filter, &frame));
}
END_TEST

/* Names are refused where libpcap would look them up; ports and protocols have names of their
 * own. */
static const struct {
    const char *expression;
    const char *name; /* in the message; NULL: it is taken */
} NAMES[] = {
    { "host www.example.org", "\"www.example.org\"" },
    { "www", "\"www\"" },
    { "tcp port 80 and src host 10.0.0.1 or intranet", "\"intranet\"" },
    { "net example-net", "\"example-net\"" },
    { "dst net 10.0.0.0/8 and not gateway rtr_1", "\"rtr_1\"" },
    { "ether host 00:00:00:00:00:01 or ether host printer", "\"printer\"" },
    { "host \\tcp", "\"\\\\tcp\"" },
    { "1.2.3.de", "\"1.2.3.de\"" },
    { "dead.beef", "\"dead.beef\"" },
    { "icmp-nonsense", "\"icmp-nonsense\"" },
    { "port http and len > 5 and host", NULL },
    { "port http or (https and src www)", "\"www\"" },
    { "port http or https", NULL },
    { "portrange 6000-6008", NULL },
    { "ip proto \\tcp", NULL },
    { "ether proto \\ip and host 10.0.0.1", NULL },
    { "net 10", NULL },
    { "host 2001:db8::1 or ::1 or fe80::dead:beef", NULL },
    { "ether src de:ad:be:ef:00:01", NULL },
    { "host a:b", "\"a\"" },
    { "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", NULL },
    { "ip6 and tcp[13:1]&0x02!=0", NULL },
    { "(ip[2:2]-((ip[0]&0xf)<<2))-((tcp[12]&0xf0)>>2)!=0", NULL },
    { "vlan 5 && (arp || icmp6 || pppoes && len<=100)", NULL },
    { "wlan type mgt subtype beacon", NULL },
    { "llc rnr", NULL },
    { "-www", "\"www\"" },
    { "", NULL },
};

START_TEST(test_names)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Filter) filter = filter_new(NAMES[_i].expression, &error);
    ck_assert_msg(!filter == !!NAMES[_i].name, "%s: %s", NAMES[_i].expression,
                  error ? error->message : "taken");
    if (NAMES[_i].name)
        ck_assert_msg(strstr(error->message, NAMES[_i].name), "%s", error->message);
}
END_TEST

START_TEST(test_too_long)
{
    g_autofree char *expression = g_strnfill(FILTER_EXPRESSION_MAX + 1, ' ');
    g_autoptr(GError) error = NULL;
    ck_assert_ptr_null(filter_new(expression, &error));
    ck_assert(g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER));
    expression[FILTER_EXPRESSION_MAX] = '\0';
    g_autoptr(Filter) filter = filter_new(expression, NULL);
    ck_assert_ptr_nonnull(filter);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("filter");
    TCase *tcase = tcase_create("filter");
    tcase_add_loop_test(tcase, test_frames, 0, G_N_ELEMENTS(FRAMES));
    tcase_add_loop_test(tcase, test_checks, 0, G_N_ELEMENTS(CHECKS));
    tcase_add_test(tcase, test_skipped);
    tcase_add_loop_test(tcase, test_names, 0, G_N_ELEMENTS(NAMES));
    tcase_add_test(tcase, test_too_long);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
