/* A chunked body ends at the same byte with the same notes in whatever pieces it comes, and whether
 * its data is counted or read. */
#include <glib.h>

#include "http1/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces of `step` bytes; where `skip` is set, chunk data is passed over unseen. */
static ChunkResult read_pieces(ChunkReader *reader, Span bytes, size_t step, bool skip,
                               size_t *ret_taken)
{
    ChunkResult result = CHUNK_MORE;
    size_t total = 0, taken;
    while (result == CHUNK_MORE && total < bytes.length) {
        Span piece = span_first(span_after(bytes, total), step);
        if (skip && chunk_skip(reader, (int64_t)piece.length)) {
            total += piece.length;
            continue;
        }
        result = chunk_read(reader, piece, NULL, &taken);
        g_assert_cmpuint(taken, <=, piece.length);
        g_assert_true(result != CHUNK_MORE || taken == piece.length);
        total += taken;
    }
    *ret_taken = total;
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    Span bytes = span_make(data + 1, size - 1);
    ChunkReader whole = { 0 };
    size_t whole_taken;
    ChunkResult result = read_pieces(&whole, bytes, MAX(bytes.length, 1), false, &whole_taken);
    for (int skip = 0; skip < 2; skip++) {
        ChunkReader pieces = { 0 };
        size_t taken;
        g_assert_cmpint(read_pieces(&pieces, bytes, 1 + data[0] % 16, skip, &taken), ==, result);
        g_assert_cmpuint(taken, ==, whole_taken);
        g_assert_cmpuint(pieces.notes, ==, whole.notes);
        g_assert_cmpint(pieces.left, ==, whole.left);
        g_assert_cmpint(chunk_in_trailer(&pieces), ==, chunk_in_trailer(&whole));
    }
    return 0;
}
