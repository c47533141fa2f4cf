#include "told.h"

static const Thresholds thresholds = { .prompt_close = NS_PER_SECOND };

void told_make(ToldExchange *told, unsigned client, unsigned server, unsigned number)
{
    *told =
        (ToldExchange){ .connection = { .first_frame = frame_id(1, number * 10),
                                        .opener_known = true,
                                        .address = { { .version = 4, .bytes = { 10, 0, 0, 0 } },
                                                     { .version = 4, .bytes = { 192, 0, 2, 0 } } },
                                        .port = { 40000, 80 } },
                        .facts = { .client = 0 } };
    told->connection.address[0].bytes[3] = (uint8_t)client;
    told->connection.address[1].bytes[3] = (uint8_t)server;
    told->connection.end = CONNECTION_FINAL;
    told->context = (JudgeContext){ .thresholds = &thresholds,
                                    .connection = &told->connection,
                                    .facts = &told->facts };
    told->exchange = (Exchange){ .number = 1, .answered = true, .status = 200 };
    Exchange *exchange = &told->exchange;
    exchange->request = (MessageFacts){ .begun = true, .has_head = true, .complete = true };
    exchange->response = exchange->request;
    exchange->request.first = (Stamp){ .frame = frame_id(1, number * 10 + 1), .time = TOLD_START };
    exchange->response.last = (Stamp){ .frame = frame_id(1, number * 10 + 2), .time = TOLD_START };
    exchange->burst_start = TOLD_START;
    told->judgement = (Judgement){ .declaration = { .declared = DECLARED_KEEP_ALIVE },
                                   .verdict = VERDICT_AS_DECLARED,
                                   .after = -1,
                                   .stated_timeout = -1,
                                   .stated_max = -1 };
    told->ending = (Ending){ .possible = ENDER_NOBODY };
}

void told_reused(ToldExchange *told, Nanoseconds idle)
{
    told->judgement.actual = ACTUAL_REUSED;
    told->judgement.cause = CAUSE_REUSED;
    told->judgement.after = idle;
}

void told_closed(ToldExchange *told, unsigned ender, Nanoseconds idle)
{
    Closing *closing = ender == ENDER_CLIENT ? &told->ending.client : &told->ending.server;
    told->judgement.actual = ACTUAL_CLOSED;
    told->judgement.cause = ender == ENDER_CLIENT  ? CAUSE_CLIENT_FINISHED
                            : idle > NS_PER_SECOND ? CAUSE_IDLE_TIMEOUT
                                                   : CAUSE_UNDECLARED_CLOSE;
    if (told->judgement.cause == CAUSE_UNDECLARED_CLOSE)
        told->judgement.verdict = VERDICT_CONTRADICTED;
    told->judgement.ended = true;
    told->judgement.ended_by = ender;
    told->judgement.after = idle;
    told->ending.possible = ender;
    told->ending.how = closing->how = END_HOW_FIN;
    closing->stamp =
        (Stamp){ .frame = frame_number(told->connection.first_frame) + 5 + frame_id(1, 0),
                 .time = TOLD_START + idle,
                 .offset = 100,
                 .acked = 50 };
    told->ending.stamp = closing->stamp;
}

void told_raced(ToldExchange *told, Nanoseconds close, Nanoseconds idle)
{
    told_closed(told, ENDER_SERVER, close);
    told->judgement.actual = ACTUAL_REQUEST_LOST;
    told->judgement.cause = CAUSE_KEEPALIVE_RACE;
    told->judgement.verdict = VERDICT_CONTRADICTED;
    told->judgement.after = idle;
    told->exchange.next_number = 2;
    told->exchange.next_request =
        (Stamp){ .frame = told->connection.first_frame + 4, .time = TOLD_START + idle };
}

void told_lost(ToldExchange *told)
{
    told->exchange.number = 2;
    told->exchange.answered = false;
    told->judgement.actual = ACTUAL_UNANSWERED;
    told->judgement.after = -1;
}

void told_tell(Servers *servers, const ToldExchange *told)
{
    JudgeContext context = told->context; /* the struct may have been copied */
    context.connection = &told->connection;
    context.facts = &told->facts;
    servers_exchange(servers, &context,
                     told->ending.possible == ENDER_NOBODY ? NULL : &told->ending, 0,
                     &told->exchange, &told->judgement);
    if (told->judgement.actual != ACTUAL_REUSED && told->exchange.answered)
        servers_connection(servers, &told->connection, 0, &told->ending, told->judgement.verdict,
                           false);
}

Nanoseconds told_seconds(double seconds)
{
    return (Nanoseconds)(seconds * 1e9);
}

void told_mismatch(Servers *servers, bool lose)
{
    ToldExchange told;
    for (unsigned i = 0; i < 20; i++) {
        told_make(&told, 1, 7, i + 1);
        told_closed(&told, ENDER_SERVER, told_seconds(5) + i * NS_PER_MS);
        told.ending.stamp.time += i * NS_PER_SECOND; /* not all at once */
        told.exchange.response.last.time += i * NS_PER_SECOND;
        told.exchange.burst_start += i * NS_PER_SECOND;
        told_tell(servers, &told);
    }
    for (unsigned i = 0; i < 3; i++) {
        told_make(&told, 2, 7, 100 + i);
        told_reused(&told, told_seconds(4.5));
        told_tell(servers, &told);
    }
    for (unsigned i = 0; i < 2 && lose; i++) {
        told_make(&told, 2, 7, 200 + i);
        told_raced(&told, told_seconds(5), told_seconds(4.99) + i);
        told_tell(servers, &told);
        told_lost(&told);
        told_tell(servers, &told);
    }
}
