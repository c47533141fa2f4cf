#include "audit/row.h"

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int audit_position_compare(const AuditPosition *a, const AuditPosition *b)
{
    if (a->order != b->order)
        return compare(a->order, b->order);
    if (a->step != b->step)
        return compare(a->step, b->step);
    return a->step == STEP_FRAME ? 0 : compare(a->connection, b->connection);
}

FrameId audit_row_connection(const AuditRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        return row->exchange.connection.first_frame;
    case ROW_CONNECTION:
        return row->connection.connection.first_frame;
    case ROW_FINDING:
        break;
    }
    return row->finding.connection.first_frame;
}

uint32_t audit_row_exchange(const AuditRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        return row->exchange.exchange.number;
    case ROW_CONNECTION:
        return 0;
    case ROW_FINDING:
        break;
    }
    return row->finding.finding.rule;
}

void connection_tls_free(ConnectionTls *tls)
{
    if (!tls)
        return;
    g_free(tls->sni);
    g_free(tls->alpn);
    g_free(tls);
}

RowConnection row_connection_of(const Connection *connection, int client)
{
    return (RowConnection){
        .first_frame = connection->first_frame,
        .stream_number_known = connection->stream_number_known,
        .stream_number = connection->stream_number,
        .address = { connection->address[client], connection->address[!client] },
        .port = { connection->port[client], connection->port[!client] },
    };
}

void audit_row_clear(AuditRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        exchange_clear(&row->exchange.exchange);
        break;
    case ROW_CONNECTION:
        g_clear_pointer(&row->connection.decision.host, g_free);
        g_clear_pointer(&row->connection.tls, connection_tls_free);
        g_clear_pointer(&row->connection.h2, g_free);
        break;
    case ROW_FINDING:
        finding_clear(&row->finding.finding);
        break;
    }
}

int audit_row_compare(const void *left, const void *right)
{
    const AuditRow *a = left, *b = right;
    if (a->order != b->order)
        return compare(a->order, b->order);
    if (a->step != b->step)
        return compare(a->step, b->step);
    FrameId frame_a = audit_row_connection(a), frame_b = audit_row_connection(b);
    if (frame_a != frame_b)
        return compare(frame_a, frame_b);
    if (a->kind != b->kind)
        return compare(a->kind, b->kind);
    return compare(audit_row_exchange(a), audit_row_exchange(b));
}
