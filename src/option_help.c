#include "option_help.h"

#include "option_table.h"
#include "report/page.h"

#define HELP_WIDTH 79
#define HELP_AT 30 /* column of the explanations */

static void append_option(GString *text, const OptionInfo *info)
{
    g_autoptr(GString) name = g_string_new("  ");
    g_string_append_printf(name, info->letter ? "-%c, " : "    ", info->letter);
    g_string_append_printf(name, "--%s%s%s", info->name, info->argument ? "=" : "",
                           info->argument ? info->argument : "");
    g_string_append_printf(text, "%-*s", HELP_AT, name->str);
    if (name->len + 2 > HELP_AT)
        g_string_append_printf(text, "\n%*s", HELP_AT, "");
    Page page = { .text = text, .width = HELP_WIDTH };
    page_wrapped(&page, HELP_AT, PAGE_PLAIN, info->help);
}

char *option_help(void)
{
    GString *text = g_string_new(
        "Usage: connaudit [OPTION...] CAPTURE...\n"
        "\n"
        "Did these HTTP connections do what their Connection headers said? A CAPTURE is a\n"
        "pcap or pcapng file, plain or compressed, a directory, or - for standard input.\n"
        "Several are one capture, merged in time order.\n"
        "\n"
        "  connaudit capture.pcap                     the connections, the worst first\n"
        "  connaudit -r findings --only=error *.pcap  broken rules\n"
        "  tcpdump -U -w - port 80 | connaudit -      while it is being captured\n");
    for (OptionId id = 0; id < OPTION_COUNT; id++) {
        const char *title = option_group_title(id);
        if (title)
            g_string_append_printf(text, "\n%s:\n", title);
        append_option(text, &OPTIONS[id]);
    }
    g_string_append(
        text, "\n"
              "Exit status: 0 ok; 1 an input or an output failed, or the run was interrupted;\n"
              "2 usage error; 3 --fail-on matched; 4 --verify could not run again.\n"
              "Manual: man connaudit.\n"
              "Report bugs where you got connaudit from, with its --version and a capture that\n"
              "shows them (see CONTRIBUTING.md).\n");
    return g_string_free(text, FALSE);
}
