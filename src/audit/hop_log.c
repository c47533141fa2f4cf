#include "audit/hop_log.h"

struct HopLog {
    Hops *hops;
    GArray *kept; /* NULL: all is passed on at once */
};

HopLog *hop_log_new(Hops *hops)
{
    HopLog *log = g_new0(HopLog, 1);
    log->hops = hops;
    return log;
}

void hop_log_free(HopLog *log)
{
    g_free(log);
}

void hop_log_keep(HopLog *log, GArray *kept)
{
    log->kept = kept;
}

void hop_log_pass_on(HopLog *log, KeptNews *kept)
{
    hops_take(log->hops, &kept->news);
}

static void tell(HopLog *log, AuditPosition position, HopNews news)
{
    KeptNews kept = { position, news };
    if (log->kept)
        g_array_append_val(log->kept, kept);
    else
        hop_log_pass_on(log, &kept);
}

static void hear_exchange(void *data, const JudgedExchange *judged)
{
    tell(data, judged->position,
         hop_news_exchange(judged->context->connection, judged->client, judged->source,
                           judged->ending != NULL, judged->exchange, judged->judgement));
}

static void hear_unit(void *data, const HeardUnit *unit)
{
    tell(data, unit->position,
         hop_news_heard(unit->connection, unit->client, unit->by_client, unit->at, unit->begun));
}

static void hear_hidden(void *data, const HiddenBytes *hidden)
{
    tell(data, hidden->position,
         hop_news_hidden(hidden->connection, hidden->client, hidden->from, hidden->to));
}

/* One that began before the capture, and of which nothing could be read, hides something. */
static void hear_end(void *data, const EndedConnection *ended)
{
    const Connection *connection = ended->connection;
    const ConnectionRow *row = ended->row;
    bool carried = connection->half[0].payload + connection->half[1].payload > 0;
    tell(data, ended->position, hop_news_ended(connection));
    if (connection->opener_known || row->facts.exchanges > 0 || !carried)
        return;
    tell(data, ended->position,
         hop_news_hidden(connection, row->client,
                         (Instant){ connection->start, connection->first_frame },
                         (Instant){ connection->last_time, connection->last_frame }));
}

AuditListener hop_log_listener(HopLog *log)
{
    return (AuditListener){ .data = log,
                            .exchange = hear_exchange,
                            .heard = hear_unit,
                            .hidden = hear_hidden,
                            .ended = hear_end };
}
