/* The exchanges of a connection that somebody still waits for, in the order of their numbers.
 *
 * An exchange is settled when a later request has got the start of a response. The settled ones are
 * a prefix of the others. */
#ifndef HTTP1_PENDING_H
#define HTTP1_PENDING_H

#include "http/exchange.h"

/* Browsers pipelined 8 at most, libraries a few dozen; what comes on top of this bound is not read
 * (REASON_LIMIT). */
#define PIPELINE_MAX 128

typedef struct Pending {
    Exchange *exchanges;
    int count, room;
    int settled;
} Pending;

/* Zeroed it is empty. */
void pending_clear(Pending *pending);

static inline int pending_count(const Pending *pending)
{
    return pending->count;
}

static inline Exchange *pending_at(const Pending *pending, int index)
{
    g_assert(index >= 0 && index < pending->count);
    return &pending->exchanges[index];
}

/* A new exchange's index; -1 at the bound. */
int pending_append(Pending *pending, uint32_t number);
/* Takes back the last one: what began there was no message. */
void pending_drop_last(Pending *pending);
/* A later request than all those before `index` got the start of a response. */
void pending_settle_before(Pending *pending, int index);
/* Hands out the first settled one, and all indices become one less; false: there is none. */
bool pending_take(Pending *pending, Exchange *ret_exchange);

/* Whether a response to it may come. */
bool pending_waits(const Exchange *exchange);
/* The first that waits for its response; -1: none. */
int pending_first_waiting(const Pending *pending);

void pending_pack(const Pending *pending, GByteArray *to);
void pending_unpack(Pending *pending, Span *from);
size_t pending_size(const Pending *pending);

#endif
