/* Clear units come from clear.h, records from tls_record.h; tls_connection.h makes units of the
 * session of them. */
#include "session/tls.h"

#include "session/clear.h"
#include "session/proxy_header.h"
#include "session/tls_connection.h"
#include "session/tls_rest.h"

static void *tls_create(const void *context)
{
    return tls_connection_new(context);
}

static void tls_free(void *state)
{
    tls_connection_free(state);
}

const TlsFacts *tls_facts(const void *state)
{
    return &((const Tls *)state)->facts;
}

TlsMissed tls_missed(const void *state)
{
    const Tls *tls = state;
    TlsMissed missed = { .missed = tls->secrets_missed &&
                                   tls_secrets_of(&tls->facts) == TLS_SECRETS_OF_NONE,
                         .of_13 = tls->facts.version == TLS_1_3 };
    if (missed.missed)
        memcpy(missed.client_random, tls->client_random, TLS_RANDOM_SIZE);
    return missed;
}

bool tls_missed_came(const TlsMissed *missed, const TlsKeys *keys)
{
    static const TlsLabel OF_12[] = { TLS_MASTER_SECRET, TLS_MASTER_SECRET };
    static const TlsLabel OF_13[] = { TLS_CLIENT_TRAFFIC_SECRET, TLS_SERVER_TRAFFIC_SECRET };
    const TlsLabel *needed = missed->of_13 ? OF_13 : OF_12;
    Span found[TLS_SECRETS_MAX];
    return missed->missed && (tls_keys_find(keys, missed->client_random, needed[0], found) ||
                              tls_keys_find(keys, missed->client_random, needed[1], found));
}

unsigned tls_randoms(const void *state, uint8_t ret_randoms[TLS_RANDOMS_MAX][TLS_RANDOM_SIZE])
{
    const Tls *tls = state;
    if (!tls->has_client_random)
        return 0;
    memcpy(ret_randoms[0], tls->first_random, TLS_RANDOM_SIZE);
    memcpy(ret_randoms[1], tls->client_random, TLS_RANDOM_SIZE);
    return memcmp(ret_randoms[0], ret_randoms[1], TLS_RANDOM_SIZE) == 0 ? 1 : 2;
}

static Span name_of(const uint8_t *name)
{
    return name ? span_make(name + 1, name[0]) : (Span){ 0 };
}
Span tls_sni(const void *state)
{
    return name_of(((const Tls *)state)->sni);
}

Span tls_alpn(const void *state)
{
    return name_of(((const Tls *)state)->alpn);
}
/* Whether clear.h may take a header off before the first byte. */
static bool may_be_proxy_header(Span bytes)
{
    return proxy_header_parse(bytes) != PROXY_HEADER_NONE;
}

/* What begins neither a record nor a PROXY header stays clear text, at no further cost. */
static const SessionStage *tls_choose(const StreamEvent *event)
{
    bool may_be_tls =
        event && (event->kind != STREAM_DATA || event->data.length == 0 ||
                  tls_record_is_plausible(event->data) || may_be_proxy_header(event->data));
    return may_be_tls ? &SESSION_TLS : &SESSION_CLEAR;
}

static void tls_feed(void *state, const StreamEvent *event)
{
    Tls *tls = state;
    SESSION_CLEAR.feed(tls->clear, event);
}

/* The next unit of clear bytes; true: `ret_unit` is one, of a session in the clear. */
static bool carry_on(Tls *tls, SessionUnit *ret_unit, bool *ret_more)
{
    *ret_more = SESSION_CLEAR.next(tls->clear, &tls->carried);
    if (!*ret_more)
        return false;
    if (tls->mode == MODE_UNKNOWN && tls->carried.kind == SESSION_DATA) {
        tls->mode = tls_record_is_plausible(tls->carried.data) ? MODE_TLS : MODE_CLEAR;
        tls->facts.is_tls = tls->mode == MODE_TLS;
    }
    if (tls->mode != MODE_TLS) {
        tls->place[tls->carried.side] = tls->carried.place + tls->carried.length;
        *ret_unit = tls->carried;
        return true;
    }
    tls_records_feed(&tls->records[tls->carried.side], &tls->carried);
    tls->reading = true;
    return false;
}

static bool tls_next(void *state, SessionUnit *ret_unit)
{
    Tls *tls = state;
    for (;;) {
        TlsRecord record;
        bool more;
        if (tls_connection_has_early(tls)) {
            if (tls_connection_take_early(tls, ret_unit))
                return true;
        } else if (tls->reading && tls_records_next(&tls->records[tls->carried.side], &record)) {
            if (tls_connection_take(tls, &record, ret_unit))
                return true;
        } else {
            tls->reading = false;
            if (carry_on(tls, ret_unit, &more))
                return true;
            if (!more)
                return false;
        }
    }
}

void tls_want_notes(void *state)
{
    ((Tls *)state)->wants_notes = true;
}

bool tls_next_note(void *state, TlsNote *ret_note)
{
    Tls *tls = state;
    if (!tls->notes || tls->notes->len == 0)
        return false;
    *ret_note = g_array_index(tls->notes, TlsNote, 0);
    g_array_remove_index(tls->notes, 0);
    return true;
}

/* Of an alert that nothing followed: sent with its record's first byte, known with the last. */
static Stamp closing_of(const TlsAlert *alert)
{
    Stamp stamp = alert->first;
    stamp.offset = alert->last.offset;
    return alert->superseded ? (Stamp){ 0 } : stamp;
}

static SessionEnd tls_end(const void *state, int side)
{
    const Tls *tls = state;
    const TlsFacts *facts = &tls->facts;
    SessionEnd end = SESSION_CLEAR.end(tls->clear, side);
    if (!facts->is_tls)
        return end;
    if (facts->fatal[side].sent) {
        end.close = SESSION_FAILED;
        end.alert = facts->fatal[side].description;
        end.stamp = closing_of(&facts->fatal[side]);
    }
    if (facts->close_notify[side].sent) {
        end.close = SESSION_CLOSED;
        end.stamp = closing_of(&facts->close_notify[side]);
    }
    if (end.close == SESSION_CLOSED_BY_CARRIER)
        end.close = facts->secrets[side] != TLS_SECRETS_GOOD ? SESSION_UNREADABLE
                    : tls->missed[side]                      ? SESSION_END_LOST
                                                             : SESSION_NOT_CLOSED;
    return end;
}

static ProxySource tls_source(const void *state)
{
    return SESSION_CLEAR.source(((const Tls *)state)->clear);
}

static size_t tls_size(const void *state)
{
    return tls_rest_size(state);
}

static void tls_pack(const void *state, GByteArray *to)
{
    tls_rest_pack(state, to);
}

static void *tls_unpack(Span *from)
{
    return tls_rest_unpack(from);
}

const SessionStage SESSION_TLS = {
    .name = "tls",
    .choose = tls_choose,
    .create = tls_create,
    .feed = tls_feed,
    .next = tls_next,
    .end = tls_end,
    .source = tls_source,
    .pack = tls_pack,
    .unpack = tls_unpack,
    .size = tls_size,
    .free = tls_free,
};
