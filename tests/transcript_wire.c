/* How lines become frames.
 *
 * Each connection has two sides. Each side is the smallest TCP that gets the numbers right: the
 * next number it sends, the number up to which it has received, the segments it holds beyond a
 * hole, and the time at which it owes an acknowledgement. First the lines are cut into pieces, one
 * for each segment. Then time runs: the earliest of three events happens next, until there is none
 * left.
 *
 *   - A piece is sent. It takes its sequence number from its sender, acknowledges what its sender
 *     has received (or had received before a line to which it is blind), and is captured.
 *   - A sent piece arrives at the other side: at once, or after the round trip between the point of
 *     capture and that side. Time is the capture's time. A line of a distant side is captured at
 *     the line's time; its sender had then received only what was captured a round trip earlier.
 *     So one number is enough, and nobody has to think in two clocks.
 *   - An acknowledgement becomes due. A bare segment carries it, unless an earlier segment of that
 *     side did.
 *
 * Events at the same instant have this order: pieces arrive, lines are sent, acknowledgements
 * become due. So a side knows what reaches it at the moment it speaks, and a line at the moment of
 * a due acknowledgement replaces it.
 *
 * Conditions apply at the two ends: a lost segment is not captured, a dropped one does not arrive.
 * Both sides then continue with their numbers. Nothing is retransmitted automatically. A
 * conversation uses `again` for that, because such a test is about which segments are repeated.
 *
 * A recorded capture would need no such machine, only patience. A table of packets, written by
 * hand, was rejected: nobody can read in it what happened, and a wrong number in it tests something
 * that cannot occur. */
#include "transcript_wire.h"

#include <string.h>

#include "decode/decode.h"

#define SEGMENT_GAP INT64_C(10000)
#define SEGMENT_MAX 1460
#define ACK_DELAY NS_PER_MS
#define WINDOW_DEFAULT 65535
#define PAYLOAD_MAX 65495 /* what one IPv4 packet can carry behind two headers of 20 bytes */
#define HEADERS 54
#define NEVER INT64_MAX
#define LINK_ETHERNET 1

typedef struct Captured {
    Nanoseconds time;
    size_t order; /* of sending */
    uint64_t number;
    uint8_t *bytes;
    uint32_t length;
    uint32_t wire_length;
} Captured;

/* A segment that was sent. */
typedef struct Sent {
    WireLine *line; /* NULL: an acknowledgement that is in no line */
    unsigned flow;
    int side;
    uint32_t sequence, acknowledgement;
    uint8_t flags;
    const uint8_t *payload;
    size_t length;
    bool probe, arrived;
    uint32_t peer_had;  /* what the receiver had received before this arrived */
    Captured *captured; /* NULL: the capture lacks it */
} Sent;

/* A segment that is to be sent. */
typedef struct Piece {
    Nanoseconds time;
    WireLine *line;
    WireLine *source; /* whose payload: that of the line itself, or of the line that is repeated */
    unsigned index;   /* of the segment in the source, from 0 */
    size_t offset, length;
    bool last;
} Piece;

typedef struct Arrival {
    Nanoseconds time;
    Sent *sent;
} Arrival;

typedef struct Side {
    uint32_t next, received, heard_acknowledgement;
    bool over; /* it sent or received a RST */
    bool opened;
    unsigned opens;
    GArray *held; /* of uint32_t pairs: begin, end */
    Nanoseconds ack_due;
    uint16_t packets;
} Side;

struct Wire {
    WireSettings settings;
    GPtrArray *sent;     /* of Sent, in the order of sending */
    GPtrArray *captured; /* of Captured */
    GArray *pieces;      /* of Piece, by time */
    guint next_piece;
    GArray *arrivals;  /* of Arrival */
    GHashTable *lines; /* label to WireLine */
    Side sides[2][2];  /* by flow and side */
};

WireLine *wire_line_new(void)
{
    WireLine *line = g_new0(WireLine, 1);
    line->payload = g_byte_array_new();
    line->splits = g_array_new(FALSE, FALSE, sizeof(size_t));
    line->ack_delay = -1;
    line->window = -1;
    line->every = SEGMENT_GAP;
    line->segment_max = SEGMENT_MAX;
    return line;
}

void wire_line_free(WireLine *line)
{
    if (!line)
        return;
    g_byte_array_unref(line->payload);
    g_array_unref(line->splits);
    g_free(line->label);
    g_free(line->blind);
    g_free(line->again);
    g_free(line->answers);
    g_free(line);
}

static void captured_free(void *pointer)
{
    Captured *captured = pointer;
    g_free(captured->bytes);
    g_free(captured);
}

/* ---- frames ---- */

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

/* RFC 1071, over an even or odd number of bytes, on top of a sum begun elsewhere. */
static uint16_t checksum(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put_ip(uint8_t *ip, const Sent *sent, size_t tcp_length, uint16_t id)
{
    uint8_t client = sent->flow == 0 ? 1 : 9, server = 2;
    ip[0] = 0x45;
    put16(ip + 2, (uint32_t)(20 + tcp_length));
    put16(ip + 4, id);
    ip[6] = 0x40;
    ip[8] = (uint8_t)(sent->line && sent->line->hops ? sent->line->hops : 64);
    ip[9] = 6;
    ip[12] = ip[16] = 10;
    ip[15] = sent->side == WIRE_CLIENT ? client : server;
    ip[19] = sent->side == WIRE_CLIENT ? server : client;
    put16(ip + 10, checksum(ip, 20, 0));
}

static void put_tcp(uint8_t *tcp, const uint8_t *ip, const Sent *sent, size_t tcp_length)
{
    uint16_t client = sent->flow == 0 ? TRANSCRIPT_CLIENT_PORT : TRANSCRIPT_OTHER_PORT;
    uint16_t server = TRANSCRIPT_SERVER_PORT;
    int64_t window = sent->line && sent->line->window >= 0 ? sent->line->window : WINDOW_DEFAULT;
    put16(tcp, sent->side == WIRE_CLIENT ? client : server);
    put16(tcp + 2, sent->side == WIRE_CLIENT ? server : client);
    put32(tcp + 4, sent->sequence);
    put32(tcp + 8, sent->flags & TCP_ACK ? sent->acknowledgement : 0);
    tcp[12] = 5 << 4;
    tcp[13] = sent->flags;
    put16(tcp + 14, (sent->flags & TCP_RST) ? 0 : (uint32_t)window);
    if (sent->flags & TCP_SYN) {
        tcp[12] = 6 << 4;
        tcp[20] = 2; /* maximum segment size */
        tcp[21] = 4;
        put16(tcp + 22, SEGMENT_MAX);
    }
    if (sent->length)
        memcpy(tcp + (tcp[12] >> 4) * 4, sent->payload, sent->length);
    uint32_t sum = 6 + (uint32_t)tcp_length;
    for (int i = 12; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    put16(tcp + 16, checksum(tcp, tcp_length, sum));
}

static Captured *frame_new(const Sent *sent, uint16_t id)
{
    static const uint8_t mac[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
    size_t tcp_length = 20 + (sent->flags & TCP_SYN ? 4 : 0) + sent->length;
    Captured *captured = g_new0(Captured, 1);
    captured->wire_length = (uint32_t)(34 + tcp_length);
    captured->length = captured->wire_length;
    captured->bytes = g_malloc0(captured->length);
    memcpy(captured->bytes, mac[!sent->side], 6);
    memcpy(captured->bytes + 6, mac[sent->side], 6);
    captured->bytes[12] = 8;
    put_ip(captured->bytes + 14, sent, tcp_length, id);
    put_tcp(captured->bytes + 34, captured->bytes + 14, sent, tcp_length);
    return captured;
}

/* ---- lines to pieces ---- */

static bool piece_begins(const WireLine *line, size_t offset, size_t begin)
{
    if (offset - begin == line->segment_max || offset - begin == PAYLOAD_MAX)
        return true;
    for (guint i = 0; i < line->splits->len; i++)
        if (g_array_index(line->splits, size_t, i) == offset)
            return true;
    return false;
}

/* Where the segments of a line begin and end; a line without payload is one segment. */
static GArray *cut(WireLine *line)
{
    GArray *pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    size_t begin = 0;
    for (size_t offset = 1; offset <= line->payload->len; offset++) {
        if (offset < line->payload->len && !piece_begins(line, offset, begin))
            continue;
        Piece piece = { .source = line, .index = pieces->len };
        piece.offset = begin;
        piece.length = offset - begin;
        g_array_append_val(pieces, piece);
        begin = offset;
    }
    if (pieces->len == 0) {
        Piece piece = { .source = line };
        g_array_append_val(pieces, piece);
    }
    g_array_index(pieces, Piece, pieces->len - 1).last = true;
    return pieces;
}

/* Splits `label.N` at its number; 0: no number. */
static char *label_split(const char *reference, unsigned *ret_segment)
{
    const char *dot = strrchr(reference, '.');
    *ret_segment = 0;
    if (!dot || !g_ascii_isdigit(dot[1]))
        return g_strdup(reference);
    *ret_segment = (unsigned)g_ascii_strtoull(dot + 1, NULL, 10);
    return g_strndup(reference, (gsize)(dot - reference));
}

static bool unknown_label(const WireLine *line, const char *label, GError **error)
{
    g_set_error(error, TRANSCRIPT_ERROR, TRANSCRIPT_ERROR_SYNTAX,
                "line %u: no line before it is labelled %s", line->number, label);
    return false;
}

static bool add_line(Wire *wire, WireLine *line, GError **error)
{
    WireLine *source = line;
    unsigned only = 0;
    if (line->kind == WIRE_AGAIN) {
        g_autofree char *label = label_split(line->again, &only);
        source = g_hash_table_lookup(wire->lines, label);
        if (!source || source->kind == WIRE_AGAIN)
            return unknown_label(line, line->again, error);
    }
    g_autoptr(GArray) pieces = cut(source);
    Nanoseconds time = line->time;
    for (guint i = 0; i < pieces->len; i++) {
        Piece piece = g_array_index(pieces, Piece, i);
        if (only && i + 1 != only)
            continue;
        piece.line = line;
        piece.time = time;
        time += line->every;
        g_array_append_val(wire->pieces, piece);
    }
    if (line->label)
        g_hash_table_insert(wire->lines, line->label, line);
    return true;
}

/* By time; pieces of the same instant stay in the order of the text. */
static void sort_pieces(GArray *pieces)
{
    for (guint i = 1; i < pieces->len; i++) {
        Piece piece = g_array_index(pieces, Piece, i);
        guint at = i;
        for (; at > 0 && g_array_index(pieces, Piece, at - 1).time > piece.time; at--)
            g_array_index(pieces, Piece, at) = g_array_index(pieces, Piece, at - 1);
        g_array_index(pieces, Piece, at) = piece;
    }
}

/* ---- the two TCPs ---- */

static Sent *find_sent(const Wire *wire, const char *reference, bool captured)
{
    unsigned segment;
    g_autofree char *label = label_split(reference, &segment);
    unsigned seen = 0;
    for (guint i = 0; i < wire->sent->len; i++) {
        Sent *sent = g_ptr_array_index(wire->sent, i);
        if (!sent->line || !sent->line->label || strcmp(sent->line->label, label) != 0)
            continue;
        seen++;
        if ((segment == 0 || seen == segment) && (sent->captured || !captured))
            return sent;
    }
    return NULL;
}

static Nanoseconds distance(const Wire *wire, unsigned flow, int side)
{
    return flow == 0 ? wire->settings.distance[side] : 0;
}

static bool after(uint32_t a, uint32_t b)
{
    return (int32_t)(b - a) < 0;
}

static void receive(Side *side, uint32_t begin, uint32_t end)
{
    uint32_t range[2] = { begin, end };
    g_array_append_vals(side->held, range, 2);
    for (guint i = 0; i + 1 < side->held->len; i += 2) {
        uint32_t from = g_array_index(side->held, uint32_t, i);
        uint32_t to = g_array_index(side->held, uint32_t, i + 1);
        if (after(from, side->received))
            continue;
        if (after(to, side->received))
            side->received = to;
        g_array_remove_range(side->held, i, 2);
        i = (guint)-2; /* from the start, because held segments may fit now */
    }
}

static void arrive(Wire *wire, Sent *sent, Nanoseconds time)
{
    Side *side = &wire->sides[sent->flow][!sent->side];
    sent->peer_had = side->received;
    sent->arrived = true;
    if (sent->flags & TCP_ACK)
        side->heard_acknowledgement = sent->acknowledgement;
    if (sent->flags & TCP_RST) {
        side->over = true;
        side->ack_due = NEVER;
        return;
    }
    if (sent->flags & TCP_SYN) {
        side->received = sent->sequence + 1;
        g_array_set_size(side->held, 0);
        side->over = false;
        return;
    }
    uint32_t end = sent->sequence + (uint32_t)sent->length + (sent->flags & TCP_FIN ? 1 : 0);
    if (end == sent->sequence && !sent->probe)
        return;
    if (end != sent->sequence)
        receive(side, sent->sequence, end);
    if (side->over || (sent->line && sent->line->no_ack))
        return;
    Nanoseconds delay =
        sent->line && sent->line->ack_delay >= 0 ? sent->line->ack_delay : ACK_DELAY;
    side->ack_due = MIN(side->ack_due, time + delay);
}

static bool fate_applies(const Sent *sent, unsigned index)
{
    if (!sent->line || sent->line->frame_result == WIRE_NORMAL)
        return false;
    return sent->line->fate_segments == 0 ||
           (index < 64 && (sent->line->fate_segments >> index & 1) != 0);
}

static void capture(Wire *wire, Sent *sent, Nanoseconds time)
{
    const WireSettings *settings = &wire->settings;
    if (sent->line && sent->line->has_captured)
        time = sent->line->captured;
    if (sent->flow == 0 && settings->only >= 0 && settings->only != sent->side)
        return;
    if ((settings->has_from && time < settings->from) ||
        (settings->has_until && time > settings->until))
        return;
    Captured *captured = frame_new(sent, ++wire->sides[sent->flow][sent->side].packets);
    if (settings->snap)
        captured->length = (uint32_t)MIN(settings->snap, captured->length);
    captured->time = time;
    captured->order = wire->captured->len;
    g_ptr_array_add(wire->captured, captured);
    sent->captured = captured;
}

/* The segment is complete: it goes its two ways. */
static void transmit(Wire *wire, Sent *sent, unsigned index, Nanoseconds time)
{
    Side *side = &wire->sides[sent->flow][sent->side];
    WireFate frame_result = fate_applies(sent, index) ? sent->line->frame_result : WIRE_NORMAL;
    if ((sent->flags & TCP_RST) && frame_result != WIRE_DROPPED)
        side->over = true;
    if (side->over || ((sent->flags & TCP_ACK) && sent->acknowledgement == side->received))
        side->ack_due = NEVER;
    g_ptr_array_add(wire->sent, sent);
    if (frame_result == WIRE_NORMAL || frame_result == WIRE_DROPPED)
        capture(wire, sent, time);
    if (frame_result == WIRE_DROPPED || frame_result == WIRE_VANISHED)
        return;
    if (sent->line && sent->line->kind == WIRE_STRAY_SYN)
        return;
    Nanoseconds far = distance(wire, sent->flow, !sent->side);
    if (far == 0) {
        arrive(wire, sent, time);
        return;
    }
    Arrival arrival = { .time = time + far, .sent = sent };
    g_array_append_val(wire->arrivals, arrival);
}

static Sent *sent_new(WireLine *line, unsigned flow, int side, uint8_t flags)
{
    Sent *sent = g_new0(Sent, 1);
    sent->line = line;
    sent->flow = flow;
    sent->side = side;
    sent->flags = flags;
    return sent;
}

static void acknowledge(Wire *wire, unsigned flow, int number)
{
    Side *side = &wire->sides[flow][number];
    Sent *sent = sent_new(NULL, flow, number, TCP_ACK);
    sent->sequence = side->next;
    sent->acknowledgement = side->received;
    Nanoseconds time = side->ack_due;
    side->ack_due = NEVER;
    transmit(wire, sent, 0, time);
}

static uint32_t initial_number(Wire *wire, const WireLine *line, Side *side)
{
    uint32_t base = line->other ? 77000000 : wire->settings.initial[line->side];
    return line->has_initial ? line->initial : base + 1000000 * side->opens++;
}

static void number_opening(Wire *wire, WireLine *line, Side *side, Sent *sent)
{
    sent->sequence = line->kind == WIRE_STRAY_SYN && !line->has_initial
                         ? side->next + 500000
                         : initial_number(wire, line, side);
    sent->flags = line->kind == WIRE_SYN_ACK ? TCP_SYN | TCP_ACK : TCP_SYN;
    if (line->kind == WIRE_STRAY_SYN)
        return;
    side->next = sent->sequence + 1;
    side->over = false;
}

static void number_data(const Piece *piece, Side *side, Sent *sent)
{
    sent->sequence = side->next;
    sent->payload = piece->length ? piece->source->payload->data + piece->offset : NULL;
    sent->length = piece->length;
    if (piece->length)
        sent->flags |= TCP_PSH;
    if (piece->last && piece->source->fin)
        sent->flags |= TCP_FIN;
    side->next += (uint32_t)piece->length + (sent->flags & TCP_FIN ? 1 : 0);
}

static bool number_again(Wire *wire, const Piece *piece, Sent *sent, GError **error)
{
    g_autofree char *name = g_strdup_printf("%s.%u", piece->source->label, piece->index + 1);
    const Sent *first = find_sent(wire, name, false);
    if (!first)
        return unknown_label(piece->line, piece->line->again, error);
    sent->sequence = first->sequence;
    sent->payload = first->payload;
    sent->length = first->length;
    sent->flags = first->flags;
    return true;
}

static bool number_bare_reset(Wire *wire, const WireLine *line, Side *side, Sent *sent,
                              GError **error)
{
    sent->flags = TCP_RST;
    sent->sequence = side->heard_acknowledgement;
    if (!line->answers)
        return true;
    const Sent *answered = find_sent(wire, line->answers, false);
    if (!answered)
        return unknown_label(line, line->answers, error);
    sent->sequence = answered->acknowledgement;
    return true;
}

static bool number_piece(Wire *wire, const Piece *piece, Sent *sent, GError **error)
{
    WireLine *line = piece->line;
    Side *side = &wire->sides[sent->flow][line->side];
    Side *peer = &wire->sides[sent->flow][!line->side];
    switch (line->kind) {
    case WIRE_DATA:
        number_data(piece, side, sent);
        return true;
    case WIRE_SYN:
    case WIRE_SYN_ACK:
    case WIRE_STRAY_SYN:
        number_opening(wire, line, side, sent);
        return true;
    case WIRE_RST:
        sent->flags |= TCP_RST;
        sent->sequence = side->next;
        return true;
    case WIRE_RST_BARE:
        return number_bare_reset(wire, line, side, sent, error);
    case WIRE_PROBE:
        sent->probe = true;
        sent->sequence = peer->received - 1;
        return true;
    case WIRE_AGAIN:
        return number_again(wire, piece, sent, error);
    }
    return false;
}

static bool send_piece(Wire *wire, const Piece *piece, GError **error)
{
    WireLine *line = piece->line;
    unsigned flow = line->other ? 1 : 0;
    Sent *sent = sent_new(line, flow, line->side, TCP_ACK);
    uint32_t received = wire->sides[flow][line->side].received;
    if (!number_piece(wire, piece, sent, error)) {
        g_free(sent);
        return false;
    }
    if (line->blind) {
        const Sent *unknown = find_sent(wire, line->blind, false);
        if (!unknown || unknown->side == line->side) {
            g_free(sent);
            return unknown_label(line, line->blind, error);
        }
        if (unknown->arrived)
            received = unknown->peer_had;
    }
    sent->sequence += (uint32_t)line->sequence_shift;
    sent->acknowledgement = received + (uint32_t)line->acknowledgement_shift;
    transmit(wire, sent, piece->index, piece->time);
    return true;
}

/* ---- time ---- */

static Nanoseconds first_arrival(const Wire *wire, guint *ret_index)
{
    Nanoseconds time = NEVER;
    for (guint i = 0; i < wire->arrivals->len; i++) {
        const Arrival *arrival = &g_array_index(wire->arrivals, Arrival, i);
        if (arrival->time >= time)
            continue;
        time = arrival->time;
        *ret_index = i;
    }
    return time;
}

static Nanoseconds first_due(const Wire *wire, unsigned *ret_flow, int *ret_side)
{
    Nanoseconds time = NEVER;
    for (unsigned flow = 0; flow < 2; flow++) {
        for (int side = 0; side < 2; side++) {
            if (wire->sides[flow][side].ack_due >= time)
                continue;
            time = wire->sides[flow][side].ack_due;
            *ret_flow = flow;
            *ret_side = side;
        }
    }
    return time;
}

static bool run(Wire *wire, GError **error)
{
    for (;;) {
        guint at = 0;
        unsigned flow = 0;
        int side = 0;
        bool more = wire->next_piece < wire->pieces->len;
        const Piece *piece = more ? &g_array_index(wire->pieces, Piece, wire->next_piece) : NULL;
        Nanoseconds speaks = piece ? piece->time : NEVER;
        Nanoseconds arrives = first_arrival(wire, &at), due = first_due(wire, &flow, &side);
        if (arrives != NEVER && arrives <= speaks && arrives <= due) {
            Sent *sent = g_array_index(wire->arrivals, Arrival, at).sent;
            g_array_remove_index(wire->arrivals, at);
            arrive(wire, sent, arrives);
        } else if (piece && speaks <= due) {
            wire->next_piece++;
            if (!send_piece(wire, piece, error))
                return false;
        } else if (due != NEVER) {
            acknowledge(wire, flow, side);
        } else {
            return true;
        }
    }
}

static int compare_captured(gconstpointer a, gconstpointer b)
{
    const Captured *one = *(Captured *const *)a, *two = *(Captured *const *)b;
    if (one->time != two->time)
        return one->time < two->time ? -1 : 1;
    return one->order < two->order ? -1 : one->order > two->order;
}

static void wire_init(Wire *wire, const WireSettings *settings)
{
    wire->settings = *settings;
    wire->sent = g_ptr_array_new_with_free_func(g_free);
    wire->captured = g_ptr_array_new_with_free_func(captured_free);
    wire->pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    wire->arrivals = g_array_new(FALSE, TRUE, sizeof(Arrival));
    wire->lines = g_hash_table_new(g_str_hash, g_str_equal);
    for (unsigned i = 0; i < 4; i++) {
        Side *side = &wire->sides[i / 2][i % 2];
        side->held = g_array_new(FALSE, TRUE, sizeof(uint32_t));
        side->ack_due = NEVER;
    }
}

Wire *wire_build(GPtrArray *lines, const WireSettings *settings, GError **error)
{
    g_autoptr(Wire) wire = g_new0(Wire, 1);
    wire_init(wire, settings);
    for (guint i = 0; i < lines->len; i++)
        if (!add_line(wire, g_ptr_array_index(lines, i), error))
            return NULL;
    sort_pieces(wire->pieces);
    if (!run(wire, error))
        return NULL;
    g_ptr_array_sort(wire->captured, compare_captured);
    for (guint i = 0; i < wire->captured->len; i++)
        ((Captured *)g_ptr_array_index(wire->captured, i))->number = i + 1;
    return g_steal_pointer(&wire);
}

/* The time that the capture's clock shows, and its mark, as a reader of the capture would set
 * them. */
static void show_clock(const WireSettings *settings, const Captured *captured, Frame *frame,
                       const Frame *before)
{
    frame->time = TRANSCRIPT_EPOCH + captured->time;
    if (settings->set_back && captured->time >= settings->set_back_at)
        frame->time -= settings->set_back;
    if (settings->tick) {
        frame->time -= frame->time % settings->tick;
        frame->clock.tick = (uint32_t)(settings->tick / 1000);
    }
    if (settings->no_times)
        *frame = (Frame){ .clock.tick = CLOCK_NO_TIME };
    if (!before)
        return;
    frame->clock.set_back = before->clock.set_back;
    if (before->time - frame->time >= CLOCK_STEP_LEAST)
        frame->clock.set_back += (uint32_t)((before->time - frame->time) / NS_PER_MS);
}

Frame *wire_take_frames(Wire *wire, size_t *ret_count)
{
    Frame *frames = g_new0(Frame, MAX(wire->captured->len, 1));
    *ret_count = wire->captured->len;
    for (guint i = 0; i < wire->captured->len; i++) {
        Captured *captured = g_ptr_array_index(wire->captured, i);
        show_clock(&wire->settings, captured, &frames[i], i ? &frames[i - 1] : NULL);
        frames[i].id = frame_id(1, captured->number);
        frames[i].wire_length = captured->wire_length;
        frames[i].link_type = LINK_ETHERNET;
        frames[i].bytes = span_make(g_steal_pointer(&captured->bytes), captured->length);
    }
    return frames;
}

uint64_t wire_frame_of(const Wire *wire, const char *label)
{
    const Sent *sent = find_sent(wire, label, true);
    return sent ? sent->captured->number : 0;
}

void wire_free(Wire *wire)
{
    if (!wire)
        return;
    g_ptr_array_unref(wire->sent);
    g_ptr_array_unref(wire->captured);
    g_array_unref(wire->pieces);
    g_array_unref(wire->arrivals);
    g_hash_table_unref(wire->lines);
    for (unsigned i = 0; i < 4; i++)
        g_array_unref(wire->sides[i / 2][i % 2].held);
    g_free(wire);
}
