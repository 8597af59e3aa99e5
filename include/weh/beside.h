/* include/weh/beside.h - a second, reading connection to the file of a briefcase that is open for writing. */
#ifndef WEH_BESIDE_H
#define WEH_BESIDE_H

#include "weh/briefcase.h"

/**
 * Open the file of @briefcase once more, for reading, with the same cancelling and pausing: for work that
 * must not be in the way of edits. Close it with weh_briefcase_close, before @briefcase. Errors as
 * weh_briefcase_open.
 */
WEH_MUST_CHECK weh_err weh_briefcase_open_beside(const struct weh_briefcase *briefcase,
                                                 uint32_t cache_kb, struct weh_briefcase **out,
                                                 struct weh_diag *diag);

/** True when no row was changed since the last save: what another connection reads is what this one, which
 * writes, does. */
bool weh_briefcase_is_as_saved(const struct weh_briefcase *briefcase);

#endif
