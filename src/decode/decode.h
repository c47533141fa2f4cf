/* Frames to TCP segments: link layer, tunnels, IP with its fragments, TCP. But for fragments, a
 * frame is decoded by itself alone. */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "base/evidence.h"
#include "base/span.h"
#include "capture/reader.h"

typedef struct IpAddress {
    uint8_t bytes[16]; /* network order; IPv4 uses the first four, the others are zero */
    uint8_t version;   /* 4 or 6 */
} IpAddress;

enum {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
};

/* Which way a packet went, as the host saw it that captured: some link headers tell. */
typedef enum Heading {
    HEADING_IN = 1 << 0,
    HEADING_OUT = 1 << 1,
} Heading;

typedef struct Segment {
    /* of several fragments that which made the packet whole: before it, no receiver can have had
     * any of it, though its sender may have sent it earlier */
    FrameId frame;
    /* the count of frames in the capture up to this one, over all its inputs: not of decode/, but
     * of who has seen them all */
    uint64_t order;
    Nanoseconds time;
    ClockMark clock; /* of `time` */
    IpAddress source, destination;
    uint16_t source_port, destination_port;
    uint16_t packet_id; /* of the IP header; 0: IPv6, or the sender numbers none */
    uint8_t hops;       /* left: TTL or hop limit */
    uint8_t heading;    /* Heading; 0: the link header does not tell */
    bool quoted;        /* by an ICMP error: see decoder_found_stub() */
    /* fragments between its addresses had been given up at a bound before: what is missing between
     * them may be in the capture */
    bool fragments_given_up;
    uint64_t network; /* hash of the VLANs and overlays around it, equal in every run; 0: none */
    uint32_t sequence, acknowledgement; /* raw */
    uint16_t window;                    /* unscaled */
    uint8_t flags;                      /* TCP_ bits */
    int8_t window_shift;                /* RFC 7323 option of a SYN, 0..14; -1: none */
    uint32_t options;                   /* hash of the TCP options as they are; 0: none */
    uint32_t length;                    /* payload bytes on the wire, as the IP header says */
    /* captured part of it: shorter than `length` if the snap length cut the frame, or one of the
     * fragments. Points into the frame's bytes; if it came in fragments, into the decoder, until
     * its next call. */
    Span payload;
} Segment;

typedef enum DecodeResult {
    DECODE_SEGMENT, /* *ret_segment is filled */
    DECODE_UNKNOWN_LINK,
    DECODE_NOT_IP,
    DECODE_NOT_TCP,
    DECODE_FRAGMENT,   /* of an IP packet that is not whole yet, or a copy of one */
    DECODE_LIMIT,      /* an IP fragment given up at a bound */
    DECODE_CUT,        /* the snap length cut the headers */
    DECODE_MALFORMED,  /* header lengths that contradict each other, fragments that make no sense */
    DECODE_NESTED,     /* headers in headers, more than any network makes */
    DECODE_ENCRYPTED,  /* an 802.11 frame */
    DECODE_WLAN_PARTS, /* an 802.11 frame that holds a part of a packet, or several */
    DECODE_DAMAGED,    /* its check sequence was wrong, so nobody received it */
} DecodeResult;

#define DECODE_RESULT_COUNT (DECODE_DAMAGED + 1)

/* The IP packets in fragments that a frame had a part in, from the outside in, by the numbers of
 * fragments_datagram(): it made each but the last whole. The last one as well, unless the frame's
 * result is DECODE_FRAGMENT. */
#define DECODE_TRAIL_MAX 24

typedef struct DecodeTrail {
    uint64_t datagrams[DECODE_TRAIL_MAX];
    unsigned count;
} DecodeTrail;

typedef struct Decoder Decoder;

Decoder *decoder_new(void);

/* Of frames in frames, the innermost connection is found. */
DecodeResult decode_frame(Decoder *decoder, const Frame *frame, Segment *ret_segment);

/* Whether the latest frame held no segment, but what Wireshark counts as one: ports, numbers, flags
 * and window, and behind them less than a header, or one of an impossible length; or a TCP header
 * that an ICMP error quotes. Then the segment has these, addresses, frame and time, and no more. */
bool decoder_found_stub(const Decoder *decoder);

/* Whether the latest frame held no segment, but a packet of QUIC that sets up a connection. Then
 * the segment has its addresses, and no more. */
bool decoder_found_quic(const Decoder *decoder);

/* Of the frame that was decoded last; until the next one is. */
const DecodeTrail *decoder_trail(const Decoder *decoder);

/* Corrects counts of frames by result for what showed only later: a fragment counts if its packet
 * did not become whole, under the reason. */
void decoder_settle(const Decoder *decoder, uint64_t counts[DECODE_RESULT_COUNT]);

void decoder_free(Decoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Decoder, decoder_free)

/* For the summary: "not TCP", … */
const char *decode_result_text(DecodeResult result);

#endif
