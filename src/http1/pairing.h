/* Which request a response answers, by what it acknowledges. Pure: it looks at pending exchanges
 * and at offsets, names an index, and changes no exchange.
 *
 * While nothing is lost, responses answer requests in order: a response that begins belongs to the
 * first request without one, provided it acknowledges at least the first byte of it; else nobody
 * asked for it (a 408 at an idle close) and it stands alone.
 *
 * A gap that hid where messages begin or end makes order worthless: requests or responses may lie
 * in it. From then on (`uncertain`) a response belongs to the last request that it acknowledges,
 * unless two requests since the gap were pipelined (the later one left without any new byte of the
 * server; the earlier one may itself lie in the gap), when it belongs to none that can be named.
 * Certainty returns with the first response that answers a request from behind the gap. A reader
 * that lost its place finds it again only at the first byte of a segment, and what it finds is
 * believed only if the other direction bears it out: a response must acknowledge the end of a
 * request that waits, or client bytes that nobody saw; a request is `tentative` until a response
 * acknowledges its end, and forgotten if what follows it is no message. (Pairing by time was
 * discarded: a capture on a delayed link orders the two directions differently at each end.) */
#ifndef HTTP1_PAIRING_H
#define HTTP1_PAIRING_H

#include "http/facts.h"
#include "http1/pending.h"
#include "session/session.h"

/* What of a message is missing if the bytes before it are. */
#define GAP_REASONS                                                                                \
    ((ReasonSet)(REASON_LOSS | REASON_SNAPLEN | REASON_LIMIT | REASON_MIDSTREAM |                  \
                 REASON_ONE_DIRECTION | REASON_ENCRYPTED))

/* What gaps and responses have shown so far. Offsets but for two places: NO_OFFSET: none. */
typedef struct Pairing {
    bool uncertain;
    bool behind_gap;          /* the response being read may stand behind that of its request */
    int8_t gap_side;          /* whose the last gap was that came before it was known who is who */
    int64_t client_gap_begin; /* place of the first byte of the last gap of the client */
    int64_t client_gap_end;   /* place behind the last byte of the client that a gap hid */
    int64_t client_gap_past;  /* who has acknowledged this has received that gap's bytes */
    int64_t client_gap_acked; /* what the client had received before that gap */
    /* where the first bytes begin that the server sent when it had received all of that gap;
     * NO_OFFSET: none came yet */
    int64_t client_gap_known;
    int64_t server_gap_past; /* the same of the last byte of the server that a gap hid */
    int64_t answered_up_to;  /* of the client's last byte that some response is known to follow */
    int64_t rest_begin, rest_end; /* of the server's last bytes that began no message */
} Pairing;

#define PAIRING_BEGIN                                                                              \
    ((Pairing){ .client_gap_begin = NO_OFFSET,                                                     \
                .client_gap_end = NO_OFFSET,                                                       \
                .client_gap_past = NO_OFFSET,                                                      \
                .client_gap_known = NO_OFFSET,                                                     \
                .server_gap_past = NO_OFFSET,                                                      \
                .answered_up_to = NO_OFFSET })

/* Takes note of a gap, of the client or of the server. */
void pairing_note_gap(Pairing *pairing, bool of_client, const SessionUnit *gap);
/* The same while nobody knows who is the client, and what that comes to when it is known: whether
 * bytes of the client have gone by unread. */
void pairing_note_early_gap(Pairing *pairing, const SessionUnit *gap);
bool pairing_learn_client(Pairing *pairing, int client);

/* Takes note of bytes of the server. */
void pairing_note_answer(Pairing *pairing, const SessionUnit *data);

/* The first bytes of a response. */
typedef struct ResponseStart {
    int64_t offset, acked;
    bool by_seeking;           /* what came before it was lost: it may be no response */
    ReasonSet client_hidden;   /* requests may be missing after the last known one */
    ReasonSet server_hidden;   /* the same for responses */
    bool may_come_from_before; /* the client's first bytes may not be in the capture */
    bool client_seen;
} ResponseStart;

typedef enum Asked { ASKED_NOT, ASKED_PERHAPS, ASKED } Asked;

/* Whether a segment that acknowledges `acked` shows that its sender had received this request
 * whole; of one that waits for a 100 before its body, its head. */
bool pairing_acknowledges_end(const Exchange *exchange, int64_t acked);

/* Whether a response to this one may come, and one that acknowledges `acked` can be it. */
bool pairing_reaches(const Exchange *exchange, int64_t acked);

/* Of a request that begins there: whether bytes that the capture lacks stand right before it, and
 * a request in them may have waited with it. It had not if a bare segment in between shows that the
 * client had received something that is of no response before, or if the request acknowledges what
 * the server sent when it had received those bytes. `answers_end`: the server's offset behind the
 * responses to all requests before; INT64_MAX: unknown. */
bool pairing_begins_behind_gap(const Pairing *pairing, int64_t place, int64_t acked,
                               const RequestSending *sending, int64_t answers_end);

/* Takes note of bytes of the server that begin no message, where it is lost how the one before them
 * began: the rest of a response. Requests that left before these bytes came did not wait for its
 * end. */
void pairing_note_rest(Pairing *pairing, Pending *pending, const SessionUnit *data);
/* Whether who acknowledges this had received a response in part. */
bool pairing_in_rest(const Pairing *pairing, int64_t acked);

/* The request that the response answers; -1: none that can be named. */
int pairing_target(const Pairing *pairing, const Pending *pending, const ResponseStart *response);

/* Of a response without target: whether it answers a request that the capture lacks. It does if it
 * acknowledges more than what was answered; perhaps if not, where several requests may be missing
 * that were sent in one go. */
Asked pairing_asked(const Pairing *pairing, const Pending *pending, const ResponseStart *response);

/* Whether a response from now on can be taken for that of a request before the gap no more. */
bool pairing_is_certain_again(const Pairing *pairing, const Exchange *target,
                              ReasonSet client_hidden);

/* Whether the response to this request may lie in a gap, and what comes now be one behind it. */
bool pairing_may_be_behind_gap(const Pairing *pairing, const Exchange *exchange,
                               ReasonSet server_hidden);

/* What client bytes a response to this exchange follows whose byte has this stamp. */
int64_t pairing_answered(const Exchange *exchange, const Stamp *stamp);

#endif
