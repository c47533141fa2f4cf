#include "report/manifest.h"

#include <json-glib/json-glib.h>

#include "base/text.h"
#include "capture/hash.h"
#include "capture/links.h"
#include "capture/merge.h"
#include "capture/unpack.h"
#include "decode/decode.h"
#include "http/exchange.h"
#include "http/match.h"
#include "http1/head.h"
#include "http1/pending.h"
#include "http2/fields.h"
#include "report/command_words.h"
#include "report/database.h"
#include "report/time.h"
#include "stream/numbering.h"

static void add_count(JsonBuilder *json, const char *name, uint64_t count)
{
    json_builder_set_member_name(json, name);
    json_builder_add_int_value(json, (gint64)MIN(count, (uint64_t)G_MAXINT64));
}

/* NULL is null. */
static void add_text(JsonBuilder *json, const char *name, const char *text)
{
    json_builder_set_member_name(json, name);
    if (text)
        json_builder_add_string_value(json, text);
    else
        json_builder_add_null_value(json);
}

/* Bytes from outside, as the reports write a path. */
static void add_escaped_value(JsonBuilder *json, const char *bytes)
{
    g_autoptr(GString) text = g_string_new(NULL);
    text_append_path(text, bytes);
    json_builder_add_string_value(json, text->str);
}

static void add_escaped(JsonBuilder *json, const char *name, const char *bytes)
{
    json_builder_set_member_name(json, name);
    add_escaped_value(json, bytes);
}

static void add_truth(JsonBuilder *json, const char *name, bool truth)
{
    json_builder_set_member_name(json, name);
    json_builder_add_boolean_value(json, truth);
}

static void begin_object(JsonBuilder *json, const char *name)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_object(json);
}

static void begin_array(JsonBuilder *json, const char *name)
{
    json_builder_set_member_name(json, name);
    json_builder_begin_array(json);
}

/* Decimal seconds, as text: a threshold of 0.1 s must not become 0.10000000000000001. */
static void add_seconds(JsonBuilder *json, const char *name, Nanoseconds duration)
{
    g_autoptr(GString) text = g_string_new(NULL);
    append_duration(text, duration, TIME_DIGITS_NANO);
    add_text(json, name, text->str);
}

static void add_time(JsonBuilder *json, const char *name, bool known, Nanoseconds time,
                     unsigned digits)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (known)
        append_time(text, time, digits);
    add_text(json, name, known ? text->str : NULL);
}

/* The run -------------------------------------------------------------------------------------- */

static void add_versions(JsonBuilder *json, const ManifestFacts *facts)
{
    g_autofree char *glib =
        g_strdup_printf("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
    add_text(json, "connaudit", facts->version);
    begin_object(json, "libraries");
    add_text(json, "libpcap", capture_library_version());
    add_text(json, "glib", glib);
    add_text(json, "json_glib", manifest_library_version());
    add_text(json, "libcrypto", hash_library_version());
    add_text(json, "libnghttp2", h2_fields_library_version());
    add_text(json, "pcre2", match_library_version());
    add_text(json, "libseccomp", sandbox_library_version());
    add_text(json, "sqlite", database_library_version());
    add_text(json, "zlib", unpack_library_version("gzip"));
    add_text(json, "libzstd", unpack_library_version("zstd"));
    add_text(json, "liblz4", unpack_library_version("lz4"));
    add_text(json, "liblzma", unpack_library_version("xz"));
    json_builder_end_object(json);
}

/* Names of a random key are like no others. */
static void add_redact_key(JsonBuilder *json, const char *fingerprint)
{
    bool known = fingerprint && *fingerprint;
    add_text(json, "redact_key", !fingerprint ? NULL : known ? "file" : "random");
    add_text(json, "redact_key_fingerprint", known ? fingerprint : NULL);
}

static void add_keylogs(JsonBuilder *json, const GPtrArray *sums)
{
    begin_array(json, "keylogs_sha256");
    for (guint i = 0; sums && i < sums->len; i++)
        json_builder_add_string_value(json, g_ptr_array_index(sums, i));
    json_builder_end_array(json);
}

/* What was in force depends on the kernel, and changes no report. */
static void add_sandbox(JsonBuilder *json, const Sandbox *sandbox)
{
    begin_object(json, "sandbox");
    json_builder_set_member_name(json, "landlock");
    if (sandbox && sandbox->landlock)
        json_builder_add_int_value(json, sandbox->landlock);
    else
        json_builder_add_null_value(json);
    add_truth(json, "seccomp", sandbox && sandbox->seccomp);
    json_builder_end_object(json);
}

static void add_command(JsonBuilder *json, const ManifestFacts *facts)
{
    g_auto(GStrv) words = command_words(facts->command, facts->redactor);
    begin_array(json, "command");
    for (char **word = words; *word; word++)
        json_builder_add_string_value(json, *word);
    json_builder_end_array(json);
    add_truth(json, "redacted", facts->redactor != NULL);
    add_redact_key(json, facts->redact_key);
    add_keylogs(json, facts->keylog_sums);
    add_sandbox(json, facts->sandbox);
    add_text(json, "ended", facts->interrupted ? "interrupted" : "complete");
    add_truth(json, "separate", facts->separate);
    json_builder_set_member_name(json, "filter");
    if (facts->filter)
        add_escaped_value(json, facts->filter);
    else
        json_builder_add_null_value(json);
}

static void add_thresholds(JsonBuilder *json, const Thresholds *thresholds)
{
    begin_object(json, "thresholds");
    add_seconds(json, "prompt_close_s", thresholds->prompt_close);
    add_seconds(json, "close_grace_s", thresholds->close_grace);
    add_seconds(json, "timeout_tolerance_s", thresholds->timeout_tolerance);
    add_seconds(json, "half_close_s", thresholds->half_close);
    json_builder_end_object(json);
}

static void add_limits(JsonBuilder *json, const StreamLimits *limits, const HopsLimits *hops)
{
    begin_object(json, "limits");
    add_count(json, "inputs", INPUTS_MAX);
    add_count(json, "inputs_open", INPUTS_OPEN_MAX);
    add_count(json, "connection_bytes", limits->memory);
    add_count(json, "held_bytes", limits->held_bytes);
    add_count(json, "held_bytes_connection", limits->held_bytes_connection);
    add_count(json, "numbered_pairs", limits->pairs);
    add_count(json, "head_bytes", HEAD_BYTES_MAX);
    add_count(json, "head_fields", HEAD_FIELDS_MAX);
    add_count(json, "pending_exchanges", PIPELINE_MAX);
    add_count(json, "text_bytes", EXCHANGE_TEXT_MAX);
    add_count(json, "servers", SERVERS_MAX);
    add_count(json, "pairs", PAIRS_MAX);
    add_count(json, "hops_exchanges", hops->legs);
    add_count(json, "hops_bytes", hops->bytes);
    json_builder_end_object(json);
}

/* Inputs --------------------------------------------------------------------------------------- */

static void add_links(JsonBuilder *json, const CaptureInfo *info)
{
    begin_array(json, "links");
    for (unsigned i = 0; i < info->link_count; i++) {
        const CaptureLink *link = &info->links[i];
        json_builder_begin_object(json);
        add_count(json, "link_type", (uint64_t)link->link_type);
        add_text(json, "name", capture_link_name(link->link_type));
        json_builder_set_member_name(json, "snap_length");
        if (link->snap_length)
            json_builder_add_int_value(json, link->snap_length);
        else
            json_builder_add_null_value(json);
        add_count(json, "packets", link->packets);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
    add_count(json, "links_omitted", info->links_omitted);
}

static void add_drop(JsonBuilder *json, const char *name, bool stated, uint64_t packets)
{
    if (stated)
        add_count(json, name, packets);
    else
        add_text(json, name, NULL);
}

static void add_drops(JsonBuilder *json, const CaptureDrops *drops)
{
    begin_object(json, "drops_stated");
    add_drop(json, "by_interface", drops->by_interface_stated, drops->by_interface);
    add_drop(json, "by_system", drops->by_system_stated, drops->by_system);
    add_drop(json, "by_packets", drops->by_packets_stated, drops->by_packets);
    json_builder_end_object(json);
}

static const char *end_name(CaptureEnd end)
{
    switch (end) {
    case CAPTURE_END_NOT_REACHED:
        return "not_reached";
    case CAPTURE_END_WHOLE:
        return "whole";
    case CAPTURE_END_CUT:
        return "cut";
    case CAPTURE_END_BROKEN:
        return "broken";
    case CAPTURE_END_INTERRUPTED:
        return "interrupted";
    }
    g_assert_not_reached();
}

static void add_tick(JsonBuilder *json, uint32_t microseconds)
{
    if (microseconds)
        add_seconds(json, "clock_tick_s", microseconds * NS_PER_MS / 1000);
    else
        add_text(json, "clock_tick_s", NULL);
}

static void add_content(JsonBuilder *json, const CaptureInfo *info)
{
    bool timed = capture_has_times(info);
    add_count(json, "size", info->size);
    add_text(json, "sha256", info->sha256);
    add_text(json, "format", info->format);
    add_text(json, "compression", info->compression);
    if (info->compression)
        add_count(json, "unpacked", info->unpacked);
    else
        add_text(json, "unpacked", NULL);
    add_links(json, info);
    add_count(json, "frames", info->frames);
    add_count(json, "packets", info->packets);
    add_count(json, "packets_without_time", info->untimed);
    add_count(json, "packets_with_unusable_time", info->mistimed);
    add_count(json, "packets_clipped", info->clipped);
    add_count(json, "frames_no_packet", info->other_frames);
    add_count(json, "blocks_unknown", info->unknown_blocks);
    add_count(json, "blocks_of_secrets", info->secrets_blocks);
    add_count(json, "blocks_of_secrets_unread", info->secrets_unread);
    add_drops(json, &info->drops);
    add_time(json, "first_time", timed, info->first_time, info->time_digits);
    add_time(json, "last_time", timed, info->last_time, info->time_digits);
    add_count(json, "steps_back", info->steps_back);
    add_seconds(json, "largest_step_back_s", info->largest_step_back);
    add_tick(json, info->tick);
    add_text(json, "end", end_name(info->end));
}

static void add_inputs(JsonBuilder *json, const CaptureInputs *inputs)
{
    begin_array(json, "inputs");
    for (guint i = 0; i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        json_builder_begin_object(json);
        add_count(json, "number", file->number);
        add_escaped(json, "path", file->path);
        if (file->info)
            add_content(json, file->info);
        add_text(json, "problem", file->problem);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);

    begin_array(json, "left_out");
    for (guint i = 0; i < inputs->files->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->files, i);
        if (file->number)
            continue;
        json_builder_begin_object(json);
        add_escaped(json, "path", file->path);
        add_truth(json, "failed", file->state == INPUT_FAILED);
        add_text(json, "problem", file->problem);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

/* Results ------------------------------------------------------------------------------ */

static void add_files(JsonBuilder *json, const char *list, const ManifestReport *files,
                      unsigned count)
{
    begin_array(json, list);
    for (unsigned i = 0; i < count; i++) {
        json_builder_begin_object(json);
        add_text(json, "name", files[i].name);
        add_count(json, "size", files[i].size);
        add_text(json, "sha256", files[i].sha256);
        json_builder_end_object(json);
    }
    json_builder_end_array(json);
}

static void add_capture(JsonBuilder *json, const ManifestCapture *capture)
{
    g_autofree char *connection =
        g_strdup_printf(CONNECTION_NAME, FRAME_PARTS(capture->connection));
    json_builder_begin_object(json);
    add_text(json, "name", capture->name);
    add_text(json, "connection", connection);
    add_truth(json, "contradicted", capture->contradicted);
    add_text(json, "reason", capture->reason);
    add_count(json, "packets", capture->packets);
    add_count(json, "size", capture->size);
    add_text(json, "sha256", capture->sha256);
    json_builder_end_object(json);
}

static void add_evidence(JsonBuilder *json, const ManifestEvidence *evidence)
{
    if (!evidence) {
        add_text(json, "evidence", NULL);
        return;
    }
    begin_object(json, "evidence");
    add_escaped(json, "directory", evidence->directory);
    add_count(json, "max", evidence->max);
    add_count(json, "left_out", evidence->left_out);
    add_count(json, "fragments_given_up", evidence->given_up);
    begin_array(json, "captures");
    for (unsigned i = 0; i < evidence->count; i++)
        add_capture(json, &evidence->captures[i]);
    json_builder_end_array(json);
    add_files(json, "pages", evidence->pages, evidence->page_count);
    json_builder_end_object(json);
}

void manifest_captures_free(GArray *captures)
{
    for (guint i = 0; captures && i < captures->len; i++) {
        ManifestCapture *capture = &g_array_index(captures, ManifestCapture, i);
        g_free(capture->name);
        g_free(capture->sha256);
    }
    if (captures)
        g_array_unref(captures);
}

void manifest_reports_free(GArray *reports)
{
    for (guint i = 0; reports && i < reports->len; i++) {
        ManifestReport *report = &g_array_index(reports, ManifestReport, i);
        g_free(report->name);
        g_free(report->sha256);
    }
    if (reports)
        g_array_unref(reports);
}

static void add_verdicts(JsonBuilder *json, const char *name, const uint64_t verdicts[3])
{
    begin_object(json, name);
    for (Verdict verdict = VERDICT_AS_DECLARED; verdict <= VERDICT_CONTRADICTED; verdict++)
        add_count(json, verdict_name(verdict), verdicts[verdict]);
    json_builder_end_object(json);
}

static void add_causes(JsonBuilder *json, const AuditCounters *counters)
{
    begin_array(json, "connections_by_cause");
    for (Verdict verdict = VERDICT_AS_DECLARED; verdict <= VERDICT_CONTRADICTED; verdict++)
        for (Cause cause = 0; cause < CAUSE_COUNT; cause++) {
            if (!counters->causes[verdict][cause])
                continue;
            json_builder_begin_object(json);
            add_text(json, "verdict", verdict_name(verdict));
            add_text(json, "cause", cause_name(cause));
            add_count(json, "connections", counters->causes[verdict][cause]);
            json_builder_end_object(json);
        }
    json_builder_end_array(json);
}

static void add_findings(JsonBuilder *json, const uint64_t *findings)
{
    begin_object(json, "findings_by_severity");
    for (Severity severity = SEVERITY_COUNT; severity-- > 0;)
        add_count(json, severity_name(severity), findings[severity]);
    json_builder_end_object(json);
}

static void add_tls(JsonBuilder *json, const AuditCounters *counters)
{
    begin_object(json, "tls_by_secrets");
    for (unsigned i = 0; i < TLS_SECRETS_COUNT; i++)
        add_count(json, tls_secrets_name((TlsSecrets)i), counters->tls_by_secrets[i]);
    json_builder_end_object(json);
    begin_object(json, "tls_unsupported_by");
    for (unsigned i = TLS_REFUSED_VERSION; i < TLS_REFUSAL_COUNT; i++)
        add_count(json, tls_refusal_name((TlsRefusal)i), counters->tls_by_refusal[i]);
    json_builder_end_object(json);
}

/* How many lines there were, and of what use. */
static void add_keys(JsonBuilder *json, const TlsKeysCounters *keys)
{
    if (!keys) {
        add_text(json, "secrets", NULL);
        return;
    }
    begin_object(json, "secrets");
    add_count(json, "lines", keys->lines);
    add_count(json, "taken", keys->taken);
    add_count(json, "repeated", keys->repeated);
    add_count(json, "ignored", keys->ignored);
    add_count(json, "unsupported", keys->unsupported);
    add_count(json, "unknown", keys->unknown);
    add_count(json, "malformed", keys->malformed);
    add_count(json, "beyond_limit", keys->beyond_limit);
    add_count(json, "late_connections", keys->late);
    json_builder_end_object(json);
}

static void add_totals(JsonBuilder *json, const ManifestFacts *facts)
{
    const AuditCounters *counters = &facts->totals->audit;
    const StreamCounters *streams = &facts->totals->streams;
    begin_object(json, "totals");
    add_count(json, "packets", counters->frames);
    add_count(json, "tcp_segments", streams->segments);
    add_count(json, "tcp_connections", streams->connections);
    add_count(json, "http_connections", counters->http_connections);
    add_count(json, "tls_connections", counters->tls_connections);
    add_tls(json, counters);
    add_count(json, "quic_address_pairs", counters->quic_pairs);
    add_count(json, "quic_packets_of_further_pairs", counters->quic_packets_uncounted);
    add_count(json, "exchanges", counters->exchanges);
    add_verdicts(json, "connections_by_verdict", counters->verdicts);
    add_causes(json, counters);
    add_verdicts(json, "exchanges_by_verdict", counters->exchange_verdicts);
    add_findings(json, counters->findings);
    json_builder_end_object(json);
}

static void add_skipped(JsonBuilder *json, const char *reason, uint64_t packets)
{
    if (packets == 0)
        return;
    json_builder_begin_object(json);
    add_text(json, "reason", reason);
    add_count(json, "packets", packets);
    json_builder_end_object(json);
}

static void add_missing(JsonBuilder *json, const ManifestFacts *facts)
{
    const AuditCounters *counters = &facts->totals->audit;
    const StreamCounters *streams = &facts->totals->streams;
    uint64_t unfilterable = facts->totals->unfilterable;
    begin_object(json, "lost");
    add_count(json, "gaps", streams->gaps);
    add_count(json, "gap_bytes", streams->gap_bytes);
    add_count(json, "late_bytes", streams->late_bytes);
    add_count(json, "snap_length_bytes", streams->cut_bytes);
    json_builder_end_object(json);

    begin_array(json, "skipped");
    add_skipped(json, "left out by the filter", counters->filtered - unfilterable);
    add_skipped(json, "of a link type that the filter cannot be used on", unfilterable);
    for (DecodeResult result = DECODE_SEGMENT + 1; result < DECODE_RESULT_COUNT; result++)
        add_skipped(json, decode_result_text(result), counters->decoded[result]);
    json_builder_end_array(json);

    begin_object(json, "passed_over");
    add_count(json, "packets_captured_twice", streams->duplicates);
    add_count(json, "segments_after_end", streams->segments_after_end);
    add_count(json, "resets_ignored", streams->resets_ignored);
    add_count(json, "bytes_after_fin", streams->bytes_after_fin);
    add_count(json, "retransmitted_bytes", streams->retransmitted_bytes);
    add_count(json, "overlap_conflicts", streams->overlap_conflicts);
    json_builder_end_object(json);

    begin_object(json, "given_up");
    add_count(json, "connections", streams->evicted);
    add_count(json, "connections_in_part", streams->limited);
    add_count(json, "holes", streams->held_limit);
    add_count(json, "tombstones", streams->tombstones_lost);
    add_count(json, "connections_in_servers",
              facts->servers ? servers_left_out(facts->servers) : 0);
    add_count(json, "connections_in_pairs",
              facts->servers ? servers_pairs_left_out(facts->servers) : 0);
    HopsCounters hops = facts->hops ? hops_counters(facts->hops) : (HopsCounters){ 0 };
    add_count(json, "exchanges_in_hops", hops.legs);
    add_count(json, "holes_in_hops", hops.holes);
    add_count(json, "proxy_findings", hops.findings);
    json_builder_end_object(json);
}

void manifest_write(FILE *out, const ManifestFacts *facts)
{
    g_autoptr(JsonBuilder) json = json_builder_new();
    json_builder_begin_object(json);
    add_versions(json, facts);
    add_command(json, facts);
    add_thresholds(json, facts->thresholds);
    add_limits(json, facts->limits, &facts->hops_limits);
    add_inputs(json, facts->inputs);
    add_files(json, "reports", facts->reports, facts->report_count);
    add_evidence(json, facts->evidence);
    add_keys(json, facts->keys);
    add_totals(json, facts);
    add_missing(json, facts);
    json_builder_end_object(json);

    g_autoptr(JsonNode) root = json_builder_get_root(json);
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_generator_set_pretty(generator, TRUE);
    json_generator_set_root(generator, root);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    fputs(text, out);
    fputc('\n', out);
}

const char *manifest_library_version(void)
{
    return JSON_VERSION_S;
}
