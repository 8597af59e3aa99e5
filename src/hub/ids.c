/* src/hub/ids.c - the embedded source of briefcase ids: the last one given, for each iModel.
 *
 * Nobody gets an id that somebody has had, not even when that briefcase was never completed: its
 * elements might be somewhere.
 */
#include "weh/alloc.h"

#include "hub_priv.h"

#define FIRST_ID 2        /* 0 and 1 mean none */
#define LAST_ID  16777205 /* BriefcaseIdValue.LastValid, @itwin/core-common */

static weh_err acquire(void *ctx, const struct weh_guid *imodel_id, const char *user, uint32_t *out,
                       struct weh_diag *diag)
{
    struct weh_hub *hub = ctx;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = table_prepare(hub,
                                "INSERT INTO last_id(imodelId,briefcaseId) VALUES(?1,?2)"
                                " ON CONFLICT(imodelId) DO UPDATE SET briefcaseId=briefcaseId+1"
                                " RETURNING briefcaseId",
                                &stmt, diag);

    (void)user;
    if (err == WEH_OK) {
        (void)sqlite3_bind_blob(stmt, 1, imodel_id->bytes, sizeof(imodel_id->bytes), SQLITE_STATIC);
        (void)sqlite3_bind_int64(stmt, 2, FIRST_ID);
        err = table_step(hub, stmt, &row, diag);
    }
    if (err == WEH_OK) {
        int64_t id = row ? sqlite3_column_int64(stmt, 0) : 0;

        if (id < FIRST_ID || id > LAST_ID) {
            err = weh_fail(diag, WEH_E_LIMIT, "the iModel has no briefcase ids left");
        }
        *out = (uint32_t)id;
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

struct weh_hub_ids ids_embedded(struct weh_hub *hub)
{
    return (struct weh_hub_ids){ .ctx = hub, .acquire = acquire, .release = NULL };
}
