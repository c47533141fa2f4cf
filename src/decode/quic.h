/* QUIC, as far as to see that it is there: the long header of RFC 8999, with a version that has
 * been in use. Pure. */
#ifndef DECODE_QUIC_H
#define DECODE_QUIC_H

#include "decode/layer.h"

/* A datagram, its UDP header in front. Only packets that set up a connection have such a header. */
bool quic_begins(const Layer *datagram);

#endif
