/* How long a message's body is: RFC 9112 §6.3, in full. Pure. */
#ifndef HTTP_FRAMING_H
#define HTTP_FRAMING_H

#include "http/head.h"

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
} FramingNote;

typedef struct BodyFraming {
    BodyKind kind;
    int64_t length; /* BODY_LENGTH */
    unsigned notes; /* FramingNote */
} BodyFraming;

BodyFraming framing_of_request(const Head *head);

/* `method` is that of the request it answers; an empty span: unknown, read as an answer to GET. */
BodyFraming framing_of_response(const Head *head, Span method);

/* Whether a message so framed obliges the server to close after its response (§6.1, §6.3). Of a
 * request. */
bool framing_obliges_close(const BodyFraming *framing);

#endif
