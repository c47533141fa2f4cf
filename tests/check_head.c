/* Heads and how they are read. Each row ends at a guard page, so that reading too far crashes. It
 * is read complete, in each of its prefixes, and with bytes after it. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http1/head.h"

typedef struct Row {
    const char *name;
    HeadKind kind;
    const char *bytes;
    size_t length;
    const char *start;  /* as describe_start() prints it; NULL: HEAD_BAD */
    unsigned notes;     /* HeadNote */
    const char *fields; /* "name=value;" each */
} Row;

#define BYTES(text) text, sizeof(text) - 1
#define REQUEST HEAD_REQUEST
#define RESPONSE HEAD_RESPONSE
#define EITHER HEAD_EITHER

static const Row ROWS[] = {
    /* RFC 9112 §2.1, §3, RFC 9110 §3.9 */
    { "the example of RFC 9110", REQUEST,
      BYTES("GET /hello.txt HTTP/1.1\r\nUser-Agent: curl/7.64.1\r\nHost: www.example.com\r\n"
            "Accept-Language: en, mi\r\n\r\n"),
      "GET /hello.txt 11.1", 0,
      "User-Agent=curl/7.64.1;Host=www.example.com;Accept-Language=en, mi;" },
    { "its answer", RESPONSE,
      BYTES("HTTP/1.1 200 OK\r\nServer: Apache\r\nVary: Accept-Encoding\r\n\r\n"), "200 11.1", 0,
      "Server=Apache;Vary=Accept-Encoding;" },
    { "absolute form", REQUEST, BYTES("GET http://a.example/b?c HTTP/1.1\r\n\r\n"),
      "GET http://a.example/b?c 11.1", 0, "" },
    { "authority form", REQUEST, BYTES("CONNECT a.example:80 HTTP/1.1\r\n\r\n"),
      "CONNECT a.example:80 11.1", 0, "" },
    { "asterisk form", REQUEST, BYTES("OPTIONS * HTTP/1.1\r\n\r\n"), "OPTIONS * 11.1", 0, "" },
    { "HTTP/1.0", REQUEST, BYTES("GET / HTTP/1.0\r\n\r\n"), "GET / 10.0", 0, "" },
    { "a minor version yet to come", REQUEST, BYTES("GET / HTTP/1.9\r\n\r\n"), "GET / 11.9", 0,
      "" },
    { "a method of one's own", REQUEST, BYTES("a!#$%&'*+-.^_`|~9 / HTTP/1.1\r\n\r\n"),
      "a!#$%&'*+-.^_`|~9 / 11.1", 0, "" },
    { "methods are case-sensitive, but tokens", REQUEST, BYTES("get / HTTP/1.1\r\n\r\n"),
      "get / 11.1", 0, "" },
    { "8-bit bytes in the target", REQUEST, BYTES("GET /\xc3\xa9 HTTP/1.1\r\n\r\n"),
      "GET /\xc3\xa9 11.1", 0, "" },
    { "either: a request", EITHER, BYTES("HEAD / HTTP/1.1\r\n\r\n"), "HEAD / 11.1", 0, "" },
    { "either: a response", EITHER, BYTES("HTTP/1.0 404 No\r\n\r\n"), "404 10.0", 0, "" },

    /* Tolerated start lines */
    { "bare LF everywhere", REQUEST, BYTES("GET / HTTP/1.1\nHost: a\n\n"), "GET / 11.1",
      HEAD_BARE_LF, "Host=a;" },
    { "bare LF at the empty line only", REQUEST, BYTES("GET / HTTP/1.1\r\nHost: a\r\n\n"),
      "GET / 11.1", HEAD_BARE_LF, "Host=a;" },
    { "empty lines first", REQUEST, BYTES("\r\n\nGET / HTTP/1.1\r\n\r\n"), "GET / 11.1",
      HEAD_LEADING_LINES, "" },
    { "blanks in the target", REQUEST, BYTES("GET /a b HTTP/1.1\r\n\r\n"), "GET /a b 11.1",
      HEAD_BAD_START, "" },
    { "several blanks", REQUEST, BYTES("GET  /   HTTP/1.1\r\n\r\n"), "GET / 11.1", HEAD_BAD_START,
      "" },
    { "a blank at the end", REQUEST, BYTES("GET / HTTP/1.1 \r\n\r\n"), "GET / 11.1", HEAD_BAD_START,
      "" },
    { "no target", REQUEST, BYTES("GET HTTP/1.1\r\n\r\n"), "GET  11.1", HEAD_BAD_START, "" },
    { "no version, but field lines", REQUEST, BYTES("GET /x\r\nHost: a\r\n\r\n"), "GET /x 0.0",
      HEAD_BAD_START, "Host=a;" },
    { "no version, not GET", REQUEST, BYTES("POST /x\r\n\r\n"), "POST /x 0.0", HEAD_BAD_START, "" },
    { "two digits of minor version", REQUEST, BYTES("GET / HTTP/1.10\r\n\r\n"), "GET / 0.0",
      HEAD_BAD_START, "" },
    { "a version of three parts", REQUEST, BYTES("GET /a HTTP/1.0.8\r\nHost: a\r\n\r\n"),
      "GET /a 0.0", HEAD_BAD_START, "Host=a;" },
    { "no minor version", REQUEST, BYTES("GET / HTTP/1\r\n\r\n"), "GET / 0.0", HEAD_BAD_START, "" },
    { "nothing behind the dot", REQUEST, BYTES("POST /a HTTP/1.\r\nHost: a\r\n\r\n"), "POST /a 0.0",
      HEAD_BAD_START, "Host=a;" },
    { "no dot", REQUEST, BYTES("GET /a HTTP/11\r\nHost: a\r\n\r\n"), "GET /a 0.0", HEAD_BAD_START,
      "Host=a;" },
    { "an empty reason", RESPONSE, BYTES("HTTP/1.1 200 \r\n\r\n"), "200 11.1", 0, "" },
    { "no reason and no blank", RESPONSE, BYTES("HTTP/1.1 200\r\n\r\n"), "200 11.1", HEAD_BAD_START,
      "" },
    { "two blanks before the status", RESPONSE, BYTES("HTTP/1.1  200 OK\r\n\r\n"), "200 11.1",
      HEAD_BAD_START, "" },
    { "a reason of odd bytes", RESPONSE, BYTES("HTTP/1.1 999 \t\xe4 !\r\n\r\n"), "999 11.1", 0,
      "" },

    /* Refused start lines */
    { "HTTP/2's preface", REQUEST, BYTES("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NULL, 0, NULL },
    { "HTTP/2.0 with a known method", REQUEST, BYTES("GET / HTTP/2.0\r\n\r\n"), NULL, 0, NULL },
    { "HTTP/0.9 by name", REQUEST, BYTES("GET / HTTP/0.9\r\n\r\n"), NULL, 0, NULL },
    { "lower case", REQUEST, BYTES("GET / http/1.1\r\n\r\n"), NULL, 0, NULL },
    { "an unknown method and a version of three parts", REQUEST,
      BYTES("BREW /a HTTP/1.0.8\r\n\r\n"), NULL, 0, NULL },
    { "an unknown method and no minor version", REQUEST, BYTES("BREW / HTTP/1.\r\n\r\n"), NULL, 0,
      NULL },
    { "letters for a minor version", REQUEST, BYTES("GET / HTTP/1.x\r\n\r\n"), NULL, 0, NULL },
    { "RTSP", REQUEST, BYTES("OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\n\r\n"), NULL, 0, NULL },
    { "SIP", REQUEST, BYTES("OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\n\r\n"), NULL, 0, NULL },
    { "an unknown method without version", REQUEST, BYTES("BREW /pot\r\n\r\n"), NULL, 0, NULL },
    { "another protocol's GET", REQUEST, BYTES("GET key\r\n"), NULL, 0, NULL },
    { "no blank", REQUEST, BYTES("GET\r\n\r\n"), NULL, 0, NULL },
    { "nothing behind the blank", REQUEST, BYTES("GET \r\n\r\n"), NULL, 0, NULL },
    { "a tab for a blank", REQUEST, BYTES("GET\t/ HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a tab in the target", REQUEST, BYTES("GET /\t HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a zero in the target", REQUEST, BYTES("GET /\0 HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a lone CR in the line", REQUEST, BYTES("GET / HTTP/1.1\rX: y\r\n\r\n"), NULL, 0, NULL },
    { "two CRs", REQUEST, BYTES("GET / HTTP/1.1\r\r\n\r\n"), NULL, 0, NULL },
    { "DEL", REQUEST, BYTES("GET /\x7f HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a method of other bytes", REQUEST, BYTES("G(T / HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a blank before the method", REQUEST, BYTES(" GET / HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a method of 65 bytes", REQUEST,
      BYTES("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1\r\n\r\n"),
      NULL, 0, NULL },
    { "a response among requests", REQUEST, BYTES("HTTP/1.1 200 OK\r\n\r\n"), NULL, 0, NULL },
    { "a request among responses", RESPONSE, BYTES("GET / HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "empty lines before a response", RESPONSE, BYTES("\r\nHTTP/1.1 200 OK\r\n\r\n"), NULL, 0,
      NULL },
    { "the same, either", EITHER, BYTES("\r\nHTTP/1.1 200 OK\r\n\r\n"), NULL, 0, NULL },
    { "a response of HTTP/2.0", RESPONSE, BYTES("HTTP/2.0 200 OK\r\n\r\n"), NULL, 0, NULL },
    { "ICY", RESPONSE, BYTES("ICY 200 OK\r\n\r\n"), NULL, 0, NULL },
    { "a status of two digits", RESPONSE, BYTES("HTTP/1.1 20 OK\r\n\r\n"), NULL, 0, NULL },
    { "a status of four digits", RESPONSE, BYTES("HTTP/1.1 2000 OK\r\n\r\n"), NULL, 0, NULL },
    { "a status below 100", RESPONSE, BYTES("HTTP/1.1 099 OK\r\n\r\n"), NULL, 0, NULL },
    { "a signed status", RESPONSE, BYTES("HTTP/1.1 +20 OK\r\n\r\n"), NULL, 0, NULL },
    { "no blank before the status", RESPONSE, BYTES("HTTP/1.1200 OK\r\n\r\n"), NULL, 0, NULL },
    { "the reason glued on", RESPONSE, BYTES("HTTP/1.1 200OK\r\n\r\n"), NULL, 0, NULL },
    { "no status", RESPONSE, BYTES("HTTP/1.1\r\n\r\n"), NULL, 0, NULL },
    { "a zero in the reason", RESPONSE, BYTES("HTTP/1.1 200 O\0K\r\n\r\n"), NULL, 0, NULL },
    { "TLS", EITHER, BYTES("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), NULL, 0, NULL },
    { "SSH", EITHER, BYTES("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), NULL, 0, NULL },

    /* Field lines */
    { "white space around values", RESPONSE,
      BYTES("HTTP/1.1 200 OK\r\nA:b\r\nC: \t d e \t\r\n\r\n"), "200 11.1", 0, "A=b;C=d e;" },
    { "an empty value", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA:\r\nB: \r\n\r\n"), "200 11.1", 0,
      "A=;B=;" },
    { "colons in the value", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b:c\r\n\r\n"), "200 11.1", 0,
      "A=b:c;" },
    { "controls in the value", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b\x01\x7f\rc\r\r\n\r\n"),
      "200 11.1", 0, "A=b\x01\x7f\rc\r;" },
    { "a blank before the colon", REQUEST,
      BYTES("POST / HTTP/1.1\r\nTransfer-Encoding : chunked\r\n\r\n"), "POST / 11.1",
      HEAD_SPACE_BEFORE_COLON, "Transfer-Encoding=chunked;" },
    { "a folded value", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b,\r\n\t c\r\nD: e\r\n\r\n"),
      "200 11.1", HEAD_OBS_FOLD, "A=b,\r\n\t c;D=e;" },
    { "a value that begins in its second line", RESPONSE,
      BYTES("HTTP/1.1 200 OK\r\nA:\r\n b \r\n\r\n"), "200 11.1", HEAD_OBS_FOLD, "A=b;" },
    { "a fold of blanks alone", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b\r\n \r\n c\r\n\r\n"),
      "200 11.1", HEAD_OBS_FOLD, "A=b\r\n \r\n c;" },
    { "a fold of blanks last", RESPONSE, BYTES("HTTP/1.1 200 OK\r\nA: b\r\n \r\n\r\n"), "200 11.1",
      HEAD_OBS_FOLD, "A=b;" },
    { "white space before the first field", REQUEST,
      BYTES("GET / HTTP/1.1\r\n Host: evil\r\nHost: a\r\n\r\n"), "GET / 11.1", HEAD_BAD_LINE,
      "Host=a;" },
    { "no colon", REQUEST, BYTES("GET / HTTP/1.1\r\nnonsense\r\nHost: a\r\n\r\n"), "GET / 11.1",
      HEAD_BAD_LINE, "Host=a;" },
    { "no name", REQUEST, BYTES("GET / HTTP/1.1\r\n: b\r\nHost: a\r\n\r\n"), "GET / 11.1",
      HEAD_BAD_LINE, "Host=a;" },
    { "a name that is no token", REQUEST,
      BYTES("GET / HTTP/1.1\r\nA b: c\r\nTransfer-Encoding\x0b: x\r\n\0: y\r\n\r\n"), "GET / 11.1",
      HEAD_BAD_LINE, "" },
    { "a fold of a line that was none", REQUEST, BYTES("GET / HTTP/1.1\r\nbad\r\n fold\r\n\r\n"),
      "GET / 11.1", HEAD_BAD_LINE, "" },
    { "an empty line that is none", REQUEST, BYTES("GET / HTTP/1.1\r\nA: b\r\n\r\r\nC: d\r\n\r\n"),
      "GET / 11.1", HEAD_BAD_LINE, "A=b;C=d;" },
    { "names keep their case", REQUEST, BYTES("GET / HTTP/1.1\r\nhOsT: a\r\n\r\n"), "GET / 11.1", 0,
      "hOsT=a;" },
};

/* A copy of the bytes that ends where readable memory ends. */
typedef struct Guarded {
    uint8_t *map;
    size_t size;
    Span span;
} Guarded;

static Guarded guard(const char *bytes, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (length / page + 2) * page;
    uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(map, MAP_FAILED);
    ck_assert_int_eq(mprotect(map + size - page, page, PROT_NONE), 0);
    uint8_t *copy = map + size - page - length;
    memcpy(copy, bytes, length);
    return (Guarded){ .map = map, .size = size, .span = span_make(copy, length) };
}

static void unguard(Guarded *guarded)
{
    munmap(guarded->map, guarded->size);
}

static void append_span(GString *text, Span span)
{
    g_string_append_len(text, (const char *)span.bytes, (gssize)span.length);
}

static char *describe_start(const Head *head)
{
    GString *text = g_string_new(NULL);
    if (head->kind == HEAD_RESPONSE) {
        g_string_append_printf(text, "%d", head->status);
    } else {
        append_span(text, head->method);
        g_string_append_c(text, ' ');
        append_span(text, head->target);
    }
    g_string_append_printf(text, " %d.%d", head->version, head->minor);
    return g_string_free(text, FALSE);
}

static char *describe_fields(const Head *head)
{
    GString *text = g_string_new(NULL);
    for (size_t i = 0; i < head->field_count; i++) {
        append_span(text, head->fields[i].name);
        g_string_append_c(text, '=');
        append_span(text, head->fields[i].value);
        g_string_append_c(text, ';');
    }
    return g_string_free(text, FALSE);
}

static void expect_row(const Row *row, Span bytes)
{
    Head head;
    bool line_seen;
    int length = head_parse(bytes, row->kind, &head, &line_seen);
    int expected = row->start ? (int)row->length : HEAD_BAD;
    ck_assert_msg(length == expected, "%s: %d", row->name, length);
    ck_assert_msg(line_seen == (row->start != NULL), "%s", row->name);
    if (!row->start)
        return;
    g_autofree char *start = describe_start(&head), *fields = describe_fields(&head);
    ck_assert_msg(g_str_equal(start, row->start), "%s: %s", row->name, start);
    ck_assert_msg(g_str_equal(fields, row->fields), "%s: %s", row->name, fields);
    ck_assert_msg(head.notes == row->notes, "%s: notes %#x", row->name, head.notes);
}

START_TEST(test_whole)
{
    const Row *row = &ROWS[_i];
    Guarded guarded = guard(row->bytes, row->length);
    expect_row(row, guarded.span);
    unguard(&guarded);
}
END_TEST

/* A head is partial until its last byte; a bad head stays bad. */
START_TEST(test_beginnings)
{
    const Row *row = &ROWS[_i];
    Head head;
    bool was_bad = false, line_seen;
    for (size_t cut = 0; cut < row->length; cut++) {
        Guarded guarded = guard(row->bytes, cut);
        int length = head_parse(guarded.span, row->kind, &head, &line_seen);
        /* Before its field lines come, a GET without version is HTTP/0.9. */
        bool old = row->start && g_str_has_suffix(row->start, " 0.0") && length > 0;
        if (row->start)
            ck_assert_msg(length == HEAD_PARTIAL || old, "%s, %zu bytes: %d", row->name, cut,
                          length);
        else
            ck_assert_msg(length == (was_bad ? HEAD_BAD : length) && length < 0,
                          "%s, %zu bytes: %d", row->name, cut, length);
        ck_assert(!line_seen || row->start);
        was_bad = length == HEAD_BAD;
        unguard(&guarded);
    }
}
END_TEST

START_TEST(test_bytes_behind)
{
    static const char *const behind[] = { "\r\n", "GET / HTTP/1.1\r\n\r\n", " x: y\r\n\r\n",
                                          "\x80" };
    const Row *row = &ROWS[_i];
    for (size_t i = 0; i < G_N_ELEMENTS(behind); i++) {
        g_autoptr(GString) both = g_string_new_len(row->bytes, (gssize)row->length);
        g_string_append(both, behind[i]);
        if (row->start || memchr(row->bytes, '\n', row->length))
            expect_row(row, span_make(both->str, both->len));
    }
}
END_TEST

/* HTTP/0.9 is recognized by what does not follow. */
static const struct {
    const char *name, *bytes;
    int length; /* of the head */
    HttpVersion version;
} OLD_ROWS[] = {
    { "nothing", "GET /x\r\n", 8, HTTP_0_9 },
    { "bare LF", "GET /x\n", 7, HTTP_0_9 },
    { "an empty line", "GET /x\r\n\r\n", 8, HTTP_0_9 },
    { "half an empty line", "GET /x\r\n\r", 8, HTTP_0_9 },
    { "another request", "GET /x\r\nGET /y HTTP/1.1\r\n", 8, HTTP_0_9 },
    { "half a word", "GET /x\r\nHo", HEAD_PARTIAL, HTTP_UNKNOWN },
    { "a word and a blank", "GET /x\r\nHost ", HEAD_PARTIAL, HTTP_UNKNOWN },
    { "a field line", "GET /x\r\nHost:", HEAD_PARTIAL, HTTP_UNKNOWN },
    { "bytes of another kind", "GET /x\r\n\x80", 8, HTTP_0_9 },
    { "an absolute target", "GET http://a/\r\n", 15, HTTP_0_9 },
};

START_TEST(test_http_0_9)
{
    Head head;
    bool line_seen;
    int length = head_parse(span_of_text(OLD_ROWS[_i].bytes), HEAD_REQUEST, &head, &line_seen);
    ck_assert_msg(length == OLD_ROWS[_i].length, "%s: %d", OLD_ROWS[_i].name, length);
    ck_assert_int_eq(head.version, OLD_ROWS[_i].version);
    ck_assert_int_eq(head.minor, 0);
    ck_assert(line_seen);
}
END_TEST

static const struct {
    const char *bytes;
    HeadKind kind;
    HeadStart start;
    HeadKind found;
} STARTS[] = {
    { "", REQUEST, HEAD_START_OPEN, REQUEST },
    { "G", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "GET", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "GETS", REQUEST, HEAD_START_OPEN, REQUEST },
    { "GET ", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "GET \x01", REQUEST, HEAD_START_BAD, REQUEST },
    { "Z", REQUEST, HEAD_START_OPEN, REQUEST },
    { "Z ", REQUEST, HEAD_START_OPEN, REQUEST },
    { "Z /", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "Z \xff", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "{", REQUEST, HEAD_START_BAD, REQUEST },
    { "Z / HTTP/1.1\n", REQUEST, HEAD_START_LINE, REQUEST },
    { "Z /\n", REQUEST, HEAD_START_BAD, REQUEST },
    { "H", REQUEST, HEAD_START_BEGUN, REQUEST },
    { "H", RESPONSE, HEAD_START_OPEN, RESPONSE },
    { "H", EITHER, HEAD_START_OPEN, EITHER },
    { "HE", EITHER, HEAD_START_BEGUN, REQUEST },
    { "HTTP", EITHER, HEAD_START_OPEN, EITHER },
    { "HTTP/", EITHER, HEAD_START_BEGUN, RESPONSE },
    { "HTTP/", REQUEST, HEAD_START_BAD, REQUEST },
    { "HTTP/1.", RESPONSE, HEAD_START_BEGUN, RESPONSE },
    { "HTTP/1.x", RESPONSE, HEAD_START_BAD, RESPONSE },
    { "HTTP/2", RESPONSE, HEAD_START_BAD, RESPONSE },
    { "HTTP/1.1 200\n", RESPONSE, HEAD_START_LINE, RESPONSE },
    { "GET", RESPONSE, HEAD_START_BAD, RESPONSE },
};

START_TEST(test_start)
{
    HeadKind found;
    HeadStart start = head_start(span_of_text(STARTS[_i].bytes), STARTS[_i].kind, &found);
    ck_assert_msg(start == STARTS[_i].start, "\"%s\": %d", STARTS[_i].bytes, start);
    ck_assert_int_eq(found, STARTS[_i].found);
}
END_TEST

/* A head of exactly `size` bytes. */
static GString *head_of(size_t size)
{
    GString *head = g_string_new("GET / HTTP/1.1\r\nX: ");
    while (head->len < size - 4)
        g_string_append_c(head, 'x');
    g_string_append(head, "\r\n\r\n");
    return head;
}

START_TEST(test_size_limit)
{
    Head head;
    g_autoptr(GString) most = head_of(HEAD_BYTES_MAX), more = head_of(HEAD_BYTES_MAX + 1);
    ck_assert_int_eq(head_parse(span_make(most->str, most->len), HEAD_REQUEST, &head, NULL),
                     HEAD_BYTES_MAX);
    ck_assert_int_eq(head_parse(span_make(more->str, more->len), HEAD_REQUEST, &head, NULL),
                     HEAD_BAD);
    ck_assert_int_eq(head_parse(span_make(more->str, HEAD_BYTES_MAX), HEAD_REQUEST, &head, NULL),
                     HEAD_PARTIAL);
}
END_TEST

START_TEST(test_field_limit)
{
    g_autoptr(GString) text = g_string_new("GET / HTTP/1.1\r\n");
    for (int i = 0; i < HEAD_FIELDS_MAX; i++)
        g_string_append_printf(text, "X%d: y\r\n", i);
    g_autoptr(GString) more = g_string_new_len(text->str, (gssize)text->len);
    g_string_append(text, "\r\n");
    g_string_append(more, "Host: y\r\n folded\r\n\r\n");
    Head head;
    ck_assert_int_eq(head_parse(span_make(text->str, text->len), HEAD_REQUEST, &head, NULL),
                     (int)text->len);
    ck_assert_uint_eq(head.field_count, HEAD_FIELDS_MAX);
    ck_assert_uint_eq(head.notes, 0);
    ck_assert_int_eq(head_parse(span_make(more->str, more->len), HEAD_REQUEST, &head, NULL),
                     HEAD_BAD);
    ck_assert_int_eq(head_parse(span_make(more->str, text->len), HEAD_REQUEST, &head, NULL),
                     HEAD_PARTIAL);
}
END_TEST

START_TEST(test_field_search)
{
    Head head;
    size_t index = 99;
    head_parse(span_of_text("GET / HTTP/1.1\r\nTE: 1\r\nTEA: 2\r\nte: 3\r\n\r\n"), HEAD_REQUEST,
               &head, NULL);
    const FieldLine *field = head_field(&head, FIELD_TE, 0, &index);
    ck_assert(span_equal(field->value, span_of_text("1")));
    ck_assert_uint_eq(index, 0);
    field = head_field(&head, FIELD_TE, index + 1, &index);
    ck_assert(span_equal(field->value, span_of_text("3")));
    ck_assert_uint_eq(index, 2);
    ck_assert_ptr_null(head_field(&head, FIELD_TE, index + 1, &index));
    ck_assert_ptr_null(head_field(&head, FIELD_UPGRADE, 0, NULL));
}
END_TEST

START_TEST(test_known_methods)
{
    static const char *const known[] = { "GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                         "CONNECT", "OPTIONS", "TRACE", "PATCH" };
    static const char *const unknown[] = { "", "G", "get", "GETS", "PROPFIND", "PRI" };
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
        ck_assert_msg(head_method_is_known(span_of_text(known[i])), "%s", known[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++)
        ck_assert_msg(!head_method_is_known(span_of_text(unknown[i])), "%s", unknown[i]);
}
END_TEST

int main(void)
{
    TCase *heads = tcase_create("heads");
    tcase_add_loop_test(heads, test_whole, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(heads, test_beginnings, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(heads, test_bytes_behind, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(heads, test_http_0_9, 0, G_N_ELEMENTS(OLD_ROWS));
    tcase_add_loop_test(heads, test_start, 0, G_N_ELEMENTS(STARTS));
    tcase_add_test(heads, test_size_limit);
    tcase_add_test(heads, test_field_limit);
    tcase_add_test(heads, test_field_search);
    tcase_add_test(heads, test_known_methods);
    Suite *suite = suite_create("head");
    suite_add_tcase(suite, heads);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
