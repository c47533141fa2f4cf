#include "option_completion.h"

#include <string.h>

#include "option_table.h"
#include "option_values.h"

/* The words that an option takes, blank-separated; "": others; NULL: no argument. */
static const char *words_of(OptionId id)
{
    switch (id) {
    case OPTION_REPORT:
        return "connections exchanges findings servers pairs hops idle inputs";
    case OPTION_FORMAT:
        return "csv jsonl table sqlite text mermaid json";
    case OPTION_ONLY:
        return "as_declared undetermined contradicted note warning error";
    case OPTION_FAIL_ON:
        return "contradicted undetermined error warning nothing";
    case OPTION_COLOR:
    case OPTION_PROGRESS:
        return "auto always never";
    case OPTION_JOBS:
        return "1 2 4 8";
    case OPTION_MAX_MEMORY:
        return "256M 512M 1G 2G 4G";
    case OPTION_MAX_UNPACKED:
        return "1G 10G 100G";
    case OPTION_COMPLETION:
        return "bash zsh fish";
    default:
        return OPTIONS[id].argument ? "" : NULL;
    }
}

static bool takes_directory(OptionId id)
{
    return OPTIONS[id].take == take_directory;
}

static bool takes_file(OptionId id)
{
    return id == OPTION_KEYLOG || OPTIONS[id].take == take_file;
}

static void append_fish(GString *text)
{
    g_string_append(text, "# Completion of connaudit's command line, for fish.\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        const char *words = words_of(id);
        g_autofree char *help = g_strescape(info->help, NULL);
        g_string_append_printf(text, "complete -c connaudit -l %s", info->name);
        if (info->letter)
            g_string_append_printf(text, " -s %c", info->letter);
        if (takes_directory(id))
            g_string_append(text, " -x -a '(__fish_complete_directories)'");
        else if (takes_file(id))
            g_string_append(text, " -r -F");
        else if (id == OPTION_EXPLAIN)
            g_string_append(text, " -x -a '(connaudit --list-rules | cut -f 1)'");
        else if (words)
            g_string_append_printf(text, " -x%s%s%s", *words ? " -a '" : "", words,
                                   *words ? "'" : "");
        g_string_append_printf(text, " -d \"%s\"\n", help);
    }
}

static void append_zsh(GString *text)
{
    g_string_append(text, "#compdef connaudit\n"
                          "# Completion of connaudit's command line, for zsh.\n"
                          "_arguments -s -S \\\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const OptionInfo *info = &OPTIONS[id];
        const char *words = words_of(id);
        g_autoptr(GString) help = g_string_new(NULL);
        for (const char *c = info->help; *c; c++)
            g_string_append_printf(help,
                                   strchr("[]:\\", *c) ? "\\%c"
                                   : *c == '\''        ? "'\\%c'"
                                                       : "%c",
                                   *c);
        g_string_append(text, "  ");
        if (info->letter)
            g_string_append_printf(text, "'(-%c --%s)'{-%c%s,--%s%s}", info->letter, info->name,
                                   info->letter, words ? "+" : "", info->name, words ? "=" : "");
        else
            g_string_append_printf(text, "--%s%s", info->name, words ? "=" : "");
        g_string_append_printf(text, "'[%s]", help->str);
        if (takes_directory(id))
            g_string_append_printf(text, ":%s:_files -/", info->argument);
        else if (takes_file(id))
            g_string_append_printf(text, ":%s:_files", info->argument);
        else if (id == OPTION_EXPLAIN)
            g_string_append(text, ":RULE:($(connaudit --list-rules | cut -f 1))");
        else if (words && *words)
            g_string_append_printf(text, ":%s:(%s)", info->argument, words);
        else if (words)
            g_string_append_printf(text, ":%s: ", info->argument);
        g_string_append(text, "' \\\n");
    }
    g_string_append(text, "  '*:capture:_files'\n");
}

static const char BASH_FUNCTIONS[] =
    "_connaudit_paths()\n"
    "{\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t COMPREPLY < <(compgen -A \"$1\" -- \"$2\")\n"
    "}\n"
    "_connaudit()\n"
    "{\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} option='' values\n"
    "    # Bash makes three words of --report=x, the second of them \"=\".\n"
    "    if [[ $current == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "        current=\n"
    "    elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "    elif ((COMP_CWORD > 1)); then\n"
    "        option=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    fi\n"
    "    COMPREPLY=()\n"
    "    case $option in\n"
    "    -o | --output | --evidence | --verify | --inputs)\n"
    "        _connaudit_paths directory \"$current\"\n"
    "        return\n"
    "        ;;\n"
    "    -k | --keylog | --redact-key | --html | --sqlite)\n"
    "        _connaudit_paths file \"$current\"\n"
    "        return\n"
    "        ;;\n"
    "    -*)\n"
    "        if values=$(_connaudit_values \"$1\" \"$option\"); then\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\")\n"
    "            return\n"
    "        fi\n"
    "        ;;\n"
    "    esac\n"
    "    if [[ $current == -* ]]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_connaudit_options\" -- \"$current\")\n"
    "        [[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null\n"
    "    else\n"
    "        _connaudit_paths file \"$current\"\n"
    "    fi\n"
    "}\n"
    "complete -F _connaudit connaudit\n";

static void append_bash(GString *text)
{
    g_string_append(text, "# Completion of connaudit's command line, for bash.\n"
                          "_connaudit_values()\n{\n    case $2 in\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const char *words = words_of(id);
        if (!words || takes_directory(id) || takes_file(id))
            continue;
        g_string_append(text, "    ");
        if (OPTIONS[id].letter)
            g_string_append_printf(text, "-%c | ", OPTIONS[id].letter);
        g_string_append_printf(text, "--%s) ", OPTIONS[id].name);
        if (id == OPTION_EXPLAIN)
            g_string_append(text, "\"$1\" --list-rules 2>/dev/null | cut -f 1 ");
        else if (*words)
            g_string_append_printf(text, "printf '%%s\\n' %s ", words);
        g_string_append(text, ";;\n");
    }
    g_string_append(text, "    *) return 1 ;;\n    esac\n}\n_connaudit_options='");
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        g_string_append_printf(text, "--%s%s ", OPTIONS[id].name, OPTIONS[id].argument ? "=" : "");
    for (OptionId id = 0; id < OPTION_COUNT; id++)
        if (OPTIONS[id].letter)
            g_string_append_printf(text, "-%c ", OPTIONS[id].letter);
    g_string_append(text, "'\n");
    g_string_append(text, BASH_FUNCTIONS);
}

char *option_completion(const char *shell)
{
    static const struct {
        const char *shell;
        void (*append)(GString *text);
    } shells[] = { { "bash", append_bash }, { "zsh", append_zsh }, { "fish", append_fish } };
    for (size_t i = 0; i < G_N_ELEMENTS(shells); i++)
        if (strcmp(shell, shells[i].shell) == 0) {
            GString *text = g_string_new(NULL);
            shells[i].append(text);
            return g_string_free(text, FALSE);
        }
    return NULL;
}
