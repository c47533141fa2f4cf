/* What findings need of a head beyond the facts that decide about the connection: read once, when
 * the head is there, as bits, so that nothing of the head is kept. Pure. */
#ifndef HTTP_HEADER_FLAGS_H
#define HTTP_HEADER_FLAGS_H

#include "http/head.h"
#include "http/options.h"

/* Signs that something is missing are only set for a head that was read whole. */
typedef enum HeaderFlag {
    FLAG_END_TO_END_NOMINATED = 1 << 0, /* a Connection option names a field meant for everybody */
    FLAG_SENSITIVE_NOMINATED = 1 << 1,  /* … in a request, one of identity or routing */
    FLAG_HOP_BY_HOP = 1 << 2,           /* any field that concerns the connection alone */
    FLAG_HOP_BY_HOP_UNLISTED = 1 << 3,  /* … of those that only RFC 2616 wants listed */
    FLAG_KEEP_ALIVE_UNLISTED = 1 << 4,  /* Keep-Alive without its option */
    FLAG_PROXY_CONNECTION = 1 << 5,
    FLAG_ORIGIN_FORM = 1 << 6, /* the target is a path: not meant for a proxy */
    FLAG_TE_UNLISTED = 1 << 7,
    FLAG_TE_CHUNKED = 1 << 8,
    FLAG_UPGRADE = 1 << 9, /* an Upgrade field */
    FLAG_UPGRADE_UNLISTED = 1 << 10,
    FLAG_UPGRADE_MISSING = 1 << 11, /* no Upgrade field in a 101 or 426 */
    FLAG_WEBSOCKET = 1 << 12,       /* the Upgrade field names websocket */
    FLAG_WEBSOCKET_METHOD = 1 << 13,
    FLAG_WEBSOCKET_KEY = 1 << 14,     /* missing, repeated, or not 16 bytes in base64 */
    FLAG_WEBSOCKET_VERSION = 1 << 15, /* missing, or not 13 */
    FLAG_WEBSOCKET_DRAFT = 1 << 16,   /* an early draft's handshake: other rules */
    FLAG_H2C = 1 << 17,               /* the Upgrade field names h2c */
    FLAG_H2C_SETTINGS = 1 << 18,      /* HTTP2-Settings missing or repeated */
    FLAG_H2C_UNLISTED = 1 << 19,
    FLAG_CREDENTIALS = 1 << 20,         /* Proxy-Authorization */
    FLAG_WEBSOCKET_PROTOCOL = 1 << 21,  /* a subprotocol is offered, or chosen */
    FLAG_WEBSOCKET_EXTENSION = 1 << 22, /* the same of extensions */
    /* HTTP/2 forbids these (RFC 9113 §8.2.2), and has no other flags */
    FLAG_H2_CONNECTION = 1 << 23,
    FLAG_H2_PROXY_CONNECTION = 1 << 24,
    FLAG_H2_KEEP_ALIVE = 1 << 25,
    FLAG_H2_TRANSFER_ENCODING = 1 << 26,
    FLAG_H2_UPGRADE = 1 << 27,
    FLAG_H2_TE = 1 << 28,          /* in a response, or with anything but trailers */
    FLAG_H2_IN_TRAILERS = 1 << 29, /* one of them stood there */
} HeaderFlag;

#define FLAGS_H2_FIELDS                                                                            \
    (FLAG_H2_CONNECTION | FLAG_H2_PROXY_CONNECTION | FLAG_H2_KEEP_ALIVE |                          \
     FLAG_H2_TRANSFER_ENCODING | FLAG_H2_UPGRADE)

/* Whether a Connection option of this name would name a field that concerns everybody, or one of
 * identity or routing (FLAG_END_TO_END_NOMINATED, FLAG_SENSITIVE_NOMINATED). */
bool field_is_meant_for_all(Span name);

/* `listed`: what connection_options() says of the head. */
unsigned header_flags(const Head *head, const Listed *listed);

/* More were never seen. */
#define UPGRADE_OFFER_MAX 4

/* The protocols that an Upgrade field names (RFC 9110 §7.8), versions left out, in any case; as
 * hashes. */
typedef struct UpgradeOffer {
    uint32_t names[UPGRADE_OFFER_MAX];
    unsigned count; /* above the maximum: some are not here */
} UpgradeOffer;
UpgradeOffer head_upgrade_offer(const Head *head);

/* Whether all that is chosen was offered; in doubt it was. */
bool upgrade_is_offered(const UpgradeOffer *offer, const UpgradeOffer *chosen);

/* RFC 6455 §4.2.2: a number for the Sec-WebSocket-Accept that answers this request's key; 0: it
 * has no single key. */
uint64_t websocket_accept_wanted(const Head *request);

/* The same number for what a response has; 0: not exactly one. */
uint64_t websocket_accept_given(const Head *response);

#endif
