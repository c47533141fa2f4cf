#include "report/screen_layout.h"

#include <glib.h>
#include <string.h>

#define LEAST_WIDTH 8
#define LEAST_WIDTH_OF_CAUSE 14
#define LEAST_WIDTH_OF_CHART 12

/* A shorter name is not worth a second line. */
#define LEAST_BROKEN 8

/* From which on a text is worth its place; a longer one takes what is left. */
#define ROOMY_TEXT 14
#define ROOMY_HOST 10
#define ROOMY_WORDS 18
#define ROOMY_PATH 20
#define ROOMY_MESSAGE 46

static bool is_named(const Column *column, const char *name)
{
    return strcmp(column->name, name) == 0;
}

/* What names a row, and most words by which people look for it, are never cut; an IPv4 address
 * always fits. */
size_t screen_least_width(const Column *column)
{
    switch (column->type) {
    case COLUMN_TEXT:
    case COLUMN_PATH:
    case COLUMN_WORDS:
        return LEAST_WIDTH;
    case COLUMN_ADDRESS:
        return strlen("255.255.255.255");
    default:
        return is_named(column, "cause")   ? LEAST_WIDTH_OF_CAUSE
               : is_named(column, "chart") ? LEAST_WIDTH_OF_CHART
                                           : SIZE_MAX;
    }
}

static size_t roomy_width(const Column *column)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return is_named(column, "message") ? ROOMY_MESSAGE
               : is_named(column, "host")  ? ROOMY_HOST
                                           : ROOMY_TEXT;
    case COLUMN_PATH:
        return ROOMY_PATH;
    case COLUMN_WORDS:
        return ROOMY_WORDS;
    case COLUMN_ADDRESS:
        return screen_least_width(column);
    default:
        return is_named(column, "chart") ? LEAST_WIDTH_OF_CHART : SIZE_MAX;
    }
}

/* Headers -------------------------------------------------------------------------------------- */

size_t screen_header_break(const char *name, size_t width)
{
    size_t length = strlen(name), at = 0;
    if (length <= width)
        return 0;
    for (size_t i = 0; i < length && i < width; i++)
        if (name[i] == '_')
            at = i + 1;
    return at;
}

size_t screen_header_width(const char *name, bool tall)
{
    size_t length = strlen(name), least = length;
    for (size_t i = 0; i < length && tall && length >= LEAST_BROKEN; i++)
        if (name[i] == '_')
            least = MIN(least, MAX(i + 1, length - i - 1));
    return least;
}

/* Columns -------------------------------------------------------------------------------------- */

static size_t roomy(const ScreenLayout *layout, unsigned index)
{
    const Column *column = &layout->columns[index];
    size_t least = screen_header_width(column->name, layout->tall);
    return MIN(layout->widths[index], MAX(least, roomy_width(column)));
}

bool screen_layout_is_roomy(const ScreenLayout *layout)
{
    size_t sum = 0;
    for (unsigned i = 0; layout->columns[i].name; i++)
        sum += roomy(layout, i) + (i ? SCREEN_GAP : 0);
    return sum <= layout->room;
}

/* The most important ones stay, and of the others those for which there is room still. */
static void leave_out(ScreenLayout *layout)
{
    size_t sum = 0;
    for (unsigned rank = 0; rank <= UINT8_MAX; rank++)
        for (unsigned i = 0; layout->columns[i].name; i++) {
            size_t width = roomy(layout, i) + (sum ? SCREEN_GAP : 0);
            if (layout->ranks[i] != rank)
                continue;
            layout->left_out[i] = rank > 0 && sum + width > layout->room;
            sum += layout->left_out[i] ? 0 : width;
        }
}

void screen_layout_fit(ScreenLayout *layout)
{
    if (layout->chooses)
        leave_out(layout);
    size_t sum = 0;
    for (unsigned i = 0; layout->columns[i].name; i++)
        if (!layout->left_out[i])
            sum += layout->widths[i] + (sum ? SCREEN_GAP : 0);
    while (sum > layout->room) {
        const unsigned none = SCREEN_COLUMNS_MAX;
        unsigned widest = none;
        for (unsigned i = 0; layout->columns[i].name; i++)
            if (!layout->left_out[i] &&
                layout->widths[i] > screen_least_width(&layout->columns[i]) &&
                (widest == none || layout->widths[i] > layout->widths[widest]))
                widest = i;
        if (widest == none)
            return;
        layout->widths[widest]--;
        sum--;
    }
}
