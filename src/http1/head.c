/* Heads, parsed in one pass over borrowed bytes.
 *
 * Lines are found with memchr and every byte is classified by one table, because heads are the only
 * text this program reads and it reads tens of thousands of them a second. Nothing is allocated or
 * copied: names, values, method and target are spans into the caller's bytes.
 *
 * What peers read, this reads, with a note: the question is how the two ends understood a message,
 * not whether it was well made. So a line may end in a bare LF (§2.2), a request line may have
 * blanks in its target (its last word is the version), a field line that is none is passed over.
 * What peers refuse is HEAD_BAD: control characters in a start line, another protocol's name or
 * another major version.
 *
 * A request line of a known method without a version is HTTP/0.9's if it is a GET and no field line
 * follows. The bytes cannot tell a field line that is still on its way from none, so what stands in
 * `bytes` decides. Any other such line is kept, with HTTP_UNKNOWN: the row is worth more than the
 * rule. Inline commands of other text protocols ("GET key") look alike; they are told apart by
 * their target, which is no path, no URI, no authority.
 *
 * head_start() answers the question before: can these first bytes become a head at all? It looks
 * at a method's worth of bytes only, so that a stream of another protocol is known at its first
 * bytes. The rest of a line is judged when it is complete: to examine it as it grows would cost
 * a reader that gets single bytes the square of the line's length. */
#include "http1/head.h"

#include "base/text.h"

enum {
    CLASS_TOKEN = 1,
    CLASS_CONTROL = 2,
};

static const uint8_t byte_class[256] = {
    [0x00 ... 0x1f] = CLASS_CONTROL, [0x7f] = CLASS_CONTROL,      ['!'] = CLASS_TOKEN,
    ['#' ... '\''] = CLASS_TOKEN,    ['*' ... '+'] = CLASS_TOKEN, ['-' ... '.'] = CLASS_TOKEN,
    ['0' ... '9'] = CLASS_TOKEN,     ['A' ... 'Z'] = CLASS_TOKEN, ['^' ... '`'] = CLASS_TOKEN,
    ['a' ... 'z'] = CLASS_TOKEN,     ['|'] = CLASS_TOKEN,         ['~'] = CLASS_TOKEN,
};

static const char *const known_methods[] = { "GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                             "CONNECT", "OPTIONS", "TRACE", "PATCH" };

static bool is_token_byte(uint8_t c)
{
    return byte_class[c] & CLASS_TOKEN;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static size_t token_length(Span bytes)
{
    size_t n = 0;
    while (n < bytes.length && is_token_byte(bytes.bytes[n]))
        n++;
    return n;
}

/* Whether a byte of eight is below 0x20, or 0x7f: with its high bit clear, subtracting borrows into
 * that bit. */
static bool eight_have_control(uint64_t eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101), high = each * 0x80;
    uint64_t below = (eight - each * 0x20) & ~eight;
    uint64_t deletes = eight ^ each * 0x7f;
    return (below | ((deletes - each) & ~deletes)) & high;
}

static bool has_control(Span bytes, bool tab_allowed)
{
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= bytes.length; i += sizeof eight) {
        memcpy(&eight, bytes.bytes + i, sizeof eight);
        if (eight_have_control(eight))
            break;
    }
    for (; i < bytes.length; i++) {
        uint8_t c = bytes.bytes[i];
        if ((byte_class[c] & CLASS_CONTROL) && !(tab_allowed && c == '\t'))
            return true;
    }
    return false;
}

bool head_method_is_known(Span method)
{
    for (size_t i = 0; i < sizeof known_methods / sizeof *known_methods; i++)
        if (strlen(known_methods[i]) == method.length && span_starts_with(method, known_methods[i]))
            return true;
    return false;
}

static bool begins_known_method(Span bytes)
{
    for (size_t i = 0; i < sizeof known_methods / sizeof *known_methods; i++)
        if (strlen(known_methods[i]) >= bytes.length &&
            memcmp(known_methods[i], bytes.bytes, bytes.length) == 0)
            return true;
    return false;
}

/* Takes the next line off `rest`, without its line end; false if there is no line end yet. */
static inline bool take_line(Span *rest, Span *ret_line, unsigned *notes)
{
    const uint8_t *lf = rest->length ? memchr(rest->bytes, '\n', rest->length) : NULL;
    if (!lf)
        return false;
    size_t length = (size_t)(lf - rest->bytes);
    *ret_line = span_first(*rest, length);
    *rest = span_after(*rest, length + 1);
    if (length > 0 && lf[-1] == '\r')
        ret_line->length--;
    else
        *notes |= HEAD_BARE_LF;
    return true;
}

static Span strip_spaces(Span words)
{
    while (words.length > 0 && words.bytes[0] == ' ')
        words = span_after(words, 1);
    while (words.length > 0 && words.bytes[words.length - 1] == ' ')
        words.length--;
    return words;
}

/* HTTP-version of major version 1 (§2.3; the name is case-sensitive). */
static bool read_version(Span word, Head *head)
{
    if (word.length != 8 || !span_starts_with(word, "HTTP/1.") || !is_digit(word.bytes[7]))
        return false;
    head->minor = (uint8_t)(word.bytes[7] - '0');
    head->version = head->minor == 0 ? HTTP_1_0 : HTTP_1_1;
    return true;
}

/* The last word of another protocol's or another HTTP's request line: RTSP/1.0, SIP/2.0,
 * http/1.1 … */
static bool is_foreign_version(Span word)
{
    size_t n = 0;
    if (word.length >= 5 && span_is_nocase(span_first(word, 5), "http/"))
        return true;
    while (n < word.length && word.bytes[n] >= 'A' && word.bytes[n] <= 'Z')
        n++;
    return n > 0 && word.length >= n + 4 && word.bytes[n] == '/' && is_digit(word.bytes[n + 1]) &&
           word.bytes[n + 2] == '.' && is_digit(word.bytes[n + 3]);
}

static bool holds_text(Span bytes, const char *text)
{
    size_t length = strlen(text);
    for (size_t at = 0; at + length <= bytes.length; at++)
        if (memcmp(bytes.bytes + at, text, length) == 0)
            return true;
    return false;
}

/* A request line without a version: only a known method with a target of HTTP's forms (§3.2). */
static bool read_versionless(Span target, Head *head)
{
    if (!head_method_is_known(head->method) || target.length == 0)
        return false;
    bool authority = span_starts_with(head->method, "CONNECT") && holds_text(target, ":");
    if (target.bytes[0] != '/' && target.bytes[0] != '*' && !authority &&
        !holds_text(target, "://"))
        return false;
    /* head_parse() takes HTTP/0.9 back if field lines follow. */
    bool old = span_equal(head->method, span_of_text("GET"));
    head->version = old ? HTTP_0_9 : HTTP_UNKNOWN;
    head->notes |= old ? 0 : HEAD_BAD_START;
    head->target = target;
    return true;
}

/* "HTTP/1.0.8", "HTTP/1.10", "HTTP/1.", "HTTP/11", "HTTP/1": clients that say so are answered, as
 * what cannot be known. */
static bool is_garbled_version(Span word)
{
    if (!span_starts_with(word, "HTTP/1"))
        return false;
    if (word.length > 8 && word.bytes[6] == '.' && is_digit(word.bytes[7]))
        return true;
    for (size_t i = 6; i < word.length; i++)
        if (word.bytes[i] != '.' && !is_digit(word.bytes[i]))
            return false;
    return word.length != 8 || word.bytes[6] != '.' || !is_digit(word.bytes[7]);
}

/* Request line (§3). Its last word is the version, whatever blanks the target holds. */
static bool read_request_line(Span line, Head *head)
{
    size_t n = token_length(line);
    if (n == 0 || n > HEAD_METHOD_MAX || n == line.length || line.bytes[n] != ' ')
        return false;
    head->method = span_first(line, n);
    Span rest = span_after(line, n + 1);
    Span words = strip_spaces(rest);
    if (words.length == 0 || has_control(words, false))
        return false;
    if (words.length != rest.length)
        head->notes |= HEAD_BAD_START;
    size_t last = words.length;
    while (last > 0 && words.bytes[last - 1] != ' ')
        last--;
    Span word = span_after(words, last);
    if (is_garbled_version(word) && head_method_is_known(head->method)) {
        head->version = HTTP_UNKNOWN;
        head->notes |= HEAD_BAD_START;
    } else if (!read_version(word, head)) {
        if (is_foreign_version(word))
            return false;
        if (last > 0)
            head->notes |= HEAD_BAD_START;
        return read_versionless(words, head);
    }
    head->target = strip_spaces(span_first(words, last));
    if (head->target.length + 1 != last || memchr(head->target.bytes, ' ', head->target.length))
        head->notes |= HEAD_BAD_START;
    return true;
}

/* Status line (§4). The reason may be empty; the blank before it is a MUST that many forget. */
static bool read_status_line(Span line, Head *head)
{
    if (!read_version(span_first(line, 8), head))
        return false;
    Span rest = span_after(line, 8);
    size_t blanks = 0;
    while (blanks < rest.length && rest.bytes[blanks] == ' ')
        blanks++;
    rest = span_after(rest, blanks);
    if (blanks == 0 || rest.length < 3 || !is_digit(rest.bytes[0]) || !is_digit(rest.bytes[1]) ||
        !is_digit(rest.bytes[2]) || rest.bytes[0] == '0')
        return false;
    if (rest.length > 3 && (rest.bytes[3] != ' ' || has_control(span_after(rest, 4), true)))
        return false;
    if (blanks > 1 || rest.length == 3)
        head->notes |= HEAD_BAD_START;
    head->status = (rest.bytes[0] - '0') * 100 + (rest.bytes[1] - '0') * 10 + (rest.bytes[2] - '0');
    return true;
}

static bool read_start_line(Span line, Head *head)
{
    return head->kind == HEAD_RESPONSE ? read_status_line(line, head)
                                       : read_request_line(line, head);
}

/* Whether what follows a request line can be, or become, a field line. */
static bool can_be_field_line(Span rest)
{
    size_t n = token_length(rest);
    if (n == 0)
        return false;
    while (n < rest.length && is_blank(rest.bytes[n]))
        n++;
    return n == rest.length || rest.bytes[n] == ':';
}

/* One field line (§5), as take_line() took it off; NULL if it is none. The caller has seen to it
 * that there is room. */
static FieldLine *add_field(Span line, Head *head)
{
    size_t name = 0;
    while (is_token_byte(line.bytes[name])) /* its line end stands behind it, and is none */
        name++;
    size_t colon = name;
    while (colon < line.length && is_blank(line.bytes[colon]))
        colon++;
    if (name == 0 || colon == line.length || line.bytes[colon] != ':') {
        head->notes |= HEAD_BAD_LINE;
        return NULL;
    }
    if (colon > name)
        head->notes |= HEAD_SPACE_BEFORE_COLON;
    FieldLine *field = &head->fields[head->field_count];
    field->name = span_first(line, name);
    field->known = field_name(field->name);
    field->value = text_trim(span_after(line, colon + 1));
    if (head_has(head, field->known))
        head->repeated |= FIELD_BIT(field->known);
    else
        head->first[field->known] = (uint8_t)head->field_count;
    head->known |= FIELD_BIT(field->known);
    head->field_count++;
    return field;
}

/* A continuation line; it belongs to `field`, or to a line that was passed over. */
static void add_fold(Span line, FieldLine *field, Head *head)
{
    head->notes |= field ? HEAD_OBS_FOLD : HEAD_BAD_LINE;
    Span more = text_trim(line);
    if (!field || more.length == 0)
        return;
    if (field->value.length == 0)
        field->value = more;
    else
        field->value.length = (size_t)(more.bytes + more.length - field->value.bytes);
}

typedef enum FieldsRead { FIELDS_WHOLE, FIELDS_UNFINISHED, FIELDS_TOO_MANY } FieldsRead;

/* The field lines up to and with the empty line. */
static FieldsRead read_fields(Span *rest, Head *head)
{
    FieldLine *field = NULL;
    Span line;
    while (take_line(rest, &line, &head->notes)) {
        if (line.length == 0)
            return FIELDS_WHOLE;
        if (is_blank(line.bytes[0]))
            add_fold(line, field, head);
        else if (head->field_count == HEAD_FIELDS_MAX)
            return FIELDS_TOO_MANY;
        else
            field = add_field(line, head);
    }
    return FIELDS_UNFINISHED;
}

/* Empty lines before a request line (§2.2). A lone CR counts too, as with the common servers. */
static Span skip_empty_lines(Span bytes, unsigned *notes)
{
    while (bytes.length > 0 && (bytes.bytes[0] == '\r' || bytes.bytes[0] == '\n')) {
        *notes |= HEAD_LEADING_LINES;
        bytes = span_after(bytes, 1);
    }
    return bytes;
}

/* HEAD_EITHER if the bytes can still become both. No method begins with "HTTP/". */
static HeadKind kind_of(Span bytes, HeadKind kind)
{
    if (kind != HEAD_EITHER)
        return kind;
    if (span_starts_with(bytes, "HTTP/"))
        return HEAD_RESPONSE;
    return bytes.length < 5 && memcmp(bytes.bytes, "HTTP/", bytes.length) == 0 ? HEAD_EITHER
                                                                               : HEAD_REQUEST;
}

static HeadStart request_start(Span bytes)
{
    size_t n = token_length(span_first(bytes, HEAD_METHOD_MAX + 1));
    if (n == 0 || n > HEAD_METHOD_MAX)
        return HEAD_START_BAD;
    Span method = span_first(bytes, n), rest = span_after(bytes, n);
    if (rest.length == 0)
        return begins_known_method(method) ? HEAD_START_BEGUN : HEAD_START_OPEN;
    if (rest.bytes[0] != ' ' || has_control(span_first(rest, 2), false))
        return HEAD_START_BAD;
    return rest.length > 1 || head_method_is_known(method) ? HEAD_START_BEGUN : HEAD_START_OPEN;
}

static HeadStart response_start(Span bytes)
{
    static const char version[] = "HTTP/1.";
    Span seen = span_first(bytes, sizeof version - 1);
    if (memcmp(seen.bytes, version, seen.length) != 0 ||
        (bytes.length > seen.length && !is_digit(bytes.bytes[seen.length])))
        return HEAD_START_BAD;
    return bytes.length >= 5 ? HEAD_START_BEGUN : HEAD_START_OPEN;
}

/* Of a line that is not complete. */
static HeadStart partial_start(Span bytes, HeadKind kind)
{
    if (kind == HEAD_EITHER)
        return HEAD_START_OPEN;
    return kind == HEAD_RESPONSE ? response_start(bytes) : request_start(bytes);
}

HeadStart head_start(Span bytes, HeadKind kind, HeadKind *ret_kind)
{
    Head head;
    Span line, rest = span_first(bytes, HEAD_BYTES_MAX);
    *ret_kind = kind;
    if (bytes.length == 0)
        return HEAD_START_OPEN;
    head.kind = *ret_kind = kind_of(bytes, kind);
    head.notes = 0;
    if (partial_start(bytes, *ret_kind) == HEAD_START_BAD)
        return HEAD_START_BAD; /* before a long line's end is searched */
    if (take_line(&rest, &line, &head.notes))
        return read_start_line(line, &head) ? HEAD_START_LINE : HEAD_START_BAD;
    return bytes.length > HEAD_BYTES_MAX ? HEAD_START_BAD : partial_start(bytes, *ret_kind);
}

static void head_clear(Head *head)
{
    head->kind = HEAD_EITHER;
    head->version = HTTP_UNKNOWN;
    head->minor = 0;
    head->method = head->target = span_make(NULL, 0);
    head->status = 0;
    head->notes = 0;
    head->field_count = 0;
    head->known = head->repeated = 0;
}

int head_parse(Span bytes, HeadKind kind, Head *ret_head, bool *ret_line_seen)
{
    int unfinished = bytes.length > HEAD_BYTES_MAX ? HEAD_BAD : HEAD_PARTIAL;
    Head *head = ret_head;
    Span line, rest = span_first(bytes, HEAD_BYTES_MAX);
    if (ret_line_seen)
        *ret_line_seen = false;
    head_clear(head);
    if (kind != HEAD_RESPONSE)
        rest = skip_empty_lines(rest, &head->notes);
    if (rest.length == 0)
        return unfinished;
    head->kind = head->notes & HEAD_LEADING_LINES ? HEAD_REQUEST : kind_of(rest, kind);
    if (!take_line(&rest, &line, &head->notes))
        return partial_start(rest, head->kind) == HEAD_START_BAD ? HEAD_BAD : unfinished;
    if (!read_start_line(line, head))
        return HEAD_BAD;
    if (ret_line_seen)
        *ret_line_seen = true;
    if (head->version == HTTP_0_9) {
        if (!can_be_field_line(rest))
            return (int)(rest.bytes - bytes.bytes);
        head->version = HTTP_UNKNOWN;
        head->notes |= HEAD_BAD_START;
    }
    FieldsRead fields = read_fields(&rest, head);
    if (fields == FIELDS_WHOLE)
        return (int)(rest.bytes - bytes.bytes);
    return fields == FIELDS_TOO_MANY ? HEAD_BAD : unfinished;
}
