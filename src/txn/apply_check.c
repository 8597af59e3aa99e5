/* src/txn/apply_check.c - does a stored transaction fit the file: is each of its rows what it was?
 *
 * Asked before the first row of the transaction is touched, so that all rows are those from before.
 */
#include <string.h>

#include "apply_priv.h"

static double as_real(const struct cs_value *value)
{
    uint64_t bits = 0;
    double real;

    if (value->type == CS_INTEGER) {
        return (double)cs_int(value);
    }
    for (unsigned i = 0; i < sizeof(bits); i++) {
        bits = bits << 8 | value->bytes[i];
    }
    memcpy(&real, &bits, sizeof(real));
    return real;
}

static bool bytes_match(const struct cs_value *value, sqlite3_stmt *stmt, int column)
{
    /* First the pointer, as SQLite asks for. */
    const void *bytes = sqlite3_column_blob(stmt, column);

    return (size_t)sqlite3_column_bytes(stmt, column) == value->len &&
           (value->len == 0 || memcmp(bytes, value->bytes, value->len) == 0);
}

/* Numbers by their value: a whole number in a column of reals may be either in a changeset. */
static bool value_matches(const struct cs_value *value, sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);

    switch (value->type) {
    case CS_UNDEFINED:
        return true;
    case CS_NULL:
        return type == SQLITE_NULL;
    case CS_INTEGER:
        return type == SQLITE_INTEGER
                   ? sqlite3_column_int64(stmt, column) == cs_int(value)
                   : type == SQLITE_FLOAT && sqlite3_column_double(stmt, column) == as_real(value);
    case CS_REAL:
        return (type == SQLITE_FLOAT || type == SQLITE_INTEGER) &&
               sqlite3_column_double(stmt, column) == as_real(value);
    case CS_TEXT:
        return type == SQLITE_TEXT && bytes_match(value, stmt, column);
    case CS_BLOB:
        return type == SQLITE_BLOB && bytes_match(value, stmt, column);
    }
    return false;
}

weh_err apply_check_row(struct applier *applier, const struct apply_group *group,
                        const struct cs_change *change, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    const struct cs_value *origin = origin_row(applier->invert, change);
    bool row = false;
    bool fits;
    weh_err err = apply_bind_key(applier, group->table, key_row(change), false, stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(applier->tables->briefcase, stmt, &row, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    fits = row == (apply_kind(applier->invert, change->op) != SQLITE_INSERT);
    for (uint32_t i = 0; i < group->group.n_columns && fits && row; i++) {
        fits = value_matches(&origin[i], stmt, (int)i);
    }
    if (!fits) {
        err = apply_misfit(diag, group->table->name);
    }
    (void)sqlite3_reset(stmt);
    return err;
}
