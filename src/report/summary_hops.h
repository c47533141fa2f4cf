/* The part of the summary about proxies. */
#ifndef REPORT_SUMMARY_HOPS_H
#define REPORT_SUMMARY_HOPS_H

#include <glib.h>

#include "hops/hops.h"

/* A sentence for each server and status of errors of a proxy's own, and what caused them; the
 * caller frees the list. `hops` has been finished. */
GPtrArray *summary_hop_lines(const Hops *hops);

#endif
