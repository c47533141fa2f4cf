/* What the sequence numbers show about each segment of a connection. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "decode/decode.h"
#include "packets/packet_marks.h"

#define SEGMENTS_MAX 8
#define C TRACED_CLIENT
#define S TRACED_SERVER
#define A TCP_ACK

typedef struct Row {
    const char *name;
    struct {
        uint8_t side, flags;
        int64_t sequence, acknowledged;
        uint32_t length;
        uint16_t window;
        unsigned marks; /* expected */
        uint64_t missing;
        FrameId related, filled;
    } segments[SEGMENTS_MAX];
} Row;

/* Frames are 1, 2, 3, … */
static const Row ROWS[] = {
    { "a handshake, a request and its answer say nothing",
      { { C, TCP_SYN, 0, 0, 0, 9, 0, 0, 0, 0 },
        { S, TCP_SYN | A, 0, 1, 0, 9, 0, 0, 0, 0 },
        { C, A, 1, 1, 0, 9, 0, 0, 0, 0 },
        { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { S, A, 1, 11, 20, 9, 0, 0, 0, 0 },
        { C, TCP_FIN | A, 11, 21, 0, 9, 0, 0, 0, 0 },
        { S, TCP_FIN | A, 21, 12, 0, 9, 0, 0, 0, 0 } } },
    { "the same bytes again",
      { { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { C, A, 1, 1, 10, 9, MARK_AGAIN, 0, 0, 0 },
        { C, A, 6, 1, 10, 9, MARK_PARTLY_AGAIN, 0, 0, 0 } } },
    { "a FIN again, and a SYN again",
      { { C, TCP_SYN, 0, 0, 0, 9, 0, 0, 0, 0 },
        { C, TCP_SYN, 0, 0, 0, 9, MARK_AGAIN, 0, 0, 0 },
        { C, TCP_FIN | A, 1, 1, 0, 9, 0, 0, 0, 0 },
        { C, TCP_FIN | A, 1, 1, 0, 9, MARK_AGAIN, 0, 0, 0 } } },
    { "a hole that is filled later",
      { { S, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { S, A, 21, 1, 10, 9, MARK_HOLE, 10, 0, 3 },
        { S, A, 11, 1, 10, 9, MARK_FILLS, 0, 2, 0 } } },
    { "a hole that is filled in two parts",
      { { S, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { S, A, 21, 1, 10, 9, MARK_HOLE, 10, 0, 4 },
        { S, A, 11, 1, 4, 9, MARK_FILLS, 0, 2, 0 },
        { S, A, 15, 1, 6, 9, MARK_FILLS, 0, 2, 0 },
        { S, A, 11, 1, 10, 9, MARK_AGAIN, 0, 0, 0 } } },
    { "a hole that stays, and its acknowledgement",
      { { S, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { C, A, 1, 21, 0, 9, MARK_UNSEEN_ACK, 10, 0, 0 },
        { S, A, 21, 1, 10, 9, MARK_HOLE, 10, 0, 0 } } },
    { "a keep-alive probe and its answer",
      { { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { S, A, 1, 11, 0, 9, 0, 0, 0, 0 },
        { C, A, 10, 1, 0, 9, MARK_PROBE, 0, 0, 0 },
        { S, A, 1, 11, 0, 9, MARK_PROBE_ANSWER, 0, 0, 0 },
        { S, A, 1, 11, 0, 9, 0, 0, 0, 0 } } },
    { "a probe with a byte, answered by data",
      { { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { C, A, 10, 1, 1, 9, MARK_PROBE, 0, 0, 0 },
        { S, A, 1, 11, 5, 9, 0, 0, 0, 0 } } },
    { "after its FIN nothing is a probe",
      { { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { C, TCP_FIN | A, 11, 1, 0, 9, 0, 0, 0, 0 },
        { C, A, 11, 1, 0, 9, 0, 0, 0, 0 } } },
    { "a window that shuts, is probed, and opens",
      { { S, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { C, A, 1, 11, 0, 0, MARK_WINDOW_SHUT, 0, 0, 0 },
        { S, A, 10, 1, 0, 9, MARK_PROBE | MARK_WINDOW_PROBE, 0, 0, 0 },
        { C, A, 1, 11, 0, 0, MARK_WINDOW_SHUT | MARK_PROBE_ANSWER, 0, 0, 0 },
        { C, A, 1, 11, 0, 9, MARK_WINDOW_OPEN, 0, 0, 0 },
        { C, A, 1, 11, 0, 9, 0, 0, 0, 0 } } },
    { "a reset says nothing by its number or window",
      { { C, A, 1, 1, 10, 9, 0, 0, 0, 0 },
        { S, A, 1, 11, 10, 9, 0, 0, 0, 0 },
        { S, TCP_RST, 900, 0, 0, 0, 0, 0, 0, 0 },
        { S, A, 11, 11, 10, 9, 0, 0, 0, 0 } } },
};

START_TEST(test_marks)
{
    const Row *row = &ROWS[_i];
    TracedSegment segments[SEGMENTS_MAX];
    PacketNote notes[SEGMENTS_MAX];
    size_t count = 0;
    for (; count < SEGMENTS_MAX && row->segments[count].flags; count++)
        segments[count] = (TracedSegment){
            .frame = frame_id(1, count + 1),
            .sequence = row->segments[count].sequence,
            .acknowledged = row->segments[count].flags & TCP_ACK ? row->segments[count].acknowledged
                                                                 : NO_OFFSET,
            .length = row->segments[count].length,
            .captured = row->segments[count].length,
            .window = row->segments[count].window,
            .side = row->segments[count].side,
            .flags = row->segments[count].flags,
        };
    packet_marks_note(segments, count, notes);
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(notes[i].marks == row->segments[i].marks, "%s: segment %zu has marks %x",
                      row->name, i + 1, notes[i].marks);
        ck_assert_msg(notes[i].missing == row->segments[i].missing, "%s: segment %zu", row->name,
                      i + 1);
        ck_assert_uint_eq(frame_number(notes[i].related), row->segments[i].related);
        ck_assert_uint_eq(frame_number(notes[i].filled), row->segments[i].filled);
    }
}
END_TEST

START_TEST(test_cut)
{
    TracedSegment segment = { .frame = 1, .sequence = 1, .acknowledged = NO_OFFSET, .length = 10 };
    PacketNote note;
    segment.captured = 9;
    packet_marks_note(&segment, 1, &note);
    ck_assert_uint_eq(note.marks, MARK_CUT);
    segment.captured = 10;
    packet_marks_note(&segment, 1, &note);
    ck_assert_uint_eq(note.marks, 0);
}
END_TEST

/* More holes than are remembered: those forgotten stand as not filled, the others do not suffer. */
START_TEST(test_many_holes)
{
    enum { HOLES = 40 };
    TracedSegment segments[2 * HOLES] = { { 0 } };
    PacketNote notes[2 * HOLES];
    for (int i = 0; i < 2 * HOLES; i++) {
        bool fills = i >= HOLES;
        segments[i] = (TracedSegment){ .frame = frame_id(1, (uint64_t)i + 1),
                                       .sequence = fills ? 20 * (i - HOLES) + 11 : 20 * i + 1,
                                       .acknowledged = NO_OFFSET,
                                       .length = 10,
                                       .captured = 10 };
    }
    packet_marks_note(segments, 2 * HOLES, notes);
    ck_assert_uint_eq(notes[1].marks, MARK_HOLE);
    ck_assert_uint_eq(notes[1].filled, 0);
    ck_assert_uint_eq(notes[HOLES - 1].filled, frame_id(1, 2 * HOLES - 1));
    ck_assert_uint_eq(notes[2 * HOLES - 2].related, frame_id(1, HOLES));
    ck_assert_uint_eq(notes[2 * HOLES - 1].marks, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("packets");
    TCase *marks = tcase_create("marks");
    tcase_add_loop_test(marks, test_marks, 0, (int)G_N_ELEMENTS(ROWS));
    tcase_add_test(marks, test_cut);
    tcase_add_test(marks, test_many_holes);
    suite_add_tcase(suite, marks);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
