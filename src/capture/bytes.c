#include "capture/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/interrupt.h"
#include "base/text.h"
#include "capture/hash.h"
#include "capture/reader.h"

struct CaptureBytes {
    int fd;
    uint8_t *head; /* CAPTURE_HEAD_MAX bytes, the first head_length of them filled */
    size_t head_length;
    size_t head_given; /* bytes of the head that the reader already has */
    uint64_t count;    /* read so far */
    uint64_t file_size;
    bool regular;
    CaptureOptions options;
    bool interrupted; /* see bytes.h */
    bool failed;      /* a read failed: later bytes are not the rest of the input */
    Hasher *hash;     /* freed at the end; NULL: no hash is wanted */
    char *sha256;
};

char *capture_display_name(const char *path)
{
    if (strcmp(path, "-") == 0)
        return g_strdup("standard input");
    GString *name = g_string_new(NULL);
    text_append_path(name, path);
    return g_string_free(name, FALSE);
}

/* How long a pipe may have nothing to give when somebody has stopped the run. */
#define LAST_WAIT G_USEC_PER_SEC

/* The least that says what an input is: a magic number, or the header of a frame that unpacking
 * skips. */
#define HEAD_LEAST 24

/* Whether the pipe gives something, or ends, within LAST_WAIT. A further signal ends poll() early,
 * and is no reason to wait longer. */
static bool gives_last_bytes(struct pollfd *from)
{
    gint64 end = g_get_monotonic_time() + LAST_WAIT;
    for (;;) {
        gint64 left = end - g_get_monotonic_time();
        int found = poll(from, 1, (int)(MAX(left, 0) / 1000));
        if (found > 0)
            return true;
        if (left <= 0 || (found < 0 && errno != EINTR))
            return false;
    }
}

/* How often whoever wants no more is noticed. */
#define UNWANTED_EVERY 50 /* milliseconds */

/* Waits until the pipe has something to give, or has ended. Returns false if it has ended because
 * somebody stopped the run, or wants no more. */
static bool wait_for_bytes(CaptureBytes *bytes)
{
    struct pollfd from[2] = { { .fd = bytes->fd, .events = POLLIN } };
    if (poll(from, 1, 0) > 0)
        return true;
    if (bytes->options.waits)
        bytes->options.waits(bytes->options.data);
    from[1] = (struct pollfd){ .fd = interrupt_fd(), .events = POLLIN };
    while (!interrupt_requested()) {
        bool asks = bytes->options.unwanted;
        if (asks && bytes->options.unwanted(bytes->options.data))
            return false;
        if (poll(from, 2, asks ? UNWANTED_EVERY : -1) > 0 && from[0].revents)
            return true;
    }
    bytes->interrupted = !gives_last_bytes(from);
    return !bytes->interrupted;
}

static ssize_t read_some(CaptureBytes *bytes, void *buffer, size_t size)
{
    ssize_t got;
    if (bytes->interrupted || (!bytes->regular && !wait_for_bytes(bytes)))
        return 0;
    do {
        got = read(bytes->fd, buffer, size);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        bytes->failed = true;
        return got;
    }
    bytes->count += (uint64_t)got;
    if (bytes->hash)
        hasher_feed(bytes->hash, buffer, (size_t)got);
    return got;
}

static bool has_more_now(const CaptureBytes *bytes)
{
    struct pollfd from = { .fd = bytes->fd, .events = POLLIN };
    return bytes->regular || poll(&from, 1, 0) != 0;
}

/* Reads until the head is full or the input ends, or has told enough and would have to be waited
 * for. */
static bool read_head(CaptureBytes *bytes)
{
    while (bytes->head_length < HEAD_LEAST ||
           (bytes->head_length < CAPTURE_HEAD_MAX && has_more_now(bytes))) {
        ssize_t got = read_some(bytes, bytes->head + bytes->head_length,
                                CAPTURE_HEAD_MAX - bytes->head_length);
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        bytes->head_length += (size_t)got;
    }
    return true;
}

static void look_at_file(CaptureBytes *bytes)
{
    struct stat status;
    bytes->regular = fstat(bytes->fd, &status) == 0 && S_ISREG(status.st_mode);
    if (bytes->regular)
        bytes->file_size = (uint64_t)status.st_size;
}

CaptureBytes *capture_bytes_open(const char *path, const CaptureOptions *options, GError **error)
{
    g_autoptr(CaptureBytes) bytes = g_new0(CaptureBytes, 1);
    bool standard_input = strcmp(path, "-") == 0;
    bytes->options = *options;
    bytes->fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int failure = bytes->fd < 0 ? errno : 0;
    if (!failure) {
        look_at_file(bytes);
        bytes->hash = options->hash ? hasher_new(options->hashes) : NULL;
        bytes->head = g_new(uint8_t, CAPTURE_HEAD_MAX);
        failure = read_head(bytes) ? 0 : errno;
    }
    if (failure) {
        g_autofree char *name = capture_display_name(path);
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_OPEN, "%s: %s", name, g_strerror(failure));
        return NULL;
    }
    return g_steal_pointer(&bytes);
}

void capture_bytes_tell(CaptureBytes *bytes, const CaptureOptions *options)
{
    bytes->options.waits = options->waits;
    bytes->options.unwanted = options->unwanted;
    bytes->options.data = options->data;
}

Span capture_bytes_head(const CaptureBytes *bytes)
{
    return span_make(bytes->head, bytes->head_length);
}

ssize_t capture_bytes_read(CaptureBytes *bytes, void *buffer, size_t size)
{
    size_t left = bytes->head_length - bytes->head_given;
    if (left == 0)
        return read_some(bytes, buffer, size);
    size_t given = MIN(left, size);
    memcpy(buffer, bytes->head + bytes->head_given, given);
    bytes->head_given += given;
    return (ssize_t)given;
}

bool capture_bytes_may_wait(const CaptureBytes *bytes)
{
    return !bytes->regular;
}

bool capture_bytes_interrupted(const CaptureBytes *bytes)
{
    return bytes->interrupted;
}

bool capture_bytes_finish(CaptureBytes *bytes)
{
    if (!bytes->hash)
        return true;
    enum { PORTION = 256 * 1024 };
    g_autofree uint8_t *rest = g_malloc(PORTION);
    ssize_t got = 1;
    while (got > 0 && !bytes->failed)
        got = read_some(bytes, rest, PORTION);
    int failure = errno;
    char *sha256 = hasher_finish(g_steal_pointer(&bytes->hash));
    if (bytes->failed)
        g_free(sha256);
    else
        bytes->sha256 = sha256;
    errno = failure;
    return !bytes->failed;
}

uint64_t capture_bytes_read_count(const CaptureBytes *bytes)
{
    return bytes->count;
}

uint64_t capture_bytes_size(const CaptureBytes *bytes)
{
    return bytes->regular ? bytes->file_size : bytes->count;
}

const char *capture_bytes_sha256(const CaptureBytes *bytes)
{
    return bytes->sha256;
}

void capture_bytes_free(CaptureBytes *bytes)
{
    if (!bytes)
        return;
    if (bytes->fd > STDIN_FILENO)
        close(bytes->fd);
    if (bytes->hash)
        g_free(hasher_finish(bytes->hash));
    g_free(bytes->sha256);
    g_free(bytes->head);
    g_free(bytes);
}
