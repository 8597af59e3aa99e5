/* src/bis/aspect_read.c - AspectProps: aspects of one element, or one by its id.
 *
 * Members as iTwin.js has them (ElementAspect.toJSON of core-backend 5.1.9): class, id, properties with
 * those of the class itself before those of its bases, the owner last.
 */
#include <string.h>

#include "weh/aspect.h"

#include "aspect_priv.h"

#define ASPECT_MAX_BASES  64u  /* classes above one that wait for their turn, mixins included */
#define ASPECT_MAX_VISITS 256u /* of classes above one; some may be reached in several ways */

static const enum bis_base kinds[] = { BASE_MULTI_ASPECT, BASE_UNIQUE_ASPECT };

static weh_err build_query(struct weh_bis *bis, const struct bis_plan *plan,
                           const struct aspect_filter *filter, struct weh_diag *diag)
{
    const struct weh_ec_table *table = plan->ec_class->tables[0];
    struct weh_str owner = bis_slot_column(plan, SLOT_ASPECT_ELEMENT, "Id");
    struct weh_buf *buf = &bis->scratch;

    if (owner.len == 0) {
        return weh_fail(diag, WEH_E_CORRUPT, "the owner of aspects is not mapped");
    }
    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT ");
    bis_sql_name(buf, table->id_column);
    weh_buf_printf(buf, ",ECClassId,");
    bis_sql_name(buf, owner);
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, table->name);
    weh_buf_printf(buf, " WHERE ");
    bis_sql_name(buf, filter->id != 0 ? table->id_column : owner);
    weh_buf_printf(buf, "=? ORDER BY %s", filter->by_class ? "ECClassId," : "");
    bis_sql_name(buf, table->id_column);
    weh_buf_byte(buf, 0);
    return buf->err == WEH_OK ? WEH_OK : weh_fail_nomem(diag);
}

weh_err aspect_query(struct weh_bis *bis, const struct aspect_filter *filter, sqlite3_stmt **stmt,
                     struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class =
        weh_ec_class_by_id(bis->catalog, bis->bases[filter->base]);
    weh_id value = filter->id != 0 ? filter->id : filter->element;
    struct bis_plan *plan = NULL;
    weh_err err;

    *stmt = NULL;
    if (ec_class == NULL || ec_class->n_tables == 0) {
        return WEH_OK;
    }
    err = bis_plan_get(bis, ec_class, &plan, diag);
    if (err == WEH_OK) {
        err = build_query(bis, plan, filter, diag);
    }
    if (err == WEH_OK) {
        err = weh_stmt_acquire(bis->briefcase, (const char *)bis->scratch.data, stmt, diag);
    }
    if (err == WEH_OK && sqlite3_bind_int64(*stmt, 1, (int64_t)value) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    if (err != WEH_OK) {
        weh_stmt_release(bis->briefcase, *stmt);
        *stmt = NULL;
    }
    return err;
}

weh_err aspect_next(struct weh_bis *bis, sqlite3_stmt *stmt, struct aspect_row *out, bool *found,
                    struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *found = false;
    if (stmt != NULL) {
        err = weh_stmt_step(bis->briefcase, stmt, found, diag);
    }
    if (err != WEH_OK || !*found) {
        return err;
    }
    out->id = (weh_id)sqlite3_column_int64(stmt, 0);
    out->ec_class = weh_ec_class_by_id(bis->catalog, (weh_id)sqlite3_column_int64(stmt, 1));
    out->element = (weh_id)sqlite3_column_int64(stmt, 2);
    return out->ec_class == NULL ? weh_fail(diag, WEH_E_CORRUPT, "an aspect is of no known class")
                                 : WEH_OK;
}

weh_err aspect_find(struct weh_bis *bis, weh_id id, struct aspect_row *out, struct weh_diag *diag)
{
    bool found = false;
    weh_err err = WEH_OK;

    /* Ids are never 0. */
    for (size_t i = 0; id != 0 && err == WEH_OK && !found && i < WEH_ARRAY_LEN(kinds); i++) {
        const struct aspect_filter filter = { .base = kinds[i], .id = id };
        sqlite3_stmt *stmt = NULL;

        err = aspect_query(bis, &filter, &stmt, diag);
        if (err == WEH_OK) {
            err = aspect_next(bis, stmt, out, &found, diag);
        }
        weh_stmt_release(bis->briefcase, stmt);
    }
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the aspect does not exist");
    }
    return err;
}

static bool has_property(const struct weh_ec_class *ec_class, struct weh_str name)
{
    for (unsigned i = 0; i < ec_class->n_properties; i++) {
        if (weh_str_eq(ec_class->properties[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Is property @p of the class of @plan one that @level has of its own? */
static bool is_own(const struct weh_ec_class *level, struct weh_str name)
{
    if (!has_property(level, name)) {
        return false;
    }
    for (unsigned i = 0; i < level->n_bases; i++) {
        if (has_property(level->bases[i], name)) {
            return false;
        }
    }
    return true;
}

/* Put the properties that @level has of its own behind the @n of the order. */
static size_t add_level(const struct bis_plan *plan, const struct weh_ec_class *level,
                        uint8_t *known, size_t n)
{
    for (uint16_t p = 0; p < plan->ec_class->n_properties; p++) {
        if (known[p] == 0 && is_own(level, plan->ec_class->properties[p].name)) {
            known[p] = 1;
            plan->own_first[n++] = p;
        }
    }
    return n;
}

/* Depth first, with a list that cannot grow; what a hostile file hides behind it comes in the end. */
static void fill_order(const struct bis_plan *plan, uint8_t *known)
{
    const struct weh_ec_class *stack[ASPECT_MAX_BASES];
    size_t n_stack = 1;
    size_t n = 0;

    stack[0] = plan->ec_class;
    for (unsigned visits = 0; n_stack > 0 && visits < ASPECT_MAX_VISITS; visits++) {
        const struct weh_ec_class *level = stack[--n_stack];

        n = add_level(plan, level, known, n);
        for (unsigned i = level->n_bases; i > 0 && n_stack < ASPECT_MAX_BASES; i--) {
            stack[n_stack++] = level->bases[i - 1];
        }
    }
    for (uint16_t p = 0; p < plan->ec_class->n_properties; p++) {
        if (known[p] == 0) {
            plan->own_first[n++] = p;
        }
    }
}

static weh_err make_order(struct weh_bis *bis, struct bis_plan *plan, struct weh_diag *diag)
{
    size_t n = plan->ec_class->n_properties;
    uint8_t *known;

    if (plan->own_first != NULL) {
        return WEH_OK;
    }
    known = weh_arena_array(&bis->arena, n + 1, sizeof(*known));
    plan->own_first = weh_calloc(n + 1, sizeof(*plan->own_first));
    if (known == NULL || plan->own_first == NULL) {
        weh_free(plan->own_first);
        plan->own_first = NULL;
        return weh_fail_nomem(diag);
    }
    fill_order(plan, known);
    return WEH_OK;
}

static weh_err write_property(struct weh_bis *bis, const struct bis_plan *plan, unsigned p,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    return weh_ec_value_write(bis->catalog, &plan->ec_class->properties[p], plan->select,
                              &plan->columns[plan->first_leaf[p]], sink, &bis->arena, diag);
}

/* The current row of the plan's select as one map. */
static weh_err write_aspect(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                            struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "classFullName");
    weh_sink_str(sink, ec_class->full_name);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    for (unsigned i = 0; err == WEH_OK && i < ec_class->n_properties; i++) {
        unsigned p = plan->own_first[i];

        if ((plan->roles[p] & SLOT_READ) == 0 &&
            ec_class->properties[p].primitive != WEH_EC_GEOMETRY) {
            err = write_property(bis, plan, p, sink, diag);
        }
    }
    if (err == WEH_OK && plan->slots[SLOT_ASPECT_ELEMENT] >= 0) {
        err = write_property(bis, plan, (unsigned)plan->slots[SLOT_ASPECT_ELEMENT], sink, diag);
    }
    weh_sink_map_end(sink);
    return err;
}

static weh_err read_aspect(struct weh_bis *bis, const struct aspect_row *row, struct weh_sink *sink,
                           struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    sqlite3_stmt *stmt = NULL;
    bool found = false;
    weh_err err = bis_plan_get(bis, row->ec_class, &plan, diag);

    if (err == WEH_OK) {
        err = make_order(bis, plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, row->id, &stmt, &found, diag);
    }
    if (err == WEH_OK && found) {
        err = write_aspect(bis, plan, row->id, sink, diag);
    }
    bis_reset(stmt);
    return err;
}

weh_err weh_aspect_get_props(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                             struct weh_diag *diag)
{
    struct aspect_row row = { 0 };
    weh_err err;

    bis_call_begin(bis);
    err = aspect_find(bis, id, &row, diag);
    return err == WEH_OK ? read_aspect(bis, &row, sink, diag) : err;
}

static weh_err find_class(const struct weh_bis *bis, struct weh_str name,
                          const struct weh_ec_class **out, struct weh_diag *diag)
{
    *out = NULL;
    if (name.ptr == NULL) {
        return WEH_OK;
    }
    *out = weh_ec_class_by_name(bis->catalog, name);
    if (*out == NULL || !weh_ec_class_is(*out, bis->bases[BASE_ASPECT])) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName",
                              "classFullName must be the name of a class of aspects");
    }
    return WEH_OK;
}

/* The aspects of one kind, those of @ec_class only unless it is NULL. */
static weh_err write_kind(struct weh_bis *bis, const struct aspect_filter *filter,
                          const struct weh_ec_class *ec_class, struct weh_sink *sink,
                          struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    struct aspect_row row = { 0 };
    bool found = true;
    weh_err err = aspect_query(bis, filter, &stmt, diag);

    while (err == WEH_OK && found) {
        err = aspect_next(bis, stmt, &row, &found, diag);
        if (err == WEH_OK && found &&
            (ec_class == NULL || weh_ec_class_is(row.ec_class, ec_class->id))) {
            err = read_aspect(bis, &row, sink, diag);
        }
    }
    weh_stmt_release(bis->briefcase, stmt);
    return err;
}

weh_err weh_aspects_get_props(struct weh_bis *bis, weh_id element, struct weh_str class_name,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    struct aspect_filter filter = { .element = element };
    weh_err err;

    bis_call_begin(bis);
    err = find_class(bis, class_name, &ec_class, diag);
    if (err != WEH_OK) {
        return err;
    }
    filter.by_class = ec_class != NULL && ec_class->modifier != WEH_EC_ABSTRACT;
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    for (size_t i = 0; err == WEH_OK && i < WEH_ARRAY_LEN(kinds); i++) {
        filter.base = kinds[i];
        err = write_kind(bis, &filter, ec_class, sink, diag);
    }
    weh_sink_array_end(sink);
    return err;
}
