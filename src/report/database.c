#include "report/database.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

#include "report/fd_vfs.h"
#include "report/table_format.h"

/* What pages of the file are kept in memory; sorting takes as much. */
#define CACHE "PRAGMA cache_size = -16384;"

/* The file has its name only when it is whole, so nothing needs a journal. */
#define SETTINGS                                                                                   \
    "PRAGMA page_size = 16384; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"               \
    "PRAGMA locking_mode = EXCLUSIVE;" CACHE

/* Exact integers, as doubles have them. */
#define EXACT_MAX (INT64_C(1) << 53)

typedef struct Target {
    Database *database;
    const Column *columns;
    sqlite3_stmt *insert;
    Table *table;
} Target;

struct Database {
    FdVfs *vfs;
    sqlite3 *handle;
    Target targets[REPORT_COUNT];
    char *problem; /* the first one; NULL: all is well */
};

G_DEFINE_QUARK(connaudit - database - error, database_error)

/* The tables ----------------------------------------------------------------------------------- */

/* What a report refers to. A row may come before the one that it refers to. */
#define LATER " DEFERRABLE INITIALLY DEFERRED"
#define OF_CONNECTION "FOREIGN KEY (connection) REFERENCES connections (connection)" LATER
#define OF_INPUT(column) "FOREIGN KEY (" column ") REFERENCES inputs (input)" LATER

static const struct {
    const char *references; /* NULL: none */
    const char *key;        /* columns; NULL: none */
    const char *indexes;    /* further ones; NULL: none */
} KEYS[REPORT_COUNT] = {
    [REPORT_CONNECTIONS] = { OF_INPUT("last_input") ", " OF_INPUT("end_input"), "connection",
                             "CREATE INDEX connections_verdict ON connections (verdict, cause);"
                             "CREATE INDEX connections_server ON connections "
                             "(server_ip, server_port);" },
    [REPORT_EXCHANGES] = { OF_CONNECTION ", " OF_INPUT("request_input") ", " OF_INPUT(
                               "response_input") ", " OF_INPUT("outcome_input"),
                           "connection, exchange", NULL },
    [REPORT_FINDINGS] = { OF_CONNECTION ", " OF_INPUT("proof_input"), "connection, rule",
                          "CREATE INDEX findings_rule ON findings (rule);" },
    [REPORT_SERVERS] = { NULL, "server_ip, server_port", NULL },
    [REPORT_PAIRS] = { NULL, "client_ip, server_ip, server_port",
                       "CREATE INDEX pairs_server ON pairs (server_ip, server_port);" },
    [REPORT_HOPS] = { OF_CONNECTION ", FOREIGN KEY (back_connection) REFERENCES connections "
                                    "(connection)" LATER,
                      NULL,
                      "CREATE INDEX hops_front ON hops (connection, exchange);"
                      "CREATE INDEX hops_back ON hops (back_connection, back_exchange);" },
    [REPORT_IDLE] = { "FOREIGN KEY (server_ip, server_port) REFERENCES servers "
                      "(server_ip, server_port)" LATER,
                      "server_ip, server_port, bin", NULL },
    [REPORT_INPUTS] = { NULL, "input", NULL },
};

/* Rows of hops come between others whenever a block of them is decided, sooner or later beside
 * these: they wait, so that the pages of the file come in an order of the rows alone. */
#define WAITING_HOPS "waiting_hops"
static const char MAKE_ROOM_FOR_HOPS[] =
    "CREATE TEMP TABLE " WAITING_HOPS " AS SELECT * FROM hops LIMIT 0;";
static const char TAKE_HOPS[] = "INSERT INTO hops SELECT * FROM " WAITING_HOPS " ORDER BY rowid;"
                                "DROP TABLE " WAITING_HOPS ";";

static const char VIEWS[] =
    "CREATE VIEW who_loses_requests AS"
    " SELECT client_ip, p.server_ip, p.server_port, p.reuses, p.lost_requests,"
    " p.lost_after_close, p.longest_idle_tried_s, s.inferred_timeout_s, s.timeout_mismatch"
    " FROM pairs AS p LEFT JOIN servers AS s USING (server_ip, server_port)"
    " WHERE p.lost_requests > 0 OR p.lost_after_close > 0"
    " ORDER BY p.lost_requests DESC, p.lost_after_close DESC, client_ip, server_ip, server_port;"
    "CREATE VIEW which_server_closes_early AS"
    " SELECT server_ip, server_port, cause, count(*) AS connections, min(idle_s) AS idle_min_s,"
    " max(idle_s) AS idle_max_s, min(stated_timeout_s) AS stated_timeout_min_s"
    " FROM connections WHERE cause IN ('undeclared_close', 'closed_before_timeout')"
    " GROUP BY server_ip, server_port, cause"
    " ORDER BY connections DESC, server_ip, server_port, cause;"
    "CREATE VIEW who_abuses_connection_options AS"
    " SELECT party, CASE party WHEN 'client' THEN client_ip ELSE server_ip END AS address, rule,"
    " severity, count(*) AS connections, sum(count) AS cases"
    " FROM findings WHERE category = 'options'"
    " GROUP BY party, address, rule, severity"
    " ORDER BY severity = 'error' DESC, severity = 'warning' DESC, connections DESC, party,"
    " address, rule;"
    "CREATE VIEW what_is_undetermined AS"
    " SELECT cause, completeness, count(*) AS connections, min(connection) AS example"
    " FROM connections WHERE verdict = 'undetermined'"
    " GROUP BY cause, completeness ORDER BY connections DESC, cause, completeness;"
    "CREATE VIEW worst_connections AS"
    " SELECT connection, file, stream, client_ip, server_ip, server_port, host, verdict, cause,"
    " (SELECT count(*) FROM findings AS f WHERE f.connection = c.connection"
    " AND f.severity = 'error') AS errors,"
    " (SELECT count(*) FROM exchanges AS x WHERE x.connection = c.connection"
    " AND x.actual = 'request_lost') AS lost_requests, findings"
    " FROM connections AS c WHERE verdict = 'contradicted' OR errors > 0"
    " ORDER BY verdict = 'contradicted' DESC, errors DESC, lost_requests DESC, start_time,"
    " connection;";

static const char *sql_type(ColumnType type)
{
    switch (type) {
    case COLUMN_NUMBER:
    case COLUMN_FRAME:
        return "INTEGER";
    case COLUMN_DECIMAL:
    case COLUMN_SECONDS:
        return "REAL";
    default:
        return "TEXT";
    }
}

static void note_problem(Database *database)
{
    int failure = fd_vfs_failure(database->vfs);
    if (!database->problem)
        database->problem =
            g_strdup(failure ? g_strerror(failure) : sqlite3_errmsg(database->handle));
}

static void execute(Database *database, const char *sql)
{
    if (!database->problem && sqlite3_exec(database->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        note_problem(database);
}

static void create_table(Database *database, ReportName report, bool related)
{
    g_autoptr(GString) sql = g_string_new(NULL);
    g_string_append_printf(sql, "CREATE TABLE %s (", report_name(report));
    const Column *columns = report_columns(report);
    for (unsigned i = 0; columns[i].name; i++)
        g_string_append_printf(
            sql, "%s%s %s%s", i ? ", " : "", columns[i].name, sql_type(columns[i].type),
            g_strcmp0(columns[i].name, KEYS[report].key) == 0 ? " NOT NULL" : "");
    if (related && KEYS[report].references)
        g_string_append_printf(sql, ", %s", KEYS[report].references);
    g_string_append_c(sql, ')');
    execute(database, sql->str);
}

static void create_indexes(Database *database, ReportName report)
{
    g_autoptr(GString) sql = g_string_new(KEYS[report].indexes);
    if (KEYS[report].key)
        g_string_append_printf(sql, "CREATE UNIQUE INDEX %s_key ON %s (%s);", report_name(report),
                               report_name(report), KEYS[report].key);
    execute(database, sql->str);
}

/* Rows ----------------------------------------------------------------------------------------- */

static int64_t integer_of(const char *text, size_t length)
{
    int64_t number = 0;
    for (size_t i = 0; i < length; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* The double that is nearest to "2.002145000". Digits as one exact integer, divided once, are
 * rounded once; more of them than a double has are left to strtod(). */
static double real_of(const char *text, size_t length)
{
    int64_t digits = 0, divisor = 1;
    bool behind = false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.') {
            behind = true;
            continue;
        }
        digits = digits * 10 + (text[i] - '0');
        divisor *= behind ? 10 : 1;
        if (digits >= EXACT_MAX)
            return g_ascii_strtod(text, NULL);
    }
    return (double)digits / (double)divisor;
}

static void bind(sqlite3_stmt *insert, int at, ColumnType type, const char *text, size_t length)
{
    if (length == 0)
        sqlite3_bind_null(insert, at);
    else if (*sql_type(type) == 'I')
        sqlite3_bind_int64(insert, at, integer_of(text, length));
    else if (*sql_type(type) == 'R')
        sqlite3_bind_double(insert, at, real_of(text, length));
    else
        sqlite3_bind_text(insert, at, text, (int)length, SQLITE_STATIC);
}

/* False: it could not be written, and further rows are of no use. */
static bool take_row(void *data, const char *row)
{
    const Target *target = data;
    Database *database = target->database;
    if (database->problem)
        return false;
    for (int i = 0; target->columns[i].name; i++) {
        const char *end = strchrnul(row, TABLE_FIELD_END);
        bind(target->insert, i + 1, target->columns[i].type, row, (size_t)(end - row));
        row = end + 1;
    }
    if (sqlite3_step(target->insert) != SQLITE_DONE)
        note_problem(database);
    sqlite3_reset(target->insert);
    return !database->problem;
}

static void prepare(Database *database, ReportName report)
{
    Target *target = &database->targets[report];
    g_autoptr(GString) sql = g_string_new(NULL);
    *target = (Target){ .database = database, .columns = report_columns(report) };
    g_string_append_printf(sql, "INSERT INTO %s VALUES (",
                           report == REPORT_HOPS ? WAITING_HOPS : report_name(report));
    for (unsigned i = 0; target->columns[i].name; i++)
        g_string_append(sql, i ? ", ?" : "?");
    g_string_append_c(sql, ')');
    if (!database->problem &&
        sqlite3_prepare_v2(database->handle, sql->str, -1, &target->insert, NULL) != SQLITE_OK)
        note_problem(database);
    target->table = table_new_taken(target->columns, take_row, target);
}

/* The database --------------------------------------------------------------------------------- */

Database *database_new(int fd, int directory, bool related)
{
    Database *database = g_new0(Database, 1);
    /* One thread alone uses SQLite: locks, and counts of memory, would cost a fifth of the time. A
     * second database finds it configured. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    database->vfs = fd_vfs_new(fd, directory);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2("reports", &database->handle, flags, fd_vfs_name(database->vfs)) !=
        SQLITE_OK)
        note_problem(database);
    execute(database, SETTINGS);
    execute(database, "BEGIN");
    for (ReportName report = 0; report < REPORT_COUNT; report++) {
        create_table(database, report, related);
        if (report == REPORT_HOPS)
            execute(database, MAKE_ROOM_FOR_HOPS);
        prepare(database, report);
    }
    return database;
}

Table *database_table(Database *database, ReportName report)
{
    return database->targets[report].table;
}

static void finish_rows(Database *database)
{
    for (ReportName report = 0; report < REPORT_COUNT; report++) {
        Target *target = &database->targets[report];
        g_clear_pointer(&target->table, table_free);
        sqlite3_finalize(target->insert);
        target->insert = NULL;
    }
}

bool database_finish(Database *database, GError **error)
{
    finish_rows(database);
    execute(database, TAKE_HOPS);
    for (ReportName report = 0; report < REPORT_COUNT; report++)
        create_indexes(database, report);
    execute(database, VIEWS);
    execute(database, "COMMIT");
    if (sqlite3_close(database->handle) != SQLITE_OK)
        note_problem(database);
    else
        database->handle = NULL;
    if (database->problem)
        g_set_error_literal(error, DATABASE_ERROR, 0, database->problem);
    return !database->problem;
}

void database_free(Database *database)
{
    if (!database)
        return;
    finish_rows(database);
    sqlite3_close(database->handle);
    fd_vfs_free(database->vfs);
    g_free(database->problem);
    g_free(database);
}

const char *database_library_version(void)
{
    return sqlite3_libversion();
}
