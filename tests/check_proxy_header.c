/* PROXY protocol headers, by the examples and bounds of its specification (sections 2.1 and
 * 2.2). */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/proxy_header.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define SIGNATURE "\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"
#define FIFTY "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

typedef struct Row {
    const char *name;
    Span bytes;
    int length;
} Row;

static const Row ROWS[] = {
    { "TCP4", BYTES("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), 56 },
    { "TCP6",
      BYTES("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
      104 },
    { "the short UNKNOWN", BYTES("PROXY UNKNOWN\r\n"), 15 },
    { "the longest line",
      BYTES("PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"),
      107 },
    { "one byte longer", BYTES("PROXY UNKNOWN " FIFTY FIFTY), PROXY_HEADER_NONE },
    { "a request behind it", BYTES("PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n\r\n"), 15 },
    { "no CR", BYTES("PROXY UNKNOWN\n"), PROXY_HEADER_NONE },
    { "a CR without LF", BYTES("PROXY UNKNOWN\rx"), PROXY_HEADER_NONE },
    { "three words", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n"), PROXY_HEADER_NONE },
    { "two blanks", BYTES("PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_NONE },
    { "a blank at the end", BYTES("PROXY TCP4 1.2.3.4 5.6.7.8 1 \r\n"), PROXY_HEADER_NONE },
    { "another protocol", BYTES("PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_NONE },
    { "lower case", BYTES("proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n"), PROXY_HEADER_NONE },
    { "a method of that name", BYTES("PROXY / HTTP/1.1\r\n"), PROXY_HEADER_NONE },
    { "a request", BYTES("GET / HTTP/1.1\r\n"), PROXY_HEADER_NONE },
    { "nothing", BYTES(""), PROXY_HEADER_PARTIAL },
    { "version 2, LOCAL", BYTES(SIGNATURE "\x20\x00\x00\x00"), 16 },
    { "version 2, TCP over IPv4",
      BYTES(SIGNATURE "\x21\x11\x00\x0c"
                      "aaaabbbbccdd"),
      28 },
    { "version 2, addresses to come", BYTES(SIGNATURE "\x21\x21\x00\x24"), 52 },
    { "version 2, the longest", BYTES(SIGNATURE "\x21\x31\xff\xff"), 16 + 65535 },
    { "version 3", BYTES(SIGNATURE "\x31\x11\x00\x0c"), PROXY_HEADER_NONE },
    { "a third command", BYTES(SIGNATURE "\x22\x11\x00\x0c"), PROXY_HEADER_NONE },
    { "an unknown family", BYTES(SIGNATURE "\x21\x41\x00\x0c"), PROXY_HEADER_NONE },
    { "an unknown transport", BYTES(SIGNATURE "\x21\x13\x00\x0c"), PROXY_HEADER_NONE },
    { "empty lines and a request", BYTES("\r\n\r\nGET / HTTP/1.1\r\n"), PROXY_HEADER_NONE },
};

/* Once the header is known, more bytes change nothing; before that, nothing is claimed. */
START_TEST(test_preamble)
{
    const Row *row = &ROWS[_i];
    int length = proxy_header_parse(row->bytes);
    ck_assert_msg(length == row->length, "%s: %d", row->name, length);
    bool known = false;
    for (size_t cut = 0; cut <= row->bytes.length; cut++) {
        g_autofree uint8_t *copy = g_memdup2(row->bytes.bytes, cut);
        int so_far = proxy_header_parse(span_make(copy, cut));
        ck_assert_msg(so_far == row->length || (so_far == PROXY_HEADER_PARTIAL && !known),
                      "%s, %zu bytes: %d", row->name, cut, so_far);
        known = so_far != PROXY_HEADER_PARTIAL;
        ck_assert(known || cut <= PROXY_HEADER_LOOK_MAX);
    }
}
END_TEST

int main(void)
{
    TCase *proxy_header = tcase_create("proxy_header");
    tcase_add_loop_test(proxy_header, test_preamble, 0, G_N_ELEMENTS(ROWS));
    Suite *suite = suite_create("proxy_header");
    suite_add_tcase(suite, proxy_header);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
