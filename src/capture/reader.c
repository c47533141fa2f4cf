#include "capture/reader.h"

#include <errno.h>
#include <pcap.h>

#include "base/interrupt.h"
#include "capture/format.h"
#include "capture/input.h"
#include "capture/links.h"
#include "capture/pcapng.h"

/* Small enough to stay in the cache while its frames are analyzed, and large enough for 64
 * full-sized Ethernet frames. A single larger frame makes it grow to that frame's size. */
#define BATCH_STORAGE_SIZE (128 * 1024)

/* libpcap's maximum for every link type that carries IP. D-Bus and USB allow larger frames. Of
 * those, the first 256 KiB are passed on, as if the snap length were 256 KiB. */
#define FRAME_BYTES_MAX (256 * 1024)

/* Enough bytes to recognize the format. */
#define HEAD_WANTED 8

/* Enough bytes to name another format. */
#define FOREIGN_WANTED 12

struct CaptureReader {
    char *path;
    CaptureRoom *room; /* NULL: nothing has been taken of it */
    unsigned input_number;
    CaptureBytes *bytes;
    Unpacker *unpacker;
    CaptureInput *input;
    CaptureFormat format;
    pcap_t *pcap;   /* for a pcap file; owns the stream over `input` */
    Pcapng *pcapng; /* for a pcapng file */
    CaptureInfo info;
    CaptureSecrets secrets;
    /* The last packet read, if it is in no batch yet. It waits where it was read. */
    CapturePacket packet;
    bool waiting;
    GError *failure; /* the error that ended reading; NULL at the end of the file */
};

G_DEFINE_QUARK(connaudit - capture - error - quark, capture_error)

void frame_batch_clear(FrameBatch *batch)
{
    g_free(batch->storage);
    *batch = (FrameBatch){ 0 };
}

/* Reading -------------------------------------------------------------------------------------- */

static void note_bytes(CaptureReader *reader)
{
    reader->info.unpacked = unpacker_total(reader->unpacker);
    reader->info.bytes_read = capture_bytes_read_count(reader->bytes);
    reader->info.size = capture_bytes_size(reader->bytes);
}

/* Called at the end of the packets. `detail` is NULL if they end as they should. With a hash, the
 * rest of the input is read too. */
static void end(CaptureReader *reader, bool cut, const char *detail)
{
    CaptureInfo *info = &reader->info;
    bool interrupted = capture_bytes_interrupted(reader->bytes);
    const char *below = unpacker_failure(reader->unpacker);
    if (below) {
        cut = unpacker_is_cut(reader->unpacker);
        detail = below;
    }
    if (interrupted) {
        note_bytes(reader);
        info->end = CAPTURE_END_INTERRUPTED;
        return;
    }
    bool finished = capture_bytes_finish(reader->bytes);
    if (!finished && !detail) {
        detail = g_strerror(errno);
        cut = false;
    }
    note_bytes(reader);
    info->sha256 = capture_bytes_sha256(reader->bytes);
    info->end = !detail ? CAPTURE_END_WHOLE : cut ? CAPTURE_END_CUT : CAPTURE_END_BROKEN;
    if (!detail)
        return;
    g_autofree char *name = capture_display_name(reader->path);
    reader->failure =
        g_error_new(CAPTURE_ERROR, CAPTURE_ERROR_READ,
                    "%s: %s packet %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " packet%s read (%s)",
                    name, cut ? "cut short in" : "broken at", info->frames + 1, info->packets,
                    info->packets == 1 ? "" : "s", detail);
}

/* Seconds and fractions in pcap files are 32 bits without a sign. But libpcap extends a sign if the
 * file has this machine's byte order; 2038 would become 1901. */
static Nanoseconds pcap_time(const CaptureReader *reader, const struct timeval *stamp)
{
    int64_t fraction = stamp->tv_usec; /* in nanoseconds here */
    if (fraction < 0)
        fraction += (INT64_C(1) << 32) * (reader->info.time_digits == 9 ? 1 : 1000);
    return (uint32_t)stamp->tv_sec * NS_PER_SECOND + fraction;
}

static inline bool read_pcap(CaptureReader *reader)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    int result = pcap_next_ex(reader->pcap, &header, &bytes);
    if (result != 1) {
        bool failed = result == PCAP_ERROR;
        end(reader, failed && feof(pcap_file(reader->pcap)),
            failed ? pcap_geterr(reader->pcap) : NULL);
        return false;
    }
    CapturePacket *packet = &reader->packet; /* the rest is as open_pcap() left it */
    packet->number = ++reader->info.frames;
    packet->time = pcap_time(reader, &header->ts);
    packet->wire_length = header->len;
    packet->bytes = span_make(bytes, header->caplen);
    return true;
}

static bool read_pcapng(CaptureReader *reader)
{
    PcapngStep step = pcapng_next(reader->pcapng, &reader->packet);
    reader->info.frames = pcapng_frames(reader->pcapng);
    if (step == PCAPNG_PACKET)
        return true;
    end(reader, step == PCAPNG_CUT, pcapng_failure(reader->pcapng));
    return false;
}

/* Returns whether there is a packet to pass on. If not, the failure is set if there was one. */
static inline bool read_packet(CaptureReader *reader)
{
    if (!reader->waiting && reader->info.end == CAPTURE_END_NOT_REACHED)
        reader->waiting = reader->pcap ? read_pcap(reader) : read_pcapng(reader);
    return reader->waiting;
}

/* Opening -------------------------------------------------------------------------------------- */

/* `detail` comes from the format's reader; an error of a lower layer is more specific. */
static void set_open_error(const CaptureReader *reader, bool cut, const char *detail,
                           GError **error)
{
    g_autofree char *name = capture_display_name(reader->path);
    bool unknown = reader->format == CAPTURE_FORMAT_UNKNOWN;
    const char *twice =
        unknown ? unpack_recognize(capture_input_peek(reader->input, HEAD_WANTED)) : NULL;
    const char *foreign =
        unknown ? capture_foreign_format(capture_input_peek(reader->input, FOREIGN_WANTED)) : NULL;
    const char *failure = unpacker_failure(reader->unpacker);
    if (failure)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: %s (%s)", name,
                    unpacker_is_cut(reader->unpacker) ? "cut short before the first packet"
                                                      : "cannot be read as a capture",
                    failure);
    else if (capture_bytes_head(reader->bytes).length == 0)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT, "%s: empty, no capture in it",
                    name);
    else if (twice)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT,
                    "%s: %s within %s, and only one layer is unpacked", name, twice,
                    reader->info.compression);
    else if (unknown && foreign)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT, "%s: %s, not pcap or pcapng", name,
                    foreign);
    else if (unknown)
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT,
                    "%s: not a capture file (neither pcap nor pcapng)", name);
    else
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: %s (%s)", name,
                    cut ? "cut short before the first packet" : "cannot be read as a capture",
                    detail);
}

/* libpcap holds as much of a packet as the snap length in the header allows, 128 MiB of D-Bus. It
 * gets one that is a byte longer than a frame may be, so that longer packets can be told. */
static void bound_packets(const CaptureReader *reader, Span head, uint32_t snap_length)
{
    const uint32_t most = FRAME_BYTES_MAX + 1;
    uint8_t bytes[4];
    if (head.length < CAPTURE_PCAP_HEADER_SIZE || (snap_length > 0 && snap_length <= most))
        return;
    capture_snap_length_bytes(head, most, bytes);
    capture_input_put(reader->input, CAPTURE_SNAP_LENGTH_AT, bytes, sizeof bytes);
}

static bool open_pcap(CaptureReader *reader, GError **error)
{
    Span head = capture_input_peek(reader->input, CAPTURE_PCAP_HEADER_SIZE);
    CaptureInfo *info = &reader->info;
    info->format = "pcap";
    info->time_digits = capture_time_digits(head);
    uint32_t snap_length = capture_snap_length(head);
    bool cut = head.length < CAPTURE_PCAP_HEADER_SIZE;
    bound_packets(reader, head, snap_length);

    char detail[PCAP_ERRBUF_SIZE] = "";
    FILE *stream = capture_input_stream(reader->input);
    reader->pcap =
        pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, detail);
    if (!reader->pcap) {
        fclose(stream);
        set_open_error(reader, cut, detail, error);
        return false;
    }
    int link_type = pcap_datalink(reader->pcap);
    unsigned link = capture_note_link(info, link_type, snap_length);
    reader->packet = (CapturePacket){ .timed = true, .link = link, .link_type = link_type };
    return true;
}

/* Reads up to the first packet, which then waits: callers need to know the interfaces and the
 * resolution of their clocks early. If the file breaks between its first block and that packet, it
 * is open nevertheless, and reading it reports the error. */
static bool open_pcapng(CaptureReader *reader, GError **error)
{
    reader->info.format = "pcapng";
    reader->pcapng = pcapng_new(reader->input, &reader->info);
    pcapng_set_secrets(reader->pcapng, &reader->secrets);
    bool more = read_packet(reader);
    reader->info.time_digits = pcapng_time_digits(reader->pcapng);
    if (more || !reader->failure || pcapng_is_open(reader->pcapng))
        return true;
    g_clear_error(&reader->failure);
    set_open_error(reader, reader->info.end == CAPTURE_END_CUT, pcapng_failure(reader->pcapng),
                   error);
    return false;
}

static bool find_room(CaptureReader *reader, CaptureRoom *room, GError **error)
{
    if (!capture_room_take(room, CAPTURE_READER_MEMORY)) {
        g_autofree char *name = capture_display_name(reader->path);
        g_set_error(
            error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN,
            "%s: not read, for it takes %zu KiB of memory, and the inputs that overlap it in "
            "time leave %zu of --max-memory",
            name, CAPTURE_READER_MEMORY / 1024, capture_room_left(room) / 1024);
        return false;
    }
    reader->room = room;
    return true;
}

CaptureReader *capture_reader_open(const char *path, unsigned input, const CaptureOptions *options,
                                   GError **error)
{
    static const CaptureOptions off = { .hash = false };
    options = options ? options : &off;
    g_autoptr(CaptureReader) reader = g_new0(CaptureReader, 1);
    reader->path = g_strdup(path);
    reader->input_number = input;
    reader->secrets = options->secrets;
    if (!find_room(reader, options->room, error))
        return NULL;
    reader->bytes = capture_bytes_open(path, options, error);
    if (!reader->bytes)
        return NULL;
    reader->unpacker = unpacker_new(reader->bytes, options->room);
    unpacker_limit(reader->unpacker, options->max_unpacked);
    reader->input = capture_input_new(reader->unpacker);
    reader->info.path = reader->path;
    reader->info.compression = unpacker_format(reader->unpacker);
    reader->info.link_type = -1;
    reader->format = capture_format(capture_input_peek(reader->input, sizeof(uint32_t)));
    note_bytes(reader);
    bool opened = false;
    switch (reader->format) {
    case CAPTURE_FORMAT_PCAP:
        opened = open_pcap(reader, error);
        break;
    case CAPTURE_FORMAT_PCAPNG:
        opened = open_pcapng(reader, error);
        break;
    case CAPTURE_FORMAT_UNKNOWN:
        set_open_error(reader, false, NULL, error);
        break;
    }
    return opened ? g_steal_pointer(&reader) : NULL;
}

/* Batches -------------------------------------------------------------------------------------- */

/* Makes room for `size` more bytes behind the first `used` ones. Only an empty batch can get more
 * storage, because the frames of other batches point into theirs. */
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

static void count_step_back(CaptureInfo *info, Nanoseconds step)
{
    info->steps_back++;
    info->largest_step_back = MAX(info->largest_step_back, step);
    if (step < CLOCK_STEP_LEAST)
        return;
    int64_t ms = (MIN(step, CLOCK_STEP_MOST) + NS_PER_MS - 1) / NS_PER_MS;
    info->set_back = (uint32_t)MIN(info->set_back + ms, UINT32_MAX);
}

static void count_time(CaptureInfo *info, Nanoseconds time)
{
    if (!capture_has_times(info))
        info->first_time = time;
    else if (time < info->last_time)
        count_step_back(info, info->last_time - time);
    info->last_time = time;
}

static void count_packet(CaptureInfo *info, const CapturePacket *packet)
{
    if (!packet->timed)
        info->untimed++;
    else if (packet->tick == CLOCK_NO_TIME)
        info->mistimed++;
    else
        count_time(info, packet->time);
    if (packet->states_set_back)
        info->set_back = packet->set_back;
    if (packet->tick != CLOCK_NO_TIME)
        info->tick = MAX(info->tick, packet->tick);
    info->packets++;
    if (packet->link < info->link_count)
        info->links[packet->link].packets++;
    if (packet->bytes.length > FRAME_BYTES_MAX)
        info->clipped++;
}

/* A file that somebody stops ends between two frames. */
static void heed_interrupt(CaptureReader *reader)
{
    bool reads = reader->info.end == CAPTURE_END_NOT_REACHED && !reader->waiting;
    if (reads && interrupt_requested() && !capture_bytes_may_wait(reader->bytes)) {
        note_bytes(reader);
        reader->info.end = CAPTURE_END_INTERRUPTED;
    }
}

bool capture_reader_next(CaptureReader *reader, FrameBatch *batch, GError **error)
{
    size_t used = 0;
    size_t most = capture_bytes_may_wait(reader->bytes) ? 1 : FRAME_BATCH_MAX;
    batch->count = 0;
    heed_interrupt(reader);
    while (batch->count < most && read_packet(reader)) {
        const CapturePacket *packet = &reader->packet;
        size_t size = MIN(packet->bytes.length, FRAME_BYTES_MAX);
        if (!reserve(batch, used, size))
            break;
        memcpy(batch->storage + used, packet->bytes.bytes, size);
        count_packet(&reader->info, packet);
        bool stands_in = packet->tick == CLOCK_NO_TIME && capture_has_times(&reader->info);
        batch->frames[batch->count++] = (Frame){
            .id = frame_id(reader->input_number, packet->number),
            .time = stands_in ? reader->info.last_time : packet->time,
            .clock = { .set_back = reader->info.set_back, .tick = packet->tick },
            .wire_length = packet->wire_length,
            .link_type = packet->link_type,
            .bytes = span_make(batch->storage + used, size),
        };
        used += size;
        reader->waiting = false;
    }
    note_bytes(reader);
    if (batch->count > 0)
        return true;
    if (reader->failure)
        g_propagate_error(error, g_error_copy(reader->failure));
    return false;
}

void capture_reader_tell(CaptureReader *reader, const CaptureOptions *options)
{
    reader->secrets = options->secrets;
    capture_bytes_tell(reader->bytes, options);
}

size_t capture_reader_memory(const CaptureReader *reader)
{
    return CAPTURE_READER_MEMORY + unpacker_memory(reader->unpacker);
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
    pcapng_free(reader->pcapng);
    capture_input_free(reader->input); /* each after the layer that reads from it */
    unpacker_free(reader->unpacker);
    capture_bytes_free(reader->bytes);
    capture_room_give_back(reader->room, CAPTURE_READER_MEMORY);
    g_clear_error(&reader->failure);
    g_free(reader->path);
    g_free(reader);
}

const char *capture_library_version(void)
{
    return pcap_lib_version();
}
