/* All reports as one SQLite database: a table a report, typed as the columns are, with keys, and
 * views that answer what most people ask. Rows go in as they come, in one transaction; the indexes
 * are made at the end.
 *
 * Grammar: new · (the rows of database_table()) · finish · free. */
#ifndef REPORT_DATABASE_H
#define REPORT_DATABASE_H

#include "report/reports.h"

typedef struct Database Database;

#define DATABASE_ERROR (database_error_quark())
GQuark database_error_quark(void);

/* Both are borrowed: `fd` is an empty file, open for reading and writing; what does not fit into
 * memory goes to files without a name in `directory`, -1: where temporary files lie. One database
 * at a time. `related`: keys say to what a row refers; not where only some rows are listed. A
 * failure shows at the end. */
Database *database_new(int fd, int directory, bool related);

/* Takes the rows of this report; it belongs to the database. */
Table *database_table(Database *database, ReportName report);

/* Everything is in the file. False: something could not be written. */
bool database_finish(Database *database, GError **error);

void database_free(Database *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Database, database_free)

/* "3.40.1" */
const char *database_library_version(void);

#endif
