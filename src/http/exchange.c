#include "http/exchange.h"

#include "base/pack.h"
#include "base/text.h"

struct ExchangeText {
    unsigned owners; /* of the host alone, several exchanges may own the same */
    GString block;   /* its bytes alone are allocated */
    /* Where each field begins and how long it is; fields are appended as the heads come. */
    uint16_t start[TEXT_FIELD_COUNT];
    uint16_t length[TEXT_FIELD_COUNT];
};

/* Room for an ordinary name of a host, and for all texts of an ordinary exchange. */
#define BLOCK_OF_HOST 64
#define BLOCK_OF_ALL 192

static ExchangeText *text_new(size_t size)
{
    ExchangeText *text = g_new0(ExchangeText, 1);
    text->block = (GString){ .str = g_malloc(size), .allocated_len = size };
    text->block.str[0] = '\0';
    text->owners = 1;
    return text;
}

static ExchangeText *text_of(Exchange *exchange, TextWish wish)
{
    if (!exchange->text)
        exchange->text = text_new(wish == TEXT_WISH_ALL ? BLOCK_OF_ALL : BLOCK_OF_HOST);
    return exchange->text;
}

static void begin_text(ExchangeText *text, ExchangeTextField field)
{
    text->start[field] = (uint16_t)text->block.len;
}

static void end_text(ExchangeText *text, ExchangeTextField field)
{
    text->length[field] = (uint16_t)(text->block.len - text->start[field]);
    g_string_append_c(&text->block, '\0');
}

static void take_span(ExchangeText *text, ExchangeTextField field, Span bytes)
{
    begin_text(text, field);
    text_append_bounded(&text->block, text->start[field], EXCHANGE_TEXT_MAX, bytes);
    end_text(text, field);
}

/* A value that --redact hides. */
static void take_private(ExchangeText *text, ExchangeTextField field, Span bytes,
                         const Redactor *redactor)
{
    if (!redactor) {
        take_span(text, field, bytes);
        return;
    }
    begin_text(text, field);
    redactor_append(redactor, &text->block, bytes);
    end_text(text, field);
}

static void take_host(ExchangeText *text, const Head *head, const Redactor *redactor)
{
    const FieldLine *host = head_field(head, FIELD_HOST, 0, NULL);
    if (host)
        take_private(text, TEXT_HOST, host->value, redactor);
}

/* Whether a text of the host alone says the same as this head would. */
static bool has_same_host(const Exchange *exchange, const Head *head)
{
    const FieldLine *host = head_field(head, FIELD_HOST, 0, NULL);
    const char *text = exchange_text(exchange, TEXT_HOST);
    if (!exchange->text || !host)
        return false;
    /* Without an escape, escaped text is what was escaped. */
    return span_equal(span_of_text(text), host->value) && !strchr(text, '\\');
}

/* What both kinds of message state about the connection. */
static void take_connection_texts(ExchangeText *text, const Head *head,
                                  ExchangeTextField connection, const Redactor *redactor)
{
    begin_text(text, connection);
    head_append_values(head, FIELD_CONNECTION, redactor, &text->block, EXCHANGE_TEXT_MAX);
    end_text(text, connection);
    begin_text(text, connection + 1);
    head_append_values(head, FIELD_KEEP_ALIVE, redactor, &text->block, EXCHANGE_TEXT_MAX);
    end_text(text, connection + 1);
    begin_text(text, connection + 2);
    head_append_options(head, &text->block, EXCHANGE_TEXT_MAX);
    end_text(text, connection + 2);
    begin_text(text, connection + 3);
    if (head->version != HTTP_2)
        head_append_unlisted(head, &text->block, EXCHANGE_TEXT_MAX);
    end_text(text, connection + 3);
}

G_STATIC_ASSERT(TEXT_REQUEST_UNLISTED == TEXT_REQUEST_CONNECTION + 3);
G_STATIC_ASSERT(TEXT_RESPONSE_UNLISTED == TEXT_RESPONSE_CONNECTION + 3);
G_STATIC_ASSERT((EXCHANGE_TEXT_MAX + 1) * TEXT_FIELD_COUNT < UINT16_MAX);

static void take_head(MessageFacts *message, const Head *head, const BodyFraming *framing)
{
    message->has_head = true;
    message->version = head->version;
    message->minor = head->minor;
    message->notes = head->notes;
    Listed listed = connection_options(head);
    message->header_flags = header_flags(head, &listed);
    message->framing = *framing;
    if (head->version == HTTP_2) { /* there the fields mean nothing (RFC 9113 §8.2.2) */
        message->keep_alive = (KeepAlive){ .timeout = -1, .max = -1 };
        return;
    }
    message->options = listed.options;
    message->keep_alive = keep_alive_parameters(head);
}

static MethodClass method_class(Span method)
{
    if (span_equal(method, span_of_text("HEAD")))
        return METHOD_HEAD;
    if (span_equal(method, span_of_text("CONNECT")))
        return METHOD_CONNECT;
    return METHOD_OTHER;
}

static uint32_t hash_of(Span bytes)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ bytes.bytes[i]) * 16777619;
    return hash;
}

static bool is_whole(const MessageFacts *message)
{
    return message->has_head && !(message->notes & HEAD_INCOMPLETE);
}

/* What a 101 has to be measured against, and whether it fits. */
static void take_offer(Exchange *exchange, const Head *request)
{
    if (exchange->request.header_flags & FLAG_UPGRADE)
        exchange->upgrade.offer = head_upgrade_offer(request);
    if (exchange->request.header_flags & FLAG_WEBSOCKET)
        exchange->upgrade.websocket_accept = websocket_accept_wanted(request);
    if (exchange->method == METHOD_CONNECT)
        exchange->connect.target_hash = hash_of(request->target);
}

static void compare_offer(Exchange *exchange, const Head *response)
{
    const MessageFacts *request = &exchange->request;
    if (exchange->status != 101 || !is_whole(request) || !is_whole(&exchange->response))
        return;
    UpgradeOffer chosen = head_upgrade_offer(response);
    exchange->upgrade.foreign = !upgrade_is_offered(&exchange->upgrade.offer, &chosen);
    exchange->upgrade.accept_wrong =
        (request->header_flags & FLAG_WEBSOCKET) &&
        !(request->header_flags & (FLAG_WEBSOCKET_DRAFT | FLAG_WEBSOCKET_KEY)) &&
        (exchange->response.header_flags & FLAG_WEBSOCKET) &&
        websocket_accept_given(response) != exchange->upgrade.websocket_accept;
}

static ExchangeDigest *digest_of(Exchange *exchange)
{
    if (!exchange->digest)
        exchange->digest = exchange_digest_new();
    return exchange->digest;
}

void exchange_take_request(Exchange *exchange, const Exchange *before, const Head *head,
                           const BodyFraming *framing, const TextOptions *options)
{
    take_head(&exchange->request, head, framing);
    exchange->method = method_class(head->method);
    const FieldLine *expect = head_field(head, FIELD_EXPECT, 0, NULL);
    take_offer(exchange, head);
    exchange->expects_continue = expect && span_is_nocase(expect->value, "100-continue");
    if (options->digests)
        digest_request_head(digest_of(exchange), head, options->redactor);
    TextWish wish = options->wish;
    if (wish == TEXT_WISH_NONE)
        return;
    if (wish == TEXT_WISH_HOST && !options->redactor && before && !exchange->text &&
        has_same_host(before, head)) {
        exchange->text = before->text;
        exchange->text->owners++;
        return;
    }
    ExchangeText *text = text_of(exchange, wish);
    take_host(text, head, options->redactor);
    if (wish != TEXT_WISH_ALL)
        return;
    take_span(text, TEXT_METHOD, head->method);
    take_private(text, TEXT_TARGET, head->target, options->redactor);
    take_connection_texts(text, head, TEXT_REQUEST_CONNECTION, options->redactor);
}

void exchange_take_response(Exchange *exchange, const Head *head, const BodyFraming *framing,
                            const TextOptions *options)
{
    take_head(&exchange->response, head, framing);
    exchange->status = head->status;
    compare_offer(exchange, head);
    if (options->digests)
        digest_response_head(digest_of(exchange), head, options->redactor);
    if (options->wish == TEXT_WISH_ALL)
        take_connection_texts(text_of(exchange, options->wish), head, TEXT_RESPONSE_CONNECTION,
                              options->redactor);
}

const char *exchange_text(const Exchange *exchange, ExchangeTextField field)
{
    const ExchangeText *text = exchange->text;
    if (!text || text->length[field] == 0)
        return "";
    return text->block.str + text->start[field];
}

/* Of a text, in whole words. */
typedef struct PackedFields {
    uint64_t there;
    uint16_t start[(TEXT_FIELD_COUNT + 3) / 4 * 4];
    uint16_t length[(TEXT_FIELD_COUNT + 3) / 4 * 4];
} PackedFields;

void exchange_pack(const Exchange *exchange, GByteArray *to)
{
    Exchange rest = *exchange;
    rest.text = NULL;
    rest.digest = NULL;
    pack_words(to, &rest, sizeof rest);
    const ExchangeText *text = exchange->text;
    PackedFields fields = { .there = text != NULL };
    if (text) {
        memcpy(fields.start, text->start, sizeof text->start);
        memcpy(fields.length, text->length, sizeof text->length);
    }
    pack_words(to, &fields, sizeof fields);
    if (text)
        pack_span(to, span_make(text->block.str, text->block.len));
    exchange_digest_pack(exchange->digest, to);
}

static ExchangeText *unpack_text_block(Span *from, const PackedFields *fields)
{
    Span block = unpack_span(from);
    ExchangeText *text = text_new(block.length + 1);
    memcpy(text->start, fields->start, sizeof text->start);
    memcpy(text->length, fields->length, sizeof text->length);
    g_string_append_len(&text->block, (const char *)block.bytes, (gssize)block.length);
    return text;
}

void exchange_unpack(Exchange *exchange, Span *from)
{
    PackedFields fields;
    unpack_words(from, exchange, sizeof *exchange);
    unpack_words(from, &fields, sizeof fields);
    if (fields.there)
        exchange->text = unpack_text_block(from, &fields);
    exchange->digest = exchange_digest_unpack(from);
}

Exchange exchange_copy(const Exchange *exchange)
{
    Exchange copy = *exchange;
    const ExchangeText *from = exchange->text;
    copy.digest = exchange_digest_copy(exchange->digest);
    if (!from)
        return copy;
    ExchangeText *text = copy.text = text_new(from->block.len + 1);
    memcpy(text->start, from->start, sizeof text->start);
    memcpy(text->length, from->length, sizeof text->length);
    g_string_append_len(&text->block, from->block.str, (gssize)from->block.len);
    return copy;
}

size_t exchange_text_size(const Exchange *exchange)
{
    const ExchangeText *text = exchange->text;
    return (text ? sizeof *text + text->block.allocated_len : 0) +
           exchange_digest_size(exchange->digest);
}

void exchange_clear(Exchange *exchange)
{
    ExchangeText *text = g_steal_pointer(&exchange->text);
    exchange_digest_free(g_steal_pointer(&exchange->digest));
    if (!text || --text->owners > 0)
        return;
    g_free(text->block.str);
    g_free(text);
}

Duration exchange_idle_until(const Exchange *exchange, const Stamp *end)
{
    Stamp burst = { .time = exchange->burst_start, .clock = exchange->burst_clock };
    Duration from_last = duration_between(&exchange->response.last, end);
    Duration from_burst = duration_between(&burst, end);
    return (Duration){ .known = from_last.known && from_burst.known,
                       .least = from_last.least,
                       .most = from_burst.most };
}

bool exchange_switched(const Exchange *exchange)
{
    if (!exchange->response.has_head)
        return false;
    return exchange->status == 101 ||
           (exchange->method == METHOD_CONNECT && exchange->status / 100 == 2);
}

const char *http_version_text(HttpVersion version, unsigned minor)
{
    static const char *const minors[] = { "HTTP/1.0", "HTTP/1.1", "HTTP/1.2", "HTTP/1.3",
                                          "HTTP/1.4", "HTTP/1.5", "HTTP/1.6", "HTTP/1.7",
                                          "HTTP/1.8", "HTTP/1.9" };
    if (version == HTTP_UNKNOWN)
        return "";
    if (version == HTTP_0_9)
        return "HTTP/0.9";
    if (version == HTTP_2)
        return "HTTP/2";
    return minors[minor % G_N_ELEMENTS(minors)];
}

const char *message_version_text(const MessageFacts *message)
{
    return message->begun ? http_version_text(message->version, message->minor) : "";
}
