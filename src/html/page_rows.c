#include "html/page_rows.h"

#include <string.h>

#include "report/table_format.h"

static unsigned column_index(ReportName report, const char *name)
{
    const Column *columns = report_columns(report);
    unsigned index = 0;
    while (columns[index].name &&
           (*columns[index].name != *name || strcmp(columns[index].name, name) != 0))
        index++;
    g_assert(columns[index].name);
    return index;
}

const char *page_field(char *const *row, ReportName report, const char *column)
{
    return row[column_index(report, column)];
}

/* In one block. */
static char **fields_of(const char *row)
{
    size_t count = 1, length = 0;
    for (; row[length]; length++)
        count += row[length] == TABLE_FIELD_END;
    char **fields = g_malloc((count + 1) * sizeof *fields + length + 1);
    char *text = (char *)(fields + count + 1);
    memcpy(text, row, length + 1);
    for (size_t i = 0; i < count; i++) {
        fields[i] = text;
        text = strchrnul(text, TABLE_FIELD_END);
        *text++ = '\0';
    }
    fields[count] = NULL;
    return fields;
}

/* Connections ---------------------------------------------------------------------------------- */

static bool keep_connection(void *data, const char *row)
{
    GPtrArray *kept = *(GPtrArray **)data;
    g_ptr_array_add(kept, fields_of(row));
    return true;
}

bool page_rows_connection(PageRows *rows, const ConnectionRow *row, const RowFile *file)
{
    const Judgement *judgement = &row->decision.judgement;
    unsigned verdict = row->decision.set ? judgement->verdict : VERDICT_COUNT;
    rows->connections++;
    for (unsigned bit = 0; row->completeness >> bit; bit++)
        rows->reasons[bit] += row->completeness >> bit & 1;
    if (verdict < VERDICT_COUNT) {
        rows->judged++;
        rows->verdicts[verdict]++;
        rows->causes[verdict][judgement->cause]++;
    }
    rows->keeping = rows->kept[verdict];
    if (rows->keeping->len >= PAGE_CONNECTIONS_MAX)
        return false;
    write_connection_row(rows->connection, row, file);
    return true;
}

GPtrArray *page_rows_connections(const PageRows *rows)
{
    static const unsigned order[] = { VERDICT_CONTRADICTED, VERDICT_UNDETERMINED,
                                      VERDICT_AS_DECLARED, VERDICT_COUNT };
    GPtrArray *chosen = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        const GPtrArray *kept = rows->kept[order[i]];
        for (guint k = 0; k < kept->len && chosen->len < PAGE_CONNECTIONS_MAX; k++)
            g_ptr_array_add(chosen, g_ptr_array_index(kept, k));
    }
    return chosen;
}

/* Findings ------------------------------------------------------------------------------------- */

/* What proxies break comes when all else has come, also of connections that are here. */
static void note_error(PageRows *rows, const char *connection)
{
    if (g_hash_table_contains(rows->error_names, connection))
        return;
    if (g_hash_table_size(rows->error_names) >= PAGE_ERRORS_MAX) {
        rows->more_errors = true;
        return;
    }
    g_hash_table_add(rows->error_names, g_strdup(connection));
    if (rows->errors->len < PAGE_DIAGRAMS_MAX)
        g_ptr_array_add(rows->errors, g_strdup(connection));
}

static void note_culprit(PageRule *rule, const char *party, char *const *row)
{
    bool client = strcmp(party, "client") == 0;
    if (!client && strcmp(party, "server") != 0)
        return;
    g_autofree char *name = g_strdup_printf(
        "%s %s", party, page_field(row, REPORT_FINDINGS, client ? "client_ip" : "server_ip"));
    if (!rule->culprits)
        rule->culprits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(rule->culprits, name));
    if (count == 0 && g_hash_table_size(rule->culprits) >= PAGE_ADDRESSES_MAX)
        rule->more_culprits = true;
    else
        g_hash_table_insert(rule->culprits, g_steal_pointer(&name), GUINT_TO_POINTER(count + 1));
}

static bool take_finding(void *data, const char *text)
{
    PageRows *rows = data;
    g_autofree char **row = fields_of(text);
    Rule id;
    if (!rule_find(page_field(row, REPORT_FINDINGS, "rule"), &id))
        return true;
    PageRule *rule = &rows->rules[id];
    const char *severity = page_field(row, REPORT_FINDINGS, "severity");
    for (Severity own = SEVERITY_NOTE; own <= SEVERITY_ERROR; own++)
        if (strcmp(severity, severity_name(own)) == 0)
            rule->severity = MAX(rule->severity, own);
    rows->findings++;
    rule->connections++;
    rule->cases += g_ascii_strtoull(page_field(row, REPORT_FINDINGS, "count"), NULL, 10);
    note_culprit(rule, page_field(row, REPORT_FINDINGS, "party"), row);
    if (strcmp(severity, severity_name(SEVERITY_ERROR)) == 0)
        note_error(rows, page_field(row, REPORT_FINDINGS, "connection"));
    if (!rule->examples)
        rule->examples = g_ptr_array_new_with_free_func(g_free);
    if (rule->examples->len < PAGE_EXAMPLES_MAX)
        g_ptr_array_add(rule->examples, g_steal_pointer(&row));
    return true;
}

GPtrArray *page_rows_diagrams(const PageRows *rows)
{
    GPtrArray *names = g_ptr_array_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const GPtrArray *bad = rows->kept[VERDICT_CONTRADICTED];
    for (guint i = 0; i < bad->len && names->len < PAGE_DIAGRAMS_MAX; i++) {
        char *const *row = g_ptr_array_index(bad, i);
        g_ptr_array_add(names, row[0]);
        g_hash_table_add(seen, row[0]);
    }
    for (guint i = 0; i < rows->errors->len && names->len < PAGE_DIAGRAMS_MAX; i++)
        if (g_hash_table_add(seen, g_ptr_array_index(rows->errors, i)))
            g_ptr_array_add(names, g_ptr_array_index(rows->errors, i));
    return names;
}

/* Inputs --------------------------------------------------------------------------------------- */

static bool take_input(void *data, const char *row)
{
    PageRows *rows = data;
    if (rows->input_count++ < PAGE_INPUTS_MAX)
        g_ptr_array_add(rows->inputs, fields_of(row));
    return true;
}

/* Hops ----------------------------------------------------------------------------------------- */

#define STATUS_ERROR 500

static PageHop kind_of(char *const *row)
{
    bool own = strcmp(page_field(row, REPORT_HOPS, "answered_by"), "proxy") == 0;
    if (own && g_ascii_strtoull(page_field(row, REPORT_HOPS, "status"), NULL, 10) >= STATUS_ERROR)
        return PAGE_HOP_ERROR;
    return *page_field(row, REPORT_HOPS, "findings") ? PAGE_HOP_FINDING : PAGE_HOP_OTHER;
}

static bool take_hop(void *data, const char *text)
{
    PageRows *rows = data;
    g_autofree char **row = fields_of(text);
    const char *basis = page_field(row, REPORT_HOPS, "basis");
    bool alone = strcmp(basis, "none") == 0;
    rows->hops++;
    rows->hop_alone += alone;
    rows->hop_pairs += *basis && !alone;
    GPtrArray *kept = rows->kept_hops[kind_of(row)];
    if (kept->len < PAGE_HOPS_MAX)
        g_ptr_array_add(kept, g_steal_pointer(&row));
    return true;
}

GPtrArray *page_rows_hops(const PageRows *rows)
{
    GPtrArray *chosen = g_ptr_array_new();
    for (unsigned kind = 0; kind < PAGE_HOP_COUNT; kind++)
        for (guint i = 0; i < rows->kept_hops[kind]->len && chosen->len < PAGE_HOPS_MAX; i++)
            g_ptr_array_add(chosen, g_ptr_array_index(rows->kept_hops[kind], i));
    return chosen;
}

PageRows *page_rows_new(void)
{
    PageRows *rows = g_new0(PageRows, 1);
    for (unsigned i = 0; i <= VERDICT_COUNT; i++)
        rows->kept[i] = g_ptr_array_new_with_free_func(g_free);
    for (unsigned i = 0; i < PAGE_HOP_COUNT; i++)
        rows->kept_hops[i] = g_ptr_array_new_with_free_func(g_free);
    rows->errors = g_ptr_array_new_with_free_func(g_free);
    rows->error_names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    rows->inputs = g_ptr_array_new_with_free_func(g_free);
    rows->connection =
        table_new_taken(report_columns(REPORT_CONNECTIONS), keep_connection, &rows->keeping);
    rows->tables[REPORT_FINDINGS] =
        table_new_taken(report_columns(REPORT_FINDINGS), take_finding, rows);
    rows->tables[REPORT_HOPS] = table_new_taken(report_columns(REPORT_HOPS), take_hop, rows);
    rows->tables[REPORT_INPUTS] = table_new_taken(report_columns(REPORT_INPUTS), take_input, rows);
    return rows;
}

void page_rows_free(PageRows *rows)
{
    if (!rows)
        return;
    for (unsigned i = 0; i <= VERDICT_COUNT; i++)
        g_ptr_array_unref(rows->kept[i]);
    for (unsigned i = 0; i < PAGE_HOP_COUNT; i++)
        g_ptr_array_unref(rows->kept_hops[i]);
    for (Rule rule = 0; rule < RULE_COUNT; rule++) {
        g_clear_pointer(&rows->rules[rule].culprits, g_hash_table_unref);
        g_clear_pointer(&rows->rules[rule].examples, g_ptr_array_unref);
    }
    table_free(rows->connection);
    g_hash_table_unref(rows->error_names);
    g_ptr_array_unref(rows->errors);
    g_ptr_array_unref(rows->inputs);
    for (unsigned i = 0; i < REPORT_COUNT; i++)
        table_free(rows->tables[i]);
    g_free(rows);
}
