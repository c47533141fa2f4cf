#include "h2_frames.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct Words {
    gchar **all;
    unsigned at;
} Words;

static const char *next(Words *words)
{
    return words->all[words->at] ? words->all[words->at++] : NULL;
}

static bool next_number(Words *words, uint32_t *ret_number)
{
    const char *word = next(words);
    char *end;
    if (!word || !g_ascii_isdigit(*word))
        return false;
    *ret_number = (uint32_t)strtoul(word, &end, 10);
    return *end == '\0';
}

/* The word, if it is the next one. */
static bool has(Words *words, const char *word)
{
    bool is = words->all[words->at] && strcmp(words->all[words->at], word) == 0;
    words->at += is;
    return is;
}

static void put(GByteArray *to, const void *bytes, size_t length)
{
    if (length)
        g_byte_array_append(to, bytes, (guint)length);
}

static void put_number(GByteArray *to, uint32_t number, unsigned bytes)
{
    while (bytes-- > 0) {
        uint8_t byte = (uint8_t)(number >> 8 * bytes);
        put(to, &byte, 1);
    }
}

static void put_frame(GByteArray *to, uint8_t type, uint8_t flags, uint32_t stream,
                      const GByteArray *payload)
{
    put_number(to, payload->len, 3);
    put_number(to, type, 1);
    put_number(to, flags, 1);
    put_number(to, stream, 4);
    put(to, payload->data, payload->len);
}

/* Fields -------------------------------------------------------------------------------------- */

/* RFC 7541 §5.1, behind a prefix of so many bits. */
static void put_integer(GByteArray *to, uint8_t first, unsigned prefix, size_t value)
{
    size_t most = (1u << prefix) - 1;
    put_number(to, first | (uint32_t)MIN(value, most), 1);
    if (value < most)
        return;
    for (value -= most; value >= 128; value >>= 7)
        put_number(to, (uint32_t)(value & 127) | 128, 1);
    put_number(to, (uint32_t)value, 1);
}

static void put_text(GByteArray *to, const char *text)
{
    put_integer(to, 0, 7, strlen(text));
    put(to, text, strlen(text));
}

static void put_field(GByteArray *to, char *line)
{
    g_strstrip(line);
    if (*line == '@') {
        put_integer(to, 0x80, 7, strtoul(line + 1, NULL, 10));
        return;
    }
    bool kept = g_str_has_prefix(line, "add ");
    char *name = line + (kept ? 4 : 0);
    char *colon = strchr(name + 1, ':'); /* a pseudo-field begins with one */
    g_assert(colon);
    *colon = '\0';
    put_integer(to, kept ? 0x40 : 0, kept ? 6 : 4, 0);
    put_text(to, name);
    put_text(to, g_strstrip(colon + 1));
}

void h2_block_append(GByteArray *to, const char *fields)
{
    g_auto(GStrv) lines = g_strsplit(fields, "|", -1);
    for (unsigned i = 0; lines[i]; i++)
        if (*g_strstrip(lines[i]))
            put_field(to, lines[i]);
}

/* Frames -------------------------------------------------------------------------------------- */

static void put_padding(GByteArray *payload, uint32_t padding)
{
    static const uint8_t zero[256] = { 0 };
    put(payload, zero, padding);
}

/* HEADERS, PUSH_PROMISE, CONTINUATION. */
static bool append_block(GByteArray *to, uint8_t type, Words *words, const char *fields)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t stream, promised = 0, padding = 0;
    uint8_t flags = 0;
    if (!next_number(words, &stream) || (type == 5 && !next_number(words, &promised)))
        return false;
    flags |= has(words, "end") ? 0x1 : 0;
    flags |= has(words, "more") ? 0 : 0x4;
    if (has(words, "pad")) {
        if (!next_number(words, &padding) || padding > 255)
            return false;
        flags |= 0x8;
        put_number(payload, padding, 1);
    }
    if (has(words, "priority")) {
        flags |= 0x20;
        put_number(payload, 0, 4);
        put_number(payload, 16, 1);
    }
    if (type == 5)
        put_number(payload, promised, 4);
    h2_block_append(payload, fields);
    put_padding(payload, padding);
    put_frame(to, type, flags, stream, payload);
    return next(words) == NULL;
}

static bool append_data(GByteArray *to, Words *words)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t stream, length, padding = 0;
    if (!next_number(words, &stream))
        return false;
    uint8_t flags = has(words, "end") ? 0x1 : 0;
    if (has(words, "pad")) {
        if (!next_number(words, &padding) || padding > 255)
            return false;
        flags |= 0x8;
        put_number(payload, padding, 1);
    }
    if (!next_number(words, &length) || length > 1000000)
        return false;
    guint at = payload->len;
    g_byte_array_set_size(payload, at + length);
    if (length > 0)
        memset(payload->data + at, 'x', length);
    put_padding(payload, padding);
    put_frame(to, 0, flags, stream, payload);
    return next(words) == NULL;
}

/* RST_STREAM, GOAWAY, SETTINGS, PING, WINDOW_UPDATE. */
static bool append_control(GByteArray *to, uint8_t type, Words *words)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t stream = 0, code = 0;
    uint8_t flags = type == 4 && has(words, "ACK") ? 0x1 : 0;
    if ((type == 3 || type == 7 || type == 8) && !next_number(words, &stream))
        return false;
    if ((type == 3 || type == 7) && !next_number(words, &code))
        return false;
    if (type == 6)
        put_number(payload, 0, 4);
    if (type == 7) {
        put_number(payload, stream, 4);
        stream = 0;
    }
    if (type != 4)
        put_number(payload, type == 8 ? 1000 : code, 4);
    put_frame(to, type, flags, stream, payload);
    return next(words) == NULL;
}

static bool append_any(GByteArray *to, Words *words)
{
    g_autoptr(GByteArray) payload = g_byte_array_new();
    uint32_t type, flags, stream;
    if (!next_number(words, &type) || !next_number(words, &flags) || !next_number(words, &stream))
        return false;
    const char *digits = next(words);
    for (; digits && digits[0] && digits[1]; digits += 2)
        put_number(
            payload,
            (uint32_t)(g_ascii_xdigit_value(digits[0]) << 4 | g_ascii_xdigit_value(digits[1])), 1);
    put_frame(to, (uint8_t)type, (uint8_t)flags, stream, payload);
    return true;
}

bool h2_frame_append(GByteArray *to, const char *text)
{
    static const char *const types[] = { "DATA",          "HEADERS",      "PRIORITY", "RST_STREAM",
                                         "SETTINGS",      "PUSH_PROMISE", "PING",     "GOAWAY",
                                         "WINDOW_UPDATE", "CONTINUATION" };
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    g_autofree char *copy = g_strdup(text);
    char *fields = strchr(copy, '|');
    if (fields)
        *fields++ = '\0';
    g_auto(GStrv) all = g_strsplit_set(g_strstrip(copy), " ", -1);
    Words words = { all, 0 };
    if (has(&words, "PREFACE")) {
        put(to, preface, sizeof preface - 1);
        return next(&words) == NULL;
    }
    if (has(&words, "FRAME"))
        return append_any(to, &words);
    const char *name = next(&words);
    for (uint8_t type = 0; name && type < G_N_ELEMENTS(types); type++) {
        if (strcmp(types[type], name) != 0)
            continue;
        if (type == 1 || type == 5 || type == 9)
            return append_block(to, type, &words, fields ? fields : "");
        return type == 0 ? append_data(to, &words) : append_control(to, type, &words);
    }
    return false;
}
