/* Inputs for a fuzz target that nobody wrote down: stored ones with something changed.
 *
 * What changes is chosen by GRand alone. So a seed gives the same inputs on every machine, whatever
 * compiler, libraries and addresses; a fuzzer that is led by coverage does not. */
#ifndef TESTS_FUZZ_MUTANT_H
#define TESTS_FUZZ_MUTANT_H

#include <glib.h>

/* No input gets longer. */
#define MUTANT_MAX 65536

/* One of the inputs (GBytes, at least one) with one to eight changes; owned by the caller. */
GByteArray *mutant_new(GRand *dice, const GPtrArray *inputs);

#endif
