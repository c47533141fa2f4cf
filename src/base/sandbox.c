/* Landlock's constants stand here, for headers that are older than the kernel. A kernel that is
 * older than the constants gets only those that its version has.
 *
 * The list of system calls holds what libc, GLib, libpcap, libcrypto, SQLite and the compression
 * libraries use for files, memory, time, threads and signals. All others fail with ENOSYS: that is
 * what libc takes for an old kernel and has an answer to, such as clone() in place of clone3(). */
#include "base/sandbox.h"

#ifdef CONNAUDIT_SANDBOX

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

/* Landlock ------------------------------------------------------------------------------------- */

/* The same on every architecture. */
enum { CALL_CREATE_RULESET = 444, CALL_ADD_RULE, CALL_RESTRICT_SELF };

#define CREATE_RULESET_VERSION 1
#define RULE_PATH_BENEATH 1

#define FS_WRITE_FILE (UINT64_C(1) << 1)
#define FS_READ_FILE (UINT64_C(1) << 2)
#define FS_READ_DIR (UINT64_C(1) << 3)
#define FS_REMOVE_DIR (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR (UINT64_C(1) << 7)
#define FS_MAKE_REG (UINT64_C(1) << 8)
#define FS_TRUNCATE (UINT64_C(1) << 14)

/* How many bits of rights each version knows, of files, of the network, and of what lies outside
 * (signals, abstract sockets). */
static const struct {
    unsigned files, network, scopes;
} VERSIONS[] = { { 0, 0, 0 },  { 13, 0, 0 }, { 14, 0, 0 }, { 15, 0, 0 },
                 { 15, 2, 0 }, { 16, 2, 0 }, { 16, 2, 2 } };

typedef struct RulesetAttributes {
    uint64_t files, network, scopes;
} RulesetAttributes;

typedef struct PathAttributes {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed)) PathAttributes;

typedef struct Place {
    int fd; /* O_PATH */
    uint64_t allowed;
} Place;

struct SandboxPlan {
    GArray *places; /* Place */
};

#define FILE_RIGHTS (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE)

static uint64_t bits(unsigned count)
{
    return (UINT64_C(1) << count) - 1;
}

SandboxPlan *sandbox_plan_new(void)
{
    SandboxPlan *plan = g_new0(SandboxPlan, 1);
    plan->places = g_array_new(FALSE, FALSE, sizeof(Place));
    return plan;
}

/* Rights of directories cannot be given to a file. */
static void add_place(SandboxPlan *plan, const char *path, uint64_t allowed)
{
    struct stat status;
    Place place = { .fd = open(path, O_PATH | O_CLOEXEC), .allowed = allowed };
    if (place.fd < 0)
        return;
    if (fstat(place.fd, &status) == 0 && !S_ISDIR(status.st_mode))
        place.allowed &= FILE_RIGHTS;
    g_array_append_val(plan->places, place);
}

/* A link leads out of its directory. */
static void add_links(SandboxPlan *plan, const char *path)
{
    DIR *directory = opendir(path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
            continue;
        g_autofree char *name = g_build_filename(path, entry->d_name, NULL);
        if (g_file_test(name, G_FILE_TEST_IS_REGULAR))
            add_place(plan, name, FS_READ_FILE);
    }
    if (directory)
        closedir(directory);
}

void sandbox_plan_read(SandboxPlan *plan, const char *path)
{
    add_place(plan, path, FS_READ_FILE | FS_READ_DIR);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        add_links(plan, path);
}

void sandbox_plan_write(SandboxPlan *plan, const char *path)
{
    g_autofree char *parent = g_path_get_dirname(path);
    add_place(plan, path,
              FS_READ_FILE | FS_WRITE_FILE | FS_READ_DIR | FS_REMOVE_DIR | FS_REMOVE_FILE |
                  FS_MAKE_DIR | FS_MAKE_REG | FS_TRUNCATE);
    add_place(plan, parent, FS_REMOVE_DIR);
}

void sandbox_plan_write_file(SandboxPlan *plan, const char *path)
{
    g_autofree char *directory = g_path_get_dirname(path);
    add_place(plan, directory,
              FS_READ_FILE | FS_WRITE_FILE | FS_READ_DIR | FS_REMOVE_FILE | FS_MAKE_REG |
                  FS_TRUNCATE);
}

void sandbox_plan_free(SandboxPlan *plan)
{
    if (!plan)
        return;
    for (guint i = 0; i < plan->places->len; i++)
        close(g_array_index(plan->places, Place, i).fd);
    g_array_unref(plan->places);
    g_free(plan);
}

/* A place of another kind, such as a pipe, needs no rule, and gets none. */
static void add_rules(const SandboxPlan *plan, int ruleset, uint64_t handled)
{
    for (guint i = 0; i < plan->places->len; i++) {
        const Place *place = &g_array_index(plan->places, Place, i);
        PathAttributes attributes = { .allowed = place->allowed & handled, .parent = place->fd };
        if (attributes.allowed)
            syscall(CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &attributes, 0);
    }
}

/* The version in force; 0: none. */
static int enter_landlock(const SandboxPlan *plan)
{
    long version = syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    size_t known = (size_t)MIN(version, (long)G_N_ELEMENTS(VERSIONS) - 1);
    RulesetAttributes attributes = { bits(VERSIONS[known].files), bits(VERSIONS[known].network),
                                     bits(VERSIONS[known].scopes) };
    size_t size = sizeof(uint64_t) * (known >= 6 ? 3 : known >= 4 ? 2 : 1);
    int ruleset = (int)syscall(CALL_CREATE_RULESET, &attributes, size, 0);
    if (ruleset < 0)
        return 0;
    add_rules(plan, ruleset, attributes.files);
    bool bound = syscall(CALL_RESTRICT_SELF, ruleset, 0) == 0;
    close(ruleset);
    return bound ? (int)version : 0;
}

/* seccomp -------------------------------------------------------------------------------------- */

/* By name, for not every architecture has each of them. */
static const char *const CALLS[] = {
    /* files that are open */
    "read",
    "write",
    "writev",
    "pread64",
    "pwrite64",
    "lseek",
    "_llseek",
    "close",
    "fcntl",
    "fcntl64",
    "fstat",
    "fstat64",
    "fsync",
    "fdatasync",
    "ftruncate",
    "ftruncate64",
    "fallocate",
    "fchmod",
    "fadvise64",
    "fadvise64_64",
    "poll",
    "ppoll",
    "ppoll_time64",
    "fstatfs",
    "fstatfs64",
    /* files by name, which Landlock bounds */
    "open",
    "openat",
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "newfstatat",
    "fstatat64",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getdents",
    "getdents64",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "getcwd",
    /* memory, time, threads, signals */
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "clock_gettime",
    "clock_gettime64",
    "clock_getres",
    "clock_getres_time64",
    "clock_nanosleep",
    "clock_nanosleep_time64",
    "nanosleep",
    "gettimeofday",
    "time",
    "futex",
    "futex_time64",
    "set_robust_list",
    "rseq",
    "set_tid_address",
    "sched_getaffinity",
    "exit",
    "exit_group",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sigreturn",
    "sigaltstack",
    "tgkill",
    "restart_syscall",
    "getpid",
    "gettid",
    "getuid",
    "geteuid",
    "getuid32",
    "geteuid32",
    "getrandom",
    "sysinfo",
    "ugetrlimit",
    "getrlimit",
    "prlimit64",
};

static void allow(scmp_filter_ctx filter, const char *name, unsigned conditions,
                  const struct scmp_arg_cmp *condition)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number != __NR_SCMP_ERROR)
        seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, conditions, condition);
}

/* The flags of clone() come first, but not on s390. A thread is allowed, a process is not. */
static void allow_threads(scmp_filter_ctx filter)
{
#ifdef __s390__
    const unsigned flags = 1;
#else
    const unsigned flags = 0;
#endif
    const struct scmp_arg_cmp thread =
        SCMP_CMP(flags, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    allow(filter, "clone", 1, &thread);
}

/* No memory that can be run; on s390 its kind stands in memory. */
static void allow_memory(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp data = SCMP_CMP(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
#ifdef __s390__
    allow(filter, "mmap", 0, NULL);
#else
    allow(filter, "mmap", 1, &data);
#endif
    allow(filter, "mmap2", 1, &data);
    allow(filter, "mprotect", 1, &data);
}

static void allow_words(scmp_filter_ctx filter)
{
    static const uint64_t options[] = { PR_SET_NAME, PR_GET_NAME, PR_SET_DUMPABLE };
    static const uint64_t requests[] = { TCGETS, TIOCGWINSZ, FIONREAD };
    for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
        const struct scmp_arg_cmp option = SCMP_CMP(0, SCMP_CMP_EQ, options[i]);
        allow(filter, "prctl", 1, &option);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        const struct scmp_arg_cmp request =
            SCMP_CMP(1, SCMP_CMP_MASKED_EQ, UINT32_MAX, requests[i]);
        allow(filter, "ioctl", 1, &request);
    }
}

static bool enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter)
        return false;
    seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1); /* no code of others runs here */
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(CALLS); i++)
        allow(filter, CALLS[i], 0, NULL);
    allow_threads(filter);
    allow_memory(filter);
    allow_words(filter);
    bool loaded = seccomp_load(filter) == 0;
    seccomp_release(filter);
    return loaded;
}

bool sandbox_is_built(void)
{
    return true;
}

Sandbox sandbox_enter(const SandboxPlan *plan)
{
    Sandbox sandbox = { 0 };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return sandbox;
    sandbox.landlock = enter_landlock(plan);
    sandbox.seccomp = enter_seccomp();
    return sandbox;
}

const char *sandbox_library_version(void)
{
    static char text[32];
    const struct scmp_version *version = seccomp_version();
    g_snprintf(text, sizeof text, "%u.%u.%u", version->major, version->minor, version->micro);
    return text;
}

#else

struct SandboxPlan {
    char unused;
};

bool sandbox_is_built(void)
{
    return false;
}

SandboxPlan *sandbox_plan_new(void)
{
    return g_new0(SandboxPlan, 1);
}

void sandbox_plan_read(SandboxPlan *plan G_GNUC_UNUSED, const char *path G_GNUC_UNUSED)
{
}

void sandbox_plan_write(SandboxPlan *plan G_GNUC_UNUSED, const char *path G_GNUC_UNUSED)
{
}

void sandbox_plan_write_file(SandboxPlan *plan G_GNUC_UNUSED, const char *path G_GNUC_UNUSED)
{
}

void sandbox_plan_free(SandboxPlan *plan)
{
    g_free(plan);
}

Sandbox sandbox_enter(const SandboxPlan *plan G_GNUC_UNUSED)
{
    return (Sandbox){ 0 };
}

const char *sandbox_library_version(void)
{
    return NULL;
}

#endif
