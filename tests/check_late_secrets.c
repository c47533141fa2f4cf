/* Secrets among the last blocks of a file, by draft-ietf-opsawg-pcapng §3.1 and §4.7. */
#include <check.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/late_secrets.h"
#include "capture/pcapng.h"

#define TLS_KEY_LOG 0x544c534b
#define WIREGUARD 0x57474b4c

static void put32(GByteArray *to, uint32_t value, bool big_endian)
{
    uint32_t word = big_endian ? GUINT32_TO_BE(value) : GUINT32_TO_LE(value);
    g_byte_array_append(to, (const guint8 *)&word, sizeof word);
}

static void put_block(GByteArray *to, uint32_t type, const GByteArray *body, bool big_endian)
{
    static const uint8_t padding[3];
    uint32_t length = 12 + ((body->len + 3) & ~3u);
    put32(to, type, big_endian);
    put32(to, length, big_endian);
    g_byte_array_append(to, body->data, body->len);
    g_byte_array_append(to, padding, (0u - body->len) & 3);
    put32(to, length, big_endian);
}

static void put_section(GByteArray *to, bool big_endian)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    put32(body, 0x1a2b3c4d, big_endian);
    put32(body, big_endian ? 0x00010000 : 0x00000001, big_endian);
    put32(body, 0xffffffff, big_endian);
    put32(body, 0xffffffff, big_endian);
    put_block(to, 0x0a0d0d0a, body, big_endian);
}

/* `more` is added to the length that the block states of its text. */
static void put_secrets(GByteArray *to, uint32_t kind, const char *text, uint32_t more,
                        bool big_endian)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    put32(body, kind, big_endian);
    put32(body, (uint32_t)strlen(text) + more, big_endian);
    g_byte_array_append(body, (const guint8 *)text, (guint)strlen(text));
    put_block(to, PCAPNG_BLOCK_SECRETS, body, big_endian);
}

static void put_others(GByteArray *to, unsigned count, bool big_endian)
{
    g_autoptr(GByteArray) body = g_byte_array_new();
    put32(body, 0, big_endian);
    for (unsigned i = 0; i < count; i++)
        put_block(to, 0x0000beef, body, big_endian);
}

static void take(void *data, Span keylog)
{
    g_string_append_len(data, (const char *)keylog.bytes, (gssize)keylog.length);
    g_string_append_c(data, ';');
}

static char *found_in(const GByteArray *file)
{
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("connaudit-late-XXXXXX", &path, NULL);
    ck_assert_int_ge(fd, 0);
    ck_assert(file->len == 0 || write(fd, file->data, file->len) == (ssize_t)file->len);
    close(fd);
    GString *text = g_string_new(NULL);
    CaptureSecrets secrets = { .take = take, .data = text };
    capture_late_secrets(path, &secrets);
    g_unlink(path);
    return g_string_free(text, FALSE);
}

static void expect(const GByteArray *file, const char *text)
{
    g_autofree char *found = found_in(file);
    ck_assert_str_eq(found, text);
}

START_TEST(test_last_blocks)
{
    bool big_endian = _i;
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_section(file, big_endian);
    put_secrets(file, TLS_KEY_LOG, "first", 0, big_endian);
    put_others(file, 5, big_endian);
    put_secrets(file, WIREGUARD, "other", 0, big_endian);
    put_secrets(file, TLS_KEY_LOG, "beyond", 100, big_endian);
    put_others(file, 1, big_endian);
    put_secrets(file, TLS_KEY_LOG, "last", 0, big_endian);
    expect(file, "last;first;");
}
END_TEST

START_TEST(test_sections_of_both_orders)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_section(file, true);
    put_secrets(file, TLS_KEY_LOG, "big", 0, true);
    put_section(file, false);
    put_secrets(file, TLS_KEY_LOG, "little", 0, false);
    put_section(file, true);
    put_secrets(file, TLS_KEY_LOG, "again", 0, true);
    expect(file, "again;little;big;");
}
END_TEST

START_TEST(test_not_further_than_the_bound)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    put_section(file, false);
    put_secrets(file, TLS_KEY_LOG, "far", 0, false);
    put_secrets(file, TLS_KEY_LOG, "near", 0, false);
    put_others(file, LATE_BLOCKS_MAX - 1, false);
    expect(file, "near;");
}
END_TEST

START_TEST(test_odd_files)
{
    g_autoptr(GByteArray) file = g_byte_array_new();
    expect(file, "");
    g_byte_array_append(file, (const guint8 *)"\n\r\r\n", 4);
    expect(file, "");
    g_byte_array_set_size(file, 0);
    put_secrets(file, TLS_KEY_LOG, "no section", 0, false);
    expect(file, "");
    g_byte_array_set_size(file, 0);
    put_section(file, false);
    put_secrets(file, TLS_KEY_LOG, "cut", 0, false);
    for (guint length = file->len - 1; length > 0; length--) {
        g_byte_array_set_size(file, length);
        expect(file, "");
    }
    CaptureSecrets secrets = { .take = take };
    capture_late_secrets("/nonexistent/file", &secrets);
    capture_late_secrets("/", &secrets);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late_secrets");
    TCase *tcase = tcase_create("late_secrets");
    tcase_add_loop_test(tcase, test_last_blocks, 0, 2);
    tcase_add_test(tcase, test_sections_of_both_orders);
    tcase_add_test(tcase, test_not_further_than_the_bound);
    tcase_add_test(tcase, test_odd_files);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
