#include "capture/bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/reader.h"

/* libpcap reads a packet in two small portions; with the 4 KiB that stdio would take, a third of the
 * time goes into system calls. */
#define STREAM_BUFFER_SIZE (1024 * 1024)

struct CaptureBytes {
    int fd;
    uint8_t *head; /* CAPTURE_HEAD_MAX bytes, the first head_length of them filled */
    size_t head_length;
    size_t head_given; /* of the head, to the stream */
    char *stream_buffer;
};

char *capture_display_name(const char *path)
{
    if (strcmp(path, "-") == 0)
        return g_strdup("standard input");
    GString *name = g_string_new(NULL);
    text_append_escaped(name, span_of_text(path));
    return g_string_free(name, FALSE);
}

static ssize_t read_some(int fd, void *buffer, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, buffer, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Waits until the head is full or the input ends: a pipe's portions must not decide what it holds. */
static bool read_head(CaptureBytes *bytes)
{
    while (bytes->head_length < CAPTURE_HEAD_MAX) {
        ssize_t got = read_some(bytes->fd, bytes->head + bytes->head_length,
                                CAPTURE_HEAD_MAX - bytes->head_length);
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        bytes->head_length += (size_t)got;
    }
    return true;
}

CaptureBytes *capture_bytes_open(const char *path, GError **error)
{
    g_autoptr(CaptureBytes) bytes = g_new0(CaptureBytes, 1);
    bool standard_input = strcmp(path, "-") == 0;
    bytes->fd = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int failure = bytes->fd < 0 ? errno : 0;
    if (!failure) {
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

Span capture_bytes_head(const CaptureBytes *bytes)
{
    return span_make(bytes->head, bytes->head_length);
}

/* A cookie_read_function_t. */
static ssize_t give_bytes(void *cookie, char *buffer, size_t size)
{
    CaptureBytes *bytes = cookie;
    size_t left = bytes->head_length - bytes->head_given;
    if (left == 0)
        return read_some(bytes->fd, buffer, size);
    size_t given = MIN(left, size);
    memcpy(buffer, bytes->head + bytes->head_given, given);
    bytes->head_given += given;
    return (ssize_t)given;
}

FILE *capture_bytes_stream(CaptureBytes *bytes)
{
    g_assert(!bytes->stream_buffer);
    FILE *stream = fopencookie(bytes, "r", (cookie_io_functions_t){ .read = give_bytes });
    if (!stream) /* only for want of memory, where GLib aborts as well */
        g_error("fopencookie: %s", g_strerror(errno));
    bytes->stream_buffer = g_new(char, STREAM_BUFFER_SIZE);
    setvbuf(stream, bytes->stream_buffer, _IOFBF, STREAM_BUFFER_SIZE);
    return stream;
}

void capture_bytes_free(CaptureBytes *bytes)
{
    if (!bytes)
        return;
    if (bytes->fd > STDIN_FILENO)
        close(bytes->fd);
    g_free(bytes->stream_buffer);
    g_free(bytes->head);
    g_free(bytes);
}
