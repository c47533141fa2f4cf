#include "redact_key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "capture/bytes.h"
#include "keylogs.h"
#include "report/output.h"

static bool complain(GError **error, const char *path, const char *what)
{
    g_autofree char *name = capture_display_name(path);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", name, what);
    return false;
}

static void make_random(RedactKey *key)
{
    size_t have = 0;
    while (have < sizeof key->bytes) {
        ssize_t got = getrandom(key->bytes + have, sizeof key->bytes - have, 0);
        if (got < 0 && errno != EINTR)
            g_error("getrandom: %s", g_strerror(errno));
        have += (size_t)MAX(got, 0);
    }
}

/* The key is random: its hash is no way back to it. */
static void make_fingerprint(RedactKey *key)
{
    static const char purpose[] = "connaudit, fingerprint of a key to redact";
    Sha256 *sum = sha256_new();
    sha256_add(sum, purpose, sizeof purpose);
    sha256_add(sum, key->bytes, sizeof key->bytes);
    g_autofree char *text = sha256_finish(sum);
    g_strlcpy(key->fingerprint, text, sizeof key->fingerprint);
}

/* The file is whole, or it is not there. */
static bool write_new(RedactKey *key, const char *path, const char *const *inputs, GError **error)
{
    if (!output_check_file(path, inputs, error))
        return false;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return complain(error, path, g_strerror(errno));
    make_random(key);
    errno = EIO;
    bool written =
        write(fd, key->bytes, sizeof key->bytes) == (ssize_t)sizeof key->bytes && fsync(fd) == 0;
    int failure = errno;
    if (close(fd) != 0 && written) {
        failure = errno;
        written = false;
    }
    if (written)
        return true;
    unlink(path);
    return complain(error, path, g_strerror(failure));
}

static bool read_from(RedactKey *key, const char *path, int fd, GError **error)
{
    static const char no_key[] =
        "is no key: that is a file of 32 random bytes, which --redact-key makes if it is not there";
    struct stat status;
    uint8_t bytes[REDACT_KEY_SIZE + 1];
    if (fstat(fd, &status) != 0)
        return complain(error, path, g_strerror(errno));
    if (!S_ISREG(status.st_mode) || status.st_size != REDACT_KEY_SIZE)
        return complain(error, path, no_key);
    if (status.st_mode & S_IRWXO)
        return complain(error, path,
                        "anybody may read or change this key, so that it hides nothing (chmod o=)");
    bool whole = read(fd, bytes, sizeof bytes) == REDACT_KEY_SIZE;
    memcpy(key->bytes, bytes, sizeof key->bytes);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return whole || complain(error, path, no_key);
}

/* Whoever may replace the file knows its key. It may be a link to elsewhere. */
static bool is_safe(const char *path, GError **error)
{
    g_autofree char *target = realpath(path, NULL);
    return output_check_strangers(path, error) &&
           (!target || output_check_strangers(target, error));
}

bool redact_key_take(RedactKey *ret_key, const char *path, const char *const *inputs,
                     GError **error)
{
    *ret_key = (RedactKey){ .fingerprint = "" };
    keylogs_guard();
    if (!path) {
        make_random(ret_key);
        return true;
    }
    if (!is_safe(path, error))
        return false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool taken = false;
    if (fd >= 0)
        taken = read_from(ret_key, path, fd, error);
    else if (errno == ENOENT)
        taken = write_new(ret_key, path, inputs, error);
    else
        complain(error, path, g_strerror(errno));
    if (fd >= 0)
        close(fd);
    if (taken)
        make_fingerprint(ret_key);
    return taken;
}

void redact_key_clear(RedactKey *key)
{
    OPENSSL_cleanse(key, sizeof *key);
}
