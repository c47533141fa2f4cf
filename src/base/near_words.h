/* What a mistyped word may mean. */
#ifndef BASE_NEAR_WORDS_H
#define BASE_NEAR_WORDS_H

#include <limits.h>

#define NEAR_WORDS_COUNT 3   /* are named at most */
#define NEAR_WORDS_LENGTH 48 /* of each of them, at most */

/* "a, b, c": the words of a list that is ended by NULL, each once in it, from which `name` differs
 * least. The measure is how many characters to insert, remove, replace or swap, `most` at most.
 * Words with equally many keep their order; one that holds the name is nearer than any that does
 * not. NULL: there is none. Freed by the caller. */
char *near_words(const char *name, const char *const *words, unsigned most);

/* A distance within which a word is worth naming: a third of the name, and at least 1. */
unsigned near_words_distance(const char *name);

#endif
