#include "session/tls_rest.h"

#include "base/pack.h"
#include "session/clear.h"

size_t tls_rest_size(const Tls *tls)
{
    size_t size = sizeof *tls + SESSION_CLEAR.size(tls->clear) + tls->early_kept +
                  (tls->sni ? 1u + tls->sni[0] : 0) + (tls->alpn ? 1u + tls->alpn[0] : 0);
    for (int side = 0; side < 2; side++)
        size += tls_records_size(&tls->records[side]) + tls_direction_size(&tls->direction[side]) +
                (tls->messages[side].body ? tls->messages[side].body->len : 0);
    return size;
}

#define WORDS offsetof(Tls, clear)

static void pack_early(const Tls *tls, GByteArray *to)
{
    uint64_t count = tls->early ? tls->early->len : 0;
    pack_words(to, &count, sizeof count);
    for (uint64_t i = 0; i < count; i++) {
        const Kept *kept = tls->early->pdata[i];
        pack_span(to, span_make(kept, sizeof *kept + TLS_HEADER_SIZE + kept->length));
    }
}

static void unpack_early(Tls *tls, Span *from)
{
    uint64_t count;
    unpack_words(from, &count, sizeof count);
    for (uint64_t i = 0; i < count; i++) {
        Span kept = unpack_span(from);
        if (!tls->early)
            tls->early = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(tls->early, g_memdup2(kept.bytes, kept.length));
    }
}

static void pack_messages(const TlsMessageReader *reader, GByteArray *to)
{
    uint64_t words[] = { reader->header_length, reader->missing, reader->kept };
    pack_words(to, words, sizeof words);
    pack_span(to, span_make(reader->header, sizeof reader->header));
    pack_span(to, reader->body ? span_make(reader->body->data, reader->body->len) : (Span){ 0 });
}

static void unpack_messages(TlsMessageReader *reader, Span *from)
{
    uint64_t words[3];
    unpack_words(from, words, sizeof words);
    reader->header_length = (uint8_t)words[0];
    reader->missing = (uint32_t)words[1];
    reader->kept = words[2];
    memcpy(reader->header, unpack_span(from).bytes, sizeof reader->header);
    Span body = unpack_span(from);
    if (body.length == 0)
        return;
    reader->body = g_byte_array_new();
    g_byte_array_append(reader->body, body.bytes, (guint)body.length);
}

static uint8_t *unpack_name(Span *from)
{
    Span name = unpack_span(from);
    return name.length ? g_memdup2(name.bytes, name.length) : NULL;
}

void tls_rest_pack(const Tls *tls, GByteArray *to)
{
    pack_words(to, tls, WORDS);
    SESSION_CLEAR.pack(tls->clear, to);
    for (int side = 0; side < 2; side++) {
        tls_records_pack(&tls->records[side], to);
        pack_messages(&tls->messages[side], to);
        tls_direction_pack(&tls->direction[side], to);
    }
    pack_span(to, tls->sni ? span_make(tls->sni, 1u + tls->sni[0]) : (Span){ 0 });
    pack_span(to, tls->alpn ? span_make(tls->alpn, 1u + tls->alpn[0]) : (Span){ 0 });
    pack_early(tls, to);
}

Tls *tls_rest_unpack(Span *from)
{
    Tls *tls = g_new0(Tls, 1);
    unpack_words(from, tls, WORDS);
    tls->clear = SESSION_CLEAR.unpack(from);
    for (int side = 0; side < 2; side++) {
        tls_records_unpack(&tls->records[side], from);
        unpack_messages(&tls->messages[side], from);
        tls_direction_unpack(&tls->direction[side], from);
    }
    tls->sni = unpack_name(from);
    tls->alpn = unpack_name(from);
    unpack_early(tls, from);
    return tls;
}
