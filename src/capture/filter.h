/* A pcap filter expression. It runs on frames that already have their numbers. */
#ifndef CAPTURE_FILTER_H
#define CAPTURE_FILTER_H

#include "capture/reader.h"

typedef struct Filter Filter;

#define FILTER_EXPRESSION_MAX (64 * 1024)

/* Returns NULL and a CAPTURE_ERROR_FILTER if the expression is longer than that, or if it names a
 * host or a network other than by address. Other errors depend on the link type and show later. */
Filter *filter_new(const char *expression, GError **error);

/* Returns whether the expression is valid for each link type that the input is known to have. If
 * not, sets a CAPTURE_ERROR_FILTER, one line that names the link type. */
bool filter_check(Filter *filter, const CaptureInfo *info, GError **error);

/* Also false for a frame of a link type for which the expression is not valid. Such frames are
 * counted. */
bool filter_matches(Filter *filter, const Frame *frame);

/* Number of frames of such link types. */
uint64_t filter_skipped(const Filter *filter);

void filter_free(Filter *filter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Filter, filter_free)

#endif
