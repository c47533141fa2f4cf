/* Two lifelines with the packets between them: on the left time and frame, on the right what a
 * packet means. All arrows of one look are one path. */
#include "html/diagram.h"

#include <inttypes.h>
#include <string.h>

#include "decode/decode.h"
#include "report/page.h"

#define LINE 15  /* height of a line of text */
#define LABEL 13 /* of the numbers above an arrow */
#define GAP 10   /* below a row */
#define CLIENT_AT 190
#define SERVER_AT 480
#define WORDS_AT 500
#define WORDS_WIDTH 74 /* characters */
#define CHARACTER 7.3  /* their width */
#define WIDTH (WORDS_AT + (int)(WORDS_WIDTH * CHARACTER) + 10)
#define TOP 34

typedef struct Diagram {
    Markup *markup;
    const Story *story;
    GString *arrows, *resets, *pauses; /* paths */
    unsigned y;
} Diagram;

/* Words that go on below themselves. */
static void add_words(Diagram *diagram, const StoryText *text, const char *class)
{
    g_autoptr(GString) wrapped = g_string_new(NULL);
    Page page = { .text = wrapped, .width = WORDS_WIDTH };
    g_autoptr(GArray) lines = story_lines(text, diagram->story->input);
    for (guint i = 0; i < lines->len; i++) {
        const StoryLine *line = &g_array_index(lines, StoryLine, i);
        g_autofree char *words = g_strdup_printf("%s%s", line->detail ? "  " : "", line->words);
        page_wrapped(&page, 0, PAGE_PLAIN, words);
    }
    g_auto(GStrv) parts = g_strsplit(g_strchomp(wrapped->str), "\n", -1);
    for (unsigned i = 0; parts[i]; i++) {
        diagram->y += i ? LINE : 0;
        if (*parts[i])
            markup_add(diagram->markup, "<text class=\"%s\" x=\"%d\" y=\"%u\">%s</text>", class,
                       WORDS_AT, diagram->y, parts[i]);
    }
}

static void add_arrow(Diagram *diagram, const StoryPacket *packet, unsigned y)
{
    GString *path = packet->flags & TCP_RST ? diagram->resets : diagram->arrows;
    int from = packet->from_server ? SERVER_AT : CLIENT_AT;
    int to = packet->from_server ? CLIENT_AT : SERVER_AT;
    int back = packet->from_server ? 7 : -7;
    g_string_append_printf(path, "M%d %uH%dm%d -4l%d 4l%d 4", from, y, to, back, -back, back);
}

/* "  0.100861      4" */
static void add_place(Diagram *diagram, const StoryPacket *packet)
{
    g_autofree char *frame = page_frame_number(packet->frame, diagram->story->input);
    g_autoptr(GString) time = g_string_new(NULL);
    page_append_seconds(time, packet->time, diagram->story->time_digits);
    markup_add(diagram->markup, "<text class=\"ca-place\" x=\"%d\" y=\"%u\">%s %6s</text>",
               CLIENT_AT - 12, diagram->y, time->str, frame);
}

static void add_packet(Diagram *diagram, const StoryBlock *block)
{
    const StoryPacket *packet = &block->packets[0];
    g_autofree char *flags = story_flag_words(packet->flags);
    g_autoptr(GString) numbers = g_string_new(NULL);
    g_string_printf(numbers, "%s seq=%" PRIu32, flags, packet->sequence);
    if (packet->acknowledges)
        g_string_append_printf(numbers, " ack=%" PRIu32, packet->acknowledged);
    g_string_append_printf(numbers, " len=%" PRIu32, packet->length);
    diagram->y += LABEL;
    add_place(diagram, packet);
    markup_add(diagram->markup, "<text class=\"ca-numbers\" x=\"%d\" y=\"%u\">%s</text>",
               (CLIENT_AT + SERVER_AT) / 2, diagram->y, numbers->str);
    add_arrow(diagram, packet, diagram->y + 6);
    add_words(diagram, block->text, block->style == STORY_DIM ? "ca-dim" : "ca-words");
    diagram->y += GAP + 2;
}

static void add_fold(Diagram *diagram, const StoryBlock *block)
{
    diagram->y += LINE;
    add_place(diagram, &block->packets[0]);
    g_string_append_printf(diagram->pauses, "M%d %uH%d", CLIENT_AT, diagram->y - 4, SERVER_AT);
    add_words(diagram, block->text, "ca-dim");
    diagram->y += GAP;
}

/* Time without a packet is a gap, the longer the wider. */
static void add_aside(Diagram *diagram, const StoryBlock *block)
{
    diagram->y += LINE + GAP;
    g_string_append_printf(diagram->pauses, "M%d %uH%d", CLIENT_AT - 20, diagram->y - 4,
                           SERVER_AT + 12);
    add_words(diagram, block->text, "ca-pause");
    diagram->y += 2 * GAP;
}

static bool is_row(const StoryBlock *block)
{
    return block->kind == STORY_PACKET || block->kind == STORY_FOLD || block->kind == STORY_ASIDE;
}

static void add_omitted(Diagram *diagram, unsigned count, const char *name)
{
    diagram->y += LINE + GAP;
    markup_add(diagram->markup,
               "<text class=\"ca-pause\" x=\"%d\" y=\"%u\">%u rows are left out here: connaudit "
               "--show=%s has them</text>",
               CLIENT_AT, diagram->y, count, name);
    diagram->y += GAP;
}

static void add_rows(Diagram *diagram, const char *name)
{
    unsigned all = 0, index = 0;
    for (guint i = 0; i < diagram->story->blocks->len; i++)
        all += is_row(&g_array_index(diagram->story->blocks, StoryBlock, i));
    unsigned omitted = all > DIAGRAM_ROWS_MAX ? all - DIAGRAM_ROWS_MAX : 0;
    for (guint i = 0; i < diagram->story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(diagram->story->blocks, StoryBlock, i);
        if (!is_row(block))
            continue;
        unsigned at = index++;
        if (omitted && at == DIAGRAM_ROWS_MAX / 2)
            add_omitted(diagram, omitted, name);
        if (omitted && at >= DIAGRAM_ROWS_MAX / 2 && at < DIAGRAM_ROWS_MAX / 2 + omitted)
            continue;
        if (block->kind == STORY_PACKET)
            add_packet(diagram, block);
        else if (block->kind == STORY_FOLD)
            add_fold(diagram, block);
        else
            add_aside(diagram, block);
    }
}

static void add_lifelines(Diagram *diagram)
{
    markup_add(
        diagram->markup,
        "<text class=\"ca-side\" x=\"%d\" y=\"14\">client</text><text class=\"ca-side\" x=\"%d\" "
        "y=\"14\">server</text><path class=\"ca-life\" d=\"M%d 20V%uM%d 20V%u\"/>",
        CLIENT_AT, SERVER_AT, CLIENT_AT, diagram->y, SERVER_AT, diagram->y);
    const struct {
        const GString *path;
        const char *class;
    } paths[] = { { diagram->arrows, "ca-arrow" },
                  { diagram->resets, "ca-reset" },
                  { diagram->pauses, "ca-gap" } };
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        if (paths[i].path->len)
            markup_add(diagram->markup, "<path class=\"%s\" d=\"%s\"/>", paths[i].class,
                       paths[i].path->str);
}

/* The rows are drawn first, because only then the height is known. */
static void add_picture(Markup *markup, const char *name, const Story *story)
{
    g_auto(Markup) rows = markup_new();
    g_autoptr(GString) arrows = g_string_new(NULL), resets = g_string_new(NULL),
                       pauses = g_string_new(NULL);
    Diagram diagram = { .markup = &rows,
                        .story = story,
                        .arrows = arrows,
                        .resets = resets,
                        .pauses = pauses,
                        .y = TOP };
    add_rows(&diagram, name);
    add_lifelines(&diagram);
    markup_add(markup,
               "<div class=\"ca-wide\" tabindex=\"0\"><svg class=\"ca-diagram\" role=\"img\" "
               "aria-label=\"Packets of "
               "%s\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\">",
               name, WIDTH, diagram.y + GAP, WIDTH, diagram.y + GAP);
    g_string_append_len(markup->text, rows.text->str, (gssize)rows.text->len);
    markup->elements += rows.elements;
    markup_add(markup, "</svg></div>");
}

/* The story around the packets ----------------------------------------------------------------- */

static const char *class_of(StoryStyle style)
{
    return style == STORY_BAD     ? "ca-key-bad"
           : style == STORY_DOUBT ? "ca-key-doubt"
           : style == STORY_GOOD  ? "ca-key-good"
                                  : "";
}

static void add_item(Markup *markup, const Story *story, const StoryBlock *block)
{
    g_autofree char *words = story_plain(block->text, story->input, "; ");
    if (block->label)
        markup_add(markup, "<p class=\"ca-item %s\"><b>%s</b> %s</p>", class_of(block->style),
                   block->label, words);
    else
        markup_add(markup, "<p class=\"ca-more\">%s</p>", words);
}

static void add_block(Markup *markup, const char *name, const Story *story, const StoryBlock *block)
{
    g_autofree char *words =
        block->kind == STORY_PACKETS ? NULL : story_plain(block->text, story->input, " ");
    switch (block->kind) {
    case STORY_HEADING:
        markup_add(markup, "<h4>%s</h4>", words);
        return;
    case STORY_PARAGRAPH:
        markup_add(markup, "<p>%s</p>", words);
        return;
    case STORY_ITEM:
        add_item(markup, story, block);
        return;
    case STORY_PACKETS:
        add_picture(markup, name, story);
        return;
    default:
        return; /* the title is above, the packets are in the picture */
    }
}

void diagram_add(Markup *markup, const char *name, const Story *story)
{
    for (guint i = 0; i < story->blocks->len; i++)
        add_block(markup, name, story, &g_array_index(story->blocks, StoryBlock, i));
}
