/* The judgement of exchanges: what the capture lacks, and what can be said nevertheless. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>

#include "http1/framing.h"
#include "http1/head.h"
#include "judge/judge.h"

#define S(seconds) ((Nanoseconds)(seconds)*NS_PER_SECOND)
#define MS(milliseconds) ((Nanoseconds)(milliseconds)*NS_PER_MS)
#define BEGIN S(1700000000)

#define REQUEST_BYTES 100
#define RESPONSE_BYTES 200
#define EXCHANGES_MAX 6

/* A connection as the stages before would hand it over. */
typedef struct Scene {
    Thresholds thresholds;
    Connection connection;
    ConversationFacts facts;
    Ending ending;
    Nanoseconds clock_end;
    Exchange exchange[EXCHANGES_MAX];
    unsigned settled, count; /* how many of them are settled; these come first */
    Judge judge;
    Judgement judgement[EXCHANGES_MAX];
} Scene;

/* Request n goes out n - 1 seconds after the begin, response ends 20 ms later; frames n0 to n3. */
static Exchange make_exchange(unsigned number)
{
    Nanoseconds time = BEGIN + S(number - 1);
    int64_t offset = (int64_t)(number - 1) * REQUEST_BYTES;
    int64_t peer = (int64_t)(number - 1) * RESPONSE_BYTES;
    Exchange exchange = { .number = number,
                          .method = METHOD_OTHER,
                          .status = 200,
                          .answered = true,
                          .sending.quiet_acked = NO_OFFSET,
                          .burst_start = time + MS(10) };
    MessageFacts message = { .begun = true,
                             .has_head = true,
                             .complete = true,
                             .version = HTTP_1_1,
                             .minor = 1,
                             .keep_alive = { .timeout = -1, .max = -1 } };
    exchange.request = exchange.response = message;
    exchange.response.framing.kind = BODY_LENGTH;
    exchange.request.first = (Stamp){ .frame = frame_id(1, number * 10),
                                      .time = time,
                                      .offset = offset,
                                      .acked = peer,
                                      .acked_before = NO_OFFSET };
    exchange.request.last = exchange.request.first;
    exchange.request.last.offset += REQUEST_BYTES - 1;
    exchange.response.first = (Stamp){ .frame = frame_id(1, number * 10 + 1),
                                       .time = time + MS(10),
                                       .offset = peer,
                                       .acked = offset + REQUEST_BYTES,
                                       .acked_before = NO_OFFSET };
    exchange.response.last = exchange.response.first;
    exchange.response.last.frame = frame_id(1, number * 10 + 3);
    exchange.response.last.time = time + MS(20);
    exchange.response.last.offset += RESPONSE_BYTES - 1;
    exchange.response.last_place = RESPONSE_BYTES - 1; /* no head: all of it is body */
    return exchange;
}

static void make_unanswered(Exchange *exchange)
{
    exchange->answered = false;
    exchange->status = 0;
    exchange->response = (MessageFacts){ 0 };
}

static void make_unsolicited(Exchange *exchange)
{
    exchange->unsolicited = true;
    exchange->method = METHOD_UNKNOWN;
    exchange->request = (MessageFacts){ 0 };
}

static void scene_open(Scene *scene, unsigned settled, unsigned count)
{
    *scene = (Scene){ .thresholds = THRESHOLDS_DEFAULT, .settled = settled, .count = count };
    scene->connection =
        (Connection){ .opener_known = true, .start = BEGIN, .end = CONNECTION_UNENDED };
    scene->connection.half[0].seen = scene->connection.half[1].seen = true;
    scene->connection.half[0].syn_seen = scene->connection.half[1].syn_seen = true;
    scene->facts = (ConversationFacts){ .exchanges = count, .server_gap_past = NO_OFFSET };
    scene->ending.possible = ENDER_NOBODY;
    for (unsigned i = 0; i < count; i++)
        scene->exchange[i] = make_exchange(i + 1);
    for (unsigned i = 0; i + 1 < count; i++)
        scene->exchange[i].next_request = scene->exchange[i + 1].request.first;
    scene->clock_end = scene->exchange[count - 1].response.last.time;
    judge_init(&scene->judge);
}

/* The server closed after its last response. It had received nothing of what came after that. */
static void scene_close(Scene *scene, unsigned possible, EndHow how, Nanoseconds time)
{
    unsigned answered = 0;
    for (unsigned i = 0; i < scene->count; i++)
        answered += scene->exchange[i].answered && !scene->exchange[i].unsolicited;
    Stamp stamp = { .frame = frame_id(1, 90),
                    .time = time,
                    .offset = (int64_t)answered * RESPONSE_BYTES,
                    .acked = (int64_t)answered * REQUEST_BYTES,
                    .acked_before = NO_OFFSET };
    Closing closing = {
        .how = how, .stamp = stamp, .acked_least = stamp.acked, .acked_most = stamp.acked
    };
    scene->connection.half[1].acked = stamp.offset + 1;
    scene->connection.end = CONNECTION_FINAL;
    scene->ending.possible = possible;
    scene->ending.how = how;
    scene->ending.stamp = stamp;
    if (possible != ENDER_SERVER)
        scene->ending.client = closing;
    if (possible != ENDER_CLIENT)
        scene->ending.server = closing;
}

static void scene_judge(Scene *scene)
{
    JudgeContext context = { .thresholds = &scene->thresholds,
                             .connection = &scene->connection,
                             .facts = &scene->facts,
                             .clock_end = scene->clock_end };
    for (unsigned i = 0; i < scene->settled; i++) {
        scene->exchange[i].later_answered = true;
        scene->judgement[i] = judge_settled(&scene->judge, &context, &scene->exchange[i]);
    }
    judge_ended(&scene->judge, &context, &scene->ending, scene->exchange + scene->settled,
                scene->count - scene->settled, scene->judgement + scene->settled);
}

static void scene_clear(Scene *scene)
{
    judge_clear(&scene->judge);
    for (unsigned i = 0; i < scene->count; i++)
        exchange_clear(&scene->exchange[i]);
}

static void expect(const char *name, const Judgement *judgement, Declared declared, Actual actual,
                   Verdict verdict, Cause cause)
{
    ck_assert_msg(judgement->declaration.declared == declared, "%s: declared '%s'", name,
                  declared_name(judgement->declaration.declared));
    ck_assert_msg(judgement->verdict == verdict, "%s: %s (%s)", name,
                  verdict_name(judgement->verdict), cause_name(judgement->cause));
    ck_assert_msg(judgement->cause == cause, "%s: cause '%s'", name, cause_name(judgement->cause));
    ck_assert_msg(judgement->actual == actual, "%s: actual %s", name,
                  actual_name(judgement->actual));
}

/* Doubt ------------------------------------------------------------------------------------- */

typedef enum ResponseState { WHOLE, CUT, BROKEN, HEAD_BROKEN, NONE, INTERIM_ONLY } ResponseState;

/* A connection with one exchange, or with an answered one and a later request that was not
 * answered. */
typedef struct Row {
    const char *name;
    bool later_request;
    bool later_answered; /* it is settled by an answered one */
    bool no_request;     /* the response's is not in the capture */
    bool midstream;
    bool one_direction; /* the server's side is not in it */
    unsigned request_options, response_options;
    ResponseState response;
    bool until_close;
    ReasonSet broken_by; /* BROKEN, HEAD_BROKEN */
    ReasonSet client_hidden, server_hidden;
    unsigned ender; /* 0: open */
    EndHow how;
    Nanoseconds idle;  /* to the end */
    Nanoseconds burst; /* how long before the last byte the last burst began */
    bool latest_only, segment_missing;
    ReasonSet ending_reasons;
    ConnectionEnd end; /* CONNECTION_OPEN: as the ender says */
    Declared declared;
    Actual actual;
    Verdict verdict;
    Cause cause;
    ReasonSet completeness;
} Row;

#define FIN_OF(enders, after) .ender = (enders), .how = END_HOW_FIN, .idle = (after)
#define RST_OF(enders, after) .ender = (enders), .how = END_HOW_RST, .idle = (after)

/* clang-format off */
static const Row ROWS[] = {
    { "everything is known", FIN_OF(ENDER_SERVER, S(5)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_IDLE_TIMEOUT },
    { "everything is known: too early", FIN_OF(ENDER_SERVER, MS(50)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_UNDECLARED_CLOSE },

    /* what the request declared */
    { "its request is hidden, reused: it may have said close", .no_request = true,
      .midstream = true, .later_answered = true,
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_REUSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_MIDSTREAM, .completeness = REASON_MIDSTREAM },
    { "its request is hidden, the response's close stands, reused", .no_request = true,
      .midstream = true, .later_answered = true, .response_options = OPTION_CLOSE,
      .declared = DECLARED_CLOSE, .actual = ACTUAL_REUSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_REUSED_AFTER_CLOSE, .completeness = REASON_MIDSTREAM },
    { "mid-stream, closed by the client: either way as declared", .no_request = true,
      .midstream = true, FIN_OF(ENDER_CLIENT, 0),
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_FINISHED, .completeness = REASON_MIDSTREAM },
    { "mid-stream, closed by the server after long: either way as declared", .no_request = true,
      .midstream = true, FIN_OF(ENDER_SERVER, S(10)),
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_IDLE_TIMEOUT, .completeness = REASON_MIDSTREAM },
    { "mid-stream, closed by the server at once", .no_request = true, .midstream = true,
      FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_MIDSTREAM, .completeness = REASON_MIDSTREAM },
    { "mid-stream, closed by the server at once, the response said close", .no_request = true,
      .midstream = true, .response_options = OPTION_CLOSE, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLOSED, .completeness = REASON_MIDSTREAM },

    /* whether the response was complete */
    { "a gap in the response, the client ends: either way as declared", .response = BROKEN,
      .broken_by = REASON_LOSS, FIN_OF(ENDER_CLIENT, S(1)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_FINISHED, .completeness = REASON_LOSS },
    { "a gap in the response, the server ends after long", .response = BROKEN,
      .broken_by = REASON_SNAPLEN, FIN_OF(ENDER_SERVER, S(10)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_SNAPLEN, .completeness = REASON_SNAPLEN },
    { "a gap in the response, the server ends at once: either way contradicted",
      .response = BROKEN, .broken_by = REASON_LOSS, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_UNDECLARED_CLOSE, .completeness = REASON_LOSS },
    { "a gap in the response, which said close, the server ends", .response = BROKEN,
      .broken_by = REASON_LOSS, .response_options = OPTION_CLOSE, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "a gap in the response, reused", .response = BROKEN, .broken_by = REASON_LOSS,
      .later_answered = true,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_REUSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_REUSED, .completeness = REASON_LOSS },
    { "a gap in the response's head, reused: it may have said close", .response = HEAD_BROKEN,
      .broken_by = REASON_SNAPLEN, .later_answered = true,
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_REUSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_SNAPLEN, .completeness = REASON_SNAPLEN },
    { "a gap in the response's head, the request said close", .response = HEAD_BROKEN,
      .broken_by = REASON_SNAPLEN, .request_options = OPTION_CLOSE, .later_answered = true,
      .declared = DECLARED_CLOSE, .actual = ACTUAL_REUSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_REUSED_AFTER_CLOSE, .completeness = REASON_SNAPLEN },
    { "cut short by the client", .response = CUT, FIN_OF(ENDER_CLIENT, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_ABORTED },
    { "cut short by the server", .response = CUT, RST_OF(ENDER_SERVER, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_ABORTED },
    { "only a 1xx came, the server ends", .response = INTERIM_ONLY, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_ABORTED },
    { "only a 1xx came, the client ends", .response = INTERIM_ONLY, FIN_OF(ENDER_CLIENT, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_ABORTED },
    { "ended by the connection: complete however that ended", .until_close = true,
      RST_OF(ENDER_SERVER, S(9)),
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLOSED },

    /* whether a later request was sent or answered */
    { "a later request may be hidden, the server ends after long", .client_hidden = REASON_LOSS,
      FIN_OF(ENDER_SERVER, S(10)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "a later request may be hidden, the client ends: either way as declared",
      .client_hidden = REASON_LOSS, FIN_OF(ENDER_CLIENT, S(10)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_FINISHED },
    { "a later request may be hidden, the server ends at once: either way contradicted",
      .client_hidden = REASON_SNAPLEN, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_UNDECLARED_CLOSE },
    { "a later exchange may be hidden, the server ends at once", .client_hidden = REASON_LOSS,
      .server_hidden = REASON_LOSS, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "close, a later exchange may be hidden", .request_options = OPTION_CLOSE,
      .client_hidden = REASON_LOSS, .server_hidden = REASON_LOSS, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_CLOSE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "close, a later request may be hidden: no matter", .request_options = OPTION_CLOSE,
      .client_hidden = REASON_LOSS, FIN_OF(ENDER_SERVER, 0),
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLOSED },
    { "a later request, lost", .later_request = true, FIN_OF(ENDER_SERVER, S(5)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_REQUEST_LOST,
      .verdict = VERDICT_CONTRADICTED, .cause = CAUSE_KEEPALIVE_RACE },
    { "a later request, whose answer may be hidden", .later_request = true,
      .server_hidden = REASON_LOSS, FIN_OF(ENDER_SERVER, S(5)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "a later request, given up", .later_request = true, FIN_OF(ENDER_CLIENT, S(5)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_REQUEST_LOST,
      .verdict = VERDICT_AS_DECLARED, .cause = CAUSE_CLIENT_GAVE_UP },
    { "a later request, both at once", .later_request = true, FIN_OF(ENDER_BOTH, S(5)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_REQUEST_LOST,
      .verdict = VERDICT_CONTRADICTED, .cause = CAUSE_KEEPALIVE_RACE },
    { "a later request, under way", .later_request = true,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_OPEN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_CAPTURE_ENDED, .completeness = REASON_CAPTURE_ENDED },

    /* who ended it */
    { "the client or both at once: either way as declared",
      FIN_OF(ENDER_CLIENT | ENDER_BOTH, 0), .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLIENT_FINISHED, .completeness = REASON_LOSS },
    { "the client or both at once, inside the response", .response = CUT,
      FIN_OF(ENDER_CLIENT | ENDER_BOTH, 0), .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "the server or both at once, at once", FIN_OF(ENDER_SERVER | ENDER_BOTH, 0),
      .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "the server or both at once, after long", FIN_OF(ENDER_SERVER | ENDER_BOTH, S(10)),
      .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_IDLE_TIMEOUT, .completeness = REASON_LOSS },
    { "anybody, after a declared close", .request_options = OPTION_CLOSE,
      FIN_OF(ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH, 0), .ending_reasons = REASON_LOSS,
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLOSED, .completeness = REASON_LOSS },
    { "a bare RST that answers a lost segment, after long", RST_OF(ENDER_SERVER, S(10)),
      .segment_missing = true, .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "the same after a declared close", RST_OF(ENDER_SERVER, S(1)), .segment_missing = true,
      .response_options = OPTION_CLOSE, .ending_reasons = REASON_LOSS,
      .declared = DECLARED_CLOSE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_CLOSED, .completeness = REASON_LOSS },
    { "given up at a bound", .end = CONNECTION_EVICTED,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LIMIT, .completeness = REASON_LIMIT },
    { "given up behind the server's FIN: a request may have crossed it", .end = CONNECTION_EVICTED,
      FIN_OF(ENDER_SERVER, S(10)),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LIMIT, .completeness = REASON_LIMIT },
    { "torn from what followed", .end = CONNECTION_TORN,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "replaced by a new connection", .end = CONNECTION_REPLACED,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "only the client's side", .one_direction = true, .response = NONE,
      .server_hidden = REASON_ONE_DIRECTION,
      FIN_OF(ENDER_CLIENT | ENDER_SERVER | ENDER_BOTH, S(9)),
      .ending_reasons = REASON_ONE_DIRECTION,
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_UNKNOWN, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_ONE_DIRECTION, .completeness = REASON_ONE_DIRECTION },

    /* when */
    { "a lost FIN, its latest time is too early", FIN_OF(ENDER_SERVER, MS(900)),
      .latest_only = true, .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_UNDECLARED_CLOSE, .completeness = REASON_LOSS },
    { "a lost FIN, its latest time would be long enough", FIN_OF(ENDER_SERVER, S(10)),
      .latest_only = true, .ending_reasons = REASON_LOSS,
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LOSS, .completeness = REASON_LOSS },
    { "too early as seen, long enough since its burst", FIN_OF(ENDER_SERVER, MS(900)),
      .burst = MS(200),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_SEND_BACKLOG, .completeness = REASON_SEND_BACKLOG },
    { "too early since its burst, by a nanosecond", FIN_OF(ENDER_SERVER, MS(900)),
      .burst = MS(100),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_CONTRADICTED,
      .cause = CAUSE_UNDECLARED_CLOSE },
    { "long enough as seen, however long it was sent", FIN_OF(ENDER_SERVER, S(1) + 1),
      .burst = S(60),
      .declared = DECLARED_KEEP_ALIVE, .actual = ACTUAL_CLOSED, .verdict = VERDICT_AS_DECLARED,
      .cause = CAUSE_IDLE_TIMEOUT },

    /* several things are missing: only what changes the verdict is its cause */
    { "the request is hidden and the response has a gap: the gap decides", .no_request = true,
      .midstream = true, .response = BROKEN, .broken_by = REASON_LIMIT,
      FIN_OF(ENDER_SERVER, S(10)),
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_LIMIT, .completeness = REASON_MIDSTREAM | REASON_LIMIT },
    { "the reason of the first fact that changes the verdict", .no_request = true,
      .midstream = true,
      FIN_OF(ENDER_SERVER | ENDER_BOTH, 0), .ending_reasons = REASON_LOSS,
      .declared = DECLARED_UNKNOWN, .actual = ACTUAL_CLOSED, .verdict = VERDICT_UNDETERMINED,
      .cause = CAUSE_MIDSTREAM, .completeness = REASON_LOSS | REASON_MIDSTREAM },
};
/* clang-format on */

static void arrange_response(Scene *scene, const Row *row)
{
    Exchange *exchange = &scene->exchange[0];
    MessageFacts *response = &exchange->response;
    response->options = row->response_options;
    response->complete = row->response == WHOLE;
    if (row->until_close)
        response->framing.kind = BODY_UNTIL_CLOSE;
    if (row->response == BROKEN || row->response == HEAD_BROKEN) {
        response->broken = true;
        response->reasons = row->broken_by;
    }
    if (row->response == HEAD_BROKEN) {
        response->has_head = false;
        response->version = HTTP_UNKNOWN;
        exchange->status = 0;
    }
    if (row->response == INTERIM_ONLY) {
        *response = (MessageFacts){ 0 };
        exchange->status = 0;
        exchange->interim.status[0] = 102;
        exchange->interim.count = 1;
    }
    if (row->response == NONE)
        make_unanswered(exchange);
    if (row->burst)
        exchange->burst_start = response->last.time - row->burst;
}

static void arrange_end(Scene *scene, const Row *row)
{
    Nanoseconds end = BEGIN + MS(20) + row->idle;
    if (row->ender)
        scene_close(scene, row->ender, row->how, end);
    if (row->end != CONNECTION_OPEN)
        scene->connection.end = row->end;
    scene->ending.latest_only = scene->ending.server.latest_only = row->latest_only;
    scene->ending.segment_missing = row->segment_missing;
    scene->ending.reasons = row->ending_reasons;
}

static void arrange(Scene *scene, const Row *row)
{
    scene_open(scene, row->later_answered ? 1 : 0,
               row->later_request || row->later_answered ? 2 : 1);
    if (row->later_request)
        make_unanswered(&scene->exchange[1]);
    Exchange *exchange = &scene->exchange[0];
    exchange->request.options = row->request_options;
    if (row->no_request) {
        exchange->request = (MessageFacts){ 0 };
        exchange->request_hidden = true;
        exchange->method = METHOD_UNKNOWN;
    }
    arrange_response(scene, row);
    scene->connection.opener_known = !row->midstream;
    scene->connection.half[1].seen = !row->one_direction;
    scene->facts.client_hidden = row->client_hidden;
    scene->facts.server_hidden = row->server_hidden;
    arrange_end(scene, row);
}

START_TEST(test_doubt)
{
    const Row *row = &ROWS[_i];
    Scene scene;
    arrange(&scene, row);
    scene_judge(&scene);
    const Judgement *judgement = &scene.judgement[0];
    expect(row->name, judgement, row->declared, row->actual, row->verdict, row->cause);
    ck_assert_msg(judgement->completeness == row->completeness, "%s: completeness %x", row->name,
                  judgement->completeness);
    scene_clear(&scene);
}
END_TEST

/* What keep-alive statements mean ----------------------------------------------------------- */

typedef struct Statement {
    bool unlisted; /* Keep-Alive is there, but Connection does not list it */
    bool present;
    int64_t timeout, max; /* -1: not stated */
} Statement;

typedef struct StatementRow {
    const char *name;
    unsigned count;                     /* exchanges, all answered */
    Statement by_server[4];             /* by exchange */
    Statement by_client;                /* in every request */
    Nanoseconds idle;                   /* then the server closes */
    int64_t stated_timeout, stated_max; /* at the last exchange */
    Verdict verdict;                    /* of the last exchange */
    Cause cause;
} StatementRow;

#define TIMEOUT(seconds)                                                                           \
    {                                                                                              \
        false, true, (seconds), -1                                                                 \
    }
#define MAX_OF(requests)                                                                           \
    {                                                                                              \
        false, true, -1, (requests)                                                                \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        false, false, -1, -1                                                                       \
    }

/* clang-format off */
static const StatementRow STATEMENTS[] = {
    { "nothing stated", 1, { NOTHING }, NOTHING, S(3), -1, -1,
      VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a timeout, kept", 1, { TIMEOUT(5) }, NOTHING, S(5), 5, -1,
      VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a timeout, kept within the tolerance", 1, { TIMEOUT(5) }, NOTHING, S(4), 5, -1,
      VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a timeout, broken", 1, { TIMEOUT(5) }, NOTHING, S(4) - 1 - MS(10), 5, -1,
      VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "a timeout that no Connection option backs", 1, { { true, true, 60, -1 } }, NOTHING, S(3),
      -1, -1, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a timeout stated before is still in force", 2, { TIMEOUT(60), NOTHING }, NOTHING, S(10),
      60, -1, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "the latest is in force, a longer one", 2, { TIMEOUT(5), TIMEOUT(60) }, NOTHING, S(10),
      60, -1, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },
    { "the latest is in force, a shorter one", 2, { TIMEOUT(60), TIMEOUT(5) }, NOTHING, S(10),
      5, -1, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a later one that does not count changes nothing", 2, { TIMEOUT(5), { true, true, 60, -1 } },
      NOTHING, S(10), 5, -1, VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a client's timeout binds no server", 1, { NOTHING }, TIMEOUT(115), S(3), -1, -1,
      VERDICT_AS_DECLARED, CAUSE_IDLE_TIMEOUT },
    { "a timeout too large for the clock", 1, { TIMEOUT(INT64_MAX) }, NOTHING, S(3),
      INT64_MAX, -1, VERDICT_CONTRADICTED, CAUSE_CLOSED_BEFORE_TIMEOUT },

    { "max 1, the next exchange uses it up", 2, { MAX_OF(1), NOTHING }, NOTHING, 0, -1, 1,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "max 2, one after it does not use it up", 2, { MAX_OF(2), NOTHING }, NOTHING, 0, -1, 2,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "max 2, two after it do", 3, { MAX_OF(2), NOTHING, NOTHING }, NOTHING, 0, -1, 2,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "max 3, stated once: the third exchange is only the second after it", 3,
      { MAX_OF(3), NOTHING, NOTHING }, NOTHING, 0, -1, 3,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "counted down to 1", 2, { MAX_OF(2), MAX_OF(1) }, NOTHING, 0, -1, 1,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "counted down to 0", 3, { MAX_OF(2), MAX_OF(1), MAX_OF(0) }, NOTHING, 0, -1, 0,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "counted down to 1, then one more", 3, { MAX_OF(2), MAX_OF(1), NOTHING }, NOTHING, 0, -1, 1,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "the same max 2 in both: two in all", 2, { MAX_OF(2), MAX_OF(2) }, NOTHING, 0, -1, 2,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "the same max 3 in both: one is left", 2, { MAX_OF(3), MAX_OF(3) }, NOTHING, 0, -1, 3,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "the same max 3, not in all", 3, { MAX_OF(3), NOTHING, MAX_OF(3) }, NOTHING, 0, -1, 3,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "max 1 in the only response", 1, { MAX_OF(1) }, NOTHING, 0, -1, 1,
      VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "max 0", 1, { MAX_OF(0) }, NOTHING, 0, -1, 0, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
    { "a max that no Connection option backs", 1, { { true, true, -1, 0 } }, NOTHING, 0, -1, -1,
      VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    { "timeout and max: used up before the timeout", 1, { { false, true, 60, 0 } }, NOTHING, 0,
      60, 0, VERDICT_AS_DECLARED, CAUSE_MAX_REACHED },
};
/* clang-format on */

static void state(MessageFacts *message, const Statement *statement)
{
    if (!statement->present)
        return;
    message->keep_alive =
        (KeepAlive){ .present = true, .timeout = statement->timeout, .max = statement->max };
    if (!statement->unlisted)
        message->options |= OPTION_KEEP_ALIVE;
}

START_TEST(test_statements)
{
    const StatementRow *row = &STATEMENTS[_i];
    Scene scene;
    scene_open(&scene, row->count - 1, row->count);
    for (unsigned i = 0; i < row->count; i++) {
        state(&scene.exchange[i].request, &row->by_client);
        state(&scene.exchange[i].response, &row->by_server[i]);
    }
    const Judgement *last = &scene.judgement[row->count - 1];
    Nanoseconds end = scene.exchange[row->count - 1].response.last.time + row->idle;
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, end);
    scene_judge(&scene);
    expect(row->name, last, DECLARED_KEEP_ALIVE, ACTUAL_CLOSED, row->verdict, row->cause);
    ck_assert_msg(last->stated_timeout == row->stated_timeout, "%s: timeout", row->name);
    ck_assert_msg(last->stated_max == row->stated_max, "%s: max", row->name);
    scene_clear(&scene);
}
END_TEST

/* A later statement is not in force yet. */
START_TEST(test_statement_in_force_at_its_exchange)
{
    Scene scene;
    scene_open(&scene, 1, 2);
    const Statement first = TIMEOUT(5), second = { false, true, 60, 7 };
    state(&scene.exchange[0].response, &first);
    state(&scene.exchange[1].response, &second);
    scene_judge(&scene);
    ck_assert_int_eq(scene.judgement[0].stated_timeout, 5);
    ck_assert_int_eq(scene.judgement[0].stated_max, -1);
    ck_assert_int_eq(scene.judgement[1].stated_timeout, 60);
    ck_assert_int_eq(scene.judgement[1].stated_max, 7);
    scene_clear(&scene);
}
END_TEST

/* Requests that nobody answered ------------------------------------------------------------- */

typedef enum Kind { ANSWERED, UNANSWERED, UNSOLICITED, SAYS_CLOSE, LOST_HEAD_SAYS_CLOSE } Kind;

typedef struct UnansweredRow {
    const char *name;
    unsigned settled, count;
    Kind kinds[4];
    unsigned ender;     /* 0: open */
    unsigned looked_at; /* index */
    Declared declared;
    Actual actual;
    Verdict verdict;
    Cause cause;
} UnansweredRow;

/* clang-format off */
static const UnansweredRow UNANSWERED_ROWS[] = {
    { "the lost one shares the judgement of the answered one", 0, 2, { ANSWERED, UNANSWERED },
      ENDER_SERVER, 1, DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_CONTRADICTED,
      CAUSE_KEEPALIVE_RACE },
    { "several are judged alike", 0, 4, { ANSWERED, UNANSWERED, UNANSWERED, UNANSWERED },
      ENDER_SERVER, 3, DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_CONTRADICTED,
      CAUSE_KEEPALIVE_RACE },
    { "the last answered one counts, not the first", 1, 3, { ANSWERED, SAYS_CLOSE, UNANSWERED },
      ENDER_SERVER, 2, DECLARED_CLOSE, ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "given up", 0, 2, { ANSWERED, UNANSWERED }, ENDER_CLIENT, 1, DECLARED_KEEP_ALIVE,
      ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "sent after a declared close", 0, 2, { SAYS_CLOSE, UNANSWERED }, ENDER_SERVER, 1,
      DECLARED_CLOSE, ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "under way when the capture ends", 0, 2, { ANSWERED, UNANSWERED }, 0, 1,
      DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "an unsolicited response before it does not count", 0, 3,
      { ANSWERED, UNSOLICITED, UNANSWERED }, ENDER_SERVER, 2, DECLARED_KEEP_ALIVE,
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "an unsolicited response behind it does not count", 0, 3,
      { ANSWERED, UNANSWERED, UNSOLICITED }, ENDER_SERVER, 1, DECLARED_KEEP_ALIVE,
      ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "an unsolicited response answers no later request", 0, 3,
      { ANSWERED, UNANSWERED, UNSOLICITED }, ENDER_SERVER, 0, DECLARED_KEEP_ALIVE,
      ACTUAL_REQUEST_LOST, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "one whose request is not in the capture counts", 0, 2,
      { LOST_HEAD_SAYS_CLOSE, UNANSWERED }, ENDER_SERVER, 1, DECLARED_CLOSE, ACTUAL_UNANSWERED,
      VERDICT_AS_DECLARED, CAUSE_CLOSED },
    { "the first request, ended by the server", 0, 1, { UNANSWERED }, ENDER_SERVER, 0,
      DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_ABORTED },
    { "the first request, ended by the client", 0, 1, { UNANSWERED }, ENDER_CLIENT, 0,
      DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_AS_DECLARED, CAUSE_CLIENT_GAVE_UP },
    { "the first request, still open", 0, 1, { UNANSWERED }, 0, 0, DECLARED_KEEP_ALIVE,
      ACTUAL_UNANSWERED, VERDICT_UNDETERMINED, CAUSE_CAPTURE_ENDED },
    { "the second of two that nobody answered", 0, 2, { UNANSWERED, UNANSWERED }, ENDER_SERVER, 1,
      DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "only an unsolicited response before it", 0, 2, { UNSOLICITED, UNANSWERED }, ENDER_SERVER,
      1, DECLARED_KEEP_ALIVE, ACTUAL_UNANSWERED, VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE },
    { "an unsolicited response is judged by its own words", 0, 2, { ANSWERED, UNSOLICITED },
      ENDER_SERVER, 1, DECLARED_CLOSE, ACTUAL_CLOSED, VERDICT_AS_DECLARED, CAUSE_CLOSED },
};
/* clang-format on */

static void become(Exchange *exchange, Kind kind)
{
    if (kind == UNANSWERED)
        make_unanswered(exchange);
    if (kind == UNSOLICITED)
        make_unsolicited(exchange);
    if (kind == LOST_HEAD_SAYS_CLOSE) {
        exchange->request = (MessageFacts){ 0 };
        exchange->request_hidden = true;
    }
    if (kind == UNSOLICITED || kind == SAYS_CLOSE || kind == LOST_HEAD_SAYS_CLOSE)
        exchange->response.options = OPTION_CLOSE;
}

START_TEST(test_unanswered)
{
    const UnansweredRow *row = &UNANSWERED_ROWS[_i];
    Scene scene;
    scene_open(&scene, row->settled, row->count);
    for (unsigned i = 0; i < row->count; i++)
        become(&scene.exchange[i], row->kinds[i]);
    if (row->ender)
        scene_close(&scene, row->ender, END_HOW_FIN, BEGIN + S(row->count));
    scene_judge(&scene);
    expect(row->name, &scene.judgement[row->looked_at], row->declared, row->actual, row->verdict,
           row->cause);
    scene_clear(&scene);
}
END_TEST

/* Duties ------------------------------------------------------------------------------------ */

typedef struct DutyRow {
    const char *name;
    unsigned framing_notes; /* of the request */
    bool connect;
    bool request_unfinished;
    /* by the response's first segment; 0: all of the request; -1: not its last byte, and it has no
     * body */
    int64_t acked;
    Cause cause;
} DutyRow;

static const DutyRow DUTIES[] = {
    { "none", 0, false, false, 0, CAUSE_UNDECLARED_CLOSE },
    { "Content-Length beside Transfer-Encoding", FRAMING_LENGTH_AND_CODING, false, false, 0,
      CAUSE_OBLIGED },
    { "an invalid Content-Length", FRAMING_INVALID_LENGTH, false, false, 0, CAUSE_OBLIGED },
    { "Transfer-Encoding in HTTP/1.0", FRAMING_CODING_IN_1_0, false, false, 0, CAUSE_OBLIGED },
    { "a coding that is not chunked", FRAMING_CODING_NOT_CHUNKED, false, false, 0, CAUSE_OBLIGED },
    { "a length that is stated twice obliges to nothing", FRAMING_REPEATED_LENGTH, false, false, 0,
      CAUSE_UNDECLARED_CLOSE },
    { "a refused CONNECT", 0, true, false, 0, CAUSE_OBLIGED },
    { "a request that was never finished", 0, false, true, 0, CAUSE_OBLIGED },
    { "answered before its last byte came", 0, false, false, REQUEST_BYTES - 1, CAUSE_OBLIGED },
    { "the same of a request without a body", 0, false, false, -1, CAUSE_UNDECLARED_CLOSE },
    { "answered when its last byte had come", 0, false, false, REQUEST_BYTES,
      CAUSE_UNDECLARED_CLOSE },
};

static void arrange_duty(Scene *scene, const DutyRow *row, unsigned count)
{
    scene_open(scene, 0, count);
    Exchange *exchange = &scene->exchange[0];
    exchange->request.framing.notes = row->framing_notes;
    if (row->acked >= 0)
        exchange->request.framing =
            (BodyFraming){ .kind = BODY_LENGTH, .length = 10, .notes = row->framing_notes };
    exchange->request.complete = !row->request_unfinished;
    if (row->connect) {
        exchange->method = METHOD_CONNECT;
        exchange->status = 403;
    }
    if (row->acked)
        exchange->response.first.acked = row->acked > 0 ? row->acked : REQUEST_BYTES - 1;
}

START_TEST(test_duty)
{
    const DutyRow *row = &DUTIES[_i];
    Scene scene;
    arrange_duty(&scene, row, 1);
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + MS(20));
    scene_judge(&scene);
    Verdict verdict = row->cause == CAUSE_OBLIGED ? VERDICT_AS_DECLARED : VERDICT_CONTRADICTED;
    expect(row->name, &scene.judgement[0], DECLARED_KEEP_ALIVE, ACTUAL_CLOSED, verdict, row->cause);
    scene_clear(&scene);
}
END_TEST

/* Despite the duty to close, the connection was declared persistent, and the client relied on
 * that. */
START_TEST(test_duty_excuses_no_lost_request)
{
    Scene scene;
    arrange_duty(&scene, &DUTIES[_i], 2);
    make_unanswered(&scene.exchange[1]);
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + S(2));
    scene_judge(&scene);
    expect(DUTIES[_i].name, &scene.judgement[0], DECLARED_KEEP_ALIVE, ACTUAL_REQUEST_LOST,
           VERDICT_CONTRADICTED, CAUSE_KEEPALIVE_RACE);
    scene_clear(&scene);
}
END_TEST

/* Open -------------------------------------------------------------------------------------- */

typedef struct OpenRow {
    const char *name;
    unsigned options;       /* of the response */
    int64_t stated_timeout; /* -1: none */
    Nanoseconds witness;    /* after the response's last byte; -1: none */
    Nanoseconds clock;      /* the same */
    Verdict verdict;
    Cause cause;
} OpenRow;

static const OpenRow OPEN[] = {
    { "a witness just past prompt-close", 0, -1, S(1) + 1, S(2), VERDICT_AS_DECLARED,
      CAUSE_HELD_OPEN },
    { "a witness at prompt-close", 0, -1, S(1), S(2), VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "no witness, the clock ran on", 0, -1, -1, S(2), VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "no witness, the clock stopped", 0, -1, -1, MS(500), VERDICT_UNDETERMINED,
      CAUSE_CAPTURE_ENDED },
    { "a witness past prompt-close, short of the timeout", 0, 5, S(3), S(9), VERDICT_UNDETERMINED,
      CAUSE_HELD_OPEN },
    { "a witness at the timeout", 0, 5, S(5), S(9), VERDICT_UNDETERMINED, CAUSE_HELD_OPEN },
    { "a witness past the timeout", 0, 5, S(5) + 1, S(9), VERDICT_AS_DECLARED, CAUSE_HELD_OPEN },
    { "close, a witness past close-grace", OPTION_CLOSE, -1, S(5) + 1, S(9), VERDICT_CONTRADICTED,
      CAUSE_LEFT_OPEN },
    { "close, a witness at close-grace", OPTION_CLOSE, -1, S(5), S(9), VERDICT_UNDETERMINED,
      CAUSE_LEFT_OPEN },
    { "close, no witness, the clock ran on", OPTION_CLOSE, -1, -1, S(9), VERDICT_UNDETERMINED,
      CAUSE_LEFT_OPEN },
    { "close, no witness, the clock stopped", OPTION_CLOSE, -1, -1, S(4), VERDICT_UNDETERMINED,
      CAUSE_CAPTURE_ENDED },
};

START_TEST(test_open)
{
    const OpenRow *row = &OPEN[_i];
    Scene scene;
    scene_open(&scene, 0, 1);
    Exchange *exchange = &scene.exchange[0];
    const Statement statement = { false, row->stated_timeout >= 0, row->stated_timeout, -1 };
    exchange->response.options = row->options;
    state(&exchange->response, &statement);
    Half *server = &scene.connection.half[1];
    server->open_frame = exchange->response.last.frame; /* its own last segment */
    server->open_time = exchange->response.last.time;
    if (row->witness >= 0) {
        server->open_frame = frame_id(1, 80);
        server->open_time = exchange->response.last.time + row->witness;
    }
    scene.clock_end = exchange->response.last.time + row->clock;
    scene_judge(&scene);
    const Judgement *judgement = &scene.judgement[0];
    expect(row->name, judgement, row->options ? DECLARED_CLOSE : DECLARED_KEEP_ALIVE, ACTUAL_OPEN,
           row->verdict, row->cause);
    ck_assert(!judgement->ended);
    ck_assert_uint_eq(judgement->outcome_frame, 0);
    ck_assert_int_eq(judgement->after, -1);
    ck_assert_msg(!(judgement->completeness & REASON_CAPTURE_ENDED) ==
                      (row->verdict != VERDICT_UNDETERMINED),
                  "%s: completeness", row->name);
    scene_clear(&scene);
}
END_TEST

/* A head that its sender never finished is not there, but nothing in it is malformed. */
START_TEST(test_an_unfinished_head_is_not_malformed)
{
    static const unsigned enders[] = { ENDER_NOBODY, ENDER_CLIENT, ENDER_SERVER };
    Scene scene;
    scene_open(&scene, 0, 1);
    MessageFacts *request = &scene.exchange[0].request;
    *request = (MessageFacts){ .begun = true, .first = request->first, .last = request->last };
    make_unanswered(&scene.exchange[0]);
    if (enders[_i] != ENDER_NOBODY)
        scene_close(&scene, enders[_i], END_HOW_FIN, BEGIN + S(5));
    scene_judge(&scene);
    ck_assert_uint_eq(scene.judgement[0].completeness & REASON_MALFORMED, 0);
    scene_clear(&scene);
}
END_TEST

/* Columns ----------------------------------------------------------------------------------- */

START_TEST(test_outcome_of_a_reused_exchange)
{
    Scene scene;
    scene_open(&scene, 2, 3);
    scene.exchange[1].next_request.time = scene.exchange[1].response.last.time - 1; /* pipelined */
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + S(60));
    scene_judge(&scene);
    ck_assert_uint_eq(scene.judgement[0].outcome_frame, frame_id(1, 20));
    ck_assert_int_eq(scene.judgement[0].after, S(1) - MS(20));
    ck_assert_msg(!scene.judgement[0].ended, "its outcome is no end");
    ck_assert_uint_eq(scene.judgement[1].outcome_frame, frame_id(1, 30));
    ck_assert_msg(scene.judgement[1].after < 0, "the outcome came before");
    scene_clear(&scene);
}
END_TEST

START_TEST(test_outcome_of_a_closed_exchange)
{
    Scene scene;
    scene_open(&scene, 0, 1);
    scene_close(&scene, ENDER_CLIENT, END_HOW_RST, BEGIN + S(60));
    scene_judge(&scene);
    const Judgement *judgement = &scene.judgement[0];
    ck_assert_uint_eq(judgement->outcome_frame, frame_id(1, 90));
    ck_assert_int_eq(judgement->after, S(60) - MS(20));
    ck_assert(judgement->ended);
    ck_assert_uint_eq(judgement->ended_by, ENDER_CLIENT);
    ck_assert_int_eq(judgement->ended_how, END_HOW_RST);
    scene_clear(&scene);
}
END_TEST

/* A server that gives up on a record which nobody can read broke no promise that anybody can prove;
 * one that closes at once, with nothing unread, did. */
START_TEST(test_a_server_that_gives_up_on_a_record)
{
    static const struct {
        SessionClose close;
        ReasonSet hidden;
        Verdict verdict;
        Cause cause;
    } rows[] = {
        { SESSION_FAILED, REASON_MALFORMED, VERDICT_UNDETERMINED, CAUSE_MALFORMED },
        { SESSION_FAILED, 0, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
        { SESSION_CLOSED, 0, VERDICT_CONTRADICTED, CAUSE_UNDECLARED_CLOSE },
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Scene scene;
        scene_open(&scene, 0, 1);
        scene.facts.close[1] = (uint8_t)rows[i].close;
        scene.facts.client_hidden = rows[i].hidden;
        scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + MS(30));
        scene_judge(&scene);
        ck_assert_int_eq(scene.judgement[0].verdict, rows[i].verdict);
        ck_assert_int_eq(scene.judgement[0].cause, rows[i].cause);
        scene_clear(&scene);
    }
}
END_TEST

START_TEST(test_a_response_that_ends_with_the_connection)
{
    Scene scene;
    scene_open(&scene, 0, 1);
    scene.exchange[0].response.framing.kind = BODY_UNTIL_CLOSE;
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + S(60));
    scene_judge(&scene);
    ck_assert_int_eq(scene.judgement[0].after, 0);
    scene_clear(&scene);
}
END_TEST

START_TEST(test_outcome_of_a_lost_request)
{
    Scene scene;
    scene_open(&scene, 0, 2);
    make_unanswered(&scene.exchange[1]);
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + S(60));
    scene_judge(&scene);
    ck_assert_uint_eq(scene.judgement[0].outcome_frame, frame_id(1, 20));
    ck_assert_int_eq(scene.judgement[0].after, S(1) - MS(20));
    ck_assert_msg(scene.judgement[1].after < 0, "there is no response");
    scene_clear(&scene);
}
END_TEST

/* An option moves a threshold for exchanges too. */
START_TEST(test_thresholds)
{
    Scene scene;
    scene_open(&scene, 0, 1);
    scene.thresholds.prompt_close = S(20);
    scene_close(&scene, ENDER_SERVER, END_HOW_FIN, BEGIN + S(10));
    scene_judge(&scene);
    ck_assert_int_eq(scene.judgement[0].cause, CAUSE_UNDECLARED_CLOSE);
    scene_clear(&scene);
}
END_TEST

/* The connection ---------------------------------------------------------------------------- */

typedef struct DecisionRow {
    const char *name;
    unsigned settled, count;
    Kind kinds[5];
    unsigned hidden; /* index + 1 of an exchange whose request is not in the capture */
    unsigned ender;
    unsigned exchange; /* that decides */
    Verdict verdict;
} DecisionRow;

/* clang-format off */
static const DecisionRow DECISIONS[] = {
    { "all as declared: the last answered", 2, 3, { ANSWERED, ANSWERED, ANSWERED }, 0,
      ENDER_CLIENT, 3, VERDICT_AS_DECLARED },
    { "all as declared, the last not answered", 1, 3, { ANSWERED, ANSWERED, UNANSWERED }, 0,
      ENDER_CLIENT, 2, VERDICT_AS_DECLARED },
    { "all as declared, the last unsolicited", 1, 3, { ANSWERED, ANSWERED, UNSOLICITED }, 0,
      ENDER_CLIENT, 2, VERDICT_AS_DECLARED },
    { "none answered: the first", 0, 2, { UNANSWERED, UNANSWERED }, 0, ENDER_CLIENT, 1,
      VERDICT_AS_DECLARED },
    { "the first of two that are contradicted", 4, 5,
      { ANSWERED, SAYS_CLOSE, ANSWERED, SAYS_CLOSE, ANSWERED }, 0, ENDER_CLIENT, 2,
      VERDICT_CONTRADICTED },
    { "contradicted before undetermined, though it comes later", 3, 4,
      { ANSWERED, ANSWERED, SAYS_CLOSE, ANSWERED }, 1, ENDER_CLIENT, 3, VERDICT_CONTRADICTED },
    { "undetermined before as declared", 2, 3, { ANSWERED, ANSWERED, ANSWERED }, 2, ENDER_CLIENT,
      2, VERDICT_UNDETERMINED },
    { "the exchange that lost a request, not the request", 1, 4,
      { ANSWERED, ANSWERED, UNANSWERED, UNANSWERED }, 0, ENDER_SERVER, 2, VERDICT_CONTRADICTED },
};
/* clang-format on */

START_TEST(test_decision)
{
    const DecisionRow *row = &DECISIONS[_i];
    Scene scene;
    scene_open(&scene, row->settled, row->count);
    for (unsigned i = 0; i < row->count; i++)
        become(&scene.exchange[i], row->kinds[i]);
    if (row->hidden) {
        Exchange *exchange = &scene.exchange[row->hidden - 1];
        exchange->request = (MessageFacts){ .reasons = REASON_LOSS };
        exchange->request_hidden = true;
    }
    scene_close(&scene, row->ender, END_HOW_FIN, BEGIN + S(30));
    scene_judge(&scene);
    const Decision *decision = judge_decision(&scene.judge);
    ck_assert_ptr_nonnull(decision);
    ck_assert_msg(decision->exchange == row->exchange, "%s: %u", row->name, decision->exchange);
    ck_assert_msg(decision->judgement.verdict == row->verdict, "%s: %s", row->name,
                  verdict_name(decision->judgement.verdict));
    ck_assert_int_eq(decision->judgement.cause, scene.judgement[row->exchange - 1].cause);
    scene_clear(&scene);
}
END_TEST

START_TEST(test_no_exchange_no_decision)
{
    Scene scene;
    scene_open(&scene, 0, 1);
    scene.count = 0;
    scene_judge(&scene);
    ck_assert_ptr_null(judge_decision(&scene.judge));
    scene_clear(&scene);
}
END_TEST

static void give_host(Exchange *exchange, const char *host)
{
    g_autofree char *text = g_strdup_printf("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    Head head;
    MessageFacts before = exchange->request;
    ck_assert_int_gt(head_parse(span_of_text(text), HEAD_REQUEST, &head, NULL), 0);
    BodyFraming framing = framing_of_request(&head);
    exchange_take_request(exchange, NULL, &head, &framing,
                          &(TextOptions){ .wish = TEXT_WISH_HOST });
    exchange->request = before;
}

/* The row of the connection names the host of the exchange that decides it. */
START_TEST(test_host_of_the_decision)
{
    Scene scene;
    scene_open(&scene, 2, 3);
    give_host(&scene.exchange[0], "first.example");
    give_host(&scene.exchange[2], "last.example");
    if (_i == 1)
        become(&scene.exchange[0], SAYS_CLOSE);
    if (_i == 2)
        become(&scene.exchange[1], SAYS_CLOSE);
    scene_judge(&scene);
    const Decision *decision = judge_decision(&scene.judge);
    static const char *const hosts[] = { "last.example", "first.example", NULL };
    ck_assert_pstr_eq(decision->host, hosts[_i]);
    scene_clear(&scene);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judge");
    TCase *tcase = tcase_create("judge");
    tcase_add_loop_test(tcase, test_doubt, 0, G_N_ELEMENTS(ROWS));
    tcase_add_loop_test(tcase, test_statements, 0, G_N_ELEMENTS(STATEMENTS));
    tcase_add_test(tcase, test_statement_in_force_at_its_exchange);
    tcase_add_loop_test(tcase, test_unanswered, 0, G_N_ELEMENTS(UNANSWERED_ROWS));
    tcase_add_loop_test(tcase, test_duty, 0, G_N_ELEMENTS(DUTIES));
    tcase_add_loop_test(tcase, test_duty_excuses_no_lost_request, 0, G_N_ELEMENTS(DUTIES));
    tcase_add_loop_test(tcase, test_open, 0, G_N_ELEMENTS(OPEN));
    tcase_add_loop_test(tcase, test_an_unfinished_head_is_not_malformed, 0, 3);
    tcase_add_test(tcase, test_outcome_of_a_reused_exchange);
    tcase_add_test(tcase, test_outcome_of_a_closed_exchange);
    tcase_add_test(tcase, test_a_server_that_gives_up_on_a_record);
    tcase_add_test(tcase, test_a_response_that_ends_with_the_connection);
    tcase_add_test(tcase, test_outcome_of_a_lost_request);
    tcase_add_test(tcase, test_thresholds);
    tcase_add_loop_test(tcase, test_decision, 0, G_N_ELEMENTS(DECISIONS));
    tcase_add_test(tcase, test_no_exchange_no_decision);
    tcase_add_loop_test(tcase, test_host_of_the_decision, 0, 3);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
