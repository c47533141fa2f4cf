/* A page of text for a person: ASCII, lines of at most its width, calm colours if wanted. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <glib.h>

#include "base/evidence.h"
#include "judge/verdict.h"

#define PAGE_WIDTH 110

typedef enum PageStyle {
    PAGE_PLAIN,
    PAGE_STRONG, /* headings */
    PAGE_DIM,    /* what one may pass over */
    PAGE_GOOD,
    PAGE_DOUBT,
    PAGE_BAD,
} PageStyle;

typedef struct Page {
    GString *text;
    bool colour;
    unsigned width; /* columns; 0: PAGE_WIDTH */
} Page;

/* A blank of page_wrapped()'s words at which no line is broken. */
#define PAGE_NO_BREAK "\037"

/* The words in a style, on the line as it stands. */
void page_words(Page *page, PageStyle style, const char *words);

/* Text that begins in column `at` of the line as it stands and goes on there in the next lines,
 * each broken at a blank where there is one; words that begin with blanks go on below their first
 * character that is none. Ends the line. */
void page_wrapped(Page *page, unsigned at, PageStyle style, const char *words);

/* "12,345" */
void page_append_count(GString *text, uint64_t count);
/* "2.002145": what is finer than `digits` decimals is cut off. */
void page_append_seconds(GString *text, Nanoseconds duration, unsigned digits);
/* "2.002145 s": what is finer than `digits` decimals is cut off. */
void page_append_duration(GString *text, Nanoseconds duration, unsigned digits);
/* "1 s", "0.25 s": as short as it goes. */
void page_append_threshold(GString *text, Nanoseconds duration);
/* "prompt-close 1 s, close-grace 5 s", all of them. */
void page_append_thresholds(GString *text, const Thresholds *thresholds);
/* "7", "2-7" if it lies in another input; owned by the caller. */
char *page_frame_number(FrameId frame, unsigned input);

#endif
