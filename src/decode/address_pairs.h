/* A set of pairs of addresses, whichever of the two comes first; bounded. */
#ifndef DECODE_ADDRESS_PAIRS_H
#define DECODE_ADDRESS_PAIRS_H

#include <glib.h>

#include "decode/decode.h"

#define ADDRESS_PAIRS_MAX 4096

typedef struct AddressPairs AddressPairs;

AddressPairs *address_pairs_new(void);

/* True: the pair is new, and is now in the set. A full set takes no more, and says so. */
bool address_pairs_add(AddressPairs *pairs, const IpAddress *a, const IpAddress *b, bool *ret_full);

void address_pairs_free(AddressPairs *pairs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AddressPairs, address_pairs_free)

#endif
