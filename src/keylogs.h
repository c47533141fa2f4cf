/* Key logs, from files into secrets. */
#ifndef KEYLOGS_H
#define KEYLOGS_H

#include "session/tls_keys.h"

/* `paths` ends with NULL, and may be NULL. Once there are secrets, the process leaves no core dump.
 * `sums` gets the SHA-256 of each file, 64 digits. `notes` gets one line, owned by it, for each
 * file that is probably no key log; NULL: nobody wants them. False and `error`, one line that names
 * the file, if one cannot be read. */
bool keylogs_read(TlsKeys *keys, const char *const *paths, GPtrArray *sums, GPtrArray *notes,
                  GError **error);

/* From now on the process leaves no core dump, and nobody may look into its memory. */
void keylogs_guard(void);

#endif
