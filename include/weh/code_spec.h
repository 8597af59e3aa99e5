/* include/weh/code_spec.h - code specs: how the codes of elements are scoped.
 *
 * As CodeSpecs of core-backend 5.1.9 with the native library 5.1.72 has them, measured. Threads and
 * failures as in bis.h.
 */
#ifndef WEH_CODE_SPEC_H
#define WEH_CODE_SPEC_H

#include "weh/bis.h"

/**
 * Insert a code spec; its id is the highest of the file and one.
 *
 * @name        without the white space around it; compared without regard to the case of ASCII letters.
 * @properties  {scopeSpec: {type}, ...}, or the type alone; stored as JSON.stringify writes it.
 *
 * WEH_E_BAD_ARGS, WEH_E_DUPLICATE_NAME, WEH_E_TOO_LARGE, WEH_E_LIMIT (no id is left), WEH_E_READ_ONLY.
 */
WEH_MUST_CHECK weh_err weh_code_spec_insert(struct weh_bis *bis, struct weh_str name,
                                            const struct weh_value *properties, weh_id *out,
                                            struct weh_diag *diag);

/** Write {id, name, properties}. WEH_E_INVALID_ID when there is none, WEH_E_CORRUPT, WEH_E_NOMEM. */
WEH_MUST_CHECK weh_err weh_code_spec_get_by_id(struct weh_bis *bis, weh_id id,
                                               struct weh_sink *sink, struct weh_diag *diag);

/** The same by name, in any case of its ASCII letters. WEH_E_NOT_FOUND. */
WEH_MUST_CHECK weh_err weh_code_spec_get_by_name(struct weh_bis *bis, struct weh_str name,
                                                 struct weh_sink *sink, struct weh_diag *diag);

/** Write all as one array, by id. */
WEH_MUST_CHECK weh_err weh_code_spec_list(struct weh_bis *bis, struct weh_sink *sink,
                                          struct weh_diag *diag);

#endif
