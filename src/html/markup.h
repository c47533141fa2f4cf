/* HTML as it is written. Whatever comes from outside goes through the arguments of
 * markup_add(), which escapes them: no text becomes markup. Elements are counted, because a page
 * of too many cannot be opened.
 *
 * html/ turns rows of the reports, servers and stories into one page for a browser. It reads no
 * packet and decides nothing. */
#ifndef HTML_MARKUP_H
#define HTML_MARKUP_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a browser opens without trouble. */
#define MARKUP_ELEMENTS_MAX 200000
#define MARKUP_BYTES_MAX (20 << 20)

typedef struct Markup {
    GString *text;
    unsigned elements;
    size_t elsewhere; /* bytes of the page that are written apart */
} Markup;

/* The format is markup; a %s of it is text, and is escaped. A number needs no escape. */
void markup_add(Markup *markup, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Text alone. */
void markup_text(Markup *markup, const char *text);

/* "12,345" */
void markup_count(Markup *markup, uint64_t count);

/* A piece that was made apart, if the page has room for it and for `reserve` elements behind. */
bool markup_take(Markup *markup, const Markup *piece, unsigned reserve);

Markup markup_new(void);
void markup_clear(Markup *markup);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Markup, markup_clear)

#endif
