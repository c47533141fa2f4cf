/* Which connection a frame belongs to is the table's word for each segment. A fragment has none
 * until its packet is whole: until then it waits in a line, and so does what comes after it,
 * because frames keep their order. The line is empty nearly always. A fragment leaves it when its
 * packet is whole, when it is older than any packet may become, or at a bound, and that is
 * counted.
 *
 * A packet in fragments may hold a fragment of another one (a tunnel): then the frames of the
 * outer one wait for the inner one.
 *
 * Captures are open only while something is written to them. What is to be written is collected
 * per capture, and written out for all of them when it is too much. */
#include "packets/evidence_writer.h"

#include <openssl/crypto.h>

#include "base/text.h"
#include "capture/clock_note.h"
#include "capture/pcapng_writer.h"
#include "decode/fragments.h"

/* Packets in fragments that are whole, remembered because a copy of a fragment may follow. */
#define WHOLE_MAX 4096

typedef struct Part {
    const EvidenceItem *item;
    FrameId connection;
    unsigned file; /* its index */
    GByteArray *unwritten;
    GArray *interfaces; /* InterfaceKey */
    uint64_t packets;
} Part;

typedef struct InterfaceKey {
    unsigned input;
    PcapngInterface described; /* without its texts */
} InterfaceKey;

/* A frame in the line. */
typedef struct Waiting {
    Frame frame;    /* points into: */
    uint8_t *bytes; /* owned */
    Nanoseconds since;
    uint64_t datagram; /* for which it waits; 0: it does not, and goes to: */
    Part *part;        /* NULL: nowhere */
} Waiting;

/* A packet in fragments that is whole: it belongs to a part, or is a fragment of another one. */
typedef struct Whole {
    uint64_t datagram;
    uint64_t instead; /* 0: not */
    Part *part;
} Whole;

struct EvidenceWriter {
    const CaptureInputs *inputs;
    EvidenceWriterLimits limits;
    EvidenceFiles files;
    EvidenceRoles roles;
    Part *parts;
    unsigned part_count;
    GHashTable *by_connection; /* FrameId to Part */
    GQueue line;               /* Waiting */
    size_t line_bytes;
    size_t unwritten;
    Whole whole[WHOLE_MAX]; /* by the number */
    uint64_t given_up;
    GError *failure;
};

/* Captures ------------------------------------------------------------------------------------- */

static void write_out(EvidenceWriter *writer)
{
    for (unsigned i = 0; i < writer->part_count && !writer->failure; i++) {
        Part *part = &writer->parts[i];
        if (part->unwritten->len == 0)
            continue;
        writer->files.append(writer->files.data, part->file, part->unwritten->data,
                             part->unwritten->len, &writer->failure);
        g_byte_array_unref(part->unwritten);
        part->unwritten = g_byte_array_new();
    }
    writer->unwritten = 0;
}

static uint32_t interface_of(const EvidenceWriter *writer, Part *part, unsigned input,
                             const PcapngInterface *of)
{
    guint at = part->interfaces->len;
    while (at-- > 0) {
        const InterfaceKey *key = &g_array_index(part->interfaces, InterfaceKey, at);
        if (key->input == input && key->described.link_type == of->link_type &&
            key->described.early == of->early && key->described.tick == of->tick)
            return at;
    }
    InterfaceKey key = { .input = input, .described = *of };
    g_autofree char *name = g_strdup_printf("input %u", input);
    g_autoptr(GString) path = g_string_new(NULL);
    text_append_path(path, capture_inputs_file(writer->inputs, input)->path);
    PcapngInterface interface = *of;
    interface.name = name;
    interface.description = path->str;
    pcapng_append_interface(part->unwritten, &interface);
    g_array_append_val(part->interfaces, key);
    return part->interfaces->len - 1;
}

static void write_packet(EvidenceWriter *writer, Part *part, const Frame *frame)
{
    PcapngInterface of = { .link_type = frame->link_type, .early = frame->time < 0 };
    if (frame->clock.tick != CLOCK_NO_TIME)
        of.tick = frame->clock.tick;
    guint before = part->unwritten->len;
    uint32_t interface = interface_of(writer, part, frame_input(frame->id), &of);
    g_autofree char *comment = clock_note_new(frame->id, frame->clock);
    const EvidenceRoles *roles = &writer->roles;
    const char *role = roles->role ? roles->role(roles->data, part->connection, frame->id) : NULL;
    const char *comments[] = { comment, role };
    pcapng_append_packet(part->unwritten, interface, &of, frame, comments);
    part->packets++;
    writer->unwritten += part->unwritten->len - before;
    if (writer->unwritten > writer->limits.unwritten)
        write_out(writer);
}

static bool begin_part(EvidenceWriter *writer, Part *part, const char *version, GError **error)
{
    FrameId connection = part->item->connection;
    g_autofree char *name = evidence_item_file_name(part->item);
    g_autofree char *application = g_strconcat(PCAPNG_APPLICATION, version, NULL);
    g_autoptr(GString) comment = g_string_new(NULL);
    g_string_printf(comment, "The packets of connection " CONNECTION_NAME " (%s%s), taken from ",
                    frame_input(connection), frame_number(connection),
                    part->item->contradicted ? "contradicted: " : "",
                    evidence_item_reason(part->item));
    text_append_escaped(
        comment, span_of_text(capture_inputs_file(writer->inputs, frame_input(connection))->path));
    part->unwritten = g_byte_array_new();
    part->interfaces = g_array_new(FALSE, FALSE, sizeof(InterfaceKey));
    pcapng_append_section(part->unwritten, application, comment->str);
    writer->unwritten += part->unwritten->len;
    return writer->files.add(writer->files.data, name, &part->file, error);
}

EvidenceWriter *evidence_writer_new(const EvidenceList *evidence_list, const CaptureInputs *inputs,
                                    const EvidenceWriterLimits *limits, const char *version,
                                    const EvidenceFiles *files, const EvidenceRoles *roles,
                                    GError **error)
{
    g_autoptr(EvidenceWriter) writer = g_new0(EvidenceWriter, 1);
    writer->inputs = inputs;
    writer->limits = *limits;
    writer->files = *files;
    writer->roles = roles ? *roles : (EvidenceRoles){ .role = NULL };
    writer->parts = g_new0(Part, evidence_list->list->len);
    writer->by_connection = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_queue_init(&writer->line);
    for (; writer->part_count < evidence_list->list->len;) {
        Part *part = &writer->parts[writer->part_count++];
        part->item = evidence_list_get(evidence_list, writer->part_count - 1);
        if (!begin_part(writer, part, version, error))
            return NULL;
        part->connection = part->item->connection;
        g_hash_table_insert(writer->by_connection, &part->connection, part);
    }
    return g_steal_pointer(&writer);
}

/* Straight to the file: an array that grows leaves copies behind. */
static bool add_secrets(EvidenceWriter *writer, const Part *part, const TlsKeys *keys,
                        GError **error)
{
    static const gsize most = TLS_RANDOMS_MAX * TLS_KEYS_LINES_MAX;
    char *lines = g_malloc(most);
    size_t length = 0;
    for (unsigned i = 0; i < part->item->random_count; i++)
        length += tls_keys_lines(keys, part->item->randoms[i], lines + length);
    GByteArray *block = g_byte_array_sized_new((guint)(2 * most));
    if (length)
        pcapng_append_secrets(block, span_make(lines, length));
    bool written = length == 0 || writer->files.append(writer->files.data, part->file, block->data,
                                                       block->len, error);
    if (length)
        OPENSSL_cleanse(block->data, block->len);
    OPENSSL_cleanse(lines, most);
    g_byte_array_unref(block);
    g_free(lines);
    return written;
}

bool evidence_writer_add_secrets(EvidenceWriter *writer, const TlsKeys *keys, GError **error)
{
    write_out(writer);
    if (writer->failure) {
        g_propagate_error(error, g_steal_pointer(&writer->failure));
        return false;
    }
    for (unsigned i = 0; i < writer->part_count; i++)
        if (!add_secrets(writer, &writer->parts[i], keys, error))
            return false;
    return true;
}

/* The line ------------------------------------------------------------------------------------- */

static void line_add(EvidenceWriter *writer, const Frame *frame, uint64_t datagram, Part *part)
{
    Waiting *waiting = g_new(Waiting, 1);
    *waiting =
        (Waiting){ .frame = *frame, .since = frame->time, .datagram = datagram, .part = part };
    waiting->bytes = g_memdup2(frame->bytes.bytes, frame->bytes.length);
    waiting->frame.bytes = span_make(waiting->bytes, frame->bytes.length);
    g_queue_push_tail(&writer->line, waiting);
    writer->line_bytes += frame->bytes.length;
}

static void line_remove_first(EvidenceWriter *writer)
{
    Waiting *waiting = g_queue_pop_head(&writer->line);
    writer->line_bytes -= waiting->frame.bytes.length;
    g_free(waiting->bytes);
    g_free(waiting);
}

static bool is_stale(const Waiting *waiting, Nanoseconds now)
{
    return now - waiting->since > FRAGMENTS_LIFE || waiting->since - now > FRAGMENTS_LIFE;
}

static bool line_is_full(const EvidenceWriter *writer)
{
    return writer->line.length > writer->limits.frames || writer->line_bytes > writer->limits.bytes;
}

/* What need not wait any longer leaves. */
static void line_advance(EvidenceWriter *writer, Nanoseconds now)
{
    const Waiting *first;
    while ((first = g_queue_peek_head(&writer->line))) {
        if (first->datagram && !is_stale(first, now)) {
            if (!line_is_full(writer))
                return;
            writer->given_up++;
        }
        if (!first->datagram && first->part)
            write_packet(writer, first->part, &first->frame);
        line_remove_first(writer);
    }
}

/* Those that wait for a packet wait for the one around which it was, or for none. */
static void settle(EvidenceWriter *writer, uint64_t datagram, uint64_t instead, Part *part,
                   Nanoseconds now)
{
    for (GList *link = writer->line.head; link; link = link->next) {
        Waiting *waiting = link->data;
        if (waiting->datagram != datagram)
            continue;
        waiting->datagram = instead;
        waiting->part = part;
        waiting->since = now;
    }
}

static void remember_whole(EvidenceWriter *writer, uint64_t datagram, uint64_t instead, Part *part)
{
    writer->whole[datagram % WHOLE_MAX] = (Whole){ datagram, instead, part };
}

/* NULL: none yet; *datagram is then the one for which to wait. */
static Part *find_whole(const EvidenceWriter *writer, uint64_t *datagram)
{
    for (unsigned depth = 0; depth < DECODE_TRAIL_MAX; depth++) {
        const Whole *whole = &writer->whole[*datagram % WHOLE_MAX];
        if (whole->datagram != *datagram)
            return NULL;
        if (!whole->instead)
            return whole->part;
        *datagram = whole->instead;
    }
    return NULL;
}

/* Where the frame goes; *ret_datagram: the packet for which it has to wait. */
static Part *follow_trail(EvidenceWriter *writer, const Frame *frame, const FrameResult *result,
                          Part *part, uint64_t *ret_datagram)
{
    const DecodeTrail *trail = result->trail;
    uint64_t last = trail->datagrams[trail->count - 1];
    bool waits = result->result == DECODE_FRAGMENT;
    if (waits) {
        *ret_datagram = last;
        part = find_whole(writer, ret_datagram);
        if (part)
            *ret_datagram = 0;
    }
    for (unsigned i = 0; i < trail->count; i++) {
        if (trail->datagrams[i] == last && waits)
            break;
        settle(writer, trail->datagrams[i], *ret_datagram, part, frame->time);
        if (part || *ret_datagram)
            remember_whole(writer, trail->datagrams[i], *ret_datagram, part);
    }
    return part;
}

void evidence_writer_frame(EvidenceWriter *writer, const Frame *frame, const FrameResult *result)
{
    Part *part = NULL;
    uint64_t datagram = 0;
    if (result->owner.belongs)
        part = g_hash_table_lookup(writer->by_connection, &result->owner.belongs);
    if (result->trail->count)
        part = follow_trail(writer, frame, result, part, &datagram);
    if (datagram || (part && writer->line.length))
        line_add(writer, frame, datagram, part);
    else if (part)
        write_packet(writer, part, frame);
    if (writer->line.length)
        line_advance(writer, frame->time);
}

static void hear_frame(void *data, const Frame *frame, const FrameResult *result)
{
    evidence_writer_frame(data, frame, result);
}

static void hear_no_more(void *data)
{
    evidence_writer_pause(data);
}

AuditListener evidence_writer_listener(EvidenceWriter *writer)
{
    return (AuditListener){ .data = writer, .frame = hear_frame, .no_more_frames = hear_no_more };
}

bool evidence_writer_failed(const EvidenceWriter *writer)
{
    return writer->failure;
}

void evidence_writer_pause(EvidenceWriter *writer)
{
    while (writer->line.length) {
        Waiting *first = g_queue_peek_head(&writer->line);
        if (!first->datagram && first->part)
            write_packet(writer, first->part, &first->frame);
        line_remove_first(writer);
    }
    memset(writer->whole, 0, sizeof writer->whole);
}

bool evidence_writer_finish(EvidenceWriter *writer, GError **error)
{
    evidence_writer_pause(writer);
    write_out(writer);
    if (!writer->failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&writer->failure));
    return false;
}

uint64_t evidence_writer_packets(const EvidenceWriter *writer, unsigned index)
{
    return writer->parts[index].packets;
}

uint64_t evidence_writer_given_up(const EvidenceWriter *writer)
{
    return writer->given_up;
}

void evidence_writer_free(EvidenceWriter *writer)
{
    if (!writer)
        return;
    while (writer->line.length)
        line_remove_first(writer);
    for (unsigned i = 0; i < writer->part_count; i++) {
        if (writer->parts[i].unwritten)
            g_byte_array_unref(writer->parts[i].unwritten);
        if (writer->parts[i].interfaces)
            g_array_unref(writer->parts[i].interfaces);
    }
    if (writer->by_connection)
        g_hash_table_unref(writer->by_connection);
    g_clear_error(&writer->failure);
    g_free(writer->parts);
    g_free(writer);
}
