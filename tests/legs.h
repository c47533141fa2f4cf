/* Legs for tests, from their messages' texts. */
#ifndef TESTS_LEGS_H
#define TESTS_LEGS_H

#include "hops/hops.h"

/* Times are milliseconds from 1 on; 0: it is not there. A time is also the number of its frame. */
typedef struct LegWords {
    unsigned connection, number; /* number 0: 1 */
    const char *client, *server; /* "192.0.2.1:80", "[2001:db8::1]:80" */
    const char *asked;           /* the lines of the request's head */
    const char *answer;          /* of the response's; NULL: none came */
    unsigned request, head;      /* head 0: as the request */
    unsigned response, response_end, end;
    const char *content, *answer_content; /* NULL: not whole */
    uint8_t headings;
    const char *source; /* what a PROXY header names; NULL: there was none */
} LegWords;

/* Freed with leg_clear(). */
Leg leg_of_words(const LegWords *words);

Endpoint endpoint_of_words(const char *words);

/* A block that has been decided. Legs are named by their connections; where no number is asked for,
 * it is exchange 1. */
typedef struct Legs {
    GArray *legs, *holes;
    HopMemory memory;
    Block block;
} Legs;

void legs_decide(Legs *legs, const LegWords *words, unsigned count, const Hole *holes,
                 unsigned hole_count, Nanoseconds blind);
void legs_clear(Legs *legs);

uint32_t legs_find(const Legs *legs, unsigned connection, unsigned number);
/* The connection of the front that a back was claimed for; 0: none was. */
unsigned legs_front_of(const Legs *legs, unsigned connection);
HopBasis legs_basis(const Legs *legs, unsigned connection);
HopDoubt legs_doubt(const Legs *legs, unsigned connection);

#endif
