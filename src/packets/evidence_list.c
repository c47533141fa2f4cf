#include "packets/evidence_list.h"

#include <string.h>

EvidenceList *evidence_list_new(unsigned max)
{
    EvidenceList *evidence_list = g_new0(EvidenceList, 1);
    evidence_list->list = g_array_new(FALSE, FALSE, sizeof(EvidenceItem));
    evidence_list->max = max;
    return evidence_list;
}

static bool is_opened(const ConnectionTls *tls)
{
    TlsSecrets secrets = tls_secrets_of(&tls->facts);
    return secrets == TLS_SECRETS_OF_ALL || secrets == TLS_SECRETS_OF_CLIENT ||
           secrets == TLS_SECRETS_OF_SERVER;
}

void evidence_list_consider(EvidenceList *evidence_list, const EndedConnection *ended)
{
    const Decision *decision = &ended->row->decision;
    EvidenceItem item = { .position = ended->position,
                          .connection = ended->connection->first_frame };
    const ConnectionTls *tls = ended->row->tls;
    size_t error = 0;
    if (tls) {
        memcpy(item.randoms, tls->randoms, sizeof item.randoms);
        item.random_count = tls->random_count;
        item.opened = is_opened(tls);
    }
    item.contradicted = decision->set && decision->judgement.verdict == VERDICT_CONTRADICTED;
    while (error < ended->finding_count && ended->findings[error].severity != SEVERITY_ERROR)
        error++;
    if (item.contradicted)
        item.cause = decision->judgement.cause;
    else if (error < ended->finding_count)
        item.rule = ended->findings[error].rule;
    else
        return;
    if (evidence_list->list->len == evidence_list->max)
        evidence_list->left_out++;
    else
        g_array_append_val(evidence_list->list, item);
}

/* With something looked for, only connections that are listed. */
static void hear_end(void *data, const EndedConnection *ended)
{
    if (ended->matches)
        evidence_list_consider(data, ended);
}

AuditListener evidence_list_listener(EvidenceList *evidence_list)
{
    return (AuditListener){ .data = evidence_list, .ended = hear_end };
}

static gint by_position(gconstpointer a, gconstpointer b, gpointer data G_GNUC_UNUSED)
{
    return audit_position_compare(&((const EvidenceItem *)a)->position,
                                  &((const EvidenceItem *)b)->position);
}

void evidence_list_merge(EvidenceList *evidence_list, const EvidenceList *from)
{
    GArray *list = evidence_list->list;
    g_array_append_vals(list, from->list->data, from->list->len);
    g_qsort_with_data(list->data, (gint)list->len, sizeof(EvidenceItem), by_position, NULL);
    evidence_list->left_out += from->left_out;
    if (list->len > evidence_list->max) {
        evidence_list->left_out += list->len - evidence_list->max;
        g_array_set_size(list, evidence_list->max);
    }
}

const EvidenceItem *evidence_list_get(const EvidenceList *evidence_list, unsigned index)
{
    return &g_array_index(evidence_list->list, EvidenceItem, index);
}

uint64_t evidence_list_opened(const EvidenceList *evidence_list)
{
    uint64_t count = 0;
    for (guint i = 0; i < evidence_list->list->len; i++)
        count += evidence_list_get(evidence_list, i)->opened;
    return count;
}

bool evidence_list_equal(const EvidenceList *a, const EvidenceList *b)
{
    if (a->list->len != b->list->len || a->left_out != b->left_out)
        return false;
    for (guint i = 0; i < a->list->len; i++) {
        const EvidenceItem *left = evidence_list_get(a, i), *right = evidence_list_get(b, i);
        if (left->connection != right->connection || left->contradicted != right->contradicted ||
            left->cause != right->cause || left->rule != right->rule)
            return false;
    }
    return true;
}

const char *evidence_item_reason(const EvidenceItem *evidence_item)
{
    return evidence_item->contradicted ? cause_name(evidence_item->cause)
                                       : rule_info(evidence_item->rule)->name;
}

char *evidence_item_file_name(const EvidenceItem *evidence_item)
{
    return g_strdup_printf(CONNECTION_NAME "-%s.pcapng", FRAME_PARTS(evidence_item->connection),
                           evidence_item_reason(evidence_item));
}

void evidence_list_free(EvidenceList *evidence_list)
{
    if (!evidence_list)
        return;
    g_array_unref(evidence_list->list);
    g_free(evidence_list);
}
