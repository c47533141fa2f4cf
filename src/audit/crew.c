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
    HopLog *hop_log;          /* NULL: there is none, or it passes on by itself */
    GArray *rows[RELAY_RING]; /* AuditRow: by place of the portion */
    GArray *news[RELAY_RING]; /* KeptNews, likewise; after the last portion, the first one */
    uint64_t portions;        /* so many have left their rows */
    guint taken, told;        /* of the rows and news that are being merged */
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
    if (worker->hop_log)
        hop_log_keep(worker->hop_log, worker->news[number % RELAY_RING]);
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

static void init_worker(Crew *crew, unsigned index, const CrewEngine *engine)
{
    Worker *worker = &crew->workers[index];
    EngineOptions options = engine->options;
    options.takes = true;
    ShardSet own = 0;
    for (unsigned shard = index; shard < SHARDS; shard += crew->count)
        own |= (ShardSet)1 << shard;
    options.shards &= own;
    worker->crew = crew;
    worker->engine = engine_new(&options);
    worker->hop_log = crew->count > 1 ? engine->hop_log : NULL;
    for (unsigned at = 0; at < RELAY_RING; at++) {
        worker->rows[at] = g_array_new(FALSE, FALSE, sizeof(AuditRow));
        worker->news[at] = g_array_new(FALSE, FALSE, sizeof(KeptNews));
    }
}

Crew *crew_new(Relay *relay, const CrewEngine *engines, unsigned count)
{
    g_assert(count >= 1 && count <= CREW_MAX);
    Crew *crew = g_malloc0(sizeof *crew + count * sizeof *crew->workers);
    crew->relay = relay;
    crew->count = count;
    for (unsigned i = 0; i < count; i++)
        init_worker(crew, i, &engines[i]);
    for (unsigned i = 0; i < count && count > 1; i++)
        crew->workers[i].thread = interrupt_thread_new("engine", work, &crew->workers[i]);
    return crew;
}

/* Of the portion: in order, whichever engine heard them. */
static void pass_on_news(Crew *crew)
{
    for (;;) {
        Worker *first = NULL;
        KeptNews *least = NULL;
        for (unsigned i = 0; i < crew->count; i++) {
            Worker *worker = &crew->workers[i];
            const GArray *news = worker->news[(crew->next - 1) % RELAY_RING];
            if (worker->told == news->len)
                continue;
            KeptNews *kept = &g_array_index(news, KeptNews, worker->told);
            if (!least || audit_position_compare(&kept->position, &least->position) < 0) {
                least = kept;
                first = worker;
            }
        }
        if (!least)
            return;
        hop_log_pass_on(first->hop_log, least);
        first->told++;
    }
}

static void begin_merging(Crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        crew->workers[i].taken = crew->workers[i].told = 0;
    pass_on_news(crew);
    for (unsigned i = 0; i < crew->count; i++)
        g_array_set_size(crew->workers[i].news[(crew->next - 1) % RELAY_RING], 0);
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
    begin_merging(crew);
    return true;
}

void crew_finish(Crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        if (worker->thread)
            g_thread_join(g_steal_pointer(&worker->thread));
        if (worker->hop_log)
            hop_log_keep(worker->hop_log, worker->news[0]);
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

static void pass_on_news_at_end(Worker *worker)
{
    GArray *news = worker->news[0];
    for (guint i = 0; i < news->len; i++)
        hop_log_pass_on(worker->hop_log, &g_array_index(news, KeptNews, i));
    g_array_set_size(news, 0);
}

static bool next_at_end(Crew *crew, AuditRow *ret_row)
{
    Worker *worker;
    while ((worker = first_at_end(crew))) {
        pass_on_news_at_end(worker);
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
    for (unsigned at = 0; at < RELAY_RING; at++)
        for (guint i = 0; i < worker->news[at]->len; i++)
            hop_news_clear(&g_array_index(worker->news[at], KeptNews, i).news);
}

void crew_free(Crew *crew)
{
    if (!crew)
        return;
    for (unsigned i = 0; i < crew->count; i++) {
        Worker *worker = &crew->workers[i];
        g_assert(!worker->thread);
        engine_free(worker->engine);
        if (worker->hop_log)
            hop_log_keep(worker->hop_log, NULL);
        clear_rows(crew, worker);
        for (unsigned at = 0; at < RELAY_RING; at++) {
            g_array_unref(worker->rows[at]);
            g_array_unref(worker->news[at]);
        }
    }
    g_free(crew);
}
