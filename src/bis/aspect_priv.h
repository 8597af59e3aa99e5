/* src/bis/aspect_priv.h - what reading and editing of aspects share; not for other files. */
#ifndef ASPECT_PRIV_H
#define ASPECT_PRIV_H

#include "bis_edit.h"

/** One stored aspect. */
struct aspect_row {
    weh_id id;
    weh_id element;
    const struct weh_ec_class *ec_class;
};

/** Which rows, in which order. */
struct aspect_filter {
    enum bis_base base; /* multi or unique aspects */
    weh_id id;          /* 0: those of the element */
    weh_id element;
    bool by_class; /* by class and id rather than by id */
};

/** The rows of @filter. *@stmt is NULL when the file has no such aspects; release it. */
weh_err aspect_query(struct weh_bis *bis, const struct aspect_filter *filter, sqlite3_stmt **stmt,
                     struct weh_diag *diag);

/** The next row of aspect_query. */
weh_err aspect_next(struct weh_bis *bis, sqlite3_stmt *stmt, struct aspect_row *out, bool *found,
                    struct weh_diag *diag);

/** The aspect @id, of whichever kind. WEH_E_NOT_FOUND. */
weh_err aspect_find(struct weh_bis *bis, weh_id id, struct aspect_row *out, struct weh_diag *diag);

#endif
