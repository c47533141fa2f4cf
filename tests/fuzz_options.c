/* The input is field lines. These must hold: members lie inside their value and are never empty;
 * extracted options are in lower case, unique, and agree with the bits; texts keep to their
 * maximum; lengths are never negative. */
#include <glib.h>

#include "base/text.h"
#include "http/options.h"
#include "http1/framing.h"
#include "http1/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_members(Span value)
{
    ListCursor cursor = { .rest = value };
    Span member;
    const uint8_t *at = value.bytes;
    while (list_next(&cursor, &member)) {
        g_assert_cmpuint(member.length, >, 0);
        g_assert_true(member.bytes >= at);
        at = member.bytes + member.length;
        g_assert_true(at <= value.bytes + value.length);
    }
}

static bool has_word(char **words, const char *word)
{
    return g_strv_contains((const char *const *)words, word);
}

static void expect_options(const Head *head)
{
    unsigned options = connection_options(head).options;
    g_autoptr(GString) text = g_string_new(NULL);
    head_append_options(head, text, 2 * HEAD_BYTES_MAX);
    g_auto(GStrv) words = g_strsplit(text->str, " ", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (char **word = words; *word; word++) {
        g_assert_true(text_is_token(span_of_text(*word)));
        g_assert_true(g_hash_table_add(seen, *word));
        for (char *c = *word; *c; c++)
            g_assert_false(g_ascii_isupper(*c));
    }
    g_assert_cmpint(has_word(words, "close"), ==, (options & OPTION_CLOSE) != 0);
    g_assert_cmpint(has_word(words, "keep-alive"), ==, (options & OPTION_KEEP_ALIVE) != 0);
    g_assert_cmpint(has_word(words, "upgrade"), ==, (options & OPTION_UPGRADE) != 0);
}

static void expect_bounded(const Head *head, size_t max)
{
    g_autoptr(GString) text = g_string_new(NULL);
    head_append_options(head, text, max);
    g_assert_cmpuint(text->len, <=, max);
    g_string_truncate(text, 0);
    head_append_unlisted(head, text, max);
    g_assert_cmpuint(text->len, <=, max);
    g_string_truncate(text, 0);
    head_append_values(head, FIELD_CONNECTION, NULL, text, max);
    g_assert_cmpuint(text->len, <=, max);
}

static void expect_framing(const BodyFraming *framing)
{
    g_assert_cmpint(framing->length, >=, 0);
    g_assert_true(framing->kind == BODY_LENGTH || framing->length == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Head head;
    static const char start[] = "GET / HTTP/1.1\r\n";
    if (size < 1)
        return 0;
    g_autoptr(GString) text = g_string_new(start);
    g_string_append_len(text, (const char *)data + 1, (gssize)size - 1);
    g_string_append(text, "\r\n\r\n");
    if (head_parse(span_make(text->str, text->len), HEAD_REQUEST, &head, NULL) < 0)
        return 0;
    for (size_t i = 0; i < head.field_count; i++)
        expect_members(head.fields[i].value);
    if (head.field_count < HEAD_FIELDS_MAX)
        expect_options(&head);
    expect_bounded(&head, 4 + data[0] % 64);
    KeepAlive keep_alive = keep_alive_parameters(&head);
    g_assert_true(keep_alive.timeout >= -1 && keep_alive.max >= -1);
    g_assert_true(keep_alive.present || !keep_alive.malformed);
    BodyFraming request = framing_of_request(&head);
    head.status = 200;
    BodyFraming response = framing_of_response(&head, span_of_text("GET"));
    expect_framing(&request);
    expect_framing(&response);
    g_assert_cmpuint(request.notes, ==, response.notes);
    return 0;
}
