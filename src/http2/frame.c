#include "http2/frame.h"

#include "base/pack.h"

/* Frames that carry more are legal if their receiver has said so; behind a gap none is believed. */
#define PLAUSIBLE_LENGTH (1u << 20)

/* Of frames without a field block nobody reads more. */
#define CONTROL_KEPT 64

/* Padding, and what stands before a field block. */
#define BLOCK_EXTRA (1 + 5 + 255)

bool h2_frame_read(Span bytes, H2Frame *ret_frame)
{
    uint32_t length_type, stream;
    if (!span_be32(bytes, 0, &length_type) || !span_be32(bytes, 5, &stream))
        return false;
    *ret_frame = (H2Frame){ .length = length_type >> 8,
                            .type = (uint8_t)length_type,
                            .flags = bytes.bytes[4],
                            .stream = stream & 0x7fffffff };
    return true;
}

/* What the header of a frame of each type may say. */
typedef struct FrameRule {
    uint8_t flags;
    uint32_t least, most; /* of the length */
    bool on_stream, on_connection;
    bool by_client, by_server;
} FrameRule;

static const FrameRule RULES_OF_FRAMES[H2_FRAME_TYPES] = {
    [H2_DATA] = { 0x09, 0, PLAUSIBLE_LENGTH, true, false, true, true },
    [H2_HEADERS] = { 0x2d, 1, PLAUSIBLE_LENGTH, true, false, true, true },
    [H2_PRIORITY] = { 0, 5, 5, true, false, true, true },
    [H2_RST_STREAM] = { 0, 4, 4, true, false, true, true },
    [H2_SETTINGS] = { 0x01, 0, 6 * 64, false, true, true, true },
    [H2_PUSH_PROMISE] = { 0x0c, 5, PLAUSIBLE_LENGTH, true, false, false, true },
    [H2_PING] = { 0x01, 8, 8, false, true, true, true },
    [H2_GOAWAY] = { 0, 8, PLAUSIBLE_LENGTH, false, true, true, true },
    [H2_WINDOW_UPDATE] = { 0, 4, 4, true, true, true, true },
    [H2_CONTINUATION] = { 0x04, 0, PLAUSIBLE_LENGTH, true, false, true, true },
};

static bool settings_fit(const H2Frame *frame)
{
    return frame->length % 6 == 0 && !((frame->flags & H2_FLAG_ACK) && frame->length);
}

bool h2_frame_is_plausible(const H2Frame *frame, bool from_client)
{
    if (frame->type >= H2_FRAME_TYPES)
        return false;
    const FrameRule *rule = &RULES_OF_FRAMES[frame->type];
    bool message = frame->type == H2_DATA || frame->type == H2_HEADERS;
    if ((frame->flags & ~rule->flags) || frame->length < rule->least || frame->length > rule->most)
        return false;
    if (frame->stream ? !rule->on_stream : !rule->on_connection)
        return false;
    if (message && from_client && frame->stream % 2 == 0)
        return false;
    if (frame->type == H2_SETTINGS && !settings_fit(frame))
        return false;
    return from_client ? rule->by_client : rule->by_server;
}

bool h2_begins_as_server(Span bytes)
{
    H2Frame frame;
    if (h2_frame_read(bytes, &frame))
        return frame.type == H2_SETTINGS && frame.flags == 0 &&
               h2_frame_is_plausible(&frame, false);
    static const uint8_t zero[3] = { 0 };
    /* 00 00 LL 04 00 00 00 00 00; LL: a multiple of 6 */
    return bytes.length && memcmp(bytes.bytes, zero, MIN(bytes.length, 2)) == 0 &&
           (bytes.length < 4 || bytes.bytes[3] == H2_SETTINGS);
}

const char *h2_frame_name(uint8_t type)
{
    static const char *const names[H2_FRAME_TYPES] = { "DATA",        "HEADERS",  "PRIORITY",
                                                       "RST_STREAM",  "SETTINGS", "PUSH_PROMISE",
                                                       "PING",        "GOAWAY",   "WINDOW_UPDATE",
                                                       "CONTINUATION" };
    return type < H2_FRAME_TYPES ? names[type] : NULL;
}

const char *h2_error_name(uint32_t code)
{
    static const char *const names[] = { "NO_ERROR",
                                         "PROTOCOL_ERROR",
                                         "INTERNAL_ERROR",
                                         "FLOW_CONTROL_ERROR",
                                         "SETTINGS_TIMEOUT",
                                         "STREAM_CLOSED",
                                         "FRAME_SIZE_ERROR",
                                         "REFUSED_STREAM",
                                         "CANCEL",
                                         "COMPRESSION_ERROR",
                                         "CONNECT_ERROR",
                                         "ENHANCE_YOUR_CALM",
                                         "INADEQUATE_SECURITY",
                                         "HTTP_1_1_REQUIRED" };
    return code < G_N_ELEMENTS(names) ? names[code] : NULL;
}

/* Its life ------------------------------------------------------------------------------------ */

void h2_frames_init(H2FrameReader *reader, bool from_client, bool preface, bool seeking)
{
    memset(reader, 0, sizeof *reader);
    reader->from_client = from_client;
    reader->preface_left = preface ? H2_PREFACE_SIZE : 0;
    reader->seeking = seeking;
}

static void drop_kept(H2FrameReader *reader)
{
    if (reader->kept)
        g_byte_array_unref(g_steal_pointer(&reader->kept));
}

void h2_frames_clear(H2FrameReader *reader)
{
    drop_kept(reader);
}

#define PACKED_SIZE G_STRUCT_OFFSET(H2FrameReader, kept)

void h2_frames_pack(const H2FrameReader *reader, GByteArray *to)
{
    uint8_t rest[PACKED_SIZE];
    Span kept = reader->kept ? span_make(reader->kept->data, reader->kept->len) : (Span){ 0 };
    memcpy(rest, reader, sizeof rest);
    pack_words(to, rest, sizeof rest);
    pack_span(to, kept);
}

void h2_frames_unpack(H2FrameReader *reader, Span *from)
{
    memset(reader, 0, sizeof *reader);
    unpack_words(from, reader, PACKED_SIZE);
    Span kept = unpack_span(from);
    if (kept.length == 0)
        return;
    reader->kept = g_byte_array_new();
    g_byte_array_append(reader->kept, kept.bytes, (guint)kept.length);
}

size_t h2_frames_size(const H2FrameReader *reader)
{
    return reader->kept ? reader->kept->len : 0;
}

const H2Event *h2_frames_under_way(const H2FrameReader *reader)
{
    return reader->in_frame && !reader->tentative ? &reader->event : NULL;
}

/* Gaps ---------------------------------------------------------------------------------------- */

static bool keeps_payload(const H2Frame *frame)
{
    return frame->type != H2_DATA && frame->type < H2_FRAME_TYPES;
}

/* The gap lies inside the payload of the frame being read: that one alone is cut. */
static bool gap_is_inside(const H2FrameReader *reader, const SessionUnit *gap)
{
    return reader->in_frame && !gap->length_unsure &&
           (uint64_t)gap->length <= reader->event.frame.length - reader->passed;
}

static void lose(H2FrameReader *reader, Reason reason, H2Event *ret_event)
{
    bool under_way = reader->in_frame && !reader->tentative;
    *ret_event = under_way ? reader->event : (H2Event){ 0 };
    ret_event->kind = H2_FRAMES_LOST;
    ret_event->under_way = under_way;
    ret_event->reason = reason;
    drop_kept(reader);
    reader->in_frame = reader->tentative = false;
    reader->header_have = reader->preface_left = 0;
    reader->seeking = true;
}

static bool end_frame(H2FrameReader *reader, Span payload, H2Event *ret_event)
{
    reader->in_frame = reader->tentative = false;
    reader->header_have = 0;
    *ret_event = reader->event;
    ret_event->kind = H2_FRAME_ENDS;
    ret_event->payload = payload;
    return true;
}

static Span kept_payload(const H2FrameReader *reader)
{
    return reader->kept ? span_make(reader->kept->data, reader->kept->len) : (Span){ 0 };
}

static bool take_gap(H2FrameReader *reader, H2Event *ret_event)
{
    const SessionUnit *gap = reader->unit;
    if (reader->told || gap->length == 0)
        return false;
    reader->told = true;
    if (!gap_is_inside(reader, gap)) {
        lose(reader, gap->reason, ret_event);
        return true;
    }
    reader->passed += (uint64_t)gap->length;
    reader->event.last = gap->last;
    reader->event.last_place = gap->place + gap->length - 1;
    reader->event.whole = reader->event.whole && !keeps_payload(&reader->event.frame);
    reader->event.reason = gap->reason;
    if (reader->passed < reader->event.frame.length)
        return false;
    return end_frame(reader, kept_payload(reader), ret_event);
}

/* Data ---------------------------------------------------------------------------------------- */

static Span rest_of(const H2FrameReader *reader)
{
    return span_after(reader->unit->data, reader->at);
}

/* The byte before `at` as known. */
static void reach(H2FrameReader *reader)
{
    int64_t place = reader->unit->place + (int64_t)reader->at - 1;
    reader->event.last = session_known(reader->unit, place);
    reader->event.last_place = place;
}

static void start_frame(H2FrameReader *reader)
{
    const SessionUnit *unit = reader->unit;
    int64_t place = unit->place + (int64_t)reader->at;
    drop_kept(reader);
    memset(&reader->event, 0, sizeof reader->event); /* the padding too: it is packed */
    reader->event.whole = true;
    reader->event.first_place = place;
    reader->event.first = session_sent(unit, place);
    reader->event.sending.free_since = reader->event.first.time - unit->free_to_send;
    reader->event.sending.quiet_acked = unit->quiet_acked;
    reader->event.sending.resent = unit->resent;
    reader->passed = 0;
}

/* Adds to the header what is there; false: it is not whole yet. */
static bool read_header(H2FrameReader *reader)
{
    uint8_t whole[H2_FRAME_HEADER];
    Span rest = rest_of(reader);
    g_assert(rest.bytes); /* at the end of a unit nobody asks */
    if (reader->header_have == 0)
        start_frame(reader);
    size_t wanted = H2_FRAME_HEADER - reader->header_have, taken = MIN(wanted, rest.length);
    memcpy(whole, reader->header, MIN(reader->header_have, sizeof reader->header));
    memcpy(whole + reader->header_have, rest.bytes, taken);
    reader->at += taken;
    reader->header_have += (uint32_t)taken;
    reach(reader);
    if (taken < wanted) {
        memcpy(reader->header, whole, reader->header_have);
        return false;
    }
    h2_frame_read(span_make(whole, sizeof whole), &reader->event.frame);
    reader->in_frame = true;
    return true;
}

static void keep(H2FrameReader *reader, Span piece)
{
    const H2Frame *frame = &reader->event.frame;
    bool block = frame->type == H2_HEADERS || frame->type == H2_PUSH_PROMISE ||
                 frame->type == H2_CONTINUATION;
    size_t most = block ? H2_BLOCK_MAX + BLOCK_EXTRA : CONTROL_KEPT;
    if (!reader->kept)
        reader->kept = g_byte_array_new();
    size_t room = most - MIN(most, reader->kept->len);
    if (piece.length > room && block) {
        reader->event.whole = false;
        reader->event.reason = REASON_LIMIT;
    }
    piece = span_first(piece, room);
    g_byte_array_append(reader->kept, piece.bytes, (guint)piece.length);
}

/* Where a tentative frame ends, the next one begins, or the unit ends as well. */
static bool next_is_plausible(const H2FrameReader *reader)
{
    H2Frame next;
    Span rest = rest_of(reader);
    return !h2_frame_read(rest, &next) || h2_frame_is_plausible(&next, reader->from_client);
}

/* More of the payload; true: *ret_event is set. */
static bool read_payload(H2FrameReader *reader, H2Event *ret_event)
{
    Span rest = rest_of(reader);
    const H2Frame *frame = &reader->event.frame;
    Span piece = span_first(rest, frame->length - reader->passed);
    bool borrowed = reader->passed == 0 && piece.length == frame->length;
    if (keeps_payload(frame) && !borrowed)
        keep(reader, piece);
    reader->passed += piece.length;
    reader->at += piece.length;
    if (piece.length)
        reach(reader);
    if (reader->passed == frame->length) {
        if (reader->tentative && !next_is_plausible(reader)) {
            reader->in_frame = reader->tentative = false;
            reader->header_have = 0;
            reader->seeking = true;
            return false;
        }
        Span payload =
            keeps_payload(frame) ? (borrowed ? piece : kept_payload(reader)) : (Span){ 0 };
        return end_frame(reader, payload, ret_event);
    }
    *ret_event = reader->event;
    ret_event->kind = H2_FRAME_GOES_ON;
    return frame->type == H2_DATA && !reader->tentative;
}

/* Looks for a frame at the begin of the unit. If there is none, the unit is passed over. */
static void seek(H2FrameReader *reader)
{
    H2Frame frame;
    Span rest = rest_of(reader);
    bool found = reader->at == 0 && reader->unit->segment_start && h2_frame_read(rest, &frame) &&
                 h2_frame_is_plausible(&frame, reader->from_client);
    if (!found) {
        reader->at = reader->unit->data.length;
        return;
    }
    reader->seeking = false;
    reader->tentative = true;
}

static bool read_preface(H2FrameReader *reader, H2Event *ret_event)
{
    Span rest = rest_of(reader);
    Span piece = span_first(rest, reader->preface_left);
    g_assert(piece.bytes); /* likewise */
    const char *wanted = &H2_PREFACE[H2_PREFACE_SIZE - reader->preface_left];
    if (memcmp(piece.bytes, wanted, piece.length) != 0) {
        lose(reader, REASON_MALFORMED, ret_event);
        reader->at = reader->unit->data.length;
        return true;
    }
    reader->at += piece.length;
    reader->preface_left -= (uint32_t)piece.length;
    return false;
}

void h2_frames_feed(H2FrameReader *reader, const SessionUnit *unit, size_t from)
{
    reader->unit = unit;
    reader->at = from;
    reader->told = false;
}

bool h2_frames_next(H2FrameReader *reader, H2Event *ret_event)
{
    if (reader->unit->kind == SESSION_GAP)
        return take_gap(reader, ret_event);
    for (;;) {
        bool ends_here = reader->in_frame && reader->passed == reader->event.frame.length;
        if (reader->at == reader->unit->data.length && !ends_here)
            return false;
        if (reader->preface_left) {
            if (read_preface(reader, ret_event))
                return true;
        } else if (reader->seeking) {
            seek(reader);
        } else if (!reader->in_frame) {
            read_header(reader);
        } else if (read_payload(reader, ret_event)) {
            return true;
        }
    }
}
