/* The page of one connection: who, what was seen (connection_page_seen.c), and what follows from it, exchange
 * by exchange and for the connection as a whole. */
#include "report/connection_page.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/text.h"
#include "report/connection_page_seen.h"
#include "report/reasoning.h"
#include "report/time.h"

typedef struct Build {
    Page page;
    const TracedConnection *traced;
    const RowFile *file;
    Reasoning reasoning;
    unsigned input;
} Build;

static void append_address(GString *text, const Connection *connection, int side)
{
    const IpAddress *address = &connection->address[side];
    char words[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->version == 6 ? AF_INET6 : AF_INET, address->bytes, words, sizeof words);
    g_string_append_printf(text, "%s port %u", words, connection->port[side]);
}

static PageStyle style_of(Verdict verdict)
{
    static const PageStyle styles[] = { PAGE_GOOD, PAGE_DOUBT, PAGE_BAD };
    return styles[verdict];
}

static const char *end_words(EndHow how)
{
    return how == END_HOW_RST ? "reset" : "FIN";
}

static void append_verdict(Build *build, const Judgement *judgement)
{
    g_autofree char *words =
        g_strdup_printf("%s, %s", verdict_name(judgement->verdict), cause_name(judgement->cause));
    page_entry(&build->page, "verdict", style_of(judgement->verdict), words);
}

static void append_declared(Build *build, const Declaration *declaration)
{
    const char *declared = declared_name(declaration->declared);
    static const char *const bases[] = { "", "by the protocol version",
                                         "by the framing of the body", "by option" };
    g_autoptr(GString) text = g_string_new(*declared ? declared : "unknown");
    if (declaration->by != PARTY_NONE)
        g_string_append_printf(text, ", by %s%s, %s", declaration->by == PARTY_BOTH ? "" : "the ",
                               party_name(declaration->by), bases[declaration->basis]);
    page_entry(&build->page, "declared", PAGE_PLAIN, text->str);
}

static void append_capture_facts(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    const Connection *connection = &row->connection;
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_escaped(text, span_of_text(build->file->path));
    g_autofree char *last = page_frame_number(connection->last_frame, build->input);
    g_string_append_printf(text, ", frames %" PRIu64 " to %s",
                           frame_number(connection->first_frame), last);
    if (connection->stream_number_known)
        g_string_append_printf(text, " (tcp.stream %" PRIu32 ")", connection->stream_number);
    page_entry(&build->page, "capture", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    append_time(text, connection->start, build->file->time_digits);
    g_string_append(text, " (time 0), for ");
    page_append_duration(text, MAX(0, connection->last_time - connection->start),
                         build->file->time_digits);
    page_entry(&build->page, "begins", PAGE_PLAIN, text->str);
}

static void append_head(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    const Connection *connection = &row->connection;
    g_autofree char *title = g_strdup_printf("CONNECTION %u:%" PRIu64, build->input,
                                             frame_number(connection->first_frame));
    page_words(&build->page, PAGE_STRONG, title);
    g_string_append(build->page.text, "\n\n");
    g_autoptr(GString) text = g_string_new(NULL);
    append_address(text, connection, row->client);
    if (row->facts.client < 0)
        g_string_append(text, " (which side is the client is not known)");
    page_entry(&build->page, "client", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    append_address(text, connection, 1 - row->client);
    if (row->decision.host)
        g_string_append_printf(text, ", host %s", row->decision.host);
    page_entry(&build->page, "server", PAGE_PLAIN, text->str);
    append_capture_facts(build);
    g_string_truncate(text, 0);
    g_string_append_printf(
        text, "%" PRIu32 " exchange%s, %" PRIu64 " bytes of the client, %" PRIu64 " of the server",
        row->facts.exchanges, row->facts.exchanges == 1 ? "" : "s",
        connection->half[row->client].payload, connection->half[1 - row->client].payload);
    page_entry(&build->page, "carried", PAGE_PLAIN, text->str);
    if (row->decision.set)
        append_verdict(build, &row->decision.judgement);
}

static void append_after(GString *text, const Build *build, const Judgement *judgement)
{
    if (judgement->after < 0)
        return;
    g_string_append(text, ", ");
    page_append_duration(text, judgement->after, build->file->time_digits);
    g_string_append(text, " after the end of the response");
}

static void append_outcome(Build *build, const Judgement *judgement)
{
    g_autoptr(GString) text = g_string_new(actual_name(judgement->actual));
    bool by_request =
        judgement->actual == ACTUAL_REUSED || judgement->actual == ACTUAL_REQUEST_LOST;
    if (by_request && judgement->outcome_frame) {
        g_string_append(text, ", the request in ");
        page_append_frame(text, judgement->outcome_frame, build->input);
        append_after(text, build, judgement);
    }
    if (judgement->ended && judgement->ended_how != END_HOW_NONE) {
        const char *who = ender_name(judgement->ended_by);
        g_string_append_printf(text, "; ended by %s%s with a %s, ",
                               strcmp(who, "both") == 0 || !*who ? "" : "the ",
                               *who ? who : "one of them", end_words(judgement->ended_how));
        page_append_frame(text, build->traced->connection.ending.stamp.frame, build->input);
        if (!by_request)
            append_after(text, build, judgement);
    }
    page_entry(&build->page, "actual", PAGE_PLAIN, text->str);
}

static void append_message(Build *build, const Exchange *exchange, bool is_response)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const MessageFacts *message = is_response ? &exchange->response : &exchange->request;
    if (message->begun) {
        page_append_frame(text, message->first.frame, build->input);
        g_string_append(text, ": ");
    }
    bool none = is_response && !message->begun && !exchange->response_hidden;
    if (none)
        g_string_append(text, "none");
    else if (!is_response && !message->begun && exchange->unsolicited)
        g_string_append(text, "none: the response is unsolicited");
    else
        reasoning_append_message(text, exchange, is_response);
    page_entry(&build->page, is_response ? "  response" : "  request", PAGE_PLAIN, text->str);
}

static void append_exchange(Build *build, const ExchangeRow *row)
{
    const Exchange *exchange = &row->exchange;
    const Judgement *judgement = &row->judgement;
    g_autoptr(GString) text = g_string_new(NULL);
    g_string_append_printf(text, "EXCHANGE %u", exchange->number);
    const Decision *decision = &build->traced->connection.decision;
    if (decision->set && decision->exchange == exchange->number &&
        build->traced->connection.facts.exchanges > 1)
        g_string_append(text, " (decides the connection)");
    page_heading(&build->page, text->str);
    append_declared(build, &judgement->declaration);
    append_message(build, exchange, false);
    append_message(build, exchange, true);
    append_outcome(build, judgement);
    append_verdict(build, judgement);
    g_string_truncate(text, 0);
    reasoning_append_why(text, &build->reasoning, row);
    page_entry(&build->page, "why", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    reasoning_append_completeness(text, judgement->completeness);
    page_entry(&build->page, "completeness", PAGE_PLAIN, text->str);
}

static void append_finding(Build *build, const Finding *finding)
{
    static const PageStyle styles[] = { PAGE_PLAIN, PAGE_DOUBT, PAGE_BAD };
    const RuleInfo *rule = rule_info(finding->rule);
    g_autoptr(GString) text = g_string_new(rule->name);
    if (finding->exchange)
        g_string_append_printf(text, ", exchange %" PRIu32, finding->exchange);
    if (finding->count > 1)
        g_string_append_printf(text, ", the first of %" PRIu32, finding->count);
    page_entry(&build->page, severity_name(finding->severity), styles[finding->severity],
               text->str);
    if (finding->message && *finding->message)
        page_entry(&build->page, "", PAGE_PLAIN, finding->message);
    g_string_assign(text, rule->reference);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        g_string_append(text, i ? ", " : "; ");
        page_append_frame(text, finding->frames[i], build->input);
    }
    if (finding->evidence && *finding->evidence)
        g_string_append_printf(text, "; %s", finding->evidence);
    page_entry(&build->page, "", PAGE_DIM, text->str);
}

static void append_findings(Build *build)
{
    if (build->traced->finding_count)
        page_heading(&build->page, "FINDINGS");
    for (size_t i = 0; i < build->traced->finding_count; i++)
        append_finding(build, &build->traced->findings[i]);
}

static void append_thresholds(Build *build)
{
    const Thresholds *thresholds = &build->traced->thresholds;
    g_autoptr(GString) text = g_string_new("prompt-close ");
    page_append_threshold(text, thresholds->prompt_close);
    g_string_append(text, ", close-grace ");
    page_append_threshold(text, thresholds->close_grace);
    g_string_append(text, ", timeout-tolerance ");
    page_append_threshold(text, thresholds->timeout_tolerance);
    g_string_append(text, ", half-close ");
    page_append_threshold(text, thresholds->half_close);
    page_entry(&build->page, "thresholds", PAGE_PLAIN, text->str);
}

static void append_connection(Build *build)
{
    const ConnectionRow *row = &build->traced->connection;
    const Ending *ending = &row->ending;
    page_heading(&build->page, "THE CONNECTION");
    if (row->decision.set) {
        append_verdict(build, &row->decision.judgement);
        g_autofree char *decides = g_strdup_printf(
            "by exchange %" PRIu32 ": the worst verdict decides, else the last answered exchange",
            row->decision.exchange);
        page_entry(&build->page, "decided", PAGE_PLAIN, decides);
    } else {
        page_entry(&build->page, "verdict", PAGE_PLAIN, "none: no HTTP was found in it");
    }
    g_autoptr(GString) text = g_string_new(NULL);
    const char *who = ender_name(ending->possible);
    if (ending->how == END_HOW_NONE) {
        g_string_append(text, ending->possible == ENDER_NOBODY || ending->possible == 0
                                  ? "not seen"
                                  : "seen, but by whom is not known");
    } else {
        g_string_append_printf(text, "by %s%s, with a %s, ",
                               strcmp(who, "both") == 0 || !*who ? "" : "the ",
                               strcmp(who, "both") == 0 ? "both at once"
                               : *who                   ? who
                                                        : "one of them",
                               end_words(ending->how));
        page_append_frame(text, ending->stamp.frame, build->input);
        if (ending->latest_only)
            g_string_append(text, " (the latest that it can have been)");
    }
    page_entry(&build->page, "end", PAGE_PLAIN, text->str);
    g_string_truncate(text, 0);
    reasoning_append_completeness(text, row->completeness);
    page_entry(&build->page, "completeness", PAGE_PLAIN, text->str);
    append_thresholds(build);
}

void connection_page_append(GString *page, const TracedConnection *traced, const RowFile *file,
                            bool colour)
{
    Build build = {
        .page = { .text = page, .colour = colour },
        .traced = traced,
        .file = file,
        .reasoning = { .connection = &traced->connection,
                       .exchanges = traced->exchanges,
                       .count = traced->exchange_count,
                       .thresholds = &traced->thresholds,
                       .time_digits = file->time_digits },
        .input = frame_input(traced->connection.connection.first_frame),
    };
    append_head(&build);
    connection_page_append_seen(&build.page, traced, file);
    if (traced->exchanges_omitted)
        g_string_append_printf(page, "\n%" PRIu64 " exchanges in the middle are left out.\n",
                               traced->exchanges_omitted);
    for (size_t i = 0; i < traced->exchange_count; i++)
        append_exchange(&build, &traced->exchanges[i]);
    append_findings(&build);
    append_connection(&build);
}
