/* Body lengths by RFC 9112 §6.3, and framing that two peers read differently. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/framing.h"
#include "http1/head.h"

typedef struct Row {
    /* the method of the request that is answered; NULL: this is a request */
    const char *name, *method;
    const char *start, *fields;
    BodyKind kind;
    int64_t length;
    unsigned notes; /* FramingNote */
} Row;

#define POST "POST / HTTP/1.1"
#define OLD_POST "POST / HTTP/1.0"
#define OK "HTTP/1.1 200 OK"
#define OLD_OK "HTTP/1.0 200 OK"
#define CL "Content-Length: "
#define TE "Transfer-Encoding: "
#define END "\r\n"

static const Row ROWS[] = {
    /* Requests */
    { "no field", NULL, POST, "", BODY_NONE, 0, 0 },
    { "a length", NULL, POST, CL "42" END, BODY_LENGTH, 42, 0 },
    { "no bytes", NULL, POST, CL "0" END, BODY_LENGTH, 0, 0 },
    { "leading zeros", NULL, POST, CL "0005" END, BODY_LENGTH, 5, 0 },
    { "white space around", NULL, POST, CL "\t 5 \t" END, BODY_LENGTH, 5, 0 },
    { "the largest", NULL, POST, CL "9223372036854775807" END, BODY_LENGTH, INT64_MAX, 0 },
    { "one too large", NULL, POST, CL "9223372036854775808" END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH | FRAMING_LENGTH_TOO_LARGE },
    { "a plus", NULL, POST, CL "+5" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a minus", NULL, POST, CL "-5" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "hexadecimal", NULL, POST, CL "0x5" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a blank inside", NULL, POST, CL "5 5" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a decimal point", NULL, POST, CL "5.0" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "an exponent", NULL, POST, CL "1e2" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "quotes", NULL, POST, CL "\"5\"" END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "no value", NULL, POST, CL END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a folded value", NULL, POST, CL END " 5" END, BODY_LENGTH, 5, 0 },
    { "a value folded inside", NULL, POST, CL "5" END " 5" END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH },
    { "a vertical tab", NULL, POST,
      CL "\x0b"
         "5" END,
      BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a list of one value", NULL, POST, CL "42, 42" END, BODY_LENGTH, 42,
      FRAMING_REPEATED_LENGTH },
    { "two lines of one value", NULL, POST, CL "5" END CL "5" END, BODY_LENGTH, 5,
      FRAMING_REPEATED_LENGTH },
    { "one value written differently", NULL, POST, CL "5" END CL "05" END, BODY_LENGTH, 5,
      FRAMING_REPEATED_LENGTH },
    { "a list of two values", NULL, POST, CL "5, 6" END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH },
    { "two lines of two values", NULL, POST, CL "5" END CL "6" END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH },
    { "a list with a hole", NULL, POST, CL "5,,5" END, BODY_LENGTH, 5,
      FRAMING_REPEATED_LENGTH | FRAMING_EMPTY_LENGTH },
    { "a list with an end", NULL, POST, CL "5," END, BODY_LENGTH, 5, FRAMING_EMPTY_LENGTH },
    { "a list with an empty beginning", NULL, POST, CL ", 5" END, BODY_LENGTH, 5,
      FRAMING_EMPTY_LENGTH },
    { "a list of nothing", NULL, POST, CL ", ," END, BODY_UNREADABLE, 0, FRAMING_INVALID_LENGTH },
    { "a list with a hole and two values", NULL, POST, CL "5,,6" END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH },
    { "a line of nothing beside a value", NULL, POST, CL "5" END CL "," END, BODY_UNREADABLE, 0,
      FRAMING_INVALID_LENGTH },
    { "chunked", NULL, POST, TE "chunked" END, BODY_CHUNKED, 0, 0 },
    { "chunked in capitals", NULL, POST, TE "Chunked" END, BODY_CHUNKED, 0, 0 },
    { "compressed and chunked", NULL, POST, TE "gzip, chunked" END, BODY_CHUNKED, 0, 0 },
    { "the same in two lines", NULL, POST, TE "gzip" END TE "chunked" END, BODY_CHUNKED, 0, 0 },
    { "chunked, then compressed", NULL, POST, TE "chunked, gzip" END, BODY_UNREADABLE, 0,
      FRAMING_CODING_NOT_CHUNKED },
    { "the same in two lines", NULL, POST, TE "chunked" END TE "identity" END, BODY_UNREADABLE, 0,
      FRAMING_CODING_NOT_CHUNKED },
    { "chunked twice", NULL, POST, TE "chunked, chunked" END, BODY_CHUNKED, 0,
      FRAMING_CODING_REPEATED },
    { "identity", NULL, POST, TE "identity" END, BODY_UNREADABLE, 0, FRAMING_CODING_NOT_CHUNKED },
    { "no coding", NULL, POST, TE END, BODY_UNREADABLE, 0, FRAMING_CODING_NOT_CHUNKED },
    { "a word that begins so", NULL, POST, TE "xchunked" END, BODY_UNREADABLE, 0,
      FRAMING_CODING_NOT_CHUNKED },
    { "chunked with a parameter", NULL, POST, TE "chunked;a=b" END, BODY_UNREADABLE, 0,
      FRAMING_CODING_NOT_CHUNKED },
    { "chunked in quotes", NULL, POST, TE "\"chunked\"" END, BODY_UNREADABLE, 0,
      FRAMING_CODING_NOT_CHUNKED },
    { "chunked behind a vertical tab", NULL, POST,
      TE "\x0b"
         "chunked" END,
      BODY_UNREADABLE, 0, FRAMING_CODING_NOT_CHUNKED },
    { "chunked in a fold", NULL, POST, TE END " chunked" END, BODY_CHUNKED, 0, 0 },
    { "chunked behind a blank before the colon", NULL, POST, "Transfer-Encoding : chunked" END,
      BODY_CHUNKED, 0, 0 },
    { "chunked and an empty member", NULL, POST, TE "chunked," END, BODY_CHUNKED, 0, 0 },
    { "both", NULL, POST, CL "5" END TE "chunked" END, BODY_CHUNKED, 0, FRAMING_LENGTH_AND_CODING },
    { "both, the other way", NULL, POST, TE "chunked" END CL "5" END, BODY_CHUNKED, 0,
      FRAMING_LENGTH_AND_CODING },
    { "both, the length invalid", NULL, POST, TE "chunked" END CL "x" END, BODY_CHUNKED, 0,
      FRAMING_LENGTH_AND_CODING | FRAMING_INVALID_LENGTH },
    { "both, the coding not chunked", NULL, POST, TE "gzip" END CL "5" END, BODY_UNREADABLE, 0,
      FRAMING_LENGTH_AND_CODING | FRAMING_CODING_NOT_CHUNKED },
    { "chunked in HTTP/1.0", NULL, OLD_POST, TE "chunked" END, BODY_CHUNKED, 0,
      FRAMING_CODING_IN_1_0 },

    /* Responses */
    { "until close", "GET", OK, "", BODY_UNTIL_CLOSE, 0, 0 },
    { "a length", "GET", OK, CL "42" END, BODY_LENGTH, 42, 0 },
    { "chunked", "GET", OK, TE "chunked" END, BODY_CHUNKED, 0, 0 },
    { "not chunked", "GET", OK, TE "gzip" END, BODY_UNTIL_CLOSE, 0, FRAMING_CODING_NOT_CHUNKED },
    { "not chunked, with a length", "GET", OK, TE "gzip" END CL "5" END, BODY_UNTIL_CLOSE, 0,
      FRAMING_CODING_NOT_CHUNKED | FRAMING_LENGTH_AND_CODING },
    { "chunked in HTTP/1.0", "GET", OLD_OK, TE "chunked" END, BODY_CHUNKED, 0,
      FRAMING_CODING_IN_1_0 },
    { "an invalid length", "GET", OK, CL "five" END, BODY_UNTIL_CLOSE, 0, FRAMING_INVALID_LENGTH },
    { "different lengths", "GET", OK, CL "5" END CL "6" END, BODY_UNTIL_CLOSE, 0,
      FRAMING_INVALID_LENGTH },
    { "an unknown request", "", OK, CL "42" END, BODY_LENGTH, 42, 0 },
    { "to HEAD", "HEAD", OK, CL "42" END, BODY_NONE, 0, 0 },
    { "to HEAD, chunked", "HEAD", OK, TE "chunked" END, BODY_NONE, 0, 0 },
    { "to head", "head", OK, CL "42" END, BODY_LENGTH, 42, 0 },
    { "100", "GET", "HTTP/1.1 100 Continue", CL "42" END, BODY_NONE, 0, 0 },
    { "103", "GET", "HTTP/1.1 103 Early Hints", "", BODY_NONE, 0, 0 },
    { "204", "GET", "HTTP/1.1 204 No Content", CL "42" END, BODY_NONE, 0, 0 },
    { "205 has a length like others", "GET", "HTTP/1.1 205 Reset", CL "0" END, BODY_LENGTH, 0, 0 },
    { "304", "GET", "HTTP/1.1 304 Not Modified", TE "chunked" END CL "42" END, BODY_NONE, 0,
      FRAMING_LENGTH_AND_CODING },
    { "101", "GET", "HTTP/1.1 101 Switching", CL "42" END, BODY_OPAQUE, 0, 0 },
    { "200 to CONNECT", "CONNECT", OK, CL "42" END, BODY_OPAQUE, 0, 0 },
    { "204 to CONNECT", "CONNECT", "HTTP/1.1 204 No", "", BODY_OPAQUE, 0, 0 },
    { "407 to CONNECT", "CONNECT", "HTTP/1.1 407 No", CL "42" END, BODY_LENGTH, 42, 0 },
    { "300 to CONNECT", "CONNECT", "HTTP/1.1 300 No", "", BODY_UNTIL_CLOSE, 0, 0 },
};

static BodyFraming frame(const Row *row)
{
    static Head head;
    g_autofree char *text = g_strconcat(row->start, "\r\n", row->fields, "\r\n", NULL);
    int length =
        head_parse(span_of_text(text), row->method ? HEAD_RESPONSE : HEAD_REQUEST, &head, NULL);
    ck_assert_int_eq(length, (int)strlen(text));
    return row->method ? framing_of_response(&head, span_of_text(row->method))
                       : framing_of_request(&head);
}

START_TEST(test_framing)
{
    const Row *row = &ROWS[_i];
    BodyFraming framing = frame(row);
    ck_assert_msg(framing.kind == row->kind, "%s: kind %d", row->name, framing.kind);
    ck_assert_msg(framing.length == row->length, "%s: length %lld", row->name,
                  (long long)framing.length);
    ck_assert_msg(framing.notes == row->notes, "%s: notes %#x", row->name, framing.notes);
}
END_TEST

/* §6.1 and §6.3: which requests oblige their server to close. */
static const struct {
    unsigned notes;
    bool obliges;
} DUTIES[] = {
    { 0, false },
    { FRAMING_LENGTH_AND_CODING, true },
    { FRAMING_INVALID_LENGTH, true },
    { FRAMING_REPEATED_LENGTH, false },
    { FRAMING_CODING_IN_1_0, true },
    { FRAMING_CODING_NOT_CHUNKED, true },
    { FRAMING_CODING_REPEATED, false },
};

START_TEST(test_duty)
{
    BodyFraming framing = { .kind = BODY_CHUNKED, .notes = DUTIES[_i].notes };
    ck_assert_int_eq(framing_obliges_close(&framing), DUTIES[_i].obliges);
}
END_TEST

int main(void)
{
    TCase *framing = tcase_create("framing");
    tcase_add_loop_test(framing, test_framing, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(framing, test_duty, 0, G_N_ELEMENTS(DUTIES));
    Suite *suite = suite_create("framing");
    suite_add_tcase(suite, framing);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
