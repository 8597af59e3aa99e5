/* include/weh/ecsql_ask.h - all rows of a query at once, for what the server itself asks.
 *
 * For results that are small and needed whole. What clients are to get as it is goes straight into the
 * reply (weh/ecsql.h).
 */
#ifndef WEH_ECSQL_ASK_H
#define WEH_ECSQL_ASK_H

#include "weh/ecsql.h"
#include "weh/id_set.h"

struct weh_ecsql_ask {
    struct weh_str text;
    const struct weh_value *args; /* as in weh_ecsql_request */
    uint32_t max_rows;            /* more are an error, not cut off */
};

/**
 * Run a query to its end, giving way as weh_ecsql_query does.
 *
 * @arena  holds the rows.
 * @out    array of arrays, without columns that are NULL at the end of a row.
 *
 * WEH_E_LIMIT: more rows, or it took longer than a query may. Else as weh_ecsql_query and weh_ecsql_next.
 */
WEH_MUST_CHECK weh_err weh_ecsql_ask_rows(struct weh_ecsql *engine, const struct weh_ecsql_ask *ask,
                                          struct weh_arena *arena, struct weh_value *out,
                                          struct weh_diag *diag);

/** The ids in the first column, each once, in the order of the rows. Errors as weh_ecsql_ask_rows. */
WEH_MUST_CHECK weh_err weh_ecsql_ask_ids(struct weh_ecsql *engine, const struct weh_ecsql_ask *ask,
                                         struct weh_arena *arena, struct weh_id_list *out,
                                         struct weh_diag *diag);

#endif
