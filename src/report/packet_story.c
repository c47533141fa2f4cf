/* What was seen of a connection, packet by packet.
 *
 * There is a row for every segment that says something: the handshake, the first and last segments
 * of each message, what ends the connection, what was sent again or out of order, probes, shut
 * windows, and whatever a judgement refers to. What says nothing beyond "more of the same"
 * (segments within a body, bare acknowledgements) is folded: a run of FOLD or more of them becomes
 * one row with their count. A pause of a second or more gets a row of its own, because idle time is
 * what most verdicts are about.
 *
 * What a segment is comes from two sources. Its numbers alone tell whether it was sent again, fills
 * a hole, or is a probe (packets/packet_marks.h). The exchanges, whose stamps name frames, tell
 * which message it begins or ends and what it proves (frame_notes.h). Records of TLS say what they
 * are (record_notes.h); those of data make no row worth while alone. */
#include "report/packet_story.h"

#include <inttypes.h>

#include "report/frame_notes.h"
#include "report/page.h"
#include "report/record_notes.h"

#define FOLD 3
#define PAUSE NS_PER_SECOND

typedef struct Seen {
    Story *story;
    const TracedConnection *traced;
    FrameNotes *notes;
    RecordNotes *records;
    PacketNote *packets; /* by segment */
    /* By side: the exchange whose message its payload, or that of the other side which it
     * acknowledges, is in or before. */
    size_t sent_at[2], acknowledged_at[2];
} Seen;

static const char *const SIDES[] = { "client", "server" };

/* What a segment is ---------------------------------------------------------------------------- */

/* One more statement, on a line of its own. */
static void line(StoryText *text, const char *words)
{
    story_add_line(text, false);
    story_add(text, words);
}

#define line_of(text, ...) (story_add_line(text, false), story_say(text, __VA_ARGS__))

static bool fin_is_seen(const FinFact *fin)
{
    return fin->proof == FIN_SEEN || fin->proof == FIN_RETRANSMITTED;
}

static const char *reset_words(const Seen *seen, const TracedSegment *segment)
{
    const ConnectionRow *row = &seen->traced->connection;
    const Stamp *accepted = &seen->traced->resets[segment->side];
    int side = segment->side == TRACED_CLIENT ? row->client : 1 - row->client;
    const FinFact *fin = &row->connection.half[side].fin;
    bool closed = fin_is_seen(fin) &&
                  frame_precedes(fin->stamp.frame, fin->stamp.time, segment->frame, segment->time);
    if (accepted->frame == segment->frame)
        return closed ? "resets the connection, after its own FIN" : "resets the connection";
    if (segment->fate == FATE_AFTER_END)
        return "sends a reset after the end";
    if (stamp_is_set(accepted) &&
        frame_precedes(accepted->frame, accepted->time, segment->frame, segment->time))
        return "resets once more";
    return "sends a reset that the other side did not accept";
}

static void add_flag_words(StoryText *text, const Seen *seen, const TracedSegment *segment,
                           const PacketNote *packet)
{
    const char *side = SIDES[segment->side];
    const char *again = packet->marks & MARK_AGAIN ? " again" : "";
    if (segment->flags & TCP_SYN)
        line_of(text, "the %s %s%s", side, segment->flags & TCP_ACK ? "accepts" : "opens", again);
    if (segment->flags & TCP_RST) {
        line_of(text, "the %s %s", side, reset_words(seen, segment));
    } else if (segment->flags & TCP_FIN) {
        line_of(text, "the %s closes its direction%s", side, again);
    }
}

/* The FIN of that side as far as it is believed, if `number` is the one behind it. */
static FinBelief fin_before(const Seen *seen, int side, int64_t number)
{
    const ConnectionRow *row = &seen->traced->connection;
    int index = side == TRACED_CLIENT ? row->client : 1 - row->client;
    const FinEvidence *believed = &row->facts.fin[index];
    const FinFact *fin = &row->connection.half[index].fin;
    if (fin_is_seen(fin))
        return stamp_past(&fin->stamp) == number - 1 ? FIN_SURE : FIN_NOT;
    return stamp_past(&believed->fact.stamp) == number - 1 ? believed->belief : FIN_NOT;
}

/* "2 bytes and the server's FIN": so many numbers of that side, which end before `number`. Returns
 * whether it is one thing. */
static bool add_numbers(StoryText *text, const Seen *seen, int side, uint64_t count, int64_t number)
{
    FinBelief fin = fin_before(seen, side, number);
    uint64_t bytes = count - (fin == FIN_SURE);
    if (bytes)
        story_say(text, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
    if (fin == FIN_SURE)
        story_say(text, "%sthe %s's FIN", bytes ? " and " : "", SIDES[side]);
    else if (fin == FIN_PERHAPS)
        story_add(text, bytes == 1 ? " or a FIN" : ", the last of them perhaps a FIN,");
    return count == 1;
}

static void add_hole_words(StoryText *text, const Seen *seen, const TracedSegment *segment,
                           const PacketNote *packet)
{
    if (packet->marks & MARK_HOLE) {
        story_add_line(text, false);
        bool one = add_numbers(text, seen, segment->side, packet->missing, segment->sequence);
        story_say(text, " before this %s ", one ? "is" : "are");
        story_add(text, !packet->filled ? "not in the capture"
                        : one           ? "not here yet, it comes in "
                                        : "not here yet, they end in ");
        if (packet->filled)
            story_add_frame(text, packet->filled);
    } else if (packet->marks & MARK_UNSEEN_ACK) {
        line(text, "acknowledges ");
        add_numbers(text, seen, !segment->side, packet->missing, segment->acknowledged);
        story_add(text, " that had not been seen by then");
    }
    if (packet->marks & MARK_FILLS) {
        line(text, "out of order or sent again: fills the hole before ");
        story_add_frame(text, packet->related);
    }
}

static void add_mark_words(StoryText *text, const Seen *seen, const TracedSegment *segment,
                           const PacketNote *packet)
{
    add_hole_words(text, seen, segment, packet);
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
    if (segment->fate == FATE_AFTER_END && !(segment->flags & TCP_RST))
        line(text, "comes after the end: not looked at");
}

/* Everything that makes it worth a row; nothing: it is plain. */
static void add_segment_words(StoryText *text, const Seen *seen, size_t index)
{
    const TracedSegment *segment = &seen->traced->segments[index];
    const PacketNote *packet = &seen->packets[index];
    if (segment->fate == FATE_COPY)
        return;
    if (segment->fate == FATE_STRAY) {
        line(text, "has numbers of no segment of this connection: not looked at");
        return;
    }
    frame_notes_add_to(text, seen->notes, segment->frame, false);
    add_flag_words(text, seen, segment, packet);
    frame_notes_add_to(text, seen->notes, segment->frame, true);
    if (segment->fate == FATE_READ)
        record_notes_add_to(text, seen->records, segment->frame, false);
    add_mark_words(text, seen, segment, packet);
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
static void add_payload_words(StoryText *text, Seen *seen, const TracedSegment *segment)
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
        story_say(text, "more of %s %u", kind, exchange->number);
    else if (exchange && segment->side == TRACED_SERVER && exchange->interim.count)
        story_say(text, "interim response to request %u", exchange->number);
    else
        story_add(text,
                  is_switched(traced) ? "data of what HTTP/1 gave way to" : "data of no message");
}

/* What a plain segment without payload acknowledges, if that is a whole message or a FIN. */
static void add_acknowledgement_words(StoryText *text, Seen *seen, const TracedSegment *segment)
{
    const TracedConnection *traced = seen->traced;
    const ConnectionRow *row = &traced->connection;
    int peer = segment->side == TRACED_CLIENT ? TRACED_SERVER : TRACED_CLIENT;
    if (segment->acknowledged == NO_OFFSET)
        return;
    int64_t reached = segment->acknowledged - 1; /* the offset of the first byte not acknowledged */
    int side = peer == TRACED_CLIENT ? row->client : 1 - row->client;
    const FinFact *fin = &row->connection.half[side].fin;
    const FinEvidence *believed = &row->facts.fin[side];
    bool captured = fin_is_seen(fin);
    if (!captured && believed->belief == FIN_SURE)
        fin = &believed->fact;
    if ((captured || believed->belief == FIN_SURE) && reached == stamp_past(&fin->stamp)) {
        story_say(text, "has the %s's FIN%s", SIDES[peer],
                  captured ? "" : ", which is not in the capture");
        return;
    }
    size_t *at = &seen->acknowledged_at[segment->side];
    for (; *at < traced->exchange_count; (*at)++) {
        const MessageFacts *message = message_of(&traced->exchanges[*at], peer);
        if (message->begun && reached <= stamp_past(&message->last))
            break;
    }
    if (*at == traced->exchange_count)
        return;
    const MessageFacts *message = message_of(&traced->exchanges[*at], peer);
    if (message->complete && reached == stamp_past(&message->last))
        story_say(text, "has all of %s %u%s", peer == TRACED_CLIENT ? "request" : "response",
                  traced->exchanges[*at].exchange.number,
                  message->end_missing ? ", whose end is not in the capture" : "");
}

/* Rows ----------------------------------------------------------------------------------------- */

static StoryPacket packet_of(const Seen *seen, size_t index)
{
    const TracedSegment *segment = &seen->traced->segments[index];
    bool acknowledges = segment->acknowledged != NO_OFFSET;
    return (StoryPacket){ .frame = segment->frame,
                          .time = segment->time - seen->traced->connection.connection.start,
                          .from_server = segment->side == TRACED_SERVER,
                          .flags = segment->flags,
                          .acknowledges = acknowledges,
                          .sequence = (uint32_t)segment->sequence,
                          .acknowledged = acknowledges ? (uint32_t)segment->acknowledged : 0,
                          .length = segment->length };
}

static void add_row(Seen *seen, size_t index)
{
    const TracedSegment *segment = &seen->traced->segments[index];
    StoryPacket packet = packet_of(seen, index);
    StoryText *text = story_packet(seen->story, &packet);
    add_segment_words(text, seen, index);
    bool plain = story_text_is_empty(text);
    if (segment->fate == FATE_READ)
        record_notes_add_to(text, seen->records, segment->frame, true);
    if (!plain || !story_text_is_empty(text))
        return;
    story_set_style(seen->story, STORY_DIM);
    if (segment->fate == FATE_COPY)
        story_add(text, "the same packet, captured again");
    else if (segment->length)
        add_payload_words(text, seen, segment);
    else
        add_acknowledgement_words(text, seen, segment);
}

static void add_pause(Seen *seen, Nanoseconds pause)
{
    StoryText *text = story_aside(seen->story);
    story_add(text, "- - - - ");
    page_append_duration(story_words(text), pause, seen->story->time_digits);
    story_add(text, " without a packet");
}

/* What the packets end with if the connection does not. */
static void add_open_end(Seen *seen)
{
    const ConnectionRow *row = &seen->traced->connection;
    if (row->ending.how == END_HOW_NONE && row->connection.end == CONNECTION_UNENDED)
        story_add(story_aside(seen->story), "- - - - the capture ends, the connection does not");
}

static void add_omission(Seen *seen)
{
    story_say(story_paragraph(seen->story), "... %" PRIu64 " segments are left out here ...",
              seen->traced->segments_omitted);
}

/* By side: how many with payload, how much of it, how many without. */
typedef struct Sum {
    uint64_t count[2], bytes[2], bare[2];
    uint64_t copies; /* of both, and counted nowhere else */
} Sum;

static void add_share(StoryText *text, uint64_t count, const char *what, const char *side)
{
    if (count)
        story_say(text, "%s%" PRIu64 " %s%s of the %s", story_text_is_empty(text) ? "" : ", ",
                  count, what, count == 1 ? "" : "s", side);
}

static void add_sum(StoryText *text, const Sum *sum)
{
    for (int side = 0; side < 2; side++) {
        add_share(text, sum->count[side], "data segment", SIDES[side]);
        if (sum->count[side])
            story_say(text, " (%" PRIu64 " bytes)", sum->bytes[side]);
    }
    for (int side = 0; side < 2; side++)
        add_share(text, sum->bare[side], "bare acknowledgement", SIDES[side]);
    if (sum->copies)
        story_say(text, "%s%" PRIu64 " packet%s captured again",
                  story_text_is_empty(text) ? "" : ", ", sum->copies, sum->copies == 1 ? "" : "s");
}

static void add_fold(Seen *seen, size_t first, size_t count)
{
    g_autofree StoryPacket *packets = g_new(StoryPacket, count);
    Sum sum = { 0 };
    for (size_t i = 0; i < count; i++) {
        packets[i] = packet_of(seen, first + i);
        if (seen->traced->segments[first + i].fate == FATE_COPY) {
            sum.copies++;
        } else if (packets[i].length) {
            sum.count[packets[i].from_server]++;
            sum.bytes[packets[i].from_server] += packets[i].length;
        } else {
            sum.bare[packets[i].from_server]++;
        }
    }
    StoryText *text = story_fold(seen->story, packets, count);
    add_sum(text, &sum);
    story_add_line(text, false);
    story_add(text, "up to ");
    story_add_frame(text, packets[count - 1].frame);
    story_add(text, " at ");
    page_append_seconds(story_words(text), packets[count - 1].time, seen->story->time_digits);
}

static bool is_omission(const Seen *seen, size_t index)
{
    return seen->traced->segments_omitted && index == seen->traced->omitted_at;
}

/* The pause before a segment; 0: there is none worth a row. */
static Nanoseconds pause_before(const Seen *seen, size_t index)
{
    const TracedSegment *segments = seen->traced->segments;
    if (index == 0 || is_omission(seen, index))
        return 0;
    Nanoseconds pause = segments[index].time - segments[index - 1].time;
    return pause >= PAUSE ? pause : 0;
}

/* How many segments from here on are plain and follow each other without a pause. */
static size_t plain_run(const Seen *seen, size_t index)
{
    g_autoptr(StoryText) words = story_text_new();
    size_t at = index;
    for (; at < seen->traced->segment_count; at++) {
        add_segment_words(words, seen, at);
        if (!story_text_is_empty(words) ||
            (at > index && (pause_before(seen, at) || is_omission(seen, at))))
            break;
    }
    return at - index;
}

/* A few acknowledgements are worth their words, and so are they with copies between them. */
static bool is_foldable(const Seen *seen, size_t index, size_t count)
{
    size_t copies = 0;
    for (size_t i = index; i < index + count; i++)
        copies += seen->traced->segments[i].fate == FATE_COPY;
    return count - copies >= FOLD || (copies == count && count >= FOLD);
}

static void add_rows(Seen *seen)
{
    for (size_t i = 0; i < seen->traced->segment_count;) {
        if (is_omission(seen, i))
            add_omission(seen);
        Nanoseconds pause = pause_before(seen, i);
        if (pause)
            add_pause(seen, pause);
        size_t plain = plain_run(seen, i);
        if (is_foldable(seen, i, plain)) {
            add_fold(seen, i, plain);
            i += plain;
            continue;
        }
        for (size_t end = i + MAX(plain, 1); i < end; i++)
            add_row(seen, i);
    }
    if (is_omission(seen, seen->traced->segment_count)) /* nothing is left behind it */
        add_omission(seen);
}

void packet_story_add(Story *story, const TracedConnection *traced)
{
    Seen seen = { .story = story,
                  .traced = traced,
                  .notes = frame_notes_new(traced, story->time_digits),
                  .records = record_notes_new(traced),
                  .packets = g_new0(PacketNote, MAX(traced->segment_count, 1)) };
    packet_marks_note(traced->segments, traced->segment_count, seen.packets);
    story_heading(story, "WHAT WAS SEEN");
    story_packets(story);
    add_rows(&seen);
    add_open_end(&seen);
    frame_notes_free(seen.notes);
    record_notes_free(seen.records);
    g_free(seen.packets);
}
