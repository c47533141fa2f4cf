#include "judge/rules.h"

#include "base/append.h"
#include "base/near_words.h"

#include <string.h>

const RuleInfo *rule_info(Rule rule)
{
    return &RULES[rule];
}

const char *severity_name(Severity severity)
{
    static const char *const names[] = { "note", "warning", "error" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == SEVERITY_COUNT);
    return names[severity];
}

bool rule_find(const char *name, Rule *ret_rule)
{
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        if (strcmp(name, RULES[rule].name) == 0) {
            *ret_rule = rule;
            return true;
        }
    return false;
}

const char *rule_category(Rule rule)
{
    static const struct {
        Rule first;
        const char *name;
    } categories[] = {
        { 0, "persistence" },
        { RULE_CLOSED_BEFORE_TIMEOUT, "promise" },
        { RULE_CONFLICTING_OPTIONS, "options" },
        { RULE_UPGRADE_NOT_LISTED, "upgrade" },
        { RULE_LENGTH_AND_CHUNKED, "framing" },
        { RULE_H2_CONNECTION_FIELD, "http2" },
        { RULE_OVERLAP_CONFLICT, "transport" },
        { RULE_NOMINATED_FORWARDED, "proxy" },
    };
    size_t at = G_N_ELEMENTS(categories) - 1;
    while (categories[at].first > rule)
        at--;
    return categories[at].name;
}

char *rules_nearest(const char *name)
{
    const char *names[RULE_COUNT + 1] = { NULL };
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        names[rule] = RULES[rule].name;
    return near_words(name, names, near_words_distance(name));
}

void append_rule_names(GString *text, RuleSet rules)
{
    gsize from = text->len;
    for (unsigned word = 0; word < RULE_SET_WORDS; word++) {
        for (uint64_t left = rules.words[word]; left; left &= left - 1) {
            Rule rule = (Rule)(64 * word + (unsigned)__builtin_ctzll(left));
            if (text->len > from)
                append_char(text, ' ');
            append_words(text, RULES[rule].name);
        }
    }
}

char *rules_list(void)
{
    GString *text = g_string_new(NULL);
    for (Rule rule = 0; rule < RULE_COUNT; rule++) {
        const RuleInfo *info = &RULES[rule];
        g_string_append_printf(text, "%s\t%s\t%s\t%s\t%s\n", info->name,
                               severity_name(info->severity), *info->party ? info->party : "-",
                               info->reference, info->text->summary);
    }
    return g_string_free(text, FALSE);
}

/* Appends a text in lines of at most 76 characters behind `indent` blanks. */
static void append_wrapped(GString *text, const char *words, size_t indent)
{
    size_t column = 0;
    for (const char *word = words; *word;) {
        size_t length = strcspn(word, " ");
        if (column > 0 && column + 1 + length > 76) {
            g_string_append_c(text, '\n');
            column = 0;
        }
        if (column == 0)
            g_string_append_printf(text, "%*s", (int)indent, "");
        else
            g_string_append_c(text, ' ');
        g_string_append_len(text, word, (gssize)length);
        column = (column == 0 ? indent : column + 1) + length;
        word += length + (word[length] == ' ');
    }
    g_string_append_c(text, '\n');
}

/* The lines of an example, each behind four blanks; an empty one stays empty. */
static void append_example(GString *text, const char *example)
{
    for (const char *line = example; *line;) {
        size_t length = strcspn(line, "\n");
        g_string_append_printf(text, "%*s%.*s\n", length ? 4 : 0, "", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

char *rule_explain(Rule rule)
{
    const RuleInfo *info = &RULES[rule];
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s: %s, %s\n", info->name, severity_name(info->severity),
                           *info->party ? info->party : "nobody's fault");
    append_wrapped(text, info->reference, 2);
    g_string_append_c(text, '\n');
    g_autofree char *summary = g_strdup_printf("%s.", info->text->summary);
    *summary = g_ascii_toupper(*summary);
    append_wrapped(text, summary, 2);
    g_string_append_c(text, '\n');
    append_wrapped(text, info->text->explanation, 2);
    g_string_append(text, "\nWHAT BREAKS IT\n\n");
    append_example(text, info->text->example);
    g_string_append(text, "\nWHAT TO CHANGE\n\n");
    append_wrapped(text, info->text->advice, 2);
    return g_string_free(text, FALSE);
}
