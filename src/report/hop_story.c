#include "report/hop_story.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "report/page.h"
#include "report/rows.h"

typedef struct HopStory {
    Story *story;
    const HopRow *row;
    bool in_front; /* the page's exchange is the front */
    unsigned time_digits;
} HopStory;

static const Leg *other_leg(const HopStory *hop)
{
    return hop->in_front ? hop->row->back : hop->row->front;
}

static void add_endpoint(StoryText *text, const Endpoint *endpoint)
{
    char words[INET6_ADDRSTRLEN] = "";
    inet_ntop(endpoint->address.version == 6 ? AF_INET6 : AF_INET, endpoint->address.bytes, words,
              sizeof words);
    story_say(text, "%s port %u", words, endpoint->port);
}

/* ", 0.2 s after WHAT in frame 7"; nothing where one of them is not there, or a clock was set
 * back. */
static void add_after(const HopStory *hop, StoryText *text, Instant later, const char *what,
                      Instant earlier)
{
    if (!instant_is_set(earlier) || later.time < earlier.time)
        return;
    story_add(text, ", ");
    page_append_duration(story_words(text), later.time - earlier.time, hop->time_digits);
    story_say(text, " after %s in ", what);
    story_add_frame(text, earlier.frame);
}

static void add_fates(StoryText *text, const HeadDigest *received, const HeadDigest *forwarded)
{
    static const char *const labels[FIELD_FATE_COUNT] = {
        [FIELD_CONSUMED] = "consumed",
        [FIELD_ADDED] = "added",
        [FIELD_CHANGED] = "changed",
        [FIELD_NOMINATED] = "named by Connection, and handed on",
    };
    for (FieldFate fate = 0; fate < FIELD_FATE_COUNT; fate++) {
        g_autoptr(GString) names = g_string_new(NULL);
        field_fate_append(names, fate, received, forwarded);
        if (names->len == 0)
            continue;
        story_add_line(text, true);
        story_say(text, "%s: %s", labels[fate], names->str);
    }
}

/* A request behind the proxy comes after the front's head; one in front came before the back's. */
static void add_request(const HopStory *hop)
{
    const Leg *front = hop->row->front, *back = hop->row->back, *other = other_leg(hop);
    StoryText *text = story_nested_item(hop->story, "request");
    story_add_frame(text, other->request.frame);
    story_say(text, ": %s %s %s", other->method, other->target,
              http_version_text(other->request_version, other->request_minor));
    if (hop->in_front)
        add_after(hop, text, back->request, "the head", front->head);
    add_fates(text, front->digest->request.head, back->digest->request.head);
}

static void add_response(const HopStory *hop)
{
    const Leg *front = hop->row->front, *back = hop->row->back, *other = other_leg(hop);
    StoryText *text = story_nested_item(hop->story, "response");
    if (!leg_is_answered(other)) {
        story_add(text, "none");
        return;
    }
    story_add_frame(text, other->response.frame);
    story_say(text, ": %s %d", http_version_text(other->response_version, other->response_minor),
              other->status);
    if (hop->in_front)
        add_after(hop, text, back->response, "the request", back->request_end);
    else if (leg_is_answered(back))
        add_after(hop, text, front->response, "the response", back->response);
    if (hop->row->answered_by == ANSWERED_BY_SERVER)
        add_fates(text, back->digest->response.head, front->digest->response.head);
}

static void add_answer(const HopStory *hop)
{
    StoryText *text = story_nested_item(hop->story, "answered");
    if (hop->row->answered_by == ANSWERED_BY_SERVER)
        story_add(text, "by the server; the proxy passed it on");
    else if (hop->row->answered_by == ANSWERED_BY_PROXY)
        story_add(text, "by the proxy itself");
    else
        story_add(text, leg_is_answered(hop->row->front) ? "by whom is not known" : "not at all");
}

static void add_pair(const HopStory *hop)
{
    const HopRow *row = hop->row;
    const Leg *other = other_leg(hop);
    StoryText *text =
        story_item(hop->story, hop->in_front ? "sent on as" : "caused by", STORY_PLAIN);
    story_say(text, "exchange %" PRIu32 " of " CONNECTION_NAME ", ", other->number,
              FRAME_PARTS(other->path.connection));
    add_endpoint(text, &other->path.client);
    story_add(text, " to ");
    add_endpoint(text, &other->path.server);
    if (row->attempt > 1 || (row->attempt && !hop->in_front))
        story_say(text, "; attempt %" PRIu32, row->attempt);
    story_say(text, "; basis: %s", hop_basis_name(row->basis));
    add_request(hop);
    add_response(hop);
    add_answer(hop);
    const Judgement *judgement = &other->judgement;
    story_say(story_nested_item(hop->story, "verdict"), "%s, %s", verdict_name(judgement->verdict),
              cause_name(judgement->cause));
}

/* A front without a back, or the other way round. */
static void add_alone(const HopStory *hop)
{
    const HopRow *row = hop->row;
    StoryText *text =
        story_item(hop->story, hop->in_front ? "sent on as" : "caused by", STORY_PLAIN);
    if (row->basis == HOP_BASIS_NONE) {
        story_add(text, "nothing: the proxy answered without asking a server");
        return;
    }
    story_say(text, "not known: %s", hop_doubt_name(row->doubt));
    if (row->candidates > 0)
        story_say(text, ", of %" PRIu32 " that may be it", row->candidates);
}

void hop_story_add(Story *story, const TracedConnection *traced, uint32_t number,
                   const RowFile *file)
{
    for (size_t i = 0; i < traced->hop_count; i++) {
        const TracedHop *traced_hop = &traced->hops[i];
        HopStory hop = { .story = story,
                         .row = &traced_hop->row,
                         .in_front = traced_hop->in_front,
                         .time_digits = file->time_digits };
        if (traced_hop->number != number)
            continue;
        if (other_leg(&hop))
            add_pair(&hop);
        else
            add_alone(&hop);
    }
}
