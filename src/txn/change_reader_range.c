/* src/txn/change_reader_range.c - which transactions a reader reads, and whether they are the same. */
#include <string.h>

#include "weh/alloc.h"

#include "change_reader_priv.h"
#include "rows_priv.h"

#define STAMP_PRIME UINT64_C(0x9e3779b97f4a7c15)

static void stamp(struct weh_change_reader *reader, uint64_t value)
{
    reader->stamp = (reader->stamp ^ value) * STAMP_PRIME;
    reader->stamp ^= reader->stamp >> 29;
}

/* Whether @id is there, and reversed. */
static weh_err find_txn(struct weh_change_reader *reader, uint64_t id, const char *where,
                        bool *reversed, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = reader->stack->briefcase;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = WEH_OK;

    if (id == 0) {
        return WEH_OK;
    }
    err = rows_start(reader->stack, "SELECT Deleted FROM main.dgn_Txns WHERE Id=?1", id, 0, &stmt,
                     diag);
    if (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && !row) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, where, "there is no such transaction");
    }
    if (err == WEH_OK && sqlite3_column_int64(stmt, 0) != 0) {
        *reversed = true;
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

static weh_err add_txn(struct weh_change_reader *reader, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    struct weh_txn_id *grown;
    double time = sqlite3_column_double(stmt, 3);
    uint64_t bits;

    memcpy(&bits, &time, sizeof(bits));
    stamp(reader, (uint64_t)sqlite3_column_int64(stmt, 0));
    stamp(reader, (uint64_t)sqlite3_column_int64(stmt, 2));
    stamp(reader, bits);
    if (sqlite3_column_int(stmt, 1) == 0) {
        return WEH_OK; /* no changeset but the SQL text of a schema change (native library 5.1.72) */
    }
    if ((reader->n_txns & (reader->n_txns - 1)) == 0) {
        grown = weh_realloc(reader->txns,
                            (reader->n_txns == 0 ? 1 : reader->n_txns * 2) * sizeof(*grown));
        if (grown == NULL) {
            return weh_fail_nomem(diag);
        }
        reader->txns = grown;
    }
    reader->txns[reader->n_txns++].value = (uint64_t)sqlite3_column_int64(stmt, 0);
    reader->total += (uint64_t)sqlite3_column_int64(stmt, 2);
    return WEH_OK;
}

weh_err reader_find_txns(struct weh_change_reader *reader, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = reader->stack->briefcase;
    const struct weh_change_options *options = &reader->options;
    sqlite3_stmt *stmt = NULL;
    bool reversed = false;
    bool row = true;
    weh_err err;

    if (options->to.value != 0 && options->from.value > options->to.value) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "to", "the range ends before it begins");
    }
    err = find_txn(reader, options->from.value, "from", &reversed, diag);
    if (err == WEH_OK) {
        err = find_txn(reader, options->to.value, "to", &reversed, diag);
    }
    if (err == WEH_OK) {
        err = rows_start(
            reader->stack,
            "SELECT Id,typeof(Change)<>'null' AND IsSchemaChange IS NOT 1,"
            "coalesce(length(Change),0),Time FROM main.dgn_Txns WHERE Id>=?1 AND Id<=?2 AND (Deleted=0 OR ?3) ORDER BY Id",
            options->from.value, options->to.value == 0 ? INT64_MAX : options->to.value, &stmt,
            diag);
    }
    if (err == WEH_OK) {
        (void)sqlite3_bind_int(stmt, 3, reversed);
    }
    while (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        err = add_txn(reader, stmt, diag);
    }
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err weh_change_reader_check(struct weh_change_reader *reader, bool *same, struct weh_diag *diag)
{
    uint64_t was = reader->stamp;
    weh_err err = stack_enter(reader->stack, diag);

    if (err == WEH_OK) {
        reader->stamp = 0;
        reader->n_txns = 0;
        reader->total = 0;
        err = reader_find_txns(reader, diag);
    }
    *same = err == WEH_OK && reader->stamp == was;
    reader->stamp = was;
    return err;
}
