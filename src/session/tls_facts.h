/* What is known of a connection's TLS: plain values, and the words of the reports for them. */
#ifndef SESSION_TLS_FACTS_H
#define SESSION_TLS_FACTS_H

#include "session/tls_turns.h"

#define TLS_1_0 0x0301
#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

typedef enum TlsSecretsState {
    TLS_SECRETS_NONE,    /* there is none for it */
    TLS_SECRETS_UNTRIED, /* nothing has come that they had to open */
    TLS_SECRETS_WRONG,   /* none that there is has opened a record, so far */
    TLS_SECRETS_GOOD,
} TlsSecretsState;

/* Why a connection with secrets is not opened. */
typedef enum TlsRefusal {
    TLS_REFUSED_NOT,
    TLS_REFUSED_VERSION, /* before 1.2, or one that is not known */
    TLS_REFUSED_SUITE,
    TLS_REFUSED_EXTENSION, /* compression, truncated_hmac */
} TlsRefusal;

#define TLS_REFUSAL_COUNT (TLS_REFUSED_EXTENSION + 1)

typedef enum TlsEarly {
    TLS_EARLY_NONE,
    TLS_EARLY_OFFERED, /* nobody knows yet */
    TLS_EARLY_ACCEPTED,
    TLS_EARLY_REJECTED,
    TLS_EARLY_UNKNOWN, /* the server's answer cannot be read */
} TlsEarly;

/* An alert that a side sent. */
typedef struct TlsAlert {
    bool sent;
    bool superseded; /* that side sent data behind it */
    uint8_t description;
    Stamp first, last; /* of its record, as of a unit */
} TlsAlert;

#define TLS_CLOSE_NOTIFY 0
#define TLS_USER_CANCELED 90

typedef struct TlsFacts {
    bool is_tls;
    int client;               /* side; -1: no hello */
    uint16_t offered_version; /* 0: no ClientHello */
    uint16_t version, suite;  /* of the ServerHello; 0: none */
    bool offers_h2;           /* or may: its list is not whole */
    bool ech;
    unsigned alpn_offered;
    bool alpn_known; /* which was chosen, if any */
    TlsRefusal refusal;
    TlsEarly early;
    int64_t early_end; /* accepted: the place behind the client's early data */
    TlsSecretsState secrets[2];
    bool late; /* there were none when they were needed, and now there are */
    TlsAlert close_notify[2], fatal[2]; /* by side */
    uint64_t broken[2];                 /* records that are not what was sent */
    Stamp junk[2];                      /* where no record stood; frame 0: nowhere */
    ReasonSet missing;                  /* why records are missing, or parts of them */
    TlsTurns turns;
} TlsFacts;

/* What secrets were worth for a connection as a whole. */
typedef enum TlsSecrets {
    TLS_SECRETS_OF_NONE, /* there were none for it */
    TLS_SECRETS_OF_ALL,
    TLS_SECRETS_OF_CLIENT, /* what the client sent was opened, and no more */
    TLS_SECRETS_OF_SERVER,
    TLS_SECRETS_FIT_NOTHING,
    TLS_SECRETS_UNSUPPORTED, /* nothing could be opened, whatever there was */
    TLS_SECRETS_LATE,        /* there were none until its packets had gone by */
} TlsSecrets;

#define TLS_SECRETS_COUNT (TLS_SECRETS_LATE + 1)

TlsSecrets tls_secrets_of(const TlsFacts *facts);
/* The reports' word. */
const char *tls_secrets_name(TlsSecrets secrets);
/* That of the manifest: "version". */
const char *tls_refusal_name(TlsRefusal refusal);

/* Something of it was sealed that was not opened. */
bool tls_is_encrypted(const TlsFacts *facts);

/* "1.3"; "" for one that is unknown. */
const char *tls_version_name(uint16_t version);

/* Nothing that it carried can be read. */
bool tls_is_shut(const TlsFacts *facts);

/* "close_notify"; NULL: not registered. */
const char *tls_alert_name(uint8_t description);

#endif
