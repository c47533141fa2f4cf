#include "http/digest.h"

#include <arpa/inet.h>

#include "base/pack.h"
#include "base/text.h"
#include "http/header_flags.h"
#include "http/options.h"

static const struct {
    const char *name;
    uint8_t length;
    uint8_t traits;
} NAMES[DIGEST_NAME_COUNT] = {
    [DIGEST_OTHER] = { "", 0, 0 },
#define DIGEST(id, name, traits) [DIGEST_##id] = { name, sizeof name - 1, traits },
#include "http/digest_names.def"
#undef DIGEST
};

#define FORWARDED_PREFIX "x-forwarded-"

unsigned digest_traits(DigestName name)
{
    return NAMES[name].traits;
}

/* The first name of each length; of no length: none. */
static const uint8_t first_of_length[] = {
    [2] = DIGEST_TE,
    [3] = DIGEST_AGE,
    [4] = DIGEST_DATE,
    [5] = DIGEST_CLOSE,
    [6] = DIGEST_ACCEPT,
    [7] = DIGEST_REFERER,
    [8] = DIGEST_LOCATION,
    [9] = DIGEST_CLIENT_IP,
    [10] = DIGEST_CONNECTION,
    [11] = DIGEST_TRACEPARENT,
    [12] = DIGEST_CONTENT_TYPE,
    [13] = DIGEST_AUTHORIZATION,
    [14] = DIGEST_CONTENT_LENGTH,
    [15] = DIGEST_ACCEPT_ENCODING,
    [16] = DIGEST_CONTENT_ENCODING,
    [17] = DIGEST_IF_MODIFIED_SINCE,
    [18] = DIGEST_PROXY_AUTHENTICATE,
    [19] = DIGEST_PROXY_AUTHORIZATION,
    [21] = DIGEST_X_CLOUD_TRACE_CONTEXT,
};

/* In lower case already. */
static DigestName known_name(const char *name, size_t length)
{
    unsigned at = length < G_N_ELEMENTS(first_of_length) ? first_of_length[length] : DIGEST_OTHER;
    if (at == DIGEST_OTHER)
        return DIGEST_OTHER;
    for (; at < DIGEST_NAME_COUNT && NAMES[at].length == length; at++)
        if (NAMES[at].name[0] == name[0] && memcmp(NAMES[at].name, name, length) == 0)
            return (DigestName)at;
    return DIGEST_OTHER;
}

/* Heads ---------------------------------------------------------------------------------------- */

#define EIGHT sizeof(uint64_t)

static bool eight_have_zero(uint64_t eight)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    return (eight - each) & ~eight & (each * 0x80);
}

/* False: it has a zero within. Up to EIGHT bytes behind it are written, too: zeroes. */
static bool write_lower(char *to, Span text)
{
    size_t i = 0;
    bool whole = true;
    for (uint64_t eight; i + EIGHT <= text.length; i += EIGHT) {
        memcpy(&eight, text.bytes + i, EIGHT);
        whole = whole && !eight_have_zero(eight);
        eight = span_small_letters(eight);
        memcpy(to + i, &eight, EIGHT);
    }
    size_t rest = text.length - i;
    if (rest > 0) {
        uint64_t few = span_few(text.bytes + i, rest);
        whole = whole && !eight_have_zero(few | UINT64_MAX << 8 * rest);
        few = GUINT64_TO_LE(span_small_letters(few));
        memcpy(to + i, &few, EIGHT);
    }
    return whole;
}

/* A name's first bytes as a number, zeroes behind them, so that numbers have the order of names.
 * They tell nearly all names apart, without a call of memcmp() for each pair. There is room for so
 * many bytes behind the name; no byte of it is 0. */
static uint64_t begin_of(char *name, size_t length)
{
    uint64_t begin;
    memset(name + length, 0, EIGHT);
    memcpy(&begin, name, sizeof begin);
    return GUINT64_FROM_BE(begin);
}

/* A field while the head is being read. */
typedef struct Draft {
    const char *name; /* as it is written to the digest */
    uint64_t begin;   /* begin_of() the name */
    uint8_t length;   /* of the name */
    uint8_t known;    /* DigestName */
    bool listed, meant_for_all, forwarding;
    unsigned lines;
    Span line;      /* the value of its last line */
    uint32_t value; /* of all */
} Draft;

typedef struct Drafts {
    Draft drafts[DIGEST_FIELDS_MAX];
    unsigned count;
    const Draft *order[DIGEST_FIELDS_MAX]; /* of their names */
    bool whole;
    /* names in lower case, and redacted ones */
    char names[2 * DIGEST_FIELDS_MAX * (DIGEST_NAME_MAX + 1) + EIGHT];
    size_t names_used;
} Drafts;

/* NULL: there is no room for it. */
static Draft *draft_of(Drafts *drafts, Span name)
{
    char *lower = drafts->names + drafts->names_used;
    if (name.length > DIGEST_NAME_MAX || !write_lower(lower, name)) {
        drafts->whole = false;
        return NULL;
    }
    uint64_t begin = begin_of(lower, name.length);
    for (unsigned i = 0; i < drafts->count; i++) {
        Draft *draft = &drafts->drafts[i];
        if (draft->begin == begin && draft->length == name.length &&
            memcmp(draft->name, lower, name.length) == 0)
            return draft;
    }
    if (drafts->count == DIGEST_FIELDS_MAX) {
        drafts->whole = false;
        return NULL;
    }
    drafts->names_used += name.length + 1;
    Draft *draft = &drafts->drafts[drafts->count++];
    *draft =
        (Draft){ .name = lower,
                 .begin = begin,
                 .length = (uint8_t)name.length,
                 .known = (uint8_t)known_name(lower, name.length),
                 .forwarding = span_starts_with(span_make(lower, name.length), FORWARDED_PREFIX) };
    return draft;
}

static void add_line(Drafts *drafts, const FieldLine *field)
{
    Draft *draft = draft_of(drafts, field->name);
    if (!draft)
        return;
    draft->lines++;
    draft->line = field->value;
}

static void add_options(Drafts *drafts, Span value)
{
    ListCursor cursor = { .rest = value };
    Span member;
    while (list_next(&cursor, &member)) {
        Draft *draft = text_is_token(member) ? draft_of(drafts, member) : NULL;
        if (!draft)
            continue;
        draft->listed = true;
        draft->meant_for_all = draft->known != DIGEST_CLOSE &&
                               !(digest_traits(draft->known) & FIELD_HOP) &&
                               field_is_meant_for_all(member);
    }
}

/* Several lines are one list (RFC 9110 section 5.3), and a proxy may make one line of them. */
static uint32_t value_of_lines(const char *name, const Head *head)
{
    ContentHash hash = { 0 };
    bool any = false;
    for (size_t i = 0; i < head->field_count; i++) {
        if (!span_is_nocase(head->fields[i].name, name))
            continue;
        if (any)
            content_hash_add(&hash, span_of_text(", "));
        content_hash_add(&hash, head->fields[i].value);
        any = true;
    }
    return (uint32_t)content_hash_value(&hash);
}

static void hash_values(Drafts *drafts, const Head *head)
{
    for (unsigned i = 0; i < drafts->count; i++) {
        Draft *draft = &drafts->drafts[i];
        if (draft->lines == 1)
            draft->value = digest_value(draft->line);
        else if (draft->lines > 1)
            draft->value = value_of_lines(draft->name, head);
    }
}

static bool stands_behind(const Draft *a, const Draft *b)
{
    return a->begin != b->begin ? a->begin > b->begin : strcmp(a->name, b->name) > 0;
}

/* By name. Ordinary heads have a dozen fields. */
static void sort_drafts(Drafts *drafts)
{
    for (unsigned i = 0; i < drafts->count; i++) {
        const Draft *draft = &drafts->drafts[i];
        unsigned at = i;
        for (; at > 0 && stands_behind(drafts->order[at - 1], draft); at--)
            drafts->order[at] = drafts->order[at - 1];
        drafts->order[at] = draft;
    }
}

/* `text`: of Proxy-Status. */
static HeadDigest *head_of_drafts(Drafts *drafts, const char *text)
{
    size_t names = 0;
    for (unsigned i = 0; i < drafts->count; i++)
        names += drafts->drafts[i].length + (size_t)1;
    size_t texts_size = names + (*text ? strlen(text) + 1 : 0);
    size_t size = sizeof(HeadDigest) + drafts->count * sizeof(DigestField) + texts_size;
    HeadDigest *head = g_malloc0(size);
    head->size = (uint32_t)size;
    head->count = (uint16_t)drafts->count;
    head->whole = drafts->whole;
    sort_drafts(drafts);
    char *texts = (char *)&head->fields[head->count];
    uint16_t at = 0;
    for (unsigned i = 0; i < drafts->count; i++) {
        const Draft *draft = drafts->order[i];
        head->fields[i] = (DigestField){ .value = draft->value,
                                         .text = at,
                                         .known = draft->known,
                                         .present = draft->lines > 0,
                                         .listed = draft->listed,
                                         .meant_for_all = draft->meant_for_all,
                                         .forwarding = draft->forwarding };
        memcpy(texts + at, draft->name, draft->length + (size_t)1);
        at = (uint16_t)(at + draft->length + 1);
    }
    if (*text) {
        head->proxy_status = at; /* not 0: the field's own name stands before it */
        memcpy(texts + at, text, strlen(text) + 1);
    }
    return head;
}

static bool forbids_transformation(const Head *head)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (!span_is_nocase(head->fields[i].name, "Cache-Control"))
            continue;
        ListCursor cursor = { .rest = head->fields[i].value };
        Span member;
        while (list_next(&cursor, &member))
            if (span_is_nocase(member, "no-transform"))
                return true;
    }
    return false;
}

/* NULL: there is none. */
static char *proxy_status_text(const Head *head, const Redactor *redactor)
{
    GString *text = NULL;
    for (size_t i = 0; i < head->field_count; i++) {
        const FieldLine *field = &head->fields[i];
        if (head->kind != HEAD_RESPONSE || !span_is_nocase(field->name, "Proxy-Status"))
            continue;
        if (!text)
            text = g_string_new(NULL);
        if (text->len)
            text_append_bounded(text, 0, DIGEST_TEXT_MAX, span_of_text(", "));
        if (redactor)
            redactor_append(redactor, text, field->value);
        else
            text_append_bounded(text, 0, DIGEST_TEXT_MAX, field->value);
    }
    return text ? g_string_free(text, FALSE) : NULL;
}

static void redact_names(Drafts *drafts, const Redactor *redactor)
{
    for (unsigned i = 0; i < drafts->count; i++) {
        Draft *draft = &drafts->drafts[i];
        if (draft->known != DIGEST_OTHER)
            continue;
        g_autoptr(GString) name = g_string_new(NULL);
        redactor_append(redactor, name, span_make(draft->name, draft->length));
        draft->length = (uint8_t)MIN(name->len, DIGEST_NAME_MAX);
        char *redacted =
            memcpy(drafts->names + drafts->names_used, name->str, draft->length + (size_t)1);
        draft->name = redacted;
        draft->begin = begin_of(redacted, draft->length);
        drafts->names_used += draft->length + (size_t)1;
    }
}

static HeadDigest *digest_head(const Head *head, const Redactor *redactor)
{
    g_autofree char *status = proxy_status_text(head, redactor);
    Drafts drafts;
    drafts.count = 0;
    drafts.names_used = 0;
    drafts.whole = !(head->notes & (HEAD_INCOMPLETE | HEAD_BAD_LINE));
    for (size_t i = 0; i < head->field_count; i++) {
        add_line(&drafts, &head->fields[i]);
        if (head->fields[i].known == FIELD_CONNECTION)
            add_options(&drafts, head->fields[i].value);
    }
    hash_values(&drafts, head);
    if (redactor)
        redact_names(&drafts, redactor);
    HeadDigest *digest = head_of_drafts(&drafts, status ? status : "");
    digest->no_transform = forbids_transformation(head);
    return digest;
}

const DigestField *head_digest_find(const HeadDigest *head, DigestName name)
{
    for (unsigned i = 0; head && i < head->count; i++)
        if (head->fields[i].known == name)
            return &head->fields[i];
    return NULL;
}

uint32_t digest_value(Span value)
{
    return (uint32_t)content_hash_of(value);
}

/* Targets -------------------------------------------------------------------------------------- */

/* Without scheme and authority of an absolute form. */
static Span path_and_query(Span target, bool *ret_absolute)
{
    *ret_absolute = false;
    const uint8_t *colon = target.length ? memchr(target.bytes, ':', target.length) : NULL;
    if (!colon || target.bytes[0] == '/')
        return target;
    Span rest = span_after(target, (size_t)(colon - target.bytes));
    if (!span_starts_with(rest, "://"))
        return target;
    *ret_absolute = true;
    rest = span_after(rest, 3);
    size_t authority = 0;
    while (authority < rest.length && !strchr("/?#", rest.bytes[authority]))
        authority++;
    rest = span_after(rest, authority);
    return rest.length ? rest : span_of_text("/");
}

static void digest_tails(TargetDigest *digest, Span path)
{
    size_t at = path.length;
    for (unsigned i = 0; i < TARGET_TAILS_MAX && at > 0; i++) {
        do
            at--;
        while (at > 0 && path.bytes[at] != '/');
        digest->tail[i] = digest_value(span_after(path, at));
        digest->before[i] = digest_value(span_first(path, at));
    }
}

static TargetDigest digest_target(Span target)
{
    TargetDigest digest = { .is_path = true };
    Span path = path_and_query(target, &digest.absolute);
    digest.is_path = path.length > 0 && (path.bytes[0] == '/' || path.bytes[0] == '?');
    const uint8_t *mark = path.length ? memchr(path.bytes, '?', path.length) : NULL;
    size_t length = mark ? (size_t)(mark - path.bytes) : path.length;
    size_t last = length;
    while (last > 0 && path.bytes[last - 1] != '/')
        last--;
    digest.whole = content_hash_of(path);
    digest.query = content_hash_of(span_after(path, length));
    digest.last = content_hash_of(span_make(path.bytes + last, length - last));
    digest_tails(&digest, span_first(path, length));
    return digest;
}

/* Forwarding ----------------------------------------------------------------------------------- */

static IpAddress parse_address(Span text)
{
    IpAddress address = { 0 };
    char copy[INET6_ADDRSTRLEN] = "";
    text = text_trim(text);
    if (text.length == 0 || text.length >= sizeof copy)
        return address;
    memcpy(copy, text.bytes, text.length);
    if (inet_pton(AF_INET, copy, address.bytes) == 1)
        address.version = 4;
    else if (inet_pton(AF_INET6, copy, address.bytes) == 1)
        address.version = 6;
    return address;
}

/* Quotes, brackets and a port go (RFC 7239 section 6). */
static Span bare_node(Span node)
{
    node = text_trim(node);
    if (node.length >= 2 && node.bytes[0] == '"' && node.bytes[node.length - 1] == '"')
        node = span_make(node.bytes + 1, node.length - 2);
    bool bracket = node.length > 0 && node.bytes[0] == '[';
    const uint8_t *end = node.length ? memchr(node.bytes, bracket ? ']' : ':', node.length) : NULL;
    if (bracket && end)
        return span_make(node.bytes + 1, (size_t)(end - node.bytes) - 1);
    bool one_colon = end && !memchr(end + 1, ':', (size_t)(node.bytes + node.length - end - 1));
    return one_colon ? span_first(node, (size_t)(end - node.bytes)) : node;
}

static Span last_member(Span value)
{
    ListCursor cursor = { .rest = value };
    Span member, last = { 0 };
    while (list_next(&cursor, &member))
        last = member;
    return last;
}

/* The node of `for` in one element. */
static Span forwarded_for(Span element)
{
    while (element.length) {
        const uint8_t *end = memchr(element.bytes, ';', element.length);
        Span pair = end ? span_first(element, (size_t)(end - element.bytes)) : element;
        element = end ? span_after(element, pair.length + 1) : (Span){ 0 };
        pair = text_trim(pair);
        if (pair.length > 4 && span_is_nocase(span_first(pair, 4), "for="))
            return span_after(pair, 4);
    }
    return (Span){ 0 };
}

static void take_forwarded(ExchangeDigest *digest, const FieldLine *field)
{
    Span value = field->value;
    if (span_is_nocase(field->name, "X-Forwarded-For"))
        digest->forwarded[FORWARDED_X_FOR] = parse_address(bare_node(last_member(value)));
    else if (span_is_nocase(field->name, "Forwarded"))
        digest->forwarded[FORWARDED_STANDARD] =
            parse_address(bare_node(forwarded_for(last_member(value))));
    else if (span_is_nocase(field->name, "X-Real-IP"))
        digest->forwarded[FORWARDED_X_REAL_IP] = parse_address(bare_node(value));
    else if (span_is_nocase(field->name, "Client-IP"))
        digest->forwarded[FORWARDED_CLIENT_IP] = parse_address(bare_node(value));
}

/* version "-" trace-id "-" … */
static uint32_t trace_of(Span value)
{
    enum { TRACE_AT = 3, TRACE_LENGTH = 32 };
    if (value.length < TRACE_AT + TRACE_LENGTH)
        return 0;
    return digest_value(span_first(span_after(value, TRACE_AT), TRACE_LENGTH));
}

static uint64_t hash_lower(Span text)
{
    ContentHash hash = { 0 };
    char lower[DIGEST_NAME_MAX + EIGHT];
    while (text.length > 0) {
        Span part = span_first(text, DIGEST_NAME_MAX);
        write_lower(lower, part);
        content_hash_add(&hash, span_make(lower, part.length));
        text = span_after(text, part.length);
    }
    return content_hash_value(&hash);
}

void digest_request_head(ExchangeDigest *digest, const Head *head, const Redactor *redactor)
{
    g_free(digest->request.head);
    digest->request.head = digest_head(head, redactor);
    digest->method = content_hash_of(head->method);
    digest->target = digest_target(head->target);
    digest->host = digest->trace_parent = 0;
    const FieldLine *host = head_field(head, FIELD_HOST, 0, NULL);
    if (host && host->value.length)
        digest->host = hash_lower(host->value);
    for (size_t i = 0; i < head->field_count; i++) {
        const FieldLine *field = &head->fields[i];
        if (field->known == FIELD_OTHER && field->value.length)
            take_forwarded(digest, field);
        if (span_is_nocase(field->name, "traceparent"))
            digest->trace_parent = trace_of(field->value);
    }
}

void digest_response_head(ExchangeDigest *digest, const Head *head, const Redactor *redactor)
{
    g_free(digest->response.head);
    digest->response.head = digest_head(head, redactor);
}

void digest_content(MessageDigest *message, const ContentHash *content)
{
    message->content.known = content != NULL;
    if (!content)
        return;
    message->content.hash = content_hash_value(content);
    message->content.length = content->length;
}

/* Its life ------------------------------------------------------------------------------------- */

ExchangeDigest *exchange_digest_new(void)
{
    return g_new0(ExchangeDigest, 1);
}

void exchange_digest_free(ExchangeDigest *digest)
{
    if (!digest)
        return;
    g_free(digest->request.head);
    g_free(digest->response.head);
    g_free(digest);
}

static size_t head_size(const HeadDigest *head)
{
    return head ? head->size : 0;
}

size_t exchange_digest_size(const ExchangeDigest *digest)
{
    return digest
               ? sizeof *digest + head_size(digest->request.head) + head_size(digest->response.head)
               : 0;
}

static HeadDigest *copy_head(const HeadDigest *head)
{
    return head ? g_memdup2(head, head->size) : NULL;
}

ExchangeDigest *exchange_digest_copy(const ExchangeDigest *digest)
{
    if (!digest)
        return NULL;
    ExchangeDigest *copy = g_memdup2(digest, sizeof *digest);
    copy->request.head = copy_head(digest->request.head);
    copy->response.head = copy_head(digest->response.head);
    return copy;
}

void exchange_digest_pack(const ExchangeDigest *digest, GByteArray *to)
{
    pack_span(to, span_make(digest, digest ? sizeof *digest : 0));
    if (!digest)
        return;
    pack_span(to, span_make(digest->request.head, head_size(digest->request.head)));
    pack_span(to, span_make(digest->response.head, head_size(digest->response.head)));
}

static HeadDigest *unpack_head(Span *from)
{
    Span bytes = unpack_span(from);
    return bytes.length ? g_memdup2(bytes.bytes, bytes.length) : NULL;
}

ExchangeDigest *exchange_digest_unpack(Span *from)
{
    Span bytes = unpack_span(from);
    if (bytes.length == 0)
        return NULL;
    ExchangeDigest *digest = g_memdup2(bytes.bytes, bytes.length);
    digest->request.head = unpack_head(from);
    digest->response.head = unpack_head(from);
    return digest;
}
