#include "audit/totals.h"

static void add_counts(void *sum, const void *counters, size_t size)
{
    uint64_t *to = sum;
    const uint64_t *from = counters;
    for (size_t i = 0; i < size / sizeof(uint64_t); i++)
        to[i] += from[i];
}

void audit_totals_add(AuditTotals *totals, const AuditCounters *audit,
                      const StreamCounters *streams)
{
    add_counts(&totals->audit, audit, sizeof totals->audit);
    add_counts(&totals->streams, streams, sizeof totals->streams);
}

void audit_count_finding(AuditCounters *counters, Severity severity, Rule rule)
{
    counters->findings[severity]++;
    counters->rules[severity][rule]++;
}
