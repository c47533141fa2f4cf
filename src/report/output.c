/* How the files of a run appear.
 *
 * The directory is held open, and every step is relative to it, so that nothing changes if somebody
 * renames it meanwhile. A file has no name at all until it is complete, where the file system can
 * do that (O_TMPFILE): nothing remains of a run that is killed, and nobody else can reach it.
 * Elsewhere, and where more files than OPEN_MAX would have to stay open, it has a temporary name;
 * whoever opens it again by that name compares what it leads to.
 *
 * All files of all directories are on the disk before any has its name. The manifest gets its name
 * last: if it exists, the reports that it names exist too. If one file cannot get its name, those
 * before it lose theirs again, and what they replaced comes back (output_place.c).
 *
 * A signal that ends the program at once would leave temporary files behind. output_abandon() is
 * for its handler; it calls only what POSIX allows in one. */
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/sha256.h"
#include "base/text.h"
#include "report/output_files.h"

#define HASH_PORTION (64 * 1024)

/* Files of a directory that stay open and have no name. */
#define OPEN_MAX 128

G_DEFINE_QUARK(connaudit - output - error - quark, output_error)

static char *volatile prepared[OUTPUTS_MAX]; /* directories that nothing has appeared in */
static Output *volatile active[OUTPUTS_MAX]; /* what a signal would leave behind, in their order */

void output_set_error(GError **error, const Output *output, const char *name, int failure)
{
    GString *text = g_string_new(NULL);
    text_append_path(text, output->path);
    if (name)
        g_string_append_printf(text, "/%s", name);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_FAILED, "%s: %s", text->str,
                failure == ESTALE ? "somebody has put another file in its place"
                                  : g_strerror(failure));
    g_string_free(text, TRUE);
}

/* Temporary files ------------------------------------------------------------------------------ */

/* Removes the names of files that are not complete. A signal handler may call it. */
static void remove_temporaries(Output *output)
{
    for (unsigned i = 0; i < output->count; i++)
        if (output->files[i].temporary[0] && !output->files[i].replaces)
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
    for (unsigned i = OUTPUTS_MAX; i-- > 0;)
        if (prepared[i])
            rmdir(prepared[i]);
}

void output_temporary_name(char ret_name[TEMPORARY_NAME_MAX], const char *name, unsigned attempt)
{
    g_snprintf(ret_name, TEMPORARY_NAME_MAX, ".%s.%ld-%u", name, (long)getpid(), attempt);
}

/* -1: the file system has no such files, or they could not be named (there is no /proc). */
static int create_unnamed(const Output *output)
{
    if (output->open >= OPEN_MAX || access("/proc/self/fd", X_OK) != 0)
        return -1;
    return openat(output->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int create_named(const Output *output, OutputFile *file)
{
    const int how = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    int fd = -1;
    for (unsigned attempt = 0; fd < 0 && attempt < OUTPUT_ATTEMPTS; attempt++) {
        output_temporary_name(file->temporary, file->name, attempt);
        fd = openat(output->directory, file->temporary, how, 0600);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        file->temporary[0] = '\0';
    return fd;
}

static bool create_temporary(Output *output, OutputFile *file, GError **error)
{
    struct stat status;
    file->descriptor = create_unnamed(output);
    if (file->descriptor < 0)
        file->descriptor = create_named(output, file);
    if (file->descriptor < 0 || fstat(file->descriptor, &status) != 0) {
        output_set_error(error, output, file->name, errno);
        return false;
    }
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->owner = status.st_uid;
    output->open++;
    return true;
}

static void close_file(Output *output, OutputFile *file)
{
    if (file->stream)
        fclose(file->stream);
    else if (file->descriptor >= 0)
        close(file->descriptor);
    output->open -= file->descriptor >= 0;
    file->stream = NULL;
    file->descriptor = -1;
}

static bool open_stream(Output *output, OutputFile *file, GError **error)
{
    if (!create_temporary(output, file, error))
        return false;
    file->stream = fdopen(file->descriptor, "w+");
    if (!file->stream) /* only for want of memory, where GLib aborts as well */
        g_error("fdopen: %s", g_strerror(errno));
    return true;
}

/* The directory could not be made. */
static void set_directory_error(GError **error, const Output *output, int failure)
{
    g_autofree char *parent = g_path_get_dirname(output->path);
    output_set_error(error, output, NULL, failure);
    if (failure != ENOENT || !error)
        return;
    g_autoptr(GString) text = g_string_new((*error)->message);
    g_string_append(text, ": only the last directory is made, first make ");
    text_append_path(text, parent);
    g_free((*error)->message);
    (*error)->message = g_string_free(g_steal_pointer(&text), FALSE);
}

/* Opening -------------------------------------------------------------------------------------- */

static char *without_slashes(const char *path)
{
    char *text = g_strdup(path);
    for (size_t length = strlen(text); length > 1 && text[length - 1] == '/'; length--)
        text[length - 1] = '\0';
    return text;
}

bool output_prepare(const char *path, const char *const *inputs, GError **error)
{
    struct stat status;
    Output output = { .path = without_slashes(path) };
    bool exists = stat(output.path, &status) == 0;
    bool fits = output_check_place(&output, exists, inputs, error);
    interrupt_hold();
    bool created = fits && !exists && mkdir(output.path, 0700) == 0;
    if (fits && !exists && !created)
        set_directory_error(error, &output, errno);
    unsigned i = 0;
    while (created && prepared[i])
        g_assert(++i < OUTPUTS_MAX);
    if (created)
        prepared[i] = g_steal_pointer(&output.path);
    interrupt_release();
    g_free(output.path);
    return exists ? fits : created;
}

bool output_prepare_file(const char *path, const char *const *inputs, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    return g_file_test(directory, G_FILE_TEST_IS_DIR) || output_prepare(directory, inputs, error);
}

int output_directory(const Output *output)
{
    return output->directory;
}

void output_unprepare(void)
{
    interrupt_hold();
    for (unsigned i = OUTPUTS_MAX; i-- > 0;) {
        char *path = prepared[i];
        prepared[i] = NULL;
        if (path)
            rmdir(path);
        g_free(path);
    }
    interrupt_release();
}

/* Files have appeared there: it stays. */
static void forget_prepared(const char *path)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        char *candidate = prepared[i];
        if (candidate && strcmp(candidate, path) == 0) {
            prepared[i] = NULL;
            g_free(candidate);
        }
    }
}

static bool open_directory(Output *output, const char *const *inputs, GError **error)
{
    struct stat status;
    bool exists = stat(output->path, &status) == 0;
    if (!output_check_place(output, exists, inputs, error))
        return false;
    output->created = !exists && mkdir(output->path, 0700) == 0;
    if (!exists && !output->created) {
        set_directory_error(error, output, errno);
        return false;
    }
    output->directory = open(output->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (output->directory < 0)
        output_set_error(error, output, NULL, errno);
    return output->directory >= 0;
}

static bool check_names(const Output *output, const char *const *names, GError **error)
{
    for (; *names; names++)
        if (!output_check_name(output, *names, error))
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
    *file = (OutputFile){ .name = g_strdup(name), .descriptor = -1 };
    return file;
}

static bool open_files(Output *output, const char *const *names, GError **error)
{
    for (; *names; names++) {
        OutputFile *file = next_file(output, *names);
        if (!open_stream(output, file, error)) {
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

static Output *open_output(const Output *wanted, const char *const *names,
                           const char *const *inputs, GError **error)
{
    g_autoptr(Output) output = g_memdup2(wanted, sizeof *wanted);
    output->path = without_slashes(wanted->path);
    output->directory = -1;
    interrupt_hold();
    activate(output);
    bool opened = open_directory(output, inputs, error) && check_names(output, names, error) &&
                  open_files(output, names, error);
    interrupt_release();
    return opened ? g_steal_pointer(&output) : NULL;
}

Output *output_open(const char *path, const char *const *names, const char *const *inputs,
                    bool force, GError **error)
{
    const Output wanted = { .path = (char *)(uintptr_t)path, .force = force };
    return open_output(&wanted, names, inputs, error);
}

const char *output_note(const Output *output)
{
    return output->note;
}

Output *output_open_file(const char *path, const char *const *inputs, bool force, GError **error)
{
    if (!output_check_named(path, inputs, error))
        return NULL;
    g_autoptr(GPtrArray) directories = g_ptr_array_new();
    for (; *inputs; inputs++)
        if (g_file_test(*inputs, G_FILE_TEST_IS_DIR))
            g_ptr_array_add(directories, (gpointer)(uintptr_t)*inputs);
    g_ptr_array_add(directories, NULL);
    g_autofree char *directory = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    const char *const names[] = { name, NULL };
    const Output wanted = { .path = directory, .force = force, .alone = name };
    Output *output = open_output(&wanted, names, (const char *const *)directories->pdata, error);
    if (output)
        output->alone = NULL; /* it was for the refusals */
    return output;
}

bool output_add(Output *output, const char *name, unsigned *ret_index, GError **error)
{
    if (!output_check_name(output, name, error))
        return false;
    interrupt_hold();
    OutputFile *file = next_file(output, name);
    bool created = create_temporary(output, file, error);
    if (created)
        *ret_index = output->count++;
    else
        g_free(file->name);
    if (created && file->temporary[0])
        close_file(output, file);
    interrupt_release();
    return created;
}

/* Writing -------------------------------------------------------------------------------------- */

FILE *output_stream(Output *output, unsigned index)
{
    g_assert(index < output->count);
    return output->files[index].stream;
}

bool output_is_file(const OutputFile *file, const struct stat *status)
{
    return status->st_dev == file->device && status->st_ino == file->inode &&
           status->st_uid == file->owner && (file->stream || status->st_size == file->size);
}

int output_reopen(const Output *output, const OutputFile *file, int how, bool *ret_own)
{
    struct stat status;
    *ret_own = file->descriptor < 0;
    if (!*ret_own)
        return file->descriptor;
    int fd = openat(output->directory, file->temporary, how | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && output_is_file(file, &status))
        return fd;
    close(fd);
    errno = ESTALE;
    return -1;
}

/* 0, or the errno of the failure. */
static int append(int fd, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR)
            return errno;
        bytes += MAX(written, 0);
        size -= (size_t)MAX(written, 0);
    }
    return 0;
}

bool output_append(Output *output, unsigned index, const void *bytes, size_t size, GError **error)
{
    OutputFile *file = &output->files[index];
    bool own;
    int fd = output_reopen(output, file, O_WRONLY | O_APPEND, &own);
    int failure = fd < 0 ? errno : append(fd, bytes, size);
    if (fd >= 0 && own && close(fd) != 0 && !failure)
        failure = errno;
    if (failure)
        output_set_error(error, output, file->name, failure);
    file->size += (off_t)size;
    return !failure;
}

char *output_sha256(Output *output, unsigned index, uint64_t *ret_size, GError **error)
{
    OutputFile *file = &output->files[index];
    Sha256 *sum = sha256_new();
    g_autofree uint8_t *portion = g_malloc(HASH_PORTION);
    *ret_size = 0;
    bool own;
    int fd = output_reopen(output, file, O_RDONLY, &own);
    ssize_t got = fd >= 0 && (!file->stream || fflush(file->stream) == 0) ? 1 : -1;
    while (got > 0) {
        got = pread(fd, portion, HASH_PORTION, (off_t)*ret_size);
        if (got > 0) {
            sha256_add(sum, portion, (size_t)got);
            *ret_size += (uint64_t)got;
        }
    }
    int failure = errno;
    if (own && fd >= 0)
        close(fd);
    g_autofree char *text = sha256_finish(sum);
    if (got == 0)
        return g_steal_pointer(&text);
    output_set_error(error, output, file->name, failure);
    return NULL;
}

/* Appearing ------------------------------------------------------------------------------------ */

/* 0, or the errno of the failure. */
static int store_file(const Output *output, const OutputFile *file)
{
    bool own;
    errno = 0;
    int fd = output_reopen(output, file, O_WRONLY, &own);
    bool stored =
        fd >= 0 && (!file->stream || (fflush(file->stream) == 0 && !ferror(file->stream)));
    stored = stored && fsync(fd) == 0;
    int failure = stored ? 0 : errno ? errno : EIO;
    if (own && fd >= 0)
        close(fd);
    return failure;
}

static bool store(const Output *output, GError **error)
{
    for (unsigned i = 0; i < output->count; i++) {
        int failure = store_file(output, &output->files[i]);
        if (failure) {
            output_set_error(error, output, output->files[i].name, failure);
            return false;
        }
    }
    return true;
}

static bool place_all(Output *output, GError **error)
{
    for (unsigned i = 0; i < output->count; i++)
        if (!output_place(output, &output->files[i])) {
            output_set_error(error, output, output->files[i].name, errno);
            return false;
        }
    return true;
}

static void take_all_back(Output *output)
{
    for (unsigned i = output->count; i-- > 0;)
        output_take_back(output, &output->files[i]);
}

static void settle(Output *output)
{
    for (unsigned i = 0; i < output->count; i++)
        output_forget_replaced(output, &output->files[i]);
    output->committed = true;
    forget_prepared(output->path);
    fsync(output->directory);
}

bool outputs_commit(Output *const *outputs, unsigned count, GError **error)
{
    for (unsigned i = 0; i < count; i++)
        if (!store(outputs[i], error))
            return false;
    interrupt_hold(); /* all the names, or none */
    bool placed = true;
    unsigned tried = 0;
    while (tried < count && placed)
        placed = place_all(outputs[tried++], error);
    for (unsigned i = tried; !placed && i-- > 0;)
        take_all_back(outputs[i]);
    for (unsigned i = 0; placed && i < count; i++)
        settle(outputs[i]);
    interrupt_release();
    return placed;
}

void output_free(Output *output)
{
    if (!output)
        return;
    interrupt_hold();
    remove_temporaries(output);
    for (unsigned i = 0; i < output->count; i++) {
        close_file(output, &output->files[i]);
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
