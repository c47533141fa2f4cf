/* The story of a connection as a sequence diagram, and what follows from it in the words of
 * --show. */
#ifndef HTML_DIAGRAM_H
#define HTML_DIAGRAM_H

#include "html/markup.h"
#include "report/story.h"

/* Rows of the picture at most; of more the middle is left out. */
#define DIAGRAM_ROWS_MAX 100
/* Exchanges that do not decide, at most; the first ones. */
#define DIAGRAM_FOLDED_MAX 10

/* `name` is that of the connection. */
void diagram_add(Markup *markup, const char *name, const Story *story);

#endif
