/* The picture that answers why requests are lost: after which idle times a server's connections
 * were used again, closed by it, and lost. */
#ifndef HTML_HISTOGRAM_H
#define HTML_HISTOGRAM_H

#include "html/markup.h"
#include "servers/servers.h"

/* The pictures of the worst servers, each under its sentences. `servers` has been finished. */
void histogram_section(Markup *markup, const Servers *servers);

#endif
