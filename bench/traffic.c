/* Makes a capture of HTTP/1 whose truth is known.
 *
 *   traffic KIND OUT [CONNECTIONS [SEED]]
 *
 * KIND is one of:
 *   small  small exchanges, some hundred connections open at once, as of a busy web server
 *   bulk   few connections with bodies of a megabyte, in segments of three MSS (receive offload)
 *   mixed  both and what lies between them, also connections of which one direction is missing
 *   lossy  mixed, with 0.5 % of the packets lost, 0.5 % doubled and 1 % late by up to 8 packets
 *   many   short connections, ten thousand of them open at once
 *
 * Prints one line: what is in the capture, and how many connections deserve each verdict (see
 * docs/judgement.md). `whole` counts those of which no packet is missing: of the others one may
 * not know. Equal arguments make equal bytes.
 *
 * A connection is a plan and a place in it; whichever is drawn makes its next packet. So memory is
 * that of the open connections, and packets of many of them lie between each other. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MSS 1448
#define HEAD_MAX 512
#define PACKET_MAX (54 + 12 + 3 * MSS)
#define LATE_MAX 8

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

typedef enum Verdict { AS_DECLARED, CONTRADICTED, UNDETERMINED, VERDICTS } Verdict;

/* How a connection goes, and who closes it. */
typedef enum Plan {
    PLAN_KEPT,        /* HTTP/1.1 without a header: the client closes when it has finished */
    PLAN_KEPT_RESET,  /* the same, by a reset */
    PLAN_CLIENT_SAYS, /* the last request says close, and so does its response: the server closes */
    PLAN_SERVER_SAYS, /* the last response alone does */
    PLAN_OLD,         /* HTTP/1.0 without a header: one exchange, the server closes */
    PLAN_OLD_KEPT,    /* HTTP/1.0, both say keep-alive: the client closes */
    PLAN_LIES_OF_CLOSE, /* the server says close, and answers the next request all the same */
    PLAN_LIES_OF_KEEP,  /* the server says nothing, and closes at once */
    PLAN_ONE_DIRECTION, /* kept, but no packet of the client is there */
    PLANS
} Plan;

static const Verdict TRUTH[PLANS] = { [PLAN_LIES_OF_CLOSE] = CONTRADICTED,
                                      [PLAN_LIES_OF_KEEP] = CONTRADICTED,
                                      [PLAN_ONE_DIRECTION] = UNDETERMINED };

typedef struct Kind {
    const char *name;
    unsigned connections, live;
    unsigned weight[PLANS];
    unsigned exchanges; /* of most connections that are kept, up to this */
    unsigned hundreds;  /* of 1,000 connections that are kept, so many have 100 */
    unsigned body_least, body_most, large, large_in_1000;
    unsigned segment; /* bytes of a segment at most */
    unsigned step;    /* microseconds between packets */
    bool lossy;
} Kind;

static const Kind KINDS[] = {
    { .name = "small",
      .connections = 200000,
      .live = 100,
      .weight = { 40, 4, 14, 14, 12, 12, 2, 2, 0 },
      .exchanges = 4,
      .hundreds = 10,
      .body_least = 200,
      .body_most = 400,
      .large = 8192,
      .large_in_1000 = 30,
      .segment = 3 * MSS,
      .step = 15 },
    { .name = "bulk",
      .connections = 400,
      .live = 16,
      .weight = { 50, 0, 25, 15, 5, 0, 3, 2, 0 },
      .exchanges = 10,
      .hundreds = 0,
      .body_least = 100000,
      .body_most = 1000000,
      .large = 1048576,
      .large_in_1000 = 300,
      .segment = 3 * MSS,
      .step = 40 },
    { .name = "mixed",
      .connections = 60000,
      .live = 500,
      .weight = { 38, 3, 14, 14, 10, 12, 4, 3, 2 },
      .exchanges = 6,
      .hundreds = 5,
      .body_least = 200,
      .body_most = 9000,
      .large = 102400,
      .large_in_1000 = 30,
      .segment = 3 * MSS,
      .step = 25 },
    { .name = "lossy",
      .connections = 60000,
      .live = 500,
      .weight = { 38, 3, 14, 14, 10, 12, 4, 3, 2 },
      .exchanges = 6,
      .hundreds = 5,
      .body_least = 200,
      .body_most = 9000,
      .large = 102400,
      .large_in_1000 = 30,
      .segment = 3 * MSS,
      .step = 25,
      .lossy = true },
    { .name = "many",
      .connections = 300000,
      .live = 10000,
      .weight = { 30, 5, 20, 20, 5, 0, 10, 10, 0 },
      .exchanges = 3,
      .hundreds = 0,
      .body_least = 20,
      .body_most = 920,
      .large = 920,
      .large_in_1000 = 0,
      .segment = MSS,
      .step = 2 },
};

/* Where a connection is. */
typedef enum Phase {
    OPENS,
    ACCEPTS,
    CONFIRMS,
    ASKS,
    ACKS_REQUEST,
    ANSWERS,
    ACKS_ANSWER,
    CLOSES,
    FOLLOWS,
    LAST_ACK,
    OVER
} Phase;

typedef struct Connection {
    uint64_t number;
    Plan plan;
    Phase phase;
    uint32_t address[2]; /* of client and server */
    uint16_t port[2];
    uint32_t next[2]; /* sequence numbers */
    uint16_t packet_id[2];
    unsigned exchange, exchanges;
    uint32_t body_left;
    uint32_t unacknowledged; /* bytes of the answer */
    bool head_sent;
    bool damaged; /* a packet of it is missing */
} Connection;

/* A packet that comes late. */
typedef struct Late {
    unsigned wait; /* packets; 0: there is none */
    uint32_t size;
    uint8_t bytes[PACKET_MAX];
} Late;

static struct {
    const Kind *kind;
    FILE *out;
    uint64_t state; /* of the generator of numbers */
    uint64_t microseconds, begun, packets, octets, exchanges, lost;
    uint64_t connections[VERDICTS], whole[VERDICTS];
    Late late[64];
} run;

/* Numbers: xorshift64*, the same on every machine. */
static uint64_t draw(uint64_t below)
{
    run.state ^= run.state >> 12;
    run.state ^= run.state << 25;
    run.state ^= run.state >> 27;
    return ((run.state * UINT64_C(2685821657736338717)) >> 16) % below;
}

/* Packets -------------------------------------------------------------------------------------- */

static void put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static void put32(uint8_t *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to + 2, value & 0xffff);
}

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

static void write_packet(const uint8_t *bytes, uint32_t size)
{
    uint32_t record[4] = { (uint32_t)(run.microseconds / 1000000),
                           (uint32_t)(run.microseconds % 1000000), size, size };
    if (fwrite(record, sizeof record, 1, run.out) != 1 || fwrite(bytes, size, 1, run.out) != 1)
        fail("traffic");
    run.packets++;
    run.octets += size;
    run.microseconds += run.kind->step;
}

static void write_late(bool all)
{
    for (size_t i = 0; i < sizeof run.late / sizeof *run.late; i++) {
        Late *late = &run.late[i];
        if (late->wait == 0 || (--late->wait > 0 && !all))
            continue;
        late->wait = 0;
        write_packet(late->bytes, late->size);
    }
}

static bool delay(const uint8_t *bytes, uint32_t size)
{
    for (size_t i = 0; i < sizeof run.late / sizeof *run.late; i++) {
        Late *late = &run.late[i];
        if (late->wait > 0)
            continue;
        late->wait = 1 + (unsigned)draw(LATE_MAX);
        late->size = size;
        memcpy(late->bytes, bytes, size);
        return true;
    }
    return false;
}

/* What becomes of a packet on its way to the capture. */
static void send(Connection *connection, int side, const uint8_t *bytes, uint32_t size)
{
    unsigned fate = run.kind->lossy ? (unsigned)draw(1000) : 1000;
    if (connection->plan == PLAN_ONE_DIRECTION && side == 0)
        return;
    if (fate < 5) {
        connection->damaged = true;
        run.lost++;
        return;
    }
    if (fate >= 10 && fate < 20 && delay(bytes, size))
        return;
    write_packet(bytes, size);
    if (fate < 10)
        write_packet(bytes, size);
    if (run.kind->lossy)
        write_late(false);
}

static uint16_t ip_sum(const uint8_t *header)
{
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (uint32_t)header[i] << 8 | header[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* A segment of a side; `data` NULL: letters. */
static void segment(Connection *connection, int side, unsigned flags, const void *data,
                    uint32_t size)
{
    static const uint8_t options[12] = { 2, 4, 5, 0xb4, 4, 2, 1, 3, 3, 7, 1, 1 };
    uint8_t packet[PACKET_MAX] = {
        [0] = 2, [5] = (uint8_t)(2 - side), [6] = 2, [11] = (uint8_t)(1 + side), [12] = 8
    };
    uint8_t *ip = packet + 14, *tcp = packet + 34;
    uint32_t header = flags & SYN ? 32 : 20;
    ip[0] = 0x45;
    put16(ip + 2, 20 + header + size);
    put16(ip + 4, ++connection->packet_id[side]);
    ip[6] = 0x40;
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, connection->address[side]);
    put32(ip + 16, connection->address[1 - side]);
    put16(ip + 10, ip_sum(ip));
    put16(tcp, connection->port[side]);
    put16(tcp + 2, connection->port[1 - side]);
    put32(tcp + 4, connection->next[side]);
    put32(tcp + 8, flags & ACK ? connection->next[1 - side] : 0);
    tcp[12] = (uint8_t)(header << 2);
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, 64240);
    if (flags & SYN)
        memcpy(tcp + 20, options, sizeof options);
    if (data)
        memcpy(tcp + header, data, size);
    else
        memset(tcp + header, 'a', size);
    connection->next[side] += size + !!(flags & SYN) + !!(flags & FIN);
    send(connection, side, packet, 34 + header + size);
}

/* Messages ------------------------------------------------------------------------------------- */

static bool is_old(const Connection *connection)
{
    return connection->plan == PLAN_OLD || connection->plan == PLAN_OLD_KEPT;
}

static bool is_last(const Connection *connection)
{
    return connection->exchange == connection->exchanges;
}

static void ask(Connection *connection)
{
    static const char *const paths[] = { "/", "/index.html", "/img/logo.png", "/static/app.js" };
    char head[HEAD_MAX];
    connection->exchange++;
    run.exchanges++;
    const char *says = connection->plan == PLAN_OLD_KEPT ? "Connection: keep-alive\r\n"
                       : connection->plan == PLAN_CLIENT_SAYS && is_last(connection)
                           ? "Connection: close\r\n"
                           : "";
    int size = snprintf(head, sizeof head,
                        "GET %s?id=%" PRIu64 " HTTP/1.%d\r\nHost: www%u.example\r\n"
                        "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n%s\r\n",
                        paths[draw(4)], connection->number & 0xffff, !is_old(connection),
                        (unsigned)(connection->number % 50), says);
    segment(connection, 0, PSH | ACK, head, (uint32_t)size);
}

static const char *answer_says(const Connection *connection)
{
    switch (connection->plan) {
    case PLAN_CLIENT_SAYS:
    case PLAN_SERVER_SAYS:
        return is_last(connection) ? "Connection: close\r\n" : "";
    case PLAN_LIES_OF_CLOSE:
        return is_last(connection) ? "" : "Connection: close\r\n";
    case PLAN_OLD_KEPT:
        return "Connection: keep-alive\r\n";
    default:
        return "";
    }
}

static uint32_t draw_body(void)
{
    const Kind *kind = run.kind;
    if (draw(1000) < kind->large_in_1000)
        return kind->large;
    return kind->body_least + (uint32_t)draw(kind->body_most - kind->body_least + 1);
}

/* The next segment of the answer. Returns whether it was the last. */
static bool answer(Connection *connection)
{
    char data[3 * MSS];
    uint32_t head = 0;
    if (!connection->head_sent) {
        connection->body_left = draw_body();
        connection->head_sent = true;
        head =
            (uint32_t)snprintf(data, sizeof data,
                               "HTTP/1.1 200 OK\r\nServer: traffic\r\n"
                               "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                               "Content-Type: text/html\r\nContent-Length: %" PRIu32 "\r\n%s\r\n",
                               connection->body_left, answer_says(connection));
    }
    uint32_t room = run.kind->segment - head;
    uint32_t body = connection->body_left < room ? connection->body_left : room;
    memset(data + head, 'a', body);
    connection->body_left -= body;
    connection->unacknowledged += head + body;
    bool last = connection->body_left == 0;
    segment(connection, 1, last ? PSH | ACK : ACK, data, head + body);
    return last;
}

/* Connections ---------------------------------------------------------------------------------- */

static Plan draw_plan(void)
{
    unsigned sum = 0;
    for (Plan plan = 0; plan < PLANS; plan++)
        sum += run.kind->weight[plan];
    unsigned at = (unsigned)draw(sum);
    Plan plan = 0;
    while (at >= run.kind->weight[plan])
        at -= run.kind->weight[plan++];
    return plan;
}

static unsigned draw_exchanges(Plan plan)
{
    if (plan == PLAN_OLD || plan == PLAN_LIES_OF_KEEP)
        return 1;
    unsigned least = plan == PLAN_LIES_OF_CLOSE ? 2 : 1;
    if (plan != PLAN_LIES_OF_CLOSE && draw(1000) < run.kind->hundreds)
        return 100;
    return least + (unsigned)draw(run.kind->exchanges);
}

/* No two connections have the same endpoints within four million of them. */
static void begin(Connection *connection)
{
    uint64_t number = run.begun++;
    *connection = (Connection){ .number = number, .plan = draw_plan() };
    connection->exchanges = draw_exchanges(connection->plan);
    connection->address[0] = 0x0a000001 + (uint32_t)(number % 997) * 7;
    connection->address[1] = 0xc0a80001 + (uint32_t)(number % 200);
    connection->port[0] = (uint16_t)(1024 + number % 64007);
    connection->port[1] = number % 10 ? 80 : 8080;
    for (int side = 0; side < 2; side++) {
        connection->next[side] = (uint32_t)draw(UINT64_C(1) << 32);
        connection->packet_id[side] = (uint16_t)draw(65536);
    }
}

static bool server_closes(const Connection *connection)
{
    switch (connection->plan) {
    case PLAN_CLIENT_SAYS:
    case PLAN_SERVER_SAYS:
    case PLAN_OLD:
    case PLAN_LIES_OF_KEEP:
        return true;
    default:
        return false;
    }
}

static Phase close_first(Connection *connection)
{
    if (connection->plan == PLAN_KEPT_RESET) {
        segment(connection, 0, RST | ACK, NULL, 0);
        return OVER;
    }
    segment(connection, server_closes(connection), FIN | ACK, NULL, 0);
    return FOLLOWS;
}

/* After each second segment, as TCP does, and after the last one. */
static Phase after_answer(Connection *connection, bool last)
{
    if (!last && connection->unacknowledged < 2 * run.kind->segment)
        return ANSWERS;
    connection->head_sent = !last;
    return ACKS_ANSWER;
}

static Phase acknowledge_answer(Connection *connection)
{
    segment(connection, 0, ACK, NULL, 0);
    connection->unacknowledged = 0;
    if (connection->head_sent)
        return ANSWERS;
    return is_last(connection) ? CLOSES : ASKS;
}

/* Its next packet. */
static void go_on(Connection *connection)
{
    int closer = server_closes(connection);
    switch (connection->phase) {
    case OPENS:
        segment(connection, 0, SYN, NULL, 0);
        break;
    case ACCEPTS:
        segment(connection, 1, SYN | ACK, NULL, 0);
        break;
    case ACKS_REQUEST:
        segment(connection, 1, ACK, NULL, 0);
        break;
    case ASKS:
        ask(connection);
        break;
    case ANSWERS:
        connection->phase = after_answer(connection, answer(connection));
        return;
    case ACKS_ANSWER:
        connection->phase = acknowledge_answer(connection);
        return;
    case CLOSES:
        connection->phase = close_first(connection);
        return;
    case FOLLOWS:
        segment(connection, 1 - closer, FIN | ACK, NULL, 0);
        break;
    case CONFIRMS:
        segment(connection, 0, ACK, NULL, 0);
        break;
    case LAST_ACK:
        segment(connection, closer, ACK, NULL, 0);
        break;
    case OVER:
        return;
    }
    connection->phase++;
}

static void count(const Connection *connection)
{
    Verdict truth = TRUTH[connection->plan];
    run.connections[truth]++;
    run.whole[truth] += !connection->damaged;
}

static void make(unsigned connections)
{
    unsigned open = 0;
    Connection *live = calloc(run.kind->live, sizeof *live);
    if (!live)
        fail("traffic");
    while (open < run.kind->live && run.begun < connections)
        begin(&live[open++]);
    while (open > 0) {
        Connection *connection = &live[draw(open)];
        go_on(connection);
        if (connection->phase != OVER)
            continue;
        count(connection);
        if (run.begun < connections)
            begin(connection);
        else
            *connection = live[--open];
    }
    write_late(true);
    free(live);
}

static const Kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    return NULL;
}

int main(int argc, char **argv)
{
    static const uint32_t header[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
    static const char *const names[VERDICTS] = { "as_declared", "contradicted", "undetermined" };
    run.kind = argc >= 3 && argc <= 5 ? find_kind(argv[1]) : NULL;
    if (!run.kind) {
        fprintf(stderr, "usage: traffic small|bulk|mixed|lossy|many OUT [CONNECTIONS [SEED]]\n");
        return 2;
    }
    unsigned connections = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : run.kind->connections;
    run.state = (argc > 4 ? strtoull(argv[4], NULL, 10) : 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    run.microseconds = UINT64_C(1700000000) * 1000000;
    run.out = fopen(argv[2], "wb");
    if (!run.out || fwrite(header, sizeof header, 1, run.out) != 1)
        fail(argv[2]);
    make(connections);
    if (fclose(run.out) != 0)
        fail(argv[2]);
    printf("packets=%" PRIu64 " bytes=%" PRIu64 " lost=%" PRIu64 " exchanges=%" PRIu64, run.packets,
           run.octets, run.lost, run.exchanges);
    for (Verdict verdict = 0; verdict < VERDICTS; verdict++)
        printf(" %s=%" PRIu64 " whole_%s=%" PRIu64, names[verdict], run.connections[verdict],
               names[verdict], run.whole[verdict]);
    printf("\n");
    return EXIT_SUCCESS;
}
