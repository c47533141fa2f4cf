/* A state machine over single bytes for chunk lines and trailers; data is passed over by count.
 *
 * What is tolerated is what the widely used servers tolerate without losing the place: bare LF
 * for CRLF, blanks behind the size, anything in an extension. Each is noted, because two peers
 * that tolerate differently see different messages. Not tolerated is what leaves the size or the
 * end of the data in doubt: no digit, a sign, "0x", anything but a line end behind the data. A
 * size of more than 63 bits is of the grammar, but beyond our numbers.
 *
 * A line feed ends a chunk line even inside a quoted string: quoted strings hold no control
 * characters (RFC 9110 §5.6.4), and a quote that hid a line end would hide chunks. A CR counts
 * as part of a line end only directly before the LF.
 *
 * Trailer names are matched as they come against four names, with one bit for each that is still
 * possible; so the line need not be kept. */
#include "http1/chunked.h"

enum {
    STATE_SIZE_FIRST, /* the first digit of a size must follow */
    STATE_SIZE,
    STATE_SIZE_BLANK, /* blanks behind the size */
    STATE_SIZE_CR,    /* a CR behind the size: only LF may follow */
    STATE_EXTENSION,
    STATE_QUOTED,
    STATE_QUOTED_PAIR,
    STATE_EXTENSION_CR,
    STATE_DATA,
    STATE_DATA_END,    /* behind the data */
    STATE_DATA_END_CR, /* and its CR */
    STATE_TRAILER_START,
    STATE_TRAILER_START_CR,
    STATE_TRAILER_NAME,
    STATE_TRAILER_BLANK, /* blanks between name and colon */
    STATE_TRAILER_REST,
    STATE_DONE,
};

/* What one byte does. */
typedef enum Step { STEP_ON, STEP_BAD, STEP_LIMIT } Step;

static const char *const watched_trailers[] = { "connection", "content-length", "transfer-encoding",
                                                "host" };
enum { WATCHED_COUNT = sizeof watched_trailers / sizeof *watched_trailers };

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void end_chunk_line(ChunkReader *reader, bool bare)
{
    if (bare)
        reader->notes |= CHUNK_OFF_GRAMMAR;
    reader->section = 0;
    reader->state = reader->left > 0 ? STATE_DATA : STATE_TRAILER_START;
}

static Step step_size(ChunkReader *reader, uint8_t c)
{
    int digit = hex_digit(c);
    if (digit >= 0 && reader->state != STATE_SIZE_BLANK) {
        if (reader->left > (INT64_MAX - digit) / 16)
            return STEP_LIMIT;
        reader->left = reader->left * 16 + digit;
        reader->state = STATE_SIZE;
        return STEP_ON;
    }
    if (reader->state == STATE_SIZE_FIRST)
        return STEP_BAD;
    switch (c) {
    case ';':
        reader->state = STATE_EXTENSION;
        return STEP_ON;
    case ' ':
    case '\t':
        reader->state = STATE_SIZE_BLANK;
        return STEP_ON;
    case '\r':
    case '\n':
        if (reader->state == STATE_SIZE_BLANK)
            reader->notes |= CHUNK_OFF_GRAMMAR;
        reader->state = STATE_SIZE_CR;
        if (c == '\n')
            end_chunk_line(reader, true);
        return STEP_ON;
    default:
        return STEP_BAD;
    }
}

static void step_extension(ChunkReader *reader, uint8_t c)
{
    bool quoted = reader->state == STATE_QUOTED || reader->state == STATE_QUOTED_PAIR;
    bool after_cr = reader->state == STATE_EXTENSION_CR;
    if (c == '\n') {
        if (quoted)
            reader->notes |= CHUNK_OFF_GRAMMAR;
        end_chunk_line(reader, !after_cr);
        return;
    }
    if (after_cr || (c < 0x20 && c != '\t' && c != '\r') || c == 0x7f || (quoted && c == '\r'))
        reader->notes |= CHUNK_OFF_GRAMMAR;
    if (c == '\r')
        reader->state = STATE_EXTENSION_CR;
    else if (reader->state == STATE_QUOTED_PAIR)
        reader->state = STATE_QUOTED;
    else if (reader->state == STATE_QUOTED)
        reader->state = c == '"' ? STATE_EXTENSION : c == '\\' ? STATE_QUOTED_PAIR : STATE_QUOTED;
    else
        reader->state = c == '"' ? STATE_QUOTED : STATE_EXTENSION;
}

static Step step_data_end(ChunkReader *reader, uint8_t c)
{
    if (c == '\r' && reader->state == STATE_DATA_END) {
        reader->state = STATE_DATA_END_CR;
        return STEP_ON;
    }
    if (c != '\n')
        return STEP_BAD;
    if (reader->state == STATE_DATA_END)
        reader->notes |= CHUNK_OFF_GRAMMAR;
    reader->state = STATE_SIZE_FIRST;
    reader->section = 0;
    return STEP_ON;
}

/* Keeps the candidates whose next byte this is; never one that has no next byte. */
static void match_name(ChunkReader *reader, uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        c |= 0x20;
    for (int i = 0; i < WATCHED_COUNT; i++)
        if ((reader->candidates >> i & 1) &&
            (c == '\0' || (uint8_t)watched_trailers[i][reader->matched] != c))
            reader->candidates &= (uint8_t) ~(1 << i);
    if (reader->candidates)
        reader->matched++;
}

static void end_name(ChunkReader *reader)
{
    for (int i = 0; i < WATCHED_COUNT; i++)
        if ((reader->candidates >> i & 1) && watched_trailers[i][reader->matched] == '\0')
            reader->notes |= CHUNK_FRAMING_TRAILER;
    reader->state = STATE_TRAILER_REST;
}

static void step_trailer_name(ChunkReader *reader, uint8_t c)
{
    if (c == ':') {
        end_name(reader);
    } else if (c == '\n') {
        reader->state = STATE_TRAILER_START;
    } else if (c == ' ' || c == '\t') {
        reader->state = STATE_TRAILER_BLANK;
    } else if (reader->state == STATE_TRAILER_BLANK) {
        reader->state = STATE_TRAILER_REST;
    } else {
        match_name(reader, c);
    }
}

static void step_trailer_start(ChunkReader *reader, uint8_t c)
{
    if (c == '\n') {
        if (reader->state == STATE_TRAILER_START)
            reader->notes |= CHUNK_OFF_GRAMMAR;
        reader->state = STATE_DONE;
    } else if (c == '\r' && reader->state == STATE_TRAILER_START) {
        reader->state = STATE_TRAILER_START_CR;
    } else if (c == ' ' || c == '\t' || reader->state == STATE_TRAILER_START_CR) {
        reader->state = STATE_TRAILER_REST; /* a fold, or a stray CR */
    } else {
        reader->state = STATE_TRAILER_NAME;
        reader->candidates = (1 << WATCHED_COUNT) - 1;
        reader->matched = 0;
        step_trailer_name(reader, c);
    }
}

static Step step(ChunkReader *reader, uint8_t c)
{
    switch (reader->state) {
    case STATE_SIZE_FIRST:
    case STATE_SIZE:
    case STATE_SIZE_BLANK:
        return step_size(reader, c);
    case STATE_SIZE_CR:
        if (c != '\n')
            return STEP_BAD;
        end_chunk_line(reader, false);
        return STEP_ON;
    case STATE_EXTENSION:
    case STATE_QUOTED:
    case STATE_QUOTED_PAIR:
    case STATE_EXTENSION_CR:
        step_extension(reader, c);
        return STEP_ON;
    case STATE_DATA_END:
    case STATE_DATA_END_CR:
        return step_data_end(reader, c);
    case STATE_TRAILER_START:
    case STATE_TRAILER_START_CR:
        step_trailer_start(reader, c);
        return STEP_ON;
    case STATE_TRAILER_NAME:
    case STATE_TRAILER_BLANK:
        step_trailer_name(reader, c);
        return STEP_ON;
    default: /* STATE_TRAILER_REST */
        if (c == '\n')
            reader->state = STATE_TRAILER_START;
        return STEP_ON;
    }
}

bool chunk_in_trailer(const ChunkReader *reader)
{
    return reader->state >= STATE_TRAILER_START;
}

bool chunk_skip(ChunkReader *reader, int64_t length)
{
    if (reader->state != STATE_DATA || length > reader->left)
        return false;
    reader->left -= length;
    if (reader->left == 0)
        reader->state = STATE_DATA_END;
    return true;
}

ChunkResult chunk_read(ChunkReader *reader, Span bytes, ContentHash *content, size_t *ret_taken)
{
    size_t at = 0;
    ChunkResult result = CHUNK_MORE;
    while (at < bytes.length && result == CHUNK_MORE && reader->state != STATE_DONE) {
        if (reader->state == STATE_DATA) {
            size_t rest = bytes.length - at;
            if ((uint64_t)reader->left < rest)
                rest = (size_t)reader->left;
            chunk_skip(reader, (int64_t)rest);
            if (content)
                content_hash_add(content, span_make(bytes.bytes + at, rest));
            at += rest;
            continue;
        }
        uint32_t max = chunk_in_trailer(reader) ? CHUNK_TRAILER_MAX : CHUNK_LINE_MAX;
        Step done = STEP_LIMIT;
        if (reader->section++ < max) /* before the step, which may begin a new section */
            done = step(reader, bytes.bytes[at]);
        if (done == STEP_ON)
            at++;
        else
            result = done == STEP_BAD ? CHUNK_BAD : CHUNK_LIMIT;
    }
    *ret_taken = at;
    return reader->state == STATE_DONE ? CHUNK_END : result;
}
