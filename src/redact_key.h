/* The key of --redact: from a file, or random and forgotten. */
#ifndef REDACT_KEY_H
#define REDACT_KEY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define REDACT_KEY_SIZE 32
#define REDACT_FINGERPRINT_LENGTH 32

typedef struct RedactKey {
    uint8_t bytes[REDACT_KEY_SIZE];
    /* Tells keys apart, and tells nothing of them; "": the key is random. */
    char fingerprint[REDACT_FINGERPRINT_LENGTH + 1];
} RedactKey;

/* `path` NULL: a random key. A file that is not there is made, with a random key, for its owner
 * alone; never next to one of `inputs`. A directory to which anybody may write is refused, also for
 * a file that is there. False and `error`, one line that names the file or the directory. */
bool redact_key_take(RedactKey *ret_key, const char *path, const char *const *inputs,
                     GError **error);

void redact_key_clear(RedactKey *key);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RedactKey, redact_key_clear)

#endif
