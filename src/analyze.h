/* The path, joined: frames in, rows out. The only code that knows two neighbouring stages.
 *
 * Grammar: new · (feed · next*)* · finish · next* · free. Rows are final when they come; they
 * become so at a tick (every 4,096 frames of the input) and leave ordered by tick, first frame of
 * the connection, and exchange; connections that were still open when the capture ended follow by
 * first frame. */
#ifndef ANALYZE_H
#define ANALYZE_H

#include "capture/filter.h"
#include "capture/reader.h"
#include "decode/decode.h"
#include "judge/judge.h"
#include "packets/connection_trace.h"
#include "packets/evidence_list.h"
#include "packets/evidence_writer.h"
#include "report/rows.h"
#include "servers/servers.h"
#include "stream/stream.h"

typedef struct AnalysisOptions {
    Thresholds thresholds;
    TextOptions texts;  /* what the report needs of the messages' texts */
    bool exchange_rows; /* which rows are wanted */
    bool connection_rows;
    bool finding_rows;
    bool pedantic;              /* also findings that only older specifications demand */
    bool all_connections;       /* also those in which no HTTP was found */
    const ConnectionName *show; /* the connection that is traced; NULL: none */
    StreamLimits limits;
    Filter *filter;   /* borrowed; NULL: every frame is looked at */
    Servers *servers; /* borrowed; is told of every exchange and connection; NULL: nobody is */
    const Matcher *matcher; /* borrowed; NULL: rows of everything, else of what matches */
    EvidenceList
        *evidence_list; /* borrowed; takes the connections that deserve a capture; NULL: none */
    EvidenceWriter *evidence_writer; /* borrowed; is told of every frame; NULL: nobody is */
} AnalysisOptions;

AnalysisOptions analysis_options_default(void);

typedef struct AnalysisCounters {
    uint64_t frames;
    uint64_t filtered;                     /* frames that the filter left out */
    uint64_t decoded[DECODE_RESULT_COUNT]; /* frames by DecodeResult */
    uint64_t http_connections, exchanges;
    uint64_t verdicts[3];              /* connections by Verdict */
    uint64_t causes[3][CAUSE_COUNT];   /* connections by Verdict and Cause */
    uint64_t matched;                  /* exchanges, if anything is looked for */
    uint64_t match_given_up;           /* exchanges in which a bound kept it from being found */
    uint64_t exchange_verdicts[3];     /* exchanges by Verdict */
    uint64_t findings[SEVERITY_COUNT]; /* one per rule and connection */
    uint64_t rules[SEVERITY_COUNT][RULE_COUNT]; /* the same, by rule */
} AnalysisCounters;

/* What several analyses counted, summed; a zeroed one has none. */
typedef struct AnalysisTotals {
    AnalysisCounters analysis;
    StreamCounters streams;
} AnalysisTotals;

typedef struct Analysis Analysis;

Analysis *analysis_new(const AnalysisOptions *options);

/* The batch is done with when this returns. */
void analysis_feed(Analysis *analysis, const FrameBatch *batch);
void analysis_finish(Analysis *analysis);

/* The next row, now the caller's: audit_row_clear(). False: none for now. */
bool analysis_next(Analysis *analysis, AuditRow *ret_row);

const AnalysisCounters *analysis_counters(const Analysis *analysis);
const StreamCounters *analysis_stream_counters(const Analysis *analysis);

void analysis_add_totals(const Analysis *analysis, AnalysisTotals *totals);

/* After the end: the connection asked for; NULL: there was none. As long as the analysis. */
const TracedConnection *analysis_traced_connection(Analysis *analysis);

void analysis_free(Analysis *analysis);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Analysis, analysis_free)

#endif
