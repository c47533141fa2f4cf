/* What became of requests at a proxy, where the capture has both of its sides. */
#ifndef HTML_HOPS_H
#define HTML_HOPS_H

#include "hops/hops.h"
#include "html/markup.h"
#include "html/page_rows.h"

/* `hops` has been finished; NULL: nobody asked. Without a row there is no section. */
void hops_section(Markup *markup, const PageRows *rows, const Hops *hops);

#endif
