/* The reports' columns, and rows in which every field is known. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/framing.h"
#include "http1/head.h"
#include "report/rows.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)
#define BEGIN S(1700000000) /* 2023-11-14T22:13:20Z */

/* Names as the reference has them, blank-separated. */
static const char CONNECTIONS[] =
    "connection stream community_id file first_frame last_frame start_time end_time client_ip "
    "client_port "
    "server_ip server_port host protocol exchanges declared declared_by declared_basis actual "
    "ended_by ended_how end_frame idle_s stated_timeout_s stated_max verdict cause findings "
    "completeness client_bytes server_bytes exchange "
    "last_input end_input tls cipher alpn sni secrets close_notify alert "
    "server_goaway client_goaway streams_cut";

static const char EXCHANGES[] =
    "connection stream exchange file request_frame request_end_frame response_frame "
    "response_end_frame request_time response_end_time method target host request_version status "
    "response_version request_connection response_connection request_keep_alive "
    "response_keep_alive declared declared_by declared_basis actual ended_by ended_how "
    "outcome_frame after_s verdict cause findings completeness request_options response_options "
    "request_unlisted response_unlisted interim request_input request_end_input response_input "
    "response_end_input outcome_input client_ip client_port server_ip server_port community_id "
    "stream_id stream_reset early_data";

static void expect_columns(const Column *columns, const char *names)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (unsigned i = 0; columns[i].name; i++)
        g_string_append_printf(joined, "%s%s", i ? " " : "", columns[i].name);
    ck_assert_str_eq(joined->str, names);
}

START_TEST(test_columns)
{
    expect_columns(CONNECTION_COLUMNS, CONNECTIONS);
    expect_columns(EXCHANGE_COLUMNS, EXCHANGES);
}
END_TEST

/* Reading back -------------------------------------------------------------------------------- */

/* The fields of one line, by RFC 4180. */
static GPtrArray *split_line(const char *line)
{
    GPtrArray *fields = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) field = g_string_new(NULL);
    bool quoted = false;
    for (;; line++) {
        if (*line == '"' && quoted && line[1] == '"')
            g_string_append_c(field, *line++);
        else if (*line == '"')
            quoted = !quoted;
        else if (*line == '\0' || (*line == ',' && !quoted)) {
            g_ptr_array_add(fields, g_strdup(field->str));
            g_string_truncate(field, 0);
            if (*line == '\0')
                return fields;
        } else
            g_string_append_c(field, *line);
    }
}

static const char *field_of(const GPtrArray *fields, const Column *columns, const char *name)
{
    for (guint i = 0; columns[i].name; i++)
        if (strcmp(columns[i].name, name) == 0)
            return g_ptr_array_index((GPtrArray *)(uintptr_t)fields, i);
    ck_abort_msg("there is no column %s", name);
    return NULL;
}

/* One row as text, without the header and the line's end. */
static char *written(const AuditRow *row, const RowFile *file)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool of_exchange = row->kind == ROW_EXCHANGE;
    Table *csv = table_new(out, TABLE_CSV, of_exchange ? EXCHANGE_COLUMNS : CONNECTION_COLUMNS);
    if (of_exchange)
        write_exchange_row(csv, &row->exchange, file);
    else
        write_connection_row(csv, &row->connection, file);
    ck_assert(table_flush(csv, NULL));
    table_free(csv);
    fclose(out);
    char *begin = strchr(text, '\n') + 1, *end = strchr(begin, '\n');
    ck_assert_ptr_nonnull(end);
    ck_assert_str_eq(end, "\n");
    char *line = g_strndup(begin, (gsize)(end - begin));
    free(text);
    return line;
}

static void expect_field(const char *name, const AuditRow *row, const RowFile *file,
                         const char *column, const char *value)
{
    g_autofree char *line = written(row, file);
    g_autoptr(GPtrArray) fields = split_line(line);
    const char *field =
        field_of(fields, row->kind == ROW_EXCHANGE ? EXCHANGE_COLUMNS : CONNECTION_COLUMNS, column);
    ck_assert_msg(strcmp(field, value) == 0, "%s: %s is '%s'", name, column, field);
}

/* Connections --------------------------------------------------------------------------------- */

static const Judgement JUDGEMENT = {
    .declaration = { .declared = DECLARED_KEEP_ALIVE, .by = PARTY_SERVER, .basis = BASIS_OPTION },
    .actual = ACTUAL_CLOSED,
    .verdict = VERDICT_AS_DECLARED,
    .cause = CAUSE_IDLE_TIMEOUT,
    .ended = true,
    .ended_by = ENDER_SERVER,
    .ended_how = END_HOW_FIN,
    .after = S(5),
    .stated_timeout = 5,
    .stated_max = 100,
};

static void make_connection(AuditRow *row)
{
    *row = (AuditRow){ .kind = ROW_CONNECTION };
    ConnectionRow *connection = &row->connection;
    connection->connection =
        (Connection){ .first_frame = frame_id(1, 7),
                      .last_frame = frame_id(1, 23),
                      .start = BEGIN,
                      .last_time = BEGIN + S(61) + 1500,
                      .address = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } },
                      .port = { 40000, 80 },
                      .opener_known = true,
                      .stream_number_known = true,
                      .stream_number = 3 };
    connection->connection.half[0].payload = 180;
    connection->connection.half[1].payload = 4000000000;
    connection->facts = (ConversationFacts){ .exchanges = 2, .version = HTTP_1_1, .minor = 1 };
    connection->ending = (Ending){ .possible = ENDER_SERVER,
                                   .how = END_HOW_FIN,
                                   .stamp = { .frame = frame_id(1, 21) } };
    connection->decision = (Decision){ .set = true, .exchange = 2, .judgement = JUDGEMENT };
    connection->decision.host = g_strdup("h.example:80");
    connection->idle = S(5) + 250;
}

static const RowFile CAPTURE = { .path = "capture.pcap", .time_digits = 6 };

START_TEST(test_whole_connection)
{
    AuditRow row;
    make_connection(&row);
    g_autofree char *line = written(&row, &CAPTURE);
    ck_assert_str_eq(line, "c1-7,3,1:3k1SoWXs/FltHw2aBCgUTgbDQF4=,capture.pcap,7,23,"
                           "2023-11-14T22:13:20.000000000Z,2023-11-14T22:14:21.000001500Z,"
                           "10.0.0.1,40000,10.0.0.2,80,h.example:80,HTTP/1.1,2,"
                           "keep-alive,server,option,closed,server,fin,21,5.000000250,5,100,"
                           "as_declared,idle_timeout,,complete,180,4000000000,2,1,1,,,,,,,,,,");
    audit_row_clear(&row);
}
END_TEST

typedef struct Change {
    const char *name;
    void (*change)(AuditRow *row);
    const char *column, *value;
} Change;

/* The server's close_notify, then both ends' FIN. */
static void closed_tls(AuditRow *row)
{
    ConnectionRow *connection = &row->connection;
    connection->ending.by_session = true;
    connection->carrier_how = END_HOW_FIN;
    connection->carrier_frame = frame_id(1, 22);
    connection->tls = g_new0(ConnectionTls, 1);
    connection->tls->sni = g_strdup("name.example");
    connection->tls->alpn = g_strdup("http/1.1");
    connection->tls->facts = (TlsFacts){
        .is_tls = true,
        .version = TLS_1_3,
        .suite = 0x1302,
        .alpn_known = true,
        .secrets = { TLS_SECRETS_GOOD, TLS_SECRETS_GOOD },
        .close_notify = { { .sent = true, .first = { .frame = frame_id(1, 23), .time = 2 } },
                          { .sent = true, .first = { .frame = frame_id(1, 21), .time = 1 } } },
    };
}

static void unread_tls(AuditRow *row)
{
    closed_tls(row);
    row->connection.ending.by_session = false;
    row->connection.decision.set = false;
    row->connection.facts.exchanges = 0;
    row->connection.tls->facts.alpn_known = false;
    row->connection.tls->facts.secrets[0] = row->connection.tls->facts.secrets[1] =
        TLS_SECRETS_NONE;
}

static void failed_tls(AuditRow *row)
{
    unread_tls(row);
    row->connection.tls->facts.version = row->connection.tls->facts.suite = 0;
    row->connection.tls->facts.fatal[0] = (TlsAlert){ .sent = true, .description = 48 };
    row->connection.tls->facts.fatal[1] = (TlsAlert){ .sent = true, .description = 200 };
}

static void no_stream(AuditRow *row)
{
    row->connection.connection.stream_number_known = false;
}

static void stream_0(AuditRow *row)
{
    row->connection.connection.stream_number = 0;
}

static void second_input(AuditRow *row)
{
    row->connection.connection.first_frame = frame_id(2, 7);
    row->connection.connection.last_frame = frame_id(3, 1);
    row->connection.ending.stamp.frame = frame_id(2, 99);
}

static void answering_side_first(AuditRow *row)
{
    row->connection.client = 1;
}

static void over_ipv6(AuditRow *row)
{
    Connection *connection = &row->connection.connection;
    for (int side = 0; side < 2; side++)
        connection->address[side] =
            (IpAddress){ { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)(side + 1) }, 6 };
}

static void no_host(AuditRow *row)
{
    g_clear_pointer(&row->connection.decision.host, g_free);
}

static void formula_as_host(AuditRow *row)
{
    g_free(row->connection.decision.host);
    row->connection.decision.host = g_strdup("=1+1");
}

static void host_with_comma(AuditRow *row)
{
    g_free(row->connection.decision.host);
    row->connection.decision.host = g_strdup("a,\"b\"");
}

static void version_1_0(AuditRow *row)
{
    row->connection.facts.version = HTTP_1_0;
    row->connection.facts.minor = 0;
}

static void version_1_2(AuditRow *row)
{
    row->connection.facts.minor = 2;
}

static void version_0_9(AuditRow *row)
{
    row->connection.facts.version = HTTP_0_9;
    row->connection.facts.minor = 0;
}

static void no_version(AuditRow *row)
{
    row->connection.facts.version = HTTP_UNKNOWN;
}

static void unknown_declaration(AuditRow *row)
{
    row->connection.decision.judgement.declaration = (Declaration){ .reasons = REASON_LOSS };
}

static void ended_by_both(AuditRow *row)
{
    row->connection.ending.possible = ENDER_BOTH;
    row->connection.ending.how = END_HOW_RST;
}

static void ended_by_several(AuditRow *row)
{
    row->connection.ending.possible = ENDER_CLIENT | ENDER_BOTH;
}

static void open_still(AuditRow *row)
{
    row->connection.ending = (Ending){ .possible = ENDER_NOBODY };
    row->connection.idle = -1;
}

static void ended_at_once(AuditRow *row)
{
    row->connection.idle = 0;
}

static void nothing_stated(AuditRow *row)
{
    row->connection.decision.judgement.stated_timeout = -1;
    row->connection.decision.judgement.stated_max = -1;
}

static void zero_stated(AuditRow *row)
{
    row->connection.decision.judgement.stated_timeout = 0;
    row->connection.decision.judgement.stated_max = 0;
}

static void much_missing(AuditRow *row)
{
    row->connection.completeness = (1 << REASON_COUNT) - 1;
}

static void something_missing(AuditRow *row)
{
    row->connection.completeness = REASON_MALFORMED | REASON_LOSS;
}

static void no_http(AuditRow *row)
{
    g_free(row->connection.decision.host);
    row->connection.decision = (Decision){ .set = false };
    row->connection.facts = (ConversationFacts){ .client = 0 };
}

static const Change CONNECTION_CHANGES[] = {
    { "no number", no_stream, "stream", "" },
    { "the first number is one", stream_0, "stream", "0" },
    { "second input", second_input, "connection", "c2-7" },
    { "second input", second_input, "first_frame", "7" },
    { "second input", second_input, "end_frame", "99" },
    { "TLS", closed_tls, "tls", "1.3" },
    { "TLS", closed_tls, "cipher", "TLS_AES_256_GCM_SHA384" },
    { "TLS", closed_tls, "alpn", "http/1.1" },
    { "TLS", closed_tls, "sni", "name.example" },
    { "TLS", closed_tls, "secrets", "all" },
    { "TLS", closed_tls, "close_notify", "server client" },
    { "TLS", closed_tls, "alert", "" },
    { "TLS", closed_tls, "end_frame", "22" },
    { "TLS", closed_tls, "host", "h.example:80" },
    { "TLS without secrets", unread_tls, "protocol", "tls" },
    { "TLS without secrets", unread_tls, "host", "name.example" },
    { "TLS without secrets", unread_tls, "alpn", "" },
    { "TLS without secrets", unread_tls, "secrets", "none" },
    { "TLS without secrets", unread_tls, "end_frame", "21" },
    { "a handshake that failed", failed_tls, "tls", "" },
    { "a handshake that failed", failed_tls, "secrets", "" },
    { "a handshake that failed", failed_tls, "alert", "client unknown_ca server 200" },
    { "ends in the third input", second_input, "last_frame", "1" },
    { "ends in the third input", second_input, "last_input", "3" },
    { "second input", second_input, "end_input", "2" },
    { "sides", answering_side_first, "client_ip", "10.0.0.2" },
    { "sides", answering_side_first, "client_port", "80" },
    { "sides", answering_side_first, "server_ip", "10.0.0.1" },
    { "sides", answering_side_first, "server_port", "40000" },
    { "sides", answering_side_first, "client_bytes", "4000000000" },
    { "sides", answering_side_first, "server_bytes", "180" },
    { "sides", answering_side_first, "community_id", "1:3k1SoWXs/FltHw2aBCgUTgbDQF4=" },
    { "IPv6", over_ipv6, "client_ip", "2001:db8::1" },
    { "IPv6", over_ipv6, "server_ip", "2001:db8::2" },
    { "IPv6", over_ipv6, "community_id", "1:62cu0uxFAvnY7Tg3u3uFj0zrwAU=" },
    { "no host", no_host, "host", "" },
    { "no spreadsheet runs it", formula_as_host, "host", "\\x3d1+1" },
    { "quoted", host_with_comma, "host", "a,\"b\"" },
    { "1.0", version_1_0, "protocol", "HTTP/1.0" },
    { "1.2", version_1_2, "protocol", "HTTP/1.2" },
    { "0.9", version_0_9, "protocol", "HTTP/0.9" },
    { "no version", no_version, "protocol", "" },
    { "unknown", unknown_declaration, "declared", "" },
    { "unknown", unknown_declaration, "declared_by", "" },
    { "unknown", unknown_declaration, "declared_basis", "" },
    { "both", ended_by_both, "ended_by", "both" },
    { "both", ended_by_both, "ended_how", "rst" },
    { "several are possible", ended_by_several, "ended_by", "" },
    { "several are possible", ended_by_several, "end_frame", "21" },
    { "open", open_still, "ended_by", "" },
    { "open", open_still, "ended_how", "" },
    { "open", open_still, "end_frame", "" },
    { "open", open_still, "idle_s", "" },
    { "at once", ended_at_once, "idle_s", "0.000000000" },
    { "nothing stated", nothing_stated, "stated_timeout_s", "" },
    { "nothing stated", nothing_stated, "stated_max", "" },
    { "zero stated", zero_stated, "stated_timeout_s", "0" },
    { "zero stated", zero_stated, "stated_max", "0" },
    { "two reasons", something_missing, "completeness", "loss malformed" },
    { "all reasons", much_missing, "completeness",
      "loss snaplen midstream one_direction limit send_backlog malformed clock no_close_notify "
      "capture_ended encrypted" },
    { "no HTTP", no_http, "declared", "" },
    { "no HTTP", no_http, "actual", "" },
    { "no HTTP", no_http, "verdict", "" },
    { "no HTTP", no_http, "cause", "" },
    { "no HTTP", no_http, "exchange", "" },
    { "no HTTP", no_http, "exchanges", "0" },
    { "no HTTP", no_http, "stated_timeout_s", "" },
    { "no HTTP", no_http, "ended_by", "server" },
};

START_TEST(test_connection_field)
{
    const Change *change = &CONNECTION_CHANGES[_i];
    AuditRow row;
    make_connection(&row);
    change->change(&row);
    expect_field(change->name, &row, &CAPTURE, change->column, change->value);
    audit_row_clear(&row);
}
END_TEST

/* Exchanges ----------------------------------------------------------------------------------- */

static const char REQUEST[] =
    "GET /a?b=1 HTTP/1.1\r\nHost: h.example\r\nConnection: TE, Keep-Alive\r\n"
    "Connection: te\r\nKeep-Alive: 115\r\nTE: trailers\r\n\r\n";
static const char RESPONSE[] = "HTTP/1.0 206 Fine\r\nConnection: keep-alive\r\n"
                               "Keep-Alive: timeout=5, max=99\r\nContent-Length: 2\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n";

static void take_heads(Exchange *exchange, const char *request, const char *response)
{
    Head head;
    ck_assert_int_gt(head_parse(span_of_text(request), HEAD_REQUEST, &head, NULL), 0);
    BodyFraming framing = framing_of_request(&head);
    exchange_take_request(exchange, NULL, &head, &framing, &(TextOptions){ .wish = TEXT_WISH_ALL });
    ck_assert_int_gt(head_parse(span_of_text(response), HEAD_RESPONSE, &head, NULL), 0);
    framing = framing_of_response(&head, span_of_text("GET"));
    exchange_take_response(exchange, &head, &framing, &(TextOptions){ .wish = TEXT_WISH_ALL });
}

static Stamp stamp_at(uint64_t frame, Nanoseconds time)
{
    return (Stamp){ .frame = frame_id(1, frame), .time = time };
}

static void make_exchange(AuditRow *row)
{
    *row = (AuditRow){ .kind = ROW_EXCHANGE };
    ExchangeRow *exchange_row = &row->exchange;
    Exchange *exchange = &exchange_row->exchange;
    exchange_row->connection =
        (RowConnection){ .first_frame = frame_id(1, 7),
                         .stream_number_known = true,
                         .stream_number = 3,
                         .address = { { { 10, 0, 0, 1 }, 4 }, { { 10, 0, 0, 2 }, 4 } },
                         .port = { 40000, 80 } };
    *exchange = (Exchange){ .number = 2, .answered = true, .interim.status = { 100, 103 } };
    exchange->interim.count = 2;
    exchange->request.begun = exchange->request.complete = true;
    exchange->response.begun = exchange->response.complete = true;
    exchange->request.first = stamp_at(10, BEGIN);
    exchange->request.last = stamp_at(11, BEGIN + 1000);
    exchange->response.first = stamp_at(13, BEGIN + S(1));
    exchange->response.last = stamp_at(15, BEGIN + S(2) + 1999);
    take_heads(exchange, REQUEST, RESPONSE);
    exchange_row->judgement = JUDGEMENT;
    exchange_row->judgement.outcome_frame = frame_id(1, 21);
}

START_TEST(test_whole_exchange)
{
    AuditRow row;
    make_exchange(&row);
    g_autofree char *line = written(&row, &CAPTURE);
    ck_assert_str_eq(line, "c1-7,3,2,capture.pcap,10,11,13,15,"
                           "2023-11-14T22:13:20.000000000Z,2023-11-14T22:13:22.000001999Z,"
                           "GET,/a?b=1,h.example,HTTP/1.1,206,HTTP/1.0,"
                           "\"TE, Keep-Alive\\x0ate\",keep-alive,115,\"timeout=5, max=99\","
                           "keep-alive,server,option,closed,server,fin,21,5.000000000,"
                           "as_declared,idle_timeout,,complete,te keep-alive,keep-alive,"
                           ",Transfer-Encoding,100 103,1,1,1,1,1,"
                           "10.0.0.1,40000,10.0.0.2,80,1:3k1SoWXs/FltHw2aBCgUTgbDQF4=,,,");
    audit_row_clear(&row);
}
END_TEST

static void without_request(AuditRow *row)
{
    Exchange *exchange = &row->exchange.exchange;
    exchange_clear(exchange);
    exchange->request = (MessageFacts){ 0 };
}

static void without_response(AuditRow *row)
{
    Exchange *exchange = &row->exchange.exchange;
    exchange->response = (MessageFacts){ 0 };
    exchange->status = 0;
}

static void response_not_complete(AuditRow *row)
{
    row->exchange.exchange.response.complete = false;
}

static void last_byte_not_captured(AuditRow *row)
{
    row->exchange.exchange.response.end_missing = true;
    row->exchange.exchange.request.end_missing = true;
}

static void no_outcome(AuditRow *row)
{
    row->exchange.judgement.outcome_frame = 0;
    row->exchange.judgement.after = -1;
    row->exchange.judgement.ended = false;
}

static void outcome_elsewhere(AuditRow *row)
{
    row->exchange.judgement.outcome_frame = frame_id(2, 5);
}

static void outcome_at_once(AuditRow *row)
{
    row->exchange.judgement.after = 0;
}

static void eight_interim(AuditRow *row)
{
    for (unsigned i = 0; i < INTERIM_MAX; i++)
        row->exchange.exchange.interim.status[i] = 102;
    row->exchange.exchange.interim.count = INTERIM_MAX;
}

static void nine_interim(AuditRow *row)
{
    eight_interim(row);
    row->exchange.exchange.interim.count = INTERIM_MAX + 1;
}

static void no_interim(AuditRow *row)
{
    row->exchange.exchange.interim.count = 0;
}

static void unknown_actual(AuditRow *row)
{
    row->exchange.judgement.actual = ACTUAL_UNKNOWN;
    row->exchange.judgement.verdict = VERDICT_UNDETERMINED;
    row->exchange.judgement.cause = CAUSE_LOSS;
    row->exchange.judgement.completeness = REASON_LOSS;
}

static void hostile_text(AuditRow *row)
{
    exchange_clear(&row->exchange.exchange);
    take_heads(&row->exchange.exchange,
               "GET -a\xe9\\,b HTTP/1.1\r\nHost: @h\r\nConnection: \"x\", =1\r\n\r\n", RESPONSE);
}

static void version_left_out(AuditRow *row)
{
    row->exchange.exchange.request.version = HTTP_UNKNOWN;
}

static const Change EXCHANGE_CHANGES[] = {
    { "no request", without_request, "request_frame", "" },
    { "no request", without_request, "request_end_frame", "" },
    { "no request", without_request, "request_time", "" },
    { "no request", without_request, "method", "" },
    { "no request", without_request, "request_version", "" },
    { "no request", without_request, "response_frame", "13" },
    { "no response", without_response, "response_frame", "" },
    { "no response", without_response, "response_end_frame", "" },
    { "no response", without_response, "response_end_time", "" },
    { "no response", without_response, "status", "" },
    { "no response", without_response, "response_version", "" },
    { "no response", without_response, "request_end_frame", "11" },
    { "not complete", response_not_complete, "response_frame", "13" },
    { "not complete", response_not_complete, "response_end_frame", "" },
    { "not complete", response_not_complete, "response_end_time", "" },
    { "the last byte was not captured", last_byte_not_captured, "response_end_frame", "" },
    { "the last byte was not captured", last_byte_not_captured, "response_end_time", "" },
    { "the last byte was not captured", last_byte_not_captured, "request_end_frame", "" },
    { "no outcome", no_outcome, "outcome_frame", "" },
    { "no outcome", no_outcome, "after_s", "" },
    { "no end", no_outcome, "ended_by", "" },
    { "no end", no_outcome, "ended_how", "" },
    { "in another input", outcome_elsewhere, "outcome_frame", "5" },
    { "in another input", outcome_elsewhere, "outcome_input", "2" },
    { "in the same input", without_request, "response_end_input", "1" },
    { "no response", without_response, "response_input", "" },
    { "a row alone", without_request, "client_ip", "10.0.0.1" },
    { "a row alone", without_request, "server_port", "80" },
    { "at once", outcome_at_once, "after_s", "0.000000000" },
    { "as many 1xx as are kept", eight_interim, "interim", "102 102 102 102 102 102 102 102" },
    { "one more", nine_interim, "interim", "102 102 102 102 102 102 102 102 \\..." },
    { "no 1xx", no_interim, "interim", "" },
    { "unknown", unknown_actual, "actual", "unknown" },
    { "unknown", unknown_actual, "verdict", "undetermined" },
    { "unknown", unknown_actual, "cause", "loss" },
    { "unknown", unknown_actual, "completeness", "loss" },
    { "bytes that are not printable, a minus first", hostile_text, "target", "\\x2da\\xe9\\\\,b" },
    { "an at sign first", hostile_text, "host", "\\x40h" },
    { "quotes", hostile_text, "request_connection", "\"x\", =1" },
    { "members that are no token", hostile_text, "request_options", "" },
    { "no version", version_left_out, "request_version", "" },
};

START_TEST(test_exchange_field)
{
    const Change *change = &EXCHANGE_CHANGES[_i];
    AuditRow row;
    make_exchange(&row);
    change->change(&row);
    expect_field(change->name, &row, &CAPTURE, change->column, change->value);
    audit_row_clear(&row);
}
END_TEST

/* What the file says ------------------------------------------------------------------------- */

START_TEST(test_resolution)
{
    AuditRow row;
    make_connection(&row);
    expect_field("nanoseconds", &row, &CAPTURE, "end_time", "2023-11-14T22:14:21.000001500Z");
    expect_field("nanoseconds", &row, &CAPTURE, "idle_s", "5.000000250");
    audit_row_clear(&row);
    make_exchange(&row);
    expect_field("nanoseconds", &row, &CAPTURE, "response_end_time",
                 "2023-11-14T22:13:22.000001999Z");
    expect_field("nanoseconds", &row, &CAPTURE, "after_s", "5.000000000");
    audit_row_clear(&row);
}
END_TEST

static const struct {
    const char *path, *field;
} PATHS[] = {
    { "a b/c.pcap", "a b/c.pcap" },
    { "-", "-" },
    { "a,b.pcap", "a,b.pcap" },
    { "caf\xc3\xa9\n.pcap", "caf\xc3\xa9\\x0a.pcap" },
};

START_TEST(test_path)
{
    const RowFile file = { .path = PATHS[_i].path, .time_digits = 6 };
    AuditRow row;
    make_connection(&row);
    expect_field("connection", &row, &file, "file", PATHS[_i].field);
    audit_row_clear(&row);
    make_exchange(&row);
    expect_field("exchange", &row, &file, "file", PATHS[_i].field);
    audit_row_clear(&row);
}
END_TEST

START_TEST(test_order_of_rows)
{
    AuditRow row;
    make_exchange(&row);
    ck_assert_uint_eq(audit_row_connection(&row), frame_id(1, 7));
    ck_assert_uint_eq(audit_row_exchange(&row), 2);
    audit_row_clear(&row);
    make_connection(&row);
    ck_assert_uint_eq(audit_row_connection(&row), frame_id(1, 7));
    audit_row_clear(&row);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *tcase = tcase_create("rows");
    tcase_add_test(tcase, test_columns);
    tcase_add_test(tcase, test_whole_connection);
    tcase_add_loop_test(tcase, test_connection_field, 0, G_N_ELEMENTS(CONNECTION_CHANGES));
    tcase_add_test(tcase, test_whole_exchange);
    tcase_add_loop_test(tcase, test_exchange_field, 0, G_N_ELEMENTS(EXCHANGE_CHANGES));
    tcase_add_test(tcase, test_resolution);
    tcase_add_loop_test(tcase, test_path, 0, G_N_ELEMENTS(PATHS));
    tcase_add_test(tcase, test_order_of_rows);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
