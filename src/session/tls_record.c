/* A record in one unit is borrowed from it; one that straddles units is gathered, at most
 * TLS_BODY_MAX bytes a direction.
 *
 * A hole inside the body of one record costs that record alone: where it ends is known. Behind
 * any other hole the next record may begin anywhere, and is looked for only where a segment
 * begins: a search through the bytes would find headers in what is encrypted. */
#include "session/tls_record.h"

#include "base/pack.h"

typedef enum State { STATE_HEADER, STATE_BODY, STATE_SEEK, STATE_JUNK } State;

bool tls_record_is_plausible(Span bytes)
{
    static const uint8_t LEAST[] = { TLS_CHANGE_CIPHER_SPEC, 3, 0 };
    static const uint8_t MOST[] = { TLS_HEARTBEAT, 3, 4 };
    for (size_t i = 0; i < MIN(bytes.length, sizeof LEAST); i++)
        if (bytes.bytes[i] < LEAST[i] || bytes.bytes[i] > MOST[i])
            return false;
    uint16_t length = 0;
    return !span_be16(bytes, 3, &length) || length <= TLS_BODY_MAX;
}

void tls_records_feed(TlsRecordReader *reader, const SessionUnit *unit)
{
    reader->unit = unit;
    reader->at = unit->place;
    reader->data = unit->data;
    reader->gap = unit->kind == SESSION_GAP ? unit->length : 0;
}

static Stamp known_before(const TlsRecordReader *reader)
{
    return session_known(reader->unit, reader->at - 1);
}

/* What the unit of a record is made of that begins at `at`. Only the first byte of a unit is
 * known to be what its last three members speak of. */
static void note_first(TlsRecordReader *reader)
{
    const SessionUnit *unit = reader->unit;
    bool at_start = reader->at == unit->place;
    reader->first = *unit;
    reader->first.data = (Span){ 0 };
    reader->first.place = reader->first.length = 0;
    reader->first.first = reader->first.last = session_sent(unit, reader->at);
    reader->first.by_byte = false;
    reader->first.segment_start = true;
    if (!at_start)
        reader->first.free_to_send = 0;
}

static void drop_held(TlsRecordReader *reader)
{
    g_clear_pointer(&reader->held, g_free);
    reader->held_length = 0;
}

static void begin_header(TlsRecordReader *reader)
{
    reader->state = STATE_HEADER;
    reader->header_length = 0;
    reader->cut = reader->found = false;
    reader->hole = 0;
}

static void take(TlsRecordReader *reader, size_t length)
{
    reader->data = span_after(reader->data, length);
    reader->at += (int64_t)length;
}

/* The record ends before `at`. */
static void end_record(TlsRecordReader *reader, Span body, TlsRecord *ret_record)
{
    *ret_record = (TlsRecord){ .kind = reader->cut ? TLS_RECORD_CUT : TLS_RECORD_WHOLE,
                               .header = span_make(reader->header, TLS_HEADER_SIZE),
                               .body = body,
                               .length = reader->length,
                               .found = reader->found,
                               .hole = reader->hole,
                               .unit = reader->first };
    ret_record->unit.kind = SESSION_DATA;
    ret_record->unit.connection = reader->unit->connection;
    ret_record->unit.last = known_before(reader);
    if (reader->found && !reader->cut)
        ret_record->unit.reason = reader->hole_reason;
    int64_t hole = reader->hole;
    begin_header(reader);
    reader->hole = hole; /* a rejection goes on from there */
}

static void hold(TlsRecordReader *reader, Span part)
{
    if (reader->skipping || reader->cut || part.length == 0)
        return;
    if (!reader->held)
        reader->held = g_malloc(reader->length);
    memcpy(reader->held + reader->held_length, part.bytes, part.length);
    reader->held_length += (uint32_t)part.length;
}

/* Returns whether the record ended. */
static bool read_body(TlsRecordReader *reader, TlsRecord *ret_record)
{
    Span part = span_first(reader->data, reader->left);
    bool in_one = part.length == reader->length && !reader->cut;
    reader->left -= (uint32_t)part.length;
    if (!in_one)
        hold(reader, part);
    take(reader, part.length);
    if (reader->left > 0)
        return false;
    Span body = in_one ? part : span_make(reader->held, reader->held_length);
    end_record(reader, reader->skipping ? (Span){ 0 } : body, ret_record);
    return true;
}

/* Returns whether it turned out to be no header. */
static bool read_header(TlsRecordReader *reader, TlsRecord *ret_record)
{
    if (reader->header_length == 0) {
        drop_held(reader);
        note_first(reader);
        if (!reader->found)
            reader->hole = 0;
    }
    size_t length = MIN(reader->data.length, TLS_HEADER_SIZE - (size_t)reader->header_length);
    memcpy(reader->header + reader->header_length, reader->data.bytes, length);
    reader->header_length += (uint8_t)length;
    Span header = span_make(reader->header, reader->header_length);
    if (!tls_record_is_plausible(header)) {
        *ret_record = (TlsRecord){ .kind = TLS_RECORD_JUNK, .unit = reader->first };
        reader->state = STATE_JUNK;
        reader->hole_reason = REASON_MALFORMED;
        return true;
    }
    take(reader, length);
    uint16_t body;
    if (!span_be16(header, 3, &body))
        return false;
    reader->length = reader->left = body;
    reader->skipping = reader->skip && reader->header[0] == TLS_DATA;
    reader->state = STATE_BODY;
    return false;
}

/* The next `length` bytes belong to the hole before them. */
static void widen_hole(TlsRecordReader *reader, int64_t length, TlsRecord *ret_record)
{
    note_first(reader);
    reader->hole += length;
    reader->at += length;
    reader->first.last = known_before(reader);
    reader->first.kind = SESSION_GAP;
    reader->first.reason = reader->hole_reason;
    *ret_record = (TlsRecord){ .kind = TLS_RECORD_HOLE, .hole = length, .unit = reader->first };
}

static void pass_over(TlsRecordReader *reader, TlsRecord *ret_record)
{
    size_t length = reader->data.length;
    reader->data = (Span){ 0 };
    widen_hole(reader, (int64_t)length, ret_record);
}

/* A record counts only at the first byte of a segment. Returns whether it passed something
 * over. */
static bool seek(TlsRecordReader *reader, TlsRecord *ret_record)
{
    const SessionUnit *unit = reader->unit;
    if (unit->segment_start && reader->at == unit->place &&
        reader->data.length >= TLS_HEADER_SIZE && tls_record_is_plausible(reader->data)) {
        int64_t hole = reader->hole;
        begin_header(reader);
        reader->found = true;
        reader->hole = hole;
        return false;
    }
    pass_over(reader, ret_record);
    return true;
}

void tls_records_reject(TlsRecordReader *reader)
{
    g_assert(reader->state == STATE_HEADER && reader->header_length == 0);
    reader->state = STATE_SEEK;
    reader->hole += TLS_HEADER_SIZE + (int64_t)reader->length;
}

/* Records begin and end in what is missing, from a header on that may be there in part. */
static void open_hole(TlsRecordReader *reader, TlsRecord *ret_record)
{
    if (reader->header_length == 0 || reader->state != STATE_HEADER)
        note_first(reader);
    reader->hole = reader->header_length + reader->gap;
    reader->at += reader->gap;
    reader->first.last = known_before(reader);
    reader->first.kind = SESSION_GAP;
    reader->first.reason = reader->hole_reason = reader->unit->reason;
    *ret_record =
        (TlsRecord){ .kind = TLS_RECORD_HOLE, .hole = reader->hole, .unit = reader->first };
    reader->gap = 0;
    reader->header_length = 0;
    reader->state = STATE_SEEK;
}

/* Returns whether a record or a hole came of it. */
static bool read_gap(TlsRecordReader *reader, TlsRecord *ret_record)
{
    if (reader->state == STATE_HEADER) {
        open_hole(reader, ret_record);
        return true;
    }
    if (reader->state != STATE_BODY) {
        int64_t passed = reader->gap;
        reader->gap = 0;
        if (reader->state == STATE_SEEK)
            reader->hole_reason = reader->unit->reason;
        widen_hole(reader, passed, ret_record);
        return true;
    }
    int64_t length = MIN(reader->gap, (int64_t)reader->left);
    reader->cut = reader->cut || length > 0;
    reader->first.reason = reader->unit->reason;
    reader->gap -= length;
    reader->left -= (uint32_t)length;
    reader->at += length;
    if (reader->left > 0)
        return false;
    end_record(reader, span_make(reader->held, reader->held_length), ret_record);
    return true;
}

bool tls_records_next(TlsRecordReader *reader, TlsRecord *ret_record)
{
    while (reader->gap > 0)
        if (read_gap(reader, ret_record))
            return true;
    /* a body of no bytes ends with its header */
    while (reader->data.length > 0 || (reader->state == STATE_BODY && reader->left == 0)) {
        switch ((State)reader->state) {
        case STATE_HEADER:
            if (read_header(reader, ret_record))
                return true;
            break;
        case STATE_BODY:
            if (read_body(reader, ret_record))
                return true;
            break;
        case STATE_SEEK:
            if (seek(reader, ret_record))
                return true;
            break;
        case STATE_JUNK:
            pass_over(reader, ret_record);
            return true;
        }
    }
    reader->unit = NULL;
    return false;
}

size_t tls_records_size(const TlsRecordReader *reader)
{
    return reader->held ? reader->length : 0;
}

void tls_records_pack(const TlsRecordReader *reader, GByteArray *to)
{
    TlsRecordReader rest = *reader;
    rest.unit = NULL;
    rest.data = (Span){ 0 };
    rest.held = NULL;
    rest.first.connection = NULL;
    pack_words(to, &rest, sizeof rest);
    pack_span(to, span_make(reader->held, reader->state == STATE_BODY ? reader->held_length : 0));
}

void tls_records_unpack(TlsRecordReader *reader, Span *from)
{
    unpack_words(from, reader, sizeof *reader);
    Span held = unpack_span(from);
    reader->held_length = (uint32_t)held.length;
    if (held.length == 0)
        return;
    reader->held = g_malloc(reader->length);
    memcpy(reader->held, held.bytes, held.length);
}

void tls_records_clear(TlsRecordReader *reader)
{
    drop_held(reader);
}
