#include "html/glance.h"

#include <string.h>

/* More inputs are listed on demand. */
#define INPUTS_OPEN 5

static const char *const CLASSES[] = { "ca-good", "ca-doubt", "ca-bad" };
G_STATIC_ASSERT(G_N_ELEMENTS(CLASSES) == VERDICT_COUNT);

/* A bar that filters what follows; without scripts it only shows. */
static void add_bar(Markup *markup, Verdict verdict, const char *cause, uint64_t count,
                    uint64_t most)
{
    markup_add(
        markup,
        "<button type=\"button\" class=\"ca-choice%s\" data-verdict=\"%s\" data-cause=\"%s\" "
        "aria-pressed=\"false\"><span class=\"ca-name\">%s</span> <span class=\"ca-number\">",
        *cause ? "" : " ca-total", verdict_name(verdict), cause,
        *cause ? cause : verdict_name(verdict));
    markup_count(markup, count);
    markup_add(markup,
               "</span><svg aria-hidden=\"true\" width=\"100%%\" height=\"8\"><rect class=\"%s\" "
               "width=\"%.2f%%\" height=\"8\"/></svg></button>",
               CLASSES[verdict], (double)count / (double)MAX(most, 1) * 100);
}

/* The causes of a verdict, the most frequent first, equals in their own order. */
static void add_causes(Markup *markup, const PageRows *rows, Verdict verdict, uint64_t most)
{
    bool shown[CAUSE_COUNT] = { false };
    for (;;) {
        Cause next = CAUSE_COUNT;
        for (Cause cause = 0; cause < CAUSE_COUNT; cause++)
            if (!shown[cause] && rows->causes[verdict][cause] > 0 &&
                (next == CAUSE_COUNT || rows->causes[verdict][cause] > rows->causes[verdict][next]))
                next = cause;
        if (next == CAUSE_COUNT)
            return;
        shown[next] = true;
        add_bar(markup, verdict, cause_name(next), rows->causes[verdict][next], most);
    }
}

static void add_verdicts(Markup *markup, const PageRows *rows)
{
    static const Verdict order[] = { VERDICT_CONTRADICTED, VERDICT_UNDETERMINED,
                                     VERDICT_AS_DECLARED };
    uint64_t most = 0;
    for (Verdict verdict = 0; verdict < VERDICT_COUNT; verdict++)
        most = MAX(most, rows->verdicts[verdict]);
    markup_add(markup, "<div class=\"ca-verdicts\">");
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        Verdict verdict = order[i];
        markup_add(markup, "<div>");
        add_bar(markup, verdict, "", rows->verdicts[verdict], most);
        add_causes(markup, rows, verdict, most);
        markup_add(markup, "</div>");
    }
    markup_add(markup, "</div>");
}

static void add_missing(Markup *markup, const PageRows *rows)
{
    unsigned count = 0;
    for (unsigned bit = 0; bit < REASON_COUNT; bit++) {
        if (rows->reasons[bit] == 0)
            continue;
        markup_add(markup,
                   count++ ? ", " : "<p>Connections of which the capture lacks something: ");
        markup_add(markup, "%s ", reason_name((Reason)(1u << bit)));
        markup_count(markup, rows->reasons[bit]);
    }
    markup_add(markup, count
                           ? ".</p>"
                           : "<p>No connection in the table lacks what its verdict rests on.</p>");
}

static void add_inputs(Markup *markup, const PageRows *rows)
{
    static const char *const columns[] = { "input",     "file",      "packets", "first_time",
                                           "last_time", "cut_short", "drops",   "sha256" };
    bool many = rows->inputs->len > INPUTS_OPEN;
    if (many)
        markup_add(markup, "<details><summary>%u inputs</summary>", rows->inputs->len);
    markup_add(markup,
               "<div class=\"ca-wide\" tabindex=\"0\"><table class=\"ca-inputs\"><caption>What was "
               "read</caption><thead><tr>");
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        markup_add(markup, "<th scope=\"col\">%s</th>", columns[i]);
    markup_add(markup, "</tr></thead><tbody>");
    for (guint i = 0; i < rows->inputs->len; i++) {
        markup_add(markup, "<tr>");
        for (size_t k = 0; k < G_N_ELEMENTS(columns); k++)
            markup_add(markup, "<td class=\"%s\">%s</td>",
                       strcmp(columns[k], "sha256") == 0 ? "ca-sum" : "ca-field",
                       page_field(g_ptr_array_index(rows->inputs, i), REPORT_INPUTS, columns[k]));
        markup_add(markup, "</tr>");
    }
    markup_add(markup, "</tbody></table></div>");
    if (rows->input_count > rows->inputs->len) {
        markup_add(markup, "<p class=\"ca-note\">%u of ", rows->inputs->len);
        markup_count(markup, rows->input_count);
        markup_add(markup, " inputs. All: the report inputs.</p>");
    }
    if (many)
        markup_add(markup, "</details>");
}

void glance_section(Markup *markup, const PageRows *rows, const char *summary)
{
    markup_add(markup, "<section id=\"glance\"><h2>At a glance</h2><p>");
    markup_count(markup, rows->judged);
    markup_add(markup, " connections with HTTP, ");
    markup_count(markup, rows->findings);
    markup_add(markup, " findings.</p>");
    add_verdicts(markup, rows);
    add_missing(markup, rows);
    add_inputs(markup, rows);
    markup_add(markup,
               "<details><summary>The summary</summary><pre class=\"ca-wide\" "
               "tabindex=\"0\">%s</pre></details></section>",
               summary);
}
