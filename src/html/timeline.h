/* When the connections of the page were open, in lanes by server. */
#ifndef HTML_TIMELINE_H
#define HTML_TIMELINE_H

#include "audit/listener.h"
#include "html/markup.h"
#include "html/page_rows.h"

/* When the requests of some connections began. Filled in by a second reading of the inputs. */
typedef struct Ticks Ticks;

Ticks *ticks_new(void);
void ticks_add(Ticks *ticks, FrameId connection);
/* `ticks` is borrowed. */
AuditListener ticks_listener(Ticks *ticks);
void ticks_free(Ticks *ticks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ticks, ticks_free)

/* `connections` are rows of that report; `ticks` may be NULL. */
void timeline_section(Markup *markup, const GPtrArray *connections, uint64_t all,
                      const Ticks *ticks);

#endif
