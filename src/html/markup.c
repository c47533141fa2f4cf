#include "html/markup.h"

#include <stdarg.h>
#include <string.h>

#include "base/append.h"
#include "report/page.h"

Markup markup_new(void)
{
    return (Markup){ .text = g_string_new(NULL) };
}

void markup_clear(Markup *markup)
{
    if (markup->text)
        g_string_free(markup->text, TRUE);
    *markup = (Markup){ 0 };
}

/* What has to be escaped in markup, or may have to be. */
static bool is_safe(char c)
{
    return c >= ' ' && c <= '~' && !strchr("&<>\"'", c);
}

static void append_escaped(GString *to, const char *text)
{
    const char *end = text;
    while (*end && is_safe(*end))
        end++;
    append_bytes(to, text, (size_t)(end - text));
    if (!*end)
        return;
    g_autofree char *rest = g_markup_escape_text(end, -1);
    append_words(to, rest);
}

/* Whether the format has no directive but %s. */
static bool has_texts_alone(const char *format)
{
    while ((format = strchr(format, '%')))
        if (*++format != 's')
            return false;
    return true;
}

/* Up to its next directive, or its end. Begin tags are counted: "<p", and not "</p" or "<!". */
static const char *append_format(Markup *markup, const char *format)
{
    const char *end = format;
    for (; *end && *end != '%'; end++)
        markup->elements += *end == '<' && g_ascii_isalpha(end[1]);
    append_bytes(markup->text, format, (size_t)(end - format));
    return end;
}

static unsigned elements_of(const char *format)
{
    unsigned count = 0;
    for (const char *c = format; *c; c++)
        count += *c == '<' && g_ascii_isalpha(c[1]);
    return count;
}

/* A table has tens of thousands of cells, most of them of one text: they do without printf, which
 * takes ten times as long. */
void markup_add(Markup *markup, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (has_texts_alone(format)) {
        for (const char *at = append_format(markup, format); *at;
             at = append_format(markup, at + strlen("%s")))
            append_escaped(markup->text, va_arg(arguments, const char *));
    } else {
        g_autofree char *text = g_markup_vprintf_escaped(format, arguments);
        g_string_append(markup->text, text);
        markup->elements += elements_of(format);
    }
    va_end(arguments);
}

void markup_text(Markup *markup, const char *text)
{
    append_escaped(markup->text, text);
}

void markup_count(Markup *markup, uint64_t count)
{
    page_append_count(markup->text, count);
}

bool markup_take(Markup *markup, const Markup *piece, unsigned reserve)
{
    if (markup->elements + piece->elements + reserve > MARKUP_ELEMENTS_MAX ||
        markup->elsewhere + markup->text->len + piece->text->len > MARKUP_BYTES_MAX / 10 * 9)
        return false;
    g_string_append_len(markup->text, piece->text->str, (gssize)piece->text->len);
    markup->elements += piece->elements;
    return true;
}
