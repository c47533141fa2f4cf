/* These must hold: spans lie inside the head, and the head lies inside the input; the same head
 * results whatever follows it, and none results from a part of it; a bad head stays bad. */
#include <glib.h>

#include "http1/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_inside(Span span, Span bytes)
{
    if (span.length == 0)
        return;
    g_assert_true(span.bytes >= bytes.bytes);
    g_assert_true(span.bytes + span.length <= bytes.bytes + bytes.length);
}

static void expect_sound(const Head *head, Span bytes)
{
    expect_inside(head->method, bytes);
    expect_inside(head->target, bytes);
    if (head->kind == HEAD_RESPONSE)
        g_assert_true(head->status >= 100 && head->status <= 999);
    else
        g_assert_cmpuint(head->method.length, >, 0);
    g_assert_cmpuint(head->field_count, <=, HEAD_FIELDS_MAX);
    for (size_t i = 0; i < head->field_count; i++) {
        expect_inside(head->fields[i].name, bytes);
        expect_inside(head->fields[i].value, bytes);
        g_assert_cmpuint(head->fields[i].name.length, >, 0);
    }
}

static void expect_same(const Head *a, const Head *b)
{
    g_assert_true(a->kind == b->kind && a->version == b->version && a->minor == b->minor);
    g_assert_true(span_equal(a->method, b->method) && span_equal(a->target, b->target));
    g_assert_true(a->status == b->status && a->notes == b->notes);
    g_assert_cmpuint(a->field_count, ==, b->field_count);
    for (size_t i = 0; i < a->field_count; i++)
        g_assert_true(span_equal(a->fields[i].value, b->fields[i].value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Head whole, part;
    if (size < 2)
        return 0;
    HeadKind found, kind = (HeadKind)(data[0] % 3);
    Span bytes = span_make(data + 2, size - 2);
    bool line_seen, part_line_seen;
    int length = head_parse(bytes, kind, &whole, &line_seen);
    g_assert_true(length == HEAD_BAD || length == HEAD_PARTIAL || length > 0);
    g_assert_cmpint(length, <=, (int)MIN(bytes.length, HEAD_BYTES_MAX));

    size_t cut = data[1] * (bytes.length + 1) / 256;
    int part_length = head_parse(span_first(bytes, cut), kind, &part, &part_line_seen);
    if (part_length == HEAD_BAD)
        g_assert_cmpint(length, ==, HEAD_BAD);
    if (length > 0) {
        Span head = span_first(bytes, (size_t)length);
        expect_sound(&whole, head);
        g_assert_true(line_seen);
        g_assert_cmpint(head_parse(head, kind, &part, NULL), ==, length);
        expect_same(&whole, &part);
        /* HTTP/0.9 is recognized by what does not follow. */
        if (whole.version >= HTTP_1_0 && cut < (size_t)length)
            g_assert_cmpint(part_length, ==, HEAD_PARTIAL);
        if (!(whole.notes & HEAD_LEADING_LINES))
            g_assert_cmpint(head_start(bytes, kind, &found), ==, HEAD_START_LINE);
    }
    return 0;
}
