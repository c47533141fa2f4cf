#include "hex.h"

#include <sys/mman.h>
#include <unistd.h>

GByteArray *hex_bytes(const char *text)
{
    GByteArray *bytes = g_byte_array_new();
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        int high = g_ascii_xdigit_value(text[0]), low = g_ascii_xdigit_value(text[1]);
        if (high < 0 || low < 0)
            g_error("not hexadecimal: %s", text);
        uint8_t byte = (uint8_t)(high << 4 | low);
        g_byte_array_append(bytes, &byte, 1);
        text++;
    }
    return bytes;
}

struct Guarded {
    uint8_t *pages; /* the last of them cannot be read */
    size_t size, page;
};

Guarded *guarded_new(size_t size_max)
{
    Guarded *guarded = g_new(Guarded, 1);
    guarded->page = (size_t)sysconf(_SC_PAGESIZE);
    guarded->size = (size_max / guarded->page + 2) * guarded->page;
    guarded->pages =
        mmap(NULL, guarded->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (guarded->pages == MAP_FAILED ||
        mprotect(guarded->pages + guarded->size - guarded->page, guarded->page, PROT_NONE) != 0)
        g_error("no guard page");
    return guarded;
}

Span guarded_fill(Guarded *guarded, const uint8_t *bytes, size_t size)
{
    g_assert(size <= guarded->size - guarded->page);
    uint8_t *place = guarded->pages + guarded->size - guarded->page - size;
    if (size)
        memcpy(place, bytes, size);
    return span_make(place, size);
}

void guarded_free(Guarded *guarded)
{
    munmap(guarded->pages, guarded->size);
    g_free(guarded);
}
