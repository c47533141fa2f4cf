/* What lies in a directory beside the files that a manifest names. */
#ifndef VERIFY_BESIDE_H
#define VERIFY_BESIDE_H

#include <glib.h>
#include <stdbool.h>

/* So many names are kept; more are counted. */
#define VERIFY_BESIDE_MAX 20

typedef struct VerifyBeside {
    GPtrArray *strangers; /* names that nobody named, the first ones in order */
    GPtrArray *named;     /* names of what `places` lead to, that have no sum */
    guint more;           /* strangers that are not kept */
} VerifyBeside;

/* `names`: a set of what belongs in the directory, besides its SHA256SUMS, the manifest and what
 * signs it. `places`: paths to what may lie there, or in directories there. `directories`: those
 * count too. A directory that cannot be read holds nothing. */
void verify_beside_find(VerifyBeside *ret_beside, const char *directory, GHashTable *names,
                        const GPtrArray *places, bool directories);

void verify_beside_clear(VerifyBeside *beside);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VerifyBeside, verify_beside_clear)

#endif
