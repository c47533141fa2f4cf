/* The summary is a page of lines, each a label, mostly a number, and words. Each line is a function
 * of the facts; summary_write() lists them. */
#include "report/summary.h"

#include <glib.h>

#include "base/text.h"
#include "capture/bytes.h"
#include "decode/decode.h"
#include "report/page.h"
#include "report/summary_hops.h"
#include "report/summary_servers.h"

#define LABEL_WIDTH 14
#define INDENT 2

/* The most frequent causes and rules are named, the others counted. */
#define NAMED_MAX 6
#define CLOCKS_MAX 3 /* inputs that are named for their clocks */

typedef struct Summary {
    const SummaryFacts *facts;
    Page page;
    int digits; /* width of the numbers */
} Summary;

/* Words ---------------------------------------------------------------------------------------- */

/* "1 frame", "2 frames" */
static void append_things(GString *words, uint64_t count, const char *thing)
{
    page_append_count(words, count);
    g_string_append_printf(words, PAGE_NO_BREAK "%s%s", thing, count == 1 ? "" : "s");
}

/* "9 not TCP", behind a comma if it is not the first; 0 adds nothing. */
static void append_item(GString *words, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    if (words->len)
        g_string_append(words, ", ");
    page_append_count(words, count);
    g_string_append_printf(words, PAGE_NO_BREAK "%s", what);
}

/* "1 reset ignored", "9 resets ignored" */
static void append_items(GString *words, uint64_t count, const char *thing, const char *rest)
{
    if (count == 0)
        return;
    if (words->len)
        g_string_append(words, ", ");
    append_things(words, count, thing);
    g_string_append_printf(words, " %s", rest);
}

/* "12 min 3 s" */
static void append_two_units(GString *words, int64_t count, int64_t per, const char *large,
                             const char *small)
{
    g_string_append_printf(words,
                           "%" G_GINT64_FORMAT PAGE_NO_BREAK "%s" PAGE_NO_BREAK
                           "%" G_GINT64_FORMAT PAGE_NO_BREAK "%s",
                           count / per, large, count % per, small);
}

/* In the units that fit its length. */
static void append_span_of_time(GString *words, Nanoseconds span)
{
    int64_t seconds = span / NS_PER_SECOND;
    if (span < NS_PER_SECOND)
        g_string_append_printf(words, "%.1f" PAGE_NO_BREAK "ms", (double)span / 1e6);
    else if (seconds < 2 * 60)
        g_string_append_printf(words, "%.1f" PAGE_NO_BREAK "s", (double)span / 1e9);
    else if (seconds < 2 * 60 * 60)
        append_two_units(words, seconds, 60, "min", "s");
    else if (seconds < 2 * 24 * 60 * 60)
        append_two_units(words, seconds / 60, 60, "h", "min");
    else
        append_two_units(words, seconds / (60 * 60), 24, "d", "h");
}

typedef const char *NameOf(unsigned index);

/* "reused 7, closed 5, others 4": the most frequent first, equals in their own order. A single
 * other one has its name. */
static void append_most_frequent(GString *words, const uint64_t *counts, unsigned length,
                                 NameOf *name_of)
{
    g_autofree uint64_t *left = g_memdup2(counts, length * sizeof *counts);
    unsigned kinds = 0;
    uint64_t others = 0;
    for (unsigned i = 0; i < length; i++) {
        kinds += left[i] > 0;
        others += left[i];
    }
    unsigned named = kinds <= NAMED_MAX + 1 ? kinds : NAMED_MAX;
    for (unsigned n = 0; n < named; n++) {
        unsigned most = 0;
        for (unsigned i = 1; i < length; i++)
            if (left[i] > left[most])
                most = i;
        g_string_append_printf(words, "%s%s" PAGE_NO_BREAK, n > 0 ? ", " : "", name_of(most));
        page_append_count(words, left[most]);
        others -= left[most];
        left[most] = 0;
    }
    if (others) {
        g_string_append(words, ", others" PAGE_NO_BREAK);
        page_append_count(words, others);
    }
}

/* Lines ---------------------------------------------------------------------------------------- */

/* "  label         words" */
static void write_words(Summary *summary, const char *label, const char *words)
{
    g_string_append_printf(summary->page.text, "%*s%-*s", INDENT, "", LABEL_WIDTH, label);
    page_wrapped(&summary->page, INDENT + LABEL_WIDTH, PAGE_PLAIN, words);
}

/* "  label         before name: rest". A name is never broken: people copy it. Without `rest` it
 * ends the line. */
static void write_named(Summary *summary, const char *label, const char *before, const char *path,
                        const char *rest)
{
    g_autofree char *name = capture_display_name(path);
    unsigned at = *label ? INDENT + LABEL_WIDTH : 0;
    if (at)
        g_string_append_printf(summary->page.text, "%*s%-*s", INDENT, "", LABEL_WIDTH, label);
    g_strdelimit(name, " ", *PAGE_NO_BREAK);
    g_autofree char *words = g_strconcat(before, name, rest ? ": " : "", rest, NULL);
    Page page = summary->page;
    page.width = MAX(page.width, at + (unsigned)(strlen(before) + strlen(name) + 1));
    page_wrapped(&page, at, at ? PAGE_PLAIN : PAGE_STRONG, words);
}

/* "  label         12  words", in a style if there are any. */
static void write_number(Summary *summary, const char *label, PageStyle style, uint64_t count,
                         const char *words)
{
    g_autoptr(GString) number = g_string_new(NULL);
    page_append_count(number, count);
    g_autofree char *start =
        g_strdup_printf("%-*s%*s", LABEL_WIDTH, label, summary->digits, number->str);
    unsigned at = INDENT + (unsigned)strlen(start) + 2;
    g_string_append_printf(summary->page.text, "%*s", INDENT, "");
    page_words(&summary->page, count ? style : PAGE_PLAIN, start);
    g_string_append(summary->page.text, "  ");
    page_wrapped(&summary->page, at, PAGE_PLAIN, words);
}

static void write_capture(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    Nanoseconds span = facts->capture->last_time - facts->capture->first_time;
    g_autoptr(GString) words = g_string_new(NULL);
    append_things(words, facts->totals->audit.frames, "frame");
    g_string_append(words, ", ");
    append_span_of_time(words, MAX(0, span));
    write_named(summary, "", "", facts->capture->path, words->str);
}

static void write_connections(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    g_autoptr(GString) words = g_string_new("with HTTP");
    append_item(words, facts->totals->streams.connections - facts->totals->audit.http_connections,
                "without");
    g_string_append(words, "; ");
    append_things(words, facts->totals->audit.exchanges, "exchange");
    write_number(summary, "connections", PAGE_PLAIN, facts->totals->audit.http_connections,
                 words->str);
}

/* Why a connection was not opened, whatever secrets there are. */
static const char *const REFUSED[] = {
    [TLS_REFUSED_NOT] = NULL,
    [TLS_REFUSED_VERSION] = "not decrypted: of a version that is not supported",
    [TLS_REFUSED_SUITE] = "not decrypted: of a cipher suite that is not supported",
    [TLS_REFUSED_EXTENSION] = "not decrypted: of an extension that is not supported",
};
G_STATIC_ASSERT(G_N_ELEMENTS(REFUSED) == TLS_REFUSAL_COUNT);

/* What was opened of the connections in TLS, and what kept the others shut. */
static void write_tls(Summary *summary)
{
    static const char *const opened[] = {
        [TLS_SECRETS_OF_NONE] = "not decrypted: no secrets of theirs",
        [TLS_SECRETS_OF_ALL] = "decrypted",
        [TLS_SECRETS_OF_CLIENT] = "decrypted in the client's direction alone",
        [TLS_SECRETS_OF_SERVER] = "decrypted in the server's direction alone",
        [TLS_SECRETS_FIT_NOTHING] = "not decrypted: the secrets do not fit",
        [TLS_SECRETS_UNSUPPORTED] = NULL,
        [TLS_SECRETS_LATE] = "not decrypted: their secrets came behind their packets",
    };
    G_STATIC_ASSERT(G_N_ELEMENTS(opened) == TLS_SECRETS_COUNT);
    const AuditCounters *counters = &summary->facts->totals->audit;
    const uint64_t *by_secrets = counters->tls_by_secrets;
    if (counters->tls_connections == 0)
        return;
    g_autoptr(GString) words = g_string_new(NULL);
    append_item(words, by_secrets[TLS_SECRETS_OF_ALL], opened[TLS_SECRETS_OF_ALL]);
    if (!summary->facts->keys)
        append_item(words, by_secrets[TLS_SECRETS_OF_NONE], "not decrypted: give --keylog");
    for (unsigned i = summary->facts->keys ? 0 : TLS_SECRETS_OF_CLIENT; i < TLS_SECRETS_COUNT; i++)
        if (opened[i] && i != TLS_SECRETS_OF_ALL)
            append_item(words, by_secrets[i], opened[i]);
    for (unsigned i = TLS_REFUSED_VERSION; i < TLS_REFUSAL_COUNT; i++)
        append_item(words, counters->tls_by_refusal[i], REFUSED[i]);
    write_number(summary, "in TLS", PAGE_PLAIN, counters->tls_connections, words->str);
}

/* HTTP/3 may be in it. */
static void write_quic(Summary *summary)
{
    const AuditCounters *counters = &summary->facts->totals->audit;
    if (counters->quic_pairs == 0)
        return;
    g_autoptr(GString) words = g_string_new(
        counters->quic_pairs == 1 ? "pair of addresses, not read" : "pairs of addresses, not read");
    append_items(words, counters->quic_packets_uncounted, "packet", "of further pairs (limit)");
    write_number(summary, "QUIC between", PAGE_PLAIN, counters->quic_pairs, words->str);
}

static uint64_t blocks_of_secrets(const CaptureInputs *inputs)
{
    uint64_t blocks = 0;
    for (guint i = 0; inputs && i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        blocks += file->info ? file->info->secrets_blocks : 0;
    }
    return blocks;
}

static void write_keys(Summary *summary)
{
    const TlsKeysCounters *keys = summary->facts->keys;
    if (!keys)
        return;
    g_autoptr(GString) words = g_string_new("of TLS");
    append_items(words, blocks_of_secrets(summary->facts->inputs), "block", "of the inputs");
    append_items(words, keys->unsupported, "line", "with RSA secrets, which are not supported");
    append_items(words, keys->unknown, "line", "of an unknown kind");
    append_items(words, keys->malformed, "line", "malformed");
    append_items(words, keys->beyond_limit, "line", "left out (limit)");
    write_number(summary, "secrets", PAGE_PLAIN, keys->taken, words->str);
}

static const char *name_of_cause(unsigned index)
{
    return cause_name((Cause)index);
}

static void write_verdict(Summary *summary, Verdict verdict)
{
    static const char *const labels[] = { "as declared", "undetermined", "contradicted" };
    G_STATIC_ASSERT(G_N_ELEMENTS(labels) == VERDICT_COUNT);
    static const PageStyle styles[] = { PAGE_GOOD, PAGE_DOUBT, PAGE_BAD };
    G_STATIC_ASSERT(G_N_ELEMENTS(styles) == VERDICT_COUNT);
    g_autoptr(GString) words = g_string_new(NULL);
    append_most_frequent(words, summary->facts->totals->audit.causes[verdict], CAUSE_COUNT,
                         name_of_cause);
    write_number(summary, labels[verdict], styles[verdict],
                 summary->facts->totals->audit.verdicts[verdict], words->str);
}

static const char *name_of_rule(unsigned index)
{
    return rule_info((Rule)index)->name;
}

static uint64_t findings_of(const SummaryFacts *facts, Severity severity)
{
    uint64_t sum = 0;
    for (Rule rule = 0; rule < RULE_COUNT; rule++)
        sum += facts->totals->audit.rules[severity][rule];
    return sum;
}

static void write_findings_of(Summary *summary, Severity severity)
{
    static const char *const labels[] = { "notes", "warnings", "errors" };
    G_STATIC_ASSERT(G_N_ELEMENTS(labels) == SEVERITY_COUNT);
    static const PageStyle styles[] = { PAGE_PLAIN, PAGE_DOUBT, PAGE_BAD };
    G_STATIC_ASSERT(G_N_ELEMENTS(styles) == SEVERITY_COUNT);
    uint64_t count = findings_of(summary->facts, severity);
    if (count == 0)
        return;
    g_autoptr(GString) words = g_string_new(NULL);
    append_most_frequent(words, summary->facts->totals->audit.rules[severity], RULE_COUNT,
                         name_of_rule);
    write_number(summary, labels[severity], styles[severity], count, words->str);
}

static void write_findings(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    write_findings_of(summary, SEVERITY_ERROR);
    write_findings_of(summary, SEVERITY_WARNING);
    write_findings_of(summary, SEVERITY_NOTE);
    if (findings_of(facts, SEVERITY_ERROR) + findings_of(facts, SEVERITY_WARNING) +
            findings_of(facts, SEVERITY_NOTE) ==
        0)
        write_number(summary, "findings", PAGE_PLAIN, 0, "");
}

static void write_matches(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    if (!facts->matching)
        return;
    g_autoptr(GString) words =
        g_string_new(facts->totals->audit.matched == 1 ? "exchange" : "exchanges");
    append_item(words, facts->totals->audit.match_given_up,
                "not looked through to the end (limit)");
    write_number(summary, "matching", PAGE_PLAIN, facts->totals->audit.matched, words->str);
}

static void write_list(Summary *summary, const char *label, const GPtrArray *lines)
{
    for (guint i = 0; i < lines->len; i++)
        write_words(summary, i == 0 ? label : "", g_ptr_array_index(lines, i));
}

static void write_servers(Summary *summary)
{
    const Servers *servers = summary->facts->servers;
    if (!servers)
        return;
    g_autoptr(GPtrArray) worst = summary_worst_servers(servers);
    g_autoptr(GPtrArray) mismatches = summary_mismatches(servers);
    write_list(summary, "worst servers", worst);
    g_autoptr(GPtrArray) few = summary_too_few(servers);
    write_list(summary, "timeouts", mismatches);
    write_list(summary, "idle closes", few);
}

static void write_hops(Summary *summary)
{
    if (!summary->facts->hops)
        return;
    g_autoptr(GPtrArray) lines = summary_hop_lines(summary->facts->hops);
    write_list(summary, "proxies", lines);
}

static void write_evidence(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    if (!facts->evidence)
        return;
    g_autoptr(GString) words = g_string_new(facts->captures == 1 ? "capture" : "captures");
    append_item(words, facts->without_secrets, "without secrets of TLS (--evidence-secrets)");
    append_item(words, facts->left_out,
                facts->stopped ? "connections without one (the run was stopped)"
                               : "connections without one (--evidence-max)");
    append_item(words, facts->fragments_given_up, "fragments that one may lack (limit)");
    write_number(summary, "evidence", PAGE_PLAIN, facts->captures, words->str);
    if (facts->evidence_directory && !facts->stopped)
        write_named(summary, " ", "in ", facts->evidence_directory, NULL);
}

static void write_fail_on(Summary *summary)
{
    if (summary->facts->fail_on)
        write_words(summary, "fail-on", summary->facts->fail_on);
}

static void write_place(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    if (facts->directory)
        write_named(summary, "reports", "in ", facts->directory, NULL);
    if (facts->page)
        write_named(summary, "page", "", facts->page, NULL);
    if (facts->database)
        write_named(summary, "database", "", facts->database, NULL);
}

/* Frames that belong to no connection, and why. */
static void write_left_out(Summary *summary)
{
    const SummaryFacts *facts = summary->facts;
    uint64_t frames = facts->totals->audit.filtered;
    g_autoptr(GString) reasons = g_string_new(NULL);
    append_item(reasons, facts->totals->audit.filtered - facts->totals->unfilterable,
                "left out by the filter");
    append_item(reasons, facts->totals->unfilterable,
                "of a link type that the filter cannot be used on");
    for (DecodeResult result = DECODE_SEGMENT + 1; result < DECODE_RESULT_COUNT; result++) {
        append_item(reasons, facts->totals->audit.decoded[result], decode_result_text(result));
        frames += facts->totals->audit.decoded[result];
    }
    g_autoptr(GString) words = g_string_new(NULL);
    append_things(words, frames, "frame");
    g_string_append_printf(words, ": %s", reasons->str);
    write_words(summary, "left out", frames ? words->str : "nothing");
}

/* Why a duration in it may be unknown, or known as an interval only (judgement.md §1.5). */
static void append_clock(GString *words, const CaptureInfo *info)
{
    append_items(words, info->untimed, "packet", "without a time");
    append_items(words, info->mistimed, "packet", "with an unusable time");
    if (info->set_back > CLOCK_SET_BACK_MS) {
        append_items(words, info->steps_back, "step", "back of at most ");
        append_span_of_time(words, info->largest_step_back);
    }
    if (info->tick) {
        g_string_append_printf(words, "%sone tick in ", words->len ? ", " : "");
        append_span_of_time(words, info->tick * NS_PER_MS / 1000);
    }
}

/* The inputs whose clocks leave something open; the first of many. */
/* A capture that has been compressed so well is none that anybody took. */
#define UNPACKED_RATIO 1000

static void write_unpacked(Summary *summary)
{
    const CaptureInputs *inputs = summary->facts->inputs;
    for (guint i = 0; inputs && i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        const CaptureInfo *info = file->info;
        if (!info || info->bytes_read == 0 || info->unpacked / info->bytes_read < UNPACKED_RATIO)
            continue;
        g_autoptr(GString) words = g_string_new(NULL);
        page_append_count(words, info->unpacked);
        g_string_append(words, " bytes from ");
        page_append_count(words, info->bytes_read);
        g_string_append(words, ", ");
        page_append_count(words, info->unpacked / info->bytes_read);
        g_string_append(words, " times as much (--max-unpacked)");
        write_named(summary, "unpacked", "", file->path, words->str);
        return;
    }
}

static void write_clocks(Summary *summary)
{
    const CaptureInputs *inputs = summary->facts->inputs;
    unsigned count = 0;
    for (guint i = 0; inputs && i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        g_autoptr(GString) clock = g_string_new(NULL);
        if (file->info)
            append_clock(clock, file->info);
        if (clock->len == 0 || count++ >= CLOCKS_MAX)
            continue;
        write_named(summary, count == 1 ? "clock" : " ", "", file->path, clock->str);
    }
    if (count <= CLOCKS_MAX)
        return;
    g_autoptr(GString) more = g_string_new("and ");
    append_things(more, count - CLOCKS_MAX, "more input");
    write_words(summary, "", more->str);
}

static void write_unless_empty(Summary *summary, const char *label, const GString *words)
{
    if (words->len)
        write_words(summary, label, words->str);
}

/* Each place has a clock, losses and an order of its own: judged together, they blur each other. */
static void write_vantage_points(Summary *summary)
{
    uint64_t copies = summary->facts->totals->streams.distant_copies;
    if (copies == 0)
        return;
    g_autoptr(GString) words = g_string_new(NULL);
    append_things(words, copies, "packet");
    g_string_append(words, " captured again at another place, much later: judge the places apart "
                           "(-F, or --separate for inputs)");
    write_words(summary, "two places", words->str);
}

/* What connections lack, what was given up, and what was seen but not counted. */
static void write_losses(Summary *summary)
{
    const StreamCounters *streams = &summary->facts->totals->streams;
    g_autoptr(GString) missing = g_string_new(NULL);
    append_items(missing, streams->gap_bytes, "byte", "in gaps");
    append_items(missing, streams->cut_bytes, "byte", "cut by the snap length");
    append_items(missing, streams->late_bytes, "byte", "too late");
    write_unless_empty(summary, "missing", missing);

    g_autoptr(GString) given_up = g_string_new(NULL);
    append_items(given_up, streams->evicted, "connection", "(limit)");
    append_items(given_up, streams->limited, "connection", "in part (limit)");
    append_items(given_up, streams->held_limit, "hole", "(limit)");
    if (summary->facts->servers) {
        const Servers *servers = summary->facts->servers;
        append_items(given_up, servers_left_out(servers), "connection", "in servers (limit)");
        append_items(given_up, servers_pairs_left_out(servers), "connection", "in pairs (limit)");
    }
    if (summary->facts->hops) {
        HopsCounters hops = hops_counters(summary->facts->hops);
        append_items(given_up, hops.legs, "exchange", "in hops (limit)");
        append_items(given_up, hops.holes, "hole", "in hops (limit)");
        append_items(given_up, hops.findings, "finding", "of proxies (limit)");
    }
    write_unless_empty(summary, "given up", given_up);

    g_autoptr(GString) passed_over = g_string_new(NULL);
    append_items(passed_over, streams->duplicates, "packet", "captured twice");
    append_items(passed_over, streams->resets_ignored, "reset", "ignored");
    append_items(passed_over, streams->segments_after_end, "segment", "after the end");
    write_unless_empty(summary, "passed over", passed_over);
}

/* The width of the numbers, which are aligned. */
static int digits_needed(const SummaryFacts *facts)
{
    uint64_t most = MAX(MAX(facts->totals->audit.http_connections, facts->totals->audit.matched),
                        facts->captures);
    most = MAX(most, facts->totals->audit.tls_connections);
    most = MAX(most, facts->totals->audit.quic_pairs);
    if (facts->keys)
        most = MAX(most, facts->keys->taken);
    for (Verdict verdict = VERDICT_AS_DECLARED; verdict <= VERDICT_CONTRADICTED; verdict++)
        most = MAX(most, facts->totals->audit.verdicts[verdict]);
    for (Severity severity = SEVERITY_NOTE; severity <= SEVERITY_ERROR; severity++)
        most = MAX(most, findings_of(facts, severity));
    g_autoptr(GString) number = g_string_new(NULL);
    page_append_count(number, most);
    return (int)number->len;
}

void summary_write(FILE *out, const SummaryFacts *facts, bool colour)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Summary summary = { .facts = facts,
                        .page = { .text = text, .colour = colour, .width = SUMMARY_WIDTH },
                        .digits = digits_needed(facts) };
    write_capture(&summary);
    write_connections(&summary);
    write_tls(&summary);
    write_quic(&summary);
    write_keys(&summary);
    write_verdict(&summary, VERDICT_AS_DECLARED);
    write_verdict(&summary, VERDICT_CONTRADICTED);
    write_verdict(&summary, VERDICT_UNDETERMINED);
    write_findings(&summary);
    write_servers(&summary);
    write_hops(&summary);
    write_matches(&summary);
    write_evidence(&summary);
    write_left_out(&summary);
    write_unpacked(&summary);
    write_clocks(&summary);
    write_vantage_points(&summary);
    write_losses(&summary);
    write_fail_on(&summary);
    write_place(&summary);
    /* with its label it takes the whole width */
    if (facts->manifest_sum)
        g_string_append_printf(text, "  manifest      %s\n", facts->manifest_sum);
    fputs(text->str, out);
}
