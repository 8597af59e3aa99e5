/* include/weh/file.h - failures of the file system as errors, and folders on stable storage.
 *
 * For those who write files of their own; SQLite writes the iModels.
 */
#ifndef WEH_FILE_H
#define WEH_FILE_H

#include "weh/err.h"

/**
 * Raise what the errno @number of a file operation means: WEH_E_EXISTS, WEH_E_NOMEM, WEH_E_DISK_FULL,
 * WEH_E_FILE_NOT_FOUND (no such folder), WEH_E_READ_ONLY, WEH_E_BAD_ARGS (the name is too long), else
 * WEH_E_IO. The number goes to the log.
 */
weh_err weh_file_fail(struct weh_diag *diag, int number);

/** fsync the folder of @path, so that the names in it are on stable storage. 0 or errno. */
int weh_file_sync_folder(const char *path);

/** fsync the file or folder @path, opened with @flags as well. 0 or errno. */
int weh_file_sync(const char *path, int flags);

#endif
