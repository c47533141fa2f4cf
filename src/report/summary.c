#include "report/summary.h"

#include "base/text.h"
#include "decode/decode.h"

#include <glib.h>

/* "12,345" */
static void append_count(GString *line, uint64_t count)
{
    char digits[24];
    int length = g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, count);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            g_string_append_c(line, ',');
        g_string_append_c(line, digits[i]);
    }
}

static void append_item(GString *line, uint64_t count, const char *what, bool *first)
{
    if (count == 0)
        return;
    g_string_append(line, *first ? "" : ", ");
    append_count(line, count);
    g_string_append_printf(line, " %s", what);
    *first = false;
}

static void write_capture_line(GString *line, const SummaryFacts *facts)
{
    Nanoseconds span = facts->capture->last_time - facts->capture->first_time;
    text_append_escaped(line, span_of_text(facts->capture->path));
    g_string_append(line, ": ");
    append_count(line, facts->frames);
    g_string_append_printf(line, " frames, %.1f s; ", (double)MAX(0, span) / 1e9);
    append_count(line, facts->streams->connections);
    g_string_append(line, " connections, ");
    append_count(line, facts->http_connections);
    g_string_append(line, " HTTP, ");
    append_count(line, facts->exchanges);
    g_string_append(line, " exchanges\n");
}

/* The connections with one verdict, by cause, the most frequent first. */
static void write_verdict_line(GString *line, const SummaryFacts *facts, Verdict verdict)
{
    static const char *const titles[] = { "as declared: ", "undetermined: ", "contradicted: " };
    uint64_t left[CAUSE_COUNT];
    bool first = true;
    memcpy(left, facts->causes[verdict], sizeof left);
    g_string_append(line, titles[verdict]);
    append_count(line, facts->verdicts[verdict]);
    for (;;) {
        Cause most = CAUSE_NONE;
        for (Cause cause = 0; cause < CAUSE_COUNT; cause++)
            if (left[cause] > left[most])
                most = cause;
        if (left[most] == 0)
            break;
        g_string_append(line, first ? " (" : ", ");
        g_string_append_printf(line, "%s ", cause_name(most));
        append_count(line, left[most]);
        first = false;
        left[most] = 0;
    }
    g_string_append(line, first ? "\n" : ")\n");
}

static void write_missing_line(GString *line, const SummaryFacts *facts)
{
    const StreamCounters *streams = facts->streams;
    bool first = true;
    g_string_append(line, "not judged: ");
    append_item(line, facts->filtered - facts->unfilterable, "left out by the filter", &first);
    append_item(line, facts->unfilterable, "of a link type that the filter cannot be used on",
                &first);
    for (DecodeResult result = DECODE_SEGMENT + 1; result < DECODE_RESULT_COUNT; result++)
        append_item(line, facts->decoded[result], decode_result_text(result), &first);
    append_item(line, streams->gap_bytes, "bytes in gaps", &first);
    append_item(line, streams->cut_bytes, "bytes cut by the snap length", &first);
    append_item(line, streams->late_bytes, "late bytes", &first);
    append_item(line, streams->duplicates, "packets captured twice", &first);
    append_item(line, streams->resets_ignored, "resets ignored", &first);
    append_item(line, streams->segments_after_end, "segments after the end", &first);
    append_item(line, streams->evicted, "connections given up (limit)", &first);
    append_item(line, streams->held_limit, "holes given up (limit)", &first);
    g_string_append(line, first ? "nothing\n" : "\n");
}

void summary_write(FILE *out, const SummaryFacts *facts)
{
    g_autoptr(GString) text = g_string_new(NULL);
    write_capture_line(text, facts);
    write_verdict_line(text, facts, VERDICT_AS_DECLARED);
    write_verdict_line(text, facts, VERDICT_CONTRADICTED);
    write_verdict_line(text, facts, VERDICT_UNDETERMINED);
    write_missing_line(text, facts);
    fputs(text->str, out);
}
