/* Writes the packets of chosen connections, each connection's into a capture of its own.
 *
 * It goes along with a second pass over the same inputs, which tells it of every frame what became
 * of it. Frames keep their order. Where the captures go, and when they appear, is its caller's
 * matter.
 *
 * Grammar: new · add_secrets? · frame* · finish · free. */
#ifndef PACKETS_EVIDENCE_WRITER_H
#define PACKETS_EVIDENCE_WRITER_H

#include "audit/listener.h"
#include "capture/inputs.h"
#include "packets/evidence_list.h"

/* Frames that wait because a fragment before them may yet turn out to be wanted. */
typedef struct EvidenceWriterLimits {
    unsigned frames;
    size_t bytes;
    size_t unwritten; /* bytes of captures that are kept before they are written out */
} EvidenceWriterLimits;

#define EVIDENCE_WRITER_LIMITS_DEFAULT                                                             \
    ((EvidenceWriterLimits){ .frames = 4096, .bytes = 16 << 20, .unwritten = 8 << 20 })

typedef struct EvidenceWriter EvidenceWriter;

/* Files that bytes can be appended to; the caller's. Each function: false and `error` if it
 * failed. */
typedef struct EvidenceFiles {
    void *data;
    bool (*add)(void *data, const char *name, unsigned *ret_index, GError **error);
    bool (*append)(void *data, unsigned index, const void *bytes, size_t size, GError **error);
} EvidenceFiles;

/* What each packet of a connection is, in words, for its comment; NULL: nothing special. */
typedef struct EvidenceRoles {
    void *data;
    const char *(*role)(void *data, FrameId connection, FrameId frame);
} EvidenceRoles;

/* `roles` NULL: nothing is known. All but the three structs is borrowed, and to live longer. The
 * captures are added to `files` in the order of `evidence_list`; NULL and `error` if one cannot
 * be. */
EvidenceWriter *evidence_writer_new(const EvidenceList *evidence_list, const CaptureInputs *inputs,
                                    const EvidenceWriterLimits *limits, const char *version,
                                    const EvidenceFiles *files, const EvidenceRoles *roles,
                                    GError **error);

/* Before the first frame: each capture begins with the lines of its TLS, if `keys` has some. False
 * and `error` if one cannot be written. */
bool evidence_writer_add_secrets(EvidenceWriter *writer, const TlsKeys *keys, GError **error);

void evidence_writer_frame(EvidenceWriter *writer, const Frame *frame, const FrameResult *result);

/* Its listener. `writer` is borrowed. */
AuditListener evidence_writer_listener(EvidenceWriter *writer);

/* More frames are of no use. */
bool evidence_writer_failed(const EvidenceWriter *writer);

/* An engine is done with its frames; those of another one may begin. */
void evidence_writer_pause(EvidenceWriter *writer);

/* After the last frame. False and `error` if something could not be written. */
bool evidence_writer_finish(EvidenceWriter *writer, GError **error);

uint64_t evidence_writer_packets(const EvidenceWriter *writer, unsigned index);

/* Fragments given up at a bound: one of the captures may lack them. */
uint64_t evidence_writer_given_up(const EvidenceWriter *writer);

void evidence_writer_free(EvidenceWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvidenceWriter, evidence_writer_free)

#endif
