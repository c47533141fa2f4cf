/* Hellos as recorded from curl 7.88 and OpenSSL 3.0, with the values that tshark shows of them; the
 * rest is built by RFC 8446 §4 and RFC 5246 §7.4. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "hex.h"
#include "session/tls_handshake.h"

/* With type and length, as they stood in their records. */
#define CLIENT_12                                                                                  \
    "010000a103037bdba37321229bade27e5ea418f3517b7d31930ad5132147be956299141c0d18000004c0"         \
    "2b00ff0100007400000010000e00000b6f6e652e6578616d706c65000b000403000102000a000c000a00"         \
    "1d0017001e001900180010000e000c02683208687474702f312e310016000000170000000d002a002804"         \
    "0305030603080708080809080a080b080408050806040105010601030303010302040205020602"
#define SERVER_12                                                                                  \
    "0200006603031fb005d3f803d34898537456d1ce1b9dfccc8e4a2ed27cf2444f574e47524401206aba4a"         \
    "f7f66cbfc0d12edbdfb8d96e32bb25d859bac309cb3d3e1590c7aaf77fc02b00001eff01000100000000"         \
    "00000b00040300010200100005000302683200170000"
#define CLIENT_13                                                                                  \
    "010000e00303213c354a54083f186760df68a3eba53ddb7d0df90aa515be7578d4ac23dea4e0206d952e"         \
    "fe716dc1826f0ebaf239fd79b432c754083077d22b83cd27c57e1cfd1e000813021303130100ff010000"         \
    "8f00000010000e00000b6f6e652e6578616d706c65000b000403000102000a000a0008001d0017001800"         \
    "19002300000016000000170000000d001e001c040305030603080708080809080a080b08040805080604"         \
    "0105010601002b0003020304002d00020101003300260024001d0020ddc5ca862a31afca29a5ac9e6560"         \
    "3cd2e122d0ab84de674ba41a0cd8ee4b7421"
#define RETRY                                                                                      \
    "020000540303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c206d952e"         \
    "fe716dc1826f0ebaf239fd79b432c754083077d22b83cd27c57e1cfd1e130200000c002b000203040033"         \
    "00020017"
#define CLIENT_EARLY                                                                               \
    "0100013f0303dd0e576353e1d7ce5bdfbeb8573575e5dbd5f0ba67ae48f549cca26fe895ecac20c9417a"         \
    "7b6d1546984c43a1860501770cc87f972c6388d8e69deeb23f87f49eb6000813021303130100ff010000"         \
    "ee00000010000e00000b6f6e652e6578616d706c65000b000403000102000a00060004001d0017002300"         \
    "000016000000170000000d001e001c040305030603080708080809080a080b0804080508060401050106"         \
    "01002b0003020304002d00020101003300260024001d002045ee108cf794a125a40f3e66e152fccb90cf"         \
    "7446018bb7396f35bc11a5d61250002a00000029005b00260020bf3e6ad3a895e884d482013d11fd502b"         \
    "8559a5def447c1dd7b0ce26929d1fd6ea63decd20031300e00f283cd5b20cccc6b2418ec4d3ec63ff243"         \
    "78e0a760a2b8077a5659e6935b9a9bfc50ad15adb60d118416ad4b67e4"
#define SERVER_13                                                                                  \
    "0200007c030352bf99fc81e45bb33eaf0216100bf5db5e2163cf1a8059b962133cd741dbc3ac20c9417a"         \
    "7b6d1546984c43a1860501770cc87f972c6388d8e69deeb23f87f49eb61302000034002b000203040033"         \
    "0024001d00202bca93c018bd3862be91955f24f32ec1d2ea3a1f1b8c150ccc0975e55749e84600290002"         \
    "0000"
#define SERVER_ETM                                                                                 \
    "020000410303c5057a7db5c5f5859e86bd640bd16b653b2fcf44e4c288339dbec63f58874e7c00c01300"         \
    "0019ff01000100000b000403000102002300000016000000170000"

static Span span_of(const GByteArray *bytes)
{
    return span_make(bytes->data, bytes->len);
}

/* The body of a message given with its header. */
static Span body_of(const GByteArray *message)
{
    return span_after(span_of(message), 4);
}

static bool name_is(const TlsName *name, const char *text)
{
    return span_equal(span_make(name->bytes, name->length), span_of_text(text));
}

static const struct {
    const char *name, *hex;
    uint16_t version;
    const char *sni, *alpn;
    unsigned alpn_count;
    bool offers_h2, early_data;
} CLIENTS[] = {
    { "curl with TLS 1.2", CLIENT_12, TLS_1_2, "one.example", "h2", 2, true, false },
    { "OpenSSL with TLS 1.3", CLIENT_13, TLS_1_3, "one.example", "", 0, false, false },
    { "early data", CLIENT_EARLY, TLS_1_3, "one.example", "", 0, false, true },
};

START_TEST(test_client_hello)
{
    g_autoptr(GByteArray) message = hex_bytes(CLIENTS[_i].hex);
    TlsClientHello hello;
    ck_assert(tls_client_hello_parse(body_of(message), false, &hello));
    ck_assert(!hello.partial && !hello.ech);
    ck_assert_uint_eq(hello.version, CLIENTS[_i].version);
    ck_assert_mem_eq(hello.random, message->data + 6, TLS_RANDOM_SIZE);
    ck_assert(name_is(&hello.sni, CLIENTS[_i].sni));
    ck_assert(name_is(&hello.alpn, CLIENTS[_i].alpn));
    ck_assert_uint_eq(hello.alpn_count, CLIENTS[_i].alpn_count);
    ck_assert_int_eq(hello.offers_h2, CLIENTS[_i].offers_h2);
    ck_assert_int_eq(hello.early_data, CLIENTS[_i].early_data);
}
END_TEST

static const struct {
    const char *name, *hex;
    uint16_t version, suite;
    bool retry, encrypt_then_mac;
    const char *alpn;
} SERVERS[] = {
    { "TLS 1.2 with ALPN", SERVER_12, TLS_1_2, 0xc02b, false, false, "h2" },
    { "a HelloRetryRequest", RETRY, TLS_1_3, 0x1302, true, false, "" },
    { "TLS 1.3", SERVER_13, TLS_1_3, 0x1302, false, false, "" },
    { "encrypt-then-MAC", SERVER_ETM, TLS_1_2, 0xc013, false, true, "" },
};

START_TEST(test_server_hello)
{
    g_autoptr(GByteArray) message = hex_bytes(SERVERS[_i].hex);
    TlsServerHello hello;
    ck_assert(tls_server_hello_parse(body_of(message), &hello));
    ck_assert_uint_eq(hello.version, SERVERS[_i].version);
    ck_assert_uint_eq(hello.suite, SERVERS[_i].suite);
    ck_assert_mem_eq(hello.random, message->data + 6, TLS_RANDOM_SIZE);
    ck_assert_int_eq(hello.retry, SERVERS[_i].retry);
    ck_assert_int_eq(hello.encrypt_then_mac, SERVERS[_i].encrypt_then_mac);
    ck_assert(name_is(&hello.alpn, SERVERS[_i].alpn));
    ck_assert(!hello.compressed && !hello.truncated_hmac);
}
END_TEST

/* What is cut is no hello, but one whose random is there if it is said to be cut, and but where no
 * extensions need follow. Nothing is read behind the end. */
START_TEST(test_cut_everywhere)
{
    g_autoptr(GByteArray) message = hex_bytes(CLIENTS[_i].hex);
    g_autoptr(Guarded) guarded = guarded_new(message->len);
    Span body = body_of(message);
    size_t suites = 2 + TLS_RANDOM_SIZE + 1u + body.bytes[34];
    size_t bare = suites + 2 + (size_t)(body.bytes[suites] << 8 | body.bytes[suites + 1]) + 2;
    for (size_t length = 0; length < body.length; length++) {
        Span part = guarded_fill(guarded, body.bytes, length);
        TlsClientHello hello;
        ck_assert_int_eq(tls_client_hello_parse(part, false, &hello), length == bare);
        bool cut = tls_client_hello_parse(part, true, &hello);
        ck_assert_int_eq(cut, length >= 34);
        if (cut) {
            ck_assert(hello.partial);
            ck_assert_mem_eq(hello.random, body.bytes + 2, TLS_RANDOM_SIZE);
        }
    }
}
END_TEST

START_TEST(test_server_hello_cut_everywhere)
{
    g_autoptr(GByteArray) message = hex_bytes(SERVER_12);
    g_autoptr(Guarded) guarded = guarded_new(message->len);
    Span body = body_of(message);
    TlsServerHello hello;
    for (size_t length = 0; length < body.length; length++)
        if (length != 2 + 32 + 1 + 32 + 2 + 1) /* whole, without extensions */
            ck_assert(!tls_server_hello_parse(guarded_fill(guarded, body.bytes, length), &hello));
}
END_TEST

#define FIXED                                                                                      \
    "0303"                                                                                         \
    "0101010101010101010101010101010101010101010101010101010101010101"                             \
    "00"

static const struct {
    const char *name, *hex; /* bodies */
    bool parses;
    uint16_t version;
    const char *sni, *alpn;
    bool ech;
} BUILT[] = {
    { "no extensions",
      FIXED "0002"
            "c02f"
            "0100",
      true, TLS_1_2, "", "", false },
    { "SSL 3.0",
      "0300"
      "0101010101010101010101010101010101010101010101010101010101010101"
      "00"
      "0002"
      "0035"
      "0100",
      true, 0x0300, "", "", false },
    { "SSL 2.0",
      "0002"
      "0101010101010101010101010101010101010101010101010101010101010101"
      "00"
      "0002"
      "0035"
      "0100",
      false, 0, "", "", false },
    { "GREASE is no version and no protocol",
      FIXED "0002"
            "c02f"
            "0100"
            "0018"
            "002b"
            "0007"
            "06"
            "7a7a"
            "0304"
            "0303"
            "0010"
            "0008"
            "0006"
            "027a7a"
            "026832",
      false, 0, "", "", false },
    { "GREASE, with the right length",
      FIXED "0002"
            "c02f"
            "0100"
            "0017"
            "002b"
            "0007"
            "06"
            "7a7a"
            "0304"
            "0303"
            "0010"
            "0008"
            "0006"
            "027a7a"
            "026832",
      true, TLS_1_3, "", "h2", false },
    { "a name of another type ahead",
      FIXED "0002"
            "c02f"
            "0100"
            "000f"
            "0000"
            "000b"
            "0009"
            "010001"
            "78"
            "000002"
            "6161",
      true, TLS_1_2, "aa", "", false },
    { "an extension longer than the list",
      FIXED "0002"
            "c02f"
            "0100"
            "0006"
            "0000"
            "000b"
            "0009",
      true, TLS_1_2, "", "", false },
    { "an outer hello",
      FIXED "0002"
            "c02f"
            "0100"
            "0004"
            "fe0d"
            "0000",
      true, TLS_1_2, "", "", true },
};

START_TEST(test_built_hello)
{
    g_autoptr(GByteArray) body = hex_bytes(BUILT[_i].hex);
    TlsClientHello hello;
    ck_assert_msg(tls_client_hello_parse(span_of(body), false, &hello) == BUILT[_i].parses, "%s",
                  BUILT[_i].name);
    if (!BUILT[_i].parses)
        return;
    ck_assert_msg(hello.version == BUILT[_i].version, "%s: %x", BUILT[_i].name, hello.version);
    ck_assert(name_is(&hello.sni, BUILT[_i].sni));
    ck_assert(name_is(&hello.alpn, BUILT[_i].alpn));
    ck_assert_int_eq(hello.ech, BUILT[_i].ech);
}
END_TEST

START_TEST(test_encrypted_extensions)
{
    TlsEncryptedExtensions extensions;
    g_autoptr(GByteArray) both = hex_bytes("000d"
                                           "0010"
                                           "0005"
                                           "0003"
                                           "026832"
                                           "002a"
                                           "0000");
    ck_assert(tls_encrypted_extensions_parse(span_of(both), &extensions));
    ck_assert(name_is(&extensions.alpn, "h2"));
    ck_assert(extensions.early_data);
    g_autoptr(GByteArray) none = hex_bytes("0000");
    ck_assert(tls_encrypted_extensions_parse(span_of(none), &extensions));
    ck_assert(!extensions.early_data && extensions.alpn.length == 0);
    ck_assert(!tls_encrypted_extensions_parse(span_first(span_of(none), 1), &extensions));
}
END_TEST

/* Messages over records ------------------------------------------------------------------------ */

/* Feeds the bytes in records of `step`; returns what comes of it as text: type and length of each,
 * and whether it was whole. */
static char *read_messages(Span bytes, size_t step)
{
    TlsMessageReader reader = { 0 };
    GString *text = g_string_new(NULL);
    for (; bytes.length; bytes = span_after(bytes, step)) {
        TlsMessage message;
        tls_message_feed(&reader, span_first(bytes, step));
        while (tls_message_next(&reader, &message))
            g_string_append_printf(text, "%d:%u%s ", message.type, message.length,
                                   !message.whole                          ? ""
                                   : message.body.length == message.length ? " whole"
                                                                           : " BROKEN");
    }
    g_string_append(text, tls_message_is_open(&reader) ? "open" : "");
    tls_message_clear(&reader);
    return g_string_free(text, FALSE);
}

static const struct {
    const char *name, *hex, *text;
} FLIGHTS[] = {
    { "nothing", "", "" },
    { "hellos are kept", CLIENT_13 SERVER_13, "1:224 whole 2:124 whole " },
    { "others are counted",
      "0b000003aabbcc"
      "14000002aabb",
      "11:3 20:2 " },
    { "empty ones",
      "05000000"
      "08000000"
      "18000001"
      "00",
      "5:0 8:0 whole 24:1 " },
    { "an unfinished one", "0b000003aabb", "open" },
    { "an unfinished header",
      "14000000"
      "0b0000",
      "20:0 open" },
    { "longer than the bound", "02ffffff00", "open" },
};

START_TEST(test_messages)
{
    g_autoptr(GByteArray) bytes = hex_bytes(FLIGHTS[_i].hex);
    for (size_t step = 1; step <= bytes->len + 1; step++) {
        g_autofree char *text = read_messages(span_of(bytes), step);
        ck_assert_msg(strcmp(text, FLIGHTS[_i].text) == 0, "%s by %zu: %s", FLIGHTS[_i].name, step,
                      text);
    }
}
END_TEST

/* The bytes of a message come as they were, however it was cut. */
START_TEST(test_message_bytes)
{
    g_autoptr(GByteArray) bytes = hex_bytes(CLIENT_EARLY);
    for (size_t cut = 0; cut <= bytes->len; cut++) {
        TlsMessageReader reader = { 0 };
        TlsMessage message = { 0 };
        tls_message_feed(&reader, span_first(span_of(bytes), cut));
        bool came = tls_message_next(&reader, &message);
        if (!came) {
            TlsMessage part;
            bool begun = tls_message_cut(&reader, &part);
            ck_assert_int_eq(begun, cut >= 4);
            if (begun)
                ck_assert(span_equal(part.body, span_first(body_of(bytes), cut - 4)));
            tls_message_feed(&reader, span_after(span_of(bytes), cut));
            came = tls_message_next(&reader, &message);
        }
        ck_assert(came && message.whole);
        ck_assert(span_equal(message.body, body_of(bytes)));
        tls_message_clear(&reader);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_handshake");
    TCase *tcase = tcase_create("tls_handshake");
    tcase_add_loop_test(tcase, test_client_hello, 0, (int)G_N_ELEMENTS(CLIENTS));
    tcase_add_loop_test(tcase, test_cut_everywhere, 0, (int)G_N_ELEMENTS(CLIENTS));
    tcase_add_loop_test(tcase, test_server_hello, 0, (int)G_N_ELEMENTS(SERVERS));
    tcase_add_test(tcase, test_server_hello_cut_everywhere);
    tcase_add_loop_test(tcase, test_built_hello, 0, (int)G_N_ELEMENTS(BUILT));
    tcase_add_test(tcase, test_encrypted_extensions);
    tcase_add_loop_test(tcase, test_messages, 0, (int)G_N_ELEMENTS(FLIGHTS));
    tcase_add_test(tcase, test_message_bytes);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
