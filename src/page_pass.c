#include "page_pass.h"

#include <errno.h>

#include "capture/bytes.h"
#include "report/command_words.h"
#include "report/connection_page.h"
#include "report/page.h"
#include "story_pass.h"

bool page_pass_in_directory(const Options *options)
{
    return options->output && !options->no_page && !options->page;
}

bool page_pass_open(PagePass *page, const Options *options, AuditOptions *audit, GError **error)
{
    if (options->page) {
        page->output = output_open_file(options->page, (const char *const *)options->inputs,
                                        options->force, error);
        if (!page->output)
            return false;
    }
    if (!options->page && !page_pass_in_directory(options))
        return true;
    page->rows = page_rows_new();
    page->ticks = ticks_new(TICKS_BYTES_MAX);
    page->packets = last_packets_new();
    audit_listen(audit, ticks_listener(page->ticks));
    audit_listen(audit, last_packets_listener(page->packets));
    return true;
}

void page_pass_connection(PagePass *page, const ConnectionRow *row, const RowFile *file)
{
    if (page->rows && !page_rows_connection(page->rows, row, file))
        ticks_drop(page->ticks, row->connection.first_frame);
}

/* Stories -------------------------------------------------------------------------------------- */

typedef struct Stories {
    const PageRun *run;
    ConnectionTraces *traces;
} Stories;

static Story *make_story(void *data, const char *connection)
{
    const Stories *stories = data;
    ConnectionName name;
    if (!connection_name_parse(connection, &name))
        return NULL;
    const TracedConnection *traced =
        connection_traces_result(stories->traces, name.frame, &stories->run->options->thresholds);
    if (!traced)
        return NULL;
    const InputFile *input =
        capture_inputs_file(stories->run->first->inputs, frame_input(name.frame));
    RowFile file = { .path = input->path, .time_digits = input->time_digits };
    return connection_story(traced, &file);
}

static void add_names(ConnectionTraces *traces, const GPtrArray *names)
{
    for (guint i = 0; i < names->len; i++) {
        ConnectionName name;
        if (connection_name_parse(g_ptr_array_index(names, i), &name))
            connection_traces_add(traces, name.frame);
    }
}

static void add_ticks(Ticks *ticks, const GPtrArray *connections)
{
    for (guint i = 0; i < connections->len; i++) {
        ConnectionName name;
        char *const *row = g_ptr_array_index(connections, i);
        if (connection_name_parse(page_field(row, REPORT_CONNECTIONS, "connection"), &name))
            ticks_add(ticks, name.frame);
    }
}

#define STOPPED "the run was stopped, so the input was not read a second time."

/* NULL: the inputs can be read again. */
static const char *why_not(const PageRun *run)
{
    if (capture_inputs_interrupted(run->first->inputs))
        return STOPPED;
    if (!run->rereadable)
        return "the input can be read only once, and diagrams take a second reading.";
    return NULL;
}

/* Writing -------------------------------------------------------------------------------------- */

static bool write_page(const PagePass *page, const PageRun *run, const Stories *stories,
                       const Ticks *ticks, const char *why, FILE *out)
{
    g_auto(GStrv) words =
        command_shell_words(run->command, run->first->engine.audit.texts.redactor);
    g_autofree char *command = g_strjoinv(" ", words);
    g_autoptr(GString) thresholds = g_string_new(NULL);
    page_append_thresholds(thresholds, &run->options->thresholds);
    PageFacts facts = { .version = run->version,
                        .command = command,
                        .thresholds = thresholds->str,
                        .summary = run->summary,
                        .servers = run->servers,
                        .hops = run->hops,
                        .ticks = ticks,
                        .stories = { .why = why } };
    if (stories) {
        facts.stories.story = make_story;
        facts.stories.data = (void *)(uintptr_t)stories;
    }
    return page_write(out, page->rows, &facts) && fflush(out) == 0;
}

/* Their rows and findings stand where a connection is drawn, and rest on all exchanges. */
static bool has_hops(const Hops *hops)
{
    unsigned count = 0;
    return hops && (hops_counters(hops).rows > 0 || (hops_findings(hops, &count) && count > 0));
}

/* Which part of the inputs shows all packets of the connections; false: maybe all of them do.
 * Inputs that are judged each alone have orders and shards of their own. */
static bool find_reach(const PagePass *page, const Pass *first, const GPtrArray *names,
                       PacketReach *ret_reach)
{
    uint64_t seed = capture_inputs_seed(first->inputs, 1, first->inputs->numbered->len);
    *ret_reach = (PacketReach){ 0 };
    for (guint i = 0; i < names->len; i++) {
        ConnectionName name;
        PacketReach reach;
        if (!connection_name_parse(g_ptr_array_index(names, i), &name) ||
            !last_packets_find(page->packets, name.frame, seed, &reach))
            return false;
        ret_reach->last = MAX(ret_reach->last, reach.last);
        ret_reach->shard |= reach.shard;
    }
    return !first->separate;
}

/* For the diagrams, and for the ticks if there were too many of them. *ret_stopped: it was not read
 * to its end. */
static bool read_again(PagePass *page, const PageRun *run, const GPtrArray *connections,
                       const GPtrArray *names, ConnectionTraces *traces, bool *ret_stopped,
                       GError **error)
{
    PacketReach reach;
    AuditListener listener = ticks_listener(page->ticks);
    StoryListeners listeners = { .traces = traces };
    bool known = ticks_are_whole(page->ticks) && !has_hops(run->hops);
    add_names(traces, names);
    if (known && find_reach(page, run->first, names, &reach))
        listeners.reach = &reach;
    if (has_hops(run->hops))
        listeners.hops = run->hops;
    if (!ticks_are_whole(page->ticks)) {
        ticks_restart(page->ticks);
        add_ticks(page->ticks, connections);
        listeners.also = &listener;
    }
    return story_pass_run(run->first, &listeners, run->progress, ret_stopped, error);
}

bool page_pass_write(PagePass *page, const PageRun *run, FILE *out, GError **error)
{
    if (!page->rows)
        return true;
    g_autoptr(ConnectionTraces) traces = connection_traces_new(&TRACES_LIMITS_DEFAULT);
    g_autoptr(GPtrArray) names = page_rows_diagrams(page->rows);
    g_autoptr(GPtrArray) connections = page_rows_connections(page->rows);
    const char *why = why_not(run);
    Stories stories = { run, traces };
    bool needed = names->len > 0 || (connections->len > 0 && !ticks_are_whole(page->ticks));
    bool stopped = false;
    if (!why && needed && !read_again(page, run, connections, names, traces, &stopped, error))
        return false;
    const Ticks *ticks = !why && !stopped && connections->len > 0 ? page->ticks : NULL;
    if (stopped)
        why = STOPPED;
    if (write_page(page, run, why ? NULL : &stories, ticks, why,
                   out ? out : output_stream(page->output, 0)))
        return true;
    int failure = errno;
    g_autofree char *name = capture_display_name(out ? run->options->output : run->options->page);
    g_set_error(error, OUTPUT_ERROR, OUTPUT_ERROR_FAILED, "%s: %s", name, g_strerror(failure));
    return false;
}

void page_pass_close(PagePass *page)
{
    g_clear_pointer(&page->rows, page_rows_free);
    g_clear_pointer(&page->ticks, ticks_free);
    g_clear_pointer(&page->packets, last_packets_free);
    g_clear_pointer(&page->output, output_free);
}
