/* The connections of which --evidence writes a capture: those that are contradicted or have a
 * finding of severity error, in the order in which they became final, up to a bound. */
#ifndef PACKETS_EVIDENCE_LIST_H
#define PACKETS_EVIDENCE_LIST_H

#include "audit/listener.h"

#define EVIDENCE_DEFAULT 1000
#define EVIDENCE_MAX 100000

typedef struct EvidenceItem {
    AuditPosition position; /* when the connection became final */
    FrameId connection;     /* its first frame */
    bool contradicted;
    Cause cause; /* of a contradicted one */
    Rule rule;   /* of any other: the first rule broken with severity error */
    uint8_t randoms[TLS_RANDOMS_MAX][TLS_RANDOM_SIZE]; /* of its TLS */
    unsigned random_count;
    bool opened; /* its TLS, with secrets: without them it cannot be judged again */
} EvidenceItem;

typedef struct EvidenceList {
    GArray *list; /* EvidenceItem */
    unsigned max;
    uint64_t left_out; /* beyond it */
} EvidenceList;

EvidenceList *evidence_list_new(unsigned max);

/* Each connection that has ended and has what is looked for. */
void evidence_list_consider(EvidenceList *evidence_list, const EndedConnection *ended);

/* `evidence_list` is borrowed. */
AuditListener evidence_list_listener(EvidenceList *evidence_list);

/* Adds what another list of the same run took, that of an engine with other connections. */
void evidence_list_merge(EvidenceList *evidence_list, const EvidenceList *from);

const EvidenceItem *evidence_list_get(const EvidenceList *evidence_list, unsigned index);

/* How many of them were opened. */
uint64_t evidence_list_opened(const EvidenceList *evidence_list);

bool evidence_list_equal(const EvidenceList *a, const EvidenceList *b);

/* Why it is one: a cause or a rule; static. */
const char *evidence_item_reason(const EvidenceItem *evidence_item);

/* "1-42-keepalive_race.pcapng"; owned by the caller. */
char *evidence_item_file_name(const EvidenceItem *evidence_item);

void evidence_list_free(EvidenceList *evidence_list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvidenceList, evidence_list_free)

#endif
