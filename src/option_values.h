/* The arguments of the options: each function takes one from its text into Options. False, and one
 * line in `error` for a person, if the text is none. */
#ifndef OPTION_VALUES_H
#define OPTION_VALUES_H

#include "option_table.h"

bool take_report(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_format(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_fail_on(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_columns(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_only(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_top(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_jobs(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_color(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_progress(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_match(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_seconds(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_memory(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_unpacked(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_evidence_max(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_text(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_directory(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_file(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_rule(const OptionInfo *info, const char *text, Options *options, GError **error);
bool take_show(const OptionInfo *info, const char *text, Options *options, GError **error);
/* Taken before all others. */
bool take_completion(const OptionInfo *info, const char *text, Options *options, GError **error);

#endif
