#include "options.h"

#include <string.h>

#include "base/near_words.h"
#include "option_checks.h"
#include "option_completion.h"
#include "option_help.h"
#include "option_table.h"
#include "option_values.h"
#include "packets/evidence_list.h"

/* More threads than that hardly win anything: one reads. */
#define JOBS_DEFAULT_MAX 4

G_DEFINE_QUARK(connaudit - options - error, options_error)

static void raw_clear(RawOptions *raw)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_free(raw->text[id]);
    g_strfreev(raw->keylogs);
    g_strfreev(raw->inputs);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RawOptions, raw_clear)

static GOptionContext *make_context(RawOptions *raw)
{
    GOptionEntry entries[OPTION_COUNT + 2] = { { .long_name = NULL } };
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        void *to = info->take ? (void *)&raw->text[id] : (void *)&raw->on[id];
        if (info->kind == G_OPTION_ARG_FILENAME_ARRAY)
            to = &raw->keylogs;
        entries[id] = (GOptionEntry){ info->name, info->letter,  0, info->kind, to,
                                      info->help, info->argument };
    }
    entries[OPTION_COUNT] =
        (GOptionEntry){ G_OPTION_REMAINING, 0,    0,   G_OPTION_ARG_FILENAME_ARRAY,
                        &raw->inputs,       NULL, NULL };
    GOptionContext *context = g_option_context_new(NULL);
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_help_enabled(context, FALSE);
    return context;
}

/* The option of a letter, or of a long name that ends at `length`; NULL: there is none. */
static const OptionInfo *find_option(char letter, const char *name, size_t length)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        if (name ? strlen(info->name) == length && strncmp(info->name, name, length) == 0
                 : info->letter == letter)
            return info;
    }
    return NULL;
}

/* GOption reads "-rservers" as -r, -s and so on. Everywhere else it is -r with "servers": it
 * becomes two arguments. Returns where the argument of the last letter begins; NULL: it has none
 * here. */
static const char *attached_argument(const char *word)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const OptionInfo *info = find_option(*letter, NULL, 0);
        if (!info)
            return NULL;
        if (info->argument)
            return letter[1] ? letter + 1 : NULL;
    }
    return NULL;
}

/* Whether the next word is the argument of this one. */
static bool takes_next(const char *word)
{
    size_t length = strlen(word);
    const OptionInfo *info = word[1] == '-' ? find_option(0, word + 2, length - 2)
                                            : find_option(word[length - 1], NULL, 0);
    return info && info->argument;
}

static char **split_letters(int argc, char **argv)
{
    GPtrArray *words = g_ptr_array_new();
    bool options = true, argument = false;
    for (int i = 0; i < argc; i++) {
        const char *word = argv[i];
        bool option = i > 0 && options && !argument && word[0] == '-' && word[1];
        options = options && !(option && strcmp(word, "--") == 0);
        const char *attached = option && word[1] != '-' ? attached_argument(word) : NULL;
        if (attached)
            g_ptr_array_add(words, g_strndup(word, (gsize)(attached - word)));
        g_ptr_array_add(words, g_strdup(attached ? attached : word));
        argument = option && options && !attached && takes_next(word);
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

static bool take_values(const RawOptions *raw, Options *options, GError **error)
{
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (raw->text[id] && !OPTIONS[id].take(&OPTIONS[id], raw->text[id], options, error))
            return false;
    return option_checks(raw, options, error);
}

/* What prints something and stops: nothing else is checked then. */
static bool take_printing(const RawOptions *raw, Options *options, GError **error)
{
    const char *rule = raw->text[OPTION_EXPLAIN], *shell = raw->text[OPTION_COMPLETION];
    if (options->help) {
        options->printed = option_help();
        return true;
    }
    if (rule && !options->version && !options->list_rules)
        return take_rule(&OPTIONS[OPTION_EXPLAIN], rule, options, error);
    if (!shell || options->version || options->list_rules)
        return true;
    options->printed = option_completion(shell);
    if (!options->printed)
        g_set_error(error, OPTIONS_ERROR, 0, "--completion takes bash, zsh or fish, not '%s'",
                    shell);
    return options->printed;
}

/* What a long option that is unknown may mean; NULL: nothing. */
static char *near_options(const GError *error)
{
    const char *unknown = strstr(error->message, "--");
    if (!g_error_matches(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) || !unknown)
        return NULL;
    g_autofree char *name = g_strndup(unknown, strcspn(unknown, "="));
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_ptr_array_add(names, g_strconcat("--", OPTIONS[id].name, NULL));
    g_ptr_array_add(names, NULL);
    return near_words(name, (const char *const *)names->pdata, near_words_distance(name + 2));
}

bool options_parse(Options *ret_options, int argc, char **argv, GError **error)
{
    g_auto(RawOptions) raw = { 0 };
    g_autoptr(GOptionContext) context = make_context(&raw);
    g_auto(GStrv) arguments = split_letters(argc, argv);

    *ret_options = (Options){ .thresholds = THRESHOLDS_DEFAULT,
                              .jobs = MIN(g_get_num_processors(), JOBS_DEFAULT_MAX),
                              .max_memory = MEMORY_DEFAULT,
                              .evidence_max = EVIDENCE_DEFAULT };
    if (!g_option_context_parse_strv(context, &arguments, error)) {
        g_autoptr(GError) failure = g_steal_pointer(error);
        g_autofree char *near = near_options(failure);
        g_set_error(error, OPTIONS_ERROR, 0, "%s%s%s (connaudit --help lists the options)",
                    failure->message, near ? "; near ones: " : "", near ? near : "");
        return false;
    }
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (OPTIONS[id].kind == G_OPTION_ARG_NONE)
            *(bool *)option_place(&OPTIONS[id], ret_options) = raw.on[id];
    ret_options->prints = ret_options->help || ret_options->version || ret_options->list_rules ||
                          raw.text[OPTION_EXPLAIN] || raw.text[OPTION_COMPLETION];
    if (ret_options->prints)
        return take_printing(&raw, ret_options, error);
    if (!take_values(&raw, ret_options, error))
        return false;
    ret_options->inputs = g_steal_pointer(&raw.inputs);
    ret_options->keylogs = g_steal_pointer(&raw.keylogs);
    return true;
}

void options_clear(Options *options)
{
    g_clear_pointer(&options->matcher, matcher_free);
    g_strfreev(options->inputs);
    g_strfreev(options->keylogs);
    g_strfreev(options->columns);
    g_free(options->output);
    g_free(options->database);
    g_free(options->page);
    g_free(options->filter);
    g_free(options->verify);
    g_free(options->moved);
    g_free(options->redact_key);
    g_free(options->evidence);
    g_free(options->show);
    g_free(options->show_text);
    g_free(options->printed);
}
