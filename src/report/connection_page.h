/* One connection as a page of text for a person: what passed between the two sides, packet by
 * packet as far as it matters, and the judgement with its reasons. Plain values in, text out. */
#ifndef REPORT_CONNECTION_PAGE_H
#define REPORT_CONNECTION_PAGE_H

#include <stdio.h>

#include "packets/connection_trace.h"
#include "report/rows.h"

/* The whole page. `file` is the connection's input. */
void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour);

#endif
