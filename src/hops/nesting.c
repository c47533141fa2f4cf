/* What of two legs speaks for or against that one has caused the other. Pure. */
#include "hops/block.h"

static bool one_heading(const LegPath *path, uint8_t heading)
{
    return path->headings == heading;
}

static bool same_input(const LegPath *a, const LegPath *b)
{
    return frame_input(a->connection) == frame_input(b->connection);
}

/* Both went in, or both out: nobody sent on here what had come in. */
static bool same_heading(const LegPath *front, const LegPath *back)
{
    if (!same_input(front, back) || front->loopback || back->loopback)
        return false;
    return front->headings == back->headings &&
           (one_heading(front, HEADING_IN) || one_heading(front, HEADING_OUT));
}

/* Different connections, to different servers, and not by the same client; but where all is one
 * host. */
static bool may_be_two_legs(const LegPath *front, const LegPath *back)
{
    return front->connection != back->connection &&
           !endpoint_equal(&front->server, &back->server) &&
           (!address_equal(&front->client.address, &back->client.address) ||
            address_equal(&front->client.address, &front->server.address));
}

bool hop_may_be_linked(const LegPath *front, const LegPath *back)
{
    return may_be_two_legs(front, back) && !same_heading(front, back);
}

static uint64_t link_key(const LegPath *front, const LegPath *back)
{
    return hash_both(address_hash(&front->server.address), address_hash(&back->client.address));
}

bool hop_is_linked(const HopMemory *memory, const LegPath *front, const LegPath *back)
{
    if (!hop_may_be_linked(front, back))
        return false;
    if (address_equal(&front->server.address, &back->client.address))
        return true;
    if (same_input(front, back) && one_heading(front, HEADING_IN) &&
        (one_heading(back, HEADING_OUT) || back->loopback))
        return true;
    return hash_set_has(&memory->learned, link_key(front, back));
}

/* Nesting -------------------------------------------------------------------------------------- */

Instant hop_front_end(const Leg *front)
{
    if (leg_is_answered(front))
        return front->response;
    return instant_is_set(front->end) ? front->end : (Instant){ NANOSECONDS_MAX, UINT64_MAX };
}

static bool method_fits(const Leg *front, const Leg *back)
{
    static uint64_t head, get;
    if (!head) {
        head = content_hash_of(span_of_text("HEAD"));
        get = content_hash_of(span_of_text("GET"));
    }
    return front->digest->method == back->digest->method ||
           (front->digest->method == head && back->digest->method == get);
}

static bool target_fits(const Leg *front, const Leg *back)
{
    const TargetDigest *f = &front->digest->target, *b = &back->digest->target;
    if (f->whole == b->whole)
        return true;
    return f->is_path && b->is_path && f->query == b->query && f->last == b->last;
}

static bool time_fits(const Leg *front, const Leg *back)
{
    if (!instant_precedes(front->head, back->request) ||
        back->request.time - front->head.time > HOP_WAIT_MAX)
        return false;
    if (!leg_is_answered(front))
        return !instant_is_set(front->end) || instant_precedes(back->request, front->end);
    if (leg_request_field(back, DIGEST_RANGE)) /* a slice */
        return !front->response_complete || instant_precedes(back->request, front->response_end);
    if (!instant_precedes(back->request, front->response))
        return false;
    return front->status >= 400 || !leg_is_answered(back) ||
           instant_precedes(back->response, front->response);
}

bool hop_nests(const Leg *front, const Leg *back)
{
    return method_fits(front, back) && target_fits(front, back) && time_fits(front, back);
}

/* Disagreement --------------------------------------------------------------------------------- */

bool hop_request_disagrees(const Leg *front, const Leg *back)
{
    FieldPairs pairs = { .front = front->digest->request.head, .back = back->digest->request.head };
    const DigestField *sent, *passed;
    while (field_pairs_next(&pairs, &sent, &passed)) {
        if (!passed || !passed->present || field_is_rewritten(passed))
            continue;
        bool had = sent && sent->present;
        if (had ? sent->value != passed->value : digest_traits(passed->known) & FIELD_STRONG)
            return true;
    }
    return content_differs(&front->digest->request.content, &back->digest->request.content);
}

static bool same_coding(const Leg *front, const Leg *back)
{
    const DigestField *a = leg_response_field(front, DIGEST_CONTENT_ENCODING);
    const DigestField *b = leg_response_field(back, DIGEST_CONTENT_ENCODING);
    return a && b ? a->value == b->value : !a && !b;
}

bool hop_contents_compare(const Leg *front, const Leg *back)
{
    return front->status == 200 && back->status == 200 &&
           front->digest->method == back->digest->method && same_coding(front, back);
}

static bool answer_fields_differ(const Leg *front, const Leg *back)
{
    FieldPairs pairs = { .front = front->digest->response.head,
                         .back = back->digest->response.head };
    const DigestField *given, *got;
    while (field_pairs_next(&pairs, &given, &got))
        if (given && got && given->present && got->present &&
            (digest_traits(got->known) & FIELD_ANSWER) && given->value != got->value)
            return true;
    return false;
}

bool hop_response_disagrees(const Leg *front, const Leg *back)
{
    if (!leg_is_answered(front) || !leg_is_answered(back))
        return false;
    if (front->status != back->status)
        return true;
    if (instant_precedes(front->response, back->response) && !leg_request_field(back, DIGEST_RANGE))
        return true;
    if (content_differs(&front->digest->response.content, &back->digest->response.content) &&
        hop_contents_compare(front, back))
        return true;
    return answer_fields_differ(front, back);
}

/* Keys ----------------------------------------------------------------------------------------- */

uint64_t hop_key(const Leg *front, const Leg *back)
{
    return hash_both(endpoint_hash(&front->path.server), endpoint_hash(&back->path.server));
}

uint64_t hop_back_key(const Leg *back)
{
    return hash_both(address_hash(&back->path.client.address), endpoint_hash(&back->path.server));
}

uint64_t hop_full_key(const Leg *front, const Leg *back)
{
    return hash_both(endpoint_hash(&front->path.server), hop_back_key(back));
}
