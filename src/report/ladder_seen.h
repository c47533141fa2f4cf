/* The part of a connection's page that tells what was seen, segment by segment. Private to the
 * ladder. */
#ifndef REPORT_LADDER_SEEN_H
#define REPORT_LADDER_SEEN_H

#include "report/ladder.h"
#include "report/page.h"

/* With its heading. `file` is the connection's input. */
void ladder_append_seen(Page *page, const Ladder *ladder, const RowFile *file);

#endif
