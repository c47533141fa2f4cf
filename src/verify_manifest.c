#include "verify_manifest.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/text.h"
#include "capture/bytes.h"
#include "report/manifest.h"
#include "verify_sum.h"

/* Far above what the most inputs and captures take. */
#define MANIFEST_SIZE_MAX (256 << 20)

/* Values --------------------------------------------------------------------------------------- */

static const char *text_of(JsonNode *node)
{
    bool text =
        node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_value_type(node) == G_TYPE_STRING;
    return text ? json_node_get_string(node) : NULL;
}

static const char *member_text(JsonObject *object, const char *name)
{
    return object ? text_of(json_object_get_member(object, name)) : NULL;
}

static bool member_truth(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

static JsonArray *member_array(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

static JsonObject *member_object(JsonObject *object, const char *name)
{
    JsonNode *node = object ? json_object_get_member(object, name) : NULL;
    return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static JsonObject *element_object(JsonArray *array, unsigned index)
{
    JsonNode *node = json_array_get_element(array, index);
    return JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

const char *verify_manifest_text(const VerifyManifest *manifest, const char *name)
{
    return member_text(manifest->root, name);
}

GPtrArray *verify_manifest_texts(const VerifyManifest *manifest, const char *name)
{
    JsonArray *array = member_array(manifest->root, name);
    GPtrArray *texts = g_ptr_array_new();
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        const char *text = text_of(json_array_get_element(array, i));
        g_ptr_array_add(texts, (gpointer)(guintptr)(text ? text : ""));
    }
    return texts;
}

/* Files ---------------------------------------------------------------------------------------- */

static void file_free(gpointer data)
{
    VerifyFile *file = data;
    g_free(file->name);
    g_free(file->sha256);
    g_free(file->reason);
    g_free(file);
}

/* A name in the manifest's directory. */
static bool is_name(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* The files of a list; `name` is the member that names one. */
static GPtrArray *read_files(JsonObject *object, const char *list, const char *name, bool paths)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(file_free);
    JsonArray *array = member_array(object, list);
    for (guint i = 0; array && i < json_array_get_length(array); i++) {
        JsonObject *element = element_object(array, i);
        const char *named = member_text(element, name);
        if (!named || (!paths && !is_name(named)))
            continue;
        VerifyFile *file = g_new0(VerifyFile, 1);
        file->name = paths ? text_unescape(named) : g_strdup(named);
        file->sha256 = g_strdup(member_text(element, "sha256"));
        file->reason = g_strdup(member_text(element, paths ? "problem" : "reason"));
        file->contradicted = member_truth(element, "contradicted");
        file->failed = member_truth(element, "failed");
        g_ptr_array_add(files, file);
    }
    return files;
}

static char **read_command(const VerifyManifest *manifest)
{
    g_autoptr(GPtrArray) words = verify_manifest_texts(manifest, "command");
    char **command = g_new0(char *, words->len + 1);
    for (guint i = 0; i < words->len; i++)
        command[i] = text_unescape(g_ptr_array_index(words, i));
    return command;
}

static VerifyManifest *fail(const char *path, const char *why, GError **error)
{
    g_autofree char *name = capture_display_name(path);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: %s", name, why);
    return NULL;
}

static VerifyManifest *parse(const char *path, const char *text, gsize size, GError **error)
{
    g_autoptr(VerifyManifest) manifest = g_new0(VerifyManifest, 1);
    manifest->parser = json_parser_new();
    JsonNode *root = json_parser_load_from_data(manifest->parser, text, (gssize)size, NULL)
                         ? json_parser_get_root(manifest->parser)
                         : NULL;
    if (!root || !JSON_NODE_HOLDS_OBJECT(root))
        return fail(path, "is no manifest of connaudit", error);
    manifest->root = json_node_get_object(root);
    if (!verify_manifest_text(manifest, "connaudit"))
        return fail(path, "is no manifest of connaudit", error);
    JsonObject *evidence = member_object(manifest->root, "evidence");
    manifest->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, size);
    manifest->command = read_command(manifest);
    manifest->inputs = read_files(manifest->root, "inputs", "path", true);
    manifest->left_out = read_files(manifest->root, "left_out", "path", true);
    manifest->reports = read_files(manifest->root, "reports", "name", false);
    manifest->captures = read_files(evidence, "captures", "name", false);
    manifest->pages = read_files(evidence, "pages", "name", false);
    return g_steal_pointer(&manifest);
}

VerifyManifest *verify_manifest_read(const char *directory, GError **error)
{
    g_autofree char *path = g_build_filename(directory, MANIFEST_NAME, NULL);
    g_autofree char *text = NULL;
    gsize size = 0;
    g_autofree char *why = verify_read(path, MANIFEST_SIZE_MAX, &text, &size);
    return why ? fail(path, why, error) : parse(path, text, size, error);
}

bool verify_manifest_has_secrets(const VerifyManifest *manifest)
{
    JsonArray *inputs = member_array(manifest->root, "inputs");
    bool found = false;
    for (guint i = 0; inputs && i < json_array_get_length(inputs); i++) {
        JsonObject *input = element_object(inputs, i);
        JsonNode *blocks = input ? json_object_get_member(input, "blocks_of_secrets") : NULL;
        found = found || (blocks && JSON_NODE_HOLDS_VALUE(blocks) && json_node_get_int(blocks) > 0);
    }
    return found;
}

/* Comparing ------------------------------------------------------------------------------------ */

static bool is_among(const char *name, const char *const *names)
{
    return g_strv_contains(names, name);
}

/* The members of either, without some, are the same. */
static bool objects_equal(JsonObject *left, JsonObject *right, const char *const *without)
{
    g_autoptr(GList) of_left = left ? json_object_get_members(left) : NULL;
    g_autoptr(GList) of_right = right ? json_object_get_members(right) : NULL;
    bool equal = (left != NULL) == (right != NULL);
    for (GList *list = of_left; list && equal; list = list->next) {
        JsonNode *other = json_object_get_member(right, list->data);
        equal = is_among(list->data, without) ||
                (other && json_node_equal(json_object_get_member(left, list->data), other));
    }
    for (GList *list = of_right; list && equal; list = list->next)
        equal = is_among(list->data, without) || json_object_has_member(left, list->data);
    return equal;
}

static bool inputs_equal(const VerifyManifest *manifest, const VerifyManifest *again)
{
    static const char *const without[] = { "path", "problem", NULL };
    JsonArray *left = member_array(manifest->root, "inputs");
    JsonArray *right = member_array(again->root, "inputs");
    bool equal = left && right && json_array_get_length(left) == json_array_get_length(right);
    for (guint i = 0; equal && i < json_array_get_length(left); i++)
        equal = objects_equal(element_object(left, i), element_object(right, i), without);
    return equal;
}

static const char *report_sum(const VerifyManifest *manifest, const char *name)
{
    for (guint i = 0; i < manifest->reports->len; i++) {
        const VerifyFile *file = g_ptr_array_index(manifest->reports, i);
        if (strcmp(file->name, name) == 0)
            return file->sha256 ? file->sha256 : "";
    }
    return "";
}

static void append_name(GString *names, const char *name)
{
    g_string_append_printf(names, "%s%s", names->len ? " " : "", name);
}

char *verify_manifest_compare(const VerifyManifest *manifest, const VerifyManifest *again)
{
    static const char *const apart[] = { "command",   "inputs",  "left_out", "evidence",
                                         "libraries", "sandbox", "reports",  NULL };
    static const char *const place[] = { "directory", NULL };
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < again->reports->len; i++) {
        const VerifyFile *file = g_ptr_array_index(again->reports, i);
        if (strcmp(report_sum(manifest, file->name), file->sha256) != 0)
            append_name(names, file->name);
    }
    if (manifest->reports->len != again->reports->len)
        append_name(names, "reports");
    if (!inputs_equal(manifest, again))
        append_name(names, "inputs");
    if (!objects_equal(member_object(manifest->root, "evidence"),
                       member_object(again->root, "evidence"), place))
        append_name(names, "evidence");
    g_autoptr(GList) members = json_object_get_members(again->root);
    for (GList *list = members; list; list = list->next) {
        JsonNode *other = json_object_get_member(manifest->root, list->data);
        if (!is_among(list->data, apart) &&
            (!other || !json_node_equal(other, json_object_get_member(again->root, list->data))))
            append_name(names, list->data);
    }
    char *text = g_string_free(names, FALSE);
    if (!*text)
        g_clear_pointer(&text, g_free);
    return text;
}

void verify_manifest_free(VerifyManifest *manifest)
{
    if (!manifest)
        return;
    g_clear_object(&manifest->parser);
    g_free(manifest->sha256);
    g_strfreev(manifest->command);
    g_clear_pointer(&manifest->inputs, g_ptr_array_unref);
    g_clear_pointer(&manifest->left_out, g_ptr_array_unref);
    g_clear_pointer(&manifest->reports, g_ptr_array_unref);
    g_clear_pointer(&manifest->captures, g_ptr_array_unref);
    g_clear_pointer(&manifest->pages, g_ptr_array_unref);
    g_free(manifest);
}
