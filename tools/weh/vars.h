/* tools/weh/vars.h - the variables of a script, and how expected values are compared.
 *
 * Values are kept as JSON has them: binary ones as iTwin's "encoding=base64;..." strings.
 */
#ifndef WEH_VARS_H
#define WEH_VARS_H

#include "weh/arena.h"
#include "weh/buf.h"
#include "weh/err.h"
#include "weh/value.h"

struct weh_vars;

WEH_MUST_CHECK weh_err weh_vars_create(struct weh_vars **out, struct weh_diag *diag);
void weh_vars_destroy(struct weh_vars *vars);

/** Let $@name stand for a copy of @value. WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_vars_set(struct weh_vars *vars, struct weh_str name,
                                    const struct weh_value *value, struct weh_diag *diag);

/**
 * Append the JSON @text to @out with its variables replaced by their values.
 *
 * A bare $name, $name.member or $name[0], or a string that is exactly one; a string that names no
 * variable is kept. WEH_E_NOT_FOUND (bare and unknown, or no such member), WEH_E_NOMEM.
 */
WEH_MUST_CHECK weh_err weh_vars_expand(const struct weh_vars *vars, struct weh_str text,
                                       struct weh_buf *out, struct weh_diag *diag);

/** Length of the name at the start of @text (letters, digits, _; no digit first), 0 for none. */
size_t weh_vars_name_length(struct weh_str text);

/** A deep copy of @value in @arena, in JSON's terms. WEH_E_NOMEM, those of weh_json_parse. */
WEH_MUST_CHECK weh_err weh_value_keep(const struct weh_value *value, struct weh_arena *arena,
                                      struct weh_value *out, struct weh_diag *diag);

/** Parse @text, expanded with @vars (may be NULL), into @arena. */
WEH_MUST_CHECK weh_err weh_vars_parse(const struct weh_vars *vars, struct weh_str text,
                                      struct weh_arena *arena, struct weh_value *out,
                                      struct weh_diag *diag);

/** What weh_value_match found first; the values are NULL where there is none. */
struct weh_mismatch {
    char path[256]; /* "$.code.value", "$[2]"; cut when longer */
    const struct weh_value *expected;
    const struct weh_value *actual;
};

/** True when @actual holds all of @expected: members of objects, items of arrays of the same
 * length, equal numbers, equal strings. @out filled when not. */
bool weh_value_match(const struct weh_value *expected, const struct weh_value *actual,
                     struct weh_mismatch *out);

#endif
