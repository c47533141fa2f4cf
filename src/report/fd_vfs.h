/* A file system for SQLite that has one file, which is open already. So a database appears like
 * every other report: whole or not at all. What does not fit into memory goes to files without a
 * name. No clock and no chance comes into the file. */
#ifndef REPORT_FD_VFS_H
#define REPORT_FD_VFS_H

typedef struct FdVfs FdVfs;

/* Both are borrowed: `fd` is an empty file, open for reading and writing; files without a name lie
 * in `directory`, -1: where temporary files lie. One at a time. */
FdVfs *fd_vfs_new(int fd, int directory);

/* For sqlite3_open_v2(). */
const char *fd_vfs_name(const FdVfs *vfs);

/* The errno of the last call that failed; 0: none did. */
int fd_vfs_failure(const FdVfs *vfs);

/* The database must be closed. */
void fd_vfs_free(FdVfs *vfs);

#endif
