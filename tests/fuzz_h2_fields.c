/* Field blocks of any bytes, one after the other, in one direction: each behind a byte of length.
 * These must hold: memory stays within its bound; what is handed out lies within the bounds of a
 * head; a table that was packed and unpacked reads on as one that was not. */
#include <glib.h>

#include "http2/fields.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint hash_of(guint hash, Span bytes)
{
    for (size_t i = 0; i < bytes.length; i++)
        hash = hash * 31 + bytes.bytes[i];
    return hash;
}

/* Of all that the head says. */
static guint read_block(H2Fields *fields, Span block, HeadKind kind)
{
    Head head;
    ReasonSet reasons;
    h2_fields_read(fields, block, kind, &head, &reasons);
    g_assert_cmpuint(h2_fields_size(fields), <=, H2_INFLATER_MAX + 4096);
    g_assert_cmpuint(head.field_count, <=, HEAD_FIELDS_MAX);
    g_assert_true(head.status == 0 || (head.status >= 100 && head.status <= 999));
    g_assert_cmpint((head.notes & HEAD_INCOMPLETE) != 0, ==, reasons != 0);
    guint hash = hash_of((guint)head.status * 31 + reasons, head.method);
    hash = hash_of(hash, head.target);
    size_t total = 0;
    for (size_t i = 0; i < head.field_count; i++) {
        hash = hash_of(hash_of(hash, head.fields[i].name), head.fields[i].value);
        total += head.fields[i].name.length + head.fields[i].value.length;
    }
    g_assert_cmpuint(total, <=, 2 * H2_TEXT_MAX); /* :authority counts twice */
    return hash;
}

static void rest(H2Fields *fields)
{
    g_autoptr(GByteArray) packed = g_byte_array_new();
    h2_fields_pack(fields, packed);
    h2_fields_clear(fields);
    Span from = span_make(packed->data, packed->len);
    h2_fields_unpack(fields, &from);
    g_assert_cmpuint(from.length, ==, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Span left = span_make(data, size);
    H2Fields awake = { 0 }, resting = { 0 };
    while (left.length) {
        uint8_t length = left.bytes[0];
        Span block = span_first(span_after(left, 1), length / 2);
        left = span_after(left, 1 + block.length);
        HeadKind kind = length & 1 ? HEAD_REQUEST : HEAD_RESPONSE;
        if (block.length == 0 && length > 1)
            break;
        guint hash = read_block(&awake, block, kind);
        g_assert_cmpuint(read_block(&resting, block, kind), ==, hash);
        rest(&resting);
    }
    h2_fields_clear(&awake);
    h2_fields_clear(&resting);
    return 0;
}
