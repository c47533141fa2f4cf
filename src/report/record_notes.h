/* What the records of TLS say about single frames: type, length, message. */
#ifndef REPORT_RECORD_NOTES_H
#define REPORT_RECORD_NOTES_H

#include "packets/connection_trace.h"
#include "report/story.h"

typedef struct RecordNotes RecordNotes;

RecordNotes *record_notes_new(const TracedConnection *traced);
void record_notes_free(RecordNotes *notes);

/* The records that begin in a frame, each as a line: those that are no data, or those that are. */
void record_notes_add_to(StoryText *text, const RecordNotes *notes, FrameId frame, bool data);

#endif
