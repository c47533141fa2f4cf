#include "report/rows.h"

#include <arpa/inet.h>

#include "base/append.h"
#include "base/text.h"
#include "report/columns.h"
#include "report/time.h"
#include "session/tls_suite.h"

/* Fields of several reports -------------------------------------------------------------------- */

void write_optional(Table *table, int64_t number)
{
    if (number < 0)
        table_empty(table);
    else
        table_uint(table, (uint64_t)number);
}

void write_optional_duration(Table *table, Nanoseconds duration)
{
    if (duration < 0)
        table_empty(table);
    else
        table_duration(table, duration, TIME_DIGITS_NANO);
}

/* A packet without a time has none here either. */
static void write_time(Table *table, Nanoseconds time, ClockMark clock)
{
    if (clock.tick == CLOCK_NO_TIME)
        table_empty(table);
    else
        table_time(table, time, TIME_DIGITS_NANO);
}

/* CONNECTION_NAME */
FIELD(write_connection_id)
{
    GString *id = table_items(table);
    append_char(id, 'c');
    append_number(id, frame_input(row->from.first_frame));
    append_char(id, '-');
    append_number(id, frame_number(row->from.first_frame));
    table_word(table, id->str);
}

FIELD(write_stream)
{
    write_optional(table, row->from.stream_number_known ? (int64_t)row->from.stream_number : -1);
}

FIELD(write_file)
{
    table_path(table, row->file->path);
}

FIELD(write_findings)
{
    if (rule_set_is_empty(row->findings)) {
        table_list(table, "");
        return;
    }
    GString *names = table_items(table);
    append_rule_names(names, row->findings);
    table_list(table, names->str);
}

void write_completeness(Table *table, const RowSource *row, int which G_GNUC_UNUSED)
{
    if (!row->completeness) {
        table_list(table, "complete");
        return;
    }
    GString *text = table_items(table);
    for (unsigned bit = 0; bit < REASON_COUNT; bit++) {
        if (!(row->completeness & (1u << bit)))
            continue;
        if (text->len)
            append_char(text, ' ');
        append_words(text, reason_name((Reason)(1u << bit)));
    }
    table_list(table, text->len ? text->str : "complete");
}

/* The words of a judgement. */
enum { DECLARED, DECLARED_BY, DECLARED_BASIS, ACTUAL, VERDICT, CAUSE };

static const char *judgement_word(const Judgement *judgement, int which)
{
    switch (which) {
    case DECLARED:
        return declared_name(judgement->declaration.declared);
    case DECLARED_BY:
        return party_name(judgement->declaration.by);
    case DECLARED_BASIS:
        return basis_name(judgement->declaration.basis);
    case ACTUAL:
        return actual_name(judgement->actual);
    case VERDICT:
        return verdict_name(judgement->verdict);
    default:
        return cause_name(judgement->cause);
    }
}

FIELDS(write_judged)
{
    table_word(table, row->judgement ? judgement_word(row->judgement, which) : "");
}

FIELD(write_community_id)
{
    table_community_id(table, row->from.address, row->from.port);
}

enum { CLIENT, SERVER };

FIELDS(write_ip)
{
    table_address(table, &row->from.address[which]);
}

FIELDS(write_port)
{
    table_uint(table, row->from.port[which]);
}

/* Connections ---------------------------------------------------------------------------------- */

enum { FIRST, LAST };

FIELDS(write_connection_frame)
{
    const Connection *connection = &row->connection->connection;
    table_frame(table, which == FIRST ? connection->first_frame : connection->last_frame);
}

FIELD(write_last_input)
{
    table_frame_input(table, row->connection->connection.last_frame);
}

FIELDS(write_connection_time)
{
    const Connection *connection = &row->connection->connection;
    write_time(table, which == FIRST ? connection->start : connection->last_time,
               connection->start_clock);
}

/* The side index of the client, or of the server. */
static int side_of(const ConnectionRow *row, int which)
{
    return which == CLIENT ? row->client : 1 - row->client;
}

FIELDS(write_side_bytes)
{
    table_uint(table, row->connection->connection.half[side_of(row->connection, which)].payload);
}

/* NULL: there is no TLS. */
static const TlsFacts *facts_of_tls(const RowSource *row)
{
    return row->connection->tls ? &row->connection->tls->facts : NULL;
}

static const char *connection_sni(const ConnectionRow *connection)
{
    return connection->tls ? connection->tls->sni : NULL;
}

/* Without a request that tells, the name that TLS asked for. */
FIELD(write_connection_host)
{
    const ConnectionRow *connection = row->connection;
    table_text(table, row->judgement ? connection->decision.host : connection_sni(connection));
}

FIELD(write_protocol)
{
    if (row->connection->facts.exchanges == 0 && row->connection->tls && !row->connection->h2) {
        table_word(table, "tls");
        return;
    }
    const ConversationFacts *facts = &row->connection->facts;
    MessageFacts message = { .begun = true, .version = facts->version, .minor = facts->minor };
    table_word(table, message_version_text(&message));
}

FIELD(write_exchange_count)
{
    table_uint(table, connection_row_exchanges(row->connection));
}

/* How the connection itself ended, whatever its exchanges did: with a FIN or RST, though a session
 * that closed itself may have ended before. */
static EndHow end_how(const ConnectionRow *row)
{
    return row->ending.by_session ? row->carrier_how : row->ending.how;
}

FIELD(write_connection_ended_by)
{
    table_word(table, ender_name(row->connection->ending.possible));
}

FIELD(write_connection_ended_how)
{
    table_word(table, end_how_name(end_how(row->connection)));
}

static FrameId end_frame(const RowSource *row)
{
    const ConnectionRow *connection = row->connection;
    FrameId frame =
        connection->ending.by_session ? connection->carrier_frame : connection->ending.stamp.frame;
    return end_how(connection) != END_HOW_NONE ? frame : 0;
}

FIELD(write_end_frame)
{
    table_frame(table, end_frame(row));
}

FIELD(write_end_input)
{
    table_frame_input(table, end_frame(row));
}

FIELD(write_idle)
{
    write_optional_duration(table, row->connection->idle);
}

FIELD(write_stated_timeout)
{
    write_optional(table, row->judgement ? row->judgement->stated_timeout : -1);
}

FIELD(write_stated_max)
{
    write_optional(table, row->judgement ? row->judgement->stated_max : -1);
}

FIELD(write_deciding_exchange)
{
    write_optional(table, row->judgement ? (int64_t)row->connection->decision.exchange : -1);
}

FIELD(write_tls_version)
{
    const TlsFacts *facts = facts_of_tls(row);
    table_word(table, facts ? tls_version_name(facts->version) : "");
}

FIELD(write_cipher)
{
    const TlsFacts *facts = facts_of_tls(row);
    const TlsSuite *suite = facts ? tls_suite_find(facts->suite) : NULL;
    table_word(table, suite ? suite->name : "");
}

/* A single offer is no choice. */
FIELD(write_alpn)
{
    const ConnectionTls *tls = row->connection->tls;
    table_text(table, tls && tls->facts.alpn_known ? tls->alpn : NULL);
}

FIELD(write_sni)
{
    table_text(table, connection_sni(row->connection));
}

FIELD(write_secrets)
{
    const TlsFacts *facts = facts_of_tls(row);
    bool needed = facts && (tls_is_encrypted(facts) || facts->version != 0);
    table_word(table, needed ? tls_secrets_name(tls_secrets_of(facts)) : "");
}

/* Of both sides, the first that sent one ahead. */
static void write_alerts(Table *table, const ConnectionRow *row, const TlsAlert alerts[2],
                         bool named)
{
    GString *words = table_items(table);
    bool turned =
        alerts[0].sent && alerts[1].sent && stamp_precedes(&alerts[1].first, &alerts[0].first);
    for (int i = 0; i < 2; i++) {
        int side = turned ? 1 - i : i;
        if (!alerts[side].sent)
            continue;
        const char *name = tls_alert_name(alerts[side].description);
        g_string_append_printf(words, "%s%s", words->len ? " " : "",
                               side == row->client ? "client" : "server");
        if (named && name)
            g_string_append_printf(words, " %s", name);
        else if (named)
            g_string_append_printf(words, " %u", alerts[side].description);
    }
    table_list(table, words->str);
}

enum { CLOSE_NOTIFY, FATAL };

FIELDS(write_alert)
{
    const TlsFacts *facts = facts_of_tls(row);
    if (!facts) {
        table_list(table, "");
        return;
    }
    write_alerts(table, row->connection, which == FATAL ? facts->fatal : facts->close_notify,
                 which == FATAL);
}

/* "3/0 3/0": last stream id and error code. */
FIELDS(write_goaway)
{
    const ConnectionRow *connection = row->connection;
    if (!connection->h2) {
        table_list(table, "");
        return;
    }
    GString *text = table_items(table);
    const H2Goaways *goaways = &connection->h2->goaways[side_of(connection, which)];
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++)
        g_string_append_printf(text, "%s%" PRIu32 "/%" PRIu32, i ? " " : "",
                               goaways->kept[i].last_id, goaways->kept[i].code);
    if (goaways->count > H2_GOAWAYS_KEPT)
        g_string_append(text, " " TEXT_CUT);
    table_list(table, text->str);
}

FIELD(write_streams_cut)
{
    if (row->connection->h2)
        table_uint(table,
                   row->connection->ending.possible == ENDER_NOBODY ? 0 : row->connection->h2->cut);
    else
        table_empty(table);
}

const Column CONNECTION_COLUMNS[] = {
    { "connection", COLUMN_LABEL, write_connection_id, 0 },
    { "stream", COLUMN_NUMBER, write_stream, 0 },
    { "community_id", COLUMN_LABEL, write_community_id, 0 },
    { "file", COLUMN_PATH, write_file, 0 },
    { "first_frame", COLUMN_FRAME, write_connection_frame, FIRST },
    { "last_frame", COLUMN_FRAME, write_connection_frame, LAST },
    { "start_time", COLUMN_TIME, write_connection_time, FIRST },
    { "end_time", COLUMN_TIME, write_connection_time, LAST },
    { "client_ip", COLUMN_ADDRESS, write_ip, CLIENT },
    { "client_port", COLUMN_NUMBER, write_port, CLIENT },
    { "server_ip", COLUMN_ADDRESS, write_ip, SERVER },
    { "server_port", COLUMN_NUMBER, write_port, SERVER },
    { "host", COLUMN_TEXT, write_connection_host, 0 },
    { "protocol", COLUMN_LABEL, write_protocol, 0 },
    { "exchanges", COLUMN_NUMBER, write_exchange_count, 0 },
    { "declared", COLUMN_WORD, write_judged, DECLARED },
    { "declared_by", COLUMN_WORD, write_judged, DECLARED_BY },
    { "declared_basis", COLUMN_WORD, write_judged, DECLARED_BASIS },
    { "actual", COLUMN_WORD, write_judged, ACTUAL },
    { "ended_by", COLUMN_WORD, write_connection_ended_by, 0 },
    { "ended_how", COLUMN_WORD, write_connection_ended_how, 0 },
    { "end_frame", COLUMN_FRAME, write_end_frame, 0 },
    { "idle_s", COLUMN_SECONDS, write_idle, 0 },
    { "stated_timeout_s", COLUMN_NUMBER, write_stated_timeout, 0 },
    { "stated_max", COLUMN_NUMBER, write_stated_max, 0 },
    { "verdict", COLUMN_WORD, write_judged, VERDICT },
    { "cause", COLUMN_WORD, write_judged, CAUSE },
    { "findings", COLUMN_WORDS, write_findings, 0 },
    { "completeness", COLUMN_WORDS, write_completeness, 0 },
    { "client_bytes", COLUMN_NUMBER, write_side_bytes, CLIENT },
    { "server_bytes", COLUMN_NUMBER, write_side_bytes, SERVER },
    { "exchange", COLUMN_NUMBER, write_deciding_exchange, 0 },
    { "last_input", COLUMN_NUMBER, write_last_input, 0 },
    { "end_input", COLUMN_NUMBER, write_end_input, 0 },
    { "tls", COLUMN_WORD, write_tls_version, 0 },
    { "cipher", COLUMN_WORD, write_cipher, 0 },
    { "alpn", COLUMN_TEXT, write_alpn, 0 },
    { "sni", COLUMN_TEXT, write_sni, 0 },
    { "secrets", COLUMN_WORD, write_secrets, 0 },
    { "close_notify", COLUMN_WORDS, write_alert, CLOSE_NOTIFY },
    { "alert", COLUMN_WORDS, write_alert, FATAL },
    { "server_goaway", COLUMN_WORDS, write_goaway, SERVER },
    { "client_goaway", COLUMN_WORDS, write_goaway, CLIENT },
    { "streams_cut", COLUMN_NUMBER, write_streams_cut, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_connection_row(Table *table, const ConnectionRow *row, const RowFile *file)
{
    const Connection *connection = &row->connection;
    RowSource source = { .connection = row,
                         .file = file,
                         .from = row_connection_of(connection, row->client),
                         .judgement = row->decision.set ? &row->decision.judgement : NULL,
                         .findings = row->findings,
                         .completeness = row->completeness };
    table_row(table, &source);
}

/* Exchanges ------------------------------------------------------------------------------------ */

FIELD(write_exchange_number)
{
    table_uint(table, row->exchange->exchange.number);
}

/* The frame of a message's last byte is known only if that byte was captured. */
static bool end_is_known(const MessageFacts *message)
{
    return message->complete && !message->end_missing;
}

/* First and last byte of the final response, or of the interim ones if none came. Unset: none. */
static Stamp response_begin(const Exchange *exchange)
{
    return exchange->response.begun ? exchange->response.first : exchange->interim.first;
}

static Stamp response_end(const Exchange *exchange)
{
    if (!exchange->response.begun)
        return exchange->interim.last;
    return end_is_known(&exchange->response) ? exchange->response.last : (Stamp){ 0 };
}

/* The frames of an exchange that have columns. */
enum { REQUEST_FIRST, REQUEST_LAST, RESPONSE_FIRST, RESPONSE_LAST, OUTCOME };

static FrameId exchange_frame(const RowSource *row, int which)
{
    const Exchange *exchange = &row->exchange->exchange;
    const MessageFacts *request = &exchange->request;
    switch (which) {
    case REQUEST_FIRST:
        return request->begun ? request->first.frame : 0;
    case REQUEST_LAST:
        return end_is_known(request) ? request->last.frame : 0;
    case RESPONSE_FIRST:
        return response_begin(exchange).frame;
    case RESPONSE_LAST:
        return response_end(exchange).frame;
    default:
        return row->judgement->outcome_frame;
    }
}

FIELDS(write_exchange_frame)
{
    table_frame(table, exchange_frame(row, which));
}

FIELDS(write_exchange_input)
{
    table_frame_input(table, exchange_frame(row, which));
}

FIELD(write_request_time)
{
    const MessageFacts *request = &row->exchange->exchange.request;
    if (request->begun)
        write_time(table, request->first.time, request->first.clock);
    else
        table_empty(table);
}

FIELD(write_response_end_time)
{
    Stamp end = response_end(&row->exchange->exchange);
    if (stamp_is_set(&end))
        write_time(table, end.time, end.clock);
    else
        table_empty(table);
}

/* `which` is an ExchangeTextField. */
FIELDS(write_exchange_text)
{
    table_text(table, exchange_text(&row->exchange->exchange, which));
}

FIELDS(write_exchange_list)
{
    table_list(table, exchange_text(&row->exchange->exchange, which));
}

enum { REQUEST, RESPONSE };

FIELDS(write_version)
{
    const Exchange *exchange = &row->exchange->exchange;
    table_word(table,
               message_version_text(which == REQUEST ? &exchange->request : &exchange->response));
}

FIELD(write_status)
{
    int status = row->exchange->exchange.status;
    write_optional(table, status ? status : -1);
}

FIELD(write_exchange_ended_by)
{
    table_word(table, row->judgement->ended ? ender_name(row->judgement->ended_by) : "");
}

FIELD(write_exchange_ended_how)
{
    table_word(table, row->judgement->ended ? end_how_name(row->judgement->ended_how) : "");
}

FIELD(write_after)
{
    write_optional_duration(table, row->judgement->after);
}

FIELD(write_interim)
{
    const Exchange *exchange = &row->exchange->exchange;
    if (exchange->interim.count == 0) {
        table_list(table, "");
        return;
    }
    GString *text = table_items(table);
    for (unsigned i = 0; i < MIN(exchange->interim.count, INTERIM_MAX); i++)
        g_string_append_printf(text, "%s%u", i ? " " : "", exchange->interim.status[i]);
    if (exchange->interim.count > INTERIM_MAX)
        g_string_append(text, " " TEXT_CUT);
    table_list(table, text->str);
}

FIELD(write_stream_id)
{
    const StreamFacts *stream = &row->exchange->exchange.stream;
    if (stream->id)
        table_uint(table, stream->id);
    else
        table_empty(table);
}

/* "server 7"; of two who was first. */
FIELD(write_stream_reset)
{
    const StreamFacts *stream = &row->exchange->exchange.stream;
    GString *text = table_items(table);
    if (stream_is_reset(stream))
        g_string_append_printf(text, "%s %" PRIu32,
                               stream->first_reset == STREAM_OF_CLIENT ? "client" : "server",
                               stream->reset[stream->first_reset].code);
    table_list(table, text->str);
}

FIELD(write_early_data)
{
    table_word(table, row->exchange->early_data ? "accepted" : "");
}

const Column EXCHANGE_COLUMNS[] = {
    { "connection", COLUMN_LABEL, write_connection_id, 0 },
    { "stream", COLUMN_NUMBER, write_stream, 0 },
    { "exchange", COLUMN_NUMBER, write_exchange_number, 0 },
    { "file", COLUMN_PATH, write_file, 0 },
    { "request_frame", COLUMN_FRAME, write_exchange_frame, REQUEST_FIRST },
    { "request_end_frame", COLUMN_FRAME, write_exchange_frame, REQUEST_LAST },
    { "response_frame", COLUMN_FRAME, write_exchange_frame, RESPONSE_FIRST },
    { "response_end_frame", COLUMN_FRAME, write_exchange_frame, RESPONSE_LAST },
    { "request_time", COLUMN_TIME, write_request_time, 0 },
    { "response_end_time", COLUMN_TIME, write_response_end_time, 0 },
    { "method", COLUMN_TEXT, write_exchange_text, TEXT_METHOD },
    { "target", COLUMN_TEXT, write_exchange_text, TEXT_TARGET },
    { "host", COLUMN_TEXT, write_exchange_text, TEXT_HOST },
    { "request_version", COLUMN_LABEL, write_version, REQUEST },
    { "status", COLUMN_NUMBER, write_status, 0 },
    { "response_version", COLUMN_LABEL, write_version, RESPONSE },
    { "request_connection", COLUMN_TEXT, write_exchange_text, TEXT_REQUEST_CONNECTION },
    { "response_connection", COLUMN_TEXT, write_exchange_text, TEXT_RESPONSE_CONNECTION },
    { "request_keep_alive", COLUMN_TEXT, write_exchange_text, TEXT_REQUEST_KEEP_ALIVE },
    { "response_keep_alive", COLUMN_TEXT, write_exchange_text, TEXT_RESPONSE_KEEP_ALIVE },
    { "declared", COLUMN_WORD, write_judged, DECLARED },
    { "declared_by", COLUMN_WORD, write_judged, DECLARED_BY },
    { "declared_basis", COLUMN_WORD, write_judged, DECLARED_BASIS },
    { "actual", COLUMN_WORD, write_judged, ACTUAL },
    { "ended_by", COLUMN_WORD, write_exchange_ended_by, 0 },
    { "ended_how", COLUMN_WORD, write_exchange_ended_how, 0 },
    { "outcome_frame", COLUMN_FRAME, write_exchange_frame, OUTCOME },
    { "after_s", COLUMN_SECONDS, write_after, 0 },
    { "verdict", COLUMN_WORD, write_judged, VERDICT },
    { "cause", COLUMN_WORD, write_judged, CAUSE },
    { "findings", COLUMN_WORDS, write_findings, 0 },
    { "completeness", COLUMN_WORDS, write_completeness, 0 },
    { "request_options", COLUMN_WORDS, write_exchange_list, TEXT_REQUEST_OPTIONS },
    { "response_options", COLUMN_WORDS, write_exchange_list, TEXT_RESPONSE_OPTIONS },
    { "request_unlisted", COLUMN_WORDS, write_exchange_list, TEXT_REQUEST_UNLISTED },
    { "response_unlisted", COLUMN_WORDS, write_exchange_list, TEXT_RESPONSE_UNLISTED },
    { "interim", COLUMN_NUMBERS, write_interim, 0 },
    { "request_input", COLUMN_NUMBER, write_exchange_input, REQUEST_FIRST },
    { "request_end_input", COLUMN_NUMBER, write_exchange_input, REQUEST_LAST },
    { "response_input", COLUMN_NUMBER, write_exchange_input, RESPONSE_FIRST },
    { "response_end_input", COLUMN_NUMBER, write_exchange_input, RESPONSE_LAST },
    { "outcome_input", COLUMN_NUMBER, write_exchange_input, OUTCOME },
    { "client_ip", COLUMN_ADDRESS, write_ip, CLIENT },
    { "client_port", COLUMN_NUMBER, write_port, CLIENT },
    { "server_ip", COLUMN_ADDRESS, write_ip, SERVER },
    { "server_port", COLUMN_NUMBER, write_port, SERVER },
    { "community_id", COLUMN_LABEL, write_community_id, 0 },
    { "stream_id", COLUMN_NUMBER, write_stream_id, 0 },
    { "stream_reset", COLUMN_WORDS, write_stream_reset, 0 },
    { "early_data", COLUMN_WORD, write_early_data, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_exchange_row(Table *table, const ExchangeRow *row, const RowFile *file)
{
    RowSource source = { .exchange = row,
                         .file = file,
                         .from = row->connection,
                         .judgement = &row->judgement,
                         .findings = row->findings,
                         .completeness = row->judgement.completeness };
    table_row(table, &source);
}

/* Findings ------------------------------------------------------------------------------------- */

FIELD(write_rule)
{
    table_word(table, rule_info(row->finding->finding.rule)->name);
}

FIELD(write_severity)
{
    table_word(table, severity_name(row->finding->finding.severity));
}

FIELD(write_party)
{
    table_word(table, party_name(row->finding->finding.party));
}

FIELD(write_finding_exchange)
{
    uint32_t exchange = row->finding->finding.exchange;
    write_optional(table, exchange ? (int64_t)exchange : -1);
}

FIELD(write_count)
{
    table_uint(table, row->finding->finding.count);
}

/* The input in which the proof is complete: that of its last frame. 0: it has no frames. */
static unsigned proof_input(const FindingRow *row)
{
    unsigned count = row->finding.frame_count;
    return count ? frame_input(row->finding.frames[count - 1]) : 0;
}

FrameId finding_row_proof(const FindingRow *row)
{
    unsigned count = row->finding.frame_count;
    return count ? row->finding.frames[count - 1] : row->connection.first_frame;
}

/* Frames of another input are K-N, and no display filter finds them in this one. */
FIELD(write_frames)
{
    const Finding *finding = &row->finding->finding;
    GString *text = table_items(table);
    for (unsigned i = 0; i < finding->frame_count; i++) {
        FrameId frame = finding->frames[i];
        g_string_append(text, i ? " " : "");
        if (frame_input(frame) == proof_input(row->finding))
            g_string_append_printf(text, "%" PRIu64, frame_number(frame));
        else
            g_string_append_printf(text, FOREIGN_FRAME, FRAME_PARTS(frame));
    }
    table_list(table, text->str);
}

FIELD(write_evidence)
{
    table_list(table, row->finding->finding.evidence);
}

FIELD(write_reference)
{
    table_text(table, rule_info(row->finding->finding.rule)->reference);
}

FIELD(write_message)
{
    table_text(table, row->finding->finding.message);
}

FIELD(write_display_filter)
{
    const Finding *finding = &row->finding->finding;
    GString *text = table_items(table);
    for (unsigned i = 0; i < finding->frame_count; i++)
        if (frame_input(finding->frames[i]) == proof_input(row->finding))
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT,
                                   text->len ? ", " : "frame.number in {",
                                   frame_number(finding->frames[i]));
    if (text->len)
        g_string_append_c(text, '}');
    table_text(table, text->str);
}

FIELD(write_finding_time)
{
    Nanoseconds time = row->finding->finding.time;
    if (time == FINDING_NO_TIME)
        table_empty(table);
    else
        table_time(table, time, TIME_DIGITS_NANO);
}

FIELD(write_finding_host)
{
    table_text(table, row->finding->finding.host);
}

FIELD(write_finding_target)
{
    table_text(table, row->finding->finding.target);
}

FIELD(write_category)
{
    table_word(table, rule_category(row->finding->finding.rule));
}

FIELD(write_proof_input)
{
    table_frame_input(table, proof_input(row->finding) ? finding_row_proof(row->finding) : 0);
}

FIELD(write_proof_file)
{
    if (proof_input(row->finding))
        table_path(table, row->file->proof_path ? row->file->proof_path : row->file->path);
    else
        table_empty(table);
}

const Column FINDING_COLUMNS[] = {
    { "rule", COLUMN_WORD, write_rule, 0 },
    { "severity", COLUMN_WORD, write_severity, 0 },
    { "party", COLUMN_WORD, write_party, 0 },
    { "connection", COLUMN_LABEL, write_connection_id, 0 },
    { "stream", COLUMN_NUMBER, write_stream, 0 },
    { "exchange", COLUMN_NUMBER, write_finding_exchange, 0 },
    { "count", COLUMN_NUMBER, write_count, 0 },
    { "file", COLUMN_PATH, write_file, 0 },
    { "frames", COLUMN_FRAMES, write_frames, 0 },
    { "evidence", COLUMN_WORDS, write_evidence, 0 },
    { "reference", COLUMN_TEXT, write_reference, 0 },
    { "message", COLUMN_TEXT, write_message, 0 },
    { "display_filter", COLUMN_TEXT, write_display_filter, 0 },
    { "time", COLUMN_TIME, write_finding_time, 0 },
    { "client_ip", COLUMN_ADDRESS, write_ip, CLIENT },
    { "client_port", COLUMN_NUMBER, write_port, CLIENT },
    { "server_ip", COLUMN_ADDRESS, write_ip, SERVER },
    { "server_port", COLUMN_NUMBER, write_port, SERVER },
    { "host", COLUMN_TEXT, write_finding_host, 0 },
    { "target", COLUMN_TEXT, write_finding_target, 0 },
    { "community_id", COLUMN_LABEL, write_community_id, 0 },
    { "category", COLUMN_WORD, write_category, 0 },
    { "proof_input", COLUMN_NUMBER, write_proof_input, 0 },
    { "proof_file", COLUMN_PATH, write_proof_file, 0 },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

void write_finding_row(Table *table, const FindingRow *row, const RowFile *file)
{
    RowSource source = { .finding = row, .file = file, .from = row->connection };
    table_row(table, &source);
}

/* How bad a row is --------------------------------------------------------------------------- */

static RowRank rank_judged(const RowSource *row, Nanoseconds time)
{
    RowRank rank = { .time = time };
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        if (rule_set_has(row->findings, rule))
            rank.kinds |= PICK_SEVERITY(rule_info(rule)->severity);
    if (!row->judgement)
        return rank;
    rank.kinds |= PICK_VERDICT(row->judgement->verdict);
    rank.lost = row->judgement->actual == ACTUAL_REQUEST_LOST;
    return rank;
}

RowRank rank_connection(const RowSource *row)
{
    return rank_judged(row, row->connection->connection.start);
}

RowRank rank_exchange(const RowSource *row)
{
    return rank_judged(row, row->exchange->exchange.request.first.time);
}

RowRank rank_finding(const RowSource *row)
{
    const Finding *finding = &row->finding->finding;
    return (RowRank){ .kinds = PICK_SEVERITY(finding->severity), .time = finding->time };
}
