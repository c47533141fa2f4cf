/* Each worker goes through all portions, and leaves its rows of a portion at that portion's place.
 * The caller merges the rows of a portion when all workers are done with it; meanwhile they are at
 * the next ones. What is open at the end is ended when all threads are over, one connection after
 * the other, when somebody asks for rows: there may be many. */
#include "audit/crew.h"

#include "base/interrupt.h"

typedef struct Worker {
    Crew *crew;
    Engine *engine;
    GThread *thread;          /* NULL: it is that of the caller, or has ended */
    GArray *rows[RELAY_RING]; /* AuditRow: by place of the portion */
    uint64_t portions;        /* so many have left their rows */
    guint taken;              /* of the rows that are being merged */
    /* after the last portion: a connection has been ended, at this position, and its rows are being
     * taken; there are no more */
    bool ends, over;
    AuditPosition position;
} Worker;

struct Crew {
    Relay *relay;
    uint64_t next; /* portion */
    bool merging;  /* the rows of the one before are being taken */
    bool finished;
    unsigned count;
    Worker workers[];
};

unsigned crew_users(unsigned engines)
{
    return engines == 1 ? 1 : engines + 1;
}

static void work_on(Worker *worker, const Portion *portion, uint64_t number)
{
    GArray *rows = worker->rows[number % RELAY_RING];
    AuditRow row;
    for (unsigned i = 0; i < portion->count; i++)
        engine_take(worker->engine, &portion->taken[i]);
    engine_settle(worker->engine);
    g_array_set_size(rows, 0);
    while (engine_next(worker->engine, &row))
        g_array_append_val(rows, row);
    worker->portions = number + 1;
}

static gpointer work(gpointer data)
{
    Worker *worker = data;
    Relay *relay = worker->crew->relay;
    const Portion *portion;
    for (uint64_t number = 0; (portion = relay_get(relay, number)); number++) {
        work_on(worker, portion, number);
        relay_done(relay, number);
    }
    return NULL;
}

Crew *crew_new(Relay *relay, const EngineOptions *options, unsigned engines)
{
    g_assert(engines >= 1 && engines <= CREW_MAX);
    Crew *crew = g_malloc0(sizeof *crew + engines * sizeof *crew->workers);
    crew->relay = relay;
    crew->count = engines;
    for (unsigned i = 0; i < engines; i++) {
        Worker *worker = &crew->workers[i];
        EngineOptions own = options[i];
        own.takes = true;
        own.shards = 0;
        for (unsigned shard = i; shard < SHARDS; shard += engines)
            own.shards |= (ShardSet)1 << shard;
        worker->crew = crew;
        worker->engine = engine_new(&own);
        for (unsigned at = 0; at < RELAY_RING; at++)
            worker->rows[at] = g_array_new(FALSE, FALSE, sizeof(AuditRow));
    }
    for (unsigned i = 0; i < engines && engines > 1; i++)
        crew->workers[i].thread = interrupt_thread_new("engine", work, &crew->workers[i]);
    return crew;
}

bool crew_work(Crew *crew, const Portion **ret_portion)
{
    if (crew->merging)
        relay_done(crew->relay, crew->next - 1);
    const Portion *portion = relay_get(crew->relay, crew->next);
    crew->merging = portion != NULL;
    *ret_portion = portion;
    if (!portion)
        return false;
    if (crew->count == 1)
        work_on(&crew->workers[0], portion, crew->next);
    else
        relay_wait_for_others(crew->relay, crew->next);
    crew->next++;
    for (unsigned i = 0; i < crew->count; i++)
        crew->workers[i].taken = 0;
    return true;
}

void crew_finish(Crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        if (worker->thread)
            g_thread_join(g_steal_pointer(&worker->thread));
        engine_finish(worker->engine);
    }
    crew->finished = true;
}

/* Of the portion. */
static bool next_of_portion(Crew *crew, AuditRow *ret_row)
{
    Worker *first = NULL;
    const AuditRow *least = NULL;
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        const GArray *rows = worker->rows[(crew->next - 1) % RELAY_RING];
        if (worker->taken == rows->len)
            continue;
        const AuditRow *row = &g_array_index(rows, AuditRow, worker->taken);
        if (!least || audit_row_compare(row, least) < 0) {
            least = row;
            first = worker;
        }
    }
    if (!least)
        return false;
    *ret_row = *least;
    first->taken++;
    return true;
}

/* Whose connection is the next one to be ended, which it is then; NULL: there are no more. */
static Worker *first_at_end(Crew *crew)
{
    Worker *first = NULL;
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        if (!worker->ends && !worker->over)
            worker->over = !(worker->ends = engine_end_next(worker->engine, &worker->position));
        if (worker->ends &&
            (!first || audit_position_compare(&worker->position, &first->position) < 0))
            first = worker;
    }
    return first;
}

static bool next_at_end(Crew *crew, AuditRow *ret_row)
{
    Worker *worker;
    while ((worker = first_at_end(crew))) {
        if (engine_next_ready(worker->engine, ret_row))
            return true;
        worker->ends = false;
    }
    return false;
}

bool crew_next(Crew *crew, AuditRow *ret_row)
{
    if (crew->finished)
        return next_at_end(crew, ret_row);
    return crew->merging && next_of_portion(crew, ret_row);
}

void crew_add_totals(const Crew *crew, AuditTotals *totals)
{
    for (unsigned i = 0; i < crew->count; i++) {
        const Engine *engine = crew->workers[i].engine;
        audit_totals_add(totals, engine_counters(engine), engine_stream_counters(engine));
    }
}

/* Of portions that nobody has asked for. */
static void clear_rows(const Crew *crew, const Worker *worker)
{
    for (uint64_t number = crew->next; number < worker->portions; number++) {
        GArray *rows = worker->rows[number % RELAY_RING];
        for (guint i = 0; i < rows->len; i++)
            audit_row_clear(&g_array_index(rows, AuditRow, i));
    }
}

void crew_free(Crew *crew)
{
    if (!crew)
        return;
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        g_assert(!worker->thread);
        clear_rows(crew, worker);
        engine_free(worker->engine);
        for (unsigned at = 0; at < RELAY_RING; at++)
            g_array_unref(worker->rows[at]);
    }
    g_free(crew);
}
