/* Writes the packets of chosen connections, each connection's into a capture of its own.
 *
 * It goes along with a second analysis of the same inputs, which tells it of every frame what became
 * of it. Frames keep their order. All writing is done through an Output, which makes the captures
 * appear at its commit.
 *
 * Grammar: new · frame* · finish · free. */
#ifndef EVIDENCE_WRITER_H
#define EVIDENCE_WRITER_H

#include "capture/inputs.h"
#include "decode/decode.h"
#include "evidence_list.h"
#include "report/output.h"

/* Frames that wait because a fragment before them may yet turn out to be wanted. */
typedef struct EvidenceWriterLimits {
    unsigned frames;
    size_t bytes;
    size_t unwritten; /* bytes of captures that are kept before they are written out */
} EvidenceWriterLimits;

#define EVIDENCE_WRITER_LIMITS_DEFAULT                                                             \
    ((EvidenceWriterLimits){ .frames = 4096, .bytes = 16 << 20, .unwritten = 8 << 20 })

typedef struct EvidenceWriter EvidenceWriter;

/* What became of a frame. */
typedef struct FrameResult {
    DecodeResult result;
    const DecodeTrail *trail;
    FrameId connection; /* SegmentOwner.belongs; 0 without a segment */
} FrameResult;

/* All borrowed, and to live longer. NULL and `error` if one of the captures cannot be begun: they are the
 * next files of `output`, in the order of `evidence_list`. */
EvidenceWriter *evidence_writer_new(const EvidenceList *evidence_list, const CaptureInputs *inputs,
                                    const EvidenceWriterLimits *limits, const char *version,
                                    Output *output, GError **error);

void evidence_writer_frame(EvidenceWriter *evidence_writer, const Frame *frame,
                           const FrameResult *frame_result);

/* More frames are of no use. */
bool evidence_writer_failed(const EvidenceWriter *evidence_writer);

/* An analysis is over; another one may begin. */
void evidence_writer_pause(EvidenceWriter *evidence_writer);

/* After the last frame. False and `error` if something could not be written. */
bool evidence_writer_finish(EvidenceWriter *evidence_writer, GError **error);

uint64_t evidence_writer_packets(const EvidenceWriter *evidence_writer, unsigned index);

/* Fragments given up at a bound: one of the captures may lack them. */
uint64_t evidence_writer_given_up(const EvidenceWriter *evidence_writer);

void evidence_writer_free(EvidenceWriter *evidence_writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvidenceWriter, evidence_writer_free)

#endif
