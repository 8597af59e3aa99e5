/* include/weh/ecsql_rows.h - queries and binary values as stock iTwin.js frontends ask for them (ConcurrentQuery of
 * @itwin/core-common): of what is saved, in replies of their own form, without cursors.
 *
 * Engines, threads and requests are those of weh/ecsql.h.
 */
#ifndef WEH_ECSQL_ROWS_H
#define WEH_ECSQL_ROWS_H

#include "weh/ecsql.h"
#include "weh/id.h"

/**
 * As weh_ecsql_query, answered as stock iTwin.js frontends are: the members meta (an empty array unless columns are
 * asked for) and data, and no cursor; outcome, which must be given, has the rest.
 *
 * The query holds up nothing of its session: where it can, what waits runs within it (and further queries within
 * that, WEH_ECSQL_BESIDE of them); else the reply ends after its slice, unless it has no row yet.
 *
 * WEH_E_BUSY when there is no further connection; others as weh_ecsql_query.
 */
WEH_MUST_CHECK weh_err weh_ecsql_rows(struct weh_ecsql *engine,
                                      const struct weh_ecsql_request *request,
                                      struct weh_arena *arena, struct weh_sink *sink,
                                      struct weh_diag *diag);

/** Part of a binary property, as it is stored. */
struct weh_ecsql_blob_request {
    struct weh_str class_name; /* "Schema:Class" or "Schema.Class" */
    struct weh_str access;     /* access string of the property */
    weh_id id;
    uint64_t offset;
    uint64_t count; /* 0: as many as the whole has */
    bool saved;     /* as above */
};

/**
 * Write into an open map of @sink the members rawBlobSize, of the whole, and data. *@outcome is filled as by
 * weh_ecsql_rows, also on failure.
 *
 * WEH_E_QUERY with the status BAD_BLOB (no such class, property or instance, or it has no binary value) or BAD_RANGE;
 * others as weh_ecsql_rows.
 */
WEH_MUST_CHECK weh_err weh_ecsql_blob(struct weh_ecsql *engine,
                                      const struct weh_ecsql_blob_request *request,
                                      struct weh_arena *arena, struct weh_sink *sink,
                                      struct weh_ecsql_outcome *outcome, struct weh_diag *diag);

#endif
