/* The events do not depend on how the segments are cut into pieces, except for a BEGIN that no HEAD
 * follows. The events keep to the grammar: BEGIN, HEAD, END in this order, with stamps that only
 * increase. The bytes come from a clear session, which may begin with a PROXY header.
 *
 * One segment stays whole: the one after the start of a possible head. If that is no head, the
 * reader examines the segment again, and it has only the piece at hand.
 *
 * Input: one byte of options, one for the length of the pieces, then records. A record's first byte
 * says data, gap or rejection in its top bits; for data, the other bits are the length. */
#include <glib.h>

#include "http1/message.h"
#include "session/clear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Trace {
    GArray *events; /* of MessageEvent's plain part */
    bool old;       /* a request line without version: the bytes after it decide, and so do cuts */
    bool begun, has_head, head_cut;
    int64_t past; /* the furthest offset that an event has named */
} Trace;

typedef struct Note {
    MessageEventKind kind;
    int64_t first, last;
    int status_or_method;
    bool end_missing, begun, in_body;
    unsigned reason, sought, notes;
} Note;

static void check_grammar(Trace *trace, const MessageEvent *event)
{
    switch (event->kind) {
    case MESSAGE_BEGIN:
        g_assert_false(trace->begun);
        g_assert_cmpint(event->first.offset, >=, trace->past);
        trace->begun = true;
        trace->has_head = trace->head_cut = false;
        break;
    case MESSAGE_HEAD:
        g_assert_true(trace->begun && !trace->has_head);
        g_assert_cmpint(event->last.offset, >, event->first.offset);
        trace->has_head = true;
        trace->head_cut = event->head.notes & HEAD_INCOMPLETE;
        break;
    case MESSAGE_END:
        g_assert_true(trace->begun && trace->has_head && !trace->head_cut);
        trace->begun = false;
        break;
    case MESSAGE_JUNK:
    case MESSAGE_LOST:
        g_assert_cmpint(event->begun, ==, trace->begun);
        g_assert_cmpint(event->in_body, ==, trace->begun && trace->has_head && !trace->head_cut);
        g_assert_true(event->reason != 0);
        trace->begun = false;
        break;
    }
    g_assert_cmpint(event->last.offset, >=, event->first.offset);
    trace->past = event->first.offset;
}

/* A first piece can begin an item that the whole segment shows to be still open. */
static void forget_begin(Trace *trace)
{
    guint count = trace->events->len;
    if (count > 0 && g_array_index(trace->events, Note, count - 1).kind == MESSAGE_BEGIN)
        g_array_set_size(trace->events, count - 1);
}

static void take_note(Trace *trace, const MessageEvent *event, const MessageReader *reader)
{
    Note note = { .kind = event->kind,
                  .first = event->first.offset,
                  .end_missing = event->end_missing,
                  .begun = event->begun,
                  .in_body = event->in_body,
                  .reason = event->reason };
    if (event->kind == MESSAGE_BEGIN || event->kind == MESSAGE_HEAD)
        note.sought = event->sought;
    if (event->kind == MESSAGE_HEAD || event->kind == MESSAGE_END)
        note.last = event->last.offset;
    if (event->kind == MESSAGE_HEAD) {
        note.status_or_method = event->head.status + (int)event->head.method.length;
        note.notes = event->head.notes;
    }
    if (event->kind == MESSAGE_END)
        note.notes = message_reader_chunk_notes(reader);
    if (event->kind == MESSAGE_JUNK || event->kind == MESSAGE_LOST) {
        if (!event->in_body)
            note.first = note.begun = false;
        forget_begin(trace);
    }
    g_array_append_val(trace->events, note);
}

typedef struct Reading {
    uint8_t options;
    Connection connection;
    void *session;
    MessageReader reader;
    Trace trace;
} Reading;

static void state_body(Reading *reading, const MessageEvent *event)
{
    Trace *trace = &reading->trace;
    bool request = event->head.kind == HEAD_REQUEST;
    BodyFraming framing =
        request ? framing_of_request(&event->head)
                : framing_of_response(&event->head,
                                      span_of_text(reading->options & 0x40 ? "HEAD" : "GET"));
    trace->old = trace->old || (request && event->head.version < HTTP_1_0);
    if (framing.kind == BODY_UNREADABLE && !trace->head_cut)
        trace->begun = false; /* no end of it can be known */
    message_reader_body(&reading->reader, &framing);
}

static void take_event(Reading *reading, MessageEvent *event)
{
    check_grammar(&reading->trace, event);
    take_note(&reading->trace, event, &reading->reader);
    if (event->kind != MESSAGE_BEGIN || !event->with_head)
        return;
    event->kind = MESSAGE_HEAD;
    check_grammar(&reading->trace, event);
    take_note(&reading->trace, event, &reading->reader);
}

static void take_events(Reading *reading)
{
    static MessageEvent event;
    while (message_reader_next(&reading->reader, &event)) {
        take_event(reading, &event);
        g_assert_cmpint(message_reader_in_message(&reading->reader), ==, reading->trace.begun);
        if (event.kind == MESSAGE_HEAD)
            state_body(reading, &event);
    }
}

static void feed(Reading *reading, const StreamEvent *event)
{
    SessionUnit unit;
    SESSION_CLEAR.feed(reading->session, event);
    while (SESSION_CLEAR.next(reading->session, &unit)) {
        g_assert_cmpint(unit.last.offset - unit.first.offset + 1, ==, unit.length);
        message_reader_feed(&reading->reader, &unit);
        take_events(reading);
    }
}

/* Something lies there that has begun nothing yet. */
static bool holds_beginning(const Reading *reading)
{
    void *fresh = SESSION_CLEAR.create(NULL);
    size_t least = SESSION_CLEAR.size(fresh);
    SESSION_CLEAR.free(fresh);
    return !reading->trace.begun &&
           message_reader_size(&reading->reader) + SESSION_CLEAR.size(reading->session) > least;
}

static void feed_segment(Reading *reading, Span segment, size_t step, Stamp stamp)
{
    /* Behind a gap a message begins its segment, method and blank in one piece. */
    if (holds_beginning(reading) || message_reader_seeking(&reading->reader))
        step = MAX(segment.length, 1);
    for (size_t at = 0; at < segment.length; at += step) {
        size_t length = MIN(step, segment.length - at);
        g_autofree uint8_t *copy = g_memdup2(segment.bytes + at, length);
        StreamEvent event = { .kind = STREAM_DATA,
                              .connection = &reading->connection,
                              .stamp = stamp,
                              .data = span_make(copy, length),
                              .segment_start = at == 0 };
        event.stamp.offset += (int64_t)at;
        feed(reading, &event);
    }
}

/* One record; how many bytes of the stream it stands for. */
static size_t take_record(Reading *reading, uint8_t record, Span *records, size_t step,
                          const Stamp *stamp)
{
    size_t length = record & 0x3f;
    if (record >> 6 == 2) {
        StreamEvent event = { .kind = STREAM_GAP,
                              .connection = &reading->connection,
                              .stamp = *stamp,
                              .gap = (int64_t)length,
                              .reason = record & 1 ? REASON_LOSS : REASON_SNAPLEN };
        if (length)
            feed(reading, &event);
        return length;
    }
    if (record >> 6 == 3 && record & 0x20) {
        message_reader_reject(&reading->reader);
        forget_begin(&reading->trace);
        reading->trace.begun = false;
        return 0;
    }
    Span segment = span_first(*records, record >> 6 == 3 ? length * 64 : length);
    *records = span_after(*records, segment.length);
    feed_segment(reading, segment, step, *stamp);
    return segment.length;
}

/* The records in pieces of at most `step` bytes. */
static Trace run(Span records, uint8_t options, size_t step)
{
    HeadKind kind = (HeadKind)(options % 3);
    Reading reading = { .options = options,
                        .connection = { .opener_known = kind == HEAD_REQUEST && options & 0x20 },
                        .session = SESSION_CLEAR.create(NULL),
                        .trace = { .events = g_array_new(FALSE, TRUE, sizeof(Note)) } };
    message_reader_init(&reading.reader, kind, options & 0x10 ? REASON_MIDSTREAM : 0);
    Stamp stamp = { .frame = 1 };
    uint8_t record;
    while (span_u8(records, 0, &record)) {
        records = span_after(records, 1);
        stamp.offset += (int64_t)take_record(&reading, record, &records, step, &stamp);
        stamp.frame++;
    }
    message_reader_finish(&reading.reader);
    take_events(&reading);
    forget_begin(&reading.trace);
    message_reader_clear(&reading.reader);
    SESSION_CLEAR.free(reading.session);
    return reading.trace;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    Span records = span_make(data + 2, size - 2);
    Trace whole = run(records, data[0], SIZE_MAX / 2);
    Trace pieces = run(records, data[0], 1 + data[1] % 32);
    if (!whole.old && !pieces.old) {
        g_assert_cmpuint(whole.events->len, ==, pieces.events->len);
        for (guint i = 0; i < whole.events->len; i++) {
            const Note *a = &g_array_index(whole.events, Note, i);
            const Note *b = &g_array_index(pieces.events, Note, i);
            g_assert_true(a->kind == b->kind && a->first == b->first && a->last == b->last);
            g_assert_true(a->status_or_method == b->status_or_method && a->notes == b->notes);
            g_assert_true(a->end_missing == b->end_missing && a->begun == b->begun);
            g_assert_true(a->in_body == b->in_body && a->reason == b->reason);
            g_assert_true(a->sought == b->sought);
        }
    }
    g_array_unref(whole.events);
    g_array_unref(pieces.events);
    return 0;
}
