/* src/txn/change_list.c - from rows of a changeset to elements and models.
 *
 * An element counts as updated also when only its joined or overflow rows changed: the time of an
 * element's last change has a resolution of a millisecond, so bis_Element need not have a row.
 */
#include <stdlib.h>
#include <string.h>

#include "weh/alloc.h"

#include "change_list_priv.h"
#include "txn_priv.h"

#define MAX_ELEMENTS     16384 /* of a list, in memory */
#define MERGE_TOUCHED_AT 4096

void change_builder_init(struct change_builder *builder, struct tables *tables)
{
    *builder = (struct change_builder){ .tables = tables, .merge_touched_at = MERGE_TOUCHED_AT };
}

size_t change_builder_max(const struct change_builder *builder)
{
    return builder->max_elements == 0 ? MAX_ELEMENTS : builder->max_elements;
}

void change_builder_fini(struct change_builder *builder)
{
    struct tables *tables = builder->tables;
    size_t max_raw = builder->sorter.max_raw;
    size_t max_elements = builder->max_elements;

    change_sorter_fini(&builder->sorter);
    change_stream_fini(&builder->stream);
    weh_spill_fini(&builder->elements);
    weh_free(builder->list.elements);
    weh_free(builder->list.models);
    weh_free(builder->list.touched);
    weh_free(builder->list.guids);
    change_builder_init(builder, tables);
    builder->sorter.max_raw = max_raw;
    builder->max_elements = max_elements;
}

void change_builder_clear(struct change_builder *builder)
{
    change_sorter_clear(&builder->sorter);
    weh_spill_clear(&builder->elements);
    builder->list.more = NULL;
    builder->list.n_elements = 0;
    builder->list.n_models = 0;
    builder->list.n_touched = 0;
    builder->list.n_guids = 0;
    builder->merge_touched_at = MERGE_TOUCHED_AT;
}

weh_err change_reserve(void **items, size_t n, size_t *capacity, size_t size, struct weh_diag *diag)
{
    size_t more = *capacity == 0 ? 8 : *capacity * 2;
    void *grown;

    if (n < *capacity) {
        return WEH_OK;
    }
    grown = more > SIZE_MAX / size ? NULL : weh_realloc(*items, more * size);
    if (grown == NULL) {
        return weh_fail_nomem(diag);
    }
    *items = grown;
    *capacity = more;
    return WEH_OK;
}

weh_err weh_change_list_read(const struct weh_change_list *list, size_t at, size_t n,
                             struct weh_entity_change *out, struct weh_diag *diag)
{
    weh_assert(at <= list->n_elements && n <= list->n_elements - at);
    if (list->more != NULL) {
        return weh_spill_read(list->more, list->more_at + at * sizeof(*out), out, n * sizeof(*out),
                              diag);
    }
    if (n > 0) {
        memcpy(out, list->elements + at, n * sizeof(*out));
    }
    return WEH_OK;
}

static weh_err add_model(struct change_builder *builder, const struct change_raw *raw,
                         struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    void *items = list->models;
    weh_err err =
        change_reserve(&items, list->n_models, &builder->n_models_max, sizeof(*list->models), diag);

    list->models = items;
    if (err == WEH_OK) {
        list->models[list->n_models++] =
            (struct weh_entity_change){ .id = raw->id, .class_id = raw->class_id, .op = raw->op };
    }
    return err;
}

static int compare_ids(weh_id a, weh_id b)
{
    return a < b ? -1 : a > b;
}

static int compare_models(const void *a, const void *b)
{
    return compare_ids(((const struct weh_entity_change *)a)->id,
                       ((const struct weh_entity_change *)b)->id);
}

static int compare_touched(const void *a, const void *b)
{
    return compare_ids(((const struct weh_model_change *)a)->id,
                       ((const struct weh_model_change *)b)->id);
}

static void merge_touched(struct weh_change_list *list)
{
    size_t n = 0;

    if (list->n_touched < 2) {
        return;
    }
    qsort(list->touched, list->n_touched, sizeof(*list->touched), compare_touched);
    for (size_t i = 1; i < list->n_touched; i++) {
        if (list->touched[i].id == list->touched[n].id) {
            list->touched[n].geometry |= list->touched[i].geometry;
        } else {
            list->touched[++n] = list->touched[i];
        }
    }
    list->n_touched = n + 1;
}

static weh_err add_touched(struct change_builder *builder, weh_id model_id, bool geometry,
                           struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    void *items = list->touched;
    weh_err err;

    /* Most transactions stay in one model. */
    if (list->n_touched > 0 && list->touched[list->n_touched - 1].id == model_id) {
        list->touched[list->n_touched - 1].geometry |= geometry;
        return WEH_OK;
    }
    if (list->n_touched >= builder->merge_touched_at) {
        merge_touched(list);
        builder->merge_touched_at = list->n_touched + MERGE_TOUCHED_AT;
    }
    err = change_reserve(&items, list->n_touched, &builder->n_touched_max, sizeof(*list->touched),
                         diag);
    list->touched = items;
    if (err == WEH_OK) {
        list->touched[list->n_touched++] =
            (struct weh_model_change){ .id = model_id, .geometry = geometry };
    }
    return err;
}

static weh_err add_guid(struct change_builder *builder, weh_id id, const struct cs_value *value,
                        struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    struct weh_guid_change change = { .id = id };
    void *items = list->guids;
    weh_err err =
        change_reserve(&items, list->n_guids, &builder->n_guids_max, sizeof(*list->guids), diag);

    list->guids = items;
    if (err == WEH_OK) {
        if (value->type == CS_BLOB && value->len == sizeof(change.guid.bytes)) {
            memcpy(change.guid.bytes, value->bytes, sizeof(change.guid.bytes));
        }
        list->guids[list->n_guids++] = change;
    }
    return err;
}

static weh_id value_at(const struct cs_group *group, const struct cs_value *row, int column)
{
    if (column < 0 || (uint32_t)column >= group->n_columns) {
        return 0;
    }
    return (weh_id)cs_int(&row[column]);
}

static enum weh_change_op change_op(int op, bool invert)
{
    if (op == SQLITE_UPDATE) {
        return WEH_CHANGE_UPDATED;
    }
    return (op == SQLITE_INSERT) != invert ? WEH_CHANGE_INSERTED : WEH_CHANGE_DELETED;
}

/* Columns of an update that are named in its old or its new row have changed. */
static bool geometry_changed(const struct table *table, const struct cs_group *group,
                             const struct cs_change *change)
{
    if (table->geometry_first < 0) {
        return false;
    }
    if (change->op != SQLITE_UPDATE) {
        return true;
    }
    for (int i = table->geometry_first; i <= table->geometry_last; i++) {
        if ((uint32_t)i < group->n_columns && change->new_row[i].type != CS_UNDEFINED) {
            return true;
        }
    }
    return false;
}

/* A model that a transaction inserts has its GUID told by the save alone (native library 5.1.72). */
static weh_err scan_guid(struct change_builder *builder, const struct table *table,
                         const struct cs_group *group, const struct cs_change *change, bool invert,
                         struct weh_diag *diag)
{
    const struct cs_value *now = invert ? change->old_row : change->new_row;
    const struct cs_value *key = change->op == SQLITE_INSERT ? change->new_row : change->old_row;

    if (table->guid_column < 0 || (uint32_t)table->guid_column >= group->n_columns ||
        now[table->guid_column].type == CS_UNDEFINED ||
        (change->op == SQLITE_INSERT && now[table->guid_column].type == CS_NULL)) {
        return WEH_OK;
    }
    return add_guid(builder, value_at(group, key, table->id_column), &now[table->guid_column],
                    diag);
}

static weh_err scan_change(struct change_builder *builder, const struct table *table,
                           const struct cs_group *group, const struct cs_change *change,
                           bool invert, struct weh_diag *diag)
{
    const struct cs_value *row = change->op == SQLITE_INSERT ? change->new_row : change->old_row;
    struct change_raw raw = { .id = value_at(group, row, table->id_column),
                              .op = change_op(change->op, invert) };

    if (raw.id == 0) {
        return WEH_OK;
    }
    if (change->op != SQLITE_UPDATE) {
        raw.class_id = value_at(group, row, table->class_column);
        raw.model_id = value_at(group, row, table->model_column);
    }
    if (table->role == TABLE_MODEL) {
        return raw.op == WEH_CHANGE_UPDATED ? scan_guid(builder, table, group, change, invert, diag)
                                            : add_model(builder, &raw, diag);
    }
    raw.of_element = table->role == TABLE_ELEMENT;
    raw.geometry = geometry_changed(table, group, change);
    return change_sorter_add(&builder->sorter, &raw, diag);
}

/* What a group of changes and its changes are taken from: bytes that are all there, or a stream. */
struct walk {
    struct cs_reader reader;
    struct change_stream *stream; /* NULL: reader */
    const struct cs_group *group;
    bool new_group;
};

static weh_err walk_begin(struct change_builder *builder, const struct change_source *source,
                          struct walk *walk, struct weh_diag *diag)
{
    const struct weh_spill *spill = source->spill;

    *walk = (struct walk){ .group = &walk->reader.group };
    if (!source->is_stored && spill == NULL) {
        cs_reader_init(&walk->reader, source->bytes, source->len);
    } else if (spill != NULL && weh_spill_is_small(spill)) {
        cs_reader_init(&walk->reader, spill->tail.data, spill->tail.len);
    } else {
        walk->stream = &builder->stream;
        walk->group = &builder->stream.group;
        return change_stream_open(walk->stream, builder->tables->briefcase, source, diag);
    }
    return WEH_OK;
}

static weh_err walk_next(struct walk *walk, struct cs_change *change, bool *more,
                         struct weh_diag *diag)
{
    struct weh_str bytes;
    weh_err err;

    if (walk->stream != NULL) {
        err = change_stream_next(walk->stream, change, &bytes, more, diag);
        walk->new_group = walk->stream->new_group;
    } else {
        err = cs_reader_next(&walk->reader, change, more, diag);
        walk->new_group = walk->reader.new_group;
    }
    return err;
}

static void walk_end(struct walk *walk)
{
    if (walk->stream != NULL) {
        change_stream_end(walk->stream);
    }
    cs_reader_fini(&walk->reader);
}

weh_err change_builder_scan(struct change_builder *builder, const struct change_source *source,
                            bool invert, struct weh_diag *diag)
{
    struct cs_change change;
    struct table *table = NULL;
    struct walk walk;
    bool more = true;
    weh_err err = walk_begin(builder, source, &walk, diag);

    while (err == WEH_OK) {
        err = walk_next(&walk, &change, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        if (walk.new_group) {
            err = tables_find(builder->tables, walk.group->table, &table, diag);
        }
        if (err == WEH_OK && table != NULL && table->role != TABLE_OTHER) {
            err = scan_change(builder, table, walk.group, &change, invert, diag);
        }
        if (err == WEH_OK) {
            err = tables_tick(builder->tables, diag);
        }
    }
    walk_end(&walk);
    return err;
}

/* Class and model of an element that was not inserted or deleted; *@found false: there is none. */
static weh_err look_up(struct change_builder *builder, sqlite3_stmt *stmt, struct change_raw *raw,
                       bool *found, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (sqlite3_bind_int64(stmt, 1, (sqlite3_int64)raw->id) != SQLITE_OK) {
        return weh_fail_nomem(diag);
    }
    err = txn_step(builder->tables->briefcase, stmt, found, diag);
    if (err == WEH_OK && *found) {
        raw->class_id = (weh_id)sqlite3_column_int64(stmt, 0);
        raw->model_id = (weh_id)sqlite3_column_int64(stmt, 1);
    }
    (void)sqlite3_reset(stmt);
    return err;
}

/* The elements so far leave the memory. */
static weh_err move_elements(struct change_builder *builder, struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    weh_err err = weh_spill_append(&builder->elements, list->elements,
                                   list->n_elements * sizeof(*list->elements), diag);

    weh_free(list->elements);
    list->elements = NULL;
    builder->n_elements_max = 0;
    list->more = &builder->elements;
    list->more_at = 0;
    return err;
}

static weh_err put_element(struct change_builder *builder, const struct weh_entity_change *change,
                           struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    void *items = list->elements;
    weh_err err = WEH_OK;

    if (list->more == NULL && list->n_elements == change_builder_max(builder)) {
        err = move_elements(builder, diag);
    }
    if (err == WEH_OK && list->more != NULL) {
        list->n_elements++;
        return weh_spill_append(&builder->elements, change, sizeof(*change), diag);
    }
    if (err == WEH_OK) {
        err = change_reserve(&items, list->n_elements, &builder->n_elements_max, sizeof(*change),
                             diag);
        list->elements = items;
    }
    if (err == WEH_OK) {
        list->elements[list->n_elements++] = *change;
    }
    return err;
}

static weh_err add_element(struct change_builder *builder, sqlite3_stmt *stmt,
                           struct change_raw *raw, struct weh_diag *diag)
{
    bool found = true;
    weh_err err = WEH_OK;

    if (!raw->of_element || raw->op == WEH_CHANGE_UPDATED) {
        raw->op = WEH_CHANGE_UPDATED;
        err = look_up(builder, stmt, raw, &found, diag);
    }
    if (err != WEH_OK || !found) {
        return err;
    }
    err = put_element(builder,
                      &(struct weh_entity_change){ .id = raw->id,
                                                   .class_id = raw->class_id,
                                                   .model_id = raw->model_id,
                                                   .op = raw->op,
                                                   .geometry = raw->geometry },
                      diag);
    if (err != WEH_OK) {
        return err;
    }
    /* What an edit changes changes the time in its own row as well. Else a foreign key has cleared a
     * reference, and the native library leaves the model as it is. */
    return raw->of_element || raw->geometry
               ? add_touched(builder, raw->model_id, raw->geometry, diag)
               : WEH_OK;
}

static weh_err merge_elements(struct change_builder *builder, struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    weh_err err;

    if (builder->sorter.n_raw == 0) {
        return WEH_OK;
    }
    err = change_sorter_sort(&builder->sorter, diag);
    if (err == WEH_OK) {
        err = weh_stmt_acquire(builder->tables->briefcase,
                               "SELECT ECClassId, ModelId FROM main.bis_Element WHERE Id=?1", &stmt,
                               diag);
    }
    while (err == WEH_OK) {
        struct change_raw raw;
        bool more = false;

        err = change_sorter_next(&builder->sorter, &raw, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        err = add_element(builder, stmt, &raw, diag);
        if (err == WEH_OK) {
            err = tables_tick(builder->tables, diag);
        }
    }
    weh_stmt_release(builder->tables->briefcase, stmt);
    return err;
}

static int compare_guids(const void *a, const void *b)
{
    return compare_ids(((const struct weh_guid_change *)a)->id,
                       ((const struct weh_guid_change *)b)->id);
}

/* The GUID's column is shared: only in a geometric model is it one. */
static weh_err is_geometric_model(struct change_builder *builder, sqlite3_stmt *stmt, weh_id id,
                                  bool *out, struct weh_diag *diag)
{
    const struct weh_ec_catalog *catalog = builder->tables->catalog;
    const struct weh_ec_class *geometric =
        weh_ec_class_by_name(catalog, WEH_STR("BisCore:GeometricModel"));
    const struct weh_ec_class *ec_class;
    bool row = false;
    weh_err err;

    (void)sqlite3_bind_int64(stmt, 1, (sqlite3_int64)id);
    err = txn_step(builder->tables->briefcase, stmt, &row, diag);
    ec_class = err == WEH_OK && row
                   ? weh_ec_class_by_id(catalog, (weh_id)sqlite3_column_int64(stmt, 0))
                   : NULL;
    *out = ec_class != NULL && geometric != NULL && weh_ec_class_is(ec_class, geometric->id);
    (void)sqlite3_reset(stmt);
    return err;
}

static weh_err finish_guids(struct change_builder *builder, struct weh_diag *diag)
{
    struct weh_change_list *list = &builder->list;
    sqlite3_stmt *stmt = NULL;
    size_t n = 0;
    weh_err err;

    if (list->n_guids == 0) {
        return WEH_OK;
    }
    err = weh_stmt_acquire(builder->tables->briefcase,
                           "SELECT ECClassId FROM main.bis_Model WHERE Id=?1", &stmt, diag);
    for (size_t i = 0; i < list->n_guids && err == WEH_OK; i++) {
        bool is_geometric = false;

        err = is_geometric_model(builder, stmt, list->guids[i].id, &is_geometric, diag);
        if (is_geometric) {
            list->guids[n++] = list->guids[i];
        }
    }
    weh_stmt_release(builder->tables->briefcase, stmt);
    list->n_guids = n;
    if (n > 1) {
        qsort(list->guids, n, sizeof(*list->guids), compare_guids);
    }
    return err;
}

weh_err change_builder_finish(struct change_builder *builder, struct weh_diag *diag)
{
    weh_err err = merge_elements(builder, diag);

    if (err != WEH_OK) {
        return err;
    }
    merge_touched(&builder->list);
    err = finish_guids(builder, diag);
    if (builder->list.n_models > 1) {
        qsort(builder->list.models, builder->list.n_models, sizeof(*builder->list.models),
              compare_models);
    }
    return err;
}

static weh_err scan_group_guids(struct change_builder *builder, const struct table *table,
                                struct weh_diag *diag)
{
    const struct change_source source = { .spill = &table->group };
    struct cs_change change;
    struct walk walk;
    bool more = true;
    weh_err err = walk_begin(builder, &source, &walk, diag);

    while (err == WEH_OK) {
        err = walk_next(&walk, &change, &more, diag);
        if (err != WEH_OK || !more) {
            break;
        }
        if (change.op != SQLITE_DELETE) {
            err = scan_guid(builder, table, walk.group, &change, false, diag);
        }
    }
    walk_end(&walk);
    return err;
}

weh_err change_builder_scan_guids(struct change_builder *builder, struct weh_diag *diag)
{
    const struct tables *tables = builder->tables;
    weh_err err = WEH_OK;

    builder->list.n_guids = 0;
    for (size_t i = 0; i < tables->n && err == WEH_OK; i++) {
        if (tables->items[i]->role == TABLE_MODEL && weh_spill_len(&tables->items[i]->group) > 0) {
            err = scan_group_guids(builder, tables->items[i], diag);
        }
    }
    return err == WEH_OK ? finish_guids(builder, diag) : err;
}
