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

static void write_connection_id(Table *table, FrameId first_frame)
{
    char id[48];
    g_snprintf(id, sizeof id, "%u:%" G_GUINT64_FORMAT, frame_input(first_frame),
               frame_number(first_frame));
    table_word(table, id);
}

void write_optional(Table *table, int64_t number)
{
    if (number < 0)
        table_empty(table);
    else
        table_uint(table, (uint64_t)number);
}

void write_optional_duration(Table *table, Nanoseconds duration, unsigned digits)
{
    if (duration < 0)
        table_empty(table);
    else
        table_duration(table, duration, digits);
}

static void write_stream(Table *table, bool known, uint32_t number)
{
    write_optional(table, known ? (int64_t)number : -1);
}

void write_address(Table *table, const IpAddress *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(address->version == 6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof text);
    table_word(table, text);
}

static void write_completeness(Table *table, ReasonSet reasons)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned bit = 0; bit < REASON_COUNT; bit++)
        if (reasons & (1u << bit))
            g_string_append_printf(text, "%s%s", text->len ? " " : "",
                                   reason_name((Reason)(1u << bit)));
    table_words(table, text->len ? text->str : "complete");
}

static void write_rules(Table *table, RuleSet rules)
{
    g_autofree char *names = rule_names(rules);
    table_words(table, names);
}

static void write_declaration(Table *table, const Declaration *declaration)
{
    table_word(table, declared_name(declaration->declared));
    table_word(table, party_name(declaration->by));
    table_word(table, basis_name(declaration->basis));
}

static void write_endpoints(Table *table, const ConnectionRow *row)
{
    const Connection *connection = &row->connection;
    write_address(table, &connection->address[row->client]);
    table_uint(table, connection->port[row->client]);
    write_address(table, &connection->address[1 - row->client]);
    table_uint(table, connection->port[1 - row->client]);
}

static void write_protocol(Table *table, const ConversationFacts *facts)
{
    MessageFacts message = { .begun = true, .version = facts->version, .minor = facts->minor };
    table_word(table, message_version_text(&message));
}

/* How the connection itself ended, whatever its exchanges did. */
static void write_ending(Table *table, const ConnectionRow *row, const RowFile *file)
{
    const Ending *ending = &row->ending;
    table_word(table, ender_name(ending->possible));
    table_word(table, end_how_name(ending->how));
    bool known = ending->how != END_HOW_NONE;
    table_frame(table, known ? ending->stamp.frame : 0, frame_input(row->connection.first_frame));
    write_optional_duration(table, row->idle, file->time_digits);
}

void write_connection_row(Table *table, const ConnectionRow *row, const RowFile *file)
{
    static const Judgement none = { .stated_timeout = -1, .stated_max = -1 };
    const Connection *connection = &row->connection;
    bool judged = row->decision.set;
    const Judgement *judgement = judged ? &row->decision.judgement : &none;
    unsigned input = frame_input(connection->first_frame);
    char community_id[COMMUNITY_ID_SIZE];
    community_id_v1(connection, community_id);

    write_connection_id(table, connection->first_frame);
    write_stream(table, connection->stream_number_known, connection->stream_number);
    table_word(table, community_id);
    table_span(table, span_of_text(file->path));
    table_frame(table, connection->first_frame, input);
    table_frame(table, connection->last_frame, input);
    table_time(table, connection->start, file->time_digits);
    table_time(table, connection->last_time, file->time_digits);
    write_endpoints(table, row);
    table_text(table, row->decision.host);
    write_protocol(table, &row->facts);
    table_uint(table, row->facts.exchanges);
    write_declaration(table, &judgement->declaration);
    table_word(table, judged ? actual_name(judgement->actual) : "");
    write_ending(table, row, file);
    write_optional(table, judgement->stated_timeout);
    write_optional(table, judgement->stated_max);
    table_word(table, judged ? verdict_name(judgement->verdict) : "");
    table_word(table, cause_name(judgement->cause));
    write_rules(table, row->findings);
    write_completeness(table, row->completeness);
    table_uint(table, connection->half[row->client].payload);
    table_uint(table, connection->half[1 - row->client].payload);
    write_optional(table, judged ? (int64_t)row->decision.exchange : -1);
    table_end_row(table);
}

/* The frame of a message's last byte is known only if that byte was captured. */
static bool end_is_known(const MessageFacts *message)
{
    return message->complete && !message->end_missing;
}

static void write_interim(Table *table, const Exchange *exchange)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < MIN(exchange->interim_count, INTERIM_MAX); i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", exchange->interim[i]);
    if (exchange->interim_count > INTERIM_MAX)
        g_string_append(text, " " TEXT_CUT);
    table_numbers(table, text->str);
}

/* First and last byte of the final response; of the interim ones where none came. Unset: none. */
static Stamp response_begin(const Exchange *exchange)
{
    return exchange->response.begun ? exchange->response.first : exchange->interim_first;
}

static Stamp response_end(const Exchange *exchange)
{
    if (!exchange->response.begun)
        return exchange->interim_last;
    return end_is_known(&exchange->response) ? exchange->response.last : (Stamp){ 0 };
}

static void write_message_frames(Table *table, const Exchange *exchange, unsigned input)
{
    const MessageFacts *request = &exchange->request;
    table_frame(table, request->begun ? request->first.frame : 0, input);
    table_frame(table, end_is_known(request) ? request->last.frame : 0, input);
    table_frame(table, response_begin(exchange).frame, input);
    table_frame(table, response_end(exchange).frame, input);
}

static void write_message_times(Table *table, const Exchange *exchange, unsigned digits)
{
    if (exchange->request.begun)
        table_time(table, exchange->request.first.time, digits);
    else
        table_empty(table);
    Stamp end = response_end(exchange);
    if (stamp_is_set(&end))
        table_time(table, end.time, digits);
    else
        table_empty(table);
}

static void write_messages(Table *table, const Exchange *exchange)
{
    table_text(table, exchange_text(exchange, TEXT_METHOD));
    table_text(table, exchange_text(exchange, TEXT_TARGET));
    table_text(table, exchange_text(exchange, TEXT_HOST));
    table_word(table, message_version_text(&exchange->request));
    write_optional(table, exchange->status ? exchange->status : -1);
    table_word(table, message_version_text(&exchange->response));
    table_text(table, exchange_text(exchange, TEXT_REQUEST_CONNECTION));
    table_text(table, exchange_text(exchange, TEXT_RESPONSE_CONNECTION));
    table_text(table, exchange_text(exchange, TEXT_REQUEST_KEEP_ALIVE));
    table_text(table, exchange_text(exchange, TEXT_RESPONSE_KEEP_ALIVE));
}

static void write_judgement(Table *table, const Judgement *judgement, RuleSet findings,
                            unsigned input, unsigned digits)
{
    write_declaration(table, &judgement->declaration);
    table_word(table, actual_name(judgement->actual));
    table_word(table, judgement->ended ? ender_name(judgement->ended_by) : "");
    table_word(table, judgement->ended ? end_how_name(judgement->ended_how) : "");
    table_frame(table, judgement->outcome_frame, input);
    write_optional_duration(table, judgement->after, digits);
    table_word(table, verdict_name(judgement->verdict));
    table_word(table, cause_name(judgement->cause));
    write_rules(table, findings);
    write_completeness(table, judgement->completeness);
}

void write_exchange_row(Table *table, const ExchangeRow *row, const RowFile *file)
{
    const Exchange *exchange = &row->exchange;
    unsigned input = frame_input(row->connection);

    write_connection_id(table, row->connection);
    write_stream(table, row->stream_number_known, row->stream_number);
    table_uint(table, exchange->number);
    table_span(table, span_of_text(file->path));
    write_message_frames(table, exchange, input);
    write_message_times(table, exchange, file->time_digits);
    write_messages(table, exchange);
    write_judgement(table, &row->judgement, row->findings, input, file->time_digits);
    table_words(table, exchange_text(exchange, TEXT_REQUEST_OPTIONS));
    table_words(table, exchange_text(exchange, TEXT_RESPONSE_OPTIONS));
    table_words(table, exchange_text(exchange, TEXT_REQUEST_UNLISTED));
    table_words(table, exchange_text(exchange, TEXT_RESPONSE_UNLISTED));
    write_interim(table, exchange);
    table_end_row(table);
}

/* Frames of another input are K:N, and no display filter finds them in this one. */
static void write_frames(Table *table, const Finding *finding, unsigned input)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        FrameId frame = finding->frames[i];
        g_string_append(text, i ? " " : "");
        if (frame_input(frame) != input)
            g_string_append_printf(text, "%u:", frame_input(frame));
        g_string_append_printf(text, "%" G_GUINT64_FORMAT, frame_number(frame));
    }
    table_numbers(table, text->str);
}

static void write_display_filter(Table *table, const Finding *finding, unsigned input)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned i = 0; i < finding->frame_count; i++)
        if (frame_input(finding->frames[i]) == input)
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT,
                                   text->len ? ", " : "frame.number in {",
                                   frame_number(finding->frames[i]));
    if (text->len)
        g_string_append_c(text, '}');
    table_text(table, text->str);
}

void write_finding_row(Table *table, const FindingRow *row, const RowFile *file)
{
    const Finding *finding = &row->finding;
    const RuleInfo *info = rule_info(finding->rule);
    unsigned input = frame_input(row->connection);

    table_word(table, info->name);
    table_word(table, severity_name(finding->severity));
    table_word(table, party_name(finding->party));
    write_connection_id(table, row->connection);
    write_stream(table, row->stream_number_known, row->stream_number);
    write_optional(table, finding->exchange ? (int64_t)finding->exchange : -1);
    table_uint(table, finding->count);
    table_span(table, span_of_text(file->path));
    write_frames(table, finding, input);
    table_words(table, finding->evidence);
    table_text(table, info->reference);
    table_text(table, finding->message);
    write_display_filter(table, finding, input);
    table_end_row(table);
}
