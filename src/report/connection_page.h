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

/* How a page is printed. */
typedef enum PageFormat {
    PAGE_AS_TEXT,
    PAGE_AS_MERMAID, /* mermaid_printer.h */
    PAGE_AS_JSON,    /* json_printer.h */
} PageFormat;

#define PAGE_FORMAT_COUNT (PAGE_AS_JSON + 1)

/* Its word on the command line. */
const char *page_format_name(PageFormat format);

/* The story as text. */
void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour);
/* The story in any format; colours are for text. */
void connection_page_print(GString *page, const TracedConnection *traced, const RowFile *file,
                           PageFormat format, bool colour);

#endif
