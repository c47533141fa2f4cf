/* Wireshark's tcp.stream: a label for people, so that a row can be found in that program. */
#ifndef STREAM_NUMBERING_H
#define STREAM_NUMBERING_H

#include "stream/endpoints.h"

/* Address pairs are remembered, NUMBERING_SLOT bytes each, in a table that is at most three
 * quarters full. Past the bound nothing new is numbered. */
#define NUMBERING_SLOT 24

/* How many pairs fit. */
uint32_t numbering_pairs_in(size_t memory);

typedef struct Numbering Numbering;

Numbering *numbering_new(uint32_t max_pairs);

/* Takes every TCP segment of an input, in its order. False: the number is not known. */
bool numbering_feed(Numbering *numbering, const Segment *segment, const Endpoints *endpoints,
                    uint32_t *ret_number);

void numbering_free(Numbering *numbering);

#endif
