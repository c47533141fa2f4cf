/* Which options belong together, and which exclude each other. */
#ifndef OPTION_CHECKS_H
#define OPTION_CHECKS_H

#include "option_table.h"

/* `options` has the arguments of `raw`. False, and one line in `error` for a person: they do not
 * fit together. */
bool option_checks(const RawOptions *raw, const Options *options, GError **error);

#endif
