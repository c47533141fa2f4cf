/* How the files of a run appear.
 *
 * The directory is held open, and every step is relative to it, so that nothing changes if somebody
 * renames it meanwhile. A report gets its name by link(), which fails if the name was taken after
 * it was checked; with --force, and on file systems without hard links, by rename(). The manifest
 * gets its name last: if it exists, the reports that it names exist too. If one file cannot get its
 * name, the names of the files before it are removed again.
 *
 * A signal that ends the program at once would leave temporary files behind. output_abandon() is
 * for its handler; it calls only what POSIX allows in one. */
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/text.h"

#define HASH_PORTION (64 * 1024)
#define TEMPORARY_NAME_MAX 192

typedef struct OutputFile {
    char *name;
    char temporary[TEMPORARY_NAME_MAX]; /* "": it is gone */
    FILE *stream;                       /* NULL: closed, or opened for each piece */
    bool placed;                        /* it has its name */
} OutputFile;

struct Output {
    char *path;
    int directory;
    bool created;
    bool committed; /* the directory stays */
    bool force;
    OutputFile *files; /* `room` of them, grown only while signals wait */
    unsigned count, room;
};

G_DEFINE_QUARK(connaudit - output - error - quark, output_error)

static Output *volatile active[OUTPUTS_MAX]; /* what a signal would leave behind, in their order */

static void set_error(GError **error, const Output *output, const char *name, int failure)
{
    GString *text = g_string_new(NULL);
    text_append_path(text, output->path);
    if (name)
        g_string_append_printf(text, "/%s", name);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_FAILED, "%s: %s", text->str, g_strerror(failure));
    g_string_free(text, TRUE);
}

static bool refuse(GError **error, const char *path, const char *why)
{
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_path(text, path);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_REFUSED, "%s: %s", text->str, why);
    return false;
}

/* Refusals ------------------------------------------------------------------------------------- */

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

/* `existing` is the directory, or where it is to be created. */
static bool check_inputs(const char *path, const char *existing, bool exists,
                         const char *const *inputs, GError **error)
{
    struct stat directory, status;
    bool known = exists && stat(path, &directory) == 0;
    for (; *inputs; inputs++) {
        if (strcmp(*inputs, "-") == 0 || stat(*inputs, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && lies_within(existing, &status))
            return refuse(error, path, "lies in a directory that is an input");
        if (known && !S_ISDIR(status.st_mode) && holds_input(&directory, *inputs))
            return refuse(error, path, "an input lies there, and nothing is written next to one");
    }
    return true;
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

/* Temporary files ------------------------------------------------------------------------------ */

/* Removes the files that have no name yet. A signal handler may call it. */
static void remove_temporaries(Output *output)
{
    for (unsigned i = 0; i < output->count; i++)
        if (output->files[i].temporary[0])
            unlinkat(output->directory, output->files[i].temporary, 0);
}

void output_abandon(void)
{
    for (unsigned i = OUTPUTS_MAX; i-- > 0;) {
        Output *output = active[i];
        if (!output)
            continue;
        remove_temporaries(output);
        if (output->created && !output->committed)
            rmdir(output->path);
    }
}

/* The descriptor; -1 and `error` if there is none. */
static int create_temporary(Output *output, OutputFile *file, GError **error)
{
    int fd = -1;
    for (unsigned attempt = 0; fd < 0 && attempt < 100; attempt++) {
        g_snprintf(file->temporary, sizeof file->temporary, ".%s.%ld-%u", file->name,
                   (long)getpid(), attempt);
        fd =
            openat(output->directory, file->temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0) {
        int failure = errno;
        file->temporary[0] = '\0';
        set_error(error, output, file->name, failure);
    }
    return fd;
}

static bool open_temporary(Output *output, OutputFile *file, GError **error)
{
    int fd = create_temporary(output, file, error);
    if (fd < 0)
        return false;
    file->stream = fdopen(fd, "w+");
    if (!file->stream) /* only for want of memory, where GLib aborts as well */
        g_error("fdopen: %s", g_strerror(errno));
    return true;
}

/* Opening -------------------------------------------------------------------------------------- */

static bool open_directory(Output *output, const char *const *inputs, GError **error)
{
    struct stat status;
    bool exists = stat(output->path, &status) == 0;
    g_autofree char *parent = g_path_get_dirname(output->path);
    if (!check_inputs(output->path, exists ? output->path : parent, exists, inputs, error))
        return false;
    output->created = !exists && mkdir(output->path, 0777) == 0;
    if (!exists && !output->created) {
        set_error(error, output, NULL, errno);
        return false;
    }
    output->directory = open(output->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (output->directory < 0)
        set_error(error, output, NULL, errno);
    return output->directory >= 0;
}

static bool check_name(const Output *output, const char *name, GError **error)
{
    struct stat status;
    if (fstatat(output->directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return true;
    g_autofree char *path = g_build_filename(output->path, name, NULL);
    if (S_ISDIR(status.st_mode))
        return refuse(error, path, "is a directory");
    return output->force || refuse(error, path, "exists already (--force overwrites it)");
}

static bool check_names(const Output *output, const char *const *names, GError **error)
{
    for (; *names; names++)
        if (!check_name(output, *names, error))
            return false;
    return true;
}

/* The next file. The caller counts it when it has been opened. */
static OutputFile *next_file(Output *output, const char *name)
{
    if (output->count == output->room) {
        output->room = MAX(8, 2 * output->room);
        output->files = g_renew(OutputFile, output->files, output->room);
    }
    OutputFile *file = &output->files[output->count];
    *file = (OutputFile){ .name = g_strdup(name) };
    return file;
}

static bool open_files(Output *output, const char *const *names, GError **error)
{
    for (; *names; names++) {
        OutputFile *file = next_file(output, *names);
        if (!open_temporary(output, file, error)) {
            g_free(file->name);
            return false;
        }
        output->count++;
    }
    return true;
}

static void activate(Output *output)
{
    unsigned i = 0;
    while (i < OUTPUTS_MAX && active[i])
        i++;
    g_assert(i < OUTPUTS_MAX);
    active[i] = output;
}

static void deactivate(const Output *output)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++)
        if (active[i] == output)
            active[i] = NULL;
}

Output *output_open(const char *path, const char *const *names, const char *const *inputs,
                    bool force, GError **error)
{
    g_autoptr(Output) output = g_new0(Output, 1);
    output->path = g_strdup(path);
    while (strlen(output->path) > 1 && g_str_has_suffix(output->path, "/"))
        output->path[strlen(output->path) - 1] = '\0';
    output->directory = -1;
    output->force = force;
    interrupt_hold();
    activate(output);
    bool opened = open_directory(output, inputs, error) && check_names(output, names, error) &&
                  open_files(output, names, error);
    interrupt_release();
    return opened ? g_steal_pointer(&output) : NULL;
}

bool output_add(Output *output, const char *name, unsigned *ret_index, GError **error)
{
    if (!check_name(output, name, error))
        return false;
    interrupt_hold();
    OutputFile *file = next_file(output, name);
    int fd = create_temporary(output, file, error);
    if (fd < 0)
        g_free(file->name);
    else
        *ret_index = output->count++;
    interrupt_release();
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Writing -------------------------------------------------------------------------------------- */

FILE *output_stream(Output *output, unsigned index)
{
    g_assert(index < output->count);
    return output->files[index].stream;
}

static int reopen(const Output *output, const OutputFile *file, int how)
{
    return openat(output->directory, file->temporary, how | O_CLOEXEC | O_NOFOLLOW);
}

bool output_append(Output *output, unsigned index, const void *bytes, size_t size, GError **error)
{
    const OutputFile *file = &output->files[index];
    int fd = reopen(output, file, O_WRONLY | O_APPEND);
    ssize_t written = 0;
    for (size_t done = 0; fd >= 0 && written >= 0 && done < size; done += (size_t)written) {
        written = write(fd, (const uint8_t *)bytes + done, size - done);
        if (written < 0 && errno == EINTR)
            written = 0;
    }
    int failure = errno;
    if (fd >= 0 && written >= 0 && close(fd) == 0)
        return true;
    if (fd >= 0 && written >= 0)
        failure = errno;
    else if (fd >= 0)
        close(fd);
    set_error(error, output, file->name, failure);
    return false;
}

char *output_sha256(Output *output, unsigned index, uint64_t *ret_size, GError **error)
{
    OutputFile *file = &output->files[index];
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree uint8_t *portion = g_malloc(HASH_PORTION);
    *ret_size = 0;
    int fd = file->stream ? fileno(file->stream) : reopen(output, file, O_RDONLY);
    ssize_t got = fd >= 0 && (!file->stream || fflush(file->stream) == 0) ? 1 : -1;
    while (got > 0) {
        got = pread(fd, portion, HASH_PORTION, (off_t)*ret_size);
        if (got > 0) {
            g_checksum_update(checksum, portion, got);
            *ret_size += (uint64_t)got;
        }
    }
    int failure = errno;
    if (!file->stream && fd >= 0)
        close(fd);
    if (got == 0)
        return g_strdup(g_checksum_get_string(checksum));
    set_error(error, output, file->name, failure);
    return NULL;
}

/* 0, or the errno of the failure. */
static int store_stream(FILE *stream)
{
    errno = 0;
    bool stored = fflush(stream) == 0 && !ferror(stream) && fsync(fileno(stream)) == 0;
    int failure = stored ? 0 : errno ? errno : EIO;
    if (fclose(stream) != 0 && stored)
        failure = errno;
    return failure;
}

static int store_closed(const Output *output, const OutputFile *file)
{
    int fd = reopen(output, file, O_WRONLY);
    int failure = fd >= 0 && fsync(fd) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    return failure;
}

/* Everything is on the disk before anything has a name. */
static bool store(Output *output, GError **error)
{
    for (unsigned i = 0; i < output->count; i++) {
        OutputFile *file = &output->files[i];
        FILE *stream = g_steal_pointer(&file->stream);
        int failure = stream ? store_stream(stream) : store_closed(output, file);
        if (failure) {
            set_error(error, output, file->name, failure);
            return false;
        }
    }
    return true;
}

/* Without hard links the name is checked once more. Between that and rename() somebody else can
 * take it. */
static bool place_new(Output *output, OutputFile *file)
{
    int directory = output->directory;
    if (linkat(directory, file->temporary, directory, file->name, 0) == 0) {
        unlinkat(directory, file->temporary, 0);
        return true;
    }
    if (errno == EEXIST)
        return false;
    struct stat status;
    if (fstatat(directory, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    return renameat(directory, file->temporary, directory, file->name) == 0;
}

static bool place(Output *output, OutputFile *file)
{
    int directory = output->directory;
    file->placed = output->force ? renameat(directory, file->temporary, directory, file->name) == 0
                                 : place_new(output, file);
    if (file->placed)
        file->temporary[0] = '\0';
    return file->placed;
}

static void take_back(Output *output)
{
    for (unsigned i = 0; i < output->count; i++) {
        if (output->files[i].placed)
            unlinkat(output->directory, output->files[i].name, 0);
        output->files[i].placed = false;
    }
}

static bool place_all(Output *output, GError **error)
{
    for (unsigned i = 0; i < output->count; i++) {
        if (place(output, &output->files[i]))
            continue;
        set_error(error, output, output->files[i].name, errno);
        take_back(output);
        return false;
    }
    return true;
}

bool output_commit(Output *output, GError **error)
{
    if (!store(output, error))
        return false;
    interrupt_hold(); /* all the names, or none */
    bool placed = place_all(output, error);
    if (placed) {
        output->committed = true;
        fsync(output->directory);
    }
    interrupt_release();
    return placed;
}

void output_retract(Output *output)
{
    interrupt_hold();
    take_back(output);
    output->committed = false;
    interrupt_release();
}

void output_free(Output *output)
{
    if (!output)
        return;
    interrupt_hold();
    remove_temporaries(output);
    for (unsigned i = 0; i < output->count; i++) {
        if (output->files[i].stream)
            fclose(output->files[i].stream);
        g_free(output->files[i].name);
    }
    if (output->directory >= 0)
        close(output->directory);
    if (output->created && !output->committed)
        rmdir(output->path);
    deactivate(output);
    interrupt_release();
    g_free(output->files);
    g_free(output->path);
    g_free(output);
}
