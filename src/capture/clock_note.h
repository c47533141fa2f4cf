/* What a capture that this program writes says of the clock of each packet, in the packet's
 * comment:
 *
 *     frame 42 of input 1
 *     frame 42 of input 1, its clock set back by 12000 ms before
 *     frame 42 of input 1, without a time
 *
 * The steps of a clock show on packets of other connections too, which such a capture lacks.
 * Read again, it must give the same durations, and the same doubt about them. */
#ifndef CAPTURE_CLOCK_NOTE_H
#define CAPTURE_CLOCK_NOTE_H

#include <glib.h>

#include "base/evidence.h"
#include "base/span.h"

/* The comment; to be freed. */
char *clock_note_new(FrameId frame, ClockMark clock);

/* False: it is no such comment. A tick is no part of it: CLOCK_NO_TIME, or 0. */
bool clock_note_read(Span comment, ClockMark *ret_clock);

#endif
