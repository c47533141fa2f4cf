/* Reads capture files: bytes to frames.
 *
 * The only folder that includes pcap.h. A capture is layers: the bytes (a file or standard input),
 * then libpcap on a FILE* with a buffer of 1 MiB (its default of 4 KiB costs a third of the time).
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

typedef struct CaptureInfo {
    const char *path; /* as given; "-" is standard input */
    int link_type;
    unsigned time_digits; /* 6 or 9 decimals: the resolution of the file */
    uint64_t frames;      /* read so far */
    Nanoseconds first_time, last_time; /* of the frames read so far, in file order */
} CaptureInfo;

typedef struct CaptureReader CaptureReader;

#define CAPTURE_ERROR (capture_error_quark())
GQuark capture_error_quark(void);
typedef enum CaptureError {
    CAPTURE_ERROR_OPEN, /* not there, not readable, or no capture file */
    CAPTURE_ERROR_READ, /* cut short or broken: what came before is good */
} CaptureError;

/* `path` "-" is standard input. `input` is the number for FrameIds (from 1). NULL and `error` on
 * failure: one line that names the path, for a person. */
CaptureReader *capture_reader_open(const char *path, unsigned input, GError **error);

/* Fills the batch with the next frames. False when there are no more; then `error` is set if the file
 * broke before its end. A batch that ends at a broken place is handed out first. */
bool capture_reader_next(CaptureReader *reader, FrameBatch *batch, GError **error);

const CaptureInfo *capture_reader_info(const CaptureReader *reader);

/* libpcap's own line about its version; static. */
const char *capture_library_version(void);

void capture_reader_free(CaptureReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CaptureReader, capture_reader_free)

#endif
