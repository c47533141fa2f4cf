/* Reads a pcapng file by walking over its blocks (draft-ietf-opsawg-pcapng). */
#ifndef CAPTURE_PCAPNG_H
#define CAPTURE_PCAPNG_H

#include "capture/input.h"
#include "capture/reader.h"

typedef struct Pcapng Pcapng;

/* A packet as a file has it, whatever its format. */
typedef struct CapturePacket {
    uint64_t number; /* Wireshark's frame number */
    Nanoseconds time;
    bool timed;    /* the file states a time */
    uint32_t tick; /* as in ClockMark */
    /* this program wrote the file, and it states this ClockMark.set_back */
    bool states_set_back;
    uint32_t set_back;
    uint32_t wire_length;
    unsigned link; /* index in CaptureInfo.links; link_count: not among them */
    int link_type;
    Span bytes;
} CapturePacket;

/* Reads `input`, and records in `info` the links, drops and blocks that it passes. The caller keeps
 * both and must not free them earlier. */
Pcapng *pcapng_new(CaptureInput *input, CaptureInfo *info);

/* Who takes its secrets; borrowed. Without that nobody does. */
void pcapng_set_secrets(Pcapng *pcapng, const CaptureSecrets *secrets);

typedef enum PcapngStep {
    PCAPNG_PACKET, /* its bytes stay valid until the next call */
    PCAPNG_END,
    PCAPNG_CUT,    /* the input ends within a block */
    PCAPNG_BROKEN, /* a block violates the format or contradicts itself */
} PcapngStep;

PcapngStep pcapng_next(Pcapng *pcapng, CapturePacket *ret_packet);

/* The problem, for a person; it lives as long as `pcapng`. */
const char *pcapng_failure(const Pcapng *pcapng);

/* Returns whether there is a section at all: a complete header of a known version. */
bool pcapng_is_open(const Pcapng *pcapng);

/* The number of the last frame passed. */
uint64_t pcapng_frames(const Pcapng *pcapng);

/* The finest resolution among the interfaces passed so far, in decimals: 6 or 9. */
unsigned pcapng_time_digits(const Pcapng *pcapng);

/* The maximum size of a block: that of libpcap. */
#define PCAPNG_BLOCK_MAX (16 * 1024 * 1024)

#define PCAPNG_BLOCK_SECRETS 10

/* The key log of TLS, among the kinds of secrets. */
#define PCAPNG_SECRETS_TLS UINT32_C(0x544c534b)

/* The body of a Decryption Secrets Block: whether it holds a key log of TLS. Of a length beyond the
 * block nothing is taken: the length may be as wrong as the text. */
bool pcapng_secrets_parse(Span body, bool big_endian, Span *ret_keylog);

void pcapng_free(Pcapng *pcapng);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pcapng, pcapng_free)

/* What two times of a clock differ by at least, whose if_tsresol this is: ClockMark.tick. */
uint32_t capture_tick_of_resolution(uint8_t resolution);

#endif
