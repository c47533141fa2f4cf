/* Early data stands before the ServerHello that it depends on, and counts only if the server takes
 * it. Its records are kept until EncryptedExtensions tell, and then read, or dropped as the server
 * dropped them.
 *
 * One plaintext buffer serves all connections of a thread: a unit's data lives until the next
 * call. */
#include "session/tls_connection.h"

#include "session/clear.h"
#include "session/tls_suite.h"

/* What a server takes is 16 KiB as a rule; more is not kept. */
#define EARLY_KEPT_MAX (64 * 1024)
static _Thread_local uint8_t plaintext[TLS_BODY_MAX];

Tls *tls_connection_new(const TlsKeys *keys)
{
    Tls *tls = g_new0(Tls, 1);
    tls->keys = keys;
    tls->clear = SESSION_CLEAR.create(NULL);
    tls->facts.client = -1;
    tls->records[0].skip = tls->records[1].skip = true;
    return tls;
}

void tls_connection_free(Tls *tls)
{
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
    if (tls->notes)
        g_array_unref(tls->notes);
    g_free(tls);
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

/* What is missing may still come. */
static void find_secrets(Tls *tls, const TlsSuite *suite, const TlsServerHello *hello)
{
    if (suite->of_13)
        find_secrets_13(tls, suite);
    else
        find_secrets_12(tls, suite, hello);
    tls->secrets_missed = !tls_direction_is_readable(&tls->direction[0]) ||
                          !tls_direction_is_readable(&tls->direction[1]);
    if (tls->secrets_missed)
        tls_keys_miss(tls->keys, tls->client_random);
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
    bool first = tls->facts.offered_version == 0;
    memcpy(tls->client_random, hello.random, TLS_RANDOM_SIZE);
    if (!tls->has_client_random)
        memcpy(tls->first_random, hello.random, TLS_RANDOM_SIZE);
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
    tls->facts.client = 1 - side;
    tls->facts.version = hello.version;
    tls->facts.suite = hello.suite;
    if (hello.version < TLS_1_3) {
        choose_protocol(tls, &hello.alpn);
        decide_early(tls, TLS_EARLY_REJECTED);
    }
    const TlsSuite *suite = tls->suite = tls_suite_find(hello.suite);
    tls->facts.refusal = refusal_of(&hello, suite);
    if (tls->keys && tls->has_client_random && tls->facts.refusal == TLS_REFUSED_NOT)
        find_secrets(tls, suite, &hello);
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
    if (tls->note.message_count++ < TLS_NOTE_MESSAGES_MAX)
        tls->note.messages[tls->note.message_count - 1] = message->type;
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
    if (content.length == 2) {
        tls->note.level = content.bytes[0];
        tls->note.alert = content.bytes[1];
    }
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
    tls->note.opened = true;
    tls->note.type = type;
    tls->note.content = (uint32_t)content.length;
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
        return tell_gap(tls, &record->unit, content_most(record), record->unit.reason, ret_unit);
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

/* Which record it is as far as its header tells. */
static void note_turn(Tls *tls, const TlsRecord *record)
{
    enum { ALERT = 2, MESSAGE_HEADER = 4, TYPE = 1, TAG_USUAL = 16 };
    static const uint32_t hash_size[TLS_HASHES] = { [TLS_SHA256] = 32, [TLS_SHA384] = 48 };
    const TlsFacts *facts = &tls->facts;
    int side = record->unit.side;
    const TlsSuite *suite = tls->suite;
    uint32_t more = TYPE + (suite ? suite->tag : TAG_USUAL);
    TlsTurn turn = { .of_client = side == facts->client,
                     .vague = facts->client < 0 || facts->version == 0,
                     .side = side,
                     .of_13 = facts->version == TLS_1_3,
                     .type = record->header.bytes[0],
                     .length = (uint32_t)record->length,
                     .alert = ALERT + more,
                     .finished = suite ? MESSAGE_HEADER + hash_size[suite->prf] + more : 0,
                     .first = record->unit.first,
                     .last = record->unit.last };
    bool sealed_alert = turn.type == TLS_ALERT && turn.length != ALERT;
    turn.in_clear = !is_sealed(tls, side, record) && !sealed_alert;
    tls_turns_take(&tls->facts.turns, &turn);
}

/* For who looks at each record; what comes of it is filled in as it is read. */
static void begin_note(Tls *tls, const TlsRecord *record)
{
    if (!tls->wants_notes)
        return;
    tls->note = (TlsNote){ .frame = record->unit.first.frame,
                           .length = (uint32_t)record->length,
                           .cut = record->kind == TLS_RECORD_CUT };
    if (record->header.length)
        tls->note.type = record->header.bytes[0];
}

/* Early data that waits is noted when it is read. What was found behind a hole is a record only if
 * it opens. */
static void end_note(Tls *tls, const TlsRecord *record, bool sealed, bool waits)
{
    bool record_at_all = record->kind == TLS_RECORD_WHOLE || record->kind == TLS_RECORD_CUT;
    if (!tls->wants_notes || !record_at_all || waits || (record->found && !tls->note.opened))
        return;
    tls->note.sealed = sealed && !tls->note.opened;
    if (!tls->notes)
        tls->notes = g_array_new(FALSE, FALSE, sizeof(TlsNote));
    g_array_append_val(tls->notes, tls->note);
}

static void note_shape(Tls *tls, const TlsRecord *record)
{
    if (record->kind == TLS_RECORD_CUT || record->kind == TLS_RECORD_HOLE)
        tls->facts.missing |= record->unit.reason;
    if (record->kind == TLS_RECORD_WHOLE || record->kind == TLS_RECORD_CUT)
        note_turn(tls, record);
}

bool tls_connection_take(Tls *tls, const TlsRecord *record, SessionUnit *ret_unit)
{
    if (!record->found)
        note_shape(tls, record);
    bool sealed = record->header.length && is_sealed(tls, record->unit.side, record);
    uint64_t kept = tls->early_kept;
    begin_note(tls, record);
    bool told = take_any(tls, record, ret_unit);
    end_note(tls, record, sealed, tls->early_kept > kept);
    choose_skipping(tls);
    return told;
}

bool tls_connection_has_early(const Tls *tls)
{
    return tls->early && tls->early_told && tls->early_next < tls->early->len;
}

bool tls_connection_take_early(Tls *tls, SessionUnit *ret_unit)
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
    begin_note(tls, &record);
    bool told = take_sealed(tls, &record, ret_unit);
    end_note(tls, &record, true, false);
    return told;
}
