/* PROXY protocol headers, versions 1 and 2: what a balancer may send ahead of the client's first
 * byte. Pure. The addresses in it are the balancer's word. */
#ifndef SESSION_PROXY_HEADER_H
#define SESSION_PROXY_HEADER_H

#include "base/span.h"
#include "decode/decode.h"

/* More than these first bytes is never needed to tell: a version 1 line is no longer, a version
 * 2 header states its length in the first 16. */
#define PROXY_HEADER_LOOK_MAX 107

#define PROXY_HEADER_NONE 0       /* the stream begins with something else */
#define PROXY_HEADER_PARTIAL (-1) /* so far this can be one */

/* The length of the header at the front of `bytes`; of version 2 it may be more than there is. */
int proxy_header_parse(Span bytes);

/* Whose connection the balancer says that this is. */
typedef struct ProxySource {
    bool known; /* there is a header, and it names a client */
    IpAddress address;
    uint16_t port;
} ProxySource;

/* What a header names that was found whole, or as far as its first PROXY_HEADER_LOOK_MAX bytes. */
ProxySource proxy_header_source(Span header);

#endif
