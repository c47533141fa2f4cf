/* The inflater's table is set once to the greatest size that is allowed here, and never lower: it
 * would then demand that the very next block announces a size, at a moment that an observer cannot
 * know. Raised, it takes whatever an encoder announces. */
#include "http2/fields.h"

#include "base/pack.h"

#ifdef HAVE_NGHTTP2

#include <nghttp2/nghttp2.h>

/* A longer value is cut; one byte more than what --match looks at. */
#define VALUE_KEPT (8192 + 1)

struct H2Inflater {
    nghttp2_hd_inflater *hd;
    nghttp2_mem memory;
    size_t used;
};

/* Texts of the head that was read last. */
static _Thread_local uint8_t texts[H2_TEXT_MAX];

bool h2_fields_supported(void)
{
    return true;
}

const char *h2_fields_library_version(void)
{
    return nghttp2_version(0)->version_str;
}

/* Memory -------------------------------------------------------------------------------------- */

/* Stands before each block. */
typedef union BlockSize {
    size_t size;
    max_align_t align;
} BlockSize;

static void *take_memory(size_t size, void *data)
{
    H2Inflater *inflater = data;
    if (size > H2_INFLATER_MAX - inflater->used)
        return NULL;
    BlockSize *block = g_malloc(sizeof *block + size);
    block->size = size;
    inflater->used += size;
    return block + 1;
}

static void give_memory(void *memory, void *data)
{
    H2Inflater *inflater = data;
    if (!memory)
        return;
    BlockSize *block = (BlockSize *)memory - 1;
    inflater->used -= block->size;
    g_free(block);
}

static void *take_zeroed(size_t count, size_t size, void *data)
{
    if (size && count > H2_INFLATER_MAX / size)
        return NULL;
    void *memory = take_memory(count * size, data);
    return memory ? memset(memory, 0, count * size) : NULL;
}

static void *change_memory(void *memory, size_t size, void *data)
{
    void *other = take_memory(size, data);
    if (!other || !memory)
        return other;
    const BlockSize *block = (const BlockSize *)memory - 1;
    memcpy(other, memory, MIN(size, block->size));
    give_memory(memory, data);
    return other;
}

static H2Inflater *inflater_new(void)
{
    H2Inflater *inflater = g_new0(H2Inflater, 1);
    inflater->memory =
        (nghttp2_mem){ inflater, take_memory, give_memory, take_zeroed, change_memory };
    int failed = nghttp2_hd_inflate_new2(&inflater->hd, &inflater->memory) ||
                 nghttp2_hd_inflate_change_table_size(inflater->hd, H2_TABLE_MAX);
    g_assert(!failed); /* it takes 1.3 KB */
    return inflater;
}

static void inflater_free(H2Inflater *inflater)
{
    if (!inflater)
        return;
    nghttp2_hd_inflate_del(inflater->hd);
    g_free(inflater);
}

void h2_fields_clear(H2Fields *fields)
{
    g_clear_pointer(&fields->inflater, inflater_free);
}

void h2_fields_lose(H2Fields *fields, ReasonSet reasons)
{
    g_clear_pointer(&fields->inflater, inflater_free);
    fields->lost |= reasons;
}

size_t h2_fields_size(const H2Fields *fields)
{
    return fields->inflater ? sizeof *fields->inflater + fields->inflater->used : 0;
}

/* A block to a head ---------------------------------------------------------------------------- */

typedef struct Reading {
    Head *head;
    size_t used;      /* of `texts` */
    bool has_regular; /* a field that is no pseudo-field came: pseudo-fields are over */
    bool has_host, cut;
    Span authority;
} Reading;

static Span keep_text(Reading *reading, const uint8_t *bytes, size_t length)
{
    size_t room = H2_TEXT_MAX - reading->used, kept = MIN(length, VALUE_KEPT);
    if (kept > room) {
        reading->cut = true;
        kept = room;
    }
    uint8_t *at = texts + reading->used;
    if (kept)
        memcpy(at, bytes, kept);
    reading->used += kept;
    return span_make(at, kept);
}

static int status_of(Span value)
{
    int status = 0;
    if (value.length != 3)
        return 0;
    for (size_t i = 0; i < value.length; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return 0;
        status = 10 * status + value.bytes[i] - '0';
    }
    return status >= 100 ? status : 0;
}

static void add_pseudo_field(Reading *reading, Span name, Span value)
{
    Head *head = reading->head;
    if (span_equal(name, span_of_text(":method")))
        head->method = value;
    else if (span_equal(name, span_of_text(":path")))
        head->target = value;
    else if (span_equal(name, span_of_text(":authority")))
        reading->authority = value;
    else if (span_equal(name, span_of_text(":status")) && head->kind == HEAD_RESPONSE)
        head->status = status_of(value);
}

static void add_field(Reading *reading, FieldName known, Span name, Span value)
{
    Head *head = reading->head;
    if (head->field_count == HEAD_FIELDS_MAX) {
        reading->cut = true;
        return;
    }
    if (head->known & FIELD_BIT(known))
        head->repeated |= FIELD_BIT(known);
    else
        head->first[known] = (uint8_t)head->field_count;
    head->known |= FIELD_BIT(known);
    head->fields[head->field_count++] = (FieldLine){ known, name, value };
}

static void take_field(Reading *reading, const nghttp2_nv *nv)
{
    Span name = keep_text(reading, nv->name, nv->namelen);
    Span value = keep_text(reading, nv->value, nv->valuelen);
    if (name.length && name.bytes[0] == ':') {
        add_pseudo_field(reading, name, value);
        return;
    }
    add_field(reading, field_name(name), name, value);
}

/* The authority is what a Host field would say (RFC 9113 §8.3.1); a CONNECT has no other target. */
static void settle_target(Reading *reading)
{
    Head *head = reading->head;
    if (!reading->authority.bytes)
        return;
    if (!head_has(head, FIELD_HOST))
        add_field(reading, FIELD_HOST, span_of_text("host"), reading->authority);
    if (!head->target.bytes && span_equal(head->method, span_of_text("CONNECT")))
        head->target = reading->authority;
}

/* Inflates a whole block; `reading` NULL: nobody wants it. */
static bool inflate(H2Inflater *inflater, Span block, Reading *reading)
{
    for (;;) {
        nghttp2_nv nv;
        int flags = 0;
        ssize_t taken =
            nghttp2_hd_inflate_hd2(inflater->hd, &nv, &flags, block.bytes, block.length, true);
        if (taken < 0)
            return false;
        block = span_after(block, (size_t)taken);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) && reading)
            take_field(reading, &nv);
        if (flags & NGHTTP2_HD_INFLATE_FINAL)
            return nghttp2_hd_inflate_end_headers(inflater->hd) == 0;
        if (!(flags & NGHTTP2_HD_INFLATE_EMIT) && block.length == 0)
            return false;
    }
}

void h2_fields_read(H2Fields *fields, Span block, HeadKind kind, Head *ret_head,
                    ReasonSet *ret_reasons)
{
    memset(ret_head, 0, offsetof(Head, fields));
    ret_head->kind = kind;
    ret_head->version = HTTP_2;
    *ret_reasons = 0;
    Reading reading = { .head = ret_head };
    if (!fields->inflater)
        fields->inflater = inflater_new();
    if (!inflate(fields->inflater, block, &reading)) {
        h2_fields_lose(fields, fields->lost ? fields->lost : REASON_MALFORMED);
        *ret_reasons = fields->lost;
    }
    settle_target(&reading);
    if (reading.cut)
        *ret_reasons |= REASON_LIMIT;
    if (*ret_reasons)
        ret_head->notes |= HEAD_INCOMPLETE;
}

/* At rest -------------------------------------------------------------------------------------- */

/* RFC 7541 §2.3.1. */
#define STATIC_ENTRIES 61

void h2_fields_pack(const H2Fields *fields, GByteArray *to)
{
    nghttp2_hd_inflater *hd = fields->inflater ? fields->inflater->hd : NULL;
    size_t entries = hd ? nghttp2_hd_inflate_get_num_table_entries(hd) - STATIC_ENTRIES : 0;
    uint64_t parts[4] = { hd != NULL, fields->lost, entries,
                          hd ? nghttp2_hd_inflate_get_max_dynamic_table_size(hd) : 0 };
    pack_words(to, parts, sizeof parts);
    for (size_t i = entries; i-- > 0;) { /* the oldest first */
        const nghttp2_nv *nv = nghttp2_hd_inflate_get_table_entry(hd, STATIC_ENTRIES + 1 + i);
        pack_span(to, span_make(nv->name, nv->namelen));
        pack_span(to, span_make(nv->value, nv->valuelen));
    }
}

/* An integer behind a prefix of so many bits (RFC 7541 §5.1). */
static void put_integer(GByteArray *to, uint8_t first, unsigned prefix, uint64_t value)
{
    uint8_t most = (uint8_t)((1u << prefix) - 1);
    uint8_t byte = (uint8_t)(first | MIN(value, most));
    g_byte_array_append(to, &byte, 1);
    if (value < most)
        return;
    for (value -= most; value >= 128; value >>= 7) {
        byte = (uint8_t)(value & 127) | 128;
        g_byte_array_append(to, &byte, 1);
    }
    byte = (uint8_t)value;
    g_byte_array_append(to, &byte, 1);
}

static void put_text(GByteArray *to, Span text)
{
    put_integer(to, 0, 7, text.length);
    g_byte_array_append(to, text.bytes, (guint)text.length);
}

/* The table is filled again by a block that an encoder with the same table could have sent. */
void h2_fields_unpack(H2Fields *fields, Span *from)
{
    uint64_t parts[4];
    unpack_words(from, parts, sizeof parts);
    *fields = (H2Fields){ .lost = (ReasonSet)parts[1] };
    if (!parts[0])
        return;
    g_autoptr(GByteArray) block = g_byte_array_new();
    put_integer(block, 0x20, 5, parts[3]); /* the table's size, §6.3 */
    for (uint64_t i = 0; i < parts[2]; i++) {
        Span name = unpack_span(from), value = unpack_span(from);
        put_integer(block, 0x40, 6, 0); /* a literal that is added to the table, §6.2.1 */
        put_text(block, name);
        put_text(block, value);
    }
    fields->inflater = inflater_new();
    bool filled = inflate(fields->inflater, span_make(block->data, block->len), NULL);
    g_assert(filled);
}

#else

bool h2_fields_supported(void)
{
    return false;
}

const char *h2_fields_library_version(void)
{
    return NULL;
}

void h2_fields_clear(H2Fields *fields)
{
    fields->inflater = NULL;
}

void h2_fields_lose(H2Fields *fields, ReasonSet reasons)
{
    fields->lost |= reasons;
}

size_t h2_fields_size(const H2Fields *fields)
{
    (void)fields;
    return 0;
}

void h2_fields_read(H2Fields *fields, Span block, HeadKind kind, Head *ret_head,
                    ReasonSet *ret_reasons)
{
    (void)fields;
    (void)block;
    memset(ret_head, 0, offsetof(Head, fields));
    ret_head->kind = kind;
    ret_head->version = HTTP_2;
    ret_head->notes = HEAD_INCOMPLETE;
    *ret_reasons = REASON_LIMIT;
}

void h2_fields_pack(const H2Fields *fields, GByteArray *to)
{
    uint64_t lost = fields->lost;
    pack_words(to, &lost, sizeof lost);
}

void h2_fields_unpack(H2Fields *fields, Span *from)
{
    uint64_t lost;
    unpack_words(from, &lost, sizeof lost);
    *fields = (H2Fields){ .lost = (ReasonSet)lost };
}

#endif
