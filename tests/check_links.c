/* Link types: numbers in files and here, and the list that a capture keeps of its own. */
#include <check.h>
#include <stdlib.h>

#include "capture/links.h"

/* The numbers in files are those of https://www.tcpdump.org/linktypes.html; the others those that
 * Linux has for the names (pcap/dlt.h). */
static const struct {
    uint16_t in_file;
    int here;
    const char *name;
} NUMBERS[] = {
    { 0, 0, "NULL" },           { 1, 1, "EN10MB" },         { 9, 9, "PPP" },
    { 101, 12, "RAW" },         { 100, 11, "ATM_RFC1483" }, { 113, 113, "LINUX_SLL" },
    { 228, 228, "IPV4" },       { 229, 229, "IPV6" },       { 239, 239, "NFLOG" },
    { 276, 276, "LINUX_SLL2" },
};

START_TEST(numbers_both_ways)
{
    ck_assert_int_eq(capture_link_type_of_file(NUMBERS[_i].in_file), NUMBERS[_i].here);
    ck_assert_uint_eq(capture_link_type_in_file(NUMBERS[_i].here), NUMBERS[_i].in_file);
    ck_assert_str_eq(capture_link_name(NUMBERS[_i].here), NUMBERS[_i].name);
}
END_TEST

/* Each number comes back as it was; no two become one but those that libpcap has twice. */
START_TEST(all_numbers_come_back)
{
    for (unsigned number = 99; number < 300; number++)
        ck_assert_uint_eq(capture_link_type_in_file(capture_link_type_of_file(number)), number);
}
END_TEST

START_TEST(no_name)
{
    ck_assert_ptr_null(capture_link_name(60000));
}
END_TEST

START_TEST(each_pair_once)
{
    CaptureInfo info = { 0 };
    ck_assert_uint_eq(capture_note_link(&info, 113, 100), 0);
    ck_assert_uint_eq(capture_note_link(&info, 1, 100), 1);
    ck_assert_uint_eq(capture_note_link(&info, 113, 200), 2);
    ck_assert_uint_eq(capture_note_link(&info, 1, 100), 1);
    ck_assert_uint_eq(capture_note_link(&info, 113, 100), 0);
    ck_assert_uint_eq(info.link_count, 3);
    ck_assert_uint_eq(info.links_omitted, 0);
    ck_assert_int_eq(info.link_type, 113); /* the first one */
    ck_assert_int_eq(info.links[2].link_type, 113);
    ck_assert_uint_eq(info.links[2].snap_length, 200);
}
END_TEST

START_TEST(too_many)
{
    CaptureInfo info = { 0 };
    for (unsigned i = 0; i < CAPTURE_LINKS_MAX; i++)
        ck_assert_uint_eq(capture_note_link(&info, 1, i), i);
    ck_assert_uint_eq(capture_note_link(&info, 1, CAPTURE_LINKS_MAX), CAPTURE_LINKS_MAX);
    ck_assert_uint_eq(capture_note_link(&info, 1, CAPTURE_LINKS_MAX), CAPTURE_LINKS_MAX);
    ck_assert_uint_eq(info.link_count, CAPTURE_LINKS_MAX);
    ck_assert_uint_eq(info.links_omitted, 2);
    ck_assert_uint_eq(capture_note_link(&info, 1, 5), 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("links");
    TCase *tcase = tcase_create("links");
    tcase_add_loop_test(tcase, numbers_both_ways, 0, G_N_ELEMENTS(NUMBERS));
    tcase_add_test(tcase, all_numbers_come_back);
    tcase_add_test(tcase, no_name);
    tcase_add_test(tcase, each_pair_once);
    tcase_add_test(tcase, too_many);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
