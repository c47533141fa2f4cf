#include "html/page.h"

#include <string.h>

#include "html/assets.h"
#include "html/findings.h"
#include "html/glance.h"
#include "html/histogram.h"
#include "html/hops.h"

#define SHA256_SIZE 32

/* What a policy calls the text of an element: "sha256-…". */
static char *policy_hash(const char *text)
{
    guint8 digest[SHA256_SIZE];
    gsize size = sizeof digest;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text));
    g_checksum_get_digest(checksum, digest, &size);
    g_autofree char *base64 = g_base64_encode(digest, size);
    return g_strdup_printf("sha256-%s", base64);
}

static char *joined(const char *const *lines)
{
    GString *text = g_string_new(NULL);
    for (; *lines; lines++)
        g_string_append(text, *lines);
    return g_string_free(text, FALSE);
}

static bool is_plain(const char *text)
{
    return strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-~ ") ==
           strlen(text);
}

/* "connaudit 0.1.0, SHA-256 of the input …" */
static char *identity(const PageRows *rows, const PageFacts *facts)
{
    const char *sum = rows->inputs->len
                          ? page_field(g_ptr_array_index(rows->inputs, 0), REPORT_INPUTS, "sha256")
                          : "";
    if (rows->input_count == 1 && *sum)
        return g_strdup_printf("connaudit %s, SHA-256 of the input %s", facts->version, sum);
    return g_strdup_printf("connaudit %s, %" G_GUINT64_FORMAT " input%s, listed at the beginning",
                           facts->version, rows->input_count, rows->input_count == 1 ? "" : "s");
}

/* The margins of printed pages: who made it, of what, and the page's number. Nothing but words that
 * CSS cannot take for more. */
static char *print_style(const char *line)
{
    g_autofree char *words = g_strdelimit(g_strdup(line), ",", ' ');
    return g_strdup_printf("@page{margin:18mm 12mm;@top-left{content:\"%s\";font:7pt monospace}"
                           "@bottom-right{content:\"page \" counter(page) \" of \" counter(pages);"
                           "font:8pt sans-serif}}",
                           is_plain(words) ? words : "connaudit");
}

static void add_head(Markup *markup, const PageRows *rows, const char *line)
{
    g_autofree char *style = joined(HTML_STYLE), *script = joined(HTML_SCRIPT);
    g_autofree char *print = print_style(line);
    g_autofree char *style_hash = policy_hash(style), *print_hash = policy_hash(print);
    g_autofree char *script_hash = policy_hash(script);
    const char *file = rows->inputs->len
                           ? page_field(g_ptr_array_index(rows->inputs, 0), REPORT_INPUTS, "file")
                           : "";
    markup_add(
        markup,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta "
        "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s' '%s'; "
        "script-src '%s'; base-uri 'none'; form-action 'none'\"><meta name=\"viewport\" "
        "content=\"width=device-width, initial-scale=1\"><meta name=\"referrer\" "
        "content=\"no-referrer\"><title>connaudit: %s%s</title>\n<style>",
        style_hash, print_hash, script_hash, file, rows->input_count > 1 ? " and others" : "");
    g_string_append(markup->text, style);
    markup_add(markup, "</style><style>");
    g_string_append(markup->text, print);
    markup_add(markup,
               "</style></head>\n<body><header><h1>connaudit: %s%s</h1><nav "
               "aria-label=\"Sections\"><a href=\"#glance\">at a "
               "glance</a> <a href=\"#servers\">servers</a> ",
               file, rows->input_count > 1 ? " and others" : "");
    if (rows->hops)
        markup_add(markup, "<a href=\"#hops\">proxies</a> ");
    markup_add(markup, "<a href=\"#timeline\">timeline</a> <a href=\"#findings\">findings</a> <a "
                       "href=\"#connections\">connections</a> <a href=\"#diagrams\">on the "
                       "wire</a></nav></header><main>\n");
}

static void add_foot(Markup *markup, const PageFacts *facts, const char *line)
{
    g_autofree char *script = joined(HTML_SCRIPT);
    markup_add(
        markup,
        "</main><footer><p>%s.</p><p>Command: <code>%s</code></p><p>Thresholds: %s.</p></footer>\n"
        "<script>",
        line, facts->command, facts->thresholds);
    g_string_append(markup->text, script);
    markup_add(markup, "</script></body></html>\n");
}

bool page_write(FILE *out, const PageRows *rows, const PageFacts *facts)
{
    g_auto(Markup) markup = markup_new();
    g_autoptr(GPtrArray) connections = page_rows_connections(rows);
    g_autofree char *line = identity(rows, facts);
    add_head(&markup, rows, line);
    glance_section(&markup, rows, facts->summary);
    histogram_section(&markup, facts->servers);
    hops_section(&markup, rows, facts->hops);
    timeline_section(&markup, connections, rows->connections, facts->ticks);
    findings_section(&markup, rows);
    connections_section(&markup, rows, connections, &facts->stories);
    add_foot(&markup, facts, line);
    return fwrite(markup.text->str, 1, markup.text->len, out) == markup.text->len;
}
