#include "capture_builder.h"

static void put(GByteArray *file, bool big_endian, uint32_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        unsigned shift = 8 * (big_endian ? size - 1 - i : i);
        g_byte_array_append(file, &(uint8_t){ (uint8_t)(value >> shift) }, 1);
    }
}

static void put_u16(GByteArray *file, const CaptureShape *shape, uint16_t value)
{
    put(file, shape->big_endian, value, 2);
}

static void put_u32(GByteArray *file, const CaptureShape *shape, uint32_t value)
{
    put(file, shape->big_endian, value, 4);
}

void capture_build_interface(GByteArray *file, const CaptureShape *shape)
{
    uint32_t length = shape->states_resolution ? 32 : 20;
    put_u32(file, shape, 1);
    put_u32(file, shape, length);
    put_u16(file, shape, shape->link_type);
    put_u16(file, shape, 0);
    put_u32(file, shape, 0); /* no snap length */
    if (shape->states_resolution) {
        put_u16(file, shape, 9); /* if_tsresol, one byte and three of padding */
        put_u16(file, shape, 1);
        put(file, false, shape->resolution, 4);
        put_u32(file, shape, 0); /* end of options */
    }
    put_u32(file, shape, length);
}

void capture_build_headers(GByteArray *file, const CaptureShape *shape)
{
    if (!shape->pcapng) {
        put_u32(file, shape, shape->nano ? 0xa1b23c4d : 0xa1b2c3d4);
        put_u16(file, shape, 2);
        put_u16(file, shape, 4);
        put_u32(file, shape, 0);
        put_u32(file, shape, 0);
        put_u32(file, shape, 262144);
        put_u32(file, shape, shape->link_type);
        return;
    }
    put_u32(file, shape, 0x0a0d0d0a);
    put_u32(file, shape, 28);
    put_u32(file, shape, 0x1a2b3c4d);
    put_u16(file, shape, 1);
    put_u16(file, shape, 0);
    put_u32(file, shape, UINT32_MAX); /* the length of the section is not known */
    put_u32(file, shape, UINT32_MAX);
    put_u32(file, shape, 28);
    capture_build_interface(file, shape);
}

static void put_bytes(GByteArray *file, uint8_t seed, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        g_byte_array_append(file, &(uint8_t){ (uint8_t)(seed + i) }, 1);
}

void capture_build_packet(GByteArray *file, const CaptureShape *shape, const CaptureRecord *record,
                          uint8_t seed)
{
    uint32_t padding = (4 - record->captured % 4) % 4;
    uint32_t length = 32 + record->captured + padding;
    if (shape->pcapng) {
        put_u32(file, shape, 6); /* enhanced packet block, of interface 0 */
        put_u32(file, shape, length);
        put_u32(file, shape, 0);
    }
    put_u32(file, shape, record->high);
    put_u32(file, shape, record->low);
    put_u32(file, shape, record->captured);
    put_u32(file, shape, record->claimed);
    put_bytes(file, seed, record->captured);
    if (shape->pcapng) {
        put(file, false, 0, padding);
        put_u32(file, shape, length);
    }
}
