/* The other leg of a proxy beside an exchange: what it sent on, or whom it did so for, with what
 * became of the fields and who answered. For the story of one connection; nothing is decided
 * here. */
#ifndef REPORT_HOP_STORY_H
#define REPORT_HOP_STORY_H

#include "packets/connection_trace.h"
#include "report/rows.h"
#include "report/story.h"

/* Adds the items for exchange `number` of the connection; none where no hops were asked for, or
 * where no proxy is known. */
void hop_story_add(Story *story, const TracedConnection *traced, uint32_t number,
                   const RowFile *file);

#endif
