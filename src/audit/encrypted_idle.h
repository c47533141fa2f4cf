/* Whether a connection that cannot be read shows how long its server leaves an idle connection
 * open. Pure. Strict, because nobody sees that what is silent is HTTP/1: a ticket or a ping ends no
 * idle time, and looks as if it did. */
#ifndef AUDIT_ENCRYPTED_IDLE_H
#define AUDIT_ENCRYPTED_IDLE_H

#include "audit/row.h"

/* True: the server closed it after `ret_idle`, at `ret_time`. */
bool encrypted_idle_close(const ConnectionRow *row, Nanoseconds *ret_idle, Nanoseconds *ret_time);

#endif
