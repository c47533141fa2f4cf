#include "legs.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "http/options.h"
#include "http1/head.h"

Endpoint endpoint_of_words(const char *words)
{
    Endpoint endpoint = { .address = { .version = *words == '[' ? 6 : 4 } };
    const char *colon = strrchr(words, ':');
    bool bracketed = *words == '[';
    g_autofree char *address =
        g_strndup(words + bracketed, (size_t)(colon - words) - 2U * bracketed);
    if (inet_pton(bracketed ? AF_INET6 : AF_INET, address, endpoint.address.bytes) != 1)
        abort();
    endpoint.port = (uint16_t)atoi(colon + 1);
    return endpoint;
}

static Instant at(unsigned ms)
{
    return ms ? (Instant){ (Nanoseconds)ms * NS_PER_MS, frame_id(1, ms) } : (Instant){ 0 };
}

static void parse(const char *text, HeadKind kind, Head *head)
{
    if (head_parse(span_of_text(text), kind, head, NULL) <= 0)
        g_error("no head: %s", text);
}

static void set_content(ContentDigest *content, const char *text)
{
    if (text)
        *content = (ContentDigest){ .known = true,
                                    .hash = content_hash_of(span_of_text(text)),
                                    .length = strlen(text) };
}

static void set_request(Leg *leg, const LegWords *words)
{
    g_autofree char *text = g_strconcat(words->asked, "\r\n", NULL);
    Head head;
    parse(text, HEAD_REQUEST, &head);
    digest_request_head(leg->digest, &head, NULL);
    set_content(&leg->digest->request.content, words->content);
    leg->method = g_strndup((const char *)head.method.bytes, head.method.length);
    leg->target = g_strndup((const char *)head.target.bytes, head.target.length);
    leg->request_version = head.version;
    leg->request_minor = head.minor;
    leg->request_options = connection_options(&head).options;
    leg->request_complete = true;
}

static void set_response(Leg *leg, const LegWords *words)
{
    g_autofree char *text = g_strconcat(words->answer, "\r\n", NULL);
    Head head;
    parse(text, HEAD_RESPONSE, &head);
    digest_response_head(leg->digest, &head, NULL);
    set_content(&leg->digest->response.content, words->answer_content);
    leg->status = head.status;
    leg->response_version = head.version;
    leg->response_minor = head.minor;
    leg->response_options = connection_options(&head).options;
    leg->response = at(words->response);
    leg->response_end = at(MAX(words->response, words->response_end));
    leg->response_complete = true;
}

Leg leg_of_words(const LegWords *words)
{
    Leg leg = { .path = { .connection = frame_id(1, words->connection),
                          .client = endpoint_of_words(words->client),
                          .server = endpoint_of_words(words->server),
                          .headings = words->headings },
                .number = MAX(words->number, 1),
                .request = at(words->request),
                .head = at(MAX(words->request, words->head)),
                .end = at(words->end),
                .digest = exchange_digest_new() };
    leg.request_end = leg.head;
    leg.path.loopback = address_equal(&leg.path.client.address, &leg.path.server.address);
    set_request(&leg, words);
    if (words->answer)
        set_response(&leg, words);
    return leg;
}

void legs_decide(Legs *legs, const LegWords *words, unsigned count, const Hole *holes,
                 unsigned hole_count, Nanoseconds blind)
{
    *legs = (Legs){ .legs = g_array_new(FALSE, FALSE, sizeof(Leg)),
                    .holes = g_array_new(FALSE, FALSE, sizeof(Hole)) };
    for (unsigned i = 0; i < count; i++) {
        Leg leg = leg_of_words(&words[i]);
        if (words[i].source) {
            Endpoint source = endpoint_of_words(words[i].source);
            leg.source = (ProxySource){ true, source.address, source.port };
        }
        g_array_append_val(legs->legs, leg);
    }
    if (hole_count > 0)
        g_array_append_vals(legs->holes, holes, hole_count);
    hop_memory_init(&legs->memory);
    block_init(&legs->block, legs->legs, legs->holes, &legs->memory);
    block_decide(&legs->block, blind);
}

void legs_clear(Legs *legs)
{
    block_clear(&legs->block);
    hop_memory_clear(&legs->memory);
    for (guint i = 0; i < legs->legs->len; i++)
        leg_clear(&g_array_index(legs->legs, Leg, i));
    g_array_unref(legs->legs);
    g_array_unref(legs->holes);
}

uint32_t legs_find(const Legs *legs, unsigned connection, unsigned number)
{
    for (uint32_t i = 0; i < legs->block.count; i++)
        if (legs->block.legs[i].path.connection == frame_id(1, connection) &&
            legs->block.legs[i].number == number)
            return i;
    g_error("there is no exchange %u of connection %u", number, connection);
}

unsigned legs_front_of(const Legs *legs, unsigned connection)
{
    const Back *back = &legs->block.backs[legs_find(legs, connection, 1)];
    return back->front == NO_LEG
               ? 0
               : (unsigned)frame_number(legs->block.legs[back->front].path.connection);
}

HopBasis legs_basis(const Legs *legs, unsigned connection)
{
    return legs->block.backs[legs_find(legs, connection, 1)].basis;
}

HopDoubt legs_doubt(const Legs *legs, unsigned connection)
{
    return legs->block.backs[legs_find(legs, connection, 1)].doubt;
}
