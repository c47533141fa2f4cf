/* Writes the blocks of a pcapng file (draft-ietf-opsawg-pcapng). They are little-endian on every
 * machine, so the same packets give the same bytes. Pure; the caller owns the array.
 *
 * A file is one section header, then interface descriptions and packets in any mixture. Each
 * interface comes before its first packet. */
#ifndef CAPTURE_PCAPNG_WRITER_H
#define CAPTURE_PCAPNG_WRITER_H

#include <glib.h>

#include "capture/reader.h"

/* How the name of the application begins in what this program writes. */
#define PCAPNG_APPLICATION "connaudit "

/* Texts are cut to this many bytes. */
#define PCAPNG_TEXT_MAX 4096

/* `application` names the writing program; `comment` is for the reader of the file. */
void pcapng_append_section(GByteArray *to, const char *application, const char *comment);

/* Interfaces are numbered from 0 in the order in which they are appended. Their clock counts
 * nanoseconds, or ticks that are longer than a microsecond, from 1970 on; for earlier times it
 * counts from PCAPNG_EARLY on. */
typedef struct PcapngInterface {
    int link_type; /* DLT_ value */
    bool early;    /* for packets from before 1970 */
    uint32_t tick; /* of its clock, as in ClockMark */
    const char *name, *description;
} PcapngInterface;

#define PCAPNG_EARLY_SECONDS (-(NANOSECONDS_MAX / NS_PER_SECOND) - 1)

void pcapng_append_interface(GByteArray *to, const PcapngInterface *interface);

/* `of` must describe the interface of that number; the time of the frame must not lie before the
 * start of its clock. `comments`: at most two of them; NULL: none. */
void pcapng_append_packet(GByteArray *to, uint32_t number, const PcapngInterface *of,
                          const Frame *frame, const char *const comments[2]);

/* Secrets of TLS, as a key log, for the packets behind them. */
void pcapng_append_secrets(GByteArray *to, Span keylog);

#endif
