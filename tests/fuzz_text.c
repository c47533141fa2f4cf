/* Escaping loses nothing and prints only printable ASCII. A bounded field keeps to its maximum in
 * whatever pieces it comes, and is a prefix of the whole. */
#include <glib.h>
#include <stdint.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads escaped text back, the way its users do. */
static void expect_bytes(const char *text, Span bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        g_assert_true(*text >= 0x20 && *text <= 0x7e);
        if (*text != '\\') {
            g_assert_cmpint(*text++, ==, bytes.bytes[i]);
        } else if (text[1] == '\\') {
            g_assert_cmpint(bytes.bytes[i], ==, '\\');
            text += 2;
        } else {
            g_assert_cmpint(text[1], ==, 'x');
            g_assert_cmpint(g_ascii_xdigit_value(text[2]) * 16 + g_ascii_xdigit_value(text[3]), ==,
                            bytes.bytes[i]);
            text += 4;
        }
    }
    g_assert_cmpint(*text, ==, '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t max = strlen(TEXT_CUT) + data[0] % 64;
    size_t piece = 1 + data[1] % 16;
    Span bytes = span_make(data + 2, size - 2);

    g_autoptr(GString) whole = g_string_new(NULL);
    text_append_escaped(whole, bytes);
    expect_bytes(whole->str, bytes);

    g_autoptr(GString) bounded = g_string_new(NULL);
    bool kept = true;
    for (Span rest = bytes; rest.length > 0; rest = span_after(rest, piece))
        kept = text_append_bounded(bounded, 0, max, span_first(rest, piece));
    g_assert_cmpuint(bounded->len, <=, max);
    g_assert_cmpint(kept, ==, whole->len <= max);
    if (kept) {
        g_assert_cmpstr(bounded->str, ==, whole->str);
    } else {
        g_assert_true(g_str_has_suffix(bounded->str, TEXT_CUT));
        g_string_truncate(bounded, bounded->len - strlen(TEXT_CUT));
        g_assert_true(g_str_has_prefix(whole->str, bounded->str));
    }

    int64_t number = -1;
    if (text_number(bytes, &number))
        g_assert_cmpint(number, >=, 0);
    g_assert_cmpuint(text_trim(bytes).length, <=, bytes.length);
    return 0;
}
