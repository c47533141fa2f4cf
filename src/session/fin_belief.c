#include "session/fin_belief.h"

FinEvidence fin_evidence(const Half *half, const SessionEnd *session, const MessagesEnd *messages)
{
    const FinFact *fin = &half->fin;
    const TailGap *gap = &session->gap;
    if (stamp_is_set(&session->stamp))
        return (FinEvidence){ .belief = FIN_SURE,
                              .fact = { .proof = FIN_SEEN, .stamp = session->stamp },
                              .by_session = session->close };
    if (fin->proof == FIN_SEEN || fin->proof == FIN_RETRANSMITTED)
        return (FinEvidence){ .belief = FIN_SURE, .fact = *fin };
    if (fin->proof == FIN_IMPLIED)
        return (FinEvidence){ .belief = messages->whole ? FIN_SURE : FIN_PERHAPS, .fact = *fin };
    if (!stamp_is_set(&gap->last) || !gap->is_loss || !half->seen)
        return (FinEvidence){ .belief = FIN_NOT };
    FinEvidence evidence = { .belief = messages->one_left ? FIN_SURE : FIN_PERHAPS,
                             .fact = { .proof = FIN_IMPLIED, .stamp = gap->last } };
    evidence.fact.stamp.acked = NO_OFFSET;
    return evidence;
}
