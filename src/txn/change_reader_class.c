/* src/txn/change_reader_class.c - which class a changed instance has, and which columns hold the
 * class's properties.
 */
#include <string.h>

#include "weh/alloc.h"

#include "change_reader_priv.h"
#include "rows_priv.h"

/* ---- tables ---- */

static weh_err add_table(struct weh_change_reader *reader, struct weh_diag *diag)
{
    uint32_t capacity = reader->tables_capacity == 0 ? 16 : reader->tables_capacity * 2;
    struct reader_table *grown;

    if (reader->n_tables == reader->tables_capacity) {
        grown = weh_realloc(reader->tables, capacity * sizeof(*grown));
        if (grown == NULL) {
            return weh_fail_nomem(diag);
        }
        reader->tables = grown;
        reader->tables_capacity = capacity;
    }
    return WEH_OK;
}

static void describe_table(struct weh_change_reader *reader, struct table *table,
                           struct reader_table *out)
{
    const struct weh_ec_table *ec =
        weh_ec_table_by_name(reader->stack->tables.catalog, weh_str_from(table->name));

    *out = (struct reader_table){ .table = table, .root = ec, .is_root = true };
    while (out->root != NULL && out->root->parent != NULL) {
        out->root = out->root->parent;
        out->is_root = false;
    }
    if (strcmp(table->name, "be_Prop") == 0) {
        out->is_file_prop = true;
    } else if (out->root == NULL || table->id_column < 0) {
        out->table = NULL;
    }
}

weh_err reader_table(struct weh_change_reader *reader, const char *name, uint32_t *out,
                     struct weh_diag *diag)
{
    struct table *table = NULL;
    weh_err err = tables_find(&reader->stack->tables, name, &table, diag);

    *out = TAB_NONE;
    if (err != WEH_OK || table == NULL || !table->tracked) {
        return err;
    }
    for (uint32_t i = 0; i < reader->n_tables; i++) {
        if (reader->tables[i].table == table) {
            *out = i;
            return WEH_OK;
        }
    }
    err = add_table(reader, diag);
    if (err == WEH_OK) {
        struct reader_table *added = &reader->tables[reader->n_tables];

        describe_table(reader, table, added);
        if (added->table != NULL) {
            *out = reader->n_tables++;
        }
    }
    return err;
}

/* ---- classes of instances ---- */

/* What a row of the primary table says of its class. */
static weh_err note_class(struct weh_change_reader *reader, const struct reader_table *at,
                          const struct cs_value *id, const struct cs_value *class_id,
                          struct weh_diag *diag)
{
    return class_id->type != CS_INTEGER ? WEH_OK
                                        : spool_put_class(&reader->spool, (int64_t)at->root->id,
                                                          cs_int(id), cs_int(class_id), diag);
}

static bool tells_classes(const struct reader_table *at, uint32_t n_columns)
{
    return at->is_root && at->table->class_column >= 0 &&
           (uint32_t)at->table->class_column < n_columns &&
           (uint32_t)at->table->id_column < n_columns;
}

static weh_err note_change(struct weh_change_reader *reader, uint32_t tab,
                           const struct cs_change *change, struct weh_diag *diag)
{
    const struct reader_table *at = &reader->tables[tab];
    const struct cs_value *row = change->op == SQLITE_INSERT ? change->new_row : change->old_row;

    if (change->op == SQLITE_UPDATE || !tells_classes(at, reader->stream.group.n_columns)) {
        return WEH_OK;
    }
    return note_class(reader, at, &row[at->table->id_column], &row[at->table->class_column], diag);
}

static weh_err note_txn(struct weh_change_reader *reader, uint64_t id, struct weh_diag *diag)
{
    struct change_stream *stream = &reader->stream;
    struct cs_change change;
    struct weh_str bytes;
    uint32_t tab = TAB_NONE;
    bool more = true;
    size_t told = SIZE_MAX;
    const struct change_source source = { .is_stored = true, .txn_id = id };
    weh_err err = change_stream_open(stream, reader->stack->briefcase, &source, diag);

    while (err == WEH_OK) {
        err = change_stream_next(stream, &change, &bytes, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        if (stream->new_group) {
            err = reader_table(reader, stream->group.table, &tab, diag);
        }
        if (err == WEH_OK && stream->unpacker.at != told) {
            told = stream->unpacker.at;
            err = reader_progress(reader, reader->total, diag);
        }
        if (err == WEH_OK && tab != TAB_NONE) {
            err = note_change(reader, tab, &change, diag);
        }
    }
    change_stream_end(stream);
    /* What cannot be read does not help; it is no reason to tell nothing. */
    return err == WEH_E_CORRUPT || err == WEH_E_UNSUPPORTED ? WEH_OK : err;
}

static weh_err note_txns(struct weh_change_reader *reader, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err = rows_start(reader->stack,
                             "SELECT Id FROM main.dgn_Txns WHERE typeof(Change)='blob' AND "
                             "IsSchemaChange IS NOT 1 ORDER BY Id",
                             0, 0, &stmt, diag);

    while (err == WEH_OK) {
        err = weh_stmt_step(reader->stack->briefcase, stmt, &row, diag);
        if (err != WEH_OK || !row) {
            break;
        }
        err = note_txn(reader, (uint64_t)sqlite3_column_int64(stmt, 0), diag);
    }
    weh_stmt_release(reader->stack->briefcase, stmt);
    return err;
}

/* A row that an edit has changed or deleted and nobody has saved. */
static weh_err note_record(struct weh_change_reader *reader, const struct reader_table *at,
                           const struct record *record, struct weh_diag *diag)
{
    const struct table *table = at->table;
    struct cs_value id = { .type = CS_UNDEFINED };
    struct cs_value class_id = id;
    struct cs_value value;
    const uint8_t *end;
    const uint8_t *p = NULL;
    weh_err err = recorder_old_row(&reader->stack->recorder, table, record, &p, diag);

    if (err != WEH_OK) {
        return err;
    }
    end = p + record->old_len;
    for (uint32_t i = 0; i < table->n_columns && p < end; i++) {
        cs_next_value(&p, end, &value);
        if ((int)i == table->id_column) {
            id = value;
        } else if ((int)i == table->class_column) {
            class_id = value;
        }
    }
    return note_class(reader, at, &id, &class_id, diag);
}

static weh_err note_records(struct weh_change_reader *reader, const struct table *table,
                            struct weh_diag *diag)
{
    uint32_t tab = TAB_NONE;
    weh_err err = reader_table(reader, table->name, &tab, diag);

    if (err != WEH_OK || tab == TAB_NONE ||
        !tells_classes(&reader->tables[tab], table->n_columns)) {
        return err;
    }
    for (uint32_t r = 0; err == WEH_OK && r < table->n_records; r++) {
        if (!table->records[r].is_new) {
            err = note_record(reader, &reader->tables[tab], &table->records[r], diag);
        }
    }
    return err;
}

static weh_err note_unsaved(struct weh_change_reader *reader, struct weh_diag *diag)
{
    const struct tables *tables = &reader->stack->tables;
    weh_err err = WEH_OK;

    for (size_t t = 0; err == WEH_OK && t < tables->n; t++) {
        if (tables->items[t]->n_records > 0) {
            err = note_records(reader, tables->items[t], diag);
        }
    }
    return err;
}

/* The class in another transaction, or in what is unsaved; 0: nowhere. */
static weh_err class_elsewhere(struct weh_change_reader *reader, int64_t *out,
                               struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (!reader->classes_loaded) {
        err = note_txns(reader, diag);
        if (err == WEH_OK) {
            err = note_unsaved(reader, diag);
        }
        reader->classes_loaded = err == WEH_OK;
    }
    return err == WEH_OK ? spool_get_class(&reader->spool, reader->root, reader->id, out, diag)
                         : err;
}

static weh_err class_in_file(struct weh_change_reader *reader, const struct weh_ec_table *root,
                             int64_t *out, struct weh_diag *diag)
{
    struct weh_briefcase *briefcase = reader->stack->briefcase;
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    char sql[512];
    weh_err err;

    sqlite3_snprintf(sizeof(sql), sql, "SELECT ECClassId FROM main.\"%.*w\" WHERE \"%.*w\"=?1",
                     WEH_STR_ARGS(root->name), WEH_STR_ARGS(root->id_column));
    err = rows_start(reader->stack, sql, (uint64_t)reader->id, 0, &stmt, diag);
    if (err == WEH_OK) {
        err = weh_stmt_step(briefcase, stmt, &row, diag);
    }
    *out = err == WEH_OK && row ? sqlite3_column_int64(stmt, 0) : 0;
    weh_stmt_release(briefcase, stmt);
    return err;
}

weh_err reader_class(struct weh_change_reader *reader, const struct weh_ec_table *root, weh_id said,
                     const struct weh_ec_class **out, struct weh_diag *diag)
{
    const struct weh_ec_catalog *catalog = reader->stack->tables.catalog;
    int64_t id = 0;
    weh_err err = WEH_OK;

    *out = said == 0 ? NULL : weh_ec_class_by_id(catalog, said);
    if (*out == NULL && root->has_class_id_column) {
        err = class_in_file(reader, root, &id, diag);
        if (err == WEH_OK && id == 0) {
            err = class_elsewhere(reader, &id, diag);
        }
        *out = weh_ec_class_by_id(catalog, (weh_id)id);
    }
    if (*out == NULL) {
        *out = weh_ec_class_by_id(catalog, root->exclusive_root_class_id);
    }
    return err;
}

/* ---- plans ---- */

/* The parts of points as properties of their own, so that a point of which only one coordinate is
 * known can be written. */
static const struct weh_ec_property coordinates[] = {
    { .name = { "X", 1 }, .js_name = { "x", 1 }, .primitive = WEH_EC_DOUBLE },
    { .name = { "Y", 1 }, .js_name = { "y", 1 }, .primitive = WEH_EC_DOUBLE },
    { .name = { "Z", 1 }, .js_name = { "z", 1 }, .primitive = WEH_EC_DOUBLE },
};

static bool is_point(const struct weh_ec_property *property)
{
    return property->kind == WEH_EC_PRIMITIVE &&
           (property->primitive == WEH_EC_POINT2D || property->primitive == WEH_EC_POINT3D);
}

static void copy_leaf(const struct weh_ec_leaf *leaf, struct weh_ec_leaf *out)
{
    *out = *leaf;
    for (size_t i = 0; is_point(leaf->value) && i < WEH_ARRAY_LEN(coordinates); i++) {
        if (weh_str_eq(leaf->part, coordinates[i].name)) {
            out->value = &coordinates[i];
            out->part = WEH_STR("");
        }
    }
}

static weh_err find_place(struct weh_change_reader *reader, struct weh_str table_name,
                          struct weh_str column, struct class_leaf *out, struct weh_diag *diag)
{
    char name[256];
    weh_err err;

    *out = (struct class_leaf){ TAB_NONE, -1 };
    if (table_name.len >= sizeof(name)) {
        return WEH_OK;
    }
    memcpy(name, table_name.ptr, table_name.len);
    name[table_name.len] = '\0';
    err = reader_table(reader, name, &out->tab, diag);
    if (err == WEH_OK && out->tab != TAB_NONE) {
        out->column = table_column(reader->tables[out->tab].table, column.ptr, column.len);
    }
    return err;
}

static weh_err find_ends(struct weh_change_reader *reader, struct class_plan *plan,
                         struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    weh_err err = WEH_OK;

    plan->ends[0] = plan->ends[1] = (struct class_leaf){ TAB_NONE, -1 };
    if (ec_class->n_tables > 0 && ec_class->source_id_column.len > 0 &&
        ec_class->target_id_column.len > 0) {
        err = find_place(reader, ec_class->tables[0]->name, ec_class->source_id_column,
                         &plan->ends[0], diag);
        if (err == WEH_OK) {
            err = find_place(reader, ec_class->tables[0]->name, ec_class->target_id_column,
                             &plan->ends[1], diag);
        }
    }
    return err;
}

static void plan_fini(struct class_plan *plan)
{
    weh_free(plan->properties);
    weh_free(plan->leaves);
    weh_free(plan->places);
    *plan = (struct class_plan){ .ec_class = NULL };
}

void reader_plans_fini(struct weh_change_reader *reader)
{
    for (size_t i = 0; i < N_CLASS_PLANS; i++) {
        plan_fini(&reader->plans[i]);
    }
}

static weh_err plan_property(struct weh_change_reader *reader, struct class_plan *plan, size_t p,
                             size_t first, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    struct weh_ec_property *property = &plan->properties[p];
    weh_err err = WEH_OK;

    *property = ec_class->properties[p];
    for (size_t i = 0; err == WEH_OK && i < property->n_leaves; i++) {
        const struct weh_ec_leaf *leaf = &property->leaves[i];
        struct class_leaf *place = &plan->places[first + i];

        copy_leaf(leaf, &plan->leaves[first + i]);
        *place = (struct class_leaf){ TAB_NONE, -1 };
        if (!leaf->is_virtual && leaf->table < ec_class->n_tables) {
            err =
                find_place(reader, ec_class->tables[leaf->table]->name, leaf->column, place, diag);
        }
    }
    property->leaves = plan->leaves + first;
    if (is_point(property)) {
        property->kind = WEH_EC_STRUCT_VALUE;
    }
    return err;
}

static weh_err plan_make(struct weh_change_reader *reader, const struct weh_ec_class *ec_class,
                         struct class_plan *plan, struct weh_diag *diag)
{
    size_t n_leaves = 0;
    size_t first = 0;
    weh_err err = WEH_OK;

    for (size_t p = 0; p < ec_class->n_properties; p++) {
        n_leaves += ec_class->properties[p].n_leaves;
    }
    plan->ec_class = ec_class;
    plan->properties = weh_calloc(ec_class->n_properties + 1U, sizeof(*plan->properties));
    plan->leaves = weh_calloc(n_leaves + 1, sizeof(*plan->leaves));
    plan->places = weh_calloc(n_leaves + 1, sizeof(*plan->places));
    if (plan->properties == NULL || plan->leaves == NULL || plan->places == NULL) {
        return weh_fail_nomem(diag);
    }
    for (size_t p = 0; err == WEH_OK && p < ec_class->n_properties; p++) {
        err = plan_property(reader, plan, p, first, diag);
        first += ec_class->properties[p].n_leaves;
    }
    return err == WEH_OK ? find_ends(reader, plan, diag) : err;
}

weh_err reader_plan(struct weh_change_reader *reader, const struct weh_ec_class *ec_class,
                    const struct class_plan **out, struct weh_diag *diag)
{
    struct class_plan *plan = &reader->plans[ec_class->id % N_CLASS_PLANS];
    weh_err err = WEH_OK;

    if (plan->ec_class != ec_class) {
        plan_fini(plan);
        err = plan_make(reader, ec_class, plan, diag);
        if (err != WEH_OK) {
            plan_fini(plan);
        }
    }
    *out = plan;
    return err;
}
