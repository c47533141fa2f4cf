#include "report/fd_vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LENGTH_MAX 256
#define SECTOR_SIZE 4096
#define NAME_TRIES 100
#define NOW 2440587.5 /* 1970-01-01 as a Julian day: nothing in the file depends on the time */

struct FdVfs {
    sqlite3_vfs base;
    int fd, directory;
    int failure;
};

typedef struct File {
    sqlite3_file base;
    FdVfs *vfs;
    int fd;
    bool owned;
} File;

static int failed(File *file, int code)
{
    file->vfs->failure = errno ? errno : EIO;
    return code;
}

/* A file --------------------------------------------------------------------------------------- */

static int close_file(sqlite3_file *base)
{
    File *file = (File *)base;
    if (file->owned)
        close(file->fd);
    return SQLITE_OK;
}

/* SQLite wants zeros behind the end. */
static int read_file(sqlite3_file *base, void *to, int amount, sqlite3_int64 offset)
{
    File *file = (File *)base;
    int done = 0;
    while (done < amount) {
        ssize_t got = pread(file->fd, (char *)to + done, (size_t)(amount - done), offset + done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return failed(file, SQLITE_IOERR_READ);
        if (got == 0)
            break;
        done += (int)got;
    }
    memset((char *)to + done, 0, (size_t)(amount - done));
    return done == amount ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *from, int amount, sqlite3_int64 offset)
{
    File *file = (File *)base;
    int done = 0;
    while (done < amount) {
        ssize_t put =
            pwrite(file->fd, (const char *)from + done, (size_t)(amount - done), offset + done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed(file, SQLITE_IOERR_WRITE);
        done += (int)put;
    }
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size)
{
    File *file = (File *)base;
    return ftruncate(file->fd, size) == 0 ? SQLITE_OK : failed(file, SQLITE_IOERR_TRUNCATE);
}

/* Whoever opened the file brings it to the disk. */
static int sync_file(sqlite3_file *base G_GNUC_UNUSED, int flags G_GNUC_UNUSED)
{
    return SQLITE_OK;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *ret_size)
{
    File *file = (File *)base;
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return failed(file, SQLITE_IOERR_FSTAT);
    *ret_size = status.st_size;
    return SQLITE_OK;
}

/* The file has no name yet: nobody else has it. */
static int lock_file(sqlite3_file *base G_GNUC_UNUSED, int level G_GNUC_UNUSED)
{
    return SQLITE_OK;
}

static int check_lock(sqlite3_file *base G_GNUC_UNUSED, int *ret_locked)
{
    *ret_locked = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *base G_GNUC_UNUSED, int what G_GNUC_UNUSED,
                        void *data G_GNUC_UNUSED)
{
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *base G_GNUC_UNUSED)
{
    return SECTOR_SIZE;
}

static int characteristics(sqlite3_file *base G_GNUC_UNUSED)
{
    return 0;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 1,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = file_size,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = check_lock,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
};

/* The file system ------------------------------------------------------------------------------ */

/* For file systems that know only files with names. -1: it could not be made. */
static int open_and_unlink(int directory)
{
    int fd = -1;
    errno = EEXIST;
    for (unsigned tries = 0; tries < NAME_TRIES && fd < 0 && errno == EEXIST; tries++) {
        g_autofree char *name =
            g_strdup_printf(".connaudit-%08x%08x", g_random_int(), g_random_int());
        fd = openat(directory, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0)
            unlinkat(directory, name, 0);
    }
    return fd;
}

/* Beside the database, where the sandbox lets it be. -1: there is none to be had. */
static int open_nameless(const FdVfs *vfs)
{
    if (vfs->directory >= 0) {
        int beside = openat(vfs->directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        return beside >= 0 ? beside : open_and_unlink(vfs->directory);
    }
    FILE *stream = tmpfile();
    int fd = stream ? dup(fileno(stream)) : -1;
    int failure = errno;
    if (stream)
        fclose(stream);
    errno = failure;
    return fd;
}

static int open_file(sqlite3_vfs *base, const char *name G_GNUC_UNUSED, sqlite3_file *to, int flags,
                     int *ret_flags)
{
    FdVfs *vfs = (FdVfs *)base;
    File *file = (File *)to;
    bool owned = !(flags & SQLITE_OPEN_MAIN_DB);
    *file = (File){ .vfs = vfs, .fd = owned ? open_nameless(vfs) : vfs->fd, .owned = owned };
    if (file->fd < 0)
        return failed(file, SQLITE_CANTOPEN);
    file->base.pMethods = &METHODS;
    if (ret_flags)
        *ret_flags = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *base G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
                       int sync G_GNUC_UNUSED)
{
    return SQLITE_OK;
}

/* There is no journal. */
static int access_file(sqlite3_vfs *base G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
                       int flags G_GNUC_UNUSED, int *ret_exists)
{
    *ret_exists = 0;
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *base G_GNUC_UNUSED, const char *name, int size, char *ret_name)
{
    g_strlcpy(ret_name, name, (gsize)size);
    return SQLITE_OK;
}

static int randomness(sqlite3_vfs *base G_GNUC_UNUSED, int size, char *ret_bytes)
{
    memset(ret_bytes, 0, (size_t)size);
    return size;
}

static int wait_for(sqlite3_vfs *base G_GNUC_UNUSED, int microseconds G_GNUC_UNUSED)
{
    return 0;
}

static int current_time(sqlite3_vfs *base G_GNUC_UNUSED, double *ret_now)
{
    *ret_now = NOW;
    return SQLITE_OK;
}

static int last_error(sqlite3_vfs *base, int size G_GNUC_UNUSED, char *text G_GNUC_UNUSED)
{
    return ((FdVfs *)base)->failure;
}

FdVfs *fd_vfs_new(int fd, int directory)
{
    FdVfs *vfs = g_new0(FdVfs, 1);
    vfs->fd = fd;
    vfs->directory = directory;
    vfs->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(File),
        .mxPathname = PATH_LENGTH_MAX,
        .zName = "connaudit",
        .xOpen = open_file,
        .xDelete = delete_file,
        .xAccess = access_file,
        .xFullPathname = full_name,
        .xRandomness = randomness,
        .xSleep = wait_for,
        .xCurrentTime = current_time,
        .xGetLastError = last_error,
    };
    sqlite3_vfs_register(&vfs->base, 0);
    return vfs;
}

const char *fd_vfs_name(const FdVfs *vfs)
{
    return vfs->base.zName;
}

int fd_vfs_failure(const FdVfs *vfs)
{
    return vfs->failure;
}

void fd_vfs_free(FdVfs *vfs)
{
    if (!vfs)
        return;
    sqlite3_vfs_unregister(&vfs->base);
    g_free(vfs);
}
