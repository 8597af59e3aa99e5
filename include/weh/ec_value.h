/* include/weh/ec_value.h - property values between columns, sinks and decoded values.
 *
 * Encoding as the native library stores it (bim-format 2.3) and returns it in getElementProps (3.3).
 * Data side only: it knows sqlite3.
 */
#ifndef WEH_EC_VALUE_H
#define WEH_EC_VALUE_H

#include <sqlite3.h>

#include "weh/arena.h"
#include "weh/ec.h"
#include "weh/sink.h"
#include "weh/value.h"

/**
 * Write @property as a member of the open map of @sink: key (JavaScript name) and value, from the
 * current row of @stmt. Nothing at all when every leaf is NULL.
 *
 * @columns  for each leaf of @property the column of @stmt, -1 for a virtual leaf.
 * @arena    scratch.
 *
 * WEH_E_CORRUPT when a stored value is not what its type says, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_value_write(const struct weh_ec_catalog *catalog,
                                          const struct weh_ec_property *property,
                                          sqlite3_stmt *stmt, const int *columns,
                                          struct weh_sink *sink, struct weh_arena *arena,
                                          struct weh_diag *diag);

/**
 * Bind @value (NULL or a null: all leaves become NULL) to the leaves of @property.
 *
 * @params  for each leaf the parameter number of @stmt, 0 for one that is not bound.
 * @arena   holds bound text until the statement has run; reset it after that, not before.
 *
 * WEH_E_BAD_ARGS naming the property (and member) in where, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_value_bind(const struct weh_ec_catalog *catalog,
                                         const struct weh_ec_property *property,
                                         const struct weh_value *value, sqlite3_stmt *stmt,
                                         const int *params, struct weh_arena *arena,
                                         struct weh_diag *diag);

/** Julian day (milliseconds exact) from ISO 8601 text and back; the kind decides "Z" and parts. */
bool weh_julian_day_parse(struct weh_str text, enum weh_ec_datetime kind, double *out);
/** @out of at least 32 bytes. */
size_t weh_julian_day_print(double julian_day, enum weh_ec_datetime kind, char *out);

#endif
