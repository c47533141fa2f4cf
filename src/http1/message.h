/* One direction of a connection as HTTP/1 messages.
 *
 * A reader is small (200 bytes beside its head buffer, which lives only while a head
 * straddles segments): there are two for every open connection.
 *
 * Heads are gathered (in a buffer of at most HEAD_BYTES_MAX, only when they straddle segments),
 * bodies are skipped by count and their bytes not looked at; only chunk lines and trailers are
 * read.
 *
 * Grammar: init · (feed | finish) · next* · clear. After each unit message_reader_next() is called
 * until it returns false; the unit and its bytes have to live until then. */
#ifndef HTTP1_MESSAGE_H
#define HTTP1_MESSAGE_H

#include <glib.h>

#include "base/content_hash.h"
#include "base/evidence.h"
#include "base/span.h"
#include "http1/chunked.h"
#include "http1/framing.h"
#include "http1/gather.h"
#include "http1/head.h"
#include "session/session.h"

typedef enum MessageEventKind {
    /* The first bytes of what is a start line so far. While seeking: only when the whole start line
     * is there and valid. `first` is set. With `with_head` it is a MESSAGE_HEAD as well, and none
     * follows: its members are set, and the body can be stated. */
    MESSAGE_BEGIN,
    /* The head is complete (or, with HEAD_INCOMPLETE, a gap cut it, and MESSAGE_LOST follows);
     * `head`, `first`, `last` (its last byte) are set. The caller states the body with
     * message_reader_body() before the next call; not said: BODY_NONE. After BODY_UNREADABLE there
     * is no MESSAGE_END: the reader seeks (REASON_MALFORMED). */
    MESSAGE_HEAD,
    /* The message is complete. `first` and `last` (its last byte). */
    MESSAGE_END,
    /* Where a message must begin, or inside a head or a chunk line, stand bytes that are none. Once
     * for a run of them; the reader then seeks. If `begun`, the message that had begun goes no
     * further. The caller may answer with message_reader_body(BODY_UNTIL_CLOSE): the bytes, from
     * `first` on, then are the body of a message without head (HTTP/0.9). */
    MESSAGE_JUNK,
    /* A gap hid where the messages begin and end; `reason`. If `begun`, the message that had begun
     * (in its head, or with `in_body` after it) goes no further. The reader then seeks. */
    MESSAGE_LOST,
} MessageEventKind;

typedef struct MessageEvent {
    MessageEventKind kind;
    Stamp first; /* the message's first byte (JUNK: the first such byte), as sent */
    Stamp last;  /* the last byte, as known */
    int64_t first_place, last_place;
    bool with_head; /* BEGIN */
    /* END: the last byte itself is not in the capture; `last` is the stamp that showed the gap,
     * with that byte's offset: a latest time */
    bool end_missing;
    /* LOST; JUNK: REASON_MALFORMED, or REASON_LIMIT for a head, chunk line or trailer section above
     * its bounds */
    Reason reason;
    /* BEGIN, HEAD: what had been read before this message was no message, because of …; 0: the
     * message stands where one must begin */
    ReasonSet sought;
    bool begun, in_body;
    int64_t missing; /* LOST: how many bytes of the gap belong to no message that was counted */
    /* HEAD: its spans last until more is fed, message_reader_next() or _reject(). Large, and only
     * filled as far as it goes: keep one MessageEvent, never clear it. */
    Head head;
} MessageEvent;

/* While seeking, a message counts only at the first byte of a segment. */

/* Where in the session's bytes something stands, and when it was sent or known. */
typedef struct Mark {
    int64_t place;
    Stamp stamp;
} Mark;

/* Bytes are gathered that may be a start line, instead of a refused body. */
typedef struct Instead {
    Mark first;   /* their first byte, as sent */
    Stamp before; /* the byte before it, as known */
} Instead;

/* Private; here so that who holds one needs no block of its own for it. */
typedef struct MessageReader {
    /* being read */
    const SessionUnit *unit; /* NULL: all of it has been */
    Span data;               /* of it, not read yet */
    int64_t gap;             /* of it, not counted yet; never beside data */
    int64_t at;              /* the place of the next byte */
    Stamp before;            /* of the last byte before `unit`, as known */
    /* the message in progress */
    Mark first; /* as sent */
    Gather head;
    Instead *instead;     /* or NULL */
    ContentHash *content; /* of the body so far; NULL: nobody asks for it */
    int64_t left;         /* of the state */
    ChunkReader chunks;
    ReasonSet sought;
    unsigned state : 4;  /* State */
    unsigned kind : 2;   /* HeadKind */
    unsigned body : 3;   /* BodyKind: of STATE_HEAD_DONE */
    unsigned edge : 2;   /* Edge */
    bool either : 1;     /* no start line has told yet what this direction is */
    bool leading : 1;    /* empty lines were passed over before this message */
    bool at_missing : 1; /* the byte before `at` lies in a gap */
    bool finished : 1;
    bool content_cut : 1; /* bytes of the body are missing */
} MessageReader;

/* `kind` HEAD_EITHER: requests or responses, as the first start line says; then it stays with
 * that. `sought` not 0: the reader begins by seeking (mid-stream: REASON_MIDSTREAM). */
void message_reader_init(MessageReader *reader, HeadKind kind, ReasonSet sought);

/* From now on bodies are hashed: their content, without the chunked coding. */
void message_reader_hash_content(MessageReader *reader);
/* Of the message that has just ended; NULL: it lacks bytes, or nobody asks for it. */
const ContentHash *message_reader_content(const MessageReader *reader);

/* Of the reader's side; the unit is borrowed until next() returns false. */
void message_reader_feed(MessageReader *reader, const SessionUnit *unit);
/* The direction ended (FIN, RST): a body that ends with the connection is complete. */
void message_reader_finish(MessageReader *reader);

/* False: none until more has been fed. */
bool message_reader_next(MessageReader *reader, MessageEvent *ret_event);

/* After MESSAGE_HEAD (or JUNK, see there). */
void message_reader_body(MessageReader *reader, const BodyFraming *framing);
/* After MESSAGE_BEGIN or MESSAGE_HEAD: what begins here is no message after all; go on seeking. */
void message_reader_reject(MessageReader *reader);
/* Inside a request's body whose sending `Expect: 100-continue` had announced and a final
 * response refused, or before the body of a response that may answer a HEAD: if a start line stands
 * where the body would begin, the body was never sent, and the message ends before it. */
void message_reader_body_refused(MessageReader *reader);

/* From here on nothing in this direction is a message (the other side switched protocols). */
void message_reader_opaque(MessageReader *reader);
/* Takes BODY_OPAQUE back: the next byte must begin a message; if bytes had been passed over
 * already, the reader seeks (REASON_MALFORMED). For a CONNECT that was refused. A BODY_OPAQUE
 * message itself ends (MESSAGE_END) with its head. */
void message_reader_resume(MessageReader *reader);

/* Bytes are held of which more would tell whether they are a body, or another message instead. */
bool message_reader_holds(const MessageReader *reader);
/* Begun and not complete. */
bool message_reader_in_message(const MessageReader *reader);
/* A message is in progress that more bytes must complete: a head, a counted or chunked body. Not:
 * until close. A first byte counts even before it is a MESSAGE_BEGIN. */
bool message_reader_lacks_bytes(const MessageReader *reader);
bool message_reader_seeking(const MessageReader *reader);
/* The same, and what came last begins no message either. */
bool message_reader_passes_over(const MessageReader *reader);
/* While seeking: why. */
ReasonSet message_reader_sought(const MessageReader *reader);
HeadKind message_reader_kind(const MessageReader *reader);
/* BodyNote of the message in progress or just ended. */
unsigned message_reader_chunk_notes(const MessageReader *reader);

/* Between two feeds, when next() has returned false: the reader as packed bytes, and back. */
void message_reader_pack(const MessageReader *reader, GByteArray *to);
void message_reader_unpack(MessageReader *reader, Span *from);
/* Bytes that hang on it. */
size_t message_reader_size(const MessageReader *reader);

void message_reader_clear(MessageReader *reader);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MessageReader, message_reader_clear)

#endif
