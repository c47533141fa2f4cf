#include "html/markup.h"

#include <math.h>
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
    static const bool unsafe['~' + 1] = {
        ['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true
    };
    return c >= ' ' && c <= '~' && !unsafe[(unsigned char)c];
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

/* The directives that do without printf, which takes ten times as long: a page has tens of
 * thousands of cells and marks. */
typedef enum Directive {
    DIRECTIVE_OTHER,
    DIRECTIVE_TEXT,
    DIRECTIVE_UNSIGNED,
    DIRECTIVE_SIGNED,
    DIRECTIVE_PER_CENT,
    DIRECTIVE_WHOLE,       /* %.0f */
    DIRECTIVE_THOUSANDTHS, /* %.3f */
} Directive;

static Directive directive_at(const char *format, size_t *ret_length)
{
    static const struct {
        const char *text;
        Directive directive;
    } list[] = { { "%s", DIRECTIVE_TEXT },    { "%u", DIRECTIVE_UNSIGNED },
                 { "%d", DIRECTIVE_SIGNED },  { "%%", DIRECTIVE_PER_CENT },
                 { "%.0f", DIRECTIVE_WHOLE }, { "%.3f", DIRECTIVE_THOUSANDTHS } };
    for (size_t i = 0; i < G_N_ELEMENTS(list); i++) {
        *ret_length = strlen(list[i].text);
        if (format[1] == list[i].text[1] && strncmp(format, list[i].text, *ret_length) == 0)
            return list[i].directive;
    }
    return DIRECTIVE_OTHER;
}

/* Whether the format has no other directive. */
static bool is_simple(const char *format)
{
    size_t length;
    for (; (format = strchr(format, '%')); format += length)
        if (directive_at(format, &length) == DIRECTIVE_OTHER)
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

/* Above it the error of a product with 1,000 is larger than the margin below. */
#define DECIMAL_MAX 1e6
#define DECIMAL_MARGIN 1e-5

/* As printf rounds it, which is left to printf itself where it is close. */
static void append_decimal(GString *text, double value, bool thousandths)
{
    double scaled = thousandths ? value * 1000 : value;
    double below = scaled >= 0 && value < DECIMAL_MAX ? scaled - floor(scaled) : 0.5;
    if (signbit(value) || fabs(below - 0.5) < DECIMAL_MARGIN) {
        g_string_append_printf(text, thousandths ? "%.3f" : "%.0f", value);
        return;
    }
    uint64_t rounded = (uint64_t)scaled + (below > 0.5);
    append_number(text, thousandths ? rounded / 1000 : rounded);
    if (!thousandths)
        return;
    const char decimals[4] = { '.', (char)('0' + rounded / 100 % 10),
                               (char)('0' + rounded / 10 % 10), (char)('0' + rounded % 10) };
    append_bytes(text, decimals, sizeof decimals);
}

static void append_signed(GString *text, int number)
{
    if (number < 0)
        append_char(text, '-');
    append_number(text, number < 0 ? -(uint64_t)(int64_t)number : (uint64_t)number);
}

static void append_argument(GString *text, Directive directive, va_list *arguments)
{
    switch (directive) {
    case DIRECTIVE_TEXT:
        append_escaped(text, va_arg(*arguments, const char *));
        return;
    case DIRECTIVE_UNSIGNED:
        append_number(text, va_arg(*arguments, unsigned));
        return;
    case DIRECTIVE_SIGNED:
        append_signed(text, va_arg(*arguments, int));
        return;
    case DIRECTIVE_PER_CENT:
        append_char(text, '%');
        return;
    default:
        append_decimal(text, va_arg(*arguments, double), directive == DIRECTIVE_THOUSANDTHS);
        return;
    }
}

void markup_add(Markup *markup, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (is_simple(format)) {
        for (const char *at = append_format(markup, format); *at;) {
            size_t length;
            Directive directive = directive_at(at, &length);
            append_argument(markup->text, directive, &arguments);
            at = append_format(markup, at + length);
        }
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
