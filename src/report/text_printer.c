/* The columns of packets are as wide as their widest entry, also of those that are folded. The
 * words take what is left of the line and go on below themselves. */
#include "report/text_printer.h"

#include <inttypes.h>
#include <string.h>

#include "report/page.h"

#define LABEL_WIDTH 14
#define INDENT 2

/* What words need beside the columns of packets. */
#define WORDS_LEAST 30

typedef struct Printer {
    Page page;
    const Story *story;
    int time_width, frame_width, sequence_width, acknowledged_width, length_width, flags_width;
    bool below; /* the words of a packet stand below its columns */
} Printer;

static PageStyle style_of(StoryStyle style)
{
    static const PageStyle styles[] = {
        [STORY_PLAIN] = PAGE_PLAIN, [STORY_STRONG] = PAGE_STRONG, [STORY_DIM] = PAGE_DIM,
        [STORY_GOOD] = PAGE_GOOD,   [STORY_DOUBT] = PAGE_DOUBT,   [STORY_BAD] = PAGE_BAD,
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(styles) == STORY_STYLE_COUNT);
    return styles[style];
}

static void pad(Printer *printer, size_t columns)
{
    g_string_append_printf(printer->page.text, "%*s", (int)columns, "");
}

/* A block's text from column `at` on, where the line as it stands has come to. */
static void print_words(Printer *printer, unsigned at, const StoryBlock *block)
{
    PageStyle style = style_of(block->style);
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < block->text->runs->len; i++) {
        const StoryRun *run = &g_array_index(block->text->runs, StoryRun, i);
        if (run->kind == STORY_WORDS) {
            g_string_append(line, run->words->str);
        } else if (run->kind == STORY_FRAME) {
            g_autofree char *number = page_frame_number(run->frame, printer->story->input);
            g_string_append(line, number);
        } else {
            page_wrapped(&printer->page, at, style, line->str);
            g_string_printf(line, "%*s", run->detail ? INDENT : 0, "");
            pad(printer, at);
        }
    }
    page_wrapped(&printer->page, at, style, line->str);
}

/* Packets -------------------------------------------------------------------------------------- */

typedef struct Cells {
    char *time, *frame, *flags;
    char sequence[16], acknowledged[16], length[16];
} Cells;

static void cells_clear(Cells *cells)
{
    g_free(cells->time);
    g_free(cells->frame);
    g_free(cells->flags);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Cells, cells_clear)

static Cells cells_of(const Printer *printer, const StoryPacket *packet)
{
    Cells cells = { .frame = page_frame_number(packet->frame, printer->story->input),
                    .flags = story_flag_words(packet->flags) };
    g_autoptr(GString) time = g_string_new(NULL);
    page_append_seconds(time, packet->time, printer->story->time_digits);
    cells.time = g_strdup(time->str);
    g_snprintf(cells.sequence, sizeof cells.sequence, "%" PRIu32, packet->sequence);
    if (packet->acknowledges)
        g_snprintf(cells.acknowledged, sizeof cells.acknowledged, "%" PRIu32, packet->acknowledged);
    g_snprintf(cells.length, sizeof cells.length, "%" PRIu32, packet->length);
    return cells;
}

static void widen(int *width, const char *text)
{
    *width = MAX(*width, (int)strlen(text));
}

static void measure(Printer *printer)
{
    widen(&printer->time_width, "time");
    widen(&printer->frame_width, "frame");
    widen(&printer->sequence_width, "seq");
    widen(&printer->acknowledged_width, "ack");
    widen(&printer->length_width, "len");
    widen(&printer->flags_width, "flags");
    for (guint i = 0; i < printer->story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(printer->story->blocks, StoryBlock, i);
        for (size_t k = 0; k < block->packet_count; k++) {
            g_auto(Cells) cells = cells_of(printer, &block->packets[k]);
            widen(&printer->time_width, cells.time);
            widen(&printer->frame_width, cells.frame);
            widen(&printer->sequence_width, cells.sequence);
            widen(&printer->acknowledged_width, cells.acknowledged);
            widen(&printer->length_width, cells.length);
            widen(&printer->flags_width, cells.flags);
        }
    }
}

/* The column in which the words begin: the columns before it, the arrow and what stands between. */
static unsigned words_column(const Printer *printer)
{
    return (unsigned)(printer->time_width + 2 + printer->frame_width + 1 + 3 + 2 +
                      printer->sequence_width + 1 + printer->acknowledged_width + 1 +
                      printer->length_width + 2 + printer->flags_width + 2);
}

static unsigned words_at(const Printer *printer)
{
    return printer->below ? (unsigned)printer->time_width + 2 : words_column(printer);
}

/* From the columns, which began at `start`, to where the words stand. */
static void go_to_words(Printer *printer, size_t start, const StoryBlock *block)
{
    GString *text = printer->page.text;
    if (!printer->below) {
        pad(printer, words_column(printer) - (text->len - start));
        return;
    }
    while (text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
    if (story_text_is_empty(block->text))
        return;
    g_string_append_c(text, '\n');
    pad(printer, words_at(printer));
}

static void print_column_names(Printer *printer)
{
    unsigned room = printer->page.width - words_at(printer);
    const char *whole = "--> from the client, <-- from the server";
    const char *legend = strlen(whole) <= room ? whole : "--> client, <-- server";
    g_autofree char *head = g_strdup_printf(
        "%*s  %*s      %*s %*s %*s  %-*s", printer->time_width, "time", printer->frame_width,
        "frame", printer->sequence_width, "seq", printer->acknowledged_width, "ack",
        printer->length_width, "len", printer->flags_width, "flags");
    g_autofree char *line = printer->below ? g_strdup_printf("%s\n%*s%s", g_strchomp(head),
                                                             (int)words_at(printer), "", legend)
                                           : g_strdup_printf("%s  %s", head, legend);
    page_words(&printer->page, PAGE_DIM, line);
    g_string_append_c(printer->page.text, '\n');
}

static void print_packet(Printer *printer, const StoryBlock *block)
{
    const StoryPacket *packet = &block->packets[0];
    size_t start = printer->page.text->len;
    g_auto(Cells) cells = cells_of(printer, packet);
    g_string_append_printf(printer->page.text, "%*s  %*s %s  %*s %*s %*s  %-*s",
                           printer->time_width, cells.time, printer->frame_width, cells.frame,
                           packet->from_server ? "<--" : "-->", printer->sequence_width,
                           cells.sequence, printer->acknowledged_width, cells.acknowledged,
                           printer->length_width, cells.length, printer->flags_width, cells.flags);
    go_to_words(printer, start, block);
    print_words(printer, words_at(printer), block);
}

/* Time and frame of the first one. */
static void print_fold(Printer *printer, const StoryBlock *block)
{
    size_t start = printer->page.text->len;
    g_auto(Cells) cells = cells_of(printer, &block->packets[0]);
    g_string_append_printf(printer->page.text, "%*s  %*s ...", printer->time_width, cells.time,
                           printer->frame_width, cells.frame);
    go_to_words(printer, start, block);
    print_words(printer, words_at(printer), block);
}

/* Blocks --------------------------------------------------------------------------------------- */

static void print_item(Printer *printer, const StoryBlock *block)
{
    int nested = block->nested ? INDENT : 0;
    g_string_append_printf(printer->page.text, "%*s%-*s", INDENT + nested, "", LABEL_WIDTH - nested,
                           block->label ? block->label : "");
    print_words(printer, INDENT + LABEL_WIDTH, block);
}

static void print_block(Printer *printer, const StoryBlock *block)
{
    switch (block->kind) {
    case STORY_HEADING:
        g_string_append_c(printer->page.text, '\n');
        /* fall through */
    case STORY_TITLE:
        print_words(printer, 0, block);
        g_string_append_c(printer->page.text, '\n');
        return;
    case STORY_PARAGRAPH:
        g_string_append_c(printer->page.text, '\n');
        print_words(printer, 0, block);
        return;
    case STORY_ITEM:
        print_item(printer, block);
        return;
    case STORY_PACKETS:
        print_column_names(printer);
        return;
    case STORY_PACKET:
        print_packet(printer, block);
        return;
    case STORY_FOLD:
        print_fold(printer, block);
        return;
    case STORY_ASIDE:
        pad(printer, words_at(printer));
        print_words(printer, words_at(printer), block);
        return;
    }
}

static bool is_row(const StoryBlock *block)
{
    return block->kind == STORY_PACKET || block->kind == STORY_FOLD || block->kind == STORY_ASIDE;
}

void text_printer_print(GString *page, const Story *story, bool colour)
{
    text_printer_print_within(page, story, colour, PAGE_WIDTH);
}

void text_printer_print_within(GString *page, const Story *story, bool colour, unsigned width)
{
    Printer printer = { .page = { .text = page, .colour = colour, .width = width },
                        .story = story };
    measure(&printer);
    printer.below = width < PAGE_WIDTH && words_column(&printer) + WORDS_LEAST > width;
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        /* A paragraph between packets stands alone. */
        if (i > 0 && is_row(block) && block[-1].kind == STORY_PARAGRAPH)
            g_string_append_c(page, '\n');
        print_block(&printer, block);
    }
}
