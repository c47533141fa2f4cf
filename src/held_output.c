#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* fopencookie() */
#endif
#include "held_output.h"

#include <errno.h>

struct HeldOutput {
    FILE *to, *stream;
    FILE *spool; /* NULL: nothing is held */
    bool (*holds)(const void *data);
    const void *data;
    bool anew;
    uint64_t gone; /* bytes that went out */
    uint64_t pass; /* of what is written next, those that did already */
};

static FILE *spare; /* NULL: none is open yet */

void held_output_prepare(void)
{
    if (!spare)
        spare = tmpfile();
}

static ssize_t take(void *cookie, const char *bytes, size_t size)
{
    HeldOutput *held = cookie;
    size_t passed = (size_t)MIN(held->pass, size), left = size - passed;
    held->pass -= passed;
    if (!held->anew && !held->spool && held->holds(held->data)) {
        held->spool = spare ? g_steal_pointer(&spare) : tmpfile();
        if (!held->spool)
            return 0;
    }
    errno = 0;
    size_t put = fwrite(bytes + passed, 1, left, held->spool ? held->spool : held->to);
    if (!held->spool) {
        held->gone += put;
        if (fflush(held->to) != 0)
            return 0;
    }
    return put == left ? (ssize_t)size : 0;
}

HeldOutput *held_output_new(FILE *to, bool (*holds)(const void *data), const void *data)
{
    HeldOutput *held = g_new0(HeldOutput, 1);
    held->to = to;
    held->holds = holds;
    held->data = data;
    held->stream = fopencookie(held, "w", (cookie_io_functions_t){ .write = take });
    if (held->stream)
        return held;
    g_free(held);
    return NULL;
}

FILE *held_output_stream(HeldOutput *held)
{
    return held->stream;
}

void held_output_again(HeldOutput *held)
{
    fflush(held->stream);
    if (held->spool)
        fclose(held->spool);
    held->spool = NULL;
    held->anew = true;
    held->pass = held->gone;
}

bool held_output_end(HeldOutput *held)
{
    char buffer[16 * 1024];
    size_t got;
    errno = 0;
    if (fflush(held->stream) != 0)
        return false;
    if (!held->spool)
        return fflush(held->to) == 0;
    if (fflush(held->spool) != 0 || fseek(held->spool, 0, SEEK_SET) != 0)
        return false;
    while ((got = fread(buffer, 1, sizeof buffer, held->spool)) > 0)
        if (fwrite(buffer, 1, got, held->to) != got)
            return false;
    return !ferror(held->spool) && fflush(held->to) == 0;
}

void held_output_free(HeldOutput *held)
{
    if (!held)
        return;
    fclose(held->stream);
    if (held->spool)
        fclose(held->spool);
    g_free(held);
}
