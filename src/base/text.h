/* Text for reports: bytes from the wire made safe to print, and lists joined. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>

#include "base/span.h"

/* Appends bytes as printable ASCII: a byte outside 0x20..0x7e as \xNN, a backslash as \\. */
void text_append_escaped(GString *text, Span bytes);

/* A bounded list of values in one escaped string, joined by a separator that is already escaped.
 * Past `max` bytes nothing more is taken and the text ends in TEXT_CUT, which escaping cannot
 * make. */
#define TEXT_CUT "\\..."

/* Appends `bytes` escaped to `text` so that the field begun at `start` keeps to `max` bytes,
 * TEXT_CUT included. Returns false if it was cut (then, or by an earlier call for the same
 * field). */
bool text_append_bounded(GString *text, size_t start, size_t max, Span bytes);

/* Characters of the first unit of escaped text that no cut may divide; TEXT_CUT is one. */
size_t text_unit_length(const char *escaped);

/* RFC 9110 §5.6.2 token characters. */
bool text_is_tchar(uint8_t c);
bool text_is_token(Span bytes);

/* Without leading and trailing SP and HTAB (RFC 9110 §5.6.3 OWS). */
static inline Span text_trim(Span bytes)
{
    const uint8_t *begin = bytes.bytes, *end = begin + bytes.length;
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (begin < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return span_make(begin, (size_t)(end - begin));
}

/* 1*DIGIT as a number; false if it is anything else or above INT64_MAX. */
bool text_number(Span digits, int64_t *ret_value);

#endif
