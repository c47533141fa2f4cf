#include "report/progress.h"

#include "report/page.h"

/* No estimate is made from less than this. */
#define GUESS_FROM G_USEC_PER_SEC

struct Progress {
    FILE *out;
    bool terminal;
    ProgressClock *clock;
    int64_t begun, due;
    bool standing; /* a line on the terminal */
};

static int64_t period(const Progress *progress)
{
    return progress->terminal ? PROGRESS_TERMINAL_PERIOD : PROGRESS_LINES_PERIOD;
}

Progress *progress_new(FILE *out, bool terminal, ProgressClock *clock)
{
    Progress *progress = g_new(Progress, 1);
    *progress = (Progress){ .out = out, .terminal = terminal, .clock = clock, .begun = clock() };
    progress->due = progress->begun + period(progress);
    return progress;
}

bool progress_is_due(const Progress *progress)
{
    return progress->clock() >= progress->due;
}

/* "512 B", "1.2 MB", "120 MB": three digits say enough. */
static void append_bytes(GString *line, uint64_t bytes)
{
    static const char *const scales[] = { "", "k", "M", "G", "T", "P", "E" };
    uint64_t unit = 1;
    unsigned scale = 0;
    /* 999.5 and 99.95 units in whole numbers: some machines have more digits than a double. */
    while (bytes >= (scale ? unit / 2 * 1999 : 1000) && scale + 1 < G_N_ELEMENTS(scales)) {
        unit *= 1000;
        scale++;
    }
    int decimals = scale > 0 && bytes < unit / 20 * 1999 ? 1 : 0;
    g_string_append_printf(line, "%.*f %sB", decimals, (double)bytes / (double)unit, scales[scale]);
}

static void append_time(GString *line, int64_t seconds)
{
    if (seconds >= 3600)
        g_string_append_printf(line, "%" G_GINT64_FORMAT " h %02d min", seconds / 3600,
                               (int)(seconds / 60 % 60));
    else if (seconds >= 60)
        g_string_append_printf(line, "%d min %02d s", (int)(seconds / 60), (int)(seconds % 60));
    else
        g_string_append_printf(line, "%d s", (int)seconds);
}

static void append_read(GString *line, const ProgressFacts *facts)
{
    append_bytes(line, facts->bytes);
    if (facts->total > 0) {
        g_string_append(line, " of ");
        append_bytes(line, facts->total);
        double share = (double)facts->bytes / (double)facts->total;
        /* A file may have grown since it was looked at. */
        g_string_append_printf(line, " (%d%%)", (int)(MIN(share, 1) * 100));
    }
}

static void append_left(GString *line, const ProgressFacts *facts, int64_t elapsed)
{
    if (facts->bytes == 0 || facts->bytes >= facts->total)
        return;
    double left = (double)(facts->total - facts->bytes) / (double)facts->bytes * (double)elapsed;
    g_string_append(line, ", ");
    append_time(line, (int64_t)MIN(left / G_USEC_PER_SEC, 1e9));
    g_string_append(line, " left");
}

/* At most 79 columns, so that it fits on one line of a terminal. */
static void append_line(GString *line, const ProgressFacts *facts, int64_t elapsed)
{
    bool guess = elapsed >= GUESS_FROM;
    append_read(line, facts);
    if (!guess || facts->total == 0) {
        g_string_append(line, ", ");
        page_append_count(line, facts->packets);
        g_string_append(line, facts->packets == 1 ? " packet" : " packets");
    }
    if (!guess)
        return;
    g_string_append(line, ", ");
    double rate = (double)facts->packets * G_USEC_PER_SEC / (double)elapsed;
    page_append_count(line, (uint64_t)rate);
    g_string_append(line, " packets/s");
    append_left(line, facts, elapsed);
}

static void clear(Progress *progress)
{
    if (!progress->standing)
        return;
    fputs("\r\033[K", progress->out);
    progress->standing = false;
}

void progress_show(Progress *progress, const ProgressFacts *facts)
{
    int64_t now = progress->clock();
    g_autoptr(GString) line = g_string_new(NULL);
    append_line(line, facts, now - progress->begun);
    clear(progress);
    fputs(line->str, progress->out);
    if (!progress->terminal)
        fputc('\n', progress->out);
    fflush(progress->out);
    progress->standing = progress->terminal;
    progress->due = now + period(progress);
}

void progress_end(Progress *progress, const ProgressFacts *facts)
{
    if (!progress->terminal)
        progress_show(progress, facts);
    clear(progress);
    fflush(progress->out);
}

void progress_free(Progress *progress)
{
    g_free(progress);
}
