/* Frames of HTTP/2, written as text: one a call.
 *
 *     PREFACE                             what a client begins with
 *     SETTINGS, SETTINGS ACK, PING        with nothing in them
 *     HEADERS ID [end] [more] [pad N] [priority] | NAME: VALUE | ...
 *     PUSH_PROMISE ID PROMISED [more] | NAME: VALUE | ...
 *     CONTINUATION ID [more] | NAME: VALUE | ...
 *     DATA ID [end] [pad N] LENGTH        filler bytes
 *     RST_STREAM ID CODE
 *     GOAWAY LAST-ID CODE
 *     WINDOW_UPDATE ID
 *     FRAME TYPE FLAGS ID [DIGITS]        any other, its payload in hexadecimal digits
 *
 * `end` is END_STREAM; `more`: CONTINUATION follows. A field line is a literal that no table keeps
 * (RFC 7541 §6.2.2); `add NAME: VALUE` is one that the table keeps, `@N` refers to entry N. */
#ifndef TESTS_H2_FRAMES_H
#define TESTS_H2_FRAMES_H

#include <glib.h>
#include <stdbool.h>

/* False: the text is none of these. */
bool h2_frame_append(GByteArray *to, const char *text);

/* A field block alone: `NAME: VALUE | ...`. */
void h2_block_append(GByteArray *to, const char *fields);

#endif
