/* How a message's body is delimited, and what was odd about it, as plain values. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include <stdbool.h>
#include <stdint.h>

typedef enum BodyKind {
    BODY_NONE,
    BODY_LENGTH,
    BODY_CHUNKED,
    BODY_UNTIL_CLOSE, /* responses only */
    BODY_OPAQUE,      /* no HTTP/1 follows in this direction: after a 101 or a 2xx to CONNECT */
    /* a request whose length cannot be known: Transfer-Encoding that does not end in chunked, or an
     * invalid Content-Length */
    BODY_UNREADABLE,
} BodyKind;

typedef enum FramingNote {
    FRAMING_LENGTH_AND_CODING = 1 << 0,  /* Content-Length beside Transfer-Encoding, §6.2 */
    FRAMING_INVALID_LENGTH = 1 << 1,     /* no number, or different values, §6.3 */
    FRAMING_REPEATED_LENGTH = 1 << 2,    /* the same value several times */
    FRAMING_CODING_IN_1_0 = 1 << 3,      /* Transfer-Encoding in HTTP/1.0 or older, §6.1 */
    FRAMING_CODING_NOT_CHUNKED = 1 << 4, /* the final coding is not chunked, §6.3 */
    FRAMING_CODING_REPEATED = 1 << 5,    /* chunked applied more than once, §6.1 */
    /* a number, but none that anybody can count to: read as invalid */
    FRAMING_LENGTH_TOO_LARGE = 1 << 6,
    FRAMING_EMPTY_LENGTH = 1 << 7, /* a list of lengths with an empty member: read without it */
} FramingNote;

typedef struct BodyFraming {
    BodyKind kind;
    int64_t length; /* BODY_LENGTH */
    unsigned notes; /* FramingNote */
} BodyFraming;

/* Of a body, as far as it was read. */
typedef enum BodyNote {
    BODY_BAD_CHUNK = 1 << 0,             /* §7.1; as far as it was understood it was read on */
    BODY_CONNECTION_IN_TRAILER = 1 << 1, /* RFC 9110 §6.5.1: Connection or a framing field */
} BodyNote;

/* Whether a request so framed obliges the server to close after its response (§6.1, §6.3). */
static inline bool framing_obliges_close(const BodyFraming *framing)
{
    return framing->notes & (FRAMING_LENGTH_AND_CODING | FRAMING_INVALID_LENGTH |
                             FRAMING_CODING_IN_1_0 | FRAMING_CODING_NOT_CHUNKED);
}

#endif
