/* The order in which rows leave, and in which listeners are told. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "audit/row.h"

/* In their order. */
static const AuditRow ROWS[] = {
    { .kind = ROW_EXCHANGE,
      .exchange = { .connection = { .first_frame = 5 }, .exchange = { .number = 1 } } },
    { .kind = ROW_EXCHANGE,
      .exchange = { .connection = { .first_frame = 5 }, .exchange = { .number = 2 } } },
    { .kind = ROW_CONNECTION, .connection = { .connection = { .first_frame = 5 } } },
    { .kind = ROW_FINDING,
      .finding = { .connection = { .first_frame = 5 }, .finding = { .rule = 3 } } },
    { .kind = ROW_FINDING,
      .finding = { .connection = { .first_frame = 5 }, .finding = { .rule = 4 } } },
    { .kind = ROW_EXCHANGE,
      .exchange = { .connection = { .first_frame = 6 }, .exchange = { .number = 1 } } },
    { .order = 1,
      .step = STEP_TIMERS,
      .kind = ROW_CONNECTION,
      .connection = { .connection = { .first_frame = 2 } } },
    { .order = 1,
      .step = STEP_FRAME,
      .kind = ROW_CONNECTION,
      .connection = { .connection = { .first_frame = 1 } } },
    { .order = 1,
      .step = STEP_OPEN_AT_END,
      .kind = ROW_CONNECTION,
      .connection = { .connection = { .first_frame = 0 } } },
};

START_TEST(test_rows)
{
    for (int i = 0; i < (int)G_N_ELEMENTS(ROWS); i++) {
        int order = audit_row_compare(&ROWS[i], &ROWS[_i]);
        ck_assert_msg((order > 0) - (order < 0) == (i > _i) - (i < _i), "%d and %d", i, _i);
    }
}
END_TEST

/* In their order; those of the same rank are told by one engine, which knows their order. */
static const struct {
    AuditPosition position;
    int rank;
} POSITIONS[] = {
    { { .order = 7, .step = STEP_FRAME, .connection = 6 }, 0 },
    { { .order = 7, .step = STEP_FRAME, .connection = 3 }, 0 },
    { { .order = 8, .step = STEP_TIMERS, .connection = 1 }, 1 },
    { { .order = 8, .step = STEP_TIMERS, .connection = 2 }, 2 },
    { { .order = 8, .step = STEP_FRAME, .connection = 8 }, 3 },
    { { .order = 9, .step = STEP_FRAME, .connection = 1 }, 4 },
    { { .order = 9, .step = STEP_FINISH, .connection = 7 }, 5 },
    { { .order = 9, .step = STEP_OPEN_AT_END, .connection = 4 }, 6 },
    { { .order = 9, .step = STEP_OPEN_AT_END, .connection = 5 }, 7 },
};

START_TEST(test_positions)
{
    for (size_t i = 0; i < G_N_ELEMENTS(POSITIONS); i++) {
        int order = audit_position_compare(&POSITIONS[i].position, &POSITIONS[_i].position);
        int expected = POSITIONS[i].rank - POSITIONS[_i].rank;
        ck_assert_msg((order > 0) - (order < 0) == (expected > 0) - (expected < 0), "%zu and %d", i,
                      _i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row");
    TCase *tcase = tcase_create("row");
    tcase_add_loop_test(tcase, test_rows, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(tcase, test_positions, 0, G_N_ELEMENTS(POSITIONS));
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
