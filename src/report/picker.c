#include "report/picker.h"

typedef struct PickedRow {
    RowRank rank;
    uint64_t number; /* rows that are equally bad keep their order */
    char *text;
} PickedRow;

struct Picker {
    unsigned most;
    uint64_t count;
    GArray *rows;     /* of PickedRow: at most twice as many as are wanted */
    GPtrArray *texts; /* borrowed from them */
};

static void clear_row(gpointer row)
{
    g_free(((PickedRow *)row)->text);
}

Picker *picker_new(unsigned most)
{
    Picker *picker = g_new0(Picker, 1);
    picker->most = most;
    picker->rows = g_array_new(FALSE, FALSE, sizeof(PickedRow));
    g_array_set_clear_func(picker->rows, clear_row);
    picker->texts = g_ptr_array_new();
    return picker;
}

/* The worst verdict, or severity, of a set; -1: none. */
static int worst(unsigned kinds, unsigned from, unsigned count)
{
    int found = -1;
    for (unsigned i = 0; i < count; i++)
        found = kinds >> (from + i) & 1 ? (int)i : found;
    return found;
}

static gint compare(gconstpointer left, gconstpointer right)
{
    const PickedRow *a = left, *b = right;
    int order = worst(b->rank.kinds, 0, VERDICT_COUNT) - worst(a->rank.kinds, 0, VERDICT_COUNT);
    if (!order)
        order = worst(b->rank.kinds, VERDICT_COUNT, SEVERITY_COUNT) -
                worst(a->rank.kinds, VERDICT_COUNT, SEVERITY_COUNT);
    if (!order)
        order = (a->rank.lost < b->rank.lost) - (a->rank.lost > b->rank.lost);
    if (!order)
        order = (a->rank.time > b->rank.time) - (a->rank.time < b->rank.time);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

static void keep_worst(Picker *picker)
{
    g_array_sort(picker->rows, compare);
    if (picker->rows->len > picker->most)
        g_array_set_size(picker->rows, picker->most);
}

void picker_add(Picker *picker, const RowRank *rank, char *text)
{
    PickedRow row = { .rank = *rank, .number = picker->count++, .text = text };
    g_array_append_val(picker->rows, row);
    if (picker->rows->len / 2 >= picker->most)
        keep_worst(picker);
}

const GPtrArray *picker_sort(Picker *picker)
{
    keep_worst(picker);
    g_ptr_array_set_size(picker->texts, 0);
    for (guint i = 0; i < picker->rows->len; i++)
        g_ptr_array_add(picker->texts, g_array_index(picker->rows, PickedRow, i).text);
    return picker->texts;
}

uint64_t picker_count(const Picker *picker)
{
    return picker->count;
}

void picker_free(Picker *picker)
{
    if (!picker)
        return;
    g_array_free(picker->rows, TRUE);
    g_ptr_array_free(picker->texts, TRUE);
    g_free(picker);
}
