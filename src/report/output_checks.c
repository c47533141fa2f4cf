/* Where no output may go. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "report/output_files.h"

static bool refuse(GError **error, const char *path, const char *why)
{
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_path(text, path);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED, "%s: %s", text->str, why);
    return false;
}

/* Inputs --------------------------------------------------------------------------------------- */

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether the directory at `path`, or one above it, is this one. */
static bool lies_within(const char *path, const struct stat *directory)
{
    g_autofree char *place = realpath(path, NULL);
    if (!place)
        return false;
    for (;;) {
        struct stat status;
        if (stat(place, &status) == 0 && is_same(&status, directory))
            return true;
        if (strcmp(place, "/") == 0)
            return false;
        char *parent = g_path_get_dirname(place);
        g_free(place);
        place = parent;
    }
}

static bool holds_input(const struct stat *directory, const char *input)
{
    g_autofree char *target = realpath(input, NULL);
    const char *names[] = { input, target };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        struct stat status;
        g_autofree char *parent = names[i] ? g_path_get_dirname(names[i]) : NULL;
        if (parent && stat(parent, &status) == 0 && is_same(&status, directory))
            return true;
    }
    return false;
}

/* `existing` is the directory, or where it is to be created; `path` is what was asked for. */
static bool check_inputs(const char *path, const char *existing, bool exists,
                         const char *const *inputs, GError **error)
{
    struct stat directory, status;
    bool known = exists && stat(existing, &directory) == 0;
    for (; *inputs; inputs++) {
        if (strcmp(*inputs, "-") == 0 || stat(*inputs, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && lies_within(existing, &status))
            return refuse(error, path, "lies in a directory that is an input");
        if (known && !S_ISDIR(status.st_mode) && holds_input(&directory, *inputs))
            return refuse(error, path,
                          "an input lies there, and nothing is written next to one: name a "
                          "directory of its own");
    }
    return true;
}

bool output_check_named(const char *path, const char *const *inputs, GError **error)
{
    struct stat file, status;
    if (stat(path, &file) != 0)
        return true;
    for (; *inputs; inputs++)
        if (stat(*inputs, &status) == 0 && is_same(&file, &status))
            return refuse(error, path, "is an input");
    return true;
}

bool output_check_file(const char *path, const char *const *inputs, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    return check_inputs(path, parent, true, inputs, error);
}

bool output_check_stdout(const char *const *inputs, GError **error)
{
    struct stat out, status;
    if (fstat(STDOUT_FILENO, &out) != 0 || !S_ISREG(out.st_mode))
        return true;
    for (; *inputs; inputs++)
        if (strcmp(*inputs, "-") != 0 && stat(*inputs, &status) == 0 && is_same(&out, &status))
            return refuse(error, *inputs, "is an input, and standard output would write into it");
    return true;
}

/* Strangers ------------------------------------------------------------------------------------ */

/* Whoever may write to the directory can put other files in the place of ours, in a sticky one too
 * before they are there. */
static bool check_directory(Output *output, GError **error)
{
    struct stat status;
    if (stat(output->path, &status) != 0 || !S_ISDIR(status.st_mode))
        return true; /* opening it will say why */
    if (status.st_mode & S_IWOTH) {
        g_autoptr(GString) why =
            g_string_new("anybody may write to this directory, and so could replace what is "
                         "written there: name a directory that is yours alone");
        /* in one that is not sticky, somebody could put another directory in its place */
        g_autofree char *inner = g_build_filename(output->path, "report", output->alone, NULL);
        if (status.st_mode & S_ISVTX) {
            g_string_append(why, ", such as a new one in it: ");
            text_append_path(why, inner);
        }
        return refuse(error, output->path, why->str);
    }
    if (status.st_mode & S_IWGRP)
        output->note = "the group of this directory may replace what is written there";
    else if (status.st_uid != geteuid() && status.st_uid != 0)
        output->note = "the owner of this directory may replace what is written there";
    return true;
}

/* Whoever may write to what is above it can put another directory in its place. */
static bool check_parent(const char *path, const char *parent, GError **error)
{
    struct stat status;
    if (stat(parent, &status) == 0 && (status.st_mode & S_IWOTH) && !(status.st_mode & S_ISVTX))
        return refuse(error, path,
                      "anybody may write to the directory above it, and so could replace it: "
                      "name one in a directory that is yours alone");
    return true;
}

bool output_check_strangers(const char *path, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *above = g_path_get_dirname(directory);
    Output place = { .path = directory };
    return check_parent(directory, above, error) && check_directory(&place, error);
}

bool output_check_place(Output *output, bool exists, const char *const *inputs, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(output->path);
    return check_inputs(output->path, exists ? output->path : parent, exists, inputs, error) &&
           check_parent(output->path, parent, error) && (!exists || check_directory(output, error));
}

/* Names ---------------------------------------------------------------------------------------- */

bool output_check_name(const Output *output, const char *name, GError **error)
{
    struct stat status;
    if (fstatat(output->directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    g_autofree char *path = g_build_filename(output->path, name, NULL);
    if (S_ISDIR(status.st_mode))
        return refuse(error, path, "is a directory");
    return output->force || refuse(error, path, "exists already (--force overwrites it)");
}
