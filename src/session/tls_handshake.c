#include "session/tls_handshake.h"

#include "session/tls_note.h"

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_TRUNCATED_HMAC = 4,
    EXTENSION_ALPN = 16,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_ECH = 0xfe0d,
};

#define MESSAGE_HEADER 4

/* The random of a HelloRetryRequest: SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3). */
static const uint8_t RETRY_RANDOM[TLS_RANDOM_SIZE] = {
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

/* Takes `length` bytes off the front; false if there are fewer. */
static bool take(Span *from, size_t length, Span *ret_bytes)
{
    if (from->length < length)
        return false;
    *ret_bytes = span_first(*from, length);
    *from = span_after(*from, length);
    return true;
}

static bool take_u16(Span *from, uint16_t *ret_value)
{
    Span bytes;
    return take(from, 2, &bytes) && span_be16(bytes, 0, ret_value);
}

/* A vector with a length of one byte, or of two. */
static bool take_vector8(Span *from, Span *ret_bytes)
{
    Span length;
    return take(from, 1, &length) && take(from, length.bytes[0], ret_bytes);
}

static bool take_vector16(Span *from, Span *ret_bytes)
{
    Span rest = *from;
    uint16_t length;
    if (!take_u16(&rest, &length) || !take(&rest, length, ret_bytes))
        return false;
    *from = rest;
    return true;
}

/* The next extension of a list; what is broken ends it. */
static bool take_extension(Span *list, uint16_t *ret_type, Span *ret_data)
{
    return take_u16(list, ret_type) && take_vector16(list, ret_data);
}

static void set_name(TlsName *name, Span bytes)
{
    name->length = (uint8_t)MIN(bytes.length, TLS_NAME_MAX);
    memcpy(name->bytes, bytes.bytes, name->length);
}

/* Hellos -------------------------------------------------------------------------------------- */

/* Values that stand for nothing (RFC 8701). */
static bool is_grease(uint16_t value)
{
    return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static void read_server_name(Span data, TlsName *ret_name)
{
    Span list, name;
    if (!take_vector16(&data, &list))
        return;
    while (list.length) {
        uint8_t type = list.bytes[0];
        list = span_after(list, 1);
        if (!take_vector16(&list, &name))
            return;
        if (type == 0 && name.length && name.length <= TLS_NAME_MAX) {
            set_name(ret_name, name);
            return;
        }
    }
}

static void read_offered_protocols(Span data, TlsClientHello *hello)
{
    Span list, name;
    if (!take_vector16(&data, &list))
        return;
    while (take_vector8(&list, &name)) {
        if (name.length == 2 && is_grease((uint16_t)(name.bytes[0] << 8 | name.bytes[1])))
            continue;
        if (hello->alpn_count++ == 0)
            set_name(&hello->alpn, name);
        if (span_equal(name, span_of_text("h2")))
            hello->offers_h2 = true;
    }
}

static void read_chosen_protocol(Span data, TlsName *ret_name)
{
    Span list, name;
    if (take_vector16(&data, &list) && take_vector8(&list, &name))
        set_name(ret_name, name);
}

static void read_offered_versions(Span data, TlsClientHello *hello)
{
    Span list;
    uint16_t version;
    if (!take_vector8(&data, &list))
        return;
    while (take_u16(&list, &version))
        if (!is_grease(version) && version <= TLS_1_3)
            hello->version = MAX(hello->version, version);
}

static void read_client_extension(uint16_t type, Span data, TlsClientHello *hello)
{
    switch (type) {
    case EXTENSION_SERVER_NAME:
        read_server_name(data, &hello->sni);
        break;
    case EXTENSION_ALPN:
        read_offered_protocols(data, hello);
        break;
    case EXTENSION_SUPPORTED_VERSIONS:
        read_offered_versions(data, hello);
        break;
    case EXTENSION_EARLY_DATA:
        hello->early_data = true;
        break;
    case EXTENSION_ECH:
        hello->ech = true;
        break;
    default:
        break;
    }
}

bool tls_client_hello_parse(Span body, bool cut, TlsClientHello *ret_hello)
{
    Span random, session, suites, methods, extensions, data;
    uint16_t type;
    *ret_hello = (TlsClientHello){ 0 };
    if (!take_u16(&body, &ret_hello->version) || ret_hello->version >> 8 != 3 ||
        !take(&body, TLS_RANDOM_SIZE, &random))
        return false;
    memcpy(ret_hello->random, random.bytes, TLS_RANDOM_SIZE);
    if (!take_vector8(&body, &session) || !take_vector16(&body, &suites) ||
        !take_vector8(&body, &methods)) {
        ret_hello->partial = true;
        return cut;
    }
    if (body.length == 0) { /* no extensions, or none any more */
        ret_hello->partial = cut;
        return true;
    }
    if (!take_vector16(&body, &extensions)) {
        ret_hello->partial = true;
        if (!cut)
            return false;
        extensions = span_after(body, 2);
    }
    while (take_extension(&extensions, &type, &data))
        read_client_extension(type, data, ret_hello);
    return true;
}

bool tls_server_hello_parse(Span body, TlsServerHello *ret_hello)
{
    Span random, session, method, extensions = { 0 }, data;
    uint16_t type;
    *ret_hello = (TlsServerHello){ 0 };
    if (!take_u16(&body, &ret_hello->version) || ret_hello->version >> 8 != 3 ||
        !take(&body, TLS_RANDOM_SIZE, &random) || !take_vector8(&body, &session) ||
        !take_u16(&body, &ret_hello->suite) || !take(&body, 1, &method))
        return false;
    memcpy(ret_hello->random, random.bytes, TLS_RANDOM_SIZE);
    ret_hello->retry = memcmp(random.bytes, RETRY_RANDOM, TLS_RANDOM_SIZE) == 0;
    ret_hello->compressed = method.bytes[0] != 0;
    if (body.length && !take_vector16(&body, &extensions))
        return false;
    while (take_extension(&extensions, &type, &data)) {
        if (type == EXTENSION_SUPPORTED_VERSIONS)
            span_be16(data, 0, &ret_hello->version);
        else if (type == EXTENSION_ALPN)
            read_chosen_protocol(data, &ret_hello->alpn);
        ret_hello->encrypt_then_mac |= type == EXTENSION_ENCRYPT_THEN_MAC;
        ret_hello->truncated_hmac |= type == EXTENSION_TRUNCATED_HMAC;
    }
    return true;
}

bool tls_encrypted_extensions_parse(Span body, TlsEncryptedExtensions *ret_extensions)
{
    Span extensions, data;
    uint16_t type;
    *ret_extensions = (TlsEncryptedExtensions){ 0 };
    if (!take_vector16(&body, &extensions))
        return false;
    while (take_extension(&extensions, &type, &data)) {
        if (type == EXTENSION_ALPN)
            read_chosen_protocol(data, &ret_extensions->alpn);
        ret_extensions->early_data |= type == EXTENSION_EARLY_DATA;
    }
    return true;
}

/* RFC 8446 §4, RFC 5246 §7.4 and the registry. */
const char *tls_message_name(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *name;
    } names[] = {
        { 0, "HelloRequest" },      { 1, "ClientHello" },        { 2, "ServerHello" },
        { 4, "NewSessionTicket" },  { 5, "EndOfEarlyData" },     { 8, "EncryptedExtensions" },
        { 11, "Certificate" },      { 12, "ServerKeyExchange" }, { 13, "CertificateRequest" },
        { 14, "ServerHelloDone" },  { 15, "CertificateVerify" }, { 16, "ClientKeyExchange" },
        { 20, "Finished" },         { 21, "CertificateURL" },    { 22, "CertificateStatus" },
        { 23, "SupplementalData" }, { 24, "KeyUpdate" },         { 25, "CompressedCertificate" },
        { 254, "MessageHash" },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return NULL;
}

/* Messages over records ----------------------------------------------------------------------- */

static bool is_read(uint8_t type)
{
    switch (type) {
    case TLS_CLIENT_HELLO:
    case TLS_SERVER_HELLO:
    case TLS_ENCRYPTED_EXTENSIONS:
        return true;
    default:
        return false;
    }
}

void tls_message_feed(TlsMessageReader *reader, Span content)
{
    reader->rest = content;
}

static uint32_t length_in(const TlsMessageReader *reader)
{
    uint32_t word = 0;
    span_be32(span_make(reader->header, MESSAGE_HEADER), 0, &word);
    return word & 0xffffff;
}

static void drop_body(TlsMessageReader *reader)
{
    g_clear_pointer(&reader->body, g_byte_array_unref);
}

static bool read_header(TlsMessageReader *reader)
{
    while (reader->header_length < MESSAGE_HEADER) {
        if (reader->rest.length == 0)
            return false;
        reader->header[reader->header_length++] = reader->rest.bytes[0];
        reader->rest = span_after(reader->rest, 1);
        if (reader->header_length == MESSAGE_HEADER) {
            reader->missing = length_in(reader);
            reader->kept = is_read(reader->header[0]) && reader->missing <= TLS_MESSAGE_MAX;
            drop_body(reader);
        }
    }
    return true;
}

bool tls_message_next(TlsMessageReader *reader, TlsMessage *ret_message)
{
    if (!read_header(reader))
        return false;
    Span part = span_first(reader->rest, reader->missing);
    bool in_one = reader->missing == length_in(reader) && part.length == reader->missing;
    if (reader->kept && !in_one) {
        if (!reader->body)
            reader->body = g_byte_array_new();
        g_byte_array_append(reader->body, part.bytes, (guint)part.length);
    }
    reader->rest = span_after(reader->rest, part.length);
    reader->missing -= (uint32_t)part.length;
    if (reader->missing)
        return false;
    *ret_message = (TlsMessage){
        .type = reader->header[0],
        .length = length_in(reader),
        .whole = reader->kept,
    };
    if (reader->kept)
        ret_message->body = in_one ? part : span_make(reader->body->data, reader->body->len);
    reader->header_length = 0;
    return true;
}

bool tls_message_cut(TlsMessageReader *reader, TlsMessage *ret_message)
{
    if (reader->header_length < MESSAGE_HEADER)
        return false;
    *ret_message = (TlsMessage){ .type = reader->header[0], .length = length_in(reader) };
    if (reader->kept && reader->body)
        ret_message->body = span_make(reader->body->data, reader->body->len);
    return true;
}

bool tls_message_is_open(const TlsMessageReader *reader)
{
    return reader->header_length > 0;
}

void tls_message_clear(TlsMessageReader *reader)
{
    drop_body(reader);
    *reader = (TlsMessageReader){ 0 };
}
