#include "capture/input.h"

#include <errno.h>
#include <stdio_ext.h>

/* The first look ahead needs few bytes. A walk over blocks asks for more and gets the larger
 * buffer, which fits into the cache of one core. */
#define FIRST_SIZE 512
#define BUFFER_SIZE (256 * 1024)
/* A packet as large as they get fits into it. */
#define KEPT_SIZE (512 * 1024)

/* libpcap reads each packet in two small portions. With stdio's usual 4 KiB, system calls take a
 * third of the time. With more than the cache of one core holds, the copied bytes must come from
 * farther away. */
#define STREAM_BUFFER_SIZE (128 * 1024)

struct CaptureInput {
    Unpacker *unpacker; /* borrowed */
    uint8_t *buffer;
    size_t capacity;
    size_t at, end; /* the bytes ahead are between them */
    bool ended;     /* no bytes follow `end` */
    char *stream_buffer;
};

CaptureInput *capture_input_new(Unpacker *unpacker)
{
    CaptureInput *input = g_new0(CaptureInput, 1);
    input->unpacker = unpacker;
    input->capacity = FIRST_SIZE;
    input->buffer = g_new(uint8_t, FIRST_SIZE);
    return input;
}

/* Makes room behind `end`: moves the bytes ahead to the front, and if they fill the buffer, doubles
 * it. */
static void make_room(CaptureInput *input)
{
    size_t ahead = input->end - input->at;
    memmove(input->buffer, input->buffer + input->at, ahead);
    input->at = 0;
    input->end = ahead;
    if (ahead < input->capacity)
        return;
    input->capacity = MAX(2 * input->capacity, BUFFER_SIZE);
    input->buffer = g_realloc(input->buffer, input->capacity);
}

Span capture_input_peek(CaptureInput *input, size_t wanted)
{
    while (input->end - input->at < wanted && !input->ended) {
        if (input->at > 0 || input->end == input->capacity)
            make_room(input);
        ssize_t got = unpacker_read(input->unpacker, input->buffer + input->end,
                                    input->capacity - input->end);
        if (got > 0)
            input->end += (size_t)got;
        else
            input->ended = true;
    }
    return span_make(input->buffer + input->at, input->end - input->at);
}

/* After a large block. */
static void shrink(CaptureInput *input)
{
    size_t ahead = input->end - input->at;
    if (ahead > BUFFER_SIZE)
        return;
    memmove(input->buffer, input->buffer + input->at, ahead);
    input->at = 0;
    input->end = ahead;
    input->capacity = BUFFER_SIZE;
    input->buffer = g_realloc(input->buffer, BUFFER_SIZE);
}

void capture_input_skip(CaptureInput *input, size_t size)
{
    g_assert(size <= input->end - input->at);
    input->at += size;
    if (input->capacity > KEPT_SIZE)
        shrink(input);
}

void capture_input_put(CaptureInput *input, size_t at, const void *bytes, size_t size)
{
    g_assert(at + size <= input->end - input->at);
    memcpy(input->buffer + input->at + at, bytes, size);
}

size_t capture_input_pass(CaptureInput *input, size_t size)
{
    size_t passed = 0;
    while (passed < size) {
        size_t ahead = capture_input_peek(input, 1).length;
        if (ahead == 0)
            break;
        size_t portion = MIN(ahead, size - passed);
        input->at += portion;
        passed += portion;
    }
    return passed;
}

size_t capture_input_cut(CaptureInput *input, size_t at, size_t size)
{
    size_t cut = 0;
    while (cut < size) {
        size_t ahead = capture_input_peek(input, at + 1).length;
        if (ahead <= at)
            break;
        size_t portion = MIN(ahead - at, size - cut);
        uint8_t *from = input->buffer + input->at + at;
        memmove(from, from + portion, ahead - at - portion);
        input->end -= portion;
        cut += portion;
    }
    return cut;
}

/* A cookie_read_function_t. */
static ssize_t give_bytes(void *cookie, char *buffer, size_t size)
{
    CaptureInput *input = cookie;
    size_t ahead = input->end - input->at;
    if (ahead == 0) {
        ssize_t got = unpacker_read(input->unpacker, buffer, size);
        if (got < 0)
            errno = EIO; /* the unpacker has the reason */
        return got;
    }
    size_t given = MIN(ahead, size);
    memcpy(buffer, input->buffer + input->at, given);
    input->at += given;
    return (ssize_t)given;
}

FILE *capture_input_stream(CaptureInput *input)
{
    g_assert(!input->stream_buffer);
    FILE *stream = fopencookie(input, "r", (cookie_io_functions_t){ .read = give_bytes });
    if (!stream) /* fails only for lack of memory; GLib aborts then too */
        g_error("fopencookie: %s", g_strerror(errno));
    input->stream_buffer = g_new(char, STREAM_BUFFER_SIZE);
    setvbuf(stream, input->stream_buffer, _IOFBF, STREAM_BUFFER_SIZE);
    __fsetlocking(stream, FSETLOCKING_BYCALLER); /* one thread reads it, twice a packet */
    return stream;
}

void capture_input_free(CaptureInput *input)
{
    if (!input)
        return;
    g_free(input->stream_buffer);
    g_free(input->buffer);
    g_free(input);
}
