/* What makes a directory of evidence captures explain itself, on paper too: a page for each
 * capture, and a README. Lines of at most CASE_WIDTH columns. */
#ifndef REPORT_CASE_FILES_H
#define REPORT_CASE_FILES_H

#include "capture/inputs.h"
#include "judge/verdict.h"
#include "report/story.h"

#define CASE_WIDTH 80
#define CASE_README "README.txt"

/* What all of them state; borrowed. */
typedef struct CaseFacts {
    const char *version;
    char **command; /* command_shell_words() */
    const Thresholds *thresholds;
    const CaptureInputs *inputs; /* have been read; with their sums */
} CaseFacts;

/* "c1-38.txt"; owned by the caller. */
char *case_page_name(FrameId connection);

/* The page of a connection, whose capture has this name. */
char *case_page(const CaseFacts *facts, const char *capture, const Story *story);

/* Of a directory with so many captures. */
char *case_readme(const CaseFacts *facts, unsigned captures, uint64_t left_out);

/* What each packet is in the words of its story: FrameId to text; the caller's. */
GHashTable *case_roles(const Story *story);

#endif
