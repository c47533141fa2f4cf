#include "report/page.h"

#include <inttypes.h>
#include <string.h>

#include "report/time.h"

static const char *style_begin(PageStyle style)
{
    static const char *const codes[] = { "",         "\033[1m",  "\033[2m",
                                         "\033[32m", "\033[33m", "\033[31m" };
    G_STATIC_ASSERT(G_N_ELEMENTS(codes) == PAGE_BAD + 1);
    return codes[style];
}

void page_words(Page *page, PageStyle style, const char *words)
{
    bool styled = page->colour && style != PAGE_PLAIN && *words;
    g_string_append(page->text, styled ? style_begin(style) : "");
    g_string_append(page->text, words);
    g_string_append(page->text, styled ? "\033[0m" : "");
}

/* How many characters go on a line of `room` columns, and how many to skip behind them. */
static size_t line_length(const char *words, size_t room, size_t *ret_skip)
{
    size_t length = strlen(words);
    *ret_skip = 0;
    if (length <= room)
        return length;
    for (size_t at = room; at > room / 3; at--)
        if (words[at] == ' ') {
            *ret_skip = 1;
            return at;
        }
    *ret_skip = 0;
    while (room > 1 &&
           ((unsigned char)words[room] & 0xc0) == 0x80) /* within a character of UTF-8 */
        room--;
    return room;
}

void page_wrapped(Page *page, unsigned at, PageStyle style, const char *words)
{
    size_t hang = strspn(words, " "), indent = at, width = page->width ? page->width : PAGE_WIDTH;
    for (bool first = true; first || *words; first = false) {
        size_t room = indent + 20 < width ? width - indent : 20;
        size_t skip, length = line_length(words, room, &skip);
        if (!first)
            g_string_append_printf(page->text, "%*s", (int)indent, "");
        g_autofree char *line = g_strndup(words, length);
        page_words(page, style, g_strdelimit(g_strchomp(line), PAGE_NO_BREAK, ' '));
        while (page->text->len && page->text->str[page->text->len - 1] == ' ')
            g_string_truncate(page->text, page->text->len - 1);
        g_string_append_c(page->text, '\n');
        words += length + skip;
        indent = at + hang;
    }
}

void page_append_count(GString *text, uint64_t count)
{
    char digits[24];
    int length = g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            g_string_append_c(text, ',');
        g_string_append_c(text, digits[i]);
    }
}

void page_append_seconds(GString *text, Nanoseconds duration, unsigned digits)
{
    if (duration < 0)
        g_string_append_c(text, '-');
    append_duration(text, duration == INT64_MIN ? INT64_MAX : ABS(duration), digits);
}

void page_append_duration(GString *text, Nanoseconds duration, unsigned digits)
{
    page_append_seconds(text, duration, digits);
    g_string_append(text, " s");
}

void page_append_threshold(GString *text, Nanoseconds duration)
{
    append_duration(text, duration, TIME_DIGITS_NANO);
    while (text->str[text->len - 1] == '0')
        g_string_truncate(text, text->len - 1);
    if (text->str[text->len - 1] == '.')
        g_string_truncate(text, text->len - 1);
    g_string_append(text, " s");
}

void page_append_thresholds(GString *text, const Thresholds *thresholds)
{
    const struct {
        const char *name;
        Nanoseconds value;
    } list[] = { { "prompt-close", thresholds->prompt_close },
                 { "close-grace", thresholds->close_grace },
                 { "timeout-tolerance", thresholds->timeout_tolerance },
                 { "half-close", thresholds->half_close } };
    for (size_t i = 0; i < G_N_ELEMENTS(list); i++) {
        g_string_append_printf(text, "%s%s ", i ? ", " : "", list[i].name);
        page_append_threshold(text, list[i].value);
    }
}

char *page_frame_number(FrameId frame, unsigned input)
{
    if (frame_input(frame) == input)
        return g_strdup_printf("%" PRIu64, frame_number(frame));
    return g_strdup_printf(FOREIGN_FRAME, FRAME_PARTS(frame));
}
