#include "judge/ending.h"

typedef enum Knowledge { KNOWS_NOT = 1, KNOWS = 2, MAY_KNOW = 3 } Knowledge; /* bits */

static Closing closing_by_fin(const FinFact *fin)
{
    Closing closing = { .how = END_HOW_FIN, .stamp = fin->stamp };
    closing.latest_only = fin->proof != FIN_SEEN;
    closing.acked_least = closing.latest_only ? NO_OFFSET : fin->stamp.acked;
    closing.acked_most = fin->stamp.acked == NO_OFFSET ? INT64_MAX : fin->stamp.acked;
    return closing;
}

bool reset_came_before(const RstFact *reset, bool own, const Stamp *other)
{
    bool bare = reset->stamp.acked == NO_OFFSET;
    if (!stamp_precedes(&reset->stamp, other) ||
        (bare && other->time - reset->stamp.time <= RESET_REORDER))
        return false;
    /* What lies below the number where the sender of `other` stood by then is a late copy. */
    int64_t known = own ? reset->stamp.offset : MAX(reset->stamp.acked, reset->peer_sent);
    return known <= other->offset; /* NO_OFFSET is less than any */
}

/* A RST of a side that has itself sent a FIN before is never the end. A FIN behind a RST is not
 * either: somebody else had sent that reset, and it ended the connection all the same. */
static Closing closing_of(const Connection *connection, int side, const FinEvidence *fin,
                          bool perhaps)
{
    const RstFact *rst = connection_reset(connection, side);
    bool has_fin = fin->belief == FIN_SURE || (fin->belief == FIN_PERHAPS && perhaps);
    /* One that is implied may have come long before. */
    if (has_fin && !(rst && fin->fact.proof != FIN_IMPLIED &&
                     reset_came_before(rst, true, &fin->fact.stamp))) {
        Closing closing = closing_by_fin(&fin->fact);
        closing.by_session = fin->by_session;
        return closing;
    }
    if (!rst)
        return (Closing){ .how = END_HOW_NONE };
    Closing closing = { .how = END_HOW_RST, .stamp = rst->stamp };
    closing.bare = rst->stamp.acked == NO_OFFSET;
    closing.answers_next = rst->answers_next;
    closing.acked_least = rst->stamp.acked;
    closing.acked_most = closing.bare ? INT64_MAX : rst->stamp.acked;
    return closing;
}

/* The same of a RST without ACK flag. It answers something (RFC 9293 §3.10.7.1); a FIN earlier in
 * the capture will be it, and one captured just behind it may be, if it acknowledged the number of
 * the RST. */
static Knowledge bare_reset_knows_fin(const Closing *closing, const Closing *other)
{
    if (stamp_precedes(&other->stamp, &closing->stamp) ||
        (closing->answers_next && closing->answers_next == other->stamp.frame))
        return KNOWS;
    bool may_answer = other->stamp.acked == closing->stamp.offset &&
                      other->stamp.time - closing->stamp.time <= RESET_REORDER;
    return other->latest_only || may_answer ? MAY_KNOW : KNOWS_NOT;
}

/* Whether `closing` was sent with the other side's FIN at hand. */
static Knowledge knows_fin(const Closing *closing, const Closing *other)
{
    int64_t past_fin = stamp_past(&other->stamp);
    if (closing->bare)
        return bare_reset_knows_fin(closing, other);
    if (closing->acked_least != NO_OFFSET && closing->acked_least >= past_fin)
        return KNOWS;
    return closing->acked_most < past_fin ? KNOWS_NOT : MAY_KNOW;
}

static void end_with(Ending *ending, unsigned possible, EndHow how, const Closing *closing)
{
    ending->possible = possible;
    ending->how = how;
    ending->stamp = closing->stamp;
    ending->latest_only = closing->latest_only;
    ending->by_session = closing->by_session;
}

static const Closing *first_of(const Closing *a, const Closing *b)
{
    return stamp_precedes(&b->stamp, &a->stamp) ? b : a;
}

static void two_fins(Ending *ending)
{
    const Closing *client = &ending->client, *server = &ending->server;
    Knowledge of_client = knows_fin(client, server), of_server = knows_fin(server, client);
    unsigned possible = 0;
    if ((of_client & KNOWS) && (of_server & KNOWS_NOT))
        possible |= ENDER_SERVER;
    if ((of_server & KNOWS) && (of_client & KNOWS_NOT))
        possible |= ENDER_CLIENT;
    if ((of_client & KNOWS_NOT) && (of_server & KNOWS_NOT))
        possible |= ENDER_BOTH;
    if (possible == 0) /* each acknowledges the other: no TCP does that */
        possible = ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH;
    const Closing *closing = first_of(client, server);
    if (possible == ENDER_CLIENT)
        closing = client;
    else if (possible == ENDER_SERVER)
        closing = server;
    end_with(ending, possible, END_HOW_FIN, closing);
}

/* `fin` closed by FIN, `rst` by an accepted RST. */
static void fin_and_reset(Ending *ending, const Closing *fin, const Closing *rst, Ender fin_side)
{
    Knowledge knowledge = knows_fin(rst, fin);
    if (knowledge == KNOWS)
        end_with(ending, fin_side, END_HOW_FIN, fin);
    else if (knowledge == KNOWS_NOT)
        end_with(ending, ENDER_BOTH, END_HOW_RST, first_of(fin, rst));
    else
        end_with(ending, fin_side | ENDER_BOTH, END_HOW_NONE, first_of(fin, rst));
}

static void find_end(Ending *ending)
{
    const Closing *client = &ending->client, *server = &ending->server;
    if (client->how == END_HOW_FIN && server->how == END_HOW_FIN)
        two_fins(ending);
    else if (client->how == END_HOW_FIN && server->how == END_HOW_RST)
        fin_and_reset(ending, client, server, ENDER_CLIENT);
    else if (server->how == END_HOW_FIN && client->how == END_HOW_RST)
        fin_and_reset(ending, server, client, ENDER_SERVER);
    else if (client->how == END_HOW_NONE && server->how == END_HOW_NONE)
        ending->possible = ENDER_NOBODY;
    else {
        const Closing *closing = client->how == END_HOW_NONE   ? server
                                 : server->how == END_HOW_NONE ? client
                                                               : first_of(client, server);
        end_with(ending, closing == client ? ENDER_CLIENT : ENDER_SERVER, closing->how, closing);
    }
}

/* One reading of the FINs that may have been. */
static Ending read_end(const Connection *connection, int client, const FinEvidence fin[2],
                       bool perhaps)
{
    Ending ending = { .how = END_HOW_NONE };
    ending.client = closing_of(connection, client, &fin[client], perhaps);
    ending.server = closing_of(connection, 1 - client, &fin[1 - client], perhaps);
    find_end(&ending);
    return ending;
}

/* A side whose FIN the capture lacks too does not answer the bare acknowledgement of that. */
static bool answers_own_fin(const RstFact *rst, const Closing *own)
{
    return rst && rst->answers_bare && own->how == END_HOW_FIN &&
           rst->stamp.offset == stamp_past(&own->stamp);
}

static void weigh_resets(const Connection *connection, int client, Ending *ending)
{
    for (int side = 0; side < 2; side++) {
        const Closing *own = side == client ? &ending->client : &ending->server;
        if (connection->half[side].answers_missing ||
            answers_own_fin(connection_reset(connection, side), own))
            ending->segment_missing = true;
    }
    if (ending->segment_missing)
        ending->reasons |= REASON_LOSS;
}

static const Stamp *later_of(const Stamp *a, const Stamp *b)
{
    return stamp_precedes(a, b) ? b : a;
}

/* Either reading may be right. */
static void merge_reading(Ending *ending, const Ending *other)
{
    bool same = other->how == ending->how && other->stamp.frame == ending->stamp.frame;
    if (!same)
        ending->how = END_HOW_NONE;
    if (!same && other->how != END_HOW_NONE) {
        ending->stamp = *later_of(&ending->stamp, &other->stamp);
        ending->latest_only = true;
    }
    ending->possible |= other->possible;
    ending->reasons |= REASON_LOSS;
}

/* That the side closed its session in bytes that are missing. */
static void read_earlier(const Connection *connection, int client, const FinEvidence fin[2],
                         int side, Ending *ending)
{
    FinEvidence read[2] = { fin[0], fin[1] };
    read[side].belief = FIN_SURE;
    read[side].fact = fin[side].earlier;
    read[side].by_session = SESSION_CLOSED;
    Ending other = read_end(connection, client, read, true);
    if (other.possible != ending->possible)
        merge_reading(ending, &other);
    else
        ending->latest_only |= other.latest_only; /* it closed, but perhaps earlier */
}

Ending ending_of(const Connection *connection, int client, const FinEvidence fin[2])
{
    Ending ending = read_end(connection, client, fin, true);
    if (fin[0].belief == FIN_PERHAPS || fin[1].belief == FIN_PERHAPS) {
        Ending without = read_end(connection, client, fin, false);
        merge_reading(&ending, &without);
    }
    for (int side = 0; side < 2; side++)
        if (stamp_is_set(&fin[side].earlier.stamp))
            read_earlier(connection, client, fin, side, &ending);
    weigh_resets(connection, client, &ending);
    if (ending.possible == ENDER_NOBODY)
        return ending;
    if (!connection->half[0].seen || !connection->half[1].seen) {
        /* Whatever the other side did is known only by its acknowledgements here. */
        ending.possible |= ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH;
        ending.reasons = REASON_ONE_DIRECTION;
    } else if (ending.latest_only || ending.client.latest_only || ending.server.latest_only) {
        ending.reasons |= REASON_LOSS;
    }
    return ending;
}

const char *end_how_name(EndHow how)
{
    static const char *const names[] = { "", "fin", "rst" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == END_HOW_COUNT);
    return names[how];
}
