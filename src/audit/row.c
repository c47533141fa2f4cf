#include "audit/row.h"

FrameId audit_row_connection(const AuditRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        return row->exchange.connection;
    case ROW_CONNECTION:
        return row->connection.connection.first_frame;
    case ROW_FINDING:
        break;
    }
    return row->finding.connection;
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

void audit_row_clear(AuditRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        exchange_clear(&row->exchange.exchange);
        break;
    case ROW_CONNECTION:
        g_clear_pointer(&row->connection.decision.host, g_free);
        break;
    case ROW_FINDING:
        finding_clear(&row->finding.finding);
        break;
    }
}
