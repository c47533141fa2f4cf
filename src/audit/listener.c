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

static void hear_leg(void *data, const JudgedExchange *judged)
{
    hops_exchange(data, judged->context->connection, judged->client, judged->source,
                  judged->ending != NULL, judged->exchange, judged->judgement);
}

static void hear_unit(void *data, const HeardUnit *unit)
{
    hops_heard(data, unit->connection, unit->client, unit->by_client, unit->at, unit->begun);
}

static void hear_hidden(void *data, const HiddenBytes *hidden)
{
    hops_hidden(data, hidden->connection, hidden->client, hidden->from, hidden->to);
}

/* One that began before the capture, and of which nothing could be read. */
static void hear_end_of_legs(void *data, const EndedConnection *ended)
{
    const Connection *connection = ended->connection;
    const ConnectionRow *row = ended->row;
    bool carried = connection->half[0].payload + connection->half[1].payload > 0;
    hops_ended(data, connection);
    if (connection->opener_known || row->facts.exchanges > 0 || !carried)
        return;
    hops_hidden(data, connection, row->client,
                (Instant){ connection->start, connection->first_frame },
                (Instant){ connection->last_time, connection->last_frame });
}

AuditListener audit_listener_of_hops(Hops *hops)
{
    return (AuditListener){ .data = hops,
                            .exchange = hear_leg,
                            .heard = hear_unit,
                            .hidden = hear_hidden,
                            .ended = hear_end_of_legs };
}
