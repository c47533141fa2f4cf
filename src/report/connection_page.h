/* One connection for a person: what passed between the two sides, packet by packet as far as it
 * matters, and the judgement with its reasons. Plain values in, a story out. */
#ifndef REPORT_CONNECTION_PAGE_H
#define REPORT_CONNECTION_PAGE_H

#include <stdio.h>

#include "packets/connection_trace.h"
#include "report/rows.h"
#include "report/story.h"

/* The whole story. `file` is the connection's input. */
Story *connection_story(const TracedConnection *traced, const RowFile *file);

/* The story as text. */
void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour);

#endif
