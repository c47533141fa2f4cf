/* The catalogue of findings, as data. --list-rules, --explain and the reports read this one table,
 * and docs/rules.md is held against it. */
#ifndef JUDGE_RULES_H
#define JUDGE_RULES_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* In the order of rules.def. */
typedef enum Rule {
#define RULE(id, name, severity, party, reference) RULE_##id,
#include "judge/rules.def"
#undef RULE
    RULE_COUNT,
} Rule;

#define RULE_SET_WORDS 2
G_STATIC_ASSERT(RULE_COUNT <= 64 * RULE_SET_WORDS);

/* A set of rules is a plain value: {0} is the empty one, assignment copies it, and its bytes may be
 * packed as words of 64 bits (base/pack.h). */
typedef struct RuleSet {
    uint64_t words[RULE_SET_WORDS]; /* private: a bit for each rule */
} RuleSet;

static inline void rule_set_add(RuleSet *rules, Rule rule)
{
    rules->words[rule / 64] |= UINT64_C(1) << rule % 64;
}

static inline void rule_set_add_all(RuleSet *rules, RuleSet others)
{
    for (unsigned i = 0; i < RULE_SET_WORDS; i++)
        rules->words[i] |= others.words[i];
}

static inline RuleSet rule_set_of(Rule rule)
{
    RuleSet rules = { 0 };
    rule_set_add(&rules, rule);
    return rules;
}

static inline bool rule_set_has(RuleSet rules, Rule rule)
{
    return rules.words[rule / 64] >> rule % 64 & 1;
}

static inline bool rule_set_is_empty(RuleSet rules)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < RULE_SET_WORDS; i++)
        any |= rules.words[i];
    return any == 0;
}

static inline bool rule_set_equal(RuleSet a, RuleSet b)
{
    uint64_t differs = 0;
    for (unsigned i = 0; i < RULE_SET_WORDS; i++)
        differs |= a.words[i] ^ b.words[i];
    return differs == 0;
}

/* Ordered: the graver the greater. A finding may be graver or less grave than its rule's
 * default. */
typedef enum Severity {
    SEVERITY_NOTE,    /* worth knowing */
    SEVERITY_WARNING, /* a SHOULD is broken, or an exchange was lost */
    SEVERITY_ERROR,   /* a MUST is broken, proven */
} Severity;

#define SEVERITY_COUNT (SEVERITY_ERROR + 1)

typedef struct RuleText {
    const char *summary; /* one line: when it is broken */
    const char *explanation;
    const char *example; /* the bytes, or segments, that break it; lines end in \n */
    const char *advice;
} RuleText;

typedef struct RuleInfo {
    const char *name;
    Severity severity; /* by default */
    const char *party; /* client, server, both, sender (of the message), either, or "" */
    const char *reference;
    const RuleText *text;
} RuleInfo;

/* What a rule is about: its section of rules.def; static. */
const char *rule_category(Rule rule);

/* Looked up by rule_info(). */
extern const RuleInfo RULES[RULE_COUNT];

const RuleInfo *rule_info(Rule rule);
const char *severity_name(Severity severity);

/* False: there is none of that name. */
bool rule_find(const char *name, Rule *ret_rule);
/* The names that are most like a mistyped one, separated by commas; owned by the caller.
 * NULL: none is like it. */
char *rules_nearest(const char *name);

/* Appends the names of a set, blank-separated, in the order of the table. */
void append_rule_names(GString *text, RuleSet rules);

/* One line a rule: name, severity, party (- if nobody is at fault), reference and summary,
 * separated by tabs. */
char *rules_list(void);
/* A rule for a person. */
char *rule_explain(Rule rule);

#endif
