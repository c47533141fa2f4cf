#include "capture/reader.h"

#include <pcap.h>

#include "capture/bytes.h"
#include "capture/format.h"

/* Small enough to stay in the cache while its frames are analyzed, and room for 64 full-sized Ethernet
 * frames. A single larger frame lets it grow to that frame's size. */
#define BATCH_STORAGE_SIZE (128 * 1024)

/* libpcap's maximum for every link type that carries IP. D-Bus and USB allow more: of those frames the
 * first 256 KiB are handed out, which then looks like a snap length. */
#define FRAME_BYTES_MAX (256 * 1024)

struct CaptureReader {
    CaptureBytes *bytes;
    pcap_t *pcap; /* owns the stream over `bytes` */
    CaptureFormat format;
    unsigned input;
    char *path;
    CaptureInfo info;
    /* The packet that libpcap read last if no batch has it yet. It waits where libpcap put it. */
    struct pcap_pkthdr *header;
    const uint8_t *packet;
    bool ended;
    GError *failure; /* what ended it, if not the end of the file */
};

G_DEFINE_QUARK(connaudit - capture - error - quark, capture_error)

void frame_batch_clear(FrameBatch *batch)
{
    g_free(batch->storage);
    *batch = (FrameBatch){ 0 };
}

static void set_open_error(const CaptureReader *reader, FILE *stream, const char *detail,
                           GError **error)
{
    g_autofree char *name = capture_display_name(reader->path);
    if (capture_bytes_head(reader->bytes).length == 0)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: empty, no capture in it", name);
    else if (reader->format == CAPTURE_FORMAT_UNKNOWN)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN,
                    "%s: not a capture file (neither pcap nor pcapng)", name);
    else if (feof(stream) && g_str_has_prefix(detail, "truncated"))
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN,
                    "%s: cut short before the first packet (%s)", name, detail);
    else
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN,
                    "%s: cannot be read as a capture (%s)", name, detail);
}

CaptureReader *capture_reader_open(const char *path, unsigned input, GError **error)
{
    CaptureBytes *bytes = capture_bytes_open(path, error);
    if (!bytes)
        return NULL;
    g_autoptr(CaptureReader) reader = g_new0(CaptureReader, 1);
    reader->bytes = bytes;
    reader->path = g_strdup(path);
    reader->input = input;
    reader->format = capture_format(capture_bytes_head(bytes));

    char detail[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = capture_bytes_stream(bytes);
    reader->pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, detail);
    if (!reader->pcap) {
        set_open_error(reader, stream, detail, error);
        fclose(stream);
        return NULL;
    }
    reader->info.path = reader->path;
    reader->info.link_type = pcap_datalink(reader->pcap);
    reader->info.time_digits = capture_time_digits(capture_bytes_head(bytes));
    return g_steal_pointer(&reader);
}

static void fail(CaptureReader *reader)
{
    g_autofree char *name = capture_display_name(reader->path);
    const char *what = feof(pcap_file(reader->pcap)) ? "cut short in" : "broken at";
    uint64_t frames = reader->info.frames;
    reader->failure =
        g_error_new(CAPTURE_ERROR, CAPTURE_ERROR_READ,
                    "%s: %s packet %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " packets read (%s)",
                    name, what, frames + 1, frames, pcap_geterr(reader->pcap));
}

/* Whether there is a packet to hand out; the failure, if there is one, is set when there is none. */
static bool packet_waits(CaptureReader *reader)
{
    if (reader->header)
        return true;
    if (reader->ended)
        return false;
    int result = pcap_next_ex(reader->pcap, &reader->header, &reader->packet);
    if (result == 1)
        return true;
    reader->header = NULL;
    reader->ended = true;
    if (result == PCAP_ERROR)
        fail(reader);
    return false;
}

/* In pcap files seconds and fractions have 32 bits without a sign, but libpcap extends a sign where the
 * file has this machine's byte order: that would put 2038 into 1901. In pcapng both come from 64 bits,
 * so that a hostile file can name any second: time stops at the ends of what nanoseconds can hold. */
static Nanoseconds frame_time(const CaptureReader *reader, const struct timeval *stamp)
{
    int64_t seconds = stamp->tv_sec, fraction = stamp->tv_usec; /* in nanoseconds here */
    if (reader->format == CAPTURE_FORMAT_PCAP) {
        seconds = (uint32_t)seconds;
        if (fraction < 0)
            fraction += (INT64_C(1) << 32) * (reader->info.time_digits == 9 ? 1 : 1000);
    }
    int64_t time;
    if (__builtin_mul_overflow(seconds, NS_PER_SECOND, &time) ||
        __builtin_add_overflow(time, fraction, &time))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return time;
}

/* Room for `size` more bytes behind the first `used` ones. Only an empty batch can get more storage:
 * the frames of another point into what it has. */
static bool reserve(FrameBatch *batch, size_t used, size_t size)
{
    if (batch->storage && size <= batch->storage_size - used)
        return true;
    if (batch->count > 0)
        return false;
    g_free(batch->storage);
    batch->storage_size = MAX(size, BATCH_STORAGE_SIZE);
    batch->storage = g_new(uint8_t, batch->storage_size);
    return true;
}

bool capture_reader_next(CaptureReader *reader, FrameBatch *batch, GError **error)
{
    size_t used = 0;
    batch->count = 0;
    while (batch->count < FRAME_BATCH_MAX && packet_waits(reader)) {
        const struct pcap_pkthdr *header = reader->header;
        size_t size = MIN(header->caplen, FRAME_BYTES_MAX);
        if (!reserve(batch, used, size))
            break;
        memcpy(batch->storage + used, reader->packet, size);

        CaptureInfo *info = &reader->info;
        info->last_time = frame_time(reader, &header->ts);
        if (info->frames++ == 0)
            info->first_time = info->last_time;
        batch->frames[batch->count++] = (Frame){
            .id = frame_id(reader->input, info->frames),
            .time = info->last_time,
            .wire_length = header->len,
            .link_type = info->link_type,
            .bytes = span_make(batch->storage + used, size),
        };
        used += size;
        reader->header = NULL;
    }
    if (batch->count > 0)
        return true;
    if (reader->failure)
        g_propagate_error(error, g_error_copy(reader->failure));
    return false;
}

const CaptureInfo *capture_reader_info(const CaptureReader *reader)
{
    return &reader->info;
}

void capture_reader_free(CaptureReader *reader)
{
    if (!reader)
        return;
    if (reader->pcap)
        pcap_close(reader->pcap);
    capture_bytes_free(reader->bytes); /* after the stream that reads from them */
    g_clear_error(&reader->failure);
    g_free(reader->path);
    g_free(reader);
}

const char *capture_library_version(void)
{
    return pcap_lib_version();
}
