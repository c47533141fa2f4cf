/* Least privilege: from here on the process can read its inputs, write its outputs, and nothing
 * else, whatever a hostile capture makes of it. Landlock bounds the files, seccomp the system
 * calls: no network, no other program, no other process. A forbidden call fails with an error; it
 * never ends the program.
 *
 * A kernel that lacks one of them, or a container that forbids it, leaves it out. */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <glib.h>
#include <stdbool.h>

/* What is in force. */
typedef struct Sandbox {
    int landlock; /* the version of its interface; 0: it is not */
    bool seccomp;
} Sandbox;

/* What stays allowed. Add everything that is there already; what is missing is passed over. */
typedef struct SandboxPlan SandboxPlan;

/* Whether this build can have one. Builds with sanitizers, for fuzzing or for coverage cannot. */
bool sandbox_is_built(void);

SandboxPlan *sandbox_plan_new(void);
/* A file, or a directory with all that lies in it, links included. */
void sandbox_plan_read(SandboxPlan *plan, const char *path);
/* A directory: files are written, made, replaced and removed in it, and it may be removed itself.
 * */
void sandbox_plan_write(SandboxPlan *plan, const char *path);
/* A file that is there or not. Landlock knows no narrower place than its directory: files are
 * written, made, replaced and removed below that, but no directory. */
void sandbox_plan_write_file(SandboxPlan *plan, const char *path);
void sandbox_plan_free(SandboxPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SandboxPlan, sandbox_plan_free)

/* Before the first thread is started, for Landlock binds the calling thread and those that it
 * starts. There is no way back. */
Sandbox sandbox_enter(const SandboxPlan *plan);

/* The version of libseccomp; NULL: not in this build. Static. */
const char *sandbox_library_version(void);

#endif
