/* What hops hear of one connection, as plain values: whoever reads the connection makes them, in
 * any thread, and Hops take them in the order of the capture. */
#ifndef HOPS_NEWS_H
#define HOPS_NEWS_H

#include "hops/leg.h"
#include "stream/connection.h"

typedef enum HopNewsKind {
    HOP_NEWS_HEARD,    /* bytes have been read */
    HOP_NEWS_EXCHANGE, /* one has been judged */
    HOP_NEWS_HIDDEN,   /* bytes are missing, and messages may be among them */
    HOP_NEWS_ENDED,    /* all exchanges have come */
} HopNewsKind;

typedef struct HopNews {
    HopNewsKind kind;
    LegPath path;
    bool by_client; /* HEARD */
    uint32_t begun; /* HEARD: exchanges so far */
    Instant at;     /* HEARD: its last byte; EXCHANGE: the next request; not set: there is none */
    Instant from;   /* EXCHANGE that is not sure, HIDDEN: what is hidden; not set: nothing is */
    Instant to;
    Leg *leg; /* owned; of EXCHANGE; NULL: it is none that a proxy can have passed on */
} HopNews;

/* `client`: its side index. */
HopNews hop_news_heard(const Connection *connection, int client, bool by_client, Instant at,
                       uint32_t begun);

/* Takes over the exchange's digest. */
HopNews hop_news_exchange(const Connection *connection, int client, ProxySource source, bool ended,
                          Exchange *exchange, const Judgement *judgement);

HopNews hop_news_hidden(const Connection *connection, int client, Instant from, Instant to);

HopNews hop_news_ended(const Connection *connection);

/* If nobody takes them. */
void hop_news_clear(HopNews *news);

#endif
