/* Legs: exchanges as far as they matter to say which of them caused which. An exchange on a
 * connection to a proxy is a front, one on a connection from it is a back; any leg may be both.
 *
 * This folder pairs them (docs/hops.md).
 * In: judged exchanges of all connections, and the stretches of time in which a connection may hide
 * some. Out: pairs, fronts of which nothing was sent on, and what keeps the others from being
 * paired.
 * It must not know packets, or how a report looks. */
#ifndef HOPS_LEG_H
#define HOPS_LEG_H

#include "http/exchange.h"
#include "judge/judge.h"
#include "session/proxy_header.h"
#include "stream/endpoints.h"

/* A place in the capture; frame 0: it is not there. */
typedef struct Instant {
    Nanoseconds time;
    FrameId frame;
} Instant;

static inline Instant instant_of(const Stamp *stamp)
{
    return (Instant){ stamp->time, stamp->frame };
}

static inline bool instant_is_set(Instant instant)
{
    return instant.frame != 0;
}

static inline bool instant_precedes(Instant a, Instant b)
{
    return a.time != b.time ? a.time < b.time : a.frame < b.frame;
}

typedef struct Endpoint {
    IpAddress address;
    uint16_t port;
} Endpoint;

bool endpoint_equal(const Endpoint *a, const Endpoint *b);
uint64_t address_hash(const IpAddress *address);
uint64_t endpoint_hash(const Endpoint *endpoint);
/* Of two values, in this order. */
uint64_t hash_both(uint64_t a, uint64_t b);

/* The connection that a leg stands on. */
typedef struct LegPath {
    FrameId connection; /* its first frame */
    Endpoint client, server;
    uint8_t headings; /* Heading, of the client's packets */
    bool loopback;
    bool stream_number_known;
    uint32_t stream_number;
} LegPath;

typedef struct Leg {
    LegPath path;
    uint32_t number; /* of the exchange */
    ProxySource source;
    /* first byte of the request, last of its head, last of the request; first and last of the final
     * response; the first FIN or reset of the connection, if there is no response */
    Instant request, head, request_end, response, response_end, end;
    bool request_complete, response_complete;
    int status;
    HttpVersion request_version, response_version;
    uint8_t request_minor, response_minor;
    unsigned request_options, response_options; /* ConnectionOption */
    uint16_t interim[INTERIM_MAX];
    unsigned interims;
    bool switched;
    bool matches; /* it has what is looked for */
    /* what earlier blocks have made of it: its row as a front, and as a back, are written; it is
     * counted; which exchange it was claimed for (connection 0: none) */
    bool front_done, back_done, counted;
    FrameId claimed_connection;
    uint32_t claimed_number;
    Judgement judgement;
    char *method, *target;  /* owned, escaped */
    ExchangeDigest *digest; /* owned */
} Leg;

/* Owned texts and digest included. */
Leg leg_copy(const Leg *leg);
void leg_clear(Leg *leg);
size_t leg_size(const Leg *leg);

static inline bool leg_is_answered(const Leg *leg)
{
    return instant_is_set(leg->response);
}

/* Nothing of a response, and its connection goes on. */
static inline bool leg_is_open(const Leg *leg)
{
    return !leg_is_answered(leg) && !instant_is_set(leg->end);
}

/* The fields of both heads, in the order of names; NULL: only the other one has it. False: there
 * are no more. */
typedef struct FieldPairs {
    const HeadDigest *front, *back;
    unsigned front_at, back_at;
} FieldPairs;
bool field_pairs_next(FieldPairs *pairs, const DigestField **ret_front,
                      const DigestField **ret_back);

/* What became of a field of a message that a proxy received. */
typedef enum FieldFate {
    FIELD_CONSUMED,  /* the forwarded message lacks it */
    FIELD_ADDED,     /* only the forwarded one has it */
    FIELD_CHANGED,   /* both have it, with other values */
    FIELD_NOMINATED, /* Connection names it, and it stands there all the same */
} FieldFate;
#define FIELD_FATE_COUNT (FIELD_NOMINATED + 1)

/* The names of the fields with this fate, sorted, blanks between them; nothing if a head is not
 * whole. */
void field_fate_append(GString *text, FieldFate fate, const HeadDigest *received,
                       const HeadDigest *forwarded);

/* Whether proxies write or change this field as a matter of course. */
bool field_is_rewritten(const DigestField *field);

const DigestField *leg_request_field(const Leg *leg, DigestName name);
const DigestField *leg_response_field(const Leg *leg, DigestName name);

/* Both are whole and not the same; both are whole, the same and not empty. */
bool content_differs(const ContentDigest *a, const ContentDigest *b);
bool content_is_carried(const ContentDigest *a, const ContentDigest *b);

#endif
