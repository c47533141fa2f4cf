/* The bytes of a session: what two programs said to each other, above TCP and whatever wraps it.
 *
 * In: the events of a connection's stream. Out: units of bytes in order, each with its place and
 * two stamps; gaps where bytes are missing. Must not know: what the bytes mean.
 *
 * A place counts a direction's bytes as the session has them; only places of the same direction can
 * be compared. An offset is TCP's (base/evidence.h), and so are both stamps. A byte is *sent* with
 * the first segment of what carries it and *known* to its receiver only when all of that has been
 * acknowledged. In clear text the two are one. A byte of a record that only opens as a whole is
 * sent with the record's first byte and known with its last. */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include <glib.h>

#include "base/evidence.h"
#include "base/span.h"
#include "session/fin_belief.h"
#include "session/proxy_header.h"
#include "stream/stream.h"

typedef enum SessionUnitKind { SESSION_DATA, SESSION_GAP } SessionUnitKind;

typedef struct SessionUnit {
    SessionUnitKind kind;
    int side; /* of the sender */
    const Connection *connection;
    int64_t place;  /* of its first byte */
    int64_t length; /* DATA: that of `data`; GAP: 0 if all that is missing is of no session byte */
    Span data;      /* until the next call into the stage, or the stream */
    /* DATA: when its first byte was sent. GAP: of the segment that shows it, with the first missing
     * offset. */
    Stamp first;
    Stamp last; /* that made its last byte known; GAP: as `first`, with the last missing offset */
    /* each of its bytes has an offset of its own, from first to last; else they share them */
    bool by_byte;
    Reason reason;      /* GAP: as in StreamEvent; or REASON_ENCRYPTED */
    bool length_unsure; /* GAP: fewer bytes may be missing than `length` */
    bool segment_start; /* DATA: it begins where a segment's payload, or a record, begins */
    bool resent;        /* DATA: of its first byte, these as in StreamEvent */
    int64_t quiet_acked, bare_acked;
    Nanoseconds free_to_send;
} SessionUnit;

/* When the byte at `place`, which lies in the unit, was sent, and what made it known. */
static inline Stamp session_sent(const SessionUnit *unit, int64_t place)
{
    Stamp stamp = unit->first;
    if (unit->by_byte)
        stamp.offset += place - unit->place;
    return stamp;
}

static inline Stamp session_known(const SessionUnit *unit, int64_t place)
{
    return unit->by_byte ? session_sent(unit, place) : unit->last;
}

/* How many bytes behind the one with this stamp, in the carrier, an acknowledgement covers. */
static inline int64_t session_acked_behind(const Stamp *last, int64_t acked)
{
    return acked - stamp_past(last);
}

/* How one kind of session is read: clear text, and whatever wraps it.
 *
 * Grammar: create · (feed · next*)* · free. next() is called until it returns false before the next
 * feed. */
typedef struct SessionStage {
    const char *name;
    /* The stage for a connection that begins with this event (NULL: with none); NULL: this one for
     * all. */
    const struct SessionStage *(*choose)(const StreamEvent *event);
    /* What the stage shares with others of its kind; NULL: nothing. Borrowed. */
    void *(*create)(const void *context);
    /* DATA and GAP of one connection. What it borrows lives until next() has returned false. */
    void (*feed)(void *state, const StreamEvent *event);
    bool (*next)(void *state, SessionUnit *ret_unit);
    /* How a side has ended, as far as its events have been fed. */
    SessionEnd (*end)(const void *state, int side);
    /* Whose connection a PROXY header before the first byte says that this is. NULL: no header is
     * ever taken off. */
    ProxySource (*source)(const void *state);
    void (*pack)(const void *state, GByteArray *to);
    void *(*unpack)(Span *from);
    size_t (*size)(const void *state);
    void (*free)(void *state);
} SessionStage;

#endif
