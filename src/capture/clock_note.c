#include "capture/clock_note.h"

#include <string.h>

#define SET_BACK ", its clock set back by "
#define SET_BACK_END " ms before"
#define NO_TIME ", without a time"

char *clock_note_new(FrameId frame, ClockMark clock)
{
    GString *note = g_string_new(NULL);
    g_string_printf(note, "frame %" G_GUINT64_FORMAT " of input %u", frame_number(frame),
                    frame_input(frame));
    if (clock.tick == CLOCK_NO_TIME)
        g_string_append(note, NO_TIME);
    else if (clock.set_back)
        g_string_append_printf(note, SET_BACK "%u" SET_BACK_END, clock.set_back);
    return g_string_free(note, FALSE);
}

static bool take_text(Span *from, const char *text)
{
    Span wanted = span_of_text(text);
    if (!span_equal(span_first(*from, wanted.length), wanted))
        return false;
    *from = span_after(*from, wanted.length);
    return true;
}

static bool take_number(Span *from, uint64_t most, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t digits = 0;
    while (digits < from->length && g_ascii_isdigit(from->bytes[digits])) {
        number = 10 * number + (from->bytes[digits++] - '0');
        if (number > most)
            return false;
    }
    *from = span_after(*from, digits);
    *ret_number = number;
    return digits > 0;
}

bool clock_note_read(Span comment, ClockMark *ret_clock)
{
    uint64_t number, input, ms;
    *ret_clock = (ClockMark){ 0 };
    if (!take_text(&comment, "frame ") || !take_number(&comment, UINT64_MAX >> 16, &number) ||
        !take_text(&comment, " of input ") || !take_number(&comment, UINT16_MAX, &input))
        return false;
    if (take_text(&comment, SET_BACK)) {
        if (!take_number(&comment, UINT32_MAX, &ms) || !take_text(&comment, SET_BACK_END))
            return false;
        ret_clock->set_back = (uint32_t)ms;
    } else if (take_text(&comment, NO_TIME)) {
        ret_clock->tick = CLOCK_NO_TIME;
    }
    return comment.length == 0;
}
