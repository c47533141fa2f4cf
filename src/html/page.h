/* The whole page: one file that needs no network and no other file. Scripts only sort, filter, zoom
 * and copy; a Content-Security-Policy names this one script and these styles by their hashes, so
 * nothing that comes from a capture can run. */
#ifndef HTML_PAGE_H
#define HTML_PAGE_H

#include <stdio.h>

#include "hops/hops.h"
#include "html/connections.h"
#include "html/page_rows.h"
#include "html/timeline.h"
#include "servers/servers.h"

/* All borrowed. */
typedef struct PageFacts {
    const char *version;
    const char *command; /* as one line */
    const char *thresholds;
    const char *summary;
    const Servers *servers; /* finished */
    const Hops *hops;       /* finished; NULL: nobody asked */
    const Ticks *ticks;     /* NULL: none */
    ConnectionStories stories;
} PageFacts;

/* False: it could not be written; errno. */
bool page_write(FILE *out, const PageRows *rows, const PageFacts *facts);

#endif
