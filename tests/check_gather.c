/* A head's bytes put together: what is there, when a parser must look, and what a gap leaves. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/gather.h"
#include "http1/head.h"

/* Feeds pieces as a reader does: the first is kept, the others are added to it. */
static void take(Gather *gather, const char *piece)
{
    if (gather->length)
        gather_add(gather, span_of_text(piece));
    gather_keep(gather, span_of_text(piece));
}

static const struct {
    const char *name;
    const char *pieces[4];
    const char *bytes, *idle; /* idle: by piece, whether a parser would find nothing new */
    const char *cut;          /* NULL: no whole line */
} ROWS[] = {
    { "a line in pieces", { "GET /", " HTTP/1.1" }, "GET / HTTP/1.1", "yy", NULL },
    { "its end",
      { "GET / HTTP/1.1", "\r\n" },
      "GET / HTTP/1.1\r\n",
      "yn",
      "GET / HTTP/1.1\r\n\r\n" },
    { "a CR and its LF apart",
      { "GET /\r", "\nA: b\r", "\n" },
      "GET /\r\nA: b\r\n",
      "ynn",
      "GET /\r\nA: b\r\n\r\n" },
    { "a third line tells nothing",
      { "GET /\r\nA: b\r\n", "C: d\r\n", "E: f\r\n" },
      "GET /\r\nA: b\r\nC: d\r\nE: f\r\n",
      "yyy",
      "GET /\r\nA: b\r\nC: d\r\nE: f\r\n\r\n" },
    { "the empty line does",
      { "GET /\r\nA: b\r\nC: d", "\r\n", "\r\n" },
      "GET /\r\nA: b\r\nC: d\r\n\r\n",
      "yyn",
      "GET /\r\nA: b\r\nC: d\r\n\r\n\r\n" },
    { "bare line feeds",
      { "GET /\nA: b\n", "\n" },
      "GET /\nA: b\n\n",
      "yn",
      "GET /\nA: b\n\n\r\n" },
    { "a line that is cut", { "GET /\r\nA: b", "c" }, "GET /\r\nA: bc", "yy", "GET /\r\n\r\n" },
};

START_TEST(test_pieces)
{
    Gather gather = { 0 };
    GString *idle = g_string_new(NULL);
    size_t held = 0;
    for (unsigned i = 0; ROWS[_i].pieces[i]; i++) {
        take(&gather, ROWS[_i].pieces[i]);
        ck_assert_uint_eq(gather.held, held);
        held = gather.length;
        g_string_append_c(idle, gather_is_idle(&gather) ? 'y' : 'n');
        gather.fresh_line = false; /* seen */
    }
    Span bytes = gather_bytes(&gather, (Span){ 0 });
    ck_assert_msg(span_equal(bytes, span_of_text(ROWS[_i].bytes)), "%s", ROWS[_i].name);
    ck_assert_msg(g_str_equal(idle->str, ROWS[_i].idle), "%s: %s", ROWS[_i].name, idle->str);
    ck_assert(gather_lacks_line(&gather, bytes) == !strchr(ROWS[_i].bytes, '\n'));
    Span head;
    ck_assert_msg(gather_cut(&gather, &head) == (ROWS[_i].cut != NULL), "%s", ROWS[_i].name);
    ck_assert(!ROWS[_i].cut || span_equal(head, span_of_text(ROWS[_i].cut)));
    g_string_free(idle, TRUE);
    gather_clear(&gather);
    ck_assert_uint_eq(gather_size(&gather), 0);
}
END_TEST

/* No more is gathered than a head may have, and that is known. */
START_TEST(test_bound)
{
    Gather gather = { 0 };
    g_autofree char *text = g_strnfill(HEAD_BYTES_MAX - 1, 'a');
    take(&gather, text);
    ck_assert(!gather.overfull);
    take(&gather, "b");
    ck_assert(!gather.overfull && gather_is_idle(&gather));
    take(&gather, "c");
    ck_assert(gather.overfull && !gather_is_idle(&gather));
    ck_assert_uint_eq(gather.length, HEAD_BYTES_MAX);
    gather_clear(&gather);
}
END_TEST

/* Packed and back it is the same. */
START_TEST(test_pack)
{
    Gather gather = { 0 };
    take(&gather, "GET / HTTP/1.1\r\n");
    take(&gather, "Host");
    g_autoptr(GByteArray) packed = g_byte_array_new();
    gather_pack(&gather, packed);
    Gather again = gather;
    Span rest = span_make(packed->data, packed->len);
    gather_unpack(&again, &rest);
    ck_assert_uint_eq(rest.length, 0);
    ck_assert_ptr_ne(again.bytes, gather.bytes);
    take(&again, ": h\r\n\r\n");
    ck_assert(span_equal(gather_bytes(&again, (Span){ 0 }),
                         span_of_text("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
    ck_assert(again.blank_line);
    gather_clear(&gather);
    gather_clear(&again);
}
END_TEST

int main(void)
{
    TCase *gather = tcase_create("gather");
    tcase_add_loop_test(gather, test_pieces, 0, G_N_ELEMENTS(ROWS));
    tcase_add_test(gather, test_bound);
    tcase_add_test(gather, test_pack);
    Suite *suite = suite_create("gather");
    suite_add_tcase(suite, gather);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
