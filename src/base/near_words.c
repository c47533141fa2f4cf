#include "base/near_words.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Two neighbours that changed places count once. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[3][NEAR_WORDS_LENGTH + 1];
    size_t b_length = strlen(b), i = 0;
    g_assert(b_length <= NEAR_WORDS_LENGTH);
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = (unsigned)j;
    for (; a[i]; i++) {
        const unsigned *above = rows[i % 3], *twice_above = rows[(i + 2) % 3];
        unsigned *row = rows[(i + 1) % 3];
        row[0] = above[0] + 1;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned cost = above[j - 1] + (a[i] != b[j - 1]);
            row[j] = MIN(cost, MIN(above[j], row[j - 1]) + 1);
            if (i > 0 && j > 1 && a[i] == b[j - 2] && a[i - 1] == b[j - 1])
                row[j] = MIN(row[j], twice_above[j - 2] + 1);
        }
    }
    return rows[i % 3][b_length];
}

static unsigned how_far(const char *name, const char *word)
{
    bool within = *name && strstr(word, name);
    return within ? 0 : 1 + distance(name, word);
}

char *near_words(const char *name, const char *const *words, unsigned most)
{
    const char *taken[NEAR_WORDS_COUNT];
    unsigned count = 0;
    GString *text = g_string_new(NULL);
    for (; count < NEAR_WORDS_COUNT; count++) {
        const char *nearest = NULL;
        unsigned least = UINT_MAX;
        for (unsigned i = 0; words[i]; i++) {
            bool again = false;
            for (unsigned n = 0; n < count; n++)
                again = again || taken[n] == words[i];
            unsigned far = again ? UINT_MAX : how_far(name, words[i]);
            if (far < least && (far == 0 || far - 1 <= most)) {
                least = far;
                nearest = words[i];
            }
        }
        if (!nearest)
            break;
        taken[count] = nearest;
        g_string_append_printf(text, "%s%s", count ? ", " : "", nearest);
    }
    return g_string_free(text, count == 0);
}

unsigned near_words_distance(const char *name)
{
    return (unsigned)MAX(1, strnlen(name, NEAR_WORDS_LENGTH) / 3);
}
