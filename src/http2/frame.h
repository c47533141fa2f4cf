/* Frames of HTTP/2 (RFC 9113 §4, §6), cut from one direction of a session.
 *
 * In: the units of one side. Out: frames with two stamps, and where frames may be missing. Must not
 * know: what a frame means to its stream.
 *
 * Grammar: init · (feed · next*)* · clear. Payload is handed out where somebody reads it; DATA is
 * counted. A gap inside a payload, of a known length, cuts that frame alone. Behind any other gap
 * reading goes on where a unit begins a record or segment, if what stands there is plausible as a
 * frame, and so is what comes behind that frame. */
#ifndef HTTP2_FRAME_H
#define HTTP2_FRAME_H

#include <glib.h>

#include "http/exchange.h"
#include "session/session.h"

#define H2_FRAME_HEADER 9

/* What a client begins with (RFC 9113 §3.4). */
#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define H2_PREFACE_SIZE (sizeof H2_PREFACE - 1)

/* A field block may take so many bytes, in all its frames. Servers refuse far smaller ones. */
#define H2_BLOCK_MAX (256 * 1024)

typedef enum H2FrameType {
    H2_DATA,
    H2_HEADERS,
    H2_PRIORITY,
    H2_RST_STREAM,
    H2_SETTINGS,
    H2_PUSH_PROMISE,
    H2_PING,
    H2_GOAWAY,
    H2_WINDOW_UPDATE,
    H2_CONTINUATION,
    H2_FRAME_TYPES, /* others are passed over */
} H2FrameType;

typedef enum H2Flag {
    H2_FLAG_ACK = 0x1,        /* SETTINGS, PING */
    H2_FLAG_END_STREAM = 0x1, /* DATA, HEADERS */
    H2_FLAG_END_HEADERS = 0x4,
    H2_FLAG_PADDED = 0x8,
    H2_FLAG_PRIORITY = 0x20,
} H2Flag;

typedef struct H2Frame {
    uint32_t length; /* of its payload */
    uint32_t stream;
    uint8_t type; /* H2FrameType, or any other number */
    uint8_t flags;
} H2Frame;

/* False: the bytes are fewer than a header. */
bool h2_frame_read(Span bytes, H2Frame *ret_frame);

/* Whether a client (a server) may send a frame with such a header. */
bool h2_frame_is_plausible(const H2Frame *frame, bool from_client);

/* Whether these may be the first bytes of a server: SETTINGS, or a part of its header. */
bool h2_begins_as_server(Span bytes);

/* The wire's word, "HEADERS"; NULL: none is registered. */
const char *h2_frame_name(uint8_t type);
/* "PROTOCOL_ERROR"; NULL: none is registered. */
const char *h2_error_name(uint32_t code);

typedef enum H2EventKind {
    H2_FRAME_GOES_ON, /* of DATA; more of it has come */
    H2_FRAME_ENDS,
    H2_FRAMES_LOST, /* frames may be missing here */
} H2EventKind;

typedef struct H2Event {
    H2EventKind kind;
    bool under_way; /* LOST: a frame had begun, which is the one below; else only `reason` is set */
    bool whole;     /* its payload is, as far as it is handed out */
    Reason reason;  /* LOST, and of what is not whole */
    H2Frame frame;
    RequestSending sending; /* of its first byte */
    Stamp first, last;      /* its first byte as sent; the last one that came, as known */
    int64_t first_place, last_place;
    Span payload; /* ENDS: until the next call. Of DATA: empty */
} H2Event;

typedef struct H2FrameReader {
    /* private. Up to `kept` it is packed as words */
    H2Event event;     /* the frame being read */
    uint64_t passed;   /* bytes of its payload */
    uint8_t header[8]; /* of its header, all but the last byte */
    uint32_t header_have;
    uint32_t preface_left;
    bool from_client, in_frame;
    bool seeking, tentative; /* the frame that was found is not borne out yet */
    GByteArray *kept;        /* payload so far; NULL: none */
    const SessionUnit *unit;
    size_t at;
    bool told; /* the unit is a gap that no event has to tell, or that one has told */
} H2FrameReader;

/* `preface`: the client's preface stands before the first frame. `seeking`: where frames begin is
 * not known. */
void h2_frames_init(H2FrameReader *reader, bool from_client, bool preface, bool seeking);
/* The unit is borrowed until next() has returned false. Bytes of it before `from` are not read. */
void h2_frames_feed(H2FrameReader *reader, const SessionUnit *unit, size_t from);
bool h2_frames_next(H2FrameReader *reader, H2Event *ret_event);
/* The frame that has begun and not ended; NULL: none. */
const H2Event *h2_frames_under_way(const H2FrameReader *reader);

void h2_frames_pack(const H2FrameReader *reader, GByteArray *to);
void h2_frames_unpack(H2FrameReader *reader, Span *from);
size_t h2_frames_size(const H2FrameReader *reader);
void h2_frames_clear(H2FrameReader *reader);

#endif
