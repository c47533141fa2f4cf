#include "keylogs.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "capture/bytes.h"

#define READ_SIZE (64 * 1024)

void keylogs_guard(void)
{
    struct rlimit none = { 0, 0 };
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    setrlimit(RLIMIT_CORE, &none);
}

/* No buffer of a library holds a copy. Returns 0, or the errno. */
static int feed_file(TlsKeys *keys, int fd)
{
    uint8_t *buffer = g_malloc(READ_SIZE);
    ssize_t got;
    int failed = 0;
    do {
        got = read(fd, buffer, READ_SIZE);
        if (got > 0)
            tls_keys_feed(keys, span_make(buffer, (size_t)got));
        else if (got < 0 && errno != EINTR)
            failed = errno;
    } while (got != 0 && !failed);
    tls_keys_end_text(keys);
    OPENSSL_cleanse(buffer, READ_SIZE);
    g_free(buffer);
    return failed;
}

bool keylogs_read(TlsKeys *keys, const char *const *paths, GError **error)
{
    if (paths)
        keylogs_guard();
    for (; paths && *paths; paths++) {
        int fd = open(*paths, O_RDONLY | O_CLOEXEC);
        int failed = fd < 0 ? errno : feed_file(keys, fd);
        if (fd >= 0)
            close(fd);
        if (failed) {
            g_autofree char *name = capture_display_name(*paths);
            g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(failed), "%s: %s", name,
                        g_strerror(failed));
            return false;
        }
    }
    return true;
}
