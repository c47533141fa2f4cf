/* What the exchanges and the end of a connection say about single frames: which message begins or
 * ends there, and what the frame proves. Gathered once, then looked up by frame. */
#ifndef REPORT_FRAME_NOTES_H
#define REPORT_FRAME_NOTES_H

#include "packets/connection_trace.h"
#include "report/story.h"

typedef struct FrameNotes FrameNotes;

FrameNotes *frame_notes_new(const TracedConnection *traced, unsigned time_digits);
void frame_notes_free(FrameNotes *notes);

/* The notes at a frame, each as lines of its own. Additions are what adds to another statement
 * about the same frame; the others state what it is. */
void frame_notes_add_to(StoryText *text, const FrameNotes *notes, FrameId frame, bool additions);

#endif
