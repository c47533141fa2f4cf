/* What was seen of a connection, packet by packet.
 *
 * There is a line for every segment that says something: the handshake, the first and last segments
 * of each message, what ends the connection, what was sent again or out of order, probes, shut
 * windows, and whatever a judgement refers to. What says nothing beyond "more of the same"
 * (segments within a body, bare acknowledgements) is folded: a run of FOLD or more of them becomes
 * one line with their count. A pause of a second or more gets a line of its own, because idle time
 * is what most verdicts are about.
 *
 * What a segment is comes from two sources. Its numbers alone tell whether it was sent again, fills
 * a hole, or is a probe (packets.h). The exchanges, whose stamps name frames, tell which message it
 * begins or ends and what it proves; these notes are gathered once, sorted by frame, and looked up
 * by each packet.
 *
 * Columns are as wide as their widest entry; the last one takes what is left of the line and goes
 * on below itself. */
#include "report/connection_page_seen.h"

#include <inttypes.h>

#include "report/reasoning.h"

#define FOLD 3
#define PAUSE NS_PER_SECOND

typedef struct Note {
    FrameId frame;
    unsigned order;
    char *words;
} Note;

typedef struct Seen {
    Page *page;
    const TracedConnection *traced;
    const RowFile *file;
    unsigned input;
    PacketNote *packets; /* by segment */
    GArray *notes;       /* Note, by frame */
    /* By side: the exchange whose message its payload, or that of the other side which it
     * acknowledges, is in or before. */
    size_t sent_at[2], acknowledged_at[2];
    int time_width, frame_width, sequence_width[2], length_width, flags_width;
} Seen;

static const char *const SIDES[] = { "client", "server" };

/* Notes at frames ------------------------------------------------------------------------------ */

static void note_clear(gpointer data)
{
    g_free(((Note *)data)->words);
}

static gint compare_notes(gconstpointer left, gconstpointer right)
{
    const Note *a = left, *b = right;
    if (a->frame != b->frame)
        return a->frame < b->frame ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

G_GNUC_PRINTF(3, 4)
static void note(Seen *seen, FrameId frame, const char *format, ...)
{
    if (frame == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    Note added = { .frame = frame,
                   .order = seen->notes->len,
                   .words = g_strdup_vprintf(format, arguments) };
    va_end(arguments);
    g_array_append_val(seen->notes, added);
}

/* The index of the first note at the frame; the number of notes if there is none. */
static guint find_notes(const Seen *seen, FrameId frame)
{
    guint low = 0, high = seen->notes->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(seen->notes, Note, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low < seen->notes->len && g_array_index(seen->notes, Note, low).frame == frame
               ? low
               : seen->notes->len;
}

static void append_fields(GString *text, const char *connection, const char *keep_alive)
{
    if (*connection)
        g_string_append_printf(text, "\n  Connection: %s", connection);
    if (*keep_alive)
        g_string_append_printf(text, "\n  Keep-Alive: %s", keep_alive);
}

static bool end_is_known(const MessageFacts *message)
{
    return message->complete && !message->end_missing;
}

/* What is said where a message begins about where it ends. */
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

static const ExchangeRow *previous_response(const Seen *seen, size_t index)
{
    while (index-- > 0)
        if (seen->traced->exchanges[index].exchange.response.begun)
            return &seen->traced->exchanges[index];
    return NULL;
}

static void append_cut(GString *text, const MessageFacts *message)
{
    if (message->notes & HEAD_INCOMPLETE)
        g_string_append(text, "\n  the capture lacks a part of its head");
}

static void note_request(Seen *seen, size_t index)
{
    const Exchange *exchange = &seen->traced->exchanges[index].exchange;
    const MessageFacts *request = &exchange->request;
    if (!request->begun)
        return;
    g_autoptr(GString) text = g_string_new(NULL);
    const char *method = exchange_text(exchange, TEXT_METHOD);
    if (request->has_head || *method)
        g_string_append_printf(text, "%s %s %s", method, exchange_text(exchange, TEXT_TARGET),
                               message_version_text(request));
    else
        g_string_append(text, "its head is not whole");
    g_string_append(text, extent(request, false));
    const char *host = exchange_text(exchange, TEXT_HOST);
    if (*host &&
        (index == 0 ||
         strcmp(host, exchange_text(&seen->traced->exchanges[index - 1].exchange, TEXT_HOST)) != 0))
        g_string_append_printf(text, "\n  Host: %s", host);
    append_fields(text, exchange_text(exchange, TEXT_REQUEST_CONNECTION),
                  exchange_text(exchange, TEXT_REQUEST_KEEP_ALIVE));
    append_cut(text, request);
    const ExchangeRow *before = previous_response(seen, index);
    if (before && end_is_known(&before->exchange.response) &&
        request->first.time >= before->exchange.response.last.time) {
        g_string_append(text, "\n  ");
        page_append_duration(text, request->first.time - before->exchange.response.last.time,
                             seen->file->time_digits);
        g_string_append_printf(text, " after the end of response %u", before->exchange.number);
    }
    note(seen, request->first.frame, "request %u: %s", exchange->number, text->str);
    if (end_is_known(request) && request->last.frame != request->first.frame)
        note(seen, request->last.frame, "request %u is complete", exchange->number);
}

static void append_interim(GString *text, const Exchange *exchange, const char *before)
{
    for (unsigned i = 0; i < MIN(exchange->interim_count, INTERIM_MAX); i++)
        g_string_append_printf(text, "%s%u", i ? " " : before, exchange->interim[i]);
}

/* Interim responses that no final one followed. */
static void note_interim(Seen *seen, const Exchange *exchange)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_interim(text, exchange, "");
    note(seen, exchange->interim_first.frame, "interim response to request %u: %s",
         exchange->number, text->str);
}

static void note_response(Seen *seen, size_t index)
{
    const Exchange *exchange = &seen->traced->exchanges[index].exchange;
    const MessageFacts *response = &exchange->response;
    if (!response->begun) {
        if (stamp_is_set(&exchange->interim_first))
            note_interim(seen, exchange);
        return;
    }
    g_autoptr(GString) text = g_string_new(NULL);
    if (exchange->status)
        g_string_append_printf(text, "%s %d", message_version_text(response), exchange->status);
    else
        g_string_append(text, response->version == HTTP_0_9 ? "HTTP/0.9, no head"
                                                            : "its head is not whole");
    append_interim(text, exchange, " (after interim ");
    if (exchange->interim_count)
        g_string_append_c(text, ')');
    g_string_append(text, extent(response, true));
    if (exchange->unsolicited)
        g_string_append(text, "\n  no request was outstanding: unsolicited");
    append_fields(text, exchange_text(exchange, TEXT_RESPONSE_CONNECTION),
                  exchange_text(exchange, TEXT_RESPONSE_KEEP_ALIVE));
    append_cut(text, response);
    note(seen, response->first.frame, "response %u: %s", exchange->number, text->str);
    if (response->last.frame == response->first.frame)
        return;
    if (end_is_known(response) && response->framing.kind != BODY_UNTIL_CLOSE)
        note(seen, response->last.frame, "response %u is complete", exchange->number);
    else if (response->complete)
        note(seen, response->last.frame, "the last of response %u", exchange->number);
    else
        note(seen, response->last.frame, "response %u %s", exchange->number,
             response->broken ? "is known up to here" : "goes no further than this");
}

static const char *part_received(const Exchange *request, const Closing *server)
{
    if (server->acked_most <= request->request.first.offset)
        return "nothing of";
    if (server->acked_least <= request->request.first.offset)
        return "nobody can say how much of";
    bool all = request->request.complete && server->acked_least > request->request.last.offset;
    return all ? "all of" : "a part of";
}

/* What this lost request and the server's closing knew of each other. */
static void note_lost_request(Seen *seen, const Exchange *exchange)
{
    const Ending *ending = &seen->traced->connection.ending;
    const Closing *server = &ending->server;
    if (exchange->answered || !reasoning_can_compare(exchange, ending))
        return;
    int64_t k = exchange->request.first.acked;
    bool later = stamp_precedes(&exchange->request.first, &server->stamp);
    /* The server had read it all before it closed: nothing crossed. */
    bool read = later && exchange->request.complete && server->acked_least != NO_OFFSET &&
                server->acked_least > exchange->request.last.offset;
    g_autoptr(GString) numbers = g_string_new(NULL);
    reasoning_append_numbers(numbers, exchange, ending);
    if (server->how == END_HOW_FIN && k != NO_OFFSET && !read)
        note(seen, exchange->request.first.frame, "  the client %s the server's FIN (%s)",
             k > server->stamp.offset ? "had received" : "had not received", numbers->str);
    if (server->acked_least != NO_OFFSET)
        note(seen, server->stamp.frame, "  the server had received %s request %u%s (%s)",
             part_received(exchange, server), exchange->number, later ? "" : ", seen later",
             numbers->str);
}

/* What ends the connection, and what shows that it was open. */
static void note_end(Seen *seen)
{
    const ConnectionRow *row = &seen->traced->connection;
    const Ending *ending = &row->ending;
    if (ending->how != END_HOW_NONE) {
        g_autoptr(GString) idle = g_string_new(NULL);
        if (row->facts.last_until_close) {
            g_string_append(idle, ", and with it of the last response");
        } else if (row->idle >= 0 && !stamp_precedes(&ending->stamp, &row->facts.last_response)) {
            g_string_append(idle, ", ");
            page_append_duration(idle, row->idle, seen->file->time_digits);
            g_string_append(idle, " after the last response");
        }
        const char *who = ender_name(ending->possible);
        note(seen, ending->stamp.frame, "  THE END%s%s%s%s",
             ending->latest_only ? ", known by this frame" : "", *who ? ", by the " : "",
             strcmp(who, "both") == 0 ? "two sides at once" : who, idle->str);
    }
    Cause cause = row->decision.set ? row->decision.judgement.cause : CAUSE_NONE;
    if ((cause == CAUSE_HELD_OPEN || cause == CAUSE_LEFT_OPEN) &&
        row->decision.judgement.verdict != VERDICT_UNDETERMINED)
        note(seen, row->connection.half[1 - row->client].open_frame,
             "  the witness: the server had sent no FIN by now");
}

static void gather_notes(Seen *seen)
{
    seen->notes = g_array_new(FALSE, FALSE, sizeof(Note));
    g_array_set_clear_func(seen->notes, note_clear);
    for (size_t i = 0; i < seen->traced->exchange_count; i++) {
        note_request(seen, i);
        note_lost_request(seen, &seen->traced->exchanges[i].exchange);
        note_response(seen, i);
    }
    note_end(seen);
    g_array_sort(seen->notes, compare_notes);
}

/* What a segment is ---------------------------------------------------------------------------- */

static void line(GString *text, const char *words)
{
    if (text->len)
        g_string_append_printf(text, "\n%s", words);
    else
        g_string_append(text, words + strspn(words, " "));
}

G_GNUC_PRINTF(2, 3)
static void line_of(GString *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *words = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    line(text, words);
}

static const char *reset_words(const Seen *seen, const TracedSegment *segment)
{
    const ConnectionRow *row = &seen->traced->connection;
    const Stamp *accepted = &seen->traced->resets[segment->side];
    int side = segment->side == TRACED_CLIENT ? row->client : 1 - row->client;
    bool closed = row->connection.half[side].fin.proof != FIN_NONE;
    if (accepted->frame == segment->frame)
        return closed ? "resets the connection, after its own FIN" : "resets the connection";
    if (segment->after_end)
        return "sends a reset after the end";
    if (stamp_is_set(accepted) &&
        frame_precedes(accepted->frame, accepted->time, segment->frame, segment->time))
        return "resets once more";
    return "sends a reset that the other side did not accept";
}

static void append_flag_words(GString *text, const Seen *seen, const TracedSegment *segment,
                              const PacketNote *packet)
{
    const char *side = SIDES[segment->side];
    const char *again = packet->marks & MARK_AGAIN ? " again" : "";
    if (segment->flags & TCP_SYN)
        line_of(text, segment->flags & TCP_ACK ? "the %s accepts%s" : "the %s opens%s", side,
                again);
    if (segment->flags & TCP_RST) {
        line_of(text, "the %s %s", side, reset_words(seen, segment));
    } else if (segment->flags & TCP_FIN) {
        line_of(text, "the %s closes its direction%s", side, again);
    }
}

static void append_hole_words(GString *text, const Seen *seen, const PacketNote *packet)
{
    if (packet->marks & MARK_HOLE) {
        bool one = packet->missing == 1;
        line_of(text, "%" PRIu64 " byte%s before this %s ", packet->missing, one ? "" : "s",
                one ? "is" : "are");
        g_string_append(text, !packet->filled ? "not in the capture"
                              : one           ? "not here yet, it comes in "
                                              : "not here yet, they end in ");
        if (packet->filled)
            page_append_frame(text, packet->filled, seen->input);
    } else if (packet->marks & MARK_UNSEEN_ACK) {
        line_of(text, "acknowledges %" PRIu64 " byte%s that had not been seen by then",
                packet->missing, packet->missing == 1 ? "" : "s");
    }
    if (packet->marks & MARK_FILLS) {
        line(text, "out of order or sent again: fills the hole before ");
        page_append_frame(text, packet->related, seen->input);
    }
}

static void append_mark_words(GString *text, const Seen *seen, const TracedSegment *segment,
                              const PacketNote *packet)
{
    append_hole_words(text, seen, packet);
    bool bare = !(segment->flags & (TCP_SYN | TCP_FIN | TCP_RST));
    if ((packet->marks & MARK_AGAIN) && bare)
        line(text, "retransmission");
    if (packet->marks & MARK_PARTLY_AGAIN)
        line(text, "retransmission in part");
    if (packet->marks & MARK_PROBE)
        line(text, packet->marks & MARK_WINDOW_PROBE ? "probes the shut window"
                                                     : "keep-alive probe (TCP)");
    if (packet->marks & MARK_PROBE_ANSWER)
        line(text, "answers the probe");
    if (packet->marks & MARK_WINDOW_SHUT)
        line_of(text, "the %s's window is shut (0)", SIDES[segment->side]);
    if (packet->marks & MARK_WINDOW_OPEN)
        line_of(text, "the %s's window is open again", SIDES[segment->side]);
    if (packet->marks & MARK_CUT)
        line_of(text, "cut by the snap length: %u of %u bytes captured", segment->captured,
                segment->length);
    if (segment->after_end && !(segment->flags & TCP_RST))
        line(text, "comes after the end: not looked at");
}

/* Notes that begin with blanks add to what was said before them. */
static void append_note_words(GString *text, const Seen *seen, FrameId frame, bool additions)
{
    for (guint i = find_notes(seen, frame); i < seen->notes->len; i++) {
        const Note *found = &g_array_index(seen->notes, Note, i);
        if (found->frame != frame)
            break;
        if ((*found->words == ' ') == additions)
            line(text, found->words);
    }
}

/* Everything that makes it worth a packet; empty: it is plain. */
static void append_segment_words(GString *text, const Seen *seen, size_t index)
{
    const TracedSegment *segment = &seen->traced->segments[index];
    const PacketNote *packet = &seen->packets[index];
    append_note_words(text, seen, segment->frame, false);
    append_flag_words(text, seen, segment, packet);
    append_note_words(text, seen, segment->frame, true);
    append_mark_words(text, seen, segment, packet);
}

static const MessageFacts *message_of(const ExchangeRow *row, int side)
{
    return side == TRACED_CLIENT ? &row->exchange.request : &row->exchange.response;
}

/* The last exchange was a 101 or a 2xx to CONNECT. */
static bool is_switched(const TracedConnection *traced)
{
    return traced->exchange_count &&
           exchange_switched(&traced->exchanges[traced->exchange_count - 1].exchange);
}

/* What a plain segment with payload carries. */
static void append_payload_words(GString *text, Seen *seen, const TracedSegment *segment)
{
    const TracedConnection *traced = seen->traced;
    int64_t offset = segment->sequence - 1;
    size_t *at = &seen->sent_at[segment->side];
    for (; *at < traced->exchange_count; (*at)++) {
        const MessageFacts *message = message_of(&traced->exchanges[*at], segment->side);
        if (message->begun && offset <= message->last.offset)
            break;
    }
    const Exchange *exchange =
        *at < traced->exchange_count ? &traced->exchanges[*at].exchange : NULL;
    const char *kind = segment->side == TRACED_CLIENT ? "request" : "response";
    if (exchange && offset >= message_of(&traced->exchanges[*at], segment->side)->first.offset)
        g_string_append_printf(text, "more of %s %u", kind, exchange->number);
    else if (exchange && segment->side == TRACED_SERVER && exchange->interim_count)
        g_string_append_printf(text, "interim response to request %u", exchange->number);
    else
        g_string_append(text, is_switched(traced) ? "data of what HTTP/1 gave way to"
                                                  : "data of no message");
}

/* What a plain segment without payload acknowledges, if that is a whole message or a FIN. */
static void append_acknowledgement_words(GString *text, Seen *seen, const TracedSegment *segment)
{
    const TracedConnection *traced = seen->traced;
    const ConnectionRow *row = &traced->connection;
    int peer = segment->side == TRACED_CLIENT ? TRACED_SERVER : TRACED_CLIENT;
    if (segment->acknowledged == NO_OFFSET)
        return;
    int64_t reached = segment->acknowledged - 1; /* the offset of the first byte not acknowledged */
    const FinFact *fin =
        &row->connection.half[peer == TRACED_CLIENT ? row->client : 1 - row->client].fin;
    if (fin->proof != FIN_NONE && reached == fin->stamp.offset + 1) {
        g_string_append_printf(text, "has the %s's FIN", SIDES[peer]);
        return;
    }
    size_t *at = &seen->acknowledged_at[segment->side];
    for (; *at < traced->exchange_count; (*at)++) {
        const MessageFacts *message = message_of(&traced->exchanges[*at], peer);
        if (message->begun && reached <= message->last.offset + 1)
            break;
    }
    if (*at == traced->exchange_count)
        return;
    const MessageFacts *message = message_of(&traced->exchanges[*at], peer);
    if (message->complete && reached == message->last.offset + 1)
        g_string_append_printf(text, "has all of %s %u",
                               peer == TRACED_CLIENT ? "request" : "response",
                               traced->exchanges[*at].exchange.number);
}

/* Packet ---------------------------------------------------------------------------------------- */

static char *flag_words(uint8_t flags)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = { { TCP_SYN, "SYN" },
                  { TCP_FIN, "FIN" },
                  { TCP_RST, "RST" },
                  { TCP_PSH, "PSH" },
                  { TCP_ACK, "ACK" } };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (flags & names[i].flag)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", names[i].name);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void append_relative(GString *text, const Seen *seen, Nanoseconds time)
{
    page_append_duration(text, time - seen->traced->connection.connection.start,
                         seen->file->time_digits);
    g_string_truncate(text, text->len - 2);
}

/* The columns before the words; returns the one in which those begin. */
static unsigned append_columns(Seen *seen, const TracedSegment *segment)
{
    GString *text = seen->page->text;
    size_t start = text->len;
    g_autoptr(GString) time = g_string_new(NULL);
    append_relative(time, seen, segment->time);
    g_autofree char *frame = page_frame_number(segment->frame, seen->input);
    g_autofree char *flags = flag_words(segment->flags);
    char acknowledged[24] = "";
    if (segment->acknowledged != NO_OFFSET)
        g_snprintf(acknowledged, sizeof acknowledged, "%" PRIu32, (uint32_t)segment->acknowledged);
    g_string_append_printf(text, "%*s  %*s %s  %*" PRIu32 " %*s %*" PRIu32 "  %-*s  ",
                           seen->time_width, time->str, seen->frame_width, frame,
                           segment->side == TRACED_CLIENT ? "-->" : "<--", seen->sequence_width[0],
                           (uint32_t)segment->sequence, seen->sequence_width[1], acknowledged,
                           seen->length_width, segment->length, seen->flags_width, flags);
    return (unsigned)(text->len - start);
}

static void append_rung(Seen *seen, size_t index, const char *words)
{
    const TracedSegment *segment = &seen->traced->segments[index];
    unsigned at = append_columns(seen, segment);
    g_autoptr(GString) said = g_string_new(words);
    if (!said->len && segment->length)
        append_payload_words(said, seen, segment);
    else if (!said->len)
        append_acknowledgement_words(said, seen, segment);
    page_wrapped(seen->page, at, said->len && *words ? PAGE_PLAIN : PAGE_DIM, said->str);
}

/* The columns of a line that stands for no segment. */
static unsigned append_blank_columns(Seen *seen)
{
    int width = seen->time_width + 2 + seen->frame_width + 1 + 3 + 2 + seen->sequence_width[0] + 1 +
                seen->sequence_width[1] + 1 + seen->length_width + 2 + seen->flags_width + 2;
    g_string_append_printf(seen->page->text, "%*s", width, "");
    return (unsigned)width;
}

static void append_pause(Seen *seen, Nanoseconds pause)
{
    g_autoptr(GString) text = g_string_new("- - - - ");
    page_append_duration(text, pause, seen->file->time_digits);
    g_string_append(text, " without a packet");
    page_wrapped(seen->page, append_blank_columns(seen), PAGE_DIM, text->str);
}

/* What the page ends with if the connection does not. */
static void append_open_end(Seen *seen)
{
    const ConnectionRow *row = &seen->traced->connection;
    if (row->ending.how == END_HOW_NONE && row->connection.end == CONNECTION_UNENDED)
        page_wrapped(seen->page, append_blank_columns(seen), PAGE_DIM,
                     "- - - - the capture ends, the connection does not");
}

typedef struct Fold {
    uint64_t count[2], bytes[2], bare[2]; /* by side: with payload, of them, without */
    size_t first, last;
} Fold;

static void append_share(GString *text, uint64_t count, const char *what, const char *side)
{
    if (count)
        g_string_append_printf(text, "%s%" PRIu64 " %s%s of the %s", text->len ? ", " : "", count,
                               what, count == 1 ? "" : "s", side);
}

static void append_fold(Seen *seen, const Fold *fold)
{
    const TracedSegment *first = &seen->traced->segments[fold->first];
    const TracedSegment *last = &seen->traced->segments[fold->last];
    g_autoptr(GString) time = g_string_new(NULL);
    append_relative(time, seen, first->time);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int side = 0; side < 2; side++) {
        append_share(text, fold->count[side], "data segment", SIDES[side]);
        if (fold->count[side])
            g_string_append_printf(text, " (%" PRIu64 " bytes)", fold->bytes[side]);
    }
    for (int side = 0; side < 2; side++)
        append_share(text, fold->bare[side], "bare acknowledgement", SIDES[side]);
    g_autofree char *to = page_frame_number(last->frame, seen->input);
    g_string_append_printf(text, "\nup to frame %s at ", to);
    append_relative(text, seen, last->time);
    size_t start = seen->page->text->len;
    g_autofree char *from = page_frame_number(first->frame, seen->input);
    g_string_append_printf(seen->page->text, "%*s  %*s ...", seen->time_width, time->str,
                           seen->frame_width, from);
    int used = (int)(seen->page->text->len - start);
    size_t mark = seen->page->text->len;
    unsigned width = append_blank_columns(seen);
    g_string_truncate(seen->page->text, mark + width - (size_t)used);
    page_wrapped(seen->page, width, PAGE_DIM, text->str);
}

static void fold_take(Fold *fold, const TracedSegment *segment, size_t index)
{
    fold->last = index;
    if (segment->length) {
        fold->count[segment->side]++;
        fold->bytes[segment->side] += segment->length;
    } else {
        fold->bare[segment->side]++;
    }
}

/* The pause before a segment; 0: there is none worth a packet. */
static Nanoseconds pause_before(const Seen *seen, size_t index)
{
    const TracedSegment *segments = seen->traced->segments;
    if (index == 0 || (seen->traced->segments_omitted && index == seen->traced->omitted_at))
        return 0;
    Nanoseconds pause = segments[index].time - segments[index - 1].time;
    return pause >= PAUSE ? pause : 0;
}

static bool is_omission(const Seen *seen, size_t index)
{
    return seen->traced->segments_omitted && index == seen->traced->omitted_at;
}

/* How many segments from here on are plain and follow each other without a pause. */
static size_t plain_run(Seen *seen, size_t index, Fold *ret_fold)
{
    g_autoptr(GString) words = g_string_new(NULL);
    *ret_fold = (Fold){ .first = index };
    size_t at = index;
    for (; at < seen->traced->segment_count; at++) {
        g_string_truncate(words, 0);
        append_segment_words(words, seen, at);
        if (words->len || (at > index && (pause_before(seen, at) || is_omission(seen, at))))
            break;
        fold_take(ret_fold, &seen->traced->segments[at], at);
    }
    return at - index;
}

static void append_rungs(Seen *seen)
{
    size_t count = seen->traced->segment_count;
    for (size_t i = 0; i < count;) {
        if (is_omission(seen, i))
            g_string_append_printf(seen->page->text,
                                   "\n... %" PRIu64 " segments are left out here ...\n\n",
                                   seen->traced->segments_omitted);
        Nanoseconds pause = pause_before(seen, i);
        if (pause)
            append_pause(seen, pause);
        Fold fold;
        size_t plain = plain_run(seen, i, &fold);
        if (plain >= FOLD) {
            append_fold(seen, &fold);
            i += plain;
            continue;
        }
        for (size_t end = i + MAX(plain, 1); i < end; i++) {
            g_autoptr(GString) words = g_string_new(NULL);
            append_segment_words(words, seen, i);
            append_rung(seen, i, words->str);
        }
    }
}

static void widen(int *width, const char *text)
{
    *width = MAX(*width, (int)strlen(text));
}

static void widen_number(int *width, uint64_t number)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" PRIu64, number);
    widen(width, text);
}

static void measure(Seen *seen)
{
    widen(&seen->time_width, "time");
    widen(&seen->frame_width, "frame");
    widen(&seen->sequence_width[0], "seq");
    widen(&seen->sequence_width[1], "ack");
    widen(&seen->length_width, "len");
    widen(&seen->flags_width, "flags");
    for (size_t i = 0; i < seen->traced->segment_count; i++) {
        const TracedSegment *segment = &seen->traced->segments[i];
        g_autoptr(GString) time = g_string_new(NULL);
        append_relative(time, seen, segment->time);
        widen(&seen->time_width, time->str);
        g_autofree char *frame = page_frame_number(segment->frame, seen->input);
        widen(&seen->frame_width, frame);
        widen_number(&seen->sequence_width[0], (uint32_t)segment->sequence);
        if (segment->acknowledged != NO_OFFSET)
            widen_number(&seen->sequence_width[1], (uint32_t)segment->acknowledged);
        widen_number(&seen->length_width, segment->length);
        g_autofree char *flags = flag_words(segment->flags);
        widen(&seen->flags_width, flags);
    }
}

static void append_heading(const Seen *seen)
{
    page_heading(seen->page, "WHAT WAS SEEN");
    g_autofree char *head = g_strdup_printf(
        "%*s  %*s      %*s %*s %*s  %-*s  %s", seen->time_width, "time", seen->frame_width, "frame",
        seen->sequence_width[0], "seq", seen->sequence_width[1], "ack", seen->length_width, "len",
        seen->flags_width, "flags", "--> from the client, <-- from the server");
    page_words(seen->page, PAGE_DIM, head);
    g_string_append_c(seen->page->text, '\n');
}

void connection_page_append_seen(Page *page, const TracedConnection *traced, const RowFile *file)
{
    Seen seen = { .page = page,
                  .traced = traced,
                  .file = file,
                  .input = frame_input(traced->connection.connection.first_frame),
                  .packets = g_new0(PacketNote, MAX(traced->segment_count, 1)) };
    packet_marks_note(traced->segments, traced->segment_count, seen.packets);
    gather_notes(&seen);
    measure(&seen);
    append_heading(&seen);
    append_rungs(&seen);
    append_open_end(&seen);
    g_array_free(seen.notes, TRUE);
    g_free(seen.packets);
}
