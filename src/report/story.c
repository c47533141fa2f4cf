#include "report/story.h"

#include <string.h>

#include "base/append.h"
#include "decode/decode.h"
#include "report/page.h"

/* Text ----------------------------------------------------------------------------------------- */

static void run_clear(gpointer data)
{
    StoryRun *run = data;
    if (run->words)
        g_string_free(run->words, TRUE);
}

StoryText *story_text_new(void)
{
    StoryText *text = g_new0(StoryText, 1);
    text->runs = g_array_new(FALSE, FALSE, sizeof(StoryRun));
    g_array_set_clear_func(text->runs, run_clear);
    return text;
}

void story_text_free(StoryText *text)
{
    if (!text)
        return;
    g_array_unref(text->runs);
    g_free(text);
}

bool story_text_is_empty(const StoryText *text)
{
    return text->runs->len == 0;
}

void story_text_clear(StoryText *text)
{
    g_array_set_size(text->runs, 0);
}

static void add_run(StoryText *text, StoryRun run)
{
    g_array_append_val(text->runs, run);
}

GString *story_words(StoryText *text)
{
    guint count = text->runs->len;
    if (count == 0 || g_array_index(text->runs, StoryRun, count - 1).kind != STORY_WORDS)
        add_run(text, (StoryRun){ .kind = STORY_WORDS, .words = g_string_new(NULL) });
    return g_array_index(text->runs, StoryRun, text->runs->len - 1).words;
}

void story_add(StoryText *text, const char *words)
{
    if (*words)
        g_string_append(story_words(text), words);
}

void story_say(StoryText *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_string_append_vprintf(story_words(text), format, arguments);
    va_end(arguments);
}

void story_add_frame_number(StoryText *text, FrameId frame)
{
    add_run(text, (StoryRun){ .kind = STORY_FRAME, .frame = frame });
}

void story_add_frame(StoryText *text, FrameId frame)
{
    story_add(text, "frame ");
    story_add_frame_number(text, frame);
}

void story_add_line(StoryText *text, bool detail)
{
    if (!story_text_is_empty(text))
        add_run(text, (StoryRun){ .kind = STORY_LINE, .detail = detail });
}

void story_add_text(StoryText *text, const StoryText *more)
{
    for (guint i = 0; i < more->runs->len; i++) {
        const StoryRun *run = &g_array_index(more->runs, StoryRun, i);
        if (run->kind == STORY_WORDS)
            story_add(text, run->words->str);
        else
            add_run(text, *run);
    }
}

/* Blocks --------------------------------------------------------------------------------------- */

static void block_clear(gpointer data)
{
    StoryBlock *block = data;
    story_text_free(block->text);
    g_free(block->packets);
}

Story *story_new(unsigned input, unsigned time_digits)
{
    Story *story = g_new0(Story, 1);
    story->input = input;
    story->time_digits = time_digits;
    story->blocks = g_array_new(FALSE, FALSE, sizeof(StoryBlock));
    g_array_set_clear_func(story->blocks, block_clear);
    return story;
}

void story_free(Story *story)
{
    if (!story)
        return;
    g_array_unref(story->blocks);
    g_free(story);
}

static StoryText *add_block(Story *story, StoryBlock block)
{
    block.text = story_text_new();
    g_array_append_val(story->blocks, block);
    return block.text;
}

StoryText *story_title(Story *story)
{
    return add_block(story, (StoryBlock){ .kind = STORY_TITLE, .style = STORY_STRONG });
}

StoryText *story_heading(Story *story, const char *words)
{
    StoryText *text =
        add_block(story, (StoryBlock){ .kind = STORY_HEADING, .style = STORY_STRONG });
    story_add(text, words);
    return text;
}

StoryText *story_paragraph(Story *story)
{
    return add_block(story, (StoryBlock){ .kind = STORY_PARAGRAPH });
}

StoryText *story_item(Story *story, const char *label, StoryStyle style)
{
    return add_block(story, (StoryBlock){ .kind = STORY_ITEM, .label = label, .style = style });
}

StoryText *story_nested_item(Story *story, const char *label)
{
    return add_block(story, (StoryBlock){ .kind = STORY_ITEM, .label = label, .nested = true });
}

void story_packets(Story *story)
{
    add_block(story, (StoryBlock){ .kind = STORY_PACKETS, .style = STORY_DIM });
}

StoryText *story_packet(Story *story, const StoryPacket *packet)
{
    StoryBlock block = { .kind = STORY_PACKET, .packet_count = 1 };
    block.packets = g_memdup2(packet, sizeof *packet);
    return add_block(story, block);
}

StoryText *story_fold(Story *story, const StoryPacket *packets, size_t count)
{
    g_assert(count > 0);
    StoryBlock block = { .kind = STORY_FOLD, .style = STORY_DIM, .packet_count = count };
    block.packets = g_memdup2(packets, count * sizeof *packets);
    return add_block(story, block);
}

StoryText *story_aside(Story *story)
{
    return add_block(story, (StoryBlock){ .kind = STORY_ASIDE, .style = STORY_DIM });
}

void story_set_style(Story *story, StoryStyle style)
{
    g_assert(story->blocks->len > 0);
    g_array_index(story->blocks, StoryBlock, story->blocks->len - 1).style = style;
}

/* Reading -------------------------------------------------------------------------------------- */

static void line_clear(gpointer line)
{
    g_free(((StoryLine *)line)->words);
}

GArray *story_lines(const StoryText *text, unsigned input)
{
    GArray *lines = g_array_new(FALSE, TRUE, sizeof(StoryLine));
    g_array_set_clear_func(lines, line_clear);
    g_autoptr(GString) words = g_string_new(NULL);
    StoryLine line = { .detail = false };
    for (guint i = 0; i < text->runs->len; i++) {
        const StoryRun *run = &g_array_index(text->runs, StoryRun, i);
        g_autofree char *number =
            run->kind == STORY_FRAME ? page_frame_number(run->frame, input) : NULL;
        if (run->kind != STORY_LINE) {
            g_string_append(words, number ? number : run->words->str);
            continue;
        }
        line.words = g_strdelimit(g_strdup(words->str), PAGE_NO_BREAK, ' ');
        g_array_append_val(lines, line);
        g_string_truncate(words, 0);
        line.detail = run->detail;
    }
    line.words = g_strdelimit(g_strdup(words->str), PAGE_NO_BREAK, ' ');
    g_array_append_val(lines, line);
    return lines;
}

char *story_plain(const StoryText *text, unsigned input, const char *between)
{
    g_autoptr(GArray) lines = story_lines(text, input);
    GString *plain = g_string_new(NULL);
    for (guint i = 0; i < lines->len; i++) {
        if (i > 0)
            append_words(plain, between);
        append_words(plain, g_array_index(lines, StoryLine, i).words);
    }
    return g_string_free(plain, FALSE);
}

char *story_flag_words(uint8_t flags)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = { { TCP_SYN, "SYN" },
                  { TCP_FIN, "FIN" },
                  { TCP_RST, "RST" },
                  { TCP_PSH, "PSH" },
                  { TCP_ACK, "ACK" } };
    g_autoptr(GString) text = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (flags & names[i].flag)
            g_string_append_printf(text, "%s%s", text->len ? " " : "", names[i].name);
    return g_string_free(g_steal_pointer(&text), FALSE);
}

const StoryText *story_find_item(const Story *story, const char *label)
{
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        if (block->kind == STORY_ITEM && block->label && strcmp(block->label, label) == 0)
            return block->text;
    }
    return NULL;
}
