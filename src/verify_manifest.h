/* A manifest that is read back. It may be anybody's: what is missing or of another kind in it is no
 * more than that, and no name in it leads out of its directory. */
#ifndef VERIFY_MANIFEST_H
#define VERIFY_MANIFEST_H

#include <glib.h>
#include <stdbool.h>

typedef struct VerifyFile {
    char *name;   /* owned, as all of it; of an input: its path */
    char *sha256; /* NULL: not known */
    char *reason; /* of a capture: a cause or a rule; of an input: its problem; NULL: none */
    bool contradicted;
    bool failed; /* of an input that is in no report */
} VerifyFile;

typedef struct VerifyManifest {
    struct _JsonParser *parser; /* of JSON-GLib */
    struct _JsonObject *root;   /* the parser's */
    char *sha256;               /* of the manifest itself */
    char **command;
    GPtrArray *inputs, *reports; /* VerifyFile */
    GPtrArray *left_out;         /* what was named and not read, failed or not */
    GPtrArray *captures, *pages; /* of --evidence */
} VerifyManifest;

/* NULL and `error`, one line that names the file. */
VerifyManifest *verify_manifest_read(const char *directory, GError **error);

/* A text of its outermost object; NULL: there is none. */
const char *verify_manifest_text(const VerifyManifest *manifest, const char *name);

/* The elements of an array of texts; "" for what is none. Freed by the caller, without them. */
GPtrArray *verify_manifest_texts(const VerifyManifest *manifest, const char *name);

/* Whether an input held secrets of TLS connections. */
bool verify_manifest_has_secrets(const VerifyManifest *manifest);

/* The names of what differs in another manifest of the same run, blank-separated, freed by the
 * caller; NULL: nothing. Paths, versions of libraries and the words of the command are not
 * compared. */
char *verify_manifest_compare(const VerifyManifest *manifest, const VerifyManifest *again);

void verify_manifest_free(VerifyManifest *manifest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyManifest, verify_manifest_free)

#endif
