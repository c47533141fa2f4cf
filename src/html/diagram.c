/* Two lifelines with the packets between them: on the left time and frame, on the right what a
 * packet means. The lines are broken where no packet came for a while. Packets on which the verdict
 * or a finding rests are marked. All arrows of one look are one path. */
#include "html/diagram.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/append.h"
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
#define LIFE_TOP 20
#define GAP_MOST 60   /* of a pause, however long */
#define FRAME_WIDTH 6 /* characters, at least */

/* Headings of a page (report/connection_page.h). */
#define HEADING_EXCHANGE "EXCHANGE "
#define HEADING_DECIDES "(decides"
#define HEADING_FINDINGS "FINDINGS"

typedef struct Diagram {
    Markup *markup;
    const Story *story;
    GHashTable *proof;                                  /* frames to be marked; borrowed */
    GString *arrows, *resets, *pauses, *lives, *proven; /* paths */
    unsigned life;                                      /* where the lifelines go on from */
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
    g_autoptr(GString) place = g_string_new(NULL);
    page_append_seconds(place, packet->time, diagram->story->time_digits);
    append_char(place, ' ');
    for (size_t length = strlen(frame); length < FRAME_WIDTH; length++)
        append_char(place, ' ');
    append_words(place, frame);
    markup_add(diagram->markup, "<text class=\"ca-place\" x=\"%d\" y=\"%u\">%s</text>",
               CLIENT_AT - 12, diagram->y, place->str);
}

static void mark_proof(Diagram *diagram, const StoryPacket *packet, unsigned top)
{
    if (g_hash_table_contains(diagram->proof, &packet->frame))
        g_string_append_printf(diagram->proven, "M0 %uH%dV%uH0z", top + 1, WIDTH, diagram->y + 1);
}

static void add_packet(Diagram *diagram, const StoryBlock *block)
{
    const StoryPacket *packet = &block->packets[0];
    g_autofree char *flags = story_flag_words(packet->flags);
    g_autoptr(GString) numbers = g_string_new(NULL);
    unsigned top = diagram->y;
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
    mark_proof(diagram, packet, top);
}

static void add_fold(Diagram *diagram, const StoryBlock *block)
{
    diagram->y += LINE;
    add_place(diagram, &block->packets[0]);
    g_string_append_printf(diagram->pauses, "M%d %uH%d", CLIENT_AT + 8, diagram->y - 4,
                           SERVER_AT - 8);
    add_words(diagram, block->text, "ca-dim");
    diagram->y += GAP;
}

static void end_lives(Diagram *diagram)
{
    g_string_append_printf(diagram->lives, "M%d %uV%uM%d %uV%u", CLIENT_AT, diagram->life,
                           diagram->y, SERVER_AT, diagram->life, diagram->y);
    diagram->life = diagram->y;
}

/* The lifelines are dotted from where they ended down to here. */
static void break_lives(Diagram *diagram)
{
    g_string_append_printf(diagram->pauses, "M%d %uV%uM%d %uV%u", CLIENT_AT, diagram->life,
                           diagram->y, SERVER_AT, diagram->life, diagram->y);
    diagram->life = diagram->y;
}

/* Between the packets around a block; 0: there is none behind it. */
static Nanoseconds pause_at(const Story *story, guint index)
{
    Nanoseconds before = 0;
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        if (block->packet_count && i < index)
            before = block->packets[block->packet_count - 1].time;
        else if (block->packet_count)
            return block->packets[0].time - before;
    }
    return 0;
}

/* Time without a packet is a gap, the longer the wider. */
static void add_aside(Diagram *diagram, guint index)
{
    const StoryBlock *block = &g_array_index(diagram->story->blocks, StoryBlock, index);
    double seconds = (double)MAX(pause_at(diagram->story, index), 0) / NS_PER_SECOND;
    unsigned room = (unsigned)MIN(6 * log2(1 + seconds), GAP_MOST) / 2;
    diagram->y += 4;
    end_lives(diagram);
    diagram->y += LINE + room;
    add_words(diagram, block->text, "ca-pause");
    diagram->y += GAP + room;
    break_lives(diagram);
}

static bool is_row(const StoryBlock *block)
{
    return block->kind == STORY_PACKET || block->kind == STORY_FOLD || block->kind == STORY_ASIDE;
}

static void add_omitted(Diagram *diagram, unsigned count, const char *name)
{
    diagram->y += 4;
    end_lives(diagram);
    diagram->y += LINE + GAP;
    markup_add(diagram->markup,
               "<text class=\"ca-pause\" x=\"%d\" y=\"%u\">%u rows are left out here: connaudit "
               "--show=%s has them</text>",
               WORDS_AT, diagram->y, count, name);
    diagram->y += 2 * GAP;
    break_lives(diagram);
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
            add_aside(diagram, i);
    }
    end_lives(diagram);
}

static void add_paths(Markup *markup, const Diagram *diagram)
{
    const struct {
        const GString *path;
        const char *class;
    } paths[] = { { diagram->proven, "ca-proof" },
                  { diagram->lives, "ca-life" },
                  { diagram->arrows, "ca-arrow" },
                  { diagram->resets, "ca-reset" },
                  { diagram->pauses, "ca-gap" } };
    for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
        if (paths[i].path->len)
            markup_add(markup, "<path class=\"%s\" d=\"%s\"/>", paths[i].class, paths[i].path->str);
    markup_add(markup,
               "<text class=\"ca-side\" x=\"%d\" y=\"14\">client</text><text class=\"ca-side\" "
               "x=\"%d\" y=\"14\">server</text>",
               CLIENT_AT, SERVER_AT);
}

/* The rows are made first, because only then the height is known; they lie above the paths. */
static void add_picture(Markup *markup, const char *name, const Story *story, GHashTable *proof)
{
    g_auto(Markup) rows = markup_new();
    g_autoptr(GString) arrows = g_string_new(NULL), resets = g_string_new(NULL),
                       pauses = g_string_new(NULL), lives = g_string_new(NULL),
                       proven = g_string_new(NULL);
    Diagram diagram = { .markup = &rows,
                        .story = story,
                        .proof = proof,
                        .arrows = arrows,
                        .resets = resets,
                        .pauses = pauses,
                        .lives = lives,
                        .proven = proven,
                        .life = LIFE_TOP,
                        .y = TOP };
    add_rows(&diagram, name);
    markup_add(markup,
               "<div class=\"ca-wide\" tabindex=\"0\"><svg class=\"ca-diagram\" role=\"img\" "
               "aria-label=\"Packets of "
               "%s\" viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\">",
               name, WIDTH, diagram.y + GAP, WIDTH, diagram.y + GAP);
    add_paths(markup, &diagram);
    g_string_append_len(markup->text, rows.text->str, (gssize)rows.text->len);
    markup->elements += rows.elements;
    markup_add(markup, "</svg></div>");
}

/* The story around the packets ----------------------------------------------------------------- */

typedef struct Around {
    Markup *markup;
    const char *name;
    const Story *story;
    GHashTable *proof;
    unsigned exchanges;
    unsigned folded_count, omitted; /* exchanges */
    bool folded;                    /* the blocks go into an element that has yet to end */
    bool omitting;                  /* until the next heading */
} Around;

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
        markup_add(markup, "<p class=\"ca-item %s%s\"><b>%s</b> %s</p>", class_of(block->style),
                   block->nested ? " ca-nested" : "", block->label, words);
    else
        markup_add(markup, "<p class=\"ca-more\">%s</p>", words);
}

static char *heading_of(const Story *story, const StoryBlock *block)
{
    return block->kind == STORY_HEADING ? story_plain(block->text, story->input, " ")
                                        : g_strdup("");
}

static unsigned count_exchanges(const Story *story)
{
    unsigned count = 0;
    for (guint i = 0; i < story->blocks->len; i++) {
        g_autofree char *words = heading_of(story, &g_array_index(story->blocks, StoryBlock, i));
        count += g_str_has_prefix(words, HEADING_EXCHANGE);
    }
    return count;
}

/* An exchange that does not decide the connection is folded away. */
static bool is_folded(const Around *around, const char *heading)
{
    return around->exchanges > 1 && g_str_has_prefix(heading, HEADING_EXCHANGE) &&
           !strstr(heading, HEADING_DECIDES);
}

/* The references of what decides, and of the findings. */
static void find_proof(Around *around)
{
    g_autofree char *heading = g_strdup("");
    for (guint i = 0; i < around->story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(around->story->blocks, StoryBlock, i);
        if (block->kind == STORY_HEADING) {
            g_free(heading);
            heading = heading_of(around->story, block);
        }
        bool why = block->kind == STORY_ITEM && block->label && strcmp(block->label, "why") == 0 &&
                   !is_folded(around, heading);
        bool finding = block->kind == STORY_ITEM && strcmp(heading, HEADING_FINDINGS) == 0;
        for (guint k = 0; (why || finding) && k < block->text->runs->len; k++) {
            StoryRun *run = &g_array_index(block->text->runs, StoryRun, k);
            if (run->kind == STORY_FRAME)
                g_hash_table_add(around->proof, &run->frame);
        }
    }
}

/* What was left out before a heading. */
static void add_omitted_exchanges(Around *around)
{
    if (around->omitted)
        markup_add(around->markup,
                   "<div class=\"ca-note\">%u more exchange%s: connaudit --show=%s has "
                   "them</div>",
                   around->omitted, around->omitted == 1 ? "" : "s", around->name);
    around->omitted = 0;
}

static void end_fold(Around *around)
{
    if (around->folded)
        markup_add(around->markup, "</details>");
    around->folded = false;
}

/* The words behind the label "verdict" below a heading. */
static char *verdict_below(const Around *around, guint index)
{
    for (guint i = index + 1; i < around->story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(around->story->blocks, StoryBlock, i);
        if (block->kind != STORY_ITEM)
            break;
        if (block->label && strcmp(block->label, "verdict") == 0)
            return story_plain(block->text, around->story->input, " ");
    }
    return g_strdup("");
}

static void add_heading(Around *around, guint index, const char *words)
{
    end_fold(around);
    bool folded = is_folded(around, words);
    around->omitting = folded && around->folded_count++ >= DIAGRAM_FOLDED_MAX;
    if (around->omitting) {
        around->omitted++;
        return;
    }
    add_omitted_exchanges(around);
    if (!folded) {
        markup_add(around->markup, "<h4>%s</h4>", words);
        return;
    }
    g_autofree char *verdict = verdict_below(around, index);
    markup_add(around->markup,
               "<details class=\"ca-exchange\"><summary><h4>%s</h4> <span "
               "class=\"ca-dim\">%s</span></summary>",
               words, verdict);
    around->folded = true;
}

static void add_block(Around *around, guint index)
{
    const StoryBlock *block = &g_array_index(around->story->blocks, StoryBlock, index);
    if (around->omitting && block->kind != STORY_HEADING)
        return;
    g_autofree char *words =
        block->kind == STORY_PACKETS ? NULL : story_plain(block->text, around->story->input, " ");
    switch (block->kind) {
    case STORY_HEADING:
        add_heading(around, index, words);
        return;
    case STORY_PARAGRAPH:
        markup_add(around->markup, "<p>%s</p>", words);
        return;
    case STORY_ITEM:
        add_item(around->markup, around->story, block);
        return;
    case STORY_PACKETS:
        add_picture(around->markup, around->name, around->story, around->proof);
        return;
    default:
        return; /* the title is above, the packets are in the picture */
    }
}

void diagram_add(Markup *markup, const char *name, const Story *story)
{
    g_autoptr(GHashTable) proof = g_hash_table_new(g_int64_hash, g_int64_equal);
    Around around = { .markup = markup,
                      .name = name,
                      .story = story,
                      .proof = proof,
                      .exchanges = count_exchanges(story) };
    find_proof(&around);
    for (guint i = 0; i < story->blocks->len; i++)
        add_block(&around, i);
    end_fold(&around);
}
