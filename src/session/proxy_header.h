/* PROXY protocol headers, versions 1 and 2: what a balancer may send ahead of the client's first
 * byte. Pure. Only recognised and measured; the addresses in it are the balancer's word. */
#ifndef SESSION_PROXY_HEADER_H
#define SESSION_PROXY_HEADER_H

#include "base/span.h"

/* More than these first bytes is never needed to tell: a version 1 line is no longer, a version
 * 2 header states its length in the first 16. */
#define PROXY_HEADER_LOOK_MAX 107

#define PROXY_HEADER_NONE 0       /* the stream begins with something else */
#define PROXY_HEADER_PARTIAL (-1) /* so far this can be one */

/* The length of the header at the front of `bytes`; of version 2 it may be more than there is. */
int proxy_header_parse(Span bytes);

#endif
