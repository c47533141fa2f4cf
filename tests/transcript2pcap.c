/* Writes conversations as capture files, to look at them with other tools.
 *
 * transcript2pcap FILE.txt... DIRECTORY
 *
 * There is one file for each conversation, named after its text file and line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "transcript.h"

static int write_all(const char *source, const char *directory)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *base = g_path_get_basename(source);
    if (!g_file_get_contents(source, &text, NULL, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    g_autoptr(GPtrArray) transcripts = transcripts_parse(text, base, &error);
    if (!transcripts) {
        fprintf(stderr, "%s\n", error->message);
        return 1;
    }
    for (guint i = 0; i < transcripts->len; i++) {
        const Transcript *transcript = g_ptr_array_index(transcripts, i);
        g_autofree char *name =
            g_strdup_printf("%.*s-%u.pcap", (int)strcspn(base, "."), base, transcript->line);
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (!transcript_write(transcript, path, &error)) {
            fprintf(stderr, "%s\n", error->message);
            return 1;
        }
        printf("%s\t%s\n", name, transcript->title);
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s FILE.txt... DIRECTORY\n", argv[0]);
        return 2;
    }
    int failed = 0;
    for (int i = 1; i + 1 < argc; i++)
        failed |= write_all(argv[i], argv[argc - 1]);
    return failed;
}
