/* src/briefcase/file_copy.h - bytes of one file into another. */
#ifndef WEH_BRIEFCASE_FILE_COPY_H
#define WEH_BRIEFCASE_FILE_COPY_H

#include "weh/checkout.h"

/**
 * Copy what @from has into the empty file @to, by the cheapest way that there is: shared blocks,
 * inside the kernel, or through memory. The position of @from is neither used nor moved.
 *
 * WEH_E_DISK_FULL, WEH_E_IO, and what @watch answers.
 */
WEH_MUST_CHECK weh_err weh_file_copy(int from, int to, const struct weh_copy_watch *watch,
                                     struct weh_diag *diag);

#endif
