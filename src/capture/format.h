/* What the first bytes of a capture file tell before any packet is read. Pure. */
#ifndef CAPTURE_FORMAT_H
#define CAPTURE_FORMAT_H

#include "base/span.h"

typedef enum CaptureFormat {
    CAPTURE_FORMAT_UNKNOWN,
    CAPTURE_FORMAT_PCAP,
    CAPTURE_FORMAT_PCAPNG,
} CaptureFormat;

CaptureFormat capture_format(Span head);

/* The resolution of the file's time stamps as a number of decimals: 6, or 9 for all that is finer than
 * a microsecond. A pcapng file has one for each interface: the finest of those that `head` describes
 * before the first packet. What `head` does not show counts as microseconds, pcapng's default. */
unsigned capture_time_digits(Span head);

#endif
