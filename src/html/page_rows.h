/* What the page keeps of the reports' rows, while they go by: counts of all of them, and the rows
 * that it shows. Its tables take the rows of the reports, so the page has their words. */
#ifndef HTML_PAGE_ROWS_H
#define HTML_PAGE_ROWS_H

#include "judge/rules.h"
#include "judge/verdict.h"
#include "report/reports.h"
#include "report/rows.h"

/* What the page shows at most. */
#define PAGE_CONNECTIONS_MAX 2000
#define PAGE_DIAGRAMS_MAX 500
#define PAGE_EXAMPLES_MAX 3
#define PAGE_CULPRITS_MAX 5
#define PAGE_INPUTS_MAX 100
#define PAGE_HOPS_MAX 500

/* Addresses that are told apart for one rule. */
#define PAGE_ADDRESSES_MAX 1000
#define PAGE_ERRORS_MAX 100000 /* connections that are told apart */

typedef struct PageRule {
    Severity severity;    /* the gravest */
    uint64_t connections; /* rows of the report */
    uint64_t cases;
    GHashTable *culprits; /* "server 192.0.2.1" to GUINT_TO_POINTER(rows); NULL: none */
    bool more_culprits;
    GPtrArray *examples; /* rows of the report */
} PageRule;

/* Which rows of hops come first. */
typedef enum PageHop {
    PAGE_HOP_ERROR, /* an error of the proxy's own */
    PAGE_HOP_FINDING,
    PAGE_HOP_OTHER,
} PageHop;

#define PAGE_HOP_COUNT (PAGE_HOP_OTHER + 1)

typedef struct PageRows PageRows;

struct PageRows {
    uint64_t connections, judged;
    uint64_t verdicts[VERDICT_COUNT];
    uint64_t causes[VERDICT_COUNT][CAUSE_COUNT];
    uint64_t reasons[REASON_COUNT];     /* connections whose completeness has them */
    GPtrArray *kept[VERDICT_COUNT + 1]; /* rows by verdict; the last: without one */
    GPtrArray *keeping;                 /* the list of the row that is being made */
    Table *connection;                  /* makes its fields */
    PageRule rules[RULE_COUNT];
    uint64_t findings;
    GPtrArray *errors;       /* names of the first connections with a finding of severity error */
    GHashTable *error_names; /* all of them, up to PAGE_ERRORS_MAX */
    bool more_errors;        /* than those */
    GPtrArray *inputs;       /* rows */
    uint64_t input_count;
    uint64_t hops, hop_pairs, hop_alone; /* rows; those of which the proxy sent nothing on */
    GPtrArray *kept_hops[PAGE_HOP_COUNT];
    Table *tables[REPORT_COUNT]; /* NULL: the page has no use for its rows */
};

PageRows *page_rows_new(void);

/* A row of the report of connections. True: it is kept, and may be shown. */
bool page_rows_connection(PageRows *rows, const ConnectionRow *row, const RowFile *file);

/* A field of a kept row. */
const char *page_field(char *const *row, ReportName report, const char *column);

/* The connections that are shown: contradicted ones, then undetermined ones, then the first of the
 * others; borrowed rows. */
GPtrArray *page_rows_connections(const PageRows *rows);

/* The names of those that get a diagram: contradicted ones, then those with an error; borrowed. */
GPtrArray *page_rows_diagrams(const PageRows *rows);

/* The rows of hops that are shown; borrowed. */
GPtrArray *page_rows_hops(const PageRows *rows);

void page_rows_free(PageRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PageRows, page_rows_free)

#endif
