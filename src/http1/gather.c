#include "http1/gather.h"

#include "base/pack.h"
#include "http1/head.h"

/* From the third line end on they tell nothing new. */
enum { LINES_MAX = 3 };

static size_t capacity_for(size_t length)
{
    size_t capacity = 1024;
    while (capacity < length)
        capacity *= 2;
    return capacity;
}

/* Looks for line ends from `from` on. */
static void note_lines(Gather *gather, size_t from)
{
    const uint8_t *bytes = gather->bytes, *end = bytes + gather->length, *lf;
    for (const uint8_t *p = bytes + from; (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1) {
        size_t at = (size_t)(lf - bytes);
        if (at > 0 && bytes[at - 1] == '\r')
            at--;
        if (gather->lines > 0 && at > 0 && bytes[at - 1] == '\n')
            gather->blank_line = true;
        if (gather->lines < LINES_MAX)
            gather->lines++;
        if (gather->lines < LINES_MAX)
            gather->fresh_line = true;
    }
}

void gather_add(Gather *gather, Span data)
{
    size_t from = gather->length, more = MIN(data.length, HEAD_BYTES_MAX - from);
    size_t capacity = capacity_for(from + more);
    gather->overfull = more < data.length;
    if (!gather->bytes || capacity > capacity_for(from))
        gather->bytes = g_realloc(gather->bytes, capacity);
    memcpy(gather->bytes + from, data.bytes, more);
    gather->held = (uint32_t)from;
    gather->length += (uint32_t)more;
    note_lines(gather, from);
}

void gather_keep(Gather *gather, Span data)
{
    if (gather->length)
        return;
    gather->lines = 0;
    gather->blank_line = false;
    gather_add(gather, data);
    gather->fresh_line = false;
}

Span gather_bytes(const Gather *gather, Span data)
{
    return gather->length ? span_make(gather->bytes, gather->length) : data;
}

bool gather_lacks_line(const Gather *gather, Span data)
{
    if (gather->length)
        return gather->lines == 0;
    return !memchr(data.bytes, '\n', MIN(data.length, HEAD_BYTES_MAX));
}

bool gather_is_idle(const Gather *gather)
{
    return gather->length && !gather->blank_line && !gather->fresh_line && !gather->overfull;
}

bool gather_cut(Gather *gather, Span *ret_head)
{
    uint32_t end = gather->length;
    while (end > 0 && gather->bytes[end - 1] != '\n')
        end--;
    if (end == 0 || end > HEAD_BYTES_MAX - 2)
        return false;
    gather->bytes = g_realloc(gather->bytes, capacity_for(end + 2));
    memcpy(gather->bytes + end, "\r\n", 2);
    *ret_head = span_make(gather->bytes, end + 2);
    return true;
}

void gather_clear(Gather *gather)
{
    g_clear_pointer(&gather->bytes, g_free);
    gather->length = gather->held = 0;
    gather->overfull = false;
}

void gather_pack(const Gather *gather, GByteArray *to)
{
    pack_span(to, span_make(gather->bytes, gather->length));
}

void gather_unpack(Gather *gather, Span *from)
{
    Span bytes = unpack_span(from);
    gather->bytes = NULL;
    if (bytes.length == 0)
        return;
    gather->bytes = g_malloc(capacity_for(bytes.length));
    memcpy(gather->bytes, bytes.bytes, bytes.length);
}

size_t gather_size(const Gather *gather)
{
    return gather->bytes ? capacity_for(gather->length) : 0;
}
