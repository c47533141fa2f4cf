/* When the connections of the page were open, in lanes by server. */
#ifndef HTML_TIMELINE_H
#define HTML_TIMELINE_H

#include "audit/listener.h"
#include "html/markup.h"
#include "html/page_rows.h"

/* When the requests of connections began: of all, as long as they may be shown. Beyond a bound all
 * of that is given up, and has to be filled in by a second reading, of some connections alone.
 *
 * Grammar: new · (its listener | drop)* · (are_whole | restart · add* · (its listener)*) · free. */
typedef struct Ticks Ticks;

/* `bytes`: the bound of the first reading; about 120 a connection, 9 more a request. */
#define TICKS_BYTES_MAX ((size_t)8 << 20)
Ticks *ticks_new(size_t bytes);
/* `ticks` is borrowed. */
AuditListener ticks_listener(Ticks *ticks);
/* The connection is not shown. */
void ticks_drop(Ticks *ticks, FrameId connection);

/* False: they were given up. */
bool ticks_are_whole(const Ticks *ticks);
void ticks_restart(Ticks *ticks);
void ticks_add(Ticks *ticks, FrameId connection);
void ticks_free(Ticks *ticks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Ticks, ticks_free)

/* `connections` are rows of that report; `ticks` may be NULL. */
void timeline_section(Markup *markup, const GPtrArray *connections, uint64_t all,
                      const Ticks *ticks);

#endif
