/* Which frames go into which capture, and in which order.
 *
 * Frames are words; each comes a millisecond after the one before. `A` or `B` is a segment of that
 * connection, `x` of none. `f1` is a fragment of datagram 1. `A1` is the fragment that completes
 * datagram 1 as a segment of A; `x1` completes it as something else. `f1>2` completes datagram 1 as
 * a fragment of datagram 2; `A1>2` completes both. `+31` lets that many seconds pass. */
#include <check.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "packets/evidence_writer.h"
#include "recording.h"

static const struct {
    const char *name;
    const char *frames;
    const char *first, *second; /* what A and B get, by the numbers of the frames */
    unsigned given_up;
} ROWS[] = {
    { "no fragments", "A x B A", "1 4", "3", 0 },
    { "two fragments", "f1 A1", "1 2", "", 0 },
    { "of nothing wanted", "f1 x1", "", "", 0 },
    { "frames keep their order", "A f1 A B A1 A", "1 2 3 5 6", "4", 0 },
    { "of two connections, crossed", "f1 f2 B2 A1", "1 4", "2 3", 0 },
    { "copies of fragments", "f1 f1 A1 f1 f1", "1 2 3 4 5", "", 0 },
    { "never whole", "f1 A B", "2", "3", 0 },
    { "never whole, and A goes on", "f1 A +31 A", "2 3", "", 0 },
    { "whole after half a minute", "f1 +29 A1", "1 2", "", 0 },
    { "a fragment in fragments", "f1 f1>2 f3 A3>2", "1 2 3 4", "", 0 },
    { "a fragment in fragments, of nothing wanted", "f1 f1>2 f3 x3>2", "", "", 0 },
    { "its copies", "f1 f1>2 f3 A3>2 f1 f3", "1 2 3 4 5 6", "", 0 },
    { "the clock set back", "f1 A +-40 A", "2 3", "", 0 },
    { "more than may wait", "f1 A A A A A A A A A A A A A A A A A1",
      "2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", "", 1 },
};

#define FIRST frame_id(1, 1000)
#define SECOND frame_id(1, 2000)

static const EvidenceWriterLimits SMALL = { .frames = 16, .bytes = 1000, .unwritten = 200 };

static char *folder, *top;

static void enter_folder(void)
{
    folder = g_dir_make_tmp("check-evidence_writer-XXXXXX", NULL);
    ck_assert_ptr_nonnull(folder);
    ck_assert_int_eq(chdir(folder), 0);
}

static void remove_files(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *inner = g_build_filename(path, name, NULL);
        g_unlink(inner);
    }
    g_rmdir(path);
}

static void leave_folder(void)
{
    remove_files("out");
    ck_assert_int_eq(chdir("/"), 0);
    remove_files(folder);
    g_free(folder);
}

static void parse_fate(const char *word, FrameResult *frame_result, DecodeTrail *trail)
{
    *trail = (DecodeTrail){ 0 };
    *frame_result = (FrameResult){ .result = DECODE_SEGMENT, .trail = trail };
    if (*word == 'f')
        frame_result->result = DECODE_FRAGMENT;
    else if (*word == 'x')
        frame_result->result = DECODE_NOT_TCP;
    else
        frame_result->owner.belongs = *word == 'A' ? FIRST : SECOND;
    for (const char *at = word; *at; at++)
        if (g_ascii_isdigit(*at))
            trail->datagrams[trail->count++] = (uint64_t)(*at - '0');
}

static void feed(EvidenceWriter *evidence_writer, const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    Nanoseconds time = 1700000000 * NS_PER_SECOND;
    uint64_t number = 0;
    for (char **word = words; *word; word++) {
        if (**word == '+') {
            time += atoi(*word + 1) * NS_PER_SECOND;
            continue;
        }
        uint8_t bytes[3] = { 0, 0, (uint8_t)++number };
        Frame frame = { .id = frame_id(1, number),
                        .time = time += NS_PER_MS,
                        .wire_length = 60,
                        .link_type = 1,
                        .bytes = span_make(bytes, sizeof bytes) };
        FrameResult frame_result;
        DecodeTrail trail;
        parse_fate(*word, &frame_result, &trail);
        evidence_writer_frame(evidence_writer, &frame, &frame_result);
    }
}

/* Frames tell their numbers by their last byte. */
static char *read_numbers(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CaptureReader) reader = capture_reader_open(path, 1, NULL, &error);
    ck_assert_msg(reader, "%s", error ? error->message : "");
    GString *text = g_string_new(NULL);
    FrameBatch batch = { 0 };
    while (capture_reader_next(reader, &batch, &error))
        for (size_t i = 0; i < batch.count; i++) {
            ck_assert_uint_eq(batch.frames[i].bytes.length, 3);
            ck_assert_uint_eq(batch.frames[i].wire_length, 60);
            g_string_append_printf(text, "%s%u", text->len ? " " : "",
                                   batch.frames[i].bytes.bytes[2]);
        }
    ck_assert(!error);
    frame_batch_clear(&batch);
    return g_string_free(text, FALSE);
}

static CaptureInputs *make_inputs(void)
{
    static const char *const arguments[] = { "in.pcap", NULL };
    static const char header[24] = "\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01";
    ck_assert(g_file_set_contents("in.pcap", header, sizeof header, NULL));
    CaptureInputs *inputs = capture_inputs_open(arguments, NULL, NULL);
    ck_assert_uint_eq(inputs->numbered->len, 1);
    return inputs;
}

static EvidenceList *two_connections(void)
{
    EvidenceList *evidence_list = evidence_list_new(5);
    ConnectionRow row = { .decision = { .set = true } };
    row.decision.judgement.verdict = VERDICT_CONTRADICTED;
    row.decision.judgement.cause = CAUSE_ABORTED;
    const FrameId frames[] = { FIRST, SECOND };
    for (size_t i = 0; i < G_N_ELEMENTS(frames); i++) {
        Connection connection = { .first_frame = frames[i] };
        EndedConnection ended = { .connection = &connection, .row = &row };
        evidence_list_consider(evidence_list, &ended);
    }
    return evidence_list;
}

/* Files in the folder "out"; their names are kept in the order in which they were added. */
static bool add_file(void *data, const char *name, unsigned *ret_index, GError **error)
{
    GPtrArray *names = data;
    *ret_index = names->len;
    g_ptr_array_add(names, g_build_filename("out", name, NULL));
    return g_file_set_contents(g_ptr_array_index(names, *ret_index), "", 0, error);
}

static bool append_to_file(void *data, unsigned index, const void *bytes, size_t size,
                           GError **error G_GNUC_UNUSED)
{
    FILE *file = fopen(g_ptr_array_index((GPtrArray *)data, index), "ab");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    return fclose(file) == 0;
}

static GPtrArray *open_output(void)
{
    ck_assert_int_eq(g_mkdir_with_parents("out", 0777), 0);
    return g_ptr_array_new_with_free_func(g_free);
}

static EvidenceFiles files_of(GPtrArray *names)
{
    return (EvidenceFiles){ .data = names, .add = add_file, .append = append_to_file };
}

START_TEST(test_frames)
{
    g_autoptr(CaptureInputs) inputs = make_inputs();
    g_autoptr(EvidenceList) evidence_list = two_connections();
    g_autoptr(GPtrArray) output = open_output();
    EvidenceFiles files = files_of(output);
    g_autoptr(EvidenceWriter) evidence_writer =
        evidence_writer_new(evidence_list, inputs, &SMALL, "1", &files, NULL, NULL);
    ck_assert_ptr_nonnull(evidence_writer);
    feed(evidence_writer, ROWS[_i].frames);
    ck_assert(evidence_writer_finish(evidence_writer, NULL));
    g_autofree char *first = read_numbers("out/c1-1000-aborted.pcapng");
    g_autofree char *second = read_numbers("out/c1-2000-aborted.pcapng");
    ck_assert_msg(strcmp(first, ROWS[_i].first) == 0, "%s: A: %s", ROWS[_i].name, first);
    ck_assert_msg(strcmp(second, ROWS[_i].second) == 0, "%s: B: %s", ROWS[_i].name, second);
    ck_assert_msg(evidence_writer_given_up(evidence_writer) == ROWS[_i].given_up, "%s",
                  ROWS[_i].name);
}
END_TEST

/* A whole analysis: the frames of a sample, each cut into fragments or captured twice, all belong
 * to its only connection. */
static uint64_t packets_of(const Recording *recording)
{
    g_autoptr(CaptureInputs) inputs = make_inputs();
    g_autoptr(EvidenceList) evidence_list = evidence_list_new(5);
    g_autoptr(EvidenceList) again = evidence_list_new(5);
    g_autoptr(GPtrArray) output = open_output();
    EvidenceFiles files = files_of(output);
    EngineOptions options = engine_options_default();
    audit_listen(&options.audit, evidence_list_listener(evidence_list));
    verdicts_free(verdicts_of(recording, &options));
    ck_assert_uint_eq(evidence_list->list->len, 1);
    g_autoptr(EvidenceWriter) evidence_writer = evidence_writer_new(
        evidence_list, inputs, &EVIDENCE_WRITER_LIMITS_DEFAULT, "1", &files, NULL, NULL);
    options = engine_options_default();
    audit_listen(&options.audit, evidence_list_listener(again));
    audit_listen(&options.audit, evidence_writer_listener(evidence_writer));
    verdicts_free(verdicts_of(recording, &options));
    ck_assert(evidence_list_equal(evidence_list, again));
    ck_assert(evidence_writer_finish(evidence_writer, NULL));
    return evidence_writer_packets(evidence_writer, 0);
}

static Recording *load_sample(void)
{
    g_autofree char *path = g_build_filename(
        top, "samples", "request-crossed-the-idle-close-seen-by-the-client.pcap", NULL);
    return recording_load(path);
}

START_TEST(test_copies)
{
    g_autoptr(Recording) sample = load_sample();
    g_autoptr(Recording) doubled = recording_new("doubled");
    for (guint i = 0; i < sample->takes->len; i++) {
        Frame frame = recording_take(sample, i)->frame;
        recording_append(doubled, &frame, i);
        frame.time += 1000;
        recording_append(doubled, &frame, i);
    }
    ck_assert_uint_eq(packets_of(sample), sample->takes->len);
    ck_assert_uint_eq(packets_of(doubled), 2 * sample->takes->len);
}
END_TEST

#define ETHERNET 14
#define IPV4 20

/* A fragment of an Ethernet frame with IPv4 without options: `length` bytes from after the IP
 * header. */
static Frame fragment_of(Recording *recording, const Frame *frame, size_t begin, size_t length,
                         bool more, unsigned id)
{
    size_t size = ETHERNET + IPV4 + length;
    uint8_t *bytes = recording_bytes(recording, size);
    memcpy(bytes, frame->bytes.bytes, ETHERNET + IPV4);
    memcpy(bytes + ETHERNET + IPV4, frame->bytes.bytes + ETHERNET + IPV4 + begin, length);
    uint16_t offset = (uint16_t)(begin / 8 | (more ? 0x2000 : 0));
    uint16_t total = (uint16_t)(IPV4 + length);
    const uint16_t fields[] = { total, (uint16_t)id, offset };
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        bytes[ETHERNET + 2 + 2 * i] = (uint8_t)(fields[i] >> 8);
        bytes[ETHERNET + 3 + 2 * i] = (uint8_t)fields[i];
    }
    Frame fragment = *frame;
    fragment.bytes = span_make(bytes, size);
    fragment.wire_length = (uint32_t)size;
    return fragment;
}

START_TEST(test_fragments)
{
    g_autoptr(Recording) sample = load_sample();
    g_autoptr(Recording) cut = recording_new("cut");
    for (guint i = 0; i < sample->takes->len; i++) {
        const Frame *frame = &recording_take(sample, i)->frame;
        ck_assert_uint_eq(frame->bytes.bytes[ETHERNET], 0x45);
        size_t length =
            (size_t)(frame->bytes.bytes[ETHERNET + 2] << 8 | frame->bytes.bytes[ETHERNET + 3]) -
            IPV4;
        Frame last = fragment_of(cut, frame, 16, length - 16, false, i + 1);
        Frame first = fragment_of(cut, frame, 0, 16, true, i + 1);
        recording_append(cut, &last, i);
        recording_append(cut, &first, i);
    }
    ck_assert_uint_eq(packets_of(cut), 2 * sample->takes->len);
}
END_TEST

int main(void)
{
    const char *source = g_getenv("srcdir");
    top = realpath(source ? source : ".", NULL); /* the tests go elsewhere */
    Suite *suite = suite_create("evidence_writer");
    TCase *tcase = tcase_create("evidence_writer");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_loop_test(tcase, test_frames, 0, G_N_ELEMENTS(ROWS));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("with an analysis");
    tcase_add_checked_fixture(tcase, enter_folder, leave_folder);
    tcase_add_test(tcase, test_copies);
    tcase_add_test(tcase, test_fragments);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    free(top);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
