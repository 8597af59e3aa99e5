/* src/txn/change_reader.c - reads saved transactions as changed instances.
 *
 * Opening reads all transactions of the range into the spool; then each change is put together when
 * it is asked for. What the parts do is in change_reader_priv.h.
 */
#include "weh/alloc.h"

#include "change_reader_priv.h"

#define STEPS_PER_QUESTION 100000 /* of SQLite, some milliseconds */

/* ---- into the spool ---- */

/* The values of the primary key, which is all that there is to find the row by. */
static weh_err put_key(const struct reader_table *at, const struct cs_value *row,
                       struct weh_buf *out, struct weh_diag *diag)
{
    weh_buf_clear(out);
    for (uint32_t i = 0; i < at->table->n_pk; i++) {
        cs_copy_value(out, &row[at->table->pk_cols[i]]);
    }
    return out->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

/* The table of a group, TAB_NONE when it is not told. */
static weh_err open_group(struct weh_change_reader *reader, uint32_t *tab, struct weh_diag *diag)
{
    const struct cs_group *group = &reader->stream.group;
    const struct table *table;
    weh_err err = reader_table(reader, group->table, tab, diag);

    if (err != WEH_OK || *tab == TAB_NONE) {
        return err;
    }
    table = reader->tables[*tab].table;
    for (uint32_t i = 0; i < table->n_columns && i < group->n_columns; i++) {
        if ((group->pk[i] != 0) != (table->pk[i] != 0)) {
            return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction does not fit the file");
        }
    }
    for (uint32_t i = 0; i < table->n_pk; i++) {
        if (table->pk_cols[i] >= group->n_columns) {
            return weh_fail(diag, WEH_E_CORRUPT, "a stored transaction does not fit the file");
        }
    }
    return group->n_columns <= table->n_columns
               ? WEH_OK
               : weh_fail(diag, WEH_E_CORRUPT, "a stored transaction does not fit the file");
}

static weh_err add_row(struct weh_change_reader *reader, uint32_t tab, uint64_t txn_id,
                       const struct cs_change *change, struct weh_str bytes, struct weh_diag *diag)
{
    const struct reader_table *at = &reader->tables[tab];
    const struct cs_value *key_row =
        change->op == SQLITE_INSERT ? change->new_row : change->old_row;
    struct spool_row row = {
        .tab = tab, .n_columns = reader->stream.group.n_columns, .txn_id = txn_id, .bytes = bytes
    };
    weh_err err = WEH_OK;

    if (at->is_file_prop) {
        err = put_key(at, key_row, &reader->key, diag);
        row.root = ROOT_FILE_PROPS;
        row.key = (struct weh_str){ (const char *)reader->key.data, reader->key.len };
    } else {
        row.root = (int64_t)at->root->id;
        row.id = (uint32_t)at->table->id_column < row.n_columns
                     ? cs_int(&key_row[at->table->id_column])
                     : 0;
    }
    return err == WEH_OK ? spool_add(&reader->spool, &row, diag) : err;
}

weh_err reader_progress(struct weh_change_reader *reader, uint64_t done, struct weh_diag *diag)
{
    const struct weh_change_options *options = &reader->options;

    return options->progress == NULL ? WEH_OK
                                     : options->progress(options->ctx, done, reader->total, diag);
}

void weh_change_reader_set_progress(struct weh_change_reader *reader,
                                    weh_err (*progress)(void *ctx, uint64_t done, uint64_t total,
                                                        struct weh_diag *diag),
                                    void *ctx)
{
    reader->options.progress = progress;
    reader->options.ctx = ctx;
}

static weh_err read_txn(struct weh_change_reader *reader, uint64_t id, struct weh_diag *diag)
{
    struct change_stream *stream = &reader->stream;
    struct cs_change change;
    struct weh_str bytes;
    uint32_t tab = TAB_NONE;
    bool more = true;
    const struct change_source source = { .is_stored = true, .txn_id = id };
    weh_err err = change_stream_open(stream, reader->stack->briefcase, &source, diag);
    size_t told = SIZE_MAX;

    while (err == WEH_OK) {
        err = change_stream_next(stream, &change, &bytes, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        if (stream->unpacker.at != told) {
            told = stream->unpacker.at;
            err = reader_progress(reader, reader->done + stream->unpacker.at, diag);
        }
        if (err == WEH_OK && stream->new_group) {
            err = open_group(reader, &tab, diag);
        }
        if (err == WEH_OK && tab != TAB_NONE) {
            err = add_row(reader, tab, id, &change, bytes, diag);
        }
    }
    reader->done += stream->unpacker.at;
    change_stream_end(stream);
    return err;
}

/* What SQLite asks while it sorts. */
struct sorting {
    struct weh_change_reader *reader;
    struct weh_diag *diag;
    weh_err err;
};

static int ask(void *ctx)
{
    struct sorting *sorting = ctx;

    sorting->err = reader_progress(sorting->reader, sorting->reader->total, sorting->diag);
    return sorting->err != WEH_OK;
}

static weh_err sort(struct weh_change_reader *reader, struct weh_diag *diag)
{
    struct sorting sorting = { reader, diag, WEH_OK };
    struct weh_diag own = { .err = WEH_OK };
    weh_err err;

    sqlite3_progress_handler(reader->spool.db, STEPS_PER_QUESTION, ask, &sorting);
    err = spool_sort(&reader->spool, &own);
    sqlite3_progress_handler(reader->spool.db, 0, NULL, NULL);
    if (sorting.err != WEH_OK) {
        return sorting.err;
    }
    if (err != WEH_OK && diag != NULL) {
        *diag = own;
    }
    return err;
}

static weh_err load(struct weh_change_reader *reader, struct weh_diag *diag)
{
    weh_err err = reader_find_txns(reader, diag);

    if (err == WEH_OK) {
        err = spool_open(&reader->spool, reader->options.temporary_bytes, diag);
    }
    for (size_t i = 0; err == WEH_OK && i < reader->n_txns; i++) {
        err = read_txn(reader, reader->txns[i].value, diag);
    }
    return err == WEH_OK ? sort(reader, diag) : err;
}

weh_err weh_change_reader_open(struct weh_txn_stack *stack,
                               const struct weh_change_options *options,
                               struct weh_change_reader **out, struct weh_diag *diag)
{
    struct weh_change_reader *reader;
    weh_err err = stack_enter(stack, diag);

    weh_assert(options != NULL && out != NULL);
    if (err != WEH_OK) {
        return err;
    }
    reader = weh_calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return weh_fail_nomem(diag);
    }
    reader->stack = stack;
    reader->options = *options;
    weh_arena_init(&reader->arena, 0);
    err = load(reader, diag);
    if (err != WEH_OK) {
        weh_change_reader_close(reader);
        return err;
    }
    *out = reader;
    return WEH_OK;
}

void weh_change_reader_close(struct weh_change_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    change_stream_fini(&reader->stream);
    cs_reader_fini(&reader->parser);
    sqlite3_finalize(reader->values);
    spool_close(&reader->spool);
    merged_fini(&reader->merged);
    reader_plans_fini(reader);
    weh_arena_fini(&reader->arena);
    weh_buf_fini(&reader->key);
    weh_free(reader->tables);
    weh_free(reader->txns);
    weh_free(reader);
}

uint64_t weh_change_reader_stamp(const struct weh_change_reader *reader)
{
    return reader->stamp;
}

void weh_change_reader_rest(struct weh_change_reader *reader)
{
    /* It gives back what it can. */
    (void)sqlite3_db_release_memory(reader->spool.db);
}

size_t weh_change_reader_row_bytes(const struct weh_change_reader *reader)
{
    return reader->row_bytes;
}

/* ---- out of the spool ---- */

static weh_err peek(struct weh_change_reader *reader, bool *more, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (!reader->has_row) {
        err = spool_next(&reader->spool, &reader->row, &reader->has_row, diag);
    }
    *more = reader->has_row;
    return err;
}

static weh_err merge_row(struct weh_change_reader *reader, struct weh_diag *diag)
{
    const struct spool_row *row = &reader->row;
    const struct cs_group group = { .n_columns = row->n_columns,
                                    .pk = reader->tables[row->tab].table->pk };
    const uint8_t *bytes = (const uint8_t *)row->bytes.ptr;
    struct cs_change change;
    weh_err err;

    reader->parser.at = bytes;
    reader->parser.end = bytes + row->bytes.len;
    err = cs_reader_seek(&reader->parser, &group, bytes, &change, diag);
    if (err != WEH_OK) {
        return err;
    }
    if (reader->merged.n == 0) {
        reader->txn_id.value = row->txn_id;
    } else if (reader->txn_id.value != row->txn_id) {
        reader->txn_id.value = 0;
    }
    reader->row_bytes += row->bytes.len;
    reader->has_row = false;
    return merged_add(&reader->merged, row->tab, row->n_columns, &change, diag);
}

static bool keys_equal(const struct weh_change_reader *reader)
{
    return reader->row.root == reader->root && reader->row.id == reader->id &&
           weh_str_eq(reader->row.key,
                      (struct weh_str){ (const char *)reader->key.data, reader->key.len });
}

/* All rows of one instance into merged. */
static weh_err gather(struct weh_change_reader *reader, bool *more, struct weh_diag *diag)
{
    bool same = true;
    weh_err err = peek(reader, more, diag);

    if (err != WEH_OK || !*more) {
        return err;
    }
    merged_clear(&reader->merged);
    reader->row_bytes = 0;
    reader->root = reader->row.root;
    reader->id = reader->row.id;
    weh_buf_clear(&reader->key);
    weh_buf_append(&reader->key, reader->row.key.ptr, reader->row.key.len);
    if (reader->key.err != WEH_OK) {
        return weh_fail_nomem(diag);
    }
    while (err == WEH_OK && same) {
        err = merge_row(reader, diag);
        if (err == WEH_OK) {
            err = peek(reader, &same, diag);
        }
        same = same && keys_equal(reader);
    }
    return err;
}

/* The row of the primary table, or else any that has a change. */
static const struct merged_row *leading_row(const struct weh_change_reader *reader)
{
    const struct merged *merged = &reader->merged;
    const struct merged_row *found = NULL;

    for (uint32_t i = 0; i < merged->n; i++) {
        if (merged->rows[i].op != 0 &&
            (found == NULL || reader->tables[merged->rows[i].tab].is_root)) {
            found = &merged->rows[i];
        }
    }
    return found;
}

static weh_id class_of(const struct weh_change_reader *reader, const struct merged_row *row,
                       bool old)
{
    int column = reader->tables[row->tab].table->class_column;

    return column < 0 || (uint32_t)column >= row->n_columns
               ? 0
               : (weh_id)cs_int(old ? &merged_old(row)[column] : &merged_new(row)[column]);
}

static bool all_indirect(const struct merged *merged)
{
    for (uint32_t i = 0; i < merged->n; i++) {
        if (!merged->rows[i].indirect) {
            return false;
        }
    }
    return true;
}

static void put_file_prop(const struct weh_change_reader *reader, struct weh_instance_change *out)
{
    const uint8_t *at = reader->key.data;
    const uint8_t *end = at + reader->key.len;
    struct cs_value values[4];
    size_t n = 0;

    while (n < WEH_ARRAY_LEN(values) && cs_get_value(&at, end, &values[n])) {
        n++;
    }
    if (n == WEH_ARRAY_LEN(values)) {
        out->prop_namespace = (struct weh_str){ (const char *)values[0].bytes, values[0].len };
        out->prop_name = (struct weh_str){ (const char *)values[1].bytes, values[1].len };
        out->prop_id = cs_int(&values[2]);
        out->prop_sub_id = cs_int(&values[3]);
    }
}

static weh_err tell(struct weh_change_reader *reader, enum weh_change_op op, weh_id class_id,
                    const struct weh_ec_table *root, struct weh_instance_change *out,
                    struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    weh_err err = WEH_OK;

    reader->tell_old = op != WEH_CHANGE_INSERTED;
    reader->tell_new = op != WEH_CHANGE_DELETED;
    reader->plan = NULL;
    *out = (struct weh_instance_change){
        .op = op, .indirect = reader->indirect, .txn_id = reader->txn_id, .id = (weh_id)reader->id
    };
    if (root == NULL) {
        put_file_prop(reader, out);
        return WEH_OK;
    }
    err = reader_class(reader, root, class_id, &ec_class, diag);
    if (err == WEH_OK && ec_class == NULL) {
        err = weh_fail(diag, WEH_E_CORRUPT, "a table has no class");
    }
    if (err == WEH_OK) {
        out->ec_class = ec_class;
        err = reader_plan(reader, ec_class, &reader->plan, diag);
    }
    return err;
}

/* Tell what is in merged, if anything is. */
static weh_err tell_merged(struct weh_change_reader *reader, struct weh_instance_change *out,
                           bool *told, struct weh_diag *diag)
{
    const struct merged_row *row = leading_row(reader);
    const struct reader_table *at = row == NULL ? NULL : &reader->tables[row->tab];
    weh_id was = row == NULL ? 0 : class_of(reader, row, true);
    weh_id is = row == NULL ? 0 : class_of(reader, row, false);
    enum weh_change_op op = WEH_CHANGE_UPDATED;

    reader->indirect = all_indirect(&reader->merged);
    *told = row != NULL;
    if (row == NULL) {
        return WEH_OK;
    }
    if (at->is_root && was != 0 && is != 0 && was != is) {
        reader->insert_follows = true;
        reader->next_class_id = is;
        return tell(reader, WEH_CHANGE_DELETED, was, at->root, out, diag);
    }
    merged_settle(&reader->merged, reader->tables);
    row = leading_row(reader);
    *told = row != NULL;
    if (row == NULL) {
        return WEH_OK;
    }
    at = &reader->tables[row->tab];
    if ((at->is_root || at->is_file_prop) && row->op != SQLITE_UPDATE) {
        op = row->op == SQLITE_INSERT ? WEH_CHANGE_INSERTED : WEH_CHANGE_DELETED;
    }
    return tell(reader, op, is != 0 ? is : was, at->is_file_prop ? NULL : at->root, out, diag);
}

/* After a deletion: what was then inserted with the same id. */
static weh_err tell_insert(struct weh_change_reader *reader, struct weh_instance_change *out,
                           struct weh_diag *diag)
{
    const struct merged_row *row = leading_row(reader);

    weh_assert(row != NULL); /* it was told as deleted just now */
    reader->insert_follows = false;
    return tell(reader, WEH_CHANGE_INSERTED, reader->next_class_id, reader->tables[row->tab].root,
                out, diag);
}

weh_err weh_change_reader_next(struct weh_change_reader *reader, struct weh_instance_change *out,
                               bool *more, struct weh_diag *diag)
{
    bool told = false;
    weh_err err = WEH_OK;

    *more = true;
    if (reader->insert_follows) {
        return tell_insert(reader, out, diag);
    }
    while (err == WEH_OK && !told) {
        err = gather(reader, more, diag);
        if (err != WEH_OK || !*more) {
            break;
        }
        err = tell_merged(reader, out, &told, diag);
    }
    return err;
}
