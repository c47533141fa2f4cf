/* Handshake messages of TLS: the message framing over records, the two hellos,
 * EncryptedExtensions. Pure. Only what decides how records are read, and what a row shows, is
 * taken from them; nothing is verified. RFC 5246 §7.4, RFC 8446 §4. */
#ifndef SESSION_TLS_HANDSHAKE_H
#define SESSION_TLS_HANDSHAKE_H

#include <glib.h>

#include "base/span.h"
#include "session/tls_facts.h"
#include "session/tls_keys.h"

typedef enum TlsMessageType {
    TLS_HELLO_REQUEST = 0,
    TLS_CLIENT_HELLO = 1,
    TLS_SERVER_HELLO = 2,
    TLS_NEW_SESSION_TICKET = 4,
    TLS_END_OF_EARLY_DATA = 5,
    TLS_ENCRYPTED_EXTENSIONS = 8,
    TLS_CERTIFICATE = 11,
    TLS_FINISHED = 20,
    TLS_KEY_UPDATE = 24,
} TlsMessageType;

/* As long a name as DNS has, and what ALPN's one byte counts. */
#define TLS_NAME_MAX 255

typedef struct TlsName {
    uint8_t length; /* 0: none */
    uint8_t bytes[TLS_NAME_MAX];
} TlsName;

typedef struct TlsClientHello {
    bool partial;     /* some of it is missing; the random is there */
    uint16_t version; /* the highest that it offers, as far as is known; GREASE apart */
    uint8_t random[TLS_RANDOM_SIZE];
    TlsName sni;
    TlsName alpn; /* the first that it offers */
    unsigned alpn_count;
    bool offers_h2;
    bool early_data;
    bool ech; /* the name is an outer one */
} TlsClientHello;

typedef struct TlsServerHello {
    uint16_t version; /* that is used from here on */
    uint16_t suite;
    uint8_t random[TLS_RANDOM_SIZE];
    bool retry; /* a HelloRetryRequest */
    bool encrypt_then_mac;
    bool truncated_hmac;
    bool compressed;
    TlsName alpn; /* TLS 1.2 */
} TlsServerHello;

typedef struct TlsEncryptedExtensions {
    TlsName alpn;
    bool early_data; /* the server takes it */
} TlsEncryptedExtensions;

/* Each parses the body of a message, behind its type and length. A ClientHello may be cut behind
 * its random, as by a snap length. They return false where there is no such message. */
bool tls_client_hello_parse(Span body, bool cut, TlsClientHello *ret_hello);
bool tls_server_hello_parse(Span body, TlsServerHello *ret_hello);
bool tls_encrypted_extensions_parse(Span body, TlsEncryptedExtensions *ret_extensions);

/* Messages over records -----------------------------------------------------------------------
 * The content of handshake records of one direction is fed; messages come out whole. Of a
 * message whose type nobody reads, or that is longer than the bound, only the type and the
 * length come out. */

#define TLS_MESSAGE_MAX (64 * 1024)

typedef struct TlsMessage {
    uint8_t type; /* TlsMessageType, or any */
    uint32_t length;
    bool whole; /* `body` is there */
    Span body;  /* until the next call */
} TlsMessage;

typedef struct TlsMessageReader {
    uint8_t header[4];
    uint8_t header_length;
    uint32_t missing; /* of the body */
    bool kept;        /* the body is gathered */
    GByteArray *body; /* NULL: nothing */
    Span rest;        /* of what was fed */
} TlsMessageReader;

void tls_message_feed(TlsMessageReader *reader, Span content);

/* After the last content that there is: what has come of an unfinished message, with `whole`
 * false. */
bool tls_message_cut(TlsMessageReader *reader, TlsMessage *ret_message);
bool tls_message_next(TlsMessageReader *reader, TlsMessage *ret_message);

/* A message is being read: what has been fed ends within one. */
bool tls_message_is_open(const TlsMessageReader *reader);

/* A reader of zeros is empty, as one is after this. */
void tls_message_clear(TlsMessageReader *reader);

#endif
