/* The names of the files that a run writes. */
#ifndef OUTPUT_NAMES_H
#define OUTPUT_NAMES_H

#include "options.h"

#define OUTPUT_PAGE_NAME "report.html"

/* Most files of a directory but for the sums. */
#define OUTPUT_NAMES_MAX (REPORT_COUNT + 3)

/* Those of the directory of --output, NULL-terminated; the last ones are the manifest and the sums.
 * Freed by the caller with g_strfreev(). */
char **output_names(const Options *options);

/* False: a file that --html or --sqlite names is also that of the other, or one of --output. */
bool output_names_check(const Options *options, GError **error);

#endif
