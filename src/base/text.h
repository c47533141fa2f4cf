/* Text for reports: makes bytes from the wire safe to print, and joins lists. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>

#include "base/span.h"

/* Appends bytes as printable ASCII: a byte outside 0x20..0x7e as \xNN, a backslash as \\. */
void text_append_escaped(GString *text, Span bytes);

/* The bytes that were escaped, with a zero behind them; owned by the caller. What is no escape
 * stays as it is. */
char *text_unescape(const char *escaped);

/* A bounded list of values in one escaped string. A separator, already escaped, joins them. After
 * `max` bytes nothing more is added, and the text ends in TEXT_CUT, which escaping never
 * produces. */
#define TEXT_CUT "\\..."

/* Appends `bytes`, escaped, to `text`. The field that begins at `start` has at most `max` bytes,
 * TEXT_CUT included. Returns false if the field was cut, now or by an earlier call. */
bool text_append_bounded(GString *text, size_t start, size_t max, Span bytes);

/* Length of the first unit of escaped text. No cut may divide a unit; TEXT_CUT is one. */
size_t text_unit_length(const char *escaped);

/* RFC 9110 §5.6.2 token characters. */
bool text_is_tchar(uint8_t c);
bool text_is_token(Span bytes);

/* Without leading and trailing SP and HTAB (RFC 9110 §5.6.3 OWS). */
static inline Span text_trim(Span bytes)
{
    if (bytes.length == 0) /* it may lie nowhere */
        return bytes;
    const uint8_t *begin = bytes.bytes, *end = begin + bytes.length;
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return span_make(begin, (size_t)(end - begin));
}

/* Reads 1*DIGIT as a number. Returns false for anything else, and for values above INT64_MAX. */
bool text_number(Span digits, int64_t *ret_value);

/* A path: UTF-8 as it is, everything else escaped. Control characters and those that change the
 * direction of text or break lines are escaped too, byte by byte. */
void text_append_path(GString *text, const char *path);

/* The same for a message that may hold a path as it is or escaped: backslashes stay. It is one line
 * of text then, and acts on no terminal. */
void text_append_message(GString *text, const char *message);

#endif
