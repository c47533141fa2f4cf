/* Packets are arrows, everything else are notes over both lifelines. A heading, its items and its
 * paragraphs are one note. Mermaid knows entities by number (#35;), and everything that it, HTML or
 * Markdown could read as markup is written so. */
#include "report/mermaid_printer.h"

#include <inttypes.h>
#include <string.h>

#include "decode/decode.h"
#include "report/page.h"

#define NOTE_WIDTH 80
#define LINE_END "<br/>"

typedef struct Printer {
    GString *page;
    const Story *story;
    bool noting; /* a note is open: more lines may follow */
} Printer;

static void add_escaped(Printer *printer, const char *text)
{
    static const char plain[] = " _.,()=/:?!'+-";
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (g_ascii_isalnum(*c) || *c >= 0x80 || strchr(plain, *c))
            g_string_append_c(printer->page, (char)*c);
        else
            g_string_append_printf(printer->page, "#%u;", *c);
    }
}

/* Words, broken into lines of at most NOTE_WIDTH. */
static void add_wrapped(Printer *printer, const char *words)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Page page = { .text = text, .width = NOTE_WIDTH };
    page_wrapped(&page, 0, PAGE_PLAIN, words);
    g_auto(GStrv) lines = g_strsplit(g_strchomp(text->str), "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        g_string_append(printer->page, i ? LINE_END : "");
        add_escaped(printer, lines[i]);
    }
}

static void add_lines(Printer *printer, const char *label, const StoryText *text)
{
    g_autoptr(GArray) lines = story_lines(text, printer->story->input);
    for (guint i = 0; i < lines->len; i++) {
        const char *words = g_array_index(lines, StoryLine, i).words;
        g_autofree char *line = label && i == 0 ? g_strdup_printf("%s: %s", label, words) : NULL;
        g_string_append(printer->page, i ? LINE_END : "");
        add_wrapped(printer, line ? line : words);
    }
}

static void end_note(Printer *printer)
{
    if (printer->noting)
        g_string_append_c(printer->page, '\n');
    printer->noting = false;
}

/* A line of a note; the first begins it. */
static void add_note(Printer *printer, const char *label, const StoryText *text)
{
    g_string_append(printer->page, printer->noting ? LINE_END : "    Note over C,S: ");
    printer->noting = true;
    add_lines(printer, label, text);
}

static void add_packet(Printer *printer, const StoryBlock *block)
{
    const StoryPacket *packet = &block->packets[0];
    g_autofree char *frame = page_frame_number(packet->frame, printer->story->input);
    g_autofree char *flags = story_flag_words(packet->flags);
    end_note(printer);
    g_string_append_printf(printer->page, "    %s%s%s: frame %s, ", packet->from_server ? "S" : "C",
                           packet->flags & TCP_RST ? "-x" : "->>", packet->from_server ? "C" : "S",
                           frame);
    page_append_duration(printer->page, packet->time, printer->story->time_digits);
    g_string_append_printf(printer->page, ", %s, seq=%" PRIu32, flags, packet->sequence);
    if (packet->acknowledges)
        g_string_append_printf(printer->page, " ack=%" PRIu32, packet->acknowledged);
    g_string_append_printf(printer->page, " len=%" PRIu32, packet->length);
    if (!story_text_is_empty(block->text)) {
        g_string_append(printer->page, LINE_END);
        add_lines(printer, NULL, block->text);
    }
    g_string_append_c(printer->page, '\n');
}

/* What several packets sum up to, from the first of them on. */
static void add_fold(Printer *printer, const StoryBlock *block)
{
    g_autofree char *frame = page_frame_number(block->packets[0].frame, printer->story->input);
    end_note(printer);
    g_string_append_printf(printer->page, "    Note over C,S: frame %s, ", frame);
    page_append_duration(printer->page, block->packets[0].time, printer->story->time_digits);
    g_string_append(printer->page, " and following: ");
    add_lines(printer, NULL, block->text);
    g_string_append_c(printer->page, '\n');
}

static void add_block(Printer *printer, const StoryBlock *block)
{
    switch (block->kind) {
    case STORY_TITLE:
    case STORY_HEADING:
        end_note(printer);
        add_note(printer, NULL, block->text);
        return;
    case STORY_PARAGRAPH:
        add_note(printer, NULL, block->text);
        return;
    case STORY_ITEM:
        add_note(printer, block->label, block->text);
        return;
    case STORY_PACKETS:
        end_note(printer);
        return;
    case STORY_PACKET:
        add_packet(printer, block);
        return;
    case STORY_FOLD:
        add_fold(printer, block);
        return;
    case STORY_ASIDE:
        end_note(printer);
        add_note(printer, NULL, block->text);
        end_note(printer);
        return;
    }
}

static void add_participant(Printer *printer, const char *name, const char *label)
{
    const StoryText *text = story_find_item(printer->story, label);
    g_autofree char *words = text ? story_plain(text, printer->story->input, " ") : NULL;
    g_string_append_printf(printer->page, "    participant %s as %s ", name, label);
    add_escaped(printer, words ? words : "");
    g_string_append_c(printer->page, '\n');
}

void mermaid_printer_print(GString *page, const Story *story)
{
    Printer printer = { .page = page, .story = story };
    g_string_append(page, "sequenceDiagram\n");
    add_participant(&printer, "C", "client");
    add_participant(&printer, "S", "server");
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        add_block(&printer, block);
    }
    end_note(&printer);
}
