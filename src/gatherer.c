/* Which connection a frame belongs to is the table's word for each segment. A fragment has none until
 * its packet is whole: until then it waits in a line, and so does what comes after it, because frames
 * keep their order. The line is empty nearly always. A fragment leaves it when its packet is whole,
 * when it is older than any packet may become, or at a bound, and that is counted.
 *
 * A packet in fragments may hold a fragment of another one (a tunnel): then the frames of the outer one
 * wait for the inner one.
 *
 * Captures are open only while something is written to them. What is to be written is collected per
 * capture, and written out for all of them when it is too much. */
#include "gatherer.h"

#include "base/text.h"
#include "capture/pcapng_writer.h"
#include "decode/fragments.h"

/* Packets in fragments that are whole, remembered because a copy of a fragment may follow. */
#define WHOLE_MAX 4096

typedef struct Part {
    const Exhibit *exhibit;
    FrameId connection;
    unsigned file; /* of the output */
    GByteArray *unwritten;
    GArray *interfaces; /* InterfaceKey */
    uint64_t packets;
} Part;

typedef struct InterfaceKey {
    unsigned input;
    int link_type;
    bool early;
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

struct Gatherer {
    const CaptureInputs *inputs;
    GathererLimits limits;
    Output *output;
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

static void write_out(Gatherer *gatherer)
{
    for (unsigned i = 0; i < gatherer->part_count && !gatherer->failure; i++) {
        Part *part = &gatherer->parts[i];
        if (part->unwritten->len == 0)
            continue;
        output_append(gatherer->output, part->file, part->unwritten->data, part->unwritten->len,
                      &gatherer->failure);
        g_byte_array_unref(part->unwritten);
        part->unwritten = g_byte_array_new();
    }
    gatherer->unwritten = 0;
}

static uint32_t interface_of(const Gatherer *gatherer, Part *part, const Frame *frame, bool early)
{
    unsigned input = frame_input(frame->id);
    guint at = part->interfaces->len;
    while (at-- > 0) {
        const InterfaceKey *key = &g_array_index(part->interfaces, InterfaceKey, at);
        if (key->input == input && key->link_type == frame->link_type && key->early == early)
            return at;
    }
    InterfaceKey key = { .input = input, .link_type = frame->link_type, .early = early };
    g_autofree char *name = g_strdup_printf("input %u", input);
    g_autoptr(GString) path = g_string_new(NULL);
    text_append_escaped(path, span_of_text(capture_inputs_file(gatherer->inputs, input)->path));
    PcapngInterface interface = {
        .link_type = frame->link_type, .early = early, .name = name, .description = path->str
    };
    pcapng_append_interface(part->unwritten, &interface);
    g_array_append_val(part->interfaces, key);
    return part->interfaces->len - 1;
}

static void write_packet(Gatherer *gatherer, Part *part, const Frame *frame)
{
    char comment[64];
    bool early = frame->time < 0;
    guint before = part->unwritten->len;
    uint32_t interface = interface_of(gatherer, part, frame, early);
    g_snprintf(comment, sizeof comment, "frame %" G_GUINT64_FORMAT " of input %u",
               frame_number(frame->id), frame_input(frame->id));
    pcapng_append_packet(part->unwritten, interface, early, frame, comment);
    part->packets++;
    gatherer->unwritten += part->unwritten->len - before;
    if (gatherer->unwritten > gatherer->limits.unwritten)
        write_out(gatherer);
}

static bool begin_part(Gatherer *gatherer, Part *part, const char *version, GError **error)
{
    FrameId connection = part->exhibit->connection;
    g_autofree char *name = exhibit_file_name(part->exhibit);
    g_autofree char *application = g_strdup_printf("connaudit %s", version);
    g_autoptr(GString) comment = g_string_new(NULL);
    g_string_printf(
        comment, "The packets of connection %u:%" G_GUINT64_FORMAT " (%s%s), taken from ",
        frame_input(connection), frame_number(connection),
        part->exhibit->contradicted ? "contradicted: " : "", exhibit_reason(part->exhibit));
    text_append_escaped(
        comment,
        span_of_text(capture_inputs_file(gatherer->inputs, frame_input(connection))->path));
    part->unwritten = g_byte_array_new();
    part->interfaces = g_array_new(FALSE, FALSE, sizeof(InterfaceKey));
    pcapng_append_section(part->unwritten, application, comment->str);
    gatherer->unwritten += part->unwritten->len;
    return output_add(gatherer->output, name, &part->file, error);
}

Gatherer *gatherer_new(const Exhibits *exhibits, const CaptureInputs *inputs,
                       const GathererLimits *limits, const char *version, Output *output,
                       GError **error)
{
    g_autoptr(Gatherer) gatherer = g_new0(Gatherer, 1);
    gatherer->inputs = inputs;
    gatherer->limits = *limits;
    gatherer->output = output;
    gatherer->parts = g_new0(Part, exhibits->list->len);
    gatherer->by_connection = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_queue_init(&gatherer->line);
    for (; gatherer->part_count < exhibits->list->len;) {
        Part *part = &gatherer->parts[gatherer->part_count++];
        part->exhibit = exhibits_get(exhibits, gatherer->part_count - 1);
        if (!begin_part(gatherer, part, version, error))
            return NULL;
        part->connection = part->exhibit->connection;
        g_hash_table_insert(gatherer->by_connection, &part->connection, part);
    }
    return g_steal_pointer(&gatherer);
}

/* The line ------------------------------------------------------------------------------------- */

static void line_add(Gatherer *gatherer, const Frame *frame, uint64_t datagram, Part *part)
{
    Waiting *waiting = g_new(Waiting, 1);
    *waiting =
        (Waiting){ .frame = *frame, .since = frame->time, .datagram = datagram, .part = part };
    waiting->bytes = g_memdup2(frame->bytes.bytes, frame->bytes.length);
    waiting->frame.bytes = span_make(waiting->bytes, frame->bytes.length);
    g_queue_push_tail(&gatherer->line, waiting);
    gatherer->line_bytes += frame->bytes.length;
}

static void line_remove_first(Gatherer *gatherer)
{
    Waiting *waiting = g_queue_pop_head(&gatherer->line);
    gatherer->line_bytes -= waiting->frame.bytes.length;
    g_free(waiting->bytes);
    g_free(waiting);
}

static bool is_stale(const Waiting *waiting, Nanoseconds now)
{
    return now - waiting->since > FRAGMENTS_LIFE || waiting->since - now > FRAGMENTS_LIFE;
}

static bool line_is_full(const Gatherer *gatherer)
{
    return gatherer->line.length > gatherer->limits.frames ||
           gatherer->line_bytes > gatherer->limits.bytes;
}

/* What need not wait any longer leaves. */
static void line_advance(Gatherer *gatherer, Nanoseconds now)
{
    const Waiting *first;
    while ((first = g_queue_peek_head(&gatherer->line))) {
        if (first->datagram && !is_stale(first, now)) {
            if (!line_is_full(gatherer))
                return;
            gatherer->given_up++;
        }
        if (!first->datagram && first->part)
            write_packet(gatherer, first->part, &first->frame);
        line_remove_first(gatherer);
    }
}

/* Those that wait for a packet wait for the one around which it was, or for none. */
static void settle(Gatherer *gatherer, uint64_t datagram, uint64_t instead, Part *part,
                   Nanoseconds now)
{
    for (GList *link = gatherer->line.head; link; link = link->next) {
        Waiting *waiting = link->data;
        if (waiting->datagram != datagram)
            continue;
        waiting->datagram = instead;
        waiting->part = part;
        waiting->since = now;
    }
}

static void remember_whole(Gatherer *gatherer, uint64_t datagram, uint64_t instead, Part *part)
{
    gatherer->whole[datagram % WHOLE_MAX] = (Whole){ datagram, instead, part };
}

/* NULL: none yet; *datagram is then the one for which to wait. */
static Part *find_whole(const Gatherer *gatherer, uint64_t *datagram)
{
    for (unsigned depth = 0; depth < DECODE_TRAIL_MAX; depth++) {
        const Whole *whole = &gatherer->whole[*datagram % WHOLE_MAX];
        if (whole->datagram != *datagram)
            return NULL;
        if (!whole->instead)
            return whole->part;
        *datagram = whole->instead;
    }
    return NULL;
}

/* Where the frame goes; *ret_datagram: the packet for which it has to wait. */
static Part *follow_trail(Gatherer *gatherer, const Frame *frame, const FrameFate *fate, Part *part,
                          uint64_t *ret_datagram)
{
    const DecodeTrail *trail = fate->trail;
    uint64_t last = trail->datagrams[trail->count - 1];
    bool waits = fate->result == DECODE_FRAGMENT;
    if (waits) {
        *ret_datagram = last;
        part = find_whole(gatherer, ret_datagram);
        if (part)
            *ret_datagram = 0;
    }
    for (unsigned i = 0; i < trail->count; i++) {
        if (trail->datagrams[i] == last && waits)
            break;
        settle(gatherer, trail->datagrams[i], *ret_datagram, part, frame->time);
        if (part || *ret_datagram)
            remember_whole(gatherer, trail->datagrams[i], *ret_datagram, part);
    }
    return part;
}

void gatherer_frame(Gatherer *gatherer, const Frame *frame, const FrameFate *fate)
{
    Part *part = NULL;
    uint64_t datagram = 0;
    if (fate->connection)
        part = g_hash_table_lookup(gatherer->by_connection, &fate->connection);
    if (fate->trail->count)
        part = follow_trail(gatherer, frame, fate, part, &datagram);
    if (datagram || (part && gatherer->line.length))
        line_add(gatherer, frame, datagram, part);
    else if (part)
        write_packet(gatherer, part, frame);
    if (gatherer->line.length)
        line_advance(gatherer, frame->time);
}

bool gatherer_failed(const Gatherer *gatherer)
{
    return gatherer->failure;
}

void gatherer_pause(Gatherer *gatherer)
{
    while (gatherer->line.length) {
        Waiting *first = g_queue_peek_head(&gatherer->line);
        if (!first->datagram && first->part)
            write_packet(gatherer, first->part, &first->frame);
        line_remove_first(gatherer);
    }
    memset(gatherer->whole, 0, sizeof gatherer->whole);
}

bool gatherer_finish(Gatherer *gatherer, GError **error)
{
    gatherer_pause(gatherer);
    write_out(gatherer);
    if (!gatherer->failure)
        return true;
    g_propagate_error(error, g_steal_pointer(&gatherer->failure));
    return false;
}

uint64_t gatherer_packets(const Gatherer *gatherer, unsigned index)
{
    return gatherer->parts[index].packets;
}

uint64_t gatherer_given_up(const Gatherer *gatherer)
{
    return gatherer->given_up;
}

void gatherer_free(Gatherer *gatherer)
{
    if (!gatherer)
        return;
    while (gatherer->line.length)
        line_remove_first(gatherer);
    for (unsigned i = 0; i < gatherer->part_count; i++) {
        if (gatherer->parts[i].unwritten)
            g_byte_array_unref(gatherer->parts[i].unwritten);
        if (gatherer->parts[i].interfaces)
            g_array_unref(gatherer->parts[i].interfaces);
    }
    if (gatherer->by_connection)
        g_hash_table_unref(gatherer->by_connection);
    g_clear_error(&gatherer->failure);
    g_free(gatherer->parts);
    g_free(gatherer);
}
