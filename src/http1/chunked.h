/* The chunked coding's framing (RFC 9112 §7.1), fed in pieces of any size. Chunk data is not
 * looked at, only hashed where somebody asks for it. */
#ifndef HTTP1_CHUNKED_H
#define HTTP1_CHUNKED_H

#include "base/content_hash.h"
#include "base/span.h"

/* Extensions are a few bytes where they are used at all; Apache refuses lines above 8 KiB. */
#define CHUNK_LINE_MAX 8192
/* As for heads: what is longer was not read by the peer either. */
#define CHUNK_TRAILER_MAX 65536

typedef enum ChunkNote {
    CHUNK_OFF_GRAMMAR = 1 << 0, /* bare LF, stray blanks, control characters, an open quote … */
    /* Connection, Content-Length, Transfer-Encoding or Host as trailer */
    CHUNK_FRAMING_TRAILER = 1 << 1,
} ChunkNote;

/* A zeroed reader stands before the first chunk line. */
typedef struct ChunkReader {
    int64_t left;       /* of the chunk's data; while its size is read, the size */
    uint32_t section;   /* bytes of this chunk line, or of the trailer section so far */
    uint8_t state;      /* private */
    uint8_t notes;      /* ChunkNote */
    uint8_t candidates; /* private: trailer names that the line's bytes so far begin */
    uint8_t matched;    /* private: how many bytes those are */
} ChunkReader;

typedef enum ChunkResult {
    CHUNK_MORE,  /* all bytes were taken, more must follow */
    CHUNK_END,   /* the last one taken is the last of the body */
    CHUNK_BAD,   /* the one behind the last taken is against the grammar beyond understanding */
    CHUNK_LIMIT, /* … is one too many for a line, the trailer section, or a size of 63 bits */
} ChunkResult;

/* Reads on. Chunk data is added to `content`; NULL: nobody wants it hashed. *ret_taken is how many
 * of the bytes belong to the body; all of them with CHUNK_MORE. */
ChunkResult chunk_read(ChunkReader *reader, Span bytes, ContentHash *content, size_t *ret_taken);

/* Passes over `length` bytes that nobody has. False, and nothing changes, if they are not all
 * chunk data. */
bool chunk_skip(ChunkReader *reader, int64_t length);

/* Whether the last chunk, the empty one, has begun to end the body: only trailer bytes can be
 * missing. */
bool chunk_in_trailer(const ChunkReader *reader);

#endif
