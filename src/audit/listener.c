#include "audit/listener.h"

#include "audit/encrypted_idle.h"

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    servers_exchange(data, judged->context, judged->ending, judged->client, judged->exchange,
                     judged->judgement);
}

static void hear_end(void *data, const EndedConnection *ended)
{
    const ConnectionRow *row = ended->row;
    Nanoseconds idle, time;
    if (encrypted_idle_close(row, &idle, &time))
        servers_encrypted_idle(data, ended->connection, row->client, idle, time);
    if (row->decision.set)
        servers_connection(data, ended->connection, row->client, &row->ending,
                           row->decision.judgement.verdict,
                           row->h2 && row->h2->goaways[1 - row->client].count > 0);
}

AuditListener audit_listener_of_servers(Servers *servers)
{
    return (AuditListener){ .data = servers, .exchange = hear_exchange, .ended = hear_end };
}
