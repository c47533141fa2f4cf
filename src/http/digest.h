/* What of an exchange's heads and contents can be compared with those of another exchange: hashes
 * of values and of contents, by field. Made only where somebody asks for it. Pure.
 *
 * Values are hashed as they were sent, also with --redact: nobody prints a hash. */
#ifndef HTTP_DIGEST_H
#define HTTP_DIGEST_H

#include <glib.h>

#include "base/content_hash.h"
#include "base/evidence.h"
#include "decode/decode.h"
#include "http/head.h"
#include "http/redaction.h"

/* Of Proxy-Status (RFC 9209). */
#define DIGEST_TEXT_MAX 256

/* What is known of a field by its name. */
typedef enum FieldTrait {
    FIELD_TRACE = 1 << 0,     /* names one request, or all requests that one caused */
    FIELD_REWRITTEN = 1 << 1, /* proxies write or change it as a matter of course */
    FIELD_OWN = 1 << 2,       /* … and add it of their own accord, or drop it */
    FIELD_STRONG = 1 << 3,    /* a proxy has no reason to invent it */
    FIELD_ANSWER = 1 << 4,    /* in a response: tells answers apart */
    FIELD_HOP = 1 << 5,       /* concerns one connection (RFC 9110 section 7.6.1) */
} FieldTrait;

/* The fields that hops/ asks for by name: DIGEST(ID, name in lower case, traits), the
 * shorter names first. */
typedef enum DigestName {
    DIGEST_OTHER,
#define DIGEST(id, name, traits) DIGEST_##id,
#include "http/digest_names.def"
#undef DIGEST
    DIGEST_NAME_COUNT,
} DigestName;

unsigned digest_traits(DigestName name);

/* A field, or an option of Connection, or both. */
typedef struct DigestField {
    uint32_t value;         /* hash of its lines, joined as one list; of an option alone: 0 */
    uint16_t text;          /* where its name begins among the texts */
    uint8_t known;          /* DigestName */
    bool present : 1;       /* there is a field of this name */
    bool listed : 1;        /* Connection lists this name */
    bool meant_for_all : 1; /* … though nobody must list it */
    bool forwarding : 1;    /* X-Forwarded-… */
} DigestField;

/* More are no ordinary head, and such names no ordinary names: they are left out. */
#define DIGEST_FIELDS_MAX 64
#define DIGEST_NAME_MAX 128

/* The proxies' ways to name the client, in the order in which they are believed. */
typedef enum ForwardedBy {
    FORWARDED_X_FOR,
    FORWARDED_STANDARD,
    FORWARDED_X_REAL_IP,
    FORWARDED_CLIENT_IP,
    FORWARDED_BY_COUNT,
} ForwardedBy;

/* A head. One block of memory, texts included. */
typedef struct HeadDigest {
    uint32_t size; /* of the block */
    uint16_t count;
    bool whole; /* all fields and options of the head are here */
    bool no_transform;
    uint16_t proxy_status; /* where the text of Proxy-Status begins, escaped; 0: there is none */
    DigestField fields[];  /* by name; behind them the names, lower case, each ended by a 0 */
} HeadDigest;

/* A whole body, without transfer codings. */
typedef struct ContentDigest {
    bool known;
    uint64_t hash;
    uint64_t length;
} ContentDigest;

typedef struct MessageDigest {
    HeadDigest *head;      /* owned; NULL: there is no head */
    Nanoseconds head_time; /* of the head's last byte */
    FrameId head_frame;
    ContentDigest content;
} MessageDigest;

/* Of how many segments at the end of a path the rest is told apart. */
#define TARGET_TAILS_MAX 6

/* Where a request goes, without the authority of an absolute form. */
typedef struct TargetDigest {
    bool is_path;   /* a path, of origin form or absolute form */
    bool absolute;  /* absolute form, or CONNECT: meant for a forward proxy */
    uint64_t whole; /* path and query */
    uint64_t query; /* with its question mark */
    uint64_t last;  /* the last segment of the path */
    /* of the path's last 1, 2, … segments, and of what stands before them; 0: there are not so many
     */
    uint32_t tail[TARGET_TAILS_MAX], before[TARGET_TAILS_MAX];
} TargetDigest;

typedef struct ExchangeDigest {
    MessageDigest request, response;
    TargetDigest target;
    uint64_t method;
    uint64_t host;                           /* of the Host field, in lower case */
    uint32_t trace_parent;                   /* the trace's number in traceparent; 0: none */
    IpAddress forwarded[FORWARDED_BY_COUNT]; /* version 0: none, or no address */
} ExchangeDigest;

ExchangeDigest *exchange_digest_new(void);
/* `redactor`: names of fields that are not in the list above, and Proxy-Status, are taken by their
 * names in it; NULL: as they were sent. */
void digest_request_head(ExchangeDigest *digest, const Head *head, const Redactor *redactor);
void digest_response_head(ExchangeDigest *digest, const Head *head, const Redactor *redactor);

/* When the head's last byte was known. */
static inline void digest_head_at(MessageDigest *message, const Stamp *last)
{
    message->head_time = last->time;
    message->head_frame = last->frame;
}

/* The content of the message that has ended; NULL: it lacks bytes. */
void digest_content(MessageDigest *message, const ContentHash *content);

/* NULL: the head has no such field (and lists no such option). */
const DigestField *head_digest_find(const HeadDigest *head, DigestName name);

static inline const char *head_digest_name(const HeadDigest *head, const DigestField *field)
{
    return (const char *)&head->fields[head->count] + field->text;
}

/* Proxy-Status, escaped; "": there is none. */
static inline const char *head_digest_proxy_status(const HeadDigest *head)
{
    return head && head->proxy_status
               ? (const char *)&head->fields[head->count] + head->proxy_status
               : "";
}

/* What `value` of a field is for this one value. */
uint32_t digest_value(Span value);

size_t exchange_digest_size(const ExchangeDigest *digest);
ExchangeDigest *exchange_digest_copy(const ExchangeDigest *digest); /* NULL is one of NULL */
void exchange_digest_pack(const ExchangeDigest *digest, GByteArray *to);
ExchangeDigest *exchange_digest_unpack(Span *from); /* NULL: NULL was packed */
void exchange_digest_free(ExchangeDigest *digest);

#endif
