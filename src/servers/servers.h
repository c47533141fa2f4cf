/* What is known about each server and each of its clients: sums over all connections.
 *
 * Grammar: new · (exchange | connection | merge)* · finish · (read) · free. Everything kept is a
 * count, an extreme, a histogram, or the first few in an order that does not depend on arrival. So
 * exchanges may be added in any order. They may also be split among several tables that are then
 * merged; the result is the same. This holds at the limits too: the servers that sort first are
 * kept. */
#ifndef SERVERS_SERVERS_H
#define SERVERS_SERVERS_H

#include "servers/reuse.h"
#include "servers/timeout.h"

/* Limits of servers and pairs. A histogram can take about 60 KiB, a raced request 100 bytes, a pair
 * with races 4 KiB. */
#define SERVERS_MAX 4096
#define PAIRS_MAX 16384

#define SERVER_HOSTS_MAX 8
#define SERVER_HOST_SIZE 256 /* bytes of one host; a longer one is cut and marked */
#define SERVER_STATED_MAX 8
#define PAIR_RACED_MAX 8

/* A server must end this many connections after the same number of requests before that number is
 * called its limit. */
#define SERVER_MAX_LEAST 5

typedef struct ServerKey {
    IpAddress address;
    uint16_t port;
} ServerKey;

typedef struct PairKey {
    IpAddress client;
    ServerKey server;
} PairKey;

typedef struct ServerHost {
    Nanoseconds time; /* when it was first seen */
    FrameId frame;
    char *name; /* owned, escaped */
} ServerHost;

typedef enum Mismatch {
    MISMATCH_NONE, /* no request was sent that late, or the timeout is unknown */
    MISMATCH_NEAR, /* requests were sent that late, none was lost */
    MISMATCH_YES,  /* requests were sent that late, and some were lost */
} Mismatch;

/* Times: -1 if there is none. */
typedef struct Server {
    ServerKey key;
    ServerHost hosts[SERVER_HOSTS_MAX]; /* the first, by time */
    unsigned host_count;
    bool more_hosts;
    uint64_t connections, exchanges;
    uint64_t declared_close, declared_keep_alive; /* exchanges */
    uint64_t verdicts[VERDICT_CONTRADICTED + 1];  /* connections by Verdict */
    /* timeouts in seconds, the smallest ones, ascending */
    int64_t stated[SERVER_STATED_MAX];
    unsigned stated_count;
    bool more_stated;
    IdleHistogram idle;
    /* of these, periods that the server closed on connections that cannot be read: they support an
     * estimate, and make none */
    IdleHistogram encrypted_idle;
    uint64_t encrypted_idles;
    Nanoseconds longest_reused;
    uint64_t reuses; /* requests sent on a connection that had been used, lost ones included */
    uint64_t lost, races, lost_after_close;
    uint64_t undeclared_closes, aborted, resets;
    uint64_t goaways;         /* connections on which it sent one */
    uint64_t refused;         /* streams */
    uint32_t most_served;     /* the greatest number of an answered exchange on its connection */
    uint64_t at_most;         /* connections that got that far */
    uint64_t ended_at_most;   /* of these: the server ended them there */
    TimeoutEstimate estimate; /* set by servers_finish(), like all below */
    Mismatch mismatch;
    int64_t inferred_max;       /* -1: none */
    uint64_t risky, lost_risky; /* requests sent when the timeout was near or over */
} Server;

typedef struct Pair {
    PairKey key;
    uint64_t connections, reuses, lost, lost_after_close;
    Nanoseconds longest_reused, longest_tried;
    uint32_t *raced_bins; /* owned; raced requests by bin of the idle time; NULL: none */
    RacedRequest raced[PAIR_RACED_MAX]; /* those after the longest idles, longest first */
    unsigned raced_count;
    uint64_t lost_risky;  /* by servers_finish(): raced requests sent when the timeout was near */
    const Server *server; /* likewise; NULL: left out */
} Pair;

typedef struct ServersLimits {
    unsigned servers, pairs;
} ServersLimits;

extern const ServersLimits SERVERS_LIMITS_DEFAULT;

typedef struct Servers Servers;

Servers *servers_new(const ServersLimits *limits);

/* Adds a judged exchange. `client` is the index of the client's side. `ending` as for
 * reuse_of(). */
void servers_exchange(Servers *servers, const JudgeContext *context, const Ending *ending,
                      int client, const Exchange *exchange, const Judgement *judgement);

/* Adds a connection with HTTP that has ended. */
void servers_connection(Servers *servers, const Connection *connection, int client,
                        const Ending *ending, Verdict verdict, bool goaway);

/* Adds a connection that cannot be read, which the server closed at `time` after it had been idle.
 */
void servers_encrypted_idle(Servers *servers, const Connection *connection, int client,
                            Nanoseconds idle, Nanoseconds time);

/* Adds the contents of `from`. Neither table may be finished. */
void servers_merge(Servers *servers, const Servers *from);

/* Everything has been added; infers what can be inferred. */
void servers_finish(Servers *servers);

/* Sorted by key: addresses (IPv4 first) and ports as numbers; pairs by client first. */
unsigned servers_count(const Servers *servers);
const Server *servers_at(const Servers *servers, unsigned index);
unsigned servers_pair_count(const Servers *servers);
const Pair *servers_pair_at(const Servers *servers, unsigned index);

/* Number of connections without a server, or without a pair, because a limit was reached. */
uint64_t servers_left_out(const Servers *servers);
uint64_t servers_pairs_left_out(const Servers *servers);

void servers_free(Servers *servers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Servers, servers_free)

#endif
