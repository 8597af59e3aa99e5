/* include/weh/id_marks.h - where the id sequences of an open briefcase stand, to be brought back later.
 *
 * For unsaved work that outlives its session: the ids that it was given must not be given again.
 */
#ifndef WEH_ID_MARKS_H
#define WEH_ID_MARKS_H

#include <stdint.h>

#include "weh/err.h"

struct weh_briefcase;

/** The last id handed out by each sequence, or 0: nobody has asked, the file tells. */
struct weh_id_marks {
    uint64_t element;
    uint64_t instance;
};

void weh_briefcase_get_id_marks(const struct weh_briefcase *briefcase, struct weh_id_marks *out);

/**
 * Let the sequences of @briefcase, which is writable, stand at @marks: both, or on failure none.
 *
 * WEH_E_CORRUPT when a mark is behind the file's or belongs to another briefcase, those of weh_db_fail.
 */
WEH_MUST_CHECK weh_err weh_briefcase_set_id_marks(struct weh_briefcase *briefcase,
                                                  const struct weh_id_marks *marks,
                                                  struct weh_diag *diag);

#endif
