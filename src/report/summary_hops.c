#include "report/summary_hops.h"

#include <arpa/inet.h>
#include <inttypes.h>

static void append_endpoint(GString *line, const Endpoint *endpoint)
{
    char address[INET6_ADDRSTRLEN] = "";
    bool is_v6 = endpoint->address.version == 6;
    inet_ntop(is_v6 ? AF_INET6 : AF_INET, endpoint->address.bytes, address, sizeof address);
    g_string_append_printf(line, is_v6 ? "[%s]:%u" : "%s:%u", address, endpoint->port);
}

static void append_fault(GString *line, const HopError *error)
{
    static const char *const faults[HOP_FAULT_COUNT] = {
        [HOP_FAULT_RACE] = "by keep-alive races to ",
        [HOP_FAULT_FORGOTTEN] = "by connections that were no longer known to ",
        [HOP_FAULT_AFTER_FIN] = "by requests after the close of ",
        [HOP_FAULT_SERVER] = "by closes without an answer of ",
        [HOP_FAULT_TIMEOUT] = "given up waiting for ",
        [HOP_FAULT_PROXY] = "by the proxy itself, nothing was sent on",
    };
    g_string_append_printf(line, "%" PRIu64 " %s", error->count, faults[error->fault]);
    if (error->back_server.address.version)
        append_endpoint(line, &error->back_server);
    if (error->fault == HOP_FAULT_TIMEOUT || error->fault == HOP_FAULT_PROXY)
        g_string_append_printf(line, " after up to %.1f s",
                               (double)MAX(error->longest, 0) / NS_PER_SECOND);
}

static bool same_kind(const HopError *a, const HopError *b)
{
    return a->status == b->status && endpoint_equal(&a->server, &b->server);
}

GPtrArray *summary_hop_lines(const Hops *hops)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);
    unsigned count, to;
    const HopError *errors = hops_errors(hops, &count);
    for (unsigned from = 0; from < count; from = to) {
        GString *line = g_string_new(NULL);
        uint64_t all = 0;
        for (to = from; to < count && same_kind(&errors[from], &errors[to]); to++)
            all += errors[to].count;
        g_string_append_printf(line, "%" PRIu64 " x %d at ", all, errors[from].status);
        append_endpoint(line, &errors[from].server);
        for (unsigned i = from; i < to; i++) {
            g_string_append(line, i == from ? ": " : ", ");
            append_fault(line, &errors[i]);
        }
        g_ptr_array_add(lines, g_string_free(line, FALSE));
    }
    return lines;
}
