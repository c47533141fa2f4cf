#include "report/hop_rows.h"

#include <string.h>

#include "report/columns.h"

/* Of which of the two legs. */
enum { FRONT, BACK };

static const Leg *leg_of(const RowSource *row, int which)
{
    return which == FRONT ? row->hop->front : row->hop->back;
}

static bool is_pair(const RowSource *row)
{
    return row->hop->front && row->hop->back;
}

FIELDS(write_connection)
{
    char id[48] = "";
    const Leg *leg = leg_of(row, which);
    if (leg)
        g_snprintf(id, sizeof id, CONNECTION_NAME, FRAME_PARTS(leg->path.connection));
    table_word(table, id);
}

FIELDS(write_exchange_number)
{
    const Leg *leg = leg_of(row, which);
    write_optional(table, leg ? (int64_t)leg->number : -1);
}

FIELD(write_basis)
{
    table_word(table, hop_basis_name(row->hop->basis));
}

FIELD(write_undetermined)
{
    table_word(table, hop_doubt_name(row->hop->doubt));
}

FIELD(write_candidates)
{
    write_optional(table, is_pair(row) ? -1 : (int64_t)row->hop->candidates);
}

FIELD(write_attempt)
{
    write_optional(table, row->hop->attempt ? (int64_t)row->hop->attempt : -1);
}

enum { FRONT_CLIENT, FRONT_SERVER, BACK_CLIENT, BACK_SERVER };

FIELDS(write_hop_address)
{
    const Leg *leg = leg_of(row, which == BACK_CLIENT || which == BACK_SERVER ? BACK : FRONT);
    if (!leg)
        table_empty(table);
    else if (which == FRONT_CLIENT || which == BACK_CLIENT)
        table_address(table, &leg->path.client.address);
    else
        table_address(table, &leg->path.server.address);
}

FIELDS(write_hop_port)
{
    const Leg *leg = leg_of(row, which);
    write_optional(table, leg ? leg->path.server.port : -1);
}

/* The messages, in the order of a good exchange. */
enum { REQUEST, BACK_REQUEST, BACK_RESPONSE, RESPONSE };

static const Leg *leg_of_message(const RowSource *row, int which)
{
    return leg_of(row, which == BACK_REQUEST || which == BACK_RESPONSE ? BACK : FRONT);
}

static bool is_request(int which)
{
    return which == REQUEST || which == BACK_REQUEST;
}

static FrameId first_frame_of(const RowSource *row, int which)
{
    const Leg *leg = leg_of_message(row, which);
    if (!leg)
        return 0;
    return is_request(which) ? leg->request.frame : leg->response.frame;
}

FIELDS(write_frame)
{
    table_frame(table, first_frame_of(row, which));
}

FIELDS(write_frame_input)
{
    table_frame_input(table, first_frame_of(row, which));
}

/* Never negative: clocks are set back. */
static void write_between(Table *table, Instant from, Instant to)
{
    bool both = instant_is_set(from) && instant_is_set(to);
    write_optional_duration(table, both ? MAX(to.time - from.time, 0) : -1);
}

FIELD(write_held)
{
    if (is_pair(row))
        write_between(table, row->hop->front->head, row->hop->back->request);
    else
        table_empty(table);
}

FIELD(write_served)
{
    const Leg *back = row->hop->back;
    if (back)
        write_between(table, back->request_end, back->response);
    else
        table_empty(table);
}

/* Absent where the front was answered first. */
FIELD(write_returned)
{
    if (is_pair(row) && instant_precedes(row->hop->back->response, row->hop->front->response))
        write_between(table, row->hop->back->response, row->hop->front->response);
    else
        table_empty(table);
}

FIELD(write_method)
{
    const Leg *leg = row->hop->front ? row->hop->front : row->hop->back;
    table_text(table, leg->method);
}

FIELD(write_target)
{
    const Leg *leg = row->hop->front ? row->hop->front : row->hop->back;
    table_text(table, leg->target);
}

FIELD(write_back_target)
{
    bool differs = is_pair(row) && strcmp(row->hop->front->target, row->hop->back->target) != 0;
    table_text(table, differs ? row->hop->back->target : "");
}

FIELD(write_host_changed)
{
    bool changed = is_pair(row) && row->hop->front->digest->host != row->hop->back->digest->host;
    table_word(table, !is_pair(row) ? "" : changed ? "yes" : "no");
}

FIELDS(write_version)
{
    const Leg *leg = leg_of_message(row, which);
    const char *version = "";
    if (leg && is_request(which))
        version = http_version_text(leg->request_version, leg->request_minor);
    else if (leg)
        version = http_version_text(leg->response_version, leg->response_minor);
    table_word(table, version);
}

FIELDS(write_status)
{
    const Leg *leg = leg_of(row, which);
    write_optional(table, leg && leg->status ? leg->status : -1);
}

FIELD(write_answered_by)
{
    static const char *const names[] = {
        [ANSWERED_BY_UNKNOWN] = "", [ANSWERED_BY_SERVER] = "server", [ANSWERED_BY_PROXY] = "proxy"
    };
    table_word(table, names[row->hop->answered_by]);
}

/* Fates of a response's fields are counted on from here. */
#define OF_RESPONSE FIELD_FATE_COUNT

/* A request goes from the front to the back; a response, if it is the back's, the other way. */
FIELDS(write_fields)
{
    GString *text = table_items(table);
    if (is_pair(row)) {
        const ExchangeDigest *front = row->hop->front->digest, *back = row->hop->back->digest;
        if (which < OF_RESPONSE)
            field_fate_append(text, (FieldFate)which, front->request.head, back->request.head);
        else if (row->hop->answered_by == ANSWERED_BY_SERVER)
            field_fate_append(text, (FieldFate)(which - OF_RESPONSE), back->response.head,
                              front->response.head);
    }
    table_list(table, text->str);
}

FIELD(write_hop_findings)
{
    GString *names = table_items(table);
    append_rule_names(names, row->hop->findings);
    table_list(table, names->str);
}

FIELDS(write_declared)
{
    const Leg *leg = leg_of(row, which);
    table_word(table, leg ? declared_name(leg->judgement.declaration.declared) : "");
}

FIELD(write_back_cause)
{
    table_word(table, row->hop->back ? cause_name(row->hop->back->judgement.cause) : "");
}

FIELD(write_proxy_status)
{
    const Leg *front = row->hop->front;
    table_text(table, front ? head_digest_proxy_status(front->digest->response.head) : "");
}

const Column HOP_COLUMNS[] = {
    { "connection", COLUMN_LABEL, write_connection, FRONT },
    { "exchange", COLUMN_NUMBER, write_exchange_number, FRONT },
    { "back_connection", COLUMN_LABEL, write_connection, BACK },
    { "back_exchange", COLUMN_NUMBER, write_exchange_number, BACK },
    { "basis", COLUMN_WORD, write_basis, 0 },
    { "undetermined", COLUMN_WORD, write_undetermined, 0 },
    { "candidates", COLUMN_NUMBER, write_candidates, 0 },
    { "attempt", COLUMN_NUMBER, write_attempt, 0 },
    { "client_ip", COLUMN_ADDRESS, write_hop_address, FRONT_CLIENT },
    { "server_ip", COLUMN_ADDRESS, write_hop_address, FRONT_SERVER },
    { "server_port", COLUMN_NUMBER, write_hop_port, FRONT },
    { "proxy_ip", COLUMN_ADDRESS, write_hop_address, BACK_CLIENT },
    { "back_server_ip", COLUMN_ADDRESS, write_hop_address, BACK_SERVER },
    { "back_server_port", COLUMN_NUMBER, write_hop_port, BACK },
    { "request_frame", COLUMN_FRAME, write_frame, REQUEST },
    { "back_request_frame", COLUMN_FRAME, write_frame, BACK_REQUEST },
    { "back_response_frame", COLUMN_FRAME, write_frame, BACK_RESPONSE },
    { "response_frame", COLUMN_FRAME, write_frame, RESPONSE },
    { "held_s", COLUMN_SECONDS, write_held, 0 },
    { "server_s", COLUMN_SECONDS, write_served, 0 },
    { "returned_s", COLUMN_SECONDS, write_returned, 0 },
    { "method", COLUMN_TEXT, write_method, 0 },
    { "target", COLUMN_TEXT, write_target, 0 },
    { "back_target", COLUMN_TEXT, write_back_target, 0 },
    { "host_changed", COLUMN_WORD, write_host_changed, 0 },
    { "request_version", COLUMN_LABEL, write_version, REQUEST },
    { "back_request_version", COLUMN_LABEL, write_version, BACK_REQUEST },
    { "back_response_version", COLUMN_LABEL, write_version, BACK_RESPONSE },
    { "response_version", COLUMN_LABEL, write_version, RESPONSE },
    { "status", COLUMN_NUMBER, write_status, FRONT },
    { "back_status", COLUMN_NUMBER, write_status, BACK },
    { "answered_by", COLUMN_WORD, write_answered_by, 0 },
    { "request_consumed", COLUMN_WORDS, write_fields, FIELD_CONSUMED },
    { "request_added", COLUMN_WORDS, write_fields, FIELD_ADDED },
    { "request_changed", COLUMN_WORDS, write_fields, FIELD_CHANGED },
    { "request_nominated", COLUMN_WORDS, write_fields, FIELD_NOMINATED },
    { "response_consumed", COLUMN_WORDS, write_fields, OF_RESPONSE + FIELD_CONSUMED },
    { "response_added", COLUMN_WORDS, write_fields, OF_RESPONSE + FIELD_ADDED },
    { "response_changed", COLUMN_WORDS, write_fields, OF_RESPONSE + FIELD_CHANGED },
    { "response_nominated", COLUMN_WORDS, write_fields, OF_RESPONSE + FIELD_NOMINATED },
    { "findings", COLUMN_WORDS, write_hop_findings, 0 },
    { "declared", COLUMN_WORD, write_declared, FRONT },
    { "back_declared", COLUMN_WORD, write_declared, BACK },
    { "back_cause", COLUMN_WORD, write_back_cause, 0 },
    { "proxy_status", COLUMN_TEXT, write_proxy_status, 0 },
    { "completeness", COLUMN_WORDS, write_completeness, 0 },
    { "request_input", COLUMN_NUMBER, write_frame_input, REQUEST },
    { "back_request_input", COLUMN_NUMBER, write_frame_input, BACK_REQUEST },
    { "back_response_input", COLUMN_NUMBER, write_frame_input, BACK_RESPONSE },
    { "response_input", COLUMN_NUMBER, write_frame_input, RESPONSE },
    { NULL, COLUMN_TEXT, NULL, 0 },
};

static bool is_listed(const HopRow *hop)
{
    return (hop->front && hop->front->matches) || (hop->back && hop->back->matches);
}

void write_hop_row(Table *table, const HopRow *hop, bool matching)
{
    RowSource source = { .hop = hop };
    if (matching && !is_listed(hop))
        return;
    if (hop->front)
        source.completeness |= hop->front->judgement.completeness;
    if (hop->back)
        source.completeness |= hop->back->judgement.completeness;
    table_row(table, &source);
}
