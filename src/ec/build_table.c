/* src/ec/build_table.c - SQL tables and their columns.
 *
 * Their names go into SQL text, so nothing but plain identifiers is let through. That the columns
 * really exist is checked by ec_catalog_check_columns, for every file anew.
 */
#include <stdlib.h>

#include "ec_priv.h"

/* ec_Column.ColumnKind */
enum {
    COLUMN_KIND_ID = 1,
    COLUMN_KIND_CLASS_ID = 2
};

static int compare_table_names(const void *left, const void *right)
{
    const struct weh_ec_table *a = *(const struct weh_ec_table *const *)left;
    const struct weh_ec_table *b = *(const struct weh_ec_table *const *)right;

    return ec_compare_nocase(a->name, b->name);
}

static weh_err table_fill(struct ec_build *build, const int64_t *row, struct weh_ec_table *table)
{
    uint32_t parent = 0;

    table->id = (weh_id)row[TABLE_ID];
    table->name = ec_text(build->snapshot, row[TABLE_NAME]);
    if (!ec_is_identifier(table->name)) {
        return ec_corrupt(build->diag, "a table name");
    }
    if (row[TABLE_TYPE] < WEH_EC_TABLE_PRIMARY || row[TABLE_TYPE] > WEH_EC_TABLE_VIRTUAL) {
        return ec_corrupt(build->diag, "the kind of a table");
    }
    table->type = (enum weh_ec_table_type)row[TABLE_TYPE];
    table->exclusive_root_class_id = (weh_id)row[TABLE_ROOT_CLASS];
    if (row[TABLE_PARENT] == 0) {
        return WEH_OK;
    }
    if (!ec_find(build->snapshot, EC_ROWS_TABLE, row[TABLE_PARENT], &parent)) {
        return ec_corrupt(build->diag, "the parent of a table is missing");
    }
    table->parent = &build->tables[parent];
    return WEH_OK;
}

/* Joined stands on primary, overflow on either: so no chain is longer than two, and none a circle. */
static bool parent_is_right(const struct weh_ec_table *table)
{
    switch (table->type) {
    case WEH_EC_TABLE_JOINED:
        return table->parent != NULL && table->parent->type == WEH_EC_TABLE_PRIMARY;
    case WEH_EC_TABLE_OVERFLOW:
        return table->parent != NULL && (table->parent->type == WEH_EC_TABLE_PRIMARY ||
                                         table->parent->type == WEH_EC_TABLE_JOINED);
    case WEH_EC_TABLE_PRIMARY:
    case WEH_EC_TABLE_EXISTING:
    case WEH_EC_TABLE_VIRTUAL:
    default:
        return table->parent == NULL;
    }
}

static weh_err index_tables(struct ec_build *build)
{
    size_t n = build->catalog->n_tables;
    const struct weh_ec_table **index =
        weh_arena_array(&build->catalog->arena, n, sizeof(const struct weh_ec_table *));

    if (index == NULL) {
        return ec_build_no_memory(build);
    }
    for (size_t i = 0; i < n; i++) {
        index[i] = &build->tables[i];
    }
    if (n != 0) {
        qsort(index, n, sizeof(const struct weh_ec_table *), compare_table_names);
    }
    for (size_t i = 1; i < n; i++) {
        if (ec_compare_nocase(index[i - 1]->name, index[i]->name) == 0) {
            return ec_corrupt(build->diag, "a table name stands twice");
        }
    }
    build->catalog->tables_by_name = index;
    return WEH_OK;
}

static weh_err column_fill(struct ec_build *build, const int64_t *row, struct ec_column *column)
{
    uint32_t index = 0;
    struct weh_ec_table *table;

    column->id = (weh_id)row[COLUMN_ID];
    column->name = ec_text(build->snapshot, row[COLUMN_NAME]);
    if (!ec_find(build->snapshot, EC_ROWS_TABLE, row[COLUMN_TABLE], &index)) {
        return ec_corrupt(build->diag, "a column without a table");
    }
    table = &build->tables[index];
    column->table = table;
    column->is_virtual = row[COLUMN_VIRTUAL] != 0 || table->type == WEH_EC_TABLE_VIRTUAL;
    if (!ec_is_identifier(column->name)) {
        return ec_corrupt(build->diag, "a column name");
    }
    if (row[COLUMN_TYPE] < 0 || row[COLUMN_TYPE] > 6 || row[COLUMN_KIND] < 0 ||
        row[COLUMN_KIND] > 4) {
        return ec_corrupt(build->diag, "the kind of a column");
    }
    column->type = (int16_t)row[COLUMN_TYPE];
    column->kind = (int8_t)row[COLUMN_KIND];
    if (column->kind == COLUMN_KIND_ID && !column->is_virtual) {
        if (table->id_column.len != 0) {
            return ec_corrupt(build->diag, "a table has two id columns");
        }
        table->id_column = column->name;
    }
    if (column->kind == COLUMN_KIND_CLASS_ID && !column->is_virtual) {
        table->has_class_id_column = true;
    }
    return WEH_OK;
}

static weh_err build_columns(struct ec_build *build)
{
    size_t n = build->snapshot->rows[EC_ROWS_COLUMN].n_rows;

    build->columns = weh_arena_array(&build->catalog->arena, n, sizeof(*build->columns));
    if (build->columns == NULL) {
        return ec_build_no_memory(build);
    }
    build->catalog->columns = build->columns;
    build->catalog->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        weh_err err =
            column_fill(build, ec_row(build->snapshot, EC_ROWS_COLUMN, i), &build->columns[i]);
        if (err != WEH_OK) {
            return err;
        }
    }
    return WEH_OK;
}

weh_err ec_build_tables(struct ec_build *build)
{
    size_t n = build->snapshot->rows[EC_ROWS_TABLE].n_rows;
    weh_err err;

    build->tables = weh_arena_array(&build->catalog->arena, n, sizeof(*build->tables));
    if (build->tables == NULL) {
        return ec_build_no_memory(build);
    }
    build->catalog->tables = build->tables;
    build->catalog->n_tables = n;
    for (size_t i = 0; i < n; i++) {
        err = table_fill(build, ec_row(build->snapshot, EC_ROWS_TABLE, i), &build->tables[i]);
        if (err != WEH_OK) {
            return err;
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!parent_is_right(&build->tables[i])) {
            return ec_corrupt(build->diag, "the parent of a table");
        }
    }
    err = index_tables(build);
    return err == WEH_OK ? build_columns(build) : err;
}

weh_err ec_catalog_check_columns(const struct weh_ec_catalog *catalog, sqlite3 *db,
                                 struct weh_diag *diag)
{
    for (size_t i = 0; i < catalog->n_columns; i++) {
        const struct ec_column *column = &catalog->columns[i];
        int rc;

        /* Existing tables are never written by name, and may be virtual tables. */
        if (column->is_virtual || column->table->type == WEH_EC_TABLE_EXISTING) {
            continue;
        }
        rc = sqlite3_table_column_metadata(db, "main", column->table->name.ptr, column->name.ptr,
                                           NULL, NULL, NULL, NULL, NULL);
        if (rc == SQLITE_NOMEM) {
            return weh_fail_nomem(diag);
        }
        if (rc != SQLITE_OK) {
            return ec_corrupt(diag, "a mapped column does not exist");
        }
    }
    return WEH_OK;
}
