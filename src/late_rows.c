#include "late_rows.h"

struct LateRows {
    const TlsKeys *keys;
    void (*row)(void *data, const AuditRow *row);
    void *data;
    GQueue held; /* AuditRow * */
};

LateRows *late_rows_new(const TlsKeys *keys, void (*row)(void *data, const AuditRow *row),
                        void *data)
{
    LateRows *late = g_new0(LateRows, 1);
    *late = (LateRows){ .keys = keys, .row = row, .data = data };
    g_queue_init(&late->held);
    return late;
}

static void let_go(LateRows *late, AuditRow *row)
{
    ConnectionTls *tls = row->kind == ROW_CONNECTION ? row->connection.tls : NULL;
    if (tls && tls_missed_came(&tls->missed, late->keys))
        tls->facts.late = true;
    late->row(late->data, row);
    audit_row_clear(row);
    g_free(row);
}

bool late_rows_take(LateRows *late, const AuditRow *row)
{
    bool waits = row->kind == ROW_CONNECTION && row->connection.tls &&
                 row->connection.tls->missed.missed && !row->connection.tls->facts.late;
    if (!waits && g_queue_is_empty(&late->held))
        return false;
    if (late->held.length >= LATE_ROWS_MAX)
        let_go(late, g_queue_pop_head(&late->held));
    g_queue_push_tail(&late->held, g_memdup2(row, sizeof *row));
    return true;
}

void late_rows_end(LateRows *late)
{
    while (!g_queue_is_empty(&late->held))
        let_go(late, g_queue_pop_head(&late->held));
}

void late_rows_free(LateRows *late)
{
    if (!late)
        return;
    for (AuditRow *row; (row = g_queue_pop_head(&late->held));) {
        audit_row_clear(row);
        g_free(row);
    }
    g_free(late);
}
