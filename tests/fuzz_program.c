/* The whole program over any bytes: the first byte chooses the options, the others are the input.
 *
 * These must hold: the same input and options give the same bytes; each row of CSV is one line, and
 * has as many fields as the header; each row of JSON lines begins and ends as an object; and no
 * control character is printed. */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SIZE_MAX_TRIED 20000
#define WORDS_MAX 6

/* Behind "connaudit -q"; the input follows. */
static const char *const SETS[][WORDS_MAX] = {
    { "-f", "csv" },
    { "-f", "csv", "-r", "exchanges" },
    { "-f", "csv", "-r", "findings", "--pedantic" },
    { "-f", "csv", "-r", "servers" },
    { "-f", "csv", "-r", "pairs" },
    { "-f", "csv", "-r", "inputs" },
    { "-f", "csv", "-a", "--separate" },
    { "-f", "jsonl", "-r", "exchanges" },
    { "-f", "jsonl", "-r", "findings" },
    { "-f", "table", "-a" },
    { "--show=stream:0" },
    { "--show=1" },
    { "-f", "csv", "-r", "exchanges", "--redact" },
    { "-f", "csv", "--match=/(a+)+[bc]/" },
    { "-f", "jsonl", "--top=3", "--only=contradicted,error" },
    { "-f", "csv", "-F", "tcp port 80" },
};

/* Standard output is a file in memory from now on; its descriptor. */
static int own_output(void)
{
    static int file = -1;
    if (file < 0) {
        file = memfd_create("fuzz-output", MFD_CLOEXEC);
        if (file < 0 || dup2(file, STDOUT_FILENO) < 0)
            g_error("no memory file");
    }
    return file;
}

static void parse(Options *options, unsigned set, char *path)
{
    static char program[] = "connaudit", quiet[] = "-q";
    char *words[WORDS_MAX + 4] = { program, quiet };
    int count = 2;
    for (unsigned i = 0; i < WORDS_MAX && SETS[set][i]; i++)
        words[count++] = (char *)(uintptr_t)SETS[set][i];
    words[count++] = path;
    g_autoptr(GError) error = NULL;
    if (!options_parse(options, count, words, &error))
        g_error("%s", error->message);
}

static void read_input(const Options *options)
{
    static const char *const command[] = { "connaudit", NULL };
    static const RedactKey key = { .bytes = "a key", .fingerprint = "" };
    RowsOut out = { .table = NULL };
    RunResult result = { .matched = false };
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sums = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(TlsKeys) keys = run_read_keylogs(options, sums, NULL, NULL);
    g_autoptr(Filter) filter = options->filter ? filter_new(options->filter, NULL) : NULL;
    g_autoptr(CaptureInputs) inputs = run_open_inputs(options, filter, keys, &out);
    if (inputs->unfit || inputs->numbered->len == 0)
        return;
    RunContext context = { .options = options,
                           .filter = filter,
                           .keys = keys,
                           .keylog_sums = sums,
                           .redact_key = options->redact ? &key : NULL,
                           .command = command,
                           .out = &out,
                           .version = "0" };
    run(&context, inputs, &result, &error);
    g_ptr_array_unref(result.notes);
}

/* What is printed; owned by the caller. */
static char *print(unsigned set, char *path, size_t *ret_size)
{
    int file = own_output();
    Options options;
    parse(&options, set, path);
    if (ftruncate(file, 0) != 0 || lseek(file, 0, SEEK_SET) != 0)
        g_error("no memory file");
    read_input(&options);
    fflush(stdout);
    off_t size = lseek(file, 0, SEEK_END);
    char *text = g_malloc((size_t)size + 1);
    g_assert_cmpint(pread(file, text, (size_t)size, 0), ==, size);
    text[size] = '\0';
    *ret_size = (size_t)size;
    options_clear(&options);
    return text;
}

/* Fields of a line of CSV. */
static unsigned count_fields(const char *line, size_t length)
{
    unsigned fields = 1;
    bool quoted = false;
    for (size_t i = 0; i < length; i++) {
        quoted ^= line[i] == '"';
        fields += line[i] == ',' && !quoted;
    }
    g_assert_false(quoted);
    return fields;
}

static void check_line(const char *format, const char *line, size_t length, unsigned columns)
{
    for (size_t i = 0; i < length; i++)
        g_assert_true((uint8_t)line[i] >= 0x20 && line[i] != 0x7f);
    if (strcmp(format, "csv") == 0)
        g_assert_cmpuint(count_fields(line, length), ==, columns);
    else if (strcmp(format, "jsonl") == 0)
        g_assert_true(length > 2 && line[0] == '{' && line[length - 1] == '}');
}

static void check_text(unsigned set, const char *text)
{
    const char *format = strcmp(SETS[set][0], "-f") == 0 ? SETS[set][1] : "page";
    unsigned columns = strcmp(format, "csv") == 0 ? count_fields(text, strcspn(text, "\n")) : 0;
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        g_assert_true(line[length] == '\n');
        check_line(format, line, length, columns);
        line += length + 1;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    unsigned set = data[0] % G_N_ELEMENTS(SETS);
    size = MIN(size, SIZE_MAX_TRIED);
    int file = memfd_create("fuzz", MFD_CLOEXEC);
    if (file < 0 || write(file, data + 1, size - 1) != (ssize_t)size - 1)
        g_error("no memory file");
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", file);
    size_t first_size, second_size;
    g_autofree char *first = print(set, path, &first_size);
    g_autofree char *second = print(set, path, &second_size);
    g_assert_cmpmem(first, first_size, second, second_size);
    g_assert_cmpuint(strlen(first), ==, first_size);
    check_text(set, first);
    close(file);
    return 0;
}
