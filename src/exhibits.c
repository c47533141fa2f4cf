#include "exhibits.h"

Exhibits *exhibits_new(unsigned max)
{
    Exhibits *exhibits = g_new0(Exhibits, 1);
    exhibits->list = g_array_new(FALSE, FALSE, sizeof(Exhibit));
    exhibits->max = max;
    return exhibits;
}

void exhibits_consider(Exhibits *exhibits, FrameId connection, const Decision *decision,
                       const Finding *findings, size_t count)
{
    Exhibit exhibit = { .connection = connection };
    size_t error = 0;
    exhibit.contradicted = decision && decision->judgement.verdict == VERDICT_CONTRADICTED;
    while (error < count && findings[error].severity != SEVERITY_ERROR)
        error++;
    if (exhibit.contradicted)
        exhibit.cause = decision->judgement.cause;
    else if (error < count)
        exhibit.rule = findings[error].rule;
    else
        return;
    if (exhibits->list->len == exhibits->max)
        exhibits->left_out++;
    else
        g_array_append_val(exhibits->list, exhibit);
}

const Exhibit *exhibits_get(const Exhibits *exhibits, unsigned index)
{
    return &g_array_index(exhibits->list, Exhibit, index);
}

bool exhibits_equal(const Exhibits *a, const Exhibits *b)
{
    if (a->list->len != b->list->len || a->left_out != b->left_out)
        return false;
    for (guint i = 0; i < a->list->len; i++) {
        const Exhibit *left = exhibits_get(a, i), *right = exhibits_get(b, i);
        if (left->connection != right->connection || left->contradicted != right->contradicted ||
            left->cause != right->cause || left->rule != right->rule)
            return false;
    }
    return true;
}

const char *exhibit_reason(const Exhibit *exhibit)
{
    return exhibit->contradicted ? cause_name(exhibit->cause) : rule_info(exhibit->rule)->name;
}

char *exhibit_file_name(const Exhibit *exhibit)
{
    return g_strdup_printf("%u-%" G_GUINT64_FORMAT "-%s.pcapng", frame_input(exhibit->connection),
                           frame_number(exhibit->connection), exhibit_reason(exhibit));
}

void exhibits_free(Exhibits *exhibits)
{
    if (!exhibits)
        return;
    g_array_unref(exhibits->list);
    g_free(exhibits);
}
