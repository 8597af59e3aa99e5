/* src/briefcase/content_priv.h - what stands in an iModel file and is read below the EC catalogue:
 * profile, properties, the root subject; and the text that a new one is made from.
 */
#ifndef WEH_BRIEFCASE_CONTENT_PRIV_H
#define WEH_BRIEFCASE_CONTENT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/id.h"
#include "weh/str.h"
#include "weh/value.h"

struct weh_briefcase;
struct weh_sink;

/* ---- rows_write.c ---- */

/** Write the row that @stmt is at as one value. */
typedef void (*content_row_writer)(sqlite3_stmt *stmt, struct weh_sink *sink);

/** Write all rows of @stmt as an array; after an error those before it. Errors as weh_stmt_step. */
WEH_MUST_CHECK weh_err content_write_rows(struct weh_briefcase *briefcase, sqlite3_stmt *stmt,
                                          content_row_writer write, struct weh_sink *sink,
                                          struct weh_diag *diag);

/* ---- profile.c ---- */

struct weh_profile_version {
    uint32_t major, minor, sub1, sub2;
};

/** Check the values in SQLite's header that make a file an iModel; does not read the schema.
 * WEH_E_NOT_AN_IMODEL, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_header_check(struct weh_briefcase *briefcase, struct weh_diag *diag);

/**
 * Check the tables and the profile versions in be_Prop.
 *
 * A profile whose minor version differs from ours may be read, not written.
 *
 * WEH_E_NOT_AN_IMODEL, WEH_E_VERSION_TOO_NEW, WEH_E_VERSION_TOO_OLD, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_profile_check(struct weh_briefcase *briefcase, struct weh_diag *diag);

/** Check that the SQL that the file brings (triggers, views, expressions) is what iModels have, before
 * any of it runs. WEH_E_NOT_AN_IMODEL, those of weh_db_fail. See schema_check.c. */
WEH_MUST_CHECK weh_err weh_schema_check(struct weh_briefcase *briefcase, struct weh_diag *diag);

/** Read the version of the profile @space ("be_Db", "ec_Db", "dgn_Db"); *@found when it is there. */
WEH_MUST_CHECK weh_err weh_profile_read(struct weh_briefcase *briefcase, const char *space,
                                        struct weh_profile_version *out, bool *found,
                                        struct weh_diag *diag);

/* ---- prop.c ---- */

/** A value of be_Prop is refused above this size, whatever RawSize says. */
#define WEH_PROP_MAX_BYTES (16U << 20)

/**
 * Read the text (or, when there is none, the unpacked binary value) of one property of be_Prop.
 *
 * @out  in @arena; .ptr NULL when there is no such row or it has no value.
 *
 * WEH_E_CORRUPT, WEH_E_TOO_LARGE, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_prop_read(struct weh_briefcase *briefcase, const char *space,
                                     const char *name, struct weh_arena *arena, struct weh_str *out,
                                     struct weh_diag *diag);

/** The blob of a row of be_Prop, whose columns RawSize and Data are given, unpacked into @arena; .ptr
 * NULL when there is none. Errors as weh_prop_read. */
WEH_MUST_CHECK weh_err weh_prop_unpack(sqlite3_stmt *stmt, int raw_size_column, int data_column,
                                       struct weh_arena *arena, struct weh_str *out,
                                       struct weh_diag *diag);

/** weh_prop_read, parsed as JSON; a null value when there is none or it is no JSON. */
WEH_MUST_CHECK weh_err weh_prop_read_json(struct weh_briefcase *briefcase, const char *space,
                                          const char *name, struct weh_arena *arena,
                                          struct weh_value *out, struct weh_diag *diag);

/** The 16 bytes of a GUID property; nil when there is none. */
WEH_MUST_CHECK weh_err weh_prop_read_guid(struct weh_briefcase *briefcase, const char *name,
                                          struct weh_guid *out, struct weh_diag *diag);

/** A value of be_Local as text in @arena; .ptr NULL when there is none. */
WEH_MUST_CHECK weh_err weh_local_read(struct weh_briefcase *briefcase, const char *name,
                                      struct weh_arena *arena, struct weh_str *out,
                                      struct weh_diag *diag);

/* ---- file_prop.c ---- */

/** Write the text of one property; an edit of its own. Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_prop_save_text(struct weh_briefcase *briefcase, const char *space,
                                          const char *name, struct weh_str text,
                                          struct weh_diag *diag);

/* ---- location.c, location_update.c ---- */

/** A point as [x,y,z] or {x,y,z}; what is missing is 0. False when there is none at all. */
bool weh_location_read_xyz(const struct weh_value *value, double out[3]);

/** Let each side of the project extents @extents (low, high) be at least 1 m long, as iTwin.js does. */
void weh_location_grow(double extents[6]);

/** "{high, low}" as JSON of projectExtents, in the digits of the native library. @extents low, high. */
void weh_extents_print(struct weh_buf *buf, const double *extents);

/** "[1.0,2.5,3.0]" */
void weh_location_print_point(struct weh_buf *buf, const double *point);

/* ---- root_subject.c ---- */

/** Table, key column and column in which BisCore:Subject keeps its Description, from ec_PropertyMap;
 * all NULL when the schema has none. In @arena. */
struct weh_description_column {
    const char *table;
    const char *key;
    const char *column;
};

WEH_MUST_CHECK weh_err weh_description_column_find(struct weh_briefcase *briefcase,
                                                   struct weh_arena *arena,
                                                   struct weh_description_column *out,
                                                   struct weh_diag *diag);

/** Name (code value) and description of the root subject, in @arena; .ptr NULL when there is none. */
WEH_MUST_CHECK weh_err weh_root_subject_read(struct weh_briefcase *briefcase,
                                             struct weh_arena *arena, struct weh_str *name,
                                             struct weh_str *description, struct weh_diag *diag);

/* ---- template.c ---- */

/** The SQL text of an empty iModel, unpacked; freed by the caller with weh_free. */
WEH_MUST_CHECK weh_err weh_template_unpack(char **out, struct weh_diag *diag);

#endif
