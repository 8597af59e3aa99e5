/* src/txn/table.c - what the tables of the open file look like, read when a table is first met.
 *
 * Not the EC catalogue: that tells here only which tables hold parts of elements.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"
#include "weh/sqlite_time.h"

#include "txn_priv.h"

/* Never in a changeset (native library 5.1.72): the names begin with one of these. */
static const char *const untracked[] = {
    "be_Local", "dgn_Txns", "dgn_SpatialIndex", "dgn_Rebase", "dgn_fts_idx", "sqlite_",
};

static bool name_is_tracked(const char *name)
{
    for (size_t i = 0; i < WEH_ARRAY_LEN(untracked); i++) {
        if (strncmp(name, untracked[i], strlen(untracked[i])) == 0) {
            return false;
        }
    }
    return true;
}

weh_err txn_step(struct weh_briefcase *briefcase, sqlite3_stmt *stmt, bool *row,
                 struct weh_diag *diag)
{
    int rc;

    *row = false;
    /* SQLite rolls back by itself when storage fails, and would carry out the next statement as a
     * transaction of its own. */
    if (weh_briefcase_lost_transaction(briefcase)) {
        return weh_fail(diag, WEH_E_IO, "rolled back to the last saved state");
    }
    rc = weh_sqlite_step(stmt);
    *row = rc == SQLITE_ROW;
    return rc == SQLITE_ROW || rc == SQLITE_DONE ? WEH_OK : weh_db_fail(briefcase, rc, diag);
}

void sql_identifier(struct weh_buf *out, const char *name)
{
    weh_assert(name != NULL);
    weh_buf_byte(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '"') {
            weh_buf_byte(out, '"');
        }
        weh_buf_byte(out, (uint8_t)*name);
    }
    weh_buf_byte(out, '"');
}

static void table_destroy(struct table *table)
{
    if (table == NULL) {
        return;
    }
    for (uint32_t i = 0; table->columns != NULL && i < table->n_columns; i++) {
        weh_free(table->columns[i]);
    }
    weh_free((void *)table->columns);
    weh_free(table->name);
    weh_free(table->pk);
    weh_free(table->pk_cols);
    weh_free(table->select_sql);
    weh_free(table->records);
    weh_free(table->buckets);
    weh_buf_fini(&table->keys);
    weh_spill_fini(&table->old);
    weh_spill_fini(&table->group);
    weh_free(table);
}

void tables_fini(struct tables *tables)
{
    for (size_t i = 0; i < tables->n; i++) {
        table_destroy(tables->items[i]);
    }
    weh_free((void *)tables->items);
    tables->items = NULL;
    tables->n = 0;
    tables->capacity = 0;
}

static weh_err add_column(struct table *table, struct weh_str name, int pk, struct weh_diag *diag)
{
    uint32_t n = table->n_columns;

    if (n % 16 == 0) {
        char **columns = weh_realloc((void *)table->columns, (n + 16) * sizeof(*columns));

        if (columns == NULL) {
            return weh_fail_nomem(diag);
        }
        table->columns = columns;

        uint8_t *pks = weh_realloc(table->pk, n + 16);

        if (pks == NULL) {
            return weh_fail_nomem(diag);
        }
        table->pk = pks;
    }
    table->columns[n] = weh_strndup(name.ptr == NULL ? "" : name.ptr, name.len);
    if (table->columns[n] == NULL) {
        return weh_fail_nomem(diag);
    }
    table->pk[n] = (uint8_t)(pk > 0 && pk <= UINT8_MAX ? pk : 0);
    table->n_pk += pk > 0;
    table->n_columns++;
    return WEH_OK;
}

static weh_err read_columns(struct tables *tables, struct table *table, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err;

    err = weh_stmt_acquire(tables->briefcase, "SELECT name, pk FROM pragma_table_info(?1, 'main')",
                           &stmt, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC) != SQLITE_OK) {
        err = weh_db_fail(tables->briefcase, SQLITE_NOMEM, diag);
    }
    while (err == WEH_OK) {
        err = txn_step(tables->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        err = table->n_columns == CS_MAX_COLUMNS
                  ? weh_fail(diag, WEH_E_CORRUPT, "a table has too many columns")
                  : add_column(table, weh_stmt_text(stmt, 0), sqlite3_column_int(stmt, 1), diag);
    }
    weh_stmt_release(tables->briefcase, stmt);
    return err;
}

static weh_err order_key(struct table *table, struct weh_diag *diag)
{
    table->pk_cols = weh_calloc(table->n_pk, sizeof(*table->pk_cols));
    if (table->pk_cols == NULL) {
        return weh_fail_nomem(diag);
    }
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if (table->pk[i] > table->n_pk) {
            return weh_fail(diag, WEH_E_CORRUPT, "a table contradicts itself");
        }
        if (table->pk[i] > 0) {
            table->pk_cols[table->pk[i] - 1] = (uint16_t)i;
        }
    }
    return WEH_OK;
}

static weh_err make_select(struct table *table, struct weh_diag *diag)
{
    struct weh_buf sql;

    weh_buf_init(&sql, 0);
    weh_buf_printf(&sql, "SELECT * FROM main.");
    sql_identifier(&sql, table->name);
    for (uint32_t i = 0; i < table->n_pk; i++) {
        weh_buf_printf(&sql, i == 0 ? " WHERE " : " AND ");
        sql_identifier(&sql, table->columns[table->pk_cols[i]]);
        weh_buf_printf(&sql, "=?%u", i + 1);
    }
    weh_buf_byte(&sql, 0);
    if (sql.err != WEH_OK) {
        weh_buf_fini(&sql);
        return weh_fail_nomem(diag);
    }
    table->select_sql = (char *)sql.data;
    return WEH_OK;
}

int table_column(const struct table *table, const char *name, size_t len)
{
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if (strncmp(table->columns[i], name, len) == 0 && table->columns[i][len] == '\0') {
            return (int)i;
        }
    }
    return -1;
}

static int column(const struct table *table, const char *name)
{
    return table_column(table, name, strlen(name));
}

static bool is_geometric(const char *name)
{
    return strcmp(name, "bis_GeometricElement3d") == 0 ||
           strcmp(name, "bis_GeometricElement2d") == 0;
}

static void find_guid(const struct weh_ec_catalog *catalog, struct table *table)
{
    const struct weh_ec_class *model =
        weh_ec_class_by_name(catalog, WEH_STR("BisCore:GeometricModel"));
    const struct weh_ec_property *guid =
        model == NULL ? NULL : weh_ec_property_by_js_name(model, WEH_STR("geometryGuid"));

    if (guid != NULL && guid->n_leaves == 1) {
        table->guid_column =
            table_column(table, guid->leaves[0].column.ptr, guid->leaves[0].column.len);
    }
}

/* Parts of elements are the joined and overflow tables below bis_Element. */
static void find_role(const struct weh_ec_catalog *catalog, struct table *table)
{
    const struct weh_ec_table *ec = weh_ec_table_by_name(catalog, weh_str_from(table->name));
    const struct weh_ec_table *root = ec;

    while (root != NULL && root->parent != NULL) {
        root = root->parent;
    }
    if (root == NULL) {
        return;
    }
    table->id_column =
        table_column(table, ec->id_column.ptr == NULL ? "" : ec->id_column.ptr, ec->id_column.len);
    table->class_column = column(table, "ECClassId");
    if (strcmp(table->name, "bis_Model") == 0) {
        table->role = TABLE_MODEL;
        find_guid(catalog, table);
    } else if (strcmp(table->name, "bis_Element") == 0) {
        table->role = TABLE_ELEMENT;
        table->model_column = column(table, "ModelId");
        table->last_mod_column = column(table, "LastMod");
    } else if (ec != root && weh_str_eq_text(root->name, "bis_Element")) {
        table->role = TABLE_ELEMENT_PART;
    }
    if (table->id_column < 0) {
        table->role = TABLE_OTHER;
    }
    if (table->role == TABLE_ELEMENT_PART && is_geometric(table->name)) {
        table->geometry_first = column(table, "CategoryId");
        table->geometry_last = column(table, "GeometryStream");
    }
}

static weh_err table_load(struct tables *tables, const char *name, struct table **out,
                          struct weh_diag *diag)
{
    struct table *table = weh_calloc(1, sizeof(*table));
    weh_err err;

    if (table == NULL) {
        return weh_fail_nomem(diag);
    }
    table->id_column = table->class_column = table->model_column = table->guid_column = -1;
    table->last_mod_column = table->geometry_first = table->geometry_last = -1;
    table->tracked = name_is_tracked(name);
    table->old.keep_bytes = table->group.keep_bytes = tables->keep_bytes;
    table->name = weh_strndup(name, strlen(name));
    err = table->name == NULL ? weh_fail_nomem(diag) : WEH_OK;
    if (err == WEH_OK && table->tracked) {
        err = read_columns(tables, table, diag);
    }
    if (err == WEH_OK && table->tracked && table->n_pk > 0) {
        err = order_key(table, diag);
    }
    if (err == WEH_OK && table->tracked && table->n_pk > 0) {
        err = make_select(table, diag);
        find_role(tables->catalog, table);
    }
    if (err != WEH_OK) {
        table_destroy(table);
        return err;
    }
    /* Without a primary key a row cannot be told in a changeset. */
    table->tracked = table->tracked && table->n_pk > 0;
    *out = table;
    return WEH_OK;
}

static weh_err reserve(struct tables *tables, struct weh_diag *diag)
{
    size_t capacity = tables->capacity == 0 ? 16 : tables->capacity * 2;
    struct table **grown;

    if (tables->n < tables->capacity) {
        return WEH_OK;
    }
    grown = weh_realloc((void *)tables->items, capacity * sizeof(void *));
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    tables->items = grown;
    tables->capacity = capacity;
    return WEH_OK;
}

weh_err tables_find(struct tables *tables, const char *name, struct table **out,
                    struct weh_diag *diag)
{
    struct table *table = NULL;
    weh_err err;

    for (size_t i = 0; i < tables->n; i++) {
        if (strcmp(tables->items[i]->name, name) == 0) {
            *out = tables->items[i];
            return WEH_OK;
        }
    }
    err = reserve(tables, diag);
    if (err == WEH_OK) {
        err = table_load(tables, name, &table, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    weh_assert(table != NULL);
    /* A name from a damaged changeset may be anything; only what exists is remembered. */
    if (table->tracked || !name_is_tracked(name)) {
        tables->items[tables->n++] = table;
        *out = table;
        return WEH_OK;
    }
    table_destroy(table);
    *out = NULL;
    return WEH_OK;
}

/* ---- asking whether to go on ---- */

#define TICKS 256 /* steps between two questions */

weh_err tables_ask(struct tables *tables, struct weh_diag *diag)
{
    struct watch *watch = &tables->watch;
    uint64_t done = watch->done < watch->total ? watch->done : watch->total;

    return watch->told.step == NULL ? WEH_OK
                                    : watch->told.step(watch->told.ctx, done, watch->total, diag);
}

weh_err tables_tick(struct tables *tables, struct weh_diag *diag)
{
    struct watch *watch = &tables->watch;

    watch->done++;
    return ++watch->n_ticks % TICKS == 0 ? tables_ask(tables, diag) : WEH_OK;
}
