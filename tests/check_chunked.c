/* Chunked bodies: complete, byte by byte, and cut at each place. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/chunked.h"

#define BYTES(text)                                                                                \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }
#define OFF CHUNK_OFF_GRAMMAR
#define FRAMING CHUNK_FRAMING_TRAILER

typedef struct Row {
    const char *name;
    Span bytes;
    ChunkResult result;
    size_t taken;
    unsigned notes; /* ChunkNote */
} Row;

static const Row ROWS[] = {
    { "nothing", BYTES(""), CHUNK_MORE, 0, 0 },
    { "the zero chunk alone", BYTES("0\r\n\r\n"), CHUNK_END, 5, 0 },
    { "chunks", BYTES("4\r\nWiki\r\n6\r\npedia \r\n0\r\n\r\n"), CHUNK_END, 25, 0 },
    { "what follows is not taken", BYTES("0\r\n\r\nHTTP/1.1"), CHUNK_END, 5, 0 },
    { "hexadecimal in both cases", BYTES("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
      CHUNK_END, 35, 0 },
    { "leading zeros", BYTES("0003\r\nabc\r\n000\r\n\r\n"), CHUNK_END, 18, 0 },
    { "data that looks like chunks", BYTES("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), CHUNK_END, 15, 0 },
    { "an extension", BYTES("3;a=b\r\nabc\r\n0;c\r\n\r\n"), CHUNK_END, 19, 0 },
    { "blanks around it", BYTES("3 ; a = b\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 21, 0 },
    { "a quoted one", BYTES("3;a=\"x;\\\"y\"\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 23, 0 },
    { "a line end in quotes ends the line", BYTES("3;a=\"x\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 18,
      OFF },
    { "a line end behind a backslash", BYTES("3;a=\"\\\nabc\r\n0\r\n\r\n"), CHUNK_END, 17, OFF },
    { "a CR in an extension", BYTES("3;a\rb\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 17, OFF },
    { "a zero in an extension", BYTES("3;a\0b\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 17, OFF },
    { "8-bit bytes in an extension", BYTES("3;a=\"\xe4\"\r\nabc\r\n0\r\n\r\n"), CHUNK_END, 19, 0 },
    { "bare LF behind a size", BYTES("3\nabc\r\n0\r\n\r\n"), CHUNK_END, 12, OFF },
    { "bare LF behind an extension", BYTES("3;a\nabc\r\n0\r\n\r\n"), CHUNK_END, 14, OFF },
    { "bare LF behind data", BYTES("3\r\nabc\n0\r\n\r\n"), CHUNK_END, 12, OFF },
    { "bare LF at the end", BYTES("0\r\n\n"), CHUNK_END, 4, OFF },
    { "blanks behind a size", BYTES("3  \r\nabc\r\n0\r\n\r\n"), CHUNK_END, 15, OFF },
    { "a trailer", BYTES("0\r\nX-Sum: 1\r\n\r\n"), CHUNK_END, 15, 0 },
    { "Connection as trailer", BYTES("0\r\nX: y\r\ncOnnection: close\r\n\r\n"), CHUNK_END, 30,
      FRAMING },
    { "Content-Length as trailer", BYTES("0\r\nContent-Length: 5\r\n\r\n"), CHUNK_END, 24,
      FRAMING },
    { "Transfer-Encoding, blank before the colon", BYTES("0\r\nTransfer-Encoding : x\r\n\r\n"),
      CHUNK_END, 28, FRAMING },
    { "Host as trailer", BYTES("0\r\nHOST:\r\n\r\n"), CHUNK_END, 12, FRAMING },
    { "names that begin or go on like them", BYTES("0\r\nHos: a\r\nHosts: b\r\nConn: c\r\n\r\n"),
      CHUNK_END, 32, 0 },
    { "a name in a fold is none", BYTES("0\r\nX: a\r\n Host: b\r\n\r\n"), CHUNK_END, 21, 0 },
    { "a name without colon", BYTES("0\r\nHost\r\nHost b: c\r\n\r\n"), CHUNK_END, 22, 0 },
    { "a zero where the name would end", BYTES("0\r\nHost\0: a\r\n\r\n"), CHUNK_END, 15, 0 },
    { "controls are no letters",
      BYTES("0\r\nCon\x0e"
            "ection: b\r\n\r\n"),
      CHUNK_END, 20, 0 },
    { "the largest size", BYTES("7fffffffffffffff\r\nab"), CHUNK_MORE, 20, 0 },
    { "one too large", BYTES("8000000000000000\r\n"), CHUNK_LIMIT, 15, 0 },
    { "far too large", BYTES("ffffffffffffffffffff\r\n"), CHUNK_LIMIT, 15, 0 },
    { "no digit", BYTES("\r\n"), CHUNK_BAD, 0, 0 },
    { "an extension without size", BYTES(";a\r\n"), CHUNK_BAD, 0, 0 },
    { "a blank first", BYTES(" 3\r\n"), CHUNK_BAD, 0, 0 },
    { "a plus", BYTES("+3\r\n"), CHUNK_BAD, 0, 0 },
    { "a minus", BYTES("-3\r\n"), CHUNK_BAD, 0, 0 },
    { "0x", BYTES("0x3\r\n"), CHUNK_BAD, 1, 0 },
    { "no hexadecimal digit", BYTES("3g\r\n"), CHUNK_BAD, 1, 0 },
    { "two numbers", BYTES("3 4\r\n"), CHUNK_BAD, 2, 0 },
    { "a CR without LF behind a size", BYTES("3\rabc"), CHUNK_BAD, 2, 0 },
    { "data longer than stated", BYTES("3\r\nabcd\r\n"), CHUNK_BAD, 6, 0 },
    { "no line end behind data", BYTES("3\r\nabc0\r\n"), CHUNK_BAD, 6, 0 },
    { "a CR alone behind data", BYTES("3\r\nabc\r0\r\n"), CHUNK_BAD, 7, 0 },
    { "two line ends behind data", BYTES("3\r\nabc\r\n\r\n0\r\n"), CHUNK_BAD, 8, 0 },
};

/* Reads `bytes`: first a piece of `cut` bytes, then pieces of `step` bytes. */
static ChunkResult read_pieces(ChunkReader *reader, Span bytes, size_t cut, size_t step,
                               size_t *ret_taken)
{
    ChunkResult result = CHUNK_MORE;
    size_t total = 0, size = cut;
    while (result == CHUNK_MORE && total < bytes.length) {
        size_t taken, length = MIN(MAX(size, 1), bytes.length - total);
        g_autofree uint8_t *copy = g_memdup2(bytes.bytes + total, length);
        result = chunk_read(reader, span_make(copy, length), NULL, &taken);
        ck_assert_uint_le(taken, length);
        ck_assert(result != CHUNK_MORE || taken == length);
        total += taken;
        size = step;
    }
    *ret_taken = total;
    return result;
}

START_TEST(test_chunks)
{
    const Row *row = &ROWS[_i];
    for (size_t cut = 0; cut <= row->bytes.length; cut++) {
        ChunkReader reader = { 0 };
        size_t taken;
        ChunkResult result =
            read_pieces(&reader, row->bytes, cut, cut ? row->bytes.length : 1, &taken);
        ck_assert_msg(result == row->result, "%s: %d", row->name, result);
        ck_assert_msg(taken == row->taken, "%s: %zu taken", row->name, taken);
        ck_assert_msg(reader.notes == row->notes, "%s: notes %d", row->name, reader.notes);
    }
}
END_TEST

START_TEST(test_skip)
{
    ChunkReader reader = { 0 };
    size_t taken;
    ck_assert(!chunk_skip(&reader, 1));
    chunk_read(&reader, span_of_text("10\r\nab"), NULL, &taken);
    ck_assert(!chunk_skip(&reader, 15));
    ck_assert(chunk_skip(&reader, 13));
    ck_assert(chunk_skip(&reader, 1));
    ck_assert(!chunk_skip(&reader, 1));
    ck_assert(!chunk_in_trailer(&reader));
    ck_assert_int_eq(chunk_read(&reader, span_of_text("\r\n0\r\n"), NULL, &taken), CHUNK_MORE);
    ck_assert(chunk_in_trailer(&reader));
    ck_assert(!chunk_skip(&reader, 1));
    ck_assert_int_eq(chunk_read(&reader, span_of_text("\r\n"), NULL, &taken), CHUNK_END);
    ck_assert_uint_eq(reader.notes, 0);
}
END_TEST

/* A chunk line or trailer section with `section` zeros in it. */
static ChunkResult read_long(const char *before, size_t section, const char *after)
{
    g_autoptr(GString) text = g_string_new(before);
    while (section-- > 0)
        g_string_append_c(text, '0');
    g_string_append(text, after);
    ChunkReader reader = { 0 };
    size_t taken;
    return chunk_read(&reader, span_make(text->str, text->len), NULL, &taken);
}

START_TEST(test_bounds)
{
    size_t line = CHUNK_LINE_MAX - strlen("\r\n");
    size_t trailer = CHUNK_TRAILER_MAX - strlen("X: \r\n\r\n");
    ck_assert_int_eq(read_long("", line, "\r\n\r\n"), CHUNK_END);
    ck_assert_int_eq(read_long("", line + 1, "\r\n\r\n"), CHUNK_LIMIT);
    ck_assert_int_eq(read_long("0\r\nX: ", trailer, "\r\n\r\n"), CHUNK_END);
    ck_assert_int_eq(read_long("0\r\nX: ", trailer + 1, "\r\n\r\n"), CHUNK_LIMIT);
}
END_TEST

int main(void)
{
    TCase *chunked = tcase_create("chunked");
    tcase_add_loop_test(chunked, test_chunks, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(chunked, test_skip);
    tcase_add_test(chunked, test_bounds);
    Suite *suite = suite_create("chunked");
    suite_add_tcase(suite, chunked);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
