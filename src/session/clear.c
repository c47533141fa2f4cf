/* Places are TCP's offsets here: nothing is taken out but what stands before the first byte.
 *
 * Only the side that opened the connection can begin with a PROXY header, and only where its first
 * byte is in the capture. As long as the bytes can still be one they are held, piece by piece, for
 * each has its own stamp; if they turn out to be none, they leave as if they had just come. */
#include "session/clear.h"

#include "base/pack.h"
#include "session/proxy_header.h"

typedef enum Preface {
    PREFACE_UNKNOWN, /* nothing of the opener has come */
    PREFACE_OPEN,    /* what has come may begin a header */
    PREFACE_SKIP,    /* `skip` bytes of it are still to come */
    PREFACE_PAST,
} Preface;

/* What every unit needs stands first. */
typedef struct Clear {
    /* what is being fed, and has not been handed out; NULL: nothing */
    const StreamEvent *event;
    int64_t taken;       /* bytes of it that are the header's */
    GByteArray *held;    /* with PREFACE_OPEN, or to be handed out; NULL: nothing */
    uint64_t preface;    /* Preface */
    TailGap tail_gap[2]; /* by side */
    int64_t skip;
    uint64_t released;  /* the held bytes are being handed out */
    Stamp held_first;   /* of their first byte */
    ProxySource source; /* what the header named */
} Clear;

static void *clear_create(const void *context)
{
    (void)context;
    return g_new0(Clear, 1);
}

static void drop_held(Clear *clear)
{
    g_clear_pointer(&clear->held, g_byte_array_unref);
}

static void clear_free(void *state)
{
    Clear *clear = state;
    if (!clear)
        return;
    drop_held(clear);
    g_free(clear);
}

static void hold(Clear *clear, const StreamEvent *event)
{
    if (!clear->held) {
        clear->held = g_byte_array_new();
        clear->held_first = event->stamp;
    }
    g_byte_array_append(clear->held, event->data.bytes,
                        (guint)MIN(event->data.length, PROXY_HEADER_LOOK_MAX));
}

/* Takes what belongs to the header off the front of the event. */
static void skip_header(Clear *clear, const StreamEvent *event)
{
    int64_t length = event->kind == STREAM_GAP ? event->gap : (int64_t)event->data.length;
    clear->taken = MIN(clear->skip, length);
    clear->skip -= clear->taken;
    clear->preface = clear->skip > 0 ? PREFACE_SKIP : PREFACE_PAST;
    if (event->kind == STREAM_DATA && clear->taken == length)
        clear->event = NULL;
}

/* More of what may be a header. */
static void look_at_preface(Clear *clear, const StreamEvent *event)
{
    guint before = clear->held ? clear->held->len : 0;
    if (before)
        hold(clear, event);
    Span bytes = before ? span_make(clear->held->data, clear->held->len) : event->data;
    int length = proxy_header_parse(bytes);
    if (length == PROXY_HEADER_PARTIAL) {
        if (!before)
            hold(clear, event);
        clear->event = NULL;
        return;
    }
    clear->preface = PREFACE_PAST;
    if (length == PROXY_HEADER_NONE) {
        if (before)
            g_byte_array_set_size(clear->held, before);
        return;
    }
    clear->source = proxy_header_source(span_first(bytes, (size_t)length));
    drop_held(clear);
    clear->skip = length - (int64_t)before;
    skip_header(clear, event);
}

static void take_preface(Clear *clear, const StreamEvent *event)
{
    if (event->side != 0)
        return;
    if (clear->preface == PREFACE_UNKNOWN)
        clear->preface = event->connection->opener_known && event->stamp.offset == 0 ? PREFACE_OPEN
                                                                                     : PREFACE_PAST;
    if (clear->preface == PREFACE_SKIP) {
        skip_header(clear, event);
    } else if (clear->preface == PREFACE_OPEN && event->kind == STREAM_DATA) {
        look_at_preface(clear, event);
    } else if (clear->preface == PREFACE_OPEN) {
        drop_held(clear);
        clear->preface = PREFACE_PAST;
    }
}

static Stamp moved(Stamp stamp, int64_t bytes)
{
    stamp.offset += bytes;
    return stamp;
}

static void clear_feed(void *state, const StreamEvent *event)
{
    Clear *clear = state;
    TailGap *tail = &clear->tail_gap[event->side];
    clear->event = event;
    clear->taken = 0;
    tail->last.frame = 0;
    if (event->kind == STREAM_GAP) {
        tail->last = moved(event->stamp, event->gap - 1);
        tail->is_loss = event->reason == REASON_LOSS;
    }
    if (clear->preface != PREFACE_PAST)
        take_preface(clear, event);
}

/* Where `length` bytes stand of which the first has this stamp. */
static void place_unit(SessionUnit *unit, const Stamp *first, int64_t length)
{
    unit->place = first->offset;
    unit->length = length;
    unit->first = *first;
    unit->last = moved(*first, length - 1);
    unit->by_byte = true;
    unit->length_unsure = false;
}

static void take_event(SessionUnit *unit, const StreamEvent *event)
{
    unit->side = event->side;
    unit->connection = event->connection;
    unit->reason = event->reason;
    unit->segment_start = event->segment_start;
    unit->resent = event->resent;
    unit->quiet_acked = event->quiet_acked;
    unit->bare_acked = event->bare_acked;
    unit->free_to_send = event->free_to_send;
}

/* What had been held and is no header; once, and the next call lets it go. */
static bool release_held(Clear *clear, SessionUnit *ret_unit)
{
    if (clear->released) {
        drop_held(clear);
        clear->released = false;
        return false;
    }
    clear->released = true;
    take_event(ret_unit, clear->event);
    ret_unit->kind = SESSION_DATA;
    ret_unit->segment_start = true;
    ret_unit->data = span_make(clear->held->data, clear->held->len);
    place_unit(ret_unit, &clear->held_first, (int64_t)clear->held->len);
    return true;
}

static bool clear_next(void *state, SessionUnit *ret_unit)
{
    Clear *clear = state;
    const StreamEvent *event = clear->event;
    if (!event)
        return false;
    if (clear->held && clear->preface == PREFACE_PAST && release_held(clear, ret_unit))
        return true;
    Stamp first = moved(event->stamp, clear->taken);
    take_event(ret_unit, event);
    if (event->kind == STREAM_DATA) {
        ret_unit->kind = SESSION_DATA;
        ret_unit->data = span_after(event->data, (size_t)clear->taken);
        place_unit(ret_unit, &first, (int64_t)ret_unit->data.length);
    } else {
        ret_unit->kind = SESSION_GAP;
        ret_unit->data = (Span){ 0 };
        place_unit(ret_unit, &first, event->gap - clear->taken);
    }
    clear->event = NULL;
    return true;
}

static SessionEnd clear_end(const void *state, int side)
{
    return (SessionEnd){ .gap = ((const Clear *)state)->tail_gap[side] };
}

static ProxySource clear_source(const void *state)
{
    return ((const Clear *)state)->source;
}

static void clear_pack(const void *state, GByteArray *to)
{
    const Clear *clear = state;
    Clear rest = *clear;
    g_assert(!clear->event);
    rest.held = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_span(to, clear->held ? span_make(clear->held->data, clear->held->len) : (Span){ 0 });
}

static void *clear_unpack(Span *from)
{
    Clear *clear = g_new(Clear, 1);
    unpack_words(from, clear, sizeof *clear);
    Span held = unpack_span(from);
    if (held.length) {
        clear->held = g_byte_array_new();
        g_byte_array_append(clear->held, held.bytes, (guint)held.length);
    }
    return clear;
}

static size_t clear_size(const void *state)
{
    const Clear *clear = state;
    return sizeof *clear + (clear->held ? sizeof(GByteArray) + clear->held->len : 0);
}

const SessionStage SESSION_CLEAR = {
    .name = "clear",
    .create = clear_create,
    .feed = clear_feed,
    .next = clear_next,
    .end = clear_end,
    .source = clear_source,
    .pack = clear_pack,
    .unpack = clear_unpack,
    .size = clear_size,
    .free = clear_free,
};
