/* The page for a browser: its rows are taken in the first pass. For its diagrams the inputs are
 * read once more.
 *
 * Grammar: open · (the first pass) · write · close. Without a page no step does anything. */
#ifndef PAGE_PASS_H
#define PAGE_PASS_H

#include "html/page.h"
#include "options.h"
#include "packets/last_packets.h"
#include "pass.h"
#include "report/output.h"

/* A zeroed one is closed. */
typedef struct PagePass {
    PageRows *rows; /* NULL: no page is wanted */
    Ticks *ticks;
    LastPackets *packets;
    Output *output; /* of --html; NULL: none */
} PagePass;

/* Whether a page goes into the directory of --output. */
bool page_pass_in_directory(const Options *options);

/* Adds listeners to the first pass. */
bool page_pass_open(PagePass *page, const Options *options, AuditOptions *audit, GError **error);

/* A row of the report of connections. */
void page_pass_connection(PagePass *page, const ConnectionRow *row, const RowFile *file);

/* What the page needs of a run that is over; borrowed. */
typedef struct PageRun {
    const Pass *first;
    const char *version;
    const char *const *command;
    const Options *options;
    const Servers *servers;
    const Hops *hops; /* NULL: nobody asked */
    const char *summary;
    bool rereadable; /* the inputs are, as it was before they were read */
    Progress *progress;
} PageRun;

/* Writes it whole. `out` NULL: to --html. */
bool page_pass_write(PagePass *page, const PageRun *run, FILE *out, GError **error);

void page_pass_close(PagePass *page);

#endif
