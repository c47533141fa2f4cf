/* Messages out of one direction's bytes, gaps and end.
 *
 * A state machine whose states are the places of a stream: where a message must begin, in a head,
 * behind it, in a body of each kind, and lost (seeking). next() takes steps until one yields an
 * event or the bytes are used up; each step reads only what it needs, so a second event finds the
 * rest where it lies.
 *
 * A head that lies in one segment is parsed where it lies. One that does not is gathered, and the
 * new bytes alone are searched for line ends: the parser runs when the start line is complete, when
 * the line behind it is (HTTP/0.9 is known by it) and when the empty line has come. Otherwise a
 * head of 64 KiB in single bytes would cost 2^31 steps. Resuming inside the parser was discarded:
 * it would have to keep its place in every connection, for a case in a thousand.
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
 * Stamps: `at` is that of the next byte, with the frame of the latest data or gap. All others
 * are made from it by moving the offset. */
#include "http1/message.h"

#include "base/pack.h"
#include "http1/chunked.h"
#include "session/proxy_header.h"

typedef enum State {
    STATE_START, /* a message must begin here; `buffer` may hold the beginning of a proxy_header */
    STATE_PROXY_HEADER, /* `left` bytes of it are passed over */
    STATE_HEAD,         /* from `first` on: in `buffer`, or still in `data` */
    STATE_HEAD_DONE,
    STATE_HEAD_CUT, /* what a gap left of a head was reported; the loss is not yet */
    STATE_LENGTH,   /* `left` bytes of body */
    STATE_CHUNKED,
    STATE_UNTIL_CLOSE,
    STATE_OPAQUE, /* `left` counts up */
    STATE_SEEK,
} State;

typedef enum Step {
    STEP_EVENT,
    STEP_AGAIN,
    STEP_WAIT, /* for more bytes */
} Step;

/* Line ends seen in a gathered head. From the third on they tell nothing new. */
enum { LINES_MAX = 3 };

struct MessageReader {
    Span data;          /* not read yet */
    int64_t gap;        /* not counted yet; never beside data */
    Stamp at;           /* of the next byte */
    Stamp before;       /* `at` when the latest data or gap came, behind all that came earlier */
    Stamp first;        /* of the message in progress */
    const Head *parsed; /* the head at hand stands there, in the event of its MESSAGE_BEGIN */
    uint8_t *buffer;
    Stamp *
        instead; /* of the first byte in it, if that may stand instead of a refused body; or NULL */
    uint32_t buffered; /* bytes in it */
    uint32_t held;     /* of these: from earlier data; the others are in `data` too */
    int64_t left;      /* of the state; of a `parsed` head, its length */
    ChunkReader chunks;
    ReasonSet sought;
    uint16_t gap_reason;
    unsigned state : 4; /* State */
    unsigned kind : 2;  /* HeadKind */
    unsigned body : 3;  /* BodyKind: of STATE_HEAD_DONE */
    unsigned lines : 2;
    bool either : 1;        /* no start line has told yet what this direction is */
    bool proxy_header : 1;  /* one may stand here */
    bool segment_start : 1; /* `data` begins a segment */
    bool leading : 1;       /* empty lines were passed over before this message */
    bool begun : 1;         /* MESSAGE_BEGIN has been reported, and no end of it */
    bool blank_line : 1;    /* the gathered head ends in an empty line */
    bool fresh_line : 1;    /* the gathered head has got a line end that the parser must see */
    bool overfull : 1;      /* the head is longer than the buffer may be */
    bool body_begun : 1;    /* a byte of the body has passed */
    bool refused : 1;       /* the body may be missing: message_reader_body_refused() */
    bool at_missing : 1;    /* the byte before `at` lies in a gap */
    bool junk_reported : 1; /* by the latest event; its bytes may be taken for a body */
    bool finished : 1;
};

G_STATIC_ASSERT(sizeof(MessageReader) <= 208);
G_STATIC_ASSERT((int)BODY_BAD_CHUNK == (int)CHUNK_OFF_GRAMMAR);
G_STATIC_ASSERT((int)BODY_CONNECTION_IN_TRAILER == (int)CHUNK_FRAMING_TRAILER);

MessageReader *message_reader_new(HeadKind kind, ReasonSet sought, bool proxy_header)
{
    MessageReader *reader = g_new0(MessageReader, 1);
    reader->kind = kind;
    reader->either = kind == HEAD_EITHER;
    reader->sought = sought;
    reader->state = sought ? STATE_SEEK : STATE_START;
    reader->proxy_header = proxy_header && !sought;
    return reader;
}

static void drop_buffer(MessageReader *reader)
{
    g_clear_pointer(&reader->buffer, g_free);
    g_clear_pointer(&reader->instead, g_free);
    reader->buffered = reader->held = 0;
    reader->overfull = false;
}

void message_reader_free(MessageReader *reader)
{
    if (!reader)
        return;
    drop_buffer(reader);
    g_free(reader);
}

static size_t capacity_for(size_t length)
{
    size_t capacity = 1024;
    while (capacity < length)
        capacity *= 2;
    return capacity;
}

void message_reader_pack(const MessageReader *reader, GByteArray *to)
{
    MessageReader rest = *reader;
    g_assert(reader->data.length == 0 && reader->gap == 0);
    rest.data.bytes = rest.buffer = NULL;
    rest.instead = NULL;
    rest.parsed = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_span(to, span_make(reader->buffer, reader->buffered));
    pack_span(to, span_make((const uint8_t *)reader->instead,
                            reader->instead ? sizeof *reader->instead : 0));
}

MessageReader *message_reader_unpack(Span *from)
{
    MessageReader *reader = g_new(MessageReader, 1);
    unpack_words(from, reader, sizeof *reader);
    Span gathered = unpack_span(from);
    if (gathered.length) {
        reader->buffer = g_malloc(capacity_for(gathered.length));
        memcpy(reader->buffer, gathered.bytes, gathered.length);
    }
    Span instead = unpack_span(from);
    if (instead.length)
        reader->instead = g_memdup2(instead.bytes, instead.length);
    return reader;
}

size_t message_reader_size(const MessageReader *reader)
{
    return sizeof *reader + (reader->buffer ? capacity_for(reader->buffered) : 0) +
           (reader->instead ? sizeof *reader->instead : 0);
}

/* The bytes of the head, or proxy_header, as far as they are there. */
static Span gathered(const MessageReader *reader)
{
    return reader->buffered ? span_make(reader->buffer, reader->buffered) : reader->data;
}

static void consume(MessageReader *reader, size_t length)
{
    reader->data = span_after(reader->data, length);
    reader->at.offset += (int64_t)length;
    reader->at_missing = false;
}

static void consume_all(MessageReader *reader)
{
    consume(reader, reader->data.length);
}

/* Of the byte before the one that `stamp` stands for. */
static Stamp stamp_before(Stamp stamp)
{
    stamp.offset--;
    return stamp;
}

static Step report(const MessageReader *reader, MessageEvent *event, MessageEventKind kind)
{
    event->kind = kind;
    event->first = reader->first;
    event->last = stamp_before(reader->at);
    event->end_missing = false;
    event->reason = 0;
    event->sought = reader->sought;
    event->begun = reader->begun;
    event->in_body = false;
    return STEP_EVENT;
}

static void seek(MessageReader *reader, ReasonSet sought)
{
    drop_buffer(reader);
    consume_all(reader);
    if (reader->either)
        reader->kind = HEAD_EITHER;
    reader->state = STATE_SEEK;
    reader->parsed = NULL;
    reader->sought = sought;
    reader->begun = reader->leading = reader->refused = reader->proxy_header = false;
}

/* The message ends before `at`. */
static Step report_end(MessageReader *reader, MessageEvent *event)
{
    report(reader, event, MESSAGE_END);
    event->end_missing = reader->at_missing;
    reader->state = STATE_START;
    reader->sought = 0;
    reader->begun = reader->refused = false;
    return STEP_EVENT;
}

/* What stands here belongs to no message. */
static Step report_junk(MessageReader *reader, MessageEvent *event, Reason reason, bool in_body)
{
    report(reader, event, MESSAGE_JUNK);
    if (in_body)
        event->first = reader->at;
    event->reason = reason;
    event->in_body = in_body;
    seek(reader, reason);
    event->last = stamp_before(reader->at);
    reader->junk_reported = true;
    return STEP_EVENT;
}

/* A gap of which no byte can be placed. */
static Step report_lost(MessageReader *reader, MessageEvent *event, bool in_body)
{
    report(reader, event, MESSAGE_LOST);
    event->last = reader->at;
    if (!reader->begun)
        event->first = reader->at;
    event->reason = (Reason)reader->gap_reason;
    event->in_body = in_body;
    event->missing = reader->gap;
    seek(reader, reader->gap_reason);
    reader->at.offset += reader->gap;
    reader->gap = 0;
    return STEP_EVENT;
}

/* Gathering --------------------------------------------------------------------------------- */

/* Looks for line ends in the buffer from `from` on. */
static void note_lines(MessageReader *reader, size_t from)
{
    const uint8_t *bytes = reader->buffer, *end = bytes + reader->buffered, *lf;
    for (const uint8_t *p = bytes + from; (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1) {
        size_t at = (size_t)(lf - bytes);
        if (at > 0 && bytes[at - 1] == '\r')
            at--;
        if (reader->lines > 0 && at > 0 && bytes[at - 1] == '\n')
            reader->blank_line = true;
        if (reader->lines < LINES_MAX)
            reader->lines++;
        if (reader->lines < LINES_MAX)
            reader->fresh_line = true;
    }
}

/* Adds the data to the buffer; it stays the data as well, until what it completes is known. */
static void gather(MessageReader *reader)
{
    size_t from = reader->buffered, more = MIN(reader->data.length, HEAD_BYTES_MAX - from);
    size_t capacity = capacity_for(from + more);
    reader->overfull = more < reader->data.length;
    if (!reader->buffer || capacity > capacity_for(from))
        reader->buffer = g_realloc(reader->buffer, capacity);
    memcpy(reader->buffer + from, reader->data.bytes, more);
    reader->held = (uint32_t)from;
    reader->buffered += (uint32_t)more;
    note_lines(reader, from);
}

/* Keeps the data for later: what it begins is not complete. */
static Step keep(MessageReader *reader)
{
    if (!reader->buffered) {
        reader->lines = 0;
        reader->blank_line = reader->fresh_line = false;
        gather(reader);
        reader->fresh_line = false; /* the parser has seen these lines where they lay */
    }
    consume_all(reader);
    return STEP_WAIT;
}

/* Where a message must begin ----------------------------------------------------------------- */

static void begin_head(MessageReader *reader, const Stamp *first)
{
    reader->state = STATE_HEAD;
    reader->parsed = NULL;
    reader->first = *first;
    reader->begun = false;
}

/* What was held as the beginning of a proxy_header is a message's, behind the empty lines that
 * version 2's signature begins like. */
static void unhold(MessageReader *reader)
{
    size_t empty = 0;
    while (empty < reader->held && (reader->buffer[empty] == '\r' || reader->buffer[empty] == '\n'))
        empty++;
    reader->leading = empty > 0;
    if (empty == reader->held) {
        drop_buffer(reader);
        return;
    }
    reader->held -= (uint32_t)empty;
    reader->buffered -= (uint32_t)empty;
    memmove(reader->buffer, reader->buffer + empty, reader->buffered);
    reader->first.offset += (int64_t)empty;
    begin_head(reader, &reader->first);
}

static Step step_preamble(MessageReader *reader)
{
    int length = proxy_header_parse(gathered(reader));
    if (length == PROXY_HEADER_PARTIAL) {
        if (!reader->buffered)
            reader->first = reader->at;
        return keep(reader);
    }
    reader->proxy_header = false;
    if (length == PROXY_HEADER_NONE) {
        unhold(reader);
        return STEP_AGAIN;
    }
    size_t rest = (size_t)length - reader->held, here = MIN(rest, reader->data.length);
    consume(reader, here);
    drop_buffer(reader);
    reader->left = (int64_t)(rest - here);
    reader->state = reader->left > 0 ? STATE_PROXY_HEADER : STATE_START;
    return STEP_AGAIN;
}

static Step step_start(MessageReader *reader)
{
    if (reader->proxy_header)
        return step_preamble(reader);
    size_t empty = 0;
    if (reader->kind != HEAD_RESPONSE)
        while (empty < reader->data.length &&
               (reader->data.bytes[empty] == '\r' || reader->data.bytes[empty] == '\n'))
            empty++;
    reader->leading = reader->leading || empty > 0;
    consume(reader, empty);
    if (reader->data.length == 0)
        return STEP_WAIT;
    begin_head(reader, &reader->at);
    return STEP_AGAIN;
}

static Step step_seek(MessageReader *reader)
{
    HeadKind kind;
    if (reader->segment_start && head_start(reader->data, reader->kind, &kind) != HEAD_START_BAD) {
        begin_head(reader, &reader->at);
        return STEP_AGAIN;
    }
    consume_all(reader);
    return STEP_WAIT;
}

/* Heads ------------------------------------------------------------------------------------- */

static Step no_head(MessageReader *reader, MessageEvent *event, Reason reason)
{
    if (!reader->sought || reader->begun)
        return report_junk(reader, event, reason, false);
    /* A quiet attempt. If it began in an earlier segment, the one at hand is still to be looked at. */
    if (reader->held == 0 || !reader->segment_start) {
        seek(reader, reader->sought);
        return STEP_WAIT;
    }
    drop_buffer(reader);
    reader->state = STATE_SEEK;
    return STEP_AGAIN;
}

/* A start line's first bytes, as many as a look at an incomplete one takes. */
static Span first_look(Span bytes)
{
    return span_first(bytes, HEAD_METHOD_MAX + 2);
}

static bool has_line(Span bytes)
{
    return memchr(bytes.bytes, '\n', MIN(bytes.length, HEAD_BYTES_MAX)) != NULL;
}

static Step report_begin(MessageReader *reader, MessageEvent *event)
{
    reader->begun = true;
    report(reader, event, MESSAGE_BEGIN);
    event->last = reader->first;
    return STEP_EVENT;
}

/* Most heads lie in one segment. They are parsed at once, with their start line, into the event that the caller will
 * bring again for MESSAGE_HEAD. */
static bool parse_whole_head(MessageReader *reader, MessageEvent *event)
{
    HeadKind kind = (HeadKind)reader->kind;
    if (reader->buffered || reader->leading || kind == HEAD_EITHER)
        return false;
    int length = head_parse(reader->data, kind, &event->head, NULL);
    if (length <= 0)
        return false;
    reader->parsed = &event->head;
    reader->left = length;
    reader->either = false;
    return true;
}

/* Before MESSAGE_BEGIN. */
static Step step_unbegun(MessageReader *reader, MessageEvent *event)
{
    HeadKind kind = reader->leading ? HEAD_REQUEST : (HeadKind)reader->kind;
    if (parse_whole_head(reader, event))
        return report_begin(reader, event);
    Span bytes = gathered(reader);
    bool line_lacks = reader->buffered ? reader->lines == 0 : !has_line(bytes);
    HeadStart start = head_start(line_lacks ? first_look(bytes) : bytes, kind, &kind);
    if (start == HEAD_START_BAD)
        return no_head(reader, event, REASON_MALFORMED);
    if (start == HEAD_START_LINE || (start == HEAD_START_BEGUN && !reader->sought)) {
        reader->kind = kind;
        reader->either = reader->either && start != HEAD_START_LINE;
        return report_begin(reader, event);
    }
    if (reader->overfull || bytes.length > HEAD_BYTES_MAX)
        return no_head(reader, event, REASON_LIMIT);
    return keep(reader);
}

static Step report_head(MessageReader *reader, MessageEvent *event, size_t length)
{
    /* A line that turned out to be HTTP/0.9's by what followed it leaves bytes in the buffer
     * that nothing can be made of: they go with it. */
    consume(reader, length > reader->held ? length - reader->held : reader->data.length);
    report(reader, event, MESSAGE_HEAD);
    if (reader->leading)
        event->head.notes |= HEAD_LEADING_LINES;
    reader->leading = false;
    reader->state = STATE_HEAD_DONE;
    reader->body = BODY_NONE;
    reader->chunks = (ChunkReader){ 0 };
    return STEP_EVENT;
}

static Step step_head(MessageReader *reader, MessageEvent *event)
{
    if (!reader->begun)
        return step_unbegun(reader, event);
    if (reader->parsed == &event->head) {
        reader->parsed = NULL;
        return report_head(reader, event, (size_t)reader->left);
    }
    Span bytes = gathered(reader);
    bool line_seen;
    if (reader->buffered && !reader->blank_line && !reader->fresh_line && !reader->overfull) {
        HeadKind kind;
        if (reader->lines == 0 &&
            head_start(first_look(bytes), reader->kind, &kind) == HEAD_START_BAD)
            return no_head(reader, event, REASON_MALFORMED);
        return keep(reader);
    }
    int length = head_parse(bytes, reader->kind, &event->head, &line_seen);
    reader->fresh_line = false;
    reader->either = reader->either && !line_seen;
    if (length > 0)
        return report_head(reader, event, (size_t)length);
    if (length == HEAD_BAD && !line_seen && has_line(bytes))
        return no_head(reader, event, REASON_MALFORMED);
    if (length == HEAD_BAD || reader->overfull)
        return no_head(reader, event, REASON_LIMIT);
    return keep(reader);
}

/* Bodies ------------------------------------------------------------------------------------ */

static Step step_head_done(MessageReader *reader, MessageEvent *event)
{
    drop_buffer(reader);
    reader->body_begun = false;
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
typedef enum Place {
    PLACE_BODY,
    PLACE_START_LINE, /* of this direction: whole, or of a request a known method with its blank and more */
    PLACE_OPEN, /* more bytes will tell */
} Place;

static Place place_of(const MessageReader *reader)
{
    Span bytes = gathered(reader);
    HeadKind kind = (HeadKind)reader->kind;
    HeadStart start = head_start(bytes, kind, &kind);
    if (start == HEAD_START_LINE)
        return PLACE_START_LINE;
    bool filled = reader->state == STATE_LENGTH && (uint64_t)reader->left <= bytes.length;
    const uint8_t *blank = memchr(bytes.bytes, ' ', MIN(bytes.length, HEAD_METHOD_MAX));
    if (start == HEAD_START_BEGUN && reader->kind == HEAD_REQUEST && blank &&
        head_method_is_known(span_first(bytes, (size_t)(blank - bytes.bytes))))
        return PLACE_START_LINE;
    bool open = start == HEAD_START_OPEN || start == HEAD_START_BEGUN;
    return open && !filled && !reader->overfull ? PLACE_OPEN : PLACE_BODY;
}

/* What was held, and has been consumed, is of the body. */
static ChunkResult release_body(MessageReader *reader)
{
    ChunkResult result = CHUNK_MORE;
    size_t taken;
    if (reader->state == STATE_CHUNKED)
        result = chunk_read(&reader->chunks, span_make(reader->buffer, reader->held), &taken);
    else
        reader->left -= reader->held;
    drop_buffer(reader);
    return result;
}

/* The announced body was never sent: the message ended where its head did. What stands there begins another. */
static Step report_end_without_body(MessageReader *reader, MessageEvent *event)
{
    report_end(reader, event);
    event->last = stamp_before(reader->before);
    if (reader->instead) {
        begin_head(reader, reader->instead);
        g_clear_pointer(&reader->instead, g_free);
    }
    return STEP_EVENT;
}

static Step hold_what_may_be_body(MessageReader *reader)
{
    if (!reader->instead)
        reader->instead = g_memdup2(&reader->at, sizeof reader->at);
    return keep(reader);
}

static Step report_bad_chunk(MessageReader *reader, MessageEvent *event, ChunkResult result)
{
    reader->chunks.notes |= CHUNK_OFF_GRAMMAR;
    return report_junk(reader, event, result == CHUNK_LIMIT ? REASON_LIMIT : REASON_MALFORMED,
                       true);
}

/* Before the first byte of a body that may be missing: STEP_AGAIN if it is not. */
static Step step_refused(MessageReader *reader, MessageEvent *event)
{
    Place place = place_of(reader);
    if (place == PLACE_OPEN)
        return hold_what_may_be_body(reader);
    reader->refused = false;
    if (place == PLACE_START_LINE)
        return report_end_without_body(reader, event);
    reader->body_begun = true;
    ChunkResult result = reader->held ? release_body(reader) : CHUNK_MORE;
    drop_buffer(reader);
    return result == CHUNK_MORE ? STEP_AGAIN : report_bad_chunk(reader, event, result);
}

static Step step_length(MessageReader *reader, MessageEvent *event)
{
    if (reader->refused)
        return step_refused(reader, event);
    reader->body_begun = true;
    size_t length = reader->data.length;
    if ((uint64_t)reader->left < length)
        length = (size_t)reader->left;
    consume(reader, length);
    reader->left -= (int64_t)length;
    return reader->left == 0 ? report_end(reader, event) : STEP_AGAIN;
}

static Step step_chunked(MessageReader *reader, MessageEvent *event)
{
    if (reader->refused)
        return step_refused(reader, event);
    reader->body_begun = true;
    size_t taken;
    ChunkResult result = chunk_read(&reader->chunks, reader->data, &taken);
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
    uint32_t end = reader->buffered;
    while (end > 0 && reader->buffer[end - 1] != '\n')
        end--;
    if (!reader->begun || end == 0 || end > HEAD_BYTES_MAX - 2)
        return false;
    reader->buffer = g_realloc(reader->buffer, capacity_for(end + 2));
    memcpy(reader->buffer + end, "\r\n", 2);
    if (head_parse(span_make(reader->buffer, end + 2), reader->kind, &event->head, NULL) <= 0 ||
        event->head.version == HTTP_0_9) /* what would follow was lost, so nothing tells that */
        return false;
    report(reader, event, MESSAGE_HEAD);
    event->last = stamp_before(reader->before);
    event->head.notes |= HEAD_INCOMPLETE | (reader->leading ? HEAD_LEADING_LINES : 0);
    reader->state = STATE_HEAD_CUT;
    return true;
}

/* Passes over as much of the gap as the counted bytes reach. */
static void count_gap(MessageReader *reader, int64_t length)
{
    reader->gap -= length;
    reader->at.offset += length;
    reader->at_missing = true;
    reader->body_begun = true;
    reader->refused = false;
}

/* A gap behind what may stand instead of a refused body: it is taken for the body. */
static Step release_before_gap(MessageReader *reader, MessageEvent *event)
{
    reader->held = reader->buffered;
    reader->refused = false;
    reader->body_begun = true;
    ChunkResult result = release_body(reader);
    return result == CHUNK_MORE ? STEP_AGAIN : report_bad_chunk(reader, event, result);
}

static Step step_gap(MessageReader *reader, MessageEvent *event)
{
    if (reader->instead)
        return release_before_gap(reader, event);
    int64_t counted = MIN(reader->left, reader->gap);
    switch ((State)reader->state) {
    case STATE_PROXY_HEADER:
        count_gap(reader, counted);
        reader->left -= counted;
        if (reader->left == 0)
            reader->state = STATE_START;
        return STEP_AGAIN;
    case STATE_LENGTH:
        count_gap(reader, counted);
        reader->left -= counted;
        return reader->left == 0 ? report_end(reader, event) : STEP_WAIT;
    case STATE_CHUNKED:
        if (!chunk_skip(&reader->chunks, reader->gap))
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
        /* fall through */
    case STATE_SEEK:
        if (!reader->sought || reader->begun)
            return report_lost(reader, event, false);
        seek(reader, reader->sought | reader->gap_reason);
        count_gap(reader, reader->gap);
        return STEP_WAIT;
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
    case STATE_PROXY_HEADER: {
        size_t length = (size_t)MIN((uint64_t)reader->left, reader->data.length);
        consume(reader, length);
        reader->left -= (int64_t)length;
        if (reader->left == 0)
            reader->state = STATE_START;
        return STEP_AGAIN;
    }
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
    case STATE_HEAD_DONE:
    case STATE_HEAD_CUT:
        break;
    }
    consume_all(reader);
    return STEP_WAIT;
}

bool message_reader_next(MessageReader *reader, MessageEvent *ret_event)
{
    Step step = STEP_AGAIN;
    reader->junk_reported = false;
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
    return step == STEP_EVENT;
}

void message_reader_data(MessageReader *reader, Span data, const Stamp *stamp, bool segment_start)
{
    if (data.length == 0)
        return;
    if (!reader->instead)
        reader->before = reader->at;
    reader->at = *stamp;
    reader->data = data;
    reader->segment_start = segment_start;
    if (reader->buffered)
        gather(reader);
}

void message_reader_gap(MessageReader *reader, int64_t length, Reason reason, const Stamp *stamp)
{
    if (length <= 0)
        return;
    reader->before = reader->at;
    reader->at = *stamp;
    reader->gap = length;
    reader->gap_reason = (uint16_t)reason;
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
    } else if (reader->junk_reported && framing->kind == BODY_UNTIL_CLOSE) {
        reader->state = STATE_UNTIL_CLOSE;
        reader->sought = 0;
        reader->begun = true;
    }
}

void message_reader_reject(MessageReader *reader)
{
    seek(reader, reader->sought ? reader->sought : REASON_MALFORMED);
}

void message_reader_body_refused(MessageReader *reader)
{
    bool announced = reader->body == BODY_LENGTH || reader->body == BODY_CHUNKED;
    if (reader->state == STATE_LENGTH || reader->state == STATE_CHUNKED)
        reader->refused = !reader->body_begun;
    else if (reader->state == STATE_HEAD_DONE)
        reader->refused = announced;
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

bool message_reader_in_message(const MessageReader *reader)
{
    return reader->begun;
}

bool message_reader_lacks_bytes(const MessageReader *reader)
{
    switch ((State)reader->state) {
    case STATE_HEAD:
        return reader->begun || !reader->sought;
    case STATE_LENGTH:
        return true;
    case STATE_CHUNKED:
        return !chunk_in_trailer(&reader->chunks);
    case STATE_HEAD_DONE:
        return (reader->body == BODY_LENGTH && reader->left > 0) || reader->body == BODY_CHUNKED;
    default:
        return false;
    }
}

bool message_reader_seeking(const MessageReader *reader)
{
    return reader->state == STATE_SEEK ||
           (reader->state == STATE_HEAD && reader->sought && !reader->begun);
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
