/* The table of connections, and the diagrams of those that went wrong. */
#ifndef HTML_CONNECTIONS_H
#define HTML_CONNECTIONS_H

#include "html/markup.h"
#include "html/page_rows.h"
#include "report/story.h"

/* `connections` are rows of that report. The story of one of them, owned by the caller; NULL: none.
 * `story` itself NULL: there are none, because of `why`. */
typedef struct ConnectionStories {
    Story *(*story)(void *data, const char *connection);
    void *data;
    const char *why;
} ConnectionStories;

void connections_section(Markup *markup, const PageRows *rows, const GPtrArray *connections,
                         const ConnectionStories *stories);

#endif
