#include "fuzz_mutant.h"

#include <stdbool.h>
#include <string.h>

#define CHANGES_MAX 8
/* Most ranges are short: a long one leaves little of the input. */
#define RANGE_SHORT 24

typedef struct Range {
    unsigned at, length;
} Range;

/* 0 to below. */
static unsigned roll(GRand *dice, unsigned below)
{
    return below > 1 ? (unsigned)g_rand_int_range(dice, 0, (gint32)below) : 0;
}

/* Some of size bytes, which may be none. */
static Range range_in(GRand *dice, unsigned size)
{
    unsigned at = roll(dice, size + 1);
    unsigned rest = size - at;
    unsigned most = roll(dice, 8) == 0 ? rest : MIN(rest, RANGE_SHORT);
    return (Range){ at, roll(dice, most + 1) };
}

static void insert(GByteArray *mutant, unsigned at, const guint8 *bytes, unsigned length)
{
    length = MIN(length, MUTANT_MAX - MIN(mutant->len, MUTANT_MAX));
    if (length == 0)
        return;
    unsigned behind = mutant->len - at;
    g_byte_array_set_size(mutant, mutant->len + length);
    memmove(mutant->data + at + length, mutant->data + at, behind);
    memcpy(mutant->data + at, bytes, length);
}

static void flip_bit(GRand *dice, GByteArray *mutant)
{
    if (mutant->len > 0)
        mutant->data[roll(dice, mutant->len)] ^= (guint8)(1u << roll(dice, 8));
}

static void set_byte(GRand *dice, GByteArray *mutant)
{
    static const guint8 telling[] = { 0, 1, 0x7f, 0x80, 0xff, '\r', '\n', ' ', ':', ',', '"', '0' };
    if (mutant->len == 0)
        return;
    guint8 any = (guint8)roll(dice, 256);
    guint8 one = telling[roll(dice, G_N_ELEMENTS(telling))];
    mutant->data[roll(dice, mutant->len)] = roll(dice, 2) ? any : one;
}

/* Lengths, counts and times are numbers of one to four bytes, of either order. */
static void add_to_number(GRand *dice, GByteArray *mutant)
{
    unsigned width = 1u << roll(dice, 3);
    bool big = roll(dice, 2);
    guint32 by = 1 + roll(dice, 32);
    if (roll(dice, 2))
        by = -by;
    if (mutant->len < width)
        return;
    guint8 *at = mutant->data + roll(dice, mutant->len - width + 1);
    guint32 number = 0;
    for (unsigned i = 0; i < width; i++)
        number = number << 8 | at[big ? i : width - 1 - i];
    number += by;
    for (unsigned i = 0; i < width; i++, number >>= 8)
        at[big ? width - 1 - i : i] = (guint8)number;
}

static void take_out(GRand *dice, GByteArray *mutant)
{
    Range range = range_in(dice, mutant->len);
    if (range.length > 0)
        g_byte_array_remove_range(mutant, range.at, range.length);
}

static void repeat(GRand *dice, GByteArray *mutant)
{
    Range range = range_in(dice, mutant->len);
    const guint8 *from =
        mutant->len > 0 ? mutant->data + range.at : NULL; /* nothing has no place */
    g_autofree guint8 *copy = g_memdup2(from, range.length);
    insert(mutant, roll(dice, 4) ? range.at : roll(dice, mutant->len + 1), copy, range.length);
}

static void put_in_noise(GRand *dice, GByteArray *mutant)
{
    guint8 noise[8];
    unsigned length = 1 + roll(dice, sizeof noise);
    for (unsigned i = 0; i < length; i++)
        noise[i] = (guint8)roll(dice, 256);
    insert(mutant, roll(dice, mutant->len + 1), noise, length);
}

/* Some of another input, in place of what is there or before it. */
static void take_from(GRand *dice, GByteArray *mutant, GBytes *other)
{
    gsize size;
    const guint8 *bytes = g_bytes_get_data(other, &size);
    Range range = range_in(dice, (unsigned)MIN(size, MUTANT_MAX));
    unsigned at = roll(dice, mutant->len + 1);
    if (roll(dice, 2))
        g_byte_array_remove_range(mutant, at, MIN(range.length, mutant->len - at));
    if (range.length > 0)
        insert(mutant, at, bytes + range.at, range.length);
}

static void cut(GRand *dice, GByteArray *mutant)
{
    g_byte_array_set_size(mutant, roll(dice, mutant->len + 1));
}

static void change(GRand *dice, GByteArray *mutant, GBytes *other)
{
    switch (roll(dice, 16)) {
    case 0:
    case 1:
    case 2:
        flip_bit(dice, mutant);
        break;
    case 3:
    case 4:
    case 5:
        set_byte(dice, mutant);
        break;
    case 6:
    case 7:
    case 8:
        add_to_number(dice, mutant);
        break;
    case 9:
    case 10:
        take_out(dice, mutant);
        break;
    case 11:
    case 12:
        repeat(dice, mutant);
        break;
    case 13:
        put_in_noise(dice, mutant);
        break;
    case 14:
        take_from(dice, mutant, other);
        break;
    default:
        if (roll(dice, 4) == 0)
            cut(dice, mutant);
    }
}

static GBytes *any_of(GRand *dice, const GPtrArray *inputs)
{
    return g_ptr_array_index(inputs, roll(dice, inputs->len));
}

GByteArray *mutant_new(GRand *dice, const GPtrArray *inputs)
{
    gsize size;
    const guint8 *bytes = g_bytes_get_data(any_of(dice, inputs), &size);
    GByteArray *mutant = g_byte_array_new();
    if (size > 0)
        g_byte_array_append(mutant, bytes, (guint)MIN(size, MUTANT_MAX));
    for (unsigned changes = 1 + roll(dice, CHANGES_MAX); changes > 0; changes--)
        change(dice, mutant, any_of(dice, inputs));
    return mutant;
}
