/* Names are looked up by their length: of no length are there more than two, and of most that occur
 * in traffic there is none. */
#include "http/field_name.h"

#define OF_LENGTH 2
#define LENGTH_MAX 24

static const char *const texts[FIELD_NAME_COUNT] = {
    [FIELD_OTHER] = "",
    [FIELD_CONNECTION] = "Connection",
    [FIELD_CONTENT_LENGTH] = "Content-Length",
    [FIELD_EXPECT] = "Expect",
    [FIELD_HOST] = "Host",
    [FIELD_HTTP2_SETTINGS] = "HTTP2-Settings",
    [FIELD_KEEP_ALIVE] = "Keep-Alive",
    [FIELD_PROXY_AUTHENTICATE] = "Proxy-Authenticate",
    [FIELD_PROXY_AUTHORIZATION] = "Proxy-Authorization",
    [FIELD_PROXY_CONNECTION] = "Proxy-Connection",
    [FIELD_TE] = "TE",
    [FIELD_TRAILER] = "Trailer",
    [FIELD_TRANSFER_ENCODING] = "Transfer-Encoding",
    [FIELD_UPGRADE] = "Upgrade",
    [FIELD_WEBSOCKET_ACCEPT] = "Sec-WebSocket-Accept",
    [FIELD_WEBSOCKET_DRAFT] = "Sec-WebSocket-Draft",
    [FIELD_WEBSOCKET_EXTENSIONS] = "Sec-WebSocket-Extensions",
    [FIELD_WEBSOCKET_KEY] = "Sec-WebSocket-Key",
    [FIELD_WEBSOCKET_KEY1] = "Sec-WebSocket-Key1",
    [FIELD_WEBSOCKET_PROTOCOL] = "Sec-WebSocket-Protocol",
    [FIELD_WEBSOCKET_VERSION] = "Sec-WebSocket-Version",
};

static const uint8_t of_length[LENGTH_MAX + 1][OF_LENGTH] = {
    [2] = { FIELD_TE },
    [4] = { FIELD_HOST },
    [6] = { FIELD_EXPECT },
    [7] = { FIELD_UPGRADE, FIELD_TRAILER },
    [10] = { FIELD_CONNECTION, FIELD_KEEP_ALIVE },
    [14] = { FIELD_CONTENT_LENGTH, FIELD_HTTP2_SETTINGS },
    [16] = { FIELD_PROXY_CONNECTION },
    [17] = { FIELD_TRANSFER_ENCODING, FIELD_WEBSOCKET_KEY },
    [18] = { FIELD_PROXY_AUTHENTICATE, FIELD_WEBSOCKET_KEY1 },
    [19] = { FIELD_PROXY_AUTHORIZATION, FIELD_WEBSOCKET_DRAFT },
    [20] = { FIELD_WEBSOCKET_ACCEPT },
    [21] = { FIELD_WEBSOCKET_VERSION },
    [22] = { FIELD_WEBSOCKET_PROTOCOL },
    [24] = { FIELD_WEBSOCKET_EXTENSIONS },
};

FieldName field_name(Span text)
{
    if (text.length == 0 || text.length > LENGTH_MAX)
        return FIELD_OTHER;
    for (size_t i = 0; i < OF_LENGTH; i++) {
        uint8_t name = of_length[text.length][i];
        const char *usual = texts[name];
        if (name == FIELD_OTHER)
            break;
        if ((text.bytes[0] | 0x20) == (usual[0] | 0x20) && span_is_nocase(text, usual))
            return (FieldName)name;
    }
    return FIELD_OTHER;
}

const char *field_name_text(FieldName name)
{
    return texts[name];
}
