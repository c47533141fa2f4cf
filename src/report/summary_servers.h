/* What the summary says about servers: the worst of them, and those whose idle timeout does not fit
 * their clients. Words for page_wrapped(), owned by the caller. */
#ifndef REPORT_SUMMARY_SERVERS_H
#define REPORT_SUMMARY_SERVERS_H

#include <glib.h>

#include "servers/servers.h"

/* Of further servers only the number is given. */
#define SUMMARY_SERVERS_MAX 3

/* A line for each of the servers with most contradicted connections, then one for the number of the
 * others; none if there is no such server. */
GPtrArray *summary_worst_servers(const Servers *servers);

/* The same for pairs that lose requests by a timeout: what happens, how often, what to change. */
GPtrArray *summary_mismatches(const Servers *servers);

/* Servers that closed idle connections, but too rarely to infer a timeout: what was seen. */
GPtrArray *summary_too_few(const Servers *servers);

/* For a page that has room for all of them: every server, the worst first; borrowed. */
GPtrArray *summary_servers_by_badness(const Servers *servers);
/* "192.0.2.80:80"; owned by the caller. */
char *summary_server_name(const Server *server);
/* All that the lines above say of one server. */
GPtrArray *summary_server_lines(const Servers *servers, const Server *server);

#endif
