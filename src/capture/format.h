/* What the first bytes of a capture file show before any packet is read. Pure. */
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include "base/span.h"

typedef enum CaptureFormat {
    CAPTURE_FORMAT_UNKNOWN,
    CAPTURE_FORMAT_PCAP,
    CAPTURE_FORMAT_PCAPNG,
} CaptureFormat;

CaptureFormat capture_format(Span head);

/* The resolution of a pcap file's time stamps, in decimals: 6 or 9; 6 if `head` does not show
 * it. */
unsigned capture_time_digits(Span head);

/* The snap length in the header of a pcap file; 0 if `head` does not show it. */
#define CAPTURE_PCAP_HEADER_SIZE 24
uint32_t capture_snap_length(Span head);

/* The same place of a header that states `snap_length`: its bytes in the order of the file. */
#define CAPTURE_SNAP_LENGTH_AT 16
void capture_snap_length_bytes(Span head, uint32_t snap_length, uint8_t ret_bytes[4]);

/* What the first bytes show the file to be if it is no capture that can be read: a line such as "a
 * zip archive: unpack it first"; NULL: nothing that is known. Static. */
const char *capture_foreign_format(Span head);

#endif
