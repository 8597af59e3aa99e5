/* tests/data_file.h - files of the test data, packed or not. */
#ifndef DATA_FILE_H
#define DATA_FILE_H

#include "weh/buf.h"
#include "weh/err.h"

/** Append what the file @path holds, or what it packs when its name ends in ".xz". */
WEH_MUST_CHECK weh_err data_file_read(const char *path, struct weh_buf *out, struct weh_diag *diag);

/** The same of the file @name of the test data, as text with a NUL behind it; for weh_free. NULL when it
 * cannot be read. */
char *data_file_text(const char *name, size_t *len);

#endif
