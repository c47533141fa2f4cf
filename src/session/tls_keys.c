/* Secrets lie in blocks that never move, so that no copy of one stays behind in freed memory. A
 * table of their numbers with open addressing finds them: one probe run, from a place that the
 * random and the label decide together with a seed of this process. The seed keeps whoever
 * chooses randoms from making runs long; it decides nothing that can be seen. */
#include "session/tls_keys.h"

#include <openssl/crypto.h>
#include <pthread.h>

#include "base/fold.h"

typedef struct Entry {
    uint8_t random[TLS_RANDOM_SIZE];
    uint8_t secret[TLS_SECRET_MAX];
    uint8_t secret_length;
    uint8_t label;
} Entry;

#define BLOCK_ENTRIES 4096
#define TABLE_LEAST 1024
/* No more than 4 Mi lines, whatever memory allows: the table's numbers have 32 bits. */
#define ENTRIES_MAX (4u << 20)

/* The longest line that means something: the longest label, 32 and 48 bytes in hex, two blanks.
 * With room for blanks at the end. */
#define LINE_MAX_BYTES 256

/* Randoms that were looked for in vain: their hashes, twice, and one more if a line has come since;
 * 0: free. Open addressing as above. */
#define MISSES_MAX (1u << 20)
#define MISSES_TABLE_LEAST 1024

typedef struct Misses {
    pthread_mutex_t lock;
    uint64_t *table;
    uint32_t table_size; /* a power of two */
    uint32_t count;
} Misses;

struct TlsKeys {
    GPtrArray *blocks; /* of BLOCK_ENTRIES entries each */
    uint32_t count;
    uint32_t limit;
    uint32_t *table;     /* numbers of entries, from 1; 0: free */
    uint32_t table_size; /* a power of two */
    uint64_t seed;
    uint8_t line[LINE_MAX_BYTES];
    size_t line_length;
    bool line_overlong;
    Misses *misses;
    TlsKeysCounters counters;
};

/* What follows a label, if it is used. */
static const struct {
    const char *name;
    TlsLabel label;
    bool master; /* 48 bytes; else a hash: 32 or 48 */
} LABELS[] = {
    { "CLIENT_RANDOM", TLS_MASTER_SECRET, true },
    { "CLIENT_EARLY_TRAFFIC_SECRET", TLS_CLIENT_EARLY_SECRET, false },
    { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", TLS_CLIENT_HANDSHAKE_SECRET, false },
    { "SERVER_HANDSHAKE_TRAFFIC_SECRET", TLS_SERVER_HANDSHAKE_SECRET, false },
    { "CLIENT_TRAFFIC_SECRET_0", TLS_CLIENT_TRAFFIC_SECRET, false },
    { "SERVER_TRAFFIC_SECRET_0", TLS_SERVER_TRAFFIC_SECRET, false },
};

/* The secrets of later generations follow from the first. */
static const char *const IGNORED[] = {
    "EXPORTER_SECRET", "EARLY_EXPORTER_SECRET",   "ECH_SECRET",
    "ECH_CONFIG",      "CLIENT_TRAFFIC_SECRET_N", "SERVER_TRAFFIC_SECRET_N",
};
static const char *const UNSUPPORTED[] = { "RSA", "PMS_CLIENT_RANDOM" };

static uint32_t limit_for(size_t memory)
{
    /* The table holds at most half of its places, and has up to four times that many after it
     * grew. */
    size_t each = sizeof(Entry) + 4 * sizeof(uint32_t);
    return (uint32_t)MIN(memory / each, ENTRIES_MAX);
}

TlsKeys *tls_keys_new(size_t memory)
{
    TlsKeys *keys = g_new0(TlsKeys, 1);
    keys->blocks = g_ptr_array_new();
    keys->limit = limit_for(memory);
    keys->table_size = TABLE_LEAST;
    keys->table = g_new0(uint32_t, keys->table_size);
    keys->seed = (uint64_t)g_random_int() << 32 | g_random_int();
    keys->misses = g_new0(Misses, 1);
    pthread_mutex_init(&keys->misses->lock, NULL);
    keys->misses->table_size = MISSES_TABLE_LEAST;
    keys->misses->table = g_new0(uint64_t, MISSES_TABLE_LEAST);
    return keys;
}

/* The table --------------------------------------------------------------------------------- */

static inline Entry *entry_at(const TlsKeys *keys, uint32_t number)
{
    Entry *block = keys->blocks->pdata[(number - 1) / BLOCK_ENTRIES];
    return &block[(number - 1) % BLOCK_ENTRIES];
}

static uint64_t hash(const TlsKeys *keys, const uint8_t *random, unsigned label)
{
    uint64_t sum = keys->seed ^ label;
    for (size_t at = 0; at < TLS_RANDOM_SIZE; at += sizeof sum) {
        uint64_t word;
        memcpy(&word, random + at, sizeof word);
        sum = fold(sum ^ word ^ UINT64_C(0xa0761d6478bd642f),
                   keys->seed ^ UINT64_C(0xe7037ed1a0b428db));
    }
    return sum;
}

static bool is_of(const Entry *entry, const uint8_t *random, unsigned label)
{
    return entry->label == label && memcmp(entry->random, random, TLS_RANDOM_SIZE) == 0;
}

static uint32_t *free_place(TlsKeys *keys, const Entry *entry)
{
    uint32_t mask = keys->table_size - 1;
    uint32_t at = (uint32_t)hash(keys, entry->random, entry->label) & mask;
    while (keys->table[at])
        at = (at + 1) & mask;
    return &keys->table[at];
}

static void grow_table(TlsKeys *keys)
{
    keys->table_size *= 2;
    g_free(keys->table);
    keys->table = g_new0(uint32_t, keys->table_size);
    for (uint32_t number = 1; number <= keys->count; number++)
        *free_place(keys, entry_at(keys, number)) = number;
}

unsigned tls_keys_find(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE],
                       TlsLabel label, Span ret_secrets[static TLS_SECRETS_MAX])
{
    uint32_t mask = keys->table_size - 1, at = (uint32_t)hash(keys, random, label) & mask;
    unsigned found = 0;
    for (; keys->table[at] && found < TLS_SECRETS_MAX; at = (at + 1) & mask) {
        const Entry *entry = entry_at(keys, keys->table[at]);
        if (is_of(entry, random, label))
            ret_secrets[found++] = span_make(entry->secret, entry->secret_length);
    }
    return found;
}

static size_t put_hex(char *to, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
    return 2 * length;
}

size_t tls_keys_lines(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE],
                      char to[static TLS_KEYS_LINES_MAX])
{
    size_t length = 0;
    for (size_t row = 0; row < G_N_ELEMENTS(LABELS); row++) {
        Span secrets[TLS_SECRETS_MAX];
        unsigned count = tls_keys_find(keys, random, LABELS[row].label, secrets);
        for (unsigned i = 0; i < count; i++) {
            size_t name = strlen(LABELS[row].name);
            memcpy(to + length, LABELS[row].name, name);
            length += name;
            to[length++] = ' ';
            length += put_hex(to + length, random, TLS_RANDOM_SIZE);
            to[length++] = ' ';
            length += put_hex(to + length, secrets[i].bytes, secrets[i].length);
            to[length++] = '\n';
        }
    }
    return length;
}

/* Misses -------------------------------------------------------------------------------------- */

static uint64_t *miss_place(const Misses *misses, uint64_t sum)
{
    uint32_t mask = misses->table_size - 1, at = (uint32_t)(sum >> 1) & mask;
    while (misses->table[at] && (misses->table[at] | 1) != (sum | 1))
        at = (at + 1) & mask;
    return &misses->table[at];
}

/* Never 0, and even. */
static uint64_t miss_sum(const TlsKeys *keys, const uint8_t *random)
{
    return MAX(hash(keys, random, TLS_LABELS) & ~UINT64_C(1), 2);
}

static void grow_misses(Misses *misses)
{
    uint64_t *before = misses->table;
    uint32_t size = misses->table_size;
    misses->table_size *= 2;
    misses->table = g_new0(uint64_t, misses->table_size);
    for (uint32_t i = 0; i < size; i++)
        if (before[i])
            *miss_place(misses, before[i]) = before[i];
    g_free(before);
}

void tls_keys_miss(const TlsKeys *keys, const uint8_t random[static TLS_RANDOM_SIZE])
{
    Misses *misses = keys->misses;
    uint64_t sum = miss_sum(keys, random);
    pthread_mutex_lock(&misses->lock);
    uint64_t *place = miss_place(misses, sum);
    if (!*place && misses->count < MISSES_MAX) {
        *place = sum;
        misses->count++;
        if (misses->count > misses->table_size / 2)
            grow_misses(misses);
    }
    pthread_mutex_unlock(&misses->lock);
}

bool tls_keys_were_missed(const TlsKeys *keys)
{
    pthread_mutex_lock(&keys->misses->lock);
    bool missed = keys->misses->count > 0;
    pthread_mutex_unlock(&keys->misses->lock);
    return missed;
}

void tls_keys_again(TlsKeys *keys)
{
    Misses *misses = keys->misses;
    memset(misses->table, 0, misses->table_size * sizeof *misses->table);
    misses->count = 0;
    keys->counters.late = 0;
}

/* A line of this random has come. */
static void note_late(TlsKeys *keys, const uint8_t *random)
{
    Misses *misses = keys->misses;
    pthread_mutex_lock(&misses->lock);
    uint64_t *place = miss_place(misses, miss_sum(keys, random));
    if (*place && !(*place & 1)) {
        *place |= 1;
        keys->counters.late++;
    }
    pthread_mutex_unlock(&misses->lock);
}

/* Without it nothing of the data opens. */
static bool is_needed(unsigned label)
{
    return label == TLS_MASTER_SECRET || label == TLS_CLIENT_TRAFFIC_SECRET ||
           label == TLS_SERVER_TRAFFIC_SECRET;
}

static void add(TlsKeys *keys, const Entry *entry)
{
    Span known[TLS_SECRETS_MAX];
    unsigned count = tls_keys_find(keys, entry->random, entry->label, known);
    for (unsigned i = 0; i < count; i++) {
        if (span_equal(known[i], span_make(entry->secret, entry->secret_length))) {
            keys->counters.repeated++;
            return;
        }
    }
    if (count == TLS_SECRETS_MAX || keys->count >= keys->limit) {
        keys->counters.beyond_limit++;
        return;
    }
    if (keys->count % BLOCK_ENTRIES == 0)
        g_ptr_array_add(keys->blocks, g_new0(Entry, BLOCK_ENTRIES));
    keys->count++;
    *entry_at(keys, keys->count) = *entry;
    if (keys->count > keys->table_size / 2)
        grow_table(keys);
    else
        *free_place(keys, entry) = keys->count;
    keys->counters.taken++;
    if (is_needed(entry->label))
        note_late(keys, entry->random);
}

/* Lines --------------------------------------------------------------------------------------- */

static Span take_word(Span *line)
{
    size_t start = 0, end;
    while (start < line->length && line->bytes[start] == ' ')
        start++;
    for (end = start; end < line->length && line->bytes[end] != ' ';)
        end++;
    Span word = span_first(span_after(*line, start), end - start);
    *line = span_after(*line, end);
    return word;
}

/* Returns whether `text` is the hex of 1 to `max` bytes. */
static bool read_hex(Span text, uint8_t *to, size_t max, size_t *ret_length)
{
    if (text.length == 0 || text.length % 2 || text.length / 2 > max)
        return false;
    for (size_t i = 0; i < text.length; i += 2) {
        int high = g_ascii_xdigit_value((char)text.bytes[i]);
        int low = g_ascii_xdigit_value((char)text.bytes[i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i / 2] = (uint8_t)(high << 4 | low);
    }
    *ret_length = text.length / 2;
    return true;
}

static bool is_among(Span word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_equal(word, span_of_text(names[i])))
            return true;
    return false;
}

/* A line whose label is in use. */
static void take_secret(TlsKeys *keys, size_t row, Span rest)
{
    Entry entry = { .label = (uint8_t)LABELS[row].label };
    size_t random_length, length = 0;
    Span random = take_word(&rest), secret = take_word(&rest);
    bool good = read_hex(random, entry.random, TLS_RANDOM_SIZE, &random_length) &&
                random_length == TLS_RANDOM_SIZE &&
                read_hex(secret, entry.secret, TLS_SECRET_MAX, &length) &&
                take_word(&rest).length == 0;
    if (good && (length == TLS_SECRET_MAX || (length == 32 && !LABELS[row].master))) {
        entry.secret_length = (uint8_t)length;
        add(keys, &entry);
    } else {
        keys->counters.malformed++;
    }
    OPENSSL_cleanse(&entry, sizeof entry);
}

static void take_line(TlsKeys *keys, Span line)
{
    while (line.length &&
           (line.bytes[line.length - 1] == '\r' || line.bytes[line.length - 1] == ' '))
        line.length--;
    Span label = take_word(&line);
    if (label.length == 0 || label.bytes[0] == '#')
        return;
    keys->counters.lines++;
    for (size_t row = 0; row < G_N_ELEMENTS(LABELS); row++) {
        if (span_equal(label, span_of_text(LABELS[row].name))) {
            take_secret(keys, row, line);
            return;
        }
    }
    if (is_among(label, IGNORED, G_N_ELEMENTS(IGNORED)))
        keys->counters.ignored++;
    else if (is_among(label, UNSUPPORTED, G_N_ELEMENTS(UNSUPPORTED)))
        keys->counters.unsupported++;
    else
        keys->counters.unknown++;
}

static void end_line(TlsKeys *keys)
{
    if (!keys->line_overlong) {
        take_line(keys, span_make(keys->line, keys->line_length));
    } else if (keys->line[0] != '#') {
        keys->counters.lines++;
        keys->counters.malformed++;
    }
    OPENSSL_cleanse(keys->line, keys->line_length);
    keys->line_length = 0;
    keys->line_overlong = false;
}

void tls_keys_feed(TlsKeys *keys, Span bytes)
{
    while (bytes.length) {
        const uint8_t *end = memchr(bytes.bytes, '\n', bytes.length);
        size_t length = end ? (size_t)(end - bytes.bytes) : bytes.length;
        size_t room = sizeof keys->line - keys->line_length;
        memcpy(keys->line + keys->line_length, bytes.bytes, MIN(length, room));
        keys->line_length += MIN(length, room);
        keys->line_overlong = keys->line_overlong || length > room;
        if (end)
            end_line(keys);
        bytes = span_after(bytes, length + (end ? 1 : 0));
    }
}

void tls_keys_end_text(TlsKeys *keys)
{
    end_line(keys);
}

const TlsKeysCounters *tls_keys_counters(const TlsKeys *keys)
{
    return &keys->counters;
}

size_t tls_keys_size(const TlsKeys *keys)
{
    return sizeof *keys + keys->blocks->len * BLOCK_ENTRIES * sizeof(Entry) +
           keys->table_size * sizeof *keys->table +
           keys->misses->table_size * sizeof *keys->misses->table;
}

void tls_keys_free(TlsKeys *keys)
{
    if (!keys)
        return;
    for (guint i = 0; i < keys->blocks->len; i++) {
        OPENSSL_cleanse(keys->blocks->pdata[i], BLOCK_ENTRIES * sizeof(Entry));
        g_free(keys->blocks->pdata[i]);
    }
    g_ptr_array_unref(keys->blocks);
    g_free(keys->table);
    pthread_mutex_destroy(&keys->misses->lock);
    g_free(keys->misses->table);
    g_free(keys->misses);
    OPENSSL_cleanse(keys, sizeof *keys);
    g_free(keys);
}
