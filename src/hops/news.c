#include "hops/news.h"

#include "http/match.h"

static bool is_loopback(const IpAddress *address)
{
    static const uint8_t one[16] = { [15] = 1 };
    return address->version == 6 ? memcmp(address->bytes, one, sizeof one) == 0
                                 : address->bytes[0] == 127;
}

static LegPath path_of(const Connection *connection, int client)
{
    LegPath path = { .connection = connection->first_frame,
                     .client = { connection->address[client], connection->port[client] },
                     .server = { connection->address[!client], connection->port[!client] },
                     .headings = connection->half[client].headings,
                     .stream_number_known = connection->stream_number_known,
                     .stream_number = connection->stream_number };
    path.loopback = address_equal(&path.client.address, &path.server.address) ||
                    is_loopback(&path.server.address);
    return path;
}

/* The first FIN or reset of anybody. */
static Instant end_of(const Connection *connection)
{
    Instant end = { 0 };
    for (int side = 0; side < 2; side++) {
        const Half *half = &connection->half[side];
        const Stamp *stamps[2] = { half->fin.proof != FIN_NONE ? &half->fin.stamp : NULL,
                                   stamp_is_set(&half->rst.stamp) ? &half->rst.stamp : NULL };
        for (unsigned i = 0; i < 2; i++)
            if (stamps[i] && (!instant_is_set(end) || instant_precedes(instant_of(stamps[i]), end)))
                end = instant_of(stamps[i]);
    }
    return end;
}

HopNews hop_news_heard(const Connection *connection, int client, bool by_client, Instant at,
                       uint32_t begun)
{
    return (HopNews){ .kind = HOP_NEWS_HEARD,
                      .path = path_of(connection, client),
                      .by_client = by_client,
                      .begun = begun,
                      .at = at };
}

HopNews hop_news_hidden(const Connection *connection, int client, Instant from, Instant to)
{
    return (HopNews){
        .kind = HOP_NEWS_HIDDEN, .path = path_of(connection, client), .from = from, .to = to
    };
}

HopNews hop_news_ended(const Connection *connection)
{
    return (HopNews){ .kind = HOP_NEWS_ENDED, .path = { .connection = connection->first_frame } };
}

/* Exchanges ------------------------------------------------------------------------------------ */

/* Whether it is sure what was asked and what was answered. */
static bool is_sure(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request;
    return exchange->digest && request->has_head && !request->tentative && !request->sought &&
           !(request->notes & HEAD_INCOMPLETE) && !exchange->pairing_open &&
           !exchange->response_hidden && !exchange->response.tentative;
}

/* Hidden is what it stands for, from its first byte on. */
static void hide_exchange(HopNews *news, const Connection *connection, const Exchange *exchange)
{
    news->from =
        instant_of(exchange->request.begun ? &exchange->request.first : &exchange->response.first);
    if (!exchange->request.begun)
        news->from = (Instant){ connection->start, connection->first_frame };
    news->to = (Instant){ connection->last_time, connection->last_frame };
}

static void set_messages(Leg *leg, const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    leg->request = instant_of(&request->first);
    leg->head = (Instant){ leg->digest->request.head_time, leg->digest->request.head_frame };
    leg->request_end = instant_of(&request->last);
    leg->request_complete = request->complete;
    leg->request_version = request->version;
    leg->request_minor = request->minor;
    leg->request_options = request->options;
    leg->interims = MIN(exchange->interim.count, INTERIM_MAX);
    memcpy(leg->interim, exchange->interim.status, sizeof leg->interim);
    if (!response->begun)
        return;
    leg->response = instant_of(&response->first);
    leg->response_end = instant_of(&response->last);
    leg->response_complete = response->complete;
    leg->response_version = response->version;
    leg->response_minor = response->minor;
    leg->response_options = response->options;
    leg->status = exchange->status;
    leg->switched = exchange_switched(exchange);
}

HopNews hop_news_exchange(const Connection *connection, int client, ProxySource source, bool ended,
                          Exchange *exchange, const Judgement *judgement)
{
    HopNews news = { .kind = HOP_NEWS_EXCHANGE, .path = path_of(connection, client) };
    if (stamp_is_set(&exchange->next_request))
        news.at = instant_of(&exchange->next_request);
    if (exchange->unsolicited)
        return news;
    if (!is_sure(exchange)) {
        hide_exchange(&news, connection, exchange);
        return news;
    }
    if (exchange->method == METHOD_CONNECT)
        return news;
    Leg *leg = news.leg = g_new0(Leg, 1);
    leg->path = news.path;
    leg->number = exchange->number;
    leg->source = source;
    leg->matches = exchange->match & MATCH_FOUND;
    leg->judgement = *judgement;
    leg->method = g_strdup(exchange_text(exchange, TEXT_METHOD));
    leg->target = g_strdup(exchange_text(exchange, TEXT_TARGET));
    leg->digest = g_steal_pointer(&exchange->digest);
    set_messages(leg, exchange);
    if (!exchange->response.begun && ended)
        leg->end = end_of(connection);
    return news;
}

void hop_news_clear(HopNews *news)
{
    if (news->leg)
        leg_clear(news->leg);
    g_clear_pointer(&news->leg, g_free);
}
