#include "pack.h"

#ifdef UNPACK_GZIP
#include <zlib.h>
#endif
#ifdef UNPACK_ZSTD
#include <zstd.h>
#endif
#ifdef UNPACK_LZ4
#include <lz4frame.h>
#endif
#ifdef UNPACK_XZ
#include <lzma.h>
#endif

/* Enough extra room for what a format adds to data that it cannot compress. */
#define ROOM(size) ((size) + (size) / 8 + 4096)

const char *pack_name(PackFormat format)
{
    static const char *const NAMES[PACK_FORMATS] = { "gzip", "zstd", "lz4", "xz" };
    return NAMES[format];
}

#ifdef UNPACK_GZIP
static size_t pack_gzip(void *out, size_t room, const void *bytes, size_t size)
{
    z_stream stream = { .next_in = (Bytef *)(guintptr)bytes,
                        .avail_in = (uInt)size,
                        .next_out = out,
                        .avail_out = (uInt)room };
    g_assert(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    g_assert(deflate(&stream, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&stream);
    return room - stream.avail_out;
}
#endif

#ifdef UNPACK_ZSTD
static size_t pack_zstd(void *out, size_t room, const void *bytes, size_t size)
{
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t packed = ZSTD_compress2(context, out, room, bytes, size);
    g_assert(!ZSTD_isError(packed));
    ZSTD_freeCCtx(context);
    return packed;
}
#endif

#ifdef UNPACK_LZ4
static size_t pack_lz4(void *out, size_t room, const void *bytes, size_t size)
{
    LZ4F_preferences_t preferences = { .frameInfo.contentChecksumFlag =
                                           LZ4F_contentChecksumEnabled };
    size_t packed = LZ4F_compressFrame(out, room, bytes, size, &preferences);
    g_assert(!LZ4F_isError(packed));
    return packed;
}
#endif

#ifdef UNPACK_XZ
static size_t pack_xz(void *out, size_t room, const void *bytes, size_t size)
{
    size_t packed = 0;
    g_assert(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, bytes, size, out, &packed, room) ==
             LZMA_OK);
    return packed;
}
#endif

static size_t (*const PACKERS[PACK_FORMATS])(void *, size_t, const void *, size_t) = {
#ifdef UNPACK_GZIP
    [PACK_GZIP] = pack_gzip,
#endif
#ifdef UNPACK_ZSTD
    [PACK_ZSTD] = pack_zstd,
#endif
#ifdef UNPACK_LZ4
    [PACK_LZ4] = pack_lz4,
#endif
#ifdef UNPACK_XZ
    [PACK_XZ] = pack_xz,
#endif
};

bool pack_is_built(PackFormat format)
{
    return PACKERS[format] != NULL;
}

void pack_append(GByteArray *packed, PackFormat format, const void *bytes, size_t size)
{
    guint before = packed->len;
    g_byte_array_set_size(packed, before + (guint)ROOM(size));
    size_t added = PACKERS[format](packed->data + before, ROOM(size), bytes, size);
    g_byte_array_set_size(packed, before + (guint)added);
}
