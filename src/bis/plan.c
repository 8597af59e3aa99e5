/* src/bis/plan.c - what one class needs to be read and written: roles, SQL texts, column numbers.
 *
 * Everything comes from the catalogue's leaves; only the slots name properties. No statement is
 * prepared here.
 */
#include <limits.h>
#include <string.h>

#include "bis_priv.h"

#define PLAN_MAX_COLUMNS 1900 /* SQLite's limit is 2000 for results, and for columns of a table */

static const struct {
    uint8_t slot;
    uint8_t base;
    uint8_t role;
    const char *name;
} slot_rows[] = {
#define X(slot, base, name, role) { SLOT_##slot, BASE_##base, role, name },
#include "slots.def"
#undef X
};

void bis_sql_name(struct weh_buf *buf, struct weh_str name)
{
    weh_buf_byte(buf, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"') {
            weh_buf_byte(buf, '"');
        }
        weh_buf_byte(buf, (uint8_t)name.ptr[i]);
    }
    weh_buf_byte(buf, '"');
}

weh_err bis_sql_take(struct weh_buf *buf, char **out, struct weh_diag *diag)
{
    if (buf->err == WEH_OK) {
        *out = weh_strndup((const char *)buf->data, buf->len);
    }
    if (buf->err != WEH_OK || *out == NULL) {
        return weh_fail_nomem(diag);
    }
    return WEH_OK;
}

const struct weh_ec_property *bis_slot_property(const struct bis_plan *plan, enum bis_slot slot)
{
    return plan->slots[slot] < 0 ? NULL : &plan->ec_class->properties[plan->slots[slot]];
}

int bis_slot_leaf(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    const struct weh_ec_property *property = bis_slot_property(plan, slot);

    for (unsigned i = 0; property != NULL && i < property->n_leaves; i++) {
        if (weh_str_eq_text(property->leaves[i].member, member)) {
            return (int)(plan->first_leaf[plan->slots[slot]] + i);
        }
    }
    return -1;
}

struct weh_str bis_slot_column(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    const struct weh_ec_property *property = bis_slot_property(plan, slot);

    for (unsigned i = 0; property != NULL && i < property->n_leaves; i++) {
        if (weh_str_eq_text(property->leaves[i].member, member) &&
            !property->leaves[i].is_virtual) {
            return property->leaves[i].column;
        }
    }
    return (struct weh_str){ NULL, 0 };
}

static int find_property(const struct weh_ec_class *ec_class, const char *name)
{
    for (int p = 0; p < ec_class->n_properties && p < INT16_MAX; p++) {
        if (weh_str_eq_text(ec_class->properties[p].name, name)) {
            return p;
        }
    }
    return -1;
}

static void find_slots(struct bis_plan *plan)
{
    const struct weh_ec_class *ec_class = plan->ec_class;

    for (unsigned i = 0; i < SLOT_COUNT; i++) {
        plan->slots[i] = -1;
    }
    for (size_t i = 0; i < WEH_ARRAY_LEN(slot_rows); i++) {
        int p = (plan->traits >> slot_rows[i].base & 1) == 0
                    ? -1
                    : find_property(ec_class, slot_rows[i].name);

        if (p >= 0) {
            plan->slots[slot_rows[i].slot] = (int16_t)p;
            plan->roles[p] |= slot_rows[i].role;
        }
    }
}

/* A geometry stream may be megabytes, and nothing here reads it. */
static bool is_selected(const struct bis_plan *plan, unsigned property)
{
    return plan->slots[SLOT_STREAM] != (int16_t)property &&
           plan->slots[SLOT_LAST_MOD] != (int16_t)property &&
           plan->ec_class->properties[property].primitive != WEH_EC_GEOMETRY;
}

static void put_selected(struct weh_buf *buf, struct bis_plan *plan, unsigned p, int *n)
{
    const struct weh_ec_property *property = &plan->ec_class->properties[p];

    for (unsigned i = 0; i < property->n_leaves; i++) {
        const struct weh_ec_leaf *leaf = &property->leaves[i];

        plan->columns[plan->first_leaf[p] + i] = -1;
        if (!leaf->is_virtual && leaf->table < plan->ec_class->n_tables && is_selected(plan, p)) {
            plan->columns[plan->first_leaf[p] + i] = (*n)++;
            weh_buf_printf(buf, ",t%u.", (unsigned)leaf->table);
            bis_sql_name(buf, leaf->column);
        }
    }
}

/* Which ends a link has are no properties. */
static void put_link_columns(struct weh_buf *buf, struct bis_plan *plan, int n)
{
    const struct weh_ec_class *ec_class = plan->ec_class;

    if (ec_class->source_id_column.len == 0 || ec_class->target_id_column.len == 0) {
        return;
    }
    plan->link_column = n;
    weh_buf_printf(buf, ",t0.");
    bis_sql_name(buf, ec_class->source_id_column);
    weh_buf_printf(buf, ",t0.");
    bis_sql_name(buf, ec_class->target_id_column);
    if (ec_class->tables[0]->has_class_id_column) {
        weh_buf_printf(buf, ",t0.ECClassId");
    }
}

static weh_err build_select(struct weh_bis *bis, struct bis_plan *plan, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    struct weh_buf *buf = &bis->scratch;
    int n = 1;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "SELECT t0.");
    bis_sql_name(buf, ec_class->tables[0]->id_column);
    for (unsigned p = 0; p < ec_class->n_properties; p++) {
        put_selected(buf, plan, p, &n);
    }
    put_link_columns(buf, plan, n);
    weh_buf_printf(buf, " FROM ");
    bis_sql_name(buf, ec_class->tables[0]->name);
    weh_buf_printf(buf, " t0");
    for (unsigned t = 1; t < ec_class->n_tables; t++) {
        weh_buf_printf(buf, " LEFT JOIN ");
        bis_sql_name(buf, ec_class->tables[t]->name);
        weh_buf_printf(buf, " t%u ON t%u.", t, t);
        bis_sql_name(buf, ec_class->tables[t]->id_column);
        weh_buf_printf(buf, "=t0.");
        bis_sql_name(buf, ec_class->tables[0]->id_column);
    }
    weh_buf_printf(buf, " WHERE t0.");
    bis_sql_name(buf, ec_class->tables[0]->id_column);
    weh_buf_printf(buf, "=?");
    return bis_sql_take(buf, &plan->select_sql, diag);
}

static void put_inserted(struct weh_buf *buf, struct bis_plan *plan, unsigned t, unsigned p, int *n)
{
    const struct weh_ec_property *property = &plan->ec_class->properties[p];

    for (unsigned i = 0; i < property->n_leaves; i++) {
        const struct weh_ec_leaf *leaf = &property->leaves[i];

        if (!leaf->is_virtual && leaf->table == t && plan->slots[SLOT_LAST_MOD] != (int)p) {
            plan->params[plan->first_leaf[p] + i] = ++*n;
            weh_buf_byte(buf, ',');
            bis_sql_name(buf, leaf->column);
        }
    }
}

/* Parameter 1 is the id, 2 the class id. LastMod is left to the column's default. */
static weh_err build_insert(struct weh_bis *bis, struct bis_plan *plan, unsigned t,
                            struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    const struct weh_ec_table *table = ec_class->tables[t];
    struct weh_buf *buf = &bis->scratch;
    int n = 2;

    weh_buf_clear(buf);
    weh_buf_printf(buf, "INSERT INTO ");
    bis_sql_name(buf, table->name);
    weh_buf_byte(buf, '(');
    bis_sql_name(buf, table->id_column);
    if (table->has_class_id_column) {
        weh_buf_printf(buf, ",ECClassId");
    }
    for (unsigned p = 0; p < ec_class->n_properties; p++) {
        put_inserted(buf, plan, t, p, &n);
    }
    if (t == 0 && plan->link_column != 0) {
        plan->link_param = n + 1;
        n += 2;
        weh_buf_byte(buf, ',');
        bis_sql_name(buf, ec_class->source_id_column);
        weh_buf_byte(buf, ',');
        bis_sql_name(buf, ec_class->target_id_column);
    }
    weh_buf_printf(buf, ") VALUES(?1%s", table->has_class_id_column ? ",?2" : "");
    for (int i = 3; i <= n; i++) {
        weh_buf_printf(buf, ",?%d", i);
    }
    weh_buf_byte(buf, ')');
    return bis_sql_take(buf, &plan->insert_sql[t], diag);
}

static weh_err count_leaves(struct bis_plan *plan, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    uint32_t n = 0;

    for (unsigned p = 0; p < ec_class->n_properties; p++) {
        plan->first_leaf[p] = n;
        n += ec_class->properties[p].n_leaves;
    }
    plan->n_leaves = n;
    if (n > PLAN_MAX_COLUMNS || ec_class->n_tables > BIS_MAX_TABLES) {
        return weh_fail_where(diag, WEH_E_UNSUPPORTED, "classFullName",
                              "%.*s has too many columns or tables",
                              WEH_STR_ARGS(ec_class->full_name));
    }
    return WEH_OK;
}

static weh_err plan_build(struct weh_bis *bis, struct bis_plan *plan, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    weh_err err;

    plan->traits = bis_traits(bis, ec_class);
    plan->roles = weh_calloc(ec_class->n_properties + 1u, sizeof(*plan->roles));
    plan->first_leaf = weh_calloc(ec_class->n_properties + 1u, sizeof(*plan->first_leaf));
    if (plan->roles == NULL || plan->first_leaf == NULL) {
        return weh_fail_nomem(diag);
    }
    find_slots(plan);
    err = count_leaves(plan, diag);
    if (err != WEH_OK) {
        return err;
    }
    plan->columns = weh_calloc(plan->n_leaves + 1u, sizeof(*plan->columns));
    plan->params = weh_calloc(plan->n_leaves + 1u, sizeof(*plan->params));
    if (plan->columns == NULL || plan->params == NULL) {
        return weh_fail_nomem(diag);
    }
    err = build_select(bis, plan, diag);
    for (unsigned t = 0; err == WEH_OK && t < ec_class->n_tables; t++) {
        err = build_insert(bis, plan, t, diag);
    }
    return err;
}

void bis_plan_free(struct bis_plan *plan)
{
    if (plan == NULL) {
        return;
    }
    weh_free(plan->roles);
    weh_free(plan->first_leaf);
    weh_free(plan->columns);
    weh_free(plan->params);
    weh_free(plan->own_first);
    weh_free(plan->select_sql);
    for (unsigned t = 0; t < BIS_MAX_TABLES; t++) {
        weh_free(plan->insert_sql[t]);
    }
    weh_free(plan);
}

weh_err bis_plan_get(struct weh_bis *bis, const struct weh_ec_class *ec_class,
                     struct bis_plan **out, struct weh_diag *diag)
{
    struct bis_plan **bucket = &bis->plans[ec_class->id % BIS_PLAN_BUCKETS];
    struct bis_plan *plan;
    weh_err err;

    for (plan = *bucket; plan != NULL; plan = plan->next) {
        if (plan->ec_class == ec_class) {
            *out = plan;
            return WEH_OK;
        }
    }
    if (ec_class->n_tables == 0) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName", "%.*s has no instances",
                              WEH_STR_ARGS(ec_class->full_name));
    }
    plan = weh_calloc(1, sizeof(*plan));
    if (plan == NULL) {
        return weh_fail_nomem(diag);
    }
    plan->ec_class = ec_class;
    err = plan_build(bis, plan, diag);
    if (err != WEH_OK) {
        bis_plan_free(plan);
        return err;
    }
    plan->next = *bucket;
    *bucket = plan;
    *out = plan;
    return WEH_OK;
}
