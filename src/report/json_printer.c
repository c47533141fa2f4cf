/* Every block is a line, so that two pages can be compared. Numbers are written digit by digit, as
 * in the reports. */
#include "report/json_printer.h"

#include <inttypes.h>

#include "report/page.h"

typedef struct Printer {
    GString *page;
    const Story *story;
} Printer;

/* RFC 8259 section 7. The words are UTF-8 without control characters. */
static void add_string(Printer *printer, const char *text)
{
    g_string_append_c(printer->page, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            g_string_append_c(printer->page, '\\');
        if (*text == '\n')
            g_string_append(printer->page, "\\n");
        else
            g_string_append_c(printer->page, *text);
    }
    g_string_append_c(printer->page, '"');
}

static void add_frame(Printer *printer, FrameId frame)
{
    g_string_append_printf(printer->page, "\"input\":%u,\"frame\":%" PRIu64, frame_input(frame),
                           frame_number(frame));
}

static void add_flags(Printer *printer, uint8_t flags)
{
    g_autofree char *words = story_flag_words(flags);
    g_auto(GStrv) list = g_strsplit(words, " ", -1);
    g_string_append(printer->page, ",\"flags\":[");
    for (unsigned i = 0; list[i]; i++)
        g_string_append_printf(printer->page, "%s\"%s\"", i ? "," : "", list[i]);
    g_string_append_c(printer->page, ']');
}

static void add_packet(Printer *printer, const StoryPacket *packet)
{
    g_string_append_c(printer->page, '{');
    add_frame(printer, packet->frame);
    g_string_append(printer->page, ",\"time_s\":");
    page_append_seconds(printer->page, packet->time, printer->story->time_digits);
    g_string_append_printf(printer->page, ",\"from\":\"%s\"",
                           packet->from_server ? "server" : "client");
    add_flags(printer, packet->flags);
    g_string_append_printf(printer->page, ",\"seq\":%" PRIu32 ",\"ack\":", packet->sequence);
    if (packet->acknowledges)
        g_string_append_printf(printer->page, "%" PRIu32, packet->acknowledged);
    else
        g_string_append(printer->page, "null");
    g_string_append_printf(printer->page, ",\"len\":%" PRIu32 "}", packet->length);
}

static void add_packets(Printer *printer, const StoryBlock *block)
{
    g_string_append(printer->page, ",\"packets\":[");
    for (size_t i = 0; i < block->packet_count; i++) {
        g_string_append(printer->page, i ? "," : "");
        add_packet(printer, &block->packets[i]);
    }
    g_string_append_c(printer->page, ']');
}

static void add_frames(Printer *printer, const StoryText *text)
{
    unsigned count = 0;
    g_string_append(printer->page, ",\"frames\":[");
    for (guint i = 0; i < text->runs->len; i++) {
        const StoryRun *run = &g_array_index(text->runs, StoryRun, i);
        if (run->kind != STORY_FRAME)
            continue;
        g_string_append(printer->page, count++ ? ",{" : "{");
        add_frame(printer, run->frame);
        g_string_append_c(printer->page, '}');
    }
    g_string_append_c(printer->page, ']');
}

static void add_block(Printer *printer, const StoryBlock *block)
{
    static const char *const kinds[] = {
        [STORY_TITLE] = "title",         [STORY_HEADING] = "heading",
        [STORY_PARAGRAPH] = "paragraph", [STORY_ITEM] = "item",
        [STORY_PACKETS] = "columns",     [STORY_PACKET] = "packet",
        [STORY_FOLD] = "folded_packets", [STORY_ASIDE] = "aside",
    };
    g_string_append_printf(printer->page, "{\"kind\":\"%s\"", kinds[block->kind]);
    if (block->kind == STORY_ITEM && block->label) {
        g_string_append(printer->page, ",\"label\":");
        add_string(printer, block->label);
    }
    if (block->packet_count)
        add_packets(printer, block);
    if (block->kind != STORY_PACKETS) {
        g_autofree char *words = story_plain(block->text, printer->story->input, "\n");
        g_string_append(printer->page, ",\"text\":");
        add_string(printer, words);
        add_frames(printer, block->text);
    }
    g_string_append_c(printer->page, '}');
}

void json_printer_print(GString *page, const Story *story)
{
    Printer printer = { .page = page, .story = story };
    g_string_append_printf(page, "{\"input\":%u,\"blocks\":[\n", story->input);
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        add_block(&printer, block);
        g_string_append(page, i + 1 < story->blocks->len ? ",\n" : "\n");
    }
    g_string_append(page, "]}\n");
}
