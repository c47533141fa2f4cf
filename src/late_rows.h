/* Rows of an input that can be read only once, held while they may still change: of a connection in
 * TLS whose secrets have not come, and behind it, for rows keep their order. If its secrets come
 * after all, they are late, and its row says so.
 *
 * Grammar: new · take* · end · free. */
#ifndef LATE_ROWS_H
#define LATE_ROWS_H

#include "audit/row.h"
#include "session/tls_keys.h"

/* More are not held: the first of them leaves as it is. */
#define LATE_ROWS_MAX 4096

typedef struct LateRows LateRows;

/* `row` takes what leaves. */
LateRows *late_rows_new(const TlsKeys *keys, void (*row)(void *data, const AuditRow *row),
                        void *data);

/* Takes the row over, if it is held; else it is still the caller's. */
bool late_rows_take(LateRows *late, const AuditRow *row);

/* No more secrets come. */
void late_rows_end(LateRows *late);

void late_rows_free(LateRows *late);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LateRows, late_rows_free)

#endif
