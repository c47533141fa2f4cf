#include "audit/protocol.h"

#include "base/pack.h"
#include "http2/fields.h"
#include "http2/frame.h"

G_STATIC_ASSERT(PROTOCOL_FIRST_BYTES == H2_PREFACE_SIZE);

void protocol_init(Protocol *protocol, const TextOptions *texts, const Matcher *matcher)
{
    memset(protocol, 0, sizeof *protocol);
    protocol->http1 = conversation_new(texts, matcher);
}

void protocol_clear(Protocol *protocol)
{
    g_clear_pointer(&protocol->http1, conversation_free);
    g_clear_pointer(&protocol->http2, h2_conversation_free);
}

void protocol_pack(const Protocol *protocol, GByteArray *to)
{
    Protocol rest = *protocol;
    uint64_t has[2] = { protocol->http1 != NULL, protocol->http2 != NULL };
    rest.http1 = NULL;
    rest.http2 = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_words(to, has, sizeof has);
    if (protocol->http1)
        conversation_pack(protocol->http1, to);
    if (protocol->http2)
        h2_conversation_pack(protocol->http2, to);
}

void protocol_unpack(Protocol *protocol, Span *from)
{
    uint64_t has[2];
    unpack_words(from, protocol, sizeof *protocol);
    unpack_words(from, has, sizeof has);
    if (has[0])
        protocol->http1 = conversation_unpack(from);
    if (has[1])
        protocol->http2 = h2_conversation_unpack(from);
}

size_t protocol_size_any(const Protocol *protocol)
{
    return (protocol->http1 ? conversation_size(protocol->http1) : 0) +
           (protocol->http2 ? h2_conversation_size(protocol->http2) : 0);
}

const ConversationFacts *protocol_facts_of(const Protocol *protocol, bool http2)
{
    return http2 ? h2_conversation_facts(protocol->http2) : conversation_facts(protocol->http1);
}

const ConversationFacts *protocol_facts(const Protocol *protocol)
{
    bool http2 = protocol->state == PROTOCOL_HTTP2 || protocol->state == PROTOCOL_UPGRADED;
    return protocol_facts_of(protocol, http2);
}

/* Which it is ---------------------------------------------------------------------------------- */

typedef enum Guess { GUESS_NOT_YET, GUESS_HTTP1, GUESS_HTTP2, GUESS_BY_FRAMES } Guess;

static void keep_first(Protocol *protocol, const SessionUnit *unit)
{
    uint8_t *have = &protocol->have[unit->side];
    if (unit->kind == SESSION_GAP) {
        protocol->gap_first[unit->side] |= *have == 0 && unit->length > 0;
        return;
    }
    size_t taken = MIN(unit->data.length, (size_t)PROTOCOL_FIRST_BYTES - *have);
    if (taken)
        memcpy(protocol->first[unit->side] + *have, unit->data.bytes, taken);
    *have += (uint8_t)taken;
}

static Span first_of(const Protocol *protocol, int side)
{
    return span_make(protocol->first[side], protocol->have[side]);
}

/* The client's first bytes are missing. */
static Guess guess_by_server(const Protocol *protocol, int server)
{
    if (protocol->gap_first[server])
        return GUESS_BY_FRAMES;
    if (protocol->have[server] == 0)
        return GUESS_NOT_YET;
    if (!h2_begins_as_server(first_of(protocol, server)))
        return GUESS_HTTP1;
    return protocol->have[server] < H2_FRAME_HEADER ? GUESS_NOT_YET : GUESS_HTTP2;
}

/* `client`: its side. */
static Guess guess(const Protocol *protocol, int client)
{
    static const Guess by_prefix[] = { [H2_PREFIX_NONE] = GUESS_HTTP1,
                                       [H2_PREFIX_SHORT] = GUESS_NOT_YET,
                                       [H2_PREFIX_WHOLE] = GUESS_HTTP2 };
    int server = 1 - client;
    if (!h2_fields_supported())
        return GUESS_HTTP1;
    if (protocol->gap_first[client])
        return guess_by_server(protocol, server);
    if (protocol->have[client])
        return by_prefix[h2_prefix_of_client(first_of(protocol, client))];
    if (protocol->have[server] && !h2_begins_as_server(first_of(protocol, server)))
        return GUESS_HTTP1;
    return GUESS_NOT_YET;
}

/* In mid-stream the preface may be there all the same. */
static Guess guess_side(const Protocol *protocol, int *ret_client)
{
    for (int side = 0; side < 2; side++) {
        *ret_client = side;
        if (protocol->have[side] && !protocol->gap_first[side] &&
            h2_prefix_of_client(first_of(protocol, side)) != H2_PREFIX_NONE)
            return guess(protocol, side);
    }
    *ret_client = 0;
    return h2_fields_supported() ? GUESS_BY_FRAMES : GUESS_HTTP1;
}

static void become_http1(Protocol *protocol)
{
    protocol->state = PROTOCOL_HTTP1;
    g_clear_pointer(&protocol->http2, h2_conversation_free);
}

static void become_http2(Protocol *protocol)
{
    protocol->state = PROTOCOL_HTTP2;
    g_clear_pointer(&protocol->http1, conversation_free);
}

static H2Conversation *new_http2(const Protocol *protocol, H2Begin begin, int client,
                                 const TextOptions *texts, const Matcher *matcher)
{
    H2Conversation *conversation = h2_conversation_new(begin, client, texts, matcher);
    if (protocol->notes_frames)
        h2_conversation_want_notes(conversation);
    return conversation;
}

/* No first bytes tell: the frames of this unit may. Then HTTP/2 begins with it. */
static bool find_frames(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                        const Matcher *matcher)
{
    int client;
    const ConversationFacts *facts = conversation_facts(protocol->http1);
    if (facts->exchanges > 0) {
        become_http1(protocol);
        return false;
    }
    if (!h2_unit_tells_sides(unit, &client) || (unit->connection->opener_known && client != 0))
        return false;
    ReasonSet reasons = unit->connection->opener_known ? facts->reasons : REASON_MIDSTREAM;
    g_clear_pointer(&protocol->http2, h2_conversation_free);
    protocol->http2 = new_http2(protocol, H2_BEGAN_UNSEEN, client, texts, matcher);
    h2_conversation_miss_begin(protocol->http2, reasons ? reasons : REASON_LOSS);
    h2_conversation_feed(protocol->http2, unit, 0);
    become_http2(protocol);
    return true;
}

/* A unit while it is open which version it is. */
static void feed_open(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                      const Matcher *matcher)
{
    int client = 0;
    keep_first(protocol, unit);
    Guess now = unit->connection->opener_known ? guess(protocol, 0) : guess_side(protocol, &client);
    protocol->state = PROTOCOL_OPEN;
    if (now == GUESS_BY_FRAMES && find_frames(protocol, unit, texts, matcher))
        return;
    if (now == GUESS_HTTP1)
        become_http1(protocol);
    if (now == GUESS_NOT_YET || now == GUESS_HTTP2) {
        if (!protocol->http2)
            protocol->http2 = new_http2(protocol, H2_BEGINS_WITH_PREFACE, client, texts, matcher);
        h2_conversation_feed(protocol->http2, unit, 0);
    }
    if (now == GUESS_HTTP2)
        become_http2(protocol);
    else
        conversation_feed(protocol->http1, unit);
}

/* Upgraded ------------------------------------------------------------------------------------- */

static const Exchange *last_exchange(const Protocol *protocol)
{
    size_t count;
    const Exchange *exchanges = conversation_pending(protocol->http1, &count);
    return count ? &exchanges[count - 1] : NULL;
}

static void feed_upgraded(Protocol *protocol, const SessionUnit *unit)
{
    int64_t begin = conversation_facts(protocol->http1)->upgraded_at[unit->side];
    int64_t from = begin - unit->place;
    if (from < unit->length)
        h2_conversation_feed(protocol->http2, unit, from > 0 ? (size_t)from : 0);
}

void protocol_upgrade(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                      const Matcher *matcher)
{
    const ConversationFacts *facts = conversation_facts(protocol->http1);
    const Exchange *switched = last_exchange(protocol);
    if (!h2_fields_supported() || !switched || switched->status != 101)
        return;
    protocol->state = PROTOCOL_UPGRADED;
    protocol->http2 = new_http2(protocol, H2_BEGINS_WITH_PREFACE, facts->client, texts, matcher);
    h2_conversation_take_upgraded(protocol->http2, switched, facts->exchanges);
    feed_upgraded(protocol, unit);
}

/* As a conversation ---------------------------------------------------------------------------- */

void protocol_feed_any(Protocol *protocol, const SessionUnit *unit, const TextOptions *texts,
                       const Matcher *matcher)
{
    switch ((ProtocolState)protocol->state) {
    case PROTOCOL_HTTP1:
        g_assert_not_reached();
    case PROTOCOL_HTTP2:
        h2_conversation_feed(protocol->http2, unit, 0);
        return;
    case PROTOCOL_UPGRADED:
        conversation_feed(protocol->http1, unit);
        feed_upgraded(protocol, unit);
        return;
    case PROTOCOL_UNKNOWN:
    case PROTOCOL_OPEN:
        feed_open(protocol, unit, texts, matcher);
        return;
    }
}

bool protocol_next_any(Protocol *protocol, Exchange *ret_exchange)
{
    switch ((ProtocolState)protocol->state) {
    case PROTOCOL_HTTP1:
        return conversation_next(protocol->http1, ret_exchange);
    case PROTOCOL_HTTP2:
        return h2_conversation_next(protocol->http2, ret_exchange);
    case PROTOCOL_UPGRADED:
        return conversation_next(protocol->http1, ret_exchange) ||
               h2_conversation_next(protocol->http2, ret_exchange);
    case PROTOCOL_UNKNOWN:
        break;
    case PROTOCOL_OPEN:
        return !protocol->http2 && conversation_next(protocol->http1, ret_exchange);
    }
    return false;
}

void protocol_want_notes(Protocol *protocol)
{
    protocol->notes_frames = true;
}

bool protocol_next_note(Protocol *protocol, H2FrameNote *ret_note)
{
    bool speaks = protocol->state == PROTOCOL_HTTP2 || protocol->state == PROTOCOL_UPGRADED;
    return speaks && h2_conversation_next_note(protocol->http2, ret_note);
}

void protocol_end(Protocol *protocol, const Connection *connection, const SessionEnd ends[2],
                  bool closed)
{
    if (protocol->state == PROTOCOL_UNKNOWN || protocol->state == PROTOCOL_OPEN)
        become_http1(protocol);
    if (protocol->http1)
        conversation_end(protocol->http1, connection, ends, closed);
    if (protocol->http2)
        h2_conversation_end(protocol->http2, connection, ends);
}

Exchange *protocol_pending(Protocol *protocol, bool http2, size_t *ret_count)
{
    *ret_count = 0;
    if (http2)
        return protocol->http2 ? h2_conversation_pending(protocol->http2, ret_count) : NULL;
    return protocol->http1 ? conversation_pending(protocol->http1, ret_count) : NULL;
}
