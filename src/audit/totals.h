/* What was counted: by one engine, and by all of a run. */
#ifndef AUDIT_TOTALS_H
#define AUDIT_TOTALS_H

#include "decode/decode.h"
#include "judge/rules.h"
#include "judge/verdict.h"
#include "session/tls.h"
#include "stream/stream.h"

/* Of nothing but uint64_t, like StreamCounters: they add up. */
typedef struct AuditCounters {
    uint64_t frames;
    uint64_t filtered;                     /* frames that the filter left out */
    uint64_t decoded[DECODE_RESULT_COUNT]; /* frames by DecodeResult */
    uint64_t http_connections, exchanges;
    uint64_t tls_connections;
    uint64_t tls_by_secrets[TLS_SECRETS_COUNT]; /* the same by TlsSecrets */
    uint64_t tls_by_refusal[TLS_REFUSAL_COUNT]; /* the same by TlsRefusal */
    uint64_t quic_pairs;               /* pairs of addresses between which QUIC was set up */
    uint64_t quic_packets_uncounted;   /* between further ones, beyond the bound */
    uint64_t verdicts[3];              /* connections by Verdict */
    uint64_t causes[3][CAUSE_COUNT];   /* connections by Verdict and Cause */
    uint64_t matched;                  /* exchanges, if anything is looked for */
    uint64_t match_given_up;           /* exchanges in which a bound kept it from being found */
    uint64_t exchange_verdicts[3];     /* exchanges by Verdict */
    uint64_t findings[SEVERITY_COUNT]; /* one per rule and connection */
    uint64_t rules[SEVERITY_COUNT][RULE_COUNT]; /* the same, by rule */
} AuditCounters;

/* A zeroed one has none. */
typedef struct AuditTotals {
    AuditCounters audit;
    StreamCounters streams;
    uint64_t unfilterable; /* frames that the filter could not be used on */
} AuditTotals;

void audit_totals_add(AuditTotals *totals, const AuditCounters *audit,
                      const StreamCounters *streams);

void audit_count_finding(AuditCounters *counters, Severity severity, Rule rule);

#endif
