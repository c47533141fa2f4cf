/* Reads capture files: bytes to frames.
 *
 * A capture is layers: the bytes as they lie on the disk (bytes.h), what was compressed unpacked
 * (unpack.h), a buffer to look ahead in (input.h), then frames: a pcap file's by libpcap, a pcapng
 * file's by a walk over its blocks (pcapng.h), because libpcap refuses interfaces that differ and
 * tells neither drops nor what Wireshark numbers beside packets.
 *
 * Frames leave in batches, so that a stage after this one touches memory that is still warm and a
 * reader thread can run ahead one day. Everything that points into a batch lives until the batch is
 * filled again or cleared. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <glib.h>

#include "base/evidence.h"
#include "base/span.h"

#define FRAME_BATCH_MAX 64

typedef struct Frame {
    FrameId id;
    Nanoseconds time;
    uint32_t wire_length; /* as the capture claims; bytes.length is what was captured */
    int link_type;        /* DLT_ value, see decode/link.h */
    Span bytes;
} Frame;

typedef struct FrameBatch {
    Frame frames[FRAME_BATCH_MAX];
    size_t count;
    uint8_t *storage; /* owned */
    size_t storage_size;
} FrameBatch;

/* A zeroed FrameBatch is an empty one. */
void frame_batch_clear(FrameBatch *batch);

/* What the interfaces of an input are: each pair of link type and snap length once, in the order in
 * which the input names them. Of a pcap file there is one. */
typedef struct CaptureLink {
    int link_type;        /* DLT_ value */
    uint32_t snap_length; /* as stated; 0: none stated */
    uint64_t packets;     /* read so far */
} CaptureLink;

#define CAPTURE_LINKS_MAX 64

/* The packets that the capture itself says it lacks. The three accounts overlap: none is to be
 * added to another. Only pcapng states any. */
typedef struct CaptureDrops {
    bool by_interface_stated, by_system_stated, by_packets_stated;
    uint64_t by_interface; /* isb_ifdrop: the last of each interface, summed */
    uint64_t by_system;    /* isb_osdrop: likewise */
    uint64_t by_packets;   /* stated with packets as lost before them, summed */
} CaptureDrops;

typedef enum CaptureEnd {
    CAPTURE_END_NOT_REACHED,
    CAPTURE_END_WHOLE,
    CAPTURE_END_CUT, /* the input, or what was compressed in it, ends in the middle of something */
    CAPTURE_END_BROKEN, /* something in it contradicts its format, or could not be read */
} CaptureEnd;

/* All texts live as long as the reader. What is counted is counted so far. */
typedef struct CaptureInfo {
    const char *path;        /* as given; "-" is standard input */
    const char *format;      /* "pcap" or "pcapng" */
    const char *compression; /* "gzip", "zstd", "lz4", "xz"; NULL: none */
    int link_type;           /* the first; -1: the input names none before its first packet */
    unsigned time_digits;    /* 6 or 9 decimals: the resolution of the file */
    uint64_t frames;         /* Wireshark's number of the last frame */
    uint64_t packets;        /* frames handed out: those that are packets */
    Nanoseconds first_time, last_time; /* of the packets that have a time, in file order */
    /* packets whose time lies before that of the packet before; by how much at most */
    uint64_t steps_back;
    Nanoseconds largest_step_back;

    /* those before the first packet are there from the start */
    CaptureLink links[CAPTURE_LINKS_MAX];
    unsigned link_count;
    uint64_t links_omitted; /* interfaces beyond that: their packets are in no link's count */
    CaptureDrops drops;
    uint64_t untimed;        /* packets without a time (simple packet blocks): it is 0 */
    uint64_t clipped;        /* packets of which more was captured than a frame may hold */
    uint64_t other_frames;   /* numbered by Wireshark, but no packets */
    uint64_t unknown_blocks; /* pcapng: skipped */
    uint64_t secrets_blocks; /* pcapng: decryption secrets, skipped */

    CaptureEnd end;
    uint64_t bytes_read; /* as they lie on the disk; some way ahead of the packets */
    uint64_t size;       /* of a file as it lies on the disk; of anything else: bytes_read */
    /* 64 digits, from the end on; NULL: not asked for, or not all could be read */
    const char *sha256;
} CaptureInfo;

typedef struct CaptureOptions {
    /* compute the SHA-256 of the bytes on the disk; reads to the end of the input even where the
     * packets end earlier */
    bool hash;
} CaptureOptions;

typedef struct CaptureReader CaptureReader;

#define CAPTURE_ERROR (capture_error_quark())
GQuark capture_error_quark(void);
typedef enum CaptureError {
    CAPTURE_ERROR_OPEN,   /* not there, not readable, or cut short before the first packet */
    CAPTURE_ERROR_FORMAT, /* it can be read, and is no capture file: empty, or of another format */
    CAPTURE_ERROR_READ,   /* cut short or broken: what came before is good */
    CAPTURE_ERROR_FILTER, /* not a filter expression, or not one for this link type */
} CaptureError;

/* `path` "-" is standard input. `input` is the number for FrameIds (from 1). `options` NULL: all
 * off. NULL and `error` on failure: one line that names the path, for a person. */
CaptureReader *capture_reader_open(const char *path, unsigned input, const CaptureOptions *options,
                                   GError **error);

/* Fills the batch with the next frames. False when there are no more; then `error` is set if the
 * file broke before its end. A batch that ends at a broken place is handed out first. */
bool capture_reader_next(CaptureReader *reader, FrameBatch *batch, GError **error);

/* The first bytes of the input as they lie on the disk (capture_bytes_head()). */
Span capture_reader_head(const CaptureReader *reader);

const CaptureInfo *capture_reader_info(const CaptureReader *reader);

/* What libpcap calls a link type ("EN10MB"), static; NULL if it does not know it. */
const char *capture_link_name(int link_type);

/* libpcap's own line about its version; static. */
const char *capture_library_version(void);

void capture_reader_free(CaptureReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureReader, capture_reader_free)

#endif
