#include "capture/filter.h"

#include <pcap.h>

/* The length of what a matching program returns; more than any frame has. */
#define SNAP_LENGTH (256 * 1024)

/* The expression compiled for one link type. Kept also where that failed, so as to fail once only. */
typedef struct Program {
    int link_type;
    struct bpf_program code;
    char *failure; /* NULL: `code` is there */
} Program;

struct Filter {
    char *expression;
    Program programs[CAPTURE_LINKS_MAX];
    unsigned count;
    unsigned last; /* of `programs`: that of the last frame */
    uint64_t skipped;
};

Filter *filter_new(const char *expression, GError **error)
{
    if (strlen(expression) > FILTER_EXPRESSION_MAX) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
                    "the filter is longer than %d characters", FILTER_EXPRESSION_MAX);
        return NULL;
    }
    Filter *filter = g_new0(Filter, 1);
    filter->expression = g_strdup(expression);
    return filter;
}

static void compile(const char *expression, Program *program)
{
    pcap_t *nothing = pcap_open_dead(program->link_type, SNAP_LENGTH);
    if (!nothing)
        g_error("pcap_open_dead: no memory");
    if (pcap_compile(nothing, &program->code, expression, 1, PCAP_NETMASK_UNKNOWN) != 0)
        program->failure = g_strdelimit(g_strdup(pcap_geterr(nothing)), "\r\n", ' ');
    pcap_close(nothing);
}

/* NULL: all places are taken. */
static const Program *find_program(Filter *filter, int link_type)
{
    if (filter->last < filter->count && filter->programs[filter->last].link_type == link_type)
        return &filter->programs[filter->last];
    unsigned at = 0;
    while (at < filter->count && filter->programs[at].link_type != link_type)
        at++;
    if (at == CAPTURE_LINKS_MAX)
        return NULL;
    if (at == filter->count) {
        filter->programs[at].link_type = link_type;
        compile(filter->expression, &filter->programs[at]);
        filter->count++;
    }
    filter->last = at;
    return &filter->programs[at];
}

bool filter_check(Filter *filter, const CaptureInfo *info, GError **error)
{
    for (unsigned i = 0; i < info->link_count; i++) {
        int link_type = info->links[i].link_type;
        const Program *program = find_program(filter, link_type);
        if (!program || !program->failure)
            continue;
        const char *name = capture_link_name(link_type);
        g_autofree char *number = g_strdup_printf("%d", link_type);
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
                    "the filter cannot be used on link type %s: %s", name ? name : number,
                    program->failure);
        return false;
    }
    return true;
}

bool filter_matches(Filter *filter, const Frame *frame)
{
    const Program *program = find_program(filter, frame->link_type);
    if (!program || program->failure) {
        filter->skipped++;
        return false;
    }
    struct pcap_pkthdr header = { .caplen = (bpf_u_int32)frame->bytes.length,
                                  .len = frame->wire_length };
    return pcap_offline_filter(&program->code, &header, frame->bytes.bytes) != 0;
}

uint64_t filter_skipped(const Filter *filter)
{
    return filter->skipped;
}

void filter_free(Filter *filter)
{
    if (!filter)
        return;
    for (unsigned i = 0; i < filter->count; i++) {
        if (!filter->programs[i].failure)
            pcap_freecode(&filter->programs[i].code);
        g_free(filter->programs[i].failure);
    }
    g_free(filter->expression);
    g_free(filter);
}
