/* src/txn/recorder_write.c - from rows that were touched to the changeset of what differs now.
 *
 * Which rows they are, and what they were, is taken down in recorder.c.
 */
#include <string.h>

#include "txn_priv.h"

static void put_change(struct weh_buf *out, int op, bool indirect)
{
    weh_buf_byte(out, (uint8_t)op);
    weh_buf_byte(out, indirect ? 1 : 0);
}

static void put_insert(const struct table *table, const struct record *record, sqlite3_stmt *row,
                       struct weh_buf *out)
{
    put_change(out, SQLITE_INSERT, record->indirect);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        cs_put_value(out, sqlite3_column_value(row, (int)i));
    }
}

/* One column of an update: @old bytes when they tell something, @value when it has changed. */
static bool put_column(sqlite3_value *value, const uint8_t *old, size_t old_len, bool is_key,
                       struct weh_buf *out, struct weh_buf *scratch)
{
    size_t before = scratch->len;
    bool changed;

    cs_put_value(scratch, value);
    changed = scratch->err != WEH_OK || scratch->len - before != old_len ||
              memcmp(scratch->data + before, old, old_len) != 0;
    if (!changed) {
        scratch->len = before;
        weh_buf_byte(scratch, CS_UNDEFINED);
    }
    if (changed || is_key) {
        weh_buf_append(out, old, old_len);
    } else {
        weh_buf_byte(out, CS_UNDEFINED);
    }
    return changed;
}

/* Old values of the key and of what changed, new values of what changed; nothing when nothing. */
static void put_update(struct table *table, const struct record *record, sqlite3_stmt *row,
                       const uint8_t *at, struct weh_buf *scratch)
{
    const uint8_t *end = at + record->old_len;
    struct weh_buf *out = &table->group.tail;
    size_t start = out->len;
    bool changed = false;

    weh_buf_clear(scratch);
    put_change(out, SQLITE_UPDATE, record->indirect);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const uint8_t *old = at;
        struct cs_value value;

        cs_next_value(&at, end, &value);
        changed |= put_column(sqlite3_column_value(row, (int)i), old, (size_t)(at - old),
                              table->pk[i] != 0, out, scratch);
    }
    weh_buf_append(out, scratch->data, scratch->len);
    if (scratch->err != WEH_OK && out->err == WEH_OK) {
        out->err = scratch->err;
    }
    if (!changed && out->err == WEH_OK) {
        out->len = start;
    }
}

static void put_delete(const struct record *record, const uint8_t *old, struct weh_buf *out)
{
    put_change(out, SQLITE_DELETE, record->indirect);
    weh_buf_append(out, old, record->old_len);
}

weh_err recorder_old_row(struct recorder *recorder, const struct table *table,
                         const struct record *record, const uint8_t **out, struct weh_diag *diag)
{
    const struct weh_spill *old = &table->old;
    uint8_t *copy;

    if (record->old_at >= old->in_file) {
        *out = old->tail.data + (record->old_at - old->in_file);
        return WEH_OK;
    }
    weh_buf_clear(&recorder->old_row);
    copy = weh_buf_reserve(&recorder->old_row, record->old_len);
    *out = copy;
    return copy == NULL ? weh_fail_nomem(diag)
                        : weh_spill_read(old, record->old_at, copy, record->old_len, diag);
}

weh_err recorder_bind_key(const struct recorder *recorder, const struct table *table,
                          const struct record *record, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    const uint8_t *at = table->keys.data + record->key;
    const uint8_t *end = at + record->key_len;

    for (uint32_t i = 0; i < table->n_pk; i++) {
        struct cs_value value;
        int rc;

        cs_next_value(&at, end, &value);
        rc = cs_bind(stmt, (int)i + 1, &value);
        if (rc != SQLITE_OK) {
            return weh_db_fail(recorder->tables->briefcase, rc, diag);
        }
    }
    return WEH_OK;
}

static weh_err put_record(struct recorder *recorder, struct table *table,
                          const struct record *record, sqlite3_stmt *stmt, struct weh_diag *diag)
{
    const uint8_t *old = NULL;
    bool row = false;
    weh_err err = recorder_bind_key(recorder, table, record, stmt, diag);

    if (err == WEH_OK) {
        err = txn_step(recorder->tables->briefcase, stmt, &row, diag);
    }
    if (err == WEH_OK && !record->is_new) {
        err = recorder_old_row(recorder, table, record, &old, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    if (row && record->is_new) {
        put_insert(table, record, stmt, &table->group.tail);
    } else if (row) {
        put_update(table, record, stmt, old, &recorder->scratch);
    } else if (!record->is_new) {
        put_delete(record, old, &table->group.tail);
    }
    (void)sqlite3_reset(stmt);
    return weh_spill_settle(&table->group, diag);
}

static void put_group(const struct table *table, struct weh_buf *out)
{
    weh_buf_byte(out, 'T');
    cs_put_varint(out, table->n_columns);
    weh_buf_append(out, table->pk, table->n_columns);
    weh_buf_append(out, table->name, strlen(table->name) + 1);
}

enum purpose {
    PURPOSE_PROBE, /* stop behind the first change; the group is then not fit for use */
    PURPOSE_LOOK,
    PURPOSE_SAVE
};

/* A row whose edits cancel out is as if nobody had touched it: what the save itself changes in it
 * afterwards is indirect, as in the native library, which records that apart. */
static weh_err write_table(struct recorder *recorder, struct table *table, enum purpose purpose,
                           struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    uint64_t start;
    weh_err err;

    weh_spill_clear(&table->group);
    put_group(table, &table->group.tail);
    start = weh_spill_len(&table->group);
    table->n_changes = 0;
    err = weh_stmt_acquire(recorder->tables->briefcase, table->select_sql, &stmt, diag);
    for (uint32_t i = 0; i < table->n_records && err == WEH_OK; i++) {
        uint64_t before = weh_spill_len(&table->group);

        err = put_record(recorder, table, &table->records[i], stmt, diag);
        if (purpose == PURPOSE_PROBE && weh_spill_len(&table->group) > start) {
            break;
        }
        table->n_changes += weh_spill_len(&table->group) > before;
        table->records[i].indirect |=
            purpose == PURPOSE_SAVE && weh_spill_len(&table->group) == before;
        if (err == WEH_OK && purpose == PURPOSE_SAVE) {
            err = tables_tick(recorder->tables, diag);
        }
    }
    weh_stmt_release(recorder->tables->briefcase, stmt);
    if (weh_spill_len(&table->group) == start) {
        weh_spill_clear(&table->group);
    }
    return err;
}

static weh_err check(const struct recorder *recorder, struct weh_diag *diag)
{
    if (recorder->err != WEH_OK) {
        return weh_fail(diag, recorder->err, "the changes could not be recorded");
    }
    return WEH_OK;
}

void recorder_stale(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->tables->n; i++) {
        struct table *table = recorder->tables->items[i];

        weh_spill_clear(&table->group);
        table->dirty = table->n_records > 0;
    }
}

uint64_t recorder_rows(const struct recorder *recorder)
{
    uint64_t n = 0;

    for (size_t i = 0; i < recorder->tables->n; i++) {
        n += recorder->tables->items[i]->n_records;
    }
    return n;
}

static weh_err write_tables(struct recorder *recorder, enum purpose purpose, uint64_t *n_bytes,
                            struct weh_diag *diag)
{
    struct tables *tables = recorder->tables;
    uint64_t sum = 0;
    weh_err err = check(recorder, diag);

    for (size_t i = 0; i < tables->n && err == WEH_OK; i++) {
        struct table *table = tables->items[i];

        if (table->dirty) {
            err = write_table(recorder, table, purpose, diag);
            table->dirty = err != WEH_OK || purpose != PURPOSE_SAVE;
        }
        sum += weh_spill_len(&table->group);
    }
    *n_bytes = sum;
    return err == WEH_OK && sum > TXN_LIMIT_BYTES
               ? weh_fail(diag, WEH_E_TOO_LARGE, "the transaction is too large")
               : err;
}

weh_err recorder_write(struct recorder *recorder, uint64_t *n_bytes, struct weh_diag *diag)
{
    return write_tables(recorder, PURPOSE_SAVE, n_bytes, diag);
}

weh_err recorder_look(struct recorder *recorder, uint64_t *n_bytes, struct weh_diag *diag)
{
    return write_tables(recorder, PURPOSE_LOOK, n_bytes, diag);
}

weh_err recorder_has_net_change(struct recorder *recorder, bool *out, struct weh_diag *diag)
{
    struct tables *tables = recorder->tables;
    weh_err err = check(recorder, diag);

    *out = false;
    for (size_t i = 0; i < tables->n && err == WEH_OK && !*out; i++) {
        struct table *table = tables->items[i];

        if (table->dirty) {
            err = write_table(recorder, table, PURPOSE_PROBE, diag);
        }
        *out = weh_spill_len(&table->group) > 0;
    }
    return err;
}
