/* A record as somebody reads it who looks at a connection record by record. Plain values. */
#ifndef SESSION_TLS_NOTE_H
#define SESSION_TLS_NOTE_H

#include <stdbool.h>

#include "base/evidence.h"

/* Of one record; of more, the first. */
#define TLS_NOTE_MESSAGES_MAX 6

typedef struct TlsNote {
    FrameId frame;   /* with its first byte */
    uint32_t length; /* of its body, as the header states it */
    uint8_t type;    /* TlsContent: that of the header, or what it was sealed as */
    bool opened;     /* it was sealed, and is open */
    bool sealed;     /* it was, and is not */
    bool cut;        /* bytes of it are missing */
    uint32_t content;
    uint8_t messages[TLS_NOTE_MESSAGES_MAX]; /* of a handshake: TlsMessageType */
    unsigned message_count;                  /* of all */
    uint8_t level, alert;
} TlsNote;

/* "ClientHello"; NULL: not registered. */
const char *tls_message_name(uint8_t type);

#endif
