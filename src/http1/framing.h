/* How long a message's body is: RFC 9112 §6.3, in full. Pure. */
#ifndef HTTP1_FRAMING_H
#define HTTP1_FRAMING_H

#include "http/body.h"
#include "http/head.h"

BodyFraming framing_of_request(const Head *head);

/* `method` is that of the request it answers; an empty span: unknown, read as an answer to GET. */
BodyFraming framing_of_response(const Head *head, Span method);

#endif
