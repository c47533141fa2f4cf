/* These must hold: a key log gives the same secrets and counts however its bytes are cut; every
 * line is counted once; what is found has the length of a secret; memory stays within its bound. */
#include <glib.h>

#include "session/tls_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY ((size_t)1 << 20)

static TlsKeys *read_text(Span text, size_t step)
{
    TlsKeys *keys = tls_keys_new(MEMORY);
    for (; text.length; text = span_after(text, step))
        tls_keys_feed(keys, span_first(text, step));
    tls_keys_end_text(keys);
    return keys;
}

static void expect_sound(const TlsKeys *keys)
{
    const TlsKeysCounters *c = tls_keys_counters(keys);
    g_assert_cmpuint(c->lines, ==,
                     c->taken + c->repeated + c->ignored + c->unsupported + c->unknown +
                         c->malformed + c->beyond_limit);
    g_assert_cmpuint(tls_keys_size(keys), <=, 2 * MEMORY);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t RANDOM[TLS_RANDOM_SIZE];
    if (size < 1)
        return 0;
    Span text = span_make(data + 1, size - 1), found[TLS_SECRETS_MAX], other[TLS_SECRETS_MAX];
    g_autoptr(TlsKeys) whole = read_text(text, MAX(text.length, 1));
    g_autoptr(TlsKeys) cut = read_text(text, data[0] + 1u);
    expect_sound(whole);
    g_assert_true(
        memcmp(tls_keys_counters(whole), tls_keys_counters(cut), sizeof(TlsKeysCounters)) == 0);
    for (TlsLabel label = 0; label < TLS_LABELS; label++) {
        unsigned count = tls_keys_find(whole, RANDOM, label, found);
        g_assert_cmpuint(count, ==, tls_keys_find(cut, RANDOM, label, other));
        for (unsigned i = 0; i < count; i++) {
            g_assert_true(span_equal(found[i], other[i]));
            g_assert_true(found[i].length == 48 ||
                          (found[i].length == 32 && label != TLS_MASTER_SECRET));
        }
    }
    return 0;
}
