/* Everything has its place in per cent of the width, so the picture grows with it: to zoom is to
 * make it wider. A connection is a bar in the first row of its lane that is free when it begins. */
#include "html/timeline.h"

#include <string.h>

#include "packets/connection_trace.h"
#include "report/time.h"

#define LANES_MAX 30
#define ROWS_MAX 40 /* of a lane; more connections at once lie on each other */
#define ROW 11
#define LANE_HEAD 20
#define TICKS_MAX 40 /* of a connection */
#define AXIS 22
#define BAR_LEAST 0.2 /* per cent */
#define DAY (86400 * NS_PER_SECOND)
#define MARKS_MAX 8 /* of the axis */

/* Of one connection. */
typedef struct Strokes {
    FrameId connection;
    unsigned count, room;
    Nanoseconds *times;
} Strokes;

struct Ticks {
    GHashTable *by_connection; /* FrameId to Strokes, which has it */
    size_t size, size_max;     /* bytes */
    bool of_some;              /* that were added; else of all */
    bool given_up;
};

/* A connection as the picture has it. */
typedef struct Bar {
    char *const *row;
    Nanoseconds start, end; /* -1: it has no time */
    unsigned lane, line;
} Bar;

typedef struct Lane {
    const char *ip, *port;
    Nanoseconds free[ROWS_MAX]; /* when each row is free again */
    unsigned rows, top;
} Lane;

typedef struct Timeline {
    Markup *markup;
    GArray *bars;  /* Bar */
    GArray *lanes; /* Lane; the last may hold all other servers */
    const Ticks *ticks;
    Nanoseconds first, last;
    unsigned height;
    unsigned covered; /* bars that lie on others */
} Timeline;

/* Ticks ---------------------------------------------------------------------------------------- */

/* With its place in the hash table. */
#define STROKES_SIZE (sizeof(Strokes) + 64)

static void free_strokes(gpointer data)
{
    Strokes *strokes = data;
    g_free(strokes->times);
    g_free(strokes);
}

Ticks *ticks_new(size_t bytes)
{
    Ticks *ticks = g_new0(Ticks, 1);
    ticks->size_max = bytes;
    ticks->by_connection = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, free_strokes);
    return ticks;
}

static Strokes *find_strokes(const Ticks *ticks, FrameId connection)
{
    return g_hash_table_lookup(ticks->by_connection, &connection);
}

static Strokes *add_strokes(Ticks *ticks, FrameId connection)
{
    Strokes *strokes = g_new0(Strokes, 1);
    strokes->connection = connection;
    ticks->size += STROKES_SIZE;
    g_hash_table_insert(ticks->by_connection, &strokes->connection, strokes);
    return strokes;
}

void ticks_add(Ticks *ticks, FrameId connection)
{
    if (!find_strokes(ticks, connection))
        add_strokes(ticks, connection);
}

void ticks_drop(Ticks *ticks, FrameId connection)
{
    const Strokes *strokes = find_strokes(ticks, connection);
    if (!strokes)
        return;
    ticks->size -= STROKES_SIZE + strokes->room * sizeof *strokes->times;
    g_hash_table_remove(ticks->by_connection, &connection);
}

static void give_up(Ticks *ticks)
{
    ticks->given_up = true;
    ticks->size = 0;
    g_hash_table_remove_all(ticks->by_connection);
}

bool ticks_are_whole(const Ticks *ticks)
{
    return !ticks->given_up;
}

void ticks_restart(Ticks *ticks)
{
    give_up(ticks);
    ticks->given_up = false;
    ticks->of_some = true;
}

/* Most connections have one or two. */
static void add_stroke(Ticks *ticks, Strokes *strokes, Nanoseconds time)
{
    if (strokes->count == strokes->room) {
        unsigned room = strokes->room ? MIN(strokes->room * 2, TICKS_MAX) : 2;
        ticks->size += (room - strokes->room) * sizeof *strokes->times;
        strokes->times = g_renew(Nanoseconds, strokes->times, room);
        strokes->room = room;
    }
    strokes->times[strokes->count++] = time;
}

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    Ticks *ticks = data;
    const MessageFacts *request = &judged->exchange->request;
    FrameId connection = judged->context->connection->first_frame;
    if (!request->begun || ticks->given_up)
        return;
    Strokes *strokes = find_strokes(ticks, connection);
    if (!strokes && !ticks->of_some)
        strokes = add_strokes(ticks, connection);
    if (strokes && strokes->count < TICKS_MAX)
        add_stroke(ticks, strokes, request->first.time);
    if (ticks->size > ticks->size_max && !ticks->of_some)
        give_up(ticks);
}

/* One that has no row is not shown. */
static void hear_end(void *data, const EndedConnection *ended)
{
    Ticks *ticks = data;
    if (!ended->matches)
        ticks_drop(ticks, ended->connection->first_frame);
}

AuditListener ticks_listener(Ticks *ticks)
{
    return (AuditListener){ .data = ticks, .exchange = hear_exchange, .ended = hear_end };
}

void ticks_free(Ticks *ticks)
{
    if (!ticks)
        return;
    g_hash_table_unref(ticks->by_connection);
    g_free(ticks);
}

/* Places --------------------------------------------------------------------------------------- */

static const char *field(const Bar *bar, const char *column)
{
    return page_field(bar->row, REPORT_CONNECTIONS, column);
}

/* A time as the reports write it; -1: none. */
static Nanoseconds time_of(const char *text)
{
    g_autoptr(GDateTime) moment = *text ? g_date_time_new_from_iso8601(text, NULL) : NULL;
    const char *point = strchr(text, '.');
    if (!moment)
        return -1;
    Nanoseconds part = point ? (Nanoseconds)g_ascii_strtoull(point + 1, NULL, 10) : 0;
    return g_date_time_to_unix(moment) * NS_PER_SECOND + part;
}

static unsigned lane_of(Timeline *timeline, const char *ip, const char *port)
{
    for (guint i = 0; i < timeline->lanes->len; i++) {
        const Lane *lane = &g_array_index(timeline->lanes, Lane, i);
        if (!lane->ip || (strcmp(lane->ip, ip) == 0 && strcmp(lane->port, port) == 0))
            return i;
    }
    bool others = timeline->lanes->len == LANES_MAX - 1;
    Lane lane = { .ip = others ? NULL : ip, .port = port };
    g_array_append_val(timeline->lanes, lane);
    return timeline->lanes->len - 1;
}

static unsigned line_of(Timeline *timeline, Lane *lane, const Bar *bar)
{
    unsigned line = 0;
    while (line < lane->rows && lane->free[line] > bar->start)
        line++;
    if (line == ROWS_MAX) {
        line = ROWS_MAX - 1;
        timeline->covered++;
    }
    lane->rows = MAX(lane->rows, line + 1);
    lane->free[line] = MAX(lane->free[line], bar->end + 1);
    return line;
}

static gint by_start(gconstpointer a, gconstpointer b)
{
    const Bar *left = a, *right = b;
    return (left->start > right->start) - (left->start < right->start);
}

static void place(Timeline *timeline)
{
    for (guint i = 0; i < timeline->bars->len; i++) {
        Bar *bar = &g_array_index(timeline->bars, Bar, i);
        bar->lane = lane_of(timeline, field(bar, "server_ip"), field(bar, "server_port"));
        timeline->first = i ? MIN(timeline->first, bar->start) : bar->start;
        timeline->last = i ? MAX(timeline->last, bar->end) : bar->end;
    }
    g_array_sort(timeline->bars, by_start);
    for (guint i = 0; i < timeline->bars->len; i++) {
        Bar *bar = &g_array_index(timeline->bars, Bar, i);
        bar->line = line_of(timeline, &g_array_index(timeline->lanes, Lane, bar->lane), bar);
    }
    timeline->height = AXIS;
    for (guint i = 0; i < timeline->lanes->len; i++) {
        Lane *lane = &g_array_index(timeline->lanes, Lane, i);
        lane->top = timeline->height;
        timeline->height += LANE_HEAD + lane->rows * ROW + 6;
    }
}

static double per_cent(const Timeline *timeline, Nanoseconds time)
{
    double span = (double)MAX(timeline->last - timeline->first, 1);
    return (double)(time - timeline->first) / span * 98.5;
}

/* Drawing -------------------------------------------------------------------------------------- */

static const char *class_of(const char *verdict)
{
    if (strcmp(verdict, verdict_name(VERDICT_CONTRADICTED)) == 0)
        return "ca-bad";
    if (strcmp(verdict, verdict_name(VERDICT_UNDETERMINED)) == 0)
        return "ca-doubt";
    return *verdict ? "ca-good" : "ca-none";
}

/* One path for all requests of a connection, stretched to its bar. */
static void add_ticks(const Timeline *timeline, const Bar *bar, double at, double width, unsigned y)
{
    ConnectionName name;
    if (!timeline->ticks || !connection_name_parse(field(bar, "connection"), &name))
        return;
    const Strokes *strokes = find_strokes(timeline->ticks, name.frame);
    if (!strokes || strokes->count == 0)
        return;
    markup_add(timeline->markup,
               "<svg x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%u\" viewBox=\"0 0 "
               "1000 1\" preserveAspectRatio=\"none\"><path class=\"ca-tick\" d=\"",
               at, y, width, ROW - 3);
    double span = (double)MAX(bar->end - bar->start, 1);
    for (unsigned i = 0; i < strokes->count; i++)
        markup_add(timeline->markup, "M%.0f 0v1",
                   (double)(strokes->times[i] - bar->start) / span * 1000);
    markup_add(timeline->markup, "\"/></svg>");
}

static const char *sign_of(const char *how)
{
    return strcmp(how, "rst") == 0 ? "\xc3\x97" : *how ? "|" : "\xe2\x80\xba";
}

static void add_bar(const Timeline *timeline, const Bar *bar)
{
    const Lane *lane = &g_array_index(timeline->lanes, Lane, bar->lane);
    unsigned y = lane->top + LANE_HEAD + bar->line * ROW;
    double at = per_cent(timeline, bar->start);
    double width = MAX(per_cent(timeline, bar->end) - at, BAR_LEAST);
    const char *name = field(bar, "connection"), *verdict = field(bar, "verdict");
    markup_add(timeline->markup,
               "<a href=\"#%s\" tabindex=\"-1\" class=\"ca-bar %s\" data-verdict=\"%s\" "
               "data-cause=\"%s\"><title>%s, "
               "%s, %s</title><rect x=\"%.3f%%\" y=\"%u\" width=\"%.3f%%\" height=\"%u\"/>",
               name, class_of(verdict), verdict, field(bar, "cause"), name,
               *verdict ? verdict : "no HTTP", field(bar, "cause"), at, y, width, ROW - 3);
    add_ticks(timeline, bar, at, width, y);
    markup_add(timeline->markup, "<text x=\"%.3f%%\" dx=\"-2\" y=\"%u\">%s</text></a>", at + width,
               y + ROW - 3, sign_of(field(bar, "ended_how")));
}

static void add_lane(const Timeline *timeline, const Lane *lane)
{
    g_autofree char *name =
        lane->ip ? g_strdup_printf("%s port %s", lane->ip, lane->port) : g_strdup("other servers");
    markup_add(timeline->markup,
               "<path class=\"ca-base\" d=\"M0 %uh100000\"/><text class=\"ca-label\" x=\"2\" "
               "y=\"%u\">%s</text>",
               lane->top, lane->top + 13, name);
}

/* The smallest step of the axis with which it has few marks. Those of page.js are the same. */
static Nanoseconds step_of(Nanoseconds span)
{
    static const int seconds[] = { 1,   2,    5,    10,   15,   30,    60,    120,   300,
                                   600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400 };
    static const int digits[] = { 1, 2, 5 };
    for (Nanoseconds power = 1000; power < NS_PER_SECOND; power *= 10)
        for (size_t i = 0; i < G_N_ELEMENTS(digits); i++)
            if (span / (power * digits[i]) < MARKS_MAX)
                return power * digits[i];
    Nanoseconds step = NS_PER_SECOND;
    for (size_t i = 0; i < G_N_ELEMENTS(seconds); i++) {
        step = seconds[i] * NS_PER_SECOND;
        if (span / step < MARKS_MAX)
            return step;
    }
    while (span / step >= MARKS_MAX)
        step *= 2;
    return step;
}

/* "06:26:10", with the date if days pass, with a fraction if seconds do not suffice. */
static char *mark_text(Nanoseconds time, Nanoseconds step, bool days)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_time(text, time, TIME_DIGITS_MICRO);
    text->str[10] = ' ';
    size_t from = days ? strlen("2026-") : strlen("2026-11-28T");
    size_t to = step >= NS_PER_SECOND          ? strlen("2026-11-28T06:26:10")
                : step >= NS_PER_SECOND / 1000 ? strlen("2026-11-28T06:26:10.123")
                                               : strlen("2026-11-28T06:26:10.123456");
    return g_strndup(text->str + from, to - from);
}

static void add_axis(const Timeline *timeline)
{
    Nanoseconds span = timeline->last - timeline->first, step = step_of(span);
    bool days = timeline->first / DAY != timeline->last / DAY;
    Nanoseconds mark = (timeline->first + step - 1) / step * step;
    markup_add(timeline->markup, "<g id=\"ca-axis\">");
    for (unsigned i = 0; mark <= timeline->last; mark += step, i++) {
        double at = per_cent(timeline, mark);
        g_autofree char *text = mark_text(mark, step, days);
        markup_add(timeline->markup,
                   "<line class=\"ca-grid\" x1=\"%.3f%%\" x2=\"%.3f%%\" y1=\"%d\" y2=\"%u\"/><text "
                   "class=\"ca-axis%s\" text-anchor=\"%s\" x=\"%.3f%%\" y=\"14\">%s</text>",
                   at, at, AXIS - 4, timeline->height, i % 2 ? " ca-minor" : "",
                   at < 4    ? "start"
                   : at > 95 ? "end"
                             : "middle",
                   at, text);
    }
    markup_add(timeline->markup, "</g>");
}

/* For page.js: the first moment, in milliseconds, and how long all of it took. */
static void draw(const Timeline *timeline)
{
    Nanoseconds span = timeline->last - timeline->first;
    markup_add(
        timeline->markup,
        "<p class=\"ca-js\"><button type=\"button\" data-zoom=\"2\">zoom in</button> "
        "<button type=\"button\" data-zoom=\"0.5\">zoom out</button> <button type=\"button\" "
        "data-zoom=\"0\">whole</button></p><div class=\"ca-wide\" tabindex=\"0\"><svg "
        "id=\"ca-timeline\" role=\"group\" aria-label=\"Connections on the time of the "
        "capture\" width=\"100%%\" height=\"%u\" data-first=\"%" G_GINT64_FORMAT
        ".%03d\" data-span=\"%" G_GINT64_FORMAT ".%03d\">",
        timeline->height, timeline->first / 1000000, (int)(timeline->first % 1000000 / 1000),
        span / 1000000, (int)(span % 1000000 / 1000));
    add_axis(timeline);
    for (guint i = 0; i < timeline->lanes->len; i++)
        add_lane(timeline, &g_array_index(timeline->lanes, Lane, i));
    for (guint i = 0; i < timeline->bars->len; i++)
        add_bar(timeline, &g_array_index(timeline->bars, Bar, i));
    markup_add(timeline->markup, "</svg></div>");
}

/* What the colours and signs mean, and what is drawn. `plain`: a bar has no verdict. */
static void add_legend(Markup *markup, unsigned drawn, uint64_t all, bool plain, bool ticks)
{
    markup_add(
        markup,
        "<section id=\"timeline\"><h2>Timeline</h2><p class=\"ca-legend\">A bar is a connection: "
        "<b "
        "class=\"ca-key-bad\">contradicted</b>, <b class=\"ca-key-doubt\">undetermined</b>, <b "
        "class=\"ca-key-good\">as declared</b>");
    if (plain)
        markup_add(markup, ", <b class=\"ca-key-none\">without HTTP</b>");
    markup_add(markup,
               ". Its strokes are requests, the first %d of them; its end is | (FIN), \xc3\x97 "
               "(reset) or \xe2\x80\xba (not known). Drawn are ",
               TICKS_MAX);
    markup_count(markup, drawn);
    markup_add(markup, " of ");
    markup_count(markup, all);
    markup_add(
        markup,
        " connections: contradicted ones first, then undetermined ones, then the first of the "
        "others.%s</p>",
        ticks ? "" : " Requests are not drawn: the input could not be read a second time.");
}

/* The bars of the connections that have times; whether one of them has no verdict. */
static bool take_bars(GArray *bars, const GPtrArray *connections)
{
    bool plain = false;
    for (guint i = 0; i < connections->len; i++) {
        Bar bar = { .row = g_ptr_array_index(connections, i) };
        bar.start = time_of(field(&bar, "start_time"));
        bar.end = time_of(field(&bar, "end_time"));
        if (bar.start < 0 || bar.end < bar.start)
            continue;
        g_array_append_val(bars, bar);
        plain = plain || !*field(&bar, "verdict");
    }
    return plain;
}

void timeline_section(Markup *markup, const GPtrArray *connections, uint64_t all,
                      const Ticks *ticks)
{
    g_autoptr(GArray) bars = g_array_new(FALSE, TRUE, sizeof(Bar));
    g_autoptr(GArray) lanes = g_array_new(FALSE, TRUE, sizeof(Lane));
    Timeline timeline = { .markup = markup, .bars = bars, .lanes = lanes, .ticks = ticks };
    bool plain = take_bars(bars, connections);
    add_legend(markup, bars->len, all, plain, ticks);
    if (bars->len) {
        place(&timeline);
        markup_add(markup, "<p class=\"ca-legend\">The first begins at %s; times are UTC.",
                   field(&g_array_index(bars, Bar, 0), "start_time"));
        if (timeline.covered)
            markup_add(markup,
                       " A lane has %d rows at most: %u bar%s on others, because more connections "
                       "were open at once.",
                       ROWS_MAX, timeline.covered, timeline.covered == 1 ? " lies" : "s lie");
        markup_add(markup, "</p>");
        draw(&timeline);
    }
    markup_add(markup, "</section>");
}
