/* SHA256SUMS: the sums of the files of a directory, for `sha256sum -c` there. */
#ifndef REPORT_CHECKSUMS_H
#define REPORT_CHECKSUMS_H

#include "report/manifest.h"

#define CHECKSUMS_NAME "SHA256SUMS"

/* Captures and their pages are listed if their directory is `directory`, or is named as lying in
 * it. `evidence` NULL: there are none. Owned by the caller. */
char *checksums_text(const char *directory, const ManifestReport *reports, unsigned count,
                     const char *manifest_sum, const ManifestEvidence *evidence);

/* How the second directory is reached from the first: "", or "name/"; NULL: not from there. Owned
 * by the caller. */
char *checksums_path_within(const char *directory, const char *other);

#endif
