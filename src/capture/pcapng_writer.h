/* Writes the blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian on every machine:
 * the same packets give the same bytes. Pure; what it appends to is the caller's.
 *
 * A file is one section header, then descriptions of interfaces, each before its first packet, and
 * packets, in any mixture. */
#ifndef CAPTURE_PCAPNG_WRITER_H
#define CAPTURE_PCAPNG_WRITER_H

#include <glib.h>

#include "capture/reader.h"

/* Texts are cut to this many bytes. */
#define PCAPNG_TEXT_MAX 4096

/* `application` wrote it; `comment` is for who opens it. */
void pcapng_append_section(GByteArray *to, const char *application, const char *comment);

/* Interfaces are numbered from 0 in the order in which they are appended. Their clock counts
 * nanoseconds from 1970, or, for times before that, from PCAPNG_EARLY on. */
typedef struct PcapngInterface {
    int link_type; /* DLT_ value */
    bool early;    /* of packets from before 1970 */
    const char *name, *description;
} PcapngInterface;

#define PCAPNG_EARLY_SECONDS (-(NANOSECONDS_MAX / NS_PER_SECOND) - 1)

void pcapng_append_interface(GByteArray *to, const PcapngInterface *interface);

/* `early` as its interface has it: the time of the frame must not lie before that. */
void pcapng_append_packet(GByteArray *to, uint32_t interface, bool early, const Frame *frame,
                          const char *comment);

/* How files number a DLT_ value of this system. */
uint16_t capture_link_type_in_file(int link_type);

#endif
