/* Wraps the connections of a capture into TLS 1.3, packet by packet: the same segments at the same
 * times, with records for payload, a handshake behind TCP's, and a close_notify in front of each
 * FIN. What is said and when stays the same, so a judgement must, too.
 *
 * wrap2tls IN.pcap OUT.pcap KEYS: status 77 and a reason if the capture cannot be wrapped: a
 * connection without its handshake, bytes that the snap length cut, numbers that fit nowhere. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"
#include "decode/decode.h"
#include "session/tls_handshake.h"
#include "session/tls_record.h"
#include "tls_seal.h"

#define SUITE 0x1301
#define OVERHEAD 22 /* header, type, tag */
#define RECORD_MAX 16384
#define SECRET_SIZE 32
#define ALERT_SIZE (2 + OVERHEAD)
#define CANNOT_BE_WRAPPED 77

enum { CLIENT, SERVER };

typedef struct Packet {
    Segment segment; /* its payload is owned */
    unsigned connection;
    int side;
} Packet;

/* A range of clear bytes that becomes a record. */
typedef struct Piece {
    int64_t start, end;
    int64_t place;        /* of the record in the direction's bytes, behind the handshake */
    const uint8_t *bytes; /* NULL: nobody has them */
    GByteArray *record;
} Piece;

typedef struct Direction {
    uint32_t base; /* the number of its first byte */
    bool begun, ended;
    int64_t end;       /* of its data, if a FIN was seen */
    GArray *cuts;      /* int64_t: where records begin and end */
    GArray *pieces;    /* Piece */
    int64_t handshake; /* bytes */
    GByteArray *hello[2], *alert;
} Direction;

typedef struct Link {
    IpAddress address[2];
    uint16_t port[2];
    Direction half[2];
    guint insert; /* the packet behind which the handshake stands; 0: none yet */
    bool over;    /* a new SYN begins another one */
} Link;

static GArray *packets; /* Packet */
static GArray *links;   /* Link */
static FILE *out, *keys;

static void refuse(const char *why)
{
    printf("cannot be wrapped: %s\n", why);
    exit(CANNOT_BE_WRAPPED);
}

/* Reading -------------------------------------------------------------------------------------- */

static void take_frame(Decoder *decoder, const Frame *frame)
{
    Packet packet = { .side = CLIENT };
    if (decode_frame(decoder, frame, &packet.segment) != DECODE_SEGMENT)
        return;
    if (packet.segment.payload.length != packet.segment.length)
        refuse("bytes are cut");
    packet.segment.payload.bytes =
        g_memdup2(packet.segment.payload.bytes, packet.segment.payload.length);
    g_array_append_val(packets, packet);
}

static void read_packets(const char *path)
{
    g_autoptr(GError) error = NULL;
    CaptureOptions options = { .hash = false };
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, &options, &error);
    g_autoptr(Decoder) decoder = decoder_new();
    FrameBatch batch = { 0 };
    if (!reader)
        refuse(error->message);
    while (capture_reader_next(reader, &batch, NULL))
        for (size_t i = 0; i < batch.count; i++)
            take_frame(decoder, &batch.frames[i]);
    frame_batch_clear(&batch);
}

static bool is_end(const Link *link, int side, const IpAddress *address, uint16_t port)
{
    return link->port[side] == port && link->address[side].version == address->version &&
           memcmp(link->address[side].bytes, address->bytes, sizeof address->bytes) == 0;
}

static Link *find_link(const Segment *segment, int *ret_side, unsigned *ret_index)
{
    for (guint i = links->len; i-- > 0;) {
        Link *link = &g_array_index(links, Link, i);
        for (int side = 0; side < 2; side++)
            if (is_end(link, side, &segment->source, segment->source_port) &&
                is_end(link, !side, &segment->destination, segment->destination_port)) {
                *ret_side = side;
                *ret_index = i;
                return link;
            }
    }
    return NULL;
}

static Link *begin_link(const Segment *segment, unsigned *ret_index)
{
    Link link = { .address = { segment->source, segment->destination },
                  .port = { segment->source_port, segment->destination_port } };
    for (int side = 0; side < 2; side++) {
        link.half[side].cuts = g_array_new(FALSE, FALSE, sizeof(int64_t));
        link.half[side].pieces = g_array_new(FALSE, TRUE, sizeof(Piece));
    }
    *ret_index = links->len;
    g_array_append_val(links, link);
    return &g_array_index(links, Link, links->len - 1);
}

static int64_t offset_of(const Direction *half, uint32_t number)
{
    return (int32_t)(number - half->base);
}

static void cut(Direction *half, int64_t at)
{
    if (at > 0)
        g_array_append_val(half->cuts, at);
}

static void take_syn(Link *link, int side, const Segment *segment)
{
    Direction *half = &link->half[side];
    if (segment->length || (half->begun && half->base != segment->sequence + 1))
        refuse("a SYN with data, or with another number");
    half->begun = true;
    half->base = segment->sequence + 1;
}

static void take_segment(Link *link, int side, const Segment *segment, guint index)
{
    Direction *half = &link->half[side], *other = &link->half[!side];
    if (!half->begun || !other->begun)
        refuse("no handshake");
    int64_t from = offset_of(half, segment->sequence), to = from + segment->length;
    if (link->insert == 0) {
        if (side != CLIENT || segment->length || segment->flags & (TCP_FIN | TCP_RST))
            refuse("no third packet");
        link->insert = index;
    }
    if (segment->length) {
        if (from < 0)
            refuse("data before the first byte");
        cut(half, from);
        cut(half, to);
    }
    if (segment->flags & TCP_FIN) {
        if (half->ended && half->end != to)
            refuse("two ends");
        half->ended = true;
        half->end = to;
        cut(half, to);
    }
    if (segment->flags & TCP_RST)
        link->over = true;
}

/* An acknowledgement within data splits the record. Of a FIN: the FIN has to be there. */
static void take_acknowledgement(Link *link, int side, const Segment *segment)
{
    Direction *other = &link->half[!side];
    int64_t reached = offset_of(other, segment->acknowledgement);
    if (!(segment->flags & TCP_ACK) || segment->flags & TCP_SYN)
        return;
    if (reached > 0 && !(other->ended && reached > other->end))
        cut(other, reached);
}

static void sort_out(void)
{
    for (guint i = 0; i < packets->len; i++) {
        Packet *packet = &g_array_index(packets, Packet, i);
        const Segment *segment = &packet->segment;
        bool opens = (segment->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
        Link *link = find_link(segment, &packet->side, &packet->connection);
        bool again = link && opens &&
                     (packet->side != CLIENT || link->half[CLIENT].base != segment->sequence + 1);
        if (opens && (!link || again)) {
            link = begin_link(segment, &packet->connection);
            packet->side = CLIENT;
        }
        if (!link)
            refuse("it begins in mid-stream");
        if (segment->flags & TCP_SYN)
            take_syn(link, packet->side, segment);
        else
            take_segment(link, packet->side, segment, i);
    }
    for (guint i = 0; i < packets->len; i++) {
        const Packet *packet = &g_array_index(packets, Packet, i);
        Link *link = &g_array_index(links, Link, packet->connection);
        take_acknowledgement(link, packet->side, &packet->segment);
    }
}

/* Records -------------------------------------------------------------------------------------- */

static int compare_cuts(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void make_pieces(Direction *half)
{
    if (half->cuts->len > 0)
        qsort(half->cuts->data, half->cuts->len, sizeof(int64_t), compare_cuts);
    int64_t at = 0, place = 0;
    for (guint i = 0; i < half->cuts->len; i++) {
        int64_t to = g_array_index(half->cuts, int64_t, i);
        while (at < to) {
            Piece piece = { .start = at, .end = MIN(to, at + RECORD_MAX), .place = place };
            g_array_append_val(half->pieces, piece);
            place += piece.end - at + OVERHEAD;
            at = piece.end;
        }
    }
}

/* What the first packet that has them said. */
static void fill_pieces(void)
{
    for (guint i = 0; i < packets->len; i++) {
        const Packet *packet = &g_array_index(packets, Packet, i);
        Direction *half = &g_array_index(links, Link, packet->connection).half[packet->side];
        int64_t from = offset_of(half, packet->segment.sequence);
        for (guint p = 0; packet->segment.length && p < half->pieces->len; p++) {
            Piece *piece = &g_array_index(half->pieces, Piece, p);
            if (!piece->bytes && piece->start >= from &&
                piece->end <= from + packet->segment.length)
                piece->bytes = packet->segment.payload.bytes + (piece->start - from);
        }
    }
}

static void put_hex(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fprintf(keys, "%02x", bytes[i]);
}

static void put_key(const char *label, const uint8_t *random, const uint8_t *secret)
{
    fprintf(keys, "%s ", label);
    put_hex(random, TLS_RANDOM_SIZE);
    fputc(' ', keys);
    put_hex(secret, SECRET_SIZE);
    fputc('\n', keys);
}

static void append_clear(GByteArray *to, uint8_t message, const uint8_t *random, const char *rest,
                         size_t length)
{
    uint8_t head[] = { TLS_HANDSHAKE,          3, 3, 0, (uint8_t)(4 + 34 + length), message, 0, 0,
                       (uint8_t)(34 + length), 3, 3 };
    g_byte_array_append(to, head, sizeof head);
    g_byte_array_append(to, random, TLS_RANDOM_SIZE);
    g_byte_array_append(to, (const guint8 *)rest, (guint)length);
}

static void seal_message(TlsSeal *seal, uint8_t type, uint8_t size, GByteArray *to)
{
    uint8_t message[64] = { type, 0, 0, size };
    tls_seal_record(seal, TLS_HANDSHAKE, span_make(message, 4u + size), to);
}

/* ClientHello; ServerHello, EncryptedExtensions, Finished; the client's Finished. */
static void shake_hands(Link *link, const uint8_t *random, TlsSeal seals[2])
{
    static const char OFFER[] = "\0\0\2\x13\x01\1\0\0\7\0\x2b\0\3\2\3\4";
    static const char CHOICE[] = "\0\x13\x01\0\0\6\0\x2b\0\2\3\4";
    Direction *client = &link->half[CLIENT], *server = &link->half[SERVER];
    for (int i = 0; i < 2; i++)
        client->hello[i] = g_byte_array_new();
    server->hello[0] = g_byte_array_new();
    append_clear(client->hello[0], TLS_CLIENT_HELLO, random, OFFER, sizeof OFFER - 1);
    append_clear(server->hello[0], TLS_SERVER_HELLO, random, CHOICE, sizeof CHOICE - 1);
    seal_message(&seals[SERVER], TLS_ENCRYPTED_EXTENSIONS, 2, server->hello[0]);
    seal_message(&seals[SERVER], TLS_FINISHED, 32, server->hello[0]);
    seal_message(&seals[CLIENT], TLS_FINISHED, 32, client->hello[1]);
    client->handshake = client->hello[0]->len + client->hello[1]->len;
    server->handshake = server->hello[0]->len;
}

static void seal_direction(Direction *half, TlsSeal *seal)
{
    for (guint p = 0; p < half->pieces->len; p++) {
        Piece *piece = &g_array_index(half->pieces, Piece, p);
        piece->record = g_byte_array_new();
        static const uint8_t zeros[RECORD_MAX];
        tls_seal_record(
            seal, TLS_DATA,
            span_make(piece->bytes ? piece->bytes : zeros, (size_t)(piece->end - piece->start)),
            piece->record);
    }
    half->alert = g_byte_array_new();
    tls_seal_record(seal, TLS_ALERT, span_make((const uint8_t *)"\1\0", 2), half->alert);
}

static void seal_link(Link *link, unsigned number)
{
    static const char *const LABELS[2][2] = {
        { "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0" },
        { "SERVER_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0" },
    };
    uint8_t random[TLS_RANDOM_SIZE] = { 0 }, secret[SECRET_SIZE];
    TlsSeal seals[2];
    random[0] = (uint8_t)number;
    random[1] = (uint8_t)(number >> 8);
    for (int phase = 0; phase < 2; phase++) {
        for (int side = 0; side < 2; side++) {
            memset(secret, 1 + side + 2 * phase, sizeof secret);
            memcpy(secret, random, 2);
            put_key(LABELS[side][phase], random, secret);
            seals[side] = tls_seal_13(tls_suite_find(SUITE), span_make(secret, sizeof secret));
        }
        if (phase == 0)
            shake_hands(link, random, seals);
    }
    for (int side = 0; side < 2; side++)
        seal_direction(&link->half[side], &seals[side]);
}

/* Writing -------------------------------------------------------------------------------------- */

/* The place in TLS of what stands at a clear offset. */
static int64_t place_of(const Direction *half, int64_t offset)
{
    if (offset <= 0)
        return half->handshake + offset;
    if (half->ended && offset > half->end)
        return place_of(half, half->end) + ALERT_SIZE + (offset - half->end);
    for (guint p = 0; p < half->pieces->len; p++) {
        const Piece *piece = &g_array_index(half->pieces, Piece, p);
        if (offset == piece->end)
            return half->handshake + piece->place + (piece->end - piece->start) + OVERHEAD;
        if (offset + 1 == piece->end) /* a probe */
            return place_of(half, offset + 1) - 1;
        if (offset < piece->end)
            refuse("a number within a record");
    }
    refuse("a number behind all data");
    return 0;
}

static void put16(GByteArray *to, unsigned value)
{
    uint8_t bytes[] = { (uint8_t)(value >> 8), (uint8_t)value };
    g_byte_array_append(to, bytes, sizeof bytes);
}

static void put32(GByteArray *to, uint32_t value)
{
    put16(to, value >> 16);
    put16(to, value & 0xffff);
}

static void put_ip(GByteArray *to, const Segment *segment, size_t length)
{
    static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
    bool six = segment->source.version == 6;
    unsigned size = six ? 16 : 4;
    g_byte_array_append(to, macs, sizeof macs);
    put16(to, six ? 0x86dd : 0x0800);
    if (six) {
        put32(to, 0x60000000);
        put16(to, (unsigned)length);
        put16(to, 6u << 8 | segment->hops);
    } else {
        put16(to, 0x4500);
        put16(to, 20 + (unsigned)length);
        put16(to, segment->packet_id);
        put16(to, 0x4000);
        put16(to, (unsigned)segment->hops << 8 | 6);
        put16(to, 0);
    }
    g_byte_array_append(to, segment->source.bytes, size);
    g_byte_array_append(to, segment->destination.bytes, size);
}

static void put_tcp(GByteArray *to, const Segment *segment)
{
    bool shifts = segment->flags & TCP_SYN && segment->window_shift >= 0;
    put16(to, segment->source_port);
    put16(to, segment->destination_port);
    put32(to, segment->sequence);
    put32(to, segment->flags & TCP_ACK ? segment->acknowledgement : 0);
    put16(to, (shifts ? 0x6000u : 0x5000u) | segment->flags);
    put16(to, segment->window);
    put32(to, 0);
    if (shifts)
        put32(to, 0x01030300u | (uint8_t)segment->window_shift);
}

static void put_host32(GByteArray *to, uint32_t value)
{
    g_byte_array_append(to, (const guint8 *)&value, sizeof value);
}

static void write_frame(const Segment *segment, const GByteArray *payload)
{
    g_autoptr(GByteArray) tcp = g_byte_array_new(), frame = g_byte_array_new();
    g_autoptr(GByteArray) record = g_byte_array_new();
    put_tcp(tcp, segment);
    put_ip(frame, segment, tcp->len + payload->len);
    g_byte_array_append(frame, tcp->data, tcp->len);
    g_byte_array_append(frame, payload->data, payload->len);
    put_host32(record, (uint32_t)(segment->time / NS_PER_SECOND));
    put_host32(record, (uint32_t)(segment->time % NS_PER_SECOND));
    put_host32(record, frame->len);
    put_host32(record, frame->len);
    fwrite(record->data, 1, record->len, out);
    fwrite(frame->data, 1, frame->len, out);
}

static void write_hello(const Link *link, const Packet *behind, int side, const GByteArray *bytes,
                        int64_t place, int64_t known)
{
    Segment segment = behind->segment;
    if (side == SERVER) {
        segment.source = behind->segment.destination;
        segment.destination = behind->segment.source;
        segment.source_port = behind->segment.destination_port;
        segment.destination_port = behind->segment.source_port;
    }
    segment.flags = TCP_ACK | TCP_PSH;
    segment.window = 0xffff;
    segment.packet_id = 0;
    segment.sequence = link->half[side].base + (uint32_t)place;
    segment.acknowledgement = link->half[!side].base + (uint32_t)known;
    write_frame(&segment, bytes);
}

static void write_handshake(const Link *link, const Packet *behind)
{
    const Direction *client = &link->half[CLIENT], *server = &link->half[SERVER];
    write_hello(link, behind, CLIENT, client->hello[0], 0, 0);
    write_hello(link, behind, SERVER, server->hello[0], 0, client->hello[0]->len);
    write_hello(link, behind, CLIENT, client->hello[1], client->hello[0]->len, server->handshake);
}

static void add_records(const Direction *half, int64_t from, int64_t to, GByteArray *payload)
{
    for (guint p = 0; p < half->pieces->len; p++) {
        const Piece *piece = &g_array_index(half->pieces, Piece, p);
        if (piece->start >= from && piece->end <= to)
            g_byte_array_append(payload, piece->record->data, piece->record->len);
    }
}

static void write_wrapped(const Packet *packet, bool shaken)
{
    Link *link = &g_array_index(links, Link, packet->connection);
    const Direction *half = &link->half[packet->side], *other = &link->half[!packet->side];
    g_autoptr(GByteArray) payload = g_byte_array_new();
    Segment segment = packet->segment;
    int64_t from = offset_of(half, segment.sequence);
    if (shaken && !(segment.flags & TCP_SYN)) {
        add_records(half, from, from + segment.length, payload);
        if (segment.flags & TCP_FIN)
            g_byte_array_append(payload, half->alert->data, half->alert->len);
        segment.sequence = half->base + (uint32_t)place_of(half, from);
        if (segment.flags & TCP_ACK)
            segment.acknowledgement =
                other->base + (uint32_t)place_of(other, offset_of(other, segment.acknowledgement));
    }
    write_frame(&segment, payload);
}

static void write_all(void)
{
    g_autoptr(GByteArray) header = g_byte_array_new();
    put_host32(header, 0xa1b23c4d);
    put_host32(header, 2 | 4 << 16);
    put_host32(header, 0);
    put_host32(header, 0);
    put_host32(header, 262144);
    put_host32(header, 1);
    fwrite(header->data, 1, header->len, out);
    for (guint i = 0; i < packets->len; i++) {
        const Packet *packet = &g_array_index(packets, Packet, i);
        const Link *link = &g_array_index(links, Link, packet->connection);
        write_wrapped(packet, link->insert && i > link->insert);
        if (link->insert && i == link->insert)
            write_handshake(link, packet);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    packets = g_array_new(FALSE, FALSE, sizeof(Packet));
    links = g_array_new(FALSE, FALSE, sizeof(Link));
    read_packets(argv[1]);
    sort_out();
    keys = fopen(argv[3], "w");
    out = fopen(argv[2], "w");
    if (!keys || !out)
        return 2;
    for (guint i = 0; i < links->len; i++) {
        Link *link = &g_array_index(links, Link, i);
        make_pieces(&link->half[CLIENT]);
        make_pieces(&link->half[SERVER]);
    }
    fill_pieces();
    for (guint i = 0; i < links->len; i++)
        seal_link(&g_array_index(links, Link, i), i);
    write_all();
    return fclose(out) != 0 || fclose(keys) != 0;
}
