#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Unescapes text by the definition (\\ and \xNN); false if the text is not escaped correctly. */
static bool unescape(const char *text, GByteArray *ret_bytes)
{
    while (*text) {
        guint8 byte = (guint8)*text;
        size_t length = 1;
        if (byte < 0x20 || byte > 0x7e)
            return false;
        if (byte == '\\' && text[1] == '\\') {
            length = 2;
        } else if (byte == '\\') {
            if (text[1] != 'x' || !g_ascii_isxdigit(text[2]) || !g_ascii_isxdigit(text[3]))
                return false;
            byte = (guint8)(g_ascii_xdigit_value(text[2]) * 16 + g_ascii_xdigit_value(text[3]));
            length = 4;
        }
        g_byte_array_append(ret_bytes, &byte, 1);
        text += length;
    }
    return true;
}

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct {
    const char *name;
    Span bytes;
    const char *escaped;
} ESCAPES[] = {
    { "nothing", BYTES(""), "" },
    { "plain text", BYTES("keep-alive, close"), "keep-alive, close" },
    { "the ends of the printable range", BYTES(" ~"), " ~" },
    { "just outside of it", BYTES("\x1f\x7f"), "\\x1f\\x7f" },
    { "a backslash", BYTES("a\\b"), "a\\\\b" },
    { "what looks escaped already", BYTES("\\x0a"), "\\\\x0a" },
    { "line end and zero", BYTES("a\r\n\0b"), "a\\x0d\\x0a\\x00b" },
    { "UTF-8", BYTES("\xc3\xa9"), "\\xc3\\xa9" },
    { "quotes and commas are the writer's affair", BYTES("\"a\",b"), "\"a\",b" },
    { "the mark of a cut", BYTES(TEXT_CUT), "\\\\..." },
};

/* Runs of eight plain bytes are taken at once: each byte at each place among them. */
START_TEST(test_escape_in_runs)
{
    g_autoptr(GString) whole = g_string_new(NULL);
    g_autoptr(GString) bytewise = g_string_new(NULL);
    for (size_t at = 0; at < 20; at++) {
        uint8_t bytes[20];
        memset(bytes, 'a', sizeof bytes);
        bytes[at] = (uint8_t)_i;
        g_string_truncate(whole, 0);
        g_string_truncate(bytewise, 0);
        text_append_escaped(whole, span_make(bytes, sizeof bytes));
        for (size_t i = 0; i < sizeof bytes; i++)
            text_append_escaped(bytewise, span_make(bytes + i, 1));
        ck_assert_str_eq(whole->str, bytewise->str);
    }
}
END_TEST

START_TEST(test_escape)
{
    g_autoptr(GString) text = g_string_new("before ");
    text_append_escaped(text, ESCAPES[_i].bytes);
    ck_assert_msg(g_str_has_prefix(text->str, "before "), "%s", ESCAPES[_i].name);
    ck_assert_str_eq(text->str + strlen("before "), ESCAPES[_i].escaped);
}
END_TEST

START_TEST(test_escape_can_be_read_back)
{
    guint8 all[256];
    for (int i = 0; i < 256; i++)
        all[i] = (guint8)i;
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_escaped(text, span_make(all, sizeof all));
    g_autoptr(GByteArray) back = g_byte_array_new();
    ck_assert(unescape(text->str, back));
    ck_assert_uint_eq(back->len, sizeof all);
    ck_assert_mem_eq(back->data, all, sizeof all);
}
END_TEST

static const struct {
    const char *name;
    const char *before; /* in the field already, escaped */
    size_t max;
    Span bytes;
    const char *field;
    bool whole;
} BOUNDS[] = {
    { "fits", "", 10, BYTES("close"), "close", true },
    { "fits exactly", "", 5, BYTES("close"), "close", true },
    { "one too many", "", 9, BYTES("keep-alive"), "keep-\\...", false },
    { "no room but for the mark", "", 4, BYTES("close"), "\\...", false },
    { "nothing to add", "close", 5, BYTES(""), "close", true },
    { "a full field gives way to the mark", "close", 5, BYTES("d"), "c\\...", false },
    { "an escape is never divided", "", 9,
      BYTES("ab\x01"
            "cdef"),
      "ab\\...", false },
    { "an escape that fits stays", "", 10,
      BYTES("ab\x01"
            "cdefg"),
      "ab\\x01\\...", false },
    { "a pair of backslashes is never divided", "", 6, BYTES("a\\bcdefg"), "a\\...", false },
    { "a pair that fits stays", "", 7, BYTES("a\\bcdefg"), "a\\\\\\...", false },
    { "an escape at the very end", "", 9, BYTES("close\x01"), "close\\x01", true },
    { "cut before: nothing more is taken", "ab\\...", 20, BYTES("c"), "ab\\...", false },
    { "cut before: nothing to add", "ab\\...", 20, BYTES(""), "ab\\...", false },
    { "cut before, after a backslash", "a\\\\\\...", 20, BYTES("b"), "a\\\\\\...", false },
    { "the value only looks cut", "a\\\\...", 20, BYTES("b"), "a\\\\...b", true },
    { "two backslashes that look cut", "\\\\\\\\...", 20, BYTES("b"), "\\\\\\\\...b", true },
    { "a separator went past the end", "close\\x0a", 7, BYTES(""), "clo\\...", false },
    { "a separator within", "close\\x0a", 20, BYTES("upgrade"), "close\\x0aupgrade", true },
};

START_TEST(test_bounded)
{
    static const char *const others[] = { "", "another field", "x\\", "\\..." };
    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(GString) text = g_string_new(others[i]);
        size_t start = text->len;
        g_string_append(text, BOUNDS[_i].before);
        bool whole = text_append_bounded(text, start, BOUNDS[_i].max, BOUNDS[_i].bytes);
        ck_assert_msg(whole == BOUNDS[_i].whole, "%s", BOUNDS[_i].name);
        ck_assert_msg(strncmp(text->str, others[i], start) == 0, "%s", BOUNDS[_i].name);
        ck_assert_str_eq(text->str + start, BOUNDS[_i].field);
        ck_assert_uint_le(text->len - start, MAX(BOUNDS[_i].max, strlen(BOUNDS[_i].before)));
    }
}
END_TEST

/* For any text in any pieces: the maximum holds, units stay whole, the result says whether the text
 * is complete, and a cut text stays cut. */
START_TEST(test_bounded_in_pieces)
{
    static const char input[] = "a\\\x01.\\...\xff\\\\x..\\.";
    size_t max = (size_t)_i;
    for (size_t piece = 1; piece < sizeof input; piece++) {
        g_autoptr(GString) text = g_string_new("\\\\");
        g_autoptr(GString) full = g_string_new(NULL);
        bool cut = false;
        for (size_t at = 0; at < sizeof input - 1; at += piece) {
            Span bytes = span_first(span_after(span_make(input, sizeof input - 1), at), piece);
            text_append_escaped(full, bytes);
            bool whole = text_append_bounded(text, 2, max, bytes);
            const char *field = text->str + 2;
            ck_assert_uint_le(strlen(field), max);
            ck_assert(whole == (full->len <= max));
            ck_assert(!cut || !whole);
            cut = !whole;
            if (whole) {
                ck_assert_str_eq(field, full->str);
                continue;
            }
            ck_assert(g_str_has_suffix(field, TEXT_CUT));
            g_autofree char *kept = g_strndup(field, strlen(field) - strlen(TEXT_CUT));
            g_autoptr(GByteArray) back = g_byte_array_new();
            ck_assert(unescape(kept, back));
            ck_assert(back->len == 0 || memcmp(back->data, input, back->len) == 0);
        }
    }
}
END_TEST

/* RFC 9110 §5.6.2 in full: each of the 256 bytes. */
START_TEST(test_tchar)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; c++) {
        bool expected = c != 0 && c < 128 && (g_ascii_isalnum((gchar)c) || strchr(marks, c));
        ck_assert_msg(text_is_tchar((uint8_t)c) == expected, "byte 0x%02x", c);
    }
}
END_TEST

static const struct {
    const char *name;
    Span bytes;
    bool token;
} TOKENS[] = {
    { "a word", BYTES("keep-alive"), true },
    { "empty", BYTES(""), false },
    { "a blank inside", BYTES("keep alive"), false },
    { "a quoted string", BYTES("\"close\""), false },
    { "a parameter", BYTES("timeout=5"), false },
    { "a zero at the end", BYTES("close\0"), false },
};

START_TEST(test_token)
{
    ck_assert_msg(text_is_token(TOKENS[_i].bytes) == TOKENS[_i].token, "%s", TOKENS[_i].name);
}
END_TEST

static const struct {
    const char *name, *bytes, *trimmed;
} TRIMS[] = {
    { "nothing to trim", "close", "close" },
    { "blanks and tabs on both sides", " \t close\t ", "close" },
    { "blanks inside stay", " a b ", "a b" },
    { "only blanks", " \t ", "" },
    { "empty", "", "" },
    { "a carriage return is no blank", " close\r ", "close\r" },
};

START_TEST(test_trim)
{
    Span trimmed = text_trim(span_of_text(TRIMS[_i].bytes));
    ck_assert_msg(span_equal(trimmed, span_of_text(TRIMS[_i].trimmed)), "%s", TRIMS[_i].name);
}
END_TEST

static const struct {
    const char *digits;
    bool valid;
    int64_t value;
} NUMBERS[] = {
    { "0", true, 0 },
    { "5", true, 5 },
    { "0075", true, 75 },
    { "9223372036854775807", true, INT64_MAX },
    { "0000000000000000000009223372036854775807", true, INT64_MAX },
    { "9223372036854775808", false, 0 },
    { "9223372036854775810", false, 0 },
    { "18446744073709551616", false, 0 },
    { "99999999999999999999999999", false, 0 },
    { "", false, 0 },
    { "-1", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1 ", false, 0 },
    { "1.5", false, 0 },
    { "0x10", false, 0 },
    { "12a", false, 0 },
};

START_TEST(test_number)
{
    int64_t value = -7;
    bool valid = text_number(span_of_text(NUMBERS[_i].digits), &value);
    ck_assert_msg(valid == NUMBERS[_i].valid, "\"%s\"", NUMBERS[_i].digits);
    ck_assert_int_eq(value, valid ? NUMBERS[_i].value : -7);
}
END_TEST

/* Paths and messages: what the line is to look like on a terminal. */
static const struct {
    const char *name, *raw, *path, *message;
} LINES[] = {
    { "plain", "a/b.pcap", "a/b.pcap", "a/b.pcap" },
    { "letters beyond ASCII", "\xc3\xa9\xe4\xb8\xad", "\xc3\xa9\xe4\xb8\xad",
      "\xc3\xa9\xe4\xb8\xad" },
    { "no UTF-8", "a\xe9", "a\\xe9", "a\\xe9" },
    { "a backslash", "a\\x1b", "a\\\\x1b", "a\\x1b" },
    { "an escape of a terminal", "\x1b[2J", "\\x1b[2J", "\\x1b[2J" },
    { "a line end", "a\nb\r", "a\\x0ab\\x0d", "a\\x0ab\\x0d" },
    { "a C1 control, in UTF-8", "\xc2\x9b", "\\xc2\\x9b", "\\xc2\\x9b" },
    { "right to left",
      "a\xe2\x80\xae"
      "b",
      "a\\xe2\\x80\\xaeb", "a\\xe2\\x80\\xaeb" },
    { "an isolate", "\xe2\x81\xa6", "\\xe2\\x81\\xa6", "\\xe2\\x81\\xa6" },
    { "a blank of no width", "a\xe2\x80\x8b", "a\\xe2\\x80\\x8b", "a\\xe2\\x80\\x8b" },
    { "a soft hyphen", "\xc2\xad", "\\xc2\\xad", "\\xc2\\xad" },
    { "a tag", "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81", "\\xf3\\xa0\\x81\\x81" },
};

START_TEST(test_lines)
{
    g_autoptr(GString) path = g_string_new(NULL);
    g_autoptr(GString) message = g_string_new(NULL);
    text_append_path(path, LINES[_i].raw);
    text_append_message(message, LINES[_i].raw);
    ck_assert_msg(strcmp(path->str, LINES[_i].path) == 0, "%s: %s", LINES[_i].name, path->str);
    ck_assert_msg(strcmp(message->str, LINES[_i].message) == 0, "%s: %s", LINES[_i].name,
                  message->str);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");
    tcase_add_loop_test(tcase, test_escape, 0, G_N_ELEMENTS(ESCAPES));
    tcase_add_loop_test(tcase, test_escape_in_runs, 0, 256);
    tcase_add_test(tcase, test_escape_can_be_read_back);
    tcase_add_loop_test(tcase, test_bounded, 0, G_N_ELEMENTS(BOUNDS));
    tcase_add_loop_test(tcase, test_bounded_in_pieces, (int)strlen(TEXT_CUT), 48);
    tcase_add_test(tcase, test_tchar);
    tcase_add_loop_test(tcase, test_token, 0, G_N_ELEMENTS(TOKENS));
    tcase_add_loop_test(tcase, test_trim, 0, G_N_ELEMENTS(TRIMS));
    tcase_add_loop_test(tcase, test_number, 0, G_N_ELEMENTS(NUMBERS));
    tcase_add_loop_test(tcase, test_lines, 0, G_N_ELEMENTS(LINES));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
