/* Made-up exchanges as the judge would give them, so that tests can feed servers/ without
 * packets. */
#ifndef TOLD_H
#define TOLD_H

#include "servers/servers.h"

#define TOLD_START (1000 * NS_PER_SECOND) /* the end of every response */

typedef struct ToldExchange {
    Connection connection;
    ConversationFacts facts;
    JudgeContext context; /* borrows the two above; told_tell() passes it on */
    Ending ending;
    Exchange exchange;
    Judgement judgement;
} ToldExchange;

Nanoseconds told_seconds(double seconds);

/* An answered exchange, the first of its connection, which is to persist: 10.0.0.client with
 * 192.0.2.server:80. Its frames start at `number` * 10. */
void told_make(ToldExchange *told, unsigned client, unsigned server, unsigned number);

/* What happened to the connection: a request after `idle`, a close by an Ender, or a request after
 * `idle` that crossed the server's close. */
void told_reused(ToldExchange *told, Nanoseconds idle);
void told_closed(ToldExchange *told, unsigned ender, Nanoseconds idle);
void told_raced(ToldExchange *told, Nanoseconds close, Nanoseconds idle);
/* Turns a raced exchange into the request that was lost after it. */
void told_lost(ToldExchange *told);

/* Passes on the exchange, and its connection if that ended with it. */
void told_tell(Servers *servers, const ToldExchange *told);

/* A server with a timer of 5 s, and a client that sends after 4.5 s and, if `lose`, twice after
 * 4.99 s, which crosses the close. */
void told_mismatch(Servers *servers, bool lose);

#endif
