/* The estimator, tested with hand-made histograms and with a thousand simulated servers whose
 * timers are known. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "servers/timeout.h"

#define SECONDS(s) ((Nanoseconds)((s)*1e9))

/* The same sequence everywhere. */
static uint64_t dice;

static double roll(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (double)(dice >> 11) / 9007199254740992.0;
}

static double between(double low, double high)
{
    return low + (high - low) * roll();
}

/* A server's periods, one after the other. */
typedef struct Scene {
    IdleHistogram histogram;
    double now;
} Scene;

static void period(Scene *scene, IdleEnd end, double idle)
{
    scene->now += idle + 0.05;
    idle_add(&scene->histogram, end, SECONDS(idle), SECONDS(scene->now));
}

static void periods(Scene *scene, IdleEnd end, unsigned count, double from, double step)
{
    for (unsigned i = 0; i < count; i++)
        period(scene, end, from + i * step);
}

static TimeoutEstimate estimate(Scene *scene)
{
    TimeoutEstimate found = timeout_estimate(&scene->histogram);
    idle_clear(&scene->histogram);
    return found;
}

static void assert_near(Nanoseconds timeout, double seconds)
{
    ck_assert_msg(fabs((double)timeout / 1e9 - seconds) <= MAX(0.3, seconds / 10),
                  "%.3f s instead of %.3f s", (double)timeout / 1e9, seconds);
}

/* By hand -------------------------------------------------------------------------------------- */

START_TEST(nothing)
{
    Scene scene = { 0 };
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_uint_eq(found.closes, 0);
    ck_assert_int_eq(found.doubt, TIMEOUT_THIN);
}
END_TEST

START_TEST(one_timer)
{
    Scene scene = { 0 };
    periods(&scene, IDLE_REUSED, 100, 0.1, 0.048);
    periods(&scene, IDLE_CLOSED, 20, 5.0, 0.0005);
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 1);
    ck_assert_int_eq(found.doubt, TIMEOUT_STATED);
    ck_assert_int_eq(found.spikes[0].timeout, SECONDS(5.0));
    ck_assert_uint_eq(found.spikes[0].closes, 20);
    ck_assert_uint_eq(found.spikes[0].reached, 20);
}
END_TEST

START_TEST(nine_closes_are_thin)
{
    Scene scene = { 0 };
    periods(&scene, IDLE_CLOSED, TIMEOUT_CLOSES_LEAST - 1, 5.0, 0.001);
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_int_eq(found.doubt, TIMEOUT_THIN);
    periods(&scene, IDLE_CLOSED, TIMEOUT_CLOSES_LEAST, 5.0, 0.001);
    ck_assert_uint_eq(estimate(&scene).count, 1);
}
END_TEST

/* A server that looks once a second: the timer is where the closes begin. */
START_TEST(coarse_timer)
{
    static const double timers[] = { 1, 2, 3, 5, 8, 60 };
    for (size_t i = 0; i < G_N_ELEMENTS(timers); i++) {
        Scene scene = { 0 };
        periods(&scene, IDLE_CLOSED, 20, timers[i] + 0.01, 0.05);
        TimeoutEstimate found = estimate(&scene);
        ck_assert_msg(found.count == 1, "%u timers instead of one of %.0f s", found.count,
                      timers[i]);
        assert_near(found.spikes[0].timeout, timers[i]);
    }
}
END_TEST

/* Several backends are all reported, not averaged. */
START_TEST(two_timers)
{
    static const double pairs[][2] = { { 1, 2 }, { 2, 3 }, { 5, 6 }, { 5, 8 }, { 5, 60 } };
    for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
        Scene scene = { 0 };
        periods(&scene, IDLE_CLOSED, 30, pairs[i][0], 0.0005);
        periods(&scene, IDLE_CLOSED, 20, pairs[i][1], 0.0005);
        TimeoutEstimate found = estimate(&scene);
        ck_assert_msg(found.count == 2, "%u timers instead of %.0f and %.0f s", found.count,
                      pairs[i][0], pairs[i][1]);
        assert_near(found.spikes[0].timeout, pairs[i][0]);
        assert_near(found.spikes[1].timeout, pairs[i][1]);
    }
}
END_TEST

/* Survived periods count: closes that are rare among equally long periods show no timer. */
START_TEST(most_survive)
{
    Scene scene = { 0 };
    periods(&scene, IDLE_CLOSED, 20, 5.0, 0.001);
    periods(&scene, IDLE_REUSED, 400, 10.0, 0.01);
    ck_assert_uint_eq(estimate(&scene).count, 0);
    periods(&scene, IDLE_CLOSED, 20, 5.0, 0.001);
    periods(&scene, IDLE_REUSED, 20, 10.0, 0.01);
    ck_assert_uint_eq(estimate(&scene).count, 1);
}
END_TEST

START_TEST(scattered)
{
    Scene scene = { 0 };
    periods(&scene, IDLE_CLOSED, 60, 0.2, 0.5);
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_int_eq(found.doubt, TIMEOUT_SCATTERED);
}
END_TEST

/* A restart closes at one moment many connections that became idle at about the same time. */
START_TEST(all_at_once)
{
    Scene scene = { 0 };
    for (unsigned i = 0; i < 30; i++)
        idle_add(&scene.histogram, IDLE_CLOSED, SECONDS(3.0 + i * 0.01), SECONDS(100));
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 0);
    ck_assert_int_eq(found.doubt, TIMEOUT_AT_ONCE);
}
END_TEST

START_TEST(strays)
{
    Scene scene = { 0 };
    periods(&scene, IDLE_CLOSED, 40, 5.0, 0.0005);
    periods(&scene, IDLE_CLOSED, 8, 0.3, 0.57);
    TimeoutEstimate found = estimate(&scene);
    ck_assert_uint_eq(found.count, 1);
    assert_near(found.spikes[0].timeout, 5);
}
END_TEST

START_TEST(what_is_at_risk)
{
    ck_assert_uint_eq(timeout_risk_bin(SECONDS(60)), idle_bin_of(SECONDS(57)));
    ck_assert_uint_eq(timeout_risk_bin(SECONDS(5)), idle_bin_of(SECONDS(4)));
    ck_assert_uint_eq(timeout_risk_bin(SECONDS(1)), idle_bin_of(SECONDS(0.5)));
}
END_TEST

/* A thousand servers --------------------------------------------------------------------------- */

#define SERVERS 1000
#define TIMERS_MAX 3

typedef enum Jitter { JITTER_NONE, JITTER_NETWORK, JITTER_COARSE, JITTER_COUNT } Jitter;
typedef enum Habit { HABIT_UNIFORM, HABIT_EXPONENTIAL, HABIT_BURSTY, HABIT_COUNT } Habit;

typedef struct Simulated {
    double timers[TIMERS_MAX]; /* of its backends */
    unsigned timer_count;      /* 0: the server has no timer and closes at random */
    Jitter jitter;
    Habit habit;
    double reach;       /* how long clients wait, in timers */
    double pool;        /* the client closes after so long; 0: never */
    double disturbance; /* share of periods in which the server closes for another reason */
    bool restarts;
    unsigned periods;
} Simulated;

static Simulated any_server(void)
{
    static const unsigned counts[] = { 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3 };
    Simulated server = { .timer_count = counts[(unsigned)(roll() * G_N_ELEMENTS(counts))],
                         .jitter = (Jitter)(roll() * JITTER_COUNT),
                         .habit = (Habit)(roll() * HABIT_COUNT),
                         .reach = between(0.3, 3),
                         .disturbance = roll() < 0.5 ? 0 : between(0, 0.1),
                         .restarts = roll() < 0.2,
                         .periods = (unsigned)exp(between(log(10), log(5000))) };
    for (unsigned i = 0; i < server.timer_count; i++)
        server.timers[i] = exp(between(log(1), log(120)));
    if (roll() < 0.2)
        server.pool = server.timers[0] * between(0.5, 2);
    return server;
}

static double jittered(const Simulated *server, double timer)
{
    switch (server->jitter) {
    case JITTER_NETWORK:
        return timer + between(-0.05, 0.05);
    case JITTER_COARSE:
        return timer + roll();
    default:
        return timer - log(1 - roll()) * 0.003;
    }
}

static double any_wish(const Simulated *server)
{
    double scale = server->reach * MAX(server->timers[0], 1);
    switch (server->habit) {
    case HABIT_UNIFORM:
        return between(0, scale);
    case HABIT_EXPONENTIAL:
        return -log(1 - roll()) * scale / 2;
    default:
        return roll() < 0.8 ? between(0, 0.3) : between(0, scale * 2);
    }
}

static void one_period(Scene *scene, const Simulated *server)
{
    double wish = any_wish(server);
    double close = 1e9;
    if (server->timer_count)
        close = jittered(server, server->timers[(unsigned)(roll() * server->timer_count)]);
    if (roll() < server->disturbance || (!server->timer_count && roll() < 0.3))
        close = MIN(close, wish * roll());
    bool ended = server->pool > 0 && server->pool < wish;
    wish = ended ? server->pool : wish;
    if (close < wish)
        period(scene, IDLE_CLOSED, close);
    else
        period(scene, ended || roll() < 0.05 ? IDLE_ENDED : IDLE_REUSED, wish);
}

/* Thirty connections that a load test has just left alone. */
static void restart(Scene *scene)
{
    double before = between(0.5, 20);
    for (unsigned i = 0; i < 30; i++)
        idle_add(&scene->histogram, IDLE_CLOSED, SECONDS(before + between(0, 0.3)),
                 SECONDS(scene->now + between(0, 0.02)));
}

static bool is_true(const Simulated *server, Nanoseconds timeout)
{
    for (unsigned i = 0; i < server->timer_count; i++)
        if (fabs((double)timeout / 1e9 - server->timers[i]) <= MAX(0.3, server->timers[i] / 10))
            return true;
    return false;
}

typedef struct Tally {
    unsigned servers, right, wrong, empty;
} Tally;

static void count(Tally *tally, const Simulated *server, const TimeoutEstimate *found)
{
    bool wrong = false;
    for (unsigned i = 0; i < found->count; i++)
        wrong = wrong || !is_true(server, found->spikes[i].timeout);
    tally->servers++;
    tally->empty += found->count == 0;
    tally->wrong += wrong;
    tally->right += found->count > 0 && !wrong;
    if (wrong) {
        printf("wrong:");
        for (unsigned i = 0; i < found->count; i++)
            printf(" %.3f (%u of %u)", (double)found->spikes[i].timeout / 1e9,
                   (unsigned)found->spikes[i].closes, (unsigned)found->spikes[i].reached);
        printf("; true:");
        for (unsigned i = 0; i < server->timer_count; i++)
            printf(" %.3f", server->timers[i]);
        printf("; jitter %d, habit %d, reach %.2f, disturbance %.2f, %u closes\n",
               (int)server->jitter, (int)server->habit, server->reach, server->disturbance,
               (unsigned)found->closes);
    }
}

static void print(const char *what, const Tally *tally)
{
    printf("%s: %u servers, %.1f %% right, %.1f %% wrong, %.1f %% empty\n", what, tally->servers,
           100.0 * tally->right / tally->servers, 100.0 * tally->wrong / tally->servers,
           100.0 * tally->empty / tally->servers);
}

START_TEST(a_thousand_servers)
{
    Tally all = { 0 }, enough = { 0 }, undisturbed = { 0 }, none = { 0 };
    dice = 0x9e3779b97f4a7c15;
    for (unsigned i = 0; i < SERVERS; i++) {
        Simulated server = any_server();
        Scene scene = { .now = 1e6 };
        for (unsigned n = 0; n < server.periods; n++) {
            one_period(&scene, &server);
            if (server.restarts && n == server.periods / 2)
                restart(&scene);
        }
        TimeoutEstimate found = estimate(&scene);
        count(&all, &server, &found);
        if (server.timer_count == 0)
            count(&none, &server, &found);
        else if (found.closes >= 20)
            count(&enough, &server, &found);
        if (server.timer_count == 1 && found.closes >= 20 && server.disturbance <= 0 &&
            !server.restarts)
            count(&undisturbed, &server, &found);
    }
    print("all", &all);
    print("without a timer", &none);
    print("with a timer and 20 idle closes", &enough);
    print("with one timer, 20 idle closes, undisturbed", &undisturbed);
    ck_assert_uint_eq(none.right, 0);
    ck_assert_uint_eq(none.wrong, 0);
    ck_assert_uint_le(all.wrong * 200, all.servers); /* 0.5 % */
    ck_assert_uint_ge(enough.right * 100, enough.servers * 75);
    ck_assert_uint_eq(undisturbed.wrong, 0);
    ck_assert_uint_ge(undisturbed.right * 100, undisturbed.servers * 98);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("timeout");
    TCase *tcase = tcase_create("by hand");
    tcase_add_test(tcase, nothing);
    tcase_add_test(tcase, one_timer);
    tcase_add_test(tcase, nine_closes_are_thin);
    tcase_add_test(tcase, coarse_timer);
    tcase_add_test(tcase, two_timers);
    tcase_add_test(tcase, most_survive);
    tcase_add_test(tcase, scattered);
    tcase_add_test(tcase, all_at_once);
    tcase_add_test(tcase, strays);
    tcase_add_test(tcase, what_is_at_risk);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("simulated");
    tcase_add_test(tcase, a_thousand_servers);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
