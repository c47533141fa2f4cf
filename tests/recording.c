#include "recording.h"

#include <stdio.h>
#include <stdlib.h>

#include "decode/link.h"

/* Recordings ----------------------------------------------------------------------------------- */

Recording *recording_new(const char *name)
{
    Recording *recording = g_new0(Recording, 1);
    recording->name = g_strdup(name);
    recording->takes = g_array_new(FALSE, FALSE, sizeof(Take));
    recording->memory = g_ptr_array_new_with_free_func(g_free);
    return recording;
}

void recording_free(Recording *recording)
{
    if (!recording)
        return;
    g_free(recording->name);
    g_array_unref(recording->takes);
    g_ptr_array_unref(recording->memory);
    g_free(recording);
}

uint8_t *recording_bytes(Recording *recording, size_t size)
{
    uint8_t *bytes = g_malloc(MAX(size, 1));
    g_ptr_array_add(recording->memory, bytes);
    return bytes;
}

void recording_append(Recording *recording, const Frame *frame, size_t origin)
{
    Take take = { .frame = *frame, .origin = origin };
    uint8_t *bytes = recording_bytes(recording, frame->bytes.length);
    if (frame->bytes.length)
        memcpy(bytes, frame->bytes.bytes, frame->bytes.length);
    take.frame.bytes.bytes = bytes;
    g_array_append_val(recording->takes, take);
}

Recording *recording_load(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, NULL, &error);
    g_autofree char *name = g_path_get_basename(path);
    Recording *recording = recording_new(name);
    FrameBatch batch = { 0 };
    while (reader && capture_reader_next(reader, &batch, &error))
        for (size_t i = 0; i < batch.count; i++)
            recording_append(recording, &batch.frames[i], recording->takes->len);
    frame_batch_clear(&batch);
    if (error) {
        fprintf(stderr, "%s\n", error->message);
        exit(EXIT_FAILURE);
    }
    return recording;
}

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

GPtrArray *recordings_of_samples(void)
{
    const char *source = g_getenv("srcdir");
    g_autofree char *directory = g_build_filename(source ? source : ".", "samples", NULL);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GDir *folder = g_dir_open(directory, 0, NULL);
    for (const char *name; folder && (name = g_dir_read_name(folder));)
        if (strstr(name, ".pcap"))
            g_ptr_array_add(names, g_build_filename(directory, name, NULL));
    if (folder)
        g_dir_close(folder);
    g_ptr_array_sort(names, by_text);
    GPtrArray *recordings = g_ptr_array_new_with_free_func((GDestroyNotify)recording_free);
    for (guint i = 0; i < names->len; i++)
        g_ptr_array_add(recordings, recording_load(g_ptr_array_index(names, i)));
    return recordings;
}

Recording *recording_copy(const Recording *recording)
{
    Recording *copy = recording_new(recording->name);
    g_array_append_vals(copy->takes, recording->takes->data, recording->takes->len);
    return copy;
}

static gint by_time(gconstpointer left, gconstpointer right, gpointer data G_GNUC_UNUSED)
{
    const Take *a = left, *b = right;
    return (a->frame.time > b->frame.time) - (a->frame.time < b->frame.time);
}

void recording_sort(Recording *recording)
{
    GArray *takes = recording->takes; /* this sort is stable */
    g_qsort_with_data(takes->data, (gint)takes->len, sizeof(Take), by_time, NULL);
}

static void mark(uint8_t *ip, size_t length, unsigned number)
{
    bool v4 = length >= 20 && ip[0] >> 4 == 4, v6 = length >= 40 && ip[0] >> 4 == 6;
    if (v4) {
        ip[12] = ip[16] = 10;
        ip[13] = ip[17] = (uint8_t)(number >> 8);
        ip[14] = ip[18] = (uint8_t)number;
    } else if (v6) {
        ip[8] = ip[24] = (uint8_t)(number >> 8);
        ip[9] = ip[25] = (uint8_t)number;
    }
}

/* Where IP begins. */
static size_t link_header(int link_type)
{
    switch (link_type) {
    case LINK_ETHERNET:
        return 14;
    case LINK_LINUX_SLL:
        return 16;
    case LINK_LINUX_SLL2:
        return 20;
    default:
        return link_type == LINK_NULL ? 4 : 0;
    }
}

void recording_mark_addresses(Recording *recording, unsigned number)
{
    for (guint i = 0; i < recording->takes->len; i++) {
        Frame *frame = &recording_take(recording, i)->frame;
        uint8_t *bytes = recording_bytes(recording, frame->bytes.length);
        memcpy(bytes, frame->bytes.bytes, frame->bytes.length);
        frame->bytes.bytes = bytes;
        size_t at = link_header(frame->link_type);
        if (frame->bytes.length > at)
            mark(bytes + at, frame->bytes.length - at, number);
    }
}

Recording *recordings_merge(const GPtrArray *recordings, Nanoseconds step)
{
    Recording *all = recording_new("all of them");
    for (guint i = 0; i < recordings->len; i++) {
        g_autoptr(Recording) one = recording_copy(g_ptr_array_index(recordings, i));
        recording_mark_addresses(one, i + 1);
        Nanoseconds begin = one->takes->len ? recording_take(one, 0)->frame.time : 0;
        for (guint j = 0; j < one->takes->len; j++) {
            Frame frame = recording_take(one, j)->frame;
            frame.time += (Nanoseconds)i * step + 1700000000 * NS_PER_SECOND - begin;
            recording_append(all, &frame, 0);
        }
    }
    recording_sort(all);
    for (guint i = 0; i < all->takes->len; i++)
        recording_take(all, i)->origin = i;
    return all;
}

/* Verdicts ------------------------------------------------------------------------------------- */

static size_t origin_of(const Recording *recording, FrameId frame)
{
    if (!frame || !recording->numbered)
        return frame ? recording_take(recording, frame_number(frame) - 1)->origin : NO_ORIGIN;
    guint at = 0;
    while (recording_take(recording, at)->frame.id != frame)
        at++;
    return recording_take(recording, at)->origin;
}

static char *endpoint_text(const Connection *connection, int side)
{
    const IpAddress *address = &connection->address[side];
    GString *text = g_string_new(NULL);
    for (int i = 0; i < (address->version == 4 ? 4 : 16); i++)
        g_string_append_printf(text, "%02x", address->bytes[i]);
    g_string_append_printf(text, ":%u", connection->port[side]);
    return g_string_free(text, FALSE);
}

static char *endpoints_text(const Connection *connection)
{
    g_autofree char *first = endpoint_text(connection, 0), *second = endpoint_text(connection, 1);
    bool swap = strcmp(first, second) > 0;
    return g_strdup_printf("%s %s", swap ? second : first, swap ? first : second);
}

static void take_row(Verdicts *verdicts, const Recording *recording, const AuditRow *report)
{
    VerdictRow row = { .kind = report->kind };
    if (report->kind == ROW_CONNECTION) {
        const Connection *connection = &report->connection.connection;
        row.endpoints = endpoints_text(connection);
        row.first = origin_of(recording, connection->first_frame);
        row.last = origin_of(recording, connection->last_frame);
        row.idle = report->connection.idle;
        row.midstream = !connection->opener_known;
        row.judgement = report->connection.decision.judgement;
        row.host = g_strdup(report->connection.decision.host);
    } else {
        row.exchange = report->exchange.exchange;
        row.exchange.text = NULL;
        row.request = origin_of(recording, row.exchange.request.first.frame);
        row.response = origin_of(recording, row.exchange.response.first.frame);
        row.judgement = report->exchange.judgement;
    }
    row.verdict = row.judgement.verdict;
    row.cause = row.judgement.cause;
    g_array_append_val(verdicts->rows, row);
}

static void take_rows(Verdicts *verdicts, const Recording *recording, Engine *engine)
{
    AuditRow row;
    while (engine_next(engine, &row)) {
        take_row(verdicts, recording, &row);
        audit_row_clear(&row);
    }
}

static void verdict_row_clear(gpointer data)
{
    VerdictRow *row = data;
    g_free(row->endpoints);
    g_free(row->host);
}

Verdicts *verdicts_of(const Recording *recording, const EngineOptions *options)
{
    EngineOptions wanted = options ? *options : engine_options_default();
    wanted.audit.exchange_rows = wanted.audit.connection_rows = true;
    if (!options)
        wanted.audit.texts.wish = TEXT_WISH_NONE;
    Verdicts *verdicts = g_new0(Verdicts, 1);
    verdicts->rows = g_array_new(FALSE, FALSE, sizeof(VerdictRow));
    g_array_set_clear_func(verdicts->rows, verdict_row_clear);
    g_autoptr(Engine) engine = engine_new(&wanted);
    FrameBatch batch = { 0 };
    for (guint i = 0; i < recording->takes->len; i++) {
        batch.frames[batch.count] = recording_take(recording, i)->frame;
        if (!recording->numbered)
            batch.frames[batch.count].id = frame_id(1, i + 1);
        batch.count++;
        if (batch.count < FRAME_BATCH_MAX && i + 1 < recording->takes->len)
            continue;
        engine_feed(engine, &batch);
        batch.count = 0;
        take_rows(verdicts, recording, engine);
    }
    engine_finish(engine);
    take_rows(verdicts, recording, engine);
    verdicts->counters = *engine_counters(engine);
    verdicts->streams = *engine_stream_counters(engine);
    return verdicts;
}

void verdicts_free(Verdicts *verdicts)
{
    g_array_unref(verdicts->rows);
    g_free(verdicts);
}

/* Comparing ------------------------------------------------------------------------------------ */

/* 2: the same connection. 1: if there is no such one, because offsets are counted from what was
 * seen first. */
static int sameness(const VerdictRow *a, const VerdictRow *b)
{
    const MessageFacts *message_a = &a->exchange.request, *message_b = &b->exchange.request;
    size_t origin_a = a->request, origin_b = b->request;
    if (origin_a == NO_ORIGIN || origin_b == NO_ORIGIN) {
        message_a = &a->exchange.response;
        message_b = &b->exchange.response;
        origin_a = a->response;
        origin_b = b->response;
    }
    if (origin_a == NO_ORIGIN || origin_a != origin_b)
        return 0;
    return message_a->first.offset == message_b->first.offset ? 2 : 1;
}

static bool is_same_connection(const VerdictRow *before, const VerdictRow *after)
{
    return strcmp(before->endpoints, after->endpoints) == 0 && after->first >= before->first &&
           after->first <= before->last;
}

/* NULL: there was none. */
static const VerdictRow *counterpart(const Verdicts *before, const VerdictRow *row)
{
    const VerdictRow *found = NULL;
    int best = 0;
    for (guint i = 0; i < before->rows->len; i++) {
        const VerdictRow *other = &g_array_index(before->rows, VerdictRow, i);
        if (other->kind != row->kind)
            continue;
        int match =
            row->kind == ROW_EXCHANGE ? sameness(other, row) : 2 * is_same_connection(other, row);
        if (match > best) {
            best = match;
            found = other;
        }
    }
    return found;
}

static void name_change(GString *text, const VerdictRow *before, const VerdictRow *after)
{
    const VerdictRow *row = after ? after : before;
    if (!text)
        return;
    if (row->kind == ROW_CONNECTION)
        g_string_append_printf(text, "  connection %s", row->endpoints);
    else
        g_string_append_printf(text, "  exchange %u (request in %zd, response in %zd)",
                               row->exchange.number, (gssize)row->request + 1,
                               (gssize)row->response + 1);
    g_string_append_printf(
        text, ": %s %s -> %s %s\n", before ? verdict_name(before->verdict) : "no row",
        before ? cause_name(before->cause) : "", after ? verdict_name(after->verdict) : "no row",
        after ? cause_name(after->cause) : "");
}

static void compare_row(const VerdictRow *before, const VerdictRow *after, Changes *changes,
                        GString *text)
{
    bool name = true;
    if (after->verdict == VERDICT_UNDETERMINED) {
        name = false;
        if (before && before->verdict == VERDICT_UNDETERMINED)
            changes->same++;
        else
            changes->undetermined++;
    } else if (!before) {
        changes->turned++;
    } else if (before->verdict == after->verdict) {
        name = before->cause != after->cause;
        changes->same++;
        changes->named_otherwise += name;
    } else if (before->verdict == VERDICT_UNDETERMINED) {
        changes->settled++;
    } else {
        changes->turned++;
    }
    if (name)
        name_change(text, before, after);
}

void verdicts_compare(const Verdicts *before, const Verdicts *after, Changes *changes,
                      GString *text)
{
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < after->rows->len; i++) {
        const VerdictRow *row = &g_array_index(after->rows, VerdictRow, i);
        const VerdictRow *old = counterpart(before, row);
        compare_row(old, row, changes, text);
        g_hash_table_add(met, (gpointer)(uintptr_t)old);
    }
    for (guint i = 0; i < before->rows->len; i++) {
        const VerdictRow *row = &g_array_index(before->rows, VerdictRow, i);
        if (row->kind != ROW_CONNECTION || g_hash_table_contains(met, row))
            continue;
        changes->vanished++;
        name_change(text, row, NULL);
    }
}
