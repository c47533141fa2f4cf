#include "keylogs.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
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

/* 64 digits; frees the context, which clears what it holds. */
static char *finish_sum(EVP_MD_CTX *context)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context, digest, &size) != 1)
        g_error("libcrypto cannot compute a SHA-256");
    EVP_MD_CTX_free(context);
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < size; i++)
        g_string_append_printf(text, "%02x", digest[i]);
    return g_string_free(text, FALSE);
}

/* No buffer of a library holds a copy. Returns 0, or the errno. */
static int feed_file(TlsKeys *keys, int fd, GPtrArray *sums)
{
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    if (!sum || EVP_DigestInit_ex(sum, EVP_sha256(), NULL) != 1)
        g_error("libcrypto cannot compute a SHA-256");
    uint8_t *buffer = g_malloc(READ_SIZE);
    ssize_t got;
    int failed = 0;
    do {
        got = read(fd, buffer, READ_SIZE);
        if (got > 0) {
            tls_keys_feed(keys, span_make(buffer, (size_t)got));
            EVP_DigestUpdate(sum, buffer, (size_t)got);
        } else if (got < 0 && errno != EINTR) {
            failed = errno;
        }
    } while (got != 0 && !failed);
    tls_keys_end_text(keys);
    OPENSSL_cleanse(buffer, READ_SIZE);
    g_free(buffer);
    g_ptr_array_add(sums, finish_sum(sum));
    return failed;
}

/* Lines that a key log has, whether they are of use here or not. */
static uint64_t known_lines(const TlsKeysCounters *counters)
{
    return counters->lines - counters->unknown - counters->malformed;
}

static void note_what_is_none(const TlsKeysCounters *before, const TlsKeysCounters *after,
                              const char *path, GPtrArray *notes)
{
    if (!notes || known_lines(after) > known_lines(before))
        return;
    g_autofree char *name = capture_display_name(path);
    const char *what = after->lines == before->lines          ? "it has no line"
                       : after->malformed > before->malformed ? "its lines are malformed"
                                                              : "it has no line with a known label";
    g_ptr_array_add(notes, g_strdup_printf("%s: no secret of TLS in this key log: %s", name, what));
}

bool keylogs_read(TlsKeys *keys, const char *const *paths, GPtrArray *sums, GPtrArray *notes,
                  GError **error)
{
    if (paths)
        keylogs_guard();
    for (; paths && *paths; paths++) {
        const TlsKeysCounters before = *tls_keys_counters(keys);
        int fd = open(*paths, O_RDONLY | O_CLOEXEC);
        int failed = fd < 0 ? errno : feed_file(keys, fd, sums);
        if (fd >= 0)
            close(fd);
        if (failed) {
            g_autofree char *name = capture_display_name(*paths);
            g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(failed), "%s: %s", name,
                        g_strerror(failed));
            return false;
        }
        note_what_is_none(&before, tls_keys_counters(keys), *paths, notes);
    }
    return true;
}
