#include <check.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/unpack.h"
#include "hex.h"
#include "pack.h"

#ifdef UNPACK_XZ
#include <lzma.h>
#endif

/* Everything that one input gave, read in portions of `portion` bytes. */
typedef struct Unpacked {
    GByteArray *bytes;
    char *format, *failure;
    bool cut;
} Unpacked;

static Unpacked unpack_in(CaptureRoom *room, const uint8_t *packed, size_t size, size_t portion)
{
    int file = memfd_create("packed", MFD_CLOEXEC);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, packed, size), (ssize_t)size);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    g_autoptr(CaptureBytes) bytes =
        capture_bytes_open(path, &(CaptureOptions){ .hash = false }, NULL);
    ck_assert_ptr_nonnull(bytes);
    g_autoptr(Unpacker) unpacker = unpacker_new(bytes, room);
    Unpacked result = { .bytes = g_byte_array_new() };
    g_autofree uint8_t *buffer = g_malloc(portion);
    ssize_t got;
    while ((got = unpacker_read(unpacker, buffer, portion)) > 0) {
        ck_assert_uint_le((size_t)got, portion);
        g_byte_array_append(result.bytes, buffer, (guint)got);
    }
    ck_assert_int_eq(unpacker_read(unpacker, buffer, portion), got); /* the end stays */
    ck_assert((got < 0) == (unpacker_failure(unpacker) != NULL));
    result.format = g_strdup(unpacker_format(unpacker));
    result.failure = g_strdup(unpacker_failure(unpacker));
    result.cut = unpacker_is_cut(unpacker);
    close(file);
    return result;
}

static Unpacked unpack(const uint8_t *packed, size_t size, size_t portion)
{
    return unpack_in(NULL, packed, size, portion);
}

static void unpacked_clear(Unpacked *result)
{
    g_byte_array_unref(result->bytes);
    g_free(result->format);
    g_free(result->failure);
}

/* Bytes that compress a little: a text with a counter that a generator mixes in. */
static GByteArray *make_content(size_t size)
{
    GByteArray *content = g_byte_array_sized_new((guint)size);
    uint32_t state = 1;
    while (content->len < size) {
        state = state * 1664525 + 1013904223;
        uint8_t some[4] = { 'a', 'b', (uint8_t)(state >> 24), (uint8_t)(state >> 16) };
        g_byte_array_append(content, some, (guint)MIN(4, size - content->len));
    }
    return content;
}

static void assert_whole(const Unpacked *result, const char *format, const GByteArray *content,
                         const char *context)
{
    ck_assert_msg(!result->failure, "%s, %s: %s", format, context, result->failure);
    ck_assert_str_eq(result->format, format);
    ck_assert_uint_eq(result->bytes->len, content->len);
    ck_assert_msg(memcmp(result->bytes->data, content->data, content->len) == 0, "%s, %s", format,
                  context);
}

static const size_t SIZES[] = { 1, 5, 1000, 131072, 700000 };
static const size_t PORTIONS[] = { 61, 4096, 1024 * 1024 };

START_TEST(test_whole)
{
    if (!pack_is_built((PackFormat)_i))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(SIZES); i++) {
        g_autoptr(GByteArray) content = make_content(SIZES[i]);
        g_autoptr(GByteArray) packed = g_byte_array_new();
        pack_append(packed, (PackFormat)_i, content->data, content->len);
        for (size_t p = 0; p < G_N_ELEMENTS(PORTIONS); p++) {
            Unpacked result = unpack(packed->data, packed->len, PORTIONS[p]);
            assert_whole(&result, pack_name((PackFormat)_i), content, "whole");
            unpacked_clear(&result);
        }
    }
}
END_TEST

/* Bytes that may come before, between and after the parts, and further parts. */
static const struct {
    const char *name;
    PackFormat format;
    const char *before, *between, *behind;
} SURROUNDINGS[] = {
    { "members", PACK_GZIP, "", "", "" },
    { "a tape's zeros", PACK_GZIP, "", "", "0000000000" },
    { "frames", PACK_ZSTD, "", "", "" },
    { "skippable frames", PACK_ZSTD, "502a4d18 03000000 aabbcc", "5f2a4d18 00000000",
      "552a4d18 01000000 00" },
    { "frames", PACK_LZ4, "", "", "" },
    { "skippable frames", PACK_LZ4, "502a4d18 03000000 aabbcc", "5f2a4d18 00000000",
      "552a4d18 01000000 00" },
    { "streams", PACK_XZ, "", "", "" },
    { "padding", PACK_XZ, "", "00000000", "0000000000000000" },
};

static void append_hex(GByteArray *bytes, const char *text)
{
    g_autoptr(GByteArray) added = hex_bytes(text);
    g_byte_array_append(bytes, added->data, added->len);
}

/* Two parts, with an empty one between them. */
START_TEST(test_parts)
{
    PackFormat format = SURROUNDINGS[_i].format;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(3000);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    append_hex(packed, SURROUNDINGS[_i].before);
    pack_append(packed, format, content->data, 1000);
    append_hex(packed, SURROUNDINGS[_i].between);
    pack_append(packed, format, "", 0);
    pack_append(packed, format, content->data + 1000, 2000);
    append_hex(packed, SURROUNDINGS[_i].behind);
    for (size_t p = 0; p < G_N_ELEMENTS(PORTIONS); p++) {
        Unpacked result = unpack(packed->data, packed->len, PORTIONS[p]);
        assert_whole(&result, pack_name(format), content, SURROUNDINGS[_i].name);
        unpacked_clear(&result);
    }
}
END_TEST

/* Cut anywhere: the bytes before the cut come out, then the cut is reported. A cut between two
 * parts cannot be seen. */
START_TEST(test_cut_anywhere)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(600);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, content->data, 300);
    size_t first = packed->len;
    pack_append(packed, format, content->data + 300, 300);
    for (size_t cut = 6; cut < packed->len; cut++) {
        Unpacked result = unpack(packed->data, cut, 64);
        ck_assert_uint_le(result.bytes->len, cut < first ? 300 : 600);
        ck_assert_uint_ge(result.bytes->len, cut < first ? 0 : 300);
        ck_assert(span_equal(span_make(result.bytes->data, result.bytes->len),
                             span_make(content->data, result.bytes->len)));
        ck_assert_msg(result.cut == (cut != first), "%s, cut at %zu", pack_name(format), cut);
        unpacked_clear(&result);
    }
}
END_TEST

/* One wrong bit anywhere after the magic number either changes nothing or is reported. */
START_TEST(test_wrong_bits)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(80);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, content->data, content->len);
    unsigned said = 0;
    for (size_t bit = 6 * 8; bit < packed->len * 8; bit++) {
        packed->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        Unpacked result = unpack(packed->data, packed->len, 100);
        if (!result.failure)
            assert_whole(&result, pack_name(format), content, "a wrong bit");
        said += result.failure != NULL;
        unpacked_clear(&result);
        packed->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    ck_assert_uint_ge(said, 40 * 8); /* those of the content at least */
}
END_TEST

/* All bytes before the corrupt place come out, except those of its block, however large the
 * requested portion is. */
START_TEST(test_corrupt_at_the_end)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(1000000);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, content->data, content->len);
    memset(packed->data + packed->len - packed->len / 20, 0xff, 1000);
    for (size_t p = 0; p < G_N_ELEMENTS(PORTIONS); p++) {
        Unpacked result = unpack(packed->data, packed->len, PORTIONS[p]);
        ck_assert_ptr_nonnull(result.failure);
        ck_assert(!result.cut);
        ck_assert_msg(result.bytes->len >= 800000, "%s: %u", pack_name(format), result.bytes->len);
        size_t same = MIN(result.bytes->len, 800000);
        ck_assert(memcmp(result.bytes->data, content->data, same) == 0);
        unpacked_clear(&result);
    }
}
END_TEST

START_TEST(test_other_bytes_behind)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(300);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, content->data, content->len);
    g_byte_array_append(packed, (const guint8 *)"other bytes, and enough of them", 31);
    Unpacked result = unpack(packed->data, packed->len, 1000);
    ck_assert_uint_eq(result.bytes->len, content->len);
    ck_assert_ptr_nonnull(result.failure);
    ck_assert(g_str_has_prefix(result.failure, pack_name(format)));
    ck_assert(!result.cut);
    unpacked_clear(&result);
}
END_TEST

/* A frame of zstd that wants a window of 2^31 bytes (RFC 8878 §3.1.1.1.2: the exponent is 21), with
 * one raw block of one byte. */
START_TEST(test_zstd_window)
{
    g_autoptr(GByteArray) packed = hex_bytes("28b52ffd 00 a8 090000 61");
    Unpacked result = unpack(packed->data, packed->len, 100);
    ck_assert_str_eq(result.format, "zstd");
    ck_assert_uint_eq(result.bytes->len, 0);
    ck_assert_ptr_nonnull(result.failure);
    ck_assert(!result.cut);
    unpacked_clear(&result);
}
END_TEST

#ifdef UNPACK_LZ4
/* A stored block of 29 bytes in a frame with checksums of blocks, here a wrong one: its bytes come
 * out, then the failure, whatever the portions are, and whether or not the checksum is there. */
START_TEST(test_lz4_stored_block)
{
    static const size_t portions[] = { 1, 7, 28, 29, 997, 100000 };
    g_autoptr(GByteArray) packed =
        hex_bytes("04224d18 74 40 bd 1d000080 00014745 54202f80 00014745 54202f20 48655550 2f310b31"
                  "0d0a1000 ffffff1a 65 46000000 00c4a3b0 df");
    for (size_t i = 0; i < G_N_ELEMENTS(portions); i++)
        for (guint size = 40; size <= packed->len; size++) {
            Unpacked result = unpack(packed->data, size, portions[i]);
            bool whole = size >= 44; /* with the checksum */
            ck_assert_uint_eq(result.bytes->len, 29);
            ck_assert_mem_eq(result.bytes->data, packed->data + 11, 29);
            ck_assert_ptr_nonnull(result.failure);
            ck_assert_msg(result.cut == !whole, "%u bytes by %zu: %s", size, portions[i],
                          result.failure);
            unpacked_clear(&result);
        }
}
END_TEST
#endif

#ifdef UNPACK_XZ
/* The same of xz: the size of the dictionary in the block header, whose checksum is set right. */
START_TEST(test_xz_dictionary)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, PACK_XZ, "abc", 3);
    uint8_t *header = packed->data + 12; /* after the stream header */
    size_t size = (header[0] + 1u) * 4;
    uint8_t *filter = memmem(header, size, "\x21\x01", 2);
    ck_assert_ptr_nonnull(filter);
    filter[2] = 36; /* 1 GiB */
    uint32_t checksum = lzma_crc32(header, size - 4, 0);
    for (unsigned i = 0; i < 4; i++)
        header[size - 4 + i] = (uint8_t)(checksum >> 8 * i);
    Unpacked result = unpack(packed->data, packed->len, 100);
    ck_assert_uint_eq(result.bytes->len, 0);
    ck_assert_ptr_nonnull(result.failure);
    ck_assert_ptr_nonnull(strstr(result.failure, "memory"));
    unpacked_clear(&result);
}
END_TEST
#endif

/* Nothing is taken but what there is room for, and all of it is given back. */
START_TEST(test_room)
{
    PackFormat format = (PackFormat)_i;
    if (!pack_is_built(format))
        return;
    g_autoptr(GByteArray) content = make_content(2000);
    g_autoptr(GByteArray) packed = g_byte_array_new();
    pack_append(packed, format, content->data, content->len);
    CaptureRoom little = { .most = 100000 }, much = { .most = 100 << 20 };
    for (size_t portion = 1; portion < 5000; portion += 4000) {
        Unpacked refused = unpack_in(&little, packed->data, packed->len, portion);
        if (format != PACK_GZIP) {
            ck_assert_msg(refused.failure && strstr(refused.failure, "--max-memory leaves 0"), "%s",
                          pack_name(format));
            ck_assert(!refused.cut);
            ck_assert_uint_eq(refused.bytes->len, 0);
        }
        ck_assert_uint_eq(little.taken, 0);
        unpacked_clear(&refused);
        Unpacked whole = unpack_in(&much, packed->data, packed->len, portion);
        assert_whole(&whole, pack_name(format), content, "with room");
        ck_assert_uint_eq(much.taken, 0);
        unpacked_clear(&whole);
    }
}
END_TEST

/* A frame of zstd that needs more than the one before it: that stays. Its window, of 10 MiB, is of
 * exponent 13 and mantissa 2 (RFC 8878 §3.1.1.1.2): 2^23 * 10 / 8. */
START_TEST(test_room_of_a_second_frame)
{
    if (!pack_is_built(PACK_ZSTD))
        return;
    g_autoptr(GByteArray) packed = hex_bytes("28b52ffd 00 00 090000 61 28b52ffd 00 6a 090000 62");
    CaptureRoom room = { .most = 8 << 20 };
    Unpacked result = unpack_in(&room, packed->data, packed->len, 100);
    ck_assert_uint_eq(result.bytes->len, 1);
    ck_assert_int_eq(result.bytes->data[0], 'a');
    ck_assert_ptr_nonnull(result.failure);
    ck_assert_str_eq(result.failure,
                     "zstd: unpacking it takes 11 MiB of memory, and --max-memory leaves 8");
    unpacked_clear(&result);
}
END_TEST

/* How inputs are recognized. */
static const struct {
    const char *name;
    const char *bytes;
    const char *format; /* NULL: none */
} BEGINNINGS[] = {
    { "nothing", "", NULL },
    { "a capture", "d4c3b2a1 02000400", NULL },
    { "gzip", "1f8b08 00", "gzip" },
    { "compress, which is not gzip", "1f9d90 00", NULL },
    { "gzip of no known method", "1f8b07 00", NULL },
    { "zstd", "28b52ffd 00", "zstd" },
    { "lz4", "04224d18 00", "lz4" },
    { "lz4 as it was before its frame format", "02214c18 00", NULL },
    { "xz", "fd377a585a00 00", "xz" },
    { "five bytes of xz", "fd377a585a", NULL },
    { "skippable, then lz4", "512a4d18 02000000 ffff 04224d18", "lz4" },
    { "skippable twice, then zstd", "512a4d18 00000000 522a4d18 01000000 ff 28b52ffd", "zstd" },
    { "skippable, and the rest out of sight", "512a4d18 ffffffff 00", "zstd" },
    { "skippable, then nothing of either", "512a4d18 00000000 d4c3b2a1", "zstd" },
};

START_TEST(test_beginnings)
{
    g_autoptr(GByteArray) bytes = hex_bytes(BEGINNINGS[_i].bytes);
    g_autoptr(Guarded) guarded = guarded_new(bytes->len);
    Span head = guarded_fill(guarded, bytes->data, bytes->len);
    const char *format = unpack_recognize(head);
    ck_assert_msg(g_strcmp0(format, BEGINNINGS[_i].format) == 0, "%s: %s", BEGINNINGS[_i].name,
                  format ? format : "none");
}
END_TEST

/* The message of a build without a library. */
START_TEST(test_left_out)
{
    const char *version = unpack_library_version(pack_name((PackFormat)_i));
    ck_assert((version != NULL) == pack_is_built((PackFormat)_i));
    if (version) {
        ck_assert(g_ascii_isdigit(version[0]));
        return;
    }
    static const char *const STARTS[PACK_FORMATS] = { "1f8b0800", "28b52ffd", "04224d18",
                                                      "fd377a585a00" };
    g_autoptr(GByteArray) packed = hex_bytes(STARTS[_i]);
    Unpacked result = unpack(packed->data, packed->len, 100);
    ck_assert_str_eq(result.format, pack_name((PackFormat)_i));
    ck_assert_ptr_nonnull(strstr(result.failure, "cannot unpack"));
    ck_assert(!result.cut);
    unpacked_clear(&result);
}
END_TEST

START_TEST(test_plain)
{
    g_autoptr(GByteArray) content = make_content(200000);
    Unpacked result = unpack(content->data, content->len, 777);
    ck_assert_ptr_null(result.format);
    ck_assert_ptr_null(result.failure);
    ck_assert_uint_eq(result.bytes->len, content->len);
    ck_assert(memcmp(result.bytes->data, content->data, content->len) == 0);
    unpacked_clear(&result);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unpack");
    TCase *tcase = tcase_create("unpack");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_whole, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_parts, 0, G_N_ELEMENTS(SURROUNDINGS));
    tcase_add_loop_test(tcase, test_cut_anywhere, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_wrong_bits, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_corrupt_at_the_end, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_other_bytes_behind, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_left_out, 0, PACK_FORMATS);
    tcase_add_loop_test(tcase, test_beginnings, 0, G_N_ELEMENTS(BEGINNINGS));
    tcase_add_test(tcase, test_plain);
    tcase_add_loop_test(tcase, test_room, 0, PACK_FORMATS);
    tcase_add_test(tcase, test_room_of_a_second_frame);
    if (pack_is_built(PACK_ZSTD))
        tcase_add_test(tcase, test_zstd_window);
#ifdef UNPACK_LZ4
    tcase_add_test(tcase, test_lz4_stored_block);
#endif
#ifdef UNPACK_XZ
    tcase_add_test(tcase, test_xz_dictionary);
#endif
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
