#include "capture/pcapng_writer.h"

#include <string.h>

#include "capture/links.h"
#include "capture/pcapng.h"

enum {
    BLOCK_INTERFACE = 1,
    BLOCK_ENHANCED_PACKET = 6,
    BLOCK_SECTION = 0x0a0d0d0a,
};

enum {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_NAME = 2,            /* if_name */
    OPTION_DESCRIPTION = 3,     /* if_description */
    OPTION_APPLICATION = 4,     /* shb_userappl */
    OPTION_TIME_RESOLUTION = 9, /* if_tsresol */
    OPTION_TIME_OFFSET = 14,    /* if_tsoffset */
};

#define SECTION_MAGIC UINT32_C(0x1a2b3c4d)
#define LENGTH_UNKNOWN UINT32_MAX
#define RESOLUTION_MICRO 6
#define RESOLUTION_NANO 9
#define RESOLUTION_BINARY 0x80
#define BINARY_COARSE 20 /* 2^-20 s is the first below a microsecond */

static void append_u16(GByteArray *to, uint16_t value)
{
    const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8) };
    g_byte_array_append(to, bytes, sizeof bytes);
}

static void append_u32(GByteArray *to, uint32_t value)
{
    append_u16(to, (uint16_t)value);
    append_u16(to, (uint16_t)(value >> 16));
}

static void append_padded(GByteArray *to, const void *bytes, size_t size)
{
    static const uint8_t zeros[4];
    if (size)
        g_byte_array_append(to, bytes, (guint)size);
    g_byte_array_append(to, zeros, (guint)(-size & 3));
}

static void append_option(GByteArray *to, uint16_t code, const void *value, size_t size)
{
    append_u16(to, code);
    append_u16(to, (uint16_t)size);
    append_padded(to, value, size);
}

static void append_text(GByteArray *to, uint16_t code, const char *text)
{
    if (text && *text)
        append_option(to, code, text, MIN(strlen(text), PCAPNG_TEXT_MAX));
}

static void append_end_of_options(GByteArray *to)
{
    append_option(to, OPTION_END, NULL, 0);
}

/* Returns the start of the block. Its lengths are written when it ends. */
static guint begin_block(GByteArray *to, uint32_t type)
{
    guint start = to->len;
    append_u32(to, type);
    append_u32(to, 0);
    return start;
}

static void end_block(GByteArray *to, guint start)
{
    uint32_t size = to->len + 4 - start;
    append_u32(to, size);
    memcpy(to->data + start + 4, to->data + to->len - 4, 4);
}

void pcapng_append_section(GByteArray *to, const char *application, const char *comment)
{
    guint start = begin_block(to, BLOCK_SECTION);
    append_u32(to, SECTION_MAGIC);
    append_u16(to, 1);
    append_u16(to, 0);
    append_u32(to, LENGTH_UNKNOWN);
    append_u32(to, LENGTH_UNKNOWN);
    append_text(to, OPTION_COMMENT, comment);
    append_text(to, OPTION_APPLICATION, application);
    append_end_of_options(to);
    end_block(to, start);
}

void pcapng_append_secrets(GByteArray *to, Span keylog)
{
    guint start = begin_block(to, PCAPNG_BLOCK_SECRETS);
    append_u32(to, PCAPNG_SECRETS_TLS);
    append_u32(to, (uint32_t)keylog.length);
    append_padded(to, keylog.bytes, keylog.length);
    end_block(to, start);
}

/* As if_tsresol has it: the powers of ten and of two that are coarser than a microsecond, or
 * 10^-9. */
static uint8_t resolution_of(uint32_t tick)
{
    for (uint8_t exponent = 0; exponent < BINARY_COARSE; exponent++) {
        if (exponent < RESOLUTION_MICRO && tick == capture_tick_of_resolution(exponent))
            return exponent;
        if (tick == capture_tick_of_resolution(RESOLUTION_BINARY | exponent))
            return RESOLUTION_BINARY | exponent;
    }
    return RESOLUTION_NANO;
}

/* The number of ticks that is read as this time again: the least that comes to it. */
static uint64_t ticks_of(uint8_t resolution, uint64_t time)
{
    unsigned exponent = resolution & ~RESOLUTION_BINARY;
    uint64_t per_second = 1; /* at most NS_PER_SECOND, see resolution_of() */
    if (resolution & RESOLUTION_BINARY)
        per_second <<= exponent;
    else
        for (unsigned i = 0; i < exponent; i++)
            per_second *= 10;
    uint64_t rest = time % NS_PER_SECOND;
    return time / NS_PER_SECOND * per_second +
           (rest * per_second + NS_PER_SECOND - 1) / NS_PER_SECOND;
}

void pcapng_append_interface(GByteArray *to, const PcapngInterface *interface)
{
    uint8_t resolution = resolution_of(interface->tick);
    guint start = begin_block(to, BLOCK_INTERFACE);
    append_u16(to, capture_link_type_in_file(interface->link_type));
    append_u16(to, 0);
    append_u32(to, 0); /* each packet shows what was cut */
    append_text(to, OPTION_NAME, interface->name);
    append_text(to, OPTION_DESCRIPTION, interface->description);
    append_option(to, OPTION_TIME_RESOLUTION, &resolution, 1);
    if (interface->early) {
        uint64_t offset = GUINT64_TO_LE((uint64_t)PCAPNG_EARLY_SECONDS);
        append_option(to, OPTION_TIME_OFFSET, &offset, sizeof offset);
    }
    append_end_of_options(to);
    end_block(to, start);
}

void pcapng_append_packet(GByteArray *to, uint32_t number, const PcapngInterface *of,
                          const Frame *frame, const char *const comments[2])
{
    uint64_t time = (uint64_t)frame->time;
    if (of->early)
        time -= (uint64_t)PCAPNG_EARLY_SECONDS * (uint64_t)NS_PER_SECOND;
    uint64_t ticks = ticks_of(resolution_of(of->tick), time);
    guint start = begin_block(to, BLOCK_ENHANCED_PACKET);
    append_u32(to, number);
    append_u32(to, (uint32_t)(ticks >> 32));
    append_u32(to, (uint32_t)ticks);
    append_u32(to, (uint32_t)frame->bytes.length);
    append_u32(to, frame->wire_length);
    append_padded(to, frame->bytes.bytes, frame->bytes.length);
    for (unsigned i = 0; comments && i < 2; i++)
        append_text(to, OPTION_COMMENT, comments[i]);
    if (comments)
        append_end_of_options(to);
    end_block(to, start);
}
