/* The part of a connection's story that shows what was seen, packet by packet. */
#ifndef REPORT_PACKET_STORY_H
#define REPORT_PACKET_STORY_H

#include "packets/connection_trace.h"
#include "report/story.h"

/* With its heading. */
void packet_story_add(Story *story, const TracedConnection *traced);

#endif
