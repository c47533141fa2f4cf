#include "http/header_flags.h"

#include <glib.h>

#include "base/text.h"

/* Nominating one of these makes the next intermediary remove it (RFC 9110 §7.6.1): fields that
 * their definitions address to all recipients. Names of no such definition are not in it. */
static const char *const end_to_end_fields[] = {
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Security-Policy",
    "Content-Type",
    "Cookie",
    "Date",
    "ETag",
    "Expires",
    "From",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Last-Modified",
    "Location",
    "Origin",
    "Pragma",
    "Range",
    "Referer",
    "Retry-After",
    "Server",
    "Set-Cookie",
    "Strict-Transport-Security",
    "User-Agent",
    "Vary",
    "WWW-Authenticate",
    "X-Content-Type-Options",
    "X-Frame-Options",
};

/* Fields by which a proxy tells the server behind it who asks, and for what: without them it may
 * take the request for its own neighbour's (CVE-2022-1388, CVE-2022-31813). */
static const char *const sensitive_fields[] = {
    "CF-Connecting-IP",
    "Forwarded",
    "Remote-User",
    "True-Client-IP",
    "Via",
    "X-Api-Key",
    "X-Auth-Token",
    "X-Auth-User",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-F5-Auth-Token",
    "X-Original-Host",
    "X-Original-URL",
    "X-Real-IP",
    "X-Remote-User",
    "X-Rewrite-URL",
    "X-SSL-Client-Cert",
};

#define FORWARDED_PREFIX "X-Forwarded-"

static bool is_among(Span name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is_nocase(name, names[i]))
            return true;
    return false;
}

static bool is_sensitive(Span name)
{
    size_t prefix = strlen(FORWARDED_PREFIX);
    if (name.length > prefix && span_is_nocase(span_first(name, prefix), FORWARDED_PREFIX))
        return true;
    return is_among(name, sensitive_fields, G_N_ELEMENTS(sensitive_fields));
}

/* In a response no field tells who asks, and Via is for all recipients. */
static unsigned flag_of_nomination(const Head *head, Span member)
{
    bool response = head->kind == HEAD_RESPONSE;
    if (!response && is_sensitive(member))
        return FLAG_SENSITIVE_NOMINATED;
    bool for_all = is_among(member, end_to_end_fields, G_N_ELEMENTS(end_to_end_fields)) ||
                   (response && span_is_nocase(member, "Via"));
    return for_all ? FLAG_END_TO_END_NOMINATED : 0;
}

bool field_is_meant_for_all(Span name)
{
    return is_sensitive(name) || is_among(name, end_to_end_fields, G_N_ELEMENTS(end_to_end_fields));
}

static unsigned nominations(const Head *head)
{
    unsigned header_flags = 0;
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_CONNECTION, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        while (list_next(&cursor, &member))
            header_flags |= flag_of_nomination(head, member);
    }
    return header_flags;
}

/* Names as sets: what is there and is not listed is a difference. */
static const FieldSet listed_by_2616 =
    FIELD_BIT(FIELD_TRANSFER_ENCODING) | FIELD_BIT(FIELD_TRAILER) |
    FIELD_BIT(FIELD_PROXY_AUTHENTICATE) | FIELD_BIT(FIELD_PROXY_AUTHORIZATION) |
    FIELD_BIT(FIELD_PROXY_CONNECTION);
static const FieldSet other_hop_by_hop = FIELD_BIT(FIELD_CONNECTION) | FIELD_BIT(FIELD_KEEP_ALIVE) |
                                         FIELD_BIT(FIELD_TE) | FIELD_BIT(FIELD_UPGRADE) |
                                         FIELD_BIT(FIELD_HTTP2_SETTINGS);

static unsigned hop_by_hop_signs(const Head *head, FieldSet listed)
{
    FieldSet unlisted = head->known & ~listed;
    unsigned header_flags = 0;
    if (head->known & (listed_by_2616 | other_hop_by_hop))
        header_flags |= FLAG_HOP_BY_HOP;
    if (unlisted & listed_by_2616)
        header_flags |= FLAG_HOP_BY_HOP_UNLISTED;
    if (unlisted & FIELD_BIT(FIELD_KEEP_ALIVE))
        header_flags |= FLAG_KEEP_ALIVE_UNLISTED;
    if (unlisted & FIELD_BIT(FIELD_TE))
        header_flags |= FLAG_TE_UNLISTED;
    return header_flags;
}

static unsigned te_signs(const Head *head)
{
    unsigned header_flags = 0;
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_TE, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        while (list_next(&cursor, &member)) {
            size_t name = 0;
            while (name < member.length && text_is_tchar(member.bytes[name]))
                name++;
            if (span_is_nocase(span_first(member, name), "chunked"))
                header_flags |= FLAG_TE_CHUNKED;
        }
    }
    return header_flags;
}

/* Upgrade ------------------------------------------------------------------------------------- */

static uint32_t hash_of(Span bytes)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ (uint8_t)g_ascii_tolower((char)bytes.bytes[i])) * 16777619;
    return hash;
}

static Span protocol_name(Span protocol)
{
    const uint8_t *slash = memchr(protocol.bytes, '/', protocol.length);
    return span_first(protocol, slash ? (size_t)(slash - protocol.bytes) : protocol.length);
}

UpgradeOffer head_upgrade_offer(const Head *head)
{
    UpgradeOffer offer = { .count = 0 };
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_UPGRADE, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        while (list_next(&cursor, &member)) {
            if (offer.count < UPGRADE_OFFER_MAX)
                offer.names[offer.count] = hash_of(protocol_name(member));
            offer.count += offer.count <= UPGRADE_OFFER_MAX;
        }
    }
    return offer;
}

bool upgrade_is_offered(const UpgradeOffer *offer, const UpgradeOffer *chosen)
{
    if (offer->count > UPGRADE_OFFER_MAX || chosen->count > UPGRADE_OFFER_MAX)
        return true;
    for (unsigned i = 0; i < chosen->count; i++) {
        bool found = false;
        for (unsigned k = 0; k < offer->count; k++)
            found = found || offer->names[k] == chosen->names[i];
        if (!found)
            return false;
    }
    return true;
}

static bool names_protocol(const Head *head, const char *protocol)
{
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_UPGRADE, i, &i)); i++) {
        ListCursor cursor = { .rest = field->value };
        Span member;
        while (list_next(&cursor, &member))
            if (span_is_nocase(protocol_name(member), protocol))
                return true;
    }
    return false;
}

/* The value of a field that stands there exactly once. */
static bool single(const Head *head, FieldName name, Span *ret_value)
{
    size_t index;
    const FieldLine *field = head_field(head, name, 0, &index);
    if (!field || head_field(head, name, index + 1, NULL))
        return false;
    *ret_value = text_trim(field->value);
    return true;
}

/* RFC 6455 §4.1 item 7: a nonce of 16 bytes in base64, which is 22 characters and "==". */
static bool is_websocket_key(Span key)
{
    if (key.length != 24 || key.bytes[22] != '=' || key.bytes[23] != '=')
        return false;
    for (size_t i = 0; i < 22; i++)
        if (!g_ascii_isalnum(key.bytes[i]) && key.bytes[i] != '+' && key.bytes[i] != '/')
            return false;
    return true;
}

/* RFC 6455 §4.1: what a client's opening handshake has to be. */
static unsigned websocket_signs(const Head *head)
{
    unsigned header_flags = FLAG_WEBSOCKET;
    Span value;
    if (head_has(head, FIELD_WEBSOCKET_KEY1) || head_has(head, FIELD_WEBSOCKET_DRAFT))
        return header_flags | FLAG_WEBSOCKET_DRAFT;
    if (!span_equal(head->method, span_of_text("GET")) || head->version < HTTP_1_1)
        header_flags |= FLAG_WEBSOCKET_METHOD;
    if (!single(head, FIELD_WEBSOCKET_KEY, &value) || !is_websocket_key(value))
        header_flags |= FLAG_WEBSOCKET_KEY;
    if (!single(head, FIELD_WEBSOCKET_VERSION, &value) || !span_is_nocase(value, "13"))
        header_flags |= FLAG_WEBSOCKET_VERSION;
    return header_flags;
}

/* RFC 7540 §3.2.1: exactly one HTTP2-Settings, nominated. */
static unsigned h2c_signs(const Head *head, FieldSet listed)
{
    Span settings;
    unsigned header_flags = FLAG_H2C;
    if (!single(head, FIELD_HTTP2_SETTINGS, &settings))
        header_flags |= FLAG_H2C_SETTINGS;
    if (head->known & ~listed & FIELD_BIT(FIELD_HTTP2_SETTINGS))
        header_flags |= FLAG_H2C_UNLISTED;
    return header_flags;
}

static unsigned upgrade_signs(const Head *head, FieldSet listed)
{
    if (!head_has(head, FIELD_UPGRADE))
        return head->status == 101 || head->status == 426 ? FLAG_UPGRADE_MISSING : 0;
    unsigned header_flags =
        FLAG_UPGRADE | (listed & FIELD_BIT(FIELD_UPGRADE) ? 0 : FLAG_UPGRADE_UNLISTED);
    bool websocket = names_protocol(head, "websocket");
    if (head->kind == HEAD_RESPONSE)
        return header_flags | (websocket ? FLAG_WEBSOCKET : 0) |
               (names_protocol(head, "h2c") ? FLAG_H2C : 0);
    if (websocket)
        header_flags |= websocket_signs(head);
    if (names_protocol(head, "h2c"))
        header_flags |= h2c_signs(head, listed);
    return header_flags;
}

uint64_t websocket_accept_wanted(const Head *request)
{
    static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* RFC 6455 §1.3 */
    Span key;
    if (!single(request, FIELD_WEBSOCKET_KEY, &key))
        return 0;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    guint8 digest[20];
    gsize length = sizeof digest;
    g_checksum_update(sum, key.bytes, (gssize)key.length);
    g_checksum_update(sum, (const guchar *)suffix, sizeof suffix - 1);
    g_checksum_get_digest(sum, digest, &length);
    g_autofree char *text = g_base64_encode(digest, length);
    uint64_t number = 1;
    for (const char *c = text; *c; c++)
        number = (number ^ (uint8_t)*c) * UINT64_C(1099511628211);
    return number;
}

uint64_t websocket_accept_given(const Head *response)
{
    Span accept;
    if (!single(response, FIELD_WEBSOCKET_ACCEPT, &accept))
        return 0;
    uint64_t number = 1;
    for (size_t i = 0; i < accept.length; i++)
        number = (number ^ accept.bytes[i]) * UINT64_C(1099511628211);
    return number;
}

/* HTTP/2 -------------------------------------------------------------------------------------- */

/* RFC 9113 §8.2.2: TE may be in a request, and say trailers. */
static bool te_is_forbidden(const Head *head)
{
    const FieldLine *field;
    for (size_t i = 0; (field = head_field(head, FIELD_TE, i, &i)); i++)
        if (head->kind == HEAD_RESPONSE || !span_is_nocase(text_trim(field->value), "trailers"))
            return true;
    return false;
}

static unsigned http2_flags(const Head *head)
{
    static const struct {
        FieldName name;
        HeaderFlag flag;
    } forbidden[] = { { FIELD_CONNECTION, FLAG_H2_CONNECTION },
                      { FIELD_PROXY_CONNECTION, FLAG_H2_PROXY_CONNECTION },
                      { FIELD_KEEP_ALIVE, FLAG_H2_KEEP_ALIVE },
                      { FIELD_TRANSFER_ENCODING, FLAG_H2_TRANSFER_ENCODING },
                      { FIELD_UPGRADE, FLAG_H2_UPGRADE } };
    unsigned flags = te_is_forbidden(head) ? FLAG_H2_TE : 0;
    for (size_t i = 0; i < G_N_ELEMENTS(forbidden); i++)
        if (head_has(head, forbidden[i].name))
            flags |= forbidden[i].flag;
    return flags;
}

/* All --------------------------------------------------------------------------------------- */

unsigned header_flags(const Head *head, const Listed *listed)
{
    const unsigned absences = FLAG_HOP_BY_HOP_UNLISTED | FLAG_KEEP_ALIVE_UNLISTED |
                              FLAG_TE_UNLISTED | FLAG_UPGRADE_UNLISTED | FLAG_UPGRADE_MISSING |
                              FLAG_WEBSOCKET_KEY | FLAG_WEBSOCKET_VERSION | FLAG_H2C_SETTINGS |
                              FLAG_H2C_UNLISTED;
    if (head->version == HTTP_2)
        return http2_flags(head);
    unsigned header_flags = hop_by_hop_signs(head, listed->fields) | te_signs(head) |
                            upgrade_signs(head, listed->fields);
    if (listed->options & OPTION_OTHER)
        header_flags |= nominations(head);
    if (head_has(head, FIELD_WEBSOCKET_PROTOCOL))
        header_flags |= FLAG_WEBSOCKET_PROTOCOL;
    if (head_has(head, FIELD_WEBSOCKET_EXTENSIONS))
        header_flags |= FLAG_WEBSOCKET_EXTENSION;
    if (head->kind == HEAD_REQUEST) {
        if (head_has(head, FIELD_PROXY_CONNECTION))
            header_flags |= FLAG_PROXY_CONNECTION;
        if (head->target.length > 0 && head->target.bytes[0] == '/')
            header_flags |= FLAG_ORIGIN_FORM;
        if (head_has(head, FIELD_PROXY_AUTHORIZATION))
            header_flags |= FLAG_CREDENTIALS;
    }
    if (head->notes & (HEAD_INCOMPLETE | HEAD_BAD_LINE))
        header_flags &= ~absences;
    return header_flags;
}
