/* HTTP/2: fields that concern a connection, GOAWAY, and what became of streams (RFC 9113). */
#include "http2/frame.h"
#include "judge/findings_rules.h"
#include "judge/open_facts.h"
#include "judge/stream_facts.h"

#define H2_INTERNAL_ERROR 2

static const H2Goaways *goaways_of(const Case *c, Party party)
{
    int client = c->context->facts->client;
    return &c->context->facts->h2->goaways[party == PARTY_CLIENT ? client : 1 - client];
}

static void say_code(FindingBuilder *builder, uint32_t code)
{
    const char *name = h2_error_name(code);
    if (name)
        builder_say(builder, "%s", name);
    else
        builder_say(builder, "the code %" PRIu32, code);
}

/* Fields -------------------------------------------------------------------------------------- */

static void say_fields(FindingBuilder *builder, unsigned flags)
{
    static const struct {
        unsigned flag;
        const char *name;
    } fields[] = { { FLAG_H2_CONNECTION, "Connection" },
                   { FLAG_H2_PROXY_CONNECTION, "Proxy-Connection" },
                   { FLAG_H2_KEEP_ALIVE, "Keep-Alive" },
                   { FLAG_H2_TRANSFER_ENCODING, "Transfer-Encoding" },
                   { FLAG_H2_UPGRADE, "Upgrade" } };
    const char *before = "";
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (!(flags & fields[i].flag))
            continue;
        builder_say(builder, "%s%s", before, fields[i].name);
        before = ", ";
    }
}

/* What the receiver of a malformed message did about it, as far as that is known now. */
static void say_reaction(const Case *c, FindingBuilder *builder, Party receiver)
{
    const StreamFacts *stream = &c->exchange->stream;
    StreamEnd end = receiver == PARTY_CLIENT ? STREAM_OF_CLIENT : STREAM_OF_SERVER;
    const H2Goaway *error = &goaways_of(c, receiver)->error;
    if (stream->reset[end].frame) {
        builder_frame(builder, stream->reset[end].frame);
        builder_say(builder, "; the %s reset the stream with ", party_name(receiver));
        say_code(builder, stream->reset[end].code);
    } else if (stamp_is_set(&error->first)) {
        builder_frame(builder, error->first.frame);
        builder_say(builder, "; the %s sent GOAWAY with ", party_name(receiver));
        say_code(builder, error->code);
    } else if (receiver == PARTY_SERVER && c->exchange->response.has_head) {
        builder_say(builder, "; the server answered (status %d)", c->exchange->status);
    } else {
        builder_say(builder, "; the %s did not object", party_name(receiver));
    }
}

static const char *section_of(const Case *c, unsigned flags, unsigned of_interim)
{
    if (of_interim)
        return "an interim response";
    if (flags & FLAG_H2_IN_TRAILERS)
        return c->sender == PARTY_CLIENT ? "the request, or its trailers,"
                                         : "the response, or its trailers,";
    if (c->exchange->stream.pushed && c->sender == PARTY_CLIENT)
        return "a pushed request";
    return c->sender == PARTY_CLIENT ? "the request" : "the response";
}

/* The flags of this message among `wanted`; of a response also those of the 1xx before it. */
static bool has_forbidden(const Case *c, FindingBuilder *builder, unsigned wanted,
                          unsigned *ret_flags, Party *ret_receiver)
{
    unsigned of_interim = c->sender == PARTY_SERVER ? c->exchange->interim.flags & wanted : 0;
    unsigned of_message = c->message->header_flags & wanted;
    *ret_flags = of_message | of_interim;
    if (*ret_flags == 0)
        return false;
    Party sender = c->exchange->stream.pushed ? PARTY_SERVER : c->sender;
    builder->party = sender;
    *ret_receiver = sender == PARTY_CLIENT ? PARTY_SERVER : PARTY_CLIENT;
    if (of_interim)
        builder_frame(builder, c->exchange->interim.frame);
    builder_case_message(builder, c);
    return true;
}

/* §8.2.2: makes the message malformed. */
static bool connection_field(const Case *c, FindingBuilder *builder)
{
    unsigned flags;
    Party receiver;
    if (!has_forbidden(c, builder, FLAGS_H2_FIELDS, &flags, &receiver))
        return false;
    say_fields(builder, flags);
    builder_say(builder, " in %s on stream %" PRIu32,
                section_of(c, c->message->header_flags, flags & ~c->message->header_flags),
                c->exchange->stream.id);
    say_reaction(c, builder, receiver);
    return true;
}

static bool te(const Case *c, FindingBuilder *builder)
{
    unsigned flags;
    Party receiver;
    if (!has_forbidden(c, builder, FLAG_H2_TE, &flags, &receiver))
        return false;
    builder_say(builder, "TE %sin %s on stream %" PRIu32,
                c->sender == PARTY_CLIENT ? "with more than trailers " : "",
                section_of(c, c->message->header_flags, flags & ~c->message->header_flags),
                c->exchange->stream.id);
    say_reaction(c, builder, receiver);
    return true;
}

/* GOAWAY -------------------------------------------------------------------------------------- */

/* §6.8, §9.1. A server may drop a client that broke the protocol. */
static bool close_without_goaway(const Case *c, FindingBuilder *builder)
{
    const ConversationFacts *facts = c->context->facts;
    const H2Facts *h2 = facts->h2;
    int server = 1 - facts->client;
    ReasonSet reasons = c->ending->reasons;
    bool by_server = enders_at_end(c->context, c->ending, &reasons) == ENDER_SERVER && !reasons &&
                     c->ending->how != END_HOW_NONE;
    if (!h2 || !by_server || h2->goaways[server].count || h2->lost[0] || h2->lost[1] ||
        h2->preface_missing || c->before->client_breach ||
        stamp_is_set(&goaways_of(c, PARTY_CLIENT)->error.first))
        return false;
    builder->exchange = 0;
    builder_closing(builder, &c->ending->stamp);
    builder_say(builder, "the server closed the connection without GOAWAY");
    if (h2->cut) {
        builder->severity = SEVERITY_WARNING;
        builder_say(builder, ", with %" PRIu32 " stream%s open", h2->cut, h2->cut == 1 ? "" : "s");
    }
    return true;
}

/* §6.8, only by a bare acknowledgement: a TCP has a GOAWAY before its program has read it. */
static bool request_after_goaway(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    const H2Goaways *goaways = goaways_of(c, PARTY_SERVER);
    if (exchange->stream.pushed || !exchange->request.begun)
        return false;
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++) {
        const H2Goaway *goaway = &goaways->kept[i];
        Announcement announcement = { .time = goaway->first.time,
                                      .acked_before = NO_OFFSET,
                                      .past = stamp_past(&goaway->last),
                                      .again = true };
        if (!request_sent_knowing(exchange, &announcement))
            continue;
        builder_frame(builder, goaway->first.frame);
        builder_request(builder, &exchange->request);
        builder_say_request(builder, exchange);
        builder_say(builder,
                    " was sent on the new stream %" PRIu32
                    " although the client had received GOAWAY(%" PRIu32 ")",
                    exchange->stream.id, goaway->last_id);
        return true;
    }
    return false;
}

static bool answer_after_goaway(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    const H2Goaways *goaways = goaways_of(c, PARTY_SERVER);
    if (!exchange->stream.answered_above)
        return false;
    for (uint32_t i = 0; i < MIN(goaways->count, H2_GOAWAYS_KEPT); i++) {
        const H2Goaway *goaway = &goaways->kept[i];
        if (goaway->last_id >= exchange->stream.id)
            continue;
        builder_frame(builder, goaway->first.frame);
        builder_response(builder, &exchange->response);
        builder_say(builder,
                    "the server answered stream %" PRIu32 " after GOAWAY(%" PRIu32
                    ") had said that it would not",
                    exchange->stream.id, goaway->last_id);
        return true;
    }
    return false;
}

static bool raised_by(const Case *c, FindingBuilder *builder, Party party)
{
    const H2Goaways *goaways = goaways_of(c, party);
    if (!goaways->raised)
        return false;
    builder->exchange = 0;
    builder->party = party;
    builder_frame(builder, goaways->raised_from);
    builder_frame(builder, goaways->raised);
    builder_say(builder, "the %s sent GOAWAY(%" PRIu32 ") and later GOAWAY(%" PRIu32 ")",
                party_name(party), goaways->raised_from_id, goaways->raised_id);
    return true;
}

static bool goaway_raised(const Case *c, FindingBuilder *builder)
{
    return c->context->facts->h2 &&
           (raised_by(c, builder, PARTY_SERVER) || raised_by(c, builder, PARTY_CLIENT));
}

static bool error_by(const Case *c, FindingBuilder *builder, Party party)
{
    const H2Goaway *error = &goaways_of(c, party)->error;
    Party peer = party == PARTY_CLIENT ? PARTY_SERVER : PARTY_CLIENT;
    if (!stamp_is_set(&error->first))
        return false;
    builder->exchange = 0;
    builder->party = error->code == H2_INTERNAL_ERROR ? party : peer;
    builder_frame(builder, error->first.frame);
    builder_say(builder, "the %s ended the connection with ", party_name(party));
    say_code(builder, error->code);
    return true;
}

static bool connection_error(const Case *c, FindingBuilder *builder)
{
    return c->context->facts->h2 &&
           (error_by(c, builder, PARTY_SERVER) || error_by(c, builder, PARTY_CLIENT));
}

/* Streams ------------------------------------------------------------------------------------- */

/* RFC 9110 §7.4: the connection was reused for a host that this server does not serve on it. */
static bool misdirected(const Case *c, FindingBuilder *builder)
{
    const Exchange *exchange = c->exchange;
    if (exchange->status != 421 || exchange->number == 1)
        return false;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    builder_say_request(builder, exchange);
    builder_say(builder, " on the reused connection got a 421");
    return true;
}

static void say_cut(FindingBuilder *builder, const Exchange *exchange)
{
    builder_say(builder, " %s",
                exchange->response.begun ? "before the response had ended"
                                         : "before any byte of a response");
}

/* Either a RST_STREAM or the end of the connection cut the stream. */
static bool cut_by(const Case *c, FindingBuilder *builder, Party party)
{
    const Exchange *exchange = c->exchange;
    StreamEnd end = party == PARTY_CLIENT ? STREAM_OF_CLIENT : STREAM_OF_SERVER;
    const StreamReset *reset = &exchange->stream.reset[end];
    if (!reset->frame && !c->ending)
        return false;
    builder_request(builder, &exchange->request);
    builder_response(builder, &exchange->response);
    if (reset->frame) {
        builder_frame(builder, reset->frame);
        builder_say(builder, "the %s reset stream %" PRIu32 " with ", party_name(party),
                    exchange->stream.id);
        say_code(builder, reset->code);
    } else {
        builder_closing(builder, party == PARTY_CLIENT ? &c->ending->client.stamp
                                                       : &c->ending->server.stamp);
        builder_say(builder, "the %s closed the connection on stream %" PRIu32, party_name(party),
                    exchange->stream.id);
    }
    say_cut(builder, exchange);
    return true;
}

static bool aborted(const Case *c, FindingBuilder *builder)
{
    if (!case_has_cause(c, CAUSE_ABORTED))
        return false;
    if (!c->exchange->response.begun)
        builder->severity = SEVERITY_WARNING; /* no message was begun that had to be completed */
    return cut_by(c, builder, PARTY_SERVER);
}

static bool client_aborted(const Case *c, FindingBuilder *builder)
{
    return case_has_cause(c, CAUSE_CLIENT_ABORTED) && cut_by(c, builder, PARTY_CLIENT);
}

static const RuleTest tests[] = {
    { RULE_ABORTED, SCOPE_EXCHANGE, PREFILTER_STREAM, aborted },
    { RULE_CLIENT_ABORTED, SCOPE_EXCHANGE, PREFILTER_STREAM, client_aborted },
    { RULE_H2_CONNECTION_FIELD, SCOPE_MESSAGE, PREFILTER_STREAM, connection_field },
    { RULE_H2_TE, SCOPE_MESSAGE, PREFILTER_STREAM, te },
    { RULE_H2_CLOSE_WITHOUT_GOAWAY, SCOPE_CONNECTION, PREFILTER_END, close_without_goaway },
    { RULE_H2_REQUEST_AFTER_GOAWAY, SCOPE_EXCHANGE, PREFILTER_STREAM, request_after_goaway },
    { RULE_H2_ANSWER_AFTER_GOAWAY, SCOPE_EXCHANGE, PREFILTER_STREAM, answer_after_goaway },
    { RULE_H2_GOAWAY_RAISED, SCOPE_CONNECTION, PREFILTER_END, goaway_raised },
    { RULE_H2_CONNECTION_ERROR, SCOPE_CONNECTION, PREFILTER_END, connection_error },
    { RULE_H2_MISDIRECTED, SCOPE_EXCHANGE, PREFILTER_STREAM, misdirected },
};

const RuleGroup FINDINGS_HTTP2 = { tests, G_N_ELEMENTS(tests) };
