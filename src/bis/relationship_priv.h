/* src/bis/relationship_priv.h - what reading and editing of relationships share; not for other files. */
#ifndef RELATIONSHIP_PRIV_H
#define RELATIONSHIP_PRIV_H

#include "bis_edit.h"

/** DbResult BE_SQLITE_ERROR: what iTwin.js says of a class that is none of link tables, or without id. */
#define LINK_SQLITE_ERROR 1

/** One stored relationship. */
struct link_row {
    weh_id id;
    bool found; /* there is such a row, and it is of the class asked for */
    weh_id source;
    weh_id target;
    const struct weh_ec_class *ec_class;
};

/** The plan of a class of link tables; WEH_E_BAD_ARGS naming classFullName, with number @itwin. */
weh_err link_plan(struct weh_bis *bis, const struct weh_ec_class *ec_class, int32_t itwin,
                  struct bis_plan **out, struct weh_diag *diag);

/** Step the plan's select to the row @row->id and fill @row. Reset *@stmt. */
weh_err link_read(struct weh_bis *bis, struct bis_plan *plan, struct link_row *row,
                  sqlite3_stmt **stmt, struct weh_diag *diag);

/** The class of the source or target @id of a relationship of @plan's class; NULL when the end does
 * not exist. */
weh_err link_end_class(struct weh_bis *bis, const struct bis_plan *plan, bool is_target, weh_id id,
                       const struct weh_ec_class **out, struct weh_diag *diag);

#endif
