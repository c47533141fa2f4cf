#include "verify_sum.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/hash.h"

#define PORTION (256 * 1024)

/* -1 and errno; never waits for a writer. */
static int open_regular(const char *path, bool follow, off_t *ret_size)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        *ret_size = status.st_size;
        return fd;
    }
    close(fd);
    errno = EINVAL;
    return -1;
}

static char *reason(int failure)
{
    return g_strdup(failure == EINVAL  ? "is no file"
                    : failure == ELOOP ? "is a link"
                                       : g_strerror(failure));
}

char *verify_sum(const char *path, bool follow, char **ret_sum)
{
    off_t size;
    int fd = open_regular(path, follow, &size);
    if (fd < 0)
        return reason(errno);
    Hasher *hasher = hasher_new(NULL);
    g_autofree char *portion = g_malloc(PORTION);
    ssize_t got;
    while ((got = read(fd, portion, PORTION)) > 0 || (got < 0 && errno == EINTR))
        if (got > 0)
            hasher_feed(hasher, portion, (size_t)got);
    int failure = errno;
    close(fd);
    *ret_sum = hasher_finish(hasher);
    if (got == 0)
        return NULL;
    g_clear_pointer(ret_sum, g_free);
    return reason(failure);
}

char *verify_read(const char *path, size_t max, char **ret_text, gsize *ret_size)
{
    off_t size;
    int fd = open_regular(path, false, &size);
    if (fd < 0)
        return reason(errno);
    if ((size_t)size > max) {
        close(fd);
        return g_strdup("is too long");
    }
    *ret_text = g_malloc((size_t)size + 1);
    ssize_t got = 1;
    for (*ret_size = 0; got > 0 && *ret_size < (size_t)size; *ret_size += (size_t)MAX(got, 0))
        got = read(fd, *ret_text + *ret_size, (size_t)size - *ret_size);
    int failure = errno;
    close(fd);
    (*ret_text)[*ret_size] = '\0';
    return got < 0 ? reason(failure) : NULL;
}
