#include "session/fin_belief.h"

static FinFact implied_by(const TailGap *gap)
{
    FinFact fact = { .proof = FIN_IMPLIED, .stamp = gap->last };
    fact.stamp.acked = NO_OFFSET;
    return fact;
}

static FinEvidence evidence_of_carrier(const Half *half, const SessionEnd *session,
                                       const MessagesEnd *messages)
{
    const FinFact *fin = &half->fin;
    const TailGap *gap = &session->gap;
    if (fin->proof == FIN_SEEN || fin->proof == FIN_RETRANSMITTED)
        return (FinEvidence){ .belief = FIN_SURE, .fact = *fin };
    if (fin->proof == FIN_IMPLIED)
        return (FinEvidence){ .belief = messages->whole ? FIN_SURE : FIN_PERHAPS, .fact = *fin };
    bool may_be = messages->one_left || stamp_is_set(&half->fin_in_gap);
    if (!stamp_is_set(&gap->last) || !gap->is_loss || !half->seen || !may_be)
        return (FinEvidence){ .belief = FIN_NOT };
    return (FinEvidence){ .belief = messages->one_left ? FIN_SURE : FIN_PERHAPS,
                          .fact = implied_by(gap) };
}

FinEvidence fin_evidence(const Half *half, const SessionEnd *session, const MessagesEnd *messages)
{
    if (stamp_is_set(&session->stamp))
        return (FinEvidence){ .belief = FIN_SURE,
                              .fact = { .proof = FIN_SEEN, .stamp = session->stamp },
                              .by_session = session->close };
    FinEvidence evidence = evidence_of_carrier(half, session, messages);
    const TailGap *gap = &session->gap;
    if (session->close == SESSION_END_LOST && stamp_is_set(&gap->last) && gap->is_loss)
        evidence.earlier = implied_by(gap);
    return evidence;
}
