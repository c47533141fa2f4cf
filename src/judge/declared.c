#include "judge/declared.h"

/* The strongest ground on which one message says `close`; BASIS_NONE: it does not. */
static Basis basis_of_close(const MessageFacts *message, bool until_close)
{
    if (message->has_head && (message->options & OPTION_CLOSE))
        return BASIS_OPTION;
    if (message->notes & HEAD_INCOMPLETE)
        return BASIS_NONE; /* the lost lines may hold `keep-alive`, or a length */
    if (until_close)
        return BASIS_FRAMING; /* RFC 9112 §6.3: its body ends only with the connection */
    bool old = message->version != HTTP_UNKNOWN && message->version < HTTP_1_1;
    if (old && !(message->options & OPTION_KEEP_ALIVE))
        return BASIS_VERSION;
    return BASIS_NONE;
}

/* A body without a length, of a response whose request is not in the capture: behind a 2xx it may
 * be the bytes of a tunnel; if nothing of it came, the request may have been a HEAD. */
static bool body_is_open(const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    bool none_came = response->has_head && message_body_bytes(response) <= 0;
    return exchange_method_is_open(exchange) && response->framing.kind == BODY_UNTIL_CLOSE &&
           (none_came || exchange->status / 100 == 2);
}

static bool ends_with_connection(const Exchange *exchange)
{
    return exchange->response.framing.kind == BODY_UNTIL_CLOSE && !body_is_open(exchange);
}

static bool is_read(const MessageFacts *message)
{
    return (message->has_head && !(message->notes & HEAD_INCOMPLETE)) ||
           message->version == HTTP_0_9;
}

/* `close` by the strongest basis, and by those that say it on that basis. */
static Declaration close_by(Basis client, Basis server)
{
    Basis basis = MAX(client, server);
    unsigned by = (client == basis ? PARTY_CLIENT : 0) | (server == basis ? PARTY_SERVER : 0);
    return (Declaration){ .declared = DECLARED_CLOSE, .by = (Party)by, .basis = basis };
}

static Declaration keep_alive_by(const Exchange *exchange)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    unsigned listed = 0, present = 0;
    if (is_read(request)) {
        present |= PARTY_CLIENT;
        listed |= request->options & OPTION_KEEP_ALIVE ? PARTY_CLIENT : 0;
    }
    if (is_read(response)) {
        present |= PARTY_SERVER;
        listed |= response->options & OPTION_KEEP_ALIVE ? PARTY_SERVER : 0;
    }
    return (Declaration){ .declared = DECLARED_KEEP_ALIVE,
                          .by = (Party)(listed ? listed : present),
                          .basis = listed ? BASIS_OPTION : BASIS_VERSION };
}

static Declaration switched_by(Declared declared)
{
    return (Declaration){ .declared = declared,
                          .by = PARTY_BOTH,
                          .basis = declared == DECLARED_UPGRADE ? BASIS_OPTION : BASIS_FRAMING };
}

/* What the messages may say of which one, or a part of one, is not there. */
static unsigned possible_of(const Exchange *exchange, bool response_unread)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    unsigned possible = 1u << DECLARED_CLOSE;
    bool body_came = response->has_head && message_body_bytes(response) > 0;
    if (!(body_is_open(exchange) && body_came))
        possible |= 1u << DECLARED_KEEP_ALIVE;
    if (body_is_open(exchange) && exchange->status / 100 == 2)
        possible |= 1u << DECLARED_TUNNEL;
    if (response_unread && exchange->method == METHOD_CONNECT)
        possible |= 1u << DECLARED_TUNNEL;
    if (response_unread && (request->header_flags & FLAG_UPGRADE))
        possible |= 1u << DECLARED_UPGRADE;
    return possible;
}

Declaration declaration_of(const Exchange *exchange, ReasonSet request_hidden,
                           ReasonSet response_hidden)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    if (exchange_switched(exchange))
        return switched_by(exchange->status == 101 ? DECLARED_UPGRADE : DECLARED_TUNNEL);
    Basis client = request->begun ? basis_of_close(request, false) : BASIS_NONE;
    Basis server =
        response->begun ? basis_of_close(response, ends_with_connection(exchange)) : BASIS_NONE;
    if (client != BASIS_NONE || server != BASIS_NONE) {
        Declaration close = close_by(client, server);
        if (body_is_open(exchange) && exchange->status / 100 == 2) {
            close.possible = 1u << DECLARED_CLOSE | 1u << DECLARED_TUNNEL;
            close.reasons = request_hidden;
        }
        return close;
    }
    ReasonSet missing = 0;
    if (!is_read(request))
        missing |= request_hidden;
    else if (request->version == HTTP_UNKNOWN)
        missing |= REASON_MALFORMED;
    bool response_unread = !is_read(response) && response_hidden;
    if (response_unread)
        missing |= response_hidden;
    if (missing)
        return (Declaration){ .possible = possible_of(exchange, response_unread),
                              .reasons = missing };
    if (!is_read(request) && !is_read(response))
        return (Declaration){ .declared = DECLARED_UNKNOWN }; /* a head that was never finished */
    return keep_alive_by(exchange);
}

const char *party_name(Party party)
{
    static const char *const names[] = { "", "client", "server", "both", "proxy" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == PARTY_COUNT);
    return names[party];
}

const char *basis_name(Basis basis)
{
    static const char *const names[] = { "", "version", "framing", "option" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == BASIS_COUNT);
    return names[basis];
}
