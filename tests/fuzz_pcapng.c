/* Reads any bytes as a pcapng file, and compares with libpcap.
 *
 * These must hold: each packet that libpcap gives before it stops appears here too, in the same
 * order, with the same bytes, lengths, link type and time; frame numbers increase, and everything
 * with a number is counted. libpcap stops earlier than this reader at things that it does not know.
 * It never stops later, with three exceptions: a first block that contradicts itself, later
 * sections of unknown versions or without a byte order, and sections before the first interface.
 * Wireshark refuses the first two, and libpcap does not check them; a section before the first
 * interface it passes over, and reads what follows in the byte order of the section before. */
#include <glib.h>
#include <pcap.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/format.h"
#include "capture/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A longer input only takes more time. Below 256 KiB, no snap length of libpcap's own cuts a
 * packet. */
#define SIZE_MAX_TRIED 100000

/* For such fine binary clocks, libpcap's multiplication overflows 64 bits. So times are not
 * compared if the option for such a clock could be anywhere, in either byte order. */
static bool may_have_fine_clock(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 5 <= size; i++) {
        bool option =
            memcmp(data + i, "\x09\0\x01\0", 4) == 0 || memcmp(data + i, "\0\x09\0\x01", 4) == 0;
        if (option && (data[i + 4] & 0x80) && (data[i + 4] & 0x7f) > 33)
            return true;
    }
    return false;
}

static uint32_t number_at(const uint8_t *bytes, bool big)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return big ? GUINT32_FROM_BE(number) : GUINT32_FROM_LE(number);
}

/* Whether another section begins before the first interface, as libpcap goes through the blocks. */
static bool has_section_before_interface(const uint8_t *data, size_t size)
{
    const uint32_t section = 0x0a0d0d0a, interface = 1;
    bool big = size >= 12 && data[8] == 0x1a;
    for (size_t at = 0; at + 12 <= size;) {
        uint32_t type = number_at(data + at, big), length = number_at(data + at + 4, big);
        if (at > 0 && (type == section || type == interface))
            return type == section;
        if (length < 12 || length > size - at)
            return false;
        at += length;
    }
    return false;
}

/* A frame whose time cannot be counted with has the time of the frame before it. On some machines
 * libpcap has 32 bits of seconds. */
static void compare_times(const Frame *frame, const struct timeval *stamp)
{
    int64_t time;
    if (frame->clock.tick == CLOCK_NO_TIME || sizeof stamp->tv_sec < sizeof time)
        return;
    g_assert_false(__builtin_mul_overflow(stamp->tv_sec, NS_PER_SECOND, &time));
    g_assert_false(__builtin_add_overflow(time, stamp->tv_usec, &time));
    g_assert_cmpint(frame->time, ==, time);
}

typedef struct Witness {
    pcap_t *pcap; /* NULL: did not open, or has stopped */
    bool compares_times;
    bool may_go_on;
} Witness;

static void compare_frame(Witness *witness, const Frame *frame)
{
    struct pcap_pkthdr *header;
    const uint8_t *bytes;
    if (!witness->pcap)
        return;
    if (pcap_next_ex(witness->pcap, &header, &bytes) != 1) {
        pcap_close(witness->pcap);
        witness->pcap = NULL;
        return;
    }
    g_assert_cmpmem(frame->bytes.bytes, frame->bytes.length, bytes, header->caplen);
    g_assert_cmpuint(frame->wire_length, ==, header->len);
    g_assert_cmpint(frame->link_type, ==, pcap_datalink(witness->pcap));
    if (witness->compares_times)
        compare_times(frame, &header->ts);
}

static void read_beside(CaptureReader *reader, Witness *witness)
{
    FrameBatch batch = { 0 };
    FrameId last = 0;
    uint64_t count = 0;
    g_autoptr(GError) error = NULL;
    while (capture_reader_next(reader, &batch, &error))
        for (size_t i = 0; i < batch.count; i++, count++) {
            g_assert_cmpuint(batch.frames[i].id, >, last);
            last = batch.frames[i].id;
            compare_frame(witness, &batch.frames[i]);
        }
    frame_batch_clear(&batch);
    witness->may_go_on = error && (strstr(error->message, "unknown version") ||
                                   strstr(error->message, "no byte order"));
    const CaptureInfo *info = capture_reader_info(reader);
    g_assert_cmpuint(info->packets, ==, count);
    g_assert_cmpuint(info->frames, ==, count + info->other_frames);
    g_assert_cmpint(info->end, !=, CAPTURE_END_NOT_REACHED);
    uint64_t of_links = 0;
    for (unsigned i = 0; i < info->link_count; i++)
        of_links += info->links[i].packets;
    g_assert_true(of_links == count || info->links_omitted > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size = MIN(size, SIZE_MAX_TRIED);
    if (capture_format(span_make(data, size)) != CAPTURE_FORMAT_PCAPNG)
        return 0;
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        g_error("no memory file");
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    char detail[PCAP_ERRBUF_SIZE];
    bool comparable = !has_section_before_interface(data, size);
    Witness witness = {
        .pcap = comparable ? pcap_open_offline_with_tstamp_precision(
                                 path, PCAP_TSTAMP_PRECISION_NANO, detail)
                           : NULL,
        .compares_times = !may_have_fine_clock(data, size),
    };
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, NULL, NULL);
    if (reader)
        read_beside(reader, &witness);
    if (reader && witness.pcap && !witness.may_go_on) {
        struct pcap_pkthdr *header;
        const uint8_t *bytes;
        g_assert_cmpint(pcap_next_ex(witness.pcap, &header, &bytes), !=, 1);
    }
    if (witness.pcap)
        pcap_close(witness.pcap);
    close(file);
    return 0;
}
