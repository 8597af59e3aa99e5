/* src/bis/read.c - getElementProps: the members that every element has, and those of its class.
 *
 * Order of members as the native library 5.1.72 writes them: class, id, JSON, the properties in
 * class order, code, model, parent, federation GUID, then the parts of parts.c.
 */
#include <string.h>

#include "bis_priv.h"

#define READ_JSON_VALUES 4000000u

weh_err bis_read_row(struct weh_bis *bis, struct bis_plan *plan, weh_id id, sqlite3_stmt **out,
                     bool *found, struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    *found = false;
    *out = NULL;
    if (plan->select == NULL) {
        err = weh_stmt_acquire(bis->briefcase, plan->select_sql, &plan->select, diag);
        if (err != WEH_OK) {
            return err;
        }
        bis->n_held++;
    }
    *out = plan->select;
    if (sqlite3_bind_int64(plan->select, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    return err == WEH_OK ? weh_stmt_step(bis->briefcase, plan->select, found, diag) : err;
}

int bis_read_column(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    int leaf = bis_slot_leaf(plan, slot, member);

    return leaf < 0 ? -1 : plan->columns[leaf];
}

weh_id bis_read_id(const struct bis_plan *plan, enum bis_slot slot, const char *member)
{
    int column = bis_read_column(plan, slot, member);

    return column < 0 ? 0 : (weh_id)sqlite3_column_int64(plan->select, column);
}

weh_err bis_write_plain(struct weh_bis *bis, const struct bis_plan *plan, struct weh_sink *sink,
                        struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = plan->ec_class;
    weh_err err = WEH_OK;

    for (unsigned p = 0; err == WEH_OK && p < ec_class->n_properties; p++) {
        if ((plan->roles[p] & SLOT_READ) == 0 &&
            ec_class->properties[p].primitive != WEH_EC_GEOMETRY) {
            err = weh_ec_value_write(bis->catalog, &ec_class->properties[p], plan->select,
                                     &plan->columns[plan->first_leaf[p]], sink, &bis->arena, diag);
        }
    }
    return err;
}

struct json_level {
    const struct weh_value *container;
    uint32_t next;
};

static const struct weh_value *value_at(const struct weh_value *container, uint32_t i)
{
    return container->type == WEH_VALUE_ARRAY ? &container->as.items[i]
                                              : &container->as.members[i].value;
}

static uint32_t count_values(const struct weh_value *container)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < container->n; i++) {
        n += value_at(container, i)->type != WEH_VALUE_NULL;
    }
    return n;
}

static bool is_container(const struct weh_value *value)
{
    return value->type == WEH_VALUE_MAP || value->type == WEH_VALUE_ARRAY;
}

static void open_container(const struct weh_value *value, struct weh_sink *sink)
{
    if (value->type == WEH_VALUE_MAP) {
        weh_sink_map_begin(sink, count_values(value));
    } else {
        weh_sink_array_begin(sink, count_values(value));
    }
}

static void close_container(const struct weh_value *value, struct weh_sink *sink)
{
    if (value->type == WEH_VALUE_MAP) {
        weh_sink_map_end(sink);
    } else {
        weh_sink_array_end(sink);
    }
}

/* The next value to write, its key written; NULL at the end of the container. */
static const struct weh_value *next_value(struct json_level *level, struct weh_sink *sink)
{
    while (level->next < level->container->n) {
        uint32_t i = level->next++;
        const struct weh_value *value = value_at(level->container, i);

        if (value->type == WEH_VALUE_NULL) {
            continue;
        }
        if (level->container->type == WEH_VALUE_MAP) {
            sink->ops->key(sink, level->container->as.members[i].key);
        }
        return value;
    }
    return NULL;
}

/* What is null, member or item, does not come out of the native library. */
static void write_without_nulls(const struct weh_value *root, struct weh_sink *sink)
{
    struct json_level levels[WEH_JSON_MAX_DEPTH + 1];
    unsigned depth = 0;

    if (!is_container(root)) {
        weh_sink_value(sink, root);
        return;
    }
    levels[0] = (struct json_level){ root, 0 };
    open_container(root, sink);
    for (;;) {
        const struct weh_value *value = next_value(&levels[depth], sink);

        if (value != NULL && is_container(value) && depth < WEH_JSON_MAX_DEPTH) {
            levels[++depth] = (struct json_level){ value, 0 };
            open_container(value, sink);
            continue;
        }
        if (value != NULL) {
            weh_sink_value(sink, value);
            continue;
        }
        close_container(levels[depth].container, sink);
        if (depth-- == 0) {
            return;
        }
    }
}

/* @style: of a display style. */
static weh_err write_json(struct weh_bis *bis, struct weh_str text, const char *key, bool style,
                          struct weh_sink *sink, struct weh_diag *diag)
{
    static const struct weh_json_limits limits = { WEH_JSON_MAX_DEPTH, READ_JSON_VALUES };
    struct weh_value value;
    weh_err err;

    if (text.len == 0) {
        return WEH_OK;
    }
    err = weh_json_parse(text, &limits, &bis->arena, &value, NULL);
    if (err == WEH_E_NOMEM) {
        return weh_fail_nomem(diag);
    }
    if (err != WEH_OK || value.type == WEH_VALUE_NULL) {
        return WEH_OK; /* text that is no JSON is not shown, as by the native library */
    }
    err = style ? bis_style_show(bis, &value, diag) : WEH_OK;
    if (err != WEH_OK) {
        return err;
    }
    weh_sink_key(sink, key);
    write_without_nulls(&value, sink);
    return WEH_OK;
}

weh_err bis_write_json(struct weh_bis *bis, struct weh_str text, const char *key,
                       struct weh_sink *sink, struct weh_diag *diag)
{
    return write_json(bis, text, key, false, sink, diag);
}

void bis_write_related(struct weh_bis *bis, const char *key, weh_id id, weh_id rel,
                       struct weh_sink *sink)
{
    const struct weh_ec_class *ec_class = rel == 0 ? NULL : weh_ec_class_by_id(bis->catalog, rel);

    if (id == 0) {
        return;
    }
    weh_sink_key(sink, key);
    weh_sink_map_begin(sink, ec_class == NULL ? 1 : 2);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    if (ec_class != NULL) {
        weh_sink_key(sink, "relClassName");
        weh_sink_str(sink, ec_class->full_name);
    }
    weh_sink_map_end(sink);
}

static void write_code(const struct bis_plan *plan, struct weh_sink *sink)
{
    int column = bis_read_column(plan, SLOT_CODE_VALUE, "");

    weh_sink_key(sink, "code");
    weh_sink_map_begin(sink, 3);
    weh_sink_key(sink, "value");
    weh_sink_str(sink, column < 0 ? WEH_STR("") : weh_stmt_text(plan->select, column));
    weh_sink_key(sink, "spec");
    weh_sink_id(sink, bis_read_id(plan, SLOT_CODE_SPEC, "Id"));
    weh_sink_key(sink, "scope");
    weh_sink_id(sink, bis_read_id(plan, SLOT_CODE_SCOPE, "Id"));
    weh_sink_map_end(sink);
}

static void write_guid(const struct bis_plan *plan, struct weh_sink *sink)
{
    int column = bis_read_column(plan, SLOT_FEDERATION_GUID, "");
    char text[WEH_GUID_TEXT_SIZE];
    struct weh_guid guid;
    const void *bytes;

    if (column < 0 || sqlite3_column_type(plan->select, column) != SQLITE_BLOB) {
        return;
    }
    bytes = sqlite3_column_blob(plan->select, column);
    if (bytes == NULL || sqlite3_column_bytes(plan->select, column) != (int)sizeof(guid.bytes)) {
        return;
    }
    memcpy(guid.bytes, bytes, sizeof(guid.bytes));
    weh_guid_print(&guid, text);
    weh_sink_key(sink, "federationGuid");
    weh_sink_text(sink, text);
}

static weh_err write_element(struct weh_bis *bis, const struct bis_plan *plan, weh_id id,
                             struct weh_sink *sink, struct weh_diag *diag)
{
    int json = bis_read_column(plan, SLOT_JSON, "");
    weh_err err = WEH_OK;

    weh_sink_map_begin(sink, WEH_SINK_UNKNOWN);
    weh_sink_key(sink, "classFullName");
    weh_sink_str(sink, plan->ec_class->full_name);
    weh_sink_key(sink, "id");
    weh_sink_id(sink, id);
    if (json >= 0) {
        err = write_json(bis, weh_stmt_text(plan->select, json), "jsonProperties",
                         (plan->traits & TRAIT(DISPLAY_STYLE)) != 0, sink, diag);
    }
    if (err == WEH_OK) {
        err = bis_write_plain(bis, plan, sink, diag);
    }
    if (err != WEH_OK) {
        return err;
    }
    write_code(plan, sink);
    weh_sink_key(sink, "model");
    weh_sink_id(sink, bis_read_id(plan, SLOT_MODEL, "Id"));
    bis_write_related(bis, "parent", bis_read_id(plan, SLOT_PARENT, "Id"),
                      bis_read_id(plan, SLOT_PARENT, "RelECClassId"), sink);
    write_guid(plan, sink);
    err = bis_write_parts(bis, plan, id, sink, diag);
    weh_sink_map_end(sink);
    return err;
}

static weh_err find(struct weh_bis *bis, const struct weh_element_key *key, weh_id *out,
                    struct weh_diag *diag)
{
    struct bis_code code;
    weh_err err;

    *out = key->id;
    if (key->federation_guid != NULL) {
        return bis_find_by_guid(bis, key->federation_guid, out, diag);
    }
    if (key->code == NULL) {
        return WEH_OK;
    }
    if (key->code->type != WEH_VALUE_MAP) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "code", "code must be an object");
    }
    err = bis_code_read(bis, key->code, &code, diag);
    return err == WEH_OK ? bis_find_by_code(bis, code.spec, code.scope, code.value, out, diag)
                         : err;
}

weh_err weh_element_get_props(struct weh_bis *bis, const struct weh_element_key *key,
                              struct weh_sink *sink, struct weh_diag *diag)
{
    struct bis_plan *plan = NULL;
    sqlite3_stmt *row = NULL;
    struct bis_head head = { 0 };
    bool found = false;
    weh_id id = 0;
    weh_err err;

    if ((key->id != 0) + (key->federation_guid != NULL) + (key->code != NULL) != 1) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "id",
                              "give exactly one of id, federationGuid and code");
    }
    bis_call_begin(bis);
    bis->want_geometry = key->want_geometry;
    bis->want_brep_data = key->want_brep_data;
    bis->want_excluded_set = key->want_excluded_set;
    bis->omit_script_ids = key->omit_script_ids;
    err = find(bis, key, &id, diag);
    if (err == WEH_OK && id != 0) {
        err = bis_element_head(bis, id, &head, &found, diag);
    }
    if (err == WEH_OK && !found) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the element does not exist");
    }
    if (err == WEH_OK) {
        err = bis_plan_get(bis, head.ec_class, &plan, diag);
    }
    if (err == WEH_OK) {
        err = bis_read_row(bis, plan, id, &row, &found, diag);
    }
    if (err == WEH_OK && found) {
        err = write_element(bis, plan, id, sink, diag);
    } else if (err == WEH_OK) {
        err = weh_fail_where(diag, WEH_E_NOT_FOUND, "id", "the element does not exist");
    }
    bis_reset(row);
    return err;
}

weh_err weh_element_query_children(struct weh_bis *bis, weh_id id, struct weh_sink *sink,
                                   struct weh_diag *diag)
{
    sqlite3_stmt *stmt = NULL;
    bool row = true;
    weh_err err;

    bis_call_begin(bis);
    err = bis_fixed(bis, SQL_CHILDREN, &stmt, diag);
    if (err == WEH_OK && sqlite3_bind_int64(stmt, 1, (int64_t)id) != SQLITE_OK) {
        err = weh_fail_nomem(diag);
    }
    weh_sink_array_begin(sink, WEH_SINK_UNKNOWN);
    while (err == WEH_OK && row) {
        err = weh_stmt_step(bis->briefcase, stmt, &row, diag);
        if (err == WEH_OK && row) {
            weh_sink_id(sink, (weh_id)sqlite3_column_int64(stmt, 0));
        }
    }
    weh_sink_array_end(sink);
    bis_reset(stmt);
    return err;
}
