#include "hops/leg.h"

bool endpoint_equal(const Endpoint *a, const Endpoint *b)
{
    return a->port == b->port && address_equal(&a->address, &b->address);
}

uint64_t hash_both(uint64_t a, uint64_t b)
{
    return content_hash_mix(content_hash_mix(0, a), b);
}

uint64_t address_hash(const IpAddress *address)
{
    uint64_t halves[2];
    memcpy(halves, address->bytes, sizeof halves);
    return hash_both(hash_both(halves[0], halves[1]), address->version);
}

uint64_t endpoint_hash(const Endpoint *endpoint)
{
    return hash_both(address_hash(&endpoint->address), endpoint->port);
}

Leg leg_copy(const Leg *leg)
{
    Leg copy = *leg;
    copy.method = g_strdup(leg->method);
    copy.target = g_strdup(leg->target);
    copy.digest = exchange_digest_copy(leg->digest);
    return copy;
}

void leg_clear(Leg *leg)
{
    g_free(leg->method);
    g_free(leg->target);
    exchange_digest_free(leg->digest);
}

size_t leg_size(const Leg *leg)
{
    return sizeof *leg + strlen(leg->method) + strlen(leg->target) + 2 +
           exchange_digest_size(leg->digest);
}

bool field_pairs_next(FieldPairs *pairs, const DigestField **ret_front,
                      const DigestField **ret_back)
{
    unsigned fronts = pairs->front ? pairs->front->count : 0;
    unsigned backs = pairs->back ? pairs->back->count : 0;
    *ret_front = pairs->front_at < fronts ? &pairs->front->fields[pairs->front_at] : NULL;
    *ret_back = pairs->back_at < backs ? &pairs->back->fields[pairs->back_at] : NULL;
    if (*ret_front && *ret_back) {
        int order = strcmp(head_digest_name(pairs->front, *ret_front),
                           head_digest_name(pairs->back, *ret_back));
        if (order > 0)
            *ret_front = NULL;
        else if (order < 0)
            *ret_back = NULL;
    }
    pairs->front_at += *ret_front != NULL;
    pairs->back_at += *ret_back != NULL;
    return *ret_front || *ret_back;
}

static bool has_fate(FieldFate fate, const DigestField *received, const DigestField *forwarded)
{
    bool had = received && received->present, has = forwarded && forwarded->present;
    switch (fate) {
    case FIELD_CONSUMED:
        return had && !has;
    case FIELD_ADDED:
        return !had && has;
    case FIELD_CHANGED:
        return had && has && received->value != forwarded->value;
    case FIELD_NOMINATED:
        break;
    }
    return had && has && received->listed && received->value == forwarded->value;
}

void field_fate_append(GString *text, FieldFate fate, const HeadDigest *received,
                       const HeadDigest *forwarded)
{
    FieldPairs pairs = { .front = received, .back = forwarded };
    const DigestField *a, *b;
    if (!received || !forwarded || !received->whole || !forwarded->whole)
        return;
    while (field_pairs_next(&pairs, &a, &b))
        if (has_fate(fate, a, b))
            g_string_append_printf(text, "%s%s", text->len ? " " : "",
                                   a ? head_digest_name(received, a)
                                     : head_digest_name(forwarded, b));
}

bool field_is_rewritten(const DigestField *field)
{
    return (digest_traits(field->known) & (FIELD_REWRITTEN | FIELD_HOP)) || field->forwarding;
}

static const DigestField *present(const DigestField *field)
{
    return field && field->present ? field : NULL;
}

const DigestField *leg_request_field(const Leg *leg, DigestName name)
{
    return present(head_digest_find(leg->digest->request.head, name));
}

const DigestField *leg_response_field(const Leg *leg, DigestName name)
{
    return present(head_digest_find(leg->digest->response.head, name));
}

bool content_differs(const ContentDigest *a, const ContentDigest *b)
{
    return a->known && b->known && (a->length != b->length || a->hash != b->hash);
}

bool content_is_carried(const ContentDigest *a, const ContentDigest *b)
{
    return a->known && b->known && a->length > 0 && a->length == b->length && a->hash == b->hash;
}
