/* src/txn/change_reader_write.c - the values of the change at hand into a sink.
 *
 * Values are bound to a statement and written by the writer of column values (weh/ec_value.h), so
 * that there is one form of each value.
 */
#include "weh/ec_value.h"
#include "weh/sqlite_time.h"

#include "change_reader_priv.h"

#define VALUES_MIN 16
#define VALUES_MAX 2000 /* SQLITE_MAX_COLUMN */

/* A statement with at least @n values. */
static weh_err prepare_values(struct weh_change_reader *reader, int n, struct weh_diag *diag)
{
    struct weh_buf sql;
    int rc = SQLITE_NOMEM;

    if (reader->n_values >= n) {
        return WEH_OK;
    }
    if (n > VALUES_MAX) {
        return weh_fail(diag, WEH_E_UNSUPPORTED, "a property has too many parts");
    }
    n = n < VALUES_MIN ? VALUES_MIN : n;
    sqlite3_finalize(reader->values);
    reader->values = NULL;
    reader->n_values = 0;
    weh_buf_init(&sql, 0);
    weh_buf_printf(&sql, "SELECT ?1");
    for (int i = 2; i <= n; i++) {
        weh_buf_printf(&sql, ",?%d", i);
    }
    weh_buf_byte(&sql, 0);
    if (sql.err == WEH_OK) {
        rc = sqlite3_prepare_v3(reader->spool.db, (const char *)sql.data, -1,
                                SQLITE_PREPARE_PERSISTENT, &reader->values, NULL);
    }
    weh_buf_fini(&sql);
    if (rc != SQLITE_OK) {
        return spool_fail(&reader->spool, rc, diag);
    }
    reader->n_values = n;
    return WEH_OK;
}

/* The value at @place; UNDEFINED when the change does not have it. */
static struct cs_value value_at(const struct weh_change_reader *reader,
                                const struct class_leaf *place, bool old)
{
    struct cs_value none = { .type = CS_UNDEFINED };
    const struct merged_row *row =
        place->column < 0 ? NULL : merged_find(&reader->merged, place->tab);

    if (row == NULL || row->op == 0 || (uint32_t)place->column >= row->n_columns ||
        !(old ? reader->tell_old : reader->tell_new)) {
        return none;
    }
    return (old ? merged_old(row) : merged_new(row))[place->column];
}

static bool is_there(const struct cs_value *value)
{
    return value->type != CS_UNDEFINED && value->type != CS_NULL;
}

/* Of a navigation value only the relationship's class changed. */
static void write_class_alone(const struct weh_change_reader *reader,
                              const struct class_leaf *places, const char *key, bool old,
                              struct weh_sink *sink)
{
    struct cs_value value = value_at(reader, &places[1], old);
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(reader->stack->tables.catalog, (weh_id)cs_int(&value));

    if (ec_class != NULL) {
        weh_sink_key(sink, key);
        weh_sink_map_begin(sink, 1);
        weh_sink_key(sink, "relClassName");
        weh_sink_str(sink, ec_class->full_name_dot);
        weh_sink_map_end(sink);
    }
}

/* The property with number @p as it was or is; nothing when no part of it is there. */
static weh_err write_side(struct weh_change_reader *reader, size_t p, size_t first, bool old,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    struct weh_ec_property property = reader->plan->properties[p];
    const struct class_leaf *places = reader->plan->places + first;
    const char *key = old ? "old" : "new";
    int columns[VALUES_MAX];
    weh_err err = prepare_values(reader, property.n_leaves, diag);
    int rc = SQLITE_OK;

    if (err != WEH_OK) {
        return err;
    }
    /* The others still point to what was bound before. */
    (void)sqlite3_clear_bindings(reader->values);
    for (int i = 0; rc == SQLITE_OK && i < property.n_leaves; i++) {
        struct cs_value value = value_at(reader, &places[i], old);

        columns[i] = places[i].column < 0 ? -1 : i;
        rc = cs_bind(reader->values, i + 1, &value);
        if (i == 0 && property.kind == WEH_EC_NAVIGATION && property.n_leaves == 2 &&
            !is_there(&value)) {
            write_class_alone(reader, places, key, old, sink);
        }
    }
    if (rc == SQLITE_OK) {
        rc = weh_sqlite_step(reader->values);
    }
    if (rc != SQLITE_ROW) {
        err = spool_fail(&reader->spool, rc, diag);
    } else {
        property.js_name = weh_str_from(key);
        err = weh_ec_value_write(reader->stack->tables.catalog, &property, reader->values, columns,
                                 sink, &reader->arena, diag);
    }
    (void)sqlite3_reset(reader->values);
    weh_arena_reset(&reader->arena);
    return err;
}

static bool any_there(const struct weh_change_reader *reader, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct class_leaf *place = &reader->plan->places[first + i];
        struct cs_value old = value_at(reader, place, true);
        struct cs_value now = value_at(reader, place, false);

        if (is_there(&old) || is_there(&now)) {
            return true;
        }
    }
    return false;
}

static weh_err write_property(struct weh_change_reader *reader, size_t p, size_t first,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_ec_property *property = &reader->plan->properties[p];
    weh_err err = WEH_OK;

    if (!any_there(reader, first, property->n_leaves)) {
        return WEH_OK;
    }
    sink->ops->key(sink, property->name);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (reader->tell_old) {
        err = write_side(reader, p, first, true, sink, diag);
    }
    if (err == WEH_OK && reader->tell_new) {
        err = write_side(reader, p, first, false, sink, diag);
    }
    if (err == WEH_E_CORRUPT && diag != NULL) {
        /* The side is no name that anybody could look for. */
        (void)sqlite3_snprintf(sizeof(diag->where), diag->where, "%.*s",
                               WEH_STR_ARGS(property->name));
    }
    if (err == WEH_OK) {
        weh_sink_map_end(sink);
    }
    return err;
}

/* A value of a column without a property: an id, or text. */
static void write_plain(const struct weh_change_reader *reader, const char *name,
                        const struct class_leaf *place, struct weh_sink *sink)
{
    struct cs_value sides[2] = { value_at(reader, place, true), value_at(reader, place, false) };

    if (!is_there(&sides[0]) && !is_there(&sides[1])) {
        return;
    }
    weh_sink_key(sink, name);
    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; i < WEH_ARRAY_LEN(sides); i++) {
        if (sides[i].type == CS_INTEGER || sides[i].type == CS_TEXT) {
            weh_sink_key(sink, i == 0 ? "old" : "new");
        }
        if (sides[i].type == CS_INTEGER) {
            weh_sink_id(sink, (uint64_t)cs_int(&sides[i]));
        } else if (sides[i].type == CS_TEXT) {
            weh_sink_str(sink, (struct weh_str){ (const char *)sides[i].bytes, sides[i].len });
        }
    }
    weh_sink_map_end(sink);
}

static weh_err write_instance(struct weh_change_reader *reader, struct weh_sink *sink,
                              struct weh_diag *diag)
{
    const struct class_plan *plan = reader->plan;
    size_t first = 0;
    weh_err err = WEH_OK;

    write_plain(reader, "SourceECInstanceId", &plan->ends[0], sink);
    write_plain(reader, "TargetECInstanceId", &plan->ends[1], sink);
    for (size_t p = 0; err == WEH_OK && p < plan->ec_class->n_properties; p++) {
        err = write_property(reader, p, first, sink, diag);
        first += plan->properties[p].n_leaves;
    }
    return err;
}

weh_err weh_change_reader_write(struct weh_change_reader *reader, struct weh_sink *sink,
                                struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    if (reader->plan != NULL) {
        err = write_instance(reader, sink, diag);
    } else if (reader->merged.n > 0) {
        const struct table *table = reader->tables[reader->merged.rows[0].tab].table;
        struct class_leaf text = { reader->merged.rows[0].tab,
                                   table_column(table, "StrData", sizeof("StrData") - 1) };

        write_plain(reader, "StrData", &text, sink);
    }
    if (err == WEH_OK) {
        weh_sink_map_end(sink);
    }
    return err;
}
