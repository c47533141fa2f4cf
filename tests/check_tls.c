/* Whole connections, made here: hellos in clear, the rest sealed by tls_seal.h, fed as the
 * events of a stream in segments of any size, with holes and with secrets missing. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "session/tls.h"
#include "session/tls_handshake.h"
#include "session/tls_record.h"
#include "tls_seal.h"

#define CLIENT 0
#define SERVER 1

/* A connection as it is written, record by record. */
typedef struct Record {
    int side;
    GByteArray *bytes;
} Record;

typedef struct Peers {
    const TlsSuite *suite;
    TlsNegotiated negotiated;
    GArray *records; /* Record */
    TlsSeal early, handshake[2], data[2];
    uint8_t secret[2][TLS_SECRET_MAX]; /* of data; that of the present generation */
    GString *keylog[TLS_LABELS];
} Peers;

static void fill(uint8_t *bytes, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 11 + seed);
}

static GByteArray *new_record(Peers *peers, int side)
{
    Record record = { side, g_byte_array_new() };
    g_array_append_val(peers->records, record);
    return record.bytes;
}

static void put_clear(Peers *peers, int side, uint8_t type, const void *content, size_t length)
{
    GByteArray *to = new_record(peers, side);
    uint8_t header[] = { type, 3, 3, (uint8_t)(length >> 8), (uint8_t)length };
    g_byte_array_append(to, header, sizeof header);
    g_byte_array_append(to, content, (guint)length);
}

static void put_sealed(Peers *peers, TlsSeal *seal, int side, uint8_t type, const void *content,
                       size_t length)
{
    tls_seal_record(seal, type, span_make(content, length), new_record(peers, side));
}

static void say(Peers *peers, int side, const char *text)
{
    put_sealed(peers, &peers->data[side], side, TLS_DATA, text, strlen(text));
}

static void close_side(Peers *peers, int side)
{
    put_sealed(peers, &peers->data[side], side, TLS_ALERT, "\1\0", 2);
}

/* A message with this body. */
static void put_message(Peers *peers, TlsSeal *seal, int side, uint8_t type, const void *body,
                        size_t length)
{
    g_autoptr(GByteArray) message = g_byte_array_new();
    uint8_t header[] = { type, 0, (uint8_t)(length >> 8), (uint8_t)length };
    g_byte_array_append(message, header, sizeof header);
    g_byte_array_append(message, body, (guint)length);
    if (seal)
        put_sealed(peers, seal, side, TLS_HANDSHAKE, message->data, message->len);
    else
        put_clear(peers, side, TLS_HANDSHAKE, message->data, message->len);
}

static void append(GByteArray *to, const char *bytes, size_t length)
{
    g_byte_array_append(to, (const guint8 *)bytes, (guint)length);
}
#define APPEND(to, text) append(to, text, sizeof(text) - 1)

static void client_hello(Peers *peers, bool early)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    APPEND(body, "\x03\x03");
    g_byte_array_append(body, peers->negotiated.client_random, TLS_RANDOM_SIZE);
    APPEND(body, "\x00\x00\x02\x13\x01\x01\x00");
    append(body, "\x00\x11", 2);
    if (early) {
        body->data[body->len - 1] += 4;
        APPEND(body, "\x00\x2a\x00\x00");
    }
    APPEND(body, "\x00\x00\x00\x06\x00\x04\x00\x00\x01x");
    APPEND(body, "\x00\x2b\x00\x03\x02\x03\x04");
    put_message(peers, NULL, CLIENT, TLS_CLIENT_HELLO, body->data, body->len);
}

static void server_hello(Peers *peers, const uint8_t *random)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    uint8_t suite[] = { (uint8_t)(peers->suite->id >> 8), (uint8_t)peers->suite->id };
    APPEND(body, "\x03\x03");
    g_byte_array_append(body, random, TLS_RANDOM_SIZE);
    APPEND(body, "\x00");
    g_byte_array_append(body, suite, sizeof suite);
    if (peers->suite->of_13)
        APPEND(body, "\x00\x00\x06\x00\x2b\x00\x02\x03\x04");
    else if (peers->negotiated.encrypt_then_mac)
        APPEND(body, "\x00\x00\x04\x00\x16\x00\x00");
    else
        APPEND(body, "\x00");
    put_message(peers, NULL, SERVER, TLS_SERVER_HELLO, body->data, body->len);
}

static void append_hex(GString *to, const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        g_string_append_printf(to, "%02x", bytes[i]);
}

static void note_key(Peers *peers, TlsLabel label, const char *name, const uint8_t *secret,
                     size_t length)
{
    GString *line = peers->keylog[label] = g_string_new(name);
    g_string_append_c(line, ' ');
    append_hex(line, peers->negotiated.client_random, TLS_RANDOM_SIZE);
    g_string_append_c(line, ' ');
    append_hex(line, secret, length);
    g_string_append_c(line, '\n');
}

static void make_keys_13(Peers *peers)
{
    static const char *const NAMES[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                         "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                         "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };
    size_t length = peers->suite->prf == TLS_SHA384 ? 48 : 32;
    uint8_t secret[TLS_SECRET_MAX];
    fill(secret, length, 1);
    peers->early = tls_seal_13(peers->suite, span_make(secret, length));
    note_key(peers, TLS_CLIENT_EARLY_SECRET, "CLIENT_EARLY_TRAFFIC_SECRET", secret, length);
    for (int side = 0; side < 2; side++) {
        fill(secret, length, 2 + (unsigned)side);
        peers->handshake[side] = tls_seal_13(peers->suite, span_make(secret, length));
        note_key(peers, TLS_CLIENT_HANDSHAKE_SECRET + side, NAMES[side], secret, length);
        fill(peers->secret[side], length, 4 + (unsigned)side);
        peers->data[side] = tls_seal_13(peers->suite, span_make(peers->secret[side], length));
        note_key(peers, TLS_CLIENT_TRAFFIC_SECRET + side, NAMES[2 + side], peers->secret[side],
                 length);
    }
}

static void make_keys_12(Peers *peers)
{
    uint8_t master[TLS_SECRET_MAX];
    fill(master, sizeof master, 77);
    for (int side = 0; side < 2; side++)
        peers->data[side] = tls_seal_12(&peers->negotiated, span_make(master, sizeof master), side);
    note_key(peers, TLS_MASTER_SECRET, "CLIENT_RANDOM", master, sizeof master);
}

static void peers_open(Peers *peers, uint16_t suite, bool encrypt_then_mac)
{
    *peers = (Peers){ .suite = tls_suite_find(suite) };
    peers->negotiated.suite = peers->suite;
    peers->negotiated.encrypt_then_mac = encrypt_then_mac;
    fill(peers->negotiated.client_random, TLS_RANDOM_SIZE, 100);
    fill(peers->negotiated.server_random, TLS_RANDOM_SIZE, 200);
    peers->records = g_array_new(FALSE, FALSE, sizeof(Record));
    if (peers->suite->of_13)
        make_keys_13(peers);
    else
        make_keys_12(peers);
}

static void peers_close(Peers *peers)
{
    for (guint i = 0; i < peers->records->len; i++)
        g_byte_array_unref(g_array_index(peers->records, Record, i).bytes);
    g_array_unref(peers->records);
    for (size_t i = 0; i < TLS_LABELS; i++)
        if (peers->keylog[i])
            g_string_free(peers->keylog[i], TRUE);
}

/* The handshake of 1.3 from the ServerHello on. */
static void finish_13(Peers *peers, bool takes_early)
{
    static const char EARLY[] = "\x00\x04\x00\x2a\x00\x00";
    static const uint8_t zeros[48];
    server_hello(peers, peers->negotiated.server_random);
    put_clear(peers, SERVER, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
    put_message(peers, &peers->handshake[SERVER], SERVER, TLS_ENCRYPTED_EXTENSIONS,
                takes_early ? EARLY : "\0", takes_early ? 6 : 2);
    put_message(peers, &peers->handshake[SERVER], SERVER, TLS_FINISHED, zeros, 48);
}

static void client_finishes_13(Peers *peers)
{
    static const uint8_t zeros[48];
    put_clear(peers, CLIENT, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
    put_message(peers, &peers->handshake[CLIENT], CLIENT, TLS_FINISHED, zeros, 48);
}

static void handshake_12(Peers *peers)
{
    static const uint8_t zeros[12];
    client_hello(peers, false);
    server_hello(peers, peers->negotiated.server_random);
    for (int side = 0; side < 2; side++) {
        put_clear(peers, side, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
        put_message(peers, &peers->data[side], side, TLS_FINISHED, zeros, sizeof zeros);
    }
}

/* Listening ------------------------------------------------------------------------------------ */

typedef struct Hearing {
    unsigned without;       /* labels that are missing, as bits */
    size_t step;            /* bytes a segment; 0: a record each */
    int lose_from, lose_to; /* records that are lost, by number; from == to: none */
    int cut;                /* of this record all but 8 bytes of the body are lost; -1: none */
    bool pack;              /* the state rests after each event */
} Hearing;

static const Hearing ALL = { .cut = -1 };

typedef struct Heard {
    GString *text[2];
    void *state;
    TlsKeys *keys;
    Connection connection;
    int64_t offset[2], place[2], known[2];
    uint64_t frame;
} Heard;

static void note_unit(Heard *heard, const SessionUnit *unit)
{
    int side = unit->side;
    ck_assert_int_eq(unit->place, heard->place[side]);
    ck_assert_int_le(unit->first.offset, unit->last.offset);
    ck_assert_int_gt(unit->last.offset, heard->known[side]);
    heard->known[side] = unit->last.offset;
    heard->place[side] += unit->length;
    if (unit->kind == SESSION_GAP) { /* adjacent ones are one */
        g_autofree char *gap = g_strdup_printf("<%s>", reason_name(unit->reason));
        if (!g_str_has_suffix(heard->text[side]->str, gap))
            g_string_append(heard->text[side], gap);
        return;
    }
    ck_assert(!unit->by_byte);
    ck_assert_int_gt(unit->last.offset - unit->first.offset, unit->length);
    g_string_append_len(heard->text[side], (const char *)unit->data.bytes, unit->length);
}

static void give(Heard *heard, int side, bool gap, Span data, int64_t length, bool pack)
{
    StreamEvent event = { .kind = gap ? STREAM_GAP : STREAM_DATA,
                          .side = side,
                          .connection = &heard->connection,
                          .stamp = { .frame = frame_id(1, ++heard->frame),
                                     .offset = heard->offset[side] },
                          .data = data,
                          .gap = gap ? length : 0,
                          .reason = gap ? REASON_LOSS : 0,
                          .segment_start = true };
    SessionUnit unit;
    heard->offset[side] += length;
    SESSION_TLS.feed(heard->state, &event);
    while (SESSION_TLS.next(heard->state, &unit))
        note_unit(heard, &unit);
    ck_assert_uint_lt(SESSION_TLS.size(heard->state), 128 * 1024);
    if (!pack)
        return;
    g_autoptr(GByteArray) packed = g_byte_array_new();
    SESSION_TLS.pack(heard->state, packed);
    SESSION_TLS.free(heard->state);
    Span rest = span_make(packed->data, packed->len);
    heard->state = SESSION_TLS.unpack(&rest);
    ck_assert_uint_eq(rest.length, 0);
}

static void give_record(Heard *heard, const Record *record, const Hearing *how, bool cut)
{
    Span rest = span_make(record->bytes->data, record->bytes->len);
    if (cut) {
        Span part = span_first(rest, TLS_HEADER_SIZE + 8);
        give(heard, record->side, false, part, (int64_t)part.length, how->pack);
        rest = span_after(rest, part.length);
        give(heard, record->side, true, (Span){ 0 }, (int64_t)rest.length, how->pack);
        return;
    }
    size_t step = how->step ? how->step : rest.length;
    for (; rest.length; rest = span_after(rest, step)) {
        Span part = span_first(rest, step);
        give(heard, record->side, false, part, (int64_t)part.length, how->pack);
    }
}

static void listen_to(const Peers *peers, const Hearing *how, Heard *heard)
{
    *heard = (Heard){ .text = { g_string_new(NULL), g_string_new(NULL) },
                      .connection = { .opener_known = true },
                      .known = { -1, -1 } };
    heard->keys = tls_keys_new((size_t)1 << 20);
    for (unsigned label = 0; label < TLS_LABELS; label++)
        if (peers->keylog[label] && !(how->without & 1u << label))
            tls_keys_feed(heard->keys,
                          span_make(peers->keylog[label]->str, peers->keylog[label]->len));
    heard->state = SESSION_TLS.create(heard->keys);
    for (int i = 0; i < (int)peers->records->len; i++) {
        const Record *record = &g_array_index(peers->records, Record, (guint)i);
        if (i >= how->lose_from && i < how->lose_to)
            give(heard, record->side, true, (Span){ 0 }, record->bytes->len, how->pack);
        else
            give_record(heard, record, how, i == how->cut);
    }
}

static void heard_close(Heard *heard)
{
    SESSION_TLS.free(heard->state);
    tls_keys_free(heard->keys);
    g_string_free(heard->text[0], TRUE);
    g_string_free(heard->text[1], TRUE);
}

static void expect(const Peers *peers, const Hearing *how, const char *client, const char *server)
{
    Heard heard;
    listen_to(peers, how, &heard);
    ck_assert_str_eq(heard.text[CLIENT]->str, client);
    ck_assert_str_eq(heard.text[SERVER]->str, server);
    heard_close(&heard);
}

/* In segments of any size, and with a rest after each, the same is heard. */
static void expect_always(const Peers *peers, Hearing how, const char *client, const char *server)
{
    static const size_t STEPS[] = { 0, 1, 3, 16, 1000 };
    for (size_t i = 0; i < G_N_ELEMENTS(STEPS); i++) {
        how.step = STEPS[i];
        how.pack = false;
        expect(peers, &how, client, server);
        how.pack = true;
        expect(peers, &how, client, server);
    }
}

/* TLS 1.2 ------------------------------------------------------------------------------------- */

static const struct {
    uint16_t suite;
    bool encrypt_then_mac;
} SUITES_12[] = {
    { 0xc02f, false }, { 0xc030, false }, { 0xcca8, false }, { 0xc0ac, false },
    { 0xc0a0, false }, { 0xc013, false }, { 0xc013, true },  { 0x003c, true },
};

START_TEST(test_12)
{
    Peers peers;
    peers_open(&peers, SUITES_12[_i].suite, SUITES_12[_i].encrypt_then_mac);
    handshake_12(&peers);
    say(&peers, CLIENT, "question;");
    say(&peers, SERVER, "answer;");
    say(&peers, CLIENT, "again?;");
    say(&peers, SERVER, "no;");
    close_side(&peers, SERVER);
    expect_always(&peers, ALL, "question;again?;", "answer;no;");
    expect(&peers, &(Hearing){ .cut = -1, .without = 1 << TLS_MASTER_SECRET }, "", "");
    Heard heard;
    listen_to(&peers, &ALL, &heard);
    const TlsFacts *facts = tls_facts(heard.state);
    ck_assert_uint_eq(facts->version, TLS_1_2);
    ck_assert_uint_eq(facts->suite, SUITES_12[_i].suite);
    ck_assert_int_eq(facts->client, CLIENT);
    ck_assert(facts->close_notify[SERVER].sent && !facts->close_notify[CLIENT].sent);
    ck_assert_int_eq(facts->close_notify[SERVER].last.offset, heard.offset[SERVER] - 1);
    ck_assert(facts->secrets[0] == TLS_SECRETS_GOOD && facts->secrets[1] == TLS_SECRETS_GOOD);
    ck_assert(span_equal(tls_sni(heard.state), span_of_text("x")));
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

START_TEST(test_12_holes)
{
    Peers peers;
    peers_open(&peers, 0xc02f, false);
    handshake_12(&peers); /* records 0 to 5 */
    for (int i = 0; i < 6; i++)
        say(&peers, CLIENT, i % 2 ? "odd;" : "even;");
    expect(&peers, &(Hearing){ .cut = -1, .lose_from = 8, .lose_to = 10 },
           "even;odd;<loss>even;odd;", "");
    /* a ChangeCipherSpec and what follows: the next record is tried under the new keys */
    expect(&peers, &(Hearing){ .cut = -1, .lose_from = 2, .lose_to = 4 },
           "<loss>even;odd;even;odd;even;odd;", "");
    expect(&peers, &(Hearing){ .cut = 7 }, "even;<loss>even;odd;even;odd;", "");
    peers_close(&peers);
}
END_TEST

/* TLS 1.3 ------------------------------------------------------------------------------------- */

static void update_keys(Peers *peers, int side)
{
    put_message(peers, &peers->data[side], side, TLS_KEY_UPDATE, "\0", 1);
    peers->data[side] = tls_seal_next(&peers->data[side], peers->secret[side]);
}

static void open_13(Peers *peers, uint16_t suite)
{
    peers_open(peers, suite, false);
    client_hello(peers, false);
    finish_13(peers, false);
    client_finishes_13(peers); /* records 0 to 6 */
}

START_TEST(test_13)
{
    Peers peers;
    open_13(&peers, (uint16_t)(0x1301 + _i));
    peers.data[SERVER].padding = 20;
    put_message(&peers, &peers.data[SERVER], SERVER, TLS_NEW_SESSION_TICKET, "ticket", 6);
    say(&peers, CLIENT, "question;");
    say(&peers, SERVER, "answer;");
    update_keys(&peers, SERVER);
    say(&peers, SERVER, "more;");
    update_keys(&peers, CLIENT);
    say(&peers, CLIENT, "thanks;");
    say(&peers, SERVER, "");
    close_side(&peers, CLIENT);
    expect_always(&peers, ALL, "question;thanks;", "answer;more;");
    /* what opens the handshake is not needed */
    Hearing no_handshake = {
        .cut = -1, .without = 1 << TLS_CLIENT_HANDSHAKE_SECRET | 1 << TLS_SERVER_HANDSHAKE_SECRET
    };
    expect_always(&peers, no_handshake, "question;thanks;", "answer;more;");
    peers_close(&peers);
}
END_TEST

START_TEST(test_13_one_direction)
{
    Peers peers;
    open_13(&peers, 0x1301);
    say(&peers, CLIENT, "question;");
    say(&peers, SERVER, "answer;");
    Hearing client_only = { .cut = -1,
                            .without =
                                1 << TLS_SERVER_TRAFFIC_SECRET | 1 << TLS_SERVER_HANDSHAKE_SECRET };
    Heard heard;
    listen_to(&peers, &client_only, &heard);
    ck_assert_str_eq(heard.text[CLIENT]->str, "question;");
    ck_assert(g_str_has_suffix(heard.text[SERVER]->str, "<encrypted>"));
    ck_assert_int_eq(tls_facts(heard.state)->secrets[SERVER], TLS_SECRETS_NONE);
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

static const struct {
    const char *name;
    int from, to; /* records */
    const char *text;
} HOLES_13[] = {
    { "a record", 8, 9, "1;<loss>3;4;5;6;" },
    { "two records and a KeyUpdate", 8, 11, "1;<loss>4;5;6;" },
    { "a KeyUpdate", 10, 11, "1;2;3;<loss>4;5;6;" },
    { "two KeyUpdates and what is between", 10, 13, "1;2;3;<loss>5;6;" },
    { "all but the last", 7, 14, "<loss>6;" },
    { "the Finished", 6, 7, "<loss>1;2;3;4;5;6;" },
    { "the last three, one by one", 12, 15, "1;2;3;4;<loss>" },
};

START_TEST(test_13_holes)
{
    Peers peers;
    open_13(&peers, 0x1302);
    say(&peers, CLIENT, "1;"); /* record 7 */
    say(&peers, CLIENT, "2;");
    say(&peers, CLIENT, "3;");
    update_keys(&peers, CLIENT); /* record 10 */
    say(&peers, CLIENT, "4;");
    update_keys(&peers, CLIENT); /* record 12 */
    say(&peers, CLIENT, "5;");
    say(&peers, CLIENT, "6;");
    Hearing how = { .cut = -1, .lose_from = HOLES_13[_i].from, .lose_to = HOLES_13[_i].to };
    Heard heard;
    listen_to(&peers, &how, &heard);
    ck_assert_msg(strcmp(heard.text[CLIENT]->str, HOLES_13[_i].text) == 0, "%s: %s",
                  HOLES_13[_i].name, heard.text[CLIENT]->str);
    ck_assert_msg(heard.known[CLIENT] == heard.offset[CLIENT] - 1, "%s: not told to its end",
                  HOLES_13[_i].name);
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

START_TEST(test_corrupt_record)
{
    Peers peers;
    open_13(&peers, 0x1301);
    say(&peers, CLIENT, "1;");
    say(&peers, CLIENT, "2;");
    say(&peers, CLIENT, "3;");
    g_array_index(peers.records, Record, 8).bytes->data[9] ^= 1;
    expect_always(&peers, ALL, "1;<malformed>3;", "");
    peers_close(&peers);
}
END_TEST

/* Secrets ------------------------------------------------------------------------------------- */

static void spoil(GString *line)
{
    line->str[line->len - 2] = line->str[line->len - 2] == '0' ? '1' : '0';
}

START_TEST(test_wrong_secrets)
{
    Peers peers;
    open_13(&peers, 0x1301);
    say(&peers, CLIENT, "1;");
    say(&peers, SERVER, "2;");
    for (unsigned label = TLS_CLIENT_HANDSHAKE_SECRET; label < TLS_LABELS; label++)
        spoil(peers.keylog[label]);
    Heard heard;
    listen_to(&peers, &ALL, &heard);
    ck_assert_ptr_null(strchr(heard.text[CLIENT]->str, ';'));
    ck_assert_ptr_null(strstr(heard.text[CLIENT]->str, "malformed"));
    ck_assert_ptr_null(strchr(heard.text[SERVER]->str, ';'));
    ck_assert_int_eq(tls_facts(heard.state)->secrets[CLIENT], TLS_SECRETS_WRONG);
    ck_assert_int_eq(tls_facts(heard.state)->secrets[SERVER], TLS_SECRETS_WRONG);
    ck_assert_uint_eq(tls_facts(heard.state)->broken[CLIENT], 0);
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

/* Whichever comes first, the right one is found. */
START_TEST(test_contradicting_secrets)
{
    for (int order = 0; order < 2; order++) {
        Peers peers;
        open_13(&peers, 0x1301);
        say(&peers, CLIENT, "1;");
        say(&peers, CLIENT, "2;");
        for (unsigned label = TLS_CLIENT_HANDSHAKE_SECRET; label < TLS_LABELS; label++) {
            GString *line = peers.keylog[label];
            g_autoptr(GString) other = g_string_new(line->str);
            spoil(other);
            if (order)
                g_string_append(line, other->str);
            else
                g_string_prepend(line, other->str);
        }
        expect_always(&peers, ALL, "1;2;", "");
        peers_close(&peers);
    }
}
END_TEST

/* Early data ---------------------------------------------------------------------------------- */

static void send_early(Peers *peers)
{
    client_hello(peers, true);
    put_sealed(peers, &peers->early, CLIENT, TLS_DATA, "early;", 6);
    put_sealed(peers, &peers->early, CLIENT, TLS_DATA, "bird;", 5);
}

START_TEST(test_early_data_accepted)
{
    Peers peers;
    peers_open(&peers, 0x1301, false);
    send_early(&peers);
    finish_13(&peers, true);
    say(&peers, SERVER, "answer;");
    put_sealed(&peers, &peers.early, CLIENT, TLS_DATA, "late;", 5);
    put_message(&peers, &peers.early, CLIENT, TLS_END_OF_EARLY_DATA, "", 0);
    client_finishes_13(&peers);
    say(&peers, CLIENT, "question;");
    expect_always(&peers, ALL, "early;bird;late;question;", "answer;");
    Heard heard;
    listen_to(&peers, &ALL, &heard);
    ck_assert_int_eq(tls_facts(heard.state)->early, TLS_EARLY_ACCEPTED);
    ck_assert_int_eq(tls_facts(heard.state)->early_end, 16);
    heard_close(&heard);
    Hearing unknown = { .cut = -1, .without = 1 << TLS_SERVER_HANDSHAKE_SECRET };
    listen_to(&peers, &unknown, &heard);
    ck_assert_int_eq(tls_facts(heard.state)->early, TLS_EARLY_UNKNOWN);
    ck_assert_ptr_null(strstr(heard.text[CLIENT]->str, "early"));
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

START_TEST(test_early_data_rejected)
{
    Peers peers;
    peers_open(&peers, 0x1301, false);
    send_early(&peers);
    finish_13(&peers, false);
    put_sealed(&peers, &peers.early, CLIENT, TLS_DATA, "late;", 5);
    client_finishes_13(&peers);
    say(&peers, CLIENT, "early;");
    expect_always(&peers, ALL, "early;", "");
    peers_close(&peers);
}
END_TEST

START_TEST(test_retry)
{
    static const uint8_t RETRY[TLS_RANDOM_SIZE] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    Peers peers;
    peers_open(&peers, 0x1301, false);
    send_early(&peers);
    server_hello(&peers, RETRY);
    put_clear(&peers, SERVER, TLS_CHANGE_CIPHER_SPEC, "\1", 1);
    client_hello(&peers, false);
    finish_13(&peers, false);
    client_finishes_13(&peers);
    say(&peers, CLIENT, "question;");
    say(&peers, SERVER, "answer;");
    expect_always(&peers, ALL, "question;", "answer;");
    peers_close(&peers);
}
END_TEST

/* Without TLS, and without all of it ----------------------------------------------------------- */

START_TEST(test_clear_text)
{
    Heard heard = { .connection = { .opener_known = true } };
    StreamEvent event = { .kind = STREAM_DATA,
                          .connection = &heard.connection,
                          .stamp = { .frame = 1 },
                          .data = span_of_text("GET / HTTP/1.1\r\n") };
    void *state = SESSION_TLS.create(NULL);
    SessionUnit unit;
    SESSION_TLS.feed(state, &event);
    ck_assert(SESSION_TLS.next(state, &unit));
    ck_assert(unit.by_byte && span_equal(unit.data, event.data));
    ck_assert(!SESSION_TLS.next(state, &unit));
    ck_assert(!tls_facts(state)->is_tls);
    SESSION_TLS.free(state);
}
END_TEST

START_TEST(test_alert_in_clear)
{
    Peers peers;
    peers_open(&peers, 0xc02f, false);
    client_hello(&peers, false);
    put_clear(&peers, SERVER, TLS_ALERT, "\2\x28", 2);
    Heard heard;
    listen_to(&peers, &ALL, &heard);
    ck_assert(tls_facts(heard.state)->fatal[SERVER].sent);
    ck_assert_str_eq(tls_alert_name(tls_facts(heard.state)->fatal[SERVER].description),
                     "handshake_failure");
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

START_TEST(test_unsupported)
{
    Peers peers;
    peers_open(&peers, 0xc02f, false);
    handshake_12(&peers);
    say(&peers, CLIENT, "question;");
    /* in the ServerHello, which is record 1: a suite of RC4 */
    g_array_index(peers.records, Record, 1).bytes->data[5 + 4 + 2 + 32 + 1] = 0;
    g_array_index(peers.records, Record, 1).bytes->data[5 + 4 + 2 + 32 + 2] = 5;
    Heard heard;
    listen_to(&peers, &ALL, &heard);
    ck_assert_int_eq(tls_facts(heard.state)->refusal, TLS_REFUSED_SUITE);
    ck_assert_uint_eq(heard.text[CLIENT]->len, 0);
    heard_close(&heard);
    peers_close(&peers);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls");
    TCase *tcase = tcase_create("tls");
    tcase_add_loop_test(tcase, test_12, 0, (int)G_N_ELEMENTS(SUITES_12));
    tcase_add_test(tcase, test_12_holes);
    tcase_add_loop_test(tcase, test_13, 0, 5);
    tcase_add_test(tcase, test_13_one_direction);
    tcase_add_loop_test(tcase, test_13_holes, 0, (int)G_N_ELEMENTS(HOLES_13));
    tcase_add_test(tcase, test_corrupt_record);
    tcase_add_test(tcase, test_wrong_secrets);
    tcase_add_test(tcase, test_contradicting_secrets);
    tcase_add_test(tcase, test_early_data_accepted);
    tcase_add_test(tcase, test_early_data_rejected);
    tcase_add_test(tcase, test_retry);
    tcase_add_test(tcase, test_clear_text);
    tcase_add_test(tcase, test_alert_in_clear);
    tcase_add_test(tcase, test_unsupported);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
