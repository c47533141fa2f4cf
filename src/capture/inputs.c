#include "capture/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "base/content_hash.h"
#include "capture/bytes.h"

/* A file's identity on this machine, to recognize the file under another name. */
typedef struct FileIdentity {
    dev_t device;
    ino_t inode;
} FileIdentity;

typedef struct Listing {
    CaptureInputs *inputs;
    const CaptureOptions *options;
    Filter *filter;
    GHashTable *seen; /* FileIdentity to InputFile */
} Listing;

static guint identity_hash(gconstpointer key)
{
    const FileIdentity *identity = key;
    return (guint)(identity->inode * 31 + identity->device);
}

static gboolean identity_equal(gconstpointer a, gconstpointer b)
{
    const FileIdentity *left = a, *right = b;
    return left->device == right->device && left->inode == right->inode;
}

static void input_file_free(gpointer data)
{
    InputFile *file = data;
    capture_reader_free(file->reader);
    frame_batch_clear(&file->begun);
    g_free(file->info);
    g_free(file->sha256);
    g_free(file->problem);
    g_free(file->path);
    g_free(file->place);
    g_free(file);
}

const char *input_file_place(const InputFile *file)
{
    return file->place ? file->place : file->path;
}

static InputFile *add_file(Listing *listing, const char *path)
{
    InputFile *file = g_new0(InputFile, 1);
    file->path = g_strdup(path);
    g_ptr_array_add(listing->inputs->files, file);
    return file;
}

static void fail_with(InputFile *file, const char *detail)
{
    g_autofree char *name = capture_display_name(file->path);
    file->state = INPUT_FAILED;
    file->problem = g_strdup_printf("%s: %s", name, detail);
}

static void set_problem(InputFile *file, InputState state, GError *error)
{
    file->state = state;
    if (!file->problem)
        file->problem = g_strdup(error->message);
    g_error_free(error);
}

void input_file_fail(InputFile *file, GError *error)
{
    set_problem(file, INPUT_FAILED, error);
}

void input_file_cut(InputFile *file, GError *error)
{
    set_problem(file, INPUT_CUT, error);
}

static uint64_t seed_of(const FrameBatch *begun)
{
    uint64_t seed = 0;
    for (size_t i = 0; i < begun->count; i++) {
        seed = content_hash_mix(seed, (uint64_t)begun->frames[i].time);
        seed = content_hash_mix(seed, content_hash_of(begun->frames[i].bytes));
    }
    return seed;
}

/* Reads from the file what decides its place among the others. */
static void look_into(Listing *listing, InputFile *file, bool again, bool of_directory)
{
    GError *error = NULL;
    CaptureOptions options = { .hash = false };
    if (!again && listing->options)
        options = *listing->options;
    options.room = &listing->inputs->room;
    options.hashes = &listing->inputs->hashes;
    g_autoptr(CaptureReader) reader =
        capture_reader_open(input_file_place(file), 0, &options, &error);
    if (!reader) {
        bool foreign = g_error_matches(error, CAPTURE_ERROR, CAPTURE_ERROR_FORMAT);
        input_file_fail(file, error);
        if (foreign && of_directory)
            file->state = INPUT_SKIPPED;
        return;
    }
    /* An error here will come again when the file is read. */
    capture_reader_next(reader, &file->begun, NULL);
    const CaptureInfo *info = capture_reader_info(reader);
    if (listing->filter && !listing->inputs->unfit)
        filter_check(listing->filter, info, &listing->inputs->unfit);
    file->timed = capture_has_times(info);
    file->first_time = info->first_time;
    file->time_digits = info->time_digits;
    file->seed = seed_of(&file->begun);
    file->memory = capture_reader_memory(reader);
    file->size = again ? info->size : 0;
    if (again)
        frame_batch_clear(&file->begun);
    else
        file->reader = g_steal_pointer(&reader);
}

/* Returns whether this file is named for the first time. */
static bool is_new(Listing *listing, InputFile *file, const struct stat *status)
{
    FileIdentity identity = { status->st_dev, status->st_ino };
    const InputFile *other = g_hash_table_lookup(listing->seen, &identity);
    if (!other) {
        g_hash_table_insert(listing->seen, g_memdup2(&identity, sizeof identity), file);
        return true;
    }
    g_autofree char *name = capture_display_name(other->path);
    g_autofree char *detail = g_strdup_printf("the same file as %s, read once", name);
    fail_with(file, detail);
    file->state = INPUT_SKIPPED;
    return false;
}

static void list_file(Listing *listing, const char *path, const struct stat *status,
                      bool of_directory)
{
    InputFile *file = add_file(listing, path);
    bool again = S_ISREG(status->st_mode);
    if (again && !is_new(listing, file, status))
        return;
    look_into(listing, file, again, of_directory);
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, in an order that does not depend on the file system. Hidden files are
 * left out, as in a shell pattern. */
static GPtrArray *names_in(const char *path)
{
    DIR *directory = opendir(path);
    if (!directory)
        return NULL;
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const struct dirent *entry; (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            g_ptr_array_add(names, g_strdup(entry->d_name));
    closedir(directory);
    g_ptr_array_sort(names, compare_names);
    return names;
}

/* Does not enter subdirectories, and opens nothing that would wait for a writer. */
static void list_directory(Listing *listing, const char *path)
{
    g_autoptr(GPtrArray) names = names_in(path);
    if (!names) {
        fail_with(add_file(listing, path), g_strerror(errno));
        return;
    }
    guint before = listing->inputs->files->len;
    bool inner = false;
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *name = g_build_filename(path, g_ptr_array_index(names, i), NULL);
        struct stat status;
        if (stat(name, &status) != 0)
            fail_with(add_file(listing, name), g_strerror(errno));
        else if (S_ISDIR(status.st_mode))
            inner = true;
        else if (S_ISREG(status.st_mode))
            list_file(listing, name, &status, true);
    }
    bool found = false;
    for (guint i = before; i < listing->inputs->files->len; i++) {
        const InputFile *file = g_ptr_array_index(listing->inputs->files, i);
        found = found || file->state != INPUT_SKIPPED;
    }
    if (!found)
        fail_with(add_file(listing, path),
                  inner ? "no capture in this directory, and what lies in its subdirectories is "
                          "not read"
                        : "no capture in this directory");
}

static void list_argument(Listing *listing, const char *path)
{
    struct stat status;
    if (strcmp(path, "-") == 0)
        look_into(listing, add_file(listing, path), false, false);
    else if (stat(path, &status) != 0)
        fail_with(add_file(listing, path), g_strerror(errno));
    else if (S_ISDIR(status.st_mode))
        list_directory(listing, path);
    else
        list_file(listing, path, &status, false);
}

/* Files without a time come last. `numbered` has the order of the arguments; a stable sort keeps
 * it. */
static gint compare_first_times(gconstpointer a, gconstpointer b, gpointer unused)
{
    const InputFile *left = *(InputFile *const *)a, *right = *(InputFile *const *)b;
    (void)unused;
    if (left->timed != right->timed)
        return left->timed ? -1 : 1;
    if (!left->timed || left->first_time == right->first_time)
        return 0;
    return left->first_time < right->first_time ? -1 : 1;
}

static void number_files(CaptureInputs *inputs)
{
    for (guint i = 0; i < inputs->files->len; i++) {
        InputFile *file = g_ptr_array_index(inputs->files, i);
        if (file->state != INPUT_GOOD)
            continue;
        if (inputs->numbered->len == INPUTS_MAX)
            fail_with(file, "not read, there are more than 65535 inputs");
        else
            g_ptr_array_add(inputs->numbered, file);
    }
    if (inputs->numbered->len > 0)
        g_qsort_with_data(inputs->numbered->pdata, (gint)inputs->numbered->len, sizeof(gpointer),
                          compare_first_times, NULL);
    for (guint i = 0; i < inputs->numbered->len; i++)
        ((InputFile *)g_ptr_array_index(inputs->numbered, i))->number = i + 1;
}

static void list_moved(Listing *listing, const char *path, const char *place)
{
    struct stat status;
    InputFile *file = add_file(listing, path);
    file->place = g_strdup(place);
    if (stat(place, &status) != 0)
        fail_with(file, g_strerror(errno));
    else if (!S_ISREG(status.st_mode))
        fail_with(file, "not a file");
    else
        look_into(listing, file, true, false);
}

static CaptureInputs *open_all(const char *const *paths, const char *const *places,
                               const CaptureOptions *options, Filter *filter)
{
    CaptureInputs *inputs = g_new0(CaptureInputs, 1);
    inputs->room.most = options && options->memory ? options->memory : SIZE_MAX;
    inputs->files = g_ptr_array_new_with_free_func(input_file_free);
    inputs->numbered = g_ptr_array_new();
    inputs->hashes.most = INPUTS_HASHES_MEMORY;
    Listing listing = { .inputs = inputs, .options = options, .filter = filter };
    listing.seen = g_hash_table_new_full(identity_hash, identity_equal, g_free, NULL);
    for (unsigned i = 0; paths[i]; i++)
        if (places)
            list_moved(&listing, paths[i], places[i]);
        else
            list_argument(&listing, paths[i]);
    g_hash_table_unref(listing.seen);
    number_files(inputs);
    return inputs;
}

CaptureInputs *capture_inputs_open(const char *const *arguments, const CaptureOptions *options,
                                   Filter *filter)
{
    return open_all(arguments, NULL, options, filter);
}

CaptureInputs *capture_inputs_open_moved(const char *const *paths, const char *const *places,
                                         const CaptureOptions *options, Filter *filter)
{
    return open_all(paths, places, options, filter);
}

const InputFile *capture_inputs_only_once(const CaptureInputs *inputs)
{
    for (guint i = 0; i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        if (file->reader)
            return file;
    }
    return NULL;
}

CaptureInputs *capture_inputs_again(const CaptureInputs *inputs)
{
    CaptureInputs *again = g_new0(CaptureInputs, 1);
    again->room.most = inputs->room.most;
    again->hashes.most = INPUTS_HASHES_MEMORY;
    again->files = g_ptr_array_new_with_free_func(input_file_free);
    again->numbered = g_ptr_array_new();
    for (guint i = 0; i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        InputFile *copy = g_new0(InputFile, 1);
        copy->path = g_strdup(file->path);
        copy->place = g_strdup(file->place);
        copy->number = file->number;
        copy->timed = file->timed;
        copy->first_time = file->first_time;
        copy->time_digits = file->time_digits;
        copy->seed = file->seed;
        copy->size = file->size;
        g_ptr_array_add(again->files, copy);
        g_ptr_array_add(again->numbered, copy);
    }
    return again;
}

static gint larger_first(gconstpointer a, gconstpointer b)
{
    size_t left = *(const size_t *)a, right = *(const size_t *)b;
    return (left < right) - (left > right);
}

/* What a later part of a packed input may need more than its first one, where there is so much: the
 * window of xz -9 or zstd --long=27, beside what the part before it took. */
#define LATER_PART ((size_t)192 << 20)

size_t capture_inputs_share(CaptureInputs *inputs)
{
    g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(size_t));
    size_t need = 0;
    if (inputs->room.most == SIZE_MAX)
        return 0;
    for (guint i = 0; i < inputs->numbered->len; i++)
        g_array_append_val(sizes, capture_inputs_file(inputs, i + 1)->memory);
    g_array_sort(sizes, larger_first);
    for (guint i = 0; i < MIN(sizes->len, INPUTS_OPEN_MAX); i++)
        need += g_array_index(sizes, size_t, i);
    if (sizes->len > 0 && g_array_index(sizes, size_t, 0) > CAPTURE_READER_MEMORY)
        need += MIN(LATER_PART, inputs->room.most / 8 * 3);
    inputs->room.most = MAX(MIN(need, inputs->room.most), INPUTS_MEMORY_LEAST);
    return inputs->room.most - INPUTS_MEMORY_LEAST;
}

void capture_inputs_forget(CaptureInputs *inputs)
{
    for (guint i = 0; i < inputs->numbered->len; i++) {
        InputFile *file = g_ptr_array_index(inputs->numbered, i);
        g_assert(!file->reader);
        g_clear_pointer(&file->info, g_free);
        g_clear_pointer(&file->sha256, g_free);
        g_clear_pointer(&file->problem, g_free);
        file->state = INPUT_GOOD;
        file->interrupted = false;
    }
}

static bool is_same_content(const CaptureInfo *first, const CaptureInfo *second)
{
    if (!first || !second)
        return !first && !second;
    return first->packets == second->packets && first->frames == second->frames &&
           first->size == second->size && first->bytes_read == second->bytes_read &&
           first->first_time == second->first_time && first->last_time == second->last_time &&
           first->end == second->end && g_strcmp0(first->sha256, second->sha256) == 0;
}

const InputFile *capture_inputs_changed(const CaptureInputs *inputs, const CaptureInputs *again)
{
    for (guint i = 0; i < inputs->numbered->len; i++) {
        const InputFile *file = g_ptr_array_index(inputs->numbered, i);
        const InputFile *second = g_ptr_array_index(again->numbered, i);
        if (!is_same_content(file->info, second->info))
            return file;
    }
    return NULL;
}

uint64_t capture_inputs_size(const CaptureInputs *inputs, unsigned first, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned number = first; number < first + count; number++) {
        uint64_t size = capture_inputs_file(inputs, number)->size;
        if (size == 0)
            return 0;
        sum += size;
    }
    return sum;
}

uint64_t capture_inputs_seed(const CaptureInputs *inputs, unsigned first, unsigned count)
{
    uint64_t seed = 0;
    for (unsigned number = first; number < first + count; number++)
        seed = content_hash_mix(seed, capture_inputs_file(inputs, number)->seed);
    return seed;
}

bool capture_inputs_interrupted(const CaptureInputs *inputs)
{
    bool interrupted = false;
    for (guint i = 0; i < inputs->numbered->len; i++)
        interrupted = interrupted || capture_inputs_file(inputs, i + 1)->interrupted;
    return interrupted;
}

const InputFile *capture_inputs_file(const CaptureInputs *inputs, unsigned number)
{
    return g_ptr_array_index(inputs->numbered, number - 1);
}

void capture_inputs_free(CaptureInputs *inputs)
{
    if (!inputs)
        return;
    g_clear_error(&inputs->unfit);
    g_ptr_array_unref(inputs->numbered);
    g_ptr_array_unref(inputs->files);
    g_free(inputs);
}
