#include <check.h>
#include <pcap.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/links.h"
#include "capture/pcapng.h"
#include "hex.h"

#define BLOCKS_MAX 9
#define FRAMES_MAX 5

/* The bodies of blocks as in draft-ietf-opsawg-pcapng: §4.1 sections, §4.2 interfaces, §4.3
 * enhanced packets, §4.4 simple ones, §A.1 obsolete ones, §4.6 statistics. */
enum { SHB = 0x0a0d0d0a, IDB = 1, PB = 2, SPB = 3, NRB = 4, ISB = 5, EPB = 6, DSB = 10 };
enum { CUSTOM = 0xbad, CUSTOM_NO_COPY = 0x40000bad, JOURNAL = 9, SYSDIG = 0x204 };
#define LITTLE                                                                                     \
    {                                                                                              \
        SHB, "4d3c2b1a 0100 0000 ffffffffffffffff"                                                 \
    }
#define BIG                                                                                        \
    {                                                                                              \
        SHB, "1a2b3c4d 0001 0000 ffffffffffffffff"                                                 \
    }
#define ETHERNET                                                                                   \
    {                                                                                              \
        IDB, "0100 0000 00000000"                                                                  \
    }
/* One option each, and no end of options, which is optional. */
#define CLOCK(option)                                                                              \
    {                                                                                              \
        IDB, "0100 0000 00000000" option                                                           \
    }
#define RESOLUTION(hex) "0900 0100" hex "000000"
#define OFFSET(hex) "0e00 0800" hex

/* A packet with the four bytes of PACKET (1500 on the wire), at second 1, on an interface that
 * counts microseconds. */
#define PACKET "deadbeef"
#define AT_1_S "00000000 40420f00"
#define OF_1500 "04000000 dc050000" PACKET
#define ENHANCED                                                                                   \
    {                                                                                              \
        EPB, "00000000" AT_1_S OF_1500                                                             \
    }
#define ENHANCED_OF(interface)                                                                     \
    {                                                                                              \
        EPB, interface AT_1_S OF_1500                                                              \
    }
#define ENHANCED_AT(ticks)                                                                         \
    {                                                                                              \
        EPB, "00000000" ticks OF_1500                                                              \
    }
#define ENHANCED_BIG                                                                               \
    {                                                                                              \
        EPB, "00000000 00000000 000f4240 00000004 000005dc" PACKET                                 \
    }
#define STATISTICS(interface, options)                                                             \
    {                                                                                              \
        ISB, interface AT_1_S options                                                              \
    }

#define S NS_PER_SECOND

typedef struct Wanted {
    uint64_t number;
    Nanoseconds time;
    int link_type;
} Wanted;

#define FIRST                                                                                      \
    {                                                                                              \
        1, S, 1                                                                                    \
    }

/* The frames are those that tshark 4.0.17 shows for the same blocks, except where a row says
 * otherwise. */
static const struct {
    const char *name;
    struct {
        uint32_t type;
        const char *body;
    } blocks[BLOCKS_MAX];
    Wanted frames[FRAMES_MAX];
    CaptureEnd end;
} FILES[] = {
    { "a section alone", { LITTLE }, { { 0 } }, CAPTURE_END_WHOLE },
    { "an interface alone", { LITTLE, ETHERNET }, { { 0 } }, CAPTURE_END_WHOLE },
    { "little end first", { LITTLE, ETHERNET, ENHANCED }, { FIRST }, CAPTURE_END_WHOLE },
    { "big end first",
      { BIG, { IDB, "0001 0000 00000000" }, ENHANCED_BIG },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "sections of both byte orders",
      { LITTLE, ETHERNET, ENHANCED, BIG, { IDB, "0071 0000 00000000" }, ENHANCED_BIG },
      { FIRST, { 2, S, 113 } },
      CAPTURE_END_WHOLE },
    { "an interface does not outlive its section",
      { LITTLE, ETHERNET, ENHANCED, LITTLE, ENHANCED },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "link types mixed, the second after a packet",
      { LITTLE,
        ETHERNET,
        ENHANCED,
        { IDB, "6500 0000 60000000" },
        ENHANCED_OF("01000000"),
        ENHANCED },
      { FIRST, { 2, S, DLT_RAW }, { 3, S, 1 } },
      CAPTURE_END_WHOLE },
    { "no such interface",
      { LITTLE, ETHERNET, ENHANCED, ENHANCED_OF("01000000"), ENHANCED },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "a packet before any interface", { LITTLE, ENHANCED }, { { 0 } }, CAPTURE_END_BROKEN },
    { "custom blocks have numbers",
      { LITTLE,
        ETHERNET,
        { CUSTOM, "39300000 61626364" },
        ENHANCED,
        { CUSTOM_NO_COPY, "39300000" },
        ENHANCED },
      { { 2, S, 1 }, { 4, S, 1 } },
      CAPTURE_END_WHOLE },
    { "journal entries as well",
      { LITTLE,
        ETHERNET,
        { JOURNAL, "5f5f5245414c54494d455f54494d455354414d503d313537373931363030303030303030300a" },
        ENHANCED },
      { { 2, S, 1 } },
      CAPTURE_END_WHOLE },
    { "and three of sysdig's event blocks",
      { LITTLE,
        ETHERNET,
        { SYSDIG, "0000 00ca9a3b00000000 0100000000000000 1a000000 0100 0000000000000000" },
        { 0x216, "0000 00ca9a3b00000000 0100000000000000 1a000000 0100 00000000 0000000000000000" },
        { 0x221, "0000 00ca9a3b00000000 0100000000000000 1a000000 0100 00000000 0000000000000000" },
        ENHANCED },
      { { 4, S, 1 } },
      CAPTURE_END_WHOLE },
    { "its others have none",
      { LITTLE, ETHERNET, { 0x201, "00" }, { 0x208, "00" }, { 0x217, "00" }, ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "names, secrets, statistics and unknown blocks have none",
      { LITTLE,
        ETHERNET,
        { NRB, "0000 0000" },
        { DSB, "4b534c54 04000000 61626364" },
        STATISTICS("00000000", ""),
        { 0x77, "" },
        { 0x80000001, "00" },
        ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "an obsolete packet block",
      { LITTLE, ETHERNET, { PB, "0000 ffff" AT_1_S OF_1500 } },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "an obsolete packet block of another interface",
      { LITTLE, ETHERNET, { IDB, "7100 0000 00000000" }, { PB, "0100 0300" AT_1_S OF_1500 } },
      { { 1, S, 113 } },
      CAPTURE_END_WHOLE },
    { "a simple packet has no time, and its captured length from the snap length",
      { LITTLE, { IDB, "0100 0000 04000000" }, { SPB, "dc050000" PACKET }, ENHANCED },
      { { 1, 0, 1 }, { 2, S, 1 } },
      CAPTURE_END_WHOLE },
    { "a simple packet longer than its block",
      { LITTLE, ETHERNET, ENHANCED, { SPB, "dc050000" PACKET } },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "a packet longer than its block",
      { LITTLE, ETHERNET, ENHANCED, { EPB, "00000000" AT_1_S "05000000 dc050000" PACKET } },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "a packet longer than the snap length, which libpcap refuses",
      { LITTLE, { IDB, "0100 0000 02000000" }, ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "no room for a packet block's fixed part",
      { LITTLE, ETHERNET, ENHANCED, { EPB, "00000000" AT_1_S "00000000" } },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "nor for an interface's",
      { LITTLE, ETHERNET, ENHANCED, { IDB, "01000000" } },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "a section of an unknown version",
      { LITTLE,
        ETHERNET,
        ENHANCED,
        { SHB, "4d3c2b1a 0200 0000 ffffffffffffffff" },
        ETHERNET,
        ENHANCED },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "version 1.2 is 1.0",
      { { SHB, "4d3c2b1a 0100 0200 ffffffffffffffff" }, ETHERNET, ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "a section of no byte order",
      { LITTLE, ETHERNET, ENHANCED, { SHB, "4d3c2b1b 0100 0000 ffffffffffffffff" } },
      { FIRST },
      CAPTURE_END_BROKEN },
    { "an option of an interface goes beyond its block",
      { LITTLE, CLOCK("0900 c800 06000000"), ENHANCED },
      { { 0 } },
      CAPTURE_END_BROKEN },
    { "options behind the end of options are none",
      { LITTLE, CLOCK("0000 0000" RESOLUTION("09")), ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "the first resolution counts", /* libpcap refuses two */
      { LITTLE, CLOCK(RESOLUTION("06") RESOLUTION("09")), ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "a resolution of two bytes is none",
      { LITTLE, CLOCK("0900 0200 09090000"), ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
    { "an offset",
      { LITTLE, CLOCK(OFFSET("0500000000000000")), ENHANCED },
      { { 1, 6 * S, 1 } },
      CAPTURE_END_WHOLE },
    { "an offset to before 1970",
      { LITTLE, CLOCK(OFFSET("fbffffffffffffff")), ENHANCED },
      { { 1, -4 * S, 1 } },
      CAPTURE_END_WHOLE },
    { "an offset of four bytes is none",
      { LITTLE, CLOCK("0e00 0400 05000000"), ENHANCED },
      { FIRST },
      CAPTURE_END_WHOLE },
};

/* Blocks with lengths in the byte order that the last section stated. */
static void append_block(GByteArray *file, uint32_t type, const char *body_text, bool *big_endian)
{
    g_autoptr(GByteArray) body = hex_bytes(body_text);
    while (body->len % 4 != 0)
        g_byte_array_append(body, (const guint8 *)"", 1);
    if (type == SHB)
        *big_endian = g_str_has_prefix(body_text, "1a2b");
    uint32_t numbers[2] = { type, body->len + 12 };
    for (int i = 0; i < 2; i++)
        numbers[i] = *big_endian ? GUINT32_TO_BE(numbers[i]) : GUINT32_TO_LE(numbers[i]);
    g_byte_array_append(file, (const guint8 *)numbers, 8);
    g_byte_array_append(file, body->data, body->len);
    g_byte_array_append(file, (const guint8 *)&numbers[1], 4);
}

typedef struct Reading {
    CaptureReader *reader; /* NULL: not opened */
    GArray *frames;        /* of Frame, without bytes */
    GError *error;
    const CaptureInfo *info;
} Reading;

static Reading open_file(const GByteArray *file)
{
    Reading reading = { .frames = g_array_new(FALSE, FALSE, sizeof(Frame)) };
    int memory = memfd_create("pcapng", MFD_CLOEXEC);
    ck_assert_int_eq(write(memory, file->data, file->len), (ssize_t)file->len);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", memory);
    reading.reader = capture_reader_open(path, 1, NULL, &reading.error);
    close(memory);
    if (reading.reader)
        reading.info = capture_reader_info(reading.reader);
    return reading;
}

static Reading read_file(const GByteArray *file)
{
    Reading reading = open_file(file);
    if (!reading.reader)
        return reading;
    FrameBatch batch = { 0 };
    while (capture_reader_next(reading.reader, &batch, &reading.error))
        for (size_t i = 0; i < batch.count; i++) {
            const Frame *frame = &batch.frames[i];
            ck_assert_uint_eq(frame->wire_length, 1500);
            ck_assert(span_equal(frame->bytes, span_make("\xde\xad\xbe\xef", 4)));
            g_array_append_val(reading.frames, *frame);
        }
    frame_batch_clear(&batch);
    return reading;
}

static void reading_clear(Reading *reading)
{
    g_array_unref(reading->frames);
    g_clear_error(&reading->error);
    capture_reader_free(reading->reader);
}

static void assert_frames(const Reading *reading, const char *name, const Wanted *wanted)
{
    for (guint i = 0; i < reading->frames->len; i++) {
        const Frame *frame = &g_array_index(reading->frames, Frame, i);
        ck_assert_msg(i < FRAMES_MAX && frame->id == frame_id(1, wanted[i].number), "%s: frame %u",
                      name, i);
        ck_assert_msg(frame->time == wanted[i].time, "%s: %" G_GINT64_FORMAT, name, frame->time);
        ck_assert_msg(frame->link_type == wanted[i].link_type, "%s: %d", name, frame->link_type);
    }
    guint count = 0;
    while (count < FRAMES_MAX && wanted[count].number != 0)
        count++;
    ck_assert_msg(reading->frames->len == count, "%s: %u frames", name, reading->frames->len);
}

START_TEST(test_files)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    for (size_t i = 0; i < BLOCKS_MAX && FILES[_i].blocks[i].body; i++)
        append_block(file, FILES[_i].blocks[i].type, FILES[_i].blocks[i].body, &big_endian);
    Reading reading = read_file(file);
    ck_assert_msg(reading.reader != NULL, "%s: %s", FILES[_i].name,
                  reading.error ? reading.error->message : "");
    assert_frames(&reading, FILES[_i].name, FILES[_i].frames);
    ck_assert_msg(reading.info->end == FILES[_i].end, "%s: %d", FILES[_i].name, reading.info->end);
    ck_assert((reading.error != NULL) == (FILES[_i].end != CAPTURE_END_WHOLE));
    reading_clear(&reading);
}
END_TEST

/* How an interface's resolution converts ticks, and how many decimals the result needs. The values
 * for 10^19 and more ticks a second, and for 2^-64 s with an integer of 64 bits, were computed by
 * hand; tcpdump with libpcap prints the others. */
static const struct {
    const char *name;
    const char *resolution;
    const char *ticks; /* high word, low word */
    Nanoseconds time;
    unsigned digits;
} CLOCKS[] = {
    { "seconds", RESOLUTION("00"), "00000000 dc050000", 1500 * S, 6 },
    { "milliseconds", RESOLUTION("03"), "00000000 dc050000", 1500000000, 6 },
    { "microseconds", RESOLUTION("06"), "00000000 dc050000", 1500000, 6 },
    { "tenths of microseconds", RESOLUTION("07"), "00000000 dc050000", 150000, 9 },
    { "nanoseconds", RESOLUTION("09"), "00000000 dc050000", 1500, 9 },
    { "picoseconds", RESOLUTION("0c"), "00000000 dc050000", 1, 9 },
    { "10^-19 s", RESOLUTION("13"), "78563412 dc050000", 131176846, 9 },
    { "10^-20 s", RESOLUTION("14"), "78563412 dc050000", 0, 9 },
    { "10^-127 s", RESOLUTION("7f"), "ffffffff ffffffff", 0, 9 },
    { "2^0 s", RESOLUTION("80"), "00000000 dc050000", 1500 * S, 6 },
    { "2^-1 s", RESOLUTION("81"), "00000000 03000000", 1500000000, 6 },
    { "2^-19 s is coarser than a microsecond", RESOLUTION("93"), "00000000 01000000", 1907, 6 },
    { "2^-20 s is finer", RESOLUTION("94"), "00000000 01000000", 953, 9 },
    { "2^-63 s", RESOLUTION("bf"), "00000040 00000000", 500000000, 9 },
    { "2^-64 s", RESOLUTION("c0"), "00000080 00000000", 500000000, 9 },
    { "2^-127 s", RESOLUTION("ff"), "ffffffff ffffffff", 0, 9 },
    { "the last nanosecond that is told apart", RESOLUTION("09"), "ffffff3f ffffffff",
      NANOSECONDS_MAX, 9 },
    { "one more", RESOLUTION("09"), "00000040 00000000", NANOSECONDS_MAX, 9 },
    { "no resolution", "", "ffffffff ffffffff", NANOSECONDS_MAX, 6 },
    { "an offset beyond all times", OFFSET("ffffffffffffff7f"), "00000000 01000000",
      NANOSECONDS_MAX, 6 },
    { "an offset before all times", OFFSET("0000000000000080"), "00000000 01000000",
      -NANOSECONDS_MAX, 6 },
    { "an offset brings it back", RESOLUTION("00") OFFSET("00000000feffffff"), "02000000 07000000",
      7 * S, 6 },
};

START_TEST(test_clocks)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
    g_autofree char *interface = g_strconcat("0100 0000 00000000", CLOCKS[_i].resolution, NULL);
    append_block(file, IDB, interface, &big_endian);
    g_autofree char *packet = g_strconcat("00000000", CLOCKS[_i].ticks, OF_1500, NULL);
    append_block(file, EPB, packet, &big_endian);
    Reading reading = read_file(file);
    ck_assert_uint_eq(reading.frames->len, 1);
    Nanoseconds time = g_array_index(reading.frames, Frame, 0).time;
    ck_assert_msg(time == CLOCKS[_i].time, "%s: %" G_GINT64_FORMAT, CLOCKS[_i].name, time);
    ck_assert_msg(reading.info->time_digits == CLOCKS[_i].digits, "%s: %u digits", CLOCKS[_i].name,
                  reading.info->time_digits);
    reading_clear(&reading);
}
END_TEST

/* Counts beside frames: interfaces 0 and 1, statistics that replace earlier ones, drops stated with
 * packets. */
START_TEST(test_counts)
{
    static const struct {
        uint32_t type;
        const char *body;
    } BLOCKS[] = {
        LITTLE,
        ETHERNET,
        { IDB, "7100 0000 60000000" },
        ETHERNET, /* a third interface, of the first one's kind */
        STATISTICS("00000000", "0400 0800 0700000000000000"), /* isb_ifdrop 7 */
        ENHANCED,
        ENHANCED_OF("01000000"),
        ENHANCED_OF("02000000"),
        { SPB, "dc050000" PACKET }, /* longer than its block: the last one, see below */
    };
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(BLOCKS); i++)
        append_block(file, BLOCKS[i].type, BLOCKS[i].body, &big_endian);
    /* epb_dropcount 2, after another option */
    append_block(file, EPB,
                 "00000000" AT_1_S OF_1500 "0200 0400 00000000 0400 0800 0200000000000000 00000000",
                 &big_endian);
    append_block(file, PB, "0000 0300" AT_1_S OF_1500, &big_endian); /* 3 drops */
    append_block(file, PB, "0000 ffff" AT_1_S OF_1500, &big_endian); /* unknown */
    /* isb_ifdrop 9 and isb_osdrop 4 of interface 0, isb_osdrop 1 of interface 1, an interface that
     * is not there, and a list that is broken off */
    append_block(file, ISB,
                 "00000000" AT_1_S "0400 0800 0900000000000000 0700 0800 0400000000000000",
                 &big_endian);
    append_block(file, ISB, "01000000" AT_1_S "0700 0800 0100000000000000", &big_endian);
    append_block(file, ISB, "09000000" AT_1_S "0400 0800 0100000000000000", &big_endian);
    append_block(file, ISB, "01000000" AT_1_S "0400 c800 0100000000000000", &big_endian);
    append_block(file, 0x77, "00", &big_endian);
    append_block(file, DSB, "4b534c54 00000000", &big_endian);
    append_block(file, CUSTOM, "39300000", &big_endian);
    append_block(file, BLOCKS[8].type, BLOCKS[8].body, &big_endian);

    Reading reading = read_file(file);
    const CaptureInfo *info = reading.info;
    ck_assert_str_eq(info->format, "pcapng");
    ck_assert_ptr_null(info->compression);
    ck_assert_uint_eq(info->size, file->len);
    ck_assert_uint_eq(info->packets, 6);
    ck_assert_uint_eq(info->frames, 7);
    ck_assert_uint_eq(info->other_frames, 1);
    ck_assert_uint_eq(info->unknown_blocks, 1);
    ck_assert_uint_eq(info->secrets_blocks, 1);
    ck_assert(info->drops.by_interface_stated && info->drops.by_system_stated &&
              info->drops.by_packets_stated);
    ck_assert_uint_eq(info->drops.by_interface, 9);
    ck_assert_uint_eq(info->drops.by_system, 5);
    ck_assert_uint_eq(info->drops.by_packets, 5);
    ck_assert_uint_eq(info->link_count, 2);
    ck_assert_int_eq(info->link_type, 1);
    ck_assert_int_eq(info->links[0].link_type, 1);
    ck_assert_uint_eq(info->links[0].snap_length, 0);
    ck_assert_uint_eq(info->links[0].packets, 5);
    ck_assert_int_eq(info->links[1].link_type, 113);
    ck_assert_uint_eq(info->links[1].snap_length, 96);
    ck_assert_uint_eq(info->links[1].packets, 1);
    ck_assert_int_eq(info->end, CAPTURE_END_BROKEN);
    ck_assert_ptr_nonnull(strstr(reading.error->message, "broken at packet 8, 6 packets read"));
    reading_clear(&reading);
}
END_TEST

/* What a clock can tell apart, by its if_tsresol; and the times that none can have. */
static const struct {
    const char *name, *options;
    const char *ticks;
    uint32_t tick;
} TICKS[] = {
    { "microseconds", RESOLUTION("06"), AT_1_S, 0 },
    { "nanoseconds", RESOLUTION("09"), AT_1_S, 0 },
    { "seconds", RESOLUTION("00"), AT_1_S, 1000000 },
    { "seconds, as a power of two", RESOLUTION("80"), AT_1_S, 1000000 },
    { "tens of microseconds", RESOLUTION("05"), AT_1_S, 10 },
    { "2^-10 s: 976.6 microseconds", RESOLUTION("8a"), AT_1_S, 977 },
    { "2^-19 s: 1.9 microseconds", RESOLUTION("93"), AT_1_S, 2 },
    { "2^-20 s: 0.95 microseconds", RESOLUTION("94"), AT_1_S, 0 },
    { "10^-15 s: five hours in 64 bits", RESOLUTION("0f"), AT_1_S, 0 },
    { "10^-16 s: half an hour in 64 bits", RESOLUTION("10"), AT_1_S, CLOCK_NO_TIME },
    { "2^-52 s: an hour in 64 bits", RESOLUTION("b4"), AT_1_S, 0 },
    { "2^-53 s: half an hour in 64 bits", RESOLUTION("b5"), AT_1_S, CLOCK_NO_TIME },
    { "2^-127 s", RESOLUTION("ff"), AT_1_S, CLOCK_NO_TIME },
    { "10^-127 s", RESOLUTION("7f"), AT_1_S, CLOCK_NO_TIME },
    { "the year 2116", RESOLUTION("09"), "ffffff3f ffffffff", 0 },
    { "a little later: more than may be held", RESOLUTION("09"), "00000040 00000000",
      CLOCK_NO_TIME },
    { "a huge offset", OFFSET("0000000000000040"), AT_1_S, CLOCK_NO_TIME },
    { "an offset far back", OFFSET("00000000000000c0"), AT_1_S, CLOCK_NO_TIME },
};

/* The second packet of each file has a good clock. */
START_TEST(test_tick)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    g_autofree char *odd = g_strconcat("0100 0000 00000000", TICKS[_i].options, NULL);
    g_autofree char *packet = g_strconcat("00000000", TICKS[_i].ticks, OF_1500, NULL);
    append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
    append_block(file, IDB, odd, &big_endian);
    append_block(file, IDB, "0100 0000 00000000", &big_endian);
    append_block(file, EPB, packet, &big_endian);
    append_block(file, EPB, "01000000" AT_1_S OF_1500, &big_endian);
    Reading reading = read_file(file);
    ck_assert_uint_eq(reading.frames->len, 2);
    uint32_t tick = g_array_index(reading.frames, Frame, 0).clock.tick;
    bool none = TICKS[_i].tick == CLOCK_NO_TIME;
    ck_assert_msg(tick == TICKS[_i].tick, "%s: %u", TICKS[_i].name, tick);
    ck_assert_uint_eq(g_array_index(reading.frames, Frame, 1).clock.tick, 0);
    ck_assert_uint_eq(reading.info->tick, none ? 0 : TICKS[_i].tick);
    ck_assert_uint_eq(reading.info->mistimed, none ? 1 : 0);
    ck_assert_uint_eq(reading.info->untimed, 0);
    if (none)
        ck_assert_int_eq(reading.info->first_time, S);
    reading_clear(&reading);
}
END_TEST

/* Nothing stated is not the same as zero drops stated; and a packet without a time has no part in
 * the first and last one. */
START_TEST(test_nothing_stated)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
    append_block(file, IDB, "0100 0000 04000000", &big_endian);
    append_block(file, SPB, "dc050000" PACKET, &big_endian);
    append_block(file, EPB, "00000000" AT_1_S OF_1500, &big_endian);
    append_block(file, SPB, "dc050000" PACKET, &big_endian);
    Reading reading = read_file(file);
    const CaptureInfo *info = reading.info;
    ck_assert(!info->drops.by_interface_stated && !info->drops.by_system_stated &&
              !info->drops.by_packets_stated);
    ck_assert_uint_eq(info->packets, 3);
    ck_assert_uint_eq(info->untimed, 2);
    ck_assert_int_eq(info->first_time, S);
    ck_assert_int_eq(info->last_time, S);
    for (guint i = 0; i < 3; i++) {
        const Frame *frame = &g_array_index(reading.frames, Frame, i);
        ck_assert_uint_eq(frame->clock.tick, i == 1 ? 0 : CLOCK_NO_TIME);
        ck_assert_int_eq(frame->time, i == 0 ? 0 : S); /* that of the packet before stands in */
    }
    reading_clear(&reading);
}
END_TEST

/* Lengths of a block with an eight-byte body, as they stand at its beginning and its end. */
static const struct {
    const char *name;
    uint32_t before, behind;
    bool fits;
} LENGTHS[] = {
    { "right", 20, 20, true },
    { "not padded, as Wireshark lets pass", 18, 18, true },
    { "padded at the end only", 18, 20, true },
    { "another one behind", 20, 24, false },
    { "none behind", 20, 0, false },
    { "none at all", 0, 0, false },
    { "less than a block has", 8, 8, false },
    { "more than a block may have", 16 * 1024 * 1024 + 4, 20, false },
    { "one that padding wraps", 0xffffffff, 20, false },
};

START_TEST(test_lengths)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
    append_block(file, IDB, "0100 0000 00000000", &big_endian);
    append_block(file, EPB, "00000000" AT_1_S OF_1500, &big_endian);
    guint at = file->len;
    append_block(file, 0x77, "00000000 00000000", &big_endian);
    uint32_t before = GUINT32_TO_LE(LENGTHS[_i].before), behind = GUINT32_TO_LE(LENGTHS[_i].behind);
    memcpy(file->data + at + 4, &before, 4);
    memcpy(file->data + at + 16, &behind, 4);
    append_block(file, EPB, "00000000" AT_1_S OF_1500, &big_endian);
    Reading reading = read_file(file);
    ck_assert_msg(reading.frames->len == (LENGTHS[_i].fits ? 2 : 1), "%s", LENGTHS[_i].name);
    ck_assert_int_eq(reading.info->end, LENGTHS[_i].fits ? CAPTURE_END_WHOLE : CAPTURE_END_BROKEN);
    reading_clear(&reading);
}
END_TEST

/* The largest block there may be, and more links than there are places. */
START_TEST(test_bounds)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    bool big_endian = false;
    append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
    uint32_t head[2] = { GUINT32_TO_LE(0x77), GUINT32_TO_LE(16 * 1024 * 1024) };
    g_byte_array_append(file, (const guint8 *)head, 8);
    g_byte_array_set_size(file, file->len + 16 * 1024 * 1024 - 12);
    g_byte_array_append(file, (const guint8 *)&head[1], 4);
    for (unsigned i = 0; i < CAPTURE_LINKS_MAX + 2; i++) {
        g_autofree char *interface = g_strdup_printf("0100 0000 %02x000000", i + 1);
        append_block(file, IDB, interface, &big_endian);
    }
    append_block(file, EPB, "00000000" AT_1_S OF_1500, &big_endian);
    append_block(file, EPB, "41000000" AT_1_S OF_1500, &big_endian);
    Reading reading = read_file(file);
    ck_assert_ptr_null(reading.error);
    ck_assert_uint_eq(reading.frames->len, 2);
    ck_assert_uint_eq(reading.info->unknown_blocks, 1);
    ck_assert_uint_eq(reading.info->link_count, CAPTURE_LINKS_MAX);
    ck_assert_uint_eq(reading.info->links_omitted, 2);
    ck_assert_uint_eq(reading.info->links[0].packets, 1);
    reading_clear(&reading);
}
END_TEST

static void append_large(GByteArray *file, uint32_t type, uint32_t size)
{
    uint32_t head[2] = { GUINT32_TO_LE(type), GUINT32_TO_LE(size) };
    g_byte_array_append(file, (const guint8 *)head, 8);
    guint at = file->len;
    g_byte_array_set_size(file, file->len + size - 12);
    memset(file->data + at, 0, size - 12);
    g_byte_array_append(file, (const guint8 *)&head[1], 4);
}

/* Options behind a packet that is far larger than a frame count, up to a bound; so does a packet
 * that is larger than its block. */
START_TEST(test_large_blocks)
{
    static const uint8_t drops[] = { 4, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0 };
    const uint32_t captured = GUINT32_TO_LE(1000000), beyond = GUINT32_TO_LE(2000000);
    for (unsigned options = 0; options < 3; options++) {
        g_autoptr(GByteArray) file = g_byte_array_new();
        bool big_endian = false;
        append_block(file, SHB, "4d3c2b1a 0100 0000 ffffffffffffffff", &big_endian);
        append_block(file, IDB, "0100 0000 00000000", &big_endian);
        guint at = file->len + 8;
        append_large(file, EPB, 1200000);
        memcpy(file->data + at + 12, options < 2 ? &captured : &beyond, 4);
        memcpy(file->data + at + 16, &(uint32_t){ GUINT32_TO_LE(1500) }, 4);
        memcpy(file->data + at + 20, "\xde\xad\xbe\xef", 4);
        if (options)
            memcpy(file->data + at + 20 + 1000000, drops, sizeof drops);
        FrameBatch batch = { 0 };
        Reading reading = open_file(file);
        bool more = capture_reader_next(reading.reader, &batch, &reading.error);
        ck_assert_int_eq(more, options < 2);
        ck_assert_int_eq(reading.info->end == CAPTURE_END_BROKEN, options == 2);
        ck_assert_uint_eq(reading.info->drops.by_packets, options == 1 ? 7 : 0);
        ck_assert_uint_eq(reading.info->clipped, more);
        frame_batch_clear(&batch);
        reading_clear(&reading);
    }
}
END_TEST

/* libpcap's own answer: the link type for a pcap file that states this one. */
START_TEST(test_link_types)
{
    for (uint32_t type = 0; type < 65536; type++) {
        uint8_t header[24] = { 0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4 };
        header[20] = (uint8_t)type;
        header[21] = (uint8_t)(type >> 8);
        FILE *stream = fmemopen(header, sizeof header, "r");
        char detail[PCAP_ERRBUF_SIZE];
        pcap_t *pcap = pcap_fopen_offline(stream, detail);
        ck_assert_ptr_nonnull(pcap);
        ck_assert_msg(capture_link_type_of_file(type) == pcap_datalink(pcap), "%u", type);
        pcap_close(pcap);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pcapng");
    TCase *tcase = tcase_create("pcapng");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, test_files, 0, G_N_ELEMENTS(FILES));
    tcase_add_loop_test(tcase, test_clocks, 0, G_N_ELEMENTS(CLOCKS));
    tcase_add_test(tcase, test_counts);
    tcase_add_loop_test(tcase, test_tick, 0, G_N_ELEMENTS(TICKS));
    tcase_add_test(tcase, test_nothing_stated);
    tcase_add_loop_test(tcase, test_lengths, 0, G_N_ELEMENTS(LENGTHS));
    tcase_add_test(tcase, test_bounds);
    tcase_add_test(tcase, test_large_blocks);
    tcase_add_test(tcase, test_link_types);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
