/* Names for values that a report must not tell (--redact): the same value has the same name
 * wherever it stands, and only who has the key can find out which one it is.
 *
 * A name is REDACTION_MARK and twelve hexadecimal digits: the first 48 bits of the value's
 * HMAC-SHA-256. Two of a million different values share one with a probability of 1 in 560. */
#ifndef HTTP_REDACTION_H
#define HTTP_REDACTION_H

#include <glib.h>

#include "base/span.h"

#define REDACTION_MARK "#"
#define REDACTION_LENGTH 13

typedef struct Redactor Redactor;

/* The key is copied. */
Redactor *redactor_new(Span key);

/* Appends the name of a value; of an empty one nothing. */
void redactor_append(const Redactor *redactor, GString *text, Span value);

void redactor_free(Redactor *redactor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Redactor, redactor_free)

#endif
