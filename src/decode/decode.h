/* Frames to TCP segments: link layer, IP, TCP. Pure functions over one frame. */
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

typedef struct Segment {
    FrameId frame;
    Nanoseconds time;
    IpAddress source, destination;
    uint16_t source_port, destination_port;
    uint64_t network; /* hash of the VLANs and overlays around it, equal in every run; 0: none */
    uint32_t sequence, acknowledgement; /* raw */
    uint16_t window;                    /* unscaled */
    uint8_t flags;                      /* TCP_ bits */
    int8_t window_shift;                /* RFC 7323 option of a SYN, 0..14; -1: none */
    uint32_t length;                    /* payload bytes on the wire, as the IP header says */
    Span payload; /* captured part of it: shorter than `length` if the snap length cut the frame.
                     Points into the frame's bytes. */
} Segment;

typedef enum DecodeResult {
    DECODE_SEGMENT, /* *ret_segment is filled */
    DECODE_UNKNOWN_LINK,
    DECODE_NOT_IP,
    DECODE_NOT_TCP,
    DECODE_FRAGMENT,  /* an IP fragment: skipped whole */
    DECODE_CUT,       /* the snap length cut the headers */
    DECODE_MALFORMED, /* header lengths that contradict each other */
} DecodeResult;

#define DECODE_RESULT_COUNT 7

DecodeResult decode_frame(const Frame *frame, Segment *ret_segment);

/* For the summary: "IP fragment", … */
const char *decode_result_text(DecodeResult result);

/* Whether frames of this link type can be decoded at all. */
bool decode_knows_link(int link_type);

#endif
