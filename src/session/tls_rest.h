/* A connection in TLS at rest: packed, and made again. Private to session/tls*.c. */
#ifndef SESSION_TLS_REST_H
#define SESSION_TLS_REST_H

#include "session/tls_connection.h"

/* Bytes that it takes awake. */
size_t tls_rest_size(const Tls *tls);

void tls_rest_pack(const Tls *tls, GByteArray *to);
Tls *tls_rest_unpack(Span *from);

#endif
