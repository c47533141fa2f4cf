#include "report/frame_notes.h"

#include <inttypes.h>
#include <string.h>

#include "http2/frame.h"
#include "report/page.h"
#include "report/reasoning.h"
#include "report/stream_reasoning.h"

typedef struct Note {
    FrameId frame;
    unsigned order;
    bool addition;
    StoryText *text;
} Note;

struct FrameNotes {
    const TracedConnection *traced;
    unsigned time_digits;
    GArray *list; /* Note, by frame */
};

/* The list ------------------------------------------------------------------------------------- */

static void note_clear(gpointer data)
{
    story_text_free(((Note *)data)->text);
}

static gint compare_notes(gconstpointer left, gconstpointer right)
{
    const Note *a = left, *b = right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* An empty note at the frame, to be filled. */
static StoryText *add_note(FrameNotes *notes, FrameId frame, bool addition)
{
    Note note = {
        .frame = frame, .order = notes->list->len, .addition = addition, .text = story_text_new()
    };
    g_array_append_val(notes->list, note);
    return note.text;
}

/* The index of the first note at or behind the frame. */
static guint find_notes(const FrameNotes *notes, FrameId frame)
{
    guint low = 0, high = notes->list->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(notes->list, Note, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void frame_notes_add_to(StoryText *text, const FrameNotes *notes, FrameId frame, bool additions)
{
    for (guint i = find_notes(notes, frame); i < notes->list->len; i++) {
        const Note *note = &g_array_index(notes->list, Note, i);
        if (note->frame != frame)
            break;
        if (note->addition != additions)
            continue;
        story_add_line(text, additions);
        story_add_text(text, note->text);
    }
}

/* Messages ------------------------------------------------------------------------------------- */

static void add_detail(StoryText *text, const char *name, const char *value)
{
    reasoning_add_field(text, NULL, name, value);
}

static bool end_is_known(const MessageFacts *message)
{
    return message->complete && !message->end_missing;
}

/* How far a message goes, stated where it begins. */
static const char *extent(const MessageFacts *message, bool is_response)
{
    if (is_response && message->framing.kind == BODY_UNTIL_CLOSE && message->complete)
        return ", a body until the connection ends";
    if (end_is_known(message) && message->last.frame == message->first.frame)
        return "";
    if (message->broken || (message->notes & HEAD_INCOMPLETE))
        return ", begins";
    return message->complete ? ", begins" : ", begins, not complete";
}

static const ExchangeRow *previous_response(const FrameNotes *notes, size_t index)
{
    while (index-- > 0)
        if (notes->traced->exchanges[index].exchange.response.begun)
            return &notes->traced->exchanges[index];
    return NULL;
}

static void add_cut(StoryText *text, const MessageFacts *message)
{
    if (!(message->notes & HEAD_INCOMPLETE))
        return;
    story_add_line(text, true);
    story_add(text, "the capture lacks a part of its head");
}

/* The host, unless it is that of the request before. */
static void add_host(StoryText *text, const FrameNotes *notes, size_t index)
{
    const ExchangeRow *rows = notes->traced->exchanges;
    const char *host = exchange_text(&rows[index].exchange, TEXT_HOST);
    if (index == 0 || strcmp(host, exchange_text(&rows[index - 1].exchange, TEXT_HOST)) != 0)
        add_detail(text, "Host", host);
}

/* How long after the response before it a request came. */
static void add_idle(StoryText *text, const FrameNotes *notes, size_t index)
{
    const ExchangeRow *before = previous_response(notes, index);
    const MessageFacts *request = &notes->traced->exchanges[index].exchange.request;
    if (!before || !end_is_known(&before->exchange.response) ||
        request->first.time < before->exchange.response.last.time)
        return;
    story_add_line(text, true);
    page_append_duration(story_words(text),
                         request->first.time - before->exchange.response.last.time,
                         notes->time_digits);
    story_say(text, " after the end of response %u", before->exchange.number);
}

static void note_request(FrameNotes *notes, size_t index)
{
    const Exchange *exchange = &notes->traced->exchanges[index].exchange;
    const MessageFacts *request = &exchange->request;
    if (!request->begun)
        return;
    StoryText *text = add_note(notes, request->first.frame, false);
    story_say(text, "request %u: ", exchange->number);
    const char *method = exchange_text(exchange, TEXT_METHOD);
    if (request->has_head || *method)
        story_say(text, "%s %s %s", method, exchange_text(exchange, TEXT_TARGET),
                  message_version_text(request));
    else
        story_add(text, "its head is not whole");
    story_add(text, extent(request, false));
    add_host(text, notes, index);
    add_detail(text, "Connection", exchange_text(exchange, TEXT_REQUEST_CONNECTION));
    add_detail(text, "Keep-Alive", exchange_text(exchange, TEXT_REQUEST_KEEP_ALIVE));
    add_cut(text, request);
    add_idle(text, notes, index);
    if (end_is_known(request) && request->last.frame != request->first.frame)
        story_say(add_note(notes, request->last.frame, false), "request %u is complete",
                  exchange->number);
}

static void add_interim(StoryText *text, const Exchange *exchange)
{
    for (unsigned i = 0; i < MIN(exchange->interim.count, INTERIM_MAX); i++)
        story_say(text, "%s%u", i ? " " : "", exchange->interim.status[i]);
}

/* Interim responses that no final one followed. */
static void note_interim(FrameNotes *notes, const Exchange *exchange)
{
    StoryText *text = add_note(notes, exchange->interim.first.frame, false);
    story_say(text, "interim response to request %u: ", exchange->number);
    add_interim(text, exchange);
}

static void note_response_begin(FrameNotes *notes, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    StoryText *text = add_note(notes, response->first.frame, false);
    story_say(text, "response %u: ", exchange->number);
    if (exchange->status)
        story_say(text, "%s %d", message_version_text(response), exchange->status);
    else
        story_add(text,
                  response->version == HTTP_0_9 ? "HTTP/0.9, no head" : "its head is not whole");
    if (exchange->interim.count) {
        story_add(text, " (after interim ");
        add_interim(text, exchange);
        story_add(text, ")");
    }
    story_add(text, extent(response, true));
    if (exchange->unsolicited) {
        story_add_line(text, true);
        story_add(text, "no request was outstanding: unsolicited");
    }
    add_detail(text, "Connection", exchange_text(exchange, TEXT_RESPONSE_CONNECTION));
    add_detail(text, "Keep-Alive", exchange_text(exchange, TEXT_RESPONSE_KEEP_ALIVE));
    add_cut(text, response);
}

static void note_response_end(FrameNotes *notes, const Exchange *exchange)
{
    const MessageFacts *response = &exchange->response;
    if (response->last.frame == response->first.frame)
        return;
    StoryText *text = add_note(notes, response->last.frame, false);
    if (end_is_known(response) && response->framing.kind != BODY_UNTIL_CLOSE)
        story_say(text, "response %u is complete", exchange->number);
    else if (response->complete)
        story_say(text, "the last of response %u", exchange->number);
    else
        story_say(text, "response %u %s", exchange->number,
                  response->broken ? "is known up to here" : "goes no further than this");
}

static void note_response(FrameNotes *notes, const Exchange *exchange)
{
    if (exchange->response.begun) {
        note_response_begin(notes, exchange);
        note_response_end(notes, exchange);
    } else if (stamp_is_set(&exchange->interim.first)) {
        note_interim(notes, exchange);
    }
}

/* Lost requests and the end -------------------------------------------------------------------- */

static const char *part_received(const Exchange *request, const Closing *server)
{
    if (server->acked_most <= request->request.first.offset)
        return "nothing of";
    if (server->acked_least <= request->request.first.offset)
        return "nobody can say how much of";
    if (server->acked_least <= request->request.last.offset)
        return "a part of";
    return request->request.complete ? "all of" : "nobody can say how much of";
}

/* What each side had received of the other when the request was lost. */
static void note_lost_request(FrameNotes *notes, const Exchange *exchange)
{
    const Ending *ending = &notes->traced->connection.ending;
    const Closing *server = &ending->server;
    if (exchange->answered || !reasoning_can_compare(exchange, ending))
        return;
    int64_t k = exchange->request.first.acked;
    bool later = stamp_precedes(&exchange->request.first, &server->stamp);
    /* The server had read it all before it closed: nothing crossed. */
    bool read = later && exchange->request.complete && server->acked_least != NO_OFFSET &&
                server->acked_least > exchange->request.last.offset;
    g_autoptr(StoryText) numbers = story_text_new();
    reasoning_add_numbers(numbers, exchange, ending);
    if (reasoning_fin_is_sure(&notes->traced->connection, server) && k != NO_OFFSET && !read) {
        StoryText *text = add_note(notes, exchange->request.first.frame, true);
        story_say(text, "the client %s the server's FIN (",
                  k > server->stamp.offset ? "had received" : "had not received");
        story_add_text(text, numbers);
        story_add(text, ")");
    }
    if (server->acked_least != NO_OFFSET) {
        StoryText *text = add_note(notes, server->stamp.frame, true);
        story_say(text, "the server had received %s request %u%s (",
                  part_received(exchange, server), exchange->number, later ? "" : ", seen later");
        story_add_text(text, numbers);
        story_add(text, ")");
    }
}

/* With HTTP/2 the idle time of the report may end before the end: with a GOAWAY. */
static void add_idle_before(StoryText *text, const FrameNotes *notes)
{
    const ConnectionRow *row = &notes->traced->connection;
    const Stamp *end = &row->ending.stamp, *since = &row->facts.last_response;
    Nanoseconds idle = row->idle;
    if (row->h2) {
        since = &row->h2->idle_from;
        idle = end->time - since->time;
    }
    if (stamp_precedes(end, since) || end->time < since->time)
        return;
    bool unread = connection_row_is_unread_tls(row); /* its idle time may end with an alert */
    story_add(text, unread ? ", behind " : ", ");
    page_append_duration(story_words(text), idle, notes->time_digits);
    story_add(text, unread    ? " without a record"
                    : row->h2 ? " after the last stream had ended"
                              : " after the last response");
}

static void note_end(FrameNotes *notes)
{
    const ConnectionRow *row = &notes->traced->connection;
    const Ending *ending = &row->ending;
    if (ending->how == END_HOW_NONE)
        return;
    StoryText *text = add_note(notes, ending->stamp.frame, true);
    const char *who = ender_name(ending->possible);
    story_say(text, "THE END%s", ending->latest_only ? ", known by this frame" : "");
    if (*who)
        story_say(text, ", by the %s%s", ending->possible == ENDER_BOTH ? "two sides at once" : who,
                  connection_row_is_unread_tls(row) ? " as TCP shows it" : "");
    if (row->facts.last_until_close)
        story_add(text, ", and with it of the last response");
    else if (row->idle >= 0)
        add_idle_before(text, notes);
}

/* What shows that the connection was open. */
static void note_witness(FrameNotes *notes)
{
    const ConnectionRow *row = &notes->traced->connection;
    Cause cause = row->decision.set ? row->decision.judgement.cause : CAUSE_NONE;
    if ((cause == CAUSE_HELD_OPEN || cause == CAUSE_LEFT_OPEN) &&
        row->decision.judgement.verdict != VERDICT_UNDETERMINED)
        story_add(add_note(notes, row->connection.half[1 - row->client].open_frame, true),
                  "the witness: the server had sent no FIN by now");
}

/* Frames of HTTP/2 ----------------------------------------------------------------------------- */

/* ", END_STREAM" */
static void add_h2_flags(StoryText *text, const H2FrameNote *frame)
{
    bool ends = frame->type == H2_DATA || frame->type == H2_HEADERS;
    bool answers = frame->type == H2_SETTINGS || frame->type == H2_PING;
    if (ends && (frame->flags & H2_FLAG_END_STREAM))
        story_add(text, ", END_STREAM");
    if (answers && (frame->flags & H2_FLAG_ACK))
        story_add(text, ", ACK");
}

static void note_h2_frame(FrameNotes *notes, const H2FrameNote *frame)
{
    const char *name = h2_frame_name(frame->type);
    if (frame->type == H2_DATA && !(frame->flags & H2_FLAG_END_STREAM))
        return; /* more of the same */
    StoryText *text = add_note(notes, frame->first, true);
    if (name)
        story_say(text, "HTTP/2: %s", name);
    else
        story_say(text, "HTTP/2: a frame of type %u", frame->type);
    if (frame->stream)
        story_say(text, ", stream %" PRIu32, frame->stream);
    if (frame->type == H2_GOAWAY)
        story_say(text, ", last stream %" PRIu32, frame->last_id);
    if (frame->type == H2_GOAWAY || frame->type == H2_RST_STREAM) {
        story_add(text, ", ");
        stream_reasoning_add_code(text, frame->code);
    } else {
        story_say(text, ", %" PRIu32 " bytes", frame->length);
    }
    add_h2_flags(text, frame);
    if (frame->last != frame->first) {
        story_add(text, ", to ");
        story_add_frame(text, frame->last);
    }
}

FrameNotes *frame_notes_new(const TracedConnection *traced, unsigned time_digits)
{
    FrameNotes *notes = g_new0(FrameNotes, 1);
    notes->traced = traced;
    notes->time_digits = time_digits;
    notes->list = g_array_new(FALSE, FALSE, sizeof(Note));
    g_array_set_clear_func(notes->list, note_clear);
    for (size_t i = 0; i < traced->exchange_count; i++) {
        const Exchange *exchange = &traced->exchanges[i].exchange;
        note_request(notes, i);
        note_lost_request(notes, exchange);
        note_response(notes, exchange);
    }
    for (size_t i = 0; i < traced->h2_frame_count; i++)
        note_h2_frame(notes, &traced->h2_frames[i]);
    note_end(notes);
    note_witness(notes);
    g_array_sort(notes->list, compare_notes);
    return notes;
}

void frame_notes_free(FrameNotes *notes)
{
    g_array_free(notes->list, TRUE);
    g_free(notes);
}
