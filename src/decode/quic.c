#include "decode/quic.h"

#define UDP_HEADER 8
#define CONNECTION_ID_MAX 20

/* RFC 9000, RFC 9369, the drafts of the former, and Google's last ones before them. */
static bool is_version(uint32_t version)
{
    enum { DRAFTS_LEAST = 27, DRAFTS_MOST = 34 };
    switch (version) {
    case 0x00000001:
    case 0x6b3343cf:
    case 0x51303436: /* Q046 */
    case 0x51303530: /* Q050 */
    case 0x54303531: /* T051 */
        return true;
    default:
        return version >> 8 == 0xff0000 && (version & 0xff) >= DRAFTS_LEAST &&
               (version & 0xff) <= DRAFTS_MOST;
    }
}

bool quic_begins(const Layer *datagram)
{
    enum { LONG_AND_FIXED = 0xc0 };
    Span packet = span_after(datagram->bytes, UDP_HEADER);
    uint8_t first, destination, source;
    uint32_t version;
    return span_u8(packet, 0, &first) && (first & LONG_AND_FIXED) == LONG_AND_FIXED &&
           span_be32(packet, 1, &version) && is_version(version) &&
           span_u8(packet, 5, &destination) && destination <= CONNECTION_ID_MAX &&
           span_u8(packet, 6u + destination, &source) && source <= CONNECTION_ID_MAX;
}
