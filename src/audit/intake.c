#include "audit/intake.h"

#include "decode/address_pairs.h"

struct Intake {
    Filter *filter;
    Decoder *decoder;
    AddressPairs *quic;
    Front *front;
    AuditCounters *counters;
    uint64_t order; /* frames taken so far */
};

Intake *intake_new(const StreamLimits *limits, Filter *filter, AuditCounters *counters)
{
    Intake *intake = g_new0(Intake, 1);
    intake->filter = filter;
    intake->decoder = decoder_new();
    intake->quic = address_pairs_new();
    intake->front = front_new(limits->pairs, limits->seed);
    intake->counters = counters;
    return intake;
}

static void count_frame(AuditCounters *counters, DecodeResult result, bool wanted)
{
    if (!counters)
        return;
    counters->frames++;
    if (wanted)
        counters->decoded[result]++;
    else
        counters->filtered++;
}

/* HTTP/3 may be in it: the summary says that it was seen. */
static void count_quic(Intake *intake, const Segment *segment)
{
    AuditCounters *counters = intake->counters;
    bool full;
    if (!counters)
        return;
    counters->quic_pairs +=
        address_pairs_add(intake->quic, &segment->source, &segment->destination, &full);
    counters->quic_packets_uncounted += full;
}

/* What a filter leaves out is decoded all the same: the numbers of streams are those of the whole
 * file, in which Wireshark counts also what is hardly a segment. */
void intake_take(Intake *intake, const Frame *frame, TakenFrame *ret_taken)
{
    Segment *segment = &ret_taken->segment;
    bool wanted = !intake->filter || filter_matches(intake->filter, frame);
    DecodeResult result = decode_frame(intake->decoder, frame, segment);
    count_frame(intake->counters, result, wanted);
    ret_taken->frame = frame;
    ret_taken->order = ++intake->order;
    ret_taken->result = result;
    ret_taken->trail = decoder_trail(intake->decoder);
    ret_taken->has_segment = result == DECODE_SEGMENT && wanted;
    if (ret_taken->has_segment) {
        segment->order = intake->order;
        front_feed(intake->front, segment, &ret_taken->arrival);
        return;
    }
    if (wanted && decoder_found_quic(intake->decoder))
        count_quic(intake, segment);
    if (result == DECODE_SEGMENT || decoder_found_stub(intake->decoder))
        front_pass(intake->front, segment);
}

void intake_finish(const Intake *intake)
{
    if (intake->counters)
        decoder_settle(intake->decoder, intake->counters->decoded);
}

void intake_free(Intake *intake)
{
    if (!intake)
        return;
    front_free(intake->front);
    decoder_free(intake->decoder);
    address_pairs_free(intake->quic);
    g_free(intake);
}
