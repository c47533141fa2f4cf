/* The events do not depend on how the segments are cut into pieces, except for a BEGIN that no HEAD
 * follows. The events keep to the grammar: BEGIN, HEAD, END in this order, with stamps that only
 * increase.
 *
 * One segment stays whole: the one after the start of a possible head. If that is no head, the
 * reader examines the segment again, and it has only the piece at hand.
 *
 * Input: one byte of options, one for the length of the pieces, then records. A record's first byte
 * says data, gap or rejection in its top bits; for data, the other bits are the length. */
#include <glib.h>

#include "http1/message.h"

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

static void take_events(MessageReader *reader, uint8_t options, Trace *trace)
{
    static MessageEvent event;
    while (message_reader_next(reader, &event)) {
        check_grammar(trace, &event);
        take_note(trace, &event, reader);
        g_assert_cmpint(message_reader_in_message(reader), ==, trace->begun);
        if (event.kind != MESSAGE_HEAD)
            continue;
        BodyFraming framing =
            event.head.kind == HEAD_REQUEST
                ? framing_of_request(&event.head)
                : framing_of_response(&event.head, span_of_text(options & 0x40 ? "HEAD" : "GET"));
        trace->old =
            trace->old || (event.head.kind == HEAD_REQUEST && event.head.version < HTTP_1_0);
        if (framing.kind == BODY_UNREADABLE && !trace->head_cut)
            trace->begun = false; /* its end cannot be known */
        message_reader_body(reader, &framing);
    }
}

/* The bytes there have not begun anything yet. */
static bool holds_beginning(const MessageReader *reader, const Trace *trace)
{
    g_autoptr(MessageReader) empty = message_reader_new(HEAD_EITHER, 0, false);
    return !trace->begun && message_reader_size(reader) > message_reader_size(empty);
}

static void feed_segment(MessageReader *reader, Span segment, size_t step, Stamp stamp,
                         uint8_t options, Trace *trace)
{
    if (holds_beginning(reader, trace))
        step = MAX(segment.length, 1);
    for (size_t at = 0; at < segment.length; at += step) {
        size_t length = MIN(step, segment.length - at);
        g_autofree uint8_t *copy = g_memdup2(segment.bytes + at, length);
        Stamp here = stamp;
        here.offset += (int64_t)at;
        message_reader_data(reader, span_make(copy, length), &here, at == 0);
        take_events(reader, options, trace);
    }
}

/* The records in pieces of at most `step` bytes. */
static Trace run(Span records, uint8_t options, size_t step)
{
    Trace trace = { .events = g_array_new(FALSE, TRUE, sizeof(Note)) };
    HeadKind kind = (HeadKind)(options % 3);
    g_autoptr(MessageReader) reader = message_reader_new(
        kind, options & 0x10 ? REASON_MIDSTREAM : 0, kind == HEAD_REQUEST && options & 0x20);
    Stamp stamp = { .frame = 1 };
    uint8_t record;
    while (span_u8(records, 0, &record)) {
        records = span_after(records, 1);
        size_t length = record & 0x3f;
        if (record >> 6 == 2) {
            message_reader_gap(reader, (int64_t)length, record & 1 ? REASON_LOSS : REASON_SNAPLEN,
                               &stamp);
            take_events(reader, options, &trace);
        } else if (record >> 6 == 3 && record & 0x20) {
            message_reader_reject(reader);
            forget_begin(&trace);
            trace.begun = false;
            length = 0;
        } else {
            Span segment = span_first(records, record >> 6 == 3 ? length * 64 : length);
            length = segment.length;
            records = span_after(records, length);
            feed_segment(reader, segment, step, stamp, options, &trace);
        }
        stamp.frame++;
        stamp.offset += (int64_t)length;
    }
    message_reader_finish(reader);
    take_events(reader, options, &trace);
    forget_begin(&trace);
    return trace;
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
