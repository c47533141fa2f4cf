#include "report/checksums.h"

#include <string.h>
#include <sys/stat.h>

static bool is_same_place(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

char *checksums_path_within(const char *directory, const char *other)
{
    if (is_same_place(directory, other))
        return g_strdup("");
    g_autofree char *parent = g_path_get_dirname(other);
    g_autofree char *name = g_path_get_basename(other);
    return is_same_place(directory, parent) ? g_strconcat(name, "/", NULL) : NULL;
}

/* A name with a line end or a backslash would need an escape. */
static bool is_plain(const char *name)
{
    return !strpbrk(name, "\n\r\\");
}

static void append(GString *text, const char *sum, const char *folder, const char *name)
{
    g_string_append_printf(text, "%s  %s%s\n", sum, folder, name);
}

static void append_evidence(GString *text, const char *directory, const ManifestEvidence *evidence)
{
    g_autofree char *folder = checksums_path_within(directory, evidence->directory);
    if (!folder || !is_plain(folder))
        return;
    for (unsigned i = 0; i < evidence->count; i++)
        append(text, evidence->captures[i].sha256, folder, evidence->captures[i].name);
    for (unsigned i = 0; i < evidence->page_count; i++)
        append(text, evidence->pages[i].sha256, folder, evidence->pages[i].name);
}

char *checksums_text(const char *directory, const ManifestReport *reports, unsigned count,
                     const char *manifest_sum, const ManifestEvidence *evidence)
{
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < count; i++)
        append(text, reports[i].sha256, "", reports[i].name);
    append(text, manifest_sum, "", MANIFEST_NAME);
    if (evidence)
        append_evidence(text, directory, evidence);
    return g_string_free(text, FALSE);
}
