#include "stdout_report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "report/page.h"

/* More rows than anybody looks through on a terminal. */
#define SCREEN_ROWS_MAX 1000

/* Without a terminal. */
#define SCREEN_WIDTH_USUAL 80
#define SCREEN_WIDTH_MAX 10000

bool stdout_wants_colour(const Options *options, int fd)
{
    const char *refused = getenv("NO_COLOR");
    if (options->colour == COLOUR_AUTO)
        return isatty(fd) && !(refused && *refused);
    return options->colour == COLOUR_ALWAYS;
}

/* What a table has room for: the width of the terminal, or of COLUMNS, or what is usual. */
static unsigned screen_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    int64_t columns;
    const char *stated = getenv("COLUMNS");
    bool known = stated && text_number(span_of_text(stated), &columns) && columns > 0 &&
                 columns <= SCREEN_WIDTH_MAX;
    return known ? (unsigned)columns : SCREEN_WIDTH_USUAL;
}

/* Opening -------------------------------------------------------------------------------------- */

static TableFormat format_of(const Options *options)
{
    bool screen = !options->format_chosen && isatty(STDOUT_FILENO);
    return screen ? TABLE_SCREEN : options->format;
}

/* What comes through a pipe may come from a live capture: whoever looks at a terminal sees each
 * row. */
static unsigned rows_kept(const Options *options, TableFormat format, bool live)
{
    bool comes = options->report == REPORT_CONNECTIONS || options->report == REPORT_EXCHANGES ||
                 options->report == REPORT_FINDINGS;
    if (options->top)
        return options->top;
    return format == TABLE_SCREEN && !(live && comes) ? SCREEN_ROWS_MAX : 0;
}

/* The columns to be written if they are not all, freed by the caller; `ret_ranks` is set for a
 * terminal that may leave out some. */
static Column *columns_of(const Options *options, TableFormat format,
                          uint8_t ret_ranks[REPORT_SCREEN_MAX])
{
    const char *unknown = NULL;
    if (options->columns)
        return report_choose_columns(options->report, options->columns, &unknown);
    return format == TABLE_SCREEN ? report_screen_columns(options->report, ret_ranks) : NULL;
}

void stdout_report_open(StdoutReport *report, const Options *options, bool live, FILE *out)
{
    *report = (StdoutReport){ .options = options, .format = format_of(options) };
    bool screen = report->format == TABLE_SCREEN;
    report->kept = rows_kept(options, report->format, live);
    report->columns = columns_of(options, report->format, report->ranks);
    report->table = table_new(out, report->format,
                              report->columns ? report->columns : report_columns(options->report));
    TableView view = { .rank = report_rank(options->report),
                       .only = options->only,
                       .top = report->kept,
                       .width = screen ? screen_width() : 0,
                       .ranks = screen && !options->columns ? report->ranks : NULL,
                       .colour = screen && stdout_wants_colour(options, STDOUT_FILENO) };
    table_view(report->table, &view);
}

/* The end -------------------------------------------------------------------------------------- */

bool stdout_report_end(StdoutReport *report, GError **error)
{
    report->shown = table_end(report->table, &report->count);
    return table_flush(report->table, error);
}

/* Why a report may have no row, or how to get some; "": nothing more is to be said. */
static const char *why_no_rows(const Options *options)
{
    if (options->only || options->matcher)
        return "";
    switch (options->report) {
    case REPORT_CONNECTIONS:
        return options->all ? "" : " with HTTP. -a lists the others, too";
    case REPORT_EXCHANGES:
        return " of HTTP were found";
    case REPORT_IDLE:
        return ": after 0.1 s or longer no connection with HTTP was reused, closed by its server "
               "or lost";
    case REPORT_HOPS:
        return ": no proxy was seen from both of its sides";
    default:
        return "";
    }
}

void stdout_report_note(const StdoutReport *report)
{
    const Options *options = report->options;
    if (report->format != TABLE_SCREEN)
        return;
    g_autoptr(GString) note = g_string_new(NULL);
    page_append_count(note, report->shown);
    if (report->shown < report->count) {
        g_string_append(note, " of ");
        page_append_count(note, report->count);
    }
    bool idle = options->report == REPORT_IDLE;
    const char *name = idle ? "ranges" : report_name(options->report);
    size_t length = strlen(name) - (report->count == 1 ? strlen("s") : 0);
    g_string_append_printf(note, " %.*s%s", (int)length, name, idle ? " of idle times" : "");
    if (report_rank(options->report) && report->count > 1 && report->kept)
        g_string_append(note, ", the worst first");
    if (idle && report->count > 0 && !options->columns)
        fputs("chart: - reused, # closed by the server, X request lost\n", stdout);
    if (report->count == 0)
        fprintf(stdout, "%s%s.\n", note->str, why_no_rows(options));
    else
        fprintf(stdout, "%s. All rows and columns: -f csv\n", note->str);
}

void stdout_report_clear(StdoutReport *report)
{
    g_clear_pointer(&report->table, table_free);
    g_clear_pointer(&report->columns, g_free);
}
