#include "html/findings.h"

#include <string.h>

typedef struct Culprit {
    const char *name;
    guint count;
} Culprit;

static gint compare_culprits(gconstpointer a, gconstpointer b)
{
    const Culprit *left = a, *right = b;
    if (left->count != right->count)
        return left->count > right->count ? -1 : 1;
    return strcmp(left->name, right->name);
}

static void add_culprits(Markup *markup, const PageRule *rule)
{
    if (!rule->culprits)
        return;
    g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(Culprit));
    GHashTableIter iter;
    gpointer name, count;
    g_hash_table_iter_init(&iter, rule->culprits);
    while (g_hash_table_iter_next(&iter, &name, &count)) {
        Culprit culprit = { name, GPOINTER_TO_UINT(count) };
        g_array_append_val(list, culprit);
    }
    g_array_sort(list, compare_culprits);
    markup_add(markup, "<p>By ");
    for (guint i = 0; i < MIN(list->len, PAGE_CULPRITS_MAX); i++) {
        const Culprit *culprit = &g_array_index(list, Culprit, i);
        markup_add(markup, "%s%s (%u)", i ? ", " : "", culprit->name, culprit->count);
    }
    markup_add(markup, "%s</p>",
               list->len > PAGE_CULPRITS_MAX || rule->more_culprits ? " and others" : "");
}

static void add_filter(Markup *markup, const char *filter)
{
    if (*filter)
        markup_add(
            markup,
            "<p><code>%s</code> <button type=\"button\" class=\"ca-js\" data-copy=\"%s\">copy "
            "the filter</button></p>",
            filter, filter);
}

static void add_example(Markup *markup, char *const *row)
{
    const char *connection = page_field(row, REPORT_FINDINGS, "connection");
    const char *exchange = page_field(row, REPORT_FINDINGS, "exchange");
    const char *file = page_field(row, REPORT_FINDINGS, "proof_file");
    const char *frames = page_field(row, REPORT_FINDINGS, "frames");
    markup_add(markup, "<li><a href=\"#%s\">%s</a>%s%s: %s", connection, connection,
               *exchange ? ", exchange " : "", exchange,
               page_field(row, REPORT_FINDINGS, "message"));
    if (*frames)
        markup_add(markup, " <span class=\"ca-dim\">Frames %s of %s</span>", frames, file);
    add_filter(markup, page_field(row, REPORT_FINDINGS, "display_filter"));
    markup_add(markup, "</li>");
}

static void add_rule(Markup *markup, Rule id, const PageRule *rule)
{
    const RuleInfo *info = rule_info(id);
    static const char *const classes[] = { "ca-key-none", "ca-key-doubt", "ca-key-bad" };
    G_STATIC_ASSERT(G_N_ELEMENTS(classes) == SEVERITY_COUNT);
    markup_add(
        markup, "<section class=\"ca-rule\"><h3>%s <span class=\"%s\">%s</span></h3><p>%s</p><p>",
        info->name, classes[rule->severity], severity_name(rule->severity), info->text->summary);
    markup_count(markup, rule->connections);
    markup_add(markup, " connection%s, ", rule->connections == 1 ? "" : "s");
    markup_count(markup, rule->cases);
    markup_add(markup, " case%s. %s</p>", rule->cases == 1 ? "" : "s", info->reference);
    add_culprits(markup, rule);
    markup_add(
        markup,
        "<details><summary>What it means, and what to do</summary><p>%s</p><p>%s</p></details>",
        info->text->explanation, info->text->advice);
    if (rule->connections > rule->examples->len) {
        markup_add(markup, "<p class=\"ca-note\">The first %u of ", rule->examples->len);
        markup_count(markup, rule->connections);
        markup_add(markup, ". All: the report findings.</p>");
    }
    markup_add(markup, "<ul>");
    for (guint i = 0; i < rule->examples->len; i++)
        add_example(markup, g_ptr_array_index(rule->examples, i));
    markup_add(markup, "</ul></section>");
}

static gint compare_rules(gconstpointer a, gconstpointer b, gpointer data)
{
    const PageRows *rows = data;
    Rule left = *(const Rule *)a, right = *(const Rule *)b;
    const PageRule *l = &rows->rules[left], *r = &rows->rules[right];
    if (l->severity != r->severity)
        return l->severity > r->severity ? -1 : 1;
    if (l->connections != r->connections)
        return l->connections > r->connections ? -1 : 1;
    return (left > right) - (left < right);
}

void findings_section(Markup *markup, const PageRows *rows)
{
    g_autoptr(GArray) broken = g_array_new(FALSE, FALSE, sizeof(Rule));
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        if (rows->rules[rule].connections)
            g_array_append_val(broken, rule);
    g_qsort_with_data(broken->data, (gint)broken->len, sizeof(Rule), compare_rules,
                      (gpointer)(uintptr_t)rows);
    markup_add(markup, "<section id=\"findings\"><h2>Findings by rule</h2>");
    for (guint i = 0; i < broken->len; i++) {
        Rule rule = g_array_index(broken, Rule, i);
        add_rule(markup, rule, &rows->rules[rule]);
    }
    if (broken->len == 0)
        markup_add(markup, "<p class=\"ca-note\">No finding is in the reports.</p>");
    markup_add(markup, "</section>");
}
