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
 * @arena    scratch, also for the sink: reset it when the row is written.
 *
 * On failure the sink is left inside a value: throw away what was written to it.
 *
 * WEH_E_CORRUPT when a stored value is not what its type says, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_value_write(const struct weh_ec_catalog *catalog,
                                          const struct weh_ec_property *property,
                                          sqlite3_stmt *stmt, const int *columns,
                                          struct weh_sink *sink, struct weh_arena *arena,
                                          struct weh_diag *diag);

/** How weh_ec_array_write writes; flags. */
enum weh_ec_array_style {
    WEH_EC_ARRAY_EC_NAMES = 1, /* members of structs and points as in the schema ("X"), else as in
                                         JavaScript */
    WEH_EC_ARRAY_ABBREVIATE_BLOBS = 2, /* in place of binary values texts: {"bytes":size} */
    WEH_EC_ARRAY_LONG_DOUBLES = 4      /* longs are written as doubles */
};

/**
 * Write the stored array @text of @property, which is one column's whole value, as an array. Scratch in
 * @arena.
 *
 * @style  of enum weh_ec_array_style.
 *
 * On failure the sink is left inside a value. WEH_E_CORRUPT, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_array_write(const struct weh_ec_property *property,
                                          struct weh_str text, unsigned style,
                                          struct weh_sink *sink, struct weh_arena *arena,
                                          struct weh_diag *diag);

/**
 * Bind @value (NULL or a null: all leaves become NULL) to the leaves of @property.
 *
 * @params  for each leaf the parameter number of @stmt, 0 for one that is not bound.
 * @arena   holds bound text until the statement has run; reset it after that, not before.
 *
 * Accepts what the native library accepts, and refuses what that drops without a word: numbers that
 * are not whole or too large for an int, text for numbers, unknown members, broken base64, offsets in
 * dates, texts with NUL characters, points with a coordinate missing.
 *
 * WEH_E_BAD_ARGS naming the property (and member) in where, WEH_E_TOO_LARGE, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_value_bind(const struct weh_ec_catalog *catalog,
                                         const struct weh_ec_property *property,
                                         const struct weh_value *value, sqlite3_stmt *stmt,
                                         const int *params, struct weh_arena *arena,
                                         struct weh_diag *diag);

/**
 * The bytes of a binary value: itself, or decoded into @arena from its text "encoding=base64;...".
 * Empty text is no bytes. WEH_E_BAD_ARGS naming @where, WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_ec_binary_read(const struct weh_value *value, const char *where,
                                          struct weh_arena *arena, struct weh_str *out,
                                          struct weh_diag *diag);

/** The bytes of the plain base64 @text, in @arena. WEH_E_BAD_ARGS naming @where, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_ec_base64_read(struct weh_str text, const char *where,
                                          struct weh_arena *arena, struct weh_str *out,
                                          struct weh_diag *diag);

/**
 * True when an update with @value sets leaf number @leaf of @property, false when it keeps what is
 * stored: a struct is updated member by member, and the members that it does not name stay. Anything
 * else, and a null, sets all its leaves.
 */
bool weh_ec_value_sets_leaf(const struct weh_ec_property *property, const struct weh_value *value,
                            uint16_t leaf);

/**
 * Julian day from ISO 8601 text, rounded to milliseconds: "2024-02-29", "20240229", with
 * "T12:34[:56[.789]]" (or a space) and perhaps "Z" behind it; of TIME_OF_DAY also "12:34[:56[.789]]",
 * which stands on 2000-01-01. Years 1 to 9999. Else the kind does not matter; offsets are refused
 * (all as the native library 5.1.72 does). False when @text is none of these.
 */
bool weh_julian_day_parse(struct weh_str text, enum weh_ec_datetime kind, double *out);

/** Text of @julian_day into @out of at least 32 bytes, with a NUL: the kind decides which parts, and
 * "Z" for UTC. Returns its length; 0 when the day is no date of the years -4713 to 9999. */
size_t weh_julian_day_print(double julian_day, enum weh_ec_datetime kind, char *out);

#endif
