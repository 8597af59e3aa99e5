/* src/txn/recorder.c - which rows of tracked tables were touched, and what they were before.
 *
 * Does the work of SQLite's session extension, through the same pre-update hook and with the same
 * result (a test compares the two), because a session object costs some 90 us for each table of
 * a small transaction: it reads the table's shape and prepares its SELECT anew each time. Here
 * both are kept. As there, a change is what differs between the first touch and the row as it is
 * when the changeset is written, so work that is undone or rolled back to a savepoint nets out.
 */
#include <string.h>

#include "weh/alloc.h"
#include "weh/briefcase_txn.h"

#include "txn_priv.h"

#define KEEP_BYTES   16384 /* memory that a table keeps between transactions */
#define FIRST_BUCKET 32
#define LARGE_ROWS   256
#define OLD_AT_MASK  0xffffffffffffU /* 48 bits */

static uint32_t hash_bytes(const uint8_t *bytes, size_t n)
{
    uint32_t hash = 2166136261U; /* FNV-1a */

    for (size_t i = 0; i < n; i++) {
        hash = (hash ^ bytes[i]) * 16777619U;
    }
    return hash;
}

static void fail(struct recorder *recorder, weh_err err)
{
    if (recorder->err == WEH_OK) {
        recorder->err = err;
    }
}

static uint32_t find_record(const struct table *table, const struct weh_buf *key, uint32_t hash)
{
    uint32_t i = table->n_buckets == 0 ? 0 : table->buckets[hash & (table->n_buckets - 1)];

    while (i != 0) {
        const struct record *record = &table->records[i - 1];

        if (record->hash == hash && record->key_len == key->len &&
            memcmp(table->keys.data + record->key, key->data, key->len) == 0) {
            return i;
        }
        i = record->next;
    }
    return 0;
}

static bool grow_records(struct table *table)
{
    uint32_t capacity = table->records_capacity == 0 ? 8 : table->records_capacity * 2;
    struct record *grown;

    if (table->n_records < table->records_capacity) {
        return true;
    }
    if (capacity > UINT32_MAX / 4) {
        return false;
    }
    grown = weh_realloc(table->records, capacity * sizeof(*grown));
    if (grown == NULL) {
        return false;
    }
    table->records = grown;
    table->records_capacity = capacity;
    return true;
}

static bool grow_buckets(struct table *table)
{
    uint32_t n = table->n_buckets == 0 ? FIRST_BUCKET : table->n_buckets * 2;
    uint32_t *buckets;

    if (table->n_records < table->n_buckets) {
        return true;
    }
    buckets = weh_calloc(n, sizeof(*buckets));
    if (buckets == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < table->n_records; i++) {
        uint32_t *bucket = &buckets[table->records[i].hash & (n - 1)];

        table->records[i].next = *bucket;
        *bucket = i + 1;
    }
    weh_free(table->buckets);
    table->buckets = buckets;
    table->n_buckets = n;
    return true;
}

/* The values of the primary key before (or after) the change; false when one is NULL. */
static bool read_key(struct recorder *recorder, const struct table *table, bool after)
{
    weh_buf_clear(&recorder->key);
    for (uint32_t i = 0; i < table->n_pk; i++) {
        sqlite3_value *value = NULL;
        int rc = after ? sqlite3_preupdate_new(recorder->db, table->pk_cols[i], &value)
                       : sqlite3_preupdate_old(recorder->db, table->pk_cols[i], &value);

        if (rc != SQLITE_OK) {
            fail(recorder, WEH_E_NOMEM);
            return false;
        }
        if (sqlite3_value_type(value) == SQLITE_NULL) {
            return false;
        }
        cs_put_value(&recorder->key, value);
    }
    if (recorder->key.err != WEH_OK) {
        fail(recorder, recorder->key.err);
        return false;
    }
    return true;
}

/* At the end of table->old: its length, or the failure. */
static weh_err keep_old_row(struct recorder *recorder, struct table *table, uint32_t *len)
{
    struct weh_buf *tail = &table->old.tail;
    size_t before = tail->len;

    for (uint32_t i = 0; i < table->n_columns; i++) {
        sqlite3_value *value = NULL;

        if (sqlite3_preupdate_old(recorder->db, (int)i, &value) != SQLITE_OK) {
            return WEH_E_NOMEM;
        }
        cs_put_value(tail, value);
    }
    if (tail->len - before > UINT32_MAX) {
        return WEH_E_TOO_LARGE;
    }
    *len = (uint32_t)(tail->len - before);
    return weh_spill_settle(&table->old, NULL);
}

static void link_record(struct table *table, const struct record *record)
{
    uint32_t *bucket = &table->buckets[record->hash & (table->n_buckets - 1)];

    table->records[table->n_records] = *record;
    table->records[table->n_records].next = *bucket;
    *bucket = ++table->n_records;
}

/* A record with recorder->key as its key, not yet linked; false without memory. */
static bool begin_record(const struct recorder *recorder, struct table *table,
                         struct record *record)
{
    if (table->keys.len + recorder->key.len > UINT32_MAX || !grow_records(table) ||
        !grow_buckets(table)) {
        return false;
    }
    record->key = (uint32_t)table->keys.len;
    record->key_len = (uint32_t)recorder->key.len;
    record->old_at = weh_spill_len(&table->old) & OLD_AT_MASK;
    weh_buf_append(&table->keys, recorder->key.data, recorder->key.len);
    return true;
}

static void add_record(struct recorder *recorder, struct table *table, uint32_t hash, bool is_new)
{
    struct record record = { .hash = hash, .is_new = is_new };
    weh_err err = WEH_OK;

    if (!begin_record(recorder, table, &record)) {
        fail(recorder, WEH_E_NOMEM);
        return;
    }
    record.indirect = recorder->indirect || sqlite3_preupdate_depth(recorder->db) > 0;
    if (!is_new) {
        uint32_t len = 0;

        err = keep_old_row(recorder, table, &len);
        record.old_len = len;
    }
    err = err == WEH_OK ? table->keys.err : err;
    if (err != WEH_OK) {
        fail(recorder, err);
        return;
    }
    link_record(table, &record);
}

static void touch(struct recorder *recorder, struct table *table, bool is_new)
{
    uint32_t hash = hash_bytes(recorder->key.data, recorder->key.len);
    uint32_t found = find_record(table, &recorder->key, hash);

    table->dirty = true;
    if (found == 0) {
        add_record(recorder, table, hash, is_new);
    } else if (!recorder->indirect && sqlite3_preupdate_depth(recorder->db) == 0) {
        table->records[found - 1].indirect = false;
    }
}

static struct table *find_table(struct recorder *recorder, const char *name)
{
    struct table *table = recorder->last;
    weh_err err;

    if (table == NULL || strcmp(table->name, name) != 0) {
        err = tables_find(recorder->tables, name, &table, NULL);
        if (err != WEH_OK) {
            fail(recorder, err);
            return NULL;
        }
        recorder->last = table;
    }
    return table;
}

static void touch_rows(struct recorder *recorder, struct table *table, int op)
{
    if (op != SQLITE_INSERT && read_key(recorder, table, false)) {
        touch(recorder, table, false);
    }
    /* An update that moves a row to another key is a delete and an insert. */
    if (op != SQLITE_DELETE && read_key(recorder, table, true)) {
        touch(recorder, table, true);
    }
}

static void begin(struct recorder *recorder)
{
    if (!recorder->any) {
        recorder->any = true;
        recorder->first_change(recorder->ctx);
    }
}

/* Seven parameters: SQLite's. NOLINTNEXTLINE(readability-function-size) */
static void before_update(void *ctx, sqlite3 *db, int op, const char *db_name, const char *name,
                          sqlite3_int64 old_rowid, sqlite3_int64 new_rowid)
{
    struct recorder *recorder = ctx;
    struct table *table;

    (void)old_rowid;
    (void)new_rowid;
    if (recorder->paused || strcmp(db_name, "main") != 0) {
        return;
    }
    recorder_sync(recorder);
    table = find_table(recorder, name);
    if (table == NULL && recorder->err != WEH_OK) {
        /* The change is in the file all the same: the save must not take it for none. */
        begin(recorder);
    }
    if (table == NULL || !table->tracked) {
        return;
    }
    begin(recorder);
    recorder->n_touches++;
    if (sqlite3_preupdate_count(db) == (int)table->n_columns) {
        touch_rows(recorder, table, op);
    } else {
        fail(recorder, WEH_E_DB); /* the table was altered: nothing here does that */
    }
}

void recorder_sync(struct recorder *recorder)
{
    if (recorder->n_rollbacks != weh_briefcase_rollback_count(recorder->tables->briefcase)) {
        recorder_reset(recorder);
    }
}

void recorder_init(struct recorder *recorder, struct tables *tables, sqlite3 *db)
{
    *recorder = (struct recorder){ .tables = tables, .db = db };
    recorder->n_rollbacks = weh_briefcase_rollback_count(tables->briefcase);
    (void)sqlite3_preupdate_hook(db, before_update, recorder);
}

void recorder_fini(struct recorder *recorder)
{
    if (recorder->db != NULL) {
        (void)sqlite3_preupdate_hook(recorder->db, NULL, NULL);
    }
    weh_buf_fini(&recorder->key);
    weh_buf_fini(&recorder->scratch);
    weh_buf_fini(&recorder->old_row);
    recorder->db = NULL;
}

static void shrink(struct weh_buf *buf)
{
    if (buf->capacity > KEEP_BYTES) {
        weh_buf_fini(buf);
    }
    weh_buf_clear(buf);
}

static void shrink_spill(struct weh_spill *spill)
{
    shrink(&spill->tail);
    weh_spill_clear(spill);
}

static void reset_table(struct table *table)
{
    shrink(&table->keys);
    shrink_spill(&table->old);
    shrink_spill(&table->group);
    table->dirty = false;
    if (table->n_records > LARGE_ROWS) {
        weh_free(table->records);
        weh_free(table->buckets);
        table->records = NULL;
        table->buckets = NULL;
        table->records_capacity = 0;
        table->n_buckets = 0;
    } else if (table->n_records > 0) {
        memset(table->buckets, 0, table->n_buckets * sizeof(*table->buckets));
    }
    table->n_records = 0;
}

void recorder_reset(struct recorder *recorder)
{
    for (size_t i = 0; i < recorder->tables->n; i++) {
        reset_table(recorder->tables->items[i]);
    }
    shrink(&recorder->key);
    shrink(&recorder->scratch);
    shrink(&recorder->old_row);
    recorder->n_rollbacks = weh_briefcase_rollback_count(recorder->tables->briefcase);
    recorder->err = WEH_OK;
    recorder->any = false;
}

/* ---- edits that are done again ---- */

/* The row as it is becomes the old row of @record. */
static weh_err copy_row(struct recorder *recorder, struct table *table, struct record *record,
                        sqlite3_stmt *select, struct weh_diag *diag)
{
    struct weh_buf *tail = &table->old.tail;
    size_t before = tail->len;
    bool row = false;
    weh_err err = recorder_bind_key(recorder, table, record, select, diag);

    if (err == WEH_OK) {
        err = txn_step(recorder->tables->briefcase, select, &row, diag);
    }
    for (uint32_t i = 0; row && i < table->n_columns; i++) {
        cs_put_value(tail, sqlite3_column_value(select, (int)i));
    }
    (void)sqlite3_reset(select);
    if (err == WEH_OK && !row) {
        return weh_fail(diag, WEH_E_CORRUPT, "a row is missing");
    }
    if (tail->len - before > UINT32_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a row is too large");
    }
    record->old_len = (uint32_t)(tail->len - before);
    return err == WEH_OK ? weh_spill_settle(&table->old, diag) : err;
}

weh_err recorder_seed(struct recorder *recorder, struct table *table,
                      const struct cs_change *change, sqlite3_stmt *select, struct weh_diag *diag)
{
    const struct cs_value *values = change->op == SQLITE_INSERT ? change->new_row : change->old_row;
    struct record record = { .is_new = change->op == SQLITE_INSERT, .indirect = change->indirect };
    weh_err err = WEH_OK;

    weh_buf_clear(&recorder->key);
    for (uint32_t i = 0; i < table->n_pk; i++) {
        cs_copy_value(&recorder->key, &values[table->pk_cols[i]]);
    }
    record.hash = hash_bytes(recorder->key.data, recorder->key.len);
    if (find_record(table, &recorder->key, record.hash) != 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "a row is there twice");
    }
    if (recorder->key.err != WEH_OK || !begin_record(recorder, table, &record) ||
        table->keys.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    if (!record.is_new) {
        err = copy_row(recorder, table, &record, select, diag);
    }
    if (err == WEH_OK) {
        begin(recorder);
        link_record(table, &record);
        table->dirty = true;
    }
    return err;
}
