/* The page of a connection: what is folded, what is printed, and that its form holds for every
 * capture. */
#include <check.h>
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "audit/engine.h"
#include "legs.h"
#include "recording.h"
#include "report/connection_page.h"
#include "report/hop_story.h"
#include "report/page.h"
#include "report/reasoning.h"
#include "report/text_printer.h"
#include "transcript.h"

static const RowFile FILE_ = { .path = "x.pcap", .time_digits = 6 };

/* Made packets --------------------------------------------------------------------------------- */

#define MADE_MAX 12

static TracedSegment made(int side, uint64_t frame, int64_t ms, int64_t sequence,
                          int64_t acknowledged, uint32_t length)
{
    return (TracedSegment){ .frame = frame_id(1, frame),
                            .time = ms * NS_PER_MS,
                            .sequence = sequence,
                            .acknowledged = acknowledged,
                            .length = length,
                            .captured = length,
                            .window = 100,
                            .side = (uint8_t)side,
                            .flags = TCP_ACK };
}

static char *page_of(const TracedSegment *segments, size_t count, uint64_t omitted,
                     size_t omitted_at)
{
    TracedConnection traced = { .segments = segments,
                                .segment_count = count,
                                .segments_omitted = omitted,
                                .omitted_at = omitted_at,
                                .thresholds = THRESHOLDS_DEFAULT };
    traced.connection.connection.first_frame = frame_id(1, 1);
    traced.connection.connection.last_frame = frame_id(1, count);
    traced.connection.facts.client = 0;
    traced.connection.idle = -1;
    GString *page = g_string_new(NULL);
    connection_page_append(page, &traced, &FILE_, false);
    return g_string_free(page, FALSE);
}

static unsigned count_of(const char *page, const char *words)
{
    unsigned count = 0;
    for (const char *at = page; (at = strstr(at, words)); at += strlen(words))
        count++;
    return count;
}

START_TEST(test_fold)
{
    TracedSegment segments[MADE_MAX];
    size_t count = 0;
    for (; count < 6; count++)
        segments[count] = count % 2 ? made(TRACED_CLIENT, count + 1, (int64_t)count, 1,
                                           (int64_t)(count / 2) * 10 + 11, 0)
                                    : made(TRACED_SERVER, count + 1, (int64_t)count,
                                           (int64_t)(count / 2) * 10 + 1, 1, 10);
    g_autofree char *page = page_of(segments, count, 0, 0);
    ck_assert_uint_eq(count_of(page, "3 data segments of the server (30 bytes)"), 1);
    ck_assert_uint_eq(count_of(page, ", 3 bare"), 1);
    ck_assert_uint_eq(count_of(page, "up to frame 6 at 0.005000"), 1);
    ck_assert_uint_eq(count_of(page, "-->"), 1); /* the heading's */
}
END_TEST

START_TEST(test_two_are_not_folded)
{
    TracedSegment segments[] = { made(TRACED_SERVER, 1, 0, 1, 1, 10),
                                 made(TRACED_SERVER, 2, 1, 11, 1, 10) };
    g_autofree char *page = page_of(segments, 2, 0, 0);
    ck_assert_uint_eq(count_of(page, "data of no message"), 2);
    ck_assert_uint_eq(count_of(page, "..."), 0);
}
END_TEST

/* A pause ends a run; it is printed if it lasts a second or more. */
START_TEST(test_pause)
{
    TracedSegment segments[] = {
        made(TRACED_SERVER, 1, 0, 1, 1, 10),
        made(TRACED_SERVER, 2, 1, 11, 1, 10),
        made(TRACED_SERVER, 3, 1000, 21, 1, 10),
        made(TRACED_SERVER, 4, 2000, 31, 1, 10),
    };
    g_autofree char *page = page_of(segments, 4, 0, 0);
    ck_assert_uint_eq(count_of(page, "without a packet"), 1);
    ck_assert_uint_eq(count_of(page, "1.000000 s without a packet"), 1);
    ck_assert_uint_eq(count_of(page, "3 data segments"), 1);
}
END_TEST

/* Segments left out at the bound are reported in their place, and are no pause. */
START_TEST(test_omission)
{
    TracedSegment segments[] = {
        made(TRACED_SERVER, 1, 0, 1, 1, 10),
        made(TRACED_SERVER, 2, 1, 11, 1, 10),
        made(TRACED_SERVER, 9003, 9000, 21, 1, 10),
        made(TRACED_SERVER, 9004, 9001, 31, 1, 10),
    };
    g_autofree char *page = page_of(segments, 4, 9000, 2);
    ck_assert_uint_eq(count_of(page, "9000 segments are left out here"), 1);
    ck_assert_uint_eq(count_of(page, "without a packet"), 0);
    ck_assert_uint_eq(count_of(page, "data segments"), 0);
}
END_TEST

/* The words for a hole of one byte are in the singular, those for two bytes in the plural. */
START_TEST(test_holes)
{
    TracedSegment segments[] = { made(TRACED_SERVER, 1, 0, 1, 1, 10),
                                 made(TRACED_SERVER, 2, 1, 12, 1, 10),
                                 made(TRACED_SERVER, 3, 2, 24, 1, 10) };
    g_autofree char *page = page_of(segments, 3, 0, 0);
    ck_assert_uint_eq(count_of(page, " 1 byte before this is not in the capture"), 1);
    ck_assert_uint_eq(count_of(page, " 2 bytes before this are not in the capture"), 1);
}
END_TEST

/* Another leg ---------------------------------------------------------------------------------- */

static char *hop_story_of(const HopRow *row, bool in_front, uint32_t number)
{
    TracedHop hop = { .row = *row, .in_front = in_front, .number = 3 };
    TracedConnection traced = { .hops = &hop, .hop_count = 1 };
    g_autoptr(Story) story = story_new(1, 6);
    GString *page = g_string_new(NULL);
    hop_story_add(story, &traced, number, &FILE_);
    text_printer_print(page, story, false);
    return g_string_free(page, FALSE);
}

static const LegWords FRONT = {
    .connection = 4,
    .number = 3,
    .client = "192.0.2.10:4000",
    .server = "192.0.2.1:80",
    .asked = "GET /a HTTP/1.1\r\nHost: x\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
             "Keep-Alive: 5\r\n",
    .answer = "HTTP/1.1 200 OK\r\nAge: 1\r\n",
    .request = 10,
    .head = 11,
    .response = 50
};
static const LegWords BACK = { .connection = 20,
                               .client = "[2001:db8::1]:5000",
                               .server = "[2001:db8::80]:8080",
                               .asked = "GET /b HTTP/1.0\r\nHost: y\r\nX-Hop: 1\r\nVia: z\r\n",
                               .answer = "HTTP/1.0 200 OK\r\nX-Server: 1\r\n",
                               .request = 21,
                               .response = 40 };

/* The page of either leg shows the other one: where, what became of fields, how long it took. */
START_TEST(test_other_leg)
{
    Leg front = leg_of_words(&FRONT), back = leg_of_words(&BACK);
    HopRow row = { .front = &front,
                   .back = &back,
                   .basis = HOP_BASIS_ONLY,
                   .attempt = 2,
                   .answered_by = ANSWERED_BY_SERVER };
    g_autofree char *of_front = hop_story_of(&row, true, 3);
    g_autofree char *of_back = hop_story_of(&row, false, 3);
    static const char *const in_front[] = {
        ("sent on as    exchange 1 of c1-20, 2001:db8::1 port 5000 to 2001:db8::80 port 8080; "
         "attempt 2; basis"),
        "frame 21: GET /b HTTP/1.0, 0.010000 s after the head in frame 11",
        "frame 40: HTTP/1.0 200, 0.019000 s after the request in frame 21",
    };
    static const char *const behind[] = {
        ("caused by     exchange 3 of c1-4, 192.0.2.10 port 4000 to 192.0.2.1 port 80; attempt 2; "
         "basis"),
        "frame 10: GET /a HTTP/1.1\n",
        "frame 50: HTTP/1.1 200, 0.010000 s after the response in frame 40",
    };
    static const char *const both[] = {
        "consumed: connection keep-alive\n",           "added: via\n",         "changed: host\n",
        "named by Connection, and handed on: x-hop\n", "consumed: x-server\n", "added: age\n",
        "by the server; the proxy passed it on"
    };
    for (size_t i = 0; i < G_N_ELEMENTS(in_front); i++)
        ck_assert_msg(count_of(of_front, in_front[i]) == 1, "%s\n%s", in_front[i], of_front);
    for (size_t i = 0; i < G_N_ELEMENTS(behind); i++)
        ck_assert_msg(count_of(of_back, behind[i]) == 1, "%s\n%s", behind[i], of_back);
    for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
        ck_assert_msg(count_of(of_front, both[i]) == 1, "%s\n%s", both[i], of_front);
        ck_assert_msg(count_of(of_back, both[i]) == 1, "%s\n%s", both[i], of_back);
    }
    g_autofree char *of_other = hop_story_of(&row, true, 2);
    ck_assert_str_eq(of_other, "");
    leg_clear(&front);
    leg_clear(&back);
}
END_TEST

/* Times that a clock set back are left out, and fields of an answer that is not the server's. */
START_TEST(test_other_leg_unsure)
{
    LegWords early = BACK;
    early.request = 9;
    early.answer = NULL;
    Leg front = leg_of_words(&FRONT), back = leg_of_words(&early);
    HopRow row = { .front = &front, .back = &back, .attempt = 1, .answered_by = ANSWERED_BY_PROXY };
    g_autofree char *page = hop_story_of(&row, true, 3);
    ck_assert_uint_eq(count_of(page, " s after "), 0);
    ck_assert_uint_eq(count_of(page, "attempt"), 0);
    ck_assert_uint_eq(count_of(page, "response    none\n"), 1);
    ck_assert_uint_eq(count_of(page, "by the proxy itself"), 1);
    ck_assert_uint_eq(count_of(page, "age"), 0);
    leg_clear(&front);
    leg_clear(&back);
}
END_TEST

START_TEST(test_no_other_leg)
{
    Leg leg = leg_of_words(&FRONT);
    g_autofree char *none =
        hop_story_of(&(HopRow){ .front = &leg, .basis = HOP_BASIS_NONE }, true, 3);
    g_autofree char *open =
        hop_story_of(&(HopRow){ .back = &leg, .doubt = HOP_AMBIGUOUS, .candidates = 4 }, false, 3);
    ck_assert_uint_eq(count_of(none, "sent on as    nothing: the proxy answered"), 1);
    ck_assert_uint_eq(count_of(open, "caused by     not known: ambiguous, of 4 that may be it"), 1);
    ck_assert_uint_eq(count_of(none, "frame") + count_of(open, "frame"), 0);
    leg_clear(&leg);
}
END_TEST

/* A lost request's numbers are Wireshark's: offset 0 is number 1. */
START_TEST(test_numbers)
{
    Exchange request = { .request = { .begun = true,
                                      .complete = true,
                                      .first = { .frame = 9, .offset = 601, .acked = 859 },
                                      .last = { .frame = 9, .offset = 636 } } };
    Ending ending = { .server = { .how = END_HOW_FIN,
                                  .stamp = { .frame = 8, .offset = 859, .acked = 601 },
                                  .acked_least = 601,
                                  .acked_most = 601 } };
    g_autoptr(StoryText) text = story_text_new();
    reasoning_add_numbers(text, &request, &ending);
    ck_assert_str_eq(story_words(text)->str, "r=602 e=638 k=860 c=860 a=602");
    ending.server.acked_most = 610;
    request.request.complete = false;
    story_text_clear(text);
    reasoning_add_numbers(text, &request, &ending);
    ck_assert_str_eq(story_words(text)->str, "r=602 k=860 c=860 a=602..611");
    ending.server.acked_least = ending.server.acked_most = NO_OFFSET;
    request.request.first.acked = NO_OFFSET;
    story_text_clear(text);
    reasoning_add_numbers(text, &request, &ending);
    ck_assert_str_eq(story_words(text)->str, "r=602 c=860");
}
END_TEST

/* Each cause of a verdict has a sentence of its own words. */
START_TEST(test_why)
{
    ExchangeRow row = { .exchange = { .number = 1, .answered = true },
                        .judgement = { .cause = (Cause)_i, .stated_timeout = -1, .after = -1 } };
    ConnectionRow connection = { .idle = -1 };
    Thresholds thresholds = THRESHOLDS_DEFAULT;
    Reasoning reasoning = { .connection = &connection,
                            .exchanges = &row,
                            .count = 1,
                            .thresholds = &thresholds,
                            .time_digits = 6 };
    g_autoptr(StoryText) text = story_text_new();
    reasoning_add_why(text, &reasoning, &row);
    ck_assert_int_eq(story_text_is_empty(text), _i == CAUSE_NONE);
}
END_TEST

/* What a sentence states is known: the same verdict in cases that lack something of it. */
typedef struct Told {
    const char *what;
    Cause cause;
    MessageFacts response;
    Ending ending;
    ReasonSet responses_lost;
    const char *sentence;
} Told;

#define AT(number)                                                                                 \
    {                                                                                              \
        .frame = (UINT64_C(1) << 48) + (number), .time = (number)*NS_PER_SECOND                    \
    }
#define WHOLE_IN(number)                                                                           \
    {                                                                                              \
        .begun = true, .complete = true, .last = AT(number)                                        \
    }
#define CLIENT_ENDS(with, number)                                                                  \
    {                                                                                              \
        .how = (with), .possible = ENDER_CLIENT, .stamp = AT(number), .client = {                  \
            .how = (with),                                                                         \
            .stamp = AT(number)                                                                    \
        }                                                                                          \
    }

static const Told TOLD[] = {
    { "close declared, and no response",
      CAUSE_CLOSED,
      { 0 },
      CLIENT_ENDS(END_HOW_FIN, 6),
      0,
      "The client's FIN (frame 6) came while there was no response to this request, after close "
      "had "
      "been declared." },
    { "the response may be lost",
      CAUSE_CLOSED,
      { 0 },
      CLIENT_ENDS(END_HOW_FIN, 6),
      REASON_LOSS,
      "The client's FIN (frame 6) came after a response that is not known, after close had been "
      "declared." },
    { "close declared, and a response", CAUSE_CLOSED, WHOLE_IN(5), CLIENT_ENDS(END_HOW_FIN, 6), 0,
      "The client's FIN (frame 6) came 1.000000 s after the end of the response (frame 5), within "
      "close-grace (5 s), after close had been declared." },
    { "done, and no response",
      CAUSE_CLIENT_FINISHED,
      { 0 },
      CLIENT_ENDS(END_HOW_FIN, 6),
      0,
      "The client's FIN (frame 6) came while there was no response to this request, no request was "
      "under way. A client may close a persistent connection whenever it is done." },
    { "a FIN closes one direction", CAUSE_CLIENT_FINISHED, WHOLE_IN(7), CLIENT_ENDS(END_HOW_FIN, 6),
      0,
      "The client's FIN (frame 6) closed one direction only; the response came whole after it "
      "(frame 7), and nothing more had been asked for." },
    { "a reset closes both", CAUSE_CLIENT_FINISHED, WHOLE_IN(7), CLIENT_ENDS(END_HOW_RST, 6), 0,
      "The client's reset (frame 6) came before the end of the response (frame 7), no request was "
      "under way. A client may close a persistent connection whenever it is done." },
    { "aborted, and the response may be lost",
      CAUSE_ABORTED,
      { 0 },
      CLIENT_ENDS(END_HOW_FIN, 6),
      REASON_LOSS,
      "The client's FIN (frame 6) came, and no final response was found." },
    { "aborted before the end of the response", CAUSE_CLIENT_ABORTED, WHOLE_IN(7),
      CLIENT_ENDS(END_HOW_RST, 6), 0,
      "The client's reset (frame 6) came before the end of the response (frame 7)." },
    { "nobody is known to have ended it",
      CAUSE_CLIENT_FINISHED,
      WHOLE_IN(5),
      { .how = END_HOW_NONE, .possible = ENDER_CLIENT | ENDER_BOTH, .stamp = AT(6) },
      0,
      "The end, whoever it came from, came after the response was complete, no request was under "
      "way. A client may close a persistent connection whenever it is done." },
    { "a FIN and a reset crossed",
      CAUSE_CLIENT_FINISHED,
      WHOLE_IN(5),
      { .how = END_HOW_RST,
        .possible = ENDER_BOTH,
        .stamp = AT(6),
        .client = { .how = END_HOW_FIN, .stamp = AT(6) },
        .server = { .how = END_HOW_RST, .stamp = AT(7) } },
      0,
      "The client's FIN (frame 6) and the server's reset (frame 7) came after the response was "
      "complete, no request was under way, and neither side had received the other's: they closed "
      "at the same time." },
    { "reused by what the capture lacks",
      CAUSE_REUSED,
      WHOLE_IN(5),
      { .how = END_HOW_NONE },
      0,
      "A later request was answered on the same connection." },
};

START_TEST(test_sentences)
{
    const Told *told = &TOLD[_i];
    ExchangeRow row = { .exchange = { .number = 1,
                                      .answered = told->response.begun,
                                      .response = told->response,
                                      .burst_start = told->response.last.time },
                        .judgement = { .cause = told->cause, .stated_timeout = -1, .after = -1 } };
    ConnectionRow connection = { .idle = -1,
                                 .ending = told->ending,
                                 .facts = { .responses_lost = told->responses_lost } };
    Thresholds thresholds = THRESHOLDS_DEFAULT;
    Reasoning reasoning = { .connection = &connection,
                            .exchanges = &row,
                            .count = 1,
                            .thresholds = &thresholds,
                            .time_digits = 6 };
    g_autoptr(Story) story = story_new(1, 6);
    reasoning_add_why(story_paragraph(story), &reasoning, &row);
    g_autoptr(GString) page = g_string_new(NULL);
    text_printer_print(page, story, false);
    g_strdelimit(page->str, "\n", ' ');
    ck_assert_msg(strcmp(g_strstrip(page->str), told->sentence) == 0, "%s: %s", told->what,
                  page->str);
}
END_TEST

/* Several lines of a field stay lines; a backslash that was sent begins none. */
START_TEST(test_field_lines)
{
    static const struct {
        const char *value, *inline_text;
    } fields[] = {
        { "close", ", F: close" },           { "a\\x0ab", ", F: a, F: b" },
        { "\\x0ab", ", F:, F: b" },          { "a\\\\x0ab", ", F: a\\\\x0ab" },
        { "a\\x0a\\x0a", ", F: a, F:, F:" }, { "", "" },
    };
    g_autoptr(StoryText) text = story_text_new();
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        story_text_clear(text);
        reasoning_add_field(text, ", ", "F", fields[i].value);
        ck_assert_str_eq(*fields[i].value ? story_words(text)->str : "", fields[i].inline_text);
    }
    story_text_clear(text);
    story_add(text, "x");
    reasoning_add_field(text, NULL, "F", "a\\x0ab");
    ck_assert_uint_eq(text->runs->len, 5); /* words, line, words, line, words */
}
END_TEST

/* The end of a connection without a FIN or a reset in the capture was not seen, whatever it may
 * have been; a FIN that is only believed is nobody's to have. */
START_TEST(test_no_end)
{
    TracedSegment segments[] = { made(TRACED_SERVER, 1, 0, 1, 1, 10),
                                 made(TRACED_CLIENT, 2, 1, 1, 12, 0) };
    TracedConnection traced = { .segments = segments,
                                .segment_count = 2,
                                .thresholds = THRESHOLDS_DEFAULT };
    ConnectionRow *row = &traced.connection;
    row->connection.first_frame = frame_id(1, 1);
    row->connection.last_frame = frame_id(1, 2);
    row->idle = -1;
    row->ending.possible = ENDER_SERVER | ENDER_NOBODY;
    row->connection.half[1].fin = (FinFact){ .proof = FIN_IMPLIED, .stamp = { .offset = 10 } };
    row->facts.fin[1] = (FinEvidence){ .belief = FIN_PERHAPS, .fact = row->connection.half[1].fin };
    g_autoptr(GString) page = g_string_new(NULL);
    connection_page_append(page, &traced, &FILE_, false);
    ck_assert_uint_eq(count_of(page->str, "not seen; a FIN may lie where bytes are missing"), 1);
    ck_assert_uint_eq(count_of(page->str, "server's FIN"), 0);
    ck_assert_uint_eq(count_of(page->str, "acknowledges 1 byte or a FIN that had not been seen"),
                      1);
    row->facts.fin[1].belief = FIN_SURE;
    g_string_truncate(page, 0);
    connection_page_append(page, &traced, &FILE_, false);
    ck_assert_uint_eq(count_of(page->str, "acknowledges the server's FIN that had not been"), 1);
    ck_assert_uint_eq(count_of(page->str, "byte or"), 0);
    row->connection.half[1].fin.proof = FIN_SEEN;
    g_string_truncate(page, 0);
    connection_page_append(page, &traced, &FILE_, false);
    ck_assert_uint_eq(count_of(page->str, "seen, but by whom is not known"), 1);
}
END_TEST

/* Copies fold with each other; a copy between two packets hides neither. */
START_TEST(test_copies)
{
    TracedSegment segments[MADE_MAX];
    size_t count = 0;
    for (; count < 7; count++) {
        segments[count] = made(TRACED_SERVER, count + 1, (int64_t)count, 1, 1, 10);
        segments[count].fate = count == 0 ? FATE_READ : FATE_COPY;
    }
    segments[2].fate = FATE_STRAY;
    g_autofree char *page = page_of(segments, count, 0, 0);
    ck_assert_uint_eq(count_of(page, "the same packet, captured again"), 1);
    ck_assert_uint_eq(count_of(page, "4 packets captured again"), 1);
    ck_assert_uint_eq(count_of(page, "has numbers of no segment of this connection"), 1);
    ck_assert_uint_eq(count_of(page, "retransmission"), 0);
}
END_TEST

START_TEST(test_completeness)
{
    g_autoptr(StoryText) text = story_text_new();
    for (unsigned bit = 0; bit < REASON_COUNT; bit++) {
        story_text_clear(text);
        reasoning_add_completeness(text, (ReasonSet)(1u << bit));
        ck_assert_ptr_nonnull(strstr(story_words(text)->str, reason_name((Reason)(1u << bit))));
    }
    story_text_clear(text);
    reasoning_add_completeness(text, REASON_LOSS | REASON_LIMIT);
    ck_assert_uint_eq(count_of(story_words(text)->str, "; "), 1);
}
END_TEST

/* Whole captures ------------------------------------------------------------------------------- */

/* What the page of the connection first seen in that frame is made of. */
static ConnectionTrace *trace_of(const Frame *frames, size_t count, FrameId first)
{
    ConnectionName name = { .frame = first };
    EngineOptions options = engine_options_default();
    ConnectionTrace *trace = connection_trace_new(&name, &TRACE_LIMITS_DEFAULT);
    options.audit.connection_rows = false;
    options.audit.texts.wish = TEXT_WISH_ALL;
    options.audit.finding_texts = true;
    audit_listen(&options.audit, connection_trace_listener(trace));
    g_autoptr(Engine) engine = engine_new(&options);
    for (size_t at = 0; at < count; at += FRAME_BATCH_MAX) {
        FrameBatch batch = { .count = MIN(count - at, FRAME_BATCH_MAX) };
        memcpy(batch.frames, frames + at, batch.count * sizeof(Frame));
        engine_feed(engine, &batch);
    }
    engine_finish(engine);
    AuditRow row;
    while (engine_next(engine, &row))
        audit_row_clear(&row);
    return trace;
}

static void check_form(const char *name, const char *page)
{
    size_t column = 0;
    for (const char *at = page; *at; at++) {
        column = *at == '\n' ? 0 : column + 1;
        ck_assert_msg(*at == '\n' || (*at >= ' ' && *at <= '~'), "%s: byte %02x", name,
                      (unsigned char)*at);
        ck_assert_msg(column <= PAGE_WIDTH, "%s: a line is too long", name);
        ck_assert_msg(*at != '\n' || at == page || at[-1] != ' ', "%s: a blank ends a line", name);
    }
    ck_assert_msg(g_str_has_suffix(page, "\n"), "%s", name);
}

/* Colours are around words, and nothing else changes. */
static void check_colours(const char *name, const char *page, const char *coloured)
{
    g_autoptr(GString) plain = g_string_new(NULL);
    for (const char *at = coloured; *at; at++) {
        if (*at == '\033')
            at = strchr(at, 'm');
        else
            g_string_append_c(plain, *at);
    }
    ck_assert_msg(strcmp(plain->str, page) == 0, "%s: the colours change the page", name);
    ck_assert_msg(strchr(coloured, '\033') != NULL, "%s: no colours", name);
}

/* Every exchange has its reasons, every frame that a judgement names can be found. */
static void check_content(const char *name, const char *page, const TracedConnection *traced)
{
    for (size_t i = 0; i < traced->exchange_count; i++) {
        const ExchangeRow *row = &traced->exchanges[i];
        g_autofree char *heading = g_strdup_printf("\nEXCHANGE %u", row->exchange.number);
        g_autofree char *verdict =
            g_strdup_printf("  verdict       %s, %s\n", verdict_name(row->judgement.verdict),
                            cause_name(row->judgement.cause));
        ck_assert_msg(strstr(page, heading) != NULL, "%s: %s", name, heading);
        ck_assert_msg(strstr(page, verdict) != NULL, "%s: %s", name, verdict);
    }
    ck_assert_msg(!strstr(page, "  why           \n") && !strstr(page, "  why\n"), "%s: no reason",
                  name);
    ck_assert_msg(!strstr(page, "(null)"), "%s", name);
}

/* What any printer relies on: words hold neither layout nor frames, which are references; but for
 * the sentence of a finding, which has words alone. */
static void check_words(const char *name, const StoryBlock *block)
{
    for (guint i = 0; i < block->text->runs->len; i++) {
        const StoryRun *run = &g_array_index(block->text->runs, StoryRun, i);
        if (run->kind != STORY_WORDS)
            continue;
        const char *words = run->words->str;
        for (const char *c = words; *c; c++)
            ck_assert_msg(*c >= ' ' && *c <= '~', "%s: byte %02x", name, (unsigned char)*c);
        bool begins =
            i == 0 || g_array_index(block->text->runs, StoryRun, i - 1).kind == STORY_LINE;
        ck_assert_msg(!begins || *words != ' ', "%s: set in by blanks: %s", name, words);
        const char *frame = strstr(words, "frame ");
        bool sentence = block->kind == STORY_ITEM && !block->label;
        ck_assert_msg(sentence || !frame || !g_ascii_isdigit(frame[6]), "%s: %s", name, words);
    }
}

/* Every packet of the connection stands in the story once, in its order. */
static void check_story(const char *name, const TracedConnection *traced)
{
    g_autoptr(Story) story = connection_story(traced, &FILE_);
    size_t packets = 0;
    for (guint i = 0; i < story->blocks->len; i++) {
        const StoryBlock *block = &g_array_index(story->blocks, StoryBlock, i);
        check_words(name, block);
        for (size_t k = 0; k < block->packet_count; k++, packets++)
            ck_assert_msg(block->packets[k].frame == traced->segments[packets].frame,
                          "%s: packet %zu", name, packets);
    }
    ck_assert_uint_eq(packets, traced->segment_count);
}

/* All connections of the frames; returns how many. */
static unsigned check_pages(const char *name, const Frame *frames, size_t count)
{
    unsigned pages = 0;
    for (size_t i = 0; i < count; i++) {
        g_autoptr(ConnectionTrace) trace = trace_of(frames, count, frames[i].id);
        const TracedConnection *traced = connection_trace_result(trace, &THRESHOLDS_DEFAULT);
        if (!traced)
            continue;
        pages++;
        ck_assert_uint_eq(traced->segments[0].frame, frames[i].id);
        g_autoptr(GString) page = g_string_new(NULL);
        g_autoptr(GString) coloured = g_string_new(NULL);
        connection_page_append(page, traced, &FILE_, false);
        connection_page_append(coloured, traced, &FILE_, true);
        check_story(name, traced);
        check_form(name, page->str);
        check_colours(name, page->str, coloured->str);
        check_content(name, page->str, traced);
    }
    return pages;
}

START_TEST(test_samples)
{
    g_autoptr(GPtrArray) recordings = recordings_of_samples();
    ck_assert_uint_gt(recordings->len, 0);
    for (guint i = 0; i < recordings->len; i++) {
        const Recording *recording = g_ptr_array_index(recordings, i);
        g_autofree Frame *frames = g_new0(Frame, recording->takes->len);
        for (guint at = 0; at < recording->takes->len; at++) {
            frames[at] = recording_take(recording, at)->frame;
            frames[at].id = frame_id(1, at + 1);
        }
        size_t few = MIN(recording->takes->len, 60);
        ck_assert_msg(check_pages(recording->name, frames, few) > 0, "%s", recording->name);
    }
}
END_TEST

/* Each share is a test of its own: a busy machine takes its time. */
#define SHARES 8

START_TEST(test_conversations)
{
    const char *top = g_getenv("srcdir");
    g_autofree char *directory = g_build_filename(top ? top : ".", "tests", "conversations", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) transcripts = transcripts_load(directory, &error);
    ck_assert_msg(transcripts != NULL, "%s", error ? error->message : "");
    for (guint i = (guint)_i; i < transcripts->len; i += SHARES) {
        const Transcript *transcript = g_ptr_array_index(transcripts, i);
        size_t few = MIN(transcript->frame_count, 40);
        check_pages(transcript->title, transcript->frames, few);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("traced");
    TCase *packets = tcase_create("packets"), *words = tcase_create("words");
    tcase_add_test(packets, test_fold);
    tcase_add_test(packets, test_two_are_not_folded);
    tcase_add_test(packets, test_pause);
    tcase_add_test(packets, test_omission);
    tcase_add_test(packets, test_holes);
    tcase_add_test(packets, test_other_leg);
    tcase_add_test(packets, test_other_leg_unsure);
    tcase_add_test(packets, test_no_other_leg);
    tcase_add_test(packets, test_copies);
    suite_add_tcase(suite, packets);
    tcase_add_test(words, test_numbers);
    tcase_add_test(words, test_completeness);
    tcase_add_loop_test(words, test_why, 0, CAUSE_COUNT);
    tcase_add_loop_test(words, test_sentences, 0, (int)G_N_ELEMENTS(TOLD));
    tcase_add_test(words, test_field_lines);
    tcase_add_test(words, test_no_end);
    suite_add_tcase(suite, words);
    TCase *pages = tcase_create("pages");
    tcase_add_test(pages, test_samples);
    tcase_add_loop_test(pages, test_conversations, 0, SHARES);
    suite_add_tcase(suite, pages);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
