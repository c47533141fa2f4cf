/* Records of the traces of RFC 8448, records of real clients (OpenSSL 3.0, GnuTLS and others)
 * whose plaintext tshark shows with the same secrets, and records of every suite that tests seal
 * themselves. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "hex.h"
#include "session/tls_cipher.h"
#include "tls_seal.h"

static Span span_of(const GByteArray *bytes)
{
    return span_make(bytes->data, bytes->len);
}

/* Opens a whole record, and holds that it is this one. */
static bool opens(TlsOpener *opener, uint64_t number, Span record, GByteArray *ret_plain,
                  uint8_t *ret_type)
{
    Span body = span_after(record, TLS_HEADER_SIZE);
    size_t length = 0;
    g_byte_array_set_size(ret_plain, (guint)body.length);
    bool opened = tls_opener_open(opener, number, span_first(record, TLS_HEADER_SIZE), body,
                                  ret_plain->data, &length, ret_type);
    ck_assert_uint_le(length, body.length);
    g_byte_array_set_size(ret_plain, opened ? (guint)length : 0);
    return opened;
}

/* RFC 8448 §3 --------------------------------------------------------------------------------- */

#define CLIENT_SECRET "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"
#define CLIENT_DATA                                                                                \
    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20"   \
    "441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4"
#define CLIENT_ALERT "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"

START_TEST(test_rfc8448)
{
    g_autoptr(GByteArray) secret = hex_bytes(CLIENT_SECRET), plain = g_byte_array_new();
    g_autoptr(GByteArray) data = hex_bytes(CLIENT_DATA), alert = hex_bytes(CLIENT_ALERT);
    g_autoptr(TlsOpener) opener = tls_opener_new_13(tls_suite_find(0x1301), span_of(secret));
    uint8_t type;
    ck_assert(opens(opener, 0, span_of(data), plain, &type));
    ck_assert_uint_eq(type, 23);
    ck_assert_uint_eq(plain->len, 50);
    for (guint i = 0; i < plain->len; i++)
        ck_assert_uint_eq(plain->data[i], i);
    ck_assert(opens(opener, 1, span_of(alert), plain, &type));
    ck_assert_uint_eq(type, 21);
    ck_assert_uint_eq(plain->len, 2);
    ck_assert_mem_eq(plain->data, "\x01\x00", 2);
    ck_assert(!opens(opener, 0, span_of(alert), plain, &type));
    ck_assert(!opens(opener, 1, span_of(data), plain, &type));
    ck_assert(opens(opener, 0, span_of(data), plain, &type));
}
END_TEST

/* Real clients -------------------------------------------------------------------------------- */

#define REQUEST "GET / HTTP/1.1\r\nHost: one.example\r\n\r\n"

/* The client's first record of data: number 1, behind its Finished. */
static const struct {
    uint16_t suite;
    bool encrypt_then_mac;
    const char *client_random, *server_random, *master, *record;
} RECORDS_12[] = {
    { 0xc02b, false, "1f8e776cf31865f15354f3afae9eb2dab5f802f2d1abefe8a87a946dc658e82f",
      "cb53995a990d9873077b51d8c3fbb32fa2674d5512bdbe216d71a9d9ea63aa80",
      "4d5c78d70a9adb762d96c13bda4b16771adbb4b4f7b805d0e37a1e99c800bf7cdd1be8b824061306"
      "8ccec20334080105",
      "170303003db4a74b6bec6794ca29e2aa3476870f799f253d3b9928fb41d2dcce40e5d980e8f5b2fd"
      "81f077201ae1c7498b222cb96134c0eaa2cdf43c6bb228094285" },
    { 0xcca8, false, "4df410184680747ed1b1f4acc6ff7112d928c2c7b27fff96f50d8b05696f3841",
      "02a8725e1105fdb6ea50e957eb7f65fa94b204058f804e1cbcb3dd075281daf3",
      "5e2c1f13ca488860c4ee1e459eaa78a081f46956dfbf947eeaeaf0b8a853170070b25a04055acd19"
      "969476d9aa537c2c",
      "1703030035a8a90ec38ca06c7de1cf1505bff3e4ca45a53b8c6573f61ef0d69e19cfac86e14acfdb"
      "38a17e9e8a374232b313b18ff8d1afa3026d" },
    { 0x009d, false, "e08abc340be68919168182e9dbe99f9e892c8574f28549ae2a3aabdc5d369721",
      "cb9514f9fda9d38949d79cc214335f4c44878a4e807e3399e31bd66d879fd2ed",
      "8a8e63cccf4adccab38c7b7034be24584853bcd4611e4d4b6146036f8516a60cef1fb44614760766"
      "19b51dd1090cf785",
      "170303003d6333a14f2606a2664240ceda2ee18bcbb54cdc0706446fbb294e722e962d2caf7228ff"
      "8d1bdd8700e7a2ed8c1ab29a41743890d8730d0f7f6c1ae3dc2b" },
    { 0xc0ac, false, "1117c1e340c8bf4a2a711e535bd8b7e888ada081c1101621f2002fd16fda56fd",
      "582012942e8215029b73cc7479acf230888ed96873c1094b4df4e3013518a7d6",
      "85b8bbd18d37ac464d6799aa46b963bb3ca111eb8564ab0d8b39fdd0b8428a921fd70def9dfafe10"
      "5d8df08f569f8f13",
      "170303003d000000000000000130f6191cbaee245231a3b57ffbfcc2b998758b95ec44f63cd516bf"
      "271f203837219c4a4df7c49c037e070391d1733ce7c9c68d7cc0" },
    { 0xc013, true, "d40ef06d40697d989f6106bdf8d882a1ec99f50f8d832a31d522539ef9773bc9",
      "c5057a7db5c5f5859e86bd640bd16b653b2fcf44e4c288339dbec63f58874e7c",
      "095a4f23a40a028f5f6c574f3f21cea4461e69bb04b8c48cdad2538bec5d4f17ed23e44005a46add"
      "52b1f5e00a04d8b0",
      "1703030054f0190328da901428c5294396c25ccac6dbcf729997130a32b71d9fb939e96d4f67df0f"
      "f075391dff2f1668fd31d7db5526ee9e12be0125fdc7eddd581a24b0cd2d3e96e89da07c6c51772f"
      "76979566828380e66b" },
    { 0xc013, false, "6f3c95ae6b8f6356184103be00284bf07653f3ad5c23457e23e48331ac230f07",
      "3838415ad8c2ed90b0fed6299edf9459d4ba6a80a88a402aec266fa880ede7a5",
      "60db4c839963022ea27a19b3439be987ad89ee0fa554239ce3475c7c0dac94ddccb3cad4921a279c"
      "7ac868eaabd54631",
      "1703030050ba19d7afe537797b462675e050a1fe8143011462aca4c4dc83486ebac2de486d266570"
      "08162e929df724cfc1d89526854a0a9572520ca0e833aafd33d252e7cc67eeaed77b20c6c942bdb6"
      "521f15f75e" },
    { 0x003c, true, "abd98d28f0593631b6be89f659a981a6b2b4b5ca8e71fe2979f934bfc0133fd6",
      "189eca062a75b5448a8848259c03242b32b04be9be9da632d013a2950810f145",
      "e483ce10d40b1d8933e2ad355fe2aee6852a6227e0c06f464c57aa1947c11dd4987112973b217ce9"
      "8c3fc29b64a77636",
      "170303006066a287c24a837a7ac28c1710b02a096bf6c3aa0558f071714fde25b6d3fe5ee7dea15f"
      "08a97945bfcd2112fff5d9a0b9be41b3bc9bb54d091ea43d2933171fe247be7921af814bf6ce8b3f"
      "39aa7e6d90160055be2c11360c5d5985ce8064be37" },
    { 0xc024, true, "68c8bbd143a9a5be4289e97d43529d1b72d19a187f536c019de6260702562f05",
      "2fc5653cef64fa4a821c01afbffb7970820eaf5f9989715f693594bbf2836c5e",
      "78dfcaf6822916dc66d42b88115c99c63952e38fa9e9d68ea81318945bfe1e1d0b3d1e567e4dc1b0"
      "5ec6f91f0ac0bd2e",
      "17030300705228c26444a60043685ef40503c76491f156bc3e593ded478b1a68ae506e9ced04055a"
      "f9d0f6269f8f252106339e1f1417059d47dd9b91fa70c6a88bf9da816bec0ae3da7db2d756d5244e"
      "d0a8f01015e8717b1e71685b51b8e5fc23f6ade0b718b84e8236bcaf9de0a29aaa095c0f6e" },
    { 0xc024, false, "ef17ff5a62b661f0a01dbbc84e9dfd8cb130b406038ba9c476ccd86b24feee38",
      "8929ca4648ac413fad1a2515362d2c71945ce2b99279ab05cdab5f5e0a7c2c7a",
      "b233b7c70a4454ce632509ea6e154c1465782ef9841c855d1bb5598809dd3c6ed4093af019039113"
      "e1a21c31de6f386d",
      "17030300705f36b1a46c5883573638f864c9d92844b31af4b1617c1b0270f23ef4d1d050dd77b368"
      "971f0de45775a2a77d7158357f8344857380abb8f06030b7750895bc7059603c20b0fed75d2a4c53"
      "08d1a50dd94e8d020ef5a1bbe03e1fc7d33fbf42dca10e9638ee3ba430ea494c6722bc96b1" },
    { 0xc0a1, false, "ace201325ff708cf87429c1497ee141a9e40b5f66c88531a23d48d5ad6fbed7f",
      "b0bb90cbdd0975d9d60a937e4ccb7eb1d4f46c34713e29ebe628fd4c811da212",
      "684fff7d6fd9fa1e9279e69d292088d0fb95786a5f829d204a2b59fe5764a4a8dc462fa3fd890ce5"
      "17f5d8ef8c806346",
      "17030300350000000000000001be56c22824539121b8fd5d915328ed28de01f66371c7c0fa42c5c3"
      "0aaa3fc4fc66b1060cd060b134cd4fab6dca" },
    { 0x00a8, false, "c9df08f4e0e33bbfcea454d135f22d310b8581aae62d4112b69ccf9c451423dc",
      "2235a5eff4444cf4e7b102b53712fb5294cdc32961fdbdaffe12625348f5b9bb",
      "5ff8dffa4dbddefbccbed436430f79c5d458b6a2928fc580854097774dabcc250ce27bb868bc8eee"
      "4c7d5860897bfa85",
      "1703030036a212be4ec0794b2fe2b8eac23bd031f5dea3040ce49c2c7c1e6e75f935a435f11b850a"
      "25bfaa9109cb7b00f54807ec60d65ee6a7e21d" },
    { 0x00ba, true, "9a67c7ef3d4d175baf17287810dfd00f01bdadf6de74a67cf0328b51110d570a",
      "b8246990e8ec7702e4ea6fab3714044cc5c80a24e0713a4327e7680406aa6cc0",
      "213d580e1f5e31d4192070313d0f903e1899ac90503ad2249b15c4a581cb522565742b2df72c7d7c"
      "df837b9c87e7ae3b",
      "1703030060fb1c1633798a9f19ca18b5427b2b4d4dcb641bbe9f699733d0524c25e61d477090600a"
      "d91ad538d026e1cc8f6cdac7f77242d477e7bfd44135dccfe20250f4a5f46042719c20b92a3e4210"
      "179bcdbe1f73b4568d226c7fbcea2623fc072f2d42" },
};

START_TEST(test_record_12)
{
    g_autoptr(GByteArray) client = hex_bytes(RECORDS_12[_i].client_random);
    g_autoptr(GByteArray) server = hex_bytes(RECORDS_12[_i].server_random);
    g_autoptr(GByteArray) master = hex_bytes(RECORDS_12[_i].master);
    g_autoptr(GByteArray) record = hex_bytes(RECORDS_12[_i].record), plain = g_byte_array_new();
    TlsNegotiated negotiated = { .suite = tls_suite_find(RECORDS_12[_i].suite),
                                 .encrypt_then_mac = RECORDS_12[_i].encrypt_then_mac };
    memcpy(negotiated.client_random, client->data, TLS_RANDOM_SIZE);
    memcpy(negotiated.server_random, server->data, TLS_RANDOM_SIZE);
    g_autoptr(TlsOpener) opener = tls_opener_new_12(&negotiated, span_of(master), 0);
    g_autoptr(TlsOpener) other = tls_opener_new_12(&negotiated, span_of(master), 1);
    uint8_t type;
    ck_assert_msg(opens(opener, 1, span_of(record), plain, &type), "%s", negotiated.suite->name);
    ck_assert_uint_eq(type, 23);
    if (RECORDS_12[_i].suite == 0x00a8) /* openssl s_client */
        ck_assert(span_starts_with(span_of(plain), "GET /etc/hostname HTTP/1.0\r\n"));
    else
        ck_assert(span_equal(span_of(plain), span_of_text(REQUEST)));
    ck_assert(!opens(opener, 0, span_of(record), plain, &type));
    ck_assert(!opens(other, 1, span_of(record), plain, &type));
}
END_TEST

/* The client's first record under its traffic secret. */
static const struct {
    uint16_t suite;
    const char *secret, *record;
} RECORDS_13[] = {
    { 0x1301, "2a3e1e6b2189a846015d03349b01cf806dfd46143a6e8039723ff282e4b5cb66",
      "1703030036e0b60d1fa9c1f16e25802587ae92593493a798e5c11614b99b2bd0c140f8fbdc6d3ea9"
      "eb77db7da27fea52ee7ecb1db0bc1971b26b7a" },
    { 0x1302,
      "747e35a2d76689244a4c9ff84f4ce1b0fc32ae183c600a837498d762e762c7ffbf8ba17476ecb24c"
      "73171c1583ae208d",
      "1703030036978760ab063c47a97f2ce89fe25747f80f78b8d35117d801f62d60b28bdf251a8ae888"
      "a3f77d40d1db87d274027f11370cf6abd5e787" },
    { 0x1303, "08c0dfde2152c7faae171790cf3c0ba9309b71368bb35b41870c7726578900c4",
      "17030300368489d541d439e6bcabbbb681cd66f8d7f08a3e8a94015a6167597be9e3940745794bb6"
      "ba11532952ac1e43371004971c89d8c18d7c62" },
    { 0x1304, "5cd48c9086a0a9db4d8a82eeff59581ef97839c967bcf9e9b11f8d36c0e74a32",
      "17030300361fa08612985402d8a9fff7b6fcea07aacd99e6a9609e2bca68a9494c3496a95c73df40"
      "5851fabc69afb851003e5213c26dcb359712e5" },
    { 0x1305, "9cd4f9050fa9c5c4d8878df34aac46bcddedd7db4fd8303b9655ace60a2fc71e",
      "170303002eec6d9bf41bfa5b423e8f1492cea11dbbb3e6024986f6b5e5491910dfaba75af8f66218"
      "ed7ea52a599999df751c0c" },
};

START_TEST(test_record_13)
{
    g_autoptr(GByteArray) secret = hex_bytes(RECORDS_13[_i].secret), plain = g_byte_array_new();
    g_autoptr(GByteArray) record = hex_bytes(RECORDS_13[_i].record);
    const TlsSuite *suite = tls_suite_find(RECORDS_13[_i].suite);
    g_autoptr(TlsOpener) opener = tls_opener_new_13(suite, span_of(secret));
    uint8_t type;
    ck_assert_msg(opens(opener, 0, span_of(record), plain, &type), "%s", suite->name);
    ck_assert_uint_eq(type, 23);
    ck_assert(span_equal(span_of(plain), span_of_text(REQUEST)));
}
END_TEST

/* Every suite --------------------------------------------------------------------------------- */

static const uint64_t NUMBERS[] = {
    0, 1, 255, 256, UINT64_C(0xffffffff), UINT64_C(0x100000000), UINT64_MAX
};
static const size_t LENGTHS[] = { 0, 1, 15, 16, 17, 255, 1400, 1 << 14 };

static void fill(uint8_t *bytes, size_t length, unsigned seed)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + seed);
}

static void expect_round_trip(TlsSeal *seal, TlsOpener *opener, uint64_t number, size_t length)
{
    static uint8_t content[1 << 14];
    g_autoptr(GByteArray) record = g_byte_array_new(), plain = g_byte_array_new();
    uint8_t type;
    fill(content, length, (unsigned)length);
    seal->number = number;
    tls_seal_record(seal, 22, span_make(content, length), record);
    ck_assert_msg(opens(opener, number, span_of(record), plain, &type), "%s, %zu bytes",
                  seal->suite->name, length);
    ck_assert_uint_eq(type, 22);
    ck_assert(span_equal(span_of(plain), span_make(content, length)));
    ck_assert(!opens(opener, number + 1, span_of(record), plain, &type));
    record->data[record->len - 1] ^= 1;
    ck_assert(!opens(opener, number, span_of(record), plain, &type));
    ck_assert(!opens(opener, number, span_first(span_of(record), record->len - 1), plain, &type));
    ck_assert(!opens(opener, number, span_first(span_of(record), 8), plain, &type));
}

START_TEST(test_every_suite)
{
    const TlsSuite *suite = tls_suite_find((uint16_t)_i);
    if (!suite)
        return;
    uint8_t secret[TLS_SECRET_MAX];
    fill(secret, sizeof secret, 3);
    Span of_hash = span_make(secret, suite->prf == TLS_SHA384 ? 48 : 32);
    for (int variant = 0; variant < 2; variant++) { /* side, and encrypt-then-MAC or padding */
        TlsNegotiated negotiated = { .suite = suite, .encrypt_then_mac = variant && !suite->tag };
        fill(negotiated.client_random, TLS_RANDOM_SIZE, 5);
        fill(negotiated.server_random, TLS_RANDOM_SIZE, 11);
        Span master = span_make(secret, sizeof secret);
        TlsSeal seal =
            suite->of_13 ? tls_seal_13(suite, of_hash) : tls_seal_12(&negotiated, master, variant);
        seal.padding = variant ? 100 : 0;
        g_autoptr(TlsOpener) opener = suite->of_13
                                          ? tls_opener_new_13(suite, of_hash)
                                          : tls_opener_new_12(&negotiated, master, variant);
        ck_assert_msg(opener != NULL, "%s", suite->name);
        for (size_t i = 0; i < G_N_ELEMENTS(NUMBERS); i++)
            for (size_t j = 0; j < G_N_ELEMENTS(LENGTHS); j++)
                expect_round_trip(&seal, opener, NUMBERS[i], LENGTHS[j]);
    }
}
END_TEST

START_TEST(test_next_generation)
{
    const TlsSuite *suite = tls_suite_find(0x1302);
    uint8_t secret[TLS_SECRET_MAX];
    fill(secret, sizeof secret, 9);
    TlsSeal seal = tls_seal_13(suite, span_make(secret, sizeof secret));
    TlsOpener *opener = tls_opener_new_13(suite, span_make(secret, sizeof secret));
    for (int generation = 0; generation < 3; generation++) {
        expect_round_trip(&seal, opener, 0, 100);
        seal = tls_seal_next(&seal, secret);
        TlsOpener *next = tls_opener_next(opener);
        tls_opener_free(opener);
        opener = next;
    }
    tls_opener_free(opener);
}
END_TEST

START_TEST(test_only_padding_in_13)
{
    const TlsSuite *suite = tls_suite_find(0x1301);
    uint8_t secret[32] = { 0 }, type;
    TlsSeal seal = tls_seal_13(suite, span_make(secret, sizeof secret));
    g_autoptr(TlsOpener) opener = tls_opener_new_13(suite, span_make(secret, sizeof secret));
    g_autoptr(GByteArray) record = g_byte_array_new(), plain = g_byte_array_new();
    tls_seal_record(&seal, 0, span_make(secret, 7), record);
    ck_assert(opens(opener, 0, span_of(record), plain, &type));
    ck_assert_uint_eq(type, 0);
    ck_assert_uint_eq(plain->len, 0);
}
END_TEST

/* At rest, the secret is not among the bytes that move. */
START_TEST(test_rest)
{
    const TlsSuite *suite = tls_suite_find(0x1301);
    uint8_t secret[32], opened[64], type;
    size_t length;
    memset(secret, 0x5a, sizeof secret);
    TlsSeal seal = tls_seal_13(suite, span_make(secret, sizeof secret));
    g_autoptr(GByteArray) record = g_byte_array_new(), packed = g_byte_array_new();
    tls_seal_record(&seal, 23, span_of_text("data"), record);
    TlsOpener *opener = tls_opener_new_13(suite, span_make(secret, sizeof secret));
    tls_opener_pack(opener, packed);
    tls_opener_free(opener);
    ck_assert_ptr_null(memmem(packed->data, packed->len, secret, 8));
    ck_assert_ptr_null(memmem(packed->data, packed->len, seal.key, 8));
    Span rest = span_make(packed->data, packed->len);
    g_autoptr(TlsOpener) awake = tls_opener_unpack(&rest);
    ck_assert_uint_eq(rest.length, 0);
    ck_assert(tls_opener_open(awake, 0, span_make(record->data, 5),
                              span_make(record->data + 5, record->len - 5), opened, &length,
                              &type));
    ck_assert(span_equal(span_make(opened, length), span_of_text("data")));
}
END_TEST

START_TEST(test_secret_of_another_length)
{
    uint8_t secret[TLS_SECRET_MAX] = { 0 };
    ck_assert_ptr_null(tls_opener_new_13(tls_suite_find(0x1301), span_make(secret, 48)));
    ck_assert_ptr_null(tls_opener_new_13(tls_suite_find(0x1302), span_make(secret, 32)));
}
END_TEST

START_TEST(test_suites)
{
    int count = 0;
    for (int id = 0; id < 0x10000; id++) {
        const TlsSuite *suite = tls_suite_find((uint16_t)id);
        if (!suite)
            continue;
        count++;
        ck_assert_uint_eq(suite->id, id);
        ck_assert_int_eq(suite->of_13, id >> 8 == 0x13);
    }
    ck_assert_int_eq(count, 192); /* the rows: none is hidden by another one */
    ck_assert_str_eq(tls_suite_find(0xc02f)->name, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    ck_assert_str_eq(tls_suite_find(0xc0a1)->name, "TLS_RSA_WITH_AES_256_CCM_8");
    ck_assert_str_eq(tls_suite_find(0xc028)->name, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384");
    ck_assert_ptr_null(tls_suite_find(0x0005)); /* RC4 */
    ck_assert_ptr_null(tls_suite_find(0x000a)); /* 3DES */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_cipher");
    TCase *tcase = tcase_create("tls_cipher");
    tcase_add_test(tcase, test_rfc8448);
    tcase_add_loop_test(tcase, test_record_12, 0, (int)G_N_ELEMENTS(RECORDS_12));
    tcase_add_loop_test(tcase, test_record_13, 0, (int)G_N_ELEMENTS(RECORDS_13));
    tcase_add_loop_test(tcase, test_every_suite, 0, 0x100);
    tcase_add_loop_test(tcase, test_every_suite, 0x1300, 0x1310);
    tcase_add_loop_test(tcase, test_every_suite, 0xc000, 0xc0c0);
    tcase_add_loop_test(tcase, test_every_suite, 0xcca0, 0xccb0);
    tcase_add_loop_test(tcase, test_every_suite, 0xd000, 0xd010);
    tcase_add_test(tcase, test_next_generation);
    tcase_add_test(tcase, test_only_padding_in_13);
    tcase_add_test(tcase, test_secret_of_another_length);
    tcase_add_test(tcase, test_rest);
    tcase_add_test(tcase, test_suites);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
