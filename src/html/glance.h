/* What was read, what is missing, and the verdicts with their causes. */
#ifndef HTML_GLANCE_H
#define HTML_GLANCE_H

#include "html/markup.h"
#include "html/page_rows.h"

/* `summary` is the text of the summary (report/summary.h). */
void glance_section(Markup *markup, const PageRows *rows, const char *summary);

#endif
