/* Messages out of one direction's bytes, gaps and end.
 *
 * A state machine whose states are the places of a stream: where a message must begin, in a head,
 * behind it, in a body of each kind, and lost (seeking). next() takes steps until one yields an
 * event or the bytes are used up; each step reads only what it needs, so a second event finds the
 * rest where it lies.
 *
 * The parser runs when a gathered head's start line is complete, when the line behind it is
 * (HTTP/0.9 is known by it) and when the empty line has come (http1/gather.h). Otherwise a head of
 * 64 KiB in single bytes would cost 2^31 steps. Resuming inside the parser was discarded: it would
 * have to keep its place in every connection, for a case in a thousand.
 *
 * What begins a message: a known method's first letter already does (a client that sent one byte of
 * a request has sent part of a request), "HTTP/" does, another word only with a blank and more
 * behind it. A whole first line is judged whole: if it is none, nothing has begun. So an event more
 * or less may come of how the segments were cut, but only a BEGIN that JUNK takes back.
 *
 * Lost, the reader looks at the first bytes of a segment and at nothing else. An attempt there is
 * quiet until the start line is whole: what fails before was no message, and there is nothing to
 * report.
 *
 * Places are counted here, stamps are not: `at` is the place of the next byte, and what was sent or
 * known with it is asked of the unit that holds it (session/session.h). */
#include "http1/message.h"

#include "base/pack.h"

/* Ordered: from STATE_HEAD to STATE_UNTIL_CLOSE a message has begun. */
typedef enum State {
    STATE_START,   /* a message must begin here */
    STATE_ATTEMPT, /* what may be a head, from `first` on: gathered, or still in `data` */
    STATE_HEAD,    /* the same, and reported */
    STATE_HEAD_DONE,
    STATE_HEAD_CUT, /* what a gap left of a head was reported; the loss is not yet */
    STATE_LENGTH,   /* `left` bytes of body */
    STATE_CHUNKED,
    STATE_UNTIL_CLOSE,
    STATE_OPAQUE, /* `left` counts up */
    STATE_SEEK,
    STATE_JUNK, /* as STATE_SEEK, until the next step: the junk may still be taken for a body */
} State;

/* Where a body begins. */
typedef enum Edge {
    EDGE_AHEAD,   /* no byte of it has passed */
    EDGE_DOUBTED, /* the same, and it may be missing: message_reader_body_refused() */
    EDGE_PASSED,
} Edge;

typedef enum Step {
    STEP_EVENT,
    STEP_AGAIN,
    STEP_WAIT, /* for more bytes */
} Step;

G_STATIC_ASSERT(sizeof(MessageReader) <= 224);
G_STATIC_ASSERT((int)BODY_BAD_CHUNK == (int)CHUNK_OFF_GRAMMAR);
G_STATIC_ASSERT((int)BODY_CONNECTION_IN_TRAILER == (int)CHUNK_FRAMING_TRAILER);

void message_reader_init(MessageReader *reader, HeadKind kind, ReasonSet sought)
{
    *reader = (MessageReader){ .kind = kind,
                               .either = kind == HEAD_EITHER,
                               .sought = sought,
                               .state = sought ? STATE_SEEK : STATE_START };
}

static void drop_gathered(MessageReader *reader)
{
    gather_clear(&reader->head);
    g_clear_pointer(&reader->instead, g_free);
}

void message_reader_hash_content(MessageReader *reader)
{
    if (!reader->content)
        reader->content = g_new0(ContentHash, 1);
}

const ContentHash *message_reader_content(const MessageReader *reader)
{
    return reader->content_cut ? NULL : reader->content;
}

void message_reader_clear(MessageReader *reader)
{
    drop_gathered(reader);
    g_clear_pointer(&reader->content, g_free);
}

void message_reader_pack(const MessageReader *reader, GByteArray *to)
{
    MessageReader rest = *reader;
    g_assert(!reader->unit);
    rest.head.bytes = NULL;
    rest.instead = NULL;
    rest.content = NULL;
    rest.data.bytes = NULL;
    pack_words(to, &rest, sizeof rest);
    gather_pack(&reader->head, to);
    pack_span(to, span_make((const uint8_t *)reader->instead,
                            reader->instead ? sizeof *reader->instead : 0));
    pack_span(to, span_make((const uint8_t *)reader->content,
                            reader->content ? sizeof *reader->content : 0));
}

void message_reader_unpack(MessageReader *reader, Span *from)
{
    unpack_words(from, reader, sizeof *reader);
    gather_unpack(&reader->head, from);
    Span instead = unpack_span(from);
    if (instead.length)
        reader->instead = g_memdup2(instead.bytes, instead.length);
    Span content = unpack_span(from);
    if (content.length)
        reader->content = g_memdup2(content.bytes, content.length);
}

size_t message_reader_size(const MessageReader *reader)
{
    return gather_size(&reader->head) + (reader->instead ? sizeof *reader->instead : 0) +
           (reader->content ? sizeof *reader->content : 0);
}

static bool has_begun(const MessageReader *reader)
{
    return reader->state >= STATE_HEAD && reader->state <= STATE_UNTIL_CLOSE;
}

static void hash(const MessageReader *reader, Span body)
{
    if (reader->content)
        content_hash_add(reader->content, body);
}

/* The bytes of the head as far as they are there. */
static Span gathered(const MessageReader *reader)
{
    return gather_bytes(&reader->head, reader->data);
}

static void consume(MessageReader *reader, size_t length)
{
    reader->data = span_after(reader->data, length);
    reader->at += (int64_t)length;
    reader->at_missing = false;
}

static void consume_all(MessageReader *reader)
{
    consume(reader, reader->data.length);
}

/* The next byte, as sent. */
static Mark here(const MessageReader *reader)
{
    return (Mark){ reader->at, session_sent(reader->unit, reader->at) };
}

/* The byte before it, as known. */
static Stamp known_before(const MessageReader *reader)
{
    if (!reader->unit || reader->at == reader->unit->place)
        return reader->before;
    return session_known(reader->unit, reader->at - 1);
}

static void set_first(MessageEvent *event, const Mark *first)
{
    event->first = event->last = first->stamp;
    event->first_place = event->last_place = first->place;
}

static void set_last(MessageEvent *event, const Stamp *last, int64_t place)
{
    event->last = *last;
    event->last_place = place;
}

static Step report(const MessageReader *reader, MessageEvent *event, MessageEventKind kind)
{
    event->kind = kind;
    event->with_head = false;
    set_first(event, &reader->first);
    event->end_missing = false;
    event->reason = 0;
    event->sought = reader->sought;
    event->begun = has_begun(reader);
    event->in_body = false;
    return STEP_EVENT;
}

static void seek(MessageReader *reader, ReasonSet sought)
{
    drop_gathered(reader);
    consume_all(reader);
    if (reader->either)
        reader->kind = HEAD_EITHER;
    reader->state = STATE_SEEK;
    reader->sought = sought;
    reader->leading = false;
}

/* The message ends with `last`. */
static Step report_end_at(MessageReader *reader, MessageEvent *event, Stamp last, int64_t place)
{
    report(reader, event, MESSAGE_END);
    set_last(event, &last, place);
    event->end_missing = reader->at_missing;
    reader->state = STATE_START;
    reader->sought = 0;
    return STEP_EVENT;
}

/* The message ends before `at`. */
static Step report_end(MessageReader *reader, MessageEvent *event)
{
    return report_end_at(reader, event, known_before(reader), reader->at - 1);
}

/* What stands here belongs to no message. */
static Step report_junk(MessageReader *reader, MessageEvent *event, Reason reason, bool in_body)
{
    Mark at = here(reader);
    report(reader, event, MESSAGE_JUNK);
    if (in_body)
        set_first(event, &at);
    event->reason = reason;
    event->in_body = in_body;
    seek(reader, reason);
    reader->state = STATE_JUNK;
    return STEP_EVENT;
}

static Reason gap_reason(const MessageReader *reader)
{
    return reader->unit->reason;
}

/* A gap of which no byte can be placed. */
static Step report_lost(MessageReader *reader, MessageEvent *event, bool in_body)
{
    Mark at = here(reader);
    report(reader, event, MESSAGE_LOST);
    if (!event->begun)
        set_first(event, &at);
    event->reason = gap_reason(reader);
    event->in_body = in_body;
    event->missing = reader->gap;
    seek(reader, gap_reason(reader));
    reader->at += reader->gap;
    reader->gap = 0;
    return STEP_EVENT;
}

/* Keeps the data for later: what it begins is not complete. */
static Step keep(MessageReader *reader)
{
    gather_keep(&reader->head, reader->data);
    consume_all(reader);
    return STEP_WAIT;
}

/* Where a message must begin ----------------------------------------------------------------- */

static Step begin_head(MessageReader *reader, const Mark *first)
{
    reader->state = STATE_ATTEMPT;
    reader->first = *first;
    return STEP_AGAIN;
}

static Step step_start(MessageReader *reader)
{
    size_t empty = 0;
    if (reader->kind != HEAD_RESPONSE)
        while (empty < reader->data.length &&
               (reader->data.bytes[empty] == '\r' || reader->data.bytes[empty] == '\n'))
            empty++;
    reader->leading = reader->leading || empty > 0;
    consume(reader, empty);
    if (reader->data.length == 0)
        return STEP_WAIT;
    Mark first = here(reader);
    return begin_head(reader, &first);
}

/* A start line's first bytes, as many as a look at an incomplete one takes. */
static Span first_look(Span bytes)
{
    return span_first(bytes, HEAD_METHOD_MAX + 2);
}

/* Whether the segment at hand may begin a message, when no place is known where one must. A word
 * alone may be the end of a body: it counts only as the beginning of a known method. */
static bool begins_start_line(const MessageReader *reader)
{
    HeadKind kind;
    HeadStart start = head_start(reader->data, reader->kind, &kind);
    Span method = first_look(reader->data);
    return start != HEAD_START_BAD && (start != HEAD_START_OPEN || kind != HEAD_REQUEST ||
                                       memchr(method.bytes, ' ', method.length));
}

/* A word that was held, without a blank behind it, and then a segment that begins with a method and
 * its blank: what was held was the end of a body, unless the two together are a known method. */
static bool begins_anew(const MessageReader *reader)
{
    const Gather *head = &reader->head;
    Span look = first_look(reader->data);
    const uint8_t *blank = look.length ? memchr(look.bytes, ' ', look.length) : NULL;
    if (!reader->sought || head->held == 0 || !reader->unit->segment_start || !blank ||
        head->held > HEAD_METHOD_MAX || memchr(head->bytes, ' ', head->held) ||
        !begins_start_line(reader))
        return false;
    char joined[2 * HEAD_METHOD_MAX + 2];
    size_t rest = (size_t)(blank - look.bytes);
    memcpy(joined, head->bytes, head->held);
    memcpy(joined + head->held, look.bytes, rest);
    return rest > 0 && !head_method_is_known(span_make(joined, head->held + rest));
}

static Step step_seek(MessageReader *reader)
{
    if (reader->unit->segment_start && begins_start_line(reader)) {
        Mark first = here(reader);
        return begin_head(reader, &first);
    }
    consume_all(reader);
    return STEP_WAIT;
}

/* Heads ------------------------------------------------------------------------------------- */

static Step no_head(MessageReader *reader, MessageEvent *event, Reason reason)
{
    if (!reader->sought || has_begun(reader))
        return report_junk(reader, event, reason, false);
    /* A quiet attempt. If it began in an earlier segment, the one at hand is still to be looked at.
     * */
    if (reader->head.held == 0 || !reader->unit->segment_start) {
        seek(reader, reader->sought);
        return STEP_WAIT;
    }
    drop_gathered(reader);
    reader->state = STATE_SEEK;
    return STEP_AGAIN;
}

static Step report_begin(MessageReader *reader, MessageEvent *event)
{
    reader->state = STATE_HEAD;
    return report(reader, event, MESSAGE_BEGIN);
}

/* The head is complete and stands in the event. */
static void finish_head(MessageReader *reader, MessageEvent *event)
{
    Stamp last = known_before(reader);
    set_last(event, &last, reader->at - 1);
    if (reader->leading)
        event->head.notes |= HEAD_LEADING_LINES;
    reader->leading = false;
    reader->state = STATE_HEAD_DONE;
    reader->body = BODY_NONE;
    reader->edge = EDGE_AHEAD;
    reader->chunks = (ChunkReader){ 0 };
    reader->content_cut = false;
    if (reader->content)
        *reader->content = (ContentHash){ 0 };
}

/* Most heads lie in one segment. They are parsed at once, with their start line. */
static bool report_whole_head(MessageReader *reader, MessageEvent *event)
{
    HeadKind kind = (HeadKind)reader->kind;
    if (reader->head.length || reader->leading || kind == HEAD_EITHER)
        return false;
    int length = head_parse(reader->data, kind, &event->head, NULL);
    if (length <= 0)
        return false;
    reader->either = false;
    report_begin(reader, event);
    consume(reader, (size_t)length);
    finish_head(reader, event);
    event->with_head = true;
    return true;
}

static Step step_attempt(MessageReader *reader, MessageEvent *event)
{
    HeadKind kind = reader->leading ? HEAD_REQUEST : (HeadKind)reader->kind;
    if (begins_anew(reader)) {
        drop_gathered(reader);
        reader->state = STATE_SEEK;
        return STEP_AGAIN;
    }
    if (report_whole_head(reader, event))
        return STEP_EVENT;
    Span bytes = gathered(reader);
    bool lacks_line = gather_lacks_line(&reader->head, reader->data);
    HeadStart start = head_start(lacks_line ? first_look(bytes) : bytes, kind, &kind);
    if (start == HEAD_START_BAD)
        return no_head(reader, event, REASON_MALFORMED);
    if (start == HEAD_START_LINE || (start == HEAD_START_BEGUN && !reader->sought)) {
        reader->kind = kind;
        reader->either = reader->either && start != HEAD_START_LINE;
        return report_begin(reader, event);
    }
    if (reader->head.overfull || bytes.length > HEAD_BYTES_MAX)
        return no_head(reader, event, REASON_LIMIT);
    return keep(reader);
}

static Step report_head(MessageReader *reader, MessageEvent *event, size_t length)
{
    size_t held = reader->head.held;
    /* A line that turned out to be HTTP/0.9's by what followed it leaves bytes in the buffer
     * that nothing can be made of: they go with it. */
    consume(reader, length > held ? length - held : reader->data.length);
    report(reader, event, MESSAGE_HEAD);
    finish_head(reader, event);
    return STEP_EVENT;
}

static Step step_head(MessageReader *reader, MessageEvent *event)
{
    Span bytes = gathered(reader);
    bool line_seen;
    if (gather_is_idle(&reader->head)) {
        HeadKind kind;
        if (gather_lacks_line(&reader->head, reader->data) &&
            head_start(first_look(bytes), reader->kind, &kind) == HEAD_START_BAD)
            return no_head(reader, event, REASON_MALFORMED);
        return keep(reader);
    }
    int length = head_parse(bytes, reader->kind, &event->head, &line_seen);
    reader->head.fresh_line = false;
    reader->either = reader->either && !line_seen;
    if (length > 0)
        return report_head(reader, event, (size_t)length);
    if (length == HEAD_BAD && !line_seen &&
        memchr(bytes.bytes, '\n', MIN(bytes.length, HEAD_BYTES_MAX)))
        return no_head(reader, event, REASON_MALFORMED);
    if (length == HEAD_BAD || reader->head.overfull)
        return no_head(reader, event, REASON_LIMIT);
    return keep(reader);
}

/* Bodies ------------------------------------------------------------------------------------ */

static Step step_head_done(MessageReader *reader, MessageEvent *event)
{
    drop_gathered(reader);
    switch ((BodyKind)reader->body) {
    case BODY_LENGTH:
        if (reader->left == 0)
            return report_end(reader, event);
        reader->state = STATE_LENGTH;
        return STEP_AGAIN;
    case BODY_CHUNKED:
        reader->state = STATE_CHUNKED;
        return STEP_AGAIN;
    case BODY_UNTIL_CLOSE:
        reader->state = STATE_UNTIL_CLOSE;
        return STEP_AGAIN;
    case BODY_UNREADABLE:
        seek(reader, REASON_MALFORMED);
        return STEP_WAIT;
    case BODY_OPAQUE:
        report_end(reader, event);
        reader->state = STATE_OPAQUE;
        reader->left = 0;
        return STEP_EVENT;
    case BODY_NONE:
        break;
    }
    return report_end(reader, event);
}

/* What stands where a refused body would begin. */
typedef enum Stands {
    STANDS_BODY,
    /* of this direction: whole, or of a request a known method with its blank and more */
    STANDS_START_LINE,
    STANDS_OPEN, /* more bytes will tell */
} Stands;

static Stands what_stands(const MessageReader *reader)
{
    Span bytes = gathered(reader);
    HeadKind kind = (HeadKind)reader->kind;
    HeadStart start = head_start(bytes, kind, &kind);
    if (start == HEAD_START_LINE)
        return STANDS_START_LINE;
    bool filled = reader->state == STATE_LENGTH && (uint64_t)reader->left <= bytes.length;
    const uint8_t *blank = memchr(bytes.bytes, ' ', MIN(bytes.length, HEAD_METHOD_MAX));
    if (start == HEAD_START_BEGUN && reader->kind == HEAD_REQUEST && blank &&
        head_method_is_known(span_first(bytes, (size_t)(blank - bytes.bytes))))
        return STANDS_START_LINE;
    bool open = start == HEAD_START_OPEN || start == HEAD_START_BEGUN;
    return open && !filled && !reader->head.overfull ? STANDS_OPEN : STANDS_BODY;
}

/* What was held, and has been consumed, is of the body. */
static ChunkResult release_body(MessageReader *reader)
{
    ChunkResult result = CHUNK_MORE;
    size_t taken;
    if (reader->state == STATE_CHUNKED)
        result = chunk_read(&reader->chunks, span_first(gathered(reader), reader->head.held),
                            reader->content, &taken);
    else if (reader->state == STATE_LENGTH)
        reader->left -= reader->head.held;
    if (reader->state != STATE_CHUNKED)
        hash(reader, span_first(gathered(reader), reader->head.held));
    drop_gathered(reader);
    return result;
}

/* The announced body was never sent: the message ended where its head did. What stands there begins
 * another. */
static Step report_end_without_body(MessageReader *reader, MessageEvent *event)
{
    if (!reader->instead)
        return report_end(reader, event);
    Mark first = reader->instead->first;
    report_end_at(reader, event, reader->instead->before, first.place - 1);
    g_clear_pointer(&reader->instead, g_free);
    begin_head(reader, &first);
    return STEP_EVENT;
}

static Step hold_what_may_be_body(MessageReader *reader)
{
    if (!reader->instead) {
        Instead instead = { here(reader), known_before(reader) };
        reader->instead = g_memdup2(&instead, sizeof instead);
    }
    return keep(reader);
}

static Step report_bad_chunk(MessageReader *reader, MessageEvent *event, ChunkResult result)
{
    if (result == CHUNK_BAD)
        reader->chunks.notes |= CHUNK_OFF_GRAMMAR;
    return report_junk(reader, event, result == CHUNK_LIMIT ? REASON_LIMIT : REASON_MALFORMED,
                       true);
}

/* Before the first byte of a body that may be missing: STEP_AGAIN if it is not. */
static Step step_refused(MessageReader *reader, MessageEvent *event)
{
    Stands stands = what_stands(reader);
    if (stands == STANDS_OPEN)
        return hold_what_may_be_body(reader);
    if (stands == STANDS_START_LINE)
        return report_end_without_body(reader, event);
    reader->edge = EDGE_PASSED;
    ChunkResult result = reader->head.held ? release_body(reader) : CHUNK_MORE;
    drop_gathered(reader);
    return result == CHUNK_MORE ? STEP_AGAIN : report_bad_chunk(reader, event, result);
}

static Step step_length(MessageReader *reader, MessageEvent *event)
{
    if (reader->edge == EDGE_DOUBTED)
        return step_refused(reader, event);
    reader->edge = EDGE_PASSED;
    size_t length = reader->data.length;
    if ((uint64_t)reader->left < length)
        length = (size_t)reader->left;
    hash(reader, span_first(reader->data, length));
    consume(reader, length);
    reader->left -= (int64_t)length;
    return reader->left == 0 ? report_end(reader, event) : STEP_AGAIN;
}

static Step step_chunked(MessageReader *reader, MessageEvent *event)
{
    if (reader->edge == EDGE_DOUBTED)
        return step_refused(reader, event);
    reader->edge = EDGE_PASSED;
    size_t taken;
    ChunkResult result = chunk_read(&reader->chunks, reader->data, reader->content, &taken);
    consume(reader, taken);
    switch (result) {
    case CHUNK_MORE:
        return STEP_WAIT;
    case CHUNK_END:
        return report_end(reader, event);
    case CHUNK_BAD:
    case CHUNK_LIMIT:
        break;
    }
    return report_bad_chunk(reader, event, result);
}

/* Gaps and the end -------------------------------------------------------------------------- */

/* A gap inside a head: the lines before it are as good as any others. */
static bool report_cut_head(MessageReader *reader, MessageEvent *event)
{
    Span head;
    if (!gather_cut(&reader->head, &head) ||
        head_parse(head, reader->kind, &event->head, NULL) <= 0 ||
        event->head.version == HTTP_0_9) /* what would follow was lost, so nothing tells that */
        return false;
    report(reader, event, MESSAGE_HEAD);
    set_last(event, &reader->before, reader->at - 1);
    event->head.notes |= HEAD_INCOMPLETE | (reader->leading ? HEAD_LEADING_LINES : 0);
    reader->state = STATE_HEAD_CUT;
    return true;
}

/* Passes over as much of the gap as the counted bytes reach. */
static void count_gap(MessageReader *reader, int64_t length)
{
    reader->gap -= length;
    reader->at += length;
    reader->at_missing = true;
    reader->edge = EDGE_PASSED;
    reader->content_cut = true;
}

static Step step_gap(MessageReader *reader, MessageEvent *event)
{
    int64_t counted = MIN(reader->left, reader->gap);
    bool in_body = reader->state == STATE_LENGTH || reader->state == STATE_CHUNKED ||
                   reader->state == STATE_UNTIL_CLOSE;
    if (in_body && reader->edge == EDGE_DOUBTED) /* of a body, or of what follows without one */
        return report_lost(reader, event, true);
    switch ((State)reader->state) {
    case STATE_LENGTH:
        if (reader->unit->length_unsure)
            return report_lost(reader, event, true);
        count_gap(reader, counted);
        reader->left -= counted;
        return reader->left == 0 ? report_end(reader, event) : STEP_WAIT;
    case STATE_CHUNKED:
        if (reader->unit->length_unsure || !chunk_skip(&reader->chunks, reader->gap))
            return report_lost(reader, event, true);
        count_gap(reader, reader->gap);
        return STEP_WAIT;
    case STATE_OPAQUE:
        reader->left += reader->gap;
        count_gap(reader, reader->gap);
        return STEP_WAIT;
    case STATE_UNTIL_CLOSE:
        count_gap(reader, reader->gap);
        return STEP_WAIT;
    case STATE_HEAD_CUT:
        return report_lost(reader, event, false);
    case STATE_HEAD:
        if (report_cut_head(reader, event))
            return STEP_EVENT;
        return report_lost(reader, event, false);
    case STATE_ATTEMPT:
    case STATE_SEEK:
        if (!reader->sought)
            return report_lost(reader, event, false);
        seek(reader, reader->sought | gap_reason(reader));
        count_gap(reader, reader->gap);
        return STEP_WAIT;
    case STATE_JUNK:
    case STATE_START:
    case STATE_HEAD_DONE:
        break;
    }
    return report_lost(reader, event, false);
}

static Step step_finish(MessageReader *reader, MessageEvent *event)
{
    reader->finished = false;
    if (reader->state == STATE_UNTIL_CLOSE ||
        (reader->state == STATE_CHUNKED && chunk_in_trailer(&reader->chunks)))
        return report_end(reader, event);
    return STEP_WAIT;
}

/* The interface ----------------------------------------------------------------------------- */

static Step step_data(MessageReader *reader, MessageEvent *event)
{
    switch ((State)reader->state) {
    case STATE_START:
        return step_start(reader);
    case STATE_ATTEMPT:
        return step_attempt(reader, event);
    case STATE_HEAD:
        return step_head(reader, event);
    case STATE_LENGTH:
        return step_length(reader, event);
    case STATE_CHUNKED:
        return step_chunked(reader, event);
    case STATE_SEEK:
        return step_seek(reader);
    case STATE_OPAQUE:
        reader->left += (int64_t)reader->data.length;
        break;
    case STATE_UNTIL_CLOSE:
        if (reader->edge == EDGE_DOUBTED)
            return step_refused(reader, event);
        hash(reader, reader->data);
        break;
    case STATE_HEAD_DONE:
    case STATE_HEAD_CUT:
    case STATE_JUNK:
        break;
    }
    consume_all(reader);
    return STEP_WAIT;
}

/* The unit has been read. */
static void leave_unit(MessageReader *reader)
{
    if (!reader->unit)
        return;
    reader->before = reader->unit->last;
    reader->unit = NULL;
}

bool message_reader_next(MessageReader *reader, MessageEvent *ret_event)
{
    Step step = STEP_AGAIN;
    if (reader->state == STATE_JUNK)
        reader->state = STATE_SEEK;
    while (step == STEP_AGAIN) {
        if (reader->state == STATE_HEAD_DONE)
            step = step_head_done(reader, ret_event);
        else if (reader->gap > 0)
            step = step_gap(reader, ret_event);
        else if (reader->data.length > 0)
            step = step_data(reader, ret_event);
        else
            step = reader->finished ? step_finish(reader, ret_event) : STEP_WAIT;
    }
    if (step == STEP_WAIT)
        leave_unit(reader);
    return step == STEP_EVENT;
}

void message_reader_feed(MessageReader *reader, const SessionUnit *unit)
{
    if (unit->length == 0)
        return;
    reader->unit = unit;
    reader->at = unit->place;
    if (unit->kind == SESSION_GAP) {
        reader->gap = unit->length;
        return;
    }
    reader->data = unit->data;
    if (reader->head.length)
        gather_add(&reader->head, unit->data);
}

void message_reader_finish(MessageReader *reader)
{
    reader->finished = true;
}

void message_reader_body(MessageReader *reader, const BodyFraming *framing)
{
    if (reader->state == STATE_HEAD_DONE) {
        reader->body = framing->kind;
        reader->left = framing->length;
    } else if (reader->state == STATE_JUNK && framing->kind == BODY_UNTIL_CLOSE) {
        reader->state = STATE_UNTIL_CLOSE;
        reader->sought = 0;
    }
}

void message_reader_reject(MessageReader *reader)
{
    seek(reader, reader->sought ? reader->sought : REASON_MALFORMED);
}

void message_reader_body_refused(MessageReader *reader)
{
    bool announced = reader->body == BODY_LENGTH || reader->body == BODY_CHUNKED ||
                     reader->body == BODY_UNTIL_CLOSE;
    bool behind_head = reader->state == STATE_HEAD_DONE && announced;
    bool in_body = reader->state == STATE_LENGTH || reader->state == STATE_CHUNKED ||
                   reader->state == STATE_UNTIL_CLOSE;
    if ((behind_head || in_body) && reader->edge == EDGE_AHEAD)
        reader->edge = EDGE_DOUBTED;
}

void message_reader_opaque(MessageReader *reader)
{
    seek(reader, 0);
    reader->state = STATE_OPAQUE;
    reader->left = 0;
}

void message_reader_resume(MessageReader *reader)
{
    if (reader->state != STATE_OPAQUE)
        return;
    if (reader->left > 0)
        seek(reader, REASON_MALFORMED);
    else
        reader->state = STATE_START;
}

bool message_reader_holds(const MessageReader *reader)
{
    return reader->instead;
}

bool message_reader_in_message(const MessageReader *reader)
{
    return has_begun(reader);
}

bool message_reader_lacks_bytes(const MessageReader *reader)
{
    switch ((State)reader->state) {
    case STATE_ATTEMPT:
        return !reader->sought;
    case STATE_HEAD:
    case STATE_LENGTH:
    case STATE_CHUNKED:
        return true;
    case STATE_HEAD_DONE:
        return (reader->body == BODY_LENGTH && reader->left > 0) || reader->body == BODY_CHUNKED;
    default:
        return false;
    }
}

bool message_reader_passes_over(const MessageReader *reader)
{
    return reader->state == STATE_SEEK;
}

bool message_reader_seeking(const MessageReader *reader)
{
    return reader->state == STATE_SEEK || reader->state == STATE_JUNK ||
           (reader->state == STATE_ATTEMPT && reader->sought);
}

ReasonSet message_reader_sought(const MessageReader *reader)
{
    return reader->sought;
}

HeadKind message_reader_kind(const MessageReader *reader)
{
    return reader->kind;
}

unsigned message_reader_chunk_notes(const MessageReader *reader)
{
    return reader->chunks.notes;
}
