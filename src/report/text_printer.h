/* A story as text for a person: ASCII, lines of at most PAGE_WIDTH columns, calm colours if
 * wanted. */
#ifndef REPORT_STORY_TEXT_H
#define REPORT_STORY_TEXT_H

#include "report/story.h"

void story_print_text(GString *page, const Story *story, bool colour);

#endif
