#include "html/connections.h"

#include <string.h>

#include "html/diagram.h"

/* What must fit behind the diagrams. */
#define ELEMENTS_BEHIND 500

/* The columns that the table shows: a name of the report, or several whose fields stand in one
 * cell. */
static const struct {
    const char *column, *label;
    bool number;
} COLUMNS[] = {
    { "connection", "connection", false }, /* with a link to its diagram */
    { "verdict", "verdict", false },       { "cause", "cause", false },
    { "findings", "findings", false },     { "client_ip", "client", false },
    { "server_ip", "server", false },      { "host", "host", false },
    { "exchanges", "exchanges", true },    { "declared", "declared", false },
    { "actual", "actual", false },         { "ended_by", "ended by", false },
    { "idle_s", "idle, s", true },         { "start_time", "begins", false },
};

static const char *field(char *const *row, const char *column)
{
    return page_field(row, REPORT_CONNECTIONS, column);
}

static const char *class_of(const char *verdict)
{
    if (strcmp(verdict, verdict_name(VERDICT_CONTRADICTED)) == 0)
        return "ca-key-bad";
    if (strcmp(verdict, verdict_name(VERDICT_UNDETERMINED)) == 0)
        return "ca-key-doubt";
    return *verdict ? "ca-key-good" : "ca-key-none";
}

/* "2026-11-28T": with its end */
#define DATE_LENGTH 11

/* All begin on the same day. */
static bool is_one_day(const GPtrArray *connections)
{
    for (guint i = 1; i < connections->len; i++) {
        const char *time = field(g_ptr_array_index(connections, i), "start_time");
        const char *first = field(g_ptr_array_index(connections, 0), "start_time");
        if (strncmp(time, first, DATE_LENGTH) != 0)
            return false;
    }
    return true;
}

/* A time of the report, with less of it shown: "06:26:01.199559", or "2026-11-28 06:26:01". */
static void add_time(Markup *markup, const char *time, bool one_day)
{
    g_autofree char *shown = g_strndup(time, one_day ? strlen("2026-11-28T06:26:01.199559")
                                                     : strlen("2026-11-28T06:26:01"));
    if (strlen(shown) < DATE_LENGTH) {
        markup_add(markup, "<td>%s</td>", time);
        return;
    }
    shown[DATE_LENGTH - 1] = ' ';
    markup_add(markup, "<td><time datetime=\"%s\">%s</time></td>", time,
               shown + (one_day ? DATE_LENGTH : 0));
}

/* The name, with a link if there is a diagram. */
static void add_name(Markup *markup, const char *name, bool has_diagram)
{
    if (has_diagram)
        markup_add(markup, "<th scope=\"row\"><a href=\"#d-%s\">%s</a></th>", name, name);
    else
        markup_add(markup, "<th scope=\"row\">%s</th>", name);
}

static void add_cell(Markup *markup, char *const *row, unsigned index, bool one_day)
{
    const char *text = field(row, COLUMNS[index].column);
    if (COLUMNS[index].number)
        markup_add(markup, "<td class=\"ca-number\">%s</td>", text);
    else if (strcmp(COLUMNS[index].column, "verdict") == 0)
        markup_add(markup, "<td class=\"%s\">%s</td>", class_of(text), text);
    else if (strcmp(COLUMNS[index].column, "client_ip") == 0)
        markup_add(markup, "<td>%s %s</td>", text, field(row, "client_port"));
    else if (strcmp(COLUMNS[index].column, "server_ip") == 0)
        markup_add(markup, "<td>%s %s</td>", text, field(row, "server_port"));
    else if (strcmp(COLUMNS[index].column, "start_time") == 0)
        add_time(markup, text, one_day);
    else if (strcmp(COLUMNS[index].column, "host") == 0)
        markup_add(markup, "<td class=\"ca-text\">%s</td>", text);
    else if (strcmp(COLUMNS[index].column, "findings") == 0)
        markup_add(markup, "<td class=\"ca-words\">%s</td>", text);
    else
        markup_add(markup, "<td>%s</td>", text);
}

/* The cell of a name in the text of the table. */
typedef struct NameCell {
    gsize from, past;
} NameCell;

/* As if nothing were drawn: only the table's size tells how much is. Returns the cells of the names
 * (NameCell). */
static GArray *add_table(Markup *markup, const GPtrArray *connections)
{
    GArray *cells = g_array_new(FALSE, FALSE, sizeof(NameCell));
    bool one_day = is_one_day(connections);
    markup_add(
        markup,
        "<p class=\"ca-js\"><label>Filter <input id=\"ca-filter\" type=\"search\"></label> <button "
        "type=\"button\" id=\"ca-all\">all</button> <output id=\"ca-shown\"></output></p><div "
        "class=\"ca-wide\" tabindex=\"0\"><table id=\"ca-table\" "
        "class=\"ca-rows\"><thead><tr>");
    for (unsigned i = 0; i < G_N_ELEMENTS(COLUMNS); i++)
        markup_add(markup, "<th scope=\"col\">%s</th>", COLUMNS[i].label);
    markup_add(markup, "</tr></thead><tbody>");
    for (guint i = 0; i < connections->len; i++) {
        char *const *row = g_ptr_array_index(connections, i);
        const char *name = field(row, "connection");
        markup_add(markup, "<tr id=\"%s\" data-verdict=\"%s\" data-cause=\"%s\">", name,
                   field(row, "verdict"), field(row, "cause"));
        NameCell cell = { .from = markup->text->len };
        add_name(markup, name, false);
        cell.past = markup->text->len;
        g_array_append_val(cells, cell);
        for (unsigned k = 1; k < G_N_ELEMENTS(COLUMNS); k++)
            add_cell(markup, row, k, one_day);
        markup_add(markup, "</tr>\n");
    }
    markup_add(markup, "</tbody></table></div>");
    return cells;
}

/* The table, with links to what is drawn. */
static void take_table(Markup *markup, const Markup *table, const GPtrArray *connections,
                       const GArray *cells, GHashTable *drawn)
{
    gsize at = 0;
    markup->elements += table->elements;
    for (guint i = 0; i < connections->len; i++) {
        char *const *row = g_ptr_array_index(connections, i);
        const NameCell *cell = &g_array_index(cells, NameCell, i);
        if (!g_hash_table_contains(drawn, row[0]))
            continue;
        g_string_append_len(markup->text, table->text->str + at, (gssize)(cell->from - at));
        markup->elements--;
        add_name(markup, row[0], true);
        at = cell->past;
    }
    g_string_append_len(markup->text, table->text->str + at, (gssize)(table->text->len - at));
}

/* False: there is no room for it. */
static bool add_diagram(Markup *markup, const char *name, const Story *story)
{
    g_auto(Markup) piece = markup_new();
    const StoryText *verdict = story_find_item(story, "verdict");
    g_autofree char *words = verdict ? story_plain(verdict, story->input, " ") : g_strdup("");
    markup_add(&piece, "<details id=\"d-%s\" class=\"ca-story\"><summary>%s: %s</summary>", name,
               name, words);
    diagram_add(&piece, name, story);
    markup_add(&piece, "</details>\n");
    return markup_take(markup, &piece, ELEMENTS_BEHIND);
}

/* `drawn` gets the names of those that are shown. */
static void add_diagrams(Markup *markup, const PageRows *rows, const ConnectionStories *stories,
                         GHashTable *drawn)
{
    g_autoptr(GPtrArray) names = page_rows_diagrams(rows);
    guint shown = 0;
    for (guint i = 0; i < names->len && stories->story; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autoptr(Story) story = stories->story(stories->data, name);
        if (!story || !add_diagram(markup, name, story))
            continue;
        g_hash_table_add(drawn, (gpointer)(uintptr_t)name);
        shown++;
    }
    markup_add(markup, "<p class=\"ca-note\">");
    markup_count(markup, rows->verdicts[VERDICT_CONTRADICTED]);
    markup_add(markup, " connections are contradicted, %s", rows->more_errors ? "more than " : "");
    markup_count(markup, g_hash_table_size(rows->error_names));
    markup_add(markup, " have an error. ");
    if (stories->story)
        markup_add(
            markup,
            "%u are drawn here; connaudit --show draws any other. <b "
            "class=\"ca-key-proof\">Marked</b>: the packets on which the verdict or a finding "
            "rests. A dotted lifeline: no packet for a second or more.</p>",
            shown);
    else
        markup_add(markup, "None is drawn: %s</p>", stories->why);
}

void connections_section(Markup *markup, const PageRows *rows, const GPtrArray *connections,
                         const ConnectionStories *stories)
{
    g_auto(Markup) table = markup_new(), diagrams = markup_new();
    g_autoptr(GHashTable) drawn = g_hash_table_new(g_str_hash, g_str_equal);
    /* the diagrams have the room that the rest of the page leaves, and the table links to them */
    g_autoptr(GArray) cells = add_table(&table, connections);
    diagrams.elements = markup->elements + table.elements + connections->len;
    diagrams.elsewhere = markup->text->len + table.text->len;
    unsigned before = diagrams.elements;
    add_diagrams(&diagrams, rows, stories, drawn);
    markup_add(markup, "<section id=\"connections\"><h2>Connections</h2><p>");
    markup_count(markup, connections->len);
    markup_add(markup, " of ");
    markup_count(markup, rows->connections);
    markup_add(
        markup,
        " connections: contradicted ones first, then undetermined ones, then the first of the "
        "others.</p>");
    take_table(markup, &table, connections, cells, drawn);
    markup_add(markup, "</section><section id=\"diagrams\"><h2>What happened on the wire</h2>");
    g_string_append_len(markup->text, diagrams.text->str, (gssize)diagrams.text->len);
    markup->elements += diagrams.elements - before;
    markup_add(markup, "</section>");
}
