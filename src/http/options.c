#include "http/options.h"

#include "base/text.h"

/* As reports.md's columns request_unlisted and response_unlisted name them, in that order. */
static const FieldName hop_by_hop_fields[] = {
    FIELD_KEEP_ALIVE,
    FIELD_TE,
    FIELD_UPGRADE,
    FIELD_HTTP2_SETTINGS,
    FIELD_TRANSFER_ENCODING,
    FIELD_TRAILER,
    FIELD_PROXY_AUTHENTICATE,
    FIELD_PROXY_AUTHORIZATION,
    FIELD_PROXY_CONNECTION,
};

static bool is_list_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static Span trim_list_blanks(Span bytes)
{
    while (bytes.length > 0 && is_list_blank(bytes.bytes[0]))
        bytes = span_after(bytes, 1);
    while (bytes.length > 0 && is_list_blank(bytes.bytes[bytes.length - 1]))
        bytes.length--;
    return bytes;
}

/* The length of the quoted string at the front (RFC 9110 §5.6.4), 0 if its end is missing. */
static size_t quoted_length(Span bytes)
{
    for (size_t i = 1; i < bytes.length; i++) {
        if (bytes.bytes[i] == '"')
            return i + 1;
        if (bytes.bytes[i] == '\\')
            i++;
    }
    return 0;
}

/* Where the member at the front of the cursor's rest ends. A quote that nothing closes is a byte
 * like any other: it must not hide the members behind it. There is no second search for its end. */
static size_t member_length(ListCursor *cursor)
{
    size_t at = 0;
    while (at < cursor->rest.length && cursor->rest.bytes[at] != ',') {
        size_t quoted = 0;
        if (cursor->rest.bytes[at] == '"' && !cursor->unquoted) {
            quoted = quoted_length(span_after(cursor->rest, at));
            cursor->unquoted = quoted == 0;
        }
        at += quoted > 0 ? quoted : 1;
    }
    return at;
}

bool list_next(ListCursor *cursor, Span *ret_member)
{
    while (cursor->rest.length > 0) {
        size_t length = member_length(cursor);
        Span member = trim_list_blanks(span_first(cursor->rest, length));
        cursor->rest = span_after(cursor->rest, length + 1);
        if (member.length > 0) {
            *ret_member = member;
            return true;
        }
    }
    return false;
}

static unsigned option_of(Span member)
{
    if (span_is_nocase(member, "close"))
        return OPTION_CLOSE;
    if (span_is_nocase(member, "keep-alive"))
        return OPTION_KEEP_ALIVE;
    if (span_is_nocase(member, "upgrade"))
        return OPTION_UPGRADE;
    return text_is_token(member) ? OPTION_OTHER : OPTION_MALFORMED;
}

Listed connection_options(const Head *head)
{
    Listed listed = { 0 };
    unsigned lines = 0, empty_lines = 0;
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_CONNECTION, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        unsigned of_line = 0;
        Span member;
        while (list_next(&cursor, &member)) {
            of_line |= option_of(member);
            listed.fields |= FIELD_BIT(field_name(member));
        }
        listed.options |= of_line;
        lines++;
        empty_lines += of_line == 0;
    }
    if (lines > 1 && empty_lines > 0)
        listed.options |= OPTION_EMPTY_LINE;
    return listed;
}

/* A parameter's value may be quoted; what a number needs has no escapes. */
static Span unquote(Span value)
{
    if (value.length >= 2 && value.bytes[0] == '"' && value.bytes[value.length - 1] == '"')
        return span_first(span_after(value, 1), value.length - 2);
    return value;
}

static void take_parameter(Span member, bool of_request, KeepAlive *keep_alive)
{
    const uint8_t *equals = memchr(member.bytes, '=', member.length);
    size_t length = equals ? (size_t)(equals - member.bytes) : member.length;
    Span name = trim_list_blanks(span_first(member, length));
    int64_t value, *stated = NULL;
    if (!equals) {
        /* "Keep-Alive: 115": old browsers mean seconds, and have no parameter names. */
        keep_alive->malformed = true;
        if (of_request && keep_alive->timeout < 0 && text_number(name, &value))
            keep_alive->timeout = value;
        return;
    }
    if (span_is_nocase(name, "timeout"))
        stated = &keep_alive->timeout;
    else if (span_is_nocase(name, "max"))
        stated = &keep_alive->max;
    if (stated && *stated < 0 &&
        text_number(unquote(trim_list_blanks(span_after(member, length + 1))), &value))
        *stated = value;
    else
        keep_alive->malformed = true;
}

KeepAlive keep_alive_parameters(const Head *head)
{
    KeepAlive keep_alive = { .timeout = -1, .max = -1 };
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_KEEP_ALIVE, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        keep_alive.present = true;
        while (list_next(&cursor, &member))
            take_parameter(member, head->kind == HEAD_REQUEST, &keep_alive);
    }
    return keep_alive;
}

typedef struct ValueText {
    GString *text;
    size_t start, max;
    const Redactor *redactor;
} ValueText;

/* False if there is no room for more. */
static bool append_shown(const ValueText *to, Span bytes)
{
    return text_append_bounded(to->text, to->start, to->max, bytes);
}

static bool append_hidden(const ValueText *to, Span value)
{
    g_autoptr(GString) name = g_string_new(NULL);
    redactor_append(to->redactor, name, value);
    return append_shown(to, span_make(name->str, name->len));
}

static bool append_members(const ValueText *to, Span list)
{
    ListCursor cursor = { .rest = list };
    Span member;
    bool more = true;
    for (unsigned members = 0; more && list_next(&cursor, &member); members++) {
        if (members > 0)
            more = append_shown(to, span_of_text(", "));
        if (more)
            more = text_is_token(member) ? append_shown(to, member) : append_hidden(to, member);
    }
    return more;
}

static bool append_value(const ValueText *to, Span value, bool is_connection)
{
    if (!to->redactor)
        return append_shown(to, value);
    return is_connection ? append_members(to, value) : append_hidden(to, value);
}

static void append_lines(const ValueText *to, const Head *head, FieldName name)
{
    const FieldLine *field;
    bool more = true;
    for (size_t i = 0, lines = 0; more && (field = head_field(head, name, i, &i)); i++, lines++) {
        if (lines > 0)
            more = append_shown(to, span_of_text("\n"));
        more = more && append_value(to, field->value, name == FIELD_CONNECTION);
    }
}

void head_append_values(const Head *head, FieldName name, const Redactor *redactor, GString *text,
                        size_t max)
{
    ValueText to = { .text = text, .start = text->len, .max = max, .redactor = redactor };
    append_lines(&to, head, name);
}

/* The words of a text from `start` on, blank-separated and in lower case. A few are searched;
 * many, which only a hostile list has, are hashed. */
typedef struct WordSet {
    GString *text;
    size_t start, max;
    unsigned count;
    GHashTable *table; /* owned; NULL while there are few */
} WordSet;

enum { WORDS_FEW = 16 };

static bool is_among_few(const WordSet *set, Span word)
{
    const GString *text = set->text;
    for (size_t at = set->start; at < text->len;) {
        const char *end = memchr(text->str + at, ' ', text->len - at);
        size_t length = end ? (size_t)(end - text->str) - at : text->len - at;
        if (length == word.length &&
            g_ascii_strncasecmp(text->str + at, (const char *)word.bytes, length) == 0)
            return true;
        at += length + 1;
    }
    return false;
}

static void hash_words(WordSet *set)
{
    set->table = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_auto(GStrv) words = g_strsplit(set->text->str + set->start, " ", -1);
    for (char **word = words; *word; word++)
        g_hash_table_add(set->table, g_strdup(*word));
}

static bool is_new(WordSet *set, Span word)
{
    if (set->count < WORDS_FEW)
        return !is_among_few(set, word);
    if (!set->table)
        hash_words(set);
    return g_hash_table_add(set->table,
                            g_ascii_strdown((const char *)word.bytes, (gssize)word.length));
}

static bool append_word(GString *text, size_t start, size_t max, Span word)
{
    return (text->len == start || text_append_bounded(text, start, max, span_of_text(" "))) &&
           text_append_bounded(text, start, max, word);
}

/* False if the text has no room for it. */
static bool add_option(WordSet *set, Span member)
{
    GString *text = set->text;
    size_t before = text->len;
    if (!text_is_token(member) || !is_new(set, member))
        return true;
    bool more = append_word(text, set->start, set->max, member);
    for (size_t at = MIN(before, text->len); at < text->len; at++)
        text->str[at] = g_ascii_tolower(text->str[at]);
    set->count++;
    return more;
}

void head_append_options(const Head *head, GString *text, size_t max)
{
    WordSet set = { .text = text, .start = text->len, .max = max };
    const FieldLine *field;
    bool more = true;
    for (size_t i = 0; more && (field = head_field(head, FIELD_CONNECTION, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        while (more && list_next(&cursor, &member))
            more = add_option(&set, member);
    }
    g_clear_pointer(&set.table, g_hash_table_unref);
}

/* A set of the fields above. */
static FieldSet hop_by_hop_set(void)
{
    FieldSet set = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(hop_by_hop_fields); i++)
        set |= FIELD_BIT(hop_by_hop_fields[i]);
    return set;
}

void head_append_unlisted(const Head *head, GString *text, size_t max)
{
    size_t start = text->len;
    if (!(head->known & hop_by_hop_set()))
        return; /* most heads */
    FieldSet listed = connection_options(head).fields;
    for (size_t i = 0; i < G_N_ELEMENTS(hop_by_hop_fields); i++) {
        FieldName name = hop_by_hop_fields[i];
        if (!(listed & FIELD_BIT(name)) && head_has(head, name) &&
            !append_word(text, start, max, span_of_text(field_name_text(name))))
            return;
    }
}
