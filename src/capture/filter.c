/* Names.
 *
 * For each host or network name in an expression, libpcap asks the system for the address, and so
 * perhaps asks the network. Therefore the program rejects such names before libpcap sees them. To
 * find out whether a word is a name, it asks libpcap: after `ifname` libpcap accepts any name and
 * looks none up, and a word that is not a name is a syntax error. (A list of libpcap's words was
 * rejected: it would have to match the installed version.) */
#include "capture/filter.h"

#include <arpa/inet.h>
#include <pcap.h>

#include "base/near_words.h"
#include "capture/links.h"

/* The value that a matching program returns: more than the length of any frame. */
#define SNAP_LENGTH (256 * 1024)

/* The expression, compiled for one link type. A failed one is kept too, so that it fails only
 * once. */
typedef struct Program {
    int link_type;
    struct bpf_program code;
    char *failure; /* NULL: `code` is valid */
} Program;

struct Filter {
    char *expression;
    Program programs[CAPTURE_LINKS_MAX];
    unsigned count;
    unsigned last; /* index in `programs`: the one for the last frame */
    uint64_t skipped;
};

#define LINK_WITH_INTERFACES 117 /* the link type of OpenBSD's pf, where `ifname` is valid */
#define WORD_CHARACTERS "-_.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define NAME_MAX_SHOWN 64

static bool libpcap_takes_for_name(const char *word)
{
    g_autofree char *expression = g_strconcat("ifname ", word, NULL);
    struct bpf_program code;
    pcap_t *nothing = pcap_open_dead(LINK_WITH_INTERFACES, SNAP_LENGTH);
    if (!nothing)
        g_error("pcap_open_dead: no memory");
    bool compiles = pcap_compile(nothing, &code, expression, 0, PCAP_NETMASK_UNKNOWN) == 0;
    bool taken = compiles || !strstr(pcap_geterr(nothing), "syntax error");
    if (compiles)
        pcap_freecode(&code);
    pcap_close(nothing);
    return taken;
}

/* Length of an IPv6 or hardware address at `text`; 0 if there is none. */
static size_t colon_address_length(const char *text)
{
    size_t length = strspn(text, "0123456789abcdefABCDEF:.");
    if (length > INET6_ADDRSTRLEN || !memchr(text, ':', length))
        return 0;
    g_autofree char *word = g_strndup(text, length);
    struct in6_addr address;
    unsigned parts[6];
    int end = 0;
    bool hardware = sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", &parts[0], &parts[1], &parts[2],
                           &parts[3], &parts[4], &parts[5], &end) == 6 &&
                    word[end] == '\0';
    return hardware || inet_pton(AF_INET6, word, &address) == 1 ? length : 0;
}

/* The next word from *at on; *at moves behind it. NULL if there is none. An address with colons is
 * not a word. */
static char *next_word(const char **at)
{
    while (**at) {
        size_t address = colon_address_length(*at), length = strspn(*at, WORD_CHARACTERS);
        const char *begin = *at;
        if (address) {
            *at += address;
        } else if (**at == '\\') { /* a name follows, whatever it looks like */
            *at += 1 + strcspn(*at + 1, " !()\n\t");
            return g_strndup(begin, (gsize)(*at - begin));
        } else if (g_ascii_isalnum(**at)) {
            *at += length;
            while (length > 1 && (begin[length - 1] == '-' || begin[length - 1] == '_'))
                length--;
            return g_strndup(begin, length);
        } else {
            ++*at;
        }
    }
    return NULL;
}

/* What a word means for the names that follow it. */
typedef enum Wording { WORDING_NAMES_HOST, WORDING_NAMES_OTHER, WORDING_JOINS } Wording;

/* Words that people mistype. */
static const char *const WORDS[] = { "host", "net",     "port", "portrange", "src",  "dst",
                                     "tcp",  "udp",     "icmp", "proto",     "vlan", "less",
                                     "len",  "greater", "and",  "or",        "not",  NULL };

static Wording wording_of(const char *word)
{
    static const char *const others[] = { "port",      "portrange", "proto",  "protochain",
                                          "type",      "subtype",   "dir",    "on",
                                          "direction", "ifname",    "reason", "action",
                                          "rset",      "ruleset",   "llc",    NULL };
    static const char *const joins[] = { "and", "or", "not", NULL };
    if (g_strv_contains(others, word))
        return WORDING_NAMES_OTHER;
    return g_strv_contains(joins, word) || g_ascii_isdigit(*word) ? WORDING_JOINS
                                                                  : WORDING_NAMES_HOST;
}

/* The first name that would need a lookup; NULL if there is none. */
static char *find_host_name(const char *expression)
{
    bool of_host = true;
    char *word;
    while ((word = next_word(&expression))) {
        if (libpcap_takes_for_name(word)) {
            if (of_host)
                return word;
        } else if (wording_of(word) != WORDING_JOINS) {
            of_host = wording_of(word) == WORDING_NAMES_HOST;
        }
        g_free(word);
    }
    return NULL;
}

Filter *filter_new(const char *expression, GError **error)
{
    if (strlen(expression) > FILTER_EXPRESSION_MAX) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
                    "the filter is longer than %d characters", FILTER_EXPRESSION_MAX);
        return NULL;
    }
    g_autofree char *name = find_host_name(expression);
    if (name) {
        g_autofree char *shown = g_strndup(name, NAME_MAX_SHOWN);
        g_autofree char *escaped = g_strescape(shown, NULL);
        g_autofree char *near = near_words(name, WORDS, near_words_distance(name));
        g_autofree char *ones = near ? g_strdup_printf(" (near ones: %s)", near) : g_strdup("");
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
                    "the filter has \"%s\", which is no word of filters%s and no address; names of "
                    "hosts and networks are not looked up",
                    escaped, ones);
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

/* Returns NULL if all places are taken. */
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
