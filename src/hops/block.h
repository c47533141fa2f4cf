/* A block: the legs of a stretch of capture time, and what is found out about them. */
#ifndef HOPS_BLOCK_H
#define HOPS_BLOCK_H

#include "hops/leg.h"
#include "hops/memory.h"
#include "judge/rules.h"

#define NO_LEG UINT32_MAX

/* No request waits longer in a proxy before it is sent on. */
#define HOP_WAIT_MAX (120 * NS_PER_SECOND)

/* Of more fronts than these nothing tells which one it is. */
#define CANDIDATES_MAX 64

/* A stretch of time in which a connection may hide exchanges. */
typedef struct Hole {
    LegPath path;
    Instant from, to;
    bool pending; /* an exchange has begun there, and has not come yet */
} Hole;

/* What showed which front it is. */
typedef enum HopBasis {
    HOP_BASIS_UNKNOWN, /* nothing did */
    HOP_BASIS_ID,
    HOP_BASIS_PROXY_PROTOCOL,
    HOP_BASIS_FORWARDED,
    HOP_BASIS_TARGET,
    HOP_BASIS_REQUEST,
    HOP_BASIS_RESPONSE,
    HOP_BASIS_ONLY, /* there was one candidate from the start */
    HOP_BASIS_NONE, /* of a front: nothing was sent on */
} HopBasis;
#define HOP_BASIS_COUNT (HOP_BASIS_NONE + 1)
const char *hop_basis_name(HopBasis basis);

/* Why nothing is claimed. */
typedef enum HopDoubt {
    HOP_CERTAIN,
    HOP_AMBIGUOUS,
    HOP_SEVERAL,
    HOP_CONTESTED,
    HOP_GAP,
    HOP_UNANSWERED,
    HOP_REWRITTEN,
    HOP_CARRIED,
    HOP_LAYER,
    HOP_ORPHAN,
    HOP_KEPT,
    HOP_RARE,
    HOP_CAPTURE_ENDED,
    HOP_LIMIT,
    HOP_UNRELATED, /* of a front: something else was sent meanwhile */
} HopDoubt;
#define HOP_DOUBT_COUNT (HOP_UNRELATED + 1)
const char *hop_doubt_name(HopDoubt doubt);

/* A leg as a back exchange. */
typedef struct Back {
    uint32_t first, count; /* its candidates, in Block.candidates */
    bool crowded;          /* more than are kept there */
    bool fixed;            /* an earlier block has decided about it */
    uint32_t front;        /* claimed: the leg that caused it; NO_LEG */
    HopBasis basis;
    HopDoubt doubt;
    uint32_t given_up; /* the front of a claim that was given up; NO_LEG */
    uint32_t attempt;  /* of a claimed one, from 1; 0: an earlier one was given up */
    uint32_t next;     /* the next claimed back of its front; NO_LEG */
    RuleSet findings;  /* of a claimed one */
} Back;

/* Whose answer a front's response is. */
typedef enum AnsweredBy {
    ANSWERED_BY_UNKNOWN,
    ANSWERED_BY_SERVER, /* the back's response, passed on */
    ANSWERED_BY_PROXY,
} AnsweredBy;

/* A leg as a front. */
typedef struct Front {
    uint32_t asked;            /* of how many backs it is a candidate */
    bool crowded;              /* of more, that have too many */
    uint32_t back;             /* its first claimed back; NO_LEG */
    uint32_t given_up;         /* the first back whose claim was given up; NO_LEG */
    bool answered_by_given_up; /* the answer may be that of such a back */
    HopBasis basis;            /* NONE, or of its first back */
    HopDoubt doubt;
    RuleSet findings; /* of one of which nothing was sent on */
} Front;

typedef struct Block {
    Leg *legs; /* by time */
    uint32_t count;
    Hole *holes; /* by `from` */
    uint32_t hole_count;
    Nanoseconds *hole_ends; /* by hole, the latest `to` of it and those before it */
    HopMemory *memory;
    Back *backs;
    Front *fronts;
    GArray *candidates; /* uint32_t: fronts */
} Block;

/* Sorts the legs and the holes; all three are borrowed, until block_clear(). */
void block_init(Block *block, GArray *legs, GArray *holes, HopMemory *memory);
void block_clear(Block *block);

/* Finds pairs, what was not sent on, and why the rest is open. What began before `blind` may lack
 * partners that had to be dropped. */
void block_decide(Block *block, Nanoseconds blind);

/* Of a front with or without backs; of the pair with this one. NO_LEG: of the front alone. */
AnsweredBy block_answered_by(const Block *block, uint32_t front, uint32_t back);

/* Within hops/ --------------------------------------------------------------------------------- */

/* Whether the server of `front` and the client of `back` are proven to be one host; also of a
 * connection that hides something. */
bool hop_is_linked(const HopMemory *memory, const LegPath *front, const LegPath *back);

/* Whether the capture shows that they are not, or says nothing: then the times may. */
bool hop_may_be_linked(const LegPath *front, const LegPath *back);

/* Whether `front` can have caused `back`, links apart. */
bool hop_nests(const Leg *front, const Leg *back);
bool hop_request_disagrees(const Leg *front, const Leg *back);
bool hop_response_disagrees(const Leg *front, const Leg *back);

/* Whether both responses have a content that should be the same. */
bool hop_contents_compare(const Leg *front, const Leg *back);

/* Every leg is neither a front nor a back so far. */
void block_unclaim(Block *block);

/* False: no exchange of the block can be another's back. */
bool block_may_have_hops(const Block *block);

/* Fills the links that only the times can prove. */
void block_learn(Block *block);

/* Fills the candidates and the claims that follow of them. */
void block_claim(Block *block);

/* Counts the exchanges of each server, for block_doubt(). */
void block_count_exchanges(const Block *block);

/* Gives up those that may be wrong. */
void block_doubt(Block *block, Nanoseconds blind);

/* Whether a connection that may have to do with the pair, or with the front alone (`back` NULL:
 * with any), hides something during the front's time. */
bool block_has_gap(const Block *block, const Leg *front, const Leg *back);

/* Whether an exchange that has not come yet may have to do with this leg. */
bool block_awaits(const Block *block, const Leg *leg);

/* Until when a front may have caused something. */
Instant hop_front_end(const Leg *front);

/* Keys of hops. */
uint64_t hop_key(const Leg *front, const Leg *back);      /* servers of both */
uint64_t hop_full_key(const Leg *front, const Leg *back); /* and the back's client */
uint64_t hop_back_key(const Leg *back);                   /* client and server of the back */

static inline const Leg *block_front_of(const Block *block, uint32_t back)
{
    return &block->legs[block->backs[back].front];
}

#endif
