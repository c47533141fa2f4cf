/* Body lengths in the order of §6.3's rules.
 *
 * The length is what the peers are held to, so it follows what peers do where the text leaves a
 * choice, and what is off is noted. Transfer-Encoding overrides Content-Length. Transfer-Encoding
 * in HTTP/1.0 is faulty framing by §6.1, yet every server and client in wide use that accepts it
 * reads the chunks, and a reader that did not would lose the place of the next message; the note
 * carries the duty to close.
 *
 * A member of Transfer-Encoding with parameters is no `chunked` (§7.1), nor is one with odd
 * bytes around it: peers disagree there, and what cannot be known is not said. */
#include "http1/framing.h"

#include "base/text.h"
#include "http/options.h"

typedef struct Codings {
    bool present;
    bool ends_in_chunked;
    unsigned chunked; /* how many times */
} Codings;

static Codings read_codings(const Head *head)
{
    Codings codings = { 0 };
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_TRANSFER_ENCODING, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        codings.present = true;
        while (list_next(&cursor, &member)) {
            codings.ends_in_chunked = span_is_nocase(member, "chunked");
            codings.chunked += codings.ends_in_chunked;
        }
    }
    return codings;
}

static bool is_number(Span digits)
{
    for (size_t i = 0; i < digits.length; i++)
        if (digits.bytes[i] < '0' || digits.bytes[i] > '9')
            return false;
    return digits.length > 0;
}

/* One field line: a number, or (§6.3 rule 5) a list of them that are all the same. Empty members
 * of a list are passed over (RFC 9110 §5.6.1.2), if there is another one. */
static bool read_length_line(Span value, int64_t *length, unsigned *notes)
{
    bool found = false, empty = false;
    for (bool more = true; more;) {
        const uint8_t *comma = value.length ? memchr(value.bytes, ',', value.length) : NULL;
        size_t size = comma ? (size_t)(comma - value.bytes) : value.length;
        int64_t number;
        Span digits = text_trim(span_first(value, size));
        value = span_after(value, size + 1);
        more = comma != NULL;
        if (digits.length == 0) {
            empty = true;
            continue;
        }
        if (!text_number(digits, &number)) {
            *notes |= is_number(digits) ? FRAMING_LENGTH_TOO_LARGE : 0;
            return false;
        }
        if (*length >= 0 && *length != number)
            return false;
        if (*length >= 0)
            *notes |= FRAMING_REPEATED_LENGTH;
        *length = number;
        found = true;
    }
    if (found && empty)
        *notes |= FRAMING_EMPTY_LENGTH;
    return found;
}

/* -1: no Content-Length, or an invalid one, which is noted. */
static int64_t read_length(const Head *head, unsigned *notes)
{
    int64_t length = -1;
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_CONTENT_LENGTH, i, &i)); i++) {
        if (read_length_line(field->value, &length, notes))
            continue;
        *notes |= FRAMING_INVALID_LENGTH;
        return -1;
    }
    return length;
}

/* What the fields say, whatever the message is; `unknown` is how a body of unknowable length is
 * read, `absent` how one is that no field speaks of. */
static BodyFraming framing_of_fields(const Head *head, BodyKind unknown, BodyKind absent)
{
    BodyFraming framing = { .kind = absent };
    Codings codings = read_codings(head);
    int64_t length = read_length(head, &framing.notes);
    if (codings.present) {
        if (head_has(head, FIELD_CONTENT_LENGTH))
            framing.notes |= FRAMING_LENGTH_AND_CODING;
        if (head->version == HTTP_1_0 || head->version == HTTP_0_9)
            framing.notes |= FRAMING_CODING_IN_1_0;
        if (codings.chunked > 1)
            framing.notes |= FRAMING_CODING_REPEATED;
        if (!codings.ends_in_chunked)
            framing.notes |= FRAMING_CODING_NOT_CHUNKED;
        framing.kind = codings.ends_in_chunked ? BODY_CHUNKED : unknown;
    } else if (framing.notes & FRAMING_INVALID_LENGTH) {
        framing.kind = unknown;
    } else if (length >= 0) {
        framing.kind = BODY_LENGTH;
        framing.length = length;
    }
    return framing;
}

BodyFraming framing_of_request(const Head *head)
{
    return framing_of_fields(head, BODY_UNREADABLE, BODY_NONE);
}

BodyFraming framing_of_response(const Head *head, Span method)
{
    BodyFraming framing = framing_of_fields(head, BODY_UNTIL_CLOSE, BODY_UNTIL_CLOSE);
    bool to_connect = span_equal(method, span_of_text("CONNECT"));
    int status = head->status;
    if (status == 101 || (to_connect && status >= 200 && status < 300))
        framing.kind = BODY_OPAQUE;
    else if (status < 200 || status == 204 || status == 304 ||
             span_equal(method, span_of_text("HEAD")))
        framing.kind = BODY_NONE;
    if (framing.kind != BODY_LENGTH)
        framing.length = 0;
    return framing;
}
