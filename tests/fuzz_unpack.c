/* Reads any bytes as compressed input.
 *
 * These must hold: the output does not depend on the requested portions; a prefix of the input
 * gives a prefix of the output; the output ends either with a failure and a text, or regularly, and
 * stays that way; data that is not compressed comes out unchanged. */
#include <glib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More output only takes longer. */
#define OUTPUT_MAX (1024 * 1024)

typedef struct Output {
    GByteArray *bytes;
    bool failed, compressed;
} Output;

static Output unpack(const uint8_t *data, size_t size, size_t portion)
{
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, data, size) != (ssize_t)size)
        g_error("no memory file");
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    g_autoptr(CaptureBytes) bytes =
        capture_bytes_open(path, &(CaptureOptions){ .hash = false }, NULL);
    g_assert_nonnull(bytes);
    g_autoptr(Unpacker) unpacker = unpacker_new(bytes, NULL);
    Output output = { .bytes = g_byte_array_new(), .compressed = unpacker_format(unpacker) };
    g_autofree uint8_t *buffer = g_malloc(portion);
    ssize_t got = 1;
    while (output.bytes->len < OUTPUT_MAX && (got = unpacker_read(unpacker, buffer, portion)) > 0) {
        g_assert_cmpuint((size_t)got, <=, portion);
        g_byte_array_append(output.bytes, buffer, (guint)got);
    }
    if (got <= 0)
        g_assert_cmpint(unpacker_read(unpacker, buffer, portion), ==, got);
    output.failed = got < 0;
    if (output.failed)
        g_assert_nonnull(unpacker_failure(unpacker));
    else if (got == 0)
        g_assert_null(unpacker_failure(unpacker));
    if (unpacker_is_cut(unpacker))
        g_assert_true(output.failed);
    close(file);
    return output;
}

static void assert_begins(const GByteArray *whole, const GByteArray *beginning)
{
    size_t compared = MIN(beginning->len, OUTPUT_MAX);
    g_assert_cmpuint(compared, <=, whole->len);
    g_assert_cmpmem(whole->data, compared, beginning->data, compared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Output large = unpack(data, size, 100000), small = unpack(data, size, 997);
    Output some = unpack(data, size - size / 3, 5000);
    assert_begins(large.bytes, small.bytes);
    assert_begins(small.bytes, large.bytes);
    g_assert_true(large.failed == small.failed || large.bytes->len >= OUTPUT_MAX);
    if (some.compressed == large.compressed)
        assert_begins(large.bytes, some.bytes);
    if (!large.compressed)
        g_assert_cmpmem(large.bytes->data, large.bytes->len, data, MIN(size, large.bytes->len));
    g_byte_array_unref(large.bytes);
    g_byte_array_unref(small.bytes);
    g_byte_array_unref(some.bytes);
    return 0;
}
