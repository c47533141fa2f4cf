#include "output_names.h"

#include <string.h>
#include <sys/stat.h>

#include "capture/bytes.h"
#include "page_pass.h"
#include "report/checksums.h"
#include "report/output.h"

#define DATABASE_NAME "reports.sqlite"

char **output_names(const Options *options)
{
    TableFormat format = options->format;
    char **names = g_new0(char *, OUTPUT_NAMES_MAX + 1);
    unsigned count = 0;
    if (format == TABLE_SQLITE)
        names[count++] = g_strdup(DATABASE_NAME);
    for (ReportName report = 0; report < REPORT_COUNT && format != TABLE_SQLITE; report++)
        names[count++] = report_file_name(report, format);
    if (page_pass_in_directory(options))
        names[count++] = g_strdup(OUTPUT_PAGE_NAME);
    names[count++] = g_strdup(MANIFEST_NAME);
    names[count] = g_strdup(CHECKSUMS_NAME);
    return names;
}

/* Names of one file? Neither has to be there, nor its directory. */
static bool is_same_directory(const char *one, const char *other)
{
    struct stat left, right;
    if (stat(one, &left) == 0 && stat(other, &right) == 0)
        return left.st_dev == right.st_dev && left.st_ino == right.st_ino;
    g_autofree char *of_one = g_canonicalize_filename(one, NULL);
    g_autofree char *of_other = g_canonicalize_filename(other, NULL);
    return strcmp(of_one, of_other) == 0;
}

static bool is_same_file(const char *one, const char *other)
{
    g_autofree char *name = g_path_get_basename(one);
    g_autofree char *other_name = g_path_get_basename(other);
    g_autofree char *directory = g_path_get_dirname(one);
    g_autofree char *other_directory = g_path_get_dirname(other);
    return strcmp(name, other_name) == 0 && is_same_directory(directory, other_directory);
}

static bool refuse(GError **error, const char *path, const char *why)
{
    g_autofree char *name = capture_display_name(path);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED, "%s: %s", name, why);
    return false;
}

/* `path` NULL: nothing is named. */
static bool check_beside_reports(const Options *options, const char *path, GError **error)
{
    if (!path || !options->output)
        return true;
    g_auto(GStrv) names = output_names(options);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *file = g_build_filename(options->output, name, NULL);
    bool taken =
        g_strv_contains((const char *const *)names, name) || strcmp(name, OUTPUT_PAGE_NAME) == 0;
    return !taken || !is_same_file(path, file) ||
           refuse(error, path, "is a file that --output writes: give it another name");
}

bool output_names_check(const Options *options, GError **error)
{
    if (options->page && options->database && is_same_file(options->page, options->database))
        return refuse(error, options->page, "--html and --sqlite name the same file");
    return check_beside_reports(options, options->page, error) &&
           check_beside_reports(options, options->database, error);
}
