/* The part of a connection's page that tells what was seen, segment by segment. Private to the
 * traced. */
#ifndef REPORT_CONNECTION_PAGE_SEEN_H
#define REPORT_CONNECTION_PAGE_SEEN_H

#include "report/connection_page.h"
#include "report/page.h"

/* With its heading. `file` is the connection's input. */
void connection_page_append_seen(Page *page, const TracedConnection *traced, const RowFile *file);

#endif
