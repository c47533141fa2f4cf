/* Which columns of a table a terminal has room for, and how wide they become.
 *
 * Where columns may be chosen, more and more is given up until what remains fits comfortably: the
 * date if it is the same everywhere, headers of one line, milliseconds; then columns, the least
 * important first. After that, and of columns that somebody named from the beginning, long texts
 * are cut. */
#ifndef REPORT_SCREEN_LAYOUT_H
#define REPORT_SCREEN_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/table.h"

#define SCREEN_GAP 2
#define SCREEN_COLUMNS_MAX 64

/* How points in time are shown. */
typedef enum TimeForm {
    TIME_FORM_LONG,  /* 11-23 17:47:46.375 */
    TIME_FORM_SHORT, /* without the date, or the milliseconds if dates differ */
    TIME_FORM_LEAST, /* without either, or the milliseconds if dates differ */
    TIME_FORM_COUNT,
} TimeForm;

typedef struct ScreenLayout {
    const Column *columns;
    bool chooses;                      /* columns may be left out */
    uint8_t ranks[SCREEN_COLUMNS_MAX]; /* the largest goes first, 0 never */
    size_t room;                       /* columns of the terminal */
    bool tall;                         /* headers may have two lines */
    size_t
        widths[SCREEN_COLUMNS_MAX]; /* in: what the longest field of each needs; out: its width */
    bool left_out[SCREEN_COLUMNS_MAX]; /* out */
} ScreenLayout;

/* The least width of a header. */
size_t screen_header_width(const char *name, bool tall);

/* How many characters of a name stand on the first of its two lines; 0: it has one. */
size_t screen_header_break(const char *name, size_t width);

/* Whether all columns fit without cutting a text too short. */
bool screen_layout_is_roomy(const ScreenLayout *layout);

/* Leaves out columns if it may, and then cuts widths until all fit, or none may be cut further. */
void screen_layout_fit(ScreenLayout *layout);

/* How far a column may be cut; SIZE_MAX: it may not. */
size_t screen_least_width(const Column *column);

#endif
