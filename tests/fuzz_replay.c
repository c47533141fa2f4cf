/* The main() of every fuzz target that is built without libFuzzer. It feeds each file of the
 * corpus, tests/corpus/<target>/, to the target, and also some prefixes of each file, because code
 * that reads captures must accept them cut at any place. Any compiler works, so `make check`
 * replays the whole corpus. */
#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Number of prefixes per file: every cut of a small file, a limited number for a large one. */
#define CUTS_MAX 256

/* Each input gets a block of exactly its size: a sanitizer or valgrind sees the first byte read
 * beyond it. */
static void feed(const char *bytes, size_t size)
{
    g_autofree uint8_t *copy = g_malloc(size ? size : 1);
    if (size)
        memcpy(copy, bytes, size);
    LLVMFuzzerTestOneInput(copy, size);
}

static void replay(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &bytes, &size, &error))
        g_error("%s", error->message);
    gsize step = size / CUTS_MAX + 1;
    for (gsize cut = 0; cut < size; cut += step)
        feed(bytes, cut);
    feed(bytes, size);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        for (int i = 1; i < argc; i++)
            replay(argv[i]);
        return EXIT_SUCCESS;
    }

    g_autofree char *program = g_path_get_basename(argv[0]);
    const char *name = g_str_has_prefix(program, "fuzz_") ? program + strlen("fuzz_") : program;
    const char *srcdir = g_getenv("srcdir");
    g_autofree char *folder =
        g_build_filename(srcdir ? srcdir : ".", "tests", "corpus", name, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir) {
        fprintf(stderr, "%s: %s\n", program, error->message);
        return EXIT_FAILURE;
    }
    unsigned files = 0;
    for (const char *file; (file = g_dir_read_name(dir)); files++) {
        g_autofree char *path = g_build_filename(folder, file, NULL);
        replay(path);
    }
    printf("%u inputs from %s\n", files, folder);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
