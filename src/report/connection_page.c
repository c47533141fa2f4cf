/* The story of one connection: who, what was seen (packet_story.c), and what follows from it,
 * exchange by exchange and for the connection as a whole. */
#include "report/connection_page.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/text.h"
#include "report/hop_story.h"
#include "report/json_printer.h"
#include "report/mermaid_printer.h"
#include "report/packet_story.h"
#include "report/page.h"
#include "report/reasoning.h"
#include "report/text_printer.h"
#include "report/time.h"

#define LATEST " (the latest that it can have been)"

typedef struct Build {
    Story *story;
    const TracedConnection *traced;
    const RowFile *file;
    Reasoning reasoning;
} Build;

static void add_address(StoryText *text, const Connection *connection, int side)
{
    const IpAddress *address = &connection->address[side];
    char words[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->version == 6 ? AF_INET6 : AF_INET, address->bytes, words, sizeof words);
    story_say(text, "%s port %u", words, connection->port[side]);
}

static StoryStyle style_of(Verdict verdict)
{
    static const StoryStyle styles[] = { [VERDICT_AS_DECLARED] = STORY_GOOD,
                                         [VERDICT_UNDETERMINED] = STORY_DOUBT,
                                         [VERDICT_CONTRADICTED] = STORY_BAD };
    G_STATIC_ASSERT(G_N_ELEMENTS(styles) == VERDICT_COUNT);
    return styles[verdict];
}

static void add_verdict(Build *build, const Judgement *judgement)
{
    story_say(story_item(build->story, "verdict", style_of(judgement->verdict)), "%s, %s",
              verdict_name(judgement->verdict), cause_name(judgement->cause));
}

static void add_declared(Build *build, const Declaration *declaration)
{
    const char *declared = declared_name(declaration->declared);
    static const char *const bases[] = { "", "by the protocol version",
                                         "by the framing of the body", "by option" };
    G_STATIC_ASSERT(G_N_ELEMENTS(bases) == BASIS_COUNT);
    StoryText *text = story_item(build->story, "declared", STORY_PLAIN);
    story_add(text, *declared ? declared : "unknown");
    if (declaration->by != PARTY_NONE)
        story_say(text, ", by %s%s, %s", declaration->by == PARTY_BOTH ? "" : "the ",
                  party_name(declaration->by), bases[declaration->basis]);
}

/* RFC 9113 §8.2.2: nothing can be declared. The filter finds the stream in Wireshark. */
static void add_stream(Build *build, const Exchange *exchange)
{
    const Connection *connection = &build->traced->connection.connection;
    StoryText *text = story_item(build->story, "stream", STORY_PLAIN);
    story_say(text, "%" PRIu32, exchange->stream.id);
    if (exchange->stream.pushed)
        story_add(text, ", pushed");
    if (connection->stream_number_known)
        story_say(text, "; http2.streamid == %" PRIu32 " && tcp.stream == %" PRIu32,
                  exchange->stream.id, connection->stream_number);
    story_add(story_item(build->story, "declared", STORY_PLAIN),
              "nothing: HTTP/2 has no field for it");
}

static void add_completeness(Build *build, ReasonSet reasons)
{
    reasoning_add_completeness(story_item(build->story, "completeness", STORY_PLAIN), reasons);
}

/* The head ------------------------------------------------------------------------------------- */

static void add_capture(Build *build)
{
    const Connection *connection = &build->traced->connection.connection;
    StoryText *text = story_item(build->story, "capture", STORY_PLAIN);
    text_append_path(story_words(text), build->file->path);
    story_add(text, ", frames ");
    story_add_frame_number(text, connection->first_frame);
    story_add(text, " to ");
    story_add_frame_number(text, connection->last_frame);
    if (connection->stream_number_known)
        story_say(text, " (tcp.stream %" PRIu32 ")", connection->stream_number);
    text = story_item(build->story, "begins", STORY_PLAIN);
    append_time(story_words(text), connection->start, build->file->time_digits);
    story_add(text, " (time 0), for ");
    page_append_duration(story_words(text), MAX(0, connection->last_time - connection->start),
                         build->file->time_digits);
}

static void add_sides(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    const Connection *connection = &row->connection;
    StoryText *text = story_item(build->story, "client", STORY_PLAIN);
    add_address(text, connection, row->client);
    if (row->facts.client < 0)
        story_add(text, " (which side is the client is not known)");
    text = story_item(build->story, "server", STORY_PLAIN);
    add_address(text, connection, 1 - row->client);
    if (row->decision.host)
        story_say(text, ", host %s", row->decision.host);
}

static void add_head(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    const Connection *connection = &row->connection;
    story_say(story_title(build->story), "CONNECTION " CONNECTION_NAME,
              FRAME_PARTS(connection->first_frame));
    add_sides(build);
    add_capture(build);
    uint32_t exchanges = connection_row_exchanges(row);
    story_say(story_item(build->story, "carried", STORY_PLAIN),
              "%" PRIu32 " exchange%s, %" PRIu64 " bytes of the client, %" PRIu64 " of the server",
              exchanges, exchanges == 1 ? "" : "s", connection->half[row->client].payload,
              connection->half[1 - row->client].payload);
    if (row->decision.set)
        add_verdict(build, &row->decision.judgement);
}

/* Exchanges ------------------------------------------------------------------------------------ */

static void add_after(StoryText *text, const Build *build, const ExchangeRow *row)
{
    const Judgement *judgement = &row->judgement;
    if (judgement->after < 0)
        return;
    if (row->exchange.response.framing.kind == BODY_UNTIL_CLOSE) {
        story_add(text, ", with which the response ended");
        return;
    }
    story_add(text, ", ");
    page_append_duration(story_words(text), judgement->after, build->file->time_digits);
    story_add(text, " after the end of the response");
}

static void add_outcome(Build *build, const ExchangeRow *row)
{
    const Judgement *judgement = &row->judgement;
    const Ending *ending = &build->traced->connection.ending;
    StoryText *text = story_item(build->story, "actual", STORY_PLAIN);
    story_add(text, actual_name(judgement->actual));
    bool by_request =
        judgement->actual == ACTUAL_REUSED || judgement->actual == ACTUAL_REQUEST_LOST;
    if (by_request && judgement->outcome_frame) {
        story_add(text, ", the request in ");
        story_add_frame(text, judgement->outcome_frame);
        add_after(text, build, row);
    }
    if (judgement->ended && judgement->ended_how != END_HOW_NONE) {
        const char *who = ender_name(judgement->ended_by);
        story_say(text, "; ended by %s%s with a %s, ",
                  judgement->ended_by == ENDER_BOTH || !*who ? "" : "the ",
                  *who ? who : "one of them", reasoning_close_words(ending));
        story_add_frame(text, ending->stamp.frame);
        if (ending->latest_only)
            story_add(text, LATEST);
        if (!by_request)
            add_after(text, build, row);
    }
}

/* Bytes that the capture lacks, or that could not be read, may be of a response. */
static void add_no_response(const Build *build, StoryText *text, const Exchange *exchange)
{
    const ConversationFacts *facts = &build->traced->connection.facts;
    story_add(text,
              facts->responses_lost || facts->server_hidden ? "none that could be found" : "none");
    if (!exchange->interim.count || !stamp_is_set(&exchange->interim.first))
        return;
    story_add(text, " but an interim one, ");
    story_add_frame(text, exchange->interim.first.frame);
}

static void add_message(Build *build, const Exchange *exchange, bool is_response)
{
    StoryText *text = story_nested_item(build->story, is_response ? "response" : "request");
    const MessageFacts *message = is_response ? &exchange->response : &exchange->request;
    if (message->begun) {
        story_add_frame(text, message->first.frame);
        story_add(text, ": ");
    }
    bool none = is_response && !message->begun && !exchange->response_hidden;
    if (none)
        add_no_response(build, text, exchange);
    else if (!is_response && !message->begun && exchange->unsolicited)
        story_add(text, "none: the response is unsolicited");
    else
        reasoning_add_message(text, exchange, is_response);
}

/* What another capture would need to show, for each reason; NULL: no capture helps. */
static const char *settling(Reason reason)
{
    switch (reason) {
    case REASON_LOSS:
        return "the packets that are missing";
    case REASON_SNAPLEN:
        return "whole packets (tcpdump -s 0)";
    case REASON_MIDSTREAM:
        return "a capture that begins before the connection";
    case REASON_ONE_DIRECTION:
        return "the other direction";
    case REASON_LIMIT:
        return "a larger --max-memory";
    case REASON_SEND_BACKLOG:
        return "a capture at the sender";
    case REASON_CLOCK:
        return "a capture whose clock is steady";
    case REASON_CAPTURE_ENDED:
        return "a longer capture";
    case REASON_ENCRYPTED:
        return "the TLS secrets";
    default:
        return NULL;
    }
}

/* An undetermined verdict is no end of the matter. */
static void add_settling(Build *build, const Judgement *judgement)
{
    if (judgement->verdict != VERDICT_UNDETERMINED)
        return;
    ReasonSet reasons = judgement->completeness;
    if (judgement->actual == ACTUAL_OPEN || judgement->actual == ACTUAL_UNANSWERED)
        reasons |= REASON_CAPTURE_ENDED;
    g_autoptr(GString) words = g_string_new(NULL);
    for (unsigned bit = 0; bit < REASON_COUNT; bit++) {
        const char *what = reasons >> bit & 1 ? settling((Reason)(1u << bit)) : NULL;
        if (what)
            g_string_append_printf(words, "%s%s", words->len ? ", or " : "", what);
    }
    if (words->len)
        story_say(story_item(build->story, "to settle it", STORY_PLAIN), "%s would help",
                  words->str);
}

static void add_exchange(Build *build, const ExchangeRow *row)
{
    const Exchange *exchange = &row->exchange;
    const Judgement *judgement = &row->judgement;
    const ConnectionRow *connection = &build->traced->connection;
    StoryText *heading = story_heading(build->story, "");
    story_say(heading, "EXCHANGE %u", exchange->number);
    if (connection->decision.set && connection->decision.exchange == exchange->number &&
        connection->facts.exchanges > 1)
        story_add(heading, " (decides the connection)");
    if (exchange->kind == EXCHANGE_HTTP2)
        add_stream(build, exchange);
    else
        add_declared(build, &judgement->declaration);
    add_message(build, exchange, false);
    add_message(build, exchange, true);
    add_outcome(build, row);
    add_verdict(build, judgement);
    reasoning_add_why(story_item(build->story, "why", STORY_PLAIN), &build->reasoning, row);
    add_completeness(build, judgement->completeness);
    add_settling(build, judgement);
    hop_story_add(build->story, build->traced, exchange->number, build->file);
}

/* Findings ------------------------------------------------------------------------------------- */

static void add_finding(Build *build, const Finding *finding)
{
    static const StoryStyle styles[] = { [SEVERITY_NOTE] = STORY_PLAIN,
                                         [SEVERITY_WARNING] = STORY_DOUBT,
                                         [SEVERITY_ERROR] = STORY_BAD };
    G_STATIC_ASSERT(G_N_ELEMENTS(styles) == SEVERITY_COUNT);
    const RuleInfo *rule = rule_info(finding->rule);
    StoryText *text =
        story_item(build->story, severity_name(finding->severity), styles[finding->severity]);
    story_add(text, rule->name);
    if (finding->exchange)
        story_say(text, ", exchange %" PRIu32, finding->exchange);
    if (finding->count > 1)
        story_say(text, ", the first of %" PRIu32, finding->count);
    if (finding->message && *finding->message)
        story_add(story_item(build->story, NULL, STORY_PLAIN), finding->message);
    text = story_item(build->story, NULL, STORY_DIM);
    story_add(text, rule->reference);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        story_add(text, i ? ", " : "; ");
        story_add_frame(text, finding->frames[i]);
    }
    if (finding->evidence && *finding->evidence)
        story_say(text, "; %s", finding->evidence);
}

static void add_findings(Build *build)
{
    if (build->traced->finding_count)
        story_heading(build->story, "FINDINGS");
    for (size_t i = 0; i < build->traced->finding_count; i++)
        add_finding(build, &build->traced->findings[i]);
}

/* The connection ------------------------------------------------------------------------------- */

static void add_thresholds(Build *build)
{
    StoryText *text = story_item(build->story, "thresholds", STORY_PLAIN);
    page_append_thresholds(story_words(text), &build->traced->thresholds);
}

static void add_end(Build *build)
{
    const Ending *ending = &build->traced->connection.ending;
    StoryText *text = story_item(build->story, "end", STORY_PLAIN);
    if (ending->how == END_HOW_NONE) {
        bool nobody = ending->possible == ENDER_NOBODY || ending->possible == 0;
        story_add(text, nobody ? "not seen"
                        : reasoning_end_is_seen(&build->traced->connection)
                            ? "seen, but by whom is not known"
                            : "not seen; a FIN may lie where bytes are missing");
        return;
    }
    const char *who = ender_name(ending->possible);
    if (ending->possible == ENDER_BOTH)
        story_add(text, "by both at once");
    else if (*who)
        story_say(text, "by the %s", who);
    else
        story_add(text, "by one of them");
    story_say(text, ", with a %s, ", reasoning_close_words(ending));
    story_add_frame(text, ending->stamp.frame);
    if (ending->latest_only)
        story_add(text, LATEST);
}

/* Adds the inputs of the frames that a block names. */
static void collect_inputs(const StoryBlock *block, GTree *inputs)
{
    for (guint i = 0; block->text && i < block->text->runs->len; i++) {
        const StoryRun *run = &g_array_index(block->text->runs, StoryRun, i);
        if (run->kind == STORY_FRAME)
            g_tree_insert(inputs, GUINT_TO_POINTER(frame_input(run->frame)), NULL);
    }
    for (size_t i = 0; i < block->packet_count; i++)
        g_tree_insert(inputs, GUINT_TO_POINTER(frame_input(block->packets[i].frame)), NULL);
}

static gint compare_inputs(gconstpointer a, gconstpointer b)
{
    return (GPOINTER_TO_UINT(a) > GPOINTER_TO_UINT(b)) -
           (GPOINTER_TO_UINT(a) < GPOINTER_TO_UINT(b));
}

static gboolean add_input(gpointer input, gpointer value G_GNUC_UNUSED, gpointer data)
{
    Build *build = data;
    unsigned number = GPOINTER_TO_UINT(input);
    const InputFile *file = capture_inputs_file(build->file->inputs, number);
    if (number == build->story->input)
        return FALSE;
    StoryText *text = story_item(build->story, NULL, STORY_PLAIN);
    story_say(text, "%u-N: ", number);
    text_append_path(story_words(text), file->path);
    return FALSE;
}

/* Where the frames of the page lie, if they lie in several inputs. */
static void add_inputs(Build *build)
{
    g_autoptr(GTree) inputs = g_tree_new(compare_inputs);
    for (guint i = 0; i < build->story->blocks->len; i++)
        collect_inputs(&g_array_index(build->story->blocks, StoryBlock, i), inputs);
    g_tree_insert(inputs, GUINT_TO_POINTER(build->story->input), NULL);
    if (!build->file->inputs || g_tree_nnodes(inputs) == 1)
        return;
    StoryText *text = story_item(build->story, "frames", STORY_PLAIN);
    story_add(text, "N: ");
    text_append_path(story_words(text), build->file->path);
    g_tree_foreach(inputs, add_input, build);
}

static void add_connection(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    story_heading(build->story, "THE CONNECTION");
    if (row->decision.set) {
        add_verdict(build, &row->decision.judgement);
        story_say(story_item(build->story, "decided", STORY_PLAIN),
                  "by exchange %" PRIu32
                  ": the worst verdict decides, else the last answered exchange",
                  row->decision.exchange);
    } else {
        story_add(story_item(build->story, "verdict", STORY_PLAIN),
                  connection_row_is_unread_tls(row)
                      ? "none: what lies in TLS cannot be read without its secrets (--keylog)"
                      : "none: no HTTP was found in it");
    }
    add_end(build);
    add_completeness(build, row->completeness);
    add_thresholds(build);
    add_inputs(build);
}

Story *connection_story(const TracedConnection *traced, const RowFile *file)
{
    unsigned input = frame_input(traced->connection.connection.first_frame);
    Build build = { .story = story_new(input, file->time_digits),
                    .traced = traced,
                    .file = file,
                    .reasoning = { .connection = &traced->connection,
                                   .exchanges = traced->exchanges,
                                   .count = traced->exchange_count,
                                   .thresholds = &traced->thresholds,
                                   .time_digits = file->time_digits } };
    add_head(&build);
    packet_story_add(build.story, traced);
    if (traced->exchanges_omitted)
        story_say(story_paragraph(build.story), "%" PRIu64 " exchanges in the middle are left out.",
                  traced->exchanges_omitted);
    for (size_t i = 0; i < traced->exchange_count; i++)
        add_exchange(&build, &traced->exchanges[i]);
    add_findings(&build);
    add_connection(&build);
    return build.story;
}

const char *page_format_name(PageFormat format)
{
    static const char *const names[] = { "text", "mermaid", "json" };
    G_STATIC_ASSERT(G_N_ELEMENTS(names) == PAGE_FORMAT_COUNT);
    return names[format];
}

void connection_page_print(GString *page, const TracedConnection *traced, const RowFile *file,
                           PageFormat format, bool colour)
{
    g_autoptr(Story) story = connection_story(traced, file);
    if (format == PAGE_AS_MERMAID)
        mermaid_printer_print(page, story);
    else if (format == PAGE_AS_JSON)
        json_printer_print(page, story);
    else
        text_printer_print(page, story, colour);
}

void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour)
{
    connection_page_print(page, traced, file, PAGE_AS_TEXT, colour);
}
