/* What a rule's predicate hands over beside its yes: who, how grave, the frames, the numbers, one
 * sentence. */
#ifndef JUDGE_FINDING_BUILDER_H
#define JUDGE_FINDING_BUILDER_H

#include <glib.h>

#include "http/exchange.h"
#include "judge/declared.h"
#include "judge/rules.h"

/* More frames do not make a finding clearer. */
#define FINDING_FRAMES_MAX 6

typedef struct FindingBuilder {
    Severity severity;
    Party party;
    uint32_t exchange; /* 0: the connection as a whole */
    Nanoseconds time;
    const char *host, *target; /* borrowed; NULL: not known, or nobody wants them */
    FrameId frames[FINDING_FRAMES_MAX];
    unsigned frame_count;
    GString *evidence, *message; /* NULL: nobody wants the texts */
} FindingBuilder;

/* No frame (0), one that is there already and one too many are left out. */
void builder_frame(FindingBuilder *builder, FrameId frame);

/* name=NUMBER, relative to the initial sequence number, as Wireshark shows it. NO_OFFSET is left
 * out. */
void builder_offset(FindingBuilder *builder, const char *name, int64_t offset);

/* r, e, k of a request: its first byte, one past its last, what it acknowledged. */
void builder_request(FindingBuilder *builder, const MessageFacts *request);
/* s, t, u of a response, the same way. */
void builder_response(FindingBuilder *builder, const MessageFacts *response);
/* c, a of a closing segment: its number, what it acknowledged. */
void builder_closing(FindingBuilder *builder, const Stamp *stamp);

/* The sentence, or more of it. */
void builder_say(FindingBuilder *builder, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* "1.250 s", or "0.000852 s" if it is less than a millisecond. */
void builder_say_seconds(FindingBuilder *builder, Nanoseconds duration);
/* An escaped text, cut if it is long; `otherwise` if it is empty. */
void builder_say_text(FindingBuilder *builder, const char *text, const char *otherwise);

#endif
