/* Who ended a connection, and how: in sequence space (judgement.md §3, Who ended it). Pure. */
#ifndef JUDGE_ENDING_H
#define JUDGE_ENDING_H

#include "judge/verdict.h"
#include "session/fin_belief.h"
#include "stream/connection.h"

typedef enum EndHow { END_HOW_NONE, END_HOW_FIN, END_HOW_RST } EndHow;
#define END_HOW_COUNT (END_HOW_RST + 1)

/* How one side closed. What its closing acknowledged is an interval where the first FIN was
 * lost. */
typedef struct Closing {
    EndHow how; /* END_HOW_NONE: it did not, and nothing below is set */
    Stamp stamp;
    /* offsets of the peer's stream. Nothing is known: NO_OFFSET, INT64_MAX */
    int64_t acked_least, acked_most;
    bool latest_only; /* stamp.time is an upper bound: it proves "too early", never "long enough" */
    bool bare;        /* a RST without ACK flag */
    SessionClose by_session; /* END_HOW_FIN: FinEvidence.by_session */
    FrameId answers_next;    /* RstFact.answers_next */
} Closing;

typedef struct Ending {
    unsigned possible; /* Ender bits; one: known */
    EndHow how;        /* END_HOW_NONE: open, or not known */
    /* the closing segment; of two at once the first; not known: the first that may be */
    Stamp stamp;
    bool latest_only;
    SessionClose by_session; /* Closing.by_session */
    /* a bare RST answers a segment of the other side that the capture lacks: it may have been a
     * request, and if the RST is the end, a FIN */
    bool segment_missing;
    ReasonSet reasons; /* what is missing */
    Closing client, server;
} Ending;

/* `client`: its side index. `fin`: by side. A FIN_PERHAPS is read both ways, and what either way
 * gives is possible. */
Ending ending_of(const Connection *connection, int client, const FinEvidence fin[2]);

/* Whether a reset came before these bytes, or that FIN, of its own sender (`own`) or of the other
 * side. What is captured behind it, but stood before it in its sender's numbers, or was
 * acknowledged by it, had come earlier; a bare one is numbered by what it answers, and its place is
 * not sure. */
bool reset_came_before(const RstFact *reset, bool own, const Stamp *other);

/* The word of the reports, static; "" for END_HOW_NONE. */
const char *end_how_name(EndHow how);

#endif
