/* Wireshark's tcp.stream: a label for people, so that a row can be found in that program. */
#ifndef STREAM_NUMBERING_H
#define STREAM_NUMBERING_H

#include "stream/endpoints.h"

/* Address pairs remembered, 24 bytes each, in a table that is at most three quarters full. Past the
 * bound nothing new is numbered. */
#define NUMBERING_PAIRS_MAX (UINT32_C(1) << 22)

typedef struct Numbering Numbering;

Numbering *numbering_new(uint32_t max_pairs);

/* Takes every TCP segment of an input, in its order. False: the number is not known. */
bool numbering_feed(Numbering *numbering, const Segment *segment, const Endpoints *endpoints,
                    uint32_t *ret_number);

void numbering_free(Numbering *numbering);

#endif
