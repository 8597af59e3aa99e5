/* src/ecsql/side.c - the connections that queries run on: the session's own, and some beside it.
 *
 * What takes long goes on beside, where it only reads a state of the file that was saved; meanwhile the
 * session's own connection is free for edits. run.c decides when.
 */
#include <string.h>

#include "weh/briefcase.h"

#include "engine.h"
#include "function.h"
#include "functions.h"

/* ---- what SQLite lets through ---- */

static bool may_read(void *ctx, const char *table)
{
    static const char *const others[] = { "ec_cache_ClassHierarchy", "json_each", "json_tree",
                                          "be_Prop" };
    const struct weh_ecsql *engine = ctx;

    if (weh_ec_table_by_name(engine->catalog, weh_str_from(table)) != NULL) {
        return true;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(others); i++) {
        if (strcmp(table, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool may_call(void *ctx, const char *function)
{
    (void)ctx;
    return ecsql_function_allowed(function);
}

struct weh_query_guard ecsql_guard(struct weh_ecsql *engine, uint64_t deadline_us)
{
    return (struct weh_query_guard){ .may_read = may_read,
                                     .may_call = may_call,
                                     .ctx = engine,
                                     .deadline_us = deadline_us,
                                     .value_bytes = engine->limits.value_bytes };
}

/* ---- a connection ---- */

/* A virtual table prepares statements of its own when it is first used: not under a guard. */
static weh_err warm_up(const struct weh_ecsql *engine, struct weh_briefcase *briefcase,
                       struct weh_diag *diag)
{
    weh_err err =
        weh_db_exec(briefcase, "SELECT 1 FROM json_each('[]');SELECT 1 FROM json_tree('[]')", diag);

    if (err != WEH_OK ||
        weh_ec_table_by_name(engine->catalog, WEH_STR("dgn_SpatialIndex")) == NULL) {
        return err;
    }
    return weh_db_exec(briefcase, "SELECT 1 FROM dgn_SpatialIndex LIMIT 0", diag);
}

static weh_err prepare(struct weh_ecsql *engine, struct ecsql_side *side, struct weh_diag *diag)
{
    sqlite3 *db = weh_briefcase_db(side->briefcase);
    int rc;

    side->instances =
        ecsql_instances_create(side->briefcase, engine->catalog, engine->limits.value_bytes);
    if (side->instances == NULL) {
        return weh_fail_nomem(diag);
    }
    rc = ecsql_functions_register(side->briefcase, engine->catalog);
    if (rc == SQLITE_OK) {
        rc = ecsql_instances_register(db, side->instances);
    }
    return rc == SQLITE_OK ? warm_up(engine, side->briefcase, diag)
                           : weh_db_fail(side->briefcase, rc, diag);
}

weh_err ecsql_side_init(struct weh_ecsql *engine, struct ecsql_side *side,
                        struct weh_briefcase *briefcase, struct weh_diag *diag)
{
    weh_err err;

    *side = (struct ecsql_side){ .briefcase = briefcase, .is_beside = side != &engine->own };
    err = prepare(engine, side, diag);
    if (err != WEH_OK) {
        ecsql_side_fini(side);
    }
    return err;
}

void ecsql_side_fini(struct ecsql_side *side)
{
    weh_assert(side->n_users == 0);
    ecsql_instances_destroy(side->instances);
    *side = (struct ecsql_side){ .briefcase = NULL };
}

void ecsql_side_enter(struct ecsql_side *side)
{
    side->n_users++;
}

/* What somebody reads of an old state keeps the log from being used again: not longer than needed. */
void ecsql_side_leave(struct ecsql_side *side)
{
    weh_assert(side->n_users > 0);
    side->n_users--;
    if (side->n_users == 0 && side->is_beside) {
        weh_briefcase_read_end(side->briefcase);
    }
}

/* ---- beside ---- */

static bool is_there(struct weh_ecsql *engine, struct ecsql_side *side)
{
    struct weh_briefcase *briefcase;

    if (side->briefcase != NULL) {
        return true;
    }
    briefcase =
        engine->host.open_beside == NULL ? NULL : engine->host.open_beside(engine->host.ctx);
    if (briefcase == NULL) {
        return false;
    }
    if (ecsql_side_init(engine, side, briefcase, NULL) != WEH_OK) {
        engine->host.close_beside(engine->host.ctx, briefcase);
        return false;
    }
    return true;
}

struct ecsql_side *ecsql_beside_open(struct weh_ecsql *engine)
{
    struct ecsql_side *side = engine->beside;

    while (side < engine->beside + WEH_ECSQL_BESIDE && side->is_busy) {
        side++;
    }
    if (side == engine->beside + WEH_ECSQL_BESIDE || !is_there(engine, side)) {
        return NULL;
    }
    /* Cursors hold the state already, which is the same one: an edit closes them. */
    return side->n_users > 0 || weh_briefcase_read_begin(side->briefcase, NULL) == WEH_OK ? side
                                                                                          : NULL;
}

void ecsql_beside_close(struct weh_ecsql *engine)
{
    for (size_t i = 0; i < WEH_ECSQL_BESIDE; i++) {
        struct weh_briefcase *briefcase = engine->beside[i].briefcase;

        if (briefcase != NULL && engine->beside[i].n_users == 0) {
            ecsql_side_fini(&engine->beside[i]);
            engine->host.close_beside(engine->host.ctx, briefcase);
        }
    }
}
