/* What a rule's predicate hands over beside its yes: who, how grave, the frames, the numbers, one
 * sentence. */
#ifndef JUDGE_PROOF_H
#define JUDGE_PROOF_H

#include <glib.h>

#include "http/exchange.h"
#include "judge/declared.h"
#include "judge/rules.h"

/* More do not make a proof clearer. */
#define FINDING_FRAMES_MAX 6

typedef struct Proof {
    Severity severity;
    Party party;
    uint32_t exchange; /* 0: the connection as a whole */
    FrameId frames[FINDING_FRAMES_MAX];
    unsigned frame_count;
    GString *evidence, *message; /* NULL: nobody wants the texts */
} Proof;

/* No frame (0), one that is there already and one too many are left out. */
void proof_frame(Proof *proof, FrameId frame);

/* name=NUMBER, relative to the initial sequence number, as Wireshark shows it. NO_OFFSET is left
 * out. */
void proof_offset(Proof *proof, const char *name, int64_t offset);

/* r, e, k of a request: its first byte, one past its last, what it acknowledged. */
void proof_request(Proof *proof, const MessageFacts *request);
/* s, t, u of a response, the same way. */
void proof_response(Proof *proof, const MessageFacts *response);
/* c, a of a closing segment: its number, what it acknowledged. */
void proof_closing(Proof *proof, const Stamp *stamp);

/* The sentence, or more of it. */
void proof_say(Proof *proof, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "1.250 s", or "0.000852 s" if it is less than a millisecond. */
void proof_say_seconds(Proof *proof, Nanoseconds duration);
/* An escaped text, cut if it is long; `otherwise` if it is empty. */
void proof_say_text(Proof *proof, const char *text, const char *otherwise);

#endif
