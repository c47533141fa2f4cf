/* Secrets that stand behind the packets which they decrypt: editors append them to a capture, and
 * some tools write them when they are done. */
#ifndef CAPTURE_LATE_SECRETS_H
#define CAPTURE_LATE_SECRETS_H

#include "capture/reader.h"

/* How many blocks from the end of a file are looked at, at most. */
#define LATE_BLOCKS_MAX 4096

/* Hands over the secrets among the last blocks of a file. Does nothing unless `path` is a regular
 * pcapng file that is not compressed; what is odd there is reported when it is read. */
void capture_late_secrets(const char *path, const CaptureSecrets *secrets);

#endif
