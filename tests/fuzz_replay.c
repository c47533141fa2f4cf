/* The main() of every fuzz target that is built without libFuzzer; any compiler works.
 *
 * tests/fuzz_x: feeds each file of the corpus, tests/corpus/x/, to the target, and also some
 * prefixes of each file, because code that reads captures must accept them cut at any place. Files
 * that are named are fed instead.
 *
 * tests/fuzz_x --tries=N: feeds N inputs that are stored ones with something changed. These are the
 * same on every machine, and a sum of them is printed, so that two runs can be compared. With
 * --keep=FILE, FILE holds the input that was fed last: after a failure, the one that shows it. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_mutant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Number of prefixes per file: every cut of a small file, a limited number for a large one. */
#define CUTS_MAX 256

static int tries, seed = 1;
static char *keep;

/* Each input gets a block of exactly its size: a sanitizer or valgrind sees the first byte read
 * beyond it. The program's own dice, which choose where hash tables put things, begin anew. */
static void feed(const uint8_t *bytes, size_t size)
{
    g_random_set_seed((guint32)seed);
    g_autofree uint8_t *copy = g_malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
}

static void replay(GBytes *input)
{
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(input, &size);
    gsize step = size / CUTS_MAX + 1;
    for (gsize cut = 0; cut < size; cut += step)
        feed(bytes, cut);
    feed(bytes, size);
}

static void replay_all(const GPtrArray *inputs)
{
    for (unsigned i = 0; i < inputs->len; i++)
        replay(g_ptr_array_index(inputs, i));
}

static void try_mutants(const GPtrArray *inputs)
{
    g_autoptr(GRand) dice = g_rand_new_with_seed((guint32)seed);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (int i = 0; i < tries; i++) {
        g_autoptr(GByteArray) mutant = mutant_new(dice, inputs);
        g_autoptr(GError) error = NULL;
        g_checksum_update(sum, mutant->data, mutant->len);
        if (keep && !g_file_set_contents_full(keep, (const char *)mutant->data, mutant->len,
                                              G_FILE_SET_CONTENTS_NONE, 0600, &error))
            g_error("%s", error->message);
        feed(mutant->data, mutant->len);
    }
    fprintf(stderr, "%d tries, their sum %.16s\n", tries, g_checksum_get_string(sum));
}

static GBytes *read_file(const char *path)
{
    char *bytes = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &bytes, &size, &error))
        g_error("%s", error->message);
    return g_bytes_new_take(bytes, size);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The files of a folder in the order of their names. */
static GPtrArray *read_folder(const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir)
        g_error("%s", error->message);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name; (name = g_dir_read_name(dir));)
        g_ptr_array_add(names, g_build_filename(folder, name, NULL));
    g_ptr_array_sort(names, by_name);
    GPtrArray *inputs = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (unsigned i = 0; i < names->len; i++)
        g_ptr_array_add(inputs, read_file(g_ptr_array_index(names, i)));
    return inputs;
}

static GPtrArray *read_corpus(const char *argv0)
{
    g_autofree char *program = g_path_get_basename(argv0);
    const char *name = g_str_has_prefix(program, "fuzz_") ? program + strlen("fuzz_") : program;
    const char *srcdir = g_getenv("srcdir");
    g_autofree char *folder =
        g_build_filename(srcdir ? srcdir : ".", "tests", "corpus", name, NULL);
    return read_folder(folder);
}

static void parse(int *argc, char ***argv)
{
    const GOptionEntry entries[] = {
        { "tries", 0, 0, G_OPTION_ARG_INT, &tries, "Feed N changed inputs", "N" },
        { "seed", 0, 0, G_OPTION_ARG_INT, &seed, "Which ones (default: 1)", "N" },
        { "keep", 0, 0, G_OPTION_ARG_FILENAME, &keep, "Write each to FILE before", "FILE" },
        { 0 },
    };
    g_autoptr(GOptionContext) context = g_option_context_new("[FILE...]");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, &error)) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
}

int main(int argc, char **argv)
{
    parse(&argc, &argv);
    g_autoptr(GPtrArray) inputs =
        argc > 1 ? g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)
                 : read_corpus(argv[0]);
    for (int i = 1; i < argc; i++)
        g_ptr_array_add(inputs, read_file(argv[i]));
    if (inputs->len == 0) {
        fprintf(stderr, "%s: no inputs\n", argv[0]);
        return EXIT_FAILURE;
    }
    if (tries > 0)
        try_mutants(inputs);
    else
        replay_all(inputs);
    fprintf(stderr, "%u stored inputs\n", inputs->len);
    g_free(keep);
    return EXIT_SUCCESS;
}
