#include "report/reasoning.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "report/page.h"
#include "report/stream_reasoning.h"

#define FIELD_LINE_END "\\x0a" /* between the values of several lines, in escaped text */

/* What the sentences are made from. */
typedef struct Case {
    StoryText *text;
    const Reasoning *reasoning;
    const ExchangeRow *row;
    const Exchange *exchange, *request; /* the lost request that the cause speaks of; NULL: none */
    const Judgement *judgement;
    const Ending *ending;
} Case;

static void add(const Case *c, const char *words)
{
    story_add(c->text, words);
}

static void add_frame(const Case *c, FrameId frame)
{
    story_add_frame(c->text, frame);
}

static void add_duration(const Case *c, Nanoseconds duration)
{
    page_append_duration(story_words(c->text), duration, c->reasoning->time_digits);
}

static void add_threshold(const Case *c, const char *name, Nanoseconds threshold)
{
    story_say(c->text, "%s (", name);
    page_append_threshold(story_words(c->text), threshold);
    add(c, ")");
}

static int64_t wireshark(int64_t offset)
{
    return (int64_t)(uint32_t)(offset + 1);
}

static const char *close_words(EndHow how, SessionClose by_session)
{
    if (by_session)
        return by_session == SESSION_FAILED ? "fatal alert" : "close_notify";
    return how == END_HOW_RST ? "reset" : "FIN";
}

/* "The server's FIN (frame 8)" */
static void add_close(const Case *c, const char *whose, const char *words, const Stamp *stamp,
                      bool latest_only)
{
    story_say(c->text, "%s %s (", whose, words);
    if (latest_only)
        add(c, "itself not in the capture, known by ");
    add_frame(c, stamp->frame);
    add(c, ")");
}

static void add_end(const Case *c)
{
    const Ending *ending = c->ending;
    const Closing *client = &ending->client, *server = &ending->server;
    if (ending->how == END_HOW_NONE) {
        add(c, "The end, whoever it came from,");
    } else if (ending->possible == ENDER_BOTH && client->how != server->how) {
        add_close(c, "The client's", close_words(client->how, client->by_session), &client->stamp,
                  client->latest_only);
        add_close(c, " and the server's", close_words(server->how, server->by_session),
                  &server->stamp, server->latest_only);
    } else {
        const char *whose = ending->possible == ENDER_CLIENT   ? "The client's"
                            : ending->possible == ENDER_SERVER ? "The server's"
                            : ending->possible == ENDER_BOTH   ? "Both sides'"
                                                               : "The";
        add_close(c, whose, close_words(ending->how, ending->by_session), &ending->stamp,
                  ending->latest_only);
    }
}

const char *reasoning_close_words(const Ending *ending)
{
    bool is_fin =
        ending->how == END_HOW_FIN ||
        (ending->client.how == END_HOW_FIN && ending->client.stamp.frame == ending->stamp.frame) ||
        (ending->server.how == END_HOW_FIN && ending->server.stamp.frame == ending->stamp.frame);
    return close_words(is_fin ? END_HOW_FIN : END_HOW_RST, ending->by_session);
}

/* Bytes that the capture lacks, or that could not be read, may be of responses. */
static bool responses_are_known(const Case *c, const Exchange *exchange)
{
    const ConversationFacts *facts = &c->reasoning->connection->facts;
    return !exchange->response_hidden && !facts->responses_lost && !facts->server_hidden;
}

/* "the end of the response (frame 7)" */
static void add_response_end(const Case *c)
{
    const MessageFacts *response = &c->exchange->response;
    add(c, response->complete ? "the end of the response ("
                              : "the last that is known of the response (");
    if (response->complete && response->end_missing)
        add(c, "itself not in the capture, known by ");
    add_frame(c, response->last.frame);
    add(c, ")");
}

/* Idle time, which may be known as an interval only (judgement.md §3). */
static void add_idle(const Case *c)
{
    const Exchange *exchange = c->exchange;
    if (!exchange->response.begun) {
        add(c, responses_are_known(c, exchange) ? "while there was no response to this request"
                                                : "after a response that is not known");
        return;
    }
    Nanoseconds end = c->ending->stamp.time;
    Nanoseconds least = MAX(0, end - exchange->response.last.time);
    Nanoseconds most = MAX(0, end - exchange->burst_start);
    if (exchange->response.framing.kind == BODY_UNTIL_CLOSE)
        least = most = 0;
    if (stamp_precedes(&c->ending->stamp, &exchange->response.last)) {
        add(c, "before ");
        add_response_end(c);
        return;
    }
    if (end < exchange->response.last.time) {
        add(c, "a time that the clock does not tell");
    } else if (c->ending->latest_only) {
        add(c, "at most ");
        add_duration(c, most);
    } else {
        add_duration(c, least);
        if (most != least) {
            add(c, " (at most ");
            add_duration(c, most);
            add(c, ", counted from the start of the response's last burst)");
        }
    }
    add(c, " after ");
    add_response_end(c);
}

static Nanoseconds stated(const Case *c)
{
    return MIN(c->judgement->stated_timeout, INT64_MAX / 4 / NS_PER_SECOND) * NS_PER_SECOND;
}

/* "timeout=5 was stated: less the tolerance of 1 s that is at least 4 s of idle time, which " */
static void add_stated(const Case *c)
{
    Nanoseconds timeout = stated(c);
    Nanoseconds tolerance = MIN(c->reasoning->thresholds->timeout_tolerance, timeout / 2);
    story_say(c->text, "Keep-Alive: timeout=%" PRId64 " was stated: less the tolerance of ",
              c->judgement->stated_timeout);
    page_append_threshold(story_words(c->text), tolerance);
    add(c, " that is at least ");
    page_append_threshold(story_words(c->text), timeout - tolerance);
    add(c, " of idle time, which ");
}

/* The end came, by its frame, when the response was over. */
static bool has_idle_time(const Case *c)
{
    const MessageFacts *response = &c->exchange->response;
    return response->begun && c->ending->how != END_HOW_NONE &&
           !stamp_precedes(&c->ending->stamp, &response->last);
}

static void why_closed_by_server(const Case *c)
{
    const Thresholds *thresholds = c->reasoning->thresholds;
    add_end(c);
    add(c, " came ");
    add_idle(c);
    add(c, ". ");
    if (!has_idle_time(c))
        return;
    if (c->judgement->stated_timeout >= 0) {
        add_stated(c);
        add(c, c->judgement->cause == CAUSE_IDLE_TIMEOUT ? "was kept." : "was not kept.");
        return;
    }
    add(c, "No timeout was stated. ");
    add(c, c->judgement->cause == CAUSE_IDLE_TIMEOUT ? "That is longer than " : "That is within ");
    add_threshold(c, "prompt-close", thresholds->prompt_close);
    add(c, c->judgement->cause == CAUSE_IDLE_TIMEOUT
               ? ": it counts as the close of an idle connection."
               : ": it counts as decided with the response, which declared no close.");
}

static void why_closed_as_said(const Case *c)
{
    add_end(c);
    if (c->exchange->response.framing.kind == BODY_UNTIL_CLOSE) {
        add(c, " is the end of the response, whose body has no other: the close that this framing "
               "declares.");
        return;
    }
    add(c, " came ");
    add_idle(c);
    if (has_idle_time(c)) {
        add(c, c->judgement->cause == CAUSE_CLOSED ? ", within " : ", which is later than ");
        add_threshold(c, "close-grace", c->reasoning->thresholds->close_grace);
    }
    add(c, ", after close had been declared.");
}

static void add_open_bound(const Case *c)
{
    if (c->judgement->declaration.declared == DECLARED_CLOSE)
        add_threshold(c, "close-grace", c->reasoning->thresholds->close_grace);
    else if (c->judgement->stated_timeout >= 0)
        story_say(c->text, "the stated timeout (%" PRId64 " s)", c->judgement->stated_timeout);
    else
        add_threshold(c, "prompt-close", c->reasoning->thresholds->prompt_close);
}

static void why_open(const Case *c)
{
    const ConnectionRow *row = c->reasoning->connection;
    const Half *server = &row->connection.half[1 - row->client];
    const MessageFacts *response = &c->exchange->response;
    if (!reasoning_end_is_seen(row))
        add(c, "No side was seen to close. ");
    if (c->judgement->verdict == VERDICT_UNDETERMINED) {
        add(c, "No segment of the server shows that it was still open later than ");
        add_open_bound(c);
        add(c, c->judgement->cause == CAUSE_CAPTURE_ENDED
                   ? " after the response, and the capture does not go on that long."
                   : " after the response. The capture went on that long, but silence proves "
                     "nothing: the verdict stays open.");
        return;
    }
    if (!server->open_frame || !response->begun)
        return;
    add(c, "The server's ");
    add_frame(c, server->open_frame);
    add(c, ", ");
    add_duration(c, MAX(0, server->open_time - response->last.time));
    add(c, " after ");
    add_response_end(c);
    add(c, ", shows by its number that it had sent no FIN: "
           "later than ");
    add_open_bound(c);
    add(c, c->judgement->cause == CAUSE_LEFT_OPEN ? ", although close had been declared." : ".");
}

/* The exchange after this one that shows that the connection was used on. */
static const Exchange *next_answered(const Case *c)
{
    for (size_t i = 0; i < c->reasoning->count; i++) {
        const Exchange *later = &c->reasoning->exchanges[i].exchange;
        if (later->number > c->exchange->number && later->response.begun)
            return later;
    }
    return NULL;
}

/* Of a later request that the capture lacks there may be the response. */
static void add_later_request(const Case *c)
{
    const Exchange *later = next_answered(c);
    FrameId request = c->exchange->next_request.frame ? c->exchange->next_request.frame
                                                      : c->judgement->outcome_frame;
    if (request) {
        add(c, "A later request (");
        add_frame(c, request);
        if (c->judgement->after >= 0) {
            add(c, ", ");
            add_duration(c, c->judgement->after);
            add(c, " after the end of the response");
        }
        add(c, ") was answered");
    } else if (later) {
        story_say(c->text, "A later request, whose head was not found, was answered (response %u, ",
                  later->number);
        add_frame(c, later->response.first.frame);
        add(c, ")");
    } else {
        add(c, "A later request was answered");
    }
}

static void why_reused(const Case *c)
{
    add_later_request(c);
    add(c, " on the same connection");
    add(c, c->judgement->cause == CAUSE_REUSED_AFTER_CLOSE ? ", although close had been declared."
                                                           : ".");
}

static void why_aborted(const Case *c)
{
    const MessageFacts *response = &c->exchange->response;
    add_end(c);
    if (response->begun && stamp_precedes(&c->ending->stamp, &response->last)) {
        add(c, " came before ");
        add_response_end(c);
    } else if (response->begun) {
        add(c,
            response->complete ? " came after " : " came before the response was complete, after ");
        add_response_end(c);
    } else if (!responses_are_known(c, c->exchange)) {
        add(c, " came, and no final response was found");
    } else {
        add(c, c->exchange->interim.count
                   ? " came after an interim response, and before the final one"
                   : " came before any response");
    }
    add(c, ".");
}

/* What had become of the response when the client was done. */
static void add_done(const Case *c)
{
    const MessageFacts *response = &c->exchange->response;
    if (!response->begun) {
        add(c, responses_are_known(c, c->exchange)
                   ? " came while there was no response to this request"
                   : " came after a response that is not known");
    } else if (stamp_precedes(&c->ending->stamp, &response->last)) {
        add(c, " came before ");
        add_response_end(c);
    } else if (!response->complete) {
        add(c, " came after ");
        add_response_end(c);
    } else {
        add(c, " came after the response was complete");
    }
}

static void why_client_finished(const Case *c)
{
    bool one_direction = c->ending->how == END_HOW_FIN && c->exchange->response.complete &&
                         stamp_precedes(&c->ending->stamp, &c->exchange->response.last);
    add_end(c);
    if (one_direction) {
        add(c, " closed one direction only; the response came whole after it (");
        add_frame(c, c->exchange->response.last.frame);
        add(c, "), and nothing more had been asked for.");
        return;
    }
    add_done(c);
    if (!c->request)
        add(c, ", no request was under way");
    add(c, c->ending->possible == ENDER_BOTH
               ? ", and neither side had received the other's: they closed at the same time."
               : ". A client may close a persistent connection whenever it is done.");
}

static void why_obliged(const Case *c)
{
    add_end(c);
    add(c, " followed a duty: ");
    if (framing_obliges_close(&c->exchange->request.framing))
        add(c, "the request was framed in a way after which nothing can be read safely "
               "(RFC 9112 sections 6.1 and 6.3).");
    else if (c->exchange->method == METHOD_CONNECT)
        add(c, "a CONNECT was refused, and the client may have sent what was meant for the tunnel "
               "(RFC 9931).");
    else
        add(c, "the response left before the request had been read whole (RFC 9112 section 9.3).");
}

static void why_max_reached(const Case *c)
{
    story_say(c->text,
              "The number of requests that Keep-Alive: max=%" PRId64 " allowed was used up. ",
              c->judgement->stated_max);
    add_end(c);
    add(c, " came ");
    add_idle(c);
    add(c, ".");
}

/* A lost request ------------------------------------------------------------------------------ */

bool reasoning_end_is_seen(const ConnectionRow *row)
{
    for (int side = 0; side < 2; side++) {
        FinProof proof = row->connection.half[side].fin.proof;
        if (proof == FIN_SEEN || proof == FIN_RETRANSMITTED ||
            connection_reset(&row->connection, side))
            return true;
    }
    return false;
}

bool reasoning_fin_is_sure(const ConnectionRow *row, const Closing *server)
{
    return server->how == END_HOW_FIN && row->facts.fin[1 - row->client].belief == FIN_SURE;
}

bool reasoning_can_compare(const Exchange *request, const Ending *ending)
{
    return request && request->request.begun && ending->server.how != END_HOW_NONE;
}

void reasoning_add_numbers(StoryText *text, const Exchange *request, const Ending *ending)
{
    const Closing *server = &ending->server;
    const MessageFacts *message = &request->request;
    story_say(text, "r=%" PRId64, wireshark(message->first.offset));
    if (message->complete)
        story_say(text, " e=%" PRId64, wireshark(stamp_past(&message->last)));
    if (message->first.acked != NO_OFFSET)
        story_say(text, " k=%" PRId64, wireshark(message->first.acked));
    story_say(text, " c=%" PRId64, wireshark(server->stamp.offset));
    if (server->acked_least == NO_OFFSET)
        return;
    story_say(text, " a=%" PRId64, wireshark(server->acked_least));
    if (server->acked_most != server->acked_least)
        story_say(text, "..%" PRId64, wireshark(server->acked_most));
}

static void add_received(const Case *c)
{
    const Closing *server = &c->ending->server;
    const MessageFacts *message = &c->request->request;
    int64_t begin = message->first.offset, end = stamp_past(&message->last);
    if (server->acked_least == NO_OFFSET)
        add(c, "does not say what the server had received of the request");
    else if (server->acked_most <= begin)
        add(c, "acknowledges no byte of the request (a <= r): the server had received nothing of "
               "it");
    else if (message->complete && server->acked_least >= end)
        add(c, "acknowledges the whole request (a >= e): the server had received all of it");
    else if (server->acked_least > begin && server->acked_most < end)
        add(c, "acknowledges a part of the request (r < a < e)");
    else
        add(c, "leaves open how much of the request the server had received");
}

static void add_knowledge(const Case *c)
{
    const Closing *server = &c->ending->server;
    int64_t k = c->request->request.first.acked;
    if (!reasoning_fin_is_sure(c->reasoning->connection, server) || k == NO_OFFSET)
        return;
    if (k <= server->stamp.offset)
        add(c, " The request acknowledges nothing of the FIN (k <= c): the client had not received "
               "it when the request left.");
    else if (c->judgement->cause == CAUSE_REQUEST_AFTER_FIN)
        add(c, " The request acknowledges the FIN (k > c) and cannot have waited in its socket: "
               "the client sent it on a connection that it knew to be closed.");
    else
        add(c, " The request acknowledges the FIN (k > c), but may have waited in its socket since "
               "before the FIN came: that the client knew is not proved.");
}

static void add_lost_verdict(const Case *c)
{
    switch (c->judgement->cause) {
    case CAUSE_KEEPALIVE_RACE:
        add(c, " The two crossed on the way: a race that neither side could avoid.");
        break;
    case CAUSE_CONNECTION_FORGOTTEN:
        add(c, " A reset without acknowledgement that bears just the number which the request had "
               "acknowledged (k) is the answer of a machine that does not know the connection "
               "(RFC 9293 section 3.10.7.1); no close had been seen before.");
        break;
    case CAUSE_CLOSED_DURING_REQUEST:
        add(c, " The server closed while the request was coming in.");
        break;
    case CAUSE_CLOSED_UNANSWERED:
        add(c, " The server had the request and closed without an answer.");
        break;
    default:
        break;
    }
}

static const char *no_response_words(const Case *c, const Exchange *exchange)
{
    return responses_are_known(c, exchange) ? "got no byte of response"
                                            : "has no response that could be found";
}

static void why_lost(const Case *c)
{
    if (!reasoning_can_compare(c->request, c->ending)) {
        add(c, "A later request was lost.");
        return;
    }
    story_say(c->text, "Request %u (", c->request->number);
    add_frame(c, c->request->request.first.frame);
    story_say(c->text, ") %s. ", no_response_words(c, c->request));
    const Closing *server = &c->ending->server;
    add_close(c, "The server's", close_words(server->how, server->by_session), &server->stamp,
              server->latest_only);
    add(c, " ");
    add_received(c);
    add(c, ".");
    add_knowledge(c);
    add_lost_verdict(c);
    add(c, " Numbers: ");
    reasoning_add_numbers(c->text, c->request, c->ending);
    add(c, ".");
}

static void why_gave_up(const Case *c)
{
    if (c->request) {
        story_say(c->text, "Request %u (", c->request->number);
        add_frame(c, c->request->request.first.frame);
        story_say(c->text, ") %s when the client itself ended the connection: ",
                  responses_are_known(c, c->request) ? "had got no byte of response"
                                                     : "had no response that could be found");
    }
    add_end(c);
    add(c, " was the first.");
}

static void why_undelivered(const Case *c)
{
    add(c,
        "The server sent its response again and again without an acknowledgement, and gave up. ");
    add_end(c);
    add(c, " is no decision of the program.");
}

static void why_missing(const Case *c)
{
    static const char *const words[] = {
        "bytes that the capture lacks could have changed it",
        "what the snap length cut off could have changed it",
        "what came before the capture began could have changed it",
        "only one direction is in the capture, and the other could have changed it",
        "what was given up at a bound of this program could have changed it",
        "the idle time is known as an interval only, within which the threshold lies",
        "bytes that could not be read as HTTP/1 could have changed it",
        "the clock of the capture does not tell how long it took",
        "the end of the encrypted stream is not proved, and it could have changed it",
        "the capture ends before the matter was decided",
        "what is encrypted could have changed it",
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(words) == CAUSE_ENCRYPTED - CAUSE_LOSS + 1);
    unsigned cause = c->judgement->cause - CAUSE_LOSS;
    story_say(c->text, "The verdict stays open: %s.", words[cause]);
    if (c->judgement->cause != CAUSE_SEND_BACKLOG || !c->judgement->ended)
        return;
    add(c, " ");
    add_end(c);
    add(c, " came ");
    add_idle(c);
    add(c, ".");
}

static void why_switched(const Case *c)
{
    add(c, c->judgement->declaration.declared == DECLARED_UPGRADE
               ? "With the 101 the connection passed to another protocol"
               : "With the 2xx to CONNECT the connection became a tunnel");
    add(c, "; HTTP/1 ends there.");
}

/* The first request that got no answer, from this one on. */
static const Exchange *lost_request(const Reasoning *reasoning, const ExchangeRow *row)
{
    for (size_t i = 0; i < reasoning->count; i++) {
        const Exchange *exchange = &reasoning->exchanges[i].exchange;
        if (exchange->number >= row->exchange.number && exchange->request.begun &&
            !exchange->answered)
            return exchange;
    }
    return NULL;
}

/* What no exchange of HTTP/1 has for a cause. */
static void why_stream(const Case *c)
{
    stream_reasoning_add_why(c->text, c->reasoning, c->row);
}

/* The function that explains a cause. */
static void (*const WHY[])(const Case *c) = {
    [CAUSE_NONE] = NULL,
    [CAUSE_LOSS] = why_missing,
    [CAUSE_SNAPLEN] = why_missing,
    [CAUSE_MIDSTREAM] = why_missing,
    [CAUSE_ONE_DIRECTION] = why_missing,
    [CAUSE_LIMIT] = why_missing,
    [CAUSE_SEND_BACKLOG] = why_missing,
    [CAUSE_MALFORMED] = why_missing,
    [CAUSE_CLOCK] = why_missing,
    [CAUSE_NO_CLOSE_NOTIFY] = why_missing,
    [CAUSE_CAPTURE_ENDED] = why_missing,
    [CAUSE_ENCRYPTED] = why_missing,
    [CAUSE_SWITCHED] = why_switched,
    [CAUSE_ABORTED] = why_aborted,
    [CAUSE_CLIENT_ABORTED] = why_aborted,
    [CAUSE_CLIENT_GAVE_UP] = why_gave_up,
    [CAUSE_REFUSED] = why_stream,
    [CAUSE_REJECTED] = why_stream,
    [CAUSE_UNDELIVERED] = why_undelivered,
    [CAUSE_CONNECTION_FORGOTTEN] = why_lost,
    [CAUSE_REQUEST_AFTER_FIN] = why_lost,
    [CAUSE_KEEPALIVE_RACE] = why_lost,
    [CAUSE_CLOSED_DURING_REQUEST] = why_lost,
    [CAUSE_CLOSED_UNANSWERED] = why_lost,
    [CAUSE_REUSED] = why_reused,
    [CAUSE_CLIENT_FINISHED] = why_client_finished,
    [CAUSE_OBLIGED] = why_obliged,
    [CAUSE_MAX_REACHED] = why_max_reached,
    [CAUSE_IDLE_TIMEOUT] = why_closed_by_server,
    [CAUSE_CLOSED_BEFORE_TIMEOUT] = why_closed_by_server,
    [CAUSE_UNDECLARED_CLOSE] = why_closed_by_server,
    [CAUSE_HELD_OPEN] = why_open,
    [CAUSE_REUSED_AFTER_CLOSE] = why_reused,
    [CAUSE_REUSED_AFTER_GOAWAY] = why_stream,
    [CAUSE_CLOSED] = why_closed_as_said,
    [CAUSE_CLOSED_LATE] = why_closed_as_said,
    [CAUSE_LEFT_OPEN] = why_open,
};
G_STATIC_ASSERT(G_N_ELEMENTS(WHY) == CAUSE_COUNT);

/* The exchange whose judgement a request without answer shares (judgement.md §4). */
static const ExchangeRow *relied_on(const Reasoning *reasoning, const ExchangeRow *row)
{
    const ExchangeRow *found = NULL;
    for (size_t i = 0; i < reasoning->count; i++) {
        const Exchange *exchange = &reasoning->exchanges[i].exchange;
        if (exchange->number >= row->exchange.number)
            break;
        if (exchange->answered && !exchange->unsolicited)
            found = &reasoning->exchanges[i];
    }
    for (size_t i = 0; !found && i < reasoning->count; i++)
        if (reasoning->exchanges[i].exchange.number < row->exchange.number &&
            !reasoning->exchanges[i].exchange.answered)
            found = &reasoning->exchanges[i];
    return found;
}

void reasoning_add_why(StoryText *text, const Reasoning *reasoning, const ExchangeRow *row)
{
    bool is_stream = row->exchange.kind == EXCHANGE_HTTP2;
    if (is_stream && stream_reasoning_add_why(text, reasoning, row))
        return;
    const ExchangeRow *basis =
        row->exchange.answered || is_stream ? NULL : relied_on(reasoning, row);
    Case c = { .text = text,
               .reasoning = reasoning,
               .row = row,
               .exchange = &row->exchange,
               .request = lost_request(reasoning, row),
               .judgement = &row->judgement,
               .ending = &reasoning->connection->ending };
    if (basis)
        story_say(text,
                  "This request %s; it relied on what exchange %u declared and is judged with it.",
                  no_response_words(&c, c.exchange), basis->exchange.number);
    else if (WHY[c.judgement->cause])
        WHY[c.judgement->cause](&c);
}

/* Messages and completeness -------------------------------------------------------------------- */

/* The end of the field line that begins here; NULL: it is the last. A backslash that was sent is
 * escaped, so it never stands for a line's end. */
static const char *line_end(const char *value)
{
    for (const char *at = value; *at; at += text_unit_length(at))
        if (g_str_has_prefix(at, FIELD_LINE_END))
            return at;
    return NULL;
}

void reasoning_add_field(StoryText *text, const char *before, const char *name, const char *value)
{
    if (!*value)
        return;
    for (const char *end; value; value = end ? end + strlen(FIELD_LINE_END) : NULL) {
        end = line_end(value);
        int length = (int)(end ? (size_t)(end - value) : strlen(value));
        if (before)
            story_add(text, before);
        else
            story_add_line(text, true);
        story_say(text, "%s:%s%.*s", name, length ? " " : "", length, value);
    }
}

void reasoning_add_message(StoryText *text, const Exchange *exchange, bool is_response)
{
    const MessageFacts *message = is_response ? &exchange->response : &exchange->request;
    const char *version = message_version_text(message);
    if (!message->begun) {
        story_add(text, "its head was not found");
        return;
    }
    if (!message->has_head && message->version != HTTP_0_9) {
        story_add(text, "its head is not whole");
        return;
    }
    story_add(text, *version ? version : "no version");
    const char *connection =
        exchange_text(exchange, is_response ? TEXT_RESPONSE_CONNECTION : TEXT_REQUEST_CONNECTION);
    reasoning_add_field(text, ", ", "Connection", connection);
    reasoning_add_field(
        text, ", ", "Keep-Alive",
        exchange_text(exchange, is_response ? TEXT_RESPONSE_KEEP_ALIVE : TEXT_REQUEST_KEEP_ALIVE));
    bool cut = message->notes & HEAD_INCOMPLETE;
    if (!*connection && !cut)
        story_add(text, ", no Connection field");
    if (cut)
        story_add(text, ", the rest of its head is not in the capture");
    if (is_response && message->framing.kind == BODY_UNTIL_CLOSE)
        story_add(text, ", a body that ends only with the connection");
}

void reasoning_add_completeness(StoryText *text, ReasonSet reasons)
{
    static const char *const words[] = {
        "packets that were exchanged are not in it",
        "the snap length cut packets",
        "it begins within the connection",
        "only one direction was captured",
        "a bound of this program made it give up a part",
        "what waited in the server's socket cannot be seen",
        "some bytes are no HTTP/1",
        "its clock does not tell how long something took",
        "the end of the encrypted stream is not proved",
        "it ends while the matter is open",
        "a part is encrypted",
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(words) == REASON_COUNT);
    if (!reasons)
        story_add(text, "complete: nothing that this rests on is missing");
    for (unsigned bit = 0, count = 0; bit < REASON_COUNT; bit++)
        if (reasons & (1u << bit))
            story_say(text, "%s%s (%s)", count++ ? "; " : "", words[bit],
                      reason_name((Reason)(1u << bit)));
}
