/* What is tried on a record, in this order: the keys of the phase with the number that is due;
 * those of later phases; behind records that did not open, or a hole, also the numbers that these
 * may have taken, the generations that a KeyUpdate among them may have begun, and the keys that a
 * lost ChangeCipherSpec would have. A tag of 16 bytes (8 of CCM_8, a MAC of 20 and more) is the
 * proof.
 *
 * A try costs what opening costs, so tries in vain are bound: by what fits into a hole, for each
 * record, and in all since the last record that opened. */
#include "session/tls_direction.h"

#include "base/pack.h"

/* The least that a record takes: its header, a byte, a tag of 16. */
#define RECORD_LEAST 22
/* Numbers tried from each place where counting may go on. */
#define NUMBERS_MAX 1024
/* Records of which the first that opens may be the next; behind more, keys of no proof are
 * wrong. */
#define PASSED_MAX 64
#define TRIES_MAX 8192
/* Generations of keys that a hole may hide. */
#define GENERATIONS_HIDDEN 3

typedef struct Attempt {
    TlsDirection *direction;
    const TlsRecord *record;
    uint8_t *to;
    size_t *length;
    uint8_t *type;
} Attempt;

void tls_direction_add(TlsKeySet *keys, TlsOpener *opener)
{
    if (opener && keys->count < TLS_SECRETS_MAX)
        keys->opener[keys->count++] = opener;
    else
        tls_opener_free(opener);
}

static void key_set_clear(TlsKeySet *keys)
{
    for (unsigned i = 0; i < keys->count; i++)
        tls_opener_free(keys->opener[i]);
    *keys = (TlsKeySet){ 0 };
}

/* The opener at `right` has opened a record. */
static void prove(TlsKeySet *keys, unsigned right)
{
    TlsOpener *opener = keys->opener[right];
    keys->opener[right] = NULL;
    key_set_clear(keys);
    tls_direction_add(keys, opener);
    keys->proved = true;
}

/* Tries `count` numbers from `number` on; returns whether one was right, and which. */
static bool try_numbers(const Attempt *attempt, TlsKeySet *keys, uint64_t number, unsigned count,
                        uint64_t *ret_number)
{
    const TlsRecord *record = attempt->record;
    for (unsigned i = 0; i < count; i++) {
        for (unsigned k = 0; k < keys->count; k++) {
            if (attempt->direction->tries >= TRIES_MAX)
                return false;
            attempt->direction->tries++;
            if (!tls_opener_open(keys->opener[k], number + i, record->header, record->body,
                                 attempt->to, attempt->length, attempt->type))
                continue;
            prove(keys, k);
            *ret_number = number + i;
            return true;
        }
    }
    return false;
}

/* Keys of earlier phases are of no more use. */
static void go_on(TlsDirection *direction, TlsPhase phase, uint64_t number)
{
    for (TlsPhase past = direction->phase; past < phase; past++)
        key_set_clear(&direction->keys[past]);
    direction->phase = phase;
    direction->number = number + 1;
    direction->passed = direction->tries = 0;
}

static unsigned numbers_in(int64_t hole)
{
    return (unsigned)MIN(hole / RECORD_LEAST + 1, NUMBERS_MAX);
}

/* Later phases; `count` numbers from 0 on may have been taken in them. */
static bool try_later_phases(const Attempt *attempt, unsigned count)
{
    TlsDirection *direction = attempt->direction;
    uint64_t number;
    for (TlsPhase phase = direction->phase + 1; phase < TLS_PHASES; phase++) {
        if (try_numbers(attempt, &direction->keys[phase], 0, count, &number)) {
            go_on(direction, phase, number);
            return true;
        }
    }
    return false;
}

/* The generations that a KeyUpdate which is missing may have begun. */
static bool try_generations(const Attempt *attempt, unsigned count)
{
    TlsDirection *direction = attempt->direction;
    TlsKeySet *keys = &direction->keys[TLS_PHASE_DATA], next = { 0 };
    if (keys->count == 0)
        return false;
    const TlsOpener *before = keys->opener[0];
    for (int i = 0; i < GENERATIONS_HIDDEN; i++) {
        TlsKeySet after = { 0 };
        uint64_t number;
        tls_direction_add(&after, tls_opener_next(before));
        key_set_clear(&next);
        next = after;
        if (next.count == 0)
            return false;
        if (try_numbers(attempt, &next, 0, count, &number)) {
            key_set_clear(keys);
            *keys = next;
            go_on(direction, TLS_PHASE_DATA, number);
            return true;
        }
        before = next.opener[0];
    }
    key_set_clear(&next);
    return false;
}

static bool try_pending(const Attempt *attempt, unsigned count)
{
    TlsDirection *direction = attempt->direction;
    uint64_t number;
    if (!try_numbers(attempt, &direction->pending, 0, count, &number))
        return false;
    tls_direction_change(direction);
    go_on(direction, TLS_PHASE_DATA, number);
    return true;
}

static bool try_all(const Attempt *attempt)
{
    TlsDirection *direction = attempt->direction;
    unsigned hidden = attempt->record->found ? numbers_in(attempt->record->hole) : 0;
    unsigned slack = MIN(direction->passed + hidden, NUMBERS_MAX);
    uint64_t number = direction->number + direction->passed;
    if (direction->phase != TLS_PHASE_CLEAR &&
        try_numbers(attempt, &direction->keys[direction->phase], number, 1 + hidden, &number)) {
        go_on(direction, direction->phase, number);
        return true;
    }
    return try_later_phases(attempt, 1 + slack) ||
           (slack > 0 && (try_pending(attempt, slack) || try_generations(attempt, slack)));
}

TlsOpening tls_direction_open(TlsDirection *direction, const TlsRecord *record, uint8_t *to,
                              size_t *ret_length, uint8_t *ret_type)
{
    Attempt attempt = { direction, record, to, ret_length, ret_type };
    if (record->body.length != record->length || tls_direction_is_hopeless(direction))
        return TLS_NOT_OPENED;
    if (try_all(&attempt))
        return TLS_OPENED;
    const TlsKeySet *keys = &direction->keys[TLS_PHASE_DATA];
    return direction->phase == TLS_PHASE_DATA && keys->proved && !record->found ? TLS_BROKEN
                                                                                : TLS_NOT_OPENED;
}

void tls_direction_pass(TlsDirection *direction)
{
    direction->passed++;
}

void tls_direction_change(TlsDirection *direction)
{
    key_set_clear(&direction->keys[TLS_PHASE_DATA]);
    direction->keys[TLS_PHASE_DATA] = direction->pending;
    direction->pending = (TlsKeySet){ 0 };
    direction->phase = TLS_PHASE_DATA;
    direction->number = 0;
    direction->passed = 0;
}

void tls_direction_update(TlsDirection *direction)
{
    TlsKeySet *keys = &direction->keys[TLS_PHASE_DATA];
    if (direction->phase != TLS_PHASE_DATA || !keys->proved)
        return;
    TlsOpener *next = tls_opener_next(keys->opener[0]);
    key_set_clear(keys);
    tls_direction_add(keys, next);
    keys->proved = next != NULL;
    direction->number = 0;
}

bool tls_direction_is_readable(const TlsDirection *direction)
{
    return !tls_direction_is_hopeless(direction) &&
           (direction->keys[TLS_PHASE_DATA].count > 0 || direction->pending.count > 0);
}

bool tls_direction_is_hopeless(const TlsDirection *direction)
{
    bool proved = direction->keys[direction->phase].proved;
    return direction->tries >= TRIES_MAX || (!proved && direction->passed >= PASSED_MAX);
}

void tls_direction_drop(TlsDirection *direction, TlsPhase phase)
{
    key_set_clear(&direction->keys[phase]);
}

size_t tls_direction_size(const TlsDirection *direction)
{
    unsigned count = direction->pending.count;
    for (size_t i = 0; i < TLS_PHASES; i++)
        count += direction->keys[i].count;
    return count * tls_opener_size();
}

/* At rest ------------------------------------------------------------------------------------- */

static void key_set_pack(const TlsKeySet *keys, GByteArray *to)
{
    for (unsigned i = 0; i < keys->count; i++)
        tls_opener_pack(keys->opener[i], to);
}

static void key_set_unpack(TlsKeySet *keys, Span *from)
{
    for (unsigned i = 0; i < keys->count; i++)
        keys->opener[i] = tls_opener_unpack(from);
}

void tls_direction_pack(const TlsDirection *direction, GByteArray *to)
{
    TlsDirection rest = *direction;
    memset(rest.pending.opener, 0, sizeof rest.pending.opener);
    for (size_t i = 0; i < TLS_PHASES; i++)
        memset(rest.keys[i].opener, 0, sizeof rest.keys[i].opener);
    pack_words(to, &rest, sizeof rest);
    for (size_t i = 0; i < TLS_PHASES; i++)
        key_set_pack(&direction->keys[i], to);
    key_set_pack(&direction->pending, to);
}

void tls_direction_unpack(TlsDirection *direction, Span *from)
{
    unpack_words(from, direction, sizeof *direction);
    for (size_t i = 0; i < TLS_PHASES; i++)
        key_set_unpack(&direction->keys[i], from);
    key_set_unpack(&direction->pending, from);
}

void tls_direction_clear(TlsDirection *direction)
{
    for (size_t i = 0; i < TLS_PHASES; i++)
        key_set_clear(&direction->keys[i]);
    key_set_clear(&direction->pending);
}
