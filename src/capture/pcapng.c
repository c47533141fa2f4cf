/* A pcapng file is a row of blocks: a type, a length, a body, and the length again. A section
 * header states the byte order of the blocks after it, up to the next section header. Interface
 * descriptions are numbered within their section. Packets name an interface, and its description
 * gives their link type, snap length and clock resolution. A file may hold several sections of
 * either byte order, and interfaces of any kinds.
 *
 * Why libpcap does not read it, although it can: libpcap knows one link type and one snap length
 * per file and stops at the first interface that differs, as in a capture on two different cards.
 * It does not pass on the drops that a file states. Its callers cannot count the blocks that
 * Wireshark numbers as frames although they are no packets; after the first such block all numbers
 * would be wrong. Wireshark 4.0 numbers packets of all three kinds, custom blocks, systemd's
 * journal entries, and three of sysdig's event blocks. Other blocks have no number.
 *
 * These checks apply: the two lengths of a block agree; its body holds what its type requires; a
 * packet names an interface of its section and lies inside its block; versions are known. Reading
 * ends at the first violation, because no later byte has a certain meaning. Two violations are
 * accepted because Wireshark accepts them: a length that is not a multiple of four (the block is
 * then longer by its padding), and a packet longer than its interface's snap length. Options are
 * read only if they decide something. A truncated list of options is ignored, except in an
 * interface description, where the lost part could have said what the times mean.
 *
 * The size of a block has a maximum, the 16 MiB that libpcap allows. What nobody looks at is passed
 * and not held: blocks of other types, packets beyond the size of a frame. */
#include "capture/pcapng.h"

#include <openssl/crypto.h>

#include "capture/clock_note.h"
#include "capture/links.h"
#include "capture/pcapng_writer.h"

/* The type of a section header is the same in both byte orders. */
enum {
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 2,
    BLOCK_SIMPLE_PACKET = 3,
    BLOCK_NAMES = 4,
    BLOCK_STATISTICS = 5,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_JOURNAL = 9,
    BLOCK_SECRETS = PCAPNG_BLOCK_SECRETS,
    BLOCK_SYSDIG_EVENT = 0x204,
    BLOCK_SYSDIG_EVENT_V2 = 0x216,
    BLOCK_SYSDIG_EVENT_V2_LARGE = 0x221,
    BLOCK_CUSTOM = 0xbad,
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_CUSTOM_NO_COPY = 0x40000bad,
};

enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_APPLICATION = 4,     /* shb_userappl */
    OPTION_PACKET_DROPS = 4,    /* epb_dropcount */
    OPTION_INTERFACE_DROPS = 4, /* isb_ifdrop */
    OPTION_SYSTEM_DROPS = 7,    /* isb_osdrop */
    OPTION_TIME_RESOLUTION = 9, /* if_tsresol */
    OPTION_TIME_OFFSET = 14,    /* if_tsoffset */
};

#define SECTION_MAGIC UINT32_C(0x1a2b3c4d)
#define BLOCK_OVERHEAD 12 /* type, length, and the length again at the end */
#define BLOCK_START 8     /* the type and the length */
#define BLOCK_END 4       /* the length again */
#define BLOCK_MAX PCAPNG_BLOCK_MAX

/* What is held of a packet, and of the options behind it: a byte more than the largest frame, so
 * that a longer packet can be told, and far more than writers state. */
#define PACKET_HELD (256 * 1024 + 4)
#define OPTIONS_HELD (64 * 1024)

/* Sizes of the fixed part at the start of each block. */
#define SECTION_FIXED 16
#define INTERFACE_FIXED 8
#define PACKET_FIXED 20
#define SIMPLE_PACKET_FIXED 4
#define STATISTICS_FIXED 12
#define SECRETS_FIXED 8

#define PACKET_DROPS_UNKNOWN 0xffff

/* Maximum number of interfaces in a section: a packet block numbers them with 16 bits. */
#define INTERFACES_MAX 65536

#define RESOLUTION_MICRO 6
#define RESOLUTION_NANO 9
#define DIGITS_MICRO 6
#define DIGITS_NANO 9

typedef struct Interface {
    int link_type;
    unsigned link; /* of CaptureInfo.links */
    uint32_t snap_length;
    uint8_t resolution;                     /* as if_tsresol has it */
    int64_t offset;                         /* seconds */
    uint64_t interface_drops, system_drops; /* as stated by its last statistics block */
} Interface;

typedef struct Block {
    uint32_t type;
    size_t size; /* with its padding */
    size_t held; /* of it; the rest is passed already */
    size_t cut;  /* bytes of its packet that are not held */
    Span body;   /* as far as it is held; of what nobody looks at nothing */
} Block;

struct Pcapng {
    CaptureInput *input;
    CaptureInfo *info;
    const CaptureSecrets *secrets; /* NULL: nobody takes them */
    bool open;
    bool big_endian;    /* of the section */
    bool ours;          /* this program wrote the section */
    GArray *interfaces; /* Interface: of the section */
    size_t passed;      /* what is held of the block that was returned last */
    uint64_t frames;
    unsigned time_digits;
    char *failure;
};

Pcapng *pcapng_new(CaptureInput *input, CaptureInfo *info)
{
    Pcapng *pcapng = g_new0(Pcapng, 1);
    pcapng->input = input;
    pcapng->info = info;
    pcapng->interfaces = g_array_new(FALSE, FALSE, sizeof(Interface));
    pcapng->time_digits = DIGITS_MICRO;
    return pcapng;
}

void pcapng_set_secrets(Pcapng *pcapng, const CaptureSecrets *secrets)
{
    pcapng->secrets = secrets;
}

static PcapngStep G_GNUC_PRINTF(2, 3) broken(Pcapng *pcapng, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    pcapng->failure = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return PCAPNG_BROKEN;
}

/* Numbers in the byte order of the section ----------------------------------------------------- */

/* Returns 0 if the bytes are missing; callers have checked the fixed parts of blocks. */
static inline uint32_t get_u32(const Pcapng *pcapng, Span span, size_t at)
{
    uint32_t value = 0;
    if (pcapng->big_endian)
        span_be32(span, at, &value);
    else
        span_le32(span, at, &value);
    return value;
}

static inline uint16_t get_u16(const Pcapng *pcapng, Span span, size_t at)
{
    uint16_t value = 0;
    span_be16(span, at, &value);
    return pcapng->big_endian ? value : GUINT16_SWAP_LE_BE(value);
}

static uint64_t get_u64(const Pcapng *pcapng, Span span, size_t at)
{
    uint64_t first = get_u32(pcapng, span, at), second = get_u32(pcapng, span, at + 4);
    return pcapng->big_endian ? first << 32 | second : second << 32 | first;
}

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* Options -------------------------------------------------------------------------------------- */

typedef struct Options {
    Span rest;
    bool broken_off; /* the last one does not fit into its block */
} Options;

static bool next_option(const Pcapng *pcapng, Options *options, uint16_t *ret_code, Span *ret_value)
{
    if (options->rest.length < 4)
        return false;
    uint16_t code = get_u16(pcapng, options->rest, 0), length = get_u16(pcapng, options->rest, 2);
    Span value = span_after(options->rest, 4);
    if (code == OPTION_END)
        return false;
    if (value.length < padded(length)) {
        options->broken_off = true;
        return false;
    }
    *ret_code = code;
    *ret_value = span_first(value, length);
    options->rest = span_after(value, padded(length));
    return true;
}

/* Sections and interfaces ---------------------------------------------------------------------- */

static bool is_ours(const Pcapng *pcapng, const Block *block)
{
    Options options = { .rest = span_after(block->body, SECTION_FIXED) };
    Span ours = span_of_text(PCAPNG_APPLICATION);
    uint16_t code;
    Span value;
    while (next_option(pcapng, &options, &code, &value))
        if (code == OPTION_APPLICATION)
            return span_equal(span_first(value, ours.length), ours);
    return false;
}

static PcapngStep take_section(Pcapng *pcapng, const Block *block)
{
    if (block->body.length < SECTION_FIXED)
        return broken(pcapng, "a section header of %zu bytes", block->size);
    unsigned major = get_u16(pcapng, block->body, 4), minor = get_u16(pcapng, block->body, 6);
    if (major != 1 || (minor != 0 && minor != 2)) /* some programs wrote 1.2 for 1.0 */
        return broken(pcapng, "pcapng of the unknown version %u.%u", major, minor);
    g_array_set_size(pcapng->interfaces, 0);
    pcapng->open = true;
    pcapng->ours = is_ours(pcapng, block);
    return PCAPNG_PACKET;
}

/* if_tsresol: the negative power of 10, or of 2 when the top bit is set. 2^-19 s is the last binary
 * one that is coarser than a microsecond. */
static unsigned digits_of_resolution(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    unsigned coarse = resolution & 0x80 ? 19 : 6;
    return exponent > coarse ? DIGITS_NANO : DIGITS_MICRO;
}

/* As in Wireshark, the first option of a kind counts, and only if it has the right length. */
static bool read_interface_options(const Pcapng *pcapng, Span list, Interface *interface)
{
    Options options = { .rest = list };
    uint16_t code;
    Span value;
    bool resolution_seen = false, offset_seen = false;
    while (next_option(pcapng, &options, &code, &value)) {
        if (code == OPTION_TIME_RESOLUTION && value.length == 1 && !resolution_seen) {
            resolution_seen = true;
            interface->resolution = value.bytes[0];
        } else if (code == OPTION_TIME_OFFSET && value.length == 8 && !offset_seen) {
            offset_seen = true;
            interface->offset = (int64_t)get_u64(pcapng, value, 0);
        }
    }
    return !options.broken_off;
}

static PcapngStep take_interface(Pcapng *pcapng, const Block *block)
{
    if (block->body.length < INTERFACE_FIXED)
        return broken(pcapng, "an interface description of %zu bytes", block->size);
    if (pcapng->interfaces->len == INTERFACES_MAX)
        return broken(pcapng, "more than %d interfaces in a section", INTERFACES_MAX);
    Interface interface = {
        .link_type = capture_link_type_of_file(get_u16(pcapng, block->body, 0)),
        .snap_length = get_u32(pcapng, block->body, 4),
        .resolution = RESOLUTION_MICRO,
    };
    if (!read_interface_options(pcapng, span_after(block->body, INTERFACE_FIXED), &interface))
        return broken(pcapng, "an option of an interface goes beyond its block");
    interface.link = capture_note_link(pcapng->info, interface.link_type, interface.snap_length);
    g_array_append_val(pcapng->interfaces, interface);
    pcapng->time_digits = MAX(pcapng->time_digits, digits_of_resolution(interface.resolution));
    return PCAPNG_PACKET;
}

static Interface *find_interface(const Pcapng *pcapng, uint32_t number)
{
    return number < pcapng->interfaces->len ? &g_array_index(pcapng->interfaces, Interface, number)
                                            : NULL;
}

/* Each statistics block of an interface counts from the start of the capture, so it replaces the
 * one before. */
static void take_statistics(Pcapng *pcapng, const Block *block)
{
    Interface *interface = find_interface(pcapng, get_u32(pcapng, block->body, 0));
    if (block->body.length < STATISTICS_FIXED || !interface)
        return;
    CaptureDrops *drops = &pcapng->info->drops;
    Options options = { .rest = span_after(block->body, STATISTICS_FIXED) };
    uint16_t code;
    Span value;
    while (next_option(pcapng, &options, &code, &value)) {
        uint64_t count = get_u64(pcapng, value, 0);
        if (code == OPTION_INTERFACE_DROPS && value.length == 8) {
            drops->by_interface += count - interface->interface_drops;
            drops->by_interface_stated = true;
            interface->interface_drops = count;
        } else if (code == OPTION_SYSTEM_DROPS && value.length == 8) {
            drops->by_system += count - interface->system_drops;
            drops->by_system_stated = true;
            interface->system_drops = count;
        }
    }
}

bool pcapng_secrets_parse(Span body, bool big_endian, Span *ret_keylog)
{
    uint32_t kind = 0, length = 0;
    bool stated = big_endian ? span_be32(body, 0, &kind) && span_be32(body, 4, &length)
                             : span_le32(body, 0, &kind) && span_le32(body, 4, &length);
    Span text = span_after(body, SECRETS_FIXED);
    if (!stated || kind != PCAPNG_SECRETS_TLS || length > text.length)
        return false;
    *ret_keylog = span_first(text, length);
    return true;
}

static void take_secrets(Pcapng *pcapng, const Block *block)
{
    CaptureInfo *info = pcapng->info;
    Span keylog;
    info->secrets_blocks++;
    if (!pcapng_secrets_parse(block->body, pcapng->big_endian, &keylog))
        info->secrets_unread++;
    else if (pcapng->secrets && pcapng->secrets->take)
        pcapng->secrets->take(pcapng->secrets->data, keylog);
    OPENSSL_cleanse((void *)(uintptr_t)block->body.bytes, block->body.length);
}

/* Packets -------------------------------------------------------------------------------------- */

static const uint64_t POWERS_OF_TEN[] = {
    1,
    10,
    100,
    1000,
    10000,
    100000,
    1000000,
    10000000,
    100000000,
    1000000000,
    10000000000,
    100000000000,
    1000000000000,
    10000000000000,
    100000000000000,
    1000000000000000,
    10000000000000000,
    100000000000000000,
    1000000000000000000,
    10000000000000000000u,
};

/* A clock so fine that 64 bits of its ticks hold less than an hour has gone round since it was
 * set. */
#define FINEST_DECIMAL 15
#define FINEST_BINARY 52

static bool clock_goes_round(uint8_t resolution)
{
    return (resolution & 0x7f) > (resolution & 0x80 ? FINEST_BINARY : FINEST_DECIMAL);
}

uint32_t capture_tick_of_resolution(uint8_t resolution)
{
    unsigned exponent = resolution & 0x7f;
    if (resolution & 0x80)
        return exponent < 20 ? (uint32_t)(((UINT64_C(1000000) - 1) >> exponent) + 1) : 0;
    return exponent < RESOLUTION_MICRO ? (uint32_t)(1000000 / POWERS_OF_TEN[exponent]) : 0;
}

typedef struct SinceStart {
    uint64_t seconds, nanoseconds; /* nanoseconds below NS_PER_SECOND, rounded down */
} SinceStart;

static SinceStart of_binary_ticks(uint64_t ticks, unsigned exponent)
{
    uint64_t seconds = exponent < 64 ? ticks >> exponent : 0;
    uint64_t rest = exponent < 64 ? ticks - (seconds << exponent) : ticks;
    if (exponent <= 32)
        return (SinceStart){ seconds, rest * NS_PER_SECOND >> exponent };
    /* The product has up to 94 bits: what lies above the lowest 32. */
    uint64_t above = (rest >> 32) * NS_PER_SECOND + ((uint32_t)rest * NS_PER_SECOND >> 32);
    return (SinceStart){ seconds, exponent < 96 ? above >> (exponent - 32) : 0 };
}

static SinceStart of_decimal_ticks(uint64_t ticks, unsigned exponent)
{
    if (exponent >= G_N_ELEMENTS(POWERS_OF_TEN)) /* 10^-20 s and finer: less than a second in all */
        return (SinceStart){ 0, 0 };
    uint64_t per_second = POWERS_OF_TEN[exponent], rest = ticks % per_second;
    return (SinceStart){ ticks / per_second, exponent <= RESOLUTION_NANO
                                                 ? rest * (NS_PER_SECOND / per_second)
                                                 : rest / (per_second / NS_PER_SECOND) };
}

/* Sets time and tick of a packet after so many ticks. Time stops at the ends of what nanoseconds
 * can hold, and is none then. */
static void set_time(CapturePacket *packet, const Interface *interface, uint64_t ticks)
{
    unsigned exponent = interface->resolution & 0x7f;
    SinceStart since = interface->resolution & 0x80 ? of_binary_ticks(ticks, exponent)
                                                    : of_decimal_ticks(ticks, exponent);
    int64_t seconds, time = 0;
    bool holds = !__builtin_add_overflow(since.seconds, interface->offset, &seconds);
    bool before = holds && seconds < 0;
    holds = holds && !__builtin_mul_overflow(seconds, (int64_t)NS_PER_SECOND, &time) &&
            !__builtin_add_overflow(time, since.nanoseconds, &time) && time <= NANOSECONDS_MAX &&
            time >= -NANOSECONDS_MAX;
    packet->timed = true;
    packet->time = holds ? time : before ? -NANOSECONDS_MAX : NANOSECONDS_MAX;
    packet->tick = capture_tick_of_resolution(interface->resolution);
    if (!holds || clock_goes_round(interface->resolution))
        packet->tick = CLOCK_NO_TIME;
}

static void count_packet_drops(Pcapng *pcapng, uint64_t count)
{
    pcapng->info->drops.by_packets_stated = true;
    pcapng->info->drops.by_packets += count;
}

static void read_comment(CapturePacket *packet, Span comment)
{
    ClockMark clock;
    if (!clock_note_read(comment, &clock))
        return;
    if (clock.tick == CLOCK_NO_TIME) {
        packet->timed = false;
        packet->tick = CLOCK_NO_TIME;
    } else {
        packet->states_set_back = true;
        packet->set_back = clock.set_back;
    }
}

static void read_packet_options(Pcapng *pcapng, Span list, CapturePacket *packet)
{
    Options options = { .rest = list };
    uint16_t code;
    Span value;
    while (next_option(pcapng, &options, &code, &value))
        if (code == OPTION_PACKET_DROPS && value.length == 8)
            count_packet_drops(pcapng, get_u64(pcapng, value, 0));
        else if (code == OPTION_COMMENT && pcapng->ours)
            read_comment(packet, value);
}

/* The enhanced and the obsolete packet block differ in one place: in the obsolete one, the
 * interface number is shorter and is followed by a count of drops. */
static PcapngStep take_packet(Pcapng *pcapng, const Block *block, CapturePacket *ret_packet)
{
    bool enhanced = block->type == BLOCK_ENHANCED_PACKET;
    Span body = block->body;
    if (body.length < PACKET_FIXED)
        return broken(pcapng, "a packet block of %zu bytes", block->size);
    uint32_t number = enhanced ? get_u32(pcapng, body, 0) : get_u16(pcapng, body, 0);
    const Interface *interface = find_interface(pcapng, number);
    if (!interface)
        return broken(pcapng, "no interface %u is described", number);
    uint32_t captured = get_u32(pcapng, body, 12);
    Span data = span_after(body, PACKET_FIXED);
    if (data.length + block->cut < captured)
        return broken(pcapng, "a packet of %u bytes in a block of %zu", captured, block->size);
    if (block->cut)
        captured = PACKET_HELD;
    uint64_t ticks = (uint64_t)get_u32(pcapng, body, 4) << 32 | get_u32(pcapng, body, 8);
    *ret_packet = (CapturePacket){
        .wire_length = get_u32(pcapng, body, 16),
        .link = interface->link,
        .link_type = interface->link_type,
        .bytes = span_first(data, captured),
    };
    set_time(ret_packet, interface, ticks);
    uint16_t drops = enhanced ? PACKET_DROPS_UNKNOWN : get_u16(pcapng, body, 2);
    if (drops != PACKET_DROPS_UNKNOWN)
        count_packet_drops(pcapng, drops);
    if (enhanced && data.length > captured)
        read_packet_options(pcapng, span_after(data, padded(captured)), ret_packet);
    return PCAPNG_PACKET;
}

/* A packet of the first interface. It has no time, and the snap length limits its captured
 * length. */
static PcapngStep take_simple_packet(Pcapng *pcapng, const Block *block, CapturePacket *ret_packet)
{
    const Interface *interface = find_interface(pcapng, 0);
    if (block->body.length < SIMPLE_PACKET_FIXED)
        return broken(pcapng, "a packet block of %zu bytes", block->size);
    if (!interface)
        return broken(pcapng, "no interface 0 is described");
    uint32_t length = get_u32(pcapng, block->body, 0), captured = length;
    if (interface->snap_length != 0)
        captured = MIN(length, interface->snap_length);
    Span data = span_after(block->body, SIMPLE_PACKET_FIXED);
    if (data.length + block->cut < captured)
        return broken(pcapng, "a packet of %u bytes in a block of %zu", captured, block->size);
    *ret_packet = (CapturePacket){
        .tick = CLOCK_NO_TIME,
        .wire_length = length,
        .link = interface->link,
        .link_type = interface->link_type,
        .bytes = span_first(data, captured),
    };
    return PCAPNG_PACKET;
}

/* Blocks --------------------------------------------------------------------------------------- */

/* If `head` begins a section header, takes its byte order. */
static bool see_byte_order(Pcapng *pcapng, Span head)
{
    uint32_t little = 0, big = 0;
    span_le32(head, 8, &little);
    span_be32(head, 8, &big);
    pcapng->big_endian = big == SECTION_MAGIC;
    return big == SECTION_MAGIC || little == SECTION_MAGIC;
}

static PcapngStep cut(Pcapng *pcapng, size_t there, size_t wanted)
{
    pcapng->failure =
        g_strdup_printf("a block of %zu bytes or more, of which %zu are there", wanted, there);
    return PCAPNG_CUT;
}

/* Nobody looks into blocks of this type. */
static bool is_passed(uint32_t type)
{
    switch (type) {
    case BLOCK_SECTION:
    case BLOCK_INTERFACE:
    case BLOCK_PACKET:
    case BLOCK_SIMPLE_PACKET:
    case BLOCK_STATISTICS:
    case BLOCK_ENHANCED_PACKET:
    case BLOCK_SECRETS:
        return false;
    default:
        return true;
    }
}

static PcapngStep check_again(Pcapng *pcapng, Span last, size_t size)
{
    size_t again = padded(get_u32(pcapng, last, 0));
    if (again != size)
        return broken(pcapng, "a block of %zu bytes at its beginning, of %zu at its end", size,
                      again);
    return PCAPNG_PACKET;
}

static PcapngStep pass_block(Pcapng *pcapng, Block *block, size_t size)
{
    size_t before = size - BLOCK_END;
    size_t passed = capture_input_pass(pcapng->input, before);
    Span last =
        passed == before ? capture_input_peek(pcapng->input, BLOCK_END) : span_make(NULL, 0);
    if (last.length < BLOCK_END)
        return cut(pcapng, passed + last.length, size);
    block->held = BLOCK_END;
    block->body = span_make(NULL, 0);
    return check_again(pcapng, last, size);
}

static bool is_packet_type(uint32_t type)
{
    return type == BLOCK_ENHANCED_PACKET || type == BLOCK_PACKET || type == BLOCK_SIMPLE_PACKET;
}

/* Of a packet longer than any frame may be, and of more options than are looked at, no more is
 * held. */
static void shorten(Pcapng *pcapng, Block *block)
{
    bool simple = block->type == BLOCK_SIMPLE_PACKET;
    size_t fixed = simple ? SIMPLE_PACKET_FIXED : PACKET_FIXED;
    size_t front = BLOCK_START + fixed + PACKET_HELD, most = front + OPTIONS_HELD + BLOCK_END;
    if (!is_packet_type(block->type) || block->size <= most)
        return;
    size_t data = block->size - BLOCK_OVERHEAD - fixed;
    if (!simple) {
        Span head = capture_input_peek(pcapng->input, BLOCK_START + PACKET_FIXED);
        data = MIN(data, padded(MIN(get_u32(pcapng, head, BLOCK_START + 12), BLOCK_MAX)));
    }
    if (data > PACKET_HELD) {
        block->cut = data - PACKET_HELD;
        block->held -= capture_input_cut(pcapng->input, front, block->cut);
    }
    if (block->held > most && block->size - block->held == block->cut)
        block->held -= capture_input_cut(pcapng->input, most - BLOCK_END, block->held - most);
}

/* Reads the next complete block. PCAPNG_PACKET: there is one. */
static PcapngStep read_block(Pcapng *pcapng, Block *ret_block)
{
    Span rest = capture_input_peek(pcapng->input, BLOCK_OVERHEAD);
    if (rest.length == 0)
        return PCAPNG_END;
    if (rest.length < BLOCK_OVERHEAD)
        return cut(pcapng, rest.length, BLOCK_OVERHEAD);
    ret_block->type = get_u32(pcapng, rest, 0);
    if (ret_block->type == BLOCK_SECTION && !see_byte_order(pcapng, rest))
        return broken(pcapng, "a section of no byte order");
    uint32_t length = get_u32(pcapng, rest, 4);
    if (length < BLOCK_OVERHEAD || length > BLOCK_MAX)
        return broken(pcapng, "a block of %u bytes", length);
    size_t size = padded(length);
    if (is_passed(ret_block->type))
        return pass_block(pcapng, ret_block, size);
    ret_block->size = ret_block->held = size;
    shorten(pcapng, ret_block);
    size_t held = ret_block->held;
    rest = capture_input_peek(pcapng->input, held);
    if (rest.length < held)
        return cut(pcapng, rest.length + (size - held), size);
    ret_block->body = span_make(rest.bytes + BLOCK_START, held - BLOCK_OVERHEAD);
    return check_again(pcapng, span_after(rest, held - BLOCK_END), size);
}

/* Processes a block. PCAPNG_PACKET: continue; `ret_is_packet` says whether the block was a
 * packet. */
static PcapngStep take_block(Pcapng *pcapng, const Block *block, CapturePacket *ret_packet,
                             bool *ret_is_packet)
{
    CaptureInfo *info = pcapng->info;
    *ret_is_packet = false;
    switch (block->type) {
    case BLOCK_SECTION:
        return take_section(pcapng, block);
    case BLOCK_INTERFACE:
        return take_interface(pcapng, block);
    case BLOCK_ENHANCED_PACKET:
    case BLOCK_PACKET:
        *ret_is_packet = true;
        return take_packet(pcapng, block, ret_packet);
    case BLOCK_SIMPLE_PACKET:
        *ret_is_packet = true;
        return take_simple_packet(pcapng, block, ret_packet);
    case BLOCK_STATISTICS:
        take_statistics(pcapng, block);
        return PCAPNG_PACKET;
    case BLOCK_CUSTOM:
    case BLOCK_CUSTOM_NO_COPY:
    case BLOCK_JOURNAL:
    case BLOCK_SYSDIG_EVENT:
    case BLOCK_SYSDIG_EVENT_V2:
    case BLOCK_SYSDIG_EVENT_V2_LARGE:
        pcapng->frames++;
        info->other_frames++;
        return PCAPNG_PACKET;
    case BLOCK_NAMES:
        return PCAPNG_PACKET;
    case BLOCK_SECRETS:
        take_secrets(pcapng, block);
        return PCAPNG_PACKET;
    default:
        info->unknown_blocks++;
        return PCAPNG_PACKET;
    }
}

PcapngStep pcapng_next(Pcapng *pcapng, CapturePacket *ret_packet)
{
    for (;;) {
        capture_input_skip(pcapng->input, pcapng->passed);
        pcapng->passed = 0;
        Block block = { 0 };
        PcapngStep step = read_block(pcapng, &block);
        if (step != PCAPNG_PACKET)
            return step;
        bool is_packet;
        step = take_block(pcapng, &block, ret_packet, &is_packet);
        if (step != PCAPNG_PACKET)
            return step;
        pcapng->passed = block.held;
        if (is_packet) {
            ret_packet->number = ++pcapng->frames;
            return PCAPNG_PACKET;
        }
    }
}

const char *pcapng_failure(const Pcapng *pcapng)
{
    return pcapng->failure;
}

bool pcapng_is_open(const Pcapng *pcapng)
{
    return pcapng->open;
}

uint64_t pcapng_frames(const Pcapng *pcapng)
{
    return pcapng->frames;
}

unsigned pcapng_time_digits(const Pcapng *pcapng)
{
    return pcapng->time_digits;
}

void pcapng_free(Pcapng *pcapng)
{
    if (!pcapng)
        return;
    g_array_unref(pcapng->interfaces);
    g_free(pcapng->failure);
    g_free(pcapng);
}
