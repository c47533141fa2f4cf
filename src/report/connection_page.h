/* One connection as a page of text for a person: what passed between the two sides, packet by
 * packet as far as it matters, and the judgement with its reasons. Plain values in, text out. */
#ifndef REPORT_CONNECTION_PAGE_H
#define REPORT_CONNECTION_PAGE_H

#include <stdio.h>

#include "judge/verdict.h"
#include "packets/packet_marks.h"
#include "report/rows.h"

typedef struct TracedConnection {
    ConnectionRow connection;     /* its decision.host is owned elsewhere */
    const ExchangeRow *exchanges; /* by number */
    size_t exchange_count;
    uint64_t exchanges_omitted; /* left out at a bound, in the middle */
    const Finding *findings;    /* with their texts */
    size_t finding_count;
    const TracedSegment *segments; /* in the order of the capture */
    size_t segment_count;
    uint64_t segments_omitted; /* left out at a bound, before segments[omitted_at] */
    size_t omitted_at;
    Stamp resets[2]; /* of the client, of the server: the RST that the other side accepted */
    Thresholds thresholds;
} TracedConnection;

/* The whole page. `file` is the connection's input. */
void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour);

#endif
