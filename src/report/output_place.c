/* How a file gets its name.
 *
 * It gets it by link(), which fails if somebody has taken the name since it was checked. The link
 * is made to the open file, by its name in /proc/self/fd: a temporary name may lead to another file
 * by now. With --force what has the name changes places with the new file, so that it can come
 * back; on file systems without such an exchange it moves to a free name first. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/output_files.h"

static bool is_at(const Output *output, const OutputFile *file, const char *name)
{
    struct stat status;
    return fstatat(output->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           output_is_file(file, &status);
}

/* Without hard links the name is checked once more. Between that and rename() somebody else can
 * take it. */
static bool move_to(Output *output, OutputFile *file, const char *name)
{
    struct stat status;
    if (fstatat(output->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return false;
    }
    return renameat(output->directory, file->temporary, output->directory, name) == 0;
}

/* `name` leads to the file, and its temporary name is gone. */
static bool link_as(Output *output, OutputFile *file, const char *name)
{
    char open_file[32];
    bool own;
    int fd = output_reopen(output, file, O_RDONLY, &own);
    if (fd < 0)
        return false;
    g_snprintf(open_file, sizeof open_file, "/proc/self/fd/%d", fd);
    bool linked = linkat(AT_FDCWD, open_file, output->directory, name, AT_SYMLINK_FOLLOW) == 0;
    int failure = errno;
    if (own)
        close(fd);
    errno = failure;
    if (linked && file->temporary[0])
        unlinkat(output->directory, file->temporary, 0);
    else if (!linked && (failure == EEXIST || !file->temporary[0]))
        return false;
    else if (!linked && !move_to(output, file, name))
        return false;
    file->temporary[0] = '\0';
    if (is_at(output, file, name))
        return true;
    errno = ESTALE;
    return false;
}

static bool give_temporary_name(Output *output, OutputFile *file)
{
    char name[TEMPORARY_NAME_MAX];
    bool linked = false;
    for (unsigned attempt = 0; !linked && attempt < OUTPUT_ATTEMPTS; attempt++) {
        output_temporary_name(name, file->name, attempt);
        linked = link_as(output, file, name);
        if (!linked && errno != EEXIST)
            return false;
    }
    if (linked)
        g_strlcpy(file->temporary, name, sizeof file->temporary);
    return linked;
}

/* What has the name gets a free one, and the file its name. */
static bool step_aside(Output *output, OutputFile *file)
{
    int directory = output->directory;
    char aside[TEMPORARY_NAME_MAX];
    struct stat status;
    unsigned attempt = 0;
    do
        output_temporary_name(aside, file->name, attempt++);
    while (fstatat(directory, aside, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           attempt < OUTPUT_ATTEMPTS);
    if (renameat(directory, file->name, directory, aside) != 0)
        return false;
    if (renameat(directory, file->temporary, directory, file->name) != 0) {
        int failure = errno;
        renameat(directory, aside, directory, file->name);
        errno = failure;
        return false;
    }
    g_strlcpy(file->temporary, aside, sizeof file->temporary);
    return true;
}

static bool replace(Output *output, OutputFile *file)
{
    int directory = output->directory;
    struct stat status;
    if (!file->temporary[0] && !give_temporary_name(output, file))
        return false;
    if (!is_at(output, file, file->temporary)) {
        errno = ESTALE;
        return false;
    }
    if (fstatat(directory, file->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    file->replaces =
        renameat2(directory, file->temporary, directory, file->name, RENAME_EXCHANGE) == 0 ||
        ((errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) && step_aside(output, file));
    if (!file->replaces || is_at(output, file, file->name))
        return file->replaces;
    output_take_back(output, file);
    errno = ESTALE;
    return false;
}

bool output_place(Output *output, OutputFile *file)
{
    file->placed = link_as(output, file, file->name);
    if (!file->placed && errno == EEXIST && output->force)
        file->placed = replace(output, file);
    return file->placed;
}

void output_take_back(Output *output, OutputFile *file)
{
    int directory = output->directory;
    if (file->replaces && renameat(directory, file->temporary, directory, file->name) == 0)
        file->temporary[0] = '\0';
    else if (!file->replaces && file->placed && is_at(output, file, file->name))
        unlinkat(directory, file->name, 0);
    file->placed = false;
    if (!file->temporary[0])
        file->replaces = false;
}

void output_forget_replaced(Output *output, OutputFile *file)
{
    if (file->replaces && unlinkat(output->directory, file->temporary, 0) == 0)
        file->temporary[0] = '\0';
}
