/* Each block of a pcapng file ends with its length, so the file can be walked over backwards. A
 * walk over the whole file before it is read was rejected: it would cost every capture for the
 * sake of few. */
#include "capture/late_secrets.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/pcapng.h"

#define BLOCK_OVERHEAD 12

typedef struct Walk {
    int fd;
    int64_t end; /* of the blocks not looked at */
    bool big_endian;
    const CaptureSecrets *secrets;
} Walk;

static bool read_at(const Walk *walk, int64_t at, void *to, size_t length)
{
    return at >= 0 && pread(walk->fd, to, length, at) == (ssize_t)length;
}

static bool number_at(const Walk *walk, int64_t at, bool big_endian, uint32_t *ret_number)
{
    uint8_t bytes[4];
    if (!read_at(walk, at, bytes, sizeof bytes))
        return false;
    Span span = span_make(bytes, sizeof bytes);
    return big_endian ? span_be32(span, 0, ret_number) : span_le32(span, 0, ret_number);
}

/* The length of the last block, if both its lengths say so in this byte order; 0: they do not. */
static int64_t length_of_last(const Walk *walk, bool big_endian)
{
    uint32_t behind, ahead;
    if (!number_at(walk, walk->end - 4, big_endian, &behind))
        return 0;
    int64_t length = ((int64_t)behind + 3) & ~INT64_C(3);
    if (behind < BLOCK_OVERHEAD || length > PCAPNG_BLOCK_MAX ||
        !number_at(walk, walk->end - length + 4, big_endian, &ahead) || ahead != behind)
        return 0;
    return length;
}

static void take_block(const Walk *walk, int64_t length)
{
    uint32_t type;
    int64_t at = walk->end - length;
    if (!number_at(walk, at, walk->big_endian, &type) || type != PCAPNG_BLOCK_SECRETS)
        return;
    size_t size = (size_t)length - BLOCK_OVERHEAD;
    uint8_t *body = g_malloc(size);
    Span keylog;
    if (read_at(walk, at + 8, body, size) &&
        pcapng_secrets_parse(span_make(body, size), walk->big_endian, &keylog))
        walk->secrets->take(walk->secrets->data, keylog);
    OPENSSL_cleanse(body, size);
    g_free(body);
}

void capture_late_secrets(const char *path, const CaptureSecrets *secrets)
{
    static const uint8_t SECTION[] = { 0x0a, 0x0d, 0x0d, 0x0a };
    uint8_t begin[sizeof SECTION];
    struct stat status;
    Walk walk = { .secrets = secrets };
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || !secrets->take)
        return;
    walk.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (walk.fd < 0)
        return;
    walk.end = status.st_size;
    bool is_pcapng =
        read_at(&walk, 0, begin, sizeof begin) && memcmp(begin, SECTION, sizeof begin) == 0;
    for (unsigned i = 0; is_pcapng && i < LATE_BLOCKS_MAX && walk.end > 0; i++) {
        int64_t length = length_of_last(&walk, walk.big_endian);
        if (length == 0) { /* a section may have the other byte order */
            walk.big_endian = !walk.big_endian;
            length = length_of_last(&walk, walk.big_endian);
        }
        if (length == 0)
            break;
        take_block(&walk, length);
        walk.end -= length;
    }
    close(walk.fd);
}
