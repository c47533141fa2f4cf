/* Clear units come from clear.h, records from tls_record.h, and tls_direction.h opens them; here is
 * what the records' content means to reading on: hellos, secrets, alerts, early data.
 *
 * Early data stands before the ServerHello that it depends on, and counts only if the server takes
 * it. Its records are kept until EncryptedExtensions tell, and then read, or dropped as the server
 * dropped them.
 *
 * One plaintext buffer serves all connections of a thread: a unit's data lives until the next
 * call. */
#include "session/tls.h"

#include "base/pack.h"
#include "session/clear.h"
#include "session/proxy_header.h"
#include "session/tls_direction.h"
#include "session/tls_record.h"

/* What a server takes is 16 KiB as a rule; more is not kept. */
#define EARLY_KEPT_MAX (64 * 1024)

typedef enum Mode {
    MODE_UNKNOWN, /* no byte has come */
    MODE_CLEAR,
    MODE_TLS,
} Mode;

/* Members up to `clear` are packed as words. */
typedef struct Tls {
    const TlsKeys *keys;
    uint64_t mode;
    uint8_t client_random[TLS_RANDOM_SIZE];
    uint64_t has_client_random;
    int64_t place[2];   /* of the next byte of the session */
    uint64_t missed[2]; /* records that were not opened, behind the last with data */
    uint64_t untold[2]; /* records did not open, of which no unit tells */
    TlsFacts facts;
    uint64_t early_kept; /* bytes in `early` */
    uint64_t early_next; /* of `early`, to be read again; they are, if `early_told` */
    uint64_t early_told;

    void *clear;
    TlsRecordReader records[2];
    TlsMessageReader messages[2];
    TlsDirection direction[2];
    uint8_t *sni, *alpn; /* a byte of length, and so many; NULL: none */
    GPtrArray *early;    /* of Kept; NULL: none */
    SessionUnit carried; /* being read */
    bool reading;
} Tls;

/* A record of early data. */
typedef struct Kept {
    SessionUnit unit;
    size_t length; /* of its body */
    uint8_t bytes[];
} Kept;

static _Thread_local uint8_t plaintext[TLS_BODY_MAX];

static void *tls_create(const void *context)
{
    Tls *tls = g_new0(Tls, 1);
    tls->keys = context;
    tls->clear = SESSION_CLEAR.create(NULL);
    tls->facts.client = -1;
    tls->records[0].skip = tls->records[1].skip = true;
    return tls;
}

static void tls_free(void *state)
{
    Tls *tls = state;
    if (!tls)
        return;
    SESSION_CLEAR.free(tls->clear);
    for (int side = 0; side < 2; side++) {
        tls_records_clear(&tls->records[side]);
        tls_message_clear(&tls->messages[side]);
        tls_direction_clear(&tls->direction[side]);
    }
    g_free(tls->sni);
    g_free(tls->alpn);
    if (tls->early)
        g_ptr_array_unref(tls->early);
    g_free(tls);
}

const TlsFacts *tls_facts(const void *state)
{
    return &((const Tls *)state)->facts;
}

static Span name_of(const uint8_t *name)
{
    return name ? span_make(name + 1, name[0]) : (Span){ 0 };
}

static void set_name(uint8_t **to, const TlsName *name)
{
    g_clear_pointer(to, g_free);
    if (name->length == 0)
        return;
    *to = g_malloc(1u + name->length);
    (*to)[0] = name->length;
    memcpy(*to + 1, name->bytes, name->length);
}

Span tls_sni(const void *state)
{
    return name_of(((const Tls *)state)->sni);
}

Span tls_alpn(const void *state)
{
    return name_of(((const Tls *)state)->alpn);
}

/* Secrets ------------------------------------------------------------------------------------- */

/* Nobody looks into records of data that nothing opens. */
static void choose_skipping(Tls *tls)
{
    for (int side = 0; side < 2; side++) {
        bool may_open = tls_direction_is_readable(&tls->direction[side]) ||
                        tls->direction[side].keys[TLS_PHASE_HANDSHAKE].count > 0 ||
                        (side == tls->facts.client && tls->facts.early == TLS_EARLY_OFFERED);
        tls->records[side].skip = !may_open || tls_direction_is_hopeless(&tls->direction[side]);
    }
}

static void add_secrets(Tls *tls, TlsKeySet *keys, const TlsSuite *suite, TlsLabel label)
{
    Span secrets[TLS_SECRETS_MAX];
    unsigned count = tls_keys_find(tls->keys, tls->client_random, label, secrets);
    for (unsigned i = 0; i < count; i++)
        tls_direction_add(keys, tls_opener_new_13(suite, secrets[i]));
}

static void find_secrets_13(Tls *tls, const TlsSuite *suite)
{
    static const TlsLabel LABELS[2][TLS_PHASES] = {
        { [TLS_PHASE_EARLY] = TLS_CLIENT_EARLY_SECRET,
          [TLS_PHASE_HANDSHAKE] = TLS_CLIENT_HANDSHAKE_SECRET,
          [TLS_PHASE_DATA] = TLS_CLIENT_TRAFFIC_SECRET },
        { [TLS_PHASE_HANDSHAKE] = TLS_SERVER_HANDSHAKE_SECRET,
          [TLS_PHASE_DATA] = TLS_SERVER_TRAFFIC_SECRET },
    };
    for (int role = 0; role < 2; role++) {
        TlsDirection *direction = &tls->direction[role ? 1 - tls->facts.client : tls->facts.client];
        for (TlsPhase phase = TLS_PHASE_EARLY; phase < TLS_PHASES; phase++)
            if (LABELS[role][phase] != TLS_MASTER_SECRET &&
                (phase != TLS_PHASE_EARLY || tls->facts.early == TLS_EARLY_OFFERED))
                add_secrets(tls, &direction->keys[phase], suite, LABELS[role][phase]);
    }
}

static void find_secrets_12(Tls *tls, const TlsSuite *suite, const TlsServerHello *hello)
{
    TlsNegotiated negotiated = { .suite = suite, .encrypt_then_mac = hello->encrypt_then_mac };
    Span masters[TLS_SECRETS_MAX];
    memcpy(negotiated.client_random, tls->client_random, TLS_RANDOM_SIZE);
    memcpy(negotiated.server_random, hello->random, TLS_RANDOM_SIZE);
    unsigned count = tls_keys_find(tls->keys, tls->client_random, TLS_MASTER_SECRET, masters);
    for (int role = 0; role < 2; role++) {
        TlsDirection *direction = &tls->direction[role ? 1 - tls->facts.client : tls->facts.client];
        for (unsigned i = 0; i < count; i++)
            tls_direction_add(&direction->pending,
                              tls_opener_new_12(&negotiated, masters[i], role));
    }
}

static TlsRefusal refusal_of(const TlsServerHello *hello, const TlsSuite *suite)
{
    if (hello->version != TLS_1_2 && hello->version != TLS_1_3)
        return TLS_REFUSED_VERSION;
    if (!suite || suite->of_13 != (hello->version == TLS_1_3))
        return TLS_REFUSED_SUITE;
    if (hello->version == TLS_1_2 && (hello->compressed || hello->truncated_hmac))
        return TLS_REFUSED_EXTENSION;
    return TLS_REFUSED_NOT;
}

/* Early data ---------------------------------------------------------------------------------- */

static void decide_early(Tls *tls, TlsEarly early)
{
    if (tls->facts.early != TLS_EARLY_OFFERED)
        return;
    tls->facts.early = early;
    tls->early_told = true;
    if (early != TLS_EARLY_ACCEPTED)
        tls_direction_drop(&tls->direction[tls->facts.client], TLS_PHASE_EARLY);
    if (early == TLS_EARLY_REJECTED && tls->early)
        g_ptr_array_set_size(tls->early, 0);
}

static void keep_early(Tls *tls, const TlsRecord *record)
{
    if (tls->early_kept + record->length > EARLY_KEPT_MAX) {
        decide_early(tls, TLS_EARLY_UNKNOWN);
        return;
    }
    if (!tls->early)
        tls->early = g_ptr_array_new_with_free_func(g_free);
    Kept *kept = g_malloc(sizeof(Kept) + TLS_HEADER_SIZE + record->body.length);
    kept->unit = record->unit;
    kept->length = record->body.length;
    memcpy(kept->bytes, record->header.bytes, TLS_HEADER_SIZE);
    if (record->body.length)
        memcpy(kept->bytes + TLS_HEADER_SIZE, record->body.bytes, record->body.length);
    g_ptr_array_add(tls->early, kept);
    tls->early_kept += record->length;
}

/* Handshake ----------------------------------------------------------------------------------- */

static void take_client_hello(Tls *tls, int side, Span body, bool cut)
{
    TlsClientHello hello;
    if (!tls_client_hello_parse(body, cut, &hello) ||
        (tls->facts.client >= 0 && side != tls->facts.client))
        return;
    bool first = tls->facts.client < 0;
    memcpy(tls->client_random, hello.random, TLS_RANDOM_SIZE);
    tls->has_client_random = true;
    if (!first)
        return;
    tls->facts.client = side;
    tls->facts.offered_version = hello.version;
    tls->facts.offers_h2 = hello.offers_h2 || hello.partial;
    tls->facts.ech = hello.ech;
    tls->facts.alpn_offered = hello.alpn_count;
    tls->facts.early = hello.early_data ? TLS_EARLY_OFFERED : TLS_EARLY_NONE;
    set_name(&tls->sni, &hello.sni);
    set_name(&tls->alpn, &hello.alpn);
}

static void choose_protocol(Tls *tls, const TlsName *name)
{
    tls->facts.alpn_known = true;
    set_name(&tls->alpn, name);
}

static void take_server_hello(Tls *tls, int side, Span body)
{
    TlsServerHello hello;
    if (side == tls->facts.client || !tls_server_hello_parse(body, &hello))
        return;
    if (hello.retry) {
        decide_early(tls, TLS_EARLY_REJECTED);
        return;
    }
    tls->facts.version = hello.version;
    tls->facts.suite = hello.suite;
    if (hello.version < TLS_1_3) {
        choose_protocol(tls, &hello.alpn);
        decide_early(tls, TLS_EARLY_REJECTED);
    }
    const TlsSuite *suite = tls_suite_find(hello.suite);
    tls->facts.refusal = refusal_of(&hello, suite);
    if (tls->keys && tls->has_client_random && tls->facts.refusal == TLS_REFUSED_NOT) {
        if (suite->of_13)
            find_secrets_13(tls, suite);
        else
            find_secrets_12(tls, suite, &hello);
    }
    if (tls->direction[side].keys[TLS_PHASE_HANDSHAKE].count == 0)
        decide_early(tls, TLS_EARLY_UNKNOWN);
    for (int i = 0; i < 2; i++)
        if (tls->facts.secrets[i] == TLS_SECRETS_NONE &&
            tls_direction_is_readable(&tls->direction[i]))
            tls->facts.secrets[i] = TLS_SECRETS_UNTRIED;
}

static void take_message(Tls *tls, int side, const TlsMessage *message)
{
    TlsEncryptedExtensions extensions;
    switch (message->type) {
    case TLS_CLIENT_HELLO:
        if (message->whole)
            take_client_hello(tls, side, message->body, false);
        break;
    case TLS_SERVER_HELLO:
        if (message->whole)
            take_server_hello(tls, side, message->body);
        break;
    case TLS_ENCRYPTED_EXTENSIONS:
        if (side == tls->facts.client || !message->whole ||
            !tls_encrypted_extensions_parse(message->body, &extensions))
            break;
        choose_protocol(tls, &extensions.alpn);
        decide_early(tls, extensions.early_data ? TLS_EARLY_ACCEPTED : TLS_EARLY_REJECTED);
        break;
    case TLS_KEY_UPDATE:
        if (tls->facts.version == TLS_1_3)
            tls_direction_update(&tls->direction[side]);
        break;
    default:
        break;
    }
}

/* `cut`: the content goes on, but not in the capture. */
static void take_handshake(Tls *tls, int side, Span content, bool cut)
{
    TlsMessageReader *reader = &tls->messages[side];
    TlsMessage message;
    tls_message_feed(reader, content);
    while (tls_message_next(reader, &message))
        take_message(tls, side, &message);
    if (!cut)
        return;
    if (tls_message_cut(reader, &message) && message.type == TLS_CLIENT_HELLO)
        take_client_hello(tls, side, message.body, true);
    tls_message_clear(reader);
}

static void take_alert(Tls *tls, int side, const SessionUnit *unit, Span content)
{
    enum { WARNING = 1 };
    if (content.length != 2 || content.bytes[1] == TLS_USER_CANCELED)
        return;
    uint8_t description = content.bytes[1];
    bool warning = content.bytes[0] == WARNING && tls->facts.version != TLS_1_3;
    TlsAlert *alert =
        description == TLS_CLOSE_NOTIFY ? &tls->facts.close_notify[side] : &tls->facts.fatal[side];
    if (alert->sent || (warning && description != TLS_CLOSE_NOTIFY))
        return;
    *alert = (TlsAlert){
        .sent = true, .description = description, .first = unit->first, .last = unit->last
    };
}

/* Records ------------------------------------------------------------------------------------- */

static TlsDirection *client_direction(Tls *tls, int side)
{
    return side == tls->facts.client ? &tls->direction[side] : NULL;
}

/* What cannot be read, if anything of the connection can. */
static bool tell_gap(Tls *tls, const SessionUnit *of, int64_t length, Reason reason,
                     SessionUnit *ret_unit)
{
    tls->missed[of->side] = true;
    if (tls->facts.secrets[0] == TLS_SECRETS_NONE && tls->facts.secrets[1] == TLS_SECRETS_NONE)
        return false;
    *ret_unit = *of;
    ret_unit->kind = SESSION_GAP;
    ret_unit->reason = reason;
    ret_unit->data = (Span){ 0 };
    ret_unit->place = tls->place[of->side];
    ret_unit->length = length;
    ret_unit->length_unsure = true;
    tls->place[of->side] += length;
    return true;
}

static bool tell_data(Tls *tls, const SessionUnit *of, Span data, SessionUnit *ret_unit)
{
    if (data.length == 0)
        return false;
    tls->missed[of->side] = false;
    tls->facts.close_notify[of->side].superseded = tls->facts.close_notify[of->side].sent;
    tls->facts.fatal[of->side].superseded = tls->facts.fatal[of->side].sent;
    *ret_unit = *of;
    ret_unit->data = data;
    ret_unit->place = tls->place[of->side];
    ret_unit->length = (int64_t)data.length;
    tls->place[of->side] += ret_unit->length;
    return true;
}

/* The most that a record's content can have been. */
static int64_t content_most(const TlsRecord *record)
{
    enum { TAG_LEAST = 8 };
    return MAX((int64_t)record->length - TAG_LEAST, 2);
}

static bool take_content(Tls *tls, int side, const SessionUnit *unit, uint8_t type, Span content,
                         SessionUnit *ret_unit)
{
    switch (type) {
    case TLS_DATA:
        return tell_data(tls, unit, content, ret_unit);
    case TLS_HANDSHAKE:
        take_handshake(tls, side, content, false);
        return false;
    case TLS_ALERT:
        take_alert(tls, side, unit, content);
        return false;
    case TLS_CHANGE_CIPHER_SPEC:
        if (tls->facts.version == TLS_1_2)
            tls_direction_change(&tls->direction[side]);
        return false;
    default:
        return false;
    }
}

static bool take_opened(Tls *tls, const TlsRecord *record, Span content, uint8_t type,
                        SessionUnit *ret_unit)
{
    int side = record->unit.side;
    TlsPhase phase = tls->direction[side].phase;
    bool first = phase == TLS_PHASE_DATA && tls->facts.secrets[side] != TLS_SECRETS_GOOD;
    if (first)
        tls->facts.secrets[side] = TLS_SECRETS_GOOD;
    if (first && tls->untold[side] && tls->direction[side].number > 1)
        return tell_gap(tls, &record->unit, content_most(record), REASON_ENCRYPTED, ret_unit);
    if (phase == TLS_PHASE_DATA && side != tls->facts.client)
        decide_early(tls, TLS_EARLY_UNKNOWN);
    bool told = take_content(tls, side, &record->unit, type, content, ret_unit);
    if (phase == TLS_PHASE_EARLY)
        tls->facts.early_end = tls->place[side];
    return told;
}

/* Records that the server passed over: early data that it did not take. */
static bool is_rejected_early(Tls *tls, int side)
{
    const TlsDirection *client = client_direction(tls, side);
    return client && client->phase == TLS_PHASE_CLEAR &&
           (tls->facts.early == TLS_EARLY_REJECTED || tls->facts.early == TLS_EARLY_UNKNOWN);
}

/* A record that did not open may be one of the handshake, whose secrets are not at hand. If the
 * first that opens turns out to be the first of data, nothing was missed. */
static bool may_be_handshake(const Tls *tls, int side)
{
    const TlsDirection *direction = &tls->direction[side];
    return tls->facts.version == TLS_1_3 && direction->phase == TLS_PHASE_CLEAR &&
           tls_direction_is_readable(direction);
}

static bool take_sealed(Tls *tls, const TlsRecord *record, SessionUnit *ret_unit)
{
    int side = record->unit.side;
    TlsDirection *direction = &tls->direction[side];
    size_t length;
    uint8_t type;
    TlsOpening opening = tls_direction_open(direction, record, plaintext, &length, &type);
    if (opening == TLS_OPENED)
        return take_opened(tls, record, span_make(plaintext, length), type, ret_unit);
    if (record->found) {
        tls_records_reject(&tls->records[side]);
        return false;
    }
    if (is_rejected_early(tls, side) && tls->facts.early == TLS_EARLY_REJECTED)
        return false;
    if (tls->facts.secrets[side] == TLS_SECRETS_UNTRIED && record->kind == TLS_RECORD_WHOLE)
        tls->facts.secrets[side] = TLS_SECRETS_WRONG;
    tls_direction_pass(direction);
    tls_message_clear(&tls->messages[side]);
    if (opening == TLS_BROKEN && record->kind == TLS_RECORD_WHOLE)
        tls->facts.broken[side]++;
    if (may_be_handshake(tls, side)) {
        tls->untold[side] = true;
        return false;
    }
    Reason reason = record->kind == TLS_RECORD_CUT ? record->unit.reason
                    : opening == TLS_BROKEN        ? REASON_MALFORMED
                                                   : REASON_ENCRYPTED;
    return tell_gap(tls, &record->unit, content_most(record), reason, ret_unit);
}

static bool is_sealed(const Tls *tls, int side, const TlsRecord *record)
{
    uint8_t type = record->header.bytes[0];
    if (tls->facts.version == TLS_1_2 || tls->facts.version == 0)
        return type == TLS_DATA || tls->direction[side].phase == TLS_PHASE_DATA;
    return type == TLS_DATA;
}

static bool take_record(Tls *tls, const TlsRecord *record, SessionUnit *ret_unit)
{
    int side = record->unit.side;
    bool sealed = is_sealed(tls, side, record);
    if (sealed && !record->found && side == tls->facts.client &&
        tls->facts.early == TLS_EARLY_OFFERED) {
        keep_early(tls, record);
        return false;
    }
    if (sealed || record->found)
        return take_sealed(tls, record, ret_unit);
    if (record->kind == TLS_RECORD_CUT && record->header.bytes[0] == TLS_HANDSHAKE)
        take_handshake(tls, side, record->body, true);
    else if (record->kind == TLS_RECORD_WHOLE)
        return take_content(tls, side, &record->unit, record->header.bytes[0], record->body,
                            ret_unit);
    return false;
}

static bool take_any(Tls *tls, const TlsRecord *record, SessionUnit *ret_unit)
{
    int side = record->unit.side;
    switch (record->kind) {
    case TLS_RECORD_WHOLE:
    case TLS_RECORD_CUT:
        return take_record(tls, record, ret_unit);
    case TLS_RECORD_HOLE:
        tls_message_clear(&tls->messages[side]);
        return tell_gap(tls, &record->unit, record->hole, record->unit.reason, ret_unit);
    case TLS_RECORD_JUNK:
        tls->facts.junk[side] = record->unit.first;
        return tell_gap(tls, &record->unit, TLS_BODY_MAX, REASON_MALFORMED, ret_unit);
    }
    return false;
}

/* A record of early data whose fate has been told since it came. */
static bool take_kept(Tls *tls, SessionUnit *ret_unit)
{
    const Kept *kept = tls->early->pdata[tls->early_next++];
    TlsRecord record = { .kind = TLS_RECORD_WHOLE,
                         .header = span_make(kept->bytes, TLS_HEADER_SIZE),
                         .body = span_make(kept->bytes + TLS_HEADER_SIZE, kept->length),
                         .unit = kept->unit };
    uint16_t length = 0;
    span_be16(record.header, 3, &length);
    record.length = length;
    if (kept->length < length)
        record.kind = TLS_RECORD_CUT;
    record.unit.connection = tls->carried.connection;
    return take_sealed(tls, &record, ret_unit);
}

/* The stage ----------------------------------------------------------------------------------- */

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

static bool has_kept(const Tls *tls)
{
    return tls->early && tls->early_told && tls->early_next < tls->early->len;
}

static bool tls_next(void *state, SessionUnit *ret_unit)
{
    Tls *tls = state;
    for (;;) {
        TlsRecord record;
        bool more;
        if (has_kept(tls)) {
            if (take_kept(tls, ret_unit))
                return true;
        } else if (tls->reading && tls_records_next(&tls->records[tls->carried.side], &record)) {
            bool told = take_any(tls, &record, ret_unit);
            choose_skipping(tls);
            if (told)
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

static size_t tls_size(const void *state)
{
    const Tls *tls = state;
    size_t size = sizeof *tls + SESSION_CLEAR.size(tls->clear) + tls->early_kept +
                  (tls->sni ? 1u + tls->sni[0] : 0) + (tls->alpn ? 1u + tls->alpn[0] : 0);
    for (int side = 0; side < 2; side++)
        size += tls_records_size(&tls->records[side]) + tls_direction_size(&tls->direction[side]) +
                (tls->messages[side].body ? tls->messages[side].body->len : 0);
    return size;
}

/* At rest ------------------------------------------------------------------------------------- */

#define WORDS offsetof(Tls, clear)
G_STATIC_ASSERT(WORDS % sizeof(uint64_t) == 0);

static void pack_early(const Tls *tls, GByteArray *to)
{
    uint64_t count = tls->early ? tls->early->len : 0;
    pack_words(to, &count, sizeof count);
    for (uint64_t i = 0; i < count; i++) {
        const Kept *kept = tls->early->pdata[i];
        pack_span(to, span_make(kept, sizeof *kept + TLS_HEADER_SIZE + kept->length));
    }
}

static void unpack_early(Tls *tls, Span *from)
{
    uint64_t count;
    unpack_words(from, &count, sizeof count);
    for (uint64_t i = 0; i < count; i++) {
        Span kept = unpack_span(from);
        if (!tls->early)
            tls->early = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(tls->early, g_memdup2(kept.bytes, kept.length));
    }
}

static void pack_messages(const TlsMessageReader *reader, GByteArray *to)
{
    uint64_t words[] = { reader->header_length, reader->missing, reader->kept };
    pack_words(to, words, sizeof words);
    pack_span(to, span_make(reader->header, sizeof reader->header));
    pack_span(to, reader->body ? span_make(reader->body->data, reader->body->len) : (Span){ 0 });
}

static void unpack_messages(TlsMessageReader *reader, Span *from)
{
    uint64_t words[3];
    unpack_words(from, words, sizeof words);
    reader->header_length = (uint8_t)words[0];
    reader->missing = (uint32_t)words[1];
    reader->kept = words[2];
    memcpy(reader->header, unpack_span(from).bytes, sizeof reader->header);
    Span body = unpack_span(from);
    if (body.length == 0)
        return;
    reader->body = g_byte_array_new();
    g_byte_array_append(reader->body, body.bytes, (guint)body.length);
}

static uint8_t *unpack_name(Span *from)
{
    Span name = unpack_span(from);
    return name.length ? g_memdup2(name.bytes, name.length) : NULL;
}

static void tls_pack(const void *state, GByteArray *to)
{
    const Tls *tls = state;
    pack_words(to, tls, WORDS);
    SESSION_CLEAR.pack(tls->clear, to);
    for (int side = 0; side < 2; side++) {
        tls_records_pack(&tls->records[side], to);
        pack_messages(&tls->messages[side], to);
        tls_direction_pack(&tls->direction[side], to);
    }
    pack_span(to, tls->sni ? span_make(tls->sni, 1u + tls->sni[0]) : (Span){ 0 });
    pack_span(to, tls->alpn ? span_make(tls->alpn, 1u + tls->alpn[0]) : (Span){ 0 });
    pack_early(tls, to);
}

static void *tls_unpack(Span *from)
{
    Tls *tls = g_new0(Tls, 1);
    unpack_words(from, tls, WORDS);
    tls->clear = SESSION_CLEAR.unpack(from);
    for (int side = 0; side < 2; side++) {
        tls_records_unpack(&tls->records[side], from);
        unpack_messages(&tls->messages[side], from);
        tls_direction_unpack(&tls->direction[side], from);
    }
    tls->sni = unpack_name(from);
    tls->alpn = unpack_name(from);
    unpack_early(tls, from);
    return tls;
}

const SessionStage SESSION_TLS = {
    .name = "tls",
    .choose = tls_choose,
    .create = tls_create,
    .feed = tls_feed,
    .next = tls_next,
    .end = tls_end,
    .pack = tls_pack,
    .unpack = tls_unpack,
    .size = tls_size,
    .free = tls_free,
};

/* Words ---------------------------------------------------------------------------------------- */

TlsSecrets tls_secrets_of(const TlsFacts *facts)
{
    if (facts->refusal != TLS_REFUSED_NOT)
        return TLS_SECRETS_UNSUPPORTED;
    bool good[2];
    for (int side = 0; side < 2; side++)
        good[side] =
            facts->secrets[side] == TLS_SECRETS_GOOD || facts->secrets[side] == TLS_SECRETS_UNTRIED;
    if (good[0] && good[1])
        return TLS_SECRETS_OF_ALL;
    if (good[0] || good[1])
        return good[0] == (facts->client != 1) ? TLS_SECRETS_OF_CLIENT : TLS_SECRETS_OF_SERVER;
    bool wrong = facts->secrets[0] == TLS_SECRETS_WRONG || facts->secrets[1] == TLS_SECRETS_WRONG;
    return wrong ? TLS_SECRETS_FIT_NOTHING : TLS_SECRETS_OF_NONE;
}

const char *tls_secrets_name(TlsSecrets secrets)
{
    static const char *const names[] = {
        "none", "all", "client", "server", "wrong", "unsupported"
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == TLS_SECRETS_COUNT);
    return names[secrets];
}

bool tls_is_encrypted(const TlsFacts *facts)
{
    bool only_hellos = facts->client >= 0 && facts->version == 0;
    return tls_secrets_of(facts) != TLS_SECRETS_OF_ALL && !only_hellos;
}

const char *tls_version_name(uint16_t version)
{
    static const char *const names[] = { "ssl3", "1.0", "1.1", "1.2", "1.3" };
    unsigned minor = version - 0x300u;
    return minor < G_N_ELEMENTS(names) ? names[minor] : "";
}

/* RFC 8446 §6, RFC 5246 §7.2 and the registry. */
static const struct {
    uint8_t description;
    const char *name;
} ALERTS[] = {
    { 0, "close_notify" },
    { 10, "unexpected_message" },
    { 20, "bad_record_mac" },
    { 21, "decryption_failed" },
    { 22, "record_overflow" },
    { 30, "decompression_failure" },
    { 40, "handshake_failure" },
    { 41, "no_certificate" },
    { 42, "bad_certificate" },
    { 43, "unsupported_certificate" },
    { 44, "certificate_revoked" },
    { 45, "certificate_expired" },
    { 46, "certificate_unknown" },
    { 47, "illegal_parameter" },
    { 48, "unknown_ca" },
    { 49, "access_denied" },
    { 50, "decode_error" },
    { 51, "decrypt_error" },
    { 60, "export_restriction" },
    { 70, "protocol_version" },
    { 71, "insufficient_security" },
    { 80, "internal_error" },
    { 86, "inappropriate_fallback" },
    { 90, "user_canceled" },
    { 100, "no_renegotiation" },
    { 109, "missing_extension" },
    { 110, "unsupported_extension" },
    { 111, "certificate_unobtainable" },
    { 112, "unrecognized_name" },
    { 113, "bad_certificate_status_response" },
    { 114, "bad_certificate_hash_value" },
    { 115, "unknown_psk_identity" },
    { 116, "certificate_required" },
    { 120, "no_application_protocol" },
    { 121, "ech_required" },
};

const char *tls_alert_name(uint8_t description)
{
    for (size_t i = 0; i < G_N_ELEMENTS(ALERTS); i++)
        if (ALERTS[i].description == description)
            return ALERTS[i].name;
    return NULL;
}
