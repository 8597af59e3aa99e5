/* src/bis/relationship_drive.c - what a save does to driving relationships.
 *
 * The native library 5.1.72 (ElementDependency.cpp) evaluates, when it saves, each driving relationship
 * whose source or which itself has changed, and what these lead to. Without handlers nothing comes of
 * it but that a relationship is not marked as failed any more. Not done: what follows the relationships
 * that went with a deleted element.
 */
#include <string.h>

#include "bis_edit.h"

/* Bits of Status, of which native reads eight. */
#define STATUS_FAILED   1
#define STATUS_DEFERRED 0x80
#define STATUS_BITS     0xff

weh_err bis_drive_add(struct weh_bis *bis, weh_id edge, weh_id target, struct weh_diag *diag)
{
    if (bis->n_drives == bis->max_drives) {
        size_t max = bis->max_drives == 0 ? 8 : bis->max_drives * 2;
        struct bis_drive *drives = max > SIZE_MAX / sizeof(*drives)
                                       ? NULL
                                       : weh_realloc(bis->drives, max * sizeof(*drives));

        if (drives == NULL) {
            return weh_fail_nomem(diag);
        }
        bis->drives = drives;
        bis->max_drives = max;
    }
    bis->drives[bis->n_drives++] = (struct bis_drive){ edge, target };
    return WEH_OK;
}

static bool is_edited(const struct weh_bis *bis, weh_id edge)
{
    for (size_t i = 0; i < bis->n_drives; i++) {
        if (bis->drives[i].edge == edge) {
            return true;
        }
    }
    return false;
}

static weh_err find_element(const struct weh_change_list *changes, weh_id element, bool *out,
                            struct weh_diag *diag)
{
    struct weh_entity_change change = { .id = 0 };
    size_t low = 0;
    size_t high = changes->n_elements;
    weh_err err = WEH_OK;

    *out = false;
    while (low < high && err == WEH_OK && !*out) {
        size_t middle = low + (high - low) / 2;

        err = weh_change_list_read(changes, middle, 1, &change, diag);
        *out = err == WEH_OK && change.id == element;
        if (change.id < element) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return err;
}

/* Has the element changed, or been driven by a relationship that has? */
static weh_err is_changed(const struct weh_bis *bis, const struct weh_change_list *changes,
                          weh_id element, bool *out, struct weh_diag *diag)
{
    weh_err err = find_element(changes, element, out, diag);

    for (size_t i = 0; i < bis->n_drives && err == WEH_OK && !*out; i++) {
        *out = bis->drives[i].target == element;
    }
    return err;
}

static weh_err acquire(struct weh_bis *bis, sqlite3_stmt **out, struct weh_diag *diag)
{
    weh_buf_byte(&bis->scratch, 0);
    return bis->scratch.err != WEH_OK
               ? weh_fail_nomem(diag)
               : weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, out, diag);
}

/* Is @source, or anything that drives it, among what has changed? */
static weh_err is_reached(struct weh_bis *bis, const struct bis_link *link,
                          const struct weh_change_list *changes, weh_id source, bool *out,
                          struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err;

    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch,
                   "WITH RECURSIVE driver(id) AS (VALUES(?) UNION SELECT d.%s FROM driver"
                   " JOIN %s d ON d.%s=driver.id) SELECT id FROM driver",
                   link->source, link->name, link->target);
    err = acquire(bis, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)source) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    while (err == WEH_OK && row && !*out) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            err = is_changed(bis, changes, (weh_id)sqlite3_column_int64(stmt, 0), out, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

static weh_err write_status(struct weh_bis *bis, const struct bis_plan *plan, weh_id edge,
                            int64_t status, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    weh_buf_clear(&bis->scratch);
    weh_buf_printf(&bis->scratch, "UPDATE ");
    bis_sql_name(&bis->scratch, plan->ec_class->tables[0]->name);
    weh_buf_printf(&bis->scratch, " SET ");
    bis_sql_name(&bis->scratch, bis_slot_column(plan, SLOT_DRIVE_STATUS, ""));
    weh_buf_printf(&bis->scratch, "=?2 WHERE ");
    bis_sql_name(&bis->scratch, plan->ec_class->tables[0]->id_column);
    weh_buf_printf(&bis->scratch, "=?1");
    err = acquire(bis, &stmt, diag);
    if (err == WEH_OK && (sqlite3_bind_int64(stmt, 1, (int64_t)edge) != SQLITE_OK ||
                          sqlite3_bind_int64(stmt, 2, status) != SQLITE_OK)) {
        err = weh_fail_nomem(diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_run(bis->briefcase, stmt, diag);
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

/* The relationships that are marked as failed: id, source, status. */
static weh_err select_failed(struct weh_bis *bis, const struct bis_plan *plan,
                             const struct bis_link *link, sqlite3_stmt **out, struct weh_diag *diag)
{
    struct weh_str status = bis_slot_column(plan, SLOT_DRIVE_STATUS, "");
    struct weh_buf *buf = &bis->scratch;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, plan->ec_class->tables[0]->id_column);
    weh_buf_printf(buf, ",%s,", link->source);
    bis_sql_name(buf, status);
    weh_buf_printf(buf, " FROM %s WHERE (", link->name);
    bis_sql_name(buf, status);
    weh_buf_printf(buf, "&%d)=%d", STATUS_FAILED | STATUS_DEFERRED, STATUS_FAILED);
    return acquire(bis, out, diag);
}

static weh_err settle(struct weh_bis *bis, const struct bis_plan *plan,
                      const struct weh_change_list *changes, struct weh_diag *diag)
{
    const struct bis_link *link = NULL;
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = bis_link(bis, LINK_DRIVES, &link, diag);

    if (err == WEH_OK) {
        err = select_failed(bis, plan, link, &stmt, diag);
    }
    while (err == WEH_OK && row) {
        weh_id edge;
        int64_t status;
        bool reached;

        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        edge = (weh_id)sqlite3_column_int64(stmt, 0);
        status = sqlite3_column_int64(stmt, 2) & (STATUS_BITS & ~STATUS_FAILED);
        reached = is_edited(bis, edge);
        if (!reached) {
            err = is_reached(bis, link, changes, (weh_id)sqlite3_column_int64(stmt, 1), &reached,
                             diag);
        }
        if (err == WEH_OK && reached) {
            err = write_status(bis, plan, edge, status, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err bis_drives_settle(struct weh_bis *bis, const struct weh_change_list *changes,
                          struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = weh_ec_class_by_id(bis->catalog, bis->bases[BASE_DRIVES]);
    struct bis_plan *plan = NULL;
    weh_err err;

    if (ec_class == NULL || ec_class->n_tables == 0) {
        return WEH_OK;
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    /* Very old files have no status. */
    if (err == WEH_OK && bis_slot_column(plan, SLOT_DRIVE_STATUS, "").len > 0) {
        err = settle(bis, plan, changes, diag);
    }
    return err;
}
