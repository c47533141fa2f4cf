/* The builder of conversations itself: a table of texts with the segments that they must become,
 * and of texts that must be refused. Segments are written as tcpdump does: time in ms, sender,
 * flags, relative sequence number, payload length, relative acknowledgement. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "decode/decode.h"
#include "transcript.h"

#define REST "rule: x\nexpect exchanges 0\n"
#define CLIENT_ISN 1000000
#define SERVER_ISN 5000000

static GPtrArray *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *transcripts = transcripts_parse(text, "test", &error);
    ck_assert_msg(transcripts != NULL, "%s", error ? error->message : "no error");
    return transcripts;
}

static Transcript *only(GPtrArray *transcripts)
{
    ck_assert_uint_eq(transcripts->len, 1);
    return g_ptr_array_index(transcripts, 0);
}

/* One frame as a line; every header must be sound. */
static void append_frame(GString *lines, const Frame *frame)
{
    static const char letters[] = "FSRPA";
    Segment segment;
    g_autoptr(Decoder) decoder = decoder_new();
    ck_assert_int_eq(decode_frame(decoder, frame, &segment), DECODE_SEGMENT);
    bool client = segment.source_port == TRANSCRIPT_CLIENT_PORT;
    ck_assert(client || segment.destination_port == TRANSCRIPT_CLIENT_PORT);
    g_string_append_printf(lines, "%g %c ",
                           (double)(frame->time - TRANSCRIPT_EPOCH) / (double)NS_PER_MS,
                           client ? '>' : '<');
    for (int bit = 0; bit < 5; bit++)
        if (segment.flags & 1 << bit)
            g_string_append_c(lines, letters[bit]);
    uint32_t own = client ? CLIENT_ISN : SERVER_ISN, peer = client ? SERVER_ISN : CLIENT_ISN;
    g_string_append_printf(lines, " %d+%u", (int32_t)(segment.sequence - own), segment.length);
    if (segment.flags & TCP_ACK)
        g_string_append_printf(lines, " %d", (int32_t)(segment.acknowledgement - peer));
    g_string_append_c(lines, '\n');
}

/* `GET /a HTTP/1.1 | Host: h` has 28 bytes, `HTTP/1.1 204 No` has 19. */
#define SHAKE "-3 > S 0+0\n-2 < SA 0+0 1\n-1 > A 1+0 1\n"
#define ASK "0.000 a: >>> GET /a HTTP/1.1 | Host: h\n"
#define ASKED "0 > PA 1+28 1\n1 < A 1+0 29\n"
#define ANSWER "0.010 x: <<< HTTP/1.1 204 No\n"
#define ANSWERED "10 < PA 1+19 29\n11 > A 29+0 20\n"

static const struct {
    const char *name;
    const char *text;
    const char *frames;
} BUILT[] = {
    { "handshake and automatic acknowledgements", ASK ANSWER, SHAKE ASKED ANSWERED },
    { "own segment instead of the automatic one",
      ASK "0.001 <<< HTTP/1.1 204 No\n0.002 >>> FIN\n0.003 <<< FIN\n",
      SHAKE "0 > PA 1+28 1\n1 < PA 1+19 29\n2 > FA 29+0 20\n3 < FA 20+0 30\n4 > A 30+0 21\n" },
    { "no automatic acknowledgement", "0.000 >>> {noack} GET /a HTTP/1.1 | Host: h\n" ANSWER,
      SHAKE "0 > PA 1+28 1\n" ANSWERED },
    { "a later automatic acknowledgement",
      "0.000 >>> {ack in 0.005} GET /a HTTP/1.1 | Host: h\n" ANSWER,
      SHAKE "0 > PA 1+28 1\n5 < A 1+0 29\n" ANSWERED },
    { "blind: the request crosses the FIN",
      ASK ANSWER "1.0 f: <<< FIN\n1.0005 >>> {blind f} GET /b HTTP/1.1 | Host: h\n",
      SHAKE ASKED ANSWERED "1000 < FA 20+0 29\n1000.5 > PA 29+28 20\n1001 > A 57+0 21\n"
                           "1001.5 < A 21+0 57\n" },
    { "not blind: it acknowledges the FIN",
      ASK ANSWER "1.0 f: <<< FIN\n1.0005 >>> GET /b HTTP/1.1 | Host: h\n",
      SHAKE ASKED ANSWERED "1000 < FA 20+0 29\n1000.5 > PA 29+28 21\n1001.5 < A 21+0 57\n" },
    { "a distance makes both sides blind",
      "distance: client 0.2\n" ASK "0.010 <<< HTTP/1.1 204 No\n0.100 >>> FIN\n0.105 <<< FIN\n",
      "-203 > S 0+0\n-202 < SA 0+0 1\n-1 > A 1+0 1\n0 > PA 1+28 1\n1 < A 1+0 29\n10 < PA 1+19 29\n"
      "100 > FA 29+0 1\n101 < A 20+0 30\n105 < FA 20+0 30\n211 > A 30+0 20\n306 > A 30+0 21\n" },
    { "lost: it arrives and is not captured", ASK "0.010 <<< {lost} HTTP/1.1 204 No\n1.0 <<< FIN\n",
      SHAKE ASKED "11 > A 29+0 20\n1000 < FA 20+0 29\n1001 > A 29+0 21\n" },
    { "dropped: it is captured and does not arrive; then again",
      ASK "0.010 x: <<< {dropped} HTTP/1.1 204 No\n0.210 <<< {again x}\n",
      SHAKE ASKED "10 < PA 1+19 29\n210 < PA 1+19 29\n211 > A 29+0 20\n" },
    { "vanished: neither; its sender's number goes on",
      ASK ANSWER "1.0 f: <<< {vanished} FIN\n1.05 <<< ACK\n1.2 <<< {again f}\n",
      SHAKE ASKED ANSWERED "1050 < A 21+0 29\n1200 < FA 20+0 29\n1201 > A 29+0 21\n" },
    { "segments where the text says so, and the FIN on the last",
      "0.000 >>> GET /a^ HTTP/1.1 | Ho^st: h\n0.010 <<< {mss 10} HTTP/1.1 204 No + FIN\n",
      SHAKE "0 > PA 1+6 1\n0.01 > PA 7+13 1\n0.02 > PA 20+9 1\n1 < A 1+0 29\n10 < PA 1+10 29\n"
            "10.01 < FPA 11+9 29\n11 > A 29+0 21\n" },
    { "one segment of several is lost on its way, later ones are held",
      ASK "0.010 x: <<< {dropped 1, mss 10} HTTP/1.1 204 No\n0.210 <<< {again x.1}\n",
      SHAKE ASKED "10 < PA 1+10 29\n10.01 < PA 11+9 29\n11.01 > A 29+0 1\n210 < PA 1+10 29\n"
                  "211 > A 29+0 20\n" },
    { "segments at their own pace", ASK "0.010 <<< {every 0.5, mss 10} HTTP/1.1 204 No\n",
      SHAKE ASKED "10 < PA 1+10 29\n11 > A 29+0 11\n510 < PA 11+9 29\n511 > A 29+0 20\n" },
    { "captured in another order than sent", ASK "0.010 <<< {captured 0.012} HTTP/1.1 204 No\n",
      SHAKE ASKED "11 > A 29+0 20\n12 < PA 1+19 29\n" },
    { "a RST is followed by nothing", ASK ANSWER "1.0 <<< RST\n",
      SHAKE ASKED ANSWERED "1000 < RA 20+0 29\n" },
    { "a bare RST has the number that it answers",
      ASK ANSWER "1.0 f: <<< FIN\n1.0005 b: >>> {blind f} GET /b HTTP/1.1 | Host: h\n"
                 "1.0008 <<< {answers b} RST-bare\n",
      SHAKE ASKED ANSWERED "1000 < FA 20+0 29\n1000.5 > PA 29+28 20\n1000.8 < R 20+0\n" },
    { "a bare RST answers the latest segment by itself",
      ASK ANSWER "1.0 >>> FIN\n1.0005 <<< RST-bare\n",
      SHAKE ASKED ANSWERED "1000 > FA 29+0 20\n1000.5 < R 20+0\n" },
    { "a probe and its answer", ASK ANSWER "1.0 >>> PROBE\n",
      SHAKE ASKED ANSWERED "1000 > A 28+0 20\n1001 < A 20+0 29\n" },
    { "numbers that are wrong on purpose", ASK ANSWER "1.0 <<< {dropped, seq +7, ack -3} RST\n",
      SHAKE ASKED ANSWERED "1000 < RA 27+0 26\n" },
    { "an injected RST changes nothing", ASK ANSWER "1.0 <<< {dropped} RST\n2.0 >>> FIN\n",
      SHAKE ASKED ANSWERED "1000 < RA 20+0 29\n2000 > FA 29+0 20\n2001 < A 20+0 30\n" },
    { "mid-stream", "capture: midstream\n" ASK, ASKED },
    { "one direction", "capture: only <<<\n" ASK ANSWER,
      "-2 < SA 0+0 1\n1 < A 1+0 29\n10 < PA 1+19 29\n" },
    { "a capture that begins and ends within",
      "capture: from 0.001\ncapture: until 0.010\n" ASK ANSWER, "1 < A 1+0 29\n10 < PA 1+19 29\n" },
    { "a new connection with other numbers",
      ASK "1.0 >>> SYN\n1.1 <<< SYN-ACK\n1.2 >>> ACK\n1.3 >>> FIN\n",
      SHAKE ASKED "1000 > S 1000000+0\n1100 < SA 1000000+0 1000001\n1200 > A 1000001+0 1000001\n"
                  "1300 > FA 1000001+0 1000001\n1301 < A 1000001+0 1000002\n" },
    { "a SYN that changes nothing", ASK ANSWER "1.0 >>> STRAY-SYN\n1.1 <<< ACK\n",
      SHAKE ASKED ANSWERED "1000 > S 500029+0\n1100 < A 20+0 29\n" },
};

START_TEST(built)
{
    g_autofree char *text = g_strconcat("=== t\n", BUILT[_i].text, REST, NULL);
    g_autoptr(GPtrArray) transcripts = parse(text);
    const Transcript *transcript = only(transcripts);
    g_autoptr(GString) lines = g_string_new(NULL);
    for (size_t i = 0; i < transcript->frame_count; i++) {
        ck_assert_uint_eq(transcript->frames[i].id, frame_id(1, i + 1));
        append_frame(lines, &transcript->frames[i]);
    }
    ck_assert_msg(strcmp(lines->str, BUILT[_i].frames) == 0, "%s: expected\n%sgot\n%s",
                  BUILT[_i].name, BUILT[_i].frames, lines->str);
}
END_TEST

/* The expected first line after the handshake. */
static const struct {
    const char *name;
    const char *said;
    const char *bytes;
} SAID[] = {
    { "a head", "GET / HTTP/1.1 | Host: h", "GET / HTTP/1.1\r\nHost: h\r\n\r\n" },
    { "blanks around the bars", "A/1  |B: c|  D: e", "A/1\r\nB: c\r\nD: e\r\n\r\n" },
    { "a body", "P / HTTP/1.1 | A: b || hi", "P / HTTP/1.1\r\nA: b\r\n\r\nhi" },
    { "bytes alone", "|| hi\\r\\n", "hi\r\n" },
    { "filler", "||*3 z", "xxxz" },
    { "an unfinished head", "GET / HT...", "GET / HT" },
    { "an unfinished second line", "GET / HTTP/1.1 | Ho...", "GET / HTTP/1.1\r\nHo" },
    { "two messages", "A && B || c && D", "A\r\n\r\nB\r\n\r\ncD\r\n\r\n" },
    { "escapes", "A\\|b | \\x20c\\t\\\\d\\^", "A|b\r\n c\t\\d^\r\n\r\n" },
    { "a continued line", "A |\n   B", "A\r\nB\r\n\r\n" },
};

START_TEST(said)
{
    g_autofree char *text =
        g_strconcat("=== t\n" REST "0 >>> {mss 9999} ", SAID[_i].said, "\n", NULL);
    g_autoptr(GPtrArray) transcripts = parse(text);
    g_autoptr(Decoder) decoder = decoder_new();
    Segment segment;
    ck_assert_int_eq(decode_frame(decoder, &only(transcripts)->frames[3], &segment),
                     DECODE_SEGMENT);
    ck_assert_msg(span_equal(segment.payload, span_of_text(SAID[_i].bytes)), "%s: got %.*s",
                  SAID[_i].name, (int)segment.payload.length, (const char *)segment.payload.bytes);
}
END_TEST

static const struct {
    const char *name;
    const char *text;
    const char *error; /* the end of the message */
} REFUSED[] = {
    { "no title", "0 >>> FIN\n", "line 1: no title before this line" },
    { "no rule", "=== t\n0 >>> FIN\nexpect exchanges 0\n",
      "line 1: a conversation without a rule" },
    { "nothing expected", "=== t\nrule: x\n0 >>> FIN\n",
      "line 1: a conversation that expects nothing" },
    { "nothing said", "=== t\n" REST, "line 1: a conversation without a line" },
    { "no direction", "=== t\n" REST "0 >> FIN\n", "line 4: >>> or <<< was expected, not >>" },
    { "an open brace", "=== t\n" REST "0 >>> {noack FIN\n", "line 4: a brace is not closed" },
    { "an unknown condition", "=== t\n" REST "0 >>> {deaf} FIN\n",
      "line 4: no such condition: deaf" },
    { "blind to nothing", "=== t\n" REST "0 >>> {blind f} FIN\n",
      "line 4: no line before it is labelled f" },
    { "blind to itself", "=== t\n" REST "0 f: >>> ACK\n1 >>> {blind f} FIN\n",
      "line 5: no line before it is labelled f" },
    { "again nothing", "=== t\n" REST "0 >>> {again f}\n",
      "line 4: no line before it is labelled f" },
    { "again with words", "=== t\n" REST "0 f: >>> FIN\n1 >>> {again f} FIN\n",
      "line 5: `again` says nothing else" },
    { "an unknown setting", "=== t\n" REST "caption: from 3\n0 >>> FIN\n",
      "line 4: not understood: caption: from 3" },
    { "a label that was not captured",
      "=== t\nrule: x\n0 f: >>> {lost} FIN\nexpect connection: end_frame=@f\n",
      "line 4: no captured line is labelled f" },
    { "an expectation without a column", "=== t\nrule: x\n0 >>> FIN\nexpect exchange 1: close\n",
      "line 4: COLUMN=VALUE was expected: close" },
    { "an expectation without a row", "=== t\nrule: x\n0 >>> FIN\nexpect exchange 0: a=b\n",
      "line 4: an exchange, a connection or a finding was expected: : a=b" },
};

START_TEST(refused)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) transcripts = transcripts_parse(REFUSED[_i].text, "test", &error);
    ck_assert_msg(!transcripts, "%s: was understood", REFUSED[_i].name);
    ck_assert_msg(g_str_has_suffix(error->message, REFUSED[_i].error), "%s: %s", REFUSED[_i].name,
                  error->message);
}
END_TEST

START_TEST(expectations)
{
    g_autoptr(GPtrArray) transcripts =
        parse("=== t\nrule: a\n      b\n0 f: >>> FIN\noption: prompt-close 3\n"
              "expect exchange 2 of connection 3: a=1 b~x c!~y d=\"p q\" e=\"\" f!=2 g=@f\n"
              "expect exchange /t: a=b\nexpect exchange (408): a=b\nexpect connections 4\n");
    const Transcript *transcript = only(transcripts);
    ck_assert_str_eq(transcript->rule, "a b");
    const Expectation *first = g_ptr_array_index(transcript->expectations, 0);
    ck_assert_uint_eq(first->number, 2);
    ck_assert_uint_eq(first->connection, 3);
    static const ColumnExpectation columns[] = {
        { EXPECT_EQUAL, (char *)(uintptr_t) "a", (char *)(uintptr_t) "1" },
        { EXPECT_WORD, (char *)(uintptr_t) "b", (char *)(uintptr_t) "x" },
        { EXPECT_NO_WORD, (char *)(uintptr_t) "c", (char *)(uintptr_t) "y" },
        { EXPECT_EQUAL, (char *)(uintptr_t) "d", (char *)(uintptr_t) "p q" },
        { EXPECT_EQUAL, (char *)(uintptr_t) "e", (char *)(uintptr_t) "" },
        { EXPECT_OTHER, (char *)(uintptr_t) "f", (char *)(uintptr_t) "2" },
        { EXPECT_EQUAL, (char *)(uintptr_t) "g", (char *)(uintptr_t) "4" },
    };
    ck_assert_uint_eq(first->columns->len, G_N_ELEMENTS(columns));
    for (guint i = 0; i < first->columns->len; i++) {
        const ColumnExpectation *column = g_ptr_array_index(first->columns, i);
        ck_assert_int_eq(column->kind, columns[i].kind);
        ck_assert_str_eq(column->column, columns[i].column);
        ck_assert_str_eq(column->value, columns[i].value);
    }
    ck_assert_str_eq(((Expectation *)g_ptr_array_index(transcript->expectations, 1))->target, "/t");
    ck_assert_str_eq(((Expectation *)g_ptr_array_index(transcript->expectations, 2))->status,
                     "408");
    const Expectation *last = g_ptr_array_index(transcript->expectations, 3);
    ck_assert_int_eq(last->subject, EXPECT_CONNECTIONS);
    ck_assert_uint_eq(last->number, 4);
}
END_TEST

START_TEST(snap_length_cuts_the_frame_and_not_its_claim)
{
    g_autoptr(GPtrArray) transcripts =
        parse("=== t\n" REST "capture: snap 60\n0 >>> GET /a HTTP/1.1 | Host: h\n");
    const Frame *frame = &only(transcripts)->frames[3];
    ck_assert_uint_eq(frame->bytes.length, 60);
    ck_assert_uint_eq(frame->wire_length, 14 + 20 + 20 + 28);
}
END_TEST

START_TEST(the_other_client_has_a_connection_of_its_own)
{
    g_autoptr(GPtrArray) transcripts =
        parse("=== t\n" REST "other: 0 to 2 every 1\n0 >>> GET /a HTTP/1.1 | Host: h\n");
    const Transcript *transcript = only(transcripts);
    g_autoptr(Decoder) decoder = decoder_new();
    unsigned others = 0;
    for (size_t i = 0; i < transcript->frame_count; i++) {
        Segment segment;
        ck_assert_int_eq(decode_frame(decoder, &transcript->frames[i], &segment), DECODE_SEGMENT);
        others += segment.source_port == TRANSCRIPT_OTHER_PORT && segment.length > 0;
    }
    ck_assert_uint_eq(others, 3);
}
END_TEST

/* RFC 1071: the sum over header and checksum is all ones. */
static uint32_t ones_sum(const uint8_t *bytes, size_t length, uint32_t sum)
{
    for (size_t i = 0; i < length; i++)
        sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

START_TEST(checksums_are_right)
{
    g_autoptr(GPtrArray) transcripts = parse("=== t\n" REST ASK ANSWER "1 >>> || odd\n");
    const Transcript *transcript = only(transcripts);
    for (size_t i = 0; i < transcript->frame_count; i++) {
        const uint8_t *ip = transcript->frames[i].bytes.bytes + 14;
        uint32_t tcp_length = transcript->frames[i].wire_length - 34;
        ck_assert_uint_eq(ones_sum(ip, 20, 0), 0xffff);
        uint32_t pseudo = ones_sum(ip + 12, 8, 6 + tcp_length);
        ck_assert_uint_eq(ones_sum(ip + 20, tcp_length, pseudo), 0xffff);
    }
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("transcript");
    tcase_add_loop_test(tcase, built, 0, G_N_ELEMENTS(BUILT));
    tcase_add_loop_test(tcase, said, 0, G_N_ELEMENTS(SAID));
    tcase_add_loop_test(tcase, refused, 0, G_N_ELEMENTS(REFUSED));
    tcase_add_test(tcase, expectations);
    tcase_add_test(tcase, snap_length_cuts_the_frame_and_not_its_claim);
    tcase_add_test(tcase, the_other_client_has_a_connection_of_its_own);
    tcase_add_test(tcase, checksums_are_right);
    Suite *suite = suite_create("transcript");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
