#include "report/rows.h"

#include <arpa/inet.h>

#include "base/text.h"
#include "stream/community_id.h"

const char *const CONNECTION_COLUMNS[] = {
    "connection",   "stream",   "community_id", "file",        "first_frame",  "last_frame",
    "start",        "end",      "client_ip",    "client_port", "server_ip",    "server_port",
    "host",         "protocol", "exchanges",    "declared",    "declared_by",  "declared_basis",
    "actual",       "ended_by", "ended_how",    "end_frame",   "idle_s",       "stated_timeout_s",
    "stated_max",   "verdict",  "cause",        "findings",    "completeness", "client_bytes",
    "server_bytes", "exchange", NULL,
};

const char *const EXCHANGE_COLUMNS[] = {
    "connection",
    "stream",
    "exchange",
    "file",
    "request_frame",
    "request_end_frame",
    "response_frame",
    "response_end_frame",
    "request_time",
    "response_end_time",
    "method",
    "target",
    "host",
    "request_version",
    "status",
    "response_version",
    "request_connection",
    "response_connection",
    "request_keep_alive",
    "response_keep_alive",
    "declared",
    "declared_by",
    "declared_basis",
    "actual",
    "ended_by",
    "ended_how",
    "outcome_frame",
    "after_s",
    "verdict",
    "cause",
    "findings",
    "completeness",
    "request_options",
    "response_options",
    "request_unlisted",
    "response_unlisted",
    "interim",
    NULL,
};

const char *const FINDING_COLUMNS[] = {
    "rule", "severity", "party",    "connection", "stream",  "exchange",       "count",
    "file", "frames",   "evidence", "reference",  "message", "display_filter", NULL,
};

FrameId report_row_connection(const ReportRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        return row->exchange.connection;
    case ROW_CONNECTION:
        return row->connection.connection.first_frame;
    case ROW_FINDING:
        break;
    }
    return row->finding.connection;
}

uint32_t report_row_exchange(const ReportRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        return row->exchange.exchange.number;
    case ROW_CONNECTION:
        return 0;
    case ROW_FINDING:
        break;
    }
    return row->finding.finding.rule;
}

void report_row_clear(ReportRow *row)
{
    switch (row->kind) {
    case ROW_EXCHANGE:
        exchange_clear(&row->exchange.exchange);
        break;
    case ROW_CONNECTION:
        g_clear_pointer(&row->connection.decision.host, g_free);
        break;
    case ROW_FINDING:
        finding_clear(&row->finding.finding);
        break;
    }
}

static void write_connection_id(Csv *csv, FrameId first_frame)
{
    char id[48];
    g_snprintf(id, sizeof id, "%u:%" G_GUINT64_FORMAT, frame_input(first_frame),
               frame_number(first_frame));
    csv_word(csv, id);
}

static void write_optional(Csv *csv, int64_t number)
{
    if (number < 0)
        csv_empty(csv);
    else
        csv_uint(csv, (uint64_t)number);
}

static void write_optional_duration(Csv *csv, Nanoseconds duration, unsigned digits)
{
    if (duration < 0)
        csv_empty(csv);
    else
        csv_duration(csv, duration, digits);
}

static void write_stream(Csv *csv, bool known, uint32_t number)
{
    write_optional(csv, known ? (int64_t)number : -1);
}

static void write_address(Csv *csv, const IpAddress *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->version == 6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
    csv_word(csv, text);
}

static void write_completeness(Csv *csv, ReasonSet reasons)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned bit = 0; bit < REASON_COUNT; bit++)
        if (reasons & (1u << bit))
            g_string_append_printf(text, "%s%s", text->len ? " " : "",
                                   reason_name((Reason)(1u << bit)));
    csv_word(csv, text->len ? text->str : "complete");
}

static void write_rules(Csv *csv, RuleSet rules)
{
    g_autofree char *names = rule_names(rules);
    csv_word(csv, names);
}

static void write_declaration(Csv *csv, const Declaration *declaration)
{
    csv_word(csv, declared_name(declaration->declared));
    csv_word(csv, party_name(declaration->by));
    csv_word(csv, basis_name(declaration->basis));
}

static void write_endpoints(Csv *csv, const ConnectionRow *row)
{
    const Connection *connection = &row->connection;
    write_address(csv, &connection->address[row->client]);
    csv_uint(csv, connection->port[row->client]);
    write_address(csv, &connection->address[1 - row->client]);
    csv_uint(csv, connection->port[1 - row->client]);
}

static void write_protocol(Csv *csv, const ConversationFacts *facts)
{
    MessageFacts message = { .begun = true, .version = facts->version, .minor = facts->minor };
    csv_word(csv, message_version_text(&message));
}

/* How the connection itself ended, whatever its exchanges did. */
static void write_ending(Csv *csv, const ConnectionRow *row, const RowFile *file)
{
    const Ending *ending = &row->ending;
    csv_word(csv, ender_name(ending->possible));
    csv_word(csv, end_how_name(ending->how));
    bool known = ending->how != END_HOW_NONE;
    csv_frame(csv, known ? ending->stamp.frame : 0, frame_input(row->connection.first_frame));
    write_optional_duration(csv, row->idle, file->time_digits);
}

void write_connection_row(Csv *csv, const ConnectionRow *row, const RowFile *file)
{
    static const Judgement none = { .stated_timeout = -1, .stated_max = -1 };
    const Connection *connection = &row->connection;
    bool judged = row->decision.set;
    const Judgement *judgement = judged ? &row->decision.judgement : &none;
    unsigned input = frame_input(connection->first_frame);
    char community_id[COMMUNITY_ID_SIZE];
    community_id_v1(connection, community_id);

    write_connection_id(csv, connection->first_frame);
    write_stream(csv, connection->stream_number_known, connection->stream_number);
    csv_word(csv, community_id);
    csv_span(csv, span_of_text(file->path));
    csv_frame(csv, connection->first_frame, input);
    csv_frame(csv, connection->last_frame, input);
    csv_time(csv, connection->start, file->time_digits);
    csv_time(csv, connection->last_time, file->time_digits);
    write_endpoints(csv, row);
    csv_text(csv, row->decision.host);
    write_protocol(csv, &row->facts);
    csv_uint(csv, row->facts.exchanges);
    write_declaration(csv, &judgement->declaration);
    csv_word(csv, judged ? actual_name(judgement->actual) : "");
    write_ending(csv, row, file);
    write_optional(csv, judgement->stated_timeout);
    write_optional(csv, judgement->stated_max);
    csv_word(csv, judged ? verdict_name(judgement->verdict) : "");
    csv_word(csv, cause_name(judgement->cause));
    write_rules(csv, row->findings);
    write_completeness(csv, row->completeness);
    csv_uint(csv, connection->half[row->client].payload);
    csv_uint(csv, connection->half[1 - row->client].payload);
    write_optional(csv, judged ? (int64_t)row->decision.exchange : -1);
    csv_end_row(csv);
}

/* The frame of a message's last byte is known only if that byte was captured. */
static bool end_is_known(const MessageFacts *message)
{
    return message->complete && !message->end_missing;
}

static void write_interim(Csv *csv, const Exchange *exchange)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < MIN(exchange->interim_count, INTERIM_MAX); i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", exchange->interim[i]);
    if (exchange->interim_count > INTERIM_MAX)
        g_string_append(text, " " TEXT_CUT);
    csv_text(csv, text->str);
}

static void write_message_frames(Csv *csv, const Exchange *exchange, unsigned input)
{
    const MessageFacts *request = &exchange->request, *response = &exchange->response;
    csv_frame(csv, request->begun ? request->first.frame : 0, input);
    csv_frame(csv, end_is_known(request) ? request->last.frame : 0, input);
    csv_frame(csv, response->begun ? response->first.frame : 0, input);
    csv_frame(csv, end_is_known(response) ? response->last.frame : 0, input);
}

static void write_message_times(Csv *csv, const Exchange *exchange, unsigned digits)
{
    if (exchange->request.begun)
        csv_time(csv, exchange->request.first.time, digits);
    else
        csv_empty(csv);
    if (end_is_known(&exchange->response))
        csv_time(csv, exchange->response.last.time, digits);
    else
        csv_empty(csv);
}

static void write_messages(Csv *csv, const Exchange *exchange)
{
    csv_text(csv, exchange_text(exchange, TEXT_METHOD));
    csv_text(csv, exchange_text(exchange, TEXT_TARGET));
    csv_text(csv, exchange_text(exchange, TEXT_HOST));
    csv_word(csv, message_version_text(&exchange->request));
    write_optional(csv, exchange->status ? exchange->status : -1);
    csv_word(csv, message_version_text(&exchange->response));
    csv_text(csv, exchange_text(exchange, TEXT_REQUEST_CONNECTION));
    csv_text(csv, exchange_text(exchange, TEXT_RESPONSE_CONNECTION));
    csv_text(csv, exchange_text(exchange, TEXT_REQUEST_KEEP_ALIVE));
    csv_text(csv, exchange_text(exchange, TEXT_RESPONSE_KEEP_ALIVE));
}

static void write_judgement(Csv *csv, const Judgement *judgement, RuleSet findings, unsigned input,
                            unsigned digits)
{
    write_declaration(csv, &judgement->declaration);
    csv_word(csv, actual_name(judgement->actual));
    csv_word(csv, judgement->ended ? ender_name(judgement->ended_by) : "");
    csv_word(csv, judgement->ended ? end_how_name(judgement->ended_how) : "");
    csv_frame(csv, judgement->outcome_frame, input);
    write_optional_duration(csv, judgement->after, digits);
    csv_word(csv, verdict_name(judgement->verdict));
    csv_word(csv, cause_name(judgement->cause));
    write_rules(csv, findings);
    write_completeness(csv, judgement->completeness);
}

void write_exchange_row(Csv *csv, const ExchangeRow *row, const RowFile *file)
{
    const Exchange *exchange = &row->exchange;
    unsigned input = frame_input(row->connection);

    write_connection_id(csv, row->connection);
    write_stream(csv, row->stream_number_known, row->stream_number);
    csv_uint(csv, exchange->number);
    csv_span(csv, span_of_text(file->path));
    write_message_frames(csv, exchange, input);
    write_message_times(csv, exchange, file->time_digits);
    write_messages(csv, exchange);
    write_judgement(csv, &row->judgement, row->findings, input, file->time_digits);
    csv_text(csv, exchange_text(exchange, TEXT_REQUEST_OPTIONS));
    csv_text(csv, exchange_text(exchange, TEXT_RESPONSE_OPTIONS));
    csv_text(csv, exchange_text(exchange, TEXT_REQUEST_UNLISTED));
    csv_text(csv, exchange_text(exchange, TEXT_RESPONSE_UNLISTED));
    write_interim(csv, exchange);
    csv_end_row(csv);
}

/* Frames of another input are K:N, and no display filter finds them in this one. */
static void write_frames(Csv *csv, const Finding *finding, unsigned input)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        FrameId frame = finding->frames[i];
        g_string_append(text, i ? " " : "");
        if (frame_input(frame) != input)
            g_string_append_printf(text, "%u:", frame_input(frame));
        g_string_append_printf(text, "%" G_GUINT64_FORMAT, frame_number(frame));
    }
    csv_word(csv, text->str);
}

static void write_display_filter(Csv *csv, const Finding *finding, unsigned input)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < finding->frame_count; i++)
        if (frame_input(finding->frames[i]) == input)
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT,
                                   text->len ? ", " : "frame.number in {",
                                   frame_number(finding->frames[i]));
    if (text->len)
        g_string_append_c(text, '}');
    csv_text(csv, text->str);
}

void write_finding_row(Csv *csv, const FindingRow *row, const RowFile *file)
{
    const Finding *finding = &row->finding;
    const RuleInfo *info = rule_info(finding->rule);
    unsigned input = frame_input(row->connection);

    csv_word(csv, info->name);
    csv_word(csv, severity_name(finding->severity));
    csv_word(csv, party_name(finding->party));
    write_connection_id(csv, row->connection);
    write_stream(csv, row->stream_number_known, row->stream_number);
    write_optional(csv, finding->exchange ? (int64_t)finding->exchange : -1);
    csv_uint(csv, finding->count);
    csv_span(csv, span_of_text(file->path));
    write_frames(csv, finding, input);
    csv_text(csv, finding->evidence);
    csv_text(csv, info->reference);
    csv_text(csv, finding->message);
    write_display_filter(csv, finding, input);
    csv_end_row(csv);
}
