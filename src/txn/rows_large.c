/* src/txn/rows_large.c - rows of dgn_Txns whose changeset is too large for memory.
 *
 * A blob must be as long as it will be when its row is inserted, so the changeset is packed twice: to
 * learn the length, and to write it. That takes less than to keep the packed bytes somewhere, and
 * what is packed does not depend on anything but the changeset.
 */
#include "rows_priv.h"

/* As SQLite is built by default (SQLITE_MAX_LENGTH); the row has other columns. */
#define MAX_BLOB_BYTES (UINT64_C(1000) * 1000 * 1000 - 100000)

struct blob_writer {
    struct weh_txn_stack *stack;
    sqlite3_blob *blob; /* NULL: count only */
    uint64_t len;
};

static weh_err write_piece(void *ctx, const uint8_t *bytes, size_t n, struct weh_diag *diag)
{
    struct blob_writer *writer = ctx;
    int rc = SQLITE_OK;

    if (n > MAX_BLOB_BYTES - writer->len) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "the transaction is too large");
    }
    if (writer->blob != NULL) {
        rc = sqlite3_blob_write(writer->blob, bytes, (int)n, (int)writer->len);
    }
    writer->len += n;
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(writer->stack->briefcase, rc, diag);
}

static weh_err add_group(struct weh_packer *packer, const struct weh_spill *group,
                         struct tables *tables, struct weh_diag *diag)
{
    uint8_t piece[8192];
    uint64_t len = weh_spill_len(group);
    weh_err err = WEH_OK;

    for (uint64_t at = 0; at < len && err == WEH_OK; at += sizeof(piece)) {
        size_t n = len - at < sizeof(piece) ? (size_t)(len - at) : sizeof(piece);

        err = weh_spill_read(group, at, piece, n, diag);
        if (err == WEH_OK) {
            err = weh_packer_add(packer, piece, n, diag);
        }
        if (err == WEH_OK) {
            err = tables_tick(tables, diag);
        }
    }
    return err;
}

static weh_err pack_all(struct weh_txn_stack *stack, struct weh_packer *packer,
                        struct weh_diag *diag)
{
    struct tables *tables = &stack->tables;
    uint64_t total = 0;
    weh_err err;

    for (size_t i = 0; i < tables->n; i++) {
        total += weh_spill_len(&tables->items[i]->group);
    }
    err = weh_packer_begin(packer, total, diag);
    for (size_t i = 0; i < tables->n && err == WEH_OK; i++) {
        err = add_group(packer, &tables->items[i]->group, tables, diag);
    }
    return err == WEH_OK ? weh_packer_end(packer, diag) : err;
}

static weh_err write_blob(struct weh_txn_stack *stack, struct weh_packer *packer,
                          struct weh_diag *diag)
{
    struct blob_writer *writer = packer->ctx;
    uint64_t len = writer->len;
    int rc = sqlite3_blob_open(stack->db, "main", "dgn_Txns", "Change",
                               (sqlite3_int64)stack->current, 1, &writer->blob);
    weh_err err;

    if (rc != SQLITE_OK) {
        return weh_db_fail(stack->briefcase, rc, diag);
    }
    writer->len = 0;
    err = pack_all(stack, packer, diag);
    rc = sqlite3_blob_close(writer->blob);
    if (err == WEH_OK && rc != SQLITE_OK) {
        err = weh_db_fail(stack->briefcase, rc, diag);
    }
    weh_assert(err != WEH_OK || writer->len == len);
    return err;
}

weh_err rows_insert_large(struct weh_txn_stack *stack, struct weh_str description,
                          struct weh_diag *diag)
{
    struct blob_writer writer = { .stack = stack };
    struct weh_packer packer = { .kind = &txn_pack_kind, .write = write_piece, .ctx = &writer };
    weh_err err = pack_all(stack, &packer, diag);

    if (err == WEH_OK) {
        err = rows_insert_row(stack, description, writer.len, diag);
    }
    if (err == WEH_OK) {
        err = write_blob(stack, &packer, diag);
    }
    weh_packer_fini(&packer);
    return err;
}

/* ---- marking as reversed ---- */

/* SQLite writes a whole row anew when one of its columns changes, and holds it in memory meanwhile. So
 * the blob goes out of the row piece by piece, and comes back after the change. */

static weh_err copy_blob(struct weh_txn_stack *stack, sqlite3_blob *blob, uint64_t len, bool out,
                         struct weh_spill *copy, struct weh_diag *diag)
{
    uint8_t piece[8192];
    int rc = SQLITE_OK;
    weh_err err = WEH_OK;

    for (uint64_t at = 0; at < len && err == WEH_OK && rc == SQLITE_OK; at += sizeof(piece)) {
        size_t n = len - at < sizeof(piece) ? (size_t)(len - at) : sizeof(piece);

        if (out) {
            rc = sqlite3_blob_read(blob, piece, (int)n, (int)at);
            err = rc == SQLITE_OK ? weh_spill_append(copy, piece, n, diag) : WEH_OK;
        } else {
            err = weh_spill_read(copy, at, piece, n, diag);
            rc = err == WEH_OK ? sqlite3_blob_write(blob, piece, (int)n, (int)at) : SQLITE_OK;
        }
    }
    return rc == SQLITE_OK ? err : weh_db_fail(stack->briefcase, rc, diag);
}

/* All of the blob of row @id out into @copy, or back from there. */
static weh_err move_blob(struct weh_txn_stack *stack, struct weh_txn_id id, bool out,
                         struct weh_spill *copy, struct weh_diag *diag)
{
    sqlite3_blob *blob = NULL;
    int rc = sqlite3_blob_open(stack->db, "main", "dgn_Txns", "Change", (sqlite3_int64)id.value,
                               !out, &blob);
    weh_err err;

    if (rc != SQLITE_OK) {
        return weh_db_fail(stack->briefcase, rc, diag);
    }
    err = copy_blob(stack, blob, (uint64_t)sqlite3_blob_bytes(blob), out, copy, diag);
    rc = sqlite3_blob_close(blob);
    return err != WEH_OK || rc == SQLITE_OK ? err : weh_db_fail(stack->briefcase, rc, diag);
}

static weh_err update_row(struct weh_txn_stack *stack, struct weh_txn_id id, bool reversed,
                          uint64_t size, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    weh_err err = rows_start(stack, "UPDATE main.dgn_Txns SET Deleted=?2,Change=?3 WHERE Id=?1",
                             id.value, reversed, &stmt, diag);

    if (err == WEH_OK) {
        int rc = sqlite3_bind_zeroblob64(stmt, 3, size);

        err = rc == SQLITE_OK ? WEH_OK : weh_db_fail(stack->briefcase, rc, diag);
    }
    if (err == WEH_OK) {
        err = txn_step(stack->briefcase, stmt, &row, diag);
    }
    weh_stmt_release(stack->briefcase, stmt);
    return err;
}

weh_err rows_set_reversed_large(struct weh_txn_stack *stack, struct weh_txn_id id, bool reversed,
                                struct weh_diag *diag)
{
    struct weh_spill copy = { .keep_bytes = stack->tables.keep_bytes };
    weh_err err = move_blob(stack, id, true, &copy, diag);

    if (err == WEH_OK) {
        err = update_row(stack, id, reversed, weh_spill_len(&copy), diag);
    }
    if (err == WEH_OK) {
        err = move_blob(stack, id, false, &copy, diag);
    }
    weh_spill_fini(&copy);
    return err;
}
