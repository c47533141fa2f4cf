/* The connections of which --evidence writes a capture: those that are contradicted or have a finding of
 * severity error, in the order in which they became final, up to a bound. */
#ifndef EXHIBITS_H
#define EXHIBITS_H

#include "judge/findings.h"

#define EXHIBITS_DEFAULT 1000
#define EXHIBITS_MAX 100000

typedef struct Exhibit {
    FrameId connection; /* its first frame */
    bool contradicted;
    Cause cause; /* of a contradicted one */
    Rule rule;   /* of any other: the first rule broken with severity error */
} Exhibit;

typedef struct Exhibits {
    GArray *list; /* Exhibit */
    unsigned max;
    uint64_t left_out; /* beyond it */
} Exhibits;

Exhibits *exhibits_new(unsigned max);

/* A connection that has ended. `decision` may be NULL. */
void exhibits_consider(Exhibits *exhibits, FrameId connection, const Decision *decision,
                       const Finding *findings, size_t count);

const Exhibit *exhibits_get(const Exhibits *exhibits, unsigned index);

bool exhibits_equal(const Exhibits *a, const Exhibits *b);

/* Why it is one: a cause or a rule; static. */
const char *exhibit_reason(const Exhibit *exhibit);

/* "1-42-keepalive_race.pcapng"; owned by the caller. */
char *exhibit_file_name(const Exhibit *exhibit);

void exhibits_free(Exhibits *exhibits);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Exhibits, exhibits_free)

#endif
