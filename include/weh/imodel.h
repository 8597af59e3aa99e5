/* include/weh/imodel.h - making a new iModel file, and looking into one without opening a session.
 */
#ifndef WEH_IMODEL_H
#define WEH_IMODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/id.h"
#include "weh/sink.h"
#include "weh/str.h"

struct weh_file_bounds;
struct weh_file_registry;

struct weh_imodel_create_props {
    struct weh_str root_subject_name;        /* trimmed; then 1 to 350 characters, no NUL */
    struct weh_str root_subject_description; /* may be empty */
    struct weh_guid itwin_id;                /* nil: standalone */
    bool has_extents;
    double extents[6]; /* low xyz, high xyz; each low < high */
    bool has_origin;
    double global_origin[3];
};

/**
 * Make the file @path from the built-in template (BisCore 1.0.22, Generic 1.0.5), editable, with
 * transactions recorded; what the native library's createEmpty makes, but for random GUIDs and
 * times. Written beside @path first and renamed when it is complete and on stable storage.
 *
 * WEH_E_EXISTS (also when the log of an earlier file is left), WEH_E_BAD_ARGS (where names the
 * member), WEH_E_FILE_NOT_FOUND (no such folder), WEH_E_READ_ONLY (the folder cannot be written),
 * WEH_E_DISK_FULL, WEH_E_IO, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_imodel_create(const char *path,
                                         const struct weh_imodel_create_props *props,
                                         struct weh_diag *diag);

struct weh_imodel_summary {
    struct weh_guid imodel_guid;
    char name[256]; /* code value of the root subject, cut at a character when longer */
};

/** Read id and name of the iModel @path, within @bounds (NULL: none), read-only, without waiting for locks
 * of others; for those who open or close it in this process, whom @registry (NULL: nobody) knows.
 * WEH_E_FILE_NOT_FOUND, WEH_E_NOT_AN_IMODEL, others of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_imodel_peek(const char *path, const struct weh_file_bounds *bounds,
                                       struct weh_file_registry *registry,
                                       struct weh_imodel_summary *out, struct weh_diag *diag);

/**
 * Write what is in the file @path as one map: file (sizes, SQLite header), profiles, iModel (id,
 * iTwin, name, extents, briefcase id, parent changeset, sequences), schemas with versions, element
 * counts by class, transactions (id, description, time, grouped, reversed, bytes). For weh inspect.
 */
WEH_MUST_CHECK weh_err weh_imodel_inspect(const char *path, struct weh_sink *sink,
                                          struct weh_diag *diag);

#endif
