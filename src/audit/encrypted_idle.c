#include "audit/encrypted_idle.h"

#include <string.h>

/* HTTP/2 has pings and acknowledgements of its own. */
static bool is_http1(const ConnectionTls *tls)
{
    const TlsFacts *facts = &tls->facts;
    bool named = *tls->alpn == '\0' || strcmp(tls->alpn, "http/1.1") == 0;
    return named && !facts->ech && (facts->alpn_known || !facts->offers_h2);
}

bool encrypted_idle_close(const ConnectionRow *row, Nanoseconds *ret_idle, Nanoseconds *ret_time)
{
    const Connection *connection = &row->connection;
    const Ending *ending = &row->ending;
    Duration idle;
    if (row->decision.set || !row->tls || !tls_is_shut(&row->tls->facts) ||
        row->completeness != REASON_ENCRYPTED || !connection->opener_known || !is_http1(row->tls) ||
        ending->possible != ENDER_SERVER || ending->how != END_HOW_FIN || ending->latest_only ||
        !tls_turns_idle_close(&row->tls->facts.turns, row->client, &ending->stamp, &idle, ret_time))
        return false;
    *ret_idle = idle.least;
    return !duration_is_open(idle);
}
