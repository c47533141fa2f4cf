/* Stories: text as runs of words and references, blocks, and how they look as text. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "report/json_printer.h"
#include "report/mermaid_printer.h"
#include "report/page.h"
#include "report/text_printer.h"

/* Text --------------------------------------------------------------------------------------- */

static const StoryRun *run_at(const StoryText *text, guint index)
{
    ck_assert_uint_lt(index, text->runs->len);
    return &g_array_index(text->runs, StoryRun, index);
}

/* Words that follow each other are one run; a frame is a value between them. */
START_TEST(runs)
{
    g_autoptr(StoryText) text = story_text_new();
    story_add(text, "a FIN, ");
    story_say(text, "%d s later, ", 5);
    story_add_frame(text, frame_id(1, 8));
    story_add(text, ".");
    ck_assert_uint_eq(text->runs->len, 3);
    ck_assert_int_eq(run_at(text, 0)->kind, STORY_WORDS);
    ck_assert_str_eq(run_at(text, 0)->words->str, "a FIN, 5 s later, frame ");
    ck_assert_int_eq(run_at(text, 1)->kind, STORY_FRAME);
    ck_assert(run_at(text, 1)->frame == frame_id(1, 8));
    ck_assert_str_eq(run_at(text, 2)->words->str, ".");
}
END_TEST

START_TEST(nothing_said)
{
    g_autoptr(StoryText) text = story_text_new();
    ck_assert(story_text_is_empty(text));
    story_add(text, "");
    story_add_line(text, true);
    story_add_line(text, false);
    ck_assert(story_text_is_empty(text));
    story_add(text, "a");
    ck_assert(!story_text_is_empty(text));
    story_text_clear(text);
    ck_assert(story_text_is_empty(text));
}
END_TEST

/* The copy stands when the other text is gone, and words go on in the run that is there. */
START_TEST(another_text)
{
    g_autoptr(StoryText) text = story_text_new();
    StoryText *more = story_text_new();
    story_add(text, "a");
    story_add(more, "b");
    story_add_frame_number(more, frame_id(1, 3));
    story_add_line(more, true);
    story_add(more, "c");
    story_add_text(text, more);
    story_text_free(more);
    ck_assert_uint_eq(text->runs->len, 4);
    ck_assert_str_eq(run_at(text, 0)->words->str, "ab");
    ck_assert(run_at(text, 1)->frame == frame_id(1, 3));
    ck_assert(run_at(text, 2)->kind == STORY_LINE && run_at(text, 2)->detail);
    ck_assert_str_eq(run_at(text, 3)->words->str, "c");
}
END_TEST

/* As text ------------------------------------------------------------------------------------ */

static char *printed(const Story *story, bool colour)
{
    GString *page = g_string_new(NULL);
    text_printer_print(page, story, colour);
    return g_string_free(page, FALSE);
}

START_TEST(headings_and_items)
{
    g_autoptr(Story) story = story_new(1, 6);
    story_add(story_title(story), "TITLE");
    StoryText *text = story_item(story, "label", STORY_PLAIN);
    story_add(text, "in ");
    story_add_frame(text, frame_id(1, 7));
    story_add(text, ", of ");
    story_add_frame(text, frame_id(2, 9));
    story_add(story_nested_item(story, "part"), "of it");
    story_add(story_item(story, NULL, STORY_PLAIN), "and on");
    story_heading(story, "HEADING");
    story_add(story_paragraph(story), "a paragraph");
    g_autofree char *page = printed(story, false);
    ck_assert_str_eq(page, "TITLE\n"
                           "\n"
                           "  label         in frame 7, of frame 2-9\n"
                           "    part        of it\n"
                           "                and on\n"
                           "\n"
                           "HEADING\n"
                           "\n"
                           "\n"
                           "a paragraph\n");
}
END_TEST

START_TEST(styles)
{
    g_autoptr(Story) story = story_new(1, 6);
    story_add(story_item(story, "good", STORY_GOOD), "g");
    story_add(story_item(story, "bad", STORY_BAD), "b");
    story_add(story_item(story, "plain", STORY_BAD), "p");
    story_set_style(story, STORY_PLAIN);
    g_autofree char *page = printed(story, true);
    ck_assert_str_eq(page, "  good          \033[32mg\033[0m\n"
                           "  bad           \033[31mb\033[0m\n"
                           "  plain         p\n");
}
END_TEST

static StoryPacket packet(uint64_t frame, bool from_server, uint32_t sequence, uint32_t length)
{
    return (StoryPacket){ .frame = frame_id(1, frame),
                          .time = (Nanoseconds)frame * NS_PER_SECOND,
                          .from_server = from_server,
                          .flags = TCP_ACK,
                          .acknowledges = from_server,
                          .sequence = sequence,
                          .acknowledged = 1,
                          .length = length };
}

#define NAMES "    time  frame      seq ack len  flags  --> from the client, <-- from the server\n"

/* Details are set in below what they add to; an aside stands where the words do. */
START_TEST(packets)
{
    g_autoptr(Story) story = story_new(1, 6);
    story_packets(story);
    StoryPacket one = packet(1, false, 1, 10), two = packet(2, true, 1, 0);
    StoryText *text = story_packet(story, &one);
    story_add(text, "request 1");
    story_add_line(text, true);
    story_add(text, "Host: h");
    story_add(story_aside(story), "a pause");
    story_add(story_packet(story, &two), "has it");
    g_autofree char *page = printed(story, false);
    ck_assert_str_eq(page, NAMES "1.000000      1 -->    1      10  ACK    request 1\n"
                                 "                                           Host: h\n"
                                 "                                         a pause\n"
                                 "2.000000      2 <--    1   1   0  ACK    has it\n");
}
END_TEST

/* The columns have room for what is folded, of which time and frame of the first are shown. */
START_TEST(folded)
{
    g_autoptr(Story) story = story_new(1, 6);
    story_packets(story);
    StoryPacket list[] = { packet(1, false, 1, 10), packet(2, false, 70000, 1460) };
    StoryPacket last = packet(3, true, 1, 0);
    last.time = -NS_PER_SECOND;
    story_add(story_fold(story, list, G_N_ELEMENTS(list)), "2 data segments");
    story_add(story_paragraph(story), "... some are left out ...");
    story_packet(story, &last);
    g_autofree char *page = printed(story, false);
    ck_assert_str_eq(page, "     time  frame        seq ack  len  flags  --> from the client, <-- "
                           "from the server\n"
                           " 1.000000      1 ...                         2 data segments\n"
                           "\n"
                           "... some are left out ...\n"
                           "\n"
                           "-1.000000      3 <--      1   1    0  ACK\n");
}
END_TEST

/* A long word of a detail goes on below the detail, not below the line that it adds to. */
START_TEST(long_details)
{
    g_autoptr(Story) story = story_new(1, 6);
    StoryText *text = story_item(story, "label", STORY_PLAIN);
    story_add(text, "a");
    story_add_line(text, true);
    for (unsigned i = 0; i < 20; i++)
        story_say(text, "%s%s", i ? " " : "", "word");
    g_autofree char *page = printed(story, false);
    g_auto(GStrv) lines = g_strsplit(page, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), 4);
    ck_assert(g_str_has_prefix(lines[1], "                  word word"));
    ck_assert(g_str_has_prefix(lines[2], "                  word"));
    ck_assert_uint_le(strlen(lines[1]), PAGE_WIDTH);
    ck_assert_str_eq(lines[3], "");
}
END_TEST

/* In 80 columns: columns as wide as numbers get leave no room for words, which then stand below
 * them. Otherwise they stay beside them. */
START_TEST(narrow)
{
    static const struct {
        Nanoseconds time;
        uint64_t frame;
        uint32_t number;
        const char *rows;
    } cases[] = {
        { 1500000000, 7, 1,
          "    time  frame      seq ack len  flags    --> client, <-- server\n"
          "1.500000      7 -->    1   1   9  PSH ACK  a request\n"
          "                                           of two lines\n" },
        { 123456 * NS_PER_SECOND, 1234567890, 4123456789,
          "         time       frame             seq        ack len  flags\n"
          "               --> from the client, <-- from the server\n"
          "123456.000000  1234567890 -->  4123456789 4123456789   9  PSH ACK\n"
          "               a request\n"
          "               of two lines\n" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Story) story = story_new(1, 6);
        g_autoptr(GString) page = g_string_new(NULL);
        StoryPacket one = { .frame = frame_id(1, cases[i].frame),
                            .time = cases[i].time,
                            .flags = TCP_PSH | TCP_ACK,
                            .acknowledges = true,
                            .sequence = cases[i].number,
                            .acknowledged = cases[i].number,
                            .length = 9 };
        story_packets(story);
        StoryText *text = story_packet(story, &one);
        story_add(text, "a request");
        story_add_line(text, false);
        story_add(text, "of two lines");
        text_printer_print_within(page, story, false, 80);
        ck_assert_str_eq(page->str, cases[i].rows);
    }
}
END_TEST

/* As values, and as a diagram ------------------------------------------------------------------ */

/* A request in frame 7 whose words are markup of JSON, HTML and Mermaid, and a reset of the server
 * in another input. */
static Story *hostile_story(void)
{
    Story *story = story_new(1, 6);
    story_say(story_title(story), "CONNECTION c1-7");
    story_add(story_item(story, "client", STORY_PLAIN), "10.0.0.1 port 1");
    story_packets(story);
    StoryPacket request = { .frame = frame_id(1, 7),
                            .time = 1500000000,
                            .flags = TCP_PSH | TCP_ACK,
                            .acknowledges = true,
                            .sequence = 1,
                            .acknowledged = 1,
                            .length = 9 };
    StoryText *text = story_packet(story, &request);
    story_add(text, "GET /<b>\"\\\\;#%{init}");
    story_add_line(text, true);
    story_add(text, "end");
    StoryPacket reset = {
        .frame = frame_id(2, 3), .time = -1000, .from_server = true, .flags = TCP_RST, .sequence = 5
    };
    story_add_frame(story_packet(story, &reset), frame_id(1, 7));
    return story;
}

START_TEST(as_json)
{
    g_autoptr(Story) story = hostile_story();
    g_autoptr(GString) page = g_string_new(NULL);
    json_printer_print(page, story);
    ck_assert_str_eq(
        page->str,
        "{\"input\":1,\"blocks\":[\n"
        "{\"kind\":\"title\",\"text\":\"CONNECTION c1-7\",\"frames\":[]},\n"
        "{\"kind\":\"item\",\"label\":\"client\",\"text\":\"10.0.0.1 port 1\",\"frames\":[]},\n"
        "{\"kind\":\"columns\"},\n"
        "{\"kind\":\"packet\",\"packets\":[{\"input\":1,\"frame\":7,\"time_s\":1.500000,\"from\":"
        "\"client\",\"flags\":[\"PSH\",\"ACK\"],\"seq\":1,\"ack\":1,\"len\":9}],\"text\":"
        "\"GET /<b>\\\"\\\\\\\\;#%{init}\\nend\",\"frames\":[]},\n"
        "{\"kind\":\"packet\",\"packets\":[{\"input\":2,\"frame\":3,\"time_s\":-0.000001,\"from\":"
        "\"server\",\"flags\":[\"RST\"],\"seq\":5,\"ack\":null,\"len\":0}],\"text\":"
        "\"frame 7\",\"frames\":[{\"input\":1,\"frame\":7}]}\n"
        "]}\n");
}
END_TEST

START_TEST(as_mermaid)
{
    g_autoptr(Story) story = hostile_story();
    g_autoptr(GString) page = g_string_new(NULL);
    mermaid_printer_print(page, story);
    ck_assert_str_eq(page->str, "sequenceDiagram\n"
                                "    participant C as client 10.0.0.1 port 1\n"
                                "    participant S as server \n"
                                "    Note over C,S: CONNECTION c1-7<br/>client: 10.0.0.1 port 1\n"
                                "    C->>S: frame 7, 1.500000 s, PSH ACK, seq=1 ack=1 len=9<br/>"
                                "GET /#60;b#62;#34;#92;#92;#59;#35;#37;#123;init#125;<br/>end\n"
                                "    S-xC: frame 2-3, -0.000001 s, RST, seq=5 len=0<br/>frame 7\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("story");
    TCase *text = tcase_create("text"), *print = tcase_create("print");
    tcase_add_test(text, runs);
    tcase_add_test(text, nothing_said);
    tcase_add_test(text, another_text);
    suite_add_tcase(suite, text);
    tcase_add_test(print, headings_and_items);
    tcase_add_test(print, styles);
    tcase_add_test(print, packets);
    tcase_add_test(print, folded);
    tcase_add_test(print, long_details);
    tcase_add_test(print, as_json);
    tcase_add_test(print, as_mermaid);
    tcase_add_test(print, narrow);
    suite_add_tcase(suite, print);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
