/* Escaping, and fields with a maximum length.
 *
 * Escaped text is a sequence of units that no cut may divide: a plain character (0x20..0x7e without
 * the backslash), "\\" (two characters) and "\xNN" (four). If a field exceeds its maximum, TEXT_CUT
 * replaces as many units at its end as necessary.
 *
 * The text itself shows whether it was cut, so no other state is needed. The suffix alone is not
 * enough, because a value that ends in a backslash and three dots is escaped to two backslashes and
 * three dots. But escaping writes backslashes in pairs, or one before an x. An odd number of
 * backslashes before three final dots is therefore always TEXT_CUT. The count of backslashes must
 * not go back beyond the start of the field. */
#include "base/text.h"

#include "base/append.h"

#define CUT_LENGTH (sizeof TEXT_CUT - 1)
#define UNIT_MAX 4

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e && c != '\\';
}

/* Whether all eight bytes are plain, or not sure. A subtraction borrows into the high bit of a byte
 * below 0x20, and one of what differs from a byte into that of the byte itself; an addition carries
 * into that of 0x7f. */
static bool eight_are_plain(const uint8_t *bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    uint64_t backslashes = eight ^ each * '\\';
    return !((eight | (eight - each * 0x20) | (eight + each) | (backslashes - each)) & high);
}

/* Writes the unit of one byte and returns its length. */
static size_t escape_byte(uint8_t c, char ret_unit[UNIT_MAX])
{
    static const char hex[] = "0123456789abcdef";
    if (is_plain(c)) {
        ret_unit[0] = (char)c;
        return 1;
    }
    ret_unit[0] = '\\';
    if (c == '\\') {
        ret_unit[1] = '\\';
        return 2;
    }
    ret_unit[1] = 'x';
    ret_unit[2] = hex[c >> 4];
    ret_unit[3] = hex[c & 0x0f];
    return 4;
}

/* The length of the unit that begins here in escaped text. */
static size_t unit_length(const char *unit)
{
    if (unit[0] != '\\')
        return 1;
    return unit[1] == 'x' ? 4 : 2;
}

size_t text_unit_length(const char *escaped)
{
    return escaped[0] == '\\' && escaped[1] == '.' ? CUT_LENGTH : unit_length(escaped);
}

void text_append_escaped(GString *text, Span bytes)
{
    size_t i = 0;
    while (i < bytes.length) {
        size_t run = i;
        while (run + sizeof(uint64_t) <= bytes.length && eight_are_plain(bytes.bytes + run))
            run += sizeof(uint64_t);
        while (run < bytes.length && is_plain(bytes.bytes[run]))
            run++;
        append_bytes(text, (const char *)bytes.bytes + i, run - i);
        if (run < bytes.length) {
            char unit[UNIT_MAX];
            size_t length = escape_byte(bytes.bytes[run++], unit);
            append_bytes(text, unit, length);
        }
        i = run;
    }
}

char *text_unescape(const char *escaped)
{
    GString *bytes = g_string_new(NULL);
    while (*escaped) {
        bool hex = escaped[0] == '\\' && escaped[1] == 'x' && g_ascii_isxdigit(escaped[2]) &&
                   g_ascii_isxdigit(escaped[3]);
        if (hex)
            g_string_append_c(bytes, (char)(g_ascii_xdigit_value(escaped[2]) * 16 +
                                            g_ascii_xdigit_value(escaped[3])));
        else
            g_string_append_c(bytes, *escaped);
        escaped += hex ? 4 : escaped[0] == '\\' && escaped[1] == '\\' ? 2 : 1;
    }
    return g_string_free(bytes, FALSE);
}

static bool is_cut(const GString *text, size_t start)
{
    size_t length = text->len - start;
    if (length < CUT_LENGTH ||
        memcmp(text->str + text->len - CUT_LENGTH, TEXT_CUT, CUT_LENGTH) != 0)
        return false;
    size_t backslashes = 1;
    for (size_t i = text->len - CUT_LENGTH; i > start && text->str[i - 1] == '\\'; i--)
        backslashes++;
    return backslashes % 2 == 1;
}

static void cut(GString *text, size_t start, size_t max)
{
    size_t end = start;
    while (end < text->len) {
        size_t next = end + unit_length(text->str + end);
        if (next - start > max - CUT_LENGTH)
            break;
        end = next;
    }
    g_string_truncate(text, end);
    g_string_append_len(text, TEXT_CUT, (gssize)CUT_LENGTH);
}

bool text_append_bounded(GString *text, size_t start, size_t max, Span bytes)
{
    g_assert(start <= text->len && max >= CUT_LENGTH);
    if (is_cut(text, start))
        return false;
    /* One byte more than fits suffices to see that it does not fit. */
    text_append_escaped(text, span_first(bytes, max + 1 - (text->len - start)));
    if (text->len - start <= max)
        return true;
    cut(text, start, max);
    return false;
}

bool text_is_tchar(uint8_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    switch (c) {
    case '!':
    case '#':
    case '$':
    case '%':
    case '&':
    case '\'':
    case '*':
    case '+':
    case '-':
    case '.':
    case '^':
    case '_':
    case '`':
    case '|':
    case '~':
        return true;
    default:
        return false;
    }
}

bool text_is_token(Span bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        if (!text_is_tchar(bytes.bytes[i]))
            return false;
    return bytes.length > 0;
}

bool text_number(Span digits, int64_t *ret_value)
{
    int64_t value = 0;
    for (size_t i = 0; i < digits.length; i++) {
        uint8_t c = digits.bytes[i];
        if (c < '0' || c > '9')
            return false;
        int digit = c - '0';
        if (value > (INT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (digits.length == 0)
        return false;
    *ret_value = value;
    return true;
}

/* Characters that change how others are shown, or show nothing: controls, format characters,
 * separators of lines, tags. */
static const gunichar HIDDEN[][2] = {
    { 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },       { 0x61c, 0x61c },
    { 0x180e, 0x180e }, { 0x200b, 0x200f }, { 0x2028, 0x202e },   { 0x2060, 0x206f },
    { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};

static bool is_shown(gunichar c)
{
    bool hidden = false;
    for (size_t i = 0; i < G_N_ELEMENTS(HIDDEN); i++)
        hidden = hidden || (c >= HIDDEN[i][0] && c <= HIDDEN[i][1]);
    return !hidden;
}

static void append_shown(GString *text, const char *path, bool escape_backslash)
{
    while (*path) {
        gunichar c = g_utf8_get_char_validated(path, -1);
        bool valid = c != (gunichar)-1 && c != (gunichar)-2;
        size_t length = valid ? (size_t)g_unichar_to_utf8(c, NULL) : 1;
        if (valid && is_shown(c) && (c != '\\' || !escape_backslash))
            g_string_append_len(text, path, (gssize)length);
        else
            text_append_escaped(text, span_make(path, length));
        path += length;
    }
}

void text_append_path(GString *text, const char *path)
{
    append_shown(text, path, true);
}

void text_append_message(GString *text, const char *message)
{
    append_shown(text, message, false);
}
