/* The page of one connection.
 *
 * Its ladder has a rung for every segment that says something: the handshake, the first and last
 * segments of each message, what ends the connection, what was sent again or out of order, probes,
 * shut windows, and whatever a judgement refers to. What says nothing beyond "more of the same"
 * (segments within a body, bare acknowledgements) is folded: a run of FOLD or more of them becomes
 * one rung with their count. A pause of a second or more gets a rung of its own, because idle time
 * is what most verdicts are about.
 *
 * What a segment is comes from two sources. Its numbers alone tell whether it was sent again, fills
 * a hole, or is a probe (rungs.h). The exchanges, whose stamps name frames, tell which message it
 * begins or ends and what it proves; these notes are gathered once, sorted by frame, and looked up
 * by each rung.
 *
 * Columns are as wide as their widest entry; the last one takes what is left of the line and goes
 * on below itself. */
#include "report/ladder.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/text.h"
#include "report/page.h"
#include "report/reasoning.h"
#include "report/time.h"

#define FOLD 3
#define PAUSE NS_PER_SECOND

typedef struct Note {
    FrameId frame;
    unsigned order;
    char *words;
} Note;

typedef struct Build {
    Page page;
    const Ladder *ladder;
    const RowFile *file;
    Reasoning reasoning;
    unsigned input;
    RungNote *rungs; /* by segment */
    GArray *notes;   /* Note, by frame */
    /* By side: the exchange whose message its payload, or that of the other side which it
     * acknowledges, is in or before. */
    size_t sent_at[2], acknowledged_at[2];
    int time_width, frame_width, sequence_width[2], length_width, flags_width;
} Build;

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
static void note(Build *build, FrameId frame, const char *format, ...)
{
    if (frame == 0)
        return;
    va_list arguments;
    va_start(arguments, format);
    Note added = { .frame = frame,
                   .order = build->notes->len,
                   .words = g_strdup_vprintf(format, arguments) };
    va_end(arguments);
    g_array_append_val(build->notes, added);
}

/* The index of the first note at the frame; the number of notes if there is none. */
static guint find_notes(const Build *build, FrameId frame)
{
    guint low = 0, high = build->notes->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(build->notes, Note, middle).frame < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low < build->notes->len && g_array_index(build->notes, Note, low).frame == frame
               ? low
               : build->notes->len;
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

static const ExchangeRow *previous_response(const Build *build, size_t index)
{
    while (index-- > 0)
        if (build->ladder->exchanges[index].exchange.response.begun)
            return &build->ladder->exchanges[index];
    return NULL;
}

static void append_cut(GString *text, const MessageFacts *message)
{
    if (message->notes & HEAD_INCOMPLETE)
        g_string_append(text, "\n  the capture lacks a part of its head");
}

static void note_request(Build *build, size_t index)
{
    const Exchange *exchange = &build->ladder->exchanges[index].exchange;
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
        (index == 0 || strcmp(host, exchange_text(&build->ladder->exchanges[index - 1].exchange,
                                                  TEXT_HOST)) != 0))
        g_string_append_printf(text, "\n  Host: %s", host);
    append_fields(text, exchange_text(exchange, TEXT_REQUEST_CONNECTION),
                  exchange_text(exchange, TEXT_REQUEST_KEEP_ALIVE));
    append_cut(text, request);
    const ExchangeRow *before = previous_response(build, index);
    if (before && end_is_known(&before->exchange.response) &&
        request->first.time >= before->exchange.response.last.time) {
        g_string_append(text, "\n  ");
        page_append_duration(text, request->first.time - before->exchange.response.last.time,
                             build->file->time_digits);
        g_string_append_printf(text, " after the end of response %u", before->exchange.number);
    }
    note(build, request->first.frame, "request %u: %s", exchange->number, text->str);
    if (end_is_known(request) && request->last.frame != request->first.frame)
        note(build, request->last.frame, "request %u is complete", exchange->number);
}

static void append_interim(GString *text, const Exchange *exchange, const char *before)
{
    for (unsigned i = 0; i < MIN(exchange->interim_count, INTERIM_MAX); i++)
        g_string_append_printf(text, "%s%u", i ? " " : before, exchange->interim[i]);
}

/* Interim responses that no final one followed. */
static void note_interim(Build *build, const Exchange *exchange)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_interim(text, exchange, "");
    note(build, exchange->interim_first.frame, "interim response to request %u: %s",
         exchange->number, text->str);
}

static void note_response(Build *build, size_t index)
{
    const Exchange *exchange = &build->ladder->exchanges[index].exchange;
    const MessageFacts *response = &exchange->response;
    if (!response->begun) {
        if (stamp_is_set(&exchange->interim_first))
            note_interim(build, exchange);
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
    note(build, response->first.frame, "response %u: %s", exchange->number, text->str);
    if (response->last.frame == response->first.frame)
        return;
    if (end_is_known(response) && response->framing.kind != BODY_UNTIL_CLOSE)
        note(build, response->last.frame, "response %u is complete", exchange->number);
    else if (response->complete)
        note(build, response->last.frame, "the last of response %u", exchange->number);
    else
        note(build, response->last.frame, "response %u %s", exchange->number,
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
static void note_lost_request(Build *build, const Exchange *exchange)
{
    const Ending *ending = &build->ladder->connection.ending;
    const Closing *server = &ending->server;
    if (exchange->answered || !reasoning_can_compare(exchange, ending))
        return;
    int64_t k = exchange->request.first.acked;
    bool later = stamp_precedes(&exchange->request.first, &server->stamp);
    g_autoptr(GString) numbers = g_string_new(NULL);
    reasoning_append_numbers(numbers, exchange, ending);
    if (server->how == END_HOW_FIN && k != NO_OFFSET)
        note(build, exchange->request.first.frame, "  the client %s the server's FIN (%s)",
             k > server->stamp.offset ? "had received" : "had not received", numbers->str);
    if (server->acked_least != NO_OFFSET)
        note(build, server->stamp.frame, "  the server had received %s request %u%s (%s)",
             part_received(exchange, server), exchange->number, later ? "" : ", seen later",
             numbers->str);
}

/* What ends the connection, and what shows that it was open. */
static void note_end(Build *build)
{
    const ConnectionRow *row = &build->ladder->connection;
    const Ending *ending = &row->ending;
    if (ending->how != END_HOW_NONE) {
        g_autoptr(GString) idle = g_string_new(NULL);
        if (row->facts.last_until_close) {
            g_string_append(idle, ", and with it of the last response");
        } else if (row->idle >= 0 && !stamp_precedes(&ending->stamp, &row->facts.last_response)) {
            g_string_append(idle, ", ");
            page_append_duration(idle, row->idle, build->file->time_digits);
            g_string_append(idle, " after the last response");
        }
        const char *who = ender_name(ending->possible);
        note(build, ending->stamp.frame, "  THE END%s%s%s%s",
             ending->latest_only ? ", known by this frame" : "", *who ? ", by the " : "",
             strcmp(who, "both") == 0 ? "two sides at once" : who, idle->str);
    }
    Cause cause = row->decision.set ? row->decision.judgement.cause : CAUSE_NONE;
    if ((cause == CAUSE_HELD_OPEN || cause == CAUSE_LEFT_OPEN) &&
        row->decision.judgement.verdict != VERDICT_UNDETERMINED)
        note(build, row->connection.half[1 - row->client].open_frame,
             "  the witness: the server had sent no FIN by now");
}

static void gather_notes(Build *build)
{
    build->notes = g_array_new(FALSE, FALSE, sizeof(Note));
    g_array_set_clear_func(build->notes, note_clear);
    for (size_t i = 0; i < build->ladder->exchange_count; i++) {
        note_request(build, i);
        note_lost_request(build, &build->ladder->exchanges[i].exchange);
        note_response(build, i);
    }
    note_end(build);
    g_array_sort(build->notes, compare_notes);
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

static const char *reset_words(const Build *build, const RungSegment *segment)
{
    const ConnectionRow *row = &build->ladder->connection;
    const Stamp *accepted = &build->ladder->resets[segment->side];
    int side = segment->side == RUNG_CLIENT ? row->client : 1 - row->client;
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

static void append_flag_words(GString *text, const Build *build, const RungSegment *segment,
                              const RungNote *rung)
{
    const char *side = SIDES[segment->side];
    const char *again = rung->marks & RUNG_AGAIN ? " again" : "";
    if (segment->flags & TCP_SYN)
        line_of(text, segment->flags & TCP_ACK ? "the %s accepts%s" : "the %s opens%s", side,
                again);
    if (segment->flags & TCP_RST) {
        line_of(text, "the %s %s", side, reset_words(build, segment));
    } else if (segment->flags & TCP_FIN) {
        line_of(text, "the %s closes its direction%s", side, again);
    }
}

static void append_hole_words(GString *text, const Build *build, const RungNote *rung)
{
    if (rung->marks & RUNG_HOLE) {
        line_of(text, "%" PRIu64 " bytes before this are %s", rung->missing,
                rung->filled ? "not here yet, they end in " : "not in the capture");
        if (rung->filled)
            page_append_frame(text, rung->filled, build->input);
    } else if (rung->marks & RUNG_UNSEEN_ACK) {
        line_of(text, "acknowledges %" PRIu64 " bytes that had not been seen by then",
                rung->missing);
    }
    if (rung->marks & RUNG_FILLS) {
        line(text, "out of order or sent again: fills the hole before ");
        page_append_frame(text, rung->related, build->input);
    }
}

static void append_mark_words(GString *text, const Build *build, const RungSegment *segment,
                              const RungNote *rung)
{
    append_hole_words(text, build, rung);
    bool bare = !(segment->flags & (TCP_SYN | TCP_FIN | TCP_RST));
    if ((rung->marks & RUNG_AGAIN) && bare)
        line(text, "retransmission");
    if (rung->marks & RUNG_PARTLY_AGAIN)
        line(text, "retransmission in part");
    if (rung->marks & RUNG_PROBE)
        line(text,
             rung->marks & RUNG_WINDOW_PROBE ? "probes the shut window" : "keep-alive probe (TCP)");
    if (rung->marks & RUNG_PROBE_ANSWER)
        line(text, "answers the probe");
    if (rung->marks & RUNG_WINDOW_SHUT)
        line_of(text, "the %s's window is shut (0)", SIDES[segment->side]);
    if (rung->marks & RUNG_WINDOW_OPEN)
        line_of(text, "the %s's window is open again", SIDES[segment->side]);
    if (rung->marks & RUNG_CUT)
        line_of(text, "cut by the snap length: %u of %u bytes captured", segment->captured,
                segment->length);
    if (segment->after_end && !(segment->flags & TCP_RST))
        line(text, "comes after the end: not looked at");
}

/* Notes that begin with blanks add to what was said before them. */
static void append_note_words(GString *text, const Build *build, FrameId frame, bool additions)
{
    for (guint i = find_notes(build, frame); i < build->notes->len; i++) {
        const Note *found = &g_array_index(build->notes, Note, i);
        if (found->frame != frame)
            break;
        if ((*found->words == ' ') == additions)
            line(text, found->words);
    }
}

/* Everything that makes it worth a rung; empty: it is plain. */
static void append_segment_words(GString *text, const Build *build, size_t index)
{
    const RungSegment *segment = &build->ladder->segments[index];
    const RungNote *rung = &build->rungs[index];
    append_note_words(text, build, segment->frame, false);
    append_flag_words(text, build, segment, rung);
    append_note_words(text, build, segment->frame, true);
    append_mark_words(text, build, segment, rung);
}

static const MessageFacts *message_of(const ExchangeRow *row, int side)
{
    return side == RUNG_CLIENT ? &row->exchange.request : &row->exchange.response;
}

/* What a plain segment with payload carries. */
static void append_payload_words(GString *text, Build *build, const RungSegment *segment)
{
    const Ladder *ladder = build->ladder;
    int64_t offset = segment->sequence - 1;
    size_t *at = &build->sent_at[segment->side];
    for (; *at < ladder->exchange_count; (*at)++) {
        const MessageFacts *message = message_of(&ladder->exchanges[*at], segment->side);
        if (message->begun && offset <= message->last.offset)
            break;
    }
    const Exchange *exchange =
        *at < ladder->exchange_count ? &ladder->exchanges[*at].exchange : NULL;
    const char *kind = segment->side == RUNG_CLIENT ? "request" : "response";
    if (exchange && offset >= message_of(&ladder->exchanges[*at], segment->side)->first.offset)
        g_string_append_printf(text, "more of %s %u", kind, exchange->number);
    else if (exchange && segment->side == RUNG_SERVER && exchange->interim_count)
        g_string_append_printf(text, "interim response to request %u", exchange->number);
    else
        g_string_append(text, "data of no message");
}

/* What a plain segment without payload acknowledges, if that is a whole message or a FIN. */
static void append_acknowledgement_words(GString *text, Build *build, const RungSegment *segment)
{
    const Ladder *ladder = build->ladder;
    const ConnectionRow *row = &ladder->connection;
    int peer = segment->side == RUNG_CLIENT ? RUNG_SERVER : RUNG_CLIENT;
    if (segment->acknowledged == NO_OFFSET)
        return;
    int64_t reached = segment->acknowledged - 1; /* the offset of the first byte not acknowledged */
    const FinFact *fin =
        &row->connection.half[peer == RUNG_CLIENT ? row->client : 1 - row->client].fin;
    if (fin->proof != FIN_NONE && reached == fin->stamp.offset + 1) {
        g_string_append_printf(text, "has the %s's FIN", SIDES[peer]);
        return;
    }
    size_t *at = &build->acknowledged_at[segment->side];
    for (; *at < ladder->exchange_count; (*at)++) {
        const MessageFacts *message = message_of(&ladder->exchanges[*at], peer);
        if (message->begun && reached <= message->last.offset + 1)
            break;
    }
    if (*at == ladder->exchange_count)
        return;
    const MessageFacts *message = message_of(&ladder->exchanges[*at], peer);
    if (message->complete && reached == message->last.offset + 1)
        g_string_append_printf(text, "has all of %s %u",
                               peer == RUNG_CLIENT ? "request" : "response",
                               ladder->exchanges[*at].exchange.number);
}

/* Rungs ---------------------------------------------------------------------------------------- */

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

static void append_relative(GString *text, const Build *build, Nanoseconds time)
{
    page_append_duration(text, time - build->ladder->connection.connection.start,
                         build->file->time_digits);
    g_string_truncate(text, text->len - 2);
}

static char *frame_words(const Build *build, FrameId frame)
{
    if (frame_input(frame) == build->input)
        return g_strdup_printf("%" PRIu64, frame_number(frame));
    return g_strdup_printf("%u:%" PRIu64, frame_input(frame), frame_number(frame));
}

/* The columns before the words; returns the one in which those begin. */
static unsigned append_columns(Build *build, const RungSegment *segment)
{
    GString *text = build->page.text;
    size_t start = text->len;
    g_autoptr(GString) time = g_string_new(NULL);
    append_relative(time, build, segment->time);
    g_autofree char *frame = frame_words(build, segment->frame);
    g_autofree char *flags = flag_words(segment->flags);
    char acknowledged[24] = "";
    if (segment->acknowledged != NO_OFFSET)
        g_snprintf(acknowledged, sizeof acknowledged, "%" PRIu32, (uint32_t)segment->acknowledged);
    g_string_append_printf(text, "%*s  %*s %s  %*" PRIu32 " %*s %*" PRIu32 "  %-*s  ",
                           build->time_width, time->str, build->frame_width, frame,
                           segment->side == RUNG_CLIENT ? "-->" : "<--", build->sequence_width[0],
                           (uint32_t)segment->sequence, build->sequence_width[1], acknowledged,
                           build->length_width, segment->length, build->flags_width, flags);
    return (unsigned)(text->len - start);
}

static void append_rung(Build *build, size_t index, const char *words)
{
    const RungSegment *segment = &build->ladder->segments[index];
    unsigned at = append_columns(build, segment);
    g_autoptr(GString) said = g_string_new(words);
    if (!said->len && segment->length)
        append_payload_words(said, build, segment);
    else if (!said->len)
        append_acknowledgement_words(said, build, segment);
    page_wrapped(&build->page, at, said->len && *words ? PAGE_PLAIN : PAGE_DIM, said->str);
}

/* The columns of a rung that stands for no segment. */
static unsigned append_blank_columns(Build *build)
{
    int width = build->time_width + 2 + build->frame_width + 1 + 3 + 2 + build->sequence_width[0] +
                1 + build->sequence_width[1] + 1 + build->length_width + 2 + build->flags_width + 2;
    g_string_append_printf(build->page.text, "%*s", width, "");
    return (unsigned)width;
}

static void append_pause(Build *build, Nanoseconds pause)
{
    g_autoptr(GString) text = g_string_new("- - - - ");
    page_append_duration(text, pause, build->file->time_digits);
    g_string_append(text, " without a packet");
    page_wrapped(&build->page, append_blank_columns(build), PAGE_DIM, text->str);
}

/* What the ladder ends with if the connection does not. */
static void append_open_end(Build *build)
{
    const ConnectionRow *row = &build->ladder->connection;
    if (row->ending.how == END_HOW_NONE && row->connection.end == CONNECTION_UNENDED)
        page_wrapped(&build->page, append_blank_columns(build), PAGE_DIM,
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

static void append_fold(Build *build, const Fold *fold)
{
    const RungSegment *first = &build->ladder->segments[fold->first];
    const RungSegment *last = &build->ladder->segments[fold->last];
    g_autoptr(GString) time = g_string_new(NULL);
    append_relative(time, build, first->time);
    g_autoptr(GString) text = g_string_new(NULL);
    for (int side = 0; side < 2; side++) {
        append_share(text, fold->count[side], "data segment", SIDES[side]);
        if (fold->count[side])
            g_string_append_printf(text, " (%" PRIu64 " bytes)", fold->bytes[side]);
    }
    for (int side = 0; side < 2; side++)
        append_share(text, fold->bare[side], "bare acknowledgement", SIDES[side]);
    g_autofree char *to = frame_words(build, last->frame);
    g_string_append_printf(text, "\nup to frame %s at ", to);
    append_relative(text, build, last->time);
    size_t start = build->page.text->len;
    g_autofree char *from = frame_words(build, first->frame);
    g_string_append_printf(build->page.text, "%*s  %*s ...", build->time_width, time->str,
                           build->frame_width, from);
    int used = (int)(build->page.text->len - start);
    size_t mark = build->page.text->len;
    unsigned width = append_blank_columns(build);
    g_string_truncate(build->page.text, mark + width - (size_t)used);
    page_wrapped(&build->page, width, PAGE_DIM, text->str);
}

static void fold_take(Fold *fold, const RungSegment *segment, size_t index)
{
    fold->last = index;
    if (segment->length) {
        fold->count[segment->side]++;
        fold->bytes[segment->side] += segment->length;
    } else {
        fold->bare[segment->side]++;
    }
}

/* The pause before a segment; 0: there is none worth a rung. */
static Nanoseconds pause_before(const Build *build, size_t index)
{
    const RungSegment *segments = build->ladder->segments;
    if (index == 0 || (build->ladder->segments_omitted && index == build->ladder->omitted_at))
        return 0;
    Nanoseconds pause = segments[index].time - segments[index - 1].time;
    return pause >= PAUSE ? pause : 0;
}

static bool is_omission(const Build *build, size_t index)
{
    return build->ladder->segments_omitted && index == build->ladder->omitted_at;
}

/* How many segments from here on are plain and follow each other without a pause. */
static size_t plain_run(Build *build, size_t index, Fold *ret_fold)
{
    g_autoptr(GString) words = g_string_new(NULL);
    *ret_fold = (Fold){ .first = index };
    size_t at = index;
    for (; at < build->ladder->segment_count; at++) {
        g_string_truncate(words, 0);
        append_segment_words(words, build, at);
        if (words->len || (at > index && (pause_before(build, at) || is_omission(build, at))))
            break;
        fold_take(ret_fold, &build->ladder->segments[at], at);
    }
    return at - index;
}

static void append_rungs(Build *build)
{
    size_t count = build->ladder->segment_count;
    for (size_t i = 0; i < count;) {
        if (is_omission(build, i))
            g_string_append_printf(build->page.text,
                                   "\n... %" PRIu64 " segments are left out here ...\n\n",
                                   build->ladder->segments_omitted);
        Nanoseconds pause = pause_before(build, i);
        if (pause)
            append_pause(build, pause);
        Fold fold;
        size_t plain = plain_run(build, i, &fold);
        if (plain >= FOLD) {
            append_fold(build, &fold);
            i += plain;
            continue;
        }
        for (size_t end = i + MAX(plain, 1); i < end; i++) {
            g_autoptr(GString) words = g_string_new(NULL);
            append_segment_words(words, build, i);
            append_rung(build, i, words->str);
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

static void measure(Build *build)
{
    widen(&build->time_width, "time");
    widen(&build->frame_width, "frame");
    widen(&build->sequence_width[0], "seq");
    widen(&build->sequence_width[1], "ack");
    widen(&build->length_width, "len");
    widen(&build->flags_width, "flags");
    for (size_t i = 0; i < build->ladder->segment_count; i++) {
        const RungSegment *segment = &build->ladder->segments[i];
        g_autoptr(GString) time = g_string_new(NULL);
        append_relative(time, build, segment->time);
        widen(&build->time_width, time->str);
        g_autofree char *frame = frame_words(build, segment->frame);
        widen(&build->frame_width, frame);
        widen_number(&build->sequence_width[0], (uint32_t)segment->sequence);
        if (segment->acknowledged != NO_OFFSET)
            widen_number(&build->sequence_width[1], (uint32_t)segment->acknowledged);
        widen_number(&build->length_width, segment->length);
        g_autofree char *flags = flag_words(segment->flags);
        widen(&build->flags_width, flags);
    }
}

static void append_ladder(Build *build)
{
    page_heading(&build->page, "WHAT WAS SEEN");
    g_autofree char *head =
        g_strdup_printf("%*s  %*s      %*s %*s %*s  %-*s  %s", build->time_width, "time",
                        build->frame_width, "frame", build->sequence_width[0], "seq",
                        build->sequence_width[1], "ack", build->length_width, "len",
                        build->flags_width, "flags", "--> from the client, <-- from the server");
    page_words(&build->page, PAGE_DIM, head);
    g_string_append_c(build->page.text, '\n');
    append_rungs(build);
    append_open_end(build);
}

/* Head and judgement --------------------------------------------------------------------------- */

static void append_address(GString *text, const Connection *connection, int side)
{
    const IpAddress *address = &connection->address[side];
    char words[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->version == 6 ? AF_INET6 : AF_INET, address->bytes, words, sizeof words);
    g_string_append_printf(text, "%s port %u", words, connection->port[side]);
}

static PageStyle style_of(Verdict verdict)
{
    static const PageStyle styles[] = { PAGE_GOOD, PAGE_DOUBT, PAGE_BAD };
    return styles[verdict];
}

static const char *end_words(EndHow how)
{
    return how == END_HOW_RST ? "reset" : "FIN";
}

static void append_verdict(Build *build, const Judgement *judgement)
{
    g_autofree char *words =
        g_strdup_printf("%s, %s", verdict_name(judgement->verdict), cause_name(judgement->cause));
    page_entry(&build->page, "verdict", style_of(judgement->verdict), words);
}

static void append_declared(Build *build, const Declaration *declaration)
{
    const char *declared = declared_name(declaration->declared);
    static const char *const bases[] = { "", "by the protocol version",
                                         "by the framing of the body", "by option" };
    g_autoptr(GString) text = g_string_new(*declared ? declared : "unknown");
    if (declaration->by != PARTY_NONE)
        g_string_append_printf(text, ", by %s%s, %s", declaration->by == PARTY_BOTH ? "" : "the ",
                               party_name(declaration->by), bases[declaration->basis]);
    page_entry(&build->page, "declared", PAGE_PLAIN, text->str);
}

static void append_capture_facts(Build *build)
{
    const ConnectionRow *row = &build->ladder->connection;
    const Connection *connection = &row->connection;
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_escaped(text, span_of_text(build->file->path));
    g_autofree char *last = frame_words(build, connection->last_frame);
    g_string_append_printf(text, ", frames %" PRIu64 " to %s",
                           frame_number(connection->first_frame), last);
    if (connection->stream_number_known)
        g_string_append_printf(text, " (tcp.stream %" PRIu32 ")", connection->stream_number);
    page_entry(&build->page, "capture", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    append_time(text, connection->start, build->file->time_digits);
    g_string_append(text, " (time 0), for ");
    page_append_duration(text, MAX(0, connection->last_time - connection->start),
                         build->file->time_digits);
    page_entry(&build->page, "begins", PAGE_PLAIN, text->str);
}

static void append_head(Build *build)
{
    const ConnectionRow *row = &build->ladder->connection;
    const Connection *connection = &row->connection;
    g_autofree char *title = g_strdup_printf("CONNECTION %u:%" PRIu64, build->input,
                                             frame_number(connection->first_frame));
    page_words(&build->page, PAGE_STRONG, title);
    g_string_append(build->page.text, "\n\n");
    g_autoptr(GString) text = g_string_new(NULL);
    append_address(text, connection, row->client);
    if (row->facts.client < 0)
        g_string_append(text, " (which side is the client is not known)");
    page_entry(&build->page, "client", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    append_address(text, connection, 1 - row->client);
    if (row->decision.host)
        g_string_append_printf(text, ", host %s", row->decision.host);
    page_entry(&build->page, "server", PAGE_PLAIN, text->str);
    append_capture_facts(build);
    g_string_truncate(text, 0);
    g_string_append_printf(
        text, "%" PRIu32 " exchange%s, %" PRIu64 " bytes of the client, %" PRIu64 " of the server",
        row->facts.exchanges, row->facts.exchanges == 1 ? "" : "s",
        connection->half[row->client].payload, connection->half[1 - row->client].payload);
    page_entry(&build->page, "carried", PAGE_PLAIN, text->str);
    if (row->decision.set)
        append_verdict(build, &row->decision.judgement);
}

static void append_after(GString *text, const Build *build, const Judgement *judgement)
{
    if (judgement->after < 0)
        return;
    g_string_append(text, ", ");
    page_append_duration(text, judgement->after, build->file->time_digits);
    g_string_append(text, " after the end of the response");
}

static void append_outcome(Build *build, const Judgement *judgement)
{
    g_autoptr(GString) text = g_string_new(actual_name(judgement->actual));
    bool by_request =
        judgement->actual == ACTUAL_REUSED || judgement->actual == ACTUAL_REQUEST_LOST;
    if (by_request && judgement->outcome_frame) {
        g_string_append(text, ", the request in ");
        page_append_frame(text, judgement->outcome_frame, build->input);
        append_after(text, build, judgement);
    }
    if (judgement->ended && judgement->ended_how != END_HOW_NONE) {
        const char *who = ender_name(judgement->ended_by);
        g_string_append_printf(text, "; ended by %s%s with a %s, ",
                               strcmp(who, "both") == 0 || !*who ? "" : "the ",
                               *who ? who : "one of them", end_words(judgement->ended_how));
        page_append_frame(text, build->ladder->connection.ending.stamp.frame, build->input);
        if (!by_request)
            append_after(text, build, judgement);
    }
    page_entry(&build->page, "actual", PAGE_PLAIN, text->str);
}

static void append_message(Build *build, const Exchange *exchange, bool is_response)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const MessageFacts *message = is_response ? &exchange->response : &exchange->request;
    if (message->begun) {
        page_append_frame(text, message->first.frame, build->input);
        g_string_append(text, ": ");
    }
    bool none = is_response && !message->begun && !exchange->response_hidden;
    if (none)
        g_string_append(text, "none");
    else if (!is_response && !message->begun && exchange->unsolicited)
        g_string_append(text, "none: the response is unsolicited");
    else
        reasoning_append_message(text, exchange, is_response);
    page_entry(&build->page, is_response ? "  response" : "  request", PAGE_PLAIN, text->str);
}

static void append_exchange(Build *build, const ExchangeRow *row)
{
    const Exchange *exchange = &row->exchange;
    const Judgement *judgement = &row->judgement;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "EXCHANGE %u", exchange->number);
    const Decision *decision = &build->ladder->connection.decision;
    if (decision->set && decision->exchange == exchange->number &&
        build->ladder->connection.facts.exchanges > 1)
        g_string_append(text, " (decides the connection)");
    page_heading(&build->page, text->str);
    append_declared(build, &judgement->declaration);
    append_message(build, exchange, false);
    append_message(build, exchange, true);
    append_outcome(build, judgement);
    append_verdict(build, judgement);
    g_string_truncate(text, 0);
    reasoning_append_why(text, &build->reasoning, row);
    page_entry(&build->page, "why", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    reasoning_append_completeness(text, judgement->completeness);
    page_entry(&build->page, "completeness", PAGE_PLAIN, text->str);
}

static void append_finding(Build *build, const Finding *finding)
{
    static const PageStyle styles[] = { PAGE_PLAIN, PAGE_DOUBT, PAGE_BAD };
    const RuleInfo *rule = rule_info(finding->rule);
    g_autoptr(GString) text = g_string_new(rule->name);
    if (finding->exchange)
        g_string_append_printf(text, ", exchange %" PRIu32, finding->exchange);
    if (finding->count > 1)
        g_string_append_printf(text, ", the first of %" PRIu32, finding->count);
    page_entry(&build->page, severity_name(finding->severity), styles[finding->severity],
               text->str);
    if (finding->message && *finding->message)
        page_entry(&build->page, "", PAGE_PLAIN, finding->message);
    g_string_assign(text, rule->reference);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        g_string_append(text, i ? ", " : "; ");
        page_append_frame(text, finding->frames[i], build->input);
    }
    if (finding->evidence && *finding->evidence)
        g_string_append_printf(text, "; %s", finding->evidence);
    page_entry(&build->page, "", PAGE_DIM, text->str);
}

static void append_findings(Build *build)
{
    if (build->ladder->finding_count)
        page_heading(&build->page, "FINDINGS");
    for (size_t i = 0; i < build->ladder->finding_count; i++)
        append_finding(build, &build->ladder->findings[i]);
}

static void append_thresholds(Build *build)
{
    const Thresholds *thresholds = &build->ladder->thresholds;
    g_autoptr(GString) text = g_string_new("prompt-close ");
    page_append_threshold(text, thresholds->prompt_close);
    g_string_append(text, ", close-grace ");
    page_append_threshold(text, thresholds->close_grace);
    g_string_append(text, ", timeout-tolerance ");
    page_append_threshold(text, thresholds->timeout_tolerance);
    g_string_append(text, ", half-close ");
    page_append_threshold(text, thresholds->half_close);
    page_entry(&build->page, "thresholds", PAGE_PLAIN, text->str);
}

static void append_connection(Build *build)
{
    const ConnectionRow *row = &build->ladder->connection;
    const Ending *ending = &row->ending;
    page_heading(&build->page, "THE CONNECTION");
    if (row->decision.set) {
        append_verdict(build, &row->decision.judgement);
        g_autofree char *decides = g_strdup_printf(
            "by exchange %" PRIu32 ": the worst verdict decides, else the last answered exchange",
            row->decision.exchange);
        page_entry(&build->page, "decided", PAGE_PLAIN, decides);
    } else {
        page_entry(&build->page, "verdict", PAGE_PLAIN, "none: no HTTP was found in it");
    }
    g_autoptr(GString) text = g_string_new(NULL);
    const char *who = ender_name(ending->possible);
    if (ending->how == END_HOW_NONE) {
        g_string_append(text, ending->possible == ENDER_NOBODY || ending->possible == 0
                                  ? "not seen"
                                  : "seen, but by whom is not known");
    } else {
        g_string_append_printf(text, "by %s%s, with a %s, ",
                               strcmp(who, "both") == 0 || !*who ? "" : "the ",
                               strcmp(who, "both") == 0 ? "both at once"
                               : *who                   ? who
                                                        : "one of them",
                               end_words(ending->how));
        page_append_frame(text, ending->stamp.frame, build->input);
        if (ending->latest_only)
            g_string_append(text, " (the latest that it can have been)");
    }
    page_entry(&build->page, "end", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    reasoning_append_completeness(text, row->completeness);
    page_entry(&build->page, "completeness", PAGE_PLAIN, text->str);
    append_thresholds(build);
}

void ladder_append(GString *page, const Ladder *ladder, const RowFile *file, bool colour)
{
    Build build = {
        .page = { .text = page, .colour = colour },
        .ladder = ladder,
        .file = file,
        .reasoning = { .connection = &ladder->connection,
                       .exchanges = ladder->exchanges,
                       .count = ladder->exchange_count,
                       .thresholds = &ladder->thresholds,
                       .time_digits = file->time_digits },
        .input = frame_input(ladder->connection.connection.first_frame),
        .rungs = g_new0(RungNote, MAX(ladder->segment_count, 1)),
    };
    rungs_note(ladder->segments, ladder->segment_count, build.rungs);
    gather_notes(&build);
    measure(&build);
    append_head(&build);
    append_ladder(&build);
    if (ladder->exchanges_omitted)
        g_string_append_printf(page, "\n%" PRIu64 " exchanges in the middle are left out.\n",
                               ladder->exchanges_omitted);
    for (size_t i = 0; i < ladder->exchange_count; i++)
        append_exchange(&build, &ladder->exchanges[i]);
    append_findings(&build);
    append_connection(&build);
    g_array_free(build.notes, TRUE);
    g_free(build.rungs);
}
