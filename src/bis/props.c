/* src/bis/props.c - single values: read from the props, bound to the leaves of a slot.
 *
 * No rules: what a member means is in binders.c, whether it may be in rules.c.
 */
#include <limits.h>
#include <string.h>

#include "bis_edit.h"

weh_err bis_id_read(const struct weh_value *value, const char *where, weh_id *out,
                    struct weh_diag *diag)
{
    *out = 0;
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type == WEH_VALUE_STRING) {
        struct weh_str text = weh_value_str(value);

        /* "" and "0" are iTwin.js' invalid id: nothing. */
        if (text.len == 0 || weh_str_eq_text(text, "0") || weh_str_eq_text(text, "0x0") ||
            weh_id_parse(text, out)) {
            return WEH_OK;
        }
    }
    return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s must be an id", where);
}

weh_err bis_related_read(const struct weh_bis *bis, const struct weh_value *value,
                         const char *where, weh_id *id, weh_id *rel, struct weh_diag *diag)
{
    const struct weh_ec_class *ec_class = NULL;
    const struct weh_value *name;
    weh_err err;

    *rel = 0;
    *id = 0;
    if (weh_value_is_null(value)) {
        return WEH_OK;
    }
    if (value->type != WEH_VALUE_MAP) {
        return bis_id_read(value, where, id, diag);
    }
    for (uint32_t i = 0; i < value->n; i++) {
        struct weh_str key = value->as.members[i].key;

        if (!weh_str_eq_text(key, "id") && !weh_str_eq_text(key, "relClassName")) {
            return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "unknown member %s.%.*s", where,
                                  WEH_STR_ARGS(key));
        }
    }
    err = bis_id_read(weh_value_get(value, "id"), where, id, diag);
    name = weh_value_get(value, "relClassName");
    if (err != WEH_OK || weh_value_is_null(name)) {
        return err;
    }
    if (name->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, where, "%s.relClassName must be a string",
                              where);
    }
    ec_class = weh_ec_class_by_name(bis->catalog, weh_value_str(name));
    *rel = ec_class != NULL && ec_class->type == WEH_EC_RELATIONSHIP ? ec_class->id : 0;
    return WEH_OK;
}

const struct weh_ec_class *bis_class_find(const struct weh_bis *bis, const struct weh_value *props)
{
    const struct weh_value *name = weh_value_get(props, "classFullName");

    return name == NULL || name->type != WEH_VALUE_STRING
               ? NULL
               : weh_ec_class_by_name(bis->catalog, weh_value_str(name));
}

weh_err bis_fail_number(weh_err err, int32_t itwin, struct weh_diag *diag)
{
    if (diag != NULL) {
        diag->itwin = itwin;
    }
    return err;
}

weh_err bis_class_read(const struct weh_bis *bis, const struct weh_value *props, enum bis_base base,
                       const struct weh_ec_class **out, struct weh_diag *diag)
{
    const struct weh_value *name = weh_value_get(props, "classFullName");
    /* The official backend has two numbers for it. */
    const weh_err wrong = base == BASE_MODEL ? WEH_E_WRONG_CLASS : WEH_E_BAD_ARGS;

    if (name == NULL || name->type != WEH_VALUE_STRING) {
        return weh_fail_where(diag, WEH_E_BAD_ARGS, "classFullName",
                              "classFullName must be the name of a class");
    }
    *out = weh_ec_class_by_name(bis->catalog, weh_value_str(name));
    if (*out == NULL) {
        return weh_fail_where(diag, wrong, "classFullName", "there is no class %.*s",
                              WEH_STR_ARGS(weh_value_str(name)));
    }
    if ((*out)->type != WEH_EC_ENTITY || !weh_ec_class_is(*out, bis->bases[base])) {
        return weh_fail_where(diag, wrong, "classFullName", "%.*s is not a class of such entities",
                              WEH_STR_ARGS((*out)->full_name));
    }
    return WEH_OK;
}

weh_err bis_json_text(struct weh_bis *bis, const struct weh_value *value, struct weh_str *out,
                      struct weh_diag *diag)
{
    struct weh_json_writer writer;
    char *copy = NULL;

    weh_buf_clear(&bis->json);
    weh_json_writer_init_stored(&writer, &bis->json);
    weh_sink_value(&writer.sink, value);
    if (bis->json.err == WEH_OK) {
        copy = weh_arena_strdup(&bis->arena,
                                (struct weh_str){ (const char *)bis->json.data, bis->json.len });
    }
    if (copy == NULL) {
        return weh_fail_nomem(diag);
    }
    *out = (struct weh_str){ copy, bis->json.len };
    return WEH_OK;
}

/* Where a leaf goes in this edit; NULL when the edit does not write it. */
static sqlite3_stmt *leaf_target(const struct bis_edit *edit, enum bis_slot slot,
                                 const char *member, int *param)
{
    const struct weh_ec_property *property = bis_slot_property(edit->plan, slot);
    int leaf = bis_slot_leaf(edit->plan, slot, member);
    const struct weh_ec_leaf *at;

    if (leaf < 0 || edit->params[leaf] == 0) {
        return NULL;
    }
    at = &property->leaves[(uint32_t)leaf - edit->plan->first_leaf[edit->plan->slots[slot]]];
    *param = edit->params[leaf];
    return edit->stmts[at->table];
}

static weh_err check_bind(const struct bis_edit *edit, int rc, struct weh_diag *diag)
{
    return rc == SQLITE_OK ? WEH_OK : weh_db_fail(edit->bis->briefcase, rc, diag);
}

weh_err bis_put_int(struct bis_edit *edit, enum bis_slot slot, const char *member, int64_t value,
                    struct weh_diag *diag)
{
    int param = 0;
    sqlite3_stmt *stmt = leaf_target(edit, slot, member, &param);

    return stmt == NULL ? WEH_OK : check_bind(edit, sqlite3_bind_int64(stmt, param, value), diag);
}

weh_err bis_put_real(struct bis_edit *edit, enum bis_slot slot, const char *member, double value,
                     struct weh_diag *diag)
{
    int param = 0;
    sqlite3_stmt *stmt = leaf_target(edit, slot, member, &param);

    /* -0 would be recorded as a change of 0, and is 0 in the file. */
    return stmt == NULL ? WEH_OK
                        : check_bind(edit, sqlite3_bind_double(stmt, param, value + 0.0), diag);
}

weh_err bis_put_text(struct bis_edit *edit, enum bis_slot slot, struct weh_str value,
                     bool null_if_empty, struct weh_diag *diag)
{
    int param = 0;
    sqlite3_stmt *stmt = leaf_target(edit, slot, "", &param);

    if (stmt == NULL || (value.len == 0 && null_if_empty)) {
        return WEH_OK; /* an unbound parameter is NULL */
    }
    if (value.len > INT_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a text is too long");
    }
    return check_bind(edit,
                      sqlite3_bind_text(stmt, param, value.len == 0 ? "" : value.ptr,
                                        (int)value.len, SQLITE_STATIC),
                      diag);
}

weh_err bis_put_blob(struct bis_edit *edit, enum bis_slot slot, const void *bytes, size_t n,
                     struct weh_diag *diag)
{
    int param = 0;
    sqlite3_stmt *stmt = leaf_target(edit, slot, "", &param);

    if (stmt == NULL) {
        return WEH_OK;
    }
    if (n > INT_MAX) {
        return weh_fail(diag, WEH_E_TOO_LARGE, "a binary value is too long");
    }
    return check_bind(edit, sqlite3_bind_blob(stmt, param, bytes, (int)n, SQLITE_TRANSIENT), diag);
}

weh_err bis_put_nav(struct bis_edit *edit, enum bis_slot slot, weh_id id, weh_id rel,
                    struct weh_diag *diag)
{
    weh_err err = WEH_OK;

    if (id != 0) {
        err = bis_put_int(edit, slot, "Id", (int64_t)id, diag);
    }
    if (err == WEH_OK && id != 0 && rel != 0) {
        err = bis_put_int(edit, slot, "RelECClassId", (int64_t)rel, diag);
    }
    return err;
}

weh_err bis_put_point(struct bis_edit *edit, enum bis_slot slot, unsigned n, const double *point,
                      struct weh_diag *diag)
{
    static const char *const members[] = { "X", "Y", "Z" };
    weh_err err = WEH_OK;

    weh_assert(n <= WEH_ARRAY_LEN(members));
    for (unsigned i = 0; err == WEH_OK && i < n; i++) {
        err = bis_put_real(edit, slot, members[i], point[i], diag);
    }
    return err;
}
