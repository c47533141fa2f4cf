#include "report/input_rows.h"

#include "report/columns.h"
#include "report/time.h"

FIELD(write_number)
{
    table_uint(table, row->input->number);
}

FIELD(write_path)
{
    table_path(table, row->input->path);
}

/* What could not be opened again has no more than its number and its path. */
FIELD(write_size)
{
    write_optional(table, row->input->info ? (int64_t)row->input->info->size : -1);
}

FIELD(write_sha256)
{
    const char *sum = row->input->info ? row->input->info->sha256 : NULL;
    table_word(table, sum ? sum : "");
}

FIELD(write_format)
{
    table_word(table, row->input->info ? row->input->info->format : "");
}

FIELD(write_packets)
{
    write_optional(table, row->input->info ? (int64_t)row->input->info->packets : -1);
}

enum { FIRST, LAST };

FIELDS(write_packet_time)
{
    const CaptureInfo *info = row->input->info;
    if (info && info->packets > info->untimed)
        table_time(table, which == FIRST ? info->first_time : info->last_time, TIME_DIGITS_NANO);
    else
        table_empty(table);
}

FIELD(write_cut_short)
{
    const CaptureInfo *info = row->input->info;
    table_word(table, !info ? "" : info->end == CAPTURE_END_CUT ? "yes" : "no");
}

/* The counts overlap, so that they cannot be added: the largest is the least that was lost. */
FIELD(write_drops)
{
    int64_t most = -1;
    if (row->input->info) {
        const CaptureDrops *drops = &row->input->info->drops;
        most = drops->by_interface_stated ? (int64_t)drops->by_interface : most;
        most = drops->by_system_stated ? MAX(most, (int64_t)drops->by_system) : most;
        most = drops->by_packets_stated ? MAX(most, (int64_t)drops->by_packets) : most;
    }
    write_optional(table, most);
}

const Column INPUT_COLUMNS[] = {
    { "input", COLUMN_NUMBER, write_number, 0 },
    { "file", COLUMN_PATH, write_path, 0 },
    { "size", COLUMN_NUMBER, write_size, 0 },
    { "sha256", COLUMN_LABEL, write_sha256, 0 },
    { "format", COLUMN_WORD, write_format, 0 },
    { "packets", COLUMN_NUMBER, write_packets, 0 },
    { "first_time", COLUMN_TIME, write_packet_time, FIRST },
    { "last_time", COLUMN_TIME, write_packet_time, LAST },
    { "cut_short", COLUMN_WORD, write_cut_short, 0 },
    { "drops", COLUMN_NUMBER, write_drops, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_input_rows(Table *table, const CaptureInputs *inputs)
{
    for (guint i = 0; i < inputs->numbered->len; i++) {
        RowSource source = { .input = capture_inputs_file(inputs, i + 1) };
        table_row(table, &source);
    }
}
