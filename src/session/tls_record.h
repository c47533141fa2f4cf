/* One direction of clear bytes to TLS records: records over segments, segments over records, and
 * what holes make of them. Knows no keys and no content.
 *
 * Grammar: (feed · next*)* · clear. A reader of zeros is empty. A unit and its bytes have to
 * live until tls_records_next() has returned false. */
#ifndef SESSION_TLS_RECORD_H
#define SESSION_TLS_RECORD_H

#include "session/session.h"
#include "session/tls_cipher.h"

typedef enum TlsContent {
    TLS_CHANGE_CIPHER_SPEC = 20,
    TLS_ALERT = 21,
    TLS_HANDSHAKE = 22,
    TLS_DATA = 23,
    TLS_HEARTBEAT = 24,
} TlsContent;

typedef enum TlsRecordKind {
    TLS_RECORD_WHOLE,
    /* its length is known, and some of its bytes are missing for `reason`: `body` are those before
     * them */
    TLS_RECORD_CUT,
    /* bytes are missing in which any number of records may lie. What follows up to the next record
     * that is `found` belongs to it, and comes as holes, too */
    TLS_RECORD_HOLE,
    /* what stands here is no record: nothing but holes comes of this direction any more */
    TLS_RECORD_JUNK,
} TlsRecordKind;

typedef struct TlsRecord {
    TlsRecordKind kind;
    Span header;   /* five bytes; until the next call */
    Span body;     /* likewise */
    size_t length; /* that the header states */
    /* behind a hole: it begins a segment and looks like a record. It is one only if it opens, and
     * tls_records_reject() says that it does not */
    bool found;
    /* found: how many bytes no record is known of before it; HOLE: how many this one has */
    int64_t hole;
    SessionUnit unit; /* of its first byte; `last`: of its last one; without place and data */
} TlsRecord;

typedef struct TlsRecordReader {
    const SessionUnit *unit; /* being read; NULL: none */
    Span data;               /* of it, not read yet */
    int64_t gap;             /* of it, likewise */
    int64_t at;              /* the place of the next byte */
    unsigned state;
    /* to be set by the owner: nobody looks into the records of data that begin from now on, so that
     * their bodies are counted alone; `body` is empty then */
    bool skip;
    bool skipping;
    bool cut; /* the record in progress lacks bytes */
    bool found;
    uint8_t header_length;
    uint8_t header[TLS_HEADER_SIZE];
    uint32_t length, left; /* of the body */
    uint8_t *held;         /* the body so far, if it straddles units; NULL: nothing */
    uint32_t held_length;
    int64_t hole;
    Reason hole_reason;
    SessionUnit first; /* of the record in progress */
} TlsRecordReader;

/* Whether these first bytes can begin a record; fewer than five are judged as far as they go. */
bool tls_record_is_plausible(Span bytes);

void tls_records_feed(TlsRecordReader *reader, const SessionUnit *unit);
bool tls_records_next(TlsRecordReader *reader, TlsRecord *ret_record);

/* The record handed out last was `found` and is none: go on looking. */
void tls_records_reject(TlsRecordReader *reader);

/* Bytes that hang on it. */
size_t tls_records_size(const TlsRecordReader *reader);

/* Between two feeds. */
void tls_records_pack(const TlsRecordReader *reader, GByteArray *to);
void tls_records_unpack(TlsRecordReader *reader, Span *from);

void tls_records_clear(TlsRecordReader *reader);

#endif
