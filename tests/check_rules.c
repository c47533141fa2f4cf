/* The table of rules as its readers see it: names that can be typed, texts that say something,
 * pages that fit a terminal. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "judge/rules.h"

static bool is_one_of(const char *word, const char *const *words)
{
    return g_strv_contains(words, word);
}

static bool is_ascii_line(const char *text)
{
    for (; *text; text++)
        if (!g_ascii_isprint(*text))
            return false;
    return true;
}

START_TEST(entry)
{
    static const char *const parties[] = { "client", "server", "both", "sender",
                                           "either", "proxy",  "",     NULL };
    const RuleInfo *info = rule_info((Rule)_i);
    ck_assert_msg(info->name && *info->name, "rule %d has no name", _i);
    ck_assert_msg(strlen(info->name) <= 40, "%s: the name is too long", info->name);
    ck_assert_msg(info->name[strspn(info->name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0',
                  "%s: not kebab-case", info->name);
    ck_assert_msg(is_one_of(info->party, parties), "%s: party %s", info->name, info->party);
    ck_assert_msg(g_str_has_prefix(info->reference, "RFC "), "%s: reference", info->name);
    Rule found = RULE_COUNT;
    ck_assert(rule_find(info->name, &found));
    ck_assert_int_eq(found, _i); /* a second rule of the name would never be found */
}
END_TEST

static void check_sentences(const RuleInfo *info, const char *which, const char *text)
{
    ck_assert_msg(text && strlen(text) > 10, "%s: no %s", info->name, which);
    ck_assert_msg(is_ascii_line(text), "%s: %s: other than ASCII", info->name, which);
    ck_assert_msg(g_ascii_isupper(*text), "%s: %s begins no sentence", info->name, which);
    ck_assert_msg(g_str_has_suffix(text, "."), "%s: %s ends no sentence", info->name, which);
    ck_assert_msg(!strstr(text, "  "), "%s: %s: two blanks", info->name, which);
}

START_TEST(texts)
{
    const RuleInfo *info = rule_info((Rule)_i);
    check_sentences(info, "explanation", info->text->explanation);
    check_sentences(info, "advice", info->text->advice);
    ck_assert(strcmp(info->text->explanation, info->text->advice) != 0);
    ck_assert_msg(strlen(info->text->summary) > 10, "%s: no summary", info->name);
    ck_assert_msg(is_ascii_line(info->text->summary), "%s: the summary is no line", info->name);
    ck_assert_msg(!g_str_has_suffix(info->text->summary, "."), "%s: the summary's full stop",
                  info->name);
}
END_TEST

/* The bytes that break the rule: the speaker comes before each message or segment. */
START_TEST(example)
{
    const RuleInfo *info = rule_info((Rule)_i);
    ck_assert_msg(g_str_has_suffix(info->text->example, "\n"), "%s: the example", info->name);
    ck_assert_msg(!g_str_has_suffix(info->text->example, "\n\n"), "%s: ends empty", info->name);
    g_auto(GStrv) lines = g_strsplit(info->text->example, "\n", -1);
    for (char **line = lines; *line; line++) {
        bool speaks = g_str_has_prefix(*line, ">>> ") || g_str_has_prefix(*line, "<<< ");
        ck_assert_msg(line != lines || speaks, "%s: nobody speaks first", info->name);
        ck_assert_msg(!**line || speaks || g_str_has_prefix(*line, "    "), "%s: %s", info->name,
                      *line);
        ck_assert_msg(is_ascii_line(*line), "%s: %s", info->name, *line);
    }
}
END_TEST

static const char *section(const char *page, const char *heading)
{
    const char *at = strstr(page, heading);
    return at ? at + strlen(heading) : NULL;
}

/* --explain prints 80 columns, with an example and an advice below their headings. */
START_TEST(explain)
{
    const RuleInfo *info = rule_info((Rule)_i);
    g_autofree char *page = rule_explain((Rule)_i);
    g_autofree char *first = g_strdup_printf("%s: %s, ", info->name, severity_name(info->severity));
    ck_assert_msg(g_str_has_prefix(page, first), "%s", page);
    ck_assert_msg(strstr(page, "RFC "), "%s", page);
    g_auto(GStrv) lines = g_strsplit(page, "\n", -1);
    for (char **line = lines; *line; line++) {
        ck_assert_msg(strlen(*line) <= 80, "%s", *line);
        ck_assert_msg(!g_str_has_suffix(*line, " "), "%s: a blank at the end", *line);
    }
    const char *bytes = section(page, "\n\nWHAT BREAKS IT\n\n");
    const char *advice = section(page, "\n\nWHAT TO CHANGE\n\n");
    ck_assert_msg(bytes && advice && bytes < advice, "%s", page);
    ck_assert_msg(g_str_has_prefix(bytes, "    >>> ") || g_str_has_prefix(bytes, "    <<< "), "%s",
                  page);
    ck_assert_msg(strlen(advice) > 10 && g_str_has_suffix(page, ".\n"), "%s", page);
}
END_TEST

START_TEST(list)
{
    g_autofree char *text = rules_list();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    ck_assert_uint_eq(g_strv_length(lines), RULE_COUNT + 1);
    ck_assert_str_eq(lines[RULE_COUNT], "");
    for (Rule rule = 0; rule < RULE_COUNT; rule++) {
        const RuleInfo *info = rule_info(rule);
        g_auto(GStrv) fields = g_strsplit(lines[rule], "\t", -1);
        ck_assert_uint_eq(g_strv_length(fields), 5);
        ck_assert_str_eq(fields[0], info->name);
        ck_assert_str_eq(fields[1], severity_name(info->severity));
        ck_assert_str_eq(fields[2], *info->party ? info->party : "-");
        ck_assert_str_eq(fields[3], info->reference);
        ck_assert_str_eq(fields[4], info->text->summary);
    }
}
END_TEST

START_TEST(find)
{
    Rule rule = RULE_LEFT_OPEN;
    ck_assert(!rule_find("left_open", &rule));
    ck_assert(!rule_find("", &rule));
    ck_assert(!rule_find("left-open ", &rule));
    ck_assert_int_eq(rule, RULE_LEFT_OPEN);
}
END_TEST

/* Names that are like a mistyped one, the nearest first; NULL: none is. */
static const struct {
    const char *mistyped, *first;
} NEAR[] = {
    { "left_open", "left-open" },
    { "keepaliverace", "keepalive-race" },
    { "Aborted", "aborted" },
    { "trailer", "connection-in-trailer" },
    { "promise", NULL },
    { "foo", NULL },
    { "", NULL },
};

START_TEST(nearest)
{
    g_autofree char *names = rules_nearest(NEAR[_i].mistyped);
    if (!NEAR[_i].first) {
        ck_assert_msg(!names, "%s: %s", NEAR[_i].mistyped, names);
        return;
    }
    g_auto(GStrv) each = g_strsplit(names, ", ", -1);
    ck_assert_str_eq(each[0], NEAR[_i].first);
    for (char **name = each; *name; name++)
        ck_assert_msg(!g_strv_contains((const char *const *)name + 1, *name), "%s twice", *name);
}
END_TEST

START_TEST(nearest_of_an_endless_word)
{
    g_autofree char *endless = g_strnfill(100000, 'x');
    g_autofree char *names = rules_nearest(endless);
    ck_assert_ptr_null(names);
}
END_TEST

START_TEST(names)
{
    RuleSet rules = { 0 };
    g_autoptr(GString) text = g_string_new(NULL);
    append_rule_names(text, rules);
    ck_assert_str_eq(text->str, "");
    /* In the order of the table, whichever rule was found first. */
    rule_set_add(&rules, RULE_RESET_IGNORED);
    rule_set_add(&rules, RULE_LEFT_OPEN);
    append_rule_names(text, rules);
    ck_assert_str_eq(text->str, "left-open reset-ignored");
}
END_TEST

/* Every place that a set has, also those that no rule uses yet. */
START_TEST(sets)
{
    const unsigned places = 64 * RULE_SET_WORDS;
    RuleSet all = { 0 };
    ck_assert(rule_set_is_empty(all));
    for (unsigned place = 0; place < places; place++) {
        RuleSet one = rule_set_of((Rule)place), before = all;
        for (unsigned other = 0; other < places; other++)
            ck_assert_int_eq(rule_set_has(one, (Rule)other), other == place);
        ck_assert(!rule_set_is_empty(one));
        ck_assert(!rule_set_has(all, (Rule)place));
        rule_set_add_all(&all, one);
        ck_assert(rule_set_has(all, (Rule)place));
        ck_assert(!rule_set_equal(all, before));
        rule_set_add(&before, (Rule)place);
        ck_assert(rule_set_equal(all, before));
    }
}
END_TEST

/* A connection at rest keeps its rules. */
START_TEST(packed)
{
    RuleSet rules = rule_set_of(0), back = { 0 };
    rule_set_add(&rules, (Rule)63);
    rule_set_add(&rules, (Rule)64);
    rule_set_add(&rules, (Rule)127);
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    pack_words(bytes, &rules, sizeof rules);
    Span span = span_make(bytes->data, bytes->len);
    unpack_words(&span, &back, sizeof back);
    ck_assert_uint_eq(span.length, 0);
    ck_assert(rule_set_equal(rules, back));
}
END_TEST

START_TEST(severities)
{
    ck_assert_str_eq(severity_name(SEVERITY_NOTE), "note");
    ck_assert_str_eq(severity_name(SEVERITY_WARNING), "warning");
    ck_assert_str_eq(severity_name(SEVERITY_ERROR), "error");
    ck_assert(SEVERITY_NOTE < SEVERITY_WARNING && SEVERITY_WARNING < SEVERITY_ERROR);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("rules");
    tcase_add_loop_test(tcase, entry, 0, RULE_COUNT);
    tcase_add_loop_test(tcase, texts, 0, RULE_COUNT);
    tcase_add_loop_test(tcase, example, 0, RULE_COUNT);
    tcase_add_loop_test(tcase, explain, 0, RULE_COUNT);
    tcase_add_test(tcase, list);
    tcase_add_test(tcase, find);
    tcase_add_loop_test(tcase, nearest, 0, G_N_ELEMENTS(NEAR));
    tcase_add_test(tcase, nearest_of_an_endless_word);
    tcase_add_test(tcase, names);
    tcase_add_test(tcase, sets);
    tcase_add_test(tcase, packed);
    tcase_add_test(tcase, severities);
    Suite *suite = suite_create("rules");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
