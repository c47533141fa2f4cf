/* Reads capture files: bytes to frames.
 *
 * A capture has layers: the bytes as stored on disk (bytes.h), the unpacked bytes (unpack.h), a
 * buffer to look ahead (input.h), then frames. libpcap reads the frames of a pcap file. For a
 * pcapng file, pcapng.h walks over the blocks, because libpcap refuses interfaces that differ and
 * reports neither drops nor the other blocks that Wireshark numbers.
 *
 * Frames leave in batches, so the next stage works on memory that is still in the cache.
 * Everything that points into a batch is valid until the batch is filled again or cleared. A pipe
 * gives batches of one frame: the next one may be long in coming.
 *
 * When somebody stops the run, a file ends there. A pipe is read on to its end, because its writer
 * mostly ends as well and gives what it has: it ends when it has given nothing for a second. */
#ifndef CAPTURE_READER_H
#define CAPTURE_READER_H

#include <glib.h>

#include "base/evidence.h"
#include "base/span.h"
#include "capture/room.h"

#define FRAME_BATCH_MAX 64

typedef struct Frame {
    FrameId id;
    Nanoseconds time; /* with CLOCK_NO_TIME: that of the packet before, if there is one */
    ClockMark clock;
    uint32_t wire_length; /* as stated by the capture; bytes.length is the captured length */
    int link_type;        /* DLT_ value, see decode/link.h */
    Span bytes;
} Frame;

typedef struct FrameBatch {
    Frame frames[FRAME_BATCH_MAX];
    size_t count;
    uint8_t *storage; /* owned */
    size_t storage_size;
} FrameBatch;

/* A zeroed FrameBatch is empty. */
void frame_batch_clear(FrameBatch *batch);

/* The interfaces of an input: each pair of link type and snap length once, in the order in which
 * the input names them. A pcap file has one. */
typedef struct CaptureLink {
    int link_type;        /* DLT_ value */
    uint32_t snap_length; /* as stated; 0: not stated */
    uint64_t packets;     /* read so far */
} CaptureLink;

#define CAPTURE_LINKS_MAX 64

/* The packets that the capture itself reports as lost. The three counts overlap, so they must not
 * be added. Only pcapng has them. */
typedef struct CaptureDrops {
    bool by_interface_stated, by_system_stated, by_packets_stated;
    uint64_t by_interface; /* isb_ifdrop: the sum of each interface's last value */
    uint64_t by_system;    /* isb_osdrop: likewise */
    uint64_t by_packets;   /* the sum of the losses that packets state */
} CaptureDrops;

typedef enum CaptureEnd {
    CAPTURE_END_NOT_REACHED,
    CAPTURE_END_WHOLE,
    CAPTURE_END_CUT,         /* the input, or the compressed data, ends too early */
    CAPTURE_END_BROKEN,      /* the input violates its format, or reading failed */
    CAPTURE_END_INTERRUPTED, /* somebody stopped the run (base/interrupt.h) */
} CaptureEnd;

/* All texts live as long as the reader. All counts are those so far. */
typedef struct CaptureInfo {
    const char *path;        /* as given; "-" is standard input */
    const char *format;      /* "pcap" or "pcapng" */
    const char *compression; /* "gzip", "zstd", "lz4", "xz"; NULL: none */
    int link_type;           /* the first one; -1: the input names none before its first packet */
    unsigned time_digits;    /* 6 or 9 decimals: the resolution of the file */
    uint64_t frames;         /* Wireshark's number of the last frame */
    uint64_t packets;        /* frames passed on: only packets */
    Nanoseconds first_time, last_time; /* of the packets with a time, in file order */
    /* packets with an earlier time than the packet before; the largest such step */
    uint64_t steps_back;
    Nanoseconds largest_step_back;
    uint32_t set_back; /* ms: the sum of those of CLOCK_STEP_LEAST and more, as in ClockMark */
    uint32_t tick;     /* microseconds: of the coarsest clock so far, as in ClockMark */

    /* those before the first packet are known from the start */
    CaptureLink links[CAPTURE_LINKS_MAX];
    unsigned link_count;
    uint64_t links_omitted; /* interfaces beyond that; their packets are in no link's count */
    CaptureDrops drops;
    uint64_t untimed;        /* packets without a time (simple packet blocks) */
    uint64_t mistimed;       /* packets whose time is out of range, or whose clock holds none */
    uint64_t clipped;        /* packets captured longer than a frame may be */
    uint64_t other_frames;   /* numbered by Wireshark, but not packets */
    uint64_t unknown_blocks; /* pcapng: skipped */
    uint64_t secrets_blocks; /* pcapng: decryption secrets */
    uint64_t secrets_unread; /* of these: of other protocols than TLS, or broken */

    CaptureEnd end;
    uint64_t bytes_read; /* as stored on disk; somewhat ahead of the packets */
    uint64_t unpacked;   /* bytes that its compressed data gave so far; 0: it is not compressed */
    uint64_t size;       /* size of a file on disk; otherwise bytes_read */
    /* 64 digits, known at the end; NULL: not asked for, or the input could not be read
     * completely */
    const char *sha256;
} CaptureInfo;

/* The clock counts as set back only by steps of this length: packets of several queues come out of
 * order by less all the time. Of a long one so much counts: the sum has 32 bits. */
#define CLOCK_STEP_LEAST NS_PER_MS
#define CLOCK_STEP_MOST (3600 * NS_PER_SECOND)

/* Whether any packet so far has a time that can be used. */
static inline bool capture_has_times(const CaptureInfo *info)
{
    return info->packets > info->untimed + info->mistimed;
}

/* Who takes the key logs that a pcapng file holds in its Decryption Secrets Blocks. A block is
 * handed over when reading passes it, so at the latest before the frames behind it leave. */
typedef struct CaptureSecrets {
    void (*take)(void *data, Span keylog); /* NULL: nobody */
    void *data;
} CaptureSecrets;

typedef struct CaptureOptions {
    /* compute the SHA-256 of the bytes on disk; this reads to the end of the input even if the
     * packets end earlier */
    bool hash;
    size_t memory; /* that reading may take, of all inputs at once; 0: any */
    /* of a reader: those of the inputs; borrowed; NULL: there is room */
    CaptureRoom *room, *hashes;
    uint64_t max_unpacked; /* bytes that an input may unpack to; 0: any number */
    /* Called before reading waits for an input that has nothing to give, with all frames that came
     * before handed out; NULL: nobody needs to know. */
    void (*waits)(void *data);
    /* Whether whoever reads wants no more: an input that gives nothing has ended then. Asked from
     * time to time; NULL: more is wanted. */
    bool (*unwanted)(void *data);
    void *data; /* of both */
    CaptureSecrets secrets;
} CaptureOptions;

/* What a reader takes of the room besides unpacking: the buffers of a large packet, of a
 * batch, of bytes on their way. */
#define CAPTURE_READER_MEMORY ((size_t)896 * 1024)

typedef struct CaptureReader CaptureReader;

#define CAPTURE_ERROR (capture_error_quark())
GQuark capture_error_quark(void);
typedef enum CaptureError {
    CAPTURE_ERROR_OPEN,   /* missing, unreadable, or cut short before the first packet */
    CAPTURE_ERROR_FORMAT, /* readable but not a capture file: empty, or of another format */
    CAPTURE_ERROR_READ,   /* cut short or broken: the packets before are good */
    CAPTURE_ERROR_FILTER, /* not a valid filter expression, or not valid for this link type */
} CaptureError;

/* `path` "-" is standard input. `input` is the input's number for FrameIds, from 1. `options` NULL:
 * all off. On failure returns NULL and sets `error`: one line for a person that names the path. */
CaptureReader *capture_reader_open(const char *path, unsigned input, const CaptureOptions *options,
                                   GError **error);

/* Fills the batch with the next frames. Returns false when there are no more; `error` is then set
 * if the file broke before its end. A batch that ends at a broken place is returned first. */
bool capture_reader_next(CaptureReader *reader, FrameBatch *batch, GError **error);

/* From here on it is these options that say who is called: somebody else reads on than has opened
 * it. */
void capture_reader_tell(CaptureReader *reader, const CaptureOptions *options);

/* What it has taken of the room so far. */
size_t capture_reader_memory(const CaptureReader *reader);

const CaptureInfo *capture_reader_info(const CaptureReader *reader);

/* libpcap's description of its version; static. */
const char *capture_library_version(void);

void capture_reader_free(CaptureReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureReader, capture_reader_free)

#endif
