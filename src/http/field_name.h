/* The fields that this program knows by name: each field line is told apart once, when it is read,
 * so that to ask for one costs a bit. Pure. */
#ifndef HTTP_FIELD_NAME_H
#define HTTP_FIELD_NAME_H

#include "base/span.h"

typedef enum FieldName {
    FIELD_OTHER,
    FIELD_CONNECTION,
    FIELD_CONTENT_LENGTH,
    FIELD_EXPECT,
    FIELD_HOST,
    FIELD_HTTP2_SETTINGS,
    FIELD_KEEP_ALIVE,
    FIELD_PROXY_AUTHENTICATE,
    FIELD_PROXY_AUTHORIZATION,
    FIELD_PROXY_CONNECTION,
    FIELD_TE,
    FIELD_TRAILER,
    FIELD_TRANSFER_ENCODING,
    FIELD_UPGRADE,
    FIELD_WEBSOCKET_ACCEPT,
    FIELD_WEBSOCKET_DRAFT,
    FIELD_WEBSOCKET_EXTENSIONS,
    FIELD_WEBSOCKET_KEY,
    FIELD_WEBSOCKET_KEY1,
    FIELD_WEBSOCKET_PROTOCOL,
    FIELD_WEBSOCKET_VERSION,
    FIELD_NAME_COUNT,
} FieldName;

/* A set of them is a bit mask. */
typedef uint32_t FieldSet;
#define FIELD_BIT(name) (UINT32_C(1) << (name))

/* In any case (RFC 9110 §5.1). */
FieldName field_name(Span text);

/* As it is usually written; "" of FIELD_OTHER. */
const char *field_name_text(FieldName name);

#endif
