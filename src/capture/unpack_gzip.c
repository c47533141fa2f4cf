#include "capture/unpack_format.h"

#ifdef UNPACK_GZIP

#include <glib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

/* for zlib: the largest window, and only the gzip format */
#define WINDOW_BITS (15 + 16)

/* Members follow one another. On a tape, gzip's output is padded with zeros. */
typedef enum GzipPlace { IN_MEMBER, BETWEEN_MEMBERS, IN_PADDING } GzipPlace;

typedef struct Gzip {
    z_stream stream;
    GzipPlace place;
} Gzip;

static void *gzip_start(UnpackMemory *memory)
{
    Gzip *gzip = g_new0(Gzip, 1);
    (void)memory; /* 40 KiB, beside what every input takes */
    if (inflateInit2(&gzip->stream, WINDOW_BITS) != Z_OK)
        g_error("zlib cannot begin: %s", gzip->stream.msg ? gzip->stream.msg : "no memory");
    return gzip;
}

/* After a member comes another member, or zeros up to the end. */
static UnpackState pass_padding(Gzip *gzip, UnpackPortion *portion, const char **ret_failure)
{
    while (portion->in_left > 0 && portion->in[0] == 0) {
        gzip->place = IN_PADDING;
        portion->in++;
        portion->in_left--;
    }
    if (portion->in_left == 0)
        return UNPACK_AT_END;
    if (gzip->place == IN_PADDING || portion->in[0] != 0x1f) {
        *ret_failure = "other bytes follow the compressed ones";
        return UNPACK_FAILED;
    }
    gzip->place = IN_MEMBER;
    inflateReset(&gzip->stream);
    return UNPACK_WITHIN;
}

static UnpackState gzip_step(void *state, UnpackPortion *portion, const char **ret_failure)
{
    Gzip *gzip = state;
    if (gzip->place != IN_MEMBER) {
        UnpackState passed = pass_padding(gzip, portion, ret_failure);
        if (passed != UNPACK_WITHIN)
            return passed;
    }
    z_stream *stream = &gzip->stream;
    uInt out_before = (uInt)MIN(portion->out_left, UINT_MAX);
    stream->next_in = portion->in;
    stream->avail_in = (uInt)portion->in_left; /* the buffer is far below 4 GiB */
    stream->next_out = portion->out;
    stream->avail_out = out_before;
    int result = inflate(stream, Z_NO_FLUSH);
    portion->in = stream->next_in;
    portion->in_left = stream->avail_in;
    portion->out = stream->next_out;
    portion->out_left -= out_before - stream->avail_out;
    if (result == Z_STREAM_END) {
        gzip->place = BETWEEN_MEMBERS;
        return UNPACK_AT_END;
    }
    if (result == Z_OK || result == Z_BUF_ERROR) /* Z_BUF_ERROR: no progress this time */
        return UNPACK_WITHIN;
    if (result == Z_MEM_ERROR)
        g_error("zlib: no memory");
    *ret_failure = stream->msg ? stream->msg : "not readable";
    return UNPACK_FAILED;
}

static void gzip_free(void *state)
{
    Gzip *gzip = state;
    inflateEnd(&gzip->stream);
    g_free(gzip);
}

#endif

const UnpackFormat unpack_gzip = {
    .name = "gzip",
    .magic = "\x1f\x8b\x08",
    .magic_size = 3,
#ifdef UNPACK_GZIP
    .start = gzip_start,
    .step = gzip_step,
    .free = gzip_free,
    .library_version = zlibVersion,
#endif
};
