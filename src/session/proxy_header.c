#include "session/proxy_header.h"

#include <arpa/inet.h>
#include <glib.h>

#include "base/text.h"

static const char signature_v2[] = "\r\n\r\n\0\r\nQUIT\n"; /* 12 bytes */

enum {
    SIGNATURE_SIZE = sizeof signature_v2 - 1,
    FIXED_SIZE_V2 = SIGNATURE_SIZE + 4, /* version and command, family, length */
};

/* Whether the bytes and the text agree as far as both go. */
static bool agrees(Span bytes, const char *text, size_t length)
{
    if (length > bytes.length)
        length = bytes.length;
    return length == 0 || memcmp(bytes.bytes, text, length) == 0;
}

static int parse_v2(Span bytes)
{
    uint8_t command, family;
    uint16_t length;
    if (!span_u8(bytes, SIGNATURE_SIZE, &command))
        return PROXY_HEADER_PARTIAL;
    if (command >> 4 != 2 || (command & 0x0f) > 1)
        return PROXY_HEADER_NONE;
    if (!span_u8(bytes, SIGNATURE_SIZE + 1, &family))
        return PROXY_HEADER_PARTIAL;
    if (family >> 4 > 3 || (family & 0x0f) > 2)
        return PROXY_HEADER_NONE;
    if (!span_be16(bytes, SIGNATURE_SIZE + 2, &length))
        return PROXY_HEADER_PARTIAL;
    return FIXED_SIZE_V2 + length;
}

static bool is_v1_byte(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* Two addresses and two ports behind the protocol's name: four words, one blank before each. */
static bool has_endpoints(Span line)
{
    size_t words = 0;
    for (size_t i = 0; i < line.length; i++) {
        bool blank = line.bytes[i] == ' ';
        if (blank && (i + 1 == line.length || line.bytes[i + 1] == ' '))
            return false;
        words += blank;
    }
    return words == 4;
}

/* What follows the protocol's name up to CR LF. */
static int parse_v1_rest(Span bytes, size_t name, bool endpoints)
{
    for (size_t at = name; at < bytes.length; at++) {
        if (at + 2 > PROXY_HEADER_LOOK_MAX)
            return PROXY_HEADER_NONE;
        if (is_v1_byte(bytes.bytes[at]))
            continue;
        if (bytes.bytes[at] != '\r')
            return PROXY_HEADER_NONE;
        if (at + 1 == bytes.length)
            return PROXY_HEADER_PARTIAL;
        if (bytes.bytes[at + 1] != '\n' ||
            (endpoints && !has_endpoints(span_first(span_after(bytes, name), at - name))))
            return PROXY_HEADER_NONE;
        return (int)at + 2;
    }
    return PROXY_HEADER_PARTIAL;
}

static int parse_v1(Span bytes)
{
    static const struct {
        const char *name;
        bool endpoints;
    } protocols[] = {
        { "PROXY TCP4 ", true },
        { "PROXY TCP6 ", true },
        { "PROXY UNKNOWN", false },
    };
    for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
        size_t length = strlen(protocols[i].name);
        if (!agrees(bytes, protocols[i].name, length))
            continue;
        if (bytes.length < length)
            return PROXY_HEADER_PARTIAL;
        /* The blank behind TCP4 and TCP6 is the one before their first word. */
        return parse_v1_rest(bytes, protocols[i].endpoints ? length - 1 : length,
                             protocols[i].endpoints);
    }
    return PROXY_HEADER_NONE;
}

int proxy_header_parse(Span bytes)
{
    if (!agrees(bytes, signature_v2, SIGNATURE_SIZE))
        return parse_v1(bytes);
    return bytes.length < SIGNATURE_SIZE ? PROXY_HEADER_PARTIAL : parse_v2(bytes);
}

/* Version 2: the first address and the first port of a stream over IP. */
static ProxySource source_v2(Span header)
{
    ProxySource source = { 0 };
    uint8_t command, family;
    if (!span_u8(header, SIGNATURE_SIZE, &command) || (command & 0x0f) != 1 ||
        !span_u8(header, SIGNATURE_SIZE + 1, &family) || (family != 0x11 && family != 0x21))
        return source;
    bool is_v4 = family == 0x11;
    size_t size = is_v4 ? 4 : 16;
    uint16_t length;
    if (!span_be16(header, SIGNATURE_SIZE + 2, &length) || length < 2 * size + 4 ||
        !span_be16(header, FIXED_SIZE_V2 + 2 * size, &source.port))
        return source;
    source.known = true;
    source.address.version = is_v4 ? 4 : 6;
    memcpy(source.address.bytes, header.bytes + FIXED_SIZE_V2, size);
    return source;
}

/* The next word behind blanks; it leaves `rest`. */
static Span next_word(Span *rest)
{
    *rest = text_trim(*rest);
    size_t length = 0;
    while (length < rest->length && is_v1_byte(rest->bytes[length]) && rest->bytes[length] != ' ')
        length++;
    Span word = span_first(*rest, length);
    *rest = span_after(*rest, length);
    return word;
}

/* Version 1: PROXY, the protocol, two addresses, two ports. */
static ProxySource source_v1(Span header)
{
    ProxySource source = { 0 };
    Span words[5];
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        words[i] = next_word(&header);
    bool is_v4 = span_is_nocase(words[1], "TCP4");
    char text[INET6_ADDRSTRLEN] = "";
    int64_t port;
    if ((!is_v4 && !span_is_nocase(words[1], "TCP6")) || words[2].length >= sizeof text ||
        !text_number(words[4], &port) || port > UINT16_MAX)
        return source;
    memcpy(text, words[2].bytes, words[2].length);
    source.known = inet_pton(is_v4 ? AF_INET : AF_INET6, text, source.address.bytes) == 1;
    source.address.version = is_v4 ? 4 : 6;
    source.port = (uint16_t)port;
    return source;
}

ProxySource proxy_header_source(Span header)
{
    return agrees(header, signature_v2, SIGNATURE_SIZE) && header.length >= SIGNATURE_SIZE
               ? source_v2(header)
               : source_v1(header);
}
