/* A pcap filter expression, run on frames that have their numbers already. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "capture/reader.h"

typedef struct Filter Filter;

#define FILTER_EXPRESSION_MAX (64 * 1024)

/* NULL and a CAPTURE_ERROR_FILTER if the expression is longer than that, or names a host or a network
 * other than by its address. What it means depends on the link type, so that nothing else can be told
 * yet. */
Filter *filter_new(const char *expression, GError **error);

/* Whether it means something for each of the links that the input is known to have. False and a
 * CAPTURE_ERROR_FILTER, one line that names the link type, if not. */
bool filter_check(Filter *filter, const CaptureInfo *info, GError **error);

/* False also for a frame of a link type for which the expression means nothing; those are
 * counted. */
bool filter_matches(Filter *filter, const Frame *frame);

/* Frames that no program could be run on. */
uint64_t filter_skipped(const Filter *filter);

void filter_free(Filter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

#endif
