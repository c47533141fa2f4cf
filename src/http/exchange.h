/* An exchange: one request, its interim responses and its final response, as plain facts.
 *
 * What the messages said, where their bytes stood and what of them is missing; no outcome and no
 * judgement. */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include <glib.h>

#include "base/evidence.h"
#include "http/body.h"
#include "http/digest.h"
#include "http/head.h"
#include "http/header_flags.h"
#include "http/options.h"
#include "http/redaction.h"

#define INTERIM_MAX 8 /* 1xx responses kept by number; more are counted only */

typedef struct MessageFacts {
    bool begun;    /* at least its first byte is in the capture */
    bool has_head; /* the head was read; what follows down to `framing` is only set then */
    bool complete; /* its last byte has passed */
    bool broken;   /* the reading was lost inside it: whether it is complete cannot be known */
    /* complete, but its last byte is not in the capture: `last` is a latest time */
    bool end_missing;
    bool tentative;    /* found by seeking, and the other direction has not borne it out yet */
    bool sought;       /* what came before it was no message: it may be none either */
    ReasonSet reasons; /* what of it is missing, and why */
    HttpVersion version;
    uint8_t minor;
    unsigned options;      /* ConnectionOption */
    unsigned notes;        /* HeadNote */
    unsigned header_flags; /* HeaderFlag */
    KeepAlive keep_alive;
    BodyFraming framing;
    unsigned body_notes; /* BodyNote, as far as the body goes */
    /* The first byte as sent, and the last one as known, as far as the message goes. `first.offset`
     * is where it begins on the wire, and who has acknowledged stamp_past(&last) has received it.
     * */
    Stamp first, last;
    int64_t head_end; /* offset that makes the head's last byte known */
    /* positions in the session's bytes: these alone can be counted with */
    int64_t head_place, last_place;
} MessageFacts;

/* How many bytes have come behind the head. */
static inline int64_t message_body_bytes(const MessageFacts *message)
{
    return message->last_place - message->head_place;
}

typedef enum MethodClass { METHOD_UNKNOWN, METHOD_OTHER, METHOD_HEAD, METHOD_CONNECT } MethodClass;

/* The texts that reports print, escaped, in one block. */
typedef enum ExchangeTextField {
    TEXT_METHOD,
    TEXT_TARGET,
    TEXT_HOST,
    TEXT_REQUEST_CONNECTION,
    TEXT_REQUEST_KEEP_ALIVE,
    TEXT_REQUEST_OPTIONS,
    TEXT_REQUEST_UNLISTED,
    TEXT_RESPONSE_CONNECTION,
    TEXT_RESPONSE_KEEP_ALIVE,
    TEXT_RESPONSE_OPTIONS,
    TEXT_RESPONSE_UNLISTED,
    TEXT_FIELD_COUNT,
} ExchangeTextField;

/* No single text is longer; with all of them a pending exchange keeps about a KiB in honest
 * traffic. */
#define EXCHANGE_TEXT_MAX 1024

typedef struct ExchangeText ExchangeText;

/* The 1xx before the final response. */
typedef struct InterimResponses {
    uint16_t status[INTERIM_MAX];
    unsigned count;
    unsigned flags;    /* HeaderFlag, of all of them */
    FrameId frame;     /* of the first that has one; 0: none */
    Stamp first, last; /* first byte of the first one, last byte of the last one */
} InterimResponses;

/* What the stream knows of a request's first byte. */
typedef struct RequestSending {
    /* since when nothing kept it back; its own time: unknown */
    Nanoseconds free_since;
    int64_t quiet_acked, bare_acked; /* as in StreamEvent */
    bool resent;                     /* it is no first transmission */
} RequestSending;

/* What a 101 has to be measured against, and how it fits. */
typedef struct UpgradeFacts {
    UpgradeOffer offer;        /* of the request */
    uint64_t websocket_accept; /* websocket_accept_wanted() of the request */
    bool foreign;              /* a 101 to a protocol that the request did not offer */
    bool accept_wrong; /* a 101 to websocket whose Sec-WebSocket-Accept does not answer the key */
} UpgradeFacts;

typedef struct ConnectFacts {
    uint32_t target_hash;
    bool retried; /* 407, and the next request is the same with credentials */
} ConnectFacts;

/* By what rules it is judged: which verdict table. */
typedef enum ExchangeKind {
    EXCHANGE_HTTP1, /* a request and its response on a connection that both share with others */
    EXCHANGE_HTTP2, /* a stream */
} ExchangeKind;

typedef enum StreamEnd { STREAM_OF_CLIENT, STREAM_OF_SERVER } StreamEnd;

/* A RST_STREAM. */
typedef struct StreamReset {
    FrameId frame; /* 0: none */
    uint32_t code;
} StreamReset;

/* What concerns an exchange as a stream of HTTP/2. A gap leaves open what its frames said: the
 * reasons are those of the gaps that nothing behind them has made harmless. */
typedef struct StreamFacts {
    uint32_t id; /* 0: it is none */
    bool pushed;
    bool answered_above;    /* its response began behind a GOAWAY that did not cover it */
    bool watched;           /* it is over, but whoever received a forbidden field may react to it */
    uint8_t first_reset;    /* StreamEnd, of two */
    StreamReset reset[2];   /* by StreamEnd; the first of each */
    ReasonSet request_open; /* its end may be missing, or a RST_STREAM of the client */
    ReasonSet response_open; /* more of it may be missing, or a RST_STREAM of the server */
    ReasonSet head_open;     /* a response of which only a head was seen may be an interim one */
    ReasonSet goaway_open;   /* a GOAWAY before its response may be missing */
} StreamFacts;

static inline bool stream_is_reset(const StreamFacts *stream)
{
    return stream->reset[0].frame || stream->reset[1].frame;
}

typedef struct Exchange {
    uint32_t number; /* from 1 in its connection */
    ExchangeKind kind;
    int status; /* of the final response; 0: none */
    MessageFacts request, response;
    MethodClass method;
    RequestSending sending;
    InterimResponses interim;
    UpgradeFacts upgrade;
    ConnectFacts connect; /* of a CONNECT */
    StreamFacts stream;   /* EXCHANGE_HTTP2 */

    /* which response is whose */
    bool answered;    /* a byte of response came, be it of a 1xx */
    bool unsolicited; /* a response that answers no request: none was outstanding or acknowledged */
    bool request_hidden; /* a response whose request is not in the capture */
    /* likewise: no byte of that request stands at this offset of the client or beyond it */
    int64_t hidden_before;
    bool perhaps_unasked; /* whether there was such a request is not sure */
    bool response_hidden; /* a request whose response lies in a gap or before none */
    bool later_answered;  /* a later request on this connection got the start of a response */
    bool behind_gap;      /* bytes that the capture lacks stand right before the request … */
    /* … and the client had received nothing in between: one more request may wait there */
    bool pipelined_behind_gap;
    bool sent_early;  /* it left while the rest of a response came whose head the capture lacks */
    bool sent_unseen; /* in mid-stream, the first one: no segment of the server came before it */
    ReasonSet pairing_open; /* why its response may be that of another request; 0: it is its own */
    /* why requests may be missing between the one before it and this one, and the same of
     * responses; 0: none can */
    ReasonSet requests_hidden, responses_hidden;

    bool expects_continue;   /* Expect: 100-continue (RFC 9110 §10.1.1) */
    bool response_resent;    /* its first bytes are no first transmission */
    Nanoseconds burst_start; /* of the response's last burst (judgement.md §3, idle_most) */
    ClockMark burst_clock;   /* of `burst_start` */
    Stamp next_request;      /* of the request after this one, if it has one … */
    uint32_t next_number;    /* … and of which exchange it is */
    Stamp early; /* the first byte of the client behind the request that is of no message */
    /* frame of bytes right behind the response that are of no message; 0: none */
    FrameId trailing_bytes;

    unsigned match;         /* MatchAnswer of its heads, if anything is looked for */
    ExchangeText *text;     /* owned; NULL if no report asks for it */
    ExchangeDigest *digest; /* likewise */
} Exchange;

/* Which texts are wanted. */
typedef enum TextWish { TEXT_WISH_NONE, TEXT_WISH_HOST, TEXT_WISH_ALL } TextWish;

typedef struct TextOptions {
    TextWish wish;
    /* borrowed; NULL: as sent. Otherwise targets, hosts and field values are taken by their names
     * in it, but for what the Connection field lists; the facts are those of the bytes as sent. */
    const Redactor *redactor;
    bool digests; /* what takes to compare exchanges is wanted as well */
} TextOptions;

/* Fills the facts that a head states. `framing` has been decided by the caller. `before`: the
 * exchange before it, taken with the same options; NULL: none is at hand. They share a host. */
void exchange_take_request(Exchange *exchange, const Exchange *before, const Head *head,
                           const BodyFraming *framing, const TextOptions *options);
void exchange_take_response(Exchange *exchange, const Head *head, const BodyFraming *framing,
                            const TextOptions *options);

/* A copy with a text of its own. */
Exchange exchange_copy(const Exchange *exchange);

/* Escaped text, "" if there is none; until the exchange is cleared. */
const char *exchange_text(const Exchange *exchange, ExchangeTextField field);

/* The exchange as packed bytes, and back. */
void exchange_pack(const Exchange *exchange, GByteArray *to);
void exchange_unpack(Exchange *exchange, Span *from);
/* Bytes that its text and its digest take now. */
size_t exchange_text_size(const Exchange *exchange);

/* Frees what it owns; the struct itself is the caller's. */
void exchange_clear(Exchange *exchange);

/* How long the connection was idle from the response to `end` (judgement.md §3): least from its
 * last byte, most from the start of its last burst. The response has begun. */
Duration exchange_idle_until(const Exchange *exchange, const Stamp *end);

/* Any 2xx to CONNECT, and 101: HTTP/1 ends there. */
bool exchange_switched(const Exchange *exchange);

/* The method of its request is not in the capture, so it may have been HEAD or CONNECT. */
static inline bool exchange_method_is_open(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    return exchange->request_hidden ||
           (request->begun && !request->has_head && request->broken && request->reasons);
}

/* The word of the version column, "" if unknown. */
const char *http_version_text(HttpVersion version, unsigned minor);
const char *message_version_text(const MessageFacts *message);

#endif
