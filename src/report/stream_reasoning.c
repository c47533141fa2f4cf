#include "report/stream_reasoning.h"

#include <inttypes.h>

#include "http2/frame.h"
#include "report/page.h"

typedef struct Case {
    StoryText *text;
    const Reasoning *reasoning;
    const Exchange *exchange;
    const Judgement *judgement;
    const Ending *ending;
    const H2Facts *h2; /* NULL: not at hand */
} Case;

static void add(const Case *c, const char *words)
{
    story_add(c->text, words);
}

static void add_at(const Case *c, const char *before, FrameId frame)
{
    if (!frame)
        return;
    add(c, before);
    add(c, "(");
    story_add_frame(c->text, frame);
    add(c, ")");
}

static void add_duration(const Case *c, Nanoseconds duration)
{
    page_append_duration(story_words(c->text), duration, c->reasoning->time_digits);
}

void stream_reasoning_add_code(StoryText *text, uint32_t code)
{
    const char *name = h2_error_name(code);
    if (name)
        story_add(text, name);
    else
        story_say(text, "the code %" PRIu32, code);
}

static const H2Goaways *goaways_of_server(const Case *c)
{
    return c->h2 ? &c->h2->goaways[1 - c->reasoning->connection->client] : NULL;
}

/* The first GOAWAY of the server that did not cover the stream; NULL: none is known. */
static const H2Goaway *excluding(const Case *c)
{
    const H2Goaways *goaways = goaways_of_server(c);
    for (uint32_t i = 0; goaways && i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++)
        if (goaways->kept[i].last_id < c->exchange->stream.id)
            return &goaways->kept[i];
    return NULL;
}

static void add_goaway(const Case *c, const H2Goaway *goaway)
{
    if (!goaway) {
        add(c, "A GOAWAY of the server");
        return;
    }
    story_say(c->text, "The server's GOAWAY with the last stream %" PRIu32, goaway->last_id);
    add_at(c, " ", goaway->first.frame);
}

static void add_reset(const Case *c, StreamEnd end)
{
    const StreamReset *reset = &c->exchange->stream.reset[end];
    story_say(c->text, "The %s reset stream %" PRIu32 " with ",
              end == STREAM_OF_CLIENT ? "client" : "server", c->exchange->stream.id);
    stream_reasoning_add_code(c->text, reset->code);
    add_at(c, " ", reset->frame);
}

static void add_end(const Case *c)
{
    const char *whose = c->ending->possible == ENDER_CLIENT   ? "The client's "
                        : c->ending->possible == ENDER_SERVER ? "The server's "
                        : c->ending->possible == ENDER_BOTH   ? "Both sides' "
                                                              : "The ";
    add(c, whose);
    add(c, reasoning_close_words(c->ending));
    add_at(c, " ", c->ending->stamp.frame);
}

/* Causes -------------------------------------------------------------------------------------- */

static bool why_refused(const Case *c)
{
    const StreamReset *reset = &c->exchange->stream.reset[STREAM_OF_SERVER];
    if (reset->frame) {
        add_reset(c, STREAM_OF_SERVER);
    } else {
        add_goaway(c, excluding(c));
        add(c, " did not cover this stream");
    }
    add(c, ": it was not processed, and the client may send it again (RFC 9113 section 8.7).");
    return true;
}

static bool why_rejected(const Case *c)
{
    const StreamReset *reset = &c->exchange->stream.reset[STREAM_OF_SERVER];
    const H2Goaways *goaways = goaways_of_server(c);
    if (reset->frame)
        add_reset(c, STREAM_OF_SERVER);
    else if (goaways && stamp_is_set(&goaways->error.first))
        add_goaway(c, &goaways->error);
    else
        add(c, "The server ended the connection with an error");
    add(c, reset->code == 13 ? ": it wants this request over HTTP/1.1."
                             : ". It had to: the request has fields that HTTP/2 forbids (RFC 9113 "
                               "section 8.2.2).");
    return true;
}

static bool why_after_goaway(const Case *c)
{
    add_goaway(c, excluding(c));
    add(c, " said that this stream would not be processed, and yet the server answered it");
    add_at(c, " ", c->exchange->response.first.frame);
    add(c, ".");
    return true;
}

/* Cut by a RST_STREAM or by the end of the connection. */
static bool why_cut(const Case *c)
{
    StreamEnd end = c->judgement->cause == CAUSE_ABORTED ? STREAM_OF_SERVER : STREAM_OF_CLIENT;
    const MessageFacts *response = &c->exchange->response;
    if (c->exchange->stream.reset[end].frame) {
        add_reset(c, end);
    } else {
        add_end(c);
        add(c, " came");
    }
    add(c, response->begun ? " before the response had ended" : " before any response");
    if (response->begun)
        add_at(c, ", after the last that is known of it ", response->last.frame);
    add(c, ".");
    return true;
}

static bool why_reused(const Case *c)
{
    const ExchangeRow *rows = c->reasoning->exchanges;
    for (size_t i = 0; i < c->reasoning->count; i++) {
        const Exchange *later = &rows[i].exchange;
        if (later->stream.id <= c->exchange->stream.id || !later->response.begun)
            continue;
        story_say(c->text, "A later stream (%" PRIu32 ") was answered on the same connection",
                  later->stream.id);
        add_at(c, " ", later->response.first.frame);
        add(c, ".");
        return true;
    }
    add(c, "A later stream was answered on the same connection.");
    return true;
}

static bool why_finished(const Case *c)
{
    add_end(c);
    add(c, c->ending->possible == ENDER_BOTH
               ? " crossed: both sides closed at the same time, and the response was complete."
               : " came after the response was complete. A client may close a connection whenever "
                 "it is done.");
    return true;
}

static bool why_closed(const Case *c)
{
    const H2Goaways *goaways = goaways_of_server(c);
    add_end(c);
    add(c, " came after the server had announced it by GOAWAY");
    if (goaways && goaways->count)
        add_at(c, " ", goaways->kept[0].first.frame);
    add(c, ", and after the response was complete.");
    return true;
}

static bool why_unannounced(const Case *c)
{
    Nanoseconds idle = c->reasoning->connection->idle;
    bool early = c->judgement->cause == CAUSE_UNDECLARED_CLOSE;
    add_end(c);
    if (idle >= 0) {
        add(c, " came ");
        add_duration(c, idle);
        add(c, " after the last stream had ended, without a GOAWAY. That is ");
        add(c, early ? "within prompt-close (" : "longer than prompt-close (");
        page_append_threshold(story_words(c->text), c->reasoning->thresholds->prompt_close);
        add(c, early ? "): it counts as decided with that stream."
                     : "): it counts as the close of an idle connection.");
    } else {
        add(c, " came without a GOAWAY, while other streams were open.");
    }
    return true;
}

static bool why_lost(const Case *c)
{
    static const struct {
        Cause cause;
        const char *words;
    } cases[] = {
        { CAUSE_CONNECTION_FORGOTTEN,
          " answers this request: its sender no longer knew the connection." },
        { CAUSE_REQUEST_AFTER_FIN, " had reached the client before it opened this stream, on a "
                                   "connection that was closed." },
        { CAUSE_KEEPALIVE_RACE,
          " and this request crossed; the server had received none of it. Neither side is at "
          "fault." },
        { CAUSE_CLOSED_DURING_REQUEST,
          " came when the server had received a part of this request." },
        { CAUSE_CLOSED_UNANSWERED,
          " came when the server had received all of this request, and no byte of a response was "
          "sent." },
    };
    add_end(c);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
        if (cases[i].cause == c->judgement->cause)
            add(c, cases[i].words);
    if (reasoning_can_compare(c->exchange, c->ending)) {
        add(c, " Numbers: ");
        reasoning_add_numbers(c->text, c->exchange, c->ending);
        add(c, ".");
    }
    return true;
}

static bool why_gave_up(const Case *c)
{
    if (c->exchange->stream.reset[STREAM_OF_CLIENT].frame)
        add_reset(c, STREAM_OF_CLIENT);
    else
        add_end(c);
    add(c, " before any response came.");
    return true;
}

static bool add_why(const Case *c)
{
    switch (c->judgement->cause) {
    case CAUSE_REFUSED:
        return why_refused(c);
    case CAUSE_REJECTED:
        return why_rejected(c);
    case CAUSE_REUSED_AFTER_GOAWAY:
        return why_after_goaway(c);
    case CAUSE_ABORTED:
    case CAUSE_CLIENT_ABORTED:
        return why_cut(c);
    case CAUSE_CLIENT_GAVE_UP:
        return why_gave_up(c);
    case CAUSE_REUSED:
        return why_reused(c);
    case CAUSE_CLIENT_FINISHED:
        return why_finished(c);
    case CAUSE_CLOSED:
        return why_closed(c);
    case CAUSE_IDLE_TIMEOUT:
    case CAUSE_UNDECLARED_CLOSE:
        return why_unannounced(c);
    case CAUSE_CONNECTION_FORGOTTEN:
    case CAUSE_REQUEST_AFTER_FIN:
    case CAUSE_KEEPALIVE_RACE:
    case CAUSE_CLOSED_DURING_REQUEST:
    case CAUSE_CLOSED_UNANSWERED:
        return why_lost(c);
    default:
        return false;
    }
}

bool stream_reasoning_add_why(StoryText *text, const Reasoning *reasoning, const ExchangeRow *row)
{
    Case c = { .text = text,
               .reasoning = reasoning,
               .exchange = &row->exchange,
               .judgement = &row->judgement,
               .ending = &reasoning->connection->ending,
               .h2 = reasoning->connection->h2 };
    return add_why(&c);
}
