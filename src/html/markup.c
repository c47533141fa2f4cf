#include "html/markup.h"

#include <stdarg.h>

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

/* Begin tags of the format: "<p", and not "</p" or "<!". */
static unsigned elements_of(const char *format)
{
    unsigned count = 0;
    for (const char *c = format; *c; c++)
        count += *c == '<' && g_ascii_isalpha(c[1]);
    return count;
}

void markup_add(Markup *markup, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_markup_vprintf_escaped(format, arguments);
    va_end(arguments);
    g_string_append(markup->text, text);
    markup->elements += elements_of(format);
}

void markup_text(Markup *markup, const char *text)
{
    markup_add(markup, "%s", text);
}

void markup_count(Markup *markup, uint64_t count)
{
    page_append_count(markup->text, count);
}

bool markup_take(Markup *markup, const Markup *piece, unsigned reserve)
{
    if (markup->elements + piece->elements + reserve > MARKUP_ELEMENTS_MAX ||
        markup->text->len + piece->text->len > MARKUP_BYTES_MAX / 10 * 9)
        return false;
    g_string_append_len(markup->text, piece->text->str, (gssize)piece->text->len);
    markup->elements += piece->elements;
    return true;
}
