/* SHA-256 (FIPS 180-4) by libcrypto, which is ten times as fast as GLib's. Grammar: new · add* ·
 * finish. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

typedef struct Sha256 Sha256;

Sha256 *sha256_new(void);
void sha256_add(Sha256 *sum, const void *bytes, size_t size);

/* 64 hexadecimal digits in lower case, owned by the caller. Frees the sum. */
char *sha256_finish(Sha256 *sum);

#endif
