/* Writes the packets of chosen connections, each connection's into a capture of its own.
 *
 * It goes along with a second analysis of the same inputs, which tells it of every frame what became
 * of it. Frames keep their order. All writing is done through an Output, which makes the captures
 * appear at its commit.
 *
 * Grammar: new · frame* · finish · free. */
#ifndef GATHERER_H
#define GATHERER_H

#include "capture/inputs.h"
#include "decode/decode.h"
#include "exhibits.h"
#include "report/output.h"

/* Frames that wait because a fragment before them may yet turn out to be wanted. */
typedef struct GathererLimits {
    unsigned frames;
    size_t bytes;
    size_t unwritten; /* bytes of captures that are kept before they are written out */
} GathererLimits;

#define GATHERER_LIMITS_DEFAULT                                                                    \
    ((GathererLimits){ .frames = 4096, .bytes = 16 << 20, .unwritten = 8 << 20 })

typedef struct Gatherer Gatherer;

/* What became of a frame. */
typedef struct FrameFate {
    DecodeResult result;
    const DecodeTrail *trail;
    FrameId connection; /* SegmentOwner.belongs; 0 without a segment */
} FrameFate;

/* All borrowed, and to live longer. NULL and `error` if one of the captures cannot be begun: they are the
 * next files of `output`, in the order of `exhibits`. */
Gatherer *gatherer_new(const Exhibits *exhibits, const CaptureInputs *inputs,
                       const GathererLimits *limits, const char *version, Output *output,
                       GError **error);

void gatherer_frame(Gatherer *gatherer, const Frame *frame, const FrameFate *fate);

/* More frames are of no use. */
bool gatherer_failed(const Gatherer *gatherer);

/* An analysis is over; another one may begin. */
void gatherer_pause(Gatherer *gatherer);

/* After the last frame. False and `error` if something could not be written. */
bool gatherer_finish(Gatherer *gatherer, GError **error);

uint64_t gatherer_packets(const Gatherer *gatherer, unsigned index);

/* Fragments given up at a bound: one of the captures may lack them. */
uint64_t gatherer_given_up(const Gatherer *gatherer);

void gatherer_free(Gatherer *gatherer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Gatherer, gatherer_free)

#endif
