/* src/briefcase/root_subject.c - name and description of the root subject, element 0x1.
 *
 * The column of the description is one of the shared ones, which differ between files: it is looked
 * up in ec_PropertyMap. This is below the EC catalogue, so the query stands here.
 */
#include "briefcase_priv.h"
#include "content_priv.h"

static weh_err copy_text(sqlite3_stmt *stmt, int column, struct weh_arena *arena, const char **out,
                         struct weh_diag *diag)
{
    *out = weh_arena_strdup(arena, weh_stmt_text(stmt, column));
    return *out == NULL ? weh_fail_nomem(diag) : WEH_OK;
}

weh_err weh_description_column_find(struct weh_briefcase *briefcase, struct weh_arena *arena,
                                    struct weh_description_column *out, struct weh_diag *diag)
{
    /* ColumnKind 1 is the instance id; the property's own column must be stored (IsVirtual 0). */
    static const char sql[] =
        "SELECT t.Name,k.Name,c.Name FROM ec_Class cls JOIN ec_Schema s ON s.Id=cls.SchemaId "
        "JOIN ec_PropertyMap m ON m.ClassId=cls.Id JOIN ec_PropertyPath p ON p.Id=m.PropertyPathId "
        "JOIN ec_Column c ON c.Id=m.ColumnId JOIN ec_Table t ON t.Id=c.TableId "
        "JOIN ec_Column k ON k.TableId=t.Id AND k.ColumnKind=1 "
        "WHERE s.Name='BisCore' AND cls.Name='Subject' AND p.AccessString='Description' "
        "AND c.IsVirtual=0 LIMIT 1";
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err;

    *out = (struct weh_description_column){ NULL, NULL, NULL };
    err = weh_stmt_acquire(briefcase, sql, &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row) {
        err = copy_text(stmt, 0, arena, &out->table, diag);
        if (err == WEH_OK) {
            err = copy_text(stmt, 1, arena, &out->key, diag);
        }
        if (err == WEH_OK) {
            err = copy_text(stmt, 2, arena, &out->column, diag);
        }
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

/** The first column of the first row of @sql as text in @arena. */
static weh_err read_one(struct weh_briefcase *briefcase, const char *sql, struct weh_arena *arena,
                        struct weh_str *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = weh_stmt_acquire(briefcase, sql, &stmt, diag);

    *out = (struct weh_str){ NULL, 0 };
    if (err != WEH_OK) {
        return err;
    }
    err = weh_stmt_step(briefcase, stmt, &row, diag);
    if (err == WEH_OK && row && sqlite3_column_type(stmt, 0) != SQLITE_NULL) {
        out->len = weh_stmt_text(stmt, 0).len;
        err = copy_text(stmt, 0, arena, &out->ptr, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err weh_root_subject_read(struct weh_briefcase *briefcase, struct weh_arena *arena,
                              struct weh_str *name, struct weh_str *description,
                              struct weh_diag *diag)
{
    struct weh_description_column at;
    char *sql = NULL;
    weh_err err;

    *description = (struct weh_str){ NULL, 0 };
    err = read_one(briefcase, "SELECT CodeValue FROM bis_Element WHERE Id=1", arena, name, diag);
    if (err == WEH_OK) {
        err = weh_description_column_find(briefcase, arena, &at, diag);
    }
    if (err != WEH_OK || at.column == NULL) {
        return err;
    }
    sql = sqlite3_mprintf("SELECT \"%w\" FROM \"%w\" WHERE \"%w\"=1", at.column, at.table, at.key);
    if (sql == NULL) {
        return weh_fail_nomem(diag);
    }
    err = read_one(briefcase, sql, arena, description, diag);
    sqlite3_free(sql);
    return err;
}
