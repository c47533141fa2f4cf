/* Which rows are the worst, and how many of them are kept. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "report/picker.h"

#define AS_DECLARED PICK_VERDICT(VERDICT_AS_DECLARED)
#define UNDETERMINED PICK_VERDICT(VERDICT_UNDETERMINED)
#define CONTRADICTED PICK_VERDICT(VERDICT_CONTRADICTED)
#define NOTE PICK_SEVERITY(SEVERITY_NOTE)
#define WARNING PICK_SEVERITY(SEVERITY_WARNING)
#define ERROR PICK_SEVERITY(SEVERITY_ERROR)

/* From the worst to the best: each differs from the one below it in what decides last. */
static const RowRank ORDER[] = {
    { CONTRADICTED | ERROR, 0, 900 }, /* a verdict comes before a finding, both before a loss */
    { CONTRADICTED | WARNING | NOTE, 5, 900 },
    { CONTRADICTED | WARNING, 4, 900 },
    { CONTRADICTED, 4, 100 },
    { CONTRADICTED, 4, 200 },
    { CONTRADICTED | AS_DECLARED, 0, 300 }, /* of a server: its worst connection counts */
    { UNDETERMINED | AS_DECLARED, 0, 400 },
    { UNDETERMINED, 0, 401 },
    { AS_DECLARED | ERROR | NOTE, 0, 1 },
    { AS_DECLARED | NOTE, 0, 1 },
    { AS_DECLARED, UINT64_MAX, 2 },
    { AS_DECLARED, 0, INT64_MIN },
    { AS_DECLARED, 0, INT64_MAX },
    { ERROR, 0, 0 }, /* a finding has no verdict */
    { WARNING, 0, 0 },
    { NOTE, 0, 0 },
    { 0, 9, 0 },
};

static char *name_of(size_t row)
{
    return g_strdup_printf("row %zu", row);
}

static void expect(Picker *picker, const size_t *rows, size_t count)
{
    const GPtrArray *texts = picker_sort(picker);
    ck_assert_uint_eq(texts->len, count);
    for (size_t i = 0; i < count; i++) {
        g_autofree char *wanted = name_of(rows[i]);
        ck_assert_str_eq(g_ptr_array_index(texts, i), wanted);
    }
}

/* Whatever the order in which they come. */
START_TEST(worst_first)
{
    size_t rows[G_N_ELEMENTS(ORDER)];
    g_autoptr(GRand) dice = g_rand_new_with_seed((guint32)_i);
    Picker *picker = picker_new(100);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        rows[i] = i;
    for (size_t i = G_N_ELEMENTS(rows); i-- > 1;) {
        size_t other = (size_t)g_rand_int_range(dice, 0, (gint32)i + 1), kept = rows[i];
        rows[i] = rows[other];
        rows[other] = kept;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        picker_add(picker, &ORDER[rows[i]], name_of(rows[i]));
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
        rows[i] = i;
    expect(picker, rows, G_N_ELEMENTS(rows));
    picker_free(picker);
}
END_TEST

START_TEST(equals_keep_their_order)
{
    static const size_t wanted[] = { 0, 1, 2, 3, 4 };
    Picker *picker = picker_new(5);
    for (size_t i = 0; i < 50; i++)
        picker_add(picker, &ORDER[3], name_of(i));
    expect(picker, wanted, G_N_ELEMENTS(wanted));
    ck_assert_uint_eq(picker_count(picker), 50);
    picker_free(picker);
}
END_TEST

/* Of many rows those are kept that a sort of all would put first, also if they come last. */
START_TEST(most_of_many)
{
    enum { ROWS = 1000 };
    static const unsigned mosts[] = { 1, 2, 7, ROWS - 1, ROWS, ROWS + 1 };
    unsigned most = mosts[_i];
    size_t wanted[ROWS], count = MIN(most, ROWS);
    Picker *picker = picker_new(most);
    for (size_t i = 0; i < ROWS; i++) {
        /* 617 has no divisor in common with 1,000: each place once */
        size_t place = i * 617 % ROWS;
        RowRank rank = { CONTRADICTED, ROWS - place, 0 };
        picker_add(picker, &rank, name_of(place));
    }
    for (size_t i = 0; i < count; i++)
        wanted[i] = i;
    expect(picker, wanted, count);
    ck_assert_uint_eq(picker_count(picker), ROWS);
    picker_free(picker);
}
END_TEST

/* More may come after a sort. */
START_TEST(sorted_twice)
{
    static const size_t first[] = { 3, 4 }, second[] = { 0, 3 };
    Picker *picker = picker_new(2);
    picker_add(picker, &ORDER[4], name_of(4));
    picker_add(picker, &ORDER[3], name_of(3));
    expect(picker, first, 2);
    picker_add(picker, &ORDER[9], name_of(9));
    picker_add(picker, &ORDER[0], name_of(0));
    expect(picker, second, 2);
    picker_free(picker);
}
END_TEST

START_TEST(none)
{
    Picker *picker = picker_new(10);
    expect(picker, NULL, 0);
    ck_assert_uint_eq(picker_count(picker), 0);
    picker_free(picker);
    picker_free(NULL);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("picker");
    tcase_add_loop_test(tcase, worst_first, 0, 20);
    tcase_add_test(tcase, equals_keep_their_order);
    tcase_add_loop_test(tcase, most_of_many, 0, 6);
    tcase_add_test(tcase, sorted_twice);
    tcase_add_test(tcase, none);
    Suite *suite = suite_create("picker");
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
