#include "verify_beside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/checksums.h"

/* minisign and GnuPG write beside what they sign; a time stamp has its own name. */
static bool belongs(const char *name, GHashTable *names)
{
    return strcmp(name, MANIFEST_NAME) == 0 || strcmp(name, CHECKSUMS_NAME) == 0 ||
           g_str_has_prefix(name, MANIFEST_NAME ".") || strcmp(name, "manifest.tsr") == 0 ||
           g_hash_table_contains(names, name);
}

/* How one of the places lies to a path: 0: elsewhere, 1: within it, 2: it is the path. */
static int relation(const char *path, const GPtrArray *places)
{
    int found = 0;
    size_t length = strlen(path);
    for (guint i = 0; i < places->len && found < 2; i++) {
        const char *place = g_ptr_array_index(places, i);
        if (strncmp(place, path, length) == 0 && (!place[length] || place[length] == '/'))
            found = place[length] ? 1 : 2;
    }
    return found;
}

static gint compare_names(gconstpointer left, gconstpointer right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void keep_first(VerifyBeside *beside)
{
    GPtrArray *names = beside->strangers;
    g_ptr_array_sort(names, compare_names);
    if (names->len <= VERIFY_BESIDE_MAX)
        return;
    beside->more += names->len - VERIFY_BESIDE_MAX;
    g_ptr_array_set_size(names, VERIFY_BESIDE_MAX);
}

static void take(VerifyBeside *beside, const char *path, const char *name, const GPtrArray *places,
                 bool directories)
{
    struct stat status;
    int place = relation(path, places);
    bool directory = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
    if (directory && (place || !directories))
        return;
    g_ptr_array_add(place ? beside->named : beside->strangers, g_strdup(name));
    if (beside->strangers->len >= 2 * VERIFY_BESIDE_MAX)
        keep_first(beside);
}

/* The places without links, as far as they are there. */
static GPtrArray *resolve(const GPtrArray *places)
{
    GPtrArray *resolved = g_ptr_array_new_with_free_func(free);
    for (guint i = 0; i < places->len; i++) {
        char *path = realpath(g_ptr_array_index(places, i), NULL);
        if (path)
            g_ptr_array_add(resolved, path);
    }
    return resolved;
}

void verify_beside_find(VerifyBeside *ret_beside, const char *directory, GHashTable *names,
                        const GPtrArray *places, bool directories)
{
    *ret_beside = (VerifyBeside){ .strangers = g_ptr_array_new_with_free_func(g_free),
                                  .named = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *real = realpath(directory, NULL);
    g_autoptr(GDir) listing = real ? g_dir_open(real, 0, NULL) : NULL;
    g_autoptr(GPtrArray) resolved = resolve(places);
    for (const char *name; listing && (name = g_dir_read_name(listing));) {
        g_autofree char *path = g_build_filename(real, name, NULL);
        if (!belongs(name, names))
            take(ret_beside, path, name, resolved, directories);
    }
    keep_first(ret_beside);
    g_ptr_array_sort(ret_beside->named, compare_names);
}

void verify_beside_clear(VerifyBeside *beside)
{
    g_clear_pointer(&beside->strangers, g_ptr_array_unref);
    g_clear_pointer(&beside->named, g_ptr_array_unref);
}
