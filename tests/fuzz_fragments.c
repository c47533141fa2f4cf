/* Six bytes make a fragment: which datagram (two bits each for identification and direction, one
 * for the network, one for the version of IP, one for more to come), offset and length in units of
 * eight bytes, minus the length's odd bytes, how much of it was not captured, seconds since the
 * last one, and whether its bytes differ from the first version of its datagram.
 *
 * These must hold: at each place, a complete datagram has a byte that some fragment had there, and
 * exactly that byte if all fragments agree; held data stays within its limits; every accepted
 * fragment is in a datagram that was completed, waits, or is counted as given up. */
#include <glib.h>

#include "decode/fragments.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD_BYTES 6

static const FragmentLimits LIMITS = { .datagrams = 6, .bytes = 4096, .pieces = 12 };

static uint8_t byte_at(size_t offset, bool other)
{
    return (uint8_t)(offset * 7 + offset / 251 + (other ? 101 : 0));
}

static void assert_whole(const Layer *layer, bool mixed)
{
    g_assert_cmpuint(layer->bytes.length, <=, layer->wire_length);
    g_assert_cmpuint(layer->wire_length, <=, 65535);
    for (size_t i = 0; i < layer->bytes.length; i++) {
        uint8_t byte = layer->bytes.bytes[i];
        g_assert_true(byte == byte_at(i, false) || (mixed && byte == byte_at(i, true)));
    }
}

static DecodeResult add(Fragments *fragments, const uint8_t *record, Nanoseconds time,
                        Layer *ret_layer)
{
    uint8_t version = record[0] & 0x20 ? 6 : 4, protocol = 0;
    IpAddress source = { .bytes = { 10, record[0] >> 2 & 3 }, .version = version };
    IpAddress destination = { .bytes = { 10, 9 }, .version = version };
    IpFragment fragment = { .identification = record[0] & 3u,
                            .version = version,
                            .protocol = 6,
                            .offset = record[1] * 8u,
                            .more = record[0] & 0x40 };
    uint32_t length = (record[2] & 0x3fu) * 8u + (record[2] >> 6);
    g_autofree uint8_t *bytes = g_malloc(length + 1);
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = byte_at(fragment.offset + i, record[5] & 1);
    *ret_layer = (Layer){ .bytes = span_make(bytes, length - MIN(length, record[3])),
                          .wire_length = length,
                          .network = record[0] >> 4 & 1 };
    return fragments_add(fragments, &fragment, &source, &destination, time, ret_layer, &protocol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Fragments) fragments = fragments_new(&LIMITS);
    const FragmentCounters *counters = fragments_counters(fragments);
    Nanoseconds time = 0;
    uint64_t refused = 0, held = 0;
    bool mixed = false;
    for (; size >= RECORD_BYTES; data += RECORD_BYTES, size -= RECORD_BYTES) {
        Layer layer;
        time += (int8_t)data[4] * NS_PER_SECOND;
        mixed |= data[5] & 1;
        fragments_release(fragments);
        DecodeResult result = add(fragments, data, time, &layer);
        if (result == DECODE_SEGMENT)
            assert_whole(&layer, mixed);
        held += result == DECODE_FRAGMENT;
        refused += result == DECODE_LIMIT;
        g_assert_true(result == DECODE_SEGMENT || result == DECODE_FRAGMENT ||
                      result == DECODE_MALFORMED || result == DECODE_LIMIT);
        g_assert_cmpuint(fragments_held(fragments), <=, LIMITS.bytes);
        g_assert_cmpuint(counters->alone, <=, held);
        g_assert_cmpuint(counters->alone + counters->given_up, <=, held + refused);
        g_assert_cmpuint(counters->conflicts, <=, counters->overlaps);
        g_assert_true(mixed || counters->conflicts == 0);
    }
    return 0;
}
