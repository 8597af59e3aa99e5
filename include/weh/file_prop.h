/* include/weh/file_prop.h - file properties: named values of an iModel that are no element's.
 *
 * Rows of be_Prop, as queryFilePropertyString, saveFileProperty and deleteFileProperty of iTwin.js
 * read and write them (core-backend 5.1.9, native library 5.1.72). They are tracked: saved, undone and
 * redone with everything else. Also the two of them that say where on the earth the iModel is.
 */
#ifndef WEH_FILE_PROP_H
#define WEH_FILE_PROP_H

#include <stdbool.h>
#include <stdint.h>

#include "weh/err.h"
#include "weh/sink.h"
#include "weh/str.h"
#include "weh/value.h"

struct weh_briefcase;

/** Which property; space and name are compared byte by byte. */
struct weh_file_prop_key {
    struct weh_str space;
    struct weh_str name;
    int64_t id;
    int64_t sub_id;
};

/**
 * Write {string?, blob?} of a property to @sink: without members when there is no such property. One
 * that has only a blob has an empty string too, as in iTwin.js.
 *
 * WEH_E_CORRUPT (its sizes are wrong), WEH_E_TOO_LARGE, WEH_E_NOMEM, those of weh_db_fail. Nothing was
 * written then.
 */
WEH_MUST_CHECK weh_err weh_file_prop_query(struct weh_briefcase *briefcase,
                                           const struct weh_file_prop_key *key,
                                           struct weh_sink *sink, struct weh_diag *diag);

/** Write [{namespace, name, id, subId}] of @space, or of all when it is NULL, in the order of these.
 * Errors as weh_db_fail. */
WEH_MUST_CHECK weh_err weh_file_prop_list(struct weh_briefcase *briefcase,
                                          const struct weh_str *space, struct weh_sink *sink,
                                          struct weh_diag *diag);

/**
 * Set both values of a property.
 *
 * @text  NULL: none. @blob  of length 0: none. One of them must be.
 *
 * WEH_E_BAD_ARGS (neither, or a NUL in a text), WEH_E_DENIED naming namespace or name: what the file
 * says of itself is not for editing. WEH_E_TOO_LARGE, WEH_E_NOMEM, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_file_prop_save(struct weh_briefcase *briefcase,
                                          const struct weh_file_prop_key *key,
                                          const struct weh_str *text, struct weh_str blob,
                                          struct weh_diag *diag);

/** Delete a property; one that does not exist is fine. WEH_E_DENIED as weh_file_prop_save. */
WEH_MUST_CHECK weh_err weh_file_prop_delete(struct weh_briefcase *briefcase,
                                            const struct weh_file_prop_key *key,
                                            struct weh_diag *diag);

/** What iTwin.js makes of project extents, an origin, and EcefLocationProps as they are given: points as arrays, sides of
 * at least 1 m, the transform computed when there is none. What is no number is 0. */
void weh_location_write_extents(struct weh_sink *sink, const struct weh_value *extents);
void weh_location_write_origin(struct weh_sink *sink, const struct weh_value *origin);
void weh_location_write_ecef(struct weh_sink *sink, const struct weh_value *ecef);

/** EcefLocationProps of iTwin.js without the transform, which is not stored. */
struct weh_ecef_location {
    double origin[3];
    double angles[3]; /* yaw, pitch, roll: degrees */
    bool has_cartographic_origin;
    double cartographic_origin[3]; /* longitude and latitude in radians, height in metres */
    bool has_vectors;
    double x_vector[3];
    double y_vector[3];
};

/** What of an iModel's place is to change: the extents, or of the others one or both. */
struct weh_location_update {
    const double *extents; /* low and high corner; each side becomes at least 1 m long */
    const double *global_origin;
    const struct weh_ecef_location *ecef;
};

/** Write the property that holds it, in the text of the native library 5.1.72. Numbers are finite.
 * WEH_E_NOMEM, those of weh_db_fail. */
WEH_MUST_CHECK weh_err weh_location_update(struct weh_briefcase *briefcase,
                                           const struct weh_location_update *update,
                                           struct weh_diag *diag);

/** Delete the coordinate system that the iModel has, if any (DgnGCS of dgn_Db): it is wrong once its place on the earth
 * is another. Errors as above. */
WEH_MUST_CHECK weh_err weh_location_drop_gcs(struct weh_briefcase *briefcase,
                                             struct weh_diag *diag);

/** Note that the extents were given by a user and not computed, as iTwin.js' BasicManipulationCommand does after
 * it has set them. Errors as above. */
WEH_MUST_CHECK weh_err weh_location_set_source(struct weh_briefcase *briefcase,
                                               struct weh_diag *diag);

#endif
