#include "report/case_files.h"

#include <string.h>

#include "base/text.h"
#include "report/command_words.h"
#include "report/page.h"
#include "report/text_printer.h"

#define LABEL_WIDTH 12

typedef struct CasePage {
    Page page;
    const CaseFacts *facts;
} CasePage;

/* "Command     connaudit -o ..." */
static void add_item(CasePage *page, const char *label, const char *words)
{
    g_string_append_printf(page->page.text, "%-*s", LABEL_WIDTH, label);
    page_wrapped(&page->page, LABEL_WIDTH, PAGE_PLAIN, words);
}

static void add_input(CasePage *page, unsigned number)
{
    const InputFile *file = capture_inputs_file(page->facts->inputs, number);
    const char *sum = file->info ? file->info->sha256 : NULL;
    g_autofree char *label = g_strdup_printf("Input %u", number);
    g_autoptr(GString) path = g_string_new(NULL);
    text_append_path(path, file->path);
    add_item(page, label, path->str);
    add_item(page, "  SHA-256", sum ? sum : "not known");
}

/* Text on a line that has `used` columns, and on as many more as it needs. Returns the columns that
 * are used on the last one. */
static unsigned add_broken(CasePage *page, const char *text, unsigned used)
{
    while (*text) {
        if (used == CASE_WIDTH) {
            g_string_append_printf(page->page.text, "\n%*s", LABEL_WIDTH, "");
            used = LABEL_WIDTH;
        }
        gsize length = g_utf8_skip[*(const guchar *)text];
        g_string_append_len(page->page.text, text, (gssize)length);
        text += length;
        used++;
    }
    return used;
}

/* So that it can be copied: a line that goes on ends with a backslash. Only a word that is longer
 * than a line is broken, within its quotes. */
static void add_command(CasePage *page)
{
    static const char goes_on[] = " \\";
    G_STATIC_ASSERT(LABEL_WIDTH + COMMAND_PLAIN_MAX + sizeof goes_on <= CASE_WIDTH);
    g_string_append_printf(page->page.text, "%-*s", LABEL_WIDTH, "Command");
    unsigned used = LABEL_WIDTH;
    for (char **word = page->facts->command; *word; word++) {
        unsigned length = (unsigned)g_utf8_strlen(*word, -1);
        if (used > LABEL_WIDTH && used + 1 + length + strlen(goes_on) > CASE_WIDTH) {
            g_string_append_printf(page->page.text, "%s\n%*s", goes_on, LABEL_WIDTH, "");
            used = LABEL_WIDTH;
        } else if (used > LABEL_WIDTH) {
            g_string_append_c(page->page.text, ' ');
            used++;
        }
        used = add_broken(page, *word, used);
    }
    g_string_append_c(page->page.text, '\n');
}

static void add_run(CasePage *page)
{
    g_autofree char *made_by = g_strdup_printf("connaudit %s", page->facts->version);
    g_autoptr(GString) thresholds = g_string_new(NULL);
    page_append_thresholds(thresholds, page->facts->thresholds);
    add_item(page, "Made by", made_by);
    add_command(page);
    add_item(page, "Thresholds", thresholds->str);
}

static CasePage begin(const CaseFacts *facts)
{
    return (CasePage){ .page = { .text = g_string_new(NULL), .width = CASE_WIDTH },
                       .facts = facts };
}

char *case_page_name(FrameId connection)
{
    return g_strdup_printf(CONNECTION_NAME ".txt", FRAME_PARTS(connection));
}

/* Those in which packets of the story lie, ascending. */
static void add_inputs_of(CasePage *page, const Story *story)
{
    unsigned count = page->facts->inputs->numbered->len;
    g_autofree bool *used = g_new0(bool, count + 1);
    used[story->input] = true;
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        for (size_t k = 0; k < block->packet_count; k++)
            used[frame_input(block->packets[k].frame)] = true;
    }
    for (unsigned number = 1; number <= count; number++)
        if (used[number])
            add_input(page, number);
}

char *case_page(const CaseFacts *facts, const char *capture, const Story *story)
{
    CasePage page = begin(facts);
    add_item(&page, "Capture", capture);
    add_run(&page);
    add_inputs_of(&page, story);
    page_wrapped(&page.page, 0, PAGE_PLAIN,
                 "Numbers of frames are those of the inputs. Each packet of the capture states its "
                 "own in a comment.");
    g_string_append_c(page.page.text, '\n');
    text_printer_print_within(page.page.text, story, false, CASE_WIDTH);
    return g_string_free(page.page.text, FALSE);
}

static const char README[] =
    "This directory holds the packets of connections that did not do what their Connection "
    "headers said, or that broke a rule.\n"
    "\n"
    "cK-N-REASON.pcapng  The packets of one connection: first seen in frame N of input K. "
    "Wireshark opens it. The comment of a packet states its frame in the input, and what it is.\n"
    "cK-N.txt  The same connection as a page to print: what was seen, packet by packet, the "
    "judgement, and why.\n"
    "SHA256SUMS  The checksums of these files. sha256sum -c SHA256SUMS compares them.\n"
    "\n"
    "connaudit reads a capture from here again, and judges it the same with the same "
    "thresholds. A connection in TLS needs its secrets for that: with -k, or in the capture by "
    "--evidence-secrets.\n"
    "\n";

static void add_readme_text(CasePage *page)
{
    g_auto(GStrv) lines = g_strsplit(README, "\n", -1);
    for (unsigned i = 0; lines[i] && lines[i + 1]; i++)
        page_wrapped(&page->page, 0, PAGE_PLAIN, lines[i]);
}

char *case_readme(const CaseFacts *facts, unsigned captures, uint64_t left_out)
{
    CasePage page = begin(facts);
    g_autoptr(GString) count = g_string_new(NULL);
    page_append_count(count, captures);
    if (left_out) {
        g_string_append(count, "; connections without one (--evidence-max): ");
        page_append_count(count, left_out);
    }
    add_readme_text(&page);
    add_item(&page, "Captures", count->str);
    add_run(&page);
    for (unsigned number = 1; number <= facts->inputs->numbered->len; number++)
        add_input(&page, number);
    return g_string_free(page.page.text, FALSE);
}

GHashTable *case_roles(const Story *story)
{
    GHashTable *roles = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        if (block->kind != STORY_PACKET || story_text_is_empty(block->text))
            continue;
        FrameId frame = block->packets[0].frame;
        g_hash_table_insert(roles, g_memdup2(&frame, sizeof frame),
                            story_plain(block->text, story->input, "; "));
    }
    return roles;
}
