/* src/hub/hub.c - the briefcases of all users: begun, found, listed, removed.
 *
 * A row is in one of three states. While it is MAKING or GOING nobody sees it, and a start that finds
 * it so removes its files. One mutex: these calls are rare, and as fast as the storage.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/checkout.h"
#include "weh/clock.h"
#include "weh/db.h"

#include "hub_priv.h"

#define COLUMNS "name,imodel,imodelId,briefcaseId,created"

char *weh_hub_path(const struct weh_hub *hub, const char *name)
{
    size_t size = strlen(hub->data_dir) + strlen(name) + sizeof("/briefcases/.bim");
    char *path = weh_malloc(size);

    if (path != NULL) {
        (void)sqlite3_snprintf((int)size, path, "%s/briefcases/%s.bim", hub->data_dir, name);
    }
    return path;
}

/* ---- the start ---- */

static weh_err delete_row(struct weh_hub *hub, const char *name, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = table_prepare(hub, "DELETE FROM briefcase WHERE name=?1", &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    return table_finish(hub, stmt, diag);
}

static weh_err sweep_one(struct weh_hub *hub, const char *name, struct weh_diag *diag)
{
    char *path = weh_hub_path(hub, name);
    weh_err err;

    if (path == NULL) {
        return weh_fail_nomem(diag);
    }
    err = weh_checkout_sweep(path, diag);
    weh_free(path);
    return err == WEH_OK ? delete_row(hub, name, diag) : err;
}

/* A name that is not ours may lead anywhere: somebody else has written the table. */
static bool is_our_name(const char *name)
{
    return name != NULL && name[0] == 'b' && strlen(name) == WEH_BRIEFCASE_NAME_SIZE - 1 &&
           strspn(name + 1, "0123456789abcdef") == WEH_BRIEFCASE_NAME_SIZE - 2;
}

/* The first that is between two states; *@out empty: none is. */
static weh_err find_unfinished(struct weh_hub *hub, char out[WEH_BRIEFCASE_NAME_SIZE],
                               struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err =
        table_prepare(hub, "SELECT name FROM briefcase WHERE state<>1 LIMIT 1", &stmt, diag);

    out[0] = '\0';
    if (err == WEH_OK) {
        err = table_step(hub, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);

        if (is_our_name(name)) {
            memcpy(out, name, strlen(name) + 1);
        } else {
            err = weh_fail_where(diag, WEH_E_IO, "data.dir", "hub/briefcases.db is damaged");
        }
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

static weh_err sweep(struct weh_hub *hub, struct weh_diag *diag)
{
    char name[WEH_BRIEFCASE_NAME_SIZE];
    weh_err err = find_unfinished(hub, name, diag);

    while (err == WEH_OK && name[0] != '\0') {
        err = sweep_one(hub, name, diag);
        if (err == WEH_OK) {
            err = find_unfinished(hub, name, diag);
        }
    }
    return err;
}

weh_err weh_hub_create(const char *data_dir, const struct weh_hub_ids *ids, struct weh_hub **out,
                       struct weh_diag *diag)
{
    struct weh_hub *hub = weh_calloc(1, sizeof(*hub));
    weh_err err = WEH_OK;

    weh_assert(data_dir != NULL && out != NULL);
    if (hub == NULL) {
        return weh_fail_nomem(diag);
    }
    hub->lock_fd = -1;
    if (pthread_mutex_init(&hub->mutex, NULL) != 0) {
        weh_free(hub);
        return weh_fail_nomem(diag);
    }
    hub->data_dir = weh_strndup(data_dir, strlen(data_dir));
    hub->ids = ids != NULL ? *ids : ids_embedded(hub);
    err = hub->data_dir == NULL ? weh_fail_nomem(diag) : table_open(hub, diag);
    if (err == WEH_OK && hub->lock_fd >= 0) {
        err = sweep(hub, diag);
    }
    if (err != WEH_OK) {
        weh_hub_destroy(hub);
        return err;
    }
    *out = hub;
    return WEH_OK;
}

void weh_hub_destroy(struct weh_hub *hub)
{
    if (hub != NULL) {
        table_close(hub);
        (void)pthread_mutex_destroy(&hub->mutex);
        weh_free(hub->data_dir);
        weh_free(hub);
    }
}

/* ---- what a user has ---- */

/* With the mutex held. One that is being made counts as what it will be at least. */
static weh_err count(struct weh_hub *hub, const char *user, uint32_t *n, uint64_t *bytes,
                     struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err =
        table_prepare(hub, "SELECT name,state,bytes FROM briefcase WHERE user=?1", &stmt, diag);

    *n = 0;
    *bytes = 0;
    if (err == WEH_OK) {
        (void)sqlite3_bind_text(stmt, 1, user, -1, SQLITE_STATIC);
        err = table_step(hub, stmt, &row, diag);
    }
    while (err == WEH_OK && row) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        uint64_t planned = (uint64_t)sqlite3_column_int64(stmt, 2);
        char *path = name == NULL ? NULL : weh_hub_path(hub, name);
        uint64_t size = path == NULL ? 0 : weh_checkout_size(path);

        weh_free(path);
        if (sqlite3_column_int(stmt, 1) != BRIEFCASE_READY && size < planned) {
            size = planned;
        }
        *bytes = size > UINT64_MAX - *bytes ? UINT64_MAX : *bytes + size;
        (*n)++;
        err = table_step(hub, stmt, &row, diag);
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

weh_err weh_hub_user_bytes(struct weh_hub *hub, const char *user, uint64_t *out,
                           struct weh_diag *diag)
{
    uint32_t n;
    weh_err err;

    (void)pthread_mutex_lock(&hub->mutex);
    err = count(hub, user, &n, out, diag);
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

static weh_err check_limits(struct weh_hub *hub, const struct weh_hub_wish *wish,
                            struct weh_diag *diag)
{
    uint32_t n;
    uint64_t bytes;
    weh_err err = count(hub, wish->user, &n, &bytes, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (n >= wish->max_briefcases) {
        return weh_fail_where(diag, WEH_E_LIMIT, "limits.user_briefcases",
                              "you have as many briefcases as you may");
    }
    if (bytes > wish->max_bytes || wish->bytes > wish->max_bytes - bytes) {
        return weh_fail_where(diag, WEH_E_LIMIT, "limits.user_disk_bytes",
                              "your briefcases take as much space as they may");
    }
    return WEH_OK;
}

/* ---- new ones ---- */

static weh_err fill(const struct weh_hub_wish *wish, struct weh_hub_briefcase *out,
                    struct weh_diag *diag)
{
    uint8_t random[8];
    weh_err err = weh_random(random, sizeof(random), diag);

    weh_assert(wish->imodel.len < sizeof(out->imodel));
    *out = (struct weh_hub_briefcase){ .imodel_id = wish->imodel_id,
                                       .created_ms = weh_clock_wall_ms() };
    if (err == WEH_OK) {
        out->name[0] = 'b';
        weh_hex_print(random, sizeof(random), out->name + 1);
        memcpy(out->imodel, wish->imodel.ptr, wish->imodel.len);
    }
    return err;
}

static weh_err insert(struct weh_hub *hub, const struct weh_hub_wish *wish,
                      const struct weh_hub_briefcase *briefcase, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = table_prepare(
        hub, "INSERT INTO briefcase(" COLUMNS ",user,bytes,state) VALUES(?1,?2,?3,?4,?5,?6,?7,0)",
        &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    (void)sqlite3_bind_text(stmt, 1, briefcase->name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(stmt, 2, briefcase->imodel, -1, SQLITE_STATIC);
    (void)sqlite3_bind_blob(stmt, 3, briefcase->imodel_id.bytes, sizeof(briefcase->imodel_id.bytes),
                            SQLITE_STATIC);
    (void)sqlite3_bind_int64(stmt, 4, briefcase->id);
    (void)sqlite3_bind_int64(stmt, 5, briefcase->created_ms);
    (void)sqlite3_bind_text(stmt, 6, wish->user, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(stmt, 7, (sqlite3_int64)wish->bytes);
    return table_finish(hub, stmt, diag);
}

/* The id and the row in one transaction. With the mutex held. */
static weh_err begin(struct weh_hub *hub, const struct weh_hub_wish *wish,
                     struct weh_hub_briefcase *out, struct weh_diag *diag)
{
    weh_err err = table_run(hub, "BEGIN IMMEDIATE", diag);

    if (err != WEH_OK) {
        return err;
    }
    err = check_limits(hub, wish, diag);
    if (err == WEH_OK) {
        err = hub->ids.acquire(hub->ids.ctx, &wish->imodel_id, wish->user, &out->id, diag);
    }
    if (err == WEH_OK) {
        err = insert(hub, wish, out, diag);
    }
    if (err == WEH_OK) {
        err = table_run(hub, "COMMIT", diag);
    }
    if (err != WEH_OK && sqlite3_get_autocommit(hub->db) == 0) {
        (void)sqlite3_exec(hub->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return err;
}

weh_err weh_hub_begin(struct weh_hub *hub, const struct weh_hub_wish *wish,
                      struct weh_hub_briefcase *out, struct weh_diag *diag)
{
    weh_err err;

    weh_assert(hub != NULL && wish != NULL && out != NULL && wish->bytes <= INT64_MAX);
    err = fill(wish, out, diag);
    if (err != WEH_OK) {
        return err;
    }
    (void)pthread_mutex_lock(&hub->mutex);
    err = begin(hub, wish, out, diag);
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

static weh_err set_state(struct weh_hub *hub, const char *name, enum briefcase_state state,
                         struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err = table_prepare(hub, "UPDATE briefcase SET state=?2 WHERE name=?1", &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(stmt, 2, (int)state);
    return table_finish(hub, stmt, diag);
}

weh_err weh_hub_finish(struct weh_hub *hub, const char *name, struct weh_diag *diag)
{
    weh_err err;

    (void)pthread_mutex_lock(&hub->mutex);
    err = set_state(hub, name, BRIEFCASE_READY, diag);
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

/* ---- those that there are ---- */

static weh_err read_row(sqlite3_stmt *stmt, struct weh_hub_briefcase *out, struct weh_diag *diag)
{
    const char *name = (const char *)sqlite3_column_text(stmt, 0);
    const char *imodel = (const char *)sqlite3_column_text(stmt, 1);
    const void *guid = sqlite3_column_blob(stmt, 2);
    int64_t id = sqlite3_column_int64(stmt, 3);

    if (!is_our_name(name) || imodel == NULL || strlen(imodel) >= sizeof(out->imodel) ||
        sqlite3_column_bytes(stmt, 2) != (int)sizeof(out->imodel_id.bytes) || id < 0 ||
        id > UINT32_MAX) {
        return weh_fail(diag, WEH_E_IO, "the table of briefcases is damaged");
    }
    *out = (struct weh_hub_briefcase){ .id = (uint32_t)id,
                                       .created_ms = sqlite3_column_int64(stmt, 4) };
    memcpy(out->name, name, strlen(name));
    memcpy(out->imodel, imodel, strlen(imodel));
    memcpy(out->imodel_id.bytes, guid, sizeof(out->imodel_id.bytes));
    return WEH_OK;
}

/* With the mutex held. */
static weh_err find(struct weh_hub *hub, const char *user, struct weh_str name,
                    struct weh_hub_briefcase *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = table_prepare(
        hub, "SELECT " COLUMNS " FROM briefcase WHERE name=?1 AND user=?2 AND state=1", &stmt,
        diag);

    if (err == WEH_OK) {
        (void)sqlite3_bind_text(stmt, 1, name.ptr, (int)name.len, SQLITE_STATIC);
        (void)sqlite3_bind_text(stmt, 2, user, -1, SQLITE_STATIC);
        err = table_step(hub, stmt, &row, diag);
    }
    if (err == WEH_OK) {
        err =
            row ? read_row(stmt, out, diag) : weh_fail(diag, WEH_E_FILE_NOT_FOUND, "no such file");
    }
    (void)sqlite3_finalize(stmt);
    return err;
}

weh_err weh_hub_find(struct weh_hub *hub, const char *user, struct weh_str name,
                     struct weh_hub_briefcase *out, struct weh_diag *diag)
{
    weh_err err;

    weh_assert(hub != NULL && user != NULL && name.len <= INT32_MAX && out != NULL);
    (void)pthread_mutex_lock(&hub->mutex);
    err = find(hub, user, name, out, diag);
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

weh_err weh_hub_list(struct weh_hub *hub, const char *user, weh_hub_visitor visit, void *ctx,
                     struct weh_diag *diag)
{
    struct weh_hub_briefcase briefcase;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    (void)pthread_mutex_lock(&hub->mutex);
    err = table_prepare(
        hub, "SELECT " COLUMNS " FROM briefcase WHERE user=?1 AND state=1 ORDER BY created,name",
        &stmt, diag);
    if (err == WEH_OK) {
        (void)sqlite3_bind_text(stmt, 1, user, -1, SQLITE_STATIC);
        err = table_step(hub, stmt, &row, diag);
    }
    while (err == WEH_OK && row) {
        err = read_row(stmt, &briefcase, diag);
        if (err == WEH_OK) {
            visit(ctx, &briefcase);
            err = table_step(hub, stmt, &row, diag);
        }
    }
    (void)sqlite3_finalize(stmt);
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

/* ---- removal ---- */

weh_err weh_hub_begin_removal(struct weh_hub *hub, const char *user, struct weh_str name,
                              struct weh_diag *diag)
{
    struct weh_hub_briefcase briefcase;
    weh_err err;

    (void)pthread_mutex_lock(&hub->mutex);
    err = find(hub, user, name, &briefcase, diag);
    if (err == WEH_OK) {
        err = set_state(hub, briefcase.name, BRIEFCASE_GOING, diag);
    }
    (void)pthread_mutex_unlock(&hub->mutex);
    return err;
}

/* With the mutex held. */
static void release_id(struct weh_hub *hub, const char *name)
{
    struct weh_hub_briefcase briefcase = { 0 };
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    if (hub->ids.release == NULL) {
        return;
    }
    err = table_prepare(hub, "SELECT " COLUMNS " FROM briefcase WHERE name=?1", &stmt, NULL);
    if (err == WEH_OK) {
        (void)sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
        err = table_step(hub, stmt, &row, NULL);
    }
    if (err == WEH_OK && row && read_row(stmt, &briefcase, NULL) == WEH_OK) {
        hub->ids.release(hub->ids.ctx, &briefcase.imodel_id, briefcase.id);
    }
    (void)sqlite3_finalize(stmt);
}

void weh_hub_cancel(struct weh_hub *hub, const char *name)
{
    weh_err err;

    (void)pthread_mutex_lock(&hub->mutex);
    release_id(hub, name);
    err = delete_row(hub, name, NULL);
    (void)err;
    (void)pthread_mutex_unlock(&hub->mutex);
}
