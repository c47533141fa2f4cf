/* One packet can withdraw a verdict, but never turn it.
 *
 * Every sample, alone and all of them in one capture, is judged again with one packet missing,
 * doubled, or out of its place, and with one direction late. A verdict may become undetermined if
 * evidence is gone. It may never become its opposite, and no row may appear with a verdict of its
 * own. Nothing may change if the packet is no evidence for the verdict: a doubled packet, a segment
 * inside a body, one of the three segments of a handshake. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "recording.h"

static GPtrArray *samples; /* of Recording */
static Recording *merged;
static Decoder *decoder;

/* Of all losses, those that may touch a verdict at all. */
#define TOUCHED_PERCENT_MAX 30

static const Recording *recording_at(int i)
{
    return (guint)i < samples->len ? g_ptr_array_index(samples, (guint)i) : merged;
}

/* Alterations ---------------------------------------------------------------------------------- */

static Recording *without(const Recording *recording, guint at)
{
    Recording *altered = recording_copy(recording);
    g_array_remove_index(altered->takes, at);
    return altered;
}

/* The copy stands `behind` places after it. */
static Recording *doubled(const Recording *recording, guint at, guint behind)
{
    Recording *altered = recording_copy(recording);
    Take take = *recording_take(recording, at);
    g_array_insert_val(altered->takes, MIN(at + 1 + behind, altered->takes->len), take);
    return altered;
}

static Recording *moved(const Recording *recording, guint at, guint to)
{
    Recording *altered = recording_copy(recording);
    Take take = *recording_take(recording, at);
    g_array_remove_index(altered->takes, at);
    g_array_insert_val(altered->takes, to, take);
    return altered;
}

static bool segment_of(const Take *take, Segment *ret_segment)
{
    return decode_frame(decoder, &take->frame, ret_segment) == DECODE_SEGMENT;
}

/* Servers have the lower ports in all samples. */
static bool is_from_server(const Take *take)
{
    Segment segment;
    return segment_of(take, &segment) && segment.source_port < segment.destination_port;
}

static Recording *delayed(const Recording *recording, bool server, Nanoseconds delay)
{
    Recording *altered = recording_copy(recording);
    for (guint i = 0; i < altered->takes->len; i++) {
        Take *take = recording_take(altered, i);
        if (is_from_server(take) == server)
            take->frame.time += delay;
    }
    recording_sort(altered);
    return altered;
}

/* What a packet is ----------------------------------------------------------------------------- */

static bool is_of_handshake(const Recording *recording, guint at)
{
    Segment segment, earlier;
    if (!segment_of(recording_take(recording, at), &segment) || segment.length)
        return false;
    if (segment.flags & TCP_SYN)
        return true;
    if (segment.flags != TCP_ACK)
        return false;
    for (guint i = at; i-- > 0;) {
        if (!segment_of(recording_take(recording, i), &earlier) ||
            earlier.source_port != segment.destination_port ||
            earlier.destination_port != segment.source_port)
            continue;
        return (earlier.flags & TCP_SYN) && earlier.sequence + 1 == segment.acknowledgement;
    }
    return false;
}

static bool is_bare_acknowledgement(const Segment *segment)
{
    return segment->flags == TCP_ACK && segment->length == 0;
}

/* A bare acknowledgement that the next segment of the connection, one like it, replaces. */
static bool is_replaced_acknowledgement(const Recording *recording, guint at)
{
    Segment segment, later;
    if (!segment_of(recording_take(recording, at), &segment) || !is_bare_acknowledgement(&segment))
        return false;
    for (guint i = at + 1; i < recording->takes->len; i++) {
        if (!segment_of(recording_take(recording, i), &later) ||
            later.source_port + later.destination_port !=
                segment.source_port + segment.destination_port ||
            (later.source_port != segment.source_port &&
             later.source_port != segment.destination_port))
            continue;
        return later.source_port == segment.source_port && is_bare_acknowledgement(&later) &&
               later.sequence == segment.sequence &&
               (int32_t)(later.acknowledgement - segment.acknowledgement) >= 0;
    }
    return false;
}

/* In the middle of a body whose bytes need not be read. */
static bool is_of_counted_body(const Recording *recording, const Verdicts *verdicts, guint at)
{
    Segment segment;
    if (!segment_of(recording_take(recording, at), &segment) || !segment.length ||
        (segment.flags & (TCP_FIN | TCP_RST | TCP_SYN)))
        return false;
    for (guint i = 0; i < verdicts->rows->len; i++) {
        const VerdictRow *row = &g_array_index(verdicts->rows, VerdictRow, i);
        const MessageFacts *response = &row->exchange.response;
        if (row->kind != ROW_EXCHANGE || row->response == NO_ORIGIN || !response->complete ||
            response->framing.kind != BODY_LENGTH || frame_number(response->last.frame) <= at + 1)
            continue;
        const Take *first = recording_take(recording, row->response);
        Segment head;
        if (!segment_of(first, &head) || head.source_port != segment.source_port ||
            head.destination_port != segment.destination_port || at <= row->response)
            continue;
        if (g_strstr_len((const char *)head.payload.bytes, (gssize)head.payload.length, "\r\n\r\n"))
            return true;
    }
    return false;
}

/* Trying --------------------------------------------------------------------------------------- */

typedef struct Trials {
    const Recording *recording;
    Verdicts *before;
    unsigned count, touched;
    Changes changes;
    GString *report;
    bool to_the_letter; /* no verdict may change */
} Trials;

static Trials trials_of(const Recording *recording)
{
    return (Trials){ .recording = recording,
                     .before = verdicts_of(recording, NULL),
                     .report = g_string_new(NULL) };
}

/* Whether all that was seen of HTTP on a connection lay in one packet. */
static bool was_all_of_a_connection(const Trials *trials, size_t lost)
{
    for (guint i = 0; i < trials->before->rows->len; i++) {
        const VerdictRow *row = &g_array_index(trials->before->rows, VerdictRow, i);
        if (row->kind == ROW_EXCHANGE && (row->request == lost || row->response == lost) &&
            (row->request == NO_ORIGIN || row->response == NO_ORIGIN))
            return true;
    }
    return false;
}

static void try(Trials *trials, Recording *altered, bool nothing_changes, const char *what,
                guint at, int by)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Verdicts) after = verdicts_of(altered, NULL);
    Changes changes = { 0 };
    verdicts_compare(trials->before, after, &changes, text);
    if (changes.vanished && was_all_of_a_connection(trials, at))
        changes.vanished = 0;
    bool touched = changes.turned || changes.undetermined || changes.vanished;
    if (changes.turned || changes.vanished || changes.settled || (nothing_changes && touched))
        g_string_append_printf(trials->report, "%s, packet %u %s %d%s:\n%s",
                               trials->recording->name, at + 1, what, by,
                               nothing_changes ? ", which matters to nothing" : "", text->str);
    trials->count++;
    trials->touched += touched;
    trials->changes.turned += changes.turned;
    trials->changes.undetermined += changes.undetermined;
    trials->changes.settled += changes.settled;
    trials->changes.vanished += changes.vanished;
    trials->changes.named_otherwise += changes.named_otherwise;
    recording_free(altered);
}

static void conclude(Trials *trials, const char *what)
{
    if (g_getenv("VERBOSE") || trials->recording == merged)
        printf("%s %s: %u trials, %u touch a verdict; rows: %u undetermined, %u turned, %u "
               "settled, %u gone, "
               "%u named otherwise\n",
               trials->recording->name, what, trials->count, trials->touched,
               trials->changes.undetermined, trials->changes.turned, trials->changes.settled,
               trials->changes.vanished, trials->changes.named_otherwise);
    fflush(stdout);
    g_autofree char *report = g_string_free(trials->report, FALSE);
    verdicts_free(trials->before);
    ck_assert_msg(!*report, "\n%s", report);
}

START_TEST(lost)
{
    Trials trials = trials_of(recording_at(_i));
    unsigned handshakes = 0, bodies = 0, acknowledgements = 0;
    for (guint at = 0; at < trials.recording->takes->len; at++) {
        bool handshake = is_of_handshake(trials.recording, at);
        bool body = is_of_counted_body(trials.recording, trials.before, at);
        bool replaced = is_replaced_acknowledgement(trials.recording, at);
        handshakes += handshake;
        bodies += body;
        acknowledgements += replaced;
        try(&trials, without(trials.recording, at), handshake || body || replaced, "lost", at, 0);
    }
    if (trials.recording == merged) {
        printf("of them, %u of handshakes, %u in counted bodies, %u acknowledgements that others "
               "replace: no verdict may change\n",
               handshakes, bodies, acknowledgements);
        ck_assert_uint_gt(handshakes, 0);
        ck_assert_uint_gt(bodies, 0);
        ck_assert_uint_gt(acknowledgements, 0);
    }
    bool few =
        trials.recording != merged || trials.touched * 100 <= trials.count * TOUCHED_PERCENT_MAX;
    unsigned touched = trials.touched, count = trials.count;
    conclude(&trials, "with one packet lost");
    ck_assert_msg(few, "%u of %u losses touch a verdict", touched, count);
}
END_TEST

START_TEST(seen_twice)
{
    static const guint places[] = { 0, 1, 4 };
    Trials trials = trials_of(recording_at(_i));
    for (guint at = 0; at < trials.recording->takes->len; at++)
        for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
            try(&trials, doubled(trials.recording, at, places[i]), true, "seen twice", at,
                (int)places[i]);
    conclude(&trials, "with one packet twice");
}
END_TEST

#define PLACES_MAX 8

/* With all samples at once there are many packets: this tests the nearest and the farthest place,
 * and one of those between at a time. */
static bool is_tried_in_a_crowd(guint at, guint by)
{
    return by == 1 || by == PLACES_MAX || by == 2 + at % (PLACES_MAX - 2);
}

START_TEST(out_of_place)
{
    Trials trials = trials_of(recording_at(_i));
    guint count = trials.recording->takes->len;
    for (guint at = 0; at < count; at++) {
        for (guint by = 1; by <= PLACES_MAX; by++) {
            if (trials.recording == merged && !is_tried_in_a_crowd(at, by))
                continue;
            if (at + by < count)
                try(&trials, moved(trials.recording, at, at + by), false, "moved by", at, (int)by);
            if (at >= by)
                try(&trials, moved(trials.recording, at, at - by), false, "moved by", at, -(int)by);
        }
    }
    conclude(&trials, "with one packet out of place");
}
END_TEST

START_TEST(one_direction_late)
{
    Trials trials = trials_of(recording_at(_i));
    try(&trials, delayed(trials.recording, true, 5 * NS_PER_MS), false, "server late by ms", 0, 5);
    try(&trials, delayed(trials.recording, false, 5 * NS_PER_MS), false, "client late by ms", 0, 5);
    conclude(&trials, "with one direction late");
}
END_TEST

/* In one capture with the others, each sample has the same verdicts. */
START_TEST(in_a_crowd)
{
    g_autoptr(Verdicts) crowd = verdicts_of(merged, NULL);
    unsigned rows[2][3] = { { 0 } }, alone[2][3] = { { 0 } };
    for (guint i = 0; i < crowd->rows->len; i++) {
        const VerdictRow *row = &g_array_index(crowd->rows, VerdictRow, i);
        rows[row->kind][row->verdict]++;
    }
    for (guint n = 0; n < samples->len; n++) {
        g_autoptr(Verdicts) one = verdicts_of(g_ptr_array_index(samples, n), NULL);
        for (guint i = 0; i < one->rows->len; i++) {
            const VerdictRow *row = &g_array_index(one->rows, VerdictRow, i);
            alone[row->kind][row->verdict]++;
        }
    }
    for (RowKind kind = ROW_EXCHANGE; kind <= ROW_CONNECTION; kind++)
        for (Verdict verdict = VERDICT_AS_DECLARED; verdict <= VERDICT_CONTRADICTED; verdict++)
            ck_assert_uint_eq(rows[kind][verdict], alone[kind][verdict]);
}
END_TEST

int main(void)
{
    decoder = decoder_new();
    samples = recordings_of_samples();
    if (samples->len == 0) {
        fprintf(stderr, "no samples\n");
        return EXIT_FAILURE;
    }
    merged = recordings_merge(samples, 7 * NS_PER_MS);
    int all = (int)samples->len + 1;
    TCase *tcase = tcase_create("one packet");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, lost, 0, all);
    tcase_add_loop_test(tcase, seen_twice, 0, all);
    tcase_add_loop_test(tcase, out_of_place, 0, all);
    tcase_add_loop_test(tcase, one_direction_late, 0, all);
    tcase_add_test(tcase, in_a_crowd);
    Suite *suite = suite_create("one packet");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    recording_free(merged);
    decoder_free(decoder);
    g_ptr_array_unref(samples);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
