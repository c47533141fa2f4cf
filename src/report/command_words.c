#include "report/command_words.h"

#include <string.h>

#include "base/text.h"

/* A word whose end, from `hidden` on, must not be shown. */
static char *hidden_word(const Redactor *redactor, const char *word, size_t hidden)
{
    GString *text = g_string_new_len(word, (gssize)hidden);
    redactor_append(redactor, text, span_of_text(word + hidden));
    return g_string_free(text, FALSE);
}

static char *escaped_word(const char *word)
{
    GString *text = g_string_new(NULL);
    text_append_path(text, word);
    return g_string_free(text, FALSE);
}

/* For a shell ---------------------------------------------------------------------------------- */

static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:,=+%@";
    size_t length = strlen(word);
    return length > 0 && length <= COMMAND_PLAIN_MAX && *word != '=' &&
           strspn(word, plain) == length;
}

/* '...': what is in it stands for itself. */
static bool fits_single_quotes(const char *word)
{
    g_autofree char *shown = escaped_word(word);
    size_t backslashes = 0;
    for (const char *at = word; *at; at++)
        backslashes += *at == '\\';
    return !strchr(word, '\'') && strlen(shown) == strlen(word) + backslashes;
}

/* $'...': a byte that is no character to be seen, a quote and a backslash stand as \xNN. */
static char *ansi_quoted(const char *word)
{
    GString *text = g_string_new("$'");
    while (*word) {
        gunichar c = g_utf8_get_char_validated(word, -1);
        bool valid = c != (gunichar)-1 && c != (gunichar)-2;
        size_t length = valid ? (size_t)g_unichar_to_utf8(c, NULL) : 1;
        g_autofree char *character = g_strndup(word, length);
        g_autofree char *shown = escaped_word(character);
        if (strcmp(shown, character) == 0 && !strchr("'!", *character))
            g_string_append(text, character);
        else
            for (size_t i = 0; i < length; i++)
                g_string_append_printf(text, "\\x%02x", (unsigned char)word[i]);
        word += length;
    }
    g_string_append_c(text, '\'');
    return g_string_free(text, FALSE);
}

static char *shell_word(const char *word)
{
    if (is_plain(word))
        return g_strdup(word);
    return fits_single_quotes(word) ? g_strdup_printf("'%s'", word) : ansi_quoted(word);
}

/* Words ---------------------------------------------------------------------------------------- */

static char **make_words(const char *const *command, const Redactor *redactor,
                         char *(*write)(const char *word))
{
    static const char match[] = "--match";
    const size_t length = sizeof match - 1;
    bool hides = false; /* the next word may be what --match looks for */
    GPtrArray *words = g_ptr_array_new();
    g_ptr_array_add(words, g_strdup("connaudit"));
    for (const char *const *word = command + 1; *word; word++) {
        bool matches = redactor && strncmp(*word, match, length) == 0;
        bool joined = matches && (*word)[length] == '=';
        g_autofree char *hidden = hides    ? hidden_word(redactor, *word, 0)
                                  : joined ? hidden_word(redactor, *word, length + 1)
                                           : NULL;
        g_ptr_array_add(words, write(hidden ? hidden : *word));
        hides = !hides && matches && (*word)[length] == '\0';
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

char **command_words(const char *const *command, const Redactor *redactor)
{
    return make_words(command, redactor, escaped_word);
}

char **command_shell_words(const char *const *command, const Redactor *redactor)
{
    return make_words(command, redactor, shell_word);
}
