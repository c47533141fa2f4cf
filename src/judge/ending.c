#include "judge/ending.h"

typedef enum Knowledge { KNOWS_NOT = 1, KNOWS = 2, MAY_KNOW = 3 } Knowledge; /* bits */

static Closing closing_of(const Connection *connection, int side, bool fin_stands)
{
    const FinFact *fin = &connection->half[side].fin;
    if (fin->proof != FIN_NONE && (fin->proof != FIN_IMPLIED || fin_stands)) {
        Closing closing = { .how = END_HOW_FIN, .stamp = fin->stamp };
        closing.acked_least = closing.acked_most = fin->stamp.acked;
        closing.latest_only = fin->proof != FIN_SEEN;
        if (closing.latest_only)
            closing.acked_least = NO_OFFSET;
        if (closing.acked_most == NO_OFFSET)
            closing.acked_most = INT64_MAX;
        return closing;
    }
    const RstFact *rst = connection_reset(connection, side);
    if (!rst)
        return (Closing){ .how = END_HOW_NONE };
    Closing closing = { .how = END_HOW_RST, .stamp = rst->stamp };
    closing.bare = rst->stamp.acked == NO_OFFSET;
    closing.unexplained = !rst->answers;
    closing.acked_least = rst->stamp.acked;
    closing.acked_most = closing.bare ? INT64_MAX : rst->stamp.acked;
    return closing;
}

/* Whether `closing` was sent with the other side's FIN at hand. */
static Knowledge knows_fin(const Closing *closing, const Closing *other)
{
    int64_t past_fin = other->stamp.offset + 1;
    if (closing
            ->bare) /* RFC 9293 §3.10.7.1: it answers something; a FIN earlier in the capture will be it */
        return other->stamp.frame < closing->stamp.frame ? KNOWS
               : other->latest_only                      ? MAY_KNOW
                                                         : KNOWS_NOT;
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
}

static const Closing *first_of(const Closing *a, const Closing *b)
{
    return b->stamp.frame < a->stamp.frame ? b : a;
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

/* A lone RST that answers what nobody saw: that segment may have been a FIN. */
static void weigh_unexplained_reset(Ending *ending)
{
    const Closing *closing = ending->possible == ENDER_SERVER ? &ending->server : &ending->client;
    if (ending->how != END_HOW_RST || !closing->unexplained ||
        (ending->possible != ENDER_SERVER && ending->possible != ENDER_CLIENT))
        return;
    ending->segment_missing = true;
    ending->reasons |= REASON_LOSS;
}

Ending ending_of(const Connection *connection, int client, const bool fin_stands[2])
{
    Ending ending = { .how = END_HOW_NONE };
    ending.client = closing_of(connection, client, fin_stands[client]);
    ending.server = closing_of(connection, 1 - client, fin_stands[1 - client]);
    find_end(&ending);
    weigh_unexplained_reset(&ending);
    if (ending.possible == ENDER_NOBODY)
        return ending;
    if (!connection->half[0].seen || !connection->half[1].seen) {
        /* Whatever the other side did is known only by its acknowledgements here. */
        ending.possible = ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH;
        ending.reasons = REASON_ONE_DIRECTION;
    } else if (ending.latest_only || ending.client.latest_only || ending.server.latest_only) {
        ending.reasons |= REASON_LOSS;
    }
    return ending;
}

const char *end_how_name(EndHow how)
{
    static const char *const names[] = { "", "fin", "rst" };
    return names[how];
}
