/* What the fields of a row are written from, and the writers that several reports share. Between
 * the lists of columns (rows.c, server_rows.c) alone. */
#ifndef REPORT_COLUMNS_H
#define REPORT_COLUMNS_H

#include "capture/inputs.h"
#include "hops/hops.h"
#include "judge/findings.h"
#include "judge/judge.h"
#include "report/rows.h"
#include "report/table.h"
#include "servers/servers.h"

/* Some neighbouring bins of a server's histogram of idle times. */
typedef struct IdleRow {
    const Server *server;
    unsigned first, past;           /* bins */
    uint64_t count[IDLE_END_COUNT]; /* by IdleEnd */
    uint64_t most;                  /* of a row of this server: what its chart shows */
} IdleRow;

/* What the fields of one row are written from: the row, and what several reports have in common. */
typedef struct RowSource {
    union {
        const ConnectionRow *connection;
        const ExchangeRow *exchange;
        const FindingRow *finding;
        const Server *server;
        const Pair *pair;
        const IdleRow *idle;
        const InputFile *input;
        const HopRow *hop;
    };
    const RowFile *file;
    RowConnection from;         /* not set: of servers and pairs */
    const Judgement *judgement; /* NULL: none */
    RuleSet findings;
    ReasonSet completeness;
} RowSource;

/* The head of a writer: of one field, or of the one of several like ones that `which` names. */
#define FIELD(name) static void name(Table *table, const RowSource *row, int which G_GNUC_UNUSED)
#define FIELDS(name) static void name(Table *table, const RowSource *row, int which)

/* Fields that several reports have. A negative number or duration is an absent field. */
void write_optional(Table *table, int64_t number);
void write_optional_duration(Table *table, Nanoseconds duration);
void write_completeness(Table *table, const RowSource *row, int which);

#endif
