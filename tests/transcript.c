/* Reads conversations: from text to lines, settings and expectations. transcript.h describes the
 * notation; transcript_wire.c turns the lines into frames.
 *
 * A file is read line by line; continuation lines are joined first. A Draft collects everything of
 * one conversation. At the next title or the end of the file, the draft is built: the handshake and
 * the other client's lines are added, the frames are made, and the labels in the expectations
 * become frame numbers.
 *
 * A mistake in a file is an error that names the line: a test that silently tests something else is
 * worse than none. */
#include "transcript.h"

#include <string.h>

#include "h2_frames.h"
#include "transcript_wire.h"

G_DEFINE_QUARK(transcript - error, transcript_error)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(WireLine, wire_line_free)

#define HANDSHAKE_STEP NS_PER_MS

typedef struct Draft {
    Transcript *transcript; /* NULL: no title yet */
    GPtrArray *lines;       /* of WireLine */
    WireSettings settings;
    unsigned line; /* being read */
} Draft;

static bool fail(const Draft *draft, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static bool fail(const Draft *draft, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, TRANSCRIPT_ERROR, TRANSCRIPT_ERROR_SYNTAX, "line %u: %s", draft->line,
                message);
    return false;
}

/* ---- words and numbers ---- */

static char *skip_blanks(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* Cuts the next blank-separated word off `*text`; "" at the end. */
static char *next_word(char **text)
{
    char *word = skip_blanks(*text);
    char *end = word + strcspn(word, " \t");
    *text = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* Decimal seconds, up to nine places. */
static bool read_seconds(const char *text, Nanoseconds *ret_time)
{
    bool negative = *text == '-';
    text += negative;
    if (!g_ascii_isdigit(*text))
        return false;
    Nanoseconds time = 0, place = NS_PER_SECOND;
    for (; g_ascii_isdigit(*text); text++)
        time = time * 10 + (*text - '0') * NS_PER_SECOND;
    if (*text == '.')
        for (text++; g_ascii_isdigit(*text) && place > 1; text++)
            time += (*text - '0') * (place /= 10);
    *ret_time = negative ? -time : time;
    return *text == '\0';
}

static bool read_number(const char *text, int64_t *ret_number)
{
    char *end;
    if (*text == '+')
        text++;
    *ret_number = g_ascii_strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

/* ---- what is said ---- */

/* Appends text with its escapes undone; `^` begins a segment. */
static bool append_text(WireLine *line, const char *text, size_t length)
{
    static const char from[] = "rnt\\|^.", to[] = "\r\n\t\\|^.";
    for (size_t i = 0; i < length; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte == '^') {
            size_t offset = line->payload->len;
            g_array_append_val(line->splits, offset);
            continue;
        }
        if (byte == '\\' && i + 3 < length && text[i + 1] == 'x') {
            byte = (uint8_t)(g_ascii_xdigit_value(text[i + 2]) << 4 |
                             g_ascii_xdigit_value(text[i + 3]));
            i += 3;
        } else if (byte == '\\') {
            const char *escape = i + 1 < length ? strchr(from, text[++i]) : NULL;
            if (!escape)
                return false;
            byte = (uint8_t)to[escape - from];
        }
        g_byte_array_append(line->payload, &byte, 1);
    }
    return true;
}

static bool append_head(WireLine *line, const char *head)
{
    bool unfinished = g_str_has_suffix(head, "...");
    g_autofree char *text = g_strndup(head, strlen(head) - (unfinished ? 3 : 0));
    char *from = text;
    for (char *at = text;; at++) {
        while (*at == '\\' && at[1])
            at += 2;
        if (*at != '|' && *at != '\0')
            continue;
        bool last = *at == '\0';
        *at = '\0';
        g_strchug(from);
        if (!(last && unfinished))
            g_strchomp(from);
        if (!append_text(line, from, strlen(from)))
            return false;
        if (!(last && unfinished))
            g_byte_array_append(line->payload, (const uint8_t *)"\r\n", 2);
        from = at + 1;
        if (last)
            break;
    }
    if (!unfinished)
        g_byte_array_append(line->payload, (const uint8_t *)"\r\n", 2);
    return true;
}

static bool append_body(WireLine *line, char *body)
{
    if (*body == '*') {
        char *end;
        uint64_t count = g_ascii_strtoull(body + 1, &end, 10);
        if (end == body + 1 || count > 10000000)
            return false;
        guint at = line->payload->len;
        g_byte_array_set_size(line->payload, at + (guint)count);
        memset(line->payload->data + at, 'x', count);
        body = skip_blanks(end);
    }
    return append_text(line, body, strlen(body));
}

/* The mark that ends a head. */
static char *find_body(char *message)
{
    for (char *at = message; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (at[0] == '|' && at[1] == '|')
            return at;
    }
    return NULL;
}

static bool append_messages(WireLine *line, char *text)
{
    for (;;) {
        char *next = strstr(text, " && ");
        if (next)
            *next = '\0';
        if (g_str_has_prefix(text, "h2 ")) {
            if (!h2_frame_append(line->payload, text + 3))
                return false;
            if (!next)
                return true;
            text = skip_blanks(next + 4);
            continue;
        }
        char *body = find_body(text);
        if (body)
            *body = '\0';
        g_strchomp(text);
        if ((*text || !body) && !append_head(line, text))
            return false;
        if (body && !append_body(line, skip_blanks(body + 2)))
            return false;
        if (!next)
            return true;
        text = skip_blanks(next + 4);
    }
}

static bool read_content(const Draft *draft, WireLine *line, char *content, GError **error)
{
    static const struct {
        const char *word;
        WireKind kind;
        bool fin;
    } words[] = {
        { "ACK", WIRE_DATA, false },
        { "FIN", WIRE_DATA, true },
        { "SYN", WIRE_SYN, false },
        { "SYN-ACK", WIRE_SYN_ACK, false },
        { "STRAY-SYN", WIRE_STRAY_SYN, false },
        { "RST", WIRE_RST, false },
        { "RST-bare", WIRE_RST_BARE, false },
        { "PROBE", WIRE_PROBE, false },
    };
    g_strchomp(content);
    if (line->again) {
        line->kind = WIRE_AGAIN;
        return !*content || fail(draft, error, "`again` says nothing else");
    }
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(content, words[i].word) != 0)
            continue;
        line->kind = words[i].kind;
        line->fin = words[i].fin;
        return true;
    }
    if (g_str_has_suffix(content, " + FIN")) {
        line->fin = true;
        content[strlen(content) - strlen(" + FIN")] = '\0';
    }
    return append_messages(line, content) || fail(draft, error, "not understood: %s", content);
}

/* ---- conditions ---- */

static bool read_fate(WireLine *line, WireFate frame_result, char *segments)
{
    line->frame_result = frame_result;
    for (char *word = next_word(&segments); *word; word = next_word(&segments)) {
        int64_t number;
        if (!read_number(word, &number) || number < 1 || number > 64)
            return false;
        line->fate_segments |= UINT64_C(1) << (number - 1);
    }
    return true;
}

static bool read_label(char **label, const char *word)
{
    if (!*word || *label)
        return false;
    *label = g_strdup(word);
    return true;
}

static bool read_count(const char *word, int64_t least, int64_t most, int64_t *ret_number)
{
    return read_number(word, ret_number) && *ret_number >= least && *ret_number <= most;
}

static bool read_condition(WireLine *line, char *text)
{
    char *name = next_word(&text);
    text = skip_blanks(text);
    int64_t number = 0;
    if (strcmp(name, "lost") == 0)
        return read_fate(line, WIRE_LOST, text);
    if (strcmp(name, "dropped") == 0)
        return read_fate(line, WIRE_DROPPED, text);
    if (strcmp(name, "vanished") == 0)
        return read_fate(line, WIRE_VANISHED, text);
    if (strcmp(name, "blind") == 0)
        return read_label(&line->blind, text);
    if (strcmp(name, "again") == 0)
        return read_label(&line->again, text);
    if (strcmp(name, "answers") == 0)
        return read_label(&line->answers, text);
    if (strcmp(name, "noack") == 0)
        return (line->no_ack = true) && !*text;
    if (strcmp(name, "ack") == 0 && g_str_has_prefix(text, "in "))
        return read_seconds(skip_blanks(text + 3), &line->ack_delay);
    if (strcmp(name, "captured") == 0)
        return (line->has_captured = true) && read_seconds(text, &line->captured);
    if (strcmp(name, "every") == 0)
        return read_seconds(text, &line->every);
    if (strcmp(name, "win") == 0)
        return read_count(text, 0, 65535, &line->window);
    if (strcmp(name, "hops") == 0)
        return read_count(text, 1, 255, &line->hops);
    if (strcmp(name, "seq") == 0)
        return read_number(text, &line->sequence_shift);
    if (strcmp(name, "ack") == 0)
        return read_number(text, &line->acknowledgement_shift);
    if (strcmp(name, "mss") == 0 && read_count(text, 1, 65495, &number))
        return (line->segment_max = (size_t)number) != 0;
    if (strcmp(name, "isn") != 0 || !read_count(text, 0, UINT32_MAX, &number))
        return false;
    line->has_initial = true;
    line->initial = (uint32_t)number;
    return true;
}

static bool read_conditions(const Draft *draft, WireLine *line, char **text, GError **error)
{
    *text = skip_blanks(*text);
    if (**text != '{')
        return true;
    char *end = strchr(*text, '}');
    if (!end)
        return fail(draft, error, "a brace is not closed");
    *end = '\0';
    g_auto(GStrv) conditions = g_strsplit(*text + 1, ",", -1);
    *text = skip_blanks(end + 1);
    for (char **condition = conditions; *condition; condition++) {
        g_autofree char *copy = g_strdup(g_strstrip(*condition));
        if (!read_condition(line, copy))
            return fail(draft, error, "no such condition: %s", *condition);
    }
    return true;
}

static bool read_side(const char *word, int *ret_side)
{
    *ret_side = strcmp(word, "<<<") == 0 ? WIRE_SERVER : WIRE_CLIENT;
    return *ret_side == WIRE_SERVER || strcmp(word, ">>>") == 0;
}

static bool read_line(Draft *draft, char *text, GError **error)
{
    g_autoptr(WireLine) line = wire_line_new();
    line->number = draft->line;
    if (!read_seconds(next_word(&text), &line->time))
        return fail(draft, error, "a time was expected");
    char *word = next_word(&text);
    if (g_str_has_suffix(word, ":")) {
        line->label = g_strndup(word, strlen(word) - 1);
        word = next_word(&text);
    }
    if (!read_side(word, &line->side))
        return fail(draft, error, ">>> or <<< was expected, not %s", word);
    if (!read_conditions(draft, line, &text, error) || !read_content(draft, line, text, error))
        return false;
    g_ptr_array_add(draft->lines, g_steal_pointer(&line));
    return true;
}

/* ---- settings ---- */

static bool read_capture(Draft *draft, char *text)
{
    WireSettings *settings = &draft->settings;
    char *word = next_word(&text);
    text = skip_blanks(text);
    int64_t number;
    if (strcmp(word, "midstream") == 0)
        return settings->midstream = true;
    if (strcmp(word, "only") == 0)
        return read_side(text, &settings->only);
    if (strcmp(word, "from") == 0)
        return (settings->has_from = true) && read_seconds(text, &settings->from);
    if (strcmp(word, "until") == 0)
        return (settings->has_until = true) && read_seconds(text, &settings->until);
    if (strcmp(word, "snap") != 0 || !read_count(text, 1, 262144, &number))
        return false;
    settings->snap = (size_t)number;
    return true;
}

static bool read_clock(Draft *draft, char *text)
{
    WireSettings *settings = &draft->settings;
    char *word = next_word(&text);
    if (strcmp(word, "none") == 0)
        return settings->no_times = true;
    if (strcmp(word, "tick") == 0)
        return read_seconds(next_word(&text), &settings->tick) && settings->tick > 0;
    return strcmp(word, "back") == 0 && read_seconds(next_word(&text), &settings->set_back) &&
           strcmp(next_word(&text), "at") == 0 &&
           read_seconds(next_word(&text), &settings->set_back_at);
}

static bool read_whose(char **text, int *ret_side)
{
    char *word = next_word(text);
    *text = skip_blanks(*text);
    *ret_side = strcmp(word, "server") == 0;
    return *ret_side || strcmp(word, "client") == 0;
}

static bool read_distance(Draft *draft, char *text)
{
    int side;
    return read_whose(&text, &side) && read_seconds(text, &draft->settings.distance[side]);
}

static bool read_isn(Draft *draft, char *text)
{
    int side;
    int64_t number;
    if (!read_whose(&text, &side) || !read_count(text, 0, UINT32_MAX, &number))
        return false;
    draft->settings.initial[side] = (uint32_t)number;
    return true;
}

static bool read_option(Draft *draft, char *text)
{
    TranscriptOption *option = g_new0(TranscriptOption, 1);
    option->name = g_strdup(next_word(&text));
    option->value = g_strdup(next_word(&text));
    g_ptr_array_add(draft->transcript->options, option);
    return *option->value != '\0';
}

static void add_other(Draft *draft, Nanoseconds time, int side, const char *said)
{
    WireLine *line = wire_line_new();
    line->time = time;
    line->side = side;
    line->other = true;
    g_autofree char *text = g_strdup(said);
    append_messages(line, text);
    g_ptr_array_add(draft->lines, line);
}

static bool read_other(Draft *draft, char *text)
{
    Nanoseconds from, until, step;
    if (!read_seconds(next_word(&text), &from) || strcmp(next_word(&text), "to") != 0 ||
        !read_seconds(next_word(&text), &until) || strcmp(next_word(&text), "every") != 0 ||
        !read_seconds(next_word(&text), &step) || step < 10 * NS_PER_MS)
        return false;
    for (Nanoseconds time = from; time <= until; time += step) {
        add_other(draft, time, WIRE_CLIENT, "GET /other HTTP/1.1 | Host: other");
        add_other(draft, time + NS_PER_MS, WIRE_SERVER, "HTTP/1.1 200 OK | Content-Length: 0");
    }
    return true;
}

static bool read_setting(Draft *draft, char *text, bool *ret_known)
{
    static const struct {
        const char *name;
        bool (*read)(Draft *draft, char *text);
    } settings[] = {
        { "capture:", read_capture }, { "distance:", read_distance }, { "isn:", read_isn },
        { "option:", read_option },   { "other:", read_other },       { "clock:", read_clock },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
        if (!g_str_has_prefix(text, settings[i].name))
            continue;
        *ret_known = true;
        return settings[i].read(draft, skip_blanks(text + strlen(settings[i].name)));
    }
    return true;
}

/* ---- expectations ---- */

static void column_free(void *pointer)
{
    ColumnExpectation *column = pointer;
    g_free(column->column);
    g_free(column->value);
    g_free(column);
}

static void expectation_free(void *pointer)
{
    Expectation *expectation = pointer;
    g_ptr_array_unref(expectation->columns);
    g_free(expectation->finding);
    g_free(expectation->target);
    g_free(expectation->status);
    g_free(expectation);
}

/* COLUMN=VALUE and its like, cut off `*text`; the value may stand in quotes. */
static bool read_column(Expectation *expectation, char **text)
{
    char *name = *text, *mark = name + strcspn(name, "=~!");
    ColumnExpectation *column = g_new0(ColumnExpectation, 1);
    g_ptr_array_add(expectation->columns, column);
    column->column = g_strndup(name, (gsize)(mark - name));
    if (mark[0] == '!' && mark[1] == '~') {
        column->kind = EXPECT_NO_WORD;
        mark++;
    } else if (mark[0] == '!' && mark[1] == '=') {
        column->kind = EXPECT_OTHER;
        mark++;
    } else if (mark[0] == '~') {
        column->kind = EXPECT_WORD;
    } else if (mark[0] != '=') {
        return false;
    }
    char *value = mark + 1;
    bool quoted = *value == '"';
    char *end = quoted ? strchr(value + 1, '"') : value + strcspn(value, " \t");
    if (!end || (end == value && !quoted))
        return false;
    column->value = g_strndup(value + quoted, (gsize)(end - value - quoted));
    *text = skip_blanks(end + quoted);
    return true;
}

static bool read_ordinal(char **text, unsigned *ret_number)
{
    char *end;
    *text = skip_blanks(*text);
    *ret_number = (unsigned)g_ascii_strtoull(*text, &end, 10);
    bool read = end != *text;
    *text = skip_blanks(end);
    return read && *ret_number > 0;
}

/* Which row of the exchanges: its number, the target of its request, or, in parentheses, the status
 * of a response without a request. */
static bool read_row(Expectation *expectation, char **text)
{
    *text = skip_blanks(*text);
    if (g_ascii_isdigit(**text))
        return read_ordinal(text, &expectation->number);
    size_t length = strcspn(*text, ": ");
    if (**text == '/') {
        expectation->target = g_strndup(*text, length);
    } else if (**text == '(' && length > 2 && (*text)[length - 1] == ')') {
        expectation->status = g_strndup(*text + 1, length - 2);
    } else {
        return false;
    }
    *text = skip_blanks(*text + length);
    return true;
}

static bool read_of_connection(Expectation *expectation, char **text)
{
    if (!g_str_has_prefix(*text, "of connection "))
        return true;
    *text += strlen("of connection ");
    return read_ordinal(text, &expectation->connection);
}

static bool read_finding(Expectation *expectation, char **text)
{
    *text += strlen("finding ");
    size_t length = strcspn(*text, ": ");
    expectation->subject = EXPECT_FINDING;
    expectation->finding = g_strndup(*text, length);
    *text = skip_blanks(*text + length);
    return length > 0 && read_of_connection(expectation, text);
}

static bool read_subject(Expectation *expectation, char **text)
{
    expectation->connection = 1;
    if (g_str_has_prefix(*text, "exchanges ") || g_str_has_prefix(*text, "connections ")) {
        expectation->subject = **text == 'e' ? EXPECT_EXCHANGES : EXPECT_CONNECTIONS;
        *text = strchr(*text, ' ') + 1;
        expectation->number = (unsigned)g_ascii_strtoull(*text, text, 10);
        return **text == '\0';
    }
    if (g_str_has_prefix(*text, "exchange ")) {
        expectation->subject = EXPECT_EXCHANGE;
        *text += strlen("exchange ");
        if (!read_row(expectation, text) || !read_of_connection(expectation, text))
            return false;
    } else if (g_str_has_prefix(*text, "finding ")) {
        if (!read_finding(expectation, text))
            return false;
    } else if (g_str_has_prefix(*text, "connection")) {
        expectation->subject = EXPECT_CONNECTION;
        *text += strlen("connection");
        if (**text == ' ' && !read_ordinal(text, &expectation->connection))
            return false;
    } else {
        return false;
    }
    bool colon = **text == ':';
    *text = skip_blanks(*text + colon);
    return colon;
}

static bool read_expectation(Draft *draft, char *text, GError **error)
{
    Expectation *expectation = g_new0(Expectation, 1);
    expectation->line = draft->line;
    expectation->columns = g_ptr_array_new_with_free_func(column_free);
    g_ptr_array_add(draft->transcript->expectations, expectation);
    g_strchomp(text);
    if (!read_subject(expectation, &text))
        return fail(draft, error, "an exchange, a connection or a finding was expected: %s", text);
    while (*text)
        if (!read_column(expectation, &text))
            return fail(draft, error, "COLUMN=VALUE was expected: %s", text);
    bool counts =
        expectation->subject == EXPECT_EXCHANGES || expectation->subject == EXPECT_CONNECTIONS;
    return counts || expectation->columns->len || fail(draft, error, "nothing is expected");
}

/* ---- a whole conversation ---- */

static void option_free(void *pointer)
{
    TranscriptOption *option = pointer;
    g_free(option->name);
    g_free(option->value);
    g_free(option);
}

static void draft_begin(Draft *draft, const char *title, const char *file)
{
    Transcript *transcript = g_new0(Transcript, 1);
    transcript->file = g_strdup(file);
    transcript->line = draft->line;
    transcript->title = g_strstrip(g_strdup(title));
    transcript->options = g_ptr_array_new_with_free_func(option_free);
    transcript->expectations = g_ptr_array_new_with_free_func(expectation_free);
    draft->transcript = transcript;
    draft->settings = (WireSettings){ .only = -1, .initial = { 1000000, 5000000 } };
    draft->lines = g_ptr_array_new_with_free_func((GDestroyNotify)wire_line_free);
}

static WireLine *handshake_line(const Draft *draft, const WireLine *first, WireKind kind, int side)
{
    WireLine *line = wire_line_new();
    line->kind = kind;
    line->side = side;
    line->other = first->other;
    line->frame_result = draft->settings.midstream && !first->other ? WIRE_LOST : WIRE_NORMAL;
    return line;
}

/* The three segments of the handshake, each as soon as its sender can know of the one before; the
 * last one 1 ms before `first`. */
static void add_handshake(Draft *draft, const WireLine *first)
{
    const Nanoseconds *distance = draft->settings.distance;
    WireLine *ack = handshake_line(draft, first, WIRE_DATA, WIRE_CLIENT);
    WireLine *syn_ack = handshake_line(draft, first, WIRE_SYN_ACK, WIRE_SERVER);
    WireLine *syn = handshake_line(draft, first, WIRE_SYN, WIRE_CLIENT);
    ack->time = first->time - HANDSHAKE_STEP - (first->side == WIRE_SERVER ? distance[1] : 0);
    syn_ack->time = ack->time - HANDSHAKE_STEP - distance[WIRE_CLIENT];
    syn->time = syn_ack->time - HANDSHAKE_STEP - distance[WIRE_SERVER];
    g_ptr_array_insert(draft->lines, 0, ack);
    g_ptr_array_insert(draft->lines, 0, syn_ack);
    g_ptr_array_insert(draft->lines, 0, syn);
}

static const WireLine *first_line(const Draft *draft, bool other)
{
    for (guint i = 0; i < draft->lines->len; i++) {
        const WireLine *line = g_ptr_array_index(draft->lines, i);
        if (line->other == other)
            return line;
    }
    return NULL;
}

/* One label, or several separated by blanks. */
static bool resolve_value(Draft *draft, const Wire *wire, ColumnExpectation *column, GError **error)
{
    g_auto(GStrv) labels = g_strsplit(column->value, " ", -1);
    g_autoptr(GString) frames = g_string_new(NULL);
    for (char **label = labels; *label; label++) {
        uint64_t frame = **label == '@' ? wire_frame_of(wire, *label + 1) : 0;
        if (!frame)
            return fail(draft, error, "no captured line is labelled %s", *label + 1);
        g_string_append_printf(frames, "%s%" G_GUINT64_FORMAT, frames->len ? " " : "", frame);
    }
    g_free(column->value);
    column->value = g_strdup(frames->str);
    return true;
}

static bool resolve_labels(Draft *draft, const Wire *wire, GError **error)
{
    for (guint i = 0; i < draft->transcript->expectations->len; i++) {
        Expectation *expectation = g_ptr_array_index(draft->transcript->expectations, i);
        for (guint k = 0; k < expectation->columns->len; k++) {
            ColumnExpectation *column = g_ptr_array_index(expectation->columns, k);
            draft->line = expectation->line;
            if (column->value[0] == '@' && !resolve_value(draft, wire, column, error))
                return false;
        }
    }
    return true;
}

/* Builds the draft and appends it to `transcripts`. */
static bool draft_end(Draft *draft, GPtrArray *transcripts, GError **error)
{
    if (!draft->transcript)
        return true;
    const WireLine *first = first_line(draft, false);
    draft->line = draft->transcript->line;
    if (!first)
        return fail(draft, error, "a conversation without a line");
    if (!draft->transcript->rule)
        return fail(draft, error, "a conversation without a rule");
    if (draft->transcript->expectations->len == 0)
        return fail(draft, error, "a conversation that expects nothing");
    if (first_line(draft, true))
        add_handshake(draft, first_line(draft, true));
    if (first->kind != WIRE_SYN && first->kind != WIRE_SYN_ACK)
        add_handshake(draft, first);
    g_autoptr(Wire) wire = wire_build(draft->lines, &draft->settings, error);
    if (!wire || !resolve_labels(draft, wire, error))
        return false;
    draft->transcript->frames = wire_take_frames(wire, &draft->transcript->frame_count);
    g_ptr_array_add(transcripts, g_steal_pointer(&draft->transcript));
    g_clear_pointer(&draft->lines, g_ptr_array_unref);
    return true;
}

static void append_sentence(char **sentence, const char *text)
{
    g_autofree char *added = g_strstrip(g_strdup(text));
    char *joined = *sentence ? g_strjoin(" ", *sentence, added, NULL) : g_strdup(added);
    g_free(*sentence);
    *sentence = joined;
}

static bool read_logical_line(Draft *draft, char *text, GError **error)
{
    bool known = false;
    if (!draft->transcript)
        return fail(draft, error, "no title before this line");
    if (g_ascii_isdigit(*text) || *text == '-')
        return read_line(draft, text, error);
    if (g_str_has_prefix(text, "expect "))
        return read_expectation(draft, skip_blanks(text + strlen("expect ")), error);
    if (g_str_has_prefix(text, "rule:")) {
        append_sentence(&draft->transcript->rule, text + strlen("rule:"));
        return true;
    }
    if (g_str_has_prefix(text, "doubt:")) {
        append_sentence(&draft->transcript->doubt, text + strlen("doubt:"));
        return true;
    }
    g_autofree char *copy = g_strchomp(g_strdup(text));
    if (!read_setting(draft, copy, &known) || !known)
        return fail(draft, error, "not understood: %s", text);
    return true;
}

/* The line at `*at`, joined with its continuation lines. */
static char *join_lines(char **lines, unsigned *at)
{
    GString *joined = g_string_new(lines[(*at)++]);
    while (joined->len && lines[*at] && (*lines[*at] == ' ' || *lines[*at] == '\t')) {
        g_strchomp(joined->str);
        g_string_truncate(joined, strlen(joined->str));
        g_string_append_c(joined, ' ');
        g_string_append(joined, skip_blanks(lines[(*at)++]));
    }
    return g_string_free(joined, FALSE);
}

static bool read_all(Draft *draft, char **lines, const char *file, GPtrArray *transcripts,
                     GError **error)
{
    for (unsigned at = 0; lines[at];) {
        unsigned number = at + 1;
        g_autofree char *text = join_lines(lines, &at);
        draft->line = number;
        if (*text == '#' || *text == '\0')
            continue;
        if (g_str_has_prefix(text, "=== ")) {
            if (!draft_end(draft, transcripts, error))
                return false;
            draft->line = number;
            draft_begin(draft, text + 4, file);
        } else if (!read_logical_line(draft, text, error)) {
            return false;
        }
    }
    return draft_end(draft, transcripts, error);
}

GPtrArray *transcripts_parse(const char *text, const char *file, GError **error)
{
    g_autoptr(GPtrArray) transcripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)transcript_free);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    Draft draft = { .transcript = NULL };
    bool read = read_all(&draft, lines, file, transcripts, error);
    if (!read)
        g_prefix_error(error, "%s: ", file);
    g_clear_pointer(&draft.transcript, transcript_free);
    g_clear_pointer(&draft.lines, g_ptr_array_unref);
    return read ? g_steal_pointer(&transcripts) : NULL;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool load_file(const char *directory, const char *name, GPtrArray *transcripts,
                      GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, error))
        return false;
    g_autoptr(GPtrArray) read = transcripts_parse(text, name, error);
    if (!read)
        return false;
    g_ptr_array_extend_and_steal(transcripts, g_steal_pointer(&read));
    return true;
}

GPtrArray *transcripts_load(const char *directory, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(directory, 0, error);
    if (!folder)
        return NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(folder));)
        if (g_str_has_suffix(name, ".txt"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    g_autoptr(GPtrArray) transcripts =
        g_ptr_array_new_with_free_func((GDestroyNotify)transcript_free);
    for (guint i = 0; i < names->len; i++)
        if (!load_file(directory, g_ptr_array_index(names, i), transcripts, error))
            return NULL;
    return g_steal_pointer(&transcripts);
}

/* ---- capture files ---- */

static void append_le32(GByteArray *bytes, uint32_t value)
{
    uint8_t four[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                        (uint8_t)(value >> 24) };
    g_byte_array_append(bytes, four, 4);
}

bool transcript_write(const Transcript *transcript, const char *path, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    static const uint32_t header[] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 262144, 1 };
    for (size_t i = 0; i < G_N_ELEMENTS(header); i++)
        append_le32(bytes, header[i]);
    for (size_t i = 0; i < transcript->frame_count; i++) {
        const Frame *frame = &transcript->frames[i];
        append_le32(bytes, (uint32_t)(frame->time / NS_PER_SECOND));
        append_le32(bytes, (uint32_t)(frame->time % NS_PER_SECOND / 1000));
        append_le32(bytes, (uint32_t)frame->bytes.length);
        append_le32(bytes, frame->wire_length);
        g_byte_array_append(bytes, frame->bytes.bytes, (guint)frame->bytes.length);
    }
    return g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, error);
}

void transcript_free(Transcript *transcript)
{
    if (!transcript)
        return;
    for (size_t i = 0; i < transcript->frame_count; i++) {
        union {
            const uint8_t *borrowed;
            uint8_t *owned;
        } bytes = { .borrowed = transcript->frames[i].bytes.bytes };
        g_free(bytes.owned);
    }
    g_free(transcript->frames);
    g_free(transcript->file);
    g_free(transcript->title);
    g_free(transcript->rule);
    g_free(transcript->doubt);
    g_ptr_array_unref(transcript->options);
    g_ptr_array_unref(transcript->expectations);
    g_free(transcript);
}
