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

bool page_pass_open(PagePass *page, const Options *options, GError **error)
{
    if (options->page) {
        page->output = output_open_file(options->page, (const char *const *)options->inputs,
                                        options->force, error);
        if (!page->output)
            return false;
    }
    if (options->page || page_pass_in_directory(options))
        page->rows = page_rows_new();
    return true;
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

bool page_pass_write(PagePass *page, const PageRun *run, FILE *out, GError **error)
{
    if (!page->rows)
        return true;
    g_autoptr(ConnectionTraces) traces = connection_traces_new(&TRACES_LIMITS_DEFAULT);
    g_autoptr(Ticks) ticks = ticks_new();
    g_autoptr(GPtrArray) names = page_rows_diagrams(page->rows);
    g_autoptr(GPtrArray) connections = page_rows_connections(page->rows);
    const char *why = why_not(run);
    Stories stories = { run, traces };
    bool read = !why && connections->len > 0;
    if (read) {
        AuditListener listener = ticks_listener(ticks);
        add_names(traces, names);
        add_ticks(ticks, connections);
        bool stopped;
        StoryListeners listeners = { traces, &listener, run->hops };
        if (!story_pass_run(run->first, &listeners, run->progress, &stopped, error))
            return false;
        why = stopped ? STOPPED : NULL;
        read = !stopped;
    }
    if (write_page(page, run, why ? NULL : &stories, read ? ticks : NULL, why,
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
    g_clear_pointer(&page->output, output_free);
}
