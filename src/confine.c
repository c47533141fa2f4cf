#include "confine.h"

#include <openssl/crypto.h>
#include <string.h>
#include <time.h>

#include "held_output.h"
#include "report/output.h"

/* Where the names of services and protocols in a filter stand. */
static const char *const NAMES[] = { "/etc/nsswitch.conf", "/etc/services", "/etc/protocols",
                                     "/etc/ethers",        "/etc/networks", "/etc/hosts" };

/* What libraries read from files when it is first needed is read now: openssl.cnf with the
 * providers that it names, the conversion of messages, and the time zone, though it is not used. */
static void warm_up(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    tzset();
    g_free(g_locale_to_utf8("a", 1, NULL, NULL, NULL));
}

static bool prepare_outputs(const Options *options, GError **error)
{
    const char *const directories[] = { options->output, options->evidence };
    bool prepared = true;
    for (size_t i = 0; i < G_N_ELEMENTS(directories) && prepared; i++)
        prepared = !directories[i] ||
                   output_prepare(directories[i], (const char *const *)options->inputs, error);
    const char *const files[] = { options->database, options->page };
    for (size_t i = 0; i < G_N_ELEMENTS(files) && prepared; i++)
        prepared =
            !files[i] || output_prepare_file(files[i], (const char *const *)options->inputs, error);
    return prepared;
}

static SandboxPlan *plan_run(const Options *options)
{
    SandboxPlan *plan = sandbox_plan_new();
    for (char **input = options->inputs; *input; input++)
        if (strcmp(*input, "-") != 0)
            sandbox_plan_read(plan, *input);
    for (size_t i = 0; options->filter && i < G_N_ELEMENTS(NAMES); i++)
        sandbox_plan_read(plan, NAMES[i]);
    if (options->output)
        sandbox_plan_write(plan, options->output);
    if (options->evidence)
        sandbox_plan_write(plan, options->evidence);
    if (options->database)
        sandbox_plan_write_file(plan, options->database);
    if (options->page)
        sandbox_plan_write_file(plan, options->page);
    return plan;
}

bool confine_run(const Options *options, Sandbox *ret_sandbox, GError **error)
{
    *ret_sandbox = (Sandbox){ 0 };
    if (options->no_sandbox || !sandbox_is_built())
        return true;
    if (!prepare_outputs(options, error))
        return false;
    warm_up();
    if (!options->output && !options->show)
        held_output_prepare();
    g_autoptr(SandboxPlan) plan = plan_run(options);
    *ret_sandbox = sandbox_enter(plan);
    return true;
}

void confine_verify(const Options *options, const char *directory)
{
    if (options->no_sandbox || !sandbox_is_built())
        return;
    warm_up();
    g_autoptr(SandboxPlan) plan = sandbox_plan_new();
    sandbox_plan_read(plan, "/");
    sandbox_plan_write(plan, directory);
    sandbox_enter(plan);
}
