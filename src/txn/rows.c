/* src/txn/rows.c - the rows of dgn_Txns (native library 5.1.72). What they mean is the stack's. */
#include <string.h>

#include "weh/alloc.h"

#include "rows_priv.h"

#define LAST_SESSION INT64_C(0x7ffffffe) /* so that session << 32 stays positive */
#define INDEX_MAX    UINT64_C(0xffffffff)
/* Unpacked it is some 1.4 MB at most: snappy makes nothing smaller than a twentieth. */
#define MAX_SMALL_BLOB 65536

static weh_err bind_failed(struct weh_txn_stack *stack, int rc, struct weh_diag *diag)
{
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(stack->briefcase, rc, diag);
}

/* @sql with up to two integers. */
weh_err rows_start(struct weh_txn_stack *stack, const char *sql, uint64_t first, uint64_t second,
                   sqlite3_stmt **out, struct weh_diag *diag)
{
    weh_err err = weh_stmt_acquire(stack->briefcase, sql, out, diag);

    if (err != WEH_OK) {
        return err;
    }
    if (sqlite3_bind_parameter_count(*out) > 0) {
        (void)sqlite3_bind_int64(*out, 1, (sqlite3_int64)first);
    }
    if (sqlite3_bind_parameter_count(*out) > 1) {
        (void)sqlite3_bind_int64(*out, 2, (sqlite3_int64)second);
    }
    return WEH_OK;
}

weh_err rows_run(struct weh_txn_stack *stack, const char *sql, uint64_t first, uint64_t second,
                 struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = rows_start(stack, sql, first, second, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_begin_session(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    int64_t session = 1;
    bool row = false;
    weh_err err = rows_start(stack, "SELECT max(Id) FROM main.dgn_Txns", 0, 0, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row && sqlite3_column_int64(stmt, 0) > 0) {
        session = sqlite3_column_int64(stmt, 0) / (INT64_C(1) << 32) + 1;
    }
    weh_stmt_release(stack->briefcase, stmt);
    if (err == WEH_OK && session > LAST_SESSION) {
        return weh_fail(diag, WEH_E_CORRUPT, "the numbers of the stored transactions are used up");
    }
    stack->session_first = (uint64_t)session << 32;
    stack->current = stack->session_first;
    return err;
}

const struct weh_pack_kind txn_pack_kind = { .name = "transaction",
                                             .limit_bytes = TXN_LIMIT_BYTES };

static uint64_t time_bits(sqlite3_stmt *stmt, int column)
{
    double time = sqlite3_column_double(stmt, column); /* 0 for NULL */
    uint64_t bits;

    memcpy(&bits, &time, sizeof(bits));
    return bits;
}

/* NULL is a schema change too (native library 5.1.72). */
static bool is_schema_change(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) != SQLITE_INTEGER ||
           sqlite3_column_int64(stmt, column) != 0;
}

/* All groups are in memory: so is what they are packed into. */
static weh_err pack_small(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    struct tables *tables = &stack->tables;
    struct weh_pack_piece *pieces = weh_malloc((tables->n + 1) * sizeof(*pieces));
    weh_err err;

    if (pieces == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t i = 0; i < tables->n; i++) {
        const struct weh_buf *group = &tables->items[i]->group.tail;

        pieces[i] = (struct weh_pack_piece){ .bytes = group->data, .len = group->len };
    }
    weh_buf_clear(&stack->bytes);
    err = weh_pack(&txn_pack_kind, pieces, tables->n, &stack->bytes, diag);
    weh_free(pieces);
    return err;
}

static bool is_small(const struct tables *tables)
{
    for (size_t i = 0; i < tables->n; i++) {
        if (!weh_spill_is_small(&tables->items[i]->group)) {
            return false;
        }
    }
    return true;
}

weh_err rows_insert_row(struct weh_txn_stack *stack, struct weh_str description, uint64_t size,
                        struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    int rc;
    weh_err err =
        rows_start(stack,
                   "INSERT INTO main.dgn_Txns(Id,Deleted,Grouped,Operation,IsSchemaChange,Change)"
                   "VALUES(?1,0,?2,?3,0,?4)",
                   stack->current, groups_continue(stack), &stmt, diag);

    if (err != WEH_OK) {
        return err;
    }
    description = groups_description(stack, description);
    rc = sqlite3_bind_text64(stmt, 3, description.ptr == NULL ? "" : description.ptr,
                             description.len, SQLITE_STATIC, SQLITE_UTF8);
    if (rc == SQLITE_OK) {
        rc = size != 0
                 ? sqlite3_bind_zeroblob64(stmt, 4, size)
                 : sqlite3_bind_blob64(stmt, 4, stack->bytes.data, stack->bytes.len, SQLITE_STATIC);
    }
    err = bind_failed(stack, rc, diag);
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_insert(struct weh_txn_stack *stack, struct weh_str description, struct weh_diag *diag)
{
    weh_err err;

    if ((stack->current & INDEX_MAX) == INDEX_MAX) {
        return weh_fail(diag, WEH_E_LIMIT, "too many transactions in one session");
    }
    if (!is_small(&stack->tables)) {
        return rows_insert_large(stack, description, diag);
    }
    err = pack_small(stack, diag);
    return err == WEH_OK ? rows_insert_row(stack, description, 0, diag) : err;
}

weh_err rows_delete_reversed(struct weh_txn_stack *stack, struct weh_diag *diag)
{
    return rows_run(stack, "DELETE FROM main.dgn_Txns WHERE Deleted=1", 0, 0, diag);
}

weh_err rows_set_reversed(struct weh_txn_stack *stack, struct weh_txn_id id, bool reversed,
                          struct weh_diag *diag)
{
    return rows_run(stack, "UPDATE main.dgn_Txns SET Deleted=?2 WHERE Id=?1", id.value, reversed,
                    diag);
}

/* The row's blob, unpacked into stack->bytes. */
static weh_err load_small(struct weh_txn_stack *stack, struct weh_txn_id id, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err =
        rows_start(stack, "SELECT Change FROM main.dgn_Txns WHERE Id=?1", id.value, 0, &stmt, diag);

    weh_buf_clear(&stack->bytes);
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        const uint8_t *blob = sqlite3_column_blob(stmt, 0);

        err = weh_unpack(&txn_pack_kind, blob, (size_t)sqlite3_column_bytes(stmt, 0), &stack->bytes,
                         diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_open(struct weh_txn_stack *stack, struct weh_txn_id id, struct change_source *out,
                  struct weh_diag *diag)
{
    int64_t limit = stack->max_small_blob == 0 ? MAX_SMALL_BLOB : stack->max_small_blob;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool is_small = false;
    weh_err err = rows_start(stack,
                             "SELECT IsSchemaChange, length(Change) "
                             "FROM main.dgn_Txns WHERE Id=?1",
                             id.value, 0, &stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && !row) {
        err = weh_fail(diag, WEH_E_CORRUPT, "a stored transaction is missing");
    } else if (err == WEH_OK && is_schema_change(stmt, 0)) {
        err = weh_fail(diag, WEH_E_UNSUPPORTED, "a schema change cannot be reversed");
    } else if (err == WEH_OK) {
        is_small = sqlite3_column_int64(stmt, 1) <= limit;
    }
    weh_stmt_release(stack->briefcase, stmt);
    *out = (struct change_source){ .is_stored = !is_small, .txn_id = id.value };
    if (err == WEH_OK && is_small) {
        err = load_small(stack, id, diag);
        out->bytes = stack->bytes.data;
        out->len = stack->bytes.len;
    }
    return err;
}

static weh_err add_id(struct weh_txn_ids *ids, uint64_t id, struct weh_diag *diag)
{
    struct weh_txn_id *grown;

    /* Room is doubled at each power of two. */
    if ((ids->n & (ids->n - 1)) == 0 || ids->n == 0) {
        grown = weh_realloc(ids->ids, (ids->n == 0 ? 1 : ids->n * 2) * sizeof(*grown));
        if (grown == NULL) {
            return weh_fail_nomem(diag);
        }
        ids->ids = grown;
    }
    ids->ids[ids->n++].value = id;
    return WEH_OK;
}

void weh_txn_ids_fini(struct weh_txn_ids *ids)
{
    weh_free(ids->ids);
    *ids = (struct weh_txn_ids){ 0 };
}

/* The row of @stmt (Id, Grouped, Time) becomes the first of @range. */
static void extend_down(struct redo_range *range, sqlite3_stmt *stmt)
{
    range->first = (uint64_t)sqlite3_column_int64(stmt, 0);
    range->last = range->last == 0 ? range->first : range->last;
    range->first_grouped = sqlite3_column_int(stmt, 1) != 0;
    range->n_ops += !range->first_grouped;
    range->time = time_bits(stmt, 2);
}

static weh_err walk_live(struct weh_txn_stack *stack, sqlite3_stmt *stmt, uint32_t count,
                         struct rows_found *out, struct weh_diag *diag)
{
    bool row = true;
    weh_err err = WEH_OK;

    while (out->range.n_ops < count && err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        if (is_schema_change(stmt, 3)) {
            out->wall = true;
            break;
        }
        extend_down(&out->range, stmt);
        err = add_id(&out->ids, out->range.first, diag);
    }
    /* What is left of an operation counts as one. */
    out->range.n_ops += out->range.first_grouped;
    return err;
}

weh_err rows_live(struct weh_txn_stack *stack, const struct rows_wanted *wanted,
                  struct rows_found *out, struct weh_diag *diag)
{
    uint64_t down_to = stack->floor.id > wanted->down_to ? stack->floor.id : wanted->down_to;
    sqlite3_stmt *stmt = NULL;
    weh_err err = rows_start(stack,
                             "SELECT Id,Grouped,Time,IsSchemaChange FROM main.dgn_Txns "
                             "WHERE Id>=?1 AND Id<?2 AND Deleted=0 ORDER BY Id DESC",
                             down_to, stack_position(stack), &stmt, diag);

    *out = (struct rows_found){ .wall = false };
    if (err == WEH_OK) {
        err = walk_live(stack, stmt, wanted->count, out, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    if (err != WEH_OK) {
        weh_txn_ids_fini(&out->ids);
    }
    return err;
}

weh_err rows_reversed(struct weh_txn_stack *stack, const struct redo_range *range,
                      struct weh_txn_ids *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = rows_start(stack,
                             "SELECT Id FROM main.dgn_Txns WHERE Id>=?1 AND Id<=?2 AND Deleted=1 "
                             "ORDER BY Id",
                             range->first, range->last, &stmt, diag);

    *out = (struct weh_txn_ids){ 0 };
    while (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        err = add_id(out, (uint64_t)sqlite3_column_int64(stmt, 0), diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    if (err != WEH_OK) {
        weh_txn_ids_fini(out);
    }
    return err;
}

weh_err rows_walk_reversed(struct weh_txn_stack *stack, sqlite3_stmt **out, struct weh_diag *diag)
{
    return rows_start(stack,
                      "SELECT Id,Grouped,Time FROM main.dgn_Txns WHERE Deleted=1 ORDER BY Id", 0, 0,
                      out, diag);
}

static void read_row(sqlite3_stmt *stmt, struct txn_row *out)
{
    out->id = (uint64_t)sqlite3_column_int64(stmt, 0);
    out->grouped = sqlite3_column_int(stmt, 1) != 0;
    out->time = time_bits(stmt, 2);
}

weh_err rows_next_reversed(struct weh_txn_stack *stack, sqlite3_stmt *stmt, struct txn_row *row,
                           bool *more, struct weh_diag *diag)
{
    weh_err err = txn_step(stack->briefcase, stmt, more, diag);

    if (err == WEH_OK && *more) {
        read_row(stmt, row);
    }
    return err;
}

weh_err rows_last_live(struct weh_txn_stack *stack, struct txn_row *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = rows_start(stack,
                             "SELECT Id,Grouped,Time FROM main.dgn_Txns WHERE Deleted=0 "
                             "ORDER BY Id DESC LIMIT 1",
                             0, 0, &stmt, diag);

    *out = (struct txn_row){ 0 };
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && row) {
        read_row(stmt, out);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_time(struct weh_txn_stack *stack, uint64_t id, uint64_t *time, bool *found,
                  struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err =
        rows_start(stack, "SELECT Time FROM main.dgn_Txns WHERE Id=?1", id, 0, &stmt, diag);

    *found = false;
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, found, diag);
    }
    if (err == WEH_OK && *found) {
        *time = time_bits(stmt, 0);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_have_pending(struct weh_txn_stack *stack, bool *out, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    *out = stack->pending == KNOWN_YES;
    if (stack->pending != KNOWN_NOT) {
        return WEH_OK;
    }
    err =
        rows_start(stack, "SELECT 1 FROM main.dgn_Txns WHERE Deleted=0 LIMIT 1", 0, 0, &stmt, diag);
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, out, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    /* Others may write a file that is open for reading. */
    if (err == WEH_OK && !stack->readonly) {
        stack->pending = *out ? KNOWN_YES : KNOWN_NO;
    }
    return err;
}
