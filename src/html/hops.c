#include "html/hops.h"

#include <string.h>

#include "report/summary_hops.h"

typedef enum CellKind {
    CELL_WORD,
    CELL_NUMBER,
    CELL_TEXT,
    CELL_LEG, /* a connection, and its exchange in the next column of the report */
} CellKind;

static const struct {
    const char *column, *label;
    CellKind kind;
} COLUMNS[] = {
    { "connection", "in front, exchange", CELL_LEG },
    { "back_connection", "behind, exchange", CELL_LEG },
    { "method", "method", CELL_WORD },
    { "target", "target", CELL_TEXT },
    { "status", "status", CELL_NUMBER },
    { "back_status", "behind", CELL_NUMBER },
    { "answered_by", "answered by", CELL_WORD },
    { "back_cause", "cause behind", CELL_WORD },
    { "findings", "findings", CELL_TEXT },
    { "undetermined", "no pair: why", CELL_WORD },
    { "attempt", "attempt", CELL_NUMBER },
    { "held_s", "held, s", CELL_NUMBER },
    { "server_s", "server, s", CELL_NUMBER },
    { "client_ip", "client", CELL_WORD },
    { "back_server_ip", "server behind", CELL_WORD },
};

static const char *field(char *const *row, const char *column)
{
    return page_field(row, REPORT_HOPS, column);
}

static void add_leg(Markup *markup, char *const *row, const char *column)
{
    const char *name = field(row, column);
    bool front = strcmp(column, "connection") == 0;
    if (*name)
        markup_add(markup, "<td><a href=\"#%s\">%s</a> %s</td>", name, name,
                   field(row, front ? "exchange" : "back_exchange"));
    else
        markup_add(markup, "<td></td>");
}

static void add_row(Markup *markup, char *const *row)
{
    markup_add(markup, "<tr>");
    for (size_t i = 0; i < G_N_ELEMENTS(COLUMNS); i++) {
        static const char *const classes[] = {
            [CELL_WORD] = "ca-field", [CELL_NUMBER] = "ca-number", [CELL_TEXT] = "ca-text"
        };
        if (COLUMNS[i].kind == CELL_LEG)
            add_leg(markup, row, COLUMNS[i].column);
        else
            markup_add(markup, "<td class=\"%s\">%s</td>", classes[COLUMNS[i].kind],
                       field(row, COLUMNS[i].column));
    }
    markup_add(markup, "</tr>\n");
}

static void add_table(Markup *markup, const PageRows *rows)
{
    g_autoptr(GPtrArray) shown = page_rows_hops(rows);
    markup_add(markup, "<p>");
    markup_count(markup, shown->len);
    markup_add(markup, " of ");
    markup_count(markup, rows->hops);
    markup_add(markup,
               " rows: errors of the proxy's own first, then rows with findings, then the first of "
               "the others.</p><div class=\"ca-wide\" tabindex=\"0\"><table class=\"ca-rows "
               "ca-hops\"><thead><tr>");
    for (size_t i = 0; i < G_N_ELEMENTS(COLUMNS); i++)
        markup_add(markup, "<th scope=\"col\">%s</th>", COLUMNS[i].label);
    markup_add(markup, "</tr></thead><tbody>");
    for (guint i = 0; i < shown->len; i++)
        add_row(markup, g_ptr_array_index(shown, i));
    markup_add(markup, "</tbody></table></div>");
}

void hops_section(Markup *markup, const PageRows *rows, const Hops *hops)
{
    if (!hops || rows->hops == 0)
        return;
    g_autoptr(GPtrArray) lines = summary_hop_lines(hops);
    markup_add(markup, "<section id=\"hops\"><h2>Both sides of proxies</h2>");
    markup_add(markup,
               "<p class=\"ca-legend\">A request in front of a proxy, and what the proxy sent on "
               "for it. Both are called a pair only if no other request can be the one.</p><p>");
    markup_count(markup, rows->hop_pairs);
    markup_add(markup, " pair%s, ", rows->hop_pairs == 1 ? "" : "s");
    markup_count(markup, rows->hop_alone);
    markup_add(markup, " for which the proxy sent nothing on, ");
    markup_count(markup, rows->hops - rows->hop_pairs - rows->hop_alone);
    markup_add(markup, " without a certain partner.</p>");
    for (guint i = 0; i < lines->len; i++)
        markup_add(markup, "<p class=\"ca-error\">%s</p>",
                   (const char *)g_ptr_array_index(lines, i));
    add_table(markup, rows);
    markup_add(markup, "</section>");
}
