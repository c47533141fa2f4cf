/* The broken rules: what each means, how often it was broken and by whom, and examples. */
#ifndef HTML_FINDINGS_H
#define HTML_FINDINGS_H

#include "html/markup.h"
#include "html/page_rows.h"

void findings_section(Markup *markup, const PageRows *rows);

#endif
