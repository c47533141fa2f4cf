#include "report/record_notes.h"

#include "session/tls_record.h"

/* Lines of data at one frame; the others are counted. */
#define DATA_LINES_MAX 3

struct RecordNotes {
    const TlsNote **by_frame;
    size_t count;
};

static int compare(gconstpointer left, gconstpointer right, gpointer unused)
{
    const TlsNote *a = *(const TlsNote *const *)left, *b = *(const TlsNote *const *)right;
    (void)unused;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return a < b ? -1 : a > b;
}

RecordNotes *record_notes_new(const TracedConnection *traced)
{
    RecordNotes *notes = g_new0(RecordNotes, 1);
    notes->count = traced->record_count;
    notes->by_frame = g_new(const TlsNote *, notes->count);
    for (size_t i = 0; i < notes->count; i++)
        notes->by_frame[i] = &traced->records[i];
    if (notes->count)
        g_qsort_with_data(notes->by_frame, (gint)notes->count, sizeof notes->by_frame[0], compare,
                          NULL);
    return notes;
}

void record_notes_free(RecordNotes *notes)
{
    if (!notes)
        return;
    g_free(notes->by_frame);
    g_free(notes);
}

/* The first of this frame, or behind it. */
static size_t find(const RecordNotes *notes, FrameId frame)
{
    size_t from = 0, to = notes->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (notes->by_frame[middle]->frame < frame)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static const char *type_name(uint8_t type)
{
    switch (type) {
    case TLS_CHANGE_CIPHER_SPEC:
        return "change_cipher_spec";
    case TLS_ALERT:
        return "alert";
    case TLS_HANDSHAKE:
        return "handshake";
    case TLS_DATA:
        return "application_data";
    case TLS_HEARTBEAT:
        return "heartbeat";
    default:
        return "unknown type";
    }
}

static void add_messages(StoryText *text, const TlsNote *note)
{
    for (unsigned i = 0; i < MIN(note->message_count, TLS_NOTE_MESSAGES_MAX); i++) {
        const char *name = tls_message_name(note->messages[i]);
        story_add(text, i ? ", " : ": ");
        if (name)
            story_add(text, name);
        else
            story_say(text, "message %u", note->messages[i]);
    }
    if (note->message_count > TLS_NOTE_MESSAGES_MAX)
        story_say(text, " and %u more", note->message_count - TLS_NOTE_MESSAGES_MAX);
    if (note->message_count == 0 && !note->sealed)
        story_add(text, ": part of a message");
}

static void add_alert(StoryText *text, const TlsNote *note)
{
    const char *name = tls_alert_name(note->alert);
    if (note->level == 0)
        return;
    if (name)
        story_say(text, ": %s", name);
    else
        story_say(text, ": alert %u", note->alert);
}

static void add_record(StoryText *text, const TlsNote *note)
{
    story_add_line(text, false);
    story_say(text, "record %s (%u byte%s)", type_name(note->type), note->length,
              note->length == 1 ? "" : "s");
    if (note->type == TLS_HANDSHAKE)
        add_messages(text, note);
    if (note->type == TLS_ALERT)
        add_alert(text, note);
    if (note->opened && note->type == TLS_DATA)
        story_say(text, ": %u byte%s of data", note->content, note->content == 1 ? "" : "s");
    if (note->cut)
        story_add(text, ", bytes of it are missing");
    else if (note->sealed)
        story_add(text, ", not decrypted");
}

void record_notes_add_to(StoryText *text, const RecordNotes *notes, FrameId frame, bool data)
{
    unsigned lines = 0;
    for (size_t i = find(notes, frame); i < notes->count; i++) {
        const TlsNote *note = notes->by_frame[i];
        if (note->frame != frame)
            break;
        if ((note->type == TLS_DATA) != data)
            continue;
        if (!data || lines < DATA_LINES_MAX)
            add_record(text, note);
        lines++;
    }
    if (data && lines > DATA_LINES_MAX) {
        story_add_line(text, false);
        story_say(text, "and %u more record%s of data", lines - DATA_LINES_MAX,
                  lines == DATA_LINES_MAX + 1 ? "" : "s");
    }
}
