/* Builds capture files for tests, in all forms that the reader must know. */
#ifndef TESTS_CAPTURE_BUILDER_H
#define TESTS_CAPTURE_BUILDER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct CaptureShape {
    const char *name;
    bool pcapng;
    bool big_endian;
    bool nano;              /* pcap: nanoseconds */
    bool states_resolution; /* pcapng: the interface has if_tsresol */
    uint8_t resolution;     /* its value */
    uint16_t link_type;
} CaptureShape;

typedef struct CaptureRecord {
    uint32_t high,
        low; /* the time as stored in the file: seconds and fraction, or pcapng's two halves */
    uint32_t captured, claimed;
} CaptureRecord;

/* The headers before the first packet; for pcapng a section and one interface. */
void capture_build_headers(GByteArray *file, const CaptureShape *shape);

/* pcapng: one more interface. */
void capture_build_interface(GByteArray *file, const CaptureShape *shape);

/* A packet whose byte at offset i is (seed + i) modulo 256. */
void capture_build_packet(GByteArray *file, const CaptureShape *shape, const CaptureRecord *record,
                          uint8_t seed);

#endif
