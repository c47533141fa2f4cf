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

char **command_words(const char *const *command, const Redactor *redactor)
{
    static const char match[] = "--match";
    const size_t length = sizeof match - 1;
    bool hides = false; /* the next word may be what --match looks for */
    GPtrArray *words = g_ptr_array_new();
    g_ptr_array_add(words, g_strdup("connaudit"));
    for (const char *const *word = command + 1; *word; word++) {
        bool matches = redactor && strncmp(*word, match, length) == 0;
        bool joined = matches && (*word)[length] == '=';
        g_ptr_array_add(words, hides    ? hidden_word(redactor, *word, 0)
                               : joined ? hidden_word(redactor, *word, length + 1)
                                        : escaped_word(*word));
        hides = !hides && matches && (*word)[length] == '\0';
    }
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}
