/* src/briefcase/imodel_file.h - a new file that appears complete or not at all. */
#ifndef WEH_BRIEFCASE_IMODEL_FILE_H
#define WEH_BRIEFCASE_IMODEL_FILE_H

#include <limits.h>

#include "weh/err.h"

struct weh_new_file {
    const char *path;         /* borrowed */
    char temporary[PATH_MAX]; /* to be written; "" when there is none any more */
};

/** Make an empty file beside @path, which must be free, also of logs of an earlier file.
 * WEH_E_EXISTS, WEH_E_FILE_NOT_FOUND (no folder), WEH_E_READ_ONLY, WEH_E_DISK_FULL, WEH_E_IO. */
WEH_MUST_CHECK weh_err weh_new_file_begin(struct weh_new_file *file, const char *path,
                                          struct weh_diag *diag);

/** Bring it to stable storage and give it its name; nobody may have it open. WEH_E_EXISTS when
 * somebody was faster, else as above. */
WEH_MUST_CHECK weh_err weh_new_file_finish(struct weh_new_file *file, struct weh_diag *diag);

/** Remove what weh_new_file_begin made, unless it is finished. */
void weh_new_file_abandon(struct weh_new_file *file);

#endif
