/* The rules about proxies (docs/rules.md): asked about the pairs of a block. */
#ifndef HOPS_HOP_RULES_H
#define HOPS_HOP_RULES_H

#include "hops/block.h"
#include "judge/findings.h"

/* Of further connections the rows of the pairs alone show what is broken. */
#define HOP_FINDINGS_MAX 65536

/* A finding at a connection: the front's of a request, the back's of a response. */
typedef struct HopFinding {
    LegPath path;
    bool matches; /* what is looked for was found in one of its cases */
    Finding finding;
} HopFinding;

/* What led to an error of the proxy's own. */
typedef enum HopFault {
    HOP_FAULT_RACE,      /* the request crossed the closing of an idle connection */
    HOP_FAULT_FORGOTTEN, /* the server no longer knew the connection */
    HOP_FAULT_AFTER_FIN, /* the proxy did not notice that the server had closed */
    HOP_FAULT_SERVER,    /* the server closed without an answer */
    HOP_FAULT_TIMEOUT,   /* the proxy gave up waiting */
    HOP_FAULT_PROXY,     /* nothing was sent on */
} HopFault;
#define HOP_FAULT_COUNT (HOP_FAULT_PROXY + 1)

/* `back`: the front's last one; NULL: none. */
HopFault hop_fault_of(const Leg *front, const Leg *back);

/* How often a proxy answered so, because of this. */
typedef struct HopError {
    Endpoint server; /* of the fronts */
    int status;
    HopFault fault;
    Endpoint back_server; /* without an address: nothing was sent on */
    uint64_t count;
    Nanoseconds
        longest; /* from the request behind the proxy, else from the front's, to the answer */
} HopError;

/* Further kinds are left out: nobody reads so many. */
#define HOP_ERRORS_MAX 64

/* Of all blocks. */
typedef struct HopFindings {
    GArray *errors;     /* HopError */
    GArray *list;       /* HopFinding */
    uint64_t left_out;  /* cases that are not in the list, which is full */
    GHashTable *places; /* private */
} HopFindings;

void hop_findings_init(HopFindings *found);
/* By connection, then by rule; nothing is added after that. */
void hop_findings_sort(HopFindings *found);
void hop_findings_clear(HopFindings *found);

/* Sets the findings of backs and fronts, and adds them to `found`: one a rule and connection. Asked
 * about are the pairs whose front began before `until`, and that no earlier block has decided. */
void block_find(Block *block, HopFindings *found, Instant until, bool pedantic);

#endif
