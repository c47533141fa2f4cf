/* Chooses rows: only those of some kinds, and the worst ones first. */
#ifndef REPORT_PICKER_H
#define REPORT_PICKER_H

#include "base/evidence.h"
#include "judge/rules.h"
#include "judge/verdict.h"

/* What --only takes: a bit for each verdict and severity. */
#define PICK_VERDICT(verdict) (1u << (verdict))
#define PICK_SEVERITY(severity) (1u << (VERDICT_COUNT + (severity)))

/* How bad a row is: by verdict, then by finding, then by what was lost, then by time. */
typedef struct RowRank {
    unsigned kinds; /* of the bits above: what it holds */
    uint64_t lost;  /* requests */
    Nanoseconds time;
} RowRank;

/* The worst rows of many, in little more room than these take. Grammar: new · add* · sort ·
 * free. */
typedef struct Picker Picker;

Picker *picker_new(unsigned most);

/* The picker takes over the text. */
void picker_add(Picker *picker, const RowRank *rank, char *text);

/* The worst rows (char *), the worst first; they live as long as the picker. */
const GPtrArray *picker_sort(Picker *picker);

/* How many rows were added. */
uint64_t picker_count(const Picker *picker);

void picker_free(Picker *picker);

#endif
