/* src/txn/change_reader_merge.c - several changes of one row become one, as SQLite's changegroup
 * makes them; the rows of one instance are kept side by side.
 *
 * A row that was deleted and inserted again has all values, old and new, until merged_settle.
 */
#include <string.h>

#include "weh/alloc.h"

#include "change_reader_priv.h"

void merged_fini(struct merged *merged)
{
    for (uint32_t i = 0; i < merged->capacity; i++) {
        weh_buf_fini(&merged->rows[i].bytes);
        weh_free(merged->rows[i].values);
    }
    weh_free(merged->rows);
    weh_free(merged->work);
    weh_buf_fini(&merged->scratch);
    *merged = (struct merged){ .rows = NULL };
}

void merged_clear(struct merged *merged)
{
    merged->n = 0;
}

const struct merged_row *merged_find(const struct merged *merged, uint32_t tab)
{
    for (uint32_t i = 0; i < merged->n; i++) {
        if (merged->rows[i].tab == tab) {
            return &merged->rows[i];
        }
    }
    return NULL;
}

/* The row of @tab, with op 0 when it is new. */
static weh_err row_of(struct merged *merged, uint32_t tab, struct merged_row **out,
                      struct weh_diag *diag)
{
    struct merged_row *rows;
    uint32_t capacity = merged->capacity == 0 ? 4 : merged->capacity * 2;

    for (uint32_t i = 0; i < merged->n; i++) {
        if (merged->rows[i].tab == tab) {
            *out = &merged->rows[i];
            return WEH_OK;
        }
    }
    if (merged->n == merged->capacity) {
        rows = weh_realloc(merged->rows, capacity * sizeof(*rows));
        if (rows == NULL) {
            return weh_fail_nomem(diag);
        }
        memset(rows + merged->capacity, 0, (capacity - merged->capacity) * sizeof(*rows));
        merged->rows = rows;
        merged->capacity = capacity;
    }
    *out = &merged->rows[merged->n++];
    (*out)->tab = tab;
    (*out)->op = 0;
    (*out)->indirect = true;
    (*out)->n_columns = 0;
    return WEH_OK;
}

static weh_err reserve(struct cs_value **values, uint32_t *n, size_t wanted, struct weh_diag *diag)
{
    struct cs_value *grown;

    if (wanted <= *n) {
        return WEH_OK;
    }
    grown = weh_realloc(*values, wanted * sizeof(*grown));
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    *values = grown;
    *n = (uint32_t)wanted;
    return WEH_OK;
}

/* What an operation on a row that @first has touched makes of it; 0: nothing is left. What cannot
 * follow, as an insert on an update, changes nothing. */
static int combine_ops(int first, int second, bool *ignored)
{
    *ignored = false;
    if (first == 0) {
        return second;
    }
    if (first == SQLITE_INSERT && second != SQLITE_INSERT) {
        return second == SQLITE_DELETE ? 0 : SQLITE_INSERT;
    }
    if (first == SQLITE_UPDATE && second != SQLITE_INSERT) {
        return second;
    }
    if (first == SQLITE_DELETE && second == SQLITE_INSERT) {
        return SQLITE_UPDATE;
    }
    *ignored = true;
    return first;
}

static struct cs_value value_at(const struct cs_value *row, uint32_t n, uint32_t i)
{
    static const struct cs_value none = { .type = CS_UNDEFINED };

    return i < n ? row[i] : none;
}

/* Old values are the first, new ones the last that anybody knows. */
static void combine_values(const struct merged_row *row, int op, uint32_t n_columns,
                           const struct cs_change *change, struct cs_value *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct cs_value old = value_at(row->values, row->op == 0 ? 0 : row->n_columns, i);
        struct cs_value now = row->op == 0 ? old : value_at(merged_new(row), row->n_columns, i);
        struct cs_value next_old = value_at(change->old_row, n_columns, i);
        struct cs_value next_now = value_at(change->new_row, n_columns, i);

        out[i] = row->op == SQLITE_INSERT || old.type != CS_UNDEFINED ? old : next_old;
        out[n + i] = next_now.type != CS_UNDEFINED ? next_now : now;
        if (op == SQLITE_INSERT) {
            out[i].type = CS_UNDEFINED;
        } else if (op == SQLITE_DELETE) {
            out[n + i].type = CS_UNDEFINED;
        }
    }
}

/* Copy @values (views into anywhere) into the row. */
static weh_err store(struct merged *merged, struct merged_row *row, const struct cs_value *values,
                     uint32_t n, struct weh_diag *diag)
{
    struct weh_buf old = row->bytes;
    const uint8_t *at;
    weh_err err;

    weh_buf_clear(&merged->scratch);
    for (uint32_t i = 0; i < 2 * n; i++) {
        if (values[i].type == CS_UNDEFINED) {
            weh_buf_byte(&merged->scratch, CS_UNDEFINED);
        } else {
            cs_copy_value(&merged->scratch, &values[i]);
        }
    }
    if (merged->scratch.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    err = reserve(&row->values, &row->n_values, 2 * (size_t)n, diag);
    if (err != WEH_OK) {
        return err;
    }
    row->bytes = merged->scratch;
    merged->scratch = old;
    row->n_columns = n;
    at = row->bytes.data;
    for (uint32_t i = 0; i < 2 * n; i++) {
        cs_next_value(&at, row->bytes.data + row->bytes.len, &row->values[i]);
    }
    return WEH_OK;
}

weh_err merged_add(struct merged *merged, uint32_t tab, uint32_t n_columns,
                   const struct cs_change *change, struct weh_diag *diag)
{
    struct merged_row *row = NULL;
    bool ignored = false;
    uint32_t n;
    int op;
    weh_err err = row_of(merged, tab, &row, diag);

    if (err != WEH_OK) {
        return err;
    }
    weh_assert(row != NULL);
    row->indirect = row->indirect && change->indirect;
    op = combine_ops(row->op, change->op, &ignored);
    if (ignored) {
        return WEH_OK;
    }
    n = row->n_columns > n_columns ? row->n_columns : n_columns;
    err = reserve(&merged->work, &merged->n_work, 2 * (size_t)n, diag);
    if (err != WEH_OK) {
        return err;
    }
    combine_values(row, op, n_columns, change, merged->work, n);
    err = store(merged, row, merged->work, n, diag);
    row->op = err == WEH_OK ? op : 0;
    return err;
}

static bool same(const struct cs_value *a, const struct cs_value *b)
{
    return a->type == b->type && a->len == b->len &&
           (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* True when a value is left that changes. */
static bool settle_row(struct merged_row *row, const struct table *table)
{
    bool changed = false;

    for (uint32_t i = 0; i < row->n_columns; i++) {
        struct cs_value *now = &row->values[row->n_columns + i];

        if (table->pk[i] != 0) {
            continue;
        }
        if (same(&row->values[i], now)) {
            row->values[i].type = now->type = CS_UNDEFINED;
        }
        changed = changed || now->type != CS_UNDEFINED;
    }
    return changed;
}

void merged_settle(struct merged *merged, const struct reader_table *tables)
{
    for (uint32_t r = 0; r < merged->n; r++) {
        struct merged_row *row = &merged->rows[r];

        if (row->op == SQLITE_UPDATE && !settle_row(row, tables[row->tab].table)) {
            row->op = 0;
        }
    }
}
